/* A tablet without a network of its own: the bytes are those that client-sdk sends, the calls those of the write thread. */
#include "server/admin/demo_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <stdio.h>
#include <string.h>

enum {
    OUTBOX_BYTES_MAX = 1 << 24, /* some 200000 ops: far more than is said in a fortnight in all groups of a demo */
    PUSH_BYTES = 48 * 1024,     /* of ops in a batch: with its head it stays below SAM_FRAME_BODY_BYTES_MAX */
    PUSH_OPS = 256
};

/* ---- joining */

static int join_ask(struct demo *d, struct demo_tablet *t, uint64_t clinic, const char *label)
{
    struct sam_join j = {.protocol = SAM_PROTOCOL_VERSION,
                         .schema = SAM_SCHEMA_VERSION,
                         .code_len = SAM_CODE_BYTES,
                         .key_len = SAM_KEY_BYTES};
    struct intake_invite invite;
    struct intake_joined joined;
    uint8_t mac[SAM_MAC_BYTES] = {0};
    int err = intake_invite(d->v->in, clinic, label, &invite);
    if (err)
        return err;
    snprintf(j.label, sizeof j.label, "%s", label);
    memcpy(j.key, t->key, sizeof j.key);
    memcpy(j.code, invite.code, sizeof j.code);
    err = intake_join(d->v->in, &j, (struct sam_span){0}, mac, &joined);
    sam_wipe(&j, sizeof j);
    t->device_no = joined.joined.device_no;
    return err ? err : joined.error.code ? SAM_EPROTO : 0;
}

int demo_tablet_join(struct demo *d, struct demo_tablet *t, uint64_t clinic, const char *label)
{
    sam_buf_init(&t->outbox, OUTBOX_BYTES_MAX);
    sam_buf_init(&t->sizes, OUTBOX_BYTES_MAX);
    t->org = clinic;
    int err = sam_random(t->key, sizeof t->key); /* not out of the seed: who knows the seed must not know the key */
    if (!err)
        err = join_ask(d, t, clinic, label);
    if (!err)
        err = intake_device_state(d->v->in, t->device_no, SAM_DEVICE_ACTIVE);
    if (err)
        return err;
    t->push_key = sam_mac_key_new(t->key, "push");
    t->hello_key = sam_mac_key_new(t->key, "hello");
    sam_wipe(t->key, sizeof t->key);
    return t->push_key && t->hello_key ? 0 : SAM_ENOMEM;
}

void demo_tablet_fini(struct demo_tablet *t)
{
    sam_mac_key_free(t->push_key);
    sam_mac_key_free(t->hello_key);
    sam_buf_fini(&t->outbox);
    sam_buf_fini(&t->sizes);
}

/* ---- saving */

void demo_tablet_op(const struct demo *d, const struct demo_tablet *t, struct sam_op *op, uint8_t entity, uint8_t kind,
                    int minute)
{
    memset(op, 0, sizeof *op);
    op->kind = kind;
    op->user = t->user;
    op->base_csn = t->seen_csn;
    op->claimed_s = demo_at(d, minute);
    op->utc_offset_min = demo_offset_min(d);
    sam_row_init(&op->row, entity);
}

uint64_t demo_tablet_mint(struct demo_tablet *t)
{
    return sam_id_make(t->device_no, ++t->ids);
}

int demo_tablet_save(struct demo_tablet *t, const struct sam_op *op)
{
    size_t before = sam_buf_len(&t->outbox);
    SAM_ASSERT(!t->silent);
    if (sam_op_validate(op, false) != SAM_REASON_NONE)
        return SAM_EUSAGE;
    int err = sam_op_encode(&t->outbox, op);
    uint16_t bytes = (uint16_t)(sam_buf_len(&t->outbox) - before);
    if (!err)
        err = sam_buf_add(&t->sizes, &bytes, sizeof bytes);
    t->waiting += !err;
    return err;
}

/* ---- sending */

int demo_tablet_hello(struct demo *d, struct demo_tablet *t)
{
    struct sam_hello h = {.protocol = SAM_PROTOCOL_VERSION,
                          .schema = SAM_SCHEMA_VERSION,
                          .device_no = t->device_no,
                          .counter = ++t->hellos,
                          .clock_s = *d->clock,
                          .boot = t->device_no,
                          .mono_s = t->hellos,
                          .last_seq = t->seq + t->waiting,
                          .oldest_seq = 1,
                          .acked_seq = t->seq,
                          .acked_chain = t->chain,
                          .epoch = intake_epoch(d->v->in).id};
    struct intake_greeting greeting;
    uint8_t mac[SAM_MAC_BYTES];
    sam_buf_clear(&d->body);
    int err = sam_hello_encode(&d->body, &h);
    if (!err)
        err = sam_mac(t->hello_key, SAM_FRAME_HELLO, sam_buf_peek(&d->body), (struct sam_span){0}, mac);
    if (!err)
        err = intake_hello(d->v->in, &h, sam_buf_peek(&d->body), mac, &greeting);
    sam_wipe(greeting.key, sizeof greeting.key);
    return err ? err : greeting.error.code || greeting.welcome.acked_seq != t->seq ? SAM_EPROTO : 0;
}

/* The next ops of the outbox as a whole PUSH in d->frame; how many and how many bytes these are, and the chain after them. */
static int frame_make(struct demo *d, struct demo_tablet *t, unsigned *count, size_t *bytes, uint64_t *chain)
{
    struct sam_push head = {.first_seq = t->seq + 1, .epoch = intake_epoch(d->v->in).id, .chain = t->chain};
    struct sam_span ops = sam_buf_peek(&t->outbox), sizes = sam_buf_peek(&t->sizes);
    uint8_t hash[SAM_HASH_BYTES];
    int err = 0;
    *count = 0;
    *bytes = 0;
    sam_buf_clear(&d->body);
    sam_buf_clear(&d->frame);
    while (!err && *count < PUSH_OPS && *count < t->waiting && *bytes < PUSH_BYTES) {
        uint16_t size;
        memcpy(&size, sizes.ptr + *count * sizeof size, sizeof size);
        struct sam_span op = {ops.ptr + *bytes, size};
        err = sam_sha256(op.ptr, op.len, hash);
        if (!err)
            err = sam_chain_next(head.chain, hash, &head.chain);
        if (!err)
            err = sam_push_add_op(&d->body, op);
        *bytes += op.len;
        ++*count;
    }
    if (!err)
        err = sam_push_seal(t->push_key, t->device_no, &head, *count, t->chain, &d->body);
    if (!err)
        err = sam_frame_add(d->zip, &d->frame, SAM_FRAME_PUSH, sam_buf_peek(&d->body));
    *chain = head.chain;
    return err;
}

/* The frame as the centre reads it off the line. */
static int frame_take(struct demo *d, const struct demo_tablet *t, struct intake_pushed *answer)
{
    struct sam_push got;
    struct sam_frame f;
    struct sam_span plain = {0}, inner = {0};
    const uint8_t *mac;
    size_t used;
    int err = sam_frame_decode(sam_buf_peek(&d->frame), &f, &used);
    if (!err)
        err = sam_frame_inflate(d->zip, &f, sam_zip_scratch(d->zip), &plain);
    if (!err)
        err = sam_mac_split(plain, &inner, &mac);
    if (!err)
        err = sam_push_decode(inner, &got);
    memset(d->batch, 0, sizeof *d->batch);
    if (!err)
        err = intake_batch_read(d->batch, t->push_key, t->device_no, intake_epoch(d->v->in).id, t->chain, &got, &f,
                                inner, mac);
    if (!err)
        err = intake_push(d->v->in, d->batch, answer);
    intake_batch_fini(d->batch);
    return err;
}

static int batch_send(struct demo *d, struct demo_tablet *t)
{
    struct intake_pushed answer;
    unsigned count;
    size_t bytes;
    uint64_t chain;
    int err = frame_make(d, t, &count, &bytes, &chain);
    if (!err)
        err = frame_take(d, t, &answer);
    if (!err && (answer.error.code || answer.ack.seq != t->seq + count))
        err = SAM_EPROTO;
    if (err)
        return err;
    sam_buf_consume(&t->outbox, bytes);
    sam_buf_consume(&t->sizes, count * sizeof(uint16_t));
    t->waiting -= count;
    t->seq = answer.ack.seq;
    t->chain = chain;
    return 0;
}

int demo_tablet_sync(struct demo *d, struct demo_tablet *t)
{
    int err = demo_tablet_hello(d, t);
    while (!err && t->waiting)
        err = batch_send(d, t);
    t->seen_csn = store_csn(d->v->st);
    return err;
}
