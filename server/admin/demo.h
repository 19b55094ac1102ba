/* A centre to try samling with: clinics as they exist, everything else invented. */
#ifndef ADMIN_DEMO_H
#define ADMIN_DEMO_H

#include "server/admin/verbs.h"

/* demo_make(v): into the empty store of v->in, in transactions of its own. As a verb's run. */
int demo_make(struct verb_context *v);

#endif
