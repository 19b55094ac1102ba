/* How tablets become devices, through the product's own invites: with the digits compared, and with all that may go wrong on the way:
 * a code that is wrong or used, two who take one code at once, a conversation that ends at any byte of it. */
#ifndef SIM_JOIN_H
#define SIM_JOIN_H

#include "tests/sim/world.h"

/* join_some(w): somebody joins late, one way or another; false: not now. */
bool join_some(struct world *w);
/* join_break(t): its conversation, in which it joins, may break off at some byte of what either side says first. */
void join_break(struct tablet *t);
/* join_digits(w, digits): a tablet that somebody holds shows these six digits: the coordinator lets it in. */
bool join_digits(struct world *w, uint32_t digits);
/* join_check(w): each code made one device at most, and each device joined by a code of its own, or as the copy of another. */
void join_check(struct world *w);

#endif
