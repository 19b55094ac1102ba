/* Who is linked to whom. A link says that one participant, the loser, is shown as another, the winner; who is linked to whom in
 * turn makes a class, shown as its root. Links are the centre's alone, and are taken back by linking to nobody.
 *
 *   a → b → c ← d      one class {c, a, b, d}, shown as c
 *
 * 1. A link that would close a circle, or make a class larger than anybody can look at, is refused; where two coordinators said
 *    different things unseen and one of them would, it does not count until it can.
 * 2. Whoever was linked once is known here ever after: what his own rows are stands in tables of their own (link_row.c).
 * 3. Everybody else takes no notice: without any link nothing is looked up, with some a search in memory tells. */
#include "server/intake/intake_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

/* ---- what is held in memory */

void links_forget(struct intake *in)
{
    free(in->links.by_id);
    free(in->links.by_winner);
    in->links = (struct links){0};
}

static int by_id(const void *a, const void *b)
{
    const struct store_link *x = a, *y = b;
    return x->id < y->id ? -1 : x->id > y->id;
}

static int by_winner(const void *a, const void *b)
{
    const struct store_link *x = a, *y = b;
    return x->winner != y->winner ? (x->winner < y->winner ? -1 : 1) : by_id(a, b);
}

static int links_grow(struct links *l)
{
    unsigned room = l->room ? 2 * l->room : 16;
    struct store_link *more = realloc(l->by_id, room * sizeof *more);
    if (!more)
        return SAM_ENOMEM;
    l->by_id = more;
    more = realloc(l->by_winner, room * sizeof *more);
    if (!more)
        return SAM_ENOMEM;
    l->by_winner = more;
    l->room = room;
    return 0;
}

static void links_sort(struct links *l)
{
    memcpy(l->by_winner, l->by_id, l->count * sizeof *l->by_id);
    qsort(l->by_winner, l->count, sizeof *l->by_winner, by_winner);
}

static int links_load(struct intake *in)
{
    struct store_link link = {0};
    int err;
    links_forget(in);
    while ((err = store_link_next(in->st, link.id, &link)) == 0) {
        if (in->links.count == in->links.room && (err = links_grow(&in->links)))
            return err;
        in->links.by_id[in->links.count++] = link;
    }
    if (err != SAM_ENOTFOUND)
        return err;
    if (in->links.count)
        links_sort(&in->links);
    in->links.loaded = true;
    return 0;
}

static struct store_link *find(const struct intake *in, uint64_t id)
{
    unsigned low = 0, high = in->links.count;
    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        if (in->links.by_id[mid].id < id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < in->links.count && in->links.by_id[low].id == id ? &in->links.by_id[low] : NULL;
}

int link_known(struct intake *in, uint64_t id, bool *known)
{
    int err = in->links.loaded ? 0 : links_load(in);
    *known = !err && in->links.count && find(in, id);
    return err;
}

static uint64_t winner_of(const struct intake *in, uint64_t id)
{
    const struct store_link *l = find(in, id);
    return l ? l->winner : 0;
}

static uint64_t root_of(const struct intake *in, uint64_t id)
{
    uint64_t up;
    for (unsigned depth = 0; (up = winner_of(in, id)); depth++) {
        SAM_ASSERT(depth <= in->links.count); /* no circle */
        id = up;
    }
    return id;
}

int link_root(struct intake *in, uint64_t id, uint64_t *root)
{
    int err = in->links.loaded ? 0 : links_load(in);
    *root = err || !in->links.count ? id : root_of(in, id);
    return err;
}

/* Those whose winner is ${winner}: added behind what is there. */
static void losers_add(const struct intake *in, uint64_t winner, struct link_class *c)
{
    unsigned low = 0, high = in->links.count;
    while (low < high) {
        unsigned mid = low + (high - low) / 2;
        if (in->links.by_winner[mid].winner < winner)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < in->links.count && in->links.by_winner[low].winner == winner; low++) {
        SAM_ASSERT(c->count < LINK_CLASS_MAX);
        c->id[c->count++] = in->links.by_winner[low].id;
    }
}

int link_class(struct intake *in, uint64_t id, struct link_class *c)
{
    c->count = 1;
    int err = link_root(in, id, &c->id[0]);
    for (unsigned i = 0; !err && i < c->count && in->links.count; i++)
        losers_add(in, c->id[i], c);
    return err;
}

bool link_in_class(const struct link_class *c, uint64_t id)
{
    for (unsigned i = 0; i < c->count; i++)
        if (c->id[i] == id)
            return true;
    return false;
}

/* ---- the way from one to another of a class */

struct path {
    unsigned count;
    uint64_t loser[2 * LINK_CLASS_MAX]; /* of each link on it */
};

static unsigned path_up(const struct intake *in, uint64_t id, uint64_t up[LINK_CLASS_MAX])
{
    unsigned n = 0;
    do {
        SAM_ASSERT(n < LINK_CLASS_MAX);
        up[n++] = id;
        id = winner_of(in, id);
    } while (id);
    return n;
}

static void path_find(const struct intake *in, uint64_t one, uint64_t other, struct path *p)
{
    uint64_t x[LINK_CLASS_MAX], y[LINK_CLASS_MAX];
    unsigned xs = path_up(in, one, x), ys = path_up(in, other, y);
    SAM_ASSERT(x[xs - 1] == y[ys - 1]);                /* one root */
    while (xs > 1 && ys > 1 && x[xs - 2] == y[ys - 2]) /* they meet before it */
        xs--, ys--;
    p->count = 0;
    for (unsigned i = 0; i + 1 < xs; i++)
        p->loser[p->count++] = x[i];
    for (unsigned i = 0; i + 1 < ys; i++)
        p->loser[p->count++] = y[i];
}

uint64_t link_path_since(const struct intake *in, uint64_t one, uint64_t other)
{
    struct path p;
    uint64_t since = 0;
    path_find(in, one, other, &p);
    for (unsigned i = 0; i < p.count; i++) {
        uint64_t csn = find(in, p.loser[i])->csn;
        since = csn > since ? csn : since;
    }
    return since;
}

/* Who said that they are one. An op that is being taken in has no place of its own yet. */
static int link_said(struct intake *in, uint64_t csn, struct sam_candidate *c)
{
    if (csn != in->links.said.csn)
        return candidate_at(in, csn, c);
    *c = in->links.said;
    return 0;
}

int link_path_seen(struct intake *in, const struct author *a, uint64_t one, uint64_t other, bool *seen)
{
    struct path p;
    int err = 0;
    path_find(in, one, other, &p);
    *seen = true;
    for (unsigned i = 0; !err && *seen && i < p.count; i++) {
        struct sam_candidate c;
        err = link_said(in, find(in, p.loser[i])->csn, &c);
        if (!err)
            err = candidate_align(in, a, &c);
        *seen = !err && sam_author_saw(&a->who, &c);
    }
    *seen = *seen && !err;
    return err;
}

/* ---- a link that is asked for */

static int may_link(struct intake *in, uint64_t loser, uint64_t winner, bool *may)
{
    struct link_class c[2];
    int err = link_class(in, loser, &c[0]);
    if (!err)
        err = link_class(in, winner, &c[1]);
    *may = false;
    if (!err) {
        bool one = c[0].id[0] == c[1].id[0], circle = false;
        for (uint64_t up = winner; up && !circle; up = winner_of(in, up))
            circle = up == loser;
        *may = !circle && (one ? c[0].count : c[0].count + c[1].count) <= LINK_CLASS_MAX;
    }
    return err;
}

static int person_there(struct intake *in, uint64_t id, bool dead_too, bool *there)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {id}};
    struct store_row row;
    int err = store_row_get(in->st, &key, &row);
    *there = !err && row.exists && (dead_too || row.dead <= 0);
    return err;
}

/* A link that the journal gives back may come before the walk-in that it names: then it waits. */
int link_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    uint64_t loser = op->row.key.part[0], winner = (uint64_t)sam_row_num(&op->row, SAM_LINK_winner);
    bool there = false, may = true;
    *why = SAM_REASON_NOT_PERMITTED;
    if (!a->centre || op->kind == SAM_OP_TOMBSTONE || winner == loser)
        return 0;
    int err = person_there(in, loser, winner == 0, &there);
    if (!err && there && winner)
        err = person_there(in, winner, false, &there);
    if (!err && there && winner)
        err = may_link(in, loser, winner, &may);
    if (!err && !there && a->lost_csn)
        *why = SAM_REASON_REFERENCE;
    else if (!err && there && may)
        *why = SAM_REASON_NONE;
    return err;
}

/* ---- a link that changes */

static int person_keep(struct intake *in, const struct store_link *link)
{
    struct store_link *l = find(in, link->id);
    int err = store_link_set(in->st, link);
    if (!err && !l && in->links.count == in->links.room)
        err = links_grow(&in->links);
    if (err)
        return err;
    if (l)
        *l = *link;
    else
        in->links.by_id[in->links.count++] = *link;
    qsort(in->links.by_id, in->links.count, sizeof *in->links.by_id, by_id);
    links_sort(&in->links);
    return 0;
}

/* Linked for the first time, a person's rows become his own first. All who hung together before follow. */
static int link_set(struct judgement *j, uint64_t loser, uint64_t winner)
{
    struct intake *in = j->in;
    const struct store_link link = {loser, winner, j->csn}, root = {winner, 0, j->csn};
    struct link_class was;
    bool known = false;
    int err = link_class(in, loser, &was);
    if (!err)
        err = link_known(in, loser, &known);
    if (!err && !known)
        err = link_rows_begin(in, loser);
    if (!err && winner)
        err = link_known(in, winner, &known);
    if (!err && winner && !known) {
        err = link_rows_begin(in, winner);
        if (!err)
            err = person_keep(in, &root);
    }
    if (!err)
        err = person_keep(in, &link);
    return err ? err : link_rows_follow(j, &was, winner && in->links.said.lost_csn);
}

static int link_follow(struct judgement *j)
{
    struct intake *in = j->in;
    const struct sam_row *r = &j->row->row;
    uint64_t loser = r->key.part[0], winner = (uint64_t)sam_row_num(r, SAM_LINK_winner), idle = 0, to;
    bool may = true;
    int err = 0;
    if (winner == winner_of(in, loser))
        return 0;
    if (winner_of(in, loser)) /* its own link is not in the way */
        err = link_set(j, loser, 0);
    if (!err && winner)
        err = may_link(in, loser, winner, &may);
    if (!err && winner && may)
        err = link_set(j, loser, winner);
    while (!err && (err = store_link_idle_next(in->st, idle, &idle, &to)) == 0) {
        err = may_link(in, idle, to, &may);
        if (!err && may)
            err = link_set(j, idle, to);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int link_changed(struct judgement *j)
{
    struct intake *in = j->in;
    bool known;
    int err = link_known(in, j->row->row.key.part[0], &known);
    if (err)
        return err;
    in->links.said = (struct sam_candidate){.device_no = j->a->who.device_no,
                                            .seq = j->a->who.seq,
                                            .csn = j->csn,
                                            .lost_epoch = j->a->lost_epoch,
                                            .lost_csn = j->a->lost_csn};
    err = link_follow(j);
    in->links.said = (struct sam_candidate){0};
    return err;
}
