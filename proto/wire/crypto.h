/* Every cryptographic step outside TLS: random bytes, SHA-256, HMAC-SHA-256, HKDF-SHA-256, AES-256-GCM, and
 * HMAC-SHA-1 for one-time codes, SHA-1 for the greeting of a WebSocket.
 * No algorithm is chosen at run time and no type of the library below shows through. Every function that can fail
 * says so with its result, and the compiler insists that the result is read: a hash that failed is not a hash. */
#ifndef SAM_WIRE_CRYPTO_H
#define SAM_WIRE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#define SAM_SHA256_BYTES 32u
#define SAM_SHA1_BYTES 20u
#define SAM_SEAL_KEY_BYTES 32u
#define SAM_SEAL_NONCE_BYTES 12u
#define SAM_SEAL_TAG_BYTES 16u
#define SAM_HKDF_INFO_BYTES_MAX 255u

#define SAM_MUST_READ __attribute__((warn_unused_result))

/**
 * sam_crypto_start():
 * Make the library ready and check it against known answers.
 *   call    once per process, before the first thread and before anything else of this file or of tls.h
 *   errors  SAM_EIO no random bytes; SAM_ECORRUPT a known answer came out differently; either way: do not go on
 */
SAM_MUST_READ int sam_crypto_start(void);

/**
 * sam_random(out, n):
 * Fill ${out} with ${n} bytes of the operating system's generator.
 *   cost    one system call; nothing is kept in the process, so a fork or a copied machine repeats no bytes
 *   errors  SAM_EIO; ${out} is then all zero and must not be used
 *   thread  any, at once
 */
SAM_MUST_READ int sam_random(uint8_t *out, size_t n);

/**
 * sam_sha256(p, n, out), sam_sha256_2(a, an, b, bn, out):
 * SHA-256 of ${p}, or of ${a} followed by ${b} without copying them together.
 *   cost    no allocation; one block for up to 55 bytes
 *   errors  SAM_EIO, ${out} is then all zero
 *   thread  any, at once
 */
SAM_MUST_READ int sam_sha256(const void *p, size_t n, uint8_t out[SAM_SHA256_BYTES]);
SAM_MUST_READ int sam_sha256_2(const void *a, size_t an, const void *b, size_t bn, uint8_t out[SAM_SHA256_BYTES]);

/**
 * sam_hmac_sha1(key, len, p, n, out):
 * HMAC-SHA-1 of ${p}: what RFC 6238 asks of every authenticator app. For nothing else: no new use of SHA-1.
 *   errors  SAM_EIO, ${out} is then all zero
 *   thread  any, at once
 */
SAM_MUST_READ int sam_hmac_sha1(const void *key, size_t len, const void *p, size_t n, uint8_t out[SAM_SHA1_BYTES]);

/**
 * sam_sha1_websocket(p, n, out):
 * SHA-1 of ${p}: how a server shows that it has read a WebSocket's greeting (RFC 6455, 4.2.2). It protects nothing, and is for
 * nothing else.
 *   errors  SAM_EIO, ${out} is then all zero
 *   thread  any, at once
 */
SAM_MUST_READ int sam_sha1_websocket(const void *p, size_t n, uint8_t out[SAM_SHA1_BYTES]);

/* A key prepared for many HMACs: the two padded key blocks are hashed once, at sam_hmac_init. Contents are private. */
struct sam_hmac {
    _Alignas(16) uint8_t opaque[384];
};

/**
 * sam_hmac_init(h, key, len) ... sam_hmac_start(h), sam_hmac_update(h, p, n)*, sam_hmac_finish(h, out) ... sam_hmac_fini(h):
 * HMAC-SHA-256 of any number of messages under one key.
 *   order   after init: start, updates, finish, as often as wanted; start forgets a message that was not finished
 *   owns    ${h} is the caller's memory; fini wipes it, may be called on a zeroed ${h}, and is needed when init failed too
 *   cost    two blocks less per message than with the bare key; no allocation
 *   errors  SAM_EIO; finish then leaves ${out} all zero
 *   thread  one at a time per h
 */
SAM_MUST_READ int sam_hmac_init(struct sam_hmac *h, const void *key, size_t len);
SAM_MUST_READ int sam_hmac_start(struct sam_hmac *h);
SAM_MUST_READ int sam_hmac_update(struct sam_hmac *h, const void *p, size_t n);
SAM_MUST_READ int sam_hmac_finish(struct sam_hmac *h, uint8_t out[SAM_SHA256_BYTES]);
void sam_hmac_fini(struct sam_hmac *h);

/**
 * sam_hkdf(key, info, out), sam_hkdf_bytes(key, len, info, info_len, out):
 * One derived key of 32 bytes: HKDF-SHA-256 with an empty salt. ${info} names the use, so that no two uses share a key.
 *   errors  SAM_ETOOBIG info longer than SAM_HKDF_INFO_BYTES_MAX; SAM_EIO; ${out} is then all zero
 *   thread  any, at once
 */
SAM_MUST_READ int sam_hkdf(const uint8_t key[32], const char *info, uint8_t out[32]);
SAM_MUST_READ int sam_hkdf_bytes(const void *key, size_t len, const void *info, size_t info_len, uint8_t out[32]);

/* One AES-256-GCM key with its schedule and tables. */
struct sam_seal;

/**
 * sam_seal_new(out, key), sam_seal_free(s):
 *   owns    ${out} is the caller's until sam_seal_free, which wipes it; sam_seal_free(NULL) is fine
 *   errors  SAM_ENOMEM, SAM_EIO; *${out} is then NULL
 */
SAM_MUST_READ int sam_seal_new(struct sam_seal **out, const uint8_t key[SAM_SEAL_KEY_BYTES]);
void sam_seal_free(struct sam_seal *s);

/**
 * sam_seal_make(s, nonce, aad, aad_len, plain, n, out):
 * Encrypt ${n} bytes to ${out}, which has room for ${n} + SAM_SEAL_TAG_BYTES: ciphertext, then tag. ${plain} == ${out} is fine.
 *   nonce   never the same twice under one key, whatever the plaintext: the caller answers for that
 *   errors  SAM_EIO; ${out} is then all zero
 *   thread  one at a time per s; does not allocate
 */
SAM_MUST_READ int sam_seal_make(struct sam_seal *s, const uint8_t nonce[SAM_SEAL_NONCE_BYTES], const void *aad,
                                size_t aad_len, const void *plain, size_t n, uint8_t *out);
/**
 * sam_seal_open(s, nonce, aad, aad_len, sealed, n, out):
 * The reverse: ${n} counts ciphertext and tag, ${out} has room for ${n} - SAM_SEAL_TAG_BYTES. ${sealed} == ${out} is fine.
 *   errors  SAM_EAUTH not what sam_seal_make gave for this key, nonce and aad, or shorter than a tag; SAM_EIO;
 *           no byte of plaintext is left in ${out} then
 *   thread  one at a time per s; does not allocate
 */
SAM_MUST_READ int sam_seal_open(struct sam_seal *s, const uint8_t nonce[SAM_SEAL_NONCE_BYTES], const void *aad,
                                size_t aad_len, const void *sealed, size_t n, uint8_t *out);

/* sam_equal_ct(a, b, n): 1 when the ${n} bytes are equal, else 0; takes the same time either way. */
SAM_MUST_READ int sam_equal_ct(const void *a, const void *b, size_t n);
/* sam_wipe(p, n): zero ${n} bytes in a way that the compiler may not leave out. */
void sam_wipe(void *p, size_t n);

#endif
