/* Which call fails, and how: see fault.h. */
#include "tests/swept/fault.h"

#include "proto/base/buf.h"
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "proto/wire/proof.h"

#include <execinfo.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { FRAMES_MAX = 96, SEEN_SLOTS = 1 << 16 };

/* What happened to a call. */
enum kind { SAID_NO, STEP_WITHOUT_MEMORY, STEP_WITHOUT_ROOM, WITHOUT_MEMORY };

bool fault_soft, fault_within;
static enum kind last_kind;
static struct fault_attempt now;
static uint64_t seen[SEEN_SLOTS]; /* a set of places, open addressing */
static unsigned long places, attempts;
static unsigned long from = 1, upto = SEEN_SLOTS; /* of the places, those that fail: SWEPT_FROM, SWEPT_TO */
static void *last[FRAMES_MAX];                    /* where the last one failed */
static int last_count;

/* ---- places */

static uint64_t place_of(void **frame, int count, unsigned kind)
{
    uint64_t h = 0xcbf29ce484222325u ^ kind;
    for (int i = 0; i < count; i++)
        h = (h ^ (uint64_t)(uintptr_t)frame[i]) * 0x100000001b3u;
    return h ? h : 1;
}

static bool seen_add(uint64_t place)
{
    unsigned i = (unsigned)(place >> 20) % SEEN_SLOTS;
    while (seen[i] && seen[i] != place)
        i = (i + 1) % SEEN_SLOTS;
    if (seen[i])
        return false;
    seen[i] = place;
    places++;
    fault_must(places < SEEN_SLOTS / 2, "the set of places has room", __FILE__, __LINE__);
    return true;
}

static void where(void)
{
    printf("place %lu:\n", places);
    fflush(stdout);
    backtrace_symbols_fd(last, last_count, 1);
}

/* Does the call fail that stands here? ${kind} tells apart what may happen to one call. */
static bool fails(enum kind kind)
{
    void *frame[FRAMES_MAX];
    if (!now.armed || now.fired)
        return false;
    now.armed = false; /* what backtrace does itself never fails */
    int count = backtrace(frame, FRAMES_MAX), inside = count - now.base;
    now.armed = true;
    if (inside <= 0 || !seen_add(place_of(frame, inside, kind)) || places < from || places > upto)
        return false;
    now.fired = true;
    last_kind = kind;
    memcpy(last, frame, sizeof last);
    last_count = inside;
    if (getenv("SWEPT_TELL"))
        where();
    return true;
}

bool fault_inside(void)
{
    return now.open;
}

bool fault_memory(void)
{
    return last_kind == WITHOUT_MEMORY;
}

void fault_begin(struct fault_attempt *a)
{
    void *frame[FRAMES_MAX];
    *a = now;
    now = (struct fault_attempt){.open = true};
    now.base = backtrace(frame, FRAMES_MAX) - 1; /* frames below the door */
    now.armed = true;
    attempts++;
}

void fault_none(struct fault_attempt *a)
{
    *a = now;
    now = (struct fault_attempt){.open = true};
}

bool fault_end(const struct fault_attempt *a)
{
    bool fired = now.fired;
    now = *a;
    return fired;
}

void fault_must(bool holds, const char *text, const char *file, int line)
{
    if (holds)
        return;
    now.armed = false;
    printf("not ok swept: %s:%d: does not hold after a failed call: %s\n", file, line, text);
    fflush(stdout);
    where();
    if (!getenv("SWEPT_GO_ON"))
        abort();
    printf("----\n");
    fflush(stdout);
}

__attribute__((constructor)) static void asked(void)
{
    const char *first = getenv("SWEPT_FROM"), *last_one = getenv("SWEPT_TO");
    from = first ? strtoul(first, NULL, 10) : from;
    upto = last_one ? strtoul(last_one, NULL, 10) : upto;
}

__attribute__((destructor)) static void told(void)
{
    printf("%s swept: %lu calls failed once each, in %lu attempts\n", places ? "ok" : "not ok", places, attempts);
}

/* ---- what may fail. The wrapped names are the linker's. */

#define FALLIBLE(type, name, parameters, arguments, failure) \
    FALLIBLE_IF(true, SAID_NO, type, name, parameters, arguments, failure)
#define ALLOCATION(name, parameters, arguments) \
    FALLIBLE_IF(true, WITHOUT_MEMORY, void *, name, parameters, arguments, NULL)
#define FALLIBLE_IF(when, kind, type, name, parameters, arguments, failure) \
    type __real_##name parameters;                                          \
    type __wrap_##name parameters;                                          \
    type __wrap_##name parameters                                           \
    {                                                                       \
        if ((when) && fails(kind))                                          \
            return failure;                                                 \
        return __real_##name arguments;                                     \
    }

ALLOCATION(malloc, (size_t n), (n))
ALLOCATION(calloc, (size_t n, size_t size), (n, size))
ALLOCATION(realloc, (void *p, size_t n), (p, n))
FALLIBLE(uint8_t *, sam_buf_reserve, (struct sam_buf * b, size_t n), (b, n), NULL)
FALLIBLE(int, sam_buf_add, (struct sam_buf * b, const void *p, size_t n), (b, p, n), SAM_ENOMEM)
FALLIBLE(int, sam_buf_add_varint, (struct sam_buf * b, uint64_t v), (b, v), SAM_ENOMEM)
FALLIBLE(int, sam_random, (uint8_t * out, size_t n), (out, n), SAM_EIO)
FALLIBLE(int, sam_sha256, (const void *p, size_t n, uint8_t out[SAM_SHA256_BYTES]), (p, n, out), SAM_EIO)
FALLIBLE(int, sam_sha256_2, (const void *a, size_t an, const void *b, size_t bn, uint8_t out[SAM_SHA256_BYTES]),
         (a, an, b, bn, out), SAM_EIO)
FALLIBLE(int, sam_chain_next, (uint64_t chain, const uint8_t hash[SAM_HASH_BYTES], uint64_t *next), (chain, hash, next),
         SAM_EIO)
FALLIBLE(int, sam_mac,
         (struct sam_mac_key * key, uint8_t kind, struct sam_span body, struct sam_span tail,
          uint8_t mac[SAM_MAC_BYTES]),
         (key, kind, body, tail, mac), SAM_EIO)
FALLIBLE(int, sam_seal_make,
         (struct sam_seal * s, const uint8_t nonce[SAM_SEAL_NONCE_BYTES], const void *aad, size_t aad_len,
          const void *plain, size_t n, uint8_t *out),
         (s, nonce, aad, aad_len, plain, n, out), SAM_EIO)
FALLIBLE(int, sam_seal_open,
         (struct sam_seal * s, const uint8_t nonce[SAM_SEAL_NONCE_BYTES], const void *aad, size_t aad_len,
          const void *sealed, size_t n, uint8_t *out),
         (s, nonce, aad, aad_len, sealed, n, out), SAM_EIO)

/* What zlib answers without memory; a reset has only a stream that is damaged to refuse. */
FALLIBLE(int, deflateInit2_,
         (z_streamp z, int level, int method, int bits, int memory, int strategy, const char *version, int size),
         (z, level, method, bits, memory, strategy, version, size), Z_MEM_ERROR)
FALLIBLE(int, inflateInit2_, (z_streamp z, int bits, const char *version, int size), (z, bits, version, size),
         Z_MEM_ERROR)
FALLIBLE(int, inflate, (z_streamp z, int flush), (z, flush), Z_MEM_ERROR)
FALLIBLE_IF(fault_soft, SAID_NO, int, deflate, (z_streamp z, int flush), (z, flush), Z_STREAM_ERROR)
FALLIBLE(int, inflateReset, (z_streamp z), (z), Z_STREAM_ERROR)
FALLIBLE_IF(fault_soft, SAID_NO, int, deflateReset, (z_streamp z), (z), Z_STREAM_ERROR)

/* ---- a step */

static bool begins(const char *sql, const char *word)
{
    return !strncmp(sql, word, strlen(word));
}

/* As after a real failure that SQLite answers so: the statement is done with and the transaction is gone. */
static int full(sqlite3 *db, sqlite3_stmt *q)
{
    struct fault_attempt a;
    fault_none(&a);
    sqlite3_reset(q);
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    now = a;
    return SQLITE_FULL;
}

int __real_sqlite3_step(sqlite3_stmt *q);
int __wrap_sqlite3_step(sqlite3_stmt *q);
int __wrap_sqlite3_step(sqlite3_stmt *q)
{
    const char *sql = q ? sqlite3_sql(q) : NULL;
    if (!now.armed || !sql || begins(sql, "ROLLBACK"))
        return __real_sqlite3_step(q);
    sqlite3 *db = sqlite3_db_handle(q);
    bool writing = sqlite3_txn_state(db, NULL) == SQLITE_TXN_WRITE;
    if (begins(sql, "COMMIT") && !writing)
        return __real_sqlite3_step(q);
    if (fails(STEP_WITHOUT_MEMORY))
        return SQLITE_NOMEM;
    if (writing && !fault_within && fails(STEP_WITHOUT_ROOM))
        return full(db, q);
    return __real_sqlite3_step(q);
}
