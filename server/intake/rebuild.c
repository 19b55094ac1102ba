/* Everything derived, computed anew: all ops are judged again in the order of their csns, as they were judged then. What was
 * decided about them at the door (admission), the window's moves and which lost epochs were known when are facts; rights are
 * never asked again. What comes out must be bit-equal to what was there: rebuild is its own proof. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

#include <stdio.h>
#include <string.h>

enum { TABLES_MAX = 64, PROGRESS_OPS = 4096 };

struct rebuild {
    struct intake *in;
    const struct intake_found *found;
    struct intake_rebuilt *out;
    struct sam_buf raw, plain; /* the batch being judged */
    uint8_t was[TABLES_MAX][SAM_HASH_BYTES];
    struct intake_check at;
};

static int digests(struct rebuild *r, uint8_t digest[TABLES_MAX][SAM_HASH_BYTES], uint64_t *rows)
{
    int err = 0;
    *rows = 0;
    for (unsigned i = 0; !err && store_derived_name(i); i++) {
        uint64_t n = 0;
        err = i < TABLES_MAX ? store_derived_digest(r->in->st, i, &n, digest[i]) : SAM_EFULL;
        *rows += n;
    }
    return err;
}

static int progress(struct rebuild *r)
{
    if (!r->found || !r->found->progress || r->out->ops % PROGRESS_OPS)
        return 0;
    r->at.done = r->out->ops;
    return r->found->progress(r->found->ctx, &r->at) ? SAM_ECLOSED : 0;
}

/* The window's moves up to the batch that begins at ${csn}. */
static int window_replay(struct rebuild *r, uint64_t csn)
{
    int32_t day;
    uint64_t at_csn;
    int err;
    while ((err = store_window_next(r->in->st, r->in->window_day, &day, &at_csn)) == 0 && at_csn < csn)
        if ((err = window_set(r->in, day)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int op_judge_again(struct rebuild *r, struct author *a, const struct store_push *p, const struct sam_op *op,
                          struct store_verdict *v)
{
    struct intake *in = r->in;
    struct store_origin o;
    struct outcome out = {0};
    int err = store_origin_at_csn(in->st, v->csn, &o);
    if (!err || err == SAM_ENOTFOUND)
        err = author_origin(in, a, err ? NULL : &o);
    if (err)
        return err;
    author_base(in, a, p->epoch, op->base_csn, v->csn);
    err = apply_op(in, a, op, v->csn, &out);
    return err ? err : verdict_say(in, v, &out);
}

static int op_replay(struct rebuild *r, struct author *a, const struct store_push *p, uint64_t csn,
                     struct sam_span bytes)
{
    struct intake *in = r->in;
    struct store_erased erased;
    struct sam_op op;
    uint32_t kind, reason;
    struct store_verdict v = {
        .csn = csn, .at_csn = csn, .device_no = p->device_no, .seq = p->first_seq + (csn - p->first_csn)};
    a->who.seq = v.seq;
    in->now_csn = csn;
    int err = store_admission_get(in->st, csn, &kind, &reason);
    if (err && err != SAM_ENOTFOUND)
        return err;
    bool settled = !err && (kind == SAM_VERDICT_SAME || kind == SAM_VERDICT_QUARANTINED);
    bool readable = !(settled && reason == SAM_REASON_MALFORMED) && !sam_op_decode(bytes, &op);
    err = readable ? said_note(in, &op, p->first_csn) : 0;
    if (err)
        return err;
    if (settled)
        return verdict_say(in, &v,
                           &(struct outcome){.verdict = (enum sam_verdict)kind, .reason = (enum sam_reason)reason});
    err = in->erased_any && !bytes.len ? store_erased_op(in->st, csn, &erased) : SAM_ENOTFOUND;
    if (err != SAM_ENOTFOUND)
        return err;
    if (readable && bytes.len)
        return op_judge_again(r, a, p, &op, &v);
    sam_log(SAM_LOG_ERROR, "rebuild", "csn=%llu why=unreadable", (unsigned long long)csn);
    return SAM_ECORRUPT;
}

/* ${p}: borrowed; its bytes are copied, for judging looks up other batches. */
static int batch_replay(struct rebuild *r, struct store_push *p)
{
    struct intake *in = r->in;
    struct store_device d;
    struct author a;
    struct sam_span op;
    sam_buf_clear(&r->raw);
    sam_buf_clear(&r->plain);
    int err = p->deflated ? sam_zip_inflate(in->zip, p->raw, &r->plain) : sam_buf_add(&r->raw, p->raw.ptr, p->raw.len);
    struct sam_walk w = {sam_buf_peek(p->deflated ? &r->plain : &r->raw)};
    if (!err && p->deflated)
        w.rest.len -= SAM_MAC_BYTES;
    if (!err)
        err = window_replay(r, p->first_csn);
    if (!err)
        err = store_device_get(in->st, p->device_no, &d);
    if (!err)
        err = author_of_device(in, &d, &a);
    for (uint64_t i = 0; !err && i < p->skip + p->count; i++) {
        err = sam_push_next_op(&w, &op) == 1 ? 0 : SAM_ECORRUPT;
        if (err || i < p->skip)
            continue;
        err = op_replay(r, &a, p, p->first_csn + (i - p->skip), op);
        r->out->ops++;
        if (!err)
            err = progress(r);
    }
    return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
}

static int batches_replay(struct rebuild *r)
{
    struct store_push p;
    uint64_t after = 0;
    int err;
    while ((err = store_push_next(r->in->st, after, &p)) == 0) {
        after = p.first_csn;
        if ((err = batch_replay(r, &p)))
            return err;
    }
    err = err == SAM_ENOTFOUND ? window_replay(r, STORE_NOW) : err;
    if (!err)
        err = turnouts_all(r->in);
    return err ? err : scopes_flush(r->in);
}

static void compare(struct rebuild *r, uint8_t digest[TABLES_MAX][SAM_HASH_BYTES])
{
    const char *name;
    for (unsigned i = 0; (name = store_derived_name(i)); i++) {
        char line[128];
        r->out->tables++;
        if (!memcmp(digest[i], r->was[i], SAM_HASH_BYTES))
            continue;
        r->out->changed++;
        snprintf(line, sizeof line, "ev=rebuilt table=%s", name);
        if (r->found && r->found->wrong)
            r->found->wrong(r->found->ctx, line);
    }
}

static int rebuild(struct rebuild *r)
{
    struct intake *in = r->in;
    uint8_t now[TABLES_MAX][SAM_HASH_BYTES] = {{0}};
    int32_t window_day = in->window_day;
    uint64_t rows;
    int err = scopes_flush(in);
    if (!err)
        err = turnouts_flush(in);
    if (!err)
        err = digests(r, r->was, &rows);
    if (!err)
        err = store_derived_clear(in->st);
    intake_caches_clear(in);
    in->window_day = SAM_WINDOW_DAY_FIRST;
    if (!err)
        err = batches_replay(r);
    if (!err && in->window_day != window_day)
        err = SAM_ECORRUPT; /* the window's moves are not all known */
    if (!err)
        err = digests(r, now, &r->out->rows);
    if (!err)
        compare(r, now);
    return err;
}

int intake_rebuild(struct intake *in, const struct intake_found *found, struct intake_rebuilt *out)
{
    struct rebuild r = {.in = in, .found = found, .out = out, .at = {.total = store_csn(in->st), .what = "ops"}};
    *out = (struct intake_rebuilt){0};
    sam_buf_init(&r.raw, SAM_FRAME_INFLATED_BYTES_MAX);
    sam_buf_init(&r.plain, SAM_FRAME_INFLATED_BYTES_MAX);
    in->rebuilding = true;
    int err = rebuild(&r);
    int failed = store_failed(in->st); /* something was judged by a number that could not be read */
    err = failed ? failed : err;
    in->rebuilding = false;
    intake_caches_clear(in);
    in->touched_count = 0;
    sam_buf_fini(&r.raw);
    sam_buf_fini(&r.plain);
    sam_log(err ? SAM_LOG_ERROR : SAM_LOG_INFO, "rebuild", "ops=%llu rows=%llu changed=%u err=%s",
            (unsigned long long)out->ops, (unsigned long long)out->rows, out->changed, sam_err_name(err));
    return err;
}
