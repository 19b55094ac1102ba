/* Who has completed a course, who broke it off, and where enrolments say something else. Nothing is changed: a person decides. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/course.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SHOWN_BYTES = 60, NAME_LETTERS = 22 };

static const char *const words_verdict[] = {"under-way", "completed", "interrupted", "cannot-be-said", NULL};
static const char *const words_why[] = {"",          "ended",     "misses",          "unknown",
                                        "none-held", "end-score", "no-intervention", NULL};

struct completion {
    struct verb_context *v;
    struct course_person *p;
    struct course *c;
    bool of_person;
    uint64_t group; /* that was asked for; 0: a person was */
    unsigned count, differ;
};

/* ---- a row */

static void cell(struct report *r, const char *text)
{
    report_cell_text(r, text, strlen(text));
}

/* Of a group its people are told, of a person the groups. */
static void whose_cell(struct completion *l)
{
    uint64_t group = l->c->stay[l->c->stay_count - 1].group;
    char name[SAM_NAME_BYTES_MAX + 1], cut[SAM_NAME_BYTES_MAX + 1];
    if (l->of_person && !l->v->report.json)
        author_name(l->v, SAM_GROUP, group, SAM_GROUP_name, name, sizeof name);
    else
        author_name(l->v, SAM_PARTICIPANT, l->c->person, SAM_PARTICIPANT_name, name, sizeof name);
    value_cut(cut, sizeof cut, name, l->v->report.json ? SAM_NAME_BYTES_MAX : NAME_LETTERS);
    cell(&l->v->report, cut);
}

static void course_cells(struct completion *l)
{
    struct report *r = &l->v->report;
    const struct course *c = l->c;
    whose_cell(l);
    report_cell_num(r, c->verdict.held);
    report_cell_num(r, c->verdict.attended);
    report_cell_num(r, c->verdict.unknown);
    report_cell_num(r, c->verdict.in_row);
    bool asked = c->version.rule.needs_end_score;
    report_cell_word(r,
                     c->end_score ? "yes"
                     : asked      ? "no"
                                  : "not-needed",
                     c->end_score ? sam_text(r->lang, SAM_TEXT_VALUE_YES)
                     : asked      ? sam_text(r->lang, SAM_TEXT_VALUE_NO)
                                  : "-");
}

static void verdict_cells(struct completion *l)
{
    struct report *r = &l->v->report;
    const struct course *c = l->c;
    unsigned status = c->stay[c->stay_count - 1].status;
    char shown[VALUE_BYTES_MAX];
    snprintf(shown, sizeof shown, "%s", sam_text_of(r->lang, SAM_TEXT_SET_COMPLETION, c->verdict.what));
    if (c->verdict.why)
        value_join(shown, sizeof shown, ": ", sam_text_of(r->lang, SAM_TEXT_SET_COMPLETION_WHY, c->verdict.why));
    report_cell_word(r, words_verdict[c->verdict.what], shown);
    snprintf(shown, sizeof shown, "%s%s", sam_text_of(r->lang, SAM_TEXT_SET_ENROLMENT, (int)status),
             c->differs ? " (!)" : "");
    report_cell_word(r, word_of(words_enrolment, status), shown);
}

static void program_cells(struct completion *l)
{
    struct report *r = &l->v->report;
    const struct course *c = l->c;
    const struct course_stay *last = &c->stay[c->stay_count - 1];
    char name[SAM_NAME_BYTES_MAX + 1] = "";
    bool elsewhere = r->page && l->group && last->group != l->group; /* a page of this group tells of no other one */
    report_cell_word(r, words_why[c->verdict.why], "");
    report_cell_num(r, c->differs);
    report_cell_num(r, (int64_t)c->person);
    if (!elsewhere)
        author_name(l->v, SAM_GROUP, last->group, SAM_GROUP_code, name, sizeof name);
    cell(r, name);
    report_cell_num(r, elsewhere ? 0 : (int64_t)last->group);
    report_cell_num(r, elsewhere ? 0 : (int64_t)last->episode);
    report_cell_num(r, (int64_t)c->version.code);
    report_cell_num(r, (int64_t)c->version.version);
    report_cell_num(r, c->stay_count);
    report_cell_num(r, c->verdict.missed);
    report_cell_num(r, c->verdict.longest);
}

static int course_row(struct completion *l, unsigned at)
{
    int err = course_of(l->v, l->p, at, l->c);
    if (err)
        return err;
    course_cells(l);
    verdict_cells(l);
    if (l->v->report.json)
        program_cells(l);
    l->count++;
    l->differ += l->c->differs;
    return 0;
}

/* ---- whose */

/* Is it the last enrolment of its course? Each course is told once, there. */
static bool tells(const struct course_person *p, unsigned at)
{
    const struct course_stay *s = &p->stay[at];
    for (unsigned i = at + 1; i < p->count && s->episode && s->code; i++)
        if (p->stay[i].episode == s->episode && p->stay[i].code == s->code)
            return false;
    return true;
}

static int of_person(struct completion *l, uint64_t person)
{
    int err = course_person(l->v, person, l->p);
    for (unsigned i = 0; !err && i < l->p->count; i++)
        if (tells(l->p, i))
            err = course_row(l, i);
    return err;
}

struct enrolled {
    struct completion *l;
    uint64_t group;
};

static int enrolled_each(void *ctx, const struct store_row *row)
{
    struct enrolled *e = ctx;
    struct course_person *p = e->l->p;
    int err = course_person(e->l->v, row->row.key.part[1], p);
    for (unsigned i = 0; !err && i < p->count; i++)
        if (p->stay[i].group == e->group)
            return course_row(e->l, i);
    return err;
}

/* A group, or a person where no group is called so. */
static int word_find_either(struct verb_context *v, uint64_t *group, uint64_t *person)
{
    char shown[WORD_SHOWN_BYTES];
    int err = author_group(v, v->args.pos[0], group);
    if (err == VERB_REFUSED)
        err = author_participant(v, v->args.pos[0], person);
    if (err != VERB_REFUSED)
        return err;
    snprintf(shown, sizeof shown, "%s", v->args.pos[0]);
    return verb_refuse(v, SAM_TEXT_COMPLETION_NOBODY, shown);
}

static int table(struct completion *l, uint64_t group, uint64_t person)
{
    static const struct report_column columns[] = {{"person", SAM_TEXT_COL_PERSON},
                                                   {"held", SAM_TEXT_COL_SESSIONS_HELD},
                                                   {"attended", SAM_TEXT_COL_ATTENDED},
                                                   {"unknown", SAM_TEXT_COL_UNKNOWN},
                                                   {"in_row", SAM_TEXT_COL_IN_ROW},
                                                   {"end_score", SAM_TEXT_COL_END_SCORE},
                                                   {"verdict", SAM_TEXT_COL_FOLLOWS},
                                                   {"status", SAM_TEXT_COL_ENROLMENT},
                                                   {"why", SAM_TEXT_COL_FOLLOWS},
                                                   {"differs", SAM_TEXT_COL_FOLLOWS},
                                                   {"participant", SAM_TEXT_COL_ID},
                                                   {"group", SAM_TEXT_COL_GROUP},
                                                   {"group_id", SAM_TEXT_COL_ID},
                                                   {"episode", SAM_TEXT_COL_ID},
                                                   {"code", SAM_TEXT_COL_CODE},
                                                   {"version", SAM_TEXT_COL_VERSION},
                                                   {"enrolments", SAM_TEXT_COL_ENROLMENT},
                                                   {"missed", SAM_TEXT_COL_MISSES},
                                                   {"longest", SAM_TEXT_COL_IN_ROW}};
    enum { FOR_PEOPLE = 8 };
    struct verb_context *v = l->v;
    struct enrolled e = {.l = l, .group = group};
    struct report_column shown[FOR_PEOPLE];
    memcpy(shown, columns, sizeof shown);
    shown[0].shown = group ? SAM_TEXT_COL_PERSON : SAM_TEXT_COL_GROUP;
    l->of_person = !group;
    l->group = group;
    report_table(&v->report, v->report.json ? columns : shown,
                 v->report.json ? sizeof columns / sizeof *columns : FOR_PEOPLE);
    int err = group ? author_each_of(v, SAM_ENROLMENT, group, enrolled_each, &e) : of_person(l, person);
    if (err)
        return err;
    if (group)
        access_list(v, group, l->count);
    else
        access_person(v, person);
    report_table_end(&v->report);
    if (l->differ)
        report_tell(&v->report, SAM_TEXT_COMPLETION_DIFFER, (int)l->differ);
    return VERB_OK;
}

int verb_completion(struct verb_context *v)
{
    uint64_t group = 0, person = 0;
    struct completion l = {.v = v, .p = calloc(1, sizeof *l.p), .c = calloc(1, sizeof *l.c)};
    int err = l.p && l.c ? word_find_either(v, &group, &person) : SAM_ENOMEM;
    if (!err)
        err = table(&l, group, person);
    free(l.p);
    free(l.c);
    return err;
}
