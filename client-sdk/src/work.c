/* Work status: how it stands with somebody's work on a day. */
#include "client-sdk/src/hung.h"

static int work_add(void *ctx, const struct sam_seen *seen)
{
    const struct sam_row *r = &seen->view.row;
    struct samling_work_line *l = sam_list_add(ctx);
    if (!l)
        return SAM_ENOMEM;
    l->work = (struct samling_work){.id = r->key.part[0],
                                    .participant = sam_row_person(r),
                                    .day = (int32_t)sam_row_num(r, SAM_WORK_STATUS_day),
                                    .status = (int)sam_row_num(r, SAM_WORK_STATUS_status),
                                    .employed = sam_row_int(r, SAM_WORK_STATUS_employed),
                                    .sick_leave_percent = sam_row_int(r, SAM_WORK_STATUS_sick_leave_percent),
                                    .working_percent = sam_row_int(r, SAM_WORK_STATUS_working_percent),
                                    .replaces = (uint64_t)sam_row_num(r, SAM_WORK_STATUS_replaces)};
    l->state = seen->state;
    return 0;
}

static int compare_day(const void *a, const void *b)
{
    const struct samling_work *x = &((const struct samling_work_line *)a)->work,
                              *y = &((const struct samling_work_line *)b)->work;
    return x->day != y->day ? (x->day > y->day) - (x->day < y->day) : (x->id > y->id) - (x->id < y->id);
}

int samling_works(samling *s, uint64_t participant, struct samling_work_line **out, size_t *count)
{
    static const struct sam_hung_shape shape = SAM_HUNG_SHAPE(struct samling_work_line, work);
    const struct sam_hung about = {.participant = participant};
    struct sam_list list;
    int err = sam_hung_list(s, SAM_WORK_STATUS, &about, &shape, work_add, &list, &list, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_day);
    return err;
}

static int work_fields(struct samling *s, struct sam_row *row, const void *of)
{
    const struct samling_work *w = of;
    (void)s;
    sam_row_set(row, SAM_WORK_STATUS_participant, (int64_t)w->participant);
    sam_row_set(row, SAM_WORK_STATUS_day, w->day);
    sam_row_set(row, SAM_WORK_STATUS_status, w->status);
    sam_hung_num(row, SAM_WORK_STATUS_employed, w->employed);
    sam_hung_num(row, SAM_WORK_STATUS_sick_leave_percent, w->sick_leave_percent);
    sam_hung_num(row, SAM_WORK_STATUS_working_percent, w->working_percent);
    sam_hung_id(row, SAM_WORK_STATUS_replaces, w->replaces);
    return 0;
}

int samling_work_save(samling *s, uint64_t user, const struct samling_work *work, uint64_t *out)
{
    const struct sam_hung about = {.participant = work->participant, .replaces = work->replaces};
    return sam_hung_make(s, user, SAM_WORK_STATUS, &about, work_fields, work, out);
}

int samling_work_remove(samling *s, uint64_t user, uint64_t id)
{
    return sam_hung_remove(s, user, SAM_WORK_STATUS, id);
}
