/* Certificates written with mbedTLS: P-256 keys, SHA-256, names in subjectAltName only. A key that was made on the way is
 * wiped when a later step fails. */
#include "proto/wire/cert.h"

#include "proto/base/err.h"
#include "proto/wire/cert_int.h"
#include "proto/wire/crypto.h"
#include "proto/wire/mbed.h"

#include <mbedtls/asn1write.h>
#include <mbedtls/ecp.h>
#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include <arpa/inet.h>
#include <string.h>
#include <time.h>

#define CA_NAME "CN=samling CA"
#define SERVER_NAME "CN=samling server"

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
    return sam_mbed_is_nomem(ret) ? SAM_ENOMEM : SAM_ETLS;
}

static int make_key(mbedtls_pk_context *pk, char *pem, size_t pem_max)
{
    int ret = mbedtls_pk_setup(pk, mbedtls_pk_info_from_type(MBEDTLS_PK_ECKEY));
    if (!ret)
        ret = mbedtls_ecp_gen_key(MBEDTLS_ECP_DP_SECP256R1, mbedtls_pk_ec(*pk), sam_mbed_random, NULL);
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
    uint8_t serial[SAM_MBED_SERIAL_BYTES];
    int err = sam_random(serial, sizeof serial);
    if (err)
        return err;
    serial[0] = (uint8_t)((serial[0] & 0x7f) | 0x40);
    return err_of_make(sam_mbed_serial_set(w, serial));
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

static int write_cert(struct maker *m, mbedtls_pk_context *issuer, char *pem, size_t pem_max)
{
    uint8_t der[SAM_CERT_DER_BYTES_MAX];
    int len = mbedtls_x509write_crt_der(&m->w, der, sizeof der, sam_mbed_random, NULL);
    return len < 0 ? err_of_make(len) : sam_cert_write(der + sizeof der - len, (size_t)len, issuer, pem, pem_max);
}

static int make_ca(struct maker *m, int64_t not_before_s, int64_t not_after_s, struct sam_cert_pair *out)
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
        err = write_cert(m, &m->key, out->cert_pem, sizeof out->cert_pem);
    return err;
}

int sam_cert_make_ca(int64_t not_before_s, int64_t not_after_s, struct sam_cert_pair *out)
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

size_t sam_cert_address(const char *text, uint8_t out[16])
{
    if (inet_pton(AF_INET, text, out) == 1)
        return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 16 : 0;
}

/* Labels of letters, digits and inner hyphens; "*" may be the first of several. */
static int is_dns_name(const char *s)
{
    size_t len = strlen(s), label = 0;
    if (len == 0 || len > SAM_CERT_NAME_BYTES_MAX)
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
    size_t len = sam_cert_address(name, addr), kind = 7;
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

int sam_cert_names_write(uint8_t *buf, size_t max, const char *const *names, size_t name_count, bool with_own,
                         uint8_t **out, size_t *out_len)
{
    static const char *const own[] = {"::1", "127.0.0.1", "localhost"};
    uint8_t *p = buf + max;
    size_t total = 0;
    for (size_t i = 0; i < name_count + (with_own ? 3 : 0); i++) {
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
    uint8_t buf[SAM_CERT_SAN_BYTES_MAX], *san;
    size_t san_len;
    int err = sam_cert_names_write(buf, sizeof buf, names, name_count, true, &san, &san_len);
    if (err)
        return err;
    int ret = mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_SUBJECT_ALT_NAME,
                                                  sizeof MBEDTLS_OID_SUBJECT_ALT_NAME - 1, 0, san, san_len);
    if (!ret)
        ret = mbedtls_x509write_crt_set_extension(w, MBEDTLS_OID_EXTENDED_KEY_USAGE,
                                                  sizeof MBEDTLS_OID_EXTENDED_KEY_USAGE - 1, 0, server_auth,
                                                  sizeof server_auth);
    if (!ret)
        ret = mbedtls_x509write_crt_set_basic_constraints(w, 0, -1);
    return err_of_make(ret);
}

static int load_ca(struct maker *m, const struct sam_cert_pair *ca)
{
    int err = sam_mbed_crt_parse(&m->ca_cert, ca->cert_pem, strnlen(ca->cert_pem, sizeof ca->cert_pem));
    if (!err)
        err = sam_mbed_key_parse(&m->ca_key, ca->key_pem, strnlen(ca->key_pem, sizeof ca->key_pem));
    if (err)
        return err;
    char name[64];
    if (mbedtls_x509_dn_gets(name, sizeof name, &m->ca_cert.subject) < 0 || strcmp(name, CA_NAME) != 0)
        return SAM_EAUTH;
    return sam_mbed_key_fits(&m->ca_cert.pk, &m->ca_key) ? 0 : SAM_EAUTH;
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

static int make_server(struct maker *m, const struct sam_cert_pair *ca, const char *const *names, size_t name_count,
                       int64_t not_before_s, int64_t not_after_s, struct sam_cert_pair *out)
{
    int err = name_count > SAM_CERT_NAMES_MAX ? SAM_ETOOBIG : load_ca(m, ca);
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
        err = write_cert(m, &m->ca_key, out->cert_pem, sizeof out->cert_pem);
    if (!err)
        err = append_ca(out->cert_pem, sizeof out->cert_pem, ca->cert_pem, sizeof ca->cert_pem);
    return err;
}

int sam_cert_make_server(const struct sam_cert_pair *ca, const char *const *names, size_t name_count,
                         int64_t not_before_s, int64_t not_after_s, struct sam_cert_pair *out)
{
    struct maker m;
    memset(out, 0, sizeof *out);
    maker_init(&m);
    int err = make_server(&m, ca, names, name_count, not_before_s, not_after_s, out);
    maker_fini(&m);
    if (err)
        sam_wipe(out, sizeof *out);
    return err;
}

int sam_cert_pin(const void *cert, size_t len, uint8_t out[SAM_CERT_PIN_BYTES])
{
    mbedtls_x509_crt crt;
    memset(out, 0, SAM_CERT_PIN_BYTES);
    mbedtls_x509_crt_init(&crt);
    int err = sam_mbed_crt_parse(&crt, cert, len);
    if (!err)
        err = sam_sha256(crt.pk_raw.p, crt.pk_raw.len, out);
    mbedtls_x509_crt_free(&crt);
    return err;
}
