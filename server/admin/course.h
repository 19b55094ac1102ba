/* One person's course, gathered for proto/model/completion.h: every enrolment under one episode in groups of one intervention, and the
 * sessions of those groups while enrolled. An enrolment without an episode, or in a group of no intervention, is a course by itself. */
#ifndef ADMIN_COURSE_H
#define ADMIN_COURSE_H

#include "server/admin/catalogue.h"
#include "server/intake/people.h"

#define COURSE_STAYS_MAX 64u      /* enrolments of one person that are looked at */
#define COURSE_SESSIONS_MAX 1000u /* of one group, and of one course: a weekly group of 19 years */
#define COURSE_FORMS_MAX 500u     /* forms of one person that are looked at */

/* One enrolment that counts. */
struct course_stay {
    uint64_t group, episode, intervention; /* of the group, 0: none */
    uint64_t code;                         /* of the intervention, 0: none */
    unsigned status;
    bool has_start, has_end, over; /* over: it has ended, or nothing more comes in the group */
    int32_t start, end;
};

struct course {
    uint64_t person;                           /* as whom they are shown */
    struct course_stay stay[COURSE_STAYS_MAX]; /* those that go on last, then by first day: the last one counts now */
    unsigned stay_count;
    struct catalogue_version version; /* of the latest session, else of the last group; id 0: none */
    struct sam_completion_verdict verdict;
    bool end_score;
    bool differs; /* the last enrolment's status says something else */
};

/* All the enrolments of a person that count. */
struct course_person {
    struct people people;
    struct course_stay stay[COURSE_STAYS_MAX];
    unsigned count;
};

/* course_person(v, person, out): VERB_OK; VERB_REFUSED where there is too much; negative. */
int course_person(struct verb_context *v, uint64_t person, struct course_person *out);
/* course_of(v, p, i, out): the course that enrolment i belongs to, judged. Results as above. */
int course_of(struct verb_context *v, const struct course_person *p, unsigned i, struct course *out);

#endif
