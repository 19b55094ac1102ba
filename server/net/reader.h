/* The read thread: pages of the console that ask the store run here, so that the loop never waits for the disk. It has a
 * query_only connection of its own, and each job one snapshot.
 *
 *      loop --reader_submit--> [ queue ] --snapshot, run--> [ done ] --uv_async--> job.done
 *
 * Invariants
 *  1. A job's done is called exactly once, on the loop's thread.
 *  2. At most READER_JOBS_MAX jobs wait; who comes then is told so at once.
 *  3. No statement runs longer than patience_ms after its job began: a long reader would keep the log from being emptied. */
#ifndef NET_READER_H
#define NET_READER_H

#include "server/store/store.h"

#include <uv.h>

#define READER_JOBS_MAX 64u
#define READER_PATIENCE_MS 2000u

struct reader_job {
    struct reader_job *next;
    int (*run)(struct reader_job *job, struct store *st); /* read thread, inside a snapshot */
    void (*done)(struct reader_job *job,
                 int err); /* loop's thread; ${err}: as run said, SAM_ETIMEOUT, or no snapshot */
    int err;               /* private */
};

struct reader;

/* reader_start(out, loop, st, patience_ms): ${st} is the read thread's alone between start and stop, and stays the caller's.
 * SAM_ENOMEM; SAM_EIO no thread. */
int reader_start(struct reader **out, uv_loop_t *loop, struct store *st, unsigned patience_ms);
/* reader_submit(r, job): SAM_EBUSY: the queue is full, the job is still the caller's. */
int reader_submit(struct reader *r, struct reader_job *job);
/* reader_stop(r): run what is queued, call every done, end the thread. The loop must run once more before it is closed. */
void reader_stop(struct reader *r);

#endif
