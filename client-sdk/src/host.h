/* What the library takes from the system it runs on: clocks, the time zone, and the first byte of a file.
 * host*.c are the native host; client-sdk/web/host.c stands in their place in a browser. */
#ifndef SAM_CLIENT_HOST_H
#define SAM_CLIENT_HOST_H

#include <stdint.h>

/* Seconds since 1970. */
int64_t sam_host_clock(void *ctx);
/* A clock that never goes back; its zero means nothing. */
uint64_t sam_host_mono_ms(void);
/* A number that is another one after every start of the machine; 0 where the system does not tell. */
uint64_t sam_host_boot(void);
/* The device's time zone at that moment, minutes east of UTC. */
int32_t sam_host_utc_offset_min(int64_t at_s);

/* sam_host_file_make(path): an empty file, readable by its owner alone, unless one is there. SAM_EFULL, SAM_EIO. */
int sam_host_file_make(const char *path);

#endif
