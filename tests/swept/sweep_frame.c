/* The doors of frames: packing and unpacking fail in every place, and are done after all (fault.h).
 *
 * What must hold when sam_frame_add has failed: nothing was put out. Where only deflating failed, the frame goes as it is: then it is
 * whole, and of the kind and the bytes that were asked for. When sam_frame_inflate has failed: there are no bytes. What zlib does
 * without memory is part of it. */
#include "tests/swept/fault.h"

#include "proto/base/err.h"
#include "proto/wire/frame.h"

#include <string.h>
#include <zlib.h>

struct sam_zip *__real_sam_zip_new(void);
struct sam_zip *__wrap_sam_zip_new(void);
int __real_sam_frame_add(struct sam_zip *z, struct sam_buf *out, uint8_t kind, struct sam_span plain);
int __wrap_sam_frame_add(struct sam_zip *z, struct sam_buf *out, uint8_t kind, struct sam_span plain);
int __real_sam_frame_inflate(struct sam_zip *z, const struct sam_frame *f, struct sam_buf *scratch,
                             struct sam_span *plain);
int __wrap_sam_frame_inflate(struct sam_zip *z, const struct sam_frame *f, struct sam_buf *scratch,
                             struct sam_span *plain);

struct sam_zip *__wrap_sam_zip_new(void)
{
    struct fault_attempt a;
    if (fault_inside())
        return __real_sam_zip_new();
    for (;;) {
        fault_begin(&a);
        struct sam_zip *z = __real_sam_zip_new();
        if (!fault_end(&a))
            return z;
        FAULT_MUST(z == NULL);
    }
}

/* A frame that came about although something failed: not deflated, and else as it should be. */
static void plain_check(const struct sam_buf *out, size_t from, uint8_t kind, struct sam_span plain)
{
    struct sam_span all = sam_buf_peek(out);
    struct sam_frame f;
    size_t used;
    FAULT_MUST(sam_frame_decode((struct sam_span){all.ptr + from, all.len - from}, &f, &used) == 0);
    FAULT_MUST(used == all.len - from && f.kind == kind && !f.deflated && f.body.len == plain.len);
    FAULT_MUST(plain.len == 0 || !memcmp(f.body.ptr, plain.ptr, plain.len));
}

int __wrap_sam_frame_add(struct sam_zip *z, struct sam_buf *out, uint8_t kind, struct sam_span plain)
{
    struct fault_attempt a;
    if (fault_inside())
        return __real_sam_frame_add(z, out, kind, plain);
    for (;;) {
        size_t before = sam_buf_len(out);
        fault_begin(&a);
        fault_soft = true;
        int err = __real_sam_frame_add(z, out, kind, plain);
        fault_soft = false;
        if (!fault_end(&a))
            return err;
        if (err == 0)
            plain_check(out, before, kind, plain);
        else
            FAULT_MUST(sam_buf_len(out) == before && (err == SAM_ENOMEM || !fault_memory()));
        out->end = out->start + before;
    }
}

int __wrap_sam_frame_inflate(struct sam_zip *z, const struct sam_frame *f, struct sam_buf *scratch,
                             struct sam_span *plain)
{
    struct fault_attempt a;
    if (fault_inside())
        return __real_sam_frame_inflate(z, f, scratch, plain);
    for (;;) {
        fault_begin(&a);
        int err = __real_sam_frame_inflate(z, f, scratch, plain);
        if (!fault_end(&a))
            return err;
        FAULT_MUST(err < 0 && plain->len == 0 && plain->ptr == NULL);
    }
}
