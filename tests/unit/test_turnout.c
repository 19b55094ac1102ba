/* Goal: how many came to a session stands there in the commit that changed it, whatever changed it: marks, tombstones, people who are linked,
 * who is enrolled and until when, a session that is cancelled, moved or removed; and verify tells what is not as the rows say. After each
 * story all must verify and rebuild, which is this comparison too, as it is at the end of every history of tests/lib/mixed.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/model/completion.h"
#include "server/store/store_int.h"
#include "server/store/attendance.h"
#include "tests/lib/clinic.h"

#include <stdio.h>
#include <string.h>

enum { HELD = 1, CANCELLED = 2, ATTENDING = 4, COMPLETED = 5, NEVER_CAME = 7, NOT_EXPECTED = 4 };

static struct store_turnout turnout(struct clinic *k, uint64_t session)
{
    struct store_turnout t;
    assert_int_equal(store_turnout_get(clinic_store(k), session, &t), 0);
    return t;
}

static void counts(struct clinic *k, unsigned enrolled, unsigned unknown, unsigned present, unsigned notified,
                   unsigned no_show)
{
    struct store_turnout t = turnout(k, k->session);
    assert_int_equal(t.enrolled, enrolled);
    assert_int_equal(t.unknown, unknown);
    assert_int_equal(t.present, present);
    assert_int_equal(t.notified, notified);
    assert_int_equal(t.no_show, no_show);
}

static void mark(struct clinic *k, int person, int presence)
{
    clinic_push(k, &k->a, clinic_mark(k, k->session, (unsigned)person, presence, clinic_csn(k)));
}

static void enrol(struct clinic *k, uint64_t person, int status, int start, int end)
{
    struct sam_op op = clinic_op(k, SAM_ENROLMENT, SAM_OP_SET, clinic_csn(k));
    op.row.key = (struct sam_key){.entity = SAM_ENROLMENT, .part = {k->group, person}};
    sam_row_set(&op.row, SAM_ENROLMENT_status, status);
    if (start)
        sam_row_set(&op.row, SAM_ENROLMENT_start_day, start);
    if (end)
        sam_row_set(&op.row, SAM_ENROLMENT_end_day, end);
    clinic_say(k, op);
}

static void each_mark_counts_once(void **state)
{
    struct clinic *k = *state;
    struct store_turnout t = turnout(k, k->session);
    assert_int_equal(t.group, k->group);
    assert_int_equal(t.day, CLINIC_DAY);
    assert_int_equal(t.headcount, -1);
    counts(k, CLINIC_PERSONS, CLINIC_PERSONS, 0, 0, 0);
    mark(k, 0, SAID_PRESENT);
    mark(k, 1, SAID_NO_SHOW);
    mark(k, 2, SAID_NOTIFIED);
    counts(k, CLINIC_PERSONS, 1, 1, 1, 1);
    mark(k, 1, SAID_PRESENT);
    mark(k, 2, NOT_EXPECTED);
    mark(k, 3, 0); /* unknown, said */
    counts(k, CLINIC_PERSONS, 1, 2, 0, 0);
    assert_int_equal(turnout(k, k->session).not_expected, 1);
    clinic_push(k, &k->a, clinic_tombstone(k, clinic_key(k, k->session, 0), clinic_csn(k)));
    counts(k, CLINIC_PERSONS, 2, 1, 0, 0);
}

static void what_two_say_differently_counts_as_it_is_shown(void **state)
{
    struct clinic *k = *state;
    uint64_t before = clinic_csn(k);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_NO_SHOW, before));
    clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_PRESENT, before));
    assert_int_equal(clinic_cases_open(k), 1);
    counts(k, CLINIC_PERSONS, CLINIC_PERSONS - 1, 1, 0, 0);
}

static void who_is_enrolled_follows_the_days(void **state)
{
    struct clinic *k = *state;
    enrol(k, k->person[0], ATTENDING, CLINIC_DAY + 1, 0); /* begins tomorrow */
    counts(k, CLINIC_PERSONS - 1, CLINIC_PERSONS - 1, 0, 0, 0);
    enrol(k, k->person[1], COMPLETED, CLINIC_DAY - 30, CLINIC_DAY - 1);
    counts(k, CLINIC_PERSONS - 2, CLINIC_PERSONS - 2, 0, 0, 0);
    mark(k, 1, SAID_PRESENT); /* came all the same */
    counts(k, CLINIC_PERSONS - 2, CLINIC_PERSONS - 2, 1, 0, 0);
    enrol(k, k->person[1], ATTENDING, CLINIC_DAY - 30, CLINIC_DAY);
    counts(k, CLINIC_PERSONS - 1, CLINIC_PERSONS - 2, 1, 0, 0);
    struct sam_key key = {.entity = SAM_ENROLMENT, .part = {k->group, k->person[2]}};
    clinic_say(k, clinic_tombstone(k, key, clinic_csn(k)));
    counts(k, CLINIC_PERSONS - 2, CLINIC_PERSONS - 3, 1, 0, 0);
    enrol(k, k->far_person, ATTENDING, CLINIC_DAY, 0);
    counts(k, CLINIC_PERSONS - 1, CLINIC_PERSONS - 2, 1, 0, 0);
}

static void enrolled_means(void **state)
{
    (void)state;
    assert_true(sam_completion_enrolled(ATTENDING, INT32_MIN, INT32_MAX, 10));
    assert_true(sam_completion_enrolled(ATTENDING, 10, 10, 10));
    assert_false(sam_completion_enrolled(ATTENDING, 11, INT32_MAX, 10));
    assert_false(sam_completion_enrolled(ATTENDING, 1, 9, 10));
    assert_true(sam_completion_enrolled(COMPLETED, 1, 10, 10));
    assert_false(sam_completion_enrolled(COMPLETED, 1, INT32_MAX, 10)); /* left, nobody says when */
    assert_true(sam_completion_enrolled(NEVER_CAME, 1, 12, 10));
    assert_false(sam_completion_enrolled(0, 1, INT32_MAX, 10)); /* waiting list */
    assert_false(sam_completion_enrolled(9, 1, 20, 10));        /* registered in error */
}

static void people_who_are_linked_are_one(void **state)
{
    struct clinic *k = *state;
    mark(k, 0, SAID_PRESENT);
    mark(k, 1, SAID_NO_SHOW);
    counts(k, CLINIC_PERSONS, CLINIC_PERSONS - 2, 1, 0, 1);
    struct sam_op link = clinic_op(k, SAM_LINK, SAM_OP_SET, clinic_csn(k));
    link.row.key.part[0] = k->person[1];
    sam_row_set(&link.row, SAM_LINK_winner, (int64_t)k->person[0]);
    clinic_say(k, link);
    counts(k, CLINIC_PERSONS - 1, CLINIC_PERSONS - 2, 1, 0, 0);
    sam_row_set(&link.row, SAM_LINK_winner, 0);
    link.base_csn = clinic_csn(k);
    clinic_say(k, link);
    counts(k, CLINIC_PERSONS, CLINIC_PERSONS - 2, 1, 0, 1);
}

static void the_session_itself(void **state)
{
    struct clinic *k = *state;
    mark(k, 0, SAID_PRESENT);
    clinic_push(k, &k->a, clinic_status(k, k->session, CANCELLED, clinic_csn(k)));
    assert_int_equal(turnout(k, k->session).status, CANCELLED);
    struct sam_op op = clinic_op(k, SAM_SESSION, SAM_OP_SET, clinic_csn(k));
    op.row.key.part[0] = k->session;
    sam_row_set(&op.row, SAM_SESSION_headcount, 5);
    sam_row_set(&op.row, SAM_SESSION_end_min, 995);
    clinic_say(k, op);
    struct store_turnout t = turnout(k, k->session);
    assert_int_equal(t.headcount, 5);
    assert_int_equal(t.end_min, 995);
    assert_int_equal(t.present, 1);
    struct sam_key key = {.entity = SAM_SESSION, .part = {k->session}};
    clinic_say(k, clinic_tombstone(k, key, clinic_csn(k)));
    assert_int_equal(store_turnout_get(clinic_store(k), k->session, &t), SAM_ENOTFOUND);
}

static uint64_t minted(struct clinic *k)
{
    uint64_t id;
    assert_int_equal(intake_mint(k->centre.in, &id), 0);
    return id;
}

/* More sessions and groups in one commit than are kept in memory. */
static void a_large_commit_counts_all(void **state)
{
    struct clinic *k = *state;
    enum { MANY = 2000, GROUPS = 400 };
    struct intake *in = k->centre.in;
    enum sam_reason reason;
    uint64_t kept, before;
    assert_int_equal(store_turnout_rows(clinic_store(k), &before), 0);
    assert_int_equal(intake_begin(in), 0);
    for (unsigned i = 0; i < GROUPS; i++) {
        uint64_t group = minted(k);
        struct sam_op op = clinic_new_group(k, group);
        assert_int_equal(intake_author(in, &op, &reason), 0);
        struct sam_op in_it = clinic_op(k, SAM_ENROLMENT, SAM_OP_SET, clinic_csn(k));
        in_it.row.key = (struct sam_key){.entity = SAM_ENROLMENT, .part = {group, k->person[0]}};
        sam_row_set(&in_it.row, SAM_ENROLMENT_status, ATTENDING);
        for (unsigned s = 0; s < MANY / GROUPS; s++) {
            op = clinic_ad_hoc(k, NULL, group, CLINIC_DAY + (int)s);
            assert_int_equal(intake_author(in, &op, &reason), 0);
        }
        assert_int_equal(intake_author(in, &in_it, &reason), 0);
    }
    assert_int_equal(intake_commit(in), 0);
    assert_int_equal(store_turnout_rows(clinic_store(k), &kept), 0);
    assert_int_equal(kept, before + MANY);
}

static void what_is_rolled_back_is_not_counted(void **state)
{
    struct clinic *k = *state;
    struct sam_op op = clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k));
    clinic_take_back(k, op);
    mark(k, 1, SAID_NO_SHOW);
    counts(k, CLINIC_PERSONS, CLINIC_PERSONS - 1, 0, 0, 1);
}

/* Over for more than 48 hours, not cancelled, and of somebody enrolled nobody knows. */
static void what_is_not_recorded_is_found(void **state)
{
    struct clinic *k = *state;
    struct store_turnout_sum sum;
    struct store_turnout t = turnout(k, k->session);
    int64_t late = (int64_t)t.day * 1440 + t.end_min + STORE_RECORDED_WITHIN_MIN + 1;
    struct store *st = clinic_store(k);
    assert_int_equal(store_turnout_sum(st, k->group, CLINIC_DAY, CLINIC_DAY, late, &sum), 0);
    assert_int_equal(sum.sessions, 1);
    assert_int_equal(sum.unrecorded, 1);
    assert_true(store_turnout_unrecorded(&t, late));
    assert_int_equal(store_turnout_sum(st, k->group, CLINIC_DAY, CLINIC_DAY, late - 1, &sum), 0);
    assert_int_equal(sum.unrecorded, 0);
    assert_false(store_turnout_unrecorded(&t, late - 1));
    for (unsigned i = 0; i < CLINIC_PERSONS; i++)
        mark(k, (int)i, i ? SAID_PRESENT : SAID_NO_SHOW);
    t = turnout(k, k->session);
    assert_false(store_turnout_unrecorded(&t, late));
    assert_int_equal(store_turnout_sum(st, k->group, CLINIC_DAY, CLINIC_DAY, late, &sum), 0);
    assert_int_equal(sum.unrecorded, 0);
    assert_int_equal(sum.present, CLINIC_PERSONS - 1);
    assert_int_equal(sum.no_show, 1);
    clinic_push(k, &k->a, clinic_tombstone(k, clinic_key(k, k->session, 1), clinic_csn(k)));
    clinic_push(k, &k->a, clinic_status(k, k->session, CANCELLED, clinic_csn(k)));
    assert_int_equal(store_turnout_sum(st, k->group, CLINIC_DAY, CLINIC_DAY, late, &sum), 0);
    assert_int_equal(sum.sessions, 0);
    assert_int_equal(sum.cancelled, 1);
    assert_int_equal(sum.present + sum.no_show + sum.unrecorded, 0); /* what is cancelled is in no other figure */
    assert_int_equal(store_turnout_sum(st, k->group, CLINIC_DAY + 1, CLINIC_DAY + 1, late, &sum), 0);
    assert_int_equal(sum.cancelled, 0);
}

struct told {
    unsigned count;
    char last[256];
};

static void tell(void *ctx, const char *line)
{
    struct told *t = ctx;
    t->count++;
    snprintf(t->last, sizeof t->last, "%s", line);
}

/* What verify says of a store in which this was done by hand; nothing of it stays. */
static struct told told_of(struct clinic *k, const char *sql)
{
    struct told t = {0};
    struct intake_found found = {.wrong = tell, .ctx = &t};
    struct intake_verified out;
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(sqlite3_exec(clinic_store(k)->db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(intake_verify(k->centre.in, &found, NULL, &out), 0);
    intake_rollback(k->centre.in);
    return t;
}

static void a_wrong_one_is_told(void **state)
{
    struct clinic *k = *state;
    char want[80];
    mark(k, 0, SAID_PRESENT);
    snprintf(want, sizeof want, "ev=turnout session=%llu", (unsigned long long)k->session);
    static const char *const column[] = {"group_id", "day",     "end_min",  "status",  "headcount",   "enrolled",
                                         "unknown",  "present", "notified", "no_show", "not_expected"};
    for (size_t i = 0; i < sizeof column / sizeof *column; i++) {
        char sql[160];
        snprintf(sql, sizeof sql, "UPDATE turnout SET %s = ifnull(%s, 0) + 1 WHERE session = %llu", column[i],
                 column[i], (unsigned long long)k->session);
        struct told t = told_of(k, sql);
        assert_int_equal(t.count, 1);
        assert_string_equal(t.last, want);
    }
    assert_int_equal(told_of(k, "UPDATE turnout SET present = present").count, 0);
    assert_true(told_of(k, "DELETE FROM turnout").count > 0);
    struct told stray = told_of(k, "INSERT INTO turnout VALUES (1, 2, 3, 4, 0, NULL, 0, 0, 0, 0, 0, 0)");
    assert_int_equal(stray.count, 1);
    assert_non_null(strstr(stray.last, "ev=turnouts kept="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_mark_counts_once, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_two_say_differently_counts_as_it_is_shown, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(who_is_enrolled_follows_the_days, clinic_setup, clinic_teardown),
        cmocka_unit_test(enrolled_means),
        cmocka_unit_test_setup_teardown(people_who_are_linked_are_one, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(the_session_itself, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_large_commit_counts_all, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_is_not_recorded_is_found, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_is_rolled_back_is_not_counted, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_wrong_one_is_told, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
