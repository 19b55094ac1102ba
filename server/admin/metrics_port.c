#include "server/admin/metrics_port.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BACKLOG 64
#define FIGURES_MAX 32u /* of the serving process */

struct client {
    struct metrics_port *port;
    uv_tcp_t tcp;
    uv_timer_t patience;
    uv_write_t write;
    uv_shutdown_t shut;
    char head[METRICS_HEAD_BYTES_MAX];
    size_t head_len;
    struct sam_buf answer;
    bool asks; /* waits for the figures */
    bool closing;
    unsigned handles;
};

struct metrics_port {
    struct metrics_port_config config;
    uv_tcp_t tcp;
    uint16_t number;
    struct client *client[METRICS_CONNECTIONS_MAX]; /* in the order in which they came */
    unsigned count;
    bool waits; /* a connection is in the kernel's queue */
    bool closing, closed;
    /* one gathering at a time */
    uv_work_t work;
    bool gathering;
    struct verb_live figure[FIGURES_MAX];
    struct verb_histogram commits;
    struct metrics_live live;
    struct sam_buf text;
    int err;
};

static void accept_waiting(struct metrics_port *p);

/* ---- what is asked. This is no parser of HTTP: the console has one. A monitoring system asks with one fixed line, and what
 * follows it means nothing here; whatever is not that line is refused. */

enum ask { ASK_MORE = 0, ASK_METRICS = 200, ASK_BAD = 400, ASK_OTHER = 404, ASK_METHOD = 405, ASK_LONG = 431 };

static bool is_word(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] >= 0x7f)
            return false;
    return len > 0;
}

/* "METHOD PATH HTTP/1.x" */
static enum ask line_read(const char *line, size_t len)
{
    const char *path = memchr(line, ' ', len), *end = line + len;
    const char *version = path ? memchr(path + 1, ' ', (size_t)(end - path - 1)) : NULL;
    if (!version || end - version != 9 || memcmp(version, " HTTP/1.", 8) != 0 || (end[-1] != '0' && end[-1] != '1'))
        return ASK_BAD;
    if (!is_word(line, (size_t)(path - line)) || !is_word(path + 1, (size_t)(version - path - 1)))
        return ASK_BAD;
    if (path - line != 3 || memcmp(line, "GET", 3) != 0)
        return ASK_METHOD;
    return version - path == 9 && memcmp(path, " /metrics", 9) == 0 ? ASK_METRICS : ASK_OTHER;
}

/* A head ends with an empty line; a byte 0 in it is no text. */
static enum ask head_read(const char *head, size_t len)
{
    const char *end = memmem(head, len, "\r\n", 2);
    if (memchr(head, 0, len))
        return ASK_BAD;
    if (!memmem(head, len, "\r\n\r\n", 4))
        return len == METRICS_HEAD_BYTES_MAX ? ASK_LONG : ASK_MORE;
    return line_read(head, (size_t)(end - head));
}

/* ---- one connection */

static void port_free(struct metrics_port *p)
{
    if (!p->closed || p->count || p->gathering)
        return;
    sam_buf_fini(&p->text);
    free(p);
}

static void client_closed_cb(uv_handle_t *handle)
{
    struct client *c = handle->data;
    struct metrics_port *p = c->port;
    if (--c->handles)
        return;
    unsigned at = 0;
    while (p->client[at] != c)
        at++;
    for (p->count--; at < p->count; at++)
        p->client[at] = p->client[at + 1];
    sam_buf_fini(&c->answer);
    free(c);
    accept_waiting(p);
    port_free(p);
}

static void client_close(struct client *c)
{
    if (c->closing)
        return;
    c->closing = true;
    c->asks = false;
    uv_close((uv_handle_t *)&c->tcp, client_closed_cb);
    uv_close((uv_handle_t *)&c->patience, client_closed_cb);
}

static void client_shut_cb(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    (void)buf;
    if (n < 0)
        client_close(stream->data);
}

/* The answer is out. What the peer still sends is read away until it closes, or the system would take the answer back. */
static void client_write_cb(uv_write_t *write, int status)
{
    struct client *c = write->data;
    if (status || c->closing || uv_shutdown(&c->shut, (uv_stream_t *)&c->tcp, NULL))
        client_close(c);
}

static void client_alloc_cb(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct client *c = handle->data;
    (void)suggested;
    bool over = c->answer.max > 0;
    *buf = over ? uv_buf_init(c->head, sizeof c->head)
                : uv_buf_init(c->head + c->head_len, (unsigned)(sizeof c->head - c->head_len));
}

static const char *reason(int code)
{
    switch (code) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Bad Request";
    }
}

static void client_answer(struct client *c, int code, struct sam_span body)
{
    char head[256];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n%s"
                     "Content-Length: %zu\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
                     code, reason(code), code == ASK_METHOD ? "Allow: GET\r\n" : "", body.len);
    c->asks = false;
    sam_buf_init(&c->answer, sizeof head + METRICS_BYTES_MAX);
    int err = sam_buf_add(&c->answer, head, (size_t)n);
    err = err ? err : sam_buf_add(&c->answer, body.ptr, body.len);
    struct sam_span all = sam_buf_peek(&c->answer);
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)all.ptr, (unsigned)all.len);
    c->write.data = c;
    uv_read_stop((uv_stream_t *)&c->tcp);
    if (err || uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, client_write_cb) ||
        uv_read_start((uv_stream_t *)&c->tcp, client_alloc_cb, client_shut_cb))
        client_close(c);
}

static void client_refuse(struct client *c, int code)
{
    const char *text = reason(code);
    client_answer(c, code, (struct sam_span){(const uint8_t *)text, strlen(text)});
}

/* ---- gathering */

static void gather_cb(uv_work_t *work)
{
    struct metrics_port *p = work->data;
    p->err = metrics_write(p->config.reader, p->config.home, (int64_t)time(NULL), &p->live, &p->text);
}

static void gathered_cb(uv_work_t *work, int status)
{
    struct metrics_port *p = work->data;
    int err = status ? SAM_ECLOSED : p->err;
    p->gathering = false;
    if (err)
        sam_log(SAM_LOG_WARN, "metrics_failed", "err=%s", sam_err_name(err));
    for (unsigned i = 0; i < p->count; i++)
        if (p->client[i]->asks && err)
            client_refuse(p->client[i], 503);
        else if (p->client[i]->asks)
            client_answer(p->client[i], ASK_METRICS, sam_buf_peek(&p->text));
    port_free(p);
}

/* The figures of the process are copied here, on the loop's thread: they change meanwhile. */
static int gather(struct metrics_port *p)
{
    if (p->gathering)
        return 0;
    p->config.live(p->config.ctx, &p->live);
    p->live.count = p->live.count < FIGURES_MAX ? p->live.count : FIGURES_MAX;
    memcpy(p->figure, p->live.figure, p->live.count * sizeof *p->figure);
    p->live.figure = p->figure;
    if (p->live.commits)
        p->commits = *p->live.commits;
    p->live.commits = p->live.commits ? &p->commits : NULL;
    sam_buf_clear(&p->text);
    p->work.data = p;
    p->gathering = uv_queue_work(p->config.loop, &p->work, gather_cb, gathered_cb) == 0;
    return p->gathering ? 0 : SAM_ENOMEM;
}

static void client_read_cb(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct client *c = stream->data;
    (void)buf;
    if (n < 0) {
        client_close(c);
        return;
    }
    c->head_len += (size_t)n;
    enum ask ask = head_read(c->head, c->head_len);
    if (ask == ASK_MORE)
        return;
    c->asks = ask == ASK_METRICS;
    uv_read_stop(stream);
    if (!c->asks)
        client_refuse(c, (int)ask);
    else if (gather(c->port))
        client_refuse(c, 503);
}

static void client_patience_cb(uv_timer_t *timer)
{
    struct client *c = timer->data;
    if (c->answer.max || c->asks) /* it does not take what it asked for */
        client_close(c);
    else
        client_refuse(c, 408);
}

/* ---- listening */

static void accept_one(struct metrics_port *p)
{
    struct client *c = calloc(1, sizeof *c);
    p->waits = !c;
    if (!c)
        return;
    c->port = p;
    uv_tcp_init(p->config.loop, &c->tcp);
    uv_timer_init(p->config.loop, &c->patience);
    c->tcp.data = c->patience.data = c;
    c->handles = 2;
    p->client[p->count++] = c;
    if (uv_accept((uv_stream_t *)&p->tcp, (uv_stream_t *)&c->tcp) ||
        uv_timer_start(&c->patience, client_patience_cb, METRICS_PATIENCE_MS, METRICS_PATIENCE_MS) ||
        uv_read_start((uv_stream_t *)&c->tcp, client_alloc_cb, client_read_cb))
        client_close(c);
}

/* Of those who have asked nothing yet, or have their answer, the one that came first. */
static void oldest_close(struct metrics_port *p)
{
    for (unsigned i = 0; i < p->count; i++)
        if (p->client[i]->closing)
            return; /* one is on its way out */
    for (unsigned i = 0; i < p->count; i++)
        if (!p->client[i]->asks) {
            client_close(p->client[i]);
            return;
        }
}

static void accept_waiting(struct metrics_port *p)
{
    if (!p->waits || p->closing)
        return;
    if (p->count < METRICS_CONNECTIONS_MAX)
        accept_one(p);
    else
        oldest_close(p);
}

static void port_connection_cb(uv_stream_t *server, int status)
{
    struct metrics_port *p = server->data;
    if (status || p->closing)
        return;
    p->waits = true;
    accept_waiting(p);
}

static void port_closed_cb(uv_handle_t *handle)
{
    struct metrics_port *p = handle->data;
    p->closed = true;
    port_free(p);
}

/* ${addr} from ${host}; only what nobody else reaches. */
static int address_read(const char *host, uint16_t port, struct sockaddr_storage *addr)
{
    struct sockaddr_in *four = (struct sockaddr_in *)addr;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)addr;
    memset(addr, 0, sizeof *addr);
    if (uv_ip4_addr(host, port, four) == 0)
        return ntohl(four->sin_addr.s_addr) >> 24 == 127 ? 0 : SAM_EDENIED;
    if (uv_ip6_addr(host, port, six) == 0)
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ? 0 : SAM_EDENIED;
    return SAM_EUSAGE;
}

static int listen_at(struct metrics_port *p, struct sockaddr_storage *addr)
{
    int len = sizeof *addr, uv = uv_tcp_bind(&p->tcp, (struct sockaddr *)addr, 0);
    if (!uv)
        uv = uv_listen((uv_stream_t *)&p->tcp, BACKLOG, port_connection_cb);
    if (!uv)
        uv = uv_tcp_getsockname(&p->tcp, (struct sockaddr *)addr, &len);
    if (uv) {
        sam_log(SAM_LOG_ERROR, "listen_failed", "for=metrics host=%s port=%u why=%s", p->config.host, p->config.port,
                uv_err_name(uv));
        return uv == UV_EADDRINUSE ? SAM_EBUSY : SAM_EIO;
    }
    p->number = ntohs(addr->ss_family == AF_INET6 ? ((struct sockaddr_in6 *)addr)->sin6_port
                                                  : ((struct sockaddr_in *)addr)->sin_port);
    sam_log(SAM_LOG_INFO, "metrics", "host=%s port=%u", p->config.host, p->number);
    return 0;
}

int metrics_port_open(struct metrics_port **out, const struct metrics_port_config *config)
{
    struct sockaddr_storage addr;
    *out = NULL;
    int err = address_read(config->host, config->port, &addr);
    if (err) {
        sam_log(SAM_LOG_ERROR, "metrics_address", "host=%s err=%s", config->host, sam_err_name(err));
        return err;
    }
    struct metrics_port *p = calloc(1, sizeof *p);
    if (!p)
        return SAM_ENOMEM;
    p->config = *config;
    sam_buf_init(&p->text, METRICS_BYTES_MAX);
    uv_tcp_init(config->loop, &p->tcp);
    p->tcp.data = p;
    err = listen_at(p, &addr);
    if (err)
        metrics_port_close(p);
    else
        *out = p;
    return err;
}

uint16_t metrics_port_number(const struct metrics_port *p)
{
    return p->number;
}

void metrics_port_close(struct metrics_port *p)
{
    if (!p || p->closing)
        return;
    p->closing = true;
    for (unsigned i = 0; i < p->count; i++)
        client_close(p->client[i]);
    uv_close((uv_handle_t *)&p->tcp, port_closed_cb);
}
