/* Goal: a figure that was frozen stays what it was, whatever comes later, is rebuilt or restored; held against what stands now it names each
 * session that differs, and exactly what was said of it since: marks that come weeks late, a case and its decision, links and their end,
 * enrolments, sessions that are cancelled or new, what was put aside and taken in, and that somebody was erased. What had been counted and
 * comes again after a restore is no news. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/intake/figure.h"
#include "server/store/store_int.h"
#include "tests/lib/clinic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CANCELLED = 2, ATTENDING = 4, LATER_S = 30 * 86400, STATEMENT_BYTES = 200 };

static struct figure_compared *out;

static int compared_setup(void **state)
{
    (void)state;
    out = malloc(sizeof *out);
    return out ? 0 : -1;
}

static int compared_teardown(void **state)
{
    (void)state;
    free(out);
    return 0;
}

/* ---- words */

static struct store_figure of_clinic(const struct clinic *k)
{
    return (struct store_figure){
        .org = k->org, .first_day = CLINIC_DAY - 20, .last_day = CLINIC_DAY + 20, .title = "Tertial 1"};
}

static uint64_t freeze_of(struct clinic *k, struct store_figure f)
{
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(figure_freeze(k->centre.in, "uid=7", &f), 0);
    assert_int_equal(intake_commit(k->centre.in), 0);
    return f.no;
}

static uint64_t freeze(struct clinic *k)
{
    return freeze_of(k, of_clinic(k));
}

static struct store_figure figure(struct clinic *k, uint64_t no)
{
    struct store_figure f;
    assert_int_equal(store_figure_get(clinic_store(k), no, &f), 0);
    return f;
}

static void compare(struct clinic *k, uint64_t no)
{
    struct store_figure f = figure(k, no);
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(figure_compare(clinic_store(k), intake_now_s(k->centre.in), &f, out), 0);
    intake_rollback(k->centre.in);
}

static uint64_t mark(struct clinic *k, struct centre_tablet *t, unsigned person, int presence, uint64_t base)
{
    return clinic_push(k, t, clinic_mark(k, k->session, person, presence, base));
}

static uint64_t link_to(struct clinic *k, unsigned loser, uint64_t winner)
{
    struct sam_op op = clinic_op(k, SAM_LINK, SAM_OP_SET, clinic_csn(k));
    op.row.key.part[0] = k->person[loser];
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)winner);
    return clinic_say(k, op);
}

static void said_is(unsigned i, enum figure_said_kind kind, uint64_t csn, uint64_t device_no)
{
    assert_true(i < out->said);
    assert_int_equal(out->at[i].kind, kind);
    assert_int_equal(out->at[i].csn, csn);
    assert_int_equal(out->at[i].device_no, device_no);
}

/* The whole of both tables, as text. */
static char *facts(struct clinic *k)
{
    static const char sql[] =
        "SELECT group_concat(r, x'0a') FROM (SELECT f.no || '|' || org || '|' || f.group_id || '|' || "
        "first_day || '|' || last_day || '|' || title || '|' || made_s || '|' || made_by || '|' || epoch "
        "|| '|' || csn || '|' || held || '|' || cancelled || '|' || unsaid || '|' || recorded || '|' || "
        "expected || '|' || known || '|' || f.present || '|' || f.no_show || '|' || withdrawn_s || '|' "
        "|| withdrawn_by || '|' || withdrawn_why || ifnull('|' || session || '|' || s.group_id || '|' || "
        "day || '|' || end_min || '|' || status || '|' || headcount || '|' || enrolled || '|' || unknown "
        "|| '|' || s.present || '|' || notified || '|' || s.no_show || '|' || not_expected, '') r FROM "
        "figure f LEFT JOIN figure_session s ON s.no = f.no ORDER BY f.no, session) ";
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(clinic_store(k)->db, sql, -1, &q, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    char *text = sqlite3_mprintf("%s", sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    return text;
}

static void facts_are(struct clinic *k, char *want)
{
    char *is = facts(k);
    assert_string_equal(is, want);
    sqlite3_free(is);
    sqlite3_free(want);
}

/* ---- what is counted */

static void the_sums_are_those_of_the_rules(void **state)
{
    struct clinic *k = *state;
    struct sam_op over = clinic_ad_hoc(k, NULL, k->group, CLINIC_DAY - 3),
                  off = clinic_ad_hoc(k, NULL, k->group, CLINIC_DAY - 2),
                  ahead = clinic_ad_hoc(k, NULL, k->group, CLINIC_DAY + 3),
                  out_of = clinic_ad_hoc(k, NULL, k->group, CLINIC_DAY - 30);
    clinic_say(k, over);
    clinic_say(k, off);
    clinic_say(k, ahead);
    clinic_say(k, out_of);
    clinic_say(k, clinic_status(k, off.row.key.part[0], CANCELLED, clinic_csn(k)));
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    mark(k, &k->a, 1, SAID_NO_SHOW, clinic_csn(k));
    mark(k, &k->a, 2, SAID_NOTIFIED, clinic_csn(k));
    const struct store_figure_sums s = figure(k, freeze(k)).sums;
    assert_int_equal(s.held, 1);
    assert_int_equal(s.cancelled, 1);
    assert_int_equal(s.unsaid, 1); /* over, and nobody said anything; what is ahead is not counted */
    assert_int_equal(s.recorded, 0);
    assert_int_equal(s.expected, CLINIC_PERSONS);
    assert_int_equal(s.known, 3);
    assert_int_equal(s.present, 1);
    assert_int_equal(s.no_show, 1);
    mark(k, &k->a, 3, SAID_PRESENT, clinic_csn(k));
    assert_int_equal(figure(k, freeze(k)).sums.recorded, 1);
}

static void only_the_clinic_or_the_group_that_is_asked(void **state)
{
    struct clinic *k = *state;
    struct store_figure f = of_clinic(k);
    clinic_say(k, clinic_ad_hoc(k, NULL, k->other_group, CLINIC_DAY - 1));
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    struct store_figure_sums s = figure(k, freeze(k)).sums;
    assert_int_equal(s.held + s.unsaid, 2);
    f.group = k->other_group;
    s = figure(k, freeze_of(k, f)).sums;
    assert_int_equal(s.held, 0);
    assert_int_equal(s.unsaid, 1);
    f.org = k->far_org; /* not a group of that clinic */
    s = figure(k, freeze_of(k, f)).sums;
    assert_int_equal(s.held + s.unsaid + s.cancelled, 0);
}

static void bounds_are_told(void **state)
{
    struct clinic *k = *state;
    struct store_figure f = of_clinic(k);
    assert_int_equal(intake_begin(k->centre.in), 0);
    f.last_day = f.first_day + FIGURE_DAYS_MAX;
    assert_int_equal(figure_freeze(k->centre.in, "uid=7", &f), SAM_ERANGE);
    f.last_day = f.first_day - 1;
    assert_int_equal(figure_freeze(k->centre.in, "uid=7", &f), SAM_ERANGE);
    f = of_clinic(k);
    for (unsigned i = 0; i <= FIGURE_SESSIONS_MAX; i++) {
        struct store_turnout t = {
            .session = 1000 + i, .group = k->group, .day = CLINIC_DAY - 1, .status = 1, .headcount = -1};
        assert_int_equal(store_turnout_put(clinic_store(k), &t), 0);
    }
    assert_int_equal(figure_freeze(k->centre.in, "uid=7", &f), SAM_ETOOBIG);
    assert_int_equal(store_figure_get(clinic_store(k), 1, &f), SAM_ENOTFOUND);
    intake_rollback(k->centre.in);
}

/* ---- what moved it */

static void nothing_moved(void **state)
{
    struct clinic *k = *state;
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    uint64_t no = freeze(k);
    compare(k, no);
    assert_int_equal(out->changes, 0);
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k)); /* said again: it stands as it did */
    compare(k, no);
    assert_int_equal(out->changes, 0);
    assert_int_equal(out->said, 0);
    assert_memory_equal(&out->then.sums, &out->now.sums, sizeof out->then.sums);
}

static void late_marks_are_named(void **state)
{
    struct clinic *k = *state;
    struct sam_op early = clinic_ad_hoc(k, NULL, k->group, CLINIC_DAY - 3);
    uint64_t seen = clinic_say(k, early);
    mark(k, &k->a, 0, SAID_PRESENT, seen);
    uint64_t no = freeze(k);
    centre_clock(&k->centre, CLINIC_NOW_S + LATER_S);
    uint64_t first = mark(k, &k->b, 1, SAID_NO_SHOW, seen);
    uint64_t second = clinic_push(k, &k->b, clinic_mark(k, early.row.key.part[0], 2, SAID_PRESENT, seen));
    clinic_push(k, &k->b, clinic_minutes(k, 0, 60, seen)); /* moves no figure */
    compare(k, no);
    assert_int_equal(out->changes, 2);
    assert_int_equal(out->change[0].now.session, early.row.key.part[0]); /* by day */
    assert_int_equal(out->change[1].then.no_show, 0);
    assert_int_equal(out->change[1].now.no_show, 1);
    assert_int_equal(out->said, 2);
    said_is(0, FIGURE_MARK, second, k->b.device_no);
    assert_int_equal(out->at[0].change, 0);
    said_is(1, FIGURE_MARK, first, k->b.device_no);
    assert_int_equal(out->at[1].person[0], k->person[1]);
    assert_int_equal(out->at[1].op.claimed_s, CLINIC_NOW_S);
    assert_int_equal(out->at[1].received_s, CLINIC_NOW_S + LATER_S);
    assert_int_equal(out->now.sums.held, 2);
    assert_int_equal(out->then.sums.held, 1);
    assert_int_equal(figure(k, no).sums.held, 1);
}

static void a_case_and_its_decision(void **state)
{
    struct clinic *k = *state;
    uint64_t seen = clinic_csn(k);
    mark(k, &k->a, 0, SAID_NO_SHOW, seen);
    uint64_t no = freeze(k);
    uint64_t other = mark(k, &k->b, 0, SAID_PRESENT, seen);
    struct sam_key key = clinic_key(k, k->session, 0);
    uint64_t case_no = clinic_case(k, &key, SAM_RULE_UNIT, 0).no;
    assert_true(case_no > 0);
    compare(k, no);
    assert_int_equal(out->said, 1);
    said_is(0, FIGURE_MARK, other, k->b.device_no);
    assert_int_equal(out->at[0].case_no, case_no);
    uint64_t decided = clinic_say(k, clinic_mark(k, k->session, 0, SAID_NOTIFIED, clinic_csn(k)));
    assert_int_equal(clinic_cases_open(k), 0);
    compare(k, no);
    assert_int_equal(out->said, 2);
    said_is(1, FIGURE_MARK, decided, SAM_DEVICE_NO_CONSOLE);
    assert_int_equal(out->at[0].case_no, case_no);
    assert_int_equal(out->at[1].case_no, case_no);
    assert_int_equal(out->change[0].now.notified, 1);
}

static void links_and_their_end(void **state)
{
    struct clinic *k = *state;
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    mark(k, &k->a, 1, SAID_NO_SHOW, clinic_csn(k));
    uint64_t no = freeze(k);
    uint64_t linked = link_to(k, 1, k->person[0]);
    compare(k, no);
    assert_int_equal(out->changes, 1);
    assert_int_equal(out->said, 1);
    said_is(0, FIGURE_LINK, linked, SAM_DEVICE_NO_CONSOLE);
    assert_int_equal(out->at[0].person[0], k->person[1]);
    assert_int_equal(out->at[0].person[1], k->person[0]);
    assert_int_equal(out->then.sums.no_show, 1);
    assert_int_equal(out->now.sums.no_show, 0);
    uint64_t parted = freeze(k);
    uint64_t unlinked = link_to(k, 1, 0);
    compare(k, no);
    assert_int_equal(out->changes, 0); /* it is what it was */
    compare(k, parted);
    assert_int_equal(out->said, 1);
    said_is(0, FIGURE_LINK, unlinked, SAM_DEVICE_NO_CONSOLE);
    assert_int_equal(out->at[0].person[1], 0);
}

static void sessions_and_enrolments(void **state)
{
    struct clinic *k = *state;
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    uint64_t no = freeze(k);
    struct sam_op more = clinic_ad_hoc(k, NULL, k->group, CLINIC_DAY - 3),
                  in = clinic_op(k, SAM_ENROLMENT, SAM_OP_SET, clinic_csn(k));
    uint64_t made = clinic_say(k, more);
    in.row.key = (struct sam_key){.entity = SAM_ENROLMENT, .part = {k->group, k->far_person}};
    sam_row_set(&in.row, SAM_ENROLMENT_status, ATTENDING);
    uint64_t enrolled = clinic_say(k, in);
    compare(k, no);
    assert_int_equal(out->changes, 2);
    assert_false(out->change[0].was);
    assert_int_equal(out->said, 3); /* the new one has both */
    said_is(0, FIGURE_SESSION, made, SAM_DEVICE_NO_CONSOLE);
    said_is(1, FIGURE_ENROLMENT, enrolled, SAM_DEVICE_NO_CONSOLE);
    said_is(2, FIGURE_ENROLMENT, enrolled, SAM_DEVICE_NO_CONSOLE);
    assert_int_equal(out->at[2].person[0], k->far_person);
    uint64_t then = freeze(k);
    uint64_t off = clinic_push(k, &k->a, clinic_status(k, k->session, CANCELLED, clinic_csn(k)));
    uint64_t gone = clinic_say(k, clinic_tombstone(k, more.row.key, clinic_csn(k)));
    compare(k, then);
    assert_int_equal(out->changes, 2);
    assert_false(out->change[0].is);
    assert_int_equal(out->said, 2);
    said_is(0, FIGURE_SESSION, gone, SAM_DEVICE_NO_CONSOLE);
    said_is(1, FIGURE_SESSION, off, k->a.device_no);
    assert_int_equal(out->change[1].now.status, CANCELLED);
}

static void what_was_put_aside_counts_when_it_is_taken_in(void **state)
{
    struct clinic *k = *state;
    uint64_t no = freeze(k);
    clinic_device_state(k, k->b.device_no, SAM_DEVICE_REVOKED);
    uint64_t aside = mark(k, &k->b, 0, SAID_PRESENT, clinic_csn(k));
    assert_int_equal(clinic_quarantined(k, k->b.device_no), 1);
    compare(k, no);
    assert_int_equal(out->changes, 0);
    uint64_t taken_in = clinic_decide(k, &k->b, k->b.seq, SAM_DECISION_TAKE_IN);
    compare(k, no);
    assert_int_equal(out->changes, 1);
    assert_int_equal(out->said, 1);
    said_is(0, FIGURE_MARK, taken_in, k->b.device_no);
    assert_int_equal(out->at[0].seq, k->b.seq);
    assert_true(out->at[0].retaken);
    assert_true(aside < taken_in);
}

static void who_is_erased_leaves_it_as_it_was(void **state)
{
    struct clinic *k = *state;
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    uint64_t no = freeze(k);
    mark(k, &k->a, 1, SAID_PRESENT, clinic_csn(k));
    char *before = facts(k);
    uint64_t ruling = clinic_rule(k, SAM_RULE_ERASE, k->person[0], k->person[0], SAM_DECISION_ERASE, clinic_csn(k));
    facts_are(k, before);
    compare(k, no);
    assert_int_equal(out->changes, 1);
    assert_int_equal(out->said, 2);
    assert_int_equal(out->at[0].person[0], k->person[1]);
    said_is(1, FIGURE_ERASED, ruling, SAM_DEVICE_NO_CONSOLE);
    assert_int_equal(out->at[1].person[0], 0);
    assert_int_equal(out->then.sums.present, 1);
    assert_int_equal(out->now.sums.present, 1);
}

/* ---- it stays */

static void withdrawn_it_stays(void **state)
{
    struct clinic *k = *state;
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    uint64_t no = freeze(k);
    struct figure_count *kept = malloc(sizeof *kept);
    assert_non_null(kept);
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(figure_withdraw(k->centre.in, "uid=8", no + 1, "wrong"), SAM_ENOTFOUND);
    assert_int_equal(figure_withdraw(k->centre.in, "uid=8", no, "wrong month"), 0);
    assert_int_equal(figure_withdraw(k->centre.in, "uid=8", no, "again"), SAM_ESTATE);
    assert_int_equal(intake_commit(k->centre.in), 0);
    struct store_figure f = figure(k, no);
    assert_int_equal(f.withdrawn_s, CLINIC_NOW_S);
    assert_string_equal(f.withdrawn_by, "uid=8");
    assert_string_equal(f.withdrawn_why, "wrong month");
    assert_string_equal(f.made_by, "uid=7");
    assert_int_equal(figure_kept(clinic_store(k), no, kept), 0);
    assert_memory_equal(&kept->sums, &f.sums, sizeof f.sums);
    assert_int_equal(freeze(k), no + 1);
    free(kept);
}

static void a_rebuild_leaves_it(void **state)
{
    struct clinic *k = *state;
    struct intake_rebuilt r;
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    freeze(k);
    char *before = facts(k);
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(intake_rebuild(k->centre.in, NULL, &r), 0);
    assert_int_equal(intake_commit(k->centre.in), 0);
    assert_int_equal(r.changed, 0);
    facts_are(k, before);
}

static void sessions_make(struct clinic *k, unsigned count)
{
    enum sam_reason reason;
    assert_int_equal(intake_begin(k->centre.in), 0);
    for (unsigned i = 0; i < count; i++) {
        struct sam_op op = clinic_ad_hoc(k, NULL, k->other_group, CLINIC_DAY - 15 + (int)(i % 15));
        assert_int_equal(intake_author(k->centre.in, &op, &reason), 0);
    }
    assert_int_equal(intake_commit(k->centre.in), 0);
}

static void the_journal_gives_it_back(void **state)
{
    struct clinic *k = *state;
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    uint64_t kept = freeze(k);
    sessions_make(k, 700); /* more than one record holds */
    centre_backup(&k->centre);
    struct centre_tablet a = k->a;
    struct sam_op again = clinic_mark(k, k->session, 1, SAID_NO_SHOW, clinic_csn(k));
    uint64_t epoch = intake_epoch(k->centre.in).id, csn = clinic_push(k, &k->a, again);
    uint64_t no = freeze(k);
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(figure_withdraw(k->centre.in, "uid=8", kept, "wrong month"), 0);
    assert_int_equal(intake_commit(k->centre.in), 0);
    char *before = facts(k);
    centre_restore(&k->centre);
    facts_are(k, before);
    assert_int_equal(clinic_presence(k, k->session, 1), -1);
    compare(k, no); /* the mark is not here again yet */
    assert_int_equal(out->changes, 1);
    assert_int_equal(out->said, 0);
    k->a = a;
    clinic_push_again(k, &k->a, again, epoch, csn);
    compare(k, no); /* it had been counted */
    assert_int_equal(out->changes, 0);
    uint64_t late = mark(k, &k->b, 1, SAID_PRESENT, 1);
    compare(k, no);
    assert_int_equal(out->changes, 1);
    assert_int_equal(out->said, 1);
    said_is(0, FIGURE_MARK, late, k->b.device_no);
}

/* The journal is gone: when the devices are confirmed, a new one gets what is here. */
static void a_new_journal_is_told_all(void **state)
{
    struct clinic *k = *state;
    char cmd[STATEMENT_BYTES];
    mark(k, &k->a, 0, SAID_PRESENT, clinic_csn(k));
    centre_backup(&k->centre);
    freeze(k);
    char *before = facts(k);
    centre_stop(&k->centre);
    snprintf(cmd, sizeof cmd, "rm -rf %s", k->centre.journal);
    assert_int_equal(system(cmd), 0);
    centre_start(&k->centre);
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(intake_confirm_devices(k->centre.in), 0);
    assert_int_equal(intake_commit(k->centre.in), 0);
    assert_int_equal(intake_begin(k->centre.in), 0); /* as the backup of another day would be */
    assert_int_equal(sqlite3_exec(clinic_store(k)->db,
                                  "DELETE FROM figure; DELETE FROM figure_session; UPDATE meta SET value = 1 WHERE "
                                  "name = 'journal_number'; UPDATE meta SET value = 0 WHERE name = 'journal_hash'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(store_commit(clinic_store(k)), 0);
    centre_restart(&k->centre);
    facts_are(k, before);
}

#define OF_A_CLINIC(test) cmocka_unit_test_setup_teardown(test, clinic_setup, clinic_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OF_A_CLINIC(the_sums_are_those_of_the_rules),
        OF_A_CLINIC(only_the_clinic_or_the_group_that_is_asked),
        OF_A_CLINIC(bounds_are_told),
        OF_A_CLINIC(nothing_moved),
        OF_A_CLINIC(late_marks_are_named),
        OF_A_CLINIC(a_case_and_its_decision),
        OF_A_CLINIC(links_and_their_end),
        OF_A_CLINIC(sessions_and_enrolments),
        OF_A_CLINIC(what_was_put_aside_counts_when_it_is_taken_in),
        OF_A_CLINIC(who_is_erased_leaves_it_as_it_was),
        OF_A_CLINIC(withdrawn_it_stays),
        OF_A_CLINIC(a_rebuild_leaves_it),
        OF_A_CLINIC(the_journal_gives_it_back),
        OF_A_CLINIC(a_new_journal_is_told_all),
    };
    return cmocka_run_group_tests(tests, compared_setup, compared_teardown);
}
