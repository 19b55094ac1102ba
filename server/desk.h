/* Where the console meets the verbs: what a coordinator clicks is said in the words of the command line, in the account's name, so that
 * both do the same and the audit log tells it in the same way. */
#ifndef SERVER_DESK_H
#define SERVER_DESK_H

#include "server/admin/home.h"
#include "server/console/ask.h"

/* desk_verb(home, a, in, argc, argv): as ask_verb. On the write thread, in a transaction. */
int desk_verb(const struct home *home, struct ask *a, struct intake *in, int argc, const char *const *argv);
/* desk_look(home, a, st, argc, argv): as ask_look. On the read thread, in a snapshot. */
int desk_look(const struct home *home, struct ask *a, struct store *st, int argc, const char *const *argv);

#endif
