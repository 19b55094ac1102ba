/* Certificates read with mbedTLS. What a site brings along is foreign text: sizes are capped where it is parsed. */
#include "proto/wire/cert_read.h"

#include "proto/base/err.h"
#include "proto/wire/cert_int.h"
#include "proto/wire/crypto.h"
#include "proto/wire/mbed.h"

#include <mbedtls/oid.h>
#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define RSA_BITS_MIN 2048u
#define TAG_KIND 0x1f /* of a GeneralName: which of its choices */
#define KIND_DNS 2
#define KIND_ADDRESS 7

/* ---- what one says */

static int64_t seconds(const mbedtls_x509_time *t)
{
    struct tm tm = {.tm_year = t->year - 1900,
                    .tm_mon = t->mon - 1,
                    .tm_mday = t->day,
                    .tm_hour = t->hour,
                    .tm_min = t->min,
                    .tm_sec = t->sec};
    return (int64_t)timegm(&tm);
}

/* One GeneralName as text; false: of another kind, or not to be shown. */
static bool name_text(const mbedtls_x509_buf *san, char out[SAM_CERT_NAME_BYTES_MAX + 1])
{
    int kind = san->tag & TAG_KIND;
    if (kind == KIND_ADDRESS && (san->len == 4 || san->len == 16))
        return inet_ntop(san->len == 4 ? AF_INET : AF_INET6, san->p, out, SAM_CERT_NAME_BYTES_MAX + 1) != NULL;
    if (kind != KIND_DNS || san->len == 0 || san->len > SAM_CERT_NAME_BYTES_MAX)
        return false;
    for (size_t i = 0; i < san->len; i++)
        if (san->p[i] <= ' ' || san->p[i] >= 0x7f)
            return false;
    memcpy(out, san->p, san->len);
    out[san->len] = 0;
    return true;
}

static void names_read(const mbedtls_x509_crt *crt, struct sam_cert_info *out)
{
    const unsigned max = sizeof out->name / sizeof *out->name;
    for (const mbedtls_x509_sequence *s = &crt->subject_alt_names; s && s->buf.p && out->names < max; s = s->next)
        out->names += name_text(&s->buf, out->name[out->names]);
}

static void key_kind(const mbedtls_pk_context *pk, char *out, size_t size)
{
    snprintf(out, size, "%.16s %u", mbedtls_pk_get_name(pk), (unsigned)mbedtls_pk_get_bitlen(pk));
}

/* A distinguished name is foreign: what is no printable ASCII is not shown as it is. */
static void dn_text(const mbedtls_x509_name *dn, char out[SAM_CERT_TEXT_BYTES_MAX])
{
    if (mbedtls_x509_dn_gets(out, SAM_CERT_TEXT_BYTES_MAX, dn) < 0)
        snprintf(out, SAM_CERT_TEXT_BYTES_MAX, "…");
    for (char *p = out; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
}

static bool same_names(const mbedtls_x509_crt *crt)
{
    return crt->subject_raw.len == crt->issuer_raw.len &&
           memcmp(crt->subject_raw.p, crt->issuer_raw.p, crt->subject_raw.len) == 0;
}

static int info_read(const mbedtls_x509_crt *crt, struct sam_cert_info *out)
{
    dn_text(&crt->subject, out->subject);
    dn_text(&crt->issuer, out->issuer);
    key_kind(&crt->pk, out->kind, sizeof out->kind);
    out->not_before_s = seconds(&crt->valid_from);
    out->not_after_s = seconds(&crt->valid_to);
    out->authority = sam_mbed_crt_is_ca(crt);
    out->own_issuer = same_names(crt);
    names_read(crt, out);
    for (const mbedtls_x509_crt *c = crt; c && c->raw.p; c = c->next)
        out->chain++;
    int err = sam_sha256(crt->pk_raw.p, crt->pk_raw.len, out->pin);
    return err ? err : sam_sha256(crt->raw.p, crt->raw.len, out->fingerprint);
}

int sam_cert_read(const void *cert, size_t len, struct sam_cert_info *out)
{
    mbedtls_x509_crt crt;
    memset(out, 0, sizeof *out);
    mbedtls_x509_crt_init(&crt);
    int err = sam_mbed_crt_parse(&crt, cert, len);
    if (!err)
        err = info_read(&crt, out);
    mbedtls_x509_crt_free(&crt);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

/* ---- may it be used */

/* "*.example.org" stands for one label before it. */
static bool name_fits(const char *name, const char *host)
{
    const char *dot = strchr(host, '.');
    if (strcasecmp(name, host) == 0)
        return true;
    return name[0] == '*' && name[1] == '.' && dot && dot != host && strcasecmp(name + 1, dot) == 0;
}

static bool is_for(const struct sam_cert_info *info, const char *host)
{
    uint8_t want[16], have[16];
    size_t len = sam_cert_address(host, want);
    for (unsigned i = 0; i < info->names; i++)
        if (len ? sam_cert_address(info->name[i], have) == len && memcmp(want, have, len) == 0
                : name_fits(info->name[i], host))
            return true;
    return false;
}

/* Is ${child} signed by ${parent}, which may sign? Dates are asked elsewhere. */
static bool is_signed_by(const mbedtls_x509_crt *child, const mbedtls_x509_crt *parent)
{
    mbedtls_x509_crt one, other;
    uint32_t flags = 0;
    const uint32_t dates = MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE;
    mbedtls_x509_crt_init(&one);
    mbedtls_x509_crt_init(&other);
    bool is = mbedtls_x509_crt_parse_der(&one, child->raw.p, child->raw.len) == 0 &&
              mbedtls_x509_crt_parse_der(&other, parent->raw.p, parent->raw.len) == 0;
    if (is)
        mbedtls_x509_crt_verify(&one, &other, NULL, NULL, &flags, NULL, NULL);
    mbedtls_x509_crt_free(&one);
    mbedtls_x509_crt_free(&other);
    return is && (flags & ~dates) == 0;
}

static bool chain_holds(const mbedtls_x509_crt *crt)
{
    for (; crt->next && crt->next->raw.p; crt = crt->next)
        if (!is_signed_by(crt, crt->next))
            return false;
    return true;
}

static bool is_strong(const mbedtls_pk_context *pk)
{
    if (mbedtls_pk_can_do(pk, MBEDTLS_PK_RSA))
        return mbedtls_pk_get_bitlen(pk) >= RSA_BITS_MIN;
    return mbedtls_pk_can_do(pk, MBEDTLS_PK_ECKEY) && sam_mbed_key_curve(pk) == MBEDTLS_ECP_DP_SECP256R1;
}

static enum sam_cert_fault check(const mbedtls_x509_crt *crt, const struct sam_cert_info *info,
                                 const mbedtls_pk_context *key, const char *host, int64_t now_s)
{
    if (!is_strong(&crt->pk))
        return SAM_CERT_KEY_WEAK;
    if (!sam_mbed_key_fits(&crt->pk, key))
        return SAM_CERT_KEY_OTHER;
    if (info->authority)
        return SAM_CERT_IS_AUTHORITY;
    if (mbedtls_x509_crt_check_extended_key_usage(crt, MBEDTLS_OID_SERVER_AUTH,
                                                  MBEDTLS_OID_SIZE(MBEDTLS_OID_SERVER_AUTH)))
        return SAM_CERT_PURPOSE;
    if (now_s < info->not_before_s)
        return SAM_CERT_NOT_YET;
    if (now_s >= info->not_after_s)
        return SAM_CERT_EXPIRED;
    if (!is_for(info, host))
        return SAM_CERT_OTHER_NAME;
    return chain_holds(crt) ? SAM_CERT_GOOD : SAM_CERT_CHAIN;
}

enum sam_cert_fault sam_cert_check(const void *cert, size_t cert_len, const void *key, size_t key_len, const char *host,
                                   int64_t now_s)
{
    struct sam_cert_info info = {.names = 0};
    enum sam_cert_fault fault;
    mbedtls_x509_crt crt;
    mbedtls_pk_context pk;
    mbedtls_x509_crt_init(&crt);
    mbedtls_pk_init(&pk);
    if (sam_mbed_crt_parse(&crt, cert, cert_len) || info_read(&crt, &info))
        fault = SAM_CERT_UNREADABLE;
    else if (sam_mbed_key_parse(&pk, key, key_len))
        fault = SAM_CERT_KEY_UNREADABLE;
    else
        fault = check(&crt, &info, &pk, host, now_s);
    mbedtls_x509_crt_free(&crt);
    mbedtls_pk_free(&pk);
    return fault;
}

/* ---- a request */

static int request_write(mbedtls_x509write_csr *w, const char *const *names, size_t name_count, char *out,
                         size_t out_max)
{
    uint8_t buf[SAM_CERT_SAN_BYTES_MAX], *san;
    size_t san_len;
    int err = sam_cert_names_write(buf, sizeof buf, names, name_count, false, &san, &san_len);
    if (err)
        return err;
    int ret = mbedtls_x509write_csr_set_subject_name(w, "CN=samling server");
    if (!ret)
        ret = mbedtls_x509write_csr_set_key_usage(w, MBEDTLS_X509_KU_DIGITAL_SIGNATURE);
    if (!ret)
        ret = sam_mbed_csr_extension(w, MBEDTLS_OID_SUBJECT_ALT_NAME, MBEDTLS_OID_SIZE(MBEDTLS_OID_SUBJECT_ALT_NAME),
                                     san, san_len);
    if (!ret)
        ret = mbedtls_x509write_csr_pem(w, (unsigned char *)out, out_max, sam_mbed_random, NULL);
    return ret == 0 ? 0 : sam_mbed_is_nomem(ret) ? SAM_ENOMEM : SAM_ETLS;
}

int sam_cert_request(const void *key, size_t key_len, const char *const *names, size_t name_count, char *out,
                     size_t out_max)
{
    mbedtls_x509write_csr w;
    mbedtls_pk_context pk;
    out[0] = 0;
    mbedtls_x509write_csr_init(&w);
    mbedtls_pk_init(&pk);
    mbedtls_x509write_csr_set_md_alg(&w, MBEDTLS_MD_SHA256);
    mbedtls_x509write_csr_set_key(&w, &pk);
    int err = name_count > SAM_CERT_NAMES_MAX ? SAM_ETOOBIG : sam_mbed_key_parse(&pk, key, key_len);
    if (!err)
        err = request_write(&w, names, name_count, out, out_max);
    if (err)
        out[0] = 0;
    mbedtls_x509write_csr_free(&w);
    mbedtls_pk_free(&pk);
    return err;
}

/* ---- read aloud */

void sam_cert_words(const uint8_t hash[32], char out[SAM_CERT_WORDS_BYTES_MAX])
{
    static const char consonant[] = "bdfghjklmnprstvz", vowel[] = "aiou";
    size_t n = 0;
    for (unsigned i = 0; i < 16; i += 2) {
        unsigned v = (unsigned)hash[i] << 8 | hash[i + 1];
        if (i)
            out[n++] = ' ';
        out[n++] = consonant[v >> 12];
        out[n++] = vowel[v >> 10 & 3];
        out[n++] = consonant[v >> 6 & 15];
        out[n++] = vowel[v >> 4 & 3];
        out[n++] = consonant[v & 15];
    }
    out[n] = 0;
}
