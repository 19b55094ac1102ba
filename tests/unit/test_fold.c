/* Goal: names are one whatever their case and spaces, in the letters that people here are written with, and no two others are;
 * the case of each letter is the one that the C library knows. */
#include "proto/base/fold.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wctype.h>

#include <cmocka.h>

#define ALL_OF_TWO_BYTES 0x800u

static struct sam_span span(const char *text)
{
    return (struct sam_span){(const uint8_t *)text, strlen(text)};
}

static bool same(const char *a, const char *b)
{
    bool is = sam_fold_same(span(a), span(b));
    char x[100], y[100];
    sam_fold_text(span(a), x, sizeof x);
    sam_fold_text(span(b), y, sizeof y);
    assert_int_equal(is, sam_fold_same(span(b), span(a)));
    assert_int_equal(is, strcmp(x, y) == 0);
    assert_true(strlen(x) <= strlen(a) && strlen(y) <= strlen(b));
    return is;
}

static void case_and_spaces_do_not_matter(void **state)
{
    (void)state;
    assert_true(same(" Kari  \xC3\x85s\xC2\xA0Ny\t", "kari \xC3\xA5s ny"));
    assert_true(same("ŠÁRA ŦAŽ Č ŊÁ Đ", "šára ŧaž č ŋá đ"));
    assert_true(same("ΙΩΆΝΝΗΣ", "ιωΆννησ"));
    assert_true(same("ИВАН Ёлкин", "иван ёЛКИН"));
    assert_true(same("李 娜", "李  娜"));
    assert_true(same("", " \xC2\xA0"));
}

static void others_stay_others(void **state)
{
    (void)state;
    assert_false(same("Č", "Ć"));
    assert_false(same("Anne-Marie", "Anne Marie"));
    assert_false(same("Kari N", "KariN"));
    assert_false(same("Kari", "Kari N"));
    assert_false(same("e", "é"));
    assert_false(same("İ", "i"));
    assert_false(same("×", "÷"));
    assert_false(same("", "a"));
}

static size_t letter(uint32_t c, char out[3])
{
    size_t n = c < 0x80 ? 1 : 2;
    out[0] = (char)(n == 1 ? c : 0xC0 | c >> 6);
    out[1] = (char)(n == 1 ? 0 : 0x80 | (c & 0x3F));
    out[2] = 0;
    return n;
}

static bool is_listed(uint32_t c)
{
    return (c < 0x17F && c != 0x130) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x400 && c <= 0x42F);
}

static void each_letter_is_that_of_the_c_library(void **state)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    (void)state;
    if (!utf8)
        skip();
    for (uint32_t c = '!'; c < ALL_OF_TWO_BYTES; c++) {
        char text[3], wanted[3], got[3];
        if (c == 0x7F || c == 0xA0)
            continue;
        letter(c, text);
        letter(is_listed(c) ? (uint32_t)towlower_l((wint_t)c, utf8) : c, wanted);
        sam_fold_text(span(text), got, sizeof got);
        if (strcmp(got, wanted) != 0)
            fail_msg("U+%04X", (unsigned)c);
    }
    freelocale(utf8);
}

/* What is no UTF-8 is taken byte by byte, and never read beyond its end. */
static void broken_bytes_are_themselves(void **state)
{
    static const uint8_t half[] = {0xC3}, lone[] = {0x85}, whole[] = {0xC3, 0x85};
    char out[3];
    (void)state;
    assert_true(sam_fold_same((struct sam_span){half, 1}, (struct sam_span){half, 1}));
    assert_false(sam_fold_same((struct sam_span){half, 1}, (struct sam_span){whole, 2}));
    assert_false(sam_fold_same((struct sam_span){lone, 1}, (struct sam_span){half, 1}));
    assert_false(same("\xC2", "\xC2\xA0"));
    assert_false(same("\xC3"
                      "a",
                      "\xC3"
                      "b"));
    sam_fold_text((struct sam_span){whole, 2}, out, 2);
    assert_string_equal(out, ""); /* cut between letters */
    sam_fold_text((struct sam_span){whole, 2}, out, 3);
    assert_string_equal(out, "å");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_and_spaces_do_not_matter),
        cmocka_unit_test(others_stay_others),
        cmocka_unit_test(each_letter_is_that_of_the_c_library),
        cmocka_unit_test(broken_bytes_are_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
