#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"
#include "server/net/conn_int.h"

#include <stdlib.h>
#include <string.h>

#define HELLO_BYTES_MAX 4096u /* HELLO or JOIN, with room for fields of later versions */
#define RETRY_DRAINING_S 300u

void conn_job_submit(struct conn *c, struct writer_job *job)
{
    c->jobs++;
    writer_submit(c->l->config.writer, job);
}

bool conn_job_back(struct conn *c)
{
    c->jobs--;
    return !c->closing && !c->shut;
}

void conn_fail(struct conn *c, uint32_t code, uint32_t retry_after_s, const char *text)
{
    struct sam_error *e = calloc(1, sizeof *e);
    if (e) {
        e->code = code;
        e->retry_after_s = retry_after_s;
        memcpy(e->text, text, strnlen(text, sizeof e->text - 1));
        sam_sync_fail_with(c->sync, e);
        free(e);
    }
    conn_shut(c);
}

void conn_fail_with(struct conn *c, const struct sam_error *e)
{
    sam_log(SAM_LOG_INFO, "refused", "conn=%llu address=%s device=%llu code=%u", (unsigned long long)c->id, c->address,
            (unsigned long long)c->device_no, e->code);
    sam_sync_fail_with(c->sync, e);
    conn_shut(c);
}

void conn_fail_storage(struct conn *c, int err)
{
    if (err == SAM_EFULL)
        conn_fail(c, SAM_ERROR_READ_ONLY, CONN_RETRY_FULL_S, "the centre's disk is full");
    else
        conn_fail(c, SAM_ERROR_BUSY, CONN_RETRY_BUSY_S, "the centre could not store it");
}

/* ---- HELLO */

struct hello_job {
    struct writer_job job;
    struct conn *c;
    struct sam_hello hello;
    struct intake_greeting out;
    bool drain_only;
    uint8_t mac[SAM_MAC_BYTES];
    size_t len;
    uint8_t body[];
};

static int hello_run(struct writer_job *job, struct intake *in)
{
    struct hello_job *h = (struct hello_job *)job;
    h->drain_only = intake_drain_only(in);
    memset(&h->out, 0, sizeof h->out);
    return intake_hello(in, &h->hello, (struct sam_span){h->body, h->len}, h->mac, &h->out);
}

static int welcome(struct conn *c, struct hello_job *h)
{
    const struct intake_greeting *g = &h->out;
    c->push_key = sam_mac_key_new(g->key, "push");
    if (!c->push_key)
        return SAM_ENOMEM;
    c->device_no = g->device_no;
    c->org = g->org;
    c->state = g->welcome.state;
    c->hello_epoch = h->hello.epoch;
    c->schema = h->hello.schema;
    c->drain_only = h->drain_only;
    c->greeting = (struct conn_point){g->seq, g->chain};
    c->welcome = (struct conn_point){g->welcome.acked_seq, g->welcome.acked_chain};
    c->acked = c->next = c->welcome;
    conn_early_leave(c);
    quota_known(&c->l->quota, c->device_no, c->welcome.seq, uv_now(c->l->config.loop));
    listener_proved(c->l, c);
    sam_log(SAM_LOG_INFO, "hello", "conn=%llu address=%s device=%llu state=%u acked=%llu", (unsigned long long)c->id,
            c->address, (unsigned long long)c->device_no, c->state, (unsigned long long)g->welcome.acked_seq);
    return sam_sync_send_welcome(c->sync, &g->welcome);
}

static void hello_done(struct writer_job *job, int err)
{
    struct hello_job *h = (struct hello_job *)job;
    struct conn *c = h->c;
    if (conn_job_back(c)) {
        if (err)
            conn_fail_storage(c, err);
        else if (h->out.error.code)
            conn_fail_with(c, &h->out.error);
        else if (welcome(c, h))
            conn_close(c, "no memory");
        conn_turn(c);
    }
    sam_wipe(h->out.key, sizeof h->out.key);
    free(h);
    conn_release(c);
}

static int host_hello(void *host, const struct sam_hello *hello, struct sam_span body, const uint8_t *mac)
{
    struct conn *c = host;
    if (body.len > HELLO_BYTES_MAX)
        return SAM_ETOOBIG;
    struct hello_job *h = malloc(sizeof *h + body.len);
    if (!h)
        return SAM_ENOMEM;
    memset(h, 0, sizeof *h);
    h->job = (struct writer_job){.run = hello_run, .done = hello_done, .bytes = sizeof *h + body.len};
    h->c = c;
    h->hello = *hello;
    h->len = body.len;
    memcpy(h->body, body.ptr, body.len);
    memcpy(h->mac, mac, sizeof h->mac);
    conn_job_submit(c, &h->job);
    return 0;
}

/* ---- JOIN */

struct join_job {
    struct writer_job job;
    struct conn *c;
    struct sam_join join;
    struct intake_joined out;
    uint8_t mac[SAM_MAC_BYTES];
    size_t len;
    uint8_t body[];
};

static int join_run(struct writer_job *job, struct intake *in)
{
    struct join_job *j = (struct join_job *)job;
    memset(&j->out, 0, sizeof j->out);
    return intake_join(in, &j->join, (struct sam_span){j->body, j->len}, j->mac, &j->out);
}

static void join_done(struct writer_job *job, int err)
{
    struct join_job *j = (struct join_job *)job;
    struct conn *c = j->c;
    if (err || j->out.error.code != SAM_ERROR_CODE_REFUSED)
        limit_joined(c->l->limit, &c->from);
    if (conn_job_back(c)) {
        c->born_ms = uv_now(c->l->config.loop); /* HELLO has its own time */
        if (err)
            conn_fail_storage(c, err);
        else if (j->out.error.code)
            conn_fail_with(c, &j->out.error);
        else if (sam_sync_send_joined(c->sync, &j->out.joined))
            conn_close(c, "no memory");
        else
            sam_log(SAM_LOG_INFO, "joined", "conn=%llu address=%s device=%llu", (unsigned long long)c->id, c->address,
                    (unsigned long long)j->out.joined.device_no);
        conn_turn(c);
    }
    sam_wipe(j, sizeof *j + j->len);
    free(j);
    conn_release(c);
}

static int host_join(void *host, const struct sam_join *join, struct sam_span body, const uint8_t *mac)
{
    struct conn *c = host;
    if (body.len > HELLO_BYTES_MAX)
        return SAM_ETOOBIG;
    uint32_t later_s = limit_join(c->l->limit, &c->from, uv_now(c->l->config.loop));
    if (later_s) {
        sam_log(SAM_LOG_WARN, "joins_limited", "conn=%llu address=%s later_s=%u", (unsigned long long)c->id, c->address,
                later_s);
        conn_fail(c, SAM_ERROR_BUSY, later_s, "too many wrong invites");
        return SAM_ECLOSED;
    }
    struct join_job *j = malloc(sizeof *j + body.len);
    if (!j)
        return SAM_ENOMEM;
    memset(j, 0, sizeof *j);
    j->job = (struct writer_job){.run = join_run, .done = join_done, .bytes = sizeof *j + body.len};
    j->c = c;
    j->join = *join;
    j->len = body.len;
    memcpy(j->body, body.ptr, body.len);
    memcpy(j->mac, mac, sizeof j->mac);
    conn_job_submit(c, &j->job);
    return 0;
}

/* ---- PULL, SNAP_GET */

/* Whether this device is told anything at all. Negative: it has been told why not. */
static int may_read(struct conn *c)
{
    switch (c->state) {
    case SAM_DEVICE_ACTIVE:
        if (!c->drain_only)
            return 0;
        conn_fail(c, SAM_ERROR_DRAIN_ONLY, CONN_RETRY_FULL_S, "the centre was restored and waits for its coordinator");
        break;
    case SAM_DEVICE_DRAINING:
        conn_fail(c, SAM_ERROR_DRAIN_ONLY, RETRY_DRAINING_S, "this device is being emptied");
        break;
    case SAM_DEVICE_REVOKED:
    case SAM_DEVICE_WIPED:
        sam_sync_send(c->sync, SAM_FRAME_WIPE, (struct sam_span){0});
        conn_shut(c);
        break;
    default: conn_fail(c, SAM_ERROR_NOT_ACTIVE, CONN_RETRY_PENDING_S, "this device waits for its approval");
    }
    return SAM_ECLOSED;
}

static struct feed_device reads(const struct conn *c)
{
    return (struct feed_device){.no = c->device_no, .org = c->org, .hello_epoch = c->hello_epoch, .schema = c->schema};
}

static int host_pull(void *host, const struct sam_pull *p)
{
    struct conn *c = host;
    int err = may_read(c);
    if (err)
        return err;
    SAM_ASSERT(!c->feed);
    struct feed_device device = reads(c);
    c->feed = feed_pull_new(c->l->config.reader, &device, c->l->config.epoch.id, p);
    c->pulled = true;
    c->poked = false;
    c->again = true;
    return c->feed ? 0 : SAM_ENOMEM;
}

static int host_snap_get(void *host, const struct sam_snap_get *g)
{
    struct conn *c = host;
    int err = may_read(c);
    if (err)
        return err;
    SAM_ASSERT(!c->feed);
    struct feed_device device = reads(c);
    c->feed = feed_snap_new(c->l->config.reader, &device, g);
    c->again = true;
    return c->feed ? 0 : SAM_ENOMEM;
}

int conn_host_feed(struct conn *c)
{
    int more = feed_next(c->feed, c->sync);
    if (more > 0)
        return 1;
    feed_free(c->feed);
    c->feed = NULL;
    if (more == SAM_EDENIED)
        return sam_sync_fail(c->sync, SAM_ERROR_BAD_STATE, "no such scope");
    if (more < 0) {
        sam_log(SAM_LOG_WARN, "feed_failed", "conn=%llu device=%llu err=%s", (unsigned long long)c->id,
                (unsigned long long)c->device_no, sam_err_name(more));
        conn_fail_storage(c, more);
        return more;
    }
    sam_sync_served(c->sync);
    return 1;
}

/* ---- the rest */

static int host_error(void *host, const struct sam_error *e)
{
    const struct conn *c = host;
    sam_log(SAM_LOG_INFO, "peer_error", "conn=%llu device=%llu code=%u", (unsigned long long)c->id,
            (unsigned long long)c->device_no, e->code);
    return 0;
}

static int host_bye(void *host, const struct sam_bye *b)
{
    (void)host;
    (void)b;
    return 0;
}

static const struct sam_sync_ops host_ops = {
    .hello = host_hello,
    .join = host_join,
    .push = conn_push,
    .pull = host_pull,
    .snap_get = host_snap_get,
    .error = host_error,
    .bye = host_bye,
};

int conn_host_new(struct conn *c)
{
    c->sync = sam_sync_new(SAM_ROLE_CENTRE, &host_ops, c, c->l->zip, c->socket ? &c->socket->said : &c->plain_out);
    return c->sync ? 0 : SAM_ENOMEM;
}

void conn_host_free(struct conn *c)
{
    conn_push_free(c);
    sam_sync_free(c->sync);
    feed_free(c->feed);
    sam_mac_key_free(c->push_key);
    c->sync = NULL;
    c->feed = NULL;
    c->push_key = NULL;
}

void conn_poke(struct conn *c, const struct touches *touches)
{
    if (c->closing || c->shut || !c->pulled || c->poked || c->state != SAM_DEVICE_ACTIVE ||
        !touches_concern(touches, c->org, c->device_no))
        return;
    c->poked = true;
    if (sam_sync_send(c->sync, SAM_FRAME_POKE, (struct sam_span){0}))
        conn_close(c, "does not read");
    conn_turn(c);
}

void conn_recheck(struct conn *c)
{
    struct store_device d;
    if (c->closing || !c->device_no)
        return;
    int err = store_device_get(c->l->config.reader, c->device_no, &d);
    uint32_t state = err ? SAM_DEVICE_REVOKED : d.state;
    sam_wipe(&d, sizeof d);
    if (state == c->state)
        return;
    if (state == SAM_DEVICE_REVOKED || state == SAM_DEVICE_WIPED)
        conn_close(c, "revoked");
    else
        conn_bye(c, 0, "the device's state has changed");
}
