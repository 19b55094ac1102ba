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
                                      .waiting = col_u64(q, 4),
                                      .cases = col_u64(q, 5),
                                      .quarantined = col_u64(q, 6)};
        stop = each(ctx, &clinic);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_clinic_devices(struct store *st, uint64_t org, int (*each)(void *ctx, const struct store_clinic_device *d),
                         void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_CLINIC_DEVICES);
    int rc, stop = 0;
    sqlite3_bind_int64(q, 1, (sqlite3_int64)org);
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_clinic_device d = {.device_no = col_u64(q, 0),
                                        .label = (const char *)sqlite3_column_text(q, 1),
                                        .state = (uint32_t)sqlite3_column_int(q, 2),
                                        .last_seen_s = sqlite3_column_int64(q, 3),
                                        .waiting = col_u64(q, 4)};
        stop = each(ctx, &d);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_clinic_groups(struct store *st, uint64_t org, int32_t day,
                        int (*each)(void *ctx, const struct store_clinic_group *g), void *ctx)
{
    enum { WEEK = 7, THURSDAY = 3 }; /* day 0 was one; Monday is 1 in groups.weekday */
    sqlite3_stmt *q = store_q(st, STMT_CLINIC_GROUPS);
    int rc, stop = 0;
    sqlite3_bind_int64(q, 1, (sqlite3_int64)org);
    sqlite3_bind_int(q, 2, day);
    sqlite3_bind_int(q, 3, ((day + THURSDAY) % WEEK + WEEK) % WEEK + 1);
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_clinic_group g = {.group = col_u64(q, 0),
                                       .name = (const char *)sqlite3_column_text(q, 1),
                                       .start_min = sqlite3_column_int(q, 2),
                                       .end_min = sqlite3_column_int(q, 3),
                                       .status = sqlite3_column_int(q, 4),
                                       .marked = col_u64(q, 5),
                                       .persons = col_u64(q, 6)};
        stop = each(ctx, &g);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_cases_open(struct store *st, uint64_t *cases, uint64_t *quarantined)
{
    return store_numbers(st, store_q(st, STMT_CASES_OPEN), cases, quarantined, NULL);
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
