/* Requests of HTTP as one connection brings them, and what the console looks for in them: server/console/http, route, upgrade.
 *
 * Holds: how the bytes are cut makes no difference to what comes out; no more is held than the limits say, and a body never more than was
 * allowed; a refusal has a status and stays; what a request says lies within what came. */
#include "server/console/http.h"
#include "server/console/http_int.h"
#include "server/console/route.h"
#include "server/console/upgrade.h"
#include "tests/fuzz/fuzz.h"

#define BODY_MAX 300u
#define SAID_MAX 8192u

/* What came out, as bytes that can be compared. */
struct said {
    size_t len;
    uint8_t bytes[SAID_MAX];
};
static struct said whole, cut;
static struct http_limits limits;

static void say(struct said *s, struct sam_span what)
{
    size_t n = what.len < SAID_MAX - 1 - s->len ? what.len : SAID_MAX - 1 - s->len;
    if (n)
        memcpy(s->bytes + s->len, what.ptr, n);
    s->len += n;
    s->bytes[s->len] = '|';
    s->len += s->len < SAID_MAX - 1;
}

static void say_number(struct said *s, unsigned n)
{
    uint8_t two[2] = {(uint8_t)(n >> 8), (uint8_t)n};
    say(s, (struct sam_span){two, 2});
}

static void inside(struct sam_span part, struct sam_span head)
{
    HOLDS(part.len == 0 || (part.ptr >= head.ptr && part.ptr + part.len <= head.ptr + head.len));
}

static void say_address(struct said *s, const struct http_request *r)
{
    struct route_match m;
    route_find(route_table, route_count, r->verb, r->path, &m);
    HOLDS(!m.route || m.allow);
    HOLDS(m.id_count <= ROUTE_IDS_MAX && m.name.len <= ROUTE_NAME_BYTES_MAX);
    for (unsigned i = 0; m.route && i < m.id_count; i++)
        HOLDS(m.id[i] >= 1 && m.id[i] <= INT64_MAX);
    say_number(s, m.route ? (unsigned)(m.route - route_table) : 999);
}

static void say_head(struct said *s, const struct http *h)
{
    const struct http_request *r = http_request(h);
    struct sam_span head = sam_buf_peek(&h->head);
    char accept[UPGRADE_ACCEPT_BYTES];
    inside(r->method, head), inside(r->path, head), inside(r->query, head), inside(r->host, head);
    HOLDS(r->header_count <= limits.headers);
    say(s, r->method), say(s, r->path), say(s, r->query), say(s, r->host);
    for (unsigned i = 0; i < r->header_count; i++) {
        inside(r->header[i].name, head), inside(r->header[i].value, head);
        say(s, r->header[i].name), say(s, r->header[i].value);
    }
    say_number(s, r->chunked | r->last << 1 | r->has_body << 2 | r->waits << 3 | http_takes_gzip(r) << 4 |
                      http_of_own_origin(r) << 5);
    unsigned status = upgrade_check(r, accept);
    HOLDS((status == 101) == (strlen(accept) == UPGRADE_ACCEPT_BYTES - 1));
    say_number(s, status);
    if (r->verb != HTTP_OTHER)
        say_address(s, r);
}

static void bounds_check(const struct http *h)
{
    HOLDS(sam_buf_len(&h->head) <= (size_t)limits.line_bytes + limits.head_bytes + 4);
    HOLDS(sam_buf_len(&h->body) <= h->body_max && h->lines <= limits.headers + 1);
    HOLDS(h->body.cap <= 2 * BODY_MAX + 8192);
}

/* One piece: as the console's connection does it. HTTP_MORE: it goes on. */
static enum http_got feed(struct http *h, struct sam_span in, struct said *s)
{
    for (;;) {
        size_t used;
        enum http_got got = http_feed(h, in.ptr, in.len, &used, 0);
        HOLDS(used <= in.len);
        bounds_check(h);
        in = (struct sam_span){in.ptr + used, in.len - used};
        if (got == HTTP_HEAD) {
            say_head(s, h);
            http_take_body(h, BODY_MAX, 0);
        } else if (got == HTTP_WHOLE) {
            bool last = http_request(h)->last;
            HOLDS(http_request(h)->body.len <= BODY_MAX);
            say(s, http_request(h)->body);
            if (last)
                return HTTP_WHOLE;
            http_next(h, 0);
        } else {
            HOLDS(got == HTTP_BAD || in.len == 0);
            return got;
        }
    }
}

static void connection(struct sam_span in, uint32_t how, struct said *s)
{
    struct http *h = http_new(&limits, 0);
    enum http_got got = HTTP_MORE;
    if (!h)
        abort();
    s->len = 0;
    while (in.len && got == HTTP_MORE)
        got = feed(h, fuzz_piece(&in, &how), s);
    say_number(s, got);
    if (got == HTTP_BAD) {
        size_t used;
        unsigned status = http_status(h);
        HOLDS(status >= 400 && status < 600 && status != 503);
        HOLDS(http_feed(h, (const uint8_t *)"GET", 3, &used, 0) == HTTP_BAD && used == 0);
        say_number(s, status);
    }
    http_free(h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    uint32_t how = 1u + fuzz_byte(&in);
    http_limits_defaults(&limits);
    limits.line_bytes = 200;
    limits.head_bytes = 600;
    limits.headers = 12;
    connection(in, 0, &whole);
    connection(in, how, &cut);
    HOLDS(whole.len == cut.len && memcmp(whole.bytes, cut.bytes, whole.len) == 0);
    return 0;
}
