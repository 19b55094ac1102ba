/* Goal: the oracle follows restores and forks, and notices every broken promise that it is told of. */
#include "tests/unit/test_sim_oracle.h"

static void test_restore(void **state)
{
    (void)state;
    for (unsigned named = 0; named < 2; named++) {
        struct world w = begin();
        put(&w, A, sheet, MINUTES, 20, 0); /* op 1, csn 1 */
        unsigned backup = oracle_backup(w.o);
        uint64_t mine = save(&w, A, sheet, MINUTES, 30, 1);  /* op 2 */
        come(&w, mine);                                      /* csn 2 of epoch 100 */
        uint64_t later = save(&w, B, sheet, MINUTES, 40, 2); /* op 3 had seen ops 1 and 2 */
        put(&w, C, enrolment, 3, 4, 0);                      /* op 4 */
        assert_int_equal(oracle_row_state(w.o, &enrolment), ORACLE_ALIVE);
        restore(&w, backup, 1);
        w.seq[2] = 1;
        w.seq[4] = 0;
        assert_int_equal(oracle_row_state(w.o, &enrolment), ORACLE_ABSENT);
        expect(&w, sheet, MINUTES, 20, 1, false);
        assert_int_equal(oracle_fate(w.o, mine), ORACLE_NOWHERE);

        put(&w, C, sheet, MINUTES, 50, 1); /* op 5 takes csn 2, which op 3 had not seen */
        come(&w, later);
        assert_true(oracle_had_seen(w.o, later, 1));
        assert_false(oracle_had_seen(w.o, later, 5));
        expect(&w, sheet, MINUTES, 40, 2, true);

        struct oracle_place place = next(&w, 2);
        if (named)
            place.origin = (struct oracle_mark){100, 2};
        oracle_admit(w.o, mine, &place); /* sent again, with or without the csn that it once had */
        assert_int_equal(oracle_had_seen(w.o, later, mine), named);
        expect(&w, sheet, MINUTES, named ? 40 : 30, named ? 2 : 3, true);
        end(&w);
    }
}

/* a backup of a history that was itself cut off is restored; what was seen there counts again */
static void test_restore_of_lost_history(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, sheet, MINUTES, 20, 0);
    unsigned first = oracle_backup(w.o);
    put(&w, A, sheet, MINUTES, 30, 0);
    unsigned second = oracle_backup(w.o);
    uint64_t seen = save(&w, B, sheet, MINUTES, 40, 2);
    restore(&w, first, 1);
    put(&w, C, sheet, MINUTES, 50, 0); /* csn 2 again */
    unsigned third = oracle_backup(w.o);
    restore(&w, second, 2);
    expect(&w, sheet, MINUTES, 30, 1, false);
    assert_true(oracle_had_seen(w.o, seen, 2));
    restore(&w, third, 2);
    expect(&w, sheet, MINUTES, 20, 2, true);
    assert_false(oracle_had_seen(w.o, seen, 2));
    assert_int_equal(oracle_fate(w.o, 2), ORACLE_NOWHERE);
    end(&w);
}

/* a copy of a copy knows what both shared, and no more */
static void test_copy_of_a_copy(void **state)
{
    (void)state;
    struct world w = begin();
    uint64_t first = save(&w, A, sheet, MINUTES, 20, 0);
    uint64_t second = save(&w, A, sheet, MINUTES, 25, 0);
    unsigned image = oracle_fork(w.o, A, 2);
    unsigned older = oracle_fork(w.o, image, 1);
    uint64_t third = save(&w, older, sheet, MINUTES, 30, 0);
    assert_true(oracle_had_seen(w.o, third, first));
    assert_false(oracle_had_seen(w.o, third, second));
    assert_int_equal(oracle_actor_ops(w.o, older), 2);
    end(&w);
}

/* an op came under two identities, then the centre was restored: its origin is the later csn, which a page between the two
 * does not cover */
static void test_origin_of_a_repeat(void **state)
{
    (void)state;
    for (uint64_t seen = 1; seen <= 2; seen++) {
        struct world w = begin();
        unsigned backup = oracle_backup(w.o);
        put(&w, A, sheet, MINUTES, 20, 0);
        struct oracle_place place = next(&w, 9);
        oracle_repeat(w.o, 1, &place);
        uint64_t other = save(&w, B, sheet, MINUTES, 30, seen);
        assert_true(oracle_had_seen(w.o, other, 1));
        restore(&w, backup, 0);
        assert_int_equal(oracle_row_state(w.o, &sheet), ORACLE_ABSENT);
        place = (struct oracle_place){.device_no = 9, .seq = 1, .csn = ++w.csn, .origin = {100, 2}};
        oracle_admit(w.o, 1, &place);
        assert_int_equal(oracle_had_seen(w.o, other, 1), seen == 2);
        end(&w);
    }
}

static void test_fork(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, sheet, MINUTES, 20, 0);                    /* op 1 */
    uint64_t shared = save(&w, A, sheet, MINUTES, 25, 0); /* op 2, on both */
    unsigned copy = oracle_fork(w.o, A, oracle_actor_ops(w.o, A));
    uint64_t mine = save(&w, A, sheet, MINUTES, 30, 0);      /* op 3 */
    uint64_t theirs = save(&w, copy, sheet, MINUTES, 40, 0); /* op 4 */
    come(&w, shared);
    come(&w, mine);
    struct oracle_place place =
        next(&w, 9); /* the copy is given a number of its own, and first sends op 2 again under it */
    oracle_repeat(w.o, shared, &place);
    place = next(&w, 9);
    oracle_admit(w.o, theirs, &place);
    assert_true(oracle_had_seen(w.o, theirs, shared) && oracle_had_seen(w.o, theirs, 1));
    assert_false(oracle_had_seen(w.o, theirs, mine) || oracle_had_seen(w.o, mine, theirs));
    expect(&w, sheet, MINUTES, 30, 2, true);
    assert_true(oracle_check_sum(w.o, 9, &(struct oracle_sum){.sent = 2, .same = 1, .in_case = 1}));

    struct oracle_row moved = {ORACLE_ATTENDANCE,
                               {51, 60}}; /* an id was minted twice: the copy's row gets another key */
    oracle_rekey(w.o, theirs, &moved);
    expect(&w, sheet, MINUTES, 30, 1, false);
    expect(&w, moved, MINUTES, 40, 1, false);
    end(&w);
}

/* ---- promises that the events themselves can break */

static void test_broken_promises(void **state)
{
    (void)state;
    struct world w = begin();
    uint64_t op = save(&w, A, sheet, MINUTES, 30, 0);
    oracle_acked(w.o, op);
    expect_wrong(&w, "op 1 was acked and is not at the centre");
    come(&w, op);
    oracle_acked(w.o, op);
    struct oracle_place place = {.device_no = 9, .seq = 1, .csn = 9};
    oracle_admit(w.o, op, &place);
    expect_wrong(&w, "op 1: takes effect twice");
    oracle_repeat(w.o, save(&w, A, sheet, MINUTES, 1, 0), &place);
    expect_wrong(&w, "op 2: repeats what is not there");

    place = (struct oracle_place){.device_no = 2, .seq = 1, .csn = 2};
    oracle_admit(w.o, save(&w, A, sheet, MINUTES, 1, 0), &place);
    expect_wrong(&w, "device 2: seq 1 comes after seq 1"); /* one identity for two ops */
    place = (struct oracle_place){.device_no = 2, .seq = 3, .csn = 3};
    oracle_admit(w.o, save(&w, A, sheet, MINUTES, 1, 0), &place);
    expect_wrong(&w, "device 2: seq 3 comes after seq 1"); /* a hole */
    place = (struct oracle_place){.device_no = 2, .seq = 4, .csn = 3};
    oracle_admit(w.o, save(&w, A, sheet, MINUTES, 1, 0), &place);
    expect_wrong(&w, "csn 3 comes after csn 3");
    place = (struct oracle_place){.device_no = 2, .seq = 5, .csn = 4, .origin = {100, 1}};
    oracle_admit(w.o, save(&w, A, sheet, MINUTES, 1, 0), &place);
    expect_wrong(&w, "names csn 1 of epoch 64 as its origin");
    place = (struct oracle_place){.device_no = 2, .seq = 6, .csn = 5};
    oracle_refuse(w.o, save(&w, A, sheet, MINUTES, 1, 0), &place, 4);
    expect_wrong(&w, "refused for reason 4 without cause");
    oracle_rejudge(w.o, op, 6);
    expect_wrong(&w, "judged again, but it did not wait");

    struct oracle_op bad = {.gid = ++w.gid, .actor = A, .row = sheet, .bad = true};
    oracle_save(w.o, &bad);
    place = (struct oracle_place){.device_no = 2, .seq = 7, .csn = 7};
    oracle_admit(w.o, bad.gid, &place);
    expect_wrong(&w, "applied although it must be refused");
    unsigned backup = oracle_backup(w.o);
    oracle_revoke(w.o, 2, true);
    restore(&w, backup, 7); /* undoes no revocation */
    place = (struct oracle_place){.device_no = 2, .seq = 8, .csn = 8};
    oracle_admit(w.o, save(&w, A, sheet, MINUTES, 1, 0), &place);
    expect_wrong(&w, "applied after device 2 was revoked");
    place = (struct oracle_place){.device_no = 2, .seq = 9, .csn = 9};
    oracle_refuse(w.o, save(&w, A, sheet, MINUTES, 1, 0), &place, 5); /* as it should be */
    oracle_serve(w.o, 100);
    expect_wrong(&w, "epoch 64 is drawn twice");

    uint64_t last = save(&w, B, sheet, MINUTES, 1, 0);
    backup = oracle_backup(w.o);
    place = (struct oracle_place){.device_no = 3, .seq = 1, .csn = 10};
    oracle_admit(w.o, last, &place);
    restore(&w, backup, 9);
    place.origin = (struct oracle_mark){w.epoch - 1, 9};
    oracle_admit(w.o, last, &place); /* it was at csn 10 */
    expect_wrong(&w, "names csn 9 of epoch 65 as its origin");
    end(&w);
}

/* About whom a link once showed, scope may refuse what of another nobody may; parted or not. */
static void test_refused_for_a_link(void **state)
{
    (void)state;
    struct world w = begin();
    const struct oracle_row link = {ORACLE_LINK, {61}};
    for (unsigned linked = 0; linked < 3; linked++) {
        if (linked == 1)
            put(&w, CONSOLE, link, 2, 60, w.csn);
        if (linked == 2)
            come(&w, bury(&w, CONSOLE, link, w.csn));
        struct oracle_op op = {.gid = ++w.gid, .actor = A, .row = sheet, .refusable_linked = T(4)};
        oracle_save(w.o, &op);
        struct oracle_place place = next(&w, 2);
        oracle_refuse(w.o, op.gid, &place, 4);
        if (!linked)
            expect_wrong(&w, "refused for reason 4 without cause");
        assert_null(oracle_wrong(w.o));
    }
    end(&w);
}

static void test_sum(void **state)
{
    (void)state;
    struct world w = begin();
    for (unsigned i = 0; i < 3; i++)
        put(&w, A, sheet, MINUTES, 30 + i, 0);
    oracle_lost(w.o, 0, 2, ++w.seq[2]);
    struct oracle_op odd = {.actor = A, .row = sheet, .refusable = T(1)};
    for (unsigned i = 0; i < 2; i++) {
        struct oracle_place place = next(&w, 2);
        odd.gid = ++w.gid;
        oracle_save(w.o, &odd);
        if (i)
            oracle_hold(w.o, odd.gid, &place);
        else
            oracle_refuse(w.o, odd.gid, &place, 1);
    }
    struct oracle_sum sum = {.sent = 6, .applied = 1, .superseded = 2, .quarantined = 1, .held = 1, .lost = 1};
    assert_true(oracle_check_sum(w.o, 2, &sum));
    sum.superseded = 1;
    assert_false(oracle_check_sum(w.o, 2, &sum));
    expect_wrong(&w, "sent 6, but its parts give 5");
    sum.held = 2;
    assert_false(oracle_check_sum(w.o, 2, &sum));
    expect_wrong(&w, "expected 6 sent, 1 quarantined, 1 held, 1 lost, got 6, 1, 2, 1");

    unsigned backup = oracle_backup(w.o);
    oracle_rejudge(w.o, odd.gid, ++w.csn);
    assert_true(oracle_check_sum(w.o, 2, &(struct oracle_sum){.sent = 6, .applied = 4, .quarantined = 1, .lost = 1}));
    restore(&w, backup, w.csn - 1);
    assert_true(oracle_check_sum(
        w.o, 2, &(struct oracle_sum){.sent = 6, .applied = 3, .quarantined = 1, .held = 1, .lost = 1}));
    end(&w);
}

static void test_rest(void **state)
{
    (void)state;
    struct world w = begin();
    save(&w, A, sheet, MINUTES, 30, 0);
    assert_false(oracle_check_rest(w.o));
    expect_wrong(&w, "op 1 on attendance 50/60 was saved and is not at the centre");
    unsigned copy = oracle_fork(w.o, A, 1), empty = oracle_fork(w.o, A, 0);
    oracle_gone(w.o, A);
    assert_false(oracle_check_rest(w.o)); /* the copy has it still */
    expect_wrong(&w, "op 1");
    oracle_gone(w.o, copy);
    assert_true(oracle_check_rest(w.o));
    assert_int_equal(oracle_actor_ops(w.o, empty), 0);

    uint64_t other = save(&w, B, sheet, MINUTES, 40, 0);
    unsigned before_loss = oracle_backup(w.o);
    oracle_lost(w.o, other, 3, 1);
    expect_wrong(&w, "op 2 is given up as lost, but a store has it");
    oracle_acked(w.o, other); /* the watermark passed it */
    assert_true(oracle_check_rest(w.o));
    assert_int_equal(oracle_fate(w.o, other), ORACLE_LOST);
    restore(&w, before_loss, 0);
    assert_int_equal(oracle_fate(w.o, other), ORACLE_NOWHERE);
    assert_false(oracle_check_rest(w.o));
    expect_wrong(&w, "op 2");
    oracle_lost(w.o, 0, 3, 1); /* nobody knows which op that was */
    oracle_excuse(w.o, other);
    assert_true(oracle_check_rest(w.o));
    uint64_t third = save(&w, C, sheet, MINUTES, 50, 0);
    oracle_excuse(w.o, third);
    assert_true(oracle_check_rest(w.o));

    unsigned backup = oracle_backup(w.o);
    uint64_t fourth = save(&w, C, sheet, MINUTES, 55, 0);
    come(&w, fourth);
    assert_true(oracle_check_rest(w.o));
    restore(&w, backup, 0); /* acked, and undone: it must come again */
    assert_false(oracle_check_rest(w.o));
    expect_wrong(&w, "op 4");
    oracle_gone(w.o, C);
    assert_true(oracle_check_rest(w.o));

    save_presence(&w, B, PRESENT, 2, 0); /* the tablet did not say "saved" */
    assert_true(oracle_check_rest(w.o));
    uint64_t shared = save(&w, B, sheet, MINUTES, 60, 0);
    oracle_fork(w.o, B, oracle_actor_ops(w.o, B));
    struct oracle_place place = {.device_no = 9, .seq = 1, .csn = ++w.csn};
    oracle_admit(w.o, shared, &place);
    oracle_lost(w.o, shared, 3, 2); /* it came under the copy's number, and under its own it never will */
    assert_true(oracle_check_rest(w.o));
    assert_int_equal(oracle_fate(w.o, shared), ORACLE_CURRENT);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_of_lost_history),
        cmocka_unit_test(test_copy_of_a_copy),
        cmocka_unit_test(test_origin_of_a_repeat),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_broken_promises),
        cmocka_unit_test(test_refused_for_a_link),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
