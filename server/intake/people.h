/* People who are linked: who is shown as whom, for verbs and pages that speak of one person; of a reader or the writer. */
#ifndef INTAKE_PEOPLE_H
#define INTAKE_PEOPLE_H

#include "server/store/store.h"

struct people {
    uint64_t id[SAM_LINKED_MAX]; /* the first is the one as whom all are shown */
    unsigned count;
};
/* people_root(st, id, root): whoever the person is shown as; himself where he is not linked. */
int people_root(struct store *st, uint64_t id, uint64_t *root);
/* people_of(st, id, out): all who are shown as the same one, that one first. */
int people_of(struct store *st, uint64_t id, struct people *out);
bool people_has(const struct people *p, uint64_t id);

#endif
