/* The own account: what it may, another password, new recovery codes. Both give the session another id, which the answer sets. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/console.h"
#include "server/console/fields.h"
#include "server/console/gate.h"
#include "server/console/page.h"

#include <stdio.h>

static void unit_add(struct sam_json *j, struct store *st, uint64_t org)
{
    char name[SAM_NAME_BYTES_MAX + 1] = "";
    struct store_row row;
    const struct sam_key key = {.entity = SAM_ORG_UNIT, .part = {org}};
    sam_json_id_or_null(j, "org", org);
    if (org && store_row_get(st, &key, &row) == 0 && row.exists && sam_row_has(&row.row, SAM_ORG_UNIT_name))
        snprintf(name, sizeof name, "%.*s", (int)row.row.val[SAM_ORG_UNIT_name].text.len,
                 (const char *)row.row.val[SAM_ORG_UNIT_name].text.ptr);
    sam_json_text(j, "unit", org ? name : NULL);
}

static void roles_add(struct sam_json *j, struct store *st, const struct login_session *s)
{
    sam_json_list(j, "roles");
    for (unsigned i = 0; i < s->role_count; i++) {
        sam_json_object(j, NULL);
        sam_json_int(j, "role", (int64_t)s->role[i].role);
        unit_add(j, st, s->role[i].org);
        sam_json_int_or_null(j, "to_day", s->role[i].to_day ? s->role[i].to_day : -1);
        sam_json_end(j);
    }
    sam_json_end(j);
}

static unsigned codes_left(const struct store_account *a)
{
    unsigned n = 0;
    for (unsigned i = 0; i < a->code_count; i++)
        n += a->code[i].used_s == 0;
    return n;
}

int page_account(struct ask *a, struct store *st)
{
    struct store_account own;
    struct sam_json j;
    int err = store_account_get(st, a->who.account, &own);
    sam_json_init(&j, REPLY_BYTES_MAX);
    sam_json_object(&j, NULL);
    sam_json_text(&j, "name", a->who.name);
    sam_json_int(&j, "login_s", own.login_s);
    sam_json_int(&j, "codes", codes_left(&own));
    roles_add(&j, st, &a->who);
    sam_wipe(&own, sizeof own);
    int made = reply_json(&a->reply, &j);
    return err ? err : made;
}

/* ---- what is asked of the account desk */

static void answered(void *ctx, const struct account_answer *answer)
{
    struct ask *a = ctx;
    struct login_look seen;
    login_look(gate_login(a->gate), a->sid, false, &seen);
    if (seen.session && seen.renewed)
        gate_cookie(&a->reply, seen.id);
    sam_wipe(&seen, sizeof seen);
    console_answered(a, page_account_reply(a, answer));
}

int page_account_password(struct ask *a)
{
    char password[4 * PASSWORD_BYTES_MAX + 1];
    struct field field = {"password", password, sizeof password, false};
    int err = fields_read(sam_buf_peek(&a->body), &field, 1);
    if (err)
        return err;
    account_password(gate_desk(a->gate), a->session, password, answered, a);
    sam_wipe(password, sizeof password);
    return 0;
}

int page_account_codes(struct ask *a)
{
    account_renew(gate_desk(a->gate), a->session, answered, a);
    return 0;
}
