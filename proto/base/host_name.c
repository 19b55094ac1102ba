#include "proto/base/host_name.h"

#include <string.h>

static bool is_among(const char *p, size_t n, const char *others, char last)
{
    for (size_t i = 0; i < n; i++) {
        char lower = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] - 'A' + 'a' : p[i]);
        bool plain = (lower >= 'a' && lower <= last) || (lower >= '0' && lower <= '9');
        if (!plain && !(lower && strchr(others, lower)))
            return false;
    }
    return true;
}

bool sam_is_host_name(const char *p, size_t n)
{
    if (n == 0 || n > SAM_HOST_NAME_BYTES_MAX)
        return false;
    const char *colon = memchr(p, ':', n);
    if (!colon)
        return is_among(p, n, "-._", 'z');
    return memchr(colon + 1, ':', n - (size_t)(colon + 1 - p)) && is_among(p, n, ":.", 'f'); /* one alone is a port's */
}
