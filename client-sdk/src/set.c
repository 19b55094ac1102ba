/* Exercise sets: what somebody did in a session, set by set. */
#include "client-sdk/src/draft.h"
#include "client-sdk/src/list.h"
#include "client-sdk/src/read.h"
#include "client-sdk/src/rows.h"

static void set_from(struct samling_set *out, const struct sam_row *r)
{
    *out = (struct samling_set){.session = r->key.part[0],
                                .participant = r->key.part[1],
                                .exercise = (int)r->key.part[2],
                                .set_no = (int)r->key.part[3],
                                .reps = sam_row_int(r, SAM_EXERCISE_SET_reps),
                                .load_hg = sam_row_int(r, SAM_EXERCISE_SET_load_hg),
                                .duration_s = sam_row_int(r, SAM_EXERCISE_SET_duration_s),
                                .distance_m = sam_row_int(r, SAM_EXERCISE_SET_distance_m),
                                .side = sam_row_int(r, SAM_EXERCISE_SET_side),
                                .adapted = sam_row_int(r, SAM_EXERCISE_SET_adapted),
                                .pain = sam_row_int(r, SAM_EXERCISE_SET_pain),
                                .stopped = sam_row_int(r, SAM_EXERCISE_SET_stopped)};
}

struct sets {
    struct sam_list list;
    uint64_t participant;
};

static int set_add(void *ctx, const struct sam_seen *seen)
{
    struct sets *sets = ctx;
    if (seen->view.row.key.part[1] != sets->participant)
        return 0;
    struct samling_set_line *l = sam_list_add(&sets->list);
    if (!l)
        return SAM_ENOMEM;
    set_from(&l->set, &seen->view.row);
    l->state = seen->state;
    l->disputed = seen->disputed;
    if (seen->disputed) {
        struct sam_row other = seen->other;
        other.key = seen->view.row.key;
        set_from(&l->other, &other);
    }
    return 0;
}

int samling_sets(samling *s, uint64_t session, uint64_t participant, struct samling_set_line **out, size_t *count)
{
    struct sets sets = {.participant = participant};
    struct sam_view v;
    uint64_t scope;
    *out = NULL;
    *count = 0;
    int err = sam_session_find(s, session, &v, &scope);
    if (!err)
        err = sam_person_known(s, participant, NULL);
    if (err)
        return sam_fail(s, err, "the session or the person is not on this device");
    sam_form_keep(s, session, participant, scope);
    sam_list_init(&sets.list, sizeof(struct samling_set_line));
    err = sam_rows_of_session(s, SAM_EXERCISE_SET, session, scope, set_add, &sets);
    return sam_fail(s, sam_list_finish(&sets.list, err, NULL, 0, (void **)out, count), NULL);
}

static void set_fields(struct sam_op *op, const struct samling_set *set)
{
    sam_draft_set(op, SAM_EXERCISE_SET_reps, set->reps);
    sam_draft_set(op, SAM_EXERCISE_SET_load_hg, set->load_hg);
    sam_draft_set(op, SAM_EXERCISE_SET_duration_s, set->duration_s);
    sam_draft_set(op, SAM_EXERCISE_SET_distance_m, set->distance_m);
    sam_draft_set(op, SAM_EXERCISE_SET_side, set->side);
    sam_draft_set(op, SAM_EXERCISE_SET_adapted, set->adapted);
    sam_draft_set(op, SAM_EXERCISE_SET_pain, set->pain);
    sam_draft_set(op, SAM_EXERCISE_SET_stopped, set->stopped);
    if (!op->row.present) /* nothing said: the set stands as empty */
        op->clear = 1;
}

static int set_save(struct samling *s, uint64_t user, const struct samling_set *set)
{
    struct sam_draft d;
    struct sam_view session;
    uint64_t scope;
    int err = sam_user_known(s, user);
    if (!err)
        err = sam_session_find(s, set->session, &session, &scope);
    if (!err)
        err = sam_person_known(s, set->participant, NULL);
    if (err)
        return err;
    sam_draft_start(s, &d, user, SAM_EXERCISE_SET, SAM_OP_SET);
    d.op.row.key.part[0] = set->session;
    d.op.row.key.part[1] = set->participant;
    d.op.row.key.part[2] = set->exercise < 0 ? 0 : (uint64_t)set->exercise;
    d.op.row.key.part[3] = set->set_no < 0 ? 0 : (uint64_t)set->set_no;
    sam_draft_base(&d, set->session, set->participant, scope);
    set_fields(&d.op, set);
    return sam_draft_save(&d);
}

int samling_set_save_all(samling *s, uint64_t user, const struct samling_set *set, size_t count)
{
    int err = sam_save_begin(s);
    for (size_t i = 0; !err && i < count; i++)
        err = set_save(s, user, &set[i]);
    return sam_save_end(s, err);
}

int samling_set_save(samling *s, uint64_t user, const struct samling_set *set)
{
    return samling_set_save_all(s, user, set, 1);
}
