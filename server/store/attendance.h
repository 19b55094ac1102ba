/* Attendance as a coordinator looks at it: groups with their figures, and one group's people by sessions. For readers, inside a
 * snapshot. Texts are borrowed until the next row. Days since 1970, minutes since midnight (-1: not said). */
#ifndef STORE_ATTENDANCE_H
#define STORE_ATTENDANCE_H

#include "server/store/turnout.h"

#define STORE_RECORDED_WITHIN_MIN 2880 /* DOMAIN 4.4, A3: every row known within 48 h of a session */
#define STORE_EVENING_MIN 960          /* a group that starts at 16:00 or later meets in the evening */

struct store_group_filter {
    uint64_t clinic, leader;     /* 0: all */
    int32_t kind;                /* -1: all */
    bool evening;                /* only those that start at STORE_EVENING_MIN or later */
    int32_t first_day, last_day; /* a group that is no longer active is there where it has sessions between these */
    uint64_t after;              /* groups behind this id */
};

struct store_group_line {
    uint64_t group, org;
    const char *name, *clinic;
    int32_t kind, weekday, start_min, end_min;
    bool active;
};
/* store_group_lines(st, f, each, ctx): by id, until ${each} returns non-zero, which is returned. */
int store_group_lines(struct store *st, const struct store_group_filter *f,
                      int (*each)(void *ctx, const struct store_group_line *g), void *ctx);
struct store_group_names {
    char name[SAM_NAME_BYTES_MAX + 1], clinic[SAM_NAME_BYTES_MAX + 1];
};
/* store_group_line(st, group, names, out): one, its texts in ${names}. SAM_ENOTFOUND. */
int store_group_line(struct store *st, uint64_t group, struct store_group_names *names, struct store_group_line *out);

struct store_clinic_name {
    uint64_t org;
    const char *name;
};
/* store_group_clinics(st, each, ctx): units that have groups, by name. */
int store_group_clinics(struct store *st, int (*each)(void *ctx, const struct store_clinic_name *clinic), void *ctx);

/* A span of days of one group, added up from the turnouts. Cancelled sessions are in no figure but theirs. */
struct store_turnout_sum {
    uint64_t sessions, cancelled, present, notified, no_show;
    uint64_t unrecorded; /* over for STORE_RECORDED_WITHIN_MIN, and of somebody who was enrolled nobody knows */
};
/* ${now_min}: minutes since 1970, where the sessions' days are counted. */
int store_turnout_sum(struct store *st, uint64_t group, int32_t first_day, int32_t last_day, int64_t now_min,
                      struct store_turnout_sum *out);
/* Is that so of this one? */
bool store_turnout_unrecorded(const struct store_turnout *t, int64_t now_min);

struct store_group_leader {
    uint64_t user;
    const char *name;
};
/* store_group_leaders(st, group, each, ctx): who leads it now, as they are shown. */
int store_group_leaders(struct store *st, uint64_t group, int (*each)(void *ctx, const struct store_group_leader *l),
                        void *ctx);

/* ---- one group: its living sessions by day, its people, what is said of whom */

struct store_sheet_session {
    struct store_turnout turnout;
    int32_t start_min, end_min;
    uint32_t reason;
    bool planned, by_video;
    uint64_t open_case; /* about the session itself: one of them; 0: none */
};
int store_sheet_sessions(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                         int (*each)(void *ctx, const struct store_sheet_session *s), void *ctx);

/* By name. ${enrolled} false: marked in one of the sessions, and never enrolled. */
struct store_sheet_person {
    uint64_t participant;
    const char *name;
    bool enrolled, walk_in;
    uint32_t status, planned; /* Enrolment.status; sessions that were planned for this person, 0: not said */
    int32_t start, end;       /* INT32_MIN, INT32_MAX: not said */
};
int store_sheet_people(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                       int (*each)(void *ctx, const struct store_sheet_person *p), void *ctx);

struct store_sheet_mark {
    uint64_t session, participant;
    uint32_t presence, evidence;
    int32_t reason, minutes; /* -1: not said */
    bool late, left_early, by_video;
    uint64_t open_case; /* 0: none */
};
int store_sheet_marks(struct store *st, uint64_t group, int32_t first_day, int32_t last_day,
                      int (*each)(void *ctx, const struct store_sheet_mark *m), void *ctx);

#endif
