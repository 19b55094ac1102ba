/* Goal: of a record that is shut nothing is handed out without a reason in the access log, on any tablet, until the centre opens it;
 * and whoever shuts one is overruled by nobody who had not seen it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/ward.h"

enum { SITTING_S = 10 * 60 };

static bool shut_on(struct pump_tablet *t, uint64_t person)
{
    struct samling_person *l;
    size_t count;
    bool is = false;
    assert_int_equal(samling_people(t->s, &l, &count), 0);
    for (size_t i = 0; i < count; i++)
        is = is || (l[i].id == person && l[i].shut);
    samling_list_free(l);
    return is;
}

/* What every call answers that reads a part of the record. */
static void reads_are(struct pump_tablet *t, uint64_t person, int want)
{
    struct samling_score_line *scores = NULL;
    struct samling_note_line *notes = NULL;
    struct samling_contact_line *contacts = NULL;
    struct samling_work_line *works = NULL;
    struct samling_activity_line *activities = NULL;
    struct samling_episode *episodes = NULL;
    size_t n;
    assert_int_equal(samling_scores(t->s, person, &scores, &n), want);
    assert_int_equal(samling_notes(t->s, t->user, person, &notes, &n), want);
    assert_int_equal(samling_contacts(t->s, person, &contacts, &n), want);
    assert_int_equal(samling_works(t->s, person, &works, &n), want);
    assert_int_equal(samling_activities(t->s, person, &activities, &n), want);
    assert_int_equal(samling_episodes(t->s, person, &episodes, &n), want);
    if (want)
        assert_true(!scores && !notes && !contacts && !works && !activities && !episodes && n == 0);
    samling_list_free(scores);
    samling_list_free(notes);
    samling_list_free(contacts);
    samling_list_free(works);
    samling_list_free(activities);
    samling_list_free(episodes);
}

static int opened(struct pump_tablet *t, uint64_t person, enum samling_resource what, enum samling_purpose why)
{
    const struct samling_access a = {.participant = person, .what = what, .action = SAMLING_READ, .purpose = why};
    return samling_access(t->s, t->user, &a);
}

static size_t scores_of(struct pump_tablet *t, uint64_t person)
{
    struct samling_score_line *l;
    size_t n;
    assert_int_equal(samling_scores(t->s, person, &l, &n), 0);
    samling_list_free(l);
    return n;
}

static void centre_says(struct ward *w, uint64_t base, int shut)
{
    struct sam_op op = ward_op(SAM_PARTICIPANT, SAM_OP_SET, w->person, 0);
    op.base_csn = base;
    sam_row_set(&op.row, SAM_PARTICIPANT_shut, shut);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
}

static uint64_t saved(struct pump_tablet *t)
{
    struct samling_status st;
    assert_int_equal(samling_status(t->s, &st), 0);
    return st.saved;
}

static void nothing_is_handed_out(struct ward *w)
{
    ward_score_save(w, w->a, 0, "6,5,4", 0);
    ward_meet(w);
    uint64_t before = saved(w->a);
    reads_are(w->a, w->person, 0);
    assert_int_equal(samling_record_shut(w->a->s, w->user, w->far_person), SAMLING_ENOTFOUND);
    assert_int_equal(samling_record_shut(w->a->s, 999, w->person), SAMLING_ENOTFOUND);
    assert_int_equal(saved(w->a), before);
    assert_int_equal(samling_record_shut(w->a->s, w->user, w->person), 0);
    assert_int_equal(saved(w->a), before + 1);
    assert_true(shut_on(w->a, w->person));
    assert_false(shut_on(w->a, w->other));
    reads_are(w->a, w->person, SAMLING_ESTATE); /* at once */
    reads_are(w->a, w->other, 0);
    reads_are(w->b, w->person, 0);
    ward_meet(w);
    assert_true(shut_on(w->b, w->person));
    reads_are(w->b, w->person, SAMLING_ESTATE);
    assert_int_equal(samling_record_shut(w->b->s, w->user, w->person), 0); /* it is: nothing is said anew */
    assert_int_equal(saved(w->b), 0);
    ward_enrol(w, w->far_group, w->person, true); /* it goes where the person goes */
    ward_meet(w);
    reads_are(w->far, w->person, SAMLING_ESTATE);
}

/* Lists keep the name, and work goes on. */
static void work_goes_on(struct ward *w)
{
    struct samling_mark mark = SAMLING_MARK_INIT;
    struct samling_line *l;
    struct samling_set_line *sets;
    size_t count, seen = 0;
    assert_int_equal(samling_record_shut(w->a->s, w->user, w->person), 0);
    mark.session = w->session;
    mark.participant = w->person;
    assert_int_equal(samling_mark(w->a->s, w->user, &mark), 0);
    ward_score_save(w, w->a, 0, "6,5,4", 0);
    assert_int_equal(samling_sets(w->a->s, w->session, w->person, &sets, &count), 0);
    samling_list_free(sets);
    assert_int_equal(ward_consent_of(w, w->a, WARD_RESEARCH), -1);
    assert_int_equal(samling_sheet(w->a->s, w->session, &l, &count), 0);
    for (size_t i = 0; i < count; i++)
        seen += l[i].participant == w->person && l[i].presence == 1 && l[i].name[0];
    samling_list_free(l);
    assert_int_equal(seen, 1);
    ward_meet(w);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM score_response WHERE dead <= 0"), 1);
}

/* For the person, or in an emergency, for one sitting, the part that was named; and the access log has it. */
static void opened_for_a_reason(struct ward *w)
{
    struct samling_score_line *l;
    size_t n;
    ward_score_save(w, w->a, 0, "6,5,4", 0);
    assert_int_equal(opened(w->a, w->person, SAMLING_RES_SCORES, SAMLING_FOR_TREATMENT), 0);
    assert_int_equal(samling_record_shut(w->a->s, w->user, w->person), 0);
    uint64_t before = saved(w->a);
    assert_int_equal(samling_scores(w->a->s, w->person, &l, &n),
                     SAMLING_ESTATE); /* what was told before does not count */
    for (int why = SAMLING_FOR_NOTHING_SAID; why < SAMLING_FOR_OWN_REQUEST; why++)
        assert_int_equal(opened(w->a, w->person, SAMLING_RES_SCORES, (enum samling_purpose)why), SAMLING_ESTATE);
    assert_string_equal(samling_errmsg(w->a->s), "the record is shut");
    assert_int_equal(saved(w->a), before); /* what is not shown is not told as shown */
    assert_int_equal(opened(w->a, w->person, SAMLING_RES_SHEET, SAMLING_FOR_TREATMENT), 0);
    assert_int_equal(opened(w->a, w->other, SAMLING_RES_SCORES, SAMLING_FOR_EMERGENCY), 0);
    assert_int_equal(opened(w->a, w->person, SAMLING_RES_NOTES, SAMLING_FOR_EMERGENCY), 0);
    assert_int_equal(samling_scores(w->a->s, w->person, &l, &n), SAMLING_ESTATE);
    assert_int_equal(opened(w->a, w->person, SAMLING_RES_SCORES, SAMLING_FOR_OWN_REQUEST), 0);
    assert_int_equal(scores_of(w->a, w->person), 1);
    w->p.now_s += SITTING_S;
    assert_int_equal(samling_scores(w->a->s, w->person, &l, &n), SAMLING_ESTATE);
    assert_int_equal(opened(w->a, w->person, SAMLING_RES_SCORES, SAMLING_FOR_EMERGENCY), 0);
    assert_int_equal(scores_of(w->a, w->person), 1);
    ward_meet(w);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM access WHERE resource = 3 AND purpose IN (5, 6)"), 3);
}

/* Whoever opens it again must have seen that it is shut, and is the centre. */
static void only_the_centre_opens(struct ward *w)
{
    ward_meet(w);
    uint64_t old = store_csn(w->p.reader);
    assert_int_equal(samling_record_shut(w->first->s, w->user, w->person), 0);
    assert_int_equal(samling_record_shut(w->second->s, w->user, w->person), 0);
    ward_meet(w);
    centre_says(w, old, 0); /* from an old page */
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 0);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM participant WHERE shut = 1"), 1);
    reads_are(w->a, w->person, SAMLING_ESTATE);
    centre_says(w, store_csn(w->p.reader), 0);
    ward_meet(w);
    assert_false(shut_on(w->a, w->person));
    reads_are(w->a, w->person, 0);
    reads_are(w->b, w->person, 0);
    assert_int_equal(samling_record_shut(w->b->s, w->user, w->person), 0); /* and shut once more */
    ward_meet(w);
    reads_are(w->a, w->person, SAMLING_ESTATE);
}

#define STORY(name)                       \
    static void test_##name(void **state) \
    {                                     \
        (void)state;                      \
        ward_both_orders(name);           \
    }
STORY(nothing_is_handed_out)
STORY(work_goes_on)
STORY(opened_for_a_reason)
STORY(only_the_centre_opens)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_handed_out),
        cmocka_unit_test(test_work_goes_on),
        cmocka_unit_test(test_opened_for_a_reason),
        cmocka_unit_test(test_only_the_centre_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
