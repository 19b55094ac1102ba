/* Goal: what changes while a tablet fetches a group anew comes to it with the rest. The line breaks behind every few bytes; meanwhile rows
 * change, come and go, with what hangs on them. When the line is back the first end agrees with what is here: rows and sum are the
 * centre's without another fill. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/ward.h"

enum { STEP_BYTES = 11, ROUNDS_MAX = 400 };

static uint64_t said(struct ward *w, struct sam_op op)
{
    op.base_csn = store_csn(intake_store(w->p.in));
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    return op.row.key.part[0];
}

static void group_goes(struct ward *w, uint64_t org)
{
    struct sam_op op = ward_op(SAM_GROUP, SAM_OP_SET, w->far_group, 0);
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)org);
    said(w, op);
}

static uint64_t session_with_mark(struct ward *w, int64_t day)
{
    struct sam_op op = ward_op(SAM_SESSION, SAM_OP_CREATE, 0, 0);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)w->far_group);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    uint64_t id = said(w, op);
    op = ward_op(SAM_ATTENDANCE, SAM_OP_SET, id, w->far_person);
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, 1);
    said(w, op);
    return id;
}

/* One row changes, one comes, one goes, and one goes with its mark. */
static void meanwhile(struct ward *w, uint64_t stays, uint64_t goes)
{
    struct sam_op op = ward_op(SAM_SESSION, SAM_OP_SET, stays, 0);
    sam_row_set(&op.row, SAM_SESSION_status, 1);
    said(w, op);
    said(w, ward_op(SAM_SESSION, SAM_OP_TOMBSTONE, goes, 0));
    ward_enrol(w, w->far_group, w->person, true);
    ward_enrol(w, w->far_group, w->far_person, false);
}

static void filled_at_once(struct pump_tablet *t)
{
    for (unsigned i = 0; i < t->s->held.count; i++) {
        assert_true(sam_held_complete(&t->s->held.at[i]));
        assert_int_equal(t->s->held.at[i].fill_bad, 0);
    }
}

/* A tablet that is started again half way goes on where it was, and shows as much of it. */
static void found_again(samling *s, const struct sam_held *h)
{
    struct sam_held was = *h;
    assert_int_equal(sam_held_load(s), 0);
    const struct sam_held *is = sam_held_find(s, was.id);
    assert_non_null(is);
    was.asked = was.suspect = false;
    was.fill_bad = 0;
    assert_memory_equal(is, &was, sizeof was);
}

/* true: the line broke, and the group was half here. */
static bool fetched(struct ward *w, uint64_t bytes, bool *whole)
{
    uint64_t stays = session_with_mark(w, WARD_DAY + 1), goes = session_with_mark(w, WARD_DAY + 2);
    group_goes(w, w->org);
    *whole = pump_sync(w->a, bytes);
    struct sam_held *h = sam_held_find(w->a->s, w->far_group);
    bool half = h && !sam_held_complete(h) && h->fill_start;
    if (half)
        found_again(w->a->s, h);
    meanwhile(w, stays, goes);
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    filled_at_once(w->a);
    ward_meet(w);
    said(w, ward_op(SAM_SESSION, SAM_OP_TOMBSTONE, stays, 0));
    ward_enrol(w, w->far_group, w->person, false);
    ward_enrol(w, w->far_group, w->far_person, true);
    group_goes(w, w->far_org);
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    return half;
}

static void changed_while_filling(struct ward *w)
{
    unsigned halves = 0, rounds = 0;
    bool whole = false;
    for (uint64_t bytes = STEP_BYTES; !whole; bytes += STEP_BYTES) {
        assert_true(++rounds < ROUNDS_MAX);
        halves += fetched(w, bytes, &whole);
    }
    assert_true(halves > 2);
}

static void test_changed_while_filling(void **state)
{
    (void)state;
    ward_both_orders(changed_while_filling);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changed_while_filling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
