/* Goal: every byte is carried unchanged, however small the queues and steps are. */
#include "tests/unit/test_tls.h"

static void test_data_both_ways(void **state)
{
    (void)state;
    static const size_t sizes[] = {0,     1,     2,     60,    255,   2047,   2048,  2049,
                                   16383, 16384, 16385, 32768, 65536, 100000, 204800};
    static const size_t steps[] = {SAM_TLS_IN_BYTES_MAX, 1000, 7};
    struct pair p;
    pair_open(&p);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t j = 0; j < sizeof steps / sizeof *steps; j++) {
            send_and_compare(&p.client, &p.server, sizes[i], steps[j]);
            send_and_compare(&p.server, &p.client, sizes[i], steps[j]);
        }
    pair_close(&p);
}

static void test_byte_at_a_time(void **state)
{
    (void)state;
    char why[160];
    int err = meet_step(pin_config(world.ca_pin, SAM_TLS_ALPN_SYNC), server_config(&world.server), "localhost", 1, why);
    assert_int_equal(err, 0);
    assert_string_equal(why, "");
    struct pair p;
    pair_open(&p);
    send_and_compare(&p.client, &p.server, 20000, 1);
    send_and_compare(&p.server, &p.client, 20000, 1);
    pair_close(&p);
}

/* The first bytes sent may come in the same piece as the end of the handshake. */
static void test_data_right_behind_the_handshake(void **state)
{
    (void)state;
    struct pair p = {pin_config(world.server_pin, NULL), server_config(&world.server), {0}, {0}};
    end_init(&p.client, p.cc, "localhost");
    end_init(&p.server, p.sc, NULL);
    assert_int_equal(sam_tls_write(p.client.tls, (const uint8_t *)"x", 1, &p.client.cipher), SAM_ESTATE);
    assert_int_equal(sam_tls_write_room(p.client.tls, &p.client.cipher), 0);
    assert_int_equal(sam_tls_pump(p.client.tls, &p.client.plain, &p.client.cipher), 0);
    while (sam_tls_state(p.client.tls) == SAM_TLS_HANDSHAKE) {
        assert_int_equal(carry(&p.client, &p.server, QUEUE_MAX), 0);
        assert_int_equal(carry(&p.server, &p.client, QUEUE_MAX), 0);
    }
    assert_int_equal(sam_tls_write(p.client.tls, (const uint8_t *)"hello", 5, &p.client.cipher), 0);
    assert_int_equal(carry(&p.client, &p.server, QUEUE_MAX), 0);
    assert_int_equal(sam_buf_len(&p.server.plain), 5);
    assert_memory_equal(sam_buf_peek(&p.server.plain).ptr, "hello", 5);
    pair_close(&p);
}

static void test_full_plain_buffer_waits(void **state)
{
    (void)state;
    struct pair p;
    static uint8_t text[50000];
    struct sam_buf small;
    size_t have = 0;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = pattern(i);
    sam_buf_init(&small, 100);
    pair_open(&p);
    assert_int_equal(sam_tls_write(p.client.tls, text, sizeof text, &p.client.cipher), 0);
    struct sam_span s = sam_buf_peek(&p.client.cipher);
    assert_int_equal(sam_tls_feed(p.server.tls, s.ptr, s.len), 0);
    while (have < sizeof text) {
        assert_int_equal(sam_tls_pump(p.server.tls, &small, &p.server.cipher), 0);
        struct sam_span got = sam_buf_peek(&small);
        assert_true(got.len > 0 && got.len <= sizeof text - have);
        assert_memory_equal(got.ptr, text + have, got.len);
        have += got.len;
        sam_buf_clear(&small);
    }
    assert_int_equal(sam_tls_pump(p.server.tls, &small, &p.server.cipher), 0);
    assert_int_equal(sam_buf_len(&small), 0);
    sam_buf_fini(&small);
    pair_close(&p);
}

static void test_write_room_is_kept(void **state)
{
    (void)state;
    struct pair p;
    static uint8_t text[200000];
    pair_open(&p);
    for (size_t max = 0; max < 120000; max = max * 5 / 4 + 13) {
        struct sam_buf out;
        sam_buf_init(&out, max);
        size_t room = sam_tls_write_room(p.client.tls, &out);
        assert_int_equal(sam_tls_write(p.client.tls, text, room + 1, &out), SAM_ETOOBIG);
        assert_int_equal(sam_buf_len(&out), 0);
        assert_int_equal(sam_tls_write(p.client.tls, text, room, &out), 0);
        if (room) {
            assert_true(sam_buf_len(&out) > room);
            assert_int_equal(sam_tls_write(p.client.tls, text, room, &out), SAM_EAGAIN);
        }
        struct sam_span s = sam_buf_peek(&out);
        assert_int_equal(sam_tls_feed(p.server.tls, s.ptr, s.len), 0);
        assert_int_equal(sam_tls_pump(p.server.tls, &p.server.plain, &p.server.cipher), 0);
        assert_int_equal(sam_buf_len(&p.server.plain), room);
        sam_buf_clear(&p.server.plain);
        sam_buf_fini(&out);
    }
    pair_close(&p);
}

/* A handshake through a queue of a few bytes: a full cipher_out is back-pressure, not failure. */
static void test_handshake_through_a_small_queue(void **state)
{
    (void)state;
    struct pair p = {pin_config(world.server_pin, SAM_TLS_ALPN_SYNC), server_config(&world.server), {0}, {0}};
    end_init(&p.client, p.cc, "localhost");
    end_init(&p.server, p.sc, NULL);
    sam_buf_init(&p.client.cipher, 11);
    sam_buf_init(&p.server.cipher, 11);
    for (int turn = 0; turn < 4000; turn++) {
        assert_int_equal(sam_tls_pump(p.client.tls, &p.client.plain, &p.client.cipher), 0);
        struct sam_span s = sam_buf_peek(&p.client.cipher);
        assert_int_equal(sam_tls_feed(p.server.tls, s.ptr, s.len), 0);
        sam_buf_clear(&p.client.cipher);
        assert_int_equal(sam_tls_pump(p.server.tls, &p.server.plain, &p.server.cipher), 0);
        s = sam_buf_peek(&p.server.cipher);
        assert_int_equal(sam_tls_feed(p.client.tls, s.ptr, s.len), 0);
        sam_buf_clear(&p.server.cipher);
    }
    assert_int_equal(sam_tls_state(p.client.tls), SAM_TLS_OPEN);
    assert_int_equal(sam_tls_state(p.server.tls), SAM_TLS_OPEN);
    pair_close(&p);
}

static void test_feed_is_bounded(void **state)
{
    (void)state;
    struct end server;
    static uint8_t junk[SAM_TLS_IN_BYTES_MAX];
    struct sam_tls_config *sc = server_config(&world.server);
    end_init(&server, sc, NULL);
    assert_int_equal(sam_tls_feed(server.tls, junk, sizeof junk - 1), 0);
    assert_int_equal(sam_tls_feed(server.tls, junk, 2), SAM_ETOOBIG);
    assert_int_equal(sam_tls_feed(server.tls, junk, 1), 0);
    assert_int_equal(sam_tls_feed(server.tls, junk, 1), SAM_ETOOBIG);
    assert_int_equal(sam_tls_feed(server.tls, junk, 0), 0);
    end_fini(&server);
    sam_tls_config_free(sc);
}

/* --- the end --- */

static void test_farewell(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    assert_int_equal(sam_tls_write(p.client.tls, (const uint8_t *)"last words", 10, &p.client.cipher), 0);
    sam_tls_close(p.client.tls, &p.client.cipher);
    assert_int_equal(sam_tls_state(p.client.tls), SAM_TLS_CLOSED);
    assert_int_equal(carry(&p.client, &p.server, QUEUE_MAX), SAM_ECLOSED);
    assert_int_equal(sam_tls_state(p.server.tls), SAM_TLS_CLOSED);
    assert_int_equal(sam_buf_len(&p.server.plain), 10);
    assert_int_equal(sam_tls_pump(p.server.tls, &p.server.plain, &p.server.cipher), SAM_ECLOSED);
    assert_int_equal(sam_tls_feed(p.server.tls, (const uint8_t *)"x", 1), SAM_ECLOSED);
    assert_int_equal(sam_tls_write(p.client.tls, (const uint8_t *)"x", 1, &p.client.cipher), SAM_ECLOSED);
    assert_int_equal(sam_tls_write_room(p.client.tls, &p.client.cipher), 0);
    sam_tls_close(p.client.tls, &p.client.cipher);
    pair_close(&p);
}

static void test_close_in_the_handshake_and_with_no_room(void **state)
{
    (void)state;
    struct pair p;
    struct sam_tls *t;
    struct sam_buf none;
    sam_buf_init(&none, 0);
    pair_open(&p);
    assert_int_equal(sam_tls_new(&t, p.sc, NULL), 0);
    sam_tls_close(t, &none);
    assert_int_equal(sam_tls_state(t), SAM_TLS_CLOSED);
    assert_int_equal(sam_tls_pump(t, &none, &none), SAM_ECLOSED);
    sam_tls_free(t);
    sam_tls_free(NULL);
    sam_tls_config_free(NULL);
    sam_tls_close(p.client.tls, &none);
    assert_int_equal(sam_tls_state(p.client.tls), SAM_TLS_CLOSED);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_both_ways),
        cmocka_unit_test(test_byte_at_a_time),
        cmocka_unit_test(test_data_right_behind_the_handshake),
        cmocka_unit_test(test_full_plain_buffer_waits),
        cmocka_unit_test(test_write_room_is_kept),
        cmocka_unit_test(test_handshake_through_a_small_queue),
        cmocka_unit_test(test_feed_is_bounded),
        cmocka_unit_test(test_farewell),
        cmocka_unit_test(test_close_in_the_handshake_and_with_no_room),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
