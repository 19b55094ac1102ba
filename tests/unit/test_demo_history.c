/* Goal: a demo's history is one that a centre could have lived through. The same seed says the same, op by op; nothing is put
 * aside; every op came after it was said, by a tablet that had seen what it names; people come, train harder, stay away and
 * finish in believable shares; a new user finds something to decide; and the whole verifies and rebuilds to itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/demo_history.h"
#include "server/store/store_int.h"
#include "tests/lib/centre.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { UNTIL = 20542, DAY_S = 86400 }; /* 2026-03-30, a Monday after a winter */

static const struct demo_choice small = {
    .seed = 7, .clinics = 3, .groups = 15, .participants = 75, .days = 200, .until = UNTIL};

struct played {
    struct centre centre;
    struct home home;
    struct verb_context v;
};

static void play(struct played *p, const struct demo_choice *choice)
{
    memset(&p->home, 0, sizeof p->home);
    memset(&p->v, 0, sizeof p->v);
    centre_open(&p->centre, demo_history_start(choice));
    p->v.home = &p->home;
    p->v.in = p->centre.in;
    p->v.st = intake_store(p->centre.in);
    report_init(&p->v.report, SAM_LANG_EN, true);
    assert_int_equal(demo_history_make(&p->v, choice, p->centre.config.now_ctx), VERB_OK);
    assert_int_equal(report_end(&p->v.report), 0);
}

static void play_end(struct played *p)
{
    report_fini(&p->v.report);
    centre_close(&p->centre);
}

static int64_t number(struct played *p, const char *sql)
{
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_prepare_v2(p->v.st->db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* ---- the same seed */

/* The centre mints in a block that is drawn once; what lies within the block is the demo's own. */
static uint64_t within(uint64_t id)
{
    return sam_id_device_no(id) == SAM_DEVICE_NO_CONSOLE ? id & 0xffff : id;
}

static size_t op_text(const struct intake_op *o, char *out, size_t size)
{
    const struct sam_entity_def *def = sam_entity_find(o->op.row.key.entity);
    int n = snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %u %s u%" PRIu64 " t%" PRId64 "%+d b%" PRIu64 " c%x",
                     o->device_no, o->seq, o->op.kind, def->table, within(o->op.user), o->op.claimed_s,
                     o->op.utc_offset_min, o->op.base_csn, o->op.clear);
    for (unsigned i = 0; i < def->key_count; i++)
        n += snprintf(out + n, size - (size_t)n, " %" PRIu64, within(o->op.row.key.part[i]));
    for (unsigned i = 0; i < def->field_count; i++) {
        const struct sam_val *val = &o->op.row.val[i];
        if (!sam_row_has(&o->op.row, i))
            continue;
        if (def->field[i].type == SAM_TYPE_TEXT)
            n += snprintf(out + n, size - (size_t)n, " %s=%.*s", def->field[i].column, (int)val->text.len,
                          (const char *)val->text.ptr);
        else
            n += snprintf(out + n, size - (size_t)n, " %s=%" PRId64, def->field[i].column,
                          def->field[i].ref ? (int64_t)within((uint64_t)val->num) : val->num);
    }
    assert_true((size_t)n < size);
    return (size_t)n;
}

/* All ops by csn, without times of receipt, keys and proofs. Returns how many. */
static uint64_t digest(struct played *p, uint8_t out[SAM_HASH_BYTES])
{
    uint64_t last = store_csn(p->v.st);
    memset(out, 0, SAM_HASH_BYTES);
    for (uint64_t csn = 1; csn <= last; csn++) {
        char text[1024];
        struct intake_op o;
        assert_int_equal(intake_op_at(p->v.in, csn, &o), 0);
        assert_true(o.readable);
        size_t n = op_text(&o, text, sizeof text);
        assert_int_equal(sam_sha256_2(out, SAM_HASH_BYTES, text, n, out), 0);
        intake_op_fini(&o);
    }
    return last;
}

static void the_same_seed_says_the_same(void **state)
{
    (void)state;
    struct demo_choice other = small;
    struct played p;
    uint8_t one[SAM_HASH_BYTES], two[SAM_HASH_BYTES], three[SAM_HASH_BYTES];
    other.seed = 8;
    play(&p, &small);
    uint64_t ops = digest(&p, one);
    play_end(&p);
    play(&p, &small);
    assert_int_equal(digest(&p, two), ops);
    play_end(&p);
    play(&p, &other);
    digest(&p, three);
    play_end(&p);
    assert_true(ops > 4000);
    assert_memory_equal(one, two, sizeof one);
    assert_memory_not_equal(one, three, sizeof one);
}

/* ---- what comes of it */

static void wrong(void *ctx, const char *line)
{
    (void)ctx;
    print_error("%s\n", line);
}

static void it_verifies_and_rebuilds(void **state)
{
    struct played *p = *state;
    struct intake_found found = {.wrong = wrong};
    struct intake_verified verified;
    struct intake_rebuilt rebuilt;
    assert_int_equal(intake_begin(p->v.in), 0);
    assert_int_equal(intake_verify(p->v.in, &found, NULL, &verified), 0);
    assert_int_equal(verified.wrong, 0);
    assert_int_equal(verified.ops, store_csn(p->v.st));
    assert_int_equal(intake_rebuild(p->v.in, &found, &rebuilt), 0);
    assert_int_equal(rebuilt.changed, 0);
    intake_rollback(p->v.in);
}

static void all_of_it_was_taken_in(void **state)
{
    struct played *p = *state;
    assert_int_equal(number(p, "SELECT count(*) FROM verdict WHERE kind IN (5, 6, 7)"), 0); /* put aside, held, lost */
    assert_int_equal(number(p, "SELECT count(DISTINCT device_no) FROM push WHERE device_no > 1"), 6);
    assert_int_equal(number(p, "SELECT count(*) FROM device WHERE device_no > 1 AND state = 3"), 6);
    assert_int_equal(number(p, "SELECT count(*) FROM org_unit"), 3);
    assert_int_equal(number(p, "SELECT count(*) FROM groups"), 15);
    assert_int_equal(number(p, "SELECT count(*) FROM participant WHERE provisional IS NULL"), 75);
}

/* Received in the order of csns, on the day that is told, never before it was said. */
static void times_go_forward(void **state)
{
    struct played *p = *state;
    int64_t before = 0;
    assert_int_equal(number(p, "SELECT min(received_s) / 86400 FROM push"), UNTIL - (int64_t)small.days);
    for (uint64_t csn = 1; csn <= store_csn(p->v.st); csn++) {
        struct intake_op o;
        assert_int_equal(intake_op_at(p->v.in, csn, &o), 0);
        assert_true(o.received_s >= before && o.received_s <= (int64_t)UNTIL * DAY_S);
        assert_true(o.op.claimed_s <= o.received_s);
        assert_true(o.op.base_csn < csn);
        before = o.received_s;
        intake_op_fini(&o);
    }
}

/* The window moved with the days: what is older than twelve weeks is in no scope, what is younger is. */
static void the_window_is_todays(void **state)
{
    struct played *p = *state;
    char sql[160];
    assert_int_equal(number(p, "SELECT value FROM meta WHERE name = 'window_day'"), UNTIL - SAM_WINDOW_BACK_DAYS);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM session WHERE (scope > 0) != (day >= %d)",
             UNTIL - SAM_WINDOW_BACK_DAYS);
    assert_int_equal(number(p, sql), 0);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM session WHERE day < %d", UNTIL - SAM_WINDOW_BACK_DAYS);
    assert_true(number(p, sql) > 50);
    snprintf(sql, sizeof sql, "SELECT max(day) - %d FROM session", UNTIL);
    assert_in_range(number(p, sql), SAM_WINDOW_AHEAD_DAYS - 7, SAM_WINDOW_AHEAD_DAYS);
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM attendance a JOIN session s ON s.id = a.session WHERE s.day >= %d OR s.status = 0",
             UNTIL);
    assert_int_equal(number(p, sql), 0); /* today is ahead */
    snprintf(sql, sizeof sql, "SELECT count(*) FROM session WHERE status = 1 AND day >= %d", UNTIL - 7);
    assert_true(number(p, sql) > 5); /* last week is not */
}

static void shares_are_believable(void **state)
{
    struct played *p = *state;
    int64_t marks = number(p, "SELECT count(*) FROM attendance WHERE dead <= 0 AND presence > 0");
    int64_t present = number(p, "SELECT count(*) FROM attendance WHERE dead <= 0 AND presence = 1");
    assert_in_range(present * 100 / marks, 72, 88);
    assert_true(number(p, "SELECT count(*) FROM attendance WHERE presence = 2") > 20);
    assert_true(number(p, "SELECT count(*) FROM attendance WHERE presence = 3") > 10);
    assert_true(number(p, "SELECT count(*) FROM attendance WHERE late = 1") > 10);
    assert_true(number(p, "SELECT count(DISTINCT status) FROM enrolment") >= 6);
    assert_true(number(p, "SELECT count(*) FROM enrolment WHERE status = 6 AND end_day > 0") > 0); /* broke off */
    assert_true(number(p, "SELECT count(*) FROM session WHERE status = 2 AND reason = 1") > 0);    /* snow */
    assert_true(number(p, "SELECT count(*) FROM consent WHERE state = 1") > 50);
    assert_int_equal(number(p,
                            "SELECT count(*) FROM attendance a JOIN session s ON s.id = a.session JOIN enrolment e ON "
                            "e.group_id = s.group_id AND e.participant = a.participant WHERE s.day < e.start_day"),
                     0);
}

/* Set by set somebody lifts more at the end than at the start; scores change for the better, but not everybody's. */
#define LOADS(which)                                                                                                   \
    "SELECT count(*) FROM (SELECT e.participant, max(CASE WHEN s.day - f.day < 14 THEN e.load_hg END) a, "             \
    "max(CASE WHEN s.day - f.day > 42 THEN e.load_hg END) b FROM exercise_set e JOIN session s ON s.id = e.session "   \
    "JOIN (SELECT e.participant w, min(s.day) day FROM exercise_set e JOIN session s ON s.id = e.session GROUP BY 1) " \
    "f "                                                                                                               \
    "ON f.w = e.participant WHERE e.exercise < 14 GROUP BY 1) WHERE " which
static void they_get_on(void **state)
{
    struct played *p = *state;
    int64_t falls = number(p, LOADS("b <= a")), rises = number(p, LOADS("b > a"));
    assert_int_equal(falls, 0);
    assert_true(rises > 15);
    int64_t better =
        number(p, "SELECT count(*) FROM score_response a JOIN score_response b USING (participant, instrument) "
                  "WHERE instrument = 4 AND a.occasion = 0 AND b.occasion = 2 AND CAST(b.answers AS INT) > "
                  "CAST(a.answers AS INT)");
    int64_t both =
        number(p, "SELECT count(*) FROM score_response a JOIN score_response b USING (participant, instrument) "
                  "WHERE instrument = 4 AND a.occasion = 0 AND b.occasion = 2");
    assert_true(both >= 10 && better > both / 2 && better < both);
    assert_int_equal(number(p, "SELECT count(*) FROM score WHERE why != 0"), 0);
}

static void somebody_has_to_decide(void **state)
{
    struct played *p = *state;
    assert_true(number(p, "SELECT count(*) FROM conflict_case WHERE open = 0") >= 1);
    assert_int_equal(number(p, "SELECT count(*) FROM conflict_case WHERE open = 1 AND rule = 5"),
                     1); /* the walk-in pair */
    assert_true(
        number(p, "SELECT count(*) FROM conflict_case WHERE open = 1 AND rule = 0 AND entity = 8 AND unit = 0") >= 1);
    assert_true(
        number(p, "SELECT count(*) FROM conflict_case WHERE open = 1 AND rule = 0 AND entity = 8 AND unit = 1") >= 1);
    assert_int_equal(number(p, "SELECT device_no FROM device WHERE waiting > 0"),
                     7); /* the last clinic's second tablet */
    assert_in_range(number(p, "SELECT 20542 - last_seen_s / 86400 FROM device WHERE device_no = 7"), 38, 45);
}

static int setup(void **state)
{
    static struct played p;
    play(&p, &small);
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    play_end(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_verifies_and_rebuilds), cmocka_unit_test(all_of_it_was_taken_in),
        cmocka_unit_test(times_go_forward),         cmocka_unit_test(the_window_is_todays),
        cmocka_unit_test(shares_are_believable),    cmocka_unit_test(they_get_on),
        cmocka_unit_test(somebody_has_to_decide),
    };
    const struct CMUnitTest twice[] = {cmocka_unit_test(the_same_seed_says_the_same)};
    int failed = cmocka_run_group_tests_name("a history", tests, setup, teardown);
    return failed + cmocka_run_group_tests_name("the same seed", twice, NULL, NULL);
}
