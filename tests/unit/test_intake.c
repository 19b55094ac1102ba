/* Goal: what comes in becomes facts and rows once, in order, with the right verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/gate.h"

static void mark_reaches_centre_once(void **state)
{
    struct gate *w = *state;
    struct centre_tablet before = w->a;
    struct sam_op ops[2] = {gate_mark(w, 0, 1, 0), gate_mark(w, 1, 3, 0)};
    uint64_t epoch = intake_epoch(w->centre.in).id;
    struct intake_pushed first = gate_push(w, &w->a, ops, 2, epoch);
    assert_int_equal(first.error.code, 0);
    assert_int_equal(first.ack.seq, 2);
    assert_int_equal(gate_presence(w, 0), 1);
    assert_int_equal(gate_presence(w, 1), 3);
    uint64_t csn = store_csn(intake_store(w->centre.in));
    struct centre_tablet again = before; /* the same batch once more: the ack was lost */
    struct intake_pushed second = gate_push(w, &again, ops, 2, epoch);
    assert_int_equal(second.error.code, 0);
    assert_int_equal(second.ack.seq, 2);
    assert_int_equal(second.ack.csn, first.ack.csn);
    assert_int_equal(store_csn(intake_store(w->centre.in)), csn);
    again = before; /* overlapping: two old, one new */
    struct sam_op three[3] = {ops[0], ops[1], gate_mark(w, 2, 1, 0)};
    struct intake_pushed third = gate_push(w, &again, three, 3, epoch);
    assert_int_equal(third.ack.seq, 3);
    assert_int_equal(store_csn(intake_store(w->centre.in)), csn + 1);
    again = before; /* the first batch once more, further back than the watermark: the answer speaks of it alone */
    struct intake_pushed back = gate_push(w, &again, ops, 2, epoch);
    assert_int_equal(back.ack.seq, 2);
    assert_int_equal(back.ack.csn, first.ack.csn);
    assert_true(first.ack.centre_seq == 0 && back.ack.centre_seq == 0); /* no doubt whose ops they are */
    again = before;                                                     /* other bytes under the same seq */
    ops[0].claimed_s++;
    assert_int_equal(gate_push(w, &again, ops, 2, epoch).error.code, SAM_ERROR_FORK);
    again.seq = 7; /* a gap */
    struct intake_pushed gap = gate_push(w, &again, ops, 1, epoch);
    assert_int_equal(gap.error.code, SAM_ERROR_GAP);
    assert_int_equal(gap.error.expected, 4);
}

static void bad_ops_are_quarantined_and_acked(void **state)
{
    struct gate *w = *state;
    uint64_t epoch = intake_epoch(w->centre.in).id;
    struct sam_op op[5] = {gate_mark(w, 0, 9, 0), gate_mark(w, 0, 1, 0), gate_mark(w, 0, 1, 0), gate_mark(w, 1, 1, 0),
                           gate_mark(w, 2, 1, 0)};
    op[1].row.key.part[1] = 77;                /* nobody */
    op[2].user = 99;                           /* no user */
    sam_row_init(&op[3].row, SAM_PARTICIPANT); /* not a tablet's to say */
    op[3].row.key.part[0] = w->person[0];
    sam_row_set(&op[3].row, SAM_PARTICIPANT_birth_year, 1980);
    struct intake_pushed p = gate_push(w, &w->a, op, 5, epoch);
    assert_int_equal(p.error.code, 0);
    assert_int_equal(p.ack.seq, 5);
    assert_int_equal(gate_verdicts(w, &w->a, SAM_VERDICT_QUARANTINED), 4);
    assert_int_equal(gate_presence(w, 0), -1);
    assert_int_equal(gate_presence(w, 2), 1);
}

static void unseen_values_stay_candidates(void **state)
{
    struct gate *w = *state;
    uint64_t epoch = intake_epoch(w->centre.in).id;
    struct sam_op no = gate_mark(w, 0, 3, 0), yes = gate_mark(w, 0, 1, 0);
    gate_push(w, &w->a, &no, 1, epoch);
    gate_push(w, &w->b, &yes, 1, epoch);
    assert_int_equal(gate_presence(w, 0), 1); /* present before absent */
    assert_int_equal(gate_verdicts(w, &w->b, SAM_VERDICT_CASE), 1);
    struct sam_op informed = gate_mark(w, 0, 2, store_csn(intake_store(w->centre.in)));
    gate_push(w, &w->a, &informed, 1, epoch);
    assert_int_equal(gate_presence(w, 0), 2);
    struct store_candidate c[4];
    unsigned count;
    assert_int_equal(store_candidates_get(intake_store(w->centre.in), &informed.row.key, 0, c, 4, &count), 0);
    assert_int_equal(count, 0);
}

static void a_batch_may_correct_itself(void **state)
{
    struct gate *w = *state;
    struct sam_op ops[3] = {gate_mark(w, 0, 1, 0), gate_mark(w, 0, 3, 0), gate_mark(w, 0, 2, 0)};
    struct intake_pushed p = gate_push(w, &w->a, ops, 3, intake_epoch(w->centre.in).id);
    assert_int_equal(p.error.code, 0);
    assert_int_equal(p.ack.seq, 3);
    assert_int_equal(gate_presence(w, 0), 2);
    assert_int_equal(gate_verdicts(w, &w->a, SAM_VERDICT_CASE), 0);
}

static void a_revoked_device_is_quarantined(void **state)
{
    struct gate *w = *state;
    struct sam_op op = gate_mark(w, 0, 1, 0);
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(intake_device_state(w->centre.in, w->a.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(intake_commit(w->centre.in), 0);
    struct intake_pushed p = gate_push(w, &w->a, &op, 1, intake_epoch(w->centre.in).id);
    assert_int_equal(p.ack.seq, 1);
    assert_int_equal(gate_verdicts(w, &w->a, SAM_VERDICT_QUARANTINED), 1);
    assert_int_equal(gate_presence(w, 0), -1);
}

/* A fork was shut out; letting its parent in again leaves it out. */
static void who_was_shut_out_stays_out(void **state)
{
    struct gate *w = *state;
    struct store_device up, fork;
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(store_device_get(intake_store(w->centre.in), w->a.device_no, &up), 0);
    fork = up;
    fork.device_no = 99;
    fork.parent = up.device_no;
    fork.state = SAM_DEVICE_REVOKED;
    up.state = SAM_DEVICE_PENDING;
    up.forked = true;
    assert_int_equal(store_device_put(intake_store(w->centre.in), &fork), 0);
    assert_int_equal(store_device_put(intake_store(w->centre.in), &up), 0);
    assert_int_equal(intake_device_state(w->centre.in, up.device_no, SAM_DEVICE_ACTIVE), 0);
    assert_int_equal(store_device_get(intake_store(w->centre.in), 99, &fork), 0);
    assert_int_equal(fork.state, SAM_DEVICE_REVOKED);
    assert_int_equal(store_device_get(intake_store(w->centre.in), up.device_no, &up), 0);
    assert_int_equal(up.state, SAM_DEVICE_ACTIVE);
    assert_int_equal(intake_device_state(w->centre.in, 99, SAM_DEVICE_ACTIVE), 0);
    assert_int_equal(intake_device_state(w->centre.in, up.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(store_device_get(intake_store(w->centre.in), 99, &fork), 0);
    assert_int_equal(fork.state, SAM_DEVICE_REVOKED);
    intake_rollback(w->centre.in);
}

/* A store that refuses a commit takes nothing in, and a later start brings nothing of it back. */
static int refuse_commit(void *ctx)
{
    (void)ctx;
    return 1;
}

static void a_refused_commit_leaves_nothing(void **state)
{
    struct gate *w = *state;
    struct sam_key key = {.entity = SAM_PARTICIPANT};
    struct store_row row;
    uint64_t csn = store_csn(intake_store(w->centre.in));
    assert_int_equal(intake_begin(w->centre.in), 0);
    key.part[0] = gate_named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 901", -1, 0);
    sqlite3_commit_hook(intake_store(w->centre.in)->db, refuse_commit, NULL);
    assert_true(intake_commit(w->centre.in) < 0);
    sqlite3_commit_hook(intake_store(w->centre.in)->db, NULL, NULL);
    assert_int_equal(store_csn(intake_store(w->centre.in)), csn);
    centre_stop(&w->centre);
    centre_start(&w->centre);
    assert_int_equal(store_row_get(intake_store(w->centre.in), &key, &row), 0);
    assert_false(row.exists);
    assert_int_equal(store_csn(intake_store(w->centre.in)), csn);
}

/* The larger base wins among values of no weight, whoever comes first. */
static void a_minor_value_goes_by_its_base(void **state)
{
    struct gate *w = *state;
    struct sam_key key = {.entity = SAM_SESSION, .part = {w->session}};
    struct store_row row;
    struct sam_op op = {.user = w->user, .base_csn = store_csn(intake_store(w->centre.in))};
    sam_row_init(&op.row, SAM_SESSION);
    op.row.key = key;
    sam_row_set_text(&op.row, SAM_SESSION_room, "Sal A", 5);
    gate_push(w, &w->a, &op, 1, intake_epoch(w->centre.in).id);
    op.base_csn--;
    sam_row_set_text(&op.row, SAM_SESSION_room, "Sal B", 5);
    gate_push(w, &w->b, &op, 1, intake_epoch(w->centre.in).id);
    assert_int_equal(store_row_get(intake_store(w->centre.in), &key, &row), 0);
    assert_memory_equal(row.row.val[SAM_SESSION_room].text.ptr, "Sal A", 5);
    assert_int_equal(gate_verdicts(w, &w->b, SAM_VERDICT_MERGED), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mark_reaches_centre_once, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(bad_ops_are_quarantined_and_acked, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(unseen_values_stay_candidates, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_batch_may_correct_itself, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_revoked_device_is_quarantined, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(who_was_shut_out_stays_out, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_refused_commit_leaves_nothing, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_minor_value_goes_by_its_base, gate_setup, gate_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
