/* What the centre itself says: ops of device 1, journaled first, then taken in like any other's. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <string.h>

/* ${hash}: of the op's bytes, which may be gone. */
static int facts_write(struct intake *in, struct store_device *d, struct sam_span op,
                       const uint8_t hash[SAM_HASH_BYTES], uint64_t epoch, uint64_t csn)
{
    struct sam_buf body;
    struct sam_push head = {.first_seq = d->acked_seq + 1, .epoch = epoch};
    sam_buf_init(&body, SAM_OP_BYTES_MAX * 2);
    int err = sam_chain_next(d->chain, hash, &head.chain);
    if (!err)
        err = sam_push_encode(&body, &head);
    if (!err)
        err = sam_push_add_op(&body, op);
    struct store_push p = {.first_csn = csn,
                           .device_no = d->device_no,
                           .first_seq = head.first_seq,
                           .count = 1,
                           .epoch = epoch,
                           .chain = head.chain,
                           .received_s = intake_now_s(in),
                           .raw = sam_buf_peek(&body)};
    if (!err)
        err = store_push_add(in->st, &p);
    if (!err)
        err = audit_batch(in, &p);
    d->acked_seq++;
    d->acked_csn = csn;
    d->chain = head.chain;
    if (!err)
        err = store_device_put(in->st, d);
    sam_buf_fini(&body);
    return err;
}

static int origin_write(struct intake *in, uint64_t csn, uint64_t epoch, uint64_t lost_csn)
{
    return store_origin_add(in->st,
                            &(struct store_origin){.csn = csn, .epoch = epoch, .lost_csn = lost_csn, .hash = {0}});
}

/* ${origin_csn}: where it had been applied, when the journal gives it back. */
static int take(struct intake *in, struct sam_span bytes, uint64_t base_epoch, uint64_t origin_epoch,
                uint64_t origin_csn, struct outcome *out)
{
    struct store_device d;
    struct author a;
    struct sam_op op;
    uint8_t hash[SAM_HASH_BYTES];
    int err = store_device_get(in->st, SAM_DEVICE_NO_CONSOLE, &d);
    if (!err)
        err = author_of_device(in, &d, &a);
    if (!err)
        err = sam_op_decode(bytes, &op);
    if (!err)
        err = sam_sha256(bytes.ptr, bytes.len, hash);
    if (err)
        return err;
    uint64_t csn = store_csn_take(in->st, 1);
    a.who.seq = d.acked_seq + 1;
    in->now_csn = csn;
    a.lost_epoch = origin_csn ? origin_epoch : 0;
    a.lost_csn = origin_csn;
    author_base(in, &a, base_epoch, op.base_csn, csn);
    err = facts_write(in, &d, bytes, hash, base_epoch, csn);
    if (!err && origin_csn)
        err = origin_write(in, csn, origin_epoch, origin_csn);
    enum sam_reason why = SAM_REASON_NONE;
    if (!err)
        err = said_note(in, &op, csn);
    if (!err)
        err = apply_admit(in, &a, &op, &why);
    *out = (struct outcome){.verdict = why ? SAM_VERDICT_QUARANTINED : SAM_VERDICT_APPLIED, .reason = why};
    if (!err && !why)
        err = apply_op(in, &a, &op, csn, out);
    struct store_verdict v = {.csn = csn, .at_csn = csn, .device_no = d.device_no, .seq = a.who.seq};
    return err ? err : verdict_say(in, &v, out);
}

/* Everything that could keep it out is asked before it is journaled: what the console is told was refused leaves no trace. */
static int refused(struct intake *in, const struct author *console, const struct sam_op *op, enum sam_reason *reason)
{
    bool exists = false;
    int err = apply_admit(in, console, op, reason);
    if (!err && !*reason)
        err = link_row_exists(in, &op->row.key, &exists);
    if (err || *reason)
        return err;
    *reason = apply_impossible(console, op, exists);
    if (op->kind == SAM_OP_TOMBSTONE && !exists)
        *reason = SAM_REASON_REFERENCE;
    return 0;
}

int intake_author(struct intake *in, const struct sam_op *op, enum sam_reason *reason)
{
    struct sam_op now = *op;
    struct sam_buf bytes;
    struct outcome out = {0};
    struct author console = {
        .device_no = SAM_DEVICE_NO_CONSOLE, .centre = true, .who = {.device_no = SAM_DEVICE_NO_CONSOLE}};
    int err = refused(in, &console, op, reason);
    if (err || *reason)
        return err ? err : SAM_ERANGE;
    if (now.base_csn == 0)
        now.base_csn = store_csn(in->st);
    if (now.claimed_s == 0)
        now.claimed_s = intake_now_s(in);
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    err = sam_op_encode(&bytes, &now);
    if (!err)
        err = intake_journal(in, JOURNAL_OP, store_csn(in->st) + 1, sam_buf_peek(&bytes));
    if (!err)
        err = take(in, sam_buf_peek(&bytes), in->epoch.id, 0, 0, &out);
    sam_buf_fini(&bytes);
    *reason = out.reason;
    return err ? err : out.verdict == SAM_VERDICT_QUARANTINED ? SAM_ERANGE : 0;
}

int author_replay(struct intake *in, const struct journal_record *r)
{
    struct outcome out;
    return take(in, r->payload, r->epoch, r->epoch, r->csn, &out);
}

/* It was said of somebody who was erased: it keeps its place among the centre's ops, and says nothing. */
int author_blank_replay(struct intake *in, const struct journal_record *r)
{
    struct store_device d;
    uint8_t hash[SAM_HASH_BYTES];
    if (r->payload.len != SAM_HASH_BYTES)
        return SAM_ECORRUPT;
    memcpy(hash, r->payload.ptr, sizeof hash);
    int err = store_device_get(in->st, SAM_DEVICE_NO_CONSOLE, &d);
    if (err)
        return err;
    uint64_t csn = store_csn_take(in->st, 1);
    err = facts_write(in, &d, (struct sam_span){0}, hash, r->epoch, csn);
    if (!err)
        err = origin_write(in, csn, r->epoch, r->csn);
    return err ? err : erase_replayed(in, csn, hash);
}

int author_unheard(struct intake *in, const struct sam_op *op)
{
    struct sam_buf bytes;
    struct outcome out;
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    int err = sam_op_encode(&bytes, op);
    if (!err)
        err = take(in, sam_buf_peek(&bytes), in->epoch.id, 0, 0, &out);
    sam_buf_fini(&bytes);
    return err;
}
