#include "client-sdk/src/outbox.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/notice.h"
#include "proto/base/assert.h"
#include "proto/sync/sync.h"

#include <string.h>

/* ---- saving */

int sam_outbox_add(struct samling *s, const struct sam_op *op, uint64_t scope, uint64_t base_epoch)
{
    uint64_t seq = sam_meta(s, last_seq) + 1, chain;
    uint8_t hash[SAM_HASH_BYTES];
    struct sam_aad aad = sam_aad_op((int64_t)seq);
    sam_buf_clear(&s->work);
    int err = sam_op_encode(&s->work, op);
    if (!err && sam_buf_len(&s->work) > SAM_OP_BYTES_MAX)
        err = SAM_ETOOBIG;
    if (!err)
        err = sam_sha256(sam_buf_peek(&s->work).ptr, sam_buf_len(&s->work), hash);
    if (!err)
        err = sam_chain_next(sam_meta(s, last_chain), hash, &chain);
    if (!err)
        err = sam_vault_put(&s->vault, &aad, sam_buf_peek(&s->work), &s->sealed);
    if (err)
        return err;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_ADD);
    sam_bind(q, 1, seq);
    sam_bind_key(q, 2, &op->row.key);
    sam_bind(q, 7, scope);
    sqlite3_bind_blob(q, 8, sam_buf_peek(&s->sealed).ptr, (int)sam_buf_len(&s->sealed), SQLITE_STATIC);
    sam_bind(q, 9, chain);
    sam_bind(q, 10, op->base_csn ? base_epoch : 0);
    sam_bind(q, 11, (uint64_t)sam_now(s));
    sam_bind(q, 12, sam_entity_find(op->row.key.entity)->scope != SAM_SCOPE_NONE); /* no run would ever cover it */
    err = sam_store_run(q);
    if (!err)
        err = sam_meta_put(s, last_seq, seq);
    return err ? err : sam_meta_put(s, last_chain, chain);
}

uint64_t sam_outbox_waiting(const struct samling *s)
{
    return sam_meta(s, last_seq) - sam_meta(s, acked_seq);
}

/* Seconds since the moment under ${q}. */
static int age_of(struct samling *s, sqlite3_stmt *q, int64_t *age_s)
{
    uint64_t saved_at;
    int err = sam_store_one(q, &saved_at);
    int64_t now = sam_now(s), then = (int64_t)saved_at;
    *age_s = !err && now > then ? now - then : 0;
    return err;
}

int sam_outbox_oldest_age(struct samling *s, int64_t *age_s)
{
    *age_s = 0;
    if (!sam_outbox_waiting(s))
        return 0;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_SAVED_AT);
    sam_bind(q, 1, sam_meta(s, acked_seq) + 1);
    return age_of(s, q, age_s);
}

int sam_outbox_work(struct samling *s, uint64_t *waiting, uint64_t *accesses, int64_t *oldest_s)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_WAITING_OF);
    sam_bind(q, 1, sam_meta(s, acked_seq));
    sam_bind(q, 2, SAM_ACCESS);
    int err = sam_store_one(q, accesses);
    *waiting = err ? 0 : sam_outbox_waiting(s) - *accesses;
    *oldest_s = 0;
    if (err || !*waiting)
        return err;
    q = sam_store_use(&s->store, SAM_Q_OP_WAITING_BUT);
    sam_bind(q, 1, sam_meta(s, acked_seq));
    sam_bind(q, 2, SAM_ACCESS);
    return age_of(s, q, oldest_s);
}

int sam_outbox_chain(struct samling *s, uint64_t seq, uint64_t *chain)
{
    *chain = 0;
    if (seq == 0)
        return 0;
    if (seq == sam_meta(s, last_seq)) {
        *chain = sam_meta(s, last_chain);
        return 0;
    }
    if (sam_meta(s, oldest_seq) > 1 && seq == sam_meta(s, oldest_seq) - 1) {
        *chain = sam_meta(s, oldest_chain);
        return 0;
    }
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_CHAIN);
    sam_bind(q, 1, seq);
    return sam_store_one(q, chain);
}

int sam_outbox_op(struct samling *s, int64_t seq, struct sam_span sealed, struct sam_op *op, struct sam_buf *bytes)
{
    struct sam_aad aad = sam_aad_op(seq);
    int err = sam_vault_get(&s->vault, &aad, sealed, bytes);
    if (!err && sam_op_decode(sam_buf_peek(bytes), op))
        err = SAM_ECORRUPT;
    return err;
}

/* ---- sending */

/* Does the op under ${q} have a past that the centre must be told? */
static bool origin_of(sqlite3_stmt *q, uint32_t index, struct sam_origin *o)
{
    struct sam_span hash = sam_column_span(q, 8);
    *o = (struct sam_origin){.index = index,
                             .device_no = sam_column(q, 6),
                             .seq = sam_column(q, 7),
                             .epoch = sam_column(q, 4),
                             .csn = sam_column(q, 5)};
    if (o->device_no && hash.len == sizeof o->hash)
        memcpy(o->hash, hash.ptr, sizeof o->hash);
    return o->device_no || o->csn;
}

#define PUSH_TAIL_ROOM 64u /* head of the message and MAC */
#define ORIGIN_ROOM 72u    /* one origin at most */

struct push {
    struct sam_push head;
    uint64_t epoch; /* of the ops' bases, 0: none has one */
    unsigned count;
};

/* Add the op under ${q}. 1: it belongs to the next PUSH. */
static int push_one(struct samling *s, sqlite3_stmt *q, struct push *p, size_t bytes_max, struct sam_buf *body)
{
    struct sam_origin origin;
    uint64_t seq = sam_column(q, 0), base_epoch = sam_column(q, 3);
    struct sam_aad aad = sam_aad_op((int64_t)seq);
    if (seq != p->head.first_seq + p->count)
        return SAM_ECORRUPT;
    if (base_epoch && p->epoch && base_epoch != p->epoch)
        return 1;
    int err = sam_vault_get(&s->vault, &aad, sam_column_span(q, 1), &s->plain);
    if (err)
        return err;
    bool has_origin = origin_of(q, p->count, &origin);
    size_t need = sam_buf_len(&s->plain) + 4 + (has_origin ? ORIGIN_ROOM : 0) + PUSH_TAIL_ROOM;
    if (sam_buf_len(body) + need > bytes_max)
        return 1;
    err = sam_push_add_op(body, sam_buf_peek(&s->plain));
    if (!err && has_origin)
        err = sam_push_add_origin(body, &origin);
    if (err)
        return err;
    if (base_epoch)
        p->epoch = base_epoch;
    p->head.chain = sam_column(q, 2);
    p->count++;
    return 0;
}

int sam_outbox_push(struct samling *s, struct sam_mac_key *key, uint64_t first_seq, size_t bytes_max,
                    uint64_t hello_epoch, struct sam_buf *body, unsigned *count)
{
    struct push p = {.head = {.first_seq = first_seq}};
    uint64_t before;
    int rc;
    *count = 0;
    sam_buf_clear(body);
    if (first_seq > sam_meta(s, last_seq))
        return 0;
    int err = sam_outbox_chain(s, first_seq - 1, &before);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_FROM);
    sam_bind(q, 1, first_seq);
    sam_bind(q, 2, s->push_ops_max);
    while ((rc = sam_store_step(q)) == 1) {
        err = push_one(s, q, &p, bytes_max, body);
        if (err)
            break;
    }
    sqlite3_reset(q);
    if (rc < 0 || err < 0)
        return err < 0 ? err : rc;
    if (p.count == 0)
        return 0;
    p.head.epoch = p.epoch == hello_epoch ? 0 : p.epoch;
    err = sam_push_seal(key, sam_meta(s, device_no), &p.head, p.count, before, body);
    if (!err)
        *count = p.count;
    return err;
}

/* ---- what the centre says */

int sam_outbox_acked(struct samling *s, uint64_t seq, uint64_t csn, uint64_t epoch)
{
    uint64_t from = sam_meta(s, acked_seq);
    if (seq > sam_meta(s, last_seq) || csn > INT64_MAX)
        return SAM_EPROTO;
    if (seq <= from)
        return 0;
    /* ops before the last have at most a csn that is smaller by their distance: a bound is all that is needed */
    bool told = csn >= seq - from;
    sqlite3_stmt *q = sam_store_use(&s->store, told ? SAM_Q_OP_ACK : SAM_Q_OP_ACK_TIME);
    sam_bind(q, 1, from);
    sam_bind(q, 2, seq);
    sam_bind(q, 3, told ? csn : sam_meta(s, centre_s));
    if (told) {
        sam_bind(q, 4, epoch);
        sam_bind(q, 5, sam_meta(s, centre_s));
    }
    int err = sam_store_run(q);
    s->store.tx_rows += (unsigned)(seq - from);
    return err ? err : sam_meta_put(s, acked_seq, seq);
}

int sam_outbox_range(struct samling *s, uint64_t first, uint64_t count, uint64_t csn, uint64_t epoch)
{
    if (first == 0 || count == 0 || count > INT64_MAX || csn == 0 || csn > INT64_MAX || first > sam_meta(s, last_seq) ||
        count > sam_meta(s, last_seq) - first + 1)
        return SAM_EPROTO;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_ACK);
    sam_bind(q, 1, first - 1);
    sam_bind(q, 2, first + count - 1);
    sam_bind(q, 3, csn + count - 1);
    sam_bind(q, 4, epoch);
    sam_bind(q, 5, sam_meta(s, centre_s));
    return sam_store_run(q);
}

int sam_outbox_back(struct samling *s, uint64_t seq)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_BACK);
    sam_bind(q, 1, seq);
    sam_bind(q, 2, sam_notice_told(s));
    int err = sam_store_run(q);
    if (!err)
        err = sam_meta_put(s, acked_seq, seq);
    if (!err && sam_meta(s, safe_seq) > seq)
        err = sam_meta_put(s, safe_seq, seq);
    return err;
}

static int cover(struct samling *s, enum sam_stmt name, uint64_t scope, uint64_t csn)
{
    sqlite3_stmt *q = sam_store_use(&s->store, name);
    sam_bind(q, 1, scope);
    sam_bind(q, 2, sam_meta(s, acked_seq));
    sam_bind(q, 3, csn);
    return sam_store_run(q);
}

/* A walk-in is in the group through its first mark: until that is covered the name stands in the own op alone. */
int sam_outbox_cover(struct samling *s, uint64_t scope, uint64_t csn)
{
    int err = cover(s, SAM_Q_OP_COVER, scope, csn);
    return err ? err : cover(s, SAM_Q_OP_COVER_PERSON, scope, csn);
}

int sam_outbox_trim(struct samling *s)
{
    uint64_t oldest = sam_meta(s, oldest_seq) ? sam_meta(s, oldest_seq) : 1, last = 0, chain = 0;
    uint64_t safe = sam_meta(s, safe_seq) < sam_meta(s, acked_seq) ? sam_meta(s, safe_seq) : sam_meta(s, acked_seq);
    int64_t limit = (int64_t)sam_meta(s, centre_s) - SAM_OUTBOX_KEEP_S;
    int rc;
    if (limit <= 0)
        return 0;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_OLDEST);
    sam_bind(q, 1, oldest);
    while ((rc = sam_store_step(q)) == 1) {
        uint64_t seq = sam_column(q, 0);
        int64_t acked_at = (int64_t)sam_column(q, 2);
        if (seq > safe || acked_at == 0 || acked_at > limit || sam_column(q, 3))
            break;
        last = seq;
        chain = sam_column(q, 1);
    }
    sqlite3_reset(q);
    if (rc < 0)
        return rc;
    if (!last)
        return 0;
    q = sam_store_use(&s->store, SAM_Q_OP_TRIM);
    sam_bind(q, 1, last);
    int err = sam_store_run(q);
    if (!err)
        err = sam_meta_put(s, oldest_seq, last + 1);
    return err ? err : sam_meta_put(s, oldest_chain, chain);
}

/* ---- the overlay */

int sam_overlay(struct samling *s, struct sam_view *v, bool *waiting)
{
    struct sam_op op;
    int rc, err = 0;
    const struct sam_key key = v->row.key;
    const struct sam_entity_def *def = sam_entity_find(key.entity);
    if (waiting)
        *waiting = false;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_SHOWN);
    sam_bind(q, 1, key.entity);
    sam_bind(q, 2, key.part[0]);
    while ((rc = sam_store_step(q)) == 1) {
        int64_t seq = sqlite3_column_int64(q, 0);
        if (def->key_count > 1 && sam_column(q, 1) != key.part[1])
            continue;
        err = sam_outbox_op(s, seq, sam_column_span(q, 2), &op, &s->plain);
        if (err)
            break;
        if (!sam_key_equal(&op.row.key, &key))
            continue;
        sam_view_lay(v, &op);
        if (waiting && seq > (int64_t)sam_meta(s, acked_seq))
            *waiting = true;
    }
    sqlite3_reset(q);
    return err ? err : rc;
}
