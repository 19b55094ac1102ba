/* Rows of the access log about some people: found by index, in the log's order. Rows that name one of them, and lists on which one may have
 * stood: of several groups, or of a group where one is or was. */
#ifndef ADMIN_ACCESS_FIND_H
#define ADMIN_ACCESS_FIND_H

#include "server/intake/people.h"
#include "server/admin/verbs.h"

struct access_place {
    uint64_t audit_no, part;
};
struct access_places {
    struct access_place *place;
    size_t count, room;
};

/* access_find(v, people, out): ${out} is freed with access_places_fini either way. SAM_ENOMEM; as the store. */
int access_find(struct verb_context *v, const struct people *people, struct access_places *out);
void access_places_fini(struct access_places *p);

#endif
