/* Goal: a clinic with rows to play on: so many of each kind that histories can run side by side, each on a row of its own. */
#ifndef TESTS_LIB_STAGE_H
#define TESTS_LIB_STAGE_H

#include "tests/lib/centre.h"

enum { STAGE_ROWS = 128, STAGE_TABLETS = 3, STAGE_NOW_S = 1800000000 };

/* Rows of which some are new with the first op, and others are there before. */
enum stage_kind {
    STAGE_MARK_NEW,
    STAGE_MARK,
    STAGE_SESSION,
    STAGE_ENROLMENT,
    STAGE_PERSON,
    STAGE_USER,
    STAGE_GROUP,
    STAGE_CLINIC,
    STAGE_KINDS
};

struct stage {
    struct centre centre;
    struct centre_tablet tablet[STAGE_TABLETS];
    uint64_t user; /* who saves on all tablets */
    struct sam_key key[STAGE_KINDS][STAGE_ROWS];
    struct sam_op prior[STAGE_KINDS]; /* what made the rows; of STAGE_MARK_NEW: nothing */
};

/* stage_open(s): made and committed. stage_close: the reverse. */
void stage_open(struct stage *s);
void stage_close(struct stage *s);

/* stage_op(entity, kind): an empty op on a row of that entity. */
struct sam_op stage_op(uint8_t entity, enum sam_op_kind kind);

#endif
