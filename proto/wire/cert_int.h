/* What cert.c and cert_read.c share. */
#ifndef SAM_WIRE_CERT_INT_H
#define SAM_WIRE_CERT_INT_H

#include "proto/wire/cert.h"

#include <mbedtls/pk.h>

#include <stdbool.h>

#define SAM_CERT_SAN_BYTES_MAX ((SAM_CERT_NAMES_MAX + 3) * (SAM_CERT_NAME_BYTES_MAX + 4) + 8)

/* sam_cert_names_write(buf, max, names, name_count, with_own, out, out_len): subjectAltName with ${names}, and this machine's own if
 * wanted, in DER, at the end of ${buf}; *out and *out_len describe it. SAM_ERANGE a name; SAM_ETOOBIG. */
int sam_cert_names_write(uint8_t *buf, size_t max, const char *const *names, size_t name_count, bool with_own,
                         uint8_t **out, size_t *out_len);

/* sam_cert_write(der, len, key, pem, pem_max): the certificate as PEM, in the form that browsers take; signed again by ${key}, its issuer's,
 * where that makes a difference. SAM_ECORRUPT; SAM_ETOOBIG; SAM_ENOMEM; SAM_ETLS. */
#define SAM_CERT_DER_BYTES_MAX (8u * 1024u)
int sam_cert_write(const uint8_t *der, size_t len, mbedtls_pk_context *key, char *pem, size_t pem_max);

#endif
