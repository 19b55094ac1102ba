/* A small world for the simulator's oracle, told event by event: devices 2, 3, 4 are tablets a, b, c. */
#ifndef UNIT_TEST_SIM_ORACLE_H
#define UNIT_TEST_SIM_ORACLE_H

#include "tests/sim/oracle.c"
#include "tests/sim/oracle_case.c"
#include "tests/sim/oracle_check.c"
#include "tests/sim/oracle_judge.c"
#include "tests/sim/oracle_link.c"

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

static inline struct world begin(void)
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
static inline void end(struct world *w)
{
    assert_null(oracle_wrong(w->o));
    oracle_free(w->o);
}

/* the one thing wrong says so */
static inline void expect_wrong(struct world *w, const char *text)
{
    const char *got = oracle_wrong(w->o);
    if (!got || !strstr(got, text))
        fail_msg("expected \"%s\", got \"%s\"", text, got ? got : "nothing");
    assert_int_equal(oracle_wrong_count(w->o), 1);
    oracle_wrong_forget(w->o);
}

/* actor saves an op on row that sets tag (0: none) to value; what the page showed goes up to csn seen */
static inline uint64_t save(struct world *w, unsigned actor, struct oracle_row row, unsigned tag, int64_t value,
                            uint64_t seen)
{
    struct oracle_op op = {.gid = ++w->gid, .actor = actor, .row = row, .seen = {w->epoch, seen}};
    op.present = tag ? T(tag) : 0;
    op.value[tag] = value;
    oracle_save(w->o, &op);
    oracle_saved(w->o, op.gid);
    return op.gid;
}

static inline uint64_t save_presence(struct world *w, unsigned actor, int64_t presence, int64_t evidence, uint64_t seen)
{
    struct oracle_op op = {.gid = ++w->gid, .actor = actor, .row = sheet, .seen = {w->epoch, seen}};
    op.present = T(PRESENCE) | T(EVIDENCE);
    op.value[PRESENCE] = presence;
    op.value[EVIDENCE] = evidence;
    oracle_save(w->o, &op);
    return op.gid;
}

static inline uint64_t bury(struct world *w, unsigned actor, struct oracle_row row, uint64_t seen)
{
    struct oracle_op op = {
        .gid = ++w->gid, .actor = actor, .row = row, .kind = ORACLE_TOMBSTONE, .seen = {w->epoch, seen}};
    oracle_save(w->o, &op);
    return op.gid;
}

static inline struct oracle_place next(struct world *w, uint64_t device_no)
{
    return (struct oracle_place){.device_no = device_no, .seq = ++w->seq[device_no], .csn = ++w->csn};
}

/* the op comes from its author's own device; returns its csn */
static inline uint64_t come(struct world *w, uint64_t gid)
{
    struct oracle_place place = next(w, w->o->op[gid]->told.actor + 1);
    oracle_admit(w->o, gid, &place);
    return place.csn;
}

/* save and come */
static inline uint64_t put(struct world *w, unsigned actor, struct oracle_row row, unsigned tag, int64_t value,
                           uint64_t seen)
{
    return come(w, save(w, actor, row, tag, value, seen));
}

static inline uint64_t put_presence(struct world *w, unsigned actor, int64_t presence, int64_t evidence, uint64_t seen)
{
    return come(w, save_presence(w, actor, presence, evidence, seen));
}

static inline void expect(struct world *w, struct oracle_row row, unsigned tag, int64_t value, unsigned live,
                          bool disputed)
{
    struct oracle_unit u = oracle_unit(w->o, &row, (unsigned)oracle_unit_of(row.entity, tag));
    assert_int_equal(u.live_count, live);
    assert_int_equal(u.value[tag], value);
    assert_int_equal(u.disputed, disputed);
}

/* ---- classes */

enum { MINUTES = 6, LATE = 9, VIDEO = 11, NAME = 2 };

/* ---- cases and checks */

static inline void add_meeting(struct world *w, uint64_t id, int64_t group, int64_t day, int64_t planned)
{
    struct oracle_op op = {.gid = ++w->gid, .actor = CONSOLE, .row = {ORACLE_SESSION, {id}}, .kind = ORACLE_CREATE};
    op.present = T(GROUP) | T(DAY) | (planned < 0 ? 0 : T(PLANNED));
    op.value[GROUP] = group;
    op.value[DAY] = day;
    op.value[PLANNED] = planned < 0 ? 0 : planned;
    oracle_save(w->o, &op);
    come(w, op.gid);
}

static inline void let_stand(struct world *w, uint64_t rule, uint64_t a, uint64_t b)
{
    put(w, CONSOLE, (struct oracle_row){ORACLE_RULING, {rule, a, b}}, DECISION, MAY_STAND, w->csn);
}

/* ---- restore and forks */

/* the centre goes back to its backup and serves under a new epoch */
static inline void restore(struct world *w, unsigned backup, uint64_t csn)
{
    oracle_restore(w->o, backup);
    w->csn = csn;
    oracle_serve(w->o, ++w->epoch);
}

/* ---- random histories */

static inline uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

#endif
