#include "server/admin/demo_int.h"

#include "proto/base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAY_S = 86400, MORNING_MIN = 6 * 60, EVENING_MIN = 20 * 60, NIGHT_MIN = 22 * 60 };
enum { BODY_BYTES_MAX = 1 << 18, SILENT_DAYS = 45, SILENT_TABLET = DEMO_TABLETS - 1, LAST_WORKING_DAYS = 7 };

/* ---- dice: splitmix64, the same on every machine */

unsigned demo_dice(struct demo *d, unsigned sides)
{
    uint64_t x = d->random += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    x ^= x >> 31;
    return (unsigned)((x >> 32) * sides >> 32);
}

bool demo_chance(struct demo *d, unsigned percent)
{
    return demo_dice(d, 100) < percent;
}

/* ---- days */

int32_t demo_offset_min(const struct demo *d)
{
    return d->month >= 4 && d->month <= 10 ? 120 : 60; /* summer time, but for its first and last days */
}

int64_t demo_at(const struct demo *d, int minute)
{
    return (int64_t)d->day * DAY_S + (minute - demo_offset_min(d)) * 60;
}

void demo_date(int32_t day, unsigned *month, unsigned *of_month)
{
    time_t t = (time_t)day * DAY_S;
    struct tm tm = {0};
    bool known = gmtime_r(&t, &tm) != NULL;
    *month = known ? (unsigned)tm.tm_mon + 1 : 1;
    *of_month = known ? (unsigned)tm.tm_mday : 1;
}

static void day_begin(struct demo *d, int32_t day)
{
    unsigned of_month;
    d->day = day;
    demo_date(day, &d->month, &of_month);
    *d->clock = demo_at(d, MORNING_MIN);
}

/* The last week and a half of working days: what happens in them is what a new user looks at. */
static int32_t last_days(int32_t until)
{
    int32_t day = until;
    for (unsigned worked = 0; worked < LAST_WORKING_DAYS; worked += demo_weekday(day) <= 5 && !demo_holiday(day))
        day--;
    return day;
}

/* ---- who has a network tonight */

static bool syncs_today(const struct demo *d, const struct demo_tablet *t)
{
    bool first = d->day == d->first, last = d->day == d->choice.until - 1; /* who is away then never comes back */
    return !t->silent && (first || last || ((unsigned)(d->day - d->first) + t->every_days / 2) % t->every_days == 0);
}

/* The one that is not heard of any more said at its last contact that something waits, and then the line broke. */
static int silence(struct demo *d)
{
    struct demo_tablet *t = &d->clinic[d->choice.clinics - 1].tablet[SILENT_TABLET];
    if (d->choice.clinics < 2 || d->choice.until - d->day > SILENT_DAYS || t->silent || t->waiting == 0)
        return 0;
    t->silent = true;
    return demo_tablet_hello(d, t);
}

static int evening(struct demo *d)
{
    int err = 0;
    for (unsigned i = 0; i < d->choice.clinics * DEMO_TABLETS && !err; i++) {
        struct demo_tablet *t = &d->clinic[i / DEMO_TABLETS].tablet[i % DEMO_TABLETS];
        *d->clock = demo_at(d, EVENING_MIN) + i * 60;
        if (syncs_today(d, t))
            err = demo_tablet_sync(d, t);
    }
    return err;
}

static int morning(struct demo *d)
{
    int err = author_plan(d->v);
    if (!err)
        err = demo_courses_plan(d);
    if (!err)
        err = demo_people_day(d);
    return err ? err : demo_troubles_decide(d);
}

static int day_play(struct demo *d)
{
    int err = morning(d);
    if (!err)
        err = demo_sessions_day(d);
    if (!err)
        err = silence(d);
    return err ? err : evening(d);
}

/* Clinics, tablets and groups are there before the first day, and every tablet has seen them. */
static int beginning(struct demo *d)
{
    int err = demo_places_make(d);
    if (err)
        return err;
    demo_people_draw(d);
    err = morning(d);
    return err ? err : evening(d);
}

/* ${until}: what a centre does by itself that day, and nothing else. */
static int today(struct demo *d)
{
    *d->clock = (int64_t)d->choice.until * DAY_S;
    int err = author_plan(d->v);
    return err ? err : demo_courses_plan(d);
}

static int in_one(struct demo *d, int (*part)(struct demo *d))
{
    struct intake *in = d->v->in;
    int err = intake_begin(in);
    if (err)
        return err;
    err = part(d);
    if (!err)
        return intake_commit(in);
    intake_rollback(in);
    return err;
}

static void progress(const struct demo *d)
{
    struct intake_check at = {.done = (uint64_t)(d->day - d->first),
                              .total = d->choice.days,
                              .what = sam_text(d->v->lang, SAM_TEXT_ADM_DEMO_DAYS)};
    if (d->v->progress)
        d->v->progress(d->v->lang, &at);
}

static int play(struct demo *d)
{
    day_begin(d, d->first);
    int err = in_one(d, beginning);
    for (int32_t day = d->first + 1; day < d->choice.until && !err; day++) {
        progress(d);
        day_begin(d, day);
        err = in_one(d, day_play);
    }
    report_live_end(d->v->progress != NULL);
    if (err)
        return err;
    day_begin(d, d->choice.until);
    return in_one(d, today);
}

/* ---- what is asked for */

int demo_choose(struct verb_context *v, int64_t now_s, struct demo_choice *c)
{
    static const char *const option[] = {"seed", "clinics", "groups", "participants", "days", "until"};
    int32_t today = (int32_t)(now_s / DAY_S);
    bool any = false;
    *c = (struct demo_choice){.seed = 1, .clinics = 8, .groups = 40, .participants = 400, .days = 365, .until = today};
    for (unsigned i = 0; i < sizeof option / sizeof *option; i++)
        any |= args_has(&v->args, option[i]);
    if (args_uint(&v->args, "seed", 1, INT64_MAX, &c->seed) ||
        args_uint(&v->args, "clinics", 1, DEMO_CLINICS_MAX, &c->clinics) ||
        args_uint(&v->args, "groups", 1, DEMO_GROUPS_MAX, &c->groups) ||
        args_uint(&v->args, "participants", 1, DEMO_PARTICIPANTS_MAX, &c->participants) ||
        args_uint(&v->args, "days", DEMO_DAYS_MIN, DEMO_DAYS_MAX, &c->days) || args_date(&v->args, "until", &c->until))
        return verb_usage(v);
    if (c->until > today || c->until < DEMO_DAYS_MAX)
        return verb_refuse(v, SAM_TEXT_ADM_DEMO_UNTIL);
    if (c->participants > c->groups * DEMO_PER_GROUP_MAX)
        return verb_refuse(v, SAM_TEXT_ADM_DEMO_FULL, (int)DEMO_PER_GROUP_MAX);
    if (!any)
        c->days = 0;
    return VERB_OK;
}

int64_t demo_history_start(const struct demo_choice *c)
{
    return ((int64_t)c->until - (int64_t)c->days) * DAY_S;
}

/* ---- the whole */

static int session_count(void *ctx, const struct store_row *row)
{
    struct demo *d = ctx;
    int64_t status = sam_row_num(&row->row, SAM_SESSION_status);
    if (sam_row_num(&row->row, SAM_SESSION_day) < d->choice.until && status >= DEMO_PLANNED && status <= DEMO_CANCELLED)
        d->count.sessions[status]++;
    return 0;
}

static int mark_count(void *ctx, const struct store_row *row)
{
    struct demo *d = ctx;
    d->count.marks++;
    d->count.present += sam_row_num(&row->row, SAM_ATTENDANCE_presence) == DEMO_PRESENT;
    return 0;
}

static int one_count(void *ctx, const struct store_row *row)
{
    uint64_t *count = ctx;
    (void)row;
    ++*count;
    return 0;
}

static int count(struct demo *d)
{
    struct store_case c = {0};
    int err = author_each(d->v, SAM_SESSION, session_count, d);
    if (!err)
        err = author_each(d->v, SAM_ATTENDANCE, mark_count, d);
    if (!err)
        err = author_each(d->v, SAM_EXERCISE_SET, one_count, &d->count.sets);
    if (!err)
        err = author_each(d->v, SAM_SCORE_RESPONSE, one_count, &d->count.forms);
    while (!err && (err = store_case_next(d->v->st, c.no, true, &c)) == 0)
        d->count.cases++;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static void told(struct demo *d, int64_t ms)
{
    struct report *r = &d->v->report;
    const struct demo_count *n = &d->count;
    uint64_t sessions = n->sessions[DEMO_PLANNED] + n->sessions[DEMO_HELD] + n->sessions[DEMO_CANCELLED];
    report_num(r, "clinics", (int64_t)d->choice.clinics);
    report_num(r, "groups", (int64_t)d->choice.groups);
    report_num(r, "participants", (int64_t)d->choice.participants);
    report_num(r, "sessions", (int64_t)sessions);
    report_num(r, "held", (int64_t)n->sessions[DEMO_HELD]);
    report_num(r, "cancelled", (int64_t)n->sessions[DEMO_CANCELLED]);
    report_num(r, "marks", (int64_t)n->marks);
    report_num(r, "present", (int64_t)n->present);
    report_num(r, "sets", (int64_t)n->sets);
    report_num(r, "forms", (int64_t)n->forms);
    report_num(r, "walk_ins", (int64_t)n->walk_ins);
    report_num(r, "cases", (int64_t)n->cases);
    report_num(r, "ms", ms);
    report_num(r, "changes", (int64_t)store_csn(d->v->st));
    report_tell(r, SAM_TEXT_ADM_DEMO, d->v->home->dir, (int)d->choice.clinics, (int)d->choice.groups,
                (int)d->choice.participants);
    report_tell(r, SAM_TEXT_ADM_DEMO_HISTORY, (int)d->choice.days, (int)((ms + 999) / 1000),
                (unsigned long long)sessions, (unsigned long long)n->sessions[DEMO_CANCELLED],
                (unsigned long long)n->marks, (unsigned long long)n->sets, (unsigned long long)n->forms,
                (unsigned long long)n->cases);
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void demo_fini(struct demo *d)
{
    for (unsigned i = 0; i < DEMO_CLINICS_MAX * DEMO_TABLETS; i++)
        demo_tablet_fini(&d->clinic[i / DEMO_TABLETS].tablet[i % DEMO_TABLETS]);
    sam_buf_fini(&d->body);
    sam_buf_fini(&d->frame);
    sam_zip_free(d->zip);
    free(d->batch);
    free(d->person);
    free(d);
}

int demo_history_make(struct verb_context *v, const struct demo_choice *choice, int64_t *clock)
{
    struct demo *d = calloc(1, sizeof *d);
    int64_t began_ms = now_ms();
    if (!d)
        return SAM_ENOMEM;
    d->v = v;
    d->choice = *choice;
    d->clock = clock;
    d->random = choice->seed;
    d->first = choice->until - (int32_t)choice->days;
    d->show_from = last_days(choice->until);
    sam_buf_init(&d->body, BODY_BYTES_MAX);
    sam_buf_init(&d->frame, BODY_BYTES_MAX);
    d->zip = sam_zip_new();
    d->batch = calloc(1, sizeof *d->batch);
    d->person = calloc(choice->participants, sizeof *d->person);
    int err = d->zip && d->batch && d->person ? play(d) : SAM_ENOMEM;
    if (!err)
        err = count(d);
    if (!err)
        told(d, now_ms() - began_ms);
    demo_fini(d);
    return err;
}
