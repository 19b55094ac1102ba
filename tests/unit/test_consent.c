/* Goal: no consent stands against a withdrawal that it had not seen, and what concerns a person goes where the person goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/ward.h"

/* Withdrawn here while a grant that was made earlier is registered there. */
static void withdrawn_against_a_grant(struct ward *w)
{
    ward_consent_save(w, w->a, WARD_RESEARCH, WARD_WITHDRAWN, WARD_DAY);
    ward_consent_save(w, w->b, WARD_RESEARCH, WARD_GRANTED, WARD_DAY - 30);
    assert_int_equal(ward_consent_of(w, w->b, WARD_RESEARCH),
                     WARD_GRANTED); /* the own word, until the centre has judged */
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->a, WARD_RESEARCH), WARD_WITHDRAWN);
    assert_int_equal(ward_consent_of(w, w->b, WARD_RESEARCH), WARD_WITHDRAWN);
    assert_int_equal(ward_cases_open(w), 0);
    ward_consent_save(w, w->b, WARD_RESEARCH, WARD_GRANTED,
                      WARD_DAY); /* asked again, by somebody who has the withdrawal before him */
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->a, WARD_RESEARCH), WARD_GRANTED);
    assert_int_equal(ward_consent_of(w, w->b, WARD_RESEARCH), WARD_GRANTED);
    assert_int_equal(ward_consent_of(w, w->a, WARD_SMS), -1);
}

/* A page that was open before the withdrawal came does not revive anything; two of one mind never dispute. */
static void consents_on_open_pages(struct ward *w)
{
    ward_consent_of(w, w->b, WARD_RESEARCH);
    ward_consent_save(w, w->a, WARD_RESEARCH, WARD_GRANTED, WARD_DAY);
    ward_consent_save(w, w->a, WARD_RESEARCH, WARD_WITHDRAWN, WARD_DAY);
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    assert_true(pump_sync(w->b, PUMP_WHOLE));
    ward_consent_save(w, w->b, WARD_RESEARCH, WARD_GRANTED, WARD_DAY + 1);
    ward_consent_save(w, w->a, WARD_SMS, WARD_GRANTED, WARD_DAY);
    ward_consent_save(w, w->b, WARD_SMS, WARD_GRANTED, WARD_DAY + 1);
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->b, WARD_RESEARCH), WARD_WITHDRAWN);
    assert_int_equal(ward_consent_of(w, w->b, WARD_SMS), WARD_GRANTED);
    assert_int_equal(ward_asked(w, "SELECT day FROM consent WHERE purpose = 3"), WARD_DAY);
    assert_int_equal(ward_cases_open(w), 0);
    struct samling_consent c = {
        .participant = w->person, .purpose = 5, .state = WARD_GRANTED, .day = WARD_DAY, .method = -1};
    assert_int_equal(samling_consent_save(w->a->s, w->user, &c), SAMLING_ERANGE);
    c.purpose = 1;
    c.state = 3;
    assert_int_equal(samling_consent_save(w->a->s, w->user, &c), SAMLING_ERANGE);
    c.state = WARD_GRANTED;
    c.participant = w->far_person;
    assert_int_equal(samling_consent_save(w->a->s, w->user, &c), SAMLING_ENOTFOUND);
}

/* ---- a person moves, and what concerns the person goes along */

static void person_moves(struct ward *w)
{
    uint64_t score = ward_score_save(w, w->a, 0, "6,5,4", 0), got;
    ward_consent_save(w, w->a, WARD_RESEARCH, WARD_WITHDRAWN, WARD_DAY);
    ward_consent_save(w, w->b, WARD_SMS, WARD_GRANTED, WARD_DAY);
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->far, WARD_RESEARCH), -2);
    ward_enrol(w, w->far_group, w->person, true);
    ward_enrol(w, w->group, w->person, false);
    ward_consent_save(w, w->b, WARD_SMS, WARD_WITHDRAWN, WARD_DAY); /* away meanwhile: taken all the same */
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->a, WARD_RESEARCH), -2);
    assert_int_equal(ward_consent_of(w, w->far, WARD_RESEARCH), WARD_WITHDRAWN);
    assert_int_equal(ward_consent_of(w, w->far, WARD_SMS), WARD_WITHDRAWN);
    assert_int_equal(ward_scores_of(w, w->far, 0, &got), 1);
    assert_true(got == score);
    uint64_t second = ward_score_save(w, w->far, 2, "9,9,9", 0);
    ward_consent_save(w, w->far, WARD_RESEARCH, WARD_GRANTED, WARD_DAY);
    ward_meet(w);
    ward_enrol(w, w->group, w->person, true); /* and back, staying in both */
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->a, WARD_RESEARCH), WARD_GRANTED);
    assert_int_equal(ward_scores_of(w, w->a, 2, &got), 2);
    assert_true(got == second);
    ward_consent_save(w, w->b, WARD_RESEARCH, WARD_WITHDRAWN, WARD_DAY);
    assert_int_equal(samling_score_remove(w->b->s, w->user, second), 0);
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->far, WARD_RESEARCH), WARD_WITHDRAWN);
    assert_int_equal(ward_scores_of(w, w->far, 2, &got), 1);
}

/* A consent that was removed before its person left, and is given anew after: it stands where the person is, and only there. */
static void consent_removed_and_given_anew(struct ward *w)
{
    struct sam_op op = ward_op(SAM_CONSENT, SAM_OP_TOMBSTONE, w->person, WARD_RESEARCH);
    ward_consent_save(w, w->a, WARD_RESEARCH, WARD_GRANTED, WARD_DAY);
    ward_meet(w);
    op.base_csn = store_csn(w->p.reader);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->b, WARD_RESEARCH), -1);
    ward_enrol(w, w->far_group, w->person, true);
    ward_enrol(w, w->group, w->person, false);
    ward_meet(w);
    ward_consent_of(w, w->far, WARD_RESEARCH);
    ward_consent_save(w, w->far, WARD_RESEARCH, WARD_GRANTED, WARD_DAY);
    ward_meet(w);
    assert_int_equal(ward_consent_of(w, w->far, WARD_RESEARCH), WARD_GRANTED);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM member WHERE entity = 17 AND gone = 0"), 1);
}

/* A sync over a line that breaks again and again; how often it did. */
static unsigned sync_broken(struct pump_tablet *t)
{
    enum { CUT_BYTES = 3000, MORE_BYTES = 200, TRIES_MAX = 200 };
    unsigned broken = 0;
    while (!pump_sync(t, CUT_BYTES + MORE_BYTES * (uint64_t)broken))
        assert_true(++broken < TRIES_MAX);
    return broken;
}

/* Somebody with more forms than a frame holds enters a group with one op: all of them share a place in the feed, and a line
 * that breaks anywhere between loses none of them: nothing has to be filled anew for it. */
static void many_forms_move(struct ward *w)
{
    enum { FORMS = 1300 };
    struct sam_op op = ward_op(SAM_GROUP, SAM_OP_SET, w->far_group, 0);
    uint64_t got;
    struct samling_score score = {.participant = w->person, .instrument = WARD_OWN, .version = 1, .day = WARD_DAY};
    score.answers = "6,5,4,3,2,1,0,9,8,7,6,5,4,3,2,1,0,1,2,3,4,5,6,7,8,9,0";
    for (int i = 0; i < FORMS; i++) {
        score.occasion = i % 6;
        assert_int_equal(samling_score_save(w->a->s, w->a->user, &score, &got), 0);
    }
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    uint64_t fills = sam_meta(w->far->s, slot);
    ward_enrol(w, w->far_group, w->person, true); /* as changes, to a tablet that is complete */
    assert_true(sync_broken(w->far) > 2);
    assert_int_equal(ward_scores_of(w, w->far, 0, &got), FORMS);
    assert_int_equal(sam_meta(w->far->s, slot), fills);
    for (int active = 0; active < 2; active++) { /* and as a fill */
        op.base_csn = store_csn(w->p.reader);
        sam_row_set(&op.row, SAM_GROUP_active, active);
        assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
        if (!active)
            assert_true(pump_sync(w->far, PUMP_WHOLE));
    }
    assert_true(sync_broken(w->far) > 2);
    assert_int_equal(ward_scores_of(w, w->far, 0, &got), FORMS);
    assert_int_equal(sam_meta(w->far->s, slot), fills + 1);
    ward_enrol(w, w->far_group, w->person, false);
}

static void test_consents(void **state)
{
    (void)state;
    ward_both_orders(withdrawn_against_a_grant);
    ward_both_orders(consents_on_open_pages);
}

static void test_persons_move(void **state)
{
    (void)state;
    ward_both_orders(person_moves);
    ward_both_orders(consent_removed_and_given_anew);
    ward_both_orders(many_forms_move);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consents),
        cmocka_unit_test(test_persons_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
