#include "proto/base/percent.h"

#include "proto/base/err.h"

#include <stdbool.h>
#include <string.h>

static bool is_plain(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

int sam_percent(char *out, size_t size, const char *text)
{
    static const char digit[] = "0123456789ABCDEF";
    size_t used = 0;
    for (; *text; text++) {
        if (size - used <= (is_plain(*text) ? 1u : 3u)) {
            out[0] = 0;
            return SAM_ETOOBIG;
        }
        if (is_plain(*text)) {
            out[used++] = *text;
            continue;
        }
        out[used++] = '%';
        out[used++] = digit[(unsigned char)*text >> 4];
        out[used++] = digit[(unsigned char)*text & 15];
    }
    out[used] = 0;
    return 0;
}
