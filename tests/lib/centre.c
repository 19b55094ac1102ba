/* A centre for tests: see centre.h. Every call is the one that the write thread makes; only the socket is missing. */
#include "tests/lib/centre.h"

#include "proto/wire/crypto.h"
#include "tests/lib/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_BYTES_MAX = 1 << 18 };

static int64_t now(void *ctx)
{
    return *(int64_t *)ctx;
}

void centre_open(struct centre *c, int64_t now_s)
{
    static int64_t stands_still_s;
    memset(c, 0, sizeof *c);
    stands_still_s = now_s;
    CHECK(sam_crypto_start() == 0);
    snprintf(c->folder, sizeof c->folder, "/tmp/samling-centre-XXXXXX");
    CHECK(mkdtemp(c->folder));
    snprintf(c->path, sizeof c->path, "%s/samling.db", c->folder);
    c->config = (struct intake_config){.store_path = c->path, .now_s = now, .now_ctx = &stands_still_s};
    c->zip = sam_zip_new();
    c->batch = calloc(1, sizeof *c->batch);
    CHECK(c->zip && c->batch);
    sam_buf_init(&c->body, BODY_BYTES_MAX);
    sam_buf_init(&c->frame, BODY_BYTES_MAX);
    sam_buf_init(&c->op, SAM_OP_BYTES_MAX);
    sam_buf_init(&c->scratch, SAM_FRAME_INFLATED_BYTES_MAX);
    CHECK(intake_open(&c->in, &c->config, true) == 0);
}

void centre_close(struct centre *c)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".judging", ".lock"};
    char path[128];
    intake_close(c->in);
    sam_zip_free(c->zip);
    free(c->batch);
    sam_buf_fini(&c->body);
    sam_buf_fini(&c->frame);
    sam_buf_fini(&c->op);
    sam_buf_fini(&c->scratch);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(path, sizeof path, "%s%s", c->path, tails[i]);
        unlink(path);
    }
    CHECK(rmdir(c->folder) == 0);
}

uint64_t centre_says(struct centre *c, struct sam_op *op)
{
    enum sam_reason why;
    if (op->row.key.part[0] == 0)
        CHECK(intake_mint(c->in, &op->row.key.part[0]) == 0);
    CHECK(intake_author(c->in, op, &why) == 0);
    return op->row.key.part[0];
}

void centre_tablet_join(struct centre *c, struct centre_tablet *t, uint64_t org)
{
    struct intake_invite invite;
    struct intake_joined joined;
    struct sam_join j = {.protocol = SAM_PROTOCOL_VERSION,
                         .schema = SAM_SCHEMA_VERSION,
                         .code_len = SAM_CODE_BYTES,
                         .key_len = SAM_KEY_BYTES,
                         .label = "nettbrett"};
    uint8_t mac[SAM_MAC_BYTES] = {0};
    *t = (struct centre_tablet){0};
    CHECK(intake_invite(c->in, org, "", &invite) == 0);
    CHECK(sam_random(j.key, sizeof j.key) == 0);
    memcpy(j.code, invite.code, sizeof j.code);
    CHECK(intake_join(c->in, &j, (struct sam_span){0}, mac, &joined) == 0);
    CHECK(joined.error.code == 0);
    t->device_no = joined.joined.device_no;
    t->push_key = sam_mac_key_new(j.key, "push");
    CHECK(t->push_key);
    CHECK(intake_device_state(c->in, t->device_no, SAM_DEVICE_ACTIVE) == 0);
}

void centre_tablet_fini(struct centre_tablet *t)
{
    sam_mac_key_free(t->push_key);
    t->push_key = NULL;
}

/* The frame of a PUSH as the tablet sends it; returns the chain after its ops. */
static uint64_t frame_make(struct centre *c, const struct centre_tablet *t, const struct sam_op *ops, unsigned count,
                           uint64_t epoch)
{
    struct sam_push head = {.first_seq = t->seq + 1, .epoch = epoch, .chain = t->chain};
    uint8_t hash[SAM_HASH_BYTES];
    sam_buf_clear(&c->body);
    sam_buf_clear(&c->frame);
    for (unsigned i = 0; i < count; i++) {
        sam_buf_clear(&c->op);
        CHECK(sam_op_encode(&c->op, &ops[i]) == 0);
        CHECK(sam_sha256(sam_buf_peek(&c->op).ptr, sam_buf_len(&c->op), hash) == 0);
        CHECK(sam_chain_next(head.chain, hash, &head.chain) == 0);
        CHECK(sam_push_add_op(&c->body, sam_buf_peek(&c->op)) == 0);
    }
    CHECK(sam_push_seal(t->push_key, t->device_no, &head, count, t->chain, &c->body) == 0);
    CHECK(sam_frame_add(c->zip, &c->frame, SAM_FRAME_PUSH, sam_buf_peek(&c->body)) == 0);
    return head.chain;
}

uint64_t centre_push(struct centre *c, struct centre_tablet *t, const struct sam_op *ops, unsigned count)
{
    uint64_t epoch = intake_epoch(c->in).id;
    uint64_t chain = frame_make(c, t, ops, count, epoch);
    struct intake_pushed answer;
    struct sam_push got;
    struct sam_frame f;
    struct sam_span plain, inner;
    const uint8_t *mac;
    size_t used;
    CHECK(sam_frame_decode(sam_buf_peek(&c->frame), &f, &used) == 0);
    CHECK(sam_frame_inflate(c->zip, &f, &c->scratch, &plain) == 0);
    CHECK(sam_mac_split(plain, &inner, &mac) == 0);
    CHECK(sam_push_decode(inner, &got) == 0);
    memset(c->batch, 0, sizeof *c->batch);
    CHECK(intake_batch_read(c->batch, t->push_key, t->device_no, epoch, t->chain, &got, &f, inner, mac) == 0);
    CHECK(intake_push(c->in, c->batch, &answer) == 0);
    CHECK(answer.error.code == 0 && answer.ack.seq == t->seq + count);
    intake_batch_fini(c->batch);
    t->seq = answer.ack.seq;
    t->chain = chain;
    return answer.ack.csn;
}
