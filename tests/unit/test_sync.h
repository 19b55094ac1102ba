/* One end of a conversation that takes down what it is told, and bodies that are right for their kind. */
#ifndef UNIT_TEST_SYNC_H
#define UNIT_TEST_SYNC_H

#include "proto/base/err.h"
#include "proto/sync/sync.h"
#include "proto/wire/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct sam_zip *zip;
static struct sam_mac_key *hello_key, *push_key;
static const uint8_t device_key[SAM_KEY_BYTES] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

/* One end: its host counts what it was handed, and answers as its flags say. */
struct end {
    enum sam_sync_role role;
    struct sam_sync *s;
    struct sam_buf in, out;
    unsigned calls[SAM_FRAME_KIND_MAX + 1];
    char order[256]; /* first letters of the frames that were handed over */
    bool answers;    /* the centre answers at once */
    int result;      /* what the host's calls return */
    uint64_t last_seq, last_csn;
    struct sam_error error;
};

static inline int seen(struct end *e, uint8_t kind)
{
    e->calls[kind]++;
    size_t n = strlen(e->order);
    if (n + 1 < sizeof e->order)
        e->order[n] = sam_frame_kind_name(kind)[0];
    return e->result;
}

static inline int on_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    struct end *e = host;
    uint8_t want[SAM_MAC_BYTES];
    assert_int_equal(sam_mac(hello_key, SAM_FRAME_HELLO, body, (struct sam_span){0}, want), 0);
    if (h->device_no == 7)
        assert_memory_equal(mac, want, SAM_MAC_BYTES);
    if (e->answers)
        assert_int_equal(sam_sync_send_welcome(e->s, &(struct sam_welcome){.epoch = 5, .state = SAM_DEVICE_ACTIVE}), 0);
    return seen(e, SAM_FRAME_HELLO);
}

static inline int on_join(void *host, const struct sam_join *j, struct sam_span body, const uint8_t *mac)
{
    struct end *e = host;
    (void)body;
    (void)mac;
    assert_int_equal(j->key_len, SAM_KEY_BYTES);
    if (e->answers)
        assert_int_equal(sam_sync_send_joined(e->s, &(struct sam_joined){.device_no = 7, .state = SAM_DEVICE_PENDING}),
                         0);
    return seen(e, SAM_FRAME_JOIN);
}

static inline int on_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
                          const uint8_t *mac)
{
    struct end *e = host;
    assert_int_equal(as_sent->kind, SAM_FRAME_PUSH);
    assert_true(body.len > 0 && mac == body.ptr + body.len);
    e->last_seq = p->first_seq + p->op_count - 1;
    if (e->answers)
        assert_int_equal(sam_sync_send_ack(e->s, &(struct sam_ack){.seq = e->last_seq, .csn = 100 + e->last_seq}), 0);
    return seen(e, SAM_FRAME_PUSH);
}

static inline int on_pull(void *host, const struct sam_pull *p)
{
    struct end *e = host;
    assert_int_equal(sam_sync_pushes_unacked(e->s), 0);
    e->last_csn = p->csn;
    if (e->answers) {
        struct sam_buf body;
        sam_buf_init(&body, 1024);
        assert_int_equal(sam_changes_encode(&body, &(struct sam_changes){.scope = 3, .entity = 8}), 0);
        assert_int_equal(sam_sync_send(e->s, SAM_FRAME_CHANGES, sam_buf_peek(&body)), 0);
        sam_buf_clear(&body);
        assert_int_equal(sam_scope_end_encode(&body, &(struct sam_scope_end){.csn = p->csn + 1}), 0);
        assert_int_equal(sam_sync_send(e->s, SAM_FRAME_SCOPE_END, sam_buf_peek(&body)), 0);
        sam_buf_fini(&body);
        sam_sync_served(e->s);
    }
    return seen(e, SAM_FRAME_PULL);
}

static inline int on_snap_get(void *host, const struct sam_snap_get *g)
{
    struct end *e = host;
    (void)g;
    if (e->answers)
        sam_sync_served(e->s);
    return seen(e, SAM_FRAME_SNAP_GET);
}

#define TAKES(name, KIND)                                        \
    static int on_##name(void *host, const struct sam_##name *m) \
    {                                                            \
        (void)m;                                                 \
        return seen(host, SAM_FRAME_##KIND);                     \
    }
TAKES(welcome, WELCOME)
TAKES(joined, JOINED)
TAKES(verdicts, VERDICTS)
TAKES(scopes, SCOPES)
TAKES(changes, CHANGES)
TAKES(snap_chunk, SNAP_CHUNK)
TAKES(bye, BYE)

static inline int on_ack(void *host, const struct sam_ack *a)
{
    struct end *e = host;
    e->last_seq = a->seq;
    return seen(e, SAM_FRAME_ACK);
}

static inline int on_scope_end(void *host, const struct sam_scope_end *m)
{
    struct end *e = host;
    e->last_csn = m->csn;
    return seen(e, SAM_FRAME_SCOPE_END);
}

static inline int on_poke(void *host)
{
    return seen(host, SAM_FRAME_POKE);
}
static inline int on_wipe(void *host)
{
    return seen(host, SAM_FRAME_WIPE);
}

static inline int on_error(void *host, const struct sam_error *m)
{
    struct end *e = host;
    e->error = *m;
    return seen(e, SAM_FRAME_ERROR);
}

static const struct sam_sync_ops centre_ops = {.hello = on_hello,
                                               .join = on_join,
                                               .push = on_push,
                                               .pull = on_pull,
                                               .snap_get = on_snap_get,
                                               .error = on_error,
                                               .bye = on_bye};
static const struct sam_sync_ops device_ops = {.welcome = on_welcome,
                                               .joined = on_joined,
                                               .ack = on_ack,
                                               .verdicts = on_verdicts,
                                               .scopes = on_scopes,
                                               .changes = on_changes,
                                               .scope_end = on_scope_end,
                                               .snap_chunk = on_snap_chunk,
                                               .poke = on_poke,
                                               .wipe = on_wipe,
                                               .error = on_error,
                                               .bye = on_bye};

static inline void end_init(struct end *e, enum sam_sync_role role)
{
    memset(e, 0, sizeof *e);
    e->role = role;
    sam_buf_init(&e->in, 1u << 20);
    sam_buf_init(&e->out, 1u << 20);
    e->s = sam_sync_new(role, role == SAM_ROLE_CENTRE ? &centre_ops : &device_ops, e, zip, &e->out);
    assert_non_null(e->s);
    assert_int_equal(sam_sync_state(e->s), SAM_SYNC_IDLE);
}

static inline void end_fini(struct end *e)
{
    sam_sync_free(e->s);
    sam_buf_fini(&e->in);
    sam_buf_fini(&e->out);
}

static inline int setup(void **state)
{
    (void)state;
    if (sam_crypto_start())
        return -1;
    zip = sam_zip_new();
    hello_key = sam_mac_key_new(device_key, "hello");
    push_key = sam_mac_key_new(device_key, "push");
    return zip && hello_key && push_key ? 0 : -1;
}

static inline int teardown(void **state)
{
    (void)state;
    sam_zip_free(zip);
    sam_mac_key_free(hello_key);
    sam_mac_key_free(push_key);
    return 0;
}

/* ---- bodies that are right for their kind */

static const struct sam_hello hello = {
    .protocol = SAM_PROTOCOL_VERSION, .schema = SAM_SCHEMA_VERSION, .device_no = 7, .counter = 1};

static inline struct sam_join join_of(void)
{
    struct sam_join j = {.protocol = SAM_PROTOCOL_VERSION,
                         .schema = SAM_SCHEMA_VERSION,
                         .code_len = SAM_CODE_BYTES,
                         .key_len = SAM_KEY_BYTES};
    memcpy(j.key, device_key, sizeof j.key);
    return j;
}

/* A PUSH of ${count} ops of ${op_bytes} bytes. */
static inline void push_body(struct sam_buf *b, uint64_t first_seq, unsigned count, size_t op_bytes)
{
    uint8_t *op = malloc(op_bytes);
    uint32_t seed = (uint32_t)first_seq;
    assert_non_null(op);
    for (size_t i = 0; i < op_bytes; i++) {
        seed = seed * 1664525u + 1013904223u;
        op[i] = (uint8_t)(seed >> 24);
    }
    sam_buf_clear(b);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(sam_push_add_op(b, (struct sam_span){op, op_bytes}), 0);
    assert_int_equal(sam_push_seal(push_key, 7, &(struct sam_push){.first_seq = first_seq, .chain = 9}, count, 8, b),
                     0);
    free(op);
}

/* Appends a frame of ${kind} with a body that its receiver can read. */
static inline void add_good(struct sam_buf *to, uint8_t kind)
{
    static const uint8_t no_mac[SAM_MAC_BYTES];
    struct sam_buf b;
    sam_buf_init(&b, 4096);
    if (kind == SAM_FRAME_HELLO) {
        uint8_t mac[SAM_MAC_BYTES];
        assert_int_equal(sam_hello_encode(&b, &hello), 0);
        assert_int_equal(sam_mac(hello_key, SAM_FRAME_HELLO, sam_buf_peek(&b), (struct sam_span){0}, mac), 0);
        assert_int_equal(sam_buf_add(&b, mac, sizeof mac), 0);
    } else if (kind == SAM_FRAME_JOIN) {
        struct sam_join j = join_of();
        assert_int_equal(sam_join_encode(&b, &j), 0);
        assert_int_equal(sam_buf_add(&b, no_mac, sizeof no_mac), 0);
    } else if (kind == SAM_FRAME_PUSH) {
        push_body(&b, 1, 1, 20);
    }
    assert_int_equal(sam_frame_add(zip, to, kind, sam_buf_peek(&b)), 0);
    sam_buf_fini(&b);
}

static inline void add_raw(struct sam_buf *to, uint8_t kind, const void *body, size_t n)
{
    uint8_t head[SAM_FRAME_HEAD_BYTES_MAX];
    size_t len = sam_varint_put(head, n + 1);
    head[len++] = kind;
    assert_int_equal(sam_buf_add(to, head, len), 0);
    assert_int_equal(sam_buf_add(to, body, n), 0);
}

/* Brings a fresh end into a state. */
static inline void end_in(struct end *e, enum sam_sync_role role, enum sam_sync_state state)
{
    struct sam_join j = join_of();
    end_init(e, role);
    if (role == SAM_ROLE_CENTRE) {
        if (state != SAM_SYNC_IDLE && state != SAM_SYNC_CLOSED) {
            add_good(&e->in, state == SAM_SYNC_JOINING ? SAM_FRAME_JOIN : SAM_FRAME_HELLO);
            assert_int_equal(sam_sync_feed(e->s, &e->in), 0);
        }
        if (state == SAM_SYNC_OPEN)
            assert_int_equal(sam_sync_send_welcome(e->s, &(struct sam_welcome){.epoch = 1}), 0);
    } else {
        if (state == SAM_SYNC_GREETING || state == SAM_SYNC_OPEN)
            assert_int_equal(sam_sync_send_hello(e->s, &hello, hello_key), 0);
        if (state == SAM_SYNC_JOINING)
            assert_int_equal(sam_sync_send_join(e->s, &j, NULL), 0);
        if (state == SAM_SYNC_OPEN) {
            add_good(&e->in, SAM_FRAME_WELCOME);
            assert_int_equal(sam_sync_feed(e->s, &e->in), 0);
        }
    }
    if (state == SAM_SYNC_CLOSED)
        sam_sync_fail(e->s, SAM_ERROR_BUSY, "the test");
    assert_int_equal(sam_sync_state(e->s), state);
    memset(e->calls, 0, sizeof e->calls);
    memset(e->order, 0, sizeof e->order);
    sam_buf_clear(&e->out);
}

/* The code of the ERROR frame that stands last in the output; SAM_ERROR_NONE if none does. */
static inline uint32_t error_sent(struct end *e)
{
    uint32_t code = SAM_ERROR_NONE;
    struct sam_span all = sam_buf_peek(&e->out);
    struct sam_frame f;
    size_t used;
    struct sam_error *m = malloc(sizeof *m);
    assert_non_null(m);
    while (all.len && sam_frame_decode(all, &f, &used) == 0) {
        code = SAM_ERROR_NONE;
        if (f.kind == SAM_FRAME_ERROR) {
            assert_int_equal(sam_error_decode(f.body, m), 0);
            code = m->code;
        }
        all = (struct sam_span){all.ptr + used, all.len - used};
    }
    free(m);
    return code;
}

static inline void assert_ended(struct end *e, int rc, uint32_t code)
{
    assert_true(rc < 0);
    assert_int_equal(sam_sync_state(e->s), SAM_SYNC_CLOSED);
    assert_int_equal(error_sent(e), code);
    /* and it stays so */
    add_good(&e->in, SAM_FRAME_BYE);
    assert_int_equal(sam_sync_feed(e->s, &e->in), SAM_ECLOSED);
    assert_int_equal(sam_sync_send(e->s, SAM_FRAME_PING, (struct sam_span){0}), SAM_ESTATE);
}

#endif
