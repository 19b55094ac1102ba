/* Goal: what may not be taken in by itself is taken in, or rests, when a coordinator says so; a ruling outlives a restore.
 * After each story all must verify, and rebuild. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/clinic.h"

static void is(struct clinic *k, uint64_t csn, enum sam_verdict kind, enum sam_reason reason)
{
    struct store_verdict v = clinic_verdict(k, csn);
    assert_int_equal(v.kind, kind);
    assert_int_equal(v.reason, reason);
}

static void waits(struct clinic *k, uint64_t csn, enum sam_reason reason)
{
    is(k, csn, SAM_VERDICT_QUARANTINED, reason);
    assert_false(clinic_verdict(k, csn).closed);
}

/* A device's own later word stands, though the earlier one is judged after it. */
static void an_own_later_op_supersedes(void **state)
{
    struct clinic *k = *state;
    struct sam_op user = clinic_op(k, SAM_USER, SAM_OP_CREATE, 0);
    struct sam_op early = clinic_mark(k, k->session, 0, SAID_PRESENT, 0);
    early.user = user.row.key.part[0] = clinic_minted(k);
    sam_row_set(&early.row, SAM_ATTENDANCE_minutes, 50);
    uint64_t first = clinic_push(k, &k->a, early), seq = k->a.seq;
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_NO_SHOW, 0));
    waits(k, first, SAM_REASON_USER);
    sam_row_set_text(&user.row, SAM_USER_name, "Vikar", 5);
    sam_row_set(&user.row, SAM_USER_org, (int64_t)k->org);
    clinic_say(k, user);
    clinic_settle(k);
    waits(k, first, SAM_REASON_USER); /* who somebody is, a coordinator says */
    clinic_decide(k, &k->a, seq, SAM_DECISION_TAKE_IN);
    is(k, first, SAM_VERDICT_SUPERSEDED, SAM_REASON_NONE);
    struct sam_key key = clinic_key(k, k->session, 0);
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_NO_SHOW);
    assert_int_equal(clinic_num(k, &key, SAM_ATTENDANCE_minutes), 50); /* of which nobody said more */
}

static void out_of_scope_a_coordinator_decides(void **state)
{
    struct clinic *k = *state;
    struct clinic_pulled p;
    uint64_t csn = clinic_push(k, &k->far, clinic_mark(k, k->session, 0, SAID_PRESENT, 0)), seq;
    waits(k, csn, SAM_REASON_USER); /* of another clinic */
    struct sam_op op = clinic_mark(k, k->session, 0, SAID_PRESENT, 0);
    op.user = k->far_user;
    csn = clinic_push(k, &k->far, op);
    seq = k->far.seq;
    waits(k, csn, SAM_REASON_SCOPE);
    clinic_pull(k, &k->far, csn - 1, &p);
    assert_int_equal(p.rows, 0);
    assert_int_equal(clinic_told(&p, seq)->kind, SAM_VERDICT_QUARANTINED);
    assert_int_equal(clinic_told(&p, seq)->reason, SAM_REASON_REFERENCE); /* no difference for who tries */
    uint64_t ruled = clinic_decide(k, &k->far, seq, SAM_DECISION_TAKE_IN);
    waits(k, csn, SAM_REASON_SCOPE); /* a coordinator does not widen what a device may */
    assert_int_equal(clinic_verdict(k, csn).at_csn, ruled);
    struct sam_op move = clinic_op(k, SAM_GROUP, SAM_OP_SET, clinic_csn(k));
    move.row.key.part[0] = k->group;
    sam_row_set(&move.row, SAM_GROUP_org, (int64_t)k->far_org);
    clinic_say(k, move);
    clinic_settle(k);
    waits(k, csn, SAM_REASON_SCOPE);
    clinic_decide(k, &k->far, seq, SAM_DECISION_TAKE_IN);
    is(k, csn, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_PRESENT);
}

static void what_a_revoked_tablet_said_is_taken_in(void **state)
{
    struct clinic *k = *state;
    clinic_device_state(k, k->a.device_no, SAM_DEVICE_REVOKED);
    uint64_t csn = clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, 0));
    waits(k, csn, SAM_REASON_REVOKED);
    clinic_push(k, &k->b, clinic_ad_hoc(k, &k->b, k->group, CLINIC_DAY - 1));
    clinic_settle(k);
    waits(k, csn, SAM_REASON_REVOKED);
    assert_int_equal(clinic_presence(k, k->session, 0), -1);
    clinic_decide(k, &k->a, k->a.seq, SAM_DECISION_TAKE_IN);
    is(k, csn, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_PRESENT);
    uint64_t now = clinic_csn(k);
    assert_int_equal(clinic_decide(k, &k->a, k->a.seq, SAM_DECISION_TAKE_IN),
                     now + 1); /* once more: nothing is left to do */
    is(k, csn, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    clinic_decide(k, &k->a, 99, SAM_DECISION_TAKE_IN); /* no such op, no such device */
    clinic_rule(k, SAM_RULE_QUARANTINE, 77777, 1, SAM_DECISION_TAKE_IN, clinic_csn(k));
}

/* It waited for a session when its tablet was shut out: from then on only a coordinator takes in what that tablet said. */
static void shut_out_it_is_not_taken_in_by_itself(void **state)
{
    struct clinic *k = *state;
    struct sam_op session = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY - 1);
    uint64_t id = session.row.key.part[0], csn = clinic_push(k, &k->b, clinic_mark(k, id, 0, SAID_PRESENT, 0));
    waits(k, csn, SAM_REASON_REFERENCE);
    clinic_device_state(k, k->b.device_no, SAM_DEVICE_REVOKED);
    clinic_push(k, &k->a, session);
    clinic_settle(k);
    assert_int_equal(clinic_verdict(k, csn).kind, SAM_VERDICT_QUARANTINED);
    assert_int_equal(clinic_presence(k, id, 0), -1);
    clinic_decide(k, &k->b, k->b.seq, SAM_DECISION_TAKE_IN);
    is(k, csn, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_presence(k, id, 0), SAID_PRESENT);
}

/* Who was told that something was refused does not find it done later. */
static void what_the_centre_itself_was_refused_stays_undone(void **state)
{
    struct clinic *k = *state;
    struct sam_op enrol = clinic_op(k, SAM_ENROLMENT, SAM_OP_SET, 0);
    enrol.row.key.part[0] = k->other_group;
    enrol.row.key.part[1] = k->person[0];
    assert_int_equal(clinic_refused(k, clinic_tombstone(k, enrol.row.key, clinic_csn(k))), SAM_REASON_REFERENCE);
    sam_row_set(&enrol.row, SAM_ENROLMENT_status, 4);
    clinic_say(k, enrol);
    clinic_settle(k);
    centre_restart(&k->centre);
    clinic_settle(k);
    assert_int_equal(clinic_num(k, &enrol.row.key, SAM_ENROLMENT_status), 4);
}

static void it_rests_until_somebody_says_otherwise(void **state)
{
    struct clinic *k = *state;
    struct clinic_pulled p;
    struct sam_op session = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY - 1);
    uint64_t id = session.row.key.part[0], before = clinic_csn(k);
    uint64_t csn = clinic_push(k, &k->b, clinic_mark(k, id, 0, SAID_PRESENT, 0)), seq = k->b.seq;
    uint64_t other = clinic_push(k, &k->b, clinic_mark(k, id, 1, SAID_PRESENT, 0));
    uint64_t ruled = clinic_decide(k, &k->b, seq, SAM_DECISION_LET_REST);
    assert_true(clinic_verdict(k, csn).closed);
    assert_int_equal(clinic_verdict(k, csn).at_csn, ruled);
    is(k, csn, SAM_VERDICT_QUARANTINED, SAM_REASON_REFERENCE);
    clinic_pull(k, &k->b, before, &p);
    assert_true(clinic_told(&p, seq)->closed);
    assert_false(clinic_told(&p, seq + 1)->closed);
    clinic_push(k, &k->a, session);
    is(k, other, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    is(k, csn, SAM_VERDICT_QUARANTINED, SAM_REASON_REFERENCE); /* it rests, though it would fit now */
    clinic_rule(k, SAM_RULE_QUARANTINE, k->b.device_no, seq, SAM_DECISION_TAKE_IN,
                csn); /* a page from before the ruling */
    assert_true(clinic_verdict(k, csn).closed);
    assert_int_equal(clinic_cases_open(k), 1); /* two coordinators who did not know of each other */
    clinic_decide(k, &k->b, seq, SAM_DECISION_TAKE_IN);
    is(k, csn, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_cases_open(k), 0);
    assert_int_equal(clinic_presence(k, id, 0), SAID_PRESENT);
}

static void refused_again_it_keeps_its_reason(void **state)
{
    struct clinic *k = *state;
    uint64_t group = clinic_minted(k), csn = clinic_push(k, &k->a, clinic_mark(k, k->session, 0, 9, 0));
    struct sam_op session = clinic_ad_hoc(k, &k->a, group, CLINIC_DAY - 1);
    waits(k, csn, SAM_REASON_RANGE);
    clinic_decide(k, &k->a, k->a.seq, SAM_DECISION_TAKE_IN);
    waits(k, csn, SAM_REASON_RANGE);
    clinic_decide(k, &k->a, k->a.seq, SAM_DECISION_LET_REST);
    assert_true(clinic_verdict(k, csn).closed);
    csn = clinic_push(k, &k->a, session);
    waits(k, csn, SAM_REASON_REFERENCE);
    clinic_decide(k, &k->a, k->a.seq, SAM_DECISION_TAKE_IN);
    waits(k, csn, SAM_REASON_REFERENCE);
    sam_row_set(&session.row, SAM_SESSION_group_id, (int64_t)k->group);
    is(k, clinic_push(k, &k->a, session), SAM_VERDICT_APPLIED, SAM_REASON_NONE); /* the same id, said anew */
    clinic_say(k, clinic_new_group(k, group));
    clinic_settle(k);
    waits(k, csn, SAM_REASON_REFERENCE); /* it would be made twice */
    clinic_decide(k, &k->a, k->a.seq - 1, SAM_DECISION_NONE);
    clinic_decide(k, &k->a, k->a.seq - 1, SAM_DECISION_TAKE_IN);
    waits(k, csn, SAM_REASON_EQUIVOCATION);
}

/* ---- after a restore */

static void a_ruling_waits_for_its_op(void **state)
{
    struct clinic *k = *state;
    struct centre_tablet a = k->a, b = k->b;
    uint64_t epoch = intake_epoch(k->centre.in).id, csn[2], later, at;
    struct sam_op user = clinic_op(k, SAM_USER, SAM_OP_CREATE, 0);
    struct sam_op session = clinic_ad_hoc(k, &k->b, k->group, CLINIC_DAY - 1), op[2];
    op[0] = clinic_mark(k, session.row.key.part[0], 0, SAID_PRESENT, 0);
    op[0].user = clinic_minted(k);
    op[1] = clinic_mark(k, k->session, 1, 9, 0);
    centre_backup(&k->centre);
    for (unsigned i = 0; i < 2; i++)
        csn[i] = clinic_push(k, &k->a, op[i]);
    later = clinic_push(k, &k->b, session);
    user.row.key.part[0] = op[0].user;
    sam_row_set_text(&user.row, SAM_USER_name, "Vikar", 5);
    sam_row_set(&user.row, SAM_USER_org, (int64_t)k->org);
    clinic_say(k, user);
    waits(k, csn[0], SAM_REASON_USER);
    clinic_decide(k, &k->a, 1, SAM_DECISION_TAKE_IN);
    clinic_decide(k, &k->a, 2, SAM_DECISION_LET_REST);
    is(k, csn[0], SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    centre_restore(&k->centre); /* the journal knows of the rulings; the tablets' ops are gone */
    k->a = a;
    k->b = b;
    for (unsigned i = 0; i < 2; i++)
        csn[i] = clinic_push_again(k, &k->a, op[i], epoch, csn[i]);
    waits(k, csn[0], SAM_REASON_REFERENCE);
    is(k, csn[1], SAM_VERDICT_QUARANTINED, SAM_REASON_RANGE);
    assert_true(clinic_verdict(k, csn[1]).closed);
    at = clinic_push_again(k, &k->b, session, epoch, later) + 1;
    is(k, csn[0], SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_verdict(k, csn[0]).at_csn, at);
    assert_int_equal(clinic_presence(k, session.row.key.part[0], 0), SAID_PRESENT);
    clinic_settle(k);
    assert_int_equal(clinic_csn(k), at);
}

/* A revoked tablet erases itself once all it had is here: a centre that lost that again knows what is gone. */
static void what_an_erased_tablet_said_is_lost_with_the_store(void **state)
{
    struct clinic *k = *state;
    uint64_t counts[SAM_VERDICT_COUNT], lost;
    centre_backup(&k->centre);
    clinic_device_state(k, k->a.device_no, SAM_DEVICE_REVOKED);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, 0));
    clinic_decide(k, &k->a, 1, SAM_DECISION_TAKE_IN);
    centre_restore(&k->centre);
    clinic_settle(k);
    assert_int_equal(clinic_presence(k, k->session, 0), -1);
    assert_int_equal(store_verdict_counts(clinic_store(k), k->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 1);
}

/* It never heard that it should erase itself, and is let in again: what it sends may begin within what the centre gave up. */
static void what_reaches_back_into_a_loss_is_no_fork(void **state)
{
    struct clinic *k = *state;
    struct sam_op op[5];
    uint64_t base = clinic_csn(k);
    for (int i = 0; i < 5; i++)
        op[i] = clinic_minutes(k, 0, 40 + i, base);
    centre_backup(&k->centre);
    clinic_device_state(k, k->a.device_no, SAM_DEVICE_REVOKED);
    struct centre_tablet second = k->a;
    assert_int_equal(intake_begin(k->centre.in), 0);
    centre_push(&k->centre, &second, op, 1); /* only for its chain */
    intake_rollback(k->centre.in);
    clinic_push_many(k, &k->a, op, 3);
    clinic_device_state(k, k->a.device_no, SAM_DEVICE_ACTIVE);
    centre_restore(&k->centre); /* ops 1 to 3 are recorded as lost */
    struct centre_tablet again = second;
    clinic_push_many(k, &again, op + 1, 4);
    k->a = again;
    again = second;
    clinic_push_many(k, &again, op + 1, 3); /* the ack was lost: the same once more, cut otherwise */
    struct sam_key key = clinic_key(k, k->session, 0);
    assert_int_equal(clinic_num(k, &key, SAM_ATTENDANCE_minutes), 44);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_own_later_op_supersedes, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(out_of_scope_a_coordinator_decides, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_a_revoked_tablet_said_is_taken_in, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(shut_out_it_is_not_taken_in_by_itself, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_the_centre_itself_was_refused_stays_undone, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(it_rests_until_somebody_says_otherwise, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(refused_again_it_keeps_its_reason, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_ruling_waits_for_its_op, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_an_erased_tablet_said_is_lost_with_the_store, clinic_setup,
                                        clinic_teardown),
        cmocka_unit_test_setup_teardown(what_reaches_back_into_a_loss_is_no_fork, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
