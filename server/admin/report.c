#include "server/admin/report.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/json.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_BYTES_MAX 4096u

static void add(struct report *r, struct sam_buf *b, const void *p, size_t n)
{
    int err = sam_buf_add(b, p, n);
    if (err && !r->err)
        r->err = err;
}

static void out_text(struct report *r, const char *s)
{
    add(r, &r->out, s, strlen(s));
}

void report_init(struct report *r, enum sam_lang lang, bool json)
{
    memset(r, 0, sizeof *r);
    r->lang = lang;
    r->json = json;
    sam_buf_init(&r->out, REPORT_BYTES_MAX);
    sam_buf_init(&r->cells, REPORT_BYTES_MAX);
}

void report_fini(struct report *r)
{
    sam_buf_fini(&r->out);
    sam_buf_fini(&r->cells);
}

static void sentence(struct report *r, const char *fmt, va_list ap)
{
    char line[SENTENCE_BYTES_MAX];
    int n = vsnprintf(line, sizeof line, fmt, ap);
    if (n > 0)
        add(r, &r->out, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void report_tell(struct report *r, enum sam_text_id id, ...)
{
    va_list ap;
    if (r->json)
        return;
    va_start(ap, id);
    sentence(r, sam_text(r->lang, id), ap);
    va_end(ap);
    out_text(r, "\n");
}

void report_lines(struct report *r, const char *text)
{
    if (!r->json)
        out_text(r, text);
}

void report_print(char *out, size_t size, enum sam_lang lang, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    vsnprintf(out, size, sam_text(lang, id), ap);
    va_end(ap);
}

void report_say(struct report *r, const char *fmt, ...)
{
    va_list ap;
    if (r->json)
        return;
    va_start(ap, fmt);
    sentence(r, fmt, ap);
    va_end(ap);
}

/* ---- text that others wrote: a tablet chooses its own label */

#define UNREADABLE "\xef\xbf\xbd" /* U+FFFD */

/* For a terminal: nothing that moves a cursor or is no text. */
static void shown_text(struct report *r, const char *s, size_t len)
{
    for (size_t i = 0, n; i < len; i += n) {
        unsigned char c = (unsigned char)s[i];
        n = sam_utf8_letter(s + i, len - i);
        bool control = c < 0x20 || c == 0x7f || (c == 0xc2 && n == 2 && (unsigned char)s[i + 1] < 0xa0);
        if (n == 0 || control)
            out_text(r, UNREADABLE);
        else
            add(r, &r->out, s + i, n);
        n = n ? n : 1;
    }
}

/* ---- JSON */

static void json_text(struct report *r, const char *s, size_t len)
{
    if (!r->err)
        r->err = sam_json_quote(&r->out, s, len);
}

static void json_name(struct report *r, const char *name)
{
    out_text(r, r->object ? ", " : "{");
    r->object = true;
    json_text(r, name, strlen(name));
    out_text(r, ": ");
}

/* A browser's numbers are exact up to here: what is greater is an id, and a text. */
static bool page_text(const struct report *r, int64_t v)
{
    return r->page && v > (int64_t)1 << 53;
}

void report_num(struct report *r, const char *name, int64_t v)
{
    char text[24];
    if (!r->json)
        return;
    json_name(r, name);
    int n = snprintf(text, sizeof text, "%" PRId64, v);
    if (page_text(r, v))
        json_text(r, text, (size_t)n);
    else
        out_text(r, text);
}

void report_text(struct report *r, const char *name, const char *s)
{
    if (!r->json)
        return;
    json_name(r, name);
    json_text(r, s, strlen(s));
}

/* ---- tables: cells are kept until the end, when the columns' widths are known */

void report_table(struct report *r, const struct report_column *columns, unsigned count)
{
    SAM_ASSERT(count <= REPORT_COLUMNS_MAX);
    for (unsigned i = 0; i < count; i++) {
        r->column[i] = columns[i].name;
        r->shown[i] = sam_text(r->lang, columns[i].shown);
    }
    r->columns = count;
    r->cell_count = 0;
    r->list = NULL;
    sam_buf_clear(&r->cells);
}

void report_list(struct report *r, const char *name, const struct report_column *columns, unsigned count)
{
    report_table(r, columns, count);
    r->list = name;
}

static void cell(struct report *r, char kind, const char *s, size_t len)
{
    const char *end = memchr(s, 0, len);
    add(r, &r->cells, &kind, 1);
    add(r, &r->cells, s, end ? (size_t)(end - s) : len);
    add(r, &r->cells, "", 1);
    r->cell_count++;
}

void report_cell_num(struct report *r, int64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, v);
    cell(r, page_text(r, v) ? 't' : 'n', text, (size_t)n);
}

void report_cell_text(struct report *r, const char *s, size_t len)
{
    cell(r, 't', s, len);
}

void report_cell_str(struct report *r, const char *s)
{
    report_cell_text(r, s, strlen(s));
}

void report_cell_word(struct report *r, const char *word, const char *shown)
{
    const char *s = r->json ? word : shown;
    cell(r, 't', s, strlen(s));
}

/* Letters of a text, as they will be shown. */
static size_t width(const char *s)
{
    size_t count = 0, len = strlen(s);
    for (size_t i = 0; i < len; count++) {
        size_t n = sam_utf8_letter(s + i, len - i);
        i += n ? n : 1;
    }
    return count;
}

static void padded(struct report *r, const char *s, size_t to, bool last)
{
    shown_text(r, s, strlen(s));
    for (size_t n = width(s); n < to && !last; n++)
        out_text(r, " ");
    out_text(r, last ? "\n" : "  ");
}

static void row_label(struct report *r, enum sam_text_id shown)
{
    enum { WIDTH = 24 };
    if (!r->json)
        padded(r, sam_text(r->lang, shown), WIDTH, false);
}

void report_row_num(struct report *r, const char *name, enum sam_text_id shown, int64_t v)
{
    report_num(r, name, v);
    row_label(r, shown);
    report_say(r, "%" PRId64 "\n", v);
}

void report_row_text(struct report *r, const char *name, enum sam_text_id shown, const char *s)
{
    if (name)
        report_text(r, name, s);
    row_label(r, shown);
    report_say(r, "%s\n", s);
}

static void table_text(struct report *r, const char *cells)
{
    size_t wide[REPORT_COLUMNS_MAX] = {0};
    const unsigned columns = r->columns;
    const char *at = cells;
    SAM_ASSERT(columns > 0);
    for (unsigned i = 0; i < columns; i++)
        wide[i] = width(r->shown[i]);
    for (unsigned i = 0; i < r->cell_count; i++, at += strlen(at) + 1)
        if (width(at + 1) > wide[i % columns])
            wide[i % columns] = width(at + 1);
    for (unsigned i = 0; i < columns; i++)
        padded(r, r->shown[i], wide[i], i + 1 == columns);
    at = cells;
    for (unsigned i = 0; i < r->cell_count; i++, at += strlen(at) + 1)
        padded(r, at + 1, wide[i % columns], (i + 1) % columns == 0);
}

static void table_json(struct report *r, const char *cells)
{
    const unsigned columns = r->columns;
    const char *at = cells;
    SAM_ASSERT(columns > 0);
    if (r->list)
        json_name(r, r->list);
    out_text(r, "[");
    for (unsigned i = 0; i < r->cell_count; i++, at += strlen(at) + 1) {
        unsigned column = i % columns;
        if (column == 0)
            out_text(r, i ? ",\n {" : "{");
        json_text(r, r->column[column], strlen(r->column[column]));
        out_text(r, ": ");
        if (*at == 'n')
            out_text(r, at + 1);
        else
            json_text(r, at + 1, strlen(at + 1));
        out_text(r, column + 1 == columns ? "}" : ", ");
    }
    out_text(r, r->list ? "]" : "]\n");
}

void report_table_end(struct report *r)
{
    SAM_ASSERT(r->cell_count % r->columns == 0);
    add(r, &r->cells, "", 1);
    if (r->err)
        return;
    const char *cells = (const char *)sam_buf_peek(&r->cells).ptr;
    if (r->json)
        table_json(r, cells);
    else if (!r->list)
        table_text(r, cells);
}

int report_end(struct report *r)
{
    if (r->object)
        out_text(r, "}\n");
    r->object = false;
    return r->err;
}

void report_live(enum sam_lang lang, enum sam_text_id id, ...)
{
    va_list ap;
    va_start(ap, id);
    fputs("\r", stderr);
    vfprintf(stderr, sam_text(lang, id), ap);
    fputs("\x1b[K", stderr); /* what was longer before */
    va_end(ap);
}

void report_live_end(bool any)
{
    if (any)
        fputs("\r\x1b[K", stderr);
}
