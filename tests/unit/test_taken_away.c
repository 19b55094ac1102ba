/* Goal: what was taken away stays so through a restore that loses both the tombstone and what was said afterwards, whichever of them comes
 * again first: an id names one thing, and only what has a natural key can begin anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/clinic.h"

/* Tablet a takes something away, b has seen that and says something of it all the same; both are lost, and come again. */
struct lost {
    struct sam_op tombstone, edit;
    uint64_t epoch, gone, said;
};

static void both_lost(struct clinic *k, struct lost *l, struct sam_key key, struct sam_op edit)
{
    uint64_t base = clinic_csn(k);
    struct centre_tablet a = k->a, b = k->b;
    centre_backup(&k->centre);
    l->epoch = intake_epoch(k->centre.in).id;
    l->tombstone = clinic_tombstone(k, key, base);
    l->gone = clinic_push(k, &k->a, l->tombstone);
    assert_int_equal(clinic_verdict(k, l->gone).kind, SAM_VERDICT_APPLIED);
    l->edit = edit;
    l->edit.base_csn = l->gone;
    l->said = clinic_push(k, &k->b, l->edit);
    centre_restore(&k->centre);
    k->a = a;
    k->b = b;
    assert_true(clinic_row(k, &key).dead <= 0);
}

static struct sam_op room(struct clinic *k, uint64_t session)
{
    struct sam_op op = clinic_op(k, SAM_SESSION, SAM_OP_SET, 0);
    op.row.key.part[0] = session;
    sam_row_set_text(&op.row, SAM_SESSION_room, "Sal A", 5);
    return op;
}

static struct sam_key extra_session(struct clinic *k)
{
    struct sam_op op = clinic_ad_hoc(k, &k->a, k->group, CLINIC_DAY + 1);
    clinic_push(k, &k->a, op);
    return op.row.key;
}

static void a_session_stays_away(struct clinic *k, const struct lost *l, uint64_t edit_csn)
{
    struct store_row row = clinic_row(k, &l->tombstone.row.key);
    assert_true(row.dead > 0);
    assert_false(sam_row_has(&row.row, SAM_SESSION_room));
    assert_int_equal(clinic_verdict(k, edit_csn).kind, SAM_VERDICT_MERGED); /* kept, and listed */
}

static void a_session_the_edit_first(void **state)
{
    struct clinic *k = *state;
    struct lost l;
    struct sam_key key = extra_session(k);
    both_lost(k, &l, key, room(k, key.part[0]));
    uint64_t edit = clinic_push_again(k, &k->b, l.edit, l.epoch, l.said);
    struct store_row row = clinic_row(k, &key);
    assert_true(sam_row_has(&row.row, SAM_SESSION_room));
    clinic_push_again(k, &k->a, l.tombstone, l.epoch, l.gone);
    a_session_stays_away(k, &l, edit);
}

static void a_session_the_tombstone_first(void **state)
{
    struct clinic *k = *state;
    struct lost l;
    struct sam_key key = extra_session(k);
    both_lost(k, &l, key, room(k, key.part[0]));
    clinic_push_again(k, &k->a, l.tombstone, l.epoch, l.gone);
    a_session_stays_away(k, &l, clinic_push_again(k, &k->b, l.edit, l.epoch, l.said));
}

/* The same of a mark, which has begun anew. */
static void a_mark_begins_anew(struct clinic *k, bool edit_first)
{
    struct lost l;
    struct sam_key key = clinic_key(k, k->session, 0);
    clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k)));
    both_lost(k, &l, key, clinic_mark(k, k->session, 0, SAID_NOTIFIED, 0));
    if (edit_first)
        clinic_push_again(k, &k->b, l.edit, l.epoch, l.said);
    clinic_push_again(k, &k->a, l.tombstone, l.epoch, l.gone);
    if (!edit_first)
        clinic_push_again(k, &k->b, l.edit, l.epoch, l.said);
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_NOTIFIED);
    assert_int_equal(clinic_cases_open(k), 0);
}

static void a_mark_the_edit_first(void **state)
{
    a_mark_begins_anew(*state, true);
}

static void a_mark_the_tombstone_first(void **state)
{
    a_mark_begins_anew(*state, false);
}

/* Beside it stands what d said, who had seen nothing of all that: the tombstone had not seen it either, so it is listed, and the mark that
 * began anew stands alone. */
static void a_mark_beside_a_strangers(void **state)
{
    struct clinic *k = *state;
    struct lost l;
    struct sam_key key = clinic_key(k, k->session, 0);
    uint64_t old = clinic_csn(k);
    clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_PRESENT, old));
    both_lost(k, &l, key, clinic_mark(k, k->session, 0, SAID_NOTIFIED, 0));
    uint64_t theirs = clinic_push(k, &k->d, clinic_mark(k, k->session, 0, SAID_NO_SHOW, old));
    clinic_push_again(k, &k->b, l.edit, l.epoch, l.said);
    assert_int_equal(clinic_cases_open(k), 1);
    clinic_push_again(k, &k->a, l.tombstone, l.epoch, l.gone);
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_NOTIFIED);
    assert_int_equal(clinic_verdict(k, theirs).kind, SAM_VERDICT_MERGED);
    assert_int_equal(clinic_cases_open(k), 0);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, clinic_setup, clinic_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(a_session_the_edit_first),   STORY(a_session_the_tombstone_first), STORY(a_mark_the_edit_first),
        STORY(a_mark_the_tombstone_first), STORY(a_mark_beside_a_strangers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
