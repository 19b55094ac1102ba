#include "server/admin/invite.h"

#include "proto/base/err.h"
#include "proto/base/percent.h"

#include <qrencode.h>
#include <stdio.h>
#include <string.h>

#define QUIET 2 /* light modules around the code */

static void hex(char *out, const uint8_t *p, size_t n)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digit[p[i] >> 4];
        out[2 * i + 1] = digit[p[i] & 15];
    }
    out[2 * n] = 0;
}

int invite_text(char out[INVITE_TEXT_BYTES_MAX], const char *host, uint16_t port, const uint8_t pin[32],
                const struct intake_invite *invite, const char *clinic)
{
    char pin_hex[65], code_hex[2 * SAM_CODE_BYTES + 1], name[3 * SAM_NAME_BYTES_MAX + 1];
    bool six = strchr(host, ':') != NULL;
    if (strlen(clinic) > SAM_NAME_BYTES_MAX || sam_percent(name, sizeof name, clinic))
        return SAM_ETOOBIG;
    hex(pin_hex, pin, 32);
    hex(code_hex, invite->code, SAM_CODE_BYTES);
    int n = snprintf(out, INVITE_TEXT_BYTES_MAX, "samling://%s%s%s:%u/?pin=%s&code=%s&clinic=%s", six ? "[" : "", host,
                     six ? "]" : "", port, pin_hex, code_hex, name);
    return n < 0 || (size_t)n >= INVITE_TEXT_BYTES_MAX ? SAM_ETOOBIG : 0;
}

static bool is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1);
}

int invite_qr(struct report *r, const char *text)
{
    static const char *const block[] = {"\u2588", "\u2580", "\u2584",
                                        " "}; /* bit 1: dark above, bit 0: dark below; light modules are drawn */
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (!code)
        return SAM_ENOMEM;
    for (int y = -QUIET; y < code->width + QUIET; y += 2) {
        report_say(r, "\x1b[40;97m");
        for (int x = -QUIET; x < code->width + QUIET; x++)
            report_say(r, "%s", block[is_dark(code, x, y) << 1 | is_dark(code, x, y + 1)]);
        report_say(r, "\x1b[0m\n");
    }
    QRcode_free(code);
    return 0;
}
