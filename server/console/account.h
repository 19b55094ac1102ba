/* What somebody does to the own account: taking it, another password, new recovery codes.
 *
 * Taking an invitation: whoever has the one-time code chooses a password, adds the account to an authenticator app, proves that with
 * one code of six digits, and gets recovery codes. Until then nothing is stored; what was chosen waits in memory.
 *
 *      link --account_invited--> its name --account_begin--> secret for the app --account_finish--> active, ten recovery codes
 *
 * Invariants
 *  1. Wrong codes count as wrong tries of the address, as in logging in.
 *  2. The invitation is used in the transaction that makes the account active: of two who have the link one gets in.
 *  3. At most ACCOUNT_BEGUN_MAX wait, for ACCOUNT_BEGUN_MS; the same code again begins anew.
 *
 * All on the loop's thread. done is called once, perhaps before the function returns; after account_forget not at all. */
#ifndef CONSOLE_ACCOUNT_H
#define CONSOLE_ACCOUNT_H

#include "server/console/login.h"
#include "server/console/recovery.h"
#include "server/console/totp.h"

#define ACCOUNT_BEGUN_MAX 16u
#define ACCOUNT_BEGUN_MS (15u * 60u * 1000u)

enum account_result {
    ACCOUNT_GO_ON,    /* begin: uri and secret are for the app */
    ACCOUNT_DONE,     /* it is kept; with finish and renew: recovery codes, told once */
    ACCOUNT_AGAIN,    /* the session's holder has to show the password first: login_unlock */
    ACCOUNT_PASSWORD, /* this password may not be chosen: fault says why */
    ACCOUNT_WRONG,    /* the six digits do not fit */
    ACCOUNT_VOID,     /* the code is used, expired or wrong; or what was begun is over */
    ACCOUNT_LATER,    /* too many wrong tries: again in retry_s */
    ACCOUNT_BUSY,     /* again in retry_s */
    ACCOUNT_SHUT,     /* as LOGIN_SHUT */
    ACCOUNT_FAILED
};

struct account_answer {
    enum account_result result;
    enum password_fault fault;
    uint32_t retry_s;
    char name[STORE_ACCOUNT_NAME_BYTES_MAX + 1];
    char uri[TOTP_URI_BYTES_MAX];   /* draw it with qr_svg */
    char secret[TOTP_BASE32_BYTES]; /* to be typed where there is no camera */
    char code[STORE_ACCOUNT_CODES_MAX][RECOVERY_TEXT_BYTES];
};
/* The answer is wiped when done returns. */
typedef void account_answered(void *ctx, const struct account_answer *answer);

struct account_desk;

/* account_desk_new(out, l, config, issuer): config as ${l}'s; ${issuer}: what the app calls the centre. SAM_ENOMEM; SAM_ETOOBIG. */
#define ACCOUNT_ISSUER_BYTES_MAX 60u
int account_desk_new(struct account_desk **out, struct login *l, const struct login_config *config, const char *issuer);
void account_desk_free(struct account_desk *d); /* when the pool and the write thread have ended */
void account_forget(struct account_desk *d, const void *ctx);

/* account_invited(d, from, code, answer): whose invitation is it? ACCOUNT_GO_ON with the name; VOID, LATER, SHUT, FAILED. */
void account_invited(struct account_desk *d, const struct login_from *from, const uint8_t code[ACCOUNT_CODE_BYTES],
                     struct account_answer *answer);
void account_begin(struct account_desk *d, const struct login_from *from, const uint8_t code[ACCOUNT_CODE_BYTES],
                   const char *password, account_answered *done, void *ctx);
void account_finish(struct account_desk *d, const struct login_from *from, const uint8_t code[ACCOUNT_CODE_BYTES],
                    const char *word, account_answered *done, void *ctx);

#define ACCOUNT_PROVED_MS (5u * 60u * 1000u)
/* account_password(d, session, password, done, ctx): another password; the account's other sessions end. account_renew(d, session,
 * done, ctx): new recovery codes; the old ones are void. ${session}: the number of one that is open, and whose holder has shown the
 * password within ACCOUNT_PROVED_MS: a screen that was left open is not enough. Both give the session another id: login_look. */
void account_password(struct account_desk *d, uint64_t session, const char *password, account_answered *done,
                      void *ctx);
void account_renew(struct account_desk *d, uint64_t session, account_answered *done, void *ctx);

#endif
