/* Goal: a session that is cancelled here and held there is one question: about its status while that is disputed, else about those
 * who were there; and what a coordinator said answers what that page showed, also where the centre loses it in between. After each
 * story all must verify and rebuild. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/clinic.h"

enum { HELD = 1, CANCELLED = 2 };

static uint64_t mark(struct clinic *k, struct centre_tablet *t, unsigned person, int presence, uint64_t base)
{
    return clinic_push(k, t, clinic_mark(k, k->session, person, presence, base));
}

static uint64_t status(struct clinic *k, struct centre_tablet *t, int is, uint64_t base)
{
    struct sam_op op = clinic_status(k, k->session, is, base);
    return t ? clinic_push(k, t, op) : clinic_say(k, op);
}

static struct store_case attended_case(struct clinic *k)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {k->session, k->session}};
    return clinic_case(k, &key, SAM_RULE_ATTENDED, 0);
}

static bool attended(struct clinic *k)
{
    return attended_case(k).open;
}

static bool disputed(struct clinic *k)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {k->session}};
    return clinic_case(k, &key, SAM_RULE_UNIT, sam_entity_find(SAM_SESSION)->field[SAM_SESSION_status].unit).open;
}

static uint64_t train(struct clinic *k, struct centre_tablet *t, int reps, uint64_t base)
{
    struct sam_op op = clinic_op(k, SAM_EXERCISE_SET, SAM_OP_SET, base);
    op.row.key = (struct sam_key){.entity = SAM_EXERCISE_SET, .part = {k->session, k->person[0], 101, 1}};
    sam_row_set(&op.row, SAM_EXERCISE_SET_reps, reps);
    return clinic_push(k, t, op);
}

static void one_question_and_one_answer(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    status(k, NULL, CANCELLED, before);
    status(k, &k->a, HELD, before);
    mark(k, &k->a, 0, SAID_PRESENT, before);
    train(k, &k->a, 8, before);
    assert_true(disputed(k));
    assert_false(attended(k));
    status(k, NULL, CANCELLED, clinic_csn(k));
    assert_int_equal(clinic_cases_open(k), 0);
    mark(k, &k->b, 1, SAID_NO_SHOW, clinic_csn(k));
    clinic_push(k, &k->b, clinic_minutes(k, 0, 45, clinic_csn(k)));
    assert_int_equal(clinic_cases_open(k), 0);
    mark(k, &k->b, 1, SAID_PRESENT, clinic_csn(k));
    assert_true(attended(k));
    assert_int_equal(clinic_cases_open(k), 1);
}

static void what_is_done_counts_like_who_was_there(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    train(k, &k->a, 8, before);
    status(k, NULL, CANCELLED, clinic_csn(k));
    assert_false(attended(k));
    uint64_t asked = train(k, &k->b, 10, before); /* another number, by one who had not seen the first */
    assert_true(attended(k));
    assert_true(attended_case(k).opened_csn == asked && attended_case(k).changed_csn == asked);
    uint64_t answered = train(k, &k->b, 0, clinic_csn(k));
    assert_false(attended(k));
    assert_true(attended_case(k).opened_csn == asked && attended_case(k).changed_csn == answered);
    assert_int_equal(attended_case(k).new_csn, asked);
}

/* One who cancels what he saw attended contradicts himself; a coordinator is asked. */
static void a_tablet_answers_nothing(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    mark(k, &k->a, 0, SAID_PRESENT, before);
    status(k, &k->a, HELD, before);
    status(k, NULL, CANCELLED, before);
    assert_true(disputed(k));
    status(k, &k->b, CANCELLED, clinic_csn(k));
    assert_false(disputed(k));
    assert_true(attended(k));
    status(k, NULL, CANCELLED, clinic_csn(k));
    assert_int_equal(clinic_cases_open(k), 0);
}

/* Two who cancelled without knowing of each other agree: the answer of the one counts. */
static void an_agreeing_tablet_asks_nothing_anew(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    mark(k, &k->a, 0, SAID_PRESENT, before);
    status(k, NULL, CANCELLED, clinic_csn(k));
    status(k, &k->b, CANCELLED, before);
    assert_int_equal(clinic_cases_open(k), 0);
}

/* A ruling is about a cancellation that it had seen: held and cancelled once more is another one. */
static void a_ruling_is_about_what_it_had_seen(void **state)
{
    struct clinic *k = *state;
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    status(k, &k->b, CANCELLED, clinic_csn(k));
    clinic_rule(k, SAM_RULE_ATTENDED, k->session, k->session, SAM_DECISION_MAY_STAND, clinic_csn(k));
    assert_false(attended(k));
    status(k, &k->b, HELD, clinic_csn(k));
    status(k, &k->b, CANCELLED, clinic_csn(k));
    assert_true(attended(k));
}

/* What may stand stands as long as somebody was there, and the case says so. */
static void a_case_says_whether_it_still_holds(void **state)
{
    struct clinic *k = *state;
    status(k, &k->b, CANCELLED, clinic_csn(k));
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    assert_true(attended(k) && attended_case(k).holds);
    clinic_rule(k, SAM_RULE_ATTENDED, k->session, k->session, SAM_DECISION_MAY_STAND, clinic_csn(k));
    assert_true(!attended(k) && attended_case(k).holds);
    mark(k, &k->a, 0, SAID_NO_SHOW, clinic_csn(k));
    assert_true(!attended(k) && !attended_case(k).holds);
}

/* The coordinator knew of the first mark and not of the second; after a loss they may come again in either order. */
static void restored(struct clinic *k, bool ruling, bool unseen_first)
{
    struct centre_tablet a = k->a, b = k->b;
    uint64_t epoch = intake_epoch(k->centre.in).id;
    status(k, NULL, CANCELLED, clinic_csn(k));
    centre_backup(&k->centre);
    struct sam_op first = clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k));
    struct sam_op second = clinic_mark(k, k->session, 1, SAID_PRESENT, clinic_csn(k));
    uint64_t seen = clinic_push(k, &k->a, first);
    if (ruling)
        clinic_rule(k, SAM_RULE_ATTENDED, k->session, k->session, SAM_DECISION_MAY_STAND, clinic_csn(k));
    else
        status(k, NULL, CANCELLED, clinic_csn(k));
    assert_false(attended(k));
    uint64_t unseen = clinic_push(k, &k->b, second);
    assert_true(attended(k));
    centre_restore(&k->centre);
    k->a = a;
    k->b = b;
    assert_false(attended(k));
    for (unsigned i = 0; i < 2; i++) {
        bool is_first = (i == 1) == unseen_first;
        if (is_first)
            clinic_push_again(k, &k->a, first, epoch, seen);
        else
            clinic_push_again(k, &k->b, second, epoch, unseen);
        assert_int_equal(attended(k), !is_first || unseen_first);
    }
}

static void a_decision_holds_across_a_restore(void **state)
{
    restored(*state, false, false);
}

static void what_no_decision_knew_is_asked_after_a_restore(void **state)
{
    restored(*state, false, true);
}

static void what_no_ruling_knew_is_asked_after_a_restore(void **state)
{
    restored(*state, true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_question_and_one_answer, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_is_done_counts_like_who_was_there, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_tablet_answers_nothing, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(an_agreeing_tablet_asks_nothing_anew, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_ruling_is_about_what_it_had_seen, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_case_says_whether_it_still_holds, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_decision_holds_across_a_restore, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_no_decision_knew_is_asked_after_a_restore, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_no_ruling_knew_is_asked_after_a_restore, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
