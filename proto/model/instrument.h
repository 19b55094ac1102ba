/* Self-reported instruments: what an answered form may hold, and how it is scored. instrument.def lists the definitions,
 * proto/model/score.h applies them; tablet, centre and browser compile the same list, so one form has one score.
 * A definition is plain data and every function takes a pointer to one: a host may hold further ones, checked with
 * sam_instrument_ok. Item texts are no part of it: most need a licence. Nothing here allocates or reads a clock.
 *
 * Units. An answer is a whole number, as the wire carries it; answer.per_point says how many of its units make one point of
 * the scale (CR10: 10, since it is told in tenths). Bounds and cuts are in points, as ratios of whole numbers. */
#ifndef SAM_MODEL_INSTRUMENT_H
#define SAM_MODEL_INSTRUMENT_H

#include <stdbool.h>
#include <stdint.h>

/* The number of an instrument is ScoreResponse.instrument of proto/samling.proto. */
enum sam_instrument_number {
#define SAM_INSTRUMENT(NAME, number, version, code, ...) SAM_INSTRUMENT_##NAME = number,
#include "proto/model/instrument.def"
#undef SAM_INSTRUMENT
};

/* What the shown score is, of the sum of the answers and the count of those given. */
enum sam_scoring {
    SAM_SCORING_NONE,   /* a code list: answers are valid or not, there is no score */
    SAM_SCORING_SINGLE, /* the one answer */
    SAM_SCORING_SUM,    /* sum */
    SAM_SCORING_MEAN,   /* sum / count */
    SAM_SCORING_PERCENT /* 100 x sum / (highest answer x count); the lowest answer is 0 */
};

enum sam_better {
    SAM_BETTER_NONE, /* a code list */
    SAM_BETTER_LOAD, /* a load that was felt: neither end is better */
    SAM_BETTER_HIGHER,
    SAM_BETTER_LOWER,
    SAM_BETTER_STATED /* forms go both ways: each response says what its lowest answer means (enum sam_scale_0) */
};

enum sam_cut_side { SAM_CUT_NONE, SAM_CUT_AT_LEAST, SAM_CUT_AT_MOST };

/* A ratio of whole numbers; den > 0, or 0 where a bound is absent. */
struct sam_ratio {
    int64_t num, den;
};

struct sam_cut {
    uint8_t side; /* enum sam_cut_side */
    struct sam_ratio at;
};

#define SAM_INSTRUMENT_ITEMS_MAX 60u    /* ScoreResponse.items */
#define SAM_INSTRUMENT_ANSWER_MAX 9999u /* four digits on the wire */
#define SAM_INSTRUMENT_CUTS_MAX 2u

struct sam_instrument {
    const char *code;     /* "psfs": stable, for exports and files */
    uint8_t number;       /* enum sam_instrument_number, 1 to 99 */
    uint8_t version;      /* of the form: ScoreResponse.version */
    uint8_t rule_version; /* of what stands below: raised when the same form is to be scored otherwise */
    uint8_t answered_min; /* missing rule: with fewer answers there is no score */
    struct {
        uint8_t min, max;
    } items; /* that a form may have, answered or not */
    struct {
        uint16_t min, max, step, per_point;
    } answer;
    uint8_t scoring;         /* enum sam_scoring */
    uint8_t better;          /* enum sam_better */
    uint8_t reversal_open;   /* 1: some items are reversed, which ones is not settled: refuse to score */
    uint8_t text_shown;      /* 1: the instrument's own wording may be shown; 0: numbers and own plain labels only */
    uint64_t reversed;       /* bit i: item i counts as min + max - answer */
    struct sam_ratio points; /* a change for the better that counts: at least so many points, … */
    struct sam_ratio points_single; /* … or, of a mean, so many where one of both rests on a single answer, … */
    uint8_t percent;                /* … or so many percent of the earlier score, 0: not defined so */
    struct sam_cut cut[SAM_INSTRUMENT_CUTS_MAX];
    const char *source; /* where each rule stands, and what is not asserted; lines end with \n */
};

/* sam_instrument_find(number, version): the definition of one edition of a form, NULL if it is not listed. */
const struct sam_instrument *sam_instrument_find(uint32_t number, uint32_t version);
/* sam_instrument_at(i): the i-th of instrument.def, NULL after the last. */
const struct sam_instrument *sam_instrument_at(unsigned i);
/* sam_instrument_ok(def): does the definition hold together, and within the bounds that keep all arithmetic of score.c
 * inside 64 bits? What is listed does; asked of any other before it is used. */
bool sam_instrument_ok(const struct sam_instrument *def);

#endif
