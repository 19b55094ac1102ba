/* Instruments for the tests of scores: those of the table, and own ones at the edges of what the table may say. */
#ifndef UNIT_TEST_SCORE_H
#define UNIT_TEST_SCORE_H

#include "proto/model/score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define TIMES_9(a) a "," a "," a "," a "," a "," a "," a "," a "," a

enum { UNSTATED = SAM_SCALE_0_UNSTATED, WORST = SAM_SCALE_0_WORST, BEST = SAM_SCALE_0_BEST };
enum { UNDEFINED = SAM_REACHED_UNDEFINED, NO = SAM_REACHED_NO, YES = SAM_REACHED_YES };

/* What the list has no example of: reversed items that are settled, steps, the largest numbers. */
enum { TURNED = 80, HALVES = 81, LARGEST = 82, LONG = 83 };
static const struct sam_instrument own[] = {
    {.code = "turned",
     .number = TURNED,
     .version = 1,
     .rule_version = 1,
     .answered_min = 3,
     .items = {4, 4},
     .answer = {1, 4, 1, 1},
     .scoring = SAM_SCORING_MEAN,
     .better = SAM_BETTER_LOWER,
     .reversed = 0x6,
     .source = "the second and third of four items are reversed\n"},
    {.code = "halves",
     .number = HALVES,
     .version = 1,
     .rule_version = 1,
     .answered_min = 2,
     .items = {2, 2},
     .answer = {60, 200, 5, 10},
     .scoring = SAM_SCORING_SUM,
     .better = SAM_BETTER_LOAD,
     .source = "steps of a half\n"},
    {.code = "largest",
     .number = LARGEST,
     .version = 1,
     .rule_version = 1,
     .answered_min = 1,
     .items = {1, 60},
     .answer = {0, 9999, 1, 1},
     .scoring = SAM_SCORING_PERCENT,
     .better = SAM_BETTER_LOWER,
     .points = {9999, 1000},
     .percent = 99,
     .cut = {{SAM_CUT_AT_MOST, {9999, 1000}}},
     .source = "the largest numbers\n"},
    {.code = "long",
     .number = LONG,
     .version = 1,
     .rule_version = 1,
     .answered_min = 1,
     .items = {60, 60},
     .answer = {0, 10, 1, 1},
     .scoring = SAM_SCORING_MEAN,
     .better = SAM_BETTER_LOWER,
     .points = {3, 10},
     .cut = {{SAM_CUT_AT_LEAST, {185, 100}}, {SAM_CUT_AT_MOST, {185, 100}}},
     .source = "means of up to 60 answers\n"},
};

static inline const struct sam_instrument *def_of(unsigned number)
{
    for (size_t i = 0; i < COUNT(own); i++)
        if (own[i].number == number)
            return &own[i];
    const struct sam_instrument *def = sam_instrument_find(number, 1);
    assert_non_null(def);
    return def;
}

static inline struct sam_span span(const char *text)
{
    return (struct sam_span){(const uint8_t *)text, strlen(text)};
}

static inline struct sam_score scored(unsigned number, const char *answers, unsigned scale_0)
{
    struct sam_score s;
    if (sam_score(def_of(number), span(answers), scale_0, &s))
        fail_msg("%s: \"%s\" has no score", def_of(number)->code, answers);
    return s;
}

/* Field by field: what lies behind the last one is nobody's. */
static inline void score_is(const struct sam_score *a, const struct sam_score *b)
{
    assert_int_equal(a->sum, b->sum);
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->valid, b->valid);
    assert_int_equal(a->instrument, b->instrument);
    assert_int_equal(a->version, b->version);
    assert_int_equal(a->rule_version, b->rule_version);
    assert_int_equal(a->better, b->better);
    assert_int_equal(a->derived, b->derived);
}

#endif
