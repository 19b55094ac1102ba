#include "server/console/upgrade.h"

#include "proto/base/assert.h"
#include "proto/wire/crypto.h"

#include <string.h>

#define KEY_LETTERS 24u /* 16 bytes */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"; /* of RFC 6455, 1.3 */

/* 16 bytes in base64: the last letter carries two bits of them. */
static bool is_key(struct sam_span key)
{
    if (key.len != KEY_LETTERS || memcmp(key.ptr + KEY_LETTERS - 2, "==", 2) != 0)
        return false;
    for (size_t i = 0; i < KEY_LETTERS - 2; i++)
        if (key.ptr[i] == 0 || !strchr(letters, key.ptr[i]))
            return false;
    return (strchr(letters, key.ptr[KEY_LETTERS - 3]) - letters) % 16 == 0;
}

static void base64(const uint8_t in[SAM_SHA1_BYTES], char out[UPGRADE_ACCEPT_BYTES])
{
    for (size_t i = 0, n = 0; i < SAM_SHA1_BYTES; i += 3) {
        uint32_t v = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | (i + 2 < SAM_SHA1_BYTES ? in[i + 2] : 0u);
        for (int shift = 18; shift >= 0; shift -= 6)
            out[n++] = letters[v >> shift & 63];
    }
    out[UPGRADE_ACCEPT_BYTES - 2] = '=';
    out[UPGRADE_ACCEPT_BYTES - 1] = 0;
}

static bool answer(struct sam_span key, char accept[UPGRADE_ACCEPT_BYTES])
{
    uint8_t text[KEY_LETTERS + sizeof guid - 1], hash[SAM_SHA1_BYTES];
    SAM_ASSERT(key.len == KEY_LETTERS);
    memcpy(text, key.ptr, KEY_LETTERS);
    memcpy(text + KEY_LETTERS, guid, sizeof guid - 1);
    if (sam_sha1_websocket(text, sizeof text, hash))
        return false;
    base64(hash, accept);
    return true;
}

unsigned upgrade_check(const struct http_request *r, char accept[UPGRADE_ACCEPT_BYTES])
{
    struct sam_span key = http_header(r, "sec-websocket-key");
    accept[0] = 0;
    if (r->verb != HTTP_VERB_GET || !http_lists(r, "upgrade", "websocket") || !http_lists(r, "connection", "upgrade"))
        return 426;
    if (http_count(r, "sec-websocket-version") != 1 || !http_is(http_header(r, "sec-websocket-version"), "13"))
        return 426;
    if (http_count(r, "origin") != 1 || !http_of_own_origin(r))
        return 403;
    if (http_count(r, "sec-websocket-key") != 1 || !is_key(key) ||
        !http_lists(r, "sec-websocket-protocol", UPGRADE_PROTOCOL))
        return 400;
    return answer(key, accept) ? 101 : 500;
}
