/* Programs that know less. An earlier tablet's says in JOIN and HELLO which schema it knows: what it says is made older here, at the
 * one place where it is encoded. An earlier centre's answers that it knows no such kind of row. Both by the linker's --wrap; nothing
 * else of them is touched. */
#include "tests/sim/upgrade.h"

#include "proto/model/op.h"
#include "proto/wire/codec.h"
#include "tests/sim/centre.h"
#include "tests/sim/tablet.h"

static const struct tablet *speaking;

int __real_sam_hello_encode(struct sam_buf *out, const struct sam_hello *m);
int __wrap_sam_hello_encode(struct sam_buf *out, const struct sam_hello *m);
int __wrap_sam_hello_encode(struct sam_buf *out, const struct sam_hello *m)
{
    struct sam_hello older = *m;
    if (speaking && speaking->schema)
        older.schema = speaking->schema;
    return __real_sam_hello_encode(out, &older);
}

int __real_sam_join_encode(struct sam_buf *out, const struct sam_join *m);
int __wrap_sam_join_encode(struct sam_buf *out, const struct sam_join *m);
int __wrap_sam_join_encode(struct sam_buf *out, const struct sam_join *m)
{
    struct sam_join older = *m;
    if (speaking && speaking->schema)
        older.schema = speaking->schema;
    return __real_sam_join_encode(out, &older);
}

/* ---- an earlier centre */

static unsigned centre_schema;
static bool saving;

enum sam_reason __real_sam_op_validate(const struct sam_op *op, bool by_centre);
enum sam_reason __wrap_sam_op_validate(const struct sam_op *op, bool by_centre);
enum sam_reason __wrap_sam_op_validate(const struct sam_op *op, bool by_centre)
{
    if (centre_schema && !saving && sam_entity_find(op->row.key.entity)->since > centre_schema)
        return SAM_REASON_SCHEMA;
    return __real_sam_op_validate(op, by_centre);
}

void skew_saves(bool on)
{
    saving = on;
}

void skew_start(struct world *w)
{
    saving = false;
    speaking = NULL;
    w->centre.schema = has_fault(w, FAULT_SKEW) && chance(w, 50) ? 2 : 0;
    centre_schema = w->centre.schema;
}

void skew_end(struct world *w)
{
    if (!w->centre.schema)
        return;
    say(w, "the centre is upgraded");
    centre_close(w);
    w->centre.schema = centre_schema = 0;
    w->centre.boot_ms = w->now_ms + 1000;
}

/* Where rows come and go, what was put aside may meet others by then. */
void skew_check(struct world *w)
{
    sqlite3_stmt *q;
    if (has_fault(w, FAULT_SCOPE) || has_fault(w, FAULT_RESTORE))
        return;
    MUST(sqlite3_prepare_v2(
             w->centre.reader->db,
             "SELECT count(*) FROM verdict v JOIN device d USING (device_no) WHERE v.kind = 5 AND v.reason = 4 "
             "AND v.closed = 0 AND d.state = 3",
             -1, &q, NULL) == 0);
    MUST(sqlite3_step(q) == SQLITE_ROW);
    MUST_SAY(sqlite3_column_int(q, 0) == 0, "the centre was upgraded, and %d ops still wait for it",
             sqlite3_column_int(q, 0));
    sqlite3_finalize(q);
}

/* ---- tablets */

void skew_speaks(const struct tablet *t)
{
    speaking = t;
}

bool skew_knows(const struct tablet *t, uint32_t entity)
{
    return !t->schema || sam_entity_find(entity)->since <= t->schema;
}

/* The present program finds a store whose rows came under an earlier one: it fetches them whole. */
static bool upgrade(struct tablet *t)
{
    struct world *w = t->w;
    if (sam_meta_put(t->s, schema, t->schema)) {
        tablet_died(t);
        return true;
    }
    tablet_close(t);
    t->boot_ms = w->now_ms + 1000;
    t->schema = 0;
    w->rare.upgraded_rows++;
    return true;
}

bool skew(struct world *w)
{
    struct tablet *t = &w->tablet[roll(w, w->tablets)];
    if (w->centre.schema && w->centre.intake && chance(w, 10)) {
        skew_end(w);
        return true;
    }
    if (!t->s || !sam_meta(t->s, device_no) || t->s->store.in_tx || !chance(w, 30))
        return false;
    if (t->schema)
        return upgrade(t);
    if (t->s->held.count) /* no program becomes older; what it holds it was sent as what it was */
        return false;
    t->schema = 1 + (unsigned)roll(w, 2);
    tablet_hang_up(t, false);
    w->rare.older++;
    return true;
}
