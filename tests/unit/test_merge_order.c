/* Goal: judging values does not depend on the order in which they come, up to four ops of three devices. */
#include "tests/unit/test_model.h"

/* ---- order. Up to four ops of up to three devices; op i may have seen, by its base, the ops before some j <= i. */

#define OPS_MAX 4

struct trial {
    const struct sam_entity_def *def;
    unsigned unit, count;
    struct sam_candidate op[OPS_MAX];
    unsigned saw[OPS_MAX]; /* op i had seen ops 0 … saw[i]-1 of others */
};

static bool trial_saw(const struct trial *t, unsigned i, unsigned k)
{
    return k < t->saw[i] || (t->op[k].device_no == t->op[i].device_no && t->op[k].seq < t->op[i].seq);
}

/* What must be left whatever the order: the values that nobody who had seen them has replaced. */
static uint32_t trial_left(const struct trial *t)
{
    uint32_t left = 0;
    for (unsigned k = 0; k < t->count; k++) {
        bool replaced = false;
        for (unsigned i = 0; i < t->count; i++)
            replaced = replaced || (i != k && trial_saw(t, i, k));
        left |= replaced ? 0 : 1u << k;
    }
    return left;
}

/* An op comes after those it had seen; own ops come in any order where ${late} says so. */
static bool order_possible(const struct trial *t, const unsigned *order, bool late)
{
    for (unsigned a = 0; a < t->count; a++)
        for (unsigned b = a + 1; b < t->count; b++) {
            unsigned i = order[a], k = order[b];
            if (k < t->saw[i] || (!late && trial_saw(t, i, k)))
                return false;
        }
    return true;
}

static unsigned index_of(const struct trial *t, const struct sam_candidate *y)
{
    for (unsigned k = 0; k < t->count; k++)
        if (t->op[k].device_no == y->device_no && t->op[k].seq == y->seq)
            return k;
    fail_msg("a value that nobody said");
    return 0;
}

struct end_state {
    uint32_t left;
    unsigned shown;
    bool disputed;
    uint64_t union_or;
};

static struct end_state trial_run(const struct trial *t, const unsigned *order)
{
    struct sam_candidates set = {0};
    struct sam_fold fold;
    for (unsigned a = 0; a < t->count; a++)
        judge(t->def, t->unit, &set, &t->op[order[a]]);
    sam_fold(t->def, t->unit, &set, &fold);
    struct end_state end = {0, index_of(t, &set.at[fold.shown]), fold.disputed, fold.union_or};
    for (unsigned i = 0; i < set.count; i++)
        end.left |= 1u << index_of(t, &set.at[i]);
    if (t->def->unit_class[t->unit] == SAM_CLASS_UNION)
        end.shown = 0; /* the value is union_or */
    return end;
}

static unsigned long orders_tried;

static void trial_check(const struct trial *t, bool late)
{
    unsigned order[OPS_MAX] = {0, 1, 2, 3};
    struct end_state first = trial_run(t, order);
    assert_int_equal(first.left, trial_left(t));
    unsigned total = t->count == 4 ? 24 : t->count == 3 ? 6 : t->count == 2 ? 2 : 1;
    for (unsigned p = 1; p < total; p++) {
        unsigned pool[OPS_MAX] = {0, 1, 2, 3}, rest = p, left = t->count;
        for (unsigned a = 0; a < t->count; a++, left--) { /* the p-th permutation */
            unsigned pick = rest % left;
            rest /= left;
            order[a] = pool[pick];
            memmove(pool + pick, pool + pick + 1, (OPS_MAX - 1 - pick) * sizeof pool[0]);
        }
        if (!order_possible(t, order, late))
            continue;
        struct end_state end = trial_run(t, order);
        orders_tried++;
        if (end.left != first.left || end.shown != first.shown || end.disputed != first.disputed ||
            end.union_or != first.union_or)
            fail_msg("%s unit %u, %u ops: order %u %u %u %u leaves %x shows %u, in order %x shows %u", t->def->name,
                     t->unit, t->count, order[0], order[1], order[2], order[3], end.left, end.shown, first.left,
                     first.shown);
    }
}

/* All sets of ${count} ops whose devices, bases and values are given by the digits of a number. */
static void trials(const struct sam_entity_def *def, unsigned unit, const struct sam_row *values, unsigned value_count,
                   unsigned count, bool late)
{
    struct trial t = {.def = def, .unit = unit, .count = count};
    unsigned long total = 1;
    for (unsigned i = 0; i < count; i++)
        total *= 3ul * (i + 1) * value_count;
    unsigned long step = total > 60000 ? total / 60000 | 1 : 1; /* an odd stride through the larger spaces */
    for (unsigned long n = 0; n < total; n += step) {
        unsigned long digits = n;
        uint64_t seq[5] = {0};
        for (unsigned i = 0; i < count; i++) {
            unsigned device_no = 2 + (unsigned)(digits % 3);
            digits /= 3;
            t.saw[i] = (unsigned)(digits % (i + 1));
            digits /= i + 1;
            t.op[i] = said(device_no, ++seq[device_no], 10 * (i + 1), 10 * t.saw[i], &values[digits % value_count]);
            digits /= value_count;
        }
        trial_check(&t, late);
    }
}

static void each_class(bool late)
{
    struct sam_row marks[4] = {attendance(1, 2, 0), attendance(2, 2, 1), attendance(1, 0, 0), attendance(0, 2, 0)};
    struct sam_row minutes[3] = {with_num(8, SAM_ATTENDANCE_minutes, 30), with_num(8, SAM_ATTENDANCE_minutes, 45),
                                 with_num(8, 0, -1)};
    struct sam_row flags[3] = {with_num(8, SAM_ATTENDANCE_late, 1), with_num(8, SAM_ATTENDANCE_late, 0),
                               with_num(8, 0, -1)};
    struct sam_row video[2] = {with_num(8, SAM_ATTENDANCE_by_video, 1), with_num(8, SAM_ATTENDANCE_by_video, 0)};
    struct sam_row status[4] = {with_num(10, SAM_ENROLMENT_status, 4), with_num(10, SAM_ENROLMENT_status, 5),
                                with_num(10, SAM_ENROLMENT_status, 6), with_num(10, SAM_ENROLMENT_status, 9)};
    struct sam_row born[2] = {with_num(12, SAM_PARTICIPANT_birth_year, 1950),
                              with_num(12, SAM_PARTICIPANT_birth_year, 1951)};
    const struct sam_entity_def *att = sam_entity_find(SAM_ATTENDANCE);
    orders_tried = 0;
    for (unsigned count = 1; count <= OPS_MAX; count++) {
        trials(att, 0, marks, 4, count, late);
        trials(att, 1, minutes, 3, count, late);
        trials(att, 2, flags, 3, count, late);
        trials(att, 4, video, 2, count, late);
        trials(sam_entity_find(SAM_ENROLMENT), 0, status, 4, count, late);
        trials(sam_entity_find(SAM_PARTICIPANT), 1, born, 2, count, late);
    }
    assert_true(orders_tried > 100000);
}

static void test_order_free(void **state)
{
    (void)state;
    each_class(false);
}

/* An op that is judged after a later one of its own device (it had waited in quarantine) changes nothing more than it
 * would have in its place. */
static void test_order_free_when_late(void **state)
{
    (void)state;
    each_class(true);
}

static void test_superseded(void **state)
{
    (void)state;
    const struct sam_entity_def *def = sam_entity_find(SAM_ATTENDANCE);
    struct sam_row m30 = with_num(8, SAM_ATTENDANCE_minutes, 30), m45 = with_num(8, SAM_ATTENDANCE_minutes, 45);
    struct sam_candidates set = {0};
    struct sam_candidate later = said(2, 5, 10, 0, &m45), earlier = said(2, 4, 11, 0, &m30);
    judge(def, 1, &set, &later);
    struct sam_fold fold = judge(def, 1, &set, &earlier);
    assert_int_equal(fold.verdict, SAM_VERDICT_SUPERSEDED);
    assert_int_equal(set.count, 1);
    assert_int_equal(set.at[fold.shown].seq, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_free),
        cmocka_unit_test(test_order_free_when_late),
        cmocka_unit_test(test_superseded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
