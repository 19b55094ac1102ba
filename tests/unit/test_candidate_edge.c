/* Goal: what a value was said by is read out of the facts, and where the facts are damaged that is said: nobody is given a wrong author,
 * or one who had seen nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/intake/intake_int.h"
#include "server/store/store_int.h"
#include "tests/lib/clinic.h"

enum { NOWHERE = 1000000 };

static void by_other_hands(struct clinic *k, const char *sql)
{
    assert_int_equal(sqlite3_exec(clinic_store(k)->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* A csn at which nothing came, asked for as itself and as the place of an op that is taken in. */
static void a_place_where_nothing_came(void **state)
{
    struct clinic *k = *state;
    struct intake *in = k->centre.in;
    struct sam_candidate c;
    struct author a;
    uint64_t op_csn, epoch, base;
    uint64_t said = clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k)));
    assert_int_equal(candidate_op_csn(in, said, &op_csn), 0);
    assert_int_equal(op_csn, said);
    assert_int_equal(candidate_op_csn(in, NOWHERE, &op_csn), SAM_ECORRUPT);
    assert_int_equal(candidate_at(in, NOWHERE, &c), SAM_ECORRUPT);
    assert_int_equal(candidate_base(in, NOWHERE, &op_csn, &epoch, &base), SAM_ECORRUPT);
    assert_int_equal(author_at(in, NOWHERE, &a), SAM_ECORRUPT);
    in->taken_csn = said;
    in->taken_op_csn = NOWHERE;
    assert_int_equal(candidate_op_csn(in, said, &op_csn), SAM_ECORRUPT);
    in->taken_csn = 0;
}

/* The batch is there, and its bytes, or the device that sent them, are not. */
static void a_place_that_is_damaged(void **state)
{
    struct clinic *k = *state;
    struct intake *in = k->centre.in;
    struct author a;
    uint64_t op_csn, epoch, base, seen = clinic_csn(k);
    uint64_t said = clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, seen));
    assert_int_equal(candidate_base(in, said, &op_csn, &epoch, &base), 0);
    assert_true(op_csn == said && epoch == intake_epoch(in).id && base == seen);
    assert_int_equal(author_at(in, said, &a), 0);
    assert_true(a.who.device_no == k->a.device_no && a.who.seq == k->a.seq && a.who.seen_csn == seen);
    assert_int_equal(intake_begin(in), 0);
    by_other_hands(k, "DELETE FROM device");
    assert_int_equal(author_at(in, said, &a), SAM_ECORRUPT);
    by_other_hands(k, "UPDATE push SET raw = zeroblob(0), deflated = 0");
    assert_int_equal(candidate_base(in, said, &op_csn, &epoch, &base), SAM_ECORRUPT);
    assert_true(epoch == 0 && base == 0);
    intake_rollback(in);
    assert_int_equal(author_at(in, said, &a), 0);
}

/* What cannot be read had seen nothing. */
static void what_cannot_be_read(void **state)
{
    struct clinic *k = *state;
    struct intake *in = k->centre.in;
    uint64_t op_csn, epoch, base;
    const struct sam_span noise = {(const uint8_t *)"\xff\xff\xff", 3};
    const struct centre_batch batch = {.op = &noise, .count = 1, .epoch = intake_epoch(in).id};
    assert_int_equal(intake_begin(in), 0);
    uint64_t said = centre_push_batch(&k->centre, &k->a, &batch);
    assert_int_equal(intake_commit(in), 0);
    assert_int_equal(clinic_verdict(k, said).reason, SAM_REASON_MALFORMED);
    assert_int_equal(candidate_base(in, said, &op_csn, &epoch, &base), 0);
    assert_true(op_csn == said && epoch == 0 && base == 0);
}

/* A base counts up to the op itself: of the present epoch, of none, and of one that the centre never had. */
static void how_far_a_base_counts(void **state)
{
    struct clinic *k = *state;
    struct intake *in = k->centre.in;
    const uint64_t csn = clinic_csn(k);
    assert_true(csn > 10);
    assert_int_equal(base_limit(in, intake_epoch(in).id, csn), csn - 1);
    assert_int_equal(base_limit(in, 0, csn), csn - 1);
    assert_int_equal(base_limit(in, ~intake_epoch(in).id >> 1, csn), 0);
    struct author a = {.centre = false};
    author_base(in, &a, intake_epoch(in).id, csn + 5, csn);
    assert_true(a.who.base_csn == csn + 5 && a.who.seen_csn == csn - 1 && a.came_csn == csn);
    author_base(in, &a, intake_epoch(in).id, 3, csn);
    assert_true(a.who.base_csn == 3 && a.who.seen_csn == 3);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, clinic_setup, clinic_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_place_where_nothing_came),
        STORY(a_place_that_is_damaged),
        STORY(what_cannot_be_read),
        STORY(how_far_a_base_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
