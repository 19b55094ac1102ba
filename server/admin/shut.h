/* Records that are shut, as verbs say and see them. */
#ifndef ADMIN_SHUT_H
#define ADMIN_SHUT_H

#include "server/admin/verbs.h"

/* shut_follow(v, loser, winner): two are linked: where the record of the first was shut, that of the second is shut too, for it now
 * shows both. Nothing is opened. VERB_OK, or as author_apply. */
int shut_follow(struct verb_context *v, uint64_t loser, uint64_t winner);

#endif
