/* What every save goes through: what the author had seen, the op being built, and the transaction around it. */
#ifndef SAM_CLIENT_DRAFT_H
#define SAM_CLIENT_DRAFT_H

#include "client-sdk/src/client.h"
#include "proto/model/op.h"

struct sam_draft {
    struct samling *s;
    struct sam_op op;
    uint64_t scope, base_epoch;
};

/* sam_form_keep(s, session, person, scope): what the user sees from now on is what is here of ${scope}. One of the two is not 0. */
void sam_form_keep(struct samling *s, uint64_t session, uint64_t person, uint64_t scope);

/* sam_form_keep_roster(s, group): the same of who is in a group, which lies in the group's own scope. */
void sam_form_keep_roster(struct samling *s, uint64_t group);

/* sam_save_begin(s): may this device save, and a transaction that holds the save alone. _end: commit, or take back and say why.
 * SAM_ESTATE. */
int sam_save_begin(struct samling *s);
int sam_save_end(struct samling *s, int err);

/* SAM_ENOTFOUND; ${scope}: where the person was found, may be NULL. */
int sam_user_known(struct samling *s, uint64_t user);
int sam_person_known(struct samling *s, uint64_t person, uint64_t *scope);

void sam_draft_start(struct samling *s, struct sam_draft *d, uint64_t user, uint8_t entity, uint8_t kind);
/* sam_draft_base(d, session, person, scope): the base is what was there when the person's form in the session was opened, else
 * the session's or the person's, else what is there now. */
void sam_draft_base(struct sam_draft *d, uint64_t session, uint64_t person, uint64_t scope);
/* sam_draft_base_roster(d, group): what was there when the group's roster was opened, else what is there now. */
void sam_draft_base_roster(struct sam_draft *d, uint64_t group);
/* sam_draft_set(op, field, v): -1: not said. */
void sam_draft_set(struct sam_op *op, unsigned field, int v);
/* sam_draft_save(d): checked as the centre will check it, and kept. SAM_EDENIED, SAM_ERANGE. */
int sam_draft_save(struct sam_draft *d);
/* sam_draft_mint(s, id): the id that the next row made here gets; taken with sam_draft_minted. */
uint64_t sam_draft_mint(struct samling *s);
int sam_draft_minted(struct samling *s);

#endif
