/* Sealed backups and the keys that open them, as somebody brings them: server/store/backup_seal.c on real files.
 *
 *      input   what u8, then
 *      KEY     a key file's bytes: as a secret key's and as a public key's
 *      RAW     a sealed file's bytes
 *      EDITED  n u16: a backup of n bytes (times 41) is sealed; then { act u8 | where u16 | byte u8 }… change the sealed file
 *      MADE    { length u16 | tag u8 }…: a stream as anybody with the public key can make it, in pieces of other sizes and with other tags
 *
 * Holds: what is opened is what was sealed, and that only; a file that was changed, cut, lengthened or put in another order anywhere is refused, and
 * nothing is left of it; another stream is taken where it is one that backup_seal could have written; a key that is taken is a line of its kind,
 * and no secret key is a public one. */
#include "server/store/backup_seal.c"
#include "tests/lib/scratch.h"

#include "tests/fuzz/fuzz.h"

#include <sys/stat.h>

enum { KEY, RAW, EDITED, MADE, WHAT_COUNT };
enum {
    PATH_MAX_BYTES = 96,
    FILE_MAX = 8 * (SEAL_PIECE_BYTES + TAG_BYTES),
    PLAIN_STEP = 41,
    PLAIN_MAX = 3 * SEAL_PIECE_BYTES
};

static char folder[64], key[PATH_MAX_BYTES], pub[PATH_MAX_BYTES], sealed[PATH_MAX_BYTES], plain[PATH_MAX_BYTES],
    opened[PATH_MAX_BYTES], opened_tmp[PATH_MAX_BYTES], odd[PATH_MAX_BYTES];
static uint8_t file[FILE_MAX], other[FILE_MAX], bytes[PLAIN_MAX];

/* ---- files */

static void folder_remove(void)
{
    const char *const all[] = {key, pub, sealed, plain, opened, opened_tmp, odd};
    for (size_t i = 0; i < COUNT(all); i++)
        unlink(all[i]);
    rmdir(folder);
}

static void start(void)
{
    HOLDS(scratch_folder(folder, sizeof folder, "fuzz"));
    snprintf(key, sizeof key, "%s/key", folder);
    snprintf(pub, sizeof pub, "%s/key.pub", folder);
    snprintf(sealed, sizeof sealed, "%s/sealed", folder);
    snprintf(plain, sizeof plain, "%s/plain", folder);
    snprintf(opened, sizeof opened, "%s/opened", folder);
    snprintf(opened_tmp, sizeof opened_tmp, "%s/opened.tmp", folder);
    snprintf(odd, sizeof odd, "%s/odd", folder);
    atexit(folder_remove);
    HOLDS(backup_seal_keys(key) == 0);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
}

static void file_put(const char *path, struct sam_span s)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(fd >= 0 && write(fd, s.ptr, s.len) == (ssize_t)s.len);
    close(fd);
}

static size_t file_get(const char *path, uint8_t *to, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, to, max);
    HOLDS(n >= 0 && (size_t)n < max);
    close(fd);
    return (size_t)n;
}

/* ---- a file that is brought */

/* Is it opened as these bytes? NULL: then it must not be opened. */
static void brought(struct sam_span s, const struct sam_span *is)
{
    file_put(sealed, s);
    HOLDS(backup_seal_is(sealed) == (s.len >= sizeof magic && memcmp(s.ptr, magic, sizeof magic) == 0));
    int err = backup_unseal(sealed, opened, key);
    HOLDS(access(opened_tmp, F_OK) != 0);
    if (err) {
        HOLDS(!is && (err == SAM_ECORRUPT || err == SAM_EAUTH) && access(opened, F_OK) != 0);
        return;
    }
    HOLDS(is);
    size_t n = file_get(opened, other, sizeof other);
    HOLDS(fuzz_same((struct sam_span){other, n}, *is));
    HOLDS(backup_unseal(sealed, opened, key) == SAM_EEXIST);
    unlink(opened);
}

/* One change; what it says does not fit: none. */
static size_t changed(size_t n, uint8_t act, size_t where, uint8_t byte)
{
    enum { CUT = 0, LONGER, SWAP, COPY, AGAIN };
    const size_t piece = SEAL_PIECE_BYTES + TAG_BYTES, head = sizeof(struct head);
    size_t at = head + piece * (where % 3);
    where = where * (1 + byte % 4) % (n + 1);
    switch (act % 7) {
    case CUT: return where;
    case LONGER:
        if (n + byte >= sizeof file)
            return n;
        memset(file + n, byte, byte);
        return n + byte;
    case SWAP: /* two whole pieces */
        for (size_t i = 0; i < piece && at + 2 * piece <= n; i++) {
            uint8_t one = file[at + i];
            file[at + i] = file[at + piece + i];
            file[at + piece + i] = one;
        }
        return n;
    case COPY: /* a piece stands in another's place */
        if (at + 2 * piece <= n)
            memcpy(file + at + piece, file + at, piece);
        return n;
    case AGAIN: /* or twice */
        if (at + piece > n || n + piece > sizeof file)
            return n;
        memmove(file + at + piece, file + at, n - at);
        return n + piece;
    default:
        if (where < n)
            file[where] ^= byte;
        return n;
    }
}

static void edited(struct sam_span in)
{
    static uint8_t as_sealed[FILE_MAX];
    size_t len = ((size_t)fuzz_byte(&in) << 8 | fuzz_byte(&in)) * PLAIN_STEP % (sizeof bytes + 1);
    if (len % 5 == 0) /* whole pieces, too */
        len -= len % SEAL_PIECE_BYTES;
    struct sam_span was = {bytes, len};
    file_put(plain, was);
    unlink(sealed);
    HOLDS(backup_seal(plain, sealed, pub) == 0);
    size_t n = file_get(sealed, file, sizeof file), n_before = n;
    HOLDS(n == sizeof(struct head) + len + TAG_BYTES * (1 + len / SEAL_PIECE_BYTES));
    memcpy(as_sealed, file, n);
    while (in.len >= 4) {
        uint8_t act = fuzz_byte(&in);
        size_t where = (size_t)fuzz_byte(&in) << 8 | fuzz_byte(&in);
        n = changed(n, act, where, fuzz_byte(&in));
    }
    bool same = fuzz_same((struct sam_span){file, n}, (struct sam_span){as_sealed, n_before});
    brought((struct sam_span){file, n}, same ? &was : NULL);
}

/* ---- a stream that is made */

struct stream {
    crypto_secretstream_xchacha20poly1305_state state;
    size_t n, plain;    /* bytes of the file, of what it holds */
    bool over, strange; /* the last piece was there; it is none of ours */
};

static void stream_begin(struct stream *s)
{
    struct head h;
    uint8_t public[32], k[crypto_secretstream_xchacha20poly1305_KEYBYTES];
    HOLDS(key_read(pub, public_word, public) == 0);
    *s = (struct stream){.n = sizeof h};
    memcpy(h.magic, magic, sizeof magic);
    key_name(public, h.name);
    memset(k, 5, sizeof k);
    HOLDS(crypto_box_seal(h.box, k, sizeof k, public) == 0);
    HOLDS(crypto_secretstream_xchacha20poly1305_init_push(&s->state, h.stream, k) == 0);
    memcpy(file, &h, sizeof h);
}

static void piece_add(struct stream *s, size_t len, uint8_t tag)
{
    const bool first = s->n == sizeof(struct head), last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    HOLDS(crypto_secretstream_xchacha20poly1305_push(&s->state, file + s->n, NULL, bytes + s->plain, len,
                                                     first ? file : NULL, first ? sizeof(struct head) : 0, tag) == 0);
    s->strange |= s->over || (last ? len >= SEAL_PIECE_BYTES : len != SEAL_PIECE_BYTES);
    s->over |= last;
    s->n += len + TAG_BYTES;
    s->plain += len;
}

static void made(struct sam_span in)
{
    struct stream s;
    stream_begin(&s);
    while (in.len >= 3) {
        size_t len = (size_t)fuzz_byte(&in) << 8 | fuzz_byte(&in);
        uint8_t tag = fuzz_byte(&in) % 4;
        len = len == 0xffff ? SEAL_PIECE_BYTES : len;
        if (s.plain + len > sizeof bytes || s.n + len + TAG_BYTES > sizeof file)
            break;
        piece_add(&s, len, tag);
    }
    struct sam_span is = {bytes, s.plain};
    brought((struct sam_span){file, s.n}, s.over && !s.strange ? &is : NULL);
}

/* ---- a key that is brought */

static void key_brought(struct sam_span in)
{
    uint8_t secret[32], public[32];
    file_put(odd, in);
    int err_public = backup_seal_key_check(odd), err = key_read(odd, secret_word, secret);
    HOLDS(err_public == key_read(odd, public_word, public));
    HOLDS((err == 0 || err == SAM_EUSAGE) && (err_public == 0 || err_public == SAM_EUSAGE) && (err || err_public));
    if (err && err_public)
        return;
    char hex[65], line[sizeof secret_word + 64];
    sodium_bin2hex(hex, sizeof hex, err ? public : secret, 32);
    snprintf(line, sizeof line, "%s%s", err ? public_word : secret_word, hex);
    HOLDS(in.len >= strlen(line) && strncasecmp((const char *)in.ptr, line, strlen(line)) == 0);
    HOLDS(in.len == strlen(line) || !in.ptr[strlen(line)] || strchr("\r\n", in.ptr[strlen(line)]));
}

static void raw(struct sam_span in)
{
    brought(in, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const what[WHAT_COUNT])(struct sam_span) = {
        [KEY] = key_brought, [RAW] = raw, [EDITED] = edited, [MADE] = made};
    struct sam_span in = {data, size};
    if (!*folder)
        start();
    what[fuzz_byte(&in) % WHAT_COUNT](in);
    return 0;
}
