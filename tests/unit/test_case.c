/* Goal: a person is asked exactly while something is disputed, under one number, and everybody whose word is weighed is told
 * when it begins and when it ends. After each story all must verify, and rebuild to the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/clinic.h"

/* The op at ${csn} is now of ${kind}; case 0: in none. */
static void is(struct clinic *k, uint64_t csn, enum sam_verdict kind, uint64_t case_no)
{
    struct store_verdict v = clinic_verdict(k, csn);
    assert_int_equal(v.kind, kind);
    assert_int_equal(v.case_no, case_no);
}

/* The same, and it was told at ${at_csn}. */
static void told(struct clinic *k, uint64_t csn, enum sam_verdict kind, uint64_t case_no, uint64_t at_csn)
{
    is(k, csn, kind, case_no);
    assert_int_equal(clinic_verdict(k, csn).at_csn, at_csn);
}

static struct store_case unit_case(struct clinic *k, unsigned person, unsigned unit)
{
    struct sam_key key = clinic_key(k, k->session, person);
    return clinic_case(k, &key, SAM_RULE_UNIT, unit);
}

static uint64_t mark(struct clinic *k, struct centre_tablet *t, unsigned person, int presence, uint64_t base)
{
    return clinic_push(k, t, clinic_mark(k, k->session, person, presence, base));
}

static int64_t presence(struct clinic *k, unsigned person)
{
    return clinic_presence(k, k->session, person);
}

/* ---- units */

static void two_tablets_disagree_and_both_are_told(void **state)
{
    struct clinic *k = *state;
    struct clinic_pulled p;
    uint64_t before = clinic_csn(k);
    uint64_t first = mark(k, &k->a, 0, SAID_NO_SHOW, before);
    is(k, first, SAM_VERDICT_APPLIED, 0);
    uint64_t second = mark(k, &k->b, 0, SAID_PRESENT, before);
    struct store_case c = unit_case(k, 0, 0);
    assert_true(c.no > 0 && c.open);
    assert_int_equal(c.opened_csn, second);
    assert_int_equal(c.changed_csn, second);
    assert_int_equal(c.scope, k->group);
    told(k, first, SAM_VERDICT_CASE, c.no, second);
    told(k, second, SAM_VERDICT_CASE, c.no, second);
    assert_int_equal(presence(k, 0), SAID_PRESENT);
    uint64_t csn;
    assert_int_equal(store_case_op_next(clinic_store(k), c.no, 0, &csn), 0);
    assert_int_equal(csn, first);
    assert_int_equal(store_case_op_next(clinic_store(k), c.no, first, &csn), 0);
    assert_int_equal(csn, second);
    clinic_pull(k, &k->a, first, &p); /* complete with its own op: only the case is news */
    assert_int_equal(p.verdict_count, 1);
    assert_int_equal(p.verdict[0].seq, k->a.seq);
    assert_int_equal(p.verdict[0].kind, SAM_VERDICT_CASE);
    assert_int_equal(p.verdict[0].case_id, c.no);
}

static void a_third_device_gets_what_others_say(void **state)
{
    struct clinic *k = *state;
    struct clinic_pulled p;
    uint64_t before = clinic_csn(k);
    mark(k, &k->a, 0, SAID_NO_SHOW, before);
    mark(k, &k->b, 0, SAID_PRESENT, before);
    clinic_pull(k, &k->d, before, &p);
    assert_int_equal(p.rows, 1);
    assert_int_equal(p.other_count, 1);
    assert_int_equal(p.other[0].unit, 0);
    assert_int_equal(p.other[0].device_no, k->a.device_no);
    assert_int_equal(sam_row_num(&p.other[0].value, SAM_ATTENDANCE_presence), SAID_NO_SHOW);
    assert_int_equal(p.verdict_count, 0);
    mark(k, &k->d, 0, SAID_NOTIFIED, clinic_csn(k));
    clinic_pull(k, &k->a, before, &p);
    assert_int_equal(p.rows, 1);
    assert_int_equal(p.other_count, 0);
    clinic_pull(k, &k->far, before, &p);
    assert_int_equal(p.rows, 0);
    assert_int_equal(p.verdict_count, 0);
}

static void an_informed_edit_closes_and_all_verdicts_follow(void **state)
{
    struct clinic *k = *state;
    struct clinic_pulled p;
    uint64_t before = clinic_csn(k);
    uint64_t first = mark(k, &k->a, 0, SAID_NO_SHOW, before), second = mark(k, &k->b, 0, SAID_PRESENT, before);
    uint64_t no = unit_case(k, 0, 0).no;
    uint64_t third = mark(k, &k->d, 0, SAID_PRESENT, second);
    struct store_case c = unit_case(k, 0, 0);
    assert_false(c.open);
    assert_int_equal(c.no, no);
    assert_int_equal(c.opened_csn, second);
    assert_int_equal(c.changed_csn, third);
    told(k, first, SAM_VERDICT_APPLIED, 0, third); /* replaced by somebody who had seen it, as values are */
    told(k, second, SAM_VERDICT_APPLIED, 0, third);
    is(k, third, SAM_VERDICT_APPLIED, 0);
    clinic_pull(k, &k->b, second, &p);
    assert_int_equal(p.verdict_count, 1);
    assert_int_equal(p.verdict[0].kind, SAM_VERDICT_APPLIED);
    assert_int_equal(p.verdict[0].case_id, 0);
}

static void an_own_second_thought_ends_the_dispute(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    uint64_t first = mark(k, &k->a, 0, SAID_NO_SHOW, before), second = mark(k, &k->b, 0, SAID_PRESENT, before);
    uint64_t third = mark(k, &k->b, 0, SAID_NO_SHOW, before); /* not knowing of the other */
    assert_false(unit_case(k, 0, 0).open);
    told(k, first, SAM_VERDICT_APPLIED, 0, third);
    told(k, second, SAM_VERDICT_APPLIED, 0, third);
    is(k, third, SAM_VERDICT_APPLIED, 0);
    assert_int_equal(presence(k, 0), SAID_NO_SHOW);
}

static void a_coordinator_decides(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    uint64_t first = mark(k, &k->a, 0, SAID_NO_SHOW, before), second = mark(k, &k->b, 0, SAID_PRESENT, before);
    uint64_t decision = clinic_say(k, clinic_mark(k, k->session, 0, SAID_NOTIFIED, second));
    assert_int_equal(clinic_cases_open(k), 0);
    told(k, first, SAM_VERDICT_MERGED, 0, decision);
    told(k, second, SAM_VERDICT_MERGED, 0, decision);
    is(k, decision, SAM_VERDICT_APPLIED, 0);
    assert_int_equal(presence(k, 0), SAID_NOTIFIED);
}

/* Where nothing was disputed a tablet's informed edit is no news to whom it replaces; a coordinator's is. */
static void a_correction_in_peace_is_no_news(void **state)
{
    struct clinic *k = *state;
    uint64_t first = mark(k, &k->a, 0, SAID_NO_SHOW, clinic_csn(k));
    uint64_t second = mark(k, &k->b, 0, SAID_PRESENT, clinic_csn(k));
    told(k, first, SAM_VERDICT_APPLIED, 0, 0);
    clinic_say(k, clinic_mark(k, k->session, 0, SAID_NOTIFIED, clinic_csn(k)));
    told(k, first, SAM_VERDICT_APPLIED, 0, 0);
    told(k, second, SAM_VERDICT_APPLIED, 0, 0);
    uint64_t fourth = mark(k, &k->b, 0, SAID_NOTIFIED, clinic_csn(k));
    uint64_t fifth = clinic_say(k, clinic_mark(k, k->session, 0, SAID_NOTIFIED, clinic_csn(k))); /* the same again */
    told(k, fourth, SAM_VERDICT_APPLIED, 0, 0);
    is(k, fifth, SAM_VERDICT_APPLIED, 0);
}

static void an_old_page_does_not_decide_what_came_since(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    uint64_t first = mark(k, &k->a, 0, SAID_NO_SHOW, before), second = mark(k, &k->b, 0, SAID_NOTIFIED, before);
    uint64_t page = second, third = mark(k, &k->d, 0, SAID_PRESENT, before);
    uint64_t no = unit_case(k, 0, 0).no;
    uint64_t decision = clinic_say(k, clinic_mark(k, k->session, 0, SAID_NO_SHOW, page));
    assert_true(unit_case(k, 0, 0).open);
    told(k, first, SAM_VERDICT_MERGED, 0, decision); /* weighed no longer; shown is what nobody had seen */
    told(k, second, SAM_VERDICT_MERGED, 0, decision);
    told(k, third, SAM_VERDICT_CASE, no, third);
    is(k, decision, SAM_VERDICT_CASE, no);
    assert_int_equal(presence(k, 0), SAID_PRESENT);
    clinic_say(k, clinic_mark(k, k->session, 0, SAID_NO_SHOW, clinic_csn(k)));
    assert_int_equal(clinic_cases_open(k), 0);
    assert_int_equal(presence(k, 0), SAID_NO_SHOW);
}

static void two_coordinators_with_old_pages_make_a_case(void **state)
{
    struct clinic *k = *state;
    struct sam_key key = clinic_key(k, k->session, 0);
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    uint64_t page = clinic_csn(k);
    uint64_t first = clinic_say(k, clinic_minutes(k, 0, 30, page)),
             second = clinic_say(k, clinic_minutes(k, 0, 31, page));
    struct store_case c = unit_case(k, 0, 1);
    assert_true(c.open);
    told(k, first, SAM_VERDICT_CASE, c.no, second);
    is(k, second, SAM_VERDICT_CASE, c.no);
    assert_int_equal(clinic_num(k, &key, SAM_ATTENDANCE_minutes), 30);
    uint64_t third = clinic_say(k, clinic_minutes(k, 0, 31, second));
    assert_false(unit_case(k, 0, 1).open);
    told(k, first, SAM_VERDICT_MERGED, 0, third);
    told(k, second, SAM_VERDICT_APPLIED, 0, third);
}

static void a_case_opens_again_under_its_number(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    mark(k, &k->a, 0, SAID_NO_SHOW, before);
    uint64_t opened = mark(k, &k->b, 0, SAID_PRESENT, before);
    uint64_t no = unit_case(k, 0, 0).no;
    uint64_t informed = mark(k, &k->a, 0, SAID_NO_SHOW, opened);
    mark(k, &k->a, 1, SAID_NO_SHOW, before); /* another case meanwhile takes the next number */
    mark(k, &k->b, 1, SAID_PRESENT, before);
    assert_int_equal(unit_case(k, 1, 0).no, no + 1);
    uint64_t late = mark(k, &k->d, 0, SAID_PRESENT, before);
    struct store_case c = unit_case(k, 0, 0);
    assert_true(c.open);
    assert_int_equal(c.no, no);
    assert_int_equal(c.opened_csn, opened);
    assert_int_equal(c.changed_csn, late);
    told(k, informed, SAM_VERDICT_CASE, no, late);
    is(k, opened, SAM_VERDICT_APPLIED, 0); /* replaced by who had seen it: not weighed again */
    assert_int_equal(clinic_cases_open(k), 2);
}

static struct sam_op mark_and_minutes(struct clinic *k, int presence, int minutes, uint64_t base)
{
    struct sam_op op = clinic_mark(k, k->session, 0, presence, base);
    sam_row_set(&op.row, SAM_ATTENDANCE_minutes, minutes);
    return op;
}

static void units_of_one_op_stand_in_several_cases(void **state)
{
    struct clinic *k = *state;
    struct clinic_pulled p;
    uint64_t before = clinic_csn(k);
    uint64_t first = clinic_push(k, &k->a, mark_and_minutes(k, SAID_PRESENT, 60, before));
    uint64_t second = clinic_push(k, &k->b, mark_and_minutes(k, SAID_NO_SHOW, 45, before));
    uint64_t marks = unit_case(k, 0, 0).no, minutes = unit_case(k, 0, 1).no;
    assert_int_not_equal(marks, minutes);
    told(k, first, SAM_VERDICT_CASE, marks, second);
    is(k, second, SAM_VERDICT_CASE, marks);
    /* a coordinator decides the one, then the other */
    uint64_t third = clinic_say(k, clinic_mark(k, k->session, 0, SAID_PRESENT, second));
    assert_false(unit_case(k, 0, 0).open);
    assert_true(unit_case(k, 0, 1).open);
    told(k, first, SAM_VERDICT_CASE, minutes, third);
    told(k, second, SAM_VERDICT_CASE, minutes, third);
    clinic_pull(k, &k->d, second, &p);
    assert_int_equal(p.other_count, 0); /* the minutes did not change */
    clinic_pull(k, &k->d, before, &p);
    assert_int_equal(p.other_count, 1);
    assert_int_equal(p.other[0].unit, 1);
    uint64_t fourth = clinic_say(k, clinic_minutes(k, 0, 45, third));
    assert_int_equal(clinic_cases_open(k), 0);
    told(k, first, SAM_VERDICT_MERGED, 0, fourth);  /* present stands, its minutes do not */
    told(k, second, SAM_VERDICT_MERGED, 0, fourth); /* its minutes stand, absent does not */
    is(k, third, SAM_VERDICT_APPLIED, 0);
}

static void stronger_evidence_settles_it(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    struct sam_op op = clinic_mark(k, k->session, 0, SAID_PRESENT, before);
    sam_row_set(&op.row, SAM_ATTENDANCE_evidence, 1);
    uint64_t first = clinic_push(k, &k->a, op);
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, SAID_NO_SHOW);
    uint64_t second = clinic_push(k, &k->b, op);
    uint64_t no = unit_case(k, 0, 0).no;
    assert_true(unit_case(k, 0, 0).open);
    uint64_t third = mark(k, &k->d, 0, SAID_NO_SHOW, before); /* an own tap, not knowing of either */
    assert_false(unit_case(k, 0, 0).open);
    told(k, first, SAM_VERDICT_MERGED, 0, third);
    told(k, second, SAM_VERDICT_APPLIED, 0, third);
    is(k, third, SAM_VERDICT_APPLIED, 0);
    uint64_t fourth = clinic_say(k, clinic_mark(k, k->session, 0, SAID_PRESENT, before));
    assert_true(unit_case(k, 0, 0).open);
    told(k, third, SAM_VERDICT_CASE, no, fourth);
    told(k, first, SAM_VERDICT_APPLIED, 0, fourth); /* present is shown again, and it says so */
    told(k, second, SAM_VERDICT_MERGED, 0, fourth);
}

/* More unseen values than anybody will look at: the last ones wait beside the set, and are told so. */
static void a_full_set_lists_the_rest(void **state)
{
    struct clinic *k = *state;
    uint64_t csn[SAM_CANDIDATES_MAX + 2];
    struct clinic_pulled p;
    uint64_t base = mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    for (unsigned i = 0; i < SAM_CANDIDATES_MAX + 2; i++)
        csn[i] = clinic_say(k, clinic_minutes(k, 0, (int)(10 + i), base));
    uint64_t no = unit_case(k, 0, 1).no;
    for (unsigned i = 0; i < SAM_CANDIDATES_MAX; i++)
        is(k, csn[i], SAM_VERDICT_CASE, no);
    is(k, csn[SAM_CANDIDATES_MAX], SAM_VERDICT_MERGED, 0);
    is(k, csn[SAM_CANDIDATES_MAX + 1], SAM_VERDICT_MERGED, 0);
    clinic_pull(k, &k->d, base, &p);
    assert_int_equal(p.other_count, 3); /* as many as anybody will read on a tablet */
    for (unsigned i = 0; i < p.other_count; i++)
        assert_int_not_equal(sam_row_num(&p.other[i].value, SAM_ATTENDANCE_minutes), 10); /* that one is shown */
    clinic_say(k, clinic_minutes(k, 0, 10, clinic_csn(k)));
    assert_int_equal(clinic_cases_open(k), 0);
    is(k, csn[0], SAM_VERDICT_APPLIED, 0);
    for (unsigned i = 1; i < SAM_CANDIDATES_MAX + 2; i++)
        is(k, csn[i], SAM_VERDICT_MERGED, 0);
}

/* ---- rows that go */

static void a_tombstone_closes(void **state)
{
    struct clinic *k = *state;
    struct sam_key key = clinic_key(k, k->session, 0), other = clinic_key(k, k->session, 1);
    uint64_t before = clinic_csn(k);
    uint64_t first = mark(k, &k->a, 0, SAID_NO_SHOW, before), second = mark(k, &k->b, 0, SAID_PRESENT, before);
    uint64_t third = clinic_push(k, &k->d, clinic_tombstone(k, key, second));
    assert_false(unit_case(k, 0, 0).open);
    told(k, first, SAM_VERDICT_APPLIED, 0, third);
    told(k, second, SAM_VERDICT_APPLIED, 0, third);
    is(k, third, SAM_VERDICT_APPLIED, 0);
    assert_int_equal(presence(k, 0), -1);
    is(k, mark(k, &k->a, 0, SAID_PRESENT, before), SAM_VERDICT_MERGED, 0); /* an edit of what died unseen */
    is(k, mark(k, &k->a, 0, SAID_PRESENT, third), SAM_VERDICT_APPLIED, 0); /* a new life */
    assert_int_equal(presence(k, 0), SAID_PRESENT);
    mark(k, &k->a, 1, SAID_NO_SHOW, before);
    mark(k, &k->b, 1, SAID_PRESENT, before);
    clinic_push(k, &k->d, clinic_tombstone(k, other, before)); /* not having seen either */
    assert_int_equal(clinic_cases_open(k), 0);
    assert_int_equal(presence(k, 1), -1);
}

static struct store_scope scope_of(struct clinic *k, uint64_t id)
{
    struct store_scope s;
    assert_int_equal(store_scope_get(clinic_store(k), id, &s), 0);
    return s;
}

static void about_a_session_that_never_was_nobody_is_asked(void **state)
{
    struct clinic *k = *state;
    struct clinic_pulled p;
    struct sam_key session = {.entity = SAM_SESSION, .part = {k->session}};
    struct store_scope empty = scope_of(k, k->group);
    uint64_t before = clinic_csn(k);
    uint64_t first = mark(k, &k->a, 0, SAID_NO_SHOW, before), second = mark(k, &k->b, 0, SAID_PRESENT, before);
    mark(k, &k->b, 1, SAID_PRESENT, before);
    assert_int_equal(scope_of(k, k->group).rows, empty.rows + 2);
    uint64_t end = clinic_say(k, clinic_tombstone(k, session, clinic_csn(k)));
    assert_int_equal(clinic_cases_open(k), 0);
    assert_int_equal(scope_of(k, k->group).rows, empty.rows - 1);
    told(k, first, SAM_VERDICT_MERGED, 0, end);
    told(k, second, SAM_VERDICT_MERGED, 0, end);
    uint64_t late = mark(k, &k->d, 0, SAID_NOTIFIED, before);
    is(k, late, SAM_VERDICT_MERGED, 0);
    assert_int_equal(clinic_cases_open(k), 0);
    assert_int_equal(scope_of(k, k->group).rows, empty.rows - 1);
    clinic_pull(k, &k->d, before, &p);
    assert_int_equal(p.rows, 1); /* the session's own end tells all */
    assert_int_equal(p.other_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(two_tablets_disagree_and_both_are_told, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_third_device_gets_what_others_say, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(an_informed_edit_closes_and_all_verdicts_follow, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(an_own_second_thought_ends_the_dispute, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_coordinator_decides, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_correction_in_peace_is_no_news, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(an_old_page_does_not_decide_what_came_since, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(two_coordinators_with_old_pages_make_a_case, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_case_opens_again_under_its_number, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(units_of_one_op_stand_in_several_cases, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(stronger_evidence_settles_it, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_full_set_lists_the_rest, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_tombstone_closes, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(about_a_session_that_never_was_nobody_is_asked, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
