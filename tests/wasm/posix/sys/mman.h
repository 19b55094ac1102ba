/* A file in memory that is written back when it is let go: no other process looks. */
#ifndef TESTS_WASM_MMAN_H
#define TESTS_WASM_MMAN_H
#include <sys/types.h>
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 1
#define MAP_FAILED ((void *)-1)
void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset);
int munmap(void *p, size_t n);
int msync(void *p, size_t n, int flags);
#define MS_SYNC 4
#endif
