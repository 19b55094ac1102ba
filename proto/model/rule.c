#include "proto/model/rule.h"

enum { PRESENT = 1, SOMEBODY_SAID = 1, CANCELLED = 2 };

bool sam_rule_present(const struct sam_row *attendance)
{
    return sam_row_num(attendance, SAM_ATTENDANCE_presence) == PRESENT &&
           sam_row_num(attendance, SAM_ATTENDANCE_evidence) >= SOMEBODY_SAID;
}

bool sam_rule_cancelled(const struct sam_row *session)
{
    return sam_row_num(session, SAM_SESSION_status) == CANCELLED;
}

bool sam_rule_same_day(const struct sam_row *a, const struct sam_row *b)
{
    return a->key.part[0] != b->key.part[0] && !sam_rule_cancelled(a) && !sam_rule_cancelled(b) &&
           sam_row_has(a, SAM_SESSION_day) && sam_row_has(b, SAM_SESSION_day) &&
           sam_row_num(a, SAM_SESSION_group_id) == sam_row_num(b, SAM_SESSION_group_id) &&
           sam_row_num(a, SAM_SESSION_day) == sam_row_num(b, SAM_SESSION_day) &&
           !(sam_row_num(a, SAM_SESSION_planned) && sam_row_num(b, SAM_SESSION_planned));
}
