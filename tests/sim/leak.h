/* P10 and P11: no byte of another clinic's rows leaves the centre, and none at all goes to a device that is not active. */
#ifndef SIM_LEAK_H
#define SIM_LEAK_H

#include "tests/sim/world.h"

/* leak_check(w, c, out): look at the whole frames that are about to leave. */
void leak_check(struct world *w, const struct conn *c, struct sam_span out);

#endif
