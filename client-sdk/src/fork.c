/* Re-labelling, in one transaction: all ops that are here get new numbers 1, 2, 3 …, also those up to the fork, which the
 * centre has under the former number and drops: should it go back to a backup, nobody else may have them. In ops after the
 * fork ids that were minted there are minted anew, also where later ops refer to them: each out of its op's bytes, so that two
 * copies of one copy, which share more than the centre knew at their forks, still speak of the same rows. */
#include "client-sdk/src/fork.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/notice.h"
#include "client-sdk/src/outbox.h"
#include "proto/base/assert.h"

#include <stdlib.h>
#include <string.h>

uint64_t sam_fork_point(struct samling *s, const struct sam_error *e)
{
    uint64_t last = sam_meta(s, last_seq), point = e->expected ? e->expected - 1 : 0, own;
    for (unsigned i = 0; i < e->chain_count; i++)
        if (e->expected + i <= last && !sam_outbox_chain(s, e->expected + i, &own) && own == e->chain[i])
            point = e->expected + i;
    return point < last ? point : last;
}

int sam_fork_begin(struct samling *s, uint64_t shared_seq)
{
    uint8_t key[SAM_KEY_BYTES];
    if (sam_meta(s, fork_parent))
        return 0;
    int err = sam_random(key, sizeof key);
    if (!err)
        err = sam_meta_secret_set(s, "fork_key", key, sizeof key);
    sam_wipe(key, sizeof key);
    if (!err)
        err = sam_meta_put(s, fork_seq, shared_seq);
    return err ? err : sam_meta_put(s, fork_parent, sam_meta(s, device_no));
}

int sam_fork_drop(struct samling *s)
{
    int err = sam_meta_drop(s, "fork_key");
    if (!err)
        err = sam_meta_put(s, fork_seq, 0);
    return err ? err : sam_meta_put(s, fork_parent, 0);
}

/* ids minted in the ops that are re-labelled: old one, new one */
struct minted {
    unsigned count, cap;
    uint64_t (*pair)[2];
};

static int minted_add(struct minted *m, uint64_t from, uint64_t to)
{
    if (m->count == m->cap) {
        unsigned cap = m->cap ? 2 * m->cap : 64;
        void *pair = realloc(m->pair, cap * sizeof *m->pair);
        if (!pair)
            return SAM_ENOMEM;
        m->pair = pair;
        m->cap = cap;
    }
    m->pair[m->count][0] = from;
    m->pair[m->count++][1] = to;
    return 0;
}

static bool minted_swap(const struct minted *m, uint64_t *id)
{
    for (unsigned i = 0; i < m->count; i++)
        if (m->pair[i][0] == *id) {
            *id = m->pair[i][1];
            return true;
        }
    return false;
}

/* Put new ids for old ones: in the author, who may be a substitute made there, in the key, and wherever a field refers to a row. */
static bool op_remint(const struct minted *m, struct sam_op *op)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    bool changed = minted_swap(m, &op->user);
    for (unsigned i = 0; i < def->key_count; i++)
        changed = minted_swap(m, &op->row.key.part[i]) || changed;
    for (unsigned i = 0; i < def->field_count; i++) {
        uint64_t id = (uint64_t)sam_row_num(&op->row, i);
        if (def->field[i].ref && sam_row_has(&op->row, i) && minted_swap(m, &id)) {
            op->row.val[i].num = (int64_t)id;
            changed = true;
        }
    }
    return changed;
}

struct relabel {
    uint64_t parent, device_no, chain;
    bool shared; /* the op at hand is at the centre, or was before a loss, under its first name: its ids stand */
    int64_t seq_next;
    struct minted minted;
    struct sam_buf bytes, old; /* the op as it is now, as it was */
};

/* The op at or after ${seq}: its number, its plain bytes in r->old, and whether it has a first identity already. */
static int op_at(struct samling *s, struct relabel *r, int64_t *seq, bool *has_first)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_ANY);
    sam_bind(q, 1, (uint64_t)*seq);
    int rc = sam_store_step(q);
    if (rc != 1)
        return rc ? rc : SAM_ENOTFOUND;
    *seq = sqlite3_column_int64(q, 0);
    *has_first = sam_column(q, 2) != 0;
    struct sam_aad aad = sam_aad_op(*seq);
    int err = sam_vault_get(&s->vault, &aad, sam_column_span(q, 1), &r->old);
    sqlite3_reset(q);
    return err;
}

static int bind_first(struct samling *s, sqlite3_stmt *q, struct relabel *r, int64_t seq, bool has_first,
                      uint8_t hash[SAM_HASH_BYTES])
{
    if (!has_first) {
        sam_bind(q, 9, r->parent);
        sam_bind(q, 10, (uint64_t)seq);
        sqlite3_bind_blob(q, 11, hash, 16, SQLITE_STATIC);
        return 0;
    }
    sqlite3_stmt *old = sam_store_use(&s->store, SAM_Q_OP_FROM);
    sam_bind(old, 1, (uint64_t)seq);
    sam_bind(old, 2, 1);
    int rc = sam_store_step(old);
    if (rc != 1)
        return rc ? rc : SAM_ECORRUPT;
    struct sam_span first = sam_column_span(old, 8);
    sam_bind(q, 9, sam_column(old, 6));
    sam_bind(q, 10, sam_column(old, 7));
    sqlite3_bind_blob(q, 11, first.ptr, (int)first.len, SQLITE_TRANSIENT);
    sqlite3_reset(old);
    return 0;
}

static int relabel_one(struct samling *s, struct relabel *r, int64_t seq, bool has_first)
{
    struct sam_op op;
    uint8_t first_hash[SAM_HASH_BYTES], hash[SAM_HASH_BYTES];
    struct sam_span bytes = sam_buf_peek(&r->old);
    if (sam_op_decode(bytes, &op))
        return SAM_ECORRUPT;
    int err = sam_sha256(bytes.ptr, bytes.len, first_hash);
    if (!err && !r->shared && op.kind == SAM_OP_CREATE && sam_id_device_no(op.row.key.part[0]) == r->parent)
        err = minted_add(&r->minted, op.row.key.part[0], sam_id_anew(r->parent, first_hash));
    if (!err && op_remint(&r->minted, &op)) {
        sam_buf_clear(&r->bytes);
        err = sam_op_encode(&r->bytes, &op);
        bytes = sam_buf_peek(&r->bytes);
    }
    if (!err)
        err = sam_sha256(bytes.ptr, bytes.len, hash);
    if (!err)
        err = sam_chain_next(r->chain, hash, &r->chain);
    struct sam_aad aad = sam_aad_op(r->seq_next);
    if (!err)
        err = sam_vault_put(&s->vault, &aad, bytes, &s->sealed);
    if (err)
        return err;
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_RELABEL);
    sam_bind(q, 1, (uint64_t)seq);
    sam_bind(q, 2, (uint64_t)r->seq_next++);
    sqlite3_bind_blob(q, 3, sam_buf_peek(&s->sealed).ptr, (int)sam_buf_len(&s->sealed), SQLITE_STATIC);
    sam_bind(q, 4, r->chain);
    for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
        sam_bind(q, 5 + i, op.row.key.part[i]);
    sam_bind(q, 12, r->shared);
    sam_bind(q, 13, sam_notice_told(s));
    err = bind_first(s, q, r, seq, has_first, first_hash);
    return err ? err : sam_store_run(q);
}

static int numbers_anew(struct samling *s, const struct relabel *r)
{
    int err = sam_meta_put(s, device_no, r->device_no);
    if (!err)
        err = sam_meta_put(s, last_seq, (uint64_t)r->seq_next - 1);
    if (!err)
        err = sam_meta_put(s, last_chain, r->chain);
    if (!err)
        err = sam_meta_put(s, acked_seq, 0);
    if (!err)
        err = sam_meta_put(s, safe_seq, 0);
    if (!err)
        err = sam_meta_put(s, oldest_seq, 0);
    if (!err)
        err = sam_meta_put(s, oldest_chain, 0);
    if (!err)
        err = sam_meta_put(s, id_counter, 0);
    if (!err)
        err = sam_meta_put(s, hello_counter, 0);
    if (!err)
        err = sam_meta_put(s, verdict_csn, 0);
    if (!err)
        err = sam_meta_put(s, fork_seq, 0);
    return err ? err : sam_meta_put(s, fork_parent, 0);
}

int sam_fork_finish(struct samling *s, uint64_t device_no)
{
    struct relabel r = {.parent = sam_meta(s, fork_parent), .device_no = device_no, .seq_next = 1};
    uint64_t fork_seq = sam_meta(s, fork_seq);
    uint8_t key[SAM_KEY_BYTES];
    bool has_first;
    SAM_ASSERT(r.parent);
    sam_buf_init(&r.bytes, 2 * SAM_OP_BYTES_MAX);
    sam_buf_init(&r.old, 2 * SAM_OP_BYTES_MAX);
    int err = 0;
    for (int64_t seq = 1; !err; seq++) {
        err = op_at(s, &r, &seq, &has_first);
        r.shared = seq <= (int64_t)fork_seq;
        if (!err)
            err = relabel_one(s, &r, seq, has_first);
    }
    if (err == SAM_ENOTFOUND)
        err = numbers_anew(s, &r);
    if (!err)
        err = sam_meta_secret(s, "fork_key", key, sizeof key);
    if (!err)
        err = sam_meta_secret_set(s, "key", key, sizeof key);
    if (!err)
        err = sam_meta_drop(s, "fork_key");
    sam_wipe(key, sizeof key);
    sam_buf_fini(&r.bytes);
    sam_buf_fini(&r.old);
    free(r.minted.pair);
    return err;
}
