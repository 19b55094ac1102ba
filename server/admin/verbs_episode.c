/* Periods of referral: received, assessed, and what came of them. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN_BYTES = 60 };

/* ---- add */

struct twin {
    uint64_t org, found;
    int64_t day;
    const struct people *people;
};

static int twin_each(void *ctx, const struct store_row *row)
{
    struct twin *t = ctx;
    if (people_has(t->people, sam_row_person(&row->row)) &&
        (uint64_t)sam_row_num(&row->row, SAM_EPISODE_org) == t->org &&
        sam_row_num(&row->row, SAM_EPISODE_referral_day) == t->day)
        t->found = row->row.key.part[0];
    return 0;
}

/* One referral to one clinic on one day is one episode (DOMAIN section 2.2). */
static int twin_refuse(struct verb_context *v, const struct sam_row *row)
{
    struct people people;
    int err = people_of(v->st, sam_row_person(row), &people);
    struct twin t = {.org = (uint64_t)sam_row_num(row, SAM_EPISODE_org),
                     .day = sam_row_num(row, SAM_EPISODE_referral_day),
                     .people = &people};
    if (!err)
        err = author_each(v, SAM_EPISODE, twin_each, &t);
    if (err || !t.found)
        return err;
    return verb_refuse(v, SAM_TEXT_EPISODE_TWIN, (unsigned long long)t.found);
}

int verb_episode_add(struct verb_context *v)
{
    static const struct value_option options[] = {{"referred", SAM_EPISODE_referral_day},
                                                  {"source", SAM_EPISODE_source},
                                                  {"target", SAM_EPISODE_target_group},
                                                  {"goal", SAM_EPISODE_goal}};
    struct sam_op op;
    uint64_t id, person, org = 0;
    const char *clinic = args_get(&v->args, "clinic");
    if (!clinic)
        return verb_usage(v);
    int err = author_participant(v, v->args.pos[0], &person);
    if (!err)
        err = author_clinic(v, clinic, &org);
    if (!err)
        err = author_begin(v, &op, SAM_EPISODE, &id);
    if (err)
        return err;
    sam_row_set(&op.row, SAM_EPISODE_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_EPISODE_org, (int64_t)org);
    sam_row_set(&op.row, SAM_EPISODE_referral_day, author_today(v));
    err = value_given(v, options, sizeof options / sizeof *options, &op.row);
    if (!err)
        err = twin_refuse(v, &op.row);
    if (!err)
        err = author_apply(v, &op);
    if (err)
        return err;
    access_person(v, person);
    report_num(&v->report, "id", (int64_t)id);
    report_tell(&v->report, SAM_TEXT_EPISODE_MADE, (unsigned long long)id);
    return VERB_OK;
}

/* ---- assess, set */

static int episode_read(struct verb_context *v, struct store_row *row)
{
    uint64_t id;
    char shown[WORD_SHOWN_BYTES];
    snprintf(shown, sizeof shown, "%s", v->args.pos[0]);
    int err = args_number(v->args.pos[0], 1, INT64_MAX, &id) ? SAM_ENOTFOUND : author_row(v, SAM_EPISODE, id, row);
    return err == SAM_ENOTFOUND ? verb_refuse(v, SAM_TEXT_EPISODE_NONE, shown) : err;
}

/* No assessment and no deadline lies before the referral. */
static int days_check(struct verb_context *v, const struct sam_row *said, const struct sam_row *was)
{
    static const struct {
        unsigned field;
        enum sam_text_id early;
    } days[] = {{SAM_EPISODE_assessed_day, SAM_TEXT_EPISODE_ASSESSED_EARLY},
                {SAM_EPISODE_deadline_day, SAM_TEXT_EPISODE_DEADLINE_EARLY}};
    const struct sam_row *from = sam_row_has(said, SAM_EPISODE_referral_day) ? said : was;
    for (unsigned i = 0; i < sizeof days / sizeof *days; i++) {
        const struct sam_row *at = sam_row_has(said, days[i].field) ? said : was;
        if (sam_row_has(at, days[i].field) && sam_row_has(from, SAM_EPISODE_referral_day) &&
            sam_row_num(at, days[i].field) < sam_row_num(from, SAM_EPISODE_referral_day))
            return verb_refuse(v, days[i].early);
    }
    return VERB_OK;
}

static int episode_say(struct verb_context *v, const struct value_option *options, unsigned count)
{
    struct store_row was;
    struct sam_op op;
    int err = episode_read(v, &was);
    if (err)
        return err;
    author_set(v, &op, &was.row.key);
    err = value_given(v, options, count, &op.row);
    if (!err && !sam_row_units(&op.row))
        return verb_usage(v);
    if (!err)
        err = days_check(v, &op.row, &was.row);
    value_whole(&op.row, &was.row);
    if (!err)
        err = author_apply(v, &op);
    if (err)
        return err;
    access_person(v, sam_row_person(&was.row));
    report_num(&v->report, "id", (int64_t)was.row.key.part[0]);
    report_num(&v->report, "csn", (int64_t)store_csn(v->st));
    report_tell(&v->report, SAM_TEXT_EPISODE_SAID, (unsigned long long)was.row.key.part[0]);
    return VERB_OK;
}

int verb_episode_assess(struct verb_context *v)
{
    static const struct value_option options[] = {
        {"date", SAM_EPISODE_assessed_day}, {"right", SAM_EPISODE_entitled}, {"deadline", SAM_EPISODE_deadline_day}};
    if (!args_get(&v->args, "date") || !args_get(&v->args, "right"))
        return verb_usage(v);
    return episode_say(v, options, sizeof options / sizeof *options);
}

int verb_episode_set(struct verb_context *v)
{
    static const struct value_option options[] = {{"first-contact", SAM_EPISODE_first_contact_day},
                                                  {"goal", SAM_EPISODE_goal},
                                                  {"outcome", SAM_EPISODE_outcome},
                                                  {"target", SAM_EPISODE_target_group},
                                                  {"source", SAM_EPISODE_source},
                                                  {"referred", SAM_EPISODE_referral_day}};
    return episode_say(v, options, sizeof options / sizeof *options);
}

/* ---- list */

struct listing {
    struct verb_context *v;
    struct people people; /* none: everybody's */
    uint64_t clinic;      /* 0: of every clinic */
    uint64_t count;
};

static const unsigned told[] = {
    SAM_EPISODE_referral_day, SAM_EPISODE_source,   SAM_EPISODE_target_group, SAM_EPISODE_goal,
    SAM_EPISODE_assessed_day, SAM_EPISODE_entitled, SAM_EPISODE_deadline_day, SAM_EPISODE_first_contact_day,
    SAM_EPISODE_outcome};
enum { REFERRAL_FIRST = 0, ASSESSMENT_FIRST = 4, COURSE_FIRST = 7, TOLD = sizeof told / sizeof *told };

/* Some of what is told, on one line; what nobody said is left out. */
static void line(struct verb_context *v, const struct sam_row *row, unsigned first, unsigned end)
{
    char text[2 * VALUE_BYTES_MAX] = "", one[VALUE_BYTES_MAX];
    enum sam_text_set set;
    for (unsigned i = first; i < end; i++) {
        bool word = value_words(SAM_EPISODE, told[i], &set) != NULL;
        if (!sam_row_has(row, told[i]))
            continue;
        value_of_field(v, row, told[i], one);
        value_join(text, sizeof text, ", ", word ? one : value_field(v->lang, sam_entity_find(SAM_EPISODE), told[i]));
        if (!word)
            value_join(text, sizeof text, " ", one);
    }
    if (text[0])
        report_say(&v->report, "  %s\n", text);
}

static void episode_people(struct verb_context *v, const struct sam_row *row)
{
    char person[SAM_NAME_BYTES_MAX + 1], clinic[SAM_NAME_BYTES_MAX + 1];
    author_name(v, SAM_PARTICIPANT, sam_row_person(row), SAM_PARTICIPANT_name, person, sizeof person);
    author_name(v, SAM_ORG_UNIT, (uint64_t)sam_row_num(row, SAM_EPISODE_org), SAM_ORG_UNIT_name, clinic, sizeof clinic);
    report_tell(&v->report, SAM_TEXT_EPISODE_HEAD, (unsigned long long)row->key.part[0], person, clinic);
    line(v, row, REFERRAL_FIRST, ASSESSMENT_FIRST);
    line(v, row, ASSESSMENT_FIRST, COURSE_FIRST);
    line(v, row, COURSE_FIRST, TOLD);
}

static void episode_json(struct verb_context *v, const struct sam_row *row)
{
    struct report *r = &v->report;
    report_cell_num(r, (int64_t)row->key.part[0]);
    report_cell_num(r, (int64_t)sam_row_person(row));
    report_cell_num(r, sam_row_num(row, SAM_EPISODE_org));
    for (unsigned i = 0; i < TOLD; i++)
        value_cell(v, row, told[i]);
}

static int episode_row(void *ctx, const struct store_row *row)
{
    struct listing *l = ctx;
    uint64_t org = (uint64_t)sam_row_num(&row->row, SAM_EPISODE_org);
    if ((l->people.count && !people_has(&l->people, sam_row_person(&row->row))) || (l->clinic && org != l->clinic))
        return 0;
    l->count++;
    if (l->v->report.json)
        episode_json(l->v, &row->row);
    else
        episode_people(l->v, &row->row);
    return 0;
}

int verb_episode_list(struct verb_context *v)
{
    static const struct report_column columns[] = {
        {"id", SAM_TEXT_COL_ID},       {"participant", SAM_TEXT_COL_ID},   {"clinic", SAM_TEXT_COL_ID},
        {"referred", SAM_TEXT_COL_ID}, {"source", SAM_TEXT_COL_ID},        {"target", SAM_TEXT_COL_ID},
        {"goal", SAM_TEXT_COL_ID},     {"assessed", SAM_TEXT_COL_ID},      {"right", SAM_TEXT_COL_ID},
        {"deadline", SAM_TEXT_COL_ID}, {"first_contact", SAM_TEXT_COL_ID}, {"outcome", SAM_TEXT_COL_ID}};
    struct listing l = {.v = v};
    uint64_t person = 0;
    const char *clinic = args_get(&v->args, "clinic");
    int err = clinic ? author_clinic(v, clinic, &l.clinic) : 0;
    if (!err && v->args.pos_count)
        err = author_participant(v, v->args.pos[0], &person);
    if (!err && v->args.pos_count)
        err = people_of(v->st, person, &l.people);
    if (err)
        return err;
    if (v->report.json)
        report_table(&v->report, columns, sizeof columns / sizeof *columns);
    err = author_each(v, SAM_EPISODE, episode_row, &l);
    if (v->args.pos_count)
        access_person(v, person);
    else
        access_list(v, 0, l.count);
    if (!err && v->report.json)
        report_table_end(&v->report);
    return err;
}
