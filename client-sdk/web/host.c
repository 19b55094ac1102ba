/* The browser as host of the library: clocks, chance, and the few calls of POSIX that the core makes, over the imports. What the
 * native host has and a browser has not (a line of its own, a mode of files) is refused or left out. */
#include "client-sdk/src/host.h"

#include "client-sdk/src/link.h"
#include "client-sdk/web/import.h"
#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

int64_t sam_host_clock(void *ctx)
{
    (void)ctx;
    double now = sam_import_now_s();
    return now > -9e15 && now < 9e15 ? (int64_t)now : 0;
}

uint64_t sam_host_mono_ms(void)
{
    double ms = sam_import_mono_ms();
    return ms > 0 ? (uint64_t)ms : 0;
}

/* A page does not learn when its machine started. */
uint64_t sam_host_boot(void)
{
    return 0;
}

int32_t sam_host_utc_offset_min(int64_t at_s)
{
    int32_t minutes = sam_import_utc_offset_min((double)at_s);
    return minutes < -14 * 60 || minutes > 14 * 60 ? 0 : minutes;
}

/* The origin's private file system knows no modes, and the VFS makes what is not there. */
int sam_host_file_make(const char *path)
{
    (void)path;
    return 0;
}

int sam_link_run(struct samling *s, uint64_t until_ms, uint64_t byte_budget, bool stay, char *why, unsigned why_size)
{
    (void)s, (void)until_ms, (void)byte_budget, (void)stay;
    snprintf(why, why_size, "a page brings its own connection: samling_link_up");
    return SAM_EUSAGE;
}

_Noreturn void sam_assert_fail(const char *file, int line, const char *what)
{
    char text[300];
    snprintf(text, sizeof text, "%s:%d: %s", file, line, what);
    sam_import_fail(text, (int32_t)strlen(text));
}

/* ---- POSIX */

_Noreturn void abort(void)
{
    static const char text[] = "abort";
    sam_import_fail(text, sizeof text - 1);
}

ssize_t getrandom(void *to, size_t n, unsigned flags)
{
    (void)flags;
    return n > INT32_MAX || sam_import_random(to, (int32_t)n) ? -1 : (ssize_t)n;
}

int pthread_once(pthread_once_t *once, void (*start)(void))
{
    if (!*once)
        start();
    *once = 1;
    return 0;
}

/* The C library's printf can write to a stream, which nothing here asks for: without these the module would import three functions
 * of WASI that no host has to offer. */
#include <wasi/api.h>
__wasi_errno_t __wasi_fd_write(__wasi_fd_t fd, const __wasi_ciovec_t *iovs, size_t iovs_len, __wasi_size_t *nwritten)
{
    (void)fd, (void)iovs, (void)iovs_len;
    *nwritten = 0;
    return __WASI_ERRNO_BADF;
}
__wasi_errno_t __wasi_fd_seek(__wasi_fd_t fd, __wasi_filedelta_t offset, __wasi_whence_t whence,
                              __wasi_filesize_t *newoffset)
{
    (void)fd, (void)offset, (void)whence;
    *newoffset = 0;
    return __WASI_ERRNO_BADF;
}
__wasi_errno_t __wasi_fd_close(__wasi_fd_t fd)
{
    (void)fd;
    return __WASI_ERRNO_BADF;
}
