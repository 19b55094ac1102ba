/* Attendance: the groups to choose from, with their figures, which are kept (server/store/turnout.h). */
#include "proto/base/err.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/page_attendance.h"
#include "server/store/group_list.h"

#include <stdlib.h>
#include <string.h>

enum {
    GROUPS_MAX = 300,  /* of one answer; the next ones by ?after= */
    LEADERS_MAX = 300, /* that can be chosen from */
    UNITS_MAX = 128,   /* whose rights are remembered while a list is made */
    KIND_MAX = 9
};

struct unit {
    uint64_t org;
    enum right_answer may;
};

struct named {
    uint64_t id;
    char name[SAM_NAME_BYTES_MAX + 1];
};

struct list {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    struct attendance_span span;
    struct unit unit[UNITS_MAX];
    unsigned units, groups, leaders;
    uint64_t last; /* the last group in the answer */
    bool more;
    struct named leader[LEADERS_MAX];
};

static enum right_answer list_may(struct list *l, uint64_t org)
{
    for (unsigned i = 0; i < l->units; i++)
        if (l->unit[i].org == org)
            return l->unit[i].may;
    struct unit u = {org, right_may(l->st, &l->a->who, l->span.today, RIGHT_ATTENDANCE_SEE, org)};
    l->unit[l->units < UNITS_MAX ? l->units++ : org % UNITS_MAX] = u;
    return u.may;
}

struct consenting {
    struct list *l;
    uint64_t org;
};

/* 1: this one may be seen */
static int consenting_each(void *ctx, const struct store_sheet_person *p)
{
    struct consenting *c = ctx;
    return right_may_person(c->l->st, &c->l->a->who, c->l->span.today, RIGHT_ATTENDANCE_SEE, c->org, p->participant);
}

static int list_sees(struct list *l, const struct store_group_line *g, bool *sees)
{
    enum right_answer may = list_may(l, g->org);
    struct consenting c = {l, g->org};
    *sees = may == RIGHT_YES;
    if (may != RIGHT_CONSENT)
        return 0;
    int found = store_sheet_people(l->st, g->group, l->span.first, l->span.last, consenting_each, &c);
    *sees = found == 1;
    return found < 0 ? found : 0;
}

static int group_figures(struct list *l, const struct store_group_line *g)
{
    struct sam_json *j = &l->json;
    struct store_turnout_sum sum = {0};
    bool all = list_may(l, g->org) == RIGHT_YES;
    int err = all ? store_turnout_sum(l->st, g->group, l->span.first, l->span.last, l->span.now_min, &sum) : 0;
    if (err || !all)
        return err;
    sam_json_int(j, "sessions", (int64_t)sum.sessions);
    sam_json_int(j, "cancelled", (int64_t)sum.cancelled);
    sam_json_int(j, "present", (int64_t)sum.present);
    sam_json_int(j, "known", (int64_t)(sum.present + sum.notified + sum.no_show));
    sam_json_int(j, "unrecorded", (int64_t)sum.unrecorded);
    return 0;
}

static int group_each(void *ctx, const struct store_group_line *g)
{
    struct list *l = ctx;
    bool sees;
    int err = list_sees(l, g, &sees);
    if (err || !sees)
        return err;
    if (l->groups == GROUPS_MAX) {
        l->more = true;
        return 1;
    }
    l->groups++;
    l->last = g->group;
    sam_json_object(&l->json, NULL);
    err = attendance_group_add(&l->json, l->st, g);
    if (!err)
        err = group_figures(l, g);
    sam_json_end(&l->json);
    return err;
}

/* ---- what can be chosen from */

static int leader_add(void *ctx, const struct store_staff *leader)
{
    struct list *l = ctx;
    for (unsigned i = 0; i < l->leaders; i++)
        if (l->leader[i].id == leader->user)
            return 0;
    if (l->leaders == LEADERS_MAX)
        return 1;
    struct named *n = &l->leader[l->leaders++];
    size_t len = strnlen(leader->name, SAM_NAME_BYTES_MAX);
    n->id = leader->user;
    memcpy(n->name, leader->name, len);
    n->name[len] = 0;
    return 0;
}

static int leaders_each(void *ctx, const struct store_group_line *g)
{
    struct list *l = ctx;
    return list_may(l, g->org) == RIGHT_NO ? 0 : store_group_led_by(l->st, g->group, leader_add, l);
}

static int clinic_each(void *ctx, const struct store_clinic_name *clinic)
{
    struct list *l = ctx;
    if (list_may(l, clinic->org) == RIGHT_NO)
        return 0;
    sam_json_object(&l->json, NULL);
    sam_json_id(&l->json, "id", clinic->org);
    sam_json_text(&l->json, "name", clinic->name);
    sam_json_end(&l->json);
    return 0;
}

static int choices_add(struct list *l)
{
    struct store_group_filter all = {.kind = -1, .first_day = l->span.first, .last_day = l->span.last};
    struct sam_json *j = &l->json;
    sam_json_list(j, "clinics");
    int err = store_group_clinics(l->st, clinic_each, l);
    sam_json_end(j);
    if (!err)
        err = store_group_lines(l->st, &all, leaders_each, l);
    sam_json_list(j, "leaders");
    for (unsigned i = 0; i < l->leaders; i++) {
        sam_json_object(j, NULL);
        sam_json_id(j, "id", l->leader[i].id);
        sam_json_text(j, "name", l->leader[i].name);
        sam_json_end(j);
    }
    sam_json_end(j);
    return err < 0 ? err : 0;
}

static int filter_read(const struct ask *a, const struct attendance_span *span, struct store_group_filter *f)
{
    int64_t kind = -1, evening = 0;
    *f = (struct store_group_filter){.first_day = span->first, .last_day = span->last};
    int err = ask_query_id(a, "clinic", &f->clinic);
    if (!err)
        err = ask_query_id(a, "leader", &f->leader);
    if (!err)
        err = ask_query_id(a, "after", &f->after);
    if (!err)
        err = ask_query_num(a, "type", 0, KIND_MAX, &kind);
    if (!err)
        err = ask_query_num(a, "evening", 0, 1, &evening);
    f->kind = (int32_t)kind;
    f->evening = evening == 1;
    return err;
}

static int groups_answer(struct list *l)
{
    struct store_group_filter f;
    struct sam_json *j = &l->json;
    int err = attendance_span_read(l->a, &l->span);
    if (!err)
        err = filter_read(l->a, &l->span, &f);
    if (err)
        return err;
    sam_json_object(j, NULL);
    attendance_span_add(j, l->a, &l->span);
    err = f.after ? 0 : choices_add(l);
    sam_json_list(j, "groups");
    if (!err)
        err = store_group_lines(l->st, &f, group_each, l);
    sam_json_end(j);
    sam_json_id_or_null(j, "next", l->more ? l->last : 0);
    return err < 0 ? err : 0;
}

int page_attendance_groups(struct ask *a, struct store *st)
{
    struct list *l = calloc(1, sizeof *l);
    if (!l)
        return SAM_ENOMEM;
    l->a = a;
    l->st = st;
    sam_json_init(&l->json, REPLY_BYTES_MAX);
    int err = reply_made(&a->reply, &l->json, groups_answer(l));
    free(l);
    return err;
}
