#include "server/console/http.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "server/console/http_int.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_DIGITS_MAX 8u
#define KEPT_BYTES 4096u /* an empty buffer larger than this gives its memory back */

void http_limits_defaults(struct http_limits *l)
{
    *l = (struct http_limits){.line_bytes = 4096,
                              .head_bytes = 16384,
                              .headers = 64,
                              .head_ms = 10000,
                              .body_ms = 20000,
                              .idle_ms = 15000,
                              .rate_bytes_per_s = 500,
                              .requests = 1000};
}

/* ---- what the library says */

static int sink_target(void *ctx, const uint8_t *p, size_t n)
{
    (void)ctx;
    (void)p;
    (void)n;
    return 0;
}

static void span_grow(struct sam_span *s, const uint8_t *p, size_t n)
{
    if (s->len == 0)
        s->ptr = p;
    s->len += n;
}

static int sink_field(void *ctx, const uint8_t *p, size_t n)
{
    struct http *h = ctx;
    struct http_request *r = &h->request;
    if (h->in_value || r->header_count == 0) {
        if (r->header_count == h->limits.headers)
            return 1;
        r->header[r->header_count++] = (struct http_header){0};
    }
    h->in_value = false;
    span_grow(&r->header[r->header_count - 1].name, p, n);
    return 0;
}

static int sink_value(void *ctx, const uint8_t *p, size_t n)
{
    struct http *h = ctx;
    if (h->request.header_count == 0)
        return 1;
    h->in_value = true;
    span_grow(&h->request.header[h->request.header_count - 1].value, p, n);
    return 0;
}

static int sink_body(void *ctx, const uint8_t *p, size_t n)
{
    struct http *h = ctx;
    int err = sam_buf_add(&h->body, p, n);
    h->no_memory = err == SAM_ENOMEM;
    return err;
}

static const struct http_lib_sink sink = {sink_target, sink_field, sink_value, sink_body};

/* ---- life */

static void buf_empty(struct sam_buf *b)
{
    if (b->cap > KEPT_BYTES)
        sam_buf_fini(b);
    else
        sam_buf_clear(b);
}

static void begin(struct http *h, uint64_t now_ms)
{
    memset(&h->request, 0, sizeof h->request);
    buf_empty(&h->head);
    buf_empty(&h->body);
    http_lib_begin(h->lib);
    h->stage = HTTP_IN_LINE;
    h->line_at = h->headers_at = 0;
    h->lines = h->digits = 0;
    h->in_value = h->cr = false;
    h->began_ms = now_ms;
    h->bytes = h->left = 0;
}

struct http *http_new(const struct http_limits *limits, uint64_t now_ms)
{
    SAM_ASSERT(limits->headers <= HTTP_HEADERS_MAX);
    struct http *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->limits = *limits;
    h->lib = http_lib_new(&sink, h);
    sam_buf_init(&h->head, (size_t)limits->line_bytes + limits->head_bytes + 4);
    sam_buf_init(&h->body, 0);
    if (!h->lib) {
        http_free(h);
        return NULL;
    }
    begin(h, now_ms);
    return h;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    http_lib_free(h->lib);
    sam_buf_fini(&h->head);
    sam_buf_fini(&h->body);
    free(h);
}

/* The request line once more: it has moved while the head grew. */
static void line_again(struct http *h)
{
    http_line_check(h, (struct sam_span){sam_buf_peek(&h->head).ptr, h->headers_at - 2});
}

static enum http_got bad(struct http *h, unsigned status)
{
    if (h->stage == HTTP_IN_HEADERS)
        line_again(h);
    h->status = status;
    h->stage = HTTP_AT_BAD;
    return HTTP_BAD;
}

/* ---- the head, byte by byte */

/* The library splits what the guard let pass; they must have seen as many lines. */
static enum http_got head_whole(struct http *h)
{
    struct sam_span head = sam_buf_peek(&h->head);
    line_again(h);
    if (h->request.verb != HTTP_OTHER) {
        if (http_lib_feed(h->lib, head.ptr, head.len) || h->request.header_count != h->lines)
            return bad(h, 400);
        unsigned status = http_head_check(h);
        if (status)
            return bad(h, status);
        if (http_lib_ended(h->lib) == h->request.has_body)
            return bad(h, 400);
    } else {
        h->request.last = true;
    }
    h->stage = HTTP_AT_BODY;
    return HTTP_HEAD;
}

/* The line from line_at to the end of head, which has CRLF. */
static enum http_got line_end(struct http *h)
{
    struct sam_span head = sam_buf_peek(&h->head);
    struct sam_span line = {head.ptr + h->line_at, head.len - h->line_at - 2};
    unsigned status = 0;
    h->line_at = head.len;
    if (h->stage == HTTP_IN_LINE) {
        status = http_line_check(h, line);
        h->stage = HTTP_IN_HEADERS;
        h->headers_at = head.len;
    } else if (line.len == 0) {
        return head_whole(h);
    } else {
        status = http_header_check(line);
        if (!status && ++h->lines > h->limits.headers)
            status = 431;
    }
    return status ? bad(h, status) : HTTP_MORE;
}

static unsigned head_full(const struct http *h)
{
    size_t len = sam_buf_len(&h->head);
    if (h->stage == HTTP_IN_LINE)
        return len - (h->cr ? 1 : 0) > h->limits.line_bytes ? 414 : 0;
    return len - h->headers_at > h->limits.head_bytes ? 431 : 0;
}

static enum http_got head_byte(struct http *h, uint8_t c)
{
    bool control = (c < ' ' && c != '\t') || c == 0x7f;
    if (h->cr ? c != '\n' : control && c != '\r')
        return bad(h, 400);
    if (h->stage == HTTP_IN_HEADERS && sam_buf_len(&h->head) == h->line_at && (c == ' ' || c == '\t'))
        return bad(h, 400);
    if (sam_buf_add(&h->head, &c, 1))
        return bad(h, sam_buf_room(&h->head) ? 503 : 431);
    bool ends = h->cr;
    h->cr = c == '\r';
    unsigned status = ends && h->stage == HTTP_IN_LINE ? 0 : head_full(h);
    if (status)
        return bad(h, status);
    return ends ? line_end(h) : HTTP_MORE;
}

static enum http_got head_feed(struct http *h, const uint8_t *p, size_t n, size_t *used)
{
    enum http_got got = HTTP_MORE;
    while (got == HTTP_MORE && *used < n)
        got = head_byte(h, p[(*used)++]);
    return got;
}

/* ---- the body */

static enum http_got whole(struct http *h)
{
    if (h->request.verb != HTTP_OTHER && !http_lib_ended(h->lib))
        return bad(h, 400);
    h->request.body = sam_buf_peek(&h->body);
    h->stage = HTTP_AT_END;
    return HTTP_WHOLE;
}

static enum http_got lib_take(struct http *h, const uint8_t *p, size_t n)
{
    if (http_lib_feed(h->lib, p, n) == 0)
        return HTTP_MORE;
    return bad(h, h->no_memory ? 503 : 400);
}

/* Bytes of the body, or of one chunk, up to its end. */
static enum http_got data_feed(struct http *h, const uint8_t *p, size_t n, size_t *used)
{
    size_t take = n - *used < h->left ? n - *used : (size_t)h->left;
    if (lib_take(h, p + *used, take) == HTTP_BAD)
        return HTTP_BAD;
    *used += take;
    h->left -= take;
    if (h->left)
        return HTTP_MORE;
    if (h->stage == HTTP_IN_BODY)
        return whole(h);
    h->stage = HTTP_IN_CHUNK_END;
    return HTTP_MORE;
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One byte of "SIZE CRLF"; no extension, no spaces. */
static enum http_got chunk_size_byte(struct http *h, uint8_t c)
{
    int v = hex_value(c);
    if (h->cr) {
        if (c != '\n')
            return bad(h, 400);
        h->cr = false;
        h->digits = 0;
        h->stage = h->left ? HTTP_IN_CHUNK : HTTP_IN_LAST_END;
        return sam_buf_len(&h->body) + h->left > h->body_max ? bad(h, 413) : HTTP_MORE;
    }
    if (c == '\r' && h->digits) {
        h->cr = true;
        return HTTP_MORE;
    }
    if (v < 0 || ++h->digits > CHUNK_DIGITS_MAX)
        return bad(h, 400);
    h->left = h->left << 4 | (uint64_t)v;
    return HTTP_MORE;
}

/* One byte of the CRLF behind a chunk, or of the one that ends all. */
static enum http_got chunk_end_byte(struct http *h, uint8_t c)
{
    if (c != (h->cr ? '\n' : '\r'))
        return bad(h, 400);
    h->cr = !h->cr;
    if (!h->cr && h->stage == HTTP_IN_CHUNK_END)
        h->stage = HTTP_IN_CHUNK_SIZE;
    return HTTP_MORE;
}

static enum http_got chunk_byte(struct http *h, uint8_t c)
{
    bool last = h->stage == HTTP_IN_LAST_END && h->cr;
    enum http_got got = h->stage == HTTP_IN_CHUNK_SIZE ? chunk_size_byte(h, c) : chunk_end_byte(h, c);
    if (got == HTTP_BAD || lib_take(h, &c, 1) == HTTP_BAD)
        return HTTP_BAD;
    return last ? whole(h) : HTTP_MORE;
}

static enum http_got body_feed(struct http *h, const uint8_t *p, size_t n, size_t *used)
{
    enum http_got got = HTTP_MORE;
    while (got == HTTP_MORE && *used < n) {
        if (h->stage == HTTP_IN_BODY || h->stage == HTTP_IN_CHUNK)
            got = data_feed(h, p, n, used);
        else
            got = chunk_byte(h, p[(*used)++]);
    }
    return got;
}

void http_take_body(struct http *h, size_t max, uint64_t now_ms)
{
    SAM_ASSERT(h->stage == HTTP_AT_BODY);
    h->began_ms = now_ms;
    h->body_max = max;
    h->body.max = max;
    h->left = h->request.length;
    h->bytes = 0;
    h->cr = false;
    if (h->request.length > max)
        bad(h, 413);
    else if (!h->request.has_body)
        whole(h);
    else
        h->stage = h->request.chunked ? HTTP_IN_CHUNK_SIZE : HTTP_IN_BODY;
}

/* ---- together */

enum http_got http_feed(struct http *h, const uint8_t *p, size_t n, size_t *used, uint64_t now_ms)
{
    *used = 0;
    if (h->stage == HTTP_AT_BAD)
        return HTTP_BAD;
    if (h->stage == HTTP_AT_BODY)
        return HTTP_HEAD;
    if (h->stage == HTTP_AT_END)
        return HTTP_WHOLE;
    bool head = h->stage == HTTP_IN_LINE || h->stage == HTTP_IN_HEADERS;
    if (head && n && h->bytes == 0 && h->requests)
        h->began_ms = now_ms; /* the first head is awaited from the beginning, others from their first byte */
    enum http_got got = head ? head_feed(h, p, n, used) : body_feed(h, p, n, used);
    h->bytes += *used;
    return got;
}

const struct http_request *http_request(const struct http *h)
{
    return &h->request;
}

void http_body_take(struct http *h, struct sam_buf *out)
{
    SAM_ASSERT(h->stage == HTTP_AT_END);
    *out = h->body;
    h->request.body = (struct sam_span){0};
    sam_buf_init(&h->body, 0);
}

unsigned http_status(const struct http *h)
{
    return h->status;
}

void http_next(struct http *h, uint64_t now_ms)
{
    SAM_ASSERT(h->stage == HTTP_AT_END);
    h->requests++;
    begin(h, now_ms);
}

static uint64_t passed(uint64_t since_ms, uint64_t now_ms)
{
    return now_ms > since_ms ? now_ms - since_ms : 0;
}

enum http_late http_late(const struct http *h, uint64_t now_ms, uint64_t taken_ms)
{
    uint64_t passed_ms = passed(h->began_ms, now_ms), quiet_ms = passed(taken_ms, now_ms);
    uint64_t earned_ms = h->bytes * 1000u / h->limits.rate_bytes_per_s;
    switch (h->stage) {
    case HTTP_AT_BODY:
    case HTTP_AT_END:
    case HTTP_AT_BAD: return HTTP_IN_TIME; /* it is not the peer that is awaited */
    case HTTP_IN_LINE:
    case HTTP_IN_HEADERS:
        if (h->bytes == 0 && h->requests)
            return passed_ms > h->limits.idle_ms && quiet_ms > h->limits.idle_ms ? HTTP_IDLE : HTTP_IN_TIME;
        return passed_ms > h->limits.head_ms + earned_ms ? HTTP_LATE : HTTP_IN_TIME;
    default: return passed_ms > h->limits.body_ms + earned_ms ? HTTP_LATE : HTTP_IN_TIME;
    }
}
