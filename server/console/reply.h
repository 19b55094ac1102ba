/* An answer: status, headers, body. Every one carries the same security headers (the tablet app its own set) and, unless it is an asset, says that nobody may
 * keep it; none says what program made it. */
#ifndef CONSOLE_REPLY_H
#define CONSOLE_REPLY_H

#include "proto/base/buf.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "server/console/app.h"
#include "server/console/upgrade.h"

#define REPLY_BYTES_MAX (1024u * 1024u) /* one made body */
#define REPLY_HEAD_BYTES_MAX 2048u
#define REPLY_COOKIE_BYTES_MAX 256u

/* status, its words on the wire, and the text SAM_TEXT_HTTP_<status> for people (proto/base/text_console.def) */
#define REPLY_STATUS_MAP(X)                   \
    X(101, "Switching Protocols")             \
    X(200, "OK")                              \
    X(204, "No Content")                      \
    X(304, "Not Modified")                    \
    X(308, "Permanent Redirect")              \
    X(400, "Bad Request")                     \
    X(401, "Unauthorized")                    \
    X(403, "Forbidden")                       \
    X(404, "Not Found")                       \
    X(405, "Method Not Allowed")              \
    X(408, "Request Timeout")                 \
    X(409, "Conflict")                        \
    X(413, "Content Too Large")               \
    X(414, "URI Too Long")                    \
    X(415, "Unsupported Media Type")          \
    X(417, "Expectation Failed")              \
    X(426, "Upgrade Required")                \
    X(429, "Too Many Requests")               \
    X(431, "Request Header Fields Too Large") \
    X(500, "Internal Server Error")           \
    X(503, "Service Unavailable")             \
    X(505, "HTTP Version Not Supported")

enum {
#define X(status, words) REPLY_IS_##status,
    REPLY_STATUS_MAP(X)
#undef X
        REPLY_STATUS_COUNT
};

struct reply {
    unsigned status;
    const char *type;     /* static; NULL: no body */
    struct sam_buf body;  /* made; */
    struct sam_span kept; /* or bytes of an asset, which outlive the reply */
    const char *etag;     /* of an asset */
    bool immutable;       /* its address has its hash in it */
    bool app, packed;     /* of the tablet app, which has headers of its own; with gzip */
    char made_etag[APP_ETAG_BYTES];
    const char *location; /* static; of 308 */
    unsigned allow;       /* for 405: a bit for each enum http_verb */
    unsigned retry_after_s;
    char cookie[REPLY_COOKIE_BYTES_MAX]; /* Set-Cookie; empty: none */
    char accept[UPGRADE_ACCEPT_BYTES];   /* Sec-WebSocket-Accept, of 101 */
    bool stream;                         /* the body goes on until the connection ends */
};

void reply_init(struct reply *r);
void reply_fini(struct reply *r);
/* reply_json(r, j): the document is the body; ${j} is empty then. As sam_json_end_all. */
int reply_json(struct reply *r, struct sam_json *j);
/* reply_made(r, j, err): the same of a document whose making came to that; one that failed is thrown away. */
int reply_made(struct reply *r, struct sam_json *j, int err);
/* reply_error(r, status, json): what ${status} means, in both languages; as JSON or as a small page. */
void reply_error(struct reply *r, unsigned status, bool json);
/* reply_said(r, status, text, json): the same, with a text of its own. Retry-After, where there is one, stands in the JSON too. */
void reply_said(struct reply *r, unsigned status, enum sam_text_id text, bool json);
/* reply_status_of(err): the status for a code of proto/base/err.h; 200 for 0. */
unsigned reply_status_of(int err);
struct sam_span reply_body(const struct reply *r);
/* reply_head(r, now_s, last, out): everything before the body. ${last}: the connection ends behind it. As sam_buf_add. */
int reply_head(const struct reply *r, int64_t now_s, bool last, struct sam_buf *out);

#endif
