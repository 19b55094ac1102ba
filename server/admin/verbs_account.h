/* Inside the verbs about accounts: what verbs_account.c and verbs_account_show.c share. */
#ifndef ADMIN_VERBS_ACCOUNT_H
#define ADMIN_VERBS_ACCOUNT_H

#include "server/admin/value.h"
#include "server/intake/account.h"

extern const char *const words_account_state[], *const words_account_role[];

/* account_read(v, word, a): the account of that name. Wipe it. As a verb's result. */
int account_read(struct verb_context *v, const char *word, struct store_account *a);
/* account_state_shown(v, a): its state, with "locked" as one. */
uint32_t account_state_shown(const struct verb_context *v, const struct store_account *a);
/* account_role_say(v, role, out): "coordinator at Porsgrunn until 31 March". */
void account_role_say(struct verb_context *v, const struct store_account_role *role, char out[VALUE_BYTES_MAX]);

#endif
