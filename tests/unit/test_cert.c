/* Goal: certificates say what they should and nothing that a caller could smuggle in, and every refusal leaves no key behind. */
#include "proto/wire/cert_read.h"

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

static enum sam_cert_fault checked(const char *cert, const char *key, const char *host, int64_t now_s)
{
    return sam_cert_check(cert, strlen(cert), key, strlen(key), host, now_s);
}

static void test_what_may_be_used(void **state)
{
    (void)state;
    static const char *const names[] = {"samling.example.org", "*.clinic.example.org", "10.1.2.3", "fd00::17"};
    static struct sam_cert_pair p, other;
    struct sam_cert_info info;
    assert_int_equal(sam_cert_make_server(&ca, names, 4, NOW, NOW + DAY, &p), 0);
    assert_int_equal(sam_cert_make_server(&ca, names, 4, NOW, NOW + DAY, &other), 0);
    assert_int_equal(sam_cert_read(p.cert_pem, strlen(p.cert_pem), &info), 0);
    assert_int_equal(info.names, 7);
    assert_int_equal(info.chain, 2);
    assert_int_equal(info.not_before_s, NOW);
    assert_int_equal(info.not_after_s, NOW + DAY);
    assert_string_equal(info.kind, "EC 256");
    assert_false(info.authority || info.own_issuer);
    static const struct {
        const char *host;
        enum sam_cert_fault fault;
    } hosts[] = {{"samling.example.org", SAM_CERT_GOOD},
                 {"SAMLING.example.ORG", SAM_CERT_GOOD},
                 {"a.clinic.example.org", SAM_CERT_GOOD},
                 {"clinic.example.org", SAM_CERT_OTHER_NAME},
                 {".clinic.example.org", SAM_CERT_OTHER_NAME},
                 {"a.b.clinic.example.org", SAM_CERT_OTHER_NAME},
                 {"example.org", SAM_CERT_OTHER_NAME},
                 {"", SAM_CERT_OTHER_NAME},
                 {"10.1.2.3", SAM_CERT_GOOD},
                 {"10.1.2.4", SAM_CERT_OTHER_NAME},
                 {"fd00:0::17", SAM_CERT_GOOD},
                 {"127.0.0.1", SAM_CERT_GOOD}};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
        if (checked(p.cert_pem, p.key_pem, hosts[i].host, NOW) != hosts[i].fault)
            fail_msg("%s", hosts[i].host);
    assert_int_equal(checked(p.cert_pem, p.key_pem, "10.1.2.3", NOW - 1), SAM_CERT_NOT_YET);
    assert_int_equal(checked(p.cert_pem, p.key_pem, "10.1.2.3", NOW + DAY - 1), SAM_CERT_GOOD);
    assert_int_equal(checked(p.cert_pem, p.key_pem, "10.1.2.3", NOW + DAY), SAM_CERT_EXPIRED);
    assert_int_equal(checked(p.cert_pem, other.key_pem, "10.1.2.3", NOW), SAM_CERT_KEY_OTHER);
    assert_int_equal(checked(p.cert_pem, p.cert_pem, "10.1.2.3", NOW), SAM_CERT_KEY_UNREADABLE);
    assert_int_equal(checked(p.key_pem, p.key_pem, "10.1.2.3", NOW), SAM_CERT_UNREADABLE);
    assert_int_equal(checked(ca.cert_pem, ca.key_pem, "10.1.2.3", NOW), SAM_CERT_IS_AUTHORITY);
}

/* The server's own certificate is good; with another authority behind it, or cut anywhere before its end, the file is not. */
static void test_no_half_of_a_chain_is_used(void **state)
{
    (void)state;
    static struct sam_cert_pair p;
    char text[2 * SAM_CERT_PEM_BYTES_MAX];
    assert_int_equal(sam_cert_make_server(&ca, NULL, 0, NOW, NOW + DAY, &p), 0);
    const char *second = strstr(p.cert_pem + 1, "-----BEGIN");
    assert_non_null(second);
    size_t own = (size_t)(second - p.cert_pem);
    snprintf(text, sizeof text, "%.*s%s", (int)own, p.cert_pem, stranger.cert_pem);
    assert_int_equal(checked(text, p.key_pem, "localhost", NOW), SAM_CERT_CHAIN);
    size_t whole = strlen(p.cert_pem);
    for (size_t n = 0; n < whole; n += n + 40 < own || (n > own && n + 40 < whole) ? 7 : 1) {
        snprintf(text, sizeof text, "%.*s", (int)n, p.cert_pem);
        enum sam_cert_fault fault = checked(text, p.key_pem, "localhost", NOW);
        bool may = n >= own - 1 && n <= own + 26; /* the second one has not begun, or cannot be told from none */
        if (fault == SAM_CERT_GOOD && !may && n + 1 < whole)
            fail_msg("%zu of %zu bytes are taken", n, whole);
    }
}

static void test_a_request_is_for_names_and_key(void **state)
{
    (void)state;
    static struct sam_cert_pair p;
    static const char *const names[] = {"samling.example.org"}, *const wrong[] = {"bad name"};
    char out[4096];
    assert_int_equal(sam_cert_make_server(&ca, NULL, 0, NOW, NOW + DAY, &p), 0);
    assert_int_equal(sam_cert_request(p.key_pem, strlen(p.key_pem), names, 1, out, sizeof out), 0);
    assert_says(out, "BEGIN CERTIFICATE REQUEST");
    assert_int_equal(sam_cert_request(p.key_pem, strlen(p.key_pem), wrong, 1, out, sizeof out), SAM_ERANGE);
    assert_string_equal(out, "");
    assert_int_equal(sam_cert_request("x", 1, names, 1, out, sizeof out), SAM_ECORRUPT);
    assert_int_equal(sam_cert_request(p.key_pem, strlen(p.key_pem), names, SAM_CERT_NAMES_MAX + 1, out, sizeof out),
                     SAM_ETOOBIG);
}

static void test_words(void **state)
{
    (void)state;
    char out[SAM_CERT_WORDS_BYTES_MAX];
    uint8_t hash[32] = {0};
    sam_cert_words(hash, out);
    assert_string_equal(out, "babab babab babab babab babab babab babab babab");
    memset(hash, 0xff, sizeof hash);
    sam_cert_words(hash, out);
    assert_string_equal(out, "zuzuz zuzuz zuzuz zuzuz zuzuz zuzuz zuzuz zuzuz");
    hash[15] = 0xfe; /* the last bit that is told */
    sam_cert_words(hash, out);
    assert_string_equal(out + 42, "zuzuv");
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
        cmocka_unit_test(test_what_may_be_used),
        cmocka_unit_test(test_no_half_of_a_chain_is_used),
        cmocka_unit_test(test_a_request_is_for_names_and_key),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
