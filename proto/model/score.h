/* Scores of answered forms: whether a form fits its instrument, what it scores, how that is shown, and whether two scores
 * differ by a change that counts. Tablet, centre and browser call the same functions. Pure: no input or output, no
 * allocation, no floating point; any thread.
 *
 * Stored are whole numbers: the sum of the answers, with reversed items turned already, and the count of those given. What
 * is shown follows from them by the definition. The text is rounded; nothing is ever compared by its text: bounds of change
 * and cuts are compared with the exact ratio, so 109/59 is shown as 1.85 and still lies below a cut of 1.85.
 *
 *   answers  "7,-,4" as ScoreResponse carries them (sam_answer_next), in units of the definition's answer
 *   sum      0 to SAM_INSTRUMENT_ITEMS_MAX x SAM_INSTRUMENT_ANSWER_MAX     count  1 to SAM_INSTRUMENT_ITEMS_MAX
 *   ratio    in points of the scale, lowest terms, den > 0
 *
 * Invariants: a score is valid only with every answer in range and as many as the missing rule asks for; one that is not
 * valid has sum and count 0, so no report can add it up by mistake; an unanswered item adds to neither sum nor count; two
 * scores of other directions, forms or rules are never compared. */
#ifndef SAM_MODEL_SCORE_H
#define SAM_MODEL_SCORE_H

#include "proto/model/field.h"
#include "proto/model/instrument.h"

/* What 0 means on a form whose instrument goes both ways (SAM_BETTER_STATED); UNSTATED for all others. The functions take
 * any number, since it comes with the form, and refuse one that is none of these. */
enum sam_scale_0 { SAM_SCALE_0_UNSTATED = 0, SAM_SCALE_0_WORST = 1, SAM_SCALE_0_BEST = 2 };

/* Why there is no score. Up to _DIRECTION the form itself is wrong; after it the form is right, but not to be scored. */
enum sam_score_why {
    SAM_SCORE_VALID = 0,
    SAM_SCORE_MALFORMED = 1, /* these are no answers */
    SAM_SCORE_ITEMS = 2,     /* the instrument has another number of items */
    SAM_SCORE_RANGE = 3,     /* an answer is outside the range of an item, or between its steps */
    SAM_SCORE_DIRECTION = 4, /* what 0 means is not stated where it must be, or stated where it is fixed */
    SAM_SCORE_FEW = 5,       /* too few answers for the missing rule */
    SAM_SCORE_REVERSAL = 6,  /* which items are reversed is not settled */
    SAM_SCORE_CODES = 7,     /* a list of codes: nothing to score */
    SAM_SCORE_UNKNOWN = 8 /* the instrument, or this edition of it, is not listed here: nothing is known of the form */
};

struct sam_score {
    uint32_t sum;
    uint8_t count;
    uint8_t valid; /* 0 or 1 */
    uint8_t instrument, version, rule_version;
    uint8_t better;  /* enum sam_better of this score: never _STATED */
    uint8_t derived; /* 1: turned by sam_score_turn, nobody gave these answers */
};

/**
 * sam_score_check(def, answers, scale_0, answered):
 * Does the form fit its instrument? It may lack answers. The number of those given is then in *${answered}.
 *   returns  SAM_SCORE_VALID, or _MALFORMED, _ITEMS, _RANGE, _DIRECTION with *answered = 0
 */
enum sam_score_why sam_score_check(const struct sam_instrument *def, struct sam_span answers, unsigned scale_0,
                                   unsigned *answered);

/**
 * sam_score(def, answers, scale_0, out):
 * Score a form by its definition, which sam_instrument_ok holds for.
 *   returns  SAM_SCORE_VALID, or why there is no score; out->valid = 0 then, and its sum and count are 0
 */
enum sam_score_why sam_score(const struct sam_instrument *def, struct sam_span answers, unsigned scale_0,
                             struct sam_score *out);

/* sam_score_row(def, r, out): the same of a ScoreResponse, of which ${def} is the instrument; NULL: SAM_SCORE_UNKNOWN, and out
 * says for which instrument and version. */
enum sam_score_why sam_score_row(const struct sam_instrument *def, const struct sam_row *r, struct sam_score *out);

/* sam_score_ok(def, s): could sam_score or sam_score_turn have made this valid score by this definition and rule? What was
 * stored is data: every function below asks it first. */
bool sam_score_ok(const struct sam_instrument *def, const struct sam_score *s);

/* sam_score_load(def, sum, count, rule_version, scale_0, out): a valid score as it was stored. false, and out is no valid
 * score: it does not hold together, or was made by another rule and is to be made anew from the answers. */
bool sam_score_load(const struct sam_instrument *def, uint32_t sum, uint32_t count, uint32_t rule_version,
                    unsigned scale_0, struct sam_score *out);

/* sam_score_turn(def, s, out): the score that the form would have had the other way round (of 0 to 10: 10 - x), marked as
 * derived; turned twice it is the given one again. false, and out is no valid score: not of a form that goes both ways. */
bool sam_score_turn(const struct sam_instrument *def, const struct sam_score *s, struct sam_score *out);

/* sam_score_value(def, s, out): the exact score in points. false, and out is 0/0: there is none. */
bool sam_score_value(const struct sam_instrument *def, const struct sam_score *s, struct sam_ratio *out);

/* sam_ratio_text(r, text): decimal, with a point, at most two decimals and none that is a trailing 0, rounded half away from
 * zero: "6.67", "-0.5", "3". Needs 0 < den <= INT64_MAX / 200. */
#define SAM_RATIO_TEXT_BYTES_MAX 24u
void sam_ratio_text(const struct sam_ratio *r, char text[SAM_RATIO_TEXT_BYTES_MAX]);
/* sam_score_text(def, s, text): the same of a score; "" where there is none. */
void sam_score_text(const struct sam_instrument *def, const struct sam_score *s, char text[SAM_RATIO_TEXT_BYTES_MAX]);

enum sam_reached {
    SAM_REACHED_UNDEFINED, /* nothing to reach: no bound, no score, or a percentage of 0 */
    SAM_REACHED_NO,
    SAM_REACHED_YES
};

/* sam_score_cut(def, s, i): is the score on the side of the i-th cut that the cut names? At the cut it is. */
enum sam_reached sam_score_cut(const struct sam_instrument *def, const struct sam_score *s, unsigned i);

enum sam_change_why {
    SAM_CHANGE_VALID = 0,
    SAM_CHANGE_INVALID = 1,  /* one of both is no valid score by this definition: another form or rule, or none */
    SAM_CHANGE_DIRECTION = 2 /* what is better on one is worse on the other: turn one first */
};

struct sam_change {
    struct sam_ratio points; /* for the better, negative for the worse; of a load: later - earlier */
    uint8_t by_points;       /* enum sam_reached: at least as many points better as the definition asks for */
    uint8_t by_percent; /* enum sam_reached: at least so many percent of the earlier score; _UNDEFINED if that was 0 */
    uint8_t derived;    /* 1: one of both scores is */
};

/**
 * sam_score_change(def, earlier, later, out):
 * From ${earlier} to ${later}, compared exactly. Where the definition has a bound for single answers, it is asked for as soon
 * as one of both rests on one. Whether both forms asked for the same activities is the caller's to see.
 *   returns  SAM_CHANGE_VALID, or why they are not compared, with points 0/0 and nothing reached
 */
enum sam_change_why sam_score_change(const struct sam_instrument *def, const struct sam_score *earlier,
                                     const struct sam_score *later, struct sam_change *out);

#endif
