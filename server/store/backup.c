#include "server/store/backup.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/store/backup_seal.h"
#include "server/store/unread.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STEP_PAGES 1024
#define PATH_BYTES_MAX 1280u

static int io_failed(const char *what, const char *path)
{
    int err = errno == ENOENT ? SAM_ENOTFOUND : errno == ENOSPC ? SAM_EFULL : SAM_EIO;
    sam_log(SAM_LOG_ERROR, "backup_failed", "step=%s path=\"%s\" why=\"%s\"", what, path, strerror(errno));
    return err;
}

static int sql_failed(const char *what, sqlite3 *db, int rc)
{
    sam_log(SAM_LOG_ERROR, "backup_failed", "step=%s why=\"%s\"", what, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
    if (db && unread_rc(db, rc))
        return SAM_EREAD;
    return rc == SQLITE_FULL                             ? SAM_EFULL
           : rc == SQLITE_NOMEM                          ? SAM_ENOMEM
           : rc == SQLITE_CORRUPT || rc == SQLITE_NOTADB ? SAM_ECORRUPT
                                                         : SAM_EIO;
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    int err = fd < 0 || fsync(fd) ? io_failed("sync", path) : 0;
    if (fd >= 0)
        close(fd);
    return err;
}

static int sync_folder_of(const char *path)
{
    char dir[PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return sync_path(dir[0] ? dir : "/", O_RDONLY | O_DIRECTORY);
}

void backup_name(int64_t now_s, char name[BACKUP_NAME_BYTES_MAX])
{
    struct tm tm;
    time_t t = (time_t)now_s;
    memset(&tm, 0, sizeof tm);
    gmtime_r(&t, &tm);
    strftime(name, BACKUP_NAME_BYTES_MAX, "samling-%Y%m%dT%H%M%SZ.db", &tm);
}

/* ---- checking */

struct checked {
    bool ok, unread;
};

static int check_row(void *ctx, int columns, char **value, char **name)
{
    (void)name;
    struct checked *c = ctx;
    bool said = columns == 1 && value[0];
    c->ok = said && strcmp(value[0], "ok") == 0;
    c->unread |= !said || unread_lines(value[0]);
    return 0;
}

static int check(sqlite3 *db, const char *path)
{
    struct checked c = {0};
    sqlite3_exec(db, "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON", NULL, NULL, NULL);
    int rc = sqlite3_exec(db, "PRAGMA integrity_check(1)", check_row, &c, NULL);
    if (rc)
        return sql_failed("check", db, rc);
    if (!c.ok && (c.unread || unread_any(db))) {
        sam_log(SAM_LOG_ERROR, "backup_unread", "path=\"%s\"", path);
        return SAM_EREAD;
    }
    if (!c.ok) {
        sam_log(SAM_LOG_ERROR, "backup_damaged", "path=\"%s\"", path);
        return SAM_ECORRUPT;
    }
    return 0;
}

int backup_verify(const char *path)
{
    sqlite3 *db = NULL;
    if (access(path, R_OK))
        return io_failed("open", path);
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    int err = rc ? sql_failed("open", db, rc) : check(db, path);
    if (!err && (rc = sqlite3_exec(db, "SELECT count(*) FROM device", NULL, NULL, NULL)) != 0)
        err = (rc & 0xff) == SQLITE_ERROR ? SAM_ECORRUPT : sql_failed("look", db, rc); /* a database, but not a store */
    sqlite3_close(db);
    return err;
}

/* ---- taking */

static int copy(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int rc = SQLITE_OK;
    if (!b)
        return sql_failed("begin", to, sqlite3_errcode(to));
    while (rc == SQLITE_OK)
        rc = sqlite3_backup_step(b, STEP_PAGES);
    int finished = sqlite3_backup_finish(b);
    return rc == SQLITE_DONE && finished == SQLITE_OK ? 0 : sql_failed("copy", to, rc == SQLITE_DONE ? finished : rc);
}

static int copy_snapshot(const char *store_path, const char *tmp)
{
    sqlite3 *from = NULL, *to = NULL;
    int rc = sqlite3_open_v2(store_path, &from, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (!rc)
        rc = sqlite3_exec(from, "PRAGMA query_only=ON; PRAGMA busy_timeout=5000; PRAGMA wal_autocheckpoint=0", NULL,
                          NULL, NULL);
    if (!rc)
        rc = sqlite3_exec(from, "BEGIN; SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL); /* the snapshot */
    int err = rc ? sql_failed("open", from, rc) : 0;
    if (!err &&
        (rc = sqlite3_open_v2(tmp, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)))
        err = sql_failed("create", to, rc);
    if (!err)
        err = copy(from, to);
    if (from)
        sqlite3_exec(from, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(from);
    if (!err &&
        (rc = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL))) /* one file, without a log beside it */
        err = sql_failed("close", to, rc);
    if (!err)
        err = check(to, tmp);
    sqlite3_close(to);
    return err;
}

int backup_take(const char *store_path, const char *to)
{
    char tmp[PATH_BYTES_MAX];
    if (access(to, F_OK) == 0)
        return SAM_EEXIST;
    int n = snprintf(tmp, sizeof tmp, "%s.tmp", to);
    if (n < 0 || (size_t)n >= sizeof tmp)
        return SAM_ETOOBIG;
    unlink(tmp);
    int err = copy_snapshot(store_path, tmp);
    if (!err)
        err = sync_path(tmp, O_RDONLY);
    if (!err && rename(tmp, to))
        err = io_failed("rename", to);
    if (err)
        unlink(tmp);
    else if ((err = sync_folder_of(to)) != 0 && unlink(to)) /* who is told that none was made must not find one */
        err = SAM_EUNSURE;
    return err;
}

/* ---- sealed */

#define PLAIN_BEGIN "sealing-"

/* Plain copies of processes that are no more: one process at a time has the store. */
static void plain_forget(const char *folder)
{
    char own[32];
    int own_len = snprintf(own, sizeof own, PLAIN_BEGIN "%ld-", (long)getpid());
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));)
        if (strncmp(e->d_name, PLAIN_BEGIN, sizeof PLAIN_BEGIN - 1) == 0 &&
            strncmp(e->d_name, own, (size_t)own_len) != 0)
            unlinkat(dirfd(dir), e->d_name, 0);
    if (dir)
        closedir(dir);
}

int backup_take_sealed(const char *store_path, const char *folder, const char *to, const char *public_path)
{
    char plain[PATH_BYTES_MAX];
    int err = backup_seal_key_check(public_path);
    if (err || access(to, F_OK) == 0)
        return err ? err : SAM_EEXIST;
    plain_forget(folder);
    int n = snprintf(plain, sizeof plain, "%s/" PLAIN_BEGIN "%ld-%ld.db", folder, (long)getpid(), (long)gettid());
    if (n < 0 || (size_t)n >= sizeof plain)
        return SAM_ETOOBIG;
    unlink(plain);
    err = backup_take(store_path, plain);
    if (err == SAM_EUNSURE)
        err = SAM_EIO; /* only the plain copy stands, which was never meant to stay */
    if (!err)
        err = backup_seal(plain, to, public_path);
    unlink(plain);
    return err;
}

/* ---- which are kept, and what all of them hold */

struct backups {
    char name[64][BACKUP_NAME_BYTES_MAX];
    unsigned count;
};

/* "samling-20260322T101500Z.db" and ${ending}. */
static bool is_backup(const char *name, const char *ending)
{
    static const char model[] = "samling-20260322T101500Z.db";
    size_t n = strlen(model);
    return strlen(name) == n + strlen(ending) && n + strlen(ending) < BACKUP_NAME_BYTES_MAX &&
           memcmp(name, "samling-", 8) == 0 && memcmp(name + n - 4, "Z.db", 4) == 0 && strcmp(name + n, ending) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int backups_list(const char *folder, const char *ending, struct backups *out)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return io_failed("list", folder);
    out->count = 0;
    for (struct dirent *e; (e = readdir(dir)) && out->count < 64;)
        if (is_backup(e->d_name, ending))
            snprintf(out->name[out->count++], BACKUP_NAME_BYTES_MAX, "%.60s", e->d_name);
    closedir(dir);
    qsort(out->name, out->count, sizeof *out->name, by_name);
    return 0;
}

int64_t backup_newest_s(const char *folder)
{
    int64_t newest_s = -1;
    DIR *dir = opendir(folder);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        struct stat st;
        if ((is_backup(e->d_name, "") || is_backup(e->d_name, SEAL_ENDING)) &&
            fstatat(dirfd(dir), e->d_name, &st, 0) == 0 && st.st_mtime > newest_s)
            newest_s = st.st_mtime;
    }
    if (dir)
        closedir(dir);
    return newest_s;
}

static void backups_trim(const char *folder, struct backups *b)
{
    unsigned extra = b->count > BACKUP_KEEP ? b->count - BACKUP_KEEP : 0;
    for (unsigned i = 0; i < extra; i++) {
        char path[PATH_BYTES_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, b->name[i]);
        unlink(path);
    }
    memmove(b->name, b->name + extra, (b->count - extra) * sizeof *b->name);
    b->count -= extra;
}

/* What backup ${old} holds of a device; 0: nothing. */
static uint64_t held(struct store *old, uint64_t device_no)
{
    struct store_device d;
    uint64_t seq = old && store_device_get(old, device_no, &d) == 0 ? d.acked_seq : 0;
    memset(&d, 0, sizeof d);
    return seq;
}

static int devices_settle(struct store *st, struct store *const *old, unsigned count, bool unknown)
{
    struct store_device d;
    uint64_t no = 0;
    int err;
    while ((err = store_device_each(st, no, &d)) == 0) {
        uint64_t safe = count && !unknown ? d.acked_seq : 0;
        no = d.device_no;
        for (unsigned i = 0; i < count; i++) {
            uint64_t seq = held(old[i], no);
            safe = seq < safe ? seq : safe;
        }
        if (safe == d.safe_seq)
            continue;
        d.safe_seq = safe;
        err = store_device_put(st, &d);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* How many sealed ones are left. */
static int sealed_trim(const char *folder, struct backups *b, unsigned *left)
{
    int err = backups_list(folder, SEAL_ENDING, b);
    if (!err)
        backups_trim(folder, b);
    *left = err ? 0 : b->count;
    return err;
}

int backup_settle(struct store *st, const char *folder, unsigned *kept)
{
    struct store *old[BACKUP_KEEP] = {0};
    struct backups *b = calloc(1, sizeof *b);
    unsigned sealed = 0;
    *kept = 0;
    if (!b)
        return SAM_ENOMEM;
    int err = sealed_trim(folder, b, &sealed);
    err = err ? err : backups_list(folder, "", b);
    if (!err)
        backups_trim(folder, b);
    for (unsigned i = 0; !err && i < b->count; i++) {
        char path[PATH_BYTES_MAX];
        snprintf(path, sizeof path, "%s/%s", folder, b->name[i]);
        if (store_reader_open(&old[i], path))
            old[i] = NULL; /* cannot be read: counts as holding nothing */
    }
    if (!err)
        err = devices_settle(st, old, b->count, sealed > 0);
    for (unsigned i = 0; i < BACKUP_KEEP; i++)
        store_close(old[i]);
    *kept = b->count + sealed;
    free(b);
    return err;
}

/* ---- going back */

static int file_copy(const char *from, const char *to)
{
    static const size_t chunk = 1u << 20;
    int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, err = 0;
    uint8_t *mem = malloc(chunk);
    if (in < 0 || !mem || (out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) < 0)
        err = mem ? io_failed("copy", in < 0 ? from : to) : SAM_ENOMEM;
    for (ssize_t n = 1; !err && n > 0;) {
        n = read(in, mem, chunk);
        for (ssize_t done = 0, w; n > 0 && done < n; done += w)
            if ((w = write(out, mem + done, (size_t)(n - done))) <= 0) {
                n = -1;
                break;
            }
        if (n < 0)
            err = io_failed("copy", to);
    }
    if (!err && fsync(out))
        err = io_failed("sync", to);
    free(mem);
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return err;
}

static int move_aside(const char *store_path, const char *aside)
{
    static const char *const beside[] = {"-wal", "-shm"};
    if (access(store_path, F_OK))
        return 0;
    for (unsigned i = 0; i < 2; i++) {
        char from[PATH_BYTES_MAX], to[PATH_BYTES_MAX];
        snprintf(from, sizeof from, "%s%s", store_path, beside[i]);
        snprintf(to, sizeof to, "%s%s", aside, beside[i]);
        if (rename(from, to) && errno != ENOENT)
            return io_failed("aside", from);
    }
    return rename(store_path, aside) ? io_failed("aside", store_path) : 0;
}

int backup_restore(const char *from, const char *store_path, int64_t now_s, char *aside, size_t aside_size)
{
    char tmp[PATH_BYTES_MAX], name[BACKUP_NAME_BYTES_MAX];
    int err = backup_verify(from);
    if (err)
        return err;
    backup_name(now_s, name);
    snprintf(tmp, sizeof tmp, "%s.tmp", store_path);
    snprintf(aside, aside_size, "%s.before-%s", store_path, name);
    for (unsigned i = 2; access(aside, F_OK) == 0; i++) /* twice in one second */
        snprintf(aside, aside_size, "%s.before-%s.%u", store_path, name, i);
    err = file_copy(from, tmp);
    if (!err)
        err = move_aside(store_path, aside);
    if (!err && rename(tmp, store_path))
        err = io_failed("rename", store_path);
    return err ? err : sync_folder_of(store_path);
}
