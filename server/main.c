/* samlingd: parse, open, listen, run, close in reverse. */
#include "app_files.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/cert.h"
#include "proto/wire/crypto.h"
#include "server/admin/cli.h"
#include "server/admin/guide.h"
#include "server/admin/log_out.h"
#include "server/admin/metrics_port.h"
#include "server/admin/notify.h"
#include "server/admin/socket.h"
#include "server/admin/verbs_config.h"
#include "server/admin/words.h"
#include "server/console/account.h"
#include "server/desk.h"
#include "server/net/limit.h"
#include "server/net/listener.h"
#include "server/web.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXIT_STORAGE 70
#define LIVE_MAX 17u

struct live {
    struct verb_live figure[LIVE_MAX];
    struct verb_histogram commits;
};

struct server {
    struct verb_context *verb;
    uv_loop_t loop;
    uv_signal_t term, interrupt;
    struct intake *intake;
    struct store *reader, *metrics_reader, *web_reader, *accounts;
    struct sam_tls_config *tls;
    struct writer *writer;
    struct web *web;
    struct listener *listener;
    struct admin_socket *socket;
    struct metrics_port *metrics;
    struct notify *notify;
    struct live live; /* as the metrics port asked last */
    struct guide guide;
    struct console_limits web_limits;
    bool stopping;
};

/* ---- what the parts tell each other */

static void touched(void *ctx, const struct touches *touches)
{
    struct server *s = ctx;
    if (s->listener)
        listener_touched(s->listener, touches);
    if (s->web)
        web_touched(s->web);
}

static void drained(void *ctx)
{
    struct server *s = ctx;
    if (s->listener)
        listener_drained(s->listener);
}

static void fatal(void *ctx, int err)
{
    (void)ctx;
    sam_log(SAM_LOG_ERROR, "ending", "err=%s code=%d", sam_err_name(err), EXIT_STORAGE);
    _exit(EXIT_STORAGE);
}

static void devices_changed(void *ctx)
{
    struct server *s = ctx;
    if (s->listener)
        listener_devices_changed(s->listener);
    if (s->web)
        web_touched(s->web);
}

struct verb_job {
    struct writer_job job;
    struct server *server;
    struct admin_request *request;
    struct live live;
};

static int verb_job_run(struct writer_job *job, struct intake *in)
{
    return admin_request_run(((struct verb_job *)job)->request, in);
}

static void verb_job_done(struct writer_job *job, int err)
{
    struct verb_job *j = (struct verb_job *)job;
    if (!err && admin_request_verb(j->request)->verb->devices)
        devices_changed(j->server);
    if (j->server->web)
        web_accounts_changed(j->server->web);
    admin_request_done(j->request, err);
    free(j);
}

static void live_read(const struct server *s, struct live *live)
{
    struct writer_counters w;
    struct listener_counters l;
    struct rusage use;
    writer_counters(s->writer, &w);
    listener_counters(s->listener, &l);
    getrusage(RUSAGE_SELF, &use);
    const struct verb_live all[LIVE_MAX] = {
        {"port", SAM_TEXT_FIGURE_PORT, listener_port(s->listener)},
        {"connections", SAM_TEXT_FIGURE_CONNECTIONS, l.connections},
        {"unproven", SAM_TEXT_FIGURE_UNPROVEN, l.unproven},
        {"held_back", SAM_TEXT_FIGURE_HELD, l.held},
        {"accepted", SAM_TEXT_FIGURE_ACCEPTED, l.accepted},
        {"refused", SAM_TEXT_FIGURE_REFUSED, l.refused},
        {"acks", SAM_TEXT_FIGURE_ACKS, l.acks},
        {"pushes_refused", SAM_TEXT_FIGURE_PUSHES_REFUSED, l.pushes_refused},
        {"read_only", SAM_TEXT_FIGURE_READ_ONLY, l.read_only},
        {"commits", SAM_TEXT_FIGURE_COMMITS, w.commits},
        {"group_ops_median", SAM_TEXT_FIGURE_GROUP, w.group_ops_median},
        {"commit_us", SAM_TEXT_FIGURE_COMMIT_US, w.commit_us},
        {"writer_ops", SAM_TEXT_FIGURE_SINCE_START, w.ops},
        {"checkpoints", SAM_TEXT_FIGURE_CHECKPOINTS, w.checkpoints},
        {"wal_held_kb", SAM_TEXT_FIGURE_WAL_HELD, w.wal_held_bytes / 1024},
        {"failed", SAM_TEXT_FIGURE_FAILED, w.failed},
        {"rss_max_kb", SAM_TEXT_FIGURE_RSS, (uint64_t)use.ru_maxrss},
    };
    memcpy(live->figure, all, sizeof all);
    live->commits =
        (struct verb_histogram){.buckets = WRITER_BUCKETS, .bound_us = writer_bounds_us, .sum_us = w.commit_us};
    memcpy(live->commits.bucket, w.bucket, sizeof w.bucket);
}

static void metrics_live(void *ctx, struct metrics_live *out)
{
    struct server *s = ctx;
    live_read(s, &s->live);
    *out = (struct metrics_live){s->live.figure, LIVE_MAX, &s->live.commits};
}

static void submit(void *ctx, struct admin_request *r)
{
    struct server *s = ctx;
    struct verb_job *j = calloc(1, sizeof *j);
    if (!j) {
        admin_request_done(r, SAM_ENOMEM);
        return;
    }
    j->job = (struct writer_job){.run = verb_job_run, .done = verb_job_done, .bytes = sizeof *j, .alone = true};
    j->server = s;
    j->request = r;
    live_read(s, &j->live);
    admin_request_verb(r)->live = j->live.figure;
    admin_request_verb(r)->live_count = LIVE_MAX;
    admin_request_verb(r)->commits = &j->live.commits;
    writer_submit(s->writer, &j->job);
}

/* ---- the console */

static bool web_read_only(void *ctx)
{
    const struct server *s = ctx;
    struct listener_counters l = {0};
    if (s->listener)
        listener_counters(s->listener, &l);
    return l.read_only;
}

static int console_verb(void *ctx, struct ask *a, struct intake *in, int argc, const char *const *argv)
{
    const struct server *s = ctx;
    return desk_verb(s->verb->home, a, in, argc, argv);
}

static int console_look(void *ctx, struct ask *a, struct store *st, int argc, const char *const *argv)
{
    const struct server *s = ctx;
    return desk_look(s->verb->home, a, st, argc, argv);
}

static int console_start(struct server *s)
{
    struct web_config web = {.loop = &s->loop,
                             .writer = s->writer,
                             .limits = s->web_limits,
                             .backup = s->verb->home->backup,
                             .app = app_files,
                             .read_only = web_read_only,
                             .verb = console_verb,
                             .look = console_look,
                             .devices_changed = devices_changed,
                             .ctx = s};
    char host[HOME_HOST_BYTES_MAX], issuer[ACCOUNT_ISSUER_BYTES_MAX + 1];
    int err = store_reader_open(&s->web_reader, s->verb->home->store);
    err = err ? err : store_reader_open(&s->accounts, s->verb->home->store);
    err = err ? err : home_host(s->verb->home, host);
    if (!err)
        snprintf(issuer, sizeof issuer, "samling %.50s", host);
    web.reader = s->web_reader;
    web.accounts = s->accounts;
    web.issuer = issuer;
    return err ? err : web_open(&s->web, &web);
}

/* ---- opening */

static void limits_read(const struct config *from, struct listener_config *c)
{
    c->host = config_text(from, CONFIG_BIND);
    c->port = (uint16_t)config_num(from, CONFIG_PORT);
    c->connections_max = (unsigned)config_num(from, CONFIG_MAX_CONNECTIONS);
    c->connections_per_address_max = (unsigned)config_num(from, CONFIG_CONNECTIONS_PER_ADDRESS);
    c->connections_per_device_max = (unsigned)config_num(from, CONFIG_CONNECTIONS_PER_DEVICE);
    c->handshakes_max = (unsigned)config_num(from, CONFIG_HANDSHAKES);
    c->handshakes_per_address_max = (unsigned)config_num(from, CONFIG_HANDSHAKES_PER_ADDRESS);
    c->handshake_rate = (unsigned)config_num(from, CONFIG_HANDSHAKE_RATE);
    c->handshake_burst = (unsigned)config_num(from, CONFIG_HANDSHAKE_BURST);
    c->joins_per_minute = (unsigned)config_num(from, CONFIG_JOINS_PER_MINUTE);
    c->ops_per_day = config_num(from, CONFIG_OPS_PER_DAY);
    c->handshake_ms = (unsigned)config_num(from, CONFIG_HANDSHAKE_SECONDS) * 1000;
    c->idle_ms = (unsigned)config_num(from, CONFIG_IDLE_SECONDS) * 1000;
    c->ping_ms = (unsigned)config_num(from, CONFIG_PING_SECONDS) * 1000;
    c->stall_ms = (unsigned)config_num(from, CONFIG_STALL_SECONDS) * 1000;
    c->disk_floor_bytes = config_num(from, CONFIG_DISK_FLOOR_MB) << 20;
    c->disk_floor_percent = (unsigned)config_num(from, CONFIG_DISK_FLOOR_PERCENT);
}

static void web_limits_read(const struct config *from, struct listener_config *c, struct console_limits *web)
{
    c->web_max = (unsigned)config_num(from, CONFIG_CONSOLE_CONNECTIONS);
    c->web_per_address_max = (unsigned)config_num(from, CONFIG_CONSOLE_PER_ADDRESS);
    web->http.line_bytes = (uint32_t)config_num(from, CONFIG_HTTP_LINE_KB) << 10;
    web->http.head_bytes = (uint32_t)config_num(from, CONFIG_HTTP_HEAD_KB) << 10;
    web->http.headers = (uint32_t)config_num(from, CONFIG_HTTP_HEADERS);
    web->http.head_ms = (uint32_t)config_num(from, CONFIG_HTTP_HEAD_SECONDS) * 1000;
    web->http.body_ms = (uint32_t)config_num(from, CONFIG_HTTP_BODY_SECONDS) * 1000;
    web->http.idle_ms = (uint32_t)config_num(from, CONFIG_HTTP_IDLE_SECONDS) * 1000;
    web->http.rate_bytes_per_s = (uint32_t)config_num(from, CONFIG_HTTP_RATE);
    web->http.requests = (uint32_t)config_num(from, CONFIG_HTTP_REQUESTS);
    web->body_bytes = config_num(from, CONFIG_HTTP_BODY_KB) << 10;
    web->import_bytes = config_num(from, CONFIG_HTTP_IMPORT_MB) << 20;
    web->events = (uint32_t)config_num(from, CONFIG_CONSOLE_EVENTS);
}

/* Descriptors for as many connections as are allowed, or as many connections as there may be descriptors. */
static void descriptors_raise(struct listener_config *c)
{
    enum { OTHERS = 64 };
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r))
        return;
    r.rlim_cur = r.rlim_max;
    setrlimit(RLIMIT_NOFILE, &r);
    if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur > OTHERS && c->connections_max > r.rlim_cur - OTHERS)
        c->connections_max = (unsigned)(r.rlim_cur - OTHERS);
}

static int tls_open(const struct home *home, struct sam_tls_config **out)
{
    struct sam_buf cert, key;
    sam_buf_init(&cert, SAM_CERT_FILE_BYTES_MAX);
    sam_buf_init(&key, SAM_CERT_FILE_BYTES_MAX);
    int err = home_tls(home, &cert, &key);
    if (!err)
        err = sam_tls_config_server_new(out, sam_buf_peek(&cert).ptr, sam_buf_len(&cert), sam_buf_peek(&key).ptr,
                                        sam_buf_len(&key));
    if (key.mem)
        sam_wipe(key.mem, key.cap);
    sam_buf_fini(&cert);
    sam_buf_fini(&key);
    return err;
}

/* The loop is, or nobody would ask; the write thread may wait for a disk that does not answer. */
static bool server_alive(void *ctx, uint64_t patience_ms)
{
    const struct server *s = ctx;
    return writer_stuck_ms(s->writer) < patience_ms;
}

/* Where the settings name a port for it. */
static int metrics_open(struct server *s, const struct config *config)
{
    struct metrics_port_config metrics = {.loop = &s->loop,
                                          .host = config_text(config, CONFIG_METRICS_BIND),
                                          .port = (uint16_t)config_num(config, CONFIG_METRICS_PORT),
                                          .home = s->verb->home,
                                          .live = metrics_live,
                                          .ctx = s};
    if (metrics.port == 0)
        return VERB_OK;
    int err = store_reader_open(&s->metrics_reader, s->verb->home->store);
    metrics.reader = s->metrics_reader;
    err = err ? err : metrics_port_open(&s->metrics, &metrics);
    if (!err)
        return VERB_OK;
    return verb_refuse(s->verb, SAM_TEXT_ADM_METRICS_PORT, (int)metrics.port, verb_error_text(s->verb->lang, err));
}

static int server_open(struct server *s, struct listener_config *limits)
{
    struct verb_context *v = s->verb;
    const char *host;
    if (verb_host(v, &host))
        return VERB_REFUSED;
    int err = cli_intake_open(v->home, v->lang, false, &s->intake);
    if (err)
        return VERB_REFUSED;
    limits->epoch = intake_epoch(s->intake);
    guide_prepare(&s->guide, v, s->intake);
    err = store_reader_open(&s->reader, v->home->store);
    if (!err)
        err = tls_open(v->home, &s->tls);
    if (!err && host)
        err = home_host_set(v->home, host);
    if (!err)
        err = writer_start(&s->writer, &(struct writer_config){.intake = s->intake,
                                                               .loop = &s->loop,
                                                               .touched = touched,
                                                               .drained = drained,
                                                               .fatal = fatal,
                                                               .ctx = s});
    if (!err)
        err = console_start(s);
    if (!err)
        limits->web = web_peers(s->web);
    limits->loop = &s->loop;
    limits->writer = s->writer;
    limits->reader = s->reader;
    limits->tls = s->tls;
    if (!err)
        err = listener_open(&s->listener, limits);
    if (!err)
        err = home_port_set(v->home, listener_port(s->listener));
    if (!err)
        err = admin_socket_open(
            &s->socket, &(struct admin_socket_config){.loop = &s->loop, .home = v->home, .submit = submit, .ctx = s});
    if (err == SAM_EBUSY)
        return verb_refuse(v, SAM_TEXT_ADM_PORT_TAKEN, (int)limits->port);
    return err ? verb_refuse(v, SAM_TEXT_ADM_NOT_STARTED, verb_error_text(v->lang, err)) : VERB_OK;
}

/* ---- running and closing */

static void listener_closed(void *ctx)
{
    struct server *s = ctx;
    s->listener = NULL;
    web_stop(s->web);
    writer_stop(s->writer);
    s->writer = NULL;
}

static void server_stop(struct server *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    if (s->intake) { /* else another process has the centre, and the port is its own */
        sam_log(SAM_LOG_INFO, "stopping", "pid=%ld", (long)getpid());
        home_port_set(s->verb->home, 0);
    }
    admin_socket_close(s->socket);
    s->socket = NULL;
    metrics_port_close(s->metrics);
    s->metrics = NULL;
    notify_close(s->notify);
    s->notify = NULL;
    uv_close((uv_handle_t *)&s->term, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    if (s->listener)
        listener_close(s->listener, listener_closed, s);
    else
        listener_closed(s);
}

static void signal_cb(uv_signal_t *handle, int number)
{
    (void)number;
    server_stop(handle->data);
}

static void server_close(struct server *s)
{
    server_stop(s);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    web_close(s->web);
    sam_tls_config_free(s->tls);
    store_close(s->metrics_reader);
    store_close(s->accounts);
    store_close(s->web_reader);
    store_close(s->reader);
    intake_close(s->intake);
    uv_loop_close(&s->loop);
}

static int serve(struct verb_context *v)
{
    struct server s = {.verb = v};
    struct config config;
    struct listener_config limits = {.disk_path = v->home->data};
    int code = config_load(v, &config);
    if (code)
        return code;
    log_out_set((enum sam_log_level)config_num(&config, CONFIG_LOG_LEVEL),
                (enum config_log_time)config_num(&config, CONFIG_LOG_TIME));
    limits_read(&config, &limits);
    web_limits_read(&config, &limits, &s.web_limits);
    sigaction(SIGPIPE, &(struct sigaction){.sa_handler = SIG_IGN},
              NULL); /* a peer that has gone is an error of that write only */
    descriptors_raise(&limits);
    if (uv_loop_init(&s.loop))
        return verb_refuse(v, SAM_TEXT_CENTRE_ENOMEM);
    uv_signal_init(&s.loop, &s.term);
    uv_signal_init(&s.loop, &s.interrupt);
    s.term.data = s.interrupt.data = &s;
    code = server_open(&s, &limits);
    code = code ? code : metrics_open(&s, &config);
    if (!code && notify_open(&s.notify, &(struct notify_config){&s.loop, server_alive, &s}))
        code = verb_refuse(v, SAM_TEXT_ADM_NOTIFY);
    if (!code) {
        uv_signal_start(&s.term, signal_cb, SIGTERM);
        uv_signal_start(&s.interrupt, signal_cb, SIGINT);
        guide_ready(&s.guide, v, limits.host, listener_port(s.listener));
        notify_ready(s.notify);
        uv_run(&s.loop, UV_RUN_DEFAULT);
    }
    server_close(&s);
    return code;
}

/* No other user, no dump and no other process of this user may read what this one holds. */
static void process_close_up(void)
{
    struct rlimit none = {0, 0};
    umask(0077);
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int main(int argc, char **argv)
{
    process_close_up();
    log_out_start();
    if (sam_crypto_start())
        return cli_complain(words_language(NULL), SAM_TEXT_ADM_CRYPTO);
    return cli_run(argc, argv, serve);
}
