/* One file of the simulator's disk: what the process sees, what would be there after a power loss, and the writes between.
 *   invariants   without unsynced writes that a failed sync has let go of, seen = kept + unsynced, applied in order
 *                kept changes in image_sync, image_sync_fail and image_power_loss alone */
#ifndef SIM_IMAGE_H
#define SIM_IMAGE_H

#include "tests/sim/disk.h"

enum { IMAGE_TEAR_BYTES = 512 }; /* a power loss keeps or loses this much at once */

struct image_bytes {
    uint8_t *ptr;
    size_t len, room;
};

struct image_change; /* a write or a truncation */

struct image {
    struct image_bytes seen, kept;
    struct image_change *unsynced;
    size_t unsynced_count, unsynced_room;
};

/* What decides on a power loss and what it leaves behind. */
struct image_luck {
    uint64_t *random; /* state of image_random */
    struct disk_counts *counts;
    size_t garbage_bytes; /* sector that a write may leave as garbage, 0: none */
};

/* image_random(state): the next number of the sequence. */
uint64_t image_random(uint64_t *state);

void image_fini(struct image *m);
void image_write(struct image *m, uint64_t at, const void *p, size_t len);
void image_truncate(struct image *m, uint64_t len);
/* image_sync(m): kept = seen, but for what an earlier failed sync let go of. */
void image_sync(struct image *m);
/* image_sync_fail(m, luck): the unsynced writes are clean now; some are kept, the others will never be. */
void image_sync_fail(struct image *m, struct image_luck *luck);
/* image_power_loss(m, luck): the unsynced writes are kept, lost or torn; afterwards seen = kept. */
void image_power_loss(struct image *m, struct image_luck *luck);
/* image_copy(to, from): what ${from} shows becomes all of ${to}, synced. */
void image_copy(struct image *to, const struct image *from);
/* image_flip(m, bit): in seen and kept. */
void image_flip(struct image *m, uint64_t bit);

#endif
