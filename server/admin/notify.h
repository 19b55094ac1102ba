/* What a service manager is told, as sd_notify(3) has it: datagrams to the socket that NOTIFY_SOCKET names.
 *
 *      READY=1      tablets can come
 *      WATCHDOG=1   every third of WATCHDOG_USEC, while the host says that it is alive; when they stop it is started anew
 *      STOPPING=1   it was told to end
 *
 * A library for this would bring decompressors and more into a process that holds keys; the protocol is three words. */
#ifndef ADMIN_NOTIFY_H
#define ADMIN_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct notify;

struct notify_config {
    uv_loop_t *loop;
    /* loop's thread: has everything got on within ${patience_ms}? */
    bool (*alive)(void *ctx, uint64_t patience_ms);
    void *ctx;
};

/* notify_open(out, config): NULL in ${out} and 0 where no manager listens. SAM_EUSAGE the name is none; SAM_EIO; SAM_ENOMEM. */
int notify_open(struct notify **out, const struct notify_config *config);
/* notify_ready(n): and from now on the watchdog, where the manager wants it. NULL is fine. */
void notify_ready(struct notify *n);
/* notify_close(n): STOPPING=1, and no more. Freed when the loop has run on; NULL is fine. */
void notify_close(struct notify *n);

#endif
