/* Goal: every limit of a request holds to the byte and to the millisecond, and noise comes out the same however it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define H "Host: a.no\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST /x HTTP/1.1\r\n" H
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

/* ---- noise: what comes out of bytes that nobody thought of must not depend on how they are cut */

#define NOISE_ROUNDS 20000

static uint32_t noise(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* One byte put in, taken out or changed. */
static size_t noise_add(uint8_t *p, size_t n, uint32_t *seed)
{
    static const uint8_t some[] = "\r\n \t:;,0aF\0\x7f\xff/?#";
    size_t at = noise(seed) % n;
    uint8_t c = noise(seed) % 2 ? some[noise(seed) % (sizeof some - 1)] : (uint8_t)noise(seed);
    switch (noise(seed) % 3) {
    case 0:
        memmove(p + at + 1, p + at, n - at);
        p[at] = c;
        return n + 1;
    case 1: memmove(p + at, p + at + 1, n - at - 1); return n - 1;
    default: p[at] = c; return n;
    }
}

static void cuts_make_no_difference_to_noise(void **state)
{
    (void)state;
    static const char *const seeds[] = {
        GET H "A: b\r\n\r\n" POST "Content-Length: 5\r\n\r\nhello" GET H "\r\n",
        CHUNKED "5\r\nhello\r\n0a\r\n0123456789\r\n0\r\n\r\n" GET H "\r\n",
        "GET https://a.no/x?y HTTP/1.1\r\n" H "Connection: close\r\nUpgrade: h2c\r\nExpect: 100-continue\r\n\r\n",
    };
    struct http_limits l;
    struct told *whole = malloc(sizeof *whole), *cut = malloc(sizeof *cut);
    uint32_t seed = 2463534242u;
    unsigned good = 0;
    assert_non_null(whole);
    assert_non_null(cut);
    http_limits_defaults(&l);
    for (unsigned round = 0; round < NOISE_ROUNDS; round++) {
        uint8_t p[512];
        size_t n = strlen(seeds[round % 3]);
        for (size_t i = 0; i < n; i++)
            p[i] = (uint8_t)seeds[round % 3][i];
        for (unsigned more = noise(&seed) % 3 + 1; more; more--)
            n = noise_add(p, n, &seed);
        told_of(&l, p, n, n, whole);
        told_of(&l, p, n, 0, cut);
        if (strcmp(whole->text, cut->text) != 0)
            print_message("round %u\n", round);
        assert_string_equal(whole->text, cut->text);
        good += strchr(whole->text, '!') == NULL;
    }
    assert_in_range(good, NOISE_ROUNDS / 20, NOISE_ROUNDS * 3 / 4); /* else it has not looked at both */
    free(whole);
    free(cut);
}

/* ---- limits, to the byte */

static void many(char *out, size_t *n, char c, size_t count)
{
    memset(out + *n, c, count);
    *n += count;
}

static void words(char *out, size_t *n, const char *text)
{
    while (*text)
        out[(*n)++] = *text++;
}

/* Only two pieces and one by one: these are long. */
static void ends_as(const struct http_limits *l, const char *p, size_t n, const char *want)
{
    struct told *t = malloc(sizeof *t);
    assert_non_null(t);
    for (size_t cut = 0; cut <= n; cut += n / 2) {
        told_of(l, (const uint8_t *)p, n, cut, t);
        assert_string_equal(t->text + (t->len > 4 ? t->len - 4 : 0), want);
    }
    free(t);
}

static void the_line_has_its_limit(void **state)
{
    (void)state;
    static char p[8192];
    struct http_limits l;
    http_limits_defaults(&l);
    for (unsigned over = 0; over < 2; over++) {
        size_t n = 0;
        words(p, &n, "GET /");
        many(p, &n, 'a', 4096 - 14 + over);
        words(p, &n, " HTTP/1.1\r\n" H "\r\n");
        ends_as(&l, p, n, over ? "!414" : " ...");
    }
}

static void headers_have_their_limits(void **state)
{
    (void)state;
    static char p[32768];
    struct http_limits l;
    http_limits_defaults(&l);
    for (unsigned over = 0; over < 2; over++) { /* bytes: all lines, their ends and the empty line */
        size_t n = 0;
        words(p, &n, GET H "X: ");
        many(p, &n, 'a', 16384 - strlen(H) - 3 - 4 + over);
        words(p, &n, "\r\n\r\n");
        struct http *h = http_new(&l, 0);
        size_t used;
        enum http_got got = http_feed(h, (const uint8_t *)p, n, &used, 0);
        assert_int_equal(got, over ? HTTP_BAD : HTTP_HEAD);
        assert_int_equal(http_status(h), over ? 431 : 0);
        http_free(h);
    }
    for (unsigned over = 0; over < 2; over++) { /* lines */
        size_t n = 0;
        words(p, &n, GET H);
        for (unsigned i = 1; i < 64 + over; i++)
            words(p, &n, "X: a\r\n");
        words(p, &n, "\r\n");
        ends_as(&l, p, n, over ? "!431" : " ...");
    }
}

static void a_head_that_never_ends_stops(void **state)
{
    (void)state;
    struct http_limits l;
    http_limits_defaults(&l);
    struct http *h = http_new(&l, 0);
    uint8_t line[4096];
    size_t used, all = 0;
    memset(line, 'a', sizeof line);
    line[0] = 'X';
    line[1] = ':';
    assert_int_equal(http_feed(h, (const uint8_t *)GET, sizeof GET - 1, &used, 0), HTTP_MORE);
    for (int i = 0; i < 8 && http_feed(h, line, sizeof line, &used, 0) == HTTP_MORE; i++)
        all += used;
    assert_int_equal(http_status(h), 431);
    assert_true(all <= 16384);
    assert_int_equal(http_feed(h, line, sizeof line, &used, 0), HTTP_BAD);
    assert_int_equal(used, 0);
    http_free(h);
}

static void bodies_have_their_limit(void **state)
{
    (void)state;
    struct http_limits l;
    http_limits_defaults(&l);
    static char p[4096];
    size_t n = 0;
    words(p, &n, POST "Content-Length: 1000\r\n\r\n");
    many(p, &n, 'b', 1000);
    ends_as(&l, p, n, " ...");
    n = 0;
    words(p, &n, CHUNKED "3e7\r\n");
    many(p, &n, 'b', 999);
    words(p, &n, "\r\n1\r\nb\r\n0\r\n\r\n");
    ends_as(&l, p, n, " ...");
    n -= strlen("0\r\n\r\n");
    words(p, &n, "1\r\nb\r\n0\r\n\r\n");
    ends_as(&l, p, n, "!413");
}

static void a_connection_has_its_requests(void **state)
{
    (void)state;
    struct http_limits l;
    http_limits_defaults(&l);
    l.requests = 2;
    told_expect(&l, GET H "\r\n" GET H "\r\n" GET, strlen(GET H "\r\n" GET H "\r\n" GET),
                "GET /? [Host: a.no] (); GET /? [Host: a.no] last (); ");
}

/* ---- time */

static void give(struct http *h, const char *text, uint64_t now_ms)
{
    size_t used;
    http_feed(h, (const uint8_t *)text, strlen(text), &used, now_ms);
    assert_int_equal(used, strlen(text));
}

static void slow_heads_are_late(void **state)
{
    (void)state;
    struct http_limits l;
    http_limits_defaults(&l);
    struct http *h = http_new(&l, 1000);
    assert_int_equal(http_late(h, 11000, 0), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 11001, 0), HTTP_LATE);
    give(h, GET, 10000); /* 16 bytes: 32 ms more */
    assert_int_equal(http_late(h, 11032, 0), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 11033, 0), HTTP_LATE);
    give(h, H "\r\n", 11000);
    assert_int_equal(http_late(h, 99000, 0), HTTP_IN_TIME); /* it is for us to go on */
    http_take_body(h, 0, 20000);
    http_next(h, 20000);
    assert_int_equal(http_late(h, 35000, 0), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 35001, 0), HTTP_IDLE);
    assert_int_equal(http_late(h, 35001, 20001), HTTP_IN_TIME); /* the answer was on its way until then */
    assert_int_equal(http_late(h, 35002, 20001), HTTP_IDLE);
    give(h, "G", 34000); /* a further one has its time from its first byte */
    assert_int_equal(http_late(h, 44002, 0), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 44003, 0), HTTP_LATE);
    http_free(h);
}

static void slow_bodies_are_late(void **state)
{
    (void)state;
    struct http_limits l;
    http_limits_defaults(&l);
    struct http *h = http_new(&l, 0);
    give(h, POST "Content-Length: 900\r\n\r\n", 9000);
    http_take_body(h, 1000, 9000);
    assert_int_equal(http_late(h, 29000, 0), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 29001, 0), HTTP_LATE);
    for (int i = 0; i < 50; i++)
        give(h, "0123456789", 20000); /* 500 bytes: a second more */
    assert_int_equal(http_late(h, 30000, 0), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 30001, 0), HTTP_LATE);
    http_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_make_no_difference_to_noise),
        cmocka_unit_test(the_line_has_its_limit),
        cmocka_unit_test(headers_have_their_limits),
        cmocka_unit_test(a_head_that_never_ends_stops),
        cmocka_unit_test(bodies_have_their_limit),
        cmocka_unit_test(a_connection_has_its_requests),
        cmocka_unit_test(slow_heads_are_late),
        cmocka_unit_test(slow_bodies_are_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
