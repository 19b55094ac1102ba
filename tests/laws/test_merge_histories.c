/* Goal: what stands at the end follows from the ops and from what each author had seen, and from nothing else (P5, P6).
 *
 * Every history of up to four ops by three tablets on one row (tests/lib/history.h) and of up to three by two tablets and the
 * console, with three values of each class, goes through the real intake and store in every order of arrival and with every
 * base; further sets of values go to three ops. All orders of one history must end alike, and as the fold over the whole set
 * says (tests/lib/fold.h). Then random histories of up to eight ops by the console and three tablets, on every unit of every
 * entity of the field table that can be set this way.
 *
 * Histories run side by side, each on a row of its own, in a transaction that is rolled back.
 *   test_merge_histories [SEED]     the seed of the random ones */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/lib/check.h"
#include "tests/lib/law.h"

#include <string.h>

/* A sanitised build is slower: it plays fewer, of the same kinds. */
#if defined __SANITIZE_ADDRESS__ || defined __wasm__ /* all of them natively */
enum { OPS_MAX = 3, RANDOM_HISTORIES = 250 };
#else
enum { OPS_MAX = 4, RANDOM_HISTORIES = 1000 };
#endif
enum { CONSOLE_OPS_MAX = 3, RANDOM_ORDERS = 5 };

static uint64_t random_seed = 1;

static int setup(void **state)
{
    law_open((struct law **)state);
    return 0;
}

static int teardown(void **state)
{
    law_close(*state);
    return 0;
}

/* ---- all small histories */

enum { VALUES = 3 };

struct value_set {
    const char *name;
    enum stage_kind kind;
    bool alike; /* which is which makes no difference: only what is equal does */
    bool exact;
    unsigned ops_max; /* 0: OPS_MAX */
    unsigned count;   /* of values; 0: VALUES */
    struct sam_op op[VALUES];
};

struct small {
    struct law *l;
    const struct value_set *v;
};

static void history_values(struct small *s, const struct history *h, unsigned x, unsigned used,
                           const struct sam_op **op)
{
    if (x == h->count) {
        law_history(s->l, h, op);
        history_orders(h, 0, law_order, s->l);
        return;
    }
    unsigned end = s->v->count ? s->v->count : VALUES;
    if (s->v->alike && used + 1 < end)
        end = used + 1;
    for (unsigned i = 0; i < end; i++) {
        op[x] = &s->v->op[i];
        history_values(s, h, x + 1, i == used ? used + 1 : used, op);
    }
}

static void small_history(void *ctx, const struct history *h)
{
    const struct sam_op *op[HISTORY_OPS_MAX] = {0};
    history_values(ctx, h, 0, 0, op);
}

/* All histories of up to ${ops_max} ops of these values. Returns how many orders ended wrong. */
static unsigned long exhaust(struct law *l, const struct value_set *v, const struct history *like, unsigned ops_max)
{
    struct small s = {l, v};
    struct history exact = *like;
    exact.exact = v->exact;
    law_begin(l, v->name, v->kind, like->shared);
    for (unsigned count = 1; count <= ops_max; count++)
        CHECK(history_each(count, 3, &exact, small_history, &s) > 0);
    return law_end(l);
}

/* The same on three tablets, and on two and the console. */
static void exhaust_both(struct law *l, const struct value_set *v)
{
    unsigned long wrong = exhaust(l, v, &(struct history){0}, v->ops_max ? v->ops_max : OPS_MAX);
    wrong += exhaust(l, v, &(struct history){.shared = true, .fresh = true}, CONSOLE_OPS_MAX);
    assert_int_equal(wrong, 0);
}

static struct sam_op field_op(uint8_t entity, unsigned field, int64_t num)
{
    struct sam_op op = stage_op(entity, SAM_OP_SET);
    sam_row_set(&op.row, field, num);
    return op;
}

static struct sam_op presence_op(int64_t presence, int64_t evidence)
{
    struct sam_op op = field_op(SAM_ATTENDANCE, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&op.row, SAM_ATTENDANCE_evidence, evidence);
    return op;
}

static struct sam_op clear_op(uint8_t entity, unsigned unit)
{
    struct sam_op op = stage_op(entity, SAM_OP_SET);
    op.clear = 1u << unit;
    return op;
}

static struct sam_op room_op(const char *room)
{
    struct sam_op op = stage_op(SAM_SESSION, SAM_OP_SET);
    sam_row_set_text(&op.row, SAM_SESSION_room, room, strlen(room));
    return op;
}

static void ranked_taps_and_a_prefill(void **state)
{
    struct value_set v = {.name = "ranked, taps and a prefill", .kind = STAGE_MARK_NEW};
    v.op[0] = presence_op(1, 2);
    v.op[1] = presence_op(3, 2);
    v.op[2] = presence_op(1, 1);
    exhaust_both(*state, &v);
}

static void ranked_own_word_and_nothing(void **state)
{
    struct value_set v = {.name = "ranked, the person's own word and nothing", .kind = STAGE_MARK, .ops_max = 3};
    v.op[0] = presence_op(2, 3);
    v.op[1] = presence_op(3, 2);
    v.op[2] = clear_op(SAM_ATTENDANCE, 0);
    exhaust_both(*state, &v);
}

static void register_values(void **state)
{
    struct value_set v = {.name = "register", .kind = STAGE_MARK_NEW, .ops_max = 4, .alike = true};
    for (int i = 0; i < VALUES; i++)
        v.op[i] = field_op(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 30 + i);
    exhaust_both(*state, &v);
}

static void minor_values(void **state)
{
    struct value_set v = {.name = "minor", .kind = STAGE_SESSION, .ops_max = 4, .alike = true, .exact = true};
    v.op[0] = room_op("Sal A");
    v.op[1] = room_op("Sal B");
    v.op[2] = room_op("Sal C");
    exhaust_both(*state, &v);
}

static void union_values(void **state)
{
    struct value_set v = {.name = "union, two values", .kind = STAGE_MARK_NEW, .ops_max = 4, .count = 2};
    v.op[0] = field_op(SAM_ATTENDANCE, SAM_ATTENDANCE_late, 1);
    v.op[1] = field_op(SAM_ATTENDANCE, SAM_ATTENDANCE_late, 0);
    exhaust_both(*state, &v);
    v = (struct value_set){
        .name = "union, one cleared", .kind = STAGE_MARK_NEW, .ops_max = 3, .op = {v.op[0], v.op[1]}};
    v.op[2] = clear_op(SAM_ATTENDANCE, 2);
    exhaust_both(*state, &v);
}

static void ordered_two_terminal(void **state)
{
    struct value_set v = {.name = "ordered, active and two ends", .kind = STAGE_ENROLMENT};
    v.op[0] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 4);
    v.op[1] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 6);
    v.op[2] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 7);
    exhaust_both(*state, &v);
}

static void ordered_with_an_error(void **state)
{
    struct value_set v = {.name = "ordered, active, an end and an error", .kind = STAGE_ENROLMENT, .ops_max = 3};
    v.op[0] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 3);
    v.op[1] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 7);
    v.op[2] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 9);
    exhaust_both(*state, &v);
}

static void ordered_two_active(void **state)
{
    struct value_set v = {.name = "ordered, two active and an error", .kind = STAGE_ENROLMENT, .ops_max = 3};
    v.op[0] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 4);
    v.op[1] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 1);
    v.op[2] = field_op(SAM_ENROLMENT, SAM_ENROLMENT_status, 9);
    exhaust_both(*state, &v);
}

static void tombstones_among_taps(void **state)
{
    struct value_set v = {.name = "tombstones among taps", .kind = STAGE_MARK};
    v.op[0] = presence_op(1, 2);
    v.op[1] = presence_op(3, 2);
    v.op[2] = stage_op(SAM_ATTENDANCE, SAM_OP_TOMBSTONE);
    exhaust_both(*state, &v);
}

static void tombstones_among_units(void **state)
{
    struct value_set v = {.name = "tombstones among several units", .kind = STAGE_MARK, .ops_max = 3};
    v.op[0] = presence_op(1, 2);
    sam_row_set(&v.op[0].row, SAM_ATTENDANCE_minutes, 45);
    sam_row_set(&v.op[0].row, SAM_ATTENDANCE_left_early, 1);
    v.op[1] = field_op(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 60);
    v.op[2] = stage_op(SAM_ATTENDANCE, SAM_OP_TOMBSTONE);
    exhaust_both(*state, &v);
}

/* Two coordinators who decide from old pages do not overwrite each other unseen, though both write as the console. */
static void coordinators_with_old_pages(void **state)
{
    struct value_set v = {.name = "coordinators with old pages", .kind = STAGE_MARK, .alike = true};
    for (int i = 0; i < VALUES; i++)
        v.op[i] = field_op(SAM_ATTENDANCE, SAM_ATTENDANCE_minutes, 30 + i);
    assert_int_equal(exhaust(*state, &v, &(struct history){.shared = true}, CONSOLE_OPS_MAX), 0);
}

/* ---- random longer ones, on every unit */

static bool unit_playable(const struct sam_entity_def *def, unsigned unit, bool centre)
{
    for (unsigned f = 0; f < def->field_count; f++)
        if (def->field[f].unit == unit) {
            bool moved = def->tag == SAM_SESSION && unit == 0; /* group, day and plan stay what they were */
            if (def->field[f].ref || moved || (!centre && def->field[f].writer == SAM_WRITER_CENTRE))
                return false;
        }
    return def->unit_class[unit] != SAM_CLASS_FACT;
}

static void field_draw(struct sam_op *op, const struct sam_field_def *f, unsigned field, uint64_t *seed)
{
    static const char *const words[3] = {"1804", "0301", "5001"};
    int64_t span = f->max - f->min < 9 ? f->max - f->min : 9;
    if (f->type == SAM_TYPE_TEXT)
        sam_row_set_text(&op->row, field, words[history_draw(seed, 3)], 4);
    else
        sam_row_set(&op->row, field, f->min + history_draw(seed, (unsigned)span + 1));
}

static void unit_draw(struct sam_op *op, const struct sam_entity_def *def, unsigned unit, uint64_t *seed)
{
    for (unsigned f = 0; f < def->field_count; f++)
        if (def->field[f].unit == unit && history_draw(seed, 5))
            field_draw(op, &def->field[f], f, seed);
    if (!(sam_row_units(&op->row) >> unit & 1u))
        op->clear |= 1u << unit;
}

/* Units that this author may set: one of them, and sometimes a second and third. Nothing where there is none. */
static void op_draw(struct sam_op *op, enum stage_kind kind, const struct sam_entity_def *def, bool centre,
                    uint64_t *seed)
{
    bool may_die = kind == STAGE_MARK && history_draw(seed, 10) == 0;
    *op = stage_op(def->tag, may_die ? SAM_OP_TOMBSTONE : SAM_OP_SET);
    unsigned units = 0, from = history_draw(seed, def->unit_count), wish = 1 + history_draw(seed, 3);
    for (unsigned i = 0; !may_die && i < def->unit_count && units < wish; i++) {
        unsigned unit = (from + i) % def->unit_count;
        if (!unit_playable(def, unit, centre))
            continue;
        unit_draw(op, def, unit, seed);
        units++;
    }
}

static bool order_keep(void *ctx, const struct history *h, const struct history_order *order)
{
    (void)h;
    *(struct history_order *)ctx = *order;
    return false;
}

static bool touches_minor(const struct sam_entity_def *def)
{
    for (unsigned unit = 0; unit < def->unit_count; unit++)
        if (def->unit_class[unit] == SAM_CLASS_MINOR)
            return true;
    return false;
}

/* One history in a few orders. ${ops}: memory for its ops. */
static void random_history(struct law *l, enum stage_kind kind, unsigned devices, struct sam_op *ops, uint64_t *seed)
{
    const struct sam_entity_def *def = sam_entity_find(law_stage(l)->key[kind][0].entity);
    struct history h = {.exact = touches_minor(def), .shared = true, .fresh = true};
    const struct sam_op *op[HISTORY_OPS_MAX] = {0};
    history_random(&h, 2 + history_draw(seed, HISTORY_OPS_MAX - 1), devices, seed);
    for (unsigned x = 0; x < h.count; x++) {
        op_draw(&ops[x], kind, def, h.device[x] == 0, seed);
        op[x] = &ops[x];
    }
    law_history(l, &h, op);
    for (unsigned i = 0; i < RANDOM_ORDERS; i++) {
        struct history_order order;
        CHECK(history_orders(&h, *seed | 1u, order_keep, &order) == 1);
        history_draw(seed, 2);
        law_order(l, &h, &order);
    }
}

static unsigned long random_kind(struct law *l, const char *name, enum stage_kind kind)
{
    uint8_t scope = sam_entity_find(law_stage(l)->key[kind][0].entity)->scope;
    bool centre_only = scope == SAM_SCOPE_MEMBER || scope == SAM_SCOPE_SELF;
    unsigned histories = centre_only ? RANDOM_HISTORIES / 8u : RANDOM_HISTORIES;
    struct sam_op *ops = calloc((size_t)histories * HISTORY_OPS_MAX, sizeof *ops);
    uint64_t seed = random_seed * STAGE_KINDS + kind;
    CHECK(ops);
    law_begin(l, name, kind, true);
    for (unsigned i = 0; i < histories; i++)
        random_history(l, kind, centre_only ? 1 : 1 + STAGE_TABLETS, &ops[i * HISTORY_OPS_MAX], &seed);
    unsigned long wrong = law_end(l);
    free(ops);
    return wrong;
}

static void random_histories(void **state)
{
    static const char *const names[STAGE_KINDS] = {"random, new marks",  "random, marks",  "random, sessions",
                                                   "random, enrolments", "random, people", "random, users",
                                                   "random, groups",     "random, clinics"};
    unsigned long wrong = 0;
    printf("test_merge_histories %llu repeats these:\n", (unsigned long long)random_seed);
    for (enum stage_kind kind = 0; kind < STAGE_KINDS; kind++)
        wrong += random_kind(*state, names[kind], kind);
    assert_int_equal(wrong, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranked_taps_and_a_prefill),
        cmocka_unit_test(ranked_own_word_and_nothing),
        cmocka_unit_test(register_values),
        cmocka_unit_test(minor_values),
        cmocka_unit_test(union_values),
        cmocka_unit_test(ordered_two_terminal),
        cmocka_unit_test(ordered_with_an_error),
        cmocka_unit_test(ordered_two_active),
        cmocka_unit_test(tombstones_among_taps),
        cmocka_unit_test(tombstones_among_units),
        cmocka_unit_test(coordinators_with_old_pages),
        cmocka_unit_test(random_histories),
    };
    if (argc > 1)
        random_seed = strtoull(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, setup, teardown);
}
