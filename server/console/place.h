/* Where something is, and whether who asks may do that there. One answer for what is not there and for what is not for him: a page
 * that he may not see says nothing about it.
 *
 * All: 0, or SAM_ENOTFOUND; as the store. Inside the snapshot in which what is asked for is read, or in the ask's transaction. */
#ifndef CONSOLE_PLACE_H
#define CONSOLE_PLACE_H

#include "server/console/ask.h"

/* place_may(a, st, right, org): at this unit; 0: the centre as a whole. Where the right needs consents too (right.def), persons are asked
 * for one by one besides: place_person, or right_may_person. */
int place_may(const struct ask *a, struct store *st, enum right right, uint64_t org);
/* The same where a group, a session, a tablet or a case is. What belongs to no clinic belongs to the whole centre. */
int place_group(const struct ask *a, struct store *st, enum right right, uint64_t group);
int place_session(const struct ask *a, struct store *st, enum right right, uint64_t session);
int place_device(const struct ask *a, struct store *st, enum right right, uint64_t device_no);
int place_case(const struct ask *a, struct store *st, enum right right, uint64_t no);
/* place_person(a, st, right, participant): in any group where this person is or was; with the consent that the right may need. */
int place_person(const struct ask *a, struct store *st, enum right right, uint64_t participant);
/* The same of many, one after the other, of one right: what the groups said is kept in ${known}, zeroed before the first. */
#define PLACE_KNOWN 64u
struct place_answer {
    uint64_t group, org; /* group 0: none */
    enum right_answer may;
};
struct place_known {
    struct place_answer group[PLACE_KNOWN];
};
int place_person_known(const struct ask *a, struct store *st, enum right right, uint64_t participant,
                       struct place_known *known);

/* place_person_whole(a, st, right, participant): in every group where this person is or was: for what concerns the whole of somebody's
 * record. Of somebody in no group: the whole centre. */
int place_person_whole(const struct ask *a, struct store *st, enum right right, uint64_t participant);

#endif
