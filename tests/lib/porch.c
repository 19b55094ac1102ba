#include "tests/lib/porch.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "tests/lib/check.h"
#include "tests/lib/scratch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_S = 30, IDLE_MS = 120000, LINE_BYTES_MAX = 1 << 17, DAY_S = 86400 };

static int64_t clock_s(void *ctx)
{
    (void)ctx;
    return (int64_t)time(NULL);
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

static void drained(void *ctx)
{
    struct porch *p = ctx;
    if (p->listener)
        listener_drained(p->listener);
}

static void tls_make(struct porch *p)
{
    struct sam_cert_pair *pair = calloc(2, sizeof *pair);
    int64_t now_s = (int64_t)time(NULL);
    CHECK(pair);
    CHECK(sam_cert_make_ca(now_s - 60, now_s + DAY_S, &pair[0]) == 0);
    CHECK(sam_cert_make_server(&pair[0], NULL, 0, now_s - 60, now_s + DAY_S, &pair[1]) == 0);
    size_t cert = strlen(pair[1].cert_pem) + 1, key = strlen(pair[1].key_pem) + 1;
    CHECK(sam_tls_config_server_new(&p->tls, pair[1].cert_pem, cert, pair[1].key_pem, key) == 0);
    CHECK(sam_cert_pin(pair[1].cert_pem, cert, p->pin) == 0);
    free(pair);
}

static void web_start(struct porch *p, const struct web_config *given)
{
    struct web_config web = *given;
    CHECK(store_reader_open(&p->web_reader, p->path) == 0);
    web.loop = &p->loop;
    web.writer = p->writer;
    web.reader = p->web_reader;
    web.read_only = never;
    console_limits_defaults(&web.limits);
    web.limits.http.idle_ms = IDLE_MS; /* on a busy machine the first of many lines must wait for the last */
    CHECK(web_open(&p->web, &web) == 0);
}

static void listener_start(struct porch *p, void (*limits)(struct listener_config *))
{
    struct listener_config lc = {0};
    listener_defaults(&lc);
    lc.loop = &p->loop;
    lc.writer = p->writer;
    lc.reader = p->reader;
    lc.tls = p->tls;
    lc.host = "127.0.0.1";
    lc.port = 0;
    lc.epoch = intake_epoch(p->in);
    lc.web = p->web ? web_peers(p->web) : NULL;
    limits(&lc);
    CHECK(listener_open(&p->listener, &lc) == 0);
    p->port = listener_port(p->listener);
}

void porch_open(struct porch *p, void (*limits)(struct listener_config *), const struct web_config *web)
{
    struct intake_config config = {.now_s = clock_s, .store_path = p->path};
    memset(p, 0, sizeof *p);
    CHECK(sam_crypto_start() == 0);
    CHECK(scratch_folder(p->folder, sizeof p->folder, "porch"));
    snprintf(p->path, sizeof p->path, "%s/s.db", p->folder);
    CHECK(intake_open(&p->in, &config, true) == 0 && store_reader_open(&p->reader, p->path) == 0);
    CHECK(uv_loop_init(&p->loop) == 0);
    tls_make(p);
    const struct writer_config writer = {
        .intake = p->in, .loop = &p->loop, .drained = drained, .fatal = fatal, .ctx = p};
    CHECK(writer_start(&p->writer, &writer) == 0);
    if (web)
        web_start(p, web);
    listener_start(p, limits);
}

static void closed(void *ctx)
{
    struct porch *p = ctx;
    p->listener = NULL;
    web_stop(p->web);
    writer_stop(p->writer);
}

void porch_close(struct porch *p)
{
    char judging[128];
    listener_close(p->listener, closed, p);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    CHECK(!p->listener);
    web_close(p->web);
    CHECK(uv_loop_close(&p->loop) == 0);
    sam_tls_config_free(p->tls);
    store_close(p->reader);
    store_close(p->web_reader);
    intake_close(p->in);
    snprintf(judging, sizeof judging, "%s.judging", p->path);
    unlink(judging);
    unlink(p->path);
    rmdir(p->folder);
}

/* ---- somebody outside */

struct client {
    struct porch *porch;
    int (*act)(struct porch *p);
};

static void over_cb(uv_async_t *async)
{
    uv_close((uv_handle_t *)async, NULL);
    uv_stop(async->loop);
}

static void client_thread(void *arg)
{
    struct client *c = arg;
    c->porch->result = c->act(c->porch);
    uv_async_send(&c->porch->over);
}

int porch_play(struct porch *p, int (*act)(struct porch *p))
{
    uv_thread_t thread;
    struct client c = {p, act};
    p->result = -1;
    CHECK(uv_async_init(&p->loop, &p->over, over_cb) == 0);
    CHECK(uv_thread_create(&thread, client_thread, &c) == 0);
    uv_run(&p->loop, UV_RUN_DEFAULT);
    uv_thread_join(&thread);
    return p->result;
}

int porch_dial(const struct porch *p)
{
    struct sockaddr_in addr = {
        .sin_family = AF_INET, .sin_port = htons(p->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    if (connect(fd, (struct sockaddr *)&addr, sizeof addr)) {
        close(fd);
        return -1;
    }
    return fd;
}

/* Go on with what is here, send what comes of it. */
static int turn(struct porch_line *l)
{
    int err = sam_tls_pump(l->tls, &l->in, &l->out);
    while (sam_buf_len(&l->out)) {
        ssize_t n = send(l->fd, sam_buf_peek(&l->out).ptr, sam_buf_len(&l->out), MSG_NOSIGNAL);
        if (n <= 0)
            return SAM_ECLOSED;
        sam_buf_consume(&l->out, (size_t)n);
    }
    return err;
}

int porch_line_wait(struct porch_line *l)
{
    uint8_t mem[4096];
    ssize_t n;
    do
        n = recv(l->fd, mem, sizeof mem, 0);
    while (n < 0 && errno == EINTR); /* a recv with a patience ends where the process was stopped */
    int err = n <= 0 ? SAM_ECLOSED : sam_tls_feed(l->tls, mem, (size_t)n);
    return err ? err : turn(l);
}

int porch_line_say(struct porch_line *l, struct sam_span bytes)
{
    int err = sam_tls_write(l->tls, bytes.ptr, bytes.len, &l->out);
    return err ? err : turn(l);
}

int porch_line_open(struct porch_line *l, const struct porch *p, const char *alpn)
{
    memset(l, 0, sizeof *l);
    sam_buf_init(&l->in, LINE_BYTES_MAX);
    sam_buf_init(&l->out, LINE_BYTES_MAX);
    l->fd = porch_dial(p);
    int err = l->fd < 0 ? SAM_EIO : sam_tls_config_client_new(&l->config, p->pin, 1, NULL, 0, alpn);
    if (!err)
        err = sam_tls_new(&l->tls, l->config, NULL);
    if (!err)
        err = turn(l);
    while (!err && sam_tls_state(l->tls) == SAM_TLS_HANDSHAKE)
        err = porch_line_wait(l);
    return err == SAM_ECLOSED && sam_tls_alpn(l->tls) ? 0 : err;
}

void porch_line_close(struct porch_line *l)
{
    if (l->fd >= 0)
        close(l->fd);
    sam_tls_free(l->tls);
    sam_tls_config_free(l->config);
    sam_buf_fini(&l->in);
    sam_buf_fini(&l->out);
}
