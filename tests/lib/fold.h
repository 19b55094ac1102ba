/* Goal: what DESIGN section 5 says must stand at the end of a history, worked out from the whole set of ops at once and not
 * one by one: a second, slower way to the same answer as proto/model/merge, of which it uses nothing.
 *
 * - A tombstone that another tombstone's author had seen is done with; the others hold. An op stands when its author had
 *   seen every tombstone that holds.
 * - A value lives when its op stands and no op that stands and sets the same unit was made by somebody who had seen it.
 * - What is shown, and whether it is disputed, follows from the living values of the unit by its class. */
#ifndef TESTS_LIB_FOLD_H
#define TESTS_LIB_FOLD_H

#include "proto/model/op.h"
#include "tests/lib/history.h"

struct fold_unit {
    uint8_t live; /* mask of ops */
    uint8_t top;  /* those of them that are weighed: of the highest standing in the unit's class */
    bool disputed;
    int shown;       /* op whose value is shown, -1: none */
    uint64_t all_or; /* class union: the value shown */
};

struct fold {
    uint8_t tombstones, standing; /* masks of ops; a tombstone never stands */
    struct fold_unit unit[SAM_UNITS_MAX];
};

/* fold_history(h, op, arrived, out): the end state of the ops of mask ${arrived}. All ops are about one row. */
void fold_history(const struct history *h, const struct sam_op *const op[], uint8_t arrived, struct fold *out);

/**
 * fold_told(h, op, f, x, told): may the author of op ${x} be told ${told} when the end state is ${f}?
 *   CASE     just when its value is weighed in a disputed unit
 *   MERGED   always when the op does not stand and nobody had seen it, or when its value lives and another one is shown
 *   APPLIED  always of a tombstone
 * Of what an informed author replaced or deleted it may be APPLIED or MERGED: that depends on whether it was disputed before.
 */
bool fold_told(const struct history *h, const struct sam_op *const op[], const struct fold *f, unsigned x,
               enum sam_verdict told);

#endif
