/* The files of server/console/web, embedded in the program, and the texts of the catalogue as files beside them. In an HTML file
 * "{{NAME}}" stands for the address of another one with its hash in it, "/web/app.js?v=1f0c…": that may be kept for ever. */
#ifndef CONSOLE_ASSET_H
#define CONSOLE_ASSET_H

#include "proto/base/buf.h"

#include <stdbool.h>

#define ASSET_BYTES_MAX (512u * 1024u)
#define ASSET_HASH_LETTERS 16u

struct asset {
    const char *name, *type; /* type: of Content-Type, by the ending */
    struct sam_span bytes;
    char hash[ASSET_HASH_LETTERS + 1];
    char etag[ASSET_HASH_LETTERS + 3]; /* the hash in quotes */
};

struct assets;

/* assets_new(out): all of them. SAM_ENOMEM; SAM_ENOTFOUND: a "{{NAME}}" of no file; SAM_ECORRUPT: no hash. */
int assets_new(struct assets **out);
void assets_free(struct assets *all);
/* asset_type(name): Content-Type, by the ending of a file's name; static. */
const char *asset_type(const char *name);
/* assets_find(all, name): NULL: none. */
const struct asset *assets_find(const struct assets *all, struct sam_span name);

#endif
