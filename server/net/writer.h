/* The write thread: the only one that touches the store for writing. Jobs go in from the loop's thread, are run in order,
 * several in one transaction (group commit), and come back on the loop's thread after the commit.
 *
 *      loop --writer_submit--> [ queue ] --begin, run, run, run, commit--> [ done ] --uv_async--> job.done
 *
 * Invariants
 *  1. A job's done is called exactly once, on the loop's thread, and with 0 only after a durable commit.
 *  2. Jobs are run in the order in which they were submitted.
 *  3. Whoever submits asks writer_full first, so the queue holds at most WRITER_JOBS_MAX jobs or WRITER_BYTES_MAX bytes and
 *     what one caller adds at a time.
 *  4. No job waits for a reader of the store. A reader that stays, a shell in the store's file for instance, makes the log grow: that is
 *     logged at 64 MB, and above 256 MB writer_log_full says so until it has gone. */
#ifndef NET_WRITER_H
#define NET_WRITER_H

#include "server/intake/intake.h"
#include "server/net/touch.h"

#include <uv.h>

#define WRITER_GROUP_OPS_MAX 4096u    /* ops in one transaction: bounds its time and its log */
#define WRITER_GROUP_WAIT_NS 5000000u /* how long a group may wait for others to join */
#define WRITER_JOBS_MAX 2048u
#define WRITER_BYTES_MAX (32u * 1024u * 1024u)

struct writer_job {
    struct writer_job *next;
    /* write thread. 0: part of the group's transaction; positive: nothing may be kept of it (only where alone);
     * negative: storage failed, the whole group is rolled back */
    int (*run)(struct writer_job *job, struct intake *in);
    /* loop's thread; ${err}: 0 committed, positive as run said, negative: nothing is stored. ${job} is the caller's again. */
    void (*done)(struct writer_job *job, int err);
    uint64_t device_no; /* whose push it is, 0: not a push */
    unsigned ops;
    size_t bytes; /* memory held while it waits */
    bool alone;   /* a transaction of its own */
    int err;      /* private */
};

struct writer_config {
    struct intake *intake; /* used by the write thread alone between start and stop */
    uv_loop_t *loop;
    void (*touched)(void *ctx, const struct touches *touches); /* loop's thread */
    void (*drained)(void *ctx);        /* loop's thread: jobs have been done, there may be room again */
    void (*fatal)(void *ctx, int err); /* write thread: a sync failed; must end the process */
    void *ctx;
};

#define WRITER_BUCKETS 13u /* of times of commits: up to each bound, and above the last */

struct writer_counters {
    uint64_t commits, pushes, ops, bytes, failed, checkpoints, group_ops_median, commit_us;
    uint64_t
        wal_held_bytes; /* of a large log that somebody who reads the store keeps from beginning anew; 0: nobody does */
    uint64_t bucket[WRITER_BUCKETS];
};

/* writer_bounds_us: WRITER_BUCKETS - 1 bounds, rising. */
extern const uint64_t writer_bounds_us[];

struct writer;

/**
 * writer_start(out, config):
 *   owns    ${out} until writer_stop; the intake stays the caller's
 *   errors  SAM_ENOMEM; SAM_EIO no thread
 */
int writer_start(struct writer **out, const struct writer_config *config);
void writer_submit(struct writer *w, struct writer_job *job);
bool writer_full(struct writer *w);
/* writer_log_full(w): a reader that does not go has kept the log so long that nothing more is to be taken in. */
bool writer_log_full(struct writer *w);
void writer_counters(struct writer *w, struct writer_counters *out);
/* writer_stuck_ms(w): how long it has had work and has not got on with it; 0: it has none, or is at a job that stands alone,
 * which may take as long as the whole store does. */
uint64_t writer_stuck_ms(struct writer *w);
/* writer_stop(w): finish what is queued, call every done, end the thread. The loop must run once more before it is closed. */
void writer_stop(struct writer *w);

#endif
