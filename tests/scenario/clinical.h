/* Exercise sets, consents and forms, saved and shown by the calls of the public header. */
#ifndef TESTS_SCENARIO_CLINICAL_H
#define TESTS_SCENARIO_CLINICAL_H

#include "tests/scenario/story.h"

/* clinical_has(op): is there a call for it? clinical_save(t, op, look): make it, having looked at what is there if ${look}; the
 * id of a new form stands in ${op}. 0, or the code of samling.h. */
bool clinical_has(const struct sam_op *op);
int clinical_save(struct pump_tablet *t, struct sam_op *op, bool look);
/* "reps 8, at the centre, others say reps 10"; of a form also "primary", "second" or "replaced by R2". "nothing". */
void got_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out);
/* What a form scores, at the centre and on a tablet: "6.67, sum 20, count 3, rule 1, higher", "none, direction", "nothing". */
void got_score(struct play *y, uint64_t response, struct sam_buf *out);
void got_score_shown(struct play *y, struct pump_tablet *t, const struct sam_key *key, struct sam_buf *out);
/* The form that counts at the centre, or "nothing". */
void got_primary(struct play *y, uint64_t person, uint64_t instrument, uint64_t occasion, struct sam_buf *out);

#endif
