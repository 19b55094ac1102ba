#include "proto/model/rule.h"

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

bool sam_rule_same_day(const struct sam_row *a, const struct sam_row *b)
{
    return a->key.part[0] != b->key.part[0] && !sam_rule_cancelled(a) && !sam_rule_cancelled(b) &&
           sam_row_has(a, SAM_SESSION_day) && sam_row_has(b, SAM_SESSION_day) &&
           sam_row_num(a, SAM_SESSION_group_id) == sam_row_num(b, SAM_SESSION_group_id) &&
           sam_row_num(a, SAM_SESSION_day) == sam_row_num(b, SAM_SESSION_day) &&
           !(sam_row_num(a, SAM_SESSION_planned) && sam_row_num(b, SAM_SESSION_planned));
}

/* The small one of a letter: ASCII, Latin-1 and Latin Extended-A, in which Norwegian and Sámi names are written. Upper and lower
 * case take turns there, beginning with the upper one at an even or at an odd number. */
static uint32_t letter_small(uint32_t c)
{
    bool even_upper = (c >= 0x100 && c <= 0x137 && c != 0x130) || (c >= 0x14a && c <= 0x177);
    bool odd_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
    if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7)) /* 0xd7: the sign of multiplication */
        return c + 0x20;
    return (even_upper && c % 2 == 0) || (odd_upper && c % 2 == 1) ? c + 1 : c;
}

static bool space_skip(struct sam_span *s)
{
    size_t n = s->len && s->ptr[0] == ' ' ? 1 : s->len > 1 && s->ptr[0] == 0xc2 && s->ptr[1] == 0xa0 ? 2 : 0;
    *s = n ? (struct sam_span){s->ptr + n, s->len - n} : *s;
    return n;
}

/* The next letter of a name, small; spaces before it count as one. 0: the end. What is longer than two bytes is taken byte by
 * byte. */
static uint32_t letter_next(struct sam_span *s, bool first)
{
    bool space = false;
    while (space_skip(s))
        space = !first;
    if (s->len == 0)
        return 0;
    if (space)
        return ' ';
    size_t n = s->len > 1 && s->ptr[0] >> 5 == 6 ? 2 : 1;
    uint32_t c = n == 2 ? (s->ptr[0] & 0x1fu) << 6 | (s->ptr[1] & 0x3fu) : s->ptr[0];
    *s = (struct sam_span){s->ptr + n, s->len - n};
    return n == 2 || c < 0x80 ? letter_small(c) : c << 16;
}

static bool names_equal(struct sam_span a, struct sam_span b)
{
    uint32_t x = letter_next(&a, true), y = letter_next(&b, true);
    while (x && x == y) {
        x = letter_next(&a, false);
        y = letter_next(&b, false);
    }
    return x == y;
}

bool sam_rule_same_person(const struct sam_row *a, const struct sam_row *b)
{
    return a->key.part[0] != b->key.part[0] &&
           (sam_row_num(a, SAM_PARTICIPANT_provisional) || sam_row_num(b, SAM_PARTICIPANT_provisional)) &&
           sam_row_has(a, SAM_PARTICIPANT_name) && sam_row_has(b, SAM_PARTICIPANT_name) &&
           names_equal(a->val[SAM_PARTICIPANT_name].text, b->val[SAM_PARTICIPANT_name].text);
}

void sam_rule_response(const struct sam_row *r, struct sam_rule_response *out)
{
    *out = (struct sam_rule_response){.id = r->key.part[0],
                                      .participant = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_participant),
                                      .replaces = (uint64_t)sam_row_num(r, SAM_SCORE_RESPONSE_replaces),
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
    return r->complete != best->complete ? r->complete : r->id < best->id;
}

void sam_rule_exertion(const struct sam_row *r, struct sam_rule_rating *out)
{
    *out = (struct sam_rule_rating){.id = r->key.part[0], .own = sam_row_num(r, SAM_EXERTION_evidence) == BY_SELF};
}

bool sam_rule_rating(const struct sam_rule_rating *best, const struct sam_rule_rating *r)
{
    if (r->replaced || best->id == 0)
        return !r->replaced;
    return r->own != best->own ? r->own : r->id < best->id;
}
