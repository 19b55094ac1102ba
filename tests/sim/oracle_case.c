/* Goal: say which cases must be open: disputes, and the rules across rows. */
#include "tests/sim/oracle_int.h"

#include <string.h>

bool oracle_lives(const struct row *r)
{
    return r->state == ORACLE_ALIVE || r->state == ORACLE_AGAIN;
}

static bool shows(const struct row *r, unsigned tag, int64_t value)
{
    const struct oracle_unit *u = &r->unit[oracle_unit_of(r->name.entity, tag)];
    return oracle_lives(r) && (u->present & T(tag)) && u->value[tag] == value;
}

static void case_add(struct oracle *o, struct oracle_case c)
{
    *ADD(o->open, o->open_count, o->open_room) = c;
}

static bool may_stand(const struct oracle *o, enum oracle_case_kind rule, uint64_t a, uint64_t b)
{
    const struct row *r = oracle_row_asked(o, &(struct oracle_row){ORACLE_RULING, {rule, a, b}});
    return r && shows(r, DECISION, MAY_STAND);
}

/* nobody is asked about who attended a session that was deleted */
bool oracle_asks(const struct oracle *o, const struct row *r)
{
    const struct row *session = r->name.entity == ORACLE_ATTENDANCE
                                    ? oracle_row_asked(o, &(struct oracle_row){ORACLE_SESSION, {r->name.key[0]}})
                                    : NULL;
    return oracle_lives(r) && (!session || session->state != ORACLE_DEAD);
}

static void add_disputes(struct oracle *o, const struct row *r)
{
    for (unsigned u = 0; oracle_asks(o, r) && u < r->unit_count; u++)
        if (r->unit[u].disputed)
            case_add(o, (struct oracle_case){.kind = ORACLE_DISPUTE, .row = r->name, .unit = u});
}

static bool is_present(const struct op *p)
{
    return oracle_value_of(p, PRESENCE) == PRESENT && oracle_value_of(p, EVIDENCE) > LISTED;
}

/* a coordinator who says that it was cancelled has answered to what he had seen of who was there */
static bool answers(const struct oracle *o, const struct op *x, const struct op *y)
{
    return o->actor[x->told.actor].console && oracle_saw(o, x, y);
}

/* so has one who ruled that both may stand, of a cancellation that he had seen */
static bool ruled(const struct oracle *o, const struct oracle_unit *status, const struct row *ruling,
                  const struct op *y)
{
    const struct oracle_unit *u = &ruling->unit[oracle_unit_of(ORACLE_RULING, DECISION)];
    for (unsigned i = 0; shows(ruling, DECISION, MAY_STAND) && i < u->live_count; i++) {
        const struct op *x = oracle_op_of(o, u->live[i]);
        if (oracle_value_of(x, DECISION) != MAY_STAND || !oracle_saw(o, x, y))
            continue;
        for (unsigned k = 0; k < status->live_count; k++)
            if (oracle_saw(o, x, oracle_op_of(o, status->live[k])))
                return true;
    }
    return false;
}

static bool answered(const struct oracle *o, const struct row *session, const struct op *y)
{
    const struct oracle_unit *status = &session->unit[oracle_unit_of(ORACLE_SESSION, SESSION_STATUS)];
    uint64_t id = session->name.key[0];
    const struct row *ruling = oracle_row_asked(o, &(struct oracle_row){ORACLE_RULING, {ORACLE_CANCELLED, id, id}});
    for (unsigned i = 0; i < status->live_count; i++)
        if (answers(o, oracle_op_of(o, status->live[i]), y))
            return true;
    return ruling && ruled(o, status, ruling, y);
}

static void note_presence(struct oracle *o, const struct row *r)
{
    struct row *session = oracle_row_find(o, &(struct oracle_row){ORACLE_SESSION, {r->name.key[0]}});
    const struct oracle_unit *u = &r->unit[oracle_unit_of(ORACLE_ATTENDANCE, PRESENCE)];
    bool there = session && shows(r, PRESENCE, PRESENT) && u->value[EVIDENCE] > LISTED;
    for (unsigned i = 0; there && !session->attended && i < u->live_count; i++) {
        const struct op *p = oracle_op_of(o, u->live[i]);
        session->attended = is_present(p) && !answered(o, session, p);
    }
}

static bool one_day_twice(const struct row *a, const struct row *b)
{
    const struct oracle_unit *p = &a->unit[0], *q = &b->unit[0];
    uint32_t both = T(GROUP) | T(DAY);
    bool planned = shows(a, PLANNED, 1) && shows(b, PLANNED, 1);
    return (p->present & q->present & both) == both && p->value[GROUP] == q->value[GROUP] &&
           p->value[DAY] == q->value[DAY] && !planned;
}

static bool takes_place(const struct row *r)
{
    return r->name.entity == ORACLE_SESSION && oracle_lives(r) && !shows(r, SESSION_STATUS, CANCELLED);
}

static void add_session(struct oracle *o, const struct row *r, size_t others)
{
    bool asked = r->unit[oracle_unit_of(ORACLE_SESSION, SESSION_STATUS)].disputed; /* whether it was held */
    if (r->attended && !asked && shows(r, SESSION_STATUS, CANCELLED))
        case_add(o, (struct oracle_case){.kind = ORACLE_CANCELLED, .row = r->name});
    for (size_t i = 0; takes_place(r) && i < others; i++) {
        const struct row *s = o->row[i];
        if (!takes_place(s) || !one_day_twice(r, s))
            continue;
        bool first = r->name.key[0] < s->name.key[0];
        const struct oracle_row *a = first ? &r->name : &s->name, *b = first ? &s->name : &r->name;
        if (!may_stand(o, ORACLE_TWO, a->key[0], b->key[0]))
            case_add(o, (struct oracle_case){.kind = ORACLE_TWO, .row = *a, .other = *b});
    }
}

void oracle_cases_collect(struct oracle *o)
{
    o->open_count = 0;
    for (size_t i = 0; i < o->row_count; i++) {
        oracle_judge(o, o->row[i]);
        o->row[i]->attended = false;
    }
    for (size_t i = 0; i < o->row_count; i++) {
        add_disputes(o, o->row[i]);
        if (o->row[i]->name.entity == ORACLE_ATTENDANCE)
            note_presence(o, o->row[i]);
    }
    for (size_t i = 0; i < o->row_count; i++)
        if (o->row[i]->name.entity == ORACLE_SESSION)
            add_session(o, o->row[i], i);
}

size_t oracle_cases(struct oracle *o, struct oracle_case *out, size_t max)
{
    oracle_cases_collect(o);
    size_t count = o->open_count < max ? o->open_count : max;
    if (count)
        memcpy(out, o->open, count * sizeof *out);
    return o->open_count;
}
