/* An invite as a camera reads it or a person types it: samling_invite_parse, and codes in letters (proto/base/spoken).
 *
 * Holds: what is taken names a host, a port, a pin and a code, all inside their bounds; written in either form it reads the same; what is refused
 * has no pin and no code together; a spoken code that is taken is written and read the same. */
#include "client-sdk/include/samling.h"
#include "proto/base/limits.h"
#include "proto/base/percent.h"
#include "proto/base/spoken.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>

static void hex(const uint8_t *p, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        *out++ = digit[p[i] >> 4];
        *out++ = digit[p[i] & 15];
    }
    *out = 0;
}

static void same(const struct samling_invite *a, const char *text)
{
    struct samling_invite b;
    HOLDS(samling_invite_parse(text, &b) == 0);
    HOLDS(strcmp(a->host, b.host) == 0 && a->port == b.port && strcmp(a->clinic, b.clinic) == 0);
    HOLDS(memcmp(a->pin, b.pin, sizeof b.pin) == 0 && memcmp(a->code, b.code, sizeof b.code) == 0);
}

static void written_again(const struct samling_invite *in)
{
    char pin[65], code[33], clinic[3 * sizeof in->clinic], text[1200];
    bool six = strchr(in->host, ':');
    hex(in->pin, sizeof in->pin, pin);
    hex(in->code, sizeof in->code, code);
    HOLDS(sam_percent(clinic, sizeof clinic, in->clinic) == 0);
    snprintf(text, sizeof text, "https://%s%s%s:%u/tablet/#pin=%s&code=%s&clinic=%s", six ? "[" : "", in->host,
             six ? "]" : "", in->port, pin, code, clinic);
    same(in, text);
    snprintf(text, sizeof text, "samling://%s%s%s:%u/?clinic=%s&code=%s&pin=%s", six ? "[" : "", in->host,
             six ? "]" : "", in->port, clinic, code, pin);
    same(in, text);
}

static void invite(const char *text)
{
    struct samling_invite in;
    memset(&in, 'x', sizeof in);
    int err = samling_invite_parse(text, &in);
    HOLDS(err == 0 || err == SAMLING_EUSAGE);
    HOLDS(memchr(in.host, 0, sizeof in.host) && memchr(in.clinic, 0, sizeof in.clinic));
    if (err)
        return;
    HOLDS(in.port > 0 && *in.host && !strpbrk(in.host, "/?#"));
    written_again(&in);
}

static void spoken(const char *text, unsigned letters)
{
    uint8_t bytes[32], again[32];
    char out[64];
    size_t n = SAM_SPOKEN_BYTES(letters);
    memset(bytes, 'x', sizeof bytes);
    int err = sam_spoken_read(text, letters, bytes);
    HOLDS(bytes[n] == 'x');
    for (size_t i = 0; err && i < n; i++)
        HOLDS(bytes[i] == 0);
    if (err)
        return;
    sam_spoken_write(bytes, letters, out);
    HOLDS(strlen(out) == letters + letters / 4 - 1);
    HOLDS(sam_spoken_read(out, letters, again) == 0 && memcmp(bytes, again, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    char *text = fuzz_text(in);
    invite(text);
    spoken(text, SAM_CODE_LETTERS);
    spoken(text, 12);
    free(text);
    return 0;
}
