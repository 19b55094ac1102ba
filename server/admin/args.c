#include "server/admin/args.h"

#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int refuse(struct args *a, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    vsnprintf(a->error, sizeof a->error, sam_text(a->lang, id), ap);
    va_end(ap);
    return SAM_EUSAGE;
}

/* ---- sorting */

#define NAME_SHOWN_BYTES 40u

enum { UNKNOWN, SWITCH, VALUED };

static const char everywhere[] = "json operator= reason="; /* what every verb takes */

static int option_kind(const char *accepts, const char *name, size_t len)
{
    for (const char *at = accepts; at && *at;) { /* NULL: it takes none */
        size_t n = strcspn(at, " ");
        if (n == len && memcmp(at, name, len) == 0)
            return SWITCH;
        if (n == len + 1 && at[len] == '=' && memcmp(at, name, len) == 0)
            return VALUED;
        at += n + (at[n] == ' ');
    }
    return UNKNOWN;
}

/* The name inside ${accepts}, which is static, so that it ends where the option does. */
static const char *option_name(const char *accepts, const char *name, size_t len)
{
    for (const char *at = accepts; at && *at;) { /* NULL: it takes none */
        size_t n = strcspn(at, " ");
        if (n >= len && memcmp(at, name, len) == 0 && (n == len || (n == len + 1 && at[len] == '=')))
            return at;
        at += n + (at[n] == ' ');
    }
    return NULL;
}

static int option_add(struct args *a, const char *accepts, const char *word, const char *next, bool *took_next)
{
    const char *name = word + 2, *eq = strchr(name, '=');
    size_t len = eq ? (size_t)(eq - name) : strlen(name);
    if (option_kind(accepts, name, len) == UNKNOWN)
        accepts = everywhere;
    int kind = option_kind(accepts, name, len);
    char shown[NAME_SHOWN_BYTES + 1];
    snprintf(shown, sizeof shown, "%.*s", (int)(len < NAME_SHOWN_BYTES ? len : NAME_SHOWN_BYTES), name);
    *took_next = false;
    if (kind == UNKNOWN)
        return refuse(a, SAM_TEXT_ADM_OPTION_UNKNOWN, shown);
    if (kind == SWITCH && eq)
        return refuse(a, SAM_TEXT_ADM_OPTION_PLAIN, shown);
    if (kind == VALUED && !eq && !next)
        return refuse(a, SAM_TEXT_ADM_OPTION_VALUE, shown);
    if (a->opt_count == ARGS_OPTIONS_MAX)
        return refuse(a, SAM_TEXT_ADM_OPTIONS_MANY);
    a->opt[a->opt_count].name = option_name(accepts, name, len);
    a->opt[a->opt_count].value = kind == SWITCH ? "" : eq ? eq + 1 : next;
    a->opt_count++;
    *took_next = kind == VALUED && !eq;
    return 0;
}

int args_parse(struct args *a, enum sam_lang lang, int argc, const char *const *argv, const char *accepts)
{
    bool only_words = false;
    memset(a, 0, sizeof *a);
    a->lang = lang;
    for (int i = 0; i < argc; i++) {
        bool took_next = false;
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] == '-') {
            int err = option_add(a, accepts, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &took_next);
            if (err)
                return err;
        } else if (a->pos_count == ARGS_POSITIONS_MAX) {
            return refuse(a, SAM_TEXT_ADM_WORDS_MANY);
        } else {
            a->pos[a->pos_count++] = argv[i];
        }
        i += took_next;
    }
    return 0;
}

const char *args_get(const struct args *a, const char *name)
{
    size_t len = strlen(name);
    for (unsigned i = a->opt_count; i-- > 0;) {
        const char *at = a->opt[i].name;
        if (strncmp(at, name, len) == 0 && (at[len] == 0 || at[len] == ' ' || at[len] == '='))
            return a->opt[i].value;
    }
    return NULL;
}

bool args_has(const struct args *a, const char *name)
{
    return args_get(a, name) != NULL;
}

/* ---- values */

int args_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;
    size_t len = strlen(text);
    if (len == 0 || len > 19)
        return SAM_EUSAGE;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return SAM_EUSAGE;
        v = v * 10 + (uint64_t)(text[i] - '0');
    }
    if (v < min || v > max)
        return SAM_EUSAGE;
    *out = v;
    return 0;
}

int args_uint(struct args *a, const char *name, uint64_t min, uint64_t max, uint64_t *out)
{
    const char *text = args_get(a, name);
    if (!text || args_number(text, min, max, out) == 0)
        return 0;
    return refuse(a, SAM_TEXT_ADM_NUMBER, name, (unsigned long long)min, (unsigned long long)max);
}

static int digits(const char *text, unsigned count, unsigned *out)
{
    unsigned v = 0;
    for (unsigned i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        v = v * 10 + (unsigned)(text[i] - '0');
    }
    *out = v;
    return 0;
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

int args_day(const char *text, size_t len, int32_t *day)
{
    unsigned y, m, d;
    if (len != 10 || text[4] != '-' || text[7] != '-' || digits(text, 4, &y) || digits(text + 5, 2, &m) ||
        digits(text + 8, 2, &d))
        return SAM_EUSAGE;
    if (y < 1900 || y > 2169 || m < 1 || m > 12 || d < 1 || d > month_days(y, m))
        return SAM_EUSAGE;
    int32_t n = -25567; /* 1900-01-01 */
    for (unsigned year = 1900; year < y; year++)
        n += month_days(year, 2) == 29 ? 366 : 365;
    for (unsigned month = 1; month < m; month++)
        n += (int32_t)month_days(y, month);
    *day = n + (int32_t)d - 1;
    return 0;
}

int args_date(struct args *a, const char *name, int32_t *day)
{
    const char *text = args_get(a, name);
    if (!text || args_day(text, strlen(text), day) == 0)
        return 0;
    return refuse(a, SAM_TEXT_ADM_DATE, name);
}

int args_clock(struct args *a, const char *name, uint64_t *min)
{
    const char *text = args_get(a, name);
    unsigned h, m;
    if (!text)
        return 0;
    if (strlen(text) != 5 || text[2] != ':' || digits(text, 2, &h) || digits(text + 3, 2, &m) || h > 23 || m > 59)
        return refuse(a, SAM_TEXT_ADM_CLOCK, name);
    *min = h * 60 + m;
    return 0;
}
