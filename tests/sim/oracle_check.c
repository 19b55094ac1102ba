/* Goal: hold what the centre has against what follows from what the oracle was told; a difference is one line of text. */
#include "tests/sim/oracle_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct text {
    char of[160];
};

static struct text row_text(const struct oracle_row *row)
{
    static const char *const names[] = {[ORACLE_ATTENDANCE] = "attendance",   [ORACLE_SESSION] = "session",
                                        [ORACLE_ENROLMENT] = "enrolment",     [ORACLE_GROUP] = "group",
                                        [ORACLE_PARTICIPANT] = "participant", [ORACLE_USER] = "user",
                                        [ORACLE_ORG_UNIT] = "org unit",       [ORACLE_RULING] = "ruling"};
    struct text t;
    const char *name = row->entity < ORACLE_TAGS ? names[row->entity] : NULL;
    int used = snprintf(t.of, sizeof t.of, "%s %" PRIu64, name ? name : "row", row->key[0]);
    for (unsigned i = 1; i < ORACLE_KEYS && row->key[i]; i++)
        used += snprintf(t.of + used, sizeof t.of - (size_t)used, "/%" PRIu64, row->key[i]);
    return t;
}

static struct text value_text(uint32_t tags, uint32_t present, const int64_t *value, bool disputed)
{
    struct text t = {{0}};
    int used = 0;
    for (unsigned tag = 0; tag < ORACLE_TAGS; tag++)
        if ((tags & T(tag)) && (present & T(tag)))
            used += snprintf(t.of + used, sizeof t.of - (size_t)used, "%" PRId64 " ", value[tag]);
        else if (tags & T(tag))
            used += snprintf(t.of + used, sizeof t.of - (size_t)used, "- ");
    snprintf(t.of + used, sizeof t.of - (size_t)used, "%s", disputed ? "disputed" : "agreed");
    return t;
}

static bool check_unit(struct oracle *o, const struct row *r, unsigned unit, const struct oracle_row_is *is)
{
    const struct oracle_unit_def *def = &r->def[unit];
    const struct oracle_unit *u = &r->unit[unit];
    bool disputed = is->disputed & T(unit);
    bool same = (u->disputed && oracle_asks(o, r)) == disputed &&
                (def->class == UNION || ((u->present ^ is->present) & def->tags) == 0);
    for (unsigned tag = 0; tag < ORACLE_TAGS; tag++)
        if (def->tags & T(tag))
            same = same && u->value[tag] == (is->present & T(tag) ? is->value[tag] : 0);
    return same || oracle_fail(o, "%s unit %u: expected %s (op %" PRIu64 " of %u live), got %s", row_text(&r->name).of,
                               unit, value_text(def->tags, u->present, u->value, u->disputed).of, u->shown,
                               u->live_count, value_text(def->tags, is->present, is->value, disputed).of);
}

bool oracle_check_row(struct oracle *o, const struct oracle_row *row, const struct oracle_row_is *is)
{
    static const char *const names[] = {
        [ORACLE_ABSENT] = "absent", [ORACLE_ALIVE] = "alive", [ORACLE_AGAIN] = "alive", [ORACLE_DEAD] = "dead"};
    enum oracle_state state = oracle_row_state(o, row);
    const struct row *r = oracle_row_find(o, row);
    bool gone = state == ORACLE_DEAD && is->state == ORACLE_ABSENT && r && oracle_link_known(o, r); /* never shown */
    if (!gone && strcmp(names[state], names[is->state]) != 0)
        return oracle_fail(o, "%s: expected %s, got %s", row_text(row).of, names[state], names[is->state]);
    bool same = true;
    for (unsigned u = 0; r && oracle_lives(r) && u < r->unit_count; u++)
        same = check_unit(o, r, u, is) && same;
    return same;
}

bool oracle_check_live(struct oracle *o, const struct oracle_row *row, unsigned unit, const uint64_t *gids,
                       unsigned count)
{
    struct oracle_unit u = oracle_unit(o, row, unit);
    for (unsigned i = 0; i < u.live_count; i++) {
        unsigned found = 0;
        for (unsigned j = 0; j < count; j++)
            found += gids[j] == u.live[i];
        if (found != 1)
            return oracle_fail(o, "%s unit %u: expected op %" PRIu64 " live, got it %u times", row_text(row).of, unit,
                               u.live[i], found);
    }
    return count == u.live_count ||
           oracle_fail(o, "%s unit %u: expected %u live ops, got %u", row_text(row).of, unit, u.live_count, count);
}

static bool case_is(const struct oracle_case *a, const struct oracle_case *b)
{
    return a->kind == b->kind && a->unit == b->unit && oracle_same_row(&a->row, &b->row) &&
           oracle_same_row(&a->other, &b->other);
}

static unsigned times(const struct oracle_case *c, const struct oracle_case *list, size_t count)
{
    unsigned found = 0;
    for (size_t i = 0; i < count; i++)
        found += case_is(c, &list[i]);
    return found;
}

static bool check_case(struct oracle *o, const struct oracle_case *c, unsigned expected, unsigned got)
{
    static const char *const names[] = {
        [ORACLE_DISPUTE] = "dispute", [ORACLE_CANCELLED] = "cancelled but attended", [ORACLE_TWO] = "two on one day"};
    return expected == got ||
           oracle_fail(o, "%s unit %u: expected %u open cases \"%s\"%s%s, got %u", row_text(&c->row).of, c->unit,
                       expected, names[c->kind], c->kind == ORACLE_TWO ? " with " : "",
                       c->kind == ORACLE_TWO ? row_text(&c->other).of : "", got);
}

bool oracle_check_cases(struct oracle *o, const struct oracle_case *open, size_t count)
{
    bool same = true;
    oracle_cases_collect(o);
    for (size_t i = 0; i < o->open_count; i++)
        same = check_case(o, &o->open[i], 1, times(&o->open[i], open, count)) && same;
    for (size_t i = 0; i < count; i++)
        same = check_case(o, &open[i], times(&open[i], o->open, o->open_count), 1) && same;
    return same;
}

bool oracle_check_sum(struct oracle *o, uint64_t device_no, const struct oracle_sum *sum)
{
    const struct device *d = oracle_device_of(o, device_no);
    uint64_t judged = sum->applied + sum->same + sum->superseded + sum->listed + sum->in_case;
    if (sum->sent != judged + sum->quarantined + sum->held + sum->lost)
        return oracle_fail(o, "device %" PRIu64 ": sent %" PRIu64 ", but its parts give %" PRIu64, device_no, sum->sent,
                           judged + sum->quarantined + sum->held + sum->lost);
    if (sum->sent == d->sent && sum->quarantined == d->quarantined && sum->held == d->held && sum->lost == d->lost)
        return true;
    return oracle_fail(o,
                       "device %" PRIu64 ": expected %" PRIu64 " sent, %" PRIu64 " quarantined, %" PRIu64
                       " held, %" PRIu64 " lost, got %" PRIu64 ", %" PRIu64 ", %" PRIu64 ", %" PRIu64,
                       device_no, d->sent, d->quarantined, d->held, d->lost, sum->sent, sum->quarantined, sum->held,
                       sum->lost);
}

bool oracle_check_rest(struct oracle *o)
{
    bool all = true;
    for (size_t i = 0; i < o->op_room; i++) {
        const struct op *p = o->op[i];
        if (p && p->status == NOWHERE && !p->lost && oracle_held(o, p))
            all = oracle_fail(o, "op %zu on %s was saved and is not at the centre", i, row_text(&p->told.row).of);
    }
    return all;
}
