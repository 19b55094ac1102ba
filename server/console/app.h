/* The tablet app below /tablet/, as the program has it in itself: files in one folder, each packed with gzip when the program was
 * built. Whoever takes gzip gets those bytes; for others a file is unpacked once and kept. It lies in the program and not in the
 * library, so main hands the table down (build/gen/app_files.c).
 *
 * A name with a hash in it, "app-AB12CD34.js" or "samling-e36475de9401.wasm", never names other bytes and may be kept for ever; any
 * other file is asked for again each time, and 304 as long as it is the same. */
#ifndef CONSOLE_APP_H
#define CONSOLE_APP_H

#include "proto/base/buf.h"

#include <stdbool.h>

#define APP_FILE_BYTES_MAX (16u * 1024u * 1024u) /* unpacked */
#define APP_FILES_MAX 256u
#define APP_HASH_LETTERS 32u
#define APP_ETAG_BYTES (APP_HASH_LETTERS + 6u) /* in quotes, with "-gz" where it is packed: they are other bytes */

struct app_file {
    const char *name;           /* NULL: the end of the table */
    const uint8_t *bytes, *end; /* packed */
    size_t length;              /* unpacked */
    const char *hash;           /* of the unpacked bytes, APP_HASH_LETTERS of SHA-256 */
};

struct app;

/* app_new(out, files): ${files}, NULL: none, outlives it. SAM_ENOMEM; SAM_ETOOBIG: too many, or too large. */
int app_new(struct app **out, const struct app_file *files);
void app_free(struct app *app);
/* app_find(app, name): NULL: none. */
const struct app_file *app_find(const struct app *app, struct sam_span name);
struct sam_span app_packed(const struct app_file *f);
/* app_plain(app, f, out): the file itself; lives as long as ${app}. SAM_ENOMEM; SAM_ECORRUPT: it is not what the table says. */
int app_plain(struct app *app, const struct app_file *f, struct sam_span *out);
/* app_etag(f, packed, out): strong, so another one for each of its two forms. */
void app_etag(const struct app_file *f, bool packed, char out[APP_ETAG_BYTES]);
/* app_hashed(f): its name has a hash in it: "-", then eight capitals or digits, or twelve small hexadecimal digits, and the ending. */
bool app_hashed(const struct app_file *f);

#endif
