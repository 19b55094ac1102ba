/* Goal: a history with everything in it: tablets and coordinators who have seen this or that, ops that wait and are ruled about,
 * walk-ins and links, shut-out tablets, starts, restores with ops that come again, copies, and days that pass. The same seed gives the same history,
 * but for ids, which are random. What the centre refuses of its own is part of it; what fails ends the program. */
#ifndef TESTS_LIB_MIXED_H
#define TESTS_LIB_MIXED_H

#include "tests/lib/clinic.h"

enum {
    MIXED_TABLETS = 5,
    MIXED_OPS_MAX = 400,
    MIXED_SESSIONS = 24,
    MIXED_PAGES = 64,
    MIXED_FORMS = 8,
    MIXED_GUESTS = 6
};

/* What a tablet said, as it keeps it until no restore can want it again. */
struct mixed_said {
    struct sam_op op;
    enum { MIXED_KNOWN, MIXED_NEWER, MIXED_UNKNOWN } kind; /* of its bytes: clinic_bytes_newer, clinic_bytes_unknown */
    uint64_t base_epoch;
    uint64_t epoch, csn; /* where it was taken last; 0: nowhere */
    uint64_t chain_before;
    struct sam_origin first; /* its first name, where it was re-labelled */
};

struct mixed_tablet {
    struct centre_tablet *t;
    struct mixed_said said[MIXED_OPS_MAX];
    unsigned count;
};

/* What somebody may have had on the screen, in this history or in one that is lost. */
struct mixed_page {
    uint64_t epoch, csn;
};

struct mixed {
    struct clinic clinic;
    bool plain; /* one history, and nothing that waits: no rulings, and nobody is taken in later */
    struct mixed_page page[MIXED_PAGES];
    unsigned page_count; /* ever turned; the last ones are kept */
    uint64_t random;
    struct centre_tablet copy; /* of tablet a */
    bool copied;
    struct mixed_tablet tablet[MIXED_TABLETS]; /* a, b, d, far, and the copy of a */
    uint64_t session[MIXED_SESSIONS];          /* known to those who mark; some come late, some never */
    struct sam_op late[MIXED_SESSIONS];
    unsigned session_count, late_count;
    uint64_t form[MIXED_FORMS]; /* the last ones */
    unsigned form_count;
    uint64_t guest[MIXED_GUESTS]; /* walk-ins; some come later than what is said of them */
    unsigned guest_count;
    int64_t now_s;
    unsigned restores, refused; /* what was met */
};

void mixed_open(struct mixed *m, uint64_t seed);
void mixed_close(struct mixed *m); /* as clinic_close */
/* mixed_ops(m, count): so many things happen, to tablets and console alike, in some commits. _in: in the open transaction. */
void mixed_ops(struct mixed *m, unsigned count);
void mixed_ops_in(struct mixed *m, unsigned count);
/* mixed_shuffle(m): one of a start, a day or more that pass, a tablet shut out or let in again, a copy of a tablet. */
void mixed_shuffle(struct mixed *m);
/* mixed_restore(m): the store as it was at the last centre_backup, and all tablets send again what it misses. */
void mixed_restore(struct mixed *m);

/* ---- what people say (mixed_word.c) */
unsigned mixed_dice(struct mixed *m, unsigned sides); /* from 0 */
struct mixed_page mixed_page_of(struct mixed *m);     /* what somebody had seen */
struct sam_op mixed_word(struct mixed *m, const struct centre_tablet *t);
struct sam_op mixed_centre_word(struct mixed *m);

#endif
