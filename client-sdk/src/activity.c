/* Activities that people chose for the PSFS, in their words. */
#include "client-sdk/src/hung.h"

static int activity_add(void *ctx, const struct sam_seen *seen)
{
    const struct sam_row *r = &seen->view.row;
    struct sam_list *list = ctx;
    struct samling_activity_line *l = sam_list_add(list);
    if (!l)
        return SAM_ENOMEM;
    l->activity = (struct samling_activity){.id = r->key.part[0],
                                            .participant = sam_row_person(r),
                                            .ordinal = (int)sam_row_num(r, SAM_PSFS_ACTIVITY_ordinal),
                                            .episode = (uint64_t)sam_row_num(r, SAM_PSFS_ACTIVITY_episode),
                                            .replaces = (uint64_t)sam_row_num(r, SAM_PSFS_ACTIVITY_replaces)};
    l->activity.words = sam_list_text(list, sam_view_text(&seen->view, SAM_PSFS_ACTIVITY_words));
    l->activity.icf = sam_list_text(list, sam_view_text(&seen->view, SAM_PSFS_ACTIVITY_icf));
    l->state = seen->state;
    return 0;
}

static int compare_ordinal(const void *a, const void *b)
{
    const struct samling_activity *x = &((const struct samling_activity_line *)a)->activity,
                                  *y = &((const struct samling_activity_line *)b)->activity;
    return x->ordinal != y->ordinal ? x->ordinal - y->ordinal : (x->id > y->id) - (x->id < y->id);
}

int samling_activities(samling *s, uint64_t participant, struct samling_activity_line **out, size_t *count)
{
    struct sam_hung_shape shape = SAM_HUNG_SHAPE(struct samling_activity_line, activity);
    const struct sam_hung about = {.participant = participant};
    struct sam_list list;
    shape.text_at[0] = offsetof(struct samling_activity_line, activity.words);
    shape.text_at[1] = offsetof(struct samling_activity_line, activity.icf);
    shape.text_count = 2;
    int err = sam_hung_list(s, SAM_PSFS_ACTIVITY, &about, &shape, activity_add, &list, &list, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_ordinal);
    return err;
}

static int activity_fields(struct samling *s, struct sam_row *row, const void *of)
{
    const struct samling_activity *a = of;
    (void)s;
    sam_row_set(row, SAM_PSFS_ACTIVITY_participant, (int64_t)a->participant);
    sam_row_set(row, SAM_PSFS_ACTIVITY_ordinal, a->ordinal);
    sam_hung_text(row, SAM_PSFS_ACTIVITY_words, a->words);
    sam_hung_text(row, SAM_PSFS_ACTIVITY_icf, a->icf);
    sam_hung_id(row, SAM_PSFS_ACTIVITY_episode, a->episode);
    sam_hung_id(row, SAM_PSFS_ACTIVITY_replaces, a->replaces);
    return 0;
}

int samling_activity_save(samling *s, uint64_t user, const struct samling_activity *activity, uint64_t *out)
{
    const struct sam_hung about = {.participant = activity->participant, .replaces = activity->replaces};
    return sam_hung_make(s, user, SAM_PSFS_ACTIVITY, &about, activity_fields, activity, out);
}

int samling_activity_remove(samling *s, uint64_t user, uint64_t id)
{
    return sam_hung_remove(s, user, SAM_PSFS_ACTIVITY, id);
}
