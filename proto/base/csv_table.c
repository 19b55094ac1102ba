/* libcsv takes the rows apart; here stands what it does not know: encodings, the numbers of rows, bounds, and going on behind a
 * row that cannot be read.
 *
 * It is fed line by line. After a line it has given a row, or it is inside quotes and the row goes on in the next line. A row
 * with wrong quotes is given up, and reading goes on with the line after its first one: an open quote costs its own row and
 * not the rest of the file. Lines that are read again for that are counted, so that no file is read more than
 * twice. */
#include "proto/base/csv_table.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/grow.h"

#include <csv.h>
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- memory */

void sam_csv_fini(struct sam_csv *t)
{
    free(t->row);
    free(t->cell);
    free(t->text);
    memset(t, 0, sizeof *t);
}

/* ---- a cell */

/* Bytes of the UTF-8 letter at ${s}; 0: it is none. */
static size_t letter(const uint8_t *s, size_t n)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = s[0] < 0x80                   ? 1
                 : s[0] >= 0xC2 && s[0] < 0xE0 ? 2
                 : (s[0] & 0xF0) == 0xE0       ? 3
                 : s[0] >> 3 == 30             ? 4
                                               : 0;
    if (len <= 1 || len > n)
        return len == 1;
    uint32_t cp = s[0] & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        cp = cp << 6 | (s[i] & 0x3Fu);
    }
    return cp >= least[len] && cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF) ? len : 0;
}

static bool is_utf8(const uint8_t *s, size_t n)
{
    for (size_t i = 0, len; i < n; i += len)
        if ((len = letter(s + i, n - i)) == 0)
            return false;
    return true;
}

/* Is it meant to be UTF-8? Letters of two bytes and more hardly ever come about by chance, so where there are more of them than
 * broken bytes a few rows are broken, and the file is not of another encoding. */
static bool looks_like_utf8(const uint8_t *s, size_t n)
{
    size_t letters = 0, broken = 0;
    for (size_t i = 0, len; i < n; i += len ? len : 1) {
        len = letter(s + i, n - i);
        letters += len > 1;
        broken += len == 0;
    }
    return broken == 0 || letters > broken;
}

static bool is_control(uint8_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
}

static enum sam_csv_fault cell_fault(const uint8_t *s, size_t n)
{
    if (n > SAM_CSV_CELL_BYTES_MAX)
        return SAM_CSV_LONG;
    for (size_t i = 0; i < n; i++)
        if (is_control(s[i]) || (s[i] == 0xC2 && i + 1 < n && s[i + 1] < 0xA0))
            return SAM_CSV_SIGNS;
    return is_utf8(s, n) ? SAM_CSV_FINE : SAM_CSV_LETTERS;
}

/* ---- rows */

struct reader {
    struct sam_csv *t;
    struct csv_parser parser;
    const uint8_t *bytes;
    size_t n, at;
    uint32_t number;    /* of the last row */
    size_t text_before; /* the row's cells stand behind this */
    uint32_t cell[SAM_CSV_COLUMNS_MAX];
    unsigned count;       /* cells of this row */
    bool any;             /* one of them holds something */
    bool ended, line_end; /* a row has ended; a line end outside quotes was met */
    enum sam_csv_fault fault;
    bool headed;
    size_t again; /* bytes that were read again */
    int err;
};

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Line ends and tabs inside a cell become one space each run: nothing of more than one line is imported. */
static size_t one_line(char *out, const uint8_t *s, size_t n)
{
    size_t used = 0;
    for (size_t i = 0; i < n; i++) {
        bool more = i + 1 < n && is_space(s[i]) && s[i] != ' ' && is_space(s[i + 1]);
        if (!more)
            out[used++] = is_space(s[i]) ? ' ' : (char)s[i];
    }
    out[used] = '\0';
    return used + 1;
}

static void cell_cb(void *bytes, size_t n, void *ctx)
{
    struct reader *r = ctx;
    struct sam_csv *t = r->t;
    const uint8_t *s = bytes;
    for (; n && is_space(s[0]); n--)
        s++;
    while (n && is_space(s[n - 1]))
        n--;
    r->any |= n > 0;
    if (r->fault == SAM_CSV_FINE)
        r->fault = cell_fault(s, n);
    if (r->count++ >= SAM_CSV_COLUMNS_MAX || r->fault || r->err)
        return;
    char *text = sam_grow(t->text, &t->text_room, t->text_len + n + 1, 1);
    r->err = text ? 0 : SAM_ENOMEM;
    if (r->err)
        return;
    t->text = text;
    r->cell[r->count - 1] = (uint32_t)t->text_len;
    t->text_len += one_line(t->text + t->text_len, s, n);
}

static void row_cb(int end, void *ctx)
{
    struct reader *r = ctx;
    (void)end;
    r->line_end = true;
    r->ended |= r->count > 0;
}

static int parser_start(struct reader *r)
{
    if (csv_init(&r->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL))
        return SAM_ENOMEM;
    csv_set_delim(&r->parser, (unsigned char)r->t->separator);
    return 0;
}

static void row_start(struct reader *r)
{
    r->text_before = r->t->text_len;
    r->count = 0;
    r->any = r->ended = r->line_end = false;
    r->fault = SAM_CSV_FINE;
}

/* Behind the line at ${at}: its end is \n, \r or both. */
static size_t line_after(const struct reader *r, size_t at)
{
    while (at < r->n && r->bytes[at] != '\n' && r->bytes[at] != '\r')
        at++;
    if (at + 1 < r->n && r->bytes[at] == '\r' && r->bytes[at + 1] == '\n')
        return at + 2;
    return at < r->n ? at + 1 : at;
}

/* Give up what was begun at ${start}; go on behind its first line. Where too much was read twice already the file is refused, since
 * rows that nobody hears of would be worse. */
static int row_give_up(struct reader *r, size_t start)
{
    size_t next = line_after(r, start);
    r->fault = SAM_CSV_QUOTES;
    r->any = r->ended = true;
    r->again += r->at - next;
    r->at = next;
    if (r->again > SAM_CSV_BYTES_MAX)
        return SAM_EPROTO;
    csv_free(&r->parser);
    return parser_start(r);
}

/* The next row, whichever it is: r->ended or an empty one. */
static int row_read(struct reader *r)
{
    size_t start = r->at;
    row_start(r);
    while (!r->ended && !r->line_end && r->at < r->n) {
        size_t end = line_after(r, r->at), len = end - r->at;
        size_t took = csv_parse(&r->parser, r->bytes + r->at, len, cell_cb, row_cb, r);
        r->at = end;
        if (took < len && csv_error(&r->parser) == CSV_ENOMEM)
            return SAM_ENOMEM;
        if (took < len || (!r->ended && !r->line_end && r->at - start > SAM_CSV_ROW_BYTES_MAX))
            return row_give_up(r, start);
    }
    if (!r->ended && !r->line_end && csv_fini(&r->parser, cell_cb, row_cb, r))
        return row_give_up(r, start);
    return r->err;
}

static int cells_keep(struct reader *r)
{
    struct sam_csv *t = r->t;
    uint32_t *cell = sam_grow(t->cell, &t->cell_room, t->cells + r->count, sizeof *cell);
    if (!cell)
        return SAM_ENOMEM;
    t->cell = cell;
    memcpy(t->cell + t->cells, r->cell, r->count * sizeof *r->cell);
    t->cells += r->count;
    return 0;
}

/* SAM_EPROTO: the file cannot be used; r->fault says why. */
static int headings_keep(struct reader *r)
{
    if (r->fault == SAM_CSV_FINE && r->count > SAM_CSV_COLUMNS_MAX)
        r->fault = SAM_CSV_COLUMNS;
    else if (r->fault)
        r->fault = SAM_CSV_HEADINGS;
    if (r->fault)
        return SAM_EPROTO;
    r->headed = true;
    r->t->columns = r->count;
    return cells_keep(r);
}

static int row_keep(struct reader *r)
{
    struct sam_csv *t = r->t;
    if (t->rows == SAM_CSV_ROWS_MAX) {
        r->fault = SAM_CSV_ROWS;
        return SAM_EPROTO;
    }
    if (r->fault == SAM_CSV_FINE && r->count != t->columns)
        r->fault = SAM_CSV_CELLS;
    struct sam_csv_row *row = sam_grow(t->row, &t->row_room, t->rows + 1, sizeof *row);
    if (!row)
        return SAM_ENOMEM;
    t->row = row;
    t->row[t->rows++] = (struct sam_csv_row){r->number, (uint32_t)t->cells, r->fault};
    if (r->fault == SAM_CSV_FINE)
        return cells_keep(r);
    t->text_len = r->text_before; /* nobody reads them */
    return 0;
}

/* ---- the file */

/* The sign that the first line which holds anything holds most of, outside quotes. */
static char separator_of(const struct reader *r)
{
    static const char sign[] = {';', ',', '\t'};
    size_t count[sizeof sign] = {0}, best = 0;
    bool quoted = false, any = false;
    for (size_t i = r->at; i < r->n && !(any && (r->bytes[i] == '\n' || r->bytes[i] == '\r')); i++) {
        any |= r->bytes[i] > ' ';
        quoted ^= r->bytes[i] == '"';
        for (size_t s = 0; s < sizeof sign && !quoted; s++)
            count[s] += r->bytes[i] == (uint8_t)sign[s];
    }
    for (size_t s = 1; s < sizeof sign; s++)
        if (count[s] > count[best])
            best = s;
    return sign[best];
}

static int rows_read(struct reader *r)
{
    int err = 0;
    while (!err && r->at < r->n) {
        err = row_read(r);
        r->number++;
        if (!err && r->any)
            err = r->headed ? row_keep(r) : headings_keep(r);
        else
            r->t->text_len = r->text_before;
    }
    if (!err && !r->headed) {
        r->fault = SAM_CSV_EMPTY;
        err = SAM_EPROTO;
    }
    return err;
}

/* What Windows calls ANSI in western Europe. Signs that it does not have become U+FFFD. */
static int from_windows(const uint8_t *bytes, size_t n, uint8_t **out, size_t *out_n)
{
    size_t left = n, room = 3 * n + 1;
    char *in = (char *)(uintptr_t)bytes;
    iconv_t cd = iconv_open("UTF-8", "WINDOWS-1252");
    if (cd == (iconv_t)-1)
        return SAM_EVERSION;
    char *mem = malloc(room), *to = mem;
    while (mem && left && iconv(cd, &in, &left, &to, &room) == (size_t)-1 && errno == EILSEQ) {
        memcpy(to, "\xEF\xBF\xBD", 3); /* three bytes for one: there is room */
        to += 3;
        room -= 3;
        in++;
        left--;
    }
    iconv_close(cd);
    *out = (uint8_t *)mem;
    *out_n = mem ? (size_t)(to - mem) : 0;
    return mem ? 0 : SAM_ENOMEM;
}

static enum sam_csv_fault file_fault(const uint8_t *bytes, size_t n)
{
    if (n > SAM_CSV_BYTES_MAX)
        return SAM_CSV_BYTES;
    if (n >= 2 && ((bytes[0] == 0xFF && bytes[1] == 0xFE) || (bytes[0] == 0xFE && bytes[1] == 0xFF)))
        return SAM_CSV_UTF16;
    return SAM_CSV_FINE;
}

int sam_csv_read(struct sam_csv *t, const uint8_t *bytes, size_t n, enum sam_csv_fault *fault)
{
    struct reader r = {.t = t, .bytes = bytes, .n = n};
    uint8_t *converted = NULL;
    int err = 0;
    memset(t, 0, sizeof *t);
    *fault = file_fault(bytes, n);
    if (*fault)
        return SAM_EPROTO;
    if (n >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        r.at = 3; /* it says that it is UTF-8: what is not is a fault of its row */
    else if (!looks_like_utf8(bytes, n))
        err = from_windows(bytes, n, &converted, &r.n);
    if (converted)
        r.bytes = converted;
    t->separator = separator_of(&r);
    if (!err)
        err = parser_start(&r);
    if (!err) {
        err = rows_read(&r);
        csv_free(&r.parser);
    }
    free(converted);
    *fault = err == SAM_EPROTO ? r.fault : SAM_CSV_FINE;
    return err;
}

int sam_csv_load(const char *path, uint8_t **bytes, size_t *n)
{
    FILE *from = fopen(path, "re");
    *bytes = NULL;
    *n = 0;
    if (!from)
        return SAM_EIO;
    uint8_t *mem = malloc(SAM_CSV_BYTES_MAX + 1);
    size_t got = mem ? fread(mem, 1, SAM_CSV_BYTES_MAX + 1, from) : 0;
    int err = !mem ? SAM_ENOMEM : ferror(from) ? SAM_EIO : got > SAM_CSV_BYTES_MAX ? SAM_ETOOBIG : 0;
    int why = errno;
    fclose(from);
    if (err) {
        free(mem);
        errno = why;
        return err;
    }
    *bytes = mem;
    *n = got;
    return 0;
}

const char *sam_csv_heading(const struct sam_csv *t, unsigned column)
{
    SAM_ASSERT(column < t->columns);
    return t->text + t->cell[column];
}

const char *sam_csv_cell(const struct sam_csv *t, size_t row, int column)
{
    SAM_ASSERT(row < t->rows && t->row[row].fault == SAM_CSV_FINE);
    SAM_ASSERT(column < (int)t->columns);
    return column < 0 ? "" : t->text + t->cell[t->row[row].first + (uint32_t)column];
}
