/* A centre for tests: see centre.h. Every call is the one that the write thread makes; only the socket is missing. */
#include "tests/lib/centre.h"

#include "proto/wire/crypto.h"
#include "server/store/store_int.h"
#include "tests/lib/check.h"
#include "tests/lib/scratch.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY_BYTES_MAX = 1 << 18 };

static int64_t now(void *ctx)
{
    return *(int64_t *)ctx;
}

static int64_t stands_still_s;

/* What a power loss leaves is proved elsewhere: here nobody waits for the disk. */
static void start(struct centre *c, bool create)
{
    CHECK(intake_open(&c->in, &c->config, create) == 0);
    CHECK(sqlite3_exec(intake_store(c->in)->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL) == SQLITE_OK);
}

static void tools_open(struct centre *c, int64_t now_s)
{
    memset(c, 0, sizeof *c);
    stands_still_s = now_s;
    CHECK(sam_crypto_start() == 0);
    c->zip = sam_zip_new();
    c->batch = calloc(1, sizeof *c->batch);
    CHECK(c->zip && c->batch);
    sam_buf_init(&c->body, BODY_BYTES_MAX);
    sam_buf_init(&c->frame, BODY_BYTES_MAX);
    sam_buf_init(&c->op, BODY_BYTES_MAX);
    sam_buf_init(&c->scratch, SAM_FRAME_INFLATED_BYTES_MAX);
}

static void open_new(struct centre *c, int64_t now_s, bool journal)
{
    tools_open(c, now_s);
    CHECK(scratch_folder(c->folder, sizeof c->folder, "centre"));
    snprintf(c->path, sizeof c->path, "%s/samling.db", c->folder);
    snprintf(c->journal, sizeof c->journal, "%s/journal", c->folder);
    c->config = (struct intake_config){.store_path = c->path, .now_s = now, .now_ctx = &stands_still_s};
    if (journal)
        c->config.journal_path = c->journal;
    start(c, true);
}

void centre_open_at(struct centre *c, const struct intake_config *config, int64_t now_s)
{
    tools_open(c, now_s);
    c->config = *config;
    c->config.now_s = now;
    c->config.now_ctx = &stands_still_s;
    start(c, true);
}

void centre_open(struct centre *c, int64_t now_s)
{
    open_new(c, now_s, false);
}

void centre_open_journaled(struct centre *c, int64_t now_s)
{
    open_new(c, now_s, true);
}

void centre_clock(struct centre *c, int64_t now_s)
{
    CHECK(c->config.now_ctx == &stands_still_s);
    stands_still_s = now_s;
}

/* ---- starts */

void centre_stop(struct centre *c)
{
    intake_close(c->in);
    c->in = NULL;
}

void centre_start(struct centre *c)
{
    start(c, false);
}

void centre_restart(struct centre *c)
{
    centre_stop(c);
    centre_start(c);
}

static void file_copy(const char *from, const char *to)
{
    char bytes[8192];
    size_t n;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    CHECK(in && out);
    while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
        CHECK(fwrite(bytes, 1, n, out) == n);
    CHECK(!ferror(in) && fclose(in) == 0 && fclose(out) == 0);
}

void centre_backup(struct centre *c)
{
    char kept[128];
    snprintf(kept, sizeof kept, "%s.kept", c->path);
    CHECK(store_checkpoint(intake_store(c->in), true) == 0);
    file_copy(c->path, kept);
}

void centre_restore(struct centre *c)
{
    char kept[128], log[128];
    snprintf(kept, sizeof kept, "%s.kept", c->path);
    snprintf(log, sizeof log, "%s-wal", c->path);
    intake_close(c->in);
    unlink(log);
    file_copy(kept, c->path);
    start(c, false);
}

void centre_leave(struct centre *c)
{
    intake_close(c->in);
    sam_zip_free(c->zip);
    free(c->batch);
    sam_buf_fini(&c->body);
    sam_buf_fini(&c->frame);
    sam_buf_fini(&c->op);
    sam_buf_fini(&c->scratch);
}

void centre_close(struct centre *c)
{
    static const char *const tails[] = {"", "-wal", "-shm", ".judging", ".lock", ".kept"};
    char path[128];
    centre_leave(c);
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        snprintf(path, sizeof path, "%s%s", c->path, tails[i]);
        unlink(path);
    }
    if (c->config.journal_path) {
        snprintf(path, sizeof path, "%s/journal.log", c->journal);
        unlink(path);
        CHECK(rmdir(c->journal) == 0);
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

static void tablet_keyed(struct centre_tablet *t, const struct sam_join *j, const struct intake_joined *joined)
{
    CHECK(joined->error.code == 0);
    *t = (struct centre_tablet){.device_no = joined->joined.device_no, .push_key = sam_mac_key_new(j->key, "push")};
    memcpy(t->key, j->key, sizeof t->key);
    CHECK(t->push_key);
}

struct sam_join centre_invited(struct centre *c, uint64_t org)
{
    struct intake_invite invite;
    struct sam_join j = {.protocol = SAM_PROTOCOL_VERSION,
                         .schema = SAM_SCHEMA_VERSION,
                         .code_len = SAM_CODE_BYTES,
                         .key_len = SAM_KEY_BYTES,
                         .label = "nettbrett"};
    CHECK(intake_invite(c->in, org, "", &invite) == 0);
    CHECK(sam_random(j.key, sizeof j.key) == 0);
    memcpy(j.code, invite.code, sizeof j.code);
    return j;
}

void centre_tablet_joined(struct centre *c, struct centre_tablet *t, const struct sam_join *j)
{
    struct intake_joined joined;
    uint8_t mac[SAM_MAC_BYTES] = {0};
    CHECK(intake_join(c->in, j, (struct sam_span){0}, mac, &joined) == 0);
    tablet_keyed(t, j, &joined);
}

void centre_tablet_join(struct centre *c, struct centre_tablet *t, uint64_t org)
{
    struct sam_join j = centre_invited(c, org);
    centre_tablet_joined(c, t, &j);
    CHECK(intake_device_state(c->in, t->device_no, SAM_DEVICE_ACTIVE) == 0);
}

void centre_tablet_fork(struct centre *c, struct centre_tablet *t, const struct centre_tablet *parent,
                        uint64_t fork_seq)
{
    struct intake_joined joined;
    struct sam_join j = {.protocol = SAM_PROTOCOL_VERSION,
                         .schema = SAM_SCHEMA_VERSION,
                         .key_len = SAM_KEY_BYTES,
                         .label = "kopi",
                         .parent = parent->device_no,
                         .fork_seq = fork_seq};
    uint8_t mac[SAM_MAC_BYTES];
    CHECK(sam_random(j.key, sizeof j.key) == 0);
    sam_buf_clear(&c->body);
    CHECK(sam_join_encode(&c->body, &j) == 0);
    struct sam_mac_key *proof = sam_mac_key_new(parent->key, "hello");
    CHECK(proof && sam_mac(proof, SAM_FRAME_JOIN, sam_buf_peek(&c->body), (struct sam_span){0}, mac) == 0);
    sam_mac_key_free(proof);
    CHECK(intake_join(c->in, &j, sam_buf_peek(&c->body), mac, &joined) == 0);
    tablet_keyed(t, &j, &joined);
}

void centre_tablet_fini(struct centre_tablet *t)
{
    sam_mac_key_free(t->push_key);
    t->push_key = NULL;
}

/* The frame of a PUSH as the tablet sends it; returns the chain after its ops. */
static uint64_t frame_make(struct centre *c, const struct centre_tablet *t, const struct centre_batch *b)
{
    struct sam_push head = {.first_seq = t->seq + 1, .epoch = b->epoch, .chain = t->chain};
    uint8_t hash[SAM_HASH_BYTES];
    sam_buf_clear(&c->body);
    sam_buf_clear(&c->frame);
    for (unsigned i = 0; i < b->count; i++) {
        CHECK(sam_sha256(b->op[i].ptr, b->op[i].len, hash) == 0);
        CHECK(sam_chain_next(head.chain, hash, &head.chain) == 0);
        CHECK(sam_push_add_op(&c->body, b->op[i]) == 0);
    }
    for (unsigned i = 0; i < b->origin_count; i++)
        CHECK(sam_push_add_origin(&c->body, &b->origin[i]) == 0);
    CHECK(sam_push_seal(t->push_key, t->device_no, &head, b->count, t->chain, &c->body) == 0);
    CHECK(sam_frame_add(c->zip, &c->frame, SAM_FRAME_PUSH, sam_buf_peek(&c->body)) == 0);
    return head.chain;
}

static struct intake_pushed offer(struct centre *c, struct centre_tablet *t, const struct centre_batch *b)
{
    uint64_t chain = frame_make(c, t, b);
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
    CHECK(intake_batch_read(c->batch, t->push_key, t->device_no, b->epoch, t->chain, &got, &f, inner, mac) == 0);
    CHECK(intake_push(c->in, c->batch, &answer) == 0);
    intake_batch_fini(c->batch);
    if (answer.error.code == 0) {
        t->seq = answer.ack.seq;
        t->chain = chain;
    }
    return answer;
}

uint64_t centre_push_batch(struct centre *c, struct centre_tablet *t, const struct centre_batch *b)
{
    uint64_t seq = t->seq + b->count;
    struct intake_pushed answer = offer(c, t, b);
    CHECK(answer.error.code == 0 && answer.ack.seq == seq);
    return answer.ack.csn;
}

struct intake_pushed centre_offer(struct centre *c, struct centre_tablet *t, const struct sam_op *ops, unsigned count,
                                  uint64_t epoch)
{
    struct sam_span bytes[SAM_PUSH_OPS_MAX];
    size_t end[SAM_PUSH_OPS_MAX];
    CHECK(count <= SAM_PUSH_OPS_MAX);
    sam_buf_clear(&c->op);
    for (unsigned i = 0; i < count; i++) {
        CHECK(sam_op_encode(&c->op, &ops[i]) == 0);
        end[i] = sam_buf_len(&c->op);
    }
    for (unsigned i = 0; i < count; i++) {
        size_t from = i ? end[i - 1] : 0;
        bytes[i] = (struct sam_span){sam_buf_peek(&c->op).ptr + from, end[i] - from};
    }
    return offer(c, t, &(struct centre_batch){.op = bytes, .count = count, .epoch = epoch});
}

uint64_t centre_push(struct centre *c, struct centre_tablet *t, const struct sam_op *ops, unsigned count)
{
    uint64_t seq = t->seq + count;
    struct intake_pushed answer = centre_offer(c, t, ops, count, intake_epoch(c->in).id);
    CHECK(answer.error.code == 0 && answer.ack.seq == seq);
    return answer.ack.csn;
}
