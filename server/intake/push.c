/* A batch of a device: what is new in it is applied in seq order, what was here before is compared by its chain. */
#include "server/intake/intake_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"

#include <stdlib.h>
#include <string.h>

enum { JUDGE_ATTEMPTS_MAX = 2, RETRY_PENDING_S = 30 };

/* ---- the chain at any seq: batches keep it at their ends; inside one it is walked again */

int push_chain_walk(struct intake *in, const struct store_push *p, uint64_t before, uint64_t seq, uint64_t *chain)
{
    struct sam_buf plain;
    struct sam_span body = p->raw, op;
    uint8_t hash[SAM_HASH_BYTES];
    sam_buf_init(&plain, SAM_FRAME_INFLATED_BYTES_MAX);
    int err = p->deflated ? sam_zip_inflate(in->zip, p->raw, &plain) : 0;
    if (!err && p->deflated)
        body = (struct sam_span){sam_buf_peek(&plain).ptr, sam_buf_len(&plain) - SAM_MAC_BYTES};
    struct sam_walk w = {body};
    *chain = before;
    for (uint64_t i = 0; !err && i < p->skip; i++)
        err = sam_push_next_op(&w, &op) == 1 ? 0 : SAM_ECORRUPT;
    for (uint64_t at = p->first_seq; !err && at <= seq; at++) {
        err = sam_push_next_op(&w, &op) == 1 ? op_hash(in, p->first_csn + (at - p->first_seq), op, hash) : SAM_ECORRUPT;
        if (!err)
            err = sam_chain_next(*chain, hash, chain);
    }
    sam_buf_fini(&plain);
    return err;
}

int push_chain_at(struct intake *in, uint64_t device_no, uint64_t seq, uint64_t *chain)
{
    struct store_push p;
    uint64_t before;
    *chain = 0;
    if (seq == 0)
        return 0;
    int err = store_push_at_seq(in->st, device_no, seq, &p);
    if (err == SAM_ENOTFOUND)
        return store_hole_chain(in->st, device_no, seq, chain);
    if (err)
        return err;
    if (seq == p.first_seq + p.count - 1) {
        *chain = p.chain;
        return 0;
    }
    /* the raw batch must not be lost while the one before it is looked up: copy it */
    struct sam_buf raw;
    sam_buf_init(&raw, SAM_FRAME_INFLATED_BYTES_MAX);
    err = sam_buf_add(&raw, p.raw.ptr, p.raw.len);
    p.raw = sam_buf_peek(&raw);
    if (!err)
        err = push_chain_at(in, device_no, p.first_seq - 1, &before); /* a batch's or a hole's end: kept */
    if (!err)
        err = push_chain_walk(in, &p, before, seq, chain);
    sam_buf_fini(&raw);
    return err;
}

/* The centre's chain from one seq to another, for the device to find where it parts. */
int push_fork_error(struct intake *in, uint64_t device_no, uint64_t from_seq, uint64_t to_seq, struct sam_error *e)
{
    if (to_seq >= from_seq + SAM_FORK_CHAINS_MAX)
        to_seq = from_seq + SAM_FORK_CHAINS_MAX - 1;
    error_set(e, SAM_ERROR_FORK, from_seq, 0, "this store is a copy or an old image");
    for (uint64_t seq = from_seq; seq <= to_seq; seq++) {
        int err = push_chain_at(in, device_no, seq, &e->chain[e->chain_count]);
        if (err == SAM_ENOTFOUND)
            break;
        if (err)
            return err;
        e->chain_count++;
    }
    sam_log(SAM_LOG_WARN, "fork", "device=%llu from=%llu chains=%u", (unsigned long long)device_no,
            (unsigned long long)from_seq, e->chain_count);
    return 0;
}

/* ---- who writes */

int author_of_device(struct intake *in, const struct store_device *d, struct author *out)
{
    struct store_device up = *d;
    *out = (struct author){.device_no = d->device_no,
                           .org = d->org,
                           .centre = d->device_no == SAM_DEVICE_NO_CONSOLE,
                           .forked = d->forked || d->parent};
    out->who.device_no = d->device_no;
    while (up.parent && out->who.parent_count < SAM_FORK_DEPTH_MAX) {
        out->who.parent[out->who.parent_count].device_no = up.parent;
        out->who.parent[out->who.parent_count++].fork_seq = up.fork_seq;
        int err = store_device_get(in->st, up.parent, &up);
        if (err)
            return err == SAM_ENOTFOUND ? 0 : err;
    }
    return 0;
}

/* ---- one op of a batch */

static void judging_begin(struct intake *in, uint64_t device_no, uint64_t seq)
{
    struct judging *g = in->judging;
    bool again = g->active && g->device_no == device_no && g->seq == seq;
    *g = (struct judging){.device_no = device_no,
                          .seq = seq,
                          .attempts = again ? g->attempts + 1 : 1,
                          .active = 1,
                          .read = again && g->read};
}

static bool judging_spent(const struct intake *in)
{
    return in->judging->attempts > JUDGE_ATTEMPTS_MAX;
}

/* Is the op with this first identity here under that very name, with the same bytes? */
static int here_as_named(struct intake *in, const struct sam_origin *o, bool *here)
{
    struct store_push p;
    uint8_t hash[16];
    int err = store_push_at_seq(in->st, o->device_no, o->seq, &p);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    err = push_op_hash(in, &p, p.first_csn + (o->seq - p.first_seq), hash);
    *here = !err && !memcmp(hash, o->hash, sizeof hash);
    return err;
}

/* Is it here under its first name, or did it come under a later one? */
static int here_before(struct intake *in, const struct store_device *d, const struct sam_span *op, uint64_t seq,
                       const struct sam_origin *o, bool *here)
{
    struct store_origin found;
    uint8_t hash[SAM_HASH_BYTES];
    int err;
    *here = false;
    if (o && o->device_no) {
        err = store_origin_find(in->st, o->device_no, o->seq, o->hash, &found);
        *here = err == 0;
        return err == SAM_ENOTFOUND ? here_as_named(in, o, here) : err;
    }
    if (!d->forked)
        return 0;
    err = sam_sha256(op->ptr, op->len, hash);
    if (!err)
        err = store_origin_find(in->st, d->device_no, seq, hash, &found);
    *here = err == 0;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int origin_keep(struct intake *in, struct author *a, uint64_t csn, const struct sam_origin *o)
{
    struct store_origin kept = {.csn = csn};
    if (!o)
        return author_origin(in, a, NULL);
    kept = (struct store_origin){
        .csn = csn, .device_no = o->device_no, .seq = o->seq, .epoch = o->epoch, .lost_csn = o->csn};
    memcpy(kept.hash, o->hash, sizeof kept.hash);
    int err = store_origin_add(in->st, &kept);
    return err ? err : author_origin(in, a, &kept);
}

/* Is it settled without being judged? It is here already, names somebody who was erased before it came, or the device was shut out.
 * ${op}: NULL where it cannot be read. */
static int op_settled(struct intake *in, const struct store_device *d, const struct sam_op *op, bool here, bool *late,
                      struct outcome *out)
{
    bool shut_out = d->state == SAM_DEVICE_REVOKED || d->state == SAM_DEVICE_WIPED;
    int err = in->erased_any && op ? erased_is(in, op, late) : 0;
    if (here)
        *out = (struct outcome){.verdict = SAM_VERDICT_SAME};
    else if (*late)
        *out = (struct outcome){.verdict = SAM_VERDICT_QUARANTINED, .reason = SAM_REASON_ERASED};
    else if (shut_out)
        *out = (struct outcome){.verdict = SAM_VERDICT_QUARANTINED, .reason = SAM_REASON_REVOKED};
    return err;
}

static int op_judge(struct intake *in, struct author *a, const struct sam_op *op, uint64_t csn, struct outcome *out)
{
    enum sam_reason why = SAM_REASON_NONE;
    int err = 0;
    if (!op) {
        why = SAM_REASON_MALFORMED;
    } else if (judging_spent(in)) {
        why = SAM_REASON_CRASHED;
    } else {
        author_base(in, a, a->who.base_epoch, op->base_csn, csn);
        err = apply_admit(in, a, op, &why);
        if (!err && !why)
            err = apply_op(in, a, op, csn, out);
    }
    if (why)
        *out = (struct outcome){.verdict = SAM_VERDICT_QUARANTINED, .reason = why};
    return err;
}

struct op_at {
    uint64_t seq, csn, first_csn;    /* first_csn: of its batch */
    const struct sam_origin *origin; /* NULL: it carries none */
};

static int op_take(struct intake *in, struct author *a, const struct store_device *d, struct sam_span bytes,
                   const struct op_at *at, bool *late, struct outcome *out)
{
    struct sam_op op;
    bool here;
    *late = false;
    *out = (struct outcome){.verdict = SAM_VERDICT_APPLIED};
    a->who.seq = at->seq;
    in->now_csn = at->csn;
    judging_begin(in, d->device_no, at->seq);
    bool deadly = judging_spent(in) && !in->judging->read; /* to take it apart: rebuild must not, either */
    bool readable = !deadly && !sam_op_decode(bytes, &op);
    in->judging->read = !deadly;
    int err = here_before(in, d, &bytes, at->seq, at->origin, &here);
    if (!err)
        err = origin_keep(in, a, at->csn, at->origin);
    if (!err && !deadly)
        err = op_settled(in, d, readable ? &op : NULL, here, late, out);
    if (!err && readable && !*late)
        err = said_note(in, &op, at->first_csn);
    if (!err && out->verdict == SAM_VERDICT_APPLIED)
        err = op_judge(in, a, readable ? &op : NULL, at->csn, out);
    in->judging->active = 0;
    return err;
}

int verdict_say(struct intake *in, const struct store_verdict *of, const struct outcome *out)
{
    struct store_verdict v = *of;
    int err = 0;
    if (out->verdict == SAM_VERDICT_APPLIED)
        return 0;
    v.kind = out->verdict;
    v.reason = out->reason;
    v.case_no = out->case_no;
    v.disputed = out->disputed;
    v.listed = out->listed;
    if (v.kind == SAM_VERDICT_QUARANTINED)
        err = retake_known(in, &v);
    v.closed |= v.reason == SAM_REASON_ERASED; /* nothing is left to decide about */
    if (!err)
        err = store_verdict_add(in->st, &v);
    bool judged = v.kind != SAM_VERDICT_QUARANTINED && v.kind != SAM_VERDICT_SAME && v.kind != SAM_VERDICT_HELD;
    return err || judged || in->rebuilding ? err : store_admission_add(in->st, v.csn, v.kind, v.reason);
}

/* ---- the batch */

static int refuse(struct intake_pushed *out, uint32_t code, uint64_t expected, uint32_t retry_after_s, const char *text)
{
    error_set(&out->error, code, expected, retry_after_s, text);
    return 0;
}

/* Does what the batch repeats fit what is here? */
static int overlap_check(struct intake *in, const struct intake_batch *b, const struct store_device *d, bool *fits)
{
    uint64_t last = b->first_seq + b->count - 1, here;
    *fits = false;
    if (b->first_seq == d->acked_seq + 1) {
        *fits = b->chain_before == d->chain;
        return 0;
    }
    if (last >= d->acked_seq) {
        *fits = b->op_chain[d->acked_seq - b->first_seq] == d->chain;
        return 0;
    }
    int err = push_chain_at(in, d->device_no, last, &here);
    *fits = !err && here == b->chain;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int ops_take(struct intake *in, const struct intake_batch *b, const struct store_device *d, unsigned skip,
                    uint64_t first_csn)
{
    struct author a;
    unsigned o = 0;
    bool any_late = false, late;
    int err = author_of_device(in, d, &a);
    a.who.base_epoch = b->epoch;
    for (unsigned i = skip; !err && i < b->count; i++) {
        while (o < b->origin_count && b->origin[o].index < i)
            o++;
        const struct sam_origin *origin = o < b->origin_count && b->origin[o].index == i ? &b->origin[o] : NULL;
        uint64_t seq = b->first_seq + i, csn = first_csn + (i - skip);
        struct outcome out;
        const struct op_at at = {seq, csn, first_csn, origin};
        err = op_take(in, &a, d, b->op[i], &at, &late, &out);
        any_late |= !err && late;
        struct store_verdict v = {.csn = csn, .at_csn = csn, .device_no = d->device_no, .seq = seq};
        if (!err)
            err = verdict_say(in, &v, &out);
    }
    return err || !any_late ? err : erase_late(in, first_csn);
}

/* The batch itself, before its ops are judged: a later op of a batch may meet an earlier one as its candidate. */
static int batch_write(struct intake *in, const struct intake_batch *b, const struct store_device *d, unsigned skip,
                       uint64_t first_csn)
{
    bool deflated = sam_buf_len(&b->raw) > 0;
    struct store_push p = {.first_csn = first_csn,
                           .device_no = d->device_no,
                           .first_seq = b->first_seq + skip,
                           .count = b->count - skip,
                           .skip = skip,
                           .epoch = b->epoch,
                           .chain = b->chain,
                           .received_s = intake_now_s(in),
                           .deflated = deflated,
                           .raw = sam_buf_peek(deflated ? &b->raw : &b->plain)};
    memcpy(p.mac, b->mac, sizeof p.mac);
    int err = store_push_add(in->st, &p);
    return err ? err : audit_batch(in, &p);
}

static int watermark_move(struct intake *in, const struct intake_batch *b, struct store_device *d, unsigned skip,
                          uint64_t first_csn)
{
    uint64_t fresh = b->count - skip;
    d->acked_seq = b->first_seq + b->count - 1;
    d->acked_csn = first_csn + fresh - 1;
    d->chain = b->chain;
    d->waiting = d->waiting > fresh ? d->waiting - fresh : 0;
    d->last_seen_s = intake_now_s(in);
    return store_device_put(in->st, d);
}

static int ack_within(struct intake *in, const struct store_device *d, uint64_t seq, struct sam_ack *ack)
{
    struct store_push p;
    int err = store_push_at_seq(in->st, d->device_no, seq, &p);
    *ack = (struct sam_ack){seq, err ? 0 : p.first_csn + (seq - p.first_seq), 0};
    return err == SAM_ENOTFOUND ? 0 : err;
}

int intake_push(struct intake *in, struct intake_batch *b, struct intake_pushed *out)
{
    struct store_device d;
    bool fits;
    memset(out, 0, offsetof(struct intake_pushed, error.text));
    out->error.chain_count = 0;
    int err = store_device_get(in->st, b->device_no, &d);
    if (err == SAM_ENOTFOUND)
        return refuse(out, SAM_ERROR_DEVICE_UNKNOWN, 0, 0, "unknown device");
    if (err)
        return err;
    if (d.state == SAM_DEVICE_PENDING || d.state == SAM_DEVICE_INVITED)
        return refuse(out, SAM_ERROR_NOT_ACTIVE, 0, RETRY_PENDING_S, "a coordinator has not approved this device yet");
    if (b->first_seq > d.acked_seq + 1)
        return refuse(out, SAM_ERROR_GAP, d.acked_seq + 1, 0, "ops between are missing");
    err = overlap_check(in, b, &d, &fits);
    if (err)
        return err;
    if (!fits)
        return push_fork_error(in, d.device_no, b->first_seq, d.acked_seq, &out->error);
    uint64_t skip = d.acked_seq + 1 - b->first_seq;
    if (skip < b->count) {
        uint64_t first_csn = store_csn_take(in->st, b->count - skip);
        err = batch_write(in, b, &d, (unsigned)skip, first_csn);
        if (!err)
            err = ops_take(in, b, &d, (unsigned)skip, first_csn);
        if (!err)
            err = watermark_move(in, b, &d, (unsigned)skip, first_csn);
        if (!err && (d.state == SAM_DEVICE_REVOKED || d.state == SAM_DEVICE_WIPED))
            err = device_erase_journal(in, &d);
    }
    out->ack = (struct sam_ack){d.acked_seq, d.acked_csn, 0};
    if (!err && skip > b->count) /* a repeat of what lies further back: the answer speaks of this batch only */
        err = ack_within(in, &d, b->first_seq + b->count - 1, &out->ack);
    return err;
}
