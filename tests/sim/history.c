#include "tests/sim/history_int.h"

#include <stdlib.h>
#include <string.h>

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

struct oracle_row history_row(const struct sam_key *key)
{
    struct oracle_row row = {.entity = key->entity};
    for (unsigned i = 0; i < SAM_KEY_PARTS_MAX; i++)
        row.key[i] = key->part[i];
    return row;
}

/* ${row}'s fields by tag. */
uint32_t history_fields(const struct sam_row *row, int64_t value[ORACLE_TAGS])
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

void history_agreed(struct world *w)
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
static uint32_t refusable(const struct world *w, uint8_t entity)
{
    uint32_t reasons = 0;
    if (entity == SAM_LINK) /* one of the journal, which meets others than it did */
        reasons |= 1u << SAM_REASON_NOT_PERMITTED;
    if (entity == SAM_SESSION_LEADER && w->centre.schema)
        reasons |= 1u << SAM_REASON_SCHEMA;
    if (has_fault(w, FAULT_SCOPE) || w->may_forget)
        reasons |= 1u << SAM_REASON_SCOPE | 1u << SAM_REASON_USER | 1u << SAM_REASON_NOT_PERMITTED;
    if (has_fault(w, FAULT_SCOPE) || has_fault(w, FAULT_RESTORE))
        reasons |= 1u << SAM_REASON_REFERENCE;
    return reasons;
}

/* About whom a link showed that was parted since, all of which the centre lost: what its journal has is judged first. */
static uint32_t refusable_linked(const struct world *w)
{
    return has_fault(w, FAULT_LINK) && has_fault(w, FAULT_RESTORE) ? 1u << SAM_REASON_SCOPE : 0;
}

uint64_t history_op_new(struct world *w, unsigned actor, const struct sam_row *row, uint8_t kind, uint32_t clear,
                        struct oracle_mark seen)
{
    static const enum oracle_kind kinds[] = {
        [SAM_OP_SET] = ORACLE_SET, [SAM_OP_CREATE] = ORACLE_CREATE, [SAM_OP_TOMBSTONE] = ORACLE_TOMBSTONE};
    struct history *h = w->history;
    uint64_t gid;
    struct entry *e = entry_add(h, &gid);
    e->key = row->key;
    e->row = history_row(&row->key);
    e->kind = kind;
    e->clear = clear;
    e->actor = actor;
    e->seen = seen;
    e->console = actor == h->console;
    e->present = history_fields(row, e->value);
    struct oracle_op op = {.gid = gid,
                           .actor = actor,
                           .row = e->row,
                           .kind = kinds[kind],
                           .present = e->present,
                           .clear = clear,
                           .seen = seen,
                           .refusable = refusable(w, row->key.entity),
                           .refusable_linked = refusable_linked(w)};
    memcpy(op.value, e->value, sizeof op.value);
    oracle_save(h->o, &op);
    history_agreed(w);
    return gid;
}

uint64_t history_draft(struct world *w, unsigned actor, const struct draft *d, int64_t claim_s, bool saved)
{
    struct oracle_mark seen = {d->seen.epoch, d->seen.csn};
    uint64_t gid = history_op_new(w, actor, &d->row, d->kind, 0, seen);
    w->history->claim_gid[history_claim_number(claim_s)] = gid;
    if (saved)
        oracle_saved(w->history->o, gid);
    w->history->op[gid].saved = saved;
    history_agreed(w);
    return gid;
}

void history_console(struct world *w, struct sam_op *op, uint64_t epoch)
{
    struct history *h = w->history;
    struct oracle_mark seen = {epoch, op->base_csn};
    op->claimed_s = history_claim(w, w->now_ms / 1000);
    uint64_t gid = history_op_new(w, h->console, &op->row, op->kind, op->clear, seen);
    h->claim_gid[history_claim_number(op->claimed_s)] = gid;
    h->op[gid].claim_s = op->claimed_s;
}

bool history_is_here(const struct history *h, uint64_t gid)
{
    uint64_t csn = h->op[gid].csn;
    return csn && csn <= h->csn && h->at[csn] == gid;
}

bool history_epoch_known(const struct history *h, uint64_t id)
{
    for (unsigned i = h->epochs; i-- > 0;)
        if (h->epoch[i].id == id)
            return true;
    return false;
}

bool history_is_own(const struct store_push *p, const struct sam_op *op)
{
    bool planned = op->kind == SAM_OP_CREATE && op->row.key.entity == SAM_SESSION;
    return p->device_no == SAM_DEVICE_NO_CONSOLE && (planned || op->row.key.entity == SAM_RULING);
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
    bool same =
        history_is_own(&p, &op) ? sam_key_equal(&op.row.key, &e->key) : history_gid(w, op.claimed_s) == h->at[h->csn];
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
        if (history_epoch_known(h, id))
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
    history_agreed(w);
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
        if (h->op[gid].console && h->op[gid].came && !history_is_here(h, gid))
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
    history_agreed(w);
}
