#include "tests/lib/exact.h"

#include "tests/lib/check.h"

#include <string.h>

struct sam_span exact(const uint8_t *p, size_t n)
{
    uint8_t *copy = malloc(n ? n : 1);
    CHECK(copy != NULL);
    memcpy(copy, p, n);
    return (struct sam_span){copy, n};
}

void exact_free(struct sam_span s)
{
    free((void *)(uintptr_t)s.ptr);
}
