/* A spreadsheet saved as CSV, read into a table: the same for the centre and for the tablet's command line.
 *
 *   file      a row of headings, then rows; cells parted by ; , or tab (the one that the headings hold most of); cells may stand in
 *             double quotes and hold line ends there, which are read as spaces. UTF-8 with or without byte order mark, else Windows-1252.
 *             Where broken bytes are fewer than letters that only UTF-8 has, it is UTF-8 and those rows are refused
 *   numbers   a row's number is the one that a spreadsheet shows beside it: headings usually 1, empty rows count
 *   faults    what cannot be read is never guessed: the row keeps its number and a fault instead of cells
 *   bounds    SAM_CSV_* of limits.h; a file beyond them is refused as a whole */
#ifndef SAM_BASE_CSV_TABLE_H
#define SAM_BASE_CSV_TABLE_H

#include "proto/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAM_CSV_BYTES_MAX (8u * 1024u * 1024u) /* one file: all of it is held in memory */
#define SAM_CSV_ROWS_MAX 100000u               /* a clinic's marks of ten years */
#define SAM_CSV_COLUMNS_MAX 64u
#define SAM_CSV_CELL_BYTES_MAX 1024u
#define SAM_CSV_ROW_BYTES_MAX (SAM_CSV_COLUMNS_MAX * SAM_CSV_CELL_BYTES_MAX)

/* In the order of SAM_TEXT_SET_CSV, which says them in words. */
enum sam_csv_fault {
    SAM_CSV_FINE = 0,
    /* of the file */
    SAM_CSV_BYTES,
    SAM_CSV_ROWS,
    SAM_CSV_COLUMNS,
    SAM_CSV_EMPTY,
    SAM_CSV_UTF16,
    SAM_CSV_HEADINGS,
    /* of a row */
    SAM_CSV_QUOTES,
    SAM_CSV_CELLS,
    SAM_CSV_LONG,
    SAM_CSV_SIGNS,
    SAM_CSV_LETTERS
};

struct sam_csv_row {
    uint32_t number; /* as a spreadsheet shows it */
    uint32_t first;  /* its first cell; without a meaning where there is a fault */
    enum sam_csv_fault fault;
};

struct sam_csv {
    unsigned columns;
    size_t rows; /* without the headings and without rows that are empty */
    struct sam_csv_row *row;
    char separator;
    uint32_t *cell; /* places in text; the headings come first */
    char *text;
    size_t cells, text_len, row_room, cell_room, text_room;
};

/**
 * sam_csv_read(t, bytes, n, fault):
 * Take a file apart. ${fault}: why it is refused, else SAM_CSV_FINE; faults of rows stand in the rows.
 *   owns    ${t} is freed with sam_csv_fini, also after a failure
 *   errors  SAM_EPROTO with a fault; SAM_ENOMEM; SAM_EVERSION this system cannot convert Windows-1252
 */
int sam_csv_read(struct sam_csv *t, const uint8_t *bytes, size_t n, enum sam_csv_fault *fault);
void sam_csv_fini(struct sam_csv *t);
/* sam_csv_load(path, bytes, n): a file's bytes, freed with free. SAM_EIO with errno; SAM_ETOOBIG more than SAM_CSV_BYTES_MAX. */
int sam_csv_load(const char *path, uint8_t **bytes, size_t *n);

/* sam_csv_heading(t, column), sam_csv_cell(t, row, column): UTF-8 without spaces around it; "" for no column (negative). The row
 * has no fault. */
const char *sam_csv_heading(const struct sam_csv *t, unsigned column);
const char *sam_csv_cell(const struct sam_csv *t, size_t row, int column);

/* ---- columns and words (csv_column.c) */

#define SAM_CSV_NONE (-1)  /* no column has that heading */
#define SAM_CSV_TWICE (-2) /* more than one has it */
/* sam_csv_column(t, names): the column whose heading is one of ${names} ("name|navn|…"); case and what is no letter do not matter. */
int sam_csv_column(const struct sam_csv *t, const char *names);
/* sam_csv_fold(text, out, size), sam_csv_same(a, b): names and words as fold.h compares them. */
void sam_csv_fold(const char *text, char *out, size_t size);
bool sam_csv_same(const char *a, const char *b);
/* sam_csv_one_of(text, words): is it one of "yes|ja|…", letters of either case? */
bool sam_csv_one_of(const char *text, const char *words);

#endif
