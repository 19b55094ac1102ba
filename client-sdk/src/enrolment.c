/* A person in groups: which, since when, and leaving one. Who comes into a group is the centre's. */
#include "client-sdk/src/draft.h"
#include "client-sdk/src/hung.h"

enum { WAITING_START = 3, ATTENDING = 4, COMPLETED = 5, DISCONTINUED = 6 };

static int32_t day_of(const struct sam_row *r, unsigned field)
{
    return sam_row_has(r, field) ? (int32_t)sam_row_num(r, field) : SAMLING_NO_DAY;
}

struct enrolments {
    struct samling *s;
    struct sam_list list;
};

/* Whoever sees this line may end it, having seen what is here of that group. */
static int enrolment_add(void *ctx, const struct sam_seen *seen)
{
    struct enrolments *all = ctx;
    const struct sam_row *r = &seen->view.row;
    struct samling_enrolment_line *l = sam_list_add(&all->list);
    if (!l)
        return SAM_ENOMEM;
    *l = (struct samling_enrolment_line){.group = r->key.part[0],
                                         .participant = r->key.part[1],
                                         .status = sam_row_int(r, SAM_ENROLMENT_status),
                                         .start_day = day_of(r, SAM_ENROLMENT_start_day),
                                         .end_day = day_of(r, SAM_ENROLMENT_end_day),
                                         .reason = sam_row_int(r, SAM_ENROLMENT_end_reason),
                                         .state = seen->state,
                                         .disputed = seen->disputed};
    sam_form_keep_roster(all->s, l->group);
    return 0;
}

static int compare_start(const void *a, const void *b)
{
    const struct samling_enrolment_line *x = a, *y = b;
    if (x->start_day != y->start_day)
        return x->start_day < y->start_day ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

int samling_enrolments(samling *s, uint64_t participant, struct samling_enrolment_line **out, size_t *count)
{
    struct enrolments all = {.s = s};
    *out = NULL;
    *count = 0;
    int err = sam_person_known(s, participant, NULL);
    if (err)
        return sam_fail(s, err, "the person is not on this device");
    sam_list_init(&all.list, sizeof **out);
    err = sam_rows_of_person(s, SAM_ENROLMENT, participant, enrolment_add, &all);
    err = sam_list_finish(&all.list, err, NULL, 0, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_start);
    return sam_fail(s, err, NULL);
}

/* Who is in the group may leave it; of who has left, how and when is put right. Others were never there. */
static int may_end(const struct sam_row *is, int32_t day)
{
    int64_t status = sam_row_num(is, SAM_ENROLMENT_status);
    if (status < WAITING_START || status > DISCONTINUED)
        return SAM_ENOTFOUND;
    bool too_early = sam_row_has(is, SAM_ENROLMENT_start_day) && day < sam_row_num(is, SAM_ENROLMENT_start_day);
    return too_early && status != WAITING_START ? SAM_ERANGE : 0; /* somebody may leave before the first day */
}

static int enrolment_end(struct samling *s, uint64_t user, const struct sam_key *key, int status, int32_t day,
                         int reason)
{
    struct sam_draft d;
    struct sam_seen seen;
    int err = sam_user_known(s, user);
    if (!err)
        err = sam_person_known(s, key->part[1], NULL);
    if (!err)
        err = sam_rows_get(s, key, &seen);
    if (!err)
        err = may_end(&seen.view.row, day);
    if (!err && status != COMPLETED && status != DISCONTINUED)
        err = SAM_ERANGE;
    if (err)
        return err;
    sam_draft_start(s, &d, user, SAM_ENROLMENT, SAM_OP_SET);
    d.op.row.key = *key;
    sam_draft_base_roster(&d, key->part[0]);
    sam_row_set(&d.op.row, SAM_ENROLMENT_status, status);
    sam_row_set(&d.op.row, SAM_ENROLMENT_end_day, day);
    sam_draft_set(&d.op, SAM_ENROLMENT_end_reason, reason);
    return sam_draft_save(&d);
}

int samling_enrolment_end(samling *s, uint64_t user, uint64_t group, uint64_t participant, int status, int32_t day,
                          int reason)
{
    const struct sam_key key = {.entity = SAM_ENROLMENT, .part = {group, participant}};
    int err = sam_save_begin(s);
    if (!err)
        err = group && group <= INT64_MAX ? enrolment_end(s, user, &key, status, day, reason) : SAM_ENOTFOUND;
    return sam_save_end(s, err);
}
