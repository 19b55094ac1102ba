#include "server/store/turnout.h"

#include "proto/base/err.h"
#include "proto/base/grow.h"
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

/* Who is or was enrolled in a group, by participant. */
struct enrolled {
    int64_t person;
    unsigned status;
    int32_t start, end;
};
struct list {
    struct enrolled *row;
    size_t count, room;
};

static int list_read(struct store *st, uint64_t group, struct list *out)
{
    sqlite3_stmt *q = store_q(st, STMT_TURNOUT_ENROLLED);
    int rc;
    out->count = 0;
    bind_u64(q, 1, group);
    while ((rc = store_step(st, q)) == 1) {
        struct enrolled *row = sam_grow(out->row, &out->room, out->count + 1, sizeof *row);
        if (!row) {
            rc = SAM_ENOMEM;
            break;
        }
        out->row = row;
        row[out->count++] = (struct enrolled){sqlite3_column_int64(q, 0), (unsigned)sqlite3_column_int(q, 1),
                                              sqlite3_column_int(q, 2), sqlite3_column_int(q, 3)};
    }
    sqlite3_reset(q);
    return rc;
}

/* Both by participant: whoever stands on the list is looked for among the marks on the way. */
static int people_count(struct store *st, const struct list *list, struct store_turnout *t)
{
    sqlite3_stmt *mark = store_q(st, STMT_TURNOUT_MARKED);
    const struct enrolled *on = list->row, *end = list->row + list->count;
    bind_u64(mark, 1, t->session);
    int marked = store_step(st, mark);
    while (on < end || marked == 1) {
        int64_t person = on < end ? on->person : INT64_MAX;
        int64_t who = marked == 1 ? sqlite3_column_int64(mark, 0) : INT64_MAX;
        bool expected = on < end && person <= who && sam_completion_enrolled(on->status, on->start, on->end, t->day);
        int64_t presence = who <= person ? sqlite3_column_int64(mark, 1) : UNKNOWN;
        t->enrolled += expected;
        t->unknown += expected && presence == UNKNOWN;
        mark_add(t, presence);
        on += person <= who;
        marked = who <= person ? store_step(st, mark) : marked;
    }
    sqlite3_reset(mark);
    return marked;
}

int store_turnout_count(struct store *st, uint64_t session, struct store_turnout *out)
{
    struct list list = {0};
    int err = session_read(st, session, out);
    err = err ? err : list_read(st, out->group, &list);
    err = err ? err : people_count(st, &list, out);
    free(list.row);
    return err;
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

static int keep(struct store *st, const struct list *list, struct store_turnout *t)
{
    int err = people_count(st, list, t);
    return err ? err : store_turnout_put(st, t);
}

int store_turnout_renew(struct store *st, uint64_t group)
{
    struct list list = {0};
    struct store_turnout t;
    sqlite3_stmt *q = store_q(st, STMT_TURNOUT_OF_GROUP);
    int err = list_read(st, group, &list), rc = 0;
    bind_u64(q, 1, group);
    while (!err && (rc = store_step(st, q)) == 1) {
        uint64_t session = col_u64(q, 0);
        err = session_read(st, session, &t);
        err = err == SAM_ENOTFOUND ? store_turnout_drop(st, session) : err ? err : keep(st, &list, &t);
    }
    sqlite3_reset(q);
    free(list.row);
    return err ? err : rc;
}

static int by_group(const void *a, const void *b)
{
    uint64_t x = ((const struct store_turnout *)a)->group, y = ((const struct store_turnout *)b)->group;
    return (x > y) - (x < y);
}

static int keep_all(struct store *st, struct store_turnout *t, unsigned count)
{
    struct list list = {0};
    int err = 0;
    qsort(t, count, sizeof *t, by_group);
    for (unsigned i = 0; !err && i < count; i++) {
        if (i == 0 || t[i].group != t[i - 1].group)
            err = list_read(st, t[i].group, &list);
        if (!err)
            err = keep(st, &list, &t[i]);
    }
    free(list.row);
    return err;
}

int store_turnouts_renew(struct store *st, const uint64_t *session, unsigned count)
{
    struct store_turnout *t = malloc((count + 1) * sizeof *t);
    unsigned here = 0;
    int err = t ? 0 : SAM_ENOMEM;
    for (unsigned i = 0; !err && i < count; i++) {
        err = session_read(st, session[i], &t[here]);
        here += !err;
        if (err == SAM_ENOTFOUND)
            err = store_turnout_drop(st, session[i]);
    }
    if (!err)
        err = keep_all(st, t, here);
    free(t);
    return err;
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
