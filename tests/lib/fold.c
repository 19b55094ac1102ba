/* The fold over all ops of a history: see fold.h. Written from DESIGN section 5; it calls nothing of proto/model but the field
 * table. */
#include "tests/lib/fold.h"

#include <string.h>

static bool in(uint8_t mask, unsigned x)
{
    return mask >> x & 1u;
}

/* ---- the classes */

enum { ATTENDED = 1, PREFILLED = 1, TAPPED = 2, SILENT = -1 };

/* Enrolment: waiting, offered, waiting to start and attending are active, by how far they are; registered in error is 9. */
static int ordered_height(const struct sam_row *r)
{
    static const int height[10] = {0, 1, 10, 2, 3, 10, 10, 10, 10, 20};
    return height[sam_row_num(r, SAM_ENROLMENT_status)];
}

/* A tap and the person's own word are both explicit; a prefill is less, a name that was only listed less again, and a mark
 * that says nothing is less than anything said. */
static int evidence_height(const struct sam_row *r)
{
    if (sam_row_num(r, SAM_ATTENDANCE_presence) == 0)
        return SILENT;
    int64_t evidence = sam_row_num(r, SAM_ATTENDANCE_evidence);
    return evidence >= TAPPED ? 2 : evidence == PREFILLED ? 1 : 0;
}

struct unit_of {
    const struct history *h;
    const struct sam_op *const *op;
    const struct sam_entity_def *def;
    unsigned unit;
};

static bool is_presence(const struct unit_of *u)
{
    return u->def->tag == SAM_ATTENDANCE && u->def->unit_class[u->unit] == SAM_CLASS_RANKED;
}

static int height(const struct unit_of *u, unsigned x)
{
    switch (u->def->unit_class[u->unit]) {
    case SAM_CLASS_ORDERED: return ordered_height(&u->op[x]->row);
    case SAM_CLASS_RANKED:
        return is_presence(u) ? evidence_height(&u->op[x]->row) : u->h->shared && u->h->device[x] == 0;
    default: return 0;
    }
}

static bool text_equal(struct sam_span a, struct sam_span b)
{
    return a.len == b.len && (a.len == 0 || !memcmp(a.ptr, b.ptr, a.len));
}

static bool same(const struct unit_of *u, unsigned x, unsigned y)
{
    const struct sam_row *a = &u->op[x]->row, *b = &u->op[y]->row;
    if (is_presence(u))
        return sam_row_num(a, SAM_ATTENDANCE_presence) == sam_row_num(b, SAM_ATTENDANCE_presence);
    for (unsigned f = 0; f < u->def->field_count; f++) {
        if (u->def->field[f].unit != u->unit)
            continue;
        if (sam_row_has(a, f) != sam_row_has(b, f))
            return false;
        if (sam_row_has(a, f) && u->def->field[f].type == SAM_TYPE_TEXT && !text_equal(a->val[f].text, b->val[f].text))
            return false;
        if (sam_row_has(a, f) && u->def->field[f].type != SAM_TYPE_TEXT && a->val[f].num != b->val[f].num)
            return false;
    }
    return true;
}

/* Does ${x} stand before ${y} among values of one height? Ops are numbered by device, then seq. */
static bool goes_before(const struct unit_of *u, unsigned x, unsigned y)
{
    if (is_presence(u)) {
        bool px = sam_row_num(&u->op[x]->row, SAM_ATTENDANCE_presence) == ATTENDED;
        bool py = sam_row_num(&u->op[y]->row, SAM_ATTENDANCE_presence) == ATTENDED;
        if (px != py)
            return px;
    }
    return x < y;
}

static bool minor_wins(const struct unit_of *u, unsigned x, unsigned y)
{
    int bx = __builtin_popcount(u->h->base[x]), by = __builtin_popcount(u->h->base[y]);
    return bx != by ? bx > by : x > y;
}

static void fold_minor(const struct unit_of *u, struct fold_unit *out)
{
    for (unsigned x = 0; x < u->h->count; x++)
        if (in(out->live, x) && (out->shown < 0 || minor_wins(u, x, (unsigned)out->shown)))
            out->shown = (int)x;
    out->top = out->live;
}

static void fold_union(const struct unit_of *u, struct fold_unit *out)
{
    for (unsigned x = 0; x < u->h->count; x++)
        for (unsigned f = 0; in(out->live, x) && f < u->def->field_count; f++)
            if (u->def->field[f].unit == u->unit) {
                out->all_or |= (uint64_t)sam_row_num(&u->op[x]->row, f);
                out->shown = (int)x;
            }
    out->top = out->live;
}

static void fold_highest(const struct unit_of *u, struct fold_unit *out)
{
    int top = SILENT - 1;
    for (unsigned x = 0; x < u->h->count; x++)
        if (in(out->live, x) && height(u, x) > top)
            top = height(u, x);
    for (unsigned x = 0; x < u->h->count; x++)
        if (in(out->live, x) && height(u, x) == top)
            out->top |= (uint8_t)(1u << x);
    for (unsigned x = 0; x < u->h->count; x++)
        if (in(out->top, x) && (out->shown < 0 || goes_before(u, x, (unsigned)out->shown)))
            out->shown = (int)x;
    for (unsigned x = 0; x < u->h->count; x++)
        if (in(out->top, x) && !same(u, x, (unsigned)out->shown))
            out->disputed = true;
}

/* ---- the set */

static bool sets(const struct unit_of *u, unsigned x)
{
    return sam_op_units(u->op[x]) >> u->unit & 1u;
}

static uint8_t living(const struct unit_of *u, uint8_t standing)
{
    uint8_t live = 0;
    for (unsigned x = 0; x < u->h->count; x++) {
        bool replaced = false;
        if (!in(standing, x) || !sets(u, x))
            continue;
        for (unsigned z = 0; z < u->h->count; z++)
            replaced = replaced || (z != x && in(standing, z) && sets(u, z) && history_saw(u->h, z, x));
        if (!replaced)
            live |= (uint8_t)(1u << x);
    }
    return live;
}

static bool stands(const struct history *h, uint8_t holding, unsigned x)
{
    for (unsigned t = 0; t < h->count; t++)
        if (in(holding, t) && !history_saw(h, x, t))
            return false;
    return true;
}

static uint8_t holding(const struct history *h, uint8_t tombstones)
{
    uint8_t mask = tombstones;
    for (unsigned t = 0; t < h->count; t++)
        for (unsigned z = 0; in(tombstones, t) && z < h->count; z++)
            if (z != t && in(tombstones, z) && history_saw(h, z, t))
                mask &= (uint8_t) ~(1u << t);
    return mask;
}

void fold_history(const struct history *h, const struct sam_op *const op[], uint8_t arrived, struct fold *out)
{
    struct unit_of u = {.h = h, .op = op, .def = sam_entity_find(op[0]->row.key.entity)};
    memset(out, 0, sizeof *out);
    for (unsigned x = 0; x < h->count; x++)
        if (in(arrived, x) && op[x]->kind == SAM_OP_TOMBSTONE)
            out->tombstones |= (uint8_t)(1u << x);
    uint8_t hold = holding(h, out->tombstones);
    for (unsigned x = 0; x < h->count; x++)
        if (in(arrived, x) && !in(out->tombstones, x) && stands(h, hold, x))
            out->standing |= (uint8_t)(1u << x);
    for (u.unit = 0; u.unit < u.def->unit_count; u.unit++) {
        struct fold_unit *unit = &out->unit[u.unit];
        unit->shown = -1;
        unit->live = living(&u, out->standing);
        switch (u.def->unit_class[u.unit]) {
        case SAM_CLASS_MINOR: fold_minor(&u, unit); break;
        case SAM_CLASS_UNION: fold_union(&u, unit); break;
        default: fold_highest(&u, unit); break;
        }
    }
}

/* ---- verdicts */

static bool seen_by_any(const struct history *h, unsigned x)
{
    for (unsigned z = 0; z < h->count; z++)
        if (z != x && history_saw(h, z, x))
            return true;
    return false;
}

bool fold_told(const struct history *h, const struct sam_op *const op[], const struct fold *f, unsigned x,
               enum sam_verdict told)
{
    struct unit_of u = {.h = h, .op = op, .def = sam_entity_find(op[0]->row.key.entity)};
    bool disputed = false, outdone = false;
    if (in(f->tombstones, x))
        return told == SAM_VERDICT_APPLIED;
    if (!in(f->standing, x))
        return told == SAM_VERDICT_MERGED || (told == SAM_VERDICT_APPLIED && seen_by_any(h, x));
    for (u.unit = 0; u.unit < u.def->unit_count; u.unit++) {
        const struct fold_unit *unit = &f->unit[u.unit];
        bool shared = u.def->unit_class[u.unit] == SAM_CLASS_UNION;
        disputed = disputed || (unit->disputed && in(unit->top, x));
        outdone = outdone || (in(unit->live, x) && !shared && !same(&u, x, (unsigned)unit->shown));
    }
    if (disputed)
        return told == SAM_VERDICT_CASE;
    return told == SAM_VERDICT_MERGED || (told == SAM_VERDICT_APPLIED && !outdone);
}
