/* Accounts of the console: making them, shutting them, and what they are. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/invite.h"
#include "server/admin/verbs_account.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN_BYTES = 60 };

const char *const words_account_state[] = {"none", "invited", "active", "disabled", "locked", NULL};
const char *const words_account_role[] = {"none",        "admin",   "coordinator", "physiotherapist",
                                          "nav-adviser", "auditor", NULL};

int account_read(struct verb_context *v, const char *word, struct store_account *a)
{
    char name[STORE_ACCOUNT_NAME_BYTES_MAX + 1], shown[WORD_SHOWN_BYTES];
    memset(a, 0, sizeof *a);
    int err = account_name_fold(word, name);
    err = err ? SAM_ENOTFOUND : store_account_by_name(v->st, name, a);
    if (err != SAM_ENOTFOUND)
        return err;
    snprintf(shown, sizeof shown, "%s", word);
    return verb_refuse(v, SAM_TEXT_ACCOUNT_NOT_FOUND, shown);
}

uint32_t account_state_shown(const struct verb_context *v, const struct store_account *a)
{
    bool locked = a->state == STORE_ACCOUNT_ACTIVE && account_locked(a, intake_now_s(v->in));
    return locked ? STORE_ACCOUNT_DISABLED + 1 : a->state;
}

/* ---- a role as it is said */

static int days_read(struct verb_context *v, struct store_account_role *r)
{
    r->from_day = author_today(v);
    r->to_day = 0;
    if (args_date(&v->args, "from", &r->from_day) || args_date(&v->args, "to", &r->to_day))
        return verb_usage(v);
    if (r->to_day && r->to_day < r->from_day)
        return verb_refuse(v, SAM_TEXT_ACCOUNT_DAYS);
    return VERB_OK;
}

static int role_read(struct verb_context *v, struct store_account_role *r)
{
    const char *word = args_get(&v->args, "role"), *clinic = args_get(&v->args, "clinic");
    *r = (struct store_account_role){0};
    if (!word)
        return verb_usage(v);
    if (word_find(words_account_role, SAM_TEXT_SET_ACCOUNT_ROLE, word, &r->role) || r->role == 0)
        return verb_refuse(v, SAM_TEXT_ACCOUNT_BAD_ROLE);
    int err = clinic ? author_clinic(v, clinic, &r->org) : VERB_OK;
    return err ? err : days_read(v, r);
}

/* ---- the link */

static int link_say(struct verb_context *v, const char *name, const struct account_invite *inv)
{
    char text[INVITE_TEXT_BYTES_MAX], host[HOME_HOST_BYTES_MAX], until[VALUE_TIME_BYTES];
    uint16_t port;
    int err = invite_place(v, host, &port);
    if (err)
        return err;
    err = invite_account_text(text, host, port, inv->code, sizeof inv->code);
    if (err)
        return verb_refuse(v, SAM_TEXT_ADM_NO_INVITE, verb_error_text(v->lang, err));
    value_time(v, inv->expires_s, until);
    report_num(&v->report, "id", (int64_t)inv->id);
    report_text(&v->report, "name", name);
    report_text(&v->report, "link", text);
    report_num(&v->report, "expires_s", inv->expires_s);
    report_tell(&v->report, SAM_TEXT_ACCOUNT_LINK, name, until);
    report_say(&v->report, "%s\n", text);
    err = args_has(&v->args, "qr") ? invite_qr(&v->report, text) : VERB_OK;
    sam_wipe(text, sizeof text);
    return err;
}

int verb_account_invite(struct verb_context *v)
{
    struct store_account_role role;
    struct account_invite inv;
    char name[STORE_ACCOUNT_NAME_BYTES_MAX + 1], actor[ACCESS_ACTOR_BYTES];
    const char *user = args_get(&v->args, "user");
    uint64_t user_id = 0;
    if (account_name_fold(v->args.pos[0], name))
        return verb_refuse(v, SAM_TEXT_ACCOUNT_BAD_NAME, (int)ACCOUNT_NAME_BYTES_MIN,
                           (int)STORE_ACCOUNT_NAME_BYTES_MAX);
    int err = role_read(v, &role);
    if (!err && user)
        err = author_user(v, user, &user_id);
    if (err)
        return err;
    access_actor(v, actor, sizeof actor);
    err = account_make(v->in, actor, name, user_id, &role, &inv);
    if (err == SAM_EEXIST)
        return verb_refuse(v, SAM_TEXT_ACCOUNT_THERE, name, name);
    if (!err)
        err = link_say(v, name, &inv);
    sam_wipe(&inv, sizeof inv);
    return err;
}

int verb_account_reset(struct verb_context *v)
{
    struct store_account a;
    struct account_invite inv;
    char actor[ACCESS_ACTOR_BYTES];
    int err = account_read(v, v->args.pos[0], &a);
    if (err)
        return err;
    access_actor(v, actor, sizeof actor);
    err = account_reset(v->in, actor, a.id, &inv);
    if (err == SAM_ESTATE)
        err = verb_refuse(v, SAM_TEXT_ACCOUNT_IS_DISABLED, a.name, a.name);
    if (!err)
        err = link_say(v, a.name, &inv);
    sam_wipe(&inv, sizeof inv);
    sam_wipe(&a, sizeof a);
    return err;
}

/* ---- states */

static int state_set(struct verb_context *v, int (*set)(struct intake *in, const char *actor, uint64_t id))
{
    struct store_account a;
    char actor[ACCESS_ACTOR_BYTES];
    int err = account_read(v, v->args.pos[0], &a);
    if (err)
        return err;
    access_actor(v, actor, sizeof actor);
    err = set(v->in, actor, a.id);
    if (!err)
        err = store_account_get(v->st, a.id, &a);
    uint32_t state = account_state_shown(v, &a);
    const char *shown = sam_text_of(v->lang, SAM_TEXT_SET_ACCOUNT_STATE, (int)state);
    if (err == SAM_ESTATE)
        err = set == account_unlock ? verb_refuse(v, SAM_TEXT_ACCOUNT_NOT_LOCKED, a.name)
                                    : verb_refuse(v, SAM_TEXT_ACCOUNT_IS_SO, a.name, shown);
    if (!err) {
        report_text(&v->report, "name", a.name);
        report_text(&v->report, "state", word_of(words_account_state, state));
        report_tell(&v->report, SAM_TEXT_ACCOUNT_NOW, a.name, shown);
    }
    sam_wipe(&a, sizeof a);
    return err;
}

int verb_account_disable(struct verb_context *v)
{
    return state_set(v, account_disable);
}
int verb_account_enable(struct verb_context *v)
{
    return state_set(v, account_enable);
}
int verb_account_unlock(struct verb_context *v)
{
    return state_set(v, account_unlock);
}

/* ---- roles */

static int role_change(struct verb_context *v, struct store_account *a, struct store_account_role *role, bool add)
{
    char actor[ACCESS_ACTOR_BYTES], what[VALUE_BYTES_MAX];
    access_actor(v, actor, sizeof actor);
    int err = add ? account_role_add(v->in, actor, a->id, role)
                  : account_role_remove(v->in, actor, a->id, role->role, role->org);
    if (!add)
        role->from_day = role->to_day = 0;
    account_role_say(v, role, what);
    if (err == SAM_EFULL)
        return verb_refuse(v, SAM_TEXT_ACCOUNT_ROLES_FULL, a->name, (int)STORE_ACCOUNT_ROLES_MAX);
    if (err == SAM_EEXIST)
        return verb_refuse(v, SAM_TEXT_ACCOUNT_NO_ROLE, a->name, what);
    if (err)
        return err;
    report_text(&v->report, "name", a->name);
    report_text(&v->report, "role", word_of(words_account_role, role->role));
    report_num(&v->report, "org", (int64_t)role->org);
    report_tell(&v->report, add ? SAM_TEXT_ACCOUNT_GRANTED : SAM_TEXT_ACCOUNT_TAKEN_AWAY, a->name, what);
    return VERB_OK;
}

int verb_account_role(struct verb_context *v)
{
    struct store_account a;
    struct store_account_role role;
    bool add = strcmp(v->args.pos[0], "add") == 0;
    if (!add && strcmp(v->args.pos[0], "remove") != 0) {
        verb_refuse(v, SAM_TEXT_ACCOUNT_ACTION);
        return VERB_USAGE;
    }
    int err = account_read(v, v->args.pos[1], &a);
    err = err ? err : role_read(v, &role);
    err = err ? err : role_change(v, &a, &role, add);
    sam_wipe(&a, sizeof a);
    return err;
}
