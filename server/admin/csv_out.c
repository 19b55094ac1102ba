#include "server/admin/csv_out.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(struct csv_out *o, const void *bytes, size_t n)
{
    if (!o->err)
        o->err = sam_buf_add(o->to, bytes, n);
}

void csv_out_begin(struct csv_out *o, struct sam_buf *to, bool plain)
{
    *o = (struct csv_out){.to = to, .plain = plain};
    if (!plain)
        add(o, "\xef\xbb\xbf", 3);
}

static void next(struct csv_out *o)
{
    if (o->begun)
        add(o, o->plain ? "," : ";", 1);
    o->begun = true;
}

/* Would a spreadsheet take this for a formula? */
static bool runs(struct sam_span s)
{
    static const char *const wide[] = {"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"}; /* = + - @ */
    if (s.len && s.ptr[0] && strchr("=+-@\t\r\n", s.ptr[0]))
        return true;
    for (unsigned i = 0; i < sizeof wide / sizeof *wide; i++)
        if (s.len >= 3 && memcmp(s.ptr, wide[i], 3) == 0)
            return true;
    return false;
}

static bool needs_quotes(const struct csv_out *o, struct sam_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == '"' || s.ptr[i] == '\r' || s.ptr[i] == '\n' || s.ptr[i] == (o->plain ? ',' : ';'))
            return true;
    return s.len && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
}

static void quoted(struct csv_out *o, struct sam_span s, bool escape)
{
    add(o, "\"'", escape ? 2 : 1);
    while (s.len) {
        const uint8_t *quote = memchr(s.ptr, '"', s.len);
        size_t n = quote ? (size_t)(quote - s.ptr) + 1 : s.len;
        add(o, s.ptr, n);
        if (quote)
            add(o, "\"", 1);
        s.ptr += n;
        s.len -= n;
    }
    add(o, "\"", 1);
}

void csv_out_none(struct csv_out *o)
{
    next(o);
}

void csv_out_text(struct csv_out *o, struct sam_span s)
{
    next(o);
    if (!o->plain || needs_quotes(o, s))
        quoted(o, s, !o->plain && runs(s));
    else
        add(o, s.ptr, s.len);
}

void csv_out_word(struct csv_out *o, const char *s)
{
    struct sam_span span = {(const uint8_t *)s, strlen(s)};
    next(o);
    if (needs_quotes(o, span))
        quoted(o, span, false);
    else
        add(o, span.ptr, span.len);
}

void csv_out_number(struct csv_out *o, int64_t n)
{
    char text[24];
    next(o);
    add(o, text, (size_t)snprintf(text, sizeof text, "%" PRId64, n));
}

void csv_out_decimal(struct csv_out *o, const char *s)
{
    const char *point = o->plain ? NULL : strchr(s, '.');
    next(o);
    add(o, s, point ? (size_t)(point - s) : strlen(s));
    if (point) {
        add(o, ",", 1);
        add(o, point + 1, strlen(point + 1));
    }
}

void csv_out_end_row(struct csv_out *o)
{
    add(o, "\r\n", 2);
    o->begun = false;
}
