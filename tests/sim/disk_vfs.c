/* SQLite's view of the simulator's disk: files, locks, shared memory, and the table of functions. */
#include "tests/sim/disk_int.h"

#include "proto/base/assert.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, CALL_BYTES_MAX = 0x1ffff }; /* the unix VFS cannot do more in one call */

static uint64_t bytes_hash(const uint8_t *p, size_t len)
{
    uint64_t h = len, word = 0;
    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&word, p, 8);
        h = (h ^ word) * 0x9e3779b97f4a7c15u;
        h ^= h >> 32;
    }
    for (; len; p++, len--)
        h = (h ^ *p) * 0x100000001b3u;
    return h;
}

/* ---- files */

static void shm_unref(struct disk_handle *h)
{
    struct disk_shm *s = h->shm;
    h->shm = NULL;
    h->shm_shared = h->shm_exclusive = 0;
    if (!s || --s->refs)
        return;
    if (h->node->shm == s)
        h->node->shm = NULL;
    for (int i = 0; i < s->count; i++)
        free(s->regions[i]);
    free(s);
}

/* gate(h, what, changes): which fault strikes a call on an open file, DISK_FAULT_COUNT: none. A file without a name, which is
 * gone when it is closed, has none. */
static enum disk_fault gate(struct disk_handle *h, enum disk_fault what, bool changes)
{
    if (h->dead)
        return what;
    return h->path ? disk_strike(disk_machine_of(h->path), what, changes) : DISK_FAULT_COUNT;
}

static struct disk_handle *handle_of(sqlite3_file *f)
{
    return (struct disk_handle *)f;
}

static int file_close(sqlite3_file *f)
{
    struct disk_handle *h = handle_of(f), **at = &disk.handles;
    while (*at != h)
        at = &(*at)->next;
    *at = h->next;
    shm_unref(h);
    if (!h->dead && h->path && (h->flags & SQLITE_OPEN_DELETEONCLOSE))
        disk_name_set(h->path, NULL);
    disk_node_unref(h->node);
    disk_note("close", h->path, 0, 0, 0);
    free(h->path);
    h->base.pMethods = NULL;
    return SQLITE_OK;
}

static int read_do(struct disk_handle *h, void *p, int len, sqlite3_int64 at)
{
    const struct image_bytes *b = &h->node->image.seen;
    disk.counts.reads++;
    if (gate(h, DISK_READ, false) != DISK_FAULT_COUNT)
        return SQLITE_IOERR_READ;
    size_t there = (uint64_t)at < b->len ? b->len - (uint64_t)at : 0, want = (size_t)len;
    size_t n = there < want ? there : want;
    if (n)
        memcpy(p, b->ptr + at, n);
    memset((char *)p + n, 0, want - n);
    return n < want ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

static int file_read(sqlite3_file *f, void *p, int len, sqlite3_int64 at)
{
    SAM_ASSERT(len <= CALL_BYTES_MAX);
    int rc = read_do(handle_of(f), p, len, at);
    disk_note("read", handle_of(f)->path, (uint64_t)at, (uint64_t)len, rc);
    return rc;
}

/* How much of a write there is room for. */
static size_t room_for(struct disk_handle *h, uint64_t at, size_t len)
{
    const struct disk_machine *m = h->path ? disk_machine_of(h->path) : NULL;
    uint64_t size = h->node->image.seen.len;
    if (!m || m->space_bytes == UINT64_MAX || at + len <= size)
        return len;
    uint64_t used = disk_machine_bytes(m), free_bytes = used < m->space_bytes ? m->space_bytes - used : 0;
    uint64_t end = size + free_bytes;
    return at + len <= end ? len : end > at ? end - at : 0;
}

/* How much of a write has reached the cache when a fault strikes in its midst. */
static size_t part_of(enum disk_fault fault, size_t len)
{
    size_t n = image_random(&disk.random) % (len + 1);
    return fault == DISK_POWER ? len : n - n % PAGE_BYTES;
}

static int write_do(struct disk_handle *h, const void *p, size_t len, uint64_t at)
{
    disk.counts.writes++;
    enum disk_fault fault = gate(h, DISK_WRITE, true);
    if (h->dead)
        return SQLITE_IOERR_WRITE;
    size_t n = fault == DISK_FAULT_COUNT ? room_for(h, at, len) : part_of(fault, len);
    if (n)
        image_write(&h->node->image, at, p, n);
    if (fault == DISK_POWER || fault == DISK_KILL)
        disk_machine_end(disk_machine_of(h->path), fault);
    if (fault != DISK_FAULT_COUNT)
        return SQLITE_IOERR_WRITE;
    disk.counts.full += n < len;
    return n < len ? SQLITE_FULL : SQLITE_OK;
}

static int file_write(sqlite3_file *f, const void *p, int len, sqlite3_int64 at)
{
    struct disk_handle *h = handle_of(f);
    SAM_ASSERT(len <= CALL_BYTES_MAX);
    int rc = write_do(h, p, (size_t)len, (uint64_t)at);
    disk_note("write", h->path, (uint64_t)at, bytes_hash(p, (size_t)len), rc);
    return rc;
}

static int truncate_do(struct disk_handle *h, uint64_t len)
{
    disk.counts.truncates++;
    enum disk_fault fault = gate(h, DISK_WRITE, true);
    if (h->dead)
        return SQLITE_IOERR_TRUNCATE;
    uint64_t size = h->node->image.seen.len;
    bool full = len > size && room_for(h, size, len - size) < len - size;
    if (fault == DISK_POWER || (fault == DISK_FAULT_COUNT && !full && len != size))
        image_truncate(&h->node->image, len);
    if (fault == DISK_POWER || fault == DISK_KILL)
        disk_machine_end(disk_machine_of(h->path), fault);
    disk.counts.full += full;
    return fault != DISK_FAULT_COUNT ? SQLITE_IOERR_TRUNCATE : full ? SQLITE_FULL : SQLITE_OK;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 len)
{
    int rc = truncate_do(handle_of(f), (uint64_t)len);
    disk_note("truncate", handle_of(f)->path, (uint64_t)len, 0, rc);
    return rc;
}

static int sync_do(struct disk_handle *h)
{
    disk.counts.syncs++;
    enum disk_fault fault = gate(h, DISK_SYNC, true);
    if (h->dead)
        return SQLITE_IOERR_FSYNC;
    if (fault == DISK_POWER || fault == DISK_KILL) {
        disk_machine_end(disk_machine_of(h->path), fault);
        return SQLITE_IOERR_FSYNC;
    }
    if (fault != DISK_FAULT_COUNT) {
        struct image_luck luck = {&disk.random, &disk.counts, 0};
        image_sync_fail(&h->node->image, &luck);
        return SQLITE_IOERR_FSYNC;
    }
    image_sync(&h->node->image);
    if (h->folder_unsynced)
        disk_folder_sync(h->path);
    h->folder_unsynced = false;
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *f, int flags)
{
    int rc = sync_do(handle_of(f));
    disk_note("sync", handle_of(f)->path, (uint64_t)flags, 0, rc);
    return rc;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    struct disk_handle *h = handle_of(f);
    *size = (sqlite3_int64)h->node->image.seen.len;
    return gate(h, DISK_ANY, false) == DISK_FAULT_COUNT ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

/* ---- locks: SHARED many, RESERVED one beside them, PENDING lets no new one in, EXCLUSIVE alone */

/* The highest lock of the other handles on the file. */
static int lock_others(const struct disk_handle *h)
{
    int highest = SQLITE_LOCK_NONE;
    for (const struct disk_handle *o = disk.handles; o; o = o->next)
        if (o != h && o->node == h->node && o->lock > highest)
            highest = o->lock;
    return highest;
}

static int lock_do(struct disk_handle *h, int want)
{
    if (gate(h, DISK_ANY, false) != DISK_FAULT_COUNT)
        return SQLITE_IOERR_LOCK;
    if (want <= h->lock)
        return SQLITE_OK;
    int others = lock_others(h);
    if (want == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING)
        return SQLITE_BUSY;
    if (want > SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_RESERVED)
        return SQLITE_BUSY;
    h->lock = want == SQLITE_LOCK_EXCLUSIVE && others > SQLITE_LOCK_NONE ? SQLITE_LOCK_PENDING : want;
    return h->lock == want ? SQLITE_OK : SQLITE_BUSY;
}

static int file_lock(sqlite3_file *f, int want)
{
    int rc = lock_do(handle_of(f), want);
    disk_note("lock", handle_of(f)->path, (uint64_t)want, 0, rc);
    return rc;
}

static int file_unlock(sqlite3_file *f, int to)
{
    struct disk_handle *h = handle_of(f);
    if (h->dead)
        return SQLITE_IOERR_UNLOCK;
    h->lock = to < h->lock ? to : h->lock;
    disk_note("unlock", h->path, (uint64_t)to, 0, 0);
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *f, int *out)
{
    struct disk_handle *h = handle_of(f);
    *out = h->lock >= SQLITE_LOCK_RESERVED || lock_others(h) >= SQLITE_LOCK_RESERVED;
    return gate(h, DISK_ANY, false) == DISK_FAULT_COUNT ? SQLITE_OK : SQLITE_IOERR_CHECKRESERVEDLOCK;
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    (void)f, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *f)
{
    (void)f;
    return disk.sector_bytes;
}

/* At most that a write leaves alone what it does not touch: it is not atomic, and not in order. */
static int file_characteristics(sqlite3_file *f)
{
    (void)f;
    return disk.safe_overwrite ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

/* ---- shared memory of the write-ahead log */

static int shm_region(struct disk_shm *s, int region, int len, bool extend)
{
    SAM_ASSERT(region < DISK_SHM_REGIONS_MAX);
    for (; extend && s->count <= region; s->count++)
        s->regions[s->count] = disk_must(calloc(1, (size_t)len));
    return region < s->count;
}

static int file_shm_map(sqlite3_file *f, int region, int len, int extend, void volatile **out)
{
    struct disk_handle *h = handle_of(f);
    *out = NULL;
    enum disk_fault fault = gate(h, DISK_ANY, false);
    disk_note("shm_map", h->path, (uint64_t)region, (uint64_t)extend, fault != DISK_FAULT_COUNT);
    if (fault != DISK_FAULT_COUNT)
        return SQLITE_IOERR_SHMMAP;
    if (!h->shm) {
        if (!h->node->shm)
            h->node->shm = disk_must(calloc(1, sizeof *h->shm));
        h->shm = h->node->shm;
        h->shm->refs++;
    }
    if (shm_region(h->shm, region, len, extend))
        *out = h->shm->regions[region];
    return SQLITE_OK;
}

static int file_shm_lock(sqlite3_file *f, int first, int n, int flags)
{
    struct disk_handle *h = handle_of(f);
    uint16_t slots = (uint16_t)(((1u << n) - 1) << first), shared = 0, exclusive = 0;
    bool unlock = flags & SQLITE_SHM_UNLOCK;
    if (h->dead || (!unlock && gate(h, DISK_ANY, false) != DISK_FAULT_COUNT))
        return SQLITE_IOERR_SHMLOCK;
    for (const struct disk_handle *o = disk.handles; o; o = o->next) {
        shared |= o != h && o->shm == h->shm ? o->shm_shared : 0;
        exclusive |= o != h && o->shm == h->shm ? o->shm_exclusive : 0;
    }
    if (unlock) {
        h->shm_shared &= (uint16_t)~slots;
        h->shm_exclusive &= (uint16_t)~slots;
    } else if (slots & (flags & SQLITE_SHM_SHARED ? exclusive : shared | exclusive)) {
        disk_note("shm_busy", h->path, slots, (uint64_t)flags, SQLITE_BUSY);
        return SQLITE_BUSY;
    } else if (flags & SQLITE_SHM_SHARED) {
        h->shm_shared |= slots;
    } else {
        h->shm_exclusive |= slots;
    }
    disk_note("shm_lock", h->path, slots, (uint64_t)flags, SQLITE_OK);
    return SQLITE_OK;
}

static void file_shm_barrier(sqlite3_file *f)
{
    (void)f; /* one thread */
}

static int file_shm_unmap(sqlite3_file *f, int delete)
{
    (void)delete; /* it goes with the last handle anyway */
    shm_unref(handle_of(f));
    return SQLITE_OK;
}

static const sqlite3_io_methods file_methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- the VFS */

/* vfs_gate(path, changes): 0, or SQLITE_IOERR where the call fails. */
static int vfs_gate(const char *path, bool changes)
{
    struct disk_machine *m = disk_machine_of(path);
    if (m->off)
        return SQLITE_IOERR;
    enum disk_fault fault = disk_strike(m, DISK_OPEN, changes);
    if (fault == DISK_POWER || fault == DISK_KILL)
        disk_machine_end(m, fault);
    return fault == DISK_FAULT_COUNT ? SQLITE_OK : SQLITE_IOERR;
}

static struct disk_node *node_for(const char *path, int flags)
{
    struct disk_node *n = disk_node_of(path);
    if (n)
        return flags & SQLITE_OPEN_EXCLUSIVE ? NULL : n;
    if (!(flags & SQLITE_OPEN_CREATE) && (!(flags & SQLITE_OPEN_MAIN_DB) || access(path, F_OK)))
        return NULL;
    n = disk_node_new();
    disk_name_set(path, n);
    return n;
}

static int open_do(const char *path, struct disk_handle *h, int flags)
{
    const int journals = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
    disk.counts.opens++;
    if (path && vfs_gate(path, false))
        return SQLITE_CANTOPEN;
    h->node = disk_node_ref(path ? node_for(path, flags) : disk_node_new());
    if (!h->node)
        return SQLITE_CANTOPEN;
    h->node->padded |= flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL);
    h->path = path ? disk_must(strdup(path)) : NULL;
    h->flags = flags;
    h->folder_unsynced = (flags & SQLITE_OPEN_CREATE) && (flags & journals);
    h->base.pMethods = &file_methods;
    h->next = disk.handles;
    disk.handles = h;
    return SQLITE_OK;
}

static int vfs_open(sqlite3_vfs *v, const char *path, sqlite3_file *f, int flags, int *flags_out)
{
    (void)v;
    memset(f, 0, sizeof(struct disk_handle));
    int rc = open_do(path, handle_of(f), flags);
    if (flags_out)
        *flags_out = flags;
    disk_note("open", path, (uint64_t)flags, 0, rc);
    return rc;
}

static int delete_do(const char *path, bool sync)
{
    disk.counts.deletes++;
    struct disk_machine *m = disk_machine_of(path);
    bool there = disk_node_of(path);
    if (m->off)
        return SQLITE_IOERR_DELETE;
    enum disk_fault fault = disk_strike(m, DISK_OPEN, true);
    if (there && fault != DISK_OPEN && (fault == DISK_FAULT_COUNT || image_random(&disk.random) & 1))
        disk_name_set(path, NULL);
    if (fault == DISK_POWER || fault == DISK_KILL)
        disk_machine_end(m, fault);
    else if (fault == DISK_FAULT_COUNT && sync)
        disk_folder_sync(path);
    return fault != DISK_FAULT_COUNT ? SQLITE_IOERR_DELETE : there ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

static int vfs_delete(sqlite3_vfs *v, const char *path, int sync)
{
    (void)v;
    int rc = delete_do(path, sync);
    disk_note("delete", path, (uint64_t)sync, 0, rc);
    return rc;
}

/* As in the unix VFS a file of no bytes does not count as there. */
static int vfs_access(sqlite3_vfs *v, const char *path, int flags, int *out)
{
    (void)v;
    const struct disk_node *n = disk_node_of(path);
    *out = n && (flags != SQLITE_ACCESS_EXISTS || n->image.seen.len);
    int rc = vfs_gate(path, false) ? SQLITE_IOERR_ACCESS : SQLITE_OK;
    disk_note("access", path, (uint64_t)flags, (uint64_t)*out, rc);
    return rc;
}

static int vfs_full_path(sqlite3_vfs *v, const char *path, int size, char *out)
{
    (void)v;
    size_t len = strlen(path);
    if (path[0] != '/' || len >= (size_t)size)
        return SQLITE_CANTOPEN;
    memcpy(out, path, len + 1);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *v, int len, char *out)
{
    (void)v;
    for (int i = 0; i < len; i++)
        out[i] = (char)image_random(&disk.random);
    return len;
}

static int vfs_sleep(sqlite3_vfs *v, int us)
{
    (void)v;
    disk.now_ms += (uint64_t)(us + 999) / 1000;
    return us;
}

static int vfs_time_ms(sqlite3_vfs *v, sqlite3_int64 *julian_ms)
{
    (void)v;
    *julian_ms = (sqlite3_int64)disk.now_ms + 210866760000000; /* from noon of 24 November 4714 BC to 1970 */
    return SQLITE_OK;
}

static int vfs_time(sqlite3_vfs *v, double *julian_days)
{
    sqlite3_int64 ms;
    vfs_time_ms(v, &ms);
    *julian_days = (double)ms / 86400000.0;
    return SQLITE_OK;
}

static int vfs_last_error(sqlite3_vfs *v, int len, char *out)
{
    (void)v, (void)len, (void)out;
    return 0;
}

sqlite3_vfs disk_vfs = {
    .iVersion = 2,
    .szOsFile = sizeof(struct disk_handle),
    .mxPathname = DISK_PATH_BYTES_MAX,
    .zName = "samling_disk",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
    .xGetLastError = vfs_last_error,
    .xCurrentTimeInt64 = vfs_time_ms,
};
