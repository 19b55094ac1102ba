/* Certificates: an authority and server certificates made by it, and the fingerprint that tablets pin.
 *
 *      sam_cert_make_ca --> pair --sam_cert_make_server--> pair --sam_cert_pin--> 32 bytes for the invite
 *
 * P-256 and SHA-256 only; certificates that a site brings along are read by sam_tls_config_server_new. */
#ifndef SAM_WIRE_CERT_H
#define SAM_WIRE_CERT_H

#include <stddef.h>
#include <stdint.h>

#define SAM_CERT_PIN_BYTES 32u                /* SHA-256 of a SubjectPublicKeyInfo */
#define SAM_CERT_FILE_BYTES_MAX (64u * 1024u) /* a certificate file with its chain */
#define SAM_CERT_NAMES_MAX 16u          /* names and addresses in one certificate, beside the three of this machine */
#define SAM_CERT_NAME_BYTES_MAX 253u    /* the longest DNS name */
#define SAM_CERT_KEY_PEM_BYTES_MAX 512u /* a P-256 key takes 230 */
#define SAM_CERT_PEM_BYTES_MAX (12u * 1024u) /* 19 longest names, base64, and the CA's certificate behind */

/* A private key and its certificate (for a server: followed by the CA's), as PEM text. Wipe it after use. */
struct sam_cert_pair {
    char key_pem[SAM_CERT_KEY_PEM_BYTES_MAX];
    char cert_pem[SAM_CERT_PEM_BYTES_MAX];
};

/**
 * sam_cert_make_ca(not_before_s, not_after_s, out):
 * A new P-256 key and a self-signed CA certificate that may sign server certificates and no further CA.
 *   units   seconds since 1970
 *   errors  SAM_ERANGE the dates; SAM_EIO no random bytes; SAM_ENOMEM; SAM_ETLS; ${out} is then all zero
 */
int sam_cert_make_ca(int64_t not_before_s, int64_t not_after_s, struct sam_cert_pair *out);

/**
 * sam_cert_make_server(ca, names, name_count, not_before_s, not_after_s, out):
 * A new P-256 key and a server certificate signed by ${ca}, for localhost, 127.0.0.1, ::1 and ${names}: DNS names, of which
 * the first label may be "*", and addresses. Names stand in subjectAltName only; no text of the caller's becomes part of a
 * distinguished name.
 *   errors  SAM_ETOOBIG too many names; SAM_ERANGE a name or the dates; SAM_ECORRUPT ${ca} does not parse; SAM_EAUTH it is not
 *           a pair of sam_cert_make_ca; SAM_EIO, SAM_ENOMEM, SAM_ETLS; ${out} is then all zero
 */
int sam_cert_make_server(const struct sam_cert_pair *ca, const char *const *names, size_t name_count,
                         int64_t not_before_s, int64_t not_after_s, struct sam_cert_pair *out);

/**
 * sam_cert_pin(cert, len, out):
 * SHA-256 of the SubjectPublicKeyInfo of the first certificate in ${cert}, PEM or DER.
 *   errors  SAM_ETOOBIG; SAM_ECORRUPT; SAM_ENOMEM; SAM_EIO; ${out} is then all zero
 */
int sam_cert_pin(const void *cert, size_t len, uint8_t out[SAM_CERT_PIN_BYTES]);

/* sam_cert_address(text, out): an IPv4 or IPv6 literal in binary form; its length in bytes, 0 if it is a name. */
size_t sam_cert_address(const char *text, uint8_t out[16]);

#endif
