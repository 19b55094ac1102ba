#include "server/web.h"

#include "proto/base/err.h"
#include "server/net/reader.h"

#include <stdlib.h>
#include <time.h>

#define NEWS_SOON_MS 20u /* commits that come close together make one event */

struct web {
    struct web_config config;
    struct console *console;
    struct reader *reader;
    struct listener_web peers;
    uv_timer_t news;
    uint64_t told_ms;
    bool stopped;
};

/* ---- an ask on its way to a thread and back */

struct errand {
    union {
        struct reader_job read;
        struct writer_job write;
    } job;
    struct ask *ask;
};

static int errand_read(struct reader_job *job, struct store *st)
{
    return ask_read(((struct errand *)job)->ask, st);
}

static void errand_back(struct errand *e, int err)
{
    struct ask *a = e->ask;
    free(e);
    console_answered(a, err);
}

static void errand_read_done(struct reader_job *job, int err)
{
    errand_back((struct errand *)job, err);
}

/* A handler's refusal keeps nothing and is no fault of the storage: positive for the writer, the code again for the console. */
static int errand_write(struct writer_job *job, struct intake *in)
{
    return -ask_write(((struct errand *)job)->ask, in);
}

static void errand_write_done(struct writer_job *job, int err)
{
    errand_back((struct errand *)job, err > 0 ? -err : err);
}

static int web_read(void *ctx, struct ask *a)
{
    const struct web *w = ctx;
    struct errand *e = calloc(1, sizeof *e);
    if (!e)
        return SAM_ENOMEM;
    e->ask = a;
    e->job.read = (struct reader_job){.run = errand_read, .done = errand_read_done};
    int err = reader_submit(w->reader, &e->job.read);
    if (err)
        free(e);
    return err;
}

static int web_write(void *ctx, struct ask *a)
{
    const struct web *w = ctx;
    if (writer_full(w->config.writer))
        return SAM_EBUSY;
    struct errand *e = calloc(1, sizeof *e);
    if (!e)
        return SAM_ENOMEM;
    e->ask = a;
    e->job.write = (struct writer_job){
        .run = errand_write, .done = errand_write_done, .bytes = sizeof *e + sam_buf_len(&a->body), .alone = true};
    writer_submit(w->config.writer, &e->job.write);
    return 0;
}

/* ---- what the console asks of its host */

static int64_t web_now_s(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static bool web_read_only(void *ctx)
{
    const struct web *w = ctx;
    return w->config.read_only(w->config.ctx);
}

static bool web_may(void *ctx, const struct http_request *r, enum right right, struct ask *a)
{
    const struct web *w = ctx;
    return w->config.may(w->config.ctx, r, right, a);
}

static void web_wake(void *line)
{
    listener_web_wake(line);
}

/* ---- what the listener asks of the console */

static void *web_peer_open(void *ctx, struct conn *line, const char *address, uint64_t now_ms)
{
    return console_new(((struct web *)ctx)->console, line, address, now_ms);
}

static bool web_peer_feed(void *peer, struct sam_buf *in, uint64_t now_ms)
{
    return console_feed(peer, in, now_ms);
}

static int web_peer_out(void *peer, struct sam_buf *out, uint64_t now_ms)
{
    return console_out(peer, out, now_ms);
}

static int web_peer_tick(void *peer, uint64_t now_ms)
{
    return console_tick(peer, now_ms);
}

static bool web_peer_proved(const void *peer)
{
    return console_proved(peer);
}

static void web_peer_free(void *peer)
{
    console_free(peer);
}

const struct listener_web *web_peers(struct web *w)
{
    return &w->peers;
}

/* ---- news */

static void web_news_cb(uv_timer_t *timer)
{
    struct web *w = timer->data;
    w->told_ms = uv_now(w->config.loop);
    console_changed(w->console);
}

void web_touched(struct web *w)
{
    uint64_t passed_ms = uv_now(w->config.loop) - w->told_ms;
    uint64_t wait_ms = passed_ms + NEWS_SOON_MS < WEB_NEWS_MS ? WEB_NEWS_MS - passed_ms : NEWS_SOON_MS;
    if (!w->stopped && !uv_is_active((uv_handle_t *)&w->news))
        uv_timer_start(&w->news, web_news_cb, wait_ms, 0);
}

/* ---- opening and closing */

int web_open(struct web **out, const struct web_config *config)
{
    *out = NULL;
    struct web *w = calloc(1, sizeof *w);
    if (!w)
        return SAM_ENOMEM;
    w->config = *config;
    w->peers = (struct listener_web){
        w, web_peer_open, web_peer_feed, web_peer_out, web_peer_tick, web_peer_proved, web_peer_free};
    const struct console_config console = {.limits = config->limits,
                                           .host = {w, web_now_s, web_read_only, web_may, web_read, web_write},
                                           .routes = config->routes ? config->routes : route_table,
                                           .route_count = config->routes ? config->route_count : route_count,
                                           .wake = web_wake};
    int err = console_open(&w->console, &console);
    if (!err)
        err = reader_start(&w->reader, config->loop, config->reader, READER_PATIENCE_MS);
    if (err) {
        console_close(w->console);
        free(w);
        return err;
    }
    uv_timer_init(config->loop, &w->news);
    w->news.data = w;
    *out = w;
    return 0;
}

void web_stop(struct web *w)
{
    if (!w || w->stopped)
        return;
    w->stopped = true;
    reader_stop(w->reader);
    uv_close((uv_handle_t *)&w->news, NULL);
}

void web_close(struct web *w)
{
    if (!w)
        return;
    console_close(w->console);
    free(w);
}
