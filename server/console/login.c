/* Tries: counted, judged, answered, written down.
 *
 *      password  loop: count, read the account -> pool: Argon2id -> loop: answer; what went wrong is written down behind the answer,
 *                so that a name that nobody has takes no shorter
 *      second    loop: count -> write thread: judge, mark as used, in one transaction -> loop: answer after the commit
 *      unlock    as password, of an account that is known */
#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"
#include "server/console/login_int.h"
#include "server/console/recovery.h"
#include "server/console/totp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_RETRY_S = 5 };

/* ---- the whole */

static int nobody_make(struct login *l)
{
    uint8_t random[PASSWORD_NOBODY_BYTES];
    int err = l->config.random(l->config.ctx, random, sizeof random);
    if (!err)
        password_nobody(&l->config.cost, random, l->nobody);
    return err;
}

int login_new(struct login **out, const struct login_config *config)
{
    struct login *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l)
        return SAM_ENOMEM;
    l->config = *config;
    l->accounts = tally_new(LOGIN_TRIES_ACCOUNT, LOGIN_TRIES_MS);
    l->names = tally_new(LOGIN_TRIES_ACCOUNT, LOGIN_TRIES_MS);
    l->addresses = tally_new(LOGIN_TRIES_ADDRESS, LOGIN_TRIES_MS);
    int err = l->accounts && l->names && l->addresses ? config->random(config->ctx, l->key, sizeof l->key) : SAM_ENOMEM;
    err = err ? err : nobody_make(l);
    if (err)
        login_free(l);
    else
        *out = l;
    return err;
}

void login_free(struct login *l)
{
    if (!l)
        return;
    SAM_ASSERT(!l->tries);
    tally_free(l->accounts);
    tally_free(l->names);
    tally_free(l->addresses);
    sam_wipe(l, sizeof *l);
    free(l);
}

static struct login_try *try_new(struct login *l, enum login_step step, login_done *done, void *ctx)
{
    struct login_try *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->l = l;
    t->step = step;
    t->done = done;
    t->ctx = ctx;
    t->next = l->tries;
    t->at = &l->tries;
    if (t->next)
        t->next->at = &t->next;
    l->tries = t;
    return t;
}

static void try_free(struct login_try *t)
{
    *t->at = t->next;
    if (t->next)
        t->next->at = t->at;
    sam_wipe(t, sizeof *t);
    free(t);
}

void login_forget(struct login *l, const void *ctx)
{
    for (struct login_try *t = l->tries; t; t = t->next)
        if (t->ctx == ctx)
            t->done = NULL;
}

static void answer(struct login_try *t, struct login_answer *a)
{
    login_done *done = t->done;
    t->done = NULL;
    if (done)
        done(t->ctx, a);
    sam_wipe(a, sizeof *a);
}

static void answer_plain(struct login_try *t, enum login_result result, uint32_t retry_s)
{
    answer(t, &(struct login_answer){.result = result, .retry_s = retry_s});
}

static void end(struct login_try *t, enum login_result result, uint32_t retry_s)
{
    answer_plain(t, result, retry_s);
    try_free(t);
}

static void tell(login_done *done, void *ctx, enum login_result result)
{
    done(ctx, &(struct login_answer){.result = result});
}

/* ---- counting */

static int keys_make(struct login_try *t, const struct login_from *from, const char *name)
{
    snprintf(t->shown, sizeof t->shown, "%s", from->shown);
    int err = tally_key(&t->name, name, strlen(name));
    return err ? err : tally_key(&t->address, from->address, sizeof from->address);
}

/* Seconds to wait, 0: go on, and it is counted. */
static uint32_t count(struct login_try *t, int64_t locked_until_s)
{
    struct login *l = t->l;
    uint64_t now_ms = l->config.now_ms(l->config.ctx), wait = tally_wait_ms(t->by_name, &t->name, now_ms),
             other = tally_wait_ms(l->addresses, &t->address, now_ms);
    int64_t locked_s = locked_until_s - l->config.now_s(l->config.ctx);
    wait = other > wait ? other : wait;
    if (locked_s > 0 && (uint64_t)locked_s * 1000 > wait)
        wait = (uint64_t)locked_s * 1000;
    if (wait)
        return (uint32_t)((wait + 999) / 1000);
    t->tries = tally_add(t->by_name, &t->name, now_ms);
    tally_add(l->addresses, &t->address, now_ms);
    return 0;
}

static void count_back(struct login_try *t)
{
    tally_take_back(t->by_name, &t->name);
    tally_take_back(t->l->addresses, &t->address);
}

/* Wrong tries stay counted until both steps were right: a password alone wins no more tries at the codes. */
static void count_right(struct login_try *t)
{
    tally_clear(t->by_name, &t->name);
    tally_take_back(t->l->addresses, &t->address);
}

/* A try that is counted, of an account or (NULL) of a name that nobody has; NULL: it was answered. */
static struct login_try *try_begin(struct login *l, enum login_step step, const struct login_from *from,
                                   const char *name, const struct store_account *a, login_done *done, void *ctx)
{
    struct login_try *t = try_new(l, step, done, ctx);
    if (!t) {
        tell(done, ctx, LOGIN_FAILED);
        return NULL;
    }
    t->by_name = a ? l->accounts : l->names;
    int err = keys_make(t, from, name);
    uint32_t wait = err ? 0 : count(t, a ? a->locked_until_s : 0);
    if (!err && !wait)
        return t;
    end(t, err ? LOGIN_FAILED : LOGIN_LATER, wait);
    return NULL;
}

static int64_t lock_until(const struct login_try *t)
{
    return t->tries >= LOGIN_TRIES_ACCOUNT ? t->l->config.now_s(t->l->config.ctx) + LOGIN_TRIES_MS / 1000 : 0;
}

/* ---- written down behind the answer */

static int refused_run(struct login_job *job, struct intake *in)
{
    struct login_try *t = (struct login_try *)((char *)job - offsetof(struct login_try, write));
    int err = account_refused(in, t->account, t->shown, lock_until(t));
    return err == SAM_ENOTFOUND ? 0 : err;
}

static void written_done(struct login_job *job, int err)
{
    struct login_try *t = (struct login_try *)((char *)job - offsetof(struct login_try, write));
    if (err)
        sam_log(SAM_LOG_ERROR, "login_not_written", "err=%s", sam_err_name(err));
    else if (t->step != STEP_SECOND && lock_until(t))
        tally_clear(t->by_name, &t->name); /* from here on the store says that it is locked, and opens it */
    try_free(t);
}

static void refused(struct login_try *t)
{
    answer_plain(t, LOGIN_REFUSED, 0);
    sam_log(SAM_LOG_WARN, "login_refused", "account=%llu tries=%u from=%s", (unsigned long long)t->account, t->tries,
            t->shown);
    if (!t->account) {
        try_free(t);
        return;
    }
    t->write = (struct login_job){refused_run, written_done};
    t->l->config.submit(t->l->config.ctx, &t->write);
}

struct note {
    struct login_job job;
    uint64_t account;
    char what[80];
};

static int note_run(struct login_job *job, struct intake *in)
{
    struct note *n = (struct note *)job;
    int err = account_note(in, n->account, n->what);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static void note_done(struct login_job *job, int err)
{
    if (err)
        sam_log(SAM_LOG_ERROR, "login_not_written", "err=%s", sam_err_name(err));
    free(job);
}

void login_note(struct login *l, uint64_t account, const char *what)
{
    struct note *n = calloc(1, sizeof *n);
    sam_log(SAM_LOG_INFO, "login", "account=%llu what=\"%s\"", (unsigned long long)account, what);
    if (!n)
        return;
    n->job = (struct login_job){note_run, note_done};
    n->account = account;
    snprintf(n->what, sizeof n->what, "%s", what);
    l->config.submit(l->config.ctx, &n->job);
}

/* ---- the password */

static void half_open(struct login_try *t)
{
    struct login_answer a = {.result = LOGIN_SECOND};
    struct store_account now;
    uint8_t proof[SAM_HASH_BYTES] = {0};
    int err = store_account_get(t->l->config.reader, t->account, &now);
    err = err ? err : login_proof(&now, proof);
    if (!err && (now.state != STORE_ACCOUNT_ACTIVE || !sam_equal_ct(proof, t->proof, sizeof proof)))
        err = SAM_ENOTFOUND; /* changed while the password was judged */
    err = err ? err : session_make(t->l, &now, a.id);
    sam_wipe(&now, sizeof now);
    count_back(t); /* this one was right; those before stay */
    if (err)
        a.result = err == SAM_ENOTFOUND ? LOGIN_REFUSED : LOGIN_FAILED;
    answer(t, &a);
    try_free(t);
}

static void unlocked(struct login_try *t)
{
    struct login_answer a = {.result = LOGIN_IN};
    struct login_session *s = session_at(t->l, t->session);
    count_right(t);
    if (!s || !sam_equal_ct(s->own.proof, t->proof, sizeof t->proof))
        a.result = LOGIN_ENDED;
    else if (session_open(t->l, s, a.id))
        a.result = LOGIN_FAILED;
    else
        login_note(t->l, t->account, "went on after a pause");
    answer(t, &a);
    try_free(t);
}

/* Five wrong passwords after a pause: whoever sits there is not its holder. */
static void unlock_refused(struct login_try *t)
{
    struct login_session *s = session_at(t->l, t->session);
    if (s && lock_until(t))
        session_end(t->l, s);
    refused(t);
}

static void hash_done(struct password_job *job, int err)
{
    struct login_try *t = (struct login_try *)job;
    bool right = err == 0 && t->account;
    if (err && err != SAM_EAUTH) {
        count_back(t);
        sam_log(SAM_LOG_ERROR, "login_hash", "account=%llu err=%s", (unsigned long long)t->account, sam_err_name(err));
        end(t, LOGIN_FAILED, 0);
    } else if (t->step == STEP_UNLOCK)
        (right ? unlocked : unlock_refused)(t);
    else
        (right ? half_open : refused)(t);
}

/* ${a}: whose; NULL: nobody's, which takes as long. */
static void hash_begin(struct login_try *t, const struct store_account *a, const char *password)
{
    size_t n = strlen(password);
    t->account = a ? a->id : 0;
    t->hash.done = hash_done;
    snprintf(t->hash.hash, sizeof t->hash.hash, "%s", a ? a->password : t->l->nobody);
    if (n > PASSWORD_BYTES_MAX) { /* nobody has such a one; it is judged as another one is */
        n = 0;
        t->account = 0;
    }
    memcpy(t->hash.password, password, n);
    int err = a ? login_proof(a, t->proof) : 0;
    err = err ? err : password_submit(t->l->config.pool, &t->hash);
    if (!err)
        return;
    count_back(t);
    end(t, err == SAM_EBUSY ? LOGIN_BUSY : LOGIN_FAILED, err == SAM_EBUSY ? BUSY_RETRY_S : 0);
}

static bool shut(struct login *l)
{
    return store_meta_num(l->config.reader, "drain_only", 0) != 0;
}

/* Of a name that nobody has, or whose account is not in use: SAM_ENOTFOUND. */
static int account_of(struct login *l, const char *folded, struct store_account *a)
{
    int err = folded[0] ? store_account_by_name(l->config.reader, folded, a) : SAM_ENOTFOUND;
    return !err && (a->state != STORE_ACCOUNT_ACTIVE || !a->password[0]) ? SAM_ENOTFOUND : err;
}

void login_password(struct login *l, const struct login_from *from, const char *name, const char *password,
                    login_done *done, void *ctx)
{
    struct store_account a = {0};
    char folded[STORE_ACCOUNT_NAME_BYTES_MAX + 1];
    int err = account_name_fold(name, folded);
    const char *counted = err ? name : folded;
    err = account_of(l, folded, &a);
    if (shut(l) || (err && err != SAM_ENOTFOUND)) {
        sam_wipe(&a, sizeof a);
        tell(done, ctx, shut(l) ? LOGIN_SHUT : LOGIN_FAILED);
        return;
    }
    struct login_try *t = try_begin(l, STEP_PASSWORD, from, counted, err ? NULL : &a, done, ctx);
    if (t)
        hash_begin(t, err ? NULL : &a, password);
    sam_wipe(&a, sizeof a);
}

void login_unlock(struct login *l, const struct login_from *from, const uint8_t id[LOGIN_ID_BYTES],
                  const char *password, login_done *done, void *ctx)
{
    struct store_account a;
    struct login_look seen;
    login_look(l, id, false, &seen);
    const struct login_session *s = seen.session;
    if (!s || s->state == LOGIN_HALF || store_account_get(l->config.reader, s->account, &a)) {
        tell(done, ctx, LOGIN_ENDED);
        return;
    }
    struct login_try *t = try_begin(l, STEP_UNLOCK, from, a.name, &a, done, ctx);
    if (t) {
        t->session = s->no;
        hash_begin(t, &a, password);
    }
    sam_wipe(&a, sizeof a);
}

/* ---- the second step */

static int second_judge(struct login_try *t, struct intake *in, const struct store_account *a)
{
    uint8_t secret[ACCOUNT_SECRET_BYTES], hash[SAM_HASH_BYTES];
    uint64_t step;
    if (recovery_read(t->word, hash) == 0)
        return account_code_used(in, a->id, hash);
    int err = account_secret(in, a, secret);
    if (!err)
        err = totp_check(secret, t->word, intake_now_s(in), a->step, &step);
    sam_wipe(secret, sizeof secret);
    err = err ? err : account_step_used(in, a->id, step);
    return err == SAM_EEXIST ? SAM_EAUTH : err;
}

static int second_run(struct login_job *job, struct intake *in)
{
    struct login_try *t = (struct login_try *)((char *)job - offsetof(struct login_try, write));
    struct store_account a;
    uint8_t proof[SAM_HASH_BYTES];
    t->right = false; /* a group that was rolled back is run again */
    int err = store_account_get(intake_store(in), t->account, &a);
    err = err ? err : login_proof(&a, proof);
    bool holds = !err && a.state == STORE_ACCOUNT_ACTIVE && sam_equal_ct(proof, t->proof, sizeof proof) &&
                 !account_locked(&a, intake_now_s(in));
    err = err ? err : holds ? second_judge(t, in, &a) : SAM_EAUTH;
    t->right = !err;
    if (err == SAM_EAUTH)
        err = account_refused(in, t->account, t->shown, lock_until(t));
    sam_wipe(&a, sizeof a);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static void second_done(struct login_job *job, int err)
{
    struct login_try *t = (struct login_try *)((char *)job - offsetof(struct login_try, write));
    struct login_session *s = session_at(t->l, t->session);
    struct login_answer a = {.result = LOGIN_IN};
    if (err) {
        count_back(t);
        a.result = LOGIN_FAILED;
    } else if (!t->right) {
        a.result = LOGIN_REFUSED;
        if (lock_until(t)) {
            tally_clear(t->by_name, &t->name);
            if (s)
                session_end(t->l, s);
        }
    } else {
        count_right(t);
        a.result = !s ? LOGIN_ENDED : session_open(t->l, s, a.id) ? LOGIN_FAILED : LOGIN_IN;
    }
    answer(t, &a);
    try_free(t);
}

void login_second(struct login *l, const struct login_from *from, const uint8_t id[LOGIN_ID_BYTES], const char *word,
                  login_done *done, void *ctx)
{
    struct store_account a;
    struct login_look seen;
    login_look(l, id, false, &seen);
    const struct login_session *s = seen.session;
    if (!s || s->state != LOGIN_HALF || store_account_get(l->config.reader, s->account, &a)) {
        tell(done, ctx, LOGIN_ENDED);
        return;
    }
    struct login_try *t = try_begin(l, STEP_SECOND, from, a.name, &a, done, ctx);
    sam_wipe(&a, sizeof a);
    if (!t)
        return;
    t->account = s->account;
    t->session = s->no;
    memcpy(t->proof, s->own.proof, sizeof t->proof);
    snprintf(t->word, sizeof t->word, "%s", word);
    t->write = (struct login_job){second_run, second_done};
    l->config.submit(l->config.ctx, &t->write);
}
