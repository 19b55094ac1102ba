#include "server/admin/home.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"
#include "proto/wire/cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CERT_LIFE_S (20LL * 365 * 86400) /* tablets pin the key; nobody comes by to renew */
#define CLOCK_SLACK_S 86400

/* ---- paths */

static int path_set(char out[HOME_PATH_BYTES_MAX], const char *dir, const char *name)
{
    int n = snprintf(out, HOME_PATH_BYTES_MAX, "%s%s%s", dir, *name ? "/" : "", name);
    return n < 0 || (size_t)n >= HOME_PATH_BYTES_MAX ? SAM_ETOOBIG : 0;
}

int home_set(struct home *h, const char *dir, const char *keys, const char *journal)
{
    memset(h, 0, sizeof *h);
    int err = path_set(h->dir, dir, "");
    err = err ? err : path_set(h->data, dir, "data");
    err = err ? err : path_set(h->store, dir, "data/samling.db");
    err = err ? err : keys ? path_set(h->keys, keys, "") : path_set(h->keys, dir, "keys");
    err = err ? err : journal ? path_set(h->journal, journal, "") : path_set(h->journal, dir, "journal");
    err = err ? err : path_set(h->backup, dir, "backup");
    return err ? err : path_set(h->socket, dir, "admin.sock");
}

/* ---- files */

static int failed(const char *what, const char *path)
{
    int err = errno == EACCES || errno == EPERM ? SAM_EDENIED : errno == ENOSPC ? SAM_EFULL : SAM_EIO;
    sam_log(SAM_LOG_ERROR, what, "path=\"%s\" why=\"%s\"", path, strerror(errno));
    return err;
}

int home_read(const char *path, struct sam_buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? SAM_ENOTFOUND : failed("open_failed", path);
    int err = 0;
    for (;;) {
        uint8_t chunk[4096];
        ssize_t n = read(fd, chunk, sizeof chunk);
        if (n < 0)
            err = failed("read_failed", path);
        else if (n > 0)
            err = sam_buf_add(out, chunk, (size_t)n);
        sam_wipe(chunk, sizeof chunk);
        if (n <= 0 || err)
            break;
    }
    close(fd);
    return err;
}

static int dir_sync(const char *path)
{
    char dir[HOME_PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    size_t n = slash ? (size_t)(slash - path) : 0;
    if (n >= sizeof dir)
        return SAM_ETOOBIG;
    memcpy(dir, path, n);
    dir[n] = 0;
    int fd = open(n ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd < 0 || fsync(fd) ? failed("sync_failed", dir) : 0;
    if (fd >= 0)
        close(fd);
    return err;
}

static int write_all(int fd, struct sam_span bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return fsync(fd);
}

int home_write(const char *path, struct sam_span bytes, unsigned mode)
{
    char tmp[HOME_PATH_BYTES_MAX + 8];
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return failed("create_failed", tmp);
    int err = write_all(fd, bytes) ? failed("write_failed", tmp) : 0;
    close(fd);
    if (!err && rename(tmp, path))
        err = failed("rename_failed", path);
    if (err)
        unlink(tmp);
    return err ? err : dir_sync(path);
}

static int folder_make(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return dir_sync(path);
    struct stat s;
    if (errno == EEXIST && stat(path, &s) == 0 && S_ISDIR(s.st_mode))
        return 0;
    return failed("mkdir_failed", path);
}

static int key_file(const struct home *h, const char *name, struct sam_buf *out)
{
    char path[HOME_PATH_BYTES_MAX];
    int err = path_set(path, h->keys, name);
    return err ? err : home_read(path, out);
}

/* What the service manager hands over (systemd's LoadCredential) goes before what lies in keys/. */
static bool credential(char path[HOME_PATH_BYTES_MAX], const char *name)
{
    const char *dir = getenv("CREDENTIALS_DIRECTORY");
    return dir && dir[0] == '/' && path_set(path, dir, name) == 0 && access(path, F_OK) == 0;
}

static int secret_file(const struct home *h, const char *name, struct sam_buf *out)
{
    char path[HOME_PATH_BYTES_MAX];
    return credential(path, name) ? home_read(path, out) : key_file(h, name, out);
}

static int key_write(const struct home *h, const char *name, const void *p, size_t n)
{
    char path[HOME_PATH_BYTES_MAX];
    int err = path_set(path, h->keys, name);
    return err ? err : home_write(path, (struct sam_span){p, n}, 0600);
}

static bool key_there(const struct home *h, const char *name)
{
    char path[HOME_PATH_BYTES_MAX];
    return path_set(path, h->keys, name) == 0 && access(path, F_OK) == 0;
}

/* ---- making */

static int secret_make(const struct home *h, const char *name)
{
    char path[HOME_PATH_BYTES_MAX];
    uint8_t key[SAM_KEY_BYTES];
    if (credential(path, name) || key_there(h, name))
        return 0;
    int err = sam_random(key, sizeof key);
    if (!err)
        err = key_write(h, name, key, sizeof key);
    sam_wipe(key, sizeof key);
    return err;
}

static int pair_write(const struct home *h, const char *key_name, const char *cert_name, const struct sam_cert_pair *p)
{
    int err = key_write(h, key_name, p->key_pem, strlen(p->key_pem));
    return err ? err : key_write(h, cert_name, p->cert_pem, strlen(p->cert_pem));
}

/* A new authority and a server certificate from it. The certificate comes last: without it all is made again. */
static int certificates_make(const struct home *h, const char *host, int64_t now_s)
{
    if (key_there(h, "tls.crt"))
        return 0;
    struct sam_cert_pair *pair = calloc(2, sizeof *pair);
    if (!pair)
        return SAM_ENOMEM;
    const char *names[] = {host};
    bool local = strcmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
    int err = sam_cert_make_ca(now_s - CLOCK_SLACK_S, now_s + CERT_LIFE_S, &pair[0]);
    if (!err)
        err =
            sam_cert_make_server(&pair[0], names, local ? 0 : 1, now_s - CLOCK_SLACK_S, now_s + CERT_LIFE_S, &pair[1]);
    if (!err)
        err = pair_write(h, "ca.key", "ca.crt", &pair[0]);
    if (!err)
        err = pair_write(h, "tls.key", "tls.crt", &pair[1]);
    sam_wipe(pair, 2 * sizeof *pair);
    free(pair);
    return err;
}

int home_make(const struct home *h, const char *host, int64_t now_s)
{
    const char *const folder[] = {h->dir, h->data, h->keys, h->journal, h->backup};
    int err = 0;
    for (unsigned i = 0; i < sizeof folder / sizeof *folder && !err; i++)
        err = folder_make(folder[i]);
    err = err ? err : secret_make(h, "master.key");
    err = err ? err : secret_make(h, "ticket.key");
    err = err ? err : certificates_make(h, host, now_s);
    return err ? err : home_host_set(h, host);
}

int home_lock(const struct home *h)
{
    char path[HOME_PATH_BYTES_MAX];
    int err = path_set(path, h->data, "lock");
    if (err)
        return err;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno == ENOENT ? SAM_ENOTFOUND : failed("open_failed", path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0; /* stays open, and so locked, as long as the process lives */
    close(fd);
    return SAM_EBUSY;
}

bool home_exists(const struct home *h)
{
    return access(h->store, F_OK) == 0;
}

/* ---- reading */

static int secret_read(const struct home *h, const char *name, uint8_t key[SAM_KEY_BYTES])
{
    struct sam_buf b;
    sam_buf_init(&b, SAM_KEY_BYTES);
    int err = secret_file(h, name, &b);
    if (!err && sam_buf_len(&b) != SAM_KEY_BYTES)
        err = SAM_ECORRUPT;
    if (!err)
        memcpy(key, sam_buf_peek(&b).ptr, SAM_KEY_BYTES);
    if (b.mem)
        sam_wipe(b.mem, b.cap);
    sam_buf_fini(&b);
    if (err)
        sam_log(SAM_LOG_ERROR, "key_missing", "file=%s err=%s", name, sam_err_name(err));
    return err;
}

int home_master_key(const struct home *h, uint8_t key[SAM_KEY_BYTES])
{
    return secret_read(h, "master.key", key);
}
int home_ticket_key(const struct home *h, uint8_t key[SAM_KEY_BYTES])
{
    return secret_read(h, "ticket.key", key);
}

int home_tls(const struct home *h, struct sam_buf *cert, struct sam_buf *key)
{
    int err = key_file(h, "tls.crt", cert);
    if (!err)
        err = sam_buf_add(cert, "", 1);
    if (!err)
        err = secret_file(h, "tls.key", key);
    if (!err)
        err = sam_buf_add(key, "", 1);
    if (err)
        sam_log(SAM_LOG_ERROR, "certificate_missing", "folder=\"%s\" err=%s", h->keys, sam_err_name(err));
    return err;
}

bool home_tls_own(const struct home *h)
{
    return !key_there(h, "own.crt");
}

static int key_copy(const struct home *h, const char *from, const char *to)
{
    struct sam_buf b;
    sam_buf_init(&b, SAM_CERT_FILE_BYTES_MAX);
    int err = key_file(h, from, &b);
    if (!err)
        err = key_write(h, to, sam_buf_peek(&b).ptr, sam_buf_len(&b));
    if (b.mem)
        sam_wipe(b.mem, b.cap);
    sam_buf_fini(&b);
    return err;
}

/* own.crt comes last and says that both are there. Of the pair in use the key comes first: whoever is stopped between the two
 * starts with a pair that does not fit, is told so, and says it again. */
int home_tls_set(const struct home *h, struct sam_span cert, const struct sam_span *key)
{
    char path[HOME_PATH_BYTES_MAX];
    int err = 0;
    if (key && credential(path, "tls.key")) { /* what was written would never be read */
        sam_log(SAM_LOG_ERROR, "key_is_credential", "path=\"%s\"", path);
        return SAM_EDENIED;
    }
    if (home_tls_own(h)) {
        if (!credential(path, "tls.key"))
            err = key_copy(h, "tls.key", "own.key");
        err = err ? err : key_copy(h, "tls.crt", "own.crt");
    }
    if (!err && key)
        err = key_write(h, "tls.key", key->ptr, key->len);
    return err ? err : key_write(h, "tls.crt", cert.ptr, cert.len);
}

int home_tls_own_set(const struct home *h)
{
    char path[HOME_PATH_BYTES_MAX];
    if (home_tls_own(h))
        return SAM_EEXIST;
    if (credential(path, "tls.key")) {
        sam_log(SAM_LOG_ERROR, "key_is_credential", "path=\"%s\"", path);
        return SAM_EDENIED;
    }
    int err = key_copy(h, "own.key", "tls.key");
    err = err ? err : key_copy(h, "own.crt", "tls.crt");
    err = err ? err : path_set(path, h->keys, "own.crt");
    if (!err && unlink(path))
        err = failed("remove_failed", path);
    return err;
}

int home_cert(const struct home *h, struct sam_buf *cert)
{
    int err = key_file(h, "tls.crt", cert);
    return err ? err : sam_buf_add(cert, "", 1);
}

int home_ca(const struct home *h, struct sam_buf *cert)
{
    int err = key_file(h, "ca.crt", cert);
    return err ? err : sam_buf_add(cert, "", 1);
}

int home_pin(const struct home *h, uint8_t pin[32])
{
    struct sam_buf cert;
    sam_buf_init(&cert, SAM_CERT_FILE_BYTES_MAX);
    int err = key_file(h, "tls.crt", &cert);
    if (!err)
        err = sam_buf_add(&cert, "", 1);
    if (!err)
        err = sam_cert_pin(sam_buf_peek(&cert).ptr, sam_buf_len(&cert), pin);
    sam_buf_fini(&cert);
    return err;
}

static int line_read(const struct home *h, const char *name, char *out, size_t room)
{
    char path[HOME_PATH_BYTES_MAX];
    struct sam_buf b;
    out[0] = 0;
    int err = path_set(path, h->dir, name);
    if (err)
        return err;
    sam_buf_init(&b, room);
    err = home_read(path, &b);
    if (!err) {
        struct sam_span text = sam_buf_peek(&b);
        size_t n = 0;
        while (n < text.len && n < room - 1 && text.ptr[n] != '\n') {
            out[n] = (char)text.ptr[n];
            n++;
        }
        out[n] = 0;
    }
    sam_buf_fini(&b);
    return err;
}

static int line_write(const struct home *h, const char *name, const char *line)
{
    char path[HOME_PATH_BYTES_MAX], text[HOME_HOST_BYTES_MAX + 2];
    int n = snprintf(text, sizeof text, "%s\n", line);
    if (n < 0 || (size_t)n >= sizeof text)
        return SAM_ETOOBIG;
    int err = path_set(path, h->dir, name);
    return err ? err : home_write(path, (struct sam_span){(const uint8_t *)text, (size_t)n}, 0640);
}

int home_host(const struct home *h, char host[HOME_HOST_BYTES_MAX])
{
    int err = line_read(h, "host", host, HOME_HOST_BYTES_MAX);
    if (err || !host[0])
        memcpy(host, "localhost", sizeof "localhost");
    return err == SAM_ENOTFOUND ? 0 : err;
}

int home_host_set(const struct home *h, const char *host)
{
    return line_write(h, "host", host);
}

uint16_t home_port(const struct home *h)
{
    char line[8], *end;
    if (line_read(h, "port", line, sizeof line) || !line[0])
        return 0;
    unsigned long port = strtoul(line, &end, 10);
    return *end == 0 && port <= UINT16_MAX ? (uint16_t)port : 0;
}

int home_port_set(const struct home *h, uint16_t port)
{
    char line[8], path[HOME_PATH_BYTES_MAX];
    if (port == 0) {
        int err = path_set(path, h->dir, "port");
        if (!err)
            unlink(path);
        return err;
    }
    snprintf(line, sizeof line, "%u", port);
    return line_write(h, "port", line);
}
