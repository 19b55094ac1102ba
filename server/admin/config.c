#include "server/admin/config.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "server/admin/report.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KEY_SHOWN_BYTES 40
#define VALUE_SHOWN_BYTES 60

/* ---- the table */

const char config_options[] = "host= qr no-qr config="
#define CONFIG_HEAD(ID)
#define CONFIG_NUM(ID, key, ...) " " key "="
#define CONFIG_ADDRESS(ID, key, ...) " " key "="
#define CONFIG_CHOICE(ID, key, ...) " " key "="
#include "server/admin/config.def"
#undef CONFIG_HEAD
#undef CONFIG_NUM
#undef CONFIG_ADDRESS
#undef CONFIG_CHOICE
    ;

static const struct config_def defs[CONFIG_COUNT] = {
#define CONFIG_HEAD(ID)
#define CONFIG_NUM(ID, key, unit, min, max, normal) \
    {key, CONFIG_IS_NUM, CONFIG_UNIT_##unit, min, max, false, "", #normal},
#define CONFIG_ADDRESS(ID, key, loopback, normal) \
    {key, CONFIG_IS_ADDRESS, CONFIG_UNIT_NONE, 0, 0, loopback, "", normal},
#define CONFIG_CHOICE(ID, key, words, normal) {key, CONFIG_IS_CHOICE, CONFIG_UNIT_NONE, 0, 0, false, words, normal},
#include "server/admin/config.def"
#undef CONFIG_HEAD
#undef CONFIG_NUM
#undef CONFIG_ADDRESS
#undef CONFIG_CHOICE
};

const struct config_def *config_def(enum config_key key)
{
    SAM_ASSERT((unsigned)key < CONFIG_COUNT);
    return &defs[key];
}

static int find(const char *key, size_t len)
{
    for (int i = 0; i < (int)CONFIG_COUNT; i++)
        if (strlen(defs[i].key) == len && memcmp(defs[i].key, key, len) == 0)
            return i;
    return -1;
}

uint64_t config_num(const struct config *c, enum config_key key)
{
    SAM_ASSERT(defs[key].kind != CONFIG_IS_ADDRESS);
    return c->value[key].num;
}

const char *config_text(const struct config *c, enum config_key key)
{
    return c->value[key].text;
}

/* ---- one value */

/* The place of ${word} among ${words}, -1: it is none of them. */
static int word_place(const char *words, const char *word)
{
    size_t len = strlen(word);
    int place = 0;
    for (const char *at = words; *at; place++) {
        size_t n = strcspn(at, " ");
        if (len && n == len && memcmp(at, word, n) == 0)
            return place;
        at += n + (at[n] == ' ');
    }
    return -1;
}

/* An address; where the table says so, one that only this machine can reach. */
static int address_check(const struct config_def *d, const char *text)
{
    struct in_addr four;
    struct in6_addr six;
    if (inet_pton(AF_INET, text, &four) == 1)
        return !d->loopback || ntohl(four.s_addr) >> 24 == 127 ? 0 : SAM_EDENIED;
    if (inet_pton(AF_INET6, text, &six) == 1)
        return !d->loopback || IN6_IS_ADDR_LOOPBACK(&six) ? 0 : SAM_EDENIED;
    return SAM_EUSAGE;
}

/* ${text} becomes the value of ${key}; SAM_EUSAGE, SAM_EDENIED: it is none, and nothing has changed. */
static int value_set(struct config *c, enum config_key key, const char *text)
{
    const struct config_def *d = &defs[key];
    uint64_t num = 0;
    int err = 0, place;
    switch (d->kind) {
    case CONFIG_IS_NUM: err = args_number(text, d->min, d->max, &num); break;
    case CONFIG_IS_ADDRESS: err = address_check(d, text); break;
    case CONFIG_IS_CHOICE:
        place = word_place(d->words, text);
        err = place < 0 ? SAM_EUSAGE : 0;
        num = (uint64_t)(place < 0 ? 0 : place);
        break;
    }
    if (err)
        return err;
    c->value[key].num = num;
    snprintf(c->value[key].text, sizeof c->value[key].text, "%s", text);
    return 0;
}

void config_defaults(struct config *c)
{
    memset(c, 0, sizeof *c);
    for (int i = 0; i < (int)CONFIG_COUNT; i++) {
        int err = value_set(c, (enum config_key)i, defs[i].normal);
        SAM_ASSERT(err == 0);
    }
}

/* What the value of ${d} must be, for people. */
static void value_wanted(enum sam_lang lang, const struct config_def *d, const char *key, char *out, size_t size)
{
    if (d->kind == CONFIG_IS_NUM)
        report_print(out, size, lang, SAM_TEXT_CONF_NUMBER, key, (unsigned long long)d->min,
                     (unsigned long long)d->max);
    else if (d->kind == CONFIG_IS_CHOICE)
        report_print(out, size, lang, SAM_TEXT_CONF_WORD, key, d->words);
    else if (d->loopback)
        report_print(out, size, lang, SAM_TEXT_CONF_LOOPBACK, key);
    else
        report_print(out, size, lang, SAM_TEXT_CONF_ADDRESS, key);
}

/* ---- faults */

static void fault(struct config_faults *f, unsigned line, enum sam_text_id id, ...)
{
    va_list ap;
    if (f->count++ >= CONFIG_FAULTS_MAX)
        return;
    va_start(ap, id);
    f->fault[f->count - 1].line = line;
    vsnprintf(f->fault[f->count - 1].text, CONFIG_FAULT_BYTES_MAX, sam_text(f->lang, id), ap);
    va_end(ap);
}

static void fault_value(struct config_faults *f, unsigned line, const struct config_def *d, const char *text)
{
    char wanted[CONFIG_FAULT_BYTES_MAX];
    value_wanted(f->lang, d, d->key, wanted, sizeof wanted);
    fault(f, line, SAM_TEXT_CONF_VALUE, wanted, text);
}

/* ---- the file */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct sam_span trimmed(struct sam_span s)
{
    while (s.len && is_space(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* Without what a comment covers: '#' at the beginning, or behind a space. */
static struct sam_span uncommented(struct sam_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '#' && (i == 0 || is_space(s.ptr[i - 1])))
            s.len = i;
    return trimmed(s);
}

/* A part of a line as text to be shown: cut, and without what is no printable ASCII. */
static const char *shown(struct sam_span s, char *out, size_t max)
{
    size_t n = s.len < max ? s.len : max;
    for (size_t i = 0; i < n; i++)
        out[i] = s.ptr[i] > 0x20 && s.ptr[i] < 0x7f ? (char)s.ptr[i] : '?';
    out[n] = 0;
    return out;
}

/* "key = value", without comment and not empty. */
static void pair_read(struct config *c, struct sam_span s, unsigned line, struct config_faults *f)
{
    char key[KEY_SHOWN_BYTES + 1], text[VALUE_SHOWN_BYTES + 1];
    const uint8_t *eq = memchr(s.ptr, '=', s.len);
    struct sam_span left = {s.ptr, eq ? (size_t)(eq - s.ptr) : s.len};
    left = trimmed(left);
    if (!eq || left.len == 0) {
        fault(f, line, SAM_TEXT_CONF_FORM);
        return;
    }
    struct sam_span right = trimmed((struct sam_span){eq + 1, s.len - (size_t)(eq + 1 - s.ptr)});
    shown(left, key, KEY_SHOWN_BYTES);
    shown(right, text, VALUE_SHOWN_BYTES);
    int at = find((const char *)left.ptr, left.len);
    if (at < 0)
        fault(f, line, SAM_TEXT_CONF_UNKNOWN, key);
    else if (c->value[at].line)
        fault(f, line, SAM_TEXT_CONF_TWICE, key, (int)c->value[at].line);
    else if (right.len > VALUE_SHOWN_BYTES || value_set(c, (enum config_key)at, text))
        fault_value(f, line, &defs[at], text);
    if (at >= 0 && !c->value[at].line)
        c->value[at].line = line;
}

static void line_read(struct config *c, struct sam_span s, unsigned line, struct config_faults *f)
{
    if (s.len && s.ptr[s.len - 1] == '\r')
        s.len--;
    if (s.len > CONFIG_LINE_BYTES_MAX) {
        fault(f, line, SAM_TEXT_CONF_LONG, (int)CONFIG_LINE_BYTES_MAX);
        return;
    }
    for (size_t i = 0; i < s.len; i++)
        if ((s.ptr[i] < 0x20 && s.ptr[i] != '\t') || s.ptr[i] == 0x7f) {
            fault(f, line, SAM_TEXT_CONF_CONTROL);
            return;
        }
    s = uncommented(s);
    if (s.len)
        pair_read(c, s, line, f);
}

int config_read(struct config *c, struct sam_span text, struct config_faults *f)
{
    unsigned before = f->count, line = 0;
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.ptr + at, '\n', text.len - at);
        size_t n = end ? (size_t)(end - text.ptr) - at : text.len - at;
        line_read(c, (struct sam_span){text.ptr + at, n}, ++line, f);
        at += n + 1;
    }
    return f->count > before ? SAM_EUSAGE : 0;
}

/* ---- the command line */

int config_options_read(struct config *c, struct args *a)
{
    for (int i = 0; i < (int)CONFIG_COUNT; i++) {
        const char *text = args_get(a, defs[i].key);
        char option[KEY_SHOWN_BYTES + 3];
        if (!text || value_set(c, (enum config_key)i, text) == 0)
            continue;
        snprintf(option, sizeof option, "--%s", defs[i].key);
        value_wanted(a->lang, &defs[i], option, a->error, sizeof a->error);
        return SAM_EUSAGE;
    }
    return 0;
}

/* ---- together */

/* The later line of two, where the fault is shown. */
static unsigned line_of(const struct config *c, enum config_key a, enum config_key b)
{
    unsigned left = c->value[a].line, right = c->value[b].line;
    return left > right ? left : right;
}

int config_agree(const struct config *c, struct config_faults *f)
{
    unsigned before = f->count;
    if (config_num(c, CONFIG_PING_SECONDS) >= config_num(c, CONFIG_IDLE_SECONDS))
        fault(f, line_of(c, CONFIG_PING_SECONDS, CONFIG_IDLE_SECONDS), SAM_TEXT_CONF_PING);
    if (config_num(c, CONFIG_METRICS_PORT) && config_num(c, CONFIG_METRICS_PORT) == config_num(c, CONFIG_PORT))
        fault(f, line_of(c, CONFIG_METRICS_PORT, CONFIG_PORT), SAM_TEXT_CONF_SAME_PORT);
    return f->count > before ? SAM_EUSAGE : 0;
}

/* ---- the commented file */

static int say(struct sam_buf *out, const char *text)
{
    return sam_buf_add(out, text, strlen(text));
}

/* Each line of ${text} behind "# ". */
static int comment(struct sam_buf *out, const char *text)
{
    int err = 0;
    while (!err && *text) {
        size_t n = strcspn(text, "\n");
        err = say(out, n ? "# " : "#");
        err = err ? err : sam_buf_add(out, text, n);
        err = err ? err : say(out, "\n");
        text += n + (text[n] == '\n');
    }
    return err;
}

/* "seconds; at least 1, at most 600; default 10" */
static void bounds(enum sam_lang lang, const struct config_def *d, char *out, size_t size)
{
    const char *unit = sam_text_of(lang, SAM_TEXT_SET_CONFIG_UNIT, (int)d->unit);
    if (d->kind == CONFIG_IS_NUM)
        report_print(out, size, lang, SAM_TEXT_CONF_BOUNDS, unit, (unsigned long long)d->min,
                     (unsigned long long)d->max, d->normal);
    else if (d->kind == CONFIG_IS_CHOICE)
        report_print(out, size, lang, SAM_TEXT_CONF_WORDS, d->words, d->normal);
    else
        report_print(out, size, lang, d->loopback ? SAM_TEXT_CONF_LOOPBACKS : SAM_TEXT_CONF_ADDRESSES, d->normal);
}

static int key_page(enum sam_lang lang, enum config_key key, struct sam_buf *out)
{
    char line[CONFIG_LINE_BYTES_MAX];
    const struct config_def *d = &defs[key];
    int err = comment(out, sam_text_of(lang, SAM_TEXT_SET_CONFIG, (int)key));
    bounds(lang, d, line, sizeof line);
    err = err ? err : comment(out, line);
    snprintf(line, sizeof line, "#%s = %s\n\n", d->key, d->normal);
    return err ? err : say(out, line);
}

static int head_page(enum sam_lang lang, int head, struct sam_buf *out)
{
    char line[CONFIG_LINE_BYTES_MAX];
    snprintf(line, sizeof line, "# ---- %s\n\n", sam_text_of(lang, SAM_TEXT_SET_CONFIG_HEAD, head));
    return say(out, line);
}

int config_page(enum sam_lang lang, struct sam_buf *out)
{
    enum { HEAD = CONFIG_COUNT };
    static const int rows[] = {
#define CONFIG_HEAD(ID) HEAD,
#define CONFIG_NUM(ID, ...) CONFIG_##ID,
#define CONFIG_ADDRESS(ID, ...) CONFIG_##ID,
#define CONFIG_CHOICE(ID, ...) CONFIG_##ID,
#include "server/admin/config.def"
#undef CONFIG_HEAD
#undef CONFIG_NUM
#undef CONFIG_ADDRESS
#undef CONFIG_CHOICE
    };
    int head = 0, err = comment(out, sam_text(lang, SAM_TEXT_CONF_PAGE));
    err = err ? err : say(out, "\n");
    for (unsigned i = 0; !err && i < sizeof rows / sizeof *rows; i++)
        err = rows[i] == HEAD ? head_page(lang, head++, out) : key_page(lang, (enum config_key)rows[i], out);
    return err;
}
