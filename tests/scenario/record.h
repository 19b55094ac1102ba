/* What hangs on a person by an id of its own, saved and shown by the calls of the public header: notes and their like. */
#ifndef TESTS_SCENARIO_RECORD_H
#define TESTS_SCENARIO_RECORD_H

#include "tests/scenario/story.h"

/* record_has(op): is there a call for it? record_save(t, op, look): make, change or remove one, having looked at what is
 * there if ${look}; the id of a new one stands in ${op}. 0, or the code of samling.h. */
bool record_has(const struct sam_op *op);
int record_save(struct pump_tablet *t, struct sam_op *op, bool look);
/* "text …, at the centre", then "replaced by N2" or what else is known of it. false: the tablet does not show it. */
bool record_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out);

/* "user-A: role 0, waiting | user-B: nothing, at the centre", "nobody". ${of}: a session or a group. */
void got_leaders(struct play *y, struct pump_tablet *t, const struct story_name *of, struct sam_buf *out);

#endif
