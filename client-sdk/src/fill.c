#include "client-sdk/src/fill.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/replica.h"

#include <string.h>

void sam_fill_get(const struct sam_held *h, struct sam_snap_get *g)
{
    memset(g, 0, sizeof *g);
    g->scope = h->id;
    g->start_csn = h->fill_start;
    g->entity = (uint32_t)h->fill_entity;
    g->after_count = h->fill_after_count;
    memcpy(g->after, h->fill_after, sizeof g->after);
    g->filled = h->filled;
}

/* The hash covers the rows' bytes one after the other. */
static int hash_check(struct samling *s, const struct sam_snap_chunk *c)
{
    struct sam_walk w = {c->body};
    struct sam_span row;
    uint8_t hash[SAM_HASH_BYTES];
    int err = 0;
    sam_buf_clear(&s->work);
    while (!err && sam_snap_next_row(&w, &row) == 1)
        err = sam_buf_add(&s->work, row.ptr, row.len);
    if (!err)
        err = sam_sha256(sam_buf_peek(&s->work).ptr, sam_buf_len(&s->work), hash);
    if (!err && sam_get_le64(hash) != c->hash)
        err = SAM_EPROTO;
    return err;
}

static int chunk_row(struct samling *s, struct sam_held *h, struct sam_span in)
{
    struct sam_row_state r;
    int err = sam_row_state_decode(in, &r);
    if (err)
        return err;
    if (r.row.key.entity == SAM_ENTITY_NONE)
        return 0; /* an entity of a newer schema */
    if (!sam_row_sound(&r) || r.units || r.gone)
        return SAM_EPROTO;
    s->talk.report.rows_received++;
    struct sam_span body = sam_row_bytes(in);
    err = sam_replica_add(s, h->fill_slot, &r, body);
    if (err == SAM_EEXIST) /* it changed while the fill went on, and came again */
        return sam_replica_put(s, h->fill_slot, &r, body, &h->fill_rows, &h->fill_sum);
    if (err)
        return err;
    h->fill_rows++;
    h->fill_sum += sam_sum_mix(&r.row.key, r.csn);
    return 0;
}

static void place_keep(struct sam_held *h, const struct sam_snap_chunk *c)
{
    h->fill_entity = c->entity;
    h->fill_after_count = c->after_count;
    memcpy(h->fill_after, c->after, sizeof h->fill_after);
    h->fill_total = c->total_rows;
    h->filled = c->last;
}

int sam_fill_chunk(struct samling *s, const struct sam_snap_chunk *c)
{
    struct sam_held *h = sam_held_find(s, c->scope);
    struct sam_walk w = {c->body};
    struct sam_span row;
    if (!h || !h->fill_slot || h->filled || c->start_csn == 0 || c->start_csn > INT64_MAX || c->total_rows > INT64_MAX)
        return SAM_EPROTO;
    int err = hash_check(s, c);
    if (!err && h->fill_start && h->fill_start != c->start_csn)
        err = sam_held_refill(s, h); /* the centre began anew */
    h->fill_start = c->start_csn;
    h->fill_epoch = s->talk.epoch;
    while (!err && sam_snap_next_row(&w, &row) == 1)
        err = chunk_row(s, h, row);
    if (err)
        return err;
    place_keep(h, c);
    return sam_held_save(s, h);
}

int sam_fill_end(struct samling *s, struct sam_held *h, const struct sam_scope_end *e, bool *equal)
{
    *equal = false;
    if (!h->filled || e->csn > INT64_MAX || e->csn < h->fill_start)
        return SAM_EPROTO;
    int err = sam_replica_prune(s, h->fill_slot, e->window_day, &h->fill_rows, &h->fill_sum);
    if (err)
        return err;
    h->asked = false;
    if (h->fill_rows != e->rows || h->fill_sum != e->sum || h->suspect) {
        h->fill_bad++;
        return sam_held_refill(s, h);
    }
    *equal = true;
    h->window_day = e->window_day;
    err = sam_held_swap(s, h, e->csn, s->talk.epoch);
    return err ? err : sam_outbox_cover(s, h->id, e->csn);
}
