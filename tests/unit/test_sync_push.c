/* Goal: the limits of pushes, requests and refusals hold on both sides. */
#include "tests/unit/test_sync.h"

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
    struct end e, other, broken;
    end_in(&e, SAM_ROLE_CENTRE, SAM_SYNC_OPEN);
    end_in(&other, SAM_ROLE_DEVICE, SAM_SYNC_OPEN);
    end_in(&broken, SAM_ROLE_DEVICE, SAM_SYNC_OPEN);
    broken.result = SAM_ENOMEM;
    assert_int_equal(sam_sync_send_bye(e.s, 30, "the centre restarts"), 0);
    assert_int_equal(sam_sync_state(e.s), SAM_SYNC_CLOSED);
    assert_int_equal(sam_buf_add(&other.in, sam_buf_peek(&e.out).ptr, sam_buf_len(&e.out)), 0);
    assert_int_equal(sam_sync_feed(other.s, &other.in), SAM_ECLOSED);
    assert_int_equal(other.calls[SAM_FRAME_BYE], 1);
    assert_int_equal(sam_buf_len(&other.out), 0);
    assert_int_equal(sam_buf_add(&broken.in, sam_buf_peek(&e.out).ptr, sam_buf_len(&e.out)), 0);
    assert_int_equal(sam_sync_feed(broken.s, &broken.in),
                     SAM_ENOMEM); /* what went wrong in between is not taken for the end */
    end_fini(&broken);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_push_limits),   cmocka_unit_test(test_push_shapes), cmocka_unit_test(test_pull_waits),
        cmocka_unit_test(test_request_queue), cmocka_unit_test(test_refusals),    cmocka_unit_test(test_ping),
        cmocka_unit_test(test_bye),           cmocka_unit_test(test_out_is_full),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
