#include "proto/model/merge.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

/* Where something stands in the author's own line of ops, seen from the op at hand. */
enum order { ORDER_EARLIER, ORDER_THIS, ORDER_LATER };

static enum order order_of(uint64_t seq, uint64_t at_seq)
{
    if (seq == at_seq)
        return ORDER_THIS;
    return seq < at_seq ? ORDER_EARLIER : ORDER_LATER;
}

/* A name (device_no, seq) is the author's own when it stands in its own number, or in a parent's up to the fork. What is shared with a
 * parent came before all that is not; within it, an op that was re-labelled itself stands where its first name does. */
static bool own_name(const struct sam_author *who, uint64_t device_no, uint64_t seq, enum order *order)
{
    bool passed = who->first_device_no == 0; /* parents stand nearest first */
    *order = order_of(seq, who->seq);
    if (device_no == who->device_no)
        return true;
    for (unsigned i = 0; i < who->parent_count; i++) {
        bool here = who->first_device_no == who->parent[i].device_no;
        if (device_no == who->parent[i].device_no && seq <= who->parent[i].fork_seq) {
            *order = here ? order_of(seq, who->first_seq) : passed ? ORDER_EARLIER : ORDER_LATER;
            return true;
        }
        passed = passed || here;
    }
    return false;
}

static bool own(const struct sam_author *who, const struct sam_candidate *y, enum order *order)
{
    if (y->device_no == SAM_DEVICE_NO_CONSOLE)
        return false;
    *order = order_of(y->own_seq, who->seq);
    if (y->own_seq)
        return true;
    if (y->device_no != who->device_no && y->first_device_no && own_name(who, y->first_device_no, y->first_seq, order))
        return true;
    return own_name(who, y->device_no, y->seq, order);
}

bool sam_author_own(const struct sam_author *who, const struct sam_candidate *y)
{
    enum order order;
    return own(who, y, &order) && order == ORDER_EARLIER;
}

bool sam_author_saw(const struct sam_author *who, const struct sam_candidate *y)
{
    enum order order;
    if (own(who, y, &order))
        return order == ORDER_EARLIER;
    if (y->csn <= who->seen_csn)
        return true;
    return y->lost_csn && y->lost_epoch == who->base_epoch && y->lost_csn <= who->base_csn;
}

bool sam_author_later(const struct sam_author *who, const struct sam_candidate *y)
{
    enum order order;
    return own(who, y, &order) && order == ORDER_LATER;
}

/* Standing within a class: only candidates of the highest standing are weighed. */
static int standing(const struct sam_entity_def *def, unsigned unit, const struct sam_candidate *c)
{
    const struct sam_row *v = c->value;
    if (def->unit_class[unit] == SAM_CLASS_ORDERED) {
        int64_t s = sam_row_num(v, SAM_ENROLMENT_status);
        bool active = s == 0 || s == 1 || s == 3 || s == 4; /* waiting list, offered, waiting to start, attending */
        return s == 9 ? 100 : active ? (int)s : 50; /* registered in error > terminal > active, later active first */
    }
    if (def->unit_class[unit] != SAM_CLASS_RANKED)
        return 0;
    if (def->tag == SAM_CONSENT)
        return (int)sam_row_num(v, SAM_CONSENT_state); /* withdrawn over granted, whatever the day */
    if (def->tag != SAM_ATTENDANCE)
        return c->device_no == SAM_DEVICE_NO_CONSOLE; /* central register over tablet */
    if (sam_row_num(v, SAM_ATTENDANCE_presence) == 0)
        return -1; /* unknown is what nobody said */
    int64_t evidence = sam_row_num(v, SAM_ATTENDANCE_evidence);
    return evidence > 2 ? 2 : (int)evidence; /* an own tap and the person's own word weigh the same */
}

/* Order among disputed values of one standing: present before absent, then smallest (device_no, seq). */
static bool before(const struct sam_entity_def *def, unsigned unit, const struct sam_candidate *a,
                   const struct sam_candidate *b)
{
    if (def->tag == SAM_ATTENDANCE && def->unit_class[unit] == SAM_CLASS_RANKED) {
        bool pa = sam_row_num(a->value, SAM_ATTENDANCE_presence) == 1,
             pb = sam_row_num(b->value, SAM_ATTENDANCE_presence) == 1;
        if (pa != pb)
            return pa;
    }
    return a->device_no != b->device_no ? a->device_no < b->device_no : a->seq < b->seq;
}

static bool minor_newer(const struct sam_candidate *a, const struct sam_candidate *b)
{
    if (a->base_csn != b->base_csn)
        return a->base_csn > b->base_csn;
    return a->device_no != b->device_no ? a->device_no > b->device_no : a->seq > b->seq;
}

static void fold_minor(const struct sam_candidates *set, struct sam_fold *fold)
{
    for (unsigned i = 1; i < set->count; i++)
        if (minor_newer(&set->at[i], &set->at[fold->shown]))
            fold->shown = i;
}

static void fold_union(const struct sam_entity_def *def, unsigned unit, const struct sam_candidates *set,
                       struct sam_fold *fold)
{
    uint32_t mask = sam_unit_fields(def, 1u << unit);
    unsigned field = (unsigned)__builtin_ctz(mask);
    for (unsigned i = 0; i < set->count; i++)
        fold->union_or |= (uint64_t)sam_row_num(set->at[i].value, field);
}

/* Two people who both say "present" agree, whatever their evidence and reason; two who both write down a withdrawal, whatever
 * its day. */
static bool agree(const struct sam_entity_def *def, unsigned unit, const struct sam_candidate *a,
                  const struct sam_candidate *b)
{
    if (def->tag == SAM_ATTENDANCE && def->unit_class[unit] == SAM_CLASS_RANKED)
        return sam_row_num(a->value, SAM_ATTENDANCE_presence) == sam_row_num(b->value, SAM_ATTENDANCE_presence);
    if (def->tag == SAM_CONSENT)
        return sam_row_num(a->value, SAM_CONSENT_state) == sam_row_num(b->value, SAM_CONSENT_state);
    return sam_row_unit_equal(a->value, b->value, unit);
}

static void fold_standing(const struct sam_entity_def *def, unsigned unit, const struct sam_candidates *set,
                          struct sam_fold *fold)
{
    int top = -2;
    for (unsigned i = 0; i < set->count; i++) {
        int s = standing(def, unit, &set->at[i]);
        if (s > top || (s == top && before(def, unit, &set->at[i], &set->at[fold->shown])))
            fold->shown = i;
        if (s > top)
            top = s;
    }
    fold->top = 0;
    for (unsigned i = 0; i < set->count; i++) {
        if (standing(def, unit, &set->at[i]) != top)
            continue;
        fold->top |= 1u << i;
        if (!agree(def, unit, &set->at[i], &set->at[fold->shown]))
            fold->disputed = true;
    }
}

bool sam_fold_agrees(const struct sam_entity_def *def, unsigned unit, const struct sam_candidates *set,
                     const struct sam_fold *fold, unsigned i)
{
    return i == fold->shown || def->unit_class[unit] == SAM_CLASS_UNION ||
           agree(def, unit, &set->at[fold->shown], &set->at[i]);
}

void sam_fold(const struct sam_entity_def *def, unsigned unit, const struct sam_candidates *set, struct sam_fold *fold)
{
    SAM_ASSERT(set->count > 0 && set->count <= SAM_CANDIDATES_MAX);
    *fold = (struct sam_fold){.verdict = SAM_VERDICT_APPLIED, .top = UINT32_MAX >> (SAM_CANDIDATES_MAX - set->count)};
    switch (def->unit_class[unit]) {
    case SAM_CLASS_MINOR: fold_minor(set, fold); break;
    case SAM_CLASS_UNION: fold_union(def, unit, set, fold); break;
    default: fold_standing(def, unit, set, fold); break;
    }
}

bool sam_merge_leave(struct sam_candidates *set, const struct sam_author *who)
{
    unsigned kept = 0, count = set->count;
    for (unsigned i = 0; i < count; i++)
        if (!sam_author_saw(who, &set->at[i]))
            set->at[kept++] = set->at[i];
    set->count = kept;
    return kept != count;
}

int sam_merge(const struct sam_entity_def *def, unsigned unit, struct sam_candidates *set, const struct sam_author *who,
              const struct sam_candidate *x, struct sam_fold *fold)
{
    struct sam_candidates next = {0};
    bool late = false;
    for (unsigned i = 0; i < set->count; i++) {
        late = late || sam_author_later(who, &set->at[i]);
        if (!sam_author_saw(who, &set->at[i]))
            next.at[next.count++] = set->at[i];
    }
    if (late) { /* what the author had seen then goes, as it would have gone in order; the own later value stays */
        *set = next;
        sam_fold(def, unit, set, fold);
        fold->verdict = SAM_VERDICT_SUPERSEDED;
        return 0;
    }
    if (next.count == SAM_CANDIDATES_MAX)
        return SAM_EFULL;
    unsigned mine = next.count;
    next.at[next.count++] = *x;
    *set = next;
    sam_fold(def, unit, set, fold);
    if (fold->disputed && fold->top >> mine & 1u)
        fold->verdict = SAM_VERDICT_CASE;
    else if (!sam_fold_agrees(def, unit, set, fold, mine))
        fold->verdict = SAM_VERDICT_MERGED;
    return 0;
}
