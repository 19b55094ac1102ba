#include "server/admin/demo.h"

#include "proto/base/err.h"
#include "server/admin/author.h"

#include <stdio.h>
#include <string.h>

#define WEEK 7

struct demo_clinic {
    const char *code, *name;
    unsigned kind; /* words_org_kind */
};

static const struct demo_clinic clinics[] = {
    {"porsgrunn", "Porsgrunn", 2}, {"sandnessjoen", "Sandnessjøen", 2}, {"bronnoysund", "Brønnøysund", 3},
    {"mosjoen", "Mosjøen", 3},     {"mo-i-rana", "Mo i Rana", 3},       {"notodden", "Notodden", 3},
};

enum { MOVEMENT, MASTERY, COURSE };

struct demo_group {
    unsigned clinic; /* index above */
    const char *code, *name;
    unsigned kind, weekday;
    int start_min, end_min;
    unsigned persons;
};

static const struct demo_group groups[] = {
    {0, "por-bev-man", "Bevegelsesgruppe mandag", MOVEMENT, 1, 10 * 60, 11 * 60, 12},
    {0, "por-bev-ons", "Bevegelsesgruppe onsdag", MOVEMENT, 3, 17 * 60, 18 * 60, 12},
    {0, "por-mestring", "Mestringsgruppe", MASTERY, 2, 12 * 60, 14 * 60, 8},
    {0, "por-kurs", "Todagerskurs", COURSE, 0, 9 * 60, 15 * 60, 16},
    {1, "san-bev-tir", "Bevegelsesgruppe tirsdag", MOVEMENT, 2, 10 * 60, 11 * 60, 12},
    {1, "san-mestring", "Mestringsgruppe", MASTERY, 4, 12 * 60, 14 * 60, 8},
    {2, "bro-bev-tor", "Bevegelsesgruppe torsdag", MOVEMENT, 4, 16 * 60 + 30, 17 * 60 + 30, 9},
    {3, "mos-bev-fre", "Bevegelsesgruppe fredag", MOVEMENT, 5, 9 * 60, 10 * 60, 9},
    {4, "mo-bev-man", "Bevegelsesgruppe mandag", MOVEMENT, 1, 13 * 60, 14 * 60, 10},
    {5, "not-bev-ons", "Bevegelsesgruppe onsdag", MOVEMENT, 3, 14 * 60, 15 * 60, 7},
};

#define CLINICS (sizeof clinics / sizeof *clinics)
#define GROUPS (sizeof groups / sizeof *groups)

struct demo {
    struct verb_context *v;
    uint64_t clinic[CLINICS];
    unsigned person; /* numbered through the whole demo */
};

static int users_make(struct demo *d, unsigned clinic)
{
    char name[SAM_NAME_BYTES_MAX + 1];
    static const struct {
        const char *title, *role;
    } user[] = {
        {"Fysioterapeut 1", "physiotherapist"}, {"Fysioterapeut 2", "physiotherapist"}, {"Koordinator", "coordinator"}};
    int err = 0;
    for (unsigned i = 0; i < sizeof user / sizeof *user && !err; i++) {
        uint64_t role = 0, id;
        snprintf(name, sizeof name, "%s %s", user[i].title, clinics[clinic].name);
        err = word_find(words_role, SAM_TEXT_SET_ROLE, user[i].role, &role);
        if (!err)
            err = demo_say_user(d->v, d->clinic[clinic], name, (unsigned)role, &id);
    }
    return err;
}

static int person_make(struct demo *d, uint64_t group)
{
    struct sam_op op;
    uint64_t id;
    char name[32];
    int err = author_begin(d->v, &op, SAM_PARTICIPANT, &id);
    if (err)
        return err;
    snprintf(name, sizeof name, "Deltaker %03u", ++d->person);
    author_text(&op, SAM_PARTICIPANT_name, name);
    sam_row_set(&op.row, SAM_PARTICIPANT_birth_year, 1955 + d->person * 7 % 50);
    sam_row_set(&op.row, SAM_PARTICIPANT_active, 1);
    err = author_apply(d->v, &op);
    return err ? err : author_enrol(d->v, &(struct author_enrolment){.group = group, .participant = id, .planned = 12});
}

/* The two days of the course: the next Thursday and Friday. 1970-01-01 was a Thursday. */
static int course_make(struct demo *d, uint64_t group, const struct demo_group *g, int32_t today)
{
    int32_t first = today + (WEEK - today % WEEK) % WEEK;
    int err = 0;
    for (int32_t day = first; day < first + 2 && !err; day++)
        err = demo_say_session(d->v, group, day, g->start_min, g->end_min);
    return err;
}

static int group_make(struct demo *d, const struct demo_group *g)
{
    uint64_t id;
    int32_t today = (int32_t)(intake_now_s(d->v->in) / 86400);
    const struct demo_group_row row = {.clinic = d->clinic[g->clinic],
                                       .code = g->code,
                                       .name = g->name,
                                       .kind = g->kind,
                                       .weekday = g->weekday,
                                       .start_min = g->start_min,
                                       .end_min = g->end_min,
                                       .first_day = today - 2 * WEEK};
    int err = demo_say_group(d->v, &row, &id);
    if (!err && g->kind == COURSE)
        err = course_make(d, id, g, today);
    for (unsigned i = 0; i < g->persons && !err; i++)
        err = person_make(d, id);
    return err;
}

static int all_make(struct demo *d)
{
    int err = 0;
    for (unsigned i = 0; i < CLINICS && !err; i++)
        err = demo_say_clinic(d->v, clinics[i].code, clinics[i].name, clinics[i].kind, &d->clinic[i]);
    for (unsigned i = 0; i < CLINICS && !err; i++)
        err = users_make(d, i);
    for (unsigned i = 0; i < GROUPS && !err; i++)
        err = group_make(d, &groups[i]);
    return err ? err : author_plan(d->v);
}

int demo_make(struct verb_context *v)
{
    struct demo d = {.v = v};
    int err = intake_begin(v->in);
    if (err)
        return err;
    err = all_make(&d);
    if (err) {
        intake_rollback(v->in);
        return err;
    }
    err = intake_commit(v->in);
    if (err)
        return err;
    report_num(&v->report, "clinics", CLINICS);
    report_num(&v->report, "groups", GROUPS);
    report_num(&v->report, "participants", d.person);
    report_tell(&v->report, SAM_TEXT_ADM_DEMO, v->home->dir, (int)CLINICS, (int)GROUPS, (int)d.person);
    return VERB_OK;
}
