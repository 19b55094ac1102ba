/* Periods of referral, as the centre keeps them. */
#include "client-sdk/src/hung.h"

static int32_t day_of(const struct sam_row *r, unsigned field)
{
    return sam_row_has(r, field) ? (int32_t)sam_row_num(r, field) : SAMLING_NO_DAY;
}

static int episode_add(void *ctx, const struct sam_seen *seen)
{
    const struct sam_row *r = &seen->view.row;
    struct samling_episode *e = sam_list_add(ctx);
    if (!e)
        return SAM_ENOMEM;
    *e = (struct samling_episode){.id = r->key.part[0],
                                  .participant = sam_row_person(r),
                                  .org = (uint64_t)sam_row_num(r, SAM_EPISODE_org),
                                  .referral_day = day_of(r, SAM_EPISODE_referral_day),
                                  .assessed_day = day_of(r, SAM_EPISODE_assessed_day),
                                  .deadline_day = day_of(r, SAM_EPISODE_deadline_day),
                                  .first_contact_day = day_of(r, SAM_EPISODE_first_contact_day),
                                  .source = sam_row_int(r, SAM_EPISODE_source),
                                  .entitled = sam_row_int(r, SAM_EPISODE_entitled),
                                  .target_group = sam_row_int(r, SAM_EPISODE_target_group),
                                  .goal = sam_row_int(r, SAM_EPISODE_goal),
                                  .outcome = sam_row_int(r, SAM_EPISODE_outcome)};
    return 0;
}

static int compare_referral(const void *a, const void *b)
{
    const struct samling_episode *x = a, *y = b;
    if (x->referral_day != y->referral_day)
        return x->referral_day < y->referral_day ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

int samling_episodes(samling *s, uint64_t participant, struct samling_episode **out, size_t *count)
{
    const struct sam_hung about = {.participant = participant};
    const struct sam_hung_shape shape = {.item_bytes = sizeof **out};
    struct sam_list list;
    int err = sam_hung_list(s, SAM_EPISODE, &about, &shape, episode_add, &list, &list, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_referral);
    return err;
}
