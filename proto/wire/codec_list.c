/* Messages that hold lists (PUSH, CHANGES, SNAP_CHUNK): fields of wire type 2 with one tag number, walked in place. */
#include "proto/base/err.h"
#include "proto/wire/codec_int.h"

#include <pb_encode.h>
#include <string.h>

/* Their numbers in proto/samling.proto; the generated header leaves them out together with the fields. */
enum { TAG_PUSH_OP = 4, TAG_PUSH_ORIGIN = 5, TAG_CHANGES_ROW = 7, TAG_SNAP_ROW = 8 };

static int list_add(struct sam_buf *b, unsigned tag, struct sam_span item)
{
    if (sam_buf_room(b) < item.len + 12)
        return SAM_ETOOBIG;
    int err = sam_buf_add_varint(b, tag << 3 | 2u);
    if (!err)
        err = sam_buf_add_varint(b, item.len);
    return err ? err : sam_buf_add(b, item.ptr, item.len);
}

static int list_next(struct sam_walk *w, uint32_t want, struct sam_span *item)
{
    uint32_t tag, type;
    for (;;) {
        int rc = sam_pb_field_next(&w->rest, &tag, &type, item);
        if (rc != 1)
            return rc;
        if (tag == want && type == 2)
            return 1;
        if (tag == want)
            return SAM_EPROTO;
    }
}

static int list_count(struct sam_span body, uint32_t tag, unsigned max, unsigned *count)
{
    struct sam_walk w = {body};
    struct sam_span item;
    int rc;
    *count = 0;
    while ((rc = list_next(&w, tag, &item)) == 1)
        if (++*count > max)
            return SAM_ETOOBIG;
    return rc;
}

int sam_push_add_op(struct sam_buf *b, struct sam_span op)
{
    return list_add(b, TAG_PUSH_OP, op);
}
int sam_changes_add_row(struct sam_buf *b, struct sam_span row)
{
    return list_add(b, TAG_CHANGES_ROW, row);
}
int sam_snap_add_row(struct sam_buf *b, struct sam_span row)
{
    return list_add(b, TAG_SNAP_ROW, row);
}
int sam_push_next_op(struct sam_walk *w, struct sam_span *op)
{
    return list_next(w, TAG_PUSH_OP, op);
}
int sam_push_blank(struct sam_span body, struct sam_buf *out,
                   int (*blank)(void *ctx, uint64_t index, struct sam_span op), void *ctx)
{
    struct sam_span rest = body, item;
    uint64_t index = 0;
    uint32_t tag, type;
    int rc, empty;
    for (;;) {
        const uint8_t *from = rest.ptr;
        rc = sam_pb_field_next(&rest, &tag, &type, &item);
        if (rc != 1)
            return rc;
        empty = tag == TAG_PUSH_OP && type == 2 ? blank(ctx, index++, item) : 0;
        if (empty < 0)
            return empty;
        rc = empty ? list_add(out, TAG_PUSH_OP, (struct sam_span){0})
                   : sam_buf_add(out, from, (size_t)(rest.ptr - from));
        if (rc)
            return rc;
    }
}
int sam_changes_next_row(struct sam_walk *w, struct sam_span *row)
{
    return list_next(w, TAG_CHANGES_ROW, row);
}
int sam_snap_next_row(struct sam_walk *w, struct sam_span *row)
{
    return list_next(w, TAG_SNAP_ROW, row);
}

int sam_push_add_origin(struct sam_buf *b, const struct sam_origin *o)
{
    uint8_t tmp[samling_Origin_size];
    samling_Origin m = {.index = o->index, .device_no = o->device_no, .seq = o->seq, .epoch = o->epoch, .csn = o->csn};
    if (o->device_no) {
        m.hash.size = sizeof o->hash;
        memcpy(m.hash.bytes, o->hash, sizeof o->hash);
    }
    pb_ostream_t out = pb_ostream_from_buffer(tmp, sizeof tmp);
    if (!pb_encode(&out, samling_Origin_fields, &m))
        return SAM_EPROTO;
    return list_add(b, TAG_PUSH_ORIGIN, (struct sam_span){tmp, out.bytes_written});
}

int sam_push_next_origin(struct sam_walk *w, struct sam_origin *o)
{
    struct sam_span item;
    int rc = list_next(w, TAG_PUSH_ORIGIN, &item);
    if (rc != 1)
        return rc;
    samling_Origin m = samling_Origin_init_zero;
    if (sam_pb_get(item, samling_Origin_fields, &m) || (m.device_no && m.hash.size != sizeof o->hash))
        return SAM_EPROTO;
    *o = (struct sam_origin){.index = m.index, .device_no = m.device_no, .seq = m.seq, .epoch = m.epoch, .csn = m.csn};
    memcpy(o->hash, m.hash.bytes, m.hash.size);
    return 1;
}

/* ---- their messages */

int sam_push_encode(struct sam_buf *b, const struct sam_push *p)
{
    samling_Push m = {p->first_seq, p->epoch, p->chain};
    return sam_pb_put(b, samling_Push_fields, &m);
}

int sam_push_decode(struct sam_span in, struct sam_push *p)
{
    samling_Push m = samling_Push_init_zero;
    int err = sam_pb_get(in, samling_Push_fields, &m);
    *p = (struct sam_push){.first_seq = m.first_seq, .epoch = m.epoch, .chain = m.chain, .body = in};
    if (!err)
        err = list_count(in, TAG_PUSH_OP, SAM_PUSH_OPS_MAX, &p->op_count);
    if (!err)
        err = list_count(in, TAG_PUSH_ORIGIN, SAM_PUSH_OPS_MAX, &p->origin_count);
    struct sam_walk w = {in};
    struct sam_origin origin;
    int rc = 1;
    while (!err && rc == 1)
        rc = sam_push_next_origin(&w, &origin);
    return err ? err : rc;
}

int sam_changes_encode(struct sam_buf *b, const struct sam_changes *c)
{
    samling_Changes m = {
        .scope = c->scope, .entity = c->entity, .at_csn = c->at_csn, .low = c->low, .run = c->run, .fill = c->fill};
    return sam_pb_put(b, samling_Changes_fields, &m);
}

int sam_changes_decode(struct sam_span in, struct sam_changes *c)
{
    samling_Changes m = samling_Changes_init_zero;
    int err = sam_pb_get(in, samling_Changes_fields, &m);
    *c = (struct sam_changes){.scope = m.scope,
                              .at_csn = m.at_csn,
                              .low = m.low,
                              .run = m.run,
                              .entity = m.entity,
                              .fill = m.fill,
                              .body = in};
    return err ? err : list_count(in, TAG_CHANGES_ROW, SAM_FRAME_INFLATED_BYTES_MAX, &c->row_count);
}

int sam_snap_chunk_encode(struct sam_buf *b, const struct sam_snap_chunk *c)
{
    samling_SnapChunk m = {.scope = c->scope,
                           .entity = c->entity,
                           .start_csn = c->start_csn,
                           .total_rows = c->total_rows,
                           .last = c->last,
                           .hash = c->hash};
    m.after_count = (pb_size_t)c->after_count;
    memcpy(m.after, c->after, sizeof c->after);
    return sam_pb_put(b, samling_SnapChunk_fields, &m);
}

int sam_snap_chunk_decode(struct sam_span in, struct sam_snap_chunk *c)
{
    samling_SnapChunk m = samling_SnapChunk_init_zero;
    int err = sam_pb_get(in, samling_SnapChunk_fields, &m);
    *c = (struct sam_snap_chunk){.scope = m.scope,
                                 .start_csn = m.start_csn,
                                 .total_rows = m.total_rows,
                                 .hash = m.hash,
                                 .entity = m.entity,
                                 .after_count = m.after_count,
                                 .last = m.last,
                                 .body = in};
    memcpy(c->after, m.after, sizeof c->after);
    return err ? err : list_count(in, TAG_SNAP_ROW, SAM_CHUNK_ROWS_MAX, &c->row_count);
}
