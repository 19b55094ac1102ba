#include "server/admin/two.h"

#include "proto/base/fold.h"
#include "proto/wire/crypto.h"
#include "server/admin/author.h"
#include "server/store/store_account.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>

enum { PASSWD_BYTES = 4096 };

/* ---- who asks */

/* Whoever a substitute is shown as. */
static uint64_t user_real(struct verb_context *v, uint64_t id)
{
    struct store_row row;
    if (!id || author_row(v, SAM_USER, id, &row) || !sam_row_has(&row.row, SAM_USER_shown_as))
        return id;
    uint64_t real = (uint64_t)sam_row_num(&row.row, SAM_USER_shown_as);
    return real ? real : id;
}

static void account_who(struct verb_context *v, struct two_who *out)
{
    struct store_account a;
    out->known = store_account_get(v->st, v->account, &a) == 0;
    out->account = v->account;
    out->user_id = user_real(v, v->user);
    if (out->known)
        snprintf(out->login, sizeof out->login, "%s", a.name);
    if (out->user_id)
        author_name(v, SAM_USER, out->user_id, SAM_USER_name, out->called, sizeof out->called);
    sam_wipe(&a, sizeof a);
}

static void uid_who(const struct verb_context *v, struct two_who *out)
{
    struct passwd user, *found = NULL;
    char mem[PASSWD_BYTES];
    const char *called = args_get(&v->args, "operator");
    out->known = v->has_uid;
    out->uid = v->uid;
    if (v->has_uid && getpwuid_r(v->uid, &user, mem, sizeof mem, &found) == 0 && found)
        snprintf(out->login, sizeof out->login, "%s", user.pw_name);
    if (called)
        snprintf(out->called, sizeof out->called, "%s", called);
}

void two_who(struct verb_context *v, struct two_who *out)
{
    *out = (struct two_who){.known = false};
    if (v->account)
        account_who(v, out);
    else
        uid_who(v, out);
}

/* ---- one person? */

static bool same_name(const char *a, const char *b)
{
    struct sam_span x = {(const uint8_t *)a, strlen(a)}, y = {(const uint8_t *)b, strlen(b)};
    return x.len && y.len && sam_fold_same(x, y);
}

void two_real(struct verb_context *v, struct two_who *who)
{
    who->user_id = user_real(v, who->user_id);
}

bool two_same(const struct two_who *a, const struct two_who *b)
{
    if (a->account && b->account)
        return a->account == b->account || (a->user_id && a->user_id == b->user_id);
    if (!a->account && !b->account)
        return a->uid == b->uid || same_name(a->called, b->called);
    return same_name(a->login, b->login) || same_name(a->login, b->called) || same_name(a->called, b->login) ||
           same_name(a->called, b->called);
}
