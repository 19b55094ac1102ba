/* What the rooms of the centre share: centre.c, centre_conn.c, centre_writer.c. */
#ifndef SIM_CENTRE_INT_H
#define SIM_CENTRE_INT_H

#include "tests/sim/centre.h"

/* centre_conn.c. centre_conn_due(c): when ${c} has taken too long, world time in ms. centre_conn_late(c, now_ms): it has. */
uint64_t centre_conn_due(const struct conn *c);
void centre_conn_late(struct conn *c, uint64_t now_ms);

/* centre_writer.c. centre_commit(w): the first group of waiting jobs. centre_jobs_end(first, end, died): every job is given back,
 * with its result, or, where the process ended, as never answered. centre_plan(w): planned sessions, once a day. */
void centre_commit(struct world *w);
void centre_jobs_end(struct writer_job *first, const struct writer_job *end, bool died);
void centre_plan(struct world *w);

#endif
