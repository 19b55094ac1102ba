/* Goal: what no sound centre says is refused by a tablet, number by number, and changes nothing on it; and what its own store cannot be
 * (an op is missing, cannot be read, a list is too long) is told instead of being sent or shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client-sdk/src/outbox.h"
#include "client-sdk/src/run.h"
#include "tests/lib/ward.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOO_LARGE ((uint64_t)INT64_MAX + 1)

static struct sam_scopes list; /* large */

/* Each attempt is a transaction of its own that is taken back, as a conversation's is. */
static void begin(samling *s)
{
    assert_int_equal(sam_store_begin(&s->store), 0);
}

static void refused(samling *s, int err, int want)
{
    assert_int_equal(err, want);
    sam_undo(s);
}

static void list_of(const samling *s)
{
    list = (struct sam_scopes){.scope_count = s->held.count};
    for (unsigned i = 0; i < s->held.count; i++)
        list.scope[i] = (struct sam_scope){s->held.at[i].id, s->held.at[i].since_csn};
}

static void sql(samling *s, const char *text)
{
    assert_int_equal(sqlite3_exec(s->store.db, text, NULL, NULL, NULL), SQLITE_OK);
}

static void marked(struct ward *w)
{
    struct samling_mark mark = SAMLING_MARK_INIT;
    mark.session = w->session;
    mark.participant = w->person;
    mark.presence = 1;
    assert_int_equal(samling_mark(w->a->s, w->user, &mark), 0);
}

/* ---- lists of scopes */

static void lists(struct ward *w)
{
    static const struct sam_scope bad[] = {{0, 1}, {TOO_LARGE, 1}, {77, TOO_LARGE}};
    ward_meet(w);
    samling *s = w->a->s;
    unsigned count = s->held.count;
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        list_of(s);
        list.scope[list.scope_count++] = bad[i];
        begin(s);
        refused(s, sam_run_scopes(s, &list), SAM_EPROTO);
        assert_int_equal(s->held.count, count);
    }
    struct sam_held *h = &s->held.at[0], *out;
    uint64_t csn = h->csn;
    assert_true(sam_held_complete(h) && csn > 1);
    list_of(s);
    list.scope[0].since_csn =
        h->since_csn + 1 < csn ? h->since_csn + 1 : csn; /* given anew before it was complete: as it was */
    begin(s);
    assert_int_equal(sam_run_scopes(s, &list), 0);
    assert_true(sam_held_complete(h) && h->since_csn == list.scope[0].since_csn);
    list.scope[0].since_csn = csn + 1; /* taken away and given again since: what changed between was never sent */
    assert_int_equal(sam_run_scopes(s, &list), 0);
    assert_true(!sam_held_complete(h) && h->slot && h->fill_slot);
    list.scope[0].since_csn = csn + 2; /* and once more, while it is filled */
    assert_int_equal(sam_run_scopes(s, &list), 0);
    assert_true(!sam_held_complete(h) && h->since_csn == csn + 2);
    sam_undo(s);
    begin(s);
    while (s->held.count < SAM_SCOPES_MAX)
        assert_int_equal(sam_held_add(s, 1000 + s->held.count, 1, &out), 0);
    assert_int_equal(sam_held_add(s, 999, 1, &out), SAM_ETOOBIG);
    assert_null(out);
    sql(s, "INSERT INTO scope SELECT 998, since_csn, slot, csn, epoch, rows, sum, window_day, fill_slot, fill_epoch, "
           "fill_start, fill_entity, fill_after, filled, fill_rows, fill_sum, fill_total FROM scope LIMIT 1");
    refused(s, sam_held_load(s), SAM_ECORRUPT);
    assert_int_equal(s->held.count, count);
    ward_meet(w);
}

/* The centre lost what lies behind a csn: what is complete up to there is held on to, the rest is filled anew. */
static void cuts(struct ward *w)
{
    ward_meet(w);
    samling *s = w->a->s;
    uint64_t csn = s->held.at[0].csn;
    list = (struct sam_scopes){.cut = true, .cut_csn = csn};
    begin(s);
    assert_int_equal(sam_run_scopes(s, &list), 0);
    assert_true(sam_held_complete(&s->held.at[0]));
    assert_int_equal(sam_meta(s, run_csn), csn);
    assert_int_equal(sam_meta_put(s, verdict_csn, csn), 0);
    list.cut_csn = csn - 1;
    assert_int_equal(sam_run_scopes(s, &list), 0);
    assert_false(sam_held_complete(&s->held.at[0]));
    assert_int_equal(sam_meta(s, run_csn), 0);
    assert_true(sam_meta(s, verdict_csn) == SAM_VERDICTS_ANEW);
    sam_undo(s);
    ward_meet(w);
}

/* ---- changes and ends */

static void changes(struct ward *w)
{
    ward_meet(w);
    samling *s = w->a->s;
    struct sam_held *h = &s->held.at[0];
    const struct sam_changes good = {.scope = h->id, .run = 9, .low = 1, .at_csn = 2, .entity = SAM_PARTICIPANT};
    struct sam_changes c[6] = {good, good, good, good, good, good};
    c[0].run = 0;
    c[1].run = TOO_LARGE;
    c[2].low = TOO_LARGE;
    c[3].at_csn = TOO_LARGE;
    c[4].scope = 12345;
    c[5].fill = true; /* nothing is being filled */
    for (unsigned i = 0; i < 6; i++) {
        begin(s);
        refused(s, sam_run_changes(s, &c[i]), SAM_EPROTO);
        assert_int_equal(sam_meta(s, place_run), 0);
    }
    begin(s);
    assert_int_equal(sam_held_refill(s, h), 0);
    assert_int_equal(sam_run_changes(s, &good),
                     0); /* it became one to fill after the PULL had gone out: the place is kept */
    assert_int_equal(sam_meta(s, place_run), 9);
    c[5].fill = true; /* not all chunks are here */
    refused(s, sam_run_changes(s, &c[5]), SAM_EPROTO);
    struct sam_buf noise;
    sam_buf_init(&noise, 100);
    assert_int_equal(sam_changes_add_row(&noise, (struct sam_span){(const uint8_t *)"\xff\xff", 2}), 0);
    c[5] = good; /* a row that cannot be read is not passed over */
    c[5].body = sam_buf_peek(&noise);
    begin(s);
    refused(s, sam_run_changes(s, &c[5]), SAM_EPROTO);
    sam_buf_fini(&noise);
    bool equal = true;
    uint64_t epoch = sam_meta(s, run_epoch), csn = sam_meta(s, run_csn);
    struct sam_scope_end end = {.csn = TOO_LARGE};
    begin(s);
    refused(s, sam_run_end(s, &end, epoch, &equal), SAM_EPROTO);
    end.csn = csn - 1; /* backwards within one epoch (I7) */
    begin(s);
    refused(s, sam_run_end(s, &end, epoch, &equal), SAM_EPROTO);
    assert_false(equal);
    assert_int_equal(sam_meta(s, run_csn), csn);
    ward_meet(w);
}

/* What a verifying end says of a scope: it agrees, or the scope is filled anew. */
static void verdicts_of_a_sum(struct ward *w)
{
    ward_meet(w);
    samling *s = w->a->s;
    struct sam_held *h = &s->held.at[0];
    struct sam_scope_end e = {
        .scope = h->id, .csn = h->csn, .rows = h->rows, .sum = h->sum, .window_day = (int32_t)h->window_day};
    begin(s);
    assert_int_equal(sam_run_verify(s, h, &e), 0);
    assert_true(sam_held_complete(h));
    e.rows++;
    assert_int_equal(sam_run_verify(s, h, &e), 0);
    assert_false(sam_held_complete(h));
    sam_undo(s);
    e.rows--;
    e.sum++;
    begin(s);
    h = &s->held.at[0];
    assert_int_equal(sam_run_verify(s, h, &e), 0);
    assert_false(sam_held_complete(h));
    sam_undo(s);
    e.sum--;
    begin(s);
    h = &s->held.at[0];
    h->suspect = true; /* a change came for a row that is not here */
    assert_int_equal(sam_run_verify(s, h, &e), 0);
    assert_false(sam_held_complete(h));
    sam_undo(s);
    ward_meet(w);
}

/* Under another epoch: the place of a run that broke off, and fills that began, count no more. */
static void another_epoch(struct ward *w)
{
    ward_meet(w);
    samling *s = w->a->s;
    struct sam_held *h = &s->held.at[0];
    uint64_t epoch = sam_meta(s, run_epoch);
    begin(s);
    assert_int_equal(sam_meta_put(s, place_run, 9), 0);
    assert_int_equal(sam_meta_put(s, place_epoch, epoch), 0);
    assert_int_equal(sam_held_refill(s, h), 0);
    h->fill_start = 5;
    h->fill_epoch = epoch;
    assert_int_equal(sam_run_welcome(s, epoch), 0);
    assert_true(sam_meta(s, place_run) == 9 && h->fill_start == 5);
    assert_int_equal(sam_run_welcome(s, epoch + 1), 0);
    assert_true(sam_meta(s, place_run) == 0 && h->fill_start == 0);
    sam_undo(s);
    begin(s);
    h = &s->held.at[0];
    uint64_t slot = h->slot;
    assert_int_equal(sam_run_welcome(s, epoch + 1), 0);
    assert_true(sam_held_complete(h)); /* complete up to the cursor: PULL asks whether that still counts */
    h->csn = sam_meta(s, run_csn) + 1;
    assert_int_equal(sam_run_welcome(s, epoch), 0);
    assert_true(sam_held_complete(h));
    assert_int_equal(sam_run_welcome(s, epoch + 1), 0);
    assert_true(!sam_held_complete(h) && h->slot == slot);
    sam_undo(s);
    ward_meet(w);
}

/* ---- acks and ranges */

static void acks(struct ward *w)
{
    marked(w);
    ward_meet(w);
    marked(w);
    samling *s = w->a->s;
    uint64_t last = sam_meta(s, last_seq), acked = sam_meta(s, acked_seq);
    assert_int_equal(acked, last - 1);
    begin(s);
    refused(s, sam_outbox_acked(s, last + 1, 9, 1), SAM_EPROTO); /* of what was never said */
    begin(s);
    refused(s, sam_outbox_acked(s, last, TOO_LARGE, 1), SAM_EPROTO);
    const uint64_t range[][3] = {{0, 1, 9},    {last, 0, 9},         {last, TOO_LARGE, 9},
                                 {last, 1, 0}, {last, 1, TOO_LARGE}, {last + 1, 1, 9},
                                 {last, 2, 9}};
    for (unsigned i = 0; i < sizeof range / sizeof *range; i++) {
        begin(s);
        refused(s, sam_outbox_range(s, range[i][0], range[i][1], range[i][2], 1), SAM_EPROTO);
    }
    begin(s);
    assert_int_equal(sam_outbox_acked(s, acked, 9, 1), 0); /* known */
    assert_int_equal(sam_meta(s, acked_seq), acked);
    assert_int_equal(sam_meta_put(s, safe_seq, acked), 0);
    assert_int_equal(sam_outbox_back(s, acked - 1), 0); /* a restored centre has less */
    assert_true(sam_meta(s, acked_seq) == acked - 1 && sam_meta(s, safe_seq) == acked - 1);
    assert_int_equal(sam_meta_put(s, safe_seq, 0), 0);
    assert_int_equal(sam_outbox_back(s, acked - 1), 0);
    assert_int_equal(sam_meta(s, safe_seq), 0);
    assert_int_equal(sam_meta_put(s, centre_s, 1), 0); /* no centre has told a day yet: nothing is old */
    assert_int_equal(sam_outbox_trim(s), 0);
    sam_undo(s);
    assert_true(sam_meta(s, last_seq) == last && sam_meta(s, acked_seq) == acked);
    begin(s); /* three years on, what is safe and covered goes, up to the first that is not */
    assert_int_equal(sam_meta_put(s, safe_seq, last), 0);
    assert_int_equal(sam_meta_put(s, centre_s, sam_meta(s, centre_s) + 3 * 365 * 86400), 0);
    sql(s, "UPDATE op SET shown = 0");
    assert_int_equal(sam_outbox_trim(s), 0);
    assert_int_equal(sam_meta(s, oldest_seq), acked + 1);
    sam_undo(s);
    ward_meet(w);
}

/* ---- the own store */

static void what_is_broken_is_not_sent(struct ward *w)
{
    ward_meet(w);
    marked(w);
    marked(w);
    marked(w);
    samling *s = w->a->s;
    uint64_t first = sam_meta(s, acked_seq) + 1;
    struct sam_buf body;
    struct sam_op op = {.kind = SAM_OP_CREATE};
    unsigned count;
    char text[160];
    sam_buf_init(&body, SAM_FRAME_INFLATED_BYTES_MAX);
    begin(s); /* one whole PUSH, for comparison */
    assert_int_equal(sam_outbox_push(s, s->talk.push_key, first + 9, 60000, 0, &body, &count), 0);
    assert_int_equal(count, 0); /* there is none so far on */
    snprintf(text, sizeof text, "UPDATE op SET base_epoch = seq WHERE seq >= %llu", (unsigned long long)first);
    sql(s, text);
    struct sam_mac_key *key = sam_mac_key_new((const uint8_t *)"a key for tests, 32 bytes long..", "push");
    assert_non_null(key);
    assert_int_equal(sam_outbox_push(s, key, first, 60000, 0, &body, &count), 0);
    assert_int_equal(count, 1); /* bases of another epoch go in a PUSH of their own */
    snprintf(text, sizeof text, "DELETE FROM op WHERE seq = %llu", (unsigned long long)first + 1);
    sql(s, text);
    assert_int_equal(sam_outbox_push(s, key, first + 2, 60000, 0, &body, &count), SAM_ECORRUPT);
    assert_int_equal(count, 0);
    sql(s, "UPDATE op SET base_epoch = 0");
    assert_int_equal(sam_outbox_push(s, key, first, 60000, 0, &body, &count), SAM_ECORRUPT);
    assert_int_equal(count, 0);
    sam_undo(s);
    const struct sam_aad aad = sam_aad_op((int64_t)first);
    static const uint8_t noise[] = {0xff, 0xff, 0xff};
    assert_int_equal(sam_vault_put(&s->vault, &aad, (struct sam_span){noise, sizeof noise}, &s->sealed), 0);
    assert_int_equal(sam_outbox_op(s, (int64_t)first, sam_buf_peek(&s->sealed), &op, &s->plain), SAM_ECORRUPT);
    assert_true(sam_outbox_op(s, (int64_t)first + 1, sam_buf_peek(&s->sealed), &op, &s->plain) <
                0); /* sealed for another place */
    char *novel = calloc(1, SAM_OP_BYTES_MAX);
    assert_non_null(novel);
    op = (struct sam_op){.kind = SAM_OP_CREATE};
    sam_row_init(&op.row, SAM_NOTE);
    sam_row_set_text(&op.row, SAM_NOTE_text, novel, SAM_OP_BYTES_MAX);
    begin(s);
    assert_int_equal(sam_outbox_add(s, &op, w->group, 0), SAM_ETOOBIG);
    sam_undo(s);
    free(novel);
    sam_mac_key_free(key);
    sam_buf_fini(&body);
    ward_meet(w);
}

#define BOTH(story)                        \
    static void story##_both(void **state) \
    {                                      \
        (void)state;                       \
        ward_both_orders(story);           \
    }
BOTH(lists)
BOTH(cuts)
BOTH(changes)
BOTH(verdicts_of_a_sum)
BOTH(another_epoch)
BOTH(acks)
BOTH(what_is_broken_is_not_sent)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_both),
        cmocka_unit_test(cuts_both),
        cmocka_unit_test(changes_both),
        cmocka_unit_test(verdicts_of_a_sum_both),
        cmocka_unit_test(another_epoch_both),
        cmocka_unit_test(acks_both),
        cmocka_unit_test(what_is_broken_is_not_sent_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
