#include "server/store/feed_row.h"

#include "proto/base/err.h"
#include "proto/model/merge.h"

#include <stdlib.h>

enum { OTHERS_MAX = 3 };

void feed_row_init(struct feed_row *f)
{
    sam_buf_init(&f->bytes, SAM_OP_BYTES_MAX * 2);
    sam_buf_init(&f->others, SAM_OP_BYTES_MAX);
}

void feed_row_fini(struct feed_row *f)
{
    sam_buf_fini(&f->bytes);
    sam_buf_fini(&f->others);
}

static void state_of(const struct store_feed_row *r, uint64_t complete_csn, struct sam_row_state *out)
{
    const struct store_row *row = &r->row;
    out->csn = row->csn;
    out->units = 0;
    out->gone = row->dead > 0 ? SAM_DELETED : r->left ? SAM_LEFT : SAM_HERE;
    out->row = row->row;
    out->others = (struct sam_span){0};
    if (out->gone) {
        out->row.present = 0;
        return;
    }
    if (complete_csn == 0 || r->entered_csn > complete_csn)
        return;
    uint32_t newer = store_row_units_after(row, complete_csn);
    uint32_t set = store_row_units_after(row, 0);
    if (newer == 0 || newer == set)
        return;
    out->units = newer;
    out->row.present &= sam_unit_fields(sam_entity_find(row->row.key.entity), newer);
}

/* ---- what others say */

/* A unit's candidates, with memory for their values. */
struct others {
    struct store_candidate stored[SAM_CANDIDATES_MAX];
    struct sam_row value[SAM_CANDIDATES_MAX];
    struct sam_candidates set;
};

static int others_load(struct store *st, const struct sam_key *key, unsigned unit, struct others *o)
{
    int err = store_candidates_get(st, key, unit, o->stored, SAM_CANDIDATES_MAX, &o->set.count);
    for (unsigned i = 0; !err && i < o->set.count; i++) {
        const struct store_candidate *c = &o->stored[i];
        err = sam_row_decode(key->entity, (struct sam_span){c->value, c->value_len}, &o->value[i]);
        o->set.at[i] = (struct sam_candidate){
            .device_no = c->device_no, .seq = c->seq, .csn = c->csn, .base_csn = c->base_csn, .value = &o->value[i]};
    }
    return err;
}

/* The values of a disputed unit that the row does not show. Read with the row, in one snapshot. */
static int unit_add(struct feed_row *f, const struct sam_entity_def *def, unsigned unit, const struct others *o)
{
    struct sam_fold fold;
    int err = 0;
    if (!o->set.count)
        return 0;
    sam_fold(def, unit, &o->set, &fold);
    for (unsigned i = 0, told = 0; !err && fold.disputed && i < o->set.count && told < OTHERS_MAX; i++) {
        const struct store_candidate *c = &o->stored[i];
        if (!(fold.top >> i & 1u) || sam_fold_agrees(def, unit, &o->set, &fold, i))
            continue;
        err = sam_other_add(&f->others, (uint8_t)unit, c->device_no, (struct sam_span){c->value, c->value_len});
        told++;
    }
    return err;
}

static int others_add(struct feed_row *f, struct store *st, const struct store_row *row, struct sam_row_state *state)
{
    const struct sam_entity_def *def = sam_entity_find(row->row.key.entity);
    struct others *o = NULL;
    int err = 0;
    sam_buf_clear(&f->others);
    for (unsigned unit = 0; !err && row->revs_len && unit < def->unit_count; unit++) {
        if ((state->units && !(state->units >> unit & 1u)) || !store_row_rev(row, unit).many)
            continue;
        if (!o && !(o = calloc(1, sizeof *o)))
            return SAM_ENOMEM;
        err = others_load(st, &row->row.key, unit, o);
        if (!err)
            err = unit_add(f, def, unit, o);
    }
    free(o);
    state->others = sam_buf_peek(&f->others);
    return err;
}

int feed_row_encode(struct feed_row *f, struct store *st, const struct store_feed_row *r, uint64_t complete_csn,
                    struct sam_span *out)
{
    struct sam_row_state state;
    state_of(r, complete_csn, &state);
    sam_buf_clear(&f->bytes);
    int err = state.gone ? 0 : others_add(f, st, &r->row, &state);
    if (!err)
        err = sam_row_state_encode(&f->bytes, &state);
    *out = sam_buf_peek(&f->bytes);
    return err;
}
