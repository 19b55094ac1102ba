/* What the fuzz targets share: see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

void fuzz_broken(const char *what, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

uint8_t fuzz_byte(struct sam_span *in)
{
    if (in->len == 0)
        return 0;
    in->len--;
    return *in->ptr++;
}

struct sam_span fuzz_piece(struct sam_span *in, uint32_t *cut)
{
    struct sam_span piece = *in;
    if (*cut) {
        *cut = *cut * 1664525u + 1013904223u;
        size_t n = 1 + (*cut >> 16) % (*cut >> 31 ? 7u : 200u);
        piece.len = n < in->len ? n : in->len;
        *cut |= 1;
    }
    in->ptr += piece.len;
    in->len -= piece.len;
    return piece;
}

uint8_t *fuzz_exact(struct sam_span s)
{
    uint8_t *p = malloc(s.len ? s.len : 1);
    if (!p)
        abort();
    if (s.len)
        memcpy(p, s.ptr, s.len);
    return p;
}

char *fuzz_text(struct sam_span s)
{
    const uint8_t *end = s.len ? memchr(s.ptr, 0, s.len) : NULL;
    size_t n = end ? (size_t)(end - s.ptr) : s.len;
    char *p = malloc(n + 1);
    if (!p)
        abort();
    if (n)
        memcpy(p, s.ptr, n);
    p[n] = 0;
    return p;
}

bool fuzz_same(struct sam_span a, struct sam_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
