/* Goal: whatever a centre lost, refuses or says wrongly, saved ops arrive once, rows converge, and nothing waits for ever. */
#include "tests/unit/test_sdk_talk.h"

/* The centre went back to a backup: ops it misses are sent again with their past, scopes beyond are filled beside. */
static void restored(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 6; i++)
        mark(f->s, SESSION, PERSON + i, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    uint64_t epoch = f->c->epoch, lost_csn = f->c->op[3].csn;
    centre_mark(f->c, SESSION_2, PERSON, 3); /* something else that will be lost */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    mark(f->s, SESSION, PERSON + 6, 2);
    /* back to the moment after three ops */
    f->c->op_count = 3;
    f->c->csn = f->c->cut_csn = f->c->op[2].csn;
    for (unsigned i = 0; i < f->c->row_count; i++)
        if (f->c->row[i].csn > f->c->csn)
            f->c->row[i--] = f->c->row[--f->c->row_count];
    f->c->epoch = 0xe2;
    assert_int_equal(converse(f->s, f->c, 80), 0);
    for (uint64_t i = 0; i < 7; i++) { /* all marks are still on screen */
        struct samling_line l = sheet_line(f->s, SESSION, PERSON + i);
        assert_int_equal(l.presence, i == 6 ? 2 : 1);
    }
    reopen(f);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    f->c->cut_csn = 0;
    assert_int_equal(f->c->op_count, 7);
    assert_true(f->c->op[3].origin.epoch == epoch);
    assert_int_equal(f->c->op[3].origin.csn, lost_csn);
    assert_int_equal(f->c->op[6].origin.csn, 0);
    assert_int_equal(waiting(f->s), 0);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, SESSION_2, PERSON).presence, 0);
}

/* A copy of the store goes its own way; then the first one comes back with other ops under the same numbers. */
static void forked(void **state)
{
    struct fixture *f = *state;
    uint64_t ad_hoc;
    struct sam_op op;
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    uint64_t shared_chain = f->c->op[0].chain;
    /* here: an ad-hoc session with a mark on it */
    assert_int_equal(samling_session_add(f->s, USER, GROUP_SCOPE, 19700, 600, &ad_hoc), 0);
    mark(f->s, ad_hoc, PERSON + 1, 1);
    mark(f->s, SESSION, PERSON + 2, 2);
    /* there: the centre has got two other ops from the copy */
    f->c->op[1] = f->c->op[0];
    f->c->op[1].chain = 77;
    f->c->op[2] = f->c->op[0];
    f->c->op[2].chain = 78;
    f->c->op_count = 3;
    f->c->csn += 2;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0); /* ERROR(FORK) */
    assert_true(f->s->talk.again);
    assert_int_equal(samling_retry_in_ms(f->s), 0);
    reopen(f);
    assert_int_equal(sam_meta(f->s, fork_seq), 1);
    f->c->op_count = 0; /* what the new number has sent */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->join.parent, 5);
    assert_int_equal(f->c->join.fork_seq, 1);
    assert_int_equal(f->c->device_no, 6);
    assert_int_equal(f->c->op_count, 4); /* the shared one too, which nobody else may have after a loss */
    assert_int_equal(waiting(f->s), 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(f->c->op[i].origin.device_no, 5);
        assert_int_equal(f->c->op[i].origin.seq, 1 + i);
    }
    assert_int_equal(sam_op_decode((struct sam_span){f->c->op[1].bytes, f->c->op[1].len}, &op), 0);
    assert_int_equal(op.kind, SAM_OP_CREATE);
    uint64_t anew = op.row.key.part[0];
    assert_int_equal(anew, sam_id_anew(5, f->c->op[1].origin.hash)); /* as any other copy with that op makes it */
    assert_true(anew != ad_hoc);
    assert_int_equal(sam_op_decode((struct sam_span){f->c->op[2].bytes, f->c->op[2].len}, &op), 0);
    assert_int_equal(op.row.key.part[0], anew);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, anew, PERSON + 1).presence, 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON).presence, 1);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 2).presence, 2);
    /* life goes on, under the new number, also with ids */
    assert_int_equal(samling_session_add(f->s, USER, GROUP_SCOPE, 19701, 600, &ad_hoc), 0);
    assert_int_equal(ad_hoc, sam_id_make(6, 1));
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 5);
    assert_int_equal(f->c->op[4].origin.device_no, 0);
    (void)shared_chain;
}

static void old_image(void **state)
{
    struct fixture *f = *state;
    mark(f->s, SESSION, PERSON, 1);
    samling_close(f->s);
    f->s = NULL;
    char copy[320], command[2][4096];
    snprintf(copy, sizeof copy, "%s.old", f->path);
    FILE *in = fopen(f->path, "rb"), *out = fopen(copy, "wb");
    for (size_t n; (n = fread(command[0], 1, sizeof command[0], in)) > 0;)
        fwrite(command[0], 1, n, out);
    fclose(in);
    fclose(out);
    assert_int_equal(samling_open(f->path, store_key, &f->s), 0);
    mark(f->s, SESSION, PERSON + 1, 1);
    mark(f->s, SESSION, PERSON + 2, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 3);
    samling_close(f->s);
    f->s = NULL;
    /* the tablet is put back to the image, and goes on saving */
    store_remove(f->path);
    assert_int_equal(rename(copy, f->path), 0);
    assert_int_equal(samling_open(f->path, store_key, &f->s), 0);
    mark(f->s, SESSION, PERSON + 4, 2);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0); /* its counter is behind */
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0);
    assert_int_equal(sam_meta(f->s, fork_seq), 1);
    f->c->op_count = 0;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 2);
    assert_int_equal(f->c->op[1].origin.seq, 2);
    same_rows(f);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 4).presence, 2);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 1).presence, 1);
}

static void stale_counter(void **state)
{
    struct fixture *f = *state;
    f->c->hello_counter = 500;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0);
    assert_int_equal(samling_retry_in_ms(f->s), 0);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->hello.counter, 501);
}

static void ticket(void **state)
{
    struct fixture *f = *state;
    f->c->hello_error = SAM_ERROR_TICKET;
    f->c->state = SAM_DEVICE_PENDING;
    mark(f->s, SESSION, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->hello.ticket_len, 3);
    struct samling_status st;
    samling_status(f->s, &st);
    assert_int_equal(st.state, SAMLING_PENDING);
    assert_true(st.retry_in_s >= 0);
    unsigned pushes = f->c->pushes;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->pushes, pushes); /* pending: the outbox waits */
    assert_int_equal(f->c->hello.ticket_len, 0);
    f->c->state = SAM_DEVICE_ACTIVE;
    f->c->op_count = 0;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(waiting(f->s), 0);
}

static void refusals(void **state)
{
    struct fixture *f = *state;
    static const int codes[] = {SAM_ERROR_BUSY, SAM_ERROR_QUOTA, SAM_ERROR_READ_ONLY, SAM_ERROR_NOT_ACTIVE};
    for (size_t i = 0; i < 4; i++) {
        mark(f->s, SESSION, PERSON, 1);
        f->c->refuse = codes[i];
        converse(f->s, f->c, SIZE_MAX);
        assert_int_equal(waiting(f->s), 1);
        assert_true(samling_retry_in_ms(f->s) >= 500);
        assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
        assert_int_equal(waiting(f->s), 0);
    }
    static const uint32_t ends[] = {SAM_ERROR_BAD_MAC,    SAM_ERROR_VERSION,   SAM_ERROR_DEVICE_UNKNOWN,
                                    SAM_ERROR_DRAIN_ONLY, SAM_ERROR_BAD_FRAME, 99};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        mark(f->s, SESSION, PERSON, 2);
        f->c->hello_error = ends[i];
        assert_int_equal(converse(f->s, f->c, SIZE_MAX), 0);
        assert_true(waiting(f->s) > 0);
    }
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(waiting(f->s), 0);
    same_rows(f);
}

static void verdicts(void **state)
{
    struct fixture *f = *state;
    struct samling_notice *n;
    struct samling_status st;
    size_t count;
    mark(f->s, SESSION, PERSON, 1);
    mark(f->s, SESSION, PERSON + 1, 1);
    mark(f->s, SESSION, PERSON + 2, 1);
    f->c->verdicts = (struct sam_verdicts){.csn = f->c->csn + 3,
                                           .count = 3,
                                           .at = {{2, 9, SAM_VERDICT_CASE, 0},
                                                  {3, 0, SAM_VERDICT_QUARANTINED, SAM_REASON_SCOPE},
                                                  {77, 0, SAM_VERDICT_CASE, 0}}};
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(samling_notices(f->s, &n, &count), 0);
    assert_int_equal(count, 2);
    assert_int_equal(n[0].participant, PERSON + 1);
    assert_int_equal(n[0].kind, 4);
    assert_int_equal(n[1].reason, SAM_REASON_SCOPE);
    samling_list_free(n);
    assert_int_equal(sheet_line(f->s, SESSION, PERSON + 1).state, SAMLING_ATTENTION);
    assert_int_equal(samling_notice_seen(f->s, 2), 0);
    assert_int_equal(samling_notice_seen(f->s, 20), SAMLING_ENOTFOUND);
    samling_status(f->s, &st);
    assert_int_equal(st.attention, 1);
    f->c->verdicts = (struct sam_verdicts){.csn = f->c->csn + 9, .count = 1, .at = {{3, 0, SAM_VERDICT_APPLIED, 0}}};
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    samling_status(f->s, &st);
    assert_int_equal(st.attention, 0);
}

static void wiped(void **state)
{
    struct fixture *f = *state;
    struct samling_status st;
    struct samling_group *g;
    size_t n;
    mark(f->s, SESSION, PERSON, 1);
    f->c->state = SAM_DEVICE_REVOKED;
    f->c->wipe = true; /* even where the order comes early, what waits is sent first */
    converse(f->s, f->c, SIZE_MAX);
    assert_int_equal(f->c->op_count, 1);
    samling_status(f->s, &st);
    assert_int_equal(st.state, SAMLING_WIPED);
    assert_int_equal(st.retry_in_s, 0); /* to say so; nothing else is left */
    assert_int_equal(samling_groups(f->s, &g, &n), 0);
    assert_int_equal(n, 0);
    samling_list_free(g);
    struct samling_mark m = mark_of(SESSION, PERSON, 1);
    assert_int_equal(samling_mark(f->s, USER, &m), SAMLING_ESTATE);
    reopen(f); /* killed before it could: it is told at the next start */
    uint8_t key[32];
    assert_int_equal(sam_meta_secret(f->s, "key", key, sizeof key), 0);
    assert_false(f->c->hello.erased);
    unsigned pushes = f->c->pushes, pulls = f->c->pulls;
    converse(f->s, f->c, SIZE_MAX);
    assert_true(f->c->hello.erased);
    assert_string_equal(f->c->hello.app, "libsamling " SAMLING_VERSION);
    assert_int_equal(f->c->hello.last_seq, 1);
    assert_int_equal(f->c->hello.oldest_seq, 2);
    assert_int_equal(f->c->pushes, pushes);
    assert_int_equal(f->c->pulls, pulls);
    assert_int_equal(sam_meta_secret(f->s, "key", key, sizeof key), SAM_ENOTFOUND);
    samling_status(f->s, &st);
    assert_int_equal(st.state, SAMLING_WIPED);
    assert_int_equal(st.device_no, 0);
    assert_int_equal(st.retry_in_s, -1);
    assert_int_equal(samling_link_up(f->s), SAMLING_ESTATE);
}

static void trimmed(void **state)
{
    struct fixture *f = *state;
    uint64_t chain;
    for (uint64_t i = 0; i < 5; i++)
        mark(f->s, SESSION, PERSON + i, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    f->c->safe_seq = 3;
    f->c->now_s += 80 * 86400;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sam_meta(f->s, oldest_seq), 0); /* safe, but not old enough */
    f->c->now_s += 20 * 86400;
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sam_meta(f->s, oldest_seq), 4); /* old enough, but only three are safe */
    assert_int_equal(sam_outbox_chain(f->s, 3, &chain), 0);
    assert_true(chain == f->c->op[2].chain);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    mark(f->s, SESSION, PERSON, 2);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 6);
    f->c->safe_seq = 6;
    f->c->now_s += 100 * 86400;
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sam_meta(f->s, oldest_seq), 7); /* all of them: nothing is kept for ever */
    mark(f->s, SESSION, PERSON, 3);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(f->c->op_count, 7);
}

/* Bases: what was on the page when the form was opened, not what came in behind it. */
static void base_of_form(void **state)
{
    struct fixture *f = *state;
    struct sam_op op;
    assert_int_equal(samling_form_open(f->s, SESSION), 0);
    uint64_t seen = sam_held_find(f->s, GROUP_SCOPE)->csn;
    centre_mark(f->c, SESSION, PERSON, 3);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    mark(f->s, SESSION, PERSON, 1);
    mark(f->s, SESSION_2, PERSON, 1);
    assert_int_equal(converse(f->s, f->c, SIZE_MAX), 1);
    assert_int_equal(sam_op_decode((struct sam_span){f->c->op[0].bytes, f->c->op[0].len}, &op), 0);
    assert_int_equal(op.base_csn, seen);
    assert_int_equal(sam_op_decode((struct sam_span){f->c->op[1].bytes, f->c->op[1].len}, &op), 0);
    assert_true(op.base_csn > seen);
}

/* Nothing that a centre can send makes the tablet fall over, or lose what it saved. */
static void nonsense(void **state)
{
    struct fixture *f = *state;
    uint32_t seed = 12345;
    uint8_t junk[600];
    mark(f->s, SESSION, PERSON, 1);
    for (int round = 0; round < 3000; round++) {
        const uint8_t *p;
        struct sam_buf frame;
        assert_int_equal(samling_link_up(f->s), 0);
        samling_link_peek(f->s, &p);
        sam_buf_init(&frame, 4096);
        if (round % 2) { /* behind an honest WELCOME */
            struct sam_welcome w = {
                .epoch = 0xe1, .acked_seq = 0, .state = SAM_DEVICE_ACTIVE, .server_time_s = 1700000000};
            struct sam_buf body;
            sam_buf_init(&body, 4096);
            sam_welcome_encode(&body, &w);
            sam_frame_add(f->c->zip, &frame, SAM_FRAME_WELCOME, sam_buf_peek(&body));
            sam_buf_fini(&body);
        }
        uint8_t kind = (uint8_t)(1 + round / 2 % SAM_FRAME_KIND_MAX);
        size_t n = 1 + (size_t)round % sizeof junk;
        if (kind == SAM_FRAME_WIPE) /* has no body that could be nonsense */
            kind = SAM_FRAME_VERDICTS;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525u + 1013904223u;
            junk[i] = (uint8_t)(seed >> 24);
        }
        sam_frame_add(f->c->zip, &frame, kind, (struct sam_span){junk, n});
        samling_link_feed(f->s, sam_buf_peek(&frame).ptr, sam_buf_len(&frame));
        sam_buf_fini(&frame);
        samling_link_down(f->s);
        struct samling_status st;
        samling_status(f->s, &st);
        if (st.state != SAMLING_ACTIVE || sam_meta(f->s, fork_parent))
            fail_msg("round %d: state %d", round, st.state);
        assert_int_equal(st.saved, 1);
    }
    converse_all(f->s, f->c, 4);
    assert_int_equal(f->c->op_count, 1);
    same_rows(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(restored, setup, teardown),
        cmocka_unit_test_setup_teardown(forked, setup, teardown),
        cmocka_unit_test_setup_teardown(old_image, setup, teardown),
        cmocka_unit_test_setup_teardown(stale_counter, setup, teardown),
        cmocka_unit_test_setup_teardown(ticket, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(verdicts, setup, teardown),
        cmocka_unit_test_setup_teardown(wiped, setup, teardown),
        cmocka_unit_test_setup_teardown(trimmed, setup, teardown),
        cmocka_unit_test_setup_teardown(base_of_form, setup, teardown),
        cmocka_unit_test_setup_teardown(nonsense, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
