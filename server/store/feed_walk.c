/* A run walks places (scope, entity, csn) in passes. A pass starts at csn `run` and reads what changed after `low`; rows
 * that change meanwhile move beyond `run` and belong to the next pass, whose low is this run. The pass during which
 * nothing changed is the last: the store's csn is still `run`, so sums read now describe just what was sent. */
#include "server/store/feed_int.h"

#include "proto/wire/crypto.h"

enum { FRAME_ROWS_MAX = SAM_CHUNK_ROWS_MAX, PLAIN_BYTES_MAX = SAM_CHUNK_BYTES_MAX };

/* From which csn on the present place (scope, entity) is read. */
uint64_t feed_place_csn(const struct feed *f)
{
    if (f->stage == STAGE_CHUNKS)
        return 0;
    if (!f->resumed || f->at_scope > f->mark_scope)
        return f->low;
    if (f->at_scope < f->mark_scope || f->at_entity < f->mark_entity)
        return f->run;
    return f->at_entity == f->mark_entity ? f->mark_csn : f->low;
}

void feed_place_set(struct feed *f, uint64_t csn)
{
    f->at_csn = csn;
    f->at = store_place_behind(csn);
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
    if (f->stage == STAGE_CHUNKS && !store_feed_row_here(r)) {
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

static void place_next(struct feed *f)
{
    f->at_entity++;
    feed_place_set(f, feed_place_csn(f));
}

/* Read on at the present place until the frame is full (1) or the scope's last entity is done (0). */
static int scope_read(struct feed *f)
{
    const struct sam_entity_def *def;
    while ((def = sam_entity_at(f->at_entity))) {
        if (!sam_entity_known(def, f->device.schema)) {
            place_next(f);
            continue;
        }
        f->last = f->at; /* if the frame is full before the first row, this place is read again */
        int rc = store_feed_from(f->st, f->scope[f->at_scope].id, def->tag, &f->at, row_take, f);
        if (rc < 0)
            return rc;
        if (rc == 1) { /* who goes on from here on another day reads those of one csn again */
            f->at = f->last;
            f->at_csn = f->last.csn - f->tied;
            return 1;
        }
        place_next(f);
    }
    return 0;
}

/* ---- frames */

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
        err = feed_frame_send(f, s, SAM_FRAME_CHANGES, sam_buf_peek(&f->body));
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
        err = feed_frame_send(f, s, SAM_FRAME_SNAP_CHUNK, sam_buf_peek(&f->body));
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
        err = feed_frame_send(f, s, SAM_FRAME_SCOPE_END, sam_buf_peek(&f->body));
    sam_buf_clear(&f->body);
    return err;
}

static int row_leave_out(void *ctx, const struct store_feed_row *r)
{
    struct store_scope *s = ctx;
    if (store_feed_row_here(r)) {
        s->rows--;
        s->sum -= sam_sum_mix(&r->row.row.key, r->row.csn);
    }
    return 0;
}

int feed_scope_get(struct feed *f, uint64_t id, struct store_scope *out)
{
    const struct sam_entity_def *def;
    int err = store_scope_get(f->st, id, out);
    for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++)
        if (!sam_entity_known(def, f->device.schema))
            err = store_feed(f->st, id, def->tag, 0, row_leave_out, out);
    return err;
}

static int ends_send(struct feed *f, struct sam_sync *s)
{
    uint64_t rows = 0, sum = 0;
    int err = 0;
    for (unsigned i = 0; !err && i < f->scope_count; i++) {
        struct store_scope now;
        err = feed_scope_get(f, f->scope[i].id, &now);
        rows += now.rows;
        sum += now.sum;
        if (!err && f->verify)
            err = scope_end_send(f, s, now.id, now.rows, now.sum);
    }
    f->stage = STAGE_DONE;
    return err ? err : scope_end_send(f, s, f->fill ? f->scope[0].id : 0, rows, sum);
}

/* One frame of a walk, or its end. */
int feed_walk_next(struct feed *f, struct sam_sync *s)
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
            feed_place_set(f, feed_place_csn(f));
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
        feed_place_set(f, f->low);
    }
}

int feed_chunks_next(struct feed *f, struct sam_sync *s)
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
    feed_place_set(f, f->low);
    f->at_scope = f->at_entity = 0;
    return 1;
}
