/* A store on the simulator's disk whose whole state follows from the number of its last transaction, its lives and its ends. */
#ifndef UNIT_TEST_SIM_DISK_H
#define UNIT_TEST_SIM_DISK_H

#include "tests/sim/disk.c"
#include "tests/sim/disk_vfs.c"
#include "tests/sim/image.c"

#include "client-sdk/src/store.h"
#include "proto/base/err.h"
#include "server/store/journal.h"
#include "server/store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define M "/centre/"
#define DB "/centre/store.db"

enum { SLOTS = 64, VALUE_BYTES_MAX = 1600 };

/* ---- a store whose whole state follows from the number of its last transaction */

struct setting {
    const char *journal_mode, *synchronous;
};

static const struct setting wal_full = {"WAL", "FULL"}, wal_normal = {"WAL", "NORMAL"}, wal_off = {"WAL", "OFF"},
                            delete_extra = {"DELETE", "EXTRA"}, delete_full = {"DELETE", "FULL"};

struct run {
    struct setting setting;
    uint64_t random, seed;
    sqlite3 *db;
    int64_t acked; /* the last transaction whose COMMIT returned OK */
    unsigned lost, corrupt, committed, ends;
    struct disk_counts counts; /* of its disks */
    int error;                 /* SQLite's code of the last transaction that failed */
};

static inline int64_t slot_of(int64_t n, int which)
{
    return (which ? n * 7 + 3 : n) % SLOTS;
}

static inline size_t value_of(int64_t n, uint8_t *out)
{
    size_t len = 100 + (size_t)(n * 37 % (VALUE_BYTES_MAX - 100));
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(n * 31 + (int64_t)i);
    return len;
}

static inline bool sql(struct run *r, const char *text)
{
    return sqlite3_exec(r->db, text, NULL, NULL, NULL) == SQLITE_OK;
}

static inline bool begin(struct run *r)
{
    char text[300];
    snprintf(text, sizeof text,
             "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=%s; PRAGMA synchronous=%s; PRAGMA cell_size_check=ON;"
             "PRAGMA wal_autocheckpoint=30; CREATE TABLE IF NOT EXISTS t(slot INTEGER PRIMARY KEY, n INT, v BLOB)",
             r->setting.journal_mode, r->setting.synchronous);
    return sqlite3_open_v2(DB, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK && sql(r, text);
}

static inline void end(struct run *r)
{
    assert_int_equal(sqlite3_close(r->db), SQLITE_OK);
    r->db = NULL;
}

static inline bool put(struct run *r, int64_t n, int which)
{
    uint8_t value[VALUE_BYTES_MAX];
    sqlite3_stmt *q = NULL;
    bool ok = sqlite3_prepare_v2(r->db, "INSERT OR REPLACE INTO t VALUES(?,?,?)", -1, &q, NULL) == SQLITE_OK;
    if (ok) {
        sqlite3_bind_int64(q, 1, slot_of(n, which));
        sqlite3_bind_int64(q, 2, n);
        sqlite3_bind_blob(q, 3, value, (int)value_of(n, value), SQLITE_TRANSIENT);
        ok = sqlite3_step(q) == SQLITE_DONE;
    }
    sqlite3_finalize(q);
    return ok;
}

static inline bool transaction(struct run *r)
{
    int64_t n = r->acked + 1;
    bool ok = sql(r, "BEGIN IMMEDIATE") && put(r, n, 0) && put(r, n, 1) && sql(r, "COMMIT");
    if (!ok) {
        r->error = sqlite3_errcode(r->db);
        sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    }
    r->acked += ok;
    r->committed += ok;
    return ok;
}

static inline bool sound(struct run *r)
{
    sqlite3_stmt *q = NULL;
    bool ok = sqlite3_prepare_v2(r->db, "PRAGMA integrity_check", -1, &q, NULL) == SQLITE_OK &&
              sqlite3_step(q) == SQLITE_ROW && !strcmp((const char *)sqlite3_column_text(q, 0), "ok");
    sqlite3_finalize(q);
    return ok;
}

/* found(r): the transaction whose state the store shows; -1: none, it is a mixture. */
static inline int64_t found(struct run *r)
{
    int64_t holds[SLOTS] = {0}, expected[SLOTS] = {0}, last = 0;
    uint8_t value[VALUE_BYTES_MAX];
    sqlite3_stmt *q = NULL;
    int rc = sqlite3_prepare_v2(r->db, "SELECT slot, n, v FROM t", -1, &q, NULL);
    bool ok = rc == SQLITE_OK;
    while (ok && (rc = sqlite3_step(q)) == SQLITE_ROW) {
        int64_t slot = sqlite3_column_int64(q, 0), n = sqlite3_column_int64(q, 1);
        size_t len = value_of(n, value);
        ok = slot >= 0 && slot < SLOTS && n > 0 && (size_t)sqlite3_column_bytes(q, 2) == len &&
             !memcmp(sqlite3_column_blob(q, 2), value, len);
        if (ok)
            holds[slot] = n;
        last = n > last ? n : last;
    }
    ok = ok && rc == SQLITE_DONE;
    sqlite3_finalize(q);
    for (int64_t n = last > 2 * SLOTS ? last - 2 * SLOTS : 1; n <= last; n++)
        for (int which = 0; which < 2; which++)
            expected[slot_of(n, which)] = n;
    return ok && !memcmp(holds, expected, sizeof holds) ? last : -1;
}

/* ---- lives and ends */

enum { TRANSACTIONS_MAX = 200 };

/* Transactions, and a checkpoint now and then, until one fails. */
static inline void live(struct run *r)
{
    bool on = begin(r);
    for (int i = 0; on && i < TRANSACTIONS_MAX; i++) {
        on = transaction(r);
        if (on && image_random(&r->random) % 16 == 0)
            sqlite3_exec(r->db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
    }
    end(r);
}

/* After the end: what is there? The store goes on from it, whatever it is. */
static inline void judge(struct run *r)
{
    bool opened = begin(r), whole = opened && sound(r);
    int64_t n = opened ? found(r) : -1;
    if (!whole || n < 0)
        r->corrupt++;
    else if (n < r->acked || n > r->acked + 1)
        r->lost++;
    if (!whole || n < 0) {
        end(r);
        disk_remove(M);
        r->acked = 0;
        return;
    }
    r->acked = n;
    end(r);
}

static inline void live_and_end(struct run *r, enum disk_fault how, uint64_t after)
{
    disk_fault_arm(M, how, after, false);
    live(r);
    if (!disk_is_off(M) && how == DISK_POWER)
        disk_power_loss(M);
    if (!disk_is_off(M))
        disk_kill(M);
    disk_boot(M);
    r->ends++;
    judge(r);
}

static inline void counts_add(struct disk_counts *sum)
{
    const struct disk_counts *c = disk_counts();
    sum->dropped += c->dropped;
    sum->torn += c->torn;
    sum->reordered += c->reordered;
    sum->garbage += c->garbage;
    sum->names_lost += c->names_lost;
}

/* One disk that ends ${ends} times, each time after a random number of calls. */
static inline struct run lives(struct setting setting, uint64_t seed, enum disk_fault how, unsigned ends)
{
    struct run r = {.setting = setting, .random = seed, .seed = seed};
    disk_init(seed);
    while (r.ends < ends)
        live_and_end(&r, how, 1 + image_random(&r.random) % 300);
    counts_add(&r.counts);
    return r;
}

/* A new disk for each N: the end comes at its call N, the making of the store included. */
static inline struct run each_call(struct setting setting, uint64_t seed, enum disk_fault how, unsigned calls)
{
    struct run all = {.setting = setting, .seed = seed};
    for (unsigned n = 1; n <= calls; n++) {
        struct run r = {.setting = setting, .random = seed + n, .seed = seed + n};
        disk_init(seed + n);
        live_and_end(&r, how, n);
        live_and_end(&r, how, 1 + n % 7);
        disk_fini();
        all.lost += r.lost;
        all.corrupt += r.corrupt;
        all.committed += r.committed;
        all.ends += r.ends;
        counts_add(&all.counts);
    }
    return all;
}

static inline void say(const char *what, const struct run *r)
{
    const struct disk_counts *c = &r->counts;
    print_message(
        "%s: %u transactions, %u ends, %u lost, %u corrupt; dropped %llu, torn %llu, reordered %llu, garbage %llu, "
        "names %llu (seed %llu)\n",
        what, r->committed, r->ends, r->lost, r->corrupt, (unsigned long long)c->dropped, (unsigned long long)c->torn,
        (unsigned long long)c->reordered, (unsigned long long)c->garbage, (unsigned long long)c->names_lost,
        (unsigned long long)r->seed);
}

static inline void nothing_is_lost_in(const struct run *r)
{
    if (r->lost || r->corrupt)
        say("FAILED", r);
    assert_int_equal(r->lost, 0);
    assert_int_equal(r->corrupt, 0);
}

static inline void nothing_is_lost(const char *what, const struct run *r)
{
    say(what, r);
    nothing_is_lost_in(r);
}

static inline struct run fresh(uint64_t seed, int transactions)
{
    struct run r = {.setting = wal_full, .random = seed, .seed = seed};
    disk_init(seed);
    assert_true(begin(&r));
    while (transactions--)
        assert_true(transaction(&r));
    return r;
}

#endif
