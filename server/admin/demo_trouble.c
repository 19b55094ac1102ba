/* What a coordinator is there for: two tablets that had not seen each other say different things, and people come who are on no
 * list. Most of it is decided after some days, as by somebody who asked; what is younger than that is open. In the last days
 * one of each kind that people ask about first is there for certain and left open, so that a new user finds it. */
#include "server/admin/demo_int.h"

enum kind { PRESENCE, GUESTS, MINUTES, LOAD, CANCELLED, KINDS };
enum { ONE_IN = 25, GUEST_ONE_IN = 60, SHOWN = MINUTES + 1, DECIDED_DAYS = 16, ARM_CURL = 14 };

/* ---- people who are on no list */

static int walk_in(struct demo *d, struct demo_tablet *t, const struct demo_group_state *g, uint64_t session,
                   unsigned number, uint64_t *id)
{
    char name[DEMO_NAME_BYTES];
    struct sam_op op;
    demo_name(number, true, name);
    demo_tablet_op(d, t, &op, SAM_PARTICIPANT, SAM_OP_CREATE, g->start_min);
    *id = op.row.key.part[0] = demo_tablet_mint(t);
    author_text(&op, SAM_PARTICIPANT_name, name);
    sam_row_set(&op.row, SAM_PARTICIPANT_provisional, 1);
    int err = demo_tablet_save(t, &op);
    if (err)
        return err;
    demo_mark(d, t, session, *id, DEMO_PRESENT, g->start_min, &op);
    d->count.walk_ins++;
    return demo_tablet_save(t, &op);
}

/* ---- two who say different things; the first is the group's leader, who has spoken already */

struct dispute {
    const struct demo_group_state *g;
    struct demo_tablet *leader, *other;
    uint64_t session;
    const struct demo_person *p;
    struct sam_op *decision;
};

/* The coordinator's word is the leader's or the other one's, of the same row. */
static void decide_like(struct dispute *x, const struct sam_op *said)
{
    *x->decision = *said;
    x->decision->user = 0;
    x->decision->base_csn = 0;
    x->decision->claimed_s = 0;
    x->decision->utc_offset_min = 0;
}

static int presence_differs(struct demo *d, struct dispute *x)
{
    struct sam_op op;
    demo_mark(d, x->leader, x->session, x->p->id, DEMO_PRESENT, x->g->start_min + 5, &op);
    int err = demo_tablet_save(x->leader, &op); /* tapped: a prefill would give way by itself */
    decide_like(x, &op);
    demo_mark(d, x->other, x->session, x->p->id, DEMO_NO_SHOW, x->g->start_min + 6, &op);
    return err ? err : demo_tablet_save(x->other, &op);
}

static int minutes_differ(struct demo *d, struct dispute *x)
{
    struct sam_op op;
    int minutes = x->g->end_min - x->g->start_min;
    demo_mark(d, x->leader, x->session, x->p->id, DEMO_PRESENT, x->g->end_min, &op);
    sam_row_set(&op.row, SAM_ATTENDANCE_minutes, minutes);
    int err = demo_tablet_save(x->leader, &op);
    demo_mark(d, x->other, x->session, x->p->id, DEMO_PRESENT, x->g->end_min, &op);
    sam_row_set(&op.row, SAM_ATTENDANCE_minutes, minutes - 15);
    decide_like(x, &op);
    return err ? err : demo_tablet_save(x->other, &op);
}

static int loads_differ(struct demo *d, struct dispute *x)
{
    struct sam_op op;
    int err = 0;
    for (unsigned i = 0; i < 2 && !err; i++) {
        struct demo_tablet *t = i ? x->other : x->leader;
        demo_set(d, t, x->session, x->p->id, ARM_CURL, 1, x->g->end_min, &op);
        sam_row_set(&op.row, SAM_EXERCISE_SET_reps, i ? 8 : 10);
        sam_row_set(&op.row, SAM_EXERCISE_SET_load_hg, 200);
        err = demo_tablet_save(t, &op);
    }
    decide_like(x, &op);
    return err;
}

static int cancelled_but_held(struct demo *d, struct dispute *x)
{
    struct sam_op op;
    demo_tablet_op(d, x->other, &op, SAM_SESSION, SAM_OP_SET, x->g->start_min - 30);
    op.row.key.part[0] = x->session;
    sam_row_set(&op.row, SAM_SESSION_status, DEMO_CANCELLED);
    sam_row_set(&op.row, SAM_SESSION_reason, DEMO_LEADER_ILL);
    int err = demo_tablet_save(x->other, &op);
    op.row.present = 0;
    sam_row_set(&op.row, SAM_SESSION_status, DEMO_HELD);
    decide_like(x, &op);
    return err;
}

/* Both write down the same stranger: two provisional persons of one name. */
static int same_guest(struct demo *d, struct dispute *x)
{
    uint64_t winner, loser;
    unsigned number = (unsigned)d->count.walk_ins;
    int err = walk_in(d, x->leader, x->g, x->session, number, &winner);
    if (!err)
        err = walk_in(d, x->other, x->g, x->session, number, &loser);
    if (err)
        return err;
    *x->decision = (struct sam_op){.kind = SAM_OP_SET};
    sam_row_init(&x->decision->row, SAM_LINK);
    x->decision->row.key.part[0] = loser;
    sam_row_set(&x->decision->row, SAM_LINK_winner, (int64_t)winner);
    return 0;
}

static int make(struct demo *d, struct dispute *x, enum kind kind)
{
    switch (kind) {
    case GUESTS: return same_guest(d, x);
    case MINUTES: return minutes_differ(d, x);
    case LOAD: return x->g->kind == DEMO_MOVEMENT ? loads_differ(d, x) : presence_differs(d, x);
    case CANCELLED: return cancelled_but_held(d, x);
    default: return presence_differs(d, x);
    }
}

int demo_trouble_maybe(struct demo *d, const struct demo_group_state *g, uint64_t session, const struct demo_person *p)
{
    struct dispute x = {.g = g, .session = session, .p = p};
    bool to_show = d->day >= d->show_from && d->shown < SHOWN && g->kind != DEMO_COURSE;
    unsigned dice = demo_dice(d, ONE_IN), kind = demo_dice(d, KINDS);
    uint64_t guest;
    x.leader = demo_leader(d, g, &x.other);
    if (demo_dice(d, GUEST_ONE_IN) == 0)
        return walk_in(d, x.leader, g, session, (unsigned)d->count.walk_ins, &guest);
    if (!x.other || d->trouble_count == DEMO_TROUBLES_MAX || (dice && !to_show))
        return 0;
    struct demo_trouble *made = &d->trouble[d->trouble_count++];
    made->day = to_show ? INT32_MAX : d->day + DECIDED_DAYS;
    x.decision = &made->decision;
    return make(d, &x, to_show ? (enum kind)d->shown++ : (enum kind)kind);
}

/* Nobody links whom the centre has not heard of: the tablet that wrote one of both down may be the one that is silent. */
static int known(struct demo *d, const struct sam_op *decision, bool *both)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {decision->row.key.part[0]}};
    struct store_row row;
    *both = true;
    if (decision->row.key.entity != SAM_LINK)
        return 0;
    int err = store_row_get(d->v->st, &key, &row);
    bool loser = !err && row.exists;
    key.part[0] = (uint64_t)sam_row_num(&decision->row, SAM_LINK_winner);
    if (!err)
        err = store_row_get(d->v->st, &key, &row);
    *both = loser && !err && row.exists;
    return err;
}

static int decide(struct demo *d, const struct sam_op *decision)
{
    bool both;
    int err = known(d, decision, &both);
    return err || !both ? err : author_apply(d->v, decision);
}

int demo_troubles_decide(struct demo *d)
{
    unsigned kept = 0;
    int err = 0;
    for (unsigned i = 0; i < d->trouble_count; i++) {
        if (err || d->trouble[i].day > d->day)
            d->trouble[kept++] = d->trouble[i];
        else
            err = decide(d, &d->trouble[i].decision);
    }
    d->trouble_count = kept;
    return err;
}
