#include "output.h"

#include "utf8.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP 2       /* spaces between columns */
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

void cli_json_init(struct json *j)
{
    memset(j, 0, sizeof *j);
}

void cli_json_fini(struct json *j)
{
    free(j->mem);
    cli_json_init(j);
}

static void add(struct json *j, const char *p, size_t n)
{
    if (j->len + n + 1 > j->room) {
        j->room = (j->len + n + 1) * 2;
        j->mem = cli_out_grow(j->mem, j->room);
    }
    memcpy(j->mem + j->len, p, n);
    j->len += n;
    j->mem[j->len] = '\0';
}

/* one character inside quotes */
static void add_char(struct json *j, const char *s, size_t n, uint32_t cp)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *named = cp && cp < 0x80 ? strchr(plain, (int)cp) : NULL;
    char escape[8];
    if (named) {
        escape[0] = '\\';
        escape[1] = letter[named - plain];
        add(j, escape, 2);
    } else if (cli_utf8_is_control(cp)) {
        snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(cp & 0xFFFF));
        add(j, escape, 6);
    } else if (cp == UTF8_BAD) {
        add(j, "\xEF\xBF\xBD", 3);
    } else {
        add(j, s, n);
    }
}

static void add_quoted(struct json *j, const char *text)
{
    uint32_t cp;
    add(j, "\"", 1);
    for (size_t n; (n = cli_utf8_next(text, &cp)) > 0; text += n)
        add_char(j, text, n, cp);
    add(j, "\"", 1);
}

/* what stands before any value: a comma, and the key */
static void begin(struct json *j, const char *key)
{
    if (j->comma)
        add(j, ",", 1);
    j->comma = true;
    if (key) {
        add_quoted(j, key);
        add(j, ":", 1);
    }
}

static void open_with(struct json *j, const char *key, const char *opening, char closing)
{
    if (j->depth == JSON_DEPTH_MAX) {
        fputs("samling: JSON too deep\n", stderr);
        exit(1);
    }
    begin(j, key);
    add(j, opening, 1);
    j->closing[j->depth++] = closing;
    j->comma = false;
}

void cli_json_object(struct json *j, const char *key)
{
    open_with(j, key, "{", '}');
}

void cli_json_list(struct json *j, const char *key)
{
    open_with(j, key, "[", ']');
}

void cli_json_end(struct json *j)
{
    if (!j->depth)
        return;
    add(j, &j->closing[--j->depth], 1);
    j->comma = true;
}

void cli_json_text(struct json *j, const char *key, const char *text)
{
    if (!text) {
        cli_json_null(j, key);
        return;
    }
    begin(j, key);
    add_quoted(j, text);
}

void cli_json_id(struct json *j, const char *key, uint64_t id)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, id);
    cli_json_text(j, key, text);
}

void cli_json_id_or_null(struct json *j, const char *key, uint64_t id)
{
    if (id)
        cli_json_id(j, key, id);
    else
        cli_json_null(j, key);
}

void cli_json_int(struct json *j, const char *key, int64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, v);
    begin(j, key);
    add(j, text, (size_t)n);
}

void cli_json_int_or_null(struct json *j, const char *key, int64_t v)
{
    if (v < 0)
        cli_json_null(j, key);
    else
        cli_json_int(j, key, v);
}

void cli_json_bool(struct json *j, const char *key, bool v)
{
    begin(j, key);
    add(j, v ? "true" : "false", v ? 4 : 5);
}

void cli_json_null(struct json *j, const char *key)
{
    begin(j, key);
    add(j, "null", 4);
}

const char *cli_json_whole(struct json *j)
{
    while (j->depth)
        cli_json_end(j);
    return j->mem ? j->mem : "";
}
