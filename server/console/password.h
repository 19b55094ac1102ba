/* Passwords: which may be chosen, and Argon2id on threads of its own, so that neither the loop nor the write thread waits for it.
 *
 *      loop --password_submit--> [ queue of 8 ] --2 threads, 64 MiB each--> [ done ] --notify--> loop --password_take--> job.done
 *
 * Invariants
 *  1. A job's done is called exactly once, by password_take or password_pool_stop, on the caller's thread.
 *  2. At most PASSWORD_THREADS hashes are being made and PASSWORD_QUEUE_MAX wait: what the whole world may ask of memory at once
 *     is 2 x 64 MiB. One more is told SAM_EBUSY.
 *  3. A password lies in its job alone and is wiped there before done. */
#ifndef CONSOLE_PASSWORD_H
#define CONSOLE_PASSWORD_H

#include "server/store/store_account.h"

#include <stdbool.h>
#include <stdint.h>

#define PASSWORD_LETTERS_MIN 8u      /* ASVS 6.2.1; 15 are advised, and asked for by nobody */
#define PASSWORD_LETTERS_ADVISED 15u /* ASVS 6.2.1 */
#define PASSWORD_BYTES_MAX 256u      /* ASVS 6.2.9 asks that 64 letters are taken: of four bytes each at most */
#define PASSWORD_THREADS 2u
#define PASSWORD_QUEUE_MAX 8u

/* What a hash costs. Kept with each hash: raising it makes no old one wrong. */
struct password_cost {
    uint32_t memory_kib, passes, lanes;
};
/* 64 MiB, 3, 1: 0.17 s of one processor. */
extern const struct password_cost password_cost_usual;

enum password_fault {
    PASSWORD_FINE,
    PASSWORD_SHORT,  /* fewer than PASSWORD_LETTERS_MIN letters */
    PASSWORD_LONG,   /* more than PASSWORD_BYTES_MAX bytes */
    PASSWORD_SIGNS,  /* not UTF-8, or signs that steer */
    PASSWORD_NAME,   /* the login name and little else */
    PASSWORD_COMMON, /* one of those that are tried first */
};

/**
 * password_fault(name, password):
 * May somebody with this login name choose it? Nothing else is asked of it: no kinds of signs, no expiry (ASVS 6.2.5, 6.2.10).
 * Common is: few different letters, letters or digits in a row as in the alphabet or on the keyboard, a short piece again and
 * again, or a word that stands near (password, the season, this program) with digits before or behind it.
 */
enum password_fault password_fault(const char *name, const char *password);

/* password_hash(cost, salt, password, out): as text with its parameters, $argon2id$v=19$m=…. Blocks. SAM_ENOMEM, SAM_ERANGE a cost
 * that is none. */
#define PASSWORD_SALT_BYTES 16u
int password_hash(const struct password_cost *cost, const uint8_t salt[PASSWORD_SALT_BYTES], const char *password,
                  char out[STORE_PASSWORD_BYTES_MAX + 1]);
#define PASSWORD_NOBODY_BYTES 65u
/* password_nobody(cost, random, out): a hash of no password, made of random bytes without the work: to verify against it is the same work
 * as against any other of that cost. A start of the centre does not pay for one. */
void password_nobody(const struct password_cost *cost, const uint8_t random[PASSWORD_NOBODY_BYTES],
                     char out[STORE_PASSWORD_BYTES_MAX + 1]);
/* password_verify(hash, password): blocks. SAM_EAUTH it is another one; SAM_ENOMEM; SAM_ECORRUPT no such hash. */
int password_verify(const char *hash, const char *password);

/* One hash to be made, or to be compared with. */
struct password_job {
    struct password_job *next; /* private */
    bool make;                 /* make a hash; else compare with the one that is here */
    char password[PASSWORD_BYTES_MAX + 1];
    uint8_t salt[PASSWORD_SALT_BYTES];       /* make: random */
    char hash[STORE_PASSWORD_BYTES_MAX + 1]; /* make: the result */
    /* who called password_take; ${err} as password_hash or password_verify. SAM_ECLOSED: the pool ended first. The job is the
     * caller's again. */
    void (*done)(struct password_job *job, int err);
    int err; /* private */
};

struct password_pool;

struct password_pool_config {
    struct password_cost cost;
    void (*notify)(void *ctx); /* any of its threads: there is something to take. NULL: whoever takes looks by itself */
    void *ctx;
};

/* password_pool_start(out, config): SAM_ENOMEM; SAM_EIO no thread. */
int password_pool_start(struct password_pool **out, const struct password_pool_config *config);
/* password_submit(p, job): ${job} is the pool's until done. SAM_EBUSY: the queue is full, job is still the caller's. */
int password_submit(struct password_pool *p, struct password_job *job);
/* password_take(p): call done of every job that is ready. Returns how many. */
unsigned password_take(struct password_pool *p);
/* password_pool_stop(p): end the threads, call done of what is left, free it. NULL is fine. */
void password_pool_stop(struct password_pool *p);

#endif
