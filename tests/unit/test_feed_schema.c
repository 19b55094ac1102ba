/* Goal: a device of an older schema is sent every row that it knows and none that it does not, and the sum that fits those, whatever
 * happens to the others: they are written, changed and removed, and whom they are about leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/gate.h"
#include "tests/lib/reader.h"

#include <string.h>

enum { OLDEST = 1, SCHEMAS = SAM_SCHEMA_VERSION + 1 };

/* ---- saying */

static struct sam_op said(const struct gate *w, uint8_t entity, enum sam_op_kind kind, uint64_t id, uint64_t sub)
{
    struct sam_op op = {.kind = kind, .user = w->user, .claimed_s = GATE_NOW_S, .base_csn = INT64_MAX};
    sam_row_init(&op.row, entity);
    op.row.key.part[0] = id;
    op.row.key.part[1] = sub;
    return op;
}

static uint64_t minted(const struct gate *w, unsigned counter)
{
    return sam_id_make(w->a.device_no, counter);
}

static struct sam_op noted(const struct gate *w, unsigned counter, unsigned person)
{
    struct sam_op op = said(w, SAM_NOTE, SAM_OP_CREATE, minted(w, counter), 0);
    sam_row_set(&op.row, SAM_NOTE_participant, (int64_t)w->person[person]);
    sam_row_set(&op.row, SAM_NOTE_author, (int64_t)w->user);
    sam_row_set(&op.row, SAM_NOTE_role, 0);
    sam_row_set(&op.row, SAM_NOTE_day, GATE_NOW_S / 86400);
    sam_row_set_text(&op.row, SAM_NOTE_text, "Verre i trapp", 13);
    return op;
}

static struct sam_op met(const struct gate *w, unsigned counter)
{
    struct sam_op op = said(w, SAM_CONTACT, SAM_OP_CREATE, minted(w, counter), 0);
    sam_row_set(&op.row, SAM_CONTACT_participant, (int64_t)w->person[0]);
    sam_row_set(&op.row, SAM_CONTACT_day, GATE_NOW_S / 86400);
    return op;
}

static struct sam_op rated(const struct gate *w, unsigned counter, unsigned person)
{
    struct sam_op op = said(w, SAM_EXERTION, SAM_OP_CREATE, minted(w, counter), 0);
    sam_row_set(&op.row, SAM_EXERTION_session, (int64_t)w->session);
    sam_row_set(&op.row, SAM_EXERTION_participant, (int64_t)w->person[person]);
    sam_row_set(&op.row, SAM_EXERTION_scale, 0);
    sam_row_set(&op.row, SAM_EXERTION_moment, 1);
    sam_row_set(&op.row, SAM_EXERTION_value_tenths, 130);
    return op;
}

static struct sam_op led(const struct gate *w, uint8_t entity, uint64_t of)
{
    struct sam_op op = said(w, entity, SAM_OP_SET, of, w->user);
    sam_row_set(&op.row, 0, 1);
    return op;
}

/* All of it is taken: what was put aside would stand in no scope, and prove nothing. */
static void tablet_says(struct gate *w, struct sam_op *ops, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ops[i].base_csn = store_csn(intake_store(w->centre.in));
    assert_int_equal(gate_push(w, &w->a, ops, count, intake_epoch(w->centre.in).id).error.code, 0);
    assert_int_equal(gate_verdicts(w, &w->a, SAM_VERDICT_QUARANTINED), 0);
}

static void centre_adds(struct gate *w, struct sam_op op)
{
    assert_int_equal(intake_begin(w->centre.in), 0);
    centre_says(&w->centre, &op);
    assert_int_equal(intake_commit(w->centre.in), 0);
}

static void written(struct gate *w)
{
    struct sam_op ops[] = {gate_mark(w, 0, 1, 0),
                           noted(w, 1, 0),
                           noted(w, 2, 0),
                           noted(w, 3, 1),
                           met(w, 4),
                           rated(w, 5, 0),
                           rated(w, 6, 2),
                           led(w, SAM_SESSION_LEADER, w->session)};
    struct sam_op episode = said(w, SAM_EPISODE, SAM_OP_CREATE, 0, 0);
    sam_row_set(&episode.row, SAM_EPISODE_participant, (int64_t)w->person[0]);
    sam_row_set(&episode.row, SAM_EPISODE_org, (int64_t)w->clinic);
    sam_row_set(&episode.row, SAM_EPISODE_referral_day, GATE_NOW_S / 86400);
    tablet_says(w, ops, sizeof ops / sizeof *ops);
    centre_adds(w, led(w, SAM_GROUP_LEADER, w->group));
    centre_adds(w, episode);
}

/* Changed, removed, and one person leaves the group with what hangs on him. */
static void changed(struct gate *w)
{
    struct sam_op more = said(w, SAM_CONTACT, SAM_OP_SET, minted(w, 4), 0);
    sam_row_set(&more.row, SAM_CONTACT_work_focus, 1);
    struct sam_op ops[] = {more, said(w, SAM_NOTE, SAM_OP_TOMBSTONE, minted(w, 1), 0),
                           said(w, SAM_EXERTION, SAM_OP_TOMBSTONE, minted(w, 5), 0), gate_mark(w, 2, 3, 0),
                           noted(w, 7, 2)};
    tablet_says(w, ops, sizeof ops / sizeof *ops);
    centre_adds(w, said(w, SAM_ENROLMENT, SAM_OP_TOMBSTONE, w->group, w->person[1]));
}

/* ---- reading */

static struct feed_device older(struct gate *w, unsigned schema)
{
    return (struct feed_device){w->b.device_no, w->clinic, intake_epoch(w->centre.in).id, schema};
}

static void schema_fill(struct gate *w, struct store *reader, unsigned schema, struct reader_held *held)
{
    const uint64_t scopes[] = {w->clinic, w->group};
    struct feed_device device = older(w, schema);
    for (unsigned i = 0; i < 2; i++) {
        struct reader r = {.held = held};
        struct sam_snap_get get = {.scope = scopes[i]};
        reader_serve(w->centre.zip, feed_snap_new(reader, &device, &get), &r);
        assert_int_equal(r.ends, 1);
        assert_int_equal(r.differ, 0);
        assert_int_equal(r.rows_total, r.end.rows);
    }
}

/* A run, and then the word on each scope. Returns how many rows came. */
static unsigned schema_run(struct gate *w, struct store *reader, unsigned schema, uint64_t csn,
                           struct reader_held *held)
{
    struct feed_device device = older(w, schema);
    struct reader r = {.held = held}, verified = {.held = held};
    struct sam_pull pull = {.csn = csn};
    reader_serve(w->centre.zip, feed_pull_new(reader, &device, device.hello_epoch, &pull), &r);
    assert_int_equal(r.ends, 1);
    assert_int_equal(r.differ, 0);
    assert_int_equal(r.end.csn, store_csn(reader));
    pull = (struct sam_pull){.csn = r.end.csn, .verify = true};
    reader_serve(w->centre.zip, feed_pull_new(reader, &device, device.hello_epoch, &pull), &verified);
    assert_int_equal(verified.ends, 3); /* each of two scopes, and both */
    assert_int_equal(verified.differ, 0);
    assert_int_equal(verified.rows, 0);
    return r.rows;
}

/* What a device of schema ${schema} may at most be sent: what came with schema 4 goes up only. */
static uint8_t newest_known(unsigned schema)
{
    return schema < 3 ? SAM_LINK : SAM_GROUP_LEADER;
}

/* Every schema sees a scope of its own, whose sum fits, through everything that happens to rows that only the newest one knows. */
static void each_schema_has_its_own_sum(void **state)
{
    static struct reader_held held[SCHEMAS];
    unsigned rows[SCHEMAS];
    struct gate *w = *state;
    struct store *reader;
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    memset(held, 0, sizeof held);
    written(w);
    for (unsigned s = OLDEST; s < SCHEMAS; s++)
        schema_fill(w, reader, s, &held[s]);
    assert_int_equal(held[1].count, held[2].count);
    assert_int_equal(held[3].count, held[2].count + 9);
    assert_int_equal(held[4].count, held[3].count);
    assert_int_equal(held[3].newest, SAM_GROUP_LEADER);

    uint64_t csn = store_csn(reader);
    struct sam_op only_newer = noted(w, 8, 2);
    tablet_says(w, &only_newer, 1);
    for (unsigned s = OLDEST; s < SCHEMAS; s++)
        assert_int_equal(schema_run(w, reader, s, csn, &held[s]), s >= 3 ? 1 : 0);

    csn = store_csn(reader);
    struct sam_op seen = said(w, SAM_ACCESS, SAM_OP_CREATE, minted(w, 99), 0);
    sam_row_set(&seen.row, SAM_ACCESS_participant, (int64_t)w->person[0]);
    sam_row_set(&seen.row, SAM_ACCESS_resource, 3);
    sam_row_set(&seen.row, SAM_ACCESS_action, 1);
    tablet_says(w, &seen, 1);
    for (unsigned s = OLDEST; s < SCHEMAS; s++)
        assert_int_equal(schema_run(w, reader, s, csn, &held[s]), 0);

    csn = store_csn(reader);
    changed(w);
    for (unsigned s = OLDEST; s < SCHEMAS; s++)
        rows[s] = schema_run(w, reader, s, csn, &held[s]);
    assert_int_equal(rows[1], rows[2]);
    assert_int_equal(rows[3], rows[2] + 5); /* contact, two notes, a rating; and the note of who left */

    csn = store_csn(reader);
    centre_adds(w, said(w, SAM_SESSION, SAM_OP_TOMBSTONE, w->session, 0));
    for (unsigned s = OLDEST; s < SCHEMAS; s++) {
        schema_run(w, reader, s, csn, &held[s]);
        assert_true(held[s].newest <= newest_known(s));
    }
    store_close(reader);
}

/* A schema that is newer than the centre's, and one that is not said. */
static void other_schemas_are_the_nearest(void **state)
{
    struct gate *w = *state;
    struct store *reader;
    static struct reader_held known, newer, none, first;
    assert_int_equal(store_reader_open(&reader, w->centre.path), 0);
    written(w);
    schema_fill(w, reader, SAM_SCHEMA_VERSION, &known);
    schema_fill(w, reader, SAM_SCHEMA_VERSION + 1, &newer);
    assert_int_equal(newer.count, known.count);
    schema_fill(w, reader, OLDEST, &first);
    schema_fill(w, reader, 0, &none);
    assert_int_equal(none.count, first.count);
    assert_true(first.count > 0 && first.count < known.count);
    store_close(reader);
}

/* Each entity came with a schema; a later one never has a lower number. */
static void every_entity_came_with_a_schema(void **state)
{
    const struct sam_entity_def *def;
    uint8_t before = OLDEST;
    (void)state;
    for (unsigned i = 0; (def = sam_entity_at(i)); i++) {
        assert_in_range(def->since, before, SAM_SCHEMA_VERSION);
        assert_int_equal(sam_entity_known(def, 2), def->tag <= newest_known(2));
        assert_int_equal(sam_entity_known(def, 3), def->tag <= newest_known(3));
        before = def->since;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_schema_has_its_own_sum, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(other_schemas_are_the_nearest, gate_setup, gate_teardown),
        cmocka_unit_test(every_entity_came_with_a_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
