/* Two ends of TLS that talk only through byte queues, and the certificates that they know each other by. */
#ifndef UNIT_TEST_TLS_H
#define UNIT_TEST_TLS_H

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

static inline void end_init(struct end *e, const struct sam_tls_config *c, const char *host)
{
    assert_int_equal(sam_tls_new(&e->tls, c, host), 0);
    sam_buf_init(&e->plain, QUEUE_MAX);
    sam_buf_init(&e->cipher, QUEUE_MAX);
}

static inline void end_fini(struct end *e)
{
    sam_tls_free(e->tls);
    sam_buf_fini(&e->plain);
    sam_buf_fini(&e->cipher);
}

/* Carry what stands in from's queue to the other end, ${step} bytes per feed. Returns the first error of the pump. */
static inline int carry(struct end *from, struct end *to, size_t step)
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
static inline int settle(struct end *client, struct end *server, size_t step)
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

static inline struct sam_tls_config *server_config(const struct sam_cert_pair *p)
{
    struct sam_tls_config *c;
    assert_int_equal(sam_tls_config_server_new(&c, p->cert_pem, strlen(p->cert_pem), p->key_pem, strlen(p->key_pem)),
                     0);
    return c;
}

static inline struct sam_tls_config *pin_config(const uint8_t *pin, const char *alpn)
{
    struct sam_tls_config *c;
    assert_int_equal(sam_tls_config_client_new(&c, pin, 1, NULL, 0, alpn), 0);
    return c;
}

static inline struct sam_tls_config *ca_config(const struct sam_cert_pair *ca, const uint8_t *pin)
{
    struct sam_tls_config *c;
    int err = sam_tls_config_client_new(&c, pin, pin ? 1 : 0, ca->cert_pem, strlen(ca->cert_pem), SAM_TLS_ALPN_SYNC);
    assert_int_equal(err, 0);
    return c;
}

/* One handshake between the two; frees both configs. Returns the outcome, and the client's message in ${why}. */
static inline int meet_step(struct sam_tls_config *cc, struct sam_tls_config *sc, const char *host, size_t step,
                            char why[160])
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

static inline int meet(struct sam_tls_config *cc, struct sam_tls_config *sc, const char *host)
{
    return meet_step(cc, sc, host, QUEUE_MAX, NULL);
}

struct pair {
    struct sam_tls_config *cc, *sc;
    struct end client, server;
};

static inline void pair_open(struct pair *p)
{
    p->cc = pin_config(world.server_pin, SAM_TLS_ALPN_SYNC);
    p->sc = server_config(&world.server);
    end_init(&p->client, p->cc, "localhost");
    end_init(&p->server, p->sc, NULL);
    assert_int_equal(settle(&p->client, &p->server, QUEUE_MAX), 0);
    assert_int_equal(sam_tls_state(p->server.tls), SAM_TLS_OPEN);
}

static inline void pair_close(struct pair *p)
{
    end_fini(&p->client);
    end_fini(&p->server);
    sam_tls_config_free(p->cc);
    sam_tls_config_free(p->sc);
}

static inline uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 2654435761u >> 13);
}

static inline void send_and_compare(struct end *from, struct end *to, size_t n, size_t step)
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

static inline int start(void **state)
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

#endif
