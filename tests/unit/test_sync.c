/* Goal: the conversation allows in each state what proto/README.md allows and ends with the right ERROR otherwise. */
#include "tests/unit/test_sync.h"

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

    /* HELLO counts with all its bytes: what is left is left to the byte */
    sam_buf_clear(&body);
    assert_int_equal(sam_hello_encode(&body, &hello), 0);
    size_t said = sam_buf_len(&body) + SAM_MAC_BYTES + SAM_FRAME_HEAD_BYTES_MAX,
           room = SAM_BEFORE_WELCOME_BYTES_MAX - said - SAM_FRAME_HEAD_BYTES_MAX;
    end_in(&e, SAM_ROLE_DEVICE, SAM_SYNC_IDLE);
    assert_int_equal(sam_sync_send_hello(e.s, &hello, hello_key), 0);
    assert_true(sam_sync_may_push(e.s, room));
    assert_false(sam_sync_may_push(e.s, room + 1));
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
        cmocka_unit_test(test_host_gives_up),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
