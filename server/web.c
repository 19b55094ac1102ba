#include "server/web.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/gate.h"
#include "server/net/limit.h"
#include "server/net/reader.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define REVIEW_MS 1000u  /* sessions that are over end by themselves */
#define NEWS_SOON_MS 20u /* commits that come close together make one event */

struct web {
    struct web_config config;
    struct console *console;
    struct reader *reader;
    struct listener_web peers;
    struct gate *gate;
    uv_timer_t news, review;
    uv_async_t judged;
    uint64_t told_ms;
    bool stopped;
};

/* ---- an ask on its way to a thread and back */

struct errand {
    union {
        struct reader_job read;
        struct writer_job write;
    } job;
    struct web *web;
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
    struct ask *a = ((struct errand *)job)->ask;
    int err = ask_write(a, in);
    return err == ASK_REFUSED || !ask_alone(a) ? err : -err;
}

static void errand_write_done(struct writer_job *job, int err)
{
    const struct errand *e = (struct errand *)job;
    if (!err && e->ask->devices && e->web->config.devices_changed)
        e->web->config.devices_changed(e->web->config.ctx);
    errand_back((struct errand *)job, err > 0 && err != ASK_REFUSED ? -err : err);
}

static int web_read(void *ctx, struct ask *a)
{
    struct web *w = ctx;
    struct errand *e = calloc(1, sizeof *e);
    if (!e)
        return SAM_ENOMEM;
    e->ask = a;
    e->web = w;
    e->job.read = (struct reader_job){.run = errand_read, .done = errand_read_done};
    int err = reader_submit(w->reader, &e->job.read);
    if (err)
        free(e);
    return err;
}

static int web_write(void *ctx, struct ask *a)
{
    struct web *w = ctx;
    if (writer_full(w->config.writer))
        return SAM_EBUSY;
    struct errand *e = calloc(1, sizeof *e);
    if (!e)
        return SAM_ENOMEM;
    e->ask = a;
    e->web = w;
    e->job.write = (struct writer_job){.run = errand_write,
                                       .done = errand_write_done,
                                       .bytes = sizeof *e + sam_buf_len(&a->body),
                                       .alone = ask_alone(a)};
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
    return w->gate ? gate_may(w->gate, r, right, a) : w->config.may(w->config.ctx, r, right, a);
}

static int web_verb(void *ctx, struct ask *a, struct intake *in, int argc, const char *const *argv)
{
    const struct web *w = ctx;
    return w->config.verb ? w->config.verb(w->config.ctx, a, in, argc, argv) : SAM_ENOTFOUND;
}

static int web_look(void *ctx, struct ask *a, struct store *st, int argc, const char *const *argv)
{
    const struct web *w = ctx;
    return w->config.look ? w->config.look(w->config.ctx, a, st, argc, argv) : SAM_ENOTFOUND;
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
    int said = console_out(peer, out, now_ms);
    return said == CONSOLE_SOCKET ? LISTENER_WEB_SOCKET : said;
}

static int web_peer_tick(void *peer, uint64_t now_ms, uint64_t taken_ms)
{
    return console_tick(peer, now_ms, taken_ms);
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

/* ---- what the gate asks of its host */

struct login_errand {
    struct writer_job job;
    struct login_job *login;
};

static uint64_t gate_now_ms(void *ctx)
{
    (void)ctx;
    return uv_hrtime() / 1000000u;
}

static int gate_random(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    return sam_random(out, n);
}

static int login_errand_run(struct writer_job *job, struct intake *in)
{
    struct login_job *login = ((struct login_errand *)job)->login;
    return login->run(login, in);
}

static void login_errand_done(struct writer_job *job, int err)
{
    struct login_job *login = ((struct login_errand *)job)->login;
    free(job);
    login->done(login, err);
}

static void gate_submit(void *ctx, struct login_job *login)
{
    const struct web *w = ctx;
    struct login_errand *e = calloc(1, sizeof *e);
    if (!e) {
        login->done(login, SAM_ENOMEM);
        return;
    }
    e->job = (struct writer_job){.run = login_errand_run, .done = login_errand_done, .bytes = sizeof *e, .alone = true};
    e->login = login;
    writer_submit(w->config.writer, &e->job);
}

static void gate_ended(void *ctx, uint64_t session)
{
    console_end(((struct web *)ctx)->console, session);
}

static void gate_notify(void *ctx)
{
    uv_async_send(&((struct web *)ctx)->judged);
}

static void gate_address(const char *text, uint8_t out[16])
{
    struct sockaddr_storage from = {0};
    struct limit_address key;
    if (inet_pton(AF_INET, text, &((struct sockaddr_in *)&from)->sin_addr) == 1)
        from.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&from)->sin6_addr) == 1)
        from.ss_family = AF_INET6;
    limit_address(&key, &from);
    memcpy(out, key.bytes, sizeof key.bytes);
}

static void judged_cb(uv_async_t *async)
{
    const struct web *w = async->data;
    gate_take(w->gate);
}

static void review_cb(uv_timer_t *timer)
{
    web_accounts_changed(timer->data);
}

void web_accounts_changed(struct web *w)
{
    if (w->gate && !w->stopped)
        gate_review(w->gate);
}

static int web_gate_open(struct web *w)
{
    if (w->config.may)
        return 0;
    return gate_open(&w->gate, &(struct gate_config){.login = {.reader = w->config.accounts,
                                                               .now_ms = gate_now_ms,
                                                               .now_s = web_now_s,
                                                               .random = gate_random,
                                                               .submit = gate_submit,
                                                               .ended = gate_ended,
                                                               .ctx = w},
                                                     .issuer = w->config.issuer,
                                                     .notify = gate_notify,
                                                     .address = gate_address});
}

/* ---- opening and closing */

static void handles_open(struct web *w)
{
    uv_timer_init(w->config.loop, &w->news);
    uv_timer_init(w->config.loop, &w->review);
    w->news.data = w->review.data = w->judged.data = w;
    uv_timer_start(&w->review, review_cb, REVIEW_MS, REVIEW_MS);
}

static void web_failed_cb(uv_handle_t *judged)
{
    web_close(judged->data);
}

int web_open(struct web **out, const struct web_config *config)
{
    *out = NULL;
    struct web *w = calloc(1, sizeof *w);
    if (!w)
        return SAM_ENOMEM;
    w->config = *config;
    w->peers = (struct listener_web){
        w, web_peer_open, web_peer_feed, web_peer_out, web_peer_tick, web_peer_proved, web_peer_free};
    if (uv_async_init(config->loop, &w->judged, judged_cb)) {
        free(w);
        return SAM_EIO;
    }
    w->judged.data = w;
    int err = web_gate_open(w);
    const struct console_config console = {
        .limits = config->limits,
        .host = {w, web_now_s, web_read_only, web_may, web_read, web_write, web_verb, web_look},
        .routes = config->routes ? config->routes : route_table,
        .route_count = config->routes ? config->route_count : route_count,
        .gate = w->gate,
        .backup = config->backup,
        .app = config->app,
        .wake = web_wake};
    err = err ? err : console_open(&w->console, &console);
    if (!err)
        err = reader_start(&w->reader, config->loop, config->reader, READER_PATIENCE_MS);
    if (err) {
        gate_stop(w->gate);
        uv_close((uv_handle_t *)&w->judged, web_failed_cb);
        return err;
    }
    handles_open(w);
    *out = w;
    return 0;
}

void web_stop(struct web *w)
{
    if (!w || w->stopped)
        return;
    w->stopped = true;
    reader_stop(w->reader);
    gate_stop(w->gate);
    uv_close((uv_handle_t *)&w->news, NULL);
    uv_close((uv_handle_t *)&w->review, NULL);
    uv_close((uv_handle_t *)&w->judged, NULL);
}

void web_close(struct web *w)
{
    if (!w)
        return;
    gate_close(w->gate);
    console_close(w->console);
    free(w);
}
