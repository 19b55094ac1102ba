#include "output.h"

#include "utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP 2 /* spaces between columns */
#define JSON_BYTES_MAX (64u * 1024u * 1024u)
#define NARROWEST 6 /* a column is not cut below this */

void *cli_out_grow(void *mem, size_t bytes)
{
    void *p = realloc(mem, bytes ? bytes : 1);
    if (!p) {
        fputs("samling: out of memory\n", stderr);
        exit(1);
    }
    return p;
}

char *cli_out_dup(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(cli_out_grow(NULL, n), text, n);
}

/* ---- tables */

void cli_table_init(struct table *t)
{
    memset(t, 0, sizeof *t);
}

void cli_table_fini(struct table *t)
{
    for (size_t i = 0; i < t->cells; i++)
        free(t->cell[i]);
    free(t->cell);
    cli_table_init(t);
}

void cli_table_column(struct table *t, const char *head, enum column kind)
{
    if (t->cols == TABLE_COLS_MAX)
        return;
    t->head[t->cols] = head;
    t->kind[t->cols++] = kind;
}

void cli_table_cell(struct table *t, const char *text)
{
    if (t->cells == t->room) {
        t->room = t->room ? t->room * 2 : 64;
        t->cell = cli_out_grow(t->cell, t->room * sizeof *t->cell);
    }
    t->cell[t->cells++] = cli_out_dup(text ? text : "");
}

void cli_table_number(struct table *t, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, number);
    cli_table_cell(t, text);
}

/* one character as it may stand on a terminal; returns its columns */
static size_t put_char(FILE *to, const char *s, size_t n, uint32_t cp)
{
    if (cp == UTF8_BAD || cli_utf8_is_control(cp)) {
        fputs("\xEF\xBF\xBD", to);
        return 1;
    }
    fwrite(s, 1, n, to);
    return (size_t)cli_utf8_columns(cp);
}

void cli_out_safe(FILE *to, const char *text)
{
    uint32_t cp;
    for (size_t n; (n = cli_utf8_next(text, &cp)) > 0; text += n)
        put_char(to, text, n, cp);
}

/* a text in ${width} columns, cut with "…" where it is longer; returns the columns used */
static size_t put_cut(FILE *to, const char *s, size_t width)
{
    bool whole = cli_utf8_width(s) <= width;
    size_t used = 0, n;
    uint32_t cp;
    for (; (n = cli_utf8_next(s, &cp)) > 0; s += n) {
        size_t columns = (size_t)cli_utf8_columns(cp);
        if (!whole && used + columns + 1 > width)
            break;
        used += put_char(to, s, n, cp);
    }
    if (!whole) {
        fputs("\xE2\x80\xA6", to);
        used++;
    }
    return used;
}

static void put_spaces(FILE *to, size_t n)
{
    for (; n > 0; n--)
        fputc(' ', to);
}

static void print_row(const struct table *t, FILE *to, const char *const *cell, const size_t *width)
{
    size_t last = t->cols;
    while (last > 0 && !*cell[last - 1])
        last--; /* no spaces at the end of a line */
    for (size_t c = 0; c < last; c++) {
        size_t want = cli_utf8_width(cell[c]), used = want < width[c] ? want : width[c];
        bool right = t->kind[c] == COLUMN_NUMBER;
        if (right)
            put_spaces(to, width[c] - used);
        used = put_cut(to, cell[c], width[c]);
        if (c + 1 < last)
            put_spaces(to, (right || used > width[c] ? 0 : width[c] - used) + GAP);
    }
    fputc('\n', to);
}

static void measure(const struct table *t, size_t *width)
{
    for (size_t c = 0; c < t->cols; c++)
        width[c] = cli_utf8_width(t->head[c]);
    for (size_t i = 0; i < t->cells; i++) {
        size_t w = cli_utf8_width(t->cell[i]);
        if (w > width[i % t->cols])
            width[i % t->cols] = w;
    }
}

/* the widest of the columns that may be cut; cols: there is none */
static size_t widest_text(const struct table *t, const size_t *width)
{
    size_t widest = t->cols;
    for (size_t c = 0; c < t->cols; c++)
        if (t->kind[c] == COLUMN_TEXT && (widest == t->cols || width[c] > width[widest]))
            widest = c;
    return widest;
}

static void narrow(const struct table *t, size_t *width, size_t columns)
{
    for (;;) {
        size_t sum = (t->cols - 1) * GAP, widest = widest_text(t, width);
        for (size_t c = 0; c < t->cols; c++)
            sum += width[c];
        if (sum <= columns || widest == t->cols || width[widest] <= NARROWEST)
            return;
        width[widest]--;
    }
}

void cli_table_print(const struct table *t, FILE *to, size_t columns)
{
    size_t width[TABLE_COLS_MAX] = {0};
    if (!t->cols)
        return;
    measure(t, width);
    if (columns)
        narrow(t, width, columns);
    print_row(t, to, t->head, width);
    for (size_t i = 0; i + t->cols <= t->cells; i += t->cols)
        print_row(t, to, (const char *const *)t->cell + i, width);
}

size_t cli_out_columns(FILE *to)
{
    struct winsize w;
    if (!isatty(fileno(to)))
        return 0;
    const char *env = getenv("COLUMNS");
    long from_env = env ? strtol(env, NULL, 10) : 0;
    if (from_env >= 20 && from_env <= 1000)
        return (size_t)from_env;
    return ioctl(fileno(to), TIOCGWINSZ, &w) == 0 && w.ws_col >= 20 ? w.ws_col : 80;
}

/* ---- JSON */

void cli_json_init(struct sam_json *j)
{
    sam_json_init(j, JSON_BYTES_MAX);
}

const char *cli_json_whole(struct sam_json *j)
{
    int err = sam_json_end_all(j);
    err = err ? err : sam_buf_add(&j->out, "", 1);
    if (err) {
        fputs("samling: the answer is too large for JSON, or for the memory\n", stderr);
        exit(1);
    }
    return (const char *)sam_buf_peek(&j->out).ptr;
}
