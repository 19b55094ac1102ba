#include "tests/sim/leak.h"

#include "proto/base/err.h"

#include <stdlib.h>

static bool may_see(struct world *w, uint64_t org, const struct sam_key *key)
{
    sqlite3_stmt *q = w->centre.may_see[key->entity];
    MUST_SAY(q != NULL, "a row of entity %u left the centre", key->entity);
    sqlite3_bind_int64(q, 1, (int64_t)key->part[0]);
    sqlite3_bind_int64(q, 3, (int64_t)org);
    bool may = sqlite3_step(q) == SQLITE_ROW && sqlite3_column_int(q, 0);
    sqlite3_reset(q);
    return may;
}

static void row_check(struct world *w, const struct conn *c, struct sam_span row)
{
    struct sam_row_state r;
    MUST(sam_row_state_decode(row, &r) == 0);
    const struct sam_key *k = &r.row.key;
    MUST_SAY(sam_entity_find(k->entity)->since <= c->schema,
             "device %llu knows schema %llu, and was sent a row of entity %u", (unsigned long long)c->device_no,
             (unsigned long long)c->schema, k->entity);
    MUST_SAY(r.gone || may_see(w, c->org, k),
             "device %llu of clinic %llu was sent row %u/%llu/%llu, which is not its clinic's",
             (unsigned long long)c->device_no, (unsigned long long)c->org, k->entity, (unsigned long long)k->part[0],
             (unsigned long long)k->part[1]);
}

static bool is_active(struct world *w, uint64_t device_no, uint64_t *org)
{
    struct store_device d;
    bool active = store_device_get(w->centre.reader, device_no, &d) == 0 && d.state == SAM_DEVICE_ACTIVE;
    *org = d.org;
    return active;
}

static void error_count(struct world *w, const struct sam_frame *f)
{
    struct sam_error *e = calloc(1, sizeof *e);
    struct sam_span plain;
    MUST(e != NULL);
    MUST(sam_frame_inflate(w->zip, f, sam_zip_scratch(w->zip), &plain) == 0 && sam_error_decode(plain, e) == 0);
    w->rare.stale += e->code == SAM_ERROR_STALE;
    w->rare.ticket += e->code == SAM_ERROR_TICKET;
    w->rare.gap += e->code == SAM_ERROR_GAP;
    w->rare.forked += e->code == SAM_ERROR_FORK;
    w->rare.drain_only += e->code == SAM_ERROR_DRAIN_ONLY;
    w->rare.read_only += e->code == SAM_ERROR_READ_ONLY;
    free(e);
}

static void frame_check(struct world *w, const struct conn *c, const struct sam_frame *f)
{
    struct sam_span plain, row;
    uint64_t org;
    MUST_SAY(is_active(w, c->device_no, &org), "rows were sent to device %llu, which is not active",
             (unsigned long long)c->device_no);
    MUST(org == c->org);
    MUST(sam_frame_inflate(w->zip, f, sam_zip_scratch(w->zip), &plain) == 0);
    if (f->kind == SAM_FRAME_CHANGES) {
        struct sam_changes m;
        MUST(sam_changes_decode(plain, &m) == 0);
        struct sam_walk walk = {m.body};
        while (sam_changes_next_row(&walk, &row) == 1)
            row_check(w, c, row);
    } else {
        struct sam_snap_chunk m;
        MUST(sam_snap_chunk_decode(plain, &m) == 0);
        struct sam_walk walk = {m.body};
        while (sam_snap_next_row(&walk, &row) == 1)
            row_check(w, c, row);
    }
}

void leak_check(struct world *w, const struct conn *c, struct sam_span out)
{
    struct sam_frame f;
    size_t used;
    disk_look(true);
    while (out.len) {
        MUST(sam_frame_decode(out, &f, &used) == 0);
        if (f.kind == SAM_FRAME_CHANGES || f.kind == SAM_FRAME_SNAP_CHUNK)
            frame_check(w, c, &f);
        if (f.kind == SAM_FRAME_ERROR)
            error_count(w, &f);
        w->rare.poked += f.kind == SAM_FRAME_POKE;
        out.ptr += used;
        out.len -= used;
    }
    disk_look(false);
}
