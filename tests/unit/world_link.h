/* A world in one process for test_world.c: the real store, intake and feed as centre, real SDK handles as tablets, and
 * lines between them that move bytes when they are told to. What the writer and the connections of the server do is done here
 * in small: jobs wait in a queue until a group is committed, answers leave behind the commit. */
#ifndef TESTS_UNIT_WORLD_LINK_H
#define TESTS_UNIT_WORLD_LINK_H

#include "client-sdk/src/client.h"
#include "client-sdk/src/replica.h"
#include "proto/wire/crypto.h"
#include "server/intake/intake.h"
#include "server/store/feed.h"
#include "server/store/store_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLETS_MAX = 10, SAVES_MAX = 4000, JOBS_MAX = 256 };

struct point {
    uint64_t seq, chain;
};

struct world;
struct link {
    struct world *w;
    struct sam_sync *sync;
    struct sam_buf in, out;
    struct feed *feed;
    struct sam_mac_key *key;
    uint64_t device_no, org, hello_epoch;
    uint32_t state;
    bool drain_only, shut, dead; /* shut: the last words are in out */
    unsigned jobs;
    struct point greeting, welcome, acked, next;
};

struct tablet {
    samling *s;
    char path[120];
    struct link *link;
};

enum job_kind { JOB_HELLO, JOB_JOIN, JOB_PUSH, JOB_REFUSE, JOB_VERB };
struct job {
    enum job_kind kind;
    struct link *l; /* NULL: the console */
    struct sam_hello hello;
    struct sam_join join;
    struct intake_greeting greeting;
    struct intake_joined joined;
    struct intake_batch batch;
    struct intake_pushed pushed;
    struct sam_buf body;
    uint8_t mac[SAM_MAC_BYTES];
    uint32_t code;
    uint64_t expected, seed;
    bool drain_only;
    int err;
};

struct world {
    uint64_t rng, seed;
    char folder[96], path[112], journal[112];
    struct intake_config config;
    struct intake *in;
    struct store *reader;
    struct sam_zip *zip;
    int64_t now_s, ticks;
    struct tablet tablet[TABLETS_MAX];
    unsigned tablets, backups;
    struct job *job[JOBS_MAX];
    unsigned jobs;
    bool revoked;
    uint64_t group[12], person[40], org[2], user[8];
    unsigned groups, persons, users;
    int64_t save[SAVES_MAX][3]; /* saved ops claim a time between the two; so many */
    unsigned saves;
    unsigned long events;
};

#define MUST(x)                                                                           \
    do {                                                                                  \
        if (!(x)) {                                                                       \
            printf("SEED=%llu line %d: %s\n", (unsigned long long)w->seed, __LINE__, #x); \
            fflush(stdout);                                                               \
            abort();                                                                      \
        }                                                                                 \
    } while (0)

static inline uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}
static inline uint64_t roll(struct world *w, uint64_t below)
{
    return draw(&w->rng) % below;
}
static inline bool chance(struct world *w, unsigned percent)
{
    return roll(w, 100) < percent;
}

/* ---- the centre's end of a line */

static inline struct job *job_add(struct link *l, enum job_kind kind)
{
    struct world *w = l->w;
    struct job *j = calloc(1, sizeof *j);
    MUST(w->jobs < JOBS_MAX);
    j->kind = kind;
    j->l = l;
    l->jobs++;
    sam_buf_init(&j->body, SAM_FRAME_INFLATED_BYTES_MAX);
    return w->job[w->jobs++] = j;
}

static inline int host_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    struct job *j = job_add(host, JOB_HELLO);
    j->hello = *h;
    memcpy(j->mac, mac, sizeof j->mac);
    return sam_buf_add(&j->body, body.ptr, body.len);
}

static inline int host_join(void *host, const struct sam_join *join, struct sam_span body, const uint8_t *mac)
{
    struct job *j = job_add(host, JOB_JOIN);
    j->join = *join;
    memcpy(j->mac, mac, sizeof j->mac);
    return sam_buf_add(&j->body, body.ptr, body.len);
}

static inline int refuse_later(struct link *l, uint32_t code, uint64_t expected)
{
    struct job *j = job_add(l, JOB_REFUSE);
    j->code = code;
    j->expected = expected;
    return 0;
}

static inline int host_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
                            const uint8_t *mac)
{
    struct link *l = host;
    const struct point known[] = {l->next, l->acked, l->welcome, l->greeting};
    unsigned i = 0;
    if (l->state == SAM_DEVICE_PENDING)
        return refuse_later(l, SAM_ERROR_NOT_ACTIVE, 0);
    while (i < 4 && known[i].seq + 1 != p->first_seq)
        i++;
    if (i == 4)
        return refuse_later(l, SAM_ERROR_GAP, l->next.seq + 1);
    struct job *j = job_add(l, JOB_PUSH);
    int err = intake_batch_read(&j->batch, l->key, l->device_no, l->hello_epoch, known[i].chain, p, as_sent, body, mac);
    if (err) {
        intake_batch_fini(&j->batch);
        j->kind = JOB_REFUSE;
        return err == SAM_EAUTH ? sam_sync_fail(l->sync, SAM_ERROR_BAD_MAC, "PUSH") : err;
    }
    l->next = (struct point){p->first_seq + j->batch.count - 1, j->batch.chain};
    return 0;
}

static inline void link_fail(struct link *l, uint32_t code)
{
    struct sam_error e = {.code = code};
    sam_sync_fail_with(l->sync, &e);
    l->shut = true;
}

static inline int may_read(struct link *l)
{
    if (l->state == SAM_DEVICE_ACTIVE && !l->drain_only)
        return 0;
    if (l->state == SAM_DEVICE_REVOKED || l->state == SAM_DEVICE_WIPED) {
        sam_sync_send(l->sync, SAM_FRAME_WIPE, (struct sam_span){0});
        l->shut = true;
    } else {
        link_fail(l, l->state == SAM_DEVICE_PENDING ? SAM_ERROR_NOT_ACTIVE : SAM_ERROR_DRAIN_ONLY);
    }
    return SAM_ECLOSED;
}

static inline int host_pull(void *host, const struct sam_pull *p)
{
    struct link *l = host;
    int err = may_read(l);
    if (!err)
        l->feed = feed_pull_new(l->w->reader, l->device_no, l->org, intake_epoch(l->w->in).id, l->hello_epoch, p);
    return err;
}
static inline int host_snap_get(void *host, const struct sam_snap_get *g)
{
    struct link *l = host;
    int err = may_read(l);
    if (!err)
        l->feed = feed_snap_new(l->w->reader, l->org, g);
    return err;
}
static inline int host_error(void *host, const struct sam_error *e)
{
    (void)host, (void)e;
    return 0;
}
static inline int host_bye(void *host, const struct sam_bye *b)
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

static inline void link_free(struct link *l)
{
    sam_sync_free(l->sync);
    feed_free(l->feed);
    sam_mac_key_free(l->key);
    sam_buf_fini(&l->in);
    sam_buf_fini(&l->out);
    free(l);
}

static inline void line_cut(struct tablet *t)
{
    if (!t->link)
        return;
    samling_link_down(t->s);
    t->link->dead = true;
    if (t->link->jobs == 0)
        link_free(t->link);
    t->link = NULL;
}

static inline bool line_up(struct world *w, struct tablet *t)
{
    if (t->link || samling_link_up(t->s))
        return false;
    struct link *l = t->link = calloc(1, sizeof *l);
    l->w = w;
    sam_buf_init(&l->in, 1u << 20);
    sam_buf_init(&l->out, 4u << 20);
    l->sync = sam_sync_new(SAM_ROLE_CENTRE, &host_ops, l, w->zip, &l->out);
    return true;
}

/* ---- jobs */

int verb_run(struct world *w, uint64_t seed);

static inline int job_run(struct world *w, struct job *j)
{
    switch (j->kind) {
    case JOB_HELLO:
        j->drain_only = intake_drain_only(w->in);
        return intake_hello(w->in, &j->hello, sam_buf_peek(&j->body), j->mac, &j->greeting);
    case JOB_JOIN: return intake_join(w->in, &j->join, sam_buf_peek(&j->body), j->mac, &j->joined);
    case JOB_PUSH: return intake_push(w->in, &j->batch, &j->pushed);
    case JOB_VERB: return verb_run(w, j->seed);
    case JOB_REFUSE: return 0;
    }
    return 0;
}

static inline void refuse(struct link *l, uint32_t code, uint64_t expected)
{
    struct sam_error e = {.code = code, .expected = expected};
    l->next = l->acked;
    sam_sync_refuse_push(l->sync, &e);
}

static inline void job_answer(struct world *w, struct job *j)
{
    struct link *l = j->l;
    if (j->kind == JOB_VERB || l->dead || l->shut)
        return;
    const struct sam_error *e = j->kind == JOB_HELLO  ? &j->greeting.error
                                : j->kind == JOB_JOIN ? &j->joined.error
                                                      : &j->pushed.error;
    if (j->err) {
        link_fail(l, SAM_ERROR_BUSY);
    } else if (j->kind == JOB_REFUSE) {
        refuse(l, j->code, j->expected);
    } else if (j->kind == JOB_PUSH && (e->code == SAM_ERROR_GAP || e->code == SAM_ERROR_NOT_ACTIVE)) {
        refuse(l, e->code, e->expected);
    } else if (e->code) {
        sam_sync_fail_with(l->sync, e);
        l->shut = true;
    } else if (j->kind == JOB_HELLO) {
        const struct intake_greeting *g = &j->greeting;
        l->key = sam_mac_key_new(g->key, "push");
        l->device_no = g->device_no;
        l->org = g->org;
        l->state = g->welcome.state;
        l->hello_epoch = j->hello.epoch;
        l->drain_only = j->drain_only;
        l->greeting = (struct point){g->seq, g->chain};
        l->welcome = l->acked = l->next = (struct point){g->welcome.acked_seq, g->welcome.acked_chain};
        MUST(sam_sync_send_welcome(l->sync, &g->welcome) == 0);
    } else if (j->kind == JOB_JOIN) {
        MUST(sam_sync_send_joined(l->sync, &j->joined.joined) == 0);
    } else {
        l->acked = (struct point){j->batch.first_seq + j->batch.count - 1, j->batch.chain};
        MUST(sam_sync_send_ack(l->sync, &j->pushed.ack) == 0);
    }
}

static inline void job_free(struct job *j)
{
    if (j->l && --j->l->jobs == 0 && j->l->dead)
        link_free(j->l);
    intake_batch_fini(&j->batch);
    sam_buf_fini(&j->body);
    free(j);
}

static inline int refuse_commit(void *ctx)
{
    return ctx == NULL;
}
static inline int interrupt(void *ctx)
{
    return --*(int64_t *)ctx < 0;
}

/* Jobs in one transaction. ${budget}: after so many steps of the database everything fails, as with a full disk.
 * ${give_up}: the commit does. */
static inline int group_try(struct world *w, struct job **job, unsigned n, int64_t budget, bool give_up)
{
    int err = intake_begin(w->in);
    if (budget >= 0)
        sqlite3_progress_handler(intake_store(w->in)->db, 20, interrupt, &budget);
    for (unsigned i = 0; !err && i < n; i++)
        err = job_run(w, job[i]);
    sqlite3_progress_handler(intake_store(w->in)->db, 0, NULL, NULL);
    if (err) {
        intake_rollback(w->in);
        return err;
    }
    sqlite3_commit_hook(intake_store(w->in)->db, give_up ? refuse_commit : NULL, NULL);
    err = intake_commit(w->in);
    sqlite3_commit_hook(intake_store(w->in)->db, NULL, NULL);
    return err;
}

static inline void group_commit(struct world *w, bool faults)
{
    unsigned n = w->jobs;
    struct job *job[JOBS_MAX];
    memcpy(job, w->job, n * sizeof *job);
    w->jobs = 0;
    bool bad = faults && chance(w, 15), none = faults && chance(w, 5);
    int err = n ? group_try(w, job, n, bad ? (int64_t)roll(w, 80) : -1, none) : 0;
    if (err && !bad && !none)
        printf("err %d\n", err);
    MUST(!err || bad || none);
    for (unsigned i = 0; i < n; i++)
        job[i]->err = err ? group_try(w, &job[i], 1, -1, faults && chance(w, 10)) : 0;
    for (unsigned i = 0; i < n; i++) {
        job_answer(w, job[i]);
        job_free(job[i]);
    }
}

/* ---- bytes */

/* Move up to ${most} bytes each way. false: nothing moved. */
static inline bool line_move(struct world *w, struct tablet *t, size_t most)
{
    struct link *l = t->link;
    const uint8_t *p;
    bool moved = false;
    if (!l)
        return false;
    size_t n = samling_link_peek(t->s, &p);
    if (n && !l->shut && sam_buf_len(&l->in) < 100000) {
        n = n < most ? n : most;
        MUST(sam_buf_add(&l->in, p, n) == 0);
        samling_link_sent(t->s, n);
        moved = true;
    }
    if (!l->shut && sam_sync_feed(l->sync, &l->in))
        l->shut = true;
    if (l->feed && !l->shut && sam_buf_len(&l->out) < 65536) {
        int more = feed_next(l->feed, l->sync);
        MUST(more >= 0 || more == SAM_EDENIED);
        if (more <= 0) {
            feed_free(l->feed);
            l->feed = NULL;
            if (more < 0)
                link_fail(l, SAM_ERROR_BAD_STATE);
            else
                sam_sync_served(l->sync);
        }
        moved = true;
    }
    struct sam_span out = sam_buf_peek(&l->out);
    n = out.len < most ? out.len : most;
    if (n) {
        int err = samling_link_feed(t->s, out.ptr, n);
        sam_buf_consume(&l->out, n);
        moved = true;
        if (err && err != SAMLING_ECLOSED && err != SAMLING_ESTATE)
            printf("device %llu: %s, and says %.*s\n", (unsigned long long)l->device_no, samling_errname(err),
                   (int)samling_link_peek(t->s, &p), p);
        MUST(!err || err == SAMLING_ECLOSED || err == SAMLING_ESTATE);
        if (err)
            l->shut = true, sam_buf_clear(&l->out);
    }
    if ((l->shut && sam_buf_len(&l->out) == 0) || samling_link_idle(t->s) == 1)
        line_cut(t);
    return moved;
}

#endif
