/* Persons in lists, for pages. For readers, inside a snapshot. Texts are borrowed until the next row; non-zero from a callback ends the list
 * and is returned. Nobody's rights are asked here: whoever shows them does. */
#ifndef STORE_PERSON_LIST_H
#define STORE_PERSON_LIST_H

#include "server/store/store.h"

#define STORE_PERSON_LINES_MAX 100u /* enrolments, days, episodes, linked names of one person */

struct store_person {
    uint64_t participant;
    const char *name;
    int birth_year; /* 0: not said */
    bool provisional;
};
/* store_persons(st, walkins, after, each, ctx): all by id behind ${after}; ${walkins}: only those that a tablet made and that nobody has linked. */
int store_persons(struct store *st, bool walkins, uint64_t after, int (*each)(void *ctx, const struct store_person *p),
                  void *ctx);
/* store_person_root(st, id, root, name): as whom that one is shown; the name into ${name}. */
int store_person_root(struct store *st, uint64_t id, uint64_t *root, char name[SAM_NAME_BYTES_MAX + 1]);
/* store_person_shut(st, root, is): is the record of that one shut, or of somebody who is shown as that one? */
int store_person_shut(struct store *st, uint64_t root, bool *is);
/* store_person_linked(st, id, each, ctx): who are shown as that one. */
int store_person_linked(struct store *st, uint64_t id, int (*each)(void *ctx, uint64_t id, const char *name),
                        void *ctx);

struct store_person_enrolment {
    uint64_t group, org, episode;
    const char *group_name, *clinic;
    int status, planned, end_reason; /* 0: not said */
    bool has_start, has_end;
    int32_t start_day, end_day;
};
int store_person_enrolments(struct store *st, uint64_t id,
                            int (*each)(void *ctx, const struct store_person_enrolment *e), void *ctx);

/* A session in which the person was written down; the newest first. */
struct store_person_day {
    uint64_t session, group, org;
    int32_t day;
    const char *group_name, *clinic;
    int presence;
};
int store_person_days(struct store *st, uint64_t id, int (*each)(void *ctx, const struct store_person_day *d),
                      void *ctx);

/* A period of referral. Days: has says which, by bit of enum store_episode_day. */
enum store_episode_day { STORE_REFERRED, STORE_ASSESSED, STORE_DEADLINE, STORE_FIRST_CONTACT, STORE_EPISODE_DAYS };
struct store_person_episode {
    uint64_t episode, org;
    const char *clinic;
    int source, entitled, target, goal, outcome;
    unsigned has;
    int32_t day[STORE_EPISODE_DAYS];
};
int store_person_episodes(struct store *st, uint64_t id, int (*each)(void *ctx, const struct store_person_episode *e),
                          void *ctx);

#endif
