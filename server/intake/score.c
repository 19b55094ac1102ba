/* What each form scores: made with the form, by the same functions as on the tablet; made anew at the start of a program whose
 * list of instruments scores it otherwise. An answer that does not fit its instrument is no reason to refuse the form: the
 * person did answer that, so it is kept, without a score and with the reason. The same goes for a form that is not listed. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/base/log.h"

#include <string.h>

static const struct sam_instrument *instrument_find(const struct intake *in, uint32_t number, uint32_t version)
{
    return in->config.instrument ? in->config.instrument(number, version) : sam_instrument_find(number, version);
}

static struct store_score score_of(const struct intake *in, const struct sam_row *r)
{
    struct store_score s;
    const struct sam_instrument *def = instrument_find(in, (uint32_t)sam_row_num(r, SAM_SCORE_RESPONSE_instrument),
                                                       (uint32_t)sam_row_num(r, SAM_SCORE_RESPONSE_version));
    s.why = (uint8_t)sam_score_row(def, r, &s.score);
    return s;
}

static int score_make(struct intake *in, const struct store_row *row)
{
    uint64_t id = row->row.key.part[0];
    struct store_score s = score_of(in, &row->row);
    return row->dead > 0 ? store_score_drop(in->st, id) : store_score_put(in->st, id, &s);
}

int score_changed(struct judgement *j)
{
    return score_make(j->in, j->row);
}

/* ---- anew */

/* Of the rule that made these scores: is it this program's? One that it does not list has rule version 0. */
static bool rule_stands(const struct intake *in, const struct sam_score *rule)
{
    const struct sam_instrument *def = instrument_find(in, rule->instrument, rule->version);
    return rule->rule_version == (def ? def->rule_version : 0);
}

static int rule_renew(struct intake *in, const struct sam_score *rule, uint64_t *count)
{
    struct sam_key key = {.entity = SAM_SCORE_RESPONSE};
    struct store_row row;
    int err;
    while ((err = store_score_of_rule(in->st, rule, key.part[0], &key.part[0])) == 0) {
        err = store_row_get(in->st, &key, &row);
        if (!err)
            err = score_make(in, &row);
        if (err)
            return err;
        ++*count;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int scores_renew(struct intake *in)
{
    struct sam_score rule = {0};
    uint64_t count = 0;
    int err;
    while ((err = store_score_rule_next(in->st, &rule)) == 0)
        if (!rule_stands(in, &rule) && (err = rule_renew(in, &rule, &count)))
            return err;
    if (count)
        sam_log(SAM_LOG_INFO, "scored_anew", "forms=%llu", (unsigned long long)count);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* ---- for verify */

static bool same(const struct store_score *a, const struct store_score *b)
{
    const struct sam_score *x = &a->score, *y = &b->score;
    return a->why == b->why && x->sum == y->sum && x->count == y->count && x->valid == y->valid &&
           x->instrument == y->instrument && x->version == y->version && x->rule_version == y->rule_version &&
           x->better == y->better;
}

int score_true(struct intake *in, uint64_t response, bool *is)
{
    struct sam_key key = {.entity = SAM_SCORE_RESPONSE, .part = {response}};
    struct store_score kept, made;
    struct store_row row;
    int err = store_row_get(in->st, &key, &row);
    *is = false;
    if (err)
        return err;
    made = score_of(in, &row.row);
    err = store_score_get(in->st, response, &kept);
    *is = !err && same(&kept, &made);
    return err == SAM_ENOTFOUND ? 0 : err;
}
