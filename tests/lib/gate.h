/* Goal: a small clinic with a journal and two tablets at the gate of intake, where a batch may be refused. Each push is a
 * transaction of its own. */
#ifndef TESTS_LIB_GATE_H
#define TESTS_LIB_GATE_H

#include "server/store/store_int.h"
#include "tests/lib/centre.h"

enum { GATE_NOW_S = 1800000000 };

struct gate {
    struct centre centre;
    uint64_t clinic, group, user, person[3], session; /* all enrolled; today */
    struct centre_tablet a, b;
};

/* gate_setup, gate_teardown: of one test; ${state} is a struct gate. */
int gate_setup(void **state);
int gate_teardown(void **state);

/* ---- said by the centre, in the caller's transaction */
uint64_t gate_named(struct gate *w, uint8_t entity, unsigned name, const char *text, int ref, uint64_t to);
/* gate_person(w, name): one more, enrolled in the group. */
uint64_t gate_person(struct gate *w, const char *name);

struct sam_op gate_mark(const struct gate *w, int person, int presence, uint64_t base);
/* gate_push(w, t, ops, count, epoch): the answer. ${t} moves on when it is acked. */
struct intake_pushed gate_push(struct gate *w, struct centre_tablet *t, const struct sam_op *ops, unsigned count,
                               uint64_t epoch);

/* ---- looking. gate_presence: -1: no row, or no longer. */
int64_t gate_presence(struct gate *w, int person);
uint64_t gate_verdicts(struct gate *w, const struct centre_tablet *t, enum sam_verdict kind);

#endif
