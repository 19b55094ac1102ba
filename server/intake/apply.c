/* One op becomes rows: rights, then unit by unit against the live candidates, then the row with its new csn, then what
 * hangs on it (members, lists of scopes, sums). The caller has given it a csn and keeps its bytes. */
#include "server/intake/intake_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

/* ---- judging */

static int set_make(struct judgement *j)
{
    if (!j->cs && !(j->cs = calloc(1, sizeof *j->cs)))
        return SAM_ENOMEM;
    j->cs->set.count = 0;
    return 0;
}

/* The shown value's text outlives the set that it was borrowed from. */
static void text_keep(struct judgement *j, struct sam_row *shown, uint32_t fields)
{
    const struct sam_entity_def *def = sam_entity_find(shown->key.entity);
    struct candidate_set *cs = j->cs;
    for (unsigned i = 0; i < def->field_count; i++) {
        struct sam_span *text = &shown->val[i].text;
        if (!(fields >> i & 1u) || !sam_row_has(shown, i) || def->field[i].type != SAM_TYPE_TEXT || !text->len)
            continue;
        SAM_ASSERT(text->len <= sizeof cs->text - cs->text_len);
        memcpy(cs->text + cs->text_len, text->ptr, text->len);
        text->ptr = cs->text + cs->text_len;
        cs->text_len += text->len;
    }
}

void unit_show(struct judgement *j, unsigned unit, const struct sam_candidates *set, const struct sam_fold *fold)
{
    const struct sam_entity_def *def = sam_entity_find(j->row->row.key.entity);
    uint32_t fields = sam_unit_fields(def, 1u << unit), said = 0;
    struct sam_row shown = *set->at[fold->shown].value;
    for (unsigned i = 0; i < set->count; i++)
        said |= set->at[i].value->present & fields;
    if (def->unit_class[unit] == SAM_CLASS_UNION && said)
        sam_row_set(&shown, (unsigned)__builtin_ctz(fields), (int64_t)fold->union_or);
    text_keep(j, &shown, fields);
    sam_row_merge(&j->row->row, &shown, 1u << unit);
}

/* The set was changed: what is kept of it, what the row shows, and who is told. ${late}: the op itself did not join. */
static int set_changed(struct judgement *j, unsigned unit, const struct sam_candidates *before,
                       const struct sam_fold *fold, bool late)
{
    struct sam_candidates *set = &j->cs->set;
    bool was_many = store_row_rev(j->row, unit).many;
    bool many = set->count > 1 || late; /* a single one that is not this op must be named too */
    int err = many || was_many ? candidates_keep(j->in, j->row, unit, j->cs, many) : 0;
    if (!err && !j->linked)
        err = case_unit(j, unit, before, fold);
    store_row_rev_set(j->row, unit, (struct store_rev){j->csn, many}, j->csn);
    unit_show(j, unit, set, fold);
    j->changed = true;
    return err;
}

/* An op that was replaced before the centre lost it does not join, but what its own author had seen goes, as it had gone. */
static int set_left(struct judgement *j, unsigned unit, const struct sam_candidates *before)
{
    struct sam_candidates *set = &j->cs->set;
    struct sam_fold fold;
    if (!sam_merge_leave(set, &j->a->who) || set->count == 0)
        return 0;
    sam_fold(sam_entity_find(j->op->row.key.entity), unit, set, &fold);
    return set_changed(j, unit, before, &fold, true);
}

static int set_merge(struct judgement *j, unsigned unit)
{
    const struct sam_entity_def *def = sam_entity_find(j->op->row.key.entity);
    struct sam_candidates *set = &j->cs->set, before;
    struct sam_fold fold = {0};
    bool replaced = false;
    int err = candidates_load(j->in, j->row, unit, j->cs);
    if (!err)
        err = lost_replaced(j->in, j->a, &j->row->row.key, unit, &replaced);
    if (err)
        return err;
    for (unsigned i = 0; !err && i < set->count; i++)
        err = candidate_align(j->in, j->a, &set->at[i]);
    if (err)
        return err;
    before = *set;
    if (j->a->superseded >> unit & 1u)
        j->listed |= MARK_SUPERSEDED;
    if (replaced || j->a->superseded >> unit & 1u)
        return set_left(j, unit, &before);
    struct sam_candidate x = {.device_no = j->a->who.device_no,
                              .seq = j->a->who.seq,
                              .csn = j->csn,
                              .base_csn = j->a->who.seen_csn,
                              .lost_epoch = j->a->lost_epoch,
                              .lost_csn = j->a->lost_csn,
                              .first_device_no = j->a->who.first_device_no,
                              .first_seq = j->a->who.first_seq,
                              .value = &j->op->row};
    err = sam_merge(def, unit, set, &j->a->who, &x, &fold);
    if (err == SAM_EFULL) { /* more live candidates than anybody will look at: the value stays in its batch, listed */
        j->listed |= 1u << unit;
        return 0;
    }
    bool late = fold.verdict == SAM_VERDICT_SUPERSEDED;
    j->listed |= late ? MARK_SUPERSEDED : 0;
    return late && set->count == before.count ? 0 : set_changed(j, unit, &before, &fold, late);
}

/* The long way: somebody may not have seen what stands there. */
static int unit_merge(struct judgement *j, unsigned unit)
{
    if (set_make(j))
        return SAM_ENOMEM;
    sam_buf_init(&j->cs->bytes, SAM_OP_BYTES_MAX);
    int err = set_merge(j, unit);
    sam_buf_fini(&j->cs->bytes);
    return err;
}

static int units_judge(struct judgement *j)
{
    uint32_t units = sam_op_units(j->op);
    bool fresh = !j->row->exists;
    int err = lost_seen_note(j->in, j->a, &j->op->row.key, units, j->csn);
    for (unsigned unit = 0; !err && units >> unit; unit++) {
        if (!(units >> unit & 1u))
            continue;
        struct store_rev rev = store_row_rev(j->row, unit);
        if (rev.csn && (rev.many || rev.csn > j->a->who.seen_csn || j->a->superseded)) {
            err = unit_merge(j, unit);
            continue;
        }
        if (!fresh || j->op->clear)
            store_row_rev_set(j->row, unit, (struct store_rev){j->csn, false}, j->csn);
        sam_row_merge(&j->row->row, &j->op->row, 1u << unit);
        j->changed = true;
    }
    return err;
}

/* ---- tombstones */

enum { UNIT_TOMBSTONE = SAM_UNITS_MAX }; /* behind all units of fields */

/* The tombstones that hold: those that no later tombstone's author had seen. One stands in the row, several as candidates of
 * a unit of their own. */
static int tombstones_load(struct judgement *j)
{
    uint64_t csn = (uint64_t)(j->row->dead > 0 ? j->row->dead : -j->row->dead);
    unsigned count = 0;
    int err = set_make(j);
    if (err || csn == 0)
        return err;
    struct candidate_set *cs = j->cs;
    err = store_candidates_get(j->in->st, &j->row->row.key, UNIT_TOMBSTONE + j->row->own, cs->stored,
                               SAM_CANDIDATES_MAX, &count);
    if (!err && count == 0) {
        cs->stored[0].csn = csn;
        count = 1;
    }
    for (unsigned i = 0; !err && i < count; i++) {
        err = candidate_at(j->in, cs->stored[i].csn, &cs->set.at[i]);
        if (!err)
            err = candidate_align(j->in, j->a, &cs->set.at[i]);
    }
    cs->set.count = err ? 0 : count;
    return err;
}

/* Had the author seen all tombstones that hold? */
static int tombstones_seen(struct judgement *j, bool *seen)
{
    int err = tombstones_load(j);
    *seen = !err;
    for (unsigned i = 0; !err && i < j->cs->set.count; i++)
        *seen = *seen && sam_author_saw(&j->a->who, &j->cs->set.at[i]);
    return err;
}

static int tombstone_keep(struct judgement *j, uint64_t csn)
{
    struct store_candidate s = {.csn = csn};
    return store_candidate_add(j->in->st, &j->row->row.key, UNIT_TOMBSTONE + j->row->own, &s);
}

/* This tombstone takes the place of those that its author had seen; others hold beside it. */
static int tombstones_join(struct judgement *j)
{
    unsigned held = 0;
    int err = tombstones_load(j);
    if (!err && j->cs->set.count)
        err = store_candidates_clear(j->in->st, &j->row->row.key, UNIT_TOMBSTONE + j->row->own);
    for (unsigned i = 0; !err && i < j->cs->set.count; i++) {
        const struct sam_candidate *c = &j->cs->set.at[i];
        if (sam_author_saw(&j->a->who, c) || held == SAM_CANDIDATES_MAX - 1)
            continue;
        err = tombstone_keep(j, c->csn);
        held++;
    }
    return err || !held ? err : tombstone_keep(j, j->csn);
}

/* A tombstone that the centre had lost comes again, after a value whose author had seen it: that began a new life then. */
static int outlives(struct judgement *j, uint64_t csn, bool *lives)
{
    *lives = false;
    return sam_entity_find(j->op->row.key.entity)->minted ? 0 : lost_seen_by(j->in, j->a, csn, lives);
}

/* Of ${was}, as it was before the tombstone, the unit's values that outlive it. */
static int unit_outlives(struct judgement *j, const struct store_row *was, unsigned unit)
{
    struct sam_candidates *set = &j->cs->set;
    struct sam_fold fold;
    unsigned kept = 0;
    int err = candidates_load(j->in, was, unit, j->cs);
    for (unsigned i = 0; !err && i < set->count; i++) {
        bool lives;
        err = outlives(j, set->at[i].csn, &lives);
        if (lives)
            set->at[kept++] = set->at[i];
    }
    set->count = kept;
    if (err || !kept)
        return err;
    struct sam_candidates before = *set;
    err = candidates_keep(j->in, j->row, unit, j->cs, true);
    sam_fold(sam_entity_find(j->row->row.key.entity), unit, set, &fold);
    if (!err && !j->linked)
        err = case_unit(j, unit, &before, &fold);
    store_row_rev_set(j->row, unit, (struct store_rev){j->csn, true}, j->csn);
    unit_show(j, unit, set, &fold);
    j->row->dead = -(int64_t)j->csn;
    return err;
}

static int units_outlive(struct judgement *j, const struct store_row *was)
{
    const struct sam_entity_def *def = sam_entity_find(j->row->row.key.entity);
    int err = 0;
    sam_buf_init(&j->cs->bytes, SAM_OP_BYTES_MAX);
    for (unsigned unit = 0; !err && unit < def->unit_count; unit++)
        err = unit_outlives(j, was, unit);
    sam_buf_fini(&j->cs->bytes);
    return err;
}

/* What stands in a row that the author takes away, or on which it hangs: what was not seen is listed. */
static int values_list(struct judgement *j, const struct store_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->row.key.entity);
    const struct sam_key *key = row->own ? &j->linked->shown : &row->row.key;
    int err = 0;
    for (unsigned unit = 0; !err && row->dead <= 0 && unit < def->unit_count; unit++) {
        err = candidates_load(j->in, row, unit, j->cs);
        for (unsigned i = 0; !err && i < j->cs->set.count; i++) {
            struct sam_candidate *c = &j->cs->set.at[i];
            bool lives;
            err = outlives(j, c->csn, &lives);
            if (err || lives)
                continue;
            err = candidate_align(j->in, j->a, c);
            if (err)
                break;
            err = sam_author_saw(&j->a->who, c) ? standing_leave(j, key, c->csn, unit, false)
                                                : standing_set(j->in, key, c->csn, unit, STANDING_LISTED, j->csn);
        }
    }
    return err;
}

/* Living rows of one entity that hang on a session which was entered in error. */
static int hung_end(struct judgement *j, uint8_t entity)
{
    struct sam_key key, *after = NULL;
    int err;
    while ((err = store_hung_next(j->in->st, entity, j->op->row.key.part[0], after, &key)) == 0) {
        struct store_row row;
        after = &key;
        err = store_row_get(j->in->st, &key, &row);
        if (!err && row.dead > 0)
            continue;
        if (!err)
            err = values_list(j, &row);
        if (!err)
            err = case_row_end(j->in, &key, j->csn);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* What hangs on a session that was entered in error: its rows stay, whichever came first, but in no scope, and nobody is asked
 * about them any more. Tablets drop theirs with the session. */
static int session_end(struct judgement *j)
{
    const struct sam_entity_def *def;
    uint64_t rows = 0, sum = 0;
    int err = 0;
    for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++)
        if (def->scope == SAM_SCOPE_SESSION)
            err = hung_end(j, def->tag);
    if (!err)
        err = store_session_empty(j->in->st, j->op->row.key.part[0], &rows, &sum);
    return err ? err : scope_lose(j->in, j->was.scope, rows, sum);
}

/* What stays known of a row that is deleted: where a session stood, and of what hangs on a session by an id of its own, on which,
 * and whom it brought along. */
static uint32_t fields_kept(const struct sam_entity_def *def)
{
    uint32_t kept = 0;
    if (def->tag == SAM_SESSION)
        return sam_unit_fields(def, 1u);
    for (unsigned i = 0; def->scope == SAM_SCOPE_SESSION && def->minted && i < def->field_count; i++)
        if (def->field[i].ref == SAM_SESSION || def->field[i].ref == SAM_PARTICIPANT)
            kept |= 1u << i;
    return kept;
}

/* A tombstone takes away all values; those that its author had not seen are listed. */
static int tombstone_apply(struct judgement *j)
{
    const struct sam_entity_def *def = sam_entity_find(j->op->row.key.entity);
    struct store_row was = *j->row;
    int err = set_make(j);
    if (!err)
        err = values_list(j, j->row);
    if (!err && def->tag == SAM_SESSION)
        err = session_end(j);
    if (!err)
        err = tombstones_join(j);
    if (err)
        return err;
    j->row->row.present &= fields_kept(def);
    j->row->revs_len = 0;
    j->row->dead = (int64_t)j->csn;
    j->changed = true;
    if (!j->linked) /* else the row that is shown follows: link_show.c */
        err = case_row_end(j->in, &j->row->row.key, j->csn);
    if (!err && j->a->lost_csn)
        err = units_outlive(j, &was);
    for (unsigned unit = 0; !err && unit < def->unit_count; unit++)
        if (store_row_rev(&was, unit).many && !store_row_rev(j->row, unit).csn)
            err = store_candidates_clear(j->in->st, &j->row->row.key, unit + j->row->own);
    return err;
}

/* ---- the op */

static void was_note(struct judgement *j)
{
    const struct store_row *row = j->row;
    bool alive = row->exists && row->dead <= 0;
    j->was.csn = alive ? row->csn : 0;
    j->was.scope = row->exists ? row->scope : 0;
    if (alive && row->row.key.entity == SAM_USER)
        j->was.org = (uint64_t)sam_row_num(&row->row, SAM_USER_org);
    if (alive && row->row.key.entity == SAM_SESSION) {
        j->was.group = (uint64_t)sam_row_num(&row->row, SAM_SESSION_group_id);
        j->was.day = (int32_t)sam_row_num(&row->row, SAM_SESSION_day);
    }
    if (alive && row->row.key.entity == SAM_SCORE_RESPONSE)
        primary_occasion(&row->row, &j->was.occasion, &j->was.replaces);
}

enum sam_reason apply_impossible(const struct author *a, const struct sam_op *op, bool exists)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    bool may_make = op->kind == SAM_OP_CREATE || (!def->minted && (a->centre || def->create == SAM_WRITER_TABLET));
    if (op->kind == SAM_OP_CREATE && exists)
        return SAM_REASON_EQUIVOCATION;
    /* a tombstone of what is not here (any more) holds, too: what it removes may come yet */
    bool needs_row = op->kind == SAM_OP_TOMBSTONE ? def->minted : !may_make;
    return needs_row && !exists ? SAM_REASON_REFERENCE : SAM_REASON_NONE;
}

static int judge(struct judgement *j, struct outcome *out)
{
    const struct sam_op *op = j->op;
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    struct store_row *row = j->row;
    int err = j->linked ? 0 : store_row_get(j->in->st, &op->row.key, row);
    if (err)
        return err;
    bool exists = j->linked ? j->linked->exists : row->exists;
    was_note(j);
    enum sam_reason why = apply_impossible(j->a, op, exists);
    if (why) {
        *out = (struct outcome){.verdict = SAM_VERDICT_QUARANTINED, .reason = why};
        return 0;
    }
    if (row->dead && op->kind != SAM_OP_TOMBSTONE) { /* it died, now or in an earlier life */
        bool seen = !def->minted;                    /* only a natural key can have a new life: an id names one thing */
        err = seen ? tombstones_seen(j, &seen) : 0;
        if (err || !seen) {
            *out = (struct outcome){.verdict = SAM_VERDICT_MERGED, .listed = MARK_DELETED};
            return err;
        }
        if (row->dead > 0)
            row->dead = -row->dead;
    }
    err = op->kind == SAM_OP_TOMBSTONE ? tombstone_apply(j) : units_judge(j);
    if (!err && j->changed)
        err = j->linked ? link_write(j) : row_write(j);
    if (!err && def->scope == SAM_SCOPE_SESSION) {
        bool dead;
        err = session_dead(j->in, sam_row_session(def->minted ? &row->row : &op->row), &dead);
        j->listed |= dead ? MARK_DELETED : 0; /* an edit after the session was deleted: kept, and listed */
    }
    if (op->row.newer)
        j->listed |= MARK_HELD;
    if (!err)
        err = standing_outcome(j, out);
    if (!err)
        retake_note(j->in, op);
    return err;
}

int apply_admit(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    bool erased;
    int err = erased_is(in, op, &erased);
    *why = erased ? SAM_REASON_ERASED : sam_op_validate(op, a->centre);
    return err || *why ? err : rights_check(in, a, op, why);
}

int apply_op(struct intake *in, struct author *a, const struct sam_op *op, uint64_t csn, struct outcome *out)
{
    struct store_row row;
    struct judgement j = {.in = in, .a = a, .op = op, .csn = csn, .op_csn = a->came_csn, .row = &row};
    *out = (struct outcome){.verdict = SAM_VERDICT_APPLIED};
    int err = link_open(&j);
    if (!err)
        err = judge(&j, out);
    free(j.linked);
    free(j.cs);
    return err;
}
