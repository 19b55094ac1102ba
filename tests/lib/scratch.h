/* Goal: where a test puts its files: in memory, where fsync costs nothing, if the machine has such a place. How long a slow disk takes
 * is nothing that these tests ask; what survives it is asked where disks are lost (tests/sim, tests/torture, tests/e2e). */
#ifndef TESTS_LIB_SCRATCH_H
#define TESTS_LIB_SCRATCH_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SCRATCH_BYTES 48 /* enough for the path of a folder; names have at most 16 bytes */

static inline const char *scratch_place(void)
{
    return access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
}

/* A new folder; its path, ${bytes} at most, into ${folder}. False: none can be made. */
static inline bool scratch_folder(char *folder, size_t bytes, const char *name)
{
    int n = snprintf(folder, bytes, "%s/samling-%.16s-XXXXXX", scratch_place(), name);
    return n > 0 && (size_t)n < bytes && mkdtemp(folder);
}

#endif
