/* What the parts of a demo with history share: the world that is played, its dice, and how something is said. */
#ifndef ADMIN_DEMO_INT_H
#define ADMIN_DEMO_INT_H

#include "server/admin/author.h"
#include "server/admin/demo_history.h"

enum { DEMO_TABLETS = 2, DEMO_STAYS_MAX = 4, DEMO_TROUBLES_MAX = 64, DEMO_CODE_BYTES = 32, DEMO_NAME_BYTES = 64 };

/* The numbers of proto/samling.proto, and the codes of demo_history.h. */
enum demo_kind { DEMO_MOVEMENT, DEMO_MASTERY, DEMO_COURSE };
enum demo_session_status { DEMO_PLANNED, DEMO_HELD, DEMO_CANCELLED };
enum demo_session_reason { DEMO_WEATHER = 1, DEMO_LEADER_ILL, DEMO_HOLIDAY, DEMO_NOBODY };
enum demo_presence { DEMO_UNKNOWN, DEMO_PRESENT, DEMO_NOTIFIED, DEMO_NO_SHOW };
enum demo_evidence { DEMO_ALL_PRESENT = 1, DEMO_TAPPED };
enum demo_end_reason { DEMO_STAYED_AWAY = 1, DEMO_MOVED_ON };
enum demo_status {
    DEMO_WAITING_LIST,
    DEMO_OFFERED,
    DEMO_DECLINED,
    DEMO_WAITING_START,
    DEMO_ATTENDING,
    DEMO_COMPLETED,
    DEMO_DISCONTINUED,
    DEMO_NEVER_CAME,
    DEMO_NOT_RELEVANT,
    DEMO_IN_ERROR
};

/* A tablet as it is in its clinic: what it saved and has not sent, and how far it has seen. */
struct demo_tablet {
    uint64_t device_no, org, user;
    uint8_t key[SAM_KEY_BYTES];
    struct sam_mac_key *push_key, *hello_key;
    uint64_t seq, chain;          /* acked */
    uint64_t hellos, ids;         /* counters */
    uint64_t seen_csn;            /* at its last sync: the base of what it saves */
    struct sam_buf outbox, sizes; /* ops one after the other; how many bytes each has, uint16_t */
    unsigned waiting;
    unsigned every_days; /* how often it has a network */
    bool silent;         /* not heard of any more */
};

struct demo_clinic_state {
    uint64_t id;
    char code[DEMO_CODE_BYTES], name[DEMO_NAME_BYTES];
    struct demo_tablet tablet[DEMO_TABLETS];
};

struct demo_group_state {
    uint64_t id;
    unsigned clinic, kind, weekday, tablet; /* tablet: which one its leader carries */
    int start_min, end_min;
};

/* Somebody's time in one group. Sessions are counted as the enrolment meets them. */
struct demo_stay {
    unsigned group;
    int32_t first_day;          /* that may be attended */
    int32_t asked_day;          /* when the place was asked for */
    int32_t end_day;            /* of a stay that somebody left: when that is written down */
    uint8_t planned;            /* sessions */
    uint8_t quits_after;        /* sessions attended; 0: stays to the end; UINT8_MAX: never comes */
    uint8_t expected, attended; /* sessions so far */
    uint8_t missed;             /* of them, in a row */
    uint8_t status;             /* enum demo_status */
    bool named;                 /* the centre has said it */
};

struct demo_person {
    uint64_t id; /* 0: not known to the centre yet */
    unsigned clinic, number;
    int32_t day; /* of the referral */
    struct demo_stay stay[DEMO_STAYS_MAX];
    unsigned stay_count;
    uint8_t will;     /* how likely they come, percent */
    uint8_t scored;   /* occasions so far: 1 baseline, 2 midway, 4 end */
    uint8_t gain;     /* points of ten that most scores change by until the end */
    uint8_t level[8]; /* at baseline, by item of demo_form.c */
    uint16_t load_hg; /* what they lift at the start */
    bool consented;
};

/* Something that two tablets said differently, until somebody decides it. */
struct demo_trouble {
    struct sam_op decision;
    int32_t day; /* of the decision; INT32_MAX: left to whoever opens the demo */
};

/* What stands in the store in the end, and how many guests there were so far. */
struct demo_count {
    uint64_t sessions[3]; /* by status, up to yesterday */
    uint64_t marks, present, sets, forms, walk_ins, cases;
};

struct demo {
    struct verb_context *v;
    struct demo_choice choice;
    int64_t *clock;
    uint64_t random;
    int32_t first, day; /* of the history; now */
    unsigned month;     /* of day: 1 January */
    int32_t show_from;  /* the last days, which whoever opens the demo looks at */
    struct demo_clinic_state clinic[DEMO_CLINICS_MAX];
    struct demo_group_state group[DEMO_GROUPS_MAX];
    struct demo_person *person; /* choice.participants of them, by day */
    unsigned known;             /* of them, so far */
    struct demo_trouble trouble[DEMO_TROUBLES_MAX];
    unsigned trouble_count;
    bool snow[DEMO_CLINICS_MAX]; /* today: the road is closed */
    unsigned shown;              /* troubles that were made for whoever looks at the last days */
    struct sam_zip *zip;
    struct intake_batch *batch;
    struct sam_buf body, frame;
    struct demo_count count;
};

/* ---- dice */
unsigned demo_dice(struct demo *d, unsigned sides); /* 0 … sides - 1 */
bool demo_chance(struct demo *d, unsigned percent);

/* ---- days */
static inline unsigned demo_weekday(int32_t day) /* 1970-01-01 was a Thursday; 1 Monday … 7 Sunday */
{
    return (unsigned)((day + 3) % 7) + 1;
}
/* demo_date(day, month, of_month): both from 1. demo_holiday(day): no group meets. */
void demo_date(int32_t day, unsigned *month, unsigned *of_month);
bool demo_holiday(int32_t day);
/* demo_at(d, minute): the clinics' wall clock on this day, as seconds since 1970. _offset_min: what it is ahead of UTC. */
int64_t demo_at(const struct demo *d, int minute);
int32_t demo_offset_min(const struct demo *d);

/* ---- tablets (demo_tablet.c) */
/* demo_tablet_join(d, t, clinic, label): invited, joined and approved, in the open transaction. */
int demo_tablet_join(struct demo *d, struct demo_tablet *t, uint64_t clinic, const char *label);
void demo_tablet_fini(struct demo_tablet *t);
/* demo_tablet_op(d, t, op, entity, kind, minute): an empty op as ${t} makes it now. */
void demo_tablet_op(const struct demo *d, const struct demo_tablet *t, struct sam_op *op, uint8_t entity, uint8_t kind,
                    int minute);
uint64_t demo_tablet_mint(struct demo_tablet *t);
/* demo_tablet_save(t, op): into the outbox, checked as a tablet checks it. SAM_EFULL; SAM_EUSAGE: a tablet would refuse it. */
int demo_tablet_save(struct demo_tablet *t, const struct sam_op *op);
/* demo_tablet_hello(d, t): says who it is and what waits. _sync: and sends it; what is seen then is the present. */
int demo_tablet_hello(struct demo *d, struct demo_tablet *t);
int demo_tablet_sync(struct demo *d, struct demo_tablet *t);

/* ---- places and people (demo_place.c, demo_people.c) */
int demo_places_make(struct demo *d); /* clinics, users, tablets, groups */
/* demo_courses_plan(d): the two days of each course that comes within eight weeks. */
int demo_courses_plan(struct demo *d);
/* demo_course_day(d, g, day): 1 or 2 where ${day} is that day of a course, else 0. */
unsigned demo_course_day(const struct demo *d, const struct demo_group_state *g, int32_t day);
int32_t demo_course_next(const struct demo *d, const struct demo_group_state *g, int32_t from);
void demo_people_draw(struct demo *d);
/* demo_people_day(d): referrals, offers, starts and ends of this morning, said by the centre. */
int demo_people_day(struct demo *d);
/* demo_name(number, walk_in, out): a name that nobody takes for a patient's. */
void demo_name(unsigned number, bool walk_in, char out[DEMO_NAME_BYTES]);

/* ---- what a day brings (demo_session.c, demo_form.c, demo_trouble.c) */
/* demo_sessions_day(d): every session of this day, as its leader's tablet has it. */
int demo_sessions_day(struct demo *d);
/* demo_mark(d, t, session, person, presence, minute, op): one mark in ${op}, tapped. _set: an exercise set. */
void demo_mark(const struct demo *d, const struct demo_tablet *t, uint64_t session, uint64_t person, int presence,
               int minute, struct sam_op *op);
void demo_set(const struct demo *d, const struct demo_tablet *t, uint64_t session, uint64_t person, unsigned exercise,
              unsigned set_no, int minute, struct sam_op *op);
/* demo_leader(d, g, other): the tablet on which this group is led now; ${other}: its clinic's other one, NULL where that is
 * not heard of any more. */
struct demo_tablet *demo_leader(struct demo *d, const struct demo_group_state *g, struct demo_tablet **other);
int demo_consents_save(struct demo *d, struct demo_tablet *t, struct demo_person *p, int minute);
/* demo_forms_save(d, t, p, occasion, minute): all forms of an occasion: 0 baseline, 1 midway, 2 end. */
int demo_forms_save(struct demo *d, struct demo_tablet *t, struct demo_person *p, unsigned occasion, int minute);
/* demo_trouble_maybe(d, g, session, p): now and then somebody comes who is on no list, or the clinic's other tablet says
 * something else than the leader's, of ${p}, who is present, or of the session. */
int demo_trouble_maybe(struct demo *d, const struct demo_group_state *g, uint64_t session, const struct demo_person *p);
/* demo_troubles_decide(d): what is due this morning, by a coordinator who has read it. */
int demo_troubles_decide(struct demo *d);

#endif
