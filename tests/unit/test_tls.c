/* Goal: two ends agree, and refuse whoever is not the pinned or certified server. */
#include "tests/unit/test_tls.h"

static void test_pin_of_the_server(void **state)
{
    (void)state;
    char why[160];
    uint8_t wrong[32];
    assert_int_equal(meet(pin_config(world.server_pin, NULL), server_config(&world.server), "sync.clinic.example"), 0);
    assert_int_equal(meet(pin_config(world.server_pin, NULL), server_config(&world.server), "another.name"), 0);
    assert_int_equal(meet(pin_config(world.server_pin, NULL), server_config(&world.server), NULL), 0);
    for (size_t i = 0; i < 32; i++) {
        memcpy(wrong, world.server_pin, 32);
        wrong[i] ^= 1;
        int err = meet_step(pin_config(wrong, NULL), server_config(&world.server), "localhost", QUEUE_MAX, why);
        assert_int_equal(err, SAM_EAUTH);
        assert_non_null(strstr(why, "handshake"));
    }
    assert_int_equal(meet(pin_config(world.server_pin, NULL), server_config(&world.evil), "localhost"), SAM_EAUTH);
}

static void test_one_of_several_pins(void **state)
{
    (void)state;
    uint8_t pins[4][32];
    memset(pins, 9, sizeof pins);
    memcpy(pins[2], world.server_pin, 32);
    struct sam_tls_config *c;
    assert_int_equal(sam_tls_config_client_new(&c, pins[0], 4, NULL, 0, NULL), 0);
    assert_int_equal(meet(c, server_config(&world.server), NULL), 0);
    assert_int_equal(sam_tls_config_client_new(&c, pins[0], 2, NULL, 0, NULL), 0);
    assert_int_equal(meet(c, server_config(&world.server), NULL), SAM_EAUTH);
    assert_int_equal(sam_tls_config_client_new(&c, pins[0], 5, NULL, 0, NULL), SAM_ETOOBIG);
    assert_null(c);
}

static void test_pin_of_the_ca(void **state)
{
    (void)state;
    assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&world.server), "sync.clinic.example"), 0);
    assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&world.server), "10.1.2.3"), 0);
    assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&world.server), NULL), 0);
    assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&world.server), "elsewhere.example"),
                     SAM_EAUTH);
    assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&world.evil), "localhost"), SAM_EAUTH);
}

/* A stranger's certificate followed by the true CA's: the pinned key is in the chain, but it signed nothing. */
static void test_pinned_ca_only_sent_along(void **state)
{
    (void)state;
    struct sam_cert_pair p = world.evil;
    char *end_of_leaf = strstr(p.cert_pem, "-----END CERTIFICATE-----\n") + strlen("-----END CERTIFICATE-----\n");
    strcpy(end_of_leaf, world.ca.cert_pem);
    assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&p), "localhost"), SAM_EAUTH);
    assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&p), NULL), SAM_EAUTH);
    assert_int_equal(meet(ca_config(&world.ca, NULL), server_config(&p), "localhost"), SAM_EAUTH);
    assert_int_equal(meet(ca_config(&world.ca, world.ca_pin), server_config(&p), "localhost"), SAM_EAUTH);
    strcat(p.cert_pem, world.evil_ca.cert_pem);
    assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&p), NULL), SAM_EAUTH);
    strcpy(end_of_leaf, world.server.cert_pem);
    assert_int_equal(meet(pin_config(world.server_pin, NULL), server_config(&p), NULL), SAM_EAUTH);
}

static void test_ca_and_host(void **state)
{
    (void)state;
    static const char *const good[] = {"localhost",           "127.0.0.1",           "::1",      "0:0::0:1",
                                       "sync.clinic.example", "SYNC.Clinic.Example", "10.1.2.3", "fd00::17",
                                       "a.wild.example"};
    static const char *const bad[] = {
        "clinic.example", "127.0.0.2",      "::2",     "10.1.2.30",        "sync.clinic.example.org",
        "wild.example",   "samling server", "fd00::1", "a.b.wild.example", "xsync.clinic.example"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(meet(ca_config(&world.ca, NULL), server_config(&world.server), good[i]), 0);
        assert_int_equal(meet(ca_config(&world.ca, world.ca_pin), server_config(&world.server), good[i]), 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(meet(ca_config(&world.ca, NULL), server_config(&world.server), bad[i]), SAM_EAUTH);
        assert_int_equal(meet(ca_config(&world.ca, world.server_pin), server_config(&world.server), bad[i]), SAM_EAUTH);
        assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&world.server), bad[i]), SAM_EAUTH);
    }
}

static void test_ca_and_stranger(void **state)
{
    (void)state;
    assert_int_equal(meet(ca_config(&world.ca, NULL), server_config(&world.evil), "localhost"), SAM_EAUTH);
    assert_int_equal(meet(ca_config(&world.ca, world.evil_ca.key_pem[0] ? world.ca_pin : NULL),
                          server_config(&world.evil), "localhost"),
                     SAM_EAUTH);
    uint8_t wrong[32] = {0};
    assert_int_equal(meet(ca_config(&world.ca, wrong), server_config(&world.server), "localhost"), SAM_EAUTH);
    struct sam_tls_config *c = ca_config(&world.ca, NULL);
    struct sam_tls *t;
    assert_int_equal(sam_tls_new(&t, c, NULL), SAM_EUSAGE);
    assert_null(t);
    sam_tls_config_free(c);
    assert_int_equal(sam_tls_config_client_new(&c, NULL, 0, NULL, 0, NULL), SAM_EUSAGE);
    assert_null(c);
}

/* A tablet whose clock stands wrong still knows its pinned server; the usual check does not. */
static void test_dates(void **state)
{
    (void)state;
    static const int64_t days[][2] = {{-20, -10}, {10, 20}};
    for (size_t i = 0; i < 2; i++) {
        struct sam_cert_pair p;
        uint8_t pin[32];
        int64_t now = time(NULL);
        assert_int_equal(sam_cert_make_server(&world.ca, NULL, 0, now + days[i][0] * DAY, now + days[i][1] * DAY, &p),
                         0);
        assert_int_equal(sam_cert_pin(p.cert_pem, strlen(p.cert_pem), pin), 0);
        assert_int_equal(meet(ca_config(&world.ca, NULL), server_config(&p), "localhost"), SAM_EAUTH);
        assert_int_equal(meet(ca_config(&world.ca, pin), server_config(&p), "localhost"), SAM_EAUTH);
        assert_int_equal(meet(pin_config(pin, NULL), server_config(&p), "localhost"), 0);
        assert_int_equal(meet(pin_config(world.ca_pin, NULL), server_config(&p), "localhost"), 0);
    }
}

static void test_rsa_certificate_of_the_site(void **state)
{
    (void)state;
    struct sam_tls_config *c;
    uint8_t pin[32];
    /* openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum */
    static const uint8_t want[] = {0x66, 0xa6, 0xa8, 0xad, 0xe5, 0x1d, 0x2e, 0x90, 0xce, 0x4a, 0x83,
                                   0xb8, 0x0e, 0x0a, 0x66, 0xa4, 0x55, 0x0b, 0x2d, 0x94, 0xee, 0x59,
                                   0xee, 0xa7, 0x25, 0x01, 0xeb, 0x4c, 0x4d, 0x12, 0xe0, 0x95};
    assert_int_equal(sam_cert_pin(rsa_cert, sizeof rsa_cert - 1, pin), 0);
    assert_memory_equal(pin, want, sizeof want);
    assert_int_equal(sam_tls_config_server_new(&c, rsa_cert, sizeof rsa_cert - 1, rsa_key, sizeof rsa_key - 1), 0);
    assert_int_equal(meet(pin_config(pin, SAM_TLS_ALPN_SYNC), c, "clinic.example"), 0);
    assert_int_equal(sam_tls_config_server_new(&c, rsa_cert, sizeof rsa_cert, rsa_key, sizeof rsa_key), 0);
    assert_int_equal(meet(pin_config(world.server_pin, NULL), c, "clinic.example"), SAM_EAUTH);
}

/* --- what is agreed on --- */

static void alpn_case(const char *offer, int want_err)
{
    struct end client, server;
    struct sam_tls_config *cc = pin_config(world.server_pin, offer), *sc = server_config(&world.server);
    end_init(&client, cc, "localhost");
    end_init(&server, sc, NULL);
    assert_null(sam_tls_alpn(client.tls));
    assert_string_equal(sam_tls_version(client.tls), "");
    assert_int_equal(settle(&client, &server, QUEUE_MAX), want_err);
    if (!want_err && offer) {
        assert_string_equal(sam_tls_alpn(client.tls), offer);
        assert_string_equal(sam_tls_alpn(server.tls), offer);
    } else {
        assert_null(sam_tls_alpn(server.tls));
    }
    if (!want_err)
        assert_true(strcmp(sam_tls_version(server.tls), "TLSv1.2") >= 0);
    end_fini(&client);
    end_fini(&server);
    sam_tls_config_free(cc);
    sam_tls_config_free(sc);
}

static void test_alpn(void **state)
{
    (void)state;
    alpn_case(SAM_TLS_ALPN_SYNC, 0);
    alpn_case(SAM_TLS_ALPN_HTTP, 0);
    alpn_case(NULL, 0);
    alpn_case("h2", SAM_ETLS);
    alpn_case("samling/2", SAM_ETLS);
    struct sam_tls_config *c;
    assert_int_equal(
        sam_tls_config_client_new(&c, world.ca_pin, 1, NULL, 0, "a name that is longer than any protocol's"),
        SAM_ETOOBIG);
}

/* A ClientHello that offers TLS 1.1 at most, with one suite, as an old machine would send it. */
static void test_old_version_is_refused(void **state)
{
    (void)state;
    uint8_t hello[52] = {0x16, 3, 1, 0, 47, 1, 0, 0, 43, 3, 2};
    hello[44] = 0; /* session id */
    hello[45] = 4; /* suites' bytes come as a 16-bit length */
    struct end server;
    struct sam_tls_config *sc = server_config(&world.server);
    static const uint8_t tail[] = {0, 0, 4, 0xc0, 0x09, 0x00, 0xff, 1, 0}; /* session id, suites, compression */
    memcpy(hello + 43, tail, sizeof tail);
    end_init(&server, sc, NULL);
    assert_int_equal(sam_tls_feed(server.tls, hello, sizeof hello), 0);
    assert_int_equal(sam_tls_pump(server.tls, &server.plain, &server.cipher), SAM_ETLS);
    struct sam_span s = sam_buf_peek(&server.cipher);
    assert_int_equal(s.len, 7);
    assert_int_equal(s.ptr[0], 0x15); /* alert, fatal, protocol_version */
    assert_int_equal(s.ptr[5], 2);
    assert_int_equal(s.ptr[6], 70);
    end_fini(&server);
    sam_tls_config_free(sc);
}

static void test_server_config_refusals(void **state)
{
    (void)state;
    struct sam_tls_config *c;
    const struct sam_cert_pair *s = &world.server, *e = &world.evil;
    size_t cert_len = strlen(s->cert_pem), key_len = strlen(s->key_pem);
    static char big[SAM_CERT_FILE_BYTES_MAX + 1];
    assert_int_equal(sam_tls_config_server_new(&c, "rubbish", 7, s->key_pem, key_len), SAM_ECORRUPT);
    assert_null(c);
    assert_int_equal(sam_tls_config_server_new(&c, s->cert_pem, cert_len, "rubbish", 7), SAM_ECORRUPT);
    assert_int_equal(sam_tls_config_server_new(&c, NULL, 0, s->key_pem, key_len), SAM_ECORRUPT);
    assert_int_equal(sam_tls_config_server_new(&c, s->cert_pem, cert_len, NULL, 0), SAM_ECORRUPT);
    assert_int_equal(sam_tls_config_server_new(&c, s->cert_pem, cert_len - 40, s->key_pem, key_len), SAM_ECORRUPT);
    assert_int_equal(sam_tls_config_server_new(&c, big, sizeof big, s->key_pem, key_len), SAM_ETOOBIG);
    assert_int_equal(sam_tls_config_server_new(&c, s->cert_pem, cert_len, e->key_pem, strlen(e->key_pem)), SAM_EAUTH);
    assert_int_equal(sam_tls_config_server_new(&c, s->cert_pem, cert_len, p384_key, sizeof p384_key - 1), SAM_EDENIED);
    assert_int_equal(sam_tls_config_server_new(&c, s->cert_pem, cert_len, rsa_key, sizeof rsa_key - 1), SAM_EAUTH);
    assert_null(c);
}

/* The server takes the fullest certificate that can be made, and the client finds the name in it. */
static void test_longest_names(void **state)
{
    (void)state;
    struct sam_cert_pair p;
    int64_t now = time(NULL);
    char longest[SAM_CERT_NAME_BYTES_MAX + 1];
    memset(longest, 'a', sizeof longest);
    for (size_t i = 63; i < sizeof longest; i += 64)
        longest[i] = '.';
    longest[SAM_CERT_NAME_BYTES_MAX] = 0;
    const char *many[SAM_CERT_NAMES_MAX];
    for (size_t i = 0; i < SAM_CERT_NAMES_MAX; i++)
        many[i] = longest;
    assert_int_equal(sam_cert_make_server(&world.ca, many, SAM_CERT_NAMES_MAX, now - DAY, now + DAY, &p), 0);
    assert_int_equal(meet(ca_config(&world.ca, NULL), server_config(&p), longest), 0);
    assert_int_equal(meet(ca_config(&world.ca, NULL), server_config(&p), "localhost"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pin_of_the_server),
        cmocka_unit_test(test_one_of_several_pins),
        cmocka_unit_test(test_pin_of_the_ca),
        cmocka_unit_test(test_pinned_ca_only_sent_along),
        cmocka_unit_test(test_ca_and_host),
        cmocka_unit_test(test_ca_and_stranger),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_rsa_certificate_of_the_site),
        cmocka_unit_test(test_alpn),
        cmocka_unit_test(test_old_version_is_refused),
        cmocka_unit_test(test_server_config_refusals),
        cmocka_unit_test(test_longest_names),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
