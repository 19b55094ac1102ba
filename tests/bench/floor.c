/* What plain SQLite can do on this machine, now: the floors that samling's push is measured against.
 *   floor fixed  FILE OPS PER_COMMIT   one row for each op, one row for each record, two indexes; nothing is judged
 *   floor tables FILE OPS PER_COMMIT   the centre's own tables written plainly: record, batch of 100, device, scope
 * Prints records per second. Prepared statements, one process, synchronous=FULL. */
#include "proto/base/err.h"
#include "server/store/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TABLETS = 8, BATCH = 100, PEOPLE = 40, RAW_BYTES = 46, BATCH_RAW_BYTES = 1100 };

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(int rc, const char *what)
{
    if (rc != 0) {
        fprintf(stderr, "floor: %s: %d\n", what, rc);
        exit(1);
    }
}

/* The i-th record as eight tablets would send it, batch by batch. */
static void record(long i, uint64_t *tablet, uint64_t *session, uint64_t *person)
{
    long batch = i / BATCH, row = batch / TABLETS * BATCH + i % BATCH;
    *tablet = (uint64_t)(batch % TABLETS) + 2;
    *session = sam_id_make(*tablet, (uint64_t)(row / PEOPLE) + 1);
    *person = sam_id_make(1, *tablet * PEOPLE + (uint64_t)(row % PEOPLE) + 1);
}

static void step(sqlite3_stmt *q)
{
    must(sqlite3_step(q) != SQLITE_DONE, "step");
    sqlite3_reset(q);
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q;
    must(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &q, NULL), sql);
    return q;
}

static double fixed(const char *path, long ops, long per_commit)
{
    sqlite3 *db;
    uint8_t raw[RAW_BYTES] = {7};
    must(sqlite3_open(path, &db), "open");
    must(sqlite3_exec(
             db,
             "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
             "CREATE TABLE op (csn INTEGER PRIMARY KEY, device INTEGER, seq INTEGER, raw BLOB);"
             "CREATE TABLE attendance (id INTEGER PRIMARY KEY, session INTEGER, participant INTEGER, presence INTEGER, "
             "evidence INTEGER,"
             " minutes INTEGER, late INTEGER, reason INTEGER, scope INTEGER, csn INTEGER);"
             "CREATE INDEX a1 ON attendance (session, participant); CREATE INDEX a2 ON attendance (scope, csn);",
             NULL, NULL, NULL),
         "schema");
    sqlite3_stmt *op = prepare(db, "INSERT INTO op VALUES (?, ?, ?, ?)");
    sqlite3_stmt *row = prepare(db, "INSERT INTO attendance VALUES (?, ?, ?, 1, 2, 60, 0, NULL, ?, ?)");
    double start = now_s();
    must(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), "begin");
    for (long i = 0; i < ops; i++) {
        uint64_t tablet, session, person;
        record(i, &tablet, &session, &person);
        sqlite3_bind_int64(op, 1, i + 1);
        sqlite3_bind_int64(op, 2, (sqlite3_int64)tablet);
        sqlite3_bind_int64(op, 3, i / TABLETS);
        sqlite3_bind_blob(op, 4, raw, sizeof raw, SQLITE_STATIC);
        step(op);
        sqlite3_bind_int64(row, 1, i + 1);
        sqlite3_bind_int64(row, 2, (sqlite3_int64)session);
        sqlite3_bind_int64(row, 3, (sqlite3_int64)person);
        sqlite3_bind_int64(row, 4, (sqlite3_int64)tablet);
        sqlite3_bind_int64(row, 5, i + 1);
        step(row);
        if ((i + 1) % per_commit == 0)
            must(sqlite3_exec(db, "COMMIT; BEGIN", NULL, NULL, NULL), "commit");
    }
    must(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), "commit");
    double spent = now_s() - start;
    sqlite3_finalize(op);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return (double)ops / spent;
}

static void batch_write(struct store *st, uint64_t tablet, uint64_t csn, uint64_t seq)
{
    static uint8_t raw[BATCH_RAW_BYTES];
    struct store_push p = {.first_csn = csn,
                           .device_no = tablet,
                           .first_seq = seq,
                           .count = BATCH,
                           .epoch = 1,
                           .received_s = 1,
                           .deflated = true,
                           .raw = {raw, sizeof raw}};
    struct store_device d = {.device_no = tablet, .org = 1, .state = 3, .acked_seq = seq + BATCH - 1};
    struct store_scope s = {.id = tablet, .org = 1, .listed = true, .since_csn = 1, .rows = seq};
    d.key_hash[0] = (uint8_t)tablet;
    must(store_push_add(st, &p), "push");
    must(store_device_put(st, &d), "device");
    must(store_scope_put(st, &s), "scope");
}

static double tables(const char *path, long ops, long per_commit)
{
    struct store *st;
    struct store_row row = {0};
    uint64_t seq[TABLETS + 2] = {0};
    long since_checkpoint = 0;
    must(store_open(&st, path, true), "open");
    double start = now_s();
    must(store_begin(st), "begin");
    for (long i = 0; i < ops; i++) {
        uint64_t tablet, session, person;
        record(i, &tablet, &session, &person);
        uint64_t csn = store_csn_take(st, 1);
        sam_row_init(&row.row, SAM_ATTENDANCE);
        row.row.key.part[0] = session;
        row.row.key.part[1] = person;
        sam_row_set(&row.row, SAM_ATTENDANCE_presence, 1);
        sam_row_set(&row.row, SAM_ATTENDANCE_evidence, 2);
        row.scope = tablet;
        row.csn = csn;
        must(store_row_put(st, &row), "row");
        if ((i + 1) % BATCH == 0) {
            batch_write(st, tablet, csn - BATCH + 1, seq[tablet] + 1);
            seq[tablet] += BATCH;
        }
        since_checkpoint++;
        if ((i + 1) % per_commit == 0) {
            must(store_commit(st), "commit");
            if (since_checkpoint >= 20000) { /* about 4 MB of log, as the server does */
                must(store_checkpoint(st, false), "checkpoint");
                since_checkpoint = 0;
            }
            must(store_begin(st), "begin");
        }
    }
    must(store_commit(st), "commit");
    double spent = now_s() - start;
    store_close(st);
    return (double)ops / spent;
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        fprintf(stderr, "usage: floor fixed|tables FILE OPS PER_COMMIT\n");
        return 2;
    }
    long ops = strtol(argv[3], NULL, 10), per_commit = strtol(argv[4], NULL, 10);
    if (ops <= 0 || per_commit <= 0)
        return 2;
    double rate = strcmp(argv[1], "fixed") == 0 ? fixed(argv[2], ops, per_commit) : tables(argv[2], ops, per_commit);
    printf("%.0f\n", rate);
    return 0;
}
