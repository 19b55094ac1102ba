/* Goal: what HTTP lets a reader guess at is refused with the status that is documented, and how the
 * bytes are cut makes no difference to what comes out. */
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
        told_expect(&l, row[i].bytes, row[i].len, row[i].want);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_requests_come_out_whole),
        cmocka_unit_test(bad_lines_are_refused),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(bad_lengths_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
