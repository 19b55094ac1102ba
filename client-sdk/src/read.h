/* Looking rows up as the app sees them. */
#ifndef SAM_CLIENT_READ_H
#define SAM_CLIENT_READ_H

#include "client-sdk/src/replica.h"

/* sam_session_find(s, id, v, scope): a session, own ones included, and its group. */
int sam_session_find(struct samling *s, uint64_t id, struct sam_view *v, uint64_t *scope);
/* sam_person_find(s, id, v, scope): a person, own walk-ins included; ${scope}: where, may be NULL. */
int sam_person_find(struct samling *s, uint64_t id, struct sam_view *v, uint64_t *scope);
/* sam_user_find(s, id, v, scope): a user, own substitutes included; ${scope}: the clinic's own, may be NULL. */
int sam_user_find(struct samling *s, uint64_t id, struct sam_view *v, uint64_t *scope);
/* sam_person_shown(s, id, as): whoever a coordinator said that this person is; himself where nobody did. */
int sam_person_shown(struct samling *s, uint64_t id, uint64_t *as);

#endif
