/* Goal: forms end the same on every tablet, whoever syncs first: no form that nobody answered, and one that counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/model/score.h"
#include "tests/lib/ward.h"

#include <stdio.h>
#include <string.h>

enum { PAIN = 1 };

/* The centre and both tablets have ${count} responses, and ${primary} counts. */
static void scores_are(struct ward *w, int occasion, size_t count, uint64_t primary)
{
    char sql[160];
    uint64_t got;
    snprintf(sql, sizeof sql,
             "SELECT response FROM score_primary WHERE participant = %llu AND instrument = 3 AND occasion = %d",
             (unsigned long long)w->person, occasion);
    int64_t centre = ward_asked(w, sql);
    assert_int_equal(centre, primary ? (int64_t)primary : -1);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM score_response WHERE dead <= 0"), count);
    assert_int_equal(ward_scores_of(w, w->a, occasion, &got), count);
    assert_true(got == primary);
    assert_int_equal(ward_scores_of(w, w->b, occasion, &got), count);
    assert_true(got == primary);
}

/* The same person fills in the form on both tablets: two responses, one primary, no mixed form. */
static void two_forms(struct ward *w)
{
    uint64_t partial = ward_score_save(w, w->a, 0, "7,-,4", 0), whole = ward_score_save(w, w->b, 0, "6,5,4", 0), got;
    assert_true(ward_scores_of(w, w->a, 0, &got) == 1 && got == partial);
    ward_meet(w);
    scores_are(w, 0, 2, whole);
    uint64_t again = ward_score_save(w, w->b, 0, "1,1,1", 0);
    ward_meet(w);
    scores_are(w, 0, 3, whole); /* of two that are whole the smaller id */
    uint64_t mine = ward_score_save(w, w->a, 0, "2,2,2", 0);
    assert_true(mine < whole);
    ward_meet(w);
    scores_are(w, 0, 4, mine);
    assert_int_equal(samling_score_remove(w->b->s, w->user, mine), 0);
    assert_true(ward_scores_of(w, w->b, 0, &got) == 3 && got == whole);
    ward_meet(w);
    scores_are(w, 0, 3, whole);
    struct samling_score_line *l;
    size_t count;
    assert_int_equal(samling_scores(w->a->s, w->person, &l, &count), 0);
    assert_string_equal(l[0].score.answers, "7,-,4");
    assert_int_equal(l[0].items * 100 + l[0].answered, 302);
    assert_string_equal(l[1].score.answers, "6,5,4");
    assert_true(l[1].score.id == whole && l[2].score.id == again);
    samling_list_free(l);
}

/* A correction is a form of its own, perhaps to another occasion: that was the mistake. */
static void corrected_forms(struct ward *w)
{
    uint64_t baseline = ward_score_save(w, w->a, 0, "6,5,4", 0);
    ward_meet(w);
    uint64_t end = ward_score_save(w, w->b, 2, "6,5,4", baseline), got;
    assert_true(ward_scores_of(w, w->b, 2, &got) == 2 && got == end);
    assert_true(ward_scores_of(w, w->b, 0, &got) == 2 && got == 0);
    ward_meet(w);
    scores_are(w, 2, 2, end);
    scores_are(w, 0, 2, 0);
    /* two who correct the same one, not knowing of each other: both stand */
    uint64_t one = ward_score_save(w, w->a, 2, "6,5,3", end), two = ward_score_save(w, w->b, 2, "6,5,2", end);
    ward_meet(w);
    scores_are(w, 2, 4, one < two ? one : two);
    assert_int_equal(samling_score_remove(w->a->s, w->user, one), 0);
    assert_int_equal(samling_score_remove(w->b->s, w->user, two), 0);
    ward_meet(w);
    scores_are(w, 2, 2, end);
    assert_int_equal(samling_score_remove(w->a->s, w->user, end), 0);
    ward_meet(w);
    scores_are(w, 0, 1, baseline); /* what it had replaced stands again */
}

/* One removes the form that the other corrects, and both remove it: nothing is refused, whoever syncs first. */
static void removed_while_corrected(struct ward *w)
{
    uint64_t wrong_one = ward_score_save(w, w->a, 0, "6,5,4", 0);
    ward_meet(w);
    assert_int_equal(samling_score_remove(w->a->s, w->user, wrong_one), 0);
    uint64_t right = ward_score_save(w, w->b, 0, "6,5,-", wrong_one);
    assert_int_equal(samling_score_remove(w->b->s, w->user, wrong_one), 0);
    ward_meet(w);
    scores_are(w, 0, 1, right);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM verdict WHERE kind = 5"), 0);
}

/* A coordinator says which counts, as long as it lives; the later word holds. */
static void chosen_form(struct ward *w)
{
    uint64_t one = ward_score_save(w, w->a, 0, "6,5,4", 0), two = ward_score_save(w, w->b, 0, "6,-,4", 0);
    ward_meet(w);
    struct sam_op op = ward_op(SAM_RULING, SAM_OP_SET, SAM_RULE_PRIMARY, two);
    op.row.key.part[2] = two;
    op.base_csn = store_csn(w->p.reader);
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    assert_int_equal(ward_asked(w, "SELECT response FROM score_primary"), (int64_t)two);
    op.row.key.part[1] = op.row.key.part[2] = one;
    op.base_csn = store_csn(w->p.reader);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    assert_int_equal(ward_asked(w, "SELECT response FROM score_primary"), (int64_t)one);
    assert_int_equal(pump_check(&w->p, ward_wrong, NULL), 0);
    assert_int_equal(samling_score_remove(w->a->s, w->user, one), 0);
    ward_meet(w);
    assert_int_equal(ward_asked(w, "SELECT response FROM score_primary"), (int64_t)two);
}

/* What a tablet may not say about forms and consents is put aside, and told as if the row were not there. */
static void not_its_own(struct ward *w)
{
    uint64_t theirs, ours = ward_score_save(w, w->a, 0, "6,5,4", 0);
    struct samling_score score = {.participant = w->far_person,
                                  .instrument = WARD_PSFS,
                                  .version = 1,
                                  .day = WARD_DAY,
                                  .answers = "1,-,2",
                                  .scale_0_means = 2};
    assert_int_equal(samling_score_save(w->far->s, w->far_user, &score, &theirs), 0);
    ward_meet(w);
    struct sam_op op = ward_op(SAM_CONSENT, SAM_OP_SET, w->person, WARD_RESEARCH);
    op.user = w->far_user;
    sam_row_set(&op.row, SAM_CONSENT_state, WARD_GRANTED);
    assert_int_equal(pump_save(w->far, &op, w->far_group), 0);
    op = ward_op(SAM_SCORE_RESPONSE, SAM_OP_TOMBSTONE, ours, 0);
    op.user = w->far_user;
    assert_int_equal(pump_save(w->far, &op, w->far_group), 0);
    for (int i = 0; i < 3;
         i++) { /* a form that corrects another clinic's, or nothing, or is about another clinic's person */
        op = ward_op(SAM_SCORE_RESPONSE, SAM_OP_CREATE, sam_id_make(w->far->device_no, 1000 + (uint64_t)i), 0);
        op.user = w->far_user;
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_participant, (int64_t)(i == 2 ? w->person : w->far_person));
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_instrument, WARD_PSFS);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_version, 1);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_occasion, 0);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_day, WARD_DAY);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, 1);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_answered, 1);
        sam_row_set_text(&op.row, SAM_SCORE_RESPONSE_answers, "1", 1);
        if (i < 2)
            sam_row_set(&op.row, SAM_SCORE_RESPONSE_replaces, (int64_t)(i ? ours + 77 : ours));
        assert_int_equal(pump_save(w->far, &op, w->far_group), 0);
    }
    ward_meet(w);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM verdict WHERE kind = 5"), 5);
    struct samling_notice *n;
    size_t count;
    assert_int_equal(samling_notices(w->far->s, &n, &count), 0);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(n[i].reason, SAM_REASON_REFERENCE);
    samling_list_free(n);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM score_response"), 2);
    score.participant = w->person;
    score.answers = "1,";
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &theirs), SAMLING_ERANGE);
    score.answers = NULL;
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &theirs), SAMLING_ERANGE);
    score.answers = "1,-,2";
    score.replaces = 4711;
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &theirs), SAMLING_ENOTFOUND);
    assert_true(theirs == 0);
}

/* A form is checked before it is saved, and read back with its score; who it was and what it was told goes along. */
static void scored_where_it_is_answered(struct ward *w)
{
    static const struct {
        int instrument;
        const char *answers;
        int scale_0;
        const char *why;
    } refused[] = {{WARD_PSFS, "6,5,4", 0, "what 0 means"},  {PAIN, "6", 1, "what 0 means"},
                   {WARD_PSFS, "6,5", 1, "number of items"}, {PAIN, "11", 0, "outside the range"},
                   {PAIN, "six", 0, "whole numbers"},        {WARD_OWN, "1,,2", 0, "whole numbers"}};
    struct samling_score score = {.participant = w->person, .version = 1, .day = WARD_DAY, .mode = -1};
    struct samling_score_line *l;
    uint64_t id;
    size_t count;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        score.instrument = refused[i].instrument;
        score.answers = refused[i].answers;
        score.scale_0_means = refused[i].scale_0;
        assert_int_equal(samling_score_save(w->a->s, w->user, &score, &id), SAMLING_ERANGE);
        assert_non_null(strstr(samling_errmsg(w->a->s), refused[i].why));
        assert_true(id == 0);
    }
    score = (struct samling_score){
        .participant = w->person, .instrument = WARD_PSFS, .version = 1, .day = WARD_DAY, .mode = 0};
    score.answers = "7,9,4";
    score.scale_0_means = 2;
    score.held_by = 1;
    score.language = "nn";
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &id), 0);
    score.language = "n"; /* too short for one */
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &id), SAMLING_ERANGE);
    score.language = NULL;
    score.held_by = 4;
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &id), SAMLING_ERANGE);
    ward_meet(w);
    struct pump_tablet *tablets[] = {w->a, w->b};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(samling_scores(tablets[i]->s, w->person, &l, &count), 0);
        assert_int_equal(count, 1);
        assert_string_equal(l[0].text, "6.67");
        assert_string_equal(l[0].score.language, "nn");
        assert_int_equal(l[0].score.held_by * 10 + l[0].score.scale_0_means, 12);
        assert_true(l[0].why == SAMLING_SCORE_VALID && l[0].better == SAMLING_BETTER_LOWER);
        assert_int_equal(l[0].sum * 100 + l[0].count * 10 + l[0].rule_version, 2031);
        samling_list_free(l);
    }
}

/* Everybody in the tablet's groups, its own walk-ins too, and nobody else. */
static void people_of_the_tablet(struct ward *w)
{
    struct samling_person *people;
    size_t count;
    uint64_t guest;
    assert_int_equal(samling_walk_in(w->a->s, w->user, w->session, "Astrid", 1970, &guest), 0);
    assert_int_equal(samling_people(w->a->s, &people, &count), 0);
    assert_int_equal(count, 3);
    assert_true(people[0].id == guest && people[0].provisional && people[0].birth_year == 1970);
    assert_string_equal(people[1].name, "Deltaker 001");
    assert_true(people[1].id == w->person && !people[1].provisional && people[1].birth_year == -1);
    assert_true(people[2].id == w->other);
    samling_list_free(people);
    ward_meet(w);
    assert_int_equal(samling_people(w->b->s, &people, &count), 0);
    assert_int_equal(count, 3);
    samling_list_free(people);
    assert_int_equal(samling_people(w->far->s, &people, &count), 0);
    assert_int_equal(count, 1);
    samling_list_free(people);
}

/* The public list is the model's. */
static void test_instruments(void **state)
{
    (void)state;
    struct samling_instrument d;
    unsigned i = 0;
    for (; samling_instrument_at(i, &d) == 0; i++) {
        const struct sam_instrument *def = sam_instrument_find((uint32_t)d.number, (uint32_t)d.version);
        assert_ptr_equal(def, sam_instrument_at(i));
        assert_string_equal(d.code, def->code);
        assert_string_equal(d.source, def->source);
        assert_true(d.items_min == def->items.min && d.items_max == def->items.max);
        assert_true(d.answer_min == def->answer.min && d.answer_max == def->answer.max &&
                    d.answer_step == def->answer.step);
        assert_true(d.per_point == def->answer.per_point && d.answered_min == def->answered_min);
        assert_true((int)d.scoring == def->scoring && (int)d.better == def->better &&
                    d.rule_version == def->rule_version);
        assert_true(d.text_shown == def->text_shown && d.reversal_open == def->reversal_open);
    }
    assert_true(i > 5 && sam_instrument_at(i) == NULL);
    assert_int_equal(samling_instrument_at(i, &d), SAMLING_ENOTFOUND);
    assert_null(d.code);
}

static void test_scores(void **state)
{
    (void)state;
    ward_both_orders(two_forms);
    ward_both_orders(corrected_forms);
    ward_both_orders(removed_while_corrected);
    ward_both_orders(chosen_form);
    ward_both_orders(not_its_own);
    ward_both_orders(scored_where_it_is_answered);
    ward_both_orders(people_of_the_tablet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instruments),
        cmocka_unit_test(test_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
