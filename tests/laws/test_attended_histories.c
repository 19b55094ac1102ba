/* Goal: whether somebody is asked about a session that was cancelled and held follows from what was said and from what each
 * author had seen, and from nothing else (P5, P6); and nobody is asked twice at once.
 *
 * Every history of up to three ops by the console and two tablets, and random ones of up to six, each op being a mark, a set, the
 * session's status or a ruling, goes through the real intake and store in every order of arrival. What must be asked at the end
 * is said here from the history alone.
 *   test_attended_histories [SEED]     the seed of the random ones */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/model/rule.h"
#include "tests/lib/check.h"
#include "tests/lib/history.h"
#include "tests/lib/stage.h"

#include <limits.h>
#include <string.h>

#if defined __SANITIZE_ADDRESS__ || defined __wasm__ /* all of them natively */
enum { OPS_MAX = 2, RANDOM_HISTORIES = 150 };
#else
enum { OPS_MAX = 3, RANDOM_HISTORIES = 1500 };
#endif
enum { DEVICES = 3, RANDOM_ORDERS = 6, PRINTED_MAX = 3 };

enum act { HELD, CANCELLED, PRESENT, NO_SHOW, TRAINED, MAY_STAND, ACTS };
static const char *const act_names[ACTS] = {"held", "cancelled", "present", "no-show", "trained", "may-stand"};

static uint64_t random_seed = 1;

struct told {
    struct stage stage;
    uint64_t session[STAGE_ROWS]; /* each on a day of its own */
    unsigned used;                /* sessions in this transaction, which is rolled back */
    struct centre_tablet before[STAGE_TABLETS];
    enum act act[HISTORY_OPS_MAX];
    bool status, attended; /* must be asked */
    unsigned left;         /* orders of the history at hand that are still to be played */
    unsigned long orders, open[3], wrong;
};

static bool console(const struct history *h, unsigned x)
{
    return h->device[x] == 0;
}

/* ---- what must be asked */

static bool of_status(enum act act)
{
    return act == HELD || act == CANCELLED;
}

static unsigned unit_of(enum act act)
{
    return of_status(act) ? 0 : act == PRESENT || act == NO_SHOW ? 1 : act == TRAINED ? 2 : 3;
}

static bool live(const struct told *t, const struct history *h, unsigned x)
{
    for (unsigned y = 0; y < h->count; y++)
        if (y != x && unit_of(t->act[y]) == unit_of(t->act[x]) && history_saw(h, y, x))
            return false;
    return true;
}

/* Has somebody of the centre who had seen ${y} said that it was cancelled, and does that stand? */
static bool answered(const struct told *t, const struct history *h, unsigned y)
{
    for (unsigned x = 0; x < h->count; x++) {
        bool may = t->act[x] == CANCELLED;
        if (!console(h, x) || !live(t, h, x) || !history_saw(h, x, y))
            continue;
        for (unsigned c = 0; t->act[x] == MAY_STAND && c < h->count; c++)
            may = may || (t->act[c] == CANCELLED && live(t, h, c) && history_saw(h, x, c));
        if (may)
            return true;
    }
    return false;
}

static void must_ask(struct told *t, const struct history *h)
{
    unsigned said[ACTS] = {0};
    bool news = false;
    for (unsigned x = 0; x < h->count; x++)
        if (live(t, h, x)) {
            said[t->act[x]]++;
            news = news || ((t->act[x] == PRESENT || t->act[x] == TRAINED) && !answered(t, h, x));
        }
    t->status = said[HELD] && said[CANCELLED];
    t->attended = said[CANCELLED] && !said[HELD] && news;
}

/* ---- playing */

static struct sam_op op_of(const struct told *t, enum act act, uint64_t session)
{
    static const uint8_t entity[] = {SAM_SESSION, SAM_ATTENDANCE, SAM_EXERCISE_SET, SAM_RULING};
    struct sam_op op = stage_op(entity[unit_of(act)], SAM_OP_SET);
    uint64_t person = t->stage.key[STAGE_PERSON][0].part[0];
    op.user = t->stage.user;
    op.claimed_s = STAGE_NOW_S;
    op.row.key.part[0] = session;
    switch (act) {
    case HELD:
    case CANCELLED: sam_row_set(&op.row, SAM_SESSION_status, act == HELD ? 1 : 2); break;
    case PRESENT:
    case NO_SHOW:
        op.row.key.part[1] = person;
        sam_row_set(&op.row, SAM_ATTENDANCE_presence, act == PRESENT ? 1 : 3);
        sam_row_set(&op.row, SAM_ATTENDANCE_evidence, 2);
        break;
    case TRAINED:
        op.row.key = (struct sam_key){.entity = SAM_EXERCISE_SET, .part = {session, person, 101, 1}};
        sam_row_set(&op.row, SAM_EXERCISE_SET_reps, 8);
        break;
    default:
        op.row.key = (struct sam_key){.entity = SAM_RULING, .part = {SAM_RULE_ATTENDED, session, session}};
        sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
    }
    return op;
}

static void say(struct told *t, unsigned device, const struct sam_op *op)
{
    enum sam_reason why;
    if (device == 0)
        CHECK(intake_author(t->stage.centre.in, op, &why) == 0);
    else
        centre_push(&t->stage.centre, &t->stage.tablet[device - 1], op, 1);
}

static bool asked(struct told *t, struct sam_key key, enum sam_rule rule, unsigned unit)
{
    struct store_case c;
    CHECK(store_case_find(intake_store(t->stage.centre.in), &key, rule, unit, &c) == 0);
    return c.no && c.open;
}

static void complain(struct told *t, const struct history *h, const struct history_order *o, bool status, bool attended)
{
    char text[256];
    if (t->wrong++ >= PRINTED_MAX)
        return;
    history_text(h, text, sizeof text);
    printf("wrong: %s:", text);
    for (unsigned x = 0; x < h->count; x++)
        printf(" %s", act_names[t->act[x]]);
    printf("; order");
    for (unsigned i = 0; i < h->count; i++)
        printf(" %u", o->at[i]);
    printf("; expected status %d attended %d, got %d %d\n", t->status, t->attended, status, attended);
}

static void roll_back(struct told *t)
{
    if (t->used)
        intake_rollback(t->stage.centre.in);
    if (t->used)
        memcpy(t->stage.tablet, t->before, sizeof t->before);
    t->used = 0;
}

static uint64_t fresh_session(struct told *t)
{
    if (t->used == STAGE_ROWS)
        roll_back(t);
    if (t->used == 0) {
        CHECK(intake_begin(t->stage.centre.in) == 0);
        memcpy(t->before, t->stage.tablet, sizeof t->before);
    }
    return t->session[t->used++];
}

static bool order_play(void *ctx, const struct history *h, const struct history_order *o)
{
    struct told *t = ctx;
    struct store *st = intake_store(t->stage.centre.in);
    uint64_t session = fresh_session(t), csn0 = store_csn(st), csn[HISTORY_OPS_MAX];
    const struct sam_entity_def *def = sam_entity_find(SAM_SESSION);
    for (unsigned i = 0; i < h->count; i++) {
        unsigned x = o->at[i], before = o->base[x];
        struct sam_op op = op_of(t, t->act[x], session);
        op.base_csn = before ? csn[o->at[before - 1]] : csn0;
        say(t, h->device[x], &op);
        csn[x] = store_csn(st);
    }
    bool status = asked(t, (struct sam_key){.entity = SAM_SESSION, .part = {session}}, SAM_RULE_UNIT,
                        def->field[SAM_SESSION_status].unit);
    bool attended = asked(t, (struct sam_key){.entity = SAM_SESSION, .part = {session, session}}, SAM_RULE_ATTENDED, 0);
    t->orders++;
    t->open[0] += !status && !attended;
    t->open[1] += status;
    t->open[2] += attended;
    if (status != t->status || attended != t->attended)
        complain(t, h, o, status, attended);
    return --t->left > 0;
}

static void acts_each(struct told *t, const struct history *h, unsigned x)
{
    if (x == h->count) {
        must_ask(t, h);
        t->left = UINT_MAX;
        history_orders(h, 0, order_play, t);
        return;
    }
    for (unsigned act = 0; act < ACTS; act++) {
        bool rule = act == MAY_STAND;
        if (rule && !console(h, x))
            continue;
        t->act[x] = (enum act)act;
        acts_each(t, h, x + 1);
    }
}

static void small_history(void *ctx, const struct history *h)
{
    acts_each(ctx, h, 0);
}

/* ---- the laws */

static int setup(void **state)
{
    struct told *t = *state = calloc(1, sizeof *t);
    CHECK(t);
    stage_open(&t->stage);
    struct sam_op op = t->stage.prior[STAGE_SESSION];
    CHECK(intake_begin(t->stage.centre.in) == 0);
    for (unsigned i = 0; i < STAGE_ROWS; i++) {
        op.row.key.part[0] = 0;
        sam_row_set(&op.row, SAM_SESSION_day, STAGE_NOW_S / 86400 + 1 + i);
        t->session[i] = centre_says(&t->stage.centre, &op);
    }
    CHECK(intake_commit(t->stage.centre.in) == 0);
    return 0;
}

static int teardown(void **state)
{
    struct told *t = *state;
    roll_back(t);
    stage_close(&t->stage);
    free(t);
    return 0;
}

static void all_right(const struct told *t, const char *name)
{
    printf("%s: %lu orders; nobody asked in %lu, about the status in %lu, about who attended in %lu\n", name, t->orders,
           t->open[0], t->open[1], t->open[2]);
    assert_int_equal(t->wrong, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_true(t->open[i] > 0);
}

static void every_small_history(void **state)
{
    struct told *t = *state;
    for (unsigned count = 1; count <= OPS_MAX; count++)
        CHECK(history_each(count, DEVICES, &(struct history){.shared = true}, small_history, t) > 0);
    all_right(t, "small histories");
}

static void random_histories(void **state)
{
    struct told *t = *state;
    printf("random histories: seed %llu\n", (unsigned long long)random_seed);
    for (unsigned i = 0; i < RANDOM_HISTORIES; i++) {
        struct history h = {.shared = true};
        history_random(&h, 4 + history_draw(&random_seed, 3), DEVICES, &random_seed);
        for (unsigned x = 0; x < h.count; x++)
            t->act[x] = (enum act)history_draw(&random_seed, console(&h, x) ? ACTS : MAY_STAND);
        must_ask(t, &h);
        t->left = RANDOM_ORDERS;
        history_orders(&h, 1 + history_draw(&random_seed, 1u << 30), order_play, t);
    }
    all_right(t, "random histories");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_small_history, setup, teardown),
        cmocka_unit_test_setup_teardown(random_histories, setup, teardown),
    };
    random_seed = argc > 1 ? strtoull(argv[1], NULL, 10) : random_seed;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
