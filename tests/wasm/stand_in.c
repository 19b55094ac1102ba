/* POSIX for the test modules: what posix/ declares, over WASI and one more import. */
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The same file under another number, as dup(2). */
__attribute__((import_module("stand"), import_name("dup"))) extern int stand_dup(int fd);

static void letters(char *path)
{
    static unsigned n; /* nobody else is here */
    char *at = path + strlen(path) - 6;
    unsigned left = n++;
    for (size_t i = 0; i < 6; i++, left /= 26)
        at[i] = (char)('a' + left % 26);
}

char *mkdtemp(char *path)
{
    letters(path);
    return mkdir(path, 0700) ? NULL : path;
}

int mkostemp(char *path, int flags)
{
    letters(path);
    return open(path, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
}

int mkstemp(char *path)
{
    return mkostemp(path, 0);
}

pid_t getpid(void)
{
    return 1;
}

pid_t gettid(void)
{
    return 1;
}

static _Noreturn void cannot(const char *what)
{
    printf("cannot run in a module: %s\n", what);
    stand_skip();
}

pid_t fork(void)
{
    cannot("fork, another process");
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    (void)pid, (void)status, (void)options;
    cannot("waitpid, another process");
}

int pipe(int fd[2])
{
    (void)fd;
    cannot("pipe, another process");
}

int system(const char *command)
{
    (void)command;
    cannot("system, another process");
}

int socket(int domain, int type, int protocol)
{
    (void)domain, (void)type, (void)protocol;
    cannot("socket");
}

int bind(int fd, const struct sockaddr *at, socklen_t n)
{
    (void)fd, (void)at, (void)n;
    cannot("bind");
}

int listen(int fd, int backlog)
{
    (void)fd, (void)backlog;
    cannot("listen");
}

int getsockname(int fd, struct sockaddr *at, socklen_t *n)
{
    (void)fd, (void)at, (void)n;
    cannot("getsockname");
}

/* ---- a file in memory */

enum { MAPS_MAX = 16 };
static struct map {
    void *at;
    int fd;
} maps[MAPS_MAX];

static struct map *map_of(const void *at)
{
    for (int i = 0; i < MAPS_MAX; i++)
        if (maps[i].at == at)
            return &maps[i];
    return NULL;
}

void *mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
    struct map *m = map_of(NULL);
    (void)prot, (void)flags;
    if (at || offset || !m || !(m->at = calloc(1, n)))
        return MAP_FAILED;
    m->fd = stand_dup(fd);
    return pread(m->fd, m->at, n, 0) < 0 ? MAP_FAILED : m->at;
}

int msync(void *p, size_t n, int flags)
{
    struct map *m = map_of(p);
    (void)flags;
    return m && pwrite(m->fd, p, n, 0) == (ssize_t)n ? 0 : -1;
}

int munmap(void *p, size_t n)
{
    struct map *m = map_of(p);
    int rc = msync(p, n, MS_SYNC);
    if (m) {
        close(m->fd);
        free(m->at);
        m->at = NULL;
    }
    return rc;
}
