/* Participants. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/intake/people.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

struct enrolment {
    struct author_enrolment e;
    uint64_t birth_year;
};

/* What is said of each of them alike. */
static int enrolment_read(struct verb_context *v, struct enrolment *e)
{
    static const struct value_option options[] = {
        {"status", SAM_ENROLMENT_status}, {"start", SAM_ENROLMENT_start_day}, {"end", SAM_ENROLMENT_end_day}};
    const char *group = args_get(&v->args, "group");
    struct sam_row said;
    if (!group || args_uint(&v->args, "planned", 1, 60, &e->e.planned) ||
        args_uint(&v->args, "episode", 1, INT64_MAX, &e->e.episode) ||
        args_uint(&v->args, "birth-year", 1900, 2100, &e->birth_year))
        return verb_usage(v);
    sam_row_init(&said, SAM_ENROLMENT);
    int err = value_given(v, options, sizeof options / sizeof *options, &said);
    e->e.has_status = sam_row_has(&said, SAM_ENROLMENT_status);
    e->e.status = (uint64_t)sam_row_num(&said, SAM_ENROLMENT_status);
    e->e.has_start = sam_row_has(&said, SAM_ENROLMENT_start_day);
    e->e.start = (int32_t)sam_row_num(&said, SAM_ENROLMENT_start_day);
    e->e.has_end = sam_row_has(&said, SAM_ENROLMENT_end_day);
    e->e.end = (int32_t)sam_row_num(&said, SAM_ENROLMENT_end_day);
    return err ? err : author_group(v, group, &e->e.group);
}

static int person_add(struct verb_context *v, struct enrolment *e, const char *name)
{
    int err = author_person(v, name, e->birth_year, &e->e.participant);
    if (!err)
        err = author_enrol(v, &e->e);
    if (err)
        return err;
    access_person(v, e->e.participant);
    report_cell_num(&v->report, (int64_t)e->e.participant);
    report_cell_text(&v->report, name, strlen(name));
    return 0;
}

int verb_participant_add(struct verb_context *v)
{
    static const struct report_column columns[] = {{"id", SAM_TEXT_COL_ID}, {"name", SAM_TEXT_COL_NAME}};
    struct enrolment e = {0};
    const char *prefix = args_get(&v->args, "prefix"), *one = args_get(&v->args, "name");
    uint64_t count = 0;
    if (args_uint(&v->args, "count", 1, 10000, &count) || (v->args.pos_count > 0) + (count > 0) + (one != NULL) != 1)
        return verb_usage(v);
    int err = enrolment_read(v, &e);
    report_table(&v->report, columns, 2);
    if (one && !err)
        err = person_add(v, &e, one);
    for (unsigned i = 0; i < v->args.pos_count && !err; i++)
        err = person_add(v, &e, v->args.pos[i]);
    for (uint64_t i = 1; i <= count && !err; i++) {
        char name[SAM_NAME_BYTES_MAX + 1];
        snprintf(name, sizeof name, "%.100s %03llu", prefix ? prefix : "Deltaker", (unsigned long long)i);
        err = person_add(v, &e, name);
    }
    if (err)
        return err;
    report_table_end(&v->report);
    return VERB_OK;
}

int verb_participant_enrol(struct verb_context *v)
{
    struct enrolment e = {0};
    int err = enrolment_read(v, &e);
    err = err ? err : author_words(v, &e.e.seen_csn);
    e.e.keep = args_has(&v->args, "keep");
    for (unsigned i = 0; i < v->args.pos_count && !err; i++) {
        err = author_participant(v, v->args.pos[i], &e.e.participant);
        if (!err)
            err = people_root(v->st, e.e.participant, &e.e.participant);
        if (!err)
            err = author_enrol(v, &e.e);
        if (!err)
            access_person(v, e.e.participant);
    }
    if (err)
        return err;
    report_num(&v->report, "enrolled", v->args.pos_count);
    report_tell(&v->report, SAM_TEXT_ADM_ENROLLED, (int)v->args.pos_count);
    return VERB_OK;
}

struct person_list {
    struct verb_context *v;
    uint64_t within; /* a group or a clinic, 0: all */
    uint64_t count;
};

static int person_row(void *ctx, const struct store_row *row)
{
    struct person_list *l = ctx;
    struct report *r = &l->v->report;
    if (l->within) {
        struct store_row enrolment;
        struct sam_key key = {.entity = SAM_ENROLMENT, .part = {l->within, row->row.key.part[0]}};
        int err = store_row_get(l->v->st, &key, &enrolment);
        if (err || !enrolment.exists || enrolment.dead > 0)
            return err;
    }
    report_cell_num(r, (int64_t)row->row.key.part[0]);
    author_cell(r, row, SAM_PARTICIPANT_name);
    report_cell_num(r, sam_row_num(&row->row, SAM_PARTICIPANT_birth_year));
    l->count++;
    return 0;
}

int verb_participant_list(struct verb_context *v)
{
    static const struct report_column columns[] = {
        {"id", SAM_TEXT_COL_ID}, {"name", SAM_TEXT_COL_NAME}, {"birth_year", SAM_TEXT_COL_BORN}};
    struct person_list l = {.v = v};
    const char *group = args_get(&v->args, "group");
    int err = group ? author_group(v, group, &l.within) : 0;
    if (err)
        return err;
    report_table(&v->report, columns, 3);
    err = author_each(v, SAM_PARTICIPANT, person_row, &l);
    access_list(v, l.within, l.count);
    if (!err)
        report_table_end(&v->report);
    return err;
}
