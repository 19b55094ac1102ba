/* Goal: what is taken in late does what it would have done in order, and no more: of what stood there, only what its author had seen
 * leaves; and what is refused is refused with its reason and leaves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/clinic.h"

/* Tablet a had seen what b said, and says otherwise, as somebody whom the centre does not know yet; then, from an older page, says a third
 * thing. When its first word is taken in, b's leaves: it had been replaced. a's own later word stands, alone. */
static void only_what_its_author_had_seen_leaves(void **state)
{
    struct clinic *k = *state;
    struct sam_key key = clinic_key(k, k->session, 0);
    struct sam_op user = clinic_op(k, SAM_USER, SAM_OP_CREATE, 0);
    uint64_t seen = clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_PRESENT, 0));
    struct sam_op early = clinic_mark(k, k->session, 0, SAID_NOTIFIED, seen);
    early.user = user.row.key.part[0] = clinic_minted(k);
    uint64_t first = clinic_push(k, &k->a, early), seq = k->a.seq;
    uint64_t later = clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_NO_SHOW, 0));
    assert_int_equal(clinic_verdict(k, first).kind, SAM_VERDICT_QUARANTINED);
    assert_true(clinic_case(k, &key, SAM_RULE_UNIT, 0).open); /* b's and a's later word */
    sam_row_set_text(&user.row, SAM_USER_name, "Vikar", 5);
    sam_row_set(&user.row, SAM_USER_org, (int64_t)k->org);
    clinic_say(k, user);
    clinic_decide(k, &k->a, seq, SAM_DECISION_TAKE_IN);
    clinic_settle(k);
    assert_int_equal(clinic_verdict(k, first).kind, SAM_VERDICT_SUPERSEDED);
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_NO_SHOW);
    assert_false(clinic_case(k, &key, SAM_RULE_UNIT, 0).open);
    clinic_push(k, &k->d, clinic_mark(k, k->session, 0, SAID_NOTIFIED, later)); /* who had seen that one replaces it */
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_NOTIFIED);
    assert_false(clinic_case(k, &key, SAM_RULE_UNIT, 0).open);
}

static uint32_t offered(struct clinic *k, struct centre_tablet *t)
{
    struct sam_op op = clinic_mark(k, k->session, 1, SAID_PRESENT, 0);
    uint64_t csn = clinic_csn(k);
    assert_int_equal(intake_begin(k->centre.in), 0);
    struct intake_pushed answer = centre_offer(&k->centre, t, &op, 1, intake_epoch(k->centre.in).id);
    assert_int_equal(intake_commit(k->centre.in), 0);
    if (answer.error.code)
        assert_int_equal(clinic_csn(k), csn);
    return answer.error.code;
}

static void who_may_not_push(void **state)
{
    struct clinic *k = *state;
    struct centre_tablet stranger = k->a, ahead = k->a, waits;
    stranger.device_no = 4711;
    assert_int_equal(offered(k, &stranger), SAM_ERROR_DEVICE_UNKNOWN);
    ahead.seq += 2;
    assert_int_equal(offered(k, &ahead), SAM_ERROR_GAP);
    assert_int_equal(intake_begin(k->centre.in), 0);
    struct sam_join j = centre_invited(&k->centre, k->org);
    centre_tablet_joined(&k->centre, &waits, &j);
    assert_int_equal(intake_commit(k->centre.in), 0);
    assert_int_equal(offered(k, &waits), SAM_ERROR_NOT_ACTIVE);
    clinic_device_state(k, waits.device_no, SAM_DEVICE_ACTIVE);
    assert_int_equal(offered(k, &waits), 0);
    assert_int_equal(clinic_presence(k, k->session, 1), SAID_PRESENT);
    centre_tablet_fini(&waits);
}

/* A session that a tablet makes has a day and stands in nobody's plan. */
static void what_no_session_is(void **state)
{
    struct clinic *k = *state;
    struct sam_op op[2] = {clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY),
                           clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY)};
    op[0].row.present &= ~(1u << SAM_SESSION_day);
    sam_row_set(&op[1].row, SAM_SESSION_planned, 1);
    for (unsigned i = 0; i < 2; i++) {
        uint64_t csn = clinic_push(k, &k->a, op[i]);
        assert_int_equal(clinic_verdict(k, csn).kind, SAM_VERDICT_QUARANTINED);
        assert_int_equal(clinic_verdict(k, csn).reason, SAM_REASON_RANGE);
        assert_false(clinic_row(k, &op[i].row.key).exists);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_what_its_author_had_seen_leaves, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(who_may_not_push, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_no_session_is, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
