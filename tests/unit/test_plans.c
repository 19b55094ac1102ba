/* Goal: no statement behind a page of the console walks through a table that grows with every mark, change or look: a page of a busy centre
 * costs what it shows. And a statement that was left in the middle does not keep the reader in the past. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/store/store_int.h"
#include "tests/lib/clinic.h"

#include <stdio.h>
#include <string.h>

/* Statements of pages, and what each may walk through from end to end, by the names that it has there: tables that are small (groups, units, tablets,
 * open cases) or made in the statement itself. A page that brings a statement along adds a line. */
static const struct {
    enum store_stmt stmt;
    const char *name, *may;
} statements[] = {
#define PAGE(name, may)         \
    {                           \
        STMT_##name, #name, may \
    }
    /* overview */
    PAGE(CLINICS, " o c v "),
    PAGE(CLINIC_DEVICES, " device "),
    PAGE(CLINIC_GROUPS, " g "),
    PAGE(CASES_OPEN, " conflict_case verdict "),
    /* attendance */
    PAGE(GROUP_LINES, ""),
    PAGE(GROUP_LINE, ""),
    PAGE(GROUP_STAFF, ""),
    PAGE(GROUP_CLINICS, " g o "),
    PAGE(TURNOUT_SUM, ""),
    PAGE(TURNOUT_GET, ""),
    PAGE(TURNOUT_SESSION, ""),
    PAGE(TURNOUT_ENROLLED, ""),
    PAGE(TURNOUT_MARKED, ""),
    PAGE(TURNOUT_OF_GROUP, ""),
    PAGE(SHEET_SESSIONS, ""),
    PAGE(SHEET_PEOPLE, " w "),
    PAGE(SHEET_MARKS, ""),
    /* figures */
    PAGE(FIGURE_GET, ""),
    PAGE(FIGURE_BEFORE, ""),
    PAGE(FIGURE_SESSIONS, ""),
    PAGE(FIGURE_NOW, " g "),
    /* what all of them ask */
    PAGE(CASE_FIND, ""),
    PAGE(CASE_GET, ""),
    PAGE(CASE_OP_NEXT, ""),
    PAGE(MEMBER_GET, ""),
    PAGE(VERDICT_GET, ""),
    PAGE(DEVICE_GET, ""),
    PAGE(PUSH_NEXT, ""),
    PAGE(PUSH_ABOUT, ""),
#undef PAGE
};

/* The first table that the statement walks through and may not; "": none. */
static void walks(sqlite3 *db, const char *sql, const char *may, char *out, size_t size)
{
    sqlite3_stmt *q;
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", sql);
    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &q, NULL), SQLITE_OK);
    out[0] = 0;
    while (sqlite3_step(q) == SQLITE_ROW && !out[0]) {
        const char *detail = (const char *)sqlite3_column_text(q, 3);
        char table[64], word[68];
        if (sscanf(detail, "SCAN %63s", table) != 1 || strcmp(table, "CONSTANT") == 0)
            continue;
        snprintf(word, sizeof word, " %s ", table);
        if (!strstr(may, word))
            snprintf(out, size, "%s", detail);
    }
    sqlite3_finalize(q);
    sqlite3_free(explain);
}

static void no_page_walks_through_what_grows(void **state)
{
    struct clinic *k = *state;
    struct store *st = clinic_store(k);
    char found[256];
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        walks(st->db, sqlite3_sql(store_q(st, statements[i].stmt)), statements[i].may, found, sizeof found);
        if (found[0])
            fail_msg("%s: %s", statements[i].name, found);
    }
}

static void what_walks_is_found(void **state)
{
    struct clinic *k = *state;
    char found[256];
    walks(clinic_store(k)->db, "SELECT count(*) FROM attendance a WHERE presence = 1", " s ", found, sizeof found);
    assert_string_equal(found, "SCAN a");
    walks(clinic_store(k)->db, "SELECT id FROM session s WHERE s.day = 7 AND s.dead = 0", "", found, sizeof found);
    assert_non_null(strstr(found, "SCAN s"));
    walks(clinic_store(k)->db, "SELECT count(*) FROM session s, attendance a WHERE a.session = s.id AND s.group_id = 5",
          "", found, sizeof found);
    assert_string_equal(found, "");
}

static uint64_t marks(struct store *st)
{
    uint64_t count;
    assert_int_equal(store_snapshot_begin(st), 0);
    struct store_figures f;
    assert_int_equal(store_figures(st, &f), 0);
    count = f.attendance;
    store_snapshot_end(st);
    return count;
}

static void a_statement_left_in_the_middle_keeps_nobody_in_the_past(void **state)
{
    struct clinic *k = *state;
    struct store *reader;
    assert_int_equal(store_reader_open(&reader, k->centre.path), 0);
    uint64_t before = marks(reader);
    assert_int_equal(store_snapshot_begin(reader), 0);
    assert_int_equal(store_step(reader, store_q(reader, STMT_CLINICS)), 1);
    store_snapshot_end(reader);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, clinic_csn(k)));
    assert_int_equal(marks(reader), before + 1);
    store_close(reader);
}

/* They are prepared when they are first asked for; none may turn out to be wrong on that day. */
static void every_statement_can_be_prepared(void **state)
{
    struct clinic *k = *state;
    struct store *st = clinic_store(k);
    const struct sam_entity_def *def;
    for (unsigned i = 0; i < STMT_COUNT; i++)
        assert_non_null(store_q(st, (enum store_stmt)i));
    for (unsigned i = 0; (def = sam_entity_at(i)); i++) {
        const bool is[ENTITY_STMT_COUNT] = {
            [ENTITY_GET] = true,
            [ENTITY_ADD] = true,
            [ENTITY_SET] = true,
            [ENTITY_EACH] = true,
            [ENTITY_FEED] = !sam_entity_roams(def) && def->scope != SAM_SCOPE_NONE,
            [ENTITY_HUNG] = sam_entity_hangs(def) >= 0,
            [ENTITY_HUNG_HERE] = def->scope == SAM_SCOPE_SESSION,
            [ENTITY_HUNG_OUT] = def->scope == SAM_SCOPE_SESSION,
            [ENTITY_OF_PERSON] = sam_entity_shared(def) >= 0,
        };
        for (unsigned n = 0; n < ENTITY_STMT_COUNT; n++)
            if (is[n])
                assert_non_null(store_entity_q(st, def->tag, (enum store_entity_stmt)n));
    }
}

static void one_that_cannot_be_prepared_is_an_error_and_is_tried_again(void **state)
{
    struct clinic *k = *state;
    struct store *st;
    struct store_figures f;
    struct sam_key key = clinic_key(k, k->session, 0);
    struct store_row row;
    assert_int_equal(store_reader_open(&st, k->centre.path), 0);
    int room = sqlite3_limit(st->db, SQLITE_LIMIT_SQL_LENGTH, 40);
    assert_int_equal(store_figures(st, &f), SAM_ETOOBIG);
    assert_int_equal(store_row_get(st, &key, &row), SAM_ETOOBIG);
    assert_int_equal(store_snapshot_begin(st), 0); /* those of transactions are there */
    store_snapshot_end(st);
    sqlite3_limit(st->db, SQLITE_LIMIT_SQL_LENGTH, room);
    assert_int_equal(store_figures(st, &f), 0);
    assert_int_equal(store_row_get(st, &key, &row), 0);
    store_close(st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_page_walks_through_what_grows, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_walks_is_found, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(every_statement_can_be_prepared, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(one_that_cannot_be_prepared_is_an_error_and_is_tried_again, clinic_setup,
                                        clinic_teardown),
        cmocka_unit_test_setup_teardown(a_statement_left_in_the_middle_keeps_nobody_in_the_past, clinic_setup,
                                        clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
