/* Ops and rows: protobuf messages whose fields are those of proto/model/field.def. Written against the table instead of
 * generated structs, so that a new entity needs no line here and unknown fields are noticed instead of dropped. */
#include "proto/wire/codec.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };
enum { OP_USER = 1, OP_CLAIMED = 2, OP_OFFSET = 3, OP_BASE = 4, OP_KIND = 5, OP_CLEAR = 6 };
enum { ROW_CSN = 1, ROW_UNITS = 2, ROW_GONE = 3 };

static uint64_t zigzag(int64_t v)
{
    return (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
}
static int64_t unzigzag(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/* One field read in place. */
struct item {
    uint32_t tag, type;
    uint64_t num;         /* varint and fixed */
    struct sam_span text; /* bytes */
};

static int item_bytes(struct sam_span *in, struct item *f)
{
    uint64_t len;
    int n = sam_varint_get(in->ptr, in->len, &len);
    if (n <= 0 || n > SAM_VARINT_32_BYTES_MAX || len > in->len - (size_t)n)
        return SAM_EPROTO;
    f->text = (struct sam_span){in->ptr + n, (size_t)len};
    *in = (struct sam_span){in->ptr + n + len, in->len - (size_t)n - (size_t)len};
    return 1;
}

static int item_fixed(struct sam_span *in, struct item *f, size_t size)
{
    if (in->len < size)
        return SAM_EPROTO;
    f->num = 0;
    for (size_t i = 0; i < size; i++)
        f->num |= (uint64_t)in->ptr[i] << (8 * i);
    *in = (struct sam_span){in->ptr + size, in->len - size};
    return 1;
}

/* 1: an item; 0: the end; SAM_EPROTO. */
static int item_next(struct sam_span *in, struct item *f)
{
    uint64_t key;
    if (in->len == 0)
        return 0;
    int n = sam_varint_get(in->ptr, in->len, &key);
    if (n <= 0 || n > SAM_VARINT_32_BYTES_MAX || key >> 3 == 0 || key > UINT32_MAX)
        return SAM_EPROTO;
    *in = (struct sam_span){in->ptr + n, in->len - (size_t)n};
    f->tag = (uint32_t)(key >> 3);
    f->type = (uint32_t)(key & 7);
    switch (f->type) {
    case WIRE_VARINT:
        n = sam_varint_get(in->ptr, in->len, &f->num);
        if (n <= 0)
            return SAM_EPROTO;
        *in = (struct sam_span){in->ptr + n, in->len - (size_t)n};
        return 1;
    case WIRE_BYTES: return item_bytes(in, f);
    case WIRE_FIXED64: return item_fixed(in, f, 8);
    case WIRE_FIXED32: return item_fixed(in, f, 4);
    default: return SAM_EPROTO;
    }
}

static const struct sam_field_def *field_by_tag(const struct sam_entity_def *def, uint32_t tag, unsigned *index)
{
    for (unsigned i = 0; i < def->field_count; i++)
        if (def->field[i].tag == tag) {
            *index = i;
            return &def->field[i];
        }
    return NULL;
}

static int row_item(const struct sam_entity_def *def, const struct item *f, struct sam_row *row)
{
    unsigned index;
    if (f->tag <= def->key_count) {
        if (f->type != WIRE_VARINT)
            return SAM_EPROTO;
        row->key.part[f->tag - 1] = f->num;
        return 0;
    }
    if (f->tag == SAM_OTHER_TAG)
        return f->type == WIRE_BYTES ? 0 : SAM_EPROTO;
    const struct sam_field_def *field = field_by_tag(def, f->tag, &index);
    if (!field) {
        row->newer = true;
        return 0;
    }
    if (f->type != (field->type == SAM_TYPE_TEXT ? WIRE_BYTES : WIRE_VARINT))
        return SAM_EPROTO;
    if (field->type == SAM_TYPE_TEXT)
        sam_row_set_text(row, index, f->text.ptr, f->text.len);
    else
        sam_row_set(row, index, field->type == SAM_TYPE_SINT ? unzigzag(f->num) : (int64_t)f->num);
    return 0;
}

int sam_row_decode(uint8_t entity, struct sam_span in, struct sam_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    struct item f;
    int rc;
    sam_row_init(row, entity);
    if (!def)
        return SAM_EPROTO;
    while ((rc = item_next(&in, &f)) == 1)
        if ((rc = row_item(def, &f, row)))
            return rc;
    return rc;
}

int sam_op_decode(struct sam_span in, struct sam_op *op)
{
    struct item f;
    int rc, rows = 0;
    memset(op, 0, offsetof(struct sam_op, row));
    sam_row_init(&op->row, SAM_ENTITY_NONE);
    if (in.len > SAM_OP_BYTES_MAX)
        return SAM_ETOOBIG;
    while ((rc = item_next(&in, &f)) == 1) {
        if (f.type == WIRE_BYTES && sam_entity_find(f.tag)) {
            if (rows++ || sam_row_decode((uint8_t)f.tag, f.text, &op->row))
                return SAM_EPROTO;
            continue;
        }
        if (f.tag <= OP_CLEAR && f.type != WIRE_VARINT)
            return SAM_EPROTO;
        switch (f.tag) {
        case OP_USER: op->user = f.num; break;
        case OP_CLAIMED: op->claimed_s = unzigzag(f.num); break;
        case OP_OFFSET: op->utc_offset_min = (int32_t)unzigzag(f.num & UINT32_MAX); break;
        case OP_BASE: op->base_csn = f.num; break;
        case OP_KIND:
            if (f.num > SAM_OP_TOMBSTONE)
                return SAM_EPROTO;
            op->kind = (uint8_t)f.num;
            break;
        case OP_CLEAR: op->clear = (uint32_t)f.num; break;
        default: op->row.newer = true; break;
        }
    }
    return rc;
}

int sam_row_state_decode(struct sam_span in, struct sam_row_state *r)
{
    struct item f;
    int rc, rows = 0;
    r->csn = 0;
    r->units = 0;
    r->gone = SAM_HERE;
    r->others = (struct sam_span){0};
    sam_row_init(&r->row, SAM_ENTITY_NONE);
    while ((rc = item_next(&in, &f)) == 1) {
        if (f.type == WIRE_BYTES && sam_entity_find(f.tag)) {
            if (rows++ || sam_row_decode((uint8_t)f.tag, f.text, &r->row))
                return SAM_EPROTO;
            continue;
        }
        if (f.tag <= ROW_GONE && f.type != WIRE_VARINT)
            return SAM_EPROTO;
        switch (f.tag) {
        case ROW_CSN: r->csn = f.num; break;
        case ROW_UNITS: r->units = (uint32_t)f.num; break;
        case ROW_GONE:
            if (f.num > SAM_LEFT)
                return SAM_EPROTO;
            r->gone = (uint8_t)f.num;
            break;
        default: r->row.newer = true; break;
        }
    }
    return rc;
}

/* ---- encoding. Everything is written into room that was reserved once for the worst case. */

static uint8_t *put_num(uint8_t *p, uint32_t tag, uint64_t v)
{
    p += sam_varint_put(p, tag << 3 | WIRE_VARINT);
    return p + sam_varint_put(p, v);
}

static uint8_t *put_num_unless_0(uint8_t *p, uint32_t tag, uint64_t v)
{
    return v ? put_num(p, tag, v) : p;
}

static uint8_t *put_field(uint8_t *p, const struct sam_field_def *f, const struct sam_val *v)
{
    if (f->type != SAM_TYPE_TEXT)
        return put_num(p, f->tag, f->type == SAM_TYPE_SINT ? zigzag(v->num) : (uint64_t)v->num);
    p += sam_varint_put(p, (uint32_t)f->tag << 3 | WIRE_BYTES);
    p += sam_varint_put(p, v->text.len);
    if (v->text.len)
        memcpy(p, v->text.ptr, v->text.len);
    return p + v->text.len;
}

/* Room that any row of ${def} needs: 12 bytes a number, 6 and its length a text. */
static size_t row_room(const struct sam_row *row, const struct sam_entity_def *def)
{
    size_t room = 12u * SAM_KEY_PARTS_MAX;
    for (unsigned i = 0; i < def->field_count; i++)
        if (sam_row_has(row, i))
            room += def->field[i].type == SAM_TYPE_TEXT ? 12 + row->val[i].text.len : 12;
    return room;
}

static uint8_t *put_row(uint8_t *p, const struct sam_row *row, const struct sam_entity_def *def)
{
    for (unsigned i = 0; i < def->key_count; i++)
        p = put_num_unless_0(p, i + 1, row->key.part[i]);
    for (unsigned i = 0; i < def->field_count; i++)
        if (sam_row_has(row, i))
            p = put_field(p, &def->field[i], &row->val[i]);
    return p;
}

/* The row as a submessage. Its length comes before it: it is written after room for the longest length, then moved. */
static uint8_t *put_row_in(uint8_t *p, const struct sam_row *row, const struct sam_entity_def *def,
                           struct sam_span others)
{
    p += sam_varint_put(p, (uint32_t)def->tag << 3 | WIRE_BYTES);
    uint8_t *body = p + 3, *end = put_row(body, row, def);
    if (others.len)
        memcpy(end, others.ptr, others.len);
    end += others.len;
    size_t len = (size_t)(end - body);
    p += sam_varint_put(p, len);
    memmove(p, body, len);
    return p + len;
}

#define OP_HEAD_ROOM 80u

static uint8_t *room_for(struct sam_buf *b, const struct sam_row *row, const struct sam_entity_def *def, size_t head,
                         int *err)
{
    size_t room = row_room(row, def) + head;
    *err = room > SAM_OP_BYTES_MAX + OP_HEAD_ROOM || room > sam_buf_room(b) ? SAM_ETOOBIG : 0;
    uint8_t *p = *err ? NULL : sam_buf_reserve(b, room);
    if (!*err && !p)
        *err = SAM_ENOMEM;
    return p;
}

int sam_row_encode(struct sam_buf *b, const struct sam_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    SAM_ASSERT(def);
    int err;
    uint8_t *p = room_for(b, row, def, 0, &err);
    if (!err)
        sam_buf_commit(b, (size_t)(put_row(p, row, def) - p));
    return err;
}

int sam_op_encode(struct sam_buf *b, const struct sam_op *op)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    SAM_ASSERT(def);
    int err;
    uint8_t *start = room_for(b, &op->row, def, OP_HEAD_ROOM, &err), *p = start;
    if (err)
        return err;
    p = put_num_unless_0(p, OP_USER, op->user);
    p = put_num_unless_0(p, OP_CLAIMED, zigzag(op->claimed_s));
    p = put_num_unless_0(p, OP_OFFSET, zigzag(op->utc_offset_min));
    p = put_num_unless_0(p, OP_BASE, op->base_csn);
    p = put_num_unless_0(p, OP_KIND, op->kind);
    p = put_num_unless_0(p, OP_CLEAR, op->clear);
    p = put_row_in(p, &op->row, def, (struct sam_span){0});
    sam_buf_commit(b, (size_t)(p - start));
    return 0;
}

int sam_row_state_encode(struct sam_buf *b, const struct sam_row_state *r)
{
    const struct sam_entity_def *def = sam_entity_find(r->row.key.entity);
    SAM_ASSERT(def);
    int err;
    uint8_t *start = room_for(b, &r->row, def, OP_HEAD_ROOM + r->others.len, &err), *p = start;
    if (err)
        return err;
    p = put_num_unless_0(p, ROW_CSN, r->csn);
    p = put_num_unless_0(p, ROW_UNITS, r->units);
    p = put_num_unless_0(p, ROW_GONE, r->gone);
    p = put_row_in(p, &r->row, def, r->others);
    sam_buf_commit(b, (size_t)(p - start));
    return 0;
}

/* ---- what others say */

enum { OTHER_UNIT = 1, OTHER_DEVICE = 2, OTHER_VALUE = 3, OTHER_ROOM = 48 };

int sam_other_add(struct sam_buf *b, uint8_t unit, uint64_t device_no, struct sam_span value)
{
    uint8_t head[OTHER_ROOM], *p = head, *start;
    p = put_num_unless_0(p, OTHER_UNIT, unit);
    p = put_num(p, OTHER_DEVICE, device_no);
    p += sam_varint_put(p, OTHER_VALUE << 3 | WIRE_BYTES);
    p += sam_varint_put(p, value.len);
    size_t head_len = (size_t)(p - head);
    if (value.len > SAM_OP_BYTES_MAX)
        return SAM_ETOOBIG;
    start = sam_buf_reserve(b, head_len + value.len + OTHER_ROOM);
    if (!start)
        return SAM_ENOMEM;
    p = start + sam_varint_put(start, SAM_OTHER_TAG << 3 | WIRE_BYTES);
    p += sam_varint_put(p, head_len + value.len);
    memcpy(p, head, head_len);
    if (value.len)
        memcpy(p + head_len, value.ptr, value.len);
    sam_buf_commit(b, (size_t)(p - start) + head_len + value.len);
    return 0;
}

static int other_read(struct sam_span in, struct sam_other *out)
{
    struct item f;
    int rc;
    *out = (struct sam_other){0};
    while ((rc = item_next(&in, &f)) == 1) {
        if (f.tag <= OTHER_VALUE && (f.type == WIRE_BYTES) != (f.tag == OTHER_VALUE))
            return SAM_EPROTO;
        if (f.tag == OTHER_UNIT && f.num < SAM_UNITS_MAX)
            out->unit = (uint8_t)f.num;
        else if (f.tag == OTHER_UNIT)
            return SAM_EPROTO;
        else if (f.tag == OTHER_DEVICE)
            out->device_no = f.num;
        else if (f.tag == OTHER_VALUE)
            out->value = f.text;
    }
    return rc;
}

int sam_other_next(struct sam_walk *w, struct sam_other *out)
{
    struct item f;
    int rc;
    while ((rc = item_next(&w->rest, &f)) == 1)
        if (f.tag == SAM_OTHER_TAG && f.type == WIRE_BYTES)
            return (rc = other_read(f.text, out)) ? rc : 1;
    return rc;
}
