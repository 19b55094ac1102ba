/* The file of the journal, as a start of the centre finds it on a disk that has lost, torn or changed some of it: server/store/journal.c on real
 * files, beside a reader of its own that knows nothing of windows.
 *
 *      input   how u8 | RAW: the file as it is. Else { kind u8 | length u8 | payload }…, written as the journal writes them; kind's
 *              highest bit: the next one was said with it
 *      how     LONG: a payload is repeated up to 256 times, so that records lie across windows. SKEW: a number is wrong. CUT, FLIP: the last
 *              bytes of the input say where the file ends, and which of its bytes is another
 *
 * Holds: it is opened, or SAM_ECORRUPT and left as it was; what it then says is every whole commit before the first that is not, and nothing else;
 * what follows those is put aside, byte for byte; opened again it says the same; what is added is there behind it, and gone when it is undone;
 * a blanked record keeps its number and its hash, and all others are as they were. */
#include <stdlib.h>

static void *window_malloc(size_t n);
static void window_free(void *p);
#define malloc window_malloc
#define free window_free
#include "server/store/journal.c"
#include "tests/lib/scratch.h"
#undef malloc
#undef free

#include "tests/fuzz/fuzz.h"

enum how { RAW = 1, LONG = 2, SKEW = 4, CUT = 8, FLIP = 16 };
enum { RECORDS_MAX = 512, FILE_MAX = 384 * 1024, NAME_MAX_BYTES = 160 };

static char folder[64], log_path[NAME_MAX_BYTES];

/* A window is the same memory again, or most of the time goes into mapping it. */
static void *window, *window_used;

static void *window_malloc(size_t n)
{
    if (n != WINDOW_BYTES || window_used)
        return malloc(n);
    window = window ? window : malloc(n);
    return window_used = window;
}
static void window_free(void *p)
{
    if (p && p == window_used)
        window_used = NULL;
    else
        free(p);
}

/* What a plain reader makes of a file. */
struct read_back {
    unsigned count;
    bool corrupt, full;
    size_t end;
    struct journal_record r[RECORDS_MAX];
};
static struct read_back model;
static struct sam_buf file, seen;

/* ---- files */

static void folder_remove(void)
{
    unlink(log_path);
    rmdir(folder);
}

static void start(void)
{
    HOLDS(scratch_folder(folder, sizeof folder, "fuzz"));
    snprintf(log_path, sizeof log_path, "%s/journal.log", folder);
    sam_buf_init(&file, 2 * FILE_MAX);
    sam_buf_init(&seen, 2 * FILE_MAX);
    atexit(folder_remove);
}

static void file_put(struct sam_span s)
{
    int fd = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    HOLDS(fd >= 0 && write(fd, s.ptr, s.len) == (ssize_t)s.len);
    close(fd);
}

/* A file's bytes, in ${seen}; false: it is not there. */
static bool file_get(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    sam_buf_clear(&seen);
    if (fd < 0)
        return false;
    HOLDS(fstat(fd, &st) == 0);
    uint8_t *p = sam_buf_reserve(&seen, (size_t)st.st_size + 1);
    HOLDS(p && read(fd, p, (size_t)st.st_size + 1) == st.st_size);
    sam_buf_commit(&seen, (size_t)st.st_size);
    close(fd);
    return true;
}

static bool file_is(const char *path, struct sam_span s)
{
    return file_get(path) && fuzz_same(sam_buf_peek(&seen), s);
}

/* ---- a reader of its own */

static bool record_whole(struct sam_span s, size_t *size)
{
    uint8_t hash[SAM_SHA256_BYTES];
    if (s.len < HEAD_BYTES)
        return false;
    *size = 4 + (size_t)get_le32(s.ptr);
    if (*size < HEAD_BYTES + HASH_BYTES || *size > HEAD_BYTES + PAYLOAD_BYTES_MAX + HASH_BYTES + 4 || *size > s.len)
        return false;
    HOLDS(sam_sha256(s.ptr, *size - HASH_BYTES, hash) == 0);
    return memcmp(hash, s.ptr + *size - HASH_BYTES, HASH_BYTES) == 0;
}

static void model_read(struct sam_span s)
{
    size_t size, at = 0;
    model.count = 0;
    model.corrupt = model.full = false;
    model.end = 0;
    for (unsigned count = 0; count < RECORDS_MAX;) {
        const uint8_t *p = s.ptr + at;
        if (!record_whole((struct sam_span){p, s.len - at}, &size))
            return;
        struct journal_record *r = &model.r[count++];
        *r = (struct journal_record){.number = sam_get_le64(p + 4),
                                     .epoch = sam_get_le64(p + 13),
                                     .csn = sam_get_le64(p + 21),
                                     .hash = sam_get_le64(p + size - HASH_BYTES),
                                     .kind = p[12] & 0x7f,
                                     .more = p[12] >> 7,
                                     .payload = {p + HEAD_BYTES, size - HEAD_BYTES - HASH_BYTES}};
        if (r->kind == JOURNAL_BLANK) { /* the hash that it had, and that of an op */
            model.corrupt |= r->payload.len != HASH_BYTES + SAM_HASH_BYTES;
            r->hash = model.corrupt ? 0 : sam_get_le64(r->payload.ptr);
            r->payload = model.corrupt ? r->payload : (struct sam_span){r->payload.ptr + HASH_BYTES, SAM_HASH_BYTES};
        }
        model.corrupt |= r->number != count;
        if (model.corrupt)
            return;
        at += size;
        model.count = r->more ? model.count : count;
        model.end = r->more ? model.end : at;
    }
    model.full = true;
}

/* ---- what the journal says, beside it */

struct walk {
    unsigned at;
    bool blanked;
};

static bool is_blanked(const struct journal_record *r)
{
    return r->kind == JOURNAL_OP && r->number % 2 == 0;
}

static int record_check(void *ctx, const struct journal_record *r)
{
    struct walk *w = ctx;
    HOLDS(w->at < model.count);
    const struct journal_record *m = &model.r[w->at++];
    HOLDS(r->number == m->number && r->epoch == m->epoch && r->csn == m->csn && r->hash == m->hash &&
          r->more == m->more);
    if (w->blanked && is_blanked(m)) {
        HOLDS(r->kind == JOURNAL_BLANK && r->payload.len == SAM_HASH_BYTES && r->payload.ptr[0] == 0xb1);
        return 0;
    }
    HOLDS(r->kind == m->kind && fuzz_same(r->payload, m->payload));
    return 0;
}

static void said_check(struct journal *j, bool blanked)
{
    struct walk w = {.blanked = blanked};
    uint64_t hash;
    HOLDS(journal_last(j) == model.count);
    HOLDS(journal_each(j, 0, record_check, &w) == 0 && w.at == model.count);
    w.at = model.count / 2;
    HOLDS(journal_each(j, model.count / 2, record_check, &w) == 0 && w.at == model.count);
    for (unsigned i = 0; i < model.count; i += 1 + i)
        HOLDS(journal_hash_at(j, i + 1, &hash) == 0 && hash == model.r[i].hash);
    HOLDS(journal_hash_at(j, model.count + 1ull, &hash) == SAM_ENOTFOUND && hash == 0);
    HOLDS(journal_hash_at(j, 0, &hash) == SAM_ENOTFOUND);
}

/* What was not whole is put aside, and forgotten when somebody is. */
static void aside_check(struct sam_span all, bool forgotten)
{
    char path[NAME_MAX_BYTES];
    snprintf(path, sizeof path, "%s/journal.cut-%zu", folder, model.end);
    if (model.end == all.len || forgotten)
        HOLDS(!file_get(path));
    else
        HOLDS(file_is(path, (struct sam_span){all.ptr + model.end, all.len - model.end}));
}

static void added_check(struct journal *j)
{
    static const uint8_t what[] = "said behind it";
    struct journal_record one = {.kind = JOURNAL_MINT, .epoch = 7, .csn = 9, .payload = {what, sizeof what}}, two = one;
    uint64_t hash;
    HOLDS(journal_add(j, &one) == 0 && one.number == model.count + 1ull);
    HOLDS(journal_hash_at(j, one.number, &hash) == SAM_ENOTFOUND); /* not yet on disk */
    HOLDS(journal_sync(j) == 0 && journal_hash_at(j, one.number, &hash) == 0 && hash == one.hash);
    HOLDS(journal_add(j, &two) == 0 && journal_last(j) == model.count + 2ull);
    journal_drop(j);
    HOLDS(journal_last(j) == model.count + 1ull && journal_undo(j) == 0);
}

static int blank(void *ctx, const struct journal_record *r, uint8_t hash[SAM_HASH_BYTES])
{
    (void)ctx;
    memset(hash, 0xb1, SAM_HASH_BYTES);
    return is_blanked(r);
}

static struct journal *opened(void)
{
    struct journal *j = NULL;
    HOLDS(journal_open(&j, folder) == 0 && j);
    return j;
}

/* ---- one file */

static void whole_life(struct sam_span all)
{
    struct sam_span kept = {all.ptr, model.end};
    struct journal *j = opened();
    HOLDS(file_is(log_path, kept));
    aside_check(all, false);
    said_check(j, false);
    added_check(j);
    HOLDS(file_is(log_path, kept));
    journal_close(j);
    j = opened();
    said_check(j, false);
    HOLDS(journal_blank(j, blank, NULL) == 0);
    said_check(j, true);
    aside_check(all, true);
    added_check(j);
    journal_close(j);
    j = opened();
    said_check(j, true);
    journal_close(j);
}

static void records_put(struct sam_span in, uint8_t how)
{
    static uint8_t payload[PAYLOAD_BYTES_MAX];
    uint64_t number = 1;
    while (in.len && sam_buf_len(&file) < FILE_MAX - PAYLOAD_BYTES_MAX) {
        uint8_t kind = fuzz_byte(&in), n = fuzz_byte(&in);
        size_t len = n < in.len ? n : in.len, times = how & LONG ? 1 + (size_t)kind : 1, at = 0;
        for (size_t i = 0; i < times && at + len <= sizeof payload; i++, at += len)
            memcpy(payload + at, in.ptr, len);
        in = (struct sam_span){in.ptr + len, in.len - len};
        struct journal_record r = {.number = number,
                                   .kind = kind % 12,
                                   .more = kind >> 7,
                                   .epoch = n,
                                   .csn = number * 3,
                                   .payload = {payload, at}};
        number += how & SKEW && n == 77 ? 2 : 1;
        HOLDS(record_write(&file, &r) == 0);
    }
}

/* The file, of this size or with that byte changed. */
static struct sam_span damaged(struct sam_span all, struct sam_span in, uint8_t how)
{
    static uint8_t copy[FILE_MAX + RECORD_BYTES_MAX];
    size_t where = 0;
    for (unsigned i = 0; i < 3 && i < in.len; i++)
        where = where << 8 | in.ptr[in.len - 1 - i];
    HOLDS(all.len <= sizeof copy);
    if (all.len)
        memcpy(copy, all.ptr, all.len);
    if (how & FLIP && all.len)
        copy[where % all.len] ^= (uint8_t)(1 + where % 255);
    return (struct sam_span){copy, how & CUT && all.len ? where % (all.len + 1) : all.len};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    struct journal *j;
    uint8_t how = fuzz_byte(&in);
    if (!*folder)
        start();
    sam_buf_clear(&file);
    if (how & RAW)
        HOLDS(sam_buf_add(&file, in.ptr, in.len) == 0);
    else
        records_put(in, how);
    struct sam_span all = damaged(sam_buf_peek(&file), in, how);
    if (all.len == 1) /* SQLite's VFS calls such a file empty, and the first record is written over it */
        return 0;
    file_put(all);
    model_read(all);
    if (!model.corrupt && !model.full) {
        whole_life(all);
        return 0;
    }
    int err = journal_open(&j, folder);
    HOLDS(model.full || (err == SAM_ECORRUPT && !j && file_is(log_path, all)));
    journal_close(j);
    return 0;
}
