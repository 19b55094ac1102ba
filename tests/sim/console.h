/* The coordinator: verbs that become jobs, each with a number from which all its choices follow, so that a verb that is run
 * again after a rollback does the same. */
#ifndef SIM_CONSOLE_H
#define SIM_CONSOLE_H

#include "tests/sim/world.h"

/* console_start(w): the first rows of an empty centre: clinics, users, groups, persons, planned sessions. */
void console_start(struct world *w);
/* console_act(w): the coordinator does something. console_approve(w): whoever waits is let in. console_confirm(w): after a
 * restore without journal the devices are confirmed. console_revoke(w, device_no). */
void console_act(struct world *w);
void console_approve(struct world *w);
void console_confirm(struct world *w);
void console_revoke(struct world *w, uint64_t device_no);
/* console_settle(w): the centre notes how far all backups hold each device's ops, as backup_settle. */
void console_settle(struct world *w);
/* console_invite(w, org, text, size): an invite as text; false: not now. */
bool console_invite(struct world *w, uint64_t org, char *text, size_t size);
/* centre_recheck(w): the list of devices changed. */
void centre_recheck(struct world *w);

#endif
