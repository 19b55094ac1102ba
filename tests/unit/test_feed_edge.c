/* Goal: a device that was told of a future which a restore took away is told how far that future was shared, and nothing beyond it,
 * however far the centre has gone on since; and a run that was cut goes on where it was, without saying again what it had said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "tests/lib/gate.h"
#include "tests/lib/reader.h"

struct told {
    unsigned lists, cuts, rows;
    uint64_t cut_csn;
};

static int on_welcome(void *host, const struct sam_welcome *w)
{
    (void)host, (void)w;
    return 0;
}

static int on_scopes(void *host, const struct sam_scopes *s)
{
    struct told *t = host;
    t->lists++;
    t->cuts += s->cut;
    t->cut_csn = s->cut_csn;
    return 0;
}

static int on_changes(void *host, const struct sam_changes *c)
{
    assert_true(c->row_count > 0); /* where nothing changed nothing is said */
    ((struct told *)host)->rows += c->row_count;
    return 0;
}

static int on_end(void *host, const struct sam_scope_end *e)
{
    (void)host, (void)e;
    return 0;
}

static int on_verdicts(void *host, const struct sam_verdicts *v)
{
    (void)host, (void)v;
    return 0;
}

/* What tablet b, greeted in ${epoch}, is answered. */
static struct told answered(struct gate *w, uint64_t epoch, const struct sam_pull *pull)
{
    static const struct sam_sync_ops ops = {.welcome = on_welcome,
                                            .scopes = on_scopes,
                                            .changes = on_changes,
                                            .scope_end = on_end,
                                            .verdicts = on_verdicts};
    struct feed_device device = {w->b.device_no, w->clinic, epoch, SAM_SCHEMA_VERSION};
    struct told t = {0};
    struct store *reader;
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    reader_told(w->centre.zip, feed_pull_new(reader, &device, intake_epoch(w->centre.in).id, pull), &ops, &t);
    store_close(reader);
    return t;
}

/* ... when it has everything up to ${csn}. */
static struct told pulled(struct gate *w, uint64_t epoch, uint64_t csn)
{
    return answered(w, epoch, &(struct sam_pull){.csn = csn});
}

static void say(struct gate *w, int presence)
{
    struct sam_op ops[3] = {gate_mark(w, 0, presence, 0), gate_mark(w, 1, presence, 0), gate_mark(w, 2, presence, 0)};
    assert_int_equal(gate_push(w, &w->a, ops, 3, intake_epoch(w->centre.in).id).error.code, 0);
}

static void a_lost_future_is_cut_where_it_parted(void **state)
{
    struct gate *w = *state;
    say(w, 1);
    struct centre_tablet then = w->a;
    uint64_t lost_epoch = intake_epoch(w->centre.in).id, shared = store_csn(intake_store(w->centre.in));
    centre_backup(&w->centre);
    say(w, 3);
    uint64_t seen = store_csn(intake_store(w->centre.in));
    assert_int_equal(seen, shared + 3);
    assert_int_equal(pulled(w, lost_epoch, seen).cuts, 0);
    centre_restore(&w->centre);
    w->a = then;
    assert_true(intake_epoch(w->centre.in).id != lost_epoch);
    for (int times = 0; times < 3; times++) { /* the centre's numbers pass those that the tablet has seen */
        struct told t = pulled(w, lost_epoch, seen);
        assert_int_equal(t.cuts, 1);
        assert_true(t.cut_csn == shared);
        assert_int_equal(t.rows, 0);
        t = pulled(w, lost_epoch, shared + 1);
        assert_true(t.cuts == 1 && t.cut_csn == shared);
        /* what was shared holds, and the list is told anew */
        t = pulled(w, lost_epoch, shared);
        assert_int_equal(t.cuts, 0);
        assert_int_equal(t.lists, 1);
        say(w, 1 + times);
    }
    assert_true(store_csn(intake_store(w->centre.in)) > seen);
    /* of an epoch that nobody knows nothing is shared */
    struct told t = pulled(w, 12345, 1);
    assert_true(t.cuts == 1 && t.cut_csn == 0);
}

static void a_run_goes_on_in_its_second_pass(void **state)
{
    struct gate *w = *state;
    struct sam_op op = gate_mark(w, 1, 3, 0);
    uint64_t epoch = intake_epoch(w->centre.in).id, had = store_csn(intake_store(w->centre.in));
    say(w, 1);
    assert_int_equal(intake_begin(w->centre.in), 0);
    gate_person(w, "Deltaker 004");
    assert_int_equal(intake_commit(w->centre.in), 0);
    uint64_t first_pass = store_csn(intake_store(w->centre.in));
    unsigned rows = pulled(w, epoch, had).rows;
    assert_int_equal(rows, 3 + 2); /* marks; somebody, enrolled */
    assert_int_equal(gate_push(w, &w->a, &op, 1, epoch).error.code, 0);
    struct sam_pull pull = {.csn = had,
                            .low = first_pass,
                            .run = store_csn(intake_store(w->centre.in)),
                            .scope = w->group,
                            .entity = SAM_ATTENDANCE,
                            .at_csn = first_pass};
    assert_int_equal(answered(w, epoch, &pull).rows, 1);
    /* beyond the marks of the group there is nothing new */
    pull.entity = SAM_SESSION;
    assert_int_equal(answered(w, epoch, &pull).rows, 0);
    /* a place that cannot be: the run begins anew */
    pull.low = had - 1;
    assert_int_equal(answered(w, epoch, &pull).rows, rows);
    pull.low = first_pass;
    pull.run++;
    assert_int_equal(answered(w, epoch, &pull).rows, rows);
}

/* Of a scope that is not there nothing is said, not even its id. */
static void a_scope_that_is_not_there(void **state)
{
    struct gate *w = *state;
    struct store_scope scope = {.id = 5, .org = 6, .rows = 7, .sum = 8, .listed = true};
    assert_int_equal(store_scope_get(intake_store(w->centre.in), 77, &scope), SAM_ENOTFOUND);
    assert_true(scope.id == 0 && scope.org == 0 && scope.rows == 0 && scope.sum == 0 && !scope.listed);
    assert_int_equal(store_scope_get(intake_store(w->centre.in), w->group, &scope), 0);
    assert_true(scope.id == w->group && scope.org == w->clinic && scope.rows && scope.listed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_scope_that_is_not_there, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_run_goes_on_in_its_second_pass, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_lost_future_is_cut_where_it_parted, gate_setup, gate_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
