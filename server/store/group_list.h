/* Groups with what stands around them, for pages that list them. For readers, inside a snapshot. All texts are borrowed until the next row;
 * a callback may ask for rows (store_row_get), not for another list of the same kind; non-zero from it ends the list and is returned. */
#ifndef STORE_GROUP_LIST_H
#define STORE_GROUP_LIST_H

#include "server/store/store.h"

#define STORE_GROUPS_MAX 200u     /* of one clinic */
#define STORE_ENROLMENTS_MAX 400u /* of one group: ten times what it has places for */
#define STORE_SESSIONS_MAX 100u   /* of one group, in a span of days */
#define STORE_STAFF_MAX 200u      /* of one clinic */
#define STORE_CATALOGUE_MAX 200u  /* versions */

/* store_units(st, each, ctx): units in use, by name; ${groups}: how many groups in use are the unit's own. */
int store_units(struct store *st, int (*each)(void *ctx, uint64_t org, const char *name, uint64_t groups), void *ctx);

struct store_group {
    uint64_t group, org, csn; /* csn: of its last change */
    const char *code, *name, *clinic;
    int kind, weekday, start_min, end_min,
        capacity; /* weekday 0: no weekly plan; minutes since midnight, -1: not set */
    bool has_first, has_last, active;
    int32_t first_day, last_day, next_day; /* next_day: the next session that is planned; -1: none */
    uint64_t attending;
    const char *leaders;                    /* "Kari, Nils"; empty: nobody */
    uint64_t intervention, course, version; /* 0: none; its code and version */
    const char *course_name;
};
/* store_group_list(st, org, group, today, each, ctx): those of a clinic, in use first, by weekday and time; or ${group} alone, wherever it is. */
int store_group_list(struct store *st, uint64_t org, uint64_t group, int32_t today,
                     int (*each)(void *ctx, const struct store_group *g), void *ctx);

struct store_enrolled {
    uint64_t participant;
    const char *name;
    int birth_year, status, planned; /* 0: not said; status: enum of DOMAIN 4.1 */
    bool has_start, has_end, provisional;
    int32_t start_day, end_day;
};
/* store_group_enrolled(st, group, each, ctx): whoever is or was in it, but by error; those who go on first, by name. */
int store_group_enrolled(struct store *st, uint64_t group, int (*each)(void *ctx, const struct store_enrolled *e),
                         void *ctx);

struct store_session_line {
    uint64_t session, marked, present;
    int32_t day;
    int start_min, end_min, status, reason; /* -1: not set */
    bool planned;
};
int store_group_sessions(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                         int (*each)(void *ctx, const struct store_session_line *s), void *ctx);

struct store_staff {
    uint64_t user;
    const char *name;
    int role; /* enum of DOMAIN 2.2; -1: not said */
};
/* store_group_led_by(st, group, …): who leads it. store_clinic_staff(st, org, …): users whom the clinic's tablets know. */
int store_group_led_by(struct store *st, uint64_t group, int (*each)(void *ctx, const struct store_staff *s),
                       void *ctx);
int store_clinic_staff(struct store *st, uint64_t org, int (*each)(void *ctx, const struct store_staff *s), void *ctx);
/* store_clinic_has(st, org, user): is that user one of them? SAM_ENOTFOUND. */
int store_clinic_has(struct store *st, uint64_t org, uint64_t user);

/* store_catalogue(st, each, ctx): versions of interventions for groups that are in use, by code, the newest first. */
int store_catalogue(struct store *st,
                    int (*each)(void *ctx, uint64_t id, uint64_t code, uint64_t version, const char *name), void *ctx);

/* ---- one week on paper */

struct store_week_person {
    uint64_t participant;
    const char *name;
    int birth_year; /* 0: not said */
};
/* store_week_people(st, group, first_day, last_day, each, ctx): who is enrolled then, and who was written down in one of its sessions, by name. */
int store_week_people(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                      int (*each)(void *ctx, const struct store_week_person *p), void *ctx);
/* store_week_mark(st, session, participant, presence): what is recorded; SAM_ENOTFOUND: nothing. */
int store_week_mark(struct store *st, uint64_t session, uint64_t participant, int *presence);

#endif
