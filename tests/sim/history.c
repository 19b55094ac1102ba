#include "tests/sim/history.h"

#include "proto/base/err.h"
#include "server/store/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Claimed times: the last CLAIM_BITS bits are a number that is given once. */
enum {
    CLAIM_BITS = 14,
    CLAIMS = 1 << CLAIM_BITS,
    EPOCHS_MAX = 4096,
    REVOKED_MAX = 128,
    ROWS_MAX = 256,
    HOLES_MAX = 64
};

struct entry {
    struct sam_key key;
    struct oracle_row row;
    uint8_t kind;
    uint32_t present, clear;
    int64_t value[ORACLE_TAGS];
    unsigned actor;
    struct oracle_mark seen;
    struct oracle_place place;            /* where it stood last */
    int64_t claim_s;                      /* of the centre's own ops */
    uint64_t csn;                         /* where it stood last */
    bool unheard;                         /* the centre's own attempt, in no journal: it makes it again */
    bool console, saved, came, misplaced; /* misplaced: its journal names a place that it never had */
};

/* Ops that the centre recorded as lost: told to the oracle. */
struct holes {
    unsigned count;
    uint64_t at[HOLES_MAX][3]; /* device_no, first_seq, last_seq */
};

struct epoch {
    uint64_t id, first_csn;
    uint64_t limit;  /* what it named counts up to here */
    unsigned parent; /* the one before it in its history */
};

/* Which op stood where when a backup was taken, and how far epochs counted. */
struct then {
    uint64_t *at, *effect;
    uint64_t csn, *limit;
    unsigned epochs, epoch_last;
    struct holes holes;
};

struct history {
    struct oracle *o;
    bool starting; /* what comes now was committed without an answer */
    struct then then[KEPT_MAX];
    struct holes holes;
    unsigned console;
    struct entry *op; /* by gid */
    size_t ops, room;
    uint64_t claim_gid[CLAIMS];
    unsigned claims;
    uint64_t *at;     /* gid by csn */
    uint64_t *effect; /* gid of a quarantined op that takes effect at this csn, 0: none */
    size_t at_room;
    uint64_t csn; /* told up to here */
    uint64_t csn_max;
    struct epoch epoch[EPOCHS_MAX];
    unsigned epoch_last; /* the present one */
    unsigned epochs;
    uint64_t revoked[REVOKED_MAX];
    unsigned revokeds;
    struct sam_buf plain;
    struct sam_zip *zip;
    struct {
        struct sam_key key[ROWS_MAX];
        unsigned count;
    } rows[SAM_ENTITY_TAG_MAX + 1];
};

static int64_t text_number(struct sam_span text)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < text.len; i++)
        h = (h ^ text.ptr[i]) * 0x100000001b3u;
    return (int64_t)(h >> 1);
}

static int64_t value_of(const struct sam_field_def *f, const struct sam_val *v)
{
    return f->type == SAM_TYPE_TEXT ? text_number(v->text) : v->num;
}

static struct oracle_row row_of(const struct sam_key *key)
{
    struct oracle_row row = {.entity = key->entity};
    for (unsigned i = 0; i < SAM_KEY_PARTS_MAX; i++)
        row.key[i] = key->part[i];
    return row;
}

/* ${row}'s fields by tag. */
static uint32_t fields_of(const struct sam_row *row, int64_t value[ORACLE_TAGS])
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    uint32_t present = 0;
    for (unsigned i = 0; i < def->field_count; i++)
        if (sam_row_has(row, i)) {
            present |= 1u << def->field[i].tag;
            value[def->field[i].tag] = value_of(&def->field[i], &row->val[i]);
        }
    return present;
}

struct history *history_new(struct world *w)
{
    struct history *h = calloc(1, sizeof *h);
    MUST(h != NULL);
    h->o = oracle_new();
    h->console = oracle_console(h->o);
    h->ops = 1;
    h->zip = sam_zip_new();
    sam_buf_init(&h->plain, SAM_FRAME_INFLATED_BYTES_MAX);
    return h;
}

void history_free(struct history *h)
{
    oracle_free(h->o);
    sam_zip_free(h->zip);
    sam_buf_fini(&h->plain);
    free(h->op);
    free(h->at);
    free(h->effect);
    for (unsigned i = 0; i < KEPT_MAX; i++) {
        free(h->then[i].at);
        free(h->then[i].effect);
        free(h->then[i].limit);
    }
    free(h);
}

struct oracle *history_oracle(struct history *h)
{
    return h->o;
}

static void agreed(struct world *w)
{
    struct oracle *o = w->history->o;
    MUST_SAY(oracle_wrong_count(o) == 0, "the oracle: %s", oracle_wrong(o));
}

/* ---- claims */

unsigned history_claim_number(int64_t claim_s)
{
    return (unsigned)((uint64_t)claim_s & (CLAIMS - 1));
}

int64_t history_claim(struct world *w, int64_t about_s)
{
    struct history *h = w->history;
    MUST_SAY(h->claims < CLAIMS, "this world saves too much to tell its ops apart");
    return (int64_t)(((uint64_t)about_s & ~(uint64_t)(CLAIMS - 1)) | h->claims++);
}

unsigned history_claims(const struct world *w)
{
    return w->history->claims;
}

uint64_t history_gid(const struct world *w, int64_t claim_s)
{
    return w->history->claim_gid[history_claim_number(claim_s)];
}

uint64_t history_gid_at(const struct world *w, uint64_t csn)
{
    const struct history *h = w->history;
    return csn > h->csn ? 0 : h->effect[csn] ? h->effect[csn] : h->at[csn];
}

uint64_t history_csn(const struct world *w)
{
    return w->history->csn;
}

bool history_some_row(struct world *w, uint8_t entity, struct sam_key *out)
{
    const struct history *h = w->history;
    unsigned n = h->rows[entity].count;
    if (n)
        *out = h->rows[entity].key[roll(w, n)];
    return n > 0;
}

static void row_note(struct history *h, const struct sam_key *key)
{
    unsigned *n = &h->rows[key->entity].count;
    for (unsigned i = 0; i < *n; i++)
        if (sam_key_equal(&h->rows[key->entity].key[i], key))
            return;
    if (*n < ROWS_MAX)
        h->rows[key->entity].key[(*n)++] = *key;
}

/* ---- ops are made */

static struct entry *entry_add(struct history *h, uint64_t *gid)
{
    if (h->ops >= h->room) {
        h->room = h->room ? 2 * h->room : 1024;
        h->op = realloc(h->op, h->room * sizeof *h->op);
        if (!h->op)
            abort();
    }
    *gid = h->ops;
    memset(&h->op[h->ops], 0, sizeof *h->op);
    return &h->op[h->ops++];
}

/* Where scopes change under people's feet, or the centre forgets rows for a while, an op may rightly be refused. */
static uint32_t refusable(const struct world *w)
{
    uint32_t reasons = 0;
    if (has_fault(w, FAULT_SCOPE) || w->may_forget)
        reasons |= 1u << SAM_REASON_SCOPE | 1u << SAM_REASON_USER | 1u << SAM_REASON_NOT_PERMITTED;
    if (has_fault(w, FAULT_SCOPE) || has_fault(w, FAULT_RESTORE))
        reasons |= 1u << SAM_REASON_REFERENCE;
    return reasons;
}

static uint64_t op_new(struct world *w, unsigned actor, const struct sam_row *row, uint8_t kind, uint32_t clear,
                       struct oracle_mark seen)
{
    static const enum oracle_kind kinds[] = {
        [SAM_OP_SET] = ORACLE_SET, [SAM_OP_CREATE] = ORACLE_CREATE, [SAM_OP_TOMBSTONE] = ORACLE_TOMBSTONE};
    struct history *h = w->history;
    uint64_t gid;
    struct entry *e = entry_add(h, &gid);
    e->key = row->key;
    e->row = row_of(&row->key);
    e->kind = kind;
    e->clear = clear;
    e->actor = actor;
    e->seen = seen;
    e->console = actor == h->console;
    e->present = fields_of(row, e->value);
    struct oracle_op op = {.gid = gid,
                           .actor = actor,
                           .row = e->row,
                           .kind = kinds[kind],
                           .present = e->present,
                           .clear = clear,
                           .seen = seen,
                           .refusable = refusable(w)};
    memcpy(op.value, e->value, sizeof op.value);
    oracle_save(h->o, &op);
    agreed(w);
    return gid;
}

uint64_t history_draft(struct world *w, unsigned actor, const struct draft *d, int64_t claim_s, bool saved)
{
    struct oracle_mark seen = {d->seen.epoch, d->seen.csn};
    uint64_t gid = op_new(w, actor, &d->row, d->kind, 0, seen);
    w->history->claim_gid[history_claim_number(claim_s)] = gid;
    if (saved)
        oracle_saved(w->history->o, gid);
    w->history->op[gid].saved = saved;
    agreed(w);
    return gid;
}

void history_console(struct world *w, struct sam_op *op, uint64_t epoch)
{
    struct history *h = w->history;
    struct oracle_mark seen = {epoch, op->base_csn};
    op->claimed_s = history_claim(w, w->now_ms / 1000);
    uint64_t gid = op_new(w, h->console, &op->row, op->kind, op->clear, seen);
    h->claim_gid[history_claim_number(op->claimed_s)] = gid;
    h->op[gid].claim_s = op->claimed_s;
}

/* ---- ops arrive */

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

static bool is_here(const struct history *h, uint64_t gid)
{
    uint64_t csn = h->op[gid].csn;
    return csn && csn <= h->csn && h->at[csn] == gid;
}

static bool epoch_known(const struct history *h, uint64_t id)
{
    for (unsigned i = h->epochs; i-- > 0;)
        if (h->epoch[i].id == id)
            return true;
    return false;
}

/* Planned sessions and rulings are the centre's own: known by key and time. */
static uint64_t own_gid(struct world *w, const struct store_push *p, const struct sam_op *op)
{
    struct history *h = w->history;
    for (size_t gid = h->ops; gid-- > 1;) {
        const struct entry *e = &h->op[gid];
        if (e->console && e->claim_s == op->claimed_s && sam_key_equal(&e->key, &op->row.key) && !is_here(h, gid))
            return gid;
    }
    struct oracle_mark seen = {p->epoch, op->base_csn};
    if (!epoch_known(h, p->epoch)) /* a start that failed on its way */
        seen = (struct oracle_mark){0, 0};
    uint64_t gid = op_new(w, h->console, &op->row, op->kind, op->clear, seen);
    h->op[gid].claim_s = op->claimed_s;
    h->op[gid].unheard = op->row.key.entity == SAM_RULING;
    return gid;
}

static bool is_own(const struct store_push *p, const struct sam_op *op)
{
    bool planned = op->kind == SAM_OP_CREATE && op->row.key.entity == SAM_SESSION;
    return p->device_no == SAM_DEVICE_NO_CONSOLE && (planned || op->row.key.entity == SAM_RULING);
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
    oracle_rejudge(h->o, h->at[op_csn], csn);
}

static void same_as_meant(struct world *w, uint64_t gid, const struct sam_op *op)
{
    const struct entry *e = &w->history->op[gid];
    int64_t value[ORACLE_TAGS] = {0};
    uint32_t present = fields_of(&op->row, value);
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
    r->quarantined_revoked += kind == SAM_VERDICT_QUARANTINED && reason == SAM_REASON_REVOKED;
}

static void op_came(struct world *w, const struct store_push *p, uint64_t csn, const struct sam_op *op)
{
    struct history *h = w->history;
    uint64_t gid = is_own(p, op) ? own_gid(w, p, op) : history_gid(w, op->claimed_s);
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
        h->op[gid].row = row_of(&op->row.key);
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
    agreed(w);
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

/* ---- starts, backups, restores */

static bool revoked_known(const struct history *h, uint64_t device_no)
{
    for (unsigned i = 0; i < h->revokeds; i++)
        if (h->revoked[i] == device_no)
            return true;
    return false;
}

/* Who is revoked at the centre, the oracle knows as revoked. */
void history_devices(struct world *w)
{
    struct history *h = w->history;
    struct store_device d = {0};
    disk_look(true);
    while (store_device_each(w->centre.reader, d.device_no, &d) == 0) {
        bool revoked = d.state == SAM_DEVICE_REVOKED || d.state == SAM_DEVICE_WIPED,
             known = revoked_known(h, d.device_no);
        if (revoked && !known && h->revokeds < REVOKED_MAX) {
            h->revoked[h->revokeds++] = d.device_no;
            oracle_revoke(h->o, d.device_no, true);
        }
        MUST_SAY(revoked || !known, "device %llu was revoked and is no longer", (unsigned long long)d.device_no);
    }
    disk_look(false);
}

static void revoked_forget(struct world *w)
{
    struct history *h = w->history;
    for (unsigned i = 0; i < h->revokeds; i++)
        oracle_revoke(h->o, h->revoked[i], false);
    h->revokeds = 0;
}

/* P1: the last op of which the oracle was told stands where it stood. What is lost may have been followed by others by now. */
static void tail_check(struct world *w)
{
    struct history *h = w->history;
    struct sam_buf plain;
    struct store_push p;
    struct sam_span bytes = {0};
    struct sam_op op;
    if (!h->csn)
        return;
    sam_buf_init(&plain, SAM_FRAME_INFLATED_BYTES_MAX);
    MUST_SAY(store_push_at_csn(w->centre.reader, h->csn, &p) == 0, "csn %llu was committed, and is not there",
             (unsigned long long)h->csn);
    MUST(!p.deflated || sam_zip_inflate(h->zip, p.raw, &plain) == 0);
    struct sam_walk walk = {
        p.deflated ? (struct sam_span){sam_buf_peek(&plain).ptr, sam_buf_len(&plain) - SAM_MAC_BYTES} : p.raw};
    for (uint64_t i = 0; i <= p.skip + (h->csn - p.first_csn); i++)
        MUST(sam_push_next_op(&walk, &bytes) == 1);
    MUST(sam_op_decode(bytes, &op) == 0);
    const struct entry *e = &h->op[h->at[h->csn]];
    bool same = is_own(&p, &op) ? sam_key_equal(&op.row.key, &e->key) : history_gid(w, op.claimed_s) == h->at[h->csn];
    MUST_SAY(same, "csn %llu was committed, and now another op stands there", (unsigned long long)h->csn);
    sam_buf_fini(&plain);
}

/* A start may have drawn two epochs: one for what the journal gave back, one for what comes. */
void history_serve(struct world *w)
{
    struct history *h = w->history;
    sqlite3_stmt *q;
    disk_look(true);
    h->starting = true;
    tail_check(w);
    MUST(sqlite3_prepare_v2(w->centre.reader->db, "SELECT id FROM epoch WHERE limit_csn IS NULL ORDER BY no", -1, &q,
                            NULL) == 0);
    bool first = true;
    while (sqlite3_step(q) == SQLITE_ROW) {
        uint64_t id = (uint64_t)sqlite3_column_int64(q, 0);
        if (epoch_known(h, id))
            continue;
        MUST(h->epochs < EPOCHS_MAX);
        if (!first)
            history_read(w);
        disk_look(true);
        for (unsigned i = 0; i < h->epochs; i++)
            h->epoch[i].limit = h->epoch[i].limit < h->csn ? h->epoch[i].limit : h->csn;
        h->epoch[h->epochs].parent = h->epoch_last;
        h->epoch_last = h->epochs;
        h->epoch[h->epochs].id = id;
        h->epoch[h->epochs].first_csn = h->csn + 1;
        h->epoch[h->epochs++].limit = UINT64_MAX;
        oracle_serve(h->o, id);
        first = false;
    }
    sqlite3_finalize(q);
    disk_look(false);
    history_devices(w); /* before what their ops came to */
    history_read(w);
    h->starting = false;
    agreed(w);
}

unsigned history_backup(struct world *w, unsigned slot)
{
    struct history *h = w->history;
    struct then *t = &h->then[slot];
    size_t bytes = (h->csn + 1) * sizeof *t->at;
    t->at = realloc(t->at, bytes);
    t->effect = realloc(t->effect, bytes);
    MUST(t->at && t->effect);
    memcpy(t->at, h->at, bytes);
    memcpy(t->effect, h->effect, bytes);
    t->csn = h->csn;
    t->holes = h->holes;
    t->limit = realloc(t->limit, (h->epochs + 1) * sizeof *t->limit);
    MUST(t->limit != NULL);
    t->epochs = h->epochs;
    t->epoch_last = h->epoch_last;
    for (unsigned i = 0; i < h->epochs; i++)
        t->limit[i] = h->epoch[i].limit;
    return oracle_backup(h->o);
}

/* What the centre had said itself since stands in its journal; without that nobody can ask for it. */
static void own_words_excuse(struct world *w)
{
    struct history *h = w->history;
    for (size_t gid = 1; gid < h->ops; gid++)
        if (h->op[gid].console && h->op[gid].came && !is_here(h, gid))
            oracle_excuse(h->o, gid);
}

/* What epochs named counts as far as their history is that of the backup; where the centre has not heard of one, for nothing. */
static void epochs_back(struct history *h, const struct then *t, bool with_journal)
{
    for (unsigned i = 0; i < h->epochs; i++) {
        struct epoch *e = &h->epoch[i];
        uint64_t parent = i ? h->epoch[e->parent].limit : 0;
        if (i < t->epochs)
            e->limit = t->limit[i] < t->csn ? t->limit[i] : t->csn;
        else if (!with_journal)
            e->limit = 0;
        else
            e->limit = e->first_csn - 1 < parent ? e->first_csn - 1 : parent;
    }
    h->epoch_last = t->epoch_last;
}

void history_restore(struct world *w, unsigned slot, unsigned number, bool with_journal)
{
    struct history *h = w->history;
    const struct then *t = &h->then[slot];
    if (!with_journal)
        revoked_forget(w);
    oracle_restore(h->o, number);
    memcpy(h->at, t->at, (t->csn + 1) * sizeof *t->at);
    memcpy(h->effect, t->effect, (t->csn + 1) * sizeof *t->effect);
    h->csn = t->csn;
    h->holes = t->holes;
    for (uint64_t csn = 1; csn <= h->csn; csn++)
        h->op[h->at[csn]].csn = csn;
    if (!with_journal)
        own_words_excuse(w);
    epochs_back(h, t, with_journal);
    agreed(w);
}

/* ---- at rest */

static const struct oracle_row *key_of(const struct oracle_row *row, struct sam_key *key)
{
    *key = (struct sam_key){.entity = (uint8_t)row->entity};
    for (unsigned i = 0; i < SAM_KEY_PARTS_MAX; i++)
        key->part[i] = row->key[i];
    return row;
}

/* The live values that the centre keeps for a unit, as sets of candidates, or as the one op of its csn. */
static unsigned live_gids(struct world *w, const struct store_row *r, unsigned unit, uint64_t gid[SAM_CANDIDATES_MAX])
{
    static struct store_candidate c[SAM_CANDIDATES_MAX];
    struct store_rev rev = store_row_rev(r, unit);
    unsigned count;
    if (!rev.csn)
        return 0;
    gid[0] = history_gid_at(w, rev.csn);
    if (!rev.many)
        return 1;
    MUST(store_candidates_get(w->centre.reader, &r->row.key, unit, c, SAM_CANDIDATES_MAX, &count) == 0);
    MUST(count > 0);
    for (unsigned i = 0; i < count; i++)
        gid[i] = history_gid_at(w, c[i].csn);
    return count;
}

static bool case_is_open(struct world *w, const struct sam_key *key, unsigned unit)
{
    sqlite3_stmt *q = w->centre.case_open;
    sqlite3_bind_int64(q, 1, key->entity);
    for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
        sqlite3_bind_int64(q, 2 + i, (int64_t)key->part[i]);
    sqlite3_bind_int64(q, 6, unit);
    bool is = sqlite3_step(q) == SQLITE_ROW;
    sqlite3_reset(q);
    return is;
}

/* For the story of a world that failed: every op on the row, whom it had seen, and what the centre keeps. */
static void op_tell(struct history *h, size_t gid)
{
    const struct entry *e = &h->op[gid];
    const struct oracle_place *p = &e->place;
    printf("  op %zu actor %u kind %u clear %x seen %llx:%llu csn %llu%s device %llu seq %llu base %llu origin "
           "%llx:%llu values",
           gid, e->actor, e->kind, e->clear, (unsigned long long)e->seen.epoch, (unsigned long long)e->seen.csn,
           (unsigned long long)e->csn, is_here(h, gid) ? "" : " (gone)", (unsigned long long)p->device_no,
           (unsigned long long)p->seq, (unsigned long long)p->base_csn, (unsigned long long)p->origin.epoch,
           (unsigned long long)p->origin.csn);
    for (unsigned tag = 0; tag < ORACLE_TAGS; tag++)
        if (e->present >> tag & 1u)
            printf(" %u=%lld", tag, (long long)e->value[tag]);
    printf(" saw");
    for (size_t other = 1; other < h->ops; other++)
        if (sam_key_equal(&h->op[other].key, &e->key) && other != gid && oracle_had_seen(h->o, gid, other))
            printf(" %zu", other);
    printf("\n");
}

static void row_tell(struct world *w, const struct oracle_row *row, const struct store_row *r)
{
    struct history *h = w->history;
    for (size_t gid = 1; gid < h->ops; gid++)
        if (h->op[gid].row.entity == row->entity && memcmp(h->op[gid].row.key, row->key, sizeof row->key) == 0)
            op_tell(h, gid);
    printf("  centre: exists %d dead %lld csn %llu scope %llu", r->exists, (long long)r->dead,
           (unsigned long long)r->csn, (unsigned long long)r->scope);
    for (unsigned u = 0; u < sam_entity_find((uint32_t)row->entity)->unit_count; u++) {
        uint64_t gid[SAM_CANDIDATES_MAX];
        printf(" unit %u:", u);
        for (unsigned n = live_gids(w, r, u, gid), i = 0; i < n; i++)
            printf(" %llu", (unsigned long long)gid[i]);
    }
    printf("\n");
    for (unsigned i = 0; i < h->epochs; i++)
        printf("  epoch %llx from %llu\n", (unsigned long long)h->epoch[i].id,
               (unsigned long long)h->epoch[i].first_csn);
}

static void row_check(struct world *w, const struct oracle_row *row)
{
    struct oracle *o = w->history->o;
    struct store_row *r = w->row;
    struct oracle_row_is is = {0};
    struct sam_key key;
    key_of(row, &key);
    const struct sam_entity_def *def = sam_entity_find(key.entity);
    MUST(store_row_get(w->centre.reader, &key, r) == 0);
    is.state = !r->exists ? ORACLE_ABSENT : r->dead > 0 ? ORACLE_DEAD : r->dead < 0 ? ORACLE_AGAIN : ORACLE_ALIVE;
    w->rare.revived += r->exists && r->dead < 0;
    if (is.state == ORACLE_ALIVE || is.state == ORACLE_AGAIN)
        is.present = fields_of(&r->row, is.value);
    for (unsigned u = 0; r->exists && r->dead <= 0 && u < def->unit_count; u++) {
        uint64_t gid[SAM_CANDIDATES_MAX];
        unsigned n = live_gids(w, r, u, gid);
        is.disputed |= case_is_open(w, &key, u) ? 1u << u : 0;
        if (key.entity <= SAM_ENROLMENT)
            oracle_check_live(o, row, u, gid, n);
    }
    oracle_check_row(o, row, &is);
    if (w->verbose && oracle_wrong_count(o))
        row_tell(w, row, r);
}

static void sums_check(struct world *w)
{
    struct oracle *o = w->history->o;
    struct store_device d = {0};
    while (store_device_each(w->centre.reader, d.device_no, &d) == 0) {
        uint64_t n[SAM_VERDICT_COUNT], lost;
        MUST(store_verdict_counts(w->centre.reader, d.device_no, n, &lost) == 0);
        n[SAM_VERDICT_APPLIED] = d.acked_seq - lost;
        for (unsigned v = SAM_VERDICT_APPLIED + 1; v < SAM_VERDICT_COUNT; v++)
            n[SAM_VERDICT_APPLIED] -= n[v];
        struct oracle_sum sum = {.sent = d.acked_seq,
                                 .applied = n[SAM_VERDICT_APPLIED],
                                 .same = n[SAM_VERDICT_SAME],
                                 .superseded = n[SAM_VERDICT_SUPERSEDED],
                                 .listed = n[SAM_VERDICT_MERGED],
                                 .in_case = n[SAM_VERDICT_CASE],
                                 .quarantined = n[SAM_VERDICT_QUARANTINED],
                                 .held = n[SAM_VERDICT_HELD],
                                 .lost = lost};
        oracle_check_sum(o, d.device_no, &sum);
    }
}

/* Exactly the cases that the oracle says are open. */
static void cases_check(struct world *w)
{
    enum { CASES_MAX = 2048 };
    static const enum oracle_case_kind kinds[] = {ORACLE_DISPUTE, ORACLE_DISPUTE, ORACLE_CANCELLED, ORACLE_TWO};
    struct oracle_case *open = calloc(CASES_MAX, sizeof *open);
    size_t n = 0;
    sqlite3_stmt *q;
    MUST(open != NULL);
    MUST(sqlite3_prepare_v2(w->centre.reader->db,
                            "SELECT rule, entity, key1, key2, key3, key4, unit FROM conflict_case WHERE open = 1", -1,
                            &q, NULL) == 0);
    while (sqlite3_step(q) == SQLITE_ROW && n < CASES_MAX) {
        struct oracle_case *c = &open[n++];
        c->kind = kinds[sqlite3_column_int(q, 0) & 3];
        c->row.entity = (uint32_t)sqlite3_column_int(q, 1);
        for (int i = 0; i < ORACLE_KEYS; i++)
            c->row.key[i] = (uint64_t)sqlite3_column_int64(q, 2 + i);
        c->unit = c->kind == ORACLE_DISPUTE ? (unsigned)sqlite3_column_int(q, 6) : 0;
        if (c->kind == ORACLE_TWO) {
            c->other = (struct oracle_row){.entity = ORACLE_SESSION, .key = {c->row.key[1]}};
            c->row.key[1] = 0;
        } else if (c->kind == ORACLE_CANCELLED) {
            c->row.key[1] = 0;
        }
    }
    sqlite3_finalize(q);
    oracle_check_cases(w->history->o, open, n);
    free(open);
    agreed(w);
}

void history_check(struct world *w)
{
    struct oracle *o = w->history->o;
    const struct oracle_row *row;
    for (size_t i = 0; !w->forgotten && (row = oracle_row_at(o, i)); i++) {
        row_check(w, row);
        agreed(w);
    }
    sums_check(w);
    agreed(w);
    if (!w->forgotten)
        cases_check(w);
    oracle_check_rest(o);
    agreed(w);
    store_snapshot_end(w->centre.reader);
}
