/* What became of an op, and how that changes while others say something else. An op has one verdict, but a standing in each
 * unit that it set; the marks remember those, so that the end of one case leaves what the op is in another unit.
 *
 *   disputed  bit u: its value in unit u is weighed in an open case
 *   listed    bit u: another value is shown there by rule, or was when its own left; above the units the MARK_ bits
 *
 * The verdict follows: any disputed, case; else any listed, merged; else superseded; else held back; else applied. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

enum sam_verdict standing_verdict(uint32_t disputed, uint32_t listed)
{
    if (disputed)
        return SAM_VERDICT_CASE;
    if (listed & ~(MARK_SUPERSEDED | MARK_HELD))
        return SAM_VERDICT_MERGED;
    if (listed & MARK_SUPERSEDED)
        return SAM_VERDICT_SUPERSEDED;
    return listed & MARK_HELD ? SAM_VERDICT_HELD : SAM_VERDICT_APPLIED;
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

static int case_no_of(struct intake *in, const struct sam_key *key, uint32_t disputed, uint64_t *no)
{
    struct store_case c = {0};
    int err = disputed ? store_case_find(in->st, key, SAM_RULE_UNIT, (uint32_t)__builtin_ctz(disputed), &c) : 0;
    *no = c.no;
    return err;
}

int standing_outcome(struct judgement *j, struct outcome *out)
{
    *out = (struct outcome){
        .verdict = standing_verdict(j->disputed, j->listed), .disputed = j->disputed, .listed = j->listed};
    out->reason = out->verdict == SAM_VERDICT_HELD ? SAM_REASON_SCHEMA : SAM_REASON_NONE;
    return case_no_of(j->in, j->linked ? &j->linked->shown : &j->op->row.key, j->disputed, &out->case_no);
}

int standing_set(struct intake *in, const struct sam_key *key, uint64_t csn, unsigned unit, enum standing standing,
                 uint64_t at_csn)
{
    struct store_verdict v = {0};
    uint64_t op_csn;
    int err = candidate_op_csn(in, csn, &op_csn);
    if (!err)
        err = verdict_load(in, op_csn, &v);
    if (err || v.kind == SAM_VERDICT_SAME || v.kind == SAM_VERDICT_QUARANTINED)
        return err;
    uint32_t bit = 1u << unit;
    struct store_verdict was = v;
    v.disputed = standing == STANDING_DISPUTED ? v.disputed | bit : v.disputed & ~bit;
    v.listed = standing == STANDING_LISTED ? v.listed | bit : v.listed & ~bit;
    v.kind = standing_verdict(v.disputed, v.listed);
    err = case_no_of(in, key, v.disputed, &v.case_no);
    if (err || (v.disputed == was.disputed && v.listed == was.listed && v.case_no == was.case_no))
        return err;
    if (v.kind != was.kind || v.case_no != was.case_no) /* the author is told */
        v.at_csn = at_csn;
    else if (was.at_csn == 0)
        v.at_csn = op_csn;
    return store_verdict_add(in->st, &v);
}

int standing_leave(struct judgement *j, const struct sam_key *key, uint64_t csn, unsigned unit, bool stands)
{
    struct store_verdict v = {0};
    uint64_t op_csn;
    int err = candidate_op_csn(j->in, csn, &op_csn);
    if (!err)
        err = verdict_load(j->in, op_csn, &v);
    bool weighed = (v.disputed | v.listed) >> unit & 1u;
    enum standing standing = weighed && j->a->centre && !stands ? STANDING_LISTED : STANDING_SHOWN;
    return err ? err : standing_set(j->in, key, csn, unit, standing, j->csn);
}
