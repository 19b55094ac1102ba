/* What a person should look at. A unit's case is open exactly while the fold over its candidates is disputed; a case of a rule
 * across rows while the rule holds and no coordinator has let it stand since. Whoever said one of the values is told, when the
 * case opens and when it closes: the verdicts of their ops follow. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

#include <stdlib.h>

/* ---- verdicts of ops that were judged before */

/* Only these follow a case; an op that was superseded or the same as another one stays that. */
static bool follows(uint32_t kind)
{
    return kind == SAM_VERDICT_APPLIED || kind == SAM_VERDICT_MERGED || kind == SAM_VERDICT_CASE;
}

static int verdict_load(struct intake *in, uint64_t csn, struct store_verdict *v)
{
    struct store_push p;
    int err = store_verdict_get(in->st, csn, v);
    if (err != SAM_ENOTFOUND)
        return err;
    err = store_push_at_csn(in->st, csn, &p);
    *v = (struct store_verdict){
        .csn = csn, .device_no = p.device_no, .seq = p.first_seq + (csn - p.first_csn), .kind = SAM_VERDICT_APPLIED};
    return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
}

/* The op at ${op_csn} has this standing in case ${no} or in its unit. It may take part in another case: that goes before. */
static int verdict_follow(struct intake *in, uint64_t op_csn, uint32_t kind, uint64_t no, uint64_t at_csn)
{
    struct store_verdict v;
    uint64_t other = 0;
    int err = verdict_load(in, op_csn, &v);
    if (err || !follows(v.kind))
        return err;
    if (kind != SAM_VERDICT_CASE && v.kind == SAM_VERDICT_CASE) {
        err = store_case_other(in->st, op_csn, no, &other);
        if (other)
            kind = SAM_VERDICT_CASE, no = other;
    } else if (kind == SAM_VERDICT_APPLIED) {
        return 0; /* listed in another unit, perhaps */
    }
    if (err || (v.kind == kind && (kind != SAM_VERDICT_CASE || v.case_no == no)))
        return err;
    v.kind = kind;
    v.case_no = kind == SAM_VERDICT_CASE ? no : 0;
    v.at_csn = at_csn;
    return store_verdict_add(in->st, &v);
}

/* ---- a unit */

struct unit_change {
    struct intake *in;
    const struct store_row *row;
    const struct sam_entity_def *def;
    unsigned unit;
    const struct sam_candidates *before, *now;
    const struct sam_fold *fold;
    uint64_t csn; /* of the op that is being judged: its own verdict is given by whoever judges it */
    struct store_case c;
};

/* Does another unit of the row list this op, beside a value that is shown there? */
static int listed_elsewhere(const struct unit_change *u, uint64_t csn, bool *listed)
{
    struct candidate_set *cs = calloc(1, sizeof *cs);
    int err = cs ? 0 : SAM_ENOMEM;
    *listed = false;
    for (unsigned unit = 0; !err && !*listed && unit < u->def->unit_count; unit++) {
        struct sam_fold fold;
        if (unit == u->unit || !store_row_rev(u->row, unit).many)
            continue;
        err = candidates_load(u->in, u->row, unit, cs);
        if (err || !cs->set.count)
            continue;
        sam_fold(u->def, unit, &cs->set, &fold);
        for (unsigned i = 0; i < cs->set.count; i++)
            *listed = *listed || (cs->set.at[i].csn == csn && !sam_fold_agrees(u->def, unit, &cs->set, &fold, i));
    }
    free(cs);
    return err;
}

static int candidate_follow(const struct unit_change *u, const struct sam_candidate *y, uint32_t kind, bool leaves)
{
    uint64_t op_csn;
    if (y->csn == u->csn)
        return 0;
    int err = candidate_op_csn(u->in, y->csn, &op_csn);
    if (!err && u->c.no && (kind == SAM_VERDICT_CASE || leaves))
        err = store_case_op_set(u->in->st, u->c.no, op_csn, !leaves);
    bool listed = false;
    if (!err && kind == SAM_VERDICT_APPLIED && u->c.no)
        err = listed_elsewhere(u, y->csn, &listed);
    return err ? err : verdict_follow(u->in, op_csn, listed ? SAM_VERDICT_MERGED : kind, u->c.no, u->csn);
}

static bool still_there(const struct sam_candidates *now, uint64_t csn)
{
    for (unsigned i = 0; i < now->count; i++)
        if (now->at[i].csn == csn)
            return true;
    return false;
}

static int candidates_follow(const struct unit_change *u)
{
    int err = 0;
    for (unsigned i = 0; !err && i < u->now->count; i++) {
        bool agrees = sam_fold_agrees(u->def, u->unit, u->now, u->fold, i);
        uint32_t kind = u->fold->disputed && u->fold->top >> i & 1u ? SAM_VERDICT_CASE
                        : agrees                                    ? SAM_VERDICT_APPLIED
                                                                    : SAM_VERDICT_MERGED;
        err = candidate_follow(u, &u->now->at[i], kind, false);
    }
    /* whose author was overruled by somebody who had seen the value: only a case needs an end */
    for (unsigned i = 0; !err && u->c.no && i < u->before->count; i++) {
        const struct sam_candidate *y = &u->before->at[i];
        if (still_there(u->now, y->csn))
            continue;
        bool same = sam_row_unit_equal(y->value, u->now->at[u->fold->shown].value, u->unit);
        err = candidate_follow(u, y, same ? SAM_VERDICT_APPLIED : SAM_VERDICT_MERGED, true);
    }
    return err;
}

int case_unit(struct intake *in, const struct store_row *row, unsigned unit, const struct sam_candidates *before,
              const struct sam_candidates *now, const struct sam_fold *fold, uint64_t csn, uint64_t op_csn, uint64_t *no)
{
    struct unit_change u = {in, row, sam_entity_find(row->row.key.entity), unit, before, now, fold, csn, {0}};
    *no = 0;
    struct sam_fold quiet = *fold;
    bool dead = false;
    int err = u.def->scope == SAM_SCOPE_SESSION ? session_dead(in, row->row.key.part[0], &dead) : 0;
    if (dead) { /* about a session that never was nobody is asked */
        quiet.disputed = false;
        u.fold = fold = &quiet;
    }
    if (!err)
        err = store_case_find(in->st, &row->row.key, SAM_RULE_UNIT, unit, &u.c);
    if (err || (!fold->disputed && !u.c.open))
        return err ? err : before->count > 1 || now->count > 1 ? candidates_follow(&u) : 0;
    if (!u.c.no)
        u.c.opened_csn = csn;
    u.c.scope = row->scope ? row->scope : u.c.scope;
    u.c.open = fold->disputed;
    u.c.changed_csn = csn;
    err = store_case_put(in->st, &u.c);
    if (!err && fold->disputed)
        err = store_case_op_set(in->st, u.c.no, op_csn, true);
    *no = fold->disputed ? u.c.no : 0;
    return err ? err : candidates_follow(&u);
}

static int case_close(struct intake *in, struct store_case *c, uint64_t csn)
{
    uint64_t op_csn = 0;
    c->open = false;
    c->changed_csn = csn;
    int err = store_case_put(in->st, c);
    while (!err && (err = store_case_op_next(in->st, c->no, op_csn, &op_csn)) == 0) {
        err = store_case_op_set(in->st, c->no, op_csn, false);
        if (!err)
            err = verdict_follow(in, op_csn, SAM_VERDICT_MERGED, c->no, csn);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
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

/* ---- rules across rows */

static int rule_case(struct intake *in, const struct sam_key *key, enum sam_rule rule, bool holds, uint64_t scope,
                     uint64_t csn)
{
    struct store_case c;
    int err = store_case_find(in->st, key, rule, 0, &c);
    if (err || (!holds && !c.open))
        return err;
    if (!c.no)
        c.opened_csn = csn;
    c.scope = scope ? scope : c.scope;
    c.open = holds && csn > c.seen_csn;
    c.changed_csn = csn;
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

int case_attended(struct intake *in, uint64_t session, uint64_t csn)
{
    struct store_row row;
    uint64_t present = 0;
    int err = session_get(in, session, &row);
    bool cancelled = !err && alive(&row) && sam_rule_cancelled(&row.row);
    uint64_t scope = err ? 0 : (uint64_t)sam_row_num(&row.row, SAM_SESSION_group_id);
    if (cancelled)
        err = store_session_present(in->st, session, &present);
    struct sam_key key = {.entity = SAM_SESSION, .part = {session, session}};
    return err ? err : rule_case(in, &key, SAM_RULE_ATTENDED, cancelled && present, scope, csn);
}

static int pair_check(struct intake *in, uint64_t one, uint64_t other, uint64_t group, uint64_t csn)
{
    struct store_row a, b;
    struct sam_key key = {.entity = SAM_SESSION, .part = {one < other ? one : other, one < other ? other : one}};
    int err = session_get(in, one, &a);
    bool holds = !err && alive(&a);
    struct sam_row first = a.row; /* numbers only: b's reading ends what its texts are borrowed from */
    if (!err)
        err = session_get(in, other, &b);
    holds = holds && !err && alive(&b) && sam_rule_same_day(&first, &b.row);
    return err ? err : rule_case(in, &key, SAM_RULE_SAME_DAY, holds, group, csn);
}

int case_same_day(struct intake *in, uint64_t session, uint64_t group, int32_t day, uint64_t csn)
{
    uint64_t other = 0;
    int err;
    while ((err = store_session_same_day(in->st, group, day, other, &other)) == 0)
        if (other != session && (err = pair_check(in, session, other, group, csn)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

int case_ruled(struct intake *in, const struct sam_row *ruling, uint64_t seen_csn, uint64_t csn)
{
    struct store_case c;
    uint64_t rule = ruling->key.part[0], a = ruling->key.part[1], b = ruling->key.part[2];
    struct sam_key key = {.entity = SAM_SESSION, .part = {a, b}};
    if (rule <= SAM_RULE_QUARANTINE || rule >= SAM_RULE_COUNT)
        return 0;
    int err = store_case_find(in->st, &key, (uint32_t)rule, 0, &c);
    if (err || !c.no)
        return err;
    bool stand = sam_row_num(ruling, SAM_RULING_decision) == SAM_DECISION_MAY_STAND;
    if (stand) { /* what came since the page was read is not covered */
        c.open = c.open && c.changed_csn > seen_csn;
        c.seen_csn = seen_csn > c.seen_csn ? seen_csn : c.seen_csn;
        c.changed_csn = c.open ? c.changed_csn : csn;
        return store_case_put(in->st, &c);
    }
    c.seen_csn = 0;
    err = store_case_put(in->st, &c);
    if (err)
        return err;
    return rule == SAM_RULE_ATTENDED ? case_attended(in, a, csn) : pair_check(in, a, b, c.scope, csn);
}
