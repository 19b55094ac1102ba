/* Requests at the port of the figures: server/admin/metrics_port.c with connections that are made of memory, and a reader of its own of what may
 * be asked there.
 *
 *      input   cut u8 | the bytes of one connection
 *
 * Holds: how the bytes are cut makes no difference; one connection gets one answer at most, then nothing more of it is read; the figures are
 * gathered for "GET /metrics HTTP/1.0" or 1.1 and for nothing else; a head is never longer than its bound, and ends where it is whole. */
#include <uv.h>

static int line_read_start(uv_stream_t *s, uv_alloc_cb alloc, uv_read_cb read);
static int line_read_stop(uv_stream_t *s);
static void line_close(uv_handle_t *h, uv_close_cb cb);
static int line_write(uv_write_t *w, uv_stream_t *s, const uv_buf_t *bufs, unsigned n, uv_write_cb cb);
static int line_shutdown(uv_shutdown_t *s, uv_stream_t *stream, uv_shutdown_cb cb);
static int line_work(uv_loop_t *loop, uv_work_t *w, uv_work_cb work, uv_after_work_cb after);
static int line_accept(uv_stream_t *server, uv_stream_t *client);
static int line_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t again);
#define uv_read_start line_read_start
#define uv_read_stop line_read_stop
#define uv_close line_close
#define uv_write line_write
#define uv_shutdown line_shutdown
#define uv_queue_work line_work
#define uv_accept line_accept
#define uv_timer_start line_timer_start
#include "server/admin/metrics_port.c"

#include "tests/fuzz/fuzz.h"

enum { ANSWER_MAX = 512, CLOSING_MAX = 2 };

struct said {
    unsigned answered, worked, closed, code;
    size_t read; /* bytes of the head when it ended */
    char answer[ANSWER_MAX];
};
static struct said whole, cut, *now;
static uv_loop_t loop;
static struct metrics_port port;
static struct {
    uv_alloc_cb alloc;
    uv_read_cb read;
} reading; /* NULL: nobody reads */
static struct {
    uv_handle_t *handle[CLOSING_MAX];
    uv_close_cb close_cb[CLOSING_MAX];
    unsigned count;
    uv_write_t *write;
    uv_write_cb write_cb;
    uv_work_t *work;
    uv_after_work_cb work_cb;
} put_off; /* as the loop does it: not before whoever asked has returned */

/* ---- the line */

static int line_read_start(uv_stream_t *s, uv_alloc_cb alloc, uv_read_cb read)
{
    (void)s;
    reading.alloc = alloc;
    reading.read = read;
    return 0;
}
static int line_read_stop(uv_stream_t *s)
{
    (void)s;
    reading.read = NULL;
    return 0;
}
static void line_close(uv_handle_t *h, uv_close_cb cb)
{
    HOLDS(put_off.count < CLOSING_MAX);
    put_off.handle[put_off.count] = h;
    put_off.close_cb[put_off.count++] = cb;
    reading.read = NULL;
    now->closed++;
}
static int line_write(uv_write_t *w, uv_stream_t *s, const uv_buf_t *bufs, unsigned n, uv_write_cb cb)
{
    (void)s;
    HOLDS(n == 1 && bufs->len > 12 && bufs->len < ANSWER_MAX);
    memcpy(now->answer, bufs->base, bufs->len);
    now->answer[bufs->len] = 0;
    now->code = (unsigned)atoi(now->answer + 9);
    now->answered++;
    put_off.write = w;
    put_off.write_cb = cb;
    return 0;
}
static int line_shutdown(uv_shutdown_t *s, uv_stream_t *stream, uv_shutdown_cb cb)
{
    (void)s, (void)stream, (void)cb;
    return 0;
}
static int line_work(uv_loop_t *on, uv_work_t *w, uv_work_cb work, uv_after_work_cb after)
{
    (void)on, (void)work;
    now->worked++;
    HOLDS(sam_buf_add(&port.text, "figures 1\n", 10) == 0);
    put_off.work = w;
    put_off.work_cb = after;
    return 0;
}
static int line_accept(uv_stream_t *server, uv_stream_t *client)
{
    (void)server, (void)client;
    return 0;
}
static int line_timer_start(uv_timer_t *t, uv_timer_cb cb, uint64_t ms, uint64_t again)
{
    (void)t, (void)cb, (void)ms, (void)again;
    return 0;
}

static void live(void *ctx, struct metrics_live *out)
{
    static const struct verb_live figure[1];
    (void)ctx;
    *out = (struct metrics_live){.figure = figure, .count = COUNT(figure)};
}

static void loop_turns(void)
{
    uv_work_t *work = put_off.work;
    put_off.work = NULL;
    if (work)
        put_off.work_cb(work, 0);
    uv_write_t *w = put_off.write;
    put_off.write = NULL;
    if (w)
        put_off.write_cb(w, 0);
    for (unsigned i = 0, n = put_off.count; i < n; i++)
        put_off.close_cb[i](put_off.handle[i]);
    put_off.count = 0;
}

/* ---- a connection */

static void bytes_take(struct client *c, struct sam_span piece)
{
    uv_buf_t room;
    while (piece.len && reading.read) {
        bool over = now->answered;
        reading.alloc((uv_handle_t *)&c->tcp, 65536, &room);
        HOLDS(room.base >= c->head && room.len && room.base + room.len <= c->head + sizeof c->head);
        size_t n = piece.len < room.len ? piece.len : room.len;
        memcpy(room.base, piece.ptr, n);
        piece = (struct sam_span){piece.ptr + n, piece.len - n};
        reading.read((uv_stream_t *)&c->tcp, (ssize_t)n, &room);
        now->read = over ? now->read : c->head_len;
        loop_turns();
    }
}

static void connection(struct sam_span in, uint32_t how, struct said *s)
{
    memset(s, 0, sizeof *s);
    now = s;
    port_connection_cb((uv_stream_t *)&port.tcp, 0);
    HOLDS(port.count == 1);
    struct client *c = port.client[0];
    while (in.len && reading.read)
        bytes_take(c, fuzz_piece(&in, &how));
    if (!s->answered)
        HOLDS(s->read == c->head_len && s->read < METRICS_HEAD_BYTES_MAX && !s->worked);
    if (reading.read)
        reading.read((uv_stream_t *)&c->tcp, UV_EOF, NULL);
    loop_turns();
    HOLDS(port.count == 0 && s->answered <= 1 && s->closed == 2 && !port.gathering);
}

/* ---- what may be asked, by another reader */

static bool is_asked(struct sam_span in)
{
    static const char zero[] = "GET /metrics HTTP/1.0\r\n", one[] = "GET /metrics HTTP/1.1\r\n";
    size_t n = sizeof zero - 1;
    return in.len > n && (memcmp(in.ptr, zero, n) == 0 || memcmp(in.ptr, one, n) == 0);
}

/* Behind the empty line, that counts. */
static size_t head_bytes(struct sam_span in)
{
    const uint8_t *end = memmem(in.ptr, in.len, "\r\n\r\n", 4);
    return end ? (size_t)(end - in.ptr) + 4 : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    uint32_t how = 1u + fuzz_byte(&in);
    if (!port.config.loop) {
        HOLDS(uv_loop_init(&loop) == 0 && uv_tcp_init(&loop, &port.tcp) == 0);
        port.config = (struct metrics_port_config){.loop = &loop, .live = live};
        port.tcp.data = &port;
        sam_buf_init(&port.text, METRICS_BYTES_MAX);
    }
    connection(in, 0, &whole);
    connection(in, how, &cut);
    size_t head = head_bytes(in);
    if (!head ||
        head == in.len) /* what comes along with a head is looked at with it, and what comes after it is not read */
        HOLDS(whole.code == cut.code && strcmp(whole.answer, cut.answer) == 0);
    if (whole.code == 200 || cut.code == 200)
        HOLDS(is_asked(in) && head && head <= METRICS_HEAD_BYTES_MAX);
    return 0;
}
