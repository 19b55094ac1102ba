/* Bodies of frames, ops and rows: proto/wire/codec. The first byte chooses which.
 *
 * Holds: what is accepted is written again, is accepted again, and means the same; no list is longer than its limit; an op that is right is
 * right after that too; a walk over what others say ends. tests/fuzz/differential.py asks Google's decoder whether it means the same, also of the heads
 * of frames, where what the writer drops would not be seen here. */
#include "proto/base/err.h"
#include "proto/model/op.h"
#include "proto/wire/codec.h"
#include "tests/fuzz/canon.h"
#include "tests/fuzz/fuzz.h"

#include <stddef.h>

static struct sam_buf first, second;

static void others_walk(struct sam_span in)
{
    struct sam_walk w = {in};
    struct sam_other o;
    size_t before = in.len + 1;
    int rc;
    while ((rc = sam_other_next(&w, &o)) == 1) {
        HOLDS(w.rest.len < before && o.unit < SAM_UNITS_MAX);
        HOLDS(o.value.len == 0 || (o.value.ptr > in.ptr && o.value.ptr + o.value.len <= in.ptr + in.len));
        before = w.rest.len;
    }
    HOLDS(rc == 0 || rc == SAM_EPROTO);
}

/* The bare message of one kind of row, as a tablet stores it. */
static void row_alone(struct sam_span in)
{
    struct sam_row row, again;
    uint8_t entity = fuzz_byte(&in) % (SAM_ENTITY_TAG_MAX + 1);
    others_walk(in);
    int err = sam_row_decode(entity, in, &row);
    HOLDS(err == 0 || err == SAM_EPROTO);
    if (err)
        return;
    sam_buf_clear(&first);
    err = sam_row_encode(&first, &row);
    HOLDS(err == 0 || (err == SAM_ETOOBIG && in.len > SAM_OP_BYTES_MAX / 2));
    if (err)
        return;
    HOLDS(sam_row_decode(entity, sam_buf_peek(&first), &again) == 0);
    HOLDS(sam_key_equal(&row.key, &again.key) && row.present == again.present && !again.newer);
    for (unsigned unit = 0; unit < sam_entity_find(entity)->unit_count; unit++)
        HOLDS(sam_row_unit_equal(&row, &again, unit));
}

static int never_blank(void *ctx, uint64_t index, struct sam_span op)
{
    (void)ctx;
    (void)index;
    (void)op;
    return 0;
}

static void push_copy(struct sam_span in)
{
    sam_buf_clear(&second);
    HOLDS(sam_push_blank(in, &second, never_blank, NULL) == 0);
    HOLDS(fuzz_same(in, sam_buf_peek(&second)));
}

static void op_judged(struct sam_span in, struct sam_span once)
{
    bool newer = false, none = false;
    int before = canon_reason(in, &newer), after = canon_reason(once, &none);
    HOLDS(before >= 0 && before < SAM_REASON_COUNT && !none);
    HOLDS(newer || before == after);
}

static void one_message(unsigned i, struct sam_span in)
{
    sam_buf_clear(&first);
    int err = canon(i, in, &first);
    HOLDS(err == 0 || err == SAM_EPROTO || err == SAM_ETOOBIG);
    if (err)
        return;
    if (strcmp(canon_name(i), "Push") == 0)
        push_copy(in);
    struct sam_span once = sam_buf_peek(&first);
    if (strcmp(canon_name(i), "Op") == 0 && once.len)
        op_judged(in, once);
    HOLDS(once.len == 0 || canon_same(i, in, once));
    uint8_t *exact = fuzz_exact(once);
    sam_buf_clear(&second);
    err = canon(i, (struct sam_span){exact, once.len}, &second);
    free(exact);
    HOLDS(err == 0 && fuzz_same(once, sam_buf_peek(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    unsigned kind = fuzz_byte(&in) % (canon_count() + 1);
    if (!first.max) {
        sam_buf_init(&first, 2 * SAM_FRAME_INFLATED_BYTES_MAX);
        sam_buf_init(&second, 2 * SAM_FRAME_INFLATED_BYTES_MAX);
    }
    if (kind == canon_count())
        row_alone(in);
    else
        one_message(kind, in);
    return 0;
}
