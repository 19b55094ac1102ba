/* Goal: who saw what of somebody outlives that somebody: it stays in the access log when the person is erased, is taken when it comes
 * late, and store and log still fit each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "tests/lib/clinic.h"

static struct sam_op seen(struct clinic *k, const struct centre_tablet *t, uint64_t person)
{
    struct sam_op op = clinic_op(k, SAM_ACCESS, SAM_OP_CREATE, 0);
    op.row.key.part[0] = sam_id_make(t->device_no, 7000 + ++k->ids);
    sam_row_set(&op.row, SAM_ACCESS_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_ACCESS_resource, 3);
    sam_row_set(&op.row, SAM_ACCESS_action, 1);
    return op;
}

/* How many openings of that person stand in the log. */
static unsigned entries(struct clinic *k, uint64_t person)
{
    struct store_access a = {0};
    unsigned found = 0;
    int err;
    while ((err = store_access_next(clinic_store(k), a.audit_no, a.part, &a)) == 0)
        found += a.csn && a.participant == person;
    assert_int_equal(err, SAM_ENOTFOUND);
    return found;
}

static void it_stays_and_comes_late(void **state)
{
    struct clinic *k = *state;
    uint64_t person = k->person[0];
    clinic_push(k, &k->a, seen(k, &k->a, person));
    clinic_push(k, &k->a, seen(k, &k->a, k->person[1]));
    assert_int_equal(entries(k, person), 1);
    clinic_rule(k, SAM_RULE_ERASE, person, person, SAM_DECISION_ERASE, clinic_csn(k));
    assert_int_equal(entries(k, person), 1);
    clinic_check(k); /* verifies, and rebuilds to what it is */

    struct sam_op both[] = {clinic_mark(k, k->session, 0, SAID_PRESENT, 0), seen(k, &k->b, person)};
    uint64_t csn = clinic_push_many(k, &k->b, both, 2);
    assert_int_equal(clinic_verdict(k, csn - 1).reason, SAM_REASON_ERASED); /* what is said of the person is not kept */
    assert_int_equal(clinic_verdict(k, csn).kind, SAM_VERDICT_APPLIED);
    assert_int_equal(entries(k, person), 2);
    assert_int_equal(entries(k, k->person[1]), 1);
}

/* What the centre loses with a backup comes again, and is a line again. */
static void after_a_restore_too(void **state)
{
    struct clinic *k = *state;
    uint64_t person = k->person[0];
    centre_backup(&k->centre);
    struct centre_tablet before = k->a;
    struct sam_op op = seen(k, &k->a, person);
    clinic_push(k, &k->a, op);
    clinic_rule(k, SAM_RULE_ERASE, person, person, SAM_DECISION_ERASE, clinic_csn(k));
    centre_restore(&k->centre);
    assert_int_equal(entries(k, person), 0);
    k->a = before;
    uint64_t csn = clinic_push(k, &k->a, op);
    assert_int_equal(clinic_verdict(k, csn).kind, SAM_VERDICT_APPLIED);
    assert_int_equal(entries(k, person), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_stays_and_comes_late, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(after_a_restore_too, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
