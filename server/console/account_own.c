/* Whoever is in: another password, new recovery codes. */
#include "server/console/account_int.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <string.h>

/* The session, if it is open and its holder has just shown who he is; else NULL and why. */
static struct login_session *proved(struct account_desk *d, uint64_t no, struct account_answer *a)
{
    struct login_session *s = session_at(d->l, no);
    *a = (struct account_answer){.result = ACCOUNT_GO_ON};
    if (!s || s->state != LOGIN_OPEN)
        a->result = ACCOUNT_VOID;
    else if (d->config.now_ms(d->config.ctx) - s->proved_ms >= ACCOUNT_PROVED_MS)
        a->result = ACCOUNT_AGAIN;
    else
        memcpy(a->name, s->name, sizeof a->name);
    return a->result == ACCOUNT_GO_ON ? s : NULL;
}

static struct visit *visit_of(struct account_desk *d, const struct login_session *s, account_answered *done, void *ctx)
{
    struct visit *v = visit_new(d, NULL, done, ctx);
    if (!v)
        return NULL;
    v->session = s->no;
    v->account = s->account;
    memcpy(v->name, s->name, sizeof v->name);
    return v;
}

static void written(struct visit *v, int err, struct account_answer *a)
{
    a->result = err == 0 ? ACCOUNT_DONE : err == SAM_ENOTFOUND ? ACCOUNT_VOID : ACCOUNT_FAILED;
    memcpy(a->name, v->name, sizeof a->name);
    visit_end(v, a);
}

/* ---- another password */

static int password_run(struct login_job *job, struct intake *in)
{
    struct visit *v = (struct visit *)((char *)job - offsetof(struct visit, write));
    return account_password_set(in, v->account, v->password);
}

static void password_done(struct login_job *job, int err)
{
    struct visit *v = (struct visit *)((char *)job - offsetof(struct visit, write));
    if (!err)
        login_kept(v->d->l, v->session);
    written(v, err, &(struct account_answer){0});
}

static void hash_done(struct password_job *job, int err)
{
    struct visit *v = (struct visit *)job;
    if (err) {
        visit_end(v, &(struct account_answer){.result = ACCOUNT_FAILED});
        return;
    }
    memcpy(v->password, job->hash, sizeof v->password);
    v->write = (struct login_job){password_run, password_done};
    v->d->config.submit(v->d->config.ctx, &v->write);
}

void account_password(struct account_desk *d, uint64_t session, const char *password, account_answered *done, void *ctx)
{
    struct account_answer a;
    struct login_session *s = proved(d, session, &a);
    if (s) {
        a.fault = password_fault(s->name, password);
        a.result = a.fault ? ACCOUNT_PASSWORD : ACCOUNT_FAILED;
    }
    struct visit *v = s && !a.fault ? visit_of(d, s, done, ctx) : NULL;
    if (!v) {
        done(ctx, &a);
        return;
    }
    v->hash.done = hash_done;
    visit_hash(v, password, &a);
}

/* ---- new recovery codes */

static int renew_run(struct login_job *job, struct intake *in)
{
    struct visit *v = (struct visit *)((char *)job - offsetof(struct visit, write));
    return account_codes_set(in, v->account, v->choice.code);
}

static void renew_done(struct login_job *job, int err)
{
    struct visit *v = (struct visit *)((char *)job - offsetof(struct visit, write));
    struct account_answer a = {0};
    if (!err)
        visit_codes_tell(v, &a);
    written(v, err, &a);
}

void account_renew(struct account_desk *d, uint64_t session, account_answered *done, void *ctx)
{
    struct account_answer a;
    struct login_session *s = proved(d, session, &a);
    struct visit *v = s ? visit_of(d, s, done, ctx) : NULL;
    if (!v || visit_codes_draw(v)) {
        a.result = s ? ACCOUNT_FAILED : a.result;
        if (v)
            visit_end(v, &a);
        else
            done(ctx, &a);
        return;
    }
    v->write = (struct login_job){renew_run, renew_done};
    d->config.submit(d->config.ctx, &v->write);
}
