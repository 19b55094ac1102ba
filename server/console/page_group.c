/* Groups: which there are, and one with its people, its leaders and its sessions. */
#include "proto/base/err.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/store/group_list.h"

enum { SHOWN_MAX = 400, BACK_DAYS = 21, AHEAD_DAYS = 70 };

/* What is being collected. */
struct listing {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    uint64_t clinic; /* the only one, 0: all */
    unsigned groups, units;
    bool more;
};

static enum right_answer may(const struct listing *l, enum right right, uint64_t org)
{
    return right_may(l->st, &l->a->who, gate_today(l->a), right, org);
}

/* ${count}: of people, for whoever sees each of them; else only who consented is known to him. */
static void group_fields(struct listing *l, const struct store_group *g, bool count)
{
    struct sam_json *j = &l->json;
    sam_json_id(j, "id", g->group);
    sam_json_text(j, "name", g->name);
    sam_json_text(j, "code", g->code);
    sam_json_int(j, "kind", g->kind);
    sam_json_int(j, "weekday", g->weekday);
    sam_json_int_or_null(j, "start_min", g->start_min);
    sam_json_int_or_null(j, "end_min", g->end_min);
    sam_json_int(j, "capacity", g->capacity);
    sam_json_int_if(j, "first_day", g->has_first, g->first_day);
    sam_json_int_if(j, "last_day", g->has_last, g->last_day);
    sam_json_int_if(j, "next_day", g->next_day >= 0, g->next_day);
    sam_json_bool(j, "active", g->active);
    sam_json_int_or_null(j, "attending", count ? (int64_t)g->attending : -1);
    sam_json_text(j, "leaders", g->leaders);
    sam_json_int(j, "course", (int64_t)g->course);
    sam_json_int(j, "version", (int64_t)g->version);
    sam_json_text(j, "course_name", g->course_name);
}

/* ---- all of them */

static int group_each(void *ctx, const struct store_group *g)
{
    struct listing *l = ctx;
    l->groups++;
    sam_json_object(&l->json, NULL);
    group_fields(l, g, may(l, RIGHT_PERSON_SEE, g->org) == RIGHT_YES);
    sam_json_end(&l->json);
    return 0;
}

static int unit_each(void *ctx, uint64_t org, const char *name, uint64_t groups)
{
    struct listing *l = ctx;
    struct sam_json *j = &l->json;
    if (may(l, RIGHT_PERSON_SEE, org) == RIGHT_NO)
        return 0;
    bool shown = l->clinic ? org == l->clinic : l->groups + groups <= SHOWN_MAX;
    l->units++;
    l->more |= !shown && !l->clinic;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", org);
    sam_json_text(j, "name", name);
    sam_json_int(j, "count", (int64_t)groups);
    sam_json_bool(j, "change", may(l, RIGHT_GROUP_CHANGE, org) == RIGHT_YES);
    sam_json_bool(j, "import", may(l, RIGHT_IMPORT, org) == RIGHT_YES);
    sam_json_bool(j, "sheets", may(l, RIGHT_ATTENDANCE_SEE, org) == RIGHT_YES);
    sam_json_list(j, "groups");
    int err = shown ? store_group_list(l->st, org, 0, gate_today(l->a), group_each, l) : 0;
    sam_json_end(j);
    sam_json_end(j);
    return err;
}

static int version_each(void *ctx, uint64_t id, uint64_t code, uint64_t version, const char *name)
{
    struct sam_json *j = ctx;
    (void)id;
    sam_json_object(j, NULL);
    sam_json_int(j, "code", (int64_t)code);
    sam_json_int(j, "version", (int64_t)version);
    sam_json_text(j, "name", name);
    sam_json_end(j);
    return 0;
}

static int catalogue_add(struct listing *l)
{
    sam_json_list(&l->json, "catalogue");
    int err = store_catalogue(l->st, version_each, &l->json);
    sam_json_end(&l->json);
    return err;
}

int page_groups(struct ask *a, struct store *st)
{
    struct listing l = {.a = a, .st = st};
    struct sam_json *j = &l.json;
    sam_json_init(j, REPLY_BYTES_MAX);
    int err = ask_query_id(a, "clinic", &l.clinic);
    sam_json_object(j, NULL);
    sam_json_int(j, "today", gate_today(a));
    sam_json_list(j, "clinics");
    err = err ? err : store_units(st, unit_each, &l);
    sam_json_end(j);
    sam_json_bool(j, "more", l.more);
    err = err ? err : catalogue_add(&l);
    if (!err && !l.units)
        err = SAM_EDENIED;
    int made = reply_json(&a->reply, j);
    return err ? err : made;
}

/* ---- one of them */

struct people {
    struct listing *l;
    uint64_t org;
    bool all; /* else each one's consent is asked for */
    uint64_t count;
};

static int enrolled_each(void *ctx, const struct store_enrolled *e)
{
    struct people *p = ctx;
    struct sam_json *j = &p->l->json;
    if (!p->all &&
        !right_may_person(p->l->st, &p->l->a->who, gate_today(p->l->a), RIGHT_PERSON_SEE, p->org, e->participant))
        return 0;
    p->count++;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", e->participant);
    sam_json_text(j, "name", e->name);
    sam_json_int(j, "birth_year", e->birth_year);
    sam_json_int(j, "status", e->status);
    sam_json_int(j, "planned", e->planned);
    sam_json_int_if(j, "start_day", e->has_start, e->start_day);
    sam_json_int_if(j, "end_day", e->has_end, e->end_day);
    sam_json_bool(j, "provisional", e->provisional);
    sam_json_end(j);
    return 0;
}

static int people_add(struct listing *l, uint64_t group, uint64_t org)
{
    struct people p = {.l = l, .org = org, .all = may(l, RIGHT_PERSON_SEE, org) == RIGHT_YES};
    sam_json_list(&l->json, "people");
    int err = store_group_enrolled(l->st, group, enrolled_each, &p);
    sam_json_end(&l->json);
    ask_saw_list(l->a, "enrolment", group, p.count);
    return err;
}

static int session_each(void *ctx, const struct store_session_line *s)
{
    struct people *p = ctx;
    struct sam_json *j = &p->l->json;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", s->session);
    sam_json_int(j, "day", s->day);
    sam_json_int_or_null(j, "start_min", s->start_min);
    sam_json_int(j, "status", s->status);
    sam_json_int_or_null(j, "reason", s->reason);
    sam_json_bool(j, "planned", s->planned);
    sam_json_int_or_null(j, "marked", p->all ? (int64_t)s->marked : -1);
    sam_json_int_or_null(j, "present", p->all ? (int64_t)s->present : -1);
    sam_json_end(j);
    return 0;
}

static int sessions_add(struct listing *l, uint64_t group, uint64_t org)
{
    int32_t today = gate_today(l->a);
    struct people p = {.l = l, .org = org, .all = may(l, RIGHT_ATTENDANCE_SEE, org) == RIGHT_YES};
    sam_json_list(&l->json, "sessions");
    int err = store_group_sessions(l->st, group, today - BACK_DAYS, today + AHEAD_DAYS, session_each, &p);
    sam_json_end(&l->json);
    return err;
}

static int staff_each(void *ctx, const struct store_staff *s)
{
    struct sam_json *j = ctx;
    sam_json_object(j, NULL);
    sam_json_id(j, "id", s->user);
    sam_json_text(j, "name", s->name);
    sam_json_int_or_null(j, "role", s->role);
    sam_json_end(j);
    return 0;
}

static int staff_add(struct listing *l, uint64_t group, uint64_t org, bool change)
{
    sam_json_list(&l->json, "leaders");
    int err = store_group_led_by(l->st, group, staff_each, &l->json);
    sam_json_end(&l->json);
    sam_json_list(&l->json, "staff");
    if (!err && change)
        err = store_clinic_staff(l->st, org, staff_each, &l->json);
    sam_json_end(&l->json);
    return err;
}

static int one_each(void *ctx, const struct store_group *g)
{
    struct listing *l = ctx;
    struct sam_json *j = &l->json;
    bool change = may(l, RIGHT_GROUP_CHANGE, g->org) == RIGHT_YES;
    uint64_t org = g->org, group = g->group;
    group_fields(l, g, may(l, RIGHT_PERSON_SEE, org) == RIGHT_YES);
    sam_json_id(j, "clinic", org);
    sam_json_text(j, "clinic_name", g->clinic);
    sam_json_bool(j, "change", change);
    sam_json_bool(j, "change_people", may(l, RIGHT_PERSON_CHANGE, org) == RIGHT_YES);
    sam_json_bool(j, "sheets", may(l, RIGHT_ATTENDANCE_SEE, org) == RIGHT_YES);
    int err = people_add(l, group, org);
    err = err ? err : sessions_add(l, group, org);
    err = err ? err : staff_add(l, group, org, change);
    return err ? err : change ? catalogue_add(l) : 0;
}

int page_group(struct ask *a, struct store *st)
{
    struct listing l = {.a = a, .st = st};
    struct sam_json *j = &l.json;
    int err = place_group(a, st, RIGHT_PERSON_SEE, a->id[0]);
    sam_json_init(j, REPLY_BYTES_MAX);
    sam_json_object(j, NULL);
    sam_json_int(j, "today", gate_today(a));
    sam_json_id(j, "seen", store_csn(st));
    err = err ? err : store_group_list(st, 0, a->id[0], gate_today(a), one_each, &l);
    int made = reply_json(&a->reply, j);
    return err ? err : made;
}
