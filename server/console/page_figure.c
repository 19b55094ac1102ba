/* Figures that were frozen (server/intake/figure.h): the list, one held against what stands now, freezing and withdrawing. They are sums over
 * everybody, so whoever may see only some of the people sees none of them. Looking needs ATTENDANCE_SEE at the figure's clinic; freezing and
 * withdrawing EXPORT, for what is frozen is what leaves the centre in a report. */
#include "server/store/figure.h"

#include "proto/base/err.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/console/place.h"
#include "server/console/saying.h"
#include "server/store/attendance.h"

#include <stdlib.h>
#include <string.h>

enum {
    FIGURES_MAX = 100, /* of one answer; the next ones by ?after= */
    GROUPS_MAX = 1000, /* that can be chosen from */
    UNITS_MAX = 128,   /* whose rights are remembered while a list is made */
    YEAR_DAYS = 366
};

struct unit {
    uint64_t org;
    bool see, freeze;
};

struct figures {
    struct ask *a;
    struct store *st;
    struct sam_json json;
    struct unit unit[UNITS_MAX];
    unsigned units, groups;
};

static bool may(const struct ask *a, struct store *st, enum right right, uint64_t org)
{
    return right_may(st, &a->who, gate_today(a), right, org) == RIGHT_YES;
}

static struct unit unit_of(struct figures *l, uint64_t org)
{
    for (unsigned i = 0; i < l->units; i++)
        if (l->unit[i].org == org)
            return l->unit[i];
    struct unit u = {org, may(l->a, l->st, RIGHT_ATTENDANCE_SEE, org), may(l->a, l->st, RIGHT_EXPORT, org)};
    l->unit[l->units < UNITS_MAX ? l->units++ : org % UNITS_MAX] = u;
    return u;
}

/* ---- the list */

static int name_add(struct figures *l, const char *key, uint8_t entity, uint64_t id, unsigned field)
{
    struct sam_key row_key = {.entity = entity, .part = {id}};
    char name[SAM_NAME_BYTES_MAX + 1] = "";
    struct store_row row;
    int err = id ? store_row_get(l->st, &row_key, &row) : 0;
    if (!err && id && row.exists && sam_row_has(&row.row, field)) {
        struct sam_span text = row.row.val[field].text;
        size_t len = text.len < SAM_NAME_BYTES_MAX ? text.len : SAM_NAME_BYTES_MAX;
        memcpy(name, text.ptr, len);
        name[len] = 0;
    }
    sam_json_text(&l->json, key, name);
    return err;
}

static int figure_add(struct figures *l, const struct store_figure *f, bool may_change)
{
    struct sam_json *j = &l->json;
    sam_json_object(j, NULL);
    sam_json_int(j, "no", (int64_t)f->no);
    int err = name_add(l, "clinic", SAM_ORG_UNIT, f->org, SAM_ORG_UNIT_name);
    if (!err)
        err = name_add(l, "group", SAM_GROUP, f->group, SAM_GROUP_name);
    sam_json_int(j, "first", f->first_day);
    sam_json_int(j, "last", f->last_day);
    sam_json_text(j, "title", f->title);
    sam_json_int(j, "made_s", f->made_s);
    sam_json_text(j, "made_by", f->made_by);
    sam_json_int(j, "held", (int64_t)f->sums.held);
    sam_json_int(j, "cancelled", (int64_t)f->sums.cancelled);
    sam_json_int(j, "present", (int64_t)f->sums.present);
    sam_json_int(j, "known", (int64_t)f->sums.known);
    sam_json_bool(j, "withdrawn", f->withdrawn_s != 0);
    sam_json_bool(j, "may_change", may_change);
    sam_json_end(j);
    return err;
}

static int figures_add(struct figures *l, uint64_t after)
{
    struct store_figure f;
    uint64_t no = after ? after : STORE_NOW;
    unsigned count = 0;
    int err = 0;
    sam_json_list(&l->json, "figures");
    while (!err && count < FIGURES_MAX && (err = store_figure_before(l->st, no, &f)) == 0) {
        const struct unit u = unit_of(l, f.org);
        no = f.no;
        if (!u.see)
            continue;
        err = figure_add(l, &f, u.freeze);
        count++;
    }
    sam_json_end(&l->json);
    sam_json_int_or_null(&l->json, "next", count == FIGURES_MAX ? (int64_t)no : -1);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* ---- what can be frozen */

static int clinic_each(void *ctx, const struct store_clinic_name *clinic)
{
    struct figures *l = ctx;
    if (!unit_of(l, clinic->org).freeze)
        return 0;
    sam_json_object(&l->json, NULL);
    sam_json_id(&l->json, "id", clinic->org);
    sam_json_text(&l->json, "name", clinic->name);
    sam_json_end(&l->json);
    return 0;
}

static int group_each(void *ctx, const struct store_group_line *g)
{
    struct figures *l = ctx;
    if (!g->org || !unit_of(l, g->org).freeze)
        return 0;
    if (l->groups++ == GROUPS_MAX)
        return 1;
    sam_json_object(&l->json, NULL);
    sam_json_id(&l->json, "id", g->group);
    sam_json_text(&l->json, "name", g->name);
    sam_json_id(&l->json, "clinic_id", g->org);
    sam_json_end(&l->json);
    return 0;
}

static int choices_add(struct figures *l)
{
    int32_t today = gate_today(l->a);
    const struct store_group_filter all = {.kind = -1, .first_day = today - YEAR_DAYS, .last_day = today};
    sam_json_list(&l->json, "clinics");
    int err = store_group_clinics(l->st, clinic_each, l);
    sam_json_end(&l->json);
    sam_json_list(&l->json, "groups");
    if (!err)
        err = store_group_lines(l->st, &all, group_each, l);
    sam_json_end(&l->json);
    return err < 0 ? err : 0;
}

static int figures_answer(struct figures *l)
{
    int64_t after = 0;
    int err = ask_query_num(l->a, "after", 1, INT64_MAX, &after);
    if (err)
        return err;
    sam_json_object(&l->json, NULL);
    sam_json_int(&l->json, "now_s", l->a->now_s);
    sam_json_int(&l->json, "today", gate_today(l->a));
    err = after ? 0 : choices_add(l);
    return err ? err : figures_add(l, (uint64_t)after);
}

int page_figures(struct ask *a, struct store *st)
{
    struct figures *l = calloc(1, sizeof *l);
    if (!l)
        return SAM_ENOMEM;
    l->a = a;
    l->st = st;
    sam_json_init(&l->json, REPLY_BYTES_MAX);
    int err = reply_made(&a->reply, &l->json, figures_answer(l));
    free(l);
    return err;
}

/* ---- one of them */

/* One answer for what is not there and for what is not for him. */
static int place_figure(const struct ask *a, struct store *st, enum right right)
{
    struct store_figure f;
    int err = store_figure_get(st, a->id[0], &f);
    return err || may(a, st, right, f.org) ? err : SAM_ENOTFOUND;
}

int page_figure(struct ask *a, struct store *st)
{
    struct saying s;
    int err = place_figure(a, st, RIGHT_ATTENDANCE_SEE);
    saying_init(&s, "figure compare");
    saying_id(&s, a->id[0]);
    return err ? err : ask_say_look(a, st, &s);
}

int page_figure_withdraw(struct ask *a, struct intake *in)
{
    static const struct saying_field fields[] = {{"reason", SAYING_TEXT}};
    struct saying s;
    int err = place_figure(a, intake_store(in), RIGHT_EXPORT);
    saying_init(&s, "figure withdraw");
    saying_id(&s, a->id[0]);
    err = err ? err : saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

/* ---- freezing */

static int freeze(struct ask *a, struct intake *in, const char *option)
{
    static const struct saying_field fields[] = {
        {"month", SAYING_TEXT}, {"tertial", SAYING_TEXT}, {"title", SAYING_TEXT}};
    struct saying s;
    saying_init(&s, "figure freeze");
    saying_num(&s, option, a->id[0]);
    int err = saying_body(&s, a, fields, sizeof fields / sizeof *fields);
    return err ? err : ask_say(a, in, &s);
}

int page_figure_clinic(struct ask *a, struct intake *in)
{
    int err = place_may(a, intake_store(in), RIGHT_EXPORT, a->id[0]);
    return err ? err : freeze(a, in, "clinic");
}

int page_figure_group(struct ask *a, struct intake *in)
{
    int err = place_group(a, intake_store(in), RIGHT_EXPORT, a->id[0]);
    return err ? err : freeze(a, in, "group");
}
