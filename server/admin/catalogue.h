/* Versions of interventions, for verbs that name one. */
#ifndef ADMIN_CATALOGUE_H
#define ADMIN_CATALOGUE_H

#include "proto/model/completion.h"
#include "server/admin/verbs.h"

/**
 * catalogue_find(v, word, id):
 * The version that "CODE/VERSION" means, or the newest in use of "CODE".
 *   returns VERB_OK, or VERB_REFUSED with a sentence
 */
int catalogue_find(struct verb_context *v, const char *word, uint64_t *id);

struct catalogue_version {
    uint64_t id, code, version;
    char name[SAM_NAME_BYTES_MAX + 1];
    struct sam_completion_rule rule;
};
/* catalogue_read(v, id, out): SAM_ENOTFOUND. */
int catalogue_read(struct verb_context *v, uint64_t id, struct catalogue_version *out);

#endif
