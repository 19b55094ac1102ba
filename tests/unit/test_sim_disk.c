/* Goal: the simulator's disk is hostile and legal. It loses, reorders and tears what was not synced, as often as needed to
 * catch a store that syncs too little, and it never takes back what a sync has promised, so that a store that syncs enough
 * never loses a thing on it. */
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

static int64_t slot_of(int64_t n, int which)
{
    return (which ? n * 7 + 3 : n) % SLOTS;
}

static size_t value_of(int64_t n, uint8_t *out)
{
    size_t len = 100 + (size_t)(n * 37 % (VALUE_BYTES_MAX - 100));
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(n * 31 + (int64_t)i);
    return len;
}

static bool sql(struct run *r, const char *text)
{
    return sqlite3_exec(r->db, text, NULL, NULL, NULL) == SQLITE_OK;
}

static bool begin(struct run *r)
{
    char text[300];
    snprintf(text, sizeof text,
             "PRAGMA synchronous=EXTRA; PRAGMA journal_mode=%s; PRAGMA synchronous=%s; PRAGMA cell_size_check=ON;"
             "PRAGMA wal_autocheckpoint=30; CREATE TABLE IF NOT EXISTS t(slot INTEGER PRIMARY KEY, n INT, v BLOB)",
             r->setting.journal_mode, r->setting.synchronous);
    return sqlite3_open_v2(DB, &r->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK && sql(r, text);
}

static void end(struct run *r)
{
    assert_int_equal(sqlite3_close(r->db), SQLITE_OK);
    r->db = NULL;
}

static bool put(struct run *r, int64_t n, int which)
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

static bool transaction(struct run *r)
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

static bool sound(struct run *r)
{
    sqlite3_stmt *q = NULL;
    bool ok = sqlite3_prepare_v2(r->db, "PRAGMA integrity_check", -1, &q, NULL) == SQLITE_OK &&
              sqlite3_step(q) == SQLITE_ROW && !strcmp((const char *)sqlite3_column_text(q, 0), "ok");
    sqlite3_finalize(q);
    return ok;
}

/* found(r): the transaction whose state the store shows; -1: none, it is a mixture. */
static int64_t found(struct run *r)
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
static void live(struct run *r)
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
static void judge(struct run *r)
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

static void live_and_end(struct run *r, enum disk_fault how, uint64_t after)
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

static void counts_add(struct disk_counts *sum)
{
    const struct disk_counts *c = disk_counts();
    sum->dropped += c->dropped;
    sum->torn += c->torn;
    sum->reordered += c->reordered;
    sum->garbage += c->garbage;
    sum->names_lost += c->names_lost;
}

/* One disk that ends ${ends} times, each time after a random number of calls. */
static struct run lives(struct setting setting, uint64_t seed, enum disk_fault how, unsigned ends)
{
    struct run r = {.setting = setting, .random = seed, .seed = seed};
    disk_init(seed);
    while (r.ends < ends)
        live_and_end(&r, how, 1 + image_random(&r.random) % 300);
    counts_add(&r.counts);
    return r;
}

/* A new disk for each N: the end comes at its call N, the making of the store included. */
static struct run each_call(struct setting setting, uint64_t seed, enum disk_fault how, unsigned calls)
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

static void say(const char *what, const struct run *r)
{
    const struct disk_counts *c = &r->counts;
    print_message(
        "%s: %u transactions, %u ends, %u lost, %u corrupt; dropped %llu, torn %llu, reordered %llu, garbage %llu, "
        "names %llu (seed %llu)\n",
        what, r->committed, r->ends, r->lost, r->corrupt, (unsigned long long)c->dropped, (unsigned long long)c->torn,
        (unsigned long long)c->reordered, (unsigned long long)c->garbage, (unsigned long long)c->names_lost,
        (unsigned long long)r->seed);
}

static void nothing_is_lost_in(const struct run *r)
{
    if (r->lost || r->corrupt)
        say("FAILED", r);
    assert_int_equal(r->lost, 0);
    assert_int_equal(r->corrupt, 0);
}

static void nothing_is_lost(const char *what, const struct run *r)
{
    say(what, r);
    nothing_is_lost_in(r);
}

/* ---- tests */

static void full_loses_nothing(void **state)
{
    (void)state;
    size_t sectors_bytes = 0;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct run r = lives(wal_full, seed, DISK_POWER, 150);
        nothing_is_lost("WAL FULL", &r);
        const struct disk_counts *c = &r.counts;
        sectors_bytes |= disk_sector_bytes();
        assert_true(r.committed > 1000);
        assert_true(c->dropped && c->torn && c->reordered && c->garbage);
        disk_fini();
    }
    assert_int_equal(sectors_bytes, 512 | 4096); /* both were among them */
    struct run r = each_call(wal_full, 100, DISK_POWER, 200);
    nothing_is_lost("WAL FULL, each call", &r);
    assert_true(r.counts.names_lost > 0);
    r = each_call(delete_extra, 1000, DISK_POWER, 120);
    nothing_is_lost("DELETE EXTRA, each call", &r);
}

static void less_loses_what_was_committed(void **state)
{
    (void)state;
    struct run r = lives(wal_normal, 5, DISK_POWER, 100);
    say("WAL NORMAL", &r);
    assert_true(r.lost > 0);
    assert_int_equal(r.corrupt, 0);
    disk_fini();

    r = lives(delete_full, 6, DISK_POWER, 100); /* a deleted rollback journal comes back with its folder */
    say("DELETE FULL", &r);
    assert_true(r.lost > 0);
    assert_int_equal(r.corrupt, 0);
    disk_fini();
}

static void off_corrupts(void **state)
{
    (void)state;
    unsigned lost = 0, corrupt = 0;
    for (uint64_t seed = 20; seed < 40; seed++) {
        struct run r = lives(wal_off, seed, DISK_POWER, 6);
        lost += r.lost;
        corrupt += r.corrupt;
        disk_fini();
    }
    print_message("WAL OFF: %u lost, %u corrupt\n", lost, corrupt);
    assert_true(lost > 0);
    assert_true(corrupt > 0);
}

static void a_kill_loses_nothing(void **state)
{
    (void)state;
    const struct setting all[] = {wal_full, wal_normal, wal_off, delete_extra};
    for (unsigned i = 0; i < 4; i++) {
        struct run r = lives(all[i], 40 + i, DISK_KILL, 60);
        nothing_is_lost("kill", &r);
        assert_int_equal(disk_counts()->dropped, 0);
        disk_fini();
    }
    struct run r = each_call(wal_full, 2000, DISK_KILL, 60);
    nothing_is_lost("kill, each call", &r);
}

static struct run fresh(uint64_t seed, int transactions)
{
    struct run r = {.setting = wal_full, .random = seed, .seed = seed};
    disk_init(seed);
    assert_true(begin(&r));
    while (transactions--)
        assert_true(transaction(&r));
    return r;
}

/* Each call of a kind fails once, and then for ever; then the process ends. */
static void an_error_is_an_error(void **state)
{
    (void)state;
    const enum disk_fault kinds[] = {DISK_READ, DISK_WRITE, DISK_SYNC, DISK_OPEN, DISK_ANY};
    unsigned errors = 0;
    for (unsigned i = 0; i < 5; i++)
        for (unsigned n = 1; n <= 40; n++) {
            struct run r = {.setting = wal_full, .random = n};
            disk_init(n * 8 + i);
            uint64_t faults = disk_counts()->faults;
            disk_fault_arm(M, kinds[i], n, n & 1);
            live(&r);
            errors += disk_counts()->faults > faults;
            disk_kill(M);
            disk_boot(M);
            judge(&r);
            nothing_is_lost_in(&r);
            disk_fini();
        }
    assert_true(errors > 150);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    for (uint64_t seed = 60; seed < 80; seed++) {
        struct run r = fresh(seed, 10);
        disk_space(M, disk_bytes(M) + image_random(&r.random) % 30000);
        while (transaction(&r))
            ;
        assert_int_equal(r.error, SQLITE_FULL);
        assert_true(disk_counts()->full > 0);
        assert_int_equal(found(&r), r.acked);
        disk_space(M, UINT64_MAX);
        assert_true(transaction(&r));
        disk_power_loss(M);
        end(&r);
        disk_boot(M);
        judge(&r);
        nothing_is_lost_in(&r);
        disk_fini();
    }
}

static void one_seed_is_one_run(void **state)
{
    (void)state;
    uint64_t traces[3];
    for (unsigned i = 0; i < 3; i++) {
        struct run r = lives(wal_full, i < 2 ? 90 : 91, DISK_POWER, 20);
        traces[i] = disk_trace();
        nothing_is_lost_in(&r);
        disk_fini();
    }
    assert_true(traces[0] == traces[1]);
    assert_true(traces[0] != traces[2]);
}

/* A reader keeps its view while a writer goes on; a second writer waits; the dead leave no lock behind. */
static void connections_share_a_file(void **state)
{
    (void)state;
    struct run w = fresh(7, 3), o = {.setting = wal_full};
    assert_true(begin(&o));
    assert_true(sql(&o, "BEGIN"));
    assert_int_equal(found(&o), 3);
    assert_true(transaction(&w));
    assert_int_equal(found(&o), 3);
    assert_true(sql(&o, "COMMIT"));
    assert_int_equal(found(&o), 4);
    assert_true(sql(&w, "BEGIN IMMEDIATE"));
    assert_false(sql(&o, "BEGIN IMMEDIATE"));
    assert_int_equal(sqlite3_errcode(o.db), SQLITE_BUSY);
    disk_kill(M);
    assert_false(put(&w, 5, 0) && sql(&w, "COMMIT"));
    assert_false(sql(&o, "SELECT * FROM t"));
    disk_boot(M);
    assert_false(sql(&o, "SELECT * FROM t")); /* dead for ever */
    struct run n = {.setting = wal_full, .acked = 4};
    assert_true(begin(&n));
    assert_true(transaction(&n));
    end(&w);
    end(&o);
    assert_true(transaction(&n));
    assert_int_equal(found(&n), 6);
    end(&n);
    disk_fini();
}

static void rollback_locks_hold(void **state)
{
    (void)state;
    struct run a = {.setting = delete_extra}, b = {.setting = delete_extra};
    disk_init(8);
    assert_true(begin(&a) && begin(&b));
    assert_true(transaction(&a));
    assert_true(sql(&b, "BEGIN"));
    assert_int_equal(found(&b), 1);
    assert_false(transaction(&a)); /* b reads */
    assert_true(sql(&b, "COMMIT"));
    assert_true(transaction(&a));
    assert_int_equal(found(&b), 2);
    end(&a);
    end(&b);
    disk_fini();
}

static void copies_and_exports(void **state)
{
    (void)state;
    char folder[] = "/tmp/sim_disk.XXXXXX", path[64];
    struct run r = fresh(9, 5);
    assert_true(disk_exists(DB) && disk_exists(DB "-wal"));
    assert_true(disk_copy(DB, "/image/store.db"));
    assert_true(disk_copy(DB "-wal", "/image/store.db-wal"));
    assert_true(transaction(&r));
    assert_non_null(mkdtemp(folder));
    assert_true(disk_export(M, folder));
    end(&r);
    disk_copy_tree("/image/", M);
    r.acked = 5;
    judge(&r);
    nothing_is_lost_in(&r);
    assert_true(disk_flip_bit("/image/store.db"));
    disk_remove("/image/");
    assert_false(disk_exists("/image/store.db"));
    disk_fini();

    snprintf(path, sizeof path, "%s/store.db", folder); /* now with the real VFS */
    assert_int_equal(sqlite3_open_v2(path, &r.db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(found(&r), 6);
    end(&r);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- the journal of the centre, in a folder that is real while its files are not */

struct ledger {
    char folder[64], path[96];
    uint64_t random, acked, added; /* numbers of records: journal_sync returned 0 for it, given to journal_add */
    unsigned ends, cuts, fulls;
    struct journal *j;
};

static void ledger_init(struct ledger *l, uint64_t seed)
{
    *l = (struct ledger){.folder = "/tmp/sim_disk.XXXXXX", .random = seed};
    assert_non_null(mkdtemp(l->folder));
    snprintf(l->path, sizeof l->path, "%s/journal", l->folder);
    size_t n = strlen(l->folder);
    l->folder[n] = '/'; /* as the prefix of a machine */
    disk_init(seed);
}

static void ledger_fini(struct ledger *l)
{
    char command[120];
    journal_close(l->j);
    disk_fini();
    snprintf(command, sizeof command, "rm -r %s", l->folder);
    assert_int_equal(system(command), 0);
}

static size_t payload_of(uint64_t number, uint8_t *out)
{
    size_t len = number * 131 % 700;
    memset(out, (int)(number & 0xff), len);
    return len;
}

static int record_check(void *ctx, const struct journal_record *r)
{
    uint8_t payload[700];
    uint64_t *next = ctx;
    size_t len = payload_of(r->number, payload);
    bool same = r->number == *next && r->payload.len == len && !memcmp(r->payload.ptr, payload, len);
    ++*next;
    return same ? 0 : SAM_ECORRUPT;
}

/* Every record that was answered for is there, whole, and none that was not given. */
static void ledger_open(struct ledger *l)
{
    uint64_t next = 1;
    assert_int_equal(journal_open(&l->j, l->path), 0);
    assert_int_equal(journal_each(l->j, 0, record_check, &next), 0);
    assert_int_equal(next, journal_last(l->j) + 1);
    assert_in_range(journal_last(l->j), l->acked, l->added);
    l->acked = l->added = journal_last(l->j);
}

/* A batch of one or several records. */
static int ledger_add(struct ledger *l, unsigned records)
{
    uint8_t payload[700];
    for (l->added = l->acked; records--; l->added++) {
        struct journal_record r = {.kind = JOURNAL_OP, .payload = {payload, payload_of(l->added + 1, payload)}};
        assert_int_equal(journal_add(l->j, &r), 0);
    }
    int err = journal_sync(l->j);
    if (err)
        journal_drop(l->j);
    else
        l->acked = l->added;
    return err;
}

static void ledger_end(struct ledger *l, bool power)
{
    if (!disk_is_off(l->folder) && power)
        disk_power_loss(l->folder);
    else if (!disk_is_off(l->folder))
        disk_kill(l->folder);
    journal_close(l->j);
    l->j = NULL;
    disk_boot(l->folder);
    l->ends++;
}

static unsigned cuts_count(const char *folder)
{
    unsigned count = 0;
    for (const struct disk_name *m = disk.names; m; m = m->next)
        count += disk_is_below(m->path, folder) && strstr(m->path, "journal.cut-") && disk_name_now(m);
    return count;
}

static void the_journal_keeps_what_it_answered(void **state)
{
    (void)state;
    uint64_t acked = 0;
    unsigned cuts = 0;
    for (uint64_t seed = 70; seed < 80; seed++) {
        struct ledger l;
        ledger_init(&l, seed);
        while (l.ends < 40) {
            bool power = image_random(&l.random) % 4;
            ledger_open(&l);
            disk_fault_arm(l.folder, power ? DISK_POWER : DISK_KILL, 1 + image_random(&l.random) % 24, false);
            while (!ledger_add(&l, 1 + (unsigned)(image_random(&l.random) % 4)))
                ;
            ledger_end(&l, power);
        }
        ledger_open(&l);
        acked += l.acked;
        cuts += cuts_count(l.folder);
        assert_true(disk_counts()->torn && disk_counts()->dropped);
        ledger_fini(&l);
    }
    assert_true(acked > 1000);
    assert_true(cuts > 10);
}

/* A process is killed between write and sync, the next one counts the record: then it survives a power loss too. */
static void the_journal_syncs_what_it_found(void **state)
{
    (void)state;
    for (uint64_t seed = 100; seed < 110; seed++) {
        struct ledger l;
        ledger_init(&l, seed);
        ledger_open(&l);
        disk_fault_arm(l.folder, DISK_KILL, 2, false); /* 1: the write, 2: the sync */
        assert_int_equal(ledger_add(&l, 1), SAM_EIO);
        ledger_end(&l, false);
        ledger_open(&l);
        assert_int_equal(l.acked, 1);
        ledger_end(&l, true);
        ledger_open(&l);
        ledger_fini(&l);
    }
}

static int record_count(void *ctx, const struct journal_record *r)
{
    (void)r;
    ++*(unsigned *)ctx;
    return 0;
}

/* What a full disk refused does not come back behind what is written in its place. */
static void the_journal_forgets_what_did_not_fit(void **state)
{
    (void)state;
    struct ledger l;
    ledger_init(&l, 71);
    ledger_open(&l);
    for (unsigned room = 0; room < 3000; room += 37) {
        uint64_t before = l.acked;
        disk_space(l.folder, disk_bytes(l.folder) + room);
        l.fulls += ledger_add(&l, 6) == SAM_EFULL;
        disk_space(l.folder, UINT64_MAX);
        if (l.acked == before) {
            unsigned count = 0;
            assert_int_equal(ledger_add(&l, 1), 0);
            l.added = l.acked;
            ledger_end(&l, false);
            ledger_open(&l);
            assert_int_equal(journal_each(l.j, 0, record_count, &count), 0);
            assert_int_equal(count, before + 1);
        }
    }
    assert_true(l.fulls > 10);
    ledger_fini(&l);
}

static int hash_keep(void *ctx, const struct journal_record *r)
{
    *(uint64_t *)ctx = r->hash;
    return r->number == 3; /* stops there */
}

static void a_record_is_known_by_its_hash(void **state)
{
    (void)state;
    struct ledger l;
    uint64_t third = 0, hash;
    ledger_init(&l, 72);
    ledger_open(&l);
    assert_int_equal(ledger_add(&l, 5), 0);
    assert_int_equal(journal_each(l.j, 0, hash_keep, &third), 1);
    assert_int_equal(journal_hash_at(l.j, 3, &hash), 0);
    assert_true(hash && hash == third);
    assert_int_equal(journal_hash_at(l.j, 5, &hash), 0);
    assert_true(hash != third);
    assert_int_equal(journal_hash_at(l.j, 6, &hash), SAM_ENOTFOUND);
    assert_int_equal(journal_hash_at(l.j, 0, &hash), SAM_ENOTFOUND);
    ledger_fini(&l);
}

/* ---- the stores of the centre and of a tablet are made anew on a machine that loses power at each of its calls */

static void a_centre_is_made_at_any_call(void **state)
{
    (void)state;
    int err = SAM_EIO;
    unsigned n = 0;
    while (err) { /* until it is made before call n comes */
        struct store *st;
        disk_init(++n);
        disk_fault_arm(M, DISK_POWER, n, false);
        err = store_open(&st, DB, true);
        disk_fault_arm(M, DISK_POWER, 0, false);
        store_close(st);
        if (!disk_is_off(M))
            disk_power_loss(M);
        disk_boot(M);
        assert_int_equal(store_open(&st, DB, err != 0), 0);
        store_close(st);
        disk_fini();
    }
    assert_true(n > 20);
}

static void a_tablet_is_made_at_any_call(void **state)
{
    (void)state;
    char folder[] = "/tmp/sim_disk.XXXXXX", path[64], prefix[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/samling.db", folder);
    snprintf(prefix, sizeof prefix, "%s/", folder);
    int err = SAM_EIO;
    unsigned n = 0;
    while (err) {
        struct sam_store st;
        disk_init(++n);
        disk_fault_arm(prefix, DISK_POWER, n, false);
        err = sam_store_open(&st, path);
        sam_store_close(&st);
        if (!disk_is_off(prefix))
            disk_power_loss(prefix);
        disk_boot(prefix);
        assert_int_equal(sam_store_open(&st, path), 0);
        sam_store_close(&st);
        disk_fini();
    }
    assert_true(n > 20);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- a failed sync ends the process; the next one finds what is only in the cache, and must not build on it */

struct kept { /* a number in one of the product's stores */
    char folder[64], path[80];
    struct store *centre;
    struct sam_store tablet;
    bool is_tablet;
};

static int kept_open(struct kept *k, bool create)
{
    return k->is_tablet ? sam_store_open(&k->tablet, k->path) : store_open(&k->centre, k->path, create);
}

static void kept_close(struct kept *k)
{
    if (k->is_tablet)
        sam_store_close(&k->tablet);
    else
        store_close(k->centre);
}

static int tablet_put(struct sam_store *st, int64_t n)
{
    char text[80];
    snprintf(text, sizeof text, "INSERT OR REPLACE INTO meta VALUES('kept',%lld)", (long long)n);
    return sqlite3_exec(st->db, text, NULL, NULL, NULL);
}

static int64_t tablet_get(struct sam_store *st)
{
    sqlite3_stmt *q = NULL;
    int64_t n = 0;
    assert_int_equal(sqlite3_prepare_v2(st->db, "SELECT value FROM meta WHERE name='kept'", -1, &q, NULL), SQLITE_OK);
    if (sqlite3_step(q) == SQLITE_ROW)
        n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

static int centre_put(struct store *st, int64_t n)
{
    int err = store_begin(st);
    if (!err)
        err = store_meta_num_set(st, "kept", n);
    if (!err)
        err = store_commit(st);
    if (err)
        store_rollback(st);
    return err;
}

static int64_t kept_get(struct kept *k)
{
    return k->is_tablet ? tablet_get(&k->tablet) : store_meta_num(k->centre, "kept", 0);
}

/* Count on until ${last} or an error; the last number that was promised. */
static int64_t kept_count(struct kept *k, int64_t last)
{
    int64_t n = kept_get(k);
    while (n < last && !(k->is_tablet ? tablet_put(&k->tablet, n + 1) : centre_put(k->centre, n + 1)))
        n++;
    return n;
}

static void kept_end(struct kept *k, bool power)
{
    if (!disk_is_off(k->folder) && power)
        disk_power_loss(k->folder);
    else if (!disk_is_off(k->folder))
        disk_kill(k->folder);
    kept_close(k);
    disk_boot(k->folder);
}

static void kept_try(struct kept *k, unsigned seed)
{
    disk_init(seed);
    assert_int_equal(kept_open(k, true), 0);
    disk_fault_arm(k->folder, DISK_SYNC, 1 + seed % 7, false);
    int64_t promised = kept_count(k, 60);
    assert_true(promised < 60);
    kept_end(k, false);
    if (seed % 2) /* every other one loses power while it starts, or soon after */
        disk_fault_arm(k->folder, DISK_POWER, 1 + seed / 2 % 12, false);
    if (!kept_open(k, false)) {
        assert_true(kept_get(k) >= promised);
        int64_t found_now = kept_get(k), n = kept_count(k, found_now + 3);
        promised = n > found_now ? n : promised;
    }
    kept_end(k, true);
    assert_int_equal(kept_open(k, false), 0);
    assert_true(kept_get(k) >= promised);
    kept_close(k);
    disk_fini();
}

static void a_failed_sync_takes_nothing_with_it(void **state)
{
    (void)state;
    struct kept k = {.folder = "/tmp/sim_disk.XXXXXX"};
    assert_non_null(mkdtemp(k.folder));
    k.folder[strlen(k.folder)] = '/';
    snprintf(k.path, sizeof k.path, "%sstore.db", k.folder);
    for (unsigned seed = 1; seed <= 80; seed++) {
        k.is_tablet = seed & 2;
        kept_try(&k, seed);
    }
    assert_int_equal(unlink(k.path), 0); /* the tablet makes it for its mode */
    assert_int_equal(rmdir(k.folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_loses_nothing),
        cmocka_unit_test(less_loses_what_was_committed),
        cmocka_unit_test(off_corrupts),
        cmocka_unit_test(a_kill_loses_nothing),
        cmocka_unit_test(an_error_is_an_error),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(one_seed_is_one_run),
        cmocka_unit_test(connections_share_a_file),
        cmocka_unit_test(rollback_locks_hold),
        cmocka_unit_test(copies_and_exports),
        cmocka_unit_test(the_journal_keeps_what_it_answered),
        cmocka_unit_test(the_journal_syncs_what_it_found),
        cmocka_unit_test(the_journal_forgets_what_did_not_fit),
        cmocka_unit_test(a_record_is_known_by_its_hash),
        cmocka_unit_test(a_centre_is_made_at_any_call),
        cmocka_unit_test(a_tablet_is_made_at_any_call),
        cmocka_unit_test(a_failed_sync_takes_nothing_with_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
