/* The codec for tests/fuzz/differential.py: bodies on stdin, what it makes of them on stdout.
 *
 *      in    length u32 | message u8 (canon.h) | bytes
 *      out   'A' or 'R' | reason u8 | length u32 | encoding
 *
 * A: accepted, with its encoding (empty for an op or a row of no kind that is known). R: refused. reason: what sam_op_validate says of an op,
 * 255 of everything else. */
#include "tests/fuzz/canon.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

#define BODY_MAX (1u << 20)

static uint32_t le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void answer(uint8_t kind, struct sam_span in, struct sam_buf *out)
{
    sam_buf_clear(out);
    bool newer = false, is_op = strcmp(canon_name(kind), "Op") == 0;
    int err = canon(kind, in, out);
    struct sam_span body = err ? (struct sam_span){0} : sam_buf_peek(out);
    int reason = is_op ? canon_reason(in, &newer) : 255;
    uint8_t head[6] = {err ? 'R' : 'A', (uint8_t)reason};
    for (int i = 0; i < 4; i++)
        head[2 + i] = (uint8_t)(body.len >> (8 * i));
    fwrite(head, 1, sizeof head, stdout);
    if (body.len)
        fwrite(body.ptr, 1, body.len, stdout);
}

int main(void)
{
    uint8_t head[5];
    struct sam_buf out;
    sam_buf_init(&out, 4 * BODY_MAX);
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        uint32_t n = le32(head);
        HOLDS(n <= BODY_MAX && head[4] < canon_count());
        uint8_t *body = malloc(n ? n : 1);
        if (!body || fread(body, 1, n, stdin) != n)
            return 1;
        answer(head[4], (struct sam_span){body, n}, &out);
        free(body);
    }
    sam_buf_fini(&out);
    return 0;
}
