/* Programs of other ages. A store that an earlier program wrote is opened by the present one in mid-history, also while its machine
 * fails; and a tablet goes on under an earlier program, which is sent nothing that it cannot name, until it is upgraded. */
#ifndef SIM_UPGRADE_H
#define SIM_UPGRADE_H

#include "tests/sim/world.h"

/* upgrade_store(w): the centre's or a tablet's store turns out to be of an earlier schema; its next start is an upgrade. */
bool upgrade_store(struct world *w);
/* upgrade_trouble(w, folder): the machine may fail in the midst of that start. upgrade_over(w, folder): it has gone well. */
void upgrade_trouble(struct world *w, const char *folder);
void upgrade_over(struct world *w, const char *folder);
/* upgrade_same(w): what the centre derives from its facts is what it was before the upgrade. */
void upgrade_same(struct world *w);

/* skew_start(w): the centre may begin under an earlier program. skew_end(w): it is upgraded, if it has not been. */
void skew_start(struct world *w);
void skew_end(struct world *w);
/* skew_check(w): at rest nothing waits for an upgrade that has been. */
void skew_check(struct world *w);
/* skew_saves(on): what is asked from now on a tablet asks, in a save. */
void skew_saves(bool on);
/* skew(w): a tablet gets another program, the present one or an earlier one. */
bool skew(struct world *w);
/* skew_speaks(t): what is sent from now on, ${t} says: an earlier program says of itself what it is. */
void skew_speaks(const struct tablet *t);
/* skew_knows(t, entity): it has rows of that kind. */
bool skew_knows(const struct tablet *t, uint32_t entity);

#endif
