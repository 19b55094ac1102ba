#include "server/store/backup_seal.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES_MAX 1280u
#define KEY_FILE_BYTES_MAX 256u
#define BOX_BYTES (crypto_box_SEALBYTES + crypto_secretstream_xchacha20poly1305_KEYBYTES)
#define TAG_BYTES crypto_secretstream_xchacha20poly1305_ABYTES

static const char magic[24] = "samling backup sealed 1\n";
static const char secret_word[] = "samling-backup-secret 1 ", public_word[] = "samling-backup-public 1 ";

struct head {
    uint8_t magic[sizeof magic];
    uint8_t name[SEAL_NAME_BYTES]; /* of the public key: which secret one is needed */
    uint8_t box[BOX_BYTES];
    uint8_t stream[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
};

/* Both ends of one copy. */
struct work {
    int in, out;
    crypto_secretstream_xchacha20poly1305_state stream;
    struct head head;
    uint8_t piece[SEAL_PIECE_BYTES + TAG_BYTES + 1], other[SEAL_PIECE_BYTES + TAG_BYTES];
};

/* ---- files */

static int failed(const char *step, const char *path)
{
    int why = errno;
    sam_log(SAM_LOG_ERROR, "seal_failed", "step=%s path=\"%s\" why=\"%s\"", step, path, strerror(why));
    switch (why) {
    case ENOENT: return SAM_ENOTFOUND;
    case EEXIST: return SAM_EEXIST;
    case EACCES:
    case EPERM: return SAM_EDENIED;
    case ENOSPC: return SAM_EFULL;
    default: return SAM_EIO;
    }
}

/* Up to ${n} bytes; fewer only at the end. -1: failed. */
static ssize_t read_full(int fd, uint8_t *p, size_t n)
{
    size_t got = 0;
    while (got < n) {
        ssize_t r = read(fd, p + got, n - got);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

static int write_full(int fd, const void *p, size_t n)
{
    const uint8_t *at = p;
    while (n) {
        ssize_t w = write(fd, at, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return failed("write", "");
        at += w;
        n -= (size_t)w;
    }
    return 0;
}

static int folder_sync(const char *path)
{
    char dir[PATH_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(dir, sizeof dir, "%.*s", slash && slash > path ? (int)(slash - path) : 1, slash ? path : ".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int err = fd < 0 || fsync(fd) ? failed("sync", dir) : 0;
    if (fd >= 0)
        close(fd);
    return err;
}

/* ---- keys */

static int key_read(const char *path, const char *word, uint8_t key[32])
{
    char text[KEY_FILE_BYTES_MAX + 1];
    const char *end = NULL;
    size_t word_len = strlen(word), len = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return failed("key", path);
    ssize_t n = read_full(fd, (uint8_t *)text, sizeof text - 1);
    int err = n < 0 ? failed("key", path) : 0;
    close(fd);
    text[n < 0 ? 0 : n] = 0;
    if (!err && (strncmp(text, word, word_len) != 0 ||
                 sodium_hex2bin(key, 32, text + word_len, strcspn(text + word_len, "\r\n"), NULL, &len, &end) ||
                 len != 32 || (*end && *end != '\n' && *end != '\r')))
        err = SAM_EUSAGE;
    sodium_memzero(text, sizeof text);
    if (err == SAM_EUSAGE)
        sam_log(SAM_LOG_ERROR, "seal_failed", "step=key path=\"%s\" why=\"not a key of this kind\"", path);
    return err;
}

static int key_write(const char *path, const char *word, const uint8_t key[32], unsigned mode)
{
    char hex[65], text[KEY_FILE_BYTES_MAX];
    sodium_bin2hex(hex, sizeof hex, key, 32);
    int n = snprintf(text, sizeof text, "%s%s\n", word, hex);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    int err = fd < 0 ? failed("key", path) : write_full(fd, text, (size_t)n);
    if (!err && fsync(fd))
        err = failed("sync", path);
    if (fd >= 0)
        close(fd);
    if (err && fd >= 0)
        unlink(path);
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(text, sizeof text);
    return err;
}

int backup_seal_keys(const char *path)
{
    char public_path[PATH_BYTES_MAX];
    uint8_t secret[crypto_box_SECRETKEYBYTES], public[crypto_box_PUBLICKEYBYTES];
    int n = snprintf(public_path, sizeof public_path, "%s.pub", path);
    if (n < 0 || (size_t)n >= sizeof public_path)
        return SAM_ETOOBIG;
    if (access(public_path, F_OK) == 0)
        return SAM_EEXIST;
    if (sodium_init() < 0)
        return SAM_EIO;
    crypto_box_keypair(public, secret);
    int err = key_write(path, secret_word, secret, 0600);
    if (!err && (err = key_write(public_path, public_word, public, 0644)) != 0)
        unlink(path);
    sodium_memzero(secret, sizeof secret);
    return err ? err : folder_sync(path);
}

int backup_seal_key_check(const char *public_path)
{
    uint8_t key[32];
    return sodium_init() < 0 ? SAM_EIO : key_read(public_path, public_word, key);
}

static void key_name(const uint8_t public[32], uint8_t name[SEAL_NAME_BYTES])
{
    crypto_generichash(name, SEAL_NAME_BYTES, public, 32, NULL, 0);
}

/* ---- the head */

static int head_seal(struct work *w, const char *public_path)
{
    uint8_t public[32], key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    int err = key_read(public_path, public_word, public);
    if (err)
        return err;
    memcpy(w->head.magic, magic, sizeof magic);
    key_name(public, w->head.name);
    crypto_secretstream_xchacha20poly1305_keygen(key);
    if (crypto_box_seal(w->head.box, key, sizeof key, public) ||
        crypto_secretstream_xchacha20poly1305_init_push(&w->stream, w->head.stream, key))
        err = SAM_EUSAGE; /* no point of the curve */
    sodium_memzero(key, sizeof key);
    return err ? err : write_full(w->out, &w->head, sizeof w->head);
}

static int head_open(struct work *w, const uint8_t secret[32])
{
    uint8_t public[32], name[SEAL_NAME_BYTES], key[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    ssize_t n = read_full(w->in, (uint8_t *)&w->head, sizeof w->head);
    if (n < 0)
        return failed("read", "");
    if ((size_t)n < sizeof w->head || memcmp(w->head.magic, magic, sizeof magic) != 0)
        return SAM_ECORRUPT;
    crypto_scalarmult_base(public, secret);
    key_name(public, name);
    if (memcmp(name, w->head.name, sizeof name) != 0)
        return SAM_EAUTH;
    int err = crypto_box_seal_open(key, w->head.box, sizeof w->head.box, public, secret) ||
                      crypto_secretstream_xchacha20poly1305_init_pull(&w->stream, w->head.stream, key)
                  ? SAM_ECORRUPT
                  : 0;
    sodium_memzero(key, sizeof key);
    return err;
}

/* ---- the pieces */

static int pieces_seal(struct work *w)
{
    const uint8_t *covers = (const uint8_t *)&w->head; /* by the first piece */
    size_t covers_len = sizeof w->head;
    for (bool last = false; !last; covers = NULL, covers_len = 0) {
        ssize_t n = read_full(w->in, w->piece, SEAL_PIECE_BYTES);
        if (n < 0)
            return failed("read", "");
        last = (size_t)n < SEAL_PIECE_BYTES; /* a whole number of pieces ends with an empty one */
        crypto_secretstream_xchacha20poly1305_push(&w->stream, w->other, NULL, w->piece, (size_t)n, covers, covers_len,
                                                   last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
        int err = write_full(w->out, w->other, (size_t)n + TAG_BYTES);
        if (err)
            return err;
    }
    return 0;
}

/* The last piece is the short one, and nothing follows it. */
static int pieces_open(struct work *w)
{
    const uint8_t *covers = (const uint8_t *)&w->head;
    size_t covers_len = sizeof w->head;
    for (bool last = false; !last; covers = NULL, covers_len = 0) {
        unsigned long long len;
        uint8_t tag;
        ssize_t n = read_full(w->in, w->piece, SEAL_PIECE_BYTES + TAG_BYTES);
        if (n < 0)
            return failed("read", "");
        if ((size_t)n < TAG_BYTES || crypto_secretstream_xchacha20poly1305_pull(
                                         &w->stream, w->other, &len, &tag, w->piece, (size_t)n, covers, covers_len))
            return SAM_ECORRUPT;
        last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
        if (last != ((size_t)n < SEAL_PIECE_BYTES + TAG_BYTES))
            return SAM_ECORRUPT;
        int err = write_full(w->out, w->other, (size_t)len);
        if (err)
            return err;
    }
    return 0;
}

/* ---- whole files */

static int seal_work(struct work *w, const char *public_path)
{
    int err = head_seal(w, public_path);
    return err ? err : pieces_seal(w);
}

static int unseal_work(struct work *w, const char *secret_path)
{
    uint8_t secret[32];
    int err = key_read(secret_path, secret_word, secret);
    err = err ? err : head_open(w, secret);
    sodium_memzero(secret, sizeof secret);
    return err ? err : pieces_open(w);
}

/* ${from} through ${work} to ${to}: whole and synced, or not at all. */
static int file_work(const char *from, const char *to, const char *key_path,
                     int (*work)(struct work *w, const char *key_path))
{
    char tmp[PATH_BYTES_MAX];
    int n = snprintf(tmp, sizeof tmp, "%s.tmp", to);
    if (n < 0 || (size_t)n >= sizeof tmp)
        return SAM_ETOOBIG;
    if (access(to, F_OK) == 0)
        return SAM_EEXIST;
    if (sodium_init() < 0)
        return SAM_EIO;
    struct work *w = calloc(1, sizeof *w);
    if (!w)
        return SAM_ENOMEM;
    w->out = -1;
    w->in = open(from, O_RDONLY | O_CLOEXEC);
    int err = w->in < 0 ? failed("open", from) : 0;
    if (!err && (w->out = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)) < 0)
        err = failed("create", tmp);
    bool made = w->out >= 0;
    err = err ? err : work(w, key_path);
    if (!err && fsync(w->out))
        err = failed("sync", tmp);
    if (w->in >= 0)
        close(w->in);
    if (made)
        close(w->out);
    if (!err && rename(tmp, to))
        err = failed("rename", to);
    if (err && made)
        unlink(tmp);
    sodium_memzero(w, sizeof *w);
    free(w);
    if (!err && (err = folder_sync(to)) != 0 && unlink(to))
        err = SAM_EUNSURE;
    return err;
}

bool backup_seal_is(const char *path)
{
    uint8_t begin[sizeof magic];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool is = fd >= 0 && read_full(fd, begin, sizeof begin) == (ssize_t)sizeof begin &&
              memcmp(begin, magic, sizeof magic) == 0;
    if (fd >= 0)
        close(fd);
    return is;
}

int backup_seal(const char *from, const char *to, const char *public_path)
{
    return file_work(from, to, public_path, seal_work);
}

int backup_unseal(const char *from, const char *to, const char *secret_path)
{
    int err = file_work(from, to, secret_path, unseal_work);
    if (err == SAM_ECORRUPT || err == SAM_EAUTH)
        sam_log(SAM_LOG_ERROR, "seal_failed", "step=open path=\"%s\" err=%s", from, sam_err_name(err));
    return err;
}
