/* Goal: whether a course is completed or broken off follows DOMAIN section 4.3 to the edge: golden vectors by hand, a letter a session. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/model/completion.h"

#include <string.h>

enum { WEEK = 7, MANY = 100 };
static const struct sam_completion_rule usual = {
    .percent = 75, .planned = 12, .misses = 3, .return_days = 28, .needs_end_score = true};
static const struct sam_completion_rule two_days = {.percent = 100, .planned = 2, .misses = 3, .return_days = 28};

/* One session a letter: + attended, - missed, ? unknown, . apart; a week apart from day 0 on; '|' makes a day of no session. */
static struct sam_completion_course course_of(const char *weeks, const struct sam_completion_rule *rule,
                                              struct sam_completion_session s[MANY])
{
    struct sam_completion_course c = {.rule = *rule, .session = s};
    int32_t day = 0;
    for (; *weeks; weeks++, day += WEEK) {
        const char *letter = strchr(".+-?", *weeks);
        if (!letter)
            continue;
        static const enum sam_completion_seen seen[] = {SAM_SEEN_APART, SAM_SEEN_ATTENDED, SAM_SEEN_MISSED,
                                                        SAM_SEEN_UNKNOWN};
        s[c.count] = (struct sam_completion_session){.day = day, .part = c.count + 1, .seen = seen[letter - ".+-?"]};
        c.count++;
    }
    c.today = day;
    return c;
}

enum { GOES_ON = 0, ENDED = 1, SCORE = 2, ENDED_SCORE = 3 };

static struct sam_completion_verdict judged(const char *weeks, unsigned what)
{
    struct sam_completion_session s[MANY];
    struct sam_completion_verdict v;
    struct sam_completion_course c = course_of(weeks, &usual, s);
    c.ended = what & ENDED;
    c.end_score = (what & SCORE) != 0;
    sam_completion_judge(&c, &v);
    return v;
}

static void expect(const char *weeks, unsigned what, enum sam_completion verdict, enum sam_completion_why why)
{
    struct sam_completion_verdict v = judged(weeks, what);
    if (v.what != verdict || v.why != why)
        fail_msg("%s (%u): %d because %d, expected %d because %d", weeks, what, v.what, v.why, verdict, why);
    assert_int_equal(v.held, v.attended + v.missed + v.unknown);
}

/* ---- the share of what was held */

static void three_quarters(void **state)
{
    (void)state;
    expect("+++-+++-+++-", ENDED_SCORE, SAM_COMPLETION_COMPLETED, SAM_COMPLETION_WHY_NONE);    /* 9 of 12 */
    expect("+++-+++-++--", ENDED_SCORE, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_ENDED); /* 8 of 12 */
    expect("+++-", ENDED_SCORE, SAM_COMPLETION_COMPLETED, SAM_COMPLETION_WHY_NONE);
    expect("++-", ENDED_SCORE, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_ENDED); /* 67 % */
    /* what was cancelled or not expected is in no count */
    expect("+++-....", ENDED_SCORE, SAM_COMPLETION_COMPLETED, SAM_COMPLETION_WHY_NONE);
    /* twelve were planned, twelve were held: nothing more is waited for. Eleven: it goes on */
    expect("+++-+++-+++-", SCORE, SAM_COMPLETION_COMPLETED, SAM_COMPLETION_WHY_NONE);
    expect("+++-+++-+++", SCORE, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_NONE);
    /* the end alone makes nobody's course an interrupted one */
    expect("+++-+++-++--", SCORE, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_NONE);
}

static void nothing_held(void **state)
{
    (void)state;
    expect("", GOES_ON, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_NONE);
    expect("...", GOES_ON, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_NONE);
    expect("", ENDED_SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_NONE_HELD);
    expect("....", ENDED_SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_NONE_HELD);
    assert_int_equal(judged("....", ENDED_SCORE).held, 0);
}

static void end_score(void **state)
{
    (void)state;
    expect("++++", ENDED, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_END_SCORE);
    expect("++++++++++++", GOES_ON, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_END_SCORE);
    expect("++++++++++++", SCORE, SAM_COMPLETION_COMPLETED, SAM_COMPLETION_WHY_NONE);
    expect("+-", ENDED, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_ENDED); /* the score would not help */
    struct sam_completion_session s[MANY];
    struct sam_completion_verdict v;
    struct sam_completion_course c = course_of("++++", &usual, s);
    c.ended = true;
    c.rule.needs_end_score = false;
    sam_completion_judge(&c, &v);
    assert_int_equal(v.what, SAM_COMPLETION_COMPLETED);
}

/* ---- what nobody knows */

static void unknown(void **state)
{
    (void)state;
    expect("????", ENDED_SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_UNKNOWN);
    expect("??", GOES_ON, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_NONE);
    assert_int_equal(judged("????", ENDED_SCORE).unknown, 4);
    /* it matters only where the verdict hangs on it: 9 of 12 at least, 7 of 10 at most */
    expect("+++++++++???", ENDED_SCORE, SAM_COMPLETION_COMPLETED, SAM_COMPLETION_WHY_NONE);
    expect("++++++++????", ENDED_SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_UNKNOWN);
    expect("-+-+-++++?", ENDED_SCORE, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_ENDED);
    expect("++-+++-++?", ENDED_SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_UNKNOWN);
    /* twelve of which one is unknown are not twelve yet, and the thirteenth makes it so */
    expect("++++++++---?", SCORE, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_NONE);
    expect("++++++++---?+", SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_UNKNOWN);
}

/* ---- missed in a row */

/* ${misses} misses after one attended, then back ${days} after the last of them (0: not back), asked on ${today} days after it. */
static struct sam_completion_verdict missed(unsigned misses, int days, int today)
{
    struct sam_completion_session s[MANY];
    struct sam_completion_verdict v;
    char weeks[MANY] = "+";
    memset(weeks + 1, '-', misses);
    struct sam_completion_course c = course_of(weeks, &usual, s);
    int32_t last = s[c.count - 1].day;
    if (days) {
        s[c.count] = (struct sam_completion_session){.day = last + days, .seen = SAM_SEEN_ATTENDED};
        c.count++;
    }
    c.today = last + today;
    c.end_score = true;
    sam_completion_judge(&c, &v);
    return v;
}

static void expect_missed(unsigned misses, int days, int today, enum sam_completion what)
{
    struct sam_completion_verdict v = missed(misses, days, today);
    if (v.what != what)
        fail_msg("%u missed, back after %d, day %d: %d, expected %d", misses, days, today, v.what, what);
    if (what == SAM_COMPLETION_INTERRUPTED)
        assert_int_equal(v.why, SAM_COMPLETION_WHY_MISSES);
}

static void three_in_a_row(void **state)
{
    (void)state;
    expect_missed(3, 28, 40, SAM_COMPLETION_UNDER_WAY);
    expect_missed(3, 29, 40, SAM_COMPLETION_INTERRUPTED);
    expect_missed(3, 0, 28, SAM_COMPLETION_UNDER_WAY); /* the days are not over */
    expect_missed(3, 0, 29, SAM_COMPLETION_INTERRUPTED);
    expect_missed(2, 0, 400, SAM_COMPLETION_UNDER_WAY); /* two are not three */
    expect_missed(4, 21, 40, SAM_COMPLETION_UNDER_WAY); /* counted from the third: 28 days */
    expect_missed(4, 22, 40, SAM_COMPLETION_INTERRUPTED);
    assert_int_equal(missed(3, 0, 1).in_row, 3);
    assert_int_equal(missed(3, 7, 10).in_row, 0);
    assert_int_equal(missed(3, 7, 10).longest, 3);
}

static void rows(void **state)
{
    (void)state;
    /* what is apart neither ends a row nor is in it; what is attended ends it */
    expect("+--.-|||", SCORE, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_NONE); /* day 28: not over yet */
    expect("+--.-||||", SCORE, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_MISSES);
    expect("--+--||||||", SCORE, SAM_COMPLETION_UNDER_WAY, SAM_COMPLETION_WHY_NONE);
    /* what is unknown is neither: whether it was a row, or a return, cannot be said */
    expect("+-?-||||||", SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_UNKNOWN);
    expect("+---?|||||", SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_UNKNOWN);
    expect("+---||||?|", SCORE, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_MISSES); /* too late in any case */
    expect("+???||||||", SCORE, SAM_COMPLETION_UNSAID, SAM_COMPLETION_WHY_UNKNOWN);
    /* a completed course is no interrupted one: 9 of 12, three missed, back after five weeks */
    expect("+---||||++++++++", SCORE, SAM_COMPLETION_COMPLETED, SAM_COMPLETION_WHY_NONE);
    expect("+---||||+++++++-", SCORE, SAM_COMPLETION_INTERRUPTED, SAM_COMPLETION_WHY_MISSES);
    struct sam_completion_session s[MANY];
    struct sam_completion_verdict v;
    struct sam_completion_course c = course_of("------||||||", &usual, s);
    c.rule.misses = 0; /* this intervention draws no conclusion from misses */
    sam_completion_judge(&c, &v);
    assert_int_equal(v.what, SAM_COMPLETION_UNDER_WAY);
}

/* ---- a course of two days, in one group or in several */

struct taken {
    int32_t day;
    unsigned part;
    enum sam_completion_seen seen;
};

static enum sam_completion two_day(const struct taken *t, unsigned count, bool ended)
{
    struct sam_completion_session s[MANY];
    struct sam_completion_verdict v;
    for (unsigned i = 0; i < count; i++)
        s[i] = (struct sam_completion_session){.day = t[i].day, .part = t[i].part, .seen = t[i].seen};
    struct sam_completion_course c = {.rule = two_days, .session = s, .count = count, .today = 300, .ended = ended};
    sam_completion_judge(&c, &v);
    return v.what;
}

static void both_days(void **state)
{
    (void)state;
    const enum sam_completion_seen yes = SAM_SEEN_ATTENDED, no = SAM_SEEN_MISSED, who_knows = SAM_SEEN_UNKNOWN;
    const struct taken here[] = {{0, 1, yes}, {1, 2, yes}};
    assert_int_equal(two_day(here, 2, false), SAM_COMPLETION_COMPLETED);
    const struct taken half[] = {{0, 1, yes}, {1, 2, no}};
    assert_int_equal(two_day(half, 2, true), SAM_COMPLETION_INTERRUPTED);
    assert_int_equal(two_day(half, 2, false), SAM_COMPLETION_UNDER_WAY);
    const struct taken across[] = {{0, 1, yes}, {1, 2, no}, {100, 1, no}, {101, 2, yes}};
    assert_int_equal(two_day(across, 4, false), SAM_COMPLETION_COMPLETED);
    const struct taken twice_the_first[] = {{0, 1, yes}, {1, 2, no}, {100, 1, yes}, {101, 2, no}};
    assert_int_equal(two_day(twice_the_first, 4, true), SAM_COMPLETION_INTERRUPTED);
    const struct taken perhaps[] = {{0, 1, yes}, {1, 2, who_knows}};
    assert_int_equal(two_day(perhaps, 2, true), SAM_COMPLETION_UNSAID);
    assert_int_equal(two_day(perhaps, 2, false), SAM_COMPLETION_UNSAID);
    assert_int_equal(two_day(perhaps, 1, false), SAM_COMPLETION_UNDER_WAY);
    const struct taken perhaps_again[] = {{0, 1, yes}, {1, 2, who_knows}, {100, 2, yes}};
    assert_int_equal(two_day(perhaps_again, 3, true), SAM_COMPLETION_COMPLETED);
    assert_int_equal(two_day(NULL, 0, true), SAM_COMPLETION_UNSAID);
}

static void parts(void **state)
{
    (void)state;
    struct sam_completion_day d[] = {{.day = 1}, {.day = 1}, {.day = 2}, {.day = 8}, {.day = 9}};
    static const unsigned rounds[] = {1, 1, 2, 1, 2}, straight[] = {1, 1, 2, 3, 4};
    sam_completion_parts(d, 5, 2);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(d[i].part, rounds[i]);
    sam_completion_parts(d, 5, 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(d[i].part, straight[i]);
    /* day 1 was moved to day 2: that one is the first; day 8, only cancelled, stays the second */
    d[0].moved = d[1].moved = true;
    sam_completion_parts(d, 5, 2);
    static const unsigned moved[] = {0, 0, 1, 2, 1};
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(d[i].part, moved[i]);
}

/* ---- what one session counts */

static enum sam_completion_seen seen(unsigned status, bool proved, bool past, int presence, int evidence)
{
    struct sam_completion_held h = {.status = status, .proved = proved, .past = past};
    struct sam_row row;
    sam_row_init(&row, SAM_ATTENDANCE);
    if (presence >= 0)
        sam_row_set(&row, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&row, SAM_ATTENDANCE_evidence, evidence);
    return sam_completion_seen(&h, presence < 0 ? NULL : &row, false);
}

static void one_session(void **state)
{
    (void)state;
    enum { PLANNED, HELD, CANCELLED };
    static const enum sam_completion_seen tapped[] = {SAM_SEEN_UNKNOWN, SAM_SEEN_ATTENDED, SAM_SEEN_MISSED,
                                                      SAM_SEEN_MISSED, SAM_SEEN_APART};
    for (int presence = 0; presence < 5; presence++) {
        assert_int_equal(seen(HELD, true, true, presence, 2), tapped[presence]);
        assert_int_equal(seen(HELD, true, true, presence, 0), tapped[presence]); /* out of an imported list */
        assert_int_equal(seen(CANCELLED, false, true, presence, 2), SAM_SEEN_APART);
        assert_int_equal(seen(CANCELLED, true, true, presence, 2), SAM_SEEN_UNKNOWN); /* an open case */
    }
    assert_int_equal(seen(HELD, false, true, -1, 0), SAM_SEEN_UNKNOWN);
    assert_int_equal(seen(PLANNED, true, true, -1, 0), SAM_SEEN_UNKNOWN);
    assert_int_equal(seen(PLANNED, false, true, -1, 0), SAM_SEEN_UNKNOWN); /* a tablet may still have it */
    assert_int_equal(seen(PLANNED, false, false, -1, 0), SAM_SEEN_APART);
    assert_int_equal(seen(PLANNED, false, false, 3, 2), SAM_SEEN_MISSED);
    /* late, gone early and on video are there */
    struct sam_completion_held h = {.status = HELD, .proved = true, .past = true};
    struct sam_row row;
    sam_row_init(&row, SAM_ATTENDANCE);
    sam_row_set(&row, SAM_ATTENDANCE_presence, 1);
    sam_row_set(&row, SAM_ATTENDANCE_evidence, 2);
    sam_row_set(&row, SAM_ATTENDANCE_late, 1);
    sam_row_set(&row, SAM_ATTENDANCE_left_early, 1);
    sam_row_set(&row, SAM_ATTENDANCE_by_video, 1);
    assert_int_equal(sam_completion_seen(&h, &row, false), SAM_SEEN_ATTENDED);
    assert_int_equal(sam_completion_seen(&h, &row, true), SAM_SEEN_UNKNOWN);
}

static void statuses(void **state)
{
    (void)state;
    enum {
        WAITING_LIST = 0,
        WAITING_START = 3,
        ATTENDING = 4,
        COMPLETED = 5,
        DISCONTINUED = 6,
        NEVER_CAME = 7,
        IN_ERROR = 9
    };
    assert_true(sam_completion_status_fits(SAM_COMPLETION_COMPLETED, 9, COMPLETED));
    assert_false(sam_completion_status_fits(SAM_COMPLETION_COMPLETED, 9, ATTENDING));
    assert_true(sam_completion_status_fits(SAM_COMPLETION_UNDER_WAY, 9, ATTENDING));
    assert_true(sam_completion_status_fits(SAM_COMPLETION_UNDER_WAY, 0, WAITING_START));
    assert_false(sam_completion_status_fits(SAM_COMPLETION_UNDER_WAY, 9, COMPLETED));
    assert_true(sam_completion_status_fits(SAM_COMPLETION_INTERRUPTED, 0, NEVER_CAME));
    assert_false(sam_completion_status_fits(SAM_COMPLETION_INTERRUPTED, 1, NEVER_CAME));
    assert_true(sam_completion_status_fits(SAM_COMPLETION_UNSAID, 1, COMPLETED));
    assert_false(sam_completion_counts(WAITING_LIST) || sam_completion_counts(IN_ERROR));
    assert_true(sam_completion_counts(NEVER_CAME) && !sam_completion_goes_on(NEVER_CAME));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_quarters), cmocka_unit_test(nothing_held),   cmocka_unit_test(end_score),
        cmocka_unit_test(unknown),        cmocka_unit_test(three_in_a_row), cmocka_unit_test(rows),
        cmocka_unit_test(both_days),      cmocka_unit_test(parts),          cmocka_unit_test(one_session),
        cmocka_unit_test(statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
