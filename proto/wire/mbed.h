/* What the files over mbedTLS share: random bytes, parsing of what sites bring along, and the one block where versions 2.28
 * and 3.6 differ. For proto/wire/tls*.c and cert.c alone; the functions return the library's codes unless they say ours.
 *   thread  any; nothing here keeps state */
#ifndef SAM_WIRE_MBED_H
#define SAM_WIRE_MBED_H

#include <mbedtls/version.h>

#include <mbedtls/ecp.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <mbedtls/x509_csr.h>

#include <stddef.h>
#include <stdint.h>

#define SAM_MBED_SERIAL_BYTES 16u

/* sam_mbed_random(NULL, out, n): the system's random bytes, in the form that the library calls. */
int sam_mbed_random(void *unused, unsigned char *out, size_t n);
/* sam_mbed_is_nomem(ret): is the library's code one of those that mean "out of memory"? */
int sam_mbed_is_nomem(int ret);

/**
 * sam_mbed_crt_parse(to, p, n), sam_mbed_key_parse(to, p, n):
 * Read one DER certificate or all certificates of a PEM text; a private key, PEM or DER.
 *   owns    ${to} is initialised and freed by the caller; nothing of ${p} is kept, and a copy made on the way is wiped
 *   errors  ours: SAM_ETOOBIG over SAM_CERT_FILE_BYTES_MAX; SAM_ECORRUPT also when only some of the text parses; SAM_ENOMEM
 */
int sam_mbed_crt_parse(mbedtls_x509_crt *to, const void *p, size_t n);
int sam_mbed_key_parse(mbedtls_pk_context *to, const void *p, size_t n);

/* --- mbedTLS 2.28 and 3.6 --- */

/* The suites that only TLS 1.3 has, as the front of a list. */
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
#define SAM_MBED_SUITES_TLS13 \
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256, MBEDTLS_TLS1_3_AES_128_GCM_SHA256, MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
#else
#define SAM_MBED_SUITES_TLS13
#endif

/* TLS 1.2 at least; X25519 and P-256; signatures with SHA-256 or longer. */
void sam_mbed_conf_versions(mbedtls_ssl_config *conf);
/* Is ${key} the private half of ${pub}? */
int sam_mbed_key_fits(const mbedtls_pk_context *pub, const mbedtls_pk_context *key);
/* The curve of an elliptic key. */
mbedtls_ecp_group_id sam_mbed_key_curve(const mbedtls_pk_context *pk);
int sam_mbed_serial_set(mbedtls_x509write_cert *w, uint8_t serial[SAM_MBED_SERIAL_BYTES]);
/* sam_mbed_sign(key, hash, hash_len, out, max, len): a signature over a SHA-256. */
int sam_mbed_sign(mbedtls_pk_context *key, const uint8_t *hash, size_t hash_len, uint8_t *out, size_t max, size_t *len);
/* May it sign others? */
int sam_mbed_crt_is_ca(const mbedtls_x509_crt *crt);
/* An extension, not critical, of a request for a certificate. */
int sam_mbed_csr_extension(mbedtls_x509write_csr *w, const char *oid, size_t oid_len, const uint8_t *value, size_t len);

#endif
