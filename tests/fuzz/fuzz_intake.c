/* Ops of a tablet, taken in by a real centre: server/intake on a store, with three tablets of a small clinic (tests/lib/clinic). Deeper and
 * slower than the others: each input is one transaction, which is rolled back.
 *
 *      input   who u8 | how u8 | { length u8 | an op's bytes }…
 *      how     AS_IS: bytes as they came. Else ids below 32 stand for rows that the clinic has, and 32 to 63 for ids of the tablet's own
 *
 * Holds: every op is acked and gets one csn, the next one; its bytes are there as they came, whatever became of it (I4); the verdict is one that
 * a tablet knows; the same batch once more changes nothing and gets the same answer (I3); two tablets that say the same are both kept. */
#include "proto/base/err.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/clinic.h"

#include <stdio.h>

enum { AS_IS = 1, BASE_OLD = 2, TWICE = 4, OTHER_EPOCH = 8, OPS_MAX = 12, KNOWN = 32, OWN = 64 };

static struct clinic clinic;
static struct sam_buf ops;

static void close_clinic(void)
{
    clinic_close(&clinic);
}

static void start(void)
{
    clinic_open(&clinic);
    sam_buf_init(&ops, 1u << 16);
    atexit(close_clinic);
}

/* ---- ids that mean something */

static uint64_t id_of(const struct centre_tablet *t, uint64_t n)
{
    const struct clinic *k = &clinic;
    const uint64_t known[] = {
        0,          k->org,         k->far_org,    k->group,     k->other_group, k->far_group, k->user,     k->far_user,
        k->session, k->far_session, k->far_person, k->person[0], k->person[1],   k->person[2], k->person[3]};
    if (n < KNOWN)
        return known[n % COUNT(known)];
    return n < OWN ? sam_id_make(t->device_no, n) : n;
}

static void ids_set(const struct centre_tablet *t, struct sam_op *op)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    op->user = id_of(t, op->user);
    for (unsigned i = 0; i < def->key_count; i++)
        if (def->key[i].ref || def->minted)
            op->row.key.part[i] = id_of(t, op->row.key.part[i]);
    for (unsigned i = 0; i < def->field_count; i++)
        if (def->field[i].ref && sam_row_has(&op->row, i))
            op->row.val[i].num = (int64_t)id_of(t, (uint64_t)op->row.val[i].num);
}

/* The op's bytes with such ids; as they came where they are no op. */
static size_t op_put(const struct centre_tablet *t, uint8_t how, struct sam_span in)
{
    struct sam_op op;
    size_t before = sam_buf_len(&ops);
    bool is = !(how & AS_IS) && sam_op_decode(in, &op) == 0 && sam_entity_find(op.row.key.entity) && !op.row.newer;
    if (is) {
        ids_set(t, &op);
        op.base_csn = how & BASE_OLD ? op.base_csn : clinic_csn(&clinic);
        is = sam_op_encode(&ops, &op) == 0;
    }
    if (!is)
        HOLDS(sam_buf_add(&ops, in.ptr, in.len) == 0);
    return sam_buf_len(&ops) - before;
}

/* ---- a batch */

struct batch {
    unsigned count;
    size_t len[OPS_MAX];
    struct sam_span op[OPS_MAX];
};

static void batch_read(const struct centre_tablet *t, uint8_t how, struct sam_span in, struct batch *b)
{
    b->count = 0;
    sam_buf_clear(&ops);
    while (in.len && b->count < OPS_MAX) {
        size_t n = fuzz_byte(&in);
        n = n < in.len ? n : in.len;
        b->len[b->count++] = op_put(t, how, (struct sam_span){in.ptr, n});
        in = (struct sam_span){in.ptr + n, in.len - n};
    }
    const uint8_t *at = sam_buf_peek(&ops).ptr;
    for (unsigned i = 0; i < b->count; at += b->len[i++])
        b->op[i] = (struct sam_span){at, b->len[i]};
}

static uint64_t pushed(struct centre_tablet *t, uint8_t how, const struct batch *b)
{
    uint64_t epoch = intake_epoch(clinic.centre.in).id + (how & OTHER_EPOCH ? 1 : 0);
    struct centre_batch batch = {.op = b->op, .count = b->count, .epoch = epoch};
    return centre_push_batch(&clinic.centre, t, &batch);
}

static void kept_check(const struct centre_tablet *t, const struct batch *b, uint64_t first_seq, uint64_t first)
{
    for (unsigned i = 0; i < b->count; i++) {
        struct intake_op op;
        HOLDS(intake_op_at(clinic.centre.in, first + i, &op) == 0);
        HOLDS(op.device_no == t->device_no && op.seq == first_seq + i && op.csn == first + i);
        HOLDS(fuzz_same(sam_buf_peek(&op.raw), b->op[i]));
        intake_op_fini(&op);
        struct store_verdict v = clinic_verdict(&clinic, first + i);
        HOLDS(v.kind < SAM_VERDICT_COUNT && v.reason < SAM_REASON_COUNT);
        HOLDS((v.kind == SAM_VERDICT_QUARANTINED || v.kind == SAM_VERDICT_HELD) == (v.reason != SAM_REASON_NONE));
    }
}

static void transaction(struct centre_tablet *who, uint8_t how, struct sam_span in)
{
    static struct batch b;
    struct centre_tablet t = *who, again = *who, other = clinic.b;
    batch_read(&t, how, in, &b);
    if (b.count == 0)
        return;
    uint64_t before = clinic_csn(&clinic), last = pushed(&t, how, &b);
    HOLDS(last >= before + b.count);
    kept_check(&t, &b, who->seq + 1, last - b.count + 1);
    uint64_t present = clinic_csn(&clinic);
    HOLDS(pushed(&again, how, &b) == last && again.seq == t.seq && again.chain == t.chain);
    HOLDS(clinic_csn(&clinic) == present);
    if (how & TWICE && who->device_no != other.device_no) {
        last = pushed(&other, how, &b);
        kept_check(&other, &b, clinic.b.seq + 1, last - b.count + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sam_span in = {data, size};
    if (!clinic.centre.in)
        start();
    struct centre_tablet *who[] = {&clinic.a, &clinic.b, &clinic.far};
    struct centre_tablet *t = who[fuzz_byte(&in) % COUNT(who)];
    uint8_t how = fuzz_byte(&in);
    HOLDS(intake_begin(clinic.centre.in) == 0);
    transaction(t, how, in);
    intake_rollback(clinic.centre.in);
    return 0;
}
