/* Goal: say what follows from what the oracle was told: live ops, the fold over them, states, fates, cases, sums. */
#include "tests/sim/oracle_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- fields and their classes */

/* Rows of one entity stand together, unit 0 first. DOMAIN section 2.3. */
static const struct oracle_unit_def unit_defs[] = {
    {ORACLE_ATTENDANCE, RANKED, T(3) | T(4) | T(5)},             /* presence, evidence, reason */
    {ORACLE_ATTENDANCE, REGISTER, T(6) | T(7) | T(8)},           /* minutes, arrived, left */
    {ORACLE_ATTENDANCE, UNION, T(9)},                            /* late */
    {ORACLE_ATTENDANCE, UNION, T(10)},                           /* left early */
    {ORACLE_ATTENDANCE, MINOR, T(11)},                           /* by video */
    {ORACLE_SESSION, REGISTER, T(2) | T(3) | T(4)},              /* group, day, planned */
    {ORACLE_SESSION, REGISTER, T(5) | T(6)},                     /* status, reason */
    {ORACLE_SESSION, REGISTER, T(7) | T(8)},                     /* start, end */
    {ORACLE_SESSION, MINOR, T(9)},                               /* room */
    {ORACLE_SESSION, MINOR, T(10)},                              /* theme */
    {ORACLE_SESSION, MINOR, T(11)},                              /* by video */
    {ORACLE_SESSION, REGISTER, T(12)},                           /* headcount */
    {ORACLE_SESSION, REGISTER, T(13)},                           /* moved to */
    {ORACLE_SESSION, REGISTER, T(14)},                           /* intervention */
    {ORACLE_ENROLMENT, ORDERED, T(3)},                           /* status */
    {ORACLE_ENROLMENT, REGISTER, T(4)},                          /* planned sessions */
    {ORACLE_ENROLMENT, REGISTER, T(5)},                          /* start */
    {ORACLE_ENROLMENT, REGISTER, T(6) | T(7)},                   /* end, reason */
    {ORACLE_ENROLMENT, REGISTER, T(8)},                          /* episode */
    {ORACLE_GROUP, REGISTER, T(2)},                              /* org */
    {ORACLE_GROUP, REGISTER, T(3) | T(4)},                       /* code, name */
    {ORACLE_GROUP, REGISTER, T(5)},                              /* kind */
    {ORACLE_GROUP, REGISTER, T(6) | T(7) | T(8) | T(9) | T(10)}, /* plan */
    {ORACLE_GROUP, REGISTER, T(11)},                             /* capacity */
    {ORACLE_GROUP, REGISTER, T(12)},                             /* active */
    {ORACLE_GROUP, REGISTER, T(13)},                             /* intervention */
    {ORACLE_PARTICIPANT, RANKED, T(2)},                          /* name */
    {ORACLE_PARTICIPANT, RANKED, T(3)},                          /* birth year */
    {ORACLE_PARTICIPANT, RANKED, T(4)},                          /* sex */
    {ORACLE_PARTICIPANT, RANKED, T(5)},                          /* municipality */
    {ORACLE_PARTICIPANT, RANKED, T(6)},                          /* language */
    {ORACLE_PARTICIPANT, RANKED, T(7)},                          /* interpreter */
    {ORACLE_PARTICIPANT, RANKED, T(8)},                          /* address protected */
    {ORACLE_PARTICIPANT, REGISTER, T(9)},                        /* active */
    {ORACLE_PARTICIPANT, RANKED, T(10)},                         /* provisional */
    {ORACLE_PARTICIPANT, UNION, T(11)},                          /* shut */
    {ORACLE_USER, REGISTER, T(2)},                               /* name */
    {ORACLE_USER, REGISTER, T(3)},                               /* role */
    {ORACLE_USER, REGISTER, T(4)},                               /* org */
    {ORACLE_USER, REGISTER, T(5)},                               /* active */
    {ORACLE_USER, REGISTER, T(6)},                               /* provisional */
    {ORACLE_USER, REGISTER, T(7)},                               /* vouched by: said once, and nobody here says it */
    {ORACLE_USER, REGISTER, T(8)},                               /* shown as */
    {ORACLE_ORG_UNIT, REGISTER, T(2)},                           /* name */
    {ORACLE_ORG_UNIT, REGISTER, T(3)},                           /* kind */
    {ORACLE_ORG_UNIT, REGISTER, T(4)},                           /* parent */
    {ORACLE_ORG_UNIT, REGISTER, T(5)},                           /* code */
    {ORACLE_ORG_UNIT, REGISTER, T(6)},                           /* active */
    {ORACLE_RULING, REGISTER, T(4) | T(5)},                      /* decision, note */
    {ORACLE_LINK, REGISTER, T(2) | T(3)},                        /* winner, note */
    {ORACLE_LEADER, MINOR, T(3)},                                /* role */
};

unsigned oracle_units(uint32_t entity, const struct oracle_unit_def **first)
{
    unsigned count = 0;
    *first = NULL;
    for (size_t i = sizeof unit_defs / sizeof unit_defs[0]; i-- > 0;)
        if (unit_defs[i].entity == entity) {
            *first = &unit_defs[i];
            count++;
        }
    oracle_must(count > 0, "an entity that has no units");
    return count;
}

int oracle_unit_of(uint32_t entity, unsigned tag)
{
    const struct oracle_unit_def *def;
    unsigned count = oracle_units(entity, &def);
    for (unsigned u = 0; u < count; u++)
        if (tag < ORACLE_TAGS && (def[u].tags & T(tag)))
            return (int)u;
    return -1;
}

static bool natural_key(const struct row *r)
{
    return oracle_is_shared(r) || r->name.entity == ORACLE_RULING || r->name.entity == ORACLE_LINK ||
           r->name.entity == ORACLE_LEADER;
}

/* ---- who had seen what */

/* does the earlier place that y names lie within the mark? */
static bool origin_within(const struct oracle *o, const struct op *y, const struct oracle_mark *mark, unsigned tip)
{
    const struct oracle_mark *origin = &y->place.origin;
    if (!origin->csn || origin->csn > mark->csn)
        return false;
    unsigned there = oracle_epoch_of(o, origin->epoch)->branch;
    for (size_t i = 0; i < y->stay_count; i++) {
        const struct stay *s = &y->stay[i];
        if (s->csn == origin->csn && oracle_on_path(o, there, s) && oracle_on_path(o, tip, s))
            return true;
    }
    return false;
}

/* had the author of x seen y, as far as anybody at the centre can tell? (oracle.h, rule 1) */
bool oracle_saw(const struct oracle *o, const struct op *x, const struct op *y)
{
    if (!o->actor[x->told.actor].console && oracle_owns(o, x->told.actor, x->own_index, y))
        return true;
    for (unsigned i = 0; i < x->told.also_count; i++)
        if (x->told.also[i] == y->told.gid)
            return true;
    const struct oracle_mark *mark = &x->told.seen;
    unsigned tip = mark->csn ? oracle_epoch_of(o, mark->epoch)->branch : 0;
    for (size_t i = 0; mark->csn && i < y->stay_count; i++) {
        const struct stay *s = &y->stay[i];
        if (s->effect && s->csn <= mark->csn && oracle_on_path(o, tip, s))
            return oracle_on_path(o, oracle_branch_now(o), s) || origin_within(o, y, mark, tip);
    }
    return false;
}

bool oracle_had_seen(const struct oracle *o, uint64_t gid, uint64_t other)
{
    return gid != other && oracle_saw(o, oracle_op_of(o, gid), oracle_op_of(o, other));
}

/* ---- the fold over the live ops of a unit */

int64_t oracle_value_of(const struct op *p, unsigned tag)
{
    return p->told.present & T(tag) ? p->told.value[tag] : 0;
}

static bool is_presence(const struct oracle_unit_def *def)
{
    return def->entity == ORACLE_ATTENDANCE && def->class == RANKED;
}

static bool says_the_same(const struct oracle_unit_def *def, const struct op *a, const struct op *b)
{
    if (is_presence(def))
        return oracle_value_of(a, PRESENCE) == oracle_value_of(b, PRESENCE);
    bool same = ((a->told.present ^ b->told.present) & def->tags) == 0;
    for (unsigned tag = 0; tag < ORACLE_TAGS; tag++)
        if (def->tags & T(tag))
            same = same && oracle_value_of(a, tag) == oracle_value_of(b, tag);
    return same;
}

enum { NOT_SAID = -1, ACTIVE = 0, TERMINAL = 1, ERROR = 2 };

static int status_level(const struct op *p)
{
    static const bool terminal[] = {[2] = true, [5] = true, [6] = true, [7] = true, [8] = true, [IN_ERROR] = false};
    int64_t status = oracle_value_of(p, ENROLMENT_STATUS);
    if (!(p->told.present & T(ENROLMENT_STATUS)))
        return NOT_SAID;
    return status == IN_ERROR ? ERROR : status >= 0 && status < IN_ERROR && terminal[status] ? TERMINAL : ACTIVE;
}

/* only the highest level counts */
static int level(const struct oracle_unit_def *def, const struct op *p)
{
    int64_t evidence = oracle_value_of(p, EVIDENCE);
    if (is_presence(def))
        return oracle_value_of(p, PRESENCE) == UNKNOWN ? NOT_SAID : evidence > TAPPED ? TAPPED : (int)evidence;
    if (def->class == RANKED)
        return p->place.device_no == ORACLE_CONSOLE_DEVICE_NO;
    return def->class == ORDERED ? status_level(p) : 0;
}

static bool smaller(const struct op *a, const struct op *b)
{
    const struct oracle_place *p = &a->place, *q = &b->place;
    return p->device_no != q->device_no ? p->device_no < q->device_no : p->seq < q->seq;
}

/* of two on one level, is a shown rather than b? */
static bool before(const struct oracle_unit_def *def, const struct op *a, const struct op *b)
{
    if (is_presence(def) && (oracle_value_of(a, PRESENCE) == PRESENT) != (oracle_value_of(b, PRESENCE) == PRESENT))
        return oracle_value_of(a, PRESENCE) == PRESENT;
    if (def->class == ORDERED && level(def, a) == ACTIVE && !says_the_same(def, a, b))
        return oracle_value_of(a, ENROLMENT_STATUS) > oracle_value_of(b, ENROLMENT_STATUS);
    if (def->class == MINOR)
        return a->place.base_csn != b->place.base_csn ? a->place.base_csn > b->place.base_csn : smaller(b, a);
    return smaller(a, b);
}

static bool may_be_disputed(const struct oracle_unit_def *def, int top)
{
    return def->class == REGISTER || def->class == RANKED || (def->class == ORDERED && top == TERMINAL);
}

static void show(const struct oracle_unit_def *def, const struct op *p, struct oracle_unit *out)
{
    out->present |= p->told.present & def->tags;
    for (unsigned tag = 0; tag < ORACLE_TAGS; tag++)
        if (def->tags & T(tag))
            out->value[tag] |= oracle_value_of(p, tag);
}

/* out->live is set; the rest follows, out->other has room for as many */
static void fold(const struct oracle *o, const struct oracle_unit_def *def, struct oracle_unit *out, uint64_t *other)
{
    const struct op *shown = NULL;
    for (unsigned i = 0; i < out->live_count; i++) {
        const struct op *p = oracle_op_of(o, out->live[i]);
        int above = shown ? level(def, p) - level(def, shown) : 1;
        if (above > 0 || (above == 0 && before(def, p, shown)))
            shown = p;
        if (def->class == UNION)
            show(def, p, out);
    }
    if (!shown)
        return;
    out->shown = shown->told.gid;
    if (def->class == UNION)
        return;
    show(def, shown, out);
    for (unsigned i = 0; i < out->live_count; i++) {
        const struct op *p = oracle_op_of(o, out->live[i]);
        if (says_the_same(def, p, shown))
            continue;
        other[out->other_count++] = p->told.gid;
        if (level(def, p) == level(def, shown) && may_be_disputed(def, level(def, shown)))
            out->disputed = true;
    }
}

/* ---- judging a row */

static bool is_admitted(const struct op *p, bool tombstone)
{
    return p->status == ADMITTED && (p->told.kind == ORACLE_TOMBSTONE) == tombstone;
}

/* its author had seen every tombstone of the row: what a tombstone took away unseen replaces nothing either */
static bool stands(const struct oracle *o, const struct row *r, const struct op *y)
{
    for (size_t i = 0; i < r->op_count; i++)
        if (is_admitted(r->op[i], true) && !(natural_key(r) && oracle_saw(o, y, r->op[i])))
            return false;
    return is_admitted(y, false);
}

static void judge_op(const struct oracle *o, const struct row *r, struct op *x)
{
    x->lives = is_admitted(x, false);
    x->replaced = 0;
    for (size_t i = 0; x->status == ADMITTED && i < r->op_count; i++) {
        const struct op *y = r->op[i];
        if (is_admitted(y, true) && !(natural_key(r) && oracle_saw(o, x, y)))
            x->lives = false;
        if (y != x && is_admitted(y, false) && (y->units & x->units & ~x->replaced) && oracle_saw(o, y, x) &&
            stands(o, r, y))
            x->replaced |= y->units;
    }
}

static enum oracle_state state_of(const struct row *r)
{
    bool stone = false, lives = false;
    for (size_t i = 0; i < r->op_count; i++) {
        stone = stone || is_admitted(r->op[i], true);
        lives = lives || r->op[i]->lives;
    }
    return lives ? (stone ? ORACLE_AGAIN : ORACLE_ALIVE) : stone ? ORACLE_DEAD : ORACLE_ABSENT;
}

/* does this unit of the op still stand? */
static bool is_live(const struct op *p, unsigned unit)
{
    return p->lives && (p->units & ~p->replaced & T(unit));
}

/* one more behind those that are there, all in rising gid */
static void live_add(uint64_t *gid, unsigned *count, uint64_t one)
{
    unsigned at = (*count)++;
    for (; at > 0 && gid[at - 1] > one; at--)
        gid[at] = gid[at - 1];
    gid[at] = one;
}

/* the live ops of a unit; returns how many */
static unsigned live_of(const struct row *r, unsigned unit, uint64_t *gid)
{
    unsigned count = 0;
    for (size_t i = 0; i < r->op_count; i++)
        if (is_live(r->op[i], unit))
            live_add(gid, &count, r->op[i]->told.gid);
    return count;
}

/* of all who are shown as one */
static unsigned live_of_all(const struct oracle *o, const struct row *r, unsigned unit, uint64_t *gid)
{
    unsigned count = 0;
    size_t at = 0;
    for (const struct row *own; (own = oracle_link_next(o, r, &at));)
        for (size_t i = 0; i < own->op_count; i++)
            if (is_live(own->op[i], unit) && !oracle_link_over(o, own, own->op[i], unit))
                live_add(gid, &count, own->op[i]->told.gid);
    return count;
}

static void units_fold(const struct oracle *o, struct row *r, size_t ops, bool linked)
{
    r->gid = realloc(r->gid, (2 * ops * r->unit_count + 1) * sizeof *r->gid);
    oracle_must(r->gid, "no memory");
    uint64_t *gid = r->gid;
    for (unsigned u = 0; u < r->unit_count; u++, gid += 2 * ops) {
        uint64_t *other = gid + ops;
        unsigned count = r->hidden ? 0 : linked ? live_of_all(o, r, u, gid) : live_of(r, u, gid);
        r->unit[u] = (struct oracle_unit){.live = gid, .live_count = count, .other = other};
        fold(o, &r->def[u], &r->unit[u], other);
    }
}

/* what is shown where people are linked, or were */
static void judge_linked(const struct oracle *o, struct row *r)
{
    size_t ops = 0, at = 0;
    bool any = false;
    r->hidden = oracle_link_root(o, r->name.key[1]) != r->name.key[1];
    for (const struct row *own; (own = oracle_link_next(o, r, &at)); ops += own->op_count)
        for (size_t i = 0; i < own->op_count; i++)
            judge_op(o, own, own->op[i]);
    units_fold(o, r, ops, true);
    for (unsigned u = 0; u < r->unit_count; u++)
        any = any || r->unit[u].live_count;
    r->state = any ? ORACLE_ALIVE : ORACLE_DEAD;
}

void oracle_judge(const struct oracle *o, struct row *r)
{
    if (r->judged)
        return;
    r->hidden = false;
    if (o->link_count && oracle_link_known(o, r)) {
        judge_linked(o, r);
    } else {
        for (size_t i = 0; i < r->op_count; i++)
            judge_op(o, r, r->op[i]);
        r->state = state_of(r);
        units_fold(o, r, r->op_count, false);
    }
    r->judged = true;
}

/* ---- questions */

struct row *oracle_row_asked(const struct oracle *o, const struct oracle_row *row)
{
    struct row *r = oracle_row_find(o, row);
    if (r)
        oracle_judge(o, r);
    return r;
}

enum oracle_state oracle_row_state(struct oracle *o, const struct oracle_row *row)
{
    const struct row *r = oracle_row_asked(o, row);
    return r ? r->state : ORACLE_ABSENT;
}

struct oracle_unit oracle_unit(struct oracle *o, const struct oracle_row *row, unsigned unit)
{
    const struct row *r = oracle_row_asked(o, row);
    oracle_must(!r || unit < r->unit_count, "a unit that its entity has not");
    return r ? r->unit[unit] : (struct oracle_unit){0};
}

/* did a tombstone hit it whose author had not seen it? */
static bool died_unseen(const struct oracle *o, const struct row *r, const struct op *p)
{
    for (size_t i = 0; i < r->op_count; i++)
        if (is_admitted(r->op[i], true) && !oracle_saw(o, r->op[i], p) &&
            !(natural_key(r) && oracle_saw(o, p, r->op[i])))
            return true;
    return false;
}

static enum oracle_fate unit_fate(const struct oracle *o, const struct row *r, const struct op *p, unsigned unit)
{
    const struct oracle_unit_def *def = &r->def[unit];
    const struct oracle_unit *u = &r->unit[unit];
    bool stands = is_live(p, unit), is_there = false;
    for (unsigned i = 0; i < u->live_count; i++)
        is_there = is_there || u->live[i] == p->told.gid;
    if (stands && !is_there) /* somebody who knew of the link said something else */
        return ORACLE_REPLACED;
    if (!stands)
        return !(p->replaced & T(unit)) && died_unseen(o, r, p) ? ORACLE_LISTED : ORACLE_REPLACED;
    const struct op *shown = oracle_op_of(o, u->shown);
    if (u->disputed && level(def, p) == level(def, shown))
        return ORACLE_IN_CASE;
    return def->class == UNION || says_the_same(def, p, shown) ? ORACLE_CURRENT : ORACLE_LISTED;
}

enum oracle_fate oracle_fate(struct oracle *o, uint64_t gid)
{
    const struct op *p = oracle_op_of(o, gid);
    const struct row *r = oracle_row_asked(o, &p->told.row);
    if (r && r->hidden) { /* what it says is shown with somebody else */
        struct oracle_row shown = oracle_row_of(r, oracle_link_root(o, r->name.key[1]));
        r = oracle_row_asked(o, &shown);
    }
    if (p->status == NOWHERE)
        return p->lost ? ORACLE_LOST : ORACLE_NOWHERE;
    if (p->status != ADMITTED)
        return p->status == HELD ? ORACLE_HELD : ORACLE_REFUSED;
    if (p->told.kind == ORACLE_TOMBSTONE)
        return ORACLE_IS_TOMBSTONE;
    enum oracle_fate fate = p->units ? ORACLE_REPLACED : p->lives ? ORACLE_CURRENT : ORACLE_LISTED;
    for (unsigned u = 0; u < r->unit_count; u++) {
        enum oracle_fate one = p->units & T(u) ? unit_fate(o, r, p, u) : fate;
        fate = one < fate ? one : fate; /* the enum goes from what most needs a look to what needs none */
    }
    return fate;
}
