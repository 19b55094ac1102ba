/* Goal: a settings file is used whole or not at all, each fault is told with its line, and what the commented file says of
 * bounds and defaults is what holds. */
#include "proto/base/err.h"
#include "proto/base/log.h"
#include "server/admin/config.h"
#include "server/console/console.h"
#include "server/net/listener.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int read_text(struct config *c, struct config_faults *f, const char *text, size_t len)
{
    memset(f, 0, sizeof *f);
    config_defaults(c);
    int err = config_read(c, (struct sam_span){(const uint8_t *)text, len}, f);
    return err ? err : config_agree(c, f);
}

/* One fault, in this line, of which the sentence holds ${word}. */
static void need_fault_bytes(const char *text, size_t len, unsigned line, const char *word)
{
    struct config c;
    struct config_faults f;
    assert_int_equal(read_text(&c, &f, text, len), SAM_EUSAGE);
    assert_int_equal(f.count, 1);
    assert_int_equal(f.fault[0].line, line);
    if (!strstr(f.fault[0].text, word))
        fail_msg("\"%s\" says \"%s\", not \"%s\"", text, f.fault[0].text, word);
}

static void need_fault(const char *text, unsigned line, const char *word)
{
    need_fault_bytes(text, strlen(text), line, word);
}

static void need_good(const char *text)
{
    struct config c;
    struct config_faults f;
    if (read_text(&c, &f, text, strlen(text)))
        fail_msg("\"%s\": line %u: %s", text, f.fault[0].line, f.fault[0].text);
}

static void a_value_is_taken(void **state)
{
    static const char text[] = "# of a clinic\n\n  port =  7400\t# behind the wall\r\nbind=::1\nlog-level = warn";
    struct config c;
    struct config_faults f;
    (void)state;
    assert_int_equal(read_text(&c, &f, text, sizeof text - 1), 0);
    assert_int_equal(config_num(&c, CONFIG_PORT), 7400);
    assert_string_equal(config_text(&c, CONFIG_BIND), "::1");
    assert_int_equal(config_num(&c, CONFIG_LOG_LEVEL), SAM_LOG_WARN);
    assert_int_equal(config_num(&c, CONFIG_IDLE_SECONDS), 120);
}

static void each_fault_has_its_line(void **state)
{
    char long_line[CONFIG_LINE_BYTES_MAX + 8];
    (void)state;
    need_fault("port = 7400\nporrt = 1\n", 2, "porrt");
    need_fault("port = 7400\n\nport = 7400\n", 3, "line 1");
    need_fault("port = x\n", 1, "0 to 65535");
    need_fault("port\n", 1, "key = value");
    need_fault("= 3\n", 1, "key = value");
    need_fault("port = \n", 1, "65535");
    need_fault("port = -1\n", 1, "65535");
    need_fault("port = 0x10\n", 1, "65535");
    need_fault("port = 18446744073709551617\n", 1, "65535");
    need_fault("bind = localhost\n", 1, "address");
    need_fault("bind = 1.2.3\n", 1, "address");
    need_fault("metrics-bind = 0.0.0.0\n", 1, "127.");
    need_fault("metrics-bind = 128.0.0.1\n", 1, "127.");
    need_fault("metrics-bind = ::\n", 1, "127.");
    need_fault("metrics-bind = ::ffff:127.0.0.1\n", 1, "127.");
    need_fault("log-level = loud\n", 1, "debug info warn error");
    need_fault("log-level = deb\n", 1, "debug info warn error");
    need_fault("log-level = info warn\n", 1, "debug info warn error");
    need_fault("port = 7400 7401\n", 1, "65535");
    need_fault("port = 7400#7\n", 1, "65535");
    need_fault("PORT = 7400\n", 1, "PORT");
    need_fault_bytes("port\0 = 7400\n", 13, 1, "no text");
    need_fault("port = 7400\033[2J\n", 1, "no text");
    need_fault("por\xc3\xb8t = 1\n", 1, "por??t");
    need_fault("\n\nping-seconds = 120\n", 3, "idle-seconds");
    need_fault("idle-seconds = 30\n", 1, "ping-seconds");
    need_fault("port = 7400\nmetrics-port = 7400\n", 2, "metrics-port");
    memset(long_line, '#', sizeof long_line);
    need_fault_bytes(long_line, CONFIG_LINE_BYTES_MAX + 1, 1, "200");
}

static void near_a_fault_all_is_well(void **state)
{
    char line[CONFIG_LINE_BYTES_MAX + 1];
    (void)state;
    memset(line, '#', sizeof line);
    line[CONFIG_LINE_BYTES_MAX] = 0;
    need_good(line);
    need_good("");
    need_good("\n\n");
    need_good("metrics-bind = 127.9.9.9");
    need_good("metrics-bind = ::1");
    need_good("idle-seconds = 31");
    need_good("port = 0\nmetrics-port = 0");
    need_good("port = 7400 #7\n# port = 3\n");
}

static void every_bound_holds(void **state)
{
    (void)state;
    for (int i = 0; i < (int)CONFIG_COUNT; i++) {
        const struct config_def *d = config_def((enum config_key)i);
        struct config c;
        struct config_faults f = {0};
        char text[128];
        if (d->kind != CONFIG_IS_NUM)
            continue;
        for (int step = -1; step <= 2; step++) { /* below, the least, the most, above */
            bool in = step == 0 || step == 1;
            uint64_t v = step < 1 ? d->min + (uint64_t)step : d->max + (uint64_t)(step - 1);
            if (step < 0 && d->min == 0)
                continue;
            snprintf(text, sizeof text, "%s = %llu", d->key, (unsigned long long)v);
            f.count = 0;
            config_defaults(&c);
            assert_int_equal(config_read(&c, (struct sam_span){(const uint8_t *)text, strlen(text)}, &f),
                             in ? 0 : SAM_EUSAGE);
            assert_int_equal(config_num(&c, (enum config_key)i), in ? v : strtoull(d->normal, NULL, 10));
        }
    }
}

/* Invariant 1 of config.h. */
static void check_bounds(const struct config *c)
{
    for (int i = 0; i < (int)CONFIG_COUNT; i++) {
        const struct config_def *d = config_def((enum config_key)i);
        assert_true(strnlen(config_text(c, (enum config_key)i), CONFIG_TEXT_BYTES_MAX) < CONFIG_TEXT_BYTES_MAX);
        if (d->kind == CONFIG_IS_NUM)
            assert_in_range(config_num(c, (enum config_key)i), d->min, d->max);
    }
}

/* The commented file, uncommented, with bytes changed here and there: whatever it is then, no value leaves its bounds. */
static void noise_breaks_no_bound(void **state)
{
    enum { TRIES = 3000 };
    struct sam_buf page;
    unsigned faulty = 0;
    uint64_t seed = 20260322;
    (void)state;
    sam_buf_init(&page, CONFIG_FILE_BYTES_MAX);
    assert_int_equal(config_page(SAM_LANG_EN, &page), 0);
    struct sam_span text = sam_buf_peek(&page);
    uint8_t *all = malloc(text.len);
    assert_non_null(all);
    for (int i = 0; i < TRIES; i++) {
        struct config c;
        struct config_faults f;
        memcpy(all, text.ptr, text.len);
        for (size_t k = 1; k < text.len; k++)
            if (all[k] == '#' && all[k - 1] == '\n' && all[k + 1] >= 'a' && all[k + 1] <= 'z')
                all[k] = ' ';
        for (int k = 0; k < 20; k++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            all[(seed >> 33) % text.len] = (uint8_t)(k % 2 ? '0' + (seed >> 20) % 10 : seed >> 25);
        }
        faulty += read_text(&c, &f, (const char *)all, text.len) != 0;
        check_bounds(&c);
    }
    assert_in_range(faulty, TRIES / 2, TRIES); /* or the noise does nothing */
    free(all);
    sam_buf_fini(&page);
}

static void many_faults_are_counted(void **state)
{
    char text[64 * 8] = "";
    struct config c;
    struct config_faults f;
    (void)state;
    for (int i = 0; i < 50; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "what\n");
    assert_int_equal(read_text(&c, &f, text, strlen(text)), SAM_EUSAGE);
    assert_int_equal(f.count, 50);
    assert_int_equal(f.fault[CONFIG_FAULTS_MAX - 1].line, CONFIG_FAULTS_MAX);
}

/* Each key's text bears its name, and the page has the keys in order, with what holds. */
static void the_page_is_the_table(void **state)
{
    (void)state;
    for (int lang = SAM_LANG_EN; lang <= SAM_LANG_NB; lang++) {
        struct sam_buf page;
        struct config c;
        struct config_faults f;
        enum sam_text_id first, last;
        sam_buf_init(&page, CONFIG_FILE_BYTES_MAX);
        assert_int_equal(config_page((enum sam_lang)lang, &page), 0);
        struct sam_span text = sam_buf_peek(&page);
        assert_int_equal(read_text(&c, &f, (const char *)text.ptr, text.len), 0);
        char *all = calloc(1, text.len + 1);
        memcpy(all, text.ptr, text.len);
        sam_text_set_bounds(SAM_TEXT_SET_CONFIG, &first, &last);
        const char *at = all;
        for (int i = 0; i < (int)CONFIG_COUNT; i++) {
            const struct config_def *d = config_def((enum config_key)i);
            char want[128];
            snprintf(want, sizeof want, "\n#%s = %s\n", d->key, d->normal);
            const char *found = strstr(at, want);
            if (!found)
                fail_msg("the page has no line %s", want + 1);
            at = found ? found : at;
            snprintf(want, sizeof want, "CONFIG_%s", d->key);
            for (char *p = want + 7; *p; p++)
                *p = (char)(*p == '-' ? '_' : *p - 'a' + 'A');
            assert_string_equal(sam_text_name((enum sam_text_id)((int)first + i)), want);
        }
        for (char *line = all; *line; line++) /* with the # taken away every line counts, and says the default */
            if (line[0] == '#' && line[1] >= 'a' && line[1] <= 'z' && (line == all || line[-1] == '\n'))
                *line = ' ';
        assert_int_equal(read_text(&c, &f, all, text.len), 0);
        for (int i = 0; i < (int)CONFIG_COUNT; i++) {
            assert_string_equal(config_text(&c, (enum config_key)i), config_def((enum config_key)i)->normal);
            assert_true(c.value[i].line > 0);
        }
        free(all);
        sam_buf_fini(&page);
    }
}

static void options_go_before_the_file(void **state)
{
    static const char *const argv[] = {"--port", "7500", "--log-level=error"};
    static const char *const wrong[] = {"--port", "70000"};
    static const char *const unknown[] = {"--porrt", "7"};
    struct args *a = calloc(1, sizeof *a);
    struct config c;
    struct config_faults f;
    (void)state;
    assert_int_equal(read_text(&c, &f, "port = 7400\nbind = ::1\n", 23), 0);
    assert_int_equal(args_parse(a, SAM_LANG_EN, 3, argv, config_options), 0);
    assert_int_equal(config_options_read(&c, a), 0);
    assert_int_equal(config_num(&c, CONFIG_PORT), 7500);
    assert_int_equal(config_num(&c, CONFIG_LOG_LEVEL), SAM_LOG_ERROR);
    assert_string_equal(config_text(&c, CONFIG_BIND), "::1");
    assert_int_equal(args_parse(a, SAM_LANG_EN, 2, wrong, config_options), 0);
    assert_int_equal(config_options_read(&c, a), SAM_EUSAGE);
    assert_non_null(strstr(a->error, "--port"));
    assert_int_equal(config_num(&c, CONFIG_PORT), 7500);
    assert_int_equal(args_parse(a, SAM_LANG_EN, 2, unknown, config_options), SAM_EUSAGE);
    free(a);
}

static void the_listener_has_the_same_defaults(void **state)
{
    struct config c;
    struct listener_config l = {0};
    (void)state;
    config_defaults(&c);
    listener_defaults(&l);
    assert_string_equal(config_text(&c, CONFIG_BIND), l.host);
    assert_int_equal(config_num(&c, CONFIG_PORT), l.port);
    assert_int_equal(config_num(&c, CONFIG_MAX_CONNECTIONS), l.connections_max);
    assert_int_equal(config_num(&c, CONFIG_CONNECTIONS_PER_ADDRESS), l.connections_per_address_max);
    assert_int_equal(config_num(&c, CONFIG_CONNECTIONS_PER_DEVICE), l.connections_per_device_max);
    assert_int_equal(config_num(&c, CONFIG_HANDSHAKES), l.handshakes_max);
    assert_int_equal(config_num(&c, CONFIG_HANDSHAKES_PER_ADDRESS), l.handshakes_per_address_max);
    assert_int_equal(config_num(&c, CONFIG_HANDSHAKE_RATE), l.handshake_rate);
    assert_int_equal(config_num(&c, CONFIG_HANDSHAKE_BURST), l.handshake_burst);
    assert_int_equal(config_num(&c, CONFIG_HANDSHAKE_SECONDS) * 1000, l.handshake_ms);
    assert_int_equal(config_num(&c, CONFIG_JOINS_PER_MINUTE), l.joins_per_minute);
    assert_int_equal(config_num(&c, CONFIG_OPS_PER_DAY), l.ops_per_day);
    assert_int_equal(config_num(&c, CONFIG_IDLE_SECONDS) * 1000, l.idle_ms);
    assert_int_equal(config_num(&c, CONFIG_PING_SECONDS) * 1000, l.ping_ms);
    assert_int_equal(config_num(&c, CONFIG_STALL_SECONDS) * 1000, l.stall_ms);
    assert_int_equal(config_num(&c, CONFIG_CONSOLE_CONNECTIONS), l.web_max);
    assert_int_equal(config_num(&c, CONFIG_CONSOLE_PER_ADDRESS), l.web_per_address_max);
}

static void the_console_has_the_same_defaults(void **state)
{
    struct config c;
    struct console_limits l;
    (void)state;
    config_defaults(&c);
    console_limits_defaults(&l);
    assert_int_equal(config_num(&c, CONFIG_CONSOLE_EVENTS), l.events);
    assert_int_equal(config_num(&c, CONFIG_HTTP_LINE_KB) << 10, l.http.line_bytes);
    assert_int_equal(config_num(&c, CONFIG_HTTP_HEAD_KB) << 10, l.http.head_bytes);
    assert_int_equal(config_num(&c, CONFIG_HTTP_HEADERS), l.http.headers);
    assert_true(config_def(CONFIG_HTTP_HEADERS)->max <= HTTP_HEADERS_MAX);
    assert_int_equal(config_num(&c, CONFIG_HTTP_BODY_KB) << 10, l.body_bytes);
    assert_int_equal(config_num(&c, CONFIG_HTTP_IMPORT_MB) << 20, l.import_bytes);
    assert_int_equal(config_num(&c, CONFIG_HTTP_HEAD_SECONDS) * 1000, l.http.head_ms);
    assert_int_equal(config_num(&c, CONFIG_HTTP_BODY_SECONDS) * 1000, l.http.body_ms);
    assert_int_equal(config_num(&c, CONFIG_HTTP_IDLE_SECONDS) * 1000, l.http.idle_ms);
    assert_int_equal(config_num(&c, CONFIG_HTTP_RATE), l.http.rate_bytes_per_s);
    assert_int_equal(config_num(&c, CONFIG_HTTP_REQUESTS), l.http.requests);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_taken),
        cmocka_unit_test(each_fault_has_its_line),
        cmocka_unit_test(near_a_fault_all_is_well),
        cmocka_unit_test(every_bound_holds),
        cmocka_unit_test(noise_breaks_no_bound),
        cmocka_unit_test(many_faults_are_counted),
        cmocka_unit_test(the_page_is_the_table),
        cmocka_unit_test(options_go_before_the_file),
        cmocka_unit_test(the_listener_has_the_same_defaults),
        cmocka_unit_test(the_console_has_the_same_defaults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
