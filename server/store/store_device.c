/* Devices and the invites by which they join. */
#include "server/store/store_int.h"

#include "proto/base/err.h"

/* Columns in the order of the table (sql/010_facts.sql, 121_device_app.sql). */
static int device_out(struct store *st, sqlite3_stmt *q, struct store_device *d)
{
    *d = (struct store_device){0};
    int rc = store_step(st, q);
    if (rc != 1)
        return rc < 0 ? rc : SAM_ENOTFOUND;
    d->device_no = col_u64(q, 0);
    d->org = col_u64(q, 1);
    d->parent = col_u64(q, 2);
    d->fork_seq = col_u64(q, 3);
    bool whole = col_bytes(q, 4, d->key, sizeof d->key) && col_bytes(q, 5, d->key_hash, sizeof d->key_hash);
    col_text(q, 6, d->label, sizeof d->label);
    d->state = (uint32_t)col_u64(q, 7);
    d->digits = (uint32_t)col_u64(q, 8);
    d->forked = col_u64(q, 9) != 0;
    d->joined_s = sqlite3_column_int64(q, 10);
    d->last_seen_s = sqlite3_column_int64(q, 11);
    d->skew_s = sqlite3_column_int64(q, 12);
    d->acked_seq = col_u64(q, 13);
    d->acked_csn = col_u64(q, 14);
    d->chain = col_u64(q, 15);
    d->hello_counter = col_u64(q, 16);
    d->safe_seq = col_u64(q, 17);
    d->waiting = col_u64(q, 18);
    d->oldest_age_s = col_u64(q, 19);
    d->schema = col_u64(q, 20);
    col_text(q, 21, d->app, sizeof d->app);
    col_text(q, 22, d->model, sizeof d->model);
    sqlite3_reset(q);
    return whole ? 0 : SAM_ECORRUPT;
}

int store_device_get(struct store *st, uint64_t device_no, struct store_device *out)
{
    sqlite3_stmt *q = store_q(st, STMT_DEVICE_GET);
    bind_u64(q, 1, device_no);
    return device_out(st, q, out);
}

int store_device_by_key(struct store *st, const uint8_t key_hash[SAM_HASH_BYTES], struct store_device *out)
{
    sqlite3_stmt *q = store_q(st, STMT_DEVICE_BY_KEY);
    bind_blob(q, 1, key_hash, SAM_HASH_BYTES);
    return device_out(st, q, out);
}

int store_device_each(struct store *st, uint64_t after, struct store_device *out)
{
    sqlite3_stmt *q = store_q(st, STMT_DEVICE_NEXT);
    bind_u64(q, 1, after);
    return device_out(st, q, out);
}

static int device_next(struct store *st, sqlite3_stmt *q, uint64_t of, uint64_t after, uint64_t *out)
{
    bind_u64(q, 1, of);
    bind_u64(q, 2, after);
    int rc = store_step(st, q);
    *out = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_device_child(struct store *st, uint64_t parent, uint64_t after, uint64_t *out)
{
    return device_next(st, store_q(st, STMT_DEVICE_CHILD), parent, after, out);
}

int store_device_kin(struct store *st, uint64_t device_no, uint64_t after, uint64_t *out)
{
    return device_next(st, store_q(st, STMT_DEVICE_KIN), device_no, after, out);
}

int store_device_put(struct store *st, const struct store_device *d)
{
    sqlite3_stmt *q = store_q(st, STMT_DEVICE_PUT);
    bind_u64(q, 1, d->device_no);
    bind_u64(q, 2, d->org);
    bind_u64(q, 3, d->parent);
    bind_u64(q, 4, d->fork_seq);
    bind_blob(q, 5, d->key, sizeof d->key);
    bind_blob(q, 6, d->key_hash, sizeof d->key_hash);
    bind_text(q, 7, d->label);
    bind_u64(q, 8, d->state);
    bind_u64(q, 9, d->digits);
    bind_u64(q, 10, d->forked);
    sqlite3_bind_int64(q, 11, d->joined_s);
    sqlite3_bind_int64(q, 12, d->last_seen_s);
    sqlite3_bind_int64(q, 13, d->skew_s);
    bind_u64(q, 14, d->acked_seq);
    bind_u64(q, 15, d->acked_csn);
    bind_u64(q, 16, d->chain);
    bind_u64(q, 17, d->hello_counter);
    bind_u64(q, 18, d->safe_seq);
    bind_u64(q, 19, d->waiting);
    bind_u64(q, 20, d->oldest_age_s);
    bind_u64(q, 21, d->schema);
    bind_text(q, 22, d->app);
    bind_text(q, 23, d->model);
    return store_run(st, q);
}

/* Numbers are given in order, from device_floor on: that is raised past any number that a lost future may have given. */
int store_device_no_next(struct store *st, uint64_t *out)
{
    sqlite3_stmt *q = store_q(st, STMT_DEVICE_MAX);
    int rc = store_step(st, q);
    *out = rc == 1 ? col_u64(q, 0) + 1 : 0;
    sqlite3_reset(q);
    uint64_t floor = (uint64_t)store_meta_num(st, "device_floor", 2);
    if (*out < floor)
        *out = floor;
    return rc < 0 ? rc : *out > SAM_DEVICE_NO_MAX ? SAM_EFULL : 0;
}

int store_invite_by_code(struct store *st, const uint8_t code_hash[SAM_HASH_BYTES], struct store_invite *out)
{
    sqlite3_stmt *q = store_q(st, STMT_INVITE_BY_CODE);
    bind_blob(q, 1, code_hash, SAM_HASH_BYTES);
    *out = (struct store_invite){0};
    int rc = store_step(st, q);
    if (rc != 1)
        return rc < 0 ? rc : SAM_ENOTFOUND;
    out->id = col_u64(q, 0);
    out->org = col_u64(q, 1);
    out->used_by = col_u64(q, 2);
    bool whole = col_bytes(q, 3, out->code_hash, sizeof out->code_hash);
    col_text(q, 4, out->label, sizeof out->label);
    out->made_s = sqlite3_column_int64(q, 5);
    out->expires_s = sqlite3_column_int64(q, 6);
    sqlite3_reset(q);
    return whole ? 0 : SAM_ECORRUPT;
}

int store_invite_put(struct store *st, struct store_invite *inv)
{
    sqlite3_stmt *q = store_q(st, STMT_INVITE_PUT);
    if (inv->id)
        bind_u64(q, 1, inv->id);
    else
        sqlite3_bind_null(q, 1);
    bind_u64(q, 2, inv->org);
    bind_u64(q, 3, inv->used_by);
    bind_blob(q, 4, inv->code_hash, sizeof inv->code_hash);
    bind_text(q, 5, inv->label);
    sqlite3_bind_int64(q, 6, inv->made_s);
    sqlite3_bind_int64(q, 7, inv->expires_s);
    int err = store_run(st, q);
    if (!err && !inv->id)
        inv->id = (uint64_t)sqlite3_last_insert_rowid(st->db);
    return err;
}
