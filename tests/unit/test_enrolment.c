/* Goal: whoever leaves a group is off its lists at once, on the tablet that says so and on the others, and never off more than that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/ward.h"

enum { ATTENDING = 4, COMPLETED = 5, DISCONTINUED = 6 };

/* The one enrolment of w->person, as the tablet shows it; the page is opened by it. */
static struct samling_enrolment_line shown(struct ward *w, struct pump_tablet *t)
{
    struct samling_enrolment_line *l, one;
    size_t count;
    assert_int_equal(samling_enrolments(t->s, w->person, &l, &count), 0);
    assert_int_equal(count, 1);
    assert_true(l->group == w->group && l->participant == w->person);
    one = *l;
    samling_list_free(l);
    return one;
}

static bool on_list(struct ward *w, struct pump_tablet *t, int32_t day)
{
    struct samling_line *l;
    size_t count;
    bool is = false;
    assert_int_equal(samling_members(t->s, w->group, day, &l, &count), 0);
    for (size_t i = 0; i < count; i++)
        is = is || l[i].participant == w->person;
    samling_list_free(l);
    return is;
}

static bool on_sheet(struct ward *w, struct pump_tablet *t)
{
    struct samling_line *l;
    size_t count;
    bool is = false;
    assert_int_equal(samling_sheet(t->s, w->session, &l, &count), 0);
    for (size_t i = 0; i < count; i++)
        is = is || l[i].participant == w->person;
    samling_list_free(l);
    return is;
}

static unsigned counted(struct pump_tablet *t)
{
    struct samling_group *g;
    size_t count;
    assert_int_equal(samling_groups(t->s, &g, &count), 0);
    assert_int_equal(count, 1);
    unsigned n = g->participants;
    samling_list_free(g);
    return n;
}

static int leave(struct ward *w, struct pump_tablet *t, int status, int32_t day, int reason)
{
    return samling_enrolment_end(t->s, t->user, w->group, w->person, status, day, reason);
}

/* The lists of later days are without them before any sync; up to the last day they stay on, and of who has gone only the centre knows
 * what came before. */
static void lists_follow_at_once(struct ward *w)
{
    ward_meet(w);
    assert_true(on_sheet(w, w->a));
    assert_int_equal(counted(w->a), 2);
    assert_int_equal(leave(w, w->a, COMPLETED, WARD_DAY - 1, 7), 0);
    struct samling_enrolment_line l = shown(w, w->a);
    assert_int_equal(l.status, COMPLETED);
    assert_int_equal(l.start_day, SAMLING_NO_DAY);
    assert_int_equal(l.end_day, WARD_DAY - 1);
    assert_int_equal(l.reason, 7);
    assert_int_equal(l.state, SAMLING_WAITING);
    assert_int_equal(l.disputed, 0);
    assert_int_equal(shown(w, w->b).status, ATTENDING);
    assert_false(on_sheet(w, w->a));
    assert_true(on_sheet(w, w->b));
    assert_true(on_list(w, w->a, WARD_DAY - 1));
    assert_false(on_list(w, w->a, WARD_DAY));
    assert_int_equal(counted(w->a), 1);
    ward_meet(w);
    assert_false(on_sheet(w, w->b));
    assert_int_equal(shown(w, w->b).reason, 7);
    assert_int_equal(shown(w, w->a).state, SAMLING_AT_CENTRE);
    assert_int_equal(ward_asked(w, "SELECT end_day FROM enrolment WHERE status = 5"), WARD_DAY - 1);
    /* somebody who sees that puts the day right, and the reason goes where it is not said */
    assert_int_equal(leave(w, w->b, DISCONTINUED, WARD_DAY, -1), 0);
    ward_meet(w);
    assert_true(on_sheet(w, w->a));
    assert_int_equal(shown(w, w->a).reason, -1);
    assert_int_equal(ward_cases_open(w), 0);
}

/* A page that was open before the other's word came decides nothing unseen: a coordinator is asked. */
static void two_ways_from_open_pages(struct ward *w)
{
    ward_meet(w);
    shown(w, w->a);
    on_list(w, w->b, WARD_DAY);
    assert_int_equal(leave(w, w->first, COMPLETED, WARD_DAY, 1), 0);
    assert_true(pump_sync(w->first, PUMP_WHOLE));
    assert_true(pump_sync(w->second, PUMP_WHOLE)); /* here now, but not what its user has before them */
    assert_int_equal(leave(w, w->second, DISCONTINUED, WARD_DAY, 1), 0);
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 1);
    assert_int_equal(shown(w, w->a).disputed, 1);
    struct samling_notice *n;
    size_t count;
    assert_int_equal(samling_notices(w->second->s, &n, &count), 0);
    assert_int_equal(count, 1);
    assert_int_equal(n->about, SAMLING_ABOUT_ENROLMENT);
    assert_true(n->participant == w->person);
    samling_list_free(n);
    assert_int_equal(leave(w, w->a, DISCONTINUED, WARD_DAY, 1), 0); /* by somebody who has both before them */
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 0);
}

static void saved_nothing(struct ward *w, int is, int want)
{
    struct samling_status st;
    assert_int_equal(is, want);
    assert_int_equal(samling_status(w->a->s, &st), 0);
    assert_int_equal(st.saved, 0);
}

static void what_is_refused(struct ward *w)
{
    ward_meet(w);
    saved_nothing(w, leave(w, w->a, ATTENDING, WARD_DAY, 1), SAMLING_ERANGE);
    saved_nothing(w, leave(w, w->a, 9, WARD_DAY, 1), SAMLING_ERANGE);
    saved_nothing(w, leave(w, w->a, COMPLETED, 73050, 1), SAMLING_ERANGE);
    saved_nothing(w, leave(w, w->a, COMPLETED, SAMLING_NO_DAY, 1), SAMLING_ERANGE);
    saved_nothing(w, leave(w, w->a, COMPLETED, WARD_DAY, 100), SAMLING_ERANGE);
    saved_nothing(w, samling_enrolment_end(w->a->s, 999, w->group, w->person, COMPLETED, WARD_DAY, 1),
                  SAMLING_ENOTFOUND);
    saved_nothing(w, samling_enrolment_end(w->a->s, w->user, w->group, w->far_person, COMPLETED, WARD_DAY, 1),
                  SAMLING_ENOTFOUND);
    saved_nothing(w, samling_enrolment_end(w->a->s, w->user, w->far_group, w->person, COMPLETED, WARD_DAY, 1),
                  SAMLING_ENOTFOUND);
    saved_nothing(w, samling_enrolment_end(w->a->s, w->user, 0, w->person, COMPLETED, WARD_DAY, 1), SAMLING_ENOTFOUND);
    struct samling_enrolment_line *l;
    size_t count;
    assert_int_equal(samling_enrolments(w->a->s, w->far_person, &l, &count), SAMLING_ENOTFOUND);
    assert_null(l);
    /* before the first day nobody leaves who has come */
    struct sam_op op = ward_op(SAM_ENROLMENT, SAM_OP_SET, w->group, w->person);
    op.base_csn = store_csn(w->p.reader);
    sam_row_set(&op.row, SAM_ENROLMENT_start_day, WARD_DAY - 10);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    ward_meet(w);
    saved_nothing(w, leave(w, w->a, COMPLETED, WARD_DAY - 11, 1), SAMLING_ERANGE);
    assert_int_equal(leave(w, w->a, COMPLETED, WARD_DAY - 10, 1), 0);
    /* who was never in it cannot leave it */
    op = ward_op(SAM_ENROLMENT, SAM_OP_SET, w->group, w->other);
    op.base_csn = store_csn(w->p.reader);
    sam_row_set(&op.row, SAM_ENROLMENT_status, 2);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    ward_meet(w);
    assert_int_equal(samling_enrolment_end(w->a->s, w->user, w->group, w->other, COMPLETED, WARD_DAY, 1),
                     SAMLING_ENOTFOUND);
}

#define STORY(name)                       \
    static void test_##name(void **state) \
    {                                     \
        (void)state;                      \
        ward_both_orders(name);           \
    }
STORY(lists_follow_at_once)
STORY(two_ways_from_open_pages)
STORY(what_is_refused)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_follow_at_once),
        cmocka_unit_test(test_two_ways_from_open_pages),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
