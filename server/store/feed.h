/* What a device gets to read: the answer to one PULL or SNAP_GET as a series of frames. Runs on a reader connection, page
 * by page, each page in its own snapshot; nothing is held between pages but a place. */
#ifndef STORE_FEED_H
#define STORE_FEED_H

#include "proto/sync/sync.h"
#include "server/store/store.h"

struct feed;

/* Who reads: the device's number and clinic, and what its HELLO said. Of entities that its schema does not know it is sent no row, and
 * none is counted for it: it could name neither the entity nor the key of one, so no sum over them would ever agree. What is left out is read
 * at each end: 2 us a row; nothing where device and centre have one schema. */
struct feed_device {
    uint64_t no, org, hello_epoch, schema;
};

/**
 * feed_pull_new(st, device, epoch, pull), feed_snap_new(st, device, get):
 *   epoch   the centre's current one
 *   owns    caller's until feed_free; ${st} is a reader and outlives it; ${device} is copied
 *   errors  NULL: out of memory, or the store could not be read
 */
struct feed *feed_pull_new(struct store *st, const struct feed_device *device, uint64_t epoch,
                           const struct sam_pull *pull);
struct feed *feed_snap_new(struct store *st, const struct feed_device *device, const struct sam_snap_get *get);
void feed_free(struct feed *f);

/**
 * feed_next(f, s): send the next frame through ${s}.
 *   returns 1: there is more, call again when the output has room for SAM_FRAME_BODY_BYTES_MAX; 0: the answer is complete;
 *           SAM_EDENIED a scope that is not the device's; other negative: storage failed
 */
int feed_next(struct feed *f, struct sam_sync *s);

#endif
