#include "proto/base/spoken.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdbool.h>
#include <string.h>

#define GROUP 4u

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void sam_spoken_write(const uint8_t *p, unsigned letters, char *out)
{
    SAM_ASSERT(letters > 0 && letters % GROUP == 0);
    for (unsigned i = 0; i < letters; i++) {
        unsigned bit = i * 5, two = (unsigned)p[bit / 8] << 8;
        if (bit % 8 > 3)
            two |= p[bit / 8 + 1];
        if (i && i % GROUP == 0)
            *out++ = '-';
        *out++ = alphabet[two >> (11 - bit % 8) & 31];
    }
    *out = 0;
}

/* What a letter says; -1: it is none. */
static int value(char c)
{
    static const char looks[][2] = {{'O', '0'}, {'I', '1'}, {'L', '1'}};
    if (c >= 'a' && c <= 'z')
        c = (char)(c - 'a' + 'A');
    for (unsigned i = 0; i < sizeof looks / sizeof *looks; i++)
        if (c == looks[i][0])
            c = looks[i][1];
    const char *at = c ? strchr(alphabet, c) : NULL;
    return at ? (int)(at - alphabet) : -1;
}

static void put(uint8_t *out, unsigned bit, unsigned v)
{
    unsigned two = v << (11 - bit % 8);
    out[bit / 8] |= (uint8_t)(two >> 8);
    if (bit % 8 > 3)
        out[bit / 8 + 1] |= (uint8_t)two;
}

int sam_spoken_read(const char *text, unsigned letters, uint8_t *out)
{
    unsigned n = 0;
    bool good = true;
    memset(out, 0, SAM_SPOKEN_BYTES(letters));
    for (; good && *text; text++) {
        int v = value(*text);
        if (*text == '-' || *text == ' ')
            continue;
        good = v >= 0 && n < letters;
        if (good)
            put(out, 5 * n++, (unsigned)v);
    }
    if (good && n == letters)
        return 0;
    memset(out, 0, SAM_SPOKEN_BYTES(letters));
    return SAM_EUSAGE;
}
