/* Goal: certificates say what they should and nothing that a caller could smuggle in, and every refusal leaves no key behind. */
#include "proto/wire/cert.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <mbedtls/oid.h>
#include <mbedtls/x509_crt.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DAY 86400
#define NOW INT64_C(1767225600) /* 2026-01-01 00:00:00 UTC */

static struct sam_cert_pair ca, stranger;

static void assert_empty(const struct sam_cert_pair *p)
{
    static const struct sam_cert_pair none;
    assert_memory_equal(p, &none, sizeof none);
}

/* The library's own description of the ${at}th certificate in ${pem}. */
static void describe(const char *pem, int at, char *text, size_t max)
{
    mbedtls_x509_crt crt;
    mbedtls_x509_crt_init(&crt);
    assert_int_equal(mbedtls_x509_crt_parse(&crt, (const uint8_t *)pem, strlen(pem) + 1), 0);
    const mbedtls_x509_crt *c = &crt;
    for (; at > 0 && c; at--)
        c = c->next;
    assert_non_null(c);
    assert_true(mbedtls_x509_crt_info(text, max, "", c) > 0);
    assert_int_equal(c->serial.len, 16);
    assert_in_range(c->serial.p[0], 0x40, 0x7f);
    mbedtls_x509_crt_free(&crt);
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is missing in:\n%s", part, text);
}

static void test_what_an_authority_says(void **state)
{
    (void)state;
    char text[4096];
    describe(ca.cert_pem, 0, text, sizeof text);
    assert_says(text, "cert. version     : 3");
    assert_says(text, "issuer name       : CN=samling CA");
    assert_says(text, "subject name      : CN=samling CA");
    assert_says(text, "issued  on        : 2026-01-01 00:00:00");
    assert_says(text, "expires on        : 2026-01-11 00:00:00");
    assert_says(text, "signed using      : ECDSA with SHA256");
    assert_says(text, "key size       : 256 bits");
    assert_says(text, "CA=true, max_pathlen=0");
    assert_says(text, "Key Cert Sign, CRL Sign");
    assert_null(strstr(text, "Digital Signature"));
    assert_null(strstr(text, "subject alt name"));
}

static void test_what_a_server_says(void **state)
{
    (void)state;
    static const char *const names[] = {"sync.clinic.example", "*.wild.example", "10.1.2.3"};
    struct sam_cert_pair p;
    char text[4096];
    assert_int_equal(sam_cert_make_server(&ca, names, 3, NOW, NOW + DAY, &p), 0);
    describe(p.cert_pem, 0, text, sizeof text);
    assert_says(text, "issuer name       : CN=samling CA");
    assert_says(text, "subject name      : CN=samling server");
    assert_says(text, "expires on        : 2026-01-02 00:00:00");
    assert_says(text, "CA=false");
    assert_says(text, "Digital Signature");
    assert_null(strstr(text, "Key Cert Sign"));
    assert_says(text, "TLS Web Server Authentication");
    assert_says(text, "localhost");
    assert_says(text, names[0]);
    assert_says(text, names[1]);
    describe(p.cert_pem, 1, text, sizeof text);
    assert_says(text, "subject name      : CN=samling CA");
}

/* What the signatures say, without any connection: from the authority that made it, and not from one of the same name. */
static void test_signed_by_its_authority_alone(void **state)
{
    (void)state;
    struct sam_cert_pair p;
    assert_int_equal(sam_cert_make_server(&ca, NULL, 0, NOW, NOW + DAY, &p), 0);
    const struct sam_cert_pair *const by[] = {&ca, &stranger};
    for (size_t i = 0; i < 2; i++) {
        mbedtls_x509_crt chain, root;
        uint32_t flags = 0;
        mbedtls_x509_crt_init(&chain);
        mbedtls_x509_crt_init(&root);
        assert_int_equal(mbedtls_x509_crt_parse(&chain, (const uint8_t *)p.cert_pem, strlen(p.cert_pem) + 1), 0);
        assert_int_equal(mbedtls_x509_crt_parse(&root, (const uint8_t *)by[i]->cert_pem, strlen(by[i]->cert_pem) + 1),
                         0);
        (void)mbedtls_x509_crt_verify(&chain, &root, NULL, "localhost", &flags, NULL, NULL);
        flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
        assert_int_equal(flags, i == 0 ? 0 : MBEDTLS_X509_BADCERT_NOT_TRUSTED);
        assert_int_equal(mbedtls_x509_crt_check_extended_key_usage(&chain, MBEDTLS_OID_SERVER_AUTH,
                                                                   sizeof MBEDTLS_OID_SERVER_AUTH - 1),
                         0);
        assert_int_not_equal(mbedtls_x509_crt_check_extended_key_usage(&chain, MBEDTLS_OID_CLIENT_AUTH,
                                                                       sizeof MBEDTLS_OID_CLIENT_AUTH - 1),
                             0);
        mbedtls_x509_crt_free(&chain);
        mbedtls_x509_crt_free(&root);
    }
}

static void test_names(void **state)
{
    (void)state;
    struct sam_cert_pair p;
    static const char *const bad[] = {"",  ".",    "a..b",  "-a", "a-",    "a.-b", "a b",   "a,CN=b",      "a\nb",
                                      "*", "*a.b", "a.*.b", "a.", "a_b.c", "a/b",  "1:2:x", "\xc3\xa6.no", "*.*.b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(sam_cert_make_server(&ca, &bad[i], 1, NOW, NOW + DAY, &p), SAM_ERANGE);
        assert_empty(&p);
    }
    char longest[300];
    memset(longest, 'a', sizeof longest);
    for (size_t i = 63; i < sizeof longest; i += 64)
        longest[i] = '.';
    longest[SAM_CERT_NAME_BYTES_MAX + 1] = 0;
    const char *many[SAM_CERT_NAMES_MAX + 1];
    for (size_t i = 0; i <= SAM_CERT_NAMES_MAX; i++)
        many[i] = longest;
    assert_int_equal(sam_cert_make_server(&ca, many, 1, NOW, NOW + DAY, &p), SAM_ERANGE);
    longest[SAM_CERT_NAME_BYTES_MAX] = 0;
    assert_int_equal(sam_cert_make_server(&ca, many, SAM_CERT_NAMES_MAX + 1, NOW, NOW + DAY, &p), SAM_ETOOBIG);
    assert_empty(&p);
    assert_int_equal(sam_cert_make_server(&ca, many, SAM_CERT_NAMES_MAX, NOW, NOW + DAY, &p), 0);
}

static void test_dates(void **state)
{
    (void)state;
    struct sam_cert_pair p;
    assert_int_equal(sam_cert_make_ca(NOW, NOW, &p), SAM_ERANGE);
    assert_empty(&p);
    assert_int_equal(sam_cert_make_ca(NOW, NOW - 1, &p), SAM_ERANGE);
    assert_int_equal(sam_cert_make_ca(-1, NOW, &p), SAM_ERANGE);
    assert_int_equal(sam_cert_make_ca(NOW, INT64_MAX, &p), SAM_ERANGE);
    assert_int_equal(sam_cert_make_ca(NOW, 253402300799, &p), 0); /* the last second of 9999 */
    assert_int_equal(sam_cert_make_ca(NOW, 253402300800, &p), SAM_ERANGE);
    assert_empty(&p);
    assert_int_equal(sam_cert_make_server(&ca, NULL, 0, NOW, NOW, &p), SAM_ERANGE);
    assert_empty(&p);
}

static void test_only_an_authority_signs(void **state)
{
    (void)state;
    struct sam_cert_pair p, server, mixed = ca;
    assert_int_equal(sam_cert_make_server(&ca, NULL, 0, NOW, NOW + DAY, &server), 0);
    assert_int_equal(sam_cert_make_server(&server, NULL, 0, NOW, NOW + DAY, &p), SAM_EAUTH);
    assert_empty(&p);
    memcpy(mixed.key_pem, stranger.key_pem, sizeof mixed.key_pem);
    assert_int_equal(sam_cert_make_server(&mixed, NULL, 0, NOW, NOW + DAY, &p), SAM_EAUTH);
    memset(&mixed, 'x', sizeof mixed);
    assert_int_equal(sam_cert_make_server(&mixed, NULL, 0, NOW, NOW + DAY, &p), SAM_ECORRUPT);
    assert_empty(&p);
}

static void test_pins(void **state)
{
    (void)state;
    uint8_t ca_pin[32], pin[32], again[32], none[32] = {0};
    static char big[SAM_CERT_FILE_BYTES_MAX + 1];
    struct sam_cert_pair p;
    assert_int_equal(sam_cert_make_server(&ca, NULL, 0, NOW, NOW + DAY, &p), 0);
    assert_int_equal(sam_cert_pin(ca.cert_pem, strlen(ca.cert_pem), ca_pin), 0);
    assert_int_equal(sam_cert_pin(p.cert_pem, strlen(p.cert_pem), pin), 0);
    assert_memory_not_equal(pin, ca_pin, 32);
    assert_int_equal(sam_cert_pin(p.cert_pem, strlen(p.cert_pem) + 1, again), 0); /* with the NUL */
    assert_memory_equal(again, pin, 32);
    assert_int_equal(sam_cert_make_server(&ca, NULL, 0, NOW, NOW + DAY, &p), 0);
    assert_int_equal(sam_cert_pin(p.cert_pem, strlen(p.cert_pem), again), 0);
    assert_memory_not_equal(again, pin, 32);
    assert_int_equal(sam_cert_pin("rubbish", 7, again), SAM_ECORRUPT);
    assert_memory_equal(again, none, 32);
    assert_int_equal(sam_cert_pin(p.cert_pem, strlen(p.cert_pem) - 40, again), SAM_ECORRUPT);
    assert_int_equal(sam_cert_pin(NULL, 0, again), SAM_ECORRUPT);
    assert_int_equal(sam_cert_pin(big, sizeof big, again), SAM_ETOOBIG);
    assert_memory_equal(again, none, 32);
}

static void test_addresses(void **state)
{
    (void)state;
    static const uint8_t four[] = {10, 1, 2, 3}, six[16] = {0xfd, [15] = 0x17};
    uint8_t out[16];
    assert_int_equal(sam_cert_address("10.1.2.3", out), 4);
    assert_memory_equal(out, four, 4);
    assert_int_equal(sam_cert_address("fd00::17", out), 16);
    assert_memory_equal(out, six, 16);
    assert_int_equal(sam_cert_address("10.1.2", out), 0);
    assert_int_equal(sam_cert_address("localhost", out), 0);
    assert_int_equal(sam_cert_address("", out), 0);
}

static int start(void **state)
{
    (void)state;
    if (sam_crypto_start() || sam_cert_make_ca(NOW, NOW + 10 * DAY, &ca))
        return -1;
    return sam_cert_make_ca(NOW, NOW + 10 * DAY, &stranger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_authority_says),
        cmocka_unit_test(test_what_a_server_says),
        cmocka_unit_test(test_signed_by_its_authority_alone),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_only_an_authority_signs),
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_addresses),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
