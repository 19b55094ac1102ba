/* Tablets as a coordinator looks after them, in one list. For readers, inside a snapshot. */
#ifndef STORE_TABLET_H
#define STORE_TABLET_H

#include "server/store/store.h"

struct store_tablet {
    uint64_t device_no, org, parent; /* parent: it began as a copy of that one, 0: it did not */
    const char *label, *app, *model; /* borrowed until the next one */
    uint32_t state, digits;          /* enum sam_device_state; digits: to compare while it is pending */
    bool forked;                     /* there are copies of it */
    int64_t joined_s, last_seen_s, skew_s;
    uint64_t waiting, oldest_age_s; /* on it, as it last said */
    uint64_t quarantined;           /* ops of it that were put aside and that nobody has closed */
};

/* store_tablets(st, after, each, ctx): all with a greater number, by number, until ${each} returns non-zero, which is returned. */
int store_tablets(struct store *st, uint64_t after, int (*each)(void *ctx, const struct store_tablet *t), void *ctx);

#endif
