/* Goal: what people read out and type is what it was, however they type it, and nothing else is taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/base/spoken.h"

#include <string.h>

static void known(void **state)
{
    static const uint8_t bytes[10] = {0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf};
    uint8_t back[10];
    char text[SAM_SPOKEN_TEXT_BYTES(16)], short_text[SAM_SPOKEN_TEXT_BYTES(12)];
    (void)state;
    sam_spoken_write(bytes, 16, text);
    assert_string_equal(text, "0123-4567-89AB-CDEF");
    assert_int_equal(sam_spoken_read(text, 16, back), 0);
    assert_memory_equal(back, bytes, sizeof back);
    sam_spoken_write(bytes, 12, short_text);
    assert_string_equal(short_text, "0123-4567-89AB");
    assert_int_equal(strlen(short_text) + 1, sizeof short_text);
    assert_int_equal(sam_spoken_read(short_text, 12, back), 0);
    assert_memory_equal(back, bytes, 7);
    assert_int_equal(back[7], bytes[7] & 0xf0);
}

static void every_letter(void **state)
{
    (void)state;
    for (unsigned v = 0; v < 1u << 20; v += 7) {
        const uint8_t bytes[3] = {(uint8_t)(v >> 12), (uint8_t)(v >> 4), (uint8_t)(v << 4)};
        uint8_t back[3];
        char text[SAM_SPOKEN_TEXT_BYTES(4)];
        sam_spoken_write(bytes, 4, text);
        assert_int_equal(strlen(text), 4);
        assert_int_equal(sam_spoken_read(text, 4, back), 0);
        assert_memory_equal(back, bytes, sizeof back);
    }
}

static void as_typed(void **state)
{
    static const char *const same[] = {"01VX-KM0Z", "01vxkm0z", "olvx km o z", " -OIVX--KMOZ- ", "0LVXKM0Z"};
    static const char *const bad[] = {"",          "01VX-KM0",         "01VX-KM0Z1", "01VX-KM0U",
                                      "01VX_KM0Z", "01VX-KM0\xc3\xb8", "-",          "01VXKM0\n"};
    uint8_t want[5], got[5];
    (void)state;
    assert_int_equal(sam_spoken_read(same[0], 8, want), 0);
    for (unsigned i = 0; i < sizeof same / sizeof *same; i++) {
        assert_int_equal(sam_spoken_read(same[i], 8, got), 0);
        assert_memory_equal(got, want, sizeof got);
    }
    memset(want, 0, sizeof want);
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        memset(got, 7, sizeof got);
        assert_int_equal(sam_spoken_read(bad[i], 8, got), SAM_EUSAGE);
        assert_memory_equal(got, want, sizeof got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known), cmocka_unit_test(every_letter),
                                       cmocka_unit_test(as_typed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
