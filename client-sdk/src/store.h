/* The SQLite file: opening, migrations, transactions, prepared statements. Which statement means what is in stmt.def.
 *
 * Invariants
 *  1. One process has the file open (locking_mode EXCLUSIVE before the first access), so there is no shared memory file.
 *  2. When sam_store_commit has returned 0 the transaction is on disk: WAL made under EXTRA, then synchronous=FULL. */
#ifndef SAM_CLIENT_STORE_H
#define SAM_CLIENT_STORE_H

#include "proto/base/buf.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum sam_stmt {
#define SAM_STMT(NAME, text) SAM_Q_##NAME,
#include "client-sdk/src/stmt.def"
#undef SAM_STMT
    SAM_Q_COUNT
};

struct sam_store {
    sqlite3 *db;
    sqlite3_stmt *stmt[SAM_Q_COUNT];
    bool in_tx;
    bool broken;      /* a sync failed: what is on disk is unknown until the store is opened again */
    unsigned tx_rows; /* written in the open transaction; the host commits when they are many */
};

/**
 * sam_store_open(st, path), sam_store_close(st):
 * Open or make the file, bring it to this version's schema, prepare all statements.
 *   owns    ${st} is the caller's memory; close copes with half-opened and zeroed ones, and rolls back what is open
 *   errors  SAM_EBUSY open elsewhere; SAM_EVERSION made by a newer version; SAM_ECORRUPT; SAM_EIO; SAM_EFULL; SAM_ENOMEM
 */
int sam_store_open(struct sam_store *st, const char *path);
void sam_store_close(struct sam_store *st);

/* sam_store_begin(st): start a transaction unless one is open. sam_store_commit(st): end it, if one is open. */
int sam_store_begin(struct sam_store *st);
int sam_store_commit(struct sam_store *st);
void sam_store_rollback(struct sam_store *st);

/* sam_store_use(st, q): the statement, reset and without values. Numbers are bound with sam_bind. */
sqlite3_stmt *sam_store_use(struct sam_store *st, enum sam_stmt q);
static inline void sam_bind(sqlite3_stmt *q, int at, uint64_t v)
{
    sqlite3_bind_int64(q, at, (int64_t)v);
}
static inline uint64_t sam_column(sqlite3_stmt *q, int at)
{
    return (uint64_t)sqlite3_column_int64(q, at);
}
struct sam_span sam_column_span(sqlite3_stmt *q, int at);
/* sam_store_step(q): 1 a row, 0 the end (the statement is reset), or an error (reset too). sam_store_run: step to the end. */
int sam_store_step(sqlite3_stmt *q);
int sam_store_run(sqlite3_stmt *q);
/* sam_store_one(q, v): first column of the only row. SAM_ENOTFOUND if there is none. */
int sam_store_one(sqlite3_stmt *q, uint64_t *v);
/* sam_store_err(db, rc): what a call on ${db} just gave, as one of ours. SAM_ECORRUPT: read, and damaged; SAM_EIO where a read failed. */
int sam_store_err(sqlite3 *db, int rc);

#endif
