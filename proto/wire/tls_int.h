/* The inside of TLS, for proto/wire/tls.c (the pump) and tls_config.c (configuration and the check of the peer) alone. */
#ifndef SAM_WIRE_TLS_INT_H
#define SAM_WIRE_TLS_INT_H

#include "proto/base/buf.h"
#include "proto/wire/tls.h"

#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#define SAM_TLS_ALPN_BYTES_MAX 32u /* a protocol's name with its NUL */

struct sam_tls_config {
    int is_client, has_ca;
    mbedtls_ssl_config ssl;
    mbedtls_x509_crt chain; /* server: its own; client: the CAs it trusts */
    mbedtls_pk_context key;
    uint8_t pins[SAM_TLS_PINS_MAX][SAM_CERT_PIN_BYTES];
    size_t pin_count;
    char alpn_name[SAM_TLS_ALPN_BYTES_MAX];
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
    char host[SAM_CERT_NAME_BYTES_MAX + 1]; /* "" when there is none */
    char errmsg[160];
};

/* For mbedtls_ssl_set_verify, with the struct sam_tls as argument. Called for each certificate of the chain, the server's own
 * (depth 0) last; another result than 0 ends the handshake. */
int sam_tls_verify_cb(void *arg, mbedtls_x509_crt *crt, int depth, uint32_t *flags);
/* sam_tls_check_peer(t): after the handshake, once more: 0, or SAM_EAUTH when what the config asks for was not shown. */
int sam_tls_check_peer(const struct sam_tls *t);

#endif
