/* Goal: lists, bytes and texts of a frame that are one too long are refused, and those of the full length are taken. */
#include "proto/base/err.h"
#include "tests/lib/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BODY_MAX SAM_FRAME_INFLATED_BYTES_MAX

static void test_list_bounds(void **state)
{
    (void)state;
    struct sam_buf b;
    union message_any *m = malloc(sizeof *m);
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
    union message_any *m = malloc(sizeof *m);
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

/* Keys and lengths of 32 bits are written in at most five bytes; with zeros behind them Google's protobuf refuses them, and so do we.
 * Values may be as long as ten bytes. */
static void test_long_keys(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len;
        int want;
    } body[] = {
        {"Row", "\x88\x80\x80\x80\x00\x01", 6, 0}, /* csn in a key of five bytes */
        {"Row", "\x88\x80\x80\x80\x80\x00\x01", 7, SAM_EPROTO},
        {"Row", "\x08\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00", 11, 0},
        {"Row", "\x42\x80\x80\x80\x80\x00", 6, 0},
        {"Row", "\x42\x80\x80\x80\x80\x80\x00", 7, SAM_EPROTO},
        {"Op", "\x88\x80\x80\x80\x80\x00\x01", 7, SAM_EPROTO},
        {"Push", "\x88\x80\x80\x80\x80\x00\x01", 7, SAM_EPROTO},
        {"Push", "\x22\x80\x80\x80\x80\x00", 6, 0},
        {"Push", "\x22\x80\x80\x80\x80\x80\x00", 7, SAM_EPROTO},
        {"Hello", "\xf2\x07\x80\x80\x80\x80\x80\x00", 8, SAM_EPROTO}, /* a field that nobody knows */
    };
    union message_any *m = malloc(sizeof *m);
    assert_non_null(m);
    for (size_t i = 0; i < COUNT(body); i++) {
        struct sam_span in = {(const uint8_t *)body[i].bytes, body[i].len};
        int rc = message_named(body[i].name)->decode(in, m);
        if (rc != body[i].want)
            fail_msg("%s %zu: %s", body[i].name, i, sam_err_name(rc));
    }
    free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list_bounds),
        cmocka_unit_test(test_text_bounds),
        cmocka_unit_test(test_bad_origin),
        cmocka_unit_test(test_long_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
