#include "server/console/page.h"

#include "proto/base/err.h"

#include <string.h>

static int app_reply(struct ask *a, const struct app_file *f)
{
    struct reply *r = &a->reply;
    char etag[2][APP_ETAG_BYTES];
    if (!f)
        return SAM_ENOTFOUND;
    app_etag(f, false, etag[0]);
    app_etag(f, true, etag[1]);
    r->app = true;
    r->packed = a->gzip;
    r->type = asset_type(f->name);
    r->immutable = app_hashed(f);
    memcpy(r->made_etag, etag[a->gzip], sizeof r->made_etag);
    r->etag = r->made_etag;
    if (strcmp(a->if_none, etag[0]) == 0 || strcmp(a->if_none, etag[1]) == 0) {
        r->status = 304;
        return 0;
    }
    if (!a->gzip)
        return app_plain(a->app, f, &r->kept);
    r->kept = app_packed(f);
    return 0;
}

int page_app_file(struct ask *a)
{
    return app_reply(a, app_find(a->app, (struct sam_span){(const uint8_t *)a->name, strlen(a->name)}));
}

int page_app(struct ask *a)
{
    static const char name[] = "index.html";
    return app_reply(a, app_find(a->app, (struct sam_span){(const uint8_t *)name, sizeof name - 1}));
}

int page_app_above(struct ask *a)
{
    a->reply.status = 308;
    a->reply.location = "/tablet/";
    return 0;
}
