/* What a session may do, and where: one table, right.def. A role holds at its unit and at all below it, from its first day to its
 * last; several roles add up. Nothing is kept: each question reads the units as they are now. */
#ifndef CONSOLE_RIGHT_H
#define CONSOLE_RIGHT_H

#include "server/console/login.h"

enum right {
    RIGHT_NONE,    /* a page for everybody */
    RIGHT_SESSION, /* for everybody who is in */
#define RIGHT(name, admin, coordinator, physiotherapist, nav, auditor) RIGHT_##name,
#include "server/console/right.def"
#undef RIGHT
    RIGHT_COUNT
};

#define RIGHT_DEPTH_MAX 16u /* units above one another that are followed */

/* right_name(r): "CASE_DECIDE", for logs and tests. */
const char *right_name(enum right r);
/**
 * right_may(st, s, today, right, org):
 * May the session do that at unit ${org} (0: the centre as a whole)? ${s} NULL: nobody. ${today}: days since 1970.
 *   returns RIGHT_NO, RIGHT_YES, or RIGHT_CONSENT: of each person right_may_person has to be asked too
 *   errors  what cannot be read, or is not there, is RIGHT_NO
 *   call    inside a snapshot of ${st} (store_snapshot_begin), the one in which what is asked for is read: so that both are of one
 *           moment, and because rows that were borrowed outside of one keep a reader at that moment
 *   thread  that of ${st}
 */
/* right_somewhere(s, today, right): may the session do that at any unit at all? Pure. */
bool right_somewhere(const struct login_session *s, int32_t today, enum right right);
enum right_answer { RIGHT_NO, RIGHT_CONSENT, RIGHT_YES };
enum right_answer right_may(struct store *st, const struct login_session *s, int32_t today, enum right right,
                            uint64_t org);
/* right_may_person(st, s, today, right, org, participant): the same of one person there: never RIGHT_CONSENT. ${participant}: as
 * that one is shown where people are linked. The consent is the one that stands now (DOMAIN: per purpose, may be withdrawn). */
bool right_may_person(struct store *st, const struct login_session *s, int32_t today, enum right right, uint64_t org,
                      uint64_t participant);

#endif
