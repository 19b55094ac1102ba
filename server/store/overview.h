/* What a coordinator sees first, counted by the store. For readers, inside a snapshot. */
#ifndef STORE_OVERVIEW_H
#define STORE_OVERVIEW_H

#include "server/store/store.h"

struct store_clinic {
    uint64_t org;
    const char *name;     /* borrowed until the next one */
    uint64_t devices;     /* tablets that are pending, active or draining */
    int64_t last_seen_s;  /* when the last of them was heard; 0: never */
    uint64_t waiting;     /* changes that wait on them, as they last said */
    uint64_t cases;       /* open ones that arose in its groups */
    uint64_t quarantined; /* ops of its tablets that were put aside and that nobody has closed */
};

struct store_clinic_device {
    uint64_t device_no, waiting;
    const char *label; /* borrowed until the next one */
    uint32_t state;    /* enum sam_device_state: pending, active or draining */
    int64_t last_seen_s;
};

/* A group that has a session on the day, or would by its plan. */
struct store_clinic_group {
    uint64_t group, marked, persons; /* marked: whose attendance is known; persons: enrolled that day */
    const char *name;                /* borrowed until the next one */
    int start_min, end_min, status;  /* minutes since midnight, -1: not set; 0 planned, 1 held, 2 cancelled */
};

/* store_clinics(st, each, ctx): clinics by name, until ${each} returns non-zero, which is returned. */
int store_clinics(struct store *st, int (*each)(void *ctx, const struct store_clinic *clinic), void *ctx);
/* store_clinic_devices, store_clinic_groups (by time of day; ${day}: days since 1970): as store_clinics. */
int store_clinic_devices(struct store *st, uint64_t org, int (*each)(void *ctx, const struct store_clinic_device *d),
                         void *ctx);
int store_clinic_groups(struct store *st, uint64_t org, int32_t day,
                        int (*each)(void *ctx, const struct store_clinic_group *g), void *ctx);
/* store_cases_open(st, cases, quarantined): of the whole centre. */
int store_cases_open(struct store *st, uint64_t *cases, uint64_t *quarantined);

/* store_patience(st, late, ctx): from now on ${late} is asked every now and then while a statement runs; true ends the statement
 * with SAM_ETIMEOUT. NULL: nobody is asked. */
void store_patience(struct store *st, bool (*late)(void *ctx), void *ctx);

#endif
