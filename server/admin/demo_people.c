/* Who takes part: one person's way through the groups of a clinic, from the referral to the end, and what the centre says of
 * it on the way. First the course, then a movement group, and for some a mastery group or a second movement group beside it
 * (DOMAIN: programme = ordered set of groups with a planned dose). */
#include "server/admin/demo_int.h"

#include <stdio.h>

/* Shares in percent; sessions; days. Of those who begin, some 14 % break off, as drop-out in such groups goes. */
enum { DECLINE = 5, NEVER_COME = 4, BREAK_OFF = 14, IN_MASTERY = 60, IN_SECOND = 30, AT_THE_START = 12, IN_ERROR = 1 };
enum { MOVEMENT_SESSIONS = 16, MASTERY_SESSIONS = 8, COURSE_SESSIONS = 2, MISSED_MAX = 3, RETURN_DAYS = 28 };
enum { OFFER_DAYS = 7, START_DAYS = 15, LAST_REFERRALS_DAYS = 5 };

/* ---- names: given ones are common, surnames are words for something that is only made up */

void demo_name(unsigned number, bool walk_in, char out[DEMO_NAME_BYTES])
{
    static const char *const given[] = {"Kari",  "Ola",   "Anne",   "Per",   "Ingrid",  "Lars",   "Marit",  "Nils",
                                        "Liv",   "Jon",   "Astrid", "Knut",  "Solveig", "Arne",   "Berit",  "Odd",
                                        "Turid", "Geir",  "Randi",  "Tor",   "Gunn",    "Svein",  "Hilde",  "Rolf",
                                        "Tone",  "Leif",  "Sissel", "Egil",  "Grete",   "Magne",  "Aud",    "Stein",
                                        "Bodil", "Trond", "Eli",    "Terje", "Unni",    "Harald", "Wenche", "Asbjørn"};
    static const char *const family[] = {"Testesen",   "Prøvesen",   "Eksempelsen", "Liksomsen",  "Påhittsen",
                                         "Øvingsen",   "Tenktesen",  "Kladdesen",   "Skissesen",  "Mønstersen",
                                         "Demosen",    "Oppdiktsen", "Utkastsen",   "Attrappsen", "Kulissesen",
                                         "Fantasisen", "Modellsen",  "Skinnsen",    "Papirsen",   "Lekesen"};
    /* a prime below the number of pairs, so that no clinic's share of the numbers falls on few names */
    enum { GIVEN = sizeof given / sizeof *given, FAMILY = sizeof family / sizeof *family, PAIRS = 797, STEP = 37 };
    _Static_assert((int)PAIRS <= (int)GIVEN * (int)FAMILY, "each pair is there");
    unsigned i = number % PAIRS * STEP % PAIRS, again = number / PAIRS + 1;
    const char *surname = walk_in ? "Innomsen" : family[i / GIVEN];
    snprintf(out, DEMO_NAME_BYTES, again > 1 ? "%s %s %u" : "%s %s", given[i % GIVEN], surname, again);
}

/* ---- a way through the groups, drawn before it is gone */

static int group_pick(struct demo *d, unsigned clinic, unsigned kind, int other_than)
{
    unsigned at[DEMO_GROUPS_MAX], count = 0;
    for (unsigned i = 0; i < d->choice.groups; i++)
        if (d->group[i].clinic == clinic && d->group[i].kind == kind && (int)i != other_than)
            at[count++] = i;
    return count ? (int)at[demo_dice(d, count)] : -1;
}

static int32_t weekday_from(int32_t day, unsigned weekday)
{
    return day + (int32_t)((weekday + 7 - demo_weekday(day)) % 7);
}

static struct demo_stay *stay_add(struct demo *d, struct demo_person *p, int group, int32_t from, unsigned planned)
{
    struct demo_stay *s = &p->stay[p->stay_count];
    if (group < 0)
        return NULL;
    const struct demo_group_state *g = &d->group[group];
    p->stay_count++;
    *s = (struct demo_stay){.group = (unsigned)group, .planned = (uint8_t)planned, .asked_day = p->day};
    s->first_day = g->kind == DEMO_COURSE ? demo_course_next(d, g, from) : weekday_from(from, g->weekday);
    s->status = p->day + OFFER_DAYS > s->first_day - START_DAYS ? DEMO_OFFERED : DEMO_WAITING_LIST;
    return s;
}

static void way_draw(struct demo *d, struct demo_person *p)
{
    int32_t from = p->day + (p->day > d->first ? START_DAYS : 1);
    const struct demo_stay *course = stay_add(d, p, group_pick(d, p->clinic, DEMO_COURSE, -1), from, COURSE_SESSIONS);
    if (course && course->first_day - from < 3 * 7) /* nobody waits two months for a course before they may move */
        from = course->first_day + 3;
    int movement = group_pick(d, p->clinic, DEMO_MOVEMENT, -1);
    struct demo_stay *main = stay_add(d, p, movement, from, MOVEMENT_SESSIONS);
    if (demo_chance(d, IN_MASTERY))
        stay_add(d, p, group_pick(d, p->clinic, DEMO_MASTERY, -1), from + 7, MASTERY_SESSIONS);
    if (demo_chance(d, IN_SECOND))
        stay_add(d, p, group_pick(d, p->clinic, DEMO_MOVEMENT, movement), from, MOVEMENT_SESSIONS);
    if (main && demo_chance(d, BREAK_OFF))
        main->quits_after = (uint8_t)(2 + demo_dice(d, 6));
}

static void person_draw(struct demo *d, unsigned number, int32_t day)
{
    struct demo_person *p = &d->person[number];
    *p = (struct demo_person){.number = number,
                              .clinic = number % (unsigned)d->choice.clinics,
                              .day = day,
                              .will = (uint8_t)(74 + demo_dice(d, 22)),
                              .gain = (uint8_t)demo_dice(d, 6),
                              .load_hg = (uint16_t)(50 + 25 * demo_dice(d, 5))};
    for (unsigned i = 0; i < sizeof p->level; i++)
        p->level[i] = (uint8_t)(2 + demo_dice(d, 5));
    way_draw(d, p);
}

/* Some stand on the list when the centre begins, the others come evenly over the days, the last ones just now. */
void demo_people_draw(struct demo *d)
{
    unsigned count = (unsigned)d->choice.participants, early = count * AT_THE_START / 100;
    int32_t span = d->choice.until - d->first - LAST_REFERRALS_DAYS;
    for (unsigned i = 0; i < count; i++)
        person_draw(d, i, i < early ? d->first : d->first + (int32_t)((int64_t)span * (i - early) / (count - early)));
}

/* ---- what the centre says of it */

static int enrolment_say(struct demo *d, const struct demo_person *p, const struct demo_stay *s, int32_t end_day,
                         int reason)
{
    struct sam_op op = {.kind = SAM_OP_SET, .claimed_s = *d->clock};
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = d->group[s->group].id;
    op.row.key.part[1] = p->id;
    sam_row_set(&op.row, SAM_ENROLMENT_status, s->status);
    if (!s->named) {
        sam_row_set(&op.row, SAM_ENROLMENT_planned_sessions, s->planned);
        sam_row_set(&op.row, SAM_ENROLMENT_start_day, s->first_day);
    }
    if (end_day)
        sam_row_set(&op.row, SAM_ENROLMENT_end_day, end_day);
    if (reason)
        sam_row_set(&op.row, SAM_ENROLMENT_end_reason, reason);
    return author_apply(d->v, &op);
}

static int referred(struct demo *d, struct demo_person *p)
{
    char name[DEMO_NAME_BYTES];
    demo_name(p->number, false, name);
    int err = author_person(d->v, name, 1958 + demo_dice(d, 48), &p->id);
    for (unsigned i = 0; i < p->stay_count && !err; i++) {
        err = enrolment_say(d, p, &p->stay[i], 0, 0);
        p->stay[i].named = true;
    }
    return err;
}

/* A place on the list becomes an offer, and an offer a start or nothing. */
static int offered(struct demo *d, struct demo_person *p, struct demo_stay *s)
{
    if (s->status == DEMO_WAITING_LIST && d->day == s->asked_day + OFFER_DAYS) {
        s->status = DEMO_OFFERED;
        return enrolment_say(d, p, s, 0, 0);
    }
    if (s->status != DEMO_OFFERED || d->day < s->first_day - START_DAYS + 1)
        return 0;
    if (demo_chance(d, IN_ERROR))
        s->status = DEMO_IN_ERROR;
    else
        s->status = demo_chance(d, DECLINE) ? DEMO_DECLINED : DEMO_WAITING_START;
    if (s->status == DEMO_WAITING_START && demo_chance(d, NEVER_COME))
        s->quits_after = UINT8_MAX;
    return enrolment_say(d, p, s, 0, 0);
}

/* Who missed three in a row and did not come back in four weeks has left (DOMAIN 4.3). */
static int left(struct demo *d, struct demo_person *p, struct demo_stay *s)
{
    bool begun = s->status == DEMO_ATTENDING, waits = s->status == DEMO_WAITING_START;
    if ((!begun && !waits) || s->missed < MISSED_MAX || s->end_day != d->day)
        return 0;
    s->status = begun ? DEMO_DISCONTINUED : DEMO_NEVER_CAME;
    return enrolment_say(d, p, s, s->end_day - RETURN_DAYS, demo_chance(d, 70) ? DEMO_STAYED_AWAY : DEMO_MOVED_ON);
}

int demo_people_day(struct demo *d)
{
    int err = 0;
    while (!err && d->known < d->choice.participants && d->person[d->known].day <= d->day)
        err = referred(d, &d->person[d->known++]);
    for (unsigned i = 0; i < d->known && !err; i++)
        for (unsigned k = 0; k < d->person[i].stay_count && !err; k++) {
            struct demo_stay *s = &d->person[i].stay[k];
            if (s->missed == MISSED_MAX && !s->end_day)
                s->end_day = d->day + RETURN_DAYS;
            err = offered(d, &d->person[i], s);
            if (!err)
                err = left(d, &d->person[i], s);
        }
    return err;
}
