#include "server/console/saying.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "server/console/fields.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void add(struct saying *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(struct saying *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(s->mem + s->used, sizeof s->mem - s->used, fmt, ap);
    va_end(ap);
    s->full |= n < 0 || (size_t)n >= sizeof s->mem - s->used || (unsigned)s->count == SAYING_WORDS_MAX;
    if (s->full)
        return;
    s->word[s->count++] = s->mem + s->used;
    s->used += (size_t)n + 1;
}

void saying_init(struct saying *s, const char *verb)
{
    const char *space = strchr(verb, ' ');
    s->count = 0;
    s->used = 0;
    s->full = false;
    add(s, "%.*s", space ? (int)(space - verb) : (int)strlen(verb), verb);
    if (space)
        add(s, "%s", space + 1);
}

void saying_id(struct saying *s, uint64_t id)
{
    add(s, "%llu", (unsigned long long)id);
}

int saying_digits(struct saying *s, const char *text)
{
    char digits[32];
    size_t n = 0;
    for (; *text; text++) {
        if (*text == ' ')
            continue;
        if (*text < '0' || *text > '9' || n == sizeof digits - 1)
            return SAM_EPROTO;
        digits[n++] = *text;
    }
    digits[n] = 0;
    add(s, "%s", digits);
    return n ? 0 : SAM_EPROTO;
}

void saying_word(struct saying *s, const char *word)
{
    add(s, "%s", word);
}

void saying_text(struct saying *s, const char *name, const char *text)
{
    if (text[0])
        add(s, "--%s=%s", name, text);
}

void saying_num(struct saying *s, const char *name, uint64_t value)
{
    add(s, "--%s=%llu", name, (unsigned long long)value);
}

int saying_day(struct saying *s, uint64_t day)
{
    enum { DAY_S = 86400, DAY_LAST = 73049 }; /* as field.def bounds days */
    struct tm at;
    time_t when = (time_t)day * DAY_S;
    if (day > DAY_LAST || !gmtime_r(&when, &at))
        return SAM_EUSAGE;
    add(s, "%04d-%02d-%02d", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday);
    return 0;
}

/* Each line an option of its own. */
static void lines_add(struct saying *s, const char *name, const char *text)
{
    for (const char *at = text; *at;) {
        size_t n = strcspn(at, "\n");
        if (n)
            add(s, "--%s=%.*s", name, (int)n, at);
        at += n + (at[n] == '\n');
    }
}

static int field_add(struct saying *s, const struct saying_field *f, const char *text)
{
    bool digits = text[strspn(text, "0123456789")] == 0, yes = strcmp(text, "1") == 0;
    if (!text[0])
        return 0;
    if ((f->kind == SAYING_NUM && !digits) || (f->kind == SAYING_SWITCH && !yes))
        return SAM_EPROTO;
    if (f->kind == SAYING_SWITCH)
        add(s, "--%s", f->name);
    else if (f->kind == SAYING_LINES)
        lines_add(s, f->name, text);
    else
        saying_text(s, f->name, text);
    return 0;
}

int saying_body(struct saying *s, const struct ask *a, const struct saying_field *fields, unsigned count)
{
    struct field read[SAYING_FIELDS_MAX];
    SAM_ASSERT(count <= SAYING_FIELDS_MAX);
    char *mem = malloc((size_t)count * SAYING_FIELD_BYTES_MAX);
    if (!mem)
        return SAM_ENOMEM;
    for (unsigned i = 0; i < count; i++)
        read[i] =
            (struct field){fields[i].name, mem + (size_t)i * SAYING_FIELD_BYTES_MAX, SAYING_FIELD_BYTES_MAX, false};
    int err = fields_read(sam_buf_peek(&a->body), read, count);
    for (unsigned i = 0; i < count && !err; i++)
        err = field_add(s, &fields[i], read[i].out);
    free(mem);
    return err;
}

int ask_say(struct ask *a, struct intake *in, const struct saying *s)
{
    return s->full ? SAM_EUSAGE : ask_verb(a, in, s->count, s->word);
}

int ask_say_look(struct ask *a, struct store *st, const struct saying *s)
{
    return s->full ? SAM_EUSAGE : ask_look(a, st, s->count, s->word);
}
