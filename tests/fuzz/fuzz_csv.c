/* A spreadsheet as a clinic sends it: proto/base/csv_table, csv_column, and what the imports read out of cells (dates, numbers).
 *
 * Holds: every cell lies inside its bounds and is UTF-8 of one line; rows are numbered upwards; a table that is written anew, every cell in
 * quotes, reads the same; a column that is found has that heading. */
#include "proto/base/csv_table.h"
#include "proto/base/err.h"
#include "proto/base/json.h"
#include "server/admin/args.h"
#include "tests/fuzz/fuzz.h"

#define COLUMN "name|navn|full name|deltaker|dato|date"

static void cell_check(const char *text)
{
    size_t n = strlen(text);
    HOLDS(n <= SAM_CSV_CELL_BYTES_MAX);
    HOLDS(n == 0 || (text[0] != ' ' && text[n - 1] != ' '));
    for (size_t i = 0, len; i < n; i += len) {
        len = sam_utf8_letter(text + i, n - i);
        HOLDS(len > 0 && (uint8_t)text[i] >= 0x20 && text[i] != 0x7f);
    }
}

/* What an import makes of a cell. */
static void cell_read(const char *text)
{
    int32_t day = 0;
    uint64_t number = 0;
    if (args_day(text, strlen(text), &day) == 0)
        HOLDS(strlen(text) == 10 && day >= -25567 && day < 73000);
    if (args_number(text, 1, 100, &number) == 0)
        HOLDS(number >= 1 && number <= 100);
    HOLDS(sam_csv_same(text, text));
    HOLDS(!sam_csv_one_of("", text));
}

static void table_check(const struct sam_csv *t)
{
    uint32_t last = 0;
    HOLDS(t->columns >= 1 && t->columns <= SAM_CSV_COLUMNS_MAX && t->rows <= SAM_CSV_ROWS_MAX);
    for (unsigned c = 0; c < t->columns; c++)
        cell_check(sam_csv_heading(t, c));
    for (size_t r = 0; r < t->rows; r++) {
        HOLDS(t->row[r].number > last);
        last = t->row[r].number;
        for (int c = 0; t->row[r].fault == SAM_CSV_FINE && c < (int)t->columns; c++) {
            cell_check(sam_csv_cell(t, r, c));
            cell_read(sam_csv_cell(t, r, c));
        }
    }
}

static void column_check(const struct sam_csv *t)
{
    int at = sam_csv_column(t, COLUMN);
    unsigned same = 0;
    HOLDS(at < (int)t->columns && at >= SAM_CSV_TWICE);
    if (at < 0)
        return;
    for (unsigned c = 0; c < t->columns; c++)
        same += sam_csv_same(sam_csv_heading(t, c), sam_csv_heading(t, (unsigned)at));
    HOLDS(same == 1);
}

static int cell_write(struct sam_buf *b, const char *text, const char *end)
{
    int err = sam_buf_add(b, "\"", 1);
    for (; !err && *text; text++) {
        err = sam_buf_add(b, text, 1);
        if (!err && *text == '"')
            err = sam_buf_add(b, "\"", 1);
    }
    err = err ? err : sam_buf_add(b, "\"", 1);
    return err ? err : sam_buf_add(b, end, 1);
}

/* All rows without a fault; as UTF-8, which a byte order mark says. */
static int table_write(const struct sam_csv *t, struct sam_buf *b)
{
    const char between[2] = {t->separator, 0};
    int err = sam_buf_add(b, "\xEF\xBB\xBF", 3);
    for (unsigned c = 0; !err && c < t->columns; c++)
        err = cell_write(b, sam_csv_heading(t, c), c + 1 < t->columns ? between : "\n");
    for (size_t r = 0; r < t->rows; r++)
        for (unsigned c = 0; !err && t->row[r].fault == SAM_CSV_FINE && c < t->columns; c++)
            err = cell_write(b, sam_csv_cell(t, r, (int)c), c + 1 < t->columns ? between : "\n");
    return err;
}

static bool row_empty(const struct sam_csv *t, size_t row)
{
    for (unsigned c = 0; c < t->columns; c++)
        if (*sam_csv_cell(t, row, (int)c))
            return false;
    return true;
}

static void same_again(const struct sam_csv *t)
{
    static struct sam_buf b;
    struct sam_csv again;
    enum sam_csv_fault fault;
    size_t next = 0;
    if (!b.max)
        sam_buf_init(&b, SAM_CSV_BYTES_MAX);
    sam_buf_clear(&b);
    HOLDS(table_write(t, &b) == 0);
    struct sam_span all = sam_buf_peek(&b);
    HOLDS(sam_csv_read(&again, all.ptr, all.len, &fault) == 0 && fault == SAM_CSV_FINE);
    HOLDS(again.columns == t->columns);
    HOLDS(again.separator == t->separator || t->columns == 1);
    for (unsigned c = 0; c < t->columns; c++)
        HOLDS(strcmp(sam_csv_heading(t, c), sam_csv_heading(&again, c)) == 0);
    for (size_t r = 0; r < t->rows; r++) {
        if (t->row[r].fault)
            continue;
        HOLDS(!row_empty(t, r) && next < again.rows && again.row[next].fault == SAM_CSV_FINE);
        for (int c = 0; c < (int)t->columns; c++)
            HOLDS(strcmp(sam_csv_cell(t, r, c), sam_csv_cell(&again, next, c)) == 0);
        next++;
    }
    HOLDS(next == again.rows);
    sam_csv_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_csv t;
    enum sam_csv_fault fault;
    int err = sam_csv_read(&t, data, size, &fault);
    HOLDS(err == 0 || err == SAM_EPROTO);
    HOLDS((err == SAM_EPROTO) == (fault != SAM_CSV_FINE));
    if (!err) {
        table_check(&t);
        column_check(&t);
        same_again(&t);
    }
    sam_csv_fini(&t);
    return 0;
}
