#include "import.h"

#include "dates.h"
#include "import_roll.h"
#include "word.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOON = 12 * 60, AM_START = 9 * 60, PM_START = 13 * 60 };
enum { UNKNOWN = 0, PRESENT = 1, NO_SHOW = 3 };
enum { CANCELLED = 2 }; /* session */

/* ---- what a row says by itself */

/* Exactly one group of that id, code or name; never one that only begins so. */
static enum import_refusal group_find(const struct import *p, const char *word, const struct samling_group **out)
{
    uint64_t id;
    unsigned hits = 0;
    bool is_number = cli_args_number(word, 1, UINT64_MAX, &id);
    *out = NULL;
    if (!*word)
        return IMPORT_NO_GROUP;
    for (size_t i = 0; i < p->group_count; i++) {
        const struct samling_group *g = &p->groups[i];
        if (is_number && g->id == id) {
            *out = g;
            return IMPORT_FINE;
        }
        if (!sam_csv_same(word, g->code) && !sam_csv_same(word, g->name))
            continue;
        *out = g;
        hits++;
    }
    return hits == 1 ? IMPORT_FINE : hits ? IMPORT_MANY_GROUPS : IMPORT_UNKNOWN_GROUP;
}

/* 1 Monday … 7; 0: not a weekday */
static int weekday_of(const char *text)
{
    static const char *const days[] = {"mon|monday|man|mandag",    "tue|tues|tuesday|tir|tirs|tirsdag",
                                       "wed|wednesday|ons|onsdag", "thu|thur|thurs|thursday|tor|tors|torsdag",
                                       "fri|friday|fre|fredag",    "sat|saturday|lør|lørdag",
                                       "sun|sunday|søn|søndag"};
    char plain[32];
    size_t n = strlen(text);
    if (n && text[n - 1] == '.')
        n--;
    snprintf(plain, sizeof plain, "%.*s", n < sizeof plain ? (int)n : 0, text);
    for (int i = 0; i < 7; i++)
        if (sam_csv_one_of(plain, days[i]))
            return i + 1;
    return 0;
}

static enum import_refusal day_read(const struct import *p, const char *text, int32_t *day)
{
    int weekday = weekday_of(text);
    if (weekday && !p->has_week)
        return IMPORT_NO_WEEK;
    if (weekday)
        *day = p->monday + weekday - 1;
    else if (!cli_date_parse(text, day))
        return IMPORT_BAD_DAY;
    if (*day > p->today)
        return IMPORT_FUTURE;
    return *day < p->today - IMPORT_BACK_DAYS ? IMPORT_PAST : IMPORT_FINE;
}

static enum import_refusal time_read(const char *text, int *when)
{
    *when = WHEN_ANY;
    if (!*text)
        return IMPORT_FINE;
    if (sam_csv_one_of(text, "am|a.m.|formiddag"))
        *when = WHEN_AM;
    else if (sam_csv_one_of(text, "pm|p.m.|ettermiddag|kveld"))
        *when = WHEN_PM;
    else if (!cli_time_parse(text, when))
        return IMPORT_BAD_TIME;
    return IMPORT_FINE;
}

/* An empty cell says nothing, which is not "was not there". */
static enum import_refusal attended_read(const char *text, int *presence)
{
    *presence = UNKNOWN;
    if (!*text || cli_word_to_presence(text, presence))
        return IMPORT_FINE;
    if (sam_csv_one_of(text, "1|x|ja|j|yes|y|true|sann"))
        *presence = PRESENT;
    else if (sam_csv_one_of(text, "0|nei|n|no|false|usann"))
        *presence = NO_SHOW;
    else
        return IMPORT_BAD_ATTENDED;
    return IMPORT_FINE;
}

/* ---- slots */

/* IMPORT_SESSIONS_MAX: there are too many already. */
static size_t slot_of(struct import *p, const struct samling_group *group, int32_t day, int when)
{
    for (size_t i = p->slots; i-- > 0;)
        if (p->slot[i].group == group && p->slot[i].day == day && p->slot[i].when == when)
            return i;
    if (p->slots == IMPORT_SESSIONS_MAX)
        return p->slots;
    if (p->slots == p->slot_room) {
        p->slot_room = p->slot_room ? 2 * p->slot_room : 32;
        p->slot = cli_out_grow(p->slot, p->slot_room * sizeof *p->slot);
    }
    p->slot[p->slots] = (struct import_slot){.group = group, .day = day, .when = when, .start = -1};
    return p->slots++;
}

static void slot_take(struct import_slot *s, size_t row)
{
    if (s->rows == s->room) {
        s->room = s->room ? 2 * s->room : 16;
        s->row = cli_out_grow(s->row, s->room * sizeof *s->row);
    }
    s->row[s->rows++] = row;
}

static bool fits(int when, int start)
{
    if (when == WHEN_ANY || start < 0)
        return true;
    return when == WHEN_AM ? start < NOON : when == WHEN_PM ? start >= NOON : start == when;
}

/* A session to be made begins when the sheet says, or when the group does if that fits; AM and PM alone say no minute. */
static int start_of(const struct import_slot *s)
{
    if (s->when >= 0)
        return s->when;
    if (s->group->start_min >= 0 && fits(s->when, s->group->start_min))
        return s->group->start_min;
    return s->when == WHEN_AM ? AM_START : s->when == WHEN_PM ? PM_START : -1;
}

/* The session that the slot means, if one is there. */
static void slot_session(struct import_slot *s, const struct samling_session *all, size_t count)
{
    unsigned hits = 0, cancelled = 0, planned = 0;
    for (size_t i = 0; i < count; i++) {
        if (all[i].day != s->day)
            continue;
        bool is_off = all[i].status == CANCELLED;
        planned += all[i].planned && !is_off;
        if (!fits(s->when, all[i].start_min))
            continue;
        cancelled += is_off;
        hits += !is_off;
        if (!is_off) {
            s->session = all[i].id;
            s->untimed = all[i].start_min < 0;
        }
    }
    if (hits > 1)
        s->refusal = IMPORT_MANY_SESSIONS;
    else if (hits == 0 && planned)
        s->refusal = IMPORT_OTHER_TIME;
    else if (hits == 0 && cancelled)
        s->refusal = IMPORT_CANCELLED;
    else if (hits == 0)
        s->start = start_of(s);
}

/* Other rows of the day tell the time, and this one less: which of the sessions is meant? Or they tell several, and the one session
 * that is there none, so all of them would be that one. */
static bool is_vague(const struct import *p, const struct import_slot *s)
{
    for (size_t i = 0; (s->when < 0 || s->untimed) && i < p->slots; i++) {
        const struct import_slot *o = &p->slot[i];
        if (o != s && o->group == s->group && o->day == s->day &&
            (s->untimed || s->when == WHEN_ANY || (o->when >= 0 && fits(s->when, o->when))))
            return true;
    }
    return false;
}

/* ---- persons of a slot */

static void refuse(struct import_row *row, enum import_refusal why, uint32_t other)
{
    row->outcome = IMPORT_REFUSED;
    row->refusal = why;
    row->other = other;
}

/* Read at the first stranger of the group. An exit code. */
static int guests_of(struct import *p, const struct samling_group *group, struct roll **out)
{
    *out = &p->guests[group - p->groups];
    if ((*out)->is_read)
        return 0;
    (*out)->is_read = true;
    return import_roll_guests(p, group, *out);
}

/* Somebody who is not in the group: a walk-in, where that is asked for and the person came. Who was its guest before, in what was
 * imported until something stopped it or in last week's sheet, is that person again. */
static int judge_stranger(struct import *p, const struct import_slot *s, struct roll *r, size_t at)
{
    struct import_row *row = &p->row[at];
    struct known *guest;
    struct roll *guests;
    bool may = p->walk_in && row->presence == PRESENT;
    int code = may ? guests_of(p, s->group, &guests) : 0;
    unsigned hits = may && !code ? import_roll_find(guests, row->person, &guest) : 0;
    if (!p->walk_in)
        refuse(row, IMPORT_NOT_IN_GROUP, 0);
    else if (row->presence != PRESENT)
        refuse(row, IMPORT_ABSENT_STRANGER, 0);
    else if (strlen(row->person) > IMPORT_NAME_BYTES_MAX)
        refuse(row, IMPORT_LONG_NAME, 0);
    else if (hits > 1)
        refuse(row, IMPORT_MANY_PERSONS, hits);
    else {
        struct known *k = import_roll_add(r, hits ? guest->id : 0, row->person);
        k->row = p->t.row[at].number;
        k->says = PRESENT;
        row->participant = k->id;
        row->outcome = IMPORT_WALK_IN;
    }
    return code;
}

static int judge(struct import *p, const struct import_slot *s, struct roll *r, size_t at)
{
    struct import_row *row = &p->row[at];
    struct known *k;
    unsigned hits = import_roll_find(r, row->person, &k);
    if (hits == 0)
        return judge_stranger(p, s, r, at);
    if (hits > 1) {
        refuse(row, IMPORT_MANY_PERSONS, hits);
        return 0;
    }
    row->participant = k->id;
    if (k->row && k->says != row->presence)
        refuse(row, IMPORT_DIFFERS, k->row);
    else if (k->row)
        row->outcome = IMPORT_TWICE;
    else if (k->presence >= 0 && k->presence != row->presence)
        refuse(row, IMPORT_MARKED, (uint32_t)k->presence);
    else
        row->outcome = k->presence >= 0 ? IMPORT_THERE : IMPORT_MARK;
    if (!k->row && row->outcome != IMPORT_REFUSED) {
        k->row = p->t.row[at].number;
        k->says = row->presence;
    }
    return 0;
}

static int slot_judge(struct import *p, struct import_slot *s)
{
    struct roll roll = {0};
    int r = s->refusal ? 0 : import_roll_open(p, s, &roll);
    for (size_t i = 0; i < s->rows && !r; i++) {
        struct import_row *row = &p->row[s->row[i]];
        if (s->refusal)
            refuse(row, s->refusal, 0);
        else
            r = judge(p, s, &roll, s->row[i]);
        s->marks += row->outcome == IMPORT_MARK || row->outcome == IMPORT_WALK_IN;
    }
    import_roll_close(&roll);
    return r;
}

static int slot_plan(struct import *p, struct import_slot *s)
{
    struct samling_session *all = NULL;
    size_t count = 0;
    int err = samling_sessions(p->c->s, s->group->id, &all, &count);
    if (err)
        return cli_fail_sdk(p->c, err);
    slot_session(s, all, count);
    samling_list_free(all);
    if (!s->refusal && is_vague(p, s))
        s->refusal = IMPORT_VAGUE_TIME;
    return slot_judge(p, s);
}

/* ---- all rows */

static enum import_refusal row_read(struct import *p, size_t at)
{
    struct import_row *row = &p->row[at];
    const struct samling_group *group;
    int32_t day = 0;
    int when = WHEN_ANY;
    if (p->t.row[at].fault)
        return IMPORT_UNREADABLE;
    row->person = sam_csv_cell(&p->t, at, p->person);
    enum import_refusal why = group_find(p, sam_csv_cell(&p->t, at, p->group), &group);
    if (!why && !*row->person)
        why = IMPORT_NO_PERSON;
    if (!why)
        why = day_read(p, sam_csv_cell(&p->t, at, p->day), &day);
    if (!why)
        why = time_read(sam_csv_cell(&p->t, at, p->time), &when);
    if (!why)
        why = attended_read(sam_csv_cell(&p->t, at, p->attended), &row->presence);
    row->outcome = row->presence == UNKNOWN ? IMPORT_BLANK : IMPORT_MARK;
    if (why || row->outcome == IMPORT_BLANK)
        return why;
    row->slot = slot_of(p, group, day, when);
    if (row->slot == IMPORT_SESSIONS_MAX)
        return IMPORT_TOO_MANY_SESSIONS;
    slot_take(&p->slot[row->slot], at);
    return IMPORT_FINE;
}

int import_plan(struct import *p)
{
    int r = 0, err = samling_groups(p->c->s, &p->groups, &p->group_count);
    if (err)
        return cli_fail_sdk(p->c, err);
    p->row = cli_out_grow(NULL, (p->t.rows + 1) * sizeof *p->row);
    memset(p->row, 0, (p->t.rows + 1) * sizeof *p->row);
    p->guests = cli_out_grow(NULL, (p->group_count + 1) * sizeof *p->guests);
    memset(p->guests, 0, (p->group_count + 1) * sizeof *p->guests);
    for (size_t i = 0; i < p->t.rows; i++) {
        enum import_refusal why = row_read(p, i);
        if (why)
            refuse(&p->row[i], why, 0);
    }
    for (size_t i = 0; i < p->slots && !r; i++)
        r = slot_plan(p, &p->slot[i]);
    for (size_t i = 0; i < p->t.rows; i++)
        p->count[p->row[i].outcome]++;
    return r;
}

void import_fini(struct import *p)
{
    for (size_t i = 0; i < p->slots; i++)
        free(p->slot[i].row);
    free(p->slot);
    free(p->row);
    for (size_t i = 0; p->guests && i < p->group_count; i++)
        import_roll_close(&p->guests[i]);
    free(p->guests);
    samling_list_free(p->groups);
    sam_csv_fini(&p->t);
}

/* ---- why */

static const struct {
    const char *word;
    enum sam_text_id text;
} refusals[] = {
    [IMPORT_FINE] = {"fine", SAM_TEXT_CSV_FINE},
    [IMPORT_UNREADABLE] = {"unreadable", SAM_TEXT_CSV_FINE},
    [IMPORT_NO_GROUP] = {"no-group", SAM_TEXT_IMPORT_NO_GROUP},
    [IMPORT_UNKNOWN_GROUP] = {"unknown-group", SAM_TEXT_IMPORT_STRANGE_GROUP},
    [IMPORT_MANY_GROUPS] = {"ambiguous-group", SAM_TEXT_IMPORT_SEVERAL_GROUPS},
    [IMPORT_NO_PERSON] = {"no-person", SAM_TEXT_IMPORT_NO_NAME},
    [IMPORT_BAD_DAY] = {"day", SAM_TEXT_IMPORT_BAD_DAY},
    [IMPORT_NO_WEEK] = {"no-week", SAM_TEXT_IMPORT_NO_WEEK},
    [IMPORT_FUTURE] = {"future", SAM_TEXT_IMPORT_FUTURE},
    [IMPORT_PAST] = {"past", SAM_TEXT_IMPORT_PAST},
    [IMPORT_BAD_TIME] = {"time", SAM_TEXT_IMPORT_BAD_TIME},
    [IMPORT_BAD_ATTENDED] = {"attended", SAM_TEXT_IMPORT_BAD_ATTENDED},
    [IMPORT_TOO_MANY_SESSIONS] = {"too-many-sessions", SAM_TEXT_IMPORT_TOO_MANY_SESSIONS},
    [IMPORT_VAGUE_TIME] = {"vague-time", SAM_TEXT_IMPORT_VAGUE_TIME},
    [IMPORT_MANY_SESSIONS] = {"ambiguous-session", SAM_TEXT_IMPORT_MANY_SESSIONS},
    [IMPORT_OTHER_TIME] = {"planned-otherwise", SAM_TEXT_IMPORT_OTHER_TIME},
    [IMPORT_CANCELLED] = {"cancelled", SAM_TEXT_IMPORT_CANCELLED},
    [IMPORT_NOT_IN_GROUP] = {"not-in-group", SAM_TEXT_IMPORT_NOT_IN_GROUP},
    [IMPORT_MANY_PERSONS] = {"ambiguous-person", SAM_TEXT_IMPORT_MANY_PERSONS},
    [IMPORT_ABSENT_STRANGER] = {"absent-stranger", SAM_TEXT_IMPORT_ABSENT_STRANGER},
    [IMPORT_LONG_NAME] = {"long-name", SAM_TEXT_IMPORT_LONG_NAME},
    [IMPORT_DIFFERS] = {"differs", SAM_TEXT_IMPORT_DIFFERS_MARK},
    [IMPORT_MARKED] = {"marked-otherwise", SAM_TEXT_IMPORT_MARKED},
};

const char *import_refusal_word(enum import_refusal refusal)
{
    return refusals[refusal].word;
}

void import_refusal_text(const struct import *p, size_t row, char *out, size_t size)
{
    const struct import_row *r = &p->row[row];
    enum sam_text_id text = refusals[r->refusal].text;
    switch (r->refusal) {
    case IMPORT_UNREADABLE: snprintf(out, size, "%s", cli_of(p->c, SAM_TEXT_SET_CSV, (int)p->t.row[row].fault)); break;
    case IMPORT_DIFFERS:
    case IMPORT_MANY_PERSONS: cli_words(p->c, out, size, text, (int)r->other); break;
    case IMPORT_TOO_MANY_SESSIONS: cli_words(p->c, out, size, text, (int)IMPORT_SESSIONS_MAX); break;
    case IMPORT_MARKED: cli_words(p->c, out, size, text, cli_of(p->c, SAM_TEXT_SET_PRESENCE, (int)r->other)); break;
    default: cli_words(p->c, out, size, text);
    }
}
