/* The centre's connections, as conn.c and listener.c have them, on a line of the world. */
#include "tests/sim/centre_int.h"
#include "tests/sim/leak.h"
#include "tests/sim/line.h"

#include <stdlib.h>

#define HANDSHAKE_MS 10000u
#define IDLE_MS 120000u
#define PING_MS 30000u
#define SHUT_MS 5000u
#define OUT_HIGH_BYTES CONN_OUT_HIGH_BYTES

static struct world *world_of(const struct conn *c)
{
    return c->l->config.writer->w;
}

/* The clock of the loop is the world's. */
uint64_t uv_now(const uv_loop_t *loop)
{
    return (uint64_t)((struct world *)loop->data)->now_ms;
}

void conn_early_leave(struct conn *c)
{
    c->unproven = false;
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
    (void)c; /* conns_reap */
}

void conn_close(struct conn *c, const char *why)
{
    struct line *line = c->tcp.data;
    (void)why;
    if (c->closing)
        return;
    c->closing = true;
    if (line->conn == c)
        line_leave_centre(world_of(c), line, false);
}

void conn_bye(struct conn *c, uint32_t retry_after_s, const char *why)
{
    if (c->closing || c->shut)
        return;
    sam_sync_send_bye(c->sync, retry_after_s, why);
    conn_shut(c);
    conn_turn(c);
}

void listener_proved(struct listener *l, struct conn *c)
{
    unsigned same = 0;
    struct conn *oldest = NULL, *other;
    TAILQ_FOREACH(other, &l->conns, all)
    if (other != c && !other->closing && !other->shut && other->device_no == c->device_no) {
        same++;
        oldest = oldest ? oldest : other;
    }
    if (same >= CONN_PER_DEVICE_MAX)
        conn_bye(oldest, 0, "a newer connection of this device");
}

static size_t out_waiting(const struct conn *c)
{
    const struct line *line = c->tcp.data;
    return sam_buf_len(&c->plain_out) + sam_buf_len(&line->down.bytes);
}

static bool converse(struct conn *c)
{
    if (c->shut || out_waiting(c) > OUT_HIGH_BYTES)
        return false;
    struct line *line = c->tcp.data;
    size_t before = sam_buf_len(&c->plain_in);
    bool pulled = c->pulled;
    c->pulled = false;
    int err = sam_sync_feed(c->sync, &c->plain_in);
    line->pull = line->pull || c->pulled;
    c->pulled = c->pulled || pulled;
    if (err && !c->closing)
        conn_shut(c);
    return sam_buf_len(&c->plain_in) != before;
}

static bool tell(struct conn *c)
{
    if (!c->feed || c->shut || out_waiting(c) > OUT_HIGH_BYTES)
        return false;
    int made = conn_host_feed(c);
    struct line *line = c->tcp.data;
    if (made < 0)
        conn_shut(c);
    else if (!c->feed && line->pull) {
        line->pull = false;
        line->told_ms = world_of(c)->now_ms;
    }
    return made != 0;
}

static bool emit(struct conn *c)
{
    struct world *w = world_of(c);
    struct line *line = c->tcp.data;
    struct sam_span out = sam_buf_peek(&c->plain_out);
    if (out.len == 0 || line->conn != c)
        return false;
    leak_check(w, c, out);
    line_add(w, line, &line->down, out.ptr, out.len);
    sam_buf_consume(&c->plain_out, out.len);
    c->progress_ms = (uint64_t)w->now_ms;
    return true;
}

bool listener_read_only(const struct listener *l)
{
    return l->read_only;
}

void conn_turn(struct conn *c)
{
    static bool (*const stage[])(struct conn *) = {converse, tell, emit};
    if (c->turning || c->closing) {
        c->again = true;
        return;
    }
    c->turning = true;
    do {
        c->again = false;
        for (unsigned i = 0; i < 3 && !c->closing; i++)
            c->again |= stage[i](c);
    } while (c->again && !c->closing);
    c->turning = false;
    if (!c->closing && c->shut && sam_buf_len(&c->plain_out) == 0)
        conn_close(c, "said");
}

bool centre_accept(struct world *w, struct line *l)
{
    struct centre *centre = &w->centre;
    if (!centre->intake)
        return false;
    struct conn *c = calloc(1, sizeof *c);
    MUST(c != NULL);
    c->l = &centre->listener;
    c->id = ++centre->listener.conn_id;
    c->born_ms = c->read_ms = c->progress_ms = (uint64_t)w->now_ms;
    c->unproven = true;
    c->tcp.data = l;
    sam_buf_init(&c->plain_in, 1u << 20);
    sam_buf_init(&c->plain_out, CONN_PLAIN_OUT_BYTES);
    MUST(conn_host_new(c) == 0);
    TAILQ_INSERT_TAIL(&centre->listener.conns, c, all);
    l->conn = c;
    return true;
}

void centre_heard(struct world *w, struct line *l, const uint8_t *p, size_t n)
{
    struct conn *c = l->conn;
    if (!c || c->closing)
        return;
    c->read_ms = (uint64_t)w->now_ms;
    MUST(sam_buf_add(&c->plain_in, p, n) == 0);
    conn_turn(c);
}

void centre_heard_end(struct world *w, struct line *l)
{
    (void)w;
    if (l->conn)
        conn_close(l->conn, "EOF");
}

void conns_reap(struct world *w)
{
    struct conn *c, *next;
    for (c = TAILQ_FIRST(&w->centre.listener.conns); c; c = next) {
        next = TAILQ_NEXT(c, all);
        if (c->closing && !c->closed) {
            c->closed = true;
            conn_host_free(c);
        }
        if (!c->closed || c->jobs)
            continue;
        TAILQ_REMOVE(&w->centre.listener.conns, c, all);
        sam_buf_fini(&c->plain_in);
        sam_buf_fini(&c->plain_out);
        free(c);
    }
}

/* ---- what takes too long */

uint64_t centre_conn_due(const struct conn *c)
{
    uint64_t heard = c->read_ms > c->progress_ms ? c->read_ms : c->progress_ms;
    if (c->closing)
        return UINT64_MAX;
    if (c->shut)
        return c->shut_ms + SHUT_MS;
    if (c->unproven)
        return c->jobs ? UINT64_MAX : c->born_ms + HANDSHAKE_MS;
    uint64_t ping = (heard > c->ping_ms ? heard : c->ping_ms) + PING_MS;
    return ping < heard + IDLE_MS ? ping : heard + IDLE_MS;
}

static void ping(struct conn *c, uint64_t now_ms)
{
    uint8_t mem[16];
    struct sam_buf body = {.mem = mem, .cap = sizeof mem, .max = sizeof mem};
    struct sam_ping p = {.number = ++c->pings};
    c->ping_ms = now_ms;
    if (sam_ping_encode(&body, &p) == 0 && sam_sync_send(c->sync, SAM_FRAME_PING, sam_buf_peek(&body)) == 0)
        conn_turn(c);
}

void centre_conn_late(struct conn *c, uint64_t now_ms)
{
    uint64_t heard = c->read_ms > c->progress_ms ? c->read_ms : c->progress_ms;
    if (c->shut || c->unproven)
        conn_close(c, "took too long");
    else if (now_ms >= heard + IDLE_MS)
        conn_bye(c, 0, "nothing was heard");
    else
        ping(c, now_ms);
}
