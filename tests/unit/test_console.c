/* Goal: who may not is told so before anything else happens, answers leave whole and in order whoever makes them, and streams of
 * news stay alive, are told once, and are few. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/console/console.h"
#include "server/console/page.h"
#include "server/intake/intake.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ASKS_MAX 8u
#define HOST "Host: a.no\r\n"
#define USER "X-User: 7\r\n"
#define OURS "Sec-Fetch-Site: same-origin\r\n"
#define JSON "Content-Type: application/json\r\n"

struct world {
    char folder[64], path[96];
    struct intake *in;
    struct store *reader;
    struct console *c;
    struct ask *at_work[ASKS_MAX];
    unsigned working, woken;
    bool busy;
};

static int64_t clock_s(void *ctx)
{
    (void)ctx;
    return 1795381865; /* Sun, 22 Nov 2026 21:11:05 GMT */
}

/* ---- pages of this test */

static int page_echo(struct ask *a)
{
    struct sam_json j;
    char q[32] = "";
    ask_query(a, "q", q, sizeof q);
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_id(&j, "id", a->id_count ? a->id[0] : 0);
    sam_json_id(&j, "second", a->id_count > 1 ? a->id[1] : 0);
    sam_json_text(&j, "name", a->name);
    sam_json_text(&j, "q", q);
    sam_json_int(&j, "body", (int64_t)sam_buf_len(&a->body));
    return reply_json(&a->reply, &j);
}

static int page_write(struct ask *a, struct intake *in)
{
    return store_meta_num_set(intake_store(in), "test", (int64_t)a->id[0]) || page_echo(a);
}

static int page_gone(struct ask *a, struct store *st)
{
    (void)a;
    (void)st;
    return SAM_ENOTFOUND;
}

static int page_broken(struct ask *a)
{
    (void)a;
    return SAM_ECORRUPT;
}

/* As login does it: work elsewhere, and an answer when that is done; or at once. */
static struct ask *awaited;

static int page_later(struct ask *a)
{
    if (a->id[0] == 3)
        return SAM_EBUSY;
    if (a->id[0] == 2)
        console_answered(a, page_echo(a));
    else
        awaited = a;
    return 0;
}

static struct console *logged_out;

static int page_leave(struct ask *a)
{
    console_end(logged_out, a->session);
    return page_echo(a);
}

static const struct route routes[] = {
    {HTTP_VERB_GET, "/later/{id}", RIGHT_NONE, {.later = page_later}, BODY_NONE},
    {HTTP_VERB_POST, "/logout", RIGHT_SESSION, {.now = page_leave}, BODY_NONE},
    {HTTP_VERB_GET, "/api/overview", RIGHT_SESSION, {.read = page_overview}, BODY_NONE},
    {HTTP_VERB_GET, "/api/gone", RIGHT_NONE, {.read = page_gone}, BODY_NONE},
    {HTTP_VERB_GET, "/api/broken", RIGHT_NONE, {.now = page_broken}, BODY_NONE},
    {HTTP_VERB_GET, "/api/events", RIGHT_SESSION, {.events = true}, BODY_NONE},
    {HTTP_VERB_POST, "/api/write/{id}", RIGHT_SESSION, {.write = page_write}, BODY_JSON},
    {HTTP_VERB_POST, "/api/import", RIGHT_SESSION, {.now = page_echo}, BODY_IMPORT},
    {HTTP_VERB_POST, "/login", RIGHT_NONE, {.now = page_echo}, BODY_JSON},
    {HTTP_VERB_GET, "/echo/{id}/of/{id}", RIGHT_NONE, {.now = page_echo}, BODY_NONE},
    {HTTP_VERB_DELETE, "/echo/{id}/of/{id}", RIGHT_SESSION, {.now = page_echo}, BODY_NONE},
    {HTTP_VERB_GET, "/named/{name}", RIGHT_NONE, {.now = page_echo}, BODY_NONE},
};

/* ---- the host */

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

/* X-User: 7 is somebody with a session; 8 one who may nothing. */
static bool may(void *ctx, const struct http_request *r, enum right right, struct ask *a)
{
    (void)ctx;
    struct sam_span user = http_header(r, "x-user");
    a->session = user.len == 1 ? (uint64_t)(user.ptr[0] - '0') : 0;
    a->who = (struct login_session){.state = LOGIN_OPEN, .role_count = 1, .role = {{.role = ACCOUNT_ADMIN}}};
    return right == RIGHT_NONE || a->session == 7;
}

static int take(void *ctx, struct ask *a)
{
    struct world *w = ctx;
    if (w->busy)
        return SAM_EBUSY;
    assert_true(w->working < ASKS_MAX);
    w->at_work[w->working++] = a;
    return 0;
}

static void wake(void *line)
{
    ((struct world *)line)->woken++;
}

/* The oldest ask that is at work, as its thread would do it. */
static void work(struct world *w)
{
    assert_true(w->working > 0);
    struct ask *a = w->at_work[0];
    w->working--;
    for (unsigned i = 0; i < w->working; i++)
        w->at_work[i] = w->at_work[i + 1];
    int err = a->route->handler.read ? ask_read(a, w->reader) : 0;
    if (a->route->handler.write) {
        assert_int_equal(store_begin(intake_store(w->in)), 0);
        err = ask_write(a, w->in);
        assert_int_equal(store_commit(intake_store(w->in)), 0);
    }
    console_answered(a, err);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct intake_config config = {.now_s = clock_s};
    struct console_config console = {.host = {w, clock_s, never, may, take, take},
                                     .routes = routes,
                                     .route_count = sizeof routes / sizeof *routes,
                                     .wake = wake};
    *state = w;
    assert_true(scratch_folder(w->folder, sizeof w->folder, "console"));
    snprintf(w->path, sizeof w->path, "%s/s.db", w->folder);
    config.store_path = w->path;
    assert_int_equal(intake_open(&w->in, &config, true), 0);
    assert_int_equal(store_reader_open(&w->reader, w->path), 0);
    console_limits_defaults(&console.limits);
    console.limits.events = 2;
    assert_int_equal(console_open(&w->c, &console), 0);
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    char judging[128];
    console_close(w->c);
    store_close(w->reader);
    intake_close(w->in);
    snprintf(judging, sizeof judging, "%s.judging", w->path);
    unlink(judging);
    unlink(w->path);
    rmdir(w->folder);
    free(w);
    return 0;
}

/* ---- a line */

struct line {
    struct peer *p;
    struct sam_buf in, out;
    int end; /* as console_out said last */
};

static void line_open(struct world *w, struct line *l)
{
    memset(l, 0, sizeof *l);
    sam_buf_init(&l->in, 16u << 20);
    sam_buf_init(&l->out, 4u << 20);
    l->p = console_new(w->c, w, "192.0.2.7", 0);
    assert_non_null(l->p);
}

static void line_close(struct line *l)
{
    console_free(l->p);
    sam_buf_fini(&l->in);
    sam_buf_fini(&l->out);
}

static void line_turn(struct line *l, uint64_t now_ms)
{
    bool moved;
    do {
        moved = console_feed(l->p, &l->in, now_ms);
        l->end = console_out(l->p, &l->out, now_ms);
    } while (l->end >= 0 && (moved || l->end));
}

static void say(struct line *l, const char *text)
{
    assert_int_equal(sam_buf_add(&l->in, text, strlen(text)), 0);
    line_turn(l, 0);
}

/* What came since the last time, as text. */
static const char *heard(struct line *l)
{
    assert_int_equal(sam_buf_add(&l->out, "", 1), 0);
    const char *text = (const char *)sam_buf_peek(&l->out).ptr;
    l->out.start = l->out.end = 0;
    return text;
}

static unsigned status_of(const char *answer)
{
    assert_true(strncmp(answer, "HTTP/1.1 ", 9) == 0);
    return (unsigned)strtoul(answer + 9, NULL, 10);
}

static const char *body_of(const char *answer)
{
    const char *at = strstr(answer, "\r\n\r\n");
    assert_non_null(at);
    return at + 4;
}

/* One request on a line of its own: its status. */
static unsigned asked(struct world *w, const char *text)
{
    struct line l;
    line_open(w, &l);
    say(&l, text);
    while (w->working) {
        work(w);
        line_turn(&l, 0);
    }
    unsigned status = status_of(heard(&l));
    line_close(&l);
    return status;
}

/* ---- who may ask what */

static void rights_are_asked_first(void **state)
{
    struct world *w = *state;
    assert_int_equal(asked(w, "GET /api/overview HTTP/1.1\r\n" HOST "\r\n"), 401);
    assert_int_equal(asked(w, "GET /api/overview HTTP/1.1\r\n" HOST "X-User: 8\r\n\r\n"), 403);
    assert_int_equal(asked(w, "GET /api/overview HTTP/1.1\r\n" HOST USER "\r\n"), 200);
    assert_int_equal(asked(w, "HEAD /api/overview HTTP/1.1\r\n" HOST "\r\n"), 401);
    assert_int_equal(asked(w, "GET /api/gone HTTP/1.1\r\n" HOST "\r\n"), 404);
    assert_int_equal(asked(w, "GET /api/broken HTTP/1.1\r\n" HOST "\r\n"), 500);
    w->busy = true;
    assert_int_equal(asked(w, "GET /api/overview HTTP/1.1\r\n" HOST USER "\r\n"), 503);
    struct line l;
    line_open(w, &l);
    say(&l, "GET /api/overview HTTP/1.1\r\n" HOST USER "\r\n");
    assert_non_null(strstr(heard(&l), "\r\nRetry-After: 2\r\n"));
    line_close(&l);
}

static void changes_come_from_our_own_pages(void **state)
{
    struct world *w = *state;
#define WRITE "POST /api/write/5 HTTP/1.1\r\n" HOST USER
#define BODY JSON "Content-Length: 2\r\n\r\n{}"
    assert_int_equal(asked(w, WRITE BODY), 403);
    assert_int_equal(asked(w, WRITE OURS BODY), 200);
    assert_int_equal(asked(w, WRITE "Sec-Fetch-Site: same-site\r\n" BODY), 403);
    assert_int_equal(asked(w, WRITE "Sec-Fetch-Site: none\r\n" BODY), 403);
    assert_int_equal(asked(w, WRITE "Sec-Fetch-Site: cross-site\r\nOrigin: https://a.no\r\n" BODY), 403);
    assert_int_equal(asked(w, WRITE "Origin: https://a.no\r\n" BODY), 200);
    assert_int_equal(asked(w, WRITE "Origin: http://a.no\r\n" BODY), 403);
    assert_int_equal(asked(w, WRITE "Origin: https://a.no.evil\r\n" BODY), 403);
    assert_int_equal(asked(w, WRITE "Origin: null\r\n" BODY), 403);
    assert_int_equal(asked(w, WRITE OURS "Content-Length: 2\r\n\r\n{}"), 415);
    assert_int_equal(asked(w, WRITE OURS "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}"), 415);
    assert_int_equal(
        asked(w, WRITE OURS "Content-Type: application/json; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}"), 200);
    assert_int_equal(asked(w, "POST /api/write/5 HTTP/1.1\r\n" HOST OURS BODY), 401);
    assert_int_equal(store_meta_num(intake_store(w->in), "test", 0), 5);
}

static void numbers_of_an_address_are_checked(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *path;
        unsigned status;
        const char *body;
    } rows[] = {
        {"/echo/1/of/2", 200, "{\"id\":\"1\",\"second\":\"2\",\"name\":\"\",\"q\":\"\",\"body\":0}"},
        {"/echo/9223372036854775807/of/2?x&q=%20&r", 200,
         "{\"id\":\"9223372036854775807\",\"second\":\"2\",\"name\":\"\",\"q\":\"%20\",\"body\":0}"},
        {"/echo/9223372036854775808/of/2", 404, NULL},
        {"/echo/99999999999999999999/of/2", 404, NULL},
        {"/echo/0/of/2", 404, NULL},
        {"/echo/01/of/2", 404, NULL},
        {"/echo/-1/of/2", 404, NULL},
        {"/echo/1a/of/2", 404, NULL},
        {"/echo//of/2", 404, NULL},
        {"/echo/1/of/2/", 404, NULL},
        {"/named/app.js", 200, "{\"id\":\"0\",\"second\":\"0\",\"name\":\"app.js\",\"q\":\"\",\"body\":0}"},
        {"/named/App.js", 404, NULL},
        {"/named/%2e%2e", 404, NULL},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[256];
        struct line l;
        line_open(w, &l);
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST "\r\n", rows[i].path);
        say(&l, text);
        const char *answer = heard(&l);
        assert_int_equal(status_of(answer), rows[i].status);
        if (rows[i].body)
            assert_string_equal(body_of(answer), rows[i].body);
        line_close(&l);
    }
    struct line l;
    line_open(w, &l);
    say(&l, "PUT /echo/1/of/2 HTTP/1.1\r\n" HOST "\r\n");
    const char *answer = heard(&l);
    assert_int_equal(status_of(answer), 405);
    assert_non_null(strstr(answer, "\r\nAllow: GET, HEAD, DELETE\r\n"));
    line_close(&l);
}

/* A body of ${n} bytes announced and sent: the status; ${sent}: how much of it, before the answer is looked at. */
static unsigned sends(struct world *w, const char *head, size_t n, size_t sent)
{
    struct line l;
    char text[512];
    line_open(w, &l);
    snprintf(text, sizeof text, "%sContent-Length: %zu\r\n\r\n", head, n);
    say(&l, text);
    char *body = calloc(1, sent + 1);
    assert_non_null(body);
    memset(body, 'x', sent);
    if (l.end >= 0)
        say(&l, body);
    free(body);
    unsigned status = sam_buf_len(&l.out) ? status_of(heard(&l)) : 0;
    line_close(&l);
    return status;
}

static void bodies_have_the_limit_of_their_page(void **state)
{
    struct world *w = *state;
    assert_int_equal(sends(w, "POST /login HTTP/1.1\r\n" HOST OURS JSON, 16384, 16384), 200);
    assert_int_equal(sends(w, "POST /login HTTP/1.1\r\n" HOST OURS JSON, 16384, 16383), 0);
    assert_int_equal(sends(w, "POST /login HTTP/1.1\r\n" HOST OURS JSON, 16385, 0), 413);
    assert_int_equal(
        sends(w, "POST /api/import HTTP/1.1\r\n" HOST OURS USER "Content-Type: text/csv\r\n", 8u << 20, 8u << 20), 200);
    assert_int_equal(
        sends(w, "POST /api/import HTTP/1.1\r\n" HOST OURS USER "Content-Type: text/csv\r\n", (8u << 20) + 1, 0), 413);
    assert_int_equal(sends(w, "POST /api/import HTTP/1.1\r\n" HOST OURS "Content-Type: text/csv\r\n", 8u << 20, 0),
                     401);
    assert_int_equal(sends(w, "POST /api/write/1 HTTP/1.1\r\n" HOST OURS USER JSON, (1u << 20) + 1, 0), 413);
    assert_int_equal(sends(w, "GET /api/overview HTTP/1.1\r\n" HOST USER, 1, 0), 413);
}

static void who_waits_is_told_to_go_on(void **state)
{
    struct world *w = *state;
    struct line l;
    line_open(w, &l);
    say(&l, "POST /login HTTP/1.1\r\n" HOST OURS JSON "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    assert_string_equal(heard(&l), "HTTP/1.1 100 Continue\r\n\r\n");
    say(&l, "{}");
    assert_int_equal(status_of(heard(&l)), 200);
    line_close(&l);
}

/* ---- order, and other threads */

static void answers_leave_in_order(void **state)
{
    struct world *w = *state;
    struct line l;
    line_open(w, &l);
    say(&l, "GET /api/overview HTTP/1.1\r\n" HOST USER "\r\nGET /echo/1/of/2 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(w->working, 1);
    assert_int_equal(sam_buf_len(&l.out), 0); /* the second waits for the first */
    assert_true(sam_buf_len(&l.in) > 0);
    work(w);
    assert_int_equal(w->woken, 1);
    line_turn(&l, 0);
    const char *both = heard(&l), *first = strstr(both, "\"clinics\":[],\"open_cases\":0,");
    assert_non_null(first);
    assert_non_null(strstr(first, "\"second\":\"2\""));
    line_close(&l);
}

static void whoever_leaves_is_not_answered(void **state)
{
    struct world *w = *state;
    struct line l;
    line_open(w, &l);
    say(&l, "GET /api/overview HTTP/1.1\r\n" HOST USER "\r\n");
    line_close(&l);
    work(w);
    assert_int_equal(w->woken, 0);
}

static void an_answer_goes_out_as_there_is_room(void **state)
{
    struct world *w = *state;
    struct line l;
    char all[8192];
    size_t n = 0;
    line_open(w, &l);
    sam_buf_fini(&l.out);
    sam_buf_init(&l.out, 7);
    say(&l, "GET /echo/1/of/2 HTTP/1.1\r\n" HOST "\r\n");
    while (sam_buf_len(&l.out)) {
        struct sam_span part = sam_buf_peek(&l.out);
        memcpy(all + n, part.ptr, part.len);
        n += part.len;
        sam_buf_clear(&l.out);
        console_out(l.p, &l.out, 0);
    }
    all[n] = 0;
    assert_int_equal(status_of(all), 200);
    assert_string_equal(body_of(all), "{\"id\":\"1\",\"second\":\"2\",\"name\":\"\",\"q\":\"\",\"body\":0}");
    line_close(&l);
}

static void who_does_not_take_his_answer_is_closed(void **state)
{
    struct world *w = *state;
    struct line l;
    line_open(w, &l);
    sam_buf_fini(&l.out);
    sam_buf_init(&l.out, 100);
    sam_buf_add(&l.in, "GET /echo/1/of/2 HTTP/1.1\r\n" HOST "\r\n",
                strlen("GET /echo/1/of/2 HTTP/1.1\r\n" HOST "\r\n"));
    line_turn(&l, 1000); /* 100 bytes are out: 200 ms more */
    assert_int_equal(console_tick(l.p, 31200, 0), 0);
    assert_int_equal(console_tick(l.p, 31201, 0), SAM_ETIMEOUT);
    line_close(&l);
}

/* ---- news */

static void streams_are_told_once_and_stay_alive(void **state)
{
    struct world *w = *state;
    struct line l;
    line_open(w, &l);
    say(&l, "GET /api/events HTTP/1.1\r\n" HOST USER "\r\n");
    const char *head = heard(&l);
    assert_int_equal(status_of(head), 200);
    assert_non_null(strstr(head, "\r\nContent-Type: text/event-stream\r\n"));
    assert_non_null(strstr(head, "\r\nCache-Control: no-store\r\n"));
    assert_null(strstr(head, "Content-Length"));
    assert_string_equal(body_of(head), "retry: 5000\n\n");
    console_changed(w->c);
    console_changed(w->c); /* the first has not been taken: one is enough */
    assert_int_equal(w->woken, 2);
    line_turn(&l, 1000);
    assert_string_equal(heard(&l), "event: changed\ndata: {}\n\n");
    assert_int_equal(console_tick(l.p, 15999, 0), 0);
    line_turn(&l, 15999);
    assert_int_equal(sam_buf_len(&l.out), 0);
    assert_int_equal(console_tick(l.p, 16000, 0), 0);
    line_turn(&l, 16000);
    assert_string_equal(heard(&l), ":\n\n");
    say(&l, "GET /api/overview HTTP/1.1\r\n" HOST USER "\r\n"); /* nothing is heard on it any more */
    assert_int_equal(w->working, 0);
    console_changed(w->c);
    assert_int_equal(console_tick(l.p, 20000, 0), 0);
    assert_int_equal(console_tick(l.p, 50001, 0), SAM_ETIMEOUT); /* it is not taken */
    line_close(&l);
}

static void streams_are_few(void **state)
{
    struct world *w = *state;
    struct line l[4];
    for (unsigned i = 0; i < 4; i++) {
        line_open(w, &l[i]);
        say(&l[i], "GET /api/events HTTP/1.1\r\n" HOST USER "\r\n");
        assert_int_equal(status_of(heard(&l[i])), i < 2 ? 200 : 503);
    }
    line_close(&l[0]);
    say(&l[3], "GET /api/events HTTP/1.1\r\n" HOST USER "\r\n");
    assert_int_equal(status_of(heard(&l[3])), 200);
    for (unsigned i = 1; i < 4; i++)
        line_close(&l[i]);
}

static void who_asks_for_the_head_of_a_stream_gets_no_more(void **state)
{
    struct world *w = *state;
    struct line l;
    line_open(w, &l);
    say(&l, "HEAD /api/events HTTP/1.1\r\n" HOST USER "\r\n");
    assert_string_equal(body_of(heard(&l)), "");
    assert_int_equal(l.end, SAM_ECLOSED);
    console_changed(w->c);
    assert_int_equal(w->woken, 0);
    line_close(&l);
}

/* The head grows, and moves, before its fault is seen: what was read of it so far must still be there. */
static void a_refusal_knows_the_address_to_the_end(void **state)
{
    struct world *w = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct line l;
        char text[6000];
        int n = snprintf(text, sizeof text, "GET %s?q=1 HTTP/1.1\r\n" HOST "X: ", i ? "/api/x" : "/x");
        line_open(w, &l);
        memset(text + n, 'a', 5000);
        snprintf(text + n + 5000, sizeof text - (size_t)n - 5000, "\r\n bad\r\n");
        say(&l, text);
        const char *answer = heard(&l);
        assert_int_equal(status_of(answer), 400);
        assert_int_equal(strstr(answer, "application/json") != NULL, i);
        assert_int_equal(l.end, SAM_ECLOSED);
        line_close(&l);
    }
}

/* ---- what is answered later, and what is over */

static void an_answer_may_come_later(void **state)
{
    struct world *w = *state;
    struct line l;
    line_open(w, &l);
    say(&l, "GET /later/1 HTTP/1.1\r\n" HOST "\r\n");
    assert_int_equal(sam_buf_len(&l.out), 0);
    assert_int_equal(console_tick(l.p, 1000000, 0), 0); /* it is not the peer that is awaited */
    console_answered(awaited, page_echo(awaited));
    assert_int_equal(w->woken, 1);
    line_turn(&l, 0);
    assert_int_equal(status_of(heard(&l)), 200);
    say(&l, "GET /later/2 HTTP/1.1\r\n" HOST "\r\nGET /later/3 HTTP/1.1\r\n" HOST "\r\n");
    const char *both = heard(&l);
    assert_int_equal(status_of(both), 200);
    assert_int_equal(status_of(strstr(both + 1, "HTTP/1.1")), 503);
    line_close(&l);
}

static void a_session_that_is_over_ends_its_lines(void **state)
{
    struct world *w = *state;
    struct line stream, working, other, out;
    line_open(w, &stream);
    line_open(w, &working);
    line_open(w, &other);
    line_open(w, &out);
    say(&stream, "GET /api/events HTTP/1.1\r\n" HOST USER "\r\n");
    say(&working, "GET /api/overview HTTP/1.1\r\n" HOST USER "\r\n");
    say(&other, "GET /echo/1/of/2 HTTP/1.1\r\n" HOST "X-User: 8\r\n\r\n");
    heard(&stream);
    heard(&other);
    console_changed(w->c); /* not taken yet: it is dropped */
    logged_out = w->c;
    say(&out, "POST /logout HTTP/1.1\r\n" HOST USER OURS "\r\nGET /echo/1/of/2 HTTP/1.1\r\n" HOST "\r\n");
    const char *answer = heard(&out);
    assert_int_equal(status_of(answer), 200);
    assert_null(strstr(answer + 1, "HTTP/1.1"));
    assert_int_equal(out.end, SAM_ECLOSED);
    line_turn(&stream, 0);
    line_turn(&working, 0);
    line_turn(&other, 0);
    assert_int_equal(stream.end, SAM_ECLOSED);
    assert_int_equal(sam_buf_len(&stream.out), 0);
    assert_int_equal(working.end, SAM_ECLOSED);
    assert_int_equal(other.end, 0);
    work(w); /* nobody waits for it any more */
    assert_int_equal(sam_buf_len(&working.out), 0);
    line_close(&stream);
    line_close(&working);
    line_close(&other);
    line_close(&out);
}

static void what_looks_for_faults_finds_its_way_in(void **state)
{
    (void)state;
    static const char some[] = "GET / HTTP/1.1\r\n" HOST "\r\nGET /web/app.js HTTP/1.1\r\n" HOST "\r\n\xff";
    for (size_t n = 0; n < sizeof some; n++)
        console_try((const uint8_t *)some, n);
    static const char login[] =
        "POST /api/login HTTP/1.1\r\n" HOST "Sec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n"
        "Content-Length: 27\r\n\r\n{\"name\":\"a\",\"password\":\"b\"}"
        "GET /api/session HTTP/1.1\r\n" HOST "Cookie: __Host-sid=0\r\n\r\n";
    console_try((const uint8_t *)login, sizeof login - 1); /* nobody can come in, and nothing falls over it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rights_are_asked_first, setup, teardown),
        cmocka_unit_test_setup_teardown(changes_come_from_our_own_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_of_an_address_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(bodies_have_the_limit_of_their_page, setup, teardown),
        cmocka_unit_test_setup_teardown(who_waits_is_told_to_go_on, setup, teardown),
        cmocka_unit_test_setup_teardown(answers_leave_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(whoever_leaves_is_not_answered, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_goes_out_as_there_is_room, setup, teardown),
        cmocka_unit_test_setup_teardown(who_does_not_take_his_answer_is_closed, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_are_told_once_and_stay_alive, setup, teardown),
        cmocka_unit_test_setup_teardown(streams_are_few, setup, teardown),
        cmocka_unit_test_setup_teardown(who_asks_for_the_head_of_a_stream_gets_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_knows_the_address_to_the_end, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_may_come_later, setup, teardown),
        cmocka_unit_test_setup_teardown(a_session_that_is_over_ends_its_lines, setup, teardown),
        cmocka_unit_test(what_looks_for_faults_finds_its_way_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
