/* See fail.h. The real functions are reached as __real_*: the linker's half of --wrap. */
#include "tests/torture/fail.h"

#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>

static struct {
    struct fail want;
    bool armed;
    int paused;
    bool inside;
    unsigned long count, hits;
    long live;
    const char *name;
    bool aloud;
} now;

/* Where it was: to be read with addr2line -e PROGRAM -fp. */
static void tell(void)
{
    void *frame[48];
    backtrace_symbols_fd(frame, backtrace(frame, 48), 2);
}

void fail_aloud(void)
{
    now.aloud = true;
}

void fail_arm(const struct fail *f)
{
    now.want = *f;
    now.count = now.hits = 0;
    now.name = "";
    now.paused = 0;
    now.inside = false;
    now.armed = true;
}

void fail_disarm(void)
{
    now.armed = false;
}

void fail_pause(void)
{
    now.paused++;
}

void fail_go_on(void)
{
    now.paused--;
}

void fail_enter(void)
{
    now.inside = true;
}

void fail_leave(void)
{
    now.inside = false;
}

unsigned long fail_count(void)
{
    return now.count;
}

unsigned long fail_hits(void)
{
    return now.hits;
}

const char *fail_name(void)
{
    return now.name;
}

long fail_live(void)
{
    return now.live;
}

/* What a full disk refuses. */
static bool takes_room(const char *name)
{
    static const char *const names[] = {"write", "pwrite", "pwrite64", "mkdir", "creat"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool fails(enum fail_kind kind, const char *name)
{
    if (!now.armed || now.paused || kind != now.want.kind || (now.want.inside && !now.inside))
        return false;
    if (kind == FAIL_FILES && now.want.error == ENOSPC && !takes_room(name))
        return false;
    now.count++;
    if (!now.want.at || now.count < now.want.at || (now.count > now.want.at && !now.want.ever))
        return false;
    if (!now.hits++) {
        now.name = name;
        if (now.aloud)
            tell();
    }
    errno = kind == FAIL_MEMORY ? ENOMEM : now.want.error;
    return true;
}

/* ---- memory */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t each);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t each);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

static void *given(void *p)
{
    now.live += p != NULL;
    return p;
}

void *__wrap_malloc(size_t n)
{
    return fails(FAIL_MEMORY, "malloc") ? NULL : given(__real_malloc(n));
}

void *__wrap_calloc(size_t n, size_t each)
{
    return fails(FAIL_MEMORY, "calloc") ? NULL : given(__real_calloc(n, each));
}

void *__wrap_realloc(void *p, size_t n)
{
    if (fails(FAIL_MEMORY, "realloc"))
        return NULL;
    bool new = p == NULL;
    void *q = __real_realloc(p, n);
    now.live += new &&q;
    return q;
}

void __wrap_free(void *p)
{
    now.live -= p != NULL;
    __real_free(p);
}

/* ---- files */

#define FILES_MAP(X)                                                                  \
    X(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))                         \
    X(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))                  \
    X(ssize_t, pread64, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))        \
    X(ssize_t, pwrite64, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at)) \
    X(ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))          \
    X(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))   \
    X(int, fsync, (int fd), (fd))                                                     \
    X(int, fdatasync, (int fd), (fd))                                                 \
    X(int, ftruncate, (int fd, off_t n), (fd, n))                                     \
    X(int, ftruncate64, (int fd, off_t n), (fd, n))                                   \
    X(int, unlink, (const char *path), (path))                                        \
    X(int, unlinkat, (int at, const char *path, int flags), (at, path, flags))        \
    X(int, rename, (const char *from, const char *to), (from, to))                    \
    X(int, mkdir, (const char *path, mode_t mode), (path, mode))

#define X(type, name, takes, gives)                                       \
    type __real_##name takes;                                             \
    type __wrap_##name takes;                                             \
    type __wrap_##name takes                                              \
    {                                                                     \
        return fails(FAIL_FILES, #name) ? (type)-1 : __real_##name gives; \
    }
FILES_MAP(X)
#undef X

#define OPEN(name)                                                                                           \
    int __real_##name(const char *path, int flags, ...);                                                     \
    int __wrap_##name(const char *path, int flags, ...);                                                     \
    int __wrap_##name(const char *path, int flags, ...)                                                      \
    {                                                                                                        \
        va_list ap;                                                                                          \
        va_start(ap, flags);                                                                                 \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;                                \
        va_end(ap);                                                                                          \
        return fails(FAIL_FILES, flags & O_CREAT ? "creat" : #name) ? -1 : __real_##name(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

int __real_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...);
int __wrap_openat(int at, const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    return fails(FAIL_FILES, flags & O_CREAT ? "creat" : "openat") ? -1 : __real_openat(at, path, flags, mode);
}

/* A lock may fail to be taken; whatever else fcntl does goes through. */
/* One that can never be taken is another program's: SQLite waits its seconds for each. So of a lock only the nth fails. */
static bool lock_fails(const char *name)
{
    return fails(FAIL_FILES, name) && now.count == now.want.at;
}

#define FCNTL(name)                                                                      \
    int __real_##name(int fd, int command, ...);                                         \
    int __wrap_##name(int fd, int command, ...);                                         \
    int __wrap_##name(int fd, int command, ...)                                          \
    {                                                                                    \
        va_list ap;                                                                      \
        va_start(ap, command);                                                           \
        void *argument = va_arg(ap, void *);                                             \
        va_end(ap);                                                                      \
        bool lock = command == F_SETLK && ((struct flock *)argument)->l_type != F_UNLCK; \
        return lock && lock_fails(#name) ? -1 : __real_##name(fd, command, argument);    \
    }
FCNTL(fcntl)
FCNTL(fcntl64)
