/* What a person should look at. A unit's case is open exactly while the fold over its candidates is disputed; a case of a rule
 * across rows while the rule holds and no coordinator has let it stand since (attended.c has a rule of its own). Whoever said one of the values is told, when the
 * case opens and when it closes: the verdicts of their ops follow. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

/* ---- a unit */

static bool still_there(const struct sam_candidates *now, uint64_t csn)
{
    for (unsigned i = 0; i < now->count; i++)
        if (now->at[i].csn == csn)
            return true;
    return false;
}

static enum standing standing_of(const struct sam_entity_def *def, unsigned unit, const struct sam_candidates *now,
                                 const struct sam_fold *fold, unsigned i)
{
    if (fold->disputed && fold->top >> i & 1u)
        return STANDING_DISPUTED;
    return sam_fold_agrees(def, unit, now, fold, i) ? STANDING_SHOWN : STANDING_LISTED;
}

/* The op's own standing is kept in ${j}; the others' verdicts follow at once. */
static int standings_follow(struct judgement *j, unsigned unit, const struct sam_candidates *before,
                            const struct sam_fold *fold)
{
    const struct sam_key *key = &j->row->row.key;
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    const struct sam_candidates *now = &j->cs->set;
    int err = 0;
    for (unsigned i = 0; !err && i < now->count; i++) {
        enum standing standing = standing_of(def, unit, now, fold, i);
        if (now->at[i].csn != j->csn)
            err = standing_set(j->in, key, now->at[i].csn, unit, standing, j->csn);
        else if (standing == STANDING_DISPUTED)
            j->disputed |= 1u << unit;
        else if (standing == STANDING_LISTED)
            j->listed |= 1u << unit;
    }
    for (unsigned i = 0; !err && i < before->count; i++) {
        const struct sam_candidate *y = &before->at[i];
        bool same = sam_row_unit_equal(y->value, now->at[fold->shown].value, unit);
        if (!still_there(now, y->csn))
            err = standing_leave(j, key, y->csn, unit, same);
    }
    return err;
}

static int ops_note(struct judgement *j, uint64_t no, const struct sam_candidates *now, const struct sam_fold *fold)
{
    int err = 0;
    for (unsigned i = 0; !err && i < now->count; i++) {
        uint64_t op_csn = j->op_csn;
        if (!(fold->top >> i & 1u))
            continue;
        if (now->at[i].csn != j->csn)
            err = candidate_op_csn(j->in, now->at[i].csn, &op_csn);
        if (!err)
            err = store_case_op_add(j->in->st, no, op_csn);
    }
    return err;
}

int case_unit(struct judgement *j, unsigned unit, const struct sam_candidates *before, const struct sam_fold *fold)
{
    struct sam_fold quiet = *fold;
    struct store_case c;
    bool dead = false;
    const struct sam_entity_def *def = sam_entity_find(j->row->row.key.entity);
    int err = def->scope == SAM_SCOPE_SESSION ? session_dead(j->in, sam_row_session(&j->row->row), &dead) : 0;
    quiet.disputed = fold->disputed && !dead; /* about a session that never was nobody is asked */
    if (!err)
        err = store_case_find(j->in->st, &j->row->row.key, SAM_RULE_UNIT, unit, &c);
    if (!err && (quiet.disputed || c.open)) {
        c.opened_csn = c.no ? c.opened_csn : j->csn;
        c.scope = j->row->scope ? j->row->scope : c.scope;
        c.open = quiet.disputed;
        c.changed_csn = j->csn;
        err = store_case_put(j->in->st, &c);
        if (!err && c.open)
            err = ops_note(j, c.no, &j->cs->set, &quiet);
    }
    return err ? err : standings_follow(j, unit, before, &quiet);
}

static int case_close(struct intake *in, struct store_case *c, uint64_t csn)
{
    c->open = false;
    c->changed_csn = csn;
    return store_case_put(in->st, c);
}

int case_row_end(struct intake *in, const struct sam_key *key, uint64_t csn)
{
    struct store_case c = {0};
    int err;
    while ((err = store_case_of_row(in->st, key, c.no, &c)) == 0)
        if (c.rule == SAM_RULE_UNIT && c.open && (err = case_close(in, &c, csn)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

int case_unit_end(struct intake *in, const struct sam_key *key, unsigned unit, uint64_t csn)
{
    struct store_case c;
    int err = store_case_find(in->st, key, SAM_RULE_UNIT, unit, &c);
    return err || !c.open ? err : case_close(in, &c, csn);
}

/* ---- rules across rows */

/* The op at hand had been lost, and comes again after a coordinator, who had seen it, let the case stand. */
static int ruled_before_loss(struct judgement *j, const struct sam_key *key, enum sam_rule rule, bool *ruled)
{
    struct sam_key ruling = {.entity = SAM_RULING, .part = {rule, key->part[0], key->part[1]}};
    struct store_row row;
    *ruled = false;
    int err = j->a->lost_csn ? store_row_get(j->in->st, &ruling, &row) : 0;
    if (err || !j->a->lost_csn || !row.exists || !sam_rule_may_stand(&row.row))
        return err;
    return lost_seen_by(j->in, j->a, row.csn, ruled);
}

int case_of_rule(struct judgement *j, const struct sam_key *key, enum sam_rule rule, bool holds, uint64_t scope)
{
    struct intake *in = j->in;
    uint64_t csn = j->csn;
    struct store_case c;
    bool ruled = false;
    int err = store_case_find(in->st, key, rule, 0, &c);
    if (err || (!holds && !c.holds))
        return err;
    bool was_open = c.open, begins = holds && !c.holds;
    if (begins)
        err = ruled_before_loss(j, key, rule, &ruled);
    if (err)
        return err;
    if (ruled && csn > c.seen_csn)
        c.seen_csn = csn;
    if (!c.no)
        c.opened_csn = csn;
    if (begins)
        c.new_csn = csn;
    c.scope = scope ? scope : c.scope;
    c.holds = holds;
    c.open = holds && c.new_csn > c.seen_csn;
    c.changed_csn = c.open != was_open || c.new_csn == csn ? csn : c.changed_csn;
    return store_case_put(in->st, &c);
}

static int session_get(struct intake *in, uint64_t id, struct store_row *row)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {id}};
    return store_row_get(in->st, &key, row);
}

static bool alive(const struct store_row *row)
{
    return row->exists && row->dead <= 0;
}

static int pair_check(struct judgement *j, uint64_t one, uint64_t other, uint64_t group)
{
    struct intake *in = j->in;
    struct store_row a, b;
    struct sam_key key = {.entity = SAM_SESSION, .part = {one < other ? one : other, one < other ? other : one}};
    int err = session_get(in, one, &a);
    bool holds = !err && alive(&a);
    struct sam_row first = a.row; /* numbers only: b's reading ends what its texts are borrowed from */
    if (!err)
        err = session_get(in, other, &b);
    holds = holds && !err && alive(&b) && sam_rule_same_day(&first, &b.row);
    return err ? err : case_of_rule(j, &key, SAM_RULE_SAME_DAY, holds, group);
}

int case_same_day(struct judgement *j, uint64_t session, uint64_t group, int32_t day)
{
    uint64_t other = 0;
    int err;
    while ((err = store_session_same_day(j->in->st, group, day, other, &other)) == 0)
        if (other != session && (err = pair_check(j, session, other, group)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

int case_ruled(struct intake *in, const struct sam_row *ruling, uint64_t seen_csn, uint64_t csn)
{
    struct store_case c;
    uint64_t rule = ruling->key.part[0], a = ruling->key.part[1], b = ruling->key.part[2];
    struct sam_key key = {.entity = rule == SAM_RULE_SAME_PERSON ? SAM_PARTICIPANT : SAM_SESSION, .part = {a, b}};
    if (rule == SAM_RULE_ATTENDED)
        return attended_changed(in, a, csn, false);
    if (rule != SAM_RULE_SAME_DAY && rule != SAM_RULE_SAME_PERSON)
        return 0;
    int err = store_case_find(in->st, &key, (uint32_t)rule, 0, &c);
    if (err || !c.no)
        return err;
    bool stand = sam_rule_may_stand(ruling);
    c.seen_csn = stand ? (seen_csn > c.seen_csn ? seen_csn : c.seen_csn) : 0;
    bool open = c.holds && c.new_csn > c.seen_csn; /* what came since the page was read is not covered */
    c.changed_csn = open != c.open ? csn : c.changed_csn;
    c.open = open;
    return store_case_put(in->st, &c);
}
