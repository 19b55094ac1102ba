#include "client-sdk/src/link.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/host.h"
#include "proto/wire/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES (64u * 1024u)
#define CIPHER_BYTES_MAX (256u * 1024u)
#define WRITE_BYTES_MAX (16u * 1024u) /* plain bytes handed to TLS at once: one record */

struct line {
    struct samling *s;
    int fd;
    struct sam_tls_config *config;
    struct sam_tls *tls;
    struct sam_buf plain, cipher;
    uint64_t until_ms, budget;
    bool stay, ended;
    uint8_t read[READ_BYTES];
};

static int left_ms(const struct line *l)
{
    uint64_t now = sam_host_mono_ms();
    return now >= l->until_ms ? 0 : l->until_ms - now > 60000 ? 60000 : (int)(l->until_ms - now);
}

/* 0: ready, or at least tried; SAM_ETIMEOUT. */
static int wait_for(const struct line *l, short events)
{
    struct pollfd p = {.fd = l->fd, .events = events};
    for (;;) {
        int ms = left_ms(l), n = ms ? poll(&p, 1, ms) : 0;
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return SAM_EIO;
        if (left_ms(l) == 0)
            return SAM_ETIMEOUT;
    }
}

/* ---- connecting */

static int connect_one(struct line *l, const struct addrinfo *a)
{
    int one = 1, failed = 0;
    socklen_t len = sizeof failed;
    l->fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);
    if (l->fd < 0)
        return SAM_EIO;
    setsockopt(l->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int err = 0;
    if (connect(l->fd, a->ai_addr, a->ai_addrlen) && errno != EINPROGRESS)
        err = SAM_ECLOSED;
    if (!err)
        err = wait_for(l, POLLOUT);
    if (!err && (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &failed, &len) || failed))
        err = SAM_ECLOSED;
    if (err) {
        close(l->fd);
        l->fd = -1;
    }
    return err;
}

/* Also on a machine that has no addresses but its own (no AI_ADDRCONFIG) and knows no names: localhost is this machine
 * everywhere (RFC 6761, 6.3). NULL: no such host. */
static struct addrinfo *addresses(const char *host, const char *service)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *list = NULL;
    if (getaddrinfo(host, service, &hints, &list) == 0)
        return list;
    list = NULL;
    hints.ai_flags = AI_NUMERICHOST;
    if (strcmp(host, "localhost") == 0 && getaddrinfo("127.0.0.1", service, &hints, &list))
        list = NULL;
    return list;
}

static int line_connect(struct line *l, const char *host, unsigned port)
{
    char service[16];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo *list = addresses(host, service);
    if (!list)
        return SAM_ECLOSED;
    int err = SAM_ECLOSED;
    for (const struct addrinfo *a = list; a && err && err != SAM_ETIMEOUT; a = a->ai_next)
        err = connect_one(l, a);
    freeaddrinfo(list);
    return err;
}

static int line_tls(struct line *l, const char *host)
{
    uint8_t pin[SAM_CERT_PIN_BYTES];
    int err = sam_meta_secret(l->s, "pin", pin, sizeof pin);
    if (err == SAM_ENOTFOUND)
        err = SAM_ETLS; /* joined by a typed code: only a line that checks the server otherwise may be used */
    if (!err)
        err = sam_tls_config_client_new(&l->config, pin, 1, NULL, 0, SAM_TLS_ALPN_SYNC);
    /* the pin names the centre, whatever it is called in this network */
    (void)host;
    return err ? err : sam_tls_new(&l->tls, l->config, NULL);
}

/* ---- moving bytes */

/* Send what TLS has ready, as far as the socket takes it. */
static int flush(struct line *l)
{
    while (sam_buf_len(&l->cipher)) {
        struct sam_span out = sam_buf_peek(&l->cipher);
        ssize_t n = send(l->fd, out.ptr, out.len, MSG_NOSIGNAL);
        if (n > 0)
            sam_buf_consume(&l->cipher, (size_t)n);
        else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 0;
        else if (n < 0 && errno != EINTR)
            return SAM_ECLOSED;
    }
    return 0;
}

/* Encrypt what the conversation wants to send. */
static int encrypt(struct line *l)
{
    const uint8_t *p;
    size_t n;
    while ((n = samling_link_peek(l->s, &p)) > 0) {
        size_t room = sam_tls_write_room(l->tls, &l->cipher);
        if (n > room)
            n = room;
        if (n > WRITE_BYTES_MAX)
            n = WRITE_BYTES_MAX;
        if (n == 0)
            return 0;
        int err = sam_tls_write(l->tls, p, n, &l->cipher);
        if (err)
            return err == SAM_EAGAIN ? 0 : err;
        samling_link_sent(l->s, n);
    }
    return 0;
}

static int receive(struct line *l)
{
    ssize_t n = recv(l->fd, l->read, sizeof l->read, 0);
    if (n == 0)
        l->ended = true;
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : SAM_ECLOSED;
    return n ? sam_tls_feed(l->tls, l->read, (size_t)n) : 0;
}

/* Decrypt and hand on until TLS has nothing more. */
static int decrypt(struct line *l)
{
    for (;;) {
        int err = sam_tls_pump(l->tls, &l->plain, &l->cipher);
        struct sam_span in = sam_buf_peek(&l->plain);
        if (in.len == 0)
            return err;
        int fed = samling_link_feed(l->s, in.ptr, in.len);
        sam_buf_clear(&l->plain);
        if (fed || err)
            return fed ? fed : err;
    }
}

static int handshake(struct line *l)
{
    for (;;) {
        int err = sam_tls_pump(l->tls, &l->plain, &l->cipher), sent = flush(l);
        if (err || sent)
            return err ? err == SAM_ECLOSED || err == SAM_ENOMEM ? err : SAM_ETLS : sent;
        if (sam_tls_state(l->tls) == SAM_TLS_OPEN)
            return 0;
        if (l->ended)
            return SAM_ECLOSED;
        err = wait_for(l, sam_buf_len(&l->cipher) ? POLLIN | POLLOUT : POLLIN);
        if (!err)
            err = receive(l);
        if (err)
            return err;
    }
}

static bool over_budget(const struct line *l)
{
    const struct samling_report *r = &l->s->talk.report;
    return l->budget && r->bytes_up + r->bytes_down >= l->budget;
}

static int converse(struct line *l)
{
    for (;;) {
        int err = encrypt(l);
        if (!err)
            err = flush(l);
        if (err)
            return err;
        bool idle = samling_link_idle(l->s) && !sam_buf_len(&l->cipher);
        if (idle && (!l->stay || sam_meta(l->s, state) != SAMLING_ACTIVE))
            return 0;
        if (l->ended)
            return SAM_ECLOSED;
        if (over_budget(l))
            return SAM_ETIMEOUT;
        err = wait_for(l, sam_buf_len(&l->cipher) ? POLLIN | POLLOUT : POLLIN);
        if (err)
            return idle && err == SAM_ETIMEOUT ? 0 : err;
        err = receive(l);
        if (!err)
            err = decrypt(l);
        if (err) {
            if (!encrypt(l)) /* an ERROR or BYE may be there */
                flush(l);
            return err;
        }
    }
}

static void line_close(struct line *l)
{
    if (l->tls) {
        sam_tls_close(l->tls, &l->cipher);
        if (l->fd >= 0)
            flush(l);
    }
    sam_tls_free(l->tls);
    sam_tls_config_free(l->config);
    if (l->fd >= 0)
        close(l->fd);
    sam_buf_fini(&l->plain);
    sam_buf_fini(&l->cipher);
}

int sam_link_run(struct samling *s, uint64_t until_ms, uint64_t byte_budget, bool stay, char *why, unsigned why_size)
{
    char host[256];
    struct line *l = calloc(1, sizeof *l);
    why[0] = 0;
    if (!l)
        return SAM_ENOMEM;
    *l = (struct line){.s = s, .fd = -1, .until_ms = until_ms, .budget = byte_budget, .stay = stay};
    sam_buf_init(&l->plain, SAM_TLS_IN_BYTES_MAX);
    sam_buf_init(&l->cipher, CIPHER_BYTES_MAX);
    int err = sam_meta_text(s, "host", host, sizeof host);
    if (!err)
        err = line_connect(l, host, (unsigned)sam_meta(s, port));
    if (err)
        snprintf(why, why_size, "no connection to %s:%u", host, (unsigned)sam_meta(s, port));
    if (!err)
        err = line_tls(l, host);
    if (!err && (err = handshake(l)))
        snprintf(why, why_size, "no trusted connection to %s: %s", host, sam_tls_errmsg(l->tls));
    if (!err)
        err = samling_link_up(s);
    if (!err)
        err = converse(l);
    line_close(l);
    free(l);
    return err;
}
