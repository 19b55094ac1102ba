/* The centre's jobs, as writer.c does them: a group is committed together, and answered behind the commit. */
#include "tests/sim/centre_int.h"

#include "proto/base/err.h"
#include "tests/sim/history.h"

#define COMMIT_MS_MAX 6
#define POKE_MS 20

void writer_submit(struct writer *q, struct writer_job *job)
{
    job->next = NULL;
    job->err = 0;
    if (q->last)
        q->last->next = job;
    else
        q->first = job;
    q->last = job;
    if (!q->jobs++ || q->w->centre.commit_ms == INT64_MAX)
        q->w->centre.commit_ms = q->w->now_ms + (int64_t)roll(q->w, COMMIT_MS_MAX);
}

/* What a commit brought: told to the oracle, and to those who are connected. */
static void published(struct world *w)
{
    struct centre *c = &w->centre;
    struct touches news;
    uint64_t told = history_csn(w);
    unsigned noted = c->scopes.count;
    history_read(w);
    touch_resolve(&c->scopes, intake_store(c->intake), &news);
    if (touches_join(&c->touches, &news) && c->poke_ms == INT64_MAX)
        c->poke_ms = w->now_ms + POKE_MS;
    if (noted || history_csn(w) != told)
        w->changed_ms = w->now_ms;
}

static int group_run(struct world *w, struct writer_job *first, const struct writer_job *end)
{
    struct intake *in = w->centre.intake;
    int err = intake_begin(in);
    if (err)
        return err;
    for (struct writer_job *j = first; j != end && !err; j = j->next) {
        err = j->run(j, in);
        touch_note(&w->centre.scopes, in, j->device_no);
    }
    if (err) {
        intake_rollback(in);
        touch_forget(&w->centre.scopes, in);
        return err;
    }
    w->centre.in_commit = true;
    err = intake_commit(in);
    w->centre.in_commit = disk_is_off(w->centre_folder) || err == SAM_EIO;
    if (err)
        touch_forget(&w->centre.scopes, in);
    return err;
}

/* The process ends where the disk failed it. true: it has. */
static bool ended(struct world *w, int err)
{
    if (err == SAM_EIO && !disk_is_off(w->centre_folder)) {
        say(w, "the centre's disk failed: the process ends");
        disk_kill(w->centre_folder);
    }
    if (!disk_is_off(w->centre_folder))
        return false;
    w->centre.dying = true;
    return true;
}

static bool one_run(struct world *w, struct writer_job *j)
{
    struct writer_job *end = j->next;
    int err = group_run(w, j, end);
    if (ended(w, err)) {
        j->err = SAM_EIO;
        return false;
    }
    j->err = err;
    if (!err)
        published(w);
    return true;
}

static void checkpoint(struct world *w)
{
    if (!chance(w, 3))
        return;
    int err = store_checkpoint(intake_store(w->centre.intake), chance(w, 30));
    if (err == SAM_EIO)
        ended(w, err);
}

/* Jobs up to one that wants to be alone; it is the last of its group. */
static const struct writer_job *group_end(struct writer_job *first)
{
    struct writer_job *j = first;
    unsigned ops = 0;
    while (j && ops < WRITER_GROUP_OPS_MAX && (j == first || !j->alone)) {
        ops += j->ops;
        bool alone = j->alone;
        j = j->next;
        if (alone)
            break;
    }
    return j;
}

static void group_commit(struct world *w, struct writer_job *first, const struct writer_job *end)
{
    int err = group_run(w, first, end);
    if (ended(w, err))
        return;
    bool singly = err < 0 && err != SAM_EFULL && first->next != end;
    if (!err)
        published(w);
    for (struct writer_job *j = first; j != end; j = j->next) {
        if (!singly)
            j->err = err;
        else if (!one_run(w, j))
            return;
    }
}

/* Every job is given back: with its result, or, where the process ended, as never answered. */
void centre_jobs_end(struct writer_job *first, const struct writer_job *end, bool died)
{
    for (struct writer_job *j = first, *next; j != end; j = next) {
        next = j->next;
        if (died)
            j->done(j, SAM_EIO);
        else
            j->done(j, j->err);
    }
}

void centre_commit(struct world *w)
{
    struct writer *q = &w->centre.writer;
    struct writer_job *first = q->first;
    const struct writer_job *end = group_end(first);
    group_commit(w, first, end);
    if (w->centre.dying)
        return;
    q->first = (struct writer_job *)(uintptr_t)end;
    if (!end)
        q->last = NULL;
    q->jobs = 0;
    for (const struct writer_job *j = end; j; j = j->next)
        q->jobs++;
    w->centre.commit_ms = end ? w->now_ms : INT64_MAX;
    centre_jobs_end(first, end, false);
    checkpoint(w);
}

void centre_flush(struct world *w)
{
    while (w->centre.intake && !w->centre.dying && w->centre.writer.first)
        centre_commit(w);
}

/* Planned sessions, once a day. */
void centre_plan(struct world *w)
{
    struct intake *in = w->centre.intake;
    unsigned written;
    w->centre.day_planned = w->now_ms / 86400000;
    int err = intake_begin(in);
    if (!err) {
        err = intake_plan(in, &written);
        touch_note(&w->centre.scopes, in, 0);
        if (err)
            intake_rollback(in);
        else {
            w->centre.in_commit = true;
            err = intake_commit(in);
            w->centre.in_commit = false;
        }
        if (err)
            touch_forget(&w->centre.scopes, in);
    }
    if (ended(w, err) || err)
        return;
    published(w);
}
