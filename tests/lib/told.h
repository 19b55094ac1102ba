/* Bytes as one connection brings them, cut in two or one by one, and what comes out of them, as text:
 * "GET /path?query [name: value] (body); " for each request, then "!400" or "...", or nothing where the last one ends it. */
#ifndef TESTS_TOLD_H
#define TESTS_TOLD_H

#include "server/console/http.h"

#define TOLD_BODY_MAX 1000u

struct told {
    char text[16384];
    size_t len;
};

/* told_of(l, p, n, cut, t): in two pieces, of which the first has ${cut} bytes; 0: one by one. */
void told_of(const struct http_limits *l, const void *p, size_t n, size_t cut, struct told *t);
/* told_expect(l, bytes, n, want): the same wherever it is cut. */
void told_expect(const struct http_limits *l, const void *bytes, size_t n, const char *want);

#endif
