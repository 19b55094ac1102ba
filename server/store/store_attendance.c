#include "server/store/attendance.h"

#include "proto/base/err.h"
#include "server/store/store_int.h"

enum { CANCELLED = 2, MINUTES_A_DAY = 1440 };

static const char *text(sqlite3_stmt *q, int i)
{
    return (const char *)sqlite3_column_text(q, i);
}

static void line_read(sqlite3_stmt *q, struct store_group_line *g)
{
    *g = (struct store_group_line){.group = col_u64(q, 0),
                                   .name = text(q, 1),
                                   .org = col_u64(q, 2),
                                   .clinic = text(q, 3),
                                   .kind = sqlite3_column_int(q, 4),
                                   .weekday = sqlite3_column_int(q, 5),
                                   .start_min = sqlite3_column_int(q, 6),
                                   .end_min = sqlite3_column_int(q, 7),
                                   .active = sqlite3_column_int(q, 8) != 0};
}

int store_group_lines(struct store *st, const struct store_group_filter *f,
                      int (*each)(void *ctx, const struct store_group_line *g), void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_GROUP_LINES);
    int rc = 0, stop = 0;
    bind_u64(q, 1, f->clinic);
    sqlite3_bind_int(q, 2, f->kind);
    bind_u64(q, 3, f->leader);
    sqlite3_bind_int(q, 4, f->evening ? STORE_EVENING_MIN : -1);
    sqlite3_bind_int(q, 5, f->first_day);
    sqlite3_bind_int(q, 6, f->last_day);
    bind_u64(q, 7, f->after);
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_group_line g;
        line_read(q, &g);
        stop = each(ctx, &g);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_group_line(struct store *st, uint64_t group, struct store_group_names *names, struct store_group_line *out)
{
    sqlite3_stmt *q = store_q(st, STMT_GROUP_LINE);
    bind_u64(q, 1, group);
    int rc = store_step(st, q);
    if (rc == 1) {
        line_read(q, out);
        col_text(q, 1, names->name, sizeof names->name);
        col_text(q, 3, names->clinic, sizeof names->clinic);
        out->name = names->name;
        out->clinic = names->clinic;
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_group_clinics(struct store *st, int (*each)(void *ctx, const struct store_clinic_name *clinic), void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_GROUP_CLINICS);
    int rc = 0, stop = 0;
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_clinic_name clinic = {.org = col_u64(q, 0), .name = text(q, 1)};
        stop = each(ctx, &clinic);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_turnout_sum(struct store *st, uint64_t group, int32_t first_day, int32_t last_day, int64_t now_min,
                      struct store_turnout_sum *out)
{
    sqlite3_stmt *q = store_q(st, STMT_TURNOUT_SUM);
    bind_u64(q, 1, group);
    sqlite3_bind_int(q, 2, first_day);
    sqlite3_bind_int(q, 3, last_day);
    sqlite3_bind_int64(q, 4, now_min - STORE_RECORDED_WITHIN_MIN);
    int rc = store_step(st, q);
    *out = (struct store_turnout_sum){0};
    if (rc == 1)
        *out = (struct store_turnout_sum){.sessions = col_u64(q, 0),
                                          .cancelled = col_u64(q, 1),
                                          .present = col_u64(q, 2),
                                          .notified = col_u64(q, 3),
                                          .no_show = col_u64(q, 4),
                                          .unrecorded = col_u64(q, 5)};
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

bool store_turnout_unrecorded(const struct store_turnout *t, int64_t now_min)
{
    int64_t end_min = (int64_t)t->day * MINUTES_A_DAY + t->end_min;
    return t->status != CANCELLED && t->unknown > 0 && end_min < now_min - STORE_RECORDED_WITHIN_MIN;
}

int store_group_leaders(struct store *st, uint64_t group, int (*each)(void *ctx, const struct store_group_leader *l),
                        void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_GROUP_LEADERS);
    int rc = 0, stop = 0;
    bind_u64(q, 1, group);
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_group_leader l = {.user = col_u64(q, 0), .name = text(q, 1)};
        stop = each(ctx, &l);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

/* ---- one group */

static sqlite3_stmt *sheet(struct store *st, enum store_stmt name, uint64_t group, int32_t first_day, int32_t last_day)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, group);
    sqlite3_bind_int(q, 2, first_day);
    sqlite3_bind_int(q, 3, last_day);
    return q;
}

int store_sheet_sessions(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                         int (*each)(void *ctx, const struct store_sheet_session *s), void *ctx)
{
    sqlite3_stmt *q = sheet(st, STMT_SHEET_SESSIONS, group, first_day, last_day);
    int rc = 0, stop = 0;
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_sheet_session s = {.start_min = sqlite3_column_int(q, 1),
                                        .end_min = sqlite3_column_int(q, 2),
                                        .reason = (uint32_t)sqlite3_column_int(q, 3),
                                        .planned = sqlite3_column_int(q, 4) != 0,
                                        .by_video = sqlite3_column_int(q, 5) != 0,
                                        .open_case = col_u64(q, 6)};
        stop = store_turnout_get(st, col_u64(q, 0), &s.turnout);
        if (!stop)
            stop = each(ctx, &s);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_sheet_people(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                       int (*each)(void *ctx, const struct store_sheet_person *p), void *ctx)
{
    sqlite3_stmt *q = sheet(st, STMT_SHEET_PEOPLE, group, first_day, last_day);
    int rc = 0, stop = 0;
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_sheet_person p = {.participant = col_u64(q, 0),
                                       .name = text(q, 1),
                                       .walk_in = sqlite3_column_int(q, 2) != 0,
                                       .enrolled = sqlite3_column_int(q, 3) != 0,
                                       .status = (uint32_t)sqlite3_column_int(q, 4),
                                       .planned = (uint32_t)sqlite3_column_int(q, 5),
                                       .start = sqlite3_column_int(q, 6),
                                       .end = sqlite3_column_int(q, 7)};
        stop = each(ctx, &p);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_sheet_marks(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                      int (*each)(void *ctx, const struct store_sheet_mark *m), void *ctx)
{
    sqlite3_stmt *q = sheet(st, STMT_SHEET_MARKS, group, first_day, last_day);
    int rc = 0, stop = 0;
    while (!stop && (rc = store_step(st, q)) == 1) {
        struct store_sheet_mark m = {.session = col_u64(q, 0),
                                     .participant = col_u64(q, 1),
                                     .presence = (uint32_t)sqlite3_column_int(q, 2),
                                     .evidence = (uint32_t)sqlite3_column_int(q, 3),
                                     .reason = sqlite3_column_int(q, 4),
                                     .minutes = sqlite3_column_int(q, 5),
                                     .late = sqlite3_column_int(q, 6) != 0,
                                     .left_early = sqlite3_column_int(q, 7) != 0,
                                     .by_video = sqlite3_column_int(q, 8) != 0,
                                     .open_case = col_u64(q, 9)};
        stop = each(ctx, &m);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}
