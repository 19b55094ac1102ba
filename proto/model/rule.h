/* Rules across rows: what no single unit's candidates can tell. Pure functions over rows; intake runs them after the merge,
 * rebuild again, and a tablet may run them over what it holds. They open cases and never change a value.
 * The numbers stand in Ruling.kind of proto/samling.proto and in conflict_case.rule. */
#ifndef SAM_MODEL_RULE_H
#define SAM_MODEL_RULE_H

#include "proto/model/field.h"

enum sam_rule {
    SAM_RULE_UNIT = 0,       /* several values of one unit: the fold's own case (proto/model/merge.h) */
    SAM_RULE_QUARANTINE = 1, /* a ruling about a quarantined op; never a case */
    SAM_RULE_ATTENDED =
        2, /* a session stands as cancelled, yet somebody was there or trained, of whom no coordinator knew who
                              * said so; while its status is disputed that case asks for both; rows: it, it */
    SAM_RULE_SAME_DAY = 3, /* two sessions of a group on one day, one of them ad hoc; rows: the smaller id, the other */
    SAM_RULE_PRIMARY = 4,  /* a ruling: this response is the primary one; never a case; rows: it, it */
    SAM_RULE_SAME_PERSON = 5, /* two of one group bear one name, one is provisional; rows: the smaller id, the other */
    SAM_RULE_ERASE = 6,       /* a ruling: all that was said of this person is erased; never a case; rows: it, it */
    SAM_RULE_COUNT = 7
};

enum sam_decision {
    SAM_DECISION_NONE = 0,
    SAM_DECISION_TAKE_IN = 1,   /* a quarantined op: judge it again */
    SAM_DECISION_LET_REST = 2,  /* a quarantined op: it stays where it is, nobody needs to look again */
    SAM_DECISION_MAY_STAND = 3, /* a case of a rule: both are right; of SAM_RULE_PRIMARY: this one */
    SAM_DECISION_ERASE = 4      /* of SAM_RULE_ERASE; not taken back */
};

/* sam_rule_present(a): does this attendance prove that the session was held? Somebody said so (DOMAIN section 2.3: "any
 * explicit presence proves held"), a list that nobody touched does not. */
bool sam_rule_present(const struct sam_row *attendance);
/* sam_rule_trained(e): does this exercise set prove it? It does where something was done. */
bool sam_rule_trained(const struct sam_row *set);
/* sam_rule_cancelled(s): does the session stand as cancelled? */
bool sam_rule_cancelled(const struct sam_row *session);
/* sam_rule_may_stand(ruling): is this how a coordinator ruled? */
bool sam_rule_may_stand(const struct sam_row *ruling);
/* sam_rule_same_day(a, b): are these two alive sessions of one group, day and not both planned, to be looked at as one? */
bool sam_rule_same_day(const struct sam_row *a, const struct sam_row *b);
/* sam_rule_same_person(a, b): may these two living participants of one group be one? One at least is provisional, and the names
 * are one but for spaces and the case of letters (proto/base/fold.h). */
bool sam_rule_same_person(const struct sam_row *a, const struct sam_row *b);

/* Several responses of one person to one instrument on one occasion all stand; one of them is primary, the one that reports
 * count. It is found without a look at when they came: the lowest csn would be the one whose tablet synced first, and another
 * if the tablets had synced the other way round; ids are the same whoever syncs first. */
struct sam_rule_response {
    uint64_t id, participant, replaces;
    uint64_t ruled_csn; /* of the ruling that it is this one; 0: there is none. The later ruling counts */
    bool complete;      /* every item is answered */
    bool correction;    /* it corrects another one, which may be gone */
    bool replaced;      /* by another one that lives */
};
/* sam_rule_response(r, out): what of a response matters here; ruled_csn and replaced are the caller's to find. */
void sam_rule_response(const struct sam_row *r, struct sam_rule_response *out);
/* sam_rule_replaces(r, other): does ${r} correct ${other}? It may be to another instrument or occasion: that was the mistake. */
bool sam_rule_replaces(const struct sam_rule_response *r, const struct sam_rule_response *other);
/* sam_rule_primary(best, r): is ${r} to be primary rather than ${best}? A total order over those that are not replaced, so the
 * best of any walk over them is the same; one that is replaced never is. best->id 0: none yet. A correction goes before what is none:
 * where the form between was removed, nothing else tells that what it had corrected is known to be wrong. */
bool sam_rule_primary(const struct sam_rule_response *best, const struct sam_rule_response *r);

/* Several ratings of one person's exertion at one moment on one scale all stand and are never averaged (DOMAIN section 2.3); one
 * is primary: the person's own before what somebody else entered, then a correction, then the smaller id, whoever came first. */
struct sam_rule_rating {
    uint64_t id;
    bool own;        /* entered by the person */
    bool correction; /* it replaces another, which may be removed */
    bool replaced;   /* by another one that lives */
};
/* sam_rule_exertion(r, out): what of a rating matters here; replaced is the caller's to find. */
void sam_rule_exertion(const struct sam_row *r, struct sam_rule_rating *out);
/* sam_rule_rating(best, r): is ${r} to be primary rather than ${best}? As sam_rule_primary. */
bool sam_rule_rating(const struct sam_rule_rating *best, const struct sam_rule_rating *r);

#endif
