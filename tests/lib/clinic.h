/* Goal: a small clinic with a journal, for tests that tell one story each: two groups, a far clinic, four tablets, and short
 * words for what people say and for what the centre makes of it. Each word is a transaction of its own. */
#ifndef TESTS_LIB_CLINIC_H
#define TESTS_LIB_CLINIC_H

#include "proto/model/rule.h"
#include "tests/lib/centre.h"

enum { CLINIC_PERSONS = 4, CLINIC_DAY = 20833, CLINIC_NOW_S = CLINIC_DAY * 86400 + 36000 };
enum { SAID_PRESENT = 1, SAID_NOTIFIED = 2, SAID_NO_SHOW = 3 };

struct clinic {
    struct centre centre;
    uint64_t org, far_org;
    uint64_t group, other_group, far_group; /* the first two of org */
    uint64_t user, far_user;
    uint64_t person[CLINIC_PERSONS], far_person; /* enrolled in group; in far_group */
    uint64_t session, far_session;               /* planned, today */
    struct centre_tablet a, b, d, far;           /* three of org, by number; one of far_org */
    uint64_t ids;                                /* minted by tablets so far */
};

void clinic_open(struct clinic *k);
/* clinic_close(k): everything must verify and rebuild to what it is; then it is removed. */
void clinic_close(struct clinic *k);
void clinic_check(struct clinic *k);
/* clinic_setup, clinic_teardown: of one test; its ${state} is a clinic, opened and closed as above. */
int clinic_setup(void **state);
int clinic_teardown(void **state);
struct store *clinic_store(struct clinic *k);
uint64_t clinic_csn(struct clinic *k); /* the present: a base that covers all */

/* ---- ops. ${base}: the csn that their author had seen. */
struct sam_op clinic_op(const struct clinic *k, uint8_t entity, enum sam_op_kind kind, uint64_t base);
struct sam_op clinic_mark(const struct clinic *k, uint64_t session, unsigned person, int presence, uint64_t base);
struct sam_op clinic_minutes(const struct clinic *k, unsigned person, int minutes, uint64_t base);
struct sam_op clinic_status(const struct clinic *k, uint64_t session, int status, uint64_t base);
/* clinic_ad_hoc(k, t, group, day): a session that tablet ${t} (NULL: the centre) makes; its id is minted. */
struct sam_op clinic_ad_hoc(struct clinic *k, const struct centre_tablet *t, uint64_t group, int day);
/* clinic_new_group(k, id): a group of org under an id that is the caller's. */
struct sam_op clinic_new_group(const struct clinic *k, uint64_t id);
struct sam_op clinic_tombstone(const struct clinic *k, struct sam_key key, uint64_t base);
uint64_t clinic_minted(struct clinic *k); /* an id of the centre's */
struct sam_op clinic_ruling(const struct clinic *k, uint64_t rule, uint64_t a, uint64_t b, int decision, uint64_t base);

/* clinic_bytes_newer(op, to): its bytes as a later version would send them, with one field more. _unknown: its row of a kind that
 * this version does not know. */
void clinic_bytes_newer(const struct sam_op *op, struct sam_buf *to);
void clinic_bytes_unknown(const struct sam_op *op, struct sam_buf *to);

/* ---- saying. All return the csn of the (last) op. */
uint64_t clinic_push(struct clinic *k, struct centre_tablet *t, struct sam_op op);
uint64_t clinic_push_many(struct clinic *k, struct centre_tablet *t, const struct sam_op *ops, unsigned count);
/* clinic_push_again(…): the centre had it at ${csn} of ${epoch}, and lost it since. */
uint64_t clinic_push_again(struct clinic *k, struct centre_tablet *t, struct sam_op op, uint64_t epoch, uint64_t csn);
uint64_t clinic_say(struct clinic *k, struct sam_op op);
/* clinic_take_back(k, op): the centre says that, and the transaction is rolled back. */
void clinic_take_back(struct clinic *k, struct sam_op op);
/* clinic_refused(k, op): the centre itself may not say that; the reason. */
enum sam_reason clinic_refused(struct clinic *k, struct sam_op op);
uint64_t clinic_rule(struct clinic *k, uint64_t rule, uint64_t a, uint64_t b, int decision, uint64_t base);
/* clinic_decide(k, t, seq, decision): a coordinator rules about op ${seq} of ${t} in quarantine, from a page of now. */
uint64_t clinic_decide(struct clinic *k, const struct centre_tablet *t, uint64_t seq, int decision);
void clinic_device_state(struct clinic *k, uint64_t device_no, enum sam_device_state state);

/* clinic_settle(k): commits that bring nothing, until all that can be taken in by itself has been. */
void clinic_settle(struct clinic *k);

/* ---- looking */
struct store_verdict clinic_verdict(struct clinic *k, uint64_t csn); /* kind APPLIED where nothing else was said */
struct store_case clinic_case(struct clinic *k, const struct sam_key *key, enum sam_rule rule, unsigned unit);
unsigned clinic_cases_open(struct clinic *k);
struct store_row clinic_row(struct clinic *k, const struct sam_key *key);        /* text borrowed until the next look */
int64_t clinic_num(struct clinic *k, const struct sam_key *key, unsigned field); /* -1: row or value not there */
int64_t clinic_presence(struct clinic *k, uint64_t session, unsigned person);
struct sam_key clinic_key(const struct clinic *k, uint64_t session, unsigned person);
unsigned clinic_quarantined(struct clinic *k, uint64_t device_no);

/* ---- one run of a tablet that is complete up to ${csn}: what it is told. Texts in the rows are not kept. */
enum { CLINIC_OTHERS_MAX = 16, CLINIC_VERDICTS_MAX = 1024 };
struct clinic_other {
    uint8_t unit;
    uint64_t device_no;
    struct sam_row value;
};
struct clinic_pulled {
    unsigned rows, other_count, verdict_count;
    struct clinic_other other[CLINIC_OTHERS_MAX]; /* values beside those that disputed rows show */
    struct sam_verdict_row verdict[CLINIC_VERDICTS_MAX];
    struct sam_scope_end end;
};
void clinic_pull(struct clinic *k, const struct centre_tablet *t, uint64_t csn, struct clinic_pulled *out);
/* clinic_told(p, seq): what the run said of that op; NULL: nothing. */
const struct sam_verdict_row *clinic_told(const struct clinic_pulled *p, uint64_t seq);

#endif
