/* What the verbs about tablets share. */
#ifndef ADMIN_VERBS_DEVICE_H
#define ADMIN_VERBS_DEVICE_H

#include "server/admin/value.h"

enum { DEVICE_LOST_DAYS = 7, DEVICE_PRINT_BYTES = 20 };

/* device_read(v, d): the tablet that the verb's first word names, without its key; as a verb's result. */
int device_read(struct verb_context *v, struct store_device *d);
/* device_next(v, d): the next tablet by number, without its key; *d zeroed: the first. SAM_ENOTFOUND at the end. */
int device_next(struct verb_context *v, struct store_device *d);
const char *device_state_text(const struct verb_context *v, uint32_t state);
/* device_contact_s(d): when it was heard from last, or joined. device_in_use(d): it ought to be heard from. */
int64_t device_contact_s(const struct store_device *d);
bool device_in_use(const struct store_device *d);
/* device_clinic(v, d, out): its clinic's name. device_print(d, out): of its key, "3f2a 91bc 0d17 e4c2". */
void device_clinic(struct verb_context *v, const struct store_device *d, char out[SAM_NAME_BYTES_MAX + 1]);
void device_print(const struct store_device *d, char out[DEVICE_PRINT_BYTES]);
/* device_moment(at_s, out): "2026-10-06T15:58:00Z", "-" of 0. */
void device_moment(int64_t at_s, char out[VALUE_TIME_BYTES]);

/* What a tablet has sent, and what became of it: sent = the sum of count and lost. */
struct device_sum {
    uint64_t sent, lost, count[SAM_VERDICT_LOST];
};
int device_sum(struct verb_context *v, const struct store_device *d, struct device_sum *out);

#endif
