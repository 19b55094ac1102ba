/* Both ends of a line and the bytes between them: what the connections of the server and its writer do, in small. */
#include "tests/lib/pump.h"

#include "proto/wire/crypto.h"
#include "server/store/feed.h"

#include <stdlib.h>
#include <string.h>

enum { JOBS_MAX = 64, TRIES_MAX = 32 };

/* ---- the centre's end of a line */

struct point {
    uint64_t seq, chain;
};

enum job_kind { JOB_HELLO, JOB_JOIN, JOB_PUSH, JOB_REFUSE };
struct job {
    enum job_kind kind;
    struct sam_hello hello;
    struct sam_join join;
    struct intake_greeting greeting;
    struct intake_joined joined;
    struct intake_batch batch;
    struct intake_pushed pushed;
    struct sam_buf body;
    uint8_t mac[SAM_MAC_BYTES];
    uint32_t code;
    uint64_t expected;
};

struct pump_line {
    struct pump *pump;
    struct sam_sync *sync;
    struct sam_buf in, out;
    struct feed *feed;
    struct sam_mac_key *key;
    uint64_t device_no, org, hello_epoch, schema;
    uint32_t state;
    bool shut; /* the last words are in out */
    struct point greeting, welcome, acked, next;
    struct job *job[JOBS_MAX];
    unsigned jobs;
};

static struct job *job_add(struct pump_line *l, enum job_kind kind, struct sam_span body, const uint8_t *mac)
{
    struct job *j = calloc(1, sizeof *j);
    PUMP_MUST(j && l->jobs < JOBS_MAX);
    j->kind = kind;
    sam_buf_init(&j->body, SAM_FRAME_INFLATED_BYTES_MAX);
    PUMP_MUST(sam_buf_add(&j->body, body.ptr, body.len) == 0);
    if (mac)
        memcpy(j->mac, mac, sizeof j->mac);
    return l->job[l->jobs++] = j;
}

static void job_free(struct job *j)
{
    intake_batch_fini(&j->batch);
    sam_buf_fini(&j->body);
    free(j);
}

static int host_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    job_add(host, JOB_HELLO, body, mac)->hello = *h;
    return 0;
}

static int host_join(void *host, const struct sam_join *join, struct sam_span body, const uint8_t *mac)
{
    job_add(host, JOB_JOIN, body, mac)->join = *join;
    return 0;
}

static int refuse_later(struct pump_line *l, uint32_t code, uint64_t expected)
{
    struct job *j = job_add(l, JOB_REFUSE, (struct sam_span){0}, NULL);
    j->code = code;
    j->expected = expected;
    return 0;
}

static int host_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
                     const uint8_t *mac)
{
    struct pump_line *l = host;
    const struct point known[] = {l->next, l->acked, l->welcome, l->greeting};
    unsigned i = 0;
    if (l->state == SAM_DEVICE_PENDING)
        return refuse_later(l, SAM_ERROR_NOT_ACTIVE, 0);
    while (i < 4 && known[i].seq + 1 != p->first_seq)
        i++;
    if (i == 4)
        return refuse_later(l, SAM_ERROR_GAP, l->next.seq + 1);
    struct job *j = job_add(l, JOB_PUSH, (struct sam_span){0}, NULL);
    PUMP_MUST(
        intake_batch_read(&j->batch, l->key, l->device_no, l->hello_epoch, known[i].chain, p, as_sent, body, mac) == 0);
    l->next = (struct point){p->first_seq + j->batch.count - 1, j->batch.chain};
    return 0;
}

static void line_fail(struct pump_line *l, uint32_t code)
{
    struct sam_error e = {.code = code};
    sam_sync_fail_with(l->sync, &e);
    l->shut = true;
}

static int may_read(struct pump_line *l)
{
    if (l->state == SAM_DEVICE_ACTIVE)
        return 0;
    if (l->state == SAM_DEVICE_REVOKED || l->state == SAM_DEVICE_WIPED) {
        sam_sync_send(l->sync, SAM_FRAME_WIPE, (struct sam_span){0});
        l->shut = true;
    } else {
        line_fail(l, l->state == SAM_DEVICE_PENDING ? SAM_ERROR_NOT_ACTIVE : SAM_ERROR_DRAIN_ONLY);
    }
    return SAM_ECLOSED;
}

static struct feed_device reads(const struct pump_line *l)
{
    return (struct feed_device){.no = l->device_no, .org = l->org, .hello_epoch = l->hello_epoch, .schema = l->schema};
}

static int host_pull(void *host, const struct sam_pull *p)
{
    struct pump_line *l = host;
    int err = may_read(l);
    struct feed_device device = reads(l);
    if (!err)
        l->feed = feed_pull_new(l->pump->reader, &device, intake_epoch(l->pump->in).id, p);
    return err;
}

static int host_snap_get(void *host, const struct sam_snap_get *g)
{
    struct pump_line *l = host;
    int err = may_read(l);
    struct feed_device device = reads(l);
    if (!err)
        l->feed = feed_snap_new(l->pump->reader, &device, g);
    return err;
}

static int host_error(void *host, const struct sam_error *e)
{
    (void)host, (void)e;
    return 0;
}

static int host_bye(void *host, const struct sam_bye *b)
{
    (void)host, (void)b;
    return 0;
}

static const struct sam_sync_ops host_ops = {.hello = host_hello,
                                             .join = host_join,
                                             .push = host_push,
                                             .pull = host_pull,
                                             .snap_get = host_snap_get,
                                             .error = host_error,
                                             .bye = host_bye};

/* ---- jobs: one transaction each, answered behind its commit */

static int job_run(struct pump *p, struct job *j)
{
    switch (j->kind) {
    case JOB_HELLO: return intake_hello(p->in, &j->hello, sam_buf_peek(&j->body), j->mac, &j->greeting);
    case JOB_JOIN: return intake_join(p->in, &j->join, sam_buf_peek(&j->body), j->mac, &j->joined);
    case JOB_PUSH: return intake_push(p->in, &j->batch, &j->pushed);
    case JOB_REFUSE: break;
    }
    return 0;
}

static void greeted(struct pump_line *l, const struct job *j)
{
    const struct intake_greeting *g = &j->greeting;
    l->key = sam_mac_key_new(g->key, "push");
    l->device_no = g->device_no;
    l->org = g->org;
    l->state = g->welcome.state;
    l->hello_epoch = j->hello.epoch;
    l->schema = j->hello.schema;
    l->greeting = (struct point){g->seq, g->chain};
    l->welcome = l->acked = l->next = (struct point){g->welcome.acked_seq, g->welcome.acked_chain};
    PUMP_MUST(l->key && sam_sync_send_welcome(l->sync, &g->welcome) == 0);
}

static void job_answer(struct pump_line *l, struct job *j)
{
    struct sam_error refusal = {.code = j->code, .expected = j->expected};
    const struct sam_error *e = j->kind == JOB_HELLO  ? &j->greeting.error
                                : j->kind == JOB_JOIN ? &j->joined.error
                                : j->kind == JOB_PUSH ? &j->pushed.error
                                                      : &refusal;
    if (l->shut)
        return;
    if (e->code == SAM_ERROR_GAP || e->code == SAM_ERROR_NOT_ACTIVE) {
        l->next = l->acked;
        sam_sync_refuse_push(l->sync, e);
    } else if (e->code) {
        sam_sync_fail_with(l->sync, e);
        l->shut = true;
    } else if (j->kind == JOB_HELLO) {
        greeted(l, j);
    } else if (j->kind == JOB_JOIN) {
        PUMP_MUST(sam_sync_send_joined(l->sync, &j->joined.joined) == 0);
    } else {
        l->acked = (struct point){j->batch.first_seq + j->batch.count - 1, j->batch.chain};
        PUMP_MUST(sam_sync_send_ack(l->sync, &j->pushed.ack) == 0);
    }
}

static void jobs_run(struct pump_line *l)
{
    for (unsigned i = 0; i < l->jobs; i++) {
        struct job *j = l->job[i];
        PUMP_MUST(intake_begin(l->pump->in) == 0);
        PUMP_MUST(job_run(l->pump, j) == 0);
        PUMP_MUST(intake_commit(l->pump->in) == 0);
        job_answer(l, j);
        job_free(j);
    }
    l->jobs = 0;
}

/* ---- lines */

struct pump_line *pump_line_new(struct pump *p)
{
    struct pump_line *l = calloc(1, sizeof *l);
    PUMP_MUST(l != NULL);
    l->pump = p;
    sam_buf_init(&l->in, 1u << 20);
    sam_buf_init(&l->out, 4u << 20);
    l->sync = sam_sync_new(SAM_ROLE_CENTRE, &host_ops, l, p->zip, &l->out);
    PUMP_MUST(l->sync != NULL);
    return l;
}

void pump_line_free(struct pump_line *l)
{
    for (unsigned i = 0; i < l->jobs; i++)
        job_free(l->job[i]);
    sam_sync_free(l->sync);
    feed_free(l->feed);
    sam_mac_key_free(l->key);
    sam_buf_fini(&l->in);
    sam_buf_fini(&l->out);
    free(l);
}

void pump_line_cut(struct pump_tablet *t)
{
    if (!t->line)
        return;
    samling_link_down(t->s);
    pump_line_free(t->line);
    t->line = NULL;
}

static void line_up(struct pump_tablet *t)
{
    if (!samling_link_up(t->s))
        t->line = pump_line_new(t->pump);
}

void pump_line_take(struct pump_line *l, const uint8_t *bytes, size_t n)
{
    if (l->shut)
        return;
    PUMP_MUST(sam_buf_add(&l->in, bytes, n) == 0);
    if (sam_sync_feed(l->sync, &l->in))
        l->shut = true;
}

/* Up to ${bytes} from the tablet to the centre. */
static uint64_t bytes_up(struct pump_tablet *t, uint64_t bytes)
{
    struct pump_line *l = t->line;
    const uint8_t *p;
    size_t n = samling_link_peek(t->s, &p);
    n = n < bytes ? n : (size_t)bytes;
    if (l->shut)
        return 0;
    pump_line_take(l, p, n);
    if (n)
        samling_link_sent(t->s, n);
    return n;
}

static bool feed_move(struct pump_line *l)
{
    if (!l->feed || l->shut)
        return false;
    int more = feed_next(l->feed, l->sync);
    PUMP_MUST(more >= 0 || more == SAM_EDENIED);
    if (more > 0)
        return true;
    feed_free(l->feed);
    l->feed = NULL;
    if (more < 0)
        line_fail(l, SAM_ERROR_BAD_STATE);
    else
        sam_sync_served(l->sync);
    return true;
}

bool pump_line_turn(struct pump_line *l)
{
    bool moved = l->jobs;
    jobs_run(l);
    return feed_move(l) || moved;
}

size_t pump_line_peek(struct pump_line *l, const uint8_t **bytes)
{
    struct sam_span out = sam_buf_peek(&l->out);
    *bytes = out.ptr;
    return out.len;
}

void pump_line_sent(struct pump_line *l, size_t n)
{
    sam_buf_consume(&l->out, n);
}

bool pump_line_over(const struct pump_line *l)
{
    return l->shut && sam_buf_len(&l->out) == 0;
}

static uint64_t bytes_down(struct pump_tablet *t, uint64_t bytes)
{
    struct pump_line *l = t->line;
    struct sam_span out = sam_buf_peek(&l->out);
    size_t n = out.len < bytes ? out.len : (size_t)bytes;
    if (!n)
        return 0;
    int err = samling_link_feed(t->s, out.ptr, n);
    sam_buf_consume(&l->out, n);
    PUMP_MUST(!err || err == SAMLING_ECLOSED || err == SAMLING_ESTATE);
    if (err) {
        l->shut = true;
        sam_buf_clear(&l->out);
    }
    return n;
}

/* One conversation; true: the line went down by itself, not because ${bytes} were used up. */
static bool line_talk(struct pump_tablet *t, uint64_t bytes)
{
    bool moved = true;
    while (t->line && moved && t->moved < bytes) {
        uint64_t up = bytes_up(t, bytes - t->moved);
        t->moved += up;
        moved = pump_line_turn(t->line) || up;
        uint64_t down = bytes_down(t, bytes - t->moved);
        t->moved += down;
        moved = moved || down;
        if (pump_line_over(t->line) || samling_link_idle(t->s) == 1) {
            pump_line_cut(t);
            return true;
        }
    }
    pump_line_cut(t);
    return t->moved < bytes;
}

bool pump_sync(struct pump_tablet *t, uint64_t bytes)
{
    t->moved = 0;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        line_up(t);
        if (!line_talk(t, bytes))
            return false;
        if (sam_meta(t->s, device_no))
            t->device_no = sam_meta(t->s, device_no);
        if (samling_retry_in_ms(t->s) != 0) /* as samling_sync_once: again at once where the tablet asks for it */
            break;
    }
    return true;
}
