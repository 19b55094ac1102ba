/* Inside the store floor: the handle and how its statements are run. */
#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include "server/store/store.h"

#include <sqlite3.h>

enum store_stmt {
#define SAM_STMT(name, sql) STMT_##name,
#include "server/store/stmt.def"
#undef SAM_STMT
    STMT_COUNT
};

/* Statements of each typed table, made from the field table. */
enum store_entity_stmt {
    ENTITY_GET,
    ENTITY_ADD,
    ENTITY_SET,
    ENTITY_EACH,
    ENTITY_FEED,      /* of tables that stand in one scope at a time */
    ENTITY_HUNG,      /* with scope SESSION or PERSON: the next row that hangs on a session or a person */
    ENTITY_HUNG_HERE, /* with scope SESSION: those that stand in the scope … */
    ENTITY_HUNG_OUT,  /* … leave it */
    ENTITY_OF_PERSON, /* of those that linked people share: the person's */
    ENTITY_STMT_COUNT
};

struct store {
    sqlite3 *db;
    bool writer;
    uint64_t csn; /* writer: last given */
    bool in_tx; /* writer: a transaction was begun and not ended; SQLite may have taken it back meanwhile: store_gone */
    int failed; /* see store_failed */
    bool (*late)(void *ctx); /* see store_patience */
    void *late_ctx;
    sqlite3_stmt *stmt[STMT_COUNT]; /* NULL: nobody asked for it yet, as in entity */
    sqlite3_stmt *entity[SAM_ENTITY_TAG_MAX + 1][ENTITY_STMT_COUNT];
    int unprepared; /* why the last one that could not be prepared could not */
    char path[1024];
};

/* store_err(st, rc): SQLite's code as ours, logged with its message. SAM_EREAD: a read failed; never SAM_ENOTFOUND, which says that there is no such thing. */
int store_err(struct store *st, int rc);
/* store_gone(st): why the open transaction is no more: after a failure, of a mere look too, SQLite may take it back by itself. What was
 * written then would stand by itself and at once, so nothing is. 0: it is there, or none was begun. */
int store_gone(const struct store *st);
/* store_fail(st, rc): keep a negative ${rc} for store_failed. */
void store_fail(struct store *st, int rc);
/* store_q(st, name): the statement, reset and ready for binding; prepared when it is first asked for. NULL where that failed: SQLite binds
 * nothing to it, and store_run and store_step say why. */
sqlite3_stmt *store_q(struct store *st, enum store_stmt name);
/* store_entity_q(st, entity, name): the same of a typed table. */
sqlite3_stmt *store_entity_q(struct store *st, uint8_t entity, enum store_entity_stmt name);
/* store_prepare(st, sql, out): a statement that is kept; ${sql} NULL: there is no memory for it. */
int store_prepare(struct store *st, const char *sql, sqlite3_stmt **out);
/* store_run(st, q): step a statement that gives no rows, and reset it. */
int store_run(struct store *st, sqlite3_stmt *q);
/* store_step(st, q): 1 a row, 0 no more (then reset), negative an error (reset too). */
int store_step(struct store *st, sqlite3_stmt *q);
/* store_case_column(q, out): a case from the first 15 columns. */
void store_case_column(sqlite3_stmt *q, struct store_case *out);
/* store_rows(st, q, row, ctx): ${row} for each of its rows, until one gives non-zero, which is returned; the statement is reset. */
int store_rows(struct store *st, sqlite3_stmt *q, int (*row)(void *ctx, sqlite3_stmt *q), void *ctx);
/* store_numbers(st, q, a, b, c): up to three numbers of one row, where they are wanted; the statement is reset. SAM_ENOTFOUND: 0s. */
int store_numbers(struct store *st, sqlite3_stmt *q, uint64_t *a, uint64_t *b, uint64_t *c);
void store_entities_close(struct store *st);
/* store_entities_reset(st): let go of borrowed rows, so that no read keeps a snapshot. */
void store_entities_reset(struct store *st);
/* store_hung_from(def): the first key part that tells rows apart which hang on one session or person. */
static inline unsigned store_hung_from(const struct sam_entity_def *def)
{
    return sam_entity_hangs(def) != 0 || def->key_count == 1 ? 0 : 1;
}
/* store_person_sql(s, def): ENTITY_OF_PERSON. */
void store_person_sql(sqlite3_str *s, const struct sam_entity_def *def);
/* store_row_columns(q, def, out): one row of ${def}'s table from columns 0 …; text is borrowed from q. */
void store_row_columns(sqlite3_stmt *q, const struct sam_entity_def *def, struct store_row *out);

static inline void bind_u64(sqlite3_stmt *q, int i, uint64_t v)
{
    sqlite3_bind_int64(q, i, (sqlite3_int64)v);
}
static inline uint64_t col_u64(sqlite3_stmt *q, int i)
{
    return (uint64_t)sqlite3_column_int64(q, i);
}
static inline bool col_said(sqlite3_stmt *q, int i)
{
    return sqlite3_column_type(q, i) != SQLITE_NULL;
}
/* Borrowed until the next row; NULL where nothing is said. */
static inline const char *col_str(sqlite3_stmt *q, int i)
{
    return (const char *)sqlite3_column_text(q, i);
}
/* An entity and its key, in five places from ${from}. */
static inline void bind_key(sqlite3_stmt *q, int from, const struct sam_key *key)
{
    bind_u64(q, from, key->entity);
    for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
        bind_u64(q, from + 1 + i, key->part[i]);
}
static inline void bind_blob(sqlite3_stmt *q, int i, const void *p, size_t n)
{
    sqlite3_bind_blob(q, i, n ? p : "", (int)n, SQLITE_STATIC);
}
static inline void bind_text(sqlite3_stmt *q, int i, const char *s)
{
    sqlite3_bind_text(q, i, s, -1, SQLITE_STATIC);
}
/* Copies a blob column of exactly ${n} bytes; false if it has another length. */
bool col_bytes(sqlite3_stmt *q, int i, void *to, size_t n);
void col_text(sqlite3_stmt *q, int i, char *to, size_t size);

#endif
