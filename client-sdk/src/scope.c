#include "client-sdk/src/scope.h"

#include "client-sdk/src/client.h"
#include "proto/base/assert.h"

#include <string.h>

enum {
    COL_ID,
    COL_SINCE,
    COL_SLOT,
    COL_CSN,
    COL_EPOCH,
    COL_ROWS,
    COL_SUM,
    COL_WINDOW,
    COL_FILL_SLOT,
    COL_FILL_EPOCH,
    COL_FILL_START,
    COL_FILL_ENTITY,
    COL_FILL_AFTER,
    COL_FILLED,
    COL_FILL_ROWS,
    COL_FILL_SUM,
    COL_FILL_TOTAL
};

static void read_one(sqlite3_stmt *q, struct sam_held *h)
{
    struct sam_span after = sam_column_span(q, COL_FILL_AFTER);
    memset(h, 0, sizeof *h);
    h->id = sam_column(q, COL_ID);
    h->since_csn = sam_column(q, COL_SINCE);
    h->slot = sam_column(q, COL_SLOT);
    h->csn = sam_column(q, COL_CSN);
    h->epoch = sam_column(q, COL_EPOCH);
    h->rows = sam_column(q, COL_ROWS);
    h->sum = sam_column(q, COL_SUM);
    h->window_day = (int64_t)sam_column(q, COL_WINDOW);
    h->fill_slot = sam_column(q, COL_FILL_SLOT);
    h->fill_epoch = sam_column(q, COL_FILL_EPOCH);
    h->fill_start = sam_column(q, COL_FILL_START);
    h->fill_entity = sam_column(q, COL_FILL_ENTITY);
    for (; h->fill_after_count < SAM_KEY_PARTS_MAX && 8 * (h->fill_after_count + 1u) <= after.len;
         h->fill_after_count++)
        h->fill_after[h->fill_after_count] = sam_get_le64(after.ptr + 8u * h->fill_after_count);
    h->filled = sam_column(q, COL_FILLED) != 0;
    h->fill_rows = sam_column(q, COL_FILL_ROWS);
    h->fill_sum = sam_column(q, COL_FILL_SUM);
    h->fill_total = sam_column(q, COL_FILL_TOTAL);
}

int sam_held_load(struct samling *s)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_SCOPE_ALL);
    int rc;
    s->held.count = 0;
    while ((rc = sam_store_step(q)) == 1) {
        if (s->held.count == SAM_SCOPES_MAX) {
            sqlite3_reset(q);
            return SAM_ECORRUPT;
        }
        read_one(q, &s->held.at[s->held.count++]);
    }
    return rc;
}

struct sam_held *sam_held_find(struct samling *s, uint64_t id)
{
    for (unsigned i = 0; i < s->held.count; i++)
        if (s->held.at[i].id == id)
            return &s->held.at[i];
    return NULL;
}

int sam_held_save(struct samling *s, const struct sam_held *h)
{
    uint8_t after[8 * SAM_KEY_PARTS_MAX];
    for (unsigned i = 0; i < h->fill_after_count; i++)
        sam_put_le64(after + 8u * i, h->fill_after[i]);
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_SCOPE_SET);
    sam_bind(q, COL_ID + 1, h->id);
    sam_bind(q, COL_SINCE + 1, h->since_csn);
    sam_bind(q, COL_SLOT + 1, h->slot);
    sam_bind(q, COL_CSN + 1, h->csn);
    sam_bind(q, COL_EPOCH + 1, h->epoch);
    sam_bind(q, COL_ROWS + 1, h->rows);
    sam_bind(q, COL_SUM + 1, h->sum);
    sam_bind(q, COL_WINDOW + 1, (uint64_t)h->window_day);
    sam_bind(q, COL_FILL_SLOT + 1, h->fill_slot);
    sam_bind(q, COL_FILL_EPOCH + 1, h->fill_epoch);
    sam_bind(q, COL_FILL_START + 1, h->fill_start);
    sam_bind(q, COL_FILL_ENTITY + 1, h->fill_entity);
    sqlite3_bind_blob(q, COL_FILL_AFTER + 1, after, (int)(8 * h->fill_after_count), SQLITE_STATIC);
    sam_bind(q, COL_FILLED + 1, h->filled);
    sam_bind(q, COL_FILL_ROWS + 1, h->fill_rows);
    sam_bind(q, COL_FILL_SUM + 1, h->fill_sum);
    sam_bind(q, COL_FILL_TOTAL + 1, h->fill_total);
    return sam_store_run(q);
}

static int slot_clear(struct samling *s, uint64_t slot)
{
    if (!slot)
        return 0;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_STAGE_SLOT_CLEAR);
    sam_bind(q, 1, slot);
    int err = sam_store_run(q);
    if (err)
        return err;
    q = sam_store_use(&s->store, SAM_Q_SLOT_CLEAR);
    sam_bind(q, 1, slot);
    return sam_store_run(q);
}

static int fill_start(struct samling *s, struct sam_held *h)
{
    int err = slot_clear(s, h->fill_slot);
    if (!err)
        err = sam_meta_put(s, slot, sam_meta(s, slot) + 1);
    if (err)
        return err;
    h->fill_slot = sam_meta(s, slot);
    h->fill_epoch = h->fill_start = h->fill_entity = 0;
    h->fill_after_count = 0;
    h->filled = false;
    h->fill_rows = h->fill_sum = h->fill_total = 0;
    return sam_held_save(s, h);
}

int sam_held_add(struct samling *s, uint64_t id, uint64_t since_csn, struct sam_held **out)
{
    *out = NULL;
    if (s->held.count == SAM_SCOPES_MAX)
        return SAM_ETOOBIG;
    struct sam_held *h = &s->held.at[s->held.count];
    memset(h, 0, sizeof *h);
    h->id = id;
    h->since_csn = since_csn;
    int err = fill_start(s, h);
    if (err)
        return err;
    s->held.count++;
    *out = h;
    return 0;
}

int sam_held_refill(struct samling *s, struct sam_held *h)
{
    if (h->slot) { /* what an unfinished run kept aside for the visible rows has no use any more */
        sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_STAGE_SLOT_CLEAR);
        sam_bind(q, 1, h->slot);
        int err = sam_store_run(q);
        if (err)
            return err;
    }
    h->suspect = false;
    return fill_start(s, h);
}

int sam_held_drop(struct samling *s, struct sam_held *h)
{
    int err = slot_clear(s, h->slot);
    if (!err)
        err = slot_clear(s, h->fill_slot);
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_SCOPE_DROP);
    sam_bind(q, 1, h->id);
    if (!err)
        err = sam_store_run(q);
    q = sam_store_use(&s->store, SAM_Q_OP_COVER); /* nothing shows them any more */
    sam_bind(q, 1, h->id);
    sam_bind(q, 2, sam_meta(s, acked_seq));
    sam_bind(q, 3, INT64_MAX);
    if (!err)
        err = sam_store_run(q);
    if (err)
        return err;
    unsigned at = (unsigned)(h - s->held.at);
    SAM_ASSERT(at < s->held.count);
    s->held.count--;
    memmove(h, h + 1, (s->held.count - at) * sizeof *h);
    return 0;
}

int sam_held_swap(struct samling *s, struct sam_held *h, uint64_t csn, uint64_t epoch)
{
    SAM_ASSERT(h->fill_slot);
    int err = slot_clear(s, h->slot);
    if (err)
        return err;
    h->slot = h->fill_slot;
    h->rows = h->fill_rows;
    h->sum = h->fill_sum;
    h->csn = csn;
    h->epoch = epoch;
    h->fill_slot = h->fill_epoch = h->fill_start = h->fill_entity = 0;
    h->fill_after_count = 0;
    h->filled = h->asked = h->suspect = false;
    h->fill_rows = h->fill_sum = h->fill_total = 0;
    return sam_held_save(s, h);
}
