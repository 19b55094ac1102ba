/* One change made by one device. Pure; its text is borrowed from the bytes it was decoded from. */
#ifndef SAM_MODEL_OP_H
#define SAM_MODEL_OP_H

#include "proto/model/field.h"

enum sam_op_kind { SAM_OP_SET = 0, SAM_OP_CREATE = 1, SAM_OP_TOMBSTONE = 2 };

struct sam_op {
    uint64_t user;
    int64_t claimed_s;
    int32_t utc_offset_min;
    uint64_t base_csn;
    uint8_t kind;   /* enum sam_op_kind */
    uint32_t clear; /* units set to nothing */
    struct sam_row row;
};

/* Verdict kinds and reasons: the numbers of proto/samling.proto. */
enum sam_verdict {
    SAM_VERDICT_APPLIED = 0,
    SAM_VERDICT_MERGED = 1, /* listed: another value is shown by rule, no person is asked */
    SAM_VERDICT_SAME = 2,
    SAM_VERDICT_SUPERSEDED = 3, /* an own later op had been judged before */
    SAM_VERDICT_CASE = 4,
    SAM_VERDICT_QUARANTINED = 5,
    SAM_VERDICT_HELD = 6,
    SAM_VERDICT_LOST = 7,
    SAM_VERDICT_COUNT = 8
};

enum sam_reason {
    SAM_REASON_NONE = 0,
    SAM_REASON_RANGE = 1,
    SAM_REASON_SCOPE = 2,
    SAM_REASON_REFERENCE = 3,
    SAM_REASON_SCHEMA = 4,
    SAM_REASON_REVOKED = 5,
    SAM_REASON_MALFORMED = 6,
    SAM_REASON_NOT_PERMITTED = 7,
    SAM_REASON_CRASHED = 8,
    SAM_REASON_EQUIVOCATION = 9,
    SAM_REASON_USER = 10,
    SAM_REASON_ERASED = 11, /* of somebody who was erased: its bytes were not kept */
    SAM_REASON_COUNT = 12
};

/* sam_op_units(op): mask of the units that the op sets or clears. */
uint32_t sam_op_units(const struct sam_op *op);

/* sam_text_ok(s): UTF-8 without NUL and other control characters, overlong forms and surrogates (RFC 3629). */
bool sam_text_ok(struct sam_span s);
/* sam_text_lines_ok(s): the same of a text that may have several lines, with \n between. */
bool sam_text_lines_ok(struct sam_span s);

/* sam_answer_next(s, at, answer): the next answer of a form in its wire form, which sam_answers_count describes; ${at} starts
 * at 0 and is beyond s.len after the last one. false: what stands there is no answer. */
enum { SAM_ANSWER_SKIPPED = -1 };
bool sam_answer_next(struct sam_span s, size_t *at, int *answer);

/* sam_answers_count(s, items, answered): the answers of a form, item by item: whole numbers, or - for one that was skipped,
 * with commas between ("3,-,0"). false: they are not. */
bool sam_answers_count(struct sam_span s, unsigned *items, unsigned *answered);

/**
 * sam_op_validate(op, by_centre):
 * Check everything about ${op} that can be checked without a store: kind, key, ranges, text, who may write what.
 * The same on tablet and centre, so a tablet never saves what the centre would refuse for these reasons.
 *   returns  SAM_REASON_NONE, _RANGE, _NOT_PERMITTED, _MALFORMED, or _SCHEMA for a row of a kind unknown here
 */
enum sam_reason sam_op_validate(const struct sam_op *op, bool by_centre);

#endif
