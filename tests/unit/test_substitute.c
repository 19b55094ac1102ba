/* Goal: of users the centre takes from a tablet only a substitute of its own clinic, for whom somebody with an account there
 * vouches in the same op; and what a substitute says counts from that op on, at no other clinic, and under no other name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/model/rule.h"
#include "tests/lib/clinic.h"

static struct sam_op vouched(struct clinic *k, const struct centre_tablet *t)
{
    bool far = t == &k->far;
    struct sam_op op = clinic_op(k, SAM_USER, SAM_OP_CREATE, clinic_csn(k));
    op.user = far ? k->far_user : k->user;
    op.row.key.part[0] = sam_id_make(t->device_no, ++k->ids);
    sam_row_set_text(&op.row, SAM_USER_name, "Vikar", 5);
    sam_row_set(&op.row, SAM_USER_role, 5);
    sam_row_set(&op.row, SAM_USER_org, (int64_t)(far ? k->far_org : k->org));
    sam_row_set(&op.row, SAM_USER_provisional, 1);
    sam_row_set(&op.row, SAM_USER_vouched_by, (int64_t)op.user);
    return op;
}

static struct sam_op mark_by(struct clinic *k, uint64_t user, unsigned person)
{
    struct sam_op op = clinic_mark(k, k->session, person, SAID_PRESENT, clinic_csn(k));
    op.user = user;
    return op;
}

static struct sam_op user_set(struct clinic *k, uint64_t user, unsigned field, uint64_t value)
{
    struct sam_op op = clinic_op(k, SAM_USER, SAM_OP_SET, clinic_csn(k));
    op.user = k->user;
    op.row.key.part[0] = user;
    sam_row_set(&op.row, field, (int64_t)value);
    return op;
}

#define taken(k, t, op) verdict_is(k, t, op, SAM_REASON_NONE, __LINE__)
#define refused(k, t, op, why) verdict_is(k, t, op, why, __LINE__)
static uint64_t verdict_is(struct clinic *k, struct centre_tablet *t, struct sam_op op, enum sam_reason why, int line)
{
    struct store_verdict v = clinic_verdict(k, clinic_push(k, t, op));
    enum sam_reason got = v.kind == SAM_VERDICT_QUARANTINED ? (enum sam_reason)v.reason : SAM_REASON_NONE;
    if (got != why)
        fail_msg("line %d: reason %d, not %d", line, (int)got, (int)why);
    return op.row.key.part[0];
}

static void a_substitute_marks_from_the_op_on(void **state)
{
    struct clinic *k = *state;
    struct sam_op made = vouched(k, &k->a);
    uint64_t id = made.row.key.part[0];
    struct sam_op ops[] = {made, mark_by(k, id, 0)};
    clinic_push_many(k, &k->a, ops, 2); /* one batch: the mark is judged right behind */
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_PRESENT);
    assert_int_equal(clinic_num(k, &made.row.key, SAM_USER_vouched_by), (int64_t)k->user);
    taken(k, &k->b, mark_by(k, id, 1)); /* on another tablet of the clinic too */
    struct sam_op away = clinic_mark(k, k->far_session, 0, SAID_PRESENT, clinic_csn(k));
    away.user = id;
    refused(k, &k->far, away, SAM_REASON_USER);
    assert_int_equal(clinic_quarantined(k, k->a.device_no), 0);
}

static void what_a_tablet_may_not_say(void **state)
{
    struct clinic *k = *state;
    uint64_t id = taken(k, &k->a, vouched(k, &k->a));
    struct sam_op op = vouched(k, &k->a);
    sam_row_set(&op.row, SAM_USER_provisional, 0);
    refused(k, &k->a, op, SAM_REASON_NOT_PERMITTED);
    op = vouched(k, &k->a);
    sam_row_set(&op.row, SAM_USER_shown_as, (int64_t)k->user);
    refused(k, &k->a, op, SAM_REASON_NOT_PERMITTED);
    op = vouched(k, &k->a);
    sam_row_set(&op.row, SAM_USER_active, 1);
    refused(k, &k->a, op, SAM_REASON_NOT_PERMITTED);
    op = vouched(k, &k->a);
    sam_row_set(&op.row, SAM_USER_vouched_by, (int64_t)k->far_user); /* in another's name */
    refused(k, &k->a, op, SAM_REASON_NOT_PERMITTED);
    op = vouched(k, &k->a);
    sam_row_set(&op.row, SAM_USER_org, (int64_t)k->far_org);
    refused(k, &k->a, op, SAM_REASON_NOT_PERMITTED);
    op = vouched(k, &k->a);
    op.row.key.part[0] = sam_id_make(k->b.device_no, 77); /* an id of another tablet's */
    refused(k, &k->a, op, SAM_REASON_NOT_PERMITTED);
    op = vouched(k, &k->a);
    op.row.present &= ~(1u << SAM_USER_vouched_by);
    refused(k, &k->a, op, SAM_REASON_NOT_PERMITTED);
    refused(k, &k->a, user_set(k, id, SAM_USER_shown_as, k->user), SAM_REASON_NOT_PERMITTED);
    refused(k, &k->a, user_set(k, id, SAM_USER_provisional, 0), SAM_REASON_NOT_PERMITTED);
    struct sam_op gone = clinic_tombstone(k, vouched(k, &k->a).row.key, clinic_csn(k));
    gone.user = k->user;
    gone.row.key.part[0] = id;
    refused(k, &k->a, gone, SAM_REASON_NOT_PERMITTED);
}

static void who_vouches_has_an_account_in_use(void **state)
{
    struct clinic *k = *state;
    uint64_t id = taken(k, &k->a, vouched(k, &k->a));
    struct sam_op by = vouched(k, &k->a);
    by.user = id;
    sam_row_set(&by.row, SAM_USER_vouched_by, (int64_t)id);
    refused(k, &k->a, by, SAM_REASON_USER);
    clinic_say(k, user_set(k, id, SAM_USER_shown_as, k->user)); /* nor as whoever it is */
    by.row.key.part[0] = sam_id_make(k->a.device_no, ++k->ids);
    refused(k, &k->a, by, SAM_REASON_USER);
    struct sam_op far = vouched(k, &k->a);
    far.user = k->far_user;
    sam_row_set(&far.row, SAM_USER_vouched_by, (int64_t)k->far_user);
    refused(k, &k->a, far, SAM_REASON_USER);
    clinic_say(k, user_set(k, k->user, SAM_USER_active, 0));
    refused(k, &k->a, vouched(k, &k->a), SAM_REASON_USER);
    clinic_say(k, user_set(k, k->user, SAM_USER_active, 1));
    taken(k, &k->a, vouched(k, &k->a));
}

static void nobody_is_shown_as_a_substitute(void **state)
{
    struct clinic *k = *state;
    uint64_t one = taken(k, &k->a, vouched(k, &k->a)), other = taken(k, &k->b, vouched(k, &k->b));
    assert_int_equal(clinic_refused(k, user_set(k, one, SAM_USER_shown_as, other)), SAM_REASON_NOT_PERMITTED);
    assert_int_equal(clinic_refused(k, user_set(k, one, SAM_USER_shown_as, one)), SAM_REASON_NOT_PERMITTED);
    assert_int_equal(clinic_refused(k, user_set(k, one, SAM_USER_shown_as, sam_id_make(1, 99999))),
                     SAM_REASON_REFERENCE);
    assert_int_equal(clinic_refused(k, user_set(k, one, SAM_USER_vouched_by, k->far_user)), SAM_REASON_NOT_PERMITTED);
    clinic_say(k, user_set(k, one, SAM_USER_shown_as, k->far_user)); /* whose account is at another clinic */
    clinic_say(k, user_set(k, other, SAM_USER_shown_as, k->far_user));
    struct sam_key key = {.entity = SAM_USER, .part = {one}};
    assert_int_equal(clinic_num(k, &key, SAM_USER_shown_as), (int64_t)k->far_user);
    clinic_say(k, user_set(k, one, SAM_USER_shown_as, 0));
    assert_int_equal(clinic_num(k, &key, SAM_USER_shown_as), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_substitute_marks_from_the_op_on, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_a_tablet_may_not_say, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(who_vouches_has_an_account_in_use, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(nobody_is_shown_as_a_substitute, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
