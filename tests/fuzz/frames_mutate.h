/* A mutator for inputs that are one byte and a stream of frames: half of the time it changes one frame's body, unpacked, and packs it
 * again with its right length; or takes a frame out, doubles it, or puts it elsewhere. Without it nearly every change breaks a length,
 * and what stands behind it is never reached. */
#ifndef FUZZ_FRAMES_MUTATE_H
#define FUZZ_FRAMES_MUTATE_H
#ifdef FUZZ_SEARCH

#include "proto/wire/frame.h"
#include "tests/fuzz/fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);

enum { MUTATE_FRAMES_MAX = 32, MUTATE_BODY_MAX = 4096 };

struct mutate_frame {
    struct sam_span bytes;
    struct sam_frame f;
};

static unsigned mutate_split(struct sam_span in, struct mutate_frame *at)
{
    unsigned n = 0;
    size_t used;
    while (n < MUTATE_FRAMES_MAX && sam_frame_decode(in, &at[n].f, &used) == 0) {
        at[n++].bytes = (struct sam_span){in.ptr, used};
        in = (struct sam_span){in.ptr + used, in.len - used};
    }
    return n;
}

static int mutate_body(struct sam_zip *zip, const struct sam_frame *f, struct sam_buf *out)
{
    static uint8_t body[MUTATE_BODY_MAX];
    struct sam_span plain;
    if (sam_frame_inflate(zip, f, sam_zip_scratch(zip), &plain) || plain.len > sizeof body)
        plain = (struct sam_span){0};
    if (plain.len)
        memcpy(body, plain.ptr, plain.len);
    size_t n = LLVMFuzzerMutate(body, plain.len, sizeof body);
    return sam_frame_add(zip, out, f->kind, (struct sam_span){body, n});
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    static struct sam_zip *zip;
    static struct sam_buf out;
    struct mutate_frame at[MUTATE_FRAMES_MAX];
    if (!zip && !(zip = sam_zip_new()))
        abort();
    if (!out.max)
        sam_buf_init(&out, 1u << 20);
    unsigned count = size > 1 ? mutate_split((struct sam_span){data + 1, size - 1}, at) : 0;
    if (count == 0 || seed % 2)
        return LLVMFuzzerMutate(data, size, max);
    unsigned pick = (seed >> 1) % count, other = (seed >> 6) % count, how = (seed >> 11) % 8;
    sam_buf_clear(&out);
    int err = sam_buf_add(&out, data, 1);
    for (unsigned i = 0; !err && i < count; i++) {
        struct sam_span bytes = at[i].bytes;
        if (how == 7 && (i == pick || i == other))
            bytes = at[i == pick ? other : pick].bytes;
        if (how == 6 && i == pick)
            err = sam_buf_add(&out, bytes.ptr, bytes.len);
        if (how < 5 && i == pick)
            err = err ? err : mutate_body(zip, &at[i].f, &out);
        else if (how != 5 || i != pick)
            err = err ? err : sam_buf_add(&out, bytes.ptr, bytes.len);
    }
    struct sam_span all = sam_buf_peek(&out);
    if (err || all.len > max)
        return LLVMFuzzerMutate(data, size, max);
    memcpy(data, all.ptr, all.len);
    return all.len;
}

#endif
#endif
