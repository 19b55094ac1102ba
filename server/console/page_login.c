/* Getting in and out. Each answer says what the session is now: {"state": "none" | "half" | "open" | "idle", "name", "token",
 * "roles": [{"en", "nb", "org"}], "rights": ["CASE_SEE", …] that it has somewhere, "idle_s"}; what is refused says why in both languages. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/console.h"
#include "server/console/fields.h"
#include "server/console/gate.h"
#include "server/console/page.h"

#include <string.h>

#define NAME_BYTES_MAX 256u /* as somebody may type it; a login name is shorter */
#define WORD_BYTES_MAX 63u

static void roles_add(struct sam_json *j, const struct login_session *s)
{
    sam_json_list(j, "roles");
    for (unsigned i = 0; i < s->role_count; i++) {
        int role = (int)s->role[i].role;
        sam_json_object(j, NULL);
        sam_json_text(j, "en", sam_text_of(SAM_LANG_EN, SAM_TEXT_SET_ACCOUNT_ROLE, role));
        sam_json_text(j, "nb", sam_text_of(SAM_LANG_NB, SAM_TEXT_SET_ACCOUNT_ROLE, role));
        sam_json_id_or_null(j, "org", s->role[i].org);
        sam_json_end(j);
    }
    sam_json_end(j);
}

/* What a page may offer; where, the centre decides each time. */
static void rights_add(struct sam_json *j, const struct ask *a, const struct login_session *s)
{
    sam_json_list(j, "rights");
    for (int r = RIGHT_SESSION + 1; r < RIGHT_COUNT; r++)
        if (right_somewhere(s, gate_today(a), (enum right)r))
            sam_json_text(j, NULL, right_name((enum right)r));
    sam_json_end(j);
}

static int token_add(struct sam_json *j, struct login *l, const struct login_session *s)
{
    uint8_t token[SAM_HASH_BYTES];
    char text[LOGIN_TEXT_BYTES];
    int err = login_token(l, s, token);
    login_text(token, text);
    sam_json_text(j, "token", text);
    return err;
}

/* ${s} NULL: nobody's. */
static int session_reply(struct ask *a, const struct login_session *s)
{
    static const char *const state[] = {
        [LOGIN_NONE] = "none", [LOGIN_HALF] = "half", [LOGIN_OPEN] = "open", [LOGIN_IDLE] = "idle"};
    struct sam_json j;
    int err = 0;
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_text(&j, "state", state[s ? s->state : LOGIN_NONE]);
    if (s) {
        err = token_add(&j, gate_login(a->gate), s);
        sam_json_text(&j, "name", s->name);
        sam_json_int(&j, "idle_s", LOGIN_IDLE_MS / 1000);
    }
    if (s && s->state == LOGIN_OPEN) {
        roles_add(&j, s);
        rights_add(&j, a, s);
    }
    int whole = reply_json(&a->reply, &j);
    return err ? err : whole;
}

int page_session(struct ask *a)
{
    struct login_look seen = {0};
    if (a->who.state != LOGIN_NONE)
        login_look(gate_login(a->gate), a->sid, false, &seen);
    return session_reply(a, seen.session);
}

/* ---- answers of the login */

static const struct {
    unsigned status;
    enum sam_text_id text;
} refusals[] = {
    [LOGIN_REFUSED] = {401, SAM_TEXT_LOGIN_REFUSED}, [LOGIN_LATER] = {429, SAM_TEXT_LOGIN_LATER},
    [LOGIN_BUSY] = {503, SAM_TEXT_LOGIN_BUSY},       [LOGIN_ENDED] = {401, SAM_TEXT_LOGIN_ENDED},
    [LOGIN_SHUT] = {503, SAM_TEXT_LOGIN_SHUT},       [LOGIN_FAILED] = {500, SAM_TEXT_HTTP_500},
};

static int in(struct ask *a, const struct login_answer *answer)
{
    struct login_look seen;
    login_look(gate_login(a->gate), answer->id, false, &seen);
    if (!seen.session)
        return SAM_EAUTH; /* it was shut at the same moment */
    gate_cookie(&a->reply, answer->id);
    return session_reply(a, seen.session);
}

static void said(void *ctx, const struct login_answer *answer)
{
    struct ask *a = ctx;
    int err = 0;
    if (answer->result == LOGIN_IN || answer->result == LOGIN_SECOND) {
        err = in(a, answer);
    } else {
        a->reply.retry_after_s = answer->retry_s;
        reply_said(&a->reply, refusals[answer->result].status, refusals[answer->result].text, true);
    }
    console_answered(a, err);
}

int page_login(struct ask *a)
{
    char name[NAME_BYTES_MAX + 1], password[4 * PASSWORD_BYTES_MAX + 1];
    struct login_from from;
    struct field fields[] = {{"name", name, sizeof name, false}, {"password", password, sizeof password, false}};
    int err = fields_read(sam_buf_peek(&a->body), fields, 2);
    err = err ? err : gate_from(a, &from);
    if (err)
        return err;
    login_password(gate_login(a->gate), &from, name, password, said, a);
    sam_wipe(password, sizeof password);
    return 0;
}

/* What goes on with a session: its cookie and its token, and one word. */
static int word_read(const struct ask *a, const char *key, char *out, size_t size)
{
    struct field field = {key, out, size, false};
    if (a->who.state == LOGIN_NONE)
        return SAM_EAUTH;
    if (!a->token_ok)
        return SAM_EDENIED;
    return fields_read(sam_buf_peek(&a->body), &field, 1);
}

int page_login_second(struct ask *a)
{
    char word[WORD_BYTES_MAX + 1];
    struct login_from from;
    int err = word_read(a, "word", word, sizeof word);
    err = err ? err : gate_from(a, &from);
    if (err)
        return err;
    login_second(gate_login(a->gate), &from, a->sid, word, said, a);
    sam_wipe(word, sizeof word);
    return 0;
}

int page_login_unlock(struct ask *a)
{
    char password[4 * PASSWORD_BYTES_MAX + 1];
    struct login_from from;
    int err = word_read(a, "password", password, sizeof password);
    err = err ? err : gate_from(a, &from);
    if (err)
        return err;
    login_unlock(gate_login(a->gate), &from, a->sid, password, said, a);
    sam_wipe(password, sizeof password);
    return 0;
}

int page_logout(struct ask *a)
{
    if (a->who.state == LOGIN_NONE)
        return SAM_EAUTH;
    if (!a->token_ok)
        return SAM_EDENIED;
    login_logout(gate_login(a->gate), a->sid);
    gate_cookie(&a->reply, NULL);
    return session_reply(a, NULL);
}
