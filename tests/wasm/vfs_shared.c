/* What the centre's store asks of a VFS and the engine's (client-sdk/web/vfs.c) has not: several connections to one file, with locks
 * and the shared memory of the write-ahead log. Both lie over the engine's files, which do all reading, writing and
 * flushing; a store in locking_mode=EXCLUSIVE, as a tablet's, never comes to the shared memory. For test modules alone, all of
 * whose connections are in one process with one thread. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { REGIONS_MAX = 64 };

/* A file that connections have open, by name. */
struct shared {
    struct shared *next;
    char *name;
    int refs, shm_refs, regions;
    void *region[REGIONS_MAX];
};

struct handle {
    sqlite3_file base;
    struct handle *next;
    struct shared *shared; /* NULL: without a name */
    int lock;
    bool mapped;
    unsigned shm_shared, shm_exclusive; /* slots, as bits */
    sqlite3_file *file;                 /* the engine's, behind this struct */
};

int sam_web_os_init(void); /* sqlite3_os_init of client-sdk/web/vfs.c, renamed when it is compiled for here */

static sqlite3_vfs *web;
static struct shared *shareds;
static struct handle *handles;

static struct handle *of(sqlite3_file *f)
{
    return (struct handle *)(void *)f;
}

static struct shared *shared_ref(const char *name)
{
    struct shared *s = shareds;
    while (s && strcmp(s->name, name) != 0)
        s = s->next;
    if (!s) {
        s = calloc(1, sizeof *s);
        s->name = strdup(name);
        s->next = shareds;
        shareds = s;
    }
    s->refs++;
    return s;
}

static void shared_unref(struct shared *s)
{
    struct shared **at = &shareds;
    if (--s->refs)
        return;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    free(s->name);
    free(s);
}

static void shm_unref(struct handle *h)
{
    struct shared *s = h->shared;
    if (!h->mapped)
        return;
    h->mapped = false;
    h->shm_shared = h->shm_exclusive = 0;
    if (--s->shm_refs)
        return;
    for (int i = 0; i < s->regions; i++)
        free(s->region[i]);
    s->regions = 0;
}

/* ---- what the engine's VFS does */

static int file_close(sqlite3_file *f)
{
    struct handle *h = of(f), **at = &handles;
    while (*at != h)
        at = &(*at)->next;
    *at = h->next;
    shm_unref(h);
    int rc = h->file->pMethods->xClose(h->file);
    shared_unref(h->shared);
    f->pMethods = NULL;
    return rc;
}

static int file_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    return of(f)->file->pMethods->xRead(of(f)->file, to, n, at);
}

static int file_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    return of(f)->file->pMethods->xWrite(of(f)->file, from, n, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return of(f)->file->pMethods->xTruncate(of(f)->file, size);
}

static int file_sync(sqlite3_file *f, int flags)
{
    return of(f)->file->pMethods->xSync(of(f)->file, flags);
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return of(f)->file->pMethods->xFileSize(of(f)->file, size);
}

static int file_control(sqlite3_file *f, int op, void *arg)
{
    return of(f)->file->pMethods->xFileControl(of(f)->file, op, arg);
}

static int file_sector(sqlite3_file *f)
{
    return of(f)->file->pMethods->xSectorSize(of(f)->file);
}

static int file_characteristics(sqlite3_file *f)
{
    return of(f)->file->pMethods->xDeviceCharacteristics(of(f)->file);
}

/* ---- locks: SHARED many, RESERVED one beside them, PENDING lets no new one in, EXCLUSIVE alone */

static int lock_others(const struct handle *h)
{
    int highest = SQLITE_LOCK_NONE;
    for (const struct handle *o = handles; o; o = o->next)
        if (o != h && o->shared == h->shared && o->lock > highest)
            highest = o->lock;
    return highest;
}

static int file_lock(sqlite3_file *f, int want)
{
    struct handle *h = of(f);
    int others = lock_others(h);
    if (want <= h->lock)
        return SQLITE_OK;
    if (others >= (want == SQLITE_LOCK_SHARED ? SQLITE_LOCK_PENDING : SQLITE_LOCK_RESERVED))
        return SQLITE_BUSY;
    h->lock = want == SQLITE_LOCK_EXCLUSIVE && others > SQLITE_LOCK_NONE ? SQLITE_LOCK_PENDING : want;
    return h->lock == want ? SQLITE_OK : SQLITE_BUSY;
}

static int file_unlock(sqlite3_file *f, int to)
{
    struct handle *h = of(f);
    h->lock = to < h->lock ? to : h->lock;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *f, int *held)
{
    *held = of(f)->lock >= SQLITE_LOCK_RESERVED || lock_others(of(f)) >= SQLITE_LOCK_RESERVED;
    return SQLITE_OK;
}

/* ---- shared memory */

static int file_shm_map(sqlite3_file *f, int region, int bytes, int extend, void volatile **out)
{
    struct handle *h = of(f);
    struct shared *s = h->shared;
    *out = NULL;
    if (region >= REGIONS_MAX)
        return SQLITE_IOERR_SHMMAP;
    s->shm_refs += !h->mapped;
    h->mapped = true;
    for (; extend && s->regions <= region; s->regions++)
        if (!(s->region[s->regions] = calloc(1, (size_t)bytes)))
            return SQLITE_NOMEM;
    *out = region < s->regions ? s->region[region] : NULL;
    return SQLITE_OK;
}

static int file_shm_lock(sqlite3_file *f, int first, int n, int flags)
{
    struct handle *h = of(f);
    unsigned slots = ((1u << n) - 1) << first, shared = 0, exclusive = 0;
    for (const struct handle *o = handles; o; o = o->next) {
        shared |= o != h && o->shared == h->shared ? o->shm_shared : 0;
        exclusive |= o != h && o->shared == h->shared ? o->shm_exclusive : 0;
    }
    if (flags & SQLITE_SHM_UNLOCK) {
        h->shm_shared &= ~slots;
        h->shm_exclusive &= ~slots;
    } else if (slots & (flags & SQLITE_SHM_SHARED ? exclusive : shared | exclusive)) {
        return SQLITE_BUSY;
    } else if (flags & SQLITE_SHM_SHARED) {
        h->shm_shared |= slots;
    } else {
        h->shm_exclusive |= slots;
    }
    return SQLITE_OK;
}

static void file_shm_barrier(sqlite3_file *f)
{
    (void)f; /* one thread */
}

static int file_shm_unmap(sqlite3_file *f, int remove)
{
    (void)remove; /* it goes with the last one anyway */
    shm_unref(of(f));
    return SQLITE_OK;
}

/* ---- opening */

static int shared_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *flags_out)
{
    static const sqlite3_io_methods methods = {
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
        .xSectorSize = file_sector,
        .xDeviceCharacteristics = file_characteristics,
        .xShmMap = file_shm_map,
        .xShmLock = file_shm_lock,
        .xShmBarrier = file_shm_barrier,
        .xShmUnmap = file_shm_unmap,
    };
    struct handle *h = of(f);
    (void)vfs;
    memset(h, 0, sizeof *h);
    if (!name)
        return SQLITE_CANTOPEN;
    h->file = (sqlite3_file *)(void *)(h + 1);
    int rc = web->xOpen(web, name, h->file, flags, flags_out);
    if (rc)
        return rc;
    h->shared = shared_ref(name);
    h->next = handles;
    handles = h;
    f->pMethods = &methods;
    return SQLITE_OK;
}

/* SQLite's chance is its own: what the engine asks of its host is then what it asks of the system natively. */
static int shared_randomness(sqlite3_vfs *vfs, int n, char *to)
{
    static unsigned state = 1;
    (void)vfs;
    for (int i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        to[i] = (char)(state >> 24);
    }
    return n;
}

int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs;
    int rc = sam_web_os_init();
    web = sqlite3_vfs_find(NULL);
    vfs = *web;
    vfs.zName = "shared";
    vfs.szOsFile = (int)sizeof(struct handle) + web->szOsFile;
    vfs.xOpen = shared_open;
    vfs.xRandomness = shared_randomness;
    return rc ? rc : sqlite3_vfs_register(&vfs, 1);
}
