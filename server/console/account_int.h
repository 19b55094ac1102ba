/* Inside the desk: account.c takes invitations, account_own.c serves those who are in. */
#ifndef CONSOLE_ACCOUNT_INT_H
#define CONSOLE_ACCOUNT_INT_H

#include "server/console/account.h"
#include "server/console/login_int.h"

enum { BUSY_RETRY_S = 5 };
_Static_assert(TOTP_SECRET_BYTES == ACCOUNT_SECRET_BYTES, "one secret");

/* What was chosen and waits for its proof. */
struct begun {
    bool used;
    uint8_t invite[SAM_HASH_BYTES];
    char password[STORE_PASSWORD_BYTES_MAX + 1];
    uint8_t secret[TOTP_SECRET_BYTES];
    uint64_t at_ms;
};

/* Somebody who waits for the pool or for the write thread. */
struct visit {
    struct password_job hash; /* first */
    struct login_job write;
    struct account_desk *d;
    struct visit *next, **at;
    account_answered *done;
    void *ctx;
    uint8_t invite[SAM_HASH_BYTES];
    char name[STORE_ACCOUNT_NAME_BYTES_MAX + 1];
    struct account_choice choice;
    char password[STORE_PASSWORD_BYTES_MAX + 1]; /* as Argon2id made it */
    uint8_t code[STORE_ACCOUNT_CODES_MAX][RECOVERY_BYTES];
    bool taken;
    uint64_t session, account; /* of somebody who is in; else 0 */
};

struct account_desk {
    struct login *l;
    struct login_config config;
    char issuer[ACCOUNT_ISSUER_BYTES_MAX + 1];
    struct begun begun[ACCOUNT_BEGUN_MAX];
    struct visit *visits;
};

/* visit_new(d, invite, done, ctx): ${invite} NULL: of somebody who is in. NULL: no memory. visit_end: answers, and frees both. */
struct visit *visit_new(struct account_desk *d, const uint8_t *invite, account_answered *done, void *ctx);
void visit_end(struct visit *v, struct account_answer *a);
/* visit_hash(v, password, a): have it hashed; v->hash.done goes on. Ends the visit where that cannot be. */
void visit_hash(struct visit *v, const char *password, struct account_answer *a);
int visit_codes_draw(struct visit *v);
void visit_codes_tell(const struct visit *v, struct account_answer *a);

#endif
