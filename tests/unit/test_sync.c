/* Goal: the conversation allows in each state what proto/README.md allows and ends with the right ERROR otherwise; its
 * limits hold on both sides; and a whole sync goes through, in one piece and byte by byte. */
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

static int seen(struct end *e, uint8_t kind)
{
    e->calls[kind]++;
    size_t n = strlen(e->order);
    if (n + 1 < sizeof e->order)
        e->order[n] = sam_frame_kind_name(kind)[0];
    return e->result;
}

static int on_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
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

static int on_join(void *host, const struct sam_join *j, struct sam_span body, const uint8_t *mac)
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

static int on_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
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

static int on_pull(void *host, const struct sam_pull *p)
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

static int on_snap_get(void *host, const struct sam_snap_get *g)
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

static int on_ack(void *host, const struct sam_ack *a)
{
    struct end *e = host;
    e->last_seq = a->seq;
    return seen(e, SAM_FRAME_ACK);
}

static int on_scope_end(void *host, const struct sam_scope_end *m)
{
    struct end *e = host;
    e->last_csn = m->csn;
    return seen(e, SAM_FRAME_SCOPE_END);
}

static int on_poke(void *host)
{
    return seen(host, SAM_FRAME_POKE);
}
static int on_wipe(void *host)
{
    return seen(host, SAM_FRAME_WIPE);
}

static int on_error(void *host, const struct sam_error *m)
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

static void end_init(struct end *e, enum sam_sync_role role)
{
    memset(e, 0, sizeof *e);
    e->role = role;
    sam_buf_init(&e->in, 1u << 20);
    sam_buf_init(&e->out, 1u << 20);
    e->s = sam_sync_new(role, role == SAM_ROLE_CENTRE ? &centre_ops : &device_ops, e, zip, &e->out);
    assert_non_null(e->s);
    assert_int_equal(sam_sync_state(e->s), SAM_SYNC_IDLE);
}

static void end_fini(struct end *e)
{
    sam_sync_free(e->s);
    sam_buf_fini(&e->in);
    sam_buf_fini(&e->out);
}

static int setup(void **state)
{
    (void)state;
    if (sam_crypto_start())
        return -1;
    zip = sam_zip_new();
    hello_key = sam_mac_key_new(device_key, "hello");
    push_key = sam_mac_key_new(device_key, "push");
    return zip && hello_key && push_key ? 0 : -1;
}

static int teardown(void **state)
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

static struct sam_join join_of(void)
{
    struct sam_join j = {.protocol = SAM_PROTOCOL_VERSION,
                         .schema = SAM_SCHEMA_VERSION,
                         .code_len = SAM_CODE_BYTES,
                         .key_len = SAM_KEY_BYTES};
    memcpy(j.key, device_key, sizeof j.key);
    return j;
}

/* A PUSH of ${count} ops of ${op_bytes} bytes. */
static void push_body(struct sam_buf *b, uint64_t first_seq, unsigned count, size_t op_bytes)
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
static void add_good(struct sam_buf *to, uint8_t kind)
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

static void add_raw(struct sam_buf *to, uint8_t kind, const void *body, size_t n)
{
    uint8_t head[SAM_FRAME_HEAD_BYTES_MAX];
    size_t len = sam_varint_put(head, n + 1);
    head[len++] = kind;
    assert_int_equal(sam_buf_add(to, head, len), 0);
    assert_int_equal(sam_buf_add(to, body, n), 0);
}

/* Brings a fresh end into a state. */
static void end_in(struct end *e, enum sam_sync_role role, enum sam_sync_state state)
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
static uint32_t error_sent(struct end *e)
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

static void assert_ended(struct end *e, int rc, uint32_t code)
{
    assert_true(rc < 0);
    assert_int_equal(sam_sync_state(e->s), SAM_SYNC_CLOSED);
    assert_int_equal(error_sent(e), code);
    /* and it stays so */
    add_good(&e->in, SAM_FRAME_BYE);
    assert_int_equal(sam_sync_feed(e->s, &e->in), SAM_ECLOSED);
    assert_int_equal(sam_sync_send(e->s, SAM_FRAME_PING, (struct sam_span){0}), SAM_ESTATE);
}

/* ---- the table of proto/README.md, section 1: kind, who may receive it, in which states */

#define I (1u << SAM_SYNC_IDLE)
#define G (1u << SAM_SYNC_GREETING)
#define J (1u << SAM_SYNC_JOINING)
#define O (1u << SAM_SYNC_OPEN)

static const struct {
    uint8_t kind;
    unsigned centre, device; /* states in which that end takes it */
} table[] = {
    {SAM_FRAME_HELLO, I, 0},    {SAM_FRAME_PUSH, O, 0},
    {SAM_FRAME_WELCOME, 0, G},  {SAM_FRAME_ACK, 0, O},
    {SAM_FRAME_PULL, O, 0},     {SAM_FRAME_SCOPES, 0, O},
    {SAM_FRAME_CHANGES, 0, O},  {SAM_FRAME_SCOPE_END, 0, O},
    {SAM_FRAME_SNAP_GET, O, 0}, {SAM_FRAME_SNAP_CHUNK, 0, O},
    {SAM_FRAME_VERDICTS, 0, O}, {SAM_FRAME_JOIN, I, 0},
    {SAM_FRAME_JOINED, 0, J},   {SAM_FRAME_PING, O, O},
    {SAM_FRAME_POKE, 0, O},     {SAM_FRAME_BYE, I | O, I | G | J | O},
    {SAM_FRAME_WIPE, 0, O},     {SAM_FRAME_ERROR, I | O, I | G | J | O},
};

static void one_in_state(enum sam_sync_role role, enum sam_sync_state state, size_t row)
{
    uint8_t kind = table[row].kind;
    unsigned states = role == SAM_ROLE_CENTRE ? table[row].centre : table[row].device;
    bool waits = role == SAM_ROLE_CENTRE && (state == SAM_SYNC_GREETING || state == SAM_SYNC_JOINING);
    struct end e;
    end_in(&e, role, state);
    if (role == SAM_ROLE_DEVICE && state == SAM_SYNC_OPEN && kind == SAM_FRAME_ACK) {
        struct sam_buf body;
        sam_buf_init(&body, 4096);
        push_body(&body, 1, 1, 10);
        assert_int_equal(sam_sync_send_push(e.s, sam_buf_peek(&body)), 0);
        sam_buf_fini(&body);
    }
    add_good(&e.in, kind);
    size_t before = sam_buf_len(&e.in);
    int rc = sam_sync_feed(e.s, &e.in);
    if (state == SAM_SYNC_CLOSED) {
        assert_int_equal(rc, SAM_ECLOSED);
        assert_int_equal(e.calls[kind], 0);
    } else if (waits) { /* nothing is read while the host has the greeting */
        assert_int_equal(rc, 0);
        assert_int_equal(sam_buf_len(&e.in), before);
        assert_int_equal(sam_sync_state(e.s), state);
    } else if (states >> state & 1u) {
        bool ends = kind == SAM_FRAME_BYE || kind == SAM_FRAME_ERROR;
        assert_int_equal(rc, ends ? SAM_ECLOSED : 0);
        assert_int_equal(sam_sync_state(e.s) == SAM_SYNC_CLOSED, ends);
        assert_int_equal(e.calls[kind], kind != SAM_FRAME_PING);
        assert_int_equal(error_sent(&e), SAM_ERROR_NONE);
    } else {
        bool never = role == SAM_ROLE_CENTRE ? !table[row].centre : !table[row].device;
        assert_int_equal(e.calls[kind], 0);
        assert_ended(&e, rc, never ? SAM_ERROR_BAD_FRAME : SAM_ERROR_BAD_STATE);
    }
    end_fini(&e);
}

static void test_every_frame_in_every_state(void **state)
{
    (void)state;
    assert_int_equal(COUNT(table), SAM_FRAME_KIND_MAX);
    for (int role = SAM_ROLE_CENTRE; role <= SAM_ROLE_DEVICE; role++)
        for (int s = SAM_SYNC_IDLE; s <= SAM_SYNC_CLOSED; s++)
            for (size_t row = 0; row < COUNT(table); row++)
                one_in_state((enum sam_sync_role)role, (enum sam_sync_state)s, row);
}

/* The state in which an end takes a kind, or CLOSED. */
static enum sam_sync_state taken_in(enum sam_sync_role role, size_t row)
{
    unsigned states = role == SAM_ROLE_CENTRE ? table[row].centre : table[row].device;
    for (int s = SAM_SYNC_OPEN; s >= SAM_SYNC_IDLE; s--)
        if (states >> s & 1u)
            return (enum sam_sync_state)s;
    return SAM_SYNC_CLOSED;
}

static void test_bad_bodies(void **state)
{
    (void)state;
    uint8_t no_mac[15] = {0}, noise[40];
    memset(noise, 0xff, sizeof noise);
    for (int role = SAM_ROLE_CENTRE; role <= SAM_ROLE_DEVICE; role++)
        for (size_t row = 0; row < COUNT(table); row++) {
            uint8_t kind = table[row].kind;
            enum sam_sync_state in = taken_in((enum sam_sync_role)role, row);
            if (in == SAM_SYNC_CLOSED || kind == SAM_FRAME_POKE || kind == SAM_FRAME_WIPE)
                continue;
            struct end e;
            bool closes = kind == SAM_FRAME_ERROR;
            end_in(&e, (enum sam_sync_role)role, in); /* malformed protobuf */
            add_raw(&e.in, kind, noise, sizeof noise);
            int rc = sam_sync_feed(e.s, &e.in);
            assert_true(rc < 0);
            assert_int_equal(sam_sync_state(e.s), SAM_SYNC_CLOSED);
            assert_int_equal(error_sent(&e), closes ? SAM_ERROR_NONE : SAM_ERROR_BAD_FRAME);
            assert_int_equal(e.calls[kind], 0);
            end_fini(&e);
            end_in(&e, (enum sam_sync_role)role, in); /* not deflate */
            add_raw(&e.in, kind | SAM_FRAME_DEFLATED, noise, sizeof noise);
            rc = sam_sync_feed(e.s, &e.in);
            assert_ended(&e, rc, SAM_ERROR_BAD_FRAME);
            end_fini(&e);
            if (kind == SAM_FRAME_HELLO || kind == SAM_FRAME_JOIN || kind == SAM_FRAME_PUSH) {
                end_in(&e, (enum sam_sync_role)role, in); /* no room for a MAC */
                add_raw(&e.in, kind, no_mac, sizeof no_mac);
                rc = sam_sync_feed(e.s, &e.in);
                assert_ended(&e, rc, SAM_ERROR_BAD_FRAME);
                end_fini(&e);
            }
        }
}

static void test_bad_frames(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t code;
    } bad[] = {
        {"\x00", 1, SAM_ERROR_BAD_FRAME},
        {"\x02\x13\x00", 3, SAM_ERROR_BAD_FRAME},
        {"\x02\x80\x00", 3, SAM_ERROR_BAD_FRAME},
        {"\x82\x80\x04", 3, SAM_ERROR_TOO_BIG},
        {"\xff\xff\xff\xff\x0f", 5, SAM_ERROR_TOO_BIG},
        {"GET / HTTP/1.1\r\n", 16, SAM_ERROR_BAD_FRAME},
    };
    for (int role = SAM_ROLE_CENTRE; role <= SAM_ROLE_DEVICE; role++)
        for (size_t i = 0; i < COUNT(bad); i++) {
            struct end e;
            end_in(&e, (enum sam_sync_role)role, SAM_SYNC_OPEN);
            assert_int_equal(sam_buf_add(&e.in, bad[i].bytes, bad[i].len), 0);
            int rc = sam_sync_feed(e.s, &e.in);
            sam_buf_clear(&e.in);
            assert_ended(&e, rc, bad[i].code);
            end_fini(&e);
        }
}

/* ---- greeting and joining */

static void test_versions_and_keys(void **state)
{
    (void)state;
    static const uint8_t mac[SAM_MAC_BYTES];
    struct sam_buf b;
    sam_buf_init(&b, 4096);
    for (int i = 0; i < 8; i++) {
        struct sam_hello h = hello;
        struct sam_join j = join_of();
        uint32_t want = SAM_ERROR_BAD_FRAME;
        bool joins = i >= 2;
        switch (i) {
        case 0: h.protocol = 2, want = SAM_ERROR_VERSION; break;
        case 1: h.protocol = 0, want = SAM_ERROR_VERSION; break;
        case 2: j.protocol = 2, want = SAM_ERROR_VERSION; break;
        case 3: j.key_len = 31; break;
        case 4: j.key_len = 0; break;
        case 5: j.code_len = 15; break;
        case 6: j.code_len = 0; break;
        default: j.code_len = 0, j.parent = 6, want = SAM_ERROR_NONE; break; /* a fork needs no code */
        }
        sam_buf_clear(&b);
        assert_int_equal(joins ? sam_join_encode(&b, &j) : sam_hello_encode(&b, &h), 0);
        assert_int_equal(sam_buf_add(&b, mac, sizeof mac), 0);
        struct end e;
        end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_IDLE);
        add_raw(&e.in, joins ? SAM_FRAME_JOIN : SAM_FRAME_HELLO, sam_buf_peek(&b).ptr, sam_buf_len(&b));
        int rc = sam_sync_feed(e.s, &e.in);
        if (want)
            assert_ended(&e, rc, want);
        else
            assert_int_equal(rc, 0);
        assert_int_equal(e.calls[SAM_FRAME_HELLO], 0);
        assert_int_equal(e.calls[SAM_FRAME_JOIN], want ? 0 : 1);
        end_fini(&e);
    }
    sam_buf_fini(&b);
}

/* What a device sends before WELCOME stays within its limit, whatever it is. */
static void test_greeting_bytes_of_device(void **state)
{
    (void)state;
    static struct sam_pull pull = {.filling_count = SAM_SCOPES_MAX};
    for (unsigned i = 0; i < SAM_SCOPES_MAX; i++)
        pull.filling[i] = i * 0x9e3779b97f4a7c15u;
    struct sam_buf body;
    struct end e;
    sam_buf_init(&body, 1u << 20);

    end_in(&e, SAM_ROLE_DEVICE, SAM_SYNC_IDLE);
    assert_int_equal(sam_sync_send_hello(e.s, &hello, hello_key), 0);
    push_body(&body, 1, 1, 8000);
    assert_int_equal(sam_sync_send_push(e.s, sam_buf_peek(&body)), 0);
    assert_true(sam_sync_may_push(e.s, 8000));
    assert_false(sam_sync_may_push(e.s, 9000));
    push_body(&body, 2, 2, 8000);
    assert_int_equal(sam_sync_send_push(e.s, sam_buf_peek(&body)), SAM_EBUSY);
    push_body(&body, 2, 1, 7000);
    assert_int_equal(sam_sync_send_push(e.s, sam_buf_peek(&body)), 0);
    assert_true(sam_buf_len(&e.out) <= SAM_BEFORE_WELCOME_BYTES_MAX);
    add_good(&e.in, SAM_FRAME_WELCOME);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    push_body(&body, 3, 3, 8000);
    assert_int_equal(sam_sync_send_push(e.s, sam_buf_peek(&body)), 0);
    end_fini(&e);

    end_in(&e, SAM_ROLE_DEVICE, SAM_SYNC_IDLE);
    assert_int_equal(sam_sync_send_hello(e.s, &hello, hello_key), 0);
    int rc = 0;
    for (int i = 0; i < 12 && rc == 0; i++)
        rc = sam_sync_send_pull(e.s, &pull);
    assert_int_equal(rc, SAM_EBUSY);
    assert_true(sam_buf_len(&e.out) <= SAM_BEFORE_WELCOME_BYTES_MAX);
    end_fini(&e);
    sam_buf_fini(&body);
}

/* A stranger who has not been answered yet cannot make the centre hold more than that either. */
static void test_greeting_bytes_at_centre(void **state)
{
    (void)state;
    for (int joins = 0; joins < 2; joins++) {
        struct end e;
        end_in(&e, SAM_ROLE_CENTRE, joins ? SAM_SYNC_JOINING : SAM_SYNC_GREETING);
        static const uint8_t some[1024];
        for (int i = 0; i < 16; i++) {
            assert_int_equal(sam_buf_add(&e.in, some, sizeof some), 0);
            assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
        }
        assert_int_equal(sam_buf_add(&e.in, some, 1), 0);
        int rc = sam_sync_feed(e.s, &e.in);
        assert_ended(&e, rc, SAM_ERROR_TOO_BIG);
        end_fini(&e);
    }
}

static void test_sending_in_wrong_states(void **state)
{
    (void)state;
    struct sam_join j = join_of();
    struct sam_buf body;
    sam_buf_init(&body, 4096);
    push_body(&body, 1, 1, 10);
    for (int role = SAM_ROLE_CENTRE; role <= SAM_ROLE_DEVICE; role++)
        for (int s = SAM_SYNC_IDLE; s <= SAM_SYNC_CLOSED; s++) {
            struct end e;
            bool device = role == SAM_ROLE_DEVICE, talking = s == SAM_SYNC_GREETING || s == SAM_SYNC_OPEN;
#define TRY(call, allowed)                                            \
    do {                                                              \
        end_in(&e, (enum sam_sync_role)role, (enum sam_sync_state)s); \
        assert_int_equal(call, (allowed) ? 0 : SAM_ESTATE);           \
        assert_int_equal(sam_buf_len(&e.out) > 0, (allowed));         \
        end_fini(&e);                                                 \
    } while (0)
            TRY(sam_sync_send_hello(e.s, &hello, hello_key), device && s == SAM_SYNC_IDLE);
            TRY(sam_sync_send_join(e.s, &j, NULL), device && s == SAM_SYNC_IDLE);
            TRY(sam_sync_send_push(e.s, sam_buf_peek(&body)), device && talking);
            TRY(sam_sync_send_pull(e.s, &(struct sam_pull){0}), device && talking);
            TRY(sam_sync_send_snap_get(e.s, &(struct sam_snap_get){.scope = 1}), device && talking);
            TRY(sam_sync_send_welcome(e.s, &(struct sam_welcome){0}), !device && s == SAM_SYNC_GREETING);
            TRY(sam_sync_send_joined(e.s, &(struct sam_joined){0}), !device && s == SAM_SYNC_JOINING);
            TRY(sam_sync_send(e.s, SAM_FRAME_PING, (struct sam_span){0}), s != SAM_SYNC_CLOSED);
#undef TRY
        }
    sam_buf_fini(&body);
}

/* ---- pushes and requests */

static void test_push_limits(void **state)
{
    (void)state;
    struct sam_buf body;
    struct end e;
    sam_buf_init(&body, 1u << 20);
    /* the device's fifth waits */
    end_in(&e, SAM_ROLE_DEVICE, SAM_SYNC_OPEN);
    for (unsigned i = 1; i <= 5; i++) {
        push_body(&body, i, 1, 10);
        assert_int_equal(sam_sync_may_push(e.s, 100), i <= 4);
        assert_int_equal(sam_sync_send_push(e.s, sam_buf_peek(&body)), i <= 4 ? 0 : SAM_EBUSY);
    }
    add_good(&e.in, SAM_FRAME_ACK);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(sam_sync_send_push(e.s, sam_buf_peek(&body)), 0);
    for (int i = 0; i < 4; i++)
        add_good(&e.in, SAM_FRAME_ACK);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(sam_sync_pushes_unacked(e.s), 0);
    add_good(&e.in, SAM_FRAME_ACK); /* an ACK that answers nothing */
    int rc = sam_sync_feed(e.s, &e.in);
    assert_ended(&e, rc, SAM_ERROR_BAD_FRAME);
    end_fini(&e);
    /* the centre ends with the fifth */
    end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_OPEN);
    for (int i = 0; i < 4; i++)
        add_good(&e.in, SAM_FRAME_PUSH);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(sam_sync_pushes_unacked(e.s), 4);
    assert_int_equal(sam_sync_send_ack(e.s, &(struct sam_ack){.seq = 1}), 0);
    add_good(&e.in, SAM_FRAME_PUSH);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    add_good(&e.in, SAM_FRAME_PUSH);
    rc = sam_sync_feed(e.s, &e.in);
    assert_int_equal(e.calls[SAM_FRAME_PUSH], 5);
    assert_ended(&e, rc, SAM_ERROR_BAD_STATE);
    end_fini(&e);
    sam_buf_fini(&body);
}

static void test_push_shapes(void **state)
{
    (void)state;
    static const struct {
        uint64_t first_seq;
        unsigned count;
        uint32_t want;
    } shapes[] = {
        {1, 1, SAM_ERROR_NONE},
        {1, SAM_PUSH_OPS_MAX, SAM_ERROR_NONE},
        {1, 0, SAM_ERROR_BAD_FRAME},
        {1, SAM_PUSH_OPS_MAX + 1, SAM_ERROR_TOO_BIG},
        {0, 1, SAM_ERROR_BAD_FRAME},
        {INT64_MAX - SAM_PUSH_OPS_MAX, 1, SAM_ERROR_NONE},
        {UINT64_MAX, 1, SAM_ERROR_BAD_FRAME},
        {(uint64_t)INT64_MAX - SAM_PUSH_OPS_MAX + 1, 1, SAM_ERROR_BAD_FRAME},
    };
    struct sam_buf body;
    sam_buf_init(&body, 1u << 20);
    for (size_t i = 0; i < COUNT(shapes); i++) {
        struct end e;
        end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_OPEN);
        push_body(&body, shapes[i].first_seq, shapes[i].count, 10);
        assert_int_equal(sam_frame_add(zip, &e.in, SAM_FRAME_PUSH, sam_buf_peek(&body)), 0);
        int rc = sam_sync_feed(e.s, &e.in);
        if (shapes[i].want)
            assert_ended(&e, rc, shapes[i].want);
        else
            assert_int_equal(rc, 0);
        assert_int_equal(e.calls[SAM_FRAME_PUSH], shapes[i].want == SAM_ERROR_NONE);
        end_fini(&e);
    }
    sam_buf_fini(&body);
}

/* A PULL is handed over when every PUSH before it has been answered, and one request at a time. */
static void test_pull_waits(void **state)
{
    (void)state;
    struct end e;
    end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_OPEN);
    add_good(&e.in, SAM_FRAME_PUSH);
    add_good(&e.in, SAM_FRAME_PUSH);
    add_good(&e.in, SAM_FRAME_PULL);
    add_good(&e.in, SAM_FRAME_SNAP_GET);
    add_good(&e.in, SAM_FRAME_PULL);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(sam_buf_len(&e.in), 0);
    assert_string_equal(e.order, "PP");
    assert_int_equal(sam_sync_send_ack(e.s, &(struct sam_ack){.seq = 1}), 0);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(e.calls[SAM_FRAME_PULL], 0);
    assert_int_equal(sam_sync_refuse_push(e.s, &(struct sam_error){.code = SAM_ERROR_GAP, .expected = 2}), 0);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(e.calls[SAM_FRAME_PULL], 1);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(e.calls[SAM_FRAME_SNAP_GET], 0);
    sam_sync_served(e.s);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(e.calls[SAM_FRAME_SNAP_GET], 1);
    assert_int_equal(e.calls[SAM_FRAME_PULL], 1);
    sam_sync_served(e.s);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(e.calls[SAM_FRAME_PULL], 2);
    /* while a request is served a PUSH is handed over all the same */
    add_good(&e.in, SAM_FRAME_PUSH);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(e.calls[SAM_FRAME_PUSH], 3);
    end_fini(&e);
}

static void test_request_queue(void **state)
{
    (void)state;
    struct end e;
    end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_OPEN);
    for (int i = 0; i < 9; i++) /* one with the host, eight waiting */
        add_good(&e.in, i % 2 ? SAM_FRAME_SNAP_GET : SAM_FRAME_PULL);
    assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
    assert_int_equal(sam_sync_state(e.s), SAM_SYNC_OPEN);
    add_good(&e.in, SAM_FRAME_PULL);
    int rc = sam_sync_feed(e.s, &e.in);
    assert_ended(&e, rc, SAM_ERROR_BUSY);
    end_fini(&e);
}

/* A host that gives up ends the conversation, wherever it was asked. */
static void test_host_gives_up(void **state)
{
    (void)state;
    for (int role = SAM_ROLE_CENTRE; role <= SAM_ROLE_DEVICE; role++)
        for (size_t row = 0; row < COUNT(table); row++) {
            uint8_t kind = table[row].kind;
            enum sam_sync_state in = taken_in((enum sam_sync_role)role, row);
            if (in == SAM_SYNC_CLOSED || kind == SAM_FRAME_PING || kind == SAM_FRAME_ACK)
                continue;
            struct end e;
            end_in(&e, (enum sam_sync_role)role, in);
            e.result = SAM_EIO;
            add_good(&e.in, kind);
            assert_true(sam_sync_feed(e.s, &e.in) < 0);
            assert_int_equal(sam_sync_state(e.s), SAM_SYNC_CLOSED);
            if (kind != SAM_FRAME_BYE && kind != SAM_FRAME_ERROR)
                assert_int_equal(error_sent(&e), SAM_ERROR_BAD_FRAME);
            end_fini(&e);
        }
}

/* ---- ERROR, PING, BYE */

static void feed_error(struct end *e, uint32_t code)
{
    struct sam_buf b;
    struct sam_error *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->code = code;
    m->expected = 3;
    sam_buf_init(&b, 4096);
    assert_int_equal(sam_error_encode(&b, m), 0);
    add_raw(&e->in, SAM_FRAME_ERROR, sam_buf_peek(&b).ptr, sam_buf_len(&b));
    sam_buf_fini(&b);
    free(m);
}

/* Only five codes, and only as the answer to a PUSH, leave the conversation open. */
static void test_refusals(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= SAM_ERROR_DRAIN_ONLY; code++)
        for (int pushed = 0; pushed < 2; pushed++) {
            bool soft = code == SAM_ERROR_GAP || code == SAM_ERROR_NOT_ACTIVE || code == SAM_ERROR_BUSY ||
                        code == SAM_ERROR_QUOTA || code == SAM_ERROR_READ_ONLY;
            struct end e;
            struct sam_buf body;
            end_in(&e, SAM_ROLE_DEVICE, SAM_SYNC_OPEN);
            sam_buf_init(&body, 4096);
            push_body(&body, 1, 1, 10);
            if (pushed)
                assert_int_equal(sam_sync_send_push(e.s, sam_buf_peek(&body)), 0);
            feed_error(&e, code);
            int rc = sam_sync_feed(e.s, &e.in);
            assert_int_equal(e.calls[SAM_FRAME_ERROR], 1);
            assert_int_equal(e.error.code, code);
            assert_int_equal(e.error.expected, 3);
            assert_int_equal(rc, soft && pushed ? 0 : SAM_ECLOSED);
            assert_int_equal(sam_sync_state(e.s), soft && pushed ? SAM_SYNC_OPEN : SAM_SYNC_CLOSED);
            if (soft && pushed)
                assert_int_equal(sam_sync_pushes_unacked(e.s), 0);
            sam_buf_fini(&body);
            end_fini(&e);
            end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_OPEN);
            if (pushed)
                add_good(&e.in, SAM_FRAME_PUSH);
            feed_error(&e, code);
            assert_int_equal(sam_sync_feed(e.s, &e.in), SAM_ECLOSED);
            end_fini(&e);
        }
}

static void test_ping(void **state)
{
    (void)state;
    for (int role = SAM_ROLE_CENTRE; role <= SAM_ROLE_DEVICE; role++) {
        struct end e;
        end_in(&e, (enum sam_sync_role)role, SAM_SYNC_OPEN);
        add_raw(&e.in, SAM_FRAME_PING, "\x08\x2a", 2);
        assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
        assert_int_equal(sam_buf_len(&e.out), 6);
        assert_memory_equal(sam_buf_peek(&e.out).ptr, "\x05\x0e\x08\x2a\x10\x01", 6);
        sam_buf_clear(&e.out);
        add_raw(&e.in, SAM_FRAME_PING, "\x08\x2a\x10\x01", 4); /* a reply is not answered */
        assert_int_equal(sam_sync_feed(e.s, &e.in), 0);
        assert_int_equal(sam_buf_len(&e.out), 0);
        end_fini(&e);
    }
}

static void test_bye(void **state)
{
    (void)state;
    struct end e, other;
    end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_OPEN);
    end_in(&other, SAM_ROLE_DEVICE, SAM_SYNC_OPEN);
    assert_int_equal(sam_sync_send_bye(e.s, 30, "the centre restarts"), 0);
    assert_int_equal(sam_sync_state(e.s), SAM_SYNC_CLOSED);
    assert_int_equal(sam_buf_add(&other.in, sam_buf_peek(&e.out).ptr, sam_buf_len(&e.out)), 0);
    assert_int_equal(sam_sync_feed(other.s, &other.in), SAM_ECLOSED);
    assert_int_equal(other.calls[SAM_FRAME_BYE], 1);
    assert_int_equal(sam_buf_len(&other.out), 0);
    end_fini(&e);
    end_fini(&other);
}

static void test_out_is_full(void **state)
{
    (void)state;
    struct end e;
    end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_GREETING);
    sam_buf_fini(&e.out);
    sam_buf_init(&e.out, 3);
    assert_int_equal(sam_sync_send_welcome(e.s, &(struct sam_welcome){.epoch = 1}), SAM_ETOOBIG);
    assert_int_equal(sam_sync_state(e.s), SAM_SYNC_GREETING);
    assert_int_equal(sam_buf_len(&e.out), 0);
    assert_true(sam_sync_fail(e.s, SAM_ERROR_BUSY, "full") < 0);
    assert_int_equal(sam_sync_state(e.s), SAM_SYNC_CLOSED);
    end_fini(&e);
}

/* ---- a whole conversation */

static void carry(struct end *from, struct end *to, size_t step)
{
    while (sam_buf_len(&from->out)) {
        size_t n = sam_buf_len(&from->out) < step ? sam_buf_len(&from->out) : step;
        assert_int_equal(sam_buf_add(&to->in, sam_buf_peek(&from->out).ptr, n), 0);
        sam_buf_consume(&from->out, n);
        assert_int_equal(sam_sync_feed(to->s, &to->in), 0);
    }
}

static void whole_sync(size_t step)
{
    struct end device, centre;
    struct sam_buf body;
    struct sam_join j = join_of();
    end_init(&device, SAM_ROLE_DEVICE);
    end_init(&centre, SAM_ROLE_CENTRE);
    centre.answers = true;
    sam_buf_init(&body, 1u << 20);

    assert_int_equal(sam_sync_send_join(device.s, &j, NULL), 0);
    carry(&device, &centre, step);
    carry(&centre, &device, step);
    assert_int_equal(device.calls[SAM_FRAME_JOINED], 1);
    assert_int_equal(sam_sync_state(device.s), SAM_SYNC_IDLE);

    assert_int_equal(sam_sync_send_hello(device.s, &hello, hello_key), 0);
    for (uint64_t seq = 1; seq <= 3; seq++) {
        push_body(&body, seq, 1, 300);
        assert_int_equal(sam_sync_send_push(device.s, sam_buf_peek(&body)), 0);
    }
    assert_int_equal(sam_sync_send_pull(device.s, &(struct sam_pull){.csn = 41}), 0);
    carry(&device, &centre, step);
    assert_string_equal(centre.order, "JHPPPP");
    carry(&centre, &device, step);
    assert_string_equal(device.order, "JWAAACS");
    assert_int_equal(device.last_seq, 3);
    assert_int_equal(device.last_csn, 42);
    assert_int_equal(sam_sync_pushes_unacked(device.s), 0);

    assert_int_equal(sam_sync_send_bye(device.s, 0, ""), 0);
    assert_int_equal(sam_buf_add(&centre.in, sam_buf_peek(&device.out).ptr, sam_buf_len(&device.out)), 0);
    assert_int_equal(sam_sync_feed(centre.s, &centre.in), SAM_ECLOSED);
    assert_int_equal(centre.calls[SAM_FRAME_BYE], 1);
    sam_buf_fini(&body);
    end_fini(&device);
    end_fini(&centre);
}

static void test_whole_sync(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 7, 64, 100000};
    for (size_t i = 0; i < COUNT(steps); i++)
        whole_sync(steps[i]);
}

/* Noise with the shape of frames, from a fixed seed: it ends in ERROR, or nothing happens. */
static void test_noise(void **state)
{
    (void)state;
    uint32_t seed = 99;
    for (int round = 0; round < 4000; round++) {
        struct end e;
        end_in(&e, round % 2 ? SAM_ROLE_CENTRE : SAM_ROLE_DEVICE, SAM_SYNC_OPEN);
        for (int k = 0; k < 20; k++) {
            uint8_t body[48];
            seed = seed * 1664525u + 1013904223u;
            size_t n = (seed >> 24) % sizeof body;
            uint8_t kind = (uint8_t)(1 + (seed >> 16) % 18);
            for (size_t i = 0; i < n; i++) {
                seed = seed * 1664525u + 1013904223u;
                body[i] = (uint8_t)((seed >> 24) & (i % 2 ? 0xff : 0x5a));
            }
            add_raw(&e.in, kind | ((seed >> 9) % 16 ? 0 : SAM_FRAME_DEFLATED), body, n);
        }
        int rc = sam_sync_feed(e.s, &e.in);
        assert_int_equal(rc < 0, sam_sync_state(e.s) == SAM_SYNC_CLOSED);
        end_fini(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_frame_in_every_state),
        cmocka_unit_test(test_bad_bodies),
        cmocka_unit_test(test_bad_frames),
        cmocka_unit_test(test_versions_and_keys),
        cmocka_unit_test(test_greeting_bytes_of_device),
        cmocka_unit_test(test_greeting_bytes_at_centre),
        cmocka_unit_test(test_sending_in_wrong_states),
        cmocka_unit_test(test_push_limits),
        cmocka_unit_test(test_push_shapes),
        cmocka_unit_test(test_pull_waits),
        cmocka_unit_test(test_request_queue),
        cmocka_unit_test(test_host_gives_up),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_ping),
        cmocka_unit_test(test_bye),
        cmocka_unit_test(test_out_is_full),
        cmocka_unit_test(test_whole_sync),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
