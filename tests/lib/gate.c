#include "tests/lib/gate.h"

#include "tests/lib/check.h"

#include <string.h>

uint64_t gate_named(struct gate *w, uint8_t entity, unsigned name, const char *text, int ref, uint64_t to)
{
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, entity);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (entity == SAM_GROUP)
        sam_row_set_text(&op.row, SAM_GROUP_code, "G1", 2);
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    return centre_says(&w->centre, &op);
}

uint64_t gate_person(struct gate *w, const char *name)
{
    struct sam_op op = {0};
    uint64_t id = gate_named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, name, -1, 0);
    sam_row_init(&op.row, SAM_ENROLMENT);
    op.row.key.part[0] = w->group;
    op.row.key.part[1] = id;
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    centre_says(&w->centre, &op);
    return id;
}

/* The code serves one key: with another one it is refused. */
static void tablet_join(struct gate *w, struct centre_tablet *t)
{
    struct intake_joined joined;
    uint8_t mac[SAM_MAC_BYTES] = {0};
    CHECK(intake_begin(w->centre.in) == 0);
    struct sam_join j = centre_invited(&w->centre, w->clinic);
    centre_tablet_joined(&w->centre, t, &j);
    j.key[0] ^= 1;
    CHECK(intake_join(w->centre.in, &j, (struct sam_span){0}, mac, &joined) == 0);
    CHECK(joined.error.code == SAM_ERROR_CODE_REFUSED);
    CHECK(intake_device_state(w->centre.in, t->device_no, SAM_DEVICE_ACTIVE) == 0);
    CHECK(intake_commit(w->centre.in) == 0);
}

int gate_setup(void **state)
{
    struct gate *w = calloc(1, sizeof *w);
    CHECK(w != NULL);
    *state = w;
    centre_open_journaled(&w->centre, GATE_NOW_S);
    CHECK(intake_begin(w->centre.in) == 0);
    w->clinic = gate_named(w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Sandnessjøen", -1, 0);
    w->user = gate_named(w, SAM_USER, SAM_USER_name, "Fysioterapeut 1", SAM_USER_org, w->clinic);
    w->group = gate_named(w, SAM_GROUP, SAM_GROUP_name, "Bevegelse", SAM_GROUP_org, w->clinic);
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "Deltaker %03d", i + 1);
        w->person[i] = gate_person(w, name);
    }
    struct sam_op op = {.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, SAM_SESSION);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)w->group);
    sam_row_set(&op.row, SAM_SESSION_day, GATE_NOW_S / 86400);
    w->session = centre_says(&w->centre, &op);
    CHECK(intake_commit(w->centre.in) == 0);
    tablet_join(w, &w->a);
    tablet_join(w, &w->b);
    return 0;
}

int gate_teardown(void **state)
{
    struct gate *w = *state;
    centre_tablet_fini(&w->a);
    centre_tablet_fini(&w->b);
    centre_close(&w->centre);
    free(w);
    return 0;
}

struct sam_op gate_mark(const struct gate *w, int person, int presence, uint64_t base)
{
    struct sam_op op = {.user = w->user, .claimed_s = GATE_NOW_S, .base_csn = base};
    sam_row_init(&op.row, SAM_ATTENDANCE);
    op.row.key.part[0] = w->session;
    op.row.key.part[1] = w->person[person];
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&op.row, SAM_ATTENDANCE_evidence, 2);
    return op;
}

struct intake_pushed gate_push(struct gate *w, struct centre_tablet *t, const struct sam_op *ops, unsigned count,
                               uint64_t epoch)
{
    CHECK(intake_begin(w->centre.in) == 0);
    struct intake_pushed answer = centre_offer(&w->centre, t, ops, count, epoch);
    CHECK(intake_commit(w->centre.in) == 0);
    return answer;
}

int64_t gate_presence(struct gate *w, int person)
{
    struct sam_key key = {.entity = SAM_ATTENDANCE, .part = {w->session, w->person[person]}};
    struct store_row row;
    CHECK(store_row_get(intake_store(w->centre.in), &key, &row) == 0);
    return row.exists && row.dead <= 0 ? sam_row_num(&row.row, SAM_ATTENDANCE_presence) : -1;
}

uint64_t gate_verdicts(struct gate *w, const struct centre_tablet *t, enum sam_verdict kind)
{
    uint64_t counts[SAM_VERDICT_COUNT], lost;
    CHECK(store_verdict_counts(intake_store(w->centre.in), t->device_no, counts, &lost) == 0);
    return counts[kind];
}
