/* Goal: what single rows tell the rules across rows: who trained, and which of several responses or ratings is the primary one. */
#include "proto/model/rule.h"
#include "tests/unit/test_model.h"

static void test_trained(void **state)
{
    (void)state;
    struct sam_row r = with_num(SAM_EXERCISE_SET, 0, -1);
    assert_false(sam_rule_trained(&r));
    static const unsigned done[] = {SAM_EXERCISE_SET_reps, SAM_EXERCISE_SET_duration_s, SAM_EXERCISE_SET_distance_m},
                          not_done[] = {SAM_EXERCISE_SET_load_hg, SAM_EXERCISE_SET_pain, SAM_EXERCISE_SET_stopped};
    for (size_t i = 0; i < 3; i++) {
        r = with_num(SAM_EXERCISE_SET, done[i], 0);
        assert_false(sam_rule_trained(&r));
        sam_row_set(&r, done[i], 1);
        assert_true(sam_rule_trained(&r));
        r = with_num(SAM_EXERCISE_SET, not_done[i], 1);
        assert_false(sam_rule_trained(&r));
    }
}

/* The best of all is the same in whatever order they are looked at. */
static void test_primary(void **state)
{
    (void)state;
    const struct sam_rule_response all[] = {{.id = 40, .complete = true, .replaced = true},
                                            {.id = 41, .complete = false},
                                            {.id = 44, .complete = true},
                                            {.id = 43, .complete = true},
                                            {.id = 39, .replaced = true, .ruled_csn = 9}};
    for (unsigned order = 0; order < 120; order++) {
        unsigned at[5] = {0, 1, 2, 3, 4}, left = order;
        for (unsigned i = 5; i > 1; i--) { /* the order-th permutation */
            unsigned k = left % i, kept = at[i - 1];
            left /= i;
            at[i - 1] = at[k];
            at[k] = kept;
        }
        struct sam_rule_response best = {0};
        for (unsigned i = 0; i < 5; i++)
            if (sam_rule_primary(&best, &all[at[i]]))
                best = all[at[i]];
        assert_int_equal(best.id, 43);
        best = (struct sam_rule_response){0};
        for (unsigned i = 0; i < 5; i++) {
            struct sam_rule_response r = all[at[i]];
            r.ruled_csn = r.id == 41 ? 8 : r.id == 44 ? 7 : r.ruled_csn; /* chosen one after the other */
            if (sam_rule_primary(&best, &r))
                best = r;
        }
        assert_int_equal(best.id, 41);
    }
    struct sam_rule_response none = {0};
    assert_false(sam_rule_primary(&none, &all[0]));
    struct sam_rule_response was = {.id = 4, .participant = 7}, by = {.id = 5, .participant = 7, .replaces = 4};
    assert_true(sam_rule_replaces(&by, &was));
    assert_false(sam_rule_replaces(&was, &by));
    by.participant = 8;
    assert_false(sam_rule_replaces(&by, &was)); /* nobody corrects another person's form */
    struct sam_op op = response();
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_replaces, 3);
    sam_rule_response(&op.row, &by);
    assert_true(by.complete && by.id == op.row.key.part[0] && by.participant == 7 && by.replaces == 3 && !by.ruled_csn);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, 2);
    sam_rule_response(&op.row, &by);
    assert_false(by.complete);
}

/* The person's own rating before one by somebody else, a correction before what it was not made of, else the first. */
static void test_rating(void **state)
{
    enum { BY_SELF = 3, BY_OTHER = 1 };
    static const struct {
        int evidence;
        uint64_t replaces;
        bool own, correction;
    } row[] = {
        {BY_SELF, 0, true, false}, {BY_OTHER, 0, false, false}, {BY_SELF, 1, true, true}, {BY_OTHER, 3, false, true}};
    (void)state;
    struct sam_rule_rating is[4];
    for (unsigned i = 0; i < 4; i++) {
        struct sam_row r = with_num(SAM_EXERTION, SAM_EXERTION_evidence, row[i].evidence);
        r.key.part[0] = 40 + i;
        if (row[i].replaces)
            sam_row_set(&r, SAM_EXERTION_replaces, (int64_t)row[i].replaces);
        sam_rule_exertion(&r, &is[i]);
        assert_true(is[i].id == 40 + i && is[i].own == row[i].own && is[i].correction == row[i].correction);
        assert_false(is[i].replaced);
    }
    struct sam_rule_rating none = {0}, first = is[0];
    assert_true(sam_rule_rating(&none, &is[1]));
    assert_true(sam_rule_rating(&is[3], &is[0]) && !sam_rule_rating(&is[0], &is[3]));
    assert_true(sam_rule_rating(&is[0], &is[2]) && !sam_rule_rating(&is[2], &is[0]));
    first.id = 39;
    assert_true(sam_rule_rating(&is[0], &first) && !sam_rule_rating(&first, &is[0]));
    is[2].replaced = true;
    assert_false(sam_rule_rating(&is[0], &is[2]));
    assert_false(sam_rule_rating(&none, &is[2]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trained),
        cmocka_unit_test(test_primary),
        cmocka_unit_test(test_rating),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
