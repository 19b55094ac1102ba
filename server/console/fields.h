/* What a page sends: one flat JSON object of texts, {"name": "kari", "password": "…"}. Pure. */
#ifndef CONSOLE_FIELDS_H
#define CONSOLE_FIELDS_H

#include "proto/base/buf.h"

#include <stdbool.h>

struct field {
    const char *name;
    char *out; /* with a closing 0 */
    size_t size;
    bool seen; /* private */
};

/**
 * fields_read(body, fields, count):
 * Each of the fields, exactly once, in any order, and no other one.
 *   errors  SAM_EPROTO it is not that: no such object, a wrong UTF-8 letter or escape, a byte 0, one that is longer than size - 1;
 *           all of ${out} are wiped then
 */
int fields_read(struct sam_span body, struct field *fields, unsigned count);

#endif
