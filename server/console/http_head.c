#include "server/console/http_int.h"

#include "proto/base/assert.h"

#include <string.h>
#include <strings.h>

#define LENGTH_DIGITS_MAX 18u /* a number with more of them is larger than any limit, and may not fit */

static const char *const verbs[HTTP_VERB_COUNT] = {[HTTP_OTHER] = "",
#define X(name) [HTTP_VERB_##name] = #name,
                                                   HTTP_VERB_MAP(X)
#undef X
};

const char *http_verb_name(enum http_verb verb)
{
    SAM_ASSERT((unsigned)verb < HTTP_VERB_COUNT);
    return verbs[verb];
}

bool http_is(struct sam_span s, const char *text)
{
    return s.len == strlen(text) && (s.len == 0 || memcmp(s.ptr, text, s.len) == 0);
}

/* The same, whatever the case of letters. */
static bool is_word(struct sam_span s, const char *text)
{
    return s.len == strlen(text) && (s.len == 0 || strncasecmp((const char *)s.ptr, text, s.len) == 0);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter_or_digit(uint8_t c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* token of RFC 9110, 5.6.2 */
static bool is_token(struct sam_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == 0 || (!is_letter_or_digit(s.ptr[i]) && !strchr("!#$%&'*+-.^_`|~", s.ptr[i])))
            return false;
    return s.len > 0;
}

/* ---- the request line */

static struct sam_span cut(struct sam_span *rest, uint8_t at)
{
    const uint8_t *end = rest->len ? memchr(rest->ptr, at, rest->len) : NULL;
    struct sam_span part = {rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len};
    rest->ptr += part.len + (end ? 1 : 0);
    rest->len -= part.len + (end ? 1 : 0);
    return part;
}

static bool starts(struct sam_span s, const char *text)
{
    size_t n = strlen(text);
    return s.len >= n && strncasecmp((const char *)s.ptr, text, n) == 0;
}

/* "/path?query", or "https://host/path?query", of which the host is kept for http_head_check. */
static bool target_split(struct http_request *r, struct sam_span target)
{
    static const char scheme[] = "https://";
    for (size_t i = 0; i < target.len; i++)
        if (target.ptr[i] <= ' ' || target.ptr[i] >= 0x7f || target.ptr[i] == '#')
            return false;
    if (starts(target, scheme)) {
        target.ptr += sizeof scheme - 1;
        target.len -= sizeof scheme - 1;
        size_t n = 0;
        while (n < target.len && target.ptr[n] != '/' && target.ptr[n] != '?')
            n++;
        r->host = (struct sam_span){target.ptr, n};
        target.ptr += n;
        target.len -= n;
    }
    if (target.len == 0 || target.ptr[0] != '/')
        return false;
    r->path = cut(&target, '?');
    r->query = target;
    return true;
}

static bool is_version(struct sam_span s)
{
    return s.len == 8 && memcmp(s.ptr, "HTTP/", 5) == 0 && is_digit(s.ptr[5]) && s.ptr[6] == '.' && is_digit(s.ptr[7]);
}

unsigned http_line_check(struct http *h, struct sam_span line)
{
    struct http_request *r = &h->request;
    struct sam_span rest = line;
    r->method = cut(&rest, ' ');
    struct sam_span target = cut(&rest, ' ');
    if (!is_token(r->method) || !is_version(rest))
        return 400;
    if (!http_is(rest, "HTTP/1.1"))
        return 505;
    for (int v = HTTP_OTHER + 1; v < HTTP_VERB_COUNT; v++)
        if (http_is(r->method, verbs[v]))
            r->verb = (enum http_verb)v;
    /* CONNECT and OPTIONS have targets of their own, and are none of ours */
    return target_split(r, target) || (r->verb == HTTP_OTHER && target.len) ? 0 : 400;
}

/* ---- header lines */

static struct sam_span trimmed(struct sam_span s)
{
    for (; s.len && (*s.ptr == ' ' || *s.ptr == '\t'); s.len--)
        s.ptr++;
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool is_digits(struct sam_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_digit(s.ptr[i]))
            return false;
    return s.len > 0;
}

unsigned http_header_check(struct sam_span line)
{
    struct sam_span rest = line;
    if (!memchr(line.ptr, ':', line.len))
        return 400;
    struct sam_span name = cut(&rest, ':');
    if (!is_token(name))
        return 400;
    rest = trimmed(rest);
    return is_word(name, "content-length") && is_digits(rest) && rest.len > LENGTH_DIGITS_MAX ? 413 : 0;
}

struct sam_span http_header(const struct http_request *r, const char *name)
{
    for (unsigned i = 0; i < r->header_count; i++)
        if (is_word(r->header[i].name, name))
            return r->header[i].value;
    return (struct sam_span){0};
}

unsigned http_count(const struct http_request *r, const char *name)
{
    unsigned n = 0;
    for (unsigned i = 0; i < r->header_count; i++)
        n += is_word(r->header[i].name, name);
    return n;
}

bool http_lists(const struct http_request *r, const char *name, const char *word)
{
    for (unsigned i = 0; i < r->header_count; i++) {
        struct sam_span rest = r->header[i].value;
        while (is_word(r->header[i].name, name) && rest.len) {
            if (is_word(trimmed(cut(&rest, ',')), word))
                return true;
        }
    }
    return false;
}

static bool is_host(struct sam_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] == 0 || (!is_letter_or_digit(s.ptr[i]) && !strchr(".-_:[]", s.ptr[i])))
            return false;
    return s.len > 0;
}

static bool same_host(struct sam_span a, struct sam_span b)
{
    return a.len == b.len && strncasecmp((const char *)a.ptr, (const char *)b.ptr, a.len) == 0;
}

static unsigned host_check(struct http_request *r)
{
    struct sam_span host = http_header(r, "host");
    if (http_count(r, "host") != 1 || !is_host(host))
        return 400;
    if (r->host.ptr && !same_host(r->host, host))
        return 400;
    r->host = host;
    return 0;
}

/* "q=0", "q=0.", "q=0.000": not at all. */
static bool is_never(struct sam_span parameter)
{
    struct sam_span name = cut(&parameter, '=');
    parameter = trimmed(parameter);
    for (size_t i = 0; i < parameter.len; i++)
        if (parameter.ptr[i] != '0' && parameter.ptr[i] != '.')
            return false;
    return is_word(trimmed(name), "q") && parameter.len > 0;
}

bool http_takes_gzip(const struct http_request *r)
{
    for (unsigned i = 0; i < r->header_count; i++) {
        struct sam_span rest = r->header[i].value;
        while (is_word(r->header[i].name, "accept-encoding") && rest.len) {
            struct sam_span one = cut(&rest, ',');
            if (is_word(trimmed(cut(&one, ';')), "gzip"))
                return !is_never(one);
        }
    }
    return false;
}

bool http_of_own_origin(const struct http_request *r)
{
    static const char scheme[] = "https://";
    struct sam_span origin = http_header(r, "origin");
    size_t n = sizeof scheme - 1;
    return r->host.len && origin.len == n + r->host.len && memcmp(origin.ptr, scheme, n) == 0 &&
           memcmp(origin.ptr + n, r->host.ptr, r->host.len) == 0;
}

static unsigned length_check(struct http_request *r)
{
    struct sam_span text = http_header(r, "content-length");
    if (http_count(r, "content-length") == 0)
        return 0;
    if (http_count(r, "content-length") > 1 || !is_digits(text) || text.len > LENGTH_DIGITS_MAX)
        return 400;
    for (size_t i = 0; i < text.len; i++)
        r->length = r->length * 10 + (uint64_t)(text.ptr[i] - '0');
    return 0;
}

static unsigned body_check(struct http_request *r)
{
    unsigned coded = http_count(r, "transfer-encoding");
    if (coded &&
        (coded > 1 || http_count(r, "content-length") || !http_is(http_header(r, "transfer-encoding"), "chunked")))
        return 400;
    unsigned bad = length_check(r);
    r->chunked = coded > 0;
    r->has_body = r->chunked || r->length > 0;
    return bad;
}

unsigned http_head_check(struct http *h)
{
    struct http_request *r = &h->request;
    for (unsigned i = 0; i < r->header_count; i++)
        r->header[i].value = trimmed(r->header[i].value);
    unsigned bad = host_check(r);
    if (!bad)
        bad = body_check(r);
    if (bad)
        return bad;
    r->waits = is_word(http_header(r, "expect"), "100-continue");
    if (http_count(r, "expect") && !r->waits)
        return 417;
    r->last = http_lists(r, "connection", "close") || h->requests + 1 >= h->limits.requests;
    return 0;
}
