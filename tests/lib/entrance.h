/* Goal: the console's entrance without HTTP for tests: a centre with a journal, real password threads, a clock that stands still, and writes that
 * are carried out when the test says so. */
#ifndef TESTS_LIB_ENTRANCE_H
#define TESTS_LIB_ENTRANCE_H

#include "server/console/account.h"
#include "tests/lib/centre.h"

enum { ENTRANCE_NOW_S = 1800000000, ENTRANCE_JOBS_MAX = 64, ENTRANCE_ENDED_MAX = 512 };
#define ENTRANCE_PASSWORD "korrekt hest batteri stift"

struct entrance {
    struct centre centre;
    struct store *reader, *login_reader; /* a page's, outside of whose snapshots nothing is borrowed; login's own */
    struct password_pool *pool;
    struct login_config config;
    struct login *l;
    struct account_desk *desk;
    uint64_t now_ms; /* the steady clock; the other one is ENTRANCE_NOW_S and what has gone by on this one */
    struct login_job *job[ENTRANCE_JOBS_MAX];
    unsigned jobs;
    bool writing;
    bool hold;                          /* jobs wait for entrance_write */
    uint64_t ended[ENTRANCE_ENDED_MAX]; /* sessions of which the connections were to be closed */
    unsigned ended_count;
    struct login_answer answer; /* the last one */
    struct account_answer told;
    unsigned answers;
    struct login_from from;
};

void entrance_open(struct entrance *c);
void entrance_close(struct entrance *c);
/* entrance_setup, entrance_teardown: of one test; its ${state} is an entrance, opened and closed as above. */
int entrance_setup(void **state);
int entrance_teardown(void **state);
/* entrance_stop(c), entrance_start(c): the process ends and comes back; what was in memory is gone. */
void entrance_stop(struct entrance *c);
void entrance_start(struct entrance *c);
void entrance_pass(struct entrance *c, uint64_t ms); /* time goes by */
int64_t entrance_now_s(const struct entrance *c);
void entrance_write(struct entrance *c); /* what waits for the write thread is carried out */
/* entrance_wait(c, answers): until there have been so many in all. */
void entrance_wait(struct entrance *c, unsigned answers);
void entrance_done(void *ctx, const struct login_answer *answer);
void entrance_told(void *ctx, const struct account_answer *answer);
void entrance_from(struct entrance *c, unsigned host); /* requests come from another address now */

/* entrance_account(c, name, role, org, secret): an account that has been taken, with ENTRANCE_PASSWORD; ${code}: its recovery codes,
 * NULL: not wanted. Returns its id. */
uint64_t entrance_account(struct entrance *c, const char *name, uint64_t role, uint64_t org,
                          uint8_t secret[ACCOUNT_SECRET_BYTES],
                          char code[STORE_ACCOUNT_CODES_MAX][RECOVERY_TEXT_BYTES]);
/* entrance_six(c, secret, out): what the app shows now. */
void entrance_six(const struct entrance *c, const uint8_t secret[ACCOUNT_SECRET_BYTES], char out[8]);
/* Each asks and waits for the answer. */
enum login_result entrance_password(struct entrance *c, const char *name, const char *password);
enum login_result entrance_second(struct entrance *c, const uint8_t id[LOGIN_ID_BYTES], const char *word);
enum login_result entrance_unlock(struct entrance *c, const uint8_t id[LOGIN_ID_BYTES], const char *password);
/* entrance_in(c, name, secret, id): both steps, in a step of the clock of its own. */
void entrance_in(struct entrance *c, const char *name, const uint8_t secret[ACCOUNT_SECRET_BYTES],
                 uint8_t id[LOGIN_ID_BYTES]);
enum login_state entrance_state(struct entrance *c, const uint8_t id[LOGIN_ID_BYTES], bool used);
/* entrance_change(c, what, id): account_disable and its like, in a transaction that is kept where it succeeds. entrance_read(c, id): the account. */
int entrance_change(struct entrance *c, int (*what)(struct intake *in, const char *actor, uint64_t id), uint64_t id);
struct store_account entrance_read(struct entrance *c, uint64_t id);
/* entrance_audited(c, what): lines of the audit log about accounts in which that stands. */
unsigned entrance_audited(struct entrance *c, const char *what);
bool entrance_was_ended(const struct entrance *c, uint64_t session);

#endif
