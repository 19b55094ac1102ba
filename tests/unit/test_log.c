/* Goal: whatever comes into a log line, it is one line that a logfmt reader takes apart into what was said. */
#include "proto/base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char got[SAM_LOG_LINE_BYTES_MAX + 1];
static size_t got_len;

static void sink(void *ctx, enum sam_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    assert_true(len <= SAM_LOG_LINE_BYTES_MAX);
    memcpy(got, line, len);
    got[len] = 0;
    got_len = len;
}

/* Pairs key=value of one line; a value is in quotes, with escapes, or has no space, quote or =. -1: it is no logfmt. */
static int pairs(const char *p)
{
    int n = 0;
    while (*p && *p != '\n') {
        size_t key = strspn(p, "abcdefghijklmnopqrstuvwxyz_");
        if (key == 0)
            return -1;
        p += key;
        n++;
        if (*p == '=' && p[1] == '"') {
            for (p += 2; *p && *p != '"'; p++)
                if ((unsigned char)*p < ' ' || (*p == '\\' && !*++p))
                    return -1;
            if (*p++ != '"')
                return -1;
        } else if (*p == '=') {
            p += 1 + strcspn(p + 1, " \"=\\\n");
        }
        if (*p != ' ' && *p != '\n')
            return -1;
        p += *p == ' ';
    }
    return *p == '\n' && p[1] == 0 ? n : -1;
}

static void need(const char *want)
{
    assert_string_equal(got, want);
    assert_int_equal(strlen(got), got_len);
    assert_true(pairs(got) > 0);
}

static void plain_values_stay_plain(void **state)
{
    (void)state;
    sam_log(SAM_LOG_INFO, "listen", "host=%s port=%u", "0.0.0.0", 7311u);
    need("level=info ev=listen host=0.0.0.0 port=7311\n");
    sam_log(SAM_LOG_WARN, "n", "a=%d b=%ld c=%lld d=%llu e=%zu f=%08x g=%3.3d%% h=%lu", -1, -2L, -3LL,
            18446744073709551615ULL, (size_t)7, 0xbeefu, 5, 9UL);
    need("level=warn ev=n a=-1 b=-2 c=-3 d=18446744073709551615 e=7 f=0000beef g=005% h=9\n");
    sam_log(SAM_LOG_ERROR, "cut", "a=%.*s b=%.2s", 3, "abcdef", "xyz");
    need("level=error ev=cut a=abc b=xy\n");
    sam_log(SAM_LOG_DEBUG, "found", "%s", "device=2 first_seq=3");
    need("level=debug ev=found device=2 first_seq=3\n");
}

static void foreign_text_cannot_break_out(void **state)
{
    (void)state;
    sam_log(SAM_LOG_INFO, "x", "why=\"%s\" n=%d", "a \"b\" \\ c\nlevel=error ev=fake\t\x7f", 4);
    need("level=info ev=x why=\"a \\\"b\\\" \\\\ c\\nlevel=error ev=fake\\u0009\\u007f\" n=4\n");
    sam_log(SAM_LOG_INFO, "x", "why=%s n=%d", "a b", 4);
    need("level=info ev=x why=\"a b\" n=4\n");
    sam_log(SAM_LOG_INFO, "x", "why=%s n=%d", "", 4);
    need("level=info ev=x why=\"\" n=4\n");
    sam_log(SAM_LOG_INFO, "x", "why=%s n=%d", "a=b", 4);
    need("level=info ev=x why=\"a=b\" n=4\n");
    sam_log(SAM_LOG_INFO, "x", "why=%s", "t\xc3\xb8m");
    need("level=info ev=x why=t\xc3\xb8m\n");
    const char *volatile none = NULL;
    sam_log(SAM_LOG_INFO, "x", "why=\"%s\"", none);
    need("level=info ev=x why=\"\"\n");
}

/* Every length around the limit, with what takes one byte and what takes six. */
static void a_cut_line_can_still_be_read(void **state)
{
    static char text[2 * SAM_LOG_LINE_BYTES_MAX];
    static const char fill[] = {'a', '\x01', '"', ' '};
    (void)state;
    for (size_t k = 0; k < sizeof fill; k++)
        for (size_t n = 100; n < sizeof text - 1; n++) {
            memset(text, fill[k], n);
            text[n] = 0;
            sam_log(SAM_LOG_INFO, "x", "quoted=\"%s\" behind=%d", text, 7);
            assert_true(pairs(got) >= 3);
            sam_log(SAM_LOG_INFO, "x", "bare=%s behind=\"%s\"", text, text);
            assert_true(pairs(got) >= 3);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_values_stay_plain),
        cmocka_unit_test(foreign_text_cannot_break_out),
        cmocka_unit_test(a_cut_line_can_still_be_read),
    };
    sam_log_to(sink, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
