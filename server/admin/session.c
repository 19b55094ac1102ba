#include "server/admin/session.h"

#include "proto/base/err.h"
#include "server/admin/author.h"

#include <stdio.h>
#include <string.h>

static int counts_read(struct verb_context *v, struct session *s)
{
    uint64_t trained = 0;
    int err = store_session_marked(v->st, s->id, &s->marked);
    if (!err)
        err = store_session_present(v->st, s->id, &s->present);
    if (!err)
        err = store_session_trained(v->st, s->id, &trained);
    if (!err)
        err = store_group_people(v->st, s->group, &s->people);
    s->held = s->status == SESSION_HELD || s->present || trained;
    return err;
}

int session_get(struct verb_context *v, uint64_t id, struct session *s)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {id}}, group = {.entity = SAM_GROUP};
    struct store_row row;
    memset(s, 0, sizeof *s);
    int err = store_row_get(v->st, &key, &row);
    if (err || !row.exists || row.dead > 0)
        return err ? err : SAM_ENOTFOUND;
    const struct sam_row *r = &row.row;
    s->id = id;
    s->group = group.part[0] = (uint64_t)sam_row_num(r, SAM_SESSION_group_id);
    s->day = (int32_t)sam_row_num(r, SAM_SESSION_day);
    s->start_min = sam_row_has(r, SAM_SESSION_start_min) ? (int)sam_row_num(r, SAM_SESSION_start_min) : -1;
    s->status = (uint32_t)sam_row_num(r, SAM_SESSION_status);
    s->reason = (uint32_t)sam_row_num(r, SAM_SESSION_reason);
    s->planned = sam_row_num(r, SAM_SESSION_planned) != 0;
    author_name(v, SAM_GROUP, s->group, SAM_GROUP_name, s->group_name, sizeof s->group_name);
    err = store_row_get(v->st, &group, &row);
    if (!err && row.exists)
        s->org = (uint64_t)sam_row_num(&row.row, SAM_GROUP_org);
    return err ? err : counts_read(v, s);
}

struct walk {
    struct verb_context *v;
    const struct session_span *span;
    int (*each)(void *ctx, const struct session *s);
    void *ctx;
};

static int group_walk(void *ctx, const struct store_row *row)
{
    struct walk *w = ctx;
    uint64_t group = row->row.key.part[0], id = INT64_MAX;
    int32_t day = w->span->first_day - 1;
    struct session s;
    int err;
    if ((w->span->group && group != w->span->group) ||
        (w->span->clinic && (uint64_t)sam_row_num(&row->row, SAM_GROUP_org) != w->span->clinic))
        return 0;
    while ((err = store_session_next(w->v->st, group, &day, &id, w->span->last_day)) == 0) {
        err = session_get(w->v, id, &s);
        if (!err)
            err = w->each(w->ctx, &s);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int session_each(struct verb_context *v, const struct session_span *span,
                 int (*each)(void *ctx, const struct session *s), void *ctx)
{
    struct walk w = {v, span, each, ctx};
    return author_each(v, SAM_GROUP, group_walk, &w);
}

int session_restore(struct verb_context *v, const struct session *s)
{
    struct sam_op op;
    author_set(v, &op, &(struct sam_key){.entity = SAM_SESSION, .part = {s->id}});
    sam_row_set(&op.row, SAM_SESSION_status, SESSION_PLANNED);
    return author_apply(v, &op);
}

int session_cancel(struct verb_context *v, const struct session *s, uint32_t reason)
{
    struct sam_op op;
    author_set(v, &op, &(struct sam_key){.entity = SAM_SESSION, .part = {s->id}});
    sam_row_set(&op.row, SAM_SESSION_status, SESSION_CANCELLED);
    sam_row_set(&op.row, SAM_SESSION_reason, reason);
    return author_apply(v, &op);
}

bool session_unrecorded(const struct session *s)
{
    return !s->marked && s->status != SESSION_CANCELLED;
}

void session_time(const struct session *s, char out[8])
{
    if (s->start_min < 0)
        snprintf(out, 8, "-");
    else
        snprintf(out, 8, "%02d:%02d", s->start_min / 60 % 24, s->start_min % 60);
}

const char *session_word(const struct session *s)
{
    static const char *const words[] = {"planned", "held", "cancelled"};
    return s->status < sizeof words / sizeof *words ? words[s->status] : "?";
}
