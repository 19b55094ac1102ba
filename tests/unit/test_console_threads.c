/* Goal: over real TLS and with the real threads, pages that read the store and pages that write it are answered while the loop goes
 * on, what takes too long is given up, and a commit is told to whoever looks on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/cert.h"
#include "server/console/page.h"
#include "server/net/reader.h"
#include "server/store/overview.h"
#include "server/web.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HOST "Host: a.no\r\n"
#define USER "X-User: 7\r\n"

struct world {
    char folder[64], path[96];
    uint8_t pin[SAM_CERT_PIN_BYTES];
    struct intake *in;
    struct store *reader, *web_reader;
    uv_loop_t loop;
    struct writer *w;
    struct web *web;
    struct listener *l;
    struct sam_tls_config *tls;
    uv_async_t over;
    uint16_t port;
    int result;
};

static int64_t clock_s(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static uint64_t now_ms(void)
{
    return uv_hrtime() / 1000000;
}

/* ---- pages of this test */

static int page_number(struct ask *a, int64_t v)
{
    struct sam_json j;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_int(&j, NULL, v);
    return reply_json(&a->reply, &j);
}

static int page_put(struct ask *a, struct intake *in)
{
    int err = store_meta_num_set(intake_store(in), "console_test", (int64_t)a->id[0]);
    if (!err && a->id[0] == 13)
        return SAM_ESTATE; /* refused after it was written: nothing may be kept */
    return err ? err : page_number(a, (int64_t)a->id[0]);
}

static int page_get(struct ask *a, struct store *st)
{
    return page_number(a, store_meta_num(st, "console_test", 0));
}

static int clinic_skip(void *ctx, const struct store_clinic *clinic)
{
    (void)ctx;
    (void)clinic;
    return 0;
}

static int page_endless(struct ask *a, struct store *st)
{
    int err;
    (void)a;
    while ((err = store_clinics(st, clinic_skip, NULL)) == 0)
        continue;
    return err;
}

static const struct route routes[] = {
    {HTTP_VERB_GET, "/api/overview", RIGHT_SESSION, {.read = page_overview}, BODY_NONE},
    {HTTP_VERB_GET, "/api/status", RIGHT_NONE, {.now = page_status}, BODY_NONE},
    {HTTP_VERB_GET, "/api/number", RIGHT_SESSION, {.read = page_get}, BODY_NONE},
    {HTTP_VERB_GET, "/api/endless", RIGHT_SESSION, {.read = page_endless}, BODY_NONE},
    {HTTP_VERB_PUT, "/api/number/{id}", RIGHT_SESSION, {.write = page_put}, BODY_NONE},
    {HTTP_VERB_GET, "/api/events", RIGHT_SESSION, {.events = true}, BODY_NONE},
};

/* ---- the centre */

static bool may(void *ctx, const struct http_request *r, enum right right, struct ask *a)
{
    (void)ctx;
    a->session = http_is(http_header(r, "x-user"), "7") ? 7 : 0;
    a->who = (struct login_session){.state = LOGIN_OPEN, .role_count = 1, .role = {{.role = ACCOUNT_ADMIN}}};
    return right == RIGHT_NONE || a->session == 7;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static void fatal(void *ctx, int err)
{
    (void)ctx;
    (void)err;
    abort();
}

static void tls_make(struct world *w)
{
    struct sam_cert_pair *pair = calloc(2, sizeof *pair);
    int64_t now_s = (int64_t)time(NULL);
    assert_int_equal(sam_cert_make_ca(now_s - 60, now_s + 86400, &pair[0]), 0);
    assert_int_equal(sam_cert_make_server(&pair[0], NULL, 0, now_s - 60, now_s + 86400, &pair[1]), 0);
    assert_int_equal(sam_tls_config_server_new(&w->tls, pair[1].cert_pem, strlen(pair[1].cert_pem) + 1, pair[1].key_pem,
                                               strlen(pair[1].key_pem) + 1),
                     0);
    assert_int_equal(sam_cert_pin(pair[1].cert_pem, strlen(pair[1].cert_pem) + 1, w->pin), 0);
    free(pair);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct intake_config config = {.now_s = clock_s};
    struct listener_config lc = {0};
    *state = w;
    snprintf(w->folder, sizeof w->folder, "/tmp/samling-web-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/s.db", w->folder);
    config.store_path = w->path;
    assert_int_equal(intake_open(&w->in, &config, true), 0);
    assert_int_equal(store_reader_open(&w->reader, w->path), 0);
    assert_int_equal(store_reader_open(&w->web_reader, w->path), 0);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    tls_make(w);
    struct writer_config wc = {.intake = w->in, .loop = &w->loop, .fatal = fatal, .ctx = w};
    assert_int_equal(writer_start(&w->w, &wc), 0);
    struct web_config web = {.loop = &w->loop,
                             .writer = w->w,
                             .reader = w->web_reader,
                             .may = may,
                             .read_only = never,
                             .routes = routes,
                             .route_count = sizeof routes / sizeof *routes};
    console_limits_defaults(&web.limits);
    assert_int_equal(web_open(&w->web, &web), 0);
    listener_defaults(&lc);
    lc.loop = &w->loop;
    lc.writer = w->w;
    lc.reader = w->reader;
    lc.tls = w->tls;
    lc.host = "127.0.0.1";
    lc.port = 0;
    lc.epoch = intake_epoch(w->in);
    lc.handshake_rate = 0;
    lc.web = web_peers(w->web);
    assert_int_equal(listener_open(&w->l, &lc), 0);
    w->port = listener_port(w->l);
    return 0;
}

static void closed(void *ctx)
{
    struct world *w = ctx;
    w->l = NULL;
    web_stop(w->web);
    writer_stop(w->w);
}

static int teardown(void **state)
{
    struct world *w = *state;
    char judging[128];
    listener_close(w->l, closed, w);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_null(w->l);
    web_close(w->web);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    sam_tls_config_free(w->tls);
    store_close(w->reader);
    store_close(w->web_reader);
    intake_close(w->in);
    snprintf(judging, sizeof judging, "%s.judging", w->path);
    unlink(judging);
    unlink(w->path);
    rmdir(w->folder);
    free(w);
    return 0;
}

/* ---- a browser, in a thread of its own */

struct browser {
    int fd;
    struct sam_tls *tls;
    struct sam_tls_config *config;
    struct sam_buf in, out;
};

static int browser_turn(struct browser *b)
{
    int err = sam_tls_pump(b->tls, &b->in, &b->out);
    while (sam_buf_len(&b->out)) {
        ssize_t n = send(b->fd, sam_buf_peek(&b->out).ptr, sam_buf_len(&b->out), MSG_NOSIGNAL);
        if (n <= 0)
            return SAM_ECLOSED;
        sam_buf_consume(&b->out, (size_t)n);
    }
    return err;
}

static int browser_wait(struct browser *b)
{
    uint8_t mem[4096];
    ssize_t n = recv(b->fd, mem, sizeof mem, 0);
    int err = n <= 0 ? SAM_ECLOSED : sam_tls_feed(b->tls, mem, (size_t)n);
    return err ? err : browser_turn(b);
}

static int browser_open(struct browser *b, const struct world *w)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(w->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = 8};
    memset(b, 0, sizeof *b);
    sam_buf_init(&b->in, 1 << 17);
    sam_buf_init(&b->out, 1 << 17);
    b->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(b->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    int err = connect(b->fd, (struct sockaddr *)&addr, sizeof addr) ? SAM_EIO : 0;
    if (!err)
        err = sam_tls_config_client_new(&b->config, w->pin, 1, NULL, 0, SAM_TLS_ALPN_HTTP);
    if (!err)
        err = sam_tls_new(&b->tls, b->config, NULL);
    if (!err)
        err = browser_turn(b);
    while (!err && sam_tls_state(b->tls) == SAM_TLS_HANDSHAKE)
        err = browser_wait(b);
    return err;
}

static void browser_close(struct browser *b)
{
    close(b->fd);
    sam_tls_free(b->tls);
    sam_tls_config_free(b->config);
    sam_buf_fini(&b->in);
    sam_buf_fini(&b->out);
}

static int browser_say(struct browser *b, const char *text)
{
    int err = sam_tls_write(b->tls, (const uint8_t *)text, strlen(text), &b->out);
    return err ? err : browser_turn(b);
}

/* Waits until what came holds ${mark}, and forgets all up to it. */
static int browser_hear(struct browser *b, const char *mark)
{
    for (;;) {
        struct sam_span all = sam_buf_peek(&b->in);
        const uint8_t *at = all.len ? memmem(all.ptr, all.len, mark, strlen(mark)) : NULL;
        if (at) {
            sam_buf_consume(&b->in, (size_t)(at - all.ptr) + strlen(mark));
            return 0;
        }
        int err = browser_wait(b);
        if (err)
            return err;
    }
}

/* ${say} as a request, of somebody with a session; what must come: the status, and the end of the body. 0, or which failed. */
static int asks(struct browser *b, const char *say, const char *status, const char *end)
{
    char text[256], line[64];
    snprintf(text, sizeof text, "%s HTTP/1.1\r\n" HOST USER "Origin: https://a.no\r\n\r\n", say);
    snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
    if (browser_say(b, text))
        return 1;
    if (browser_hear(b, line))
        return 2;
    return browser_hear(b, end) ? 3 : 0;
}

static int reads_and_writes(struct world *w)
{
    struct browser b;
    int bad = browser_open(&b, w) ? 10 : 0;
    if (!bad)
        bad = asks(&b, "GET /api/overview", "200", "\"clinics\":[],\"open_cases\":0,");
    if (!bad)
        bad = asks(&b, "GET /api/number", "200", "\r\n\r\n0");
    if (!bad)
        bad = asks(&b, "PUT /api/number/42", "200", "\r\n\r\n42");
    if (!bad)
        bad = asks(&b, "GET /api/number", "200", "\r\n\r\n42"); /* it was committed when it was answered */
    if (!bad)
        bad = asks(&b, "PUT /api/number/13", "409", "}");
    if (!bad)
        bad = asks(&b, "GET /api/number", "200", "\r\n\r\n42");
    browser_close(&b);
    return bad;
}

/* An endless page is given up after two seconds; meanwhile the loop answers others, and another reader waits its turn. */
static int endless(struct world *w)
{
    struct browser slow, other;
    uint64_t since = now_ms();
    int bad = browser_open(&slow, w) ? 10 : 0;
    bad += browser_open(&other, w) ? 11 : 0;
    if (!bad)
        bad = browser_say(&slow, "GET /api/endless HTTP/1.1\r\n" HOST USER "\r\n");
    if (!bad)
        bad = asks(&other, "GET /api/status", "200", "false}");
    if (!bad && now_ms() - since > 1000)
        bad = 20;
    if (!bad)
        bad = browser_hear(&slow, "HTTP/1.1 503 ") || browser_hear(&slow, "Retry-After: 2\r\n");
    uint64_t took = now_ms() - since;
    if (!bad && (took < 2000 || took > 4000))
        bad = 30;
    if (!bad)
        bad = asks(&other, "GET /api/overview", "200", "}");
    browser_close(&slow);
    browser_close(&other);
    return bad;
}

/* More pages at once than may wait: those that are too many hear so, the others are answered. */
static int too_many(struct world *w)
{
    enum { MANY = READER_JOBS_MAX + 6 };
    struct browser first, *b = calloc(MANY, sizeof *b);
    int bad = browser_open(&first, w) ? 10 : 0;
    for (unsigned i = 0; i < MANY;
         i++) /* a first page each: who has a session is not counted among those of his address */
        if (browser_open(&b[i], w) || asks(&b[i], "GET /api/number", "200", "\r\n\r\n0"))
            bad = 20;
    if (!bad && browser_say(&first, "GET /api/endless HTTP/1.1\r\n" HOST USER "\r\n"))
        bad = 21;
    usleep(200000); /* it is with the thread now */
    for (unsigned i = 0; i < MANY && !bad; i++)
        bad = browser_say(&b[i], "GET /api/number HTTP/1.1\r\n" HOST USER "\r\n") ? 22 : 0;
    unsigned good = 0, busy = 0;
    for (unsigned i = 0; i < MANY && !bad; i++) {
        bad = browser_hear(&b[i], "HTTP/1.1 ") || (sam_buf_len(&b[i].in) == 0 && browser_wait(&b[i])) ? 30 : 0;
        good += !bad && sam_buf_peek(&b[i].in).ptr[0] == '2';
        busy += !bad && sam_buf_peek(&b[i].in).ptr[0] == '5';
    }
    if (!bad && (good != READER_JOBS_MAX || busy != MANY - READER_JOBS_MAX))
        bad = 40;
    for (unsigned i = 0; i < MANY; i++)
        browser_close(&b[i]);
    browser_close(&first);
    free(b);
    return bad;
}

/* ---- news, while something is committed every 20 ms */

#define EVENTS 5

static void commit_cb(uv_timer_t *timer)
{
    web_touched(timer->data);
}

static int news(struct world *w)
{
    struct browser b;
    int bad = browser_open(&b, w) ? 10 : 0;
    if (!bad)
        bad = asks(&b, "GET /api/events", "200", "retry: 5000\n\n");
    uint64_t since = now_ms(), last = 0;
    for (unsigned i = 0; i < EVENTS && !bad; i++) {
        bad = browser_hear(&b, "event: changed\ndata: {}\n\n") ? 20 : 0;
        if (!bad && i && now_ms() - last < WEB_NEWS_MS / 2)
            bad = 21; /* one may be late on its way, and the next one not */
        last = now_ms();
    }
    if (!bad && now_ms() - since < (EVENTS - 1) * WEB_NEWS_MS - WEB_NEWS_MS / 2)
        bad = 22;
    if (!bad && now_ms() - since > 8 * EVENTS * WEB_NEWS_MS)
        bad = 23;
    browser_close(&b);
    return bad;
}

/* ---- */

struct client {
    struct world *w;
    int (*act)(struct world *w);
};

static void over_cb(uv_async_t *async)
{
    uv_close((uv_handle_t *)async, NULL);
    uv_stop(async->loop);
}

static void client_thread(void *arg)
{
    struct client *c = arg;
    c->w->result = c->act(c->w);
    uv_async_send(&c->w->over);
}

static void play(struct world *w, int (*act)(struct world *w))
{
    uv_thread_t thread;
    struct client c = {w, act};
    w->result = -1;
    assert_int_equal(uv_async_init(&w->loop, &w->over, over_cb), 0);
    assert_int_equal(uv_thread_create(&thread, client_thread, &c), 0);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    uv_thread_join(&thread);
    assert_int_equal(w->result, 0);
}

static void pages_read_and_write_the_store(void **state)
{
    play(*state, reads_and_writes);
}
static void what_takes_too_long_is_given_up(void **state)
{
    play(*state, endless);
}
static void the_queue_of_reads_has_an_end(void **state)
{
    play(*state, too_many);
}
static void commits_are_told(void **state)
{
    struct world *w = *state;
    uv_timer_t timer;
    uv_timer_init(&w->loop, &timer);
    timer.data = w->web;
    uv_timer_start(&timer, commit_cb, 20, 20);
    play(w, news);
    uv_close((uv_handle_t *)&timer, NULL);
    uv_run(&w->loop, UV_RUN_NOWAIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_read_and_write_the_store, setup, teardown),
        cmocka_unit_test_setup_teardown(what_takes_too_long_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(the_queue_of_reads_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(commits_are_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
