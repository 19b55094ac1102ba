/* Goal: what a WebSocket carries is the same however its bytes are cut, nothing is read that would find no room, and after its end
 * nothing more is said. Which frame ends with which code: tests/e2e/49-websocket.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/net/websocket.h"

#include <string.h>

#define ROOM (256u * 1024u)

struct line {
    struct websocket *ws;
    struct sam_buf in, heard, out, said;
};

static void line_open(struct line *l)
{
    l->ws = websocket_new();
    assert_non_null(l->ws);
    sam_buf_init(&l->in, ROOM);
    sam_buf_init(&l->heard, ROOM);
    sam_buf_init(&l->out, ROOM);
    sam_buf_init(&l->said, ROOM);
}

static void line_close(struct line *l)
{
    websocket_free(l->ws);
    sam_buf_fini(&l->in);
    sam_buf_fini(&l->heard);
    sam_buf_fini(&l->out);
    sam_buf_fini(&l->said);
}

/* A frame as a browser sends it, masked with ${mask}; lengths below 64 KiB. */
static void frame_add(struct sam_buf *b, uint8_t first, const uint8_t *p, size_t n, const uint8_t mask[4])
{
    uint8_t head[4] = {first, (uint8_t)(0x80 | (n < 126 ? n : 126)), (uint8_t)(n >> 8), (uint8_t)n};
    assert_int_equal(sam_buf_add(b, head, n < 126 ? 2 : 4), 0);
    assert_int_equal(sam_buf_add(b, mask, 4), 0);
    for (size_t i = 0; i < n; i++) {
        uint8_t c = p[i] ^ mask[i % 4];
        assert_int_equal(sam_buf_add(b, &c, 1), 0);
    }
}

#define SAYS 6000u

/* Three messages, one of them in three fragments with a ping between, and a pong: SAYS bytes that count up. */
static void speech(struct sam_buf *b)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d}, none[4] = {0};
    uint8_t p[SAYS];
    for (size_t i = 0; i < sizeof p; i++)
        p[i] = (uint8_t)(i * 7 + (i >> 8));
    frame_add(b, 0x82, p, 5, mask);
    frame_add(b, 0x02, p + 5, 300, mask);
    frame_add(b, 0x89, (const uint8_t *)"are you there", 13, mask);
    frame_add(b, 0x00, NULL, 0, mask);
    frame_add(b, 0x80, p + 305, 125, none);
    frame_add(b, 0x8a, p, 3, mask);
    frame_add(b, 0x82, p + 430, SAYS - 430, mask);
}

static void heard_is(const struct line *l, size_t n)
{
    struct sam_span heard = sam_buf_peek(&l->heard);
    assert_int_equal(heard.len, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(heard.ptr[i], (uint8_t)(i * 7 + (i >> 8)));
}

static void out_is(const struct line *l, const char *bytes, size_t n)
{
    struct sam_span out = sam_buf_peek(&l->out);
    assert_int_equal(out.len, n);
    assert_memory_equal(out.ptr, bytes, n);
}

static void every_cut(void **state)
{
    static const size_t cuts[] = {1, 2, 3, 5, 13, 64, 333, 4096, 65536};
    struct sam_buf all;
    (void)state;
    sam_buf_init(&all, ROOM);
    speech(&all);
    struct sam_span bytes = sam_buf_peek(&all);
    for (unsigned i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct line l;
        line_open(&l);
        for (size_t at = 0; at < bytes.len; at += cuts[i]) {
            size_t n = bytes.len - at < cuts[i] ? bytes.len - at : cuts[i];
            assert_int_equal(sam_buf_add(&l.in, bytes.ptr + at, n), 0);
            assert_true(websocket_read(l.ws, &l.in, &l.heard, &l.out) >= 0);
            assert_int_equal(sam_buf_len(&l.in), 0);
        }
        heard_is(&l, SAYS);
        out_is(&l,
               "\x8a\x0d"
               "are you there",
               15);
        line_close(&l);
    }
    sam_buf_fini(&all);
}

/* What is heard is taken away in pieces; meanwhile nothing is read that has no room. */
static void no_room(void **state)
{
    struct line l;
    struct sam_buf small, whole;
    (void)state;
    line_open(&l);
    sam_buf_init(&small, WEBSOCKET_CHUNK_BYTES + 100);
    sam_buf_init(&whole, ROOM);
    speech(&l.in);
    for (int turns = 0; sam_buf_len(&whole) < SAYS; turns++) {
        assert_true(turns < 100);
        assert_true(websocket_read(l.ws, &l.in, &small, &l.out) >= 0);
        struct sam_span got = sam_buf_peek(&small);
        assert_int_equal(sam_buf_add(&whole, got.ptr, got.len), 0);
        sam_buf_clear(&small);
    }
    sam_buf_fini(&l.heard);
    l.heard = whole;
    heard_is(&l, SAYS);
    sam_buf_fini(&l.out);
    sam_buf_init(&l.out, WEBSOCKET_CHUNK_BYTES - 1); /* no room for a pong */
    speech(&l.in);
    assert_int_equal(websocket_read(l.ws, &l.in, &l.heard, &l.out), 0);
    heard_is(&l, SAYS);
    sam_buf_fini(&small);
    line_close(&l);
}

static void says(void **state)
{
    struct line l;
    static uint8_t many[70000];
    (void)state;
    line_open(&l);
    assert_false(websocket_write(l.ws, &l.said, &l.out));
    assert_int_equal(sam_buf_add(&l.said, "hello", 5), 0);
    assert_true(websocket_write(l.ws, &l.said, &l.out));
    out_is(&l, "\x82\x05hello", 7);
    sam_buf_clear(&l.out);
    assert_int_equal(sam_buf_add(&l.said, many, sizeof many), 0);
    assert_true(websocket_write(l.ws, &l.said, &l.out));
    assert_int_equal(sam_buf_len(&l.out), 10 + 65536);
    assert_memory_equal(sam_buf_peek(&l.out).ptr, "\x82\x7f\0\0\0\0\0\x01\0\0", 10);
    sam_buf_clear(&l.out);
    assert_true(websocket_write(l.ws, &l.said, &l.out));
    assert_int_equal(sam_buf_len(&l.out), 4 + sizeof many - 65536);
    assert_int_equal(sam_buf_len(&l.said), 0);
    line_close(&l);
}

static void the_end(void **state)
{
    static const uint8_t mask[4] = {1, 2, 3, 4};
    struct line l;
    (void)state;
    line_open(&l); /* ours */
    assert_true(websocket_close(l.ws, WEBSOCKET_NORMAL, &l.out));
    out_is(&l, "\x88\x02\x03\xe8", 4);
    assert_true(websocket_closed(l.ws));
    assert_int_equal(sam_buf_add(&l.said, "more", 4), 0);
    speech(&l.in);
    assert_false(websocket_write(l.ws, &l.said, &l.out));
    assert_false(websocket_close(l.ws, WEBSOCKET_TOO_BIG, &l.out));
    assert_int_equal(websocket_read(l.ws, &l.in, &l.heard, &l.out), 0);
    out_is(&l, "\x88\x02\x03\xe8", 4);
    line_close(&l);
    line_open(&l); /* the peer's */
    frame_add(&l.in, 0x88, (const uint8_t *)"\x0f\xa0why", 5, mask);
    speech(&l.in);
    assert_int_equal(websocket_read(l.ws, &l.in, &l.heard, &l.out), SAM_ECLOSED);
    out_is(&l, "\x88\x02\x0f\xa0", 4);
    heard_is(&l, 0);
    line_close(&l);
    line_open(&l); /* a broken rule: what came before it was heard */
    speech(&l.in);
    frame_add(&l.in, 0x81, (const uint8_t *)"text", 4, mask);
    assert_int_equal(websocket_read(l.ws, &l.in, &l.heard, &l.out), SAM_EPROTO);
    heard_is(&l, SAYS);
    assert_int_equal(websocket_code(l.ws), WEBSOCKET_NOT_BINARY);
    assert_string_equal(websocket_why(l.ws), "text");
    line_close(&l);
}

static uint32_t mixed(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

/* Whatever comes: what is heard is bounded by what came, there is at most one Close, and it is the last word. */
static void noise(void **state)
{
    uint32_t seed = 20261123;
    unsigned closed = 0;
    (void)state;
    for (int turn = 0; turn < 20000; turn++) {
        struct line l;
        size_t sent = 0;
        line_open(&l);
        for (int piece = 0; piece < 6; piece++) {
            uint8_t bytes[300];
            size_t n = mixed(&seed) % sizeof bytes;
            for (size_t i = 0; i < n; i++)
                bytes[i] = (uint8_t)mixed(&seed);
            if (n > 1 && piece % 2 == 0) { /* a head that has a chance */
                bytes[0] = (uint8_t)((mixed(&seed) & 0x80) | (mixed(&seed) % 11));
                bytes[1] |= 0x80;
            }
            assert_int_equal(sam_buf_add(&l.in, bytes, n), 0);
            sent += n;
            int got = websocket_read(l.ws, &l.in, &l.heard, &l.out);
            assert_true(got == 0 || got == 1 || got == SAM_ECLOSED || got == SAM_EPROTO);
            assert_true((got < 0) <= websocket_closed(l.ws));
            size_t out = sam_buf_len(&l.out);
            if (websocket_closed(l.ws)) {
                assert_int_equal(websocket_read(l.ws, &l.in, &l.heard, &l.out), 0);
                assert_int_equal(sam_buf_len(&l.out), out);
            }
        }
        assert_true(sam_buf_len(&l.heard) <= sent && sam_buf_len(&l.out) <= sent + 4);
        closed += websocket_closed(l.ws);
        line_close(&l);
    }
    assert_in_range(closed, 1000, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_cut), cmocka_unit_test(no_room), cmocka_unit_test(says),
                                       cmocka_unit_test(the_end), cmocka_unit_test(noise)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
