/* Goal: the simulator's oracle judges hand-made histories as DESIGN section 5 says: classes, who had seen what, tombstones. */
#include "tests/unit/test_sim_oracle.h"

static void test_register(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, B, sheet, MINUTES, 40, 0);
    put(&w, A, sheet, MINUTES, 30, 0);
    expect(&w, sheet, MINUTES, 30, 2, true); /* the smaller device */
    put(&w, C, sheet, MINUTES, 40, 0);       /* agrees with one of them */
    expect(&w, sheet, MINUTES, 30, 3, true);
    put(&w, C, sheet, MINUTES, 45, 3); /* had seen all: closes the case */
    expect(&w, sheet, MINUTES, 45, 1, false);
    put(&w, A, sheet, MINUTES, 45, 1); /* had not seen it, says the same */
    expect(&w, sheet, MINUTES, 45, 2, false);

    struct oracle_op op = {.gid = ++w.gid, .actor = B, .row = sheet, .clear = T(1), .seen = {w.epoch, 0}};
    oracle_save(w.o, &op);
    come(&w, op.gid); /* an empty value is a value too */
    expect(&w, sheet, MINUTES, 45, 3, true);
    end(&w);
}

/* fields of one unit go together: 8 sets of 20 and 10 of 25 never become 8 of 25 */
static void test_unit_goes_together(void **state)
{
    (void)state;
    struct world w = begin();
    struct oracle_op op = {
        .gid = ++w.gid, .actor = A, .row = sheet, .present = T(6) | T(7), .value = {[6] = 50, [7] = 600}};
    oracle_save(w.o, &op);
    come(&w, op.gid);
    put(&w, B, sheet, 8, 655, 1);
    struct oracle_unit u = oracle_unit(w.o, &sheet, 1);
    assert_int_equal(u.present, T(8));
    assert_int_equal(u.value[6] | u.value[7], 0);
    assert_int_equal(u.live_count, 1);
    end(&w);
}

static void test_presence(void **state)
{
    (void)state;
    static const struct {
        int64_t presence[3], evidence[3]; /* by a, b, c; nobody had seen anybody; 9: says nothing */
        int64_t shown;
        bool disputed;
    } cases[] = {
        {{2, 1, 9}, {2, 1, 0}, 2, false}, /* a tap beats "all present" */
        {{1, 2, 9}, {0, 1, 0}, 2, false}, /* which beats a list */
        {{3, 1, 9}, {2, 2, 0}, 1, true},  /* present before absent, whatever the device */
        {{3, 2, 9}, {2, 2, 0}, 3, true},  /* two absences: the smaller device */
        {{3, 1, 9}, {2, 3, 0}, 1, true},  /* the person's own tap ranks like the leader's */
        {{1, 1, 9}, {3, 2, 0}, 1, false}, /* who both say present agree */
        {{0, 2, 9}, {3, 0, 0}, 2, false}, /* UNKNOWN: nobody said it */
        {{0, 0, 9}, {2, 0, 0}, 0, false}, {{1, 2, 4}, {1, 1, 2}, 4, false}, /* the case of the lower rank is gone */
        {{1, 2, 4}, {2, 2, 1}, 1, true},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world w = begin();
        unsigned live = 0;
        for (unsigned a = 0; a < 3; a++)
            if (cases[i].presence[a] != 9) {
                put_presence(&w, A + a, cases[i].presence[a], cases[i].evidence[a], 0);
                live++;
            }
        expect(&w, sheet, PRESENCE, cases[i].shown, live, cases[i].disputed);
        end(&w);
    }
}

static void test_demographics(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, person, NAME, 7, 0);
    put(&w, B, person, NAME, 8, 0);
    expect(&w, person, NAME, 7, 2, true);
    put(&w, CONSOLE, person, NAME, 9, 0); /* the central register, though it had seen neither */
    expect(&w, person, NAME, 9, 3, false);
    put(&w, CONSOLE, person, NAME, 10, 0); /* two pages that had not seen each other */
    expect(&w, person, NAME, 9, 4, true);
    end(&w);
}

static void test_minor(void **state)
{
    (void)state;
    struct world w = begin();
    static const uint64_t base[] = {5, 9, 9}; /* of a, b, c, as the centre counts it */
    for (unsigned a = 0; a < 3; a++) {
        struct oracle_place place = next(&w, 2 + a);
        place.base_csn = base[a];
        oracle_admit(w.o, save(&w, A + a, sheet, VIDEO, a != 2, 0), &place);
    }
    expect(&w, sheet, VIDEO, 0, 3, false); /* the larger base, then the larger device */
    struct oracle_unit u = oracle_unit(w.o, &sheet, 4);
    assert_int_equal(u.shown, 3);
    assert_int_equal(u.other_count, 2);
    end(&w);
}

/* D6: a taps late and untaps it, b taps late; nobody had seen the other */
static void test_union(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, sheet, LATE, 1, 0);
    put(&w, A, sheet, LATE, 0, 0);
    expect(&w, sheet, LATE, 0, 1, false);
    put(&w, B, sheet, LATE, 1, 0);
    expect(&w, sheet, LATE, 1, 2, false);
    put(&w, C, sheet, LATE, 0, 2); /* had seen a's, not b's */
    expect(&w, sheet, LATE, 1, 2, false);
    assert_int_equal(oracle_unit(w.o, &sheet, 2).other_count, 0); /* nothing of it is hidden */
    put(&w, C, sheet, LATE, 0, 3);
    expect(&w, sheet, LATE, 0, 1, false);
    end(&w);
}

static void test_ordered(void **state)
{
    (void)state;
    static const struct {
        int64_t status[2]; /* by a, b */
        int64_t shown;
        bool disputed;
    } cases[] = {
        {{4, 0}, 4, false}, {{0, 4}, 4, false}, /* active: the highest */
        {{4, 5}, 5, false}, {{5, 4}, 5, false}, /* terminal over active */
        {{2, 4}, 2, false},                     /* declined is terminal */
        {{6, 5}, 6, true},  {{5, 6}, 5, true},  /* two terminal ones: the smaller device */
        {{7, 7}, 7, false}, {{8, 9}, 9, false}, /* registered in error over all */
        {{9, 5}, 9, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct world w = begin();
        put(&w, A, enrolment, 3, cases[i].status[0], 0);
        put(&w, B, enrolment, 3, cases[i].status[1], 0);
        expect(&w, enrolment, 3, cases[i].shown, 2, cases[i].disputed);
        end(&w);
    }
}

/* ---- who had seen what: the directed stories */

static void test_directed(void **state)
{
    (void)state;
    struct world w = begin(); /* D1: b, then a twice, offline */
    put(&w, B, sheet, MINUTES, 40, 0);
    put(&w, A, sheet, MINUTES, 30, 0);
    put(&w, A, sheet, MINUTES, 35, 0);
    expect(&w, sheet, MINUTES, 35, 2, true); /* 35 against 40, not 30 */
    put(&w, C, sheet, MINUTES, 50, 2);       /* D3: had seen 40 and 30 only */
    expect(&w, sheet, MINUTES, 35, 2, true);
    put(&w, CONSOLE, sheet, MINUTES, 40, 3); /* from a page without c's */
    expect(&w, sheet, MINUTES, 40, 2, true);
    put(&w, CONSOLE, sheet, MINUTES, 30, 3); /* D4: another page, as old: does not overwrite the first unseen */
    expect(&w, sheet, MINUTES, 40, 3, true);
    put(&w, CONSOLE, sheet, MINUTES, 50, 6);
    expect(&w, sheet, MINUTES, 50, 1, false);
    end(&w);

    w = begin(); /* D2: a, b, a */
    put(&w, A, sheet, MINUTES, 30, 0);
    put(&w, B, sheet, MINUTES, 40, 0);
    put(&w, A, sheet, MINUTES, 35, 0);
    expect(&w, sheet, MINUTES, 35, 2, true);
    end(&w);

    w = begin(); /* D5: a copy is not the same author; the ops before it are both's */
    put(&w, A, sheet, MINUTES, 20, 0);
    unsigned copy = oracle_fork(w.o, A, 1);
    put(&w, A, sheet, MINUTES, 30, 0);
    struct oracle_place place = next(&w, 9);
    oracle_admit(w.o, save(&w, copy, sheet, MINUTES, 40, 0), &place);
    expect(&w, sheet, MINUTES, 30, 2, true);
    end(&w);
}

/* D7: an op of one's own that takes effect late does not undo the later one */
static void test_late_own_op(void **state)
{
    (void)state;
    struct world w = begin();
    struct oracle_op early = {
        .gid = ++w.gid, .actor = A, .row = sheet, .present = T(MINUTES), .value = {[MINUTES] = 30}, .refusable = T(3)};
    oracle_save(w.o, &early);
    struct oracle_place place = next(&w, 2);
    oracle_refuse(w.o, early.gid, &place, 3);
    assert_int_equal(oracle_row_state(w.o, &sheet), ORACLE_ABSENT);
    put(&w, A, sheet, MINUTES, 35, 0);
    put(&w, B, sheet, MINUTES, 40, 2); /* what was refused cannot have been seen */
    oracle_rejudge(w.o, early.gid, ++w.csn);
    expect(&w, sheet, MINUTES, 40, 1, false);
    assert_false(oracle_had_seen(w.o, 3, early.gid));
    assert_int_equal(oracle_fate(w.o, early.gid), ORACLE_REPLACED);
    end(&w);

    w = begin(); /* the same with another device: seen only from the csn at which it took effect */
    early.gid = ++w.gid;
    oracle_save(w.o, &early);
    place = next(&w, 2);
    oracle_refuse(w.o, early.gid, &place, 3);
    oracle_rejudge(w.o, early.gid, ++w.csn);
    put(&w, B, sheet, MINUTES, 40, 1);
    expect(&w, sheet, MINUTES, 30, 2, true);
    put(&w, C, sheet, MINUTES, 45, 3);
    expect(&w, sheet, MINUTES, 45, 1, false);
    end(&w);
}

/* ---- tombstones */

static void test_tombstone(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, sheet, MINUTES, 30, 0);                /* op 1 */
    uint64_t unseen = save(&w, B, sheet, LATE, 1, 0); /* op 2 */
    come(&w, bury(&w, C, sheet, 1));                  /* op 3 */
    assert_int_equal(oracle_row_state(w.o, &sheet), ORACLE_DEAD);
    come(&w, unseen); /* D10: listed, before or after */
    assert_int_equal(oracle_row_state(w.o, &sheet), ORACLE_DEAD);
    assert_int_equal(oracle_fate(w.o, 1), ORACLE_REPLACED);
    assert_int_equal(oracle_fate(w.o, 2), ORACLE_LISTED);
    assert_int_equal(oracle_fate(w.o, 3), ORACLE_IS_TOMBSTONE);

    put(&w, A, sheet, MINUTES, 45, 2); /* op 4 had seen the tombstone: a new life */
    assert_int_equal(oracle_row_state(w.o, &sheet), ORACLE_AGAIN);
    expect(&w, sheet, MINUTES, 45, 1, false);
    expect(&w, sheet, LATE, 0, 0, false);
    come(&w, bury(&w, B, sheet, 2)); /* a second tombstone that had not seen it */
    assert_int_equal(oracle_row_state(w.o, &sheet), ORACLE_DEAD);
    assert_int_equal(oracle_fate(w.o, 4), ORACLE_LISTED);
    end(&w);
}

/* an own tombstone and re-creation, while another one buries the row too: both must have been seen */
static void test_two_tombstones(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 2; first++) {
        struct world w = begin();
        uint64_t own = bury(&w, A, sheet, 0), again = save(&w, A, sheet, MINUTES, 30, 0);
        uint64_t other = bury(&w, B, sheet, 0);
        if (first)
            come(&w, other);
        come(&w, own);
        come(&w, again);
        assert_int_equal(oracle_row_state(w.o, &sheet), first ? ORACLE_DEAD : ORACLE_AGAIN);
        if (!first)
            come(&w, other);
        assert_int_equal(oracle_row_state(w.o, &sheet), ORACLE_DEAD);
        assert_int_equal(oracle_fate(w.o, again), ORACLE_LISTED);
        end(&w);
    }
}

/* what a tombstone hit unseen replaces nothing: both values are listed */
static void test_replaced_then_buried(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, sheet, MINUTES, 30, 0);
    put(&w, B, sheet, MINUTES, 40, 1);
    come(&w, bury(&w, C, sheet, 0));
    assert_int_equal(oracle_fate(w.o, 1), ORACLE_LISTED);
    assert_int_equal(oracle_fate(w.o, 2), ORACLE_LISTED);
    end(&w);
}

static void test_minted_stays_dead(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, meeting, SESSION_STATUS, 0, 0);
    come(&w, bury(&w, A, meeting, 1));
    put(&w, A, meeting, SESSION_STATUS, 1, 2);
    assert_int_equal(oracle_row_state(w.o, &meeting), ORACLE_DEAD);
    assert_int_equal(oracle_unit(w.o, &meeting, 1).live_count, 0);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_register),
        cmocka_unit_test(test_unit_goes_together),
        cmocka_unit_test(test_presence),
        cmocka_unit_test(test_demographics),
        cmocka_unit_test(test_minor),
        cmocka_unit_test(test_union),
        cmocka_unit_test(test_ordered),
        cmocka_unit_test(test_directed),
        cmocka_unit_test(test_late_own_op),
        cmocka_unit_test(test_tombstone),
        cmocka_unit_test(test_two_tombstones),
        cmocka_unit_test(test_replaced_then_buried),
        cmocka_unit_test(test_minted_stays_dead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
