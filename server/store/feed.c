/* A run walks places (scope, entity, csn) in passes. A pass starts at csn `run` and reads what changed after `low`; rows
 * that change meanwhile move beyond `run` and belong to the next pass, whose low is this run. The pass during which
 * nothing changed is the last: the store's csn is still `run`, so sums read now describe just what was sent. */
#include "server/store/feed.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/store/feed_row.h"

#include <stdlib.h>
#include <string.h>

enum { FRAME_ROWS_MAX = SAM_CHUNK_ROWS_MAX, PLAIN_BYTES_MAX = SAM_CHUNK_BYTES_MAX };

enum stage { STAGE_CUT, STAGE_SCOPES, STAGE_VERDICTS, STAGE_CHUNKS, STAGE_WALK, STAGE_DONE };

struct feed {
    struct store *st;
    enum stage stage;
    uint64_t device_no, org, cut_csn;
    uint64_t complete_csn; /* C: fields newer than this are sent; 0: whole rows */
    bool fill, verify, list;
    unsigned scope_count;
    struct store_scope scope[SAM_SCOPES_MAX]; /* the scopes of this walk, by id */
    uint64_t list_csn;                        /* since when the list is as the device was told */
    uint64_t verdict_at, verdict_csn;
    bool verdicts_whole;  /* all of them are told anew */
    uint64_t verdict_run; /* csn up to which verdicts have been told */
    /* place */
    uint64_t low, run;
    unsigned at_scope, at_entity; /* indexes */
    uint64_t at_csn;              /* all rows up to here have been sent: what a frame names */
    struct store_place at;        /* and perhaps some of those that share the next csn */
    bool resumed;                 /* places before (mark_scope, mark_entity) were read up to run */
    unsigned mark_scope, mark_entity;
    uint64_t mark_csn;
    uint64_t start_csn; /* of a fill */
    struct sam_scopes *scopes_frame;
    /* the frame being made */
    struct sam_buf body;
    struct feed_row row;
    unsigned rows;
    struct store_place last;
    bool tied; /* more rows share the last one's csn */
};

static struct feed *feed_new(struct store *st, uint64_t org)
{
    struct feed *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->st = st;
    f->org = org;
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

static bool named(const struct sam_pull *p, uint64_t scope)
{
    for (unsigned i = 0; i < p->filling_count; i++)
        if (p->filling[i] == scope)
            return true;
    return false;
}

/* The list as SCOPES sends it. */
static int list_load(struct feed *f, struct store_scope all[SAM_SCOPES_MAX])
{
    unsigned count = 0;
    int err = store_scopes_of(f->st, f->org, all, SAM_SCOPES_MAX, &count);
    for (unsigned i = 0; i < count; i++)
        f->scopes_frame->scope[i] = (struct sam_scope){all[i].id, all[i].since_csn};
    f->scopes_frame->scope_count = count;
    f->list_csn = store_scopes_csn(f->st, f->org);
    return err;
}

/* The list, and of it the scopes that are complete at the device. */
static int scopes_load(struct feed *f, const struct sam_pull *pull)
{
    struct store_scope *all = calloc(SAM_SCOPES_MAX, sizeof *all);
    f->scopes_frame = calloc(1, sizeof *f->scopes_frame);
    int err = all && f->scopes_frame ? list_load(f, all) : SAM_ENOMEM;
    for (unsigned i = 0; !err && i < f->scopes_frame->scope_count; i++)
        if (f->complete_csn && all[i].since_csn <= f->complete_csn && !named(pull, all[i].id))
            f->scope[f->scope_count++] = all[i];
    f->list = f->complete_csn == 0 || f->list_csn > f->complete_csn;
    free(all);
    return err;
}

static unsigned entity_index(uint32_t tag)
{
    unsigned i = 0;
    while (sam_entity_at(i) && sam_entity_at(i)->tag < tag)
        i++;
    return i;
}

/* From which csn on the present place (scope, entity) is read. */
static uint64_t place_csn(const struct feed *f)
{
    if (f->stage == STAGE_CHUNKS)
        return 0;
    if (!f->resumed || f->at_scope > f->mark_scope)
        return f->low;
    if (f->at_scope < f->mark_scope || f->at_entity < f->mark_entity)
        return f->run;
    return f->at_entity == f->mark_entity ? f->mark_csn : f->low;
}

static void place_set(struct feed *f, uint64_t csn)
{
    f->at_csn = csn;
    f->at = store_place_behind(csn);
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
    place_set(f, place_csn(f));
}

struct feed *feed_pull_new(struct store *st, uint64_t device_no, uint64_t org, uint64_t epoch, uint64_t hello_epoch,
                           const struct sam_pull *pull)
{
    struct feed *f = feed_new(st, org);
    if (!f || store_snapshot_begin(st)) {
        feed_free(f);
        return NULL;
    }
    uint64_t theirs = pull->epoch ? pull->epoch : hello_epoch, now = store_csn(st);
    uint64_t limit = theirs == epoch ? now : store_epoch_limit(st, theirs, STORE_NOW);
    f->device_no = device_no;
    f->complete_csn = pull->csn;
    f->verify = pull->verify;
    f->verdict_at = pull->verdict_csn ? pull->verdict_csn : pull->csn;
    f->verdicts_whole = f->verdict_at > limit || f->verdict_at == SAM_VERDICTS_ANEW; /* told of what is lost, perhaps */
    if (f->verdicts_whole)
        f->verdict_at = 0;
    f->verdict_csn = INT64_MAX;
    f->cut_csn = limit;
    f->stage = pull->csn > limit ? STAGE_CUT : STAGE_SCOPES;
    int err = scopes_load(f, pull);
    f->list = f->list || theirs != epoch; /* it may have been told a list that is lost */
    f->low = f->complete_csn;
    f->run = now;
    place_set(f, f->low);
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

struct feed *feed_snap_new(struct store *st, uint64_t org, const struct sam_snap_get *get)
{
    struct feed *f = feed_new(st, org);
    if (!f || store_snapshot_begin(st)) {
        feed_free(f);
        return NULL;
    }
    uint64_t now = store_csn(st);
    bool known = get->start_csn && get->start_csn <= now;
    f->fill = true;
    f->scope_count = 1;
    int err = store_scope_get(st, get->scope, &f->scope[0]);
    if (err || f->scope[0].org != org || !f->scope[0].listed)
        f->scope_count = 0;
    f->start_csn = known ? get->start_csn : now;
    f->stage = known && get->filled ? STAGE_WALK : STAGE_CHUNKS;
    if (known && !get->filled && get->after_count) {
        f->at_entity = entity_index(get->entity);
        place_set(f, get->after[0]);
    }
    if (f->stage == STAGE_WALK) {
        f->low = f->start_csn;
        f->run = now;
        place_set(f, f->low);
    }
    store_snapshot_end(st);
    if (!store_failed(st) && (!err || err == SAM_ENOTFOUND))
        return f;
    feed_free(f);
    return NULL;
}

/* ---- rows into the frame */

/* 0: taken; 1: the frame is full, the row was not taken; negative: an error. */
static int row_take(void *ctx, const struct store_feed_row *r)
{
    struct feed *f = ctx;
    const struct sam_key *key = &r->row.row.key;
    if (f->rows == FRAME_ROWS_MAX || sam_buf_len(&f->body) >= PLAIN_BYTES_MAX) {
        f->tied = r->feed_csn == f->last.csn;
        return 1;
    }
    struct store_place place = {r->feed_csn, key->part[0], key->part[1]};
    if (f->stage == STAGE_CHUNKS && (r->left || r->row.dead > 0)) {
        f->last = place;
        return 0;
    }
    struct sam_span bytes;
    int err = feed_row_encode(&f->row, f->st, r, f->complete_csn, &bytes);
    if (!err)
        err = f->stage == STAGE_CHUNKS ? sam_snap_add_row(&f->body, bytes) : sam_changes_add_row(&f->body, bytes);
    if (err)
        return err;
    f->rows++;
    f->last = place;
    return 0;
}

/* Read on at the present place until the frame is full (1) or the scope's last entity is done (0). */
static int scope_read(struct feed *f)
{
    const struct sam_entity_def *def;
    while ((def = sam_entity_at(f->at_entity))) {
        f->last = f->at; /* if the frame is full before the first row, this place is read again */
        int rc = store_feed_from(f->st, f->scope[f->at_scope].id, def->tag, &f->at, row_take, f);
        if (rc < 0)
            return rc;
        if (rc == 1) { /* who goes on from here on another day reads those of one csn again */
            f->at = f->last;
            f->at_csn = f->last.csn - f->tied;
            return 1;
        }
        f->at_entity++;
        place_set(f, place_csn(f));
    }
    return 0;
}

/* ---- frames */

/* What could not be read must not be told as a number. */
static int frame_send(struct feed *f, struct sam_sync *s, uint8_t kind, struct sam_span body)
{
    int err = store_failed(f->st);
    return err ? err : sam_sync_send(s, kind, body);
}

static int changes_send(struct feed *f, struct sam_sync *s)
{
    if (f->rows == 0)
        return 0;
    const struct sam_entity_def *def = sam_entity_at(f->at_entity);
    struct sam_changes head = {.scope = f->scope[f->at_scope].id,
                               .entity = def ? def->tag : SAM_ENTITY_TAG_MAX,
                               .at_csn = f->at_csn,
                               .low = f->low,
                               .run = f->run,
                               .fill = f->fill};
    int err = sam_changes_encode(&f->body, &head);
    if (!err)
        err = frame_send(f, s, SAM_FRAME_CHANGES, sam_buf_peek(&f->body));
    sam_buf_clear(&f->body);
    f->rows = 0;
    return err;
}

static int chunk_send(struct feed *f, struct sam_sync *s, bool last)
{
    const struct sam_entity_def *def = sam_entity_at(f->at_entity);
    struct sam_snap_chunk head = {.scope = f->scope[0].id,
                                  .start_csn = f->start_csn,
                                  .total_rows = f->scope[0].rows,
                                  .last = last,
                                  .entity = def ? def->tag : SAM_ENTITY_TAG_MAX,
                                  .after_count = 1,
                                  .after = {f->at_csn}};
    uint8_t hash[SAM_HASH_BYTES];
    struct sam_walk w = {sam_buf_peek(&f->body)};
    struct sam_span row;
    struct sam_buf rows;
    int err = 0;
    sam_buf_init(&rows, SAM_FRAME_INFLATED_BYTES_MAX);
    while (!err && sam_snap_next_row(&w, &row) == 1)
        err = sam_buf_add(&rows, row.ptr, row.len);
    if (!err)
        err = sam_sha256(sam_buf_peek(&rows).ptr, sam_buf_len(&rows), hash);
    head.hash = err ? 0 : sam_get_le64(hash);
    sam_buf_fini(&rows);
    if (!err)
        err = sam_snap_chunk_encode(&f->body, &head);
    if (!err)
        err = frame_send(f, s, SAM_FRAME_SNAP_CHUNK, sam_buf_peek(&f->body));
    sam_buf_clear(&f->body);
    f->rows = 0;
    return err;
}

static int scope_end_send(struct feed *f, struct sam_sync *s, uint64_t scope, uint64_t rows, uint64_t sum)
{
    struct sam_scope_end end = {.scope = scope,
                                .csn = f->run,
                                .rows = rows,
                                .sum = sum,
                                .window_day = (int32_t)store_meta_num(f->st, "window_day", SAM_WINDOW_DAY_FIRST)};
    sam_buf_clear(&f->body);
    int err = sam_scope_end_encode(&f->body, &end);
    if (!err)
        err = frame_send(f, s, SAM_FRAME_SCOPE_END, sam_buf_peek(&f->body));
    sam_buf_clear(&f->body);
    return err;
}

static int ends_send(struct feed *f, struct sam_sync *s)
{
    uint64_t rows = 0, sum = 0;
    int err = 0;
    for (unsigned i = 0; !err && i < f->scope_count; i++) {
        struct store_scope now;
        err = store_scope_get(f->st, f->scope[i].id, &now);
        rows += now.rows;
        sum += now.sum;
        if (!err && f->verify)
            err = scope_end_send(f, s, now.id, now.rows, now.sum);
    }
    f->stage = STAGE_DONE;
    return err ? err : scope_end_send(f, s, f->fill ? f->scope[0].id : 0, rows, sum);
}

/* One frame of a walk, or its end. */
static int walk_next(struct feed *f, struct sam_sync *s)
{
    uint64_t now = store_csn(f->st);
    for (;;) {
        while (f->at_scope < f->scope_count) {
            int rc = scope_read(f);
            if (rc < 0)
                return rc;
            bool had = f->rows > 0;
            int err = changes_send(f, s);
            if (err)
                return err;
            if (rc == 1)
                return 1;
            f->at_scope++;
            f->at_entity = 0;
            place_set(f, place_csn(f));
            if (had)
                return 1;
        }
        if (now == f->run && f->verdict_run < now && !f->fill) {
            f->stage = STAGE_VERDICTS; /* what was said meanwhile: the next PULL asks from this run on */
            return 1;
        }
        if (now == f->run)
            return ends_send(f, s);
        f->low = f->run;
        f->run = now;
        f->at_scope = f->at_entity = 0;
        f->resumed = false;
        place_set(f, f->low);
    }
}

static int chunks_next(struct feed *f, struct sam_sync *s)
{
    int rc = scope_read(f);
    if (rc < 0)
        return rc;
    int err = chunk_send(f, s, rc == 0);
    if (err || rc == 1)
        return err ? err : 1;
    f->stage = STAGE_WALK;
    f->low = f->start_csn;
    f->run = store_csn(f->st);
    place_set(f, f->low);
    f->at_scope = f->at_entity = 0;
    return 1;
}

static int scopes_send(struct feed *f, struct sam_sync *s)
{
    int err = sam_scopes_encode(&f->body, f->scopes_frame);
    if (!err)
        err = frame_send(f, s, SAM_FRAME_SCOPES, sam_buf_peek(&f->body));
    sam_buf_clear(&f->body);
    return err;
}

static void scope_take_out(struct feed *f, unsigned i)
{
    memmove(&f->scope[i], &f->scope[i + 1], (--f->scope_count - i) * sizeof f->scope[0]);
    if (f->resumed && i < f->mark_scope) {
        f->mark_scope--;
    } else if (f->resumed && i == f->mark_scope) {
        f->mark_entity = 0;
        f->mark_csn = f->low;
    }
    if (i < f->at_scope) {
        f->at_scope--;
    } else if (i == f->at_scope) {
        f->at_entity = 0;
        place_set(f, place_csn(f));
    }
}

/* The list changed while the run went on, and the run will end behind that: the device is told now, for the next PULL asks
 * from the end on. What it holds no longer, or has to fill, is no part of this run. 1: told. */
static int list_refresh(struct feed *f, struct sam_sync *s)
{
    if (store_scopes_csn(f->st, f->org) == f->list_csn)
        return 0;
    struct store_scope *all = calloc(SAM_SCOPES_MAX, sizeof *all);
    int err = all ? list_load(f, all) : SAM_ENOMEM;
    for (unsigned i = f->scope_count; !err && i-- > 0;) {
        unsigned k = 0;
        while (k < f->scopes_frame->scope_count && all[k].id != f->scope[i].id)
            k++;
        if (k == f->scopes_frame->scope_count || all[k].since_csn > f->complete_csn)
            scope_take_out(f, i);
    }
    free(all);
    if (!err)
        err = scopes_send(f, s);
    return err ? err : 1;
}

/* A scope that is being filled may be taken away meanwhile. */
static int fill_denied(struct feed *f)
{
    struct store_scope now;
    int err = store_scope_get(f->st, f->scope[0].id, &now);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_EDENIED : err;
    return now.org != f->org || !now.listed ? SAM_EDENIED : 0;
}

/* Whether a row is absent or another clinic's is not told to a device: nothing can be learned by trying (P10). */
static struct sam_verdict_row verdict_told(const struct store_verdict *v)
{
    uint32_t reason = v->reason == SAM_REASON_SCOPE ? SAM_REASON_REFERENCE : v->reason;
    return (struct sam_verdict_row){v->seq, v->case_no, v->kind, reason, v->closed};
}

static int verdicts_next(struct feed *f, struct sam_sync *s)
{
    struct store_verdict found[SAM_VERDICTS_MAX];
    struct sam_verdicts *v = calloc(1, sizeof *v);
    unsigned count = 0;
    int err =
        v ? store_verdicts_after(f->st, f->device_no, f->verdict_at, f->verdict_csn, found, SAM_VERDICTS_MAX, &count)
          : SAM_ENOMEM;
    if (!err && (count || f->verdicts_whole)) {
        v->whole = f->verdicts_whole;
        f->verdicts_whole = false;
        for (unsigned i = 0; i < count; i++)
            v->at[i] = verdict_told(&found[i]);
        v->count = count;
        bool more = count == SAM_VERDICTS_MAX;
        /* with more to come the feed is complete only before the last one's commit */
        v->csn = more ? found[count - 1].at_csn - 1 : store_csn(f->st);
        f->verdict_at = count ? found[count - 1].at_csn : 0;
        f->verdict_csn = count ? found[count - 1].csn : INT64_MAX;
        err = sam_verdicts_encode(&f->body, v);
        if (!err)
            err = frame_send(f, s, SAM_FRAME_VERDICTS, sam_buf_peek(&f->body));
        sam_buf_clear(&f->body);
    }
    free(v);
    if (count < SAM_VERDICTS_MAX) {
        f->stage = STAGE_WALK;
        f->verdict_run = store_csn(f->st);
    }
    return err ? err : 1;
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
        return scopes_send(f, s);
    case STAGE_SCOPES:
        err = f->list ? scopes_send(f, s) : 0;
        f->stage = STAGE_VERDICTS;
        return err ? err : 1;
    case STAGE_VERDICTS: return verdicts_next(f, s);
    case STAGE_CHUNKS: return chunks_next(f, s);
    case STAGE_WALK: return walk_next(f, s);
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
        rc = list_refresh(f, s);
    if (rc == 0)
        rc = stage_next(f, s);
    store_snapshot_end(f->st);
    err = store_failed(f->st);
    return err ? err : rc;
}
