#include "client-sdk/src/run.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/notice.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/replica.h"
#include "proto/base/assert.h"

#include <string.h>

/* ---- the list of scopes */

int sam_run_forget(struct samling *s)
{
    int err = sam_store_run(sam_store_use(&s->store, SAM_Q_STAGE_CLEAR));
    return err ? err : sam_meta_put(s, place_run, 0);
}

/* The centre lost what lies after cut_csn: scopes beyond are filled beside the old rows. */
static int scopes_cut(struct samling *s, const struct sam_scopes *m)
{
    uint64_t kept = 0;
    int err = sam_run_forget(s);
    for (unsigned i = 0; !err && i < s->held.count; i++) {
        struct sam_held *h = &s->held.at[i];
        if (sam_held_complete(h) && h->csn <= m->cut_csn)
            kept = m->cut_csn;
        else
            err = sam_held_refill(s, h);
    }
    if (!err)
        err = sam_meta_put(s, run_csn, kept);
    if (!err)
        err = sam_meta_put(s, run_epoch, s->talk.epoch);
    if (!err && sam_meta(s, verdict_csn) > m->cut_csn)
        err = sam_meta_put(s, verdict_csn, SAM_VERDICTS_ANEW);
    return err;
}

static bool listed(const struct sam_scopes *m, uint64_t id)
{
    for (unsigned i = 0; i < m->scope_count; i++)
        if (m->scope[i].id == id)
            return true;
    return false;
}

static int scope_listed(struct samling *s, const struct sam_scope *one)
{
    struct sam_held *h = sam_held_find(s, one->id);
    if (one->id == 0 || one->id > INT64_MAX || one->since_csn > INT64_MAX)
        return SAM_EPROTO;
    if (!h)
        return sam_held_add(s, one->id, one->since_csn, &h);
    if (h->since_csn == one->since_csn)
        return 0;
    h->since_csn = one->since_csn;
    /* taken away and given again since it was complete: what changed between was never sent */
    return sam_held_complete(h) && h->csn < one->since_csn ? sam_held_refill(s, h) : sam_held_save(s, h);
}

int sam_run_scopes(struct samling *s, const struct sam_scopes *m)
{
    if (m->cut)
        return scopes_cut(s, m);
    for (unsigned i = s->held.count; i-- > 0;)
        if (!listed(m, s->held.at[i].id)) {
            int err = sam_held_drop(s, &s->held.at[i]);
            if (err)
                return err;
        }
    for (unsigned i = 0; i < m->scope_count; i++) {
        int err = scope_listed(s, &m->scope[i]);
        if (err)
            return err;
    }
    return 0;
}

int sam_run_welcome(struct samling *s, uint64_t epoch)
{
    int err = 0;
    if (sam_meta(s, place_run) && sam_meta(s, place_epoch) != epoch)
        err = sam_run_forget(s);
    /* told in a run that broke off under another epoch: whether that csn still counts, nobody can say */
    if (!err && sam_meta(s, run_epoch) != epoch && sam_meta(s, verdict_csn) > sam_meta(s, run_csn))
        err = sam_meta_put(s, verdict_csn, SAM_VERDICTS_ANEW);
    for (unsigned i = 0; !err && i < s->held.count; i++) {
        struct sam_held *h = &s->held.at[i];
        bool fill_old = h->fill_slot && h->fill_start && h->fill_epoch != epoch;
        /* complete beyond the cursor under another epoch: PULL cannot ask whether that still counts */
        bool fresh_old = sam_held_complete(h) && h->epoch != epoch && h->csn > sam_meta(s, run_csn);
        if (fill_old || fresh_old)
            err = sam_held_refill(s, h);
    }
    return err;
}

/* ---- rows kept aside */

/* The newest whole row that is here: kept aside, or visible. */
static int newest(struct samling *s, uint64_t slot, const struct sam_key *key, struct sam_view *v)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_STAGE_GET);
    sam_bind(q, 1, slot);
    sam_bind_key(q, 2, key);
    int rc = sam_store_step(q);
    if (rc == 0)
        return sam_replica_get(s, slot, key, v);
    if (rc < 0)
        return rc;
    int err = sam_column(q, 1) ? SAM_ENOTFOUND : sam_view_read(s, key, sam_column(q, 0), sam_column_span(q, 2), v);
    sqlite3_reset(q);
    return err;
}

static int others_keep(struct sam_buf *to, struct sam_span body, uint32_t units)
{
    struct sam_walk w = {body};
    struct sam_other o;
    int rc, err = 0;
    while (!err && (rc = sam_other_next(&w, &o)) == 1)
        if (units >> o.unit & 1u)
            err = sam_other_add(to, o.unit, o.device_no, o.value);
    return err ? err : rc ? SAM_EPROTO : 0;
}

/* Make a row that came as some units whole; its bytes are then in s->work. */
static int complete(struct samling *s, struct sam_held *h, uint64_t slot, struct sam_row_state *r,
                    struct sam_span *body)
{
    struct sam_view v;
    int err = newest(s, slot, &r->row.key, &v);
    if (err == SAM_ENOTFOUND) {
        sam_row_init(&v.row, r->row.key.entity);
        v.row.key = r->row.key;
        v.csn = 0;
        h->suspect = true;
        err = 0;
    }
    if (err)
        return err;
    struct sam_span old = {0};
    if (v.csn != 0)
        old = sam_buf_peek(&s->plain);
    sam_row_merge(&v.row, &r->row, r->units);
    sam_buf_clear(&s->work);
    err = sam_row_encode(&s->work, &v.row);
    if (!err) /* what others say: of the units that came anew, of the rest as it was */
        err = others_keep(&s->work, old, ~r->units);
    if (!err)
        err = others_keep(&s->work, *body, r->units);
    if (err)
        return err;
    *body = sam_buf_peek(&s->work);
    if (r->row.key.entity == SAM_SESSION) /* the day stands in a column */
        sam_row_merge(&r->row, &v.row, 1u << sam_entity_find(SAM_SESSION)->field[SAM_SESSION_day].unit);
    return 0;
}

static int stage_one(struct samling *s, uint64_t slot, const struct sam_row_state *r, struct sam_span body)
{
    struct sam_aad aad = sam_aad_row(&r->row.key, r->csn);
    int err = r->gone ? 0 : sam_vault_put(&s->vault, &aad, body, &s->sealed);
    if (err)
        return err;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_STAGE_SET);
    sam_bind(q, 1, slot);
    sam_bind_key(q, 2, &r->row.key);
    sam_bind(q, 7, r->csn);
    if (r->row.key.entity == SAM_SESSION && !r->gone)
        sam_bind(q, 8, (uint64_t)sam_row_num(&r->row, SAM_SESSION_day));
    sam_bind(q, 9, r->gone != SAM_HERE);
    if (!r->gone)
        sqlite3_bind_blob(q, 10, sam_buf_peek(&s->sealed).ptr, (int)sam_buf_len(&s->sealed), SQLITE_STATIC);
    s->store.tx_rows++;
    return sam_store_run(q);
}

static int fill_one(struct samling *s, struct sam_held *h, const struct sam_row_state *r, struct sam_span body)
{
    int err = 0;
    if (r->gone && r->row.key.entity == SAM_SESSION)
        err = sam_replica_marks_drop(s, h->fill_slot, r->row.key.part[0], &h->fill_rows, &h->fill_sum);
    if (r->gone && !err)
        err = sam_replica_drop(s, h->fill_slot, &r->row.key, &h->fill_rows, &h->fill_sum);
    if (r->gone)
        return err;
    return sam_replica_put(s, h->fill_slot, r, body, &h->fill_rows, &h->fill_sum);
}

static int changes_row(struct samling *s, struct sam_held *h, bool fill, struct sam_span in)
{
    struct sam_row_state r;
    int err = sam_row_state_decode(in, &r);
    if (err)
        return err;
    if (r.row.key.entity == SAM_ENTITY_NONE)
        return 0; /* an entity of a newer schema */
    if (!sam_row_sound(&r))
        return SAM_EPROTO;
    struct sam_span body = sam_row_bytes(in);
    uint64_t slot = fill ? h->fill_slot : h->slot;
    if (r.units && !r.gone)
        err = complete(s, h, slot, &r, &body);
    s->talk.report.rows_received++;
    if (err)
        return err;
    return fill ? fill_one(s, h, &r, body) : stage_one(s, slot, &r, body);
}

static int place_keep(struct samling *s, const struct sam_changes *c)
{
    if (c->run == 0 || c->run > INT64_MAX || c->low > INT64_MAX || c->at_csn > INT64_MAX)
        return SAM_EPROTO;
    int err = sam_meta_put(s, place_run, c->run);
    if (!err)
        err = sam_meta_put(s, place_low, c->low);
    if (!err)
        err = sam_meta_put(s, place_scope, c->scope);
    if (!err)
        err = sam_meta_put(s, place_entity, c->entity);
    if (!err)
        err = sam_meta_put(s, place_csn, c->at_csn);
    return err ? err : sam_meta_put(s, place_epoch, s->talk.epoch);
}

int sam_run_changes(struct samling *s, const struct sam_changes *c)
{
    struct sam_held *h = sam_held_find(s, c->scope);
    struct sam_walk w = {c->body};
    struct sam_span row;
    int err = 0;
    if (!h || (c->fill && (!h->fill_slot || !h->filled)))
        return SAM_EPROTO;
    if (!c->fill && !sam_held_complete(h))
        return place_keep(s, c); /* it became one to fill after the PULL had gone out */
    while (!err && sam_changes_next_row(&w, &row) == 1)
        err = changes_row(s, h, c->fill, row);
    if (err)
        return err;
    return c->fill ? sam_held_save(s, h) : place_keep(s, c);
}

/* ---- the end */

static struct sam_held *held_in(struct samling *s, uint64_t slot)
{
    for (unsigned i = 0; i < s->held.count; i++)
        if (s->held.at[i].slot == slot)
            return &s->held.at[i];
    return NULL;
}

/* Sums follow what is about to move. Rows that leave are taken out here, one by one: they are few. */
static int stage_count(struct samling *s)
{
    int rc;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_STAGE_ALL);
    while ((rc = sam_store_step(q)) == 1) {
        struct sam_key key = {.entity = (uint8_t)sam_column(q, 1)};
        uint64_t slot = sam_column(q, 0);
        struct sam_held *h = held_in(s, slot);
        if (!h)
            continue;
        for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
            key.part[i] = sam_column(q, 2 + i);
        bool gone = sam_column(q, 7) != 0, old = sqlite3_column_type(q, 8) != SQLITE_NULL;
        if (old)
            h->sum -= sam_sum_mix(&key, sam_column(q, 8));
        if (!gone)
            h->sum += sam_sum_mix(&key, sam_column(q, 6));
        h->rows += (uint64_t)!gone - (uint64_t)old;
        if (gone && old) {
            sqlite3_stmt *d = sam_store_use(&s->store, SAM_Q_ROW_DROP);
            sam_bind(d, 1, slot);
            sam_bind_key(d, 2, &key);
            int err = sam_store_run(d);
            if (err) {
                sqlite3_reset(q);
                return err;
            }
        }
    }
    return rc;
}

/* What hangs on a session that was deleted leaves with it, on both sides, without being named. */
static int stage_marks_drop(struct samling *s)
{
    uint64_t slot = 0, session = 0;
    int rc;
    for (;;) { /* one at a time: a table is not read while its rows are taken out */
        sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_STAGE_SESSION_GONE);
        sam_bind(q, 1, slot);
        sam_bind(q, 2, session);
        if ((rc = sam_store_step(q)) != 1)
            return rc;
        slot = sam_column(q, 0);
        session = sam_column(q, 1);
        sqlite3_reset(q);
        struct sam_held *h = held_in(s, slot);
        if (h && (rc = sam_replica_marks_drop(s, slot, session, &h->rows, &h->sum)))
            return rc;
    }
}

static int stage_apply(struct samling *s)
{
    int err = stage_count(s);
    if (!err)
        err = sam_store_run(sam_store_use(&s->store, SAM_Q_STAGE_MOVE));
    if (!err)
        err = stage_marks_drop(s);
    return err ? err : sam_run_forget(s);
}

static int scope_completes(struct samling *s, struct sam_held *h, const struct sam_scope_end *e, uint64_t epoch)
{
    int err = sam_replica_prune(s, h->slot, e->window_day, &h->rows, &h->sum);
    if (err)
        return err;
    h->csn = e->csn;
    h->epoch = epoch;
    h->window_day = e->window_day;
    err = sam_held_save(s, h);
    return err ? err : sam_outbox_cover(s, h->id, e->csn);
}

int sam_run_end(struct samling *s, const struct sam_scope_end *e, uint64_t epoch, bool *equal)
{
    uint64_t rows = 0, sum = 0;
    bool suspect = false;
    *equal = false;
    if (e->csn > INT64_MAX || (sam_meta(s, run_epoch) == epoch && e->csn < sam_meta(s, run_csn)))
        return SAM_EPROTO;
    int err = stage_apply(s);
    for (unsigned i = 0; !err && i < s->held.count; i++) {
        struct sam_held *h = &s->held.at[i];
        if (!sam_held_complete(h))
            continue;
        err = scope_completes(s, h, e, epoch);
        rows += h->rows;
        sum += h->sum;
        suspect = suspect || h->suspect;
    }
    if (!err)
        err = sam_meta_put(s, run_epoch, epoch);
    if (!err)
        err = sam_meta_put(s, run_csn, e->csn);
    if (!err)
        err = sam_notice_run_end(s);
    *equal = !err && rows == e->rows && sum == e->sum && !suspect;
    return err;
}

int sam_run_verify(struct samling *s, struct sam_held *h, const struct sam_scope_end *e)
{
    SAM_ASSERT(sam_held_complete(h));
    int err = stage_apply(s);
    if (!err)
        err = sam_replica_prune(s, h->slot, e->window_day, &h->rows, &h->sum);
    if (!err)
        err = sam_held_save(s, h);
    if (!err && (h->rows != e->rows || h->sum != e->sum || h->suspect))
        err = sam_held_refill(s, h);
    return err;
}
