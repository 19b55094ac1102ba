#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/told.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
            http_take_body(h, TOLD_BODY_MAX, 0);
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
void told_of(const struct http_limits *l, const void *bytes, size_t n, size_t cut, struct told *t)
{
    const uint8_t *p = bytes;
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

void told_expect(const struct http_limits *l, const void *bytes, size_t n, const char *want)
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
