/* The invite as text, and what a device keeps of it until the centre has answered. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/retry.h"

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

/* host:port, [v6]:port */
static bool address_read(const char *p, size_t len, struct samling_invite *out)
{
    const char *colon = memrchr(p, ':', len);
    char digits[6];
    char *end;
    if (!colon)
        return false;
    size_t host = (size_t)(colon - p), port = len - host - 1;
    if (host >= 2 && p[0] == '[' && p[host - 1] == ']') {
        p++;
        host -= 2;
    }
    if (host == 0 || host >= sizeof out->host || port == 0 || port >= sizeof digits || colon[1] < '0' || colon[1] > '9')
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

int samling_invite_parse(const char *text, struct samling_invite *out)
{
    static const char scheme[] = "samling://";
    bool pin = false, code = false;
    if (!out)
        return SAMLING_EUSAGE;
    memset(out, 0, sizeof *out);
    if (!text || strncmp(text, scheme, sizeof scheme - 1) != 0)
        return SAMLING_EUSAGE;
    const char *p = text + sizeof scheme - 1, *query = strchr(p, '?');
    size_t address = strcspn(p, "/?");
    if (!query || !address_read(p, address, out))
        return SAMLING_EUSAGE;
    for (p = query + 1; *p;) {
        size_t len = strcspn(p, "&#"), name = strcspn(p, "=");
        if (name > len)
            name = len;
        const char *value = p + name + (name < len);
        size_t value_len = len - name - (name < len);
        bool ok = true;
        if (name_is(p, name, "pin"))
            ok = pin = hex_read(value, value_len, out->pin, sizeof out->pin);
        else if (name_is(p, name, "code"))
            ok = code = hex_read(value, value_len, out->code, sizeof out->code);
        else if (name_is(p, name, "clinic"))
            ok = percent_read(value, value_len, out->clinic, sizeof out->clinic);
        if (!ok)
            return SAMLING_EUSAGE;
        p += len + (p[len] == '&');
        if (*p == '#')
            break;
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
static int keep(struct samling *s, const struct samling_invite *in, const char *label, bool same)
{
    int err = same ? 0 : keep_key(s, in);
    if (!err)
        err = sam_meta_secret_set(s, "pin", in->pin, sizeof in->pin);
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

int samling_join_begin(samling *s, const char *invite, const char *label)
{
    struct samling_invite in;
    uint8_t code[SAM_CODE_BYTES];
    uint64_t state = sam_meta(s, state);
    if (samling_invite_parse(invite, &in))
        return sam_fail(s, SAM_EUSAGE, "this is not an invite");
    if (!label)
        label = "";
    if (strlen(label) > SAM_NAME_BYTES_MAX)
        return sam_fail(s, SAM_ERANGE, "the device's label is too long");
    bool same = (state == SAMLING_INVITED || state == SAMLING_PENDING) &&
                !sam_meta_secret(s, "code", code, sizeof code) && !memcmp(code, in.code, sizeof code);
    if (same && state == SAMLING_PENDING) /* sent and answered: nothing is left to keep */
        return sam_fail(s, 0, NULL);
    if (state != SAMLING_NOT_JOINED && state != SAMLING_INVITED)
        return sam_fail(s, SAM_ESTATE, "this device has joined already");
    int err = sam_store_begin(&s->store);
    return sam_done(s, err ? err : keep(s, &in, label, same));
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
