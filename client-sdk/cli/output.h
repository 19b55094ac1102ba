/* What goes out: tables for people, one JSON document for programs. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* memory or the end of the program: a command has nothing to save when it is out of memory */
void *out_grow(void *mem, size_t bytes);
char *out_dup(const char *text);

/* ---- a table: columns first, then cells from left to right, row by row. Texts are copied. */

#define TABLE_COLS_MAX 12

struct table {
    const char *head[TABLE_COLS_MAX];
    bool right[TABLE_COLS_MAX];
    size_t cols, cells, room;
    char **cell;
};
void table_init(struct table *t);
void table_fini(struct table *t);
/* table_column(t, head, right): ${head} is borrowed; numbers stand to the right. */
void table_column(struct table *t, const char *head, bool right);
void table_cell(struct table *t, const char *text);
void table_number(struct table *t, uint64_t number);
/* table_print(t, to, columns): cut the widest columns ("…") until a row fits; 0: as wide as it is. */
void table_print(const struct table *t, FILE *to, size_t columns);
/* out_columns(to): the width of the terminal behind ${to}, or of $COLUMNS; 0: no terminal. */
size_t out_columns(FILE *to);
/* out_safe(to, text): a text from elsewhere without what would steer the terminal. */
void out_safe(FILE *to, const char *text);

/* ---- JSON, kept in memory until it is whole. Wrong UTF-8 becomes U+FFFD, ids are texts since they pass 2^53. */

#define JSON_DEPTH_MAX 8

struct json {
    char *mem;
    size_t len, room;
    char closing[JSON_DEPTH_MAX]; /* what ends each open object or list */
    size_t depth;
    bool comma; /* the next value stands behind another one */
};
void json_init(struct json *j);
void json_fini(struct json *j);
/* Key NULL: inside a list. */
void json_object(struct json *j, const char *key);
void json_list(struct json *j, const char *key);
void json_end(struct json *j);
void json_text(struct json *j, const char *key, const char *text);
void json_id(struct json *j, const char *key, uint64_t id);
void json_int(struct json *j, const char *key, int64_t v);
void json_bool(struct json *j, const char *key, bool v);
void json_null(struct json *j, const char *key);
/* json_int_or_null(j, key, v): a negative ${v} means "not set". */
void json_int_or_null(struct json *j, const char *key, int64_t v);
/* json_whole(j): close what is open; the text is borrowed. */
const char *json_whole(struct json *j);

#endif
