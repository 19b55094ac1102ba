/* Goal: what no single row tells, a session cancelled but attended, or two of one group on one day, is asked while it holds;
 * what a coordinator let stand is asked again only when somebody says more. After each story all must verify and rebuild. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/clinic.h"

static uint64_t mark(struct clinic *k, struct centre_tablet *t, unsigned person, int presence, uint64_t base)
{
    return clinic_push(k, t, clinic_mark(k, k->session, person, presence, base));
}

static struct store_case attended(struct clinic *k)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {k->session, k->session}};
    return clinic_case(k, &key, SAM_RULE_ATTENDED, 0);
}

enum { HELD = 1, CANCELLED = 2 };

static void cancelled_but_attended(void **state)
{
    struct clinic *k = *state;
    struct sam_op listed = clinic_mark(k, k->session, 0, SAID_PRESENT, 0);
    sam_row_set(&listed.row, SAM_ATTENDANCE_evidence, 0);
    clinic_push(k, &k->a, listed); /* a list that nobody touched proves nothing */
    clinic_push(k, &k->b, clinic_status(k, k->session, CANCELLED, clinic_csn(k)));
    assert_int_equal(attended(k).no, 0);
    uint64_t opened = mark(k, &k->a, 1, SAID_PRESENT, 0);
    struct store_case c = attended(k);
    assert_true(c.open);
    assert_int_equal(c.opened_csn, opened);
    assert_int_equal(c.scope, k->group);
    clinic_push(k, &k->b, clinic_status(k, k->session, HELD, clinic_csn(k)));
    assert_false(attended(k).open);
    clinic_push(k, &k->b, clinic_status(k, k->session, CANCELLED, clinic_csn(k)));
    assert_true(attended(k).open);
    assert_int_equal(attended(k).no, c.no);
    mark(k, &k->a, 1, SAID_NO_SHOW, clinic_csn(k));
    assert_false(attended(k).open);
    mark(k, &k->a, 1, SAID_PRESENT, clinic_csn(k));
    assert_true(attended(k).open);
    struct sam_key key = clinic_key(k, k->session, 1);
    clinic_push(k, &k->a, clinic_tombstone(k, key, clinic_csn(k)));
    assert_false(attended(k).open);
    mark(k, &k->a, 1, SAID_PRESENT, clinic_csn(k));
    assert_true(attended(k).open);
    struct sam_key session = {.entity = SAM_SESSION, .part = {k->session}};
    clinic_say(k, clinic_tombstone(k, session, clinic_csn(k)));
    assert_false(attended(k).open);
    mark(k, &k->b, 2, SAID_PRESENT, 0);
    assert_false(attended(k).open);
}

static void what_was_ruled_stands_until_somebody_says_more(void **state)
{
    struct clinic *k = *state;
    uint64_t session = k->session;
    clinic_push(k, &k->b, clinic_status(k, session, CANCELLED, clinic_csn(k)));
    uint64_t page = mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    mark(k, &k->b, 1, SAID_PRESENT, clinic_csn(k));
    uint64_t no = attended(k).no;
    clinic_rule(k, SAM_RULE_ATTENDED, session, session, SAM_DECISION_MAY_STAND, page);
    assert_true(attended(k).open); /* the page did not show the second one */
    clinic_rule(k, SAM_RULE_ATTENDED, session, session, SAM_DECISION_MAY_STAND, clinic_csn(k));
    assert_false(attended(k).open);
    clinic_push(k, &k->b, clinic_minutes(k, 0, 45, clinic_csn(k))); /* not a word about who was there */
    assert_false(attended(k).open);
    mark(k, &k->b, 2, SAID_PRESENT, clinic_csn(k));
    assert_true(attended(k).open);
    assert_int_equal(attended(k).no, no);
    clinic_rule(k, SAM_RULE_ATTENDED, session, session, SAM_DECISION_MAY_STAND, clinic_csn(k));
    assert_false(attended(k).open);
    clinic_rule(k, SAM_RULE_ATTENDED, session, session, SAM_DECISION_NONE, clinic_csn(k)); /* taken back */
    assert_true(attended(k).open);
}

/* That somebody was not there does not say again that the session was held. */
static void an_absence_does_not_open_what_may_stand(void **state)
{
    struct clinic *k = *state;
    clinic_push(k, &k->b, clinic_status(k, k->session, CANCELLED, clinic_csn(k)));
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    clinic_rule(k, SAM_RULE_ATTENDED, k->session, k->session, SAM_DECISION_MAY_STAND, clinic_csn(k));
    mark(k, &k->b, 1, SAID_NO_SHOW, clinic_csn(k));
    assert_false(attended(k).open);
}

static struct store_case same_day(struct clinic *k, uint64_t a, uint64_t b)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {a < b ? a : b, a < b ? b : a}};
    return clinic_case(k, &key, SAM_RULE_SAME_DAY, 0);
}

static void two_sessions_of_a_day(void **state)
{
    struct clinic *k = *state;
    struct sam_op one = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY);
    struct sam_op two = clinic_ad_hoc(k, &k->b, k->group, CLINIC_DAY);
    struct sam_op elsewhere = clinic_ad_hoc(k, &k->b, k->other_group, CLINIC_DAY);
    struct sam_op other_day = clinic_ad_hoc(k, &k->b, k->group, CLINIC_DAY - 1);
    uint64_t first = one.row.key.part[0], second = two.row.key.part[0];
    clinic_push(k, &k->b, elsewhere);
    clinic_push(k, &k->b, other_day);
    assert_int_equal(clinic_cases_open(k), 0);
    clinic_push(k, &k->a, one);
    assert_int_equal(clinic_cases_open(k), 1);
    struct store_case c = same_day(k, first, k->session);
    assert_true(c.open);
    assert_int_equal(c.scope, k->group);
    clinic_push(k, &k->b, two);
    assert_int_equal(clinic_cases_open(k), 3);
    clinic_push(k, &k->b, clinic_status(k, second, CANCELLED, clinic_csn(k)));
    assert_int_equal(clinic_cases_open(k), 1);
    clinic_push(k, &k->b, clinic_status(k, second, HELD, clinic_csn(k)));
    assert_int_equal(clinic_cases_open(k), 3);
    struct sam_key key = {.entity = SAM_SESSION, .part = {second}};
    clinic_push(k, &k->b, clinic_tombstone(k, key, clinic_csn(k)));
    assert_int_equal(clinic_cases_open(k), 1);
    assert_true(same_day(k, first, k->session).open);
}

static void two_sessions_may_stand(void **state)
{
    struct clinic *k = *state;
    struct sam_op one = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY), room;
    uint64_t id = one.row.key.part[0], lesser = id < k->session ? id : k->session, other = id ^ k->session ^ lesser;
    clinic_push(k, &k->a, one);
    clinic_rule(k, SAM_RULE_SAME_DAY, lesser, other, SAM_DECISION_MAY_STAND, clinic_csn(k));
    assert_false(same_day(k, lesser, other).open);
    room = clinic_op(k, SAM_SESSION, SAM_OP_SET, clinic_csn(k));
    room.row.key.part[0] = id;
    sam_row_set_text(&room.row, SAM_SESSION_room, "Sal B", 5);
    clinic_push(k, &k->a, room);
    assert_false(same_day(k, lesser, other).open);
    clinic_push(k, &k->b, clinic_ad_hoc(k, &k->b, k->group, CLINIC_DAY)); /* about others only */
    assert_false(same_day(k, lesser, other).open);
    assert_int_equal(clinic_cases_open(k), 2);
}

/* That it was held is what the coordinator said of both. */
static void holding_it_does_not_open_what_may_stand(void **state)
{
    struct clinic *k = *state;
    struct sam_op one = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY);
    uint64_t id = one.row.key.part[0], lesser = id < k->session ? id : k->session, other = id ^ k->session ^ lesser;
    clinic_push(k, &k->a, one);
    clinic_rule(k, SAM_RULE_SAME_DAY, lesser, other, SAM_DECISION_MAY_STAND, clinic_csn(k));
    clinic_push(k, &k->a, clinic_status(k, id, HELD, clinic_csn(k)));
    assert_false(same_day(k, lesser, other).open);
}

static void a_session_stays_in_its_group(void **state)
{
    struct clinic *k = *state;
    struct sam_op op = clinic_op(k, SAM_SESSION, SAM_OP_SET, clinic_csn(k));
    struct sam_key key = {.entity = SAM_SESSION, .part = {k->session}};
    op.row.key = key;
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)k->other_group);
    assert_int_equal(clinic_refused(k, op), SAM_REASON_NOT_PERMITTED);
    op.row.present = 0;
    sam_row_set(&op.row, SAM_SESSION_day, CLINIC_DAY + 1);
    assert_int_equal(clinic_refused(k, op), SAM_REASON_NOT_PERMITTED);
    assert_int_equal(clinic_verdict(k, clinic_push(k, &k->a, op)).kind, SAM_VERDICT_QUARANTINED);
    assert_int_equal(clinic_num(k, &key, SAM_SESSION_day), CLINIC_DAY);
    assert_int_equal(clinic_num(k, &key, SAM_SESSION_group_id), k->group);
}

/* The coordinator had seen the mark; that the centre lost it meanwhile, and got it back after the ruling, is nobody's news. */
static void a_ruling_holds_across_a_restore(void **state)
{
    struct clinic *k = *state;
    struct centre_tablet a = k->a, b = k->b;
    uint64_t epoch = intake_epoch(k->centre.in).id;
    struct sam_op first, second;
    clinic_say(k, clinic_status(k, k->session, CANCELLED, clinic_csn(k)));
    centre_backup(&k->centre);
    first = clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k));
    second = clinic_mark(k, k->session, 1, SAID_PRESENT, clinic_csn(k));
    uint64_t seen = clinic_push(k, &k->a, first);
    clinic_rule(k, SAM_RULE_ATTENDED, k->session, k->session, SAM_DECISION_MAY_STAND, clinic_csn(k));
    uint64_t unseen = clinic_push(k, &k->b, second);
    assert_true(attended(k).open);
    centre_restore(&k->centre);
    k->a = a;
    k->b = b;
    assert_false(attended(k).open);
    clinic_push_again(k, &k->a, first, epoch, seen);
    assert_false(attended(k).open);
    clinic_push_again(k, &k->b, second, epoch, unseen);
    assert_true(attended(k).open);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(cancelled_but_attended, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_was_ruled_stands_until_somebody_says_more, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(an_absence_does_not_open_what_may_stand, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(two_sessions_of_a_day, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(two_sessions_may_stand, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(holding_it_does_not_open_what_may_stand, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_session_stays_in_its_group, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_ruling_holds_across_a_restore, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
