/* Goal: random forms of every instrument have the score that a second way of counting gives. */
#include "tests/unit/test_score.h"

/* ---- random forms, against a second way of counting */

enum { DRAWS = 100000, ITEMS_MAX = 62 };
static uint64_t seed;

static unsigned draw(unsigned below) /* xorshift64 */
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 33) % below;
}

struct form {
    unsigned items;
    int answer[ITEMS_MAX]; /* -1: skipped */
    char text[ITEMS_MAX * 6];
};

static void form_write(struct form *f)
{
    size_t len = 0;
    for (unsigned i = 0; i < f->items; i++) {
        len += (size_t)snprintf(f->text + len, sizeof f->text - len, i ? "," : "");
        len += (size_t)snprintf(f->text + len, sizeof f->text - len, f->answer[i] < 0 ? "-" : "%d", f->answer[i]);
    }
}

static void form_draw(const struct sam_instrument *def, struct form *f)
{
    unsigned steps = (unsigned)(def->answer.max - def->answer.min) / def->answer.step + 1;
    bool careless = draw(8) == 0; /* wrong numbers of items, answers out of range */
    f->items = def->items.min + draw(def->items.max - def->items.min + 1u);
    if (careless && draw(4) == 0)
        f->items = 1 + draw(ITEMS_MAX);
    for (unsigned i = 0; i < f->items; i++) {
        f->answer[i] = (int)(def->answer.min + def->answer.step * draw(steps));
        if (careless && draw(20) == 0)
            f->answer[i] = (int)draw(10000);
    }
    for (unsigned skip = draw(3) ? draw(f->items + 1) : 0; skip > 0; skip--)
        f->answer[draw(f->items)] = -1;
    form_write(f);
}

/* The sum by how often each answer was given to items of either kind. */
static enum sam_score_why second_way(const struct sam_instrument *def, const struct form *f, uint32_t *sum,
                                     uint32_t *count)
{
    static uint32_t given[2][10000];
    *sum = *count = 0;
    if (f->items < def->items.min || f->items > def->items.max)
        return SAM_SCORE_ITEMS;
    unsigned end = 0; /* one above the highest answer */
    for (unsigned i = 0; i < f->items; i++)
        end = f->answer[i] >= (int)end ? (unsigned)f->answer[i] + 1 : end;
    memset(given[0], 0, end * sizeof given[0][0]);
    memset(given[1], 0, end * sizeof given[1][0]);
    for (unsigned i = 0; i < f->items; i++)
        if (f->answer[i] >= 0)
            given[def->reversed >> i & 1u][f->answer[i]]++;
    uint32_t n = 0, total = 0;
    for (unsigned a = 0; a < end; a++) {
        uint32_t times = given[0][a] + given[1][a];
        if (times && (a < def->answer.min || a > def->answer.max || (a - def->answer.min) % def->answer.step))
            return SAM_SCORE_RANGE;
        n += times;
        total += a * given[0][a] + (def->answer.max - a + def->answer.min) * given[1][a];
    }
    if (def->scoring == SAM_SCORING_NONE)
        return SAM_SCORE_CODES;
    if (def->reversal_open)
        return SAM_SCORE_REVERSAL;
    if (n < def->answered_min)
        return SAM_SCORE_FEW;
    *sum = total;
    *count = n;
    return SAM_SCORE_VALID;
}

/* Numerator and denominator, not in lowest terms. */
static void fraction(const struct sam_instrument *def, uint32_t sum, uint32_t count, int64_t *num, int64_t *den)
{
    bool percent = def->scoring == SAM_SCORING_PERCENT, mean = def->scoring == SAM_SCORING_MEAN;
    *num = percent ? INT64_C(100) * sum : sum;
    *den = percent ? (int64_t)def->answer.max * count : (int64_t)def->answer.per_point * (mean ? count : 1);
}

static void text_second_way(int64_t num, int64_t den, char text[32])
{
    int64_t hundredths = den > 0 ? (200 * num + den) / (2 * den) : -1;
    snprintf(text, 32, "%lld.%02lld", (long long)(hundredths / 100), (long long)(hundredths % 100));
    for (size_t len = strlen(text); text[len - 1] == '0' || text[len - 1] == '.'; text[--len] = 0)
        if (text[len - 1] == '.') {
            text[len - 1] = 0;
            break;
        }
}

/* What is done to a form that must not change its score: two items of one kind change places; one that nobody answered
 * comes to the end, where the instrument leaves room for it. */
static void same_score(const struct sam_instrument *def, const struct form *of, unsigned scale_0,
                       const struct sam_score *s)
{
    struct form f = *of;
    struct sam_score again;
    unsigned i = draw(f.items), k = draw(f.items);
    if ((def->reversed >> i & 1u) == (def->reversed >> k & 1u)) {
        int answer = f.answer[i];
        f.answer[i] = f.answer[k];
        f.answer[k] = answer;
    }
    if (f.items < def->items.max)
        f.answer[f.items++] = -1;
    form_write(&f);
    assert_int_equal(sam_score(def, span(f.text), scale_0, &again), SAM_SCORE_VALID);
    score_is(&again, s);
    assert_true(sam_score_load(def, s->sum, s->count, s->rule_version, scale_0, &again));
    score_is(&again, s);
}

static void change_second_way(const struct sam_instrument *def, const struct sam_score *was, const struct sam_score *is)
{
    struct sam_change c;
    int64_t n1, d1, n2, d2;
    if (sam_score_change(def, was, is, &c)) {
        assert_int_equal(def->better, SAM_BETTER_STATED);
        assert_true(was->better != is->better);
        return;
    }
    fraction(def, was->sum, was->count, &n1, &d1);
    fraction(def, is->sum, is->count, &n2, &d2);
    bool lower = was->better == SAM_BETTER_LOWER;
    assert_int_equal(d1 * d2 % c.points.den, 0); /* it is in lowest terms */
    assert_true(c.points.num * (d1 * d2 / c.points.den) == (lower ? n1 * d2 - n2 * d1 : n2 * d1 - n1 * d2));
    bool single = (was->count == 1 || is->count == 1) && def->points_single.den;
    struct sam_ratio bound = single ? def->points_single : def->points;
    int points = UNDEFINED, percent = UNDEFINED;
    if (bound.den && lower) /* is <= was - bound */
        points = n2 * d1 * bound.den <= n1 * d2 * bound.den - bound.num * d1 * d2 ? YES : NO;
    else if (bound.den)
        points = n2 * d1 * bound.den >= n1 * d2 * bound.den + bound.num * d1 * d2 ? YES : NO;
    if (def->percent && n1) /* is <= (100 - percent) % of was */
        percent = n2 * d1 * 100 <= n1 * d2 * (100 - def->percent) ? YES : NO;
    assert_int_equal(c.by_points, points);
    assert_int_equal(c.by_percent, percent);
}

static void one_draw(const struct sam_instrument *def, struct sam_score *last)
{
    struct form f;
    struct sam_score s;
    uint32_t sum, count;
    unsigned scale_0 = def->better == SAM_BETTER_STATED ? (draw(2) ? WORST : BEST) : UNSTATED;
    form_draw(def, &f);
    enum sam_score_why want = second_way(def, &f, &sum, &count);
    enum sam_score_why why = sam_score(def, span(f.text), scale_0, &s);
    if (why != want || s.sum != sum || s.count != count)
        fail_msg("%s \"%s\": %d %u/%u, not %d %u/%u", def->code, f.text, why, s.sum, s.count, want, sum, count);
    if (why)
        return;
    char text[SAM_RATIO_TEXT_BYTES_MAX], other[32];
    int64_t num, den;
    fraction(def, sum, count, &num, &den);
    text_second_way(num, den, other);
    sam_score_text(def, &s, text);
    assert_string_equal(text, other);
    same_score(def, &f, scale_0, &s);
    if (last->valid)
        change_second_way(def, last, &s);
    *last = s;
}

static void random_forms_agree_with_a_second_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(own); i++)
        assert_true(sam_instrument_ok(&own[i]));
    static struct sam_score last[100]; /* by number */
    unsigned listed = 0;
    seed = UINT64_C(0x5a3d1e0712c4f689);
    while (sam_instrument_at(listed))
        listed++;
    for (unsigned n = 0; n < DRAWS; n++) {
        unsigned i = draw(listed + (unsigned)COUNT(own));
        const struct sam_instrument *def = i < listed ? sam_instrument_at(i) : &own[i - listed];
        one_draw(def, &last[def->number]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_forms_agree_with_a_second_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
