/* Goal: the oracle says which cases must be open, and its checks tell what is not as it says. */
#include "tests/unit/test_sim_oracle.h"

static void test_case_attended(void **state)
{
    (void)state;
    struct world w = begin();
    struct oracle_case c = {.kind = ORACLE_CANCELLED, .row = meeting};
    add_meeting(&w, 50, 7, 3, 1);
    put(&w, A, meeting, SESSION_STATUS, CANCELLED, 1);
    put_presence(&w, B, PRESENT, 0, 1); /* a list proves nothing */
    put(&w, B, (struct oracle_row){ORACLE_ATTENDANCE, {51, 60}}, PRESENCE, PRESENT, 1);
    assert_true(oracle_check_cases(w.o, NULL, 0));
    put_presence(&w, C, PRESENT, 1, 1); /* "all present" does */
    assert_true(oracle_check_cases(w.o, &c, 1));
    put_presence(&w, C, 3, 2, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put_presence(&w, C, PRESENT, 2, w.csn);
    assert_true(oracle_check_cases(w.o, &c, 1));
    let_stand(&w, ORACLE_CANCELLED, 50, 50);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put(&w, CONSOLE, (struct oracle_row){ORACLE_RULING, {ORACLE_CANCELLED, 50, 50}}, DECISION, 0, w.csn);
    assert_true(oracle_check_cases(w.o, &c, 1));
    put(&w, A, meeting, SESSION_STATUS, 1, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    end(&w);
}

/* the status asks first; a coordinator's word answers what it had seen, and nothing else */
static void test_case_attended_answered(void **state)
{
    (void)state;
    struct world w = begin();
    struct oracle_case asked = {.kind = ORACLE_DISPUTE, .row = meeting, .unit = 1};
    struct oracle_case c = {.kind = ORACLE_CANCELLED, .row = meeting};
    add_meeting(&w, 50, 7, 3, 1);
    put(&w, A, meeting, SESSION_STATUS, 1, 1);
    put(&w, CONSOLE, meeting, SESSION_STATUS, CANCELLED, 1);
    put_presence(&w, A, PRESENT, 2, 1);
    assert_true(oracle_check_cases(w.o, &asked, 1));
    uint64_t page = w.csn;
    put(&w, CONSOLE, meeting, SESSION_STATUS, CANCELLED, page);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put(&w, A, meeting, SESSION_STATUS, CANCELLED, w.csn); /* a tablet answers nothing, and has replaced the answer */
    assert_true(oracle_check_cases(w.o, &c, 1));
    let_stand(&w, ORACLE_CANCELLED, 50, 50);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put_presence(&w, B, PRESENT, 2, 1); /* nobody knew of this one */
    assert_true(oracle_check_cases(w.o, &c, 1));
    put_presence(&w, B, 3, 2, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put_presence(&w, B, PRESENT, 2, w.csn);
    put(&w, CONSOLE, meeting, SESSION_STATUS, CANCELLED, page); /* from the old page: two who agree */
    assert_true(oracle_check_cases(w.o, &c, 1));
    put(&w, CONSOLE, meeting, SESSION_STATUS, CANCELLED, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put(&w, B, meeting, SESSION_STATUS, CANCELLED, w.csn); /* another cancellation than the one that was ruled about */
    assert_true(oracle_check_cases(w.o, &c, 1));
    end(&w);
}

static void test_case_two_a_day(void **state)
{
    (void)state;
    struct world w = begin();
    add_meeting(&w, 52, 7, 3, 1);
    add_meeting(&w, 51, 7, 3, 1); /* both planned */
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    add_meeting(&w, 50, 7, 3, -1);
    add_meeting(&w, 53, 7, 4, 0); /* another day */
    add_meeting(&w, 54, 8, 3, 0); /* another group */
    struct oracle_case open[3] = {
        {.kind = ORACLE_TWO, .row = {ORACLE_SESSION, {50}}, .other = {ORACLE_SESSION, {51}}},
        {.kind = ORACLE_TWO, .row = {ORACLE_SESSION, {50}}, .other = {ORACLE_SESSION, {52}}},
    };
    assert_true(oracle_check_cases(w.o, open, 2));
    assert_false(oracle_check_cases(w.o, open, 1));
    expect_wrong(&w, "expected 1 open cases \"two on one day\" with session 52, got 0");
    open[2] = open[0];
    assert_false(oracle_check_cases(w.o, open, 3));
    expect_wrong(&w, "expected 1 open cases \"two on one day\" with session 51, got 2");
    open[2].other.key[0] = 53;
    assert_false(oracle_check_cases(w.o, open, 3));
    expect_wrong(&w, "expected 0 open cases \"two on one day\" with session 53, got 1");

    let_stand(&w, ORACLE_TWO, 50, 52);
    assert_true(oracle_check_cases(w.o, open, 1));
    let_stand(&w, ORACLE_CANCELLED, 50, 51); /* a ruling about something else */
    assert_true(oracle_check_cases(w.o, open, 1));
    put(&w, A, meeting, SESSION_STATUS, CANCELLED, w.csn);
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    put(&w, A, meeting, SESSION_STATUS, 1, w.csn);
    assert_true(oracle_check_cases(w.o, open, 1));
    come(&w, bury(&w, CONSOLE, (struct oracle_row){ORACLE_SESSION, {51}}, w.csn));
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    end(&w);
}

static void test_case_dispute(void **state)
{
    (void)state;
    struct world w = begin();
    put_presence(&w, A, PRESENT, 2, 0); /* op 1 */
    put_presence(&w, B, 3, 2, 0);       /* op 2 */
    put_presence(&w, C, 2, 0, 0);       /* op 3 ranks below */
    struct oracle_case got[2] = {{0}};
    assert_int_equal(oracle_cases(w.o, got, 2), 1);
    assert_int_equal(got[0].kind, ORACLE_DISPUTE);
    assert_int_equal(got[0].unit, 0);
    assert_int_equal(oracle_fate(w.o, 1), ORACLE_IN_CASE);
    assert_int_equal(oracle_fate(w.o, 2), ORACLE_IN_CASE);
    assert_int_equal(oracle_fate(w.o, 3), ORACLE_LISTED);
    put_presence(&w, A, PRESENT, 2, 2); /* op 4 had seen two of them */
    assert_int_equal(oracle_cases(w.o, NULL, 0), 0);
    assert_int_equal(oracle_fate(w.o, 1), ORACLE_REPLACED);
    assert_int_equal(oracle_fate(w.o, 4), ORACLE_CURRENT);
    end(&w);
}

static void test_checks(void **state)
{
    (void)state;
    struct world w = begin();
    put(&w, A, sheet, MINUTES, 30, 0);
    put(&w, B, sheet, MINUTES, 40, 0);
    struct oracle_row_is is = {ORACLE_ALIVE, T(MINUTES) | T(LATE), {[MINUTES] = 30}, T(1)};
    assert_true(oracle_check_row(w.o, &sheet, &is)); /* a union's 0 is as good as nothing */
    is.disputed = 0;
    assert_false(oracle_check_row(w.o, &sheet, &is));
    expect_wrong(&w, "attendance 50/60 unit 1: expected 30 - - disputed (op 1 of 2 live), got 30 - - agreed");
    is.disputed = T(1);
    is.value[MINUTES] = 40;
    assert_false(oracle_check_row(w.o, &sheet, &is));
    expect_wrong(&w, "got 40 - - disputed");
    is.value[MINUTES] = 30;
    is.present |= T(7);
    assert_false(oracle_check_row(w.o, &sheet, &is));
    expect_wrong(&w, "got 30 0 - disputed");
    is.state = ORACLE_DEAD;
    assert_false(oracle_check_row(w.o, &sheet, &is));
    expect_wrong(&w, "attendance 50/60: expected alive, got dead");
    is.state = ORACLE_ABSENT;
    assert_true(oracle_check_row(w.o, &enrolment, &is));

    assert_true(oracle_check_live(w.o, &sheet, 1, (const uint64_t[]){2, 1}, 2));
    assert_false(oracle_check_live(w.o, &sheet, 1, (const uint64_t[]){2}, 1));
    expect_wrong(&w, "expected op 1 live, got it 0 times");
    assert_false(oracle_check_live(w.o, &sheet, 1, (const uint64_t[]){2, 1, 3}, 3));
    expect_wrong(&w, "expected 2 live ops, got 3");
    assert_ptr_equal(oracle_row_at(w.o, 0), &w.o->row[0]->name);
    assert_null(oracle_row_at(w.o, 1));
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_case_attended),  cmocka_unit_test(test_case_attended_answered),
        cmocka_unit_test(test_case_two_a_day), cmocka_unit_test(test_case_dispute),
        cmocka_unit_test(test_checks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
