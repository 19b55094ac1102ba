/* Goal: what oracle.c (what was told), oracle_judge.c (what follows), oracle_case.c (what must be asked) and oracle_check.c share. Nobody else includes it.
 *
 * What came to the centre is a tree of histories: a restore starts a branch behind the event at which the backup was taken. An
 * op keeps every place it ever had in that tree, so that a mark of a lost future can still be answered. How ops stand now
 * follows from the path of events from the root to the end of the last branch, and is played again from its start after a
 * restore.
 *
 *     branch 0   e e e e e e e e e
 *     branch 1         \ e e e e        restored to a backup of branch 0
 *     branch 2             \ e e <- now  restored to a backup of branch 1
 *
 * A row keeps its ops; it is judged, all units at once, when it is asked for and an event touched it since. */
#ifndef SIM_ORACLE_INT_H
#define SIM_ORACLE_INT_H

#include "tests/sim/oracle.h"

#define T(tag) (1u << (tag))

enum oracle_class { REGISTER, RANKED, MINOR, UNION, ORDERED };

struct oracle_unit_def {
    uint32_t entity;
    enum oracle_class class;
    uint32_t tags;
};

enum event_kind { ADMIT, REFUSE, HOLD, REPEAT, REJUDGE, LOSE, FIND };
enum status { NOWHERE, ADMITTED, REFUSED, HELD };

struct event {
    enum event_kind kind;
    uint64_t gid;
    struct oracle_place place;
};

struct branch {
    unsigned parent;
    size_t fork; /* events of the path before this branch's first */
    struct event *event;
    size_t count, room;
};

struct stay { /* a place that an op had in the tree */
    unsigned branch;
    size_t depth; /* events of the path before it */
    uint64_t csn;
    bool effect;
};

struct op {
    struct oracle_op told;
    uint32_t units;
    unsigned row;
    unsigned own_index; /* among its actor's ops */
    bool saved, excused, lost;
    enum status status;
    bool lives;        /* judge(): had seen every tombstone */
    uint32_t replaced; /* judge(): units in which somebody who had seen it said something */
    struct oracle_place place;
    struct stay *stay;
    size_t stay_count, stay_room;
};

struct actor {
    bool console, gone;
    unsigned ops;          /* made here and before it was copied */
    unsigned parent;       /* itself: no copy */
    unsigned parent_limit; /* this many of the parent's ops */
};

struct row {
    struct oracle_row name;
    const struct oracle_unit_def *def;
    unsigned unit_count;
    struct op **op;
    size_t op_count, op_room;
    bool judged;
    enum oracle_state state;
    bool hidden;   /* its person is shown as somebody else */
    bool attended; /* a session: somebody was there of whom nobody knew who answered, as cases_collect() found */
    struct oracle_unit *unit;
    uint64_t *gid; /* what the units' lists point to */
};

struct link {
    uint64_t id, winner; /* 0: shown as himself */
    uint64_t said;       /* the op under which it stands so */
};

struct device {
    uint64_t device_no, seq;
    bool revoked;
    uint64_t sent, quarantined, held, lost;
};

struct epoch {
    uint64_t epoch;
    unsigned branch;
};

struct backup {
    unsigned branch;
    size_t depth;
};

struct oracle {
    struct op **op; /* by gid */
    size_t op_room;
    struct actor *actor;
    size_t actor_count, actor_room;
    struct row **row;
    size_t row_count, row_room;
    unsigned *slot; /* of rows: index + 1, by hash */
    size_t slot_count;
    struct branch *branch;
    size_t branch_count, branch_room;
    struct device *device;
    size_t device_count, device_room;
    struct epoch *epoch;
    size_t epoch_count, epoch_room;
    struct backup *backup;
    size_t backup_count, backup_room;
    struct link *link; /* of everybody who was ever linked */
    size_t link_count, link_room;
    struct oracle_case *open; /* as last asked for */
    size_t open_count, open_room;
    uint64_t csn;
    bool serving;
    unsigned wrong_count;
    char wrong[256];
};

/* tags that the rules speak of, and values */
enum { PRESENCE = 3, EVIDENCE = 4 };                          /* attendance */
enum { GROUP = 2, DAY = 3, PLANNED = 4, SESSION_STATUS = 5 }; /* session */
enum { ENROLMENT_STATUS = 3, DECISION = 4 };
enum { UNKNOWN = 0, PRESENT = 1, LISTED = 0, TAPPED = 2, CANCELLED = 2, IN_ERROR = 9, MAY_STAND = 3 };

/* oracle_must(holds, what): ends the process with a line unless ${holds}.
 * oracle_fail(o, format, ...): something is wrong; returns false.
 * oracle_grow(...): room for one more behind ${count}.
 * oracle_units(entity, first): the entity's units; returns how many.
 * oracle_row_make(o, row): its index, made where it was not there.
 * oracle_op_of(o, gid), oracle_row_find(o, row): borrowed; an op must be known, a row may be NULL.
 * oracle_on_path(o, tip, s): is that place part of the history that ends with branch ${tip}?
 * oracle_owns(o, actor, limit, p): is ${p} among the actor's first ${limit} ops, its parents' included?
 * oracle_held(o, p): must ${p} still come, for it was saved, was not excused, and a store that is not gone holds it? */
void oracle_must(bool holds, const char *what);
__attribute__((format(printf, 2, 3))) bool oracle_fail(struct oracle *o, const char *format, ...);
void *oracle_grow(void *array, size_t count, size_t *room, size_t each_bytes);
#define ADD(array, count, room) (array = oracle_grow(array, count, &room, sizeof *array), &array[count++])
#define ADD_POINTER(array, count, room) (array = oracle_grow(array, count, &room, sizeof(void *)), &array[count++])

unsigned oracle_units(uint32_t entity, const struct oracle_unit_def **first);
struct op *oracle_op_of(const struct oracle *o, uint64_t gid);
bool oracle_same_row(const struct oracle_row *a, const struct oracle_row *b);
unsigned oracle_row_make(struct oracle *o, const struct oracle_row *name);
struct row *oracle_row_find(const struct oracle *o, const struct oracle_row *name);
struct device *oracle_device_of(struct oracle *o, uint64_t device_no);
const struct epoch *oracle_epoch_of(const struct oracle *o, uint64_t epoch);
unsigned oracle_branch_now(const struct oracle *o);
bool oracle_on_path(const struct oracle *o, unsigned tip, const struct stay *s);
bool oracle_held(const struct oracle *o, const struct op *p);
bool oracle_owns(const struct oracle *o, unsigned actor, unsigned limit, const struct op *p);

/* oracle_judge.c
 * oracle_saw(o, x, y): had the author of x seen y, as far as anybody at the centre can tell? (oracle.h, rule 1)
 * oracle_value_of(p, tag): what it says there; 0: nothing.
 * oracle_judge(o, r): the row is judged, unless it was since anything touched it. oracle_row_asked(o, row): and borrowed; or NULL. */
bool oracle_saw(const struct oracle *o, const struct op *x, const struct op *y);
int64_t oracle_value_of(const struct op *p, unsigned tag);
void oracle_judge(const struct oracle *o, struct row *r);
struct row *oracle_row_asked(const struct oracle *o, const struct oracle_row *row);

/* oracle_link.c
 * oracle_link_follow(o, p): link op ${p} took effect. oracle_link_touch(o, r): something on that row changed.
 * oracle_is_shared(r): people who are linked share such rows. oracle_link_known(o, r): its person was linked once.
 * oracle_link_root(o, id): as whom he is shown. oracle_row_of(r, person): the same place, of that person.
 * oracle_link_next(o, r, at): the rows there of all who are shown as one; begin with *at 0; NULL: no more.
 * oracle_link_over(o, r, x, unit): somebody who knew of the links put another's value in the place of ${x}, an op on row ${r}. */
void oracle_link_follow(struct oracle *o, const struct op *p);
void oracle_link_touch(struct oracle *o, const struct row *r);
bool oracle_is_shared(const struct row *r);
bool oracle_link_known(const struct oracle *o, const struct row *r);
uint64_t oracle_link_root(const struct oracle *o, uint64_t id);
struct oracle_row oracle_row_of(const struct row *r, uint64_t person);
const struct row *oracle_link_next(const struct oracle *o, const struct row *r, size_t *at);
bool oracle_link_over(const struct oracle *o, const struct row *r, const struct op *x, unsigned unit);

/* oracle_case.c
 * oracle_lives(r): does the row, which was judged? oracle_asks(o, r): is anybody asked about it?
 * oracle_cases_collect(o): o->open is what must be open. */
bool oracle_lives(const struct row *r);
bool oracle_asks(const struct oracle *o, const struct row *r);
void oracle_cases_collect(struct oracle *o);

#endif
