/* What the app may know of the instruments, and whether a form fits its own: the list and the rules are those of the centre. */
#include "client-sdk/include/samling.h"
#include "proto/base/err.h"
#include "proto/model/op.h"
#include "proto/model/score.h"

#include <string.h>

/* The public numbers are the model's. */
#define SAME(public, model) _Static_assert((int)(public) == (int)(model), #public)
SAME(SAMLING_SCORING_PERCENT, SAM_SCORING_PERCENT);
SAME(SAMLING_BETTER_STATED, SAM_BETTER_STATED);
SAME(SAMLING_SCORE_DIRECTION, SAM_SCORE_DIRECTION);
SAME(SAMLING_SCORE_UNKNOWN, SAM_SCORE_UNKNOWN);
SAME(SAMLING_SCORE_TEXT_BYTES_MAX, SAM_RATIO_TEXT_BYTES_MAX);

int samling_instrument_at(unsigned i, struct samling_instrument *out)
{
    const struct sam_instrument *def = sam_instrument_at(i);
    *out = (struct samling_instrument){0};
    if (!def)
        return SAM_ENOTFOUND;
    *out = (struct samling_instrument){.number = def->number,
                                       .version = def->version,
                                       .rule_version = def->rule_version,
                                       .code = def->code,
                                       .items_min = def->items.min,
                                       .items_max = def->items.max,
                                       .answer_min = def->answer.min,
                                       .answer_max = def->answer.max,
                                       .answer_step = def->answer.step,
                                       .per_point = def->answer.per_point,
                                       .answered_min = def->answered_min,
                                       .scoring = (enum samling_scoring)def->scoring,
                                       .better = (enum samling_better)def->better,
                                       .reversal_open = def->reversal_open,
                                       .text_shown = def->text_shown,
                                       .source = def->source};
    return 0;
}

enum samling_score_why samling_score_check(const struct samling_score *score)
{
    const struct sam_instrument *def = sam_instrument_find((uint32_t)score->instrument, (uint32_t)score->version);
    struct sam_span answers = {(const uint8_t *)score->answers, score->answers ? strlen(score->answers) : 0};
    unsigned items, answered;
    if (!def)
        return sam_answers_count(answers, &items, &answered) ? SAMLING_SCORE_VALID : SAMLING_SCORE_MALFORMED;
    return (enum samling_score_why)sam_score_check(def, answers, (unsigned)score->scale_0_means, &answered);
}
