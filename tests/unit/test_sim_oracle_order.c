/* Goal: the oracle gives one end state whatever the order in which the same ops are told, with restores between them too. */
#include "tests/unit/test_sim_oracle.h"

enum { OPS = 7 };

/* ops on one row; sees[i]: earlier ones that were on the author's page, besides own ones */
struct story {
    unsigned count;
    struct oracle_op op[OPS];
    uint64_t sees[OPS][OPS];
    uint64_t base_csn[OPS], seq[OPS];
};

static const struct {
    struct oracle_row row;
    unsigned tag, unit, values;
} fields[] = {
    {{ORACLE_ATTENDANCE, {50, 60}}, PRESENCE, 0, 5}, {{ORACLE_ATTENDANCE, {50, 60}}, MINUTES, 1, 3},
    {{ORACLE_ATTENDANCE, {50, 60}}, LATE, 2, 2},     {{ORACLE_ATTENDANCE, {50, 60}}, VIDEO, 4, 2},
    {{ORACLE_ENROLMENT, {7, 60}}, 3, 0, 10},         {{ORACLE_PARTICIPANT, {60}}, NAME, 0, 3},
    {{ORACLE_SESSION, {50}}, SESSION_STATUS, 1, 3},
};

static void story_op(struct story *s, unsigned i, size_t field, uint64_t *seed)
{
    struct oracle_op *op = &s->op[i];
    *op = (struct oracle_op){.gid = i + 1, .actor = draw(seed, ACTORS), .row = fields[field].row, .also = s->sees[i]};
    if (draw(seed, 8) == 0)
        op->kind = ORACLE_TOMBSTONE;
    else if (draw(seed, 12) == 0)
        op->clear = T(fields[field].unit);
    else
        op->present = T(fields[field].tag);
    op->value[fields[field].tag] = op->present ? draw(seed, fields[field].values) : 0;
    if (fields[field].tag == PRESENCE && op->row.entity == ORACLE_ATTENDANCE && op->present) {
        op->present |= T(EVIDENCE);
        op->value[EVIDENCE] = draw(seed, 4);
    }
    for (unsigned j = 0; j < i; j++)
        if (draw(seed, 3) == 0)
            s->sees[i][op->also_count++] = j + 1;
    s->base_csn[i] = draw(seed, 4);
    s->seq[i] = 1;
    for (unsigned j = 0; j < i; j++)
        s->seq[i] += s->op[j].actor == op->actor;
}

/* the ops come in a random order that keeps each device's own; what they come to, as text */
static void story_end(const struct story *s, uint64_t *seed, char *text, size_t size)
{
    struct world w = begin();
    bool came[OPS] = {false};
    for (unsigned i = 0; i < s->count; i++)
        oracle_save(w.o, &s->op[i]);
    for (unsigned n = 0; n < s->count; n++) {
        unsigned i = draw(seed, s->count);
        while (came[i] || s->seq[i] != w.seq[s->op[i].actor + 1] + 1)
            i = (i + 1) % s->count;
        came[i] = true;
        struct oracle_place place = next(&w, s->op[i].actor + 1);
        place.base_csn = s->base_csn[i];
        oracle_admit(w.o, i + 1, &place);
        if (draw(seed, 2)) /* judging in between changes nothing */
            oracle_row_state(w.o, &s->op[0].row);
    }
    const struct oracle_unit_def *def;
    unsigned units = oracle_units(s->op[0].row.entity, &def);
    int used = snprintf(text, size, "%d", (int)oracle_row_state(w.o, &s->op[0].row));
    for (unsigned u = 0; u < units; u++) {
        struct oracle_unit unit = oracle_unit(w.o, &s->op[0].row, u);
        used +=
            snprintf(text + used, size - (size_t)used, "|%d %d %u", (int)unit.shown, unit.disputed, unit.other_count);
        for (unsigned i = 0; i < unit.live_count; i++)
            used += snprintf(text + used, size - (size_t)used, ",%d", (int)unit.live[i]);
    }
    for (unsigned i = 0; i < s->count; i++)
        used += snprintf(text + used, size - (size_t)used, "/%d", (int)oracle_fate(w.o, i + 1));
    assert_true((size_t)used < size);
    end(&w);
}

static void test_order_does_not_matter(void **state)
{
    (void)state;
    unsigned disputed = 0, dead = 0;
    for (uint64_t n = 0; n < 3000; n++) {
        uint64_t seed = n;
        struct story s = {.count = 2 + draw(&seed, OPS - 1)};
        for (unsigned i = 0; i < s.count; i++)
            story_op(&s, i, n % COUNT(fields), &seed);
        char first[512], other[512];
        story_end(&s, &seed, first, sizeof first);
        disputed += strstr(first, " 1 ") != NULL;
        dead += first[0] == '0' + ORACLE_DEAD;
        for (unsigned k = 0; k < 6; k++) {
            story_end(&s, &seed, other, sizeof other);
            if (strcmp(first, other) != 0)
                fail_msg("seed %" PRIu64 ": %s, in another order %s", n, first, other);
        }
    }
    assert_true(disputed > 100 && dead > 100);
}

/* ---- histories with restores, against plain copies of lists */

enum { LONG = 60 };

struct line {                               /* an event as a page shows it */
    uint64_t event, gid, csn, origin_event; /* origin_event: which one its origin names, 0: none */
};

struct page { /* everything that took effect, as a list */
    struct line line[LONG];
    unsigned count;
    uint64_t epoch;
};

struct past { /* an op: who made it on which page, and what its store remembers of where it was */
    struct page page;
    unsigned actor;
    struct oracle_mark origin;
    uint64_t origin_event;
};

struct lists {
    struct world w;
    struct page now, replica[ACTORS], backup[LONG];
    unsigned backups;
    struct past past[LONG + 1]; /* by gid */
    uint64_t events;
};

static const struct line *line_of(const struct page *page, uint64_t gid)
{
    for (unsigned i = 0; i < page->count; i++)
        if (page->line[i].gid == gid)
            return &page->line[i];
    return NULL;
}

static void lists_come(struct lists *l, uint64_t gid)
{
    struct oracle_place place = {
        .device_no = 1, .seq = ++l->w.seq[1], .csn = l->now.count + 1, .origin = l->past[gid].origin};
    oracle_admit(l->w.o, gid, &place);
    l->now.line[l->now.count++] = (struct line){++l->events, gid, place.csn, l->past[gid].origin_event};
}

static void lists_save(struct lists *l, unsigned actor)
{
    const struct page *page = &l->replica[actor];
    uint64_t gid = ++l->w.gid;
    struct oracle_op op = {.gid = gid, .actor = actor, .row = sheet, .seen = {page->epoch, page->count}};
    l->past[gid] = (struct past){*page, actor, {0, 0}, 0};
    oracle_save(l->w.o, &op);
    lists_come(l, gid);
}

/* back to a backup; most of what is missing comes again, from somewhere on, and names where it was, or forgot it */
static void lists_restore(struct lists *l, uint64_t *seed)
{
    struct page lost = l->now;
    unsigned backup = draw(seed, l->backups);
    oracle_restore(l->w.o, backup);
    l->now = l->backup[backup];
    l->now.epoch = ++l->w.epoch;
    oracle_serve(l->w.o, l->now.epoch);
    uint64_t start = draw(seed, LONG);
    for (uint64_t i = 0; i < l->w.gid; i++) {
        uint64_t gid = 1 + (i + start) % l->w.gid;
        const struct line *was = line_of(&lost, gid);
        if (line_of(&l->now, gid))
            continue;
        if (was && draw(seed, 4)) {
            l->past[gid].origin = (struct oracle_mark){lost.epoch, was->csn};
            l->past[gid].origin_event = was->event;
        }
        if (draw(seed, 8))
            lists_come(l, gid);
    }
}

static bool lists_saw(const struct lists *l, uint64_t x, uint64_t y)
{
    const struct past *p = &l->past[x];
    if (p->actor != CONSOLE && p->actor == l->past[y].actor && y < x)
        return true;
    const struct line *shown = line_of(&p->page, y), *now = line_of(&l->now, y);
    /* what the page showed is what stands now, or what the present one says that it was */
    return shown && (shown->event == now->event || shown->event == now->origin_event);
}

static void lists_compare(const struct lists *l, uint64_t seed, unsigned *found)
{
    for (uint64_t x = 1; x <= l->w.gid; x++)
        for (uint64_t y = 1; y <= l->w.gid; y++) {
            if (x == y || !line_of(&l->now, y))
                continue;
            bool expected = lists_saw(l, x, y);
            if (oracle_had_seen(l->w.o, x, y) != expected)
                fail_msg("seed %" PRIu64 ": op %" PRIu64 " had %sseen op %" PRIu64, seed, x, expected ? "" : "not ", y);
            *found += expected && l->past[x].actor != l->past[y].actor && l->past[x].page.epoch != l->now.epoch;
        }
}

static void lists_step(struct lists *l, uint64_t *seed)
{
    unsigned actor = draw(seed, ACTORS);
    switch (draw(seed, 8)) {
    case 0:
        if (l->backups < LONG) {
            assert_int_equal(oracle_backup(l->w.o), l->backups);
            l->backup[l->backups++] = l->now;
        }
        break;
    case 1:
        if (l->backups && draw(seed, 2))
            lists_restore(l, seed);
        break;
    case 2:
    case 3:
    case 4: l->replica[actor] = l->now; break;
    default:
        if (l->w.gid < LONG / 2)
            lists_save(l, actor);
    }
}

static void test_histories_with_restores(void **state)
{
    (void)state;
    unsigned found = 0;
    static struct lists l;
    for (uint64_t n = 0; n < 300; n++) {
        uint64_t seed = n;
        memset(&l, 0, sizeof l);
        l.w = begin();
        l.now.epoch = l.w.epoch;
        for (unsigned i = 0; i < ACTORS; i++)
            l.replica[i].epoch = l.w.epoch;
        for (unsigned i = 0; i < 80; i++)
            lists_step(&l, &seed);
        lists_compare(&l, n, &found);
        end(&l.w);
    }
    assert_true(found > 1000); /* sightings across a restore */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_histories_with_restores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
