/* What the rooms of the console share: console.c, console_case.c. */
#ifndef SIM_CONSOLE_INT_H
#define SIM_CONSOLE_INT_H

#include "tests/sim/console.h"

#include <string.h>

/* console.c. console_author(w, op): an op of the centre. console_set_of(key): one that sets something there.
 * console_page_base(w): the csn of a page that was read some time ago. */
int console_author(struct world *w, struct sam_op *op);
struct sam_op console_set_of(const struct sam_key *key);
uint64_t console_page_base(struct world *w);

/* console_case.c. case_rule(w), case_let_stand(w): a decision about a quarantined op; about a session that was cancelled although somebody
 * was there. case_page_read(w, page): a coordinator looks at the open cases. case_decide(w, page): and decides one of them. */
int case_rule(struct world *w);
int case_let_stand(struct world *w);
void case_page_read(struct world *w, struct page *page);
int case_decide(struct world *w, const struct page *page);

#endif
