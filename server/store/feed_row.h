/* One row as a device gets it: whole, or the units that are newer than its last complete run; beside a disputed unit what
 * others say of it. */
#ifndef STORE_FEED_ROW_H
#define STORE_FEED_ROW_H

#include "server/store/store.h"

struct feed_row {
    struct sam_buf bytes, others;
};

void feed_row_init(struct feed_row *f);
void feed_row_fini(struct feed_row *f);
/**
 * feed_row_encode(f, st, r, complete_csn, out):
 *   ${complete_csn}  the device is complete up to here; 0: it gets the whole row
 *   owns    ${out} is borrowed from ${f} until the next call
 *   errors  SAM_ENOMEM, SAM_ETOOBIG, as the store
 */
int feed_row_encode(struct feed_row *f, struct store *st, const struct store_feed_row *r, uint64_t complete_csn,
                    struct sam_span *out);

#endif
