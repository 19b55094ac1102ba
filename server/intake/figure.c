#include "server/intake/figure.h"

#include "proto/base/err.h"
#include "server/intake/intake_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLANNED, HELD, CANCELLED, DAY_MIN = 1440, MINUTE_S = 60 };

/* ---- counting */

static unsigned known_in(const struct store_turnout *t)
{
    return t->present + t->notified + t->no_show;
}

static bool held(const struct store_turnout *t)
{
    return t->status == HELD || (t->status == PLANNED && (t->present || t->no_show));
}

static bool counts(const struct store_turnout *t, int64_t now_min)
{
    return t->status != PLANNED || known_in(t) || (int64_t)t->day * DAY_MIN + t->end_min <= now_min;
}

static void sums_add(struct store_figure_sums *s, const struct store_turnout *t)
{
    if (t->status == CANCELLED) {
        s->cancelled++;
        return;
    }
    if (!held(t)) {
        s->unsaid++;
        return;
    }
    s->held++;
    s->recorded += t->unknown == 0;
    s->known += known_in(t);
    s->expected += known_in(t) + t->unknown;
    s->present += t->present;
    s->no_show += t->no_show;
}

struct counting {
    struct figure_count *out;
    int64_t now_min;
};

static int count_each(void *ctx, const struct store_turnout *t)
{
    struct counting *c = ctx;
    if (!counts(t, c->now_min))
        return 0;
    if (c->out->count == FIGURE_SESSIONS_MAX)
        return SAM_ETOOBIG;
    c->out->session[c->out->count++] = *t;
    sums_add(&c->out->sums, t);
    return 0;
}

int figure_count(struct store *st, const struct store_figure *of, int64_t now_s, struct figure_count *out)
{
    struct counting c = {out, now_s / MINUTE_S};
    out->count = 0;
    out->sums = (struct store_figure_sums){0};
    if (of->last_day < of->first_day || of->last_day - of->first_day >= FIGURE_DAYS_MAX)
        return SAM_ERANGE;
    return store_figure_now(st, of->org, of->group, of->first_day, of->last_day, count_each, &c);
}

int figure_kept(struct store *st, uint64_t no, struct figure_count *out)
{
    struct counting c = {out, INT64_MAX}; /* what was frozen counted then */
    out->count = 0;
    out->sums = (struct store_figure_sums){0};
    return store_figure_session_each(st, no, count_each, &c);
}

/* ---- keeping */

static int sessions_put(struct store *st, uint64_t no, const struct figure_count *c)
{
    int err = 0;
    for (unsigned i = 0; !err && i < c->count; i++)
        err = store_figure_session_put(st, no, &c->session[i]);
    return err;
}

static int keep(struct intake *in, struct store_figure *f, const struct figure_count *c)
{
    struct store_figure last;
    int err = store_figure_before(in->st, STORE_NOW, &last);
    if (err && err != SAM_ENOTFOUND)
        return err;
    f->no = last.no + 1;
    f->made_s = intake_now_s(in);
    f->epoch = in->epoch.id;
    f->csn = store_csn(in->st);
    f->sums = c->sums;
    err = store_figure_put(in->st, f);
    if (!err)
        err = sessions_put(in->st, f->no, c);
    return err ? err : figure_journal(in, f, c);
}

int figure_freeze(struct intake *in, const char *actor, struct store_figure *f)
{
    struct figure_count *c = malloc(sizeof *c);
    int err = c ? turnouts_flush(in) : SAM_ENOMEM; /* others may have spoken in this very transaction */
    snprintf(f->made_by, sizeof f->made_by, "%s", actor);
    if (!err)
        err = figure_count(in->st, f, intake_now_s(in), c);
    if (!err)
        err = keep(in, f, c);
    free(c);
    return err;
}

int figure_withdraw(struct intake *in, const char *actor, uint64_t no, const char *why)
{
    struct store_figure f;
    int err = store_figure_get(in->st, no, &f);
    if (!err && f.withdrawn_s)
        err = SAM_ESTATE;
    if (err)
        return err;
    f.withdrawn_s = intake_now_s(in);
    snprintf(f.withdrawn_by, sizeof f.withdrawn_by, "%s", actor);
    snprintf(f.withdrawn_why, sizeof f.withdrawn_why, "%s", why);
    err = store_figure_put(in->st, &f);
    return err ? err : figure_journal(in, &f, NULL);
}
