#include "proto/model/instrument.h"

#include <stddef.h>

enum { NUMBER_MAX = 99, VERSION_MAX = 99, PER_POINT_MAX = 100, BOUND_NUM_MAX = 10000, BOUND_DEN_MAX = 1000 };

static const struct sam_instrument instruments[] = {
#define SAM_INSTRUMENT(NAME, number_, version_, code_, ...) \
    {.number = number_, .version = version_, .code = code_, __VA_ARGS__},
#include "proto/model/instrument.def"
#undef SAM_INSTRUMENT
};

enum { COUNT = sizeof instruments / sizeof instruments[0] };

const struct sam_instrument *sam_instrument_find(uint32_t number, uint32_t version)
{
    for (unsigned i = 0; i < COUNT; i++)
        if (instruments[i].number == number && instruments[i].version == version)
            return &instruments[i];
    return NULL;
}

const struct sam_instrument *sam_instrument_at(unsigned i)
{
    return i < COUNT ? &instruments[i] : NULL;
}

static bool form_ok(const struct sam_instrument *def)
{
    return def->number >= 1 && def->number <= NUMBER_MAX && def->version >= 1 && def->version <= VERSION_MAX &&
           def->rule_version >= 1 && def->items.min >= 1 && def->items.min <= def->items.max &&
           def->items.max <= SAM_INSTRUMENT_ITEMS_MAX && def->answered_min >= 1 &&
           def->answered_min <= def->items.min && def->answer.step >= 1 && def->answer.min < def->answer.max &&
           def->answer.max <= SAM_INSTRUMENT_ANSWER_MAX &&
           (def->answer.max - def->answer.min) % def->answer.step == 0 && def->answer.per_point >= 1 &&
           def->answer.per_point <= PER_POINT_MAX;
}

/* A sum of fewer answers than the form has items would be no sum; a reversed item needs its place in the form. */
static bool rule_ok(const struct sam_instrument *def)
{
    bool fixed = def->items.min == def->items.max;
    bool scored = def->scoring != SAM_SCORING_NONE;
    if (def->scoring > SAM_SCORING_PERCENT || def->better > SAM_BETTER_STATED ||
        scored != (def->better != SAM_BETTER_NONE))
        return false;
    if ((def->reversed || def->reversal_open) && (!fixed || (def->reversed && def->reversal_open)))
        return false;
    if (def->scoring == SAM_SCORING_SINGLE && def->items.max != 1)
        return false;
    if (def->scoring == SAM_SCORING_SUM && (!fixed || def->answered_min != def->items.max))
        return false;
    return (def->scoring != SAM_SCORING_PERCENT || def->answer.min == 0) && !(def->reversed >> def->items.max);
}

static bool ratio_ok(const struct sam_ratio *r)
{
    return r->den >= 0 && r->den <= BOUND_DEN_MAX && r->num >= 0 && r->num <= BOUND_NUM_MAX &&
           (r->num == 0 || r->den > 0);
}

/* A percentage of the earlier score is asked for only where less is better and 0 means none: of a scale that begins at 1, or
 * that grows, it would say more about the scale's origin than about the person. */
static bool bounds_ok(const struct sam_instrument *def)
{
    bool directed = def->better >= SAM_BETTER_HIGHER;
    if (!ratio_ok(&def->points) || !ratio_ok(&def->points_single) || def->percent > 100)
        return false;
    if (def->percent && (def->better != SAM_BETTER_LOWER || def->answer.min != 0))
        return false;
    if (def->points_single.den && (!def->points.den || def->scoring != SAM_SCORING_MEAN))
        return false;
    return directed || (!def->points.den && !def->percent);
}

static bool cuts_ok(const struct sam_instrument *def)
{
    for (unsigned i = 0; i < SAM_INSTRUMENT_CUTS_MAX; i++) {
        const struct sam_cut *cut = &def->cut[i];
        if (cut->side > SAM_CUT_AT_MOST || !ratio_ok(&cut->at) || (cut->side != SAM_CUT_NONE) != (cut->at.den > 0))
            return false;
        if (cut->side && (def->better != SAM_BETTER_HIGHER && def->better != SAM_BETTER_LOWER))
            return false;
    }
    return true;
}

bool sam_instrument_ok(const struct sam_instrument *def)
{
    return def->code && def->code[0] && def->source && def->source[0] && form_ok(def) && rule_ok(def) &&
           bounds_ok(def) && cuts_ok(def);
}
