/* Goal: a password is hashed as SECURITY says, away from the caller's thread, never more at once than there is room for; and those
 * that are tried first cannot be chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/console/password.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct password_cost cheap = {64, 1, 1};

static void the_usual_cost_and_no_other(void **state)
{
    uint8_t salt[PASSWORD_SALT_BYTES] = {1, 2, 3};
    char hash[STORE_PASSWORD_BYTES_MAX + 1];
    (void)state;
    assert_int_equal(password_hash(&password_cost_usual, salt, "korrekt hest batteri stift", hash), 0);
    assert_int_equal(strncmp(hash, "$argon2id$v=19$m=65536,t=3,p=1$AQIDAAAAAAAAAAAAAAAAAA$", 54), 0);
    assert_int_equal(password_verify(hash, "korrekt hest batteri stift"), 0);
    assert_int_equal(password_verify(hash, "korrekt hest batteri stif"), SAM_EAUTH);
    assert_int_equal(password_verify("$argon2id$v=19$m=65536,t=3,p=1$x", "y"), SAM_ECORRUPT);
    assert_int_equal(password_verify("", "y"), SAM_ECORRUPT);
    assert_int_equal(password_hash(&(struct password_cost){1, 1, 1}, salt, "x", hash), SAM_ERANGE);
    assert_string_equal(hash, "");
}

static void another_salt_is_another_hash(void **state)
{
    uint8_t salt[PASSWORD_SALT_BYTES] = {0};
    char one[STORE_PASSWORD_BYTES_MAX + 1], other[STORE_PASSWORD_BYTES_MAX + 1];
    (void)state;
    assert_int_equal(password_hash(&cheap, salt, "x", one), 0);
    salt[15] = 1;
    assert_int_equal(password_hash(&cheap, salt, "x", other), 0);
    assert_string_not_equal(one, other);
}

/* To verify against it is work: it is read as a hash of that cost, and no password fits. */
static void the_hash_of_nobody(void **state)
{
    uint8_t salt[PASSWORD_SALT_BYTES] = {0}, random[PASSWORD_NOBODY_BYTES];
    char real[STORE_PASSWORD_BYTES_MAX + 1], nobody[STORE_PASSWORD_BYTES_MAX + 1];
    (void)state;
    assert_int_equal(password_hash(&cheap, salt, "x", real), 0);
    for (unsigned i = 0; i < 64; i++) {
        assert_int_equal(sam_random(random, sizeof random), 0);
        password_nobody(&cheap, random, nobody);
        assert_int_equal(strlen(nobody), strlen(real));
        assert_int_equal(strncmp(nobody, real, strlen("$argon2id$v=19$m=64,t=1,p=1$")), 0);
        assert_int_equal(password_verify(nobody, "x"), SAM_EAUTH);
    }
}

static void what_may_be_chosen(void **state)
{
    static const struct {
        const char *password;
        enum password_fault fault;
    } t[] = {{"korrekt hest batteri stift", PASSWORD_FINE},
             {"tvq8Zk3m", PASSWORD_FINE},
             {"åøæåøæÅØÆ", PASSWORD_COMMON}, /* one piece again and again */
             {"blåbærsyltetøy på tur", PASSWORD_FINE},
             {"sommeren vi gikk til fjells", PASSWORD_FINE},
             {"1234567", PASSWORD_SHORT},
             {"åøæåøæå", PASSWORD_SHORT}, /* seven letters, fourteen bytes */
             {"linje\nto er to", PASSWORD_SIGNS},
             {"\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc", PASSWORD_SIGNS},
             {"kari.berg", PASSWORD_NAME},
             {"KARI.BERG", PASSWORD_NAME},
             {"kari.berg2026", PASSWORD_NAME},
             {"2026Kari.Berg!", PASSWORD_NAME},
             {"kari.berg spiser brun ost", PASSWORD_FINE},
             {"aaaaaaaa", PASSWORD_COMMON},
             {"abababababab", PASSWORD_COMMON},
             {"12345678", PASSWORD_COMMON},
             {"1234567890", PASSWORD_COMMON},
             {"87654321", PASSWORD_COMMON},
             {"abcdefgh", PASSWORD_COMMON},
             {"Qwertyuiop", PASSWORD_COMMON},
             {"qwerty123", PASSWORD_COMMON},
             {"1q2w3e4r", PASSWORD_COMMON},
             {"1qaz2wsx", PASSWORD_COMMON},
             {"12341234", PASSWORD_COMMON},
             {"wxyzwxyzwxyz", PASSWORD_COMMON},
             {"Passord1", PASSWORD_COMMON},
             {"password123!", PASSWORD_COMMON},
             {"Sommer2026", PASSWORD_COMMON},
             {"samling2026!", PASSWORD_COMMON},
             {"HØST2026", PASSWORD_COMMON}};
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++)
        if (password_fault("kari.berg", t[i].password) != t[i].fault)
            fail_msg("%s: %d, not %d", t[i].password, (int)password_fault("kari.berg", t[i].password), (int)t[i].fault);
}

/* 64 letters of four bytes each are taken; one byte more is not. */
static void as_long_as_it_must_be_and_no_longer(void **state)
{
    char text[PASSWORD_BYTES_MAX + 2], hash[STORE_PASSWORD_BYTES_MAX + 1];
    uint8_t salt[PASSWORD_SALT_BYTES] = {0};
    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        static const char *const sign[] = {"\U0001f600", "\U0001f601", "\U0001f6a9", "\U0001f3d4", "\U0001f40d"};
        memcpy(text + 4 * (size_t)i, sign[(i * i + i / 5) % 5], 4);
    }
    text[PASSWORD_BYTES_MAX] = 0;
    assert_int_equal(password_fault("x", text), PASSWORD_FINE);
    assert_int_equal(password_hash(&cheap, salt, text, hash), 0);
    assert_int_equal(password_verify(hash, text), 0);
    text[PASSWORD_BYTES_MAX - 1] ^= 1; /* the last byte counts */
    assert_int_equal(password_verify(hash, text), SAM_EAUTH);
    text[PASSWORD_BYTES_MAX - 1] ^= 1;
    text[PASSWORD_BYTES_MAX] = 'x';
    text[PASSWORD_BYTES_MAX + 1] = 0;
    assert_int_equal(password_fault("x", text), PASSWORD_LONG);
}

/* ---- the pool */

struct job {
    struct password_job job;
    pthread_t asked_by;
    unsigned done;
    int err;
};

static unsigned done_count, notes;

static void done(struct password_job *job, int err)
{
    struct job *j = (struct job *)job;
    assert_true(pthread_equal(pthread_self(), j->asked_by));
    for (size_t i = 0; i < sizeof job->password; i++)
        assert_int_equal(job->password[i], 0); /* wiped */
    j->done++;
    j->err = err;
    done_count++;
}

static void notify(void *ctx)
{
    __atomic_add_fetch((unsigned *)ctx, 1, __ATOMIC_SEQ_CST);
}

static struct job job_of(bool make, const char *password, const char *hash)
{
    struct job j = {.job = {.make = make, .done = done}, .asked_by = pthread_self()};
    snprintf(j.job.password, sizeof j.job.password, "%s", password);
    snprintf(j.job.hash, sizeof j.job.hash, "%s", hash);
    return j;
}

static void wait_for(struct password_pool *p, unsigned count)
{
    for (unsigned i = 0; done_count < count && i < 60000; i++) {
        password_take(p);
        usleep(1000);
    }
    assert_int_equal(done_count, count);
}

static void one_more_than_there_is_room_for_is_told_so(void **state)
{
    enum { MANY = PASSWORD_THREADS + PASSWORD_QUEUE_MAX + 20 };
    static struct job jobs[MANY];
    struct password_pool *p;
    unsigned taken = 0, busy = 0;
    (void)state;
    done_count = notes = 0;
    const struct password_pool_config config = {{32 * 1024, 2, 1}, notify, &notes};
    assert_int_equal(password_pool_start(&p, &config), 0);
    for (unsigned i = 0; i < MANY; i++) {
        jobs[i] = job_of(true, "et passord", "");
        jobs[i].job.salt[0] = (uint8_t)i;
        int err = password_submit(p, &jobs[i].job);
        assert_true(err == 0 || err == SAM_EBUSY);
        *(err ? &busy : &taken) += 1;
    }
    assert_in_range(taken, PASSWORD_QUEUE_MAX,
                    PASSWORD_QUEUE_MAX + PASSWORD_THREADS + 4); /* some may have ended meanwhile */
    assert_true(busy > 0);
    wait_for(p, taken);
    assert_int_equal(__atomic_load_n(&notes, __ATOMIC_SEQ_CST), taken);
    struct job again = job_of(false, "et passord", jobs[0].job.hash),
               wrong = job_of(false, "et annet", jobs[0].job.hash);
    assert_int_equal(password_submit(p, &again.job), 0);
    assert_int_equal(password_submit(p, &wrong.job), 0);
    wait_for(p, taken + 2);
    assert_int_equal(again.err, 0);
    assert_int_equal(wrong.err, SAM_EAUTH);
    password_pool_stop(p);
}

static void what_waits_when_it_ends_comes_back_once(void **state)
{
    enum { MANY = PASSWORD_QUEUE_MAX };
    static struct job jobs[MANY];
    struct password_pool *p;
    unsigned closed = 0;
    (void)state;
    done_count = notes = 0;
    assert_int_equal(password_pool_start(&p, &(struct password_pool_config){.cost = {32 * 1024, 3, 1}}), 0);
    for (unsigned i = 0; i < MANY; i++) {
        jobs[i] = job_of(true, "et passord", "");
        assert_int_equal(password_submit(p, &jobs[i].job), 0);
    }
    password_pool_stop(p);
    assert_int_equal(done_count, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(jobs[i].done, 1);
        assert_true(jobs[i].err == 0 || jobs[i].err == SAM_ECLOSED);
        closed += jobs[i].err == SAM_ECLOSED;
    }
    assert_true(closed >= MANY - 2 * PASSWORD_THREADS);
    password_pool_stop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_cost_and_no_other),
        cmocka_unit_test(another_salt_is_another_hash),
        cmocka_unit_test(the_hash_of_nobody),
        cmocka_unit_test(what_may_be_chosen),
        cmocka_unit_test(as_long_as_it_must_be_and_no_longer),
        cmocka_unit_test(one_more_than_there_is_room_for_is_told_so),
        cmocka_unit_test(what_waits_when_it_ends_comes_back_once),
    };
    if (sam_crypto_start())
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
