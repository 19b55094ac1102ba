/* Accounts of the console: the list, and one of them. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/author.h"
#include "server/admin/verbs_account.h"

#include <stdio.h>
#include <string.h>

static void org_name(struct verb_context *v, uint64_t org, char out[SAM_NAME_BYTES_MAX + 1])
{
    if (org)
        author_name(v, SAM_ORG_UNIT, org, SAM_ORG_UNIT_name, out, SAM_NAME_BYTES_MAX + 1);
    else
        snprintf(out, SAM_NAME_BYTES_MAX + 1, "%s", sam_text(v->lang, SAM_TEXT_ACCOUNT_WHOLE));
}

void account_role_say(struct verb_context *v, const struct store_account_role *role, char out[VALUE_BYTES_MAX])
{
    char org[SAM_NAME_BYTES_MAX + 1], day[VALUE_TIME_BYTES], text[VALUE_BYTES_MAX];
    org_name(v, role->org, org);
    value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_ACCOUNT_ROLE_AT,
              sam_text_of(v->lang, SAM_TEXT_SET_ACCOUNT_ROLE, (int)role->role), org);
    if (role->from_day > author_today(v)) {
        snprintf(text, sizeof text, "%s", out);
        value_day_brief(v, role->from_day, day);
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_ACCOUNT_FROM, text, day);
    }
    if (role->to_day) {
        snprintf(text, sizeof text, "%s", out);
        value_day_brief(v, role->to_day, day);
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_ACCOUNT_UNTIL, text, day);
    }
}

static const char *state_text(struct verb_context *v, const struct store_account *a)
{
    return sam_text_of(v->lang, SAM_TEXT_SET_ACCOUNT_STATE, (int)account_state_shown(v, a));
}

/* ---- the list */

static void list_row(struct verb_context *v, const struct store_account *a)
{
    struct report *r = &v->report;
    char roles[VALUE_BYTES_MAX] = "", role[VALUE_BYTES_MAX], login[VALUE_TIME_BYTES] = "-";
    for (unsigned i = 0; i < a->role_count; i++) {
        account_role_say(v, &a->role[i], role);
        value_join(roles, sizeof roles, ", ", r->json ? word_of(words_account_role, a->role[i].role) : role);
    }
    if (a->login_s)
        value_time(v, a->login_s, login);
    report_cell_num(r, (int64_t)a->id);
    report_cell_str(r, a->name);
    report_cell_word(r, word_of(words_account_state, account_state_shown(v, a)), state_text(v, a));
    report_cell_str(r, roles);
    if (r->json)
        report_cell_num(r, a->login_s);
    else
        report_cell_str(r, login);
}

int verb_account_list(struct verb_context *v)
{
    static const struct report_column columns[] = {{"id", SAM_TEXT_COL_ID},
                                                   {"name", SAM_TEXT_COL_ACCOUNT},
                                                   {"state", SAM_TEXT_COL_STATE},
                                                   {"roles", SAM_TEXT_COL_ROLES},
                                                   {"login_s", SAM_TEXT_COL_LOGIN}};
    struct store_account a = {0};
    int err;
    report_table(&v->report, columns, sizeof columns / sizeof *columns);
    while ((err = store_account_next(v->st, a.id, &a)) == 0)
        list_row(v, &a);
    sam_wipe(&a, sizeof a);
    if (err != SAM_ENOTFOUND)
        return err;
    report_table_end(&v->report);
    return VERB_OK;
}

/* ---- one */

static void time_say(struct verb_context *v, const char *name, enum sam_text_id shown, int64_t at_s)
{
    char text[VALUE_TIME_BYTES];
    if (!at_s)
        return;
    report_num(&v->report, name, at_s);
    value_time(v, at_s, text);
    report_row_text(&v->report, NULL, shown, text);
}

static void user_say(struct verb_context *v, const struct store_account *a)
{
    char name[SAM_NAME_BYTES_MAX + 1];
    author_name(v, SAM_USER, a->user_id, SAM_USER_name, name, sizeof name);
    report_num(&v->report, "user_id", (int64_t)a->user_id);
    report_row_text(&v->report, NULL, SAM_TEXT_ACCOUNT_USER_IS,
                    a->user_id ? name : sam_text(v->lang, SAM_TEXT_ACCOUNT_NO_USER));
}

static void roles_say(struct verb_context *v, const struct store_account *a)
{
    static const struct report_column columns[] = {{"role", SAM_TEXT_COL_ROLE},
                                                   {"org", SAM_TEXT_COL_CLINIC},
                                                   {"from", SAM_TEXT_COL_WHEN},
                                                   {"to", SAM_TEXT_COL_WHEN}};
    char text[VALUE_BYTES_MAX], day[VALUE_TIME_BYTES];
    report_list(&v->report, "roles", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; i < a->role_count; i++) {
        const struct store_account_role *role = &a->role[i];
        account_role_say(v, role, text);
        report_row_text(&v->report, NULL, SAM_TEXT_ACCOUNT_ROLE_IS, text);
        report_cell_str(&v->report, word_of(words_account_role, role->role));
        report_cell_num(&v->report, (int64_t)role->org);
        value_day_iso(role->from_day, day);
        report_cell_str(&v->report, day);
        day[0] = 0;
        if (role->to_day)
            value_day_iso(role->to_day, day);
        report_cell_str(&v->report, day);
    }
    report_table_end(&v->report);
}

int verb_account_show(struct verb_context *v)
{
    struct store_account a;
    unsigned left = 0;
    int err = account_read(v, v->args.pos[0], &a);
    if (err)
        return err;
    for (unsigned i = 0; i < a.code_count; i++)
        left += a.code[i].used_s == 0;
    uint32_t state = account_state_shown(v, &a);
    report_num(&v->report, "id", (int64_t)a.id);
    report_row_text(&v->report, "name", SAM_TEXT_ACCOUNT_NAME_IS, a.name);
    report_text(&v->report, "state", word_of(words_account_state, state));
    report_row_text(&v->report, NULL, SAM_TEXT_ACCOUNT_STATE_IS, state_text(v, &a));
    user_say(v, &a);
    time_say(v, "made_s", SAM_TEXT_ACCOUNT_MADE, a.made_s);
    time_say(v, "login_s", SAM_TEXT_ACCOUNT_LOGIN, a.login_s);
    time_say(v, "invite_expires_s", SAM_TEXT_ACCOUNT_INVITE_ENDS, a.invited ? a.invite_expires_s : 0);
    time_say(v, "locked_until_s", SAM_TEXT_ACCOUNT_LOCK_ENDS,
             account_locked(&a, intake_now_s(v->in)) ? a.locked_until_s : 0);
    report_row_num(&v->report, "codes_left", SAM_TEXT_ACCOUNT_CODES_LEFT, left);
    roles_say(v, &a);
    sam_wipe(&a, sizeof a);
    return VERB_OK;
}
