/* Goal: the simulator's disk is hostile and legal. It loses, reorders and tears what was not synced, as often as needed to
 * catch a store that syncs too little, and it never takes back what a sync has promised, so that a store that syncs enough
 * never loses a thing on it. */
#include "tests/unit/test_sim_disk.h"

#include "tests/lib/scratch.h"

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
    char folder[SCRATCH_BYTES], path[64];
    struct run r = fresh(9, 5);
    assert_true(disk_exists(DB) && disk_exists(DB "-wal"));
    assert_true(disk_copy(DB, "/image/store.db"));
    assert_true(disk_copy(DB "-wal", "/image/store.db-wal"));
    assert_true(transaction(&r));
    assert_true(scratch_folder(folder, sizeof folder, "disk"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_loses_nothing),   cmocka_unit_test(less_loses_what_was_committed),
        cmocka_unit_test(off_corrupts),         cmocka_unit_test(a_kill_loses_nothing),
        cmocka_unit_test(an_error_is_an_error), cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(one_seed_is_one_run),  cmocka_unit_test(connections_share_a_file),
        cmocka_unit_test(rollback_locks_hold),  cmocka_unit_test(copies_and_exports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
