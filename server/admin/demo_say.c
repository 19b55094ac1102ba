/* What both demos say of a place: rows of the centre, with every field that a demo sets. */
#include "server/admin/demo.h"

#include "server/admin/author.h"

int demo_say_clinic(struct verb_context *v, const char *code, const char *name, unsigned kind, uint64_t *id)
{
    struct sam_op op;
    int err = author_begin(v, &op, SAM_ORG_UNIT, id);
    if (err)
        return err;
    author_text(&op, SAM_ORG_UNIT_name, name);
    author_text(&op, SAM_ORG_UNIT_code, code);
    sam_row_set(&op.row, SAM_ORG_UNIT_kind, kind);
    sam_row_set(&op.row, SAM_ORG_UNIT_active, 1);
    return author_apply(v, &op);
}

int demo_say_user(struct verb_context *v, uint64_t clinic, const char *name, unsigned role, uint64_t *id)
{
    struct sam_op op;
    int err = author_begin(v, &op, SAM_USER, id);
    if (err)
        return err;
    author_text(&op, SAM_USER_name, name);
    sam_row_set(&op.row, SAM_USER_role, role);
    sam_row_set(&op.row, SAM_USER_org, (int64_t)clinic);
    sam_row_set(&op.row, SAM_USER_active, 1);
    return author_apply(v, &op);
}

int demo_say_group(struct verb_context *v, const struct demo_group_row *g, uint64_t *id)
{
    struct sam_op op;
    int err = author_begin(v, &op, SAM_GROUP, id);
    if (err)
        return err;
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)g->clinic);
    author_text(&op, SAM_GROUP_code, g->code);
    author_text(&op, SAM_GROUP_name, g->name);
    sam_row_set(&op.row, SAM_GROUP_kind, g->kind);
    sam_row_set(&op.row, SAM_GROUP_weekday, g->weekday);
    sam_row_set(&op.row, SAM_GROUP_start_min, g->start_min);
    sam_row_set(&op.row, SAM_GROUP_end_min, g->end_min);
    sam_row_set(&op.row, SAM_GROUP_first_day, g->first_day);
    sam_row_set(&op.row, SAM_GROUP_capacity, DEMO_PLACES);
    sam_row_set(&op.row, SAM_GROUP_active, 1);
    return author_apply(v, &op);
}

int demo_say_session(struct verb_context *v, uint64_t group, int32_t day, int start_min, int end_min)
{
    struct sam_op op;
    uint64_t id;
    int err = author_begin(v, &op, SAM_SESSION, &id);
    if (err)
        return err;
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    sam_row_set(&op.row, SAM_SESSION_status, 0);
    sam_row_set(&op.row, SAM_SESSION_start_min, start_min);
    sam_row_set(&op.row, SAM_SESSION_end_min, end_min);
    return author_apply(v, &op);
}
