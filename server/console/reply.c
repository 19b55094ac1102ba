#include "server/console/reply.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ERROR_BYTES_MAX 4096u

static const char security[] = "Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n"
                               "X-Content-Type-Options: nosniff\r\n"
                               "Referrer-Policy: no-referrer\r\n"
                               "Cross-Origin-Opener-Policy: same-origin\r\n"
                               "Cross-Origin-Embedder-Policy: require-corp\r\n"
                               "Cross-Origin-Resource-Policy: same-origin\r\n";

static const char console_may[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "object-src 'none'; require-trusted-types-for 'script'\r\n"
    "Permissions-Policy: geolocation=(), camera=(), microphone=()\r\n";

/* The engine is WebAssembly, a worker has it, what the page shows of a QR comes from the camera, and it can be installed. */
static const char app_may[] =
    "Content-Security-Policy: default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types samling\r\n"
    "Permissions-Policy: camera=(self), geolocation=(), microphone=()\r\n";

static const struct {
    unsigned status;
    const char *words;
    enum sam_text_id text;
} statuses[] = {
#define X(code, words) {code, words, SAM_TEXT_HTTP_##code},
    REPLY_STATUS_MAP(X)
#undef X
};

static unsigned place(unsigned status)
{
    for (unsigned i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return i;
    SAM_ASSERT(!"a status of the table");
    return 0;
}

void reply_init(struct reply *r)
{
    memset(r, 0, sizeof *r);
    r->status = 200;
    sam_buf_init(&r->body, REPLY_BYTES_MAX);
}

void reply_fini(struct reply *r)
{
    sam_buf_fini(&r->body);
}

int reply_json(struct reply *r, struct sam_json *j)
{
    int err = sam_json_end_all(j);
    sam_buf_fini(&r->body);
    r->body = j->out;
    sam_buf_init(&j->out, 0);
    r->type = "application/json";
    return err;
}

int reply_made(struct reply *r, struct sam_json *j, int err)
{
    if (!err)
        return reply_json(r, j);
    sam_json_fini(j);
    return err;
}

struct sam_span reply_body(const struct reply *r)
{
    return r->kept.ptr ? r->kept : sam_buf_peek(&r->body);
}

/* ---- errors */

static int error_json(struct reply *r, unsigned status, enum sam_text_id text)
{
    struct sam_json j;
    sam_json_init(&j, ERROR_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_int(&j, "status", (int)status);
    sam_json_text(&j, "en", sam_text(SAM_LANG_EN, text));
    sam_json_text(&j, "nb", sam_text(SAM_LANG_NB, text));
    if (r->retry_after_s)
        sam_json_int(&j, "retry_s", (int)r->retry_after_s);
    return reply_json(r, &j);
}

/* The texts are ours and hold no markup. */
static int error_page(struct reply *r, unsigned status, enum sam_text_id text)
{
    char page[ERROR_BYTES_MAX];
    int n = snprintf(page, sizeof page,
                     "<!doctype html>\n<html lang=\"nb\">\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width\">\n<title>samling: %u</title>\n"
                     "<h1>%u</h1>\n<p>%s</p>\n<p lang=\"en\">%s</p>\n</html>\n",
                     status, status, sam_text(SAM_LANG_NB, text), sam_text(SAM_LANG_EN, text));
    SAM_ASSERT(n > 0 && (size_t)n < sizeof page);
    r->type = "text/html; charset=utf-8";
    sam_buf_fini(&r->body);
    sam_buf_init(&r->body, ERROR_BYTES_MAX);
    return sam_buf_add(&r->body, page, (size_t)n);
}

void reply_said(struct reply *r, unsigned status, enum sam_text_id text, bool json)
{
    r->status = status;
    r->kept = (struct sam_span){0};
    r->etag = NULL;
    r->immutable = r->stream = r->app = r->packed = false;
    if (json ? error_json(r, status, text) : error_page(r, status, text))
        r->type = NULL; /* no memory for words: the status is enough */
}

void reply_error(struct reply *r, unsigned status, bool json)
{
    reply_said(r, status, statuses[place(status)].text, json);
}

unsigned reply_status_of(int err)
{
    switch (err) {
    case 0: return 200;
    case SAM_ENOTFOUND: return 404;
    case SAM_EUSAGE:
    case SAM_EPROTO:
    case SAM_ERANGE: return 400;
    case SAM_EAUTH: return 401;
    case SAM_EDENIED: return 403;
    case SAM_EEXIST:
    case SAM_ESTATE: return 409;
    case SAM_ETOOBIG: return 413;
    case SAM_EBUSY:
    case SAM_EFULL:
    case SAM_ENOMEM:
    case SAM_ECLOSED:
    case SAM_ETIMEOUT: return 503;
    default: return 500;
    }
}

/* ---- the head */

struct head {
    struct sam_buf *out;
    int err;
};

static void line(struct head *h, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void line(struct head *h, const char *fmt, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    SAM_ASSERT(n > 0 && (size_t)n < sizeof text);
    if (!h->err)
        h->err = sam_buf_add(h->out, text, (size_t)n);
    if (!h->err)
        h->err = sam_buf_add(h->out, "\r\n", 2);
}

static void date(struct head *h, int64_t now_s)
{
    char text[40] = "";
    struct tm tm;
    time_t t = (time_t)now_s;
    if (gmtime_r(&t, &tm))
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    line(h, "Date: %s", text);
}

static void allow(struct head *h, unsigned verbs)
{
    char list[64] = "";
    size_t n = 0;
    for (int v = HTTP_OTHER + 1; v < HTTP_VERB_COUNT; v++)
        if (verbs & 1u << v)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", n ? ", " : "", http_verb_name((enum http_verb)v));
    line(h, "Allow: %s", list);
}

static void caching(struct head *h, const struct reply *r)
{
    if (r->app)
        line(h, "Vary: Accept-Encoding");
    if (!r->etag) {
        line(h, "Cache-Control: no-store");
        return;
    }
    line(h, "Cache-Control: %s", r->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    line(h, "ETag: %s", r->etag);
}

/* What 101 says of the WebSocket that begins, or 426 of the one that might have. */
static void upgrade(struct head *h, const struct reply *r, bool last)
{
    if (r->status != 101 && r->status != 426)
        return;
    line(h, "Upgrade: websocket");
    if (!last)
        line(h, "Connection: Upgrade");
    if (r->status == 426)
        line(h, "Sec-WebSocket-Version: 13");
    else
        line(h, "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s", r->accept, UPGRADE_PROTOCOL);
}

int reply_head(const struct reply *r, int64_t now_s, bool last, struct sam_buf *out)
{
    struct head h = {.out = out};
    bool bodiless = r->status == 304 || r->status == 204 || r->status == 101;
    line(&h, "HTTP/1.1 %u %s", r->status, statuses[place(r->status)].words);
    date(&h, now_s);
    if (r->type && !bodiless)
        line(&h, "Content-Type: %s", r->type);
    if (!bodiless && !r->stream)
        line(&h, "Content-Length: %zu", r->type ? reply_body(r).len : 0);
    if (r->packed && !bodiless)
        line(&h, "Content-Encoding: gzip");
    if (r->location)
        line(&h, "Location: %s", r->location);
    caching(&h, r);
    if (r->allow)
        allow(&h, r->allow);
    if (r->retry_after_s)
        line(&h, "Retry-After: %u", r->retry_after_s);
    if (r->cookie[0])
        line(&h, "Set-Cookie: %s", r->cookie);
    upgrade(&h, r, last);
    if (last)
        line(&h, "Connection: close");
    if (!h.err)
        h.err = sam_buf_add(out, security, sizeof security - 1);
    if (!h.err)
        h.err = r->app ? sam_buf_add(out, app_may, sizeof app_may - 1)
                       : sam_buf_add(out, console_may, sizeof console_may - 1);
    return h.err ? h.err : sam_buf_add(out, "\r\n", 2);
}
