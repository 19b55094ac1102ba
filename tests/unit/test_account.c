/* Goal: whoever has the link becomes the account, once; a restore brings back no disabled account, no old password and no used code;
 * and who saw what through the console stands in the access log before it is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "tests/lib/entrance.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void commit(struct entrance *c, int err)
{
    assert_int_equal(err, 0);
    assert_int_equal(intake_commit(c->centre.in), 0);
}

static struct intake *begun(struct entrance *c)
{
    assert_int_equal(intake_begin(c->centre.in), 0);
    return c->centre.in;
}

static struct account_invite invited(struct entrance *c, const char *name)
{
    const struct store_account_role admin = {.role = ACCOUNT_ADMIN};
    struct account_invite inv;
    commit(c, account_make(begun(c), "test", name, 0, &admin, &inv));
    return inv;
}

static enum account_result begin(struct entrance *c, const uint8_t *code, const char *password)
{
    unsigned want = c->answers + 1;
    account_begin(c->desk, &c->from, code, password, entrance_told, c);
    entrance_wait(c, want);
    return c->told.result;
}

static enum account_result finish(struct entrance *c, const uint8_t *code, const char *word)
{
    unsigned want = c->answers + 1;
    account_finish(c->desk, &c->from, code, word, entrance_told, c);
    entrance_wait(c, want);
    return c->told.result;
}

/* The secret as an app reads it out of what it was told. */
static void secret_of(const char *base32, uint8_t secret[ACCOUNT_SECRET_BYTES])
{
    unsigned bits = 0, have = 0, n = 0;
    for (; *base32; base32++) {
        unsigned v = *base32 >= 'A' ? (unsigned)(*base32 - 'A') : (unsigned)(*base32 - '2' + 26);
        bits = bits << 5 | v;
        if ((have += 5) >= 8)
            secret[n++] = (uint8_t)(bits >> (have -= 8));
    }
    assert_int_equal(n, ACCOUNT_SECRET_BYTES);
}

static void from_the_link_to_being_in(void **state)
{
    struct entrance *c = *state;
    struct account_invite inv = invited(c, "root");
    struct account_answer a;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    char six[8], recovery[RECOVERY_TEXT_BYTES];
    assert_int_equal(entrance_password(c, "root", ""), LOGIN_REFUSED); /* not taken yet */
    account_invited(c->desk, &c->from, inv.code, &a);
    assert_int_equal(a.result, ACCOUNT_GO_ON);
    assert_string_equal(a.name, "root");
    assert_int_equal(begin(c, inv.code, "passord1"), ACCOUNT_PASSWORD);
    assert_int_equal(c->told.fault, PASSWORD_COMMON);
    assert_int_equal(begin(c, inv.code, ENTRANCE_PASSWORD), ACCOUNT_GO_ON);
    assert_non_null(strstr(c->told.uri, c->told.secret));
    assert_non_null(strstr(c->told.uri, "otpauth://totp/samling:root?"));
    secret_of(c->told.secret, secret);
    assert_int_equal(entrance_password(c, "root", ENTRANCE_PASSWORD), LOGIN_REFUSED); /* nothing is stored yet */
    entrance_six(c, secret, six);
    six[0] = six[0] == '9' ? '0' : '9';
    assert_int_equal(finish(c, inv.code, six), ACCOUNT_WRONG);
    entrance_six(c, secret, six);
    c->hold = true;
    unsigned before = c->answers;
    account_finish(c->desk, &c->from, inv.code, six, entrance_told, c);
    assert_int_equal(c->answers, before); /* not before it is on disk */
    c->hold = false;
    entrance_write(c);
    assert_int_equal(c->told.result, ACCOUNT_DONE);
    memcpy(recovery, c->told.code[9], sizeof recovery);
    for (unsigned i = 0; i < STORE_ACCOUNT_CODES_MAX; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(c->told.code[i], c->told.code[j]);
    assert_int_equal(finish(c, inv.code, six), ACCOUNT_VOID); /* once */
    assert_int_equal(begin(c, inv.code, ENTRANCE_PASSWORD), ACCOUNT_VOID);
    assert_int_equal(entrance_password(c, "root", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(id, c->answer.id, sizeof id);
    assert_int_equal(entrance_second(c, id, six), LOGIN_REFUSED); /* that code was taken */
    assert_int_equal(entrance_second(c, id, recovery), LOGIN_IN);
    assert_int_equal(entrance_audited(c, "invited role=1"), 1);
    assert_int_equal(entrance_audited(c, "invitation taken"), 1);
}

static void of_two_who_have_the_link_one_gets_in(void **state)
{
    struct entrance *c = *state;
    struct account_invite inv = invited(c, "root");
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    char six[8];
    assert_int_equal(begin(c, inv.code, ENTRANCE_PASSWORD), ACCOUNT_GO_ON);
    secret_of(c->told.secret, secret);
    entrance_six(c, secret, six);
    unsigned before = c->answers;
    c->hold = true;
    account_finish(c->desk, &c->from, inv.code, six, entrance_told, c);
    account_finish(c->desk, &c->from, inv.code, six, entrance_told, c);
    c->hold = false;
    entrance_write(c);
    assert_int_equal(c->answers, before + 2);
    assert_int_equal(c->told.result, ACCOUNT_VOID);
    assert_int_equal(entrance_audited(c, "invitation taken"), 1);
}

static void a_link_is_good_for_a_day_and_ends_when_it_is_shut(void **state)
{
    struct entrance *c = *state;
    struct account_invite inv = invited(c, "root"), again, other = invited(c, "other");
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    char six[8];
    assert_int_equal(begin(c, inv.code, ENTRANCE_PASSWORD), ACCOUNT_GO_ON);
    secret_of(c->told.secret, secret);
    commit(c, account_reset(begun(c), "test", inv.id, &again)); /* the first link is void, also where it was begun */
    entrance_six(c, secret, six);
    assert_int_equal(finish(c, inv.code, six), ACCOUNT_VOID);
    assert_int_equal(begin(c, again.code, ENTRANCE_PASSWORD), ACCOUNT_GO_ON);
    commit(c, account_disable(begun(c), "test", other.id));
    assert_int_equal(begin(c, other.code, ENTRANCE_PASSWORD), ACCOUNT_VOID);
    commit(c, account_enable(begun(c), "test", other.id)); /* which gives no link back */
    assert_int_equal(begin(c, other.code, ENTRANCE_PASSWORD), ACCOUNT_VOID);
    entrance_pass(c, (uint64_t)ACCOUNT_INVITE_LIFE_S * 1000);
    assert_int_equal(begin(c, again.code, ENTRANCE_PASSWORD), ACCOUNT_GO_ON);
    entrance_pass(c, 1000);
    assert_int_equal(begin(c, again.code, ENTRANCE_PASSWORD), ACCOUNT_VOID);
}

static void what_was_begun_is_over_after_a_quarter(void **state)
{
    struct entrance *c = *state;
    struct account_invite inv = invited(c, "root");
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    char six[8];
    assert_int_equal(begin(c, inv.code, ENTRANCE_PASSWORD), ACCOUNT_GO_ON);
    secret_of(c->told.secret, secret);
    entrance_pass(c, ACCOUNT_BEGUN_MS);
    entrance_six(c, secret, six);
    assert_int_equal(finish(c, inv.code, six), ACCOUNT_VOID);
}

static void guessing_links_ends_soon(void **state)
{
    struct entrance *c = *state;
    struct account_invite inv = invited(c, "root");
    struct account_answer a;
    uint8_t code[ACCOUNT_CODE_BYTES];
    for (unsigned i = 0; i < LOGIN_TRIES_ADDRESS; i++) {
        memcpy(code, inv.code, sizeof code);
        code[i % sizeof code] ^= (uint8_t)(1 + i);
        account_invited(c->desk, &c->from, code, &a);
        assert_int_equal(a.result, ACCOUNT_VOID);
    }
    account_invited(c->desk, &c->from, inv.code, &a);
    assert_int_equal(a.result, ACCOUNT_LATER);
    assert_true(a.retry_s > 0 && a.retry_s <= LOGIN_TRIES_MS / 1000);
    entrance_from(c, 2);
    account_invited(c->desk, &c->from, inv.code, &a);
    assert_int_equal(a.result, ACCOUNT_GO_ON);
}

/* What is on disk: no code, no secret and no password can be read out of the store or of the journal. */
static void nothing_that_is_told_once_stands_on_disk(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    char path[160];
    static uint8_t bytes[1 << 20];
    struct account_invite inv = invited(c, "root");
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(path, sizeof path,
                 i == 0   ? "%s"
                 : i == 1 ? "%s-wal"
                          : "%s/journal.log",
                 i == 2 ? c->centre.journal : c->centre.path);
        FILE *f = fopen(path, "rb");
        assert_non_null(f);
        size_t n = fread(bytes, 1, sizeof bytes, f);
        fclose(f);
        assert_null(memmem(bytes, n, inv.code, sizeof inv.code));
        assert_null(memmem(bytes, n, secret, sizeof secret));
        assert_null(memmem(bytes, n, ENTRANCE_PASSWORD, strlen(ENTRANCE_PASSWORD)));
        if (i == 2)
            assert_non_null(memmem(bytes, n, "$argon2id$", 10));
    }
}

/* ---- of somebody who is in */

static enum account_result another_password(struct entrance *c, uint64_t session, const char *password)
{
    unsigned want = c->answers + 1;
    account_password(c->desk, session, password, entrance_told, c);
    entrance_wait(c, want);
    return c->told.result;
}

static enum account_result renewed(struct entrance *c, uint64_t session)
{
    unsigned want = c->answers + 1;
    account_renew(c->desk, session, entrance_told, c);
    entrance_wait(c, want);
    return c->told.result;
}

static uint64_t session_of(struct entrance *c, const uint8_t id[LOGIN_ID_BYTES])
{
    struct login_look seen;
    login_look(c->l, id, true, &seen);
    return seen.session ? seen.session->no : 0;
}

static void another_password_needs_the_one_before_and_ends_the_others(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], own[LOGIN_ID_BYTES], other[LOGIN_ID_BYTES];
    uint64_t account = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    entrance_in(c, "kari", secret, other);
    entrance_in(c, "kari", secret, own);
    uint64_t no = session_of(c, own);
    assert_int_equal(another_password(c, no, "kari1234"), ACCOUNT_PASSWORD);
    assert_int_equal(c->told.fault, PASSWORD_NAME);
    entrance_pass(c, ACCOUNT_PROVED_MS);
    assert_int_equal(another_password(c, no, "ni lange gule bananer"), ACCOUNT_AGAIN); /* a screen that was left open */
    assert_int_equal(entrance_unlock(c, own, ENTRANCE_PASSWORD), LOGIN_IN);
    memcpy(own, c->answer.id, sizeof own);
    assert_int_equal(another_password(c, no, "ni lange gule bananer"), ACCOUNT_DONE);
    assert_int_equal(session_of(c, own), no); /* goes on */
    assert_int_equal(entrance_state(c, other, true), LOGIN_NONE);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_REFUSED);
    assert_int_equal(entrance_password(c, "kari", "ni lange gule bananer"), LOGIN_SECOND);
    assert_int_equal(entrance_audited(c, "password changed"), 1);
    unsigned want = c->answers + 1;
    c->hold = true;
    account_password(c->desk, no, "ti lange gule bananer", entrance_told, c);
    commit(c, account_disable(begun(c), "test", account)); /* shut out while it is made */
    for (unsigned i = 0; i < 60000 && c->jobs == 0; i++) {
        password_take(c->pool);
        usleep(500);
    }
    c->hold = false;
    entrance_write(c);
    assert_int_equal(c->answers, want);
    assert_int_equal(c->told.result, ACCOUNT_VOID);
}

static void new_recovery_codes_void_the_old_ones(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES], half[LOGIN_ID_BYTES];
    char old[STORE_ACCOUNT_CODES_MAX][RECOVERY_TEXT_BYTES], fresh[RECOVERY_TEXT_BYTES];
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, old);
    entrance_in(c, "kari", secret, id);
    assert_int_equal(renewed(c, session_of(c, id)), ACCOUNT_DONE);
    memcpy(fresh, c->told.code[0], sizeof fresh);
    assert_int_equal(renewed(c, 4711), ACCOUNT_VOID);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(half, c->answer.id, sizeof half);
    assert_int_equal(entrance_second(c, half, old[0]), LOGIN_REFUSED);
    assert_int_equal(entrance_second(c, half, fresh), LOGIN_IN);
}

/* ---- restore */

static void restored(struct entrance *c)
{
    entrance_stop(c);
    centre_restore(&c->centre);
    centre_stop(&c->centre);
    entrance_start(c);
}

static void a_restore_undoes_nothing(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[3][ACCOUNT_SECRET_BYTES], id[LOGIN_ID_BYTES];
    char code[STORE_ACCOUNT_CODES_MAX][RECOVERY_TEXT_BYTES];
    struct store_account a;
    const struct store_account_role auditor = {.role = ACCOUNT_AUDITOR, .org = 5, .from_day = -3, .to_day = 20000};
    uint64_t kari = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret[0], code),
             ola = entrance_account(c, "ola", ACCOUNT_ADMIN, 0, secret[1], NULL);
    centre_backup(&c->centre);
    commit(c, account_disable(begun(c), "test", ola));
    commit(c, account_role_add(begun(c), "test", kari, &auditor));
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(id, c->answer.id, sizeof id);
    assert_int_equal(entrance_second(c, id, code[0]), LOGIN_IN);
    uint64_t per = entrance_account(c, "per", ACCOUNT_AUDITOR, 0, secret[2], NULL);
    assert_int_equal(intake_begin(c->centre.in), 0);
    commit(c, account_password_set(c->centre.in, per, "$argon2id$another"));
    restored(c);
    assert_int_equal(store_account_get(c->reader, ola, &a), 0);
    assert_int_equal(a.state, STORE_ACCOUNT_DISABLED);
    assert_int_equal(entrance_password(c, "ola", ENTRANCE_PASSWORD), LOGIN_REFUSED);
    assert_int_equal(store_account_get(c->reader, kari, &a), 0);
    assert_true(a.role_count == 2 && a.role[1].org == 5 && a.role[1].from_day == -3 && a.role[1].to_day == 20000);
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
    memcpy(id, c->answer.id, sizeof id);
    assert_int_equal(entrance_second(c, id, code[0]), LOGIN_REFUSED); /* used is used */
    assert_int_equal(entrance_second(c, id, code[1]), LOGIN_IN);
    assert_int_equal(store_account_get(c->reader, per, &a), 0);
    assert_string_equal(a.password, "$argon2id$another");
    assert_true(entrance_audited(c, "stamp=") >= 3); /* the journal said it again */
}

/* Without the journal nobody knows who was shut out since: nobody comes in before the operator has confirmed. */
static void a_restore_without_its_journal_lets_nobody_in(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    char path[160];
    struct account_answer a;
    entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    struct account_invite inv = invited(c, "root");
    entrance_stop(c);
    snprintf(path, sizeof path, "%s/journal.log", c->centre.journal);
    assert_int_equal(remove(path), 0);
    entrance_start(c);
    assert_true(intake_drain_only(c->centre.in));
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SHUT);
    account_invited(c->desk, &c->from, inv.code, &a);
    assert_int_equal(a.result, ACCOUNT_SHUT);
    int64_t before = store_meta_num(c->reader, "journal_number", 0);
    commit(c, intake_confirm_devices(begun(c)));
    assert_true(store_meta_num(c->reader, "journal_number", 0) >= before + 2); /* both accounts said anew */
    assert_int_equal(entrance_password(c, "kari", ENTRANCE_PASSWORD), LOGIN_SECOND);
}

/* ---- who saw what */

static void who_reads_is_written_down(void **state)
{
    struct entrance *c = *state;
    uint8_t secret[ACCOUNT_SECRET_BYTES];
    struct store_access rows[2] = {{.participant = 77, .resource = "attendance", .action = STORE_READ, .purpose = ""},
                                   {.participant = 78, .resource = "attendance", .action = STORE_READ, .purpose = ""}},
                        seen;
    uint64_t id = entrance_account(c, "kari", ACCOUNT_COORDINATOR, 0, secret, NULL);
    commit(c, account_access(begun(c), id, "GET /group/5", rows, 2));
    assert_int_equal(store_access_next(c->reader, 0, 0, &seen), 0);
    assert_int_equal(seen.participant, 77);
    assert_int_equal(seen.device_no, SAM_DEVICE_NO_CONSOLE);
    assert_non_null(strstr(seen.actor, " kari"));
    assert_int_equal(strncmp(seen.actor, "account ", 8), 0);
    assert_int_equal(store_access_next(c->reader, seen.audit_no, 1, &seen), 0);
    assert_int_equal(seen.participant, 78);
    commit(c, account_disable(begun(c), "test", id));
    assert_int_equal(account_access(begun(c), id, "GET /group/5", rows, 2), SAM_ENOTFOUND); /* shut out meanwhile */
    intake_rollback(c->centre.in);
    assert_int_equal(account_access(begun(c), 12345, "GET /group/5", rows, 2), SAM_ENOTFOUND);
    intake_rollback(c->centre.in);
}

/* ---- names */

static void login_names(void **state)
{
    static const struct {
        const char *word, *name;
    } t[] = {{"kari", "kari"},
             {"Kari.B-2_x", "kari.b-2_x"},
             {"k", NULL},
             {"", NULL},
             {"1kari", NULL},
             {".kari", NULL},
             {"kari berg", NULL},
             {"kåre", NULL},
             {"kari\n", NULL},
             {"kari'", NULL},
             {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
             {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", NULL}};
    char out[STORE_ACCOUNT_NAME_BYTES_MAX + 1];
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_int_equal(account_name_fold(t[i].word, out), t[i].name ? 0 : SAM_ERANGE);
        assert_string_equal(out, t[i].name ? t[i].name : "");
    }
}

static void recovery_codes_are_read_as_they_are_written(void **state)
{
    uint8_t code[RECOVERY_BYTES], hash[SAM_HASH_BYTES], want[SAM_HASH_BYTES];
    char text[RECOVERY_TEXT_BYTES];
    static const char *const bad[] = {"", "123456", "aaaa-aaaa-aaaa-aaa", "aaaa-aaaa-aaaa-aaaaa",
                                      "aaaa-aaaa-aaaa-aaa1"};
    (void)state;
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(sam_random(code, sizeof code), 0);
        recovery_text(code, text);
        assert_int_equal(strlen(text), RECOVERY_TEXT_BYTES - 1);
        assert_int_equal(recovery_hash(code, want), 0);
        assert_int_equal(recovery_read(text, hash), 0);
        assert_memory_equal(hash, want, sizeof hash);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(recovery_read(bad[i], hash), SAM_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, entrance_setup, entrance_teardown)
        TEST(from_the_link_to_being_in),
        TEST(of_two_who_have_the_link_one_gets_in),
        TEST(a_link_is_good_for_a_day_and_ends_when_it_is_shut),
        TEST(what_was_begun_is_over_after_a_quarter),
        TEST(guessing_links_ends_soon),
        TEST(nothing_that_is_told_once_stands_on_disk),
        TEST(another_password_needs_the_one_before_and_ends_the_others),
        TEST(new_recovery_codes_void_the_old_ones),
        TEST(a_restore_undoes_nothing),
        TEST(a_restore_without_its_journal_lets_nobody_in),
        TEST(who_reads_is_written_down),
        cmocka_unit_test(login_names),
        cmocka_unit_test(recovery_codes_are_read_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
