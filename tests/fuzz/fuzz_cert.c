/* A certificate that a site brings along, as the operator hands it over: proto/wire/cert_read.
 *
 * Holds: what is read is text within its bounds; the pin is the one that tablets would compare; what cannot be read leaves nothing behind; the same
 * bytes as a chain with a key that is none are refused. */
#include "proto/base/err.h"
#include "proto/wire/cert_read.h"
#include "proto/wire/crypto.h"
#include "tests/fuzz/fuzz.h"

static bool is_zero(const void *p, size_t n)
{
    const uint8_t *byte = p;
    for (size_t i = 0; i < n; i++)
        if (byte[i])
            return false;
    return true;
}

static void text_check(const char *text, size_t size)
{
    HOLDS(memchr(text, 0, size));
    for (; *text; text++)
        HOLDS((uint8_t)*text >= ' ' && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sam_cert_info info;
    static bool started;
    uint8_t pin[SAM_CERT_PIN_BYTES];
    if (!started && sam_crypto_start())
        abort();
    started = true;
    int err = sam_cert_read(data, size, &info), pin_err = sam_cert_pin(data, size, pin);
    HOLDS((err == 0) == (pin_err == 0));
    HOLDS(err == 0 || err == SAM_ECORRUPT || err == SAM_ETOOBIG);
    HOLDS(sam_cert_check(data, size, "x", 1, "a.no", 1700000000) != SAM_CERT_GOOD);
    if (err) {
        HOLDS(is_zero(&info, sizeof info) && is_zero(pin, sizeof pin));
        return 0;
    }
    HOLDS(memcmp(pin, info.pin, sizeof pin) == 0 && info.chain >= 1);
    HOLDS(info.names <= COUNT(info.name));
    text_check(info.subject, sizeof info.subject);
    text_check(info.issuer, sizeof info.issuer);
    text_check(info.kind, sizeof info.kind);
    for (unsigned i = 0; i < info.names; i++)
        text_check(info.name[i], sizeof info.name[i]);
    return 0;
}
