/* Goal: the crypto layer gives exactly the published answers, and no tampered byte is ever accepted. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t nibble(char c)
{
    return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Bytes of a hex text; spaces are skipped. */
static size_t unhex(const char *hex, uint8_t *out)
{
    size_t n = 0;
    while (*hex) {
        if (*hex == ' ') {
            hex++;
            continue;
        }
        out[n++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
        hex += 2;
    }
    return n;
}

static void assert_hex(const uint8_t *got, const char *hex)
{
    uint8_t want[256];
    size_t n = unhex(hex, want);
    assert_memory_equal(got, want, n);
}

/* FIPS 180-4 examples and the empty message */
static void test_sha256(void **state)
{
    (void)state;
    uint8_t out[32];
    assert_int_equal(sam_sha256("", 0, out), 0);
    assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(sam_sha256(NULL, 0, out), 0);
    assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(sam_sha256("abc", 3, out), 0);
    assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(sam_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, out), 0);
    assert_hex(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_sha256_in_two_parts(void **state)
{
    (void)state;
    uint8_t text[200], whole[32], parts[32];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    for (size_t n = 0; n <= sizeof text; n += 13) {
        assert_int_equal(sam_sha256(text, n, whole), 0);
        for (size_t cut = 0; cut <= n; cut++) {
            assert_int_equal(sam_sha256_2(text, cut, text + cut, n - cut, parts), 0);
            assert_memory_equal(whole, parts, 32);
        }
    }
}

/* RFC 4231; case 5 is about truncation, its first 16 bytes are compared */
static const struct {
    const char *key, *data, *mac;
    unsigned key_fill, key_fill_len, data_fill, data_fill_len;
} hmac_cases[] = {
    {NULL, "4869205468657265", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7", 0x0b, 20, 0, 0},
    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", 0, 0, 0, 0},
    {NULL, NULL, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe", 0xaa, 20, 0xdd, 50},
    {"0102030405060708090a0b0c0d0e0f10111213141516171819", NULL,
     "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b", 0, 0, 0xcd, 50},
    {NULL, "546573742057697468205472756e636174696f6e", "a3b6167473100ee06e0c796c2955552b", 0x0c, 20, 0, 0},
    {NULL,
     "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", 0xaa, 131, 0, 0},
    {NULL,
     "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e642061206"
     "c61"
     "72676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f206265206861736865642062656"
     "66f"
     "7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
     "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2", 0xaa, 131, 0, 0},
};

static size_t fill_or_hex(const char *hex, unsigned fill, unsigned len, uint8_t *out)
{
    if (hex)
        return unhex(hex, out);
    memset(out, (int)fill, len);
    return len;
}

static void test_hmac_rfc4231(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hmac_cases / sizeof *hmac_cases; i++) {
        uint8_t key[256], data[256], out[32];
        size_t key_len = fill_or_hex(hmac_cases[i].key, hmac_cases[i].key_fill, hmac_cases[i].key_fill_len, key);
        size_t data_len = fill_or_hex(hmac_cases[i].data, hmac_cases[i].data_fill, hmac_cases[i].data_fill_len, data);
        struct sam_hmac h;
        assert_int_equal(sam_hmac_init(&h, key, key_len), 0);
        for (size_t cut = 0; cut <= data_len; cut++) { /* one key, many messages */
            assert_int_equal(sam_hmac_start(&h), 0);
            assert_int_equal(sam_hmac_update(&h, data, cut), 0);
            assert_int_equal(sam_hmac_update(&h, data + cut, data_len - cut), 0);
            assert_int_equal(sam_hmac_finish(&h, out), 0);
            assert_hex(out, hmac_cases[i].mac);
        }
        sam_hmac_fini(&h);
    }
}

static void test_hmac_start_forgets(void **state)
{
    (void)state;
    struct sam_hmac h;
    uint8_t first[32], second[32];
    assert_int_equal(sam_hmac_init(&h, "Jefe", 4), 0);
    assert_int_equal(sam_hmac_start(&h), 0);
    assert_int_equal(sam_hmac_finish(&h, first), 0);
    assert_int_equal(sam_hmac_start(&h), 0);
    assert_int_equal(sam_hmac_update(&h, "left over", 9), 0);
    assert_int_equal(sam_hmac_start(&h), 0);
    assert_int_equal(sam_hmac_finish(&h, second), 0);
    assert_memory_equal(first, second, 32);
    sam_hmac_fini(&h);
    static const struct sam_hmac zero;
    assert_memory_equal(&h, &zero, sizeof h);
    sam_hmac_fini(&h);
}

/* RFC 5869: the cases with an empty salt and SHA-256 is number 3; we take the first 32 of its 42 bytes. */
static void test_hkdf_rfc5869(void **state)
{
    (void)state;
    uint8_t key[32], out[32], info[256] = {0};
    memset(key, 0x0b, sizeof key);
    assert_int_equal(sam_hkdf_bytes(key, 22, NULL, 0, out), 0);
    assert_hex(out, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    uint8_t other[32];
    assert_int_equal(sam_hkdf(key, "samling test", out), 0);
    assert_int_equal(sam_hkdf_bytes(key, 32, "samling test", 12, other), 0);
    assert_memory_equal(out, other, 32);
    assert_int_equal(sam_hkdf(key, "samling tess", other), 0);
    assert_memory_not_equal(out, other, 32);
    assert_int_equal(sam_hkdf_bytes(key, 32, info, sizeof info, out), SAM_ETOOBIG);
    static const uint8_t zero[32];
    assert_memory_equal(out, zero, 32);
}

/* Test cases 13 to 16 of the GCM specification: those with AES-256 and a nonce of 12 bytes. */
static const struct {
    const char *key, *nonce, *aad, *plain, *sealed;
} gcm_cases[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "",
     "00000000000000000000000000000000", "cea7403d4d606b6e074ec5d3baf39d18 d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a637b39"
     "1aafd255",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0ab"
     "cc9f662"
     "898015ad b094dac5d93471bdec1a502270e3cc6c"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657b"
     "a637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0ab"
     "cc9f662"
     " 76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void test_seal_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof gcm_cases / sizeof *gcm_cases; i++) {
        uint8_t key[32], nonce[12], aad[32], plain[80], out[96], back[80];
        unhex(gcm_cases[i].key, key);
        unhex(gcm_cases[i].nonce, nonce);
        size_t aad_len = unhex(gcm_cases[i].aad, aad), n = unhex(gcm_cases[i].plain, plain);
        struct sam_seal *s;
        assert_int_equal(sam_seal_new(&s, key), 0);
        for (int again = 0; again < 2; again++) {
            assert_int_equal(sam_seal_make(s, nonce, aad, aad_len, plain, n, out), 0);
            assert_hex(out, gcm_cases[i].sealed);
            assert_int_equal(sam_seal_open(s, nonce, aad, aad_len, out, n + 16, back), 0);
            assert_memory_equal(back, plain, n);
        }
        sam_seal_free(s);
    }
}

static void test_seal_refuses_every_flipped_bit(void **state)
{
    (void)state;
    static const uint8_t zero[60];
    uint8_t key[32], nonce[12], aad[9] = "op 17/42", plain[60], sealed[76], back[60];
    assert_int_equal(sam_random(key, sizeof key), 0);
    assert_int_equal(sam_random(nonce, sizeof nonce), 0);
    assert_int_equal(sam_random(plain, sizeof plain), 0);
    struct sam_seal *s;
    assert_int_equal(sam_seal_new(&s, key), 0);
    assert_int_equal(sam_seal_make(s, nonce, aad, sizeof aad, plain, sizeof plain, sealed), 0);
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        memset(back, 0xee, sizeof back);
        assert_int_equal(sam_seal_open(s, nonce, aad, sizeof aad, sealed, sizeof sealed, back), SAM_EAUTH);
        assert_memory_equal(back, zero, sizeof back);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t n = 0; n < sizeof sealed; n++) {
        uint8_t *cut = malloc(n ? n : 1); /* its own memory, so that a read past the end shows */
        assert_non_null(cut);
        memcpy(cut, sealed, n);
        assert_int_equal(sam_seal_open(s, nonce, aad, sizeof aad, cut, n, back), SAM_EAUTH);
        free(cut);
    }
    aad[0] ^= 1;
    assert_int_equal(sam_seal_open(s, nonce, aad, sizeof aad, sealed, sizeof sealed, back), SAM_EAUTH);
    aad[0] ^= 1;
    nonce[11] ^= 1;
    assert_int_equal(sam_seal_open(s, nonce, aad, sizeof aad, sealed, sizeof sealed, back), SAM_EAUTH);
    nonce[11] ^= 1;
    assert_int_equal(sam_seal_open(s, nonce, aad, sizeof aad, sealed, sizeof sealed, back), 0);
    assert_memory_equal(back, plain, sizeof plain);
    sam_seal_free(s);
    sam_seal_free(NULL);
}

static void test_seal_in_place(void **state)
{
    (void)state;
    uint8_t key[32] = {1}, nonce[12] = {2}, apart[1016], text[1016], plain[1000];
    assert_int_equal(sam_random(plain, sizeof plain), 0);
    struct sam_seal *s;
    assert_int_equal(sam_seal_new(&s, key), 0);
    for (size_t n = 0; n <= sizeof plain; n += 37) {
        memcpy(text, plain, n);
        assert_int_equal(sam_seal_make(s, nonce, "x", 1, plain, n, apart), 0);
        assert_int_equal(sam_seal_make(s, nonce, "x", 1, text, n, text), 0);
        assert_memory_equal(text, apart, n + 16);
        assert_int_equal(sam_seal_open(s, nonce, "x", 1, text, n + 16, text), 0);
        assert_memory_equal(text, plain, n);
    }
    sam_seal_free(s);
}

static void test_random_differs(void **state)
{
    (void)state;
    static uint8_t seen[64][16];
    for (size_t i = 0; i < 64; i++) {
        assert_int_equal(sam_random(seen[i], 16), 0);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(seen[i], seen[j], 16);
    }
    static uint8_t big[70000]; /* more than the kernel gives at once when a signal comes */
    assert_int_equal(sam_random(big, sizeof big), 0);
    size_t zeros = 0;
    for (size_t i = 0; i < sizeof big; i++)
        zeros += big[i] == 0;
    assert_true(zeros > 100 && zeros < 600);
    assert_int_equal(sam_random(big, 0), 0);
}

static void test_equal_and_wipe(void **state)
{
    (void)state;
    uint8_t a[33], b[33];
    memset(a, 7, sizeof a);
    memset(b, 7, sizeof b);
    assert_int_equal(sam_equal_ct(a, b, 0), 1);
    assert_int_equal(sam_equal_ct(a, b, sizeof a), 1);
    for (size_t bit = 0; bit < 8 * sizeof a; bit++) {
        a[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(sam_equal_ct(a, b, sizeof a), 0);
        a[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    sam_wipe(a, 32);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(a[i], 0);
    assert_int_equal(a[32], 7);
}

static int start(void **state)
{
    (void)state;
    return sam_crypto_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_sha256_in_two_parts),
        cmocka_unit_test(test_hmac_rfc4231),
        cmocka_unit_test(test_hmac_start_forgets),
        cmocka_unit_test(test_hkdf_rfc5869),
        cmocka_unit_test(test_seal_vectors),
        cmocka_unit_test(test_seal_refuses_every_flipped_bit),
        cmocka_unit_test(test_seal_in_place),
        cmocka_unit_test(test_random_differs),
        cmocka_unit_test(test_equal_and_wipe),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
