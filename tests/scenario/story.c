/* A scenario file's lines, names and values: text to rows and back. */
#include "tests/scenario/story.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the file */

static void line_add(struct story *st, unsigned no, const char *text)
{
    st->line = realloc(st->line, (st->lines + 1) * sizeof *st->line);
    PUMP_MUST(st->line != NULL);
    st->line[st->lines++] = (struct story_line){no, strdup(text)};
}

/* The number before or behind ".." at ${dots}; ${digits} says how many there are. */
static unsigned range_end(const char *dots, int step, unsigned *digits)
{
    unsigned n = 0, scale = 1;
    *digits = 0;
    for (const char *c = step > 0 ? dots + 2 : dots - 1; *c >= '0' && *c <= '9' && *digits < 6; c += step, ++*digits) {
        n = step > 0 ? n * 10 + (unsigned)(*c - '0') : n + scale * (unsigned)(*c - '0');
        scale *= 10;
    }
    return n;
}

/* The ${i}-th telling of a line with ranges. false: it has no ${i}-th. */
static bool range_tell(const char *text, unsigned i, char *out, size_t size, bool *ranged)
{
    size_t n = 0;
    const char *dots;
    *ranged = false;
    while ((dots = strstr(text, ".."))) {
        unsigned before, behind, a = range_end(dots, -1, &before), b = range_end(dots, 1, &behind);
        if (!before || !behind || b < a)
            break;
        if (a + i > b)
            return false;
        *ranged = true;
        n += (size_t)snprintf(out + n, size - n, "%.*s%u", (int)(dots - text - before), text, a + i);
        text = dots + 2 + behind;
    }
    snprintf(out + n, size - n, "%s", text);
    return true;
}

static void line_read(struct story *st, unsigned no, char *text)
{
    char one[240];
    bool ranged = true;
    text += strspn(text, " \t");
    for (size_t n = strlen(text); n && strchr(" \t\r\n", text[n - 1]); n--)
        text[n - 1] = '\0';
    if (!*text || *text == '#')
        return;
    for (unsigned i = 0; ranged && range_tell(text, i, one, sizeof one, &ranged); i++)
        line_add(st, no, one);
}

static void file_name(struct story *st, const char *path)
{
    const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *dot = strrchr(base, '.');
    snprintf(st->name, sizeof st->name, "%.*s", (int)(dot ? dot - base : (long)strlen(base)), base);
}

bool story_read(struct story *st, const char *path, char why[160])
{
    char text[512];
    unsigned no = 0;
    memset(st, 0, sizeof *st);
    file_name(st, path);
    FILE *f = fopen(path, "r");
    if (!f) {
        snprintf(why, 160, "%s", strerror(errno));
        return false;
    }
    while (fgets(text, sizeof text, f))
        line_read(st, ++no, text);
    fclose(f);
    return true;
}

void story_fini(struct story *st)
{
    for (unsigned i = 0; i < st->lines; i++)
        free(st->line[i].text);
    free(st->line);
    memset(st, 0, sizeof *st);
}

/* ---- words */

bool words_split(const char *text, struct words *w)
{
    memset(w, 0, sizeof *w);
    size_t len = strlen(text), head = len;
    const char *colon = strstr(text, ": ");
    if (colon) {
        head = (size_t)(colon - text);
        w->rest = colon + 2 + strspn(colon + 2, " ");
    }
    if (head >= sizeof w->buf)
        return false;
    memcpy(w->buf, text, head);
    for (char *save, *p = strtok_r(w->buf, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
        if (w->count == STORY_WORDS_MAX)
            return false;
        w->word[w->count++] = p;
    }
    return true;
}

bool words_are(const struct words *w, const char *pattern)
{
    struct words p;
    PUMP_MUST(words_split(pattern, &p));
    if (p.count != w->count)
        return false;
    for (unsigned i = 0; i < p.count; i++)
        if (strcmp(p.word[i], "*") != 0 && strcmp(p.word[i], w->word[i]) != 0)
            return false;
    return true;
}

static void report(struct play *y, const char *fmt, va_list ap)
{
    size_t n = strlen(y->report);
    int k =
        snprintf(y->report + n, sizeof y->report - n, "line %u: ", y->at < y->st->lines ? y->st->line[y->at].no : 0);
    n += (size_t)k;
    if (n < sizeof y->report)
        n += (size_t)vsnprintf(y->report + n, sizeof y->report - n, fmt, ap);
    if (n < sizeof y->report)
        snprintf(y->report + n, sizeof y->report - n, y->cut ? " (order %u, cut behind byte %llu)\n" : " (order %u)\n",
                 y->order + 1, (unsigned long long)y->cut);
}

void play_fail(struct play *y, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    report(y, fmt, ap);
    va_end(ap);
    y->failures++;
}

bool play_break(struct play *y, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    report(y, fmt, ap);
    va_end(ap);
    y->failures++;
    y->broken = true;
    return false;
}

/* ---- names */

bool name_add(struct play *y, const char *word, uint8_t entity, uint64_t id)
{
    if (name_find(y, word))
        return play_break(y, "%s is there already", word);
    if (y->names == STORY_NAMES_MAX || strlen(word) >= sizeof y->name[0].word)
        return play_break(y, "too many names, or too long: %s", word);
    struct story_name *n = &y->name[y->names++];
    n->entity = entity;
    n->id = id;
    memcpy(n->word, word, strlen(word) + 1);
    return true;
}

const struct story_name *name_find(const struct play *y, const char *word)
{
    for (unsigned i = 0; i < y->names; i++)
        if (!strcmp(y->name[i].word, word))
            return &y->name[i];
    return NULL;
}

const char *name_of(const struct play *y, uint8_t entity, uint64_t id, char out[48])
{
    bool minted = id >> SAM_ID_COUNTER_BITS; /* a ruling's key does not say of what entity its ids are */
    for (unsigned i = 0; i < y->names; i++)
        if (y->name[i].id == id && (y->name[i].entity == entity || (!entity && minted)))
            return y->name[i].word;
    if (entity && id)
        return "unnamed";
    snprintf(out, 48, "%llu", (unsigned long long)id);
    return out;
}

struct pump_tablet *tablet_find(struct play *y, const char *word)
{
    const struct story_name *n = name_find(y, word);
    return n && n->entity == STORY_NAME_DEVICE ? &y->p->tablet[n->id] : NULL;
}

/* ---- values */

struct value_words {
    uint8_t entity;
    const char *column;
    const char *word[10];
};

static const struct value_words value_words[] = {
    {SAM_ATTENDANCE, "presence", {"unknown", "present", "notified", "no-show", "not-expected"}},
    {SAM_ATTENDANCE, "evidence", {"listed", "all", "tapped", "self"}},
    {SAM_SESSION, "status", {"planned", "held", "cancelled"}},
    {SAM_ENROLMENT,
     "status",
     {"waiting-list", "offered", "declined", "waiting-start", "attending", "completed", "discontinued", "never-came",
      "not-relevant", "in-error"}},
    {SAM_RULING, "kind", {"unit", "quarantine", "attended", "same-day", "primary", "same-person"}},
    {SAM_EXERCISE_SET, "side", {"both", "left", "right"}},
    {SAM_CONSENT, "state", {"none", "granted", "withdrawn"}},
    {SAM_CONSENT, "purpose", {"no-purpose", "register", "research", "sms", "nav"}},
    {SAM_SCORE_RESPONSE, "occasion", {"baseline", "midway", "end", "months-3", "months-6", "months-12"}},
    {SAM_SCORE_RESPONSE, "mode", {"by-self", "interview", "proxy"}},
    {SAM_SCORE_RESPONSE, "scale_0_means", {"0-unstated", "0-is-worst", "0-is-best"}},
    {SAM_SCORE_RESPONSE, "held_by", {"held-by-nobody", "held-by-person", "held-by-author", "held-by-other"}},
    {SAM_NOTE, "visibility", {"for-team", "for-role"}},
    {SAM_CONTACT, "mode", {"on-site", "phone", "video"}},
    {SAM_CONTACT, "with_whom", {"with-person", "with-nav", "with-employer", "with-gp", "with-other"}},
    {SAM_EXERTION, "scale", {"rpe", "cr10"}},
    {SAM_EXERTION, "moment", {"before", "peak", "after"}},
    {SAM_EXERTION, "evidence", {"by-list", "by-all", "by-author", "by-person"}},
    {SAM_RULING, "decision", {"none", "take-in", "let-rest", "may-stand"}},
};

static const struct value_words *words_of(const struct sam_entity_def *def, const char *column)
{
    for (size_t i = 0; i < sizeof value_words / sizeof value_words[0]; i++)
        if (value_words[i].entity == def->tag && !strcmp(value_words[i].column, column))
            return &value_words[i];
    return NULL;
}

static int word_value(const struct value_words *v, const char *word)
{
    for (int i = 0; v && i < 10 && v->word[i]; i++)
        if (!strcmp(v->word[i], word))
            return i;
    return -1;
}

bool read_number(const char *word, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(word, &end, 10);
    return *word >= '0' && *word <= '9' && !*end && !errno;
}

bool read_day(const char *word, int64_t *day)
{
    char *end;
    long y = strtol(word, &end, 10), m = *end == '-' ? strtol(end + 1, &end, 10) : 0;
    long d = *end == '-' ? strtol(end + 1, &end, 10) : 0;
    if (*end || m < 1 || m > 12 || d < 1 || d > 31 || y < 1900 || y > 2200)
        return false;
    /* days before 1 March of the year, with March as the first month */
    y -= m <= 2;
    long era_days = y * 365 + y / 4 - y / 100 + y / 400, of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    *day = era_days + of_year - 719468;
    return true;
}

static bool read_clock(const char *word, int64_t *minutes)
{
    char *end;
    long h = strtol(word, &end, 10), m = end == word + 2 && *end == ':' ? strtol(end + 1, &end, 10) : -1;
    *minutes = h * 60 + m;
    return end == word + 5 && !*end && h >= 0 && h < 24 && m >= 0 && m < 60;
}

/* A number that stands in ${column}, said in any way. */
static bool read_value(struct play *y, const struct sam_entity_def *def, const char *column, const char *word,
                       int64_t *out)
{
    const struct story_name *name = name_find(y, word);
    uint64_t n;
    int v = word_value(words_of(def, column), word);
    bool minus = word[0] == '-';
    if (v >= 0) {
        *out = v;
        return true;
    }
    if (name) {
        *out = (int64_t)(name->entity == STORY_NAME_DEVICE ? y->p->tablet[name->id].device_no : name->id);
        return true;
    }
    if (read_number(word + minus, &n)) {
        *out = minus ? -(int64_t)n : (int64_t)n;
        return true;
    }
    return read_day(word, out) || read_clock(word, out) || play_break(y, "unknown value \"%s\" of %s", word, column);
}

bool read_key(struct play *y, const struct words *w, unsigned first, unsigned count, struct sam_key *key)
{
    const struct sam_entity_def *def = first < w->count ? sam_entity_named(w->word[first]) : NULL;
    *key = (struct sam_key){.entity = def ? def->tag : 0};
    if (!def)
        return play_break(y, "unknown table \"%s\"", first < w->count ? w->word[first] : "");
    if (count != 1u + def->key_count)
        return play_break(y, "a key of %s has %u parts", def->table, def->key_count);
    for (unsigned i = 0; i < def->key_count; i++) {
        int64_t part;
        if (!read_value(y, def, def->key[i].column, w->word[first + 1 + i], &part))
            return false;
        key->part[i] = (uint64_t)part;
    }
    return true;
}

int field_find(const struct sam_entity_def *def, const char *column, size_t len)
{
    for (unsigned i = 0; i < def->field_count; i++)
        if (strlen(def->field[i].column) == len && !memcmp(def->field[i].column, column, len))
            return (int)i;
    return -1;
}

/* "present" alone: the column that has such a word. */
static bool read_bare(struct play *y, const struct sam_entity_def *def, const char *word, struct sam_row *row)
{
    for (unsigned i = 0; i < def->field_count; i++) {
        int v = word_value(words_of(def, def->field[i].column), word);
        if (v >= 0) {
            sam_row_set(row, i, v);
            return true;
        }
    }
    return play_break(y, "unknown word \"%s\" of %s", word, def->table);
}

static bool read_field(struct play *y, const char *text, size_t len, struct sam_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    char word[240];
    const char *space = memchr(text, ' ', len);
    size_t column = space ? (size_t)(space - text) : len;
    int64_t num;
    PUMP_MUST(len < sizeof word);
    memcpy(word, text, len);
    word[len] = '\0';
    if (!space)
        return read_bare(y, def, word, row);
    int field = field_find(def, text, column);
    if (field < 0)
        return play_break(y, "unknown column \"%.*s\" of %s", (int)column, text, def->table);
    if (def->field[field].type == SAM_TYPE_TEXT) {
        sam_row_set_text(row, (unsigned)field, space + 1, len - column - 1);
        return true;
    }
    if (!read_value(y, def, def->field[field].column, word + column + 1, &num))
        return false;
    sam_row_set(row, (unsigned)field, num);
    return true;
}

/* Up to the next ", " or "|": a text may have commas without a space behind. */
static size_t field_len(const char *text)
{
    size_t len = 0;
    while (text[len] && text[len] != '|' && !(text[len] == ',' && (text[len + 1] == ' ' || !text[len + 1])))
        len++;
    return len;
}

bool read_fields(struct play *y, const char *text, struct sam_row *row)
{
    while (text && *text) {
        size_t len = field_len(text);
        const char *next = text + len;
        while (len && text[len - 1] == ' ')
            len--;
        if (!len || !read_field(y, text, len, row))
            return len ? false : play_break(y, "an empty field");
        if (*next == '|')
            break;
        text = next + strspn(next, ", ");
    }
    return true;
}

/* ---- into words again */

void say(struct sam_buf *out, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    PUMP_MUST(n >= 0 && (size_t)n < sizeof text && sam_buf_add(out, text, (size_t)n) == 0);
}

const char *said(struct sam_buf *out)
{
    PUMP_MUST(sam_buf_add(out, "", 1) == 0);
    return (const char *)sam_buf_peek(out).ptr;
}

void say_key(const struct play *y, const struct sam_key *key, struct sam_buf *out)
{
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    char no[48];
    say(out, "%s", def->table);
    for (unsigned i = 0; i < def->key_count; i++)
        say(out, " %s", name_of(y, def->key[i].ref, key->part[i], no));
}

static void say_value(const struct play *y, const struct sam_entity_def *def, unsigned i, const struct sam_val *v,
                      struct sam_buf *out)
{
    const struct sam_field_def *f = &def->field[i];
    const struct value_words *w = words_of(def, f->column);
    char no[48];
    if (f->type == SAM_TYPE_TEXT)
        say(out, "%s %.*s", f->column, (int)v->text.len, v->text.len ? (const char *)v->text.ptr : "");
    else if (w && v->num >= 0 && v->num < 10 && w->word[v->num])
        say(out, "%s", w->word[v->num]);
    else if (f->ref && v->num)
        say(out, "%s %s", f->column, name_of(y, f->ref, (uint64_t)v->num, no));
    else
        say(out, "%s %lld", f->column, (long long)v->num);
}

void say_fields(const struct play *y, const struct sam_row *row, struct sam_buf *out)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    bool any = false;
    for (unsigned i = 0; i < def->field_count; i++) {
        if (!sam_row_has(row, i))
            continue;
        if (any)
            say(out, ", ");
        any = true;
        say_value(y, def, i, &row->val[i], out);
    }
    if (!any)
        say(out, "nothing");
}
