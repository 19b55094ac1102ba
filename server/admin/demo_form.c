/* What people answer in a demo: consents once, and scores at the start, midway and at the end. Most get better, some stay where
 * they are: PSFS by up to 5 of 10 (its detectable change is 2), pain down, work ability up. */
#include "server/admin/demo_int.h"

#include "proto/model/instrument.h"
#include "proto/model/score.h"

#include <stdio.h>
#include <string.h>

enum { SKIPPED_ITEM = 6, NOT_ANSWERED = 8, WITHDRAWN = 3, PURPOSES = 4, GRANTED = 1, WITHDREW = 2, ON_PAPER = 1 };
enum { POINTS_MAX = 10, BASELINE = 0, END = 2, THE_PERSON = 1, SELF_FILLED = 0 };

static const struct {
    uint8_t instrument, items, level; /* level: index of the first item in demo_person.level */
    bool falls;                       /* lower is better */
    uint8_t scale_0;
} forms[] = {{SAM_INSTRUMENT_PAIN_REST, 1, 0, true, 0},
             {SAM_INSTRUMENT_PAIN_ACTIVITY, 1, 1, true, 0},
             {SAM_INSTRUMENT_PSFS, 3, 2, false, SAM_SCALE_0_WORST},
             {SAM_INSTRUMENT_WORK_ABILITY, 1, 5, false, 0}};

int demo_consents_save(struct demo *d, struct demo_tablet *t, struct demo_person *p, int minute)
{
    static const uint8_t share[PURPOSES] = {85, 55, 70, 40}; /* quality register, research, SMS, sharing with NAV */
    int err = 0;
    for (unsigned i = 0; i < PURPOSES && !err; i++) {
        struct sam_op op;
        if (!demo_chance(d, share[i]))
            continue;
        demo_tablet_op(d, t, &op, SAM_CONSENT, SAM_OP_SET, minute);
        op.row.key.part[0] = p->id;
        op.row.key.part[1] = i + 1;
        sam_row_set(&op.row, SAM_CONSENT_state, demo_chance(d, WITHDRAWN) ? WITHDREW : GRANTED);
        sam_row_set(&op.row, SAM_CONSENT_day, d->day);
        sam_row_set(&op.row, SAM_CONSENT_method, ON_PAPER);
        sam_row_set(&op.row, SAM_CONSENT_text_version, 1);
        err = demo_tablet_save(t, &op);
    }
    p->consented = true;
    return err;
}

static int answer(struct demo *d, const struct demo_person *p, unsigned form, unsigned item, unsigned occasion)
{
    int change = (int)(p->gain * occasion / END) + (int)demo_dice(d, 2) * (occasion > BASELINE);
    int level = p->level[forms[form].level + item];
    level = forms[form].falls ? level + 1 - change : level + change;
    return level < 0 ? 0 : level > POINTS_MAX ? POINTS_MAX : level;
}

/* "3,-,5"; how many of them are answered. */
static unsigned answers_write(struct demo *d, const struct demo_person *p, unsigned form, unsigned occasion, char *out,
                              size_t size)
{
    unsigned answered = 0;
    size_t used = 0;
    for (unsigned i = 0; i < forms[form].items; i++) {
        bool skipped = i > 0 && demo_chance(d, SKIPPED_ITEM);
        const char *comma = i ? "," : "";
        int n = skipped ? snprintf(out + used, size - used, "%s-", comma)
                        : snprintf(out + used, size - used, "%s%d", comma, answer(d, p, form, i, occasion));
        used += (size_t)n;
        answered += !skipped;
    }
    return answered;
}

static int form_save(struct demo *d, struct demo_tablet *t, const struct demo_person *p, unsigned form,
                     unsigned occasion, int minute)
{
    char answers[32];
    struct sam_op op;
    unsigned answered = answers_write(d, p, form, occasion, answers, sizeof answers);
    demo_tablet_op(d, t, &op, SAM_SCORE_RESPONSE, SAM_OP_CREATE, minute);
    op.row.key.part[0] = demo_tablet_mint(t);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_participant, (int64_t)p->id);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_instrument, forms[form].instrument);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_version, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_occasion, occasion);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_day, d->day);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_mode, SELF_FILLED);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, forms[form].items);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_answered, answered);
    author_text(&op, SAM_SCORE_RESPONSE_answers, answers);
    if (forms[form].scale_0)
        sam_row_set(&op.row, SAM_SCORE_RESPONSE_scale_0_means, forms[form].scale_0);
    author_text(&op, SAM_SCORE_RESPONSE_language, "nb");
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_held_by, THE_PERSON);
    return demo_tablet_save(t, &op);
}

int demo_forms_save(struct demo *d, struct demo_tablet *t, struct demo_person *p, unsigned occasion, int minute)
{
    int err = 0;
    if (p->scored >> occasion & 1u)
        return 0;
    for (unsigned i = 0; i < sizeof forms / sizeof *forms && !err; i++)
        if (occasion == BASELINE || !demo_chance(d, NOT_ANSWERED))
            err = form_save(d, t, p, i, occasion, minute);
    p->scored |= (uint8_t)(1u << occasion);
    return err;
}
