/* A link that comes again after the centre had lost it: others may have seen it before, and what they replaced then they had
 * replaced knowingly, whoever comes first now. */
#include "server/intake/link_int.h"

#include "proto/base/err.h"

/* ${by} said something of ${from} at ${csn}, in ${unit}, or deleted it. */
static int again_over(struct link_slot *s, const struct author *by, uint64_t from, uint64_t csn, unsigned unit,
                      bool buries, unsigned person)
{
    const struct store_row *own = &s->own[person].r;
    uint64_t id = s->c->id[person];
    struct sam_candidate tombstone = {0};
    bool knew = false;
    int err = own->exists && own->dead <= 0 ? candidates_load(s->in, own, unit, s->now) : SAM_ENOTFOUND;
    if (!err)
        err = link_path_seen(s->in, by, from, id, &knew);
    if (!err && buries)
        err = candidate_at(s->in, csn, &tombstone);
    for (unsigned i = 0; !err && knew && i < s->now->set.count; i++) {
        struct sam_candidate *x = &s->now->set.at[i], buried = tombstone;
        struct author said;
        err = candidate_align(s->in, by, x);
        bool over = !err && sam_author_saw(&by->who, x);
        if (!err && buries && !over) {
            err = author_at(s->in, x->csn, &said);
            if (!err)
                err = candidate_align(s->in, &said, &buried);
            over = !err && !sam_author_saw(&said.who, &buried);
        }
        if (!err && over)
            err = link_over_note(s->in, id, x->csn, unit, from, csn);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int again_unit(struct link_slot *s, unsigned from, unsigned unit, uint64_t csn, bool buries)
{
    struct author by;
    int err = author_at(s->in, csn, &by);
    for (unsigned i = 0; !err && i < s->c->count; i++)
        if (i != from)
            err = again_over(s, &by, s->c->id[from], csn, unit, buries, i);
    return err;
}

static int again_row(struct link_slot *s, unsigned from)
{
    const struct store_row *own = &s->own[from].r;
    const struct sam_entity_def *def = sam_entity_find(s->key.entity);
    unsigned tombstones;
    int err = 0;
    for (unsigned unit = 0; !err && own->dead <= 0 && unit < def->unit_count; unit++) {
        err = candidates_load(s->in, own, unit, s->one);
        for (unsigned i = 0; !err && i < s->one->set.count; i++)
            err = again_unit(s, from, unit, s->one->set.at[i].csn, false);
    }
    if (!err)
        err = link_tombstones_of(s->in, own, s->one->stored, &tombstones);
    for (unsigned i = 0; !err && i < tombstones; i++)
        for (unsigned unit = 0; !err && unit < def->unit_count; unit++)
            err = again_unit(s, from, unit, s->one->stored[i].csn, true);
    return err;
}

int link_again_follow(struct link_slot *s)
{
    int err = 0;
    for (unsigned i = 0; !err && i < s->c->count; i++)
        if (s->own[i].r.exists)
            err = again_row(s, i);
    return err;
}
