#include "proto/model/op.h"

enum { ANSWER_DIGITS_MAX = 4 };

uint32_t sam_op_units(const struct sam_op *op)
{
    return sam_row_units(&op->row) | op->clear;
}

static bool text_ok(struct sam_span s, bool lines)
{
    for (size_t i = 0; i < s.len;) {
        uint8_t c = s.ptr[i];
        unsigned more = c < 0x80                ? 0
                        : c >= 0xc2 && c < 0xe0 ? 1
                        : c >= 0xe0 && c < 0xf0 ? 2
                        : c >= 0xf0 && c < 0xf5 ? 3
                                                : 9;
        if (more == 9 || (c < 0x20 && !(lines && c == '\n')) || c == 0x7f || more > s.len - i - 1)
            return false;
        for (unsigned k = 1; k <= more; k++)
            if ((s.ptr[i + k] & 0xc0u) != 0x80)
                return false;
        if (more >= 2) {
            uint8_t d = s.ptr[i + 1];
            if ((c == 0xe0 && d < 0xa0) || (c == 0xed && d >= 0xa0) || (c == 0xf0 && d < 0x90) ||
                (c == 0xf4 && d >= 0x90))
                return false;
        }
        i += more + 1;
    }
    return true;
}

bool sam_text_ok(struct sam_span s)
{
    return text_ok(s, false);
}

bool sam_text_lines_ok(struct sam_span s)
{
    return text_ok(s, true);
}

bool sam_answer_next(struct sam_span s, size_t *at, int *answer)
{
    size_t from = *at, i = from;
    int number = 0;
    while (i < s.len && i - from < ANSWER_DIGITS_MAX && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        number = 10 * number + (s.ptr[i++] - '0');
    bool skipped = i == from && i < s.len && s.ptr[i] == '-';
    i += skipped;
    if (i == from || (s.ptr[from] == '0' && i - from > 1) || (i < s.len && s.ptr[i] != ','))
        return false;
    *answer = skipped ? SAM_ANSWER_SKIPPED : number;
    *at = i + 1; /* behind the comma; behind the end where there is none */
    return true;
}

bool sam_answers_count(struct sam_span s, unsigned *items, unsigned *answered)
{
    *items = *answered = 0;
    for (size_t at = 0; at <= s.len;) {
        int answer;
        if (!sam_answer_next(s, &at, &answer))
            return false;
        ++*items;
        *answered += answer != SAM_ANSWER_SKIPPED;
    }
    return true;
}

static enum sam_reason field_check(const struct sam_field_def *f, const struct sam_val *v, bool by_centre)
{
    if (f->writer == SAM_WRITER_CENTRE && !by_centre)
        return SAM_REASON_NOT_PERMITTED;
    int64_t measured = f->type == SAM_TYPE_TEXT ? (int64_t)v->text.len : v->num;
    if (measured < f->min || measured > f->max)
        return SAM_REASON_RANGE;
    if (f->type == SAM_TYPE_TEXT && !text_ok(v->text, f->max > (int64_t)SAM_TEXT_BYTES_MAX))
        return SAM_REASON_MALFORMED;
    return SAM_REASON_NONE;
}

static enum sam_reason key_check(const struct sam_entity_def *def, const struct sam_key *key)
{
    for (unsigned i = 0; i < def->key_count; i++)
        if (key->part[i] == 0 || key->part[i] > def->key[i].max)
            return SAM_REASON_RANGE;
    return SAM_REASON_NONE;
}

/* A device may not empty what it may not set. */
static enum sam_reason clear_check(const struct sam_entity_def *def, uint32_t clear)
{
    for (unsigned i = 0; i < def->field_count; i++)
        if (clear >> def->field[i].unit & 1u && def->field[i].writer == SAM_WRITER_CENTRE)
            return SAM_REASON_NOT_PERMITTED;
    return SAM_REASON_NONE;
}

/* What a row must say when it is made: without it nobody could tell what it is about, and it can never be said later. */
#define F(NAME, field) (1u << SAM_##NAME##_##field)
static const struct {
    uint8_t entity;
    uint32_t fields;
} needed[] = {
    {SAM_SCORE_RESPONSE, F(SCORE_RESPONSE, participant) | F(SCORE_RESPONSE, instrument) | F(SCORE_RESPONSE, version) |
                             F(SCORE_RESPONSE, occasion) | F(SCORE_RESPONSE, day) | F(SCORE_RESPONSE, items) |
                             F(SCORE_RESPONSE, answered) | F(SCORE_RESPONSE, answers)},
    {SAM_CONTACT, F(CONTACT, participant) | F(CONTACT, day)},
    {SAM_WORK_STATUS, F(WORK_STATUS, participant) | F(WORK_STATUS, day) | F(WORK_STATUS, status)},
    {SAM_EXERTION, F(EXERTION, session) | F(EXERTION, participant) | F(EXERTION, scale) | F(EXERTION, moment) |
                       F(EXERTION, value_tenths)},
    {SAM_PSFS_ACTIVITY, F(PSFS_ACTIVITY, participant) | F(PSFS_ACTIVITY, ordinal) | F(PSFS_ACTIVITY, words)},
    {SAM_INTERVENTION, F(INTERVENTION, code) | F(INTERVENTION, version) | F(INTERVENTION, name)},
    {SAM_EPISODE, F(EPISODE, participant) | F(EPISODE, org) | F(EPISODE, referral_day)},
    {SAM_ACCESS, F(ACCESS, resource) | F(ACCESS, action)},
    {SAM_NOTE, F(NOTE, participant) | F(NOTE, author) | F(NOTE, role) | F(NOTE, day) | F(NOTE, text)},
};
#undef F

static bool whole(const struct sam_row *r)
{
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (needed[i].entity == r->key.entity)
            return (r->present & needed[i].fields) == needed[i].fields;
    return true;
}

/* A form has as many answers as it has items. */
static enum sam_reason response_check(const struct sam_row *r)
{
    unsigned items, answered;
    if (!sam_answers_count(r->val[SAM_SCORE_RESPONSE_answers].text, &items, &answered))
        return SAM_REASON_MALFORMED;
    bool told =
        sam_row_num(r, SAM_SCORE_RESPONSE_items) == items && sam_row_num(r, SAM_SCORE_RESPONSE_answered) == answered;
    return told ? SAM_REASON_NONE : SAM_REASON_RANGE;
}

/* RPE goes from 6 to 20 in whole numbers, CR10 from 0 to 15 (DOMAIN section 3: beyond 15 is not accepted). */
static enum sam_reason exertion_check(const struct sam_row *r)
{
    enum { RPE = 0, RPE_MIN = 60, RPE_MAX = 200, RPE_STEP = 10, CR10_MAX = 150 };
    int64_t v = sam_row_num(r, SAM_EXERTION_value_tenths);
    bool rpe = sam_row_num(r, SAM_EXERTION_scale) == RPE;
    bool fits = rpe ? v >= RPE_MIN && v <= RPE_MAX && v % RPE_STEP == 0 : v <= CR10_MAX;
    return fits ? SAM_REASON_NONE : SAM_REASON_RANGE;
}

/* Of one person, which somebody opened, or a list of one group: who was handed a list of many may have said no name. */
static enum sam_reason access_check(const struct sam_op *op)
{
    const struct sam_row *r = &op->row;
    bool person = sam_row_has(r, SAM_ACCESS_participant);
    bool one = person != sam_row_has(r, SAM_ACCESS_group_id);
    return one && (op->user || !person) ? SAM_REASON_NONE : SAM_REASON_RANGE;
}

/* Of a row as it is made, what no single field tells. */
static enum sam_reason made_check(const struct sam_op *op, bool by_centre)
{
    const struct sam_row *r = &op->row;
    if (!whole(r))
        return SAM_REASON_RANGE;
    switch (r->key.entity) {
    case SAM_SCORE_RESPONSE: return response_check(r);
    case SAM_EXERTION: return exertion_check(r);
    case SAM_ACCESS: return access_check(op);
    case SAM_NOTE: /* nobody writes in another's name; the console's users are no users of a clinic */
        return by_centre || (uint64_t)sam_row_num(r, SAM_NOTE_author) == op->user ? SAM_REASON_NONE
                                                                                  : SAM_REASON_NOT_PERMITTED;
    default: return SAM_REASON_NONE;
    }
}

/* Does it say anew what is said once? A row of nothing else is never set, not even what a newer version may know of it. */
static bool facts_set(const struct sam_op *op, const struct sam_entity_def *def)
{
    uint32_t units = sam_op_units(op);
    bool all = true, said = false;
    for (unsigned u = 0; u < def->unit_count; u++) {
        bool fact = def->unit_class[u] == SAM_CLASS_FACT;
        said = said || (fact && units >> u & 1u);
        all = all && fact;
    }
    return said || all;
}

static bool kind_ok(const struct sam_op *op, const struct sam_entity_def *def)
{
    if (op->kind > SAM_OP_TOMBSTONE || op->clear >> def->unit_count)
        return false;
    bool empty = op->row.present == 0 && op->clear == 0;
    if (op->kind == SAM_OP_TOMBSTONE)
        return empty;
    if (op->kind == SAM_OP_CREATE)
        return def->minted;
    return !empty || op->row.newer;
}

/* The one person whom a tablet may make: somebody who stands in no list came. Name and perhaps birth year; it is
 * provisional until a coordinator says who it is. */
static bool walk_in(const struct sam_op *op)
{
    const uint32_t may =
        1u << SAM_PARTICIPANT_name | 1u << SAM_PARTICIPANT_birth_year | 1u << SAM_PARTICIPANT_provisional;
    const struct sam_row *r = &op->row;
    return r->key.entity == SAM_PARTICIPANT && op->kind == SAM_OP_CREATE && !op->clear && !(r->present & ~may) &&
           sam_row_has(r, SAM_PARTICIPANT_name) && sam_row_num(r, SAM_PARTICIPANT_provisional) == 1;
}

/* Somebody without an account works here: a name and a role at a clinic, for whom the op's user vouches. Who that is, a coordinator
 * says later. */
static bool substitute(const struct sam_op *op)
{
    const uint32_t says = 1u << SAM_USER_name | 1u << SAM_USER_role | 1u << SAM_USER_org | 1u << SAM_USER_provisional |
                          1u << SAM_USER_vouched_by;
    const struct sam_row *r = &op->row;
    return r->key.entity == SAM_USER && op->kind == SAM_OP_CREATE && !op->clear && r->present == says &&
           sam_row_num(r, SAM_USER_provisional) == 1 && (uint64_t)sam_row_num(r, SAM_USER_vouched_by) == op->user;
}

/* The one thing about persons in a list that a tablet may say: that a record is shut. To open it again is the centre's. */
static enum sam_reason shut_check(const struct sam_op *op)
{
    const struct sam_row *r = &op->row;
    bool opens = sam_row_has(r, SAM_PARTICIPANT_shut) && !sam_row_num(r, SAM_PARTICIPANT_shut);
    return r->key.entity == SAM_PARTICIPANT && (opens || op->clear) ? SAM_REASON_NOT_PERMITTED : SAM_REASON_NONE;
}

enum sam_reason sam_op_validate(const struct sam_op *op, bool by_centre)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    if (!def && op->row.newer) /* a kind of row that a newer version knows */
        return SAM_REASON_SCHEMA;
    if (!def || !kind_ok(op, def))
        return SAM_REASON_MALFORMED;
    if (op->utc_offset_min < -14 * 60 || op->utc_offset_min > 14 * 60)
        return SAM_REASON_RANGE;
    bool creates = op->kind == SAM_OP_CREATE;
    by_centre = by_centre || walk_in(op) || substitute(op);
    if (!by_centre && def->create == SAM_WRITER_CENTRE && (creates || op->kind == SAM_OP_TOMBSTONE))
        return SAM_REASON_NOT_PERMITTED;
    if (op->kind == SAM_OP_TOMBSTONE && def->tag == SAM_ACCESS) /* what was seen was seen */
        return SAM_REASON_NOT_PERMITTED;
    if (op->kind == SAM_OP_SET && facts_set(op, def)) /* a correction is a row of its own */
        return SAM_REASON_NOT_PERMITTED;
    enum sam_reason why = key_check(def, &op->row.key);
    if (!why && !by_centre)
        why = clear_check(def, op->clear);
    for (unsigned i = 0; !why && i < def->field_count; i++)
        if (sam_row_has(&op->row, i))
            why = field_check(&def->field[i], &op->row.val[i], by_centre);
    if (!why && !by_centre)
        why = shut_check(op);
    return !why && creates ? made_check(op, by_centre) : why;
}
