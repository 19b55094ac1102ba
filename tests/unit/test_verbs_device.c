/* Goal: a coordinator is told which tablets are lost and what may be missing with them, sees one tablet whole, and cancels a day in
 * one go. What is asked is asked as samlingd asks it. After each story all must verify, and rebuild. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "server/admin/verbs.h"
#include "tests/lib/clinic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HELD = 1, CANCELLED = 2, DAY_S = 86400, WORDS_MAX = 12, SCREEN_LETTERS = 80 };

static char said[1 << 16]; /* what the last verb said, or why it was refused */

/* ask(k, lang, "device lost --json"): the exit code. */
static int ask(struct clinic *k, enum sam_lang lang, const char *line)
{
    static struct home home;
    struct verb_context v;
    char words[256];
    const char *argv[WORDS_MAX];
    int argc = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *at = words, *word; (word = strtok_r(at, " ", &at));) {
        assert_in_range(argc, 0, WORDS_MAX - 1);
        argv[argc++] = word;
    }
    assert_int_equal(home_set(&home, k->centre.folder, NULL, NULL), 0);
    int code = verb_open(&v, &home, lang, argc, argv);
    assert_int_equal(intake_begin(k->centre.in), 0);
    v.has_uid = true;
    v.uid = getuid();
    if (code == VERB_OK)
        code = verb_run(&v, k->centre.in);
    assert_true(code >= 0);
    struct sam_span out = sam_buf_peek(&v.report.out);
    snprintf(said, sizeof said, "%.*s", code == VERB_OK ? (int)out.len : (int)strlen(v.error),
             code == VERB_OK ? (const char *)out.ptr : v.error);
    if (code == VERB_OK) {
        code = v.exit_code;
        assert_int_equal(intake_commit(k->centre.in), 0);
    } else {
        intake_rollback(k->centre.in);
    }
    verb_close(&v);
    return code;
}

static bool says(const char *what)
{
    return strstr(said, what) != NULL;
}

static unsigned times(const char *what)
{
    unsigned n = 0;
    for (const char *at = said; (at = strstr(at, what)); at++)
        n++;
    return n;
}

static void days_pass(struct clinic *k, int days)
{
    centre_clock(&k->centre, (int64_t)CLINIC_NOW_S + (int64_t)days * DAY_S);
}

/* A session from the plan, of the group, ${days} from the first day on. */
static uint64_t session_planned(struct clinic *k, uint64_t group, int days)
{
    struct sam_op op = clinic_ad_hoc(k, NULL, group, CLINIC_DAY + days);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    clinic_say(k, op);
    return op.row.key.part[0];
}

static void a_week_without_contact_is_lost(void **state)
{
    struct clinic *k = *state;
    char no[32];
    days_pass(k, 6);
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost --json"), 0);
    assert_true(says("\"devices\": []"));
    days_pass(k, 7);
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost --json"), 1);
    assert_int_equal(times("\"last_contact_s\""), 4);
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost --days 8 --json"), 0);
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost --days 0"), VERB_USAGE);
    clinic_device_state(k, k->b.device_no, SAM_DEVICE_DRAINING);
    clinic_device_state(k, k->d.device_no, SAM_DEVICE_REVOKED); /* nobody waits for it */
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost --json"), 1);
    assert_int_equal(times("\"last_contact_s\""), 3);
    snprintf(no, sizeof no, "{\"device_no\": %llu, \"label\"", (unsigned long long)k->d.device_no);
    assert_false(says(no));
    assert_int_equal(ask(k, SAM_LANG_EN, "status --json"), 0);
    assert_true(says("\"devices_lost\": 3"));
    assert_int_equal(ask(k, SAM_LANG_NB, "status"), 0);
    assert_true(says("samlingd device lost"));
}

static void what_nobody_has_recorded_since_is_named(void **state)
{
    struct clinic *k = *state;
    uint64_t second = session_planned(k, k->group, 7), third = session_planned(k, k->other_group, 8);
    session_planned(k, k->group, 35); /* today: it has not passed */
    clinic_device_state(k, k->b.device_no, SAM_DEVICE_REVOKED);
    clinic_device_state(k, k->d.device_no, SAM_DEVICE_REVOKED);
    clinic_device_state(k, k->far.device_no, SAM_DEVICE_REVOKED);
    clinic_push(k, &k->a, clinic_status(k, k->session, HELD, 0)); /* of who was there nothing is said */
    days_pass(k, 35);
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost --json"), 1);
    assert_int_equal(times("\"people\": 4"), 2); /* the group's people; the other group has none */
    assert_int_equal(times("\"session\""), 3);
    clinic_say(k, clinic_mark(k, k->session, 0, SAID_NO_SHOW, 0));
    clinic_say(k, clinic_status(k, third, CANCELLED, clinic_csn(k)));
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost --json"), 1);
    assert_int_equal(times("\"session\""), 1);
    char id[40];
    snprintf(id, sizeof id, "\"session\": %llu,", (unsigned long long)second);
    assert_true(says(id));
    assert_true(says("\"last_user\": \"Fysioterapeut"));
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost"), 1);
    assert_true(says("nobody has recorded") && says(", 4 on the list") && says("Fysioterapeut") && says("Tablet 2 ("));
    assert_int_equal(ask(k, SAM_LANG_EN, "session list --from 2027-01-01 --to 2028-06-01"), VERB_REFUSED);
    assert_int_equal(ask(k, SAM_LANG_EN, "session list --unrecorded --json --from 2027-01-01 --to 2027-04-01"), 0);
    assert_int_equal(times("\"id\""), 2 + 1); /* today's may still be recorded; the far clinic's */
    clinic_push(k, &k->a, clinic_mark(k, second, 0, SAID_PRESENT, 0)); /* found again */
    assert_int_equal(ask(k, SAM_LANG_EN, "device lost"), 0);
}

static void a_tablet_is_shown_whole(void **state)
{
    struct clinic *k = *state;
    struct centre_tablet copy;
    char line[64];
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, 0));
    clinic_push(k, &k->b, clinic_mark(k, k->session, 0, SAID_NO_SHOW, 0));
    assert_int_equal(intake_begin(k->centre.in), 0);
    centre_tablet_fork(&k->centre, &copy, &k->a, 1);
    assert_int_equal(intake_commit(k->centre.in), 0);
    centre_tablet_fini(&copy);
    days_pass(k, 1);
    snprintf(line, sizeof line, "device revoke %llu", (unsigned long long)k->a.device_no);
    assert_int_equal(ask(k, SAM_LANG_EN, line), 0);
    snprintf(line, sizeof line, "device show %llu --json", (unsigned long long)k->a.device_no);
    assert_int_equal(ask(k, SAM_LANG_EN, line), 0);
    assert_true(says("\"sent\": 1, \"applied\": 0, \"merged\": 0, \"same\": 0, \"superseded\": 0, \"case\": 1,"));
    assert_true(says("\"state\": \"pending\", \"by\": \"device\", \"who\": \"\""));
    assert_true(says("\"state\": \"active\", \"by\": \"centre\", \"who\": \"\""));
    assert_true(says("\"state\": \"revoked\", \"by\": \"centre\", \"who\": \"") && says("uid="));
    assert_int_equal(times("\"fork_seq\": 1, \"state\": \"revoked\""), 1); /* its copy went with it */
    assert_int_equal(times("\"key\""), 2);
    snprintf(line, sizeof line, "device show %llu", (unsigned long long)copy.device_no);
    assert_int_equal(ask(k, SAM_LANG_NB, line), 0);
    assert_true(says("Kopier") && says("sperret"));
    assert_int_equal(ask(k, SAM_LANG_EN, "device show 999"), VERB_REFUSED);
    assert_int_equal(ask(k, SAM_LANG_EN, "device show one"), VERB_REFUSED);
}

/* Letters of the longest line. */
static size_t widest(void)
{
    size_t most = 0, n = 0;
    for (const char *at = said; *at; at++) {
        n = *at == '\n' ? 0 : n + ((unsigned char)*at >> 6 != 2);
        most = n > most ? n : most;
    }
    return most;
}

static void the_list_fits_a_screen(void **state)
{
    struct clinic *k = *state;
    struct store_device d;
    struct sam_op op = clinic_op(k, SAM_ORG_UNIT, SAM_OP_SET, 0);
    op.row.key.part[0] = k->org;
    static const char name[] = "Helgelandssykehuset Sandnessjøen, rehabilitering";
    sam_row_set_text(&op.row, SAM_ORG_UNIT_name, name, strlen(name));
    clinic_say(k, op);
    assert_int_equal(intake_begin(k->centre.in), 0);
    assert_int_equal(store_device_get(clinic_store(k), k->a.device_no, &d), 0);
    snprintf(d.label, sizeof d.label, "Nettbrettet i gymsalen nederst i korridoren");
    d.state = SAM_DEVICE_PENDING;
    d.waiting = 1234567;
    d.last_seen_s = CLINIC_NOW_S;
    assert_int_equal(store_device_put(clinic_store(k), &d), 0);
    assert_int_equal(intake_commit(k->centre.in), 0);
    days_pass(k, 1000);
    char digits[32];
    snprintf(digits, sizeof digits, " %06u ", d.digits);
    for (enum sam_lang lang = SAM_LANG_EN; lang <= SAM_LANG_NB; lang++) {
        assert_int_equal(ask(k, lang, "device list"), 0);
        assert_in_range(widest(), 60, SCREEN_LETTERS);
        assert_true(says(digits)); /* which a coordinator compares */
    }
    assert_int_equal(ask(k, SAM_LANG_EN, "device list --json"), 0);
    assert_true(says("i korridoren") && says("\"sent\": 0") && says("\"safe\": 0"));
}

/* ---- cancelling */

static void a_day_is_cancelled_after_a_look(void **state)
{
    struct clinic *k = *state;
    char line[96];
    uint64_t other = session_planned(k, k->other_group, 0);
    struct sam_op extra = clinic_ad_hoc(k, &k->a, k->other_group, CLINIC_DAY);
    struct sam_key first = {.entity = SAM_SESSION, .part = {k->session}},
                   second = {.entity = SAM_SESSION, .part = {other}};
    clinic_push(k, &k->a, extra);
    unsigned cases = clinic_cases_open(k);
    uint64_t csn = clinic_csn(k);
    snprintf(line, sizeof line, "day cancel %llu 2027-01-15 --json", (unsigned long long)k->org);
    assert_int_equal(ask(k, SAM_LANG_EN, line), VERB_USAGE); /* without a reason */
    snprintf(line, sizeof line, "day cancel %llu 2027-01-15 --json --reason 100", (unsigned long long)k->org);
    assert_int_equal(ask(k, SAM_LANG_EN, line), VERB_USAGE);
    snprintf(line, sizeof line, "day cancel %llu 2027-01-14 --json --reason 3", (unsigned long long)k->org);
    assert_int_equal(ask(k, SAM_LANG_EN, line), VERB_REFUSED); /* nothing there */
    snprintf(line, sizeof line, "day cancel %llu 2027-01-15 --json --reason 3", (unsigned long long)k->org);
    assert_int_equal(ask(k, SAM_LANG_EN, line), 0);
    assert_true(says("\"saved\": 0") && says("\"cancelled\": 2}"));
    assert_true(says("\"left\": \"not-planned\""));
    assert_int_equal(clinic_csn(k), csn); /* a look changes nothing */
    snprintf(line, sizeof line, "day cancel %llu 2027-01-15 --json --reason 3 --save", (unsigned long long)k->org);
    assert_int_equal(ask(k, SAM_LANG_EN, line), 0);
    assert_true(says("\"saved\": 1") && says("\"cancelled\": 2}"));
    assert_int_equal(clinic_csn(k), csn + 2);
    assert_int_equal(clinic_num(k, &first, SAM_SESSION_status), CANCELLED);
    assert_int_equal(clinic_num(k, &first, SAM_SESSION_reason), 3);
    assert_int_equal(clinic_num(k, &second, SAM_SESSION_status), CANCELLED);
    struct sam_key far = {.entity = SAM_SESSION, .part = {k->far_session}};
    assert_true(clinic_num(k, &far, SAM_SESSION_status) <= 0); /* another clinic's */
    assert_true(clinic_cases_open(k) <= cases);
    assert_int_equal(ask(k, SAM_LANG_EN, line), 0);
    assert_true(says("\"cancelled\": 0}"));
    assert_int_equal(times("\"left\": \"cancelled\""), 2);
    /* one group was held all the same, on a tablet that was away: one question about it, however many were there */
    struct sam_op marks[CLINIC_PERSONS];
    for (unsigned i = 0; i < CLINIC_PERSONS; i++)
        marks[i] = clinic_mark(k, k->session, i, SAID_PRESENT, csn);
    cases = clinic_cases_open(k);
    clinic_push_many(k, &k->b, marks, CLINIC_PERSONS);
    assert_int_equal(clinic_cases_open(k), cases + 1);
}

static void what_took_place_is_not_cancelled(void **state)
{
    struct clinic *k = *state;
    char line[96];
    snprintf(line, sizeof line, "session cancel %llu --reason 4", (unsigned long long)k->session);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_PRESENT, 0));
    uint64_t csn = clinic_csn(k);
    assert_int_equal(ask(k, SAM_LANG_EN, line), VERB_REFUSED);
    assert_true(says("1 are marked as present"));
    assert_int_equal(clinic_csn(k), csn);
    clinic_push(k, &k->a, clinic_mark(k, k->session, 0, SAID_NOTIFIED, clinic_csn(k))); /* nobody came after all */
    assert_int_equal(ask(k, SAM_LANG_EN, line), 0);
    struct sam_key key = {.entity = SAM_SESSION, .part = {k->session}};
    assert_int_equal(clinic_num(k, &key, SAM_SESSION_reason), 4);
    assert_int_equal(ask(k, SAM_LANG_EN, line), VERB_REFUSED);
    assert_true(says("already"));
    assert_int_equal(ask(k, SAM_LANG_EN, "session cancel 17 --reason 4"), VERB_REFUSED);
    assert_int_equal(ask(k, SAM_LANG_EN, "session cancel x --reason 4"), VERB_REFUSED);
    assert_int_equal(ask(k, SAM_LANG_EN, "session list --json --from 2027-01-15 --to 2027-01-15"), 0);
    assert_true(says("\"status\": \"cancelled\", \"reason\": 4"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_week_without_contact_is_lost, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_nobody_has_recorded_since_is_named, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_tablet_is_shown_whole, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(the_list_fits_a_screen, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(a_day_is_cancelled_after_a_look, clinic_setup, clinic_teardown),
        cmocka_unit_test_setup_teardown(what_took_place_is_not_cancelled, clinic_setup, clinic_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
