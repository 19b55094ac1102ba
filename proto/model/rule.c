#include "proto/model/rule.h"

#include "proto/base/fold.h"

enum { PRESENT = 1, SOMEBODY_SAID = 1, BY_SELF = 3, CANCELLED = 2 };

bool sam_rule_present(const struct sam_row *attendance)
{
    return sam_row_num(attendance, SAM_ATTENDANCE_presence) == PRESENT &&
           sam_row_num(attendance, SAM_ATTENDANCE_evidence) >= SOMEBODY_SAID;
}

bool sam_rule_trained(const struct sam_row *set)
{
    return sam_row_num(set, SAM_EXERCISE_SET_reps) > 0 || sam_row_num(set, SAM_EXERCISE_SET_duration_s) > 0 ||
           sam_row_num(set, SAM_EXERCISE_SET_distance_m) > 0;
}

bool sam_rule_cancelled(const struct sam_row *session)
{
    return sam_row_num(session, SAM_SESSION_status) == CANCELLED;
}

bool sam_rule_may_stand(const struct sam_row *ruling)
{
    return sam_row_num(ruling, SAM_RULING_decision) == SAM_DECISION_MAY_STAND;
}

bool sam_rule_same_day(const struct sam_row *a, const struct sam_row *b)
{
    return a->key.part[0] != b->key.part[0] && !sam_rule_cancelled(a) && !sam_rule_cancelled(b) &&
           sam_row_has(a, SAM_SESSION_day) && sam_row_has(b, SAM_SESSION_day) &&
           sam_row_num(a, SAM_SESSION_group_id) == sam_row_num(b, SAM_SESSION_group_id) &&
           sam_row_num(a, SAM_SESSION_day) == sam_row_num(b, SAM_SESSION_day) &&
           !(sam_row_num(a, SAM_SESSION_planned) && sam_row_num(b, SAM_SESSION_planned));
}

bool sam_rule_same_person(const struct sam_row *a, const struct sam_row *b)
{
    return a->key.part[0] != b->key.part[0] &&
           (sam_row_num(a, SAM_PARTICIPANT_provisional) || sam_row_num(b, SAM_PARTICIPANT_provisional)) &&
           sam_row_has(a, SAM_PARTICIPANT_name) && sam_row_has(b, SAM_PARTICIPANT_name) &&
           sam_fold_same(a->val[SAM_PARTICIPANT_name].text, b->val[SAM_PARTICIPANT_name].text);
}

void sam_rule_response(const struct sam_row *r, struct sam_rule_response *out)
{
    uint64_t replaces = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_replaces);
    *out = (struct sam_rule_response){.id = r->key.part[0],
                                      .participant = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_participant),
                                      .replaces = replaces,
                                      .correction = replaces != 0,
                                      .complete = sam_row_num(r, SAM_SCORE_RESPONSE_answered) ==
                                                  sam_row_num(r, SAM_SCORE_RESPONSE_items)};
}

bool sam_rule_replaces(const struct sam_rule_response *r, const struct sam_rule_response *other)
{
    return r->id != other->id && r->replaces == other->id && r->participant == other->participant;
}

bool sam_rule_primary(const struct sam_rule_response *best, const struct sam_rule_response *r)
{
    if (r->replaced || best->id == 0)
        return !r->replaced;
    if (r->ruled_csn != best->ruled_csn)
        return r->ruled_csn > best->ruled_csn;
    if (r->complete != best->complete)
        return r->complete;
    return r->correction != best->correction ? r->correction : r->id < best->id;
}

void sam_rule_exertion(const struct sam_row *r, struct sam_rule_rating *out)
{
    *out = (struct sam_rule_rating){.id = r->key.part[0],
                                    .own = sam_row_num(r, SAM_EXERTION_evidence) == BY_SELF,
                                    .correction = sam_row_num(r, SAM_EXERTION_replaces) != 0};
}

bool sam_rule_rating(const struct sam_rule_rating *best, const struct sam_rule_rating *r)
{
    if (r->replaced || best->id == 0)
        return !r->replaced;
    if (r->own != best->own)
        return r->own;
    return r->correction != best->correction ? r->correction : r->id < best->id;
}
