/* Goal: over real TLS and with the real threads, pages that read the store and pages that write it are answered while the loop goes
 * on, what takes too long is given up, and a commit is told to whoever looks on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/console/page.h"
#include "server/net/reader.h"
#include "server/store/overview.h"
#include "tests/lib/porch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST "Host: a.no\r\n"
#define USER "X-User: 7\r\n"

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

/* It names somebody, and who asks has no account: it may not leave. */
static int page_person(struct ask *a, struct store *st)
{
    (void)st;
    ask_saw(a, "participant", 5);
    return page_number(a, 424242);
}

/* It writes, and then does not want to: nothing is kept, and its own answer goes out. */
static int page_refuse(struct ask *a, struct intake *in)
{
    int err = store_meta_num_set(intake_store(in), "console_test", 77);
    err = err ? err : page_number(a, 777);
    a->reply.status = 409;
    return err ? err : ASK_REFUSED;
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
    {HTTP_VERB_GET, "/api/person", RIGHT_SESSION, {.read = page_person}, BODY_NONE},
    {HTTP_VERB_POST, "/api/refuse", RIGHT_SESSION, {.write = page_refuse}, BODY_NONE},
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

static void limits(struct listener_config *lc)
{
    lc->handshake_rate = 0;
}

static int setup(void **state)
{
    struct porch *w = *state = malloc(sizeof *w);
    assert_non_null(w);
    porch_open(w, limits,
               &(struct web_config){.may = may, .routes = routes, .route_count = sizeof routes / sizeof *routes});
    return 0;
}

static int teardown(void **state)
{
    porch_close(*state);
    free(*state);
    return 0;
}

/* ---- a browser */

static int browser_say(struct porch_line *b, const char *text)
{
    return porch_line_say(b, (struct sam_span){(const uint8_t *)text, strlen(text)});
}

/* Waits until what came holds ${mark}, and forgets all up to it. */
static int browser_hear(struct porch_line *b, const char *mark)
{
    for (;;) {
        struct sam_span all = sam_buf_peek(&b->in);
        const uint8_t *at = all.len ? memmem(all.ptr, all.len, mark, strlen(mark)) : NULL;
        if (at) {
            sam_buf_consume(&b->in, (size_t)(at - all.ptr) + strlen(mark));
            return 0;
        }
        int err = porch_line_wait(b);
        if (err)
            return err;
    }
}

/* ${say} as a request, of somebody with a session; what must come: the status, and the end of the body. 0, or which failed. */
static int asks(struct porch_line *b, const char *say, const char *status, const char *end)
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

static int reads_and_writes(struct porch *w)
{
    struct porch_line b;
    int bad = porch_line_open(&b, w, SAM_TLS_ALPN_HTTP) ? 10 : 0;
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
    porch_line_close(&b);
    return bad;
}

/* What is shown of persons waits for the access log, which refuses; the answer that was made is not in what comes. */
static int names_and_refuses(struct porch *w)
{
    struct porch_line b;
    int bad = porch_line_open(&b, w, SAM_TLS_ALPN_HTTP) ? 10 : 0;
    if (!bad)
        bad = asks(&b, "GET /api/person", "401", "\r\n\r\n{\"status\":401,");
    if (!bad)
        bad = asks(&b, "POST /api/refuse", "409", "\r\n\r\n777");
    if (!bad)
        bad = asks(&b, "GET /api/number", "200", "\r\n\r\n0");
    if (!bad && sam_buf_len(&b.in))
        bad = 20;
    porch_line_close(&b);
    return bad;
}

/* An endless page is given up after two seconds; meanwhile the loop answers others, and another reader waits its turn. ${first}: was
 * the other answered long before the endless one? */
static int endless_beside(struct porch *w, bool *first)
{
    struct porch_line slow, other;
    int bad = porch_line_open(&slow, w, SAM_TLS_ALPN_HTTP) ? 10 : 0;
    bad += porch_line_open(&other, w, SAM_TLS_ALPN_HTTP) ? 11 : 0;
    uint64_t since = now_ms();
    if (!bad)
        bad = browser_say(&slow, "GET /api/endless HTTP/1.1\r\n" HOST USER "\r\n");
    if (!bad)
        bad = asks(&other, "GET /api/status", "200", "false}");
    *first = now_ms() - since < READER_PATIENCE_MS / 2;
    if (!bad)
        bad = browser_hear(&slow, "HTTP/1.1 503 ") || browser_hear(&slow, "Retry-After: 2\r\n");
    uint64_t took = now_ms() - since;
    if (!bad && (took < READER_PATIENCE_MS || took > 60000))
        bad = 30;
    if (!bad)
        bad = asks(&other, "GET /api/overview", "200", "}");
    porch_line_close(&slow);
    porch_line_close(&other);
    return bad;
}

/* A machine that stands still may be late once or twice; a loop that waits for its reader always is. */
static int endless(struct porch *w)
{
    bool first = false;
    int bad = 0;
    for (unsigned i = 0; i < 5 && !first && !bad; i++)
        bad = endless_beside(w, &first);
    return bad ? bad : first ? 0 : 20;
}

enum { OTHER_COUNT = 40 };

/* More pages at once than may wait: those that are too many hear so, the others are answered. */
static int too_many_once(struct porch *w)
{
    enum { MANY = READER_JOBS_MAX + 6 };
    struct porch_line first, *b = calloc(MANY, sizeof *b);
    int bad = porch_line_open(&first, w, SAM_TLS_ALPN_HTTP) ? 10 : 0;
    for (unsigned i = 0; i < MANY;
         i++) /* a first page each: who has a session is not counted among those of his address */
        if (porch_line_open(&b[i], w, SAM_TLS_ALPN_HTTP) || asks(&b[i], "GET /api/number", "200", "\r\n\r\n0"))
            bad = 20;
    if (!bad && browser_say(&first, "GET /api/endless HTTP/1.1\r\n" HOST USER "\r\n"))
        bad = 21;
    usleep(200000); /* it is with the thread now */
    for (unsigned i = 0; i < MANY && !bad; i++)
        bad = browser_say(&b[i], "GET /api/number HTTP/1.1\r\n" HOST USER "\r\n") ? 22 : 0;
    unsigned good = 0, busy = 0;
    for (unsigned i = 0; i < MANY && !bad; i++) {
        bad = browser_hear(&b[i], "HTTP/1.1 ") || (sam_buf_len(&b[i].in) == 0 && porch_line_wait(&b[i])) ? 30 : 0;
        good += !bad && sam_buf_peek(&b[i].in).ptr[0] == '2';
        busy += !bad && sam_buf_peek(&b[i].in).ptr[0] == '5';
    }
    if (!bad && (good != READER_JOBS_MAX || busy != MANY - READER_JOBS_MAX))
        bad = OTHER_COUNT;
    for (unsigned i = 0; i < MANY; i++)
        porch_line_close(&b[i]);
    porch_line_close(&first);
    free(b);
    return bad;
}

/* The endless page holds the thread for two seconds. All the others must be said within them; a busy machine may take longer. */
static int too_many(struct porch *w)
{
    int bad = OTHER_COUNT;
    for (unsigned i = 0; i < 5 && bad == OTHER_COUNT; i++)
        bad = too_many_once(w);
    return bad;
}

/* ---- news, while something is committed every 20 ms */

enum { EVENTS = 5, TOO_SOON = 21 };

static void commit_cb(uv_timer_t *timer)
{
    web_touched(timer->data);
}

static int news_once(struct porch *w)
{
    struct porch_line b;
    int bad = porch_line_open(&b, w, SAM_TLS_ALPN_HTTP) ? 10 : 0;
    if (!bad)
        bad = asks(&b, "GET /api/events", "200", "retry: 5000\n\n");
    uint64_t since = now_ms(), last = 0;
    for (unsigned i = 0; i < EVENTS && !bad; i++) {
        bad = browser_hear(&b, "event: changed\ndata: {}\n\n") ? 20 : 0;
        if (!bad && i && now_ms() - last < WEB_NEWS_MS / 2)
            bad = TOO_SOON; /* one may be late on its way, and the next one not */
        last = now_ms();
    }
    if (!bad && now_ms() - since < (EVENTS - 1) * WEB_NEWS_MS - WEB_NEWS_MS / 2)
        bad = TOO_SOON;
    if (!bad && now_ms() - since > 8 * EVENTS * WEB_NEWS_MS)
        bad = 23;
    porch_line_close(&b);
    return bad;
}

/* What was late on its way stands close to the next one; a centre that says too much always does. */
static int news(struct porch *w)
{
    int bad = TOO_SOON;
    for (unsigned i = 0; i < 5 && bad == TOO_SOON; i++)
        bad = news_once(w);
    return bad;
}

/* ---- */

static void play(struct porch *w, int (*act)(struct porch *w))
{
    assert_int_equal(porch_play(w, act), 0);
}

static void pages_read_and_write_the_store(void **state)
{
    play(*state, reads_and_writes);
}
static void who_may_not_be_noted_is_shown_nothing(void **state)
{
    play(*state, names_and_refuses);
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
    struct porch *w = *state;
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
        cmocka_unit_test_setup_teardown(who_may_not_be_noted_is_shown_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(what_takes_too_long_is_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(the_queue_of_reads_has_an_end, setup, teardown),
        cmocka_unit_test_setup_teardown(commits_are_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
