/* Goal: the simulator's oracle judges hand-made histories as DESIGN section 5 says, notices every broken promise it is told of,
 * and gives one end state whatever the order in which the same ops are told. */
#include "tests/sim/oracle.c"
#include "tests/sim/oracle_judge.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- a small world: devices 2, 3, 4 are tablets a, b, c */

enum { CONSOLE, A, B, C, ACTORS };

struct world {
    struct oracle *o;
    uint64_t epoch, csn, gid;
    uint64_t seq[16]; /* by device_no */
};

static const struct oracle_row sheet = {ORACLE_ATTENDANCE, {50, 60}};
static const struct oracle_row meeting = {ORACLE_SESSION, {50}};
static const struct oracle_row enrolment = {ORACLE_ENROLMENT, {7, 60}};
static const struct oracle_row person = {ORACLE_PARTICIPANT, {60}};

static struct world begin(void)
{
    struct world w = {.o = oracle_new(), .epoch = 100};
    assert_int_equal(oracle_console(w.o), CONSOLE);
    assert_int_equal(oracle_tablet(w.o), A);
    assert_int_equal(oracle_tablet(w.o), B);
    assert_int_equal(oracle_tablet(w.o), C);
    oracle_serve(w.o, w.epoch);
    return w;
}

/* the world ends with nothing wrong */
static void end(struct world *w)
{
    assert_null(oracle_wrong(w->o));
    oracle_free(w->o);
}

/* the one thing wrong says so */
static void expect_wrong(struct world *w, const char *text)
{
    const char *got = oracle_wrong(w->o);
    if (!got || !strstr(got, text))
        fail_msg("expected \"%s\", got \"%s\"", text, got ? got : "nothing");
    assert_int_equal(oracle_wrong_count(w->o), 1);
    oracle_wrong_forget(w->o);
}

/* actor saves an op on row that sets tag (0: none) to value; what the page showed goes up to csn seen */
static uint64_t save(struct world *w, unsigned actor, struct oracle_row row, unsigned tag, int64_t value, uint64_t seen)
{
    struct oracle_op op = {.gid = ++w->gid, .actor = actor, .row = row, .seen = {w->epoch, seen}};
    op.present = tag ? T(tag) : 0;
    op.value[tag] = value;
    oracle_save(w->o, &op);
    oracle_saved(w->o, op.gid);
    return op.gid;
}

static uint64_t save_presence(struct world *w, unsigned actor, int64_t presence, int64_t evidence, uint64_t seen)
{
    struct oracle_op op = {.gid = ++w->gid, .actor = actor, .row = sheet, .seen = {w->epoch, seen}};
    op.present = T(PRESENCE) | T(EVIDENCE);
    op.value[PRESENCE] = presence;
    op.value[EVIDENCE] = evidence;
    oracle_save(w->o, &op);
    return op.gid;
}

static uint64_t bury(struct world *w, unsigned actor, struct oracle_row row, uint64_t seen)
{
    struct oracle_op op = {
        .gid = ++w->gid, .actor = actor, .row = row, .kind = ORACLE_TOMBSTONE, .seen = {w->epoch, seen}};
    oracle_save(w->o, &op);
    return op.gid;
}

static struct oracle_place next(struct world *w, uint64_t device_no)
{
    return (struct oracle_place){.device_no = device_no, .seq = ++w->seq[device_no], .csn = ++w->csn};
}

/* the op comes from its author's own device; returns its csn */
static uint64_t come(struct world *w, uint64_t gid)
{
    struct oracle_place place = next(w, w->o->op[gid]->told.actor + 1);
    oracle_admit(w->o, gid, &place);
    return place.csn;
}

/* save and come */
static uint64_t put(struct world *w, unsigned actor, struct oracle_row row, unsigned tag, int64_t value, uint64_t seen)
{
    return come(w, save(w, actor, row, tag, value, seen));
}

static uint64_t put_presence(struct world *w, unsigned actor, int64_t presence, int64_t evidence, uint64_t seen)
{
    return come(w, save_presence(w, actor, presence, evidence, seen));
}

static void expect(struct world *w, struct oracle_row row, unsigned tag, int64_t value, unsigned live, bool disputed)
{
    struct oracle_unit u = oracle_unit(w->o, &row, (unsigned)oracle_unit_of(row.entity, tag));
    assert_int_equal(u.live_count, live);
    assert_int_equal(u.value[tag], value);
    assert_int_equal(u.disputed, disputed);
}

/* ---- classes */

enum { MINUTES = 6, LATE = 9, VIDEO = 11, NAME = 2 };

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

/* ---- restore and forks */

/* the centre goes back to its backup and serves under a new epoch */
static void restore(struct world *w, unsigned backup, uint64_t csn)
{
    oracle_restore(w->o, backup);
    w->csn = csn;
    oracle_serve(w->o, ++w->epoch);
}

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

/* ---- cases and checks */

static void add_meeting(struct world *w, uint64_t id, int64_t group, int64_t day, int64_t planned)
{
    struct oracle_op op = {.gid = ++w->gid, .actor = CONSOLE, .row = {ORACLE_SESSION, {id}}, .kind = ORACLE_CREATE};
    op.present = T(GROUP) | T(DAY) | (planned < 0 ? 0 : T(PLANNED));
    op.value[GROUP] = group;
    op.value[DAY] = day;
    op.value[PLANNED] = planned < 0 ? 0 : planned;
    oracle_save(w->o, &op);
    come(w, op.gid);
}

static void let_stand(struct world *w, uint64_t rule, uint64_t a, uint64_t b)
{
    put(w, CONSOLE, (struct oracle_row){ORACLE_RULING, {rule, a, b}}, DECISION, MAY_STAND, w->csn);
}

static void test_case_attended(void **state)
{
    (void)state;
    struct world w = begin();
    struct oracle_case c = {.kind = ORACLE_CANCELLED, .row = meeting};
    add_meeting(&w, 50, 7, 3, 1);
    put(&w, A, meeting, SESSION_STATUS, CANCELLED, 1);
    put_presence(&w, B, PRESENT, 0, 1); /* a list proves nothing */
    put(&w, B, (struct oracle_row){ORACLE_ATTENDANCE, {51, 60}}, PRESENCE, PRESENT, 1);
    assert_true(oracle_check_cases(w.o, NULL, 0));
    put_presence(&w, C, PRESENT, 1, 1); /* "all present" does */
    assert_true(oracle_check_cases(w.o, &c, 1));
    put_presence(&w, C, 3, 2, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put_presence(&w, C, PRESENT, 2, w.csn);
    assert_true(oracle_check_cases(w.o, &c, 1));
    let_stand(&w, ORACLE_CANCELLED, 50, 50);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put(&w, CONSOLE, (struct oracle_row){ORACLE_RULING, {ORACLE_CANCELLED, 50, 50}}, DECISION, 0, w.csn);
    assert_true(oracle_check_cases(w.o, &c, 1));
    put(&w, A, meeting, SESSION_STATUS, 1, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    end(&w);
}

/* the status asks first; a coordinator's word answers what it had seen, and nothing else */
static void test_case_attended_answered(void **state)
{
    (void)state;
    struct world w = begin();
    struct oracle_case asked = {.kind = ORACLE_DISPUTE, .row = meeting, .unit = 1};
    struct oracle_case c = {.kind = ORACLE_CANCELLED, .row = meeting};
    add_meeting(&w, 50, 7, 3, 1);
    put(&w, A, meeting, SESSION_STATUS, 1, 1);
    put(&w, CONSOLE, meeting, SESSION_STATUS, CANCELLED, 1);
    put_presence(&w, A, PRESENT, 2, 1);
    assert_true(oracle_check_cases(w.o, &asked, 1));
    uint64_t page = w.csn;
    put(&w, CONSOLE, meeting, SESSION_STATUS, CANCELLED, page);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put(&w, A, meeting, SESSION_STATUS, CANCELLED, w.csn); /* a tablet answers nothing, and has replaced the answer */
    assert_true(oracle_check_cases(w.o, &c, 1));
    let_stand(&w, ORACLE_CANCELLED, 50, 50);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put_presence(&w, B, PRESENT, 2, 1); /* nobody knew of this one */
    assert_true(oracle_check_cases(w.o, &c, 1));
    put_presence(&w, B, 3, 2, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put_presence(&w, B, PRESENT, 2, w.csn);
    put(&w, CONSOLE, meeting, SESSION_STATUS, CANCELLED, page); /* from the old page: two who agree */
    assert_true(oracle_check_cases(w.o, &c, 1));
    put(&w, CONSOLE, meeting, SESSION_STATUS, CANCELLED, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put(&w, B, meeting, SESSION_STATUS, CANCELLED, w.csn); /* another cancellation than the one that was ruled about */
    assert_true(oracle_check_cases(w.o, &c, 1));
    end(&w);
}

static void test_case_two_a_day(void **state)
{
    (void)state;
    struct world w = begin();
    add_meeting(&w, 52, 7, 3, 1);
    add_meeting(&w, 51, 7, 3, 1); /* both planned */
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    add_meeting(&w, 50, 7, 3, -1);
    add_meeting(&w, 53, 7, 4, 0); /* another day */
    add_meeting(&w, 54, 8, 3, 0); /* another group */
    struct oracle_case open[3] = {
        {.kind = ORACLE_TWO, .row = {ORACLE_SESSION, {50}}, .other = {ORACLE_SESSION, {51}}},
        {.kind = ORACLE_TWO, .row = {ORACLE_SESSION, {50}}, .other = {ORACLE_SESSION, {52}}},
    };
    assert_true(oracle_check_cases(w.o, open, 2));
    assert_false(oracle_check_cases(w.o, open, 1));
    expect_wrong(&w, "expected 1 open cases \"two on one day\" with session 52, got 0");
    open[2] = open[0];
    assert_false(oracle_check_cases(w.o, open, 3));
    expect_wrong(&w, "expected 1 open cases \"two on one day\" with session 51, got 2");
    open[2].other.key[0] = 53;
    assert_false(oracle_check_cases(w.o, open, 3));
    expect_wrong(&w, "expected 0 open cases \"two on one day\" with session 53, got 1");

    let_stand(&w, ORACLE_TWO, 50, 52);
    assert_true(oracle_check_cases(w.o, open, 1));
    let_stand(&w, ORACLE_CANCELLED, 50, 51); /* a ruling about something else */
    assert_true(oracle_check_cases(w.o, open, 1));
    put(&w, A, meeting, SESSION_STATUS, CANCELLED, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put(&w, A, meeting, SESSION_STATUS, 1, w.csn);
    assert_true(oracle_check_cases(w.o, open, 1));
    come(&w, bury(&w, CONSOLE, (struct oracle_row){ORACLE_SESSION, {51}}, w.csn));
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    end(&w);
}

static void test_case_dispute(void **state)
{
    (void)state;
    struct world w = begin();
    put_presence(&w, A, PRESENT, 2, 0); /* op 1 */
    put_presence(&w, B, 3, 2, 0);       /* op 2 */
    put_presence(&w, C, 2, 0, 0);       /* op 3 ranks below */
    struct oracle_case got[2] = {{0}};
    assert_int_equal(oracle_cases(w.o, got, 2), 1);
    assert_int_equal(got[0].kind, ORACLE_DISPUTE);
    assert_int_equal(got[0].unit, 0);
    assert_int_equal(oracle_fate(w.o, 1), ORACLE_IN_CASE);
    assert_int_equal(oracle_fate(w.o, 2), ORACLE_IN_CASE);
    assert_int_equal(oracle_fate(w.o, 3), ORACLE_LISTED);
    put_presence(&w, A, PRESENT, 2, 2); /* op 4 had seen two of them */
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    assert_int_equal(oracle_fate(w.o, 1), ORACLE_REPLACED);
    assert_int_equal(oracle_fate(w.o, 4), ORACLE_CURRENT);
    end(&w);
}

static void test_checks(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, sheet, MINUTES, 30, 0);
    put(&w, B, sheet, MINUTES, 40, 0);
    struct oracle_row_is is = {ORACLE_ALIVE, T(MINUTES) | T(LATE), {[MINUTES] = 30}, T(1)};
    assert_true(oracle_check_row(w.o, &sheet, &is)); /* a union's 0 is as good as nothing */
    is.disputed = 0;
    assert_false(oracle_check_row(w.o, &sheet, &is));
    expect_wrong(&w, "attendance 50/60 unit 1: expected 30 - - disputed (op 1 of 2 live), got 30 - - agreed");
    is.disputed = T(1);
    is.value[MINUTES] = 40;
    assert_false(oracle_check_row(w.o, &sheet, &is));
    expect_wrong(&w, "got 40 - - disputed");
    is.value[MINUTES] = 30;
    is.present |= T(7);
    assert_false(oracle_check_row(w.o, &sheet, &is));
    expect_wrong(&w, "got 30 0 - disputed");
    is.state = ORACLE_DEAD;
    assert_false(oracle_check_row(w.o, &sheet, &is));
    expect_wrong(&w, "attendance 50/60: expected alive, got dead");
    is.state = ORACLE_ABSENT;
    assert_true(oracle_check_row(w.o, &enrolment, &is));

    assert_true(oracle_check_live(w.o, &sheet, 1, (const uint64_t[]){2, 1}, 2));
    assert_false(oracle_check_live(w.o, &sheet, 1, (const uint64_t[]){2}, 1));
    expect_wrong(&w, "expected op 1 live, got it 0 times");
    assert_false(oracle_check_live(w.o, &sheet, 1, (const uint64_t[]){2, 1, 3}, 3));
    expect_wrong(&w, "expected 2 live ops, got 3");
    assert_ptr_equal(oracle_row_at(w.o, 0), &w.o->row[0]->name);
    assert_null(oracle_row_at(w.o, 1));
    end(&w);
}

/* ---- random histories */

static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

enum { OPS = 7 };

/* ops on one row; sees[i]: earlier ones that were on the author's page, besides own ones */
struct story {
    unsigned count;
    struct oracle_op op[OPS];
    uint64_t sees[OPS][OPS];
    uint64_t base_csn[OPS], seq[OPS];
};

static const struct {
    struct oracle_row row;
    unsigned tag, unit, values;
} fields[] = {
    {{ORACLE_ATTENDANCE, {50, 60}}, PRESENCE, 0, 5}, {{ORACLE_ATTENDANCE, {50, 60}}, MINUTES, 1, 3},
    {{ORACLE_ATTENDANCE, {50, 60}}, LATE, 2, 2},     {{ORACLE_ATTENDANCE, {50, 60}}, VIDEO, 4, 2},
    {{ORACLE_ENROLMENT, {7, 60}}, 3, 0, 10},         {{ORACLE_PARTICIPANT, {60}}, NAME, 0, 3},
    {{ORACLE_SESSION, {50}}, SESSION_STATUS, 1, 3},
};

static void story_op(struct story *s, unsigned i, size_t field, uint64_t *seed)
{
    struct oracle_op *op = &s->op[i];
    *op = (struct oracle_op){.gid = i + 1, .actor = draw(seed, ACTORS), .row = fields[field].row, .also = s->sees[i]};
    if (draw(seed, 8) == 0)
        op->kind = ORACLE_TOMBSTONE;
    else if (draw(seed, 12) == 0)
        op->clear = T(fields[field].unit);
    else
        op->present = T(fields[field].tag);
    op->value[fields[field].tag] = op->present ? draw(seed, fields[field].values) : 0;
    if (fields[field].tag == PRESENCE && op->row.entity == ORACLE_ATTENDANCE && op->present) {
        op->present |= T(EVIDENCE);
        op->value[EVIDENCE] = draw(seed, 4);
    }
    for (unsigned j = 0; j < i; j++)
        if (draw(seed, 3) == 0)
            s->sees[i][op->also_count++] = j + 1;
    s->base_csn[i] = draw(seed, 4);
    s->seq[i] = 1;
    for (unsigned j = 0; j < i; j++)
        s->seq[i] += s->op[j].actor == op->actor;
}

/* the ops come in a random order that keeps each device's own; what they come to, as text */
static void story_end(const struct story *s, uint64_t *seed, char *text, size_t size)
{
    struct world w = begin();
    bool came[OPS] = {false};
    for (unsigned i = 0; i < s->count; i++)
        oracle_save(w.o, &s->op[i]);
    for (unsigned n = 0; n < s->count; n++) {
        unsigned i = draw(seed, s->count);
        while (came[i] || s->seq[i] != w.seq[s->op[i].actor + 1] + 1)
            i = (i + 1) % s->count;
        came[i] = true;
        struct oracle_place place = next(&w, s->op[i].actor + 1);
        place.base_csn = s->base_csn[i];
        oracle_admit(w.o, i + 1, &place);
        if (draw(seed, 2)) /* judging in between changes nothing */
            oracle_row_state(w.o, &s->op[0].row);
    }
    const struct oracle_unit_def *def;
    unsigned units = oracle_units(s->op[0].row.entity, &def);
    int used = snprintf(text, size, "%d", (int)oracle_row_state(w.o, &s->op[0].row));
    for (unsigned u = 0; u < units; u++) {
        struct oracle_unit unit = oracle_unit(w.o, &s->op[0].row, u);
        used +=
            snprintf(text + used, size - (size_t)used, "|%d %d %u", (int)unit.shown, unit.disputed, unit.other_count);
        for (unsigned i = 0; i < unit.live_count; i++)
            used += snprintf(text + used, size - (size_t)used, ",%d", (int)unit.live[i]);
    }
    for (unsigned i = 0; i < s->count; i++)
        used += snprintf(text + used, size - (size_t)used, "/%d", (int)oracle_fate(w.o, i + 1));
    assert_true((size_t)used < size);
    end(&w);
}

static void test_order_does_not_matter(void **state)
{
    (void)state;
    unsigned disputed = 0, dead = 0;
    for (uint64_t n = 0; n < 3000; n++) {
        uint64_t seed = n;
        struct story s = {.count = 2 + draw(&seed, OPS - 1)};
        for (unsigned i = 0; i < s.count; i++)
            story_op(&s, i, n % COUNT(fields), &seed);
        char first[512], other[512];
        story_end(&s, &seed, first, sizeof first);
        disputed += strstr(first, " 1 ") != NULL;
        dead += first[0] == '0' + ORACLE_DEAD;
        for (unsigned k = 0; k < 6; k++) {
            story_end(&s, &seed, other, sizeof other);
            if (strcmp(first, other) != 0)
                fail_msg("seed %" PRIu64 ": %s, in another order %s", n, first, other);
        }
    }
    assert_true(disputed > 100 && dead > 100);
}

/* ---- histories with restores, against plain copies of lists */

enum { LONG = 60 };

struct line {                               /* an event as a page shows it */
    uint64_t event, gid, csn, origin_event; /* origin_event: which one its origin names, 0: none */
};

struct page { /* everything that took effect, as a list */
    struct line line[LONG];
    unsigned count;
    uint64_t epoch;
};

struct past { /* an op: who made it on which page, and what its store remembers of where it was */
    struct page page;
    unsigned actor;
    struct oracle_mark origin;
    uint64_t origin_event;
};

struct lists {
    struct world w;
    struct page now, replica[ACTORS], backup[LONG];
    unsigned backups;
    struct past past[LONG + 1]; /* by gid */
    uint64_t events;
};

static const struct line *line_of(const struct page *page, uint64_t gid)
{
    for (unsigned i = 0; i < page->count; i++)
        if (page->line[i].gid == gid)
            return &page->line[i];
    return NULL;
}

static void lists_come(struct lists *l, uint64_t gid)
{
    struct oracle_place place = {
        .device_no = 1, .seq = ++l->w.seq[1], .csn = l->now.count + 1, .origin = l->past[gid].origin};
    oracle_admit(l->w.o, gid, &place);
    l->now.line[l->now.count++] = (struct line){++l->events, gid, place.csn, l->past[gid].origin_event};
}

static void lists_save(struct lists *l, unsigned actor)
{
    const struct page *page = &l->replica[actor];
    uint64_t gid = ++l->w.gid;
    struct oracle_op op = {.gid = gid, .actor = actor, .row = sheet, .seen = {page->epoch, page->count}};
    l->past[gid] = (struct past){*page, actor, {0, 0}, 0};
    oracle_save(l->w.o, &op);
    lists_come(l, gid);
}

/* back to a backup; most of what is missing comes again, from somewhere on, and names where it was, or forgot it */
static void lists_restore(struct lists *l, uint64_t *seed)
{
    struct page lost = l->now;
    unsigned backup = draw(seed, l->backups);
    oracle_restore(l->w.o, backup);
    l->now = l->backup[backup];
    l->now.epoch = ++l->w.epoch;
    oracle_serve(l->w.o, l->now.epoch);
    uint64_t start = draw(seed, LONG);
    for (uint64_t i = 0; i < l->w.gid; i++) {
        uint64_t gid = 1 + (i + start) % l->w.gid;
        const struct line *was = line_of(&lost, gid);
        if (line_of(&l->now, gid))
            continue;
        if (was && draw(seed, 4)) {
            l->past[gid].origin = (struct oracle_mark){lost.epoch, was->csn};
            l->past[gid].origin_event = was->event;
        }
        if (draw(seed, 8))
            lists_come(l, gid);
    }
}

static bool lists_saw(const struct lists *l, uint64_t x, uint64_t y)
{
    const struct past *p = &l->past[x];
    if (p->actor != CONSOLE && p->actor == l->past[y].actor && y < x)
        return true;
    const struct line *shown = line_of(&p->page, y), *now = line_of(&l->now, y);
    /* what the page showed is what stands now, or what the present one says that it was */
    return shown && (shown->event == now->event || shown->event == now->origin_event);
}

static void lists_compare(const struct lists *l, uint64_t seed, unsigned *found)
{
    for (uint64_t x = 1; x <= l->w.gid; x++)
        for (uint64_t y = 1; y <= l->w.gid; y++) {
            if (x == y || !line_of(&l->now, y))
                continue;
            bool expected = lists_saw(l, x, y);
            if (oracle_had_seen(l->w.o, x, y) != expected)
                fail_msg("seed %" PRIu64 ": op %" PRIu64 " had %sseen op %" PRIu64, seed, x, expected ? "" : "not ", y);
            *found += expected && l->past[x].actor != l->past[y].actor && l->past[x].page.epoch != l->now.epoch;
        }
}

static void lists_step(struct lists *l, uint64_t *seed)
{
    unsigned actor = draw(seed, ACTORS);
    switch (draw(seed, 8)) {
    case 0:
        if (l->backups < LONG) {
            assert_int_equal(oracle_backup(l->w.o), l->backups);
            l->backup[l->backups++] = l->now;
        }
        break;
    case 1:
        if (l->backups && draw(seed, 2))
            lists_restore(l, seed);
        break;
    case 2:
    case 3:
    case 4: l->replica[actor] = l->now; break;
    default:
        if (l->w.gid < LONG / 2)
            lists_save(l, actor);
    }
}

static void test_histories_with_restores(void **state)
{
    (void)state;
    unsigned found = 0;
    static struct lists l;
    for (uint64_t n = 0; n < 300; n++) {
        uint64_t seed = n;
        memset(&l, 0, sizeof l);
        l.w = begin();
        l.now.epoch = l.w.epoch;
        for (unsigned i = 0; i < ACTORS; i++)
            l.replica[i].epoch = l.w.epoch;
        for (unsigned i = 0; i < 80; i++)
            lists_step(&l, &seed);
        lists_compare(&l, n, &found);
        end(&l.w);
    }
    assert_true(found > 1000); /* sightings across a restore */
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
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_of_lost_history),
        cmocka_unit_test(test_copy_of_a_copy),
        cmocka_unit_test(test_origin_of_a_repeat),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_broken_promises),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_case_attended),
        cmocka_unit_test(test_case_attended_answered),
        cmocka_unit_test(test_case_two_a_day),
        cmocka_unit_test(test_case_dispute),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_histories_with_restores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
