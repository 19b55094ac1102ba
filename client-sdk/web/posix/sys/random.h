/* Random bytes where the engine runs in a browser. The C library for WebAssembly has no getrandom. */
#ifndef SAM_WEB_RANDOM_H
#define SAM_WEB_RANDOM_H

#include <sys/types.h>

ssize_t getrandom(void *to, size_t n, unsigned flags);

#endif
