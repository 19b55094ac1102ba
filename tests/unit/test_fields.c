/* Goal: what a page sends is taken exactly as it is meant, or not at all. */
#include "proto/base/err.h"
#include "server/console/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char one[9], two[9];

static int reads(const char *json, size_t n)
{
    struct field f[] = {{"a", one, sizeof one, false}, {"b", two, sizeof two, false}};
    memset(one, 'x', sizeof one);
    memset(two, 'x', sizeof two);
    return fields_read((struct sam_span){(const uint8_t *)json, n}, f, 2);
}

static void test_taken(void **state)
{
    static const char *const json[] = {"{\"a\":\"A\",\"b\":\"\"}", " {\t\"b\" :\r\n\"\" , \"a\": \"A\" } \n",
                                       "{\"\\u0061\":\"\\u0041\",\"b\":\"\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
        assert_int_equal(reads(json[i], strlen(json[i])), 0);
        assert_string_equal(one, "A");
        assert_string_equal(two, "");
    }
    static const char signs[] = "{\"a\":\"\\\"\\\\\\/\\n\\u00e5\",\"b\":\"\xc3\xa5\\uD83D\\ude00\"}";
    assert_int_equal(reads(signs, sizeof signs - 1), 0);
    assert_string_equal(one, "\"\\/\n\xc3\xa5");
    assert_string_equal(two, "\xc3\xa5\xf0\x9f\x98\x80");
    static const char full[] = "{\"a\":\"12345678\",\"b\":\"\"}";
    assert_int_equal(reads(full, sizeof full - 1), 0);
    assert_string_equal(one, "12345678");
}

static void test_refused(void **state)
{
    static const char *const json[] = {"",
                                       "{",
                                       "{}",
                                       "[]",
                                       "null",
                                       "{\"a\":\"A\"}",
                                       "{\"a\":\"A\",\"b\":\"\"",
                                       "{\"a\":\"A\",\"b\":\"\"}}",
                                       "{\"a\":\"A\",\"b\":\"\"} x",
                                       "{\"a\":\"A\",\"b\":\"\",}",
                                       "{\"a\":\"A\",\"b\":\"\",\"a\":\"A\"}",
                                       "{\"a\":\"A\",\"b\":\"\",\"c\":\"\"}",
                                       "{\"a\":\"A\",\"b\":1}",
                                       "{\"a\":\"A\",\"b\":null}",
                                       "{\"a\":\"A\" \"b\":\"\"}",
                                       "{'a':'A','b':''}",
                                       "{\"a\":\"A\",\"b\":\"\n\"}",
                                       "{\"a\":\"A\",\"b\":\"\\x\"}",
                                       "{\"a\":\"A\",\"b\":\"\\u004\"}",
                                       "{\"a\":\"A\",\"b\":\"\\u00\x11\x11\"}",
                                       "{\"a\":\"A\",\"b\":\"\\u0000\"}",
                                       "{\"a\":\"A\",\"b\":\"\\ud800\"}",
                                       "{\"a\":\"A\",\"b\":\"\\ud800\\u0041\"}",
                                       "{\"a\":\"A\",\"b\":\"\\udc00\"}",
                                       "{\"a\":\"A\",\"b\":\"\xff\"}",
                                       "{\"a\":\"A\",\"b\":\"\xc3\"}",
                                       "{\"a\":\"123456789\",\"b\":\"\"}",
                                       "{\"a\":\"1234567\xc3\xa5\",\"b\":\"\"}",
                                       "{\"a234567890123456789012345678901234567890\":\"\",\"b\":\"\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof json / sizeof *json; i++) {
        assert_int_equal(reads(json[i], strlen(json[i])), SAM_EPROTO);
        assert_int_equal(one[0] | two[0] | one[8] | two[8], 0); /* nothing is left lying */
    }
    assert_int_equal(reads("{\"a\":\"A\0\",\"b\":\"\"}", 18), SAM_EPROTO);
}

/* Cut anywhere, it is refused, and nothing behind its end is looked at (the sanitisers would say so). */
static void test_cut(void **state)
{
    static const char whole[] = "{\"a\":\"\\ud83d\\ude00\",\"b\":\"\xc3\xa5\"}";
    char part[sizeof whole];
    (void)state;
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        memcpy(part, whole, n);
        assert_int_equal(reads(part, n), SAM_EPROTO);
    }
    assert_int_equal(reads(whole, sizeof whole - 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_taken), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_cut)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
