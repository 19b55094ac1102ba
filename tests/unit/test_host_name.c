/* Goal: what can be asked for as a machine is told from what cannot, and an address is read back as it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/host_name.h"

#include <stdlib.h>
#include <string.h>

static bool asked(const char *text)
{
    size_t n = strlen(text);
    char *copy = malloc(n + !n); /* exactly as long: a read behind its end is found */
    memcpy(copy, text, n);
    bool is = sam_is_host_name(copy, n);
    free(copy);
    return is;
}

static void test_names(void **state)
{
    static const char *const good[] = {"localhost", "a",   "Klinikk-2.example.NO", "xn--bod-2na.no",   "10.0.0.1",
                                       "my_host",   "::1", "2001:DB8::f",          "::ffff:192.0.2.1", "azAZ09"},
                             *const bad[] = {"",     "[::1]", "::1%eth0", "fe80::g",     "a:80", "host name",
                                             "a/b",  "a@b",   "https://", "bod\xc3\xb8", "a#",   "a?b",
                                             "a\\b", "a\n",   "%41",      "a`",          "a{",   "@A",
                                             "a;",   "::G",   "::1-2",    "_:_",         "[[.]]"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(asked(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(asked(bad[i]));
    assert_false(sam_is_host_name("a\0b", 3));
}

static void test_length(void **state)
{
    char name[SAM_HOST_NAME_BYTES_MAX + 1];
    (void)state;
    memset(name, 'n', sizeof name);
    assert_true(sam_is_host_name(name, SAM_HOST_NAME_BYTES_MAX));
    assert_false(sam_is_host_name(name, sizeof name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names), cmocka_unit_test(test_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
