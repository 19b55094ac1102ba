/* Goal: whether two sessions are one that was entered twice, two participants one person, and which rating of a moment counts, hangs on
 * every single word of the rule: from a pair of which it holds, one word changed makes a pair of which it does not. */
#include "proto/model/rule.h"
#include "tests/unit/test_model.h"

enum { GROUP = 70, DAY = 20833, CANCELLED = 2 };

static struct sam_row session(uint64_t id)
{
    struct sam_row r;
    sam_row_init(&r, SAM_SESSION);
    r.key.part[0] = id;
    sam_row_set(&r, SAM_SESSION_group_id, GROUP);
    sam_row_set(&r, SAM_SESSION_day, DAY);
    return r;
}

/* The rule knows no first and second. */
static bool one_day(const struct sam_row *a, const struct sam_row *b)
{
    assert_int_equal(sam_rule_same_day(a, b), sam_rule_same_day(b, a));
    return sam_rule_same_day(a, b);
}

static void two_sessions_of_one_day(void **state)
{
    (void)state;
    struct sam_row a = session(1), b = session(2), c;
    assert_true(one_day(&a, &b));
    c = session(1);
    assert_false(one_day(&a, &c)); /* it is itself */
    c = b;
    sam_row_set(&c, SAM_SESSION_status, CANCELLED);
    assert_false(one_day(&a, &c));
    c = b;
    sam_row_set(&c, SAM_SESSION_group_id, GROUP + 1);
    assert_false(one_day(&a, &c));
    c = b;
    sam_row_set(&c, SAM_SESSION_day, DAY + 1);
    assert_false(one_day(&a, &c));
    c = b;
    c.present &= ~(1u << SAM_SESSION_day);
    assert_false(one_day(&a, &c)); /* nobody knows when */
    c = b;
    sam_row_set(&c, SAM_SESSION_planned, 1);
    assert_true(one_day(&a, &c));
    sam_row_set(&a, SAM_SESSION_planned, 1);
    assert_false(one_day(&a, &c)); /* both stand in the plan: that was meant */
}

static struct sam_row person(uint64_t id, const char *name, bool provisional)
{
    struct sam_row r;
    sam_row_init(&r, SAM_PARTICIPANT);
    r.key.part[0] = id;
    sam_row_set(&r, SAM_PARTICIPANT_provisional, provisional);
    if (name)
        sam_row_set_text(&r, SAM_PARTICIPANT_name, name, strlen(name));
    return r;
}

static bool one_person(const struct sam_row *a, const struct sam_row *b)
{
    assert_int_equal(sam_rule_same_person(a, b), sam_rule_same_person(b, a));
    return sam_rule_same_person(a, b);
}

static void two_people_of_one_name(void **state)
{
    (void)state;
    struct sam_row guest = person(1, "Deltaker 001", true), known = person(2, " deltaker  001", false),
                   other = person(3, "Deltaker 002", true), nameless = person(4, NULL, true),
                   settled = person(5, "Deltaker 001", false), again = person(6, "Deltaker 001", true);
    assert_true(one_person(&guest, &known));
    assert_true(one_person(&guest, &again));
    assert_false(one_person(&guest, &guest));
    assert_false(one_person(&known, &settled)); /* the register has two: that was meant */
    assert_false(one_person(&guest, &other));
    assert_false(one_person(&known, &nameless));
    assert_false(one_person(&nameless, &again));
}

/* What goes before what, the first row the best of all: own over seen, then a correction, then the smaller id. */
static void which_rating_counts(void **state)
{
    (void)state;
    static const struct sam_rule_rating order[] = {{.id = 9, .own = true, .correction = true},
                                                   {.id = 3, .own = true},
                                                   {.id = 4, .own = true},
                                                   {.id = 8, .correction = true},
                                                   {.id = 1},
                                                   {.id = 2}};
    enum { COUNT_OF = sizeof order / sizeof *order };
    const struct sam_rule_rating none = {0}, replaced = {.id = 5, .own = true, .correction = true, .replaced = true};
    for (unsigned i = 0; i < COUNT_OF; i++) {
        for (unsigned k = 0; k < COUNT_OF; k++)
            assert_int_equal(sam_rule_rating(&order[i], &order[k]), k < i);
        assert_true(sam_rule_rating(&none, &order[i]));
        assert_false(sam_rule_rating(&order[i], &replaced));
    }
    assert_false(sam_rule_rating(&none, &replaced));
}

/* The same of responses: the later ruling, then all items answered, then a correction, then the smaller id. */
static void which_response_counts(void **state)
{
    (void)state;
    static const struct sam_rule_response order[] = {{.id = 9, .ruled_csn = 8},
                                                     {.id = 8, .ruled_csn = 7, .complete = true, .correction = true},
                                                     {.id = 7, .complete = true, .correction = true},
                                                     {.id = 3, .complete = true},
                                                     {.id = 4, .complete = true},
                                                     {.id = 6, .correction = true},
                                                     {.id = 1},
                                                     {.id = 2}};
    enum { COUNT_OF = sizeof order / sizeof *order };
    const struct sam_rule_response none = {0}, replaced = {.id = 5, .ruled_csn = 9, .complete = true, .replaced = true};
    for (unsigned i = 0; i < COUNT_OF; i++) {
        for (unsigned k = 0; k < COUNT_OF; k++)
            assert_int_equal(sam_rule_primary(&order[i], &order[k]), k < i);
        assert_true(sam_rule_primary(&none, &order[i]));
        assert_false(sam_rule_primary(&order[i], &replaced));
    }
    assert_false(sam_rule_primary(&none, &replaced));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_sessions_of_one_day),
        cmocka_unit_test(two_people_of_one_name),
        cmocka_unit_test(which_rating_counts),
        cmocka_unit_test(which_response_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
