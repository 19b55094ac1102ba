/* Attendance of one group: its people by its sessions. Read by SQL. Whoever sees only some of the people sees no figure either, since it would
 * tell about the others. */
#include "server/console/page_attendance.h"

#include "proto/base/err.h"
#include "proto/model/completion.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/store/group_list.h"

#include <stdlib.h>
#include <string.h>

enum {
    SESSIONS_MAX = 160, /* of one sheet: three a week for a year */
    PEOPLE_MAX = 400,
    WEEKS_BACK = 12, /* where nobody says from when */
    WEEKS_AHEAD = 2,
    SPAN_DAYS_MAX = 400,
    DAY_MAX = 73049,
    MINUTE_S = 60
};

/* ?from= and ?to=: days since 1970. */
int attendance_span_read(const struct ask *a, struct attendance_span *s)
{
    int64_t from, to;
    s->today = gate_today(a);
    s->now_min = a->now_s / MINUTE_S;
    from = s->today - 7 * WEEKS_BACK;
    int err = ask_query_num(a, "from", 0, DAY_MAX, &from);
    to = from > s->today ? from + 7 * WEEKS_BACK : s->today + 7 * WEEKS_AHEAD;
    if (!err)
        err = ask_query_num(a, "to", 0, DAY_MAX, &to);
    s->first = (int32_t)from;
    s->last = (int32_t)to;
    return err ? err : to < from || to - from > SPAN_DAYS_MAX ? SAM_EUSAGE : 0;
}

void attendance_span_add(struct sam_json *j, const struct ask *a, const struct attendance_span *s)
{
    sam_json_int(j, "now_s", a->now_s);
    sam_json_int(j, "today", s->today);
    sam_json_int(j, "from", s->first);
    sam_json_int(j, "to", s->last);
}

static int leader_name(void *ctx, const struct store_staff *leader)
{
    sam_json_text(ctx, NULL, leader->name);
    return 0;
}

int attendance_group_add(struct sam_json *j, struct store *st, const struct store_group_line *g)
{
    sam_json_id(j, "id", g->group);
    sam_json_text(j, "name", g->name);
    sam_json_id_or_null(j, "clinic_id", g->org);
    sam_json_text(j, "clinic", g->clinic);
    sam_json_int(j, "kind", g->kind);
    sam_json_int(j, "weekday", g->weekday);
    sam_json_int_or_null(j, "start_min", g->start_min);
    sam_json_int_or_null(j, "end_min", g->end_min);
    sam_json_bool(j, "active", g->active);
    sam_json_list(j, "leaders");
    int err = store_group_led_by(st, g->group, leader_name, j);
    sam_json_end(j);
    return err;
}

/* ---- one group */

enum { LATE = 1, LEFT_EARLY = 2, BY_VIDEO = 4, DISPUTED = 8 }; /* bits of a cell */

struct cell {
    bool there;
    uint8_t presence, evidence, flags;
    int16_t reason, minutes;
    uint64_t open_case;
};

struct row {
    struct store_sheet_person p;
    char name[SAM_NAME_BYTES_MAX + 1];
    bool marked;
};

struct sheet {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    struct attendance_span span;
    uint64_t group, org;
    bool all, cases; /* figures and everybody; the numbers of cases */
    unsigned sessions, people, shown;
    struct store_sheet_session session[SESSIONS_MAX];
    struct row row[PEOPLE_MAX];
    struct cell cell[PEOPLE_MAX][SESSIONS_MAX];
};

static int session_take(void *ctx, const struct store_sheet_session *s)
{
    struct sheet *t = ctx;
    if (t->sessions == SESSIONS_MAX)
        return SAM_ETOOBIG;
    t->session[t->sessions++] = *s;
    return 0;
}

static int person_take(void *ctx, const struct store_sheet_person *p)
{
    struct sheet *t = ctx;
    if (!t->all && !right_may_person(t->st, &t->a->who, t->span.today, RIGHT_ATTENDANCE_SEE, t->org, p->participant))
        return 0;
    if (t->people == PEOPLE_MAX)
        return SAM_ETOOBIG;
    struct row *r = &t->row[t->people++];
    size_t len = strnlen(p->name, SAM_NAME_BYTES_MAX);
    r->p = *p;
    memcpy(r->name, p->name, len);
    r->p.name = r->name;
    return 0;
}

static int mark_take(void *ctx, const struct store_sheet_mark *m)
{
    struct sheet *t = ctx;
    unsigned s = 0, p = 0;
    while (s < t->sessions && t->session[s].turnout.session != m->session)
        s++;
    while (p < t->people && t->row[p].p.participant != m->participant)
        p++;
    if (s == t->sessions || p == t->people) /* somebody who may not be seen */
        return 0;
    t->row[p].marked = true;
    t->cell[p][s] = (struct cell){.there = true,
                                  .presence = (uint8_t)m->presence,
                                  .evidence = (uint8_t)m->evidence,
                                  .flags = (uint8_t)((m->late ? LATE : 0) | (m->left_early ? LEFT_EARLY : 0) |
                                                     (m->by_video ? BY_VIDEO : 0) | (m->open_case ? DISPUTED : 0)),
                                  .reason = (int16_t)m->reason,
                                  .minutes = (int16_t)m->minutes,
                                  .open_case = t->cases ? m->open_case : 0};
    return 0;
}

static bool expected(const struct sheet *t, const struct row *r, unsigned s)
{
    return r->p.enrolled && sam_completion_enrolled(r->p.status, r->p.start, r->p.end, t->session[s].turnout.day);
}

/* Is there anything to say of this person in these days? */
static bool belongs(const struct sheet *t, const struct row *r)
{
    bool is = r->marked;
    for (unsigned s = 0; !is && s < t->sessions; s++)
        is = expected(t, r, s);
    return is;
}

static void sessions_add(struct sheet *t)
{
    struct sam_json *j = &t->json;
    sam_json_list(j, "sessions");
    for (unsigned i = 0; i < t->sessions; i++) {
        const struct store_sheet_session *s = &t->session[i];
        const struct store_turnout *n = &s->turnout;
        sam_json_object(j, NULL);
        sam_json_id(j, "id", n->session);
        sam_json_int(j, "day", n->day);
        sam_json_int_or_null(j, "start_min", s->start_min);
        sam_json_int_or_null(j, "end_min", s->end_min);
        sam_json_int(j, "status", n->status);
        sam_json_int(j, "reason", s->reason);
        sam_json_bool(j, "planned", s->planned);
        sam_json_bool(j, "by_video", s->by_video);
        sam_json_int(j, "case", t->cases ? (int64_t)s->open_case : 0);
        if (t->all) {
            sam_json_int(j, "enrolled", n->enrolled);
            sam_json_int(j, "unknown", n->unknown);
            sam_json_int(j, "present", n->present);
            sam_json_int(j, "known", n->present + n->notified + n->no_show);
            sam_json_int_or_null(j, "headcount", n->headcount);
            sam_json_bool(j, "unrecorded", store_turnout_unrecorded(n, t->span.now_min));
        }
        sam_json_end(j);
    }
    sam_json_end(j);
}

/* [session, presence, evidence, flags, reason, minutes, case]; evidence -1: nothing is said, though somebody was expected */
static void cell_add(struct sam_json *j, unsigned s, const struct cell *c)
{
    sam_json_list(j, NULL);
    sam_json_int(j, NULL, s);
    sam_json_int(j, NULL, c->presence);
    sam_json_int(j, NULL, c->there ? c->evidence : -1);
    if (c->there) {
        sam_json_int(j, NULL, c->flags);
        sam_json_int(j, NULL, c->reason);
        sam_json_int(j, NULL, c->minutes);
        sam_json_int(j, NULL, (int64_t)c->open_case);
    }
    sam_json_end(j);
}

static void person_add(struct sheet *t, unsigned p)
{
    struct sam_json *j = &t->json;
    const struct row *r = &t->row[p];
    sam_json_object(j, NULL);
    sam_json_id(j, "id", r->p.participant);
    sam_json_text(j, "name", r->name);
    sam_json_bool(j, "walk_in", r->p.walk_in);
    sam_json_bool(j, "enrolled", r->p.enrolled);
    sam_json_int(j, "status", r->p.status);
    sam_json_int(j, "planned", r->p.planned);
    sam_json_list(j, "cells");
    for (unsigned s = 0; s < t->sessions; s++)
        if (t->cell[p][s].there || expected(t, r, s))
            cell_add(j, s, &t->cell[p][s]);
    sam_json_end(j);
    sam_json_end(j);
    t->shown++;
}

static int sheet_head(struct sheet *t)
{
    struct sam_json *j = &t->json;
    struct store_group_names names;
    struct store_group_line g;
    int err = store_group_line(t->st, t->group, &names, &g);
    if (err)
        return err;
    t->org = g.org;
    t->all = right_may(t->st, &t->a->who, t->span.today, RIGHT_ATTENDANCE_SEE, g.org) == RIGHT_YES;
    t->cases = right_may(t->st, &t->a->who, t->span.today, RIGHT_CASE_SEE, g.org) == RIGHT_YES;
    sam_json_object(j, NULL);
    attendance_span_add(j, t->a, &t->span);
    sam_json_int(j, "csn", (int64_t)store_csn(t->st));
    sam_json_bool(j, "all", t->all);
    sam_json_bool(j, "may_change",
                  right_may(t->st, &t->a->who, t->span.today, RIGHT_ATTENDANCE_CHANGE, g.org) == RIGHT_YES);
    sam_json_object(j, "group");
    err = attendance_group_add(j, t->st, &g);
    sam_json_end(j);
    return err;
}

static int sheet_read(struct sheet *t)
{
    struct attendance_span *s = &t->span;
    int err = sheet_head(t);
    if (!err)
        err = store_sheet_sessions(t->st, t->group, s->first, s->last, session_take, t);
    if (!err)
        err = store_sheet_people(t->st, t->group, s->first, s->last, person_take, t);
    return err ? err : store_sheet_marks(t->st, t->group, s->first, s->last, mark_take, t);
}

static int sheet_answer(struct sheet *t)
{
    int err = attendance_span_read(t->a, &t->span);
    if (!err)
        err = ask_query_id(t->a, "group", &t->group);
    if (!err)
        err = t->group ? place_group(t->a, t->st, RIGHT_ATTENDANCE_SEE, t->group) : SAM_EUSAGE;
    if (!err)
        err = sheet_read(t);
    if (err)
        return err;
    sessions_add(t);
    sam_json_list(&t->json, "people");
    for (unsigned p = 0; p < t->people; p++)
        if (belongs(t, &t->row[p]))
            person_add(t, p);
    sam_json_end(&t->json);
    ask_saw_list(t->a, "attendance", t->group, t->shown);
    return 0;
}

int page_attendance(struct ask *a, struct store *st)
{
    struct sheet *t = calloc(1, sizeof *t);
    if (!t)
        return SAM_ENOMEM;
    t->a = a;
    t->st = st;
    sam_json_init(&t->json, REPLY_BYTES_MAX);
    int err = reply_made(&a->reply, &t->json, sheet_answer(t));
    free(t);
    return err;
}
