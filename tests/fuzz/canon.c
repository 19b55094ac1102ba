/* The codec both ways, with the lists that it walks in place: what fuzz_message and the differential compare. */
#include "tests/fuzz/canon.h"

#include "proto/base/err.h"
#include "proto/model/op.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/message.h"

static const char *const names[] = {"Hello",   "Welcome",  "Push",    "Ack",       "Pull",     "Scopes",
                                    "Changes", "ScopeEnd", "SnapGet", "SnapChunk", "Verdicts", "Join",
                                    "Joined",  "Ping",     "Bye",     "Error",     "Op",       "Row"};
enum { PUSH = 2, CHANGES = 6, SNAP_CHUNK = 9, OP = 16, ROW = 17 };

static union message_any any;

const char *canon_name(unsigned i)
{
    return i < COUNT(names) ? names[i] : NULL;
}

unsigned canon_count(void)
{
    return COUNT(names);
}

static const struct message *message(unsigned i)
{
    static const struct message *known[COUNT(names)];
    if (!known[i])
        known[i] = message_named(names[i]);
    return known[i];
}

static int list_put(struct sam_span body, struct sam_buf *out, unsigned count,
                    int (*next)(struct sam_walk *w, struct sam_span *item),
                    int (*add)(struct sam_buf *b, struct sam_span item))
{
    struct sam_walk w = {body};
    struct sam_span item;
    unsigned n = 0;
    int rc, err = 0;
    while (!err && (rc = next(&w, &item)) == 1) {
        HOLDS(item.ptr >= body.ptr && item.ptr + item.len <= body.ptr + body.len);
        err = add(out, item);
        n++;
    }
    HOLDS(err || (rc == 0 && n == count));
    return err;
}

static int origins_put(struct sam_span body, struct sam_buf *out, unsigned count)
{
    struct sam_walk w = {body};
    struct sam_origin o;
    unsigned n = 0;
    int rc, err = 0;
    while (!err && (rc = sam_push_next_origin(&w, &o)) == 1) {
        err = sam_push_add_origin(out, &o);
        n++;
    }
    HOLDS(err || (rc == 0 && n == count));
    return err;
}

static int lists_put(unsigned i, struct sam_buf *out)
{
    int err = 0;
    if (i == PUSH) {
        err = list_put(any.push.body, out, any.push.op_count, sam_push_next_op, sam_push_add_op);
        err = err ? err : origins_put(any.push.body, out, any.push.origin_count);
    } else if (i == CHANGES) {
        err = list_put(any.changes.body, out, any.changes.row_count, sam_changes_next_row, sam_changes_add_row);
    } else if (i == SNAP_CHUNK) {
        err = list_put(any.snap_chunk.body, out, any.snap_chunk.row_count, sam_snap_next_row, sam_snap_add_row);
    }
    return err;
}

/* Is what was read of a kind that can be written? */
static bool has_kind(unsigned i)
{
    if (i == OP)
        return sam_entity_find(any.op.row.key.entity);
    return i != ROW || sam_entity_find(any.row.row.key.entity);
}

int canon(unsigned i, struct sam_span in, struct sam_buf *out)
{
    int err = message(i)->decode(in, &any);
    if (err || !has_kind(i))
        return err;
    err = message(i)->encode(out, &any);
    return err ? err : lists_put(i, out);
}

static bool rows_same(const struct sam_row *a, const struct sam_row *b)
{
    const struct sam_entity_def *def = sam_entity_find(a->key.entity);
    bool same = sam_key_equal(&a->key, &b->key) && a->present == b->present;
    for (unsigned unit = 0; same && def && unit < def->unit_count; unit++)
        same = sam_row_unit_equal(a, b, unit);
    return same;
}

static bool ops_same(const struct sam_op *a, const struct sam_op *b)
{
    return a->user == b->user && a->claimed_s == b->claimed_s && a->utc_offset_min == b->utc_offset_min &&
           a->base_csn == b->base_csn && a->kind == b->kind && a->clear == b->clear && rows_same(&a->row, &b->row);
}

bool canon_same(unsigned i, struct sam_span a, struct sam_span b)
{
    static struct sam_op op[2];
    static struct sam_row_state row[2];
    if (i == OP)
        return sam_op_decode(a, &op[0]) == 0 && sam_op_decode(b, &op[1]) == 0 && ops_same(&op[0], &op[1]);
    if (i != ROW)
        return true;
    return sam_row_state_decode(a, &row[0]) == 0 && sam_row_state_decode(b, &row[1]) == 0 && row[0].csn == row[1].csn &&
           row[0].units == row[1].units && row[0].gone == row[1].gone && rows_same(&row[0].row, &row[1].row);
}

int canon_reason(struct sam_span in, bool *newer)
{
    if (sam_op_decode(in, &any.op))
        return -1;
    *newer = any.op.row.newer;
    return (int)sam_op_validate(&any.op, false);
}
