/* Goal: a spreadsheet of persons costs what is in it and one walk through the groups that are there, not one walk for each group that it
 * names: a country's centre has 29 000 groups and each clinic's sheet names dozens. And the groups that it meets are the right ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/admin/verbs.h"
#include "server/store/store_int.h"
#include "tests/lib/clinic.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { OTHERS = 300, NAMED = 40, SHEET_BYTES = 4096 };

static uint64_t run; /* statements that were started */

static int count_cb(unsigned what, void *ctx, void *q, void *sql)
{
    (void)what, (void)ctx, (void)q, (void)sql;
    run++;
    return 0;
}

/* The exit code of participant import; ${run}: the statements that it took. */
static int import(struct clinic *k, const char *sheet, char *said, size_t size)
{
    const char *argv[] = {"participant", "import", sheet, "--save", "--clinic", "Mo i Rana", "--make-groups", "--json"};
    static struct home home;
    struct verb_context v;
    assert_int_equal(home_set(&home, k->centre.folder, NULL, NULL), 0);
    assert_int_equal(verb_open(&v, &home, SAM_LANG_EN, (int)(sizeof argv / sizeof argv[0]), argv), VERB_OK);
    assert_int_equal(verb_csv_prepare(&v), VERB_OK);
    assert_int_equal(intake_begin(k->centre.in), 0);
    v.has_uid = true;
    v.uid = getuid();
    run = 0;
    sqlite3_trace_v2(intake_store(k->centre.in)->db, SQLITE_TRACE_STMT, count_cb, NULL);
    int code = verb_run(&v, k->centre.in);
    sqlite3_trace_v2(intake_store(k->centre.in)->db, 0, NULL, NULL);
    struct sam_span out = sam_buf_peek(&v.report.out);
    snprintf(said, size, "%.*s", code == VERB_OK ? (int)out.len : (int)strlen(v.error),
             code == VERB_OK ? (const char *)out.ptr : v.error);
    if (code == VERB_OK)
        assert_int_equal(intake_commit(k->centre.in), 0);
    else
        intake_rollback(k->centre.in);
    code = code == VERB_OK ? v.exit_code : code;
    verb_close(&v);
    return code;
}

/* A group with ${code} as code and ${name} as name. */
static void group(struct clinic *k, uint64_t org, const char *code, const char *name)
{
    struct sam_op op = clinic_op(k, SAM_GROUP, SAM_OP_CREATE, 0);
    sam_row_set_text(&op.row, SAM_GROUP_code, code, strlen(code));
    sam_row_set_text(&op.row, SAM_GROUP_name, name, strlen(name));
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)org);
    clinic_say(k, op);
}

static void sheet_make(char out[SHEET_BYTES], unsigned from)
{
    size_t n = (size_t)snprintf(out, SHEET_BYTES, "Name;Group\n");
    for (unsigned i = 0; i < NAMED; i++)
        n += (size_t)snprintf(out + n, SHEET_BYTES - n, "Person %u;Group %u\n", i, from + i);
}

static void walks_once(void **state)
{
    struct clinic *k = *state;
    char sheet[SHEET_BYTES], said[1 << 14], code[32];
    sheet_make(sheet, 0);
    if (import(k, sheet, said, sizeof said) != 0)
        fail_msg("%s", said);
    uint64_t alone = run;
    for (unsigned i = 0; i < OTHERS; i++) {
        snprintf(code, sizeof code, "other %u", i);
        group(k, k->org, code, code);
    }
    sheet_make(sheet, NAMED);
    assert_int_equal(import(k, sheet, said, sizeof said), 0);
    if (run > alone + 4 * (OTHERS + NAMED))
        fail_msg("%u groups of other clinics made %llu statements out of %llu", OTHERS, (unsigned long long)run,
                 (unsigned long long)alone);
}

/* By number, code or name, letters of either case; only the clinic's own; two of one name are refused. */
static void meets(void **state)
{
    struct clinic *k = *state;
    char sheet[SHEET_BYTES], said[1 << 14];
    group(k, k->far_org, "M1", "Morning");
    group(k, k->far_org, "E1", "Evening");
    group(k, k->far_org, "E2", "Evening");
    group(k, k->org, "N1", "Night");
    snprintf(sheet, sizeof sheet, "Name;Group\nA;m1\nB;MORNING\nC;Night\nD;%llu\n", (unsigned long long)k->far_group);
    assert_int_equal(import(k, sheet, said, sizeof said), 0);
    assert_non_null(strstr(said, "\"persons\": 4"));
    assert_non_null(strstr(said, "\"groups_made\": 1"));
    assert_int_equal(import(k, "Name;Group\nE;Evening\n", said, sizeof said), 1);
    assert_non_null(strstr(said, "\"refused_count\": 1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(walks_once, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(meets, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
