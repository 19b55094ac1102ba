#include "server/store/feed_int.h"

#include "proto/base/err.h"

#include <stdlib.h>

static struct feed *feed_new(struct store *st, const struct feed_device *device)
{
    struct feed *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->st = st;
    f->device = *device;
    sam_buf_init(&f->body, SAM_FRAME_INFLATED_BYTES_MAX);
    feed_row_init(&f->row);
    return f;
}

void feed_free(struct feed *f)
{
    if (!f)
        return;
    sam_buf_fini(&f->body);
    feed_row_fini(&f->row);
    free(f->scopes_frame);
    free(f);
}

static unsigned entity_index(uint32_t tag)
{
    unsigned i = 0;
    while (sam_entity_at(i) && sam_entity_at(i)->tag < tag)
        i++;
    return i;
}

static void resume(struct feed *f, const struct sam_pull *p)
{
    unsigned s = 0;
    while (s < f->scope_count && f->scope[s].id < p->scope)
        s++;
    f->low = p->low;
    f->run = p->run;
    f->resumed = true;
    f->mark_scope = s;
    bool there = s < f->scope_count && f->scope[s].id == p->scope;
    f->mark_entity = there ? entity_index(p->entity) : 0;
    f->mark_csn = there ? p->at_csn : p->low; /* else the next scope, of which nothing was read */
    f->at_scope = f->at_entity = 0;
    feed_place_set(f, feed_place_csn(f));
}

struct feed *feed_pull_new(struct store *st, const struct feed_device *device, uint64_t epoch,
                           const struct sam_pull *pull)
{
    struct feed *f = feed_new(st, device);
    if (!f || store_snapshot_begin(st)) {
        feed_free(f);
        return NULL;
    }
    uint64_t theirs = pull->epoch ? pull->epoch : device->hello_epoch, now = store_csn(st);
    uint64_t limit = theirs == epoch ? now : store_epoch_limit(st, theirs, STORE_NOW);
    f->complete_csn = pull->csn;
    f->verify = pull->verify;
    f->verdict_at = pull->verdict_csn ? pull->verdict_csn : pull->csn;
    f->verdicts_whole = f->verdict_at > limit || f->verdict_at == SAM_VERDICTS_ANEW; /* told of what is lost, perhaps */
    if (f->verdicts_whole)
        f->verdict_at = 0;
    f->verdict_csn = INT64_MAX;
    f->cut_csn = limit;
    f->stage = pull->csn > limit ? STAGE_CUT : STAGE_SCOPES;
    int err = feed_scopes_load(f, pull);
    f->list = f->list || theirs != epoch; /* it may have been told a list that is lost */
    f->low = f->complete_csn;
    f->run = now;
    feed_place_set(f, f->low);
    if (!err && theirs == epoch && pull->run && pull->low >= pull->csn && pull->run <= now)
        resume(f, pull);
    store_snapshot_end(st);
    if (store_failed(st))
        err = SAM_EIO;
    if (!err)
        return f;
    feed_free(f);
    return NULL;
}

struct feed *feed_snap_new(struct store *st, const struct feed_device *device, const struct sam_snap_get *get)
{
    struct feed *f = feed_new(st, device);
    if (!f || store_snapshot_begin(st)) {
        feed_free(f);
        return NULL;
    }
    uint64_t now = store_csn(st);
    bool known = get->start_csn && get->start_csn <= now;
    f->fill = true;
    f->scope_count = 1;
    int err = feed_scope_get(f, get->scope, &f->scope[0]);
    if (err || f->scope[0].org != device->org || !f->scope[0].listed)
        f->scope_count = 0;
    f->start_csn = known ? get->start_csn : now;
    f->stage = known && get->filled ? STAGE_WALK : STAGE_CHUNKS;
    if (known && !get->filled && get->after_count) {
        f->at_entity = entity_index(get->entity);
        feed_place_set(f, get->after[0]);
    }
    if (f->stage == STAGE_WALK) {
        f->low = f->start_csn;
        f->run = now;
        feed_place_set(f, f->low);
    }
    store_snapshot_end(st);
    if (!store_failed(st) && (!err || err == SAM_ENOTFOUND))
        return f;
    feed_free(f);
    return NULL;
}

/* What could not be read must not be told as a number. */
int feed_frame_send(struct feed *f, struct sam_sync *s, uint8_t kind, struct sam_span body)
{
    int err = store_failed(f->st);
    return err ? err : sam_sync_send(s, kind, body);
}

/* A scope that is being filled may be taken away meanwhile. */
static int fill_denied(struct feed *f)
{
    struct store_scope now;
    int err = store_scope_get(f->st, f->scope[0].id, &now);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_EDENIED : err;
    return now.org != f->device.org || !now.listed ? SAM_EDENIED : 0;
}

static int stage_next(struct feed *f, struct sam_sync *s)
{
    int err;
    switch (f->stage) {
    case STAGE_CUT:
        f->scopes_frame->scope_count = 0;
        f->scopes_frame->cut = true;
        f->scopes_frame->cut_csn = f->cut_csn;
        f->stage = STAGE_DONE;
        return feed_scopes_send(f, s);
    case STAGE_SCOPES:
        err = f->list ? feed_scopes_send(f, s) : 0;
        f->stage = STAGE_VERDICTS;
        return err ? err : 1;
    case STAGE_VERDICTS: return feed_verdicts_next(f, s);
    case STAGE_CHUNKS: return feed_chunks_next(f, s);
    case STAGE_WALK: return feed_walk_next(f, s);
    case STAGE_DONE: return 0;
    }
    return 0;
}

int feed_next(struct feed *f, struct sam_sync *s)
{
    if (f->fill && f->scope_count == 0)
        return SAM_EDENIED;
    int err = store_snapshot_begin(f->st);
    if (err)
        return err;
    int rc = f->fill ? fill_denied(f) : 0;
    if (!f->fill && (f->stage == STAGE_VERDICTS || f->stage == STAGE_WALK))
        rc = feed_list_refresh(f, s);
    if (rc == 0)
        rc = stage_next(f, s);
    store_snapshot_end(f->st);
    err = store_failed(f->st);
    return err ? err : rc;
}
