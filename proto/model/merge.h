/* Judging one unit by live candidates (DESIGN section 5): the set of values that nobody who had seen them has replaced.
 * Pure: no clock, locale, order of arrival or floating point in it, and nothing is allocated.
 *
 * Invariants: 1. a candidate leaves the set only through an op whose author had seen it; 2. what is shown is an
 * order-free fold over the set; 3. disputed exactly while the fold finds several values of equal standing. */
#ifndef SAM_MODEL_MERGE_H
#define SAM_MODEL_MERGE_H

#include "proto/model/op.h"

/* One value of one unit, with who said it. ${value} holds at least the unit's fields and is borrowed. */
struct sam_candidate {
    uint64_t device_no, seq, csn;
    uint64_t first_device_no, first_seq; /* its name before a fork, where both sides of the fork have it; 0: none */
    uint64_t base_csn;                   /* effective: already cut at the fork of histories */
    uint64_t lost_epoch, lost_csn;       /* where it had been applied before the centre lost it; 0: never lost */
    uint64_t own_seq; /* in the judging author's number, where the same op came under that too; 0: it did not */
    const struct sam_row *value;
};

struct sam_candidates {
    unsigned count;
    struct sam_candidate at[SAM_CANDIDATES_MAX];
};

/* Who judges: the author's own history (a device number and, through forks, its parents') and base. Device 1 is many people:
 * its ops are nobody's own, only what lay within the base was seen, so that two coordinators who decide from old pages
 * cannot overwrite each other unseen. */
struct sam_author {
    uint64_t device_no, seq;
    uint64_t base_epoch, base_csn;       /* as sent */
    uint64_t seen_csn;                   /* base_csn cut at the fork: what counts in the centre's present history */
    uint64_t first_device_no, first_seq; /* of an op that is shared: its name in the parent's number; 0: none */
    unsigned parent_count;
    struct {
        uint64_t device_no, fork_seq; /* ops of that number up to fork_seq are the author's own */
    } parent[SAM_FORK_DEPTH_MAX];
};

struct sam_fold {
    enum sam_verdict verdict; /* APPLIED, MERGED, SUPERSEDED, CASE */
    bool disputed;
    unsigned shown;    /* index into the set of the shown candidate (of the first one, for a union) */
    uint64_t union_or; /* for SAM_CLASS_UNION: the value shown */
    uint32_t top;      /* which candidates are of the highest standing: bit i for at[i] */
};

/* sam_author_saw(who, y): had the author seen ${y}? Own earlier op, within the base, or within the base before a loss. */
bool sam_author_saw(const struct sam_author *who, const struct sam_candidate *y);
/* sam_author_own(who, y): an own earlier op of the author's? */
bool sam_author_own(const struct sam_author *who, const struct sam_candidate *y);
/* sam_author_later(who, y): is ${y} an own later op of the author's? */
bool sam_author_later(const struct sam_author *who, const struct sam_candidate *y);

/* sam_fold_agrees(def, unit, set, fold, i): does candidate ${i} say what is shown? */
bool sam_fold_agrees(const struct sam_entity_def *def, unsigned unit, const struct sam_candidates *set,
                     const struct sam_fold *fold, unsigned i);
/* sam_fold(def, unit, set, fold): what is shown, and is it disputed. The set is not empty. */
void sam_fold(const struct sam_entity_def *def, unsigned unit, const struct sam_candidates *set, struct sam_fold *fold);

/**
 * sam_merge(def, unit, set, who, x, fold):
 * Judge candidate ${x} of author ${who} against the live candidates in ${set}, which is changed to the new set. A late
 * own op (SUPERSEDED) takes away what its author had seen, but does not join.
 *   errors  SAM_EFULL when the set already has SAM_CANDIDATES_MAX unseen values; the set is unchanged
 */
/* sam_merge_leave(set, who): only takes away what ${who} had seen. True: the set changed. */
bool sam_merge_leave(struct sam_candidates *set, const struct sam_author *who);
int sam_merge(const struct sam_entity_def *def, unsigned unit, struct sam_candidates *set, const struct sam_author *who,
              const struct sam_candidate *x, struct sam_fold *fold);

#endif
