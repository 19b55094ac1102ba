/* What goes out: tables for people, one JSON document for programs. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

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

/* ---- JSON, kept in memory until it is whole. Wrong UTF-8 becomes U+FFFD, ids are texts since they pass 2^53. */

#define JSON_DEPTH_MAX 8

struct json {
    char *mem;
    size_t len, room;
    char closing[JSON_DEPTH_MAX]; /* what ends each open object or list */
    size_t depth;
    bool comma; /* the next value stands behind another one */
};
void cli_json_init(struct json *j);
void cli_json_fini(struct json *j);
/* Key NULL: inside a list. */
void cli_json_object(struct json *j, const char *key);
void cli_json_list(struct json *j, const char *key);
void cli_json_end(struct json *j);
void cli_json_text(struct json *j, const char *key, const char *text);
void cli_json_id(struct json *j, const char *key, uint64_t id);
void cli_json_int(struct json *j, const char *key, int64_t v);
void cli_json_bool(struct json *j, const char *key, bool v);
void cli_json_null(struct json *j, const char *key);
/* cli_json_id_or_null(j, key, id): 0 means "none". */
void cli_json_id_or_null(struct json *j, const char *key, uint64_t id);
/* cli_json_int_or_null(j, key, v): a negative ${v} means "not set". */
void cli_json_int_or_null(struct json *j, const char *key, int64_t v);
/* cli_json_whole(j): close what is open; the text is borrowed. */
const char *cli_json_whole(struct json *j);

#endif
