/* Room in an array that grows: the one place that doubles it. */
#ifndef SAM_BASE_GROW_H
#define SAM_BASE_GROW_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/**
 * sam_grow(mem, room, need, item):
 * The array ${mem} of *${room} items with room for at least ${need} of them: as it is, or moved with its content.
 *   units   room and need in items, item in bytes; need > 0
 *   owns    what is returned is the caller's, to be freed with free, and ${mem} is gone
 *   errors  NULL: no memory; ${mem} and *${room} are as they were
 */
static inline void *sam_grow(void *mem, size_t *room, size_t need, size_t item)
{
    size_t more = *room ? *room : 32;
    while (more < need && more <= SIZE_MAX / 2)
        more *= 2;
    if (mem && more == *room)
        return mem;
    void *moved = more < need || more > SIZE_MAX / item ? NULL : realloc(mem, more * item);
    *room = moved ? more : *room;
    return moved;
}

#endif
