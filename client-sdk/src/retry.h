/* When to try again: back-off from 1 s to 15 min with jitter, kept across restarts.
 * Invariant: a device with a waiting op, an unanswered invite or an unfinished fill has a retry armed. */
#ifndef SAM_CLIENT_RETRY_H
#define SAM_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

struct samling;

void sam_retry_load(struct samling *s);
/* sam_retry_need(s): does anything wait for the centre? */
bool sam_retry_need(const struct samling *s);
/* sam_retry_saved(s): something waits now: arm the first try if none is armed. In the open transaction. */
int sam_retry_saved(struct samling *s);
/* sam_retry_failed(s, at_least_s): one more failure. sam_retry_soon(s): at once, not a failure. sam_retry_ok(s): all done. */
int sam_retry_failed(struct samling *s, uint32_t at_least_s);
int sam_retry_soon(struct samling *s);
int sam_retry_ok(struct samling *s);

#endif
