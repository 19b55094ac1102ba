/* Goal: what HTTP lets a reader guess at is refused with the status that is documented, every limit holds to the byte, and how the
 * bytes are cut makes no difference to what comes out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/console/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY_MAX 1000u
#define H "Host: a.no\r\n"
#define GET "GET / HTTP/1.1\r\n"
#define POST "POST /x HTTP/1.1\r\n" H

/* ---- what comes out, as text: "GET /path?query [a: b] (body); " for each request, then "!400" or "..." */

struct told {
    char text[16384];
    size_t len;
};

static void tell(struct told *t, const char *before, struct sam_span s, const char *after)
{
    t->len += (size_t)snprintf(t->text + t->len, sizeof t->text - t->len, "%s%.*s%s", before, (int)s.len,
                               s.ptr ? (const char *)s.ptr : "", after);
    assert_true(t->len < sizeof t->text);
}

static void tell_request(struct told *t, const struct http_request *r)
{
    tell(t, "", r->method, " ");
    tell(t, "", r->path, "?");
    tell(t, "", r->query, " ");
    for (unsigned i = 0; i < r->header_count; i++) {
        tell(t, "[", r->header[i].name, ": ");
        tell(t, "", r->header[i].value, "]");
    }
    tell(t, r->waits ? " waits" : "", (struct sam_span){0}, r->last ? " last" : "");
    tell(t, " (", r->body, "); ");
}

/* Feeds ${n} bytes on, answering each request that is whole. */
static enum http_got feed(struct http *h, const uint8_t *p, size_t n, struct told *t)
{
    for (;;) {
        size_t used;
        enum http_got got = http_feed(h, p, n, &used, 0);
        assert_true(used <= n);
        p += used;
        n -= used;
        if (got == HTTP_HEAD) {
            http_take_body(h, BODY_MAX, 0);
        } else if (got == HTTP_WHOLE) {
            bool last = http_request(h)->last;
            tell_request(t, http_request(h));
            if (last)
                return HTTP_WHOLE;
            http_next(h, 0);
        } else {
            assert_true(got == HTTP_BAD || n == 0);
            return got;
        }
    }
}

/* The bytes in two pieces, or (cut 0) one by one. */
static void told_of(const struct http_limits *l, const uint8_t *p, size_t n, size_t cut, struct told *t)
{
    struct http *h = http_new(l, 0);
    assert_non_null(h);
    enum http_got got = HTTP_MORE;
    t->len = 0;
    t->text[0] = 0;
    if (cut == 0)
        for (size_t i = 0; i < n && got == HTTP_MORE; i++)
            got = feed(h, p + i, 1, t);
    else
        got = feed(h, p, cut, t);
    if (cut && got == HTTP_MORE)
        got = feed(h, p + cut, n - cut, t);
    char end[16] = "...";
    if (got == HTTP_BAD)
        snprintf(end, sizeof end, "!%u", http_status(h));
    tell(t, got == HTTP_WHOLE ? "" : end, (struct sam_span){0}, "");
    http_free(h);
}

static void expect(const struct http_limits *l, const void *bytes, size_t n, const char *want)
{
    struct told *t = malloc(sizeof *t);
    assert_non_null(t);
    for (size_t cut = 0; cut <= n; cut++) {
        told_of(l, bytes, n, cut, t);
        if (strcmp(t->text, want) != 0)
            print_message("cut at %zu of %.60s\n", cut, (const char *)bytes);
        assert_string_equal(t->text, want);
    }
    free(t);
}

struct row {
    const char *bytes, *want;
    size_t len;
};
#define R(bytes, want)                 \
    {                                  \
        bytes, want, sizeof(bytes) - 1 \
    }

static void rows_hold(const struct row *row, size_t count)
{
    struct http_limits l;
    http_limits_defaults(&l);
    for (size_t i = 0; i < count; i++)
        expect(&l, row[i].bytes, row[i].len, row[i].want);
}
#define HOLD(rows) rows_hold(rows, sizeof rows / sizeof *(rows))

/* ---- what is good */

static void good_requests_come_out_whole(void **state)
{
    (void)state;
    static const struct row rows[] = {
        R(GET H "\r\n", "GET /? [Host: a.no] (); ..."),
        R("GET /a/b?c=d&e HTTP/1.1\r\nhOsT:a.no:7311\r\n\r\n", "GET /a/b?c=d&e [hOsT: a.no:7311] (); ..."),
        R("GET https://A.no/x?y HTTP/1.1\r\n" H "\r\n", "GET /x?y [Host: a.no] (); ..."),
        R(GET "Host: [::1]:7311\r\nX:  two  words \t\r\nEmpty:\r\n\r\n",
          "GET /? [Host: [::1]:7311][X: two  words][Empty: ] (); ..."),
        R(GET H "A: \xc3\xa5\r\n\r\n", "GET /? [Host: a.no][A: \xc3\xa5] (); ..."),
        R(POST "Content-Length: 5\r\n\r\nhello", "POST /x? [Host: a.no][Content-Length: 5] (hello); ..."),
        R(POST "Content-Length: 0\r\n\r\n", "POST /x? [Host: a.no][Content-Length: 0] (); ..."),
        R(POST "Content-Length: 0003\r\n\r\nabc" GET H "\r\n",
          "POST /x? [Host: a.no][Content-Length: 0003] (abc); GET /? [Host: a.no] (); ..."),
        R(POST "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0a\r\n0123456789\r\n0\r\n\r\n" GET H "\r\n",
          "POST /x? [Host: a.no][Transfer-Encoding: chunked] (hello0123456789); GET /? [Host: a.no] (); ..."),
        R(POST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
          "POST /x? [Host: a.no][Transfer-Encoding: chunked] (); ..."),
        R(GET H "\r\nHEAD / HTTP/1.1\r\n" H "\r\n" GET H "Connection: keep-alive, Close\r\n\r\n" GET,
          "GET /? [Host: a.no] (); HEAD /? [Host: a.no] (); GET /? [Host: a.no][Connection: keep-alive, Close] last "
          "(); "),
        R(POST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx",
          "POST /x? [Host: a.no][Expect: 100-Continue][Content-Length: 1] waits (x); ..."),
        R(GET H "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AA\r\n\r\n" GET H "\r\n",
          "GET /? [Host: a.no][Upgrade: h2c][Connection: Upgrade, HTTP2-Settings][HTTP2-Settings: AA] (); "
          "GET /? [Host: a.no] (); ..."),
        R(POST "Upgrade: x\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\nab" GET H "\r\n",
          "POST /x? [Host: a.no][Upgrade: x][Connection: upgrade][Content-Length: 2] (ab); GET /? [Host: a.no] (); "
          "..."),
        R("BREW /pot HTTP/1.1\r\n" H "\r\n" GET, "BREW /pot?  last (); "),
        R("OPTIONS * HTTP/1.1\r\n" H "\r\n", "OPTIONS ?  last (); "),
        R("get / HTTP/1.1\r\n" H "\r\n", "get /?  last (); "),
        R("GET / HT", "..."),
    };
    HOLD(rows);
}

/* ---- what is refused */

static void bad_lines_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        R("\r\n" GET H "\r\n", "!400"),
        R(" GET / HTTP/1.1\r\n", "!400"),
        R("GET  / HTTP/1.1\r\n", "!400"),
        R("GET /  HTTP/1.1\r\n", "!400"),
        R("GET / HTTP/1.1 \r\n", "!400"),
        R("GET / \r\n", "!400"),
        R("GET /\r\n", "!400"),
        R("GET\r\n", "!400"),
        R("GET / http/1.1\r\n", "!400"),
        R("GET / HTTP/1.10\r\n", "!400"),
        R("GET / HTTP/11\r\n", "!400"),
        R("GET / ICY/1.1\r\n", "!400"),
        R("GET\t/\tHTTP/1.1\r\n", "!400"),
        R("G(T / HTTP/1.1\r\n", "!400"),
        R("GET / HTTP/1.0\r\n", "!505"),
        R("GET / HTTP/2.0\r\n", "!505"),
        R("GET / HTTP/0.9\r\n", "!505"),
        R("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!505"),
        R("GET / HTTP/1.1\n", "!400"),
        R("GET / HTTP/1.1\rX", "!400"),
        R("GET /\x01 HTTP/1.1\r\n", "!400"),
        R("GET /\x7f HTTP/1.1\r\n", "!400"),
        R("GET /\xc3\xa5 HTTP/1.1\r\n", "!400"),
        R("GET /a#b HTTP/1.1\r\n", "!400"),
        R("GET a HTTP/1.1\r\n", "!400"),
        R("GET * HTTP/1.1\r\n", "!400"),
        R("GET a.no:7311 HTTP/1.1\r\n", "!400"),
        R("GET http://a.no/ HTTP/1.1\r\n", "!400"),
        R("GET https:// HTTP/1.1\r\n", "!400"),
        R("GET https://a.no HTTP/1.1\r\n", "!400"),
        R("GET /a\0b HTTP/1.1\r\n", "!400"),
        R("\x16\x03\x01\x02", "!400"),
        R("\0", "!400"),
    };
    HOLD(rows);
}

static void bad_headers_are_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        R(GET "\r\n", "!400"),
        R(GET "X: a\r\n\r\n", "!400"),
        R(GET "Host:\r\n\r\n", "!400"),
        R(GET "Host: a b\r\n\r\n", "!400"),
        R(GET "Host: a/b\r\n\r\n", "!400"),
        R(GET "Host: u@a\r\n\r\n", "!400"),
        R(GET H H "\r\n", "!400"),
        R(GET H "host: b.no\r\n\r\n", "!400"),
        R("GET https://b.no/ HTTP/1.1\r\n" H "\r\n", "!400"),
        R("GET https://a.no:1/ HTTP/1.1\r\n" H "\r\n", "!400"),
        R("GET https:/// HTTP/1.1\r\n" H "\r\n", "!400"),
        R(GET "Host : a.no\r\n\r\n", "!400"),
        R(GET H "X\t: a\r\n\r\n", "!400"),
        R(GET H " X: a\r\n\r\n", "!400"),
        R(GET H "X: a\r\n b\r\n\r\n", "!400"),
        R(GET H "X: a\r\n\tb\r\n\r\n", "!400"),
        R(GET " \r\n" H "\r\n", "!400"),
        R(GET H ": a\r\n\r\n", "!400"),
        R(GET H "X\r\n\r\n", "!400"),
        R(GET H "X(: a\r\n\r\n", "!400"),
        R(GET H "X\xc3\xa5: a\r\n\r\n", "!400"),
        R(GET H "X: a\nY: b\r\n\r\n", "!400"),
        R(GET H "X: a\rY: b\r\n\r\n", "!400"),
        R(GET H "X: a\r\r\n\r\n", "!400"),
        R(GET H "\n", "!400"),
        R(GET H "\r\r\n", "!400"),
        R(GET H "X: \x0b\r\n\r\n", "!400"),
        R(GET H "X: \x7f\r\n\r\n", "!400"),
        R(GET H "X: \x1b[31m\r\n\r\n", "!400"),
        R(GET H "X: \0\r\n\r\n", "!400"),
        R(POST "Expect: 200-ok\r\n\r\n", "!417"),
        R(POST "Expect: 100-continue, x\r\n\r\n", "!417"),
    };
    HOLD(rows);
}

static void bad_lengths_are_refused(void **state)
{
    (void)state;
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
    static const struct row rows[] = {
        R(POST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", "!400"),
        R(POST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", "!400"),
        R(POST "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", "!400"),
        R(POST "Content-Length: 1, 1\r\n\r\nx", "!400"),
        R(POST "Content-Length: +1\r\n\r\nx", "!400"),
        R(POST "Content-Length: -1\r\n\r\nx", "!400"),
        R(POST "Content-Length: 0x1\r\n\r\nx", "!400"),
        R(POST "Content-Length: 1 1\r\n\r\nx", "!400"),
        R(POST "Content-Length: 1_0\r\n\r\nx", "!400"),
        R(POST "Content-Length:\r\n\r\n", "!400"),
        R(POST "Content-Length: 1\xc2\xa0\r\n\r\nx", "!400"),
        R(POST "Content-Length: 1001\r\n\r\n", "!413"),
        R(POST "Content-Length: 18446744073709551617\r\n\r\n", "!413"),
        R(POST "Content-Length: 9999999999999999999999999\r\n\r\n", "!413"),
        R(POST "Transfer-Encoding: gzip\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: chunked, chunked\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: Chunked\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: chunked;q=1\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: \"chunked\"\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: identity\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding:\r\n\r\n", "!400"),
        R(POST "Transfer-Encoding: \x0b"
               "chunked\r\n\r\n",
          "!400"),
        R(POST "Transfer-Encoding : chunked\r\n\r\n", "!400"),
        R(CHUNKED "5;x=y\r\nhello\r\n0\r\n\r\n", "!400"),
        R(CHUNKED "5 \r\nhello\r\n0\r\n\r\n", "!400"),
        R(CHUNKED " 5\r\nhello\r\n0\r\n\r\n", "!400"),
        R(CHUNKED "5\nhello\n0\n\n", "!400"),
        R(CHUNKED "5\r\nhello!0\r\n\r\n", "!400"),
        R(CHUNKED "5\r\nhello\n0\r\n\r\n", "!400"),
        R(CHUNKED "5\r\nhello\r\r\n", "!400"),
        R(CHUNKED "\r\n", "!400"),
        R(CHUNKED "g\r\n", "!400"),
        R(CHUNKED "-1\r\n", "!400"),
        R(CHUNKED "0x5\r\nhello\r\n", "!400"),
        R(CHUNKED "000000005\r\nhello\r\n", "!400"),
        R(CHUNKED "fffffffff\r\n", "!400"),
        R(CHUNKED "ffffffff\r\n", "!413"),
        R(CHUNKED "3e8\r\n", "..."),
        R(CHUNKED "3e9\r\n", "!413"),
        R(CHUNKED "0\r\nX: y\r\n\r\n", "!400"),
        R(CHUNKED "0\r\n\n", "!400"),
        R(CHUNKED "0;x\r\n\r\n", "!400"),
    };
    HOLD(rows);
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
    expect(&l, GET H "\r\n" GET H "\r\n" GET, strlen(GET H "\r\n" GET H "\r\n" GET),
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
    assert_int_equal(http_late(h, 11000), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 11001), HTTP_LATE);
    give(h, GET, 10000); /* 16 bytes: 32 ms more */
    assert_int_equal(http_late(h, 11032), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 11033), HTTP_LATE);
    give(h, H "\r\n", 11000);
    assert_int_equal(http_late(h, 99000), HTTP_IN_TIME); /* it is for us to go on */
    http_take_body(h, 0, 20000);
    http_next(h, 20000);
    assert_int_equal(http_late(h, 35000), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 35001), HTTP_IDLE);
    give(h, "G", 34000); /* a further one has its time from its first byte */
    assert_int_equal(http_late(h, 44002), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 44003), HTTP_LATE);
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
    assert_int_equal(http_late(h, 29000), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 29001), HTTP_LATE);
    for (int i = 0; i < 50; i++)
        give(h, "0123456789", 20000); /* 500 bytes: a second more */
    assert_int_equal(http_late(h, 30000), HTTP_IN_TIME);
    assert_int_equal(http_late(h, 30001), HTTP_LATE);
    http_free(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests_come_out_whole),  cmocka_unit_test(bad_lines_are_refused),
        cmocka_unit_test(bad_headers_are_refused),       cmocka_unit_test(bad_lengths_are_refused),
        cmocka_unit_test(the_line_has_its_limit),        cmocka_unit_test(headers_have_their_limits),
        cmocka_unit_test(a_head_that_never_ends_stops),  cmocka_unit_test(bodies_have_their_limit),
        cmocka_unit_test(a_connection_has_its_requests), cmocka_unit_test(slow_heads_are_late),
        cmocka_unit_test(slow_bodies_are_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
