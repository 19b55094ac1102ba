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

/* 0 to 15; -1: no digit. */
static int digit_read(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int sam_percent_read(char *out, size_t size, const char *text)
{
    size_t used = 0;
    int err = 0;
    for (; *text && !err; text++) {
        char c = *text;
        if (c == '%') {
            int high = digit_read(text[1]), low = high < 0 ? -1 : digit_read(text[2]);
            c = low < 0 ? 0 : (char)(high << 4 | low);
            text += low < 0 ? 0 : 2;
        }
        err = !c ? SAM_EPROTO : used + 1 >= size ? SAM_ETOOBIG : 0;
        if (!err)
            out[used++] = c;
    }
    out[err ? 0 : used] = 0;
    return err;
}
