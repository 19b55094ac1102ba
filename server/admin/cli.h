/* The command line of samlingd: which verb, where it runs, and what comes back. */
#ifndef ADMIN_CLI_H
#define ADMIN_CLI_H

#include "server/admin/verbs.h"
#include "server/admin/words.h"

/* cli_run(argc, argv, serve): everything; ${serve} runs the centre. Returns the exit code: 0 done, 1 refused, 2 wrong words. */
int cli_run(int argc, char **argv, int (*serve)(struct verb_context *v));
/* cli_complain(lang, id, ...): a sentence on standard error. Returns VERB_REFUSED. */
int cli_complain(enum sam_lang lang, enum sam_text_id id, ...);
/* cli_progress(lang, at): how far a long check is, on standard error. */
void cli_progress(enum sam_lang lang, const struct intake_check *at);
/* cli_verb(w, v): a verb on the store, which is opened where nobody serves it (cli_verb.c). Returns the exit code. */
int cli_verb(struct words *w, struct verb_context *v);
/* cli_intake_open(home, lang, create, out): the store with its keys. Explains failures on standard error. */
int cli_intake_open(const struct home *home, enum sam_lang lang, bool create, struct intake **out);

#endif
