/* All that was ever said of some people: a walk over every batch, with no index, for it is asked once in a while and must miss
 * nothing: rows are only what is left of it. */
#include "server/intake/intake_int.h"
#include "server/intake/people.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

#include <stdlib.h>
#include <string.h>

static int grow(void **mem, size_t *room, size_t count, size_t size)
{
    size_t more = *room ? 2 * *room : 64;
    if (count < *room)
        return 0;
    void *larger = realloc(*mem, more * size);
    if (!larger)
        return SAM_ENOMEM;
    *mem = larger;
    *room = more;
    return 0;
}

static int own_add(struct intake_trace *t, const struct sam_key *key)
{
    void *mem = t->own;
    int err = grow(&mem, &t->own_room, t->owns, sizeof *t->own);
    t->own = mem;
    if (!err)
        t->own[t->owns++] = *key;
    return err;
}

static int op_add(struct intake_trace *t, const struct intake_traced *at)
{
    void *mem = t->op;
    int err = grow(&mem, &t->room, t->count, sizeof *t->op);
    t->op = mem;
    if (!err)
        t->op[t->count++] = *at;
    return err;
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

static int batch_next(struct store *st, const struct trace_walk *k, uint64_t after, struct store_push *p)
{
    return k->session ? store_push_about_next(st, k->session, after, p) : store_push_next(st, after, p);
}

int trace_walk(struct store *st, struct trace_walk *k, uint64_t *csn)
{
    struct store_push p;
    sam_buf_init(&k->plain, SAM_FRAME_INFLATED_BYTES_MAX);
    k->zip = sam_zip_new();
    int err = k->zip ? 0 : SAM_ENOMEM;
    while (!err && (err = batch_next(st, k, *csn, &p)) == 0) {
        err = batch_walk(k, &p);
        *csn = p.first_csn + p.count - 1;
    }
    sam_zip_free(k->zip);
    sam_buf_fini(&k->plain);
    return err == SAM_ENOTFOUND ? 0 : err;
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
