#include "server/store/journal.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 4 + 8 + 1 + 8 + 8, HASH_BYTES = 8, PAYLOAD_BYTES_MAX = 64 * 1024, PENDING_BYTES_MAX = 64 << 20 };

struct journal {
    int fd, folder_fd;
    uint64_t last, synced; /* number of the last record: added, on disk */
    off_t end;             /* of what is on disk */
    uint64_t undo_synced;  /* both before the last journal_sync */
    off_t undo_end;
    struct sam_buf pending;
};

static uint64_t get_le32(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

/* One record at ${at}: 1 read, 0 the end or a torn tail, negative an error. ${buf} holds it. */
static int record_read(struct journal *j, off_t at, uint8_t *buf, struct journal_record *r, off_t *next)
{
    uint8_t hash[SAM_SHA256_BYTES];
    ssize_t n = pread(j->fd, buf, HEAD_BYTES, at);
    if (n < 0)
        return SAM_EIO;
    if (n < HEAD_BYTES)
        return 0;
    uint64_t len = get_le32(buf);
    if (len < HEAD_BYTES - 4 + HASH_BYTES || len > HEAD_BYTES + PAYLOAD_BYTES_MAX + HASH_BYTES)
        return 0;
    n = pread(j->fd, buf, (size_t)len + 4, at);
    if (n < 0)
        return SAM_EIO;
    if ((uint64_t)n < len + 4)
        return 0;
    size_t body = (size_t)len + 4 - HASH_BYTES;
    if (sam_sha256(buf, body, hash))
        return SAM_EIO;
    if (memcmp(hash, buf + body, HASH_BYTES) != 0)
        return 0;
    *r = (struct journal_record){.number = sam_get_le64(buf + 4),
                                 .kind = buf[12],
                                 .epoch = sam_get_le64(buf + 13),
                                 .csn = sam_get_le64(buf + 21),
                                 .payload = {buf + HEAD_BYTES, body - HEAD_BYTES}};
    *next = at + (off_t)len + 4;
    return 1;
}

static int records_walk(struct journal *j, uint64_t after, int (*each)(void *ctx, const struct journal_record *r),
                        void *ctx, off_t *end)
{
    uint8_t *buf = malloc(HEAD_BYTES + PAYLOAD_BYTES_MAX + HASH_BYTES + 4);
    struct journal_record r;
    off_t at = 0, next = 0;
    uint64_t number = 0;
    int rc = buf ? 1 : SAM_ENOMEM;
    while (rc == 1 && (rc = record_read(j, at, buf, &r, &next)) == 1) {
        if (r.number != number + 1) {
            rc = SAM_ECORRUPT;
            break;
        }
        number = r.number;
        at = next;
        if (each && number > after && (rc = each(ctx, &r)) == 0)
            rc = 1;
    }
    free(buf);
    *end = at;
    if (!each)
        j->last = number;
    return rc == 1 ? 0 : rc;
}

/* What is cut off is put aside first: it was never answered for, unless the disk has damaged it. */
static int tail_keep(struct journal *j, const char *folder, off_t size)
{
    char path[1200];
    uint8_t part[4096];
    int err = 0;
    snprintf(path, sizeof path, "%s/journal.cut-%lld", folder, (long long)j->end);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    for (off_t at = j->end; fd >= 0 && !err && at < size;) {
        ssize_t n = pread(j->fd, part, sizeof part, at);
        if (n <= 0 || write(fd, part, (size_t)n) != n)
            err = SAM_EIO;
        at += n;
    }
    if (fd < 0 || fsync(fd) || fsync(j->folder_fd))
        err = SAM_EIO;
    if (fd >= 0)
        close(fd);
    return err;
}

int journal_open(struct journal **out, const char *folder)
{
    char path[1200];
    struct stat info;
    *out = NULL;
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return SAM_ENOMEM;
    sam_buf_init(&j->pending, PENDING_BYTES_MAX);
    j->fd = j->folder_fd = -1;
    snprintf(path, sizeof path, "%s/journal.log", folder);
    if (mkdir(folder, 0700) && errno != EEXIST)
        sam_log(SAM_LOG_ERROR, "journal", "folder=\"%s\" errno=%d", folder, errno);
    j->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    j->fd = j->folder_fd < 0 ? -1 : open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int err = j->fd < 0 || fsync(j->folder_fd) ? SAM_EIO : records_walk(j, 0, NULL, NULL, &j->end);
    j->synced = j->last;
    if (!err && fstat(j->fd, &info))
        err = SAM_EIO;
    if (!err && info.st_size > j->end) {
        sam_log(SAM_LOG_WARN, "journal_tail", "bytes=%lld kept=%lld", (long long)info.st_size, (long long)j->end);
        err = tail_keep(j, folder, info.st_size);
        if (!err)
            err = ftruncate(j->fd, j->end) || fsync(j->fd) ? SAM_EIO : 0;
    }
    if (err)
        journal_close(j);
    else
        *out = j;
    return err;
}

void journal_close(struct journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    if (j->folder_fd >= 0)
        close(j->folder_fd);
    sam_buf_fini(&j->pending);
    free(j);
}

uint64_t journal_last(const struct journal *j)
{
    return j->last;
}

int journal_add(struct journal *j, struct journal_record *r)
{
    if (r->payload.len > PAYLOAD_BYTES_MAX)
        return SAM_ETOOBIG;
    size_t size = HEAD_BYTES + r->payload.len + HASH_BYTES;
    uint8_t hash[SAM_SHA256_BYTES], *p = sam_buf_reserve(&j->pending, size);
    if (!p)
        return SAM_ENOMEM;
    uint32_t len = (uint32_t)size - 4;
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(len >> (8 * i));
    r->number = j->last + 1;
    sam_put_le64(p + 4, r->number);
    p[12] = r->kind;
    sam_put_le64(p + 13, r->epoch);
    sam_put_le64(p + 21, r->csn);
    if (r->payload.len)
        memcpy(p + HEAD_BYTES, r->payload.ptr, r->payload.len);
    if (sam_sha256(p, size - HASH_BYTES, hash))
        return SAM_EIO;
    memcpy(p + size - HASH_BYTES, hash, HASH_BYTES);
    sam_buf_commit(&j->pending, size);
    j->last++;
    return 0;
}

int journal_sync(struct journal *j)
{
    struct sam_span all = sam_buf_peek(&j->pending);
    j->undo_synced = j->synced;
    j->undo_end = j->end;
    if (all.len == 0)
        return 0;
    size_t done = 0;
    while (done < all.len) {
        ssize_t n = pwrite(j->fd, all.ptr + done, all.len - done, j->end + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 && errno == ENOSPC ? SAM_EFULL : SAM_EIO;
        done += (size_t)n;
    }
    if (fdatasync(j->fd))
        return SAM_EIO;
    j->end += (off_t)all.len;
    j->synced = j->last;
    sam_buf_clear(&j->pending);
    return 0;
}

int journal_undo(struct journal *j)
{
    if (j->end != j->undo_end && (ftruncate(j->fd, j->undo_end) || fdatasync(j->fd)))
        return SAM_EIO;
    j->end = j->undo_end;
    j->last = j->synced = j->undo_synced;
    return 0;
}

void journal_drop(struct journal *j)
{
    sam_buf_clear(&j->pending);
    j->last = j->synced;
}

int journal_each(struct journal *j, uint64_t after, int (*each)(void *ctx, const struct journal_record *r), void *ctx)
{
    off_t end;
    return records_walk(j, after, each, ctx, &end);
}
