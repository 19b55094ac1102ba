/* A stream of frames: proto/wire/frame.
 *
 * Holds: how the stream is cut makes no difference; what has come so far is "more" or already the same answer; more than a frame may hold is
 * never waited for, and never comes out of inflating; a body that came out can be sent again as a frame that means the same. */
#include "proto/base/err.h"
#include "proto/wire/frame.h"
#include "tests/fuzz/frames_mutate.h"
#include "tests/fuzz/fuzz.h"

#define FRAMES_MAX 64u
#define AGAIN_MAX 3u /* frames of one input that are made anew */

struct seen {
    unsigned count;
    int end; /* SAM_EAGAIN, or what is wrong */
    struct {
        uint8_t kind;
        bool deflated;
        size_t used;
    } at[FRAMES_MAX];
};

static struct sam_zip *zip;

static void note(struct seen *s, const struct sam_frame *f, size_t used)
{
    s->at[s->count].kind = f->kind;
    s->at[s->count].deflated = f->deflated;
    s->at[s->count++].used = used;
}

/* What is waited for is no longer than a frame may be, as its head says (a reader of its own, byte by byte). */
static void waits_check(struct sam_span in)
{
    uint64_t length = 0;
    for (size_t i = 0; i < in.len; i++) {
        HOLDS(i < 3);
        length |= (uint64_t)(in.ptr[i] & 127) << (7 * i);
        if (in.ptr[i] > 127)
            continue;
        HOLDS(length >= 1 && length <= SAM_FRAME_BODY_BYTES_MAX + 1 && in.len - i - 1 < length);
        return;
    }
}

static void read_whole(struct sam_span in, struct seen *s)
{
    struct sam_frame f;
    size_t used;
    while (s->count < FRAMES_MAX && (s->end = sam_frame_decode(in, &f, &used)) == 0) {
        HOLDS(f.kind >= 1 && f.kind <= SAM_FRAME_KIND_MAX);
        HOLDS(f.body.ptr >= in.ptr && f.body.len < used && used <= in.len);
        HOLDS(f.body.ptr + f.body.len == in.ptr + used && f.body.len <= SAM_FRAME_BODY_BYTES_MAX);
        note(s, &f, used);
        in = (struct sam_span){in.ptr + used, in.len - used};
    }
    if (s->end)
        HOLDS(used == 0 && f.kind == 0);
    if (s->end == SAM_EAGAIN)
        waits_check(in);
}

/* As a connection reads: pieces into a buffer, which holds no more than one frame and what came along with it. */
static void read_cut(struct sam_span in, uint32_t cut, struct seen *s)
{
    struct sam_buf b;
    sam_buf_init(&b, SAM_FRAME_HEAD_BYTES_MAX + SAM_FRAME_BODY_BYTES_MAX + 200);
    s->end = SAM_EAGAIN;
    while (in.len && s->end == SAM_EAGAIN) {
        struct sam_span piece = fuzz_piece(&in, &cut);
        HOLDS(sam_buf_add(&b, piece.ptr, piece.len) == 0);
        struct sam_frame f;
        size_t used;
        while (s->count < FRAMES_MAX && (s->end = sam_frame_decode(sam_buf_peek(&b), &f, &used)) == 0) {
            note(s, &f, used);
            sam_buf_consume(&b, used);
        }
    }
    sam_buf_fini(&b);
}

static void make_again(const struct sam_frame *f, struct sam_span plain)
{
    struct sam_buf out, scratch;
    struct sam_frame g;
    struct sam_span back;
    size_t used;
    sam_buf_init(&out, SAM_FRAME_HEAD_BYTES_MAX + SAM_FRAME_BODY_BYTES_MAX);
    sam_buf_init(&scratch, SAM_FRAME_INFLATED_BYTES_MAX);
    int err = sam_frame_add(zip, &out, f->kind, plain);
    HOLDS(err == 0 || (err == SAM_ETOOBIG && plain.len > SAM_FRAME_BODY_BYTES_MAX));
    if (!err) {
        HOLDS(sam_frame_decode(sam_buf_peek(&out), &g, &used) == 0);
        HOLDS(used == sam_buf_len(&out) && g.kind == f->kind);
        HOLDS(!g.deflated || g.body.len < plain.len);
        HOLDS(sam_frame_inflate(zip, &g, &scratch, &back) == 0);
        HOLDS(fuzz_same(back, plain));
    }
    sam_buf_fini(&out);
    sam_buf_fini(&scratch);
}

static void inflate_each(struct sam_span in, const struct seen *s)
{
    struct sam_buf *scratch = sam_zip_scratch(zip);
    for (unsigned i = 0; i < s->count && i < AGAIN_MAX; i++) {
        struct sam_frame f;
        struct sam_span plain;
        size_t used;
        uint8_t *exact = fuzz_exact((struct sam_span){in.ptr, s->at[i].used});
        HOLDS(sam_frame_decode((struct sam_span){exact, s->at[i].used}, &f, &used) == 0 && used == s->at[i].used);
        HOLDS(sam_frame_decode((struct sam_span){exact, used - 1}, &f, &used) == SAM_EAGAIN);
        HOLDS(sam_frame_decode((struct sam_span){exact, s->at[i].used}, &f, &used) == 0);
        int err = sam_frame_inflate(zip, &f, scratch, &plain);
        HOLDS(err == 0 || err == SAM_EPROTO || err == SAM_ETOOBIG);
        HOLDS(err ? f.deflated && plain.ptr == NULL : plain.len <= SAM_FRAME_INFLATED_BYTES_MAX);
        HOLDS(scratch->cap <= SAM_FRAME_INFLATED_BYTES_MAX + 4096);
        if (!err)
            make_again(&f, plain);
        free(exact);
        in = (struct sam_span){in.ptr + used, in.len - used};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    static struct seen whole, cut;
    uint32_t how = 1u + fuzz_byte(&in);
    if (!zip && !(zip = sam_zip_new()))
        abort();
    whole.count = cut.count = 0;
    whole.end = cut.end = SAM_EAGAIN;
    read_whole(in, &whole);
    read_cut(in, how, &cut);
    HOLDS(whole.count == cut.count && (whole.end == cut.end || whole.count == FRAMES_MAX));
    for (unsigned i = 0; i < whole.count; i++)
        HOLDS(whole.at[i].kind == cut.at[i].kind && whole.at[i].used == cut.at[i].used &&
              whole.at[i].deflated == cut.at[i].deflated);
    inflate_each(in, &whole);
    return 0;
}
