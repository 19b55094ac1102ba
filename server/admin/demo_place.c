/* Where a demo plays: clinics with made-up places for names, the people who work there, their tablets and their groups. */
#include "server/admin/demo_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdio.h>

static const struct {
    const char *code, *name;
} places[] = {{"tes", "Testnes"},  {"pro", "Prøvevik"},   {"ovi", "Øvingsfjord"}, {"eks", "Eksempelmo"},
              {"lik", "Liksomøy"}, {"ten", "Tenkteberg"}, {"pah", "Påhittdal"},   {"dem", "Demostrand"}};

/* What a clinic offers, group by group; the row after the last one is the first again. */
static const struct {
    unsigned kind;
    int start_min, end_min;
} offers[] = {{DEMO_MOVEMENT, 10 * 60, 11 * 60},
              {DEMO_MOVEMENT, 17 * 60, 18 * 60},
              {DEMO_MASTERY, 12 * 60, 14 * 60},
              {DEMO_COURSE, 9 * 60, 15 * 60},
              {DEMO_MOVEMENT, 13 * 60, 14 * 60}};

enum { PLACES = sizeof places / sizeof *places, OFFERS = sizeof offers / sizeof *offers };
enum {
    POLYCLINIC = 2,
    SATELLITE = 3,
    PHYSIOTHERAPIST = 0,
    COORDINATOR = 8,
    MOVEMENT_PLACES = 16,
    EVENING_MIN = 16 * 60
};

/* ---- courses: two days that follow each other, every eighth week, no two clinics in one week as far as weeks go */

static int32_t course_first(const struct demo *d, const struct demo_group_state *g)
{
    int32_t thursday = d->first + 21 - (int32_t)(demo_weekday(d->first) + 3) % 7;
    return thursday + 7 * (int32_t)(g->clinic % DEMO_COURSE_WEEKS);
}

unsigned demo_course_day(const struct demo *d, const struct demo_group_state *g, int32_t day)
{
    int32_t since = day - course_first(d, g);
    if (since < 0 || since % (7 * DEMO_COURSE_WEEKS) > 1)
        return 0;
    return (unsigned)(since % (7 * DEMO_COURSE_WEEKS)) + 1;
}

int32_t demo_course_next(const struct demo *d, const struct demo_group_state *g, int32_t from)
{
    while (demo_course_day(d, g, from) != 1)
        from++;
    return from;
}

static int course_day_plan(struct demo *d, const struct demo_group_state *g, int32_t day)
{
    struct sam_op op;
    uint64_t session;
    int err = store_session_on(d->v->st, g->id, day, &session);
    if (err != SAM_ENOTFOUND)
        return err;
    err = author_begin(d->v, &op, SAM_SESSION, &session);
    if (err)
        return err;
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)g->id);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    sam_row_set(&op.row, SAM_SESSION_status, DEMO_PLANNED);
    sam_row_set(&op.row, SAM_SESSION_start_min, g->start_min);
    sam_row_set(&op.row, SAM_SESSION_end_min, g->end_min);
    return author_apply(d->v, &op);
}

int demo_courses_plan(struct demo *d)
{
    int err = 0;
    for (unsigned i = 0; i < d->choice.groups && !err; i++) {
        const struct demo_group_state *g = &d->group[i];
        for (int32_t day = d->day; g->kind == DEMO_COURSE && day <= d->day + SAM_WINDOW_AHEAD_DAYS && !err; day++)
            if (demo_course_day(d, g, day))
                err = course_day_plan(d, g, day);
    }
    return err;
}

/* ---- making */

static int clinic_make(struct demo *d, unsigned i)
{
    struct demo_clinic_state *c = &d->clinic[i];
    struct sam_op op;
    unsigned again = i / PLACES + 1; /* more clinics than places: the second Testnes */
    snprintf(c->code, sizeof c->code, again > 1 ? "%s%u" : "%s", places[i % PLACES].code, again);
    snprintf(c->name, sizeof c->name, again > 1 ? "%s %u" : "%s", places[i % PLACES].name, again);
    int err = author_begin(d->v, &op, SAM_ORG_UNIT, &c->id);
    if (err)
        return err;
    author_text(&op, SAM_ORG_UNIT_name, c->name);
    author_text(&op, SAM_ORG_UNIT_code, c->code);
    sam_row_set(&op.row, SAM_ORG_UNIT_kind, i < 2 ? POLYCLINIC : SATELLITE);
    sam_row_set(&op.row, SAM_ORG_UNIT_active, 1);
    return author_apply(d->v, &op);
}

static int user_make(struct demo *d, const struct demo_clinic_state *c, const char *title, int64_t role, uint64_t *id)
{
    char name[SAM_NAME_BYTES_MAX + 1];
    struct sam_op op;
    int err = author_begin(d->v, &op, SAM_USER, id);
    if (err)
        return err;
    snprintf(name, sizeof name, "%s %s", title, c->name);
    author_text(&op, SAM_USER_name, name);
    sam_row_set(&op.row, SAM_USER_role, role);
    sam_row_set(&op.row, SAM_USER_org, (int64_t)c->id);
    sam_row_set(&op.row, SAM_USER_active, 1);
    return author_apply(d->v, &op);
}

/* A polyclinic has a network every day; out in the country it is every few days, or when somebody drives past one. */
static int tablets_make(struct demo *d, unsigned i)
{
    static const unsigned every_days[] = {1, 1, 1, 2, 2, 5, 3, 7, 1, 4, 7, 10, 5, 14, 2, 9};
    struct demo_clinic_state *c = &d->clinic[i];
    int err = 0;
    for (unsigned k = 0; k < DEMO_TABLETS && !err; k++) {
        char label[SAM_NAME_BYTES_MAX + 1], title[SAM_NAME_BYTES_MAX + 1];
        struct demo_tablet *t = &c->tablet[k];
        t->every_days = every_days[(i * DEMO_TABLETS + k) % (sizeof every_days / sizeof *every_days)];
        snprintf(label, sizeof label, "%s %u", c->name, k + 1);
        snprintf(title, sizeof title, "Fysioterapeut %u", k + 1);
        err = user_make(d, c, title, PHYSIOTHERAPIST, &t->user);
        if (!err)
            err = demo_tablet_join(d, t, c->id, label);
    }
    return err;
}

static void group_names(const struct demo *d, const struct demo_group_state *g, unsigned again, char *code, char *name)
{
    static const char *const kind_code[] = {"bev", "mestring", "kurs"},
                             *const kind_name[] = {"Bevegelsesgruppe", "Mestringsgruppe", "Todagerskurs"},
                             *const day_code[] = {"", "-man", "-tir", "-ons", "-tor", "-fre"},
                             *const day_name[] = {"", " mandag", " tirsdag", " onsdag", " torsdag", " fredag"};
    const char *evening = g->start_min >= EVENING_MIN ? " kveld" : "";
    char number[16] = "";
    if (again > 1)
        snprintf(number, sizeof number, "-%u", again);
    snprintf(code, SAM_NAME_BYTES_MAX, "%s-%s%s%s%s", d->clinic[g->clinic].code, kind_code[g->kind],
             day_code[g->weekday], *evening ? "-kveld" : "", number);
    snprintf(name, SAM_NAME_BYTES_MAX, "%s%s%s%s%s", kind_name[g->kind], day_name[g->weekday], evening,
             again > 1 ? " " : "", number + (again > 1));
}

static int group_say(struct demo *d, struct demo_group_state *g, unsigned again)
{
    char code[SAM_NAME_BYTES_MAX], name[SAM_NAME_BYTES_MAX];
    struct sam_op op;
    int err = author_begin(d->v, &op, SAM_GROUP, &g->id);
    if (err)
        return err;
    group_names(d, g, again, code, name);
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)d->clinic[g->clinic].id);
    author_text(&op, SAM_GROUP_code, code);
    author_text(&op, SAM_GROUP_name, name);
    sam_row_set(&op.row, SAM_GROUP_kind, g->kind);
    sam_row_set(&op.row, SAM_GROUP_weekday, g->weekday);
    sam_row_set(&op.row, SAM_GROUP_start_min, g->start_min);
    sam_row_set(&op.row, SAM_GROUP_end_min, g->end_min);
    sam_row_set(&op.row, SAM_GROUP_first_day, d->first);
    sam_row_set(&op.row, SAM_GROUP_capacity, MOVEMENT_PLACES);
    sam_row_set(&op.row, SAM_GROUP_active, 1);
    return author_apply(d->v, &op);
}

/* Groups go to the clinics in turn; each clinic goes through the offers, on one weekday after the other. */
static int group_make(struct demo *d, unsigned i)
{
    struct demo_group_state *g = &d->group[i];
    unsigned clinics = (unsigned)d->choice.clinics;
    SAM_ASSERT(clinics > 0);
    unsigned slot = i / clinics;
    g->clinic = i % clinics;
    g->kind = offers[slot % OFFERS].kind;
    g->start_min = offers[slot % OFFERS].start_min;
    g->end_min = offers[slot % OFFERS].end_min;
    g->weekday = g->kind == DEMO_COURSE ? 0 : 1 + (3 * slot + slot / OFFERS + g->clinic + 1) % 5;
    g->tablet = slot % DEMO_TABLETS;
    return group_say(d, g, slot / OFFERS + 1);
}

int demo_places_make(struct demo *d)
{
    uint64_t coordinator;
    int err = 0;
    for (unsigned i = 0; i < d->choice.clinics && !err; i++)
        err = clinic_make(d, i);
    for (unsigned i = 0; i < d->choice.clinics && !err; i++) {
        err = tablets_make(d, i);
        if (!err)
            err = user_make(d, &d->clinic[i], "Koordinator", COORDINATOR, &coordinator);
    }
    for (unsigned i = 0; i < d->choice.groups && !err; i++)
        err = group_make(d, i);
    return err;
}
