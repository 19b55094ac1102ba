/* Goal: a transaction that SQLite has taken back by itself, in the middle of what was being written, is over: nothing more of it is
 * written, by the centre or by a tablet, and what comes next is whole.
 *
 * SQLite does so when a statement fails for want of memory or of the disk, a mere look too (the first test sees it). Where a look's
 * failure is only noted (store_failed), the statements behind it would each stand by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "tests/lib/clinic.h"
#include "tests/lib/ward.h"

static void taken_back(sqlite3 *db)
{
    assert_false(sqlite3_get_autocommit(db));
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
}

/* The reason for this test: should a later SQLite do otherwise, the others only prove more than is needed. */
static void a_look_that_lacks_memory_takes_back_what_was_written(void **state)
{
    struct clinic *k = *state;
    sqlite3 *db = clinic_store(k)->db;
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(store_meta_num_set(clinic_store(k), "tried", 1), 0);
    sqlite3_hard_heap_limit64(sqlite3_memory_used() + (1 << 16));
    int rc = sqlite3_exec(db, "SELECT group_concat(hex(zeroblob(1000000))) FROM device", NULL, NULL, NULL);
    sqlite3_hard_heap_limit64(0);
    assert_int_equal(rc, SQLITE_NOMEM);
    assert_true(sqlite3_get_autocommit(db));
    intake_rollback(k->centre.in);
    assert_int_equal(store_meta_num(clinic_store(k), "tried", 0), 0);
}

static void the_centre_writes_nothing_behind_it(void **state)
{
    struct clinic *k = *state;
    struct sam_op status = clinic_status(k, k->session, 2, clinic_csn(k));
    struct sam_key session = {.entity = SAM_SESSION, .part = {k->session}};
    struct store_device d;
    enum sam_reason why;
    int64_t before = clinic_num(k, &session, SAM_SESSION_status);
    assert_int_equal(intake_begin(k->centre.in), 0);
    taken_back(clinic_store(k)->db);
    assert_int_equal(intake_author(k->centre.in, &status, &why), SAM_EIO);
    assert_int_equal(store_device_get(clinic_store(k), k->a.device_no, &d), SAM_EIO);
    assert_int_equal(store_derived_clear(clinic_store(k)), SAM_EIO);
    assert_int_equal(intake_commit(k->centre.in), SAM_EIO);
    assert_int_equal(clinic_num(k, &session, SAM_SESSION_status), before);
    clinic_check(k);
    clinic_say(k, status);
    assert_int_equal(clinic_num(k, &session, SAM_SESSION_status), 2);
}

/* The first failure is what is told, where it was noted. */
static void the_centre_says_why(void **state)
{
    struct clinic *k = *state;
    struct store *st = clinic_store(k);
    assert_int_equal(intake_begin(k->centre.in), 0);
    store_fail(st, SAM_ENOMEM);
    taken_back(st->db);
    assert_int_equal(store_meta_num_set(st, "tried", 1), SAM_ENOMEM);
    assert_int_equal(intake_commit(k->centre.in), SAM_ENOMEM);
    assert_int_equal(store_meta_num(st, "tried", 0), 0);
}

static void a_tablet_writes_nothing_behind_it(struct ward *w)
{
    samling *s = w->a->s;
    struct samling_mark mark = SAMLING_MARK_INIT;
    mark.session = w->session;
    mark.participant = w->person;
    mark.presence = 1;
    ward_meet(w);
    uint64_t csn = sam_meta(s, run_csn), saved = sam_meta(s, last_seq);
    assert_int_equal(sam_store_begin(&s->store), 0);
    assert_int_equal(sam_meta_put(s, run_csn, csn + 1), 0);
    taken_back(s->store.db);
    assert_int_equal(sam_store_begin(&s->store), SAM_EIO);
    assert_int_equal(samling_mark(s, w->user, &mark), SAMLING_EIO);
    assert_int_equal(sam_meta(s, run_csn), csn);
    assert_int_equal(sam_meta(s, last_seq), saved);
    assert_int_equal(samling_mark(s, w->user, &mark), 0);
    assert_int_equal(sam_meta(s, last_seq), saved + 1);
    pump_tablet_power(w->a);
    assert_int_equal(sam_meta(w->a->s, run_csn), csn);
    assert_int_equal(sam_meta(w->a->s, last_seq), saved + 1);
    ward_meet(w);
}

static void a_tablet_too(void **state)
{
    (void)state;
    ward_both_orders(a_tablet_writes_nothing_behind_it);
}

int main(void)
{
    sqlite3_initialize(); /* before a store is opened, which has SQLite count no memory: here a limit is set on it */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_look_that_lacks_memory_takes_back_what_was_written, clinic_setup,
                                        clinic_teardown),
        cmocka_unit_test_setup_teardown(the_centre_writes_nothing_behind_it, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(the_centre_says_why, clinic_setup, clinic_teardown),
        cmocka_unit_test(a_tablet_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
