#include "server/console/app.h"

#include "proto/base/err.h"
#include "server/console/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define GZIP_WINDOW (15 + 16) /* of zlib: gzip, and nothing else */

struct app {
    const struct app_file *file;
    unsigned count;
    uint8_t **plain; /* by file; NULL: nobody has asked for it without gzip */
};

int app_new(struct app **out, const struct app_file *files)
{
    struct app *app = calloc(1, sizeof *app);
    *out = NULL;
    if (!app)
        return SAM_ENOMEM;
    app->file = files;
    while (files && files[app->count].name) {
        if (app->count == APP_FILES_MAX || files[app->count].length > APP_FILE_BYTES_MAX) {
            app_free(app);
            return SAM_ETOOBIG;
        }
        app->count++;
    }
    app->plain = calloc(app->count + 1u, sizeof *app->plain);
    if (!app->plain) {
        app_free(app);
        return SAM_ENOMEM;
    }
    *out = app;
    return 0;
}

void app_free(struct app *app)
{
    if (!app)
        return;
    for (unsigned i = 0; app->plain && i < app->count; i++)
        free(app->plain[i]);
    free(app->plain);
    free(app);
}

const struct app_file *app_find(const struct app *app, struct sam_span name)
{
    for (unsigned i = 0; i < app->count; i++)
        if (http_is(name, app->file[i].name))
            return &app->file[i];
    return NULL;
}

struct sam_span app_packed(const struct app_file *f)
{
    return (struct sam_span){f->bytes, (size_t)(f->end - f->bytes)};
}

/* Exactly ${n} bytes, or it is not the file. */
static int unpack(const struct app_file *f, uint8_t *out, size_t n)
{
    struct sam_span in = app_packed(f);
    z_stream z = {
        .next_in = (Bytef *)(uintptr_t)in.ptr, .avail_in = (uInt)in.len, .next_out = out, .avail_out = (uInt)n};
    if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
        return SAM_ENOMEM;
    int end = inflate(&z, Z_FINISH);
    bool whole = end == Z_STREAM_END && z.total_out == f->length && z.avail_in == 0;
    inflateEnd(&z);
    return whole ? 0 : end == Z_MEM_ERROR ? SAM_ENOMEM : SAM_ECORRUPT;
}

int app_plain(struct app *app, const struct app_file *f, struct sam_span *out)
{
    uint8_t **plain = &app->plain[f - app->file];
    *out = (struct sam_span){0};
    if (!*plain) {
        uint8_t *made = malloc(f->length + 1); /* one byte more: of an empty file too there is something */
        int err = made ? unpack(f, made, f->length + 1) : SAM_ENOMEM;
        if (err) {
            free(made);
            return err;
        }
        *plain = made;
    }
    *out = (struct sam_span){*plain, f->length};
    return 0;
}

void app_etag(const struct app_file *f, bool packed, char out[APP_ETAG_BYTES])
{
    snprintf(out, APP_ETAG_BYTES, "\"%.*s%s\"", (int)APP_HASH_LETTERS, f->hash, packed ? "-gz" : "");
}

/* As the bundler names what it makes, and as the build names the rest. */
static const struct {
    size_t letters;
    const char *of;
} hashes[] = {{8, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, {12, "0123456789abcdef"}};

bool app_hashed(const struct app_file *f)
{
    const char *dot = strrchr(f->name, '.'), *line = dot ? memrchr(f->name, '-', (size_t)(dot - f->name)) : NULL;
    if (!line || line == f->name)
        return false;
    for (unsigned i = 0; i < sizeof hashes / sizeof *hashes; i++)
        if ((size_t)(dot - line - 1) == hashes[i].letters && strspn(line + 1, hashes[i].of) >= hashes[i].letters)
            return true;
    return false;
}
