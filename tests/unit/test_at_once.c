/* Goal: what many say or take away at once, none having seen the others, stays bounded in the store, and only who has seen all of it may
 * begin anew; and a text that was taken out of the row is as much a value as any other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/store/store_int.h"
#include "tests/lib/check.h"
#include "tests/lib/clinic.h"

enum { MANY = SAM_CANDIDATES_MAX + 5 };

static uint64_t kept(struct clinic *k)
{
    sqlite3_stmt *q;
    CHECK(sqlite3_prepare_v2(clinic_store(k)->db, "SELECT count(*) FROM candidate", -1, &q, NULL) == SQLITE_OK);
    CHECK(sqlite3_step(q) == SQLITE_ROW);
    uint64_t n = (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

/* Each removes the same mark. Whoever has seen but the first of them says something of the dead; whoever has seen all begins anew. */
static void many_take_the_same_away(void **state)
{
    struct clinic *k = *state;
    struct sam_key key = clinic_key(k, k->session, 0);
    struct centre_tablet tablet[MANY];
    CHECK(intake_begin(k->centre.in) == 0);
    for (unsigned i = 0; i < MANY; i++)
        centre_tablet_join(&k->centre, &tablet[i], k->org);
    CHECK(intake_commit(k->centre.in) == 0);
    uint64_t base = clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k))), first = 0,
             all = 0;
    for (unsigned i = 0; i < MANY; i++) {
        all = clinic_push(k, &tablet[i], clinic_tombstone(k, key, base));
        first = i ? first : all;
        assert_int_equal(clinic_presence(k, k->session, 0), -1);
        assert_true(kept(k) <= SAM_CANDIDATES_MAX);
    }
    assert_int_equal(kept(k), SAM_CANDIDATES_MAX);
    uint64_t late = clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_NO_SHOW, first));
    assert_int_equal(clinic_verdict(k, late).kind, SAM_VERDICT_MERGED);
    assert_int_equal(clinic_presence(k, k->session, 0), -1);
    clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_NOTIFIED, all));
    assert_int_equal(clinic_presence(k, k->session, 0), SAID_NOTIFIED);
    for (unsigned i = 0; i < MANY; i++)
        centre_tablet_fini(&tablet[i]);
}

static struct sam_op room(struct clinic *k, const char *text, uint64_t base)
{
    struct sam_op op = clinic_op(k, SAM_SESSION, SAM_OP_SET, base);
    op.row.key.part[0] = k->session;
    sam_row_set_text(&op.row, SAM_SESSION_room, text, strlen(text));
    return op;
}

/* Of two who write down a room at once, the one who had seen more of what was there before counts: also when that one empties it. */
static void a_text_that_was_emptied(void **state)
{
    struct clinic *k = *state;
    struct sam_key key = {.entity = SAM_SESSION, .part = {k->session}};
    uint64_t old = clinic_csn(k);
    uint64_t there = clinic_push(k, &k->a, room(k, "Sal A", old));
    clinic_push(k, &k->b, room(k, "", there));
    uint64_t listed = clinic_push(k, &k->d, room(k, "Sal B", old));
    assert_int_equal(clinic_verdict(k, listed).kind, SAM_VERDICT_MERGED);
    struct store_row row = clinic_row(k, &key);
    assert_true(sam_row_has(&row.row, SAM_SESSION_room));
    assert_int_equal(row.row.val[SAM_SESSION_room].text.len, 0);
    clinic_push(k, &k->d, room(k, "Sal C", clinic_csn(k)));
    row = clinic_row(k, &key);
    assert_int_equal(row.row.val[SAM_SESSION_room].text.len, 5);
    assert_memory_equal(row.row.val[SAM_SESSION_room].text.ptr, "Sal C", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(many_take_the_same_away, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_text_that_was_emptied, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
