/* Requests of HTTP/1.1 out of bytes; no sockets, no waiting, no clock of its own. One struct http is one connection.
 *
 *      bytes --http_feed--> [ line | headers ] --HTTP_HEAD--> http_take_body --http_feed--> [ body ] --HTTP_WHOLE--> http_next
 *
 * Every byte passes a guard that refuses what RFC 9112 lets a reader guess at, before the library (http_lib.h) sees it; the
 * library then splits the head and must agree with the guard on where a message ends. What they do not agree on is refused.
 *
 * Refused, always with the end of the connection:
 *   400  a byte 0 or another control byte, CR without LF or LF without CR, an empty line before the request, a line that is not
 *        "METHOD SP target SP HTTP/1.1", a space before a colon, a line that goes on (obs-fold), a name that is no token; no
 *        Host, two, or one that is none; "https://other/" beside another Host; Content-Length beside Transfer-Encoding, twice,
 *        or with anything but digits; any Transfer-Encoding but exactly "chunked"; chunk extensions, trailers, a chunk size
 *        that is not 1 to 8 hexadecimal digits
 *   413  a body larger than http_take_body said     414  a request line, 431  headers over their limits
 *   417  Expect: anything but 100-continue           505  HTTP/1.0, HTTP/2 …
 * A method that is not in HTTP_VERB_MAP is no refusal here: verb is HTTP_OTHER, and no body is looked for.
 *
 * Invariants
 *  1. How the bytes are cut into calls makes no difference to what comes out.
 *  2. Memory: this struct (5 KB), the head (up to line_bytes + head_bytes) and the body (up to what http_take_body said).
 *  3. Of the bytes behind a request none is taken before http_next. */
#ifndef CONSOLE_HTTP_H
#define CONSOLE_HTTP_H

#include "proto/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define HTTP_HEADERS_MAX 128u /* whatever the settings say */

#define HTTP_VERB_MAP(X) X(GET) X(HEAD) X(POST) X(PUT) X(PATCH) X(DELETE)

enum http_verb {
    HTTP_OTHER,
#define X(name) HTTP_VERB_##name,
    HTTP_VERB_MAP(X)
#undef X
        HTTP_VERB_COUNT
};

struct http_limits {
    uint32_t line_bytes;                /* the request line, without its end */
    uint32_t head_bytes, headers;       /* all header lines with their ends; how many */
    uint32_t head_ms, body_ms, idle_ms; /* for the head, the body; between two requests */
    uint32_t rate_bytes_per_s;          /* each second in which so much came is not counted for head_ms and body_ms */
    uint32_t requests;                  /* on one connection */
};

struct http_header {
    struct sam_span name, value; /* value without spaces around it */
};

/* Everything is borrowed from the struct http until http_next. */
struct http_request {
    enum http_verb verb;
    struct sam_span method, path, query; /* query without "?" */
    struct sam_span host;
    struct http_header header[HTTP_HEADERS_MAX];
    unsigned header_count;
    bool chunked, last;   /* last: the connection ends behind the answer */
    bool has_body;        /* there are bytes of a body to come, or a chunked one, which may be empty */
    bool waits;           /* Expect: 100-continue */
    uint64_t length;      /* of the body as announced; chunked: 0 */
    struct sam_span body; /* when it is whole */
};

enum http_got { HTTP_MORE, HTTP_HEAD, HTTP_WHOLE, HTTP_BAD };
enum http_late { HTTP_IN_TIME, HTTP_IDLE, HTTP_LATE };

struct http;

/* http_limits_defaults(l): 4 KB, 16 KB, 64; 10 s, 20 s, 15 s; 500 B/s; 1000. */
void http_limits_defaults(struct http_limits *l);
/* http_new(limits, now_ms): a connection that begins. NULL: no memory. */
struct http *http_new(const struct http_limits *limits, uint64_t now_ms);
void http_free(struct http *h);

/**
 * http_feed(h, p, n, used, now_ms):
 * Take in bytes, ${used} of ${n}: all, or up to where something is to be said.
 *   returns HTTP_MORE   all is taken, more is needed
 *           HTTP_HEAD   the head is whole: look at http_request, then http_take_body and feed on (also with no bytes), or answer
 *                       at once, which must end the connection if has_body
 *           HTTP_WHOLE  the request is whole; http_next when it has been answered
 *           HTTP_BAD    http_status says what; nothing more is taken
 */
enum http_got http_feed(struct http *h, const uint8_t *p, size_t n, size_t *used, uint64_t now_ms);
/* http_take_body(h, max, now_ms): after HTTP_HEAD: the body may have ${max} bytes. */
void http_take_body(struct http *h, size_t max, uint64_t now_ms);
const struct http_request *http_request(const struct http *h);
/* http_body_take(h, out): the body becomes the caller's, in ${out}. After HTTP_WHOLE. */
void http_body_take(struct http *h, struct sam_buf *out);
unsigned http_status(const struct http *h);
/* http_next(h, now_ms): the request has been answered; the next one may come. */
void http_next(struct http *h, uint64_t now_ms);
/* http_late(h, now_ms, taken_ms): has it waited too long for bytes? HTTP_IDLE: between requests, where nothing needs to be said; that time
 * begins where the peer has the last answer as a whole, at ${taken_ms}: a line of 20 kbit/s may take it for minutes. */
enum http_late http_late(const struct http *h, uint64_t now_ms, uint64_t taken_ms);

/* http_header(r, name): the value of the first header of this name (lower case), empty where there is none. */
struct sam_span http_header(const struct http_request *r, const char *name);
/* http_count(r, name): how many headers of this name there are. */
unsigned http_count(const struct http_request *r, const char *name);
/* http_lists(r, name, word): whether the list of words, "a, b", of all headers of that name has this one, whatever the case. */
bool http_lists(const struct http_request *r, const char *name, const char *word);
/* http_takes_gzip(r): Accept-Encoding names gzip, and not with q=0. */
bool http_takes_gzip(const struct http_request *r);
/* http_of_own_origin(r): a page of this very place sent it, as its Origin says: https:// and the Host, byte for byte. */
bool http_of_own_origin(const struct http_request *r);
/* http_is(s, text): the same bytes. */
bool http_is(struct sam_span s, const char *text);
/* http_verb_name(verb): "GET"; "" for HTTP_OTHER. */
const char *http_verb_name(enum http_verb verb);

#endif
