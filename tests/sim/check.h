/* What must hold at rest: every replica equals the centre's scope, sums and figures fit, the author of every verdict knows it,
 * the centre is whole and equals the oracle. */
#ifndef SIM_CHECK_H
#define SIM_CHECK_H

#include "tests/sim/world.h"

/* check_rest(w): all of it. check_tablet_settled(t): nothing waits here and all scopes are complete. */
void check_rest(struct world *w);
bool check_tablet_settled(struct tablet *t);

#endif
