/* A certificate as browsers take it. mbedTLS 2.28 writes a NULL beside the name of an ECDSA signature; RFC 5758 section 3.2 wants nothing
 * there, and Chromium refuses the certificate (ERR_CERT_INVALID). So the two names are written anew and the certificate is signed again.
 *
 *     Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
 *     tbsCertificate ::= SEQUENCE { [0] version, serialNumber, signature AlgorithmIdentifier, … } */
#include "proto/wire/cert_int.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "proto/wire/mbed.h"

#include <mbedtls/asn1.h>
#include <mbedtls/asn1write.h>
#include <mbedtls/pem.h>

#include <string.h>

#define SEQUENCE (MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE)

/* ecdsa-with-SHA256 as RFC 5758 has it, and as 2.28 writes it. */
static const uint8_t plain[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t with_null[] = {0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02, 0x05, 0x00};

/* The parts of a certificate's first half: what stands before the name of the signature, and behind it. */
struct halves {
    const uint8_t *before, *after;
    size_t before_len, after_len;
};

/* 1: split; 0: there is no NULL to take out. */
static int split(const uint8_t *der, size_t len, struct halves *h)
{
    unsigned char *p = (unsigned char *)(uintptr_t)der;
    const unsigned char *end = der + len;
    size_t n;
    int ret = mbedtls_asn1_get_tag(&p, end, &n, SEQUENCE); /* the whole … */
    if (!ret)
        ret = mbedtls_asn1_get_tag(&p, end, &n, SEQUENCE); /* … and its first part */
    if (ret)
        return SAM_ECORRUPT;
    const unsigned char *tbs_end = p + n;
    h->before = p;
    if (mbedtls_asn1_get_tag(&p, tbs_end, &n, MBEDTLS_ASN1_CONTEXT_SPECIFIC | MBEDTLS_ASN1_CONSTRUCTED))
        return SAM_ECORRUPT;
    p += n;
    if (mbedtls_asn1_get_tag(&p, tbs_end, &n, MBEDTLS_ASN1_INTEGER))
        return SAM_ECORRUPT;
    p += n;
    h->before_len = (size_t)(p - h->before);
    if ((size_t)(tbs_end - p) < sizeof with_null || memcmp(p, with_null, sizeof with_null) != 0)
        return 0;
    h->after = p + sizeof with_null;
    h->after_len = (size_t)(tbs_end - h->after);
    return 1;
}

/* DER is written from the end to the front. Each returns 0 or an error, and moves *p. */
static int put(uint8_t **p, uint8_t *start, const uint8_t *bytes, size_t n)
{
    if ((size_t)(*p - start) < n)
        return SAM_ETOOBIG;
    *p -= n;
    memcpy(*p, bytes, n);
    return 0;
}
static int put_head(uint8_t **p, uint8_t *start, size_t n, uint8_t tag)
{
    return mbedtls_asn1_write_len(p, start, n) < 0 || mbedtls_asn1_write_tag(p, start, tag) < 0 ? SAM_ETOOBIG : 0;
}

static int put_tbs(uint8_t **p, uint8_t *start, const struct halves *h)
{
    const uint8_t *end = *p;
    int err = put(p, start, h->after, h->after_len);
    if (!err)
        err = put(p, start, plain, sizeof plain);
    if (!err)
        err = put(p, start, h->before, h->before_len);
    return err ? err : put_head(p, start, (size_t)(end - *p), SEQUENCE);
}

static int put_signature(uint8_t **p, uint8_t *start, const uint8_t *signature, size_t n)
{
    static const uint8_t no_spare_bits = 0;
    int err = put(p, start, signature, n);
    if (!err)
        err = put(p, start, &no_spare_bits, 1);
    if (!err)
        err = put_head(p, start, n + 1, MBEDTLS_ASN1_BIT_STRING);
    return err ? err : put(p, start, plain, sizeof plain);
}

/* The first half is written first, at the front, to be signed; then the whole from the end. */
static int sign(const struct halves *h, mbedtls_pk_context *key, uint8_t *buf, size_t max, uint8_t **der, size_t *len)
{
    uint8_t hash[SAM_SHA256_BYTES], signature[MBEDTLS_PK_SIGNATURE_MAX_SIZE], *p = buf + max, *end = p;
    size_t signature_len = 0;
    int err = put_tbs(&p, buf, h);
    if (!err)
        err = sam_sha256(p, (size_t)(end - p), hash);
    if (!err && sam_mbed_sign(key, hash, sizeof hash, signature, sizeof signature, &signature_len))
        err = SAM_ETLS;
    p = end;
    if (!err)
        err = put_signature(&p, buf, signature, signature_len);
    if (!err)
        err = put_tbs(&p, buf, h);
    if (!err)
        err = put_head(&p, buf, (size_t)(end - p), SEQUENCE);
    *der = p;
    *len = (size_t)(end - p);
    return err;
}

int sam_cert_write(const uint8_t *der, size_t len, mbedtls_pk_context *key, char *pem, size_t pem_max)
{
    uint8_t buf[SAM_CERT_DER_BYTES_MAX], *again = (uint8_t *)(uintptr_t)der;
    struct halves h;
    size_t again_len = len, written;
    int rc = split(der, len, &h);
    int err = rc < 0 ? rc : rc ? sign(&h, key, buf, sizeof buf, &again, &again_len) : 0;
    if (err)
        return err;
    rc = mbedtls_pem_write_buffer("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n", again, again_len,
                                  (unsigned char *)pem, pem_max, &written);
    return rc == 0 ? 0 : sam_mbed_is_nomem(rc) ? SAM_ENOMEM : SAM_ETOOBIG;
}
