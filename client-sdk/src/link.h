/* A blocking line to the centre: TCP and TLS with the pin of the invite. */
#ifndef SAM_CLIENT_LINK_H
#define SAM_CLIENT_LINK_H

#include <stdbool.h>
#include <stdint.h>

struct samling;

/**
 * sam_link_run(s, until_ms, byte_budget, stay, why):
 * One connection: connect, converse until nothing is left to do (or, with ${stay}, until the time is up), disconnect.
 *   units    until_ms by sam_host_mono_ms; byte_budget in application bytes, 0: none
 *   returns  0 or why it ended early; ${why} (of ${why_size} bytes) in words
 */
int sam_link_run(struct samling *s, uint64_t until_ms, uint64_t byte_budget, bool stay, char *why, unsigned why_size);

#endif
