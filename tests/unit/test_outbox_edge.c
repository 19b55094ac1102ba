/* Goal: what the centre says of ops is believed up to the last value that can be true, and not one beyond: nothing that was saved is
 * taken for sent that was not. */
#include "tests/unit/test_sdk_talk.h"

static const uint64_t BEYOND = (uint64_t)INT64_MAX + 1;

static void acks_within_what_was_saved(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 4; i++)
        mark(f->s, SESSION, PERSON + i, 1);
    assert_int_equal(waiting(f->s), 4);
    assert_int_equal(sam_outbox_acked(f->s, 5, 100, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_acked(f->s, 1, BEYOND, 1), SAM_EPROTO);
    assert_int_equal(waiting(f->s), 4);
    assert_int_equal(sam_outbox_acked(f->s, 1, INT64_MAX, 1), 0);
    assert_int_equal(waiting(f->s), 3);
    assert_int_equal(sam_outbox_acked(f->s, 3, 100, 1), 0);
    assert_int_equal(waiting(f->s), 1);
    assert_int_equal(sam_outbox_acked(f->s, 2, 100, 1), 0); /* said before */
    assert_int_equal(sam_outbox_acked(f->s, 0, 0, 1), 0);
    assert_int_equal(waiting(f->s), 1);
    assert_int_equal(sam_outbox_acked(f->s, 4, 101, 1), 0);
    assert_int_equal(waiting(f->s), 0);
}

static void ranges_within_what_was_saved(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 4; i++)
        mark(f->s, SESSION, PERSON + i, 1);
    assert_int_equal(sam_outbox_range(f->s, 0, 1, 100, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_range(f->s, 1, 0, 100, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_range(f->s, 1, 5, 100, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_range(f->s, 4, 2, 100, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_range(f->s, 5, 1, 100, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_range(f->s, 1, BEYOND, 100, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_range(f->s, 1, 1, 0, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_range(f->s, 1, 1, BEYOND, 1), SAM_EPROTO);
    assert_int_equal(sam_outbox_range(f->s, 1, 4, 100, 1), 0);
    assert_int_equal(sam_outbox_range(f->s, 4, 1, 1, 1), 0);
    assert_int_equal(sam_outbox_range(f->s, 1, 1, INT64_MAX, 1), 0);
    assert_int_equal(waiting(f->s), 4); /* where they lie, not that they are there */
}

/* A push that is full leaves the rest for the next one, and no question to the store half asked: it would hold up the tablet's log. */
static void a_full_push_leaves_nothing_open(void **state)
{
    static const uint8_t key[SAM_KEY_BYTES] = {1};
    struct fixture *f = *state;
    struct sam_mac_key *mac_key = sam_mac_key_new(key, "push");
    struct sam_buf body;
    unsigned count = 0;
    for (uint64_t i = 0; i < 9; i++)
        mark(f->s, SESSION, PERSON + i, 1);
    sam_buf_init(&body, 4096);
    assert_int_equal(sam_outbox_push(f->s, mac_key, 1, 200, 1, &body, &count), 0);
    assert_in_range(count, 1, 8);
    for (sqlite3_stmt *q = NULL; (q = sqlite3_next_stmt(f->s->store.db, q));)
        assert_false(sqlite3_stmt_busy(q));
    sam_buf_fini(&body);
    sam_mac_key_free(mac_key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(acks_within_what_was_saved, setup, teardown),
        cmocka_unit_test_setup_teardown(ranges_within_what_was_saved, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_push_leaves_nothing_open, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
