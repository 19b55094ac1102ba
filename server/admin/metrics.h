/* What is told to a monitoring system: gathered from the store, the disk and the serving process, written in the text format
 * of Prometheus. metrics.def is the list. */
#ifndef ADMIN_METRICS_H
#define ADMIN_METRICS_H

#include "server/admin/verbs.h"

#define METRICS_BYTES_MAX (64u * 1024u)

/* What only a serving process knows. */
struct metrics_live {
    const struct verb_live *figure;
    unsigned count; /* 0: nobody serves */
    const struct verb_histogram *commits;
};

/**
 * metrics_write(st, home, now_s, live, out):
 * Gather all of it now and write it into ${out}.
 *   thread  the one that has ${st}, which may be a reader
 *   errors  as the store; SAM_ENOMEM
 */
int metrics_write(struct store *st, const struct home *home, int64_t now_s, const struct metrics_live *live,
                  struct sam_buf *out);

#endif
