/* Goal: each role may do what was decided for it, at its unit and below it and nowhere else. The expectation is written by hand,
 * apart from the table that the program reads: whoever changes one has to change the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/console/right.h"
#include "tests/lib/entrance.h"

#include <stdio.h>
#include <string.h>

enum { TODAY = 20500 };

static struct entrance world;
static struct {
    uint64_t trust, own, child, grandchild, sibling, foreign;
} unit;

static uint64_t unit_make(struct entrance *c, const char *name, uint64_t parent)
{
    struct sam_op op = {.kind = SAM_OP_CREATE, .base_csn = store_csn(intake_store(c->centre.in))};
    sam_row_init(&op.row, SAM_ORG_UNIT);
    sam_row_set_text(&op.row, SAM_ORG_UNIT_name, name, strlen(name));
    sam_row_set(&op.row, SAM_ORG_UNIT_kind, 3);
    sam_row_set(&op.row, SAM_ORG_UNIT_active, 1);
    if (parent)
        sam_row_set(&op.row, SAM_ORG_UNIT_parent, (int64_t)parent);
    return centre_says(&c->centre, &op);
}

static int setup(void **state)
{
    struct entrance *c = *state = &world;
    entrance_open(c);
    assert_int_equal(intake_begin(c->centre.in), 0);
    unit.trust = unit_make(c, "Helse A", 0);
    unit.own = unit_make(c, "Porsgrunn", unit.trust);
    unit.child = unit_make(c, "Satellitt", unit.own);
    unit.grandchild = unit_make(c, "Gymsal", unit.child);
    unit.sibling = unit_make(c, "Skien", unit.trust);
    unit.foreign = unit_make(c, "Helse B", 0);
    assert_int_equal(intake_commit(c->centre.in), 0);
    return 0;
}

static int teardown(void **state)
{
    entrance_close(*state);
    return 0;
}

/* As a page asks: each in a snapshot of its own. */
static enum right_answer may(struct entrance *c, const struct login_session *s, int32_t day, enum right right,
                             uint64_t org)
{
    assert_int_equal(store_snapshot_begin(c->reader), 0);
    enum right_answer a = right_may(c->reader, s, day, right, org);
    store_snapshot_end(c->reader);
    return a;
}

static bool may_person(struct entrance *c, const struct login_session *s, enum right right, uint64_t org,
                       uint64_t person)
{
    assert_int_equal(store_snapshot_begin(c->reader), 0);
    bool a = right_may_person(c->reader, s, TODAY, right, org, person);
    store_snapshot_end(c->reader);
    return a;
}

static struct login_session session(uint64_t role, uint64_t org)
{
    return (struct login_session){.no = 1,
                                  .state = LOGIN_OPEN,
                                  .account = 1,
                                  .role_count = 1,
                                  .role = {{.role = role, .org = org, .from_day = TODAY - 10}}};
}

/* What was decided, role by role: those that stand here, and nothing else. "?": of those who consented to sharing with NAV. */
static const struct {
    uint64_t role;
    const char *may;
} decided[] = {
    {ACCOUNT_ADMIN, " OVERVIEW USER_CHANGE TABLET AUDIT_LOG ACCOUNTS SYSTEM "},
    {ACCOUNT_COORDINATOR,
     " OVERVIEW PERSON_SEE ATTENDANCE_SEE ATTENDANCE_CHANGE SCORE_SEE CASE_SEE CASE_DECIDE QUARANTINE "
     "GROUP_CHANGE PERSON_CHANGE USER_CHANGE TABLET IMPORT EXPORT INNSYN ERASE "},
    {ACCOUNT_PHYSIOTHERAPIST, " OVERVIEW PERSON_SEE ATTENDANCE_SEE ATTENDANCE_CHANGE SCORE_SEE NOTE_SEE CASE_SEE "},
    {ACCOUNT_NAV_ADVISER, " PERSON_SEE? ATTENDANCE_SEE? "},
    {ACCOUNT_AUDITOR, " ACCESS_LOG AUDIT_LOG "},
};

static enum right_answer wanted(const char *may, enum right right)
{
    char word[40], asked[40];
    snprintf(word, sizeof word, " %s ", right_name(right));
    snprintf(asked, sizeof asked, " %s? ", right_name(right));
    return strstr(may, word) ? RIGHT_YES : strstr(may, asked) ? RIGHT_CONSENT : RIGHT_NO;
}

static void every_role_every_right_everywhere(void **state)
{
    struct entrance *c = *state;
    unsigned asked = 0;
    const struct {
        const char *name;
        uint64_t org;
        bool within; /* of a role at unit.own */
    } place[] = {{"own", unit.own, true},
                 {"child", unit.child, true},
                 {"grandchild", unit.grandchild, true},
                 {"sibling", unit.sibling, false},
                 {"parent", unit.trust, false},
                 {"foreign", unit.foreign, false},
                 {"whole", 0, false},
                 {"none", 123456789, false}};
    assert_int_equal(sizeof decided / sizeof *decided, ACCOUNT_ROLES - ACCOUNT_ADMIN);
    for (size_t d = 0; d < sizeof decided / sizeof *decided; d++)
        for (size_t p = 0; p < sizeof place / sizeof *place; p++)
            for (enum right r = RIGHT_SESSION + 1; r < RIGHT_COUNT; r++, asked++) {
                struct login_session s = session(decided[d].role, unit.own), all = session(decided[d].role, 0);
                enum right_answer want = wanted(decided[d].may, r), got = may(c, &s, TODAY, r, place[p].org),
                                  everywhere = may(c, &all, TODAY, r, place[p].org);
                if (got != (place[p].within ? want : RIGHT_NO))
                    fail_msg("role %d, %s, %s: %d", (int)decided[d].role, right_name(r), place[p].name, (int)got);
                if (everywhere != (place[p].org == 123456789 ? RIGHT_NO : want))
                    fail_msg("role %d of the whole, %s, %s: %d", (int)decided[d].role, right_name(r), place[p].name,
                             (int)everywhere);
            }
    print_message("asked %u times, twice each\n", asked);
    assert_int_equal(asked, 5 * 8 * (RIGHT_COUNT - 2));
}

/* Every word of the expectation is a right: a misspelt one would expect nothing. */
static void the_expectation_names_rights(void **state)
{
    (void)state;
    for (size_t d = 0; d < sizeof decided / sizeof *decided; d++) {
        unsigned words = 0, known = 0;
        for (const char *at = decided[d].may; at[1]; at++)
            words += at[0] == ' ' && at[1] != ' ';
        for (enum right r = RIGHT_SESSION + 1; r < RIGHT_COUNT; r++)
            known += wanted(decided[d].may, r) != RIGHT_NO;
        assert_int_equal(words, known);
    }
}

static void several_roles_add_up(void **state)
{
    struct entrance *c = *state;
    struct login_session s = session(ACCOUNT_NAV_ADVISER, unit.own);
    s.role[s.role_count++] =
        (struct store_account_role){.role = ACCOUNT_PHYSIOTHERAPIST, .org = unit.sibling, .from_day = TODAY};
    assert_int_equal(may(c, &s, TODAY, RIGHT_ATTENDANCE_SEE, unit.own), RIGHT_CONSENT);
    assert_int_equal(may(c, &s, TODAY, RIGHT_ATTENDANCE_SEE, unit.sibling), RIGHT_YES);
    assert_int_equal(may(c, &s, TODAY, RIGHT_ATTENDANCE_CHANGE, unit.own), RIGHT_NO);
    s.role[1].org = unit.own;
    assert_int_equal(may(c, &s, TODAY, RIGHT_ATTENDANCE_SEE, unit.own), RIGHT_YES);
}

static void from_the_first_day_to_the_last(void **state)
{
    struct entrance *c = *state;
    struct login_session s = session(ACCOUNT_COORDINATOR, unit.own);
    s.role[0].to_day = TODAY + 5;
    const int32_t day[] = {TODAY - 11, TODAY - 10, TODAY + 5, TODAY + 6};
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(may(c, &s, day[i], RIGHT_OVERVIEW, unit.own), i == 1 || i == 2 ? RIGHT_YES : RIGHT_NO);
    s.role[0].to_day = 0;
    assert_int_equal(may(c, &s, TODAY + 100000, RIGHT_OVERVIEW, unit.own), RIGHT_YES);
}

static void nobody_and_half_a_login_may_nothing(void **state)
{
    struct entrance *c = *state;
    struct login_session s = session(ACCOUNT_COORDINATOR, 0);
    assert_int_equal(may(c, NULL, TODAY, RIGHT_NONE, 0), RIGHT_YES);
    assert_int_equal(may(c, NULL, TODAY, RIGHT_SESSION, 0), RIGHT_NO);
    assert_int_equal(may(c, &s, TODAY, RIGHT_SESSION, 0), RIGHT_YES);
    assert_int_equal(may(c, &s, TODAY, RIGHT_COUNT, 0), RIGHT_NO);
    for (enum login_state st = LOGIN_NONE; st <= LOGIN_IDLE; st++) {
        s.state = st;
        assert_int_equal(may(c, &s, TODAY, RIGHT_OVERVIEW, unit.own), st == LOGIN_OPEN ? RIGHT_YES : RIGHT_NO);
    }
    s = session(0, 0);
    assert_int_equal(may(c, &s, TODAY, RIGHT_OVERVIEW, unit.own), RIGHT_NO);
    s = session(ACCOUNT_ROLES, 0); /* of a later version */
    assert_int_equal(may(c, &s, TODAY, RIGHT_OVERVIEW, unit.own), RIGHT_NO);
}

static bool somewhere(struct login_session s, enum login_state st, int32_t day, enum right right)
{
    s.state = st;
    return right_somewhere(&s, day, right);
}

/* Before it is known where: what a page needs to be shown at all. */
static void somewhere_is_at_any_unit(void **state)
{
    (void)state;
    for (size_t d = 0; d < sizeof decided / sizeof *decided; d++)
        for (enum right r = RIGHT_SESSION + 1; r < RIGHT_COUNT; r++) {
            struct login_session s = session(decided[d].role, unit.foreign);
            s.role[s.role_count++] = (struct store_account_role){.role = ACCOUNT_ROLES, .from_day = TODAY};
            assert_true(somewhere(s, LOGIN_OPEN, TODAY, r) == (wanted(decided[d].may, r) != RIGHT_NO));
            assert_false(somewhere(s, LOGIN_OPEN, TODAY - 11, r));
        }
    struct login_session nobody = {.state = LOGIN_OPEN};
    assert_true(right_somewhere(NULL, TODAY, RIGHT_NONE));
    assert_false(right_somewhere(NULL, TODAY, RIGHT_SESSION));
    assert_false(right_somewhere(NULL, TODAY, RIGHT_OVERVIEW));
    assert_true(right_somewhere(&nobody, TODAY, RIGHT_SESSION));
    assert_false(right_somewhere(&nobody, TODAY, RIGHT_OVERVIEW));
    assert_false(somewhere(session(ACCOUNT_ADMIN, 0), LOGIN_OPEN, TODAY, RIGHT_COUNT));
    for (enum login_state st = LOGIN_NONE; st <= LOGIN_IDLE; st++) {
        assert_true(somewhere(nobody, st, TODAY, RIGHT_NONE));
        assert_true(somewhere(nobody, st, TODAY, RIGHT_SESSION) == (st == LOGIN_OPEN));
        assert_true(somewhere(session(ACCOUNT_ADMIN, 0), st, TODAY, RIGHT_SYSTEM) == (st == LOGIN_OPEN));
    }
}

/* Units that go round in a circle give nobody anything, and the question ends. */
static void a_circle_of_units(void **state)
{
    struct entrance *c = *state;
    struct login_session s = session(ACCOUNT_COORDINATOR, unit.trust);
    struct sam_op op = {.kind = SAM_OP_SET, .base_csn = store_csn(intake_store(c->centre.in))};
    assert_int_equal(may(c, &s, TODAY, RIGHT_OVERVIEW, unit.child), RIGHT_YES);
    assert_int_equal(intake_begin(c->centre.in), 0);
    sam_row_init(&op.row, SAM_ORG_UNIT);
    op.row.key.part[0] = unit.trust;
    sam_row_set(&op.row, SAM_ORG_UNIT_parent, (int64_t)unit.child);
    centre_says(&c->centre, &op);
    assert_int_equal(intake_commit(c->centre.in), 0);
    assert_int_equal(may(c, &s, TODAY, RIGHT_OVERVIEW, unit.child), RIGHT_NO);
    assert_int_equal(may(c, &s, TODAY, RIGHT_OVERVIEW, unit.foreign), RIGHT_NO);
}

static void consent_say(struct entrance *c, uint64_t person, int purpose, int state)
{
    struct sam_op op = {.kind = SAM_OP_SET, .base_csn = store_csn(intake_store(c->centre.in))};
    assert_int_equal(intake_begin(c->centre.in), 0);
    sam_row_init(&op.row, SAM_CONSENT);
    op.row.key.part[0] = person;
    op.row.key.part[1] = (uint64_t)purpose;
    sam_row_set(&op.row, SAM_CONSENT_state, state);
    sam_row_set(&op.row, SAM_CONSENT_day, TODAY);
    centre_says(&c->centre, &op);
    assert_int_equal(intake_commit(c->centre.in), 0);
}

static void nav_sees_those_who_consented_as_long_as_they_do(void **state)
{
    struct entrance *c = *state;
    struct login_session nav = session(ACCOUNT_NAV_ADVISER, unit.own),
                         physio = session(ACCOUNT_PHYSIOTHERAPIST, unit.own);
    struct sam_op op = {.kind = SAM_OP_CREATE, .base_csn = store_csn(intake_store(c->centre.in))};
    assert_int_equal(intake_begin(c->centre.in), 0);
    sam_row_init(&op.row, SAM_PARTICIPANT);
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, "Deltaker 001", 12);
    uint64_t person = centre_says(&c->centre, &op);
    assert_int_equal(intake_commit(c->centre.in), 0);
#define MAY(s, right, org) may_person(c, &(s), RIGHT_##right, (org), person)
    assert_false(MAY(nav, ATTENDANCE_SEE, unit.own));
    assert_true(MAY(physio, ATTENDANCE_SEE, unit.own));
    consent_say(c, person, 1, 1); /* to the quality register: that is another thing */
    assert_false(MAY(nav, ATTENDANCE_SEE, unit.own));
    consent_say(c, person, 4, 1);
    assert_true(MAY(nav, ATTENDANCE_SEE, unit.own));
    assert_true(MAY(nav, ATTENDANCE_SEE, unit.child));
    assert_false(MAY(nav, ATTENDANCE_SEE, unit.sibling));
    assert_false(MAY(nav, SCORE_SEE, unit.own));
    assert_false(MAY(nav, NOTE_SEE, unit.own));
    assert_false(MAY(nav, ATTENDANCE_CHANGE, unit.own));
    consent_say(c, person, 4, 2);
    assert_false(MAY(nav, ATTENDANCE_SEE, unit.own));
    assert_true(MAY(physio, ATTENDANCE_SEE, unit.own));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(every_role_every_right_everywhere),
        TEST(the_expectation_names_rights),
        TEST(several_roles_add_up),
        TEST(from_the_first_day_to_the_last),
        TEST(nobody_and_half_a_login_may_nothing),
        TEST(somewhere_is_at_any_unit),
        TEST(a_circle_of_units),
        TEST(nav_sees_those_who_consented_as_long_as_they_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
