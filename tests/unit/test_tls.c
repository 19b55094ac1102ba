/* Goal: two ends that talk only through byte queues agree, carry every byte unchanged, and refuse whoever is not the
 * pinned or certified server, whatever stands on the line. */
#include "proto/base/buf.h"
#include "proto/base/err.h"
#include "proto/wire/cert.h"
#include "proto/wire/crypto.h"
#include "proto/wire/tls.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define DAY 86400
#define QUEUE_MAX (512u * 1024u)

/* Keys made for this test alone: what a site may bring along. */
static const char rsa_cert[] = "-----BEGIN CERTIFICATE-----\n"
                               "MIIDMDCCAhigAwIBAgIUFH5fG1XLGow26/nh2SZ2qVWamJkwDQYJKoZIhvcNAQEL\n"
                               "BQAwGTEXMBUGA1UEAwwOY2xpbmljLmV4YW1wbGUwIBcNMjYxMTIyMDkwNDUxWhgP\n"
                               "MjEyNjEwMjkwOTA0NTFaMBkxFzAVBgNVBAMMDmNsaW5pYy5leGFtcGxlMIIBIjAN\n"
                               "BgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA6Y3teEc8Wl16qWNY5za3d63H4Nom\n"
                               "Db/R4SYsCP9pT5ygTVxHo6PohBuha2UdTiIwTtnTdzvTI7051098qfUI1WJgjHDO\n"
                               "PBQC4k0mafMLt7+XrWKhz0W6CrrB64gS4rZe6izsJ1wwsWCrgTAm6P80UL0DAHb2\n"
                               "7wDHpWAl2f8dINSf7VTSm8a4Fi/aVMwe4WvCePTkUl/JzfOzkyIeruy7hQPTOm6X\n"
                               "rnDshiVqQqSHiAg26q3TR9bwVxKunlJ+syc9nGAu0r2S5vt+wgmjIcpLp+x5odNs\n"
                               "s8x1bU7uIs4joB5+Nc9r9/EuugghZY+kRJis2KmRpIL6q+Un3I1e2tB6qQIDAQAB\n"
                               "o24wbDAdBgNVHQ4EFgQU+RKSC5SOxV7qQRRjuEOUf+9YRTkwHwYDVR0jBBgwFoAU\n"
                               "+RKSC5SOxV7qQRRjuEOUf+9YRTkwDwYDVR0TAQH/BAUwAwEB/zAZBgNVHREEEjAQ\n"
                               "gg5jbGluaWMuZXhhbXBsZTANBgkqhkiG9w0BAQsFAAOCAQEAWMPyzxws8ZZgdHzi\n"
                               "F9M6ak60+RK36kkW/GK3QT9GF3ol1SCxsWjJwgHsg/4nucGSNOvfknp0v8s28uIn\n"
                               "VM/HvYbYAhyrzD0o+rjdO+p/UbLUEsCBMWz9cpgko7mv7Ef38N4qf6/ydDNoopWx\n"
                               "Hv+8uP7yYuNgyK10vQpFapKTjz3My2FvE27BIFlP3RHnMy+ErIQQPqAOa9Ghpiae\n"
                               "f++FVF3NSRupwbf9z5CvjEzRMETHTLhwadopIVsj/+LZMqDxTGFS4LVuyqUqJFcy\n"
                               "u1taDfjoTOXITaFmlXKKpv6ZVOM1KtWM1Am0h5oCuB1EpKXVVxAlfma1ocT7oeAH\n"
                               "xYAoEw==\n"
                               "-----END CERTIFICATE-----\n";
static const char rsa_key[] = "-----BEGIN PRIVATE KEY-----\n"
                              "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQDpje14RzxaXXqp\n"
                              "Y1jnNrd3rcfg2iYNv9HhJiwI/2lPnKBNXEejo+iEG6FrZR1OIjBO2dN3O9MjvTnX\n"
                              "T3yp9QjVYmCMcM48FALiTSZp8wu3v5etYqHPRboKusHriBLitl7qLOwnXDCxYKuB\n"
                              "MCbo/zRQvQMAdvbvAMelYCXZ/x0g1J/tVNKbxrgWL9pUzB7ha8J49ORSX8nN87OT\n"
                              "Ih6u7LuFA9M6bpeucOyGJWpCpIeICDbqrdNH1vBXEq6eUn6zJz2cYC7SvZLm+37C\n"
                              "CaMhykun7Hmh02yzzHVtTu4iziOgHn41z2v38S66CCFlj6REmKzYqZGkgvqr5Sfc\n"
                              "jV7a0HqpAgMBAAECggEAD+QiIBjKEKSjTSA0iIg5Y9wVVAVz07lVWKTwwmyifTy9\n"
                              "JCu0YibWZ3ARLnioTaHXjfNAnLBw4CcmvDGChsvkiHmo87//Kv5Pk0Hy7FWRsAnK\n"
                              "EmLk0JtqxQJ1DFzAsDVUGvSTMuW7wxiT7XaEcekKEGOemdWpB+pn1dGcxwrr2p5h\n"
                              "DGkf6v7wDmk5b6nwhoyVT4lK13MAAqnfmTfKnLdqJ3yVLpKzSOse6yNtqRwdwcmB\n"
                              "EUP8cy5HgLlJAynhCXZmSVKSunjJHvv5S1sb4sIQgq64a78Yq64Y/yY1MiOoBTR7\n"
                              "6Ts5gpDcRizAv8YpmPw7g2ziIK3iAIvaV8Di4c/yqwKBgQD9NPGxpB1v9r/+VfD9\n"
                              "0CQcWPQ0WL4Frs1tBn9HOhu6bqX5e08qO6jjDMKVkJCrwoby6oZ+B+Fplf+un0CY\n"
                              "SQgqMUXKb75qcADH3E0qlfmCDXKMdc52jzbUO2ZSwt46QORG1lytwmOJVFcIvYGr\n"
                              "Hf4Yd5xsEHpWZB66wXL/ocfeFwKBgQDsIXwwPbgXKTCo75eTXI6bH8lIy7kChEsM\n"
                              "+LxNlg4f2uoo+3oREbJ9LalmKQ2ZUMt+zS4iHebiyqKzzpCaAtq0oa3gBCUyQbxh\n"
                              "TK/pt9ealvh4jiuJPV7BPoIGQvGxFH03avrUJtqwj7lKiNQmV83iiwiPfuzr5zhX\n"
                              "3iFUdOSlPwKBgBPiw5Sa+gDgFSYJY9rbLOrZBZzS12Gk39dPKlHSu3jB1eEpEQeV\n"
                              "Fed3ChUq/GGw7l5HkvZ08fwT3re9JBqRqcV+hyel7QN49ma744eTrbvMCJIFcoiX\n"
                              "KMw0Og4H5eIXVJZHoZG38Y9Ig2lZUMS6n0kWo79M7/628D7kkH6JGyRTAoGAN4A3\n"
                              "XG9lUaxQz6RhEDX1Huj9uqqHtdu6eDYOrH3UnBAsca2KJ3DtbxbIdka3941SB1/a\n"
                              "tBIrLqtKStEGk+yP010dLUZMJ9/jk0sfHeQkPSW3CT8BZKSUHP/AOBCMFn8mX1w5\n"
                              "0JvBUza06pv2oXyJ2/Gp9XBz547VY3HGi79d7qkCgYB658SWgqsaORGrI2/pID3a\n"
                              "OJuxlUdoPEfKz+hqPE4pyDf1zqqr7p48w3jJ3IM1wO0DNBO0M0LlnjKTydnFDJuz\n"
                              "C9mqGvAlyGTnGvp3W0B0WjGMFVMnuUql13Ooegu8LYlOZtO+bUXvnaUJUVoqqc08\n"
                              "dk6+wcjLad9RMvMFKeVCyw==\n"
                              "-----END PRIVATE KEY-----\n";
static const char p384_key[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDC+JKKXj5bfhOvme5ee\n"
                               "p6alshSFYQNguiNS5rRfRGAdVFDmQCFZIheJAdfrOFaEpAOhZANiAAQy8wWn2t6a\n"
                               "kM/1ycFx/LDerQIlYyJ9fZPlEPrEG3CflU5uumLazOThGDWCZkgQE8QF5PPkz1Tk\n"
                               "NAn0GDFy+qw6gv9HzrysQJwq75PHEq/DNSFnst59C5TU2ZpuV3NdIiI=\n"
                               "-----END PRIVATE KEY-----\n";

/* One CA, one good server certificate, and the same once more from a stranger who calls himself the same. */
static struct {
    struct sam_cert_pair ca, server, evil_ca, evil;
    uint8_t ca_pin[32], server_pin[32];
} world;

static const char *const names[] = {"sync.clinic.example", "*.wild.example", "10.1.2.3", "fd00::17"};

struct end {
    struct sam_tls *tls;
    struct sam_buf plain, cipher;
};

static void end_init(struct end *e, const struct sam_tls_config *c, const char *host)
{
    assert_int_equal(sam_tls_new(&e->tls, c, host), 0);
    sam_buf_init(&e->plain, QUEUE_MAX);
    sam_buf_init(&e->cipher, QUEUE_MAX);
}

static void end_fini(struct end *e)
{
    sam_tls_free(e->tls);
    sam_buf_fini(&e->plain);
    sam_buf_fini(&e->cipher);
}

/* Carry what stands in from's queue to the other end, ${step} bytes per feed. Returns the first error of the pump. */
static int carry(struct end *from, struct end *to, size_t step)
{
    while (sam_buf_len(&from->cipher)) {
        struct sam_span s = sam_buf_peek(&from->cipher);
        size_t n = s.len < step ? s.len : step;
        int err = sam_tls_feed(to->tls, s.ptr, n);
        sam_buf_consume(&from->cipher, n);
        if (!err)
            err = sam_tls_pump(to->tls, &to->plain, &to->cipher);
        if (err)
            return err;
    }
    return 0;
}

/* Both ends until nothing moves. Returns the client's error, else the server's. */
static int settle(struct end *client, struct end *server, size_t step)
{
    int client_err = sam_tls_pump(client->tls, &client->plain, &client->cipher), server_err = 0;
    while (sam_buf_len(&client->cipher) || sam_buf_len(&server->cipher)) {
        int err = carry(client, server, step);
        server_err = server_err ? server_err : err;
        if (err)
            sam_buf_clear(&client->cipher);
        err = carry(server, client, step);
        client_err = client_err ? client_err : err;
        if (err)
            sam_buf_clear(&server->cipher);
    }
    return client_err ? client_err : server_err;
}

static struct sam_tls_config *server_config(const struct sam_cert_pair *p)
{
    struct sam_tls_config *c;
    assert_int_equal(sam_tls_config_server_new(&c, p->cert_pem, strlen(p->cert_pem), p->key_pem, strlen(p->key_pem)),
                     0);
    return c;
}

static struct sam_tls_config *pin_config(const uint8_t *pin, const char *alpn)
{
    struct sam_tls_config *c;
    assert_int_equal(sam_tls_config_client_new(&c, pin, 1, NULL, 0, alpn), 0);
    return c;
}

static struct sam_tls_config *ca_config(const struct sam_cert_pair *ca, const uint8_t *pin)
{
    struct sam_tls_config *c;
    int err = sam_tls_config_client_new(&c, pin, pin ? 1 : 0, ca->cert_pem, strlen(ca->cert_pem), SAM_TLS_ALPN_SYNC);
    assert_int_equal(err, 0);
    return c;
}

/* One handshake between the two; frees both configs. Returns the outcome, and the client's message in ${why}. */
static int meet_step(struct sam_tls_config *cc, struct sam_tls_config *sc, const char *host, size_t step, char why[160])
{
    struct end client, server;
    end_init(&client, cc, host);
    end_init(&server, sc, NULL);
    int err = settle(&client, &server, step);
    if (!err) {
        assert_int_equal(sam_tls_state(client.tls), SAM_TLS_OPEN);
        assert_int_equal(sam_tls_state(server.tls), SAM_TLS_OPEN);
        assert_string_equal(sam_tls_version(client.tls), sam_tls_version(server.tls));
    } else {
        assert_int_equal(sam_tls_state(client.tls), SAM_TLS_CLOSED);
        assert_true(strlen(sam_tls_errmsg(client.tls)) > 0);
    }
    if (why)
        snprintf(why, 160, "%s", sam_tls_errmsg(client.tls));
    end_fini(&client);
    end_fini(&server);
    sam_tls_config_free(cc);
    sam_tls_config_free(sc);
    return err;
}

static int meet(struct sam_tls_config *cc, struct sam_tls_config *sc, const char *host)
{
    return meet_step(cc, sc, host, QUEUE_MAX, NULL);
}

/* --- who the server is --- */

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

/* --- data --- */

struct pair {
    struct sam_tls_config *cc, *sc;
    struct end client, server;
};

static void pair_open(struct pair *p)
{
    p->cc = pin_config(world.server_pin, SAM_TLS_ALPN_SYNC);
    p->sc = server_config(&world.server);
    end_init(&p->client, p->cc, "localhost");
    end_init(&p->server, p->sc, NULL);
    assert_int_equal(settle(&p->client, &p->server, QUEUE_MAX), 0);
    assert_int_equal(sam_tls_state(p->server.tls), SAM_TLS_OPEN);
}

static void pair_close(struct pair *p)
{
    end_fini(&p->client);
    end_fini(&p->server);
    sam_tls_config_free(p->cc);
    sam_tls_config_free(p->sc);
}

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 2654435761u >> 13);
}

static void send_and_compare(struct end *from, struct end *to, size_t n, size_t step)
{
    uint8_t *text = malloc(n ? n : 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        text[i] = pattern(i);
    assert_int_equal(sam_tls_write(from->tls, text, n, &from->cipher), 0);
    assert_int_equal(carry(from, to, step), 0);
    assert_int_equal(sam_buf_len(&to->plain), n);
    if (n)
        assert_memory_equal(sam_buf_peek(&to->plain).ptr, text, n);
    sam_buf_clear(&to->plain);
    free(text);
}

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

/* --- damage --- */

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

/* --- configurations --- */

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

static int start(void **state)
{
    (void)state;
    int64_t from = time(NULL) - DAY, to = from + 3650 * (int64_t)DAY;
    if (sam_crypto_start() || sam_cert_make_ca(from, to, &world.ca) || sam_cert_make_ca(from, to, &world.evil_ca))
        return -1;
    if (sam_cert_make_server(&world.ca, names, sizeof names / sizeof *names, from, to, &world.server))
        return -1;
    if (sam_cert_make_server(&world.evil_ca, names, sizeof names / sizeof *names, from, to, &world.evil))
        return -1;
    if (sam_cert_pin(world.ca.cert_pem, strlen(world.ca.cert_pem), world.ca_pin))
        return -1;
    return sam_cert_pin(world.server.cert_pem, strlen(world.server.cert_pem), world.server_pin);
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
        cmocka_unit_test(test_data_both_ways),
        cmocka_unit_test(test_byte_at_a_time),
        cmocka_unit_test(test_data_right_behind_the_handshake),
        cmocka_unit_test(test_full_plain_buffer_waits),
        cmocka_unit_test(test_write_room_is_kept),
        cmocka_unit_test(test_handshake_through_a_small_queue),
        cmocka_unit_test(test_feed_is_bounded),
        cmocka_unit_test(test_farewell),
        cmocka_unit_test(test_close_in_the_handshake_and_with_no_room),
        cmocka_unit_test(test_truncated_handshake),
        cmocka_unit_test(test_flipped_bit_in_the_handshake),
        cmocka_unit_test(test_garbage_instead_of_hello),
        cmocka_unit_test(test_damaged_record),
        cmocka_unit_test(test_repeated_record),
        cmocka_unit_test(test_server_config_refusals),
        cmocka_unit_test(test_longest_names),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
