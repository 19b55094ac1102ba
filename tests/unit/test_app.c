/* Goal: the files of the tablet app come out of the program as they were, packed or not, names with a hash are known, and a file of
 * 700 kB goes down a thin line piece by piece, in its time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/console/console.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LARGE_BYTES 700000u
#define THIN_BYTES_PER_S 2500u /* 20 kbit/s */

struct shelf {
    uint8_t *large, *packed;
    size_t packed_len;
    struct app_file file[4];
};

/* Bytes that do not pack well, so that a long answer goes out. */
static int setup(void **state)
{
    struct shelf *s = *state = calloc(1, sizeof *s);
    uint64_t x = 88172645463325252u;
    assert_non_null(s);
    s->large = malloc(LARGE_BYTES);
    s->packed = malloc(LARGE_BYTES + 4096);
    assert_true(s->large && s->packed);
    for (size_t i = 0; i < LARGE_BYTES; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        s->large[i] = (uint8_t)x;
    }
    z_stream z = {.next_in = s->large, .avail_in = LARGE_BYTES, .next_out = s->packed, .avail_out = LARGE_BYTES + 4096};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    s->packed_len = z.total_out;
    deflateEnd(&z);
    static const char hash[] = "0123456789abcdef0123456789abcdef";
    const uint8_t *end = s->packed + s->packed_len;
    s->file[0] = (struct app_file){"samling.wasm", s->packed, end, LARGE_BYTES, hash};
    s->file[1] = (struct app_file){"cut.js", s->packed, end - 100, LARGE_BYTES, hash};
    s->file[2] = (struct app_file){"app-AB12CD34.js", s->packed, end, LARGE_BYTES - 1, hash};
    return 0;
}

static int teardown(void **state)
{
    struct shelf *s = *state;
    free(s->large);
    free(s->packed);
    free(s);
    return 0;
}

static const struct app_file *find(const struct app *app, const char *name)
{
    return app_find(app, (struct sam_span){(const uint8_t *)name, strlen(name)});
}

static void unpacked(void **state)
{
    const struct shelf *s = *state;
    struct app *app;
    struct sam_span plain, again;
    char etag[2][APP_ETAG_BYTES];
    assert_int_equal(app_new(&app, s->file), 0);
    assert_null(find(app, "none"));
    assert_int_equal(app_plain(app, find(app, "samling.wasm"), &plain), 0);
    assert_int_equal(plain.len, LARGE_BYTES);
    assert_memory_equal(plain.ptr, s->large, LARGE_BYTES);
    assert_int_equal(app_plain(app, find(app, "samling.wasm"), &again), 0);
    assert_ptr_equal(plain.ptr, again.ptr);
    assert_int_equal(app_plain(app, find(app, "cut.js"), &plain), SAM_ECORRUPT);
    assert_int_equal(app_plain(app, find(app, "app-AB12CD34.js"), &plain), SAM_ECORRUPT);
    app_etag(s->file, false, etag[0]);
    app_etag(s->file, true, etag[1]);
    assert_string_equal(etag[0], "\"0123456789abcdef0123456789abcdef\"");
    assert_string_equal(etag[1], "\"0123456789abcdef0123456789abcdef-gz\"");
    app_free(app);
    assert_int_equal(app_new(&app, NULL), 0);
    assert_null(find(app, "index.html"));
    app_free(app);
}

static void hashed(void **state)
{
    static const struct {
        const char *name;
        bool is;
    } names[] = {{"app-AB12CD34.js", true},         {"a-ABCDEFGH.css", true},
                 {"icon-12345678.png", true},       {"app.js", false},
                 {"-AB12CD34.js", false},           {"app-AB12CD3.js", false},
                 {"app-ab12cd34.js", false},        {"app-AB12CD34", false},
                 {"appAB12CD34.js", false},         {"index.html", false},
                 {"icon-192.png", false},           {"a-AB12-D34.js", false},
                 {"app-AB12CD34.js.x", false},      {"samling-e36475de9401.wasm", true},
                 {"style-a4e370ab7f4.css", false},  {"style-a4e370ab7f47a.css", false},
                 {"style-A4E370AB7F47.css", false}, {"style-a4e370ab7g47.css", false}};
    (void)state;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(app_hashed(&(struct app_file){.name = names[i].name}), names[i].is);
}

/* ---- a line on which so many bytes pass each second */

static int64_t clock_s(void *ctx)
{
    (void)ctx;
    return 0;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

static bool may(void *ctx, const struct http_request *r, enum right right, struct ask *a)
{
    (void)ctx;
    (void)r;
    (void)a;
    return right == RIGHT_NONE;
}

static int busy(void *ctx, struct ask *a)
{
    (void)ctx;
    (void)a;
    return SAM_EBUSY;
}

static void wake(void *line)
{
    (void)line;
}

/* Seconds until all of the file has come, 0: it was cut off. */
static unsigned fetch(const struct shelf *s, const char *request, size_t bytes_per_s, struct sam_buf *got)
{
    struct console_config config = {.host = {NULL, clock_s, never, may, busy, busy},
                                    .app = s->file,
                                    .routes = route_table,
                                    .route_count = route_count,
                                    .wake = wake};
    struct console *c;
    struct sam_buf in, out;
    unsigned seconds = 0;
    bool alive = true;
    console_limits_defaults(&config.limits);
    sam_buf_init(&in, 1024);
    sam_buf_init(&out, bytes_per_s);
    sam_buf_init(got, 2 * LARGE_BYTES);
    assert_int_equal(console_open(&c, &config), 0);
    struct peer *p = console_new(c, NULL, "", 0);
    assert_non_null(p);
    assert_int_equal(sam_buf_add(&in, request, strlen(request)), 0);
    console_feed(p, &in, 0);
    while (alive && console_out(p, &out, seconds * 1000u) == 1) {
        struct sam_span part = sam_buf_peek(&out);
        assert_int_equal(sam_buf_add(got, part.ptr, part.len), 0);
        sam_buf_clear(&out);
        seconds++;
        alive = console_tick(p, seconds * 1000u, 0) == 0;
    }
    console_free(p);
    console_close(c);
    sam_buf_fini(&in);
    sam_buf_fini(&out);
    return alive ? seconds : 0;
}

static void thin_line(void **state)
{
    static const char request[] = "GET /tablet/samling.wasm HTTP/1.1\r\nHost: a.no\r\nAccept-Encoding: gzip\r\n\r\n";
    const struct shelf *s = *state;
    struct sam_buf got;
    unsigned took_s = fetch(s, request, THIN_BYTES_PER_S, &got);
    assert_in_range(took_s, s->packed_len / THIN_BYTES_PER_S, s->packed_len / THIN_BYTES_PER_S + 2);
    assert_true(sam_buf_len(&got) > s->packed_len);
    assert_memory_equal(sam_buf_peek(&got).ptr + sam_buf_len(&got) - s->packed_len, s->packed, s->packed_len);
    sam_buf_fini(&got);
    assert_int_equal(fetch(s, request, 450, &got), 0); /* 500 bytes a second is what is asked for, beside 30 s */
    sam_buf_fini(&got);
    assert_in_range(fetch(s, "GET /tablet/samling.wasm HTTP/1.1\r\nHost: a.no\r\n\r\n", 600, &got), 1000, 1200);
    assert_memory_equal(sam_buf_peek(&got).ptr + sam_buf_len(&got) - LARGE_BYTES, s->large, LARGE_BYTES);
    sam_buf_fini(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(unpacked), cmocka_unit_test(hashed),
                                       cmocka_unit_test(thin_line)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
