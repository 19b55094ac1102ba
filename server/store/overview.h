/* What a coordinator sees first, counted by the store. For readers, inside a snapshot. */
#ifndef STORE_OVERVIEW_H
#define STORE_OVERVIEW_H

#include "server/store/store.h"

struct store_clinic {
    uint64_t org;
    const char *name;    /* borrowed until the next one */
    uint64_t devices;    /* tablets that are pending, active or draining */
    int64_t last_seen_s; /* when the last of them was heard; 0: never */
    uint64_t waiting;    /* changes that wait on them, as they last said */
};

/* store_clinics(st, each, ctx): clinics by name, until ${each} returns non-zero, which is returned. */
int store_clinics(struct store *st, int (*each)(void *ctx, const struct store_clinic *clinic), void *ctx);
int store_cases_open(struct store *st, uint64_t *count);

/* store_patience(st, late, ctx): from now on ${late} is asked every now and then while a statement runs; true ends the statement
 * with SAM_ETIMEOUT. NULL: nobody is asked. */
void store_patience(struct store *st, bool (*late)(void *ctx), void *ctx);

#endif
