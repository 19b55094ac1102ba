/* What a session brings: it is held or not, who came, what they did, and what that means for their place in the group. */
#include "server/admin/demo_int.h"

#include "proto/base/err.h"

#include <string.h>

/* Shares in percent: of those who are not there, and of all. */
enum {
    NOTIFIED = 55,
    NO_SHOW = 30,
    LATE = 6,
    LEFT_EARLY = 3,
    ALL_PRESENT_BUTTON = 50,
    MINUTES_SAID = 60,
    CORRECTED = 20 /* of the no-shows */
};
enum { SNOW = 3, LEADER_ILL = 2, ENOUGH_PERCENT = 66 };
enum { SETS = 2, LOAD_STEP_HG = 25, LATE_MIN = 10 };

/* ---- whether it takes place */

bool demo_holiday(int32_t day)
{
    static const uint8_t fixed[][2] = {{1, 1}, {5, 1}, {5, 17}, {12, 24}, {12, 25}, {12, 26}, {12, 31}};
    unsigned month, of_month;
    demo_date(day, &month, &of_month);
    for (unsigned i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (month == fixed[i][0] && of_month == fixed[i][1])
            return true;
    return month == 7 && of_month >= 8 && of_month <= 28; /* three weeks of summer */
}

static void weather_draw(struct demo *d)
{
    bool winter = d->month >= 11 || d->month <= 3;
    for (unsigned i = 0; i < d->choice.clinics; i++)
        d->snow[i] = winter && demo_chance(d, SNOW);
}

static unsigned reason_today(struct demo *d, const struct demo_group_state *g, unsigned expected)
{
    if (demo_holiday(d->day))
        return DEMO_HOLIDAY;
    if (expected == 0)
        return DEMO_NOBODY;
    if (d->snow[g->clinic])
        return DEMO_WEATHER;
    return g->kind != DEMO_COURSE && demo_chance(d, LEADER_ILL) ? DEMO_LEADER_ILL : 0;
}

struct demo_tablet *demo_leader(struct demo *d, const struct demo_group_state *g, struct demo_tablet **other)
{
    struct demo_tablet *at = d->clinic[g->clinic].tablet, *own = &at[g->tablet], *second = &at[!g->tablet];
    if (own->silent) {
        *other = NULL;
        return second;
    }
    *other = second->silent ? NULL : second;
    return own;
}

/* ---- what the leader saves */

void demo_mark(const struct demo *d, const struct demo_tablet *t, uint64_t session, uint64_t person, int presence,
               int minute, struct sam_op *op)
{
    demo_tablet_op(d, t, op, SAM_ATTENDANCE, SAM_OP_SET, minute);
    op->row.key.part[0] = session;
    op->row.key.part[1] = person;
    sam_row_set(&op->row, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&op->row, SAM_ATTENDANCE_evidence, DEMO_TAPPED);
}

void demo_set(const struct demo *d, const struct demo_tablet *t, uint64_t session, uint64_t person, unsigned exercise,
              unsigned set_no, int minute, struct sam_op *op)
{
    demo_tablet_op(d, t, op, SAM_EXERCISE_SET, SAM_OP_SET, minute);
    op->row.key.part[0] = session;
    op->row.key.part[1] = person;
    op->row.key.part[2] = exercise;
    op->row.key.part[3] = set_no;
}

/* A session as its leader goes through it. */
struct sitting {
    const struct demo_group_state *g;
    struct demo_tablet *t;
    uint64_t session;
    int minute;                   /* of the day, as saving goes on */
    bool all;                     /* the leader began with "all present" */
    struct demo_person *somebody; /* who is there */
};

static int status_save(struct demo *d, const struct sitting *s, int status, unsigned reason)
{
    static const char *const theme[] = {"Søvn og hverdag", "Smerte og bevegelse", "Arbeid og balanse", "Stress og pust",
                                        "Veien videre"};
    struct sam_op op;
    demo_tablet_op(d, s->t, &op, SAM_SESSION, SAM_OP_SET, s->minute);
    op.row.key.part[0] = s->session;
    sam_row_set(&op.row, SAM_SESSION_status, status);
    if (reason)
        sam_row_set(&op.row, SAM_SESSION_reason, reason);
    if (s->g->kind == DEMO_MASTERY && status == DEMO_HELD)
        author_text(&op, SAM_SESSION_theme, theme[(unsigned)(d->day / 7) % (sizeof theme / sizeof *theme)]);
    return demo_tablet_save(s->t, &op);
}

static int enrolment_save(struct demo *d, const struct sitting *s, const struct demo_person *p, struct demo_stay *stay,
                          enum demo_status status)
{
    struct sam_op op;
    demo_tablet_op(d, s->t, &op, SAM_ENROLMENT, SAM_OP_SET, s->minute);
    op.row.key.part[0] = s->g->id;
    op.row.key.part[1] = p->id;
    stay->status = (uint8_t)status;
    sam_row_set(&op.row, SAM_ENROLMENT_status, status);
    if (status != DEMO_ATTENDING)
        sam_row_set(&op.row, SAM_ENROLMENT_end_day, d->day);
    return demo_tablet_save(s->t, &op);
}

/* An exercise for the legs and one for arms and back, by the code list that tablets name them by (text_exercise.def); the load
 * rises by a step every second time. */
static int sets_save(struct demo *d, const struct sitting *s, const struct demo_person *p, unsigned attended)
{
    static const uint8_t exercises[2][3] = {{1, 7, 8}, {11, 12, 13}};
    struct sam_op op;
    int err = 0;
    for (unsigned i = 0; i < 2 * SETS && !err; i++) {
        unsigned exercise = exercises[i / SETS][attended % 3];
        demo_set(d, s->t, s->session, p->id, exercise, 1 + i % SETS, s->minute, &op);
        sam_row_set(&op.row, SAM_EXERCISE_SET_reps, 8 + demo_dice(d, 5));
        sam_row_set(&op.row, SAM_EXERCISE_SET_load_hg, p->load_hg + LOAD_STEP_HG * (attended / 2 + 2 * (i / SETS)));
        sam_row_set(&op.row, SAM_EXERCISE_SET_pain, demo_dice(d, 5));
        err = demo_tablet_save(s->t, &op);
    }
    return err;
}

static int present_save(struct demo *d, struct sitting *s, const struct demo_person *p)
{
    struct sam_op op;
    int minutes = s->g->end_min - s->g->start_min;
    bool late = demo_chance(d, LATE), early = demo_chance(d, LEFT_EARLY);
    demo_mark(d, s->t, s->session, p->id, DEMO_PRESENT, s->minute, &op);
    if (s->all)
        sam_row_set(&op.row, SAM_ATTENDANCE_evidence, DEMO_ALL_PRESENT);
    if (late)
        sam_row_set(&op.row, SAM_ATTENDANCE_late, 1);
    if (early)
        sam_row_set(&op.row, SAM_ATTENDANCE_left_early, 1);
    if (demo_chance(d, MINUTES_SAID))
        sam_row_set(&op.row, SAM_ATTENDANCE_minutes, minutes - LATE_MIN * (late + early));
    return demo_tablet_save(s->t, &op);
}

/* Some of those who are marked as not there have told somebody else that they would not come: corrected a little later. */
static int absent_save(struct demo *d, struct sitting *s, const struct demo_person *p)
{
    struct sam_op op;
    unsigned how = demo_dice(d, 100);
    if (how >= NOTIFIED + NO_SHOW)
        return 0; /* nobody knows */
    int presence = how < NOTIFIED ? DEMO_NOTIFIED : DEMO_NO_SHOW;
    demo_mark(d, s->t, s->session, p->id, presence, s->minute, &op);
    if (presence == DEMO_NOTIFIED)
        sam_row_set(&op.row, SAM_ATTENDANCE_reason, 1 + demo_dice(d, 3));
    int err = demo_tablet_save(s->t, &op);
    if (err || presence == DEMO_NOTIFIED || !demo_chance(d, CORRECTED))
        return err;
    demo_mark(d, s->t, s->session, p->id, DEMO_NOTIFIED, s->g->end_min + 15, &op);
    return demo_tablet_save(s->t, &op);
}

/* ---- one person's part in it */

static bool comes(struct demo *d, const struct demo_person *p, const struct demo_stay *stay)
{
    if (stay->quits_after && (stay->quits_after == UINT8_MAX || stay->attended >= stay->quits_after))
        return false;
    return demo_chance(d, p->will);
}

static int came(struct demo *d, struct sitting *s, struct demo_person *p, struct demo_stay *stay)
{
    int err = present_save(d, s, p);
    if (!err && !stay->attended)
        err = enrolment_save(d, s, p, stay, DEMO_ATTENDING);
    if (!err && !p->consented)
        err = demo_consents_save(d, s->t, p, s->minute);
    if (!err && s->g->kind == DEMO_MOVEMENT) {
        err = sets_save(d, s, p, stay->attended);
        if (!err && !p->scored)
            err = demo_forms_save(d, s->t, p, 0, s->g->start_min);
        if (!err && stay->attended == stay->planned / 2)
            err = demo_forms_save(d, s->t, p, 1, s->g->end_min);
    }
    stay->attended++;
    stay->missed = 0;
    stay->end_day = 0;
    s->somebody = p;
    return err;
}

/* The last session of those that were planned: the end score is taken where they sit, and the place becomes free. */
static int ended(struct demo *d, struct sitting *s, struct demo_person *p, struct demo_stay *stay)
{
    int err = 0;
    if (s->g->kind == DEMO_MOVEMENT && p->scored && s->somebody == p)
        err = demo_forms_save(d, s->t, p, 2, s->g->end_min);
    enum demo_status status = !stay->attended                                           ? DEMO_NEVER_CAME
                              : stay->attended * 100 >= stay->expected * ENOUGH_PERCENT ? DEMO_COMPLETED
                                                                                        : DEMO_DISCONTINUED;
    return err ? err : enrolment_save(d, s, p, stay, status);
}

static bool expected_today(const struct demo *d, const struct demo_stay *stay, const struct demo_group_state *g)
{
    return &d->group[stay->group] == g && stay->first_day <= d->day &&
           (stay->status == DEMO_WAITING_START || stay->status == DEMO_ATTENDING);
}

static int part_take(struct demo *d, struct sitting *s, struct demo_person *p, struct demo_stay *stay)
{
    bool there = comes(d, p, stay);
    int err = there ? came(d, s, p, stay) : absent_save(d, s, p);
    stay->expected++;
    if (!there && stay->missed < UINT8_MAX)
        stay->missed++;
    s->minute += s->all ? 0 : 1;
    return !err && stay->expected >= stay->planned ? ended(d, s, p, stay) : err;
}

/* ---- a day */

static unsigned expected_count(const struct demo *d, const struct demo_group_state *g)
{
    unsigned count = 0;
    for (unsigned i = 0; i < d->known; i++)
        for (unsigned k = 0; k < d->person[i].stay_count; k++)
            count += expected_today(d, &d->person[i].stay[k], g);
    return count;
}

static int hold(struct demo *d, struct sitting *s)
{
    int err = status_save(d, s, DEMO_HELD, 0);
    s->all = demo_chance(d, ALL_PRESENT_BUTTON);
    for (unsigned i = 0; i < d->known && !err; i++) {
        struct demo_person *p = &d->person[i];
        for (unsigned k = 0; k < p->stay_count && !err; k++)
            if (expected_today(d, &p->stay[k], s->g))
                err = part_take(d, s, p, &p->stay[k]);
    }
    return err || !s->somebody ? err : demo_trouble_maybe(d, s->g, s->session, s->somebody);
}

static int session_play(struct demo *d, const struct demo_group_state *g)
{
    struct demo_tablet *other;
    struct sitting s = {.g = g, .minute = g->start_min};
    int err = store_session_on(d->v->st, g->id, d->day, &s.session);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    s.t = demo_leader(d, g, &other);
    unsigned reason = reason_today(d, g, expected_count(d, g));
    return reason ? status_save(d, &s, DEMO_CANCELLED, reason) : hold(d, &s);
}

int demo_sessions_day(struct demo *d)
{
    int err = 0;
    weather_draw(d);
    for (unsigned i = 0; i < d->choice.groups && !err; i++) {
        const struct demo_group_state *g = &d->group[i];
        if (g->kind == DEMO_COURSE ? demo_course_day(d, g, d->day) > 0 : g->weekday == demo_weekday(d->day))
            err = session_play(d, g);
    }
    return err;
}
