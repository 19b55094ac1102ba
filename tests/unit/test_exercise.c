/* Goal: exercise sets end the same on every tablet, whoever syncs first: no set that nobody performed, and none without its
 * session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/ward.h"

enum { SQUAT = 7, HELD = 1, CANCELLED = 2 };

/* ---- exercise sets */

static void set_save(struct ward *w, struct pump_tablet *t, int set_no, int reps, int load_hg)
{
    struct samling_set set = SAMLING_SET_INIT;
    set.session = w->session;
    set.participant = w->person;
    set.exercise = SQUAT;
    set.set_no = set_no;
    set.reps = reps;
    set.load_hg = load_hg;
    set.pain = reps == 8 ? 3 : -1;
    assert_int_equal(samling_set_save(t->s, w->user, &set), 0);
}

static struct samling_set_line set_line(struct ward *w, struct pump_tablet *t, size_t i, size_t want)
{
    struct samling_set_line *l, one = {0};
    size_t count;
    assert_int_equal(samling_sets(t->s, w->session, w->person, &l, &count), 0);
    assert_int_equal(count, want);
    if (i < count)
        one = l[i];
    samling_list_free(l);
    return one;
}

/* Set 2 of one exercise, logged as 8 x 20 kg here and as 10 x 25 kg there. */
static void two_sets(struct ward *w)
{
    struct sam_key key = {.entity = SAM_EXERCISE_SET, .part = {w->session, w->person, SQUAT, 2}};
    struct sam_row row;
    set_save(w, w->a, 2, 8, 200);
    set_save(w, w->b, 2, 10, 250);
    assert_int_equal(set_line(w, w->a, 0, 1).state, SAMLING_WAITING);
    assert_int_equal(set_line(w, w->a, 0, 1).set.reps, 8);
    ward_meet(w);
    assert_true(ward_row(w, &key, &row));
    assert_int_equal(sam_row_num(&row, SAM_EXERCISE_SET_reps), 8); /* the smaller device number, whoever came first */
    assert_int_equal(sam_row_num(&row, SAM_EXERCISE_SET_load_hg), 200);
    assert_int_equal(ward_cases_open(w), 1);
    struct pump_tablet *tablets[] = {w->a, w->b};
    for (int i = 0; i < 2; i++) {
        struct samling_set_line l = set_line(w, tablets[i], 0, 1);
        assert_int_equal(l.set.reps * 1000 + l.set.load_hg, 8200); /* never 8 x 25 */
        assert_int_equal(l.set.pain, 3);
        assert_int_equal(l.disputed, 1);
        assert_int_equal(l.other.reps * 1000 + l.other.load_hg, 10250);
        assert_int_equal(l.other.pain, -1);
        assert_int_equal(l.state, SAMLING_ATTENTION);
    }
    set_save(w, w->b, 2, 10, 250); /* who has seen both decides */
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 0);
    struct samling_set_line l = set_line(w, w->a, 0, 1);
    assert_int_equal(l.set.reps * 1000 + l.set.load_hg, 10250);
    assert_int_equal(l.set.pain, -1);
    assert_int_equal(l.disputed, 0);
}

/* The form that was open decides what its author had seen. */
static void set_on_an_open_form(struct ward *w)
{
    set_save(w, w->a, 1, 8, 200);
    set_line(w, w->b, 0, 0); /* the page is open, and empty */
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    assert_true(pump_sync(w->b, PUMP_WHOLE));
    set_save(w, w->b, 1, 10, 250);
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 1);
    assert_int_equal(set_line(w, w->b, 0, 1).disputed, 1); /* opened again */
    set_save(w, w->b, 1, 10, 250);
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 0);
}

static void sets_of_several(struct ward *w)
{
    for (int n = 1; n <= 20; n++)
        set_save(w, n % 2 ? w->a : w->b, n, n, 0);
    ward_meet(w);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(set_line(w, w->first, i, 20).set.set_no, 1 + (int)i);
    assert_int_equal(ward_cases_open(w), 0);
    struct samling_set set = SAMLING_SET_INIT;
    set.session = w->session;
    set.participant = w->person;
    set.exercise = SQUAT;
    set.set_no = 21;
    assert_int_equal(samling_set_save(w->a->s, w->user, &set), SAMLING_ERANGE);
    set.set_no = 0;
    assert_int_equal(samling_set_save(w->a->s, w->user, &set), SAMLING_ERANGE);
    set.set_no = 3;
    set.reps = 501;
    assert_int_equal(samling_set_save(w->a->s, w->user, &set), SAMLING_ERANGE);
    set.reps = 5;
    set.participant = w->far_person;
    assert_int_equal(samling_set_save(w->a->s, w->user, &set), SAMLING_ENOTFOUND);
}

static void session_say(struct ward *w, enum sam_op_kind kind, int status)
{
    struct sam_op op = ward_op(SAM_SESSION, kind, w->session, 0);
    op.base_csn = store_csn(w->p.reader);
    if (kind == SAM_OP_SET)
        sam_row_set(&op.row, SAM_SESSION_status, status);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
}

/* Entered in error here, and a set added there: the deletion stays, the set is kept and listed. */
static void set_on_a_deleted_session(struct ward *w)
{
    bool before = w->first == w->a;
    set_save(w, w->a, 1, 5, 0);
    set_save(w, w->b, 2, 6, 0);
    if (before)
        ward_meet(w);
    uint64_t fills = sam_meta(w->a->s, slot);
    session_say(w, SAM_OP_TOMBSTONE, 0);
    set_save(w, w->b, 3, 7, 0);
    ward_meet(w);
    assert_int_equal(sam_meta(w->a->s, slot), fills); /* both sides agree without a fill */
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM exercise_set WHERE dead <= 0"), 3);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM exercise_set WHERE scope > 0"), 0);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM verdict WHERE kind = 1 AND device_no > 1"), before ? 1 : 3);
    struct samling_set_line *l;
    size_t count;
    assert_int_equal(samling_sets(w->a->s, w->session, w->person, &l, &count), SAMLING_ENOTFOUND);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM session WHERE dead > 0"), 1);
}

/* A dispute about a set ends with its session. */
static void disputed_set_of_a_deleted_session(struct ward *w)
{
    set_save(w, w->a, 2, 8, 200);
    set_save(w, w->b, 2, 10, 250);
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 1);
    session_say(w, SAM_OP_TOMBSTONE, 0);
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 0);
}

/* A session stands as cancelled, and somebody trained in it: whichever came first, a person is asked. */
static void set_proves_held(struct ward *w)
{
    bool before = w->first == w->a;
    if (before)
        session_say(w, SAM_OP_SET, CANCELLED);
    set_save(w, w->a, 1, 0, 200); /* nothing was done in it */
    ward_meet(w);
    if (!before)
        session_say(w, SAM_OP_SET, CANCELLED);
    assert_int_equal(ward_cases_open(w), 0);
    set_line(w, w->b, 0, 1);
    set_save(w, w->b, 1, 12, 200);
    ward_meet(w);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM conflict_case WHERE open = 1 AND rule = 2"), 1);
    struct sam_op op = ward_op(SAM_RULING, SAM_OP_SET, SAM_RULE_ATTENDED, w->session); /* both are right */
    op.row.key.part[2] = w->session;
    op.base_csn = store_csn(w->p.reader);
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    assert_int_equal(ward_cases_open(w), 0);
    set_save(w, w->b, 2, 0, 200); /* nothing new */
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 0);
    set_save(w, w->b, 3, 4, 200); /* a new reason to ask */
    ward_meet(w);
    assert_int_equal(ward_cases_open(w), 1);
    session_say(w, SAM_OP_SET, HELD);
    assert_int_equal(ward_cases_open(w), 0);
    session_say(w, SAM_OP_SET, CANCELLED); /* by one who has seen all of it */
    assert_int_equal(ward_cases_open(w), 0);
    set_save(w, w->b, 3, 5, 200);
    ward_meet(w);
    op = ward_op(SAM_EXERCISE_SET, SAM_OP_TOMBSTONE, w->session, w->person);
    op.row.key.part[2] = SQUAT;
    for (unsigned i = 0; i < 2; i++) { /* the two in which something was done */
        assert_int_equal(ward_cases_open(w), 1);
        op.row.key.part[3] = i ? 3 : 1;
        op.base_csn = store_csn(w->p.reader);
        assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    }
    assert_int_equal(ward_cases_open(w), 0);
}

/* Sets leave both sides with their session, when that is too old. */
static void sets_grow_old(struct ward *w)
{
    set_save(w, w->a, 1, 5, 0);
    set_save(w, w->b, 2, 6, 0);
    ward_meet(w);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM exercise_set WHERE scope > 0"), 2);
    uint64_t fills = sam_meta(w->a->s, slot);
    w->p.now_s += INT64_C(200) * 86400;
    pump_plan(&w->p);
    ward_meet(w);
    assert_int_equal(sam_meta(w->a->s, slot), fills); /* both sides agree without a fill */
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM exercise_set WHERE scope > 0"), 0);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM exercise_set"), 2);
}

static void test_two_sets(void **state)
{
    (void)state;
    ward_both_orders(two_sets);
    ward_both_orders(set_on_an_open_form);
    ward_both_orders(sets_of_several);
}

static void test_sets_and_their_session(void **state)
{
    (void)state;
    ward_both_orders(set_on_a_deleted_session);
    ward_both_orders(disputed_set_of_a_deleted_session);
    ward_both_orders(set_proves_held);
    ward_both_orders(sets_grow_old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_sets),
        cmocka_unit_test(test_sets_and_their_session),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
