/* Goal: a run that broke off goes on where it was and skips nothing, whatever happened meanwhile: its list of scopes changed before, at
 * or behind the place where it was, ops of the tablet were judged while it was told, a scope that is being filled was taken away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/base/err.h"
#include "proto/sync/sync_int.h"
#include "server/store/feed.h"
#include "tests/lib/clinic.h"

#include <stdlib.h>
#include <string.h>

enum { OUT_BYTES_MAX = 8 << 20, TOLD_SCOPES_MAX = 8, PAGES = 40 };

/* What a feed has put out so far. */
struct told {
    struct sam_sync sync; /* the centre's end of an open conversation */
    struct sam_buf out;
    struct sam_buf plain;
    unsigned ends, lists, verdict_frames, verdicts;
    uint64_t verdict_csn; /* of the first such frame */
    struct {
        uint64_t scope, rows;
    } scope[TOLD_SCOPES_MAX]; /* of CHANGES */
    struct sam_scope_end end;
};

static struct store *reader;

static void told_open(struct told *t, struct clinic *k)
{
    memset(t, 0, sizeof *t);
    sam_buf_init(&t->out, OUT_BYTES_MAX);
    sam_buf_init(&t->plain, SAM_FRAME_INFLATED_BYTES_MAX);
    t->sync = (struct sam_sync){.role = SAM_ROLE_CENTRE,
                                .state = SAM_SYNC_OPEN,
                                .zip = k->centre.zip,
                                .out = &t->out,
                                .scratch = sam_zip_scratch(k->centre.zip),
                                .body = sam_zip_body(k->centre.zip)};
}

static void told_close(struct told *t)
{
    sam_buf_fini(&t->out);
    sam_buf_fini(&t->plain);
}

static void changes_note(struct told *t, const struct sam_changes *c)
{
    unsigned i = 0;
    while (i < TOLD_SCOPES_MAX && t->scope[i].scope && t->scope[i].scope != c->scope)
        i++;
    assert_true(i < TOLD_SCOPES_MAX);
    t->scope[i].scope = c->scope;
    t->scope[i].rows += c->row_count;
}

static void frame_note(struct told *t, const struct sam_frame *f, struct sam_span body)
{
    static struct sam_scopes list;
    static struct sam_verdicts v;
    struct sam_changes c;
    switch (f->kind) {
    case SAM_FRAME_SCOPES:
        assert_int_equal(sam_scopes_decode(body, &list), 0);
        t->lists++;
        break;
    case SAM_FRAME_VERDICTS:
        assert_int_equal(sam_verdicts_decode(body, &v), 0);
        t->verdict_csn = t->verdict_frames++ ? t->verdict_csn : v.csn;
        t->verdicts += v.count;
        break;
    case SAM_FRAME_CHANGES:
        assert_int_equal(sam_changes_decode(body, &c), 0);
        changes_note(t, &c);
        break;
    case SAM_FRAME_SCOPE_END:
        assert_int_equal(sam_scope_end_decode(body, &t->end), 0);
        t->ends++;
        break;
    default: break;
    }
}

/* Up to ${turns} turns of the feed; what came is read. The last turn's result. */
static int turn(struct told *t, struct clinic *k, struct feed *f, unsigned turns)
{
    int rc = 1;
    while (turns-- && rc == 1)
        rc = feed_next(f, &t->sync);
    for (;;) {
        struct sam_frame frame;
        struct sam_span body;
        size_t used;
        if (sam_frame_decode(sam_buf_peek(&t->out), &frame, &used))
            return rc;
        assert_int_equal(sam_frame_inflate(k->centre.zip, &frame, &t->plain, &body), 0);
        frame_note(t, &frame, body);
        sam_buf_consume(&t->out, used);
    }
}

static uint64_t rows_told(const struct told *t, uint64_t scope)
{
    for (unsigned i = 0; i < TOLD_SCOPES_MAX; i++)
        if (t->scope[i].scope == scope)
            return t->scope[i].rows;
    return 0;
}

static struct feed *pulled(struct clinic *k, const struct sam_pull *p)
{
    struct feed_device device = {k->b.device_no, k->org, intake_epoch(k->centre.in).id, SAM_SCHEMA_VERSION};
    struct feed *f = feed_pull_new(reader, &device, device.hello_epoch, p);
    assert_non_null(f);
    return f;
}

/* Where the store's sums of the clinic's scopes stand. */
static void end_is_true(struct clinic *k, const struct told *t, const uint64_t *scope, unsigned count)
{
    uint64_t rows = 0, sum = 0;
    for (unsigned i = 0; i < count; i++) {
        struct store_scope s;
        assert_int_equal(store_scope_get(clinic_store(k), scope[i], &s), 0);
        rows += s.rows;
        sum += s.sum;
    }
    assert_int_equal(t->ends, 1);
    assert_int_equal(t->end.rows, rows);
    assert_true(t->end.sum == sum);
}

static int setup(void **state)
{
    clinic_setup(state);
    struct clinic *k = *state;
    return store_reader_open(&reader, k->centre.path);
}

static int teardown(void **state)
{
    store_close(reader);
    return clinic_teardown(state);
}

static uint64_t session_in(struct clinic *k, uint64_t group, int day)
{
    struct sam_op op = clinic_ad_hoc(k, &k->a, group, day);
    clinic_push(k, &k->a, op);
    return op.row.key.part[0];
}

/* Both groups have news. */
static struct sam_pull news(struct clinic *k)
{
    struct sam_pull p = {.csn = clinic_csn(k)};
    session_in(k, k->group, CLINIC_DAY + 1);
    session_in(k, k->other_group, CLINIC_DAY + 1);
    session_in(k, k->other_group, CLINIC_DAY + 2);
    return p;
}

static void the_place_is_found_again(void **state)
{
    struct clinic *k = *state;
    struct sam_pull p = news(k);
    const uint64_t mine[] = {k->org, k->group, k->other_group}, now = clinic_csn(k);
    assert_true(k->org < k->far_org && k->far_org < k->group && k->group < k->other_group);
    const struct {
        uint64_t run, low, scope, at_csn;
        uint32_t entity;
        unsigned group_rows, other_rows;
    } table[] = {
        {0, 0, 0, 0, 0, 1, 2},                                     /* nothing was read before */
        {now, p.csn, k->org, p.csn, SAM_ORG_UNIT, 1, 2},           /* it broke off in the first scope */
        {now, p.csn, k->group, p.csn, SAM_SESSION, 1, 2},          /* before the session of the group */
        {now, p.csn, k->group, now, SAM_SESSION, 0, 2},            /* and behind it */
        {now, p.csn, k->group, now, SAM_ENTITY_TAG_MAX + 1, 0, 2}, /* the scope was through */
        {now, p.csn, k->far_org, now, SAM_SESSION, 1, 2},     /* that scope is none of ours: from the next one on */
        {now, p.csn, k->other_group, now, SAM_SESSION, 0, 0}, /* the last one, behind both */
        {now, p.csn, k->other_group + 1000000, now, SAM_SESSION, 0, 0}, /* behind all scopes */
        {now, p.csn - 1, k->other_group, now, SAM_SESSION, 1, 2}, /* of a run that began earlier: it is no resuming */
        {now + 1, p.csn, k->other_group, now, SAM_SESSION, 1, 2}, /* of a run that is not here yet */
    };
    for (unsigned i = 0; i < sizeof table / sizeof *table; i++) {
        struct told t;
        p.run = table[i].run;
        p.low = table[i].low;
        p.scope = table[i].scope;
        p.entity = table[i].entity;
        p.at_csn = table[i].at_csn;
        told_open(&t, k);
        struct feed *f = pulled(k, &p);
        assert_int_equal(turn(&t, k, f, UINT32_MAX), 0);
        assert_int_equal(feed_next(f, &t.sync), 0); /* it is through */
        feed_free(f);
        assert_int_equal(rows_told(&t, k->group), table[i].group_rows);
        if (rows_told(&t, k->other_group) != table[i].other_rows)
            fail_msg("place %u: %u rows", i, (unsigned)rows_told(&t, k->other_group));
        end_is_true(k, &t, mine, 3);
        told_close(&t);
    }
}

static void group_moves(struct clinic *k, uint64_t group, uint64_t org)
{
    struct sam_op op = clinic_op(k, SAM_GROUP, SAM_OP_SET, clinic_csn(k));
    op.row.key.part[0] = group;
    sam_row_set(&op.row, SAM_GROUP_org, (int64_t)org);
    clinic_say(k, op);
}

/* ${turns} turns, then the group leaves for another clinic: the list is told anew, nothing more of the group is, of the other one all
 * ${rows} are, and the end's sum is of the scopes that are left. */
static void one_leaves(struct clinic *k, struct sam_pull p, uint64_t leaves, unsigned turns, unsigned rows)
{
    struct told t;
    uint64_t stays = leaves == k->group ? k->other_group : k->group;
    const uint64_t left[] = {k->org, stays};
    told_open(&t, k);
    struct feed *f = pulled(k, &p);
    assert_int_equal(turn(&t, k, f, turns), 1);
    uint64_t before = rows_told(&t, leaves);
    group_moves(k, leaves, k->far_org);
    assert_int_equal(turn(&t, k, f, UINT32_MAX), 0);
    feed_free(f);
    assert_int_equal(t.lists, 1);
    assert_int_equal(rows_told(&t, leaves), before);
    assert_int_equal(rows_told(&t, stays), rows);
    end_is_true(k, &t, left, 2);
    told_close(&t);
    group_moves(k, leaves, k->org);
}

static void a_list_changes_meanwhile(void **state)
{
    struct clinic *k = *state;
    for (unsigned turns = 1; turns < 4; turns++)
        for (unsigned mark = 0; mark < 3; mark++)
            for (unsigned i = 0; i < 2; i++) {
                struct sam_pull p = news(k);
                const uint64_t at[] = {k->org, k->group, k->other_group};
                p.run = mark ? clinic_csn(k) : 0; /* not resumed, or from before the sessions of the one or the other */
                p.low = p.at_csn = p.csn;
                p.scope = at[mark];
                p.entity = SAM_SESSION;
                if (i)
                    one_leaves(k, p, k->group, turns, 2);
                else
                    one_leaves(k, p, k->other_group, turns, mark == 2 ? 0 : 1);
            }
}

/* Who has seen what the centre lost is told where that parted, and nothing behind it. */
static void what_is_cut_is_through(void **state)
{
    struct clinic *k = *state;
    struct sam_pull p = {.csn = clinic_csn(k) + 5};
    struct told t;
    told_open(&t, k);
    struct feed *f = pulled(k, &p);
    for (int times = 0; times < 3; times++) {
        assert_int_equal(turn(&t, k, f, UINT32_MAX), 0);
        assert_true(t.lists == 1 && t.ends == 0);
    }
    feed_free(f);
    told_close(&t);
}

static void note_about(struct clinic *k, uint64_t person)
{
    char text[2000];
    struct sam_op op = clinic_op(k, SAM_NOTE, SAM_OP_CREATE, clinic_csn(k));
    memset(text, 'a', sizeof text);
    op.row.key.part[0] = sam_id_make(k->a.device_no, ++k->ids);
    op.user = k->user;
    sam_row_set(&op.row, SAM_NOTE_participant, (int64_t)person);
    sam_row_set(&op.row, SAM_NOTE_author, (int64_t)k->user);
    sam_row_set(&op.row, SAM_NOTE_role, 0);
    sam_row_set(&op.row, SAM_NOTE_day, CLINIC_DAY);
    sam_row_set_text(&op.row, SAM_NOTE_text, text, sizeof text);
    clinic_push(k, &k->a, op);
}

/* A group has more than a frame holds, and in the middle of it that one leaves, or the next: what is behind is told whole, and nothing
 * twice. */
static void one_leaves_amid_its_rows(void **state)
{
    struct clinic *k = *state;
    for (unsigned i = 0; i < 2; i++) {
        struct told t;
        struct sam_pull p = news(k);
        for (unsigned n = 0; n < PAGES; n++)
            note_about(k, k->person[0]);
        told_open(&t, k);
        struct feed *f = pulled(k, &p);
        while (rows_told(&t, k->group) == 0)
            assert_int_equal(turn(&t, k, f, 1), 1);
        assert_true(rows_told(&t, k->group) < 1 + PAGES);
        uint64_t before = rows_told(&t, k->group), leaves = i ? k->other_group : k->group;
        const uint64_t left[] = {k->org, i ? k->group : k->other_group};
        group_moves(k, leaves, k->far_org);
        assert_int_equal(turn(&t, k, f, UINT32_MAX), 0);
        feed_free(f);
        assert_int_equal(rows_told(&t, k->group), i ? 1 + PAGES : before);
        assert_int_equal(rows_told(&t, k->other_group), i ? 0 : 2);
        end_is_true(k, &t, left, 2);
        told_close(&t);
        group_moves(k, leaves, k->org);
    }
}

static void what_is_filled_is_taken_away(void **state)
{
    struct clinic *k = *state;
    struct told t;
    struct feed_device device = {k->b.device_no, k->org, intake_epoch(k->centre.in).id, SAM_SCHEMA_VERSION};
    const struct sam_snap_get get = {.scope = k->group}, far = {.scope = k->far_group}, none = {.scope = 4711};
    told_open(&t, k);
    struct feed *f = feed_snap_new(reader, &device, &get);
    assert_int_equal(turn(&t, k, f, 1), 1);
    group_moves(k, k->group, k->far_org);
    assert_int_equal(feed_next(f, &t.sync), SAM_EDENIED);
    feed_free(f);
    const struct sam_snap_get *const denied[] = {&get, &far, &none};
    for (unsigned i = 0; i < 3; i++) { /* another clinic's, or nobody's: one answer (P10) */
        f = feed_snap_new(reader, &device, denied[i]);
        assert_non_null(f);
        assert_int_equal(feed_next(f, &t.sync), SAM_EDENIED);
        feed_free(f);
    }
    group_moves(k, k->group, k->org);
    struct sam_snap_get later = {.scope = k->group,
                                 .start_csn = clinic_csn(k) + 9}; /* of another history: from the start */
    f = feed_snap_new(reader, &device, &later);
    assert_int_equal(turn(&t, k, f, UINT32_MAX), 0);
    feed_free(f);
    assert_int_equal(t.ends, 1);
    told_close(&t);
}

/* Marks in a session that nobody knows, each put aside. */
static void put_aside(struct clinic *k, unsigned count)
{
    static struct sam_op op[SAM_PUSH_OPS_MAX];
    for (unsigned i = 0; i < count; i++)
        op[i] = clinic_mark(k, 4711 + i, 0, SAID_PRESENT, 0);
    clinic_push_many(k, &k->b, op, count);
}

static void what_is_judged_meanwhile_is_told(void **state)
{
    struct clinic *k = *state;
    struct told t;
    struct sam_pull p = news(k);
    told_open(&t, k);
    struct feed *f = pulled(k, &p);
    while (rows_told(&t, k->group) == 0)
        assert_int_equal(turn(&t, k, f, 1), 1);
    assert_int_equal(t.verdicts, 0);
    put_aside(k, 1);
    assert_int_equal(turn(&t, k, f, UINT32_MAX), 0);
    feed_free(f);
    assert_int_equal(t.verdicts, 1);
    assert_int_equal(t.end.csn, clinic_csn(k));
    told_close(&t);
}

/* More than one frame of them: none is left out, and the feed is not called complete before the last. */
static void many_are_told(void **state)
{
    struct clinic *k = *state;
    struct told t;
    struct sam_pull p = {.csn = clinic_csn(k)};
    put_aside(k, SAM_VERDICTS_MAX + 40);
    told_open(&t, k);
    struct feed *f = pulled(k, &p);
    assert_int_equal(turn(&t, k, f, UINT32_MAX), 0);
    feed_free(f);
    assert_int_equal(t.verdicts, SAM_VERDICTS_MAX + 40);
    assert_int_equal(t.verdict_frames, 2);
    assert_true(t.verdict_csn < clinic_csn(k));
    told_close(&t);
}

/* A list that changes amid them is told before the next of them, for they end behind that change. */
static void a_list_comes_amid_verdicts(void **state)
{
    struct clinic *k = *state;
    struct told t;
    struct sam_pull p = {.csn = clinic_csn(k)};
    put_aside(k, SAM_VERDICTS_MAX + 40);
    told_open(&t, k);
    struct feed *f = pulled(k, &p);
    while (t.verdict_frames == 0)
        assert_int_equal(turn(&t, k, f, 1), 1);
    assert_int_equal(t.lists, 0);
    group_moves(k, k->other_group, k->far_org);
    assert_int_equal(turn(&t, k, f, 1), 1);
    assert_int_equal(t.lists, 1);
    assert_int_equal(t.verdict_frames, 1);
    assert_int_equal(turn(&t, k, f, UINT32_MAX), 0);
    feed_free(f);
    assert_int_equal(t.lists, 1);
    assert_int_equal(t.verdicts, SAM_VERDICTS_MAX + 40);
    told_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_place_is_found_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_changes_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_cut_is_through, setup, teardown),
        cmocka_unit_test_setup_teardown(one_leaves_amid_its_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_filled_is_taken_away, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_judged_meanwhile_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(many_are_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_list_comes_amid_verdicts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
