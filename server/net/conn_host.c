#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"
#include "server/net/conn_int.h"

#include <stdlib.h>
#include <string.h>

#define HELLO_BYTES_MAX 4096u /* HELLO or JOIN, with room for fields of later versions */
#define RETRY_PENDING_S 15u
#define RETRY_DRAINING_S 300u
#define RETRY_FULL_S 60u
#define RETRY_BUSY_S 10u

static void job_submit(struct conn *c, struct writer_job *job)
{
    c->jobs++;
    writer_submit(c->l->config.writer, job);
}

/* A job came back. false: its connection is on its way out, nothing is to be said. */
static bool job_back(struct conn *c)
{
    c->jobs--;
    return !c->closing && !c->shut;
}

static void fail(struct conn *c, uint32_t code, uint32_t retry_after_s, const char *text)
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

static void fail_with(struct conn *c, const struct sam_error *e)
{
    sam_log(SAM_LOG_INFO, "refused", "conn=%llu address=%s device=%llu code=%u", (unsigned long long)c->id, c->address,
            (unsigned long long)c->device_no, e->code);
    sam_sync_fail_with(c->sync, e);
    conn_shut(c);
}

/* The storage could not do it. */
static void fail_storage(struct conn *c, int err)
{
    if (err == SAM_EFULL)
        fail(c, SAM_ERROR_READ_ONLY, RETRY_FULL_S, "the centre's disk is full");
    else
        fail(c, SAM_ERROR_BUSY, RETRY_BUSY_S, "the centre could not store it");
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
    c->drain_only = h->drain_only;
    c->greeting = (struct conn_point){g->seq, g->chain};
    c->welcome = (struct conn_point){g->welcome.acked_seq, g->welcome.acked_chain};
    c->acked = c->next = c->welcome;
    if (c->unproven) {
        c->unproven = false;
        TAILQ_REMOVE(&c->l->unproven, c, early);
        c->l->unproven_count--;
    }
    listener_proved(c->l, c);
    sam_log(SAM_LOG_INFO, "hello", "conn=%llu address=%s device=%llu state=%u acked=%llu", (unsigned long long)c->id,
            c->address, (unsigned long long)c->device_no, c->state, (unsigned long long)g->welcome.acked_seq);
    return sam_sync_send_welcome(c->sync, &g->welcome);
}

static void hello_done(struct writer_job *job, int err)
{
    struct hello_job *h = (struct hello_job *)job;
    struct conn *c = h->c;
    if (job_back(c)) {
        if (err)
            fail_storage(c, err);
        else if (h->out.error.code)
            fail_with(c, &h->out.error);
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
    job_submit(c, &h->job);
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
    if (job_back(c)) {
        c->born_ms = uv_now(c->l->config.loop); /* HELLO has its own time */
        if (err)
            fail_storage(c, err);
        else if (j->out.error.code)
            fail_with(c, &j->out.error);
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
    job_submit(c, &j->job);
    return 0;
}

/* ---- PUSH */

struct push_job {
    struct writer_job job;
    struct conn *c;
    struct conn_slot *slot;
    struct intake_batch batch;
    struct intake_pushed out;
    int err;
};

static void push_free(struct push_job *p)
{
    intake_batch_fini(&p->batch);
    free(p);
}

static int push_run(struct writer_job *job, struct intake *in)
{
    struct push_job *p = (struct push_job *)job;
    memset(&p->out, 0, sizeof p->out);
    return intake_push(in, &p->batch, &p->out);
}

static bool is_refusal(uint32_t code)
{
    return code == SAM_ERROR_GAP || code == SAM_ERROR_NOT_ACTIVE || code == SAM_ERROR_BUSY || code == SAM_ERROR_QUOTA ||
           code == SAM_ERROR_READ_ONLY;
}

static void refuse(struct conn *c, uint32_t code, uint64_t expected, uint32_t retry_after_s)
{
    struct sam_error *e = calloc(1, sizeof *e);
    c->next = c->acked;
    if (!e) {
        conn_close(c, "no memory");
        return;
    }
    e->code = code;
    e->expected = expected;
    e->retry_after_s = retry_after_s;
    if (sam_sync_refuse_push(c->sync, e))
        conn_close(c, "does not read");
    free(e);
}

static void answer(struct conn *c, struct push_job *p)
{
    const struct intake_batch *b = &p->batch;
    if (p->err == SAM_EFULL) {
        refuse(c, SAM_ERROR_READ_ONLY, 0, RETRY_FULL_S);
    } else if (p->err) {
        fail_storage(c, p->err);
    } else if (is_refusal(p->out.error.code)) {
        refuse(c, p->out.error.code, p->out.error.expected, p->out.error.retry_after_s);
    } else if (p->out.error.code) {
        fail_with(c, &p->out.error);
    } else {
        c->acked = (struct conn_point){b->first_seq + b->count - 1, b->chain};
        if (sam_sync_send_ack(c->sync, &p->out.ack))
            conn_close(c, "does not read");
    }
}

/* Answers leave in the order in which the pushes came. */
static void answer_ready(struct conn *c)
{
    while (c->slot_count && c->slot[c->slot_first].ready && !c->closing && !c->shut) {
        struct conn_slot slot = c->slot[c->slot_first];
        c->slot_first = (c->slot_first + 1) % SAM_PUSH_UNACKED_MAX;
        c->slot_count--;
        if (!slot.job) {
            refuse(c, slot.refusal, slot.expected, slot.refusal == SAM_ERROR_NOT_ACTIVE ? RETRY_PENDING_S : 0);
            continue;
        }
        answer(c, slot.job);
        push_free(slot.job);
    }
}

static void push_done(struct writer_job *job, int err)
{
    struct push_job *p = (struct push_job *)job;
    struct conn *c = p->c;
    bool alive = job_back(c);
    p->err = err;
    p->slot->ready = true;
    if (alive) {
        answer_ready(c);
        conn_turn(c);
    } else if (c->closed) {
        push_free(p); /* the slots have been freed without it */
    }
    conn_release(c);
}

static struct conn_slot *slot_add(struct conn *c)
{
    SAM_ASSERT(c->slot_count < SAM_PUSH_UNACKED_MAX);
    struct conn_slot *slot = &c->slot[(c->slot_first + c->slot_count++) % SAM_PUSH_UNACKED_MAX];
    *slot = (struct conn_slot){0};
    return slot;
}

static int refuse_at_door(struct conn *c, uint32_t code, uint64_t expected)
{
    struct conn_slot *slot = slot_add(c);
    slot->ready = true;
    slot->refusal = code;
    slot->expected = expected;
    answer_ready(c);
    return 0;
}

/* The chain before ${first_seq}; false: a batch may not start there. */
static bool start_chain(const struct conn *c, uint64_t first_seq, uint64_t *chain)
{
    const struct conn_point known[] = {c->next, c->acked, c->welcome, c->greeting};
    for (unsigned i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].seq + 1 == first_seq) {
            *chain = known[i].chain;
            return true;
        }
    return false;
}

static int batch_failed(struct conn *c, int err)
{
    if (err == SAM_EAUTH)
        return sam_sync_fail(c->sync, SAM_ERROR_BAD_MAC, "PUSH");
    return err;
}

static int host_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
                     const uint8_t *mac)
{
    struct conn *c = host;
    if (c->state == SAM_DEVICE_PENDING)
        return refuse_at_door(c, SAM_ERROR_NOT_ACTIVE, 0);
    uint64_t chain_before;
    if (!start_chain(c, p->first_seq, &chain_before))
        return refuse_at_door(c, SAM_ERROR_GAP, c->next.seq + 1);
    struct push_job *job = calloc(1, sizeof *job);
    if (!job)
        return SAM_ENOMEM;
    int err =
        intake_batch_read(&job->batch, c->push_key, c->device_no, c->hello_epoch, chain_before, p, as_sent, body, mac);
    if (err) {
        push_free(job);
        return batch_failed(c, err);
    }
    job->job = (struct writer_job){.run = push_run,
                                   .done = push_done,
                                   .device_no = c->device_no,
                                   .ops = job->batch.count,
                                   .bytes = sizeof *job + job->batch.plain.cap + job->batch.raw.cap};
    job->c = c;
    job->slot = slot_add(c);
    job->slot->job = job;
    c->next = (struct conn_point){p->first_seq + job->batch.count - 1, job->batch.chain};
    job_submit(c, &job->job);
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
        fail(c, SAM_ERROR_DRAIN_ONLY, RETRY_FULL_S, "the centre was restored and waits for its coordinator");
        break;
    case SAM_DEVICE_DRAINING: fail(c, SAM_ERROR_DRAIN_ONLY, RETRY_DRAINING_S, "this device is being emptied"); break;
    case SAM_DEVICE_REVOKED:
    case SAM_DEVICE_WIPED:
        sam_sync_send(c->sync, SAM_FRAME_WIPE, (struct sam_span){0});
        conn_shut(c);
        break;
    default: fail(c, SAM_ERROR_NOT_ACTIVE, RETRY_PENDING_S, "this device waits for its approval");
    }
    return SAM_ECLOSED;
}

static int host_pull(void *host, const struct sam_pull *p)
{
    struct conn *c = host;
    int err = may_read(c);
    if (err)
        return err;
    SAM_ASSERT(!c->feed);
    c->feed = feed_pull_new(c->l->config.reader, c->device_no, c->org, c->l->config.epoch.id, c->hello_epoch, p);
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
    c->feed = feed_snap_new(c->l->config.reader, c->org, g);
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
        fail_storage(c, more);
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
    .push = host_push,
    .pull = host_pull,
    .snap_get = host_snap_get,
    .error = host_error,
    .bye = host_bye,
};

int conn_host_new(struct conn *c)
{
    c->sync = sam_sync_new(SAM_ROLE_CENTRE, &host_ops, c, c->l->zip, &c->plain_out);
    return c->sync ? 0 : SAM_ENOMEM;
}

void conn_host_free(struct conn *c)
{
    for (unsigned i = 0; i < c->slot_count; i++) {
        struct conn_slot *slot = &c->slot[(c->slot_first + i) % SAM_PUSH_UNACKED_MAX];
        if (slot->job && slot->ready)
            push_free(slot->job);
    }
    sam_sync_free(c->sync);
    feed_free(c->feed);
    sam_mac_key_free(c->push_key);
    c->sync = NULL;
    c->feed = NULL;
    c->push_key = NULL;
}

static bool concerns(const struct conn *c, const struct writer_touch *touch, unsigned count, bool all)
{
    for (unsigned i = 0; i < count; i++)
        if (touch[i].org == c->org)
            return touch[i].author != c->device_no;
    return all;
}

void conn_poke(struct conn *c, const struct writer_touch *touch, unsigned count, bool all)
{
    if (c->closing || c->shut || !c->pulled || c->poked || c->state != SAM_DEVICE_ACTIVE ||
        !concerns(c, touch, count, all))
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
