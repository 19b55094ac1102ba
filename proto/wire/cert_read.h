/* Certificates read: what one says, whether it may be used for a server, and a request for one.
 *
 *      sam_cert_request --> an authority of the site's --> sam_cert_check --> in use
 *
 * A certificate for the key that is in use changes nothing for tablets, which know the centre by its key. */
#ifndef SAM_WIRE_CERT_READ_H
#define SAM_WIRE_CERT_READ_H

#include "proto/wire/cert.h"

#include <stdbool.h>

#define SAM_CERT_TEXT_BYTES_MAX 256u /* a distinguished name, cut */
#define SAM_CERT_WORDS_BYTES_MAX 64u

struct sam_cert_info {
    char subject[SAM_CERT_TEXT_BYTES_MAX], issuer[SAM_CERT_TEXT_BYTES_MAX];
    char kind[32];                     /* "EC 256", "RSA 3072" */
    int64_t not_before_s, not_after_s; /* seconds since 1970 */
    uint8_t pin[SAM_CERT_PIN_BYTES];   /* SHA-256 of its public key, as tablets know it */
    uint8_t fingerprint[32];           /* SHA-256 of the certificate, as browsers show it */
    bool authority, own_issuer;        /* may sign others; signed by itself */
    unsigned chain;                    /* certificates in the text, itself included */
    unsigned names;                    /* DNS names and addresses it is for */
    char name[SAM_CERT_NAMES_MAX + 3][SAM_CERT_NAME_BYTES_MAX + 1];
};

/* Why a certificate is not used. */
enum sam_cert_fault {
    SAM_CERT_GOOD,
    SAM_CERT_UNREADABLE, /* no certificate, or not only certificates */
    SAM_CERT_KEY_UNREADABLE,
    SAM_CERT_KEY_OTHER, /* the key is not that of the first certificate */
    SAM_CERT_KEY_WEAK,  /* RSA below 2048 bits, or no kind that TLS takes here */
    SAM_CERT_IS_AUTHORITY,
    SAM_CERT_NOT_YET,
    SAM_CERT_EXPIRED,
    SAM_CERT_OTHER_NAME, /* it is not for this host */
    SAM_CERT_CHAIN,      /* one of them is not signed by the one behind it */
    SAM_CERT_PURPOSE     /* it is not for servers */
};

/* sam_cert_read(cert, len, out): the first certificate of a PEM text or DER. Errors as sam_cert_pin. */
int sam_cert_read(const void *cert, size_t len, struct sam_cert_info *out);
/**
 * sam_cert_check(cert, cert_len, key, key_len, host, now_s):
 * May a server called ${host} use this chain and key at ${now_s}? The first thing that is wrong.
 */
enum sam_cert_fault sam_cert_check(const void *cert, size_t cert_len, const void *key, size_t key_len, const char *host,
                                   int64_t now_s);
/**
 * sam_cert_request(key, key_len, names, name_count, out, out_max):
 * A request (PKCS #10, PEM) for that key and those names.
 *   errors  SAM_ETOOBIG; SAM_ERANGE a name; SAM_ECORRUPT the key; SAM_ENOMEM; SAM_ETLS
 */
int sam_cert_request(const void *key, size_t key_len, const char *const *names, size_t name_count, char *out,
                     size_t out_max);
/* sam_cert_words(hash, out): its first 16 bytes as eight words to be read aloud, "lusab babad …": two bytes a word, four
 * consonants' and two vowels' bits in turn. */
void sam_cert_words(const uint8_t hash[32], char out[SAM_CERT_WORDS_BYTES_MAX]);

#endif
