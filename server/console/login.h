/* Logging in to the console, and who is in.
 *
 *      name + password --> HALF --code, or recovery code--> OPEN --30 min quiet--> IDLE --password--> OPEN
 *                            |                                |                       |
 *                            +--- 5 min ---> gone <-- logout, 8 h, shut out, restart --+
 *
 * A session is named by 32 random bytes, which its holder has as a cookie and which stand here hashed only. They are others after
 * the second step, after a pause, and whenever the account's rights change: an id that somebody planted or read before is worth
 * nothing. (In the last case not before a request has brought the new one, which is kept until then: the answer that tells it may be
 * lost, and with it the work of somebody who did nothing wrong.) Sessions live in memory: a restart of the centre ends them all.
 *
 * Invariants
 *  1. The account in the store is the truth: each look at a session reads it. One that is disabled, or whose password or second
 *     step is another, ends its sessions; one whose roles changed has the new ones at once.
 *  2. A try is counted before it is judged: several at once are no more than several after another.
 *  3. A name that nobody has is answered like a wrong password: by the same work, the same words, and locked as soon.
 *  4. done is called once, on the loop's thread, perhaps before the function returns; after login_forget not at all.
 *  5. At most LOGIN_SESSIONS_MAX sessions; a new one takes the place of the one that was longest quiet.
 *
 * All on the loop's thread, but for the jobs that are handed to config.submit. */
#ifndef CONSOLE_LOGIN_H
#define CONSOLE_LOGIN_H

#include "server/console/password.h"
#include "server/intake/account.h"

#define LOGIN_ID_BYTES 32u
#define LOGIN_TEXT_BYTES (2u * LOGIN_ID_BYTES + 1u)
#define LOGIN_SESSIONS_MAX 256u
#define LOGIN_SESSIONS_PER_ACCOUNT_MAX 4u
#define LOGIN_HALF_MS (5u * 60u * 1000u)
#define LOGIN_IDLE_MS (30u * 60u * 1000u)
#define LOGIN_LIFE_MS (8u * 3600u * 1000u)
#define LOGIN_GRACE_MS 10000u /* requests that were on their way with the id before, when the new one came back */
#define LOGIN_TRIES_ACCOUNT 5u
#define LOGIN_TRIES_ADDRESS 20u
#define LOGIN_TRIES_MS (15u * 60u * 1000u)

enum login_state { LOGIN_NONE, LOGIN_HALF, LOGIN_OPEN, LOGIN_IDLE };

enum login_result {
    LOGIN_IN,      /* open; the answer has the session's new id */
    LOGIN_SECOND,  /* the password was right: now the second step; the answer has an id for that alone */
    LOGIN_REFUSED, /* name, password or code is wrong; which is not said */
    LOGIN_LATER,   /* too many wrong tries: again in retry_s */
    LOGIN_BUSY,    /* others are logging in: again in retry_s, nothing was counted */
    LOGIN_ENDED,   /* no such session, or its time is over */
    LOGIN_SHUT, /* the centre was restored without its journal: nobody knows which accounts were shut since. The operator
                      confirms them (samlingd device confirm) */
    LOGIN_FAILED /* the storage failed */
};

struct login_answer {
    enum login_result result;
    uint32_t retry_s;
    uint8_t id[LOGIN_ID_BYTES]; /* with LOGIN_IN and LOGIN_SECOND; wipe it */
};
typedef void login_done(void *ctx, const struct login_answer *answer);

/* Where somebody comes from. */
struct login_from {
    uint8_t address[16]; /* one for all who count as one: IPv4 as ::ffff:a.b.c.d, of IPv6 the first half */
    const char *shown;   /* for the audit log */
};

/* Something for the write thread, in a transaction: 0 commits, negative: the storage failed. */
struct login_job {
    int (*run)(struct login_job *job, struct intake *in);
    void (*done)(struct login_job *job, int err); /* the loop's thread; err is the transaction's */
};

struct login_config {
    struct store *reader; /* its own, on the loop's thread: outside of every snapshot, so that it sees what is */
    struct password_pool *pool;
    struct password_cost cost;                        /* the pool's */
    uint64_t (*now_ms)(void *ctx);                    /* goes on steadily */
    int64_t (*now_s)(void *ctx);                      /* seconds since 1970 */
    int (*random)(void *ctx, uint8_t *out, size_t n); /* as sam_random */
    void (*submit)(void *ctx, struct login_job *job);
    void (*ended)(void *ctx, uint64_t session); /* close what it has open; called from within what is below */
    void *ctx;
};

struct login_session {
    uint64_t no; /* 1, 2 …: never given twice */
    enum login_state state;
    uint64_t account, user_id, stamp;
    char name[STORE_ACCOUNT_NAME_BYTES_MAX + 1];
    unsigned role_count;
    struct store_account_role role[STORE_ACCOUNT_ROLES_MAX];
    uint64_t opened_ms, seen_ms, proved_ms; /* proved: when its holder showed the password last */
    struct {                                /* private */
        uint8_t hash[SAM_HASH_BYTES], before[SAM_HASH_BYTES], proof[SAM_HASH_BYTES];
        uint64_t before_until_ms;
        uint8_t next[LOGIN_ID_BYTES]; /* while on_its_way: the id, which no request has brought yet */
        bool on_its_way, renew_due;
    } own;
};

struct login;

/* login_new(out, config): SAM_ENOMEM; SAM_EIO no random bytes. login_free: when the pool and the write thread have ended. */
int login_new(struct login **out, const struct login_config *config);
void login_free(struct login *l);
/* login_forget(l, ctx): whoever asked with this ctx is gone. */
void login_forget(struct login *l, const void *ctx);

void login_password(struct login *l, const struct login_from *from, const char *name, const char *password,
                    login_done *done, void *ctx);
/* login_second(l, from, id, word, done, ctx): ${word}: the app's six digits, or a recovery code. */
void login_second(struct login *l, const struct login_from *from, const uint8_t id[LOGIN_ID_BYTES], const char *word,
                  login_done *done, void *ctx);
/* login_unlock(l, from, id, password, done, ctx): after a pause the password alone; also before it, to be asked again. */
void login_unlock(struct login *l, const struct login_from *from, const uint8_t id[LOGIN_ID_BYTES],
                  const char *password, login_done *done, void *ctx);
/* login_logout(l, id): its connections are closed before this returns. */
void login_logout(struct login *l, const uint8_t id[LOGIN_ID_BYTES]);

/* What a request is: whose, and the id that its answer has to set. */
struct login_look {
    const struct login_session *session; /* NULL: nobody's; borrowed until the loop goes on */
    bool renewed;
    uint8_t id[LOGIN_ID_BYTES]; /* where renewed */
};
/* login_look(l, id, used, out): ${used}: somebody did something; else the page asked by itself, which keeps nobody in.
 * Only a session that is LOGIN_OPEN may see or do anything. */
void login_look(struct login *l, const uint8_t id[LOGIN_ID_BYTES], bool used, struct login_look *out);
/* login_review(l): end what is over, now and not at its next request. Each second, and after an account was changed. */
void login_review(struct login *l);
/* login_kept(l, session): its own holder changed the password: this session goes on, the account's others end. */
void login_kept(struct login *l, uint64_t session);
unsigned login_count(const struct login *l);

/* login_token(l, s, out): what a request that changes something must bring along in a header (CSRF): made of the session's id and a
 * key of this process. login_token_ok: is it that? */
int login_token(struct login *l, const struct login_session *s, uint8_t out[SAM_HASH_BYTES]);
bool login_token_ok(struct login *l, const struct login_session *s, const uint8_t token[SAM_HASH_BYTES]);

/* login_text(id, out): an id or a token as text for a cookie or a header. login_text_read: SAM_EPROTO. Pure. */
void login_text(const uint8_t id[LOGIN_ID_BYTES], char out[LOGIN_TEXT_BYTES]);
int login_text_read(const char *text, uint8_t id[LOGIN_ID_BYTES]);

#endif
