/* Goal: all that was ever said of one mark is told, in the order in which it came and whatever became of it, out of the batches that are noted
 * by its session and no others; after each story all must verify and rebuild, the notes too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/intake/intake_int.h"
#include "server/intake/people.h"
#include "server/store/store_int.h"
#include "tests/lib/clinic.h"

#include <string.h>

enum { SAID_MAX = 64 };

struct told {
    unsigned count;
    uint64_t csn[SAID_MAX];
};

static int tell(void *ctx, const struct intake_said *said)
{
    struct told *t = ctx;
    assert_true(t->count < SAID_MAX);
    t->csn[t->count++] = said->csn;
    return 0;
}

static void says(struct clinic *k, uint64_t session, unsigned person, unsigned count, const uint64_t *csn)
{
    struct told t = {0};
    struct people people;
    assert_int_equal(people_of(clinic_store(k), k->person[person], &people), 0);
    assert_int_equal(intake_said_each(clinic_store(k), session, &people, tell, &t), 0);
    assert_int_equal(t.count, count);
    assert_memory_equal(t.csn, csn, count * sizeof *csn);
}

static int count(void *ctx, uint64_t first_csn)
{
    (void)first_csn;
    ++*(unsigned *)ctx;
    return 0;
}

static unsigned batches(struct clinic *k, uint64_t subject)
{
    unsigned n = 0;
    assert_int_equal(store_push_about(clinic_store(k), subject, 0, count, &n), 0);
    return n;
}

static uint64_t mark(struct clinic *k, struct centre_tablet *t, unsigned person, int presence)
{
    return clinic_push(k, t, clinic_mark(k, k->session, person, presence, clinic_csn(k)));
}

static void whoever_says_it(void **state)
{
    struct clinic *k = *state;
    uint64_t csn[4] = {0};
    says(k, k->session, 0, 0, csn);
    csn[0] = mark(k, &k->a, 0, SAID_PRESENT);
    csn[1] = mark(k, &k->b, 0, SAID_NO_SHOW);
    mark(k, &k->a, 1, SAID_PRESENT);
    csn[2] = clinic_say(k, clinic_mark(k, k->session, 0, SAID_NOTIFIED, clinic_csn(k)));
    csn[3] = clinic_push(k, &k->a, clinic_tombstone(k, clinic_key(k, k->session, 0), clinic_csn(k)));
    says(k, k->session, 0, 4, csn);
    assert_int_equal(batches(k, k->session), 6); /* that of the session itself, too */
    assert_int_equal(batches(k, k->far_session), 1);
}

/* One batch with the marks of several sessions, one after the other and back again, is noted once by each. */
static void a_batch_of_several_sessions(void **state)
{
    struct clinic *k = *state;
    struct sam_op ops[6];
    struct sam_op other = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY);
    uint64_t second = other.row.key.part[0], base = clinic_csn(k);
    ops[0] = other;
    for (unsigned i = 1; i < 6; i++)
        ops[i] = clinic_mark(k, i % 2 ? k->session : second, i / 2, SAID_PRESENT, base);
    uint64_t last = clinic_push_many(k, &k->a, ops, 6);
    uint64_t of_first = last - 4, of_second = last - 3;
    says(k, k->session, 0, 1, &of_first);
    says(k, second, 1, 1, &of_second);
    assert_int_equal(batches(k, k->session), 2);
    assert_int_equal(batches(k, second), 1);
}

static void also_what_was_put_aside(void **state)
{
    struct clinic *k = *state;
    uint64_t csn[2] = {0};
    csn[0] = clinic_push(k, &k->far, clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k))); /* another clinic's */
    assert_int_equal(clinic_verdict(k, csn[0]).kind, SAM_VERDICT_QUARANTINED);
    clinic_device_state(k, k->b.device_no, SAM_DEVICE_REVOKED);
    csn[1] = mark(k, &k->b, 0, SAID_NO_SHOW);
    assert_int_equal(clinic_verdict(k, csn[1]).kind, SAM_VERDICT_QUARANTINED);
    says(k, k->session, 0, 2, csn);
}

/* As if the judge had died twice on the device's next op; ${read}: only after it had been taken apart. */
static void died_of_the_next(struct clinic *k, const struct centre_tablet *t, bool read)
{
    *k->centre.in->judging = (struct judging){t->device_no, t->seq + 1, 2, 1, read};
}

static void also_what_the_judge_died_of(void **state)
{
    struct clinic *k = *state;
    uint64_t csn[2] = {0};
    died_of_the_next(k, &k->a, true);
    csn[0] = mark(k, &k->a, 0, SAID_PRESENT);
    assert_int_equal(clinic_verdict(k, csn[0]).reason, SAM_REASON_CRASHED);
    clinic_device_state(k, k->b.device_no, SAM_DEVICE_REVOKED);
    died_of_the_next(k, &k->b, true);
    csn[1] = mark(k, &k->b, 0, SAID_NO_SHOW);
    assert_int_equal(clinic_verdict(k, csn[1]).reason, SAM_REASON_REVOKED);
    says(k, k->session, 0, 2, csn);
}

/* Nobody takes it apart again: not to judge it, not to note it, and rebuild does not either. */
static void but_not_what_cannot_be_read_without_dying(void **state)
{
    struct clinic *k = *state;
    clinic_device_state(k, k->b.device_no, SAM_DEVICE_REVOKED);
    died_of_the_next(k, &k->b, false);
    assert_int_equal(clinic_verdict(k, mark(k, &k->b, 0, SAID_NO_SHOW)).reason, SAM_REASON_MALFORMED);
    died_of_the_next(k, &k->a, false);
    assert_int_equal(clinic_verdict(k, mark(k, &k->a, 0, SAID_PRESENT)).reason, SAM_REASON_MALFORMED);
    assert_int_equal(batches(k, k->session), 1);
    mark(k, &k->a, 1, SAID_PRESENT);
    assert_int_equal(batches(k, k->session), 2);
}

static void of_people_who_are_linked(void **state)
{
    struct clinic *k = *state;
    uint64_t csn[2] = {0};
    csn[0] = mark(k, &k->a, 0, SAID_PRESENT);
    csn[1] = mark(k, &k->b, 1, SAID_NO_SHOW);
    says(k, k->session, 1, 1, &csn[1]);
    struct sam_op link = clinic_op(k, SAM_LINK, SAM_OP_SET, clinic_csn(k));
    link.row.key.part[0] = k->person[1];
    sam_row_set(&link.row, SAM_LINK_winner, (int64_t)k->person[0]);
    clinic_say(k, link);
    says(k, k->session, 0, 2, csn);
    says(k, k->session, 1, 2, csn);
}

static void what_is_rolled_back_is_noted_when_it_comes_again(void **state)
{
    struct clinic *k = *state;
    struct sam_op op = clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k));
    clinic_take_back(k, op);
    assert_int_equal(batches(k, k->session), 1);
    uint64_t csn = clinic_say(k, op); /* at the same csn */
    says(k, k->session, 0, 1, &csn);
}

/* Other batches are not so much as looked at: they may be damaged. */
static void nothing_else_is_read(void **state)
{
    struct clinic *k = *state;
    struct store *st = clinic_store(k);
    uint64_t csn = mark(k, &k->a, 0, SAID_PRESENT);
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(
        sqlite3_exec(st->db, "UPDATE push SET raw = x'ff' WHERE first_csn NOT IN (SELECT first_csn FROM push_about)",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_true(sqlite3_changes(st->db) > 5);
    says(k, k->session, 0, 1, &csn);
    intake_rollback(k->centre.in);
}

int main(void)
{
#define STORY(name) cmocka_unit_test_setup_teardown(name, clinic_setup, clinic_teardown)
    const struct CMUnitTest tests[] = {STORY(whoever_says_it),
                                       STORY(a_batch_of_several_sessions),
                                       STORY(also_what_was_put_aside),
                                       STORY(also_what_the_judge_died_of),
                                       STORY(but_not_what_cannot_be_read_without_dying),
                                       STORY(of_people_who_are_linked),
                                       STORY(what_is_rolled_back_is_noted_when_it_comes_again),
                                       STORY(nothing_else_is_read)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
