/* A week on paper: names and sessions of each group, to be printed, and typed back. */
#include "proto/base/err.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/store/group_list.h"

enum { WEEK = 7, THURSDAY = 3, SHEET_SESSIONS_MAX = 14, LISTS_MAX = ASK_ACCESS_MAX - 1 };

struct sheets {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    uint64_t group, org, count;
    bool all; /* else each one's consent is asked for */
    int32_t first_day;
    uint64_t session[SHEET_SESSIONS_MAX];
    unsigned sessions, lists;
};

static int32_t monday_of(int32_t day)
{
    return day - ((day + THURSDAY) % WEEK + WEEK) % WEEK;
}

static int session_each(void *ctx, const struct store_session_line *s)
{
    struct sheets *l = ctx;
    struct sam_json *j = &l->json;
    if (l->sessions == SHEET_SESSIONS_MAX)
        return 0;
    l->session[l->sessions++] = s->session;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", s->session);
    sam_json_int(j, "day", s->day);
    sam_json_int_or_null(j, "start_min", s->start_min);
    sam_json_int(j, "status", s->status);
    sam_json_end(j);
    return 0;
}

static int person_each(void *ctx, const struct store_paper_person *p)
{
    struct sheets *l = ctx;
    struct sam_json *j = &l->json;
    int err = 0;
    if (!l->all && !right_may_person(l->st, &l->a->who, gate_today(l->a), RIGHT_ATTENDANCE_SEE, l->org, p->participant))
        return 0;
    l->count++;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", p->participant);
    sam_json_text(j, "name", p->name);
    sam_json_int(j, "birth_year", p->birth_year);
    sam_json_list(j, "marks");
    for (unsigned i = 0; !err && i < l->sessions; i++) {
        int presence = 0;
        err = store_paper_mark(l->st, l->session[i], p->participant, &presence);
        err = err == SAM_ENOTFOUND ? 0 : err;
        sam_json_int(j, NULL, presence);
    }
    sam_json_end(j);
    sam_json_end(j);
    return err;
}

static int sheet_parts(struct sheets *l)
{
    struct sam_json *j = &l->json;
    uint64_t before = l->count;
    l->sessions = 0;
    sam_json_list(j, "sessions");
    int err = store_group_sessions(l->st, l->group, l->first_day, l->first_day + WEEK - 1, session_each, l);
    sam_json_end(j);
    sam_json_list(j, "people");
    err = err ? err : store_paper_people(l->st, l->group, l->first_day, l->first_day + WEEK - 1, person_each, l);
    sam_json_end(j);
    if (l->lists++ < LISTS_MAX)
        ask_saw_list(l->a, "attendance", l->group, l->count - before);
    return err;
}

static int group_each(void *ctx, const struct store_group *g)
{
    struct sheets *l = ctx;
    struct sam_json *j = &l->json;
    if (!g->active)
        return 0;
    l->group = g->group;
    l->org = g->org;
    l->all = right_may(l->st, &l->a->who, gate_today(l->a), RIGHT_ATTENDANCE_SEE, g->org) == RIGHT_YES;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", g->group);
    sam_json_text(j, "name", g->name);
    sam_json_text(j, "clinic_name", g->clinic);
    sam_json_text(j, "leaders", g->leaders);
    sam_json_bool(j, "change",
                  right_may(l->st, &l->a->who, gate_today(l->a), RIGHT_ATTENDANCE_CHANGE, g->org) == RIGHT_YES);
    int err = sheet_parts(l);
    sam_json_end(j);
    return err;
}

/* More groups than lines in the access log: one line for all of them. */
static void lists_join(struct sheets *l)
{
    if (l->lists <= LISTS_MAX)
        return;
    l->a->access_count = 0;
    ask_saw_list(l->a, "attendance", 0, l->count);
}

static int sheets_of(struct ask *a, struct store *st, uint64_t org, uint64_t group)
{
    struct sheets l = {.a = a, .st = st};
    struct sam_json *j = &l.json;
    int64_t day = gate_today(a);
    sam_json_init(j, REPLY_BYTES_MAX);
    int err = ask_query_num(a, "day", 0, 73049, &day);
    l.first_day = monday_of((int32_t)day);
    sam_json_object(j, NULL);
    sam_json_int(j, "today", gate_today(a));
    sam_json_int(j, "first_day", l.first_day);
    sam_json_list(j, "groups");
    err = err ? err : store_group_list(st, org, group, gate_today(a), group_each, &l);
    lists_join(&l);
    int made = reply_json(&a->reply, j);
    return err ? err : made;
}

int page_sheets(struct ask *a, struct store *st)
{
    int err = place_may(a, st, RIGHT_ATTENDANCE_SEE, a->id[0]);
    return err ? err : sheets_of(a, st, a->id[0], 0);
}

int page_sheet(struct ask *a, struct store *st)
{
    int err = place_group(a, st, RIGHT_ATTENDANCE_SEE, a->id[0]);
    return err ? err : sheets_of(a, st, 0, a->id[0]);
}

/* What was typed, as rows "session;participant;word". */
int page_sheet_type(struct ask *a, struct intake *in)
{
    struct saying s;
    int err = place_group(a, intake_store(in), RIGHT_ATTENDANCE_CHANGE, a->id[0]);
    saying_init(&s, "attendance type");
    saying_word(&s, "-"); /* the body of the question */
    saying_num(&s, "group", a->id[0]);
    return err ? err : ask_say(a, in, &s);
}
