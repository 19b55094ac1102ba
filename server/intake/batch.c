/* A PUSH taken apart: its MAC, its chain, its ops as spans. Pure, so that it runs beside the write thread. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

void intake_batch_fini(struct intake_batch *b)
{
    sam_buf_fini(&b->plain);
    sam_buf_fini(&b->raw);
    free(b->origin);
    b->origin = NULL;
    b->count = b->origin_count = 0;
}

static int bytes_keep(struct intake_batch *b, const struct sam_frame *as_sent, struct sam_span body)
{
    sam_buf_init(&b->plain, SAM_FRAME_INFLATED_BYTES_MAX);
    sam_buf_init(&b->raw, SAM_FRAME_BODY_BYTES_MAX);
    int err = sam_buf_add(&b->plain, body.ptr, body.len);
    if (!err && as_sent->deflated)
        err = sam_buf_add(&b->raw, as_sent->body.ptr, as_sent->body.len);
    return err;
}

static int ops_walk(struct intake_batch *b)
{
    struct sam_walk w = {sam_buf_peek(&b->plain)};
    uint8_t hash[SAM_HASH_BYTES];
    uint64_t chain = b->chain_before;
    for (unsigned i = 0; i < b->count; i++) {
        if (sam_push_next_op(&w, &b->op[i]) != 1)
            return SAM_EPROTO;
        int err = sam_sha256(b->op[i].ptr, b->op[i].len, hash);
        if (!err)
            err = sam_chain_next(chain, hash, &chain);
        if (err)
            return err;
        b->op_chain[i] = chain;
    }
    return chain == b->chain ? 0 : SAM_EAUTH;
}

static int origins_walk(struct intake_batch *b, unsigned count)
{
    if (count == 0)
        return 0;
    b->origin = calloc(count, sizeof *b->origin);
    if (!b->origin)
        return SAM_ENOMEM;
    struct sam_walk w = {sam_buf_peek(&b->plain)};
    while (b->origin_count < count) {
        struct sam_origin *o = &b->origin[b->origin_count];
        if (sam_push_next_origin(&w, o) != 1 || o->index >= b->count)
            return SAM_EPROTO;
        if (b->origin_count && o->index <= b->origin[b->origin_count - 1].index)
            return SAM_EPROTO;
        b->origin_count++;
    }
    return 0;
}

int intake_batch_read(struct intake_batch *b, struct sam_mac_key *key, uint64_t device_no, uint64_t hello_epoch,
                      uint64_t chain_before, const struct sam_push *p, const struct sam_frame *as_sent,
                      struct sam_span body, const uint8_t *mac)
{
    uint8_t tail[SAM_PUSH_TAIL_BYTES], want[SAM_MAC_BYTES];
    sam_push_tail(tail, device_no, p->first_seq, p->op_count, chain_before, p->chain);
    int err = sam_mac(key, SAM_FRAME_PUSH, body, (struct sam_span){tail, sizeof tail}, want);
    if (!err && !sam_equal_ct(want, mac, sizeof want))
        err = SAM_EAUTH;
    if (err)
        return err;
    memcpy(b->mac, mac, sizeof b->mac);
    b->device_no = device_no;
    b->first_seq = p->first_seq;
    b->epoch = p->epoch ? p->epoch : hello_epoch;
    b->chain_before = chain_before;
    b->chain = p->chain;
    b->count = p->op_count;
    err = bytes_keep(b, as_sent, body);
    if (!err)
        err = ops_walk(b);
    return err ? err : origins_walk(b, p->origin_count);
}
