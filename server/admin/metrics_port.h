/* Figures over HTTP, on a port that only this machine reaches: GET /metrics, and nothing else.
 *
 *      request --head whole--> 200, text --close-->
 *                         \--> 400 not HTTP/1, 404 another path, 405 another method, 408 too slow, 431 too long --close-->
 *
 * The text is gathered on a thread of the pool with a reader of its own, so that the loop goes on meanwhile; whoever asks while
 * it is being gathered gets the same text.
 *
 * Invariants
 *  1. One answer a connection, then it is closed; at most METRICS_CONNECTIONS_MAX at a time, each with METRICS_HEAD_BYTES_MAX
 *     bytes and METRICS_PATIENCE_MS until its answer has been taken. A further one takes the place of the oldest that has asked
 *     nothing: who is silent keeps nobody out.
 *  2. The address is one of 127.0.0.0/8 or ::1. */
#ifndef ADMIN_METRICS_PORT_H
#define ADMIN_METRICS_PORT_H

#include "server/admin/metrics.h"

#include <uv.h>

#define METRICS_CONNECTIONS_MAX 8u
#define METRICS_HEAD_BYTES_MAX 4096u
#define METRICS_PATIENCE_MS 5000u

struct metrics_port;

struct metrics_port_config {
    uv_loop_t *loop;
    const char *host; /* an address literal of this machine only */
    uint16_t port;    /* 0: any free one */
    const struct home *home;
    struct store *reader; /* of this port alone, until it is closed and the loop has ended */
    /* loop's thread: what the process knows now; borrowed until the next call */
    void (*live)(void *ctx, struct metrics_live *out);
    void *ctx;
};

/* metrics_port_open(out, config): SAM_EDENIED others reach that address; SAM_EUSAGE not an address; SAM_EBUSY taken; SAM_EIO. */
int metrics_port_open(struct metrics_port **out, const struct metrics_port_config *config);
uint16_t metrics_port_number(const struct metrics_port *p);
/* metrics_port_close(p): freed when the loop has run on; NULL is fine. */
void metrics_port_close(struct metrics_port *p);

#endif
