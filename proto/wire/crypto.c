/* A thin layer over mbedTLS 2.28 and 3.6. Invariants:
 *   1. on failure an output is all zero, so that nobody compares or sends what was left in memory;
 *   2. no state lives between calls but in the caller's sam_hmac and sam_seal: nothing here needs a lock. */
#include "proto/wire/crypto.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <mbedtls/version.h>

#include <mbedtls/constant_time.h>
#include <mbedtls/gcm.h>
#include <mbedtls/md.h>
#include <mbedtls/platform_util.h>
#include <mbedtls/sha256.h>
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C) /* 3.6, but not in a browser */
#include <psa/crypto.h>
#endif

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define BLOCK_BYTES 64u

struct sam_seal {
    mbedtls_gcm_context gcm;
};

/* What a sam_hmac holds: SHA-256 after the inner and after the outer key block, and the message under way. */
struct __attribute__((may_alias)) hmac_parts {
    mbedtls_sha256_context inner, outer, now;
};
_Static_assert(sizeof(struct hmac_parts) <= sizeof(struct sam_hmac), "sam_hmac has room for three SHA-256 states");
_Static_assert(_Alignof(struct hmac_parts) <= _Alignof(struct sam_hmac), "sam_hmac is aligned for SHA-256 states");

/* 2.28 has the functions that report failure under other names */
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define sha_starts(c) mbedtls_sha256_starts((c), 0)
#define sha_update mbedtls_sha256_update
#define sha_finish mbedtls_sha256_finish
#else
#define sha_starts(c) mbedtls_sha256_starts_ret((c), 0)
#define sha_update mbedtls_sha256_update_ret
#define sha_finish mbedtls_sha256_finish_ret
#endif

static int check_sha256(void)
{
    static const uint8_t want[32] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
                                     0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
                                     0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    uint8_t got[32];
    int err = sam_sha256("abc", 3, got);
    if (err)
        return err;
    return memcmp(got, want, sizeof got) ? SAM_ECORRUPT : 0;
}

/* Key, nonce and plaintext all zero: test case 14 of the GCM specification. This also makes the library settle which AES
 * instructions the processor has, while there is one thread. */
static int check_gcm(void)
{
    static const uint8_t zero[32];
    static const uint8_t want[32] = {0xce, 0xa7, 0x40, 0x3d, 0x4d, 0x60, 0x6b, 0x6e, 0x07, 0x4e, 0xc5,
                                     0xd3, 0xba, 0xf3, 0x9d, 0x18, 0xd0, 0xd1, 0xc8, 0xa7, 0x99, 0x99,
                                     0x6b, 0xf0, 0x26, 0x5b, 0x98, 0xb5, 0xd4, 0x8a, 0xb9, 0x19};
    uint8_t got[32];
    struct sam_seal *s;
    int err = sam_seal_new(&s, zero);
    if (err)
        return err;
    err = sam_seal_make(s, zero, NULL, 0, zero, 16, got);
    sam_seal_free(s);
    if (err)
        return err;
    return memcmp(got, want, sizeof got) ? SAM_ECORRUPT : 0;
}

int sam_crypto_start(void)
{
    uint8_t probe[16];
    int err = sam_random(probe, sizeof probe);
    if (err)
        return err;
#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_PSA_CRYPTO_C)
    if (psa_crypto_init() != PSA_SUCCESS)
        return SAM_EIO;
#endif
    err = check_sha256();
    if (err)
        return err;
    return check_gcm();
}

int sam_random(uint8_t *out, size_t n)
{
    size_t have = 0;
    while (have < n) {
        ssize_t got = getrandom(out + have, n - have, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            sam_wipe(out, n);
            return SAM_EIO;
        }
        have += (size_t)got;
    }
    return 0;
}

/* The library may not be handed NULL, not even with a length of 0. */
static int sha_add(mbedtls_sha256_context *c, const void *p, size_t n)
{
    return n ? sha_update(c, p, n) : 0;
}

int sam_sha256_2(const void *a, size_t an, const void *b, size_t bn, uint8_t out[SAM_SHA256_BYTES])
{
    mbedtls_sha256_context c;
    mbedtls_sha256_init(&c);
    int bad = sha_starts(&c) || sha_add(&c, a, an) || sha_add(&c, b, bn) || sha_finish(&c, out);
    mbedtls_sha256_free(&c);
    if (bad)
        memset(out, 0, SAM_SHA256_BYTES);
    return bad ? SAM_EIO : 0;
}

int sam_sha256(const void *p, size_t n, uint8_t out[SAM_SHA256_BYTES])
{
    return sam_sha256_2(p, n, NULL, 0, out);
}

int sam_hmac_sha1(const void *key, size_t len, const void *p, size_t n, uint8_t out[SAM_SHA1_BYTES])
{
    const mbedtls_md_info_t *sha1 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA1);
    int bad = !sha1 || mbedtls_md_hmac(sha1, key, len, p, n, out);
    if (bad)
        memset(out, 0, SAM_SHA1_BYTES);
    return bad ? SAM_EIO : 0;
}

int sam_sha1_websocket(const void *p, size_t n, uint8_t out[SAM_SHA1_BYTES])
{
    const mbedtls_md_info_t *sha1 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA1);
    int bad = !sha1 || mbedtls_md(sha1, p, n, out);
    if (bad)
        memset(out, 0, SAM_SHA1_BYTES);
    return bad ? SAM_EIO : 0;
}

static struct hmac_parts *parts(struct sam_hmac *h)
{
    return (struct hmac_parts *)(void *)h->opaque;
}

/* One state that has taken in the key, padded to a block and combined with ${pad}. */
static int hmac_pad(mbedtls_sha256_context *c, const uint8_t key[BLOCK_BYTES], uint8_t pad)
{
    uint8_t block[BLOCK_BYTES];
    for (size_t i = 0; i < BLOCK_BYTES; i++)
        block[i] = key[i] ^ pad;
    int bad = sha_starts(c) || sha_update(c, block, BLOCK_BYTES);
    sam_wipe(block, sizeof block);
    return bad ? SAM_EIO : 0;
}

int sam_hmac_init(struct sam_hmac *h, const void *key, size_t len)
{
    struct hmac_parts *m = parts(h);
    uint8_t block[BLOCK_BYTES] = {0};
    memset(h, 0, sizeof *h);
    mbedtls_sha256_init(&m->inner);
    mbedtls_sha256_init(&m->outer);
    mbedtls_sha256_init(&m->now);
    int err = 0;
    if (len > BLOCK_BYTES)
        err = sam_sha256(key, len, block);
    else if (len)
        memcpy(block, key, len);
    if (!err)
        err = hmac_pad(&m->inner, block, 0x36);
    if (!err)
        err = hmac_pad(&m->outer, block, 0x5c);
    sam_wipe(block, sizeof block);
    return err;
}

int sam_hmac_start(struct sam_hmac *h)
{
    struct hmac_parts *m = parts(h);
    mbedtls_sha256_clone(&m->now, &m->inner);
    return 0;
}

int sam_hmac_update(struct sam_hmac *h, const void *p, size_t n)
{
    return sha_add(&parts(h)->now, p, n) ? SAM_EIO : 0;
}

int sam_hmac_finish(struct sam_hmac *h, uint8_t out[SAM_SHA256_BYTES])
{
    struct hmac_parts *m = parts(h);
    uint8_t digest[SAM_SHA256_BYTES];
    int bad = sha_finish(&m->now, digest);
    mbedtls_sha256_clone(&m->now, &m->outer);
    bad = bad || sha_update(&m->now, digest, sizeof digest) || sha_finish(&m->now, out);
    sam_wipe(digest, sizeof digest);
    if (bad)
        memset(out, 0, SAM_SHA256_BYTES);
    return bad ? SAM_EIO : 0;
}

void sam_hmac_fini(struct sam_hmac *h)
{
    sam_wipe(h, sizeof *h);
}

static int hmac_once(const void *key, size_t len, const void *p, size_t n, uint8_t end, size_t end_len, uint8_t out[32])
{
    struct sam_hmac h;
    int err = sam_hmac_init(&h, key, len);
    if (!err)
        err = sam_hmac_start(&h);
    if (!err)
        err = sam_hmac_update(&h, p, n);
    if (!err)
        err = sam_hmac_update(&h, &end, end_len);
    if (!err)
        err = sam_hmac_finish(&h, out);
    sam_hmac_fini(&h);
    return err;
}

int sam_hkdf_bytes(const void *key, size_t len, const void *info, size_t info_len, uint8_t out[32])
{
    uint8_t prk[32];
    int err = info_len > SAM_HKDF_INFO_BYTES_MAX ? SAM_ETOOBIG : 0;
    if (!err)
        err = hmac_once(NULL, 0, key, len, 0, 0, prk); /* extract: an empty salt is an empty key */
    if (!err)
        err = hmac_once(prk, sizeof prk, info, info_len, 1, 1, out); /* expand: the first block is all we take */
    sam_wipe(prk, sizeof prk);
    if (err)
        memset(out, 0, 32);
    return err;
}

int sam_hkdf(const uint8_t key[32], const char *info, uint8_t out[32])
{
    return sam_hkdf_bytes(key, 32, info, strlen(info), out);
}

int sam_seal_new(struct sam_seal **out, const uint8_t key[SAM_SEAL_KEY_BYTES])
{
    *out = NULL;
    struct sam_seal *s = calloc(1, sizeof *s);
    if (!s)
        return SAM_ENOMEM;
    mbedtls_gcm_init(&s->gcm);
    if (mbedtls_gcm_setkey(&s->gcm, MBEDTLS_CIPHER_ID_AES, key, 8 * SAM_SEAL_KEY_BYTES)) {
        sam_seal_free(s);
        return SAM_EIO;
    }
    *out = s;
    return 0;
}

void sam_seal_free(struct sam_seal *s)
{
    if (!s)
        return;
    mbedtls_gcm_free(&s->gcm);
    sam_wipe(s, sizeof *s);
    free(s);
}

int sam_seal_make(struct sam_seal *s, const uint8_t nonce[SAM_SEAL_NONCE_BYTES], const void *aad, size_t aad_len,
                  const void *plain, size_t n, uint8_t *out)
{
    SAM_ASSERT(s);
    uint8_t tag[SAM_SEAL_TAG_BYTES]; /* apart until the end: out may overlap what is still to be read */
    int ret = mbedtls_gcm_crypt_and_tag(&s->gcm, MBEDTLS_GCM_ENCRYPT, n, nonce, SAM_SEAL_NONCE_BYTES, aad, aad_len,
                                        plain, out, sizeof tag, tag);
    if (ret) {
        sam_wipe(out, n + sizeof tag);
        return SAM_EIO;
    }
    memcpy(out + n, tag, sizeof tag);
    return 0;
}

int sam_seal_open(struct sam_seal *s, const uint8_t nonce[SAM_SEAL_NONCE_BYTES], const void *aad, size_t aad_len,
                  const void *sealed, size_t n, uint8_t *out)
{
    SAM_ASSERT(s);
    if (n < SAM_SEAL_TAG_BYTES)
        return SAM_EAUTH;
    size_t plain_len = n - SAM_SEAL_TAG_BYTES;
    uint8_t tag[SAM_SEAL_TAG_BYTES];
    memcpy(tag, (const uint8_t *)sealed + plain_len, sizeof tag);
    int ret = mbedtls_gcm_auth_decrypt(&s->gcm, plain_len, nonce, SAM_SEAL_NONCE_BYTES, aad, aad_len, tag, sizeof tag,
                                       sealed, out);
    if (!ret)
        return 0;
    if (plain_len)
        sam_wipe(out, plain_len);
    return ret == MBEDTLS_ERR_GCM_AUTH_FAILED ? SAM_EAUTH : SAM_EIO;
}

int sam_equal_ct(const void *a, const void *b, size_t n)
{
    return n == 0 || mbedtls_ct_memcmp(a, b, n) == 0;
}

void sam_wipe(void *p, size_t n)
{
    mbedtls_platform_zeroize(p, n);
}
