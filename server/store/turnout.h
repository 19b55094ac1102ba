/* How many came to each session: a row of figures for each living one, so that a list of groups over a year reads 50 rows a group instead
 * of every mark. Derived from session, enrolment and attendance as they stand: intake counts a session anew in the transaction that
 * changed it (server/intake/turnout.c), rebuild counts all of them, verify compares. */
#ifndef STORE_TURNOUT_H
#define STORE_TURNOUT_H

#include "server/store/store.h"

#define STORE_TURNOUT_NO_END 1440 /* end_min of a session that says neither end nor start */

struct store_turnout {
    uint64_t session, group;
    int32_t day;       /* days since 1970 */
    int32_t end_min;   /* minutes since midnight: its end, else its start, else STORE_TURNOUT_NO_END */
    uint32_t status;   /* 0 planned, 1 held, 2 cancelled */
    int32_t headcount; /* -1: nobody counted */
    uint32_t enrolled; /* sam_completion_enrolled on that day */
    uint32_t unknown;  /* of these: presence unknown, or nothing is said */
    /* of everybody who is marked, enrolled or not: what is shown, where it is disputed too (DOMAIN section 2.3: present first) */
    uint32_t present, notified, no_show, not_expected;
};

/* store_turnout_count(st, session, out): counted from the rows. SAM_ENOTFOUND: no living session of a group and a day. */
int store_turnout_count(struct store *st, uint64_t session, struct store_turnout *out);
/* store_turnout_get(st, session, out): as it is kept. SAM_ENOTFOUND. */
int store_turnout_get(struct store *st, uint64_t session, struct store_turnout *out);
int store_turnout_put(struct store *st, const struct store_turnout *t);
int store_turnout_drop(struct store *st, uint64_t session);
/* store_turnout_renew(st, group): every session of a group is counted and kept, its list read once; those that are gone are dropped. SAM_ENOMEM. */
int store_turnout_renew(struct store *st, uint64_t group);
/* store_turnouts_renew(st, session, count): the same for these sessions; the list of each of their groups is read once. */
int store_turnouts_renew(struct store *st, const uint64_t *session, unsigned count);
/* store_turnout_rows(st, count): how many are kept. */
int store_turnout_rows(struct store *st, uint64_t *count);
bool store_turnout_same(const struct store_turnout *a, const struct store_turnout *b);

#endif
