#include "client-sdk/src/replica.h"

#include "client-sdk/src/client.h"
#include "proto/base/assert.h"

#include <string.h>

/* ---- views */

/* Where a field's text stands in the view. */
static size_t text_at(const struct sam_view *v, unsigned field)
{
    const struct sam_entity_def *def = sam_entity_find(v->row.key.entity);
    size_t at = 0;
    for (unsigned i = 0; i < field; i++)
        at += def->field[i].type == SAM_TYPE_TEXT ? (size_t)def->field[i].max + 1 : 0;
    return at;
}

static void copy_text(struct sam_view *v, unsigned field)
{
    const struct sam_entity_def *def = sam_entity_find(v->row.key.entity);
    struct sam_val *val = &v->row.val[field];
    char *to = v->text + text_at(v, field);
    if (!val->text.ptr)
        return;
    size_t max = (size_t)def->field[field].max, n = val->text.len < max ? val->text.len : max;
    memmove(to, val->text.ptr, n);
    to[n] = 0;
    val->text = (struct sam_span){(const uint8_t *)to, n};
}

static int others_read(struct sam_view *v, struct sam_span body)
{
    struct sam_walk w = {body};
    struct sam_other o;
    int rc;
    v->disputed = 0;
    v->other = (struct sam_other){0};
    while ((rc = sam_other_next(&w, &o)) == 1) {
        if (!v->disputed || o.unit < v->other.unit)
            v->other = o;
        v->disputed |= 1u << o.unit;
    }
    return rc ? SAM_ECORRUPT : 0;
}

int sam_view_read(struct samling *s, const struct sam_key *key, uint64_t csn, struct sam_span sealed,
                  struct sam_view *v)
{
    struct sam_aad aad = sam_aad_row(key, csn);
    v->csn = csn;
    v->here = true;
    int err = sam_vault_get(&s->vault, &aad, sealed, &s->plain);
    if (!err && sam_row_decode(key->entity, sam_buf_peek(&s->plain), &v->row))
        err = SAM_ECORRUPT;
    if (err)
        return err;
    v->row.key = *key;
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    for (unsigned i = 0; i < def->field_count; i++)
        if (def->field[i].type == SAM_TYPE_TEXT && sam_row_has(&v->row, i))
            copy_text(v, i);
    return others_read(v, sam_buf_peek(&s->plain));
}

void sam_view_lay(struct sam_view *v, const struct sam_op *op)
{
    const struct sam_entity_def *def = sam_entity_find(v->row.key.entity);
    v->here = op->kind != SAM_OP_TOMBSTONE;
    if (op->kind == SAM_OP_TOMBSTONE) {
        v->row.present = 0;
        v->disputed = 0;
        return;
    }
    uint32_t units = sam_op_units(op);
    v->disputed &= ~units; /* the centre has not judged that yet */
    sam_row_merge(&v->row, &op->row, units);
    for (unsigned i = 0; i < def->field_count; i++)
        if (def->field[i].type == SAM_TYPE_TEXT && sam_row_has(&v->row, i) && sam_row_has(&op->row, i))
            copy_text(v, i);
}

const char *sam_view_text(const struct sam_view *v, unsigned field)
{
    return sam_row_has(&v->row, field) ? v->text + text_at(v, field) : "";
}

static void view_empty(struct sam_view *v, const struct sam_key *key)
{
    sam_row_init(&v->row, key->entity);
    v->row.key = *key;
    v->csn = 0;
    v->here = false;
    v->disputed = 0;
    v->other = (struct sam_other){0};
}

void sam_bind_key(sqlite3_stmt *q, int at, const struct sam_key *key)
{
    sam_bind(q, at, key->entity);
    for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
        sam_bind(q, at + 1 + i, key->part[i]);
}

int sam_replica_get(struct samling *s, uint64_t slot, const struct sam_key *key, struct sam_view *v)
{
    view_empty(v, key);
    if (!slot)
        return SAM_ENOTFOUND;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_ROW_GET);
    sam_bind(q, 1, slot);
    sam_bind_key(q, 2, key);
    int rc = sam_store_step(q);
    if (rc != 1)
        return rc ? rc : SAM_ENOTFOUND;
    int err = sam_view_read(s, key, sam_column(q, 0), sam_column_span(q, 2), v);
    sqlite3_reset(q);
    return err;
}

static int row_csn(struct samling *s, uint64_t slot, const struct sam_key *key, uint64_t *csn)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_ROW_CSN);
    sam_bind(q, 1, slot);
    sam_bind_key(q, 2, key);
    return sam_store_one(q, csn);
}

int sam_replica_find(struct samling *s, const struct sam_key *key, struct sam_view *v, uint64_t *scope)
{
    const struct sam_held *best = NULL;
    uint64_t best_csn = 0, csn;
    view_empty(v, key);
    for (unsigned i = 0; i < s->held.count; i++) {
        const struct sam_held *h = &s->held.at[i];
        int err = h->slot ? row_csn(s, h->slot, key, &csn) : SAM_ENOTFOUND;
        if (err && err != SAM_ENOTFOUND)
            return err;
        if (!err && (!best || csn > best_csn)) {
            best = h;
            best_csn = csn;
        }
    }
    if (!best)
        return SAM_ENOTFOUND;
    if (scope)
        *scope = best->id;
    return sam_replica_get(s, best->slot, key, v);
}

/* ---- writing */

struct sam_span sam_row_bytes(struct sam_span in)
{
    while (in.len) {
        uint64_t key, n = 0;
        int used = sam_varint_get(in.ptr, in.len, &key);
        if (used <= 0)
            break;
        in = (struct sam_span){in.ptr + used, in.len - (size_t)used};
        used = (key & 7u) == 1 ? 0 : (key & 7u) == 5 ? 0 : sam_varint_get(in.ptr, in.len, &n);
        size_t skip = (key & 7u) == 1 ? 8 : (key & 7u) == 5 ? 4 : 0;
        if (used < 0 || (used == 0 && !skip))
            break;
        in = (struct sam_span){in.ptr + used, in.len - (size_t)used};
        if ((key & 7u) == 2) {
            if (n > in.len)
                break;
            if (sam_entity_find((uint32_t)(key >> 3)))
                return (struct sam_span){in.ptr, (size_t)n};
            skip = (size_t)n;
        }
        if (skip > in.len)
            break;
        in = (struct sam_span){in.ptr + skip, in.len - skip};
    }
    return (struct sam_span){0};
}

bool sam_row_sound(const struct sam_row_state *r)
{
    const struct sam_entity_def *def = sam_entity_find(r->row.key.entity);
    if (!def || r->csn == 0 || r->csn > INT64_MAX)
        return false;
    for (unsigned i = 0; i < def->key_count; i++)
        if (r->row.key.part[i] == 0 || r->row.key.part[i] > INT64_MAX)
            return false;
    return true;
}

static int write_row(struct samling *s, enum sam_stmt what, uint64_t slot, const struct sam_row_state *r,
                     struct sam_span body)
{
    struct sam_aad aad = sam_aad_row(&r->row.key, r->csn);
    int err = sam_vault_put(&s->vault, &aad, body, &s->sealed);
    if (err)
        return err;
    sqlite3_stmt *q = s->store.stmt[what]; /* every value is bound below */
    sqlite3_reset(q);
    sam_bind(q, 1, slot);
    sam_bind_key(q, 2, &r->row.key);
    sam_bind(q, 7, r->csn);
    if (r->row.key.entity == SAM_SESSION)
        sam_bind(q, 8, (uint64_t)sam_row_num(&r->row, SAM_SESSION_day));
    else
        sqlite3_bind_null(q, 8);
    sqlite3_bind_blob(q, 9, sam_buf_peek(&s->sealed).ptr, (int)sam_buf_len(&s->sealed), SQLITE_STATIC);
    s->store.tx_rows++;
    return sam_store_run(q);
}

int sam_replica_add(struct samling *s, uint64_t slot, const struct sam_row_state *r, struct sam_span body)
{
    return write_row(s, SAM_Q_ROW_ADD, slot, r, body);
}

int sam_replica_put(struct samling *s, uint64_t slot, const struct sam_row_state *r, struct sam_span body,
                    uint64_t *rows, uint64_t *sum)
{
    uint64_t old;
    int err = row_csn(s, slot, &r->row.key, &old);
    if (err && err != SAM_ENOTFOUND)
        return err;
    if (!err)
        *sum -= sam_sum_mix(&r->row.key, old);
    else
        ++*rows;
    *sum += sam_sum_mix(&r->row.key, r->csn);
    return write_row(s, SAM_Q_ROW_SET, slot, r, body);
}

int sam_replica_drop(struct samling *s, uint64_t slot, const struct sam_key *key, uint64_t *rows, uint64_t *sum)
{
    uint64_t old;
    int err = row_csn(s, slot, key, &old);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    *sum -= sam_sum_mix(key, old);
    --*rows;
    s->store.tx_rows++;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_ROW_DROP);
    sam_bind(q, 1, slot);
    sam_bind_key(q, 2, key);
    return sam_store_run(q);
}

static int marks_drop(struct samling *s, uint64_t slot, uint8_t entity, uint64_t session, uint64_t *rows, uint64_t *sum)
{
    int rc;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_ROW_MARKS);
    sam_bind(q, 1, slot);
    sam_bind(q, 2, entity);
    sam_bind(q, 3, session);
    while ((rc = sam_store_step(q)) == 1) {
        struct sam_key key = {.entity = entity,
                              .part = {session, sam_column(q, 0), sam_column(q, 1), sam_column(q, 2)}};
        *sum -= sam_sum_mix(&key, sam_column(q, 3));
        --*rows;
    }
    if (rc)
        return rc;
    q = sam_store_use(&s->store, SAM_Q_ROW_MARKS_DROP);
    sam_bind(q, 1, slot);
    sam_bind(q, 2, entity);
    sam_bind(q, 3, session);
    return sam_store_run(q);
}

/* Of rows that name the session in a field: a few, each has to be read. */
static int named_drop(struct samling *s, uint64_t slot, uint8_t entity, uint64_t session, uint64_t *rows, uint64_t *sum)
{
    struct sam_key key = {.entity = entity};
    struct sam_view v;
    int err = 0;
    for (;;) { /* one at a time: a table is not read while its rows are taken out */
        sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_ROW_NEXT);
        sam_bind(q, 1, slot);
        sam_bind(q, 2, entity);
        sam_bind(q, 3, key.part[0]);
        int rc = sam_store_step(q);
        if (rc != 1)
            return rc;
        key.part[0] = sam_column(q, 0);
        sqlite3_reset(q);
        err = sam_replica_get(s, slot, &key, &v);
        if (!err && sam_row_session(&v.row) == session)
            err = sam_replica_drop(s, slot, &key, rows, sum);
        if (err)
            return err;
    }
}

int sam_replica_marks_drop(struct samling *s, uint64_t slot, uint64_t session, uint64_t *rows, uint64_t *sum)
{
    const struct sam_entity_def *def;
    int err = 0;
    for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++)
        if (def->scope == SAM_SCOPE_SESSION)
            err = (def->minted ? named_drop : marks_drop)(s, slot, def->tag, session, rows, sum);
    return err;
}

int sam_replica_prune(struct samling *s, uint64_t slot, int64_t day, uint64_t *rows, uint64_t *sum)
{
    for (;;) { /* one session at a time: a table is not read while its rows are taken out */
        sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_ROW_BEFORE);
        sam_bind(q, 1, slot);
        sam_bind(q, 2, (uint64_t)day);
        int rc = sam_store_step(q);
        if (rc != 1)
            return rc;
        struct sam_key key = {.entity = SAM_SESSION, .part = {sam_column(q, 0)}};
        sqlite3_reset(q);
        int err = sam_replica_marks_drop(s, slot, key.part[0], rows, sum);
        if (!err)
            err = sam_replica_drop(s, slot, &key, rows, sum);
        if (err)
            return err;
    }
}
