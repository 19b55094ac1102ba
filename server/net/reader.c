#include "server/net/reader.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/store/overview.h"

#include <stdlib.h>

struct reader {
    struct store *st;
    uint64_t patience_ns;
    uv_thread_t thread;
    uv_async_t async;
    uv_mutex_t lock; /* over everything down to the line below */
    uv_cond_t wake;
    struct reader_job *queue, **queue_last, *done, **done_last;
    unsigned queued;
    bool stop;
    /* the read thread's own */
    uint64_t began_ns;
};

static void list_add(struct reader_job ***last, struct reader_job *job)
{
    job->next = NULL;
    **last = job;
    *last = &job->next;
}

static struct reader_job *queue_take(struct reader *r)
{
    struct reader_job *job = r->queue;
    if (job && !(r->queue = job->next))
        r->queue_last = &r->queue;
    r->queued -= job != NULL;
    return job;
}

/* ---- the thread */

static bool reader_late(void *ctx)
{
    const struct reader *r = ctx;
    return uv_hrtime() - r->began_ns > r->patience_ns;
}

static int job_run(struct reader *r, struct reader_job *job)
{
    r->began_ns = uv_hrtime();
    int err = store_snapshot_begin(r->st);
    if (!err)
        err = job->run(job, r->st);
    r->began_ns = uv_hrtime(); /* the end of the snapshot has time of its own */
    store_snapshot_end(r->st);
    return err;
}

static void reader_thread(void *arg)
{
    struct reader *r = arg;
    uv_mutex_lock(&r->lock);
    for (;;) {
        struct reader_job *job = queue_take(r);
        if (!job && r->stop)
            break;
        if (!job) {
            uv_cond_wait(&r->wake, &r->lock);
            continue;
        }
        uv_mutex_unlock(&r->lock);
        job->err = job_run(r, job);
        uv_mutex_lock(&r->lock);
        list_add(&r->done_last, job);
        uv_async_send(&r->async);
    }
    uv_mutex_unlock(&r->lock);
}

/* ---- the loop's side */

static void thread_end(struct reader *r)
{
    uv_mutex_lock(&r->lock);
    r->stop = true;
    uv_cond_signal(&r->wake);
    uv_mutex_unlock(&r->lock);
    uv_thread_join(&r->thread);
}

static void done_all(struct reader *r)
{
    uv_mutex_lock(&r->lock);
    struct reader_job *job = r->done, *next;
    r->done = NULL;
    r->done_last = &r->done;
    uv_mutex_unlock(&r->lock);
    for (; job; job = next) {
        next = job->next;
        job->done(job, job->err);
    }
}

static void reader_async_cb(uv_async_t *async)
{
    done_all(async->data);
}

int reader_start(struct reader **out, uv_loop_t *loop, struct store *st, unsigned patience_ms)
{
    *out = NULL;
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        return SAM_ENOMEM;
    r->st = st;
    r->patience_ns = patience_ms * 1000000ull;
    r->queue_last = &r->queue;
    r->done_last = &r->done;
    if (uv_mutex_init(&r->lock))
        goto free_reader;
    if (uv_cond_init(&r->wake))
        goto destroy_lock;
    store_patience(st, reader_late, r);
    if (uv_thread_create(&r->thread, reader_thread, r))
        goto destroy_wake;
    if (uv_async_init(loop, &r->async, reader_async_cb)) {
        thread_end(r);
        goto destroy_wake;
    }
    r->async.data = r;
    *out = r;
    return 0;
destroy_wake:
    store_patience(st, NULL, NULL);
    uv_cond_destroy(&r->wake);
destroy_lock:
    uv_mutex_destroy(&r->lock);
free_reader:
    sam_log(SAM_LOG_ERROR, "no_thread", "for=reader");
    free(r);
    return SAM_EIO;
}

int reader_submit(struct reader *r, struct reader_job *job)
{
    SAM_ASSERT(job->run && job->done);
    uv_mutex_lock(&r->lock);
    bool full = r->queued >= READER_JOBS_MAX;
    if (!full) {
        list_add(&r->queue_last, job);
        r->queued++;
        uv_cond_signal(&r->wake);
    }
    uv_mutex_unlock(&r->lock);
    return full ? SAM_EBUSY : 0;
}

static void reader_close_cb(uv_handle_t *handle)
{
    struct reader *r = handle->data;
    uv_cond_destroy(&r->wake);
    uv_mutex_destroy(&r->lock);
    free(r);
}

void reader_stop(struct reader *r)
{
    if (!r)
        return;
    thread_end(r);
    done_all(r);
    store_patience(r->st, NULL, NULL);
    uv_close((uv_handle_t *)&r->async, reader_close_cb);
}
