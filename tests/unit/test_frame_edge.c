/* Goal: where a body is to be unpacked decides how large it may be; and a line that is to be read by people is not packed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/base/limits.h"
#include "proto/wire/frame.h"

#include <string.h>
#include <zlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { BODY_BYTES = 9000, NOISE_BYTES_MAX = 512, RUN_BYTES = 16 };

/* One frame of a body that packs well, as ${z} adds it. */
static struct sam_frame added(struct sam_zip *z, struct sam_buf *out, const uint8_t *body)
{
    struct sam_frame f;
    size_t used;
    assert_int_equal(sam_frame_add(z, out, SAM_FRAME_PUSH, (struct sam_span){body, BODY_BYTES}), 0);
    assert_int_equal(sam_frame_decode(sam_buf_peek(out), &f, &used), 0);
    assert_int_equal(used, sam_buf_len(out));
    return f;
}

/* The buffer's own limit holds, though it lies far below that of a frame. */
static void a_small_place_is_too_small(void **state)
{
    (void)state;
    uint8_t body[BODY_BYTES];
    struct sam_zip *z = sam_zip_new();
    struct sam_buf out, place;
    struct sam_span plain;
    memset(body, 'a', sizeof body);
    sam_buf_init(&out, SAM_FRAME_BODY_BYTES_MAX);
    struct sam_frame f = added(z, &out, body);
    assert_true(f.deflated && f.body.len < 1000);
    for (size_t room = 4096; room <= SAM_FRAME_INFLATED_BYTES_MAX; room *= 2) {
        sam_buf_init(&place, room);
        int rc = sam_frame_inflate(z, &f, &place, &plain);
        assert_int_equal(rc, room < BODY_BYTES ? SAM_ETOOBIG : 0);
        if (rc)
            assert_true(plain.ptr == NULL && plain.len == 0);
        else
            assert_true(plain.len == BODY_BYTES && !memcmp(plain.ptr, body, BODY_BYTES));
        sam_buf_fini(&place);
    }
    sam_buf_fini(&out);
    sam_zip_free(z);
}

/* How long zlib makes it. */
static size_t deflated_bytes(const uint8_t *body, size_t n)
{
    uint8_t to[2 * NOISE_BYTES_MAX];
    z_stream z = {.next_in = (Bytef *)(uintptr_t)body, .avail_in = (uInt)n, .next_out = to, .avail_out = sizeof to};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    assert_int_equal(deflateEnd(&z), Z_OK);
    return z.total_out;
}

/* Noise with a run behind it: some bodies get shorter, some longer, and some stay just as long as they were, which is not shorter. */
static void only_what_gets_shorter_is_packed(void **state)
{
    (void)state;
    uint8_t body[NOISE_BYTES_MAX];
    unsigned as_long = 0;
    struct sam_zip *z = sam_zip_new();
    for (uint32_t n = 128; n < NOISE_BYTES_MAX; n++) {
        struct sam_buf out;
        struct sam_frame f;
        size_t used;
        uint32_t noise = n;
        for (uint32_t i = 0; i < n; i++) {
            noise = noise * 1664525u + 1013904223u;
            body[i] = i < n - RUN_BYTES ? (uint8_t)(noise >> 24) : 'a';
        }
        size_t packed = deflated_bytes(body, n);
        as_long += packed == n;
        sam_buf_init(&out, 2 * NOISE_BYTES_MAX);
        assert_int_equal(sam_frame_add(z, &out, SAM_FRAME_PUSH, (struct sam_span){body, n}), 0);
        assert_int_equal(sam_frame_decode(sam_buf_peek(&out), &f, &used), 0);
        if (packed + 1 != n) /* zlib wants a byte to spare: what is one byte shorter may go either way */
            assert_int_equal(f.deflated, packed < n);
        assert_int_equal(f.body.len, f.deflated ? packed : n);
        sam_buf_fini(&out);
    }
    assert_true(as_long > 0);
    sam_zip_free(z);
}

/* What a conversation may hold of one frame, on its way in and on its way out, is bounded to the byte. */
static void a_frame_and_no_more(void **state)
{
    (void)state;
    struct sam_zip *z = sam_zip_new();
    struct sam_buf *const both[] = {sam_zip_scratch(z), sam_zip_body(z)};
    for (unsigned i = 0; i < 2; i++) {
        assert_null(sam_buf_reserve(both[i], SAM_FRAME_INFLATED_BYTES_MAX + 1));
        assert_non_null(sam_buf_reserve(both[i], SAM_FRAME_INFLATED_BYTES_MAX));
    }
    sam_zip_free(z);
}

static size_t bytes_in_use(void)
{
#ifdef __GLIBC__
    return mallinfo2().uordblks;
#else
    return 0;
#endif
}

/* What a conversation used is given back: a server has hundreds of thousands of them. */
static void nothing_is_kept(void **state)
{
    (void)state;
    enum { TIMES = 100, EACH_BYTES_MAX = 100 };
    sam_zip_free(sam_zip_new());
    size_t before = bytes_in_use();
    for (unsigned i = 0; i < TIMES; i++)
        sam_zip_free(sam_zip_new());
    assert_true(bytes_in_use() <= before + (size_t)TIMES * EACH_BYTES_MAX);
}

static void a_plain_line_is_read_as_it_is(void **state)
{
    (void)state;
    uint8_t body[BODY_BYTES];
    struct sam_zip *z = sam_zip_new();
    struct sam_buf out;
    memset(body, 'a', sizeof body);
    sam_buf_init(&out, SAM_FRAME_BODY_BYTES_MAX);
    sam_zip_plain(z);
    struct sam_frame f = added(z, &out, body);
    assert_false(f.deflated);
    assert_int_equal(f.body.len, BODY_BYTES);
    assert_memory_equal(f.body.ptr, body, BODY_BYTES);
    sam_buf_fini(&out);
    sam_zip_free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_place_is_too_small),    cmocka_unit_test(only_what_gets_shorter_is_packed),
        cmocka_unit_test(a_frame_and_no_more),           cmocka_unit_test(nothing_is_kept),
        cmocka_unit_test(a_plain_line_is_read_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
