/* The catalogue of interventions, as the centre keeps it. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/list.h"
#include "client-sdk/src/rows.h"
#include "proto/base/err.h"

static int intervention_add(void *ctx, const struct sam_seen *seen)
{
    const struct sam_row *r = &seen->view.row;
    struct sam_list *list = ctx;
    struct samling_intervention *i = sam_list_add(list);
    if (!i)
        return SAM_ENOMEM;
    *i = (struct samling_intervention){.id = r->key.part[0],
                                       .code = (int)sam_row_num(r, SAM_INTERVENTION_code),
                                       .version = (int)sam_row_num(r, SAM_INTERVENTION_version),
                                       .individual = (int)sam_row_num(r, SAM_INTERVENTION_individual),
                                       .planned_sessions = sam_row_int(r, SAM_INTERVENTION_planned_sessions),
                                       .planned_minutes = sam_row_int(r, SAM_INTERVENTION_planned_minutes),
                                       .nav_needed = sam_row_int(r, SAM_INTERVENTION_nav_needed),
                                       .needs_end_score = sam_row_int(r, SAM_INTERVENTION_needs_end_score),
                                       .completion_percent = sam_row_int(r, SAM_INTERVENTION_completion_percent),
                                       .consecutive_misses = sam_row_int(r, SAM_INTERVENTION_consecutive_misses),
                                       .return_days = sam_row_int(r, SAM_INTERVENTION_return_days)};
    i->active = !sam_row_has(r, SAM_INTERVENTION_active) || sam_row_num(r, SAM_INTERVENTION_active);
    i->name = sam_list_text(list, sam_view_text(&seen->view, SAM_INTERVENTION_name));
    return 0;
}

static int compare_code(const void *a, const void *b)
{
    const struct samling_intervention *x = a, *y = b;
    if (x->code != y->code)
        return x->code - y->code;
    return x->version != y->version ? x->version - y->version : (x->id > y->id) - (x->id < y->id);
}

int samling_interventions(samling *s, struct samling_intervention **out, size_t *count)
{
    static const size_t text[] = {offsetof(struct samling_intervention, name)};
    struct sam_list list;
    sam_list_init(&list, sizeof **out);
    int err = sam_rows_all(s, SAM_INTERVENTION, intervention_add, &list);
    err = sam_list_finish(&list, err, text, 1, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_code);
    return sam_fail(s, err, NULL);
}
