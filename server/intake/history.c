/* What was said and by whom, read again for people: an op as it came, and the values that live in a unit now. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

int intake_op_look(struct store *st, struct sam_zip *zip, uint64_t csn, struct intake_op *out)
{
    struct store_push p;
    struct sam_span bytes = {0};
    *out = (struct intake_op){.csn = csn};
    sam_buf_init(&out->plain, SAM_FRAME_INFLATED_BYTES_MAX);
    sam_buf_init(&out->raw, SAM_OP_BYTES_MAX);
    int err = store_push_at_csn(st, csn, &p);
    if (!err && csn >= p.first_csn + p.count)
        err = SAM_ENOTFOUND;
    if (!err)
        err = push_op_bytes(zip, &p, csn, &out->plain, &bytes);
    if (!err) /* the batch is borrowed from a statement */
        err = sam_buf_add(&out->raw, bytes.ptr, bytes.len);
    if (err)
        return err;
    out->device_no = p.device_no;
    out->seq = p.first_seq + (out->csn - p.first_csn);
    out->received_s = p.received_s;
    out->readable = sam_op_decode(sam_buf_peek(&out->raw), &out->op) == 0;
    return 0;
}

int intake_op_at(struct intake *in, uint64_t csn, struct intake_op *out)
{
    uint64_t op_csn;
    *out = (struct intake_op){.csn = csn};
    int err = candidate_op_csn(in, csn, &op_csn);
    return err ? err : intake_op_look(in->st, in->zip, op_csn, out);
}

void intake_op_fini(struct intake_op *op)
{
    sam_buf_fini(&op->plain);
    sam_buf_fini(&op->raw);
}

/* A value that stands alone borrows its text from the row's statement: it is given memory of its own. */
static int value_own(struct candidate_set *cs, uint8_t entity, unsigned unit)
{
    struct store_candidate *s = &cs->stored[0];
    struct sam_row only = cs->value[0];
    only.present &= sam_unit_fields(sam_entity_find(entity), 1u << unit);
    int err = sam_row_encode(&cs->bytes, &only);
    s->value_len = (uint32_t)sam_buf_len(&cs->bytes);
    if (!err && s->value_len > sizeof s->value)
        err = SAM_ETOOBIG;
    if (err)
        return err;
    memcpy(s->value, sam_buf_peek(&cs->bytes).ptr, s->value_len);
    return sam_row_decode(entity, (struct sam_span){s->value, s->value_len}, &cs->value[0]);
}

static int unit_load(struct intake *in, const struct sam_key *key, unsigned unit, struct candidate_set *cs)
{
    struct store_row row;
    int err = store_row_get(in->st, key, &row);
    if (err || !row.exists || row.dead > 0)
        return err;
    err = candidates_load(in, &row, unit, cs);
    return err || cs->set.count != 1 ? err : value_own(cs, key->entity, unit);
}

/* The same for readers: who said a value that stands alone is not asked. */
static int unit_look(struct store *st, const struct sam_key *key, unsigned unit, struct candidate_set *cs)
{
    struct store_row row;
    int err = store_row_get(st, key, &row);
    if (err || !row.exists || row.dead > 0)
        return err;
    struct store_rev rev = store_row_rev(&row, unit);
    if (rev.many)
        return candidates_stored(st, &row, unit, cs);
    if (!rev.csn)
        return 0;
    cs->set.count = 1;
    cs->set.at[0] = (struct sam_candidate){.csn = rev.csn, .value = &cs->value[0]};
    cs->value[0] = row.row;
    return value_own(cs, key->entity, unit);
}

static int unit_open(struct intake *in, struct store *st, const struct sam_key *key, unsigned unit,
                     struct intake_unit *out)
{
    struct candidate_set *cs = calloc(1, sizeof *cs);
    *out = (struct intake_unit){.memory = cs};
    if (!cs)
        return SAM_ENOMEM;
    sam_buf_init(&cs->bytes, SAM_OP_BYTES_MAX);
    int err = in ? unit_load(in, key, unit, cs) : unit_look(st, key, unit, cs);
    if (!err && cs->set.count)
        sam_fold(sam_entity_find(key->entity), unit, &cs->set, &out->fold);
    out->set = &cs->set;
    return err;
}

int intake_unit_open(struct intake *in, const struct sam_key *key, unsigned unit, struct intake_unit *out)
{
    return unit_open(in, in->st, key, unit, out);
}

int intake_unit_look(struct store *st, const struct sam_key *key, unsigned unit, struct intake_unit *out)
{
    return unit_open(NULL, st, key, unit, out);
}

void intake_unit_close(struct intake_unit *u)
{
    struct candidate_set *cs = u->memory;
    if (cs)
        sam_buf_fini(&cs->bytes);
    free(cs);
    *u = (struct intake_unit){0};
}
