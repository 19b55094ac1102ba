/* Tablets, and the people who hold them: a person opens a form, thinks while syncs run, saves. The host around the handle does
 * what samling's own host does: it connects when the retry fires, hangs up when all is done or nothing comes any more, and
 * ends the process when the disk fails. */
#ifndef SIM_TABLET_H
#define SIM_TABLET_H

#include "tests/sim/world.h"

/* tablet_new(w): one more, without a store; NULL: there are enough. tablet_boot: open its store, a new or an old one. */
struct tablet *tablet_new(struct world *w);
void tablet_boot(struct tablet *t);
/* tablet_invite(t): the coordinator hands out a code, and the tablet takes it. */
void tablet_invite(struct tablet *t);
/* tablet_take(t, text): it takes this code. */
void tablet_take(struct tablet *t, const char *text);
/* tablet_close(t): an orderly end. tablet_died(t): its machine is off; it comes again later. */
void tablet_close(struct tablet *t);
void tablet_died(struct tablet *t);

int64_t tablet_due(struct tablet *t);
void tablet_act(struct tablet *t);

void tablet_heard(struct world *w, struct line *l, const uint8_t *p, size_t n);
void tablet_heard_end(struct world *w, struct line *l);
/* tablet_hang_up(t, lost): end the conversation. */
void tablet_hang_up(struct tablet *t, bool lost);
/* tablet_check(t): what must hold after every step. */
void tablet_check(struct tablet *t);
/* tablet_copy(t, from, ops): ${t}'s store now is what ${from} was when it had made ${ops} ops; known by the oracle as a fork. */
void tablet_forked(struct tablet *t, unsigned parent_actor, unsigned ops);

#endif
