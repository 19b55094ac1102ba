/* TLS as a pump: cipher bytes in, plain bytes out, and the other way; no sockets, no waiting, no clock of its own.
 *
 *      network --feed--> [ struct sam_tls ] --pump--> plain_in
 *      network <-------- cipher_out <------ --write-- plain bytes
 *
 * Whoever owns the socket moves the bytes: after every feed comes a pump, and after every call whatever stands in
 * cipher_out is sent, also when the call failed (it may hold an alert). The end of the network without the peer's
 * farewell is normal for browsers; it is the frames above that must be whole.
 *
 * TLS 1.2 at least, 1.3 where the library has it; no resumption, no tickets, no renegotiation, no client certificates. */
#ifndef SAM_WIRE_TLS_H
#define SAM_WIRE_TLS_H

#include "proto/base/buf.h"
#include "proto/wire/cert.h"

#include <stddef.h>
#include <stdint.h>

#define SAM_TLS_ALPN_SYNC "samling/1"
#define SAM_TLS_ALPN_HTTP "http/1.1"

#define SAM_TLS_IN_BYTES_MAX (128u * 1024u) /* cipher bytes fed and not pumped yet: two reads of 64 KiB */
#define SAM_TLS_PINS_MAX 4u                 /* the present one, the next one, and as many again for a second centre */

struct sam_tls_config; /* shared by many connections */
struct sam_tls;        /* one connection */

enum sam_tls_state { SAM_TLS_HANDSHAKE, SAM_TLS_OPEN, SAM_TLS_CLOSED };

/**
 * sam_tls_config_server_new(out, cert, cert_len, key, key_len):
 * A server's certificate chain (its own certificate first) and private key, each PEM or DER.
 *   speaks  ALPN SAM_TLS_ALPN_SYNC and SAM_TLS_ALPN_HTTP; a client that offers none of them but others is refused by TLS,
 *           a client that offers no ALPN at all gets through: look at sam_tls_alpn()
 *   owns    copies what it needs; ${out} lives until sam_tls_config_free, longer than every connection made from it
 *   errors  SAM_ETOOBIG; SAM_ECORRUPT one of them does not parse; SAM_EDENIED a key other than P-256 or RSA of at least
 *           2048 bits; SAM_EAUTH the key is not the certificate's; SAM_ENOMEM; SAM_ETLS; *${out} is then NULL
 *   thread  afterwards read-only: connections on several threads may share it
 */
int sam_tls_config_server_new(struct sam_tls_config **out, const void *cert, size_t cert_len, const void *key,
                              size_t key_len);

/**
 * sam_tls_config_client_new(out, pins, pin_count, ca, ca_len, alpn):
 * How a client knows its server; at least one of the two, and with both, both must hold.
 *   pins    ${pin_count} times SAM_CERT_PIN_BYTES, one behind the other. One of them is the server certificate's: accepted,
 *           whatever its names and dates say, for a tablet's clock may be wrong. Or it is that of a CA certificate which the
 *           server sends along: then the signatures from it down to the server's certificate are checked too, and so is the
 *           host name, if sam_tls_new is given one; the dates are not
 *   ca      PEM or DER certificates: the usual check with signatures, dates and host name (an address counts as one)
 *   alpn    the one protocol to offer, or NULL
 *   errors  as above; SAM_EUSAGE neither pins nor ca
 */
int sam_tls_config_client_new(struct sam_tls_config **out, const uint8_t *pins, size_t pin_count, const void *ca,
                              size_t ca_len, const char *alpn);
void sam_tls_config_free(struct sam_tls_config *c);

/**
 * sam_tls_new(out, config, host):
 * One connection; about 36 KB. ${host} is what a client wants to reach (name or address), NULL on a server.
 *   order   a client is pumped once before the first feed, which gives its first bytes to send
 *   errors  SAM_EUSAGE a client that checks a CA and has no ${host}; SAM_ETOOBIG; SAM_ENOMEM; *${out} is then NULL
 *   thread  one at a time per connection
 */
int sam_tls_new(struct sam_tls **out, const struct sam_tls_config *config, const char *host);
void sam_tls_free(struct sam_tls *t);

/**
 * sam_tls_feed(t, p, n):
 * Take in cipher bytes from the network. They are copied; nothing is done with them before sam_tls_pump.
 *   errors  SAM_ETOOBIG more than SAM_TLS_IN_BYTES_MAX would wait: pump first, nothing was taken; SAM_ENOMEM;
 *           once CLOSED the reason for that
 */
int sam_tls_feed(struct sam_tls *t, const uint8_t *p, size_t n);

/**
 * sam_tls_pump(t, plain_in, cipher_out):
 * Go on with the handshake and decrypt, until no whole record is left or one of the buffers is full.
 *   returns 0 also when there was nothing to do. A full ${plain_in} or, in the handshake, a full ${cipher_out} is not an
 *           error: make room and pump again
 *   errors  SAM_ECLOSED the peer said farewell; SAM_EAUTH it is not who it should be; SAM_ETLS; SAM_ENOMEM. The state is
 *           CLOSED then, sam_tls_errmsg() tells why, and ${plain_in} may hold bytes that came before
 */
int sam_tls_pump(struct sam_tls *t, struct sam_buf *plain_in, struct sam_buf *cipher_out);

/**
 * sam_tls_write(t, p, n, cipher_out):
 * Encrypt all ${n} bytes into ${cipher_out}, or nothing.
 *   errors  SAM_EAGAIN no room now: send what is there first; SAM_ETOOBIG no room even in an empty ${cipher_out};
 *           SAM_ESTATE still in the handshake; once CLOSED the reason for that; SAM_ETLS and SAM_ENOMEM close
 */
int sam_tls_write(struct sam_tls *t, const uint8_t *p, size_t n, struct sam_buf *cipher_out);
/* sam_tls_write_room(t, cipher_out): how many bytes sam_tls_write would take now; 0 unless OPEN. */
size_t sam_tls_write_room(const struct sam_tls *t, const struct sam_buf *cipher_out);

/* sam_tls_close(t, cipher_out): say farewell if OPEN and there is room for it; CLOSED from here on. */
void sam_tls_close(struct sam_tls *t, struct sam_buf *cipher_out);

enum sam_tls_state sam_tls_state(const struct sam_tls *t);
/* sam_tls_alpn(t): the protocol agreed on, NULL if none or not OPEN yet. Static memory of the config. */
const char *sam_tls_alpn(const struct sam_tls *t);
/* sam_tls_version(t): "TLSv1.2", or "" before OPEN. Static memory. */
const char *sam_tls_version(const struct sam_tls *t);
/* sam_tls_errmsg(t): why it is CLOSED, one line without quotes for the log; "" otherwise. Valid until sam_tls_free. */
const char *sam_tls_errmsg(const struct sam_tls *t);

#endif
