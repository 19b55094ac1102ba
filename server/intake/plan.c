/* Planned sessions, written 8 weeks ahead from each group's weekly plan, and the window's edge: sessions before it, and
 * what hangs on them, leave the scopes on both sides. Both are decided by the centre's date, and logged as values. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

enum { EXPIRE_MAX = 10000 }; /* sessions in one transaction, to the end of a day */

static int64_t day_of(int64_t now_s)
{
    return now_s >= 0 ? now_s / 86400 : -((86399 - now_s) / 86400);
}
/* 1970-01-01 was a Thursday; 1 Monday … 7 Sunday. */
static int weekday_of(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7) + 1;
}

static int session_write(struct intake *in, const struct sam_row *group, int32_t day)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    enum sam_reason reason;
    sam_row_init(&op.row, SAM_SESSION);
    int err = intake_mint(in, &op.row.key.part[0]);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)group->key.part[0]);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    sam_row_set(&op.row, SAM_SESSION_status, 0);
    if (sam_row_has(group, SAM_GROUP_start_min))
        sam_row_set(&op.row, SAM_SESSION_start_min, sam_row_num(group, SAM_GROUP_start_min));
    if (sam_row_has(group, SAM_GROUP_end_min))
        sam_row_set(&op.row, SAM_SESSION_end_min, sam_row_num(group, SAM_GROUP_end_min));
    /* the version of today: a later one changes no session that stands */
    if (sam_row_num(group, SAM_GROUP_intervention))
        sam_row_set(&op.row, SAM_SESSION_intervention, sam_row_num(group, SAM_GROUP_intervention));
    return err ? err : intake_author(in, &op, &reason);
}

static int group_plan(struct intake *in, const struct sam_row *group, int64_t today, unsigned *written)
{
    int64_t weekday = sam_row_num(group, SAM_GROUP_weekday);
    bool active = !sam_row_has(group, SAM_GROUP_active) || sam_row_num(group, SAM_GROUP_active);
    if (!active || weekday < 1)
        return 0;
    for (int64_t day = today; day <= today + SAM_WINDOW_AHEAD_DAYS; day++) {
        uint64_t session;
        if (weekday_of(day) != weekday)
            continue;
        if (sam_row_has(group, SAM_GROUP_first_day) && day < sam_row_num(group, SAM_GROUP_first_day))
            continue;
        if (sam_row_has(group, SAM_GROUP_last_day) && day > sam_row_num(group, SAM_GROUP_last_day))
            continue;
        int err = store_session_on(in->st, group->key.part[0], (int32_t)day, &session);
        if (err == SAM_ENOTFOUND) {
            err = session_write(in, group, (int32_t)day);
            *written += err == 0;
        }
        if (err)
            return err;
    }
    return 0;
}

/* Take what lies before ${edge} out of its scopes; where that is too much, ${edge} becomes what was reached. */
static int sessions_expire(struct intake *in, int32_t *edge)
{
    int32_t day = INT32_MIN, last;
    int err;
    for (int i = 0;; i++) {
        uint64_t session, scope, rows, sum;
        last = day;
        err = store_session_before(in->st, *edge, &session, &scope, &day);
        if (err)
            break;
        if (i >= EXPIRE_MAX && day != last) { /* a store full of old sessions: the rest another time */
            *edge = day;
            break;
        }
        err = store_session_expire(in->st, session, &rows, &sum);
        if (!err)
            err = scope_lose(in, scope, rows, sum);
        session_forget(in, session);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int window_set(struct intake *in, int32_t day)
{
    int err = sessions_expire(in, &day);
    if (!err && !in->rebuilding)
        err = store_window_add(in->st, day);
    if (err)
        return err;
    in->window_day = day;
    return store_meta_num_set(in->st, "window_day", day);
}

static int window_move(struct intake *in, int64_t today)
{
    int64_t edge = today - SAM_WINDOW_BACK_DAYS;
    /* it only moves forward: a clock set back brings nothing back */
    return edge > in->window_day ? window_set(in, (int32_t)edge) : 0;
}

int intake_plan(struct intake *in, unsigned *written)
{
    int64_t today = day_of(intake_now_s(in));
    struct sam_key key = {.entity = SAM_GROUP};
    *written = 0;
    int err = window_move(in, today);
    while (!err && (err = store_key_each(in->st, SAM_GROUP, &key, &key)) == 0) {
        struct store_row row;
        err = store_row_get(in->st, &key, &row);
        if (!err)
            err = group_plan(in, &row.row, today, written);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}
