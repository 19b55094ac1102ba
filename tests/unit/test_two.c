/* Goal: one person is never two, as far as is known; and two who are not known to be one may decide together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/admin/two.h"

static void same_is(const struct two_who *a, const struct two_who *b, bool is)
{
    assert_int_equal(two_same(a, b), is);
    assert_int_equal(two_same(b, a), is);
    assert_true(two_same(a, a));
    assert_true(two_same(b, b));
}

static void users_of_the_machine(void **state)
{
    const struct two_who root = {.known = true, .uid = 0, .login = "root"},
                         kari = {.known = true, .uid = 1000, .login = "kari"},
                         root_as_kari = {.known = true, .uid = 0, .login = "root", .called = "Kari Vik"},
                         other_as_kari = {.known = true, .uid = 1001, .login = "ola", .called = "kari vik"};
    (void)state;
    same_is(&root, &kari, false);
    same_is(&root, &root_as_kari, true);
    same_is(&root_as_kari, &other_as_kari, true);
    same_is(&kari, &other_as_kari, false);
}

/* Two people in two clinics may have one name; two accounts of one user of the tablets are one person. */
static void accounts(void **state)
{
    const struct two_who kari = {.known = true, .account = 1, .user_id = 7, .login = "kari", .called = "Kari Vik"},
                         again = {.known = true, .account = 2, .user_id = 7, .login = "kv", .called = "Kari Vik"},
                         namesake = {.known = true,
                                     .account = 3,
                                     .user_id = 8,
                                     .login = "kari.v",
                                     .called = "Kari Vik"},
                         nobody = {.known = true, .account = 4, .login = "rita"},
                         none = {.known = true, .account = 5, .login = "siri"};
    (void)state;
    same_is(&kari, &again, true);
    same_is(&kari, &namesake, false);
    same_is(&nobody, &none, false);
    same_is(&nobody, &kari, false);
}

static void a_user_of_the_machine_and_an_account(void **state)
{
    const struct two_who account = {.known = true, .account = 1, .user_id = 7, .login = "kari", .called = "Kari Vik"},
                         root = {.known = true, .uid = 0, .login = "root"},
                         own = {.known = true, .uid = 1000, .login = "KARI"},
                         as_login = {.known = true, .uid = 0, .login = "root", .called = "kari"},
                         as_name = {.known = true, .uid = 0, .login = "root", .called = "Kari VIK"},
                         unnamed = {.known = true, .uid = 77}, bare = {.known = true, .account = 9};
    (void)state;
    same_is(&account, &root, false);
    same_is(&account, &own, true);
    same_is(&account, &as_login, true);
    same_is(&account, &as_name, true);
    same_is(&unnamed, &bare, false); /* no name is not one name */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(users_of_the_machine), cmocka_unit_test(accounts),
                                       cmocka_unit_test(a_user_of_the_machine_and_an_account)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
