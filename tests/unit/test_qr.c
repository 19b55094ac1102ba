/* Goal: a text becomes a picture and letters that a camera reads as the same code; what does not fit is refused, nothing is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/qr/qr.h"

#include <string.h>

static const char *drawn(struct sam_buf *out, int (*draw)(struct sam_buf *out, const char *text), const char *text)
{
    sam_buf_init(out, QR_SVG_BYTES_MAX);
    assert_int_equal(draw(out, text), 0);
    assert_int_equal(sam_buf_add(out, "", 1), 0);
    return (const char *)sam_buf_peek(out).ptr;
}

static void a_picture_has_its_quiet_zone(void **state)
{
    struct sam_buf svg;
    (void)state;
    const char *text = drawn(&svg, qr_svg, "otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQ");
    assert_int_equal(strncmp(text, "<svg ", 5), 0);
    assert_non_null(strstr(text, "M4 4h1v1h-1z")); /* the corner of the first finder, behind the quiet zone */
    assert_null(strstr(text, "M3 "));
    assert_non_null(strstr(text, "</svg>\n"));
    sam_buf_fini(&svg);
}

/* 21 modules and a quiet zone of two on each side are 13 lines of 25 letters. */
static void letters_hold_two_modules_each(void **state)
{
    struct sam_buf out;
    unsigned lines = 0;
    (void)state;
    const char *text = drawn(&out, qr_letters, "x");
    for (const char *at = text; (at = strstr(at, "\x1b[40;97m")); at++)
        lines++;
    assert_int_equal(lines, 13);
    const char *second = strchr(text, '\n') + 1 + strlen("\x1b[40;97m");
    assert_int_equal(strncmp(second, "\u2588\u2588 \u2584", 10), 0); /* two light ones, then the finder's corner */
    sam_buf_fini(&out);
}

static void what_does_not_fit_is_refused(void **state)
{
    struct sam_buf out;
    static char much[8000];
    (void)state;
    memset(much, 'x', sizeof much - 1);
    sam_buf_init(&out, 100);
    assert_int_equal(qr_svg(&out, "x"), SAM_ETOOBIG);
    assert_int_equal(qr_letters(&out, "x"), SAM_ETOOBIG);
    assert_int_equal(qr_svg(&out, much), SAM_ENOMEM);
    sam_buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_picture_has_its_quiet_zone),
                                       cmocka_unit_test(letters_hold_two_modules_each),
                                       cmocka_unit_test(what_does_not_fit_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
