/* What a group is from now on: its name, its plan, its intervention. What was is left alone: sessions that took place, that were cancelled by
 * somebody, or in which anything is recorded.
 *
 *   sessions ahead   from tomorrow on, of the plan that was, with nothing recorded
 *     of a day that the new plan has not   cancelled, without a reason code: by that they are known
 *     with the times of the plan before    get the new ones
 *     cancelled so, of a day that it has   stand again: a plan that is changed back undoes itself
 *   days that the new plan has             get their sessions, as every night */
#include "proto/base/err.h"
#include "proto/model/op.h"
#include "server/admin/author.h"
#include "server/admin/catalogue.h"
#include "server/admin/session.h"

#include <string.h>

enum { WEEK = 7, THURSDAY = 3 };

/* When a group meets. */
struct plan {
    int64_t weekday, start, end; /* weekday 0: on no day of the week */
    bool has_first, has_last, active;
    int32_t first, last;
};

struct change {
    struct verb_context *v;
    uint64_t group, seen;
    struct sam_op op;
    struct plan was, now;
    bool preview, moves;
    bool follows; /* --intervention was said; 0: none any more */
    uint64_t intervention;
    unsigned followed, cancelled, restored, timed, added;
    char name[SAM_NAME_BYTES_MAX + 1], code[SAM_NAME_BYTES_MAX + 1];
};

/* ---- what is said */

static int when_read(struct change *c, const char *option, bool *has, int32_t *day)
{
    struct args *a = &c->v->args;
    const char *word = args_get(a, option);
    if (!word)
        return VERB_OK;
    c->moves = true;
    *has = strcmp(word, "none") != 0;
    return *has && args_date(a, option, day) ? verb_usage(c->v) : VERB_OK;
}

static int plan_read(struct change *c)
{
    struct args *a = &c->v->args;
    uint64_t weekday = (uint64_t)c->was.weekday, start = (uint64_t)c->was.start, end = (uint64_t)c->was.end,
             active = c->was.active;
    if (args_uint(a, "weekday", 0, WEEK, &weekday) || args_clock(a, "start", &start) || args_clock(a, "end", &end) ||
        args_uint(a, "active", 0, 1, &active))
        return verb_usage(c->v);
    c->moves = args_has(a, "weekday") || args_has(a, "start") || args_has(a, "end");
    c->now = c->was;
    c->now.weekday = (int64_t)weekday;
    c->now.start = (int64_t)start;
    c->now.end = (int64_t)end;
    c->now.active = active != 0;
    int err = when_read(c, "first", &c->now.has_first, &c->now.first);
    err = err ? err : when_read(c, "last", &c->now.has_last, &c->now.last);
    if (err)
        return err;
    if (c->moves && end <= start)
        return verb_refuse(c->v, SAM_TEXT_ADM_END_EARLY);
    if (c->now.has_first && c->now.has_last && c->now.last < c->now.first)
        return verb_refuse(c->v, SAM_TEXT_ADM_LAST_EARLY);
    return VERB_OK;
}

static void plan_set(struct change *c)
{
    struct sam_row *row = &c->op.row;
    if (c->now.active != c->was.active)
        sam_row_set(row, SAM_GROUP_active, c->now.active);
    if (!c->moves)
        return;
    sam_row_set(row, SAM_GROUP_weekday, c->now.weekday);
    sam_row_set(row, SAM_GROUP_start_min, c->now.start);
    sam_row_set(row, SAM_GROUP_end_min, c->now.end);
    if (c->now.has_first)
        sam_row_set(row, SAM_GROUP_first_day, c->now.first);
    if (c->now.has_last)
        sam_row_set(row, SAM_GROUP_last_day, c->now.last);
}

/* Name and code are one unit: who says one says both. */
static void called_set(struct change *c)
{
    const char *name = args_get(&c->v->args, "name"), *code = args_get(&c->v->args, "code");
    if (!name && !code)
        return;
    author_text(&c->op, SAM_GROUP_name, name ? name : c->name);
    author_text(&c->op, SAM_GROUP_code, code ? code : c->code);
}

static int words_read(struct change *c)
{
    struct verb_context *v = c->v;
    const char *kind = args_get(&v->args, "kind"), *word = args_get(&v->args, "intervention");
    uint64_t number = 0;
    if (kind && word_find(words_group_kind, SAM_TEXT_SET_KIND, kind, &number))
        return verb_refuse(v, SAM_TEXT_ADM_GROUP_KIND);
    if (kind)
        sam_row_set(&c->op.row, SAM_GROUP_kind, (int64_t)number);
    if (args_uint(&v->args, "capacity", 1, 40, &number))
        return verb_usage(v);
    if (args_has(&v->args, "capacity"))
        sam_row_set(&c->op.row, SAM_GROUP_capacity, (int64_t)number);
    c->follows = word != NULL;
    int err = word && strcmp(word, "none") != 0 ? catalogue_find(v, word, &c->intervention) : VERB_OK;
    if (!err && word)
        sam_row_set(&c->op.row, SAM_GROUP_intervention, (int64_t)c->intervention);
    return err;
}

static int seen_check(struct change *c, uint64_t csn)
{
    c->seen = csn;
    if (args_uint(&c->v->args, "seen", 1, INT64_MAX, &c->seen))
        return verb_usage(c->v);
    return csn > c->seen ? verb_refuse(c->v, SAM_TEXT_GROUP_NEWS) : VERB_OK;
}

static int change_read(struct change *c)
{
    struct verb_context *v = c->v;
    struct store_row row;
    int err = author_group(v, v->args.pos[0], &c->group);
    err = err ? err : author_row(v, SAM_GROUP, c->group, &row);
    err = err ? err : seen_check(c, row.csn);
    if (err)
        return err;
    const struct sam_row *r = &row.row;
    c->was = (struct plan){.weekday = sam_row_num(r, SAM_GROUP_weekday),
                           .start = sam_row_num(r, SAM_GROUP_start_min),
                           .end = sam_row_num(r, SAM_GROUP_end_min),
                           .has_first = sam_row_has(r, SAM_GROUP_first_day),
                           .first = (int32_t)sam_row_num(r, SAM_GROUP_first_day),
                           .has_last = sam_row_has(r, SAM_GROUP_last_day),
                           .last = (int32_t)sam_row_num(r, SAM_GROUP_last_day),
                           .active = !sam_row_has(r, SAM_GROUP_active) || sam_row_num(r, SAM_GROUP_active)};
    author_name(v, SAM_GROUP, c->group, SAM_GROUP_name, c->name, sizeof c->name);
    author_name(v, SAM_GROUP, c->group, SAM_GROUP_code, c->code, sizeof c->code);
    author_set(v, &c->op, &(struct sam_key){.entity = SAM_GROUP, .part = {c->group}});
    err = plan_read(c);
    err = err ? err : words_read(c);
    if (err)
        return err;
    plan_set(c);
    called_set(c);
    return sam_op_units(&c->op) ? VERB_OK : verb_usage(v);
}

/* ---- sessions ahead */

static bool plan_has(const struct plan *p, int32_t day)
{
    int weekday = ((day + THURSDAY) % WEEK + WEEK) % WEEK + 1; /* 1970-01-01 was a Thursday; 1 Monday … 7 Sunday */
    return p->active && p->weekday == weekday && !(p->has_first && day < p->first) && !(p->has_last && day > p->last);
}

static int session_say(struct change *c, const struct sam_op *op, unsigned *count)
{
    ++*count;
    return c->preview ? VERB_OK : author_apply(c->v, op);
}

static void times_set(const struct change *c, struct sam_op *op)
{
    sam_row_set(&op->row, SAM_SESSION_start_min, c->now.start);
    sam_row_set(&op->row, SAM_SESSION_end_min, c->now.end);
}

/* One of tomorrow or later. ${has_reason}: somebody said why it is cancelled. */
static int session_change(struct change *c, const struct session *s, bool has_reason, int64_t end_min)
{
    struct sam_op op;
    bool idle = s->planned && !s->marked && !s->held, fits = plan_has(&c->now, s->day);
    bool leaves = !c->now.active || (plan_has(&c->was, s->day) && !fits);
    author_set(c->v, &op, &(struct sam_key){.entity = SAM_SESSION, .part = {s->id}});
    if (!idle)
        return VERB_OK;
    if (s->status == SESSION_PLANNED && leaves) {
        sam_row_set(&op.row, SAM_SESSION_status, SESSION_CANCELLED);
        return session_say(c, &op, &c->cancelled);
    }
    bool stands = s->status == SESSION_PLANNED && fits;
    bool plain = s->start_min == c->was.start && end_min == c->was.end,
         timed = c->now.start != c->was.start || c->now.end != c->was.end;
    if (s->status == SESSION_CANCELLED && !has_reason && fits &&
        !plan_has(&c->was, s->day)) { /* the plan had cancelled it */
        sam_row_set(&op.row, SAM_SESSION_status, SESSION_PLANNED);
        times_set(c, &op);
        return session_say(c, &op, &c->restored);
    }
    if (!stands || !plain || !timed)
        return VERB_OK;
    times_set(c, &op);
    return session_say(c, &op, &c->timed);
}

/* Sessions to come that carry no version get the group's; one that carries a version keeps it, whatever the group follows later. */
static int session_follow(struct change *c, const struct sam_row *row)
{
    struct sam_op op;
    if (!c->intervention || sam_row_num(row, SAM_SESSION_intervention) || sam_row_num(row, SAM_SESSION_status))
        return VERB_OK;
    author_set(c->v, &op, &row->key);
    sam_row_set(&op.row, SAM_SESSION_intervention, (int64_t)c->intervention);
    return session_say(c, &op, &c->followed);
}

static int sessions_change(struct change *c)
{
    int32_t today = author_today(c->v), day = today;
    uint64_t id = 0;
    int err;
    while ((err = store_session_next(c->v->st, c->group, &day, &id, INT32_MAX)) == 0) {
        struct store_row row;
        struct session s;
        err = author_row(c->v, SAM_SESSION, id, &row);
        if (err)
            return err;
        bool has_reason = sam_row_has(&row.row, SAM_SESSION_reason);
        int64_t end_min = sam_row_num(&row.row, SAM_SESSION_end_min);
        err = session_follow(c, &row.row);
        err = err ? err : session_get(c->v, id, &s);
        if (!err && day > today)
            err = session_change(c, &s, has_reason, end_min);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? VERB_OK : err;
}

/* Days ahead that have no session yet. */
static int sessions_count(struct change *c)
{
    int32_t today = author_today(c->v);
    for (int32_t day = today; day <= today + SAM_WINDOW_AHEAD_DAYS; day++) {
        uint64_t id;
        int err = plan_has(&c->now, day) ? store_session_on(c->v->st, c->group, day, &id) : 0;
        c->added += err == SAM_ENOTFOUND;
        if (err && err != SAM_ENOTFOUND)
            return err;
    }
    return VERB_OK;
}

/* ---- the change */

static void told(struct change *c)
{
    struct report *r = &c->v->report;
    report_num(r, "id", (int64_t)c->group);
    report_num(r, "preview", c->preview);
    report_num(r, "intervention", (int64_t)c->intervention);
    report_num(r, "sessions", c->followed);
    report_num(r, "cancelled", c->cancelled);
    report_num(r, "restored", c->restored);
    report_num(r, "timed", c->timed);
    report_num(r, "added", c->added);
    report_num(r, "csn", (int64_t)store_csn(c->v->st));
    if (c->follows)
        report_tell(r, c->intervention ? SAM_TEXT_GROUP_FOLLOWS : SAM_TEXT_GROUP_FOLLOWS_NONE,
                    args_get(&c->v->args, "intervention"), (int)c->followed);
    report_tell(r, c->preview ? SAM_TEXT_GROUP_PREVIEW : SAM_TEXT_GROUP_CHANGED, c->name, (int)c->cancelled,
                (int)c->restored, (int)c->timed, (int)c->added);
}

int verb_group_set(struct verb_context *v)
{
    struct change c = {.v = v, .preview = args_has(&v->args, "preview")};
    int err = change_read(&c);
    if (!err && !c.preview)
        err = author_apply(v, &c.op);
    err = err ? err : sessions_change(&c);
    err = err ? err : sessions_count(&c);
    if (!err && !c.preview)
        err = author_plan(v);
    if (!err)
        told(&c);
    return err;
}
