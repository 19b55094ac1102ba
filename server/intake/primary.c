/* Which of several responses of one person, to one instrument, on one occasion counts: found anew by the rule of
 * proto/model/rule.h whenever one of them comes, goes, is corrected or is chosen. Who is shown as somebody else has none: the
 * responses of a whole class are weighed together, though each keeps its participant. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

void primary_occasion(const struct sam_row *r, struct store_occasion *of, uint64_t *replaces)
{
    *of = (struct store_occasion){.participant = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_participant),
                                  .instrument = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_instrument),
                                  .occasion = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_occasion)};
    *replaces = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_replaces);
}

static int best_find(struct intake *in, const struct store_occasion *of, struct sam_rule_response *best)
{
    struct sam_rule_response r = {0};
    int err;
    while ((err = store_response_next(in->st, of, r.id, &r)) == 0)
        if (sam_rule_primary(best, &r))
            *best = r;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int primary_find(struct intake *in, const struct store_occasion *of)
{
    struct sam_rule_response best = {0};
    struct store_occasion at = *of;
    struct link_class c;
    int err = link_class(in, of->participant, &c);
    for (unsigned i = 0; !err && i < c.count; i++) {
        at.participant = c.id[i];
        err = best_find(in, &at, &best);
        if (!err && i)
            err = store_primary_set(in->st, &at, 0);
    }
    at.participant = c.id[0];
    return err ? err : store_primary_set(in->st, &at, best.id);
}

/* The occasion to which response ${id} belongs, if it lives. */
static int primary_find_of(struct intake *in, uint64_t id)
{
    struct sam_key key = {.entity = SAM_SCORE_RESPONSE, .part = {id}};
    struct store_occasion of;
    struct store_row row;
    uint64_t replaces;
    int err = store_row_get(in->st, &key, &row);
    if (err || !row.exists || row.dead > 0)
        return err;
    primary_occasion(&row.row, &of, &replaces);
    return primary_find(in, &of);
}

int primary_changed(struct judgement *j)
{
    struct store_occasion of = j->was.occasion;
    uint64_t replaces = j->was.replaces;
    if (j->row->dead <= 0)
        primary_occasion(&j->row->row, &of, &replaces);
    else if (!j->was.csn) /* it was deleted before */
        return 0;
    int err = primary_find(j->in, &of);
    return err || !replaces ? err : primary_find_of(j->in, replaces); /* it may have been to another occasion */
}

int primary_ruled(struct intake *in, const struct sam_row *ruling)
{
    return primary_find_of(in, ruling->key.part[1]);
}

/* ${key} names a response of somebody in the class. */
static int primary_linked_at(struct intake *in, const struct sam_key *key, const struct link_class *was)
{
    struct store_occasion of;
    struct store_row row;
    uint64_t replaces;
    int err = store_row_get(in->st, key, &row);
    if (err || row.dead > 0)
        return err;
    primary_occasion(&row.row, &of, &replaces);
    for (unsigned i = 0; !err && i < was->count; i++) {
        of.participant = was->id[i];
        err = primary_find(in, &of);
    }
    return err;
}

int primary_linked(struct intake *in, const struct link_class *was)
{
    int err = 0;
    for (unsigned i = 0; !err && i < was->count; i++) {
        struct sam_key key, *after = NULL;
        while (!err && (err = store_hung_next(in->st, SAM_SCORE_RESPONSE, was->id[i], after, &key)) == 0) {
            after = &key;
            err = primary_linked_at(in, &key, was);
        }
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    return err;
}
