#include "server/intake/account.h"
#include "server/intake/intake_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 200, NONCE_BYTES = SAM_SEAL_NONCE_BYTES };
static const char secret_aad[] = "samling account second step";
_Static_assert(STORE_ACCOUNT_SECRET_BYTES == NONCE_BYTES + ACCOUNT_SECRET_BYTES + SAM_SEAL_TAG_BYTES,
               "a sealed secret");

int account_name_fold(const char *word, char out[STORE_ACCOUNT_NAME_BYTES_MAX + 1])
{
    size_t n = strlen(word);
    out[0] = 0;
    if (n < ACCOUNT_NAME_BYTES_MIN || n > STORE_ACCOUNT_NAME_BYTES_MAX)
        return SAM_ERANGE;
    for (size_t i = 0; i < n; i++) {
        char c = word[i];
        c = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        bool letter = c >= 'a' && c <= 'z', other = (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
        if (!letter && (!other || i == 0)) {
            out[0] = 0;
            return SAM_ERANGE;
        }
        out[i] = c;
    }
    out[n] = 0;
    return 0;
}

void account_actor(const struct store_account *a, char out[ACCOUNT_ACTOR_BYTES_MAX + 1])
{
    snprintf(out, ACCOUNT_ACTOR_BYTES_MAX + 1, "account %llu %s", (unsigned long long)a->id, a->name);
}

bool account_locked(const struct store_account *a, int64_t now_s)
{
    return a->locked_until_s > now_s;
}

/* ---- keeping */

static int audit(struct intake *in, const struct store_account *a, const char *actor, const char *what)
{
    char text[TEXT_BYTES], self[ACCOUNT_ACTOR_BYTES_MAX + 1];
    account_actor(a, self);
    snprintf(text, sizeof text, "account=%llu name=%s %s", (unsigned long long)a->id, a->name, what);
    return intake_audit(in, AUDIT_ACCOUNT, actor ? actor : self, text);
}

/* ${actor} NULL: the account itself. What no restore needs: keep and audit without the journal. */
static int keep(struct intake *in, const struct store_account *a, const char *actor, const char *what)
{
    int err = store_account_put(in->st, a);
    return err ? err : audit(in, a, actor, what);
}

static int change(struct intake *in, struct store_account *a, const char *actor, const char *what)
{
    a->stamp++;
    int err = keep(in, a, actor, what);
    return err ? err : account_journal(in, a);
}

int account_audit_replay(struct intake *in, const struct store_account *a)
{
    char what[TEXT_BYTES];
    snprintf(what, sizeof what, "state=%u stamp=%llu", a->state, (unsigned long long)a->stamp);
    return audit(in, a, "journal", what);
}

/* Reads, changes, keeps: the shape of what is below. The account is wiped. */
static int done(struct store_account *a, int err)
{
    sam_wipe(a, sizeof *a);
    return err;
}

/* ---- invitations */

static void credentials_clear(struct store_account *a)
{
    memset(a->password, 0, sizeof a->password);
    memset(a->secret, 0, sizeof a->secret);
    memset(a->code, 0, sizeof a->code);
    a->has_secret = false;
    a->code_count = 0;
    a->locked_until_s = 0;
}

static int invite(struct intake *in, struct store_account *a, struct account_invite *out)
{
    *out = (struct account_invite){.id = a->id, .expires_s = intake_now_s(in) + ACCOUNT_INVITE_LIFE_S};
    int err = sam_random(out->code, sizeof out->code);
    if (!err)
        err = sam_sha256(out->code, sizeof out->code, a->invite);
    a->invited = true;
    a->invite_expires_s = out->expires_s;
    a->state = STORE_ACCOUNT_INVITED;
    return err;
}

static void invite_clear(struct store_account *a)
{
    memset(a->invite, 0, sizeof a->invite);
    a->invited = false;
    a->invite_expires_s = 0;
}

static void role_text(const char *verb, const struct store_account_role *r, char out[TEXT_BYTES])
{
    snprintf(out, TEXT_BYTES, "%s role=%llu org=%llu from=%d to=%d", verb, (unsigned long long)r->role,
             (unsigned long long)r->org, r->from_day, r->to_day);
}

int account_make(struct intake *in, const char *actor, const char *name, uint64_t user_id,
                 const struct store_account_role *role, struct account_invite *out)
{
    struct store_account a;
    char what[TEXT_BYTES];
    memset(out, 0, sizeof *out);
    int err = store_account_by_name(in->st, name, &a);
    if (err != SAM_ENOTFOUND)
        return done(&a, err ? err : SAM_EEXIST);
    a = (struct store_account){.user_id = user_id, .made_s = intake_now_s(in), .role_count = 1, .role = {*role}};
    snprintf(a.name, sizeof a.name, "%s", name);
    err = intake_mint(in, &a.id);
    if (!err)
        err = invite(in, &a, out);
    role_text("invited", role, what);
    if (!err)
        err = change(in, &a, actor, what);
    if (err)
        sam_wipe(out, sizeof *out);
    return done(&a, err);
}

int account_reset(struct intake *in, const char *actor, uint64_t id, struct account_invite *out)
{
    struct store_account a;
    memset(out, 0, sizeof *out);
    int err = store_account_get(in->st, id, &a);
    if (!err && a.state == STORE_ACCOUNT_DISABLED)
        err = SAM_ESTATE;
    credentials_clear(&a);
    if (!err)
        err = invite(in, &a, out);
    if (!err)
        err = change(in, &a, actor, "reset");
    if (err)
        sam_wipe(out, sizeof *out);
    return done(&a, err);
}

/* ---- states and roles */

int account_disable(struct intake *in, const char *actor, uint64_t id)
{
    struct store_account a;
    int err = store_account_get(in->st, id, &a);
    if (!err && a.state == STORE_ACCOUNT_DISABLED)
        err = SAM_ESTATE;
    a.state = STORE_ACCOUNT_DISABLED;
    invite_clear(&a);
    return done(&a, err ? err : change(in, &a, actor, "disabled"));
}

int account_enable(struct intake *in, const char *actor, uint64_t id)
{
    struct store_account a;
    int err = store_account_get(in->st, id, &a);
    if (!err && a.state != STORE_ACCOUNT_DISABLED)
        err = SAM_ESTATE;
    a.state = a.password[0] && a.has_secret ? STORE_ACCOUNT_ACTIVE : STORE_ACCOUNT_INVITED;
    return done(&a, err ? err : change(in, &a, actor, "enabled"));
}

int account_unlock(struct intake *in, const char *actor, uint64_t id)
{
    struct store_account a;
    int err = store_account_get(in->st, id, &a);
    if (!err && !account_locked(&a, intake_now_s(in)))
        err = SAM_ESTATE;
    a.locked_until_s = 0;
    return done(&a, err ? err : keep(in, &a, actor, "unlocked"));
}

static struct store_account_role *role_find(struct store_account *a, uint64_t role, uint64_t org)
{
    for (unsigned i = 0; i < a->role_count; i++)
        if (a->role[i].role == role && a->role[i].org == org)
            return &a->role[i];
    return NULL;
}

int account_role_add(struct intake *in, const char *actor, uint64_t id, const struct store_account_role *role)
{
    struct store_account a;
    char what[TEXT_BYTES];
    SAM_ASSERT(role->role >= ACCOUNT_ADMIN && role->role < ACCOUNT_ROLES);
    int err = store_account_get(in->st, id, &a);
    struct store_account_role *there = err ? NULL : role_find(&a, role->role, role->org);
    if (!err && !there && a.role_count == STORE_ACCOUNT_ROLES_MAX)
        err = SAM_EFULL;
    if (!err)
        *(there ? there : &a.role[a.role_count++]) = *role;
    role_text("granted", role, what);
    return done(&a, err ? err : change(in, &a, actor, what));
}

int account_role_remove(struct intake *in, const char *actor, uint64_t id, uint64_t role, uint64_t org)
{
    struct store_account a;
    char what[TEXT_BYTES];
    int err = store_account_get(in->st, id, &a);
    struct store_account_role *there = err ? NULL : role_find(&a, role, org);
    if (!err && !there)
        err = SAM_EEXIST;
    if (err)
        return done(&a, err);
    role_text("took away", there, what);
    *there = a.role[--a.role_count];
    return done(&a, change(in, &a, actor, what));
}

/* ---- its holder */

static int secret_seal(struct intake *in, const uint8_t secret[ACCOUNT_SECRET_BYTES], struct store_account *a)
{
    int err = sam_random(a->secret, NONCE_BYTES);
    if (!err)
        err = sam_seal_make(in->master, a->secret, secret_aad, sizeof secret_aad, secret, ACCOUNT_SECRET_BYTES,
                            a->secret + NONCE_BYTES);
    a->has_secret = !err;
    return err;
}

int account_secret(struct intake *in, const struct store_account *a, uint8_t out[ACCOUNT_SECRET_BYTES])
{
    if (!a->has_secret)
        return SAM_ENOTFOUND;
    return sam_seal_open(in->master, a->secret, secret_aad, sizeof secret_aad, a->secret + NONCE_BYTES,
                         ACCOUNT_SECRET_BYTES + SAM_SEAL_TAG_BYTES, out);
}

static void codes_put(struct store_account *a, const uint8_t code[STORE_ACCOUNT_CODES_MAX][SAM_HASH_BYTES])
{
    a->code_count = STORE_ACCOUNT_CODES_MAX;
    for (unsigned i = 0; i < STORE_ACCOUNT_CODES_MAX; i++) {
        memcpy(a->code[i].hash, code[i], SAM_HASH_BYTES);
        a->code[i].used_s = 0;
    }
}

int account_take(struct intake *in, const struct account_choice *c)
{
    struct store_account a;
    int err = store_account_by_invite(in->st, c->invite, &a);
    if (!err && (a.state != STORE_ACCOUNT_INVITED || intake_now_s(in) > a.invite_expires_s))
        err = SAM_ENOTFOUND;
    if (err)
        return done(&a, err);
    invite_clear(&a);
    a.state = STORE_ACCOUNT_ACTIVE;
    a.step = c->step;
    snprintf(a.password, sizeof a.password, "%s", c->password);
    codes_put(&a, c->code);
    err = secret_seal(in, c->secret, &a);
    return done(&a, err ? err : change(in, &a, NULL, "invitation taken"));
}

/* Only of one that is in use: whoever was shut out meanwhile changes nothing. */
static int active_get(struct intake *in, uint64_t id, struct store_account *a)
{
    int err = store_account_get(in->st, id, a);
    return !err && a->state != STORE_ACCOUNT_ACTIVE ? SAM_ENOTFOUND : err;
}

int account_password_set(struct intake *in, uint64_t id, const char *password)
{
    struct store_account a;
    int err = active_get(in, id, &a);
    snprintf(a.password, sizeof a.password, "%s", password);
    return done(&a, err ? err : change(in, &a, NULL, "password changed"));
}

int account_codes_set(struct intake *in, uint64_t id, const uint8_t code[STORE_ACCOUNT_CODES_MAX][SAM_HASH_BYTES])
{
    struct store_account a;
    int err = active_get(in, id, &a);
    codes_put(&a, code);
    return done(&a, err ? err : change(in, &a, NULL, "recovery codes made anew"));
}

int account_step_used(struct intake *in, uint64_t id, uint64_t step)
{
    struct store_account a;
    int err = active_get(in, id, &a);
    if (!err && step <= a.step)
        err = SAM_EEXIST;
    a.step = step;
    a.login_s = intake_now_s(in);
    return done(&a, err ? err : keep(in, &a, NULL, "logged in"));
}

int account_code_used(struct intake *in, uint64_t id, const uint8_t hash[SAM_HASH_BYTES])
{
    struct store_account a;
    int err = active_get(in, id, &a);
    unsigned at = STORE_ACCOUNT_CODES_MAX;
    for (unsigned i = 0; !err && i < a.code_count; i++)
        if (sam_equal_ct(a.code[i].hash, hash, SAM_HASH_BYTES) && !a.code[i].used_s)
            at = i;
    if (!err && at == STORE_ACCOUNT_CODES_MAX)
        err = SAM_EAUTH;
    if (err)
        return done(&a, err);
    a.code[at].used_s = a.login_s = intake_now_s(in);
    err = keep(in, &a, NULL, "logged in with a recovery code");
    return done(&a, err ? err : account_journal(in, &a));
}

int account_refused(struct intake *in, uint64_t id, const char *from, int64_t locked_until_s)
{
    struct store_account a;
    char what[TEXT_BYTES];
    int err = store_account_get(in->st, id, &a);
    if (!err && locked_until_s)
        a.locked_until_s = locked_until_s;
    snprintf(what, sizeof what, "%s from=%.64s", locked_until_s ? "refused and locked" : "refused", from);
    return done(&a, err ? err : keep(in, &a, "centre", what));
}

int account_note(struct intake *in, uint64_t id, const char *what)
{
    struct store_account a;
    int err = store_account_get(in->st, id, &a);
    return done(&a, err ? err : audit(in, &a, NULL, what));
}

/* ---- who saw what */

int account_access(struct intake *in, uint64_t id, const char *text, struct store_access *rows, unsigned count)
{
    struct store_account a;
    struct store_row user;
    char actor[ACCOUNT_ACTOR_BYTES_MAX + 1];
    struct sam_key of = {.entity = SAM_USER};
    int err = active_get(in, id, &a);
    of.part[0] = a.user_id;
    if (!err)
        err = store_row_get(in->st, &of, &user);
    if (err)
        return done(&a, err);
    for (unsigned i = 0; i < count; i++) {
        rows[i].user_id = user.exists ? a.user_id : 0;
        rows[i].role = user.exists ? (uint32_t)sam_row_num(&user.row, SAM_USER_role) : 0;
        rows[i].device_no = SAM_DEVICE_NO_CONSOLE;
    }
    account_actor(&a, actor);
    return done(&a, intake_access(in, actor, text, rows, count));
}
