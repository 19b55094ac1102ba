/* Goal: the codec and Google's protobuf (tests/golden) agree on every byte of every message, and damage gives an answer. */
#include "proto/base/err.h"
#include "tests/lib/exact.h"
#include "tests/lib/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define BODY_MAX SAM_FRAME_INFLATED_BYTES_MAX

/* ---- frames: decoded and encoded again to the bytes that Google's protobuf made */

/* The numbers that tests/golden/check.py gives: 1000 + tag, in a list 100 more for the second. */
#define IS(field, tag) assert_true((uint64_t)(field) == 1000 + (tag))
#define IS_TEXT(field, tag) assert_string_equal(field, "tekst " #tag " æøå")

static void assert_bytes(struct sam_span got, struct sam_span want)
{
    assert_int_equal(got.len, want.len);
    if (want.len)
        assert_memory_equal(got.ptr, want.ptr, want.len);
}

static void hello_numbered(const union message_any *any)
{
    const struct sam_hello *m = &any->hello;
    IS(m->protocol, 1), IS(m->schema, 2), IS(m->device_no, 3), IS(m->counter, 4), IS(m->clock_s, 5), IS(m->boot, 6);
    IS(m->mono_s, 7), IS(m->last_seq, 8), IS(m->oldest_seq, 9), IS(m->acked_seq, 10), IS(m->acked_chain, 11);
    IS(m->oldest_chain, 12), IS(m->oldest_age_s, 13), IS(m->epoch, 14);
    assert_int_equal(m->ticket_len, 256);
    assert_int_equal(m->ticket[255], 255);
    assert_true(m->erased);
    assert_string_equal(m->app, "tekst 17 æøå");
    assert_string_equal(m->model, "tekst 18 æøå");
}

static void welcome_numbered(const union message_any *any)
{
    const struct sam_welcome *m = &any->welcome;
    IS(m->epoch, 1), IS(m->acked_seq, 2), IS(m->acked_chain, 3), IS(m->server_time_s, 6), IS(m->safe_seq, 8);
    IS(m->audit_count, 9), IS(m->audit_head, 10);
    assert_int_equal(m->tier, 1);
    assert_int_equal(m->state, SAM_DEVICE_WIPED);
    assert_int_equal(m->range_count, 2);
    IS(m->range[0].first_seq, 1), IS(m->range[1].first_csn, 2), IS(m->range[1].count, 3);
}

static void push_numbered(const union message_any *any)
{
    const struct sam_push *m = &any->push;
    struct sam_walk ops = {m->body}, origins = {m->body};
    struct sam_span op;
    struct sam_origin o;
    IS(m->first_seq, 1), IS(m->epoch, 2), IS(m->chain, 3);
    assert_int_equal(m->op_count, 2);
    assert_int_equal(m->origin_count, 2);
    assert_int_equal(sam_push_next_op(&ops, &op), 1);
    assert_bytes(op, (struct sam_span){(const uint8_t *)"op", 3});
    assert_int_equal(sam_push_next_origin(&origins, &o), 1);
    IS(o.index, 1), IS(o.device_no, 2), IS(o.seq, 3), IS(o.epoch, 5), IS(o.csn, 6);
    assert_int_equal(o.hash[15], 15);
}

static void ack_numbered(const union message_any *any)
{
    IS(any->ack.seq, 1), IS(any->ack.csn, 2), IS(any->ack.centre_seq, 3);
}

static void pull_numbered(const union message_any *any)
{
    const struct sam_pull *m = &any->pull;
    IS(m->epoch, 1), IS(m->csn, 2), IS(m->verdict_csn, 3), IS(m->low, 4), IS(m->run, 5), IS(m->scope, 6),
        IS(m->entity, 7);
    IS(m->at_csn, 8), IS(m->filling[0], 9), IS(m->filling[1], 109);
    assert_int_equal(m->filling_count, 2);
    assert_true(m->verify);
}

static void scopes_numbered(const union message_any *any)
{
    const struct sam_scopes *m = &any->scopes;
    assert_int_equal(m->scope_count, 2);
    IS(m->scope[1].id, 1), IS(m->scope[1].since_csn, 2), IS(m->cut_csn, 3);
    assert_true(m->cut);
}

static void changes_numbered(const union message_any *any)
{
    const struct sam_changes *m = &any->changes;
    IS(m->scope, 1), IS(m->entity, 2), IS(m->at_csn, 3), IS(m->low, 4), IS(m->run, 5);
    assert_true(m->fill);
    assert_int_equal(m->row_count, 2);
}

static void scope_end_numbered(const union message_any *any)
{
    const struct sam_scope_end *m = &any->scope_end;
    IS(m->scope, 1), IS(m->csn, 2), IS(m->rows, 3), IS(m->sum, 4), IS(m->window_day, 5);
}

static void snap_get_numbered(const union message_any *any)
{
    const struct sam_snap_get *m = &any->snap_get;
    IS(m->scope, 1), IS(m->entity, 2), IS(m->after[0], 3), IS(m->after[1], 103), IS(m->start_csn, 4);
    assert_int_equal(m->after_count, 2);
    assert_true(m->filled);
}

static void snap_chunk_numbered(const union message_any *any)
{
    const struct sam_snap_chunk *m = &any->snap_chunk;
    IS(m->scope, 1), IS(m->entity, 2), IS(m->after[0], 3), IS(m->after[1], 103), IS(m->start_csn, 4),
        IS(m->total_rows, 5);
    IS(m->hash, 7);
    assert_true(m->last);
    assert_int_equal(m->after_count, 2);
    assert_int_equal(m->row_count, 2);
}

static void verdicts_numbered(const union message_any *any)
{
    const struct sam_verdicts *m = &any->verdicts;
    assert_int_equal(m->count, 2);
    IS(m->csn, 2), IS(m->at[1].seq, 1), IS(m->at[1].case_id, 4);
    assert_int_equal(m->at[1].kind, SAM_VERDICT_LOST);
    assert_int_equal(m->at[1].reason, SAM_REASON_ERASED);
}

static void join_numbered(const union message_any *any)
{
    const struct sam_join *m = &any->join;
    IS(m->protocol, 1), IS(m->schema, 2), IS(m->parent, 6), IS(m->fork_seq, 7);
    assert_int_equal(m->code_len, 16);
    assert_int_equal(m->key_len, 32);
    assert_int_equal(m->code[15], 15);
    assert_int_equal(m->key[31], 63);
    IS_TEXT(m->label, 5);
}

static void joined_numbered(const union message_any *any)
{
    const struct sam_joined *m = &any->joined;
    IS(m->device_no, 1), IS(m->org, 4), IS(m->server_time_s, 6);
    assert_int_equal(m->state, SAM_DEVICE_WIPED);
    assert_int_equal(m->ticket_len, 200);
    assert_int_equal(m->ticket[199], 199);
    IS_TEXT(m->clinic, 5);
}

static void ping_numbered(const union message_any *any)
{
    IS(any->ping.number, 1);
    assert_true(any->ping.reply);
}

static void bye_numbered(const union message_any *any)
{
    IS(any->bye.retry_after_s, 1);
    IS_TEXT(any->bye.text, 2);
}

static void error_numbered(const union message_any *any)
{
    const struct sam_error *m = &any->error;
    assert_int_equal(m->code, SAM_ERROR_DRAIN_ONLY);
    IS(m->expected, 2), IS(m->retry_after_s, 3), IS(m->chain[0], 5), IS(m->chain[1], 105);
    assert_int_equal(m->chain_count, 2);
    IS_TEXT(m->text, 4);
}

static const struct {
    const char *name;
    void (*check)(const union message_any *m);
} numbered[] = {
    {"Hello", hello_numbered},       {"Welcome", welcome_numbered},
    {"Push", push_numbered},         {"Ack", ack_numbered},
    {"Pull", pull_numbered},         {"Scopes", scopes_numbered},
    {"Changes", changes_numbered},   {"ScopeEnd", scope_end_numbered},
    {"SnapGet", snap_get_numbered},  {"SnapChunk", snap_chunk_numbered},
    {"Verdicts", verdicts_numbered}, {"Join", join_numbered},
    {"Joined", joined_numbered},     {"Ping", ping_numbered},
    {"Bye", bye_numbered},           {"Error", error_numbered},
};

static void numbered_check(const char *name, const union message_any *m)
{
    for (size_t i = 0; i < COUNT(numbered); i++)
        if (!strcmp(numbered[i].name, name))
            numbered[i].check(m);
}

/* Heads are encoded by the codec; ops, origins and rows, which it leaves in the body, are added behind the head. The
 * SnapChunk's and Changes' rows and the Push's lists have the largest tags, so the order is Google's. */
static void lists_add(struct sam_buf *b, const char *name, const union message_any *m)
{
    struct sam_span item;
    struct sam_origin o;
    struct sam_walk w;
    if (!strcmp(name, "Push")) {
        for (w = (struct sam_walk){m->push.body}; sam_push_next_op(&w, &item) == 1;)
            assert_int_equal(sam_push_add_op(b, item), 0);
        for (w = (struct sam_walk){m->push.body}; sam_push_next_origin(&w, &o) == 1;)
            assert_int_equal(sam_push_add_origin(b, &o), 0);
    } else if (!strcmp(name, "Changes")) {
        for (w = (struct sam_walk){m->changes.body}; sam_changes_next_row(&w, &item) == 1;)
            assert_int_equal(sam_changes_add_row(b, item), 0);
    } else if (!strcmp(name, "SnapChunk")) {
        for (w = (struct sam_walk){m->snap_chunk.body}; sam_snap_next_row(&w, &item) == 1;)
            assert_int_equal(sam_snap_add_row(b, item), 0);
    }
}

static unsigned nibble(char c)
{
    assert_true((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void each_golden(void (*check)(const struct message *type, struct sam_span bytes, const char *text))
{
    FILE *f = fopen("tests/golden/messages.hex", "r");
    char *line = malloc(65536);
    uint8_t *bytes = malloc(32768);
    unsigned count = 0;
    assert_non_null(f);
    assert_non_null(line);
    assert_non_null(bytes);
    while (fgets(line, 65536, f)) {
        char *hex = strchr(line, '\t'), *text = hex ? strchr(hex + 1, '\t') : NULL;
        if (!text) {
            fail_msg("line %u of the golden file has no three parts", count + 1);
            break;
        }
        *hex++ = *text++ = 0;
        size_t n = strlen(hex) / 2;
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
        struct sam_span in = exact(bytes, n);
        check(message_named(line), in, text);
        exact_free(in);
        count++;
    }
    assert_true(count > 300);
    free(line);
    free(bytes);
    fclose(f);
}

static void golden_check(const struct message *type, struct sam_span in, const char *text)
{
    union message_any *m = malloc(sizeof *m);
    struct sam_buf b;
    assert_non_null(m);
    memset(m, 0xa5, sizeof *m);
    int rc = type->decode(in, m);
    if (rc)
        fail_msg("%s does not decode: %s", type->name, text);
    sam_buf_init(&b, BODY_MAX);
    assert_int_equal(type->encode(&b, m), 0);
    lists_add(&b, type->name, m);
    struct sam_span out = sam_buf_peek(&b);
    if (out.len != in.len || (in.len && memcmp(out.ptr, in.ptr, in.len) != 0))
        fail_msg("%s is encoded otherwise: %s", type->name, text);
    if (strstr(text, ": 1001") || strstr(text, ": 1002") || strstr(text, "tekst 4"))
        numbered_check(type->name, m);
    sam_buf_fini(&b);
    free(m);
}

static void test_golden(void **state)
{
    (void)state;
    each_golden(golden_check);
}

/* Every prefix, and every byte changed, of every golden message. */
static void damage_check(const struct message *type, struct sam_span in, const char *text)
{
    union message_any *m = malloc(sizeof *m);
    uint32_t seed = 1;
    (void)text;
    assert_non_null(m);
    for (size_t cut = 0; cut < in.len; cut++) {
        struct sam_span part = exact(in.ptr, cut);
        int rc = type->decode(part, m);
        assert_true(rc == 0 || rc == SAM_EPROTO || rc == SAM_ETOOBIG);
        exact_free(part);
    }
    uint8_t *p = (uint8_t *)(uintptr_t)in.ptr;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t was = p[i];
        seed = seed * 1664525u + 1013904223u;
        p[i] = (uint8_t)(seed >> 24);
        int rc = type->decode(in, m);
        assert_true(rc == 0 || rc == SAM_EPROTO || rc == SAM_ETOOBIG);
        p[i] = was;
    }
    free(m);
}

static void test_golden_damaged(void **state)
{
    (void)state;
    each_golden(damage_check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
