#include "server/console/page.h"

#include "proto/base/err.h"

#include <string.h>

static int asset_reply(struct ask *a, const struct asset *asset)
{
    char hash[ASSET_HASH_LETTERS + 1] = "";
    struct reply *r = &a->reply;
    r->type = asset->type;
    r->kept = asset->bytes;
    r->etag = asset->etag;
    r->immutable = ask_query(a, "v", hash, sizeof hash) && strcmp(hash, asset->hash) == 0;
    if (strcmp(a->if_none, asset->etag) == 0)
        r->status = 304;
    return 0;
}

int page_asset(struct ask *a)
{
    const struct asset *asset = assets_find(a->assets, (struct sam_span){(const uint8_t *)a->name, strlen(a->name)});
    return asset ? asset_reply(a, asset) : SAM_ENOTFOUND;
}

int page_shell(struct ask *a)
{
    static const char name[] = "index.html";
    return asset_reply(a, assets_find(a->assets, (struct sam_span){(const uint8_t *)name, sizeof name - 1}));
}
