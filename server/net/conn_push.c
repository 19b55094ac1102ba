/* A connection's PUSHes: refused at the door, or read, given to the writer, and answered in the order in which they came. */
#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/net/conn_int.h"

#include <stdlib.h>
#include <string.h>

#define RETRY_QUOTA_S 3600u /* the limit may be raised before the day is over */

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
    c->l->counters.pushes_refused++;
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
        refuse(c, SAM_ERROR_READ_ONLY, 0, CONN_RETRY_FULL_S);
    } else if (p->err) {
        conn_fail_storage(c, p->err);
    } else if (is_refusal(p->out.error.code)) {
        refuse(c, p->out.error.code, p->out.error.expected, p->out.error.retry_after_s);
    } else if (p->out.error.code) {
        conn_fail_with(c, &p->out.error);
    } else {
        c->acked = (struct conn_point){b->first_seq + b->count - 1, b->chain};
        c->l->counters.acks++;
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
            refuse(c, slot.refusal, slot.expected, slot.retry_after_s);
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
    bool alive = conn_job_back(c);
    bool taken = !err && !p->out.error.code;
    quota_settle(&c->l->quota, p->batch.device_no, p->batch.count, taken ? p->batch.first_seq + p->batch.count - 1 : 0);
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

static int refuse_at_door(struct conn *c, uint32_t code, uint64_t expected, uint32_t retry_after_s)
{
    struct conn_slot *slot = slot_add(c);
    slot->ready = true;
    slot->refusal = code;
    slot->expected = expected;
    slot->retry_after_s = retry_after_s;
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

int conn_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
              const uint8_t *mac)
{
    struct conn *c = host;
    if (c->state == SAM_DEVICE_PENDING)
        return refuse_at_door(c, SAM_ERROR_NOT_ACTIVE, 0, CONN_RETRY_PENDING_S);
    if (listener_read_only(c->l))
        return refuse_at_door(c, SAM_ERROR_READ_ONLY, 0, CONN_RETRY_FULL_S);
    uint64_t chain_before;
    if (!start_chain(c, p->first_seq, &chain_before))
        return refuse_at_door(c, SAM_ERROR_GAP, c->next.seq + 1, 0);
    struct push_job *job = calloc(1, sizeof *job);
    if (!job)
        return SAM_ENOMEM;
    int err =
        intake_batch_read(&job->batch, c->push_key, c->device_no, c->hello_epoch, chain_before, p, as_sent, body, mac);
    if (err) {
        push_free(job);
        return batch_failed(c, err);
    }
    uint32_t later_s = quota_take(&c->l->quota, c->device_no, job->batch.count, uv_now(c->l->config.loop));
    if (later_s) {
        sam_log(SAM_LOG_WARN, "quota", "conn=%llu device=%llu ops_max=%llu later_s=%u", (unsigned long long)c->id,
                (unsigned long long)c->device_no, (unsigned long long)c->l->quota.ops_max, later_s);
        push_free(job);
        return refuse_at_door(c, SAM_ERROR_QUOTA, 0, later_s < RETRY_QUOTA_S ? later_s : RETRY_QUOTA_S);
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
    conn_job_submit(c, &job->job);
    return 0;
}

void conn_push_free(struct conn *c)
{
    for (unsigned i = 0; i < c->slot_count; i++) {
        struct conn_slot *slot = &c->slot[(c->slot_first + i) % SAM_PUSH_UNACKED_MAX];
        if (slot->job && slot->ready)
            push_free(slot->job);
    }
}
