/* Self-reported scores: forms as they were answered, and which of several counts. */
#include "client-sdk/src/draft.h"
#include "client-sdk/src/hung.h"
#include "client-sdk/src/shut.h"
#include "proto/model/rule.h"
#include "proto/model/score.h"

#include <string.h>

struct scores {
    struct sam_list line, response; /* the latter: what the rule looks at, in the same order */
};

/* Its score, made anew at each look: another rule of a newer version counts at once. */
static void score_make(const struct sam_row *r, struct samling_score_line *l)
{
    const struct sam_instrument *def = sam_instrument_find((uint32_t)l->score.instrument, (uint32_t)l->score.version);
    struct sam_score score;
    l->why = (enum samling_score_why)sam_score_row(def, r, &score);
    l->sum = (int)score.sum;
    l->count = score.count;
    l->rule_version = score.rule_version;
    l->better = (enum samling_better)score.better;
    if (def)
        sam_score_text(def, &score, l->text);
}

static int score_add(void *ctx, const struct sam_seen *seen)
{
    struct scores *scores = ctx;
    const struct sam_row *r = &seen->view.row;
    struct samling_score_line *l = sam_list_add(&scores->line);
    struct sam_rule_response *response = sam_list_add(&scores->response);
    if (!l || !response)
        return SAM_ENOMEM;
    sam_rule_response(r, response);
    l->score = (struct samling_score){.id = r->key.part[0],
                                      .participant = response->participant,
                                      .instrument = (int)sam_row_num(r, SAM_SCORE_RESPONSE_instrument),
                                      .version = (int)sam_row_num(r, SAM_SCORE_RESPONSE_version),
                                      .occasion = (int)sam_row_num(r, SAM_SCORE_RESPONSE_occasion),
                                      .day = (int32_t)sam_row_num(r, SAM_SCORE_RESPONSE_day),
                                      .mode = sam_row_int(r, SAM_SCORE_RESPONSE_mode),
                                      .replaces = response->replaces,
                                      .scale_0_means = (int)sam_row_num(r, SAM_SCORE_RESPONSE_scale_0_means),
                                      .held_by = (int)sam_row_num(r, SAM_SCORE_RESPONSE_held_by)};
    score_make(r, l);
    l->score.language = sam_list_text(&scores->line, sam_view_text(&seen->view, SAM_SCORE_RESPONSE_language));
    l->score.answers = sam_list_text(&scores->line, sam_view_text(&seen->view, SAM_SCORE_RESPONSE_answers));
    l->items = (int)sam_row_num(r, SAM_SCORE_RESPONSE_items);
    l->answered = (int)sam_row_num(r, SAM_SCORE_RESPONSE_answered);
    l->state = seen->state;
    return 0;
}

/* Of several corrections the one with the largest id is named. */
static void replaced_find(struct scores *scores)
{
    struct sam_rule_response *r = (void *)scores->response.items;
    struct samling_score_line *l = (void *)scores->line.items;
    for (size_t i = 0; i < scores->line.count; i++)
        for (size_t k = 0; k < scores->line.count; k++)
            if (sam_rule_replaces(&r[k], &r[i])) {
                r[i].replaced = true;
                l[i].replaced_by = r[k].id;
            }
}

static bool same_occasion(const struct samling_score *a, const struct samling_score *b)
{
    return a->instrument == b->instrument && a->occasion == b->occasion;
}

static void primary_find(struct scores *scores)
{
    const struct sam_rule_response *r = (const void *)scores->response.items;
    struct samling_score_line *l = (void *)scores->line.items;
    for (size_t i = 0; i < scores->line.count; i++) {
        l[i].primary = !r[i].replaced;
        for (size_t k = 0; l[i].primary && k < scores->line.count; k++)
            if (k != i && same_occasion(&l[k].score, &l[i].score) && sam_rule_primary(&r[i], &r[k]))
                l[i].primary = 0;
    }
}

int samling_scores(samling *s, uint64_t participant, struct samling_score_line **out, size_t *count)
{
    static const size_t text[] = {offsetof(struct samling_score_line, score.answers),
                                  offsetof(struct samling_score_line, score.language)};
    struct scores scores;
    *out = NULL;
    *count = 0;
    int err = sam_person_known(s, participant, NULL);
    if (err)
        return sam_fail(s, err, "the person is not on this device");
    err = sam_shut_may(s, participant, SAM_SCORE_RESPONSE);
    if (err)
        return sam_fail(s, err, err == SAM_ESTATE ? "the record is shut" : NULL);
    sam_list_init(&scores.line, sizeof(struct samling_score_line));
    sam_list_init(&scores.response, sizeof(struct sam_rule_response));
    err = sam_rows_of_person(s, SAM_SCORE_RESPONSE, participant, score_add, &scores);
    if (!err) {
        replaced_find(&scores);
        primary_find(&scores);
    }
    sam_list_fini(&scores.response);
    return sam_fail(s, sam_list_finish(&scores.line, err, text, 2, (void **)out, count), NULL);
}

static int score_fields(struct samling *s, struct sam_row *row, const void *of)
{
    const struct samling_score *score = of;
    struct sam_span answers = {(const uint8_t *)score->answers, score->answers ? strlen(score->answers) : 0};
    unsigned items, answered;
    (void)s;
    if (samling_score_check(score) || !sam_answers_count(answers, &items, &answered))
        return SAM_ERANGE;
    sam_row_set(row, SAM_SCORE_RESPONSE_participant, (int64_t)score->participant);
    sam_row_set(row, SAM_SCORE_RESPONSE_instrument, score->instrument);
    sam_row_set(row, SAM_SCORE_RESPONSE_version, score->version);
    sam_row_set(row, SAM_SCORE_RESPONSE_occasion, score->occasion);
    sam_row_set(row, SAM_SCORE_RESPONSE_day, score->day);
    sam_hung_num(row, SAM_SCORE_RESPONSE_mode, score->mode);
    sam_row_set(row, SAM_SCORE_RESPONSE_items, items);
    sam_row_set(row, SAM_SCORE_RESPONSE_answered, answered);
    sam_row_set_text(row, SAM_SCORE_RESPONSE_answers, answers.ptr, answers.len);
    sam_hung_id(row, SAM_SCORE_RESPONSE_replaces, score->replaces);
    if (score->scale_0_means)
        sam_row_set(row, SAM_SCORE_RESPONSE_scale_0_means, score->scale_0_means);
    if (score->held_by)
        sam_row_set(row, SAM_SCORE_RESPONSE_held_by, score->held_by);
    sam_hung_text(row, SAM_SCORE_RESPONSE_language, score->language);
    return 0;
}

/* What is wrong with a form; the person that is asked can still answer otherwise, so it is not saved. */
static const char *refusal(enum samling_score_why why)
{
    static const char *const text[] = {
        [SAMLING_SCORE_MALFORMED] = "answers are whole numbers, or - for one that was skipped, with commas between",
        [SAMLING_SCORE_ITEMS] = "the instrument has another number of items",
        [SAMLING_SCORE_RANGE] = "an answer is outside the range of the instrument",
        [SAMLING_SCORE_DIRECTION] = "what 0 means is not stated where it must be, or stated where it is fixed"};
    return why < sizeof text / sizeof *text ? text[why] : NULL;
}

int samling_score_save(samling *s, uint64_t user, const struct samling_score *score, uint64_t *out)
{
    const struct sam_hung about = {.participant = score->participant, .replaces = score->replaces};
    int err = sam_hung_make(s, user, SAM_SCORE_RESPONSE, &about, score_fields, score, out);
    enum samling_score_why why = err == SAMLING_ERANGE ? samling_score_check(score) : SAMLING_SCORE_VALID;
    return why ? sam_fail(s, SAM_ERANGE, refusal(why)) : err;
}

int samling_score_remove(samling *s, uint64_t user, uint64_t id)
{
    return sam_hung_remove(s, user, SAM_SCORE_RESPONSE, id);
}
