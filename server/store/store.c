#include "server/store/store_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/store/unread.h"
#include "store_sql.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EPOCHS_MAX = 100000 }; /* starts of a centre that are followed back */
enum { PATIENCE_MS = 5000, LOG_PAGE_BYTES = 4096 + 24 };

const char *store_errmsg(const struct store *st)
{
    return sqlite3_errmsg(st->db);
}
const char *store_path(const struct store *st)
{
    return st->path;
}

/* ---- opening */

static int exec(struct store *st, const char *sql)
{
    return store_err(st, sqlite3_exec(st->db, sql, NULL, NULL, NULL));
}

static int pragma_is(struct store *st, const char *sql, const char *want)
{
    sqlite3_stmt *q = NULL;
    int err = store_err(st, sqlite3_prepare_v2(st->db, sql, -1, &q, NULL));
    int rc = err ? 0 : sqlite3_step(q);
    if (!err && rc == SQLITE_ROW) {
        const char *got = (const char *)sqlite3_column_text(q, 0);
        err = got && !strcmp(got, want) ? 0 : SAM_EIO;
    } else if (!err) {
        err = rc == SQLITE_DONE ? SAM_EIO : store_err(st, rc);
    }
    sqlite3_finalize(q);
    return err;
}

static int configure(struct store *st)
{
    /* a plan never depends on what is bound: else SQLite prepares statements anew at every run, wherever a partial index could serve */
    sqlite3_db_config(st->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
    sqlite3_db_config(st->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (st->writer) /* what its statements need while they run: a batch has no use for malloc then */
        sqlite3_db_config(st->db, SQLITE_DBCONFIG_LOOKASIDE, NULL, 1200, 512);
    sqlite3_db_config(st->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(st->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(st->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_limit(st->db, SQLITE_LIMIT_LENGTH, 4 << 20);
    sqlite3_limit(st->db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_busy_timeout(st->db, PATIENCE_MS);
    int err =
        exec(st, "PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY;");
    if (err)
        return err;
    if (!st->writer)
        return exec(st, "PRAGMA query_only=ON; PRAGMA cache_size=-8192;");
    /* The directory sync of EXTRA is needed while the log is made; FULL is what an ack needs afterwards. */
    err = exec(st, "PRAGMA synchronous=EXTRA;");
    if (!err)
        err = pragma_is(st, "PRAGMA journal_mode=WAL", "wal");
    /* After a failed fsync the system may show a log that is not on disk and never will be: nothing may be written behind it. */
    if (!err)
        err = exec(st, "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
                       "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-65536;");
    return err ? err : pragma_is(st, "PRAGMA synchronous", "2");
}

static int schema_version(struct store *st, int *version)
{
    sqlite3_stmt *q = NULL;
    int err = store_err(st, sqlite3_prepare_v2(st->db, "PRAGMA user_version", -1, &q, NULL));
    int rc = err ? 0 : sqlite3_step(q);
    *version = rc == SQLITE_ROW ? sqlite3_column_int(q, 0) : 0;
    if (!err)
        err = store_err(st, rc); /* a version that could not be read is none */
    sqlite3_finalize(q);
    return err;
}

/* Each SQL file starts with its number; user_version is that of the last one applied. */
static int migrate(struct store *st)
{
    int version, newest = 0;
    int err = schema_version(st, &version);
    for (size_t i = 0; !err && i < store_sql_files_count; i++) {
        int number = (int)strtol(store_sql_files[i].name, NULL, 10);
        newest = number;
        if (number <= version)
            continue;
        if (!st->writer)
            return SAM_EVERSION;
        char bump[64];
        sqlite3_snprintf(sizeof bump, bump, "PRAGMA user_version=%d; COMMIT;", number);
        err = exec(st, "BEGIN IMMEDIATE;");
        if (!err)
            err = exec(st, store_sql_files[i].text);
        if (!err)
            err = exec(st, bump);
    }
    return err ? err : version > newest ? SAM_EVERSION : 0;
}

/* Without these a transaction could not be ended when memory is short. */
static int prepare(struct store *st)
{
    static const enum store_stmt needed[] = {STMT_BEGIN, STMT_BEGIN_READ, STMT_COMMIT, STMT_ROLLBACK};
    int err = 0;
    for (size_t i = 0; !err && i < sizeof needed / sizeof *needed; i++)
        err = store_q(st, needed[i]) ? 0 : st->unprepared;
    return err;
}

static int csn_load(struct store *st, uint64_t *csn)
{
    sqlite3_stmt *q = store_q(st, STMT_CSN_LAST);
    int rc = store_step(st, q);
    *csn = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

/* Nobody asks SQLite how much memory it has; to count it takes a lock at each malloc. Where SQLite runs already it stays as it is. */
static void library_configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int open_as(struct store **out, const char *path, bool writer, bool create)
{
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    *out = NULL;
    pthread_once(&configured, library_configure);
    struct store *st = calloc(1, sizeof *st);
    if (!st)
        return SAM_ENOMEM;
    st->writer = writer;
    size_t n = strnlen(path, sizeof st->path - 1);
    memcpy(st->path, path, n);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (create ? SQLITE_OPEN_CREATE : 0);
    int err = store_err(st, sqlite3_open_v2(path, &st->db, flags, NULL));
    if (err && access(path, F_OK) && errno == ENOENT)
        err = SAM_ENOTFOUND;
    if (!err)
        err = configure(st);
    /* After a failed fsync the system may show a log that is not on disk and never will be, and nothing may be written behind
     * it: what it holds is written anew, into the file. */
    if (!err && writer)
        err = store_checkpoint(st, true);
    if (!err)
        err = migrate(st);
    if (!err)
        err = prepare(st);
    if (!err)
        err = csn_load(st, &st->csn);
    if (err)
        store_close(st);
    else
        *out = st;
    return err;
}

int store_open(struct store **out, const char *path, bool create)
{
    return open_as(out, path, true, create);
}
int store_reader_open(struct store **out, const char *path)
{
    return open_as(out, path, false, false);
}

void store_close(struct store *st)
{
    if (!st)
        return;
    for (int i = 0; i < STMT_COUNT; i++)
        sqlite3_finalize(st->stmt[i]);
    store_entities_close(st);
    sqlite3_close(st->db);
    free(st);
}

/* ---- transactions */

int store_begin(struct store *st)
{
    SAM_ASSERT(st->writer);
    unread_forget(st->db);
    int err = store_run(st, store_q(st, STMT_BEGIN));
    st->in_tx = !err;
    return err;
}

static void borrowed_reset(struct store *st)
{
    store_entities_reset(st);
    sqlite3_reset(st->stmt[STMT_PUSH_AT_CSN]);
    sqlite3_reset(st->stmt[STMT_PUSH_AT_SEQ]);
    sqlite3_reset(st->stmt[STMT_PUSH_NEXT]);
    sqlite3_reset(st->stmt[STMT_AUDIT_LAST]);
    sqlite3_reset(st->stmt[STMT_AUDIT_NEXT]);
    sqlite3_reset(st->stmt[STMT_ACCESS_NEXT]);
}

int store_commit(struct store *st)
{
    SAM_ASSERT(st->writer);
    borrowed_reset(st);
    int err = store_run(st, store_q(st, STMT_COMMIT));
    if (err == SAM_EREAD)
        err = SAM_EIO; /* in the middle of writing: what is on disk is not known either */
    if (err)
        store_rollback(st);
    st->in_tx = false;
    return err;
}

void store_rollback(struct store *st)
{
    borrowed_reset(st);
    st->in_tx = false;
    if (!sqlite3_get_autocommit(st->db))
        store_run(st, store_q(st, STMT_ROLLBACK));
    st->failed = 0;
    store_fail(st, csn_load(st, &st->csn));
}

int store_snapshot_begin(struct store *st)
{
    unread_forget(st->db);
    return store_run(st, store_q(st, STMT_BEGIN_READ));
}

/* A statement that somebody left in the middle would keep the reader at its moment for ever. */
static void left_reset(struct store *st)
{
    for (int i = 0; i < STMT_COUNT; i++) {
        if (!sqlite3_stmt_busy(st->stmt[i]))
            continue;
        sam_log(SAM_LOG_WARN, "statement_left", "no=%d", i);
        sqlite3_reset(st->stmt[i]);
    }
}

void store_snapshot_end(struct store *st)
{
    borrowed_reset(st);
    left_reset(st);
    if (!sqlite3_get_autocommit(st->db))
        store_run(st, store_q(st, STMT_COMMIT));
}

int store_checkpoint(struct store *st, bool truncate)
{
    SAM_ASSERT(st->writer);
    int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    int rc = sqlite3_wal_checkpoint_v2(st->db, NULL, mode, NULL, NULL);
    return rc == SQLITE_BUSY ? SAM_EBUSY : store_err(st, rc);
}

static uint64_t log_file_bytes(const struct store *st)
{
    char path[sizeof st->path + 8];
    struct stat s;
    snprintf(path, sizeof path, "%s-wal", st->path);
    return stat(path, &s) ? 0 : (uint64_t)s.st_size;
}

/* A reader of our own is done within its patience; one that is not may stay for hours, and no push is to wait for it. */
int store_checkpoint_some(struct store *st, uint64_t cut_bytes, struct store_log *log)
{
    SAM_ASSERT(st->writer);
    int pages = 0, moved = 0;
    int rc = sqlite3_wal_checkpoint_v2(st->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    *log = (struct store_log){0};
    if (rc == SQLITE_OK && pages > 0) {
        log->bytes = (uint64_t)pages * LOG_PAGE_BYTES;
        log->held = (uint64_t)(pages - moved) * LOG_PAGE_BYTES;
    }
    if (rc == SQLITE_OK && log->held == 0 && log_file_bytes(st) > cut_bytes) {
        sqlite3_busy_timeout(st->db, 0);
        rc = sqlite3_wal_checkpoint_v2(st->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
        sqlite3_busy_timeout(st->db, PATIENCE_MS);
    }
    return rc == SQLITE_BUSY ? 0 : store_err(st, rc);
}

/* ---- numbers */

int store_failed(struct store *st)
{
    int err = st->failed;
    st->failed = 0;
    return err;
}

uint64_t store_csn(struct store *st)
{
    if (st->writer)
        return st->csn;
    uint64_t csn;
    store_fail(st, csn_load(st, &csn));
    return csn;
}

uint64_t store_csn_take(struct store *st, uint64_t n)
{
    SAM_ASSERT(st->writer);
    uint64_t first = st->csn + 1;
    st->csn += n;
    return first;
}

int store_epoch_last(struct store *st, struct store_epoch *out)
{
    sqlite3_stmt *q = store_q(st, STMT_EPOCH_LAST);
    int rc = store_step(st, q);
    *out = rc == 1 ? (struct store_epoch){col_u64(q, 0), col_u64(q, 1)} : (struct store_epoch){0, 0};
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

static int epoch_insert(struct store *st, uint64_t id, uint64_t first_csn, uint64_t parent, uint64_t limit, bool lost)
{
    sqlite3_stmt *q = store_q(st, STMT_EPOCH_ADD);
    bind_u64(q, 1, id);
    bind_u64(q, 2, first_csn);
    if (lost)
        bind_u64(q, 3, limit);
    else
        sqlite3_bind_null(q, 3);
    bind_u64(q, 4, lost ? store_csn(st) : 0);
    bind_u64(q, 5, parent);
    return store_run(st, q);
}

int store_epoch_add(struct store *st, uint64_t id, uint64_t first_csn, uint64_t parent)
{
    return epoch_insert(st, id, first_csn, parent, 0, false);
}
int store_epoch_lost(struct store *st, uint64_t id, uint64_t first_csn, uint64_t parent, uint64_t limit)
{
    return epoch_insert(st, id, first_csn, parent, limit, true);
}

/* The epoch in whose time ${csn} was given, going back from epoch ${id}: one that began behind it went on from its parent. */
static uint64_t epoch_of(struct store *st, uint64_t id, uint64_t csn, uint64_t as_of)
{
    uint64_t parent = id;
    for (unsigned i = 0; parent && i < EPOCHS_MAX; i++) {
        sqlite3_stmt *q = store_q(st, STMT_EPOCH_GET);
        id = parent;
        bind_u64(q, 1, id);
        bind_u64(q, 2, as_of);
        int rc = store_step(st, q);
        store_fail(st, rc);
        bool behind = rc == 1 && col_u64(q, 0) > csn;
        parent = behind ? col_u64(q, 1) : 0;
        sqlite3_reset(q);
    }
    return id;
}

bool store_epoch_shared(struct store *st, uint64_t id, uint64_t other, uint64_t csn, uint64_t as_of)
{
    return id == other || epoch_of(st, id, csn, as_of) == epoch_of(st, other, csn, as_of);
}

uint64_t store_epoch_limit(struct store *st, uint64_t id, uint64_t as_of)
{
    sqlite3_stmt *q = store_q(st, STMT_EPOCH_LIMIT);
    bind_u64(q, 1, id);
    bind_u64(q, 2, as_of);
    int rc = store_step(st, q);
    int64_t limit = rc == 1 ? sqlite3_column_int64(q, 0) : 0;
    store_fail(st, rc);
    sqlite3_reset(q);
    return limit < 0 ? store_csn(st) : (uint64_t)limit;
}

int store_epoch_at(struct store *st, uint64_t csn, uint64_t *id)
{
    sqlite3_stmt *q = store_q(st, STMT_EPOCH_AT);
    bind_u64(q, 1, csn);
    int rc = store_step(st, q);
    *id = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int64_t store_meta_num(struct store *st, const char *name, int64_t other)
{
    sqlite3_stmt *q = store_q(st, STMT_META_GET);
    bind_text(q, 1, name);
    int rc = store_step(st, q);
    int64_t v = rc == 1 ? sqlite3_column_int64(q, 0) : other;
    store_fail(st, rc);
    sqlite3_reset(q);
    return v;
}

int store_meta_num_set(struct store *st, const char *name, int64_t value)
{
    sqlite3_stmt *q = store_q(st, STMT_META_SET);
    bind_text(q, 1, name);
    sqlite3_bind_int64(q, 2, value);
    return store_run(st, q);
}

int store_mint_block(struct store *st, uint64_t block)
{
    sqlite3_stmt *q = store_q(st, STMT_MINT_ADD);
    bind_u64(q, 1, block);
    int err = store_run(st, q);
    return err ? err : sqlite3_changes(st->db) ? 0 : SAM_EEXIST;
}

static uint64_t file_bytes(const struct store *st, const char *ending)
{
    char path[sizeof st->path + 8];
    struct stat info;
    snprintf(path, sizeof path, "%s%s", st->path, ending);
    return stat(path, &info) ? 0 : (uint64_t)info.st_size;
}

int store_figures(struct store *st, struct store_figures *out)
{
    *out = (struct store_figures){0};
    sqlite3_stmt *q = store_q(st, STMT_FIGURES);
    int rc = store_step(st, q);
    if (rc != 1)
        return rc;
    out->ops = col_u64(q, 0);
    out->pushes = col_u64(q, 1);
    out->devices = col_u64(q, 2);
    out->cases = col_u64(q, 3);
    out->quarantined = col_u64(q, 4);
    out->attendance = col_u64(q, 5);
    out->participants = col_u64(q, 6);
    out->substitutes = col_u64(q, 7);
    sqlite3_reset(q);
    out->csn = store_csn(st);
    out->file_bytes = file_bytes(st, "");
    out->wal_bytes = file_bytes(st, "-wal");
    return 0;
}
