#include "proto/base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void sam_assert_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "error ev=assert file=%s line=%d what=\"%s\"\n", file, line, what);
    abort();
}
