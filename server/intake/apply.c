/* One op becomes rows: rights, then unit by unit against the live candidates, then the row with its new csn, then what
 * hangs on it (members, lists of scopes, sums). The caller has given it a csn and keeps its bytes. */
#include "server/intake/intake_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

/* ---- candidates of one unit, with memory for their values */

struct candidate_set {
    struct sam_candidates set;
    struct store_candidate stored[SAM_CANDIDATES_MAX];
    struct sam_row value[SAM_CANDIDATES_MAX];
    struct sam_buf bytes;
};

/* Who wrote what stands at ${csn}: from the batch that holds it, and whether it came again after a loss. */
static int candidate_at(struct intake *in, uint64_t csn, struct sam_candidate *c)
{
    struct store_push p;
    struct store_origin o;
    *c = (struct sam_candidate){0};
    int err = store_push_at_csn(in->st, csn, &p);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
    *c = (struct sam_candidate){.device_no = p.device_no, .seq = p.first_seq + (csn - p.first_csn), .csn = csn};
    err = store_origin_at_csn(in->st, csn, &o);
    if (err == SAM_ENOTFOUND)
        return 0;
    c->lost_epoch = o.epoch;
    c->lost_csn = o.lost_csn;
    return err;
}

/* The base that the op at ${csn} was sent with; 0: it cannot be told. */
static int base_at(struct intake *in, uint64_t csn, uint64_t *epoch, uint64_t *base)
{
    struct store_push p;
    struct sam_buf plain;
    struct sam_span bytes = {0};
    struct sam_op op;
    *epoch = *base = 0;
    int err = store_push_at_csn(in->st, csn, &p);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
    sam_buf_init(&plain, SAM_FRAME_INFLATED_BYTES_MAX);
    struct sam_walk w = {p.raw};
    if (p.deflated && (err = sam_zip_inflate(in->zip, p.raw, &plain)) == 0)
        w.rest = (struct sam_span){sam_buf_peek(&plain).ptr, sam_buf_len(&plain) - SAM_MAC_BYTES};
    for (uint64_t i = 0; !err && i <= p.skip + (csn - p.first_csn); i++)
        err = sam_push_next_op(&w, &bytes) == 1 ? 0 : SAM_ECORRUPT;
    if (!err && sam_op_decode(bytes, &op) == 0) {
        *epoch = p.epoch;
        *base = op.base_csn;
    }
    sam_buf_fini(&plain);
    return err;
}

/* The same as it counted when the op was judged. Only where the largest base wins does it matter. */
static int base_effective(struct intake *in, struct sam_candidate *c)
{
    uint64_t epoch, base;
    int err = base_at(in, c->csn, &epoch, &base);
    uint64_t limit = err || epoch == in->epoch.id ? c->csn - 1 : store_epoch_limit(in->st, epoch);
    if (limit > c->csn - 1)
        limit = c->csn - 1;
    c->base_csn = base < limit ? base : limit;
    return err;
}

static int candidates_load(struct intake *in, const struct store_row *row, unsigned unit, struct candidate_set *cs)
{
    struct store_rev rev = store_row_rev(row, unit);
    cs->set.count = 0;
    if (rev.csn == 0)
        return 0;
    if (!rev.many) {
        cs->set.count = 1;
        cs->value[0] = row->row;
        int err = candidate_at(in, rev.csn, &cs->set.at[0]);
        cs->set.at[0].value = &cs->value[0];
        if (!err && sam_entity_find(row->row.key.entity)->unit_class[unit] == SAM_CLASS_MINOR)
            err = base_effective(in, &cs->set.at[0]);
        return err;
    }
    unsigned count;
    int err = store_candidates_get(in->st, &row->row.key, unit, cs->stored, SAM_CANDIDATES_MAX, &count);
    for (unsigned i = 0; !err && i < count; i++) {
        const struct store_candidate *s = &cs->stored[i];
        err = sam_row_decode(row->row.key.entity, (struct sam_span){s->value, s->value_len}, &cs->value[i]);
        cs->set.at[i] = (struct sam_candidate){.device_no = s->device_no,
                                               .seq = s->seq,
                                               .csn = s->csn,
                                               .base_csn = s->base_csn,
                                               .lost_epoch = s->lost_epoch,
                                               .lost_csn = s->lost_csn,
                                               .value = &cs->value[i]};
    }
    cs->set.count = err ? 0 : count;
    return err;
}

static int candidates_store(struct intake *in, const struct sam_key *key, unsigned unit, struct candidate_set *cs,
                            bool keep)
{
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    int err = store_candidates_clear(in->st, key, unit);
    for (unsigned i = 0; !err && keep && i < cs->set.count; i++) {
        const struct sam_candidate *c = &cs->set.at[i];
        struct store_candidate s = {.device_no = c->device_no,
                                    .seq = c->seq,
                                    .csn = c->csn,
                                    .base_csn = c->base_csn,
                                    .lost_epoch = c->lost_epoch,
                                    .lost_csn = c->lost_csn};
        struct sam_row only = *c->value;
        only.present &= sam_unit_fields(def, 1u << unit);
        sam_buf_clear(&cs->bytes);
        err = sam_row_encode(&cs->bytes, &only);
        if (!err && sam_buf_len(&cs->bytes) > sizeof s.value)
            err = SAM_ETOOBIG;
        if (err)
            return err;
        s.value_len = (uint32_t)sam_buf_len(&cs->bytes);
        memcpy(s.value, sam_buf_peek(&cs->bytes).ptr, s.value_len);
        err = store_candidate_add(in->st, key, unit, &s);
    }
    return err;
}

/* ---- judging */

struct judgement {
    struct intake *in;
    struct author *a;
    const struct sam_op *op;
    uint64_t csn;
    struct store_row *row;    /* as it is, becomes as it will be */
    struct candidate_set *cs; /* made when first needed */
    enum sam_verdict verdict;
    bool changed;
};

static int severity(enum sam_verdict v)
{
    switch (v) {
    case SAM_VERDICT_CASE: return 3;
    case SAM_VERDICT_MERGED: return 2;
    case SAM_VERDICT_SUPERSEDED: return 1;
    default: return 0;
    }
}

static void shown_apply(struct judgement *j, unsigned unit, const struct sam_candidates *set,
                        const struct sam_fold *fold)
{
    const struct sam_entity_def *def = sam_entity_find(j->op->row.key.entity);
    struct sam_row shown = *set->at[fold->shown].value;
    if (def->unit_class[unit] == SAM_CLASS_UNION)
        sam_row_set(&shown, (unsigned)__builtin_ctz(sam_unit_fields(def, 1u << unit)), (int64_t)fold->union_or);
    sam_row_merge(&j->row->row, &shown, 1u << unit);
}

/* A lost epoch may have been followed by others before the loss. Where the author had seen ${c} in one of those it is named by
 * that one, for it leaves the set then. */
static void lost_align(struct intake *in, const struct author *a, struct sam_candidate *c)
{
    if (c->lost_csn && c->lost_csn <= a->who.base_csn &&
        store_epoch_past(in->st, c->lost_epoch, c->lost_csn, a->who.base_epoch))
        c->lost_epoch = a->who.base_epoch;
}

/* An op that the centre had lost comes again, after one whose author had seen it: that edit was an informed one then, and
 * is now, whoever syncs first. */
static int replaced_before_loss(const struct judgement *j, const struct sam_candidates *set, bool *replaced)
{
    *replaced = false;
    for (unsigned i = 0; j->a->lost_csn && !*replaced && i < set->count; i++) {
        uint64_t epoch, base;
        int err = base_at(j->in, set->at[i].csn, &epoch, &base);
        if (err)
            return err;
        *replaced =
            epoch && base >= j->a->lost_csn && store_epoch_past(j->in->st, j->a->lost_epoch, j->a->lost_csn, epoch);
    }
    return 0;
}

/* The long way: somebody may not have seen what stands there. */
static int unit_merge(struct judgement *j, unsigned unit)
{
    const struct sam_entity_def *def = sam_entity_find(j->op->row.key.entity);
    if (!j->cs && !(j->cs = calloc(1, sizeof *j->cs)))
        return SAM_ENOMEM;
    sam_buf_init(&j->cs->bytes, SAM_OP_BYTES_MAX);
    struct sam_candidates *set = &j->cs->set;
    struct sam_fold fold;
    bool was_many = store_row_rev(j->row, unit).many, replaced = false;
    int err = candidates_load(j->in, j->row, unit, j->cs);
    if (!err)
        err = replaced_before_loss(j, set, &replaced);
    for (unsigned i = 0; i < set->count; i++)
        lost_align(j->in, j->a, &set->at[i]);
    if (err || replaced) {
        sam_buf_fini(&j->cs->bytes);
        return err;
    }
    unsigned before = set->count;
    struct sam_candidate x = {.device_no = j->a->who.device_no,
                              .seq = j->a->who.seq,
                              .csn = j->csn,
                              .base_csn = j->a->who.seen_csn,
                              .lost_epoch = j->a->lost_epoch,
                              .lost_csn = j->a->lost_csn,
                              .value = &j->op->row};
    err = sam_merge(def, unit, set, &j->a->who, &x, &fold);
    if (err == SAM_EFULL) { /* more live candidates than anybody will look at: the value stays in its batch, listed */
        if (severity(SAM_VERDICT_MERGED) > severity(j->verdict))
            j->verdict = SAM_VERDICT_MERGED;
        sam_buf_fini(&j->cs->bytes);
        return 0;
    }
    if (!err && severity(fold.verdict) > severity(j->verdict))
        j->verdict = fold.verdict;
    bool late = !err && fold.verdict == SAM_VERDICT_SUPERSEDED;
    if (!err && (!late || set->count != before)) {
        bool many = set->count > 1 || late; /* a single one that is not this op must be named too */
        if (many || was_many)
            err = candidates_store(j->in, &j->row->row.key, unit, j->cs, many);
        store_row_rev_set(j->row, unit, (struct store_rev){j->csn, many}, j->csn);
        shown_apply(j, unit, set, &fold);
        j->changed = true;
    }
    sam_buf_fini(&j->cs->bytes);
    return err;
}

static int units_judge(struct judgement *j)
{
    uint32_t units = sam_op_units(j->op);
    bool fresh = !j->row->exists;
    for (unsigned unit = 0; units >> unit; unit++) {
        if (!(units >> unit & 1u))
            continue;
        struct store_rev rev = store_row_rev(j->row, unit);
        if (rev.csn && (rev.many || rev.csn > j->a->who.seen_csn)) {
            int err = unit_merge(j, unit);
            if (err)
                return err;
            continue;
        }
        if (!fresh || j->op->clear)
            store_row_rev_set(j->row, unit, (struct store_rev){j->csn, false}, j->csn);
        sam_row_merge(&j->row->row, &j->op->row, 1u << unit);
        j->changed = true;
    }
    return 0;
}

/* Had the author seen the tombstone at ${csn}? */
static int tombstone_seen(struct intake *in, const struct author *a, uint64_t csn, bool *seen)
{
    struct sam_candidate c;
    int err = candidate_at(in, csn, &c);
    lost_align(in, a, &c);
    *seen = !err && sam_author_saw(&a->who, &c);
    return err;
}

static int listed_unseen(struct judgement *j, struct sam_candidate *c)
{
    lost_align(j->in, j->a, c);
    if (sam_author_saw(&j->a->who, c))
        return 0;
    struct store_verdict v = {
        .csn = c->csn, .at_csn = j->csn, .device_no = c->device_no, .seq = c->seq, .kind = SAM_VERDICT_MERGED};
    return store_verdict_add(j->in->st, &v);
}

/* A tombstone takes away all values; those that its author had not seen are listed. */
static int tombstone_apply(struct judgement *j)
{
    const struct sam_entity_def *def = sam_entity_find(j->op->row.key.entity);
    if (!j->cs && !(j->cs = calloc(1, sizeof *j->cs)))
        return SAM_ENOMEM;
    for (unsigned unit = 0; unit < def->unit_count; unit++) {
        int err = candidates_load(j->in, j->row, unit, j->cs);
        for (unsigned i = 0; !err && i < j->cs->set.count; i++)
            err = listed_unseen(j, &j->cs->set.at[i]);
        if (!err && store_row_rev(j->row, unit).many)
            err = store_candidates_clear(j->in->st, &j->row->row.key, unit);
        if (err)
            return err;
    }
    j->row->row.present = 0;
    j->row->revs_len = 0;
    j->row->dead = (int64_t)j->csn;
    j->changed = true;
    return 0;
}

/* ---- where a row stands */

static int row_scope(struct intake *in, const struct store_row *row, uint64_t *scope)
{
    const struct sam_entity_def *def = sam_entity_find(row->row.key.entity);
    uint64_t group, had = row->scope;
    *scope = 0;
    switch (def->scope) {
    case SAM_SCOPE_SELF: *scope = row->row.key.part[0]; return 0;
    case SAM_SCOPE_SESSION: return session_place(in, row->row.key.part[0], &group, scope);
    case SAM_SCOPE_FIELD:
        if (def->tag == SAM_ENROLMENT)
            *scope = row->row.key.part[0];
        else if (row->dead > 0)
            *scope = had; /* what told its group and day is gone; the tombstone is for those who hold the row */
        else if (sam_row_num(&row->row, SAM_SESSION_day) >= in->window_day)
            *scope = (uint64_t)sam_row_num(&row->row, SAM_SESSION_group_id);
        return 0;
    default: return 0;
    }
}

/* A group in a clinic's list; a clinic in its own. */
static int list_update(struct intake *in, const struct store_row *row, uint64_t csn)
{
    uint64_t id = row->row.key.part[0];
    bool group = row->row.key.entity == SAM_GROUP;
    uint64_t org = group ? (uint64_t)sam_row_num(&row->row, SAM_GROUP_org) : id;
    unsigned field = group ? (unsigned)SAM_GROUP_active : (unsigned)SAM_ORG_UNIT_active;
    bool listed = row->dead <= 0 && (!sam_row_has(&row->row, field) || sam_row_num(&row->row, field));
    struct store_scope *known, s;
    int err = scope_get(in, id, &known);
    if (err)
        return err;
    s = known ? *known : (struct store_scope){.id = id};
    if (known && s.org == org && s.listed == listed)
        return 0;
    uint64_t old_org = s.org;
    if (s.org != org || (listed && !s.listed))
        s.since_csn = csn;
    s.org = org;
    s.listed = listed;
    err = scope_put(in, &s);
    if (!err && old_org && old_org != org)
        err = store_scopes_csn_set(in->st, old_org, csn);
    return err ? err : store_scopes_csn_set(in->st, org, csn);
}

/* What hangs on a row that changed. ${before}: its org or nothing, for users who move. */
static int consequences(struct judgement *j, uint64_t before)
{
    struct intake *in = j->in;
    const struct store_row *row = j->row;
    uint64_t id = row->row.key.part[0], org;
    switch (row->row.key.entity) {
    case SAM_GROUP:
    case SAM_ORG_UNIT: return list_update(in, row, j->csn);
    case SAM_SESSION: session_forget(in, id); return 0;
    case SAM_USER:
        memset(&in->user[id % USER_SLOTS], 0, sizeof in->user[0]);
        org = row->dead > 0 ? 0 : (uint64_t)sam_row_num(&row->row, SAM_USER_org);
        if (before && before != org) {
            int err = member_remove(in, before, SAM_USER, id, j->csn);
            if (err)
                return err;
        }
        return org ? member_add(in, org, SAM_USER, id, j->csn) : 0;
    case SAM_ENROLMENT:
        if (row->dead > 0)
            return member_remove(in, id, SAM_PARTICIPANT, row->row.key.part[1], j->csn);
        return member_add(in, id, SAM_PARTICIPANT, row->row.key.part[1], j->csn);
    case SAM_ATTENDANCE:
        if (row->dead > 0 || row->scope == 0)
            return 0;
        return member_add(in, row->scope, SAM_PARTICIPANT, row->row.key.part[1], j->csn);
    default: return 0;
    }
}

static int row_write(struct judgement *j, uint64_t old_csn, uint64_t old_scope, uint64_t before)
{
    struct intake *in = j->in;
    struct store_row *row = j->row;
    const struct sam_entity_def *def = sam_entity_find(row->row.key.entity);
    uint64_t alive = row->dead > 0 ? 0 : j->csn;
    row->csn = j->csn;
    int err = row_scope(in, row, &row->scope);
    if (!err)
        err = store_row_put(in->st, row);
    if (err)
        return err;
    /* lists first: a new group's or clinic's own scope must stand before its sum changes */
    if (def->scope == SAM_SCOPE_SELF)
        err = consequences(j, before);
    if (!err && def->scope == SAM_SCOPE_MEMBER)
        err = members_row_change(in, &row->row.key, old_csn, alive);
    else if (!err && old_scope == row->scope)
        err = scope_row_change(in, row->scope, &row->row.key, old_csn, alive);
    else if (!err) {
        err = scope_row_change(in, old_scope, &row->row.key, old_csn, 0);
        if (!err)
            err = scope_row_change(in, row->scope, &row->row.key, 0, alive);
    }
    return err || def->scope == SAM_SCOPE_SELF ? err : consequences(j, before);
}

/* ---- the op */

static int judge(struct judgement *j, struct outcome *out)
{
    const struct sam_op *op = j->op;
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    struct store_row *row = j->row;
    int err = store_row_get(j->in->st, &op->row.key, row);
    if (err)
        return err;
    uint64_t old_csn = row->exists && row->dead <= 0 ? row->csn : 0, old_scope = row->exists ? row->scope : 0;
    uint64_t before = def->tag == SAM_USER && old_csn ? (uint64_t)sam_row_num(&row->row, SAM_USER_org) : 0;
    if (op->kind == SAM_OP_CREATE && row->exists) {
        *out = (struct outcome){SAM_VERDICT_QUARANTINED, SAM_REASON_EQUIVOCATION};
        return 0;
    }
    bool may_make = op->kind == SAM_OP_CREATE || (!def->minted && (j->a->centre || def->create == SAM_WRITER_TABLET));
    if ((!row->exists && !may_make) || (op->kind == SAM_OP_TOMBSTONE && !row->exists)) {
        *out = (struct outcome){SAM_VERDICT_QUARANTINED, SAM_REASON_REFERENCE};
        return 0;
    }
    if (row->dead) { /* it died, now or in an earlier life */
        bool seen;
        err = tombstone_seen(j->in, j->a, (uint64_t)(row->dead > 0 ? row->dead : -row->dead), &seen);
        if (err || !seen) {
            *out = (struct outcome){SAM_VERDICT_MERGED, SAM_REASON_NONE};
            return err;
        }
        if (row->dead > 0 && op->kind != SAM_OP_TOMBSTONE)
            row->dead = -row->dead;
    }
    err = op->kind == SAM_OP_TOMBSTONE ? tombstone_apply(j) : units_judge(j);
    if (!err && j->changed)
        err = row_write(j, old_csn, old_scope, before);
    out->verdict = j->verdict;
    if (!err && op->row.newer && out->verdict == SAM_VERDICT_APPLIED)
        *out = (struct outcome){SAM_VERDICT_HELD, SAM_REASON_SCHEMA};
    return err;
}

int apply_op(struct intake *in, struct author *a, const struct sam_op *op, uint64_t csn, struct outcome *out)
{
    *out = (struct outcome){SAM_VERDICT_APPLIED, SAM_REASON_NONE};
    enum sam_reason why = sam_op_validate(op, a->centre);
    int err = why ? 0 : rights_check(in, a, op, &why);
    if (err || why) {
        *out = (struct outcome){SAM_VERDICT_QUARANTINED, why};
        return err;
    }
    struct store_row row;
    struct judgement j = {.in = in, .a = a, .op = op, .csn = csn, .row = &row, .verdict = SAM_VERDICT_APPLIED};
    err = judge(&j, out);
    free(j.cs);
    return err;
}
