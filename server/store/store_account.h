/* Accounts of the console, as they stand in the store. What they mean: server/intake/account.h. */
#ifndef STORE_STORE_ACCOUNT_H
#define STORE_STORE_ACCOUNT_H

#include "server/store/store.h"

#define STORE_ACCOUNT_NAME_BYTES_MAX 40u
#define STORE_PASSWORD_BYTES_MAX 127u /* an Argon2id hash as text: 97 at the usual cost */
#define STORE_ACCOUNT_ROLES_MAX 16u
#define STORE_ACCOUNT_CODES_MAX 10u
#define STORE_ACCOUNT_SECRET_BYTES 48u /* 12 nonce, 20 secret, 16 tag */

enum store_account_state { STORE_ACCOUNT_INVITED = 1, STORE_ACCOUNT_ACTIVE = 2, STORE_ACCOUNT_DISABLED = 3 };

struct store_account_role {
    uint64_t role;            /* enum account_role */
    uint64_t org;             /* 0: the whole centre */
    int32_t from_day, to_day; /* both included; to_day 0: no end */
};

struct store_account {
    uint64_t id, user_id, stamp, step;
    uint32_t state; /* enum store_account_state */
    char name[STORE_ACCOUNT_NAME_BYTES_MAX + 1];
    char password[STORE_PASSWORD_BYTES_MAX + 1]; /* "": none */
    bool has_secret, invited;
    uint8_t secret[STORE_ACCOUNT_SECRET_BYTES];
    uint8_t invite[SAM_HASH_BYTES];
    int64_t invite_expires_s, locked_until_s, made_s, login_s;
    unsigned role_count, code_count;
    struct store_account_role role[STORE_ACCOUNT_ROLES_MAX];
    struct {
        uint8_t hash[SAM_HASH_BYTES];
        int64_t used_s; /* 0: not yet */
    } code[STORE_ACCOUNT_CODES_MAX];
};

/* SAM_ENOTFOUND; SAM_ECORRUPT what stands there is none. Wipe what was read: it holds hashes. */
int store_account_get(struct store *st, uint64_t id, struct store_account *out);
int store_account_by_name(struct store *st, const char *name, struct store_account *out);
/* store_account_by_invite(st, hash, out): used, expired and disabled ones too. */
int store_account_by_invite(struct store *st, const uint8_t hash[SAM_HASH_BYTES], struct store_account *out);
/* store_account_next(st, after, out): by id; SAM_ENOTFOUND at the end. */
int store_account_next(struct store *st, uint64_t after, struct store_account *out);
/* store_account_put(st, a): as it is now, with roles and codes. SAM_EEXIST: another one has the name. */
int store_account_put(struct store *st, const struct store_account *a);

#endif
