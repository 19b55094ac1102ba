/* Goal: each class of units is judged as DESIGN section 5 says, by what each author had seen. */
#include "tests/unit/test_model.h"

/* Two values from two tablets that had not seen each other, judged in this order: what is said and shown. */
struct pair {
    const char *name;
    const struct sam_row *first, *second; /* of device 2 and of device 3 */
    enum sam_verdict verdict;             /* on the second */
    int shown;                            /* 0 first, 1 second */
    bool disputed;
};

static void pairs_check(uint8_t entity, unsigned unit, const struct pair *pairs, size_t count)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    for (size_t i = 0; i < count; i++) {
        struct sam_candidates set = {0};
        struct sam_candidate x = said(2, 1, 10, 0, pairs[i].first), y = said(3, 1, 11, 0, pairs[i].second);
        assert_int_equal(judge(def, unit, &set, &x).verdict, SAM_VERDICT_APPLIED);
        struct sam_fold fold = judge(def, unit, &set, &y);
        uint64_t device_no = set.at[fold.shown].device_no;
        if (fold.verdict != pairs[i].verdict || device_no != (pairs[i].shown ? 3u : 2u) ||
            fold.disputed != pairs[i].disputed)
            fail_msg("%s: verdict %d, shown of device %d, disputed %d", pairs[i].name, (int)fold.verdict,
                     (int)device_no, fold.disputed);
        assert_int_equal(set.count, 2);
    }
}

static void test_ranked(void **state)
{
    (void)state;
    struct sam_row listed = attendance(1, 0, 0), tapped = attendance(1, 2, 0), self = attendance(1, 3, 0),
                   absent = attendance(2, 2, 4), absent_listed = attendance(2, 0, 0), absent_self = attendance(2, 3, 0),
                   other = attendance(2, 2, 5), no_show = attendance(3, 2, 0);
    const struct pair pairs[] = {
        {"tap over list", &listed, &absent, SAM_VERDICT_APPLIED, 1, false},
        {"list under tap", &absent, &listed, SAM_VERDICT_MERGED, 0, false},
        {"both present, list and tap", &listed, &tapped, SAM_VERDICT_APPLIED, 1, false},
        {"both present, tap and list", &tapped, &listed, SAM_VERDICT_APPLIED, 0, false},
        {"present and absent", &tapped, &absent, SAM_VERDICT_CASE, 0, true},
        {"absent and present", &absent, &tapped, SAM_VERDICT_CASE, 1, true},
        {"own word and tap weigh the same", &self, &absent, SAM_VERDICT_CASE, 0, true},
        {"tap and own word weigh the same", &absent_self, &tapped, SAM_VERDICT_CASE, 1, true},
        {"two reasons of one absence", &absent, &other, SAM_VERDICT_APPLIED, 0, false},
        {"absent and no show", &no_show, &absent, SAM_VERDICT_CASE, 0, true},
        {"two lists", &absent_listed, &listed, SAM_VERDICT_CASE, 1, true},
    };
    pairs_check(SAM_ATTENDANCE, 0, pairs, COUNT(pairs));
    /* demographics: the centre's word over a tablet's */
    const struct sam_entity_def *def = sam_entity_find(SAM_PARTICIPANT);
    struct sam_row a = with_num(SAM_PARTICIPANT, SAM_PARTICIPANT_birth_year, 1950),
                   b = with_num(SAM_PARTICIPANT, SAM_PARTICIPANT_birth_year, 1960);
    for (int turn = 0; turn < 2; turn++) {
        struct sam_candidates set = {0};
        struct sam_candidate tablet = said(5, 1, 10, 0, &a), centre = said(SAM_DEVICE_NO_CONSOLE, 1, 11, 0, &b);
        judge(def, 1, &set, turn ? &tablet : &centre);
        struct sam_fold fold = judge(def, 1, &set, turn ? &centre : &tablet);
        assert_int_equal(set.at[fold.shown].device_no, SAM_DEVICE_NO_CONSOLE);
        assert_false(fold.disputed);
        assert_int_equal(fold.verdict, turn ? SAM_VERDICT_APPLIED : SAM_VERDICT_MERGED);
    }
}

static struct sam_row consent(int state, int64_t day, int method)
{
    struct sam_row r = with_num(SAM_CONSENT, SAM_CONSENT_state, state);
    sam_row_set(&r, SAM_CONSENT_day, day);
    sam_row_set(&r, SAM_CONSENT_method, method);
    return r;
}

/* A withdrawal holds against every grant that had not seen it, whoever said it and on whatever day. */
static void test_consent(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_CONSENT);
    struct sam_row none = consent(0, 100, 1), granted = consent(1, 100, 1), granted_later = consent(1, 300, 2),
                   withdrawn = consent(2, 200, 1), withdrawn_early = consent(2, 1, 3);
    const struct pair pairs[] = {
        {"grant, withdrawal", &granted, &withdrawn, SAM_VERDICT_APPLIED, 1, false},
        {"withdrawal, grant", &withdrawn, &granted, SAM_VERDICT_MERGED, 0, false},
        {"an early withdrawal, a later grant", &withdrawn_early, &granted_later, SAM_VERDICT_MERGED, 0, false},
        {"a later grant, an early withdrawal", &granted_later, &withdrawn_early, SAM_VERDICT_APPLIED, 1, false},
        {"two grants", &granted, &granted_later, SAM_VERDICT_APPLIED, 0, false},
        {"two withdrawals", &withdrawn, &withdrawn_early, SAM_VERDICT_APPLIED, 0, false},
        {"grant and nothing", &granted, &none, SAM_VERDICT_MERGED, 0, false},
        {"nothing and grant", &none, &granted, SAM_VERDICT_APPLIED, 1, false},
    };
    pairs_check(SAM_CONSENT, 0, pairs, COUNT(pairs));
    /* the centre's word weighs no more than a tablet's */
    struct sam_candidates set = {0};
    struct sam_candidate tablet = said(5, 1, 10, 0, &withdrawn),
                         centre = said(SAM_DEVICE_NO_CONSOLE, 1, 11, 0, &granted);
    judge(def, 0, &set, &tablet);
    assert_int_equal(judge(def, 0, &set, &centre).verdict, SAM_VERDICT_MERGED);
    /* whoever had seen the withdrawal, and only that, takes it away */
    struct sam_candidate revives = said(6, 1, 12, 10, &granted_later);
    struct sam_fold fold = judge(def, 0, &set, &revives);
    assert_int_equal(fold.verdict, SAM_VERDICT_APPLIED);
    assert_false(fold.disputed);
    assert_int_equal(sam_row_num(set.at[fold.shown].value, SAM_CONSENT_state), 1);
    assert_int_equal(set.count, 2); /* the centre's grant, and the new one */
}

/* Two sets under one number: one of them whole, never the repetitions of one with the load of the other. */
static void test_set_is_one_unit(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_EXERCISE_SET);
    assert_int_equal(def->unit_count, 1);
    struct sam_row eight = with_num(SAM_EXERCISE_SET, SAM_EXERCISE_SET_reps, 8),
                   ten = with_num(SAM_EXERCISE_SET, SAM_EXERCISE_SET_reps, 10), shown = eight, same;
    sam_row_set(&eight, SAM_EXERCISE_SET_load_hg, 200);
    sam_row_set(&eight, SAM_EXERCISE_SET_pain, 3);
    sam_row_set(&ten, SAM_EXERCISE_SET_load_hg, 250);
    same = eight;
    const struct pair pairs[] = {{"two sets", &eight, &ten, SAM_VERDICT_CASE, 0, true},
                                 {"two sets, the other first", &ten, &eight, SAM_VERDICT_CASE, 0, true},
                                 {"the same set", &eight, &same, SAM_VERDICT_APPLIED, 0, false}};
    pairs_check(SAM_EXERCISE_SET, 0, pairs, COUNT(pairs));
    shown = eight;
    sam_row_merge(&shown, &ten, 1);
    assert_true(sam_row_unit_equal(&shown, &ten, 0));
    assert_false(sam_row_has(&shown, SAM_EXERCISE_SET_pain)); /* what the other did not say is not carried over */
}

static void test_register_and_minor(void **state)
{
    (void)state;
    struct sam_row m30 = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 30),
                   m45 = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 45), none = with_num(SAM_ATTENDANCE, 0, -1),
                   same = m30;
    const struct pair reg[] = {
        {"two minutes", &m30, &m45, SAM_VERDICT_CASE, 0, true},
        {"the same minutes", &m30, &same, SAM_VERDICT_APPLIED, 0, false},
        {"minutes and none", &m45, &none, SAM_VERDICT_CASE, 0, true},
    };
    pairs_check(SAM_ATTENDANCE, 1, reg, COUNT(reg));
    struct sam_row video = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_by_video, 1),
                   no_video = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_by_video, 0);
    const struct pair minor[] = {
        {"larger device", &video, &no_video, SAM_VERDICT_APPLIED, 1, false},
        {"equal", &video, &video, SAM_VERDICT_APPLIED, 1, false},
    };
    pairs_check(SAM_ATTENDANCE, 4, minor, COUNT(minor));
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_candidates set = {0}; /* the newer base wins over the larger device */
    struct sam_candidate old = said(9, 1, 10, 3, &video), newer = said(2, 1, 11, 4, &no_video),
                         late = said(8, 1, 12, 2, &video);
    judge(def, 4, &set, &old);
    struct sam_fold fold = judge(def, 4, &set, &newer);
    assert_int_equal(set.at[fold.shown].device_no, 2);
    fold = judge(def, 4, &set, &late);
    assert_int_equal(fold.verdict, SAM_VERDICT_MERGED);
    assert_int_equal(set.at[fold.shown].device_no, 2);
    assert_int_equal(set.count, 3);
}

static void test_union(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_row yes = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_late, 1),
                   no = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_late, 0);
    struct sam_candidates set = {0};
    struct sam_candidate a = said(2, 1, 10, 0, &no), b = said(3, 1, 11, 0, &yes), c = said(4, 1, 12, 0, &no),
                         d = said(3, 2, 13, 12, &no);
    assert_int_equal(judge(def, 2, &set, &a).union_or, 0);
    struct sam_fold fold = judge(def, 2, &set, &b);
    assert_int_equal(fold.union_or, 1);
    assert_int_equal(fold.verdict, SAM_VERDICT_APPLIED);
    fold = judge(def, 2, &set, &c);
    assert_int_equal(fold.union_or, 1);
    assert_int_equal(fold.verdict, SAM_VERDICT_APPLIED);
    assert_false(fold.disputed);
    assert_int_equal(judge(def, 2, &set, &d).union_or, 0); /* who had seen them all takes it back */
    assert_int_equal(set.count, 1);
}

static void test_ordered(void **state)
{
    (void)state;
    struct sam_row r[10];
    for (int i = 0; i < 10; i++)
        r[i] = with_num(SAM_ENROLMENT, SAM_ENROLMENT_status, i);
    const struct pair pairs[] = {
        {"later active", &r[1], &r[4], SAM_VERDICT_APPLIED, 1, false},
        {"earlier active", &r[4], &r[0], SAM_VERDICT_MERGED, 0, false},
        {"terminal over active", &r[4], &r[5], SAM_VERDICT_APPLIED, 1, false},
        {"declined over attending", &r[2], &r[4], SAM_VERDICT_MERGED, 0, false},
        {"two terminal", &r[5], &r[6], SAM_VERDICT_CASE, 0, true},
        {"one terminal twice", &r[6], &r[6], SAM_VERDICT_APPLIED, 0, false},
        {"in error over terminal", &r[5], &r[9], SAM_VERDICT_APPLIED, 1, false},
        {"terminal under in error", &r[9], &r[8], SAM_VERDICT_MERGED, 0, false},
    };
    pairs_check(SAM_ENROLMENT, 0, pairs, COUNT(pairs));
}

static void test_who_saw_what(void **state)
{
    (void)state;
    struct sam_author who = {
        .device_no = 5, .seq = 7, .base_epoch = 3, .base_csn = 100, .seen_csn = 60, .parent_count = 1};
    who.parent[0].device_no = 4;
    who.parent[0].fork_seq = 20;
    const struct {
        const char *name;
        struct sam_candidate y;
        bool saw, later;
    } cases[] = {
        {"own earlier", said(5, 6, 999, 0, NULL), true, false},
        {"own later", said(5, 8, 1, 0, NULL), false, true},
        {"parent's, shared", said(4, 20, 999, 0, NULL), true, false},
        {"parent's, after the fork", said(4, 21, 999, 0, NULL), false, false},
        {"parent's, after the fork, but seen", said(4, 21, 60, 0, NULL), true, false},
        {"a sibling's, sent under an own number too",
         {.device_no = 6, .seq = 26, .csn = 999, .own_seq = 6},
         true,
         false},
        {"… and later than this op", {.device_no = 6, .seq = 1, .csn = 1, .own_seq = 8}, false, true},
        {"in the base", said(6, 1, 60, 0, NULL), true, false},
        {"beyond the cut", said(6, 1, 61, 0, NULL), false, false},
        {"lost, seen before", {.device_no = 6, .seq = 1, .csn = 90, .lost_epoch = 3, .lost_csn = 100}, true, false},
        {"lost, later than the base",
         {.device_no = 6, .seq = 1, .csn = 90, .lost_epoch = 3, .lost_csn = 101},
         false,
         false},
        {"lost in another epoch",
         {.device_no = 6, .seq = 1, .csn = 90, .lost_epoch = 2, .lost_csn = 100},
         false,
         false},
        {"never lost", {.device_no = 6, .seq = 1, .csn = 90, .lost_epoch = 3, .lost_csn = 0}, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (sam_author_saw(&who, &cases[i].y) != cases[i].saw || sam_author_later(&who, &cases[i].y) != cases[i].later)
            fail_msg("%s", cases[i].name);
}

/* The set is bounded; at the bound it does not change, and one who has seen it all empties it. */
static void test_set_is_full(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_row m = with_num(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 30);
    struct sam_candidates set = {0}, before;
    struct sam_fold fold;
    for (unsigned i = 0; i < SAM_CANDIDATES_MAX; i++) {
        struct sam_candidate x = said(10 + i, 1, 10 + i, 0, &m);
        judge(def, 1, &set, &x);
    }
    before = set;
    struct sam_candidate x = said(100, 1, 100, 0, &m);
    struct sam_author who = author_of(&x);
    assert_int_equal(sam_merge(def, 1, &set, &who, &x, &fold), SAM_EFULL);
    assert_memory_equal(&set, &before, sizeof set);
    x.base_csn = 100;
    fold = judge(def, 1, &set, &x);
    assert_int_equal(set.count, 1);
    assert_int_equal(fold.verdict, SAM_VERDICT_APPLIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranked),          cmocka_unit_test(test_consent),
        cmocka_unit_test(test_set_is_one_unit), cmocka_unit_test(test_register_and_minor),
        cmocka_unit_test(test_union),           cmocka_unit_test(test_ordered),
        cmocka_unit_test(test_who_saw_what),    cmocka_unit_test(test_set_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
