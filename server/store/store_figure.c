#include "server/store/figure.h"

#include "proto/base/err.h"
#include "server/store/store_int.h"

#include <string.h>

void store_figure_pack(const struct store_figure *f, uint64_t n[STORE_FIGURE_NUMBERS])
{
    const struct store_figure_sums *s = &f->sums;
    const uint64_t all[STORE_FIGURE_NUMBERS] = {f->no,
                                                f->org,
                                                f->group,
                                                (uint64_t)(int64_t)f->first_day,
                                                (uint64_t)(int64_t)f->last_day,
                                                (uint64_t)f->made_s,
                                                (uint64_t)f->withdrawn_s,
                                                f->epoch,
                                                f->csn,
                                                s->held,
                                                s->cancelled,
                                                s->unsaid,
                                                s->recorded,
                                                s->expected,
                                                s->known,
                                                s->present,
                                                s->no_show};
    memcpy(n, all, sizeof all);
}

void store_figure_unpack(const uint64_t n[STORE_FIGURE_NUMBERS], struct store_figure *f)
{
    f->no = n[0];
    f->org = n[1];
    f->group = n[2];
    f->first_day = (int32_t)(int64_t)n[3];
    f->last_day = (int32_t)(int64_t)n[4];
    f->made_s = (int64_t)n[5];
    f->withdrawn_s = (int64_t)n[6];
    f->epoch = n[7];
    f->csn = n[8];
    f->sums = (struct store_figure_sums){n[9], n[10], n[11], n[12], n[13], n[14], n[15], n[16]};
}

int store_figure_put(struct store *st, const struct store_figure *f)
{
    enum { NUMBERS = STORE_FIGURE_NUMBERS };
    uint64_t number[NUMBERS];
    sqlite3_stmt *q = store_q(st, STMT_FIGURE_PUT);
    store_figure_pack(f, number);
    for (int i = 0; i < NUMBERS; i++)
        bind_u64(q, 1 + i, number[i]);
    bind_text(q, NUMBERS + 1, f->title);
    bind_text(q, NUMBERS + 2, f->made_by);
    bind_text(q, NUMBERS + 3, f->withdrawn_by);
    bind_text(q, NUMBERS + 4, f->withdrawn_why);
    return store_run(st, q);
}

static int figure_out(struct store *st, sqlite3_stmt *q, struct store_figure *f)
{
    uint64_t number[STORE_FIGURE_NUMBERS];
    int rc = store_step(st, q);
    *f = (struct store_figure){.no = 0};
    if (rc != 1)
        return rc < 0 ? rc : SAM_ENOTFOUND;
    for (int i = 0; i < STORE_FIGURE_NUMBERS; i++)
        number[i] = col_u64(q, i);
    store_figure_unpack(number, f);
    col_text(q, 17, f->title, sizeof f->title);
    col_text(q, 18, f->made_by, sizeof f->made_by);
    col_text(q, 19, f->withdrawn_by, sizeof f->withdrawn_by);
    col_text(q, 20, f->withdrawn_why, sizeof f->withdrawn_why);
    sqlite3_reset(q);
    return 0;
}

int store_figure_get(struct store *st, uint64_t no, struct store_figure *out)
{
    sqlite3_stmt *q = store_q(st, STMT_FIGURE_GET);
    bind_u64(q, 1, no);
    return figure_out(st, q, out);
}

int store_figure_before(struct store *st, uint64_t no, struct store_figure *out)
{
    sqlite3_stmt *q = store_q(st, STMT_FIGURE_BEFORE);
    bind_u64(q, 1, no);
    return figure_out(st, q, out);
}

int store_figure_session_put(struct store *st, uint64_t no, const struct store_turnout *t)
{
    sqlite3_stmt *q = store_q(st, STMT_FIGURE_SESSION_PUT);
    bind_u64(q, 1, no);
    bind_u64(q, 2, t->session);
    bind_u64(q, 3, t->group);
    sqlite3_bind_int(q, 4, t->day);
    sqlite3_bind_int(q, 5, t->end_min);
    bind_u64(q, 6, t->status);
    sqlite3_bind_int(q, 7, t->headcount);
    bind_u64(q, 8, t->enrolled);
    bind_u64(q, 9, t->unknown);
    bind_u64(q, 10, t->present);
    bind_u64(q, 11, t->notified);
    bind_u64(q, 12, t->no_show);
    bind_u64(q, 13, t->not_expected);
    return store_run(st, q);
}

struct turnouts_walk {
    int (*each)(void *ctx, const struct store_turnout *t);
    void *ctx;
};

static int turnout_row(void *ctx, sqlite3_stmt *q)
{
    const struct turnouts_walk *w = ctx;
    const struct store_turnout t = {.session = col_u64(q, 0),
                                    .group = col_u64(q, 1),
                                    .day = sqlite3_column_int(q, 2),
                                    .end_min = sqlite3_column_int(q, 3),
                                    .status = (uint32_t)sqlite3_column_int(q, 4),
                                    .headcount = sqlite3_column_int(q, 5),
                                    .enrolled = (uint32_t)sqlite3_column_int(q, 6),
                                    .unknown = (uint32_t)sqlite3_column_int(q, 7),
                                    .present = (uint32_t)sqlite3_column_int(q, 8),
                                    .notified = (uint32_t)sqlite3_column_int(q, 9),
                                    .no_show = (uint32_t)sqlite3_column_int(q, 10),
                                    .not_expected = (uint32_t)sqlite3_column_int(q, 11)};
    return w->each(w->ctx, &t);
}

int store_figure_session_each(struct store *st, uint64_t no, int (*each)(void *ctx, const struct store_turnout *t),
                              void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_FIGURE_SESSIONS);
    bind_u64(q, 1, no);
    return store_rows(st, q, turnout_row, &(struct turnouts_walk){each, ctx});
}

int store_figure_now(struct store *st, uint64_t org, uint64_t group, int32_t first_day, int32_t last_day,
                     int (*each)(void *ctx, const struct store_turnout *t), void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_FIGURE_NOW);
    bind_u64(q, 1, org);
    bind_u64(q, 2, group);
    sqlite3_bind_int(q, 3, first_day);
    sqlite3_bind_int(q, 4, last_day);
    return store_rows(st, q, turnout_row, &(struct turnouts_walk){each, ctx});
}
