/* Goal: the codec, nanopb's generated structs and Google's protobuf (tests/golden) agree on every byte of every message,
 * and whatever bytes come, a decoder gives a whole struct or an error. */
#include "proto/base/err.h"
#include "proto/wire/codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pb_common.h>
#include <pb_decode.h>
#include <pb_encode.h>

#include "samling.pb.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BODY_MAX SAM_FRAME_INFLATED_BYTES_MAX

static void assert_bytes(struct sam_span got, struct sam_span want)
{
    assert_int_equal(got.len, want.len);
    if (want.len)
        assert_memory_equal(got.ptr, want.ptr, want.len);
}

/* A copy in memory of exactly that size, so that a sanitiser sees every byte read beyond it. */
static struct sam_span exact(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    memcpy(copy, p, n);
    return (struct sam_span){copy, n};
}

static void exact_free(struct sam_span s)
{
    free((void *)(uintptr_t)s.ptr);
}

/* ---- the generated structs, filled by tag number */

static void pb_set(const pb_msgdesc_t *desc, void *message, uint32_t tag, int64_t num, struct sam_span text)
{
    pb_field_iter_t at;
    assert_true(pb_field_iter_begin(&at, desc, message));
    assert_true(pb_field_iter_find(&at, tag));
    if (PB_HTYPE(at.type) == PB_HTYPE_OPTIONAL && at.pSize) /* a plain proto3 field has the type, but no has_ */
        *(bool *)at.pSize = true;
    if (PB_LTYPE(at.type) == PB_LTYPE_STRING) {
        assert_true(text.len < at.data_size);
        if (text.len)
            memcpy(at.pData, text.ptr, text.len);
        ((char *)at.pData)[text.len] = 0;
    } else if (at.data_size == 8) {
        *(int64_t *)at.pData = num;
    } else {
        assert_int_equal(at.data_size, 4);
        *(int32_t *)at.pData = (int32_t)num;
    }
}

/* The entity message inside a generated Op or Row, chosen and empty. */
static void *pb_choose(const pb_msgdesc_t *desc, void *message, uint32_t tag, const pb_msgdesc_t **inner)
{
    pb_field_iter_t at;
    assert_true(pb_field_iter_begin(&at, desc, message));
    assert_true(pb_field_iter_find(&at, tag));
    *(pb_size_t *)at.pSize = (pb_size_t)tag;
    *inner = at.submsg_desc;
    return at.pData;
}

static size_t pb_bytes(const pb_msgdesc_t *desc, const void *message, uint8_t *to, size_t room)
{
    pb_ostream_t out = pb_ostream_from_buffer(to, room);
    assert_true(pb_encode(&out, desc, message));
    return out.bytes_written;
}

/* ---- ops and rows against the generated structs */

static char text_of[SAM_OP_BYTES_MAX];

/* Value ${which} of a field: its least, its largest, one between. */
static void field_fill(struct sam_row *row, unsigned i, const struct sam_field_def *f, int which)
{
    int64_t num = which == 0 ? f->min : which == 1 ? f->max : f->min + (f->max - f->min) / 2;
    if (f->type == SAM_TYPE_TEXT)
        sam_row_set_text(row, i, text_of, (size_t)num);
    else
        sam_row_set(row, i, num);
}

static void rows_equal(const struct sam_row *a, const struct sam_row *b)
{
    const struct sam_entity_def *def = sam_entity_find(a->key.entity);
    assert_true(sam_key_equal(&a->key, &b->key));
    assert_int_equal(a->present, b->present);
    assert_int_equal(a->newer, b->newer);
    for (unsigned u = 0; u < def->unit_count; u++)
        assert_true(sam_row_unit_equal(a, b, u));
}

static void row_to_pb(const struct sam_row *row, const struct sam_entity_def *def, const pb_msgdesc_t *desc,
                      void *message)
{
    for (unsigned i = 0; i < def->key_count; i++)
        pb_set(desc, message, i + 1, (int64_t)row->key.part[i], (struct sam_span){0});
    for (unsigned i = 0; i < def->field_count; i++)
        if (sam_row_has(row, i))
            pb_set(desc, message, def->field[i].tag, row->val[i].num, row->val[i].text);
}

static void op_check(const struct sam_op *op, const struct sam_entity_def *def)
{
    static uint8_t theirs[SAM_OP_BYTES_MAX];
    struct sam_buf ours;
    sam_buf_init(&ours, SAM_OP_BYTES_MAX);
    assert_int_equal(sam_op_encode(&ours, op), 0);

    samling_Op m = {.user = op->user,
                    .claimed_s = op->claimed_s,
                    .utc_offset_min = op->utc_offset_min,
                    .base_csn = op->base_csn,
                    .kind = (samling_OpKind)op->kind,
                    .clear = op->clear};
    const pb_msgdesc_t *inner;
    void *row = pb_choose(samling_Op_fields, &m, def->tag, &inner);
    row_to_pb(&op->row, def, inner, row);
    size_t n = pb_bytes(samling_Op_fields, &m, theirs, sizeof theirs);
    assert_bytes(sam_buf_peek(&ours), (struct sam_span){theirs, n});

    struct sam_span packed = exact(theirs, n);
    struct sam_op back;
    assert_int_equal(sam_op_decode(packed, &back), 0);
    assert_true(back.user == op->user && back.claimed_s == op->claimed_s && back.base_csn == op->base_csn);
    assert_true(back.utc_offset_min == op->utc_offset_min && back.kind == op->kind && back.clear == op->clear);
    rows_equal(&back.row, &op->row);
    exact_free(packed);
    sam_buf_fini(&ours);
}

static void row_check(const struct sam_row_state *state, const struct sam_entity_def *def)
{
    static uint8_t theirs[SAM_OP_BYTES_MAX];
    struct sam_buf ours;
    sam_buf_init(&ours, SAM_OP_BYTES_MAX);
    assert_int_equal(sam_row_state_encode(&ours, state), 0);

    samling_Row m = {.csn = state->csn, .units = state->units, .gone = (samling_Gone)state->gone};
    const pb_msgdesc_t *inner;
    void *row = pb_choose(samling_Row_fields, &m, def->tag, &inner);
    row_to_pb(&state->row, def, inner, row);
    size_t n = pb_bytes(samling_Row_fields, &m, theirs, sizeof theirs);
    assert_bytes(sam_buf_peek(&ours), (struct sam_span){theirs, n});

    struct sam_row_state back;
    assert_int_equal(sam_row_state_decode((struct sam_span){theirs, n}, &back), 0);
    assert_true(back.csn == state->csn && back.units == state->units && back.gone == state->gone);
    rows_equal(&back.row, &state->row);

    /* the bare entity message */
    sam_buf_clear(&ours);
    assert_int_equal(sam_row_encode(&ours, &state->row), 0);
    n = pb_bytes(inner, row, theirs, sizeof theirs);
    assert_bytes(sam_buf_peek(&ours), (struct sam_span){theirs, n});
    assert_int_equal(sam_row_decode(def->tag, sam_buf_peek(&ours), &back.row), 0);
    rows_equal(&back.row, &state->row);
    sam_buf_fini(&ours);
}

static void both_check(const struct sam_row *row, const struct sam_entity_def *def, unsigned n)
{
    static const int64_t clocks[] = {0, -1, 1764000000, 4291747199, INT64_MIN, INT64_MAX};
    struct sam_op op = {.user = n % 3 ? (uint64_t)n << 40 | 5 : 0,
                        .claimed_s = clocks[n % COUNT(clocks)],
                        .utc_offset_min = (int32_t)(n % 1681) - 840,
                        .base_csn = n % 5 ? n : UINT64_MAX,
                        .kind = (uint8_t)(n % 3),
                        .clear = n % 7 ? 0 : n,
                        .row = *row};
    op_check(&op, def);
    struct sam_row_state state = {.csn = n % 4 ? n : UINT64_MAX, .units = n % 6, .gone = (uint8_t)(n % 3), .row = *row};
    row_check(&state, def);
}

static void key_fill(struct sam_row *row, const struct sam_entity_def *def, uint64_t first)
{
    sam_row_init(row, def->tag);
    for (unsigned k = 0; k < def->key_count; k++)
        row->key.part[k] = k == 0 ? first : sam_id_make(k + 3, 9);
}

static void test_every_field(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    unsigned n = 0;
    memset(text_of, 'x', sizeof text_of);
    for (unsigned e = 0; (def = sam_entity_at(e)); e++) {
        struct sam_row row;
        for (unsigned i = 0; i < def->field_count; i++)
            for (int which = 0; which < 3; which++) {
                key_fill(&row, def, which == 0 ? 0 : which == 1 ? INT64_MAX : 7);
                field_fill(&row, i, &def->field[i], which);
                both_check(&row, def, ++n);
            }
        for (int which = 0; which < 3; which++) { /* no field, all fields */
            key_fill(&row, def, 1);
            both_check(&row, def, ++n);
            for (unsigned i = 0; i < def->field_count; i++)
                field_fill(&row, i, &def->field[i], which);
            both_check(&row, def, ++n);
        }
        for (uint32_t mask = 0; mask < 1u << def->field_count; mask += 1 + mask / 40) { /* which are present */
            key_fill(&row, def, mask);
            for (unsigned i = 0; i < def->field_count; i++)
                if (mask >> i & 1u)
                    field_fill(&row, i, &def->field[i], 2);
            both_check(&row, def, ++n);
        }
    }
    assert_true(n > 500);
}

/* An op with every field of the entity, encoded. */
static size_t sample_op(const struct sam_entity_def *def, struct sam_op *op, uint8_t *to, size_t room)
{
    struct sam_buf b;
    *op = (struct sam_op){
        .user = 5, .claimed_s = 1764000000, .utc_offset_min = 60, .base_csn = 3, .kind = SAM_OP_SET, .clear = 1};
    key_fill(&op->row, def, 77);
    for (unsigned i = 0; i < def->field_count; i++)
        field_fill(&op->row, i, &def->field[i], 2);
    sam_buf_init(&b, room);
    assert_int_equal(sam_op_encode(&b, op), 0);
    size_t n = sam_buf_len(&b);
    memcpy(to, sam_buf_peek(&b).ptr, n);
    sam_buf_fini(&b);
    return n;
}

static void test_truncated_ops(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    uint8_t bytes[SAM_OP_BYTES_MAX];
    for (unsigned e = 0; (def = sam_entity_at(e)); e++) {
        struct sam_op op, cut_op;
        struct sam_row_state cut_row;
        size_t n = sample_op(def, &op, bytes, sizeof bytes);
        for (size_t cut = 0; cut < n; cut++) {
            struct sam_span part = exact(bytes, cut);
            int rc = sam_op_decode(part, &cut_op);
            assert_true(rc == SAM_EPROTO || (rc == 0 && cut_op.row.key.entity == SAM_ENTITY_NONE));
            rc = sam_row_state_decode(part, &cut_row);
            assert_true(rc == 0 || rc == SAM_EPROTO);
            rc = sam_row_decode(def->tag, part, &cut_row.row);
            assert_true(rc == 0 || rc == SAM_EPROTO);
            exact_free(part);
        }
    }
}

/* Every bit of every op turned over, and noise: an answer, and what it borrows lies within the bytes. */
static void op_any(struct sam_span in)
{
    struct sam_op op;
    struct sam_row_state row;
    int rc = sam_op_decode(in, &op);
    assert_true(rc == 0 || rc == SAM_EPROTO || rc == SAM_ETOOBIG);
    if (!rc && op.row.key.entity) {
        const struct sam_entity_def *def = sam_entity_find(op.row.key.entity);
        assert_non_null(def);
        for (unsigned i = 0; i < def->field_count; i++)
            if (sam_row_has(&op.row, i) && def->field[i].type == SAM_TYPE_TEXT)
                assert_true(op.row.val[i].text.ptr >= in.ptr &&
                            op.row.val[i].text.ptr + op.row.val[i].text.len <= in.ptr + in.len);
        sam_op_validate(&op, false);
        sam_op_units(&op);
    }
    rc = sam_row_state_decode(in, &row);
    assert_true(rc == 0 || rc == SAM_EPROTO);
}

static void test_any_bytes(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    uint8_t bytes[SAM_OP_BYTES_MAX];
    uint32_t seed = 7;
    for (unsigned e = 0; (def = sam_entity_at(e)); e++) {
        struct sam_op op;
        size_t n = sample_op(def, &op, bytes, sizeof bytes);
        struct sam_span all = exact(bytes, n);
        uint8_t *p = (uint8_t *)(uintptr_t)all.ptr;
        for (size_t i = 0; i < n; i++)
            for (unsigned bit = 0; bit < 8; bit++) {
                p[i] ^= (uint8_t)(1u << bit);
                op_any(all);
                p[i] ^= (uint8_t)(1u << bit);
            }
        for (int round = 0; round < 20000; round++) {
            memcpy(p, bytes, n);
            for (int k = 0; k < 3; k++) {
                seed = seed * 1664525u + 1013904223u;
                p[(seed >> 8) % n] = (uint8_t)(seed >> 24);
            }
            op_any(all);
        }
        exact_free(all);
    }
}

/* ---- what is not as the table says */

static size_t put_item(uint8_t *p, uint32_t tag, unsigned type)
{
    size_t n = sam_varint_put(p, tag << 3 | type);
    static const uint8_t value[8] = {1, 0, 0, 0, 0, 0, 0, 0};
    size_t len = type == 0 ? 1 : type == 1 ? 8 : type == 2 ? 2 : type == 5 ? 4 : 0;
    memcpy(p + n, value, len); /* for type 2: one byte of text, a zero */
    return n + len;
}

static void test_wrong_wire_types(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    static const unsigned types[] = {0, 1, 2, 3, 4, 5, 6, 7};
    uint8_t bytes[32];
    struct sam_op op;
    struct sam_row_state row;
    for (uint32_t tag = 1; tag <= 6; tag++)
        for (size_t t = 1; t < COUNT(types); t++) {
            size_t n = put_item(bytes, tag, types[t]);
            assert_int_equal(sam_op_decode((struct sam_span){bytes, n}, &op), SAM_EPROTO);
            if (tag <= 3)
                assert_int_equal(sam_row_state_decode((struct sam_span){bytes, n}, &row), SAM_EPROTO);
        }
    for (unsigned e = 0; (def = sam_entity_at(e)); e++) {
        for (uint32_t tag = 1; tag <= def->key_count; tag++)
            for (size_t t = 1; t < COUNT(types); t++) {
                size_t n = put_item(bytes, tag, types[t]);
                assert_int_equal(sam_row_decode(def->tag, (struct sam_span){bytes, n}, &row.row), SAM_EPROTO);
            }
        for (unsigned i = 0; i < def->field_count; i++)
            for (size_t t = 0; t < COUNT(types); t++) {
                size_t n = put_item(bytes, def->field[i].tag, types[t]);
                bool right = types[t] == (def->field[i].type == SAM_TYPE_TEXT ? 2u : 0u);
                assert_int_equal(sam_row_decode(def->tag, (struct sam_span){bytes, n}, &row.row),
                                 right ? 0 : SAM_EPROTO);
            }
    }
    /* tag 0, a tag of more than 32 bits, a row that is a number: malformed, or nothing this version knows */
    assert_int_equal(sam_op_decode((struct sam_span){(const uint8_t *)"\x00\x01", 2}, &op), SAM_EPROTO);
    assert_int_equal(sam_op_decode((struct sam_span){(const uint8_t *)"\xf8\xff\xff\xff\xff\x01\x01", 7}, &op),
                     SAM_EPROTO);
    assert_int_equal(sam_op_decode((struct sam_span){(const uint8_t *)"\x40\x01", 2}, &op), 0);
    assert_true(op.row.newer && op.row.key.entity == SAM_ENTITY_NONE);
}

/* Fields that this version does not know are skipped, and it is noted that there were some. */
static void test_unknown_fields(void **state)
{
    (void)state;
    const struct sam_entity_def *def;
    static const uint32_t tags[] = {7, 29, 30, 100, 2047, 536870911};
    static const unsigned types[] = {0, 1, 2, 5};
    for (unsigned e = 0; (def = sam_entity_at(e)); e++)
        for (size_t t = 0; t < COUNT(tags); t++)
            for (size_t k = 0; k < COUNT(types); k++) {
                uint8_t bytes[SAM_OP_BYTES_MAX + 64];
                struct sam_op op, back;
                size_t n = sample_op(def, &op, bytes, SAM_OP_BYTES_MAX);
                n += put_item(bytes + n, tags[t], types[k]);
                assert_int_equal(sam_op_decode((struct sam_span){bytes, n}, &back), 0);
                assert_true(back.row.newer);
                back.row.newer = false;
                rows_equal(&back.row, &op.row);
                if (tags[t] < 15)
                    continue;
                struct sam_buf b;
                sam_buf_init(&b, SAM_OP_BYTES_MAX);
                assert_int_equal(sam_row_encode(&b, &op.row), 0);
                n = sam_buf_len(&b);
                memcpy(bytes, sam_buf_peek(&b).ptr, n);
                n += put_item(bytes + n, tags[t], types[k]);
                assert_int_equal(sam_row_decode(def->tag, (struct sam_span){bytes, n}, &back.row), 0);
                assert_true(back.row.newer);
                sam_buf_fini(&b);
            }
    struct sam_row row;
    assert_int_equal(sam_row_decode(30, (struct sam_span){0}, &row), SAM_EPROTO);
    assert_int_equal(sam_row_decode(0, (struct sam_span){0}, &row), SAM_EPROTO);
}

static void test_odd_ops(void **state)
{
    (void)state;
    struct sam_op op;
    struct sam_row_state row;
    static const struct {
        const char *name, *bytes;
        size_t len;
        int want;
    } odd[] = {
        {"kind 3", "\x28\x03", 2, SAM_EPROTO},
        {"kind 2^64-1", "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, SAM_EPROTO},
        {"two rows", "\x42\x02\x08\x01\x42\x02\x08\x02", 8, SAM_EPROTO},
        {"two rows of different kinds", "\x42\x02\x08\x01\x4a\x02\x08\x02", 8, SAM_EPROTO},
        {"row longer than the op", "\x42\x03\x08\x01", 4, SAM_EPROTO},
        {"row of 4 GiB", "\x42\xff\xff\xff\xff\x0f\x08\x01", 8, SAM_EPROTO},
        {"row of 2^64-1", "\x42\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11, SAM_EPROTO},
        {"varint of 11 bytes", "\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 12, SAM_EPROTO},
        {"varint over 64 bits", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11, SAM_EPROTO},
        {"a field twice, the last counts", "\x42\x02\x08\x01\x08\x01\x08\x02", 8, 0},
        {"nothing", "", 0, 0},
    };
    for (size_t i = 0; i < COUNT(odd); i++) {
        int rc = sam_op_decode((struct sam_span){(const uint8_t *)odd[i].bytes, odd[i].len}, &op);
        if (rc != odd[i].want)
            fail_msg("%s: %s", odd[i].name, sam_err_name(rc));
    }
    assert_int_equal(sam_row_state_decode((struct sam_span){(const uint8_t *)"\x18\x03", 2}, &row), SAM_EPROTO);
    uint8_t *big = calloc(1, SAM_OP_BYTES_MAX + 1);
    assert_non_null(big);
    assert_int_equal(sam_op_decode((struct sam_span){big, SAM_OP_BYTES_MAX + 1}, &op), SAM_ETOOBIG);
    assert_int_equal(sam_op_decode((struct sam_span){big, SAM_OP_BYTES_MAX}, &op), SAM_EPROTO);
    free(big);
    /* no room in the buffer */
    struct sam_buf b;
    sam_buf_init(&b, 20);
    key_fill(&op.row, sam_entity_find(SAM_SESSION), 1);
    assert_int_equal(sam_op_encode(&b, &op), SAM_ETOOBIG);
    assert_int_equal(sam_buf_len(&b), 0);
    sam_buf_fini(&b);
}

/* ---- frames: decoded and encoded again to the bytes that Google's protobuf made */

union any {
    struct sam_hello hello;
    struct sam_welcome welcome;
    struct sam_push push;
    struct sam_ack ack;
    struct sam_pull pull;
    struct sam_scopes scopes;
    struct sam_changes changes;
    struct sam_scope_end scope_end;
    struct sam_snap_get snap_get;
    struct sam_snap_chunk snap_chunk;
    struct sam_verdicts verdicts;
    struct sam_join join;
    struct sam_joined joined;
    struct sam_ping ping;
    struct sam_bye bye;
    struct sam_error error;
    struct sam_op op;
    struct sam_row_state row;
};

#define WRAP(name, type)                                            \
    static int name##_decode(struct sam_span in, union any *m)      \
    {                                                               \
        return sam_##type##_decode(in, &m->name);                   \
    }                                                               \
    static int name##_encode(struct sam_buf *b, const union any *m) \
    {                                                               \
        return sam_##type##_encode(b, &m->name);                    \
    }
WRAP(hello, hello)
WRAP(welcome, welcome)
WRAP(push, push)
WRAP(ack, ack)
WRAP(pull, pull)
WRAP(scopes, scopes)
WRAP(changes, changes)
WRAP(scope_end, scope_end)
WRAP(snap_get, snap_get)
WRAP(snap_chunk, snap_chunk)
WRAP(verdicts, verdicts)
WRAP(join, join)
WRAP(joined, joined)
WRAP(ping, ping)
WRAP(bye, bye)
WRAP(error, error)
WRAP(op, op)
WRAP(row, row_state)

/* The numbers that tests/golden/check.py gives: 1000 + tag, in a list 100 more for the second. */
#define IS(field, tag) assert_true((uint64_t)(field) == 1000 + (tag))
#define IS_TEXT(field, tag) assert_string_equal(field, "tekst " #tag " æøå")

static void hello_numbered(const union any *any)
{
    const struct sam_hello *m = &any->hello;
    IS(m->protocol, 1), IS(m->schema, 2), IS(m->device_no, 3), IS(m->counter, 4), IS(m->clock_s, 5), IS(m->boot, 6);
    IS(m->mono_s, 7), IS(m->last_seq, 8), IS(m->oldest_seq, 9), IS(m->acked_seq, 10), IS(m->acked_chain, 11);
    IS(m->oldest_chain, 12), IS(m->oldest_age_s, 13), IS(m->epoch, 14);
    assert_int_equal(m->ticket_len, 256);
    assert_int_equal(m->ticket[255], 255);
}

static void welcome_numbered(const union any *any)
{
    const struct sam_welcome *m = &any->welcome;
    IS(m->epoch, 1), IS(m->acked_seq, 2), IS(m->acked_chain, 3), IS(m->server_time_s, 6), IS(m->safe_seq, 8);
    IS(m->audit_count, 9), IS(m->audit_head, 10);
    assert_int_equal(m->tier, 1);
    assert_int_equal(m->state, SAM_DEVICE_WIPED);
    assert_int_equal(m->range_count, 2);
    IS(m->range[0].first_seq, 1), IS(m->range[1].first_csn, 2), IS(m->range[1].count, 3);
}

static void push_numbered(const union any *any)
{
    const struct sam_push *m = &any->push;
    struct sam_walk ops = {m->body}, origins = {m->body};
    struct sam_span op;
    struct sam_origin o;
    IS(m->first_seq, 1), IS(m->epoch, 2), IS(m->chain, 3);
    assert_int_equal(m->op_count, 2);
    assert_int_equal(m->origin_count, 2);
    assert_int_equal(sam_push_next_op(&ops, &op), 1);
    assert_bytes(op, (struct sam_span){(const uint8_t *)"op", 3});
    assert_int_equal(sam_push_next_origin(&origins, &o), 1);
    IS(o.index, 1), IS(o.device_no, 2), IS(o.seq, 3), IS(o.epoch, 5), IS(o.csn, 6);
    assert_int_equal(o.hash[15], 15);
}

static void ack_numbered(const union any *any)
{
    IS(any->ack.seq, 1), IS(any->ack.csn, 2), IS(any->ack.centre_seq, 3);
}

static void pull_numbered(const union any *any)
{
    const struct sam_pull *m = &any->pull;
    IS(m->epoch, 1), IS(m->csn, 2), IS(m->verdict_csn, 3), IS(m->low, 4), IS(m->run, 5), IS(m->scope, 6),
        IS(m->entity, 7);
    IS(m->at_csn, 8), IS(m->filling[0], 9), IS(m->filling[1], 109);
    assert_int_equal(m->filling_count, 2);
    assert_true(m->verify);
}

static void scopes_numbered(const union any *any)
{
    const struct sam_scopes *m = &any->scopes;
    assert_int_equal(m->scope_count, 2);
    IS(m->scope[1].id, 1), IS(m->scope[1].since_csn, 2), IS(m->cut_csn, 3);
    assert_true(m->cut);
}

static void changes_numbered(const union any *any)
{
    const struct sam_changes *m = &any->changes;
    IS(m->scope, 1), IS(m->entity, 2), IS(m->at_csn, 3), IS(m->low, 4), IS(m->run, 5);
    assert_true(m->fill);
    assert_int_equal(m->row_count, 2);
}

static void scope_end_numbered(const union any *any)
{
    const struct sam_scope_end *m = &any->scope_end;
    IS(m->scope, 1), IS(m->csn, 2), IS(m->rows, 3), IS(m->sum, 4), IS(m->window_day, 5);
}

static void snap_get_numbered(const union any *any)
{
    const struct sam_snap_get *m = &any->snap_get;
    IS(m->scope, 1), IS(m->entity, 2), IS(m->after[0], 3), IS(m->after[1], 103), IS(m->start_csn, 4);
    assert_int_equal(m->after_count, 2);
    assert_true(m->filled);
}

static void snap_chunk_numbered(const union any *any)
{
    const struct sam_snap_chunk *m = &any->snap_chunk;
    IS(m->scope, 1), IS(m->entity, 2), IS(m->after[0], 3), IS(m->after[1], 103), IS(m->start_csn, 4),
        IS(m->total_rows, 5);
    IS(m->hash, 7);
    assert_true(m->last);
    assert_int_equal(m->after_count, 2);
    assert_int_equal(m->row_count, 2);
}

static void verdicts_numbered(const union any *any)
{
    const struct sam_verdicts *m = &any->verdicts;
    assert_int_equal(m->count, 2);
    IS(m->csn, 2), IS(m->at[1].seq, 1), IS(m->at[1].case_id, 4);
    assert_int_equal(m->at[1].kind, SAM_VERDICT_LOST);
    assert_int_equal(m->at[1].reason, SAM_REASON_USER);
}

static void join_numbered(const union any *any)
{
    const struct sam_join *m = &any->join;
    IS(m->protocol, 1), IS(m->schema, 2), IS(m->parent, 6), IS(m->fork_seq, 7);
    assert_int_equal(m->code_len, 16);
    assert_int_equal(m->key_len, 32);
    assert_int_equal(m->code[15], 15);
    assert_int_equal(m->key[31], 63);
    IS_TEXT(m->label, 5);
}

static void joined_numbered(const union any *any)
{
    const struct sam_joined *m = &any->joined;
    IS(m->device_no, 1), IS(m->org, 4), IS(m->server_time_s, 6);
    assert_int_equal(m->state, SAM_DEVICE_WIPED);
    assert_int_equal(m->ticket_len, 200);
    assert_int_equal(m->ticket[199], 199);
    IS_TEXT(m->clinic, 5);
}

static void ping_numbered(const union any *any)
{
    IS(any->ping.number, 1);
    assert_true(any->ping.reply);
}

static void bye_numbered(const union any *any)
{
    IS(any->bye.retry_after_s, 1);
    IS_TEXT(any->bye.text, 2);
}

static void error_numbered(const union any *any)
{
    const struct sam_error *m = &any->error;
    assert_int_equal(m->code, SAM_ERROR_DRAIN_ONLY);
    IS(m->expected, 2), IS(m->retry_after_s, 3), IS(m->chain[0], 5), IS(m->chain[1], 105);
    assert_int_equal(m->chain_count, 2);
    IS_TEXT(m->text, 4);
}

static const struct message {
    const char *name;
    int (*decode)(struct sam_span in, union any *m);
    int (*encode)(struct sam_buf *b, const union any *m);
    void (*numbered)(const union any *m);
} messages[] = {
#define MESSAGE(Name, name)                                  \
    {                                                        \
#Name, name##_decode, name##_encode, name##_numbered \
    }
    MESSAGE(Hello, hello),
    MESSAGE(Welcome, welcome),
    MESSAGE(Push, push),
    MESSAGE(Ack, ack),
    MESSAGE(Pull, pull),
    MESSAGE(Scopes, scopes),
    MESSAGE(Changes, changes),
    MESSAGE(ScopeEnd, scope_end),
    MESSAGE(SnapGet, snap_get),
    MESSAGE(SnapChunk, snap_chunk),
    MESSAGE(Verdicts, verdicts),
    MESSAGE(Join, join),
    MESSAGE(Joined, joined),
    MESSAGE(Ping, ping),
    MESSAGE(Bye, bye),
    MESSAGE(Error, error),
    {"Op", op_decode, op_encode, NULL},
    {"Row", row_decode, row_encode, NULL},
};

static const struct message *message_named(const char *name)
{
    for (size_t i = 0; i < COUNT(messages); i++)
        if (!strcmp(messages[i].name, name))
            return &messages[i];
    fail_msg("message %s in the golden file is not known here", name);
    return NULL;
}

/* Heads are encoded by the codec; ops, origins and rows, which it leaves in the body, are added behind the head. The
 * SnapChunk's and Changes' rows and the Push's lists have the largest tags, so the order is Google's. */
static void lists_add(struct sam_buf *b, const char *name, const union any *m)
{
    struct sam_span item;
    struct sam_origin o;
    struct sam_walk w;
    if (!strcmp(name, "Push")) {
        for (w = (struct sam_walk){m->push.body}; sam_push_next_op(&w, &item) == 1;)
            assert_int_equal(sam_push_add_op(b, item), 0);
        for (w = (struct sam_walk){m->push.body}; sam_push_next_origin(&w, &o) == 1;)
            assert_int_equal(sam_push_add_origin(b, &o), 0);
    } else if (!strcmp(name, "Changes")) {
        for (w = (struct sam_walk){m->changes.body}; sam_changes_next_row(&w, &item) == 1;)
            assert_int_equal(sam_changes_add_row(b, item), 0);
    } else if (!strcmp(name, "SnapChunk")) {
        for (w = (struct sam_walk){m->snap_chunk.body}; sam_snap_next_row(&w, &item) == 1;)
            assert_int_equal(sam_snap_add_row(b, item), 0);
    }
}

static unsigned nibble(char c)
{
    assert_true((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void each_golden(void (*check)(const struct message *type, struct sam_span bytes, const char *text))
{
    FILE *f = fopen("tests/golden/messages.hex", "r");
    char *line = malloc(65536);
    uint8_t *bytes = malloc(32768);
    unsigned count = 0;
    assert_non_null(f);
    assert_non_null(line);
    assert_non_null(bytes);
    while (fgets(line, 65536, f)) {
        char *hex = strchr(line, '\t'), *text = hex ? strchr(hex + 1, '\t') : NULL;
        if (!text) {
            fail_msg("line %u of the golden file has no three parts", count + 1);
            break;
        }
        *hex++ = *text++ = 0;
        size_t n = strlen(hex) / 2;
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
        struct sam_span in = exact(bytes, n);
        check(message_named(line), in, text);
        exact_free(in);
        count++;
    }
    assert_true(count > 300);
    free(line);
    free(bytes);
    fclose(f);
}

static void golden_check(const struct message *type, struct sam_span in, const char *text)
{
    union any *m = malloc(sizeof *m);
    struct sam_buf b;
    assert_non_null(m);
    memset(m, 0xa5, sizeof *m);
    int rc = type->decode(in, m);
    if (rc)
        fail_msg("%s does not decode: %s", type->name, text);
    sam_buf_init(&b, BODY_MAX);
    assert_int_equal(type->encode(&b, m), 0);
    lists_add(&b, type->name, m);
    struct sam_span out = sam_buf_peek(&b);
    if (out.len != in.len || (in.len && memcmp(out.ptr, in.ptr, in.len) != 0))
        fail_msg("%s is encoded otherwise: %s", type->name, text);
    if (type->numbered && (strstr(text, ": 1001") || strstr(text, ": 1002") || strstr(text, "tekst 4")))
        type->numbered(m);
    sam_buf_fini(&b);
    free(m);
}

static void test_golden(void **state)
{
    (void)state;
    each_golden(golden_check);
}

/* Every prefix, and every byte changed, of every golden message. */
static void damage_check(const struct message *type, struct sam_span in, const char *text)
{
    union any *m = malloc(sizeof *m);
    uint32_t seed = 1;
    (void)text;
    assert_non_null(m);
    for (size_t cut = 0; cut < in.len; cut++) {
        struct sam_span part = exact(in.ptr, cut);
        int rc = type->decode(part, m);
        assert_true(rc == 0 || rc == SAM_EPROTO || rc == SAM_ETOOBIG);
        exact_free(part);
    }
    uint8_t *p = (uint8_t *)(uintptr_t)in.ptr;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t was = p[i];
        seed = seed * 1664525u + 1013904223u;
        p[i] = (uint8_t)(seed >> 24);
        int rc = type->decode(in, m);
        assert_true(rc == 0 || rc == SAM_EPROTO || rc == SAM_ETOOBIG);
        p[i] = was;
    }
    free(m);
}

static void test_golden_damaged(void **state)
{
    (void)state;
    each_golden(damage_check);
}

/* ---- lists and bounds of frames */

static void test_list_bounds(void **state)
{
    (void)state;
    struct sam_buf b;
    union any *m = malloc(sizeof *m);
    struct sam_span one = {(const uint8_t *)"x", 1};
    assert_non_null(m);
    sam_buf_init(&b, BODY_MAX);
    for (unsigned n = 1; n <= SAM_PUSH_OPS_MAX + 1; n++) {
        assert_int_equal(sam_push_add_op(&b, one), 0);
        int rc = sam_push_decode(sam_buf_peek(&b), &m->push);
        assert_int_equal(rc, n <= SAM_PUSH_OPS_MAX ? 0 : SAM_ETOOBIG);
        if (!rc)
            assert_int_equal(m->push.op_count, n);
    }
    sam_buf_clear(&b);
    for (unsigned n = 1; n <= SAM_CHUNK_ROWS_MAX + 1; n++)
        assert_int_equal(sam_snap_add_row(&b, one), 0);
    assert_int_equal(sam_snap_chunk_decode(sam_buf_peek(&b), &m->snap_chunk), SAM_ETOOBIG);
    /* 257 scopes, 9 ranges, 5 key parts, 513 chain hashes, 257 verdicts, 257 scopes being filled */
    static const struct {
        const char *name, *item;
        size_t len;
        unsigned max;
    } lists[] = {
        {"Scopes", "\x0a\x00", 2, SAM_SCOPES_MAX},
        {"Welcome", "\x22\x00", 2, SAM_WELCOME_RANGES_MAX},
        {"SnapGet", "\x18\x01", 2, SAM_KEY_PARTS_MAX},
        {"SnapChunk", "\x18\x01", 2, SAM_KEY_PARTS_MAX},
        {"Error",
         "\x29"
         "12345678",
         9, SAM_FORK_CHAINS_MAX},
        {"Verdicts", "\x0a\x00", 2, SAM_VERDICTS_MAX},
        {"Pull",
         "\x49"
         "12345678",
         9, SAM_SCOPES_MAX},
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        sam_buf_clear(&b);
        for (unsigned n = 1; n <= lists[i].max + 1; n++) {
            assert_int_equal(sam_buf_add(&b, lists[i].item, lists[i].len), 0);
            int rc = message_named(lists[i].name)->decode(sam_buf_peek(&b), m);
            if ((rc == 0) != (n <= lists[i].max))
                fail_msg("%s with %u: %s", lists[i].name, n, sam_err_name(rc));
        }
    }
    sam_buf_fini(&b);
    free(m);
}

/* Bytes and texts of a frame that are a byte too long. */
static void test_text_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t tag;
        size_t max;
    } texts[] = {
        {"Hello", 15, SAM_TICKET_BYTES_MAX}, {"Join", 3, SAM_CODE_BYTES},         {"Join", 4, SAM_KEY_BYTES},
        {"Join", 5, SAM_NAME_BYTES_MAX},     {"Joined", 3, SAM_TICKET_BYTES_MAX}, {"Joined", 5, SAM_NAME_BYTES_MAX},
        {"Bye", 2, SAM_TEXT_BYTES_MAX},      {"Error", 4, SAM_TEXT_BYTES_MAX},
    };
    static const uint8_t filler[300] = {'x'};
    struct sam_buf b;
    union any *m = malloc(sizeof *m);
    assert_non_null(m);
    sam_buf_init(&b, SAM_OP_BYTES_MAX);
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t n = texts[i].max - 1; n <= texts[i].max + 1; n++) {
            sam_buf_clear(&b);
            assert_int_equal(sam_buf_add_varint(&b, texts[i].tag << 3 | 2u), 0);
            assert_int_equal(sam_buf_add_varint(&b, n), 0);
            assert_int_equal(sam_buf_add(&b, filler, n), 0);
            int rc = message_named(texts[i].name)->decode(sam_buf_peek(&b), m);
            if (rc != (n <= texts[i].max ? 0 : SAM_EPROTO))
                fail_msg("%s field %u with %zu bytes: %s", texts[i].name, texts[i].tag, n, sam_err_name(rc));
        }
    sam_buf_fini(&b);
    free(m);
}

/* An origin that cannot be read is refused with the PUSH, before anything walks it. */
static void test_bad_origin(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
    } bad[] = {
        {"cut varint", "\x2a\x01\x08", 3},
        {"first identity without a hash", "\x2a\x04\x10\x07\x18\x01", 6},
        {"hash of 17 bytes",
         "\x2a\x13\x22\x11"
         "12345678901234567",
         21},
        {"a number", "\x28\x01", 2},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sam_push p;
        if (sam_push_decode((struct sam_span){(const uint8_t *)bad[i].bytes, bad[i].len}, &p) != SAM_EPROTO)
            fail_msg("%s is taken", bad[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field),    cmocka_unit_test(test_truncated_ops),
        cmocka_unit_test(test_any_bytes),      cmocka_unit_test(test_wrong_wire_types),
        cmocka_unit_test(test_unknown_fields), cmocka_unit_test(test_odd_ops),
        cmocka_unit_test(test_golden),         cmocka_unit_test(test_golden_damaged),
        cmocka_unit_test(test_list_bounds),    cmocka_unit_test(test_text_bounds),
        cmocka_unit_test(test_bad_origin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
