/* Goal: what is asked about a member of a scope is answered afresh, whatever stood in the place for the answer; what the scopes hold of a
 * person's forms, whoever changed it, is known for what it is; and more scopes than there is room for lose nobody's sums. */
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

/* Whoever holds a scope is told when one of its rows changes, also where nobody came or went. */
static void whose_row_changed_is_told(void **state)
{
    struct gate *w = *state;
    struct intake *in = w->centre.in;
    const struct sam_key who = {.entity = SAM_PARTICIPANT, .part = {w->person[0]}};
    struct store_member m;
    uint64_t told[TOUCHED_MAX];
    assert_int_equal(store_member_get(intake_store(in), w->group, &who, &m), 0);
    intake_scopes_touched(in, told, TOUCHED_MAX); /* of the beginning */
    assert_int_equal(scope_row_change(in, w->group, &who, m.csn, m.csn + 1), 0);
    assert_int_equal(intake_scopes_touched(in, told, TOUCHED_MAX), 1);
    assert_int_equal(told[0], w->group);
    assert_int_equal(scope_row_change(in, w->group, &who, m.csn + 1, m.csn), 0);
}

/* Of a clinic that has no groups there is no list, and none that is newer than what a tablet may have. */
static void a_clinic_without_groups_has_no_list(void **state)
{
    struct gate *w = *state;
    assert_int_equal(store_scopes_csn(intake_store(w->centre.in), 123456789), 0);
}

/* A batch that changes more scopes than are remembered tells that by a full list: then everybody is told that there is news. */
static void more_scopes_than_are_remembered(void **state)
{
    struct gate *w = *state;
    static uint64_t told[TOUCHED_MAX + 1];
    intake_scopes_touched(w->centre.in, told, TOUCHED_MAX); /* of the beginning */
    for (uint64_t scope = 1; scope <= TOUCHED_MAX + 8; scope++)
        scope_touch(w->centre.in, scope);
    scope_touch(w->centre.in, 1); /* twice is once */
    assert_int_equal(intake_scopes_touched(w->centre.in, told, TOUCHED_MAX + 1), TOUCHED_MAX);
    for (uint64_t i = 0; i < TOUCHED_MAX; i++)
        assert_int_equal(told[i], i + 1);
    assert_int_equal(intake_scopes_touched(w->centre.in, told, TOUCHED_MAX + 1), 0);
}

enum { SCOPES = 2 * SCOPE_SLOTS, FIRST_SCOPE = 1000000 };

static int scope_counts(struct intake *in, unsigned i, uint64_t rows)
{
    struct store_scope s = {.id = FIRST_SCOPE + i, .rows = rows, .sum = ~rows};
    return scope_put(in, &s);
}

static void scope_is(struct intake *in, unsigned i, uint64_t rows)
{
    struct store_scope *s;
    assert_int_equal(scope_get(in, FIRST_SCOPE + i, &s), 0);
    assert_non_null(s);
    assert_int_equal(s->rows, rows);
    assert_int_equal(s->sum, ~rows);
}

/* The places for sums are taken in turns: what was changed is written before another scope gets the place. */
static void more_scopes_than_places(void **state)
{
    struct gate *w = *state;
    struct intake *in = w->centre.in;
    assert_int_equal(intake_begin(in), 0);
    for (unsigned i = 0; i < SCOPES; i++)
        assert_int_equal(scope_counts(in, i, i + 1), 0);
    for (unsigned i = 0; i < SCOPES; i++)
        scope_is(in, i, i + 1);
    intake_rollback(in);
}

/* Where they cannot be written, whoever asks for a place hears that, and nothing counts as written. */
static void no_place_while_nothing_can_be_written(void **state)
{
    struct gate *w = *state;
    struct intake *in = w->centre.in;
    struct store_scope *s;
    const struct sam_key who = {.entity = SAM_PARTICIPANT, .part = {w->person[0]}};
    unsigned full = 0;
    assert_int_equal(intake_begin(in), 0);
    assert_int_equal(sqlite3_exec(intake_store(in)->db, "PRAGMA query_only = 1", NULL, NULL, NULL), SQLITE_OK);
    while (full < SCOPES && scope_counts(in, full, full + 1) == 0)
        full++;
    assert_true(full > SCOPE_SLOTS / 2 && full < SCOPE_SLOTS);
    assert_true(scope_get(in, FIRST_SCOPE + full, &s) < 0);
    assert_null(s);
    assert_true(scope_row_change(in, FIRST_SCOPE + full, &who, 0, 5) < 0);
    assert_int_equal(sqlite3_exec(intake_store(in)->db, "PRAGMA query_only = 0", NULL, NULL, NULL), SQLITE_OK);
    scope_is(in, 0, 1);
    assert_int_equal(scope_counts(in, full, full + 1), 0);
    for (unsigned i = 0; i <= full; i++)
        scope_is(in, i, i + 1);
    intake_rollback(in);
}

/* ---- what hangs on a person */

enum { RESEARCH = 1 };

static bool hung_true(struct gate *w, uint64_t person)
{
    bool is;
    assert_int_equal(members_hung_true(w->centre.in, person, &is), 0);
    return is;
}

/* The same after a change by other hands, which is undone again. */
static bool hung_true_after(struct gate *w, uint64_t person, const char *change)
{
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(sqlite3_exec(intake_store(w->centre.in)->db, change, NULL, NULL, NULL), SQLITE_OK);
    bool is = hung_true(w, person);
    intake_rollback(w->centre.in);
    return is;
}

static void consent_of(struct gate *w, uint64_t person)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_CONSENT);
    op.row.key.part[0] = person;
    op.row.key.part[1] = RESEARCH;
    sam_row_set(&op.row, SAM_CONSENT_state, 1);
    assert_int_equal(intake_begin(w->centre.in), 0);
    centre_says(&w->centre, &op);
    assert_int_equal(intake_commit(w->centre.in), 0);
}

/* A consent stands where its person does, and nowhere else; each row in one place too many, or too few, is found. */
static void a_consent_stands_where_its_person_does(void **state)
{
    struct gate *w = *state;
    const uint64_t person = w->person[0];
    consent_of(w, person);
    assert_true(hung_true(w, person));
    assert_false(hung_true_after(w, person, "UPDATE member SET gone = 1 WHERE entity = 17"));
    assert_false(hung_true_after(w, person, "DELETE FROM member WHERE entity = 17"));
    assert_false(hung_true_after(
        w, person, "INSERT INTO member SELECT 77, entity, id, sub, csn, entered_csn, 0 FROM member WHERE entity = 17"));
    assert_false(hung_true_after(
        w, person,
        "INSERT INTO member SELECT 77, entity, id, sub, csn, entered_csn, 0 FROM member WHERE entity = 17; INSERT INTO "
        "member SELECT 78, entity, id, sub, csn, entered_csn, 0 FROM member WHERE entity = 17 AND scope <> 77"));
    assert_false(hung_true_after(w, person, "UPDATE member SET gone = 1 WHERE entity = 12"));
    assert_false(hung_true_after(w, person, "DELETE FROM member WHERE entity = 12"));
    assert_true(hung_true_after(/* it left that place, as its person may have */
                                w, person,
                                "INSERT INTO member SELECT 77, entity, id, sub, csn, entered_csn, 1 FROM member WHERE "
                                "entity = 17"));
    assert_true(hung_true_after(
        w, person, "INSERT INTO member SELECT 77, entity, id, sub, csn, entered_csn, 1 FROM member WHERE entity = 12"));
    assert_true(hung_true(w, person));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nobody_is_no_member, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_scope_that_is_not_there_is_an_error, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(whose_row_changed_is_told, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_clinic_without_groups_has_no_list, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(more_scopes_than_are_remembered, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(more_scopes_than_places, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(no_place_while_nothing_can_be_written, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_consent_stands_where_its_person_does, gate_setup, gate_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
