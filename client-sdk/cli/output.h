/* What goes out: tables for people, one JSON document for programs. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "proto/base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* memory or the end of the program: a command has nothing to save when it is out of memory */
void *cli_out_grow(void *mem, size_t bytes);
char *cli_out_dup(const char *text);

/* ---- a table: columns first, then cells from left to right, row by row. Texts are copied. */

#define TABLE_COLS_MAX 12

enum column {
    COLUMN_TEXT,  /* may be cut to fit the terminal */
    COLUMN_WHOLE, /* an id, a date: cut it would be another one */
    COLUMN_NUMBER /* whole too, and to the right */
};

struct table {
    const char *head[TABLE_COLS_MAX];
    enum column kind[TABLE_COLS_MAX];
    size_t cols, cells, room;
    char **cell;
};
void cli_table_init(struct table *t);
void cli_table_fini(struct table *t);
/* cli_table_column(t, head, kind): ${head} is borrowed. */
void cli_table_column(struct table *t, const char *head, enum column kind);
void cli_table_cell(struct table *t, const char *text);
void cli_table_number(struct table *t, uint64_t number);
/* cli_table_print(t, to, columns): cut the widest columns ("…") until a row fits; 0: as wide as it is. */
void cli_table_print(const struct table *t, FILE *to, size_t columns);
/* cli_out_columns(to): the width of the terminal behind ${to}, or of $COLUMNS; 0: no terminal. */
size_t cli_out_columns(FILE *to);
/* cli_out_safe(to, text): a text from elsewhere without what would steer the terminal. */
void cli_out_safe(FILE *to, const char *text);

/* ---- JSON: proto/base/json.h, with memory or the end of the program */

void cli_json_init(struct sam_json *j);
/* cli_json_whole(j): close what is open; the text is borrowed, once. */
const char *cli_json_whole(struct sam_json *j);

#endif
