/* Goal: a start finds back what was said: from the journal behind a backup, past ops that a device can no longer send, and past
 * one on which the judge crashed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/gate.h"

#include <stdio.h>
#include <stdlib.h>

/* A greeting of ${t}, whose oldest op is ${oldest} and whose chain before it is ${chain}. */
static struct intake_greeting hello(struct gate *w, struct centre_tablet *t, uint64_t last, uint64_t oldest,
                                    uint64_t chain)
{
    struct sam_hello h = {.protocol = 1,
                          .schema = 1,
                          .device_no = t->device_no,
                          .counter = ++t->greetings,
                          .last_seq = last,
                          .oldest_seq = oldest,
                          .acked_seq = t->seq,
                          .acked_chain = t->chain,
                          .oldest_chain = chain};
    struct intake_greeting g;
    struct sam_buf body;
    uint8_t mac[SAM_MAC_BYTES];
    sam_buf_init(&body, 4096);
    struct sam_mac_key *key = sam_mac_key_new(t->key, "hello");
    assert_int_equal(sam_hello_encode(&body, &h), 0);
    assert_int_equal(sam_mac(key, SAM_FRAME_HELLO, sam_buf_peek(&body), (struct sam_span){0}, mac), 0);
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(intake_hello(w->centre.in, &h, sam_buf_peek(&body), mac, &g), 0);
    assert_int_equal(intake_commit(w->centre.in), 0);
    mac[0] ^= 1; /* the same with a wrong proof, and the same again, are refused */
    struct intake_greeting refused;
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(intake_hello(w->centre.in, &h, sam_buf_peek(&body), mac, &refused), 0);
    assert_int_equal(refused.error.code, SAM_ERROR_BAD_MAC);
    mac[0] ^= 1;
    assert_int_equal(intake_hello(w->centre.in, &h, sam_buf_peek(&body), mac, &refused), 0);
    assert_int_equal(refused.error.code, SAM_ERROR_STALE);
    assert_int_equal(refused.error.expected, t->greetings + 1);
    assert_int_equal(intake_commit(w->centre.in), 0);
    sam_mac_key_free(key);
    sam_buf_fini(&body);
    return g;
}

static void the_journal_gives_back_what_a_backup_misses(void **state)
{
    struct gate *w = *state;
    char cmd[512];
    struct sam_key key = {.entity = SAM_PARTICIPANT};
    struct store_row row;
    struct store_device d;
    uint64_t old_epoch = intake_epoch(w->centre.in).id;
    centre_backup(&w->centre);
    assert_int_equal(intake_begin(w->centre.in), 0);
    uint64_t late = gate_named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 900", -1, 0);
    assert_int_equal(intake_device_state(w->centre.in, w->b.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(intake_commit(w->centre.in), 0);
    centre_restore(&w->centre);
    key.part[0] = late;
    assert_int_equal(store_row_get(intake_store(w->centre.in), &key, &row), 0);
    assert_true(row.exists);
    assert_int_equal(store_device_get(intake_store(w->centre.in), w->b.device_no, &d), 0);
    assert_int_equal(d.state, SAM_DEVICE_REVOKED);
    assert_true(intake_epoch(w->centre.in).id != old_epoch);
    assert_false(intake_drain_only(w->centre.in));
    /* and without the journal: nobody can say what was decided */
    centre_stop(&w->centre);
    snprintf(cmd, sizeof cmd, "rm -rf %s", w->centre.journal);
    assert_int_equal(system(cmd), 0);
    centre_start(&w->centre);
    assert_true(intake_drain_only(w->centre.in));
}

/* The store has heard what the journal has not, and the journal has grown beyond: it is another one's. */
static void a_journal_of_another_history_is_not_replayed(void **state)
{
    struct gate *w = *state;
    char cmd[512];
    struct sam_key key = {.entity = SAM_PARTICIPANT};
    struct store_row row;
    centre_stop(&w->centre);
    snprintf(cmd, sizeof cmd, "cp -a %s %s.other", w->centre.folder, w->centre.folder);
    assert_int_equal(system(cmd), 0);
    centre_start(&w->centre);
    assert_int_equal(intake_begin(w->centre.in), 0);
    gate_named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 900", -1, 0);
    assert_int_equal(intake_commit(w->centre.in), 0);
    assert_int_equal(store_checkpoint(intake_store(w->centre.in), true), 0);
    centre_stop(&w->centre);
    snprintf(cmd, sizeof cmd,
             "cd %s && mv samling.db kept && rm samling.db* && rm -r journal && mv %s.other/* . && rmdir %s.other",
             w->centre.folder, w->centre.folder, w->centre.folder);
    assert_int_equal(system(cmd), 0);
    centre_start(&w->centre);
    assert_false(intake_drain_only(w->centre.in));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(intake_begin(w->centre.in), 0);
        key.part[0] = gate_named(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, "Deltaker 901", -1, 0);
        assert_int_equal(intake_commit(w->centre.in), 0);
    }
    centre_stop(&w->centre);
    snprintf(cmd, sizeof cmd, "cd %s && rm -f samling.db* && mv kept samling.db", w->centre.folder);
    assert_int_equal(system(cmd), 0);
    centre_start(&w->centre);
    assert_true(intake_drain_only(w->centre.in));
    assert_int_equal(store_row_get(intake_store(w->centre.in), &key, &row), 0);
    assert_false(row.exists);
}

/* Ops that a device can no longer send do not hold up those that it can. */
static void a_hole_is_recorded_and_passed(void **state)
{
    struct gate *w = *state;
    uint64_t counts[SAM_VERDICT_COUNT], lost, epoch = intake_epoch(w->centre.in).id;
    struct sam_op op = gate_mark(w, 0, 1, 0);
    struct intake_greeting g = hello(w, &w->a, 6, 6, 0x1122334455667788u);
    assert_int_equal(g.error.code, 0);
    assert_int_equal(g.welcome.acked_seq, 5);
    assert_true(g.welcome.acked_chain == 0x1122334455667788u);
    assert_int_equal(store_verdict_counts(intake_store(w->centre.in), w->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 5);
    w->a.seq = 5;
    w->a.chain = 0x1122334455667788u;
    assert_int_equal(gate_push(w, &w->a, &op, 1, epoch).ack.seq, 6);
    assert_int_equal(gate_presence(w, 0), 1);
    assert_int_equal(hello(w, &w->a, 6, 7, 0).error.code, 0); /* the chain goes on behind the hole */
}

/* A device was told to erase itself, and did not: what a restore took for lost comes after all. */
static void a_loss_that_was_assumed_is_taken_back(void **state)
{
    struct gate *w = *state;
    uint64_t counts[SAM_VERDICT_COUNT], lost;
    struct sam_op ops[3] = {gate_mark(w, 0, 1, 0), gate_mark(w, 1, 1, 0), gate_mark(w, 2, 1, 0)};
    assert_int_equal(gate_push(w, &w->a, ops, 1, intake_epoch(w->centre.in).id).ack.seq, 1);
    struct centre_tablet then = w->a;
    centre_backup(&w->centre);
    assert_int_equal(gate_push(w, &w->a, ops + 1, 2, intake_epoch(w->centre.in).id).ack.seq, 3);
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(intake_device_state(w->centre.in, w->a.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(intake_commit(w->centre.in), 0);
    assert_int_equal(hello(w, &w->a, 3, 1, 0).welcome.state, SAM_DEVICE_REVOKED);
    centre_restore(&w->centre);
    assert_int_equal(store_verdict_counts(intake_store(w->centre.in), w->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 2);
    struct intake_greeting g = hello(w, &w->a, 3, 1, 0);
    assert_int_equal(g.error.code, 0);
    assert_int_equal(g.welcome.acked_seq, 1);
    assert_true(g.welcome.acked_chain == then.chain);
    then.greetings = w->a.greetings;
    w->a = then;
    assert_int_equal(gate_push(w, &w->a, ops + 1, 2, intake_epoch(w->centre.in).id).ack.seq, 3);
    assert_int_equal(store_verdict_counts(intake_store(w->centre.in), w->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 0);
    assert_int_equal(counts[SAM_VERDICT_QUARANTINED], 2);
    assert_int_equal(gate_presence(w, 0), 1);
    assert_int_equal(gate_presence(w, 1), -1);
}

/* … and one that has erased itself comes with nothing of it: the loss stands. */
static void a_loss_that_came_true_stands(void **state)
{
    struct gate *w = *state;
    uint64_t counts[SAM_VERDICT_COUNT], lost;
    struct sam_op ops[2] = {gate_mark(w, 0, 1, 0), gate_mark(w, 1, 1, 0)};
    centre_backup(&w->centre);
    assert_int_equal(gate_push(w, &w->a, ops, 2, intake_epoch(w->centre.in).id).ack.seq, 2);
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(intake_device_state(w->centre.in, w->a.device_no, SAM_DEVICE_REVOKED), 0);
    assert_int_equal(intake_commit(w->centre.in), 0);
    hello(w, &w->a, 2, 1, 0);
    centre_restore(&w->centre);
    assert_int_equal(hello(w, &w->a, 2, 3, w->a.chain).welcome.acked_seq, 2);
    assert_int_equal(store_verdict_counts(intake_store(w->centre.in), w->a.device_no, counts, &lost), 0);
    assert_int_equal(lost, 2);
}

/* An op on which the process ended twice while judging it is put aside; its batch goes on. */
static void a_judge_that_crashed_twice_goes_on(void **state)
{
    struct gate *w = *state;
    char path[128];
    struct sam_op ops[2] = {gate_mark(w, 0, 1, 0), gate_mark(w, 1, 1, 0)};
    const uint64_t crashed[4] = {w->a.device_no, 1, 2, 1}; /* op 1 was being judged, for the second time */
    centre_stop(&w->centre);
    snprintf(path, sizeof path, "%s.judging", w->centre.path);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    assert_int_equal(fwrite(crashed, sizeof crashed, 1, f), 1);
    assert_int_equal(fclose(f), 0);
    centre_start(&w->centre);
    assert_int_equal(gate_push(w, &w->a, ops, 2, intake_epoch(w->centre.in).id).ack.seq, 2);
    assert_int_equal(gate_verdicts(w, &w->a, SAM_VERDICT_QUARANTINED), 1);
    assert_int_equal(gate_presence(w, 0), -1);
    assert_int_equal(gate_presence(w, 1), 1);
}

/* What stands in a file, at most ${max} bytes; how many. */
static size_t file_read(const char *path, uint8_t *bytes, size_t max)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(bytes, 1, max, f);
    assert_true(n < max);
    fclose(f);
    return n;
}

/* Another file takes the place of that one. */
static void file_write(const char *path, const uint8_t *bytes, size_t n)
{
    char part[160];
    snprintf(part, sizeof part, "%s.part", path);
    FILE *f = fopen(part, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(rename(part, path), 0);
}

/* The tablet asks again, for its answer never came; then somebody else tries the code. */
static void code_serves_one(struct gate *w, struct sam_join j)
{
    struct intake_joined joined;
    const uint8_t mac[SAM_MAC_BYTES] = {0};
    assert_int_equal(intake_begin(w->centre.in), 0);
    assert_int_equal(intake_join(w->centre.in, &j, (struct sam_span){0}, mac, &joined), 0);
    assert_int_equal(joined.error.code, 0);
    j.key[0] ^= 1;
    assert_int_equal(intake_join(w->centre.in, &j, (struct sam_span){0}, mac, &joined), 0);
    assert_int_equal(joined.error.code, SAM_ERROR_CODE_REFUSED);
    assert_int_equal(intake_commit(w->centre.in), 0);
}

/* The power goes while a join is written down, wherever in it: there is no device whose code may still be used. */
static void a_torn_join_did_not_happen(void **state)
{
    struct gate *w = *state;
    struct centre_tablet t;
    static uint8_t said[64 * 1024];
    char log[128], aside[160];
    snprintf(log, sizeof log, "%s/journal.log", w->centre.journal);
    assert_int_equal(intake_begin(w->centre.in), 0);
    struct sam_join j = centre_invited(&w->centre, w->clinic);
    assert_int_equal(intake_commit(w->centre.in), 0);
    centre_backup(&w->centre);
    size_t before = file_read(log, said, sizeof said);
    assert_int_equal(intake_begin(w->centre.in), 0);
    centre_tablet_joined(&w->centre, &t, &j);
    assert_int_equal(intake_commit(w->centre.in), 0);
    size_t after = file_read(log, said, sizeof said);
    assert_in_range(after - before, 400, 4000); /* a device and an invite */
    for (size_t cut = after; cut >= before; cut -= 29) {
        file_write(log, said, cut);
        centre_restore(&w->centre);
        assert_false(intake_drain_only(w->centre.in));
        code_serves_one(w, j);
    }
    snprintf(aside, sizeof aside, "%s/journal.cut-%zu", w->centre.journal, before);
    assert_int_equal(remove(aside), 0);
    centre_tablet_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_journal_gives_back_what_a_backup_misses, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_journal_of_another_history_is_not_replayed, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_torn_join_did_not_happen, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_hole_is_recorded_and_passed, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_loss_that_was_assumed_is_taken_back, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_loss_that_came_true_stands, gate_setup, gate_teardown),
        cmocka_unit_test_setup_teardown(a_judge_that_crashed_twice_goes_on, gate_setup, gate_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
