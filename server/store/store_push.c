/* Batches as they came, what re-sent ops carried, verdicts and holes. */
#include "server/store/store_int.h"

#include "proto/base/err.h"

int store_push_add(struct store *st, const struct store_push *p)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_ADD);
    bind_u64(q, 1, p->first_csn);
    bind_u64(q, 2, p->device_no);
    bind_u64(q, 3, p->first_seq);
    bind_u64(q, 4, p->count);
    bind_u64(q, 5, p->skip);
    bind_u64(q, 6, p->epoch);
    bind_u64(q, 7, p->chain);
    sqlite3_bind_int64(q, 8, p->received_s);
    sqlite3_bind_int(q, 9, p->deflated);
    bind_blob(q, 10, p->mac, sizeof p->mac);
    bind_blob(q, 11, p->raw.ptr, p->raw.len);
    return store_run(st, q);
}

static int push_out(struct store *st, sqlite3_stmt *q, struct store_push *out)
{
    *out = (struct store_push){0};
    int rc = store_step(st, q);
    if (rc != 1)
        return rc < 0 ? rc : SAM_ENOTFOUND;
    out->first_csn = col_u64(q, 0);
    out->device_no = col_u64(q, 1);
    out->first_seq = col_u64(q, 2);
    out->count = col_u64(q, 3);
    out->skip = col_u64(q, 4);
    out->epoch = col_u64(q, 5);
    out->chain = col_u64(q, 6);
    out->received_s = sqlite3_column_int64(q, 7);
    out->deflated = sqlite3_column_int(q, 8) != 0;
    col_bytes(q, 9, out->mac, sizeof out->mac);
    out->raw = (struct sam_span){sqlite3_column_blob(q, 10), (size_t)sqlite3_column_bytes(q, 10)};
    return 0;
}

int store_push_at_csn(struct store *st, uint64_t csn, struct store_push *out)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_AT_CSN);
    bind_u64(q, 1, csn);
    int err = push_out(st, q, out);
    return err ? err : csn < out->first_csn + out->count ? 0 : SAM_ENOTFOUND;
}

int store_push_at_seq(struct store *st, uint64_t device_no, uint64_t seq, struct store_push *out)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_AT_SEQ);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, seq);
    int err = push_out(st, q, out);
    return err ? err : seq < out->first_seq + out->count ? 0 : SAM_ENOTFOUND;
}

int store_push_next(struct store *st, uint64_t after, struct store_push *out)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_NEXT);
    bind_u64(q, 1, after);
    return push_out(st, q, out);
}

int store_push_about_add(struct store *st, uint64_t subject, uint64_t first_csn)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_ABOUT_ADD);
    bind_u64(q, 1, subject);
    bind_u64(q, 2, first_csn);
    return store_run(st, q);
}

int store_push_about(struct store *st, uint64_t subject, uint64_t after, int (*each)(void *ctx, uint64_t first_csn),
                     void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_ABOUT);
    int rc = 0, err = 0;
    bind_u64(q, 1, subject);
    bind_u64(q, 2, after);
    while (!err && (rc = store_step(st, q)) == 1)
        err = each(ctx, col_u64(q, 0));
    sqlite3_reset(q);
    return err ? err : rc;
}

int store_push_ranges(struct store *st, uint64_t device_no, uint64_t after_seq, struct sam_range *out, unsigned max)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_AFTER);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, after_seq + 1);
    bind_u64(q, 3, max);
    int rc, count = 0;
    while ((rc = store_step(st, q)) == 1)
        out[count++] = (struct sam_range){col_u64(q, 0), col_u64(q, 1), col_u64(q, 2)};
    return rc < 0 ? rc : count;
}

int store_origin_add(struct store *st, const struct store_origin *o)
{
    sqlite3_stmt *q = store_q(st, STMT_ORIGIN_ADD);
    bind_u64(q, 1, o->csn);
    bind_u64(q, 2, o->device_no);
    bind_u64(q, 3, o->seq);
    bind_blob(q, 4, o->hash, sizeof o->hash);
    bind_u64(q, 5, o->epoch);
    bind_u64(q, 6, o->lost_csn);
    return store_run(st, q);
}

static int origin_out(struct store *st, sqlite3_stmt *q, struct store_origin *out)
{
    *out = (struct store_origin){0};
    int rc = store_step(st, q);
    if (rc != 1)
        return rc < 0 ? rc : SAM_ENOTFOUND;
    *out = (struct store_origin){.csn = col_u64(q, 0),
                                 .device_no = col_u64(q, 1),
                                 .seq = col_u64(q, 2),
                                 .epoch = col_u64(q, 4),
                                 .lost_csn = col_u64(q, 5)};
    col_bytes(q, 3, out->hash, sizeof out->hash);
    sqlite3_reset(q);
    return 0;
}

int store_origin_at_csn(struct store *st, uint64_t csn, struct store_origin *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ORIGIN_AT);
    bind_u64(q, 1, csn);
    return origin_out(st, q, out);
}

int store_origin_find(struct store *st, uint64_t device_no, uint64_t seq, const uint8_t hash[16],
                      struct store_origin *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ORIGIN_FIND);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, seq);
    bind_blob(q, 3, hash, 16);
    return origin_out(st, q, out);
}

int store_origin_of_device(struct store *st, uint64_t device_no, uint64_t seq, uint64_t by, struct store_origin *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ORIGIN_OF_DEVICE);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, seq);
    bind_u64(q, 3, by);
    return origin_out(st, q, out);
}

int store_verdict_add(struct store *st, const struct store_verdict *v)
{
    sqlite3_stmt *q = store_q(st, STMT_VERDICT_ADD);
    bind_u64(q, 1, v->csn);
    bind_u64(q, 2, v->at_csn);
    bind_u64(q, 3, v->device_no);
    bind_u64(q, 4, v->seq);
    bind_u64(q, 5, v->kind);
    bind_u64(q, 6, v->reason);
    bind_u64(q, 7, v->case_no);
    sqlite3_bind_int(q, 8, v->closed);
    bind_u64(q, 9, v->disputed);
    bind_u64(q, 10, v->listed);
    return store_run(st, q);
}

static struct store_verdict verdict_columns(sqlite3_stmt *q)
{
    return (struct store_verdict){.csn = col_u64(q, 0),
                                  .at_csn = col_u64(q, 1),
                                  .device_no = col_u64(q, 2),
                                  .seq = col_u64(q, 3),
                                  .kind = (uint32_t)col_u64(q, 4),
                                  .reason = (uint32_t)col_u64(q, 5),
                                  .case_no = col_u64(q, 6),
                                  .closed = sqlite3_column_int(q, 7) != 0,
                                  .disputed = (uint32_t)col_u64(q, 8),
                                  .listed = (uint32_t)col_u64(q, 9)};
}

static int verdict_out(struct store *st, sqlite3_stmt *q, struct store_verdict *out)
{
    int rc = store_step(st, q);
    *out = rc == 1 ? verdict_columns(q) : (struct store_verdict){0};
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_verdict_get(struct store *st, uint64_t csn, struct store_verdict *out)
{
    sqlite3_stmt *q = store_q(st, STMT_VERDICT_GET);
    bind_u64(q, 1, csn);
    return verdict_out(st, q, out);
}

int store_verdict_waits(struct store *st, uint64_t after, struct store_verdict *out)
{
    sqlite3_stmt *q = store_q(st, STMT_VERDICT_WAITS);
    bind_u64(q, 1, after);
    return verdict_out(st, q, out);
}

int store_admission_add(struct store *st, uint64_t csn, uint32_t kind, uint32_t reason)
{
    sqlite3_stmt *q = store_q(st, STMT_ADMISSION_ADD);
    bind_u64(q, 1, csn);
    bind_u64(q, 2, kind);
    bind_u64(q, 3, reason);
    return store_run(st, q);
}

int store_admission_get(struct store *st, uint64_t csn, uint32_t *kind, uint32_t *reason)
{
    sqlite3_stmt *q = store_q(st, STMT_ADMISSION_GET);
    bind_u64(q, 1, csn);
    uint64_t k, r;
    int err = store_numbers(st, q, &k, &r, NULL);
    *kind = (uint32_t)k;
    *reason = (uint32_t)r;
    return err;
}

int store_verdicts_after(struct store *st, uint64_t device_no, uint64_t at_csn, uint64_t csn, struct store_verdict *out,
                         unsigned max, unsigned *count)
{
    sqlite3_stmt *q = store_q(st, STMT_VERDICTS_AFTER);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, at_csn);
    bind_u64(q, 3, csn);
    bind_u64(q, 4, max);
    int rc;
    *count = 0;
    while ((rc = store_step(st, q)) == 1)
        out[(*count)++] = verdict_columns(q);
    return rc;
}

int store_verdict_counts(struct store *st, uint64_t device_no, uint64_t counts[SAM_VERDICT_COUNT], uint64_t *lost)
{
    for (int i = 0; i < SAM_VERDICT_COUNT; i++)
        counts[i] = 0;
    sqlite3_stmt *q = store_q(st, STMT_VERDICT_COUNTS);
    bind_u64(q, 1, device_no);
    int rc;
    while ((rc = store_step(st, q)) == 1)
        if (col_u64(q, 0) < SAM_VERDICT_COUNT)
            counts[col_u64(q, 0)] = col_u64(q, 1);
    q = store_q(st, STMT_HOLE_SUM);
    bind_u64(q, 1, device_no);
    rc = rc ? rc : store_step(st, q);
    *lost = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int store_hole_add(struct store *st, uint64_t device_no, uint64_t first_seq, uint64_t last_seq, int64_t at_s,
                   uint64_t chain, bool assumed)
{
    sqlite3_stmt *q = store_q(st, STMT_HOLE_ADD);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, first_seq);
    bind_u64(q, 3, last_seq);
    sqlite3_bind_int64(q, 4, at_s);
    bind_u64(q, 5, chain);
    sqlite3_bind_int(q, 6, assumed);
    return store_run(st, q);
}

int store_hole_assumed(struct store *st, uint64_t device_no, uint64_t last_seq, uint64_t *first_seq)
{
    sqlite3_stmt *q = store_q(st, STMT_HOLE_ASSUMED);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, last_seq);
    return store_numbers(st, q, first_seq, NULL, NULL);
}

int store_hole_drop(struct store *st, uint64_t device_no, uint64_t first_seq)
{
    sqlite3_stmt *q = store_q(st, STMT_HOLE_DROP);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, first_seq);
    return store_run(st, q);
}

int store_hole_chain(struct store *st, uint64_t device_no, uint64_t last_seq, uint64_t *chain)
{
    sqlite3_stmt *q = store_q(st, STMT_HOLE_CHAIN);
    bind_u64(q, 1, device_no);
    bind_u64(q, 2, last_seq);
    return store_numbers(st, q, chain, NULL, NULL);
}
