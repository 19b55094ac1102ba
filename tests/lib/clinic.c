/* A small clinic: see clinic.h. */
#include "tests/lib/clinic.h"

#include "proto/base/err.h"
#include "tests/lib/check.h"

#include <string.h>

/* ---- looking */

struct store *clinic_store(struct clinic *k)
{
    return intake_store(k->centre.in);
}

uint64_t clinic_csn(struct clinic *k)
{
    return store_csn(clinic_store(k));
}

struct store_verdict clinic_verdict(struct clinic *k, uint64_t csn)
{
    struct store_verdict v;
    int err = store_verdict_get(clinic_store(k), csn, &v);
    CHECK(err == 0 || err == SAM_ENOTFOUND);
    return err ? (struct store_verdict){.csn = csn, .kind = SAM_VERDICT_APPLIED} : v;
}

struct store_case clinic_case(struct clinic *k, const struct sam_key *key, enum sam_rule rule, unsigned unit)
{
    struct store_case c;
    CHECK(store_case_find(clinic_store(k), key, rule, unit, &c) == 0);
    return c;
}

unsigned clinic_cases_open(struct clinic *k)
{
    struct store_case c = {0};
    unsigned n = 0;
    while (store_case_next(clinic_store(k), c.no, true, &c) == 0)
        n++;
    return n;
}

struct store_row clinic_row(struct clinic *k, const struct sam_key *key)
{
    struct store_row row;
    CHECK(store_row_get(clinic_store(k), key, &row) == 0);
    return row;
}

int64_t clinic_num(struct clinic *k, const struct sam_key *key, unsigned field)
{
    struct store_row row = clinic_row(k, key);
    return row.exists && row.dead <= 0 && sam_row_has(&row.row, field) ? sam_row_num(&row.row, field) : -1;
}

struct sam_key clinic_key(const struct clinic *k, uint64_t session, unsigned person)
{
    CHECK(person < CLINIC_PERSONS);
    return (struct sam_key){.entity = SAM_ATTENDANCE, .part = {session, k->person[person]}};
}

int64_t clinic_presence(struct clinic *k, uint64_t session, unsigned person)
{
    struct sam_key key = clinic_key(k, session, person);
    return clinic_num(k, &key, SAM_ATTENDANCE_presence);
}

unsigned clinic_quarantined(struct clinic *k, uint64_t device_no)
{
    uint64_t counts[SAM_VERDICT_COUNT], lost;
    CHECK(store_verdict_counts(clinic_store(k), device_no, counts, &lost) == 0);
    return (unsigned)counts[SAM_VERDICT_QUARANTINED];
}

/* ---- ops */

struct sam_op clinic_op(const struct clinic *k, uint8_t entity, enum sam_op_kind kind, uint64_t base)
{
    struct sam_op op = {.kind = (uint8_t)kind, .user = k->user, .claimed_s = CLINIC_NOW_S, .base_csn = base};
    sam_row_init(&op.row, entity);
    return op;
}

struct sam_op clinic_mark(const struct clinic *k, uint64_t session, unsigned person, int presence, uint64_t base)
{
    struct sam_op op = clinic_op(k, SAM_ATTENDANCE, SAM_OP_SET, base);
    op.row.key = clinic_key(k, session, person);
    sam_row_set(&op.row, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&op.row, SAM_ATTENDANCE_evidence, 2);
    return op;
}

struct sam_op clinic_minutes(const struct clinic *k, unsigned person, int minutes, uint64_t base)
{
    struct sam_op op = clinic_op(k, SAM_ATTENDANCE, SAM_OP_SET, base);
    op.row.key = clinic_key(k, k->session, person);
    sam_row_set(&op.row, SAM_ATTENDANCE_minutes, minutes);
    return op;
}

struct sam_op clinic_status(const struct clinic *k, uint64_t session, int status, uint64_t base)
{
    struct sam_op op = clinic_op(k, SAM_SESSION, SAM_OP_SET, base);
    op.row.key.part[0] = session;
    sam_row_set(&op.row, SAM_SESSION_status, status);
    return op;
}

struct sam_op clinic_ad_hoc(struct clinic *k, const struct centre_tablet *t, uint64_t group, int day)
{
    struct sam_op op = clinic_op(k, SAM_SESSION, SAM_OP_CREATE, 0);
    if (t)
        op.row.key.part[0] = sam_id_make(t->device_no, ++k->ids);
    else
        CHECK(intake_mint(k->centre.in, &op.row.key.part[0]) == 0);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&op.row, SAM_SESSION_day, day);
    return op;
}

struct sam_op clinic_new_group(const struct clinic *k, uint64_t id)
{
    struct sam_op op = clinic_op(k, SAM_GROUP, SAM_OP_CREATE, 0);
    op.row.key.part[0] = id;
    sam_row_set_text(&op.row, SAM_GROUP_name, "Ny", 2);
    sam_row_set_text(&op.row, SAM_GROUP_code, "G9", 2);
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)k->org);
    return op;
}

struct sam_op clinic_tombstone(const struct clinic *k, struct sam_key key, uint64_t base)
{
    struct sam_op op = clinic_op(k, key.entity, SAM_OP_TOMBSTONE, base);
    op.row.key = key;
    return op;
}

uint64_t clinic_minted(struct clinic *k)
{
    uint64_t id;
    CHECK(intake_begin(k->centre.in) == 0);
    CHECK(intake_mint(k->centre.in, &id) == 0);
    CHECK(intake_commit(k->centre.in) == 0);
    return id;
}

struct sam_op clinic_ruling(const struct clinic *k, uint64_t rule, uint64_t a, uint64_t b, int decision, uint64_t base)
{
    struct sam_op op = clinic_op(k, SAM_RULING, SAM_OP_SET, base);
    op.row.key.part[0] = rule;
    op.row.key.part[1] = a;
    op.row.key.part[2] = b;
    sam_row_set(&op.row, SAM_RULING_decision, decision);
    return op;
}

/* Where the row stands in an op's bytes: the one item that is bytes, the last one. ${head}: the length of its tag. */
static size_t row_place(struct sam_span bytes, size_t *head)
{
    uint64_t tag, value;
    for (size_t at = 0;;) {
        int n = sam_varint_get(bytes.ptr + at, bytes.len - at, &tag);
        CHECK(n > 0);
        *head = (size_t)n;
        if ((tag & 7u) == 2u)
            return at;
        int more = sam_varint_get(bytes.ptr + at + n, bytes.len - at - (size_t)n, &value);
        CHECK(more > 0);
        at += (size_t)(n + more);
    }
}

static void varint_add(struct sam_buf *to, uint64_t v)
{
    uint8_t bytes[10];
    CHECK(sam_buf_add(to, bytes, sam_varint_put(bytes, v)) == 0);
}

/* The op with its row under ${tag} (0: its own), and one field more in it where ${field} is not 0. */
static void bytes_changed(const struct sam_op *op, uint64_t tag, uint64_t field, struct sam_buf *to)
{
    struct sam_buf bytes;
    uint64_t len;
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    CHECK(sam_op_encode(&bytes, op) == 0);
    struct sam_span s = sam_buf_peek(&bytes);
    size_t head, at = row_place(s, &head);
    int n = sam_varint_get(s.ptr + at + head, s.len - at - head, &len);
    CHECK(n > 0 && at + head + (size_t)n + len == s.len);
    CHECK(sam_buf_add(to, s.ptr, at) == 0);
    varint_add(to, (tag ? tag : (uint64_t)op->row.key.entity) << 3 | 2u);
    varint_add(to, len + (field ? sam_varint_size(field << 3) + 1 : 0));
    CHECK(sam_buf_add(to, s.ptr + s.len - len, len) == 0);
    if (field) {
        varint_add(to, field << 3);
        varint_add(to, 1);
    }
    sam_buf_fini(&bytes);
}

void clinic_bytes_newer(const struct sam_op *op, struct sam_buf *to)
{
    bytes_changed(op, 0, 29, to);
}

void clinic_bytes_unknown(const struct sam_op *op, struct sam_buf *to)
{
    bytes_changed(op, 30, 0, to);
}

/* ---- saying */

uint64_t clinic_push_many(struct clinic *k, struct centre_tablet *t, const struct sam_op *ops, unsigned count)
{
    CHECK(intake_begin(k->centre.in) == 0);
    uint64_t csn = centre_push(&k->centre, t, ops, count);
    CHECK(intake_commit(k->centre.in) == 0);
    return csn;
}

uint64_t clinic_push(struct clinic *k, struct centre_tablet *t, struct sam_op op)
{
    return clinic_push_many(k, t, &op, 1);
}

uint64_t clinic_push_again(struct clinic *k, struct centre_tablet *t, struct sam_op op, uint64_t epoch, uint64_t csn)
{
    const struct sam_origin origin = {.epoch = epoch, .csn = csn};
    struct sam_buf bytes;
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    CHECK(sam_op_encode(&bytes, &op) == 0);
    struct sam_span span = sam_buf_peek(&bytes);
    struct centre_batch batch = {.op = &span, .count = 1, .epoch = epoch, .origin = &origin, .origin_count = 1};
    CHECK(intake_begin(k->centre.in) == 0);
    uint64_t at = centre_push_batch(&k->centre, t, &batch);
    CHECK(intake_commit(k->centre.in) == 0);
    sam_buf_fini(&bytes);
    return at;
}

void clinic_settle(struct clinic *k)
{
    for (unsigned i = 0; i < 8; i++) {
        CHECK(intake_begin(k->centre.in) == 0);
        CHECK(intake_commit(k->centre.in) == 0);
    }
}

uint64_t clinic_say(struct clinic *k, struct sam_op op)
{
    CHECK(intake_begin(k->centre.in) == 0);
    centre_says(&k->centre, &op);
    uint64_t csn = clinic_csn(k);
    CHECK(intake_commit(k->centre.in) == 0);
    return csn;
}

void clinic_take_back(struct clinic *k, struct sam_op op)
{
    enum sam_reason reason;
    CHECK(intake_begin(k->centre.in) == 0);
    CHECK(intake_author(k->centre.in, &op, &reason) == 0);
    intake_rollback(k->centre.in);
}

enum sam_reason clinic_refused(struct clinic *k, struct sam_op op)
{
    enum sam_reason why = SAM_REASON_NONE;
    CHECK(intake_begin(k->centre.in) == 0);
    CHECK(intake_author(k->centre.in, &op, &why) == SAM_ERANGE);
    CHECK(intake_commit(k->centre.in) == 0);
    return why;
}

uint64_t clinic_rule(struct clinic *k, uint64_t rule, uint64_t a, uint64_t b, int decision, uint64_t base)
{
    return clinic_say(k, clinic_ruling(k, rule, a, b, decision, base));
}

uint64_t clinic_decide(struct clinic *k, const struct centre_tablet *t, uint64_t seq, int decision)
{
    return clinic_rule(k, SAM_RULE_QUARANTINE, t->device_no, seq, decision, clinic_csn(k));
}

void clinic_device_state(struct clinic *k, uint64_t device_no, enum sam_device_state state)
{
    CHECK(intake_begin(k->centre.in) == 0);
    CHECK(intake_device_state(k->centre.in, device_no, state) == 0);
    CHECK(intake_commit(k->centre.in) == 0);
}

/* ---- open and close */

static uint64_t named(struct clinic *k, uint8_t entity, unsigned name, const char *text, unsigned ref, uint64_t to)
{
    struct sam_op op = clinic_op(k, entity, SAM_OP_CREATE, 0);
    sam_row_set_text(&op.row, name, text, strlen(text));
    if (entity == SAM_GROUP)
        sam_row_set_text(&op.row, SAM_GROUP_code, "G1", 2);
    if (to)
        sam_row_set(&op.row, ref, (int64_t)to);
    return centre_says(&k->centre, &op);
}

static void enrol(struct clinic *k, uint64_t group, uint64_t person)
{
    struct sam_op op = clinic_op(k, SAM_ENROLMENT, SAM_OP_SET, 0);
    op.row.key.part[0] = group;
    op.row.key.part[1] = person;
    sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
    centre_says(&k->centre, &op);
}

static uint64_t planned(struct clinic *k, uint64_t group)
{
    struct sam_op op = clinic_op(k, SAM_SESSION, SAM_OP_CREATE, 0);
    sam_row_set(&op.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&op.row, SAM_SESSION_day, CLINIC_DAY);
    sam_row_set(&op.row, SAM_SESSION_planned, 1);
    return centre_says(&k->centre, &op);
}

static void people_fill(struct clinic *k)
{
    char name[32];
    k->user = named(k, SAM_USER, SAM_USER_name, "Fysioterapeut 1", SAM_USER_org, k->org);
    k->far_user = named(k, SAM_USER, SAM_USER_name, "Fysioterapeut 2", SAM_USER_org, k->far_org);
    for (unsigned i = 0; i < CLINIC_PERSONS; i++) {
        snprintf(name, sizeof name, "Deltaker %03u", i + 1);
        k->person[i] = named(k, SAM_PARTICIPANT, SAM_PARTICIPANT_name, name, 0, 0);
        enrol(k, k->group, k->person[i]);
    }
    k->far_person = named(k, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 900", 0, 0);
    enrol(k, k->far_group, k->far_person);
}

void clinic_open(struct clinic *k)
{
    memset(k, 0, sizeof *k);
    centre_open_journaled(&k->centre, CLINIC_NOW_S);
    CHECK(intake_begin(k->centre.in) == 0);
    k->org = named(k, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Sandnessjøen", 0, 0);
    k->far_org = named(k, SAM_ORG_UNIT, SAM_ORG_UNIT_name, "Mo i Rana", 0, 0);
    k->group = named(k, SAM_GROUP, SAM_GROUP_name, "Bevegelse", SAM_GROUP_org, k->org);
    k->other_group = named(k, SAM_GROUP, SAM_GROUP_name, "Mestring", SAM_GROUP_org, k->org);
    k->far_group = named(k, SAM_GROUP, SAM_GROUP_name, "Bevegelse", SAM_GROUP_org, k->far_org);
    people_fill(k);
    k->session = planned(k, k->group);
    k->far_session = planned(k, k->far_group);
    centre_tablet_join(&k->centre, &k->a, k->org);
    centre_tablet_join(&k->centre, &k->b, k->org);
    centre_tablet_join(&k->centre, &k->d, k->org);
    centre_tablet_join(&k->centre, &k->far, k->far_org);
    CHECK(intake_commit(k->centre.in) == 0);
}

static void tell(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "%s\n", line);
}

void clinic_check(struct clinic *k)
{
    const struct intake_found found = {.wrong = tell};
    struct intake_verified verified;
    struct intake_rebuilt rebuilt;
    CHECK(intake_begin(k->centre.in) == 0);
    CHECK(intake_verify(k->centre.in, &found, NULL, &verified) == 0);
    CHECK(verified.wrong == 0);
    CHECK(intake_rebuild(k->centre.in, &found, &rebuilt) == 0);
    CHECK(rebuilt.changed == 0);
    intake_rollback(k->centre.in);
}

void clinic_close(struct clinic *k)
{
    clinic_check(k);
    centre_tablet_fini(&k->a);
    centre_tablet_fini(&k->b);
    centre_tablet_fini(&k->d);
    centre_tablet_fini(&k->far);
    centre_close(&k->centre);
}

int clinic_setup(void **state)
{
    struct clinic *k = calloc(1, sizeof *k);
    CHECK(k != NULL);
    clinic_open(k);
    *state = k;
    return 0;
}

int clinic_teardown(void **state)
{
    clinic_close(*state);
    free(*state);
    return 0;
}
