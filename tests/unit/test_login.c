/* Goal: nobody is in who has not shown both steps; an id that was known before is worth nothing after; wrong tries lock; and what
 * happens to the account in the store holds for its sessions at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/right.h"
#include "tests/lib/entrance.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MINUTE_MS 60000u

/* ---- in and out */

static void both_steps_and_no_less(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], half[LOGIN_ID_BYTES], open[LOGIN_ID_BYTES];
    char six[8];
    uint64_t id = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    assert_int_equal(entrance_password(c, "Kari", ENTRANCE_PASSWORD), LOGIN_SECOND); /* great letters do not matter */
    memcpy(half, c->answer.id, sizeof half);
    assert_int_equal(entrance_state(c, half, true), LOGIN_HALF);
    assert_int_equal(entrance_unlock(c, half, ENTRANCE_PASSWORD),
                     LOGIN_ENDED); /* the password twice is not two steps */
    entrance_six(c, secret, six);
    assert_int_equal(entrance_second(c, half, six), LOGIN_IN);
    memcpy(open, c->answer.id, sizeof open);
    assert_memory_not_equal(open, half, sizeof open);
    assert_int_equal(entrance_state(c, half, true),
                     LOGIN_NONE); /* fixation: what somebody planted before is worth nothing */
    assert_int_equal(entrance_state(c, open, true), LOGIN_OPEN);
    assert_int_equal(entrance_audited(c, "logged in"), 1);
    assert_int_equal(entrance_read(c, id).login_s, entrance_now_s(c));
}

static void what_is_wrong_is_not_said(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    char long_one[PASSWORD_BYTES_MAX + 50];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = 0;
    assert_int_equal(entrance_password(c, "kari", "noe annet"), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "kari", ""), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "kari", long_one), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "ola", ENTRANCE_PASSWORD), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "x' OR 1", ENTRANCE_PASSWORD), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "", ""), LOGIN_REFUSED);
    assert_int_equal(login_count(c->l), 0);
    assert_int_equal(entrance_audited(c, "refused"), 2); /* of an account that there is; the log has the others */
}

/* A name that nobody has: the same hash is made, of the same cost. Measured as work, not as time: the answer waits for the pool. */
static void a_name_that_nobody_has_costs_the_same(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    const char *const names[] = {"kari", "nobody"};
    for (unsigned i = 0; i < 2; i++) {
        unsigned before = c->answers;
        login_password(c->l, &c->from, names[i], "noe annet", entrance_done, c);
        assert_int_equal(c->answers, before); /* not at once */
        entrance_wait(c, before + 1);
        assert_int_equal(c->answer.result, LOGIN_REFUSED);
    }
}

static void a_code_is_taken_once(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], one[LOGIN_ID_BYTES], other[LOGIN_ID_BYTES];
    char six[8];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(one, c->answer.id, sizeof one);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(other, c->answer.id, sizeof other);
    entrance_six(c, secret, six);
    unsigned want = c->answers + 2; /* at once: both wait for the write thread */
    c->hold = true;
    login_second(c->l, &c->from, one, six, entrance_done, c);
    login_second(c->l, &c->from, other, six, entrance_done, c);
    assert_int_equal(c->answers, want - 2); /* nobody is in before it is on disk */
    c->hold = false;
    entrance_write(c);
    assert_int_equal(c->answers, want);
    assert_int_equal(c->answer.result, LOGIN_REFUSED);
    assert_int_equal(entrance_audited(c, "logged in"), 1);
    entrance_pass(c, 30000);
    entrance_six(c, secret, six);
    assert_int_equal(entrance_second(c, other, six), LOGIN_IN);
}

static void a_recovery_code_is_taken_once(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    char code[STORE_ACCOUNT_CODES_MAX][RECOVERY_TEXT_BYTES], shouted[RECOVERY_TEXT_BYTES];
    uint64_t account = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, code);
    for (unsigned i = 0; i < RECOVERY_TEXT_BYTES; i++)
        shouted[i] = code[3][i] == '-' ? ' ' : code[3][i] >= 'a' ? (char)(code[3][i] - 32) : code[3][i];
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(id, c->answer.id, sizeof id);
    assert_int_equal(entrance_second(c, id, "aaaa-aaaa-aaaa-aaaa"), LOGIN_REFUSED);
    assert_int_equal(entrance_second(c, id, shouted), LOGIN_IN);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(id, c->answer.id, sizeof id);
    assert_int_equal(entrance_second(c, id, code[3]), LOGIN_REFUSED);
    assert_int_equal(entrance_second(c, id, code[4]), LOGIN_IN);
    struct store_account a = entrance_read(c, account);
    assert_true(a.code[3].used_s && a.code[4].used_s && !a.code[5].used_s);
    assert_int_equal(entrance_audited(c, "recovery code"), 2);
}

static void logging_out_closes_what_is_open(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    struct login_look seen;
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, id);
    login_look(c->l, id, true, &seen);
    uint64_t no = seen.session->no;
    login_logout(c->l, id);
    assert_true(entrance_was_ended(c, no));
    assert_int_equal(entrance_state(c, id, true), LOGIN_NONE);
    assert_int_equal(entrance_audited(c, "logged out"), 1);
    login_logout(c->l, id); /* twice is nothing */
    assert_int_equal(entrance_audited(c, "logged out"), 1);
}

/* ---- time */

static void half_a_login_lives_five_minutes(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    char six[8];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(id, c->answer.id, sizeof id);
    entrance_pass(c, LOGIN_HALF_MS);
    entrance_six(c, secret, six);
    assert_int_equal(entrance_second(c, id, six), LOGIN_ENDED);
}

static void half_an_hour_of_quiet_locks_and_the_password_opens(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES], again[LOGIN_ID_BYTES];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, id);
    entrance_pass(c, LOGIN_IDLE_MS - 1);
    assert_int_equal(entrance_state(c, id, true), LOGIN_OPEN); /* something was done: it begins anew */
    entrance_pass(c, LOGIN_IDLE_MS - 1);
    assert_int_equal(entrance_state(c, id, false), LOGIN_OPEN); /* the page asks by itself: that keeps nobody in */
    entrance_pass(c, 1);
    assert_int_equal(entrance_state(c, id, true), LOGIN_IDLE);
    assert_int_equal(entrance_state(c, id, true), LOGIN_IDLE);
    struct login_look seen;
    login_look(c->l, id, true, &seen);
    assert_int_equal(right_may(c->reader, seen.session, 20000, RIGHT_SESSION, 0), RIGHT_NO);
    assert_int_equal(entrance_unlock(c, id, "noe annet"), LOGIN_REFUSED);
    assert_int_equal(entrance_unlock(c, id, ENTRANCE_PASSWORD), LOGIN_IN);
    memcpy(again, c->answer.id, sizeof again);
    assert_int_equal(entrance_state(c, id, true), LOGIN_NONE);
    assert_int_equal(entrance_state(c, again, true), LOGIN_OPEN);
}

static void after_eight_hours_it_is_over_whatever_was_done(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    struct login_look seen;
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, id);
    login_look(c->l, id, true, &seen);
    uint64_t no = seen.session->no;
    for (unsigned i = 0; i < 31; i++) {
        entrance_pass(c, 15 * MINUTE_MS);
        assert_int_equal(entrance_state(c, id, true), LOGIN_OPEN);
    }
    entrance_pass(c, 14 * MINUTE_MS);
    assert_int_equal(entrance_unlock(c, id, ENTRANCE_PASSWORD), LOGIN_IN); /* which is no new beginning */
    memcpy(id, c->answer.id, sizeof id);
    entrance_pass(c, MINUTE_MS);
    login_review(c->l);
    assert_true(entrance_was_ended(c, no));
    assert_int_equal(entrance_state(c, id, true), LOGIN_NONE);
    assert_int_equal(entrance_audited(c, "time was over"), 1);
}

static void a_restart_ends_sessions_and_keeps_locks(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], other[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_account(c, "ola", ACCOUNT_COORDINATOR, 0, other, NULL);
    entrance_in(c, "kari", secret, id);
    for (unsigned i = 0; i < LOGIN_TRIES_ACCOUNT; i++)
        assert_int_equal(entrance_password(c, "ola", "noe annet"), LOGIN_REFUSED);
    entrance_stop(c);
    entrance_start(c);
    assert_int_equal(entrance_state(c, id, true), LOGIN_NONE);
    assert_int_equal(entrance_password(c, "ola", ENTRANCE_PASSWORD), LOGIN_LATER);
    entrance_pass(c, TOTP_STEP_S * 1000);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
}

/* ---- the account in the store is the truth */

static void shut_out_at_once(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES], half[LOGIN_ID_BYTES];
    char six[8];
    uint64_t account = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, id);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(half, c->answer.id, sizeof half);
    assert_int_equal(entrance_change(c, account_disable, account), 0);
    login_review(c->l); /* not only at its next request */
    assert_int_equal(c->ended_count, 2);
    assert_int_equal(entrance_state(c, id, true), LOGIN_NONE);
    entrance_pass(c, 30000);
    entrance_six(c, secret, six);
    assert_int_equal(entrance_second(c, half, six), LOGIN_ENDED);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_REFUSED);
    assert_int_equal(entrance_change(c, account_enable, account), 0);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
}

/* Disabled between the code and the write thread. */
static void shut_out_while_the_code_was_on_its_way(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], half[LOGIN_ID_BYTES];
    char six[8];
    uint64_t account = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(half, c->answer.id, sizeof half);
    entrance_six(c, secret, six);
    c->hold = true;
    login_second(c->l, &c->from, half, six, entrance_done, c);
    assert_int_equal(entrance_change(c, account_disable, account), 0);
    c->hold = false;
    entrance_write(c);
    assert_int_equal(c->answer.result, LOGIN_REFUSED);
    assert_int_equal(entrance_audited(c, "logged in"), 0);
}

/* Or given another password, so that the one that was shown is none any more. */
static void another_password_while_the_code_was_on_its_way(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], half[LOGIN_ID_BYTES];
    char six[8];
    uint64_t account = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(half, c->answer.id, sizeof half);
    entrance_six(c, secret, six);
    c->hold = true;
    login_second(c->l, &c->from, half, six, entrance_done, c);
    assert_int_equal(intake_begin(c->centre.in), 0);
    assert_int_equal(account_password_set(c->centre.in, account, "$argon2id$another"), 0);
    assert_int_equal(intake_commit(c->centre.in), 0);
    c->hold = false;
    entrance_write(c);
    assert_int_equal(c->answer.result, LOGIN_REFUSED);
    assert_int_equal(entrance_audited(c, "logged in"), 0);
}

static void other_rights_are_another_id(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    struct login_look seen;
    const struct store_account_role more = {.role = ACCOUNT_AUDITOR, .org = 0};
    uint64_t account = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, id);
    assert_int_equal(intake_begin(c->centre.in), 0);
    assert_int_equal(account_role_add(c->centre.in, "test", account, &more), 0);
    assert_int_equal(intake_commit(c->centre.in), 0);
    login_review(c->l); /* the rights are there; the id waits for a request that can be told */
    login_look(c->l, id, true, &seen);
    assert_non_null(seen.session);
    assert_true(seen.renewed);
    assert_int_equal(seen.session->role_count, 2);
    assert_int_equal(right_may(c->reader, seen.session, 20000, RIGHT_ACCESS_LOG, 0), RIGHT_YES);
    entrance_pass(c, LOGIN_GRACE_MS);
    assert_int_equal(entrance_state(c, id, true), LOGIN_OPEN); /* the answer that told the new one was lost */
    struct login_look again;
    login_look(c->l, id, true, &again);
    assert_true(again.renewed);
    assert_memory_equal(again.id, seen.id, sizeof seen.id); /* it is told again: two answers may come in any order */
    assert_int_equal(entrance_state(c, seen.id, true), LOGIN_OPEN);
    login_look(c->l, seen.id, true, &again);
    assert_false(again.renewed);
    assert_int_equal(entrance_state(c, id, true), LOGIN_OPEN); /* requests that were on their way */
    entrance_pass(c, LOGIN_GRACE_MS);
    assert_int_equal(entrance_state(c, id, true), LOGIN_NONE);
    assert_int_equal(entrance_state(c, seen.id, true), LOGIN_OPEN);
    assert_int_equal(c->ended_count, 0);
}

static void rights_that_change_twice_have_one_id_before(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    struct login_look first, second;
    uint64_t account = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, id);
    for (uint64_t role = ACCOUNT_PHYSIOTHERAPIST; role <= ACCOUNT_AUDITOR;
         role += ACCOUNT_AUDITOR - ACCOUNT_PHYSIOTHERAPIST) {
        const struct store_account_role more = {.role = role, .org = 0};
        assert_int_equal(intake_begin(c->centre.in), 0);
        assert_int_equal(account_role_add(c->centre.in, "test", account, &more), 0);
        assert_int_equal(intake_commit(c->centre.in), 0);
        login_look(c->l, id, true, role == ACCOUNT_PHYSIOTHERAPIST ? &first : &second);
    }
    assert_true(first.renewed && second.renewed);
    assert_memory_not_equal(first.id, second.id, sizeof first.id);
    assert_int_equal(entrance_state(c, first.id, true),
                     LOGIN_NONE); /* nobody has brought it, and nobody may any more */
    assert_int_equal(entrance_state(c, id, true), LOGIN_OPEN);
    assert_int_equal(entrance_state(c, second.id, true), LOGIN_OPEN);
    entrance_pass(c, LOGIN_GRACE_MS);
    assert_int_equal(entrance_state(c, id, true), LOGIN_NONE);
    assert_int_equal(entrance_state(c, second.id, true), LOGIN_OPEN);
}

static void another_password_ends_the_others(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], own[LOGIN_ID_BYTES], other[LOGIN_ID_BYTES];
    struct login_look seen;
    uint64_t account = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, own);
    entrance_in(c, "kari", secret, other);
    login_look(c->l, own, true, &seen);
    assert_int_equal(intake_begin(c->centre.in), 0);
    assert_int_equal(account_password_set(c->centre.in, account, "$argon2id$another"), 0);
    assert_int_equal(intake_commit(c->centre.in), 0);
    login_kept(c->l, seen.session->no);
    login_look(c->l, own, true, &seen);
    assert_true(seen.session && seen.renewed);
    assert_int_equal(entrance_state(c, other, true), LOGIN_NONE);
}

static void one_account_has_four_sessions_and_the_quiet_one_goes(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_SESSIONS_PER_ACCOUNT_MAX + 1][LOGIN_ID_BYTES];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    for (unsigned i = 0; i <= LOGIN_SESSIONS_PER_ACCOUNT_MAX; i++) {
        if (i == LOGIN_SESSIONS_PER_ACCOUNT_MAX)
            assert_int_equal(entrance_state(c, id[0], true), LOGIN_OPEN); /* not so quiet */
        entrance_in(c, "kari", secret, id[i]);
    }
    assert_int_equal(login_count(c->l), LOGIN_SESSIONS_PER_ACCOUNT_MAX);
    assert_int_equal(entrance_state(c, id[0], true), LOGIN_OPEN);
    assert_int_equal(entrance_state(c, id[1], true), LOGIN_NONE);
}

/* ---- what a page brings along */

static void a_token_is_of_one_session_and_one_id(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], one[LOGIN_ID_BYTES], other[LOGIN_ID_BYTES], token[SAM_HASH_BYTES];
    struct login_look a, b;
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, one);
    entrance_in(c, "kari", secret, other);
    login_look(c->l, one, true, &a);
    login_look(c->l, other, true, &b);
    assert_int_equal(login_token(c->l, a.session, token), 0);
    assert_true(login_token_ok(c->l, a.session, token));
    assert_false(login_token_ok(c->l, b.session, token));
    token[31] ^= 1;
    assert_false(login_token_ok(c->l, a.session, token));
    token[31] ^= 1;
    assert_int_equal(entrance_unlock(c, one, ENTRANCE_PASSWORD), LOGIN_IN);
    login_look(c->l, c->answer.id, true, &a);
    assert_false(login_token_ok(c->l, a.session, token));
    memset(token, 0, sizeof token);
    assert_false(login_token_ok(c->l, a.session, token));
}

static void an_id_as_text(void **state)
{
    uint8_t id[LOGIN_ID_BYTES], read[LOGIN_ID_BYTES];
    char text[LOGIN_TEXT_BYTES], longer[LOGIN_TEXT_BYTES + 1];
    (void)state;
    for (unsigned i = 0; i < sizeof id; i++)
        id[i] = (uint8_t)(i * 37);
    login_text(id, text);
    assert_int_equal(strlen(text), 64);
    assert_int_equal(login_text_read(text, read), 0);
    assert_memory_equal(id, read, sizeof id);
    snprintf(longer, sizeof longer, "%s0", text);
    assert_int_equal(login_text_read(longer, read), SAM_EPROTO);
    text[5] = 'G';
    assert_int_equal(login_text_read(text, read), SAM_EPROTO);
    text[5] = 0;
    assert_int_equal(login_text_read(text, read), SAM_EPROTO);
    assert_int_equal(login_text_read("", read), SAM_EPROTO);
}

static void whoever_is_gone_is_not_answered(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    unsigned before = c->answers;
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    login_password(c->l, &c->from, "kari", "noe annet", entrance_done, c);
    login_forget(c->l, c);
    for (unsigned i = 0; i < 60000 && entrance_audited(c, "refused") == 0; i++) {
        password_take(c->pool); /* it is written down all the same */
        usleep(500);
    }
    assert_int_equal(entrance_audited(c, "refused"), 1);
    assert_int_equal(c->answers, before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, entrance_setup, entrance_teardown)
        TEST(both_steps_and_no_less),
        TEST(what_is_wrong_is_not_said),
        TEST(a_name_that_nobody_has_costs_the_same),
        TEST(a_code_is_taken_once),
        TEST(a_recovery_code_is_taken_once),
        TEST(logging_out_closes_what_is_open),
        TEST(half_a_login_lives_five_minutes),
        TEST(half_an_hour_of_quiet_locks_and_the_password_opens),
        TEST(after_eight_hours_it_is_over_whatever_was_done),
        TEST(a_restart_ends_sessions_and_keeps_locks),
        TEST(shut_out_at_once),
        TEST(shut_out_while_the_code_was_on_its_way),
        TEST(another_password_while_the_code_was_on_its_way),
        TEST(other_rights_are_another_id),
        TEST(rights_that_change_twice_have_one_id_before),
        TEST(another_password_ends_the_others),
        TEST(one_account_has_four_sessions_and_the_quiet_one_goes),
        TEST(a_token_is_of_one_session_and_one_id),
        TEST(an_id_as_text),
        TEST(whoever_is_gone_is_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
