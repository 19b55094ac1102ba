/* Faults: which classes a world has is drawn at its start; when one strikes is drawn as time goes. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "tests/sim/world.h"

const char *fault_name(enum fault f);
/* fault_pinned(i): the i-th of the seeds that once found something; 0: there are no more. Their worlds are what they were then. */
uint64_t fault_pinned(unsigned i);
/* fault_choose(w): the classes of this world: a coin for each, of which some worlds have a good one and others a bad one. */
void fault_choose(struct world *w);
/* fault_act(w): one of them strikes. fault_stop(w): faults end, disks have room and work again. */
void fault_act(struct world *w);
void fault_stop(struct world *w);
/* fault_due(w), fault_heal(w): when a disk that is full gets room again. */
int64_t fault_heal_due(const struct world *w);
void fault_heal(struct world *w);

#endif
