/* Goal: exercise sets, consents and scores end the same on every tablet, whoever syncs first: no set that nobody performed, no
 * consent against a withdrawal that it had not seen, no form that nobody answered; and what concerns a person goes where the
 * person goes. Each story is played in both orders; after each all must verify, and rebuild to the same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/model/rule.h"
#include "proto/model/score.h"
#include "tests/lib/pump.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY = 20833, SQUAT = 7, PAIN = 1, PSFS = 3, OWN = 80, RESEARCH = 2, SMS = 3 };
enum { GRANTED = 1, WITHDRAWN = 2, HELD = 1, CANCELLED = 2 };

/* A clinic with two tablets and another one with a tablet of its own. ${first} syncs before ${second}. */
struct ward {
    struct pump p;
    char folder[64];
    uint64_t org, far_org, group, far_group, user, far_user, person, other, far_person, session;
    struct pump_tablet *a, *b, *far, *first, *second;
};

static uint64_t named(struct ward *w, uint8_t entity, unsigned name, const char *text, int ref, uint64_t to)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, entity);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (entity == SAM_GROUP)
        sam_row_set_text(&op.row, SAM_GROUP_code, text, strlen(text));
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    return op.row.key.part[0];
}

static struct sam_op op_on(uint8_t entity, enum sam_op_kind kind, uint64_t k1, uint64_t k2)
{
    struct sam_op op = {.kind = (uint8_t)kind};
    sam_row_init(&op.row, entity);
    op.row.key.part[0] = k1;
    op.row.key.part[1] = k2;
    return op;
}

static void enrol(struct ward *w, uint64_t group, uint64_t person, bool in)
{
    struct sam_op op = op_on(SAM_ENROLMENT, in ? SAM_OP_SET : SAM_OP_TOMBSTONE, group, person);
    op.base_csn = store_csn(w->p.reader);
    if (in)
        sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
}

static uint64_t session_on(struct ward *w, uint64_t group, int64_t day)
{
    struct sam_op op = op_on(SAM_SESSION, SAM_OP_CREATE, 0, 0);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    return op.row.key.part[0];
}

static void ward_open(struct ward *w, bool turned)
{
    memset(w, 0, sizeof *w);
    const char *memory = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
    snprintf(w->folder, sizeof w->folder, "%s/samling-clinical-%ld", memory, (long)getpid());
    pump_open(&w->p, w->folder, (int64_t)DAY * 86400 + 36000);
    w->org = named(w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Sandnessjøen", -1, 0);
    w->far_org = named(w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Brønnøysund", -1, 0);
    w->user = named(w, SAM_USER, SAM_USER_name, "Fysioterapeut 1", SAM_USER_org, w->org);
    w->far_user = named(w, SAM_USER, SAM_USER_name, "Fysioterapeut 2", SAM_USER_org, w->far_org);
    w->group = named(w, SAM_GROUP, SAM_GROUP_name, "G1", SAM_GROUP_org, w->org);
    w->far_group = named(w, SAM_GROUP, SAM_GROUP_name, "G2", SAM_GROUP_org, w->far_org);
    w->person = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 001", -1, 0);
    w->other = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 002", -1, 0);
    w->far_person = named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 003", -1, 0);
    enrol(w, w->group, w->person, true);
    enrol(w, w->group, w->other, true);
    enrol(w, w->far_group, w->far_person, true);
    w->session = session_on(w, w->group, DAY);
    w->a = pump_tablet_add(&w->p, w->org, w->user);
    w->b = pump_tablet_add(&w->p, w->org, w->user);
    w->far = pump_tablet_add(&w->p, w->far_org, w->far_user);
    w->first = turned ? w->b : w->a;
    w->second = turned ? w->a : w->b;
}

static void wrong(void *ctx, const char *line)
{
    (void)ctx;
    print_error("%s\n", line);
}

/* First one, then the other, and all once more: what one sends the others still have to read. */
static void meet(struct ward *w)
{
    for (int twice = 0; twice < 2; twice++) {
        assert_true(pump_sync(w->first, PUMP_WHOLE));
        assert_true(pump_sync(w->second, PUMP_WHOLE));
        assert_true(pump_sync(w->far, PUMP_WHOLE));
    }
    assert_int_equal(pump_check(&w->p, wrong, NULL), 0);
}

static void ward_close(struct ward *w)
{
    meet(w);
    pump_close(&w->p);
    pump_folder_remove(w->folder);
}

/* A story that must end alike in both orders; what it leaves at the centre is compared by itself. */
static void both_orders(void (*story)(struct ward *w))
{
    struct ward *w = malloc(sizeof *w);
    assert_non_null(w);
    for (int turned = 0; turned < 2; turned++) {
        ward_open(w, turned);
        story(w);
        ward_close(w);
    }
    free(w);
}

/* ---- what the centre has */

static int64_t asked(struct ward *w, const char *sql)
{
    sqlite3_stmt *q;
    store_entities_reset(w->p.reader); /* what was looked at before holds its snapshot */
    assert_int_equal(sqlite3_prepare_v2(w->p.reader->db, sql, -1, &q, NULL), SQLITE_OK);
    int64_t n = sqlite3_step(q) == SQLITE_ROW ? sqlite3_column_int64(q, 0) : -1;
    sqlite3_finalize(q);
    return n;
}

static bool at_centre(struct ward *w, const struct sam_key *key, struct sam_row *out)
{
    struct store_row row;
    store_entities_reset(w->p.reader);
    assert_int_equal(store_row_get(w->p.reader, key, &row), 0);
    *out = row.row;
    return row.exists && row.dead <= 0;
}

static unsigned cases_open(struct ward *w)
{
    return (unsigned)asked(w, "SELECT count(*) FROM conflict_case WHERE open = 1");
}

/* ---- exercise sets */

static void set_save(struct ward *w, struct pump_tablet *t, int set_no, int reps, int load_hg)
{
    struct samling_set set = SAMLING_SET_INIT;
    set.session = w->session;
    set.participant = w->person;
    set.exercise = SQUAT;
    set.set_no = set_no;
    set.reps = reps;
    set.load_hg = load_hg;
    set.pain = reps == 8 ? 3 : -1;
    assert_int_equal(samling_set_save(t->s, w->user, &set), 0);
}

static struct samling_set_line set_line(struct ward *w, struct pump_tablet *t, size_t i, size_t want)
{
    struct samling_set_line *l, one = {0};
    size_t count;
    assert_int_equal(samling_sets(t->s, w->session, w->person, &l, &count), 0);
    assert_int_equal(count, want);
    if (i < count)
        one = l[i];
    samling_list_free(l);
    return one;
}

/* Set 2 of one exercise, logged as 8 x 20 kg here and as 10 x 25 kg there. */
static void two_sets(struct ward *w)
{
    struct sam_key key = {.entity = SAM_EXERCISE_SET, .part = {w->session, w->person, SQUAT, 2}};
    struct sam_row row;
    set_save(w, w->a, 2, 8, 200);
    set_save(w, w->b, 2, 10, 250);
    assert_int_equal(set_line(w, w->a, 0, 1).state, SAMLING_WAITING);
    assert_int_equal(set_line(w, w->a, 0, 1).set.reps, 8);
    meet(w);
    assert_true(at_centre(w, &key, &row));
    assert_int_equal(sam_row_num(&row, SAM_EXERCISE_SET_reps), 8); /* the smaller device number, whoever came first */
    assert_int_equal(sam_row_num(&row, SAM_EXERCISE_SET_load_hg), 200);
    assert_int_equal(cases_open(w), 1);
    struct pump_tablet *tablets[] = {w->a, w->b};
    for (int i = 0; i < 2; i++) {
        struct samling_set_line l = set_line(w, tablets[i], 0, 1);
        assert_int_equal(l.set.reps * 1000 + l.set.load_hg, 8200); /* never 8 x 25 */
        assert_int_equal(l.set.pain, 3);
        assert_int_equal(l.disputed, 1);
        assert_int_equal(l.other.reps * 1000 + l.other.load_hg, 10250);
        assert_int_equal(l.other.pain, -1);
        assert_int_equal(l.state, SAMLING_ATTENTION);
    }
    set_save(w, w->b, 2, 10, 250); /* who has seen both decides */
    meet(w);
    assert_int_equal(cases_open(w), 0);
    struct samling_set_line l = set_line(w, w->a, 0, 1);
    assert_int_equal(l.set.reps * 1000 + l.set.load_hg, 10250);
    assert_int_equal(l.set.pain, -1);
    assert_int_equal(l.disputed, 0);
}

/* The form that was open decides what its author had seen. */
static void set_on_an_open_form(struct ward *w)
{
    set_save(w, w->a, 1, 8, 200);
    set_line(w, w->b, 0, 0); /* the page is open, and empty */
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    assert_true(pump_sync(w->b, PUMP_WHOLE));
    set_save(w, w->b, 1, 10, 250);
    meet(w);
    assert_int_equal(cases_open(w), 1);
    assert_int_equal(set_line(w, w->b, 0, 1).disputed, 1); /* opened again */
    set_save(w, w->b, 1, 10, 250);
    meet(w);
    assert_int_equal(cases_open(w), 0);
}

static void sets_of_several(struct ward *w)
{
    for (int n = 1; n <= 20; n++)
        set_save(w, n % 2 ? w->a : w->b, n, n, 0);
    meet(w);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(set_line(w, w->first, i, 20).set.set_no, 1 + (int)i);
    assert_int_equal(cases_open(w), 0);
    struct samling_set set = SAMLING_SET_INIT;
    set.session = w->session;
    set.participant = w->person;
    set.exercise = SQUAT;
    set.set_no = 21;
    assert_int_equal(samling_set_save(w->a->s, w->user, &set), SAMLING_ERANGE);
    set.set_no = 0;
    assert_int_equal(samling_set_save(w->a->s, w->user, &set), SAMLING_ERANGE);
    set.set_no = 3;
    set.reps = 501;
    assert_int_equal(samling_set_save(w->a->s, w->user, &set), SAMLING_ERANGE);
    set.reps = 5;
    set.participant = w->far_person;
    assert_int_equal(samling_set_save(w->a->s, w->user, &set), SAMLING_ENOTFOUND);
}

static void session_say(struct ward *w, enum sam_op_kind kind, int status)
{
    struct sam_op op = op_on(SAM_SESSION, kind, w->session, 0);
    op.base_csn = store_csn(w->p.reader);
    if (kind == SAM_OP_SET)
        sam_row_set(&op.row, SAM_SESSION_status, status);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
}

/* Entered in error here, and a set added there: the deletion stays, the set is kept and listed. */
static void set_on_a_deleted_session(struct ward *w)
{
    bool before = w->first == w->a;
    set_save(w, w->a, 1, 5, 0);
    set_save(w, w->b, 2, 6, 0);
    if (before)
        meet(w);
    uint64_t fills = sam_meta(w->a->s, slot);
    session_say(w, SAM_OP_TOMBSTONE, 0);
    set_save(w, w->b, 3, 7, 0);
    meet(w);
    assert_int_equal(sam_meta(w->a->s, slot), fills); /* both sides agree without a fill */
    assert_int_equal(asked(w, "SELECT count(*) FROM exercise_set WHERE dead <= 0"), 3);
    assert_int_equal(asked(w, "SELECT count(*) FROM exercise_set WHERE scope > 0"), 0);
    assert_int_equal(asked(w, "SELECT count(*) FROM verdict WHERE kind = 1 AND device_no > 1"), before ? 1 : 3);
    struct samling_set_line *l;
    size_t count;
    assert_int_equal(samling_sets(w->a->s, w->session, w->person, &l, &count), SAMLING_ENOTFOUND);
    assert_int_equal(asked(w, "SELECT count(*) FROM session WHERE dead > 0"), 1);
}

/* A dispute about a set ends with its session. */
static void disputed_set_of_a_deleted_session(struct ward *w)
{
    set_save(w, w->a, 2, 8, 200);
    set_save(w, w->b, 2, 10, 250);
    meet(w);
    assert_int_equal(cases_open(w), 1);
    session_say(w, SAM_OP_TOMBSTONE, 0);
    meet(w);
    assert_int_equal(cases_open(w), 0);
}

/* A session stands as cancelled, and somebody trained in it: whichever came first, a person is asked. */
static void set_proves_held(struct ward *w)
{
    bool before = w->first == w->a;
    if (before)
        session_say(w, SAM_OP_SET, CANCELLED);
    set_save(w, w->a, 1, 0, 200); /* nothing was done in it */
    meet(w);
    if (!before)
        session_say(w, SAM_OP_SET, CANCELLED);
    assert_int_equal(cases_open(w), 0);
    set_line(w, w->b, 0, 1);
    set_save(w, w->b, 1, 12, 200);
    meet(w);
    assert_int_equal(asked(w, "SELECT count(*) FROM conflict_case WHERE open = 1 AND rule = 2"), 1);
    struct sam_op op = op_on(SAM_RULING, SAM_OP_SET, SAM_RULE_ATTENDED, w->session); /* both are right */
    op.row.key.part[2] = w->session;
    op.base_csn = store_csn(w->p.reader);
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    assert_int_equal(cases_open(w), 0);
    set_save(w, w->b, 2, 0, 200); /* nothing new */
    meet(w);
    assert_int_equal(cases_open(w), 0);
    set_save(w, w->b, 3, 4, 200); /* a new reason to ask */
    meet(w);
    assert_int_equal(cases_open(w), 1);
    session_say(w, SAM_OP_SET, HELD);
    assert_int_equal(cases_open(w), 0);
    session_say(w, SAM_OP_SET, CANCELLED);
    assert_int_equal(cases_open(w), 1);
    op = op_on(SAM_EXERCISE_SET, SAM_OP_TOMBSTONE, w->session, w->person);
    op.row.key.part[2] = SQUAT;
    for (unsigned i = 0; i < 2; i++) { /* the two in which something was done */
        assert_int_equal(cases_open(w), 1);
        op.row.key.part[3] = i ? 3 : 1;
        op.base_csn = store_csn(w->p.reader);
        assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    }
    assert_int_equal(cases_open(w), 0);
}

/* Sets leave both sides with their session, when that is too old. */
static void sets_grow_old(struct ward *w)
{
    set_save(w, w->a, 1, 5, 0);
    set_save(w, w->b, 2, 6, 0);
    meet(w);
    assert_int_equal(asked(w, "SELECT count(*) FROM exercise_set WHERE scope > 0"), 2);
    uint64_t fills = sam_meta(w->a->s, slot);
    w->p.now_s += INT64_C(200) * 86400;
    pump_plan(&w->p);
    meet(w);
    assert_int_equal(sam_meta(w->a->s, slot), fills); /* both sides agree without a fill */
    assert_int_equal(asked(w, "SELECT count(*) FROM exercise_set WHERE scope > 0"), 0);
    assert_int_equal(asked(w, "SELECT count(*) FROM exercise_set"), 2);
}

/* ---- consents */

static void consent_save(struct ward *w, struct pump_tablet *t, int purpose, int state, int32_t day)
{
    struct samling_consent c = {
        .participant = w->person, .purpose = purpose, .state = state, .day = day, .method = 1, .text_version = -1};
    assert_int_equal(samling_consent_save(t->s, t->user, &c), 0);
}

/* What the tablet shows of one purpose; -1: nothing. The page is opened by it. */
static int consent_of(struct ward *w, struct pump_tablet *t, int purpose)
{
    struct samling_consent_line *l;
    size_t count;
    int state = -1;
    if (samling_consents(t->s, w->person, &l, &count))
        return -2; /* the person is not here */
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(l[i].consent.participant, w->person);
        if (l[i].consent.purpose == purpose)
            state = l[i].consent.state;
    }
    samling_list_free(l);
    return state;
}

/* Withdrawn here while a grant that was made earlier is registered there. */
static void withdrawn_against_a_grant(struct ward *w)
{
    consent_save(w, w->a, RESEARCH, WITHDRAWN, DAY);
    consent_save(w, w->b, RESEARCH, GRANTED, DAY - 30);
    assert_int_equal(consent_of(w, w->b, RESEARCH), GRANTED); /* the own word, until the centre has judged */
    meet(w);
    assert_int_equal(consent_of(w, w->a, RESEARCH), WITHDRAWN);
    assert_int_equal(consent_of(w, w->b, RESEARCH), WITHDRAWN);
    assert_int_equal(cases_open(w), 0);
    consent_save(w, w->b, RESEARCH, GRANTED, DAY); /* asked again, by somebody who has the withdrawal before him */
    meet(w);
    assert_int_equal(consent_of(w, w->a, RESEARCH), GRANTED);
    assert_int_equal(consent_of(w, w->b, RESEARCH), GRANTED);
    assert_int_equal(consent_of(w, w->a, SMS), -1);
}

/* A page that was open before the withdrawal came does not revive anything; two of one mind never dispute. */
static void consents_on_open_pages(struct ward *w)
{
    consent_of(w, w->b, RESEARCH);
    consent_save(w, w->a, RESEARCH, GRANTED, DAY);
    consent_save(w, w->a, RESEARCH, WITHDRAWN, DAY);
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    assert_true(pump_sync(w->b, PUMP_WHOLE));
    consent_save(w, w->b, RESEARCH, GRANTED, DAY + 1);
    consent_save(w, w->a, SMS, GRANTED, DAY);
    consent_save(w, w->b, SMS, GRANTED, DAY + 1);
    meet(w);
    assert_int_equal(consent_of(w, w->b, RESEARCH), WITHDRAWN);
    assert_int_equal(consent_of(w, w->b, SMS), GRANTED);
    assert_int_equal(asked(w, "SELECT day FROM consent WHERE purpose = 3"), DAY);
    assert_int_equal(cases_open(w), 0);
    struct samling_consent c = {.participant = w->person, .purpose = 5, .state = GRANTED, .day = DAY, .method = -1};
    assert_int_equal(samling_consent_save(w->a->s, w->user, &c), SAMLING_ERANGE);
    c.purpose = 1;
    c.state = 3;
    assert_int_equal(samling_consent_save(w->a->s, w->user, &c), SAMLING_ERANGE);
    c.state = GRANTED;
    c.participant = w->far_person;
    assert_int_equal(samling_consent_save(w->a->s, w->user, &c), SAMLING_ENOTFOUND);
}

/* ---- scores */

static uint64_t score_save(struct ward *w, struct pump_tablet *t, int occasion, const char *answers, uint64_t replaces)
{
    struct samling_score score = {.participant = w->person,
                                  .instrument = PSFS,
                                  .version = 1,
                                  .occasion = occasion,
                                  .day = DAY,
                                  .mode = 0,
                                  .answers = answers,
                                  .replaces = replaces,
                                  .scale_0_means = 1};
    uint64_t id;
    assert_int_equal(samling_score_save(t->s, t->user, &score, &id), 0);
    return id;
}

/* How many there are on the tablet, and which is primary for the occasion; 0: none. */
static size_t scores_of(struct ward *w, struct pump_tablet *t, int occasion, uint64_t *primary)
{
    struct samling_score_line *l;
    size_t count = 0;
    *primary = 0;
    assert_int_equal(samling_scores(t->s, w->person, &l, &count), 0);
    for (size_t i = 0; i < count; i++)
        if (l[i].primary && l[i].score.occasion == occasion) {
            assert_int_equal(*primary, 0); /* exactly one */
            *primary = l[i].score.id;
        }
    samling_list_free(l);
    return count;
}

/* The centre and both tablets have ${count} responses, and ${primary} counts. */
static void scores_are(struct ward *w, int occasion, size_t count, uint64_t primary)
{
    char sql[160];
    uint64_t got;
    snprintf(sql, sizeof sql,
             "SELECT response FROM score_primary WHERE participant = %llu AND instrument = 3 AND occasion = %d",
             (unsigned long long)w->person, occasion);
    int64_t centre = asked(w, sql);
    assert_int_equal(centre, primary ? (int64_t)primary : -1);
    assert_int_equal(asked(w, "SELECT count(*) FROM score_response WHERE dead <= 0"), count);
    assert_int_equal(scores_of(w, w->a, occasion, &got), count);
    assert_true(got == primary);
    assert_int_equal(scores_of(w, w->b, occasion, &got), count);
    assert_true(got == primary);
}

/* The same person fills in the form on both tablets: two responses, one primary, no mixed form. */
static void two_forms(struct ward *w)
{
    uint64_t partial = score_save(w, w->a, 0, "7,-,4", 0), whole = score_save(w, w->b, 0, "6,5,4", 0), got;
    assert_true(scores_of(w, w->a, 0, &got) == 1 && got == partial);
    meet(w);
    scores_are(w, 0, 2, whole);
    uint64_t again = score_save(w, w->b, 0, "1,1,1", 0);
    meet(w);
    scores_are(w, 0, 3, whole); /* of two that are whole the smaller id */
    uint64_t mine = score_save(w, w->a, 0, "2,2,2", 0);
    assert_true(mine < whole);
    meet(w);
    scores_are(w, 0, 4, mine);
    assert_int_equal(samling_score_remove(w->b->s, w->user, mine), 0);
    assert_true(scores_of(w, w->b, 0, &got) == 3 && got == whole);
    meet(w);
    scores_are(w, 0, 3, whole);
    struct samling_score_line *l;
    size_t count;
    assert_int_equal(samling_scores(w->a->s, w->person, &l, &count), 0);
    assert_string_equal(l[0].score.answers, "7,-,4");
    assert_int_equal(l[0].items * 100 + l[0].answered, 302);
    assert_string_equal(l[1].score.answers, "6,5,4");
    assert_true(l[1].score.id == whole && l[2].score.id == again);
    samling_list_free(l);
}

/* A correction is a form of its own, perhaps to another occasion: that was the mistake. */
static void corrected_forms(struct ward *w)
{
    uint64_t baseline = score_save(w, w->a, 0, "6,5,4", 0);
    meet(w);
    uint64_t end = score_save(w, w->b, 2, "6,5,4", baseline), got;
    assert_true(scores_of(w, w->b, 2, &got) == 2 && got == end);
    assert_true(scores_of(w, w->b, 0, &got) == 2 && got == 0);
    meet(w);
    scores_are(w, 2, 2, end);
    scores_are(w, 0, 2, 0);
    /* two who correct the same one, not knowing of each other: both stand */
    uint64_t one = score_save(w, w->a, 2, "6,5,3", end), two = score_save(w, w->b, 2, "6,5,2", end);
    meet(w);
    scores_are(w, 2, 4, one < two ? one : two);
    assert_int_equal(samling_score_remove(w->a->s, w->user, one), 0);
    assert_int_equal(samling_score_remove(w->b->s, w->user, two), 0);
    meet(w);
    scores_are(w, 2, 2, end);
    assert_int_equal(samling_score_remove(w->a->s, w->user, end), 0);
    meet(w);
    scores_are(w, 0, 1, baseline); /* what it had replaced stands again */
}

/* One removes the form that the other corrects, and both remove it: nothing is refused, whoever syncs first. */
static void removed_while_corrected(struct ward *w)
{
    uint64_t wrong_one = score_save(w, w->a, 0, "6,5,4", 0);
    meet(w);
    assert_int_equal(samling_score_remove(w->a->s, w->user, wrong_one), 0);
    uint64_t right = score_save(w, w->b, 0, "6,5,-", wrong_one);
    assert_int_equal(samling_score_remove(w->b->s, w->user, wrong_one), 0);
    meet(w);
    scores_are(w, 0, 1, right);
    assert_int_equal(asked(w, "SELECT count(*) FROM verdict WHERE kind = 5"), 0);
}

/* A coordinator says which counts, as long as it lives; the later word holds. */
static void chosen_form(struct ward *w)
{
    uint64_t one = score_save(w, w->a, 0, "6,5,4", 0), two = score_save(w, w->b, 0, "6,-,4", 0);
    meet(w);
    struct sam_op op = op_on(SAM_RULING, SAM_OP_SET, SAM_RULE_PRIMARY, two);
    op.row.key.part[2] = two;
    op.base_csn = store_csn(w->p.reader);
    sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    assert_int_equal(asked(w, "SELECT response FROM score_primary"), (int64_t)two);
    op.row.key.part[1] = op.row.key.part[2] = one;
    op.base_csn = store_csn(w->p.reader);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    assert_int_equal(asked(w, "SELECT response FROM score_primary"), (int64_t)one);
    assert_int_equal(pump_check(&w->p, wrong, NULL), 0);
    assert_int_equal(samling_score_remove(w->a->s, w->user, one), 0);
    meet(w);
    assert_int_equal(asked(w, "SELECT response FROM score_primary"), (int64_t)two);
}

/* What a tablet may not say about forms and consents is put aside, and told as if the row were not there. */
static void not_its_own(struct ward *w)
{
    uint64_t theirs, ours = score_save(w, w->a, 0, "6,5,4", 0);
    struct samling_score score = {.participant = w->far_person,
                                  .instrument = PSFS,
                                  .version = 1,
                                  .day = DAY,
                                  .answers = "1,-,2",
                                  .scale_0_means = 2};
    assert_int_equal(samling_score_save(w->far->s, w->far_user, &score, &theirs), 0);
    meet(w);
    struct sam_op op = op_on(SAM_CONSENT, SAM_OP_SET, w->person, RESEARCH);
    op.user = w->far_user;
    sam_row_set(&op.row, SAM_CONSENT_state, GRANTED);
    assert_int_equal(pump_save(w->far, &op, w->far_group), 0);
    op = op_on(SAM_SCORE_RESPONSE, SAM_OP_TOMBSTONE, ours, 0);
    op.user = w->far_user;
    assert_int_equal(pump_save(w->far, &op, w->far_group), 0);
    for (int i = 0; i < 3;
         i++) { /* a form that corrects another clinic's, or nothing, or is about another clinic's person */
        op = op_on(SAM_SCORE_RESPONSE, SAM_OP_CREATE, sam_id_make(w->far->device_no, 1000 + (uint64_t)i), 0);
        op.user = w->far_user;
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_participant, (int64_t)(i == 2 ? w->person : w->far_person));
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_instrument, PSFS);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_version, 1);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_occasion, 0);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_day, DAY);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, 1);
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_answered, 1);
        sam_row_set_text(&op.row, SAM_SCORE_RESPONSE_answers, "1", 1);
        if (i < 2)
            sam_row_set(&op.row, SAM_SCORE_RESPONSE_replaces, (int64_t)(i ? ours + 77 : ours));
        assert_int_equal(pump_save(w->far, &op, w->far_group), 0);
    }
    meet(w);
    assert_int_equal(asked(w, "SELECT count(*) FROM verdict WHERE kind = 5"), 5);
    struct samling_notice *n;
    size_t count;
    assert_int_equal(samling_notices(w->far->s, &n, &count), 0);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(n[i].reason, SAM_REASON_REFERENCE);
    samling_list_free(n);
    assert_int_equal(asked(w, "SELECT count(*) FROM score_response"), 2);
    score.participant = w->person;
    score.answers = "1,";
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &theirs), SAMLING_ERANGE);
    score.answers = NULL;
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &theirs), SAMLING_ERANGE);
    score.answers = "1,-,2";
    score.replaces = 4711;
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &theirs), SAMLING_ENOTFOUND);
    assert_true(theirs == 0);
}

/* A form is checked before it is saved, and read back with its score; who it was and what it was told goes along. */
static void scored_where_it_is_answered(struct ward *w)
{
    static const struct {
        int instrument;
        const char *answers;
        int scale_0;
        const char *why;
    } refused[] = {{PSFS, "6,5,4", 0, "what 0 means"},  {PAIN, "6", 1, "what 0 means"},
                   {PSFS, "6,5", 1, "number of items"}, {PAIN, "11", 0, "outside the range"},
                   {PAIN, "six", 0, "whole numbers"},   {OWN, "1,,2", 0, "whole numbers"}};
    struct samling_score score = {.participant = w->person, .version = 1, .day = DAY, .mode = -1};
    struct samling_score_line *l;
    uint64_t id;
    size_t count;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        score.instrument = refused[i].instrument;
        score.answers = refused[i].answers;
        score.scale_0_means = refused[i].scale_0;
        assert_int_equal(samling_score_save(w->a->s, w->user, &score, &id), SAMLING_ERANGE);
        assert_non_null(strstr(samling_errmsg(w->a->s), refused[i].why));
        assert_true(id == 0);
    }
    score = (struct samling_score){.participant = w->person, .instrument = PSFS, .version = 1, .day = DAY, .mode = 0};
    score.answers = "7,9,4";
    score.scale_0_means = 2;
    score.held_by = 1;
    score.language = "nn";
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &id), 0);
    score.language = "n"; /* too short for one */
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &id), SAMLING_ERANGE);
    score.language = NULL;
    score.held_by = 4;
    assert_int_equal(samling_score_save(w->a->s, w->user, &score, &id), SAMLING_ERANGE);
    meet(w);
    struct pump_tablet *tablets[] = {w->a, w->b};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(samling_scores(tablets[i]->s, w->person, &l, &count), 0);
        assert_int_equal(count, 1);
        assert_string_equal(l[0].text, "6.67");
        assert_string_equal(l[0].score.language, "nn");
        assert_int_equal(l[0].score.held_by * 10 + l[0].score.scale_0_means, 12);
        assert_true(l[0].why == SAMLING_SCORE_VALID && l[0].better == SAMLING_BETTER_LOWER);
        assert_int_equal(l[0].sum * 100 + l[0].count * 10 + l[0].rule_version, 2031);
        samling_list_free(l);
    }
}

/* Everybody in the tablet's groups, its own walk-ins too, and nobody else. */
static void people_of_the_tablet(struct ward *w)
{
    struct samling_person *people;
    size_t count;
    uint64_t guest;
    assert_int_equal(samling_walk_in(w->a->s, w->user, w->session, "Astrid", 1970, &guest), 0);
    assert_int_equal(samling_people(w->a->s, &people, &count), 0);
    assert_int_equal(count, 3);
    assert_true(people[0].id == guest && people[0].provisional && people[0].birth_year == 1970);
    assert_string_equal(people[1].name, "Deltaker 001");
    assert_true(people[1].id == w->person && !people[1].provisional && people[1].birth_year == -1);
    assert_true(people[2].id == w->other);
    samling_list_free(people);
    meet(w);
    assert_int_equal(samling_people(w->b->s, &people, &count), 0);
    assert_int_equal(count, 3);
    samling_list_free(people);
    assert_int_equal(samling_people(w->far->s, &people, &count), 0);
    assert_int_equal(count, 1);
    samling_list_free(people);
}

/* The public list is the model's. */
static void test_instruments(void **state)
{
    (void)state;
    struct samling_instrument d;
    unsigned i = 0;
    for (; samling_instrument_at(i, &d) == 0; i++) {
        const struct sam_instrument *def = sam_instrument_find((uint32_t)d.number, (uint32_t)d.version);
        assert_ptr_equal(def, sam_instrument_at(i));
        assert_string_equal(d.code, def->code);
        assert_string_equal(d.source, def->source);
        assert_true(d.items_min == def->items.min && d.items_max == def->items.max);
        assert_true(d.answer_min == def->answer.min && d.answer_max == def->answer.max &&
                    d.answer_step == def->answer.step);
        assert_true(d.per_point == def->answer.per_point && d.answered_min == def->answered_min);
        assert_true((int)d.scoring == def->scoring && (int)d.better == def->better &&
                    d.rule_version == def->rule_version);
        assert_true(d.text_shown == def->text_shown && d.reversal_open == def->reversal_open);
    }
    assert_true(i > 5 && sam_instrument_at(i) == NULL);
    assert_int_equal(samling_instrument_at(i, &d), SAMLING_ENOTFOUND);
    assert_null(d.code);
}

/* ---- a person moves, and what concerns the person goes along */

static void person_moves(struct ward *w)
{
    uint64_t score = score_save(w, w->a, 0, "6,5,4", 0), got;
    consent_save(w, w->a, RESEARCH, WITHDRAWN, DAY);
    consent_save(w, w->b, SMS, GRANTED, DAY);
    meet(w);
    assert_int_equal(consent_of(w, w->far, RESEARCH), -2);
    enrol(w, w->far_group, w->person, true);
    enrol(w, w->group, w->person, false);
    consent_save(w, w->b, SMS, WITHDRAWN, DAY); /* away meanwhile: taken all the same */
    meet(w);
    assert_int_equal(consent_of(w, w->a, RESEARCH), -2);
    assert_int_equal(consent_of(w, w->far, RESEARCH), WITHDRAWN);
    assert_int_equal(consent_of(w, w->far, SMS), WITHDRAWN);
    assert_int_equal(scores_of(w, w->far, 0, &got), 1);
    assert_true(got == score);
    uint64_t second = score_save(w, w->far, 2, "9,9,9", 0);
    consent_save(w, w->far, RESEARCH, GRANTED, DAY);
    meet(w);
    enrol(w, w->group, w->person, true); /* and back, staying in both */
    meet(w);
    assert_int_equal(consent_of(w, w->a, RESEARCH), GRANTED);
    assert_int_equal(scores_of(w, w->a, 2, &got), 2);
    assert_true(got == second);
    consent_save(w, w->b, RESEARCH, WITHDRAWN, DAY);
    assert_int_equal(samling_score_remove(w->b->s, w->user, second), 0);
    meet(w);
    assert_int_equal(consent_of(w, w->far, RESEARCH), WITHDRAWN);
    assert_int_equal(scores_of(w, w->far, 2, &got), 1);
}

/* A consent that was removed before its person left, and is given anew after: it stands where the person is, and only there. */
static void consent_removed_and_given_anew(struct ward *w)
{
    struct sam_op op = op_on(SAM_CONSENT, SAM_OP_TOMBSTONE, w->person, RESEARCH);
    consent_save(w, w->a, RESEARCH, GRANTED, DAY);
    meet(w);
    op.base_csn = store_csn(w->p.reader);
    assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
    meet(w);
    assert_int_equal(consent_of(w, w->b, RESEARCH), -1);
    enrol(w, w->far_group, w->person, true);
    enrol(w, w->group, w->person, false);
    meet(w);
    consent_of(w, w->far, RESEARCH);
    consent_save(w, w->far, RESEARCH, GRANTED, DAY);
    meet(w);
    assert_int_equal(consent_of(w, w->far, RESEARCH), GRANTED);
    assert_int_equal(asked(w, "SELECT count(*) FROM member WHERE entity = 17 AND gone = 0"), 1);
}

/* A sync over a line that breaks again and again; how often it did. */
static unsigned sync_broken(struct pump_tablet *t)
{
    enum { CUT_BYTES = 3000, MORE_BYTES = 200, TRIES_MAX = 200 };
    unsigned broken = 0;
    while (!pump_sync(t, CUT_BYTES + MORE_BYTES * (uint64_t)broken))
        assert_true(++broken < TRIES_MAX);
    return broken;
}

/* Somebody with more forms than a frame holds enters a group with one op: all of them share a place in the feed, and a line
 * that breaks anywhere between loses none of them: nothing has to be filled anew for it. */
static void many_forms_move(struct ward *w)
{
    enum { FORMS = 1300 };
    struct sam_op op = op_on(SAM_GROUP, SAM_OP_SET, w->far_group, 0);
    uint64_t got;
    struct samling_score score = {.participant = w->person, .instrument = OWN, .version = 1, .day = DAY};
    score.answers = "6,5,4,3,2,1,0,9,8,7,6,5,4,3,2,1,0,1,2,3,4,5,6,7,8,9,0";
    for (int i = 0; i < FORMS; i++) {
        score.occasion = i % 6;
        assert_int_equal(samling_score_save(w->a->s, w->a->user, &score, &got), 0);
    }
    assert_true(pump_sync(w->a, PUMP_WHOLE));
    uint64_t fills = sam_meta(w->far->s, slot);
    enrol(w, w->far_group, w->person, true); /* as changes, to a tablet that is complete */
    assert_true(sync_broken(w->far) > 2);
    assert_int_equal(scores_of(w, w->far, 0, &got), FORMS);
    assert_int_equal(sam_meta(w->far->s, slot), fills);
    for (int active = 0; active < 2; active++) { /* and as a fill */
        op.base_csn = store_csn(w->p.reader);
        sam_row_set(&op.row, SAM_GROUP_active, active);
        assert_int_equal(pump_author(&w->p, &op), SAM_REASON_NONE);
        if (!active)
            assert_true(pump_sync(w->far, PUMP_WHOLE));
    }
    assert_true(sync_broken(w->far) > 2);
    assert_int_equal(scores_of(w, w->far, 0, &got), FORMS);
    assert_int_equal(sam_meta(w->far->s, slot), fills + 1);
    enrol(w, w->far_group, w->person, false);
}

static void test_two_sets(void **state)
{
    (void)state;
    both_orders(two_sets);
    both_orders(set_on_an_open_form);
    both_orders(sets_of_several);
}

static void test_sets_and_their_session(void **state)
{
    (void)state;
    both_orders(set_on_a_deleted_session);
    both_orders(disputed_set_of_a_deleted_session);
    both_orders(set_proves_held);
    both_orders(sets_grow_old);
}

static void test_consents(void **state)
{
    (void)state;
    both_orders(withdrawn_against_a_grant);
    both_orders(consents_on_open_pages);
}

static void test_scores(void **state)
{
    (void)state;
    both_orders(two_forms);
    both_orders(corrected_forms);
    both_orders(removed_while_corrected);
    both_orders(chosen_form);
    both_orders(not_its_own);
    both_orders(scored_where_it_is_answered);
    both_orders(people_of_the_tablet);
}

static void test_persons_move(void **state)
{
    (void)state;
    both_orders(person_moves);
    both_orders(consent_removed_and_given_anew);
    both_orders(many_forms_move);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_sets), cmocka_unit_test(test_sets_and_their_session),
        cmocka_unit_test(test_consents), cmocka_unit_test(test_instruments),
        cmocka_unit_test(test_scores),   cmocka_unit_test(test_persons_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
