/* What the verbs about the quarantine share. */
#ifndef ADMIN_VERBS_QUARANTINE_H
#define ADMIN_VERBS_QUARANTINE_H

#include "server/admin/value.h"

enum { QUARANTINE_NOTE_BYTES_MAX = 200 };

/* quarantine_read(v, word, at): the op that this number (its csn) names; as a verb's result. */
int quarantine_read(struct verb_context *v, const char *word, struct store_verdict *at);
const char *quarantine_reason(const struct verb_context *v, uint32_t reason);

#endif
