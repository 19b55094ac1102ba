/* Ops arrive at the centre: each is found again, compared with what its author meant, and told to the oracle with its verdict. */
#include "tests/sim/history_int.h"

#include <stdlib.h>
#include <string.h>

static void row_note(struct history *h, const struct sam_key *key)
{
    unsigned *n = &h->rows[key->entity].count;
    for (unsigned i = 0; i < *n; i++)
        if (sam_key_equal(&h->rows[key->entity].key[i], key))
            return;
    if (*n < ROWS_MAX)
        h->rows[key->entity].key[(*n)++] = *key;
}

static void at_set(struct world *w, uint64_t csn, uint64_t gid)
{
    struct history *h = w->history;
    if (csn >= h->at_room) {
        h->at_room = 2 * csn + 1024;
        h->at = realloc(h->at, h->at_room * sizeof *h->at);
        h->effect = realloc(h->effect, h->at_room * sizeof *h->effect);
        MUST(h->at != NULL && h->effect != NULL);
    }
    if (csn <= h->csn_max)
        w->rare.csn_reused++;
    else
        h->csn_max = csn;
    h->at[csn] = gid;
    h->effect[csn] = 0;
    h->op[gid].csn = csn;
    h->csn = csn;
}

/* Planned sessions and rulings are the centre's own: known by key and time. */
static uint64_t own_gid(struct world *w, const struct store_push *p, const struct sam_op *op)
{
    struct history *h = w->history;
    for (size_t gid = h->ops; gid-- > 1;) {
        const struct entry *e = &h->op[gid];
        if (e->console && e->claim_s == op->claimed_s && sam_key_equal(&e->key, &op->row.key) &&
            !history_is_here(h, gid))
            return gid;
    }
    struct oracle_mark seen = {p->epoch, op->base_csn};
    if (!history_epoch_known(h, p->epoch)) /* a start that failed on its way */
        seen = (struct oracle_mark){0, 0};
    uint64_t gid = history_op_new(w, h->console, &op->row, op->kind, op->clear, seen);
    h->op[gid].claim_s = op->claimed_s;
    h->op[gid].unheard = op->row.key.entity == SAM_RULING;
    return gid;
}

/* A ruling may let in what was put into quarantine. */
static void retaken(struct world *w, uint64_t csn)
{
    struct history *h = w->history;
    uint64_t op_csn;
    if (store_retake_get(w->centre.reader, csn, &op_csn))
        return;
    h->effect[csn] = h->at[op_csn];
    w->rare.retaken++;
    w->rare.newer_taken += h->op[h->at[op_csn]].key.entity == SAM_SESSION_LEADER;
    oracle_rejudge(h->o, h->at[op_csn], csn);
}

static void same_as_meant(struct world *w, uint64_t gid, const struct sam_op *op)
{
    const struct entry *e = &w->history->op[gid];
    int64_t value[ORACLE_TAGS] = {0};
    uint32_t present = history_fields(&op->row, value);
    MUST_SAY(present == e->present && op->kind == e->kind && op->clear == e->clear,
             "op %llu came with other fields than its author set", (unsigned long long)gid);
    for (unsigned tag = 0; tag < ORACLE_TAGS; tag++)
        MUST_SAY(!(present >> tag & 1u) || value[tag] == e->value[tag], "op %llu came with another value in field %u",
                 (unsigned long long)gid, tag);
}

static void verdict_at(struct world *w, uint64_t csn, unsigned *kind, unsigned *reason)
{
    sqlite3_stmt *q = w->centre.verdict_at;
    *kind = *reason = 0;
    sqlite3_bind_int64(q, 1, (int64_t)csn);
    if (sqlite3_step(q) == SQLITE_ROW) {
        *kind = (unsigned)sqlite3_column_int(q, 0);
        *reason = (unsigned)sqlite3_column_int(q, 1);
    }
    sqlite3_reset(q);
}

/* Up to where a base of that epoch counts for the op at ${csn}. */
static uint64_t epoch_limit(const struct history *h, uint64_t id, uint64_t csn)
{
    for (unsigned i = h->epochs; i-- > 0;)
        if (h->epoch[i].id == id)
            return h->epoch[i].limit < csn ? h->epoch[i].limit : csn - 1;
    return 0;
}

static struct oracle_place place_of(struct world *w, const struct store_push *p, uint64_t csn, const struct sam_op *op)
{
    struct store *st = w->centre.reader;
    uint64_t limit = epoch_limit(w->history, p->epoch, csn);
    struct oracle_place place = {.device_no = p->device_no, .seq = p->first_seq + (csn - p->first_csn), .csn = csn};
    struct store_origin o;
    place.base_csn = op->base_csn < limit ? op->base_csn : limit;
    if (store_origin_at_csn(st, csn, &o) == 0) {
        place.origin = (struct oracle_mark){o.epoch, o.lost_csn};
        w->rare.sent_again += o.lost_csn && p->device_no != SAM_DEVICE_NO_CONSOLE;
        w->rare.fork_relabelled += o.device_no != 0;
    }
    return place;
}

static void rare_count(struct world *w, unsigned kind, unsigned reason)
{
    struct rare *r = &w->rare;
    r->same += kind == SAM_VERDICT_SAME;
    r->merged += kind == SAM_VERDICT_MERGED;
    r->case_verdict += kind == SAM_VERDICT_CASE;
    r->quarantined += kind == SAM_VERDICT_QUARANTINED;
    r->newer_op += kind == SAM_VERDICT_QUARANTINED && reason == SAM_REASON_SCHEMA;
    r->quarantined_revoked += kind == SAM_VERDICT_QUARANTINED && reason == SAM_REASON_REVOKED;
}

static void op_came(struct world *w, const struct store_push *p, uint64_t csn, const struct sam_op *op)
{
    struct history *h = w->history;
    uint64_t gid = history_is_own(p, op) ? own_gid(w, p, op) : history_gid(w, op->claimed_s);
    unsigned kind, reason;
    MUST_SAY(gid != 0, "csn %llu: an op that nobody made (device %llu, claimed %lld)", (unsigned long long)csn,
             (unsigned long long)p->device_no, (long long)op->claimed_s);
    same_as_meant(w, gid, op);
    struct oracle_place place = place_of(w, p, csn, op);
    if (h->op[gid].console &&
        !h->op[gid].came) /* the journal had it, the store died before its commit: nobody saw that csn */
        h->op[gid].misplaced = place.origin.csn != 0;
    if (h->op[gid].misplaced)
        place.origin = (struct oracle_mark){0, 0};
    h->op[gid].came = true;
    h->op[gid].place = place;
    verdict_at(w, csn, &kind, &reason);
    if (kind != SAM_VERDICT_SAME && !sam_key_equal(&h->op[gid].key, &op->row.key)) {
        h->op[gid].key = op->row.key;
        h->op[gid].row = history_row(&op->row.key);
        oracle_rekey(h->o, gid, &h->op[gid].row);
    }
    if (kind == SAM_VERDICT_QUARANTINED && reason == SAM_REASON_REVOKED) {
        MUST_SAY(w->revoked, "an op was refused as a revoked device's, and nobody revoked one");
        history_devices(w);
        disk_look(true);
    }
    trace_add(w, "op", gid, csn * 8 + kind);
    rare_count(w, kind, reason);
    if (kind == SAM_VERDICT_SAME)
        oracle_repeat(h->o, gid, &place);
    else if (kind == SAM_VERDICT_QUARANTINED)
        oracle_refuse(h->o, gid, &place, reason);
    else if (kind == SAM_VERDICT_HELD)
        oracle_hold(h->o, gid, &place);
    else {
        w->rare.tombstone_unseen +=
            kind == SAM_VERDICT_MERGED && oracle_row_state(h->o, &h->op[gid].row) == ORACLE_DEAD;
        oracle_admit(h->o, gid, &place);
        row_note(h, &op->row.key);
    }
    if (h->op[gid].console && !h->op[gid].unheard && !h->op[gid].saved &&
        !h->starting) { /* it stands in the journal too: nothing may undo it */
        h->op[gid].saved = true;
        oracle_saved(h->o, gid);
    }
    at_set(w, csn, gid);
    if (op->row.key.entity == SAM_RULING)
        retaken(w, csn);
    history_agreed(w);
}

static void push_came(struct world *w, const struct store_push *p)
{
    struct history *h = w->history;
    struct sam_span body = p->raw, bytes;
    if (p->deflated) {
        MUST(sam_zip_inflate(h->zip, p->raw, &h->plain) == 0);
        body = (struct sam_span){sam_buf_peek(&h->plain).ptr, sam_buf_len(&h->plain) - SAM_MAC_BYTES};
    } else {
        sam_buf_clear(&h->plain);
        MUST(sam_buf_add(&h->plain, body.ptr, body.len) == 0);
        body = sam_buf_peek(&h->plain);
    }
    struct sam_walk walk = {body};
    for (uint64_t i = 0; i < p->skip + p->count; i++) {
        struct sam_op op;
        MUST(sam_push_next_op(&walk, &bytes) == 1);
        if (i < p->skip)
            continue;
        MUST(sam_op_decode(bytes, &op) == 0);
        op_came(w, p, p->first_csn + (i - p->skip), &op);
    }
}

static uint64_t gid_named(const struct history *h, uint64_t device_no, uint64_t seq)
{
    for (size_t gid = h->ops; gid-- > 1;)
        if (h->op[gid].place.device_no == device_no && h->op[gid].place.seq == seq)
            return gid;
    return 0;
}

/* Does some tablet hold it, whatever its name there? */
static bool held_somewhere(const struct world *w, uint64_t gid)
{
    for (unsigned i = 0; i < w->tablets; i++)
        for (uint64_t k = 0; !w->tablet[i].gone && k < w->tablet[i].gids; k++)
            if (w->tablet[i].gid[k] == gid)
                return true;
    return false;
}

static bool hole_known(const struct holes *holes, const uint64_t hole[3])
{
    for (unsigned i = 0; i < holes->count; i++)
        if (memcmp(holes->at[i], hole, sizeof holes->at[i]) == 0)
            return true;
    return false;
}

static void hole_came(struct world *w, const uint64_t hole[3])
{
    struct history *h = w->history;
    w->rare.lost_range++;
    for (uint64_t seq = hole[1]; seq <= hole[2]; seq++) {
        uint64_t gid = gid_named(h, hole[0], seq);
        oracle_lost(h->o, held_somewhere(w, gid) ? 0 : gid, hole[0], seq);
    }
}

static void hole_went(struct world *w, const uint64_t hole[3])
{
    struct history *h = w->history;
    w->rare.found_range++;
    for (uint64_t seq = hole[2]; seq >= hole[1]; seq--)
        oracle_found(h->o, gid_named(h, hole[0], seq), hole[0], seq);
}

/* What was lost, and what was taken for lost and is not, since it was last asked. */
static void holes_read(struct world *w)
{
    struct holes *was = &w->history->holes, now = {.count = 0};
    sqlite3_stmt *q = w->centre.holes;
    for (; sqlite3_step(q) == SQLITE_ROW; now.count++) {
        MUST(now.count < HOLES_MAX);
        for (int i = 0; i < 3; i++)
            now.at[now.count][i] = (uint64_t)sqlite3_column_int64(q, i);
    }
    sqlite3_reset(q);
    for (unsigned i = was->count; i-- > 0;)
        if (!hole_known(&now, was->at[i]))
            hole_went(w, was->at[i]);
    for (unsigned i = 0; i < now.count; i++)
        if (!hole_known(was, now.at[i]))
            hole_came(w, now.at[i]);
    *was = now;
}

void history_read(struct world *w)
{
    struct history *h = w->history;
    disk_look(true);
    holes_read(w);
    uint64_t last = store_csn(w->centre.reader);
    struct store_push p;
    MUST_SAY(last >= h->csn, "csn %llu was committed, and the store now ends at %llu", (unsigned long long)h->csn,
             (unsigned long long)last);
    while (h->csn < last) {
        MUST(store_push_at_csn(w->centre.reader, h->csn + 1, &p) == 0);
        MUST_SAY(p.first_csn == h->csn + 1 && p.count, "csn %llu was left out", (unsigned long long)h->csn + 1);
        push_came(w, &p);
    }
    store_snapshot_end(w->centre.reader);
    disk_look(false);
}
