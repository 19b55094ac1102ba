/* Accounts of the console: what may become of one. Each of these is a line of the audit log and, where a restore must not bring back
 * what was before, a record of the journal, in the open transaction. Write thread only, but for what says otherwise.
 *
 *      invited --taken--> active <--enable/disable--> disabled
 *         ^---- reset -----/  \-- too many wrong tries: locked until a time, or until somebody opens it
 *
 * Invariants
 *  1. Accounts are no rows that sync: nothing of them is ever told to a tablet or stands in an op.
 *  2. stamp rises whenever state, password, second step or roles change, so that a session notices.
 *  3. Codes are stored hashed, the second step's secret sealed under the master key, passwords as Argon2id made them.
 *  4. A code, an invitation and a step of the second step are each taken once. */
#ifndef INTAKE_ACCOUNT_H
#define INTAKE_ACCOUNT_H

#include "server/intake/intake.h"
#include "server/store/store_account.h"

#define ACCOUNT_NAME_BYTES_MIN 2u
#define ACCOUNT_INVITE_LIFE_S 86400 /* as long as the first admin's may live; the others' are no longer */
#define ACCOUNT_CODE_BYTES 16u      /* an invitation's: 128 bits */
#define ACCOUNT_SECRET_BYTES 20u    /* of the second step */
#define ACCOUNT_ACTOR_BYTES_MAX 80u

/* What somebody is at a unit and all below it. What each may do: server/console/right.def. */
enum account_role {
    ACCOUNT_ADMIN = 1, /* accounts and the centre itself; nothing of persons */
    ACCOUNT_COORDINATOR,
    ACCOUNT_PHYSIOTHERAPIST,
    ACCOUNT_NAV_ADVISER, /* attendance, of those who consented to sharing with NAV */
    ACCOUNT_AUDITOR,     /* logs, nothing clinical */
    ACCOUNT_ROLES        /* one more than the last */
};

struct account_invite {
    uint64_t id; /* the account */
    uint8_t code[ACCOUNT_CODE_BYTES];
    int64_t expires_s;
};

/* account_name_fold(word, out): a login name as it is stored: ACCOUNT_NAME_BYTES_MIN to STORE_ACCOUNT_NAME_BYTES_MAX of a-z, 0-9,
 * ".", "-", "_", beginning with a letter; great letters become small. SAM_ERANGE. Pure. */
int account_name_fold(const char *word, char out[STORE_ACCOUNT_NAME_BYTES_MAX + 1]);
/* account_actor(a, out): how the audit log names it: "account 17 kari". Pure. */
void account_actor(const struct store_account *a, char out[ACCOUNT_ACTOR_BYTES_MAX + 1]);
/* account_locked(a, now_s): is it locked at that time? Pure. */
bool account_locked(const struct store_account *a, int64_t now_s);

/* ---- what an admin or the operator does. ${actor}: who, for the audit log. SAM_ENOTFOUND: no such account. */

/* account_make(in, actor, name, user_id, role, out): a new account with one role, invited. ${name} is folded.
 * SAM_EEXIST: there is one of this name. Wipe ${out} when the code has been told. */
int account_make(struct intake *in, const char *actor, const char *name, uint64_t user_id,
                 const struct store_account_role *role, struct account_invite *out);
/* account_reset(in, actor, id, out): password, second step and recovery codes are void from now on; invited anew. Of one that is
 * disabled: SAM_ESTATE. */
int account_reset(struct intake *in, const char *actor, uint64_t id, struct account_invite *out);
/* SAM_ESTATE: it is so already. A disabled one's open invitation is void. */
int account_disable(struct intake *in, const char *actor, uint64_t id);
int account_enable(struct intake *in, const char *actor, uint64_t id);
/* account_unlock(in, actor, id): SAM_ESTATE: it is not locked. */
int account_unlock(struct intake *in, const char *actor, uint64_t id);
/* account_role_add(in, actor, id, role): of the same role at the same unit: its days. SAM_EFULL. */
int account_role_add(struct intake *in, const char *actor, uint64_t id, const struct store_account_role *role);
int account_role_remove(struct intake *in, const char *actor, uint64_t id, uint64_t role, uint64_t org);

/* ---- what its holder does, through the console */

/* What somebody chose who took an invitation. */
struct account_choice {
    uint8_t invite[SAM_HASH_BYTES]; /* hash of the code */
    const char *password;           /* as Argon2id made it */
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    uint64_t step; /* of the code that proved the secret */
    uint8_t code[STORE_ACCOUNT_CODES_MAX][SAM_HASH_BYTES];
};
/* account_take(in, c): the invitation is used; the account is active. SAM_ENOTFOUND: it is used, expired or was never. */
int account_take(struct intake *in, const struct account_choice *c);
int account_password_set(struct intake *in, uint64_t id, const char *password);
/* account_codes_set(in, id, code): new recovery codes; the old ones are void. */
int account_codes_set(struct intake *in, uint64_t id, const uint8_t code[STORE_ACCOUNT_CODES_MAX][SAM_HASH_BYTES]);
/* account_secret(in, a, out): the second step's secret. SAM_ENOTFOUND: none yet; SAM_EAUTH: sealed under another master key. */
int account_secret(struct intake *in, const struct store_account *a, uint8_t out[ACCOUNT_SECRET_BYTES]);
/* account_step_used(in, id, step): a code of that step was taken, and its holder is in. SAM_EEXIST: that step or a later one was. */
int account_step_used(struct intake *in, uint64_t id, uint64_t step);
/* account_code_used(in, id, hash): the same with a recovery code. SAM_EAUTH: none of his that is left. */
int account_code_used(struct intake *in, uint64_t id, const uint8_t hash[SAM_HASH_BYTES]);
/* account_refused(in, id, from, locked_until_s): somebody could not get in; from there on locked until then, 0: not yet. ${from}:
 * the address, for the audit log. */
int account_refused(struct intake *in, uint64_t id, const char *from, int64_t locked_until_s);
/* account_note(in, id, what): logged out, or the session's time was over: a line of the audit log, nothing else. */
int account_note(struct intake *in, uint64_t id, const char *what);

/* ---- who saw what: as intake_access, with an account as reader */
/**
 * account_access(in, id, text, rows, count):
 * One line and its rows of the access log, before anything of it is shown. ${text}: what was asked, without names.
 *   sets    user_id and role of ${rows} from the account's user, and what intake_access sets
 *   errors  SAM_ENOTFOUND no such account, or not in use: nothing may be shown; as intake_access
 */
int account_access(struct intake *in, uint64_t id, const char *text, struct store_access *rows, unsigned count);

#endif
