#include "server/net/listener.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/net/conn.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define TICK_MS 1000u
#define ADMIT_MS 50u /* how often those who are held are looked at */
#define POKE_MS 20u  /* news that come close together make one POKE */

void listener_defaults(struct listener_config *c)
{
    c->host = "0.0.0.0";
    c->port = 7311;
    c->connections_max = 10240;
    c->handshakes_max = 512;
    c->handshakes_per_address_max = 8;
    c->connections_per_address_max = 1024;
    c->connections_per_device_max = CONN_PER_DEVICE_MAX;
    c->handshake_rate = 5;
    c->handshake_burst = 20;
    c->joins_per_minute = 10;
    c->ops_per_day = 20000;
    c->handshake_ms = 10000;
    c->idle_ms = 120000;
    c->ping_ms = 30000;
    c->stall_ms = 30000;
    c->web_max = 512;
    c->web_per_address_max = 64;
}

/* ---- accepting */

static bool has_room(const struct listener *l)
{
    return l->conn_count < l->config.connections_max;
}

/* Those of one of the early lists that came from the address of ${c}, itself not counted. */
static unsigned same_address(const struct conn_list *list, const struct conn *c)
{
    unsigned n = 0;
    for (struct conn *other = TAILQ_FIRST(list); other; other = conn_next_early(other))
        n += other != c && limit_address_same(conn_from(c), conn_from(other));
    return n;
}

/* Is this one more than its address may have? Those that are being closed do not count. */
static bool address_full(const struct listener *l, const struct conn *c)
{
    unsigned n = 0, max = l->config.connections_per_address_max;
    if (max == 0)
        return false;
    for (struct conn *other = TAILQ_FIRST(&l->conns); other && n < max; other = conn_next(other))
        n += other != c && conn_alive(other) && limit_address_same(conn_from(c), conn_from(other));
    return n >= max;
}

/* One that has been proving who it is for long, when there is no place left: the one that began first. */
static struct conn *who_gives_way(const struct listener *l)
{
    struct conn *c = TAILQ_FIRST(&l->unproven);
    uint64_t now_ms = uv_now(l->config.loop);
    while (c && !conn_gives_way(c, now_ms))
        c = conn_next_early(c);
    return c;
}

/* No one may begin, from wherever. */
static bool all_full(struct listener *l)
{
    return !limit_any(l->limit, uv_now(l->config.loop)) ||
           (l->unproven_count >= l->config.handshakes_max && !who_gives_way(l));
}

static bool address_may(struct listener *l, const struct conn *c)
{
    return same_address(&l->unproven, c) < l->config.handshakes_per_address_max &&
           limit_handshake(l->limit, conn_from(c), uv_now(l->config.loop));
}

static void begin(struct listener *l, struct conn *c)
{
    if (l->unproven_count >= l->config.handshakes_max) {
        l->counters.gave_way++;
        conn_close(who_gives_way(l), "gave way to one who waits");
    }
    conn_begin(c);
}

/* Those who are held, in their order. */
static void admit_held(struct listener *l)
{
    l->crowded = false;
    for (struct conn *c = TAILQ_FIRST(&l->held), *next; c && !l->crowded; c = next) {
        next = conn_next_early(c);
        l->crowded = all_full(l);
        if (!l->crowded && address_may(l, c))
            begin(l, c);
    }
    if (!l->closing && l->held_count == 0)
        uv_timer_stop(&l->admit);
}

void listener_admit(struct listener *l)
{
    admit_held(l);
}

static void listener_admit_cb(uv_timer_t *timer)
{
    admit_held(timer->data);
}

/* Is there room for one more who waits? For one from a good address another goes, the last of those whom nobody knows. */
static bool may_wait(struct listener *l, const struct conn *c, unsigned before)
{
    if (before >= LISTENER_HELD_PER_ADDRESS_MAX)
        return false;
    if (l->held_count <= LISTENER_HELD_MAX)
        return true;
    struct conn *last = TAILQ_LAST(&l->held, conn_list);
    if (!conn_good(c) || conn_good(last))
        return false;
    l->counters.refused++;
    conn_close(last, "made room for one who is known");
    return true;
}

/* A connection that has just come: it begins, or is held, or there are too many of its kind. Nobody overtakes those who are held from the
 * same address, nor anybody who is held because of all the others, but for those from good addresses. */
static void receive(struct listener *l, struct conn *c)
{
    unsigned before = same_address(&l->held, c);
    if (address_full(l, c)) {
        l->counters.refused++;
        conn_close(c, "too many of this address");
    } else if (before == 0 && !l->crowded && !all_full(l) && address_may(l, c)) {
        begin(l, c);
    } else if (!may_wait(l, c, before)) {
        l->counters.refused++;
        conn_close(c, "too many wait");
    } else if (!uv_is_active((uv_handle_t *)&l->admit)) {
        uv_timer_start(&l->admit, listener_admit_cb, ADMIT_MS, ADMIT_MS);
    }
}

/* false: no memory for it; it goes on waiting. */
static bool accept_one(struct listener *l)
{
    struct conn *c = conn_accept(l);
    l->accept_waits = !c;
    if (!c)
        return false;
    l->counters.accepted++;
    receive(l, c);
    return true;
}

static void listener_accept_cb(uv_stream_t *server, int status)
{
    struct listener *l = server->data;
    if (status) {
        sam_log(SAM_LOG_WARN, "accept_failed", "why=%s", uv_err_name(status));
        return;
    }
    if (l->closing)
        return;
    if (has_room(l))
        accept_one(l);
    else
        l->accept_waits = true; /* libuv does not take a further one before this one */
}

static void accept_waiting(struct listener *l)
{
    while (l->accept_waits && !l->closing && has_room(l) && accept_one(l))
        continue;
}

void listener_proved(struct listener *l, struct conn *c)
{
    unsigned same = 0;
    struct conn *oldest = NULL;
    for (struct conn *other = TAILQ_FIRST(&l->conns); other; other = conn_next(other))
        if (other != c && conn_device_no(other) == conn_device_no(c)) {
            same++;
            if (!oldest)
                oldest = other;
        }
    if (same >= l->config.connections_per_device_max)
        conn_bye(oldest, 0, "a newer connection of this device");
    limit_proved(l->limit, conn_from(c), uv_now(l->config.loop));
    admit_held(l);
}

/* ---- time and news */

/* Both floors must be undercut: on a large disk a few percent are plenty, on a small one few MiB. */
static void disk_look(struct listener *l)
{
    struct statvfs f;
    if (!l->config.disk_path || statvfs(l->config.disk_path, &f))
        return;
    uint64_t free_bytes = (uint64_t)f.f_bavail * f.f_frsize, all_bytes = (uint64_t)f.f_blocks * f.f_frsize;
    bool low = free_bytes < l->config.disk_floor_bytes && free_bytes < all_bytes / 100 * l->config.disk_floor_percent;
    if (low != l->read_only)
        sam_log(low ? SAM_LOG_ERROR : SAM_LOG_WARN, low ? "disk_low" : "disk_has_room",
                "free_bytes=%llu floor_bytes=%llu", (unsigned long long)free_bytes,
                (unsigned long long)l->config.disk_floor_bytes);
    l->read_only = low;
}

bool listener_read_only(const struct listener *l)
{
    return l->read_only || writer_log_full(l->config.writer);
}

static void listener_tick_cb(uv_timer_t *timer)
{
    struct listener *l = timer->data;
    uint64_t now = uv_now(l->config.loop);
    if (++l->ticks % DISK_LOOK_TICKS == 0)
        disk_look(l);
    for (struct conn *c = TAILQ_FIRST(&l->conns), *next; c; c = next) {
        next = conn_next(c);
        conn_tick(c, now);
    }
    accept_waiting(l);
}

static void listener_poke_cb(uv_timer_t *timer)
{
    struct listener *l = timer->data;
    for (struct conn *c = TAILQ_FIRST(&l->conns), *next; c; c = next) {
        next = conn_next(c);
        conn_poke(c, &l->touches);
    }
    touches_clear(&l->touches);
}

void listener_touched(struct listener *l, const struct touches *touches)
{
    touches_join(&l->touches, touches);
    if (!l->closing && !uv_is_active((uv_handle_t *)&l->poke))
        uv_timer_start(&l->poke, listener_poke_cb, POKE_MS, 0);
}

void listener_drained(struct listener *l)
{
    if (l->stalled_count == 0)
        return;
    for (struct conn *c = TAILQ_FIRST(&l->conns), *next; c; c = next) {
        next = conn_next(c);
        if (conn_stalled(c))
            conn_turn(c);
    }
}

void listener_devices_changed(struct listener *l)
{
    for (struct conn *c = TAILQ_FIRST(&l->conns), *next; c; c = next) {
        next = conn_next(c);
        conn_recheck(c);
    }
}

/* ---- opening and closing */

static void listener_free(struct listener *l)
{
    if (l->handles || l->conn_count)
        return;
    void (*closed)(void *ctx) = l->closed;
    void *ctx = l->closed_ctx;
    sam_zip_free(l->zip);
    limit_free(l->limit);
    quota_fini(&l->quota);
    free(l);
    if (closed)
        closed(ctx);
}

static void listener_handle_closed_cb(uv_handle_t *handle)
{
    struct listener *l = handle->data;
    l->handles--;
    listener_free(l);
}

void listener_conn_gone(struct listener *l)
{
    if (l->closing) {
        listener_free(l);
    } else {
        if (l->left)
            admit_held(l);
        l->left = false;
        accept_waiting(l);
    }
}

static void handles_close(struct listener *l)
{
    uv_close((uv_handle_t *)&l->tcp, listener_handle_closed_cb);
    uv_close((uv_handle_t *)&l->tick, listener_handle_closed_cb);
    uv_close((uv_handle_t *)&l->poke, listener_handle_closed_cb);
    uv_close((uv_handle_t *)&l->admit, listener_handle_closed_cb);
}

void listener_close(struct listener *l, void (*closed)(void *ctx), void *ctx)
{
    l->closing = true;
    l->closed = closed;
    l->closed_ctx = ctx;
    for (struct conn *c = TAILQ_FIRST(&l->conns), *next; c; c = next) {
        next = conn_next(c);
        conn_bye(c, 5, "the centre is being stopped");
    }
    for (struct conn *c = TAILQ_FIRST(&l->conns), *next; c; c = next) {
        next = conn_next(c);
        conn_close(c, "stopped");
    }
    handles_close(l);
}

static int address_parse(const char *host, uint16_t port, struct sockaddr_storage *out)
{
    memset(out, 0, sizeof *out);
    if (uv_ip4_addr(host, port, (struct sockaddr_in *)out) == 0)
        return 0;
    return uv_ip6_addr(host, port, (struct sockaddr_in6 *)out) ? SAM_EUSAGE : 0;
}

static int listen_at(struct listener *l)
{
    struct sockaddr_storage addr;
    int err = address_parse(l->config.host, l->config.port, &addr);
    if (err) {
        sam_log(SAM_LOG_ERROR, "not_an_address", "host=%s", l->config.host);
        return err;
    }
    int uv = uv_tcp_bind(&l->tcp, (struct sockaddr *)&addr, 0);
    if (!uv)
        uv = uv_listen((uv_stream_t *)&l->tcp, LISTENER_BACKLOG, listener_accept_cb);
    int len = sizeof addr;
    if (!uv)
        uv = uv_tcp_getsockname(&l->tcp, (struct sockaddr *)&addr, &len);
    if (uv) {
        sam_log(SAM_LOG_ERROR, "listen_failed", "host=%s port=%u why=%s", l->config.host, l->config.port,
                uv_err_name(uv));
        return uv == UV_EADDRINUSE ? SAM_EBUSY : uv == UV_EACCES ? SAM_EDENIED : SAM_EIO;
    }
    l->port = ntohs(addr.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&addr)->sin6_port
                                               : ((struct sockaddr_in *)&addr)->sin_port);
    return 0;
}

/* What a listener has beside its handles. */
static int parts_open(struct listener *l)
{
    const struct limit_config limit = {.handshake_rate = l->config.handshake_rate,
                                       .handshake_burst = l->config.handshake_burst,
                                       .joins_per_minute = l->config.joins_per_minute,
                                       .all_rate = LISTENER_BEGIN_PER_S,
                                       .all_burst = LISTENER_BEGIN_BURST};
    TAILQ_INIT(&l->conns);
    TAILQ_INIT(&l->held);
    TAILQ_INIT(&l->unproven);
    quota_init(&l->quota, l->config.ops_per_day);
    l->zip = sam_zip_new();
    l->limit = limit_new(&limit);
    return l->zip && l->limit ? 0 : SAM_ENOMEM;
}

static void handles_init(struct listener *l)
{
    uv_loop_t *loop = l->config.loop;
    uv_tcp_init(loop, &l->tcp);
    uv_timer_init(loop, &l->tick);
    uv_timer_init(loop, &l->poke);
    uv_timer_init(loop, &l->admit);
    l->tcp.data = l->tick.data = l->poke.data = l->admit.data = l;
    l->handles = 4;
}

int listener_open(struct listener **out, const struct listener_config *config)
{
    *out = NULL;
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return SAM_ENOMEM;
    l->config = *config;
    if (parts_open(l)) {
        listener_free(l);
        return SAM_ENOMEM;
    }
    handles_init(l);
    int err = listen_at(l);
    if (err) {
        l->closing = true;
        handles_close(l);
        return err;
    }
    disk_look(l);
    uv_timer_start(&l->tick, listener_tick_cb, TICK_MS, TICK_MS);
    sam_log(SAM_LOG_INFO, "listen", "host=%s port=%u", config->host, l->port);
    *out = l;
    return 0;
}

uint16_t listener_port(const struct listener *l)
{
    return l->port;
}

void listener_counters(const struct listener *l, struct listener_counters *out)
{
    *out = l->counters;
    out->connections = l->conn_count;
    out->held = l->held_count;
    out->unproven = l->unproven_count;
    out->read_only = listener_read_only(l);
}
