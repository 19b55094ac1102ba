/* Taking an invitation: whose it is, a password, the app's secret, and the recovery codes. The link's code comes in the body: it
 * stands behind "#" in the link, so that no browser sends it along, and no log has it. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/console.h"
#include "server/console/fields.h"
#include "server/console/gate.h"
#include "server/console/page.h"
#include "server/qr/qr.h"

#include <string.h>

#define WORD_BYTES_MAX 63u
#define CODE_TEXT_BYTES (2u * ACCOUNT_CODE_BYTES + 1u)

static const struct {
    unsigned status;
    enum sam_text_id text;
} refusals[] = {
    [ACCOUNT_AGAIN] = {409, SAM_TEXT_ACCOUNT_AGAIN}, [ACCOUNT_PASSWORD] = {400, SAM_TEXT_PASSWORD_SHORT},
    [ACCOUNT_WRONG] = {401, SAM_TEXT_ACCOUNT_WRONG}, [ACCOUNT_VOID] = {409, SAM_TEXT_ACCOUNT_VOID},
    [ACCOUNT_LATER] = {429, SAM_TEXT_LOGIN_LATER},   [ACCOUNT_BUSY] = {503, SAM_TEXT_LOGIN_BUSY},
    [ACCOUNT_SHUT] = {503, SAM_TEXT_LOGIN_SHUT},     [ACCOUNT_FAILED] = {500, SAM_TEXT_HTTP_500},
};

static enum sam_text_id fault_text(enum password_fault fault)
{
    switch (fault) {
    case PASSWORD_FINE:
    case PASSWORD_SHORT: return SAM_TEXT_PASSWORD_SHORT;
    case PASSWORD_LONG: return SAM_TEXT_PASSWORD_LONG;
    case PASSWORD_SIGNS: return SAM_TEXT_PASSWORD_SIGNS;
    case PASSWORD_NAME: return SAM_TEXT_PASSWORD_NAME;
    case PASSWORD_COMMON: return SAM_TEXT_PASSWORD_COMMON;
    }
    return SAM_TEXT_PASSWORD_SHORT;
}

static int svg_add(struct sam_json *j, const char *uri)
{
    struct sam_buf svg;
    sam_buf_init(&svg, QR_SVG_BYTES_MAX);
    int err = qr_svg(&svg, uri);
    err = err ? err : sam_buf_add(&svg, "", 1);
    if (!err)
        sam_json_text(j, "qr", (const char *)sam_buf_peek(&svg).ptr);
    if (svg.mem)
        sam_wipe(svg.mem, svg.cap);
    sam_buf_fini(&svg);
    return err;
}

static int told(struct ask *a, const struct account_answer *answer)
{
    struct sam_json j;
    int err = 0;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_text(&j, "name", answer->name);
    if (answer->uri[0]) {
        sam_json_text(&j, "uri", answer->uri);
        sam_json_text(&j, "secret", answer->secret);
        err = svg_add(&j, answer->uri);
    }
    if (answer->result == ACCOUNT_DONE) {
        sam_json_list(&j, "codes");
        for (unsigned i = 0; i < STORE_ACCOUNT_CODES_MAX; i++)
            sam_json_text(&j, NULL, answer->code[i]);
        sam_json_end(&j);
    }
    int whole = reply_json(&a->reply, &j);
    return err ? err : whole;
}

int page_account_reply(struct ask *a, const struct account_answer *answer)
{
    enum account_result result = answer->result;
    if (result == ACCOUNT_GO_ON || result == ACCOUNT_DONE)
        return told(a, answer);
    a->reply.retry_after_s = answer->retry_s;
    reply_said(&a->reply, refusals[result].status,
               result == ACCOUNT_PASSWORD ? fault_text(answer->fault) : refusals[result].text, true);
    return 0;
}

static void answered(void *ctx, const struct account_answer *answer)
{
    struct ask *a = ctx;
    console_answered(a, page_account_reply(a, answer));
}

/* As hexadecimal digits; one that is none is as good as one that was never given. */
static void code_read(const char *text, uint8_t code[ACCOUNT_CODE_BYTES])
{
    char whole[LOGIN_TEXT_BYTES];
    uint8_t id[LOGIN_ID_BYTES];
    memset(whole, '0', sizeof whole - 1);
    whole[sizeof whole - 1] = 0;
    if (strlen(text) == CODE_TEXT_BYTES - 1)
        memcpy(whole, text, CODE_TEXT_BYTES - 1);
    login_text_read(whole, id); /* all 0 where it is none */
    memcpy(code, id, ACCOUNT_CODE_BYTES);
    sam_wipe(whole, sizeof whole);
    sam_wipe(id, sizeof id);
}

int page_invitation(struct ask *a)
{
    char text[CODE_TEXT_BYTES];
    uint8_t code[ACCOUNT_CODE_BYTES];
    struct login_from from;
    struct account_answer answer;
    struct field field = {"code", text, sizeof text, false};
    int err = fields_read(sam_buf_peek(&a->body), &field, 1);
    err = err ? err : gate_from(a, &from);
    if (err)
        return err;
    code_read(text, code);
    account_invited(gate_desk(a->gate), &from, code, &answer);
    err = page_account_reply(a, &answer);
    sam_wipe(&answer, sizeof answer);
    return err;
}

int page_invitation_begin(struct ask *a)
{
    char text[CODE_TEXT_BYTES], password[4 * PASSWORD_BYTES_MAX + 1];
    uint8_t code[ACCOUNT_CODE_BYTES];
    struct login_from from;
    struct field fields[] = {{"code", text, sizeof text, false}, {"password", password, sizeof password, false}};
    int err = fields_read(sam_buf_peek(&a->body), fields, 2);
    err = err ? err : gate_from(a, &from);
    if (err)
        return err;
    code_read(text, code);
    account_begin(gate_desk(a->gate), &from, code, password, answered, a);
    sam_wipe(password, sizeof password);
    return 0;
}

int page_invitation_finish(struct ask *a)
{
    char text[CODE_TEXT_BYTES], word[WORD_BYTES_MAX + 1];
    uint8_t code[ACCOUNT_CODE_BYTES];
    struct login_from from;
    struct field fields[] = {{"code", text, sizeof text, false}, {"word", word, sizeof word, false}};
    int err = fields_read(sam_buf_peek(&a->body), fields, 2);
    err = err ? err : gate_from(a, &from);
    if (err)
        return err;
    code_read(text, code);
    account_finish(gate_desk(a->gate), &from, code, word, answered, a);
    return 0;
}
