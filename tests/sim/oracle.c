/* Goal: take down what the oracle is told, refuse what the promises forbid, and know how each op stands now. */
#include "tests/sim/oracle_int.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- tools */

void oracle_must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "oracle: %s\n", what);
        abort();
    }
}

bool oracle_fail(struct oracle *o, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (o->wrong_count++ == 0)
        vsnprintf(o->wrong, sizeof o->wrong, format, args);
    va_end(args);
    return false;
}

void *oracle_grow(void *array, size_t count, size_t *room, size_t each_bytes)
{
    if (count < *room)
        return array;
    *room = *room ? *room * 2 : 8;
    array = realloc(array, *room * each_bytes);
    oracle_must(array, "no memory");
    return array;
}

struct op *oracle_op_of(const struct oracle *o, uint64_t gid)
{
    oracle_must(gid > 0 && gid < o->op_room && o->op[gid], "an op that nobody saved");
    return o->op[gid];
}

struct device *oracle_device_of(struct oracle *o, uint64_t device_no)
{
    for (size_t i = 0; i < o->device_count; i++)
        if (o->device[i].device_no == device_no)
            return &o->device[i];
    struct device *d = ADD(o->device, o->device_count, o->device_room);
    *d = (struct device){.device_no = device_no};
    return d;
}

const struct epoch *oracle_epoch_of(const struct oracle *o, uint64_t epoch)
{
    for (size_t i = o->epoch_count; i-- > 0;)
        if (o->epoch[i].epoch == epoch)
            return &o->epoch[i];
    return NULL;
}

unsigned oracle_branch_now(const struct oracle *o)
{
    return (unsigned)o->branch_count - 1;
}

static size_t depth_now(const struct oracle *o)
{
    const struct branch *b = &o->branch[oracle_branch_now(o)];
    return b->fork + b->count;
}

bool oracle_on_path(const struct oracle *o, unsigned tip, const struct stay *s)
{
    size_t limit = SIZE_MAX;
    for (unsigned b = tip;; b = o->branch[b].parent) {
        if (b == s->branch)
            return s->depth < limit;
        if (b == 0)
            return false;
        if (o->branch[b].fork < limit)
            limit = o->branch[b].fork;
    }
}

/* ---- life */

struct oracle *oracle_new(void)
{
    struct oracle *o = calloc(1, sizeof *o);
    oracle_must(o, "no memory");
    *ADD(o->branch, o->branch_count, o->branch_room) = (struct branch){0};
    return o;
}

static void row_free(struct row *r)
{
    free(r->op);
    free(r->unit);
    free(r->gid);
    free(r);
}

static void op_free(struct op *p)
{
    if (!p)
        return;
    free((void *)(uintptr_t)p->told.also);
    free(p->stay);
    free(p);
}

void oracle_free(struct oracle *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->op_room; i++)
        op_free(o->op[i]);
    for (size_t i = 0; i < o->row_count; i++)
        row_free(o->row[i]);
    for (size_t i = 0; i < o->branch_count; i++)
        free(o->branch[i].event);
    free(o->op);
    free(o->actor);
    free(o->row);
    free(o->slot);
    free(o->branch);
    free(o->device);
    free(o->epoch);
    free(o->backup);
    free(o->link);
    free(o->open);
    free(o);
}

const char *oracle_wrong(const struct oracle *o)
{
    return o->wrong_count ? o->wrong : NULL;
}

unsigned oracle_wrong_count(const struct oracle *o)
{
    return o->wrong_count;
}

void oracle_wrong_forget(struct oracle *o)
{
    o->wrong_count = 0;
}

/* ---- rows */

static size_t row_hash(const struct oracle_row *name)
{
    uint64_t h = name->entity;
    for (unsigned i = 0; i < ORACLE_KEYS; i++)
        h = ((h ^ name->key[i]) * 0x9e3779b97f4a7c15u) ^ (h >> 29);
    return (size_t)(h ^ (h >> 32));
}

bool oracle_same_row(const struct oracle_row *a, const struct oracle_row *b)
{
    return a->entity == b->entity && memcmp(a->key, b->key, sizeof a->key) == 0;
}

/* the slot of the row, or the free one where it would go */
static unsigned *row_slot(const struct oracle *o, const struct oracle_row *name)
{
    size_t i = row_hash(name) & (o->slot_count - 1);
    while (o->slot[i] && !oracle_same_row(&o->row[o->slot[i] - 1]->name, name))
        i = (i + 1) & (o->slot_count - 1);
    return &o->slot[i];
}

static void rows_spread(struct oracle *o)
{
    o->slot_count = o->slot_count ? o->slot_count * 2 : 64;
    free(o->slot);
    o->slot = calloc(o->slot_count, sizeof *o->slot);
    oracle_must(o->slot, "no memory");
    for (size_t i = 0; i < o->row_count; i++)
        *row_slot(o, &o->row[i]->name) = (unsigned)i + 1;
}

struct row *oracle_row_find(const struct oracle *o, const struct oracle_row *name)
{
    unsigned at = o->slot_count ? *row_slot(o, name) : 0;
    return at ? o->row[at - 1] : NULL;
}

unsigned oracle_row_make(struct oracle *o, const struct oracle_row *name)
{
    if (o->row_count * 2 >= o->slot_count)
        rows_spread(o);
    unsigned *slot = row_slot(o, name);
    if (*slot)
        return *slot - 1;
    struct row *r = calloc(1, sizeof *r);
    oracle_must(r, "no memory");
    r->name = *name;
    r->unit_count = oracle_units(name->entity, &r->def);
    r->unit = calloc(r->unit_count, sizeof *r->unit);
    oracle_must(r->unit, "no memory");
    *ADD_POINTER(o->row, o->row_count, o->row_room) = r;
    *slot = (unsigned)o->row_count;
    return *slot - 1;
}

static void row_add(struct oracle *o, struct op *p, const struct oracle_row *name)
{
    p->row = oracle_row_make(o, name);
    p->told.row = *name;
    struct row *r = o->row[p->row];
    *ADD_POINTER(r->op, r->op_count, r->op_room) = p;
    r->judged = false;
    oracle_link_touch(o, r);
}

static void row_drop(struct oracle *o, struct op *p)
{
    struct row *r = o->row[p->row];
    size_t i = 0;
    while (r->op[i] != p)
        i++;
    r->op[i] = r->op[--r->op_count];
    r->judged = false;
    oracle_link_touch(o, r);
}

const struct oracle_row *oracle_row_at(const struct oracle *o, size_t i)
{
    return i < o->row_count ? &o->row[i]->name : NULL;
}

/* ---- actors and what they save */

static unsigned actor_add(struct oracle *o, bool console, unsigned ops)
{
    unsigned number = (unsigned)o->actor_count;
    *ADD(o->actor, o->actor_count, o->actor_room) = (struct actor){.console = console, .ops = ops, .parent = number};
    return number;
}

unsigned oracle_tablet(struct oracle *o)
{
    return actor_add(o, false, 0);
}

unsigned oracle_console(struct oracle *o)
{
    return actor_add(o, true, 0);
}

unsigned oracle_actor_ops(const struct oracle *o, unsigned actor)
{
    oracle_must(actor < o->actor_count, "an actor that nobody made");
    return o->actor[actor].ops;
}

unsigned oracle_fork(struct oracle *o, unsigned parent, unsigned ops)
{
    oracle_must(ops <= oracle_actor_ops(o, parent) && !o->actor[parent].console, "a copy of what was not there");
    unsigned fork = actor_add(o, false, ops);
    o->actor[fork].parent = parent;
    o->actor[fork].parent_limit = ops;
    return fork;
}

void oracle_gone(struct oracle *o, unsigned actor)
{
    oracle_must(actor < o->actor_count, "an actor that nobody made");
    o->actor[actor].gone = true;
}

bool oracle_owns(const struct oracle *o, unsigned actor, unsigned limit, const struct op *p)
{
    for (;;) {
        if (p->told.actor == actor)
            return p->own_index < limit;
        const struct actor *a = &o->actor[actor];
        if (a->parent == actor)
            return false;
        limit = limit < a->parent_limit ? limit : a->parent_limit;
        actor = a->parent;
    }
}

bool oracle_held(const struct oracle *o, const struct op *p)
{
    for (unsigned a = 0; a < o->actor_count && p->saved && !p->excused; a++)
        if (!o->actor[a].gone && oracle_owns(o, a, o->actor[a].ops, p))
            return true;
    return false;
}

static const uint64_t *gids_dup(const uint64_t *gid, size_t count)
{
    uint64_t *copy = calloc(count + 1, sizeof *copy);
    oracle_must(copy, "no memory");
    if (count)
        memcpy(copy, gid, count * sizeof *copy);
    return copy;
}

static uint32_t units_touched(const struct row *r, const struct oracle_op *told)
{
    uint32_t units = told->clear, fields = 0;
    for (unsigned u = 0; u < r->unit_count; u++) {
        fields |= r->def[u].tags;
        if (told->present & r->def[u].tags) {
            oracle_must(!(told->clear & T(u)), "a unit is set and cleared by one op");
            units |= T(u);
        }
    }
    oracle_must((told->present & ~fields) == 0 && units >> r->unit_count == 0, "an op with an unknown field or unit");
    return told->kind == ORACLE_TOMBSTONE ? 0 : units;
}

void oracle_save(struct oracle *o, const struct oracle_op *told)
{
    oracle_must(told->gid > 0 && told->actor < o->actor_count, "an op without gid or actor");
    oracle_must(told->seen.csn == 0 || oracle_epoch_of(o, told->seen.epoch),
                "a mark of an epoch that was never served");
    while (told->gid >= o->op_room) {
        size_t had = o->op_room;
        o->op = oracle_grow(o->op, had, &o->op_room, sizeof(void *));
        memset(o->op + had, 0, (o->op_room - had) * sizeof(void *));
    }
    oracle_must(!o->op[told->gid], "a gid is used twice");
    struct op *p = calloc(1, sizeof *p);
    oracle_must(p, "no memory");
    p->told = *told;
    p->told.also = gids_dup(told->also, told->also_count);
    p->own_index = o->actor[told->actor].ops++;
    row_add(o, p, &told->row);
    p->units = units_touched(o->row[p->row], told);
    o->op[told->gid] = p;
}

void oracle_saved(struct oracle *o, uint64_t gid)
{
    oracle_op_of(o, gid)->saved = true;
}

void oracle_excuse(struct oracle *o, uint64_t gid)
{
    oracle_op_of(o, gid)->excused = true;
}

void oracle_acked(struct oracle *o, uint64_t gid)
{
    struct op *p = oracle_op_of(o, gid);
    if (p->status == NOWHERE && !p->lost)
        oracle_fail(o, "op %" PRIu64 " was acked and is not at the centre", gid);
}

void oracle_rekey(struct oracle *o, uint64_t gid, const struct oracle_row *row)
{
    struct op *p = oracle_op_of(o, gid);
    oracle_must(row->entity == p->told.row.entity, "another key makes no other entity");
    row_drop(o, p);
    row_add(o, p, row);
}

/* ---- the centre */

static void count_sent(struct oracle *o, const struct oracle_place *place)
{
    struct device *d = oracle_device_of(o, place->device_no);
    d->sent++;
    d->seq = place->seq > d->seq ? place->seq : d->seq;
}

static void stand(struct oracle *o, struct op *p, enum status status)
{
    struct device *d = oracle_device_of(o, p->place.device_no);
    d->quarantined = d->quarantined + (status == REFUSED) - (p->status == REFUSED);
    d->held = d->held + (status == HELD) - (p->status == HELD);
    p->status = status;
    o->row[p->row]->judged = false;
    oracle_link_touch(o, o->row[p->row]);
    if (status == ADMITTED && p->told.row.entity == ORACLE_LINK)
        oracle_link_follow(o, p);
}

/* the device's last seq was no loss */
static void find(struct oracle *o, const struct event *e)
{
    struct device *d = oracle_device_of(o, e->place.device_no);
    d->seq--;
    d->sent--;
    d->lost--;
    if (e->gid)
        oracle_op_of(o, e->gid)->lost = false;
}

/* what an event does to how things stand now */
static void play(struct oracle *o, const struct event *e)
{
    static const enum status becomes[] = {[ADMIT] = ADMITTED, [REFUSE] = REFUSED, [HOLD] = HELD, [REJUDGE] = ADMITTED};
    if (e->kind == FIND) {
        find(o, e);
        return;
    }
    if (e->kind != REJUDGE)
        count_sent(o, &e->place);
    if (e->kind == LOSE) {
        oracle_device_of(o, e->place.device_no)->lost++;
        if (e->gid)
            oracle_op_of(o, e->gid)->lost = true;
        return;
    }
    o->csn = e->place.csn;
    if (e->kind == REPEAT)
        return;
    struct op *p = oracle_op_of(o, e->gid);
    p->place = e->place;
    stand(o, p, becomes[e->kind]);
}

static void tell(struct oracle *o, enum event_kind kind, uint64_t gid, const struct oracle_place *place)
{
    oracle_must(o->serving, "nobody serves");
    struct event e = {kind, gid, *place};
    if (kind != LOSE && kind != FIND) {
        struct op *p = oracle_op_of(o, gid);
        *ADD(p->stay, p->stay_count, p->stay_room) =
            (struct stay){oracle_branch_now(o), depth_now(o), place->csn, kind == ADMIT || kind == REJUDGE};
        if (place->csn < o->csn ||
            (place->csn == o->csn && kind != REJUDGE)) /* the ruling that lets it in has the same csn */
            oracle_fail(o, "op %" PRIu64 ": csn %" PRIu64 " comes after csn %" PRIu64, gid, place->csn, o->csn);
    }
    struct branch *b = &o->branch[oracle_branch_now(o)];
    *ADD(b->event, b->count, b->room) = e;
    play(o, &e);
}

static void check_seq(struct oracle *o, uint64_t device_no, uint64_t seq)
{
    uint64_t last = oracle_device_of(o, device_no)->seq;
    if (device_no == ORACLE_CONSOLE_DEVICE_NO ? seq <= last : seq != last + 1)
        oracle_fail(o, "device %" PRIu64 ": seq %" PRIu64 " comes after seq %" PRIu64, device_no, seq, last);
}

/* an origin is where the op once stood */
static void check_origin(struct oracle *o, const struct op *p, const struct oracle_mark *origin)
{
    if (origin->csn == 0)
        return;
    const struct epoch *e = oracle_epoch_of(o, origin->epoch);
    for (size_t i = 0; e && i < p->stay_count; i++)
        if (p->stay[i].csn == origin->csn && oracle_on_path(o, e->branch, &p->stay[i]))
            return;
    oracle_fail(o, "op %" PRIu64 " names csn %" PRIu64 " of epoch %" PRIx64 " as its origin, where it never was",
                p->told.gid, origin->csn, origin->epoch);
}

static void arrive(struct oracle *o, enum event_kind kind, uint64_t gid, const struct oracle_place *place)
{
    struct op *p = oracle_op_of(o, gid);
    if ((p->status == NOWHERE) == (kind == REPEAT)) {
        oracle_fail(o, "op %" PRIu64 ": %s", gid, kind == REPEAT ? "repeats what is not there" : "takes effect twice");
        return;
    }
    check_seq(o, place->device_no, place->seq);
    check_origin(o, p, &place->origin);
    tell(o, kind, gid, place);
}

void oracle_serve(struct oracle *o, uint64_t epoch)
{
    if (oracle_epoch_of(o, epoch))
        oracle_fail(o, "epoch %" PRIx64 " is drawn twice", epoch);
    *ADD(o->epoch, o->epoch_count, o->epoch_room) = (struct epoch){epoch, oracle_branch_now(o)};
    o->serving = true;
}

void oracle_admit(struct oracle *o, uint64_t gid, const struct oracle_place *place)
{
    if (oracle_device_of(o, place->device_no)->revoked)
        oracle_fail(o, "op %" PRIu64 ": applied after device %" PRIu64 " was revoked", gid, place->device_no);
    if (oracle_op_of(o, gid)->told.bad)
        oracle_fail(o, "op %" PRIu64 ": applied although it must be refused", gid);
    arrive(o, ADMIT, gid, place);
}

void oracle_refuse(struct oracle *o, uint64_t gid, const struct oracle_place *place, unsigned reason)
{
    oracle_must(reason < 32, "a reason beyond the mask");
    const struct op *p = oracle_op_of(o, gid);
    uint32_t right = p->told.refusable | (oracle_link_known(o, o->row[p->row]) ? p->told.refusable_linked : 0);
    if (!(right & T(reason)) && !oracle_device_of(o, place->device_no)->revoked)
        oracle_fail(o, "op %" PRIu64 ": refused for reason %u without cause", gid, reason);
    arrive(o, REFUSE, gid, place);
}

void oracle_hold(struct oracle *o, uint64_t gid, const struct oracle_place *place)
{
    arrive(o, HOLD, gid, place);
}

void oracle_repeat(struct oracle *o, uint64_t gid, const struct oracle_place *place)
{
    arrive(o, REPEAT, gid, place);
}

void oracle_rejudge(struct oracle *o, uint64_t gid, uint64_t csn)
{
    struct op *p = oracle_op_of(o, gid);
    struct oracle_place place = p->place;
    place.csn = csn;
    if (p->status == REFUSED || p->status == HELD)
        tell(o, REJUDGE, gid, &place);
    else
        oracle_fail(o, "op %" PRIu64 ": judged again, but it did not wait", gid);
}

void oracle_lost(struct oracle *o, uint64_t gid, uint64_t device_no, uint64_t seq)
{
    check_seq(o, device_no, seq);
    if (gid && oracle_op_of(o, gid)->status == NOWHERE && oracle_held(o, oracle_op_of(o, gid)))
        oracle_fail(o, "op %" PRIu64 " is given up as lost, but a store has it", gid);
    tell(o, LOSE, gid, &(struct oracle_place){.device_no = device_no, .seq = seq});
}

void oracle_found(struct oracle *o, uint64_t gid, uint64_t device_no, uint64_t seq)
{
    const struct device *d = oracle_device_of(o, device_no);
    if (d->seq != seq || d->lost == 0)
        oracle_fail(o, "device %" PRIu64 ": seq %" PRIu64 " is taken back and was not lost", device_no, seq);
    tell(o, FIND, gid, &(struct oracle_place){.device_no = device_no, .seq = seq});
}

void oracle_revoke(struct oracle *o, uint64_t device_no, bool revoked)
{
    oracle_device_of(o, device_no)->revoked = revoked;
}

unsigned oracle_backup(struct oracle *o)
{
    *ADD(o->backup, o->backup_count, o->backup_room) = (struct backup){oracle_branch_now(o), depth_now(o)};
    return (unsigned)o->backup_count - 1;
}

static void play_path(struct oracle *o, unsigned branch, size_t depth)
{
    const struct branch *b = &o->branch[branch];
    if (branch)
        play_path(o, b->parent, b->fork);
    for (size_t i = 0; i < depth - b->fork; i++)
        play(o, &b->event[i]);
}

static void forget_all(struct oracle *o)
{
    o->csn = 0;
    o->link_count = 0;
    for (size_t i = 0; i < o->op_room; i++)
        if (o->op[i]) {
            o->op[i]->status = NOWHERE;
            o->op[i]->lost = false;
        }
    for (size_t i = 0; i < o->row_count; i++)
        o->row[i]->judged = false;
    for (size_t i = 0; i < o->device_count; i++)
        o->device[i] = (struct device){.device_no = o->device[i].device_no, .revoked = o->device[i].revoked};
}

void oracle_restore(struct oracle *o, unsigned backup)
{
    oracle_must(backup < o->backup_count, "a backup that nobody took");
    struct backup at = o->backup[backup];
    forget_all(o);
    *ADD(o->branch, o->branch_count, o->branch_room) = (struct branch){.parent = at.branch, .fork = at.depth};
    play_path(o, at.branch, at.depth);
    o->serving = false;
}
