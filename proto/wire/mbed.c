#include "proto/wire/mbed.h"

#include "proto/base/err.h"
#include "proto/wire/cert.h"
#include "proto/wire/crypto.h"

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <stdlib.h>
#include <string.h>

int sam_mbed_random(void *unused, unsigned char *out, size_t n)
{
    (void)unused;
    return sam_random(out, n) ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : 0;
}

int sam_mbed_is_nomem(int ret)
{
    return ret == MBEDTLS_ERR_SSL_ALLOC_FAILED || ret == MBEDTLS_ERR_X509_ALLOC_FAILED ||
           ret == MBEDTLS_ERR_MPI_ALLOC_FAILED || ret == MBEDTLS_ERR_PK_ALLOC_FAILED ||
           ret == MBEDTLS_ERR_ECP_ALLOC_FAILED || ret == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
}

/* The library wants PEM with a NUL behind and DER without: parse a copy that has one. */
static int parse_copy(const void *p, size_t n, int (*parse)(void *to, const uint8_t *p, size_t n), void *to)
{
    if (n > SAM_CERT_FILE_BYTES_MAX)
        return SAM_ETOOBIG;
    if (!p || n == 0)
        return SAM_ECORRUPT;
    uint8_t *copy = malloc(n + 1);
    if (!copy)
        return SAM_ENOMEM;
    memcpy(copy, p, n);
    copy[n] = 0;
    int is_pem = strstr((const char *)copy, "-----BEGIN ") != NULL;
    int ret = parse(to, copy, is_pem ? n + 1 : n);
    sam_wipe(copy, n);
    free(copy);
    if (sam_mbed_is_nomem(ret))
        return SAM_ENOMEM;
    return ret ? SAM_ECORRUPT : 0;
}

/* Every certificate of a PEM text, or an error: the library alone would pass over a cut-off last one. */
static int parse_crt(void *to, const uint8_t *p, size_t n)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";
    size_t want = 0, have = 0;
    int ret = mbedtls_x509_crt_parse(to, p, n);
    if (ret || p[n - 1] != 0)
        return ret;
    for (const char *s = (const char *)p; (s = strstr(s, begin)) != NULL; s += sizeof begin - 1)
        want++;
    for (const mbedtls_x509_crt *c = to; c; c = c->next)
        have++;
    return have == want ? 0 : MBEDTLS_ERR_X509_INVALID_FORMAT;
}

int sam_mbed_crt_parse(mbedtls_x509_crt *to, const void *p, size_t n)
{
    return parse_copy(p, n, parse_crt, to);
}

static int parse_key(void *to, const uint8_t *p, size_t n);

int sam_mbed_key_parse(mbedtls_pk_context *to, const void *p, size_t n)
{
    return parse_copy(p, n, parse_key, to);
}

/* --- mbedTLS 2.28 and 3.6 --- */

#if MBEDTLS_VERSION_NUMBER >= 0x03000000

void sam_mbed_conf_versions(mbedtls_ssl_config *conf)
{
    static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                      MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
    static const uint16_t sig_algs[] = {
        MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
        MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256,    MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384,
        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA256,       MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA384,
        MBEDTLS_TLS1_3_SIG_RSA_PKCS1_SHA512,       MBEDTLS_TLS1_3_SIG_NONE};
    mbedtls_ssl_conf_min_tls_version(conf, MBEDTLS_SSL_VERSION_TLS1_2);
    mbedtls_ssl_conf_groups(conf, groups);
    mbedtls_ssl_conf_sig_algs(conf, sig_algs);
#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
    mbedtls_ssl_conf_tls13_key_exchange_modes(conf, MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_EPHEMERAL);
#endif
}

static int parse_key(void *to, const uint8_t *p, size_t n)
{
    return mbedtls_pk_parse_key(to, p, n, NULL, 0, sam_mbed_random, NULL);
}

int sam_mbed_key_fits(const mbedtls_pk_context *pub, const mbedtls_pk_context *key)
{
    return mbedtls_pk_check_pair(pub, key, sam_mbed_random, NULL) == 0;
}

mbedtls_ecp_group_id sam_mbed_key_curve(const mbedtls_pk_context *pk)
{
    return mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*pk));
}

int sam_mbed_serial_set(mbedtls_x509write_cert *w, uint8_t serial[SAM_MBED_SERIAL_BYTES])
{
    return mbedtls_x509write_crt_set_serial_raw(w, serial, SAM_MBED_SERIAL_BYTES);
}

int sam_mbed_sign(mbedtls_pk_context *key, const uint8_t *hash, size_t hash_len, uint8_t *out, size_t max, size_t *len)
{
    return mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, hash, hash_len, out, max, len, sam_mbed_random, NULL);
}

int sam_mbed_crt_is_ca(const mbedtls_x509_crt *crt)
{
    return mbedtls_x509_crt_get_ca_istrue(crt) == 1;
}

int sam_mbed_csr_extension(mbedtls_x509write_csr *w, const char *oid, size_t oid_len, const uint8_t *value, size_t len)
{
    return mbedtls_x509write_csr_set_extension(w, oid, oid_len, 0, value, len);
}

#else

void sam_mbed_conf_versions(mbedtls_ssl_config *conf)
{
    static const mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1,
                                                  MBEDTLS_ECP_DP_NONE};
    static const int hashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
    mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_curves(conf, curves);
    mbedtls_ssl_conf_sig_hashes(conf, hashes);
}

static int parse_key(void *to, const uint8_t *p, size_t n)
{
    return mbedtls_pk_parse_key(to, p, n, NULL, 0);
}

int sam_mbed_key_fits(const mbedtls_pk_context *pub, const mbedtls_pk_context *key)
{
    return mbedtls_pk_check_pair(pub, key) == 0;
}

mbedtls_ecp_group_id sam_mbed_key_curve(const mbedtls_pk_context *pk)
{
    return mbedtls_pk_ec(*pk)->grp.id;
}

int sam_mbed_serial_set(mbedtls_x509write_cert *w, uint8_t serial[SAM_MBED_SERIAL_BYTES])
{
    mbedtls_mpi n;
    mbedtls_mpi_init(&n);
    int ret = mbedtls_mpi_read_binary(&n, serial, SAM_MBED_SERIAL_BYTES);
    if (!ret)
        ret = mbedtls_x509write_crt_set_serial(w, &n);
    mbedtls_mpi_free(&n);
    return ret;
}

int sam_mbed_sign(mbedtls_pk_context *key, const uint8_t *hash, size_t hash_len, uint8_t *out, size_t max, size_t *len)
{
    if (max < MBEDTLS_PK_SIGNATURE_MAX_SIZE)
        return MBEDTLS_ERR_PK_BAD_INPUT_DATA;
    return mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, hash, hash_len, out, len, sam_mbed_random, NULL);
}

int sam_mbed_crt_is_ca(const mbedtls_x509_crt *crt)
{
    return crt->ca_istrue;
}

int sam_mbed_csr_extension(mbedtls_x509write_csr *w, const char *oid, size_t oid_len, const uint8_t *value, size_t len)
{
    return mbedtls_x509write_csr_set_extension(w, oid, oid_len, value, len);
}

#endif
