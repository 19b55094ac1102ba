/* Goal: tables stand straight whatever letters a name has, never steer the terminal, and JSON is JSON whatever comes in. */
#include "client-sdk/cli/output.h"
#include "client-sdk/cli/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* what a table of two columns and these four cells prints */
static char *printed(const char *const cell[4], enum column kind, size_t columns)
{
    char *text = NULL;
    size_t n = 0;
    struct table t;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    cli_table_init(&t);
    cli_table_column(&t, "NAVN", COLUMN_TEXT);
    cli_table_column(&t, "FØDT", kind);
    for (int i = 0; i < 4; i++)
        cli_table_cell(&t, cell[i]);
    cli_table_print(&t, f, columns);
    cli_table_fini(&t);
    fclose(f);
    return text;
}

static void expect_table(const char *const cell[4], enum column kind, size_t columns, const char *expected)
{
    char *text = printed(cell, kind, columns);
    assert_string_equal(text, expected);
    free(text);
}

static void columns_are_counted_as_seen(void **state)
{
    (void)state;
    assert_int_equal(cli_utf8_width("Åse Ødegård"), 11);
    assert_int_equal(cli_utf8_width("A\xCC\x8Ase"), 3); /* A + combining ring */
    assert_int_equal(cli_utf8_width("\xE6\xBC\xA2\xE5\xAD\x97"), 4);
    assert_int_equal(cli_utf8_width("\xFFx"), 2);
    assert_int_equal(cli_utf8_width("\xC3"), 1);         /* cut in the middle */
    assert_int_equal(cli_utf8_width("\xED\xA0\x80"), 3); /* a surrogate is three wrong bytes */
    assert_int_equal(cli_utf8_width("\xC0\x80"), 2);     /* overlong */
    assert_int_equal(cli_utf8_width(""), 0);
}

static void tables_are_aligned(void **state)
{
    (void)state;
    expect_table((const char *const[]){"Åse", "1960", "Bo", "1971"}, COLUMN_WHOLE, 0,
                 "NAVN  FØDT\nÅse   1960\nBo    1971\n");
    expect_table((const char *const[]){"Åse", "7", "Bo", "12345"}, COLUMN_NUMBER, 0,
                 "NAVN   FØDT\nÅse       7\nBo    12345\n");
    expect_table((const char *const[]){"Åse", "", "Bo", "1971"}, COLUMN_WHOLE, 0, "NAVN  FØDT\nÅse\nBo    1971\n");
}

static void wide_tables_are_cut(void **state)
{
    (void)state;
    expect_table((const char *const[]){"Deltaker nummer 017", "1960", "Bo", "1971"}, COLUMN_WHOLE, 16,
                 "NAVN        FØDT\nDeltaker …  1960\nBo          1971\n");
    expect_table((const char *const[]){"Ørjan Ødegård", "1960", "Bo", "1971"}, COLUMN_WHOLE, 14,
                 "NAVN      FØDT\nØrjan Ø…  1960\nBo        1971\n");
    /* nothing is cut below six columns, and ids, dates and numbers never are */
    expect_table((const char *const[]){"Deltaker", "123456", "Bo", "1"}, COLUMN_NUMBER, 5,
                 "NAVN      FØDT\nDelta…  123456\nBo           1\n");
}

static void terminals_are_not_steered(void **state)
{
    (void)state;
    expect_table((const char *const[]){"\x1B[2J", "\r", "\xC2\x9B", "\xE2\x80\xAE"}, COLUMN_WHOLE, 0,
                 "NAVN  FØDT\n\xEF\xBF\xBD[2J  \xEF\xBF\xBD\n\xEF\xBF\xBD     \xEF\xBF\xBD\n");
}

static void names_match_in_any_case(void **state)
{
    (void)state;
    assert_true(cli_utf8_same("ÅSE ØDEGÅRD", "åse ødegård"));
    assert_true(cli_utf8_same("ČÁHPPI ĐŊŦŽ", "čáhppi đŋŧž"));
    assert_true(cli_utf8_starts("Deltaker 017", "deltaker 0"));
    assert_false(cli_utf8_same("Deltaker 01", "Deltaker 017"));
    assert_false(cli_utf8_starts("Bo", "Bob"));
    assert_true(cli_utf8_starts("Bo", ""));
    assert_false(cli_utf8_same("\xC3\x97", "\xC3\xB7")); /* times and divided by are no letters */
}

/* ---- JSON */

static void expect_text(const char *in, const char *expected)
{
    struct sam_json j;
    cli_json_init(&j);
    sam_json_text(&j, NULL, in);
    assert_string_equal(cli_json_whole(&j), expected);
    sam_json_fini(&j);
}

static void json_escapes(void **state)
{
    (void)state;
    expect_text("Åse", "\"Åse\"");
    expect_text("a\"b\\c", "\"a\\\"b\\\\c\"");
    expect_text("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    expect_text("\x01\x1F\x7F", "\"\\u0001\\u001f\\u007f\"");
    expect_text("\xE2\x80\xA8", "\"\\u2028\"");
    expect_text("\xFF\xC3", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
    expect_text("\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\"");
    expect_text("", "\"\"");
    expect_text(NULL, "null");
}

static void json_nests(void **state)
{
    struct sam_json j;
    (void)state;
    cli_json_init(&j);
    sam_json_object(&j, NULL);
    sam_json_id(&j, "id", UINT64_MAX);
    sam_json_list(&j, "list");
    sam_json_object(&j, NULL);
    sam_json_end(&j);
    sam_json_list(&j, NULL);
    sam_json_end(&j);
    sam_json_int(&j, NULL, INT64_MIN);
    sam_json_null(&j, NULL);
    sam_json_end(&j);
    sam_json_bool(&j, "yes", true);
    sam_json_bool(&j, "no", false);
    sam_json_int_or_null(&j, "unset", -1);
    sam_json_object(&j, "open");
    assert_string_equal(cli_json_whole(&j),
                        "{\"id\":\"18446744073709551615\",\"list\":[{},[],-9223372036854775808,null],"
                        "\"yes\":true,\"no\":false,\"unset\":null,\"open\":{}}");
    sam_json_fini(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_counted_as_seen),
        cmocka_unit_test(tables_are_aligned),
        cmocka_unit_test(wide_tables_are_cut),
        cmocka_unit_test(terminals_are_not_steered),
        cmocka_unit_test(names_match_in_any_case),
        cmocka_unit_test(json_escapes),
        cmocka_unit_test(json_nests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
