#include "server/store/journal.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEAD_BYTES = 4 + 8 + 1 + 8 + 8, HASH_BYTES = 8, PAYLOAD_BYTES_MAX = 64 * 1024, PENDING_BYTES_MAX = 64 << 20 };
enum { KIND_AT = 4 + 8, KIND_MORE = 0x80 };
enum {
    PATH_BYTES = 1200,
    WRITE_BYTES_MAX = 64 * 1024
}; /* SQLite's largest page; its VFS cannot write much more at once */
enum { RECORD_BYTES_MAX = HEAD_BYTES + PAYLOAD_BYTES_MAX + HASH_BYTES + 4, WINDOW_BYTES = 256 * 1024 };
_Static_assert(WINDOW_BYTES >= RECORD_BYTES_MAX, "a record fits in a window");

/* A file behind SQLite's default VFS, which keeps the pointer to its path. */
struct disk_file {
    sqlite3_file *f; /* NULL: not open */
    char path[PATH_BYTES];
};

struct journal {
    struct disk_file log;
    uint64_t last, synced;        /* number of the last record: added, on disk */
    int64_t end;                  /* of what is on disk */
    uint64_t opened, opened_hash; /* the last record when it was opened, and its hash */
    char folder[PATH_BYTES];
    uint64_t undo_synced; /* both before the last journal_sync */
    int64_t undo_end;
    struct sam_buf pending;
    size_t pending_last_bytes; /* the last record in it; 0: it is empty */
};

/* ---- the file */

static int disk_err(int rc)
{
    switch (rc & 0xff) {
    case SQLITE_OK: return 0;
    case SQLITE_NOMEM: return SAM_ENOMEM;
    case SQLITE_FULL: return SAM_EFULL;
    default: return SAM_EIO;
    }
}

static void file_close(struct disk_file *file)
{
    if (file->f && file->f->pMethods)
        file->f->pMethods->xClose(file->f);
    free(file->f);
    file->f = NULL;
}

/* Made here first, since the VFS would let others read it. As a kind of journal its first sync is also one of its folder. */
static int file_open(struct disk_file *file, const char *folder, const char *name)
{
    const int want = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_SUPER_JOURNAL;
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    int len = snprintf(file->path, sizeof file->path, "%s/%s", folder, name), got = 0;
    if (!vfs || len < 0 || (size_t)len >= sizeof file->path)
        return SAM_EIO;
    int fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return SAM_EIO;
    close(fd);
    file->f = calloc(1, (size_t)vfs->szOsFile);
    if (!file->f)
        return SAM_ENOMEM;
    int err = disk_err(vfs->xOpen(vfs, file->path, file->f, want, &got));
    if (!err && !(got & SQLITE_OPEN_READWRITE))
        err = SAM_EIO;
    if (err)
        file_close(file);
    return err;
}

static int file_read(struct disk_file *file, void *p, size_t len, int64_t at)
{
    return disk_err(file->f->pMethods->xRead(file->f, p, (int)len, at));
}

static int file_write(struct disk_file *file, struct sam_span all, int64_t at)
{
    for (size_t done = 0, n; done < all.len; done += n) {
        n = all.len - done < WRITE_BYTES_MAX ? all.len - done : WRITE_BYTES_MAX;
        int rc = file->f->pMethods->xWrite(file->f, all.ptr + done, (int)n, at + (int64_t)done);
        if (rc)
            return disk_err(rc);
    }
    return 0;
}

static int file_sync(struct disk_file *file)
{
    return file->f->pMethods->xSync(file->f, SQLITE_SYNC_NORMAL) ? SAM_EIO : 0;
}

static int file_truncate(struct disk_file *file, int64_t size)
{
    return file->f->pMethods->xTruncate(file->f, size) ? SAM_EIO : file_sync(file);
}

static int file_size(struct disk_file *file, int64_t *size)
{
    sqlite3_int64 n = 0;
    int rc = file->f->pMethods->xFileSize(file->f, &n);
    *size = n;
    return disk_err(rc);
}

/* ---- records */

static uint64_t get_le32(const uint8_t *p)
{
    return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24;
}

/* A stretch of the file in memory: a journal of years has half a million records of eighty bytes. */
struct window {
    uint8_t *bytes;
    int64_t at, size; /* size: of the file */
    size_t len;
};

/* ${len} bytes at ${at}, which the file has; borrowed until the next call. */
static int window_read(struct journal *j, struct window *w, int64_t at, size_t len, const uint8_t **out)
{
    if (at < w->at || at + (int64_t)len > w->at + (int64_t)w->len) {
        size_t n = w->size - at < WINDOW_BYTES ? (size_t)(w->size - at) : WINDOW_BYTES;
        int err = 0;
        for (size_t done = 0, part; !err && done < n; done += part) {
            part = n - done < WRITE_BYTES_MAX ? n - done : WRITE_BYTES_MAX;
            err = file_read(&j->log, w->bytes + done, part, at + (int64_t)done);
        }
        w->at = at;
        w->len = err ? 0 : n;
        if (err)
            return err;
    }
    *out = w->bytes + (at - w->at);
    return 0;
}

/* One record at ${at}: 1 read, 0 the end or a torn tail, negative an error. The window holds it. */
static int record_read(struct journal *j, int64_t at, struct window *w, struct journal_record *r, int64_t *next)
{
    uint8_t hash[SAM_SHA256_BYTES];
    const uint8_t *buf;
    int64_t size = w->size;
    if (size - at < HEAD_BYTES)
        return 0;
    int err = window_read(j, w, at, HEAD_BYTES, &buf);
    if (err)
        return err;
    uint64_t len = get_le32(buf);
    if (len < HEAD_BYTES - 4 + HASH_BYTES || len > HEAD_BYTES + PAYLOAD_BYTES_MAX + HASH_BYTES)
        return 0;
    if ((uint64_t)(size - at) < len + 4)
        return 0;
    err = window_read(j, w, at, (size_t)len + 4, &buf);
    if (err)
        return err;
    size_t body = (size_t)len + 4 - HASH_BYTES;
    if (sam_sha256(buf, body, hash))
        return SAM_EIO;
    if (memcmp(hash, buf + body, HASH_BYTES) != 0)
        return 0;
    *r = (struct journal_record){.number = sam_get_le64(buf + 4),
                                 .kind = buf[KIND_AT] & (KIND_MORE - 1),
                                 .more = buf[KIND_AT] & KIND_MORE,
                                 .epoch = sam_get_le64(buf + 13),
                                 .csn = sam_get_le64(buf + 21),
                                 .hash = sam_get_le64(buf + body),
                                 .payload = {buf + HEAD_BYTES, body - HEAD_BYTES}};
    if (r->kind == JOURNAL_BLANK && r->payload.len != HASH_BYTES + SAM_HASH_BYTES)
        return SAM_ECORRUPT;
    if (r->kind == JOURNAL_BLANK) {
        r->hash = sam_get_le64(r->payload.ptr);
        r->payload = (struct sam_span){r->payload.ptr + HASH_BYTES, r->payload.len - HASH_BYTES};
    }
    *next = at + (int64_t)len + 4;
    return 1;
}

/* ${end}: behind the last whole commit, which is what a journal that is opened (no ${each}) has. */
static int records_walk(struct journal *j, uint64_t after, int (*each)(void *ctx, const struct journal_record *r),
                        void *ctx, int64_t *end)
{
    struct window w = {.bytes = malloc(WINDOW_BYTES)};
    struct journal_record r = {0}, whole = {0};
    int64_t at = 0, next = 0;
    uint64_t number = 0;
    *end = 0;
    int rc = w.bytes ? file_size(&j->log, &w.size) : SAM_ENOMEM;
    bool more = rc == 0;
    while (more) {
        rc = record_read(j, at, &w, &r, &next);
        more = rc == 1;
        if (more && r.number != number + 1)
            rc = SAM_ECORRUPT;
        else if (more) {
            number = r.number;
            at = next;
            if (!r.more) {
                whole = r;
                *end = at;
            }
            rc = each && number > after ? each(ctx, &r) : 0;
        }
        more = more && rc == 0;
    }
    free(w.bytes);
    if (!each) {
        j->last = j->opened = whole.number;
        j->opened_hash = whole.hash;
    }
    return rc;
}

/* What is cut off is put aside first: it was never answered for, unless the disk has damaged it. */
static int tail_keep(struct journal *j, const char *folder, int64_t size)
{
    struct disk_file to = {0};
    char name[48];
    uint8_t part[4096];
    snprintf(name, sizeof name, "journal.cut-%lld", (long long)j->end);
    int err = file_open(&to, folder, name);
    if (!err)
        err = file_truncate(&to, 0);
    for (int64_t at = j->end, n; !err && at < size; at += n) {
        n = size - at < (int64_t)sizeof part ? size - at : (int64_t)sizeof part;
        err = file_read(&j->log, part, (size_t)n, at);
        if (!err)
            err = file_write(&to, (struct sam_span){part, (size_t)n}, at - j->end);
    }
    if (!err)
        err = file_sync(&to);
    file_close(&to);
    return err;
}

static int tail_cut(struct journal *j, const char *folder)
{
    int64_t size;
    int err = file_size(&j->log, &size);
    if (err || size <= j->end)
        return err;
    sam_log(SAM_LOG_WARN, "journal_tail", "bytes=%lld kept=%lld", (long long)size, (long long)j->end);
    err = tail_keep(j, folder, size);
    return err ? err : file_truncate(&j->log, j->end);
}

/* The name of a folder just made lies in the folder above it. */
static int folder_make(const char *folder)
{
    bool made = !mkdir(folder, 0700);
    if (!made && errno != EEXIST)
        sam_log(SAM_LOG_ERROR, "journal", "folder=\"%s\" errno=%d", folder, errno);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int above_fd = made && fd >= 0 ? openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    int err = fd < 0 || (made && (above_fd < 0 || fsync(above_fd))) ? SAM_EIO : 0;
    if (above_fd >= 0)
        close(above_fd);
    if (fd >= 0)
        close(fd);
    return err;
}

/* What a process wrote that was killed before its sync counts from now on. What it wrote before a sync that failed may be seen
 * here and not be on disk, and no sync would bring it there: the last sync's records are written once more. */
static int tail_renew(struct journal *j)
{
    uint8_t *part = malloc(WRITE_BYTES_MAX);
    int64_t at = j->end > PENDING_BYTES_MAX ? j->end - PENDING_BYTES_MAX : 0;
    int err = part ? 0 : SAM_ENOMEM;
    while (!err && at < j->end) {
        size_t n = j->end - at < WRITE_BYTES_MAX ? (size_t)(j->end - at) : WRITE_BYTES_MAX;
        err = file_read(&j->log, part, n, at);
        if (!err)
            err = file_write(&j->log, (struct sam_span){part, n}, at);
        at += (int64_t)n;
    }
    free(part);
    return err ? err : file_sync(&j->log);
}

int journal_open(struct journal **out, const char *folder)
{
    *out = NULL;
    struct journal *j = calloc(1, sizeof *j);
    if (!j)
        return SAM_ENOMEM;
    sam_buf_init(&j->pending, PENDING_BYTES_MAX);
    int len = snprintf(j->folder, sizeof j->folder, "%s", folder);
    int err = len < 0 || (size_t)len >= sizeof j->folder ? SAM_EIO : folder_make(folder);
    if (!err)
        err = file_open(&j->log, folder, "journal.log");
    if (!err)
        err = records_walk(j, 0, NULL, NULL, &j->end);
    j->synced = j->last;
    if (!err)
        err = tail_cut(j, folder);
    if (!err)
        err = tail_renew(j);
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
    file_close(&j->log);
    sam_buf_fini(&j->pending);
    free(j);
}

uint64_t journal_last(const struct journal *j)
{
    return j->last;
}

/* Its hash over what stands in it. */
static int record_seal(uint8_t *p, size_t size)
{
    uint8_t hash[SAM_SHA256_BYTES];
    if (sam_sha256(p, size - HASH_BYTES, hash))
        return SAM_EIO;
    memcpy(p + size - HASH_BYTES, hash, HASH_BYTES);
    return 0;
}

static int record_write(struct sam_buf *to, struct journal_record *r)
{
    SAM_ASSERT(r->kind < KIND_MORE);
    if (r->payload.len > PAYLOAD_BYTES_MAX)
        return SAM_ETOOBIG;
    size_t size = HEAD_BYTES + r->payload.len + HASH_BYTES;
    uint8_t *p = sam_buf_reserve(to, size);
    if (!p)
        return SAM_ENOMEM;
    uint32_t len = (uint32_t)size - 4;
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(len >> (8 * i));
    sam_put_le64(p + 4, r->number);
    p[KIND_AT] = (uint8_t)(r->kind | (r->more ? KIND_MORE : 0));
    sam_put_le64(p + 13, r->epoch);
    sam_put_le64(p + 21, r->csn);
    if (r->payload.len)
        memcpy(p + HEAD_BYTES, r->payload.ptr, r->payload.len);
    if (record_seal(p, size))
        return SAM_EIO;
    r->hash = sam_get_le64(p + size - HASH_BYTES);
    sam_buf_commit(to, size);
    return 0;
}

/* The one before what was just added says that something follows. */
static int before_tell(struct journal *j, size_t added)
{
    size_t size = j->pending_last_bytes;
    j->pending_last_bytes = added;
    if (size == 0)
        return 0;
    uint8_t *end = sam_buf_reserve(&j->pending, 1);
    if (!end)
        return SAM_ENOMEM;
    uint8_t *p = end - added - size;
    p[KIND_AT] |= KIND_MORE;
    return record_seal(p, size);
}

int journal_add(struct journal *j, struct journal_record *r)
{
    size_t before = sam_buf_len(&j->pending);
    r->number = j->last + 1;
    r->more = false;
    int err = record_write(&j->pending, r);
    if (err)
        return err;
    j->last++;
    return before_tell(j, sam_buf_len(&j->pending) - before);
}

static void pending_clear(struct journal *j)
{
    sam_buf_clear(&j->pending);
    j->pending_last_bytes = 0;
}

int journal_sync(struct journal *j)
{
    struct sam_span all = sam_buf_peek(&j->pending);
    j->undo_synced = j->synced;
    j->undo_end = j->end;
    if (all.len == 0)
        return 0;
    int err = file_write(&j->log, all, j->end);
    if (err == SAM_EFULL && file_truncate(&j->log, j->end)) /* or a part of it would follow what is written here next */
        err = SAM_EIO;
    if (!err)
        err = file_sync(&j->log);
    if (err)
        return err;
    j->end += (int64_t)all.len;
    j->synced = j->last;
    pending_clear(j);
    return 0;
}

int journal_undo(struct journal *j)
{
    if (j->end != j->undo_end && file_truncate(&j->log, j->undo_end))
        return SAM_EIO;
    j->end = j->undo_end;
    j->last = j->synced = j->undo_synced;
    return 0;
}

void journal_drop(struct journal *j)
{
    pending_clear(j);
    j->last = j->synced;
}

int journal_each(struct journal *j, uint64_t after, int (*each)(void *ctx, const struct journal_record *r), void *ctx)
{
    int64_t end;
    return records_walk(j, after, each, ctx, &end);
}

/* ---- a copy that says less */

struct copying {
    struct disk_file to;
    struct sam_buf out;
    int64_t at;
    int (*blank)(void *ctx, const struct journal_record *r, uint8_t hash[SAM_HASH_BYTES]);
    void *ctx;
};

static int copy_flush(struct copying *c)
{
    struct sam_span all = sam_buf_peek(&c->out);
    int err = file_write(&c->to, all, c->at);
    c->at += (int64_t)all.len;
    sam_buf_clear(&c->out);
    return err;
}

static int record_copy(void *ctx, const struct journal_record *r)
{
    struct copying *c = ctx;
    uint8_t blank[HASH_BYTES + SAM_HASH_BYTES];
    struct journal_record copy = *r;
    int rc = r->kind == JOURNAL_BLANK ? 1 : c->blank(c->ctx, r, blank + HASH_BYTES);
    if (rc < 0)
        return rc;
    if (r->kind == JOURNAL_BLANK)
        memcpy(blank + HASH_BYTES, r->payload.ptr, SAM_HASH_BYTES);
    sam_put_le64(blank, r->hash);
    if (rc) {
        copy.kind = JOURNAL_BLANK;
        copy.payload = (struct sam_span){blank, sizeof blank};
    }
    int err = record_write(&c->out, &copy);
    return err || sam_buf_len(&c->out) < WRITE_BYTES_MAX ? err : copy_flush(c);
}

/* What was put aside of torn ends may hold what is to be forgotten. */
static int cuts_drop(const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    int err = d ? 0 : SAM_EIO;
    while (!err && (e = readdir(d)))
        if (strncmp(e->d_name, "journal.cut-", strlen("journal.cut-")) == 0 && unlinkat(dirfd(d), e->d_name, 0))
            err = SAM_EIO;
    if (d)
        closedir(d);
    return err;
}

static int folder_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd < 0 || fsync(fd) ? SAM_EIO : 0;
    if (fd >= 0)
        close(fd);
    return err;
}

static int copy_make(struct journal *j, struct copying *c)
{
    int64_t end;
    int err = file_open(&c->to, j->folder, "journal.new");
    if (!err)
        err = file_truncate(&c->to, 0);
    if (!err)
        err = records_walk(j, 0, record_copy, c, &end);
    if (!err)
        err = copy_flush(c);
    return err ? err : file_sync(&c->to);
}

int journal_blank(struct journal *j,
                  int (*blank)(void *ctx, const struct journal_record *r, uint8_t hash[SAM_HASH_BYTES]), void *ctx)
{
    struct copying c = {.blank = blank, .ctx = ctx};
    SAM_ASSERT(sam_buf_len(&j->pending) == 0);
    sam_buf_init(&c.out, WRITE_BYTES_MAX + HEAD_BYTES + PAYLOAD_BYTES_MAX + HASH_BYTES);
    int err = copy_make(j, &c);
    if (!err && rename(c.to.path, j->log.path))
        err = SAM_EIO;
    if (!err)
        err = folder_sync(j->folder);
    file_close(&c.to);
    sam_buf_fini(&c.out);
    if (err)
        return err;
    file_close(&j->log);
    err = file_open(&j->log, j->folder, "journal.log");
    j->end = j->undo_end = c.at;
    j->undo_synced = j->synced;
    return err ? err : cuts_drop(j->folder);
}

static int hash_take(void *ctx, const struct journal_record *r)
{
    *(uint64_t *)ctx = r->hash;
    return 1; /* it is the first one behind the number before */
}

int journal_hash_at(struct journal *j, uint64_t number, uint64_t *hash)
{
    int64_t end;
    *hash = 0;
    if (number == 0 || number > j->synced)
        return SAM_ENOTFOUND;
    if (number == j->opened) { /* what every start asks: a record keeps its hash, also where it is blanked */
        *hash = j->opened_hash;
        return 0;
    }
    int rc = records_walk(j, number - 1, hash_take, hash, &end);
    return rc < 0 ? rc : rc == 1 ? 0 : SAM_ENOTFOUND;
}
