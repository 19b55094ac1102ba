/* Goal: whatever stands on the line, nothing false is taken in. */
#include "tests/unit/test_tls.h"

/* Stop after every number of bytes of the server's first flight: never an error, never open. */
static void test_truncated_handshake(void **state)
{
    (void)state;
    struct sam_tls_config *cc = pin_config(world.server_pin, SAM_TLS_ALPN_SYNC), *sc = server_config(&world.server);
    struct end client, server;
    end_init(&client, cc, "localhost");
    end_init(&server, sc, NULL);
    assert_int_equal(sam_tls_pump(client.tls, &client.plain, &client.cipher), 0);
    struct sam_span hello = sam_buf_peek(&client.cipher);
    for (size_t n = 0; n < hello.len; n++) {
        struct end part;
        end_init(&part, sc, NULL);
        assert_int_equal(sam_tls_feed(part.tls, hello.ptr, n), 0);
        assert_int_equal(sam_tls_pump(part.tls, &part.plain, &part.cipher), 0);
        assert_int_equal(sam_tls_state(part.tls), SAM_TLS_HANDSHAKE);
        assert_int_equal(sam_buf_len(&part.cipher), 0);
        end_fini(&part);
    }
    assert_int_equal(carry(&client, &server, QUEUE_MAX), 0);
    struct sam_span flight = sam_buf_peek(&server.cipher);
    assert_true(flight.len > 500);
    for (size_t n = 0; n + 1 < flight.len; n++) {
        assert_int_equal(sam_tls_feed(client.tls, flight.ptr + n, 1), 0);
        assert_int_equal(sam_tls_pump(client.tls, &client.plain, &client.cipher), 0);
        assert_int_equal(sam_tls_state(client.tls), SAM_TLS_HANDSHAKE);
    }
    end_fini(&client);
    end_fini(&server);
    sam_tls_config_free(cc);
    sam_tls_config_free(sc);
}

/* The version in a record's header is legacy: TLS 1.3 tells us to ignore it while records are not encrypted yet. */
static int is_record_version(struct sam_span flight, size_t at)
{
    size_t start = 0;
    while (start + 5 <= at)
        start += 5u + (size_t)(flight.ptr[start + 3] << 8 | flight.ptr[start + 4]);
    return at == start + 1 || at == start + 2;
}

/* One flipped bit anywhere in the server's first flight: the two ends never both open. */
static void test_flipped_bit_in_the_handshake(void **state)
{
    (void)state;
    struct sam_tls_config *cc = pin_config(world.ca_pin, SAM_TLS_ALPN_SYNC), *sc = server_config(&world.server);
    size_t len = 1;
    for (size_t at = 0; at < len; at += at < 100 ? 1 : 3) { /* not every byte of the certificates, to stay quick */
        struct end client, server;
        end_init(&client, cc, "localhost");
        end_init(&server, sc, NULL);
        assert_int_equal(sam_tls_pump(client.tls, &client.plain, &client.cipher), 0);
        assert_int_equal(carry(&client, &server, QUEUE_MAX), 0);
        struct sam_span flight = sam_buf_peek(&server.cipher);
        len = flight.len;
        if (at < len && !is_record_version(flight, at)) {
            server.cipher.mem[server.cipher.start + at] ^= (uint8_t)(1u << at % 8);
            (void)settle(&client, &server, QUEUE_MAX);
            if (sam_tls_state(client.tls) == SAM_TLS_OPEN)
                assert_int_not_equal(sam_tls_state(server.tls), SAM_TLS_OPEN);
        }
        end_fini(&client);
        end_fini(&server);
    }
    assert_true(len > 500);
    sam_tls_config_free(cc);
    sam_tls_config_free(sc);
}

static void test_garbage_instead_of_hello(void **state)
{
    (void)state;
    static const char http[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct sam_tls_config *cc = pin_config(world.server_pin, NULL), *sc = server_config(&world.server);
    uint32_t seed = 12345;
    for (int round = 0; round < 400; round++) {
        uint8_t junk[600];
        struct end e;
        end_init(&e, round & 1 ? cc : sc, round & 1 ? "localhost" : NULL);
        for (size_t i = 0; i < sizeof junk; i++) {
            seed = seed * 1664525u + 1013904223u;
            junk[i] = (uint8_t)(seed >> 24);
        }
        if (round & 2) { /* a plausible record header, then junk */
            static const uint8_t head[] = {0x16, 3, 3, 2, 0};
            memcpy(junk, head, sizeof head);
            junk[5] = round & 1 ? 2 : 1;
        }
        if (round == 0)
            memcpy(junk, http, sizeof http);
        int err = sam_tls_pump(e.tls, &e.plain, &e.cipher);
        for (size_t i = 0; i < sizeof junk && !err; i += 60) {
            assert_int_equal(sam_tls_feed(e.tls, junk + i, 60), 0);
            err = sam_tls_pump(e.tls, &e.plain, &e.cipher);
        }
        if (err) {
            assert_int_equal(err, SAM_ETLS);
            assert_int_equal(sam_tls_state(e.tls), SAM_TLS_CLOSED);
            assert_null(strpbrk(sam_tls_errmsg(e.tls), "\"\n\r"));
            assert_int_equal(sam_tls_feed(e.tls, junk, 1), SAM_ETLS);
        }
        assert_int_not_equal(sam_tls_state(e.tls), SAM_TLS_OPEN);
        if (round == 0)
            assert_int_equal(err, SAM_ETLS);
        end_fini(&e);
    }
    sam_tls_config_free(cc);
    sam_tls_config_free(sc);
}

static void test_damaged_record(void **state)
{
    (void)state;
    for (size_t at = 5; at < 60; at += 6) {
        struct pair p;
        pair_open(&p);
        assert_int_equal(
            sam_tls_write(p.client.tls, (const uint8_t *)"thirty bytes of nothing secret", 30, &p.client.cipher), 0);
        if (at < sam_buf_len(&p.client.cipher)) {
            p.client.cipher.mem[p.client.cipher.start + at] ^= 0x10;
            assert_int_equal(carry(&p.client, &p.server, QUEUE_MAX), SAM_ETLS);
            assert_int_equal(sam_tls_state(p.server.tls), SAM_TLS_CLOSED);
            assert_int_equal(sam_buf_len(&p.server.plain), 0);
            assert_int_equal(sam_tls_write(p.server.tls, (const uint8_t *)"x", 1, &p.server.cipher), SAM_ETLS);
        }
        pair_close(&p);
    }
}

static void test_repeated_record(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p);
    assert_int_equal(sam_tls_write(p.client.tls, (const uint8_t *)"once", 4, &p.client.cipher), 0);
    struct sam_span s = sam_buf_peek(&p.client.cipher);
    assert_int_equal(sam_tls_feed(p.server.tls, s.ptr, s.len), 0);
    assert_int_equal(sam_tls_pump(p.server.tls, &p.server.plain, &p.server.cipher), 0);
    assert_int_equal(sam_tls_feed(p.server.tls, s.ptr, s.len), 0);
    assert_int_equal(sam_tls_pump(p.server.tls, &p.server.plain, &p.server.cipher), SAM_ETLS);
    assert_int_equal(sam_buf_len(&p.server.plain), 4);
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truncated_handshake),      cmocka_unit_test(test_flipped_bit_in_the_handshake),
        cmocka_unit_test(test_garbage_instead_of_hello), cmocka_unit_test(test_damaged_record),
        cmocka_unit_test(test_repeated_record),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
