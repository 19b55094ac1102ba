/* Batches read again. All that was ever said of some people is a walk over every one of them, for it is asked once in a while and must miss
 * nothing: rows are only what is left of it. What was said of a session or a group stands in the batches that were noted (said.c). */
#include "server/intake/intake_int.h"
#include "server/intake/people.h"

#include "proto/base/err.h"
#include "proto/base/grow.h"
#include "proto/model/rule.h"

#include <stdlib.h>
#include <string.h>

static int own_add(struct intake_trace *t, const struct sam_key *key)
{
    struct sam_key *mem = sam_grow(t->own, &t->own_room, t->owns + 1, sizeof *mem);
    if (!mem)
        return SAM_ENOMEM;
    t->own = mem;
    mem[t->owns++] = *key;
    return 0;
}

static int op_add(struct intake_trace *t, const struct intake_traced *at)
{
    struct intake_traced *mem = sam_grow(t->op, &t->room, t->count + 1, sizeof *mem);
    if (!mem)
        return SAM_ENOMEM;
    t->op = mem;
    mem[t->count++] = *at;
    return 0;
}

/* ---- is it about them? */

static bool is_person(const struct intake_trace *t, uint64_t id)
{
    for (unsigned i = 0; i < t->persons; i++)
        if (t->person[i] == id)
            return true;
    return false;
}

static bool is_own(const struct intake_trace *t, uint8_t entity, uint64_t id)
{
    for (size_t i = 0; i < t->owns; i++)
        if (t->own[i].part[0] == id && t->own[i].entity == entity)
            return true;
    return false;
}

static bool is_op(const struct intake_trace *t, uint64_t device_no, uint64_t seq)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->op[i].device_no == device_no && t->op[i].seq == seq)
            return true;
    return false;
}

static bool ruled(const struct intake_trace *t, const struct sam_key *key)
{
    switch (key->part[0]) {
    case SAM_RULE_QUARANTINE: return is_op(t, key->part[1], key->part[2]);
    case SAM_RULE_PRIMARY: return is_own(t, SAM_SCORE_RESPONSE, key->part[1]);
    case SAM_RULE_SAME_PERSON: return is_person(t, key->part[1]) || is_person(t, key->part[2]);
    default: return false;
    }
}

static bool names(const struct intake_trace *t, const struct sam_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    for (unsigned i = 0; i < def->key_count; i++)
        if (def->key[i].ref == SAM_PARTICIPANT && is_person(t, row->key.part[i]))
            return true;
    for (unsigned i = 0; i < def->field_count; i++)
        if (def->field[i].ref == SAM_PARTICIPANT && sam_row_has(row, i) && is_person(t, (uint64_t)sam_row_num(row, i)))
            return true;
    return false;
}

static int op_look(struct intake_trace *t, const struct intake_traced *at, struct sam_span bytes)
{
    struct sam_op op;
    if (sam_op_decode(bytes, &op) || op.row.key.entity == SAM_ENTITY_NONE)
        return 0; /* of a kind unknown here, too */
    const struct sam_key *key = &op.row.key;
    bool own = sam_entity_find(key->entity)->minted && key->entity != SAM_PARTICIPANT;
    bool known = own && is_own(t, key->entity, key->part[0]);
    bool about = known || names(t, &op.row) || (key->entity == SAM_RULING && ruled(t, key));
    int err = about && own && !known ? own_add(t, key) : 0;
    return err || !about ? err : op_add(t, at);
}

/* ---- the walk */

static int batch_walk(struct trace_walk *k, const struct store_push *p)
{
    struct sam_walk w = {p->raw};
    struct sam_span bytes;
    int err = 0;
    sam_buf_clear(&k->plain);
    if (p->deflated && (err = sam_zip_inflate(k->zip, p->raw, &k->plain)) == 0)
        w.rest = (struct sam_span){sam_buf_peek(&k->plain).ptr, sam_buf_len(&k->plain) - SAM_MAC_BYTES};
    for (uint64_t i = 0; !err && i < p->skip + p->count; i++) {
        err = sam_push_next_op(&w, &bytes) == 1 ? 0 : SAM_ECORRUPT;
        const struct intake_traced at = {p->first_csn + (i - p->skip), p->device_no, p->first_seq + (i - p->skip)};
        if (!err && i >= p->skip)
            err = k->op(k->ctx, p, &at, bytes);
    }
    return err;
}

static int walk_begin(struct trace_walk *k)
{
    sam_buf_init(&k->plain, SAM_FRAME_INFLATED_BYTES_MAX);
    k->zip = sam_zip_new();
    return k->zip ? 0 : SAM_ENOMEM;
}

static void walk_end(struct trace_walk *k)
{
    sam_zip_free(k->zip);
    sam_buf_fini(&k->plain);
}

int trace_walk(struct store *st, struct trace_walk *k, uint64_t *csn)
{
    struct store_push p;
    int err = walk_begin(k);
    while (!err && (err = store_push_next(st, *csn, &p)) == 0) {
        err = batch_walk(k, &p);
        *csn = p.first_csn + p.count - 1;
    }
    walk_end(k);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int batch_add(void *ctx, uint64_t first_csn)
{
    struct trace_batches *b = ctx;
    uint64_t *mem = sam_grow(b->first_csn, &b->room, b->count + 1, sizeof *mem);
    if (!mem)
        return SAM_ENOMEM;
    b->first_csn = mem;
    mem[b->count++] = first_csn;
    return 0;
}

int trace_about(struct store *st, struct trace_batches *b, uint64_t subject, uint64_t after)
{
    return store_push_about(st, subject, after, batch_add, b);
}

static int csn_order(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

int trace_walk_some(struct store *st, struct trace_walk *k, struct trace_batches *b)
{
    struct store_push p;
    int err = walk_begin(k);
    if (b->count)
        qsort(b->first_csn, b->count, sizeof *b->first_csn, csn_order);
    for (size_t i = 0; !err && i < b->count; i++) {
        if (i && b->first_csn[i] == b->first_csn[i - 1])
            continue;
        err = store_push_at_csn(st, b->first_csn[i], &p);
        err = err == SAM_ENOTFOUND ? SAM_ECORRUPT : err ? err : batch_walk(k, &p);
    }
    walk_end(k);
    return err;
}

static int trace_op(void *ctx, const struct store_push *p, const struct intake_traced *at, struct sam_span bytes)
{
    (void)p;
    return op_look(ctx, at, bytes);
}

int intake_trace(struct store *st, struct intake_trace *t)
{
    struct trace_walk k = {.op = trace_op, .ctx = t};
    return trace_walk(st, &k, &t->upto_csn);
}

void intake_trace_fini(struct intake_trace *t)
{
    free(t->op);
    free(t->own);
    *t = (struct intake_trace){0};
}
