#include "client-sdk/src/store.h"

#include "client-sdk/src/host.h"
#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client_sql.h"

#define APPLICATION_ID 0x53414d31 /* "SAM1" */

static const char *const texts[SAM_Q_COUNT] = {
#define SAM_STMT(NAME, text) text,
#include "client-sdk/src/stmt.def"
#undef SAM_STMT
};

/* SQLite calls "malformed" what the disk did not give it, too; of each file it keeps the errno of the last failure. The centre asks likewise
 * (server/store/unread.c): the floor under both, proto/, knows no SQLite. */
static sqlite3_file *file_failed(sqlite3 *db, int which)
{
    sqlite3_file *file = NULL;
    int failure = 0;
    if (sqlite3_file_control(db, "main", which, &file) || !file || !file->pMethods)
        return NULL;
    return file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &failure) || !failure ? NULL : file;
}

/* It keeps it until a read comes to the end of the file. */
static void failure_forget(sqlite3 *db, int which)
{
    sqlite3_file *file = file_failed(db, which);
    sqlite3_int64 end = 0;
    char byte;
    if (file && !file->pMethods->xFileSize(file, &end))
        file->pMethods->xRead(file, &byte, 1, end);
}

static int damaged_or_unread(sqlite3 *db)
{
    bool failed = file_failed(db, SQLITE_FCNTL_FILE_POINTER) || file_failed(db, SQLITE_FCNTL_JOURNAL_POINTER);
    return failed ? SAM_EIO : SAM_ECORRUPT;
}

int sam_store_err(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return 0;
    case SQLITE_NOMEM: return SAM_ENOMEM;
    case SQLITE_FULL: return SAM_EFULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return SAM_EBUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return damaged_or_unread(db);
    case SQLITE_MISMATCH: return SAM_ECORRUPT;
    case SQLITE_CONSTRAINT: return SAM_EEXIST;
    default: return SAM_EIO;
    }
}

static int exec(struct sam_store *st, const char *sql)
{
    return sam_store_err(st->db, sqlite3_exec(st->db, sql, NULL, NULL, NULL));
}

static int pragma_get(struct sam_store *st, const char *sql, int64_t *v)
{
    sqlite3_stmt *q;
    *v = 0;
    int rc = sqlite3_prepare_v2(st->db, sql, -1, &q, NULL);
    if (rc)
        return sam_store_err(st->db, rc);
    rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *v = sqlite3_column_int64(q, 0);
    int err = sam_store_err(st->db, rc);
    sqlite3_finalize(q);
    return err;
}

/* The number that a file name starts with: 1 for 001_device.sql. */
static int64_t file_number(const char *name)
{
    return strtol(name, NULL, 10);
}

static int migrate_one(struct sam_store *st, const struct client_sql_file *f)
{
    char pragma[64];
    int err = exec(st, "BEGIN IMMEDIATE");
    if (!err)
        err = exec(st, f->text);
    snprintf(pragma, sizeof pragma, "PRAGMA user_version = %d", (int)file_number(f->name));
    if (!err)
        err = exec(st, pragma);
    if (!err)
        err = exec(st, "COMMIT");
    if (err)
        sqlite3_exec(st->db, "ROLLBACK", NULL, NULL, NULL);
    return err;
}

static int migrate(struct sam_store *st)
{
    char pragma[64];
    int64_t version, id, newest = 0;
    int err = pragma_get(st, "PRAGMA user_version", &version);
    if (!err)
        err = pragma_get(st, "PRAGMA application_id", &id);
    if (err)
        return err;
    if (version && id != APPLICATION_ID)
        return SAM_ECORRUPT;
    if (!version) {
        snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d", APPLICATION_ID);
        err = exec(st, pragma);
    }
    for (size_t i = 0; !err && i < client_sql_files_count; i++) {
        newest = file_number(client_sql_files[i].name);
        if (newest > version)
            err = migrate_one(st, &client_sql_files[i]);
    }
    return err ? err : version > newest ? SAM_EVERSION : 0;
}

static int prepare(struct sam_store *st)
{
    for (int i = 0; i < SAM_Q_COUNT; i++) {
        int rc = sqlite3_prepare_v3(st->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &st->stmt[i], NULL);
        if (rc)
            return sam_store_err(st->db, rc);
    }
    return 0;
}

int sam_store_open(struct sam_store *st, const char *path)
{
    memset(st, 0, sizeof *st);
    int err = sam_host_file_make(path);
    if (err)
        return err;
    int rc =
        sqlite3_open_v2(path, &st->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, NULL);
    if (rc)
        return sam_store_err(st->db, rc);
    sqlite3_extended_result_codes(st->db, 1);
    sqlite3_db_config(st->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1,
                      NULL); /* no plan depends on what is bound: none is made anew for it */
    sqlite3_db_config(st->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(st->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    /* The checkpoint: after a failed fsync the system may show a log that is not on disk and never will be, and nothing may be
     * written behind it. */
    err = exec(st, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = EXTRA; PRAGMA journal_mode = WAL;"
                   "PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA wal_autocheckpoint = 4000;"
                   "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 33554432");
    if (!err)
        err = migrate(st);
    /* The log that was moved away may come back with a power loss, and would be played over what is newer: a commit of its
     * own makes it another log. */
    if (!err)
        err = exec(st, "UPDATE start SET count = count + 1");
    return err ? err : prepare(st);
}

void sam_store_close(struct sam_store *st)
{
    sam_store_rollback(st);
    for (int i = 0; i < SAM_Q_COUNT; i++)
        sqlite3_finalize(st->stmt[i]);
    sqlite3_close(st->db);
    memset(st, 0, sizeof *st);
}

sqlite3_stmt *sam_store_use(struct sam_store *st, enum sam_stmt q)
{
    sqlite3_reset(st->stmt[q]);
    sqlite3_clear_bindings(st->stmt[q]);
    return st->stmt[q];
}

struct sam_span sam_column_span(sqlite3_stmt *q, int at)
{
    const void *p = sqlite3_column_blob(q, at);
    return (struct sam_span){p, p ? (size_t)sqlite3_column_bytes(q, at) : 0};
}

int sam_store_step(sqlite3_stmt *q)
{
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        return 1;
    int err = sam_store_err(sqlite3_db_handle(q), rc);
    sqlite3_reset(q);
    return err;
}

int sam_store_run(sqlite3_stmt *q)
{
    int rc;
    do
        rc = sam_store_step(q);
    while (rc == 1);
    return rc;
}

int sam_store_one(sqlite3_stmt *q, uint64_t *v)
{
    *v = 0;
    int rc = sam_store_step(q);
    if (rc != 1)
        return rc ? rc : SAM_ENOTFOUND;
    *v = sam_column(q, 0);
    sqlite3_reset(q);
    return 0;
}

/* After a failure, of a mere look too, SQLite may take the open transaction back by itself: what was written then would stand by
 * itself and at once, without what belongs to it. */
static bool gone(const struct sam_store *st)
{
    return st->in_tx && sqlite3_get_autocommit(st->db);
}

int sam_store_begin(struct sam_store *st)
{
    if (st->in_tx)
        return gone(st) ? SAM_EIO : 0;
    if (st->broken)
        return SAM_EIO;
    failure_forget(st->db, SQLITE_FCNTL_FILE_POINTER);
    failure_forget(st->db, SQLITE_FCNTL_JOURNAL_POINTER);
    int err = sam_store_run(sam_store_use(st, SAM_Q_BEGIN));
    st->in_tx = !err;
    st->tx_rows = 0;
    return err;
}

int sam_store_commit(struct sam_store *st)
{
    if (!st->in_tx)
        return 0;
    bool lost = gone(st);
    int err = lost ? SAM_EIO : sam_store_run(sam_store_use(st, SAM_Q_COMMIT));
    if (err) {
        st->broken = err == SAM_EIO && !lost; /* what was lost is known not to be there */
        sam_store_rollback(st);
        return err;
    }
    st->in_tx = false;
    return 0;
}

void sam_store_rollback(struct sam_store *st)
{
    if (!st->in_tx)
        return;
    for (int i = 0; i < SAM_Q_COUNT; i++)
        sqlite3_reset(st->stmt[i]);
    if (!sqlite3_get_autocommit(st->db))
        sam_store_run(sam_store_use(st, SAM_Q_ROLLBACK));
    st->in_tx = false;
}
