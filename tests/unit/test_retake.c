/* Goal: a quarantined op blocks nobody, keeps its reason, and is taken in by itself as soon as what it waited for is here; once,
 * with its own base. After each story all must verify, and rebuild. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "tests/lib/clinic.h"

static void is(struct clinic *k, uint64_t csn, enum sam_verdict kind, enum sam_reason reason)
{
    struct store_verdict v = clinic_verdict(k, csn);
    assert_int_equal(v.kind, kind);
    assert_int_equal(v.reason, reason);
}

static void waits(struct clinic *k, uint64_t csn, enum sam_reason reason)
{
    is(k, csn, SAM_VERDICT_QUARANTINED, reason);
    assert_false(clinic_verdict(k, csn).closed);
}

static void a_mark_waits_for_its_session(void **state)
{
    struct clinic *k = *state;
    struct clinic_pulled p;
    struct sam_op session = clinic_ad_hoc(k, &k->a, k->other_group, CLINIC_DAY);
    uint64_t id = session.row.key.part[0], op_csn;
    struct sam_key key = clinic_key(k, id, 0);
    uint64_t csn = clinic_push(k, &k->b, clinic_mark(k, id, 0, SAID_PRESENT, clinic_csn(k)));
    waits(k, csn, SAM_REASON_REFERENCE);
    assert_false(clinic_row(k, &key).exists);
    clinic_pull(k, &k->b, csn - 1, &p);
    assert_int_equal(clinic_told(&p, k->b.seq)->reason, SAM_REASON_REFERENCE);
    uint64_t came = clinic_push(k, &k->a, session), at = came + 1;
    assert_int_equal(clinic_csn(k), at); /* a ruling of the centre itself */
    assert_int_equal(store_retake_get(clinic_store(k), at, &op_csn), 0);
    assert_int_equal(op_csn, csn);
    is(k, csn, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_verdict(k, csn).at_csn, at);
    struct store_row row = clinic_row(k, &key);
    assert_int_equal(row.csn, at);
    assert_int_equal(row.scope, k->other_group);
    assert_int_equal(sam_row_num(&row.row, SAM_ATTENDANCE_presence), SAID_PRESENT);
    clinic_pull(k, &k->b, csn, &p);
    assert_int_equal(p.verdict_count, 1);
    assert_int_equal(clinic_told(&p, k->b.seq)->kind, SAM_VERDICT_APPLIED);
    clinic_pull(k, &k->d, csn, &p);
    assert_int_equal(p.rows, 3); /* session, mark, and who was a guest there */
    clinic_settle(k);
    assert_int_equal(clinic_csn(k), at);
}

/* As after a loss: tablet a's session comes behind tablet b's mark of somebody whom b wrote down at its door, and with a mark of a's own. */
static void a_mark_waits_for_the_first_of_a_walk_in(void **state)
{
    struct clinic *k = *state;
    struct sam_op ops[2], person = clinic_op(k, SAM_PARTICIPANT, SAM_OP_CREATE, 0);
    person.row.key.part[0] = sam_id_make(k->b.device_no, ++k->ids);
    sam_row_set_text(&person.row, SAM_PARTICIPANT_name, "Inger Prøve", sizeof "Inger Prøve" - 1);
    sam_row_set(&person.row, SAM_PARTICIPANT_provisional, 1);
    ops[0] = clinic_ad_hoc(k, &k->a, k->other_group, CLINIC_DAY);
    ops[1] = clinic_mark(k, ops[0].row.key.part[0], 0, SAID_PRESENT, 0);
    ops[1].row.key.part[1] = person.row.key.part[0];
    is(k, clinic_push(k, &k->b, person), SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    uint64_t first = clinic_push(k, &k->b, ops[1]);
    waits(k, first, SAM_REASON_REFERENCE);
    uint64_t mark = clinic_push_many(k, &k->a, ops, 2);
    clinic_settle(k);
    is(k, first, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    is(k, mark, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    struct store_row row = clinic_row(k, &ops[1].row.key);
    assert_int_equal(sam_row_num(&row.row, SAM_ATTENDANCE_presence), SAID_PRESENT);
}

/* What is taken in may be what another one waited for, whichever came first. */
static void a_chain_of_references_is_followed(void **state)
{
    struct clinic *k = *state;
    struct sam_op group = clinic_new_group(k, clinic_minted(k));
    struct sam_op session = clinic_ad_hoc(k, &k->a, group.row.key.part[0], CLINIC_DAY);
    uint64_t id = session.row.key.part[0];
    uint64_t mark = clinic_push(k, &k->b, clinic_mark(k, id, 0, SAID_PRESENT, 0));
    uint64_t held = clinic_push(k, &k->d, clinic_status(k, id, 1, 0)), made = clinic_push(k, &k->a, session);
    waits(k, mark, SAM_REASON_REFERENCE);
    waits(k, held, SAM_REASON_REFERENCE);
    waits(k, made, SAM_REASON_REFERENCE);
    clinic_say(k, group);
    clinic_settle(k);
    is(k, made, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    is(k, held, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    is(k, mark, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_presence(k, id, 0), SAID_PRESENT);
}

static void taken_in_it_is_judged_with_its_own_base(void **state)
{
    struct clinic *k = *state;
    struct sam_op ops[2];
    uint64_t csn, base = clinic_csn(k);
    ops[0] = clinic_ad_hoc(k, &k->a, k->other_group, CLINIC_DAY);
    uint64_t id = ops[0].row.key.part[0];
    ops[1] = clinic_mark(k, id, 0, SAID_NO_SHOW, base);
    struct sam_key key = clinic_key(k, id, 0);
    uint64_t late = clinic_push(k, &k->b, clinic_mark(k, id, 0, SAID_PRESENT, base));
    uint64_t mark = clinic_push_many(k, &k->a, ops, 2), at = mark + 1;
    struct store_case c = clinic_case(k, &key, SAM_RULE_UNIT, 0);
    assert_true(c.open);
    assert_int_equal(c.opened_csn, at);
    assert_int_equal(clinic_verdict(k, late).case_no, c.no);
    assert_int_equal(clinic_verdict(k, late).at_csn, at);
    assert_int_equal(clinic_verdict(k, mark).at_csn, at);
    assert_int_equal(store_case_op_next(clinic_store(k), c.no, 0, &csn), 0);
    assert_int_equal(csn, late);
    uint64_t informed = clinic_push(k, &k->b, clinic_mark(k, id, 0, SAID_NO_SHOW, at));
    is(k, late, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    is(k, mark, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_verdict(k, mark).at_csn, informed);
    assert_int_equal(clinic_cases_open(k), 0);
}

/* Whichever comes first, the row is gone, and what had not been seen is listed. */
static void a_tombstone_of_what_is_not_here_holds(void **state)
{
    struct clinic *k = *state;
    struct store_scope was, now;
    struct sam_key one = clinic_key(k, k->session, 0), two = clinic_key(k, k->session, 1);
    uint64_t base = clinic_csn(k);
    assert_int_equal(store_scope_get(clinic_store(k), k->group, &was), 0);
    uint64_t mark = clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_PRESENT, base));
    is(k, clinic_push(k, &k->a, clinic_tombstone(k, one, base)), SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    is(k, mark, SAM_VERDICT_MERGED, SAM_REASON_NONE);
    uint64_t end = clinic_push(k, &k->a, clinic_tombstone(k, two, base));
    is(k, end, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    mark = clinic_push(k, &k->b, clinic_mark(k, k->session, 1, SAID_PRESENT, base));
    is(k, mark, SAM_VERDICT_MERGED, SAM_REASON_NONE);
    assert_int_equal(clinic_presence(k, k->session, 0), -1);
    assert_int_equal(clinic_presence(k, k->session, 1), -1);
    assert_int_equal(store_scope_get(clinic_store(k), k->group, &now), 0);
    assert_int_equal(now.rows, was.rows);
    mark = clinic_push(k, &k->b, clinic_mark(k, k->session, 1, SAID_PRESENT, end)); /* who knows of it begins anew */
    is(k, mark, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    assert_int_equal(clinic_presence(k, k->session, 1), SAID_PRESENT);
}

enum { UNKNOWN_SESSIONS = 150, MANY = UNKNOWN_SESSIONS * CLINIC_PERSONS };

/* ${count} marks of tablet b on sessions that are not here. */
static uint64_t push_unknown(struct clinic *k, uint64_t *session, unsigned count)
{
    static struct sam_op ops[SAM_PUSH_OPS_MAX];
    uint64_t last = 0;
    for (unsigned done = 0, n; done < count; done += n) {
        n = count - done < SAM_PUSH_OPS_MAX ? count - done : SAM_PUSH_OPS_MAX;
        for (unsigned i = 0; i < n; i++)
            ops[i] = clinic_mark(k, session[(done + i) / CLINIC_PERSONS], (done + i) % CLINIC_PERSONS, SAID_PRESENT, 0);
        last = clinic_push_many(k, &k->b, ops, n);
    }
    return last;
}

static void many_are_worked_through(void **state)
{
    struct clinic *k = *state;
    static struct sam_op made[UNKNOWN_SESSIONS];
    uint64_t session[UNKNOWN_SESSIONS], gone[UNKNOWN_SESSIONS];
    for (unsigned i = 0; i < UNKNOWN_SESSIONS; i++) {
        made[i] = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY - 1 - (int)(i % 70));
        session[i] = made[i].row.key.part[0];
        gone[i] = sam_id_make(k->b.device_no, 1000 + i);
    }
    push_unknown(k, gone, MANY); /* these never come */
    push_unknown(k, session, MANY);
    assert_int_equal(clinic_quarantined(k, k->b.device_no), 2 * MANY);
    clinic_push_many(k, &k->a, made, UNKNOWN_SESSIONS);
    clinic_settle(k);
    assert_int_equal(clinic_quarantined(k, k->b.device_no), MANY);
    for (unsigned i = 0; i < UNKNOWN_SESSIONS; i++)
        assert_int_equal(clinic_presence(k, session[i], i % CLINIC_PERSONS), SAID_PRESENT);
}

/* What can never be taken in does not keep out what can, however busy the centre is. */
static void those_behind_are_reached(void **state)
{
    struct clinic *k = *state;
    uint64_t gone[UNKNOWN_SESSIONS];
    for (unsigned i = 0; i < UNKNOWN_SESSIONS; i++)
        gone[i] = sam_id_make(k->b.device_no, 1000 + i);
    struct sam_op session = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY - 1);
    push_unknown(k, gone, MANY);
    uint64_t csn = clinic_push(k, &k->d, clinic_mark(k, session.row.key.part[0], 0, SAID_PRESENT, 0));
    clinic_push(k, &k->a, session);
    for (int i = 0; i < 12; i++) /* a session comes in with every commit */
        clinic_push(k, &k->a, clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY - 2 - i));
    is(k, csn, SAM_VERDICT_APPLIED, SAM_REASON_NONE);
}

/* An op that is refused whenever it is tried is not tried for ever: csns, journal and feeds would grow with it. */
static void an_enrolment_that_is_not_there_is_left_in_peace(void **state)
{
    struct clinic *k = *state;
    struct sam_op session = clinic_ad_hoc(k, &k->a, k->other_group, CLINIC_DAY);
    struct sam_op end = clinic_op(k, SAM_ENROLMENT, SAM_OP_SET, 0);
    end.row.key.part[0] = k->other_group;
    end.row.key.part[1] = k->person[0];
    sam_row_set(&end.row, SAM_ENROLMENT_status, 7);
    clinic_push(k, &k->a, session);
    clinic_push(k, &k->a, clinic_mark(k, session.row.key.part[0], 0, SAID_PRESENT, 0)); /* a guest, never enrolled */
    uint64_t csn = clinic_push(k, &k->a, end);
    waits(k, csn, SAM_REASON_REFERENCE);
    clinic_settle(k);
    uint64_t before = clinic_csn(k);
    for (int i = 0; i < 4; i++)
        clinic_push(k, &k->b, clinic_ad_hoc(k, &k->b, k->group, CLINIC_DAY - 1 - i));
    clinic_settle(k);
    assert_int_equal(clinic_csn(k), before + 4);
    end.kind = SAM_OP_SET; /* and it is taken in when the enrolment comes */
    sam_row_set(&end.row, SAM_ENROLMENT_status, 4);
    clinic_say(k, end);
    clinic_settle(k);
    assert_int_not_equal(clinic_verdict(k, csn).kind, SAM_VERDICT_QUARANTINED);
}

static void an_unknown_kind_of_row_waits(void **state)
{
    struct clinic *k = *state;
    struct sam_buf bytes;
    struct sam_op op = clinic_mark(k, k->session, 0, SAID_PRESENT, 0);
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    clinic_bytes_unknown(&op, &bytes);
    struct sam_span span = sam_buf_peek(&bytes);
    struct centre_batch batch = {.op = &span, .count = 1, .epoch = intake_epoch(k->centre.in).id};
    assert_int_equal(intake_begin(k->centre.in), 0);
    uint64_t csn = centre_push_batch(&k->centre, &k->a, &batch);
    assert_int_equal(intake_commit(k->centre.in), 0);
    sam_buf_fini(&bytes);
    waits(k, csn, SAM_REASON_SCHEMA);
    is(k, clinic_push(k, &k->a, op), SAM_VERDICT_APPLIED, SAM_REASON_NONE);
    clinic_settle(k);
    uint64_t now = clinic_csn(k);
    centre_restart(&k->centre);
    clinic_settle(k);
    assert_int_equal(clinic_csn(k), now);
    waits(k, csn, SAM_REASON_SCHEMA);
    clinic_decide(k, &k->a, k->a.seq - 1, SAM_DECISION_TAKE_IN);
    waits(k, csn, SAM_REASON_SCHEMA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mark_waits_for_its_session, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_mark_waits_for_the_first_of_a_walk_in, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_chain_of_references_is_followed, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(taken_in_it_is_judged_with_its_own_base, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_tombstone_of_what_is_not_here_holds, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(many_are_worked_through, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(those_behind_are_reached, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(an_enrolment_that_is_not_there_is_left_in_peace, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(an_unknown_kind_of_row_waits, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
