/* Goal: a clinic with two tablets and another one with a tablet of its own, for stories that must end alike whoever syncs first:
 * each is played in both orders, and after each all must verify, and rebuild to the same bytes. */
#ifndef TESTS_LIB_WARD_H
#define TESTS_LIB_WARD_H

#include "proto/model/rule.h"
#include "tests/lib/pump.h"

enum { WARD_DAY = 20833, WARD_PSFS = 3, WARD_OWN = 80, WARD_RESEARCH = 2, WARD_SMS = 3 };
enum { WARD_GRANTED = 1, WARD_WITHDRAWN = 2 };

/* ${first} syncs before ${second}. */
struct ward {
    struct pump p;
    char folder[64];
    uint64_t org, far_org, group, far_group, user, far_user, person, other, far_person, session;
    struct pump_tablet *a, *b, *far, *first, *second;
};

/* ward_both_orders(story): a ward opened, the story played in it, and closed; twice. */
void ward_both_orders(void (*story)(struct ward *w));
/* ward_meet(w): first one, then the other, and all once more; then everything must hold. */
void ward_meet(struct ward *w);
/* ward_wrong: for pump_check: what does not hold is printed. */
void ward_wrong(void *ctx, const char *line);

/* ---- said by the centre */
struct sam_op ward_op(uint8_t entity, enum sam_op_kind kind, uint64_t k1, uint64_t k2);
/* ward_enrol(w, group, person, in): or, not ${in}, taken out again. */
void ward_enrol(struct ward *w, uint64_t group, uint64_t person, bool in);

/* ---- what the centre has. ward_asked(w, sql): the first number that it answers; -1: no row. */
int64_t ward_asked(struct ward *w, const char *sql);
/* ward_row(w, key, out): whether it is alive; its text is borrowed until the next look. */
bool ward_row(struct ward *w, const struct sam_key *key, struct sam_row *out);
unsigned ward_cases_open(struct ward *w);

/* ---- said and shown on a tablet, about w->person */
void ward_consent_save(struct ward *w, struct pump_tablet *t, int purpose, int state, int32_t day);
/* ward_consent_of(w, t, purpose): what the tablet shows, and the page is opened by it; -1: nothing, -2: the person is not here. */
int ward_consent_of(struct ward *w, struct pump_tablet *t, int purpose);
/* ward_score_save(w, t, occasion, answers, replaces): a form of the PSFS; its id. */
uint64_t ward_score_save(struct ward *w, struct pump_tablet *t, int occasion, const char *answers, uint64_t replaces);
/* ward_scores_of(w, t, occasion, primary): how many there are, and which counts for the occasion; 0: none. */
size_t ward_scores_of(struct ward *w, struct pump_tablet *t, int occasion, uint64_t *primary);

#endif
