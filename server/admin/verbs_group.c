/* Clinics and groups. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/catalogue.h"

#include <stdio.h>
#include <string.h>

#define COURSE_DAYS_MAX 10u

static void cell_text(struct report *r, const struct store_row *row, unsigned field)
{
    struct sam_span text = {(const uint8_t *)"", 0};
    if (sam_row_has(&row->row, field))
        text = row->row.val[field].text;
    report_cell_text(r, (const char *)text.ptr, text.len);
}

/* ---- clinics */

int verb_clinic_add(struct verb_context *v)
{
    struct sam_op op;
    uint64_t id, kind = 2, parent = 0;
    const char *kind_word = args_get(&v->args, "kind"), *code = args_get(&v->args, "code"),
               *above = args_get(&v->args, "parent");
    if (kind_word && word_find(words_org_kind, SAM_TEXT_SET_ORG, kind_word, &kind))
        return verb_refuse(v, SAM_TEXT_ADM_ORG_KIND);
    int err = above ? author_clinic(v, above, &parent) : 0;
    if (!err)
        err = author_begin(v, &op, SAM_ORG_UNIT, &id);
    if (err)
        return err;
    author_text(&op, SAM_ORG_UNIT_name, v->args.pos[0]);
    sam_row_set(&op.row, SAM_ORG_UNIT_kind, (int64_t)kind);
    if (parent)
        sam_row_set(&op.row, SAM_ORG_UNIT_parent, (int64_t)parent);
    if (code)
        author_text(&op, SAM_ORG_UNIT_code, code);
    sam_row_set(&op.row, SAM_ORG_UNIT_active, 1);
    err = author_apply(v, &op);
    if (err)
        return err;
    report_num(&v->report, "id", (int64_t)id);
    report_tell(&v->report, SAM_TEXT_ADM_CLINIC, (unsigned long long)id, v->args.pos[0]);
    return VERB_OK;
}

static int clinic_row(void *ctx, const struct store_row *row)
{
    struct report *r = ctx;
    report_cell_num(r, (int64_t)row->row.key.part[0]);
    cell_text(r, row, SAM_ORG_UNIT_code);
    cell_text(r, row, SAM_ORG_UNIT_name);
    int64_t kind = sam_row_num(&row->row, SAM_ORG_UNIT_kind);
    report_cell_word(r, word_of(words_org_kind, (uint64_t)kind), sam_text_of(r->lang, SAM_TEXT_SET_ORG, (int)kind));
    return 0;
}

int verb_clinic_list(struct verb_context *v)
{
    static const struct report_column columns[] = {
        {"id", SAM_TEXT_COL_ID}, {"code", SAM_TEXT_COL_CODE}, {"name", SAM_TEXT_COL_NAME}, {"kind", SAM_TEXT_COL_KIND}};
    report_table(&v->report, columns, 4);
    int err = author_each(v, SAM_ORG_UNIT, clinic_row, &v->report);
    if (!err)
        report_table_end(&v->report);
    return err;
}

/* ---- groups */

struct group {
    uint64_t id, org, kind, weekday, start, end, capacity, intervention;
    int32_t first, last, day[COURSE_DAYS_MAX];
    unsigned day_count;
    bool has_first, has_last;
};

static int days_read(struct verb_context *v, struct group *g)
{
    const char *at = args_get(&v->args, "days");
    while (at && *at) {
        size_t n = strcspn(at, ",");
        if (g->day_count == COURSE_DAYS_MAX || args_day(at, n, &g->day[g->day_count]))
            return verb_refuse(v, SAM_TEXT_ADM_DAYS, (int)COURSE_DAYS_MAX);
        g->day_count++;
        at += n + (at[n] == ',');
    }
    return VERB_OK;
}

static int group_read(struct verb_context *v, struct group *g)
{
    struct args *a = &v->args;
    const char *kind = args_get(a, "kind"), *clinic = args_get(a, "clinic");
    if (!clinic || !args_get(a, "name"))
        return verb_usage(v);
    if (kind && word_find(words_group_kind, SAM_TEXT_SET_KIND, kind, &g->kind))
        return verb_refuse(v, SAM_TEXT_ADM_GROUP_KIND);
    if (args_uint(a, "weekday", 1, 7, &g->weekday) || args_uint(a, "capacity", 1, 40, &g->capacity) ||
        args_clock(a, "start", &g->start) || args_clock(a, "end", &g->end) || args_date(a, "first", &g->first) ||
        args_date(a, "last", &g->last))
        return verb_usage(v);
    g->has_first = args_has(a, "first");
    g->has_last = args_has(a, "last");
    if (g->end <= g->start)
        return verb_refuse(v, SAM_TEXT_ADM_END_EARLY);
    if (g->has_first && g->has_last && g->last < g->first)
        return verb_refuse(v, SAM_TEXT_ADM_LAST_EARLY);
    int err = days_read(v, g);
    if (!err && g->day_count && g->weekday)
        return verb_refuse(v, SAM_TEXT_ADM_WEEKDAY_DAYS);
    if (!err && args_has(a, "intervention"))
        err = catalogue_find(v, args_get(a, "intervention"), &g->intervention);
    return err ? err : author_clinic(v, clinic, &g->org);
}

static int group_write(struct verb_context *v, struct group *g)
{
    struct sam_op op;
    const char *name = args_get(&v->args, "name"), *code = args_get(&v->args, "code");
    int err = author_begin(v, &op, SAM_GROUP, &g->id);
    if (err)
        return err;
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)g->org);
    author_text(&op, SAM_GROUP_code, code ? code : name);
    author_text(&op, SAM_GROUP_name, name);
    sam_row_set(&op.row, SAM_GROUP_kind, (int64_t)g->kind);
    sam_row_set(&op.row, SAM_GROUP_weekday, (int64_t)g->weekday);
    sam_row_set(&op.row, SAM_GROUP_start_min, (int64_t)g->start);
    sam_row_set(&op.row, SAM_GROUP_end_min, (int64_t)g->end);
    if (g->has_first)
        sam_row_set(&op.row, SAM_GROUP_first_day, g->first);
    if (g->has_last)
        sam_row_set(&op.row, SAM_GROUP_last_day, g->last);
    sam_row_set(&op.row, SAM_GROUP_capacity, (int64_t)g->capacity);
    sam_row_set(&op.row, SAM_GROUP_active, 1);
    if (g->intervention)
        sam_row_set(&op.row, SAM_GROUP_intervention, (int64_t)g->intervention);
    return author_apply(v, &op);
}

static int course_day_write(struct verb_context *v, const struct group *g, int32_t day)
{
    struct sam_op op;
    uint64_t id;
    int err = author_begin(v, &op, SAM_SESSION, &id);
    if (err)
        return err;
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)g->id);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    sam_row_set(&op.row, SAM_SESSION_status, 0);
    sam_row_set(&op.row, SAM_SESSION_start_min, (int64_t)g->start);
    sam_row_set(&op.row, SAM_SESSION_end_min, (int64_t)g->end);
    if (g->intervention)
        sam_row_set(&op.row, SAM_SESSION_intervention, (int64_t)g->intervention);
    return author_apply(v, &op);
}

int verb_group_add(struct verb_context *v)
{
    struct group g = {.start = 10 * 60, .end = 11 * 60, .capacity = 12};
    int err = group_read(v, &g);
    if (!err)
        err = group_write(v, &g);
    for (unsigned i = 0; i < g.day_count && !err; i++)
        err = course_day_write(v, &g, g.day[i]);
    if (!err)
        err = author_plan(v);
    if (err)
        return err;
    report_num(&v->report, "id", (int64_t)g.id);
    report_tell(&v->report, SAM_TEXT_ADM_GROUP, (unsigned long long)g.id, args_get(&v->args, "name"));
    return VERB_OK;
}

struct group_list {
    struct verb_context *v;
    uint64_t clinic;
};

static void cell_clock(struct report *r, int64_t min)
{
    char text[16];
    int n = snprintf(text, sizeof text, "%02d:%02d", (int)(min / 60) % 24, (int)(min % 60));
    report_cell_text(r, text, (size_t)n);
}

/* "10/2", as group set takes it. */
static int intervention_cell(struct verb_context *v, uint64_t id)
{
    struct catalogue_version version;
    char text[32] = "";
    int err = id ? catalogue_read(v, id, &version) : SAM_ENOTFOUND;
    if (!err)
        snprintf(text, sizeof text, "%llu/%llu", (unsigned long long)version.code, (unsigned long long)version.version);
    report_cell_word(&v->report, text, text[0] ? text : "-");
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int group_row(void *ctx, const struct store_row *row)
{
    struct group_list *l = ctx;
    struct report *r = &l->v->report;
    uint64_t org = (uint64_t)sam_row_num(&row->row, SAM_GROUP_org);
    char clinic[SAM_NAME_BYTES_MAX + 1];
    if (l->clinic && org != l->clinic)
        return 0;
    int64_t kind = sam_row_num(&row->row, SAM_GROUP_kind), day = sam_row_num(&row->row, SAM_GROUP_weekday);
    author_name(l->v, SAM_ORG_UNIT, org, SAM_ORG_UNIT_name, clinic, sizeof clinic);
    report_cell_num(r, (int64_t)row->row.key.part[0]);
    cell_text(r, row, SAM_GROUP_code);
    cell_text(r, row, SAM_GROUP_name);
    report_cell_text(r, clinic, strlen(clinic));
    report_cell_word(r, word_of(words_group_kind, (uint64_t)kind), sam_text_of(r->lang, SAM_TEXT_SET_KIND, (int)kind));
    report_cell_word(r, word_of(words_weekday, (uint64_t)day),
                     day ? sam_text_of(r->lang, SAM_TEXT_SET_WEEKDAY, (int)day - 1) : "-");
    cell_clock(r, sam_row_num(&row->row, SAM_GROUP_start_min));
    cell_clock(r, sam_row_num(&row->row, SAM_GROUP_end_min));
    report_cell_num(r, sam_row_num(&row->row, SAM_GROUP_capacity));
    return intervention_cell(l->v, (uint64_t)sam_row_num(&row->row, SAM_GROUP_intervention));
}

int verb_group_list(struct verb_context *v)
{
    static const struct report_column columns[] = {{"id", SAM_TEXT_COL_ID},
                                                   {"code", SAM_TEXT_COL_CODE},
                                                   {"name", SAM_TEXT_COL_NAME},
                                                   {"clinic", SAM_TEXT_COL_CLINIC},
                                                   {"kind", SAM_TEXT_COL_KIND},
                                                   {"weekday", SAM_TEXT_COL_DAY},
                                                   {"start", SAM_TEXT_COL_START},
                                                   {"end", SAM_TEXT_COL_END},
                                                   {"capacity", SAM_TEXT_COL_CAPACITY},
                                                   {"intervention", SAM_TEXT_COL_COURSE}};
    struct group_list l = {.v = v};
    const char *clinic = args_get(&v->args, "clinic");
    int err = clinic ? author_clinic(v, clinic, &l.clinic) : 0;
    if (err)
        return err;
    report_table(&v->report, columns, 10);
    err = author_each(v, SAM_GROUP, group_row, &l);
    if (!err)
        report_table_end(&v->report);
    return err;
}
