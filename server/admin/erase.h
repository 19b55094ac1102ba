/* Was somebody erased? For verbs that are asked about one person. */
#ifndef ADMIN_ERASE_H
#define ADMIN_ERASE_H

#include "server/admin/verbs.h"

/* erase_known(v, person): VERB_OK: no; VERB_REFUSED with a sentence that says when; negative: the storage failed. */
int erase_known(struct verb_context *v, uint64_t person);

#endif
