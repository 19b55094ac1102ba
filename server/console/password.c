#include "server/console/password.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/model/op.h"
#include "proto/wire/crypto.h"

#include <argon2.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct password_cost password_cost_usual = {64 * 1024, 3, 1};

enum { HASH_BYTES = 32 };

/* ---- one hash */

static int argon_err(int rc)
{
    switch (rc) {
    case ARGON2_OK: return 0;
    case ARGON2_VERIFY_MISMATCH: return SAM_EAUTH;
    case ARGON2_MEMORY_ALLOCATION_ERROR:
    case ARGON2_THREAD_FAIL: return SAM_ENOMEM;
    case ARGON2_DECODING_FAIL:
    case ARGON2_DECODING_LENGTH_FAIL:
    case ARGON2_INCORRECT_TYPE: return SAM_ECORRUPT;
    default: return SAM_ERANGE;
    }
}

int password_hash(const struct password_cost *cost, const uint8_t salt[PASSWORD_SALT_BYTES], const char *password,
                  char out[STORE_PASSWORD_BYTES_MAX + 1])
{
    memset(out, 0, STORE_PASSWORD_BYTES_MAX + 1);
    int rc = argon2id_hash_encoded(cost->passes, cost->memory_kib, cost->lanes, password, strlen(password), salt,
                                   PASSWORD_SALT_BYTES, HASH_BYTES, out, STORE_PASSWORD_BYTES_MAX + 1);
    if (rc != ARGON2_OK)
        memset(out, 0, STORE_PASSWORD_BYTES_MAX + 1);
    return argon_err(rc);
}

/* Letters of base64 for so many random bytes; the last one holds no bits beyond them. */
static size_t letters(const uint8_t *random, size_t bytes, char *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = (bytes * 8 + 5) / 6;
    for (size_t i = 0; i + 1 < n; i++)
        out[i] = alphabet[random[i] & 63u];
    out[n - 1] = 'A';
    out[n] = 0;
    return n;
}

void password_nobody(const struct password_cost *cost, const uint8_t random[PASSWORD_NOBODY_BYTES],
                     char out[STORE_PASSWORD_BYTES_MAX + 1])
{
    char salt[PASSWORD_NOBODY_BYTES + 1], hash[PASSWORD_NOBODY_BYTES + 1];
    size_t used = letters(random, PASSWORD_SALT_BYTES, salt);
    used += letters(random + used, HASH_BYTES, hash);
    SAM_ASSERT(used <= PASSWORD_NOBODY_BYTES);
    int n = snprintf(out, STORE_PASSWORD_BYTES_MAX + 1, "$argon2id$v=19$m=%u,t=%u,p=%u$%s$%s", cost->memory_kib,
                     cost->passes, cost->lanes, salt, hash);
    SAM_ASSERT(n > 0 && n <= (int)STORE_PASSWORD_BYTES_MAX);
}

int password_verify(const char *hash, const char *password)
{
    return argon_err(argon2id_verify(hash, password, strlen(password)));
}

/* ---- the threads */

struct queue {
    struct password_job *first, **end;
    unsigned count;
};

struct password_pool {
    struct password_pool_config config;
    pthread_mutex_t lock;
    pthread_cond_t work;
    pthread_t thread[PASSWORD_THREADS];
    unsigned threads;
    struct queue waits, ready;
    bool ending;
};

static void queue_init(struct queue *q)
{
    *q = (struct queue){.end = &q->first};
}

static void queue_add(struct queue *q, struct password_job *job)
{
    job->next = NULL;
    *q->end = job;
    q->end = &job->next;
    q->count++;
}

static struct password_job *queue_take(struct queue *q)
{
    struct password_job *job = q->first;
    if (!job)
        return NULL;
    q->first = job->next;
    if (!q->first)
        q->end = &q->first;
    q->count--;
    return job;
}

static void job_do(const struct password_cost *cost, struct password_job *job)
{
    if (job->make)
        job->err = password_hash(cost, job->salt, job->password, job->hash);
    else
        job->err = password_verify(job->hash, job->password);
    sam_wipe(job->password, sizeof job->password);
}

static void *thread_run(void *arg)
{
    struct password_pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        struct password_job *job = p->ending ? NULL : queue_take(&p->waits);
        if (!job && p->ending)
            break;
        if (!job) {
            pthread_cond_wait(&p->work, &p->lock);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        job_do(&p->config.cost, job);
        pthread_mutex_lock(&p->lock);
        queue_add(&p->ready, job);
        if (p->config.notify)
            p->config.notify(p->config.ctx);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Signals are the loop's. */
static int threads_start(struct password_pool *p)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (p->threads < PASSWORD_THREADS && !pthread_create(&p->thread[p->threads], NULL, thread_run, p))
        p->threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return p->threads == PASSWORD_THREADS ? 0 : SAM_EIO;
}

int password_pool_start(struct password_pool **out, const struct password_pool_config *config)
{
    struct password_pool *p = calloc(1, sizeof *p);
    *out = NULL;
    if (!p)
        return SAM_ENOMEM;
    p->config = *config;
    queue_init(&p->waits);
    queue_init(&p->ready);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    int err = threads_start(p);
    if (err)
        password_pool_stop(p);
    else
        *out = p;
    return err;
}

int password_submit(struct password_pool *p, struct password_job *job)
{
    SAM_ASSERT(job->done);
    SAM_ASSERT(memchr(job->password, 0, sizeof job->password));
    pthread_mutex_lock(&p->lock);
    int err = p->waits.count < PASSWORD_QUEUE_MAX ? 0 : SAM_EBUSY;
    if (!err) {
        queue_add(&p->waits, job);
        pthread_cond_signal(&p->work);
    }
    pthread_mutex_unlock(&p->lock);
    return err;
}

unsigned password_take(struct password_pool *p)
{
    unsigned n = 0;
    for (;; n++) {
        pthread_mutex_lock(&p->lock);
        struct password_job *job = queue_take(&p->ready);
        pthread_mutex_unlock(&p->lock);
        if (!job)
            return n;
        job->done(job, job->err);
    }
}

void password_pool_stop(struct password_pool *p)
{
    struct password_job *job;
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    while (p->threads)
        pthread_join(p->thread[--p->threads], NULL);
    password_take(p);
    while ((job = queue_take(&p->waits))) {
        sam_wipe(job->password, sizeof job->password);
        job->done(job, SAM_ECLOSED);
    }
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    free(p);
}
