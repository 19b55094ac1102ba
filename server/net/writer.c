#include "server/net/writer.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/net/checkpoint.h"

#include <stdlib.h>

#define HELD_LOOK_NS 1000000000u /* how often a log that is held back is looked at when there is nothing to do */
#define HOUSEKEEPING_NS 60000000000u
#define HISTOGRAM_MAX (WRITER_GROUP_OPS_MAX + SAM_PUSH_OPS_MAX)

const uint64_t writer_bounds_us[WRITER_BUCKETS - 1] = {250,   500,   1000,   2500,   5000,    10000,
                                                       25000, 50000, 100000, 250000, 1000000, 5000000};

struct list {
    struct writer_job *first, **last;
};

struct writer {
    struct writer_config config;
    uv_thread_t thread;
    uv_async_t async;
    uv_mutex_t lock; /* over everything down to the line below */
    uv_cond_t wake;
    struct list queue, done;
    unsigned queue_jobs, queue_ops, queue_pushers;
    unsigned enough_ops; /* to judge so many takes as long as the last commit: more need not be waited for */
    size_t queue_bytes;
    bool stop, waiting;
    bool running, running_alone; /* a group, or one job that stands alone, is with the store */
    uint64_t moved_ns;           /* when it last took or finished something, or work came while it had none */
    struct touches touches;
    struct writer_counters counters;
    bool wal_full;
    uint32_t histogram[HISTOGRAM_MAX + 1];
    /* the write thread's own */
    struct touch_scopes scopes;
    unsigned pushers_last;        /* devices in the last group: who probably pushes again at once */
    uint64_t judge_ns, commit_ns; /* of the last group */
    struct checkpoint checkpoint;
    int64_t planned_day;
};

/* ---- lists */

static void list_init(struct list *l)
{
    l->first = NULL;
    l->last = &l->first;
}

static void list_add(struct list *l, struct writer_job *j)
{
    j->next = NULL;
    *l->last = j;
    l->last = &j->next;
}

static struct writer_job *list_take(struct list *l)
{
    struct writer_job *j = l->first;
    if (j && !(l->first = j->next))
        l->last = &l->first;
    return j;
}

static void list_join(struct list *to, struct list *from)
{
    if (!from->first)
        return;
    *to->last = from->first;
    to->last = from->last;
    list_init(from);
}

/* ---- who is to be told */

static void touches_publish(struct writer *w)
{
    struct touches touches;
    touch_resolve(&w->scopes, intake_store(w->config.intake), &touches);
    uv_mutex_lock(&w->lock);
    bool any = touches_join(&w->touches, &touches);
    uv_mutex_unlock(&w->lock);
    if (any)
        uv_async_send(&w->async);
}

/* ---- one group */

static int group_run(struct writer *w, struct list *group)
{
    struct intake *in = w->config.intake;
    uint64_t from = uv_hrtime();
    int err = intake_begin(in);
    if (err)
        return err;
    for (struct writer_job *j = group->first; j && !err; j = j->next) {
        err = j->run(j, in);
        touch_note(&w->scopes, in, j->device_no);
    }
    if (err) {
        intake_rollback(in);
        touch_forget(&w->scopes, in);
        return err;
    }
    uint64_t judged = uv_hrtime();
    err = intake_commit(in);
    w->judge_ns = judged - from;
    w->commit_ns = uv_hrtime() - judged;
    if (err)
        touch_forget(&w->scopes, in);
    return err;
}

static void group_set(struct list *group, int err)
{
    for (struct writer_job *j = group->first; j; j = j->next)
        j->err = err;
}

/* One bad job must not take the others with it: after a failure every job gets a transaction of its own. */
static void group_run_singly(struct writer *w, struct list *group)
{
    struct list rest = *group;
    list_init(group);
    for (struct writer_job *j; (j = rest.first) != NULL;) {
        struct list one;
        rest.first = j->next;
        list_init(&one);
        list_add(&one, j);
        group_set(&one, group_run(w, &one));
        list_add(group, j);
    }
}

static void group_commit(struct writer *w, struct list *group)
{
    int err = group_run(w, group);
    if (err == SAM_EIO) {
        sam_log(SAM_LOG_ERROR, "commit_failed", "err=%s why=\"%s\"", sam_err_name(err),
                store_errmsg(intake_store(w->config.intake)));
        w->config.fatal(w->config.ctx, err);
    }
    if (err < 0)
        sam_log(SAM_LOG_WARN, "commit_failed", "err=%s why=\"%s\"", sam_err_name(err),
                store_errmsg(intake_store(w->config.intake)));
    if (err < 0 && err != SAM_EFULL && group->first->next)
        group_run_singly(w, group);
    else
        group_set(group, err);
}

/* ---- collecting */

static unsigned pushers_in(const struct list *l)
{
    uint64_t seen[32];
    unsigned n = 0;
    for (const struct writer_job *j = l->first; j && n < 32; j = j->next) {
        unsigned i = 0;
        while (i < n && seen[i] != j->device_no)
            i++;
        if (j->device_no && i == n)
            seen[n++] = j->device_no;
    }
    return n;
}

/* Whoever waits for all who pushed last has them all wait in turn: while those are judged and committed nobody sends. It is worth its time
 * only where a commit takes longer than to judge what is here already. */
static bool group_complete(const struct writer *w)
{
    return w->stop || w->queue_ops >= WRITER_GROUP_OPS_MAX || w->queue_ops >= w->enough_ops ||
           w->queue_pushers >= w->pushers_last;
}

/* Wait for the first job, or until housekeeping is due; then, where several devices push, a little for the others. */
static bool queue_wait(struct writer *w)
{
    if (!w->queue.first && !w->stop) {
        w->waiting = true;
        uv_cond_timedwait(&w->wake, &w->lock, w->checkpoint.held_bytes ? HELD_LOOK_NS : HOUSEKEEPING_NS);
        w->waiting = false;
    }
    if (!w->queue.first)
        return false;
    uint64_t until = uv_hrtime() + WRITER_GROUP_WAIT_NS;
    while (w->pushers_last > 1 && !group_complete(w)) {
        uint64_t now = uv_hrtime();
        if (now >= until)
            break;
        w->waiting = true;
        uv_cond_timedwait(&w->wake, &w->lock, until - now);
        w->waiting = false;
        w->queue_pushers = pushers_in(&w->queue);
    }
    return true;
}

static void group_take(struct writer *w, struct list *group)
{
    unsigned ops = 0;
    while (w->queue.first && ops < WRITER_GROUP_OPS_MAX && !(group->first && w->queue.first->alone)) {
        struct writer_job *j = list_take(&w->queue);
        w->queue_jobs--;
        w->queue_ops -= j->ops;
        w->queue_bytes -= j->bytes;
        ops += j->ops;
        list_add(group, j);
        if (j->alone)
            break;
    }
    w->queue_pushers = pushers_in(&w->queue);
}

static void group_count(struct writer *w, const struct list *group, uint64_t ns)
{
    unsigned ops = 0;
    size_t bytes = 0;
    for (const struct writer_job *j = group->first; j; j = j->next) {
        if (j->err)
            w->counters.failed++;
        ops += j->ops;
        bytes += j->bytes;
        w->counters.pushes += j->ops > 0;
    }
    w->counters.commits++;
    w->counters.ops += ops;
    if (ops)
        w->enough_ops = (unsigned)(w->commit_ns * ops / (w->judge_ns + 1)) + 1;
    w->counters.bytes += bytes;
    w->counters.commit_us += ns / 1000;
    unsigned bucket = 0;
    while (bucket < WRITER_BUCKETS - 1 && ns / 1000 > writer_bounds_us[bucket])
        bucket++;
    w->counters.bucket[bucket]++;
    if (ops)
        w->histogram[ops < HISTOGRAM_MAX ? ops : HISTOGRAM_MAX]++;
    checkpoint_grew(&w->checkpoint, bytes, ops);
}

/* ---- between commits */

static void log_move(struct writer *w)
{
    int err = checkpoint_run(&w->checkpoint);
    uv_mutex_lock(&w->lock);
    w->counters.checkpoints++;
    w->counters.wal_held_bytes = w->checkpoint.held_bytes;
    w->wal_full = w->checkpoint.full;
    uv_mutex_unlock(&w->lock);
    if (err == SAM_EIO)
        w->config.fatal(w->config.ctx, err);
}

/* Planned sessions are written ahead once a day. */
static void plan(struct writer *w)
{
    struct intake *in = w->config.intake;
    int64_t day = intake_now_s(in) / 86400;
    unsigned written = 0;
    if (day == w->planned_day)
        return;
    w->planned_day = day;
    int err = intake_begin(in);
    if (err)
        return;
    err = intake_plan(in, &written);
    touch_note(&w->scopes, in, 0);
    if (err)
        intake_rollback(in);
    else
        err = intake_commit(in);
    if (err == SAM_EIO)
        w->config.fatal(w->config.ctx, err);
    if (err)
        touch_forget(&w->scopes, in);
    sam_log(err ? SAM_LOG_WARN : SAM_LOG_INFO, "planned", "sessions=%u err=%s", written, sam_err_name(err));
    touches_publish(w);
}

static void writer_thread(void *arg)
{
    struct writer *w = arg;
    uv_mutex_lock(&w->lock);
    while (!w->stop || w->queue.first) {
        uv_mutex_unlock(&w->lock);
        plan(w);
        uv_mutex_lock(&w->lock);
        if (!queue_wait(w)) {
            uv_mutex_unlock(&w->lock);
            if (w->checkpoint.held_bytes) /* has the reader gone? */
                log_move(w);
            uv_mutex_lock(&w->lock);
            continue;
        }
        struct list group;
        list_init(&group);
        group_take(w, &group);
        w->pushers_last = pushers_in(&group);
        uint64_t from = w->moved_ns = uv_hrtime();
        w->running = true;
        SAM_ASSERT(group.first); /* queue_wait said so */
        w->running_alone = group.first->alone;
        uv_mutex_unlock(&w->lock);
        group_commit(w, &group);
        uv_mutex_lock(&w->lock);
        w->moved_ns = uv_hrtime();
        w->running = false;
        uint64_t ns = w->moved_ns - from;
        group_count(w, &group, ns);
        list_join(&w->done, &group);
        uv_mutex_unlock(&w->lock);
        uv_async_send(&w->async);
        touches_publish(w);
        if (checkpoint_due(&w->checkpoint))
            log_move(w);
        uv_mutex_lock(&w->lock);
    }
    uv_mutex_unlock(&w->lock);
}

/* ---- the loop's side */

static void done_all(struct writer *w)
{
    struct list done;
    uv_mutex_lock(&w->lock);
    done = w->done;
    if (done.first)
        list_init(&w->done);
    else
        list_init(&done);
    uv_mutex_unlock(&w->lock);
    bool any = done.first != NULL;
    while (done.first) {
        struct writer_job *j = done.first;
        done.first = j->next;
        j->done(j, j->err);
    }
    if (any && w->config.drained)
        w->config.drained(w->config.ctx);
}

static void writer_async_cb(uv_async_t *async)
{
    struct writer *w = async->data;
    done_all(w);
    uv_mutex_lock(&w->lock);
    struct touches touches = w->touches;
    touches_clear(&w->touches);
    uv_mutex_unlock(&w->lock);
    if ((touches.count || touches.all) && w->config.touched)
        w->config.touched(w->config.ctx, &touches);
}

int writer_start(struct writer **out, const struct writer_config *config)
{
    *out = NULL;
    struct writer *w = calloc(1, sizeof *w);
    if (!w)
        return SAM_ENOMEM;
    w->config = *config;
    w->planned_day = -1;
    list_init(&w->queue);
    list_init(&w->done);
    checkpoint_init(&w->checkpoint, intake_store(config->intake));
    if (uv_mutex_init(&w->lock))
        goto free_writer;
    if (uv_cond_init(&w->wake))
        goto destroy_lock;
    if (uv_async_init(config->loop, &w->async, writer_async_cb))
        goto destroy_wake;
    w->async.data = w;
    if (uv_thread_create(&w->thread, writer_thread, w)) {
        sam_log(SAM_LOG_ERROR, "no_thread", "for=writer");
        *out = w;
        return SAM_EIO; /* the handle is the loop's already: the caller is about to end */
    }
    *out = w;
    return 0;
destroy_wake:
    uv_cond_destroy(&w->wake);
destroy_lock:
    uv_mutex_destroy(&w->lock);
free_writer:
    free(w);
    return SAM_EIO;
}

void writer_submit(struct writer *w, struct writer_job *job)
{
    SAM_ASSERT(job->run && job->done);
    uv_mutex_lock(&w->lock);
    job->err = 0;
    if (!w->queue.first && !w->running)
        w->moved_ns = uv_hrtime();
    list_add(&w->queue, job);
    w->queue_jobs++;
    w->queue_ops += job->ops;
    w->queue_bytes += job->bytes;
    if (w->waiting && w->pushers_last > 1)
        w->queue_pushers = pushers_in(&w->queue);
    if (w->waiting && (!job->next && (w->pushers_last <= 1 || group_complete(w) || w->queue_jobs == 1)))
        uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->lock);
}

bool writer_full(struct writer *w)
{
    uv_mutex_lock(&w->lock);
    bool full = w->queue_jobs >= WRITER_JOBS_MAX || w->queue_bytes >= WRITER_BYTES_MAX;
    uv_mutex_unlock(&w->lock);
    return full;
}

bool writer_log_full(struct writer *w)
{
    uv_mutex_lock(&w->lock);
    bool full = w->wal_full;
    uv_mutex_unlock(&w->lock);
    return full;
}

uint64_t writer_stuck_ms(struct writer *w)
{
    uv_mutex_lock(&w->lock);
    bool works = w->running ? !w->running_alone : w->queue.first != NULL;
    uint64_t ns = works ? uv_hrtime() - w->moved_ns : 0;
    uv_mutex_unlock(&w->lock);
    return ns / 1000000;
}

static uint64_t histogram_median(const uint32_t *count)
{
    uint64_t all = 0, seen = 0;
    for (unsigned i = 0; i <= HISTOGRAM_MAX; i++)
        all += count[i];
    for (unsigned i = 0; all && i <= HISTOGRAM_MAX; i++) {
        seen += count[i];
        if (seen * 2 >= all)
            return i;
    }
    return 0;
}

void writer_counters(struct writer *w, struct writer_counters *out)
{
    uv_mutex_lock(&w->lock);
    *out = w->counters;
    out->group_ops_median = histogram_median(w->histogram);
    uv_mutex_unlock(&w->lock);
}

static void writer_close_cb(uv_handle_t *handle)
{
    struct writer *w = handle->data;
    uv_cond_destroy(&w->wake);
    uv_mutex_destroy(&w->lock);
    free(w);
}

void writer_stop(struct writer *w)
{
    if (!w)
        return;
    uv_mutex_lock(&w->lock);
    w->stop = true;
    uv_cond_signal(&w->wake);
    uv_mutex_unlock(&w->lock);
    uv_thread_join(&w->thread);
    done_all(w);
    uv_close((uv_handle_t *)&w->async, writer_close_cb);
}
