/* Quarantined ops that are taken in after all. Every attempt is an op of device 1 (a ruling), so it has a csn at which its
 * effect stands, it is audited, and rebuild repeats it. By itself only what waited for a reference, or for a newer schema, is
 * tried; what was out of range or scope, or came from a revoked device, is a coordinator's decision: to take it in by itself
 * would change closed periods. Rights are asked again at each attempt, except whether the device is revoked: that is what
 * was decided. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/model/rule.h"

enum { ADMISSION_RETAKE_REFUSED = 16, TRIES_MAX = 256, ROUNDS_MAX = 4 };

/* A quarantined op, read again. Its text lies in ${plain} or ${raw}. */
struct quarantined {
    struct store_verdict v;
    struct author a;
    struct sam_op op;
    struct sam_buf plain, raw;
};

static void quarantined_fini(struct quarantined *x)
{
    sam_buf_fini(&x->plain);
    sam_buf_fini(&x->raw);
}

static int author_again(struct intake *in, const struct store_push *p, struct quarantined *x)
{
    struct store_device d;
    struct store_origin o;
    int err = store_device_get(in->st, p->device_no, &d);
    if (!err)
        err = author_of_device(in, &d, &x->a);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
    x->a.who.seq = x->v.seq;
    author_base(in, &x->a, p->epoch, x->op.base_csn, x->v.csn);
    err = store_origin_at_csn(in->st, x->v.csn, &o);
    return err && err != SAM_ENOTFOUND ? err : author_origin(in, &x->a, err ? NULL : &o);
}

/* SAM_EPROTO: it cannot be read at all. */
static int quarantined_read(struct intake *in, const struct store_verdict *v, struct quarantined *x)
{
    struct store_push p;
    struct sam_span bytes = {0};
    *x = (struct quarantined){.v = *v};
    sam_buf_init(&x->plain, SAM_FRAME_INFLATED_BYTES_MAX);
    sam_buf_init(&x->raw, SAM_OP_BYTES_MAX);
    int err = store_push_at_csn(in->st, v->csn, &p);
    if (!err)
        err = push_op_bytes(in->zip, &p, v->csn, &x->plain, &bytes);
    if (!err) /* the batch is borrowed from a statement that judging uses */
        err = sam_buf_add(&x->raw, bytes.ptr, bytes.len);
    if (!err && (!bytes.len || sam_op_decode(sam_buf_peek(&x->raw), &x->op))) /* empty: it was erased */
        err = SAM_EPROTO;
    return err ? err : author_again(in, &p, x);
}

static int admitted_again(struct intake *in, struct quarantined *x, uint64_t csn, enum sam_reason *why)
{
    uint32_t kind, reason;
    if (!in->rebuilding)
        return apply_admit(in, &x->a, &x->op, why);
    int err = store_admission_get(in->st, csn, &kind, &reason);
    *why = err ? SAM_REASON_NONE : (enum sam_reason)reason;
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Units of the row that an op of batch ${p} behind ${seq} says, judged before ${csn}. */
static int batch_supersedes(struct intake *in, struct quarantined *x, const struct store_push *p, uint64_t seq,
                            uint64_t csn)
{
    struct sam_span bytes;
    struct sam_op op;
    int err = 0;
    for (uint64_t at = p->first_csn; !err && at < p->first_csn + p->count && at < csn; at++) {
        struct store_verdict v;
        if (p->first_seq + (at - p->first_csn) <= seq)
            continue;
        err = store_verdict_get(in->st, at, &v); /* it may have been taken in late itself */
        if (err && err != SAM_ENOTFOUND)
            return err;
        /* what is the SAME as another's counts where that one stands */
        bool waits = !err && (v.kind == SAM_VERDICT_QUARANTINED || v.kind == SAM_VERDICT_SAME);
        err = push_op_bytes(in->zip, p, at, &x->plain, &bytes);
        bool judged = !waits && !err && bytes.len && !sam_op_decode(bytes, &op);
        if (judged && op.kind != SAM_OP_TOMBSTONE && sam_key_equal(&op.row.key, &x->op.row.key))
            x->a.superseded |= sam_op_units(&op);
    }
    return err;
}

/* Under which number the op stands in the history of ${device_no}, which has the same past: 0: before all that it sent. */
static int own_seq_find(struct intake *in, const struct quarantined *x, uint64_t device_no, uint64_t *seq, bool *own)
{
    struct store_device d;
    struct sam_candidate c;
    struct author a = {.device_no = 0};
    *seq = x->v.seq;
    *own = device_no == x->v.device_no;
    if (*own)
        return 0;
    int err = store_device_get(in->st, device_no, &d);
    if (!err)
        err = author_of_device(in, &d, &a);
    if (!err)
        err = candidate_at(in, x->v.csn, &c);
    if (!err)
        err = candidate_align(in, &a, &c);
    a.who.seq = UINT64_MAX;
    *seq = err ? 0 : c.own_seq;
    *own = !err && sam_author_own(&a.who, &c);
    return err;
}

static int device_supersedes(struct intake *in, struct quarantined *x, uint64_t device_no, uint64_t csn)
{
    uint64_t seq, after;
    bool own;
    struct sam_range r;
    int err = own_seq_find(in, x, device_no, &seq, &own), more = own;
    for (after = seq; !err && more > 0; after = r.first_seq + r.count - 1) {
        struct store_push p;
        more = store_push_ranges(in->st, device_no, after, &r, 1);
        if (more <= 0)
            return more;
        if (r.first_csn >= csn)
            return 0;
        err = store_push_at_csn(in->st, r.first_csn, &p);
        if (!err)
            err = batch_supersedes(in, x, &p, seq, csn);
    }
    return err;
}

/* An own later op that was judged meanwhile may have been replaced itself: only the batches tell. After a fork both go on from what
 * they share, each under its own number. */
static int superseded_find(struct intake *in, struct quarantined *x, uint64_t csn)
{
    uint64_t device_no = 0;
    int err;
    x->a.superseded = 0;
    if (!x->a.forked)
        return device_supersedes(in, x, x->v.device_no, csn);
    while ((err = store_device_kin(in->st, x->v.device_no, device_no, &device_no)) == 0)
        if ((err = device_supersedes(in, x, device_no, csn)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Judge it at ${csn}. */
static int take_in(struct intake *in, struct quarantined *x, uint64_t csn)
{
    struct outcome out = {.verdict = SAM_VERDICT_QUARANTINED};
    enum sam_reason why = SAM_REASON_NONE;
    int err = x->v.device_no == SAM_DEVICE_NO_CONSOLE ? 0 : superseded_find(in, x, csn);
    if (!err)
        err = admitted_again(in, x, csn, &why);
    if (!err && !why) {
        in->taken_csn = csn;
        in->taken_op_csn = x->v.csn;
        err = apply_op(in, &x->a, &x->op, csn, &out);
        in->taken_csn = 0;
        why = out.verdict == SAM_VERDICT_QUARANTINED ? out.reason : SAM_REASON_NONE;
    }
    if (err)
        return err;
    if (why && !in->rebuilding)
        err = store_admission_add(in->st, csn, ADMISSION_RETAKE_REFUSED, why);
    else if (!why)
        err = store_retake_add(in->st, csn, x->v.csn);
    struct store_verdict v = x->v;
    v.kind = why ? SAM_VERDICT_QUARANTINED : out.verdict;
    v.reason = why ? why : out.reason;
    v.case_no = why ? 0 : out.case_no;
    v.disputed = why ? 0 : out.disputed;
    v.listed = why ? 0 : out.listed;
    v.at_csn = csn;
    return err ? err : store_verdict_add(in->st, &v);
}

static int verdict_of(struct intake *in, uint64_t device_no, uint64_t seq, struct store_verdict *v)
{
    struct store_push p;
    int err = store_push_at_seq(in->st, device_no, seq, &p);
    return err ? err : store_verdict_get(in->st, p.first_csn + (seq - p.first_seq), v);
}

int retake_ruled(struct intake *in, const struct sam_row *ruling, uint64_t csn)
{
    struct store_verdict v;
    struct quarantined x;
    int64_t decision = sam_row_num(ruling, SAM_RULING_decision);
    int err = verdict_of(in, ruling->key.part[1], ruling->key.part[2], &v);
    if (err || v.kind != SAM_VERDICT_QUARANTINED) /* not here (yet), or taken in meanwhile */
        return err == SAM_ENOTFOUND ? 0 : err;
    bool rests = decision == SAM_DECISION_LET_REST;
    if (rests != v.closed) {
        v.closed = rests;
        v.at_csn = csn;
        err = store_verdict_add(in->st, &v);
    }
    if (err || decision != SAM_DECISION_TAKE_IN)
        return err;
    err = quarantined_read(in, &v, &x);
    if (!err)
        err = take_in(in, &x, csn);
    quarantined_fini(&x);
    return err == SAM_EPROTO ? 0 : err;
}

/* ---- by itself */

static int ruling_get(struct intake *in, const struct store_verdict *v, int64_t *decision)
{
    struct sam_key key = {.entity = SAM_RULING, .part = {SAM_RULE_QUARANTINE, v->device_no, v->seq}};
    struct store_row row;
    int err = store_row_get(in->st, &key, &row);
    *decision = err ? 0 : sam_row_num(&row.row, SAM_RULING_decision);
    return err;
}

int retake_known(struct intake *in, struct store_verdict *v)
{
    int64_t decision;
    int err = ruling_get(in, v, &decision);
    v->closed = decision == SAM_DECISION_LET_REST;
    if (decision == SAM_DECISION_TAKE_IN) {
        in->retake_again = in->retake_again || (in->retake_due && in->retake_after >= v->csn);
        in->retake_due = true;
    }
    return err;
}

void retake_note(struct intake *in, const struct sam_op *op)
{
    uint8_t entity = op->row.key.entity;
    const struct sam_entity_def *def = sam_entity_find(entity);
    bool leaf = (def->scope == SAM_SCOPE_SESSION && !def->minted) || entity == SAM_CONSENT ||
                entity == SAM_ACCESS; /* nothing refers to it */
    if (leaf || entity == SAM_RULING || (entity == SAM_SESSION && op->kind != SAM_OP_CREATE))
        return;
    in->retake_again = in->retake_again ||
                       (in->retake_due && in->retake_after > 0); /* a walk is under way: it goes on to its end first */
    in->retake_due = true;
}

/* Would it be admitted now? Only what may be tried without asking anybody. */
static int fits_now(struct intake *in, const struct store_verdict *v, bool *fits)
{
    struct quarantined x;
    enum sam_reason why = SAM_REASON_NONE;
    int64_t decision = 0;
    *fits = false;
    struct store_device d;
    int err = store_device_get(in->st, v->device_no, &d);
    bool revoked = !err && (d.state == SAM_DEVICE_REVOKED || d.state == SAM_DEVICE_WIPED);
    if (!err)
        err = ruling_get(in, v, &decision);
    bool may = v->reason == SAM_REASON_REFERENCE || v->reason == SAM_REASON_SCHEMA;
    bool decided = decision == SAM_DECISION_TAKE_IN && v->at_csn == v->csn; /* before the centre lost it; once */
    if (err || !(decided || (may && !revoked))) /* after revoke nothing of that device is applied by itself (P11) */
        return err;
    err = quarantined_read(in, v, &x);
    if (!err)
        err = apply_admit(in, &x.a, &x.op, &why);
    if (!err && !why) {
        bool exists;
        err = link_row_exists(in, &x.op.row.key, &exists);
        why = err ? why : apply_impossible(&x.a, &x.op, exists);
    }
    *fits = !err && !why;
    quarantined_fini(&x);
    return err == SAM_EPROTO ? 0 : err;
}

static int ruling_say(struct intake *in, const struct store_verdict *v)
{
    struct sam_op op = {.kind = SAM_OP_SET, .claimed_s = intake_now_s(in), .base_csn = store_csn(in->st)};
    sam_row_init(&op.row, SAM_RULING);
    op.row.key.part[0] = SAM_RULE_QUARANTINE;
    op.row.key.part[1] = v->device_no;
    op.row.key.part[2] = v->seq;
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_TAKE_IN);
    sam_log(SAM_LOG_INFO, "taken_in", "device=%llu seq=%llu", (unsigned long long)v->device_no,
            (unsigned long long)v->seq);
    return author_unheard(in, &op);
}

/* One walk over what waits, as far as one commit may go. ${whole}: it came to its end. */
static int walk(struct intake *in, bool *whole)
{
    struct store_verdict v;
    int err = 0;
    *whole = false;
    for (unsigned i = 0; !err && i < TRIES_MAX; i++) {
        bool fits;
        err = store_verdict_waits(in->st, in->retake_after, &v);
        if (err)
            break;
        in->retake_after = v.csn;
        err = fits_now(in, &v, &fits);
        if (!err && fits)
            err = ruling_say(in, &v);
    }
    if (err != SAM_ENOTFOUND)
        return err; /* the rest with the next commit */
    *whole = true;
    in->retake_due = in->retake_again;
    in->retake_again = false;
    in->retake_after = 0;
    return 0;
}

/* What was taken in may be what others waited for: then once more. */
int retake_run(struct intake *in)
{
    bool whole = true;
    int err = 0;
    for (unsigned round = 0; !err && whole && in->retake_due && round < ROUNDS_MAX; round++)
        err = walk(in, &whole);
    return err;
}
