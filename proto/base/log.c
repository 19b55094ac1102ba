#include "proto/base/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void (*log_sink)(void *ctx, enum sam_log_level level, const char *line, size_t len);
static void *log_ctx;

void sam_log_to(void (*sink)(void *ctx, enum sam_log_level level, const char *line, size_t len), void *ctx)
{
    log_sink = sink;
    log_ctx = ctx;
}

const char *sam_log_level_name(enum sam_log_level level)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    return (unsigned)level < sizeof names / sizeof *names ? names[level] : "?";
}

/* ---- one line: what does not fit any more is left out, whole letters and whole escapes only */

struct line {
    char text[SAM_LOG_LINE_BYTES_MAX];
    size_t len;
    bool quoted, full;
};

static const size_t line_end = 2; /* a quote and the newline have their place */

static void put(struct line *l, const char *p, size_t n)
{
    l->full |= l->len + n > sizeof l->text - line_end;
    if (l->full)
        return;
    memcpy(l->text + l->len, p, n);
    l->len += n;
}

/* One byte of a value between quotes. */
static void put_escaped(struct line *l, char c)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char u = (unsigned char)c;
    if (c == '"' || c == '\\')
        put(l, (const char[]){'\\', c}, 2);
    else if (c == '\n')
        put(l, "\\n", 2);
    else if (u < 0x20 || u == 0x7f)
        put(l, (const char[]){'\\', 'u', '0', '0', hex[u >> 4], hex[u & 15]}, 6);
    else
        put(l, &c, 1);
}

static bool is_plain(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] <= ' ' || s[i] == '"' || s[i] == '=' || s[i] == '\\' || s[i] == 0x7f)
            return false;
    return n > 0;
}

/* A text: escaped between quotes; as a whole value in quotes where it needs them; else, as pairs that somebody made, as it is. */
static void put_text(struct line *l, const char *s, size_t n)
{
    bool value = !l->quoted && l->len && l->text[l->len - 1] == '=';
    bool wrap = value && !is_plain(s, n);
    if (wrap)
        put(l, "\"", 1);
    l->quoted |= wrap && !l->full;
    for (size_t i = 0; i < n; i++)
        if (l->quoted)
            put_escaped(l, s[i]);
        else
            put(l, (unsigned char)s[i] < 0x20 || s[i] == 0x7f ? "?" : s + i, 1);
    if (wrap && !l->full) {
        put(l, "\"", 1);
        l->quoted = l->full;
    }
}

static void put_number(struct line *l, const char *spec, ...)
{
    char out[32];
    va_list ap;
    va_start(ap, spec);
    int n = vsnprintf(out, sizeof out, spec, ap);
    va_end(ap);
    if (n > 0)
        put(l, out, (size_t)n < sizeof out ? (size_t)n : sizeof out - 1);
}

/* ---- the format: as printf has it, for whole numbers, letters and texts */

struct spec {
    char text[12]; /* "%016llx" */
    size_t len;
    bool wide, size, takes_max;
    long max; /* bytes of a text */
    char kind;
};

static const char *spec_read(struct spec *s, const char *fmt)
{
    *s = (struct spec){.text = "%", .len = 1, .max = SAM_LOG_LINE_BYTES_MAX};
    while (*++fmt && !s->kind && s->len < sizeof s->text - 1) {
        s->text[s->len++] = *fmt;
        if (*fmt == 'l')
            s->wide = true;
        else if (*fmt == 'z')
            s->size = true;
        else if (*fmt == '*')
            s->takes_max = true;
        else if (*fmt == '.' && fmt[1] >= '0' && fmt[1] <= '9')
            s->max = strtol(fmt + 1, NULL, 10);
        else if (!strchr("-+ #.0123456789h", *fmt))
            s->kind = *fmt;
    }
    return fmt;
}

static void convert(struct line *l, const struct spec *s, va_list *ap)
{
    bool is_signed = s->kind == 'd' || s->kind == 'i';
    bool twice = strstr(s->text, "ll") != NULL;
    if (s->kind == 's') {
        long max = s->takes_max ? va_arg(*ap, int) : s->max;
        const char *text = va_arg(*ap, const char *);
        put_text(l, text ? text : "", text && max > 0 ? strnlen(text, (size_t)max) : 0);
    } else if (s->size)
        put_number(l, s->text, va_arg(*ap, size_t));
    else if (twice && is_signed)
        put_number(l, s->text, va_arg(*ap, long long));
    else if (twice)
        put_number(l, s->text, va_arg(*ap, unsigned long long));
    else if (s->wide && is_signed)
        put_number(l, s->text, va_arg(*ap, long));
    else if (s->wide)
        put_number(l, s->text, va_arg(*ap, unsigned long));
    else
        put_number(l, s->text, va_arg(*ap, int));
}

static void format(struct line *l, const char *fmt, va_list *ap)
{
    while (*fmt) {
        struct spec s;
        if (*fmt != '%') {
            put(l, fmt, 1);
            l->quoted ^= *fmt++ == '"' && !l->full;
            continue;
        }
        fmt = spec_read(&s, fmt);
        if (s.kind == '%')
            put(l, "%", 1);
        else
            convert(l, &s, ap);
    }
}

void sam_log(enum sam_log_level level, const char *ev, const char *fmt, ...)
{
    struct line l = {.len = 0};
    va_list ap;
    if (!log_sink)
        return;
    put(&l, "level=", 6);
    put_text(&l, sam_log_level_name(level), strlen(sam_log_level_name(level)));
    put(&l, " ev=", 4);
    put_text(&l, ev, strlen(ev));
    put(&l, " ", *fmt ? 1 : 0);
    va_start(ap, fmt);
    format(&l, fmt, &ap);
    va_end(ap);
    if (l.quoted)
        l.text[l.len++] = '"';
    l.text[l.len++] = '\n';
    log_sink(log_ctx, level, l.text, l.len);
}
