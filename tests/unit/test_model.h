/* Rows to judge, who said them, and one step of judging: what the tests of proto/model share. */
#ifndef UNIT_TEST_MODEL_H
#define UNIT_TEST_MODEL_H

#include "proto/base/err.h"
#include "proto/model/merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { ENTITY_LAST = SAM_ACCESS };

/* ---- validation */

static inline struct sam_op op_of(const struct sam_entity_def *def, uint8_t kind)
{
    struct sam_op op = {.user = 1, .kind = kind};
    sam_row_init(&op.row, def->tag);
    for (unsigned i = 0; i < def->key_count; i++)
        op.row.key.part[i] = def->key[i].max < 100 + i ? def->key[i].max : 100 + i;
    return op;
}

/* A form of one answered item, as only a whole one is taken. */
static inline struct sam_op response(void)
{
    struct sam_op op = op_of(sam_entity_find(SAM_SCORE_RESPONSE), SAM_OP_CREATE);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_participant, 7);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_instrument, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_version, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_occasion, 0);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_day, 0);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_items, 1);
    sam_row_set(&op.row, SAM_SCORE_RESPONSE_answered, 1);
    sam_row_set_text(&op.row, SAM_SCORE_RESPONSE_answers, "7", 1);
    return op;
}

/* ---- judging */

static inline struct sam_row attendance(int presence, int evidence, int reason)
{
    struct sam_row r;
    memset(&r, 0, sizeof r);
    sam_row_init(&r, SAM_ATTENDANCE);
    sam_row_set(&r, SAM_ATTENDANCE_presence, presence);
    sam_row_set(&r, SAM_ATTENDANCE_evidence, evidence);
    if (reason)
        sam_row_set(&r, SAM_ATTENDANCE_reason, reason);
    return r;
}

static inline struct sam_row with_num(uint8_t entity, unsigned field, int64_t num)
{
    struct sam_row r;
    memset(&r, 0, sizeof r);
    sam_row_init(&r, entity);
    if (num >= 0)
        sam_row_set(&r, field, num);
    return r;
}

static inline struct sam_candidate said(uint64_t device_no, uint64_t seq, uint64_t csn, uint64_t base,
                                        const struct sam_row *value)
{
    return (struct sam_candidate){.device_no = device_no, .seq = seq, .csn = csn, .base_csn = base, .value = value};
}

static inline struct sam_author author_of(const struct sam_candidate *x)
{
    return (struct sam_author){
        .device_no = x->device_no, .seq = x->seq, .base_epoch = 1, .base_csn = x->base_csn, .seen_csn = x->base_csn};
}

static inline struct sam_fold judge(const struct sam_entity_def *def, unsigned unit, struct sam_candidates *set,
                                    const struct sam_candidate *x)
{
    struct sam_author who = author_of(x);
    struct sam_fold fold;
    assert_int_equal(sam_merge(def, unit, set, &who, x, &fold), 0);
    return fold;
}

#endif
