/* Goal: a whole sync goes through, in one piece and byte by byte, and noise ends it. */
#include "tests/unit/test_sync.h"

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
        cmocka_unit_test(test_whole_sync),
        cmocka_unit_test(test_noise),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
