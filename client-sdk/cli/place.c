#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define KEY_BYTES 32
#define STORE_FILE "tablet.db"

static int fail_errno(struct cli *c, const char *path)
{
    return cli_fail(c, EXIT_ERROR, errno == ENOSPC ? "EFULL" : "EIO", SAM_TEXT_CLI_FILE, path, strerror(errno));
}

/* joins two parts; false: longer than a path may be */
static bool join(char out[PATH_BYTES], const char *front, const char *back)
{
    int n = snprintf(out, PATH_BYTES, "%s%s", front, back);
    return n > 0 && n < PATH_BYTES;
}

static bool parent_of(char out[PATH_BYTES], const char *path)
{
    if (!join(out, path, ""))
        return false;
    char *slash = strrchr(out, '/');
    if (!slash)
        return join(out, ".", "");
    if (slash == out)
        slash++;
    *slash = '\0';
    return true;
}

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int r = fsync(fd);
    close(fd);
    return r;
}

/* one folder, for the owner alone; its name is on disk when this returns 0 */
static int make_folder(const char *path)
{
    char parent[PATH_BYTES];
    if (mkdir(path, 0700) != 0)
        return errno == EEXIST ? 0 : -1;
    return parent_of(parent, path) ? sync_folder(parent) : -1;
}

/* a folder and all that lie above it */
static int make_folders(const char *path)
{
    char part[PATH_BYTES];
    struct stat st;
    if (!join(part, path, ""))
        return -1;
    for (char *p = part + 1; *p; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (make_folder(part) != 0)
            return -1;
        *p = '/';
    }
    if (make_folder(part) != 0 || stat(part, &st) != 0)
        return -1;
    if (!S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    return S_ISDIR(st.st_mode) ? 0 : -1;
}

static int write_whole(int fd, const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return -1;
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

/* Writes a new key beside ${path} and links it there, so that the name never stands for half a key, and the first of two
 * programs that make one at the same time wins. */
static int write_key(const char *path)
{
    char temp[PATH_BYTES], tail[32], folder[PATH_BYTES];
    uint8_t key[KEY_BYTES];
    snprintf(tail, sizeof tail, ".new.%ld", (long)getpid());
    if (!join(temp, path, tail) || !parent_of(folder, path))
        return -1;
    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return -1;
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    int r = write_whole(fd, key, sizeof key);
    if (r == 0)
        r = fsync(fd);
    if (close(fd) != 0)
        r = -1;
    if (r == 0 && link(temp, path) != 0 && errno != EEXIST)
        r = -1;
    unlink(temp);
    explicit_bzero(key, sizeof key);
    return r == 0 ? sync_folder(folder) : -1;
}

/* 0, or an exit code; a key that others may read is refused, as ssh does */
static int read_key(struct cli *c, const char *path, uint8_t key[KEY_BYTES])
{
    struct stat st;
    uint8_t more;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return fail_errno(c, path);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_mode & 077) {
        close(fd);
        return cli_fail(c, EXIT_REFUSED, "EAUTH", SAM_TEXT_CLI_KEY_OPEN, path);
    }
    ssize_t n = read(fd, key, KEY_BYTES), rest = n < 0 ? n : read(fd, &more, 1);
    int failure = errno;
    close(fd);
    errno = failure;
    if (rest < 0) /* how long it is, is not known */
        return fail_errno(c, path);
    bool whole = n == KEY_BYTES && rest == 0;
    return whole ? 0 : cli_fail(c, EXIT_REFUSED, "EAUTH", SAM_TEXT_CLI_KEY_SIZE, path);
}

/* option, environment, or below the home folder */
static int choose(struct cli *c, enum arg option, const char *variable, const char *below_home, char out[PATH_BYTES])
{
    const char *given = c->args.value[option], *home = getenv("HOME");
    if (!given)
        given = getenv(variable);
    if (given && *given)
        return join(out, given, "") ? 0 : cli_usage(c, SAM_TEXT_CLI_NO_HOME);
    if (!home || *home != '/' || !join(out, home, below_home))
        return cli_usage(c, SAM_TEXT_CLI_NO_HOME);
    return 0;
}

static bool exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 || errno != ENOENT;
}

static int make_key(struct cli *c, const char *path)
{
    char folder[PATH_BYTES];
    if (!parent_of(folder, path) || make_folders(folder) != 0 || write_key(path) != 0)
        return fail_errno(c, path);
    return 0;
}

/* paths, then key, then the store's folder: in this order */
static int prepare(struct cli *c, bool may_make, char store[PATH_BYTES], uint8_t key[KEY_BYTES])
{
    char folder[PATH_BYTES], key_path[PATH_BYTES];
    int r = choose(c, ARG_STORE, "SAMLING_HOME", "/.local/share/samling", folder);
    if (!r)
        r = choose(c, ARG_KEY_FILE, "SAMLING_KEY_FILE", "/.config/samling/data.key", key_path);
    if (r)
        return r;
    if (!join(store, folder, "/" STORE_FILE))
        return cli_usage(c, SAM_TEXT_CLI_NO_HOME);
    bool is_there = exists(store);
    if (!is_there && !may_make)
        return cli_fail(c, EXIT_JOIN, "ESTATE", SAM_TEXT_CLI_NO_STORE, folder);
    if (is_there && !exists(key_path))
        return cli_fail(c, EXIT_REFUSED, "EAUTH", SAM_TEXT_CLI_KEY_MISSING, key_path);
    if (!exists(key_path) && (r = make_key(c, key_path)) != 0)
        return r;
    if ((r = read_key(c, key_path, key)) != 0)
        return r;
    return make_folders(folder) == 0 ? 0 : fail_errno(c, folder);
}

/* For tests: $SAMLING_TEST_CLOCK is the tablet's own clock, in seconds since 1970 at the start of the command. */
static int64_t test_clock_s;
static int64_t test_clock(void *ctx)
{
    (void)ctx;
    return test_clock_s;
}

static void clock_choose(samling *s)
{
    const char *given = getenv("SAMLING_TEST_CLOCK");
    uint64_t at;
    if (!given || !cli_args_number(given, 0, INT64_MAX, &at))
        return;
    test_clock_s = (int64_t)at;
    samling_clock_set(s, test_clock, NULL);
}

/* What the coordinator sees of this tablet: "samling 0.1.0", "Linux aarch64". */
static int name_tablet(samling *s)
{
    struct utsname u;
    char model[41] = "";
    if (uname(&u) == 0)
        snprintf(model, sizeof model, "%.24s %.15s", u.sysname, u.machine);
    return samling_app_set(s, "samling " SAMLING_VERSION, model);
}

int cli_place_open(struct cli *c, bool may_make)
{
    char store[PATH_BYTES];
    uint8_t key[KEY_BYTES] = {0};
    umask(077);
    int r = prepare(c, may_make, store, key);
    if (r == 0) {
        int err = samling_open(store, key, &c->s);
        if (!err)
            err = name_tablet(c->s);
        r = err ? cli_fail_sdk(c, err) : 0;
        if (!err)
            clock_choose(c->s);
    }
    explicit_bzero(key, sizeof key);
    return r;
}
