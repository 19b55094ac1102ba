/* Goal: the sync that proto/README.md shows byte by byte (tests/golden/transcript.hex) is what both roles say and
 * understand. */
#include "proto/base/err.h"
#include "proto/sync/sync.h"
#include "proto/wire/crypto.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EPOCH 0x1122334455667788u
#define OF_CENTRE(n) (1ull << 40 | (n))
#define SCOPE_GROUP OF_CENTRE(5)

enum { FRAMES_MAX = 16 };

static struct {
    char direction;
    char name[16];
    uint8_t bytes[512];
    size_t len;
} frame[FRAMES_MAX];
static size_t frame_count;
static struct sam_mac_key *hello_key, *push_key;

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}
static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Hex at the front of a line, up to the two spaces before the words. */
static void line_read(const char *line)
{
    for (; is_hex(line[0]) && is_hex(line[1]); line += line[2] == ' ' ? 3 : 2) {
        assert_true(frame[frame_count - 1].len < sizeof frame[0].bytes);
        frame[frame_count - 1].bytes[frame[frame_count - 1].len++] = (uint8_t)(nibble(line[0]) << 4 | nibble(line[1]));
    }
}

static int setup(void **state)
{
    (void)state;
    uint8_t key[SAM_KEY_BYTES];
    char line[256];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    FILE *f = fopen("tests/golden/transcript.hex", "r");
    if (!f || sam_crypto_start())
        return -1;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '>' || line[0] == '<') {
            frame[frame_count].direction = line[0];
            sscanf(line + 2, "%15s", frame[frame_count].name);
            frame_count++;
        } else {
            line_read(line);
        }
    }
    fclose(f);
    hello_key = sam_mac_key_new(key, "hello");
    push_key = sam_mac_key_new(key, "push");
    return frame_count == 7 && hello_key && push_key ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    sam_mac_key_free(hello_key);
    sam_mac_key_free(push_key);
    return 0;
}

static size_t frame_named(const char *name)
{
    for (size_t i = 0; i < frame_count; i++)
        if (!strcmp(frame[i].name, name))
            return i;
    fail_msg("no frame %s", name);
    return 0;
}

static void assert_said(const struct sam_buf *out, const char *name)
{
    size_t i = frame_named(name);
    assert_int_equal(sam_buf_len(out), frame[i].len);
    assert_memory_equal(sam_buf_peek(out).ptr, frame[i].bytes, frame[i].len);
}

/* ---- the two marks */

static struct sam_row mark(unsigned which)
{
    struct sam_row row;
    sam_row_init(&row, SAM_ATTENDANCE);
    row.key.part[0] = OF_CENTRE(9);
    row.key.part[1] = OF_CENTRE(17 + which);
    sam_row_set(&row, SAM_ATTENDANCE_presence, which ? 2 : 1);
    sam_row_set(&row, SAM_ATTENDANCE_evidence, 2);
    if (which)
        sam_row_set(&row, SAM_ATTENDANCE_reason, 3);
    return row;
}

static void assert_mark(const struct sam_row *row, unsigned which)
{
    struct sam_row want = mark(which);
    assert_true(sam_key_equal(&row->key, &want.key));
    assert_int_equal(row->present, want.present);
    assert_true(sam_row_unit_equal(row, &want, 0));
}

static void chain_on(uint64_t *chain, struct sam_span op)
{
    uint8_t hash[SAM_HASH_BYTES];
    assert_int_equal(sam_sha256(op.ptr, op.len, hash), 0);
    assert_int_equal(sam_chain_next(*chain, hash, chain), 0);
}

/* ---- the device's role: says what the transcript says, understands what comes */

struct device {
    unsigned welcomes, acks, changes, ends;
};

static int device_welcome(void *host, const struct sam_welcome *w)
{
    ((struct device *)host)->welcomes++;
    assert_true(w->epoch == EPOCH && w->acked_seq == 0 && w->acked_chain == 0);
    assert_true(w->server_time_s == 1764000002 && w->state == SAM_DEVICE_ACTIVE && w->range_count == 0);
    return 0;
}

static int device_ack(void *host, const struct sam_ack *a)
{
    ((struct device *)host)->acks++;
    assert_true(a->seq == 2 && a->csn == 42 && a->centre_seq == 0);
    return 0;
}

static int device_changes(void *host, const struct sam_changes *c)
{
    struct sam_walk w = {c->body};
    struct sam_span bytes;
    struct sam_row_state row;
    ((struct device *)host)->changes++;
    assert_true(c->scope == SCOPE_GROUP && c->entity == SAM_ATTENDANCE && c->at_csn == 42 && c->low == 40 &&
                c->run == 42 && !c->fill);
    assert_int_equal(c->row_count, 2);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(sam_changes_next_row(&w, &bytes), 1);
        assert_int_equal(sam_row_state_decode(bytes, &row), 0);
        assert_true(row.csn == 41 + i && row.units == 0 && row.gone == SAM_HERE);
        assert_mark(&row.row, i);
    }
    assert_int_equal(sam_changes_next_row(&w, &bytes), 0);
    return 0;
}

/* What the scope holds after the run, for its checksum. */
static const struct {
    struct sam_key key;
    uint64_t csn;
} rows[] = {
    {{SAM_GROUP, {OF_CENTRE(5)}}, 12},
    {{SAM_SESSION, {OF_CENTRE(9)}}, 13},
    {{SAM_PARTICIPANT, {OF_CENTRE(17)}}, 20},
    {{SAM_PARTICIPANT, {OF_CENTRE(18)}}, 21},
    {{SAM_ENROLMENT, {OF_CENTRE(5), OF_CENTRE(17)}}, 22},
    {{SAM_ENROLMENT, {OF_CENTRE(5), OF_CENTRE(18)}}, 23},
    {{SAM_USER, {OF_CENTRE(3)}}, 30},
    {{SAM_ATTENDANCE, {OF_CENTRE(9), OF_CENTRE(17)}}, 41},
    {{SAM_ATTENDANCE, {OF_CENTRE(9), OF_CENTRE(18)}}, 42},
};

static uint64_t scope_sum(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        sum += sam_sum_mix(&rows[i].key, rows[i].csn);
    return sum;
}

static int device_scope_end(void *host, const struct sam_scope_end *e)
{
    ((struct device *)host)->ends++;
    assert_true(e->scope == 0 && e->csn == 42 && e->rows == sizeof rows / sizeof rows[0] && e->window_day == 20332);
    assert_true(e->sum == scope_sum());
    return 0;
}

static const struct sam_sync_ops device_ops = {
    .welcome = device_welcome, .ack = device_ack, .changes = device_changes, .scope_end = device_scope_end};

static void test_device(void **state)
{
    (void)state;
    struct device host = {0};
    struct sam_buf out, in, body, op_bytes;
    sam_buf_init(&out, 4096);
    sam_buf_init(&in, 4096);
    sam_buf_init(&body, 4096);
    sam_buf_init(&op_bytes, 4096);
    struct sam_zip *zip = sam_zip_new();
    sam_zip_plain(zip);
    struct sam_sync *s = sam_sync_new(SAM_ROLE_DEVICE, &device_ops, &host, zip, &out);
    assert_non_null(s);

    struct sam_hello hello = {.protocol = 1,
                              .schema = 4,
                              .device_no = 2,
                              .counter = 7,
                              .clock_s = 1764000000,
                              .boot = 0x0123456789abcdefu,
                              .mono_s = 300,
                              .last_seq = 2,
                              .oldest_seq = 1,
                              .oldest_age_s = 60,
                              .epoch = EPOCH};
    assert_int_equal(sam_sync_send_hello(s, &hello, hello_key), 0);
    assert_said(&out, "HELLO");
    sam_buf_clear(&out);

    uint64_t chain = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct sam_op op = {
            .user = OF_CENTRE(3), .claimed_s = 1763999940, .utc_offset_min = 60, .base_csn = 40, .row = mark(i)};
        sam_buf_clear(&op_bytes);
        assert_int_equal(sam_op_encode(&op_bytes, &op), 0);
        assert_int_equal(sam_push_add_op(&body, sam_buf_peek(&op_bytes)), 0);
        chain_on(&chain, sam_buf_peek(&op_bytes));
    }
    assert_int_equal(sam_push_seal(push_key, 2, &(struct sam_push){.first_seq = 1, .chain = chain}, 2, 0, &body), 0);
    assert_int_equal(sam_sync_send_push(s, sam_buf_peek(&body)), 0);
    assert_said(&out, "PUSH");
    sam_buf_clear(&out);

    assert_int_equal(sam_sync_send_pull(s, &(struct sam_pull){.csn = 40, .verdict_csn = 40}), 0);
    assert_said(&out, "PULL");
    sam_buf_clear(&out);

    for (size_t i = 0; i < frame_count; i++)
        for (size_t at = 0; frame[i].direction == '<' && at < frame[i].len; at++) {
            assert_int_equal(sam_buf_add(&in, frame[i].bytes + at, 1), 0);
            assert_int_equal(sam_sync_feed(s, &in), 0);
        }
    assert_true(host.welcomes == 1 && host.acks == 1 && host.changes == 1 && host.ends == 1);
    assert_int_equal(sam_sync_pushes_unacked(s), 0);
    assert_int_equal(sam_buf_len(&out), 0);
    sam_sync_free(s);
    sam_zip_free(zip);
    sam_buf_fini(&out);
    sam_buf_fini(&in);
    sam_buf_fini(&body);
    sam_buf_fini(&op_bytes);
}

/* ---- the centre's role */

struct centre {
    struct sam_sync *s;
    struct sam_buf *out;
    unsigned hellos, pushes, pulls;
};

static int centre_hello(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac)
{
    struct centre *c = host;
    uint8_t want[SAM_MAC_BYTES];
    c->hellos++;
    assert_int_equal(sam_mac(hello_key, SAM_FRAME_HELLO, body, (struct sam_span){0}, want), 0);
    assert_memory_equal(mac, want, sizeof want);
    assert_true(h->device_no == 2 && h->counter == 7 && h->clock_s == 1764000000 && h->boot == 0x0123456789abcdefu);
    assert_true(h->mono_s == 300 && h->last_seq == 2 && h->oldest_seq == 1 && h->acked_seq == 0 &&
                h->oldest_age_s == 60 && h->epoch == EPOCH);
    assert_int_equal(
        sam_sync_send_welcome(
            c->s, &(struct sam_welcome){.epoch = EPOCH, .server_time_s = 1764000002, .state = SAM_DEVICE_ACTIVE}),
        0);
    assert_said(c->out, "WELCOME");
    sam_buf_clear(c->out);
    return 0;
}

static int centre_push(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
                       const uint8_t *mac)
{
    struct centre *c = host;
    struct sam_walk w = {p->body};
    struct sam_span bytes;
    uint64_t chain = 0;
    uint8_t tail[SAM_PUSH_TAIL_BYTES], want[SAM_MAC_BYTES];
    c->pushes++;
    assert_false(as_sent->deflated);
    assert_true(p->first_seq == 1 && p->epoch == 0 && p->op_count == 2 && p->origin_count == 0);
    for (unsigned i = 0; i < 2; i++) {
        struct sam_op op;
        assert_int_equal(sam_push_next_op(&w, &bytes), 1);
        assert_int_equal(sam_op_decode(bytes, &op), 0);
        assert_true(op.user == OF_CENTRE(3) && op.claimed_s == 1763999940 && op.utc_offset_min == 60 &&
                    op.base_csn == 40);
        assert_true(op.kind == SAM_OP_SET && op.clear == 0 && !op.row.newer);
        assert_int_equal(sam_op_validate(&op, false), SAM_REASON_NONE);
        assert_mark(&op.row, i);
        chain_on(&chain, bytes);
    }
    assert_true(chain == p->chain);
    sam_push_tail(tail, 2, 1, 2, 0, chain);
    assert_int_equal(sam_mac(push_key, SAM_FRAME_PUSH, body, (struct sam_span){tail, sizeof tail}, want), 0);
    assert_memory_equal(mac, want, sizeof want);
    assert_int_equal(sam_sync_send_ack(c->s, &(struct sam_ack){.seq = 2, .csn = 42}), 0);
    assert_said(c->out, "ACK");
    sam_buf_clear(c->out);
    return 0;
}

static int centre_pull(void *host, const struct sam_pull *p)
{
    struct centre *c = host;
    struct sam_buf body, row_bytes;
    c->pulls++;
    assert_true(p->epoch == 0 && p->csn == 40 && p->verdict_csn == 40 && p->filling_count == 0 && !p->verify &&
                p->run == 0);
    sam_buf_init(&body, 4096);
    sam_buf_init(&row_bytes, 4096);
    struct sam_changes changes = {.scope = SCOPE_GROUP, .entity = SAM_ATTENDANCE, .at_csn = 42, .low = 40, .run = 42};
    assert_int_equal(sam_changes_encode(&body, &changes), 0);
    for (unsigned i = 0; i < 2; i++) {
        sam_buf_clear(&row_bytes);
        assert_int_equal(sam_row_state_encode(&row_bytes, &(struct sam_row_state){.csn = 41 + i, .row = mark(i)}), 0);
        assert_int_equal(sam_changes_add_row(&body, sam_buf_peek(&row_bytes)), 0);
    }
    assert_int_equal(sam_sync_send(c->s, SAM_FRAME_CHANGES, sam_buf_peek(&body)), 0);
    assert_said(c->out, "CHANGES");
    sam_buf_clear(c->out);
    sam_buf_clear(&body);
    struct sam_scope_end end = {
        .csn = 42, .rows = sizeof rows / sizeof rows[0], .sum = scope_sum(), .window_day = 20332};
    assert_int_equal(sam_scope_end_encode(&body, &end), 0);
    assert_int_equal(sam_sync_send(c->s, SAM_FRAME_SCOPE_END, sam_buf_peek(&body)), 0);
    assert_said(c->out, "SCOPE_END");
    sam_sync_served(c->s);
    sam_buf_fini(&body);
    sam_buf_fini(&row_bytes);
    return 0;
}

static const struct sam_sync_ops centre_ops = {.hello = centre_hello, .push = centre_push, .pull = centre_pull};

static void test_centre(void **state)
{
    (void)state;
    struct sam_buf out, in;
    sam_buf_init(&out, 4096);
    sam_buf_init(&in, 4096);
    struct centre host = {.out = &out};
    struct sam_zip *zip = sam_zip_new();
    sam_zip_plain(zip);
    host.s = sam_sync_new(SAM_ROLE_CENTRE, &centre_ops, &host, zip, &out);
    assert_non_null(host.s);
    for (size_t i = 0; i < frame_count; i++)
        for (size_t at = 0; frame[i].direction == '>' && at < frame[i].len; at++) {
            assert_int_equal(sam_buf_add(&in, frame[i].bytes + at, 1), 0);
            assert_int_equal(sam_sync_feed(host.s, &in), 0);
        }
    assert_true(host.hellos == 1 && host.pushes == 1 && host.pulls == 1);
    sam_sync_free(host.s);
    sam_zip_free(zip);
    sam_buf_fini(&out);
    sam_buf_fini(&in);
}

/* The specification shows these very bytes. */
static void test_readme(void **state)
{
    (void)state;
    FILE *readme = fopen("proto/README.md", "r"), *hex = fopen("tests/golden/transcript.hex", "r");
    char want[256], line[65536 / 8];
    assert_non_null(readme);
    assert_non_null(hex);
    assert_non_null(fgets(want, sizeof want, hex));
    bool found = false;
    while (!found && fgets(line, sizeof line, readme))
        found = strcmp(line, want) == 0;
    if (!found)
        fail_msg("proto/README.md has no transcript");
    while (fgets(want, sizeof want, hex)) {
        if (!fgets(line, sizeof line, readme) || (strcmp(line, want) != 0 && strcmp(line, "```\n") != 0))
            fail_msg("proto/README.md shows otherwise: %s", want);
    }
    fclose(readme);
    fclose(hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_device), cmocka_unit_test(test_centre),
                                       cmocka_unit_test(test_readme)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
