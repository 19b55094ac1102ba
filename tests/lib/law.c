/* Playing and judging runs: see law.h. Round by round each device sends what it may, of all runs in one batch, so that runs
 * meet each other's csns between their own. */
#include "tests/lib/law.h"

#include "proto/model/rule.h"
#include "tests/lib/check.h"
#include "tests/lib/fold.h"

#include <string.h>

enum { PRINTED_MAX = 2, PRIOR = 1 << HISTORY_OPS_MAX };

/* What can be wrong with an end, the worst first. */
enum wrong { TWO_ENDS, OTHER_END, OTHER_VERDICT, WRONGS };

struct group {
    struct history h;
    const struct sam_op *op[HISTORY_OPS_MAX];
    struct fold fold;
    bool ended; /* digest holds the first end state */
    uint64_t digest;
};

struct run {
    unsigned group;
    struct history_order order;
    uint64_t csn[HISTORY_OPS_MAX]; /* by op */
    unsigned next;                 /* place of the next op to arrive */
};

struct law {
    struct stage stage;
    const char *name;
    enum stage_kind kind;
    bool console; /* device 0 is the console */
    unsigned group_count, run_count;
    struct group group[STAGE_ROWS + 1];
    struct run run[STAGE_ROWS];
    uint64_t csn0; /* the last one before the histories */
    uint8_t verdict[STAGE_ROWS * HISTORY_OPS_MAX * 2];
    bool together; /* ops of one device that arrive after each other come in one batch */
    unsigned long groups_total, runs_total, wrong[WRONGS];
};

void law_open(struct law **out)
{
    *out = calloc(1, sizeof **out);
    CHECK(*out);
    stage_open(&(*out)->stage);
}

void law_close(struct law *l)
{
    if (!l)
        return;
    stage_close(&l->stage);
    free(l);
}

const struct stage *law_stage(const struct law *l)
{
    return &l->stage;
}

/* ---- playing: all runs of a chunk side by side, each op in the place its order gives it */

/* The csn that says "these had arrived". Where bases do not count as numbers it may as well be the last one before the next
 * op of the row. */
static uint64_t base_csn(const struct law *l, const struct run *r, unsigned x)
{
    unsigned b = r->order.base[x];
    bool late = !l->group[r->group].h.exact && (r - l->run) % 2 && b < r->next;
    if (late)
        return r->csn[r->order.at[b]] - 1;
    return b ? r->csn[r->order.at[b - 1]] : l->csn0;
}

static struct sam_op op_of(const struct law *l, const struct run *r, unsigned x)
{
    struct sam_op op = *l->group[r->group].op[x];
    op.row.key = l->stage.key[l->kind][r - l->run];
    op.user = l->stage.user;
    op.claimed_s = STAGE_NOW_S;
    op.base_csn = base_csn(l, r, x);
    return op;
}

/* Is the op at ${place} one of ${device} that may travel in a batch which begins with place ${from}? */
static bool may_go(const struct law *l, const struct run *r, unsigned device, unsigned from, unsigned place)
{
    const struct history *h = &l->group[r->group].h;
    if (place == h->count || (place > from && !l->together))
        return false;
    unsigned x = r->order.at[place];
    return h->device[x] == device && r->order.base[x] <= from;
}

static bool console_speaks(struct law *l)
{
    bool moved = false;
    enum sam_reason why;
    for (struct run *r = l->run; r < l->run + l->run_count; r++)
        while (may_go(l, r, 0, r->next, r->next)) {
            unsigned x = r->order.at[r->next];
            struct sam_op op = op_of(l, r, x);
            CHECK(intake_author(l->stage.centre.in, &op, &why) == 0);
            r->csn[x] = store_csn(intake_store(l->stage.centre.in));
            r->next++;
            moved = true;
        }
    return moved;
}

static bool tablet_pushes(struct law *l, unsigned device)
{
    static struct sam_op ops[SAM_PUSH_OPS_MAX];
    static uint64_t *csn[SAM_PUSH_OPS_MAX];
    unsigned n = 0, places[STAGE_ROWS] = {0};
    for (unsigned i = 0; i < l->run_count && n + HISTORY_OPS_MAX <= SAM_PUSH_OPS_MAX; i++) {
        struct run *r = &l->run[i];
        while (may_go(l, r, device, r->next, r->next + places[i])) {
            unsigned x = r->order.at[r->next + places[i]++];
            ops[n] = op_of(l, r, x);
            csn[n++] = &r->csn[x];
        }
    }
    if (n == 0)
        return false;
    uint64_t last = centre_push(&l->stage.centre, &l->stage.tablet[device - l->console], ops, n);
    for (unsigned i = 0; i < n; i++)
        *csn[i] = last - (n - 1) + i;
    for (unsigned i = 0; i < l->run_count; i++)
        l->run[i].next += places[i];
    return true;
}

static void play(struct law *l)
{
    bool moved;
    do {
        moved = false;
        for (unsigned device = 0; device < STAGE_TABLETS + (unsigned)l->console; device++)
            moved |= device == 0 && l->console ? console_speaks(l) : tablet_pushes(l, device);
    } while (moved);
    for (unsigned i = 0; i < l->run_count; i++)
        CHECK(l->run[i].next == l->group[l->run[i].group].h.count);
}

/* ---- what stands at the end */

struct ending {
    bool there, dead;
    uint16_t live[SAM_UNITS_MAX]; /* ops, and PRIOR */
    uint32_t asked;               /* units of which a case is open */
    struct store_row row;
};

static uint16_t live_bit(const struct law *l, const struct run *r, uint64_t csn)
{
    const struct history *h = &l->group[r->group].h;
    for (unsigned x = 0; x < h->count; x++)
        if (r->csn[x] == csn)
            return (uint16_t)(1u << x);
    CHECK(csn <= l->csn0);
    return PRIOR;
}

static uint16_t live_read(struct law *l, const struct run *r, const struct store_row *row, unsigned unit)
{
    static struct store_candidate c[SAM_CANDIDATES_MAX];
    struct store_rev rev = store_row_rev(row, unit);
    unsigned count;
    uint16_t live = 0;
    if (rev.csn == 0 || !rev.many)
        return rev.csn ? live_bit(l, r, rev.csn) : 0;
    CHECK(store_candidates_get(intake_store(l->stage.centre.in), &row->row.key, unit, c, SAM_CANDIDATES_MAX, &count) ==
          0);
    for (unsigned i = 0; i < count; i++)
        live |= live_bit(l, r, c[i].csn);
    return live;
}

static bool is_asked(struct law *l, const struct sam_key *key, unsigned unit)
{
    struct store_case c;
    CHECK(store_case_find(intake_store(l->stage.centre.in), key, SAM_RULE_UNIT, unit, &c) == 0);
    return c.no && c.open;
}

static void ending_read(struct law *l, const struct run *r, struct ending *e)
{
    const struct sam_key *key = &l->stage.key[l->kind][r - l->run];
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    memset(e->live, 0, sizeof e->live);
    e->asked = 0;
    CHECK(store_row_get(intake_store(l->stage.centre.in), key, &e->row) == 0);
    e->there = e->row.exists;
    e->dead = e->row.exists && e->row.dead > 0;
    for (unsigned unit = 0; e->there && !e->dead && unit < def->unit_count; unit++)
        e->live[unit] = live_read(l, r, &e->row, unit);
    for (unsigned unit = 0; unit < def->unit_count; unit++)
        e->asked |= (uint32_t)is_asked(l, key, unit) << unit;
}

static uint64_t mixed(uint64_t digest, const void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest = (digest ^ ((const uint8_t *)p)[i]) * 0x100000001b3u;
    return digest;
}

static uint64_t ending_digest(const struct ending *e)
{
    const struct sam_entity_def *def = sam_entity_find(e->row.row.key.entity);
    uint64_t digest = 0xcbf29ce484222325u;
    digest = mixed(digest, &e->there, sizeof e->there);
    digest = mixed(digest, &e->dead, sizeof e->dead);
    digest = mixed(digest, e->live, sizeof e->live);
    digest = mixed(digest, &e->asked, sizeof e->asked);
    digest = mixed(digest, &e->row.row.present, sizeof e->row.row.present);
    for (unsigned f = 0; f < def->field_count; f++) {
        const struct sam_val *v = &e->row.row.val[f];
        if (!sam_row_has(&e->row.row, f))
            continue;
        if (def->field[f].type == SAM_TYPE_TEXT)
            digest = mixed(digest, v->text.ptr, v->text.len);
        else
            digest = mixed(digest, &v->num, sizeof v->num);
    }
    return digest;
}

static bool field_equal(const struct sam_field_def *f, const struct sam_row *a, const struct sam_row *b, unsigned i)
{
    if (sam_row_has(a, i) != sam_row_has(b, i) || !sam_row_has(a, i))
        return sam_row_has(a, i) == sam_row_has(b, i);
    if (f->type != SAM_TYPE_TEXT)
        return a->val[i].num == b->val[i].num;
    return a->val[i].text.len == b->val[i].text.len &&
           (a->val[i].text.len == 0 || !memcmp(a->val[i].text.ptr, b->val[i].text.ptr, a->val[i].text.len));
}

static bool unit_as_fold(const struct law *l, const struct group *g, const struct ending *e, unsigned unit)
{
    const struct sam_entity_def *def = sam_entity_find(e->row.row.key.entity);
    const struct fold_unit *f = &g->fold.unit[unit];
    const struct sam_row *prior = &l->stage.prior[l->kind].row, empty = {.key = e->row.row.key};
    bool prior_lives = f->live == 0 && g->fold.tombstones == 0 && sam_row_units(prior) >> unit & 1u;
    if (e->live[unit] != (prior_lives ? PRIOR : f->live) || (e->asked >> unit & 1u) != f->disputed)
        return false;
    const struct sam_row *want = f->live ? &g->op[f->shown]->row : prior_lives ? prior : &empty;
    for (unsigned i = 0; i < def->field_count; i++) {
        if (def->field[i].unit != unit)
            continue;
        if (f->live && def->unit_class[unit] == SAM_CLASS_UNION) {
            if (sam_row_num(&e->row.row, i) != (int64_t)f->all_or)
                return false;
        } else if (!field_equal(&def->field[i], want, &e->row.row, i)) {
            return false;
        }
    }
    return true;
}

static bool ending_as_fold(const struct law *l, const struct group *g, const struct ending *e)
{
    const struct sam_entity_def *def = sam_entity_find(e->row.row.key.entity);
    if (!e->there || e->dead != (g->fold.tombstones && !g->fold.standing))
        return false;
    if (e->dead)
        return e->asked == 0;
    for (unsigned unit = 0; unit < def->unit_count; unit++)
        if (!unit_as_fold(l, g, e, unit))
            return false;
    return true;
}

static void verdicts_read(struct law *l, uint64_t device_no)
{
    static struct store_verdict v[SAM_VERDICTS_MAX];
    uint64_t at_csn = l->csn0, csn = INT64_MAX;
    unsigned count;
    do {
        CHECK(store_verdicts_after(intake_store(l->stage.centre.in), device_no, at_csn, csn, v, SAM_VERDICTS_MAX,
                                   &count) == 0);
        for (unsigned i = 0; i < count; i++) {
            at_csn = v[i].at_csn;
            csn = v[i].csn;
            if (csn <= l->csn0) /* of the row as it stood before */
                continue;
            CHECK(csn - l->csn0 <= sizeof l->verdict);
            l->verdict[csn - l->csn0 - 1] = (uint8_t)v[i].kind;
        }
    } while (count);
}

/* ---- telling */

static const char *const verdict_names[SAM_VERDICT_COUNT] = {"applied", "merged",      "same", "superseded",
                                                             "case",    "quarantined", "held", "lost"};

static void fields_print(const struct sam_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    for (unsigned f = 0; f < def->field_count; f++)
        if (sam_row_has(row, f) && def->field[f].type == SAM_TYPE_TEXT)
            printf(" %s=%.*s", def->field[f].column, (int)row->val[f].text.len, (const char *)row->val[f].text.ptr);
        else if (sam_row_has(row, f))
            printf(" %s=%lld", def->field[f].column, (long long)row->val[f].num);
}

static void op_print(const struct sam_op *op)
{
    if (op->kind == SAM_OP_TOMBSTONE)
        printf(" tombstone");
    fields_print(&op->row);
    if (op->clear)
        printf(" clear=%x", (unsigned)op->clear);
}

static void complain(struct law *l, const struct run *r, const struct ending *e, enum wrong wrong)
{
    static const char *const what[WRONGS] = {"two end states of one history",
                                             "another end state than the fold over all ops",
                                             "another verdict than that end calls for"};
    const struct group *g = &l->group[r->group];
    char text[256];
    if (l->wrong[wrong]++ >= PRINTED_MAX)
        return;
    history_text(&g->h, text, sizeof text);
    printf("%s: %s\n  history %s, arrived", l->name, what[wrong], text);
    for (unsigned i = 0; i < g->h.count; i++)
        printf(" %u", r->order.at[i]);
    printf("\n");
    for (unsigned x = 0; x < g->h.count; x++) {
        printf("  op %u of %c:", x, 'A' + g->h.device[x]);
        op_print(g->op[x]);
        printf(" -> %s\n", verdict_names[l->verdict[r->csn[x] - l->csn0 - 1] % SAM_VERDICT_COUNT]);
    }
    printf("  row%s%s:", e->there ? "" : " missing", e->dead ? " dead" : "");
    fields_print(&e->row.row);
    printf(", alive by unit:");
    for (unsigned unit = 0; unit < SAM_UNITS_MAX; unit++)
        if (e->live[unit] || g->fold.unit[unit].live)
            printf(" %u: %x (fold %x%s)", unit, e->live[unit], g->fold.unit[unit].live,
                   g->fold.unit[unit].disputed ? ", disputed" : "");
    printf("; cases open %x", (unsigned)e->asked);
    printf("\n  fold: %s, standing %x\n", g->fold.tombstones && !g->fold.standing ? "dead" : "alive", g->fold.standing);
}

static void run_check(struct law *l, const struct run *r)
{
    static struct ending e;
    struct group *g = &l->group[r->group];
    ending_read(l, r, &e);
    uint64_t digest = ending_digest(&e);
    if (g->ended && digest != g->digest)
        complain(l, r, &e, TWO_ENDS);
    else if (!ending_as_fold(l, g, &e))
        complain(l, r, &e, OTHER_END);
    else
        for (unsigned place = 0; place < g->h.count; place++) {
            uint8_t told = l->verdict[r->csn[r->order.at[place]] - l->csn0 - 1];
            if (!fold_told(&g->h, g->op, &g->fold, r->order.at[place], told)) {
                complain(l, r, &e, OTHER_VERDICT);
                break;
            }
        }
    g->ended = true;
    g->digest = digest;
}

/* ---- chunks of runs */

static void chunk_end(struct law *l)
{
    struct centre_tablet before[STAGE_TABLETS];
    struct store *st = intake_store(l->stage.centre.in);
    if (l->run_count == 0)
        return;
    memcpy(before, l->stage.tablet, sizeof before);
    memset(l->verdict, SAM_VERDICT_APPLIED, sizeof l->verdict);
    CHECK(intake_begin(l->stage.centre.in) == 0);
    l->csn0 = store_csn(st);
    play(l);
    verdicts_read(l, SAM_DEVICE_NO_CONSOLE);
    for (unsigned i = 0; i < STAGE_TABLETS; i++)
        verdicts_read(l, l->stage.tablet[i].device_no);
    for (unsigned i = 0; i < l->run_count; i++)
        run_check(l, &l->run[i]);
    intake_rollback(l->stage.centre.in);
    CHECK(store_csn(st) == l->csn0);
    memcpy(l->stage.tablet, before, sizeof before);
    l->runs_total += l->run_count;
    l->run_count = 0;
    l->together = !l->together;
    if (l->group_count) { /* the last one may go on in the next chunk */
        l->group[0] = l->group[l->group_count - 1];
        l->group_count = 1;
    }
}

void law_history(struct law *l, const struct history *h, const struct sam_op *const op[])
{
    if (l->group_count == STAGE_ROWS + 1)
        chunk_end(l);
    struct group *g = &l->group[l->group_count++];
    *g = (struct group){.h = *h};
    for (unsigned x = 0; x < h->count; x++)
        g->op[x] = op[x];
    fold_history(h, g->op, (uint8_t)((1u << h->count) - 1), &g->fold);
    l->groups_total++;
}

bool law_order(void *ctx, const struct history *h, const struct history_order *order)
{
    struct law *l = ctx;
    (void)h;
    if (l->run_count == STAGE_ROWS)
        chunk_end(l);
    l->run[l->run_count++] = (struct run){.group = l->group_count - 1, .order = *order};
    return true;
}

void law_begin(struct law *l, const char *name, enum stage_kind kind, bool console)
{
    l->name = name;
    l->kind = kind;
    l->console = console;
    l->groups_total = l->runs_total = 0;
    memset(l->wrong, 0, sizeof l->wrong);
    l->group_count = l->run_count = 0;
}

unsigned long law_end(struct law *l)
{
    chunk_end(l);
    l->group_count = 0;
    printf("%s%s: %lu histories, %lu orders of arrival; wrong: %lu ends apart, %lu other ends, %lu verdicts\n", l->name,
           l->console ? " with the console" : "", l->groups_total, l->runs_total, l->wrong[TWO_ENDS],
           l->wrong[OTHER_END], l->wrong[OTHER_VERDICT]);
    return l->wrong[TWO_ENDS] + l->wrong[OTHER_END] + l->wrong[OTHER_VERDICT];
}
