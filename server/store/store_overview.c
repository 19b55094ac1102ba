#include "proto/base/err.h"
#include "server/store/overview.h"
#include "server/store/store_int.h"

#define PATIENCE_STEPS 4096 /* of SQLite's machine, between two questions: well under a millisecond */

int store_clinics(struct store *st, int (*each)(void *ctx, const struct store_clinic *clinic), void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_CLINICS);
    int rc, stop = 0;
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_clinic clinic = {.org = col_u64(q, 0),
                                      .name = (const char *)sqlite3_column_text(q, 1),
                                      .devices = col_u64(q, 2),
                                      .last_seen_s = sqlite3_column_int64(q, 3),
                                      .waiting = col_u64(q, 4)};
        stop = each(ctx, &clinic);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_cases_open(struct store *st, uint64_t *count)
{
    return store_numbers(st, store_q(st, STMT_CASES_OPEN), count, NULL, NULL);
}

static int store_late_cb(void *ctx)
{
    const struct store *st = ctx;
    return st->late(st->late_ctx);
}

void store_patience(struct store *st, bool (*late)(void *ctx), void *ctx)
{
    st->late = late;
    st->late_ctx = ctx;
    sqlite3_progress_handler(st->db, late ? PATIENCE_STEPS : 0, late ? store_late_cb : NULL, st);
}
