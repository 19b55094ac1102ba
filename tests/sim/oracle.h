/* Goal: say what the centre must hold, without asking the code that computes it.
 *
 * The oracle is told plain events: who saved what and what its author had seen, what came to the centre at which csn, what was
 * refused, backed up, restored, revoked. From these alone it says, for each row and unit, which values are live, which one is
 * shown, whether it is disputed, which cases are open, and whether every saved op is at the centre exactly once.
 * It includes no header of the project; oracle.c takes down, oracle_judge.c concludes. A difference is one line of text: row,
 * unit, expected, got.
 *
 * Words
 *   gid    the caller's own number of an op, from 1; it stays the same when the op is sent again, after a restore, or under
 *          another identity after a fork. Small numbers in a row cost least (an array is indexed by it).
 *   actor  a store that makes ops: a tablet, a copy of one, or a page of the console
 *   tag    a field's number in the row's message; values are given by tag, a text as any number that stands for it
 *   mark   (epoch, csn): everything up to csn of the history in which that epoch was served
 *   seen   the mark that a page stood for when the form was opened: the larger of the shown row's csn and the csn of the last
 *          complete run of its scope, under the epoch of that run; also where the run showed no such row. No mark where the
 *          page held nothing of the scope. It is read from the tablet's replica, not from the op, whose base it proves.
 *
 * Rules (DESIGN section 5)
 *   1 x had seen y: y is an earlier op of x's actor (of its parent, up to the copy; a console page has no earlier ops), or
 *     was named in x's list, or took effect within x's mark; where that place was lost since, y brings it along as its origin.
 *   2 x is live in a unit: admitted, had seen every admitted tombstone of its row, and no admitted op on that unit had seen x.
 *     Where ids are minted a tombstone is final.
 *   3 A row lives while some admitted op on it had seen all its admitted tombstones.
 *   4 What is shown is a fold over the live ops by class; it does not depend on the order in which anything was told.
 *   5 People who are linked are shown as one, the root of their links: attendance and enrolment of all of them fold together, in the
 *     root's row; nothing is shown in the others'. Who knew of every link between two, and said something of the one, replaces what
 *     he had seen of the other (oracle_link.c). Parting gives each row back what it was.
 *
 * Readings, where DESIGN leaves room: presence that is absent counts as UNKNOWN, which ranks below everything; ordered: among
 * active values the highest number is shown and nothing is disputed, two terminal values are disputed and the smallest
 * (device_no, seq) is shown; COMPLETED, DISCONTINUED, NEVER_CAME, NOT_RELEVANT and DECLINED are terminal. */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ORACLE_TAGS 16 /* tags are below this */
#define ORACLE_KEYS 4  /* parts of a key; unused ones are 0 */
#define ORACLE_UNITS 9 /* units of one entity, at most */
#define ORACLE_CONSOLE_DEVICE_NO 1

/* Row tags of proto/samling.proto; no other entity is known. */
enum oracle_entity {
    ORACLE_ATTENDANCE = 8,
    ORACLE_SESSION = 9,
    ORACLE_ENROLMENT = 10,
    ORACLE_GROUP = 11,
    ORACLE_PARTICIPANT = 12,
    ORACLE_USER = 13,
    ORACLE_ORG_UNIT = 14,
    ORACLE_RULING = 15,
    ORACLE_LINK = 19,
    ORACLE_LEADER = 27,
};

struct oracle_row {
    uint32_t entity;
    uint64_t key[ORACLE_KEYS];
};

/* csn 0: nothing was seen */
struct oracle_mark {
    uint64_t epoch;
    uint64_t csn;
};

enum oracle_kind { ORACLE_SET, ORACLE_CREATE, ORACLE_TOMBSTONE };

struct oracle_op {
    uint64_t gid;
    unsigned actor;
    struct oracle_row row;
    enum oracle_kind kind;
    uint32_t present;           /* bit n: the field with tag n has a value */
    uint32_t clear;             /* bit n: unit n becomes empty */
    int64_t value[ORACLE_TAGS]; /* by tag */
    struct oracle_mark seen;
    const uint64_t *also; /* gids that were seen in another way; copied */
    unsigned also_count;
    uint32_t refusable;        /* bit n: refusing it for reason n is right; 0: only because its device is revoked */
    uint32_t refusable_linked; /* the same, where its person was linked once */
    bool bad;                  /* taking it would be wrong */
};

/* How an op stands at the centre. */
struct oracle_place {
    uint64_t device_no;
    uint64_t seq;
    uint64_t csn;              /* strictly rising within a history */
    uint64_t base_csn;         /* the op's base as the centre counts it; only class minor asks */
    struct oracle_mark origin; /* earlier (epoch, csn) that came with the op; csn 0: none came */
};

struct oracle;

/**
 * oracle_new(): an empty world, no epoch, no actor. Ends the process when memory is gone (it belongs to a test).
 * oracle_free(o): ${o} may be NULL.
 * oracle_wrong(o): the first thing that was wrong, one line, borrowed until the next call; NULL: nothing yet.
 * oracle_wrong_count(o): how many things were wrong; oracle_wrong_forget(o) starts at none.
 *   errors  an event that the promises forbid (effect twice, a hole in seq, ack without op, applied after revoke, a false
 *           origin) counts as wrong, and so does every check below that returns false. A call that breaks the caller's own
 *           contract (unknown gid or actor) ends the process with a line.
 */
struct oracle *oracle_new(void);
void oracle_free(struct oracle *o);
const char *oracle_wrong(const struct oracle *o);
unsigned oracle_wrong_count(const struct oracle *o);
void oracle_wrong_forget(struct oracle *o);

/* ---- actors and what they save */

/**
 * oracle_tablet(o) / oracle_console(o): a new actor; returns its number. One console actor serves for all pages.
 * oracle_actor_ops(o, actor): how many ops the store of ${actor} holds as its own; note it when an image is taken.
 * oracle_fork(o, parent, ops): a store that is a copy or an old image of ${parent}, with the first ${ops} of its ops.
 * oracle_gone(o, actor): this store is destroyed, wiped, or overwritten by an image (which is a fork): what no other store
 *                        holds and the centre does not have is excused.
 */
unsigned oracle_tablet(struct oracle *o);
unsigned oracle_console(struct oracle *o);
unsigned oracle_actor_ops(const struct oracle *o, unsigned actor);
unsigned oracle_fork(struct oracle *o, unsigned parent, unsigned ops);
void oracle_gone(struct oracle *o, unsigned actor);

/**
 * oracle_save(o, op): ${op->actor} makes an op; ops of one actor are told in the order in which they were made. Whether it
 *                     is durable is not known yet.
 * oracle_saved(o, gid): the tablet said "saved" (for the console: the page said done): from now on it must reach the centre.
 * oracle_excuse(o, gid): it need not reach the centre after all.
 * oracle_acked(o, gid): its store got an ack of the centre for it. Wrong unless it is at the centre now.
 * oracle_rekey(o, gid, row): after a fork the op's row has another (re-minted) key.
 */
void oracle_save(struct oracle *o, const struct oracle_op *op);
void oracle_saved(struct oracle *o, uint64_t gid);
void oracle_excuse(struct oracle *o, uint64_t gid);
void oracle_acked(struct oracle *o, uint64_t gid);
void oracle_rekey(struct oracle *o, uint64_t gid, const struct oracle_row *row);

/* ---- the centre: what is durable there (told after the commit) */

/* Events are told in the order of their csn, which rises within a history. A device's seq rises one by one: a hole is told
 * by oracle_lost() before what comes after it; only the console's may jump. */

/**
 * oracle_serve(o, epoch): the centre starts to serve under ${epoch}, never used before. The first call precedes all others
 *                         below.
 * oracle_admit(o, gid, place): the op came and takes effect at place->csn.
 * oracle_refuse(o, gid, place, reason): the op came and is quarantined.
 * oracle_hold(o, gid, place): the op came and waits, without effect.
 * oracle_repeat(o, gid, place): an op that the centre already has came under another identity and takes no effect; its csn is
 *                               used up and the sum of place->device_no counts it.
 * oracle_rejudge(o, gid, csn): a refused or held op takes effect at ${csn}.
 * oracle_lost(o, gid, device_no, seq): the centre recorded that it will never get this seq; gid 0: nobody knows which op.
 *                                      Wrong for a saved op that a store still holds; what it dropped is excused first.
 * oracle_found(o, gid, device_no, seq): the last loss of this device is taken back: it will come after all.
 * oracle_revoke(o, device_no, revoked): from now on nothing of this device may take effect on arrival (or it may again). A
 *                                       restore does not undo it.
 * oracle_backup(o): this moment; returns its number.
 * oracle_restore(o, backup): the history is what it was at that moment; csns after it will be used again. oracle_serve follows.
 */
void oracle_serve(struct oracle *o, uint64_t epoch);
void oracle_admit(struct oracle *o, uint64_t gid, const struct oracle_place *place);
void oracle_refuse(struct oracle *o, uint64_t gid, const struct oracle_place *place, unsigned reason);
void oracle_hold(struct oracle *o, uint64_t gid, const struct oracle_place *place);
void oracle_repeat(struct oracle *o, uint64_t gid, const struct oracle_place *place);
void oracle_rejudge(struct oracle *o, uint64_t gid, uint64_t csn);
void oracle_lost(struct oracle *o, uint64_t gid, uint64_t device_no, uint64_t seq);
void oracle_found(struct oracle *o, uint64_t gid, uint64_t device_no, uint64_t seq);
void oracle_revoke(struct oracle *o, uint64_t device_no, bool revoked);
unsigned oracle_backup(struct oracle *o);
void oracle_restore(struct oracle *o, unsigned backup);

/* ---- questions, at any time; a row is judged only when something on it changed */

/* AGAIN: alive, after tombstones that had been seen */
enum oracle_state { ORACLE_ABSENT, ORACLE_ALIVE, ORACLE_AGAIN, ORACLE_DEAD };

/* What one unit must show. gids point into the oracle and are borrowed until the next event. */
struct oracle_unit {
    uint32_t present; /* bit n: the shown value has tag n */
    int64_t value[ORACLE_TAGS];
    bool disputed;
    uint64_t shown; /* gid; 0: no live op */
    const uint64_t *live;
    unsigned live_count; /* in rising gid */
    const uint64_t *other;
    unsigned other_count; /* live ones whose value is another than the shown one, in rising gid */
};

/* Where an op stands now, all its units together. */
enum oracle_fate {
    ORACLE_NOWHERE,     /* not at the centre */
    ORACLE_REFUSED,     /* in quarantine */
    ORACLE_HELD,        /* waiting */
    ORACLE_LOST,        /* a recorded loss */
    ORACLE_IN_CASE,     /* live in a disputed unit, at the rank that is disputed */
    ORACLE_LISTED,      /* live but not shown, or removed by a tombstone that had not seen it or that it had not seen */
    ORACLE_CURRENT,     /* all its live values are shown */
    ORACLE_REPLACED,    /* in every unit somebody who had seen it said something else, or deleted the row */
    ORACLE_IS_TOMBSTONE /* an admitted tombstone */
};

enum oracle_state oracle_row_state(struct oracle *o, const struct oracle_row *row);
struct oracle_unit oracle_unit(struct oracle *o, const struct oracle_row *row, unsigned unit);
enum oracle_fate oracle_fate(struct oracle *o, uint64_t gid);
bool oracle_had_seen(const struct oracle *o, uint64_t gid, uint64_t other);

/* every row that an op was ever saved on: i = 0, 1, … until NULL; borrowed until the next oracle_save or oracle_rekey */
const struct oracle_row *oracle_row_at(const struct oracle *o, size_t i);

/* the unit of a field, for callers that speak of units; -1: no such field */
int oracle_unit_of(uint32_t entity, unsigned tag);

/* ---- checks: true: as the model says; false: counted, and told by oracle_wrong() */

/**
 * oracle_check_row(o, row, is): the centre's row, by tag. A row that is absent has state ABSENT; ALIVE and AGAIN are the same
 *                               here. present, value and disputed count only while it lives. A union's absent bit is 0.
 * oracle_check_live(o, row, unit, gids, count): the candidates that the centre keeps for a unit, in any order.
 */
struct oracle_row_is {
    enum oracle_state state;
    uint32_t present;
    int64_t value[ORACLE_TAGS];
    uint32_t disputed; /* bit n: unit n has an open case */
};
bool oracle_check_row(struct oracle *o, const struct oracle_row *row, const struct oracle_row_is *is);
bool oracle_check_live(struct oracle *o, const struct oracle_row *row, unsigned unit, const uint64_t *gids,
                       unsigned count);

/**
 * oracle_cases(o, out, max): the cases that must be open, all of them or the first ${max}; returns how many there are.
 *   DISPUTE    row and unit; a living row only, and not the attendance of a session that was deleted
 *   CANCELLED  row is a living session whose shown status is CANCELLED and not disputed (else that dispute asks), while a
 *              living attendance row of it shows PRESENT with more than LISTED for evidence, and a live op there that says
 *              so was seen by nobody who answered: by no console op that is live in the status, and by no live ruling
 *              (kind, id, id) of MAY_STAND, where that row shows it, whose author had seen a live op of the status
 *   TWO        row and other are living sessions, not cancelled, of one group on one day, at least one not planned;
 *              row.key[0] < other.key[0]
 *   the last not while a living ruling row (kind, row id, the other row's id) shows MAY_STAND
 * oracle_check_cases(o, open, count): exactly these are open at the centre, in any order.
 */
enum oracle_case_kind { ORACLE_DISPUTE = 0, ORACLE_CANCELLED = 2, ORACLE_TWO = 3 }; /* the numbers of Ruling.kind */
struct oracle_case {
    enum oracle_case_kind kind;
    struct oracle_row row;
    struct oracle_row other; /* zero unless TWO */
    unsigned unit;           /* 0 unless DISPUTE */
};
size_t oracle_cases(struct oracle *o, struct oracle_case *out, size_t max);
bool oracle_check_cases(struct oracle *o, const struct oracle_case *open, size_t count);

/**
 * oracle_check_sum(o, device_no, sum): P4. The parts give sent; sent, quarantined, held and lost are what was told, and so is
 *                                      the rest together (an op that came twice counts under each identity).
 * oracle_check_rest(o): every saved op is at the centre, or excused, or a recorded loss.
 */
struct oracle_sum {
    uint64_t sent, applied, same, superseded, listed, in_case, quarantined, held, lost;
};
bool oracle_check_sum(struct oracle *o, uint64_t device_no, const struct oracle_sum *sum);
bool oracle_check_rest(struct oracle *o);

#endif
