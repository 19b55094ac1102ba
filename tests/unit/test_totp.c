/* Goal: codes are those of RFC 6238, taken in the step before, now and after, and once; what an app is told of it can be read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/totp.h"

#include <stdio.h>
#include <string.h>

static const uint8_t rfc_secret[] = "12345678901234567890"; /* RFC 6238, appendix B */

/* The appendix has eight digits; ours are its last six. */
static void the_vectors_of_the_rfc(void **state)
{
    static const struct {
        int64_t at_s;
        uint32_t code;
    } known[] = {{59, 94287082},         {1111111109, 7081804},  {1111111111, 14050471},
                 {1234567890, 89005924}, {2000000000, 69279037}, {20000000000, 65353130}};
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t code;
        assert_int_equal(totp_code(rfc_secret, totp_step(known[i].at_s), &code), 0);
        assert_int_equal(code, known[i].code % 1000000);
    }
}

/* RFC 2202, test cases 1, 2 and 6: a short key, words, a key longer than a block. */
static void hmac_sha1_of_rfc_2202(void **state)
{
    static const uint8_t want[3][SAM_SHA1_BYTES] = {{0xb6, 0x17, 0x31, 0x86, 0x55, 0x05, 0x72, 0x64, 0xe2, 0x8b,
                                                     0xc0, 0xb6, 0xfb, 0x37, 0x8c, 0x8e, 0xf1, 0x46, 0xbe, 0x00},
                                                    {0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74,
                                                     0x16, 0xd5, 0xf1, 0x84, 0xdf, 0x9c, 0x25, 0x9a, 0x7c, 0x79},
                                                    {0xaa, 0x4a, 0xe5, 0xe1, 0x52, 0x72, 0xd0, 0x0e, 0x95, 0x70,
                                                     0x56, 0x37, 0xce, 0x8a, 0x3b, 0x55, 0xed, 0x40, 0x21, 0x12}};
    static const char words[] = "what do ya want for nothing?",
                      longer[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    uint8_t key[80], out[SAM_SHA1_BYTES];
    (void)state;
    memset(key, 0x0b, 20);
    assert_int_equal(sam_hmac_sha1(key, 20, "Hi There", 8, out), 0);
    assert_memory_equal(out, want[0], sizeof out);
    assert_int_equal(sam_hmac_sha1("Jefe", 4, words, strlen(words), out), 0);
    assert_memory_equal(out, want[1], sizeof out);
    memset(key, 0xaa, sizeof key);
    assert_int_equal(sam_hmac_sha1(key, sizeof key, longer, strlen(longer), out), 0);
    assert_memory_equal(out, want[2], sizeof out);
}

static void word_at(uint64_t step, char out[16])
{
    uint32_t code;
    assert_int_equal(totp_code(rfc_secret, step, &code), 0);
    snprintf(out, 16, "%06u", code);
}

static void one_step_off_is_taken_and_two_are_not(void **state)
{
    (void)state;
    const int64_t now_s = 1700000000;
    const uint64_t now = totp_step(now_s);
    for (int off = -3; off <= 3; off++) {
        char word[16];
        uint64_t step;
        word_at(now + (uint64_t)(int64_t)off, word);
        int err = totp_check(rfc_secret, word, now_s, 0, &step);
        assert_int_equal(err, off >= -1 && off <= 1 ? 0 : SAM_EAUTH);
        assert_int_equal(step, err ? 0 : now + (uint64_t)(int64_t)off);
    }
}

static void a_step_is_taken_once_and_none_before_it(void **state)
{
    char now_word[16], next[16], before[16];
    uint64_t step;
    const int64_t now_s = 1700000000;
    const uint64_t now = totp_step(now_s);
    (void)state;
    word_at(now, now_word);
    word_at(now + 1, next);
    word_at(now - 1, before);
    assert_int_equal(totp_check(rfc_secret, now_word, now_s, now - 1, &step), 0);
    assert_int_equal(totp_check(rfc_secret, now_word, now_s, step, &step), SAM_EAUTH);
    assert_int_equal(totp_check(rfc_secret, before, now_s, now, &step), SAM_EAUTH);
    assert_int_equal(totp_check(rfc_secret, next, now_s, now, &step), 0);
    assert_int_equal(step, now + 1);
}

static void what_is_no_code_is_refused(void **state)
{
    static const char *const bad[] = {
        "", "12345", "1234567", "12345a", "-12345", "+12345", "0x1234", "123 45", "12345678901234567890"};
    char word[16], apart[24];
    uint64_t step;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(totp_check(rfc_secret, bad[i], 1700000000, 0, &step), SAM_EAUTH);
    word_at(totp_step(1700000000), word);
    snprintf(apart, sizeof apart, " %.3s %s ", word, word + 3);
    assert_int_equal(totp_check(rfc_secret, apart, 1700000000, 0, &step), 0);
    assert_int_equal(totp_check(rfc_secret, "000000", -5, 0, &step), SAM_EAUTH); /* a clock before 1970 */
}

static void an_app_is_told_in_words(void **state)
{
    char uri[TOTP_URI_BYTES_MAX], key[TOTP_BASE32_BYTES], long_name[300];
    (void)state;
    totp_base32(rfc_secret, key);
    assert_string_equal(key, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"); /* RFC 4648 */
    assert_int_equal(totp_uri(uri, "samling klinikk.no", "kari.å&b", rfc_secret), 0);
    assert_string_equal(uri,
                        "otpauth://totp/samling%20klinikk.no:kari.%C3%A5%26b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
                        "&issuer=samling%20klinikk.no&algorithm=SHA1&digits=6&period=30");
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = 0;
    assert_int_equal(totp_uri(uri, "samling", long_name, rfc_secret), SAM_ETOOBIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_rfc),
        cmocka_unit_test(hmac_sha1_of_rfc_2202),
        cmocka_unit_test(one_step_off_is_taken_and_two_are_not),
        cmocka_unit_test(a_step_is_taken_once_and_none_before_it),
        cmocka_unit_test(what_is_no_code_is_refused),
        cmocka_unit_test(an_app_is_told_in_words),
    };
    if (sam_crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
