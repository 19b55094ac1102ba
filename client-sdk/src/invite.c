/* The invite as text, and what a device keeps of it until the centre has answered. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/retry.h"
#include "proto/base/host_name.h"
#include "proto/base/spoken.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Exactly ${n} bytes as hex digits. */
static bool hex_read(const char *p, size_t len, uint8_t *out, size_t n)
{
    if (len != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = hex_digit(p[2 * i]), low = hex_digit(p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

/* %41 and + as in a query; false: too long or not whole. */
static bool percent_read(const char *p, size_t len, char *out, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        char c = p[i] == '+' ? ' ' : p[i];
        if (p[i] == '%') {
            if (len - i < 3 || hex_digit(p[i + 1]) < 0 || hex_digit(p[i + 2]) < 0)
                return false;
            c = (char)(hex_digit(p[i + 1]) * 16 + hex_digit(p[i + 2]));
            i += 2;
        }
        if (n + 1 >= size || c == 0)
            return false;
        out[n++] = c;
    }
    out[n] = 0;
    return true;
}

/* host:port, [v6]:port; only what has a colon of its own stands between brackets */
static bool address_read(const char *p, size_t len, struct samling_invite *out)
{
    const char *colon = memrchr(p, ':', len);
    char digits[6];
    char *end;
    if (!colon)
        return false;
    size_t host = (size_t)(colon - p), port = len - host - 1;
    bool six = host >= 2 && p[0] == '[' && p[host - 1] == ']';
    if (six) {
        p++;
        host -= 2;
    }
    if (!sam_is_host_name(p, host) || six != (memchr(p, ':', host) != NULL) || port == 0 || port >= sizeof digits ||
        colon[1] < '0' || colon[1] > '9')
        return false;
    memcpy(out->host, p, host);
    memcpy(digits, colon + 1, port);
    digits[port] = 0;
    unsigned long v = strtoul(digits, &end, 10);
    out->port = (uint16_t)v;
    return *end == 0 && v > 0 && v <= UINT16_MAX;
}

static bool name_is(const char *p, size_t len, const char *name)
{
    return len == strlen(name) && !memcmp(p, name, len);
}

/* One "name=value" between & of an invite. What is not known is skipped. */
static bool part_read(const char *p, size_t len, struct samling_invite *out, bool *pin, bool *code)
{
    const char *equals = memchr(p, '=', len);
    size_t name = equals ? (size_t)(equals - p) : len, value_len = equals ? len - name - 1 : 0;
    const char *value = p + len - value_len;
    if (name_is(p, name, "pin"))
        return *pin = hex_read(value, value_len, out->pin, sizeof out->pin);
    if (name_is(p, name, "code"))
        return *code = hex_read(value, value_len, out->code, sizeof out->code);
    return !name_is(p, name, "clinic") || percent_read(value, value_len, out->clinic, sizeof out->clinic);
}

/* As a web address, of which a browser sends only what is before #, and as it was before there was an app. A web address without a
 * port has that of the web. */
static const struct form {
    const char *scheme, *path;
    uint16_t port;
} forms[] = {{"https://", "/tablet/#", 443}, {"samling://", "/?", 0}};

static const char *address_of(const char *text, const struct form *f, struct samling_invite *out)
{
    if (strncmp(text, f->scheme, strlen(f->scheme)) != 0)
        return NULL;
    const char *p = text + strlen(f->scheme);
    size_t n = strcspn(p, "/?#");
    char with_port[sizeof out->host + 8]; /* [, ], : and five digits */
    if (strncmp(p + n, f->path, strlen(f->path)) != 0 || n >= sizeof with_port)
        return NULL;
    const char *colon = memrchr(p, ':', n), *bracket = memrchr(p, ']', n);
    bool bare = f->port && (!colon || (bracket && colon < bracket));
    int len = snprintf(with_port, sizeof with_port, bare ? "%.*s:%u" : "%.*s", (int)n, p, f->port);
    bool whole = len > 0 && (size_t)len < sizeof with_port;
    return whole && address_read(with_port, (size_t)len, out) ? p + n + strlen(f->path) : NULL;
}

int samling_invite_parse(const char *text, struct samling_invite *out)
{
    bool pin = false, code = false;
    const char *p = NULL;
    if (!out)
        return SAMLING_EUSAGE;
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; text && !p && i < sizeof forms / sizeof *forms; i++)
        p = address_of(text, &forms[i], out);
    while (p && *p && *p != '#') {
        size_t len = strcspn(p, "&#");
        if (!part_read(p, len, out, &pin, &code))
            return SAMLING_EUSAGE;
        p += len + (p[len] == '&');
    }
    return pin && code ? 0 : SAMLING_EUSAGE;
}

static int keep_key(struct samling *s, const struct samling_invite *in)
{
    uint8_t key[SAM_KEY_BYTES];
    int err = sam_random(key, sizeof key);
    if (!err)
        err = sam_meta_secret_set(s, "key", key, sizeof key);
    sam_wipe(key, sizeof key);
    return err ? err : sam_meta_secret_set(s, "code", in->code, sizeof in->code);
}

/* The key is made once for a code: a repeated JOIN must carry the same one. The address may have been corrected. */
static int keep(struct samling *s, const struct samling_invite *in, bool pinned, const char *label, bool same)
{
    int err = same ? 0 : keep_key(s, in);
    if (!err)
        err = pinned ? sam_meta_secret_set(s, "pin", in->pin, sizeof in->pin) : sam_meta_drop(s, "pin");
    if (!err)
        err = sam_meta_text_set(s, "host", in->host);
    if (!err)
        err = sam_meta_put(s, port, in->port);
    if (!err)
        err = sam_meta_text_set(s, "clinic", in->clinic);
    if (!err)
        err = sam_meta_text_set(s, "label", label);
    if (!err)
        err = sam_meta_put(s, state, SAMLING_INVITED);
    if (!err)
        err = sam_meta_put(s, retry_count, 0);
    return err ? err : sam_retry_soon(s);
}

static int begin(struct samling *s, const struct samling_invite *in, bool pinned, const char *label)
{
    uint8_t code[SAM_CODE_BYTES];
    uint64_t state = sam_meta(s, state);
    if (!label)
        label = "";
    if (strlen(label) > SAM_NAME_BYTES_MAX)
        return sam_fail(s, SAM_ERANGE, "the device's label is too long");
    bool same = (state == SAMLING_INVITED || state == SAMLING_PENDING) &&
                !sam_meta_secret(s, "code", code, sizeof code) && !memcmp(code, in->code, sizeof code);
    if (same && state == SAMLING_PENDING) /* sent and answered: nothing is left to keep */
        return sam_fail(s, 0, NULL);
    if (state != SAMLING_NOT_JOINED && state != SAMLING_INVITED)
        return sam_fail(s, SAM_ESTATE, "this device has joined already");
    int err = sam_store_begin(&s->store);
    return sam_done(s, err ? err : keep(s, in, pinned, label, same));
}

int samling_join_begin(samling *s, const char *invite, const char *label)
{
    struct samling_invite in;
    if (samling_invite_parse(invite, &in))
        return sam_fail(s, SAM_EUSAGE, "this is not an invite");
    return begin(s, &in, true, label);
}

int samling_join_typed(samling *s, const char *typed, const char *host, uint16_t port, const char *label)
{
    struct samling_invite in = {.port = port};
    size_t n = host ? strlen(host) : 0;
    if (!host || !sam_is_host_name(host, n) || port == 0)
        return sam_fail(s, SAM_EUSAGE, "no place to join at");
    memcpy(in.host, host, n);
    if (!typed || sam_spoken_read(typed, SAM_CODE_LETTERS, in.code))
        return sam_fail(s, SAM_EUSAGE, "this is not the code of an invite");
    return begin(s, &in, false, label);
}

int samling_join_digits(samling *s, char digits[7])
{
    uint8_t key[SAM_KEY_BYTES], code[SAM_CODE_BYTES], hash[SAM_HASH_BYTES];
    uint64_t v = 0;
    memset(digits, 0, 7);
    int err = sam_meta_secret(s, "key", key, sizeof key);
    if (!err)
        err = sam_meta_secret(s, "code", code, sizeof code);
    if (!err)
        err = sam_sha256_2(key, sizeof key, code, sizeof code, hash);
    sam_wipe(key, sizeof key);
    if (err)
        return sam_fail(s, err == SAM_ENOTFOUND ? SAM_ESTATE : err,
                        "no invite is open: there is none, or the device was approved");
    for (int i = 0; i < 8; i++)
        v = v << 8 | hash[i];
    snprintf(digits, 7, "%06u", (unsigned)(v % 1000000u));
    return 0;
}
