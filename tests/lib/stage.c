/* A clinic to play on: see stage.h. All of a kind are made alike, so that it makes no difference who plays on which. */
#include "tests/lib/stage.h"

#include "tests/lib/check.h"

struct sam_op stage_op(uint8_t entity, enum sam_op_kind kind)
{
    struct sam_op op = {.kind = (uint8_t)kind};
    sam_row_init(&op.row, entity);
    return op;
}

static void rows_fill(struct stage *s, enum stage_kind kind, const struct sam_op *op)
{
    s->prior[kind] = *op;
    for (unsigned i = 0; i < STAGE_ROWS; i++) {
        struct sam_op each = *op;
        each.row.key = s->key[kind][i];
        centre_says(&s->centre, &each);
        s->key[kind][i] = each.row.key;
    }
}

static void keys_natural(struct stage *s, enum stage_kind kind, uint8_t entity, uint64_t first)
{
    for (unsigned i = 0; i < STAGE_ROWS; i++)
        s->key[kind][i] = (struct sam_key){.entity = entity, .part = {first, s->key[STAGE_PERSON][i].part[0]}};
}

static void keys_minted(struct stage *s, enum stage_kind kind, uint8_t entity)
{
    for (unsigned i = 0; i < STAGE_ROWS; i++)
        s->key[kind][i] = (struct sam_key){.entity = entity};
}

static void people_fill(struct stage *s, uint64_t clinic)
{
    struct sam_op op = stage_op(SAM_USER, SAM_OP_CREATE);
    keys_minted(s, STAGE_USER, SAM_USER);
    sam_row_set_text(&op.row, SAM_USER_name, "Fysioterapeut", 13);
    sam_row_set(&op.row, SAM_USER_org, (int64_t)clinic);
    rows_fill(s, STAGE_USER, &op);
    op.row.key.part[0] = 0;
    s->user = centre_says(&s->centre, &op);
    op = stage_op(SAM_PARTICIPANT, SAM_OP_CREATE);
    keys_minted(s, STAGE_PERSON, SAM_PARTICIPANT);
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, "Deltaker", 8);
    rows_fill(s, STAGE_PERSON, &op);
}

static uint64_t groups_fill(struct stage *s, uint64_t clinic)
{
    struct sam_op op = stage_op(SAM_GROUP, SAM_OP_CREATE);
    keys_minted(s, STAGE_GROUP, SAM_GROUP);
    sam_row_set_text(&op.row, SAM_GROUP_name, "Bevegelse", 9);
    sam_row_set_text(&op.row, SAM_GROUP_code, "G1", 2);
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)clinic);
    rows_fill(s, STAGE_GROUP, &op);
    op.row.key.part[0] = 0;
    return centre_says(&s->centre, &op);
}

/* Sessions of the group and marks in two others, one with no mark yet and one where all are marked. */
static void sheets_fill(struct stage *s, uint64_t group)
{
    struct sam_op op = stage_op(SAM_SESSION, SAM_OP_CREATE);
    keys_minted(s, STAGE_SESSION, SAM_SESSION);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&op.row, SAM_SESSION_day, STAGE_NOW_S / 86400);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    rows_fill(s, STAGE_SESSION, &op);
    op.row.key.part[0] = 0;
    keys_natural(s, STAGE_MARK_NEW, SAM_ATTENDANCE, centre_says(&s->centre, &op));
    s->prior[STAGE_MARK_NEW] = stage_op(SAM_ATTENDANCE, SAM_OP_SET);
    op.row.key.part[0] = 0;
    keys_natural(s, STAGE_MARK, SAM_ATTENDANCE, centre_says(&s->centre, &op));
    op = stage_op(SAM_ATTENDANCE, SAM_OP_SET);
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, 1);
    sam_row_set(&op.row, SAM_ATTENDANCE_evidence, 1);
    sam_row_set(&op.row, SAM_ATTENDANCE_minutes, 90);
    rows_fill(s, STAGE_MARK, &op);
}

void stage_open(struct stage *s)
{
    centre_open(&s->centre, STAGE_NOW_S);
    CHECK(intake_begin(s->centre.in) == 0);
    struct sam_op op = stage_op(SAM_ORG_UNIT, SAM_OP_CREATE);
    keys_minted(s, STAGE_CLINIC, SAM_ORG_UNIT);
    sam_row_set_text(&op.row, SAM_ORG_UNIT_name, "Sandnessjøen", 13);
    rows_fill(s, STAGE_CLINIC, &op);
    op.row.key.part[0] = 0;
    uint64_t clinic = centre_says(&s->centre, &op);
    people_fill(s, clinic);
    uint64_t group = groups_fill(s, clinic);
    op = stage_op(SAM_ENROLMENT, SAM_OP_SET);
    keys_natural(s, STAGE_ENROLMENT, SAM_ENROLMENT, group);
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    rows_fill(s, STAGE_ENROLMENT, &op);
    sheets_fill(s, group);
    for (unsigned i = 0; i < STAGE_TABLETS; i++)
        centre_tablet_join(&s->centre, &s->tablet[i], clinic);
    CHECK(intake_commit(s->centre.in) == 0);
}

void stage_close(struct stage *s)
{
    for (unsigned i = 0; i < STAGE_TABLETS; i++)
        centre_tablet_fini(&s->tablet[i]);
    centre_close(&s->centre);
}
