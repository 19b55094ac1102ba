/* Lines of the audit log, as they are. What they mean and how they are chained: server/intake/audit.c. */
#include "server/store/store_int.h"

#include "proto/base/err.h"

int store_audit_add(struct store *st, const struct store_audit *a)
{
    sqlite3_stmt *q = store_q(st, STMT_AUDIT_ADD);
    bind_u64(q, 1, a->no);
    sqlite3_bind_int64(q, 2, a->at_s);
    bind_u64(q, 3, a->kind);
    bind_u64(q, 4, a->first_csn);
    bind_u64(q, 5, a->last_csn);
    bind_text(q, 6, a->actor);
    bind_text(q, 7, a->text);
    bind_blob(q, 8, a->text_hash, sizeof a->text_hash);
    if (a->has_facts)
        bind_blob(q, 9, a->facts, sizeof a->facts);
    else
        sqlite3_bind_null(q, 9);
    bind_blob(q, 10, a->entry, sizeof a->entry);
    bind_blob(q, 11, a->chain, sizeof a->chain);
    return store_run(st, q);
}

static int audit_out(struct store *st, sqlite3_stmt *q, struct store_audit *out)
{
    *out = (struct store_audit){0};
    int rc = store_step(st, q);
    if (rc != 1)
        return rc < 0 ? rc : SAM_ENOTFOUND;
    *out = (struct store_audit){.no = col_u64(q, 0),
                                .at_s = sqlite3_column_int64(q, 1),
                                .kind = (uint32_t)col_u64(q, 2),
                                .first_csn = col_u64(q, 3),
                                .last_csn = col_u64(q, 4),
                                .actor = (const char *)sqlite3_column_text(q, 5),
                                .text = (const char *)sqlite3_column_text(q, 6),
                                .has_facts = sqlite3_column_type(q, 8) != SQLITE_NULL};
    bool whole = (!out->has_facts || col_bytes(q, 8, out->facts, sizeof out->facts)) &&
                 col_bytes(q, 7, out->text_hash, sizeof out->text_hash) &&
                 col_bytes(q, 9, out->entry, sizeof out->entry) && col_bytes(q, 10, out->chain, sizeof out->chain);
    return whole && out->actor ? 0 : SAM_ECORRUPT;
}

int store_audit_last(struct store *st, struct store_audit *out)
{
    return audit_out(st, store_q(st, STMT_AUDIT_LAST), out);
}

int store_audit_next(struct store *st, uint64_t after, struct store_audit *out)
{
    sqlite3_stmt *q = store_q(st, STMT_AUDIT_NEXT);
    bind_u64(q, 1, after);
    return audit_out(st, q, out);
}

int store_audit_device(struct store *st, uint64_t device_no, uint64_t after, struct store_audit *out)
{
    sqlite3_stmt *q = store_q(st, STMT_AUDIT_DEVICE_NEXT);
    bind_u64(q, 1, after);
    bind_u64(q, 2, device_no);
    return audit_out(st, q, out);
}

int store_audit_search(struct store *st, const struct store_audit_search *s,
                       int (*each)(void *ctx, const struct store_audit *a), void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_AUDIT_SEARCH);
    int rc, stop = 0;
    bind_u64(q, 1, s->before);
    bind_u64(q, 2, s->after + 1);
    bind_u64(q, 3, s->kind);
    sqlite3_bind_int64(q, 4, s->from_s);
    sqlite3_bind_int64(q, 5, s->to_s);
    bind_text(q, 6, s->who);
    bind_text(q, 7, s->text);
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_audit a = {.no = col_u64(q, 0),
                                .at_s = sqlite3_column_int64(q, 1),
                                .kind = (uint32_t)col_u64(q, 2),
                                .first_csn = col_u64(q, 3),
                                .last_csn = col_u64(q, 4),
                                .actor = (const char *)sqlite3_column_text(q, 5),
                                .text = (const char *)sqlite3_column_text(q, 6)};
        stop = a.actor ? each(ctx, &a) : SAM_ENOMEM;
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_push_senders(struct store *st, uint64_t first_csn, uint64_t last_csn, uint64_t device_no[STORE_SENDERS_MAX],
                       unsigned *count)
{
    sqlite3_stmt *q = store_q(st, STMT_PUSH_SENDERS);
    int rc;
    *count = 0;
    bind_u64(q, 1, first_csn);
    bind_u64(q, 2, last_csn);
    while ((rc = store_step(st, q)) == 1 && *count < STORE_SENDERS_MAX)
        device_no[(*count)++] = col_u64(q, 0);
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}
