/* One mbedTLS context per connection, between two byte queues.
 *
 *      HANDSHAKE --handshake done, peer known--> OPEN --close_notify, sam_tls_close--> CLOSED
 *          \------------------------ any error ------------------------------------------^
 *
 * Invariants:
 *   1. a client is OPEN only if the check that its config asks for has passed (sam_tls_check_peer looks again after the handshake);
 *   2. CLOSED is final, t->err holds the reason and no call reaches the library any more;
 *   3. outside the handshake a record enters the caller's buffer whole or the connection ends: the library is never
 *      asked to repeat a write, for 2.28 then sends the old record and reports the length of the new one;
 *   4. t->out is set only inside a public call. */
#include "proto/wire/tls_int.h"

#include "proto/base/err.h"
#include "proto/wire/mbed.h"

#include <mbedtls/error.h>
#include <mbedtls/ssl.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_EXTRA_BYTES 64u /* header, nonce, tag and padding of one record: at most 38 */
#define READ_BYTES 2048u       /* room for the start of a record whose length is not known yet */
#define IDLE_BYTES 4096u       /* an emptied input queue larger than this is given back */

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
        mbedtls_ssl_set_verify(&t->ssl, sam_tls_verify_cb, t);
    }
    mbedtls_ssl_set_bio(&t->ssl, t, send_cb, recv_cb, NULL);
    return 0;
}

int sam_tls_new(struct sam_tls **out, const struct sam_tls_config *config, const char *host)
{
    *out = NULL;
    if (config->is_client && config->has_ca && !host)
        return SAM_EUSAGE;
    if (host && strlen(host) > SAM_CERT_NAME_BYTES_MAX)
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
    if (sam_mbed_is_nomem(ret))
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
    if (sam_tls_check_peer(t))
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
