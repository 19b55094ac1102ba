#include "server/console/account.h"
#include "server/console/account_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/wire/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int account_desk_new(struct account_desk **out, struct login *l, const struct login_config *config, const char *issuer)
{
    *out = NULL;
    if (strlen(issuer) > ACCOUNT_ISSUER_BYTES_MAX)
        return SAM_ETOOBIG;
    struct account_desk *d = calloc(1, sizeof *d);
    if (!d)
        return SAM_ENOMEM;
    d->l = l;
    d->config = *config;
    snprintf(d->issuer, sizeof d->issuer, "%s", issuer);
    *out = d;
    return 0;
}

void account_desk_free(struct account_desk *d)
{
    if (!d)
        return;
    SAM_ASSERT(!d->visits);
    sam_wipe(d, sizeof *d);
    free(d);
}

/* ---- visits */

struct visit *visit_new(struct account_desk *d, const uint8_t *invite, account_answered *done, void *ctx)
{
    struct visit *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->d = d;
    v->done = done;
    v->ctx = ctx;
    if (invite)
        memcpy(v->invite, invite, sizeof v->invite);
    v->next = d->visits;
    v->at = &d->visits;
    if (v->next)
        v->next->at = &v->next;
    d->visits = v;
    return v;
}

void visit_end(struct visit *v, struct account_answer *a)
{
    *v->at = v->next;
    if (v->next)
        v->next->at = v->at;
    if (v->done)
        v->done(v->ctx, a);
    sam_wipe(a, sizeof *a);
    sam_wipe(v, sizeof *v);
    free(v);
}

int visit_codes_draw(struct visit *v)
{
    int err = v->d->config.random(v->d->config.ctx, v->code[0], sizeof v->code);
    for (unsigned i = 0; !err && i < STORE_ACCOUNT_CODES_MAX; i++)
        err = recovery_hash(v->code[i], v->choice.code[i]);
    return err;
}

void visit_codes_tell(const struct visit *v, struct account_answer *a)
{
    for (unsigned i = 0; i < STORE_ACCOUNT_CODES_MAX; i++)
        recovery_text(v->code[i], a->code[i]);
}

void visit_hash(struct visit *v, const char *password, struct account_answer *a)
{
    struct account_desk *d = v->d;
    SAM_ASSERT(strlen(password) <= PASSWORD_BYTES_MAX); /* password_fault was asked */
    v->hash.make = true;
    memcpy(v->hash.password, password, strlen(password));
    int err = d->config.random(d->config.ctx, v->hash.salt, sizeof v->hash.salt);
    err = err ? err : password_submit(d->config.pool, &v->hash);
    if (!err)
        return;
    a->result = err == SAM_EBUSY ? ACCOUNT_BUSY : ACCOUNT_FAILED;
    a->retry_s = err == SAM_EBUSY ? BUSY_RETRY_S : 0;
    visit_end(v, a);
}

void account_forget(struct account_desk *d, const void *ctx)
{
    for (struct visit *v = d->visits; v; v = v->next)
        if (v->ctx == ctx)
            v->done = NULL;
}

/* ---- the code of the link */

static int invite_read(struct account_desk *d, const uint8_t *hash, struct account_answer *answer)
{
    struct store_account a;
    int err = store_account_by_invite(d->config.reader, hash, &a);
    if (!err && (a.state != STORE_ACCOUNT_INVITED || d->config.now_s(d->config.ctx) > a.invite_expires_s))
        err = SAM_ENOTFOUND;
    if (!err)
        memcpy(answer->name, a.name, sizeof answer->name);
    sam_wipe(&a, sizeof a);
    return err;
}

static void code_judge(struct account_desk *d, const struct login_from *from, const uint8_t *code,
                       uint8_t hash[SAM_HASH_BYTES], struct account_answer *answer)
{
    struct tally_key address;
    uint64_t now_ms = d->config.now_ms(d->config.ctx);
    *answer = (struct account_answer){.result = ACCOUNT_FAILED};
    int err = tally_key(&address, from->address, sizeof from->address);
    err = err ? err : sam_sha256(code, ACCOUNT_CODE_BYTES, hash);
    if (err)
        return;
    uint64_t wait = tally_wait_ms(d->l->addresses, &address, now_ms);
    if (wait) {
        answer->result = ACCOUNT_LATER;
        answer->retry_s = (uint32_t)((wait + 999) / 1000);
        return;
    }
    err = invite_read(d, hash, answer);
    answer->result = err == 0 ? ACCOUNT_GO_ON : err == SAM_ENOTFOUND ? ACCOUNT_VOID : ACCOUNT_FAILED;
    if (err == SAM_ENOTFOUND) {
        tally_add(d->l->addresses, &address, now_ms);
        sam_log(SAM_LOG_WARN, "invitation_refused", "from=%.64s", from->shown);
    }
}

static bool may_come_in(struct account_desk *d, const struct login_from *from, const uint8_t *code,
                        uint8_t hash[SAM_HASH_BYTES], struct account_answer *answer)
{
    if (store_meta_num(d->config.reader, "drain_only", 0))
        *answer = (struct account_answer){.result = ACCOUNT_SHUT};
    else
        code_judge(d, from, code, hash, answer);
    return answer->result == ACCOUNT_GO_ON;
}

void account_invited(struct account_desk *d, const struct login_from *from, const uint8_t code[ACCOUNT_CODE_BYTES],
                     struct account_answer *answer)
{
    uint8_t hash[SAM_HASH_BYTES];
    may_come_in(d, from, code, hash, answer);
}

/* ---- what was begun */

static struct begun *begun_find(struct account_desk *d, const uint8_t invite[SAM_HASH_BYTES])
{
    uint64_t now_ms = d->config.now_ms(d->config.ctx);
    for (struct begun *b = d->begun; b < d->begun + ACCOUNT_BEGUN_MAX; b++) {
        if (b->used && now_ms - b->at_ms >= ACCOUNT_BEGUN_MS)
            sam_wipe(b, sizeof *b);
        if (b->used && sam_equal_ct(b->invite, invite, sizeof b->invite))
            return b;
    }
    return NULL;
}

static struct begun *begun_place(struct account_desk *d, const uint8_t invite[SAM_HASH_BYTES])
{
    struct begun *there = begun_find(d, invite), *oldest = d->begun;
    for (struct begun *b = d->begun; !there && b < d->begun + ACCOUNT_BEGUN_MAX; b++)
        if (!b->used || (oldest->used && b->at_ms < oldest->at_ms))
            oldest = b;
    return there ? there : oldest;
}

static void begin_done(struct password_job *job, int err)
{
    struct visit *v = (struct visit *)job;
    struct account_desk *d = v->d;
    struct account_answer a = {.result = ACCOUNT_GO_ON};
    struct begun *b = begun_place(d, v->invite);
    sam_wipe(b, sizeof *b);
    memcpy(b->invite, v->invite, sizeof b->invite);
    memcpy(b->password, job->hash, sizeof b->password);
    memcpy(a.name, v->name, sizeof a.name);
    err = err ? err : d->config.random(d->config.ctx, b->secret, sizeof b->secret);
    err = err ? err : totp_uri(a.uri, d->issuer, v->name, b->secret);
    b->at_ms = d->config.now_ms(d->config.ctx);
    b->used = !err;
    if (err) {
        sam_wipe(b, sizeof *b);
        a.result = ACCOUNT_FAILED;
    } else
        totp_base32(b->secret, a.secret);
    visit_end(v, &a);
}

void account_begin(struct account_desk *d, const struct login_from *from, const uint8_t code[ACCOUNT_CODE_BYTES],
                   const char *password, account_answered *done, void *ctx)
{
    uint8_t hash[SAM_HASH_BYTES];
    struct account_answer a;
    if (may_come_in(d, from, code, hash, &a)) {
        a.fault = password_fault(a.name, password);
        a.result = a.fault ? ACCOUNT_PASSWORD : ACCOUNT_GO_ON;
    }
    struct visit *v = a.result == ACCOUNT_GO_ON ? visit_new(d, hash, done, ctx) : NULL;
    if (!v) {
        a.result = a.result == ACCOUNT_GO_ON ? ACCOUNT_FAILED : a.result;
        done(ctx, &a);
        return;
    }
    memcpy(v->name, a.name, sizeof v->name);
    v->hash.done = begin_done;
    visit_hash(v, password, &a);
}

/* ---- the end of it */

static int finish_run(struct login_job *job, struct intake *in)
{
    struct visit *v = (struct visit *)((char *)job - offsetof(struct visit, write));
    int err = account_take(in, &v->choice);
    v->taken = !err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static void finish_done(struct login_job *job, int err)
{
    struct visit *v = (struct visit *)((char *)job - offsetof(struct visit, write));
    struct account_answer a = {.result = err ? ACCOUNT_FAILED : v->taken ? ACCOUNT_DONE : ACCOUNT_VOID};
    struct begun *b = begun_find(v->d, v->invite);
    memcpy(a.name, v->name, sizeof a.name);
    if (a.result == ACCOUNT_DONE)
        visit_codes_tell(v, &a);
    if (b && !err)
        sam_wipe(b, sizeof *b);
    visit_end(v, &a);
}

static int choice_make(struct visit *v, const struct begun *b, uint64_t step)
{
    memcpy(v->choice.invite, v->invite, sizeof v->choice.invite);
    memcpy(v->choice.secret, b->secret, sizeof v->choice.secret);
    memcpy(v->password, b->password, sizeof v->password);
    v->choice.password = v->password;
    v->choice.step = step;
    return visit_codes_draw(v);
}

/* The secret is known to whoever typed the password just now; a wrong code is a mistake, and counted none the less. */
static void wrong(struct account_desk *d, const struct login_from *from)
{
    struct tally_key address;
    if (tally_key(&address, from->address, sizeof from->address) == 0)
        tally_add(d->l->addresses, &address, d->config.now_ms(d->config.ctx));
}

void account_finish(struct account_desk *d, const struct login_from *from, const uint8_t code[ACCOUNT_CODE_BYTES],
                    const char *word, account_answered *done, void *ctx)
{
    uint8_t hash[SAM_HASH_BYTES];
    struct account_answer a;
    uint64_t step = 0;
    struct begun *b = may_come_in(d, from, code, hash, &a) ? begun_find(d, hash) : NULL;
    if (a.result == ACCOUNT_GO_ON && !b)
        a.result = ACCOUNT_VOID;
    int err = b ? totp_check(b->secret, word, d->config.now_s(d->config.ctx), 0, &step) : 0;
    if (err) {
        a.result = err == SAM_EAUTH ? ACCOUNT_WRONG : ACCOUNT_FAILED;
        wrong(d, from);
    }
    struct visit *v = a.result == ACCOUNT_GO_ON ? visit_new(d, hash, done, ctx) : NULL;
    if (!v) {
        a.result = a.result == ACCOUNT_GO_ON ? ACCOUNT_FAILED : a.result;
        done(ctx, &a);
        return;
    }
    memcpy(v->name, a.name, sizeof v->name);
    err = choice_make(v, b, step);
    a.result = ACCOUNT_FAILED;
    if (err) {
        visit_end(v, &a);
        return;
    }
    v->write = (struct login_job){finish_run, finish_done};
    d->config.submit(d->config.ctx, &v->write);
}
