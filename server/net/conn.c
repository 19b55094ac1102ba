#include "server/net/conn.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/net/conn_int.h"

#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define IDLE_BUF_BYTES 2048u /* an empty buffer larger than this gives its memory back */

/* ---- sending */

size_t conn_out_waiting(const struct conn *c)
{
    return sam_buf_len(&c->plain_out) + sam_buf_len(&c->cipher_out) + sam_buf_len(&c->flight) +
           (c->socket ? sam_buf_len(&c->socket->said) : 0);
}

static void conn_write_cb(uv_write_t *write, int status)
{
    struct conn *c = write->data;
    c->writing = false;
    sam_buf_clear(&c->flight);
    if (c->closing)
        return;
    c->progress_ms = uv_now(c->l->config.loop);
    if (status)
        conn_close(c, uv_err_name(status));
    else
        conn_turn(c);
}

/* Give cipher bytes to the kernel: at once what it takes, the rest by a write that calls back. true: some went. */
static bool flush(struct conn *c)
{
    struct sam_span out = sam_buf_peek(&c->cipher_out);
    if (c->writing || out.len == 0)
        return false;
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)out.ptr, (unsigned)out.len);
    int n = uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
    if (n < 0 && n != UV_EAGAIN) {
        conn_close(c, uv_err_name(n));
        return false;
    }
    if (n > 0)
        sam_buf_consume(&c->cipher_out, (size_t)n);
    if (sam_buf_len(&c->cipher_out) == 0)
        return true;
    struct sam_buf empty = c->flight;
    c->flight = c->cipher_out;
    c->cipher_out = empty;
    out = sam_buf_peek(&c->flight);
    buf = uv_buf_init((char *)(uintptr_t)out.ptr, (unsigned)out.len);
    c->write.data = c;
    c->progress_ms = uv_now(c->l->config.loop);
    n = uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, conn_write_cb);
    if (n)
        conn_close(c, uv_err_name(n));
    else
        c->writing = true;
    return n == 0;
}

static bool encrypt(struct conn *c)
{
    struct sam_span plain = sam_buf_peek(&c->plain_out);
    size_t room = sam_tls_write_room(c->tls, &c->cipher_out);
    size_t n = plain.len < room ? plain.len : room;
    if (n == 0)
        return false;
    int err = sam_tls_write(c->tls, plain.ptr, n, &c->cipher_out);
    if (err == SAM_EAGAIN)
        return false;
    if (err) {
        conn_close(c, sam_tls_errmsg(c->tls));
        return false;
    }
    sam_buf_consume(&c->plain_out, n);
    return true;
}

/* ---- receiving */

static bool decrypt(struct conn *c)
{
    size_t before = sam_buf_len(&c->plain_in);
    int err = sam_tls_pump(c->tls, &c->plain_in, &c->cipher_out);
    if (err) {
        if (err != SAM_ECLOSED)
            sam_log(SAM_LOG_INFO, "tls_failed", "conn=%llu address=%s why=\"%s\"", (unsigned long long)c->id,
                    c->address, sam_tls_errmsg(c->tls));
        flush(c);
        conn_close(c, err == SAM_ECLOSED ? "farewell" : "tls");
        return false;
    }
    return sam_buf_len(&c->plain_in) != before;
}

static bool speaks(const struct conn *c, const char *protocol)
{
    const char *alpn = sam_tls_alpn(c->tls);
    return alpn && strcmp(alpn, protocol) == 0;
}

static bool start(struct conn *c)
{
    if (c->sync || c->web || sam_tls_state(c->tls) != SAM_TLS_OPEN || c->shut)
        return false;
    if (c->l->config.web && speaks(c, SAM_TLS_ALPN_HTTP)) {
        if (!conn_web_new(c))
            conn_shut(c); /* no room for it */
    } else if (!speaks(c, SAM_TLS_ALPN_SYNC)) {
        sam_log(SAM_LOG_INFO, "other_protocol", "conn=%llu address=%s", (unsigned long long)c->id, c->address);
        conn_shut(c);
    } else if (conn_host_new(c)) {
        conn_close(c, "no memory");
    }
    return true;
}

static void stalled_set(struct conn *c, bool stalled)
{
    if (c->stalled == stalled)
        return;
    c->stalled = stalled;
    c->l->stalled_count += stalled ? 1 : -1u;
}

/* Of a WebSocket: messages to the bytes that they carry, while the answers have room. */
static bool unwrap(struct conn *c)
{
    return c->socket && !c->shut && conn_out_waiting(c) <= CONN_OUT_HIGH_BYTES && conn_socket_read(c);
}

/* Frames to the conversation, while its answers and its jobs have room. */
static bool converse(struct conn *c)
{
    if (c->web)
        return !c->shut && conn_out_waiting(c) <= CONN_OUT_HIGH_BYTES && conn_web_feed(c);
    if (!c->sync || c->shut)
        return false;
    struct sam_buf *in = c->socket ? &c->socket->heard : &c->plain_in;
    stalled_set(c, sam_buf_len(in) && writer_full(c->l->config.writer));
    if (c->stalled || conn_out_waiting(c) > CONN_OUT_HIGH_BYTES)
        return false;
    size_t before = sam_buf_len(in);
    int err = sam_sync_feed(c->sync, in);
    if (err && !c->closing) {
        sam_log(SAM_LOG_INFO, "conversation_over", "conn=%llu address=%s device=%llu err=%s", (unsigned long long)c->id,
                c->address, (unsigned long long)c->device_no, sam_err_name(err));
        conn_shut(c);
    }
    return sam_buf_len(in) != before;
}

static bool tell(struct conn *c)
{
    if ((!c->feed && !c->web) || c->shut || conn_out_waiting(c) > CONN_OUT_HIGH_BYTES)
        return false;
    if (c->web)
        return conn_web_out(c);
    int made = conn_host_feed(c);
    if (made < 0)
        conn_shut(c);
    return made != 0;
}

/* Of a WebSocket: what is to be said, as messages. */
static bool wrap(struct conn *c)
{
    return c->socket && conn_socket_write(c);
}

/* ---- the turn: every stage once, again while anything moves */

static bool turn_once(struct conn *c)
{
    static bool (*const stage[])(struct conn *) = {decrypt, start, unwrap, converse, tell, wrap, encrypt, flush};
    bool moved = false;
    for (unsigned i = 0; i < sizeof stage / sizeof *stage && !c->closing; i++)
        moved |= stage[i](c);
    return moved;
}

static void buf_rest(struct sam_buf *b)
{
    if (sam_buf_len(b) == 0 && b->cap > IDLE_BUF_BYTES)
        sam_buf_fini(b);
}

static void conn_alloc_cb(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *c = handle->data;
    (void)suggested;
    *buf = uv_buf_init((char *)c->l->read_mem, sizeof c->l->read_mem);
}

static void conn_read_cb(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct conn *c = stream->data;
    if (n == 0 || c->closing)
        return;
    if (n < 0) {
        conn_close(c, uv_err_name((int)n));
        return;
    }
    c->read_ms = uv_now(c->l->config.loop);
    if (c->lingers)
        return;
    int err = c->tls ? 0 : sam_tls_new(&c->tls, c->l->config.tls, NULL);
    if (!err)
        err = sam_tls_feed(c->tls, (const uint8_t *)buf->base, (size_t)n);
    if (err)
        conn_close(c, sam_err_name(err));
    else
        conn_turn(c);
}

static void reading_set(struct conn *c)
{
    bool want = c->lingers || (!c->shut && sam_buf_room(&c->plain_in) >= CONN_RECORD_BYTES);
    if (want == c->reading)
        return;
    c->reading = want;
    if (!want)
        uv_read_stop((uv_stream_t *)&c->tcp);
    else if (uv_read_start((uv_stream_t *)&c->tcp, conn_alloc_cb, conn_read_cb))
        conn_close(c, "read_start");
}

static void turn_end(struct conn *c)
{
    if (c->closing)
        return;
    if (c->shut && sam_buf_len(&c->plain_out) == 0) {
        sam_tls_close(c->tls, &c->cipher_out);
        flush(c);
        if (!c->closing && conn_out_waiting(c) == 0 && (c->web || c->socket))
            conn_web_linger(c);
        else if (!c->closing && conn_out_waiting(c) == 0)
            conn_close(c, "said");
        if (!c->closing && c->lingers)
            reading_set(c);
        return;
    }
    if (c->socket) {
        buf_rest(&c->socket->heard);
        buf_rest(&c->socket->said);
    }
    buf_rest(&c->plain_in);
    buf_rest(&c->plain_out);
    buf_rest(&c->cipher_out);
    buf_rest(&c->flight);
    reading_set(c);
}

void conn_turn(struct conn *c)
{
    if (c->turning || c->closing || !c->tls) {
        c->again = true;
        return;
    }
    c->turning = true;
    do {
        c->again = false;
        c->again |= turn_once(c);
    } while (c->again && !c->closing);
    c->turning = false;
    turn_end(c);
}

/* ---- beginning and end */

static void address_read(struct conn *c)
{
    struct sockaddr_storage addr;
    int len = sizeof addr;
    memset(&addr, 0, sizeof addr);
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&addr, &len))
        return;
    if (addr.ss_family == AF_INET6)
        uv_ip6_name((struct sockaddr_in6 *)&addr, c->address, sizeof c->address);
    else
        uv_ip4_name((struct sockaddr_in *)&addr, c->address, sizeof c->address);
    limit_address(&c->from, &addr);
}

/* Those who come from where somebody has proved who he is go before all others. */
static void hold(struct conn *c)
{
    struct listener *l = c->l;
    struct conn *other = TAILQ_FIRST(&l->held);
    c->held = true;
    c->good = limit_good(l->limit, &c->from);
    while (other && (!c->good || other->good))
        other = TAILQ_NEXT(other, early);
    if (other)
        TAILQ_INSERT_BEFORE(other, c, early);
    else
        TAILQ_INSERT_TAIL(&l->held, c, early);
    l->held_count++;
}

struct conn *conn_accept(struct listener *l)
{
    int kernel_bytes = CONN_KERNEL_OUT_BYTES;
    struct conn *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->l = l;
    c->id = ++l->conn_id;
    c->born_ms = c->read_ms = uv_now(l->config.loop);
    sam_buf_init(&c->plain_in, CONN_PLAIN_IN_BYTES);
    sam_buf_init(&c->plain_out, CONN_PLAIN_OUT_BYTES);
    sam_buf_init(&c->cipher_out, CONN_CIPHER_OUT_BYTES);
    sam_buf_init(&c->flight, CONN_CIPHER_OUT_BYTES);
    uv_tcp_init(l->config.loop, &c->tcp);
    c->tcp.data = c;
    TAILQ_INSERT_TAIL(&l->conns, c, all);
    l->conn_count++;
    if (uv_accept((uv_stream_t *)&l->tcp, (uv_stream_t *)&c->tcp)) {
        conn_close(c, "accept");
        return NULL;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_send_buffer_size((uv_handle_t *)&c->tcp, &kernel_bytes);
    address_read(c);
    hold(c);
    return c;
}

void conn_begin(struct conn *c)
{
    struct listener *l = c->l;
    SAM_ASSERT(c->held);
    conn_early_leave(c);
    c->unproven = true;
    TAILQ_INSERT_TAIL(&l->unproven, c, early);
    l->unproven_count++;
    c->born_ms = c->read_ms = uv_now(l->config.loop);
    reading_set(c);
}

void conn_early_leave(struct conn *c)
{
    struct listener *l = c->l;
    if (c->held) {
        TAILQ_REMOVE(&l->held, c, early);
        l->held_count--;
    } else if (c->unproven) {
        TAILQ_REMOVE(&l->unproven, c, early);
        l->unproven_count--;
        l->left = true;
    }
    c->held = c->unproven = false;
}

void conn_shut(struct conn *c)
{
    if (c->shut)
        return;
    c->shut = true;
    c->shut_ms = uv_now(c->l->config.loop);
}

void conn_release(struct conn *c)
{
    if (!c->closed || c->jobs)
        return;
    struct listener *l = c->l;
    sam_tls_free(c->tls);
    sam_buf_fini(&c->plain_in);
    sam_buf_fini(&c->plain_out);
    sam_buf_fini(&c->cipher_out);
    sam_buf_fini(&c->flight);
    TAILQ_REMOVE(&l->conns, c, all);
    l->conn_count--;
    free(c);
    listener_conn_gone(l);
}

static void conn_close_cb(uv_handle_t *handle)
{
    struct conn *c = handle->data;
    c->closed = true;
    conn_host_free(c);
    conn_web_free(c);
    conn_socket_free(c);
    conn_release(c);
}

void conn_close(struct conn *c, const char *why)
{
    if (c->closing)
        return;
    c->closing = true;
    stalled_set(c, false);
    conn_early_leave(c);
    sam_log(SAM_LOG_DEBUG, "closed", "conn=%llu address=%s device=%llu why=\"%s\"", (unsigned long long)c->id,
            c->address, (unsigned long long)c->device_no, why);
    uv_close((uv_handle_t *)&c->tcp, conn_close_cb);
}

void conn_bye(struct conn *c, uint32_t retry_after_s, const char *why)
{
    if (c->closing || c->shut)
        return;
    if (!c->sync) {
        conn_close(c, why);
        return;
    }
    sam_sync_send_bye(c->sync, retry_after_s, why);
    conn_shut(c);
    conn_turn(c);
}

/* ---- time */

static void ping(struct conn *c, uint64_t now_ms)
{
    uint8_t mem[16];
    struct sam_buf body = {.mem = mem, .cap = sizeof mem, .max = sizeof mem};
    struct sam_ping p = {.number = ++c->pings};
    c->ping_ms = now_ms;
    if (sam_ping_encode(&body, &p) == 0 && sam_sync_send(c->sync, SAM_FRAME_PING, sam_buf_peek(&body)) == 0)
        conn_turn(c);
}

/* What the peer's system has not acknowledged: in our queue, and in the kernel, which asks for more only when a third of its
 * 256 KiB is free. On a line of 20 kbit/s that takes a minute, in which the peer takes bytes all the time. */
static size_t unacknowledged(struct conn *c)
{
    uv_os_fd_t fd;
    int kernel = 0;
    if (uv_fileno((uv_handle_t *)&c->tcp, &fd) || ioctl(fd, SIOCOUTQ, &kernel) || kernel < 0)
        kernel = 0;
    return uv_stream_get_write_queue_size((uv_stream_t *)&c->tcp) + (size_t)kernel;
}

static void stall_watch(struct conn *c, uint64_t now_ms)
{
    size_t queue = unacknowledged(c);
    if (queue != c->queue_seen)
        c->progress_ms = now_ms;
    c->queue_seen = queue;
    bool waits = c->writing || (c->web && queue); /* a tablet is asked whether it is still there */
    if (waits && now_ms - c->progress_ms > c->l->config.stall_ms)
        conn_close(c, "does not read");
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* A conversation, or what has not become one. */
static void sync_tick(struct conn *c, uint64_t now_ms)
{
    const struct listener_config *limit = &c->l->config;
    uint64_t quiet_ms = now_ms - later(c->read_ms, c->progress_ms);
    bool proved = c->device_no != 0;
    if (c->shut && now_ms - c->shut_ms > (c->lingers ? CONN_LINGER_MS : CONN_SHUT_MS))
        conn_close(c, "last words took too long");
    else if (!proved && c->jobs == 0 && now_ms - c->born_ms > limit->handshake_ms)
        conn_close(c, "handshake took too long");
    else if (proved && quiet_ms > limit->idle_ms)
        conn_bye(c, 0, "nothing was heard");
    else if (proved && !c->shut && quiet_ms > limit->ping_ms && now_ms - c->ping_ms > limit->ping_ms)
        ping(c, now_ms);
}

void conn_tick(struct conn *c, uint64_t now_ms)
{
    if (c->closing)
        return;
    if (c->held) {
        if (now_ms - c->born_ms > CONN_HELD_MS)
            conn_close(c, "waited too long to begin");
        return;
    }
    stall_watch(c, now_ms);
    if (c->closing)
        return;
    if (c->web)
        conn_web_tick(c, now_ms);
    else
        sync_tick(c, now_ms);
}

/* ---- small answers */

bool conn_alive(const struct conn *c)
{
    return !c->closing;
}

bool conn_gives_way(const struct conn *c, uint64_t now_ms)
{
    return c->unproven && c->jobs == 0 && now_ms - c->born_ms > LISTENER_GIVE_WAY_MS;
}

bool conn_good(const struct conn *c)
{
    return c->good;
}

bool conn_stalled(const struct conn *c)
{
    return c->stalled && !c->closing;
}
uint64_t conn_device_no(const struct conn *c)
{
    return c->closing || c->shut ? 0 : c->device_no;
}
struct conn *conn_next(struct conn *c)
{
    return TAILQ_NEXT(c, all);
}
struct conn *conn_next_early(struct conn *c)
{
    return TAILQ_NEXT(c, early);
}
const struct limit_address *conn_from(const struct conn *c)
{
    return &c->from;
}
