#include "server/store/turnout.h"

#include "proto/base/err.h"
#include "proto/model/completion.h"
#include "server/store/store_int.h"

enum { UNKNOWN, PRESENT, NOTIFIED, NO_SHOW, NOT_EXPECTED };

static int session_read(struct store *st, uint64_t session, struct store_turnout *out)
{
    sqlite3_stmt *q = store_q(st, STMT_TURNOUT_SESSION);
    bind_u64(q, 1, session);
    int rc = store_step(st, q);
    *out = (struct store_turnout){.session = session};
    if (rc == 1) {
        out->group = col_u64(q, 0);
        out->day = sqlite3_column_int(q, 1);
        out->end_min = sqlite3_column_int(q, 2);
        out->status = (uint32_t)sqlite3_column_int(q, 3);
        out->headcount = sqlite3_column_int(q, 4);
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

static void mark_add(struct store_turnout *t, int64_t presence)
{
    t->present += presence == PRESENT;
    t->notified += presence == NOTIFIED;
    t->no_show += presence == NO_SHOW;
    t->not_expected += presence == NOT_EXPECTED;
}

static bool enrolled(sqlite3_stmt *q, int32_t day)
{
    return sam_completion_enrolled((unsigned)sqlite3_column_int(q, 1), sqlite3_column_int(q, 2),
                                   sqlite3_column_int(q, 3), day);
}

/* Both by participant: whoever stands on the list is looked for among the marks on the way. */
static int people_count(struct store *st, struct store_turnout *t)
{
    sqlite3_stmt *list = store_q(st, STMT_TURNOUT_ENROLLED), *mark = store_q(st, STMT_TURNOUT_MARKED);
    bind_u64(list, 1, t->group);
    bind_u64(mark, 1, t->session);
    int on = store_step(st, list), marked = store_step(st, mark);
    while (on == 1 || marked == 1) {
        int64_t person = on == 1 ? sqlite3_column_int64(list, 0) : INT64_MAX;
        int64_t who = marked == 1 ? sqlite3_column_int64(mark, 0) : INT64_MAX;
        bool expected = person <= who && enrolled(list, t->day);
        int64_t presence = who <= person ? sqlite3_column_int64(mark, 1) : UNKNOWN;
        t->enrolled += expected;
        t->unknown += expected && presence == UNKNOWN;
        mark_add(t, presence);
        on = person <= who ? store_step(st, list) : on;
        marked = who <= person ? store_step(st, mark) : marked;
    }
    sqlite3_reset(list);
    sqlite3_reset(mark);
    return on < 0 ? on : marked;
}

int store_turnout_count(struct store *st, uint64_t session, struct store_turnout *out)
{
    int err = session_read(st, session, out);
    return err ? err : people_count(st, out);
}

int store_turnout_get(struct store *st, uint64_t session, struct store_turnout *out)
{
    sqlite3_stmt *q = store_q(st, STMT_TURNOUT_GET);
    bind_u64(q, 1, session);
    int rc = store_step(st, q);
    *out = (struct store_turnout){.session = session};
    if (rc == 1)
        *out = (struct store_turnout){.session = session,
                                      .group = col_u64(q, 0),
                                      .day = sqlite3_column_int(q, 1),
                                      .end_min = sqlite3_column_int(q, 2),
                                      .status = (uint32_t)sqlite3_column_int(q, 3),
                                      .headcount = sqlite3_column_int(q, 4),
                                      .enrolled = (uint32_t)sqlite3_column_int(q, 5),
                                      .unknown = (uint32_t)sqlite3_column_int(q, 6),
                                      .present = (uint32_t)sqlite3_column_int(q, 7),
                                      .notified = (uint32_t)sqlite3_column_int(q, 8),
                                      .no_show = (uint32_t)sqlite3_column_int(q, 9),
                                      .not_expected = (uint32_t)sqlite3_column_int(q, 10)};
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

static int put(struct store *st, enum store_stmt name, const struct store_turnout *t)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_u64(q, 1, t->session);
    bind_u64(q, 2, t->group);
    sqlite3_bind_int(q, 3, t->day);
    sqlite3_bind_int(q, 4, t->end_min);
    sqlite3_bind_int(q, 5, (int)t->status);
    if (t->headcount >= 0)
        sqlite3_bind_int(q, 6, t->headcount);
    else
        sqlite3_bind_null(q, 6);
    sqlite3_bind_int(q, 7, (int)t->enrolled);
    sqlite3_bind_int(q, 8, (int)t->unknown);
    sqlite3_bind_int(q, 9, (int)t->present);
    sqlite3_bind_int(q, 10, (int)t->notified);
    sqlite3_bind_int(q, 11, (int)t->no_show);
    sqlite3_bind_int(q, 12, (int)t->not_expected);
    return store_run(st, q);
}

/* Nearly always its group and day are what they were: then the index is not touched. */
int store_turnout_put(struct store *st, const struct store_turnout *t)
{
    int err = put(st, STMT_TURNOUT_SET, t);
    return err || sqlite3_changes(st->db) ? err : put(st, STMT_TURNOUT_ADD, t);
}

int store_turnout_drop(struct store *st, uint64_t session)
{
    sqlite3_stmt *q = store_q(st, STMT_TURNOUT_DROP);
    bind_u64(q, 1, session);
    return store_run(st, q);
}

int store_turnout_each(struct store *st, uint64_t group, int (*each)(void *ctx, uint64_t session), void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_TURNOUT_OF_GROUP);
    int rc = 0, stop = 0;
    bind_u64(q, 1, group);
    while (!stop && (rc = store_step(st, q)) == 1)
        stop = each(ctx, col_u64(q, 0));
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_turnout_rows(struct store *st, uint64_t *count)
{
    return store_numbers(st, store_q(st, STMT_TURNOUT_ROWS), count, NULL, NULL);
}

bool store_turnout_same(const struct store_turnout *a, const struct store_turnout *b)
{
    return a->session == b->session && a->group == b->group && a->day == b->day && a->end_min == b->end_min &&
           a->status == b->status && a->headcount == b->headcount && a->enrolled == b->enrolled &&
           a->unknown == b->unknown && a->present == b->present && a->notified == b->notified &&
           a->no_show == b->no_show && a->not_expected == b->not_expected;
}
