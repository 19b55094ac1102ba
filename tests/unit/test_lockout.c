/* Goal: wrong tries lock, by account and by address, whether the name is anybody's or not and however many come at once; and open
 * again by time, or by an admin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/tally.h"
#include "tests/lib/entrance.h"

#include <stdio.h>
#include <string.h>

static void five_wrong_tries_lock_for_a_quarter(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    uint64_t id = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    for (unsigned i = 0; i < LOGIN_TRIES_ACCOUNT; i++) {
        entrance_from(c, 10 + i); /* from wherever */
        assert_int_equal(entrance_password(c, "kari", "noe annet"), LOGIN_REFUSED);
    }
    assert_int_equal(entrance_read(c, id).locked_until_s, entrance_now_s(c) + LOGIN_TRIES_MS / 1000);
    assert_int_equal(entrance_audited(c, "refused and locked"), 1);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_LATER);
    assert_int_equal(c->answer.retry_s, LOGIN_TRIES_MS / 1000);
    entrance_pass(c, LOGIN_TRIES_MS - 1000);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_LATER);
    entrance_pass(c, 1000);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
}

static void an_admin_opens_it_before(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    uint64_t id = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    assert_int_equal(entrance_change(c, account_unlock, id), SAM_ESTATE);
    for (unsigned i = 0; i < LOGIN_TRIES_ACCOUNT; i++)
        entrance_password(c, "kari", "noe annet");
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_LATER);
    assert_int_equal(entrance_change(c, account_unlock, id), 0);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
}

static void a_name_that_nobody_has_is_locked_as_soon(void **state)
{
    struct entrance *c = *state;
    for (unsigned i = 0; i < LOGIN_TRIES_ACCOUNT; i++)
        assert_int_equal(entrance_password(c, "nobody", "noe annet"), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "Nobody", "noe annet"), LOGIN_LATER);
    assert_in_range(c->answer.retry_s, 1, LOGIN_TRIES_MS / 1000);
}

/* Thousands of names that nobody has do not make the centre forget how often an account was tried. */
static void a_flood_of_names_forgives_nobody(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    for (unsigned i = 0; i < LOGIN_TRIES_ACCOUNT - 1; i++)
        assert_int_equal(entrance_password(c, "kari", "noe annet"), LOGIN_REFUSED);
    for (unsigned i = 0; i < TALLY_KEYS_MAX + 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "user-%u", i);
        entrance_from(c, i);
        c->from.address[4] = (uint8_t)(1 + (i >> 8));
        assert_int_equal(entrance_password(c, name, "noe annet"), LOGIN_REFUSED);
    }
    entrance_from(c, 1);
    assert_int_equal(entrance_password(c, "kari", "noe annet"), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_LATER);
}

static void wrong_codes_count_with_wrong_passwords(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    char six[8];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    assert_int_equal(entrance_password(c, "kari", "noe annet"), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "kari", "noe annet"), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD),
                     LOGIN_SECOND); /* which wins no tries at the codes */
    memcpy(id, c->answer.id, sizeof id);
    entrance_six(c, secret, six);
    six[5] = six[5] == '0' ? '1' : '0';
    for (unsigned i = 2; i < LOGIN_TRIES_ACCOUNT; i++)
        assert_int_equal(entrance_second(c, id, six), LOGIN_REFUSED);
    assert_int_equal(entrance_state(c, id, false), LOGIN_NONE); /* that half is over */
    entrance_six(c, secret, six);
    assert_int_equal(entrance_second(c, id, six), LOGIN_ENDED);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_LATER);
}

static void several_at_once_are_no_more_than_several_after_another(void **state)
{
    enum { MANY = 8 };
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    unsigned before = c->answers;
    for (unsigned i = 0; i < LOGIN_TRIES_ACCOUNT; i++)
        login_password(c->l, &c->from, "kari", "noe annet", entrance_done, c);
    assert_int_equal(c->answers, before);
    for (unsigned i = 0; i < MANY; i++) {
        login_password(c->l, &c->from, "kari", ENTRANCE_PASSWORD, entrance_done, c);
        assert_int_equal(c->answer.result, LOGIN_LATER); /* at once: nothing was judged yet */
    }
    entrance_wait(c, before + MANY + LOGIN_TRIES_ACCOUNT);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_LATER);
}

static void an_address_has_twenty(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    char name[] = "user-a";
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    for (unsigned i = 0; i < LOGIN_TRIES_ADDRESS; i++) {
        name[5] = (char)('a' + i);
        assert_int_equal(entrance_password(c, name, "noe annet"), LOGIN_REFUSED);
    }
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_LATER);
    entrance_from(c, 99);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    entrance_from(c, 1);
    entrance_pass(c, LOGIN_TRIES_MS);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
}

static void whoever_sits_there_and_guesses_is_out(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, id);
    entrance_pass(c, LOGIN_IDLE_MS);
    for (unsigned i = 0; i < LOGIN_TRIES_ACCOUNT; i++)
        assert_int_equal(entrance_unlock(c, id, "noe annet"), LOGIN_REFUSED);
    assert_int_equal(entrance_state(c, id, false), LOGIN_NONE);
    assert_int_equal(c->ended_count, 1);
}

static void a_full_queue_says_busy_and_counts_nothing(void **state)
{
    enum { MANY = PASSWORD_QUEUE_MAX + PASSWORD_THREADS + 40 };
    struct entrance *c = *state;
    char name[] = "user-aa";
    unsigned busy = 0, before = c->answers;
    for (unsigned i = 0; i < MANY; i++) {
        unsigned had = c->answers;
        name[5] = (char)('a' + i / 26);
        name[6] = (char)('a' + i % 26);
        entrance_from(c, i);
        login_password(c->l, &c->from, name, "noe annet", entrance_done, c);
        if (c->answers > had && c->answer.result == LOGIN_BUSY) {
            busy++;
            assert_true(c->answer.retry_s > 0);
        }
    }
    assert_true(busy > 0);
    entrance_wait(c, before + MANY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, entrance_setup, entrance_teardown)
        TEST(five_wrong_tries_lock_for_a_quarter),
        TEST(an_admin_opens_it_before),
        TEST(a_name_that_nobody_has_is_locked_as_soon),
        TEST(a_flood_of_names_forgives_nobody),
        TEST(wrong_codes_count_with_wrong_passwords),
        TEST(several_at_once_are_no_more_than_several_after_another),
        TEST(an_address_has_twenty),
        TEST(whoever_sits_there_and_guesses_is_out),
        TEST(a_full_queue_says_busy_and_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
