/* One bounded byte queue for everything: bytes are written at the end and read from the front. */
#ifndef SAM_BASE_BUF_H
#define SAM_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes: never owned, valid as long as what they were cut from. */
struct sam_span {
    const uint8_t *ptr;
    size_t len;
};

struct sam_buf {
    uint8_t *mem;
    size_t start, end; /* readable bytes are mem[start, end) */
    size_t cap, max;   /* bytes allocated, bytes that may ever be readable at once */
};

/* sam_buf_init(b, max): empty, nothing allocated yet; never holds more than ${max} bytes. */
void sam_buf_init(struct sam_buf *b, size_t max);
/* sam_buf_fini(b): free its memory; the buffer is empty and usable again with the same maximum. */
void sam_buf_fini(struct sam_buf *b);
/* sam_buf_reserve(b, n): room for ${n} more bytes, or NULL (over the maximum, or no memory). Valid until the next call on b. */
uint8_t *sam_buf_reserve(struct sam_buf *b, size_t n);
/* sam_buf_commit(b, n): the first ${n} reserved bytes are now readable. */
void sam_buf_commit(struct sam_buf *b, size_t n);
/* sam_buf_add(b, p, n): reserve, copy, commit. SAM_ETOOBIG or SAM_ENOMEM. */
int sam_buf_add(struct sam_buf *b, const void *p, size_t n);
/* sam_buf_add_varint(b, v): protobuf's base-128 varint. */
int sam_buf_add_varint(struct sam_buf *b, uint64_t v);
/* sam_buf_peek(b): all readable bytes, borrowed until the next call on b. */
struct sam_span sam_buf_peek(const struct sam_buf *b);
/* sam_buf_consume(b, n): forget the first ${n} readable bytes. */
void sam_buf_consume(struct sam_buf *b, size_t n);
/* sam_buf_clear(b): forget all readable bytes, keep the memory. */
void sam_buf_clear(struct sam_buf *b);
/* sam_buf_len(b): number of readable bytes. */
static inline size_t sam_buf_len(const struct sam_buf *b)
{
    return b->end - b->start;
}
/* sam_buf_room(b): bytes that may still be added. */
static inline size_t sam_buf_room(const struct sam_buf *b)
{
    return b->max - sam_buf_len(b);
}

/* Varints in borrowed memory. Returns bytes read, 0 if they end too early, -1 if longer than 10 bytes or over 64 bits. */
int sam_varint_get(const uint8_t *p, size_t n, uint64_t *v);
#define SAM_VARINT_32_BYTES_MAX \
    5 /* of a number that has 32 bits: protobuf takes no longer key or length, whatever it says */
/* Writes at most 10 bytes; returns how many. */
size_t sam_varint_put(uint8_t *p, uint64_t v);
size_t sam_varint_size(uint64_t v);

/* little-endian integers */
static inline void sam_put_le64(uint8_t *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (uint8_t)(v >> (8 * i));
}
static inline uint64_t sam_get_le64(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

#endif
