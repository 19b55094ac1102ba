#include "proto/model/score.h"

#include "proto/base/assert.h"
#include "proto/model/op.h"

static const struct sam_ratio none = {0, 0};

/* ---- the form */

static bool answer_ok(const struct sam_instrument *def, int answer)
{
    return answer == SAM_ANSWER_SKIPPED || (answer >= def->answer.min && answer <= def->answer.max &&
                                            (answer - def->answer.min) % def->answer.step == 0);
}

static bool direction_ok(const struct sam_instrument *def, unsigned scale_0)
{
    if (def->better == SAM_BETTER_STATED)
        return scale_0 == SAM_SCALE_0_WORST || scale_0 == SAM_SCALE_0_BEST;
    return scale_0 == SAM_SCALE_0_UNSTATED;
}

enum sam_score_why sam_score_check(const struct sam_instrument *def, struct sam_span answers, unsigned scale_0,
                                   unsigned *answered)
{
    unsigned items, given;
    *answered = 0;
    if (!sam_answers_count(answers, &items, &given))
        return SAM_SCORE_MALFORMED;
    if (items < def->items.min || items > def->items.max)
        return SAM_SCORE_ITEMS;
    for (size_t at = 0; at <= answers.len;) {
        int answer = SAM_ANSWER_SKIPPED;
        bool read = sam_answer_next(answers, &at, &answer);
        SAM_ASSERT(read);
        if (!answer_ok(def, answer))
            return SAM_SCORE_RANGE;
    }
    if (!direction_ok(def, scale_0))
        return SAM_SCORE_DIRECTION;
    *answered = given;
    return SAM_SCORE_VALID;
}

static uint8_t better_of(const struct sam_instrument *def, unsigned scale_0)
{
    if (def->better != SAM_BETTER_STATED)
        return def->better;
    return scale_0 == SAM_SCALE_0_WORST ? SAM_BETTER_HIGHER : SAM_BETTER_LOWER;
}

static enum sam_score_why scorable(const struct sam_instrument *def, unsigned answered)
{
    if (def->scoring == SAM_SCORING_NONE)
        return SAM_SCORE_CODES;
    if (def->reversal_open)
        return SAM_SCORE_REVERSAL;
    return answered < def->answered_min ? SAM_SCORE_FEW : SAM_SCORE_VALID;
}

static uint32_t sum_of(const struct sam_instrument *def, struct sam_span answers)
{
    uint32_t sum = 0, ends = (uint32_t)def->answer.min + def->answer.max;
    unsigned item = 0;
    for (size_t at = 0; at <= answers.len; item++) {
        int answer = SAM_ANSWER_SKIPPED;
        bool read = sam_answer_next(answers, &at, &answer);
        SAM_ASSERT(read);
        if (answer != SAM_ANSWER_SKIPPED)
            sum += def->reversed >> item & 1u ? ends - (uint32_t)answer : (uint32_t)answer;
    }
    return sum;
}

enum sam_score_why sam_score(const struct sam_instrument *def, struct sam_span answers, unsigned scale_0,
                             struct sam_score *out)
{
    unsigned answered;
    *out = (struct sam_score){.instrument = def->number, .version = def->version, .rule_version = def->rule_version};
    enum sam_score_why why = sam_score_check(def, answers, scale_0, &answered);
    if (!why) {
        out->better = better_of(def, scale_0);
        why = scorable(def, answered);
    }
    if (why)
        return why;
    out->sum = sum_of(def, answers);
    out->count = (uint8_t)answered;
    out->valid = 1;
    SAM_ASSERT(sam_score_ok(def, out));
    return SAM_SCORE_VALID;
}

enum sam_score_why sam_score_row(const struct sam_instrument *def, const struct sam_row *r, struct sam_score *out)
{
    struct sam_span answers = {0};
    if (!def) {
        *out = (struct sam_score){.instrument = (uint8_t)sam_row_num(r, SAM_SCORE_RESPONSE_instrument),
                                  .version = (uint8_t)sam_row_num(r, SAM_SCORE_RESPONSE_version)};
        return SAM_SCORE_UNKNOWN;
    }
    if (sam_row_has(r, SAM_SCORE_RESPONSE_answers))
        answers = r->val[SAM_SCORE_RESPONSE_answers].text;
    return sam_score(def, answers, (unsigned)sam_row_num(r, SAM_SCORE_RESPONSE_scale_0_means), out);
}

/* ---- a score */

static bool score_direction_ok(const struct sam_instrument *def, const struct sam_score *s)
{
    if (def->better == SAM_BETTER_STATED)
        return s->better == SAM_BETTER_HIGHER || s->better == SAM_BETTER_LOWER;
    return s->better == def->better && !s->derived;
}

bool sam_score_ok(const struct sam_instrument *def, const struct sam_score *s)
{
    uint32_t least = (uint32_t)def->answer.min * s->count, most = (uint32_t)def->answer.max * s->count;
    return s->valid == 1 && s->derived <= 1 && s->instrument == def->number && s->version == def->version &&
           s->rule_version == def->rule_version && !scorable(def, s->count) && s->count <= def->items.max &&
           s->sum >= least && s->sum <= most && (s->sum - least) % def->answer.step == 0 && score_direction_ok(def, s);
}

bool sam_score_load(const struct sam_instrument *def, uint32_t sum, uint32_t count, uint32_t rule_version,
                    unsigned scale_0, struct sam_score *out)
{
    struct sam_score s = {.sum = sum,
                          .count = (uint8_t)count,
                          .valid = 1,
                          .instrument = def->number,
                          .version = def->version,
                          .rule_version = def->rule_version,
                          .better = better_of(def, scale_0)};
    bool ok = count <= def->items.max && rule_version == def->rule_version && direction_ok(def, scale_0) &&
              sam_score_ok(def, &s);
    *out = ok ? s : (struct sam_score){0};
    return ok;
}

bool sam_score_turn(const struct sam_instrument *def, const struct sam_score *s, struct sam_score *out)
{
    struct sam_score from = *s; /* out may be s */
    *out = (struct sam_score){0};
    if (!sam_score_ok(def, &from) || def->better != SAM_BETTER_STATED)
        return false;
    *out = from;
    out->sum = ((uint32_t)def->answer.min + def->answer.max) * from.count - from.sum;
    out->better = from.better == SAM_BETTER_HIGHER ? SAM_BETTER_LOWER : SAM_BETTER_HIGHER;
    out->derived = !from.derived;
    return true;
}

/* ---- exact ratios. Of a definition that sam_instrument_ok holds for, a score has num < 10^8 and den < 10^6, the difference
 * of two num < 10^14 and den < 10^12, and every product below is under 10^17. */

static struct sam_ratio lowest(int64_t num, int64_t den)
{
    int64_t a = num < 0 ? -num : num, b = den;
    SAM_ASSERT(den > 0);
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return (struct sam_ratio){num / a, den / a};
}

/* a - b */
static struct sam_ratio minus(struct sam_ratio a, struct sam_ratio b)
{
    return lowest(a.num * b.den - b.num * a.den, a.den * b.den);
}

static bool at_least(struct sam_ratio a, struct sam_ratio b)
{
    return a.num * b.den >= b.num * a.den;
}

bool sam_score_value(const struct sam_instrument *def, const struct sam_score *s, struct sam_ratio *out)
{
    *out = none;
    if (!sam_score_ok(def, s))
        return false;
    switch ((enum sam_scoring)def->scoring) {
    case SAM_SCORING_SINGLE:
    case SAM_SCORING_SUM: *out = lowest(s->sum, def->answer.per_point); break;
    case SAM_SCORING_MEAN: *out = lowest(s->sum, (int64_t)def->answer.per_point * s->count); break;
    case SAM_SCORING_PERCENT: *out = lowest(INT64_C(100) * s->sum, (int64_t)def->answer.max * s->count); break;
    case SAM_SCORING_NONE: return false;
    }
    return true;
}

/* ---- text */

static char *digits(char *to, uint64_t n)
{
    char reversed[20];
    unsigned count = 0;
    do
        reversed[count++] = (char)('0' + n % 10);
    while (n /= 10);
    while (count)
        *to++ = reversed[--count];
    return to;
}

void sam_ratio_text(const struct sam_ratio *r, char text[SAM_RATIO_TEXT_BYTES_MAX])
{
    SAM_ASSERT(r->den > 0 && r->den <= INT64_MAX / 200);
    uint64_t size = r->num < 0 ? 0 - (uint64_t)r->num : (uint64_t)r->num, den = (uint64_t)r->den;
    uint64_t whole = size / den, hundredths = (200 * (size % den) + den) / (2 * den); /* of a size half goes up */
    if (hundredths == 100) {
        whole++;
        hundredths = 0;
    }
    if (r->num < 0 && (whole || hundredths))
        *text++ = '-';
    text = digits(text, whole);
    if (hundredths) {
        *text++ = '.';
        *text++ = (char)('0' + hundredths / 10);
        if (hundredths % 10)
            *text++ = (char)('0' + hundredths % 10);
    }
    *text = 0;
}

void sam_score_text(const struct sam_instrument *def, const struct sam_score *s, char text[SAM_RATIO_TEXT_BYTES_MAX])
{
    struct sam_ratio value;
    text[0] = 0;
    if (sam_score_value(def, s, &value))
        sam_ratio_text(&value, text);
}

/* ---- what a score means */

static enum sam_reached reached(bool yes)
{
    return yes ? SAM_REACHED_YES : SAM_REACHED_NO;
}

enum sam_reached sam_score_cut(const struct sam_instrument *def, const struct sam_score *s, unsigned i)
{
    struct sam_ratio value;
    if (i >= SAM_INSTRUMENT_CUTS_MAX || def->cut[i].side == SAM_CUT_NONE || !sam_score_value(def, s, &value))
        return SAM_REACHED_UNDEFINED;
    const struct sam_cut *cut = &def->cut[i];
    return reached(cut->side == SAM_CUT_AT_LEAST ? at_least(value, cut->at) : at_least(cut->at, value));
}

static enum sam_reached points_reached(const struct sam_instrument *def, bool single, struct sam_ratio points)
{
    struct sam_ratio bound = single && def->points_single.den ? def->points_single : def->points;
    return bound.den ? reached(at_least(points, bound)) : SAM_REACHED_UNDEFINED;
}

/* (before - after) / before >= percent / 100, without a division. Less is better here (sam_instrument_ok). */
static enum sam_reached percent_reached(const struct sam_instrument *def, struct sam_ratio before,
                                        struct sam_ratio after)
{
    if (!def->percent || before.num == 0)
        return SAM_REACHED_UNDEFINED;
    int64_t was = before.num * after.den, is = after.num * before.den;
    return reached(100 * (was - is) >= def->percent * was);
}

enum sam_change_why sam_score_change(const struct sam_instrument *def, const struct sam_score *earlier,
                                     const struct sam_score *later, struct sam_change *out)
{
    struct sam_ratio before, after;
    *out = (struct sam_change){.points = none};
    if (!sam_score_value(def, earlier, &before) || !sam_score_value(def, later, &after))
        return SAM_CHANGE_INVALID;
    if (earlier->better != later->better)
        return SAM_CHANGE_DIRECTION;
    out->points = earlier->better == SAM_BETTER_LOWER ? minus(before, after) : minus(after, before);
    out->by_points = points_reached(def, earlier->count == 1 || later->count == 1, out->points);
    out->by_percent = percent_reached(def, before, after);
    out->derived = earlier->derived || later->derived;
    return SAM_CHANGE_VALID;
}
