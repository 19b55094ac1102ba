/* What the rooms of linked people share: link_row.c, link_show.c, link_again.c, link_member.c. */
#ifndef INTAKE_LINK_INT_H
#define INTAKE_LINK_INT_H

#include "server/intake/intake_int.h"

/* One key of a class, where it is shown. */
struct link_slot {
    struct intake *in;
    struct judgement *j; /* of an op on one of the keys, or of a link; NULL: it is only looked at */
    const struct link_class *c;
    struct sam_key key; /* the root's */
    uint64_t csn;
    bool judging;              /* an op on one of the keys is; else a link changes */
    bool again;                /* a link that the centre had lost */
    struct store_own_row *own; /* of each in the class */
    struct store_row row;      /* the root's, as shown */
    bool was_shown, any, changed, dead_session;
    struct candidate_set *was, *now, *one;
    struct left *left;
    size_t left_count, left_room;
    uint32_t disputed, listed, mine; /* of the op's own value: as in a judgement; units in which it is live */
};

/* link_row.c */
struct sam_key link_key_of(const struct sam_key *key, uint64_t person); /* the same key, of that person */
/* What was said of ${by} at ${by_csn} takes the place of the value at ${csn}, said of ${person}. */
int link_over_note(struct intake *in, uint64_t person, uint64_t csn, unsigned unit, uint64_t by, uint64_t by_csn);
/* The tombstones that hold in an own row: ${out} has room for SAM_CANDIDATES_MAX. */
int link_tombstones_of(struct intake *in, const struct store_row *own, struct store_candidate *out, unsigned *count);

/* link_show.c */
/* Of ${s} everything up to ${again} is given; what it says of the op's own value comes back, the rest is freed. */
int link_slot_show(struct link_slot *s);

/* link_again.c */
int link_again_follow(struct link_slot *s); /* s->own is loaded: what each had replaced is noted */

/* link_member.c */
/* Those who were class ${c} are linked otherwise now. */
int link_members_follow(struct judgement *j, const struct link_class *c);

#endif
