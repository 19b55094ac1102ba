#include "server/store/store_int.h"
#include "server/store/tablet.h"

int store_tablets(struct store *st, uint64_t after, int (*each)(void *ctx, const struct store_tablet *t), void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_TABLETS);
    int rc, stop = 0;
    bind_u64(q, 1, after > SAM_DEVICE_NO_CONSOLE ? after : SAM_DEVICE_NO_CONSOLE);
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_tablet t = {.device_no = col_u64(q, 0),
                                 .org = col_u64(q, 1),
                                 .parent = col_u64(q, 2),
                                 .label = (const char *)sqlite3_column_text(q, 3),
                                 .state = (uint32_t)sqlite3_column_int(q, 4),
                                 .digits = (uint32_t)sqlite3_column_int(q, 5),
                                 .forked = sqlite3_column_int(q, 6) != 0,
                                 .joined_s = sqlite3_column_int64(q, 7),
                                 .last_seen_s = sqlite3_column_int64(q, 8),
                                 .skew_s = sqlite3_column_int64(q, 9),
                                 .waiting = col_u64(q, 10),
                                 .oldest_age_s = col_u64(q, 11),
                                 .app = (const char *)sqlite3_column_text(q, 12),
                                 .model = (const char *)sqlite3_column_text(q, 13),
                                 .quarantined = col_u64(q, 14)};
        stop = each(ctx, &t);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}
