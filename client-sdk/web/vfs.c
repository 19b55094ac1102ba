/* SQLite's files in the origin's private file system, through the imports. The database and its log are opened by name; all
 * else that SQLite might want to keep (temporary files) stays in memory: SQLITE_TEMP_STORE=3.
 *
 * Invariants
 *  1. xSync has returned SQLITE_OK only if what was written before is on the disk (`flush` of a sync access handle).
 *  2. There is no shared memory (io_methods version 1), so write-ahead logging needs locking_mode=EXCLUSIVE, and the host lets one
 *     worker have the files at a time.
 *  3. Sectors of 4096 bytes may be torn or dropped before a sync; nothing is promised about appending (IOCAP_SAFE_APPEND
 *     corrupts a store at a power cut). */
#include "client-sdk/web/import.h"

#include <sqlite3.h>
#include <string.h>

#define SECTOR_BYTES 4096
#define NAME_BYTES_MAX 512

struct web_file {
    sqlite3_file base;
    int32_t file;
};

static struct web_file *web(sqlite3_file *f)
{
    return (struct web_file *)(void *)f;
}

static int failed(int32_t rc, int otherwise)
{
    return rc == SAM_FILE_EFULL ? SQLITE_FULL : otherwise;
}

static int web_close(sqlite3_file *f)
{
    sam_import_file_close(web(f)->file);
    return SQLITE_OK;
}

static int web_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
    int32_t got = sam_import_file_read(web(f)->file, to, n, (double)at);
    if (got < 0 || got > n)
        return SQLITE_IOERR_READ;
    if (got == n)
        return SQLITE_OK;
    memset((char *)to + got, 0, (size_t)(n - got));
    return SQLITE_IOERR_SHORT_READ;
}

static int web_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
    int32_t rc = sam_import_file_write(web(f)->file, from, n, (double)at);
    return rc ? failed(rc, SQLITE_IOERR_WRITE) : SQLITE_OK;
}

static int web_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    int32_t rc = sam_import_file_truncate(web(f)->file, (double)size);
    return rc ? failed(rc, SQLITE_IOERR_TRUNCATE) : SQLITE_OK;
}

static int web_sync(sqlite3_file *f, int flags)
{
    (void)flags;
    return sam_import_file_flush(web(f)->file) ? SQLITE_IOERR_FSYNC : SQLITE_OK;
}

static int web_size(sqlite3_file *f, sqlite3_int64 *size)
{
    double n = sam_import_file_size(web(f)->file);
    *size = n >= 0 ? (sqlite3_int64)n : 0;
    return n >= 0 ? SQLITE_OK : SQLITE_IOERR_FSTAT;
}

/* One worker has the files: invariant 2. */
static int web_lock(sqlite3_file *f, int level)
{
    (void)f, (void)level;
    return SQLITE_OK;
}

static int web_lock_held(sqlite3_file *f, int *held)
{
    (void)f;
    *held = 0;
    return SQLITE_OK;
}

static int web_control(sqlite3_file *f, int op, void *arg)
{
    (void)f, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int web_sector(sqlite3_file *f)
{
    (void)f;
    return SECTOR_BYTES;
}

static int web_characteristics(sqlite3_file *f)
{
    (void)f;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN;
}

static int web_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *flags_out)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 1,
        .xClose = web_close,
        .xRead = web_read,
        .xWrite = web_write,
        .xTruncate = web_truncate,
        .xSync = web_sync,
        .xFileSize = web_size,
        .xLock = web_lock,
        .xUnlock = web_lock,
        .xCheckReservedLock = web_lock_held,
        .xFileControl = web_control,
        .xSectorSize = web_sector,
        .xDeviceCharacteristics = web_characteristics,
    };
    (void)vfs;
    f->pMethods = NULL;
    if (!name)
        return SQLITE_CANTOPEN;
    /* The store's own file too: the native host makes it beforehand (sam_host_file_make), this one here. */
    int32_t file = sam_import_file_open(name, (int32_t)strlen(name), 1);
    if (file < 0)
        return file == SAM_FILE_EBUSY ? SQLITE_BUSY : failed(file, SQLITE_CANTOPEN);
    web(f)->file = file;
    f->pMethods = &methods;
    if (flags_out)
        *flags_out = flags;
    return SQLITE_OK;
}

static int web_delete(sqlite3_vfs *vfs, const char *name, int durable)
{
    (void)vfs, (void)durable;
    int32_t rc = sam_import_file_delete(name, (int32_t)strlen(name));
    return rc == SAM_FILE_ENOENT ? SQLITE_IOERR_DELETE_NOENT : rc ? SQLITE_IOERR_DELETE : SQLITE_OK;
}

static int web_access(sqlite3_vfs *vfs, const char *name, int flags, int *there)
{
    (void)vfs, (void)flags;
    *there = sam_import_file_there(name, (int32_t)strlen(name)) == 1;
    return SQLITE_OK;
}

static int web_full_name(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    if (strlen(name) >= (size_t)size)
        return SQLITE_CANTOPEN;
    memcpy(out, name, strlen(name) + 1);
    return SQLITE_OK;
}

static int web_randomness(sqlite3_vfs *vfs, int n, char *to)
{
    (void)vfs;
    return sam_import_random((uint8_t *)to, n) ? 0 : n;
}

static int web_sleep(sqlite3_vfs *vfs, int us)
{
    (void)vfs;
    return us;
}

static int web_now(sqlite3_vfs *vfs, double *julian_days)
{
    (void)vfs;
    *julian_days = 2440587.5 + sam_import_now_s() / 86400.0;
    return SQLITE_OK;
}

static int web_error(sqlite3_vfs *vfs, int n, char *out)
{
    (void)vfs, (void)n, (void)out;
    return 0;
}

int sqlite3_os_init(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct web_file),
        .mxPathname = NAME_BYTES_MAX,
        .zName = "web",
        .xOpen = web_open,
        .xDelete = web_delete,
        .xAccess = web_access,
        .xFullPathname = web_full_name,
        .xRandomness = web_randomness,
        .xSleep = web_sleep,
        .xCurrentTime = web_now,
        .xGetLastError = web_error,
    };
    return sqlite3_vfs_register(&vfs, 1);
}

int sqlite3_os_end(void)
{
    return SQLITE_OK;
}
