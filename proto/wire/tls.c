/* One mbedTLS context per connection, between two byte queues.
 *
 *      HANDSHAKE --handshake done, peer known--> OPEN --close_notify, sam_tls_close--> CLOSED
 *          \------------------------ any error ------------------------------------------^
 *
 * Invariants:
 *   1. a client is OPEN only if the check that its config asks for has passed (check_peer looks again after the handshake);
 *   2. CLOSED is final, t->err holds the reason and no call reaches the library any more;
 *   3. outside the handshake a record enters the caller's buffer whole or the connection ends: the library is never
 *      asked to repeat a write, for 2.28 then sends the old record and reports the length of the new one;
 *   4. t->out is set only inside a public call.
 * What differs between mbedTLS 2.28 and 3.6 stands in one block below. */
#include "proto/wire/tls.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <mbedtls/version.h>

#include <mbedtls/asn1write.h>
#include <mbedtls/ecp.h>
#include <mbedtls/error.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RECORD_EXTRA_BYTES 64u  /* header, nonce, tag and padding of one record: at most 38 */
#define READ_BYTES 2048u        /* room for the start of a record whose length is not known yet */
#define IDLE_BYTES 4096u        /* an emptied input queue larger than this is given back */
#define ALPN_BYTES_MAX 32u
#define RSA_BITS_MIN 2048u
#define CA_NAME "CN=samling CA"
#define SERVER_NAME "CN=samling server"
#define SERIAL_BYTES 16u
#define SAN_BYTES_MAX ((SAM_TLS_NAMES_MAX + 3) * (SAM_TLS_NAME_BYTES_MAX + 4) + 8)

struct sam_tls_config {
    int is_client, has_ca;
    mbedtls_ssl_config ssl;
    mbedtls_x509_crt chain; /* server: its own; client: the CAs it trusts */
    mbedtls_pk_context key;
    uint8_t pins[SAM_TLS_PINS_MAX][SAM_TLS_PIN_BYTES];
    size_t pin_count;
    char alpn_name[ALPN_BYTES_MAX];
    const char *alpn[3];
};

struct sam_tls {
    const struct sam_tls_config *config;
    mbedtls_ssl_context ssl;
    struct sam_buf in;
    struct sam_buf *out;
    enum sam_tls_state state;
    int err;
    int pin_ok;
    char host[SAM_TLS_NAME_BYTES_MAX + 1]; /* "" when there is none */
    char errmsg[160];
};

static int rng_cb(void *unused, unsigned char *out, size_t n)
{
    (void)unused;
    return sam_random(out, n) ? MBEDTLS_ERR_SSL_INTERNAL_ERROR : 0;
}

static int is_alloc_error(int ret)
{
    return ret == MBEDTLS_ERR_SSL_ALLOC_FAILED || ret == MBEDTLS_ERR_X509_ALLOC_FAILED || ret == MBEDTLS_ERR_MPI_ALLOC_FAILED ||
           ret == MBEDTLS_ERR_PK_ALLOC_FAILED || ret == MBEDTLS_ERR_ECP_ALLOC_FAILED ||
           ret == MBEDTLS_ERR_ASN1_ALLOC_FAILED;
}

/* --- mbedTLS 2.28 and 3.6 --- */

static const int suites_ecdsa[] = {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    0};

/* for a site's own RSA certificate: the server that holds its key, and clients, which cannot know beforehand */
static const int suites_all[] = {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    0};

#if MBEDTLS_VERSION_NUMBER >= 0x03000000

static void conf_version(mbedtls_ssl_config *conf)
{
    static const uint16_t groups[] = {MBEDTLS_SSL_IANA_TLS_GROUP_X25519, MBEDTLS_SSL_IANA_TLS_GROUP_SECP256R1,
                                      MBEDTLS_SSL_IANA_TLS_GROUP_NONE};
    static const uint16_t sig_algs[] = {MBEDTLS_TLS1_3_SIG_ECDSA_SECP256R1_SHA256, MBEDTLS_TLS1_3_SIG_ECDSA_SECP384R1_SHA384,
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

static int key_parse(mbedtls_pk_context *pk, const uint8_t *p, size_t n)
{
    return mbedtls_pk_parse_key(pk, p, n, NULL, 0, rng_cb, NULL);
}

static int key_fits(const mbedtls_pk_context *pub, const mbedtls_pk_context *key)
{
    return mbedtls_pk_check_pair(pub, key, rng_cb, NULL) == 0;
}

static mbedtls_ecp_group_id key_curve(const mbedtls_pk_context *pk)
{
    return mbedtls_ecp_keypair_get_group_id(mbedtls_pk_ec(*pk));
}

static int set_serial(mbedtls_x509write_cert *w, uint8_t serial[SERIAL_BYTES])
{
    return mbedtls_x509write_crt_set_serial_raw(w, serial, SERIAL_BYTES);
}

#else

static void conf_version(mbedtls_ssl_config *conf)
{
    static const mbedtls_ecp_group_id curves[] = {MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_NONE};
    static const int hashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512, MBEDTLS_MD_NONE};
    mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
    mbedtls_ssl_conf_curves(conf, curves);
    mbedtls_ssl_conf_sig_hashes(conf, hashes);
}

static int key_parse(mbedtls_pk_context *pk, const uint8_t *p, size_t n)
{
    return mbedtls_pk_parse_key(pk, p, n, NULL, 0);
}

static int key_fits(const mbedtls_pk_context *pub, const mbedtls_pk_context *key)
{
    return mbedtls_pk_check_pair(pub, key) == 0;
}

static mbedtls_ecp_group_id key_curve(const mbedtls_pk_context *pk)
{
    return mbedtls_pk_ec(*pk)->grp.id;
}

static int set_serial(mbedtls_x509write_cert *w, uint8_t serial[SERIAL_BYTES])
{
    mbedtls_mpi n;
    mbedtls_mpi_init(&n);
    int ret = mbedtls_mpi_read_binary(&n, serial, SERIAL_BYTES);
    if (!ret)
        ret = mbedtls_x509write_crt_set_serial(w, &n);
    mbedtls_mpi_free(&n);
    return ret;
}

#endif

/* --- configuration --- */

/* Chains as sites bring them; what this program makes itself is P-256 with SHA-256. */
static const mbedtls_x509_crt_profile chain_profile = {
    MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) | MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECDSA) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_ECKEY) | MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSA) |
        MBEDTLS_X509_ID_FLAG(MBEDTLS_PK_RSASSA_PSS),
    MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) | MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1),
    RSA_BITS_MIN,
};

/* The library wants PEM with a NUL behind and DER without: parse a copy that has one. */
static int parse_copy(const void *p, size_t n, int (*parse)(void *to, const uint8_t *p, size_t n), void *to)
{
    if (n > SAM_TLS_PEM_BYTES_MAX)
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
    if (is_alloc_error(ret))
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

static int parse_key(void *to, const uint8_t *p, size_t n)
{
    return key_parse(to, p, n);
}

static int key_allowed(const mbedtls_pk_context *pk)
{
    if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA))
        return mbedtls_pk_get_bitlen(pk) >= RSA_BITS_MIN;
    return mbedtls_pk_can_do(pk, MBEDTLS_PK_ECDSA) && key_curve(pk) == MBEDTLS_ECP_DP_SECP256R1;
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
    conf_version(&c->ssl);
    mbedtls_ssl_conf_rng(&c->ssl, rng_cb, NULL);
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
    int err = parse_copy(cert, cert_len, parse_crt, &c->chain);
    if (!err)
        err = parse_copy(key, key_len, parse_key, &c->key);
    if (err)
        return err;
    if (!key_allowed(&c->key))
        return SAM_EDENIED;
    if (!key_fits(&c->chain.pk, &c->key))
        return SAM_EAUTH;
    c->alpn[0] = SAM_TLS_ALPN_SYNC;
    c->alpn[1] = SAM_TLS_ALPN_HTTP;
    err = config_common(c, mbedtls_pk_can_do(&c->key, MBEDTLS_PK_RSA) ? suites_all : suites_ecdsa);
    if (err)
        return err;
    mbedtls_ssl_conf_authmode(&c->ssl, MBEDTLS_SSL_VERIFY_NONE);
    return mbedtls_ssl_conf_own_cert(&c->ssl, &c->chain, &c->key) ? SAM_ENOMEM : 0;
}

int sam_tls_config_server_new(struct sam_tls_config **out, const void *cert, size_t cert_len, const void *key, size_t key_len)
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
        memcpy(c->pins, pins, pin_count * SAM_TLS_PIN_BYTES);
    c->pin_count = pin_count;
    c->has_ca = ca_len > 0;
    if (c->has_ca) {
        int err = parse_copy(ca, ca_len, parse_crt, &c->chain);
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
    /* "optional" lets a chain without a known CA reach verify_cb, which ends the handshake unless a pin holds */
    mbedtls_ssl_conf_authmode(&c->ssl, c->has_ca ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_OPTIONAL);
    if (c->has_ca)
        mbedtls_ssl_conf_ca_chain(&c->ssl, &c->chain, NULL);
    return 0;
}

int sam_tls_config_client_new(struct sam_tls_config **out, const uint8_t *pins, size_t pin_count, const void *ca, size_t ca_len,
                              const char *alpn)
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

/* Binary address of an address literal; its length in bytes, 0 for a name. */
static size_t parse_address(const char *text, uint8_t out[16])
{
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

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
    size_t addr_len = parse_address(host, addr);
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
    uint8_t have[SAM_TLS_PIN_BYTES];
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
        mbedtls_x509_crt_verify_with_profile(leaf, &anchor, NULL, &chain_profile, t->host[0] ? t->host : NULL, &flags, NULL, NULL) == 0)
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

/* Called for each certificate of the chain, the server's own (depth 0) last; another result than 0 ends the handshake. */
static int verify_cb(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
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

static int check_peer(const struct sam_tls *t)
{
    if (!t->config->is_client)
        return 0;
    if (t->config->pin_count && !t->pin_ok)
        return SAM_EAUTH;
    if (t->config->has_ca && mbedtls_ssl_get_verify_result(&t->ssl))
        return SAM_EAUTH;
    return 0;
}

/* --- a connection --- */

static int send_cb(void *arg, const unsigned char *p, size_t n)
{
    struct sam_tls *t = arg;
    if (!t->out)
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
    size_t room = sam_buf_room(t->out);
    if (room < n && t->state != SAM_TLS_HANDSHAKE)
        return MBEDTLS_ERR_SSL_INTERNAL_ERROR; /* invariant 3 */
    if (room == 0)
        return MBEDTLS_ERR_SSL_WANT_WRITE;
    if (n > room)
        n = room;
    return sam_buf_add(t->out, p, n) ? MBEDTLS_ERR_SSL_ALLOC_FAILED : (int)n;
}

static int recv_cb(void *arg, unsigned char *p, size_t n)
{
    struct sam_tls *t = arg;
    struct sam_span have = sam_buf_peek(&t->in);
    if (have.len == 0)
        return MBEDTLS_ERR_SSL_WANT_READ;
    if (n > have.len)
        n = have.len;
    memcpy(p, have.ptr, n);
    sam_buf_consume(&t->in, n);
    return (int)n;
}

/* The hostname is always set, be it to NULL on purpose: a client without one must be a decision, not an oversight. */
static int tls_setup(struct sam_tls *t, const char *host)
{
    if (host)
        memcpy(t->host, host, strlen(host) + 1);
    if (mbedtls_ssl_setup(&t->ssl, &t->config->ssl))
        return SAM_ENOMEM;
    if (t->config->is_client) {
        if (mbedtls_ssl_set_hostname(&t->ssl, host))
            return SAM_ENOMEM;
        mbedtls_ssl_set_verify(&t->ssl, verify_cb, t);
    }
    mbedtls_ssl_set_bio(&t->ssl, t, send_cb, recv_cb, NULL);
    return 0;
}

int sam_tls_new(struct sam_tls **out, const struct sam_tls_config *config, const char *host)
{
    *out = NULL;
    if (config->is_client && config->has_ca && !host)
        return SAM_EUSAGE;
    if (host && strlen(host) > SAM_TLS_NAME_BYTES_MAX)
        return SAM_ETOOBIG;
    struct sam_tls *t = calloc(1, sizeof *t);
    if (!t)
        return SAM_ENOMEM;
    t->config = config;
    sam_buf_init(&t->in, SAM_TLS_IN_BYTES_MAX);
    mbedtls_ssl_init(&t->ssl);
    int err = tls_setup(t, host);
    if (err)
        sam_tls_free(t);
    else
        *out = t;
    return err;
}

void sam_tls_free(struct sam_tls *t)
{
    if (!t)
        return;
    mbedtls_ssl_free(&t->ssl);
    sam_buf_fini(&t->in);
    free(t);
}

static int err_of(const struct sam_tls *t, int ret)
{
    if (ret == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        return SAM_ECLOSED;
    if (is_alloc_error(ret))
        return SAM_ENOMEM;
    if (t->config->is_client && t->state == SAM_TLS_HANDSHAKE && mbedtls_ssl_get_verify_result(&t->ssl) &&
        (ret == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || ret == MBEDTLS_ERR_X509_FATAL_ERROR))
        return SAM_EAUTH;
    return SAM_ETLS;
}

/* CLOSED, with the reason; returns it. ${ret} is the library's code. */
static int fail(struct sam_tls *t, const char *when, int ret)
{
    char text[100];
    mbedtls_strerror(ret, text, sizeof text);
    for (char *p = text; *p; p++)
        if (*p == '"' || (unsigned char)*p < ' ')
            *p = '.';
    t->err = err_of(t, ret);
    t->state = SAM_TLS_CLOSED;
    snprintf(t->errmsg, sizeof t->errmsg, "%s: %s (-0x%04x)", when, text, (unsigned)-ret);
    return t->err;
}

static int fail_plain(struct sam_tls *t, int err, const char *why)
{
    t->err = err;
    t->state = SAM_TLS_CLOSED;
    snprintf(t->errmsg, sizeof t->errmsg, "%s", why);
    return err;
}

int sam_tls_feed(struct sam_tls *t, const uint8_t *p, size_t n)
{
    if (t->state == SAM_TLS_CLOSED)
        return t->err;
    return sam_buf_add(&t->in, p, n);
}

static int handshake(struct sam_tls *t)
{
    int ret = mbedtls_ssl_handshake(&t->ssl);
    if (ret == MBEDTLS_ERR_SSL_WANT_READ || ret == MBEDTLS_ERR_SSL_WANT_WRITE)
        return 0;
    if (ret)
        return fail(t, "handshake", ret);
    if (check_peer(t))
        return fail_plain(t, SAM_EAUTH, "handshake: the server is not the one expected");
    t->state = SAM_TLS_OPEN;
    return 0;
}

static int nothing_to_read(const struct sam_tls *t)
{
    return sam_buf_len(&t->in) == 0 && mbedtls_ssl_get_bytes_avail(&t->ssl) == 0 && !mbedtls_ssl_check_pending(&t->ssl);
}

static int read_all(struct sam_tls *t, struct sam_buf *plain_in)
{
    while (!nothing_to_read(t) && sam_buf_room(plain_in)) {
        size_t avail = mbedtls_ssl_get_bytes_avail(&t->ssl);
        size_t want = avail ? avail : READ_BYTES;
        if (want > sam_buf_room(plain_in))
            want = sam_buf_room(plain_in);
        uint8_t *to = sam_buf_reserve(plain_in, want);
        if (!to)
            return fail_plain(t, SAM_ENOMEM, "read: out of memory");
        int ret = mbedtls_ssl_read(&t->ssl, to, want);
        if (ret > 0) {
            sam_buf_commit(plain_in, (size_t)ret);
            continue;
        }
        if (ret == MBEDTLS_ERR_SSL_WANT_READ)
            return 0;
#if defined(MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
        if (ret == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET)
            continue; /* another server's gift; we do not resume */
#endif
        return fail(t, "read", ret ? ret : MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY);
    }
    return 0;
}

int sam_tls_pump(struct sam_tls *t, struct sam_buf *plain_in, struct sam_buf *cipher_out)
{
    if (t->state == SAM_TLS_CLOSED)
        return t->err;
    t->out = cipher_out;
    int err = t->state == SAM_TLS_HANDSHAKE ? handshake(t) : 0;
    if (!err && t->state == SAM_TLS_OPEN)
        err = read_all(t, plain_in);
    t->out = NULL;
    if (sam_buf_len(&t->in) == 0 && t->in.cap > IDLE_BYTES)
        sam_buf_fini(&t->in);
    return err;
}

static size_t plain_room(const struct sam_tls *t, size_t cipher_room)
{
    int payload = mbedtls_ssl_get_max_out_record_payload(&t->ssl);
    if (payload <= 0)
        return 0;
    size_t record = (size_t)payload + RECORD_EXTRA_BYTES, rest = cipher_room % record;
    return cipher_room / record * (size_t)payload + (rest > RECORD_EXTRA_BYTES ? rest - RECORD_EXTRA_BYTES : 0);
}

size_t sam_tls_write_room(const struct sam_tls *t, const struct sam_buf *cipher_out)
{
    return t->state == SAM_TLS_OPEN ? plain_room(t, sam_buf_room(cipher_out)) : 0;
}

int sam_tls_write(struct sam_tls *t, const uint8_t *p, size_t n, struct sam_buf *cipher_out)
{
    if (t->state == SAM_TLS_CLOSED)
        return t->err;
    if (t->state == SAM_TLS_HANDSHAKE)
        return SAM_ESTATE;
    if (n > plain_room(t, cipher_out->max))
        return SAM_ETOOBIG;
    if (n > sam_tls_write_room(t, cipher_out))
        return SAM_EAGAIN;
    int err = 0;
    t->out = cipher_out;
    while (n > 0 && !err) {
        int ret = mbedtls_ssl_write(&t->ssl, p, n);
        if (ret <= 0) {
            err = fail(t, "write", ret);
            break;
        }
        p += ret;
        n -= (size_t)ret;
    }
    t->out = NULL;
    return err;
}

void sam_tls_close(struct sam_tls *t, struct sam_buf *cipher_out)
{
    if (t->state == SAM_TLS_CLOSED)
        return;
    t->out = cipher_out;
    if (t->state == SAM_TLS_OPEN)
        (void)mbedtls_ssl_close_notify(&t->ssl); /* best effort: the peer must stand an abrupt end anyway */
    t->out = NULL;
    t->err = SAM_ECLOSED;
    t->state = SAM_TLS_CLOSED;
}

enum sam_tls_state sam_tls_state(const struct sam_tls *t)
{
    return t->state;
}

const char *sam_tls_alpn(const struct sam_tls *t)
{
    return t->state == SAM_TLS_HANDSHAKE ? NULL : mbedtls_ssl_get_alpn_protocol(&t->ssl);
}

const char *sam_tls_version(const struct sam_tls *t)
{
    return t->state == SAM_TLS_HANDSHAKE ? "" : mbedtls_ssl_get_version(&t->ssl);
}

const char *sam_tls_errmsg(const struct sam_tls *t)
{
    return t->errmsg;
}

/* --- certificates --- */

/* What a certificate is made from; zeroed at first, so that maker_fini copes with any half of it. */
struct maker {
    mbedtls_x509write_cert w;
    mbedtls_pk_context key;    /* the new one */
    mbedtls_pk_context ca_key; /* these two only for a server's certificate */
    mbedtls_x509_crt ca_cert;
};

static void maker_init(struct maker *m)
{
    mbedtls_x509write_crt_init(&m->w);
    mbedtls_pk_init(&m->key);
    mbedtls_pk_init(&m->ca_key);
    mbedtls_x509_crt_init(&m->ca_cert);
}

static void maker_fini(struct maker *m)
{
    mbedtls_x509write_crt_free(&m->w);
    mbedtls_pk_free(&m->key);
    mbedtls_pk_free(&m->ca_key);
    mbedtls_x509_crt_free(&m->ca_cert);
}

static int err_of_make(int ret)
{
    if (ret == 0)
        return 0;
    return is_alloc_error(ret) ? SAM_ENOMEM : SAM_ETLS;
}

static int make_key(mbedtls_pk_context *pk, char *pem, size_t pem_max)
{
    int ret = mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (!ret)
        ret = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*pk), rng_cb, NULL);
    if (!ret)
        ret = mbedtls_pk_write_key_pem(pk, (unsigned char *)pem, pem_max);
    return err_of_make(ret);
}

static int date_text(int64_t s, char out[15])
{
    time_t when = (time_t)s;
    struct tm tm;
    if (s < 0 || !gmtime_r(&when, &tm) || tm.tm_year > 9999 - 1900)
        return SAM_ERANGE;
    return strftime(out, 15, "%Y%m%d%H%M%S", &tm) == 14 ? 0 : SAM_ERANGE;
}

static int set_dates(mbedtls_x509write_cert *w, int64_t not_before_s, int64_t not_after_s)
{
    char from[15], to[15];
    if (not_before_s >= not_after_s || date_text(not_before_s, from) || date_text(not_after_s, to))
        return SAM_ERANGE;
    return err_of_make(mbedtls_x509write_crt_set_validity(w, from, to));
}

/* A positive number of full length, never the same twice. */
static int set_random_serial(mbedtls_x509write_cert *w)
{
    uint8_t serial[SERIAL_BYTES];
    int err = sam_random(serial, sizeof serial);
    if (err)
        return err;
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    return err_of_make(set_serial(w, serial));
}

/* The parts that both kinds share; the issuer's key and name are the caller's. */
static int set_common(struct maker *m, mbedtls_pk_context *issuer, const char *subject, unsigned usage)
{
    mbedtls_x509write_crt_set_version(&m->w, MBEDTLS_X509_CRT_VERSION_3);
    mbedtls_x509write_crt_set_md_alg(&m->w, MBEDTLS_MD_SHA256);
    mbedtls_x509write_crt_set_subject_key(&m->w, &m->key);
    mbedtls_x509write_crt_set_issuer_key(&m->w, issuer);
    int ret = mbedtls_x509write_crt_set_subject_name(&m->w, subject);
    if (!ret)
        ret = mbedtls_x509write_crt_set_issuer_name(&m->w, CA_NAME);
    if (!ret)
        ret = mbedtls_x509write_crt_set_subject_key_identifier(&m->w);
    if (!ret)
        ret = mbedtls_x509write_crt_set_authority_key_identifier(&m->w);
    if (!ret)
        ret = mbedtls_x509write_crt_set_key_usage(&m->w, usage);
    return err_of_make(ret);
}

static int write_cert(struct maker *m, char *pem, size_t pem_max)
{
    return err_of_make(mbedtls_x509write_crt_pem(&m->w, (unsigned char *)pem, pem_max, rng_cb, NULL));
}

static int make_ca(struct maker *m, int64_t not_before_s, int64_t not_after_s, struct sam_tls_pair *out)
{
    int err = set_dates(&m->w, not_before_s, not_after_s);
    if (!err)
        err = set_random_serial(&m->w);
    if (!err)
        err = make_key(&m->key, out->key_pem, sizeof out->key_pem);
    if (!err)
        err = set_common(m, &m->key, CA_NAME, MBEDTLS_X509_KU_KEY_CERT_SIGN | MBEDTLS_X509_KU_CRL_SIGN);
    if (!err)
        err = err_of_make(mbedtls_x509write_crt_set_basic_constraints(&m->w, 1, 0));
    if (!err)
        err = write_cert(m, out->cert_pem, sizeof out->cert_pem);
    return err;
}

int sam_tls_make_ca(int64_t not_before_s, int64_t not_after_s, struct sam_tls_pair *out)
{
    struct maker m;
    memset(out, 0, sizeof *out);
    maker_init(&m);
    int err = make_ca(&m, not_before_s, not_after_s, out);
    maker_fini(&m);
    if (err)
        sam_wipe(out, sizeof *out);
    return err;
}

/* Labels of letters, digits and inner hyphens; "*" may be the first of several. */
static int is_dns_name(const char *s)
{
    size_t len = strlen(s), label = 0;
    if (len == 0 || len > SAM_TLS_NAME_BYTES_MAX)
        return 0;
    if (s[0] == '*' && s[1] == '.')
        s += 2;
    for (; *s; s++) {
        int alnum = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
        if (*s == '.' ? label == 0 || s[-1] == '-' : !(alnum || (*s == '-' && label > 0)))
            return 0;
        label = *s == '.' ? 0 : label + 1;
        if (label > 63)
            return 0;
    }
    return label > 0 && s[-1] != '-';
}

/* Write one GeneralName before *p. DER is written from the end to the front. Returns its length or a negative code. */
static int write_name(uint8_t **p, uint8_t *start, const char *name)
{
    uint8_t addr[16];
    size_t len = parse_address(name, addr), kind = 7;
    const uint8_t *from = addr;
    if (len == 0) {
        if (!is_dns_name(name))
            return SAM_ERANGE;
        len = strlen(name);
        kind = 2;
        from = (const uint8_t *)name;
    }
    int total = 0, ret = mbedtls_asn1_write_raw_buffer(p, start, from, len);
    if (ret >= 0) {
        total += ret;
        ret = mbedtls_asn1_write_len(p, start, len);
    }
    if (ret >= 0) {
        total += ret;
        ret = mbedtls_asn1_write_tag(p, start, (uint8_t)(MBEDTLS_ASN1_CONTEXT_SPECIFIC | kind));
    }
    return ret < 0 ? SAM_ETOOBIG : total + ret;
}

/* The whole subjectAltName, ending at the end of buf; *out and *out_len describe it. */
static int write_names(uint8_t *buf, size_t max, const char *const *names, size_t name_count, uint8_t **out, size_t *out_len)
{
    static const char *const own[] = {"::1", "127.0.0.1", "localhost"};
    uint8_t *p = buf + max;
    size_t total = 0;
    for (size_t i = 0; i < name_count + 3; i++) {
        int len = write_name(&p, buf, i < name_count ? names[name_count - 1 - i] : own[i - name_count]);
        if (len < 0)
            return len;
        total += (size_t)len;
    }
    int len = mbedtls_asn1_write_len(&p, buf, total);
    if (len < 0 || mbedtls_asn1_write_tag(&p, buf, MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE) < 0)
        return SAM_ETOOBIG;
    *out = p;
    *out_len = (size_t)(buf + max - p);
    return 0;
}

static int set_server_extensions(mbedtls_x509write_cert *w, const char *const *names, size_t name_count)
{
    static const uint8_t server_auth[] = {0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
    uint8_t buf[SAN_BYTES_MAX], *san;
    size_t san_len;
    int err = write_names(buf, sizeof buf, names, name_count, &san, &san_len);
    if (err)
        return err;
    int ret = mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_SUBJECT_ALT_NAME, sizeof MBEDTLS_OID_SUBJECT_ALT_NAME - 1, 0, san,
                                                  san_len);
    if (!ret)
        ret = mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_EXTENDED_KEY_USAGE, sizeof MBEDTLS_OID_EXTENDED_KEY_USAGE - 1, 0,
                                                  server_auth, sizeof server_auth);
    if (!ret)
        ret = mbedtls_x509write_crt_set_basic_constraints(w, 0, -1);
    return err_of_make(ret);
}

static int load_ca(struct maker *m, const struct sam_tls_pair *ca)
{
    int err = parse_copy(ca->cert_pem, strnlen(ca->cert_pem, sizeof ca->cert_pem), parse_crt, &m->ca_cert);
    if (!err)
        err = parse_copy(ca->key_pem, strnlen(ca->key_pem, sizeof ca->key_pem), parse_key, &m->ca_key);
    if (err)
        return err;
    char name[64];
    if (mbedtls_x509_dn_gets(name, sizeof name, &m->ca_cert.subject) < 0 || strcmp(name, CA_NAME) != 0)
        return SAM_EAUTH;
    return key_fits(&m->ca_cert.pk, &m->ca_key) ? 0 : SAM_EAUTH;
}

/* A server sends the CA's certificate along, so that a client which pinned the CA finds it. */
static int append_ca(char *pem, size_t pem_max, const char *ca_pem, size_t ca_max)
{
    size_t have = strlen(pem), more = strnlen(ca_pem, ca_max);
    if (more >= pem_max - have)
        return SAM_ETOOBIG;
    memcpy(pem + have, ca_pem, more);
    pem[have + more] = 0;
    return 0;
}

static int make_cert(struct maker *m, const struct sam_tls_pair *ca, const char *const *names, size_t name_count,
                     int64_t not_before_s, int64_t not_after_s, struct sam_tls_pair *out)
{
    int err = name_count > SAM_TLS_NAMES_MAX ? SAM_ETOOBIG : load_ca(m, ca);
    if (!err)
        err = set_dates(&m->w, not_before_s, not_after_s);
    if (!err)
        err = set_random_serial(&m->w);
    if (!err)
        err = make_key(&m->key, out->key_pem, sizeof out->key_pem);
    if (!err)
        err = set_common(m, &m->ca_key, SERVER_NAME, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    if (!err)
        err = set_server_extensions(&m->w, names, name_count);
    if (!err)
        err = write_cert(m, out->cert_pem, sizeof out->cert_pem);
    if (!err)
        err = append_ca(out->cert_pem, sizeof out->cert_pem, ca->cert_pem, sizeof ca->cert_pem);
    return err;
}

int sam_tls_make_cert(const struct sam_tls_pair *ca, const char *const *names, size_t name_count, int64_t not_before_s,
                      int64_t not_after_s, struct sam_tls_pair *out)
{
    struct maker m;
    memset(out, 0, sizeof *out);
    maker_init(&m);
    int err = make_cert(&m, ca, names, name_count, not_before_s, not_after_s, out);
    maker_fini(&m);
    if (err)
        sam_wipe(out, sizeof *out);
    return err;
}

int sam_tls_cert_pin(const void *cert, size_t len, uint8_t out[SAM_TLS_PIN_BYTES])
{
    mbedtls_x509_crt crt;
    memset(out, 0, SAM_TLS_PIN_BYTES);
    mbedtls_x509_crt_init(&crt);
    int err = parse_copy(cert, len, parse_crt, &crt);
    if (!err)
        err = sam_sha256(crt.pk_raw.p, crt.pk_raw.len, out);
    mbedtls_x509_crt_free(&crt);
    return err;
}
