/* Goal: whoever connects gets an answer or an end, within his share and his time, and the loop closes clean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/sync/sync.h"
#include "proto/wire/cert.h"
#include "proto/wire/crypto.h"
#include "server/net/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SHARE 3
#define JOINS 4

struct world {
    char folder[64], path[96];
    uint8_t pin[SAM_CERT_PIN_BYTES];
    struct intake *in;
    struct store *reader;
    uv_loop_t loop;
    struct writer *w;
    struct listener *l;
    struct sam_tls_config *tls, *client_tls;
    uv_async_t over;
    uint16_t port;
    int result;
};

static int64_t clock_s(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
}

static void fatal(void *ctx, int err)
{
    (void)ctx;
    (void)err;
    abort();
}

static void drained(void *ctx)
{
    struct world *w = ctx;
    if (w->l)
        listener_drained(w->l);
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
    snprintf(w->folder, sizeof w->folder, "/tmp/samling-listener-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    snprintf(w->path, sizeof w->path, "%s/s.db", w->folder);
    config.store_path = w->path;
    assert_int_equal(intake_open(&w->in, &config, true), 0);
    assert_int_equal(store_reader_open(&w->reader, w->path), 0);
    assert_int_equal(uv_loop_init(&w->loop), 0);
    tls_make(w);
    struct writer_config wc = {.intake = w->in, .loop = &w->loop, .drained = drained, .fatal = fatal, .ctx = w};
    assert_int_equal(writer_start(&w->w, &wc), 0);
    listener_defaults(&lc);
    lc.loop = &w->loop;
    lc.writer = w->w;
    lc.reader = w->reader;
    lc.tls = w->tls;
    lc.host = "127.0.0.1";
    lc.port = 0;
    lc.epoch = intake_epoch(w->in);
    lc.handshakes_per_address_max = SHARE;
    lc.joins_per_minute = JOINS;
    lc.handshake_ms = 500;
    assert_int_equal(listener_open(&w->l, &lc), 0);
    w->port = listener_port(w->l);
    assert_int_not_equal(w->port, 0);
    return 0;
}

static void closed(void *ctx)
{
    struct world *w = ctx;
    w->l = NULL;
    writer_stop(w->w);
}

static int teardown(void **state)
{
    struct world *w = *state;
    char judging[128];
    listener_close(w->l, closed, w);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    assert_null(w->l);
    assert_int_equal(uv_loop_close(&w->loop), 0);
    sam_tls_config_free(w->tls);
    sam_tls_config_free(w->client_tls);
    store_close(w->reader);
    intake_close(w->in);
    snprintf(judging, sizeof judging, "%s.judging", w->path);
    unlink(judging);
    unlink(w->path);
    rmdir(w->folder);
    free(w);
    return 0;
}

/* ---- a client in a thread of its own, while the loop runs here. It reports a number: 0 is what was hoped for. */

static void over_cb(uv_async_t *async)
{
    uv_close((uv_handle_t *)async, NULL);
    uv_stop(async->loop);
}

struct client {
    struct world *w;
    int (*act)(struct world *w);
};

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

static int dial(const struct world *w)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(w->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = 5};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* true: the other side ended it within ${wait_ms}. */
static bool ends(int fd, long wait_ms)
{
    struct timeval wait = {wait_ms / 1000, wait_ms % 1000 * 1000};
    uint8_t mem[512];
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    ssize_t n;
    while ((n = recv(fd, mem, sizeof mem, 0)) > 0)
        continue;
    return n == 0 || errno == ECONNRESET;
}

static int rubbish(struct world *w)
{
    int fd = dial(w);
    if (send(fd, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL) != 18 || !ends(fd, 400))
        return 1;
    close(fd);
    return 0;
}

/* Whoever is above the share of the address hears nothing, until one of the first has gone; then it is its turn. */
static int too_many(struct world *w)
{
    int fd[SHARE + 2], bad = 0;
    for (unsigned i = 0; i < SHARE + 2; i++)
        fd[i] = dial(w);
    for (unsigned i = 0; i < SHARE + 2; i++)
        bad += send(fd[i], "GET / HTTP/1.0\r\n\r\n", i < SHARE ? 3 : 18, MSG_NOSIGNAL) < 3;
    for (unsigned i = 0; i < SHARE + 2; i++)
        bad += ends(fd[i], 30);
    for (unsigned i = 0; i < SHARE; i++)
        close(fd[i]);
    for (unsigned i = SHARE; i < SHARE + 2; i++) {
        bad += !ends(fd[i], 400);
        close(fd[i]);
    }
    return bad;
}

static int too_slow(struct world *w)
{
    int fd = dial(w);
    int bad = ends(fd, 300) ? 1 : ends(fd, 4000) ? 0 : 2;
    close(fd);
    return bad;
}

/* ---- a client that speaks TLS */

struct line {
    int fd;
    struct sam_tls *tls;
    struct sam_tls_config *config;
    struct sam_buf in, out, plain;
};

/* Go on with what is here, send what comes of it. */
static int line_turn(struct line *t)
{
    int err = sam_tls_pump(t->tls, &t->in, &t->out);
    while (sam_buf_len(&t->out)) {
        ssize_t n = send(t->fd, sam_buf_peek(&t->out).ptr, sam_buf_len(&t->out), MSG_NOSIGNAL);
        if (n <= 0)
            return SAM_ECLOSED;
        sam_buf_consume(&t->out, (size_t)n);
    }
    return err;
}

static int line_wait(struct line *t)
{
    uint8_t mem[4096];
    ssize_t n = recv(t->fd, mem, sizeof mem, 0);
    int err = n <= 0 ? SAM_ECLOSED : sam_tls_feed(t->tls, mem, (size_t)n);
    return err ? err : line_turn(t);
}

static int line_open(struct line *t, struct world *w, const char *alpn)
{
    memset(t, 0, sizeof *t);
    sam_buf_init(&t->in, 1 << 17);
    sam_buf_init(&t->out, 1 << 17);
    sam_buf_init(&t->plain, 1 << 17);
    int err = sam_tls_config_client_new(&t->config, w->pin, 1, NULL, 0, alpn);
    if (!err)
        err = sam_tls_new(&t->tls, t->config, NULL);
    t->fd = dial(w);
    if (!err)
        err = line_turn(t);
    while (!err && sam_tls_state(t->tls) == SAM_TLS_HANDSHAKE)
        err = line_wait(t);
    return err == SAM_ECLOSED && sam_tls_alpn(t->tls) ? 0 : err; /* the other side may say farewell at once */
}

static void line_close(struct line *t)
{
    close(t->fd);
    sam_tls_free(t->tls);
    sam_tls_config_free(t->config);
    sam_buf_fini(&t->in);
    sam_buf_fini(&t->out);
    sam_buf_fini(&t->plain);
}

static int line_say(struct line *t)
{
    int err = sam_tls_write(t->tls, sam_buf_peek(&t->plain).ptr, sam_buf_len(&t->plain), &t->out);
    sam_buf_clear(&t->plain);
    return err ? err : line_turn(t);
}

/* The code of the ERROR that comes, or a negative code. */
static int line_error(struct line *t)
{
    for (;;) {
        struct sam_frame f;
        size_t used;
        int err = sam_frame_decode(sam_buf_peek(&t->in), &f, &used);
        if (err == SAM_EAGAIN) {
            err = line_wait(t);
            if (err && sam_buf_len(&t->in) == 0)
                return err;
            continue;
        }
        if (err)
            return err;
        struct sam_error e;
        err = f.kind == SAM_FRAME_ERROR ? sam_error_decode(f.body, &e) : SAM_EPROTO;
        sam_buf_consume(&t->in, used);
        return err ? err : (int)e.code;
    }
}

/* Tries an invite that nobody made: the code of the ERROR, or a negative number. */
static int try_invite(struct world *w)
{
    struct line t;
    struct sam_sync_ops none = {0};
    struct sam_join j = {
        .protocol = 1, .schema = 1, .code_len = SAM_CODE_BYTES, .key_len = SAM_KEY_BYTES, .label = "x"};
    int bad = line_open(&t, w, SAM_TLS_ALPN_SYNC) ? -1 : 0;
    struct sam_zip *zip = sam_zip_new();
    struct sam_sync *s = sam_sync_new(SAM_ROLE_DEVICE, &none, NULL, zip, &t.plain);
    if (!bad)
        bad = sam_sync_send_join(s, &j, NULL) || line_say(&t) ? -2 : 0;
    if (!bad)
        bad = line_error(&t);
    if (bad > 0 && !ends(t.fd, 1000))
        bad = -4;
    sam_sync_free(s);
    sam_zip_free(zip);
    line_close(&t);
    return bad;
}

static int unknown_code(struct world *w)
{
    return try_invite(w) == SAM_ERROR_CODE_REFUSED ? 0 : 1;
}

static int guessed_codes(struct world *w)
{
    for (int i = 1; i <= JOINS; i++)
        if (try_invite(w) != SAM_ERROR_CODE_REFUSED)
            return i;
    return try_invite(w) == SAM_ERROR_BUSY ? 0 : JOINS + 1;
}

static int bad_frames(struct world *w)
{
    static const struct {
        uint8_t bytes[8];
        unsigned len;
        int code;
    } cases[] = {
        {{0xff, 0xff, 0xff, 0xff, 0x0f}, 5, SAM_ERROR_TOO_BIG}, /* 4 GiB */
        {{0x01, 0x7f}, 2, SAM_ERROR_BAD_FRAME},                 /* an unknown kind */
        {{0x00}, 1, SAM_ERROR_BAD_FRAME},                       /* empty */
        {{0x01, 0x02}, 2, SAM_ERROR_BAD_STATE},                 /* PUSH before HELLO */
        {{0x01, 0x03}, 2, SAM_ERROR_BAD_FRAME},                 /* WELCOME from a device */
        {{0x03, 0x81, 0xff, 0xff}, 4, SAM_ERROR_BAD_FRAME},     /* not deflate */
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct line t;
        int bad = line_open(&t, w, SAM_TLS_ALPN_SYNC) ? 1 : 0;
        if (!bad && sam_buf_add(&t.plain, cases[i].bytes, cases[i].len) == 0 && line_say(&t) == 0)
            bad = line_error(&t) == cases[i].code ? 0 : 2;
        if (!bad)
            bad = ends(t.fd, 1000) ? 0 : 3;
        line_close(&t);
        if (bad)
            return (int)i * 10 + bad;
    }
    return 0;
}

static int other_protocol(struct world *w)
{
    struct line t;
    int bad = line_open(&t, w, SAM_TLS_ALPN_HTTP) ? 1 : 0;
    if (!bad)
        bad = ends(t.fd, 1000) ? 0 : 2;
    line_close(&t);
    return bad;
}

static void rubbish_ends(void **state)
{
    play(*state, rubbish);
}
static void one_address_has_its_share(void **state)
{
    play(*state, too_many);
}
static void a_silent_peer_ends(void **state)
{
    play(*state, too_slow);
}
static void an_unknown_code_is_refused(void **state)
{
    play(*state, unknown_code);
}
static void guessing_codes_is_slowed(void **state)
{
    play(*state, guessed_codes);
}
static void bad_frames_are_named(void **state)
{
    play(*state, bad_frames);
}
static void another_protocol_is_let_go(void **state)
{
    play(*state, other_protocol);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rubbish_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(one_address_has_its_share, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_peer_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_code_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(guessing_codes_is_slowed, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_frames_are_named, setup, teardown),
        cmocka_unit_test_setup_teardown(another_protocol_is_let_go, setup, teardown),
    };
    if (sam_crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
