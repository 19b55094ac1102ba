#include "server/console/asset.h"

#include "console_web.h"
#include "proto/base/err.h"
#include "proto/base/json.h"
#include "proto/base/text.h"
#include "proto/wire/crypto.h"
#include "server/console/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASSETS_MAX 64u

struct assets {
    struct asset asset[ASSETS_MAX];
    struct sam_buf made[ASSETS_MAX]; /* where the bytes are not those of the file */
    unsigned count;
};

const char *asset_type(const char *name)
{
    static const char *const types[][2] = {{".html", "text/html; charset=utf-8"},
                                           {".css", "text/css; charset=utf-8"},
                                           {".js", "text/javascript; charset=utf-8"},
                                           {".json", "application/json"},
                                           {".webmanifest", "application/manifest+json"},
                                           {".wasm", "application/wasm"},
                                           {".svg", "image/svg+xml"},
                                           {".png", "image/png"},
                                           {".woff2", "font/woff2"}};
    const char *end = strrchr(name, '.');
    for (unsigned i = 0; end && i < sizeof types / sizeof *types; i++)
        if (strcmp(end, types[i][0]) == 0)
            return types[i][1];
    return "application/octet-stream";
}

static int finish(struct asset *a)
{
    uint8_t hash[SAM_SHA256_BYTES];
    if (sam_sha256(a->bytes.ptr, a->bytes.len, hash))
        return SAM_ECORRUPT;
    for (unsigned i = 0; i < ASSET_HASH_LETTERS / 2; i++)
        snprintf(a->hash + 2 * (size_t)i, 3, "%02x", hash[i]);
    snprintf(a->etag, sizeof a->etag, "\"%s\"", a->hash);
    return 0;
}

static struct asset *next(struct assets *all, const char *name)
{
    if (all->count == ASSETS_MAX)
        return NULL;
    struct asset *a = &all->asset[all->count];
    sam_buf_init(&all->made[all->count++], ASSET_BYTES_MAX);
    a->name = name;
    a->type = asset_type(name);
    return a;
}

const struct asset *assets_find(const struct assets *all, struct sam_span name)
{
    for (unsigned i = 0; i < all->count; i++)
        if (http_is(name, all->asset[i].name))
            return &all->asset[i];
    return NULL;
}

/* ---- what is made */

/* What people call the numbers of the wire: {…, "PRESENCE": ["Not recorded", …], …} */
static void set_add(struct sam_json *j, enum sam_lang lang, enum sam_text_set set, const char *name)
{
    enum sam_text_id first, last;
    sam_text_set_bounds(set, &first, &last);
    sam_json_list(j, name);
    for (int id = (int)first; id <= (int)last; id++)
        sam_json_text(j, NULL, sam_text(lang, (enum sam_text_id)id));
    sam_json_end(j);
}

/* The sets that pages need, by the names of the catalogue. */
static void sets_add(struct sam_json *j, enum sam_lang lang)
{
#define SET(name) set_add(j, lang, SAM_TEXT_SET_##name, #name)
    SET(PRESENCE);
    SET(EVIDENCE);
    SET(SESSION);
    SET(KIND);
    SET(WEEKDAY);
    SET(MONTH);
    SET(ENROLMENT);
    SET(ROLE);
    SET(DEVICE_STATE);
    SET(VERDICT);
    SET(REASON);
    SET(RULE);
    SET(COMPLETION);
    SET(COMPLETION_WHY);
    SET(ACCOUNT_ROLE);
    SET(ACCESS);
    SET(ORG);
    SET(FROZEN_SUM);
    SET(FROZEN_SAID);
    SET(FIELD);
    SET(EXERCISE);
    SET(SIDE);
    SET(CONSENT);
    SET(SOURCE);
    SET(TARGET);
    SET(GOAL);
    SET(OUTCOME);
#undef SET
}

/* Set WEB of the catalogue in one language: {"WEB_TITLE": "…", …} and some others */
static int texts_add(struct assets *all, enum sam_lang lang, const char *name)
{
    enum sam_text_id first, last;
    struct asset *a = next(all, name);
    struct sam_json j;
    if (!a)
        return SAM_ENOMEM;
    sam_json_init(&j, ASSET_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_text_set_bounds(SAM_TEXT_SET_WEB, &first, &last);
    for (int id = (int)first; id <= (int)last; id++)
        sam_json_text(&j, sam_text_name((enum sam_text_id)id), sam_text(lang, (enum sam_text_id)id));
    sets_add(&j, lang);
    int err = sam_json_end_all(&j);
    all->made[all->count - 1] = j.out;
    a->bytes = sam_buf_peek(&all->made[all->count - 1]);
    return err ? err : finish(a);
}

/* The address of the file that is named between braces. */
static int address_add(const struct assets *all, struct sam_span name, struct sam_buf *out)
{
    char address[160];
    const struct asset *a = assets_find(all, name);
    if (!a)
        return SAM_ENOTFOUND;
    int n = snprintf(address, sizeof address, "/web/%s?v=%s", a->name, a->hash);
    return sam_buf_add(out, address, (size_t)n);
}

static int page_fill(const struct assets *all, struct sam_span page, struct sam_buf *out)
{
    int err = 0;
    while (!err && page.len) {
        const uint8_t *at = memmem(page.ptr, page.len, "{{", 2), *end = page.ptr + page.len;
        const uint8_t *close = at ? memmem(at, (size_t)(end - at), "}}", 2) : NULL;
        size_t plain = close ? (size_t)(at - page.ptr) : page.len;
        err = sam_buf_add(out, page.ptr, plain);
        if (!err && close)
            err = address_add(all, (struct sam_span){at + 2, (size_t)(close - at) - 2}, out);
        page.ptr += plain;
        page.len -= plain;
        if (close) {
            page.len -= (size_t)(close - at) + 2;
            page.ptr = close + 2;
        }
    }
    return err;
}

static int file_add(struct assets *all, const struct console_web_file *file)
{
    struct asset *a = next(all, file->name);
    if (!a)
        return SAM_ENOMEM;
    struct sam_buf *made = &all->made[all->count - 1];
    a->bytes = (struct sam_span){file->bytes, (size_t)(file->end - file->bytes)};
    if (strcmp(a->type, "text/html; charset=utf-8") == 0) {
        int err = page_fill(all, a->bytes, made);
        if (err)
            return err;
        a->bytes = sam_buf_peek(made);
    }
    return finish(a);
}

/* Pages come last: they name the others. */
static int files_add(struct assets *all, bool pages)
{
    int err = 0;
    for (const struct console_web_file *f = console_web_files; !err && f->name; f++)
        if ((strcmp(asset_type(f->name), "text/html; charset=utf-8") == 0) == pages)
            err = file_add(all, f);
    return err;
}

int assets_new(struct assets **out)
{
    struct assets *all = calloc(1, sizeof *all);
    *out = NULL;
    if (!all)
        return SAM_ENOMEM;
    int err = texts_add(all, SAM_LANG_EN, "text.en.json");
    if (!err)
        err = texts_add(all, SAM_LANG_NB, "text.nb.json");
    if (!err)
        err = files_add(all, false);
    if (!err)
        err = files_add(all, true);
    if (err)
        assets_free(all);
    else
        *out = all;
    return err;
}

void assets_free(struct assets *all)
{
    for (unsigned i = 0; all && i < all->count; i++)
        sam_buf_fini(&all->made[i]);
    free(all);
}
