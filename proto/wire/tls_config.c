/* What a connection is made from, and who the peer must be.
 *
 * Invariants:
 *   1. a pin counts for the server's own key, or for a CA's from which signatures lead down to the server's certificate;
 *   2. with pins and a CA both must hold;
 *   3. dates count only where the clock is trusted: with a CA, never with a pin. */
#include "proto/wire/tls_int.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "proto/wire/mbed.h"

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN 2048u

#define SUITES_ECDSA                                                                                        \
    SAM_MBED_SUITES_TLS13                                                                                   \
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, \
        MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
#define SUITES_RSA                                                                                      \
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, \
        MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384

static const int suites_ecdsa[] = {SUITES_ECDSA, 0};
/* for a site's own RSA certificate: the server that holds its key, and clients, which cannot know beforehand */
static const int suites_all[] = {SUITES_ECDSA, SUITES_RSA, 0};

/* Chains as sites bring them; what this program makes itself is P-256 with SHA-256. */
static const mbedtls_x509_crt_profile chain_profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
    RSA_BITS_MIN,
};

static int key_allowed(const mbedtls_pk_context *pk)
{
    if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA))
        return mbedtls_pk_get_bitlen(pk) >= RSA_BITS_MIN;
    return mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA) && sam_mbed_key_curve(pk) == MBEDTLS_ECP_DP_SECP256R1;
}

static struct sam_tls_config *config_alloc(int is_client)
{
    struct sam_tls_config *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->is_client = is_client;
    mbedtls_ssl_config_init(&c->ssl);
    mbedtls_x509_crt_init(&c->chain);
    mbedtls_pk_init(&c->key);
    return c;
}

/* What both roles share. The suites are chosen by the caller, c->alpn has been filled in. */
static int config_common(struct sam_tls_config *c, const int *suites)
{
    int role = c->is_client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER;
    if (mbedtls_ssl_config_defaults(&c->ssl, role, MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT))
        return SAM_ETLS;
    sam_mbed_conf_versions(&c->ssl);
    mbedtls_ssl_conf_rng(&c->ssl, sam_mbed_random, NULL);
    mbedtls_ssl_conf_ciphersuites(&c->ssl, suites);
    mbedtls_ssl_conf_cert_profile(&c->ssl, &chain_profile);
#if defined(MBEDTLS_SSL_RENEGOTIATION)
    mbedtls_ssl_conf_renegotiation(&c->ssl, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
#endif
#if defined(MBEDTLS_SSL_SESSION_TICKETS)
    if (c->is_client)
        mbedtls_ssl_conf_session_tickets(&c->ssl, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
#endif
    if (c->alpn[0] && mbedtls_ssl_conf_alpn_protocols(&c->ssl, c->alpn))
        return SAM_ETLS;
    return 0;
}

static int server_config(struct sam_tls_config *c, const void *cert, size_t cert_len, const void *key, size_t key_len)
{
    int err = sam_mbed_crt_parse(&c->chain, cert, cert_len);
    if (!err)
        err = sam_mbed_key_parse(&c->key, key, key_len);
    if (err)
        return err;
    if (!key_allowed(&c->key))
        return SAM_EDENIED;
    if (!sam_mbed_key_fits(&c->chain.pk, &c->key))
        return SAM_EAUTH;
    c->alpn[0] = SAM_TLS_ALPN_SYNC;
    c->alpn[1] = SAM_TLS_ALPN_HTTP;
    err = config_common(c, mbedtls_pk_can_do(&c->key, MBEDTLS_PK_RSA) ? suites_all : suites_ecdsa);
    if (err)
        return err;
    mbedtls_ssl_conf_authmode(&c->ssl, MBEDTLS_SSL_VERIFY_NONE);
    return mbedtls_ssl_conf_own_cert(&c->ssl, &c->chain, &c->key) ? SAM_ENOMEM : 0;
}

int sam_tls_config_server_new(struct sam_tls_config **out, const void *cert, size_t cert_len, const void *key,
                              size_t key_len)
{
    *out = NULL;
    struct sam_tls_config *c = config_alloc(0);
    if (!c)
        return SAM_ENOMEM;
    int err = server_config(c, cert, cert_len, key, key_len);
    if (err)
        sam_tls_config_free(c);
    else
        *out = c;
    return err;
}

static int client_config(struct sam_tls_config *c, const uint8_t *pins, size_t pin_count, const void *ca, size_t ca_len,
                         const char *alpn)
{
    if (pin_count > SAM_TLS_PINS_MAX || (alpn && strlen(alpn) >= sizeof c->alpn_name))
        return SAM_ETOOBIG;
    if (pin_count)
        memcpy(c->pins, pins, pin_count * SAM_CERT_PIN_BYTES);
    c->pin_count = pin_count;
    c->has_ca = ca_len > 0;
    if (c->has_ca) {
        int err = sam_mbed_crt_parse(&c->chain, ca, ca_len);
        if (err)
            return err;
    }
    if (alpn) {
        memcpy(c->alpn_name, alpn, strlen(alpn) + 1);
        c->alpn[0] = c->alpn_name;
    }
    int err = config_common(c, suites_all);
    if (err)
        return err;
    /* "optional" lets a chain without a known CA reach sam_tls_verify_cb, which ends the handshake unless a pin holds */
    mbedtls_ssl_conf_authmode(&c->ssl, c->has_ca ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_OPTIONAL);
    if (c->has_ca)
        mbedtls_ssl_conf_ca_chain(&c->ssl, &c->chain, NULL);
    return 0;
}

int sam_tls_config_client_new(struct sam_tls_config **out, const uint8_t *pins, size_t pin_count, const void *ca,
                              size_t ca_len, const char *alpn)
{
    *out = NULL;
    if (pin_count == 0 && ca_len == 0)
        return SAM_EUSAGE;
    struct sam_tls_config *c = config_alloc(1);
    if (!c)
        return SAM_ENOMEM;
    int err = client_config(c, pins, pin_count, ca, ca_len, alpn);
    if (err)
        sam_tls_config_free(c);
    else
        *out = c;
    return err;
}

void sam_tls_config_free(struct sam_tls_config *c)
{
    if (!c)
        return;
    mbedtls_ssl_config_free(&c->ssl);
    mbedtls_x509_crt_free(&c->chain);
    mbedtls_pk_free(&c->key);
    free(c);
}

/* --- who is the server? --- */

/* Does the list of names in a subjectAltName, p to end, hold this iPAddress? */
static int names_hold_address(uint8_t *p, const uint8_t *end, const uint8_t *addr, size_t addr_len)
{
    size_t len;
    if (mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE))
        return 0;
    end = p + len;
    while (p < end) {
        uint8_t tag = *p++;
        if (mbedtls_asn1_get_len(&p, end, &len))
            return 0;
        if (tag == (MBEDTLS_ASN1_CONTEXT_SPECIFIC | 7) && len == addr_len && memcmp(p, addr, len) == 0)
            return 1;
        p += len;
    }
    return 0;
}

/* One Extension at *p; moves *p behind it. Its value in value..*value_end if it is subjectAltName, else NULL. */
static int next_names(uint8_t **p, const uint8_t *end, uint8_t **value, uint8_t **value_end)
{
    size_t len;
    *value = *value_end = NULL;
    if (mbedtls_asn1_get_tag(p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE))
        return SAM_ECORRUPT;
    uint8_t *q = *p, *ext_end = *p + len;
    *p = ext_end;
    if (mbedtls_asn1_get_tag(&q, ext_end, &len, MBEDTLS_ASN1_OID))
        return SAM_ECORRUPT;
    int is_names = len == sizeof MBEDTLS_OID_SUBJECT_ALT_NAME - 1 && memcmp(q, MBEDTLS_OID_SUBJECT_ALT_NAME, len) == 0;
    q += len;
    int critical;
    int ret = mbedtls_asn1_get_bool(&q, ext_end, &critical);
    if (ret && ret != MBEDTLS_ERR_ASN1_UNEXPECTED_TAG)
        return SAM_ECORRUPT;
    if (mbedtls_asn1_get_tag(&q, ext_end, &len, MBEDTLS_ASN1_OCTET_STRING))
        return SAM_ECORRUPT;
    if (is_names) {
        *value = q;
        *value_end = q + len;
    }
    return 0;
}

/* mbedTLS before 3.5 compares host names only; addresses are looked up here, by the rules for both versions. */
static int cert_has_address(const mbedtls_x509_crt *crt, const char *host)
{
    uint8_t addr[16];
    size_t addr_len = sam_cert_address(host, addr);
    uint8_t *p = crt->v3_ext.p;
    size_t len;
    if (!addr_len || !p)
        return 0;
    const uint8_t *end = p + crt->v3_ext.len;
    if (mbedtls_asn1_get_tag(&p, end, &len, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE))
        return 0;
    while (p < end) {
        uint8_t *value, *value_end;
        if (next_names(&p, end, &value, &value_end))
            return 0;
        if (value)
            return names_hold_address(value, value_end, addr, addr_len);
    }
    return 0;
}

static int key_is_pinned(const struct sam_tls_config *c, const mbedtls_x509_crt *crt)
{
    uint8_t have[SAM_CERT_PIN_BYTES];
    if (sam_sha256(crt->pk_raw.p, crt->pk_raw.len, have))
        return 0;
    int found = 0;
    for (size_t i = 0; i < c->pin_count; i++)
        found |= sam_equal_ct(have, c->pins[i], sizeof have);
    return found;
}

/* Anyone can send a CA's certificate along: it counts only if it leads to the leaf by signatures. */
static int leads_to(const struct sam_tls *t, const mbedtls_x509_crt *ca, mbedtls_x509_crt *leaf)
{
    mbedtls_x509_crt anchor;
    uint32_t flags = UINT32_MAX;
    mbedtls_x509_crt_init(&anchor);
    if (mbedtls_x509_crt_parse_der(&anchor, ca->raw.p, ca->raw.len) == 0 &&
        mbedtls_x509_crt_verify_with_profile(leaf, &anchor, NULL, &chain_profile, t->host[0] ? t->host : NULL, &flags,
                                             NULL, NULL) == 0)
        flags = 0;
    mbedtls_x509_crt_free(&anchor);
    if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH && cert_has_address(leaf, t->host))
        flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    return (flags & ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE)) == 0;
}

static int chain_is_pinned(const struct sam_tls *t, mbedtls_x509_crt *leaf)
{
    if (key_is_pinned(t->config, leaf))
        return 1;
    for (const mbedtls_x509_crt *c = leaf->next; c; c = c->next)
        if (key_is_pinned(t->config, c) && leads_to(t, c, leaf))
            return 1;
    return 0;
}

int sam_tls_verify_cb(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    struct sam_tls *t = arg;
    if (depth > 0)
        return 0;
    if (*flags & MBEDTLS_X509_BADCERT_CN_MISMATCH && cert_has_address(crt, t->host))
        *flags &= ~(uint32_t)MBEDTLS_X509_BADCERT_CN_MISMATCH;
    if (t->config->pin_count == 0)
        return 0;
    t->pin_ok = chain_is_pinned(t, crt);
    return t->pin_ok ? 0 : MBEDTLS_ERR_X509_FATAL_ERROR;
}

int sam_tls_check_peer(const struct sam_tls *t)
{
    if (!t->config->is_client)
        return 0;
    if (t->config->pin_count && !t->pin_ok)
        return SAM_EAUTH;
    if (t->config->has_ca && mbedtls_ssl_get_verify_result(&t->ssl))
        return SAM_EAUTH;
    return 0;
}
