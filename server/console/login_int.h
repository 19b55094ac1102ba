/* Inside logging in: login.c judges tries, login_session.c keeps who is in. */
#ifndef CONSOLE_LOGIN_INT_H
#define CONSOLE_LOGIN_INT_H

#include "server/console/login.h"
#include "server/console/tally.h"

enum login_step { STEP_PASSWORD, STEP_SECOND, STEP_UNLOCK };

/* One try, from being asked to being written down. */
struct login_try {
    struct password_job hash; /* first: the pool hands it back */
    struct login_job write;   /* the write thread hands this back */
    struct login *l;
    struct login_try *next, **at; /* in the list of all */
    enum login_step step;
    login_done *done; /* NULL: answered, or nobody waits */
    void *ctx;
    struct tally *by_name; /* where name is counted */
    struct tally_key name, address;
    unsigned tries; /* of the account, this one counted */
    char shown[64], word[64];
    uint64_t account, session; /* 0: none */
    uint8_t proof[SAM_HASH_BYTES];
    bool right; /* what the second step came to */
};

struct login {
    struct login_config config;
    struct tally *accounts, *names, *addresses; /* names: that nobody has; they push no account out of its tally */
    char nobody[STORE_PASSWORD_BYTES_MAX + 1];  /* a hash that no password has */
    uint8_t key[SAM_HASH_BYTES];                /* of tokens */
    uint64_t session_last;
    struct login_session session[LOGIN_SESSIONS_MAX]; /* state NONE: free */
    struct login_try *tries;
};

/* login_proof(a, out): what a session stands on: password and second step. */
int login_proof(const struct store_account *a, uint8_t out[SAM_HASH_BYTES]);
/* session_find(l, id): NULL: none, or over. */
struct login_session *session_find(struct login *l, const uint8_t id[LOGIN_ID_BYTES]);
struct login_session *session_at(struct login *l, uint64_t no);
/* session_make(l, a, id): half open. SAM_EIO. */
int session_make(struct login *l, const struct store_account *a, uint8_t id[LOGIN_ID_BYTES]);
/* session_open(l, s, id): open from now on, under a new id. */
int session_open(struct login *l, struct login_session *s, uint8_t id[LOGIN_ID_BYTES]);
void session_end(struct login *l, struct login_session *s);
/* login_note(l, account, what): a line of the audit log, behind what is going on. Where there is no memory for it the log has it. */
void login_note(struct login *l, uint64_t account, const char *what);

#endif
