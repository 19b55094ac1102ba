/* Records that are shut: whose they are, what of them is handed out, and for what reasons all the same. */
#ifndef SAM_CLIENT_SHUT_H
#define SAM_CLIENT_SHUT_H

#include "client-sdk/include/samling.h"
#include "client-sdk/src/list.h"

#include <stdbool.h>

/* sam_shut_linked(s, linked): as whom those are shown whose record is shut and who are shown as somebody else: items of uint64_t. The
 * list is the caller's, who ends it also where this fails. sam_shut_is(linked, participant): one of them? */
int sam_shut_linked(struct samling *s, struct sam_list *linked);
bool sam_shut_is(const struct sam_list *linked, uint64_t participant);
/* sam_shut_of(s, participant, is): is that one's record shut, or that of somebody who is shown as the same? */
int sam_shut_of(struct samling *s, uint64_t participant, bool *is);

/* sam_shut_bars(what): is that a part of the record which is then not handed out? */
bool sam_shut_bars(enum samling_resource what);
/* sam_shut_reason(purpose): for which it is handed out all the same. */
bool sam_shut_reason(enum samling_purpose purpose);
/* sam_shut_may(s, participant, entity): may rows of it be handed out? SAM_ESTATE: the record is shut, and nobody here has
 * told the access log a reason in this sitting. */
int sam_shut_may(struct samling *s, uint64_t participant, uint8_t entity);

#endif
