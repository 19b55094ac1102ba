/* Goal: of ops and rows the codec and nanopb's generated structs agree on every byte, and any bytes give an answer. */
#include "proto/base/err.h"
#include "proto/wire/codec.h"
#include "tests/lib/exact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
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
        assert_true(n > 0);
        struct sam_span all = exact(bytes, n);
        uint8_t *p = (uint8_t *)(uintptr_t)all.ptr;
        for (size_t i = 0; i < n; i++)
            for (unsigned bit = 0; bit < 8; bit++) {
                p[i] ^= (uint8_t)(1u << bit);
                op_any(all);
                p[i] ^= (uint8_t)(1u << bit);
            }
        for (int round = 0; n && round < 20000; round++) {
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
    static const uint32_t tags[] = {7, 30, 100, 2047, 536870911};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field),    cmocka_unit_test(test_truncated_ops),
        cmocka_unit_test(test_any_bytes),      cmocka_unit_test(test_wrong_wire_types),
        cmocka_unit_test(test_unknown_fields), cmocka_unit_test(test_odd_ops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
