#include "tests/lib/entrance.h"

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "tests/lib/check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATIENCE = 60000 };
static const struct password_cost cheap = {64, 1, 1};

static uint64_t now_ms(void *ctx)
{
    return ((struct entrance *)ctx)->now_ms;
}

int64_t entrance_now_s(const struct entrance *c)
{
    return ENTRANCE_NOW_S + (int64_t)(c->now_ms / 1000);
}

static int64_t now_s(void *ctx)
{
    return entrance_now_s(ctx);
}

static int chance(void *ctx, uint8_t *out, size_t n)
{
    (void)ctx;
    return sam_random(out, n);
}

static void submit(void *ctx, struct login_job *job)
{
    struct entrance *c = ctx;
    CHECK(c->jobs < ENTRANCE_JOBS_MAX);
    c->job[c->jobs++] = job;
    if (!c->hold && !c->writing)
        entrance_write(c);
}

/* One job's end may submit the next. */
void entrance_write(struct entrance *c)
{
    c->writing = true;
    for (unsigned i = 0; i < c->jobs; i++) {
        CHECK(intake_begin(c->centre.in) == 0);
        int err = c->job[i]->run(c->job[i], c->centre.in);
        if (err)
            intake_rollback(c->centre.in);
        else
            err = intake_commit(c->centre.in);
        c->job[i]->done(c->job[i], err);
    }
    c->jobs = 0;
    c->writing = false;
}

static void ended(void *ctx, uint64_t session)
{
    struct entrance *c = ctx;
    CHECK(c->ended_count < ENTRANCE_ENDED_MAX);
    c->ended[c->ended_count++] = session;
}

bool entrance_was_ended(const struct entrance *c, uint64_t session)
{
    for (unsigned i = 0; i < c->ended_count; i++)
        if (c->ended[i] == session)
            return true;
    return false;
}

static void parts_start(struct entrance *c)
{
    CHECK(store_reader_open(&c->reader, c->centre.path) == 0);
    CHECK(store_reader_open(&c->login_reader, c->centre.path) == 0);
    CHECK(password_pool_start(&c->pool, &(struct password_pool_config){.cost = cheap}) == 0);
    c->config = (struct login_config){.reader = c->login_reader,
                                      .pool = c->pool,
                                      .cost = cheap,
                                      .now_ms = now_ms,
                                      .now_s = now_s,
                                      .random = chance,
                                      .submit = submit,
                                      .ended = ended,
                                      .ctx = c};
    CHECK(login_new(&c->l, &c->config) == 0);
    CHECK(account_desk_new(&c->desk, c->l, &c->config, "samling") == 0);
}

static void parts_stop(struct entrance *c)
{
    password_pool_stop(c->pool);
    entrance_write(c);
    account_desk_free(c->desk);
    login_free(c->l);
    store_close(c->login_reader);
    store_close(c->reader);
}

void entrance_open(struct entrance *c)
{
    memset(c, 0, sizeof *c);
    c->now_ms = 1000000;
    centre_open_journaled(&c->centre, entrance_now_s(c));
    parts_start(c);
    entrance_from(c, 1);
}

void entrance_close(struct entrance *c)
{
    parts_stop(c);
    centre_close(&c->centre);
}

void entrance_stop(struct entrance *c)
{
    parts_stop(c);
    centre_stop(&c->centre);
}

void entrance_start(struct entrance *c)
{
    centre_start(&c->centre);
    parts_start(c);
}

void entrance_pass(struct entrance *c, uint64_t ms)
{
    c->now_ms += ms;
    centre_clock(&c->centre, entrance_now_s(c));
}

void entrance_from(struct entrance *c, unsigned host)
{
    c->from = (struct login_from){.address = {[10] = 0xff, 0xff, 192, 0, 2, (uint8_t)host}, .shown = "192.0.2.x"};
}

void entrance_done(void *ctx, const struct login_answer *answer)
{
    struct entrance *c = ctx;
    c->answer = *answer;
    c->answers++;
}

void entrance_told(void *ctx, const struct account_answer *answer)
{
    struct entrance *c = ctx;
    c->told = *answer;
    c->answers++;
}

void entrance_wait(struct entrance *c, unsigned answers)
{
    for (unsigned i = 0; c->answers < answers && i < PATIENCE; i++) {
        password_take(c->pool);
        if (c->answers < answers)
            usleep(500);
    }
    CHECK(c->answers == answers);
}

uint64_t entrance_account(struct entrance *c, const char *name, uint64_t role, uint64_t org,
                          uint8_t secret[ACCOUNT_SECRET_BYTES], char code[STORE_ACCOUNT_CODES_MAX][RECOVERY_TEXT_BYTES])
{
    struct store_account_role as = {.role = role, .org = org};
    struct account_choice choice = {.step = 0};
    struct account_invite invite;
    uint8_t salt[PASSWORD_SALT_BYTES] = {7}, plain[RECOVERY_BYTES];
    char hash[STORE_PASSWORD_BYTES_MAX + 1];
    CHECK(password_hash(&cheap, salt, ENTRANCE_PASSWORD, hash) == 0);
    CHECK(sam_random(secret, ACCOUNT_SECRET_BYTES) == 0);
    memcpy(choice.secret, secret, ACCOUNT_SECRET_BYTES);
    choice.password = hash;
    for (unsigned i = 0; i < STORE_ACCOUNT_CODES_MAX; i++) {
        CHECK(sam_random(plain, sizeof plain) == 0);
        CHECK(recovery_hash(plain, choice.code[i]) == 0);
        if (code)
            recovery_text(plain, code[i]);
    }
    CHECK(intake_begin(c->centre.in) == 0);
    CHECK(account_make(c->centre.in, "test", name, 0, &as, &invite) == 0);
    CHECK(sam_sha256(invite.code, sizeof invite.code, choice.invite) == 0);
    CHECK(account_take(c->centre.in, &choice) == 0);
    CHECK(intake_commit(c->centre.in) == 0);
    return invite.id;
}

void entrance_six(const struct entrance *c, const uint8_t secret[ACCOUNT_SECRET_BYTES], char out[8])
{
    uint32_t code;
    CHECK(totp_code(secret, totp_step(entrance_now_s(c)), &code) == 0);
    snprintf(out, 8, "%06u", code % 1000000);
}

enum login_result entrance_password(struct entrance *c, const char *name, const char *password)
{
    unsigned want = c->answers + 1;
    login_password(c->l, &c->from, name, password, entrance_done, c);
    entrance_wait(c, want);
    return c->answer.result;
}

enum login_result entrance_second(struct entrance *c, const uint8_t id[LOGIN_ID_BYTES], const char *word)
{
    unsigned want = c->answers + 1;
    login_second(c->l, &c->from, id, word, entrance_done, c);
    entrance_wait(c, want);
    return c->answer.result;
}

enum login_result entrance_unlock(struct entrance *c, const uint8_t id[LOGIN_ID_BYTES], const char *password)
{
    unsigned want = c->answers + 1;
    login_unlock(c->l, &c->from, id, password, entrance_done, c);
    entrance_wait(c, want);
    return c->answer.result;
}

void entrance_in(struct entrance *c, const char *name, const uint8_t secret[ACCOUNT_SECRET_BYTES],
                 uint8_t id[LOGIN_ID_BYTES])
{
    char six[8];
    entrance_pass(c, TOTP_STEP_S * 1000);
    CHECK(entrance_password(c, name, ENTRANCE_PASSWORD) == LOGIN_SECOND);
    memcpy(id, c->answer.id, LOGIN_ID_BYTES);
    entrance_six(c, secret, six);
    CHECK(entrance_second(c, id, six) == LOGIN_IN);
    memcpy(id, c->answer.id, LOGIN_ID_BYTES);
}

enum login_state entrance_state(struct entrance *c, const uint8_t id[LOGIN_ID_BYTES], bool used)
{
    struct login_look seen;
    login_look(c->l, id, used, &seen);
    return seen.session ? seen.session->state : LOGIN_NONE;
}

unsigned entrance_audited(struct entrance *c, const char *what)
{
    struct store_audit a = {0};
    unsigned n = 0;
    for (uint64_t no = 0; store_audit_next(c->reader, no, &a) == 0; no = a.no)
        n += a.kind == AUDIT_ACCOUNT && strstr(a.text, what) != NULL;
    return n;
}

int entrance_setup(void **state)
{
    static struct entrance one;
    entrance_open(&one);
    *state = &one;
    return 0;
}

int entrance_teardown(void **state)
{
    entrance_close(*state);
    return 0;
}

int entrance_change(struct entrance *c, int (*what)(struct intake *in, const char *actor, uint64_t id), uint64_t id)
{
    CHECK(intake_begin(c->centre.in) == 0);
    int err = what(c->centre.in, "test", id);
    if (err)
        intake_rollback(c->centre.in);
    else
        CHECK(intake_commit(c->centre.in) == 0);
    return err;
}

struct store_account entrance_read(struct entrance *c, uint64_t id)
{
    struct store_account a;
    CHECK(store_account_get(c->reader, id, &a) == 0);
    return a;
}
