#include "server/admin/invite.h"

#include "proto/base/err.h"
#include "proto/base/percent.h"
#include "proto/wire/crypto.h"
#include "server/qr/qr.h"

#include <stdio.h>
#include <string.h>

#define PORT_DEFAULT 7311u
#define CODE_BYTES_MAX 32u

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
    int n = snprintf(out, INVITE_TEXT_BYTES_MAX, "https://%s%s%s:%u/tablet/#pin=%s&code=%s&clinic=%s", six ? "[" : "",
                     host, six ? "]" : "", port, pin_hex, code_hex, name);
    return n < 0 || (size_t)n >= INVITE_TEXT_BYTES_MAX ? SAM_ETOOBIG : 0;
}

void invite_code(char out[SAM_SPOKEN_TEXT_BYTES(SAM_CODE_LETTERS)], const struct intake_invite *invite)
{
    sam_spoken_write(invite->code, SAM_CODE_LETTERS, out);
}

void invite_beside(struct report *r, const char *text, const char *code)
{
    char page[INVITE_TEXT_BYTES_MAX];
    snprintf(page, sizeof page, "%.*s", (int)strcspn(text, "#"), text);
    report_tell(r, SAM_TEXT_ADM_INVITE_TYPED, page, code);
}

int invite_account_text(char out[INVITE_TEXT_BYTES_MAX], const char *host, uint16_t port, const uint8_t *code, size_t n)
{
    char code_hex[2 * CODE_BYTES_MAX + 1];
    bool six = strchr(host, ':') != NULL;
    if (n > CODE_BYTES_MAX)
        return SAM_ETOOBIG;
    hex(code_hex, code, n);
    int len = snprintf(out, INVITE_TEXT_BYTES_MAX, "https://%s%s%s:%u/invitation#%s", six ? "[" : "", host,
                       six ? "]" : "", port, code_hex);
    return len < 0 || (size_t)len >= INVITE_TEXT_BYTES_MAX ? SAM_ETOOBIG : 0;
}

int invite_place(struct verb_context *v, char host[HOME_HOST_BYTES_MAX], uint16_t *port)
{
    const char *named;
    uint64_t number = home_port(v->home);
    *port = 0;
    int code = verb_host(v, &named);
    if (code)
        return code;
    if (args_uint(&v->args, "port", 1, UINT16_MAX, &number))
        return verb_usage(v);
    int err = 0;
    if (named)
        snprintf(host, HOME_HOST_BYTES_MAX, "%s", named);
    else
        err = home_host(v->home, host);
    *port = (uint16_t)(number ? number : PORT_DEFAULT);
    return err ? verb_refuse(v, SAM_TEXT_ADM_NO_INVITE, verb_error_text(v->lang, err)) : VERB_OK;
}

/* The code, as ${draw} draws it, with a closing 0. */
static int drawn(const char *text, int (*draw)(struct sam_buf *out, const char *text), struct sam_buf *out)
{
    sam_buf_init(out, QR_SVG_BYTES_MAX);
    int err = draw(out, text);
    return err ? err : sam_buf_add(out, "", 1);
}

static void drawn_fini(struct sam_buf *out)
{
    if (out->mem)
        sam_wipe(out->mem, out->cap);
    sam_buf_fini(out);
}

int invite_qr(struct report *r, const char *text)
{
    struct sam_buf out;
    int err = drawn(text, qr_letters, &out);
    if (!err)
        report_lines(r, (const char *)sam_buf_peek(&out).ptr);
    drawn_fini(&out);
    return err;
}

int invite_svg(struct report *r, const char *text)
{
    struct sam_buf out;
    int err = r->page ? drawn(text, qr_svg, &out) : 0;
    if (!r->page)
        return 0;
    if (!err)
        report_text(r, "qr", (const char *)sam_buf_peek(&out).ptr);
    drawn_fini(&out);
    return err;
}
