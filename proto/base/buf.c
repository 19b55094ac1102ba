#include "proto/base/buf.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

void sam_buf_init(struct sam_buf *b, size_t max)
{
    *b = (struct sam_buf){.max = max};
}

void sam_buf_fini(struct sam_buf *b)
{
    free(b->mem);
    sam_buf_init(b, b->max);
}

static size_t cap_for(const struct sam_buf *b, size_t need)
{
    size_t cap = b->cap ? b->cap : 256;
    while (cap < need)
        cap *= 2;
    return cap < b->max || b->max < need ? cap : (need > b->max ? need : b->max);
}

uint8_t *sam_buf_reserve(struct sam_buf *b, size_t n)
{
    size_t len = sam_buf_len(b);
    if (len)
        SAM_ASSERT(b->mem);
    if (n > b->max - len)
        return NULL;
    if (b->cap - b->end >= n && b->mem)
        return b->mem + b->end;
    if (b->cap >= len + n && b->mem) {
        memmove(b->mem, b->mem + b->start, len);
    } else {
        size_t cap = cap_for(b, len + n);
        uint8_t *mem = malloc(cap);
        if (!mem)
            return NULL;
        if (len)
            memcpy(mem, b->mem + b->start, len);
        free(b->mem);
        b->mem = mem;
        b->cap = cap;
    }
    b->start = 0;
    b->end = len;
    return b->mem + b->end;
}

void sam_buf_commit(struct sam_buf *b, size_t n)
{
    SAM_ASSERT(n <= b->cap - b->end);
    b->end += n;
}

int sam_buf_add(struct sam_buf *b, const void *p, size_t n)
{
    if (n > sam_buf_room(b))
        return SAM_ETOOBIG;
    uint8_t *to = sam_buf_reserve(b, n);
    if (!to)
        return SAM_ENOMEM;
    if (n)
        memcpy(to, p, n);
    sam_buf_commit(b, n);
    return 0;
}

int sam_buf_add_varint(struct sam_buf *b, uint64_t v)
{
    uint8_t tmp[10];
    return sam_buf_add(b, tmp, sam_varint_put(tmp, v));
}

struct sam_span sam_buf_peek(const struct sam_buf *b)
{
    return (struct sam_span){b->mem ? b->mem + b->start : NULL, sam_buf_len(b)};
}

void sam_buf_consume(struct sam_buf *b, size_t n)
{
    SAM_ASSERT(n <= sam_buf_len(b));
    b->start += n;
    if (b->start == b->end)
        b->start = b->end = 0;
}

void sam_buf_clear(struct sam_buf *b)
{
    b->start = b->end = 0;
}

int sam_varint_get(const uint8_t *p, size_t n, uint64_t *v)
{
    uint64_t out = 0;
    for (size_t i = 0; i < n && i < 10; i++) {
        uint64_t part = p[i] & 0x7fu;
        if (i == 9 && part > 1)
            return -1;
        out |= part << (7 * i);
        if (!(p[i] & 0x80u)) {
            *v = out;
            return (int)i + 1;
        }
    }
    return n >= 10 ? -1 : 0;
}

size_t sam_varint_put(uint8_t *p, uint64_t v)
{
    size_t n = 0;
    while (v >= 0x80) {
        p[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    p[n++] = (uint8_t)v;
    return n;
}

size_t sam_varint_size(uint64_t v)
{
    size_t n = 1;
    while (v >= 0x80) {
        v >>= 7;
        n++;
    }
    return n;
}
