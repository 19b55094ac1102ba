/* Goal: a form has the score that the published rule gives it, worked by hand; what is not settled has none; and two scores
 * differ by a change that counts exactly where the rule says so, whatever their texts are rounded to. */
#include "tests/unit/test_score.h"

/* ---- scores worked by hand */

static const struct vector {
    uint8_t number, scale_0, why;
    const char *answers;
    uint32_t sum, count;
    const char *text;
} vectors[] = {
    /* pain: the number itself */
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, 0, "0", 0, 1, "0"},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, 0, "10", 10, 1, "10"},
    {SAM_INSTRUMENT_PAIN_ACTIVITY, UNSTATED, 0, "0", 0, 1, "0"},
    {SAM_INSTRUMENT_PAIN_ACTIVITY, UNSTATED, 0, "7", 7, 1, "7"},
    {SAM_INSTRUMENT_PAIN_ACTIVITY, UNSTATED, 0, "10", 10, 1, "10"},
    {SAM_INSTRUMENT_PAIN_ACTIVITY, UNSTATED, SAM_SCORE_FEW, "-", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, SAM_SCORE_FEW, "-", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, SAM_SCORE_RANGE, "11", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, SAM_SCORE_ITEMS, "3,4", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, SAM_SCORE_MALFORMED, "", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, SAM_SCORE_MALFORMED, "3,", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, SAM_SCORE_MALFORMED, "03", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, SAM_SCORE_MALFORMED, "3.5", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, SAM_SCORE_MALFORMED, "-1", 0, 0, ""},
    {SAM_INSTRUMENT_PAIN_REST, WORST, SAM_SCORE_DIRECTION, "3", 0, 0, ""}, /* it is fixed */

    /* PSFS: sum / number rated */
    {SAM_INSTRUMENT_PSFS, WORST, 0, "0,0,0", 0, 3, "0"},
    {SAM_INSTRUMENT_PSFS, WORST, 0, "10,10,10,10,10", 50, 5, "10"},
    {SAM_INSTRUMENT_PSFS, BEST, 0, "10,10,10", 30, 3, "10"},
    {SAM_INSTRUMENT_PSFS, WORST, 0, "7,6,7", 20, 3, "6.67"},    /* 20 / 3 = 6.666… */
    {SAM_INSTRUMENT_PSFS, WORST, 0, "3,4,3,3", 13, 4, "3.25"},  /* 13 / 4 */
    {SAM_INSTRUMENT_PSFS, WORST, 0, "1,2,3,4,6", 16, 5, "3.2"}, /* 16 / 5 */
    {SAM_INSTRUMENT_PSFS, WORST, 0, "7,-,4", 11, 2, "5.5"},     /* 11 / 2, not / 3 */
    {SAM_INSTRUMENT_PSFS, BEST, 0, "-,1,0,-,0", 1, 3, "0.33"},  /* 1 / 3 */
    {SAM_INSTRUMENT_PSFS, WORST, 0, "-,5,-", 5, 1, "5"},        /* 5 / 1 */
    {SAM_INSTRUMENT_PSFS, WORST, SAM_SCORE_FEW, "-,-,-", 0, 0, ""},
    {SAM_INSTRUMENT_PSFS, WORST, SAM_SCORE_ITEMS, "7,4", 0, 0, ""},
    {SAM_INSTRUMENT_PSFS, WORST, SAM_SCORE_ITEMS, "1,2,3,4,5,6", 0, 0, ""},
    {SAM_INSTRUMENT_PSFS, WORST, SAM_SCORE_RANGE, "7,4,11", 0, 0, ""},
    {SAM_INSTRUMENT_PSFS, UNSTATED, SAM_SCORE_DIRECTION, "7,4,1", 0, 0, ""},
    {SAM_INSTRUMENT_PSFS, 3, SAM_SCORE_DIRECTION, "7,4,1", 0, 0, ""},

    /* work ability: the number itself */
    {SAM_INSTRUMENT_WORK_ABILITY, UNSTATED, 0, "0", 0, 1, "0"},
    {SAM_INSTRUMENT_WORK_ABILITY, UNSTATED, 0, "10", 10, 1, "10"},
    {SAM_INSTRUMENT_WORK_ABILITY, UNSTATED, SAM_SCORE_RANGE, "11", 0, 0, ""},
    {SAM_INSTRUMENT_WORK_ABILITY, UNSTATED, SAM_SCORE_FEW, "-", 0, 0, ""},

    /* Borg: 6 to 20; 0 to 15.0 in tenths */
    {SAM_INSTRUMENT_BORG_RPE, UNSTATED, 0, "6", 6, 1, "6"},
    {SAM_INSTRUMENT_BORG_RPE, UNSTATED, 0, "20", 20, 1, "20"},
    {SAM_INSTRUMENT_BORG_RPE, UNSTATED, SAM_SCORE_RANGE, "5", 0, 0, ""},
    {SAM_INSTRUMENT_BORG_RPE, UNSTATED, SAM_SCORE_RANGE, "21", 0, 0, ""},
    {SAM_INSTRUMENT_BORG_RPE, UNSTATED, SAM_SCORE_FEW, "-", 0, 0, ""},
    {SAM_INSTRUMENT_BORG_CR10, UNSTATED, 0, "0", 0, 1, "0"},
    {SAM_INSTRUMENT_BORG_CR10, UNSTATED, 0, "3", 3, 1, "0.3"},      /* 3 / 10 */
    {SAM_INSTRUMENT_BORG_CR10, UNSTATED, 0, "115", 115, 1, "11.5"}, /* 115 / 10, above 10 */
    {SAM_INSTRUMENT_BORG_CR10, UNSTATED, 0, "150", 150, 1, "15"},
    {SAM_INSTRUMENT_BORG_CR10, UNSTATED, SAM_SCORE_RANGE, "151", 0, 0, ""},
    {SAM_INSTRUMENT_BORG_CR10, UNSTATED, SAM_SCORE_FEW, "-", 0, 0, ""},

    /* work status: codes */
    {SAM_INSTRUMENT_WORK_STATUS, UNSTATED, SAM_SCORE_CODES, "1", 0, 0, ""},
    {SAM_INSTRUMENT_WORK_STATUS, UNSTATED, SAM_SCORE_CODES, "8", 0, 0, ""},
    {SAM_INSTRUMENT_WORK_STATUS, UNSTATED, SAM_SCORE_CODES, "-", 0, 0, ""},
    {SAM_INSTRUMENT_WORK_STATUS, UNSTATED, SAM_SCORE_RANGE, "0", 0, 0, ""},
    {SAM_INSTRUMENT_WORK_STATUS, UNSTATED, SAM_SCORE_RANGE, "9", 0, 0, ""},

    /* ODI: 100 x sum / (5 x answered) */
    {SAM_INSTRUMENT_ODI, UNSTATED, 0, "0," TIMES_9("0"), 0, 10, "0"},
    {SAM_INSTRUMENT_ODI, UNSTATED, 0, "5," TIMES_9("5"), 50, 10, "100"},      /* 5000 / 50 */
    {SAM_INSTRUMENT_ODI, UNSTATED, 0, "2,2,2,2,2,1,1,1,1,1", 15, 10, "30"},   /* 1500 / 50 */
    {SAM_INSTRUMENT_ODI, UNSTATED, 0, "-," TIMES_9("1"), 9, 9, "20"},         /* 900 / 45 */
    {SAM_INSTRUMENT_ODI, UNSTATED, 0, "1,2,-,0,3,1,0,2,1,1", 11, 9, "24.44"}, /* 1100 / 45 = 24.444… */
    {SAM_INSTRUMENT_ODI, UNSTATED, 0, "1,2,-,0,3,1,-,2,1,1", 11, 8, "27.5"},  /* 1100 / 40 */
    {SAM_INSTRUMENT_ODI, UNSTATED, 0, "1,0,0,-,-,1,-,0,0,0", 2, 7, "5.71"},   /* 200 / 35 = 5.714… */
    {SAM_INSTRUMENT_ODI, UNSTATED, 0, "4," TIMES_9("-"), 4, 1, "80"},         /* 400 / 5 */
    {SAM_INSTRUMENT_ODI, UNSTATED, SAM_SCORE_FEW, "-," TIMES_9("-"), 0, 0, ""},
    {SAM_INSTRUMENT_ODI, UNSTATED, SAM_SCORE_RANGE, "6," TIMES_9("0"), 0, 0, ""},
    {SAM_INSTRUMENT_ODI, UNSTATED, SAM_SCORE_ITEMS, TIMES_9("0"), 0, 0, ""},
    {SAM_INSTRUMENT_ODI, UNSTATED, SAM_SCORE_ITEMS, "0,0," TIMES_9("0"), 0, 0, ""},

    /* HSCL-10: sum / 10, all answered */
    {SAM_INSTRUMENT_HSCL10, UNSTATED, 0, "1," TIMES_9("1"), 10, 10, "1"},
    {SAM_INSTRUMENT_HSCL10, UNSTATED, 0, "4," TIMES_9("4"), 40, 10, "4"},
    {SAM_INSTRUMENT_HSCL10, UNSTATED, 0, "2,1,3,2,1,2,2,1,3,2", 19, 10, "1.9"}, /* 19 / 10 */
    {SAM_INSTRUMENT_HSCL10, UNSTATED, SAM_SCORE_FEW, "-," TIMES_9("2"), 0, 0, ""},
    {SAM_INSTRUMENT_HSCL10, UNSTATED, SAM_SCORE_RANGE, "0," TIMES_9("2"), 0, 0, ""},
    {SAM_INSTRUMENT_HSCL10, UNSTATED, SAM_SCORE_RANGE, "5," TIMES_9("2"), 0, 0, ""},
    {SAM_INSTRUMENT_HSCL10, UNSTATED, SAM_SCORE_ITEMS, TIMES_9("2"), 0, 0, ""},

    /* WHODAS 12: sum, all answered */
    {SAM_INSTRUMENT_WHODAS12, UNSTATED, 0, "0,0,0," TIMES_9("0"), 0, 12, "0"},
    {SAM_INSTRUMENT_WHODAS12, UNSTATED, 0, "4,4,4," TIMES_9("4"), 48, 12, "48"},     /* 12 x 4 */
    {SAM_INSTRUMENT_WHODAS12, UNSTATED, 0, "0,1,2,3,4,0,1,2,3,4,0,1", 21, 12, "21"}, /* 10 + 10 + 1 */
    {SAM_INSTRUMENT_WHODAS12, UNSTATED, SAM_SCORE_FEW, "0,-,2," TIMES_9("1"), 0, 0, ""},
    {SAM_INSTRUMENT_WHODAS12, UNSTATED, SAM_SCORE_RANGE, "5,0,0," TIMES_9("0"), 0, 0, ""},
    {SAM_INSTRUMENT_WHODAS12, UNSTATED, SAM_SCORE_ITEMS, "0,0," TIMES_9("0"), 0, 0, ""},

    /* reversed items are not settled: no score, however complete */
    {SAM_INSTRUMENT_RTW_SE, UNSTATED, SAM_SCORE_REVERSAL, "6,6," TIMES_9("6"), 0, 0, ""},
    {SAM_INSTRUMENT_RTW_SE, UNSTATED, SAM_SCORE_REVERSAL, "-,6," TIMES_9("1"), 0, 0, ""},
    {SAM_INSTRUMENT_RTW_SE, UNSTATED, SAM_SCORE_RANGE, "0,6," TIMES_9("6"), 0, 0, ""},
    {SAM_INSTRUMENT_RTW_SE, UNSTATED, SAM_SCORE_RANGE, "7,6," TIMES_9("6"), 0, 0, ""},
    {SAM_INSTRUMENT_RTW_SE, UNSTATED, SAM_SCORE_ITEMS, "6," TIMES_9("6"), 0, 0, ""},
    {SAM_INSTRUMENT_OMPSQ_SF, UNSTATED, SAM_SCORE_REVERSAL, "10," TIMES_9("10"), 0, 0, ""},
    {SAM_INSTRUMENT_OMPSQ_SF, UNSTATED, SAM_SCORE_RANGE, "11," TIMES_9("10"), 0, 0, ""},
    {SAM_INSTRUMENT_OMPSQ_SF, UNSTATED, SAM_SCORE_ITEMS, TIMES_9("10"), 0, 0, ""},

    /* reversed and settled: of 1 to 4 the second and third count as 5 - answer */
    {TURNED, UNSTATED, 0, "1,4,4,1", 4, 4, "1"},    /* 1 + 1 + 1 + 1 */
    {TURNED, UNSTATED, 0, "4,1,1,4", 16, 4, "4"},   /* 4 + 4 + 4 + 4 */
    {TURNED, UNSTATED, 0, "2,3,1,2", 10, 4, "2.5"}, /* 2 + 2 + 4 + 2 = 10; 10 / 4 */
    {TURNED, UNSTATED, 0, "2,-,1,2", 8, 3, "2.67"}, /* 2 + 4 + 2 = 8; 8 / 3 = 2.666…; the place stays with the item */
    {TURNED, UNSTATED, 0, "-,1,1,1", 9, 3, "3"},    /* 4 + 4 + 1 */
    {TURNED, UNSTATED, SAM_SCORE_FEW, "-,1,-,1", 0, 0, ""},

    /* steps of 5 from 60 to 200, ten of them a point */
    {HALVES, UNSTATED, 0, "60,60", 120, 2, "12"},
    {HALVES, UNSTATED, 0, "65,200", 265, 2, "26.5"},
    {HALVES, UNSTATED, SAM_SCORE_RANGE, "61,60", 0, 0, ""},
    {HALVES, UNSTATED, SAM_SCORE_FEW, "60,-", 0, 0, ""},
    {LARGEST, UNSTATED, 0, "9999", 9999, 1, "100"},
    {LARGEST, UNSTATED, 0, "1,9999,-", 10000, 2, "50.01"}, /* 1000000 / 19998 = 50.005000… */
};

static void scores_are_what_the_rule_gives(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const struct vector *v = &vectors[i];
        const struct sam_instrument *def = def_of(v->number);
        struct sam_score s;
        char text[SAM_RATIO_TEXT_BYTES_MAX];
        unsigned answered;
        enum sam_score_why why = sam_score(def, span(v->answers), v->scale_0, &s);
        sam_score_text(def, &s, text);
        if (why != v->why || s.sum != v->sum || s.count != v->count || strcmp(text, v->text) != 0)
            fail_msg("%s \"%s\": %d, %u/%u = \"%s\"", def->code, v->answers, why, s.sum, s.count, text);
        assert_int_equal(s.valid, !why);
        assert_int_equal(s.instrument, def->number);
        assert_int_equal(s.version, def->version);
        assert_int_equal(s.rule_version, def->rule_version);
        assert_int_equal(sam_score_ok(def, &s), !why);
        enum sam_score_why form = sam_score_check(def, span(v->answers), v->scale_0, &answered);
        assert_int_equal(form, v->why <= SAM_SCORE_DIRECTION ? v->why : SAM_SCORE_VALID);
        if (!why)
            assert_int_equal(answered, s.count);
        if (form)
            assert_int_equal(answered, 0);
    }
    struct sam_score higher = scored(SAM_INSTRUMENT_PSFS, "1,2,3", WORST),
                     lower = scored(SAM_INSTRUMENT_PSFS, "1,2,3", BEST);
    assert_int_equal(higher.better, SAM_BETTER_HIGHER);
    assert_int_equal(lower.better, SAM_BETTER_LOWER);
}

static void texts_round_half_away_from_zero(void **state)
{
    (void)state;
    static const struct {
        struct sam_ratio r;
        const char *text;
    } texts[] = {
        {{0, 1}, "0"},
        {{0, 7}, "0"},
        {{1, 1}, "1"},
        {{-1, 1}, "-1"},
        {{1, 2}, "0.5"},
        {{-1, 2}, "-0.5"},
        {{1, 8}, "0.13"}, /* 0.125 */
        {{-1, 8}, "-0.13"},
        {{3, 8}, "0.38"},
        {{1, 200}, "0.01"}, /* 0.005 */
        {{1, 201}, "0"},
        {{-1, 201}, "0"}, /* never -0 */
        {{-1, 200}, "-0.01"},
        {{199, 200}, "1"},
        {{-199, 200}, "-1"}, /* 0.995 */
        {{19899, 20000}, "0.99"},
        {{1, 3}, "0.33"},
        {{2, 3}, "0.67"},
        {{101, 100}, "1.01"},
        {{110, 100}, "1.1"},
        {{1999, 200}, "10"}, /* 9.995 */
        {{599940, 1}, "599940"},
        {{INT64_MAX, 1}, "9223372036854775807"},
        {{INT64_MIN, 1}, "-9223372036854775808"},
        {{INT64_MIN, 3}, "-3074457345618258602.67"},
        {{1, INT64_MAX / 200}, "0"},
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        char text[SAM_RATIO_TEXT_BYTES_MAX];
        sam_ratio_text(&texts[i].r, text);
        assert_string_equal(text, texts[i].text);
    }
}

/* ---- changes worked by hand */

static const struct {
    uint8_t number, scale_0;
    const char *earlier, *later, *points;
    uint8_t by_points, by_percent;
} changes[] = {
    /* pain: 2 points, or 30 % */
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, "10", "7", "3", YES, YES}, /* 3 / 10 = 30 %, exactly */
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, "10", "8", "2", YES, NO},  /* 20 % */
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, "7", "5", "2", YES, NO},   /* 2 / 7 = 28.6 % */
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, "3", "2", "1", NO, YES},   /* 1 / 3 = 33.3 % */
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, "4", "4", "0", NO, NO},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, "5", "9", "-4", NO, NO},
    {SAM_INSTRUMENT_PAIN_REST, UNSTATED, "10", "0", "10", YES, YES},
    {SAM_INSTRUMENT_PAIN_ACTIVITY, UNSTATED, "0", "0", "0", NO, UNDEFINED}, /* no percentage of 0 */
    {SAM_INSTRUMENT_PAIN_ACTIVITY, UNSTATED, "0", "5", "-5", NO, UNDEFINED},

    /* PSFS: 2 of a mean, 3 of a single activity */
    {SAM_INSTRUMENT_PSFS, WORST, "3,3,3", "5,5,5", "2", YES, UNDEFINED},
    {SAM_INSTRUMENT_PSFS, WORST, "5,5,5", "3,3,3", "-2", NO, UNDEFINED},
    {SAM_INSTRUMENT_PSFS, BEST, "5,5,5", "3,3,3", "2", YES, UNDEFINED},
    {SAM_INSTRUMENT_PSFS, WORST, "1,1,2", "3,3,3", "1.67", NO, UNDEFINED},     /* 3 - 4/3 = 5/3 */
    {SAM_INSTRUMENT_PSFS, WORST, "4,4,3", "6,5,6", "2", YES, UNDEFINED},       /* 17/3 - 11/3 */
    {SAM_INSTRUMENT_PSFS, WORST, "4,4,3", "6,5,6,6,5", "1.93", NO, UNDEFINED}, /* 28/5 - 11/3 = 29/15 */
    {SAM_INSTRUMENT_PSFS, WORST, "3,-,-", "5,-,-", "2", NO, UNDEFINED},
    {SAM_INSTRUMENT_PSFS, WORST, "3,-,-", "6,-,-", "3", YES, UNDEFINED},
    {SAM_INSTRUMENT_PSFS, WORST, "3,3,3", "-,5,-", "2", NO, UNDEFINED}, /* one of both is a single one */
    {SAM_INSTRUMENT_PSFS, WORST, "-,3,-", "6,6,6", "3", YES, UNDEFINED},

    /* ODI: 10 points, or 30 % */
    {SAM_INSTRUMENT_ODI, UNSTATED, "1," TIMES_9("1"), "0,0,0,1,1,1,1,1,1,1", "6", NO, YES}, /* 20 - 14; 6 / 20 = 30 % */
    {SAM_INSTRUMENT_ODI, UNSTATED, "2," TIMES_9("2"), "1,1,1,1,1,2,2,2,2,2", "10", YES, NO}, /* 40 - 30; 25 % */
    /* 1100/45 - 600/40 = 24.444… - 15 = 9.444…; of 24.444… 38.6 % */
    {SAM_INSTRUMENT_ODI, UNSTATED, "1,2,-,0,3,1,0,2,1,1", "-,-,0,0,0,1,1,1,1,2", "9.44", NO, YES},
    {SAM_INSTRUMENT_ODI, UNSTATED, "0," TIMES_9("0"), "0," TIMES_9("0"), "0", NO, UNDEFINED},
    {SAM_INSTRUMENT_ODI, UNSTATED, "0," TIMES_9("0"), "1," TIMES_9("0"), "-2", NO, UNDEFINED},
    {SAM_INSTRUMENT_ODI, UNSTATED, "5," TIMES_9("5"), "0," TIMES_9("0"), "100", YES, YES},

    /* no bound has a source */
    {SAM_INSTRUMENT_WORK_ABILITY, UNSTATED, "3", "7", "4", UNDEFINED, UNDEFINED},
    {SAM_INSTRUMENT_HSCL10, UNSTATED, "1," TIMES_9("2"), "2," TIMES_9("2"), "-0.1", UNDEFINED, UNDEFINED}, /* 1.9 - 2 */
    {SAM_INSTRUMENT_WHODAS12, UNSTATED, "4,4,4," TIMES_9("4"), "0,0,0," TIMES_9("0"), "48", UNDEFINED, UNDEFINED},
    /* a load is neither better nor worse */
    {SAM_INSTRUMENT_BORG_RPE, UNSTATED, "13", "15", "2", UNDEFINED, UNDEFINED},
    {SAM_INSTRUMENT_BORG_CR10, UNSTATED, "35", "20", "-1.5", UNDEFINED, UNDEFINED},
};

static void changes_are_compared_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        const struct sam_instrument *def = def_of(changes[i].number);
        struct sam_score earlier = scored(def->number, changes[i].earlier, changes[i].scale_0),
                         later = scored(def->number, changes[i].later, changes[i].scale_0);
        struct sam_change c, back;
        char text[SAM_RATIO_TEXT_BYTES_MAX];
        assert_int_equal(sam_score_change(def, &earlier, &later, &c), SAM_CHANGE_VALID);
        sam_ratio_text(&c.points, text);
        if (strcmp(text, changes[i].points) != 0 || c.by_points != changes[i].by_points ||
            c.by_percent != changes[i].by_percent)
            fail_msg("%s \"%s\" to \"%s\": %s, %d, %d", def->code, changes[i].earlier, changes[i].later, text,
                     c.by_points, c.by_percent);
        assert_int_equal(c.derived, 0);
        assert_int_equal(sam_score_change(def, &later, &earlier, &back), SAM_CHANGE_VALID);
        assert_true(back.points.num == -c.points.num && back.points.den == c.points.den);
    }
}

static void other_directions_forms_and_rules_are_not_compared(void **state)
{
    (void)state;
    const struct sam_instrument *psfs = def_of(SAM_INSTRUMENT_PSFS);
    struct sam_score worst = scored(SAM_INSTRUMENT_PSFS, "3,3,4", WORST),
                     best = scored(SAM_INSTRUMENT_PSFS, "5,5,4", BEST);
    struct sam_score turned, again, other = scored(SAM_INSTRUMENT_PAIN_REST, "3", UNSTATED), bad;
    struct sam_change c;
    assert_int_equal(sam_score_change(psfs, &worst, &best, &c), SAM_CHANGE_DIRECTION);
    assert_int_equal(c.points.den, 0);
    assert_int_equal(c.by_points, UNDEFINED);
    assert_true(sam_score_turn(psfs, &best, &turned)); /* 10 - x: 5, 5, 6 */
    assert_int_equal(turned.sum, 16);
    assert_int_equal(turned.derived, 1);
    assert_true(sam_score_ok(psfs, &turned));
    assert_int_equal(sam_score_change(psfs, &worst, &turned, &c), SAM_CHANGE_VALID); /* 16/3 - 10/3 = 2 */
    assert_true(c.points.num == 2 && c.points.den == 1 && c.by_points == YES && c.derived == 1);
    assert_int_equal(sam_score_change(psfs, &turned, &worst, &c), SAM_CHANGE_VALID);
    assert_true(c.points.num == -2 && c.by_points == NO && c.derived == 1);
    assert_true(sam_score_turn(psfs, &turned, &again));
    score_is(&again, &best);
    assert_true(sam_score_turn(psfs, &again, &again)); /* in place */
    score_is(&again, &turned);
    assert_false(sam_score_turn(def_of(SAM_INSTRUMENT_PAIN_REST), &other, &turned));
    assert_int_equal(turned.valid, 0);
    assert_int_equal(sam_score_change(psfs, &worst, &other, &c), SAM_CHANGE_INVALID);
    assert_int_equal(sam_score_change(psfs, &turned, &worst, &c), SAM_CHANGE_INVALID);
    struct sam_instrument anew = *psfs, edition = *psfs;
    anew.rule_version++;
    edition.version++;
    assert_int_equal(sam_score_change(&anew, &worst, &worst, &c), SAM_CHANGE_INVALID);
    assert_int_equal(sam_score_change(&edition, &worst, &worst, &c), SAM_CHANGE_INVALID);
    static const struct sam_score wrong[] = {/* beside valid, instrument, version, rule_version */
                                             {.sum = 31, .count = 3, .better = SAM_BETTER_HIGHER},
                                             {.sum = 0, .count = 0, .better = SAM_BETTER_HIGHER},
                                             {.sum = 6, .count = 6, .better = SAM_BETTER_HIGHER},
                                             {.sum = 9, .count = 3, .better = SAM_BETTER_STATED},
                                             {.sum = 9, .count = 3, .better = SAM_BETTER_LOAD},
                                             {.sum = 9, .count = 3, .better = SAM_BETTER_LOWER, .derived = 2},
                                             {.sum = UINT32_MAX, .count = 255, .better = SAM_BETTER_LOWER}};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char text[SAM_RATIO_TEXT_BYTES_MAX];
        bad = wrong[i];
        bad.valid = 1;
        bad.instrument = psfs->number;
        bad.version = psfs->version;
        bad.rule_version = psfs->rule_version;
        assert_false(sam_score_ok(psfs, &bad));
        assert_false(sam_score_turn(psfs, &bad, &again));
        assert_int_equal(again.valid, 0);
        sam_score_text(psfs, &bad, text);
        assert_string_equal(text, "");
    }
}

static void stored_scores_come_back(void **state)
{
    (void)state;
    const struct sam_instrument *psfs = def_of(SAM_INSTRUMENT_PSFS), *pain = def_of(SAM_INSTRUMENT_PAIN_REST);
    struct sam_score given = scored(SAM_INSTRUMENT_PSFS, "7,-,4", BEST), s;
    assert_true(sam_score_load(psfs, given.sum, given.count, given.rule_version, BEST, &s));
    assert_memory_equal(&s, &given,
                        offsetof(struct sam_score, derived) + sizeof s.derived); /* what follows is nobody's */
    assert_false(sam_score_load(psfs, 11, 2, 1, UNSTATED, &s));
    assert_int_equal(s.valid, 0);
    assert_false(sam_score_load(psfs, 11, 2, 2, BEST, &s));
    assert_false(sam_score_load(psfs, 11, 2, 257, BEST, &s));
    assert_false(sam_score_load(psfs, 11, 258, 1, BEST, &s));
    assert_false(sam_score_load(psfs, 21, 2, 1, BEST, &s));
    assert_false(sam_score_load(pain, 3, 1, 1, BEST, &s));
    assert_true(sam_score_load(pain, 3, 1, 1, UNSTATED, &s));
    s.derived = 1; /* it has one direction only */
    assert_false(sam_score_ok(pain, &s));
    assert_false(
        sam_score_load(def_of(SAM_INSTRUMENT_HSCL10), 9, 10, 1, UNSTATED, &s)); /* ten answers are at least 10 */
    assert_false(sam_score_load(def_of(SAM_INSTRUMENT_WORK_STATUS), 1, 1, 1, UNSTATED, &s)); /* there are none */
    assert_false(sam_score_load(def_of(SAM_INSTRUMENT_RTW_SE), 66, 11, 1, UNSTATED, &s));
    assert_false(sam_score_load(def_of(HALVES), 121, 2, 1, UNSTATED, &s)); /* between the steps */
}

/* ---- cuts */

static void cuts_are_compared_exactly(void **state)
{
    (void)state;
    static const struct {
        uint8_t number;
        const char *answers;
        uint8_t first, second;
    } cuts[] = {
        {SAM_INSTRUMENT_WORK_ABILITY, "5", NO, NO},
        {SAM_INSTRUMENT_WORK_ABILITY, "6", YES, NO},
        {SAM_INSTRUMENT_WORK_ABILITY, "7", YES, NO},
        {SAM_INSTRUMENT_WORK_ABILITY, "8", YES, YES},
        {SAM_INSTRUMENT_HSCL10, "2,2,2,2,2,2,2,2,1,1", NO, UNDEFINED},  /* 1.8 < 1.85 */
        {SAM_INSTRUMENT_HSCL10, "2,2,2,2,2,2,2,2,2,1", YES, UNDEFINED}, /* 1.9 */
        {SAM_INSTRUMENT_ODI, "2,2,2,2,2,1,0,0,0,0", YES, UNDEFINED},    /* 22 <= 23 */
        {SAM_INSTRUMENT_ODI, "2,2,2,2,2,2,0,0,0,0", NO, UNDEFINED},     /* 24 */
        {SAM_INSTRUMENT_ODI, "2,2,2,2,2,-,-,-,0,-", NO, UNDEFINED},     /* 1000 / 30 = 33.3 */
        {SAM_INSTRUMENT_PSFS, "5,5,5", UNDEFINED, UNDEFINED},
    };
    for (size_t i = 0; i < COUNT(cuts); i++) {
        const struct sam_instrument *def = def_of(cuts[i].number);
        struct sam_score s = scored(def->number, cuts[i].answers, def->better == SAM_BETTER_STATED ? WORST : UNSTATED);
        assert_int_equal(sam_score_cut(def, &s, 0), cuts[i].first);
        assert_int_equal(sam_score_cut(def, &s, 1), cuts[i].second);
        assert_int_equal(sam_score_cut(def, &s, 2), UNDEFINED);
        s.valid = 0;
        assert_int_equal(sam_score_cut(def, &s, 0), UNDEFINED);
    }
    const struct sam_instrument *def = def_of(LONG);
    struct sam_score below, at, above;
    char text[SAM_RATIO_TEXT_BYTES_MAX];
    assert_true(sam_score_load(def, 109, 59, 1, UNSTATED, &below)); /* 1.8474… is shown as 1.85 and is less */
    assert_true(sam_score_load(def, 111, 60, 1, UNSTATED, &at));    /* 1.85 */
    assert_true(sam_score_load(def, 102, 55, 1, UNSTATED, &above)); /* 1.8545… is shown as 1.85 and is more */
    const struct sam_score *three[] = {&below, &at, &above};
    for (int i = 0; i < 3; i++) {
        sam_score_text(def, three[i], text);
        assert_string_equal(text, "1.85");
        assert_int_equal(sam_score_cut(def, three[i], 0), i == 0 ? NO : YES); /* at least */
        assert_int_equal(sam_score_cut(def, three[i], 1), i == 2 ? NO : YES); /* at most */
    }
    struct sam_score before, after; /* 2 - 1.7017… = 0.2982… is shown as 0.3 and is less */
    struct sam_change c;
    assert_true(sam_score_load(def, 114, 57, 1, UNSTATED, &before));
    assert_true(sam_score_load(def, 97, 57, 1, UNSTATED, &after));
    assert_int_equal(sam_score_change(def, &before, &after, &c), SAM_CHANGE_VALID);
    sam_ratio_text(&c.points, text);
    assert_string_equal(text, "0.3");
    assert_int_equal(c.by_points, NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_what_the_rule_gives),
        cmocka_unit_test(texts_round_half_away_from_zero),
        cmocka_unit_test(changes_are_compared_exactly),
        cmocka_unit_test(other_directions_forms_and_rules_are_not_compared),
        cmocka_unit_test(stored_scores_come_back),
        cmocka_unit_test(cuts_are_compared_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
