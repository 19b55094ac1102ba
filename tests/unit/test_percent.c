/* Goal: text inside a URI comes out as it went in, and what is no such text is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/base/percent.h"

#include <stdlib.h>
#include <string.h>

static void test_round(void **state)
{
    static const char *const texts[] = {"", "Bevegelse", "a b&c=d?#%+", "Čáhppes Máhtte", "\x01\x7f", "100 %"};
    char coded[128], back[64];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(sam_percent(coded, sizeof coded, texts[i]), 0);
        assert_null(strpbrk(coded, " &=?#+"));
        assert_int_equal(sam_percent_read(back, sizeof back, coded), 0);
        assert_string_equal(back, texts[i]);
    }
    assert_int_equal(sam_percent_read(back, sizeof back, "%c3%85%C3%a5"), 0); /* digits of either case */
    assert_string_equal(back, "Åå");
}

static void test_refused(void **state)
{
    static const char *const texts[] = {"%", "a%", "%4", "%zz", "%0g", "%00", "a%00b", "%%41"};
    char back[64];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *copy = strdup(texts[i]); /* exactly as long: a read behind its end is found */
        assert_int_equal(sam_percent_read(back, sizeof back, copy), SAM_EPROTO);
        assert_string_equal(back, "");
        free(copy);
    }
    assert_int_equal(sam_percent_read(back, 4, "abc"), 0);
    assert_string_equal(back, "abc");
    assert_int_equal(sam_percent_read(back, 3, "abc"), SAM_ETOOBIG);
    assert_string_equal(back, "");
    assert_int_equal(sam_percent_read(back, 1, ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
