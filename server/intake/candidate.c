/* The live candidates of a unit, out of the store and back: who said what stands there, and what that author had seen. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <string.h>

/* A csn at which a quarantined op was taken in stands for that op. */
static int op_at(struct intake *in, uint64_t csn, uint64_t *op_csn, struct store_push *p)
{
    *op_csn = in->taken_csn && csn == in->taken_csn ? in->taken_op_csn : csn;
    int err = store_push_at_csn(in->st, *op_csn, p);
    if (*op_csn != csn)
        return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
    if (!err && p->device_no == SAM_DEVICE_NO_CONSOLE) {
        uint64_t taken_in;
        err = store_retake_get(in->st, csn, &taken_in);
        if (err)
            return err == SAM_ENOTFOUND ? 0 : err;
        *op_csn = taken_in;
        err = store_push_at_csn(in->st, taken_in, p);
    }
    return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
}

int candidate_op_csn(struct intake *in, uint64_t csn, uint64_t *op_csn)
{
    struct store_push p;
    return op_at(in, csn, op_csn, &p);
}

/* A re-labelled op's first name is also one of the parent's ops only up to the fork: behind it the parent has others. */
static int first_name(struct intake *in, uint64_t device_no, const struct store_origin *o, uint64_t *first_device_no,
                      uint64_t *first_seq)
{
    struct store_device d = {.parent = device_no};
    int err = 0;
    *first_device_no = *first_seq = 0;
    for (unsigned i = 0; !err && o->device_no && d.parent && d.parent != o->device_no && i < SAM_FORK_DEPTH_MAX; i++)
        err = store_device_get(in->st, d.parent, &d);
    if (!err && o->device_no && d.parent == o->device_no && o->seq <= d.fork_seq) {
        *first_device_no = o->device_no;
        *first_seq = o->seq;
    }
    sam_wipe(d.key, sizeof d.key);
    return err == SAM_ENOTFOUND ? 0 : err;
}

int candidate_at(struct intake *in, uint64_t csn, struct sam_candidate *c)
{
    struct store_push p;
    struct store_origin o;
    uint64_t op_csn;
    *c = (struct sam_candidate){0};
    int err = op_at(in, csn, &op_csn, &p);
    if (err)
        return err;
    *c = (struct sam_candidate){.device_no = p.device_no, .seq = p.first_seq + (op_csn - p.first_csn), .csn = csn};
    err = store_origin_at_csn(in->st, op_csn, &o);
    if (err == SAM_ENOTFOUND)
        return 0;
    c->lost_epoch = o.epoch;
    c->lost_csn = o.lost_csn;
    return err ? err : first_name(in, p.device_no, &o, &c->first_device_no, &c->first_seq);
}

int author_origin(struct intake *in, struct author *a, const struct store_origin *o)
{
    a->lost_epoch = o && o->lost_csn ? o->epoch : 0;
    a->lost_csn = o ? o->lost_csn : 0;
    a->who.first_device_no = a->who.first_seq = 0;
    return o ? first_name(in, a->device_no, o, &a->who.first_device_no, &a->who.first_seq) : 0;
}

int push_op_bytes(struct sam_zip *zip, const struct store_push *p, uint64_t csn, struct sam_buf *plain,
                  struct sam_span *bytes)
{
    struct sam_walk w = {p->raw};
    int err = 0;
    sam_buf_clear(plain);
    if (p->deflated && (err = sam_zip_inflate(zip, p->raw, plain)) == 0)
        w.rest = (struct sam_span){sam_buf_peek(plain).ptr, sam_buf_len(plain) - SAM_MAC_BYTES};
    for (uint64_t i = 0; !err && i <= p->skip + (csn - p->first_csn); i++)
        err = sam_push_next_op(&w, bytes) == 1 ? 0 : SAM_ECORRUPT;
    return err;
}

int push_op_hash(struct intake *in, const struct store_push *p, uint64_t csn, uint8_t hash[16])
{
    struct sam_buf plain;
    struct sam_span bytes = {0};
    uint8_t whole[SAM_HASH_BYTES];
    sam_buf_init(&plain, SAM_FRAME_INFLATED_BYTES_MAX);
    int err = push_op_bytes(in->zip, p, csn, &plain, &bytes);
    if (!err)
        err = op_hash(in, csn, bytes, whole);
    if (!err)
        memcpy(hash, whole, 16);
    sam_buf_fini(&plain);
    return err;
}

int candidate_base(struct intake *in, uint64_t csn, uint64_t *op_csn, uint64_t *epoch, uint64_t *base)
{
    struct store_push p;
    struct sam_buf plain;
    struct sam_span bytes = {0};
    struct sam_op op;
    *epoch = *base = 0;
    int err = op_at(in, csn, op_csn, &p);
    if (err)
        return err;
    sam_buf_init(&plain, SAM_FRAME_INFLATED_BYTES_MAX);
    err = push_op_bytes(in->zip, &p, *op_csn, &plain, &bytes);
    if (!err && sam_op_decode(bytes, &op) == 0) {
        *epoch = p.epoch;
        *base = op.base_csn;
    }
    sam_buf_fini(&plain);
    return err;
}

uint64_t base_limit(struct intake *in, uint64_t epoch, uint64_t csn)
{
    uint64_t before = csn - 1;
    if (epoch == in->epoch.id || epoch == 0)
        return before;
    uint64_t limit = store_epoch_limit(in->st, epoch, csn);
    return limit < before ? limit : before;
}

void author_base(struct intake *in, struct author *a, uint64_t epoch, uint64_t base_csn, uint64_t csn)
{
    uint64_t limit = base_limit(in, epoch, csn);
    a->came_csn = csn;
    a->who.base_epoch = epoch;
    a->who.base_csn = base_csn;
    a->who.seen_csn = base_csn < limit ? base_csn : limit;
}

int author_at(struct intake *in, uint64_t csn, struct author *a)
{
    struct store_push p = {0};
    struct store_device d;
    struct store_origin o;
    uint64_t op_csn, epoch, base;
    int err = candidate_base(in, csn, &op_csn, &epoch, &base);
    if (!err)
        err = store_push_at_csn(in->st, op_csn, &p);
    uint64_t seq = p.first_seq + (op_csn - p.first_csn);
    if (!err)
        err = store_device_get(in->st, p.device_no, &d);
    if (!err)
        err = author_of_device(in, &d, a);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
    a->who.seq = seq;
    author_base(in, a, epoch, base, op_csn);
    err = store_origin_at_csn(in->st, op_csn, &o);
    return err ? (err == SAM_ENOTFOUND ? 0 : err) : author_origin(in, a, &o);
}

/* As it counted when the op was judged. Only where the largest base wins does it matter. */
static int base_effective(struct intake *in, struct sam_candidate *c)
{
    uint64_t op_csn, epoch, base;
    int err = candidate_base(in, c->csn, &op_csn, &epoch, &base);
    uint64_t limit = err ? 0 : base_limit(in, epoch, op_csn);
    c->base_csn = base < limit ? base : limit;
    return err;
}

int candidates_stored(struct store *st, const struct store_row *row, unsigned unit, struct candidate_set *cs)
{
    unsigned count;
    int err = store_candidates_get(st, &row->row.key, unit + row->own, cs->stored, SAM_CANDIDATES_MAX, &count);
    for (unsigned i = 0; !err && i < count; i++) {
        const struct store_candidate *s = &cs->stored[i];
        err = sam_row_decode(row->row.key.entity, (struct sam_span){s->value, s->value_len}, &cs->value[i]);
        cs->set.at[i] = (struct sam_candidate){.device_no = s->device_no,
                                               .seq = s->seq,
                                               .csn = s->csn,
                                               .base_csn = s->base_csn,
                                               .lost_epoch = s->lost_epoch,
                                               .lost_csn = s->lost_csn,
                                               .first_device_no = s->first_device_no,
                                               .first_seq = s->first_seq,
                                               .value = &cs->value[i]};
    }
    cs->set.count = err ? 0 : count;
    return err;
}

int candidates_load(struct intake *in, const struct store_row *row, unsigned unit, struct candidate_set *cs)
{
    struct store_rev rev = store_row_rev(row, unit);
    cs->set.count = 0;
    if (rev.csn == 0)
        return 0;
    if (!rev.many) {
        cs->set.count = 1;
        cs->value[0] = row->row;
        int err = candidate_at(in, rev.csn, &cs->set.at[0]);
        cs->set.at[0].value = &cs->value[0];
        if (!err && sam_entity_find(row->row.key.entity)->unit_class[unit] == SAM_CLASS_MINOR)
            err = base_effective(in, &cs->set.at[0]);
        return err;
    }
    return candidates_stored(in->st, row, unit, cs);
}

int candidates_keep(struct intake *in, const struct store_row *row, unsigned unit, struct candidate_set *cs, bool keep)
{
    const struct sam_key *key = &row->row.key;
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    int err = store_candidates_clear(in->st, key, unit + row->own);
    for (unsigned i = 0; !err && keep && i < cs->set.count; i++) {
        const struct sam_candidate *c = &cs->set.at[i];
        struct store_candidate s = {.device_no = c->device_no,
                                    .seq = c->seq,
                                    .csn = c->csn,
                                    .base_csn = c->base_csn,
                                    .lost_epoch = c->lost_epoch,
                                    .lost_csn = c->lost_csn,
                                    .first_device_no = c->first_device_no,
                                    .first_seq = c->first_seq};
        struct sam_row only = *c->value;
        only.present &= sam_unit_fields(def, 1u << unit);
        sam_buf_clear(&cs->bytes);
        err = sam_row_encode(&cs->bytes, &only);
        if (!err && sam_buf_len(&cs->bytes) > sizeof s.value)
            err = SAM_ETOOBIG;
        if (err)
            return err;
        s.value_len = (uint32_t)sam_buf_len(&cs->bytes);
        memcpy(s.value, sam_buf_peek(&cs->bytes).ptr, s.value_len);
        err = store_candidate_add(in->st, key, unit + row->own, &s);
    }
    return err;
}

/* ---- what the author knows of a candidate */

/* Tablets whose stores were one send what they share each under its own number; what came first stands here under another's. */
static int own_copy(struct intake *in, const struct author *a, struct sam_candidate *c)
{
    const uint64_t now_csn = in->now_csn ? in->now_csn : STORE_NOW;
    struct store_push p;
    struct store_origin first = {.device_no = 0}, own = {.device_no = 0};
    uint64_t op_csn;
    uint8_t hash[16];
    int err = op_at(in, c->csn, &op_csn, &p);
    if (!err)
        err = store_origin_at_csn(in->st, op_csn, &first);
    bool named = !err && first.device_no;
    if (!err || err == SAM_ENOTFOUND)
        err = store_origin_of_device(in->st, named ? first.device_no : c->device_no, named ? first.seq : c->seq,
                                     a->device_no, &own);
    if (err == SAM_ENOTFOUND && named && first.device_no == a->device_no) {
        own.seq = first.seq;
        err = store_push_at_seq(in->st, a->device_no, own.seq, &p);
        own.csn = err ? 0 : p.first_csn + (own.seq - p.first_seq);
        if (!err)
            err = push_op_hash(in, &p, own.csn, own.hash);
    }
    if (!err && own.csn > now_csn)
        return 0; /* not here yet */
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    if (named)
        memcpy(hash, first.hash, sizeof hash);
    else if ((err = op_at(in, c->csn, &op_csn, &p)) == 0)
        err = push_op_hash(in, &p, op_csn, hash);
    c->own_seq = !err && !memcmp(hash, own.hash, sizeof hash) ? own.seq : 0;
    return err;
}

int candidate_align(struct intake *in, const struct author *a, struct sam_candidate *c)
{
    bool other = c->device_no != a->device_no && c->device_no != SAM_DEVICE_NO_CONSOLE;
    if (c->lost_csn && c->lost_csn <= a->who.base_csn &&
        store_epoch_shared(in->st, c->lost_epoch, a->who.base_epoch, c->lost_csn, a->came_csn))
        c->lost_epoch = a->who.base_epoch;
    return a->forked && other ? own_copy(in, a, c) : 0;
}

/* ---- what was lost and comes again */

int lost_seen_note(struct intake *in, const struct author *a, const struct sam_key *key, uint32_t units, uint64_t csn)
{
    uint64_t then;
    if (a->who.base_csn <= a->who.seen_csn)
        return 0;
    int err = store_epoch_at(in->st, a->came_csn, &then);
    if (err || a->who.base_epoch == then)
        return err;
    for (unsigned unit = 0; !err && units >> unit; unit++)
        if (units >> unit & 1u)
            err = store_lost_seen_add(in->st, key, unit, csn);
    return err;
}

int lost_seen_by(struct intake *in, const struct author *a, uint64_t csn, bool *seen)
{
    uint64_t op_csn, epoch, base;
    *seen = false;
    int err = a->lost_csn ? candidate_base(in, csn, &op_csn, &epoch, &base) : 0;
    if (a->lost_csn && !err)
        *seen =
            epoch && base >= a->lost_csn && store_epoch_shared(in->st, a->lost_epoch, epoch, a->lost_csn, a->came_csn);
    return err;
}

int lost_replaced(struct intake *in, const struct author *a, const struct sam_key *key, unsigned unit, bool *replaced)
{
    uint64_t csn = 0;
    int err = 0;
    *replaced = false;
    while (a->lost_csn && !*replaced && (err = store_lost_seen_next(in->st, key, unit, csn, &csn)) == 0) {
        err = lost_seen_by(in, a, csn, replaced);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}
