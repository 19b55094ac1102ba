/* Where a demo plays: clinics with made-up places for names, the people who work there, their tablets and their groups. */
#include "server/admin/demo_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "server/admin/demo.h"

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

enum { COURSE_WEEKS = 8 };
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
    return thursday + 7 * (int32_t)(g->clinic % COURSE_WEEKS);
}

unsigned demo_course_day(const struct demo *d, const struct demo_group_state *g, int32_t day)
{
    int32_t since = day - course_first(d, g);
    if (since < 0 || since % (7 * COURSE_WEEKS) > 1)
        return 0;
    return (unsigned)(since % (7 * COURSE_WEEKS)) + 1;
}

int32_t demo_course_next(const struct demo *d, const struct demo_group_state *g, int32_t from)
{
    while (demo_course_day(d, g, from) != 1)
        from++;
    return from;
}

static int course_day_plan(struct demo *d, const struct demo_group_state *g, int32_t day)
{
    uint64_t session;
    int err = store_session_on(d->v->st, g->id, day, &session);
    return err == SAM_ENOTFOUND ? demo_say_session(d->v, g->id, day, g->start_min, g->end_min) : err;
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
    unsigned again = i / PLACES + 1; /* more clinics than places: the second Testnes */
    snprintf(c->code, sizeof c->code, again > 1 ? "%s%u" : "%s", places[i % PLACES].code, again);
    snprintf(c->name, sizeof c->name, again > 1 ? "%s %u" : "%s", places[i % PLACES].name, again);
    return demo_say_clinic(d->v, c->code, c->name, i < 2 ? POLYCLINIC : SATELLITE, &c->id);
}

static int user_make(struct demo *d, const struct demo_clinic_state *c, const char *title, unsigned role, uint64_t *id)
{
    char name[SAM_NAME_BYTES_MAX + 1];
    snprintf(name, sizeof name, "%s %s", title, c->name);
    return demo_say_user(d->v, c->id, name, role, id);
}

/* A polyclinic has a network every day; out in the country it is every few days, or when somebody drives past one. */
static int tablets_make(struct demo *d, unsigned i)
{
    static const unsigned every_days[] = {1, 1, 1, 2, 2, 5, 3, 7, 1, 4, 7, 10, 5, 14, 2, 9};
    struct demo_clinic_state *c = &d->clinic[i];
    int err = 0;
    for (unsigned k = 0; k < DEMO_TABLETS && !err; k++) {
        char label[SAM_NAME_BYTES_MAX + 1], title[32];
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
    group_names(d, g, again, code, name);
    return demo_say_group(d->v,
                          &(struct demo_group_row){.clinic = d->clinic[g->clinic].id,
                                                   .code = code,
                                                   .name = name,
                                                   .kind = g->kind,
                                                   .weekday = g->weekday,
                                                   .start_min = g->start_min,
                                                   .end_min = g->end_min,
                                                   .first_day = d->first},
                          &g->id);
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
