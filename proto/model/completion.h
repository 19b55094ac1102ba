/* Has somebody completed a course, or broken it off? No agreed rule was found; the default is DOMAIN section 4.3, and its numbers
 * stand on the version of the intervention:
 *
 *      "fullført = attended ≥75 % of sessions held while enrolled and end score taken; two-day course = both days;
 *       avbrutt  = enrolment ended before, or 3 expected sessions in a row missed and no return in 28 days"
 *
 * It is asked of one person's course: every enrolment under one episode in groups of one intervention, so that somebody who takes
 * day 1 in one group and day 2 in another has taken both. Shapes in, verdict out: nothing is read, nothing is changed, and a person
 * decides.
 *
 *   attended   present, however late, early gone or on video
 *   missed     of an expected session: with notice or without
 *   unknown    of a session that was held, or may have been: nobody said, or two said different things. It is never taken for either;
 *              where the verdict hangs on it, it cannot be said yet
 *   apart      in no count: cancelled, not expected, to come */
#ifndef SAM_MODEL_COMPLETION_H
#define SAM_MODEL_COMPLETION_H

#include "proto/model/field.h"

/* Enrolment.end_reason of somebody who went over to another group. */
enum { SAM_END_MOVED = 1 };

enum sam_completion_seen { SAM_SEEN_APART, SAM_SEEN_ATTENDED, SAM_SEEN_MISSED, SAM_SEEN_UNKNOWN };

/* What is known of a session, for sam_completion_seen. */
struct sam_completion_held {
    unsigned status; /* Session.status: 0 planned, 1 held, 2 cancelled */
    bool proved;     /* somebody was there, or trained (sam_rule_present, sam_rule_trained) */
    bool past;       /* its day is over */
};
/**
 * sam_completion_seen(h, attendance, disputed):
 * What one session counts for one person.
 *   attendance  the row, NULL: there is none. What an imported list says counts, too: nobody else writes rows that nobody touched
 *   disputed    its presence is an open case
 * Of a session that nobody said was held, somebody's word about this person is one that it was; without one it is unknown when its day
 * is over (a tablet may still have it), and so is one that was cancelled although somebody came, while a case asks about it.
 */
enum sam_completion_seen sam_completion_seen(const struct sam_completion_held *h, const struct sam_row *attendance,
                                             bool disputed);

/* One session of a group, for sam_completion_parts. */
struct sam_completion_day {
    int32_t day;
    bool moved;    /* cancelled, and another one is held in its place */
    unsigned part; /* out: which part of the course, from 1 */
};
/* sam_completion_parts(d, count, parts): number a group's sessions, which stand by day; two of one day are one part, what was cancelled
 * keeps its place unless it was moved, and after ${parts} the course begins anew. ${parts} 0: it has no end. */
void sam_completion_parts(struct sam_completion_day *d, unsigned count, unsigned parts);

struct sam_completion_rule {
    unsigned percent;     /* 0 … 100. 100 of planned sessions: each part of the course once, in whichever group */
    unsigned planned;     /* sessions of the course, 0: not said */
    unsigned misses;      /* so many in a row …; 0: nothing follows from misses */
    unsigned return_days; /* … and not back within so many days of the last of them */
    bool needs_end_score;
};

struct sam_completion_session {
    int32_t day;
    unsigned part;
    enum sam_completion_seen seen;
};

struct sam_completion_course {
    struct sam_completion_rule rule;
    const struct sam_completion_session *session; /* while enrolled, by day */
    unsigned count;
    int32_t today;
    bool ended;     /* no enrolment of it goes on */
    bool end_score; /* taken */
};

enum sam_completion {
    SAM_COMPLETION_UNDER_WAY,
    SAM_COMPLETION_COMPLETED,
    SAM_COMPLETION_INTERRUPTED,
    SAM_COMPLETION_UNSAID
};

enum sam_completion_why {
    SAM_COMPLETION_WHY_NONE,
    SAM_COMPLETION_WHY_ENDED,     /* interrupted: it ended before */
    SAM_COMPLETION_WHY_MISSES,    /* interrupted: so many in a row, and no return */
    SAM_COMPLETION_WHY_UNKNOWN,   /* unsaid: it hangs on sessions of which nobody knows */
    SAM_COMPLETION_WHY_NONE_HELD, /* unsaid: it ended, and no session was held */
    SAM_COMPLETION_WHY_END_SCORE, /* unsaid or under way: the sessions suffice, the end score is missing */
    SAM_COMPLETION_WHY_NO_RULE    /* unsaid: no intervention is known; the caller's to find */
};

struct sam_completion_verdict {
    enum sam_completion what;
    enum sam_completion_why why;
    unsigned held, attended, missed, unknown; /* held = attended + missed + unknown */
    unsigned in_row;                          /* missed, as it stands after the last session; the unknown end a row */
    unsigned longest;                         /* the longest such row */
};
/* sam_completion_judge(c, out): a course that is completed is never interrupted, whatever was missed in between. */
void sam_completion_judge(const struct sam_completion_course *c, struct sam_completion_verdict *out);

/* sam_completion_status_fits(what, attended, status): does Enrolment.status say the same? Of what cannot be said, any does. */
bool sam_completion_status_fits(enum sam_completion what, unsigned attended, unsigned status);

/* sam_completion_counts(status): is somebody with this Enrolment.status in the course, or was? sam_completion_goes_on: still is. */
bool sam_completion_counts(unsigned status);
bool sam_completion_goes_on(unsigned status);
/* sam_completion_enrolled(status, start, end, day): was somebody with such an enrolment expected on that day? ${start} INT32_MIN,
 * ${end} INT32_MAX: not said; of somebody who has left, and nobody said when, nothing was expected. */
bool sam_completion_enrolled(unsigned status, int32_t start, int32_t end, int32_t day);

#endif
