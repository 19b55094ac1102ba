/* Goal: a right is answered with no wherever something about the question is not as it should be: nobody asks, a session that is not
 * open, a right that does not exist, a role that is over, a unit that is not there or whose units go round; and a consent counts only
 * while it stands. Beside tests/unit/test_right, which holds the table of roles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/console/right.h"
#include "tests/lib/clinic.h"

#include <string.h>

enum { TODAY = CLINIC_DAY, SHARE_NAV = 4, GIVEN = 1, WITHDRAWN = 2 };

static struct login_session as(int role, uint64_t org, int32_t from_day, int32_t to_day)
{
    struct login_session s = {.state = LOGIN_OPEN, .role_count = 1};
    s.role[0] = (struct store_account_role){.role = (uint8_t)role, .org = org, .from_day = from_day, .to_day = to_day};
    return s;
}

static void who_is_nobody(void **state)
{
    struct clinic *k = *state;
    struct store *st = clinic_store(k);
    struct login_session s = as(ACCOUNT_COORDINATOR, 0, 0, 0), half = s;
    half.state = (enum login_state)(LOGIN_OPEN + 1);
    assert_true(right_somewhere(NULL, TODAY, RIGHT_NONE));
    assert_true(right_somewhere(&s, TODAY, RIGHT_SESSION));
    assert_int_equal(right_may(st, NULL, TODAY, RIGHT_NONE, 0), RIGHT_YES);
    assert_int_equal(right_may(st, &s, TODAY, RIGHT_SESSION, 0), RIGHT_YES);
    for (unsigned r = RIGHT_SESSION; r < RIGHT_COUNT; r++) {
        assert_false(right_somewhere(NULL, TODAY, (enum right)r));
        assert_false(right_somewhere(&half, TODAY, (enum right)r));
        assert_int_equal(right_may(st, NULL, TODAY, (enum right)r, k->org), RIGHT_NO);
        assert_int_equal(right_may(st, &half, TODAY, (enum right)r, k->org), RIGHT_NO);
    }
    assert_false(right_somewhere(&s, TODAY, RIGHT_COUNT));
    assert_int_equal(right_may(st, &s, TODAY, RIGHT_COUNT, k->org), RIGHT_NO);
    assert_string_equal(right_name(RIGHT_COUNT), "?");
    assert_string_equal(right_name(RIGHT_SESSION), "SESSION");
}

/* Some right that a coordinator has, so that what follows can tell yes from no. */
static enum right coordinators(struct clinic *k)
{
    struct login_session s = as(ACCOUNT_COORDINATOR, k->org, 0, 0);
    for (unsigned r = RIGHT_SESSION + 1; r < RIGHT_COUNT; r++)
        if (right_may(clinic_store(k), &s, TODAY, (enum right)r, k->org) == RIGHT_YES)
            return (enum right)r;
    fail_msg("a coordinator may do nothing");
    return RIGHT_NONE;
}

static void when_and_as_what(void **state)
{
    struct clinic *k = *state;
    enum right r = coordinators(k);
    const struct {
        struct login_session s;
        bool may;
    } table[] = {{as(ACCOUNT_COORDINATOR, k->org, TODAY, TODAY), true},
                 {as(ACCOUNT_COORDINATOR, k->org, TODAY + 1, 0), false},
                 {as(ACCOUNT_COORDINATOR, k->org, 0, TODAY - 1), false},
                 {as(ACCOUNT_COORDINATOR, k->far_org, 0, 0), false},
                 {as(ACCOUNT_COORDINATOR, 0, 0, 0), true}, /* everywhere */
                 {as(0, k->org, 0, 0), false},
                 {as(ACCOUNT_ROLES, k->org, 0, 0), false}};
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        assert_int_equal(right_may(clinic_store(k), &table[i].s, TODAY, r, k->org) == RIGHT_YES, table[i].may);
        bool elsewhere = i == 3; /* it is a right somewhere, if not here */
        assert_int_equal(right_somewhere(&table[i].s, TODAY, r), table[i].may || elsewhere);
    }
    struct login_session both = as(ACCOUNT_COORDINATOR, k->far_org, 0, 0);
    both.role[both.role_count++] = table[0].s.role[0];
    assert_int_equal(right_may(clinic_store(k), &both, TODAY, r, k->org), RIGHT_YES);
    assert_true(right_somewhere(&both, TODAY, r));
}

static uint64_t unit_below(struct clinic *k, uint64_t parent)
{
    struct sam_op op = clinic_op(k, SAM_ORG_UNIT, SAM_OP_CREATE, clinic_csn(k));
    op.row.key.part[0] = clinic_minted(k);
    sam_row_set_text(&op.row, SAM_ORG_UNIT_name, "Enhet", 5);
    if (parent)
        sam_row_set(&op.row, SAM_ORG_UNIT_parent, (int64_t)parent);
    clinic_say(k, op);
    return op.row.key.part[0];
}

static void which_units_are_above(void **state)
{
    struct clinic *k = *state;
    enum right r = coordinators(k);
    struct login_session top = as(ACCOUNT_COORDINATOR, k->org, 0, 0);
    struct store *st = clinic_store(k);
    uint64_t unit = k->org;
    for (unsigned depth = 1; depth < RIGHT_DEPTH_MAX; depth++) {
        unit = unit_below(k, unit);
        assert_int_equal(right_may(st, &top, TODAY, r, unit), RIGHT_YES);
    }
    assert_int_equal(right_may(st, &top, TODAY, r, unit_below(k, unit)), RIGHT_NO); /* deeper than anybody looks */
    assert_int_equal(right_may(st, &top, TODAY, r, 4711), RIGHT_NO);                /* no such unit */
    uint64_t gone = unit_below(k, k->org);
    assert_int_equal(right_may(st, &top, TODAY, r, gone), RIGHT_YES);
    clinic_say(k, clinic_tombstone(k, (struct sam_key){.entity = SAM_ORG_UNIT, .part = {gone}}, clinic_csn(k)));
    assert_int_equal(right_may(st, &top, TODAY, r, gone), RIGHT_NO);
}

/* ${day} 0: none is said. */
static void consent(struct clinic *k, unsigned person, int what, int32_t day)
{
    struct sam_op op = clinic_op(k, SAM_CONSENT, SAM_OP_SET, clinic_csn(k));
    op.row.key.part[0] = k->person[person];
    op.row.key.part[1] = SHARE_NAV;
    sam_row_set(&op.row, SAM_CONSENT_state, what);
    if (day)
        sam_row_set(&op.row, SAM_CONSENT_day, day);
    clinic_say(k, op);
}

static void while_a_consent_stands(void **state)
{
    struct clinic *k = *state;
    struct store *st = clinic_store(k);
    struct login_session nav = as(ACCOUNT_NAV_ADVISER, k->org, 0, 0);
    unsigned r = RIGHT_SESSION + 1;
    while (r < RIGHT_COUNT && right_may(st, &nav, TODAY, (enum right)r, k->org) != RIGHT_CONSENT)
        r++;
    assert_true(r < RIGHT_COUNT);
    const enum right of = (enum right)r;
    assert_false(right_may_person(st, &nav, TODAY, of, k->org, k->person[0]));
    consent(k, 0, GIVEN, CLINIC_DAY);
    assert_true(right_may_person(st, &nav, TODAY, of, k->org, k->person[0]));
    assert_false(right_may_person(st, &nav, TODAY, of, k->org, k->person[1])); /* another person's is none */
    assert_false(right_may_person(st, &nav, TODAY, of, k->far_org, k->person[0]));
    consent(k, 0, WITHDRAWN, CLINIC_DAY);
    assert_false(right_may_person(st, &nav, TODAY, of, k->org, k->person[0]));
    consent(k, 0, GIVEN, CLINIC_DAY);
    assert_true(right_may_person(st, &nav, TODAY, of, k->org, k->person[0]));
    struct sam_key key = {.entity = SAM_CONSENT, .part = {k->person[0], SHARE_NAV}};
    clinic_say(k, clinic_tombstone(k, key, clinic_csn(k)));
    assert_false(right_may_person(st, &nav, TODAY, of, k->org, k->person[0]));
    consent(k, 1, GIVEN, 0);
    assert_true(right_may_person(st, &nav, TODAY, of, k->org, k->person[1])); /* whenever it was given */
    struct login_session all = as(ACCOUNT_COORDINATOR, k->org, 0, 0);
    assert_int_equal(right_may_person(st, &all, TODAY, coordinators(k), k->org, k->person[0]), true); /* nobody asked */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_is_nobody, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(when_and_as_what, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(which_units_are_above, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(while_a_consent_stands, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
