/* Goal: a console without HTTP for tests: a centre with a journal, real password threads, a clock that stands still, and writes that
 * are carried out when the test says so. */
#ifndef TESTS_LIB_CONSOLE_H
#define TESTS_LIB_CONSOLE_H

#include "server/console/account.h"
#include "tests/lib/centre.h"

enum { CONSOLE_NOW_S = 1800000000, CONSOLE_JOBS_MAX = 64, CONSOLE_ENDED_MAX = 512 };
#define CONSOLE_PASSWORD "korrekt hest batteri stift"

struct console {
    struct centre centre;
    struct store *reader, *login_reader; /* a page's, outside of whose snapshots nothing is borrowed; login's own */
    struct password_pool *pool;
    struct login_config config;
    struct login *l;
    struct account_desk *desk;
    uint64_t now_ms; /* the steady clock; the other one is CONSOLE_NOW_S and what has gone by on this one */
    struct login_job *job[CONSOLE_JOBS_MAX];
    unsigned jobs;
    bool writing;
    bool hold;                         /* jobs wait for console_write */
    uint64_t ended[CONSOLE_ENDED_MAX]; /* sessions of which the connections were to be closed */
    unsigned ended_count;
    struct login_answer answer; /* the last one */
    struct account_answer told;
    unsigned answers;
    struct login_from from;
};

void console_open(struct console *c);
void console_close(struct console *c);
/* console_stop(c), console_start(c): the process ends and comes back; what was in memory is gone. */
void console_stop(struct console *c);
void console_start(struct console *c);
void console_pass(struct console *c, uint64_t ms); /* time goes by */
int64_t console_now_s(const struct console *c);
void console_write(struct console *c); /* what waits for the write thread is carried out */
/* console_wait(c, answers): until there have been so many in all. */
void console_wait(struct console *c, unsigned answers);
void console_done(void *ctx, const struct login_answer *answer);
void console_told(void *ctx, const struct account_answer *answer);
void console_from(struct console *c, unsigned host); /* requests come from another address now */

/* console_account(c, name, role, org, secret): an account that has been taken, with CONSOLE_PASSWORD; ${code}: its recovery codes,
 * NULL: not wanted. Returns its id. */
uint64_t console_account(struct console *c, const char *name, uint64_t role, uint64_t org,
                         uint8_t secret[ACCOUNT_SECRET_BYTES], char code[STORE_ACCOUNT_CODES_MAX][RECOVERY_TEXT_BYTES]);
/* console_six(c, secret, out): what the app shows now. */
void console_six(const struct console *c, const uint8_t secret[ACCOUNT_SECRET_BYTES], char out[8]);
/* Each asks and waits for the answer. */
enum login_result console_password(struct console *c, const char *name, const char *password);
enum login_result console_second(struct console *c, const uint8_t id[LOGIN_ID_BYTES], const char *word);
enum login_result console_unlock(struct console *c, const uint8_t id[LOGIN_ID_BYTES], const char *password);
/* console_in(c, name, secret, id): both steps, in a step of the clock of its own. */
void console_in(struct console *c, const char *name, const uint8_t secret[ACCOUNT_SECRET_BYTES],
                uint8_t id[LOGIN_ID_BYTES]);
enum login_state console_state(struct console *c, const uint8_t id[LOGIN_ID_BYTES], bool used);
/* console_audited(c, what): lines of the audit log about accounts in which that stands. */
unsigned console_audited(struct console *c, const char *what);
bool console_was_ended(const struct console *c, uint64_t session);

#endif
