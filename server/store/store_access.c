/* Rows of the access log, as they are. What they mean and what covers them: server/intake/access.c. */
#include "server/store/store_int.h"

#include "proto/base/err.h"

int store_access_add(struct store *st, const struct store_access *a)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCESS_ADD);
    bind_u64(q, 1, a->audit_no);
    bind_u64(q, 2, a->part);
    sqlite3_bind_int64(q, 3, a->at_s);
    bind_u64(q, 4, a->user_id);
    bind_text(q, 5, a->actor);
    if (a->user_id)
        bind_u64(q, 6, a->role);
    else
        sqlite3_bind_null(q, 6);
    bind_u64(q, 7, a->device_no);
    bind_u64(q, 8, a->participant);
    bind_u64(q, 9, a->group);
    bind_u64(q, 10, a->count);
    bind_text(q, 11, a->resource);
    bind_u64(q, 12, a->action);
    bind_text(q, 13, a->purpose);
    bind_u64(q, 14, a->offline);
    bind_u64(q, 15, a->csn);
    sqlite3_bind_int64(q, 16, a->claimed_s);
    return store_run(st, q);
}

static int access_columns(struct store *st, sqlite3_stmt *q, struct store_access *out)
{
    *out = (struct store_access){0};
    int rc = store_step(st, q);
    if (rc != 1)
        return rc < 0 ? rc : SAM_ENOTFOUND;
    *out = (struct store_access){.audit_no = col_u64(q, 0),
                                 .part = col_u64(q, 1),
                                 .at_s = sqlite3_column_int64(q, 2),
                                 .user_id = col_u64(q, 3),
                                 .actor = (const char *)sqlite3_column_text(q, 4),
                                 .role = (uint32_t)col_u64(q, 5),
                                 .device_no = col_u64(q, 6),
                                 .participant = col_u64(q, 7),
                                 .group = col_u64(q, 8),
                                 .count = col_u64(q, 9),
                                 .resource = (const char *)sqlite3_column_text(q, 10),
                                 .action = (uint32_t)col_u64(q, 11),
                                 .purpose = (const char *)sqlite3_column_text(q, 12),
                                 .offline = col_u64(q, 13) != 0,
                                 .csn = col_u64(q, 14),
                                 .claimed_s = sqlite3_column_int64(q, 15)};
    return out->actor && out->resource && out->purpose ? 0 : SAM_ENOMEM;
}

int store_access_next(struct store *st, uint64_t audit_no, uint64_t part, struct store_access *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCESS_NEXT);
    bind_u64(q, 1, audit_no);
    bind_u64(q, 2, part);
    return access_columns(st, q, out);
}

int store_access_of(struct store *st, uint64_t csn, struct store_access *out)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCESS_OF);
    bind_u64(q, 1, csn);
    return access_columns(st, q, out);
}

static int one_count(struct store *st, enum store_stmt stmt, uint64_t *count)
{
    sqlite3_stmt *q = store_q(st, stmt);
    int rc = store_step(st, q);
    *count = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int store_access_entries(struct store *st, uint64_t *count)
{
    return one_count(st, STMT_ACCESS_ENTRIES, count);
}

int store_access_strays(struct store *st, uint64_t *count)
{
    return one_count(st, STMT_ACCESS_STRAYS, count);
}

static int places(struct store *st, enum store_stmt stmt, uint64_t of,
                  int (*each)(void *ctx, uint64_t audit_no, uint64_t part), void *ctx)
{
    sqlite3_stmt *q = store_q(st, stmt);
    int rc, stop = 0;
    bind_u64(q, 1, of);
    while (!stop && (rc = store_step(st, q)) == 1)
        stop = each(ctx, col_u64(q, 0), col_u64(q, 1));
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_access_person(struct store *st, uint64_t participant,
                        int (*each)(void *ctx, uint64_t audit_no, uint64_t part), void *ctx)
{
    return places(st, STMT_ACCESS_OF_PERSON, participant, each, ctx);
}

int store_access_lists(struct store *st, uint64_t group, int (*each)(void *ctx, uint64_t audit_no, uint64_t part),
                       void *ctx)
{
    return places(st, STMT_ACCESS_LISTS, group, each, ctx);
}

int store_access_group(struct store *st, uint64_t after, uint64_t *group)
{
    sqlite3_stmt *q = store_q(st, STMT_ACCESS_GROUP_NEXT);
    bind_u64(q, 1, after);
    return store_numbers(st, q, group, NULL, NULL);
}
