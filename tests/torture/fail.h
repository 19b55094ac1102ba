/* The nth allocation, or the nth call for a file, fails: once, or from then on for ever.
 *
 * The program is linked with --wrap for every function that is listed here, together with the static archives of SQLite, mbedTLS and
 * zlib: each of their calls and each of ours comes through fail.c, in the order in which they are made, and is counted while armed.
 *   memory   malloc, calloc, realloc
 *   files    open, openat, read, pread, write, pwrite, fsync, fdatasync, ftruncate, unlink, unlinkat, rename, mkdir, fcntl for a lock
 * With ENOSPC only what takes room fails: writes, new files and folders. One thread. */
#ifndef TORTURE_FAIL_H
#define TORTURE_FAIL_H

#include <stdbool.h>

enum fail_kind { FAIL_MEMORY, FAIL_FILES };

struct fail {
    enum fail_kind kind;
    unsigned long at; /* 1: the first; 0: none, calls are only counted */
    bool ever;        /* and all that follow */
    int error;        /* of files: what errno says */
    bool inside;      /* only what is called between fail_enter and fail_leave fails and is counted */
};

/* fail_arm(f): counts from 0 on. fail_disarm(): nothing fails and nothing is counted. */
void fail_arm(const struct fail *f);
void fail_disarm(void);
/* fail_pause(): what the harness itself does in between neither fails nor counts; fail_go_on(). They nest. */
void fail_pause(void);
void fail_go_on(void);
/* fail_enter(), fail_leave(): the part that fail.inside means. */
void fail_enter(void);
void fail_leave(void);
/* fail_count(): calls since fail_arm. fail_hits(): how many of them failed. fail_name(): the function of the first that did. */
unsigned long fail_count(void);
unsigned long fail_hits(void);
const char *fail_name(void);
/* fail_aloud(): from now on the first failure of each run tells on stderr where it was. */
void fail_aloud(void);
/* fail_live(): blocks that were given and not yet taken back, since the program began. */
long fail_live(void);

#endif
