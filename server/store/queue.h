/* What waits for a person, and what was decided: lists of the console. For readers, inside a snapshot. */
#ifndef STORE_QUEUE_H
#define STORE_QUEUE_H

#include "server/store/store.h"

#define STORE_DECISION_BYTES 1024u

/* Where a list begins. Open cases, and what was put aside: by number, from behind ${after}. Closed cases: the one first that changed
 * last, from behind case ${after}; what may rest: the newest first. 0: from the beginning. */
struct store_queue {
    bool open;
    uint64_t org, after; /* org 0: of every clinic */
};

/* A case, where it arose: names are borrowed until the next one and "" where they are not known. */
struct store_queue_case {
    struct store_case c;
    uint64_t org; /* 0: it belongs to no clinic */
    const char *clinic, *group;
};

/* What was put aside: the tablet that sent it. */
struct store_queue_aside {
    struct store_verdict v;
    uint64_t org;
    const char *clinic, *label;
};

/* A clinic, with what is open of it. */
struct store_queue_clinic {
    uint64_t org, cases, aside;
    uint64_t changed_csn; /* the last change of an open case */
    const char *name;
};

/* store_queue_cases(st, from, each, ctx), store_queue_aside: until ${each} returns non-zero, which is returned. */
int store_queue_cases(struct store *st, const struct store_queue *from,
                      int (*each)(void *ctx, const struct store_queue_case *c), void *ctx);
int store_queue_aside(struct store *st, const struct store_queue *from,
                      int (*each)(void *ctx, const struct store_queue_aside *a), void *ctx);
/* store_queue_clinics(st, each, ctx): the clinics by name, and last, without a name, what belongs to none (org 0). */
int store_queue_clinics(struct store *st, int (*each)(void *ctx, const struct store_queue_clinic *c), void *ctx);
/* A change of a case, or a link, that somebody asked for: its line of the audit log, and the ops of the same commit (0: it cannot be
 * told). */
struct store_decision {
    uint64_t audit_no, first_csn, last_csn;
    int64_t at_s;
    char actor[STORE_DECISION_BYTES], text[STORE_DECISION_BYTES]; /* cut where they are longer */
};
/* store_decision_next(st, participant, before, out): the one before that line, of this participant, or (0) of what names nobody;
 * ${before} 0: the last one. SAM_ENOTFOUND. */
int store_decision_next(struct store *st, uint64_t participant, uint64_t before, struct store_decision *out);
/* store_case_of_session(st, session, unit, after, c): the next open case about that unit of an attendance in this session, by the
 * participant's id; SAM_ENOTFOUND. */
int store_case_of_session(struct store *st, uint64_t session, unsigned unit, uint64_t after, struct store_case *c);

#endif
