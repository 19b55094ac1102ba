/* Goal: who opened what on a tablet stands in the centre's access log, once and for good, whatever becomes of tablet and centre on the
 * way; a log that holds something else than what the tablets said does not verify. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/ward.h"

enum { SITTING_S = 600, MANY = 300, LINE_MAX = 64 };

static struct samling_access of(const struct ward *w, enum samling_resource what)
{
    return (struct samling_access){
        .participant = w->person, .what = what, .action = SAMLING_READ, .purpose = SAMLING_FOR_TREATMENT};
}

static void opens(struct ward *w, struct pump_tablet *t, enum samling_resource what)
{
    const struct samling_access a = of(w, what);
    assert_int_equal(samling_access(t->s, w->user, &a), 0);
}

static int64_t logged(struct ward *w, const char *where)
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM access_log WHERE csn > 0 AND %s", where);
    return ward_asked(w, sql);
}

static uint64_t waiting(struct pump_tablet *t, bool access)
{
    struct samling_status st;
    assert_int_equal(samling_status(t->s, &st), 0);
    return access ? st.waiting_access : st.waiting;
}

/* ---- what is said, and when it is said again */

static void told_whole(struct ward *w)
{
    char where[256];
    w->a->clock_off_s = 7200; /* a clock that is wrong: what it claims is kept beside when it came */
    int64_t claimed_s = w->p.now_s + 7200;
    opens(w, w->a, SAMLING_RES_SCORES);
    assert_int_equal(waiting(w->a, false), 0);
    assert_int_equal(waiting(w->a, true), 1);
    w->p.now_s += 86400;
    ward_meet(w);
    snprintf(where, sizeof where,
             "participant = %llu AND user_id = %llu AND device_no = %llu AND resource = 'score' AND action = 1 AND "
             "purpose = 'treatment' AND claimed_s = %lld AND at_s = %lld AND actor = 'Fysioterapeut 1'",
             (unsigned long long)w->person, (unsigned long long)w->user, (unsigned long long)w->a->device_no,
             (long long)claimed_s, (long long)w->p.now_s);
    char sql[400];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM access_log WHERE %s", where);
    assert_int_equal(ward_asked(w, sql), 1);
    assert_int_equal(waiting(w->a, true), 0);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM audit WHERE kind = 8"), 1);
    w->a->clock_off_s = 0;
}

static void a_sitting_is_one_line(struct ward *w)
{
    struct samling_access a = of(w, SAMLING_RES_NOTES);
    opens(w, w->a, SAMLING_RES_NOTES);
    w->p.now_s += SITTING_S - 1;
    opens(w, w->a, SAMLING_RES_NOTES);
    ward_meet(w);
    opens(w, w->a, SAMLING_RES_NOTES); /* sent or not */
    assert_int_equal(waiting(w->a, true), 0);
    w->p.now_s += 1;
    opens(w, w->a, SAMLING_RES_NOTES);
    assert_int_equal(waiting(w->a, true), 1);
    w->p.now_s -= 3600; /* the clock was set back: nothing is known to be a sitting */
    opens(w, w->a, SAMLING_RES_NOTES);
    assert_int_equal(waiting(w->a, true), 2);
    w->p.now_s += 3600;
    a.action = SAMLING_PRINT;
    assert_int_equal(samling_access(w->a->s, w->user, &a), 0);
    a.participant = w->other;
    assert_int_equal(samling_access(w->a->s, w->user, &a), 0);
    a.purpose = SAMLING_FOR_EMERGENCY;
    assert_int_equal(samling_access(w->a->s, w->user, &a), 0);
    assert_int_equal(waiting(w->a, true), 5);
    ward_meet(w);
    assert_int_equal(logged(w, "resource = 'note'"), 6);
    assert_int_equal(logged(w, "action = 4"), 3);
}

/* The centre was heard a moment ago, or not. */
static void with_and_without_contact(struct ward *w)
{
    ward_meet(w);
    opens(w, w->a, SAMLING_RES_SCORES);
    w->p.now_s += SITTING_S + 1;
    opens(w, w->a, SAMLING_RES_WORK);
    ward_meet(w);
    assert_int_equal(logged(w, "resource = 'score' AND offline = 0"), 1);
    assert_int_equal(logged(w, "resource = 'work' AND offline = 1"), 1);
}

static void lists(struct ward *w)
{
    struct samling_access a = {.group = w->group, .persons = 2, .what = SAMLING_RES_SHEET, .action = SAMLING_READ};
    assert_int_equal(samling_access(w->a->s, 0, &a), 0);
    assert_int_equal(samling_access(w->a->s, w->user, &a), 0);
    ward_meet(w);
    assert_int_equal(logged(w, "participant = 0 AND count = 2 AND purpose = ''"), 2);
    assert_int_equal(logged(w, "user_id = 0 AND actor = '' AND role IS NULL"), 1);
}

static void refused(struct ward *w)
{
    struct samling_access a = of(w, SAMLING_RES_NOTES);
    assert_int_equal(samling_access(w->a->s, w->far_user, &a), SAMLING_ENOTFOUND);
    assert_int_equal(samling_access(w->a->s, 0, &a), SAMLING_ENOTFOUND);
    a.participant = w->far_person;
    assert_int_equal(samling_access(w->a->s, w->user, &a), SAMLING_ENOTFOUND);
    a = of(w, SAMLING_RES_NOTES);
    a.action = (enum samling_action)5;
    assert_int_equal(samling_access(w->a->s, w->user, &a), SAMLING_ERANGE);
    a = of(w, (enum samling_resource)100);
    assert_int_equal(samling_access(w->a->s, w->user, &a), SAMLING_ERANGE);
    a = of(w, SAMLING_RES_NOTES);
    a.group = w->group; /* a person, or a list */
    assert_int_equal(samling_access(w->a->s, w->user, &a), SAMLING_ERANGE);
    a = (struct samling_access){.group = w->org, .what = SAMLING_RES_SHEET, .action = SAMLING_READ};
    assert_int_equal(samling_access(w->a->s, w->user, &a), SAMLING_ENOTFOUND);
    a.group = w->group;
    a.persons = 501;
    assert_int_equal(samling_access(w->a->s, w->user, &a), SAMLING_ERANGE);
    assert_int_equal(waiting(w->a, true), 0);
    opens(w, w->a, (enum samling_resource)77); /* of a newer app: kept as its number */
    ward_meet(w);
    assert_int_equal(logged(w, "resource = '77'"), 1);
}

/* Said past the library, as a client of another make might: of somebody who was never here, of nobody, and taken back. */
static void what_no_library_says(struct ward *w)
{
    struct sam_op op = ward_op(SAM_ACCESS, SAM_OP_CREATE, sam_id_make(w->a->device_no, 1000), 0);
    sam_row_set(&op.row, SAM_ACCESS_participant, (int64_t)w->far_person);
    sam_row_set(&op.row, SAM_ACCESS_resource, SAMLING_RES_NOTES);
    sam_row_set(&op.row, SAM_ACCESS_action, SAMLING_READ);
    assert_int_equal(pump_save(w->a, &op, w->group), 0);
    op.row.key.part[0]++;
    sam_row_set(&op.row, SAM_ACCESS_participant, (int64_t)w->person);
    assert_int_equal(pump_save(w->a, &op, w->group), 0);
    struct sam_op gone = ward_op(SAM_ACCESS, SAM_OP_TOMBSTONE, op.row.key.part[0], 0);
    assert_int_not_equal(pump_save(w->a, &gone, w->group), 0);
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM verdict WHERE kind = 5"), 1);
    assert_int_equal(logged(w, "1"), 1);
    struct samling_status st;
    assert_int_equal(samling_status(w->a->s, &st), 0);
    assert_int_equal(st.attention, 0); /* a coordinator looks at it, not whoever holds the tablet */
}

static void small_on_the_wire(struct ward *w)
{
    struct sam_buf bytes, again;
    struct sam_op op;
    opens(w, w->a, SAMLING_RES_SCORES);
    ward_meet(w);
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    sam_buf_init(&again, SAM_OP_BYTES_MAX);
    assert_true(pump_op(&w->p, w->a->device_no, sam_meta(w->a->s, last_seq), &bytes, &op));
    assert_int_equal(op.row.key.entity, SAM_ACCESS);
    assert_int_equal(sam_op_encode(&again, &op), 0);
    print_message("an opening takes %zu bytes\n", sam_buf_len(&again));
    assert_in_range(sam_buf_len(&again), 20, 48);
    sam_buf_fini(&bytes);
    sam_buf_fini(&again);
}

/* ---- what happens on the way */

/* The person left meanwhile, and the tablet has not heard of it: what it showed was shown. */
static void of_somebody_who_left(struct ward *w)
{
    ward_enrol(w, w->far_group, w->person, true);
    ward_enrol(w, w->group, w->person, false);
    opens(w, w->a, SAMLING_RES_SCORES);
    ward_meet(w);
    assert_int_equal(logged(w, "1"), 1);
    const struct samling_access a = of(w, SAMLING_RES_NOTES);
    assert_int_equal(samling_access(w->a->s, w->user, &a), SAMLING_ENOTFOUND);
}

static void many_at_once(struct ward *w)
{
    for (int i = 0; i < MANY; i++) {
        w->p.now_s += SITTING_S;
        opens(w, w->a, SAMLING_RES_SCORES);
    }
    opens(w, w->b, SAMLING_RES_SCORES);
    ward_meet(w);
    assert_int_equal(logged(w, "1"), MANY + 1);
    assert_int_equal(ward_asked(w, "SELECT max(part) FROM access_log"), LINE_MAX);
    assert_int_equal(ward_asked(w, "SELECT count(*) FROM (SELECT audit_no FROM access_log GROUP BY audit_no "
                                   "HAVING count(DISTINCT device_no) > 1)"),
                     0);
}

static void through_power_cuts_and_copies(struct ward *w)
{
    opens(w, w->a, SAMLING_RES_SCORES);
    pump_tablet_power(w->a);
    assert_int_equal(waiting(w->a, true), 1);
    struct pump_tablet *copy = pump_tablet_copy(w->a);
    w->p.now_s += SITTING_S;
    opens(w, copy, SAMLING_RES_NOTES);
    opens(w, w->a, SAMLING_RES_WORK);
    for (int i = 0; i < 3; i++) {
        pump_sync(w->a, PUMP_WHOLE);
        pump_sync(copy, PUMP_WHOLE);
    }
    ward_meet(w);
    assert_int_equal(logged(w, "resource = 'score'"), 1);
    assert_int_equal(logged(w, "resource = 'note'"), 1);
    assert_int_equal(logged(w, "1"), 3);
}

/* The centre goes back to last night's store: the tablets tell it again. */
static void through_a_restore(struct ward *w)
{
    char kept[96];
    snprintf(kept, sizeof kept, "%s-kept", w->folder);
    opens(w, w->a, SAMLING_RES_SCORES);
    ward_meet(w);
    pump_keep(&w->p, kept);
    w->p.now_s += SITTING_S;
    opens(w, w->a, SAMLING_RES_NOTES);
    ward_meet(w);
    assert_int_equal(logged(w, "1"), 2);
    pump_back(&w->p, kept);
    w->p.now_s += SITTING_S; /* the tablets went back as well: once more, by hand */
    opens(w, w->a, SAMLING_RES_NOTES);
    ward_meet(w);
    assert_int_equal(logged(w, "resource = 'note'"), 1);
    assert_int_equal(logged(w, "1"), 2);
    pump_folder_remove(kept);
}

/* A line that breaks at every byte brings each entry once. */
static void through_a_line_that_breaks(struct ward *w)
{
    opens(w, w->a, SAMLING_RES_SCORES);
    opens(w, w->a, SAMLING_RES_NOTES);
    for (uint64_t bytes = 20; !pump_sync(w->a, bytes); bytes += 7)
        ;
    ward_meet(w);
    assert_int_equal(logged(w, "1"), 2);
}

#define STORY(name)                       \
    static void test_##name(void **state) \
    {                                     \
        (void)state;                      \
        ward_both_orders(name);           \
    }
STORY(told_whole)
STORY(a_sitting_is_one_line)
STORY(with_and_without_contact)
STORY(lists)
STORY(refused)
STORY(what_no_library_says)
STORY(small_on_the_wire)
STORY(of_somebody_who_left)
STORY(many_at_once)
STORY(through_power_cuts_and_copies)
STORY(through_a_restore)
STORY(through_a_line_that_breaks)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_told_whole),
        cmocka_unit_test(test_a_sitting_is_one_line),
        cmocka_unit_test(test_with_and_without_contact),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_what_no_library_says),
        cmocka_unit_test(test_small_on_the_wire),
        cmocka_unit_test(test_of_somebody_who_left),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_through_power_cuts_and_copies),
        cmocka_unit_test(test_through_a_restore),
        cmocka_unit_test(test_through_a_line_that_breaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
