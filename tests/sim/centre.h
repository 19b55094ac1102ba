/* The centre: intake, reader and the answers of connections are the product's; what writer.c, conn.c and listener.c do with
 * threads, sockets and timers is done here in small. Jobs wait in a queue until a group is committed, answers leave behind the
 * commit, a failed sync ends the process. */
#ifndef SIM_CENTRE_H
#define SIM_CENTRE_H

#include "tests/sim/world.h"

/* centre_open(w, create): start the process; false: it could not start and tries again later. */
bool centre_open(struct world *w, bool create);
/* centre_close(w): an orderly stop. centre_died(w): the machine is off (disk.h); what was not committed is gone. */
void centre_close(struct world *w);
void centre_died(struct world *w);

/* The next time that the centre has something to do, and doing it. */
int64_t centre_due(const struct world *w);
void centre_act(struct world *w);

/* A line reached the centre: a connection, unless the centre is off. */
bool centre_accept(struct world *w, struct line *l);
void centre_heard(struct world *w, struct line *l, const uint8_t *p, size_t n);
void centre_heard_end(struct world *w, struct line *l);

/* centre_submit(w, verb): a coordinator's verb joins the queue. */
void centre_verb(struct world *w, uint64_t kind);
/* centre_flush(w): commit what waits now. */
void centre_flush(struct world *w);
/* conns_reap(w): connections that closed are freed. */
void conns_reap(struct world *w);

#endif
