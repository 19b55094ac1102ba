/* Goal: any bytes at the front of a stream are a whole frame, an error, or "more is needed"; lengths are refused before
 * anything is waited for, bodies never inflate beyond their limit, and the proofs are those of proto/README.md. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "proto/wire/frame.h"
#include "proto/wire/proof.h"

#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct sam_zip *zip;

static int setup(void **state)
{
    (void)state;
    zip = sam_zip_new();
    return zip && sam_crypto_start() == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    sam_zip_free(zip);
    return 0;
}

static uint32_t mixed(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Decodes from memory of exactly ${n} bytes, so that a sanitiser sees every byte read beyond. */
static int decode(const uint8_t *p, size_t n, struct sam_frame *f, size_t *used)
{
    uint8_t *exact = malloc(n ? n : 1);
    assert_non_null(exact);
    memcpy(exact, p, n);
    int rc = sam_frame_decode((struct sam_span){exact, n}, f, used);
    if (rc) {
        assert_int_equal(*used, 0);
        assert_null(f->body.ptr);
        assert_int_equal(f->kind, 0);
        assert_false(f->deflated);
    }
    free(exact);
    return rc;
}

#define HEAD(...) {__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

static const struct {
    const char *name;
    uint8_t bytes[12];
    size_t len;
    int want;
} heads[] = {
    {"nothing", {0}, 0, SAM_EAGAIN},
    {"length 0", HEAD(0x00), SAM_EPROTO},
    {"length 0 and more", HEAD(0x00, 0x0e), SAM_EPROTO},
    {"length 0 in two bytes", HEAD(0x80, 0x00), SAM_EPROTO},
    {"length 0 in three bytes", HEAD(0x80, 0x80, 0x00), SAM_EPROTO},
    {"length 1, no kind", HEAD(0x01), SAM_EAGAIN},
    {"length 1, POKE", HEAD(0x01, 0x0f), 0},
    {"length 1 in three bytes", HEAD(0x81, 0x80, 0x00, 0x0f), 0},
    {"length begun", HEAD(0x81), SAM_EAGAIN},
    {"length begun twice", HEAD(0x81, 0x80), SAM_EAGAIN},
    {"65 537, nothing more", HEAD(0x81, 0x80, 0x04), SAM_EAGAIN},
    {"65 537, kind", HEAD(0x81, 0x80, 0x04, 0x02), SAM_EAGAIN},
    {"65 538", HEAD(0x82, 0x80, 0x04), SAM_ETOOBIG},
    {"2 097 151", HEAD(0xff, 0xff, 0x7f), SAM_ETOOBIG},
    {"2 097 152, four bytes", HEAD(0x80, 0x80, 0x80, 0x01), SAM_ETOOBIG},
    {"four bytes begun", HEAD(0x80, 0x80, 0x80), SAM_ETOOBIG},
    {"4 GiB - 1", HEAD(0xff, 0xff, 0xff, 0xff, 0x0f, 0x02), SAM_ETOOBIG},
    {"4 GiB", HEAD(0x80, 0x80, 0x80, 0x80, 0x10, 0x02), SAM_ETOOBIG},
    {"2^64 - 1", HEAD(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x02), SAM_ETOOBIG},
    {"eleven bytes", HEAD(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01), SAM_ETOOBIG},
    {"1 in four bytes", HEAD(0x81, 0x80, 0x80, 0x00, 0x0f), SAM_ETOOBIG},
    {"unknown kind, body not here", HEAD(0x81, 0x80, 0x04, 0x13), SAM_EPROTO},
    {"TLS record", HEAD(0x16, 0x03, 0x01, 0x02), SAM_EAGAIN},
    {"HTTP", HEAD('G', 'E', 'T', ' '), SAM_EPROTO},
};

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct sam_frame f;
        size_t used;
        int rc = decode(heads[i].bytes, heads[i].len, &f, &used);
        if (rc != heads[i].want)
            fail_msg("%s: %s", heads[i].name, sam_err_name(rc));
    }
}

static void test_kinds(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 256; kind++) {
        uint8_t bytes[] = {0x02, (uint8_t)kind, 0x03};
        unsigned low = kind & 0x7f;
        bool known = low >= 1 && low <= 18;
        struct sam_frame f;
        size_t used;
        assert_int_equal(decode(bytes, 3, &f, &used), known ? 0 : SAM_EPROTO);
        assert_int_equal(decode(bytes, 2, &f, &used), known ? SAM_EAGAIN : SAM_EPROTO);
        assert_int_equal(strcmp(sam_frame_kind_name(kind), "?") != 0, kind >= 1 && kind <= 18);
        if (!known)
            continue;
        assert_int_equal(sam_frame_decode((struct sam_span){bytes, 3}, &f, &used), 0);
        assert_int_equal(f.kind, low);
        assert_int_equal(f.deflated, kind >> 7);
        assert_int_equal(used, 3);
        assert_int_equal(f.body.len, 1);
        assert_int_equal(f.body.ptr[0], 3);
    }
    assert_string_equal(sam_frame_kind_name(SAM_FRAME_HELLO), "HELLO");
    assert_string_equal(sam_frame_kind_name(SAM_FRAME_VERDICTS), "VERDICTS");
    assert_string_equal(sam_frame_kind_name(SAM_FRAME_ERROR), "ERROR");
    assert_string_equal(sam_frame_kind_name(19), "?");
}

/* Body of ${n} bytes: noise (deflate gains nothing) or text (it does). */
static void body_fill(uint8_t *p, size_t n, bool noise)
{
    uint32_t seed = (uint32_t)n;
    for (size_t i = 0; i < n; i++)
        p[i] = noise ? (uint8_t)mixed(&seed) : (uint8_t)("deltaker 017 "[i % 13] + (i / 997) % 3);
}

static void round_trip(uint8_t *body, size_t n, bool noise, struct sam_zip *z)
{
    struct sam_buf out, scratch;
    struct sam_frame f;
    struct sam_span plain;
    size_t used;
    body_fill(body, n, noise);
    sam_buf_init(&out, SAM_FRAME_BODY_BYTES_MAX + SAM_FRAME_HEAD_BYTES_MAX);
    sam_buf_init(&scratch, SAM_FRAME_INFLATED_BYTES_MAX);
    int rc = sam_frame_add(z, &out, SAM_FRAME_PUSH, (struct sam_span){body, n});
    if (n > SAM_FRAME_INFLATED_BYTES_MAX || (n > SAM_FRAME_BODY_BYTES_MAX && (noise || !z))) {
        assert_int_equal(rc, SAM_ETOOBIG);
        assert_int_equal(sam_buf_len(&out), 0);
    } else {
        assert_int_equal(rc, 0);
        struct sam_span all = sam_buf_peek(&out);
        assert_int_equal(sam_frame_decode(all, &f, &used), 0);
        assert_int_equal(used, all.len);
        assert_int_equal(f.kind, SAM_FRAME_PUSH);
        assert_int_equal(f.deflated, z && !noise && n >= SAM_FRAME_DEFLATE_BYTES_MIN);
        assert_int_equal(sam_frame_inflate(zip, &f, &scratch, &plain), 0);
        assert_int_equal(plain.len, n);
        if (n)
            assert_memory_equal(plain.ptr, body, n);
        /* one byte less is never a frame */
        assert_int_equal(sam_frame_decode((struct sam_span){all.ptr, all.len - 1}, &f, &used), SAM_EAGAIN);
    }
    sam_buf_fini(&out);
    sam_buf_fini(&scratch);
}

static void test_round_trips(void **state)
{
    (void)state;
    static const size_t edges[] = {16383, 16384,  65534,  65535,  65536,  65537,
                                   65538, 131072, 262143, 262144, 262145, 300000};
    uint8_t *body = malloc(300000);
    assert_non_null(body);
    for (size_t n = 0; n <= 1030; n++)
        for (int noise = 0; noise < 2; noise++)
            round_trip(body, n, noise, zip);
    for (size_t n = 1031; n < 300000; n += n < 70000 ? 1021 : 16411)
        for (int noise = 0; noise < 2; noise++)
            round_trip(body, n, noise, zip);
    for (size_t i = 0; i < COUNT(edges); i++) {
        for (int noise = 0; noise < 2; noise++)
            round_trip(body, edges[i], noise, zip);
        round_trip(body, edges[i], false, NULL);
    }
    free(body);
}

/* At every cut of three frames behind each other exactly those that are whole come out. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    struct sam_buf out;
    uint8_t body[300];
    size_t ends[3] = {0};
    sam_buf_init(&out, 4096);
    for (int i = 0; i < 3; i++) {
        body_fill(body, sizeof body, i != 1);
        assert_int_equal(
            sam_frame_add(zip, &out, (uint8_t)(SAM_FRAME_PUSH + i), (struct sam_span){body, (size_t)(i * 140)}), 0);
        ends[i] = sam_buf_len(&out);
    }
    struct sam_span all = sam_buf_peek(&out);
    for (size_t cut = 0; cut <= all.len; cut++) {
        size_t at = 0, used;
        unsigned whole = 0;
        struct sam_frame f;
        while (sam_frame_decode((struct sam_span){all.ptr + at, cut - at}, &f, &used) == 0) {
            assert_int_equal(f.kind, SAM_FRAME_PUSH + whole);
            at += used;
            whole++;
            assert_int_equal(at, ends[whole - 1]);
        }
        assert_int_equal(whole, (cut >= ends[0]) + (cut >= ends[1]) + (cut >= ends[2]));
    }
    sam_buf_fini(&out);
}

static void test_out_full(void **state)
{
    (void)state;
    struct sam_buf out;
    uint8_t body[90] = {0};
    for (size_t max = 0; max < 92; max++) {
        sam_buf_init(&out, max);
        assert_int_equal(sam_frame_add(zip, &out, SAM_FRAME_PING, (struct sam_span){body, 90}), SAM_ETOOBIG);
        assert_int_equal(sam_buf_len(&out), 0);
        sam_buf_fini(&out);
    }
    sam_buf_init(&out, 92);
    assert_int_equal(sam_frame_add(zip, &out, SAM_FRAME_PING, (struct sam_span){body, 90}), 0);
    sam_buf_fini(&out);
}

/* ---- deflate */

static size_t pack(const uint8_t *plain, size_t n, int level, uint8_t *to, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)plain;
    z.avail_in = (uInt)n;
    z.next_out = to;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    size_t packed = room - z.avail_out;
    deflateEnd(&z);
    return packed;
}

static int unpack(const uint8_t *packed, size_t n, struct sam_buf *plain)
{
    uint8_t *exact = malloc(n ? n : 1);
    struct sam_span out;
    assert_non_null(exact);
    memcpy(exact, packed, n);
    struct sam_frame f = {.kind = SAM_FRAME_PUSH, .deflated = true, .body = {exact, n}};
    int rc = sam_frame_inflate(zip, &f, plain, &out);
    assert_true(plain->cap <= SAM_FRAME_INFLATED_BYTES_MAX + 4096);
    if (rc)
        assert_null(out.ptr);
    free(exact);
    return rc;
}

/* Bodies just below and above the limit, at every level, and 60 MiB of zeros in 60 KiB. */
static void test_bombs(void **state)
{
    (void)state;
    size_t big = 60u << 20, room = 400000;
    uint8_t *zeros = calloc(1, big), *packed = malloc(room);
    assert_non_null(zeros);
    assert_non_null(packed);
    struct sam_buf plain;
    sam_buf_init(&plain, SAM_FRAME_INFLATED_BYTES_MAX);
    for (int level = 0; level <= 9; level++)
        for (size_t n = SAM_FRAME_INFLATED_BYTES_MAX - 2; n <= SAM_FRAME_INFLATED_BYTES_MAX + 2; n++) {
            size_t len = pack(zeros, n, level, packed, room);
            int rc = unpack(packed, len, &plain);
            if (n > SAM_FRAME_INFLATED_BYTES_MAX)
                assert_int_equal(rc, SAM_ETOOBIG);
            else
                assert_int_equal(rc, 0);
            if (!rc)
                assert_int_equal(sam_buf_len(&plain), n);
        }
    size_t len = pack(zeros, big, 9, packed, room);
    assert_true(len <= SAM_FRAME_BODY_BYTES_MAX);
    assert_int_equal(unpack(packed, len, &plain), SAM_ETOOBIG);
    /* the same inflater still works */
    len = pack(zeros, 1000, 9, packed, room);
    assert_int_equal(unpack(packed, len, &plain), 0);
    sam_buf_fini(&plain);
    free(zeros);
    free(packed);
}

static void test_deflate_damaged(void **state)
{
    (void)state;
    uint8_t body[2000], packed[4000];
    struct sam_buf plain;
    sam_buf_init(&plain, SAM_FRAME_INFLATED_BYTES_MAX);
    body_fill(body, sizeof body, false);
    size_t n = pack(body, sizeof body, 6, packed, sizeof packed);
    assert_int_equal(unpack(packed, n, &plain), 0);
    for (size_t cut = 0; cut < n; cut++)
        assert_int_equal(unpack(packed, cut, &plain), SAM_EPROTO);
    packed[n] = 0;
    assert_int_equal(unpack(packed, n + 1, &plain), SAM_EPROTO);
    for (size_t i = 0; i < n; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            packed[i] ^= (uint8_t)(1u << bit);
            int rc = unpack(packed, n, &plain);
            assert_true(rc == 0 || rc == SAM_EPROTO || rc == SAM_ETOOBIG);
            packed[i] ^= (uint8_t)(1u << bit);
        }
    assert_int_equal(unpack(packed, n, &plain), 0);
    assert_memory_equal(sam_buf_peek(&plain).ptr, body, sizeof body);
    /* a block type that does not exist, a zlib and a gzip header */
    static const uint8_t bad[][10] = {{0x07}, {0x78, 0x9c}, {0x1f, 0x8b, 8}};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(unpack(bad[i], sizeof bad[i], &plain), SAM_EPROTO);
    sam_buf_fini(&plain);
}

/* ---- proofs: values computed with another HMAC and SHA-256 (tests/stranger/client.py) */

static void assert_mac(const uint8_t *got, const char *hex)
{
    char text[2 * SAM_MAC_BYTES + 1];
    for (size_t i = 0; i < SAM_MAC_BYTES; i++)
        snprintf(text + 2 * i, 3, "%02x", got[i]);
    assert_string_equal(text, hex);
}

static void test_macs(void **state)
{
    (void)state;
    uint8_t key[SAM_KEY_BYTES], zero[SAM_KEY_BYTES] = {0}, body[100], mac[SAM_MAC_BYTES], tail[SAM_PUSH_TAIL_BYTES];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)i;
    memcpy(key, body, sizeof key);
    struct sam_mac_key *hello = sam_mac_key_new(key, "hello"), *push = sam_mac_key_new(key, "push"),
                       *none = sam_mac_key_new(zero, "hello");
    assert_non_null(hello);
    assert_non_null(push);
    assert_non_null(none);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(sam_mac(hello, SAM_FRAME_HELLO, (struct sam_span){(const uint8_t *)"\x08\x01", 2},
                                 (struct sam_span){0}, mac),
                         0);
        assert_mac(mac, "354165282f6c84b6624d6f0604c17913");
        assert_int_equal(sam_mac(hello, SAM_FRAME_JOIN, (struct sam_span){(const uint8_t *)"\x08\x01", 2},
                                 (struct sam_span){0}, mac),
                         0);
        assert_mac(mac, "f844ce2aceef2e5598fa59f5a434f4d2");
        sam_push_tail(tail, 7, 3, 2, 0x0807060504030201u, 0x1817161514131211u);
        assert_int_equal(
            sam_mac(push, SAM_FRAME_PUSH, (struct sam_span){body, 100}, (struct sam_span){tail, sizeof tail}, mac), 0);
        assert_mac(mac, "4d00bd009bb33137528e342f74bcc5e3");
        assert_int_equal(sam_mac(none, SAM_FRAME_HELLO, (struct sam_span){0}, (struct sam_span){0}, mac), 0);
        assert_mac(mac, "c8b9b5f7dd894811fdcd3c10ac1e5408");
    }
    sam_mac_key_free(hello);
    sam_mac_key_free(push);
    sam_mac_key_free(none);
    sam_mac_key_free(NULL);
}

static void test_chain(void **state)
{
    (void)state;
    static const uint8_t zeros[300];
    static const struct {
        const void *op;
        size_t len;
        uint64_t want;
    } step[] = {{"", 0, 0xa57c9b10ece40b9au},
                {"a", 1, 0xfdd7f80902ae89c0u},
                {"samling", 7, 0xb48b025e57fc957cu},
                {zeros, sizeof zeros, 0xd07a8b0f504955b9u}};
    uint64_t chain = 0;
    for (size_t i = 0; i < COUNT(step); i++) {
        uint8_t hash[SAM_HASH_BYTES];
        assert_int_equal(sam_sha256(step[i].op, step[i].len, hash), 0);
        assert_int_equal(sam_chain_next(chain, hash, &chain), 0);
        assert_true(chain == step[i].want);
    }
}

static void test_mac_split(void **state)
{
    (void)state;
    uint8_t bytes[40] = {0};
    struct sam_span body;
    const uint8_t *mac;
    for (size_t n = 0; n <= sizeof bytes; n++) {
        int rc = sam_mac_split((struct sam_span){bytes, n}, &body, &mac);
        assert_int_equal(rc, n < SAM_MAC_BYTES ? SAM_EPROTO : 0);
        if (rc)
            assert_null(mac);
        else
            assert_true(body.ptr == bytes && body.len == n - SAM_MAC_BYTES && mac == bytes + n - SAM_MAC_BYTES);
    }
}

/* Noise from a fixed seed: never more read than is there, and what is decoded lies within it. */
static void test_noise(void **state)
{
    (void)state;
    uint32_t seed = 20260;
    uint8_t bytes[64];
    for (int i = 0; i < 200000; i++) {
        size_t n = mixed(&seed) % sizeof bytes, used;
        struct sam_frame f;
        for (size_t k = 0; k < n; k++)
            bytes[k] = (uint8_t)mixed(&seed);
        if (n && i % 2)
            bytes[0] = (uint8_t)(mixed(&seed) % 70);
        uint8_t *end = bytes + sizeof bytes - n;
        memmove(end, bytes, n);
        int rc = sam_frame_decode((struct sam_span){end, n}, &f, &used);
        assert_true(rc == 0 || rc == SAM_EAGAIN || rc == SAM_EPROTO || rc == SAM_ETOOBIG);
        if (!rc)
            assert_true(used <= n && f.body.ptr >= end && f.body.ptr + f.body.len == end + used);
    }
}

/* Codes that are read out: the same at the tablet, at the centre, and by tests/stranger/client.py. */
static void test_unlock(void **state)
{
    static const struct {
        uint64_t n;
        const char *code;
    } known[] = {{1, "C05R-WE0M-8SVT"}, {2, "2DTV-12GE-1JNZ"}, {258, "8KFC-3654-CY3M"}, {UINT64_MAX, "765R-RGPD-X43F"}};
    uint8_t key[SAM_KEY_BYTES];
    char code[SAM_UNLOCK_TEXT_BYTES];
    (void)state;
    for (unsigned i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    for (unsigned i = 0; i < COUNT(known); i++) {
        assert_int_equal(sam_unlock_code(key, known[i].n, code), 0);
        assert_string_equal(code, known[i].code);
    }
}

/* Bytes that are allocated; 0 where that is not counted. */
static size_t taken(void)
{
#ifdef __GLIBC__
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
#else
    return 0;
#endif
}

/* A conversation has one of these; a centre has conversations for years. */
static void test_given_back(void **state)
{
    static const uint8_t noise[20000];
    size_t before = 0;
    (void)state;
    for (unsigned i = 0; i < 9; i++) {
        struct sam_zip *z = sam_zip_new();
        assert_non_null(z);
        assert_int_equal(sam_buf_add(sam_zip_body(z), noise, sizeof noise), 0);
        assert_int_equal(sam_buf_add(sam_zip_scratch(z), noise, sizeof noise), 0);
        sam_zip_free(z);
        if (i == 0)
            before = taken();
    }
    assert_int_equal(taken(), before);
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),           cmocka_unit_test(test_kinds),    cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_cut_anywhere),    cmocka_unit_test(test_out_full), cmocka_unit_test(test_bombs),
        cmocka_unit_test(test_deflate_damaged), cmocka_unit_test(test_macs),     cmocka_unit_test(test_chain),
        cmocka_unit_test(test_mac_split),       cmocka_unit_test(test_noise),    cmocka_unit_test(test_unlock),
        cmocka_unit_test(test_given_back),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
