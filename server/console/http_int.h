/* What http.c (the way of the bytes) and http_head.c (what a head may say) share. */
#ifndef CONSOLE_HTTP_INT_H
#define CONSOLE_HTTP_INT_H

#include "server/console/http.h"
#include "server/console/http_lib.h"

enum http_stage {
    HTTP_IN_LINE,
    HTTP_IN_HEADERS,
    HTTP_AT_BODY, /* the head is whole, nobody has said how large the body may be */
    HTTP_IN_BODY,
    HTTP_IN_CHUNK_SIZE,
    HTTP_IN_CHUNK,
    HTTP_IN_CHUNK_END,
    HTTP_IN_LAST_END, /* the empty line behind the last chunk */
    HTTP_AT_END,
    HTTP_AT_BAD
};

struct http {
    struct http_limits limits;
    enum http_stage stage;
    unsigned status;
    struct http_lib *lib;
    struct http_request request;
    struct sam_buf head, body;
    size_t line_at, headers_at; /* in head: where the present line, and the first header line, begins */
    unsigned lines;             /* header lines */
    bool in_value;              /* the library's last piece was of a value */
    uint64_t left;              /* of the body, or of the present chunk */
    unsigned digits;            /* of a chunk's size */
    bool cr;                    /* the last byte was CR */
    bool no_memory;             /* why the library was told to stop */
    size_t body_max;
    uint64_t began_ms, bytes; /* of the head, or the body */
    uint64_t requests;        /* answered */
};

/* http_line_check(h, line): the request line; 0, or the status that refuses it. */
unsigned http_line_check(struct http *h, struct sam_span line);
/* http_header_check(line): the form of one header line. */
unsigned http_header_check(struct sam_span line);
/* http_head_check(h): all headers together, as the library has split them; fills in the request. */
unsigned http_head_check(struct http *h);

#endif
