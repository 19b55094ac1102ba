/* Goal: what copies of one tablet share is said once and in the order in which it was said, under whichever number and in whichever order
 * it comes: also where one copy has let go of the beginning, and the centre was put back to a backup from before all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/wire/crypto.h"
#include "tests/lib/check.h"
#include "tests/lib/clinic.h"

enum { SHARED = 2, EARLY = 40, LATER = 50, NEW = 60, OTHER = 70 };

/* A tablet with two ops on one unit, and two copies of it that have both too. */
struct copies {
    struct clinic k;
    struct centre_tablet first, copy[2]; /* at their beginnings */
    struct sam_op op[SHARED];
    uint64_t epoch, csn[SHARED]; /* where the centre had them before it lost them; 0: it never had */
    uint64_t chain_early;        /* of the first tablet, behind the early one */
};

static int setup(void **state)
{
    struct copies *s = calloc(1, sizeof *s);
    CHECK(s);
    clinic_open(&s->k);
    uint64_t base = clinic_csn(&s->k);
    for (int i = 0; i < SHARED; i++)
        s->op[i] = clinic_minutes(&s->k, 0, i ? LATER : EARLY, base);
    s->first = s->k.a;
    s->epoch = intake_epoch(s->k.centre.in).id;
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct copies *s = *state;
    for (int i = 0; i < 2; i++)
        centre_tablet_fini(&s->copy[i]);
    clinic_close(&s->k); /* all that stands is proved, and comes out the same from the facts */
    free(s);
    return 0;
}

/* The copies get numbers; the centre has ${fork_seq} of the ops that are shared. */
static void numbered(struct copies *s, uint64_t fork_seq)
{
    CHECK(intake_begin(s->k.centre.in) == 0);
    for (int i = 0; i < 2; i++)
        centre_tablet_fork(&s->k.centre, &s->copy[i], &s->first, fork_seq);
    CHECK(intake_commit(s->k.centre.in) == 0);
}

/* All is at the centre, and the copies have numbers, when it goes back to a backup from before. */
static void had_and_lost(struct copies *s)
{
    struct clinic *k = &s->k;
    centre_backup(&k->centre);
    for (int i = 0; i < SHARED; i++) {
        s->csn[i] = clinic_push(k, &k->a, s->op[i]);
        s->chain_early = i ? s->chain_early : k->a.chain;
    }
    numbered(s, SHARED);
    centre_restore(&k->centre);
}

static uint64_t said(struct copies *s, struct centre_tablet *t, const struct sam_op *op, struct sam_origin origin)
{
    struct clinic *k = &s->k;
    struct sam_buf bytes;
    uint8_t hash[SAM_HASH_BYTES];
    sam_buf_init(&bytes, SAM_OP_BYTES_MAX);
    CHECK(sam_op_encode(&bytes, op) == 0);
    struct sam_span span = sam_buf_peek(&bytes);
    CHECK(sam_sha256(span.ptr, span.len, hash) == 0);
    if (origin.device_no)
        memcpy(origin.hash, hash, sizeof origin.hash);
    struct centre_batch batch = {.op = &span, .count = 1, .epoch = s->epoch, .origin = &origin};
    batch.origin_count = origin.device_no || origin.csn;
    CHECK(intake_begin(k->centre.in) == 0);
    uint64_t at = centre_push_batch(&k->centre, t, &batch);
    CHECK(intake_commit(k->centre.in) == 0);
    sam_buf_fini(&bytes);
    return at;
}

/* Shared op ${i}: the first tablet says it under its own name, a copy names that. */
static enum sam_verdict shared(struct copies *s, struct centre_tablet *t, int i)
{
    struct sam_origin origin = {.epoch = s->csn[i] ? s->epoch : 0, .csn = s->csn[i]};
    if (t != &s->first) {
        origin.device_no = s->first.device_no;
        origin.seq = (uint64_t)i + 1;
    }
    return clinic_verdict(&s->k, said(s, t, &s->op[i], origin)).kind;
}

/* Something that only ${t} says, who had seen nothing but its own. */
static enum sam_verdict alone(struct copies *s, struct centre_tablet *t, int minutes)
{
    struct sam_op op = s->op[0];
    sam_row_set(&op.row, SAM_ATTENDANCE_minutes, minutes);
    return clinic_verdict(&s->k, said(s, t, &op, (struct sam_origin){.csn = 0})).kind;
}

static void stands(struct copies *s, int minutes, bool disputed)
{
    struct sam_key key = clinic_key(&s->k, s->k.session, 0);
    assert_int_equal(clinic_num(&s->k, &key, SAM_ATTENDANCE_minutes), minutes);
    assert_int_equal(clinic_case(&s->k, &key, SAM_RULE_UNIT, 1).open, disputed);
}

/* ---- the beginning comes last */

/* A copy that has let go of the early one is there before the tablet itself. */
static void the_later_one_first_under_a_copys_number(void **state)
{
    struct copies *s = *state;
    had_and_lost(s);
    assert_int_equal(shared(s, &s->copy[0], 1), SAM_VERDICT_APPLIED);
    assert_int_equal(shared(s, &s->first, 0), SAM_VERDICT_SUPERSEDED);
    stands(s, LATER, false);
    assert_int_equal(shared(s, &s->first, 1), SAM_VERDICT_SAME);
    stands(s, LATER, false);
}

/* The same between two copies. */
static void the_later_one_first_under_another_copys_number(void **state)
{
    struct copies *s = *state;
    had_and_lost(s);
    assert_int_equal(shared(s, &s->copy[0], 1), SAM_VERDICT_APPLIED);
    assert_int_equal(shared(s, &s->copy[1], 0), SAM_VERDICT_SUPERSEDED);
    stands(s, LATER, false);
    assert_int_equal(shared(s, &s->copy[1], 1), SAM_VERDICT_SAME);
    stands(s, LATER, false);
}

/* HELLO of the first tablet, which can send only what lies behind its early op. */
static void let_go(struct copies *s)
{
    struct centre_tablet *t = &s->first;
    struct intake_greeting g;
    struct sam_buf body;
    uint8_t mac[SAM_MAC_BYTES];
    struct sam_hello h = {.protocol = SAM_PROTOCOL_VERSION,
                          .schema = SAM_SCHEMA_VERSION,
                          .device_no = t->device_no,
                          .counter = ++t->greetings,
                          .last_seq = SHARED,
                          .oldest_seq = 2,
                          .acked_seq = 1,
                          .acked_chain = s->chain_early,
                          .oldest_chain = s->chain_early};
    sam_buf_init(&body, 4096);
    struct sam_mac_key *key = sam_mac_key_new(t->key, "hello");
    CHECK(sam_hello_encode(&body, &h) == 0);
    CHECK(sam_mac(key, SAM_FRAME_HELLO, sam_buf_peek(&body), (struct sam_span){0}, mac) == 0);
    CHECK(intake_begin(s->k.centre.in) == 0);
    CHECK(intake_hello(s->k.centre.in, &h, sam_buf_peek(&body), mac, &g) == 0);
    CHECK(intake_commit(s->k.centre.in) == 0);
    sam_mac_key_free(key);
    sam_buf_fini(&body);
    assert_int_equal(g.error.code, 0);
    assert_int_equal(g.welcome.acked_seq, 1);
    t->seq = 1;
    t->chain = s->chain_early;
}

/* The tablet itself has let go of it, and an old image of it, found in a drawer, has both. */
static void the_early_one_from_an_old_image(void **state)
{
    struct copies *s = *state;
    had_and_lost(s);
    let_go(s);
    assert_int_equal(shared(s, &s->first, 1), SAM_VERDICT_APPLIED);
    assert_int_equal(shared(s, &s->copy[0], 0), SAM_VERDICT_SUPERSEDED);
    stands(s, LATER, false);
    assert_int_equal(shared(s, &s->copy[0], 1), SAM_VERDICT_SAME);
    assert_int_equal(alone(s, &s->copy[0], NEW), SAM_VERDICT_APPLIED);
    stands(s, NEW, false);
}

/* The early one's author had seen what b said, and on an older page said the later one: b's word leaves with the early one, which does not
 * come in itself, and nobody is asked any more. */
static void what_the_early_one_had_seen_leaves(void **state)
{
    struct copies *s = *state;
    struct clinic *k = &s->k;
    s->op[0].base_csn = clinic_push(k, &k->b, clinic_minutes(k, 0, OTHER, 0));
    had_and_lost(s);
    assert_int_equal(shared(s, &s->copy[0], 1), SAM_VERDICT_CASE);
    stands(s, OTHER, true); /* b's number is the smaller one */
    assert_int_equal(shared(s, &s->first, 0), SAM_VERDICT_SUPERSEDED);
    stands(s, LATER, false);
}

/* It waited in quarantine, for its author was not known; and its tablet says of it that it had seen all, which it cannot have. What a copy
 * brought meanwhile of what was said afterwards stands. */
static void a_base_that_is_too_new_wins_nothing(void **state)
{
    struct copies *s = *state;
    struct clinic *k = &s->k;
    struct sam_op user = clinic_op(k, SAM_USER, SAM_OP_CREATE, 0);
    had_and_lost(s);
    assert_int_equal(shared(s, &s->copy[0], 1), SAM_VERDICT_APPLIED);
    struct sam_op early = s->op[0];
    early.user = user.row.key.part[0] = clinic_minted(k);
    early.base_csn = clinic_csn(k);
    s->epoch = intake_epoch(k->centre.in).id;
    uint64_t waits = said(s, &s->first, &early, (struct sam_origin){.csn = 0});
    assert_int_equal(clinic_verdict(k, waits).kind, SAM_VERDICT_QUARANTINED);
    sam_row_set_text(&user.row, SAM_USER_name, "Vikar", 5);
    sam_row_set(&user.row, SAM_USER_org, (int64_t)k->org);
    clinic_say(k, user);
    clinic_decide(k, &s->first, 1, SAM_DECISION_TAKE_IN);
    clinic_settle(k);
    assert_int_equal(clinic_verdict(k, waits).kind, SAM_VERDICT_SUPERSEDED);
    stands(s, LATER, false);
}

/* ---- copies made of what the centre had not got yet: each sends it under its own number, and knows it as its own */

static void a_copy_goes_on_from_what_the_tablet_sent(void **state)
{
    struct copies *s = *state;
    numbered(s, 0);
    for (int i = 0; i < SHARED; i++)
        assert_int_equal(shared(s, &s->first, i), SAM_VERDICT_APPLIED);
    for (int i = 0; i < SHARED; i++)
        assert_int_equal(shared(s, &s->copy[0], i), SAM_VERDICT_SAME);
    assert_int_equal(alone(s, &s->copy[0], NEW), SAM_VERDICT_APPLIED);
    stands(s, NEW, false);
    assert_int_equal(alone(s, &s->first, OTHER), SAM_VERDICT_CASE); /* who knows nothing of that */
    stands(s, OTHER, true);
}

static void the_tablet_goes_on_from_what_a_copy_sent(void **state)
{
    struct copies *s = *state;
    numbered(s, 0);
    for (int i = 0; i < SHARED; i++)
        assert_int_equal(shared(s, &s->copy[0], i), SAM_VERDICT_APPLIED);
    for (int i = 0; i < SHARED; i++)
        assert_int_equal(shared(s, &s->first, i), SAM_VERDICT_SAME);
    assert_int_equal(alone(s, &s->first, NEW), SAM_VERDICT_APPLIED);
    stands(s, NEW, false);
}

static void a_copy_goes_on_from_what_another_sent(void **state)
{
    struct copies *s = *state;
    numbered(s, 0);
    for (int i = 0; i < SHARED; i++)
        assert_int_equal(shared(s, &s->copy[0], i), SAM_VERDICT_APPLIED);
    for (int i = 0; i < SHARED; i++)
        assert_int_equal(shared(s, &s->copy[1], i), SAM_VERDICT_SAME);
    assert_int_equal(alone(s, &s->copy[1], NEW), SAM_VERDICT_APPLIED);
    stands(s, NEW, false);
}

/* A number alone makes nothing one's own: where the copy was made earlier, the tablet's next op is another one of that name. */
static void one_name_and_two_things(void **state)
{
    struct copies *s = *state;
    numbered(s, 0);
    for (int i = 0; i < SHARED; i++)
        assert_int_equal(shared(s, &s->copy[0], i), SAM_VERDICT_APPLIED);
    assert_int_equal(shared(s, &s->first, 0), SAM_VERDICT_SAME);
    assert_int_equal(alone(s, &s->first, OTHER), SAM_VERDICT_CASE); /* its op 2 */
    assert_int_equal(alone(s, &s->first, NEW), SAM_VERDICT_CASE);   /* replaces its own, not the copy's */
    stands(s, NEW, true);
    assert_int_equal(alone(s, &s->copy[0], LATER), SAM_VERDICT_CASE);
    stands(s, NEW, true);
}

/* Nor does a name that somebody claims whose store was never the same: what is said under it is a word of his own. */
static void a_strangers_name(void **state)
{
    struct copies *s = *state;
    struct clinic *k = &s->k;
    assert_int_equal(shared(s, &s->first, 0), SAM_VERDICT_APPLIED);
    assert_int_equal(shared(s, &k->b, 1),
                     SAM_VERDICT_CASE); /* as if it were the first tablet's op 2, which is not here */
    stands(s, EARLY, true);
    assert_int_equal(shared(s, &s->first, 1),
                     SAM_VERDICT_APPLIED); /* nobody has said it for the first tablet; they agree */
    stands(s, LATER, false);
    assert_int_equal(alone(s, &s->first, NEW), SAM_VERDICT_CASE);
    stands(s, NEW, true);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(the_later_one_first_under_a_copys_number),
        STORY(the_later_one_first_under_another_copys_number),
        STORY(the_early_one_from_an_old_image),
        STORY(what_the_early_one_had_seen_leaves),
        STORY(a_base_that_is_too_new_wins_nothing),
        STORY(a_copy_goes_on_from_what_the_tablet_sent),
        STORY(the_tablet_goes_on_from_what_a_copy_sent),
        STORY(a_copy_goes_on_from_what_another_sent),
        STORY(one_name_and_two_things),
        STORY(a_strangers_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
