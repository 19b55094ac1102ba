#include "server/store/queue.h"

#include "proto/base/err.h"
#include "server/store/store_int.h"

#include <stdio.h>

static const char *name_at(sqlite3_stmt *q, int column)
{
    return (const char *)sqlite3_column_text(q, column);
}

int store_queue_cases(struct store *st, const struct store_queue *from,
                      int (*each)(void *ctx, const struct store_queue_case *c), void *ctx)
{
    sqlite3_stmt *q = store_q(st, from->open ? STMT_QUEUE_OPEN : STMT_QUEUE_CLOSED);
    int rc, stop = 0;
    bind_u64(q, 1, from->after);
    bind_u64(q, 2, from->org);
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_queue_case c = {.org = col_u64(q, 15), .clinic = name_at(q, 16), .group = name_at(q, 17)};
        store_case_column(q, &c.c);
        stop = each(ctx, &c);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_queue_aside(struct store *st, const struct store_queue *from,
                      int (*each)(void *ctx, const struct store_queue_aside *a), void *ctx)
{
    sqlite3_stmt *q = store_q(st, from->open ? STMT_QUEUE_ASIDE : STMT_QUEUE_RESTS);
    int rc, stop = 0;
    bind_u64(q, 1, from->after);
    bind_u64(q, 2, from->org);
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_queue_aside a = {.v = {.csn = col_u64(q, 0),
                                            .device_no = col_u64(q, 1),
                                            .seq = col_u64(q, 2),
                                            .kind = SAM_VERDICT_QUARANTINED,
                                            .reason = (uint32_t)col_u64(q, 3),
                                            .closed = !from->open},
                                      .org = col_u64(q, 4),
                                      .label = name_at(q, 5),
                                      .clinic = name_at(q, 6)};
        stop = each(ctx, &a);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_queue_clinics(struct store *st, int (*each)(void *ctx, const struct store_queue_clinic *c), void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_QUEUE_CLINICS);
    int rc, stop = 0;
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_queue_clinic c = {.org = col_u64(q, 0),
                                       .name = name_at(q, 1),
                                       .cases = col_u64(q, 2),
                                       .changed_csn = col_u64(q, 3),
                                       .aside = col_u64(q, 4)};
        stop = each(ctx, &c);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_case_of_session(struct store *st, uint64_t session, unsigned unit, uint64_t after, struct store_case *c)
{
    sqlite3_stmt *q = store_q(st, STMT_CASE_OF_SESSION);
    bind_u64(q, 1, session);
    bind_u64(q, 2, unit);
    bind_u64(q, 3, after);
    int rc = store_step(st, q);
    *c = (struct store_case){0};
    if (rc == 1)
        store_case_column(q, c);
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_decision_next(struct store *st, uint64_t participant, uint64_t before, struct store_decision *out)
{
    sqlite3_stmt *q = store_q(st, STMT_DECISION_NEXT);
    bind_u64(q, 1, participant);
    bind_u64(q, 2, before);
    int rc = store_step(st, q);
    *out = (struct store_decision){0};
    if (rc == 1) {
        *out = (struct store_decision){.audit_no = col_u64(q, 0),
                                       .at_s = sqlite3_column_int64(q, 1),
                                       .first_csn = col_u64(q, 4),
                                       .last_csn = col_u64(q, 5)};
        snprintf(out->actor, sizeof out->actor, "%s", name_at(q, 2));
        snprintf(out->text, sizeof out->text, "%s", name_at(q, 3));
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}
