/* Goal: histories are played through the real intake and store, and what stands at their end is held against the law: the same
 * for all orders of arrival of one history, and what the fold over all its ops says (fold.h), row, values, open cases and
 * verdicts alike.
 *
 * Runs are gathered and played side by side, each on a row of its own, in a transaction that is rolled back. What is wrong is
 * printed, the first few of each kind, and counted. */
#ifndef TESTS_LIB_LAW_H
#define TESTS_LIB_LAW_H

#include "tests/lib/history.h"
#include "tests/lib/stage.h"

struct law;

/* law_open(out): with a stage of its own. law_close(NULL) is fine. */
void law_open(struct law **out);
void law_close(struct law *l);
const struct stage *law_stage(const struct law *l);

/* law_begin(l, name, kind, console): what follows is played on rows of ${kind}; with ${console}, device 0 is the console. */
void law_begin(struct law *l, const char *name, enum stage_kind kind, bool console);
/* law_history(l, h, op): the orders that follow are of this history. The ops are borrowed until law_end. */
void law_history(struct law *l, const struct history *h, const struct sam_op *const op[]);
/* law_order(l, h, order): play it in this order; of the form that history_orders calls. Always true. */
bool law_order(void *l, const struct history *h, const struct history_order *order);
/* law_end(l): plays what is still waiting, prints one line and returns how many orders ended wrong. */
unsigned long law_end(struct law *l);

#endif
