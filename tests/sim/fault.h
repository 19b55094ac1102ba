/* Faults: which classes a world has is drawn at its start; when one strikes is drawn as time goes. */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include "tests/sim/world.h"

const char *fault_name(enum fault f);
/* fault_choose(w): the classes of this world: at least three, sometimes all. */
void fault_choose(struct world *w);
/* fault_act(w): one of them strikes. fault_stop(w): faults end, disks have room and work again. */
void fault_act(struct world *w);
void fault_stop(struct world *w);
/* fault_due(w), fault_heal(w): when a disk that is full gets room again. */
int64_t fault_heal_due(const struct world *w);
void fault_heal(struct world *w);

#endif
