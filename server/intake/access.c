/* Who saw what of whom. One call is one line of the audit log (AUDIT_ACCESS) and a row of table access_log for each person, or one
 * for a list. The line's facts cover the rows, so the audit log's chain does:
 *
 *   facts  a = 0; for each row in order: a = SHA-256 (a | SHA-256 (numbers | actor 0 | resource 0 | purpose 0))
 *
 * Numbers are 64 bits, little-endian, in the order of the table's columns. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <string.h>

enum { NUMBERS = 11, ROW_BYTES_MAX = NUMBERS * 8 + 128 + 64 + INTAKE_PURPOSE_BYTES_MAX + 3 };

static int text_add(uint8_t *bytes, size_t *used, const char *text)
{
    size_t n = strlen(text) + 1;
    if (n > ROW_BYTES_MAX - *used)
        return SAM_ETOOBIG;
    memcpy(bytes + *used, text, n);
    *used += n;
    return 0;
}

int intake_access_facts(const uint8_t before[SAM_HASH_BYTES], const struct store_access *a, uint8_t out[SAM_HASH_BYTES])
{
    uint8_t bytes[ROW_BYTES_MAX], hash[SAM_HASH_BYTES];
    const uint64_t number[NUMBERS] = {a->audit_no,    a->part,  (uint64_t)a->at_s, a->user_id, a->role,   a->device_no,
                                      a->participant, a->group, a->count,          a->action,  a->offline};
    size_t used = sizeof number;
    for (unsigned i = 0; i < NUMBERS; i++)
        sam_put_le64(bytes + (size_t)i * 8, number[i]);
    int err = text_add(bytes, &used, a->actor);
    err = err ? err : text_add(bytes, &used, a->resource);
    err = err ? err : text_add(bytes, &used, a->purpose);
    err = err ? err : sam_sha256(bytes, used, hash);
    return err ? err : sam_sha256_2(before, SAM_HASH_BYTES, hash, sizeof hash, out);
}

int intake_access(struct intake *in, const char *actor, const char *text, struct store_access *rows, unsigned count)
{
    struct store_audit line = {.kind = AUDIT_ACCESS, .actor = actor, .text = text, .has_facts = true};
    uint64_t no, head;
    int err = intake_audit_head(in, &no, &head);
    for (unsigned i = 0; !err && i < count; i++) {
        struct store_access *a = &rows[i];
        a->audit_no = no + 1;
        a->part = i + 1;
        a->at_s = intake_now_s(in);
        a->actor = actor;
        err = intake_access_facts(line.facts, a, line.facts);
        if (!err)
            err = store_access_add(in->st, a);
    }
    return err ? err : audit_line(in, &line);
}
