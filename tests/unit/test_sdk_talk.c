/* Goal: whatever a line does to a conversation, saved ops arrive once, rows converge, and nothing waits for ever. */
#include "tests/unit/test_sdk_talk.h"

static void join_and_fill(void **state)
{
    struct fixture *f = *state;
    struct samling_status st;
    samling_status(f->s, &st);
    assert_int_equal(st.state, SAMLING_ACTIVE);
    assert_int_equal(st.device_no, 5);
    assert_string_equal(st.clinic, "Porsgrunn");
    assert_int_equal(st.scopes, 1);
    assert_int_equal(st.scopes_filled, 1);
    assert_true(st.last_contact_s > 0);
    assert_int_equal(f->c->joins, 1);
    assert_int_equal(f->c->hellos, 1); /* all in one connection */
    same_rows(f);
    /* nothing to do */
    unsigned pulls = f->c->pulls;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->pulls, pulls + 1);
    assert_int_equal(f->c->snap_gets, 1);
    assert_true(f->s->talk.report.bytes_up <= 110);
    assert_true(f->s->talk.report.bytes_up + f->s->talk.report.bytes_down <= 150);
}

static void marks_arrive(void **state)
{
    struct fixture *f = *state;
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 1);
    assert_int_equal(waiting(f->s), 0);
    assert_int_equal(f->c->pulls, 2); /* PULL went right behind the PUSH: one round trip */
    same_rows(f);
    struct samling_line l = sheet_line(f->s, SESSION, PERSON);
    assert_int_equal(l.presence, 1);
    assert_int_equal(l.state, SAMLING_AT_CENTRE);
    /* a change from elsewhere: only the units that are newer come, the rest stays */
    struct sam_row r;
    sam_row_init(&r, SAM_ATTENDANCE);
    r.key.part[0] = SESSION;
    r.key.part[1] = PERSON;
    sam_row_set(&r, SAM_ATTENDANCE_minutes, 55);
    centre_row_new(f->c, GROUP_SCOPE, &r);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
    l = sheet_line(f->s, SESSION, PERSON);
    assert_int_equal(l.presence, 1);
    assert_int_equal(l.minutes, 55);
}

/* What a newer centre has and this tablet does not know is passed over, and what stands behind it arrives. */
static void newer_entities(void **state)
{
    struct fixture *f = *state;
    f->c->newer = true;
    centre_mark(f->c, SESSION, PERSON, 3);
    centre_mark(f->c, SESSION, PERSON + 1, 2);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 3);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 1).presence, 2);
    same_rows(f);
}

/* Own marks stay on screen whatever comes in, until a complete run has covered them. */
static void own_writes_stay(void **state)
{
    struct fixture *f = *state;
    centre_mark(f->c, SESSION, PERSON, 3);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 3);
    mark(f->s, SESSION, PERSON, 1);
    for (size_t cut = 0; cut < 400; cut++) { /* the line breaks after every byte of the answer */
        if (converse(f->s, f->c, cut) == 1)
            break;
        struct samling_line l = sheet_line(f->s, SESSION, PERSON);
        assert_int_equal(l.presence, 1);
        assert_int_equal(l.state, waiting(f->s) ? SAMLING_WAITING : SAMLING_AT_CENTRE);
        if (cut % 3 == 0)
            reopen(f);
    }
    assert_int_equal(f->c->op_count, 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
    same_rows(f);
    /* the centre decides otherwise: then that is shown */
    centre_mark(f->c, SESSION, PERSON, 2);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 2);
}

/* The line breaks after every byte on the way up: same end state. */
static void cuts_on_the_way_up(void **state)
{
    struct fixture *f = *state;
    for (size_t cut = 1; cut < 260; cut++) {
        mark(f->s, SESSION + cut % 2, PERSON + cut % 12, 1 + (int)cut % 4);
        f->c->up_max = cut;
        converse(f->s, f->c, SIZE_MAX);
        f->c->up_max = 0;
        if (cut % 7)
            continue;
        assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
        assert_int_equal(f->c->op_count, cut);
        assert_int_equal(waiting(f->s), 0);
        same_rows(f);
    }
}

static void many_ops(void **state)
{
    struct fixture *f = *state;
    struct samling_mark m[12];
    for (int k = 0; k < 200; k++) {
        for (uint64_t i = 0; i < 12; i++)
            m[i] = mark_of(SESSION + (uint64_t)k % 2, PERSON + i, 1 + k % 4);
        assert_int_equal(samling_mark_all(f->s, USER, m, 12), 0);
    }
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 2400);
    assert_int_equal(f->s->talk.report.ops_acked, 2400);
    assert_int_equal(waiting(f->s), 0);
    assert_true(f->c->pushes >= 5);
    same_rows(f);
    /* acks that were lost */
    for (int k = 0; k < 40; k++) {
        mark(f->s, SESSION, PERSON, 1 + k % 4);
        converse(f->s, f->c, (size_t)k);
    }
    converse_all(f->s, f->c, 3);
    assert_int_equal(f->c->op_count, 2440);
    same_rows(f);
}

static void cuts_in_a_fill(void **state)
{
    struct fixture *f = *state;
    centre_group(f->c, OTHER_SCOPE, 300);
    f->c->chunk_rows = 7;
    int connections = 0;
    size_t down = 300;
    for (; connections < 400; connections++) {
        if (converse(f->s, f->c, down) == 1)
            break;
        if (connections % 5 == 0)
            reopen(f);
        if (connections == 20) { /* what changes meanwhile comes behind the chunks */
            struct sam_row r;
            sam_row_init(&r, SAM_ENROLMENT);
            r.key.part[0] = OTHER_SCOPE;
            r.key.part[1] = PERSON + 1;
            sam_row_set(&r, SAM_ENROLMENT_status, 5);
            centre_row_new(f->c, OTHER_SCOPE, &r);
        }
        assert_int_equal(sheet_line(f->s, SESSION, PERSON).enrolment, 4); /* the other group stays readable */
        down = 300 + (size_t)connections * 2;
    }
    assert_true(connections > 20 && connections < 400);
    assert_true(f->c->chunks > 20);
    same_rows(f);
}

static void cuts_in_a_run(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 12; i++)
        centre_mark(f->c, SESSION_2, PERSON + i, 1);
    int connections = 0;
    for (size_t down = 40; connections < 100; connections++, down += 6) {
        if (converse(f->s, f->c, down) == 1)
            break;
        int presence = sheet_line(f->s, SESSION_2, PERSON + 3).presence;
        assert_int_equal(presence, 0); /* nothing of an unfinished run is seen */
        if (connections % 4 == 1)
            reopen(f);
        if (connections == 6)
            centre_mark(f->c, SESSION_2, PERSON, 2);
    }
    assert_true(connections > 6 && connections < 100);
    assert_true(f->c->pull.run > 0); /* it was resumed */
    assert_int_equal(sheet_line(f->s, SESSION_2, PERSON).presence, 2);
    same_rows(f);
}

static void wrong_sum(void **state)
{
    struct fixture *f = *state;
    unsigned fills = f->c->snap_gets;
    centre_mark(f->c, SESSION, PERSON, 1);
    f->c->bad_sums = 1; /* the run's sum alone: each scope's is right */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->snap_gets, fills);
    assert_true(f->c->pull.verify);
    f->c->bad_sums = 2; /* and the scope's: filled again */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->snap_gets, fills + 1);
    same_rows(f);
    /* a row that was lost on the tablet is noticed and comes back */
    assert_int_equal(sqlite3_exec(f->s->store.db, "DELETE FROM row WHERE entity = 8; UPDATE scope SET rows = rows - 1",
                                  NULL, NULL, NULL),
                     0);
    reopen(f);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->snap_gets, fills + 2);
    same_rows(f);
    /* a fill whose sum stays wrong ends the conversation after two tries, and the old rows stay */
    f->c->bad_sums = 6;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
    assert_true(samling_retry_in_ms(f->s) >= 0);
    f->c->bad_sums = 0;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
}

/* A store that an older version filled is filled again after the upgrade; until then the old rows are on screen, and what
 * had not been sent is sent. */
static void upgraded(void **state)
{
    struct fixture *f = *state;
    unsigned fills = f->c->snap_gets;
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(sam_meta_put(f->s, schema, SAM_SCHEMA_VERSION + 1), 0);
    reopen(f);
    assert_int_equal(sam_meta(f->s, schema), SAM_SCHEMA_VERSION);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->snap_gets, fills + 1);
    assert_int_equal(waiting(f->s), 0);
    same_rows(f);
}

static int64_t asked(struct samling *s, const char *sql)
{
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(s->store.db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return n;
}

/* Ops that are laid over the rows of a scope until a run covers them. */
static int64_t ops_shown(struct samling *s)
{
    return asked(s, "SELECT count(*) FROM op WHERE shown = 1");
}

/* What a run that was cut had kept aside is not laid into rows that are to be filled anew: they show a whole state until then. */
static void refilled_in_the_middle_of_a_run(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 12; i++)
        centre_mark(f->c, SESSION, PERSON + i, 3);
    for (size_t cut = 60; !asked(f->s, "SELECT count(*) FROM stage"); cut += 10) {
        assert_true(cut < 2000);
        assert_int_not_equal(converse(f->s, f->c, cut), 1);
    }
    assert_int_equal(sam_held_refill(f->s, sam_held_find(f->s, GROUP_SCOPE)), 0);
    assert_int_equal(asked(f->s, "SELECT count(*) FROM stage"), 0);
    converse_all(f->s, f->c, 3);
    same_rows(f);
}

/* Part of a row comes, and the rest of it is not here: nothing is taken for the rest, whatever was read last, and the scope is filled
 * anew, though its count and its sum are right. */
static void a_part_without_its_rest(void **state)
{
    struct fixture *f = *state;
    static const uint8_t noise[] = {0xff, 0xff, 0xff};
    struct sam_held *h = &f->s->held.at[0];
    struct sam_row part;
    centre_mark(f->c, SESSION, PERSON, 3);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    sam_row_init(&part, SAM_ATTENDANCE);
    part.key.part[0] = SESSION;
    part.key.part[1] = PERSON;
    assert_int_equal(sam_replica_drop(f->s, h->slot, &part.key, &h->rows, &h->sum), 0);
    assert_int_equal(sam_held_save(f->s, h), 0);
    sam_row_set(&part, SAM_ATTENDANCE_minutes, 55);
    centre_row_new(f->c, GROUP_SCOPE, &part);
    sam_buf_clear(&f->s->plain);
    assert_int_equal(sam_buf_add(&f->s->plain, noise, sizeof noise), 0);
    unsigned fills = f->c->snap_gets;
    converse_all(f->s, f->c, 3);
    assert_int_equal(f->c->snap_gets, fills + 1);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 3);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).minutes, 55);
}

static void scopes_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct samling_group *g;
    size_t n;
    centre_group(f->c, OTHER_SCOPE, 5);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
    assert_int_equal(samling_groups(f->s, &g, &n), 0);
    assert_int_equal(n, 2);
    samling_list_free(g);
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(ops_shown(f->s), 1);
    f->c->scope_count = 1; /* the new one stays, the first one goes: */
    f->c->scope[0] = OTHER_SCOPE;
    f->c->since[0] = f->c->since[1];
    f->c->scopes_csn = ++f->c->csn;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
    assert_int_equal(f->c->op_count, 1);
    assert_int_equal(ops_shown(f->s), 0); /* an op that stayed so would never be let go of */
    struct samling_line *l;
    assert_int_equal(samling_sheet(f->s, SESSION, &l, &n), SAMLING_ENOTFOUND);
    /* given again: it is filled again, though the device held it before */
    f->c->scope[1] = GROUP_SCOPE;
    f->c->since[1] = f->c->scopes_csn = ++f->c->csn;
    f->c->scope_count = 2;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
}

static void window_moves(void **state)
{
    struct fixture *f = *state;
    centre_mark(f->c, SESSION, PERSON, 1);
    centre_mark(f->c, SESSION_2, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    f->c->window_day = 19680;
    for (unsigned i = 0; i < f->c->row_count; i++)
        if (f->c->row[i].key.part[0] == SESSION && f->c->row[i].key.entity <= SAM_SESSION) {
            f->c->row[i] = f->c->row[--f->c->row_count];
            i--;
        }
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_false(f->c->pull.verify);
    same_rows(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(join_and_fill, setup, teardown),
        cmocka_unit_test_setup_teardown(marks_arrive, setup, teardown),
        cmocka_unit_test_setup_teardown(newer_entities, setup, teardown),
        cmocka_unit_test_setup_teardown(own_writes_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(cuts_on_the_way_up, setup, teardown),
        cmocka_unit_test_setup_teardown(many_ops, setup, teardown),
        cmocka_unit_test_setup_teardown(cuts_in_a_fill, setup, teardown),
        cmocka_unit_test_setup_teardown(cuts_in_a_run, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_sum, setup, teardown),
        cmocka_unit_test_setup_teardown(refilled_in_the_middle_of_a_run, setup, teardown),
        cmocka_unit_test_setup_teardown(a_part_without_its_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(scopes_come_and_go, setup, teardown),
        cmocka_unit_test_setup_teardown(window_moves, setup, teardown),
        cmocka_unit_test_setup_teardown(upgraded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
