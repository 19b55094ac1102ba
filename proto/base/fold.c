#include "proto/base/fold.h"

#include "proto/base/assert.h"

#define BYTE_FROM (1u << 16) /* above all signs of two bytes: a byte that is taken as it is */

/* Great and small take turns in most of Latin with marks, beginning with the great one at an even or at an odd number. */
static uint32_t small(uint32_t c)
{
    bool near = (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7) ||
                (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) || (c >= 0x410 && c <= 0x42F);
    bool even = (c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14A && c <= 0x177);
    bool odd = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
    if (near)
        return c + 0x20;
    if (c >= 0x400 && c <= 0x40F)
        return c + 0x50;
    if (c == 0x178)
        return 0xFF;
    return (even && c % 2 == 0) || (odd && c % 2 == 1) ? c + 1 : c;
}

static void skip(struct sam_span *s, size_t n)
{
    *s = (struct sam_span){s->ptr + n, s->len - n};
}

static bool spaces_skip(struct sam_span *s)
{
    bool any = false;
    while (s->len) {
        uint8_t c = s->ptr[0];
        bool wide = c == 0xC2 && s->len > 1 && s->ptr[1] == 0xA0;
        if (!wide && c != ' ' && c != '\t' && c != '\n' && c != '\r')
            break;
        skip(s, wide ? 2 : 1);
        any = true;
    }
    return any;
}

/* The next letter, small, or a space between two words; 0: the end. */
static uint32_t next(struct sam_span *s, bool first)
{
    bool space = spaces_skip(s);
    if (s->len == 0)
        return 0;
    if (space && !first)
        return ' ';
    uint8_t c = s->ptr[0];
    bool two = c >= 0xC2 && c < 0xE0 && s->len > 1 && (s->ptr[1] & 0xC0) == 0x80;
    uint32_t sign = two ? (c & 0x1Fu) << 6 | (s->ptr[1] & 0x3Fu) : c;
    skip(s, two ? 2 : 1);
    return two || c < 0x80 ? small(sign) : BYTE_FROM + c;
}

bool sam_fold_same(struct sam_span a, struct sam_span b)
{
    uint32_t x = next(&a, true), y = next(&b, true);
    while (x && x == y) {
        x = next(&a, false);
        y = next(&b, false);
    }
    return x == y;
}

static size_t put(uint32_t sign, char out[2])
{
    bool two = sign >= 0x80 && sign < BYTE_FROM;
    out[0] = (char)(two ? 0xC0 | sign >> 6 : sign & 0xFF);
    out[1] = (char)(0x80 | (sign & 0x3F));
    return two ? 2 : 1;
}

void sam_fold_text(struct sam_span text, char *out, size_t size)
{
    size_t used = 0;
    SAM_ASSERT(size > 0);
    for (uint32_t sign = next(&text, true); sign; sign = next(&text, false)) {
        char bytes[2];
        size_t n = put(sign, bytes);
        if (used + n + 1 > size)
            break;
        for (size_t i = 0; i < n; i++)
            out[used++] = bytes[i];
    }
    out[used] = '\0';
}
