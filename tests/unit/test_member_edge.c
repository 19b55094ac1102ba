/* Goal: what is asked about a member of a scope is answered afresh, whatever stood in the place for the answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/intake/intake_int.h"
#include "tests/lib/gate.h"

#include <string.h>

static void nobody_is_no_member(void **state)
{
    struct gate *w = *state;
    struct sam_key who = {.entity = SAM_PARTICIPANT, .part = {w->person[0]}}, nobody = who;
    struct store_member m;
    nobody.part[0] = 123456789;
    memset(&m, 0xff, sizeof m);
    m.exists = m.gone = true;
    assert_int_equal(store_member_get(intake_store(w->centre.in), w->group, &nobody, &m), 0);
    assert_false(m.exists);
    assert_false(m.gone);
    assert_true(m.scope == w->group && sam_key_equal(&m.key, &nobody));
    assert_true(m.csn == 0 && m.entered_csn == 0);
    assert_int_equal(store_member_get(intake_store(w->centre.in), w->group, &who, &m), 0);
    assert_true(m.exists && !m.gone);
    assert_true(m.scope == w->group && sam_key_equal(&m.key, &who));
    assert_true(m.csn && m.entered_csn);
}

/* The sums of a scope that was never made are nobody's: whoever changes them has lost something, and hears it. */
static void a_scope_that_is_not_there_is_an_error(void **state)
{
    struct gate *w = *state;
    struct intake *in = w->centre.in;
    const struct sam_key who = {.entity = SAM_PARTICIPANT, .part = {w->person[0]}};
    const uint64_t nowhere = 123456789;
    assert_int_equal(scope_row_change(in, nowhere, &who, 0, 5), SAM_ECORRUPT);
    assert_int_equal(scope_row_change(in, nowhere, &who, 5, 0), SAM_ECORRUPT);
    assert_int_equal(scope_row_change(in, nowhere, &who, 0, 0), 0);
    assert_int_equal(scope_row_change(in, 0, &who, 0, 5), 0);
    assert_int_equal(scope_lose(in, nowhere, 1, 5), SAM_ECORRUPT);
    assert_int_equal(scope_lose(in, nowhere, 0, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_no_member, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_scope_that_is_not_there_is_an_error, gate_setup, gate_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
