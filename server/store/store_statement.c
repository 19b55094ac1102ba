/* How the store's statements are prepared and run, and what SQLite says of it as ours. */
#include "server/store/store_int.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/store/unread.h"

#include <string.h>

static const char *const stmt_sql[STMT_COUNT] = {
#define SAM_STMT(name, sql) sql,
#include "server/store/stmt.def"
#undef SAM_STMT
};

int store_err(struct store *st, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
        return 0;
    sam_log(SAM_LOG_ERROR, "store", "code=%d msg=\"%s\"", rc, st->db ? sqlite3_errmsg(st->db) : "");
    if (st->db && unread_rc(st->db, rc))
        return SAM_EREAD;
    switch (rc & 0xff) {
    case SQLITE_NOMEM: return SAM_ENOMEM;
    case SQLITE_FULL: return SAM_EFULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return SAM_EBUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return SAM_ECORRUPT;
    case SQLITE_CONSTRAINT: return SAM_EEXIST;
    case SQLITE_TOOBIG: return SAM_ETOOBIG;
    case SQLITE_INTERRUPT: return SAM_ETIMEOUT;
    default: return SAM_EIO;
    }
}

int store_prepare(struct store *st, const char *sql, sqlite3_stmt **out)
{
    int err =
        sql ? store_err(st, sqlite3_prepare_v3(st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL)) : SAM_ENOMEM;
    if (err)
        st->unprepared = err;
    return err;
}

/* To prepare them all takes longer than the rest of opening a store, and each connection needs a few of them. */
sqlite3_stmt *store_q(struct store *st, enum store_stmt name)
{
    sqlite3_stmt **q = &st->stmt[name];
    if (!*q)
        store_prepare(st, stmt_sql[name], q);
    sqlite3_reset(*q);
    return *q;
}

int store_gone(const struct store *st)
{
    if (!st->in_tx || !sqlite3_get_autocommit(st->db))
        return 0;
    return st->failed ? st->failed : SAM_EIO;
}

int store_run(struct store *st, sqlite3_stmt *q)
{
    int gone = store_gone(st);
    if (!q || gone)
        return q ? gone : st->unprepared;
    int rc = sqlite3_step(q);
    int err = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : store_err(st, rc);
    sqlite3_reset(q);
    return err;
}

int store_rows(struct store *st, sqlite3_stmt *q, int (*row)(void *ctx, sqlite3_stmt *q), void *ctx)
{
    int rc = 0, stop = 0;
    while (!stop && (rc = store_step(st, q)) == 1)
        stop = row(ctx, q);
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_numbers(struct store *st, sqlite3_stmt *q, uint64_t *a, uint64_t *b, uint64_t *c)
{
    uint64_t *out[] = {a, b, c};
    int rc = store_step(st, q);
    for (int i = 0; i < 3; i++)
        if (out[i])
            *out[i] = rc == 1 ? col_u64(q, i) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_step(struct store *st, sqlite3_stmt *q)
{
    int gone = store_gone(st);
    if (!q || gone)
        return q ? gone : st->unprepared;
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        return 1;
    int err = rc == SQLITE_DONE ? 0 : store_err(st, rc);
    sqlite3_reset(q);
    return err;
}

bool col_bytes(sqlite3_stmt *q, int i, void *to, size_t n)
{
    const void *p = sqlite3_column_blob(q, i);
    if (!p || (size_t)sqlite3_column_bytes(q, i) != n)
        return false;
    memcpy(to, p, n);
    return true;
}

void col_text(sqlite3_stmt *q, int i, char *to, size_t size)
{
    const char *p = (const char *)sqlite3_column_text(q, i);
    size_t n = p ? strnlen(p, size - 1) : 0;
    if (n)
        memcpy(to, p, n);
    to[n] = 0;
}

/* Where a number is given and no error can be: the first one is kept for store_failed. */
void store_fail(struct store *st, int rc)
{
    if (rc < 0 && !st->failed)
        st->failed = rc;
}
