#include "server/admin/outlet.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 2 * HOME_PATH_BYTES_MAX + 32 };

static int fail(struct outlet *o, int err, enum sam_text_id why)
{
    o->system_error = errno;
    o->why = why;
    return err;
}

/* Of this process: another one may be on its way to the same name. */
static void part_name(const char *name, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s.%ld.part", name, (long)getpid());
}

/* Is the name free, or may what has it be replaced? */
static int name_check(struct outlet *o, const char *name)
{
    struct stat s;
    if (lstat(name, &s))
        return errno == ENOENT ? 0 : fail(o, SAM_EIO, SAM_TEXT_OUTLET_FAILED);
    return o->replace && S_ISREG(s.st_mode) ? 0 : fail(o, SAM_EEXIST, SAM_TEXT_OUTLET_EXISTS);
}

int outlet_open(struct outlet *o, const char *to, unsigned files, bool replace)
{
    struct stat s;
    memset(o, 0, sizeof *o);
    o->to = to;
    o->fd = -1;
    o->replace = replace;
    if (!to)
        return files > 1 ? fail(o, SAM_EUSAGE, SAM_TEXT_OUTLET_FOLDER) : 0;
    if (strlen(to) >= HOME_PATH_BYTES_MAX)
        return fail(o, SAM_EUSAGE, SAM_TEXT_OUTLET_FOLDER);
    o->folder = stat(to, &s) == 0 && S_ISDIR(s.st_mode);
    if (files > 1 && !o->folder)
        return fail(o, SAM_EUSAGE, SAM_TEXT_OUTLET_FOLDER);
    return o->folder ? 0 : name_check(o, to);
}

/* What was written is on disk; the file still has the name of a part. */
static int part_close(struct outlet *o)
{
    int fd = o->fd;
    if (fd < 0)
        return 0;
    o->fd = -1;
    bool whole = fsync(fd) == 0;
    whole = close(fd) == 0 && whole;
    return whole ? 0 : fail(o, SAM_EIO, SAM_TEXT_OUTLET_FAILED);
}

int outlet_file(void *ctx, const char *name)
{
    struct outlet *o = ctx;
    char part[PATH_BYTES];
    if (!o->to)
        return 0;
    int err = part_close(o);
    if (err)
        return err;
    bool plain = *name && *name != '.' && strlen(name) < 64 && !strchr(name, '/');
    if (!plain || o->count == OUTLET_FILES_MAX || (o->count && !o->folder))
        return fail(o, SAM_EUSAGE, SAM_TEXT_OUTLET_FOLDER);
    char *whole = o->name[o->count];
    if (o->folder)
        snprintf(whole, sizeof o->name[0], "%s/%s", o->to, name);
    else
        snprintf(whole, sizeof o->name[0], "%s", o->to);
    if ((err = name_check(o, whole)))
        return err;
    part_name(whole, part);
    unlink(part); /* of a call that was killed and had this number */
    o->fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (o->fd < 0)
        return fail(o, SAM_EIO, SAM_TEXT_OUTLET_FAILED);
    o->count++;
    return 0;
}

int outlet_bytes(void *ctx, struct sam_span bytes)
{
    struct outlet *o = ctx;
    int fd = o->to ? o->fd : STDOUT_FILENO;
    SAM_ASSERT(fd >= 0);
    o->bytes += bytes.len;
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(o, SAM_EIO, SAM_TEXT_OUTLET_FAILED);
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return 0;
}

/* A link says so where somebody else took the name meanwhile; a rename would replace it. */
static int name_give(struct outlet *o, const char *name)
{
    char part[PATH_BYTES];
    part_name(name, part);
    if (o->replace ? rename(part, name) : link(part, name))
        return errno == EEXIST ? fail(o, SAM_EEXIST, SAM_TEXT_OUTLET_EXISTS) : fail(o, SAM_EIO, SAM_TEXT_OUTLET_FAILED);
    return 0;
}

static int folder_sync(struct outlet *o)
{
    char path[2 * HOME_PATH_BYTES_MAX];
    snprintf(path, sizeof path, "%s", o->to);
    char *slash = strrchr(path, '/');
    if (!o->folder && slash)
        slash[slash == path] = 0;
    int fd = open(o->folder || slash ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool whole = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return whole ? 0 : fail(o, SAM_EIO, SAM_TEXT_OUTLET_FAILED);
}

int outlet_close(struct outlet *o, bool keep)
{
    char part[PATH_BYTES];
    int err = part_close(o);
    for (unsigned i = 0; keep && !err && i < o->count; i++)
        err = name_give(o, o->name[i]);
    for (unsigned i = 0; i < o->count; i++) {
        part_name(o->name[i], part);
        unlink(part);
    }
    return !err && keep && o->count ? folder_sync(o) : err;
}
