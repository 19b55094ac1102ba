/* Goal: what is typed means one thing or is refused: dates, times, numbers, options, statuses and names. */
#include "client-sdk/cli/args.h"
#include "client-sdk/cli/dates.h"
#include "client-sdk/cli/exercise.h"
#include "client-sdk/cli/match.h"
#include "client-sdk/cli/word.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void dates_are_days(void **state)
{
    static const struct {
        const char *text;
        int32_t day;
        int weekday;
    } good[] = {{"1970-01-01", 0, 4},      {"2000-02-29", 11016, 2}, {"1969-12-31", -1, 3},    {"2026-11-23", 20780, 1},
                {"1900-01-01", -25567, 1}, {"2170-01-01", 73049, 1}, {"23.11.2026", 20780, 1}, {"1.3.2024", 19783, 5}};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int32_t day = 1;
        assert_true(cli_date_parse(good[i].text, &day));
        assert_int_equal(day, good[i].day);
        assert_int_equal(cli_date_weekday(day), good[i].weekday);
    }
}

static void every_day_comes_back(void **state)
{
    (void)state;
    for (int32_t day = DATE_DAY_MIN; day <= DATE_DAY_MAX; day++) {
        char text[DATE_TEXT_BYTES];
        int32_t back = day + 1;
        assert_true(cli_date_parse(cli_date_text(day, text), &back));
        assert_int_equal(back, day);
    }
}

static void wrong_dates_are_refused(void **state)
{
    static const char *const bad[] = {"",           "2026-02-29", "2026-13-01", "2026-00-10",  "2026-1-1",
                                      "2026-11-31", "1899-12-31", "2170-01-02", "2026-11-23 ", " 2026-11-23",
                                      "2026-11-2x", "20261123",   "31.11.2026", "1.1.26",      "today",
                                      "2100-02-29", "-2026-11-23"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int32_t day = 7;
        if (cli_date_parse(bad[i], &day))
            fail_msg("'%s' was taken for a date", bad[i]);
        assert_int_equal(day, 0);
    }
}

static void weeks_are_those_of_the_calendar(void **state)
{
    static const char *const bad[] = {"2026-W54", "2025-W53", "2026-W00", "2026-41", "W41", "2026-W41 ", "2026-W", ""};
    int32_t monday, day;
    (void)state;
    assert_true(cli_week_parse("2026-W41", &monday));
    assert_true(cli_date_parse("2026-10-05", &day));
    assert_int_equal(monday, day);
    assert_true(cli_week_parse("2026-w53", &monday)); /* ends in the next year */
    assert_true(cli_date_parse("2026-12-28", &day));
    assert_int_equal(monday, day);
    assert_true(cli_week_parse("2025-W1", &monday)); /* begins in the year before */
    assert_true(cli_date_parse("2024-12-30", &day));
    assert_int_equal(monday, day);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(cli_week_parse(bad[i], &monday));
}

static void sets_are_as_people_say_them(void **state)
{
    static const struct {
        const char *text;
        int reps, load_hg, duration_s, distance_m;
        const char *nb;
    } good[] = {{"8x20", 8, 200, -1, -1, "8 \xC3\x97 20 kg"},
                {"12", 12, -1, -1, -1, "12 ganger"},
                {" 8 X 22,5 kg ", 8, 225, -1, -1, "8 \xC3\x97 22,5 kg"},
                {"8*22.5", 8, 225, -1, -1, "8 \xC3\x97 22,5 kg"},
                {"0", 0, -1, -1, -1, "0 ganger"},
                {"45s", -1, -1, 45, -1, "45 s"},
                {"3min", -1, -1, 180, -1, "3 min"},
                {"1,5min", -1, -1, 90, -1, "90 s"},
                {"400m", -1, -1, -1, 400, "400 m"},
                {"20kg", -1, 200, -1, -1, "20 kg"},
                {"8x30s", 8, -1, 30, -1, "8 \xC3\x97 30 s"},
                {"8\xC3\x97"
                 "20x30s",
                 8, 200, 30, -1, "8 \xC3\x97 20 kg \xC3\x97 30 s"},
                {"10mx20kg", -1, 200, -1, 10, "20 kg \xC3\x97 10 m"}};
    static const char *const bad[] = {"",     "x",        "8x",     "x8",     "8x20x20", "8xx20",
                                      "-8",   "+8",       "8x-2",   "8 20",   "1,5",     "45,5s",
                                      "2,5m", "8x20kgs",  "8x2,",   "8x2,55", "1000001", "99999999999999999999",
                                      "8h",   "3minx60s", "20kgx20"};
    const struct cli c = {.lang = SAM_LANG_NB};
    char out[EXERCISE_SET_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct samling_set set = SAMLING_SET_INIT;
        if (!cli_exercise_parse(good[i].text, &set))
            fail_msg("'%s' is a set", good[i].text);
        assert_int_equal(set.reps, good[i].reps);
        assert_int_equal(set.load_hg, good[i].load_hg);
        assert_int_equal(set.duration_s, good[i].duration_s);
        assert_int_equal(set.distance_m, good[i].distance_m);
        assert_string_equal(cli_exercise_done(&c, &set, out), good[i].nb);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct samling_set set = SAMLING_SET_INIT;
        if (cli_exercise_parse(bad[i], &set))
            fail_msg("'%s' was taken for a set", bad[i]);
    }
}

static void times_of_day(void **state)
{
    static const char *const bad[] = {"", "24:00", "8:5", "08:60", "8", "830", "08:30:00", "a:00"};
    char text[DATE_TEXT_BYTES];
    int minute;
    (void)state;
    assert_true(cli_time_parse("08:30", &minute));
    assert_int_equal(minute, 510);
    assert_true(cli_time_parse("8.05", &minute));
    assert_int_equal(minute, 485);
    assert_true(cli_time_parse("23:59", &minute));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(cli_time_parse(bad[i], &minute));
    assert_string_equal(cli_time_text(485, text), "08:05");
    assert_string_equal(cli_time_text(-1, text), "");
    assert_string_equal(cli_time_text(1440, text), "");
}

static void numbers_are_whole(void **state)
{
    static const char *const bad[] = {"", "-1", "+1", "1 ", "0x1", "18446744073709551616", "1e3"};
    uint64_t v;
    (void)state;
    assert_true(cli_args_number("18446744073709551615", 0, UINT64_MAX, &v));
    assert_true(v == UINT64_MAX);
    assert_false(cli_args_number("601", 0, 600, &v));
    assert_false(cli_args_number("0", 1, 600, &v));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(cli_args_number(bad[i], 0, UINT64_MAX, &v));
}

/* parses a copy: words are sorted in place */
static struct args parsed(const char *const *words, int count)
{
    static char copy[12][40];
    static char *argv[12];
    struct args a;
    for (int i = 0; i < count; i++) {
        snprintf(copy[i], sizeof copy[i], "%s", words[i]);
        argv[i] = copy[i];
    }
    cli_args_parse(&a, count, argv);
    return a;
}

static void options_stand_anywhere(void **state)
{
    static const char *const words[] = {"mark", "--json", "--user=Kari", "Deltaker 017", "--minutes",
                                        "45",   "møtt",   "--",          "--late"};
    struct args a = parsed(words, 9);
    (void)state;
    assert_int_equal(a.fault, ARGS_FINE);
    assert_int_equal(a.pos_count, 4);
    assert_string_equal(a.pos[1], "Deltaker 017");
    assert_string_equal(a.pos[2], "møtt");
    assert_string_equal(a.pos[3], "--late");
    assert_string_equal(a.value[ARG_USER], "Kari");
    assert_string_equal(a.value[ARG_MINUTES], "45");
    assert_true(cli_args_has(&a, ARG_JSON));
    assert_false(cli_args_has(&a, ARG_LATE));
    assert_string_equal(cli_args_outside(&a, ARGS_GLOBAL), "minutes");
    assert_null(cli_args_outside(&a, ARGS_GLOBAL | ARG_BIT(MINUTES)));
}

static void expect_fault(const char *first, const char *second, enum args_fault fault, const char *word)
{
    const char *const words[] = {first, second};
    struct args a = parsed(words, second ? 2 : 1);
    assert_int_equal(a.fault, fault);
    assert_string_equal(a.fault_word, word);
}

static void wrong_options_are_named(void **state)
{
    (void)state;
    expect_fault("--nothing", NULL, ARGS_UNKNOWN, "--nothing");
    expect_fault("--user", NULL, ARGS_NO_VALUE, "--user");
    expect_fault("--json=1", NULL, ARGS_VALUE_UNWANTED, "--json=1");
    expect_fault("--user=a", "--user=b", ARGS_TWICE, "--user=b");
    expect_fault("--use=a", NULL, ARGS_UNKNOWN, "--use=a");
}

static void statuses_in_both_languages(void **state)
{
    static const struct {
        const char *text;
        int presence;
    } good[] = {{"present", 1}, {"MØTT", 1},      {"absent", 3},       {"no-show", 3},        {"Ikke møtt", 3},
                {"avmeldt", 2}, {"ikke-møtt", 3}, {"not-expected", 4}, {"ikke-forventet", 4}, {"ukjent", 0}};
    int presence;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(cli_word_to_presence(good[i].text, &presence));
        assert_int_equal(presence, good[i].presence);
    }
    assert_false(cli_word_to_presence("", &presence));
    assert_false(cli_word_to_presence("ikke", &presence));
    for (int p = 0; p <= 4; p++) { /* what JSON says can be typed */
        assert_true(cli_word_to_presence(cli_word_presence(p), &presence));
        assert_int_equal(presence, p);
    }
    assert_string_equal(cli_word_presence(5), "other");
    assert_string_equal(cli_word_presence(-1), "other");
}

static const struct subject roster[] = {
    {1099511627777, "Deltaker 001", NULL, 1960}, {1099511627778, "Deltaker 010", NULL, 1961},
    {1099511627779, "Ann", NULL, 1970},          {1099511627780, "Anne", NULL, 1971},
    {1099511627781, "Ørjan", NULL, 1980},        {1099511627782, "Ørjan", NULL, 1981},
    {1099511627783, "12", NULL, 1990},           {12, "Twelve", NULL, 1991},
    {1099511627784, "Bevegelse", "BEV-1", -1},
};
#define ROSTER (sizeof roster / sizeof *roster)

/* how many match; ${which}: the last of them */
static size_t matches(const char *word, uint64_t *which)
{
    bool hit[ROSTER];
    size_t n = cli_match(word, roster, ROSTER, hit);
    *which = 0;
    for (size_t i = 0; n && i < ROSTER; i++)
        if (hit[i])
            *which = roster[i].id;
    return n;
}

static void names_pick_one_or_none(void **state)
{
    uint64_t id;
    (void)state;
    assert_int_equal(matches("Deltaker 001", &id), 1);
    assert_true(id == 1099511627777);
    assert_int_equal(matches("deltaker 01", &id), 1);
    assert_true(id == 1099511627778);
    assert_int_equal(matches("Deltaker 0", &id), 2);
    assert_int_equal(matches("ANN", &id), 1); /* the whole name goes before a beginning */
    assert_true(id == 1099511627779);
    assert_int_equal(matches("an", &id), 2);
    assert_int_equal(matches("ørjan", &id), 2); /* namesakes are never told apart by a guess */
    assert_int_equal(matches("12", &id), 1);    /* an id goes before a name */
    assert_true(id == 12);
    assert_int_equal(matches("bev-1", &id), 1);
    assert_int_equal(matches("1099511627780", &id), 1);
    assert_true(id == 1099511627780);
    assert_int_equal(matches("nobody", &id), 0);
    assert_int_equal(matches("", &id), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weeks_are_those_of_the_calendar),
        cmocka_unit_test(dates_are_days),
        cmocka_unit_test(every_day_comes_back),
        cmocka_unit_test(wrong_dates_are_refused),
        cmocka_unit_test(sets_are_as_people_say_them),
        cmocka_unit_test(times_of_day),
        cmocka_unit_test(numbers_are_whole),
        cmocka_unit_test(options_stand_anywhere),
        cmocka_unit_test(wrong_options_are_named),
        cmocka_unit_test(statuses_in_both_languages),
        cmocka_unit_test(names_pick_one_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
