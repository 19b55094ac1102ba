/* The HTTP library behind one table of functions: llhttp where the system has it (Debian 13), else http-parser (Debian 12). Only
 * http_lib.c knows which. It sees one message at a time, of which every byte has passed the guard of http.c. */
#ifndef CONSOLE_HTTP_LIB_H
#define CONSOLE_HTTP_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Called in order; what is borrowed stays valid as long as the bytes that were fed. Non-zero ends the parsing. */
struct http_lib_sink {
    int (*target)(void *ctx, const uint8_t *p, size_t n);
    int (*field)(void *ctx, const uint8_t *p, size_t n); /* may come in pieces, next to each other */
    int (*value)(void *ctx, const uint8_t *p, size_t n);
    int (*body)(void *ctx, const uint8_t *p, size_t n);
};

struct http_lib;

struct http_lib *http_lib_new(const struct http_lib_sink *sink, void *ctx);
void http_lib_free(struct http_lib *lib);
/* http_lib_begin(lib): a new message. */
void http_lib_begin(struct http_lib *lib);
/* http_lib_feed(lib, p, n): 0, or SAM_EPROTO: the library does not take it, or a sink said no. */
int http_lib_feed(struct http_lib *lib, const uint8_t *p, size_t n);
/* http_lib_ended(lib): the message is whole. */
bool http_lib_ended(const struct http_lib *lib);

#endif
