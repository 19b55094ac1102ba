/* Goal: every instrument that is listed holds together, and a definition that does not is told before anything is scored by it. */
#include "proto/model/instrument.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void definitions_hold_together(void **state)
{
    (void)state;
    const struct sam_instrument *def, *other;
    unsigned count = 0;
    for (; (def = sam_instrument_at(count)); count++) {
        if (!sam_instrument_ok(def))
            fail_msg("%s", def->code);
        assert_ptr_equal(sam_instrument_find(def->number, def->version), def); /* no number twice */
        for (unsigned i = 0; i < count && (other = sam_instrument_at(i)); i++)
            assert_int_equal(strcmp(def->code, other->code) == 0, def->number == other->number);
        assert_int_equal(def->source[strlen(def->source) - 1], '\n');
        assert_int_equal(def->text_shown, def->number == SAM_INSTRUMENT_PSFS); /* the only one with a licence to */
        assert_int_equal(def->reversed, 0);                                    /* no source says which */
    }
    assert_int_equal(count, 12);
    assert_null(sam_instrument_at(UINT32_MAX));
    assert_null(sam_instrument_find(SAM_INSTRUMENT_PSFS, 2));
    assert_null(sam_instrument_find(0, 1));
    assert_null(sam_instrument_find(256 + SAM_INSTRUMENT_PSFS, 1));
}

static void a_definition_that_does_not_hold_is_told(void **state)
{
    (void)state;
#define BAD(number, change)                                        \
    do {                                                           \
        struct sam_instrument d = *sam_instrument_find(number, 1); \
        assert_true(sam_instrument_ok(&d));                        \
        d.change;                                                  \
        if (sam_instrument_ok(&d))                                 \
            fail_msg("%s with %s is taken", d.code, #change);      \
    } while (0)
    enum {
        ODI = SAM_INSTRUMENT_ODI,
        PAIN = SAM_INSTRUMENT_PAIN_REST,
        PSFS = SAM_INSTRUMENT_PSFS,
        HSCL = SAM_INSTRUMENT_HSCL10,
        WORK = SAM_INSTRUMENT_WORK_ABILITY
    };
    BAD(ODI, code = NULL);
    BAD(ODI, code = "");
    BAD(ODI, source = NULL);
    BAD(ODI, source = "");
    BAD(ODI, number = 0);
    BAD(ODI, number = 100);
    BAD(ODI, version = 0);
    BAD(ODI, version = 100);
    BAD(ODI, rule_version = 0);
    BAD(ODI, items.min = 0);
    BAD(ODI, items.min = 11);
    BAD(ODI, items.max = 61);
    BAD(ODI, answered_min = 0);
    BAD(ODI, answered_min = 11);
    BAD(ODI, answer.min = 5);
    BAD(ODI, answer.min = 1); /* a percentage of the highest sum begins at 0 */
    BAD(ODI, answer.max = 10000);
    BAD(ODI, answer.step = 0);
    BAD(ODI, answer.step = 2); /* 0, 2, 4, and then not 5 */
    BAD(ODI, answer.per_point = 0);
    BAD(ODI, answer.per_point = 101);
    BAD(ODI, scoring = SAM_SCORING_PERCENT + 1);
    BAD(ODI, scoring = SAM_SCORING_NONE);
    BAD(ODI, scoring = SAM_SCORING_SUM);    /* of fewer answers than items */
    BAD(ODI, scoring = SAM_SCORING_SINGLE); /* of ten */
    BAD(ODI, better = SAM_BETTER_STATED + 1);
    BAD(ODI, better = SAM_BETTER_NONE);
    BAD(ODI, better = SAM_BETTER_LOAD);   /* a load has no bounds of change */
    BAD(ODI, better = SAM_BETTER_STATED); /* and 30 % of one end is not 30 % of the other */
    BAD(ODI, better = SAM_BETTER_HIGHER);
    BAD(ODI, reversed = 1u << 10);
    BAD(ODI, percent = 101);
    BAD(ODI, points.den = -1);
    BAD(ODI, points.den = 1001);
    BAD(ODI, points.num = -1);
    BAD(ODI, points.num = 10001);
    BAD(ODI, points.den = 0);
    BAD(ODI, points_single.den = 1); /* of a mean only */
    BAD(ODI, cut[0].at.den = 0);
    BAD(ODI, cut[0].side = SAM_CUT_NONE);
    BAD(ODI, cut[0].side = SAM_CUT_AT_MOST + 1);
    BAD(ODI, cut[1].at.den = 1);
    BAD(PSFS, reversed = 1);      /* the first of how many? */
    BAD(PSFS, reversal_open = 1); /* likewise */
    BAD(PSFS, scoring = SAM_SCORING_SUM);
    BAD(PSFS, points.den = 0);
    BAD(PAIN, answer.min = 1); /* percent of a scale that does not begin at 0 */
    BAD(HSCL, answer.min = 4); /* of one answer only */
    BAD(WORK, better = SAM_BETTER_LOAD);
#undef BAD
    struct sam_instrument d = *sam_instrument_find(HSCL, 1);
    d.reversed = 1u << 9;
    assert_true(sam_instrument_ok(&d));
    d.reversal_open = 1; /* settled and open */
    assert_false(sam_instrument_ok(&d));
}

static void the_largest_definition_holds(void **state)
{
    (void)state;
    struct sam_instrument d = *sam_instrument_find(SAM_INSTRUMENT_ODI, 1);
    d.number = d.version = 99;
    d.items.min = d.items.max = d.answered_min = 60;
    d.answer.max = 9999;
    d.answer.per_point = 100;
    d.points = d.cut[0].at = (struct sam_ratio){10000, 1000};
    d.percent = 100;
    d.reversed = UINT64_C(1) << 59;
    assert_true(sam_instrument_ok(&d));
    d = *sam_instrument_find(SAM_INSTRUMENT_WORK_ABILITY, 1);
    d.points = (struct sam_ratio){2, 1};
    assert_true(sam_instrument_ok(&d));
    d.cut[0] = d.cut[1] = (struct sam_cut){0}; /* a load has neither cut nor bound */
    assert_true(sam_instrument_ok(&d));
    d.better = SAM_BETTER_LOAD;
    assert_false(sam_instrument_ok(&d));
    d.points.den = d.points.num = 0;
    assert_true(sam_instrument_ok(&d));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(definitions_hold_together),
        cmocka_unit_test(a_definition_that_does_not_hold_is_told),
        cmocka_unit_test(the_largest_definition_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
