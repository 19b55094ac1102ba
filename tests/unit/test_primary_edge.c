/* Goal: the forms of people who are shown as one are weighed together: one of them all counts, whoever of them answered it, on every
 * tablet, whoever syncs first; and when they are parted each has the own again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/ward.h"

#include <stdio.h>

/* The response that counts for a participant on the first occasion; 0: none. */
static uint64_t primary_of(struct ward *w, uint64_t participant)
{
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT response FROM score_primary WHERE participant = %llu AND occasion = 0",
             (unsigned long long)participant);
    int64_t n = ward_asked(w, sql);
    return n > 0 ? (uint64_t)n : 0;
}

static uint64_t answered_by(struct ward *w, struct pump_tablet *t, uint64_t participant, const char *answers)
{
    uint64_t person = w->person;
    w->person = participant;
    uint64_t id = ward_score_save(w, t, 0, answers, 0);
    w->person = person;
    return id;
}

static void link_say(struct ward *w, uint64_t loser, uint64_t winner)
{
    struct sam_op op = ward_op(SAM_LINK, SAM_OP_SET, loser, 0);
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)winner);
    op.base_csn = store_csn(intake_store(w->p.in));
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    ward_meet(w);
}

/* One left out a question and one answered all: the whole form counts. */
static void weigh(struct ward *w, uint64_t root, uint64_t other, bool whole_is_roots)
{
    uint64_t of_root = answered_by(w, w->a, root, whole_is_roots ? "6,5,4" : "7,-,4"),
             of_other = answered_by(w, w->b, other, whole_is_roots ? "7,-,4" : "6,5,4");
    ward_meet(w);
    assert_true(primary_of(w, root) == of_root && primary_of(w, other) == of_other);
    link_say(w, other, root);
    assert_true(primary_of(w, root) == (whole_is_roots ? of_root : of_other));
    assert_true(primary_of(w, other) == 0);
    /* what comes afterwards, of either, is weighed with all of them */
    uint64_t later = answered_by(w, w->a, root, "8,-,-");
    ward_meet(w);
    assert_true(later && primary_of(w, root) == (whole_is_roots ? of_root : of_other));
    assert_true(primary_of(w, other) == 0);
    link_say(w, other, 0);
    assert_true(primary_of(w, other) == of_other);
    assert_true(primary_of(w, root) == of_root);
}

static void the_roots_form_counts(struct ward *w)
{
    weigh(w, w->person, w->other, true);
}

static void the_others_form_counts(struct ward *w)
{
    weigh(w, w->person, w->other, false);
}

static void the_roots_form_counts_turned(struct ward *w)
{
    weigh(w, w->other, w->person, true);
}

static void the_others_form_counts_turned(struct ward *w)
{
    weigh(w, w->other, w->person, false);
}

static void test_linked_forms(void **state)
{
    (void)state;
    ward_both_orders(the_roots_form_counts);
    ward_both_orders(the_others_form_counts);
    ward_both_orders(the_roots_form_counts_turned);
    ward_both_orders(the_others_form_counts_turned);
}

/* Two are one, a third is somebody else: what the third answers is weighed by itself. */
static void a_third_stands_alone(struct ward *w)
{
    ward_enrol(w, w->group, w->far_person, true);
    link_say(w, w->other, w->person);
    uint64_t theirs = answered_by(w, w->a, w->other, "6,5,4");
    ward_meet(w);
    assert_true(theirs && primary_of(w, w->person) == theirs);
    uint64_t own = answered_by(w, w->b, w->far_person, "7,-,4");
    ward_meet(w);
    assert_true(primary_of(w, w->person) == theirs);
    assert_true(own && primary_of(w, w->far_person) == own);
}

static void test_somebody_else(void **state)
{
    (void)state;
    ward_both_orders(a_third_stands_alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linked_forms),
        cmocka_unit_test(test_somebody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
