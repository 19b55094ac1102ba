/* Goal: what is written, rated and agreed about a person is taken from whoever may say it and from nobody else, alike whether the
 * row is absent or another clinic's; and what the public calls save of it reaches another tablet as it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/model/rule.h"
#include "proto/wire/crypto.h"
#include "tests/lib/clinic.h"
#include "tests/lib/pump.h"
#include "tests/lib/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- rights */

/* A row as tablet ${t} makes it; what it says beside is the caller's. */
static struct sam_op made(struct clinic *k, const struct centre_tablet *t, uint8_t entity)
{
    struct sam_op op = clinic_op(k, entity, SAM_OP_CREATE, clinic_csn(k));
    op.user = t == &k->far ? k->far_user : k->user;
    op.row.key.part[0] = sam_id_make(t->device_no, ++k->ids);
    return op;
}

static struct sam_op note(struct clinic *k, const struct centre_tablet *t, uint64_t person, uint64_t replaces)
{
    struct sam_op op = made(k, t, SAM_NOTE);
    sam_row_set(&op.row, SAM_NOTE_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_NOTE_author, (int64_t)op.user);
    sam_row_set(&op.row, SAM_NOTE_role, 0);
    sam_row_set(&op.row, SAM_NOTE_day, CLINIC_DAY);
    sam_row_set_text(&op.row, SAM_NOTE_text, "Line one\nline two", 17);
    if (replaces)
        sam_row_set(&op.row, SAM_NOTE_replaces, (int64_t)replaces);
    return op;
}

static struct sam_op contact(struct clinic *k, const struct centre_tablet *t, uint64_t person, uint64_t episode)
{
    struct sam_op op = made(k, t, SAM_CONTACT);
    sam_row_set(&op.row, SAM_CONTACT_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_CONTACT_day, CLINIC_DAY);
    if (episode)
        sam_row_set(&op.row, SAM_CONTACT_episode, (int64_t)episode);
    return op;
}

static struct sam_op rating(struct clinic *k, const struct centre_tablet *t, uint64_t session, uint64_t person,
                            uint64_t replaces)
{
    struct sam_op op = made(k, t, SAM_EXERTION);
    sam_row_set(&op.row, SAM_EXERTION_session, (int64_t)session);
    sam_row_set(&op.row, SAM_EXERTION_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_EXERTION_scale, 0);
    sam_row_set(&op.row, SAM_EXERTION_moment, 1);
    sam_row_set(&op.row, SAM_EXERTION_value_tenths, 130);
    if (replaces)
        sam_row_set(&op.row, SAM_EXERTION_replaces, (int64_t)replaces);
    return op;
}

static struct sam_op leader(struct clinic *k, uint8_t entity, uint64_t of, uint64_t user)
{
    struct sam_op op = clinic_op(k, entity, SAM_OP_SET, clinic_csn(k));
    op.user = k->user;
    op.row.key.part[0] = of;
    op.row.key.part[1] = user;
    sam_row_set(&op.row, 0, 1);
    return op;
}

static struct sam_op taken_away(struct clinic *k, const struct sam_op *of)
{
    struct sam_op op = clinic_tombstone(k, of->row.key, clinic_csn(k));
    op.user = of->user;
    return op;
}

#define taken(k, t, op) verdict_is(k, t, op, SAM_REASON_NONE, __LINE__)
#define refused(k, t, op, why) verdict_is(k, t, op, why, __LINE__)
static void verdict_is(struct clinic *k, struct centre_tablet *t, struct sam_op op, enum sam_reason why, int line)
{
    struct store_verdict v = clinic_verdict(k, clinic_push(k, t, op));
    enum sam_reason got = v.kind == SAM_VERDICT_QUARANTINED ? (enum sam_reason)v.reason : SAM_REASON_NONE;
    if (got != why)
        fail_msg("line %d: reason %d, not %d", line, (int)got, (int)why);
}

static uint64_t episode(struct clinic *k, uint64_t person)
{
    struct sam_op op = clinic_op(k, SAM_EPISODE, SAM_OP_CREATE, clinic_csn(k));
    op.row.key.part[0] = clinic_minted(k);
    sam_row_set(&op.row, SAM_EPISODE_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_EPISODE_org, (int64_t)k->org);
    sam_row_set(&op.row, SAM_EPISODE_referral_day, CLINIC_DAY - 30);
    clinic_say(k, op);
    return op.row.key.part[0];
}

static void of_persons(void **state)
{
    (void)state;
    struct clinic k;
    clinic_open(&k);
    const uint64_t ours = k.person[0], other = k.person[1], nobody = sam_id_make(k.a.device_no, 99999);
    struct sam_op first = note(&k, &k.a, ours, 0), far = note(&k, &k.far, k.far_person, 0);
    taken(&k, &k.a, first);
    taken(&k, &k.far, far);
    refused(&k, &k.a, note(&k, &k.a, k.far_person, 0), SAM_REASON_SCOPE);
    refused(&k, &k.a, note(&k, &k.a, nobody, 0), SAM_REASON_REFERENCE);
    /* a correction: of what is there, ours and the same person's */
    taken(&k, &k.b, note(&k, &k.b, ours, first.row.key.part[0]));
    refused(&k, &k.b, note(&k, &k.b, other, first.row.key.part[0]), SAM_REASON_REFERENCE);
    refused(&k, &k.b, note(&k, &k.b, ours, far.row.key.part[0]), SAM_REASON_REFERENCE);
    refused(&k, &k.b, note(&k, &k.b, ours, nobody), SAM_REASON_REFERENCE);
    /* nobody writes in another's name, nor takes away another clinic's */
    struct sam_op forged = note(&k, &k.a, ours, 0);
    sam_row_set(&forged.row, SAM_NOTE_author, (int64_t)k.far_user);
    refused(&k, &k.a, forged, SAM_REASON_NOT_PERMITTED);
    struct sam_op theirs = taken_away(&k, &far);
    theirs.user = k.user;
    refused(&k, &k.a, theirs, SAM_REASON_SCOPE);
    taken(&k, &k.b, taken_away(&k, &first));
    /* an episode is the centre's, and the person's own */
    const uint64_t one = episode(&k, ours), two = episode(&k, other);
    struct sam_op met = contact(&k, &k.a, ours, one);
    taken(&k, &k.a, met);
    refused(&k, &k.a, contact(&k, &k.a, ours, two), SAM_REASON_REFERENCE);
    refused(&k, &k.a, contact(&k, &k.a, ours, nobody), SAM_REASON_REFERENCE);
    met.kind = SAM_OP_SET;
    met.row.present = 0;
    sam_row_set(&met.row, SAM_CONTACT_episode, (int64_t)two);
    refused(&k, &k.a, met, SAM_REASON_REFERENCE);
    met.row.present = 0;
    sam_row_set(&met.row, SAM_CONTACT_role, 3);
    taken(&k, &k.b, met);
    met.user = k.far_user;
    refused(&k, &k.far, met, SAM_REASON_SCOPE);
    struct sam_op own = made(&k, &k.a, SAM_EPISODE);
    sam_row_set(&own.row, SAM_EPISODE_participant, (int64_t)ours);
    refused(&k, &k.a, own, SAM_REASON_NOT_PERMITTED);
    clinic_close(&k);
}

static void of_sessions(void **state)
{
    (void)state;
    struct clinic k;
    clinic_open(&k);
    const uint64_t nobody = sam_id_make(k.a.device_no, 99999);
    struct sam_op first = rating(&k, &k.a, k.session, k.person[0], 0);
    taken(&k, &k.a, first);
    refused(&k, &k.a, rating(&k, &k.a, k.far_session, k.far_person, 0), SAM_REASON_SCOPE);
    refused(&k, &k.a, rating(&k, &k.a, k.session, k.far_person, 0), SAM_REASON_SCOPE);
    refused(&k, &k.a, rating(&k, &k.a, nobody, k.person[0], 0), SAM_REASON_REFERENCE);
    taken(&k, &k.b, rating(&k, &k.b, k.session, k.person[0], first.row.key.part[0]));
    refused(&k, &k.b, rating(&k, &k.b, k.session, k.person[1], first.row.key.part[0]), SAM_REASON_REFERENCE);
    refused(&k, &k.b, rating(&k, &k.b, k.session, k.person[0], nobody), SAM_REASON_REFERENCE);
    struct sam_op theirs = taken_away(&k, &first);
    theirs.user = k.far_user;
    refused(&k, &k.far, theirs, SAM_REASON_SCOPE);
    taken(&k, &k.b, taken_away(&k, &first));
    taken(&k, &k.a, taken_away(&k, &first)); /* it knew no better */
    taken(&k, &k.a, rating(&k, &k.a, k.session, k.person[0], first.row.key.part[0]));
    /* leaders: of an own session, users of the own clinic; of groups the centre alone */
    taken(&k, &k.a, leader(&k, SAM_SESSION_LEADER, k.session, k.user));
    refused(&k, &k.a, leader(&k, SAM_SESSION_LEADER, k.far_session, k.user), SAM_REASON_SCOPE);
    refused(&k, &k.a, leader(&k, SAM_SESSION_LEADER, k.session, k.far_user), SAM_REASON_REFERENCE);
    refused(&k, &k.a, leader(&k, SAM_SESSION_LEADER, k.session, nobody), SAM_REASON_REFERENCE);
    refused(&k, &k.a, leader(&k, SAM_GROUP_LEADER, k.group, k.user), SAM_REASON_NOT_PERMITTED);
    clinic_say(&k, leader(&k, SAM_SESSION_LEADER, k.session, k.far_user)); /* a substitute from elsewhere */
    clinic_say(&k, leader(&k, SAM_GROUP_LEADER, k.group, k.user));
    assert_int_equal(clinic_refused(&k, leader(&k, SAM_GROUP_LEADER, k.org, k.user)), SAM_REASON_REFERENCE);
    assert_int_equal(clinic_refused(&k, leader(&k, SAM_GROUP_LEADER, k.group, nobody)), SAM_REASON_REFERENCE);
    clinic_close(&k);
}

/* ---- which rating counts */

/* Whatever the order in which they are walked: the person's own, then a correction, then the smallest id; never one that is
 * replaced. */
static void one_rating_counts(void **state)
{
    (void)state;
    static const struct sam_rule_rating all[] = {{1, false, false, false},
                                                 {2, true, false, true},
                                                 {3, true, true, false},
                                                 {4, true, false, false},
                                                 {5, false, true, false}};
    enum { ALL = sizeof all / sizeof *all };
    for (unsigned have = 0; have < 1u << ALL; have++)
        for (unsigned start = 0; start < ALL; start++)
            for (unsigned step = 1; step < ALL; step++) { /* 5 is a prime: each step walks all */
                struct sam_rule_rating best = {0};
                for (unsigned i = 0; i < ALL; i++) {
                    const struct sam_rule_rating *r = &all[(start + i * step) % ALL];
                    if (have >> (r->id - 1) & 1u && sam_rule_rating(&best, r))
                        best = *r;
                }
                uint64_t want = have & 4u ? 3 : have & 8u ? 4 : have & 16u ? 5 : have & 1u ? 1 : 0;
                assert_int_equal(best.id, want);
            }
}

/* ---- the public calls */

struct gym {
    struct pump pump;
    uint64_t org, group, session, person[2];
    struct pump_tablet *a, *b;
    char folder[64];
};

static uint64_t say(struct gym *g, struct sam_op *op)
{
    op->kind = SAM_OP_CREATE;
    assert_int_equal(pump_author(&g->pump, op), 0);
    return op->row.key.part[0];
}

static uint64_t person_new(struct gym *g, const char *name)
{
    struct sam_op op = {0}, in = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, SAM_PARTICIPANT);
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, name, strlen(name));
    uint64_t id = say(g, &op);
    sam_row_init(&in.row, SAM_ENROLMENT);
    in.row.key.part[0] = g->group;
    in.row.key.part[1] = id;
    sam_row_set(&in.row, SAM_ENROLMENT_status, 4);
    assert_int_equal(pump_author(&g->pump, &in), 0);
    return id;
}

static uint64_t user_new(struct gym *g, const char *name, int role)
{
    struct sam_op op = {0};
    sam_row_init(&op.row, SAM_USER);
    sam_row_set_text(&op.row, SAM_USER_name, name, strlen(name));
    sam_row_set(&op.row, SAM_USER_org, (int64_t)g->org);
    sam_row_set(&op.row, SAM_USER_role, role);
    return say(g, &op);
}

static int setup(void **state)
{
    struct gym *g = calloc(1, sizeof *g);
    struct sam_op op = {0};
    if (sam_crypto_start() || !scratch_folder(g->folder, sizeof g->folder, "record"))
        return -1;
    pump_open(&g->pump, g->folder, CLINIC_NOW_S);
    sam_row_init(&op.row, SAM_ORG_UNIT);
    sam_row_set_text(&op.row, SAM_ORG_UNIT_name, "Nord", 4);
    g->org = say(g, &op);
    sam_row_init(&op.row, SAM_GROUP);
    sam_row_set_text(&op.row, SAM_GROUP_name, "Tirsdag", 7);
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)g->org);
    g->group = say(g, &op);
    sam_row_init(&op.row, SAM_SESSION);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)g->group);
    sam_row_set(&op.row, SAM_SESSION_day, CLINIC_DAY);
    g->session = say(g, &op);
    g->person[0] = person_new(g, "Deltaker 1");
    g->person[1] = person_new(g, "Deltaker 2");
    g->a = pump_tablet_add(&g->pump, g->org, user_new(g, "Fysioterapeut 1", 0));
    g->b = pump_tablet_add(&g->pump, g->org, user_new(g, "Psykolog 1", 1));
    *state = g;
    return 0;
}

static int teardown(void **state)
{
    struct gym *g = *state;
    pump_close(&g->pump);
    pump_folder_remove(g->folder);
    free(g);
    return 0;
}

static void tell(void *ctx, const char *line)
{
    (void)ctx;
    fail_msg("%s", line);
}

static void both_sync(struct gym *g)
{
    pump_sync(g->a, UINT64_MAX);
    pump_sync(g->b, UINT64_MAX);
    pump_sync(g->a, UINT64_MAX);
    assert_int_equal(pump_check(&g->pump, tell, NULL), 0);
}

/* The longest note, with lines in it, is on the other tablet byte for byte; one byte more is not saved. */
static void the_longest_note(void **state)
{
    struct gym *g = *state;
    char text[2002], subject[122];
    struct samling_note_line *l;
    size_t n;
    uint64_t id;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i % 60 == 59 ? '\n' : 'a' + i % 26);
    memset(subject, 's', sizeof subject);
    text[2001] = subject[121] = 0;
    struct samling_note note = {.participant = g->person[0], .day = CLINIC_DAY, .text = text};
    assert_int_equal(samling_note_save(g->a->s, g->a->user, &note, &id), SAMLING_ERANGE);
    text[2000] = 0;
    note.subject = subject;
    assert_int_equal(samling_note_save(g->a->s, g->a->user, &note, &id), SAMLING_ERANGE);
    subject[120] = 0;
    assert_int_equal(samling_note_save(g->a->s, g->a->user, &note, &id), 0);
    both_sync(g);
    assert_int_equal(samling_notes(g->b->s, g->b->user, g->person[0], &l, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(l[0].note.text, text);
    assert_string_equal(l[0].note.subject, subject);
    assert_true(l[0].author == g->a->user && l[0].note.id == id && l[0].order > 0);
    samling_list_free(l);
    /* what a call refuses is not saved, and says nothing of an id */
    note = (struct samling_note){.participant = g->person[0], .day = CLINIC_DAY, .text = ""};
    assert_int_equal(samling_note_save(g->a->s, g->a->user, &note, &id), SAMLING_ERANGE);
    assert_int_equal(id, 0);
    note.text = "one\ttwo";
    assert_int_equal(samling_note_save(g->a->s, g->a->user, &note, &id), SAMLING_ERANGE);
    note.text = "x";
    note.visibility = 2;
    assert_int_equal(samling_note_save(g->a->s, g->a->user, &note, &id), SAMLING_ERANGE);
    note.visibility = 0;
    note.replaces = 1;
    assert_int_equal(samling_note_save(g->a->s, g->a->user, &note, &id), SAMLING_ENOTFOUND);
    note.replaces = 0;
    note.participant = 12345;
    assert_int_equal(samling_note_save(g->a->s, g->a->user, &note, &id), SAMLING_ENOTFOUND);
    note.participant = g->person[0];
    assert_int_equal(samling_note_save(g->a->s, 12345, &note, &id), SAMLING_ENOTFOUND);
    struct samling_status st;
    assert_int_equal(samling_status(g->a->s, &st), 0);
    assert_int_equal(st.saved, 1);
}

/* What is for a role is shown to that role alone, and to whoever wrote it. */
static void for_a_role(void **state)
{
    struct gym *g = *state;
    struct samling_note note = {.participant = g->person[0], .day = CLINIC_DAY, .text = "For us", .visibility = 1};
    struct samling_note_line *l;
    uint64_t id;
    size_t n;
    assert_int_equal(samling_note_save(g->b->s, g->b->user, &note, &id), 0);
    both_sync(g);
    assert_int_equal(samling_notes(g->a->s, g->a->user, g->person[0], &l, &n), 0);
    assert_int_equal(n, 0);
    samling_list_free(l);
    assert_int_equal(samling_notes(g->a->s, g->b->user, g->person[0], &l, &n), 0); /* the psychologist at that tablet */
    assert_int_equal(n, 1);
    samling_list_free(l);
    assert_int_equal(samling_notes(g->a->s, 12345, g->person[0], &l, &n), SAMLING_ENOTFOUND);
    assert_null(l);
}

/* A contact is changed as far as it differs; whom it is about is never changed. */
static void a_contact_changes(void **state)
{
    struct gym *g = *state;
    struct samling_contact c = SAMLING_CONTACT_INIT;
    struct samling_contact_line *l;
    struct samling_status before, after;
    uint64_t id, same;
    size_t n;
    c.participant = g->person[0];
    c.day = CLINIC_DAY;
    c.minutes = 481;
    assert_int_equal(samling_contact_save(g->a->s, g->a->user, &c, &id), SAMLING_ERANGE);
    c.minutes = 45;
    c.role = 0;
    assert_int_equal(samling_contact_save(g->a->s, g->a->user, &c, &id), 0);
    both_sync(g);
    assert_int_equal(samling_contacts(g->b->s, g->person[0], &l, &n), 0);
    assert_int_equal(n, 1);
    c = l[0].contact;
    samling_list_free(l);
    assert_int_equal(samling_status(g->b->s, &before), 0);
    assert_int_equal(samling_contact_save(g->b->s, g->b->user, &c, &same), 0); /* nothing differs: nothing is said */
    assert_int_equal(samling_status(g->b->s, &after), 0);
    assert_true(same == id && after.saved == before.saved);
    c.role = -1; /* not said any more */
    c.work_focus = 1;
    assert_int_equal(samling_contact_save(g->b->s, g->b->user, &c, &same), 0);
    both_sync(g);
    assert_int_equal(samling_contacts(g->a->s, g->person[0], &l, &n), 0);
    assert_true(n == 1 && l[0].contact.role == -1 && l[0].contact.work_focus == 1 && l[0].contact.minutes == 45);
    samling_list_free(l);
    c.participant = g->person[1];
    assert_int_equal(samling_contact_save(g->b->s, g->b->user, &c, &same), SAMLING_ERANGE);
    assert_int_equal(same, 0);
    assert_int_equal(samling_contact_remove(g->b->s, g->b->user, id), 0);
    assert_int_equal(samling_contacts(g->b->s, g->person[0], &l, &n), 0);
    assert_int_equal(n, 0);
    samling_list_free(l);
    assert_int_equal(samling_contact_remove(g->b->s, g->b->user, id), SAMLING_ENOTFOUND);
}

/* Twelve weeks on, what was felt in a session leaves the tablets with it, on both sides alike. */
static void a_rating_leaves_with_its_session(void **state)
{
    struct gym *g = *state;
    struct samling_exertion e = {
        .session = g->session, .participant = g->person[0], .scale = 1, .moment = 2, .value_tenths = 55, .evidence = 3};
    struct samling_exertion_line *l;
    uint64_t id;
    size_t n;
    both_sync(g);
    assert_int_equal(samling_exertion_save(g->a->s, g->a->user, &e, &id), 0);
    assert_int_equal(samling_leader_save(g->a->s, g->a->user, g->session, g->b->user, -1), 0);
    both_sync(g);
    assert_int_equal(samling_exertions(g->b->s, g->session, g->person[0], &l, &n), 0);
    assert_true(n == 1 && l[0].primary && l[0].exertion.value_tenths == 55 && l[0].exertion.id == id);
    samling_list_free(l);
    g->pump.now_s += (int64_t)(SAM_WINDOW_BACK_DAYS + 7) * 86400;
    pump_plan(&g->pump);
    both_sync(g);
    assert_int_equal(samling_exertions(g->b->s, g->session, g->person[0], &l, &n), SAMLING_ENOTFOUND);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_persons),
        cmocka_unit_test(of_sessions),
        cmocka_unit_test(one_rating_counts),
        cmocka_unit_test_setup_teardown(the_longest_note, setup, teardown),
        cmocka_unit_test_setup_teardown(for_a_role, setup, teardown),
        cmocka_unit_test_setup_teardown(a_contact_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rating_leaves_with_its_session, setup, teardown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
