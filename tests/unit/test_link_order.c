/* Goal: what is shown of linked people depends on what was said, on what each author had seen and on which links stand, and not
 * on the order in which tablets and coordinators reached the centre. Random histories of a few people, their marks and sets
 * in one session and their consents, each told several times with its authors interleaved otherwise; every author's own order is kept. SEED=7 begins there, SEEDS=1000
 * tells so many. */
#include "proto/model/rule.h"
#include "tests/lib/centre.h"
#include "tests/lib/check.h"

#include <string.h>

enum {
    NOW_S = 1800000000,
    PEOPLE = 4,
    TABLETS = 3,
    AUTHORS = TABLETS + 1,
    ACTS_MAX = 7,
    ORDERS = 4,
    PARTS = 2,
    TEXT_MAX = 4096,
#ifdef __SANITIZE_ADDRESS__
    SEED_FIRST = 1001, /* others than those that are told without the sanitisers */
    SEEDS = 30
#else
    SEED_FIRST = 1,
    SEEDS = 150
#endif
};

static uint64_t rng;
static uint64_t roll(uint64_t below)
{
    uint64_t z = rng += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (z ^ z >> 31) % below;
}

/* One thing said: by a tablet of ${who}'s row, or by the console: ${who} is ${winner}; the same twice: nobody. */
struct act {
    unsigned who, winner;
    uint8_t entity; /* of the row */
    bool deletes;
    int presence, evidence, minutes, late, by_video; /* -1: not said */
};

/* In the second part everybody has seen all of the first, and nobody what others say in the second. */
struct history {
    struct act act[PARTS][AUTHORS][ACTS_MAX];
    unsigned acts[PARTS][AUTHORS];
};

struct world {
    struct centre c;
    struct centre_tablet tablet[TABLETS];
    uint64_t group, user;
    int64_t days;
};

/* What linked people share in a session and beside it. */
static const uint8_t shared[] = {SAM_ATTENDANCE, SAM_EXERCISE_SET, SAM_CONSENT};
enum { THINGS = sizeof shared / sizeof *shared };

static struct act act_draw(void)
{
    return (struct act){.who = (unsigned)roll(PEOPLE),
                        .winner = (unsigned)roll(PEOPLE),
                        .entity = shared[roll(THINGS)],
                        .deletes = roll(12) == 0,
                        .presence = (int)roll(5) - 1,
                        .evidence = 1 + (int)roll(2),
                        .minutes = roll(2) ? (int)roll(2) * 10 : -1,
                        .late = roll(3) ? -1 : (int)roll(2),
                        .by_video = roll(3) ? -1 : (int)roll(2)};
}

static void history_draw(struct history *h)
{
    for (unsigned part = 0; part < PARTS; part++)
        for (unsigned a = 0; a < AUTHORS; a++) {
            h->acts[part][a] = (unsigned)roll(a < TABLETS || part ? 4 : ACTS_MAX + 1);
            for (unsigned i = 0; i < h->acts[part][a]; i++)
                h->act[part][a][i] = act_draw();
        }
}

/* ---- telling it */

struct told {
    uint64_t session, person[PEOPLE], base, first_seq[TABLETS];
};

static struct sam_op op_on(uint8_t entity, uint64_t a, uint64_t b)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    sam_row_init(&op.row, entity);
    op.row.key.part[0] = a;
    op.row.key.part[1] = b;
    return op;
}

static struct sam_op op_about(const struct told *t, uint8_t entity, unsigned who)
{
    if (entity == SAM_CONSENT)
        return op_on(entity, t->person[who], 1);
    struct sam_op op = op_on(entity, t->session, t->person[who]);
    if (entity == SAM_EXERCISE_SET)
        op.row.key.part[2] = op.row.key.part[3] = 1;
    return op;
}

static uint64_t made(struct world *w, uint8_t entity, int name, int ref, uint64_t to)
{
    struct sam_op op = op_on(entity, 0, 0);
    op.kind = SAM_OP_CREATE;
    if (name >= 0)
        sam_row_set_text(&op.row, (unsigned)name, "Navn", 4);
    if (ref >= 0)
        sam_row_set(&op.row, (unsigned)ref, (int64_t)to);
    if (entity == SAM_SESSION)
        sam_row_set(&op.row, SAM_SESSION_day, NOW_S / 86400 + w->days++); /* none on one day */
    return centre_says(&w->c, &op);
}

static void set_if(struct sam_op *op, unsigned field, int value)
{
    if (value >= 0)
        sam_row_set(&op->row, field, value);
}

/* The numbers of an act as they fit the row. */
static void fields_set(struct sam_op *op, const struct act *a)
{
    if (op->row.key.entity == SAM_CONSENT) {
        sam_row_set(&op->row, SAM_CONSENT_state, 1 + (a->presence & 1));
        sam_row_set(&op->row, SAM_CONSENT_day, 20000 + a->evidence);
        return;
    }
    if (op->row.key.entity == SAM_EXERCISE_SET) {
        sam_row_set(&op->row, SAM_EXERCISE_SET_reps, 8 + a->evidence);
        set_if(op, SAM_EXERCISE_SET_load_hg, a->minutes);
        return;
    }
    set_if(op, SAM_ATTENDANCE_presence, a->presence);
    if (a->presence >= 0)
        set_if(op, SAM_ATTENDANCE_evidence, a->evidence);
    set_if(op, SAM_ATTENDANCE_minutes, a->minutes);
    set_if(op, SAM_ATTENDANCE_late, a->late);
    set_if(op, SAM_ATTENDANCE_by_video, a->by_video);
    if (!op->row.present)
        sam_row_set(&op->row, SAM_ATTENDANCE_late, 1);
}

static void stage(struct world *w, struct told *t)
{
    t->session = made(w, SAM_SESSION, -1, SAM_SESSION_group_id, w->group);
    for (unsigned i = 0; i < PEOPLE; i++) {
        t->person[i] = made(w, SAM_PARTICIPANT, SAM_PARTICIPANT_name, -1, 0);
        struct sam_op op = op_on(SAM_ENROLMENT, w->group, t->person[i]);
        sam_row_set(&op.row, SAM_ENROLMENT_status, 4);
        centre_says(&w->c, &op);
    }
    for (unsigned i = 0; i < THINGS * PEOPLE; i += 2) { /* only what is there can be deleted */
        struct sam_op op = op_about(t, shared[i / PEOPLE], i % PEOPLE);
        fields_set(&op, &(struct act){.presence = 1, .evidence = 2, .minutes = 45, .late = -1, .by_video = -1});
        centre_says(&w->c, &op);
    }
    for (unsigned i = 0; i < TABLETS; i++)
        t->first_seq[i] = w->tablet[i].seq + 1;
}

static void tablet_says(struct world *w, const struct told *t, unsigned tablet, const struct act *a)
{
    struct sam_op op = op_about(t, a->entity, a->who);
    op.user = w->user;
    op.base_csn = t->base;
    fields_set(&op, a);
    if (a->deletes && a->who % 2 == 0) {
        op.kind = SAM_OP_TOMBSTONE;
        op.row.present = 0;
    }
    centre_push(&w->c, &w->tablet[tablet], &op, 1);
}

static void console_says(struct world *w, const struct told *t, const struct act *a)
{
    enum sam_reason why;
    struct sam_op op = op_on(SAM_LINK, t->person[a->who], 0);
    sam_row_set(&op.row, SAM_LINK_winner, a->who == a->winner ? 0 : (int64_t)t->person[a->winner]);
    int err = intake_author(w->c.in, &op, &why);
    CHECK(err == 0 || why == SAM_REASON_NOT_PERMITTED); /* a circle */
}

static void part_tell(struct world *w, const struct history *h, unsigned part, struct told *t)
{
    unsigned at[AUTHORS] = {0}, left = 0;
    t->base = store_csn(intake_store(w->c.in));
    for (unsigned a = 0; a < AUTHORS; a++)
        left += h->acts[part][a];
    while (left) {
        unsigned a = (unsigned)roll(AUTHORS);
        if (at[a] == h->acts[part][a])
            continue;
        const struct act *act = &h->act[part][a][at[a]++];
        left--;
        if (a < TABLETS)
            tablet_says(w, t, a, act);
        else
            console_says(w, t, act);
    }
}

static void tell(struct world *w, const struct history *h, struct told *t)
{
    CHECK(intake_begin(w->c.in) == 0);
    stage(w, t);
    for (unsigned part = 0; part < PARTS; part++)
        part_tell(w, h, part, t);
    CHECK(intake_commit(w->c.in) == 0);
}

/* ---- what came of it, in words that name people by their place */

static void add(char *text, const char *name, unsigned i, int64_t n)
{
    size_t len = strlen(text);
    snprintf(text + len, TEXT_MAX - len, " %s%u=%lld", name, i, (long long)n);
}

static void member_tell(struct world *w, const struct told *t, unsigned who, char *text)
{
    struct store_member m;
    const struct sam_key member = {.entity = SAM_PARTICIPANT, .part = {t->person[who]}};
    CHECK(store_member_get(intake_store(w->c.in), w->group, &member, &m) == 0);
    add(text, "\nmember", who, m.exists && !m.gone);
}

static void row_tell(struct world *w, const struct told *t, uint8_t entity, unsigned who, char *text)
{
    struct store *st = intake_store(w->c.in);
    const struct sam_entity_def *def = sam_entity_find(entity);
    const struct sam_key key = op_about(t, entity, who).row.key;
    struct store_row row;
    CHECK(store_row_get(st, &key, &row) == 0);
    if (!row.exists || row.dead > 0)
        return;
    add(text, "\nrow", who, entity);
    for (unsigned f = 0; f < def->field_count; f++)
        if (sam_row_has(&row.row, f))
            add(text, "field", f, sam_row_num(&row.row, f));
    for (unsigned unit = 0; unit < def->unit_count; unit++) {
        struct store_case c;
        struct store_candidate set[SAM_CANDIDATES_MAX];
        unsigned count;
        uint64_t who_said = 0;
        CHECK(store_case_find(st, &key, SAM_RULE_UNIT, unit, &c) == 0);
        CHECK(store_candidates_get(st, &key, unit, set, SAM_CANDIDATES_MAX, &count) == 0);
        for (unsigned i = 0; count > 1 && i < count; i++) /* in any order */
            for (unsigned d = 0; d < TABLETS; d++)
                if (set[i].device_no == w->tablet[d].device_no)
                    who_said += (uint64_t)1 << (8 * d + set[i].seq - t->first_seq[d]);
        add(text, "case", unit, c.open);
        add(text, "set", unit, (int64_t)who_said);
    }
}

static void act_print(unsigned part, unsigned author, const struct act *x)
{
    if (author == TABLETS)
        printf("%u console: %u is %u\n", part, x->who, x->winner);
    else
        printf("%u tablet %u: of %u's %s%s presence %d/%d minutes %d late %d video %d\n", part, author, x->who,
               sam_entity_find(x->entity)->table, x->deletes && x->who % 2 == 0 ? " deletes" : "", x->presence,
               x->evidence, x->minutes, x->late, x->by_video);
}

static void history_print(const struct history *h)
{
    for (unsigned part = 0; part < PARTS; part++)
        for (unsigned a = 0; a < AUTHORS; a++)
            for (unsigned i = 0; i < h->acts[part][a]; i++)
                act_print(part, a, &h->act[part][a][i]);
}

static void wrong(void *ctx, const char *line)
{
    (void)ctx;
    printf("wrong: %s\n", line);
}

/* All that was told holds, and comes out again. */
static void check(struct world *w)
{
    struct intake_found found = {.wrong = wrong};
    struct intake_verified v;
    struct intake_rebuilt r;
    CHECK(intake_begin(w->c.in) == 0);
    CHECK(intake_verify(w->c.in, &found, NULL, &v) == 0 && v.wrong == 0);
    CHECK(intake_rebuild(w->c.in, &found, &r) == 0 && r.changed == 0);
    intake_rollback(w->c.in);
}

static bool history_holds(struct world *w, uint64_t seed)
{
    struct history h;
    char first[TEXT_MAX], other[TEXT_MAX];
    rng = seed;
    history_draw(&h);
    for (unsigned order = 0; order < ORDERS; order++) {
        struct told t;
        char *text = order ? other : first;
        rng = seed * ORDERS + order;
        tell(w, &h, &t);
        text[0] = 0;
        for (unsigned i = 0; i < PEOPLE; i++)
            member_tell(w, &t, i, text);
        for (unsigned i = 0; i < THINGS * PEOPLE; i++)
            row_tell(w, &t, shared[i / PEOPLE], i % PEOPLE, text);
        if (order && strcmp(first, other) != 0) {
            printf("SEED=%llu order %u\n", (unsigned long long)seed, order);
            history_print(&h);
            printf("--- first%s\n--- then%s\n", first, other);
            return false;
        }
    }
    return true;
}

int main(void)
{
    static struct world w;
    const char *first = getenv("SEED"), *many = getenv("SEEDS");
    uint64_t seed = first ? strtoull(first, NULL, 10) : SEED_FIRST, seeds = many ? strtoull(many, NULL, 10) : SEEDS;
    centre_open(&w.c, NOW_S);
    CHECK(intake_begin(w.c.in) == 0);
    uint64_t clinic = made(&w, SAM_ORG_UNIT, SAM_ORG_UNIT_name, -1, 0);
    w.user = made(&w, SAM_USER, SAM_USER_name, SAM_USER_org, clinic);
    w.group = made(&w, SAM_GROUP, SAM_GROUP_name, SAM_GROUP_org, clinic);
    for (unsigned i = 0; i < TABLETS; i++)
        centre_tablet_join(&w.c, &w.tablet[i], clinic);
    CHECK(intake_commit(w.c.in) == 0);
    bool holds = true;
    for (uint64_t i = 0; holds && i < seeds; i++)
        holds = history_holds(&w, seed + i);
    if (holds)
        check(&w);
    for (unsigned i = 0; i < TABLETS; i++)
        centre_tablet_fini(&w.tablet[i]);
    centre_close(&w.c);
    if (holds)
        printf("ok %llu histories from SEED=%llu, each in %u orders\n", (unsigned long long)seeds,
               (unsigned long long)seed, (unsigned)ORDERS);
    return !holds;
}
