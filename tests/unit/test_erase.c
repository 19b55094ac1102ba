/* Goal: of a person who was erased nothing is left that was said, wherever it stood and whenever it comes; what was said of others is
 * what it was; every chain can still be checked; and a restore does not bring anything back. `test_erase SEED [COUNT]` plays other
 * mixed histories. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/intake/intake_int.h"
#include "server/store/erased.h"
#include "server/store/store_int.h"
#include "tests/lib/mixed.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long seed = 1, seeds = 3;
static const char marker[] = "Zebrafinken";

static struct clinic *of(void **state)
{
    return *state;
}

/* ---- words */

static uint64_t erase(struct clinic *k, uint64_t person)
{
    return clinic_rule(k, SAM_RULE_ERASE, person, person, SAM_DECISION_ERASE, clinic_csn(k));
}

static void text_set(struct sam_op *op, unsigned field, const char *text)
{
    sam_row_set_text(&op->row, field, (const uint8_t *)text, strlen(text));
}

static uint64_t named(struct clinic *k, uint64_t person)
{
    struct sam_op op = clinic_op(k, SAM_PARTICIPANT, SAM_OP_SET, clinic_csn(k));
    op.row.key.part[0] = person;
    text_set(&op, SAM_PARTICIPANT_name, marker);
    return clinic_say(k, op);
}

static struct sam_op note(struct clinic *k, const struct centre_tablet *t, uint64_t person)
{
    struct sam_op op = clinic_op(k, SAM_NOTE, SAM_OP_CREATE, clinic_csn(k));
    op.row.key.part[0] = sam_id_make(t->device_no, 7000 + ++k->ids);
    sam_row_set(&op.row, SAM_NOTE_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_NOTE_author, (int64_t)k->user);
    sam_row_set(&op.row, SAM_NOTE_day, CLINIC_DAY);
    text_set(&op, SAM_NOTE_text, marker);
    return op;
}

static uint64_t traces(struct clinic *k, uint64_t person)
{
    struct intake_trace t = {.person = {person}, .persons = 1};
    assert_int_equal(intake_trace(clinic_store(k), &t), 0);
    uint64_t count = t.count;
    intake_trace_fini(&t);
    return count;
}

/* In how many files of the folder do these bytes stand, in any? */
static unsigned files_with(const char *folder, const char *bytes)
{
    DIR *d = opendir(folder);
    const struct dirent *e;
    unsigned found = 0;
    assert_non_null(d);
    while ((e = readdir(d))) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "re");
        char *all = f ? calloc(1, 8 << 20) : NULL;
        size_t n = all ? fread(all, 1, 8 << 20, f) : 0;
        found += n > 0 && memmem(all, n, bytes, strlen(bytes)) != NULL;
        free(all);
        if (f)
            fclose(f);
    }
    closedir(d);
    return found;
}

static unsigned left(struct clinic *k)
{
    return files_with(k->centre.folder, marker) + files_with(k->centre.journal, marker);
}

static struct store_verdict late(struct clinic *k, uint64_t csn)
{
    struct store_verdict v = clinic_verdict(k, csn);
    assert_int_equal(v.kind, SAM_VERDICT_QUARANTINED);
    assert_int_equal(v.reason, SAM_REASON_ERASED);
    assert_true(v.closed);
    return v;
}

/* ---- one person, by hand */

static void nothing_that_was_said_is_left(void **state)
{
    struct clinic *k = of(state);
    uint64_t person = k->person[0];
    named(k, person);
    const struct sam_op several[] = {clinic_mark(k, k->session, 0, SAID_PRESENT, 1), note(k, &k->a, person),
                                     clinic_mark(k, k->session, 1, SAID_PRESENT, 1)};
    clinic_push_many(k, &k->a, several, 3);
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    assert_true(traces(k, person) >= 4);
    assert_true(left(k) >= 2); /* the store and the journal: or the check below could not fail */
    erase(k, person);
    assert_int_equal(traces(k, person), 0);
    assert_false(clinic_row(k, &key).exists);
    assert_int_equal(clinic_presence(k, k->session, 0), -1);
    assert_int_equal(clinic_presence(k, k->session, 1), SAID_PRESENT);
    assert_int_equal(left(k), 0);
    clinic_check(k);
    centre_restart(&k->centre);
    assert_int_equal(left(k), 0);
    clinic_check(k);
}

static void other_cases_keep_their_numbers(void **state)
{
    struct clinic *k = of(state);
    struct sam_key ours = clinic_key(k, k->session, 0), theirs = clinic_key(k, k->session, 1);
    struct sam_key last = clinic_key(k, k->session, 2);
    for (unsigned person = 0; person < 2; person++) {
        clinic_push(k, &k->a, clinic_mark(k, k->session, person, SAID_PRESENT, 1));
        clinic_push(k, &k->b, clinic_mark(k, k->session, person, SAID_NO_SHOW, 1));
    }
    uint64_t was = clinic_case(k, &theirs, SAM_RULE_UNIT, 0).no;
    assert_int_equal(was, clinic_case(k, &ours, SAM_RULE_UNIT, 0).no + 1);
    erase(k, k->person[0]);
    struct store_case c;
    assert_int_equal(store_case_find(clinic_store(k), &ours, 0, 0, &c), 0);
    assert_int_equal(c.no, 0);
    assert_int_equal(clinic_case(k, &theirs, SAM_RULE_UNIT, 0).no, was);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 2, SAID_PRESENT, 1));
    clinic_push(k, &k->b, clinic_mark(k, k->session, 2, SAID_NO_SHOW, 1));
    assert_int_equal(clinic_case(k, &last, SAM_RULE_UNIT, 0).no, was + 1);
    clinic_check(k);
}

static void its_authors_are_told(void **state)
{
    struct clinic *k = of(state);
    struct clinic_pulled *told = calloc(1, sizeof *told);
    assert_non_null(told);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, 1));
    clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_NO_SHOW, 1));
    uint64_t seq = k->b.seq, before = clinic_csn(k);
    clinic_pull(k, &k->b, before, told);
    uint64_t csn = erase(k, k->person[0]);
    clinic_pull(k, &k->b, before, told);
    assert_non_null(clinic_told(told, seq));
    assert_int_equal(clinic_told(told, seq)->reason, SAM_REASON_ERASED);
    struct store_scope s;
    assert_int_equal(store_scope_get(clinic_store(k), k->group, &s), 0);
    assert_int_equal(s.since_csn, csn); /* whoever holds the group fills it anew */
    assert_int_equal(store_scope_get(clinic_store(k), k->other_group, &s), 0);
    assert_true(s.since_csn < csn);
    free(told);
}

static void what_comes_late_is_not_kept(void **state)
{
    struct clinic *k = of(state);
    uint64_t person = k->person[0];
    struct sam_op first = note(k, &k->b, person), change = clinic_op(k, SAM_NOTE, SAM_OP_TOMBSTONE, 1);
    change.row.key = first.row.key;
    clinic_push(k, &k->b, first);
    erase(k, person);
    late(k, clinic_push(k, &k->a, note(k, &k->a, person)));
    late(k, clinic_push(k, &k->b, change)); /* it says whose only by the row's number */
    const struct sam_op mixed[] = {clinic_mark(k, k->session, 1, SAID_PRESENT, 1), note(k, &k->a, person),
                                   clinic_mark(k, k->session, 2, SAID_PRESENT, 1)};
    uint64_t csn = clinic_push_many(k, &k->a, mixed, 3);
    late(k, csn - 1);
    assert_int_equal(clinic_verdict(k, csn).kind, SAM_VERDICT_APPLIED);
    assert_int_equal(clinic_presence(k, k->session, 2), SAID_PRESENT);
    *k->centre.in->judging =
        (struct judging){k->a.device_no, k->a.seq + 1, 2, 1, true}; /* the judge died of it twice before */
    late(k, clinic_push(k, &k->a, note(k, &k->a, person)));
    clinic_device_state(k, k->d.device_no, SAM_DEVICE_REVOKED);
    late(k, clinic_push(k, &k->d, note(k, &k->d, person)));
    assert_int_equal(traces(k, person), 0);
    struct store_verdict waits;
    assert_int_equal(store_verdict_waits(clinic_store(k), 0, &waits), SAM_ENOTFOUND);
    assert_int_equal(store_checkpoint(clinic_store(k), true), 0);
    assert_int_equal(left(k), 0);
    clinic_check(k);
}

static void the_centre_says_nothing_of_them_either(void **state)
{
    struct clinic *k = of(state);
    struct sam_op op = clinic_op(k, SAM_LINK, SAM_OP_SET, clinic_csn(k));
    erase(k, k->person[0]);
    op.row.key.part[0] = k->person[0];
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)k->person[1]);
    assert_int_equal(clinic_refused(k, op), SAM_REASON_ERASED);
    op.row.key.part[0] = k->person[1];
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)k->person[0]);
    assert_int_equal(clinic_refused(k, op), SAM_REASON_ERASED);
    op = clinic_mark(k, k->session, 0, SAID_PRESENT, 1);
    assert_int_equal(clinic_refused(k, op), SAM_REASON_ERASED);
}

static void what_waited_is_gone_too(void **state)
{
    struct clinic *k = of(state);
    uint64_t person = k->person[0];
    clinic_device_state(k, k->d.device_no, SAM_DEVICE_REVOKED);
    clinic_push(k, &k->d, note(k, &k->d, person));
    assert_int_equal(clinic_quarantined(k, k->d.device_no), 1);
    clinic_decide(k, &k->d, k->d.seq, SAM_DECISION_LET_REST);
    erase(k, person);
    assert_int_equal(traces(k, person), 0);
    assert_int_equal(left(k), 0);
    clinic_check(k);
}

/* A walk-in who was found to be somebody: one person, two numbers. */
static void all_numbers_of_a_person(void **state)
{
    struct clinic *k = of(state);
    uint64_t root = k->person[0], other = k->person[1];
    struct sam_op op = clinic_op(k, SAM_LINK, SAM_OP_SET, clinic_csn(k));
    op.row.key.part[0] = other;
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)root);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, 1));
    clinic_push(k, &k->a, clinic_mark(k, k->session, 1, SAID_PRESENT, 1));
    clinic_say(k, op);
    named(k, other);
    erase(k, root);
    assert_true(traces(k, other) > 0); /* each number by itself: see what a restore does */
    erase(k, other);
    assert_int_equal(traces(k, root) + traces(k, other), 0);
    assert_int_equal(left(k), 0);
    late(k, clinic_push(k, &k->b, clinic_mark(k, k->session, 1, SAID_PRESENT, 1)));
    assert_int_equal(clinic_presence(k, k->session, 1), -1);
    clinic_check(k);
}

static void twice_is_once(void **state)
{
    struct clinic *k = of(state);
    uint64_t first = erase(k, k->person[0]), csn;
    erase(k, k->person[0]);
    assert_int_equal(store_erased_person(clinic_store(k), k->person[0], &csn), 0);
    assert_int_equal(csn, first);
    erase(k, k->person[1]); /* out of batches that have lost bytes already */
    assert_int_equal(traces(k, k->person[0]) + traces(k, k->person[1]), 0);
    clinic_check(k);
}

/* ---- a restore brings nothing back */

static void a_restore_erases_again(void **state)
{
    struct clinic *k = of(state);
    uint64_t person = k->person[0];
    named(k, person);
    clinic_push(k, &k->a, note(k, &k->a, person));
    centre_backup(&k->centre);
    struct centre_tablet a = k->a;
    named(k, person); /* said after the backup: it comes back without its words */
    struct sam_op again = note(k, &k->a, person);
    uint64_t epoch = intake_epoch(k->centre.in).id, csn = clinic_push(k, &k->a, again);
    erase(k, person);
    clinic_say(k, clinic_ad_hoc(k, NULL, k->group, CLINIC_DAY + 1));
    centre_restore(&k->centre);
    assert_int_equal(traces(k, person), 0);
    clinic_check(k);
    k->a = a; /* the tablet sends again what the backup did not hold */
    late(k, clinic_push_again(k, &k->a, again, epoch, csn));
    assert_int_equal(traces(k, person), 0);
    assert_int_equal(store_checkpoint(clinic_store(k), true), 0);
    assert_int_equal(files_with(k->centre.journal, marker), 0);
    clinic_check(k);
}

/* Two who had been one at the backup, and are not any more: who is erased is not the other one, though the op that parted them is gone. */
static void a_restore_erases_nobody_else(void **state)
{
    struct clinic *k = of(state);
    struct sam_key other = {.entity = SAM_PARTICIPANT, .part = {k->person[1]}};
    struct sam_op op = clinic_op(k, SAM_LINK, SAM_OP_SET, clinic_csn(k));
    op.row.key.part[0] = k->person[1];
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)k->person[0]);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 1, SAID_PRESENT, 1));
    clinic_say(k, op);
    centre_backup(&k->centre);
    op.base_csn = clinic_csn(k);
    sam_row_set(&op.row, SAM_LINK_winner, 0);
    clinic_say(k, op);
    erase(k, k->person[0]);
    assert_true(clinic_row(k, &other).exists);
    centre_restore(&k->centre);
    assert_true(clinic_row(k, &other).exists);
    assert_int_equal(clinic_presence(k, k->session, 1), SAID_PRESENT);
    assert_int_equal(traces(k, k->person[0]), 0);
    clinic_check(k);
}

/* The process ended between the commit and the journal. */
static void a_journal_that_was_left_is_emptied_at_the_next_start(void **state)
{
    struct clinic *k = of(state);
    named(k, k->person[0]);
    erase(k, k->person[0]);
    named(k, k->person[1]);
    assert_int_equal(files_with(k->centre.journal, marker), 1);
    assert_int_equal(store_begin(clinic_store(k)), 0); /* as if it were erased in the store alone */
    assert_int_equal(store_erased_person_add(clinic_store(k), k->person[1], clinic_csn(k)), 0);
    assert_int_equal(store_meta_num_set(clinic_store(k), "journal_blank", 1), 0);
    assert_int_equal(store_commit(clinic_store(k)), 0);
    centre_stop(&k->centre);
    centre_start(&k->centre);
    assert_int_equal(files_with(k->centre.journal, marker), 0);
    assert_int_equal(store_meta_num(clinic_store(k), "journal_blank", 9), 0);
    char sql[96];
    snprintf(sql, sizeof sql, "DELETE FROM erased_person WHERE participant = %llu", (unsigned long long)k->person[1]);
    assert_int_equal(sqlite3_exec(clinic_store(k)->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* ---- what was taken away cannot be forged */

struct wrongs {
    unsigned facts, strays, other;
};

static void wrong_note(void *ctx, const char *line)
{
    struct wrongs *w = ctx;
    if (strstr(line, "ev=erased_facts"))
        w->facts++;
    else if (strstr(line, "ev=erased_strays"))
        w->strays++;
    else
        w->other++;
}

/* After ${sql}, which is taken back. */
static struct wrongs verified(struct clinic *k, const char *sql)
{
    struct wrongs w = {0};
    const struct intake_found found = {.wrong = wrong_note, .ctx = &w};
    struct intake_verified out;
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(sqlite3_exec(clinic_store(k)->db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(intake_verify(k->centre.in, &found, NULL, &out), 0);
    intake_rollback(k->centre.in);
    return w;
}

static void a_forged_erasure_is_noticed(void **state)
{
    struct clinic *k = of(state);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 1, SAID_PRESENT, 1));
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, 1));
    erase(k, k->person[0]);
    struct wrongs w = verified(k, "");
    assert_int_equal(w.facts + w.strays + w.other, 0);
    w = verified(k, "UPDATE erased_op SET hash = zeroblob(32) WHERE csn = (SELECT max(csn) FROM erased_op)");
    assert_true(w.facts == 1 && w.other >= 1); /* the line; and the tablet's chain */
    w = verified(k, "UPDATE erased_push SET hash = zeroblob(32)");
    assert_true(w.facts == 1 && w.other >= 1); /* the line; and those of the batches */
    w = verified(k, "INSERT INTO erased_op SELECT max(first_csn), 1, zeroblob(32), 0 FROM push");
    assert_int_equal(w.strays, 1);
}

/* ---- with everything else going on */

/* 320: what a copy had sent first was known to the judge before it came, when rebuilding. */
static const unsigned long found[] = {102, 202, 320};

static void in_mixed_histories(void **state)
{
    const unsigned long pinned = sizeof found / sizeof *found;
    (void)state;
    for (unsigned long i = 0; i < seeds + pinned; i++) {
        struct mixed *m = calloc(1, sizeof *m);
        unsigned long number = i < pinned ? found[i] : seed + i - pinned;
        assert_non_null(m);
        print_message("seed %lu (again: test_erase %lu 1)\n", number, number);
        mixed_open(m, number);
        struct clinic *k = &m->clinic;
        for (unsigned part = 0; part < 8; part++) {
            mixed_ops(m, 20);
            mixed_shuffle(m);
            if (part == 2)
                centre_backup(&k->centre);
            if (part == 3 || part == 6)
                erase(k, k->person[part == 3]);
            if (part == 5)
                mixed_restore(m);
            clinic_check(k);
            if (part >= 3)
                assert_int_equal(traces(k, k->person[1]), 0);
            if (part >= 6)
                assert_int_equal(traces(k, k->person[0]), 0);
        }
        mixed_close(m);
        free(m);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1)
        seed = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seeds = strtoul(argv[2], NULL, 10);
#define OF_A_CLINIC(test) cmocka_unit_test_setup_teardown(test, clinic_setup, clinic_teardown)
    const struct CMUnitTest tests[] = {
        OF_A_CLINIC(nothing_that_was_said_is_left),
        OF_A_CLINIC(other_cases_keep_their_numbers),
        OF_A_CLINIC(its_authors_are_told),
        OF_A_CLINIC(what_comes_late_is_not_kept),
        OF_A_CLINIC(the_centre_says_nothing_of_them_either),
        OF_A_CLINIC(what_waited_is_gone_too),
        OF_A_CLINIC(all_numbers_of_a_person),
        OF_A_CLINIC(twice_is_once),
        OF_A_CLINIC(a_restore_erases_again),
        OF_A_CLINIC(a_restore_erases_nobody_else),
        OF_A_CLINIC(a_journal_that_was_left_is_emptied_at_the_next_start),
        OF_A_CLINIC(a_forged_erasure_is_noticed),
        cmocka_unit_test(in_mixed_histories),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
