/* Goal: what the centre holds goes out as a fill or as a run: every row of a scope once, and the sum that fits it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "tests/lib/gate.h"
#include "tests/lib/reader.h"

static struct feed_device reads(struct gate *w)
{
    return (struct feed_device){w->b.device_no, w->clinic, intake_epoch(w->centre.in).id, SAM_SCHEMA_VERSION};
}

static struct feed *fed(struct gate *w, struct store *reader, const struct sam_pull *pull)
{
    struct feed_device device = reads(w);
    return feed_pull_new(reader, &device, device.hello_epoch, pull);
}

static struct feed *filled(struct gate *w, struct store *reader, const struct sam_snap_get *get)
{
    struct feed_device device = reads(w);
    return feed_snap_new(reader, &device, get);
}

static void serve_pull(struct gate *w, struct store *reader, uint64_t csn, struct reader *r)
{
    struct sam_pull pull = {.csn = csn};
    reader_serve(w->centre.zip, fed(w, reader, &pull), r);
}

static void a_fill_gives_every_row_and_the_sum(void **state)
{
    struct gate *w = *state;
    struct store *reader;
    uint64_t epoch = intake_epoch(w->centre.in).id;
    struct sam_op op[3] = {gate_mark(w, 0, 1, 0), gate_mark(w, 1, 1, 0), gate_mark(w, 2, 1, 0)};
    gate_push(w, &w->a, op, 3, epoch);
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    struct reader r = {0};
    struct sam_snap_get get = {.scope = w->group};
    reader_serve(w->centre.zip, filled(w, reader, &get), &r);
    assert_int_equal(r.rows, 3 + 3 + 3 + 1 + 1); /* marks, people, enrolments, session, group */
    assert_int_equal(r.ends, 1);
    assert_int_equal(r.end.rows, r.rows);
    assert_true(r.end.sum == r.sum);
    struct reader clinic = {0};
    get.scope = w->clinic;
    reader_serve(w->centre.zip, filled(w, reader, &get), &clinic);
    assert_int_equal(clinic.rows, 2); /* the clinic and its user */
    assert_true(clinic.end.sum == clinic.sum);
    struct reader foreign = {0};
    get.scope = w->group;
    struct feed_device elsewhere = {.no = w->b.device_no, .org = 12345, .schema = SAM_SCHEMA_VERSION};
    struct feed *f = feed_snap_new(reader, &elsewhere, &get);
    assert_int_equal(feed_next(f, NULL), SAM_EDENIED);
    feed_free(f);
    (void)foreign;
    store_close(reader);
}

/* 1024 rows of one entity fill a chunk to its last row; what follows must not start behind it. */
static void a_full_chunk_skips_nothing(void **state)
{
    enum { PEOPLE = 1024, HALF = 512 };
    struct gate *w = *state;
    struct store *reader;
    static uint64_t person[PEOPLE];
    static struct sam_op ops[HALF];
    uint64_t epoch = intake_epoch(w->centre.in).id;
    assert_int_equal(intake_begin(w->centre.in), 0);
    for (int i = 0; i < PEOPLE; i++) {
        struct sam_op op = {0};
        person[i] = gate_named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker", -1, 0);
        sam_row_init(&op.row, SAM_ENROLMENT);
        op.row.key.part[0] = w->group;
        op.row.key.part[1] = person[i];
        sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
        centre_says(&w->centre, &op);
    }
    assert_int_equal(intake_commit(w->centre.in), 0);
    for (int half = 0; half < 2; half++) {
        for (int i = 0; i < HALF; i++) {
            ops[i] = gate_mark(w, 0, 1, 0);
            ops[i].row.key.part[1] = person[half * HALF + i];
        }
        assert_int_equal(gate_push(w, &w->a, ops, HALF, epoch).error.code, 0);
    }
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    struct reader r = {0};
    struct sam_snap_get get = {.scope = w->group};
    reader_serve(w->centre.zip, filled(w, reader, &get), &r);
    assert_int_equal(r.rows, 3 * PEOPLE + 3 + 3 + 2);
    assert_int_equal(r.end.rows, r.rows);
    assert_true(r.end.sum == r.sum);
    store_close(reader);
}

/* Somebody new works at the clinic, and in the group nothing changed: one frame with one row. */
static void where_nothing_changed_nothing_is_said(void **state)
{
    struct gate *w = *state;
    struct store *reader;
    struct reader r = {0};
    uint64_t before = store_csn(intake_store(w->centre.in));
    assert_int_equal(intake_begin(w->centre.in), 0);
    gate_named(w, SAM_USER, SAM_USER_name, "Fysioterapeut 2", SAM_USER_org, w->clinic);
    assert_int_equal(intake_commit(w->centre.in), 0);
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    serve_pull(w, reader, before, &r);
    assert_true(r.rows == 1 && r.changes == 1 && r.ends == 1);
    store_close(reader);
}

static void a_run_gives_what_changed(void **state)
{
    struct gate *w = *state;
    struct store *reader;
    uint64_t epoch = intake_epoch(w->centre.in).id, csn = store_csn(intake_store(w->centre.in));
    struct sam_op op = gate_mark(w, 0, 1, 0);
    gate_push(w, &w->a, &op, 1, epoch);
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    struct reader r = {0};
    struct sam_pull pull = {.csn = csn};
    reader_serve(w->centre.zip, fed(w, reader, &pull), &r);
    assert_int_equal(r.rows, 1);
    assert_int_equal(r.changes, 1);
    assert_int_equal(r.scopes, 0);
    assert_int_equal(r.end.scope, 0);
    assert_int_equal(r.end.csn, csn + 1);
    struct reader idle = {0};
    pull.csn = csn + 1;
    reader_serve(w->centre.zip, fed(w, reader, &pull), &idle);
    assert_int_equal(idle.changes, 0);
    assert_int_equal(idle.end.rows, r.end.rows);
    struct reader cut = {0};
    pull.csn = csn + 100; /* beyond what this centre has */
    reader_serve(w->centre.zip, fed(w, reader, &pull), &cut);
    assert_int_equal(cut.ends, 0);
    store_close(reader);
}

static void the_plan_writes_eight_weeks_once(void **state)
{
    struct gate *w = *state;
    struct sam_op op = {0};
    unsigned written;
    assert_int_equal(intake_begin(w->centre.in), 0);
    sam_row_init(&op.row, SAM_GROUP);
    op.row.key.part[0] = w->group;
    sam_row_set(&op.row, SAM_GROUP_weekday, 2);
    sam_row_set(&op.row, SAM_GROUP_start_min, 600);
    centre_says(&w->centre, &op);
    assert_int_equal(intake_plan(w->centre.in, &written), 0);
    assert_in_range(written, 8, 9);
    assert_int_equal(intake_plan(w->centre.in, &written), 0);
    assert_int_equal(written, 0);
    assert_int_equal(intake_commit(w->centre.in), 0);
    centre_clock(&w->centre,
                 GATE_NOW_S + (int64_t)100 * 86400); /* the window moves: old sessions leave, and the sum still fits */
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(intake_plan(w->centre.in, &written), 0);
    intake_rollback(w->centre.in); /* not yet */
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(intake_plan(w->centre.in, &written), 0);
    assert_int_equal(intake_commit(w->centre.in), 0);
    struct store *reader;
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    struct reader r = {0};
    struct sam_snap_get get = {.scope = w->group};
    struct sam_key key = {.entity = SAM_SESSION, .part = {w->session}};
    struct store_row row;
    reader_serve(w->centre.zip, filled(w, reader, &get), &r);
    assert_int_equal(r.end.rows, r.rows);
    assert_true(r.end.sum == r.sum);
    assert_int_equal(store_row_get(reader, &key, &row), 0);
    assert_int_equal(row.scope, 0);
    store_close(reader);
}

static void a_run_tells_of_a_deleted_session(void **state)
{
    struct gate *w = *state;
    struct store *reader;
    struct reader r = {0};
    struct sam_op op = {.kind = SAM_OP_TOMBSTONE};
    uint64_t csn = store_csn(intake_store(w->centre.in));
    assert_int_equal(intake_begin(w->centre.in), 0);
    sam_row_init(&op.row, SAM_SESSION);
    op.row.key.part[0] = w->session;
    centre_says(&w->centre, &op);
    assert_int_equal(intake_commit(w->centre.in), 0);
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    serve_pull(w, reader, csn, &r);
    assert_int_equal(r.rows, 1);
    store_close(reader);
}

/* The list of scopes changes between the first and the last frame of an answer. */
static void a_run_tells_of_a_list_that_changed_meanwhile(void **state)
{
    struct gate *w = *state;
    struct store *reader;
    struct reader r = {0};
    struct sam_pull pull = {.csn = store_csn(intake_store(w->centre.in))};
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    struct feed *f = fed(w, reader, &pull);
    assert_int_equal(intake_begin(w->centre.in), 0);
    gate_named(w, SAM_GROUP, SAM_GROUP_name, "Ny gruppe", SAM_GROUP_org, w->clinic);
    assert_int_equal(intake_commit(w->centre.in), 0);
    reader_serve(w->centre.zip, f, &r);
    assert_int_equal(r.scopes, 3); /* the clinic and two groups */
    assert_int_equal(r.end.csn, pull.csn + 1);
    store_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_fill_gives_every_row_and_the_sum, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_full_chunk_skips_nothing, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(where_nothing_changed_nothing_is_said, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_run_gives_what_changed, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(the_plan_writes_eight_weeks_once, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_run_tells_of_a_deleted_session, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_run_tells_of_a_list_that_changed_meanwhile, gate_setup, gate_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
