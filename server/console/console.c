#include "server/console/console.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "server/console/console_int.h"

#include <stdlib.h>
#include <string.h>

#define HEAD_BYTES_MAX (2u * REPLY_HEAD_BYTES_MAX) /* of an answer, behind what says "go on" */

void console_limits_defaults(struct console_limits *l)
{
    http_limits_defaults(&l->http);
    l->body_bytes = 1u << 20;
    l->import_bytes = 8u << 20;
    l->events = 64;
}

int console_open(struct console **out, const struct console_config *config)
{
    struct console *c = calloc(1, sizeof *c);
    *out = NULL;
    if (!c)
        return SAM_ENOMEM;
    c->config = *config;
    TAILQ_INIT(&c->peers);
    int err = assets_new(&c->assets);
    err = err ? err : app_new(&c->app, config->app);
    if (err)
        console_close(c);
    else
        *out = c;
    return err;
}

void console_close(struct console *c)
{
    if (!c)
        return;
    SAM_ASSERT(TAILQ_EMPTY(&c->peers));
    SAM_ASSERT(c->asks == 0);
    assets_free(c->assets);
    app_free(c->app);
    free(c);
}

/* ---- one connection */

struct peer *console_new(struct console *c, void *line, const char *address, uint64_t now_ms)
{
    struct peer *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->http = http_new(&c->config.limits.http, now_ms);
    if (!p->http) {
        free(p);
        return NULL;
    }
    p->console = c;
    p->line = line;
    p->address = address;
    sam_buf_init(&p->head, HEAD_BYTES_MAX);
    TAILQ_INSERT_TAIL(&c->peers, p, all);
    return p;
}

void console_free(struct peer *p)
{
    if (!p)
        return;
    if (p->stream)
        p->console->streams--;
    if (p->ask && p->at_work)
        p->ask->peer = NULL;
    else
        ask_free(p->ask);
    TAILQ_REMOVE(&p->console->peers, p, all);
    http_free(p->http);
    sam_buf_fini(&p->head);
    free(p);
}

bool console_proved(const struct peer *p)
{
    return p->session != 0;
}

static bool takes(const struct peer *p)
{
    return !p->over && !p->socket && !p->stream && !p->at_work && p->rest.len == 0 && sam_buf_len(&p->head) == 0;
}

bool console_feed(struct peer *p, struct sam_buf *in, uint64_t now_ms)
{
    bool moved = false;
    while (takes(p) && (sam_buf_len(in) || p->ask)) {
        struct sam_span bytes = sam_buf_peek(in);
        size_t used = 0;
        enum http_got got = http_feed(p->http, bytes.ptr, bytes.len, &used, now_ms);
        sam_buf_consume(in, used);
        moved |= used > 0;
        if (got == HTTP_HEAD)
            peer_ask(p, now_ms);
        else if (got == HTTP_WHOLE)
            peer_run(p);
        else if (got == HTTP_BAD)
            peer_refuse(p, http_status(p->http));
        else
            break;
        moved = true;
    }
    return moved;
}

/* ---- sending */

static size_t span_move(struct sam_span *from, struct sam_buf *out)
{
    size_t room = sam_buf_room(out), n = from->len < room ? from->len : room;
    if (n == 0 || sam_buf_add(out, from->ptr, n))
        return 0;
    from->ptr += n;
    from->len -= n;
    return n;
}

/* The answer has gone out: on to the next request. */
static void answered(struct peer *p, uint64_t now_ms)
{
    ask_free(p->ask);
    p->ask = NULL;
    p->answering = false;
    if (!p->over)
        http_next(p->http, now_ms);
}

static bool has_more(const struct peer *p)
{
    return sam_buf_len(&p->head) || p->rest.len;
}

int console_out(struct peer *p, struct sam_buf *out, uint64_t now_ms)
{
    struct sam_span head = sam_buf_peek(&p->head);
    if (has_more(p) && p->since_ms == 0)
        p->since_ms = now_ms;
    size_t n = span_move(&head, out);
    sam_buf_consume(&p->head, n);
    if (head.len == 0)
        n += span_move(&p->rest, out);
    p->taken += n;
    if (n)
        p->said_ms = now_ms;
    if (has_more(p))
        return n > 0;
    p->since_ms = p->taken = 0;
    if (p->socket)
        return CONSOLE_SOCKET;
    if (p->answering && !p->stream)
        answered(p, now_ms);
    if (p->over)
        return SAM_ECLOSED;
    return n > 0;
}

/* ---- news */

static void say(struct peer *p, const char *text)
{
    if (sam_buf_len(&p->head) == 0)
        sam_buf_add(&p->head, text, strlen(text));
}

void console_changed(struct console *c)
{
    for (struct peer *p = TAILQ_FIRST(&c->peers), *next; p; p = next) {
        next = TAILQ_NEXT(p, all);
        if (!p->stream || p->over)
            continue;
        say(p, "event: changed\ndata: {}\n\n");
        c->config.wake(p->line);
    }
}

/* An ask that is at work goes on alone. */
static void peer_end(struct peer *p)
{
    if (p->ask && p->at_work) {
        p->ask->peer = NULL;
        p->ask = NULL;
        p->at_work = false;
    }
    sam_buf_clear(&p->head);
    p->rest = (struct sam_span){0};
    p->over = true;
}

void console_end(struct console *c, uint64_t session)
{
    SAM_ASSERT(session);
    for (struct peer *p = TAILQ_FIRST(&c->peers), *next; p; p = next) {
        next = TAILQ_NEXT(p, all);
        if (p->session != session)
            continue;
        peer_end(p);
        c->config.wake(p->line);
    }
}

/* ---- time */

static bool takes_too_long(struct peer *p, uint64_t now_ms)
{
    if (p->since_ms == 0)
        p->since_ms = now_ms;
    uint64_t earned_ms = p->taken * 1000u / p->console->config.limits.http.rate_bytes_per_s;
    return now_ms > p->since_ms && now_ms - p->since_ms > CONSOLE_TAKE_MS + earned_ms;
}

int console_tick(struct peer *p, uint64_t now_ms, uint64_t taken_ms)
{
    if (has_more(p))
        return takes_too_long(p, now_ms) ? SAM_ETIMEOUT : 0;
    if (p->at_work || p->over)
        return 0;
    if (p->stream) {
        if (now_ms - p->said_ms >= CONSOLE_KEEP_MS)
            say(p, ":\n\n");
        return 0;
    }
    switch (http_late(p->http, now_ms, taken_ms)) {
    case HTTP_IN_TIME: return 0;
    case HTTP_IDLE: return SAM_ETIMEOUT;
    case HTTP_LATE: peer_refuse(p, 408); return 0;
    }
    return 0;
}

/* ---- for programs that look for faults */

static int64_t try_now_s(void *ctx)
{
    (void)ctx;
    return 0;
}

static bool try_read_only(void *ctx)
{
    (void)ctx;
    return false;
}

static bool try_may(void *ctx, const struct http_request *r, enum right right, struct ask *a)
{
    (void)ctx;
    (void)r;
    (void)a;
    return right == RIGHT_NONE;
}

static int try_busy(void *ctx, struct ask *a)
{
    (void)ctx;
    (void)a;
    return SAM_EBUSY;
}

static void try_wake(void *line)
{
    (void)line;
}

void console_try(const uint8_t *p, size_t n)
{
    struct console_config config = {.host = {NULL, try_now_s, try_read_only, try_may, try_busy, try_busy},
                                    .routes = route_table,
                                    .route_count = route_count,
                                    .wake = try_wake};
    struct console *c;
    struct sam_buf in, out;
    console_limits_defaults(&config.limits);
    sam_buf_init(&in, n + 1);
    sam_buf_init(&out, 2u * REPLY_BYTES_MAX);
    struct peer *peer = console_open(&c, &config) ? NULL : console_new(c, NULL, "", 0);
    bool moved = peer && sam_buf_add(&in, p, n) == 0;
    while (moved) {
        sam_buf_clear(&out);
        moved = console_feed(peer, &in, 0);
        moved |= console_out(peer, &out, 0) == 1;
    }
    console_free(peer);
    console_close(c);
    sam_buf_fini(&in);
    sam_buf_fini(&out);
}
