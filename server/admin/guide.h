/* What `serve` says when it is ready: where it listens, and what to type next. */
#ifndef ADMIN_GUIDE_H
#define ADMIN_GUIDE_H

#include "server/admin/verbs.h"

struct guide {
    bool invited; /* there was no tablet yet, so one is invited */
    struct intake_invite invite;
    char clinic[SAM_NAME_BYTES_MAX + 1];
};

/* guide_prepare(g, v, in): before serving: where no tablet has joined yet, an invite for the first clinic. */
void guide_prepare(struct guide *g, struct verb_context *v, struct intake *in);
/* guide_ready(g, v, address, port): the line that begins with "ready ", then invite and next commands if there is one. */
void guide_ready(struct guide *g, struct verb_context *v, const char *address, uint16_t port);

#endif
