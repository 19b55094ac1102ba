/* How many ops each device has sent in its last 24 hours. A device that has sent more than its share is asked to come again
 * later; what waits on the tablet is safe there, and nothing of it is put aside.
 *
 * The 24 hours begin with the first op, and a new count begins with the first op after them. Only devices that have proved
 * who they are get a line here, so the table is bounded by the list of devices. No clock of its own. */
#ifndef NET_QUOTA_H
#define NET_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUOTA_DAY_MS 86400000u

struct quota_line;

struct quota {
    uint64_t ops_max;        /* 0: no limit */
    struct quota_line *line; /* by device_no */
    size_t count, room;
};

void quota_init(struct quota *q, uint64_t ops_max);
void quota_fini(struct quota *q);
/**
 * quota_take(q, device_no, ops, now_ms):
 * ${ops} are about to be taken in. Whoever is below the limit gets through whole, so that no batch is too large for ever.
 *   returns 0; else the seconds until the device's next 24 hours begin. No memory: 0
 */
uint32_t quota_take(struct quota *q, uint64_t device_no, uint64_t ops, uint64_t now_ms);
/**
 * quota_settle(q, device_no, ops, seq):
 * What became of ${ops} that were let through: ${seq} is the last one that is now taken in, 0: none of them. What was taken in
 * before is counted once.
 */
void quota_settle(struct quota *q, uint64_t device_no, uint64_t ops, uint64_t seq);
/* quota_known(q, device_no, seq, now_ms): this device's ops up to ${seq} were taken in at some time. */
void quota_known(struct quota *q, uint64_t device_no, uint64_t seq, uint64_t now_ms);

#endif
