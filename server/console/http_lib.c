#include "server/console/http_lib.h"

#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

#if HAVE_LLHTTP
#include <llhttp.h>
typedef llhttp_t parser;
typedef llhttp_settings_t settings;
#else
#include <http_parser.h>
typedef http_parser parser;
typedef http_parser_settings settings;
#endif

struct http_lib {
    parser parser;
    settings settings;
    const struct http_lib_sink *sink;
    void *ctx;
    bool ended;
};

static int lib_target_cb(parser *p, const char *at, size_t n)
{
    struct http_lib *lib = p->data;
    return lib->sink->target(lib->ctx, (const uint8_t *)at, n);
}

static int lib_field_cb(parser *p, const char *at, size_t n)
{
    struct http_lib *lib = p->data;
    return lib->sink->field(lib->ctx, (const uint8_t *)at, n);
}

static int lib_value_cb(parser *p, const char *at, size_t n)
{
    struct http_lib *lib = p->data;
    return lib->sink->value(lib->ctx, (const uint8_t *)at, n);
}

static int lib_body_cb(parser *p, const char *at, size_t n)
{
    struct http_lib *lib = p->data;
    return lib->sink->body(lib->ctx, (const uint8_t *)at, n);
}

static int lib_end_cb(parser *p)
{
    ((struct http_lib *)p->data)->ended = true;
    return 0;
}

#if HAVE_LLHTTP

static void init(struct http_lib *lib)
{
    llhttp_settings_init(&lib->settings);
    llhttp_init(&lib->parser, HTTP_REQUEST, &lib->settings);
}

/* It stops behind a request that wants another protocol; we stay with this one. */
static bool execute(struct http_lib *lib, const char *p, size_t n)
{
    enum llhttp_errno err = llhttp_execute(&lib->parser, p, n);
    if (err == HPE_PAUSED_UPGRADE)
        return lib->ended && llhttp_get_error_pos(&lib->parser) == p + n;
    return err == HPE_OK;
}

#else

static void init(struct http_lib *lib)
{
    http_parser_settings_init(&lib->settings);
    http_parser_init(&lib->parser, HTTP_REQUEST);
}

static bool execute(struct http_lib *lib, const char *p, size_t n)
{
    return http_parser_execute(&lib->parser, &lib->settings, p, n) == n && HTTP_PARSER_ERRNO(&lib->parser) == HPE_OK;
}

#endif

void http_lib_begin(struct http_lib *lib)
{
    init(lib);
    lib->parser.data = lib;
    lib->settings.on_url = lib_target_cb;
    lib->settings.on_header_field = lib_field_cb;
    lib->settings.on_header_value = lib_value_cb;
    lib->settings.on_body = lib_body_cb;
    lib->settings.on_message_complete = lib_end_cb;
    lib->ended = false;
}

struct http_lib *http_lib_new(const struct http_lib_sink *sink, void *ctx)
{
    struct http_lib *lib = calloc(1, sizeof *lib);
    if (!lib)
        return NULL;
    lib->sink = sink;
    lib->ctx = ctx;
    http_lib_begin(lib);
    return lib;
}

void http_lib_free(struct http_lib *lib)
{
    free(lib);
}

int http_lib_feed(struct http_lib *lib, const uint8_t *p, size_t n)
{
    if (n == 0)
        return 0;
    return !lib->ended && execute(lib, (const char *)p, n) ? 0 : SAM_EPROTO;
}

bool http_lib_ended(const struct http_lib *lib)
{
    return lib->ended;
}
