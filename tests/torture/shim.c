/* For the shipped programs (LD_PRELOAD): the nth call for a file below a folder fails, or the nth allocation: once, or from then on for
 * ever. Built by the Makefile as build/torture/shim.so; tests/torture/shim.py drives it.
 *
 * It is told what to do, and tells what it counted, in a small file that both map (TORTURE_STATE), so that a server can be armed and
 * disarmed while it runs:
 *     0 armed | 1 kind: 0 files, 1 memory, 2 only fsync and fdatasync | 2 at | 3 ever | 4 errno | 5 count | 6 hits     (7 × 64 bits)
 * With ENOSPC only what takes room fails: writes, new files and folders.
 * TORTURE_FOLDER: what lies elsewhere neither fails nor counts. Of an fsync that fails nothing reaches the disk. Any thread. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { FDS_MAX = 4096, KIND_FILES = 0, KIND_MEMORY = 1, KIND_SYNCS = 2 };

struct state {
    volatile int64_t armed, kind, at, ever, error;
    int64_t count, hits;
};

static struct state nobody, *state = &nobody;
static const char *folder = "";
static bool ours[FDS_MAX];

void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t each);
void *__libc_realloc(void *p, size_t n);

#define REAL(name) ((__typeof__(&(name)))real(#name, &real_##name))
static void *real(const char *name, void **kept)
{
    if (!*kept)
        *kept = dlsym(RTLD_NEXT, name);
    return *kept;
}
static void *real_open, *real_open64, *real_openat, *real_close;

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("TORTURE_STATE");
    folder = getenv("TORTURE_FOLDER") ? getenv("TORTURE_FOLDER") : "";
    int fd = path ? REAL(open)(path, O_RDWR | O_CLOEXEC) : -1;
    void *p = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0)
        REAL(close)(fd);
    if (p != MAP_FAILED)
        state = p;
}

static bool fails(int64_t kind)
{
    if (!state->armed || kind != state->kind)
        return false;
    int64_t count = __atomic_add_fetch(&state->count, 1, __ATOMIC_RELAXED);
    if (!state->at || count < state->at || (count > state->at && !state->ever))
        return false;
    __atomic_add_fetch(&state->hits, 1, __ATOMIC_RELAXED);
    errno = kind == KIND_MEMORY ? ENOMEM : (int)state->error;
    return true;
}

/* ${room}: does the call take room? A full disk refuses nothing else. */
static bool file_fails(bool room)
{
    return (room || state->error != ENOSPC) && fails(KIND_FILES);
}

static bool path_ours(const char *path)
{
    return *folder && strncmp(path, folder, strlen(folder)) == 0;
}

static bool fd_ours(int fd)
{
    return fd >= 0 && fd < FDS_MAX && ours[fd];
}

/* ---- memory */

void *malloc(size_t n)
{
    return fails(KIND_MEMORY) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t each)
{
    return fails(KIND_MEMORY) ? NULL : __libc_calloc(n, each);
}

void *realloc(void *p, size_t n)
{
    return fails(KIND_MEMORY) ? NULL : __libc_realloc(p, n);
}

/* ---- files */

static int opened(int fd, const char *path)
{
    if (fd >= 0 && fd < FDS_MAX)
        ours[fd] = path_ours(path);
    return fd;
}

#define OPEN(name)                                                              \
    int name(const char *path, int flags, ...)                                  \
    {                                                                           \
        va_list ap;                                                             \
        va_start(ap, flags);                                                    \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(ap, mode_t) : 0; \
        va_end(ap);                                                             \
        if (path_ours(path) && file_fails(flags & O_CREAT))                     \
            return -1;                                                          \
        return opened(REAL(name)(path, flags, mode), path);                     \
    }
OPEN(open)
OPEN(open64)

int openat(int at, const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
    va_end(ap);
    bool mine = path[0] == '/' ? path_ours(path) : fd_ours(at);
    if (mine && file_fails(flags & O_CREAT))
        return -1;
    int fd = REAL(openat)(at, path, flags, mode);
    if (fd >= 0 && fd < FDS_MAX)
        ours[fd] = mine;
    return fd;
}

int close(int fd)
{
    if (fd >= 0 && fd < FDS_MAX)
        ours[fd] = false;
    return REAL(close)(fd);
}

#define ON_FD(type, name, room, takes, gives)                                 \
    static void *real_##name;                                                 \
    type name takes                                                           \
    {                                                                         \
        return fd_ours(fd) && file_fails(room) ? (type)-1 : REAL(name) gives; \
    }
ON_FD(ssize_t, read, false, (int fd, void *p, size_t n), (fd, p, n))
ON_FD(ssize_t, write, true, (int fd, const void *p, size_t n), (fd, p, n))
ON_FD(ssize_t, pread, false, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
ON_FD(ssize_t, pread64, false, (int fd, void *p, size_t n, off64_t at), (fd, p, n, at))
ON_FD(ssize_t, pwrite, true, (int fd, const void *p, size_t n, off_t at), (fd, p, n, at))
ON_FD(ssize_t, pwrite64, true, (int fd, const void *p, size_t n, off64_t at), (fd, p, n, at))
ON_FD(int, ftruncate, false, (int fd, off_t n), (fd, n))
ON_FD(int, ftruncate64, false, (int fd, off64_t n), (fd, n))

#define SYNC(name)                                                                            \
    static void *real_##name;                                                                 \
    int name(int fd)                                                                          \
    {                                                                                         \
        return fd_ours(fd) && (fails(KIND_SYNCS) || file_fails(false)) ? -1 : REAL(name)(fd); \
    }
SYNC(fsync)
SYNC(fdatasync)

#define ON_PATH(name, room, takes, gives)                                   \
    static void *real_##name;                                               \
    int name takes                                                          \
    {                                                                       \
        return path_ours(path) && file_fails(room) ? -1 : REAL(name) gives; \
    }
ON_PATH(unlink, false, (const char *path), (path))
ON_PATH(mkdir, true, (const char *path, mode_t mode), (path, mode))

static void *real_rename;
int rename(const char *from, const char *to)
{
    return (path_ours(from) || path_ours(to)) && file_fails(false) ? -1 : REAL(rename)(from, to);
}

/* A lock may fail to be taken; whatever else fcntl does goes through. */
/* One that can never be taken is another program's: SQLite waits its seconds for each. So of a lock only the nth fails. */
static bool lock_fails(void)
{
    int64_t ever = state->ever;
    return ever ? (void)__atomic_add_fetch(&state->count, 1, __ATOMIC_RELAXED), false : file_fails(false);
}

#define FCNTL(name)                                                                          \
    static void *real_##name;                                                                \
    int name(int fd, int command, ...)                                                       \
    {                                                                                        \
        va_list ap;                                                                          \
        va_start(ap, command);                                                               \
        void *argument = va_arg(ap, void *);                                                 \
        va_end(ap);                                                                          \
        bool lock = command == F_SETLK && ((struct flock *)argument)->l_type != F_UNLCK;     \
        return lock && fd_ours(fd) && lock_fails() ? -1 : REAL(name)(fd, command, argument); \
    }
FCNTL(fcntl)
FCNTL(fcntl64)
