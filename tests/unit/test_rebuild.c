/* Goal: what is derived is exactly what the facts say, whatever has happened: forgotten and computed anew it is the same to the
 * byte, also for a store that an earlier version left. `test_rebuild SEED [COUNT]` plays other histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/store/store_int.h"
#include "store_sql.h"
#include "tests/lib/mixed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TABLES_MAX = 64 };
static unsigned long seed = 1, seeds = 2;

struct derived {
    unsigned count;
    uint64_t rows[TABLES_MAX];
    uint8_t digest[TABLES_MAX][SAM_HASH_BYTES];
};

static struct derived derived(struct store *st)
{
    struct derived d = {0};
    for (; store_derived_name(d.count); d.count++) {
        assert_in_range(d.count, 0, TABLES_MAX - 1);
        assert_int_equal(store_derived_digest(st, d.count, &d.rows[d.count], d.digest[d.count]), 0);
    }
    return d;
}

static void same(const struct derived *a, const struct derived *b)
{
    assert_int_equal(a->count, b->count);
    for (unsigned i = 0; i < a->count; i++)
        if (memcmp(a->digest[i], b->digest[i], SAM_HASH_BYTES) != 0)
            fail_msg("table %s differs: %llu and %llu rows", store_derived_name(i), (unsigned long long)a->rows[i],
                     (unsigned long long)b->rows[i]);
}

static struct mixed *history(unsigned long number)
{
    struct mixed *m = calloc(1, sizeof *m);
    assert_non_null(m);
    print_message("seed %lu (again: test_rebuild %lu 1)\n", number, number);
    mixed_open(m, number);
    return m;
}

static void history_end(struct mixed *m)
{
    mixed_close(m);
    free(m);
}

static struct intake_rebuilt rebuild(struct mixed *m)
{
    struct intake_rebuilt out;
    assert_int_equal(intake_rebuild(m->clinic.centre.in, NULL, &out), 0);
    return out;
}

/* ---- a history with everything in it */

static void whatever_happened_it_is_bit_equal(void **state)
{
    (void)state;
    for (unsigned long i = 0; i < seeds; i++) {
        struct mixed *m = history(seed + i);
        for (unsigned part = 0; part < 12; part++) {
            mixed_ops(m, 20);
            mixed_shuffle(m);
            if (part == 3)
                centre_backup(&m->clinic.centre);
            if (part == 7)
                mixed_restore(m);
            if (part % 2)
                clinic_check(&m->clinic);
        }
        history_end(m);
    }
}

/* Twice back to the same backup: epochs of two lost futures, and ops that come for the third time. */
static void two_lost_futures(void **state)
{
    (void)state;
    struct mixed *m = history(seed + 1000);
    mixed_ops(m, 30);
    centre_backup(&m->clinic.centre);
    for (unsigned i = 0; i < 2; i++) {
        mixed_ops(m, 30);
        centre_restart(&m->clinic.centre);
        mixed_ops(m, 30);
        mixed_restore(m);
        clinic_check(&m->clinic);
    }
    mixed_ops(m, 30);
    history_end(m);
}

/* The window's moves are facts: what was judged before one is judged so again. */
static void the_window_moves(void **state)
{
    (void)state;
    struct mixed *m = history(seed + 2000);
    unsigned written;
    for (unsigned i = 0; i < 4; i++) {
        mixed_ops(m, 40);
        m->now_s += (int64_t)50 * 86400;
        centre_clock(&m->clinic.centre, m->now_s);
        assert_int_equal(intake_begin(m->clinic.centre.in), 0);
        mixed_ops_in(m, 5); /* before and after it, in one commit */
        assert_int_equal(intake_plan(m->clinic.centre.in, &written), 0);
        mixed_ops_in(m, 5);
        assert_int_equal(intake_commit(m->clinic.centre.in), 0);
        clinic_check(&m->clinic);
    }
    struct sam_key key = {.entity = SAM_SESSION, .part = {m->clinic.session}};
    assert_int_equal(clinic_row(&m->clinic, &key).scope, 0);
    history_end(m);
}

/* ---- by hand */

static void what_is_emptied_by_hand_is_restored(void **state)
{
    (void)state;
    struct mixed *m = history(seed + 3000);
    struct intake *in = m->clinic.centre.in;
    mixed_ops(m, 120);
    clinic_settle(&m->clinic); /* a commit takes in what waited: nothing is left to */
    struct derived before = derived(intake_store(in));
    assert_int_equal(intake_begin(in), 0);
    assert_int_equal(store_derived_clear(intake_store(in)), 0);
    struct derived empty = derived(intake_store(in));
    for (unsigned i = 0; i < empty.count; i++)
        assert_int_equal(empty.rows[i], 0);
    struct intake_rebuilt out = rebuild(m);
    assert_true(out.changed > 10 && out.changed <= out.tables);
    assert_int_equal(out.ops, store_csn(intake_store(in)));
    assert_int_equal(out.tables, before.count);
    assert_int_equal(intake_commit(in), 0);
    struct derived after = derived(intake_store(in));
    same(&before, &after);
    for (unsigned i = 0; i < before.count; i++) { /* each table alone */
        char sql[64];
        snprintf(sql, sizeof sql, "DELETE FROM %s", store_derived_name(i));
        assert_int_equal(intake_begin(in), 0);
        assert_int_equal(sqlite3_exec(intake_store(in)->db, sql, NULL, NULL, NULL), 0);
        assert_int_equal(rebuild(m).changed, before.rows[i] > 0);
        after = derived(intake_store(in));
        same(&before, &after);
        intake_rollback(in);
    }
    mixed_ops(m, 40); /* and it goes on from there */
    history_end(m);
}

static void a_rebuild_that_is_rolled_back_leaves_everything(void **state)
{
    (void)state;
    struct mixed *m = history(seed + 4000), *was = malloc(sizeof *was);
    struct intake *in = m->clinic.centre.in;
    uint64_t count, head, now_count, now_head;
    mixed_ops(m, 80);
    struct derived before = derived(intake_store(in));
    uint64_t csn = store_csn(intake_store(in));
    assert_int_equal(intake_audit_head(in, &count, &head), 0);
    assert_non_null(was);
    memcpy(was, m, sizeof *was);
    assert_int_equal(intake_begin(in), 0);
    mixed_ops_in(m, 10);
    assert_int_equal(rebuild(m).changed, 0); /* in the middle of what is not committed yet */
    mixed_ops_in(m, 10);
    assert_int_equal(rebuild(m).changed, 0);
    assert_int_equal(store_derived_clear(intake_store(in)), 0);
    intake_rollback(in);
    const struct centre centre = m->clinic.centre; /* its buffers may have grown */
    memcpy(m, was, sizeof *m);                     /* the tablets have no answer, so they are where they were */
    m->clinic.centre = centre;
    struct derived after = derived(intake_store(in));
    same(&before, &after);
    assert_int_equal(store_csn(intake_store(in)), csn);
    assert_int_equal(intake_audit_head(in, &now_count, &now_head), 0);
    assert_int_equal(now_count, count);
    assert_int_equal(now_head, head);
    mixed_ops(m, 40);
    free(was);
    history_end(m);
}

static int stop_at_once(void *ctx, const struct intake_check *at)
{
    ++*(unsigned *)ctx;
    assert_string_equal(at->what, "ops");
    return 1;
}

static void a_rebuild_may_be_stopped(void **state)
{
    enum { MANY = 300, ROUNDS = 15 };
    (void)state;
    static struct sam_op ops[MANY];
    struct mixed *m = history(seed + 5000);
    struct clinic *k = &m->clinic;
    struct intake_rebuilt out;
    unsigned calls = 0;
    const struct intake_found found = {.progress = stop_at_once, .ctx = &calls};
    for (unsigned i = 0; i < MANY; i++)
        ops[i] = clinic_minutes(k, i % CLINIC_PERSONS, 20 + (int)(i % 30), 1);
    for (unsigned i = 0; i < ROUNDS; i++)
        clinic_push_many(k, &k->a, ops, MANY);
    struct derived before = derived(clinic_store(k));
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(intake_rebuild(k->centre.in, &found, &out), SAM_ECLOSED);
    assert_int_equal(calls, 1);
    intake_rollback(k->centre.in);
    struct derived after = derived(clinic_store(k));
    same(&before, &after);
    history_end(m);
}

/* ---- a store that an earlier version left: its facts, and no word of what came with the later schema */

static void run(sqlite3 *db, const char *sql)
{
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why))
        fail_msg("%s: %s", sql, why);
}

static int taken_in(sqlite3 *db)
{
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM retake", -1, &q, NULL), 0);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int n = sqlite3_column_int(q, 0);
    sqlite3_finalize(q);
    return n;
}

static void former_make(const char *path, const char *from)
{
    enum { FORMER = 20 };
    char sql[256];
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), 0);
    for (size_t i = 0; i < store_sql_files_count; i++)
        if (strtol(store_sql_files[i].name, NULL, 10) <= FORMER)
            run(db, store_sql_files[i].text);
    snprintf(sql, sizeof sql, "PRAGMA user_version=%d; ATTACH '%s' AS now", FORMER, from);
    run(db, sql);
    run(db, "INSERT INTO meta SELECT name, value FROM now.meta WHERE name NOT IN ('derived')");
    run(db, "INSERT INTO epoch SELECT no, id, first_csn, limit_csn FROM now.epoch");
    run(db, "INSERT INTO mint SELECT * FROM now.mint");
    run(db, "INSERT INTO push SELECT * FROM now.push");
    run(db, "INSERT INTO origin SELECT * FROM now.origin");
    run(db, "INSERT INTO verdict SELECT csn, at_csn, device_no, seq, kind, reason FROM now.verdict");
    run(db, "INSERT INTO hole SELECT device_no, first_seq, last_seq, at_s, chain FROM now.hole");
    run(db, "INSERT INTO device SELECT device_no, org, parent, fork_seq, key, key_hash, label, state, digits, forked, "
            "joined_s, "
            "last_seen_s, skew_s, acked_seq, acked_csn, chain, hello_counter, safe_seq, waiting, oldest_age_s, schema "
            "FROM now.device");
    run(db, "INSERT INTO invite SELECT * FROM now.invite");
    assert_int_equal(sqlite3_close(db), 0);
}

static void a_former_store_is_derived_anew(void **state)
{
    (void)state;
    struct mixed *m = history(seed + 6000);
    struct clinic *k = &m->clinic;
    static const char *const tails[] = {"", "-wal", "-shm", ".judging"};
    char path[128];
    struct intake *in;
    struct intake_verified v;
    struct intake_config config = k->centre.config;
    m->plain = true;
    mixed_ops(m, 150);
    for (uint64_t i = 0; i < 3; i++) /* refused for good */
        clinic_push(k, &k->a, clinic_mark(k, k->session, 0, 9, 1));
    assert_int_equal(taken_in(clinic_store(k)->db), 0); /* that came with the later schema */
    struct derived now = derived(clinic_store(k));
    assert_int_equal(store_checkpoint(clinic_store(k), true), 0);
    snprintf(path, sizeof path, "%s.former", k->centre.path);
    former_make(path, k->centre.path);
    config.store_path = path;
    config.journal_path = NULL;
    assert_int_equal(intake_open(&in, &config, false), 0);
    struct derived former = derived(intake_store(in));
    same(&now, &former);
    assert_int_equal(intake_begin(in), 0);
    assert_int_equal(intake_verify(in, NULL, NULL, &v), 0);
    assert_int_equal(v.wrong, 0);
    assert_int_equal(v.lines, 1); /* its log begins with this start */
    intake_rollback(in);
    intake_close(in);
    assert_int_equal(intake_open(&in, &config, false), 0); /* and only once */
    intake_close(in);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(path, sizeof path, "%s.former%s", k->centre.path, tails[i]);
        unlink(path);
    }
    history_end(m);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_happened_it_is_bit_equal),
        cmocka_unit_test(two_lost_futures),
        cmocka_unit_test(the_window_moves),
        cmocka_unit_test(what_is_emptied_by_hand_is_restored),
        cmocka_unit_test(a_rebuild_that_is_rolled_back_leaves_everything),
        cmocka_unit_test(a_rebuild_may_be_stopped),
        cmocka_unit_test(a_former_store_is_derived_anew),
    };
    seed = argc > 1 ? strtoul(argv[1], NULL, 10) : seed;
    seeds = argc > 2 ? strtoul(argv[2], NULL, 10) : seeds;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
