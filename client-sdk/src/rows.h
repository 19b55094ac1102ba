/* Rows of one entity as the app sees them: what a session or a person has in the replica, and own ops that are not there yet,
 * with what is known of each. */
#ifndef SAM_CLIENT_ROWS_H
#define SAM_CLIENT_ROWS_H

#include "client-sdk/include/samling.h"
#include "client-sdk/src/replica.h"

struct sam_seen {
    struct sam_view view; /* own ops laid over it */
    enum samling_record_state state;
    bool disputed;
    struct sam_row other; /* disputed: what somebody else says; numbers only */
};

typedef int sam_seen_fn(void *ctx, const struct sam_seen *seen);

/**
 * sam_rows_of_session(s, entity, session, scope, each, ctx), sam_rows_of_person(s, entity, person, each, ctx):
 * Give each living row of ${entity} to ${each}, by key, until it returns non-zero, which is returned. Of a person: those whose
 * first key part is the person, or of an entity that names the person in a field, those that name him or somebody who is shown
 * as him.
 *   owns  *seen is borrowed until ${each} returns
 */
int sam_rows_of_session(struct samling *s, uint8_t entity, uint64_t session, uint64_t scope, sam_seen_fn *each,
                        void *ctx);
int sam_rows_of_person(struct samling *s, uint8_t entity, uint64_t person, sam_seen_fn *each, void *ctx);
/* sam_rows_all(s, entity, each, ctx): all that are on this device, own ones included. */
int sam_rows_all(struct samling *s, uint8_t entity, sam_seen_fn *each, void *ctx);
/* sam_rows_get(s, key, seen): one row that may be anywhere; SAM_ENOTFOUND also where it was removed. */
int sam_rows_get(struct samling *s, const struct sam_key *key, struct sam_seen *seen);

#endif
