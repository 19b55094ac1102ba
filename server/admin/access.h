/* What a verb shows or changes of whom: noted while it runs, written into the access log before anything leaves, by verb_run or by whoever
 * asked for a look. */
#ifndef ADMIN_ACCESS_H
#define ADMIN_ACCESS_H

#include "server/intake/people.h"
#include "server/admin/verbs.h"

/* access_person(v, participant): this person. Twice is once; beyond VERB_ACCESS_MAX people it is a list. */
void access_person(struct verb_context *v, uint64_t participant);
/* access_row(v, row): whoever the row is about; the group of a session, or all, where it is about nobody. */
void access_row(struct verb_context *v, const struct sam_row *row);
/* access_list(v, group, count): a list of so many rows, of a group or (0) of all. */
void access_list(struct verb_context *v, uint64_t group, uint64_t count);
/* access_action_text(lang, action): "read" … access_resource_text(lang, resource): "attendance", as it is where it has no words. */
const char *access_action_text(enum sam_lang lang, uint32_t action);
const char *access_resource_text(enum sam_lang lang, const char *resource);
/* access_purpose_text(lang, purpose): of what was seen on a tablet, which says one of a few words. */
const char *access_purpose_text(enum sam_lang lang, const char *purpose);
#define ACCESS_ACTOR_BYTES 128u /* what an actor of the audit log may be at most */
/* access_actor(v, out, size): who asks, in words: a user of the machine. */
void access_actor(const struct verb_context *v, char *out, size_t size);
/* access_audit(v): that it was asked and by whom, as a line of the audit log; with the rows that were noted, where it is about
 * people. Errors: of the store. */
int access_audit(struct verb_context *v);
/* access_reason_check(v, needed): is what --reason says fit to be kept? As a verb's result. */
int access_reason_check(struct verb_context *v, bool needed);

/* Reading it (verbs_access.c). access_table(v, name): its columns; in JSON as the list ${name}, or (NULL) as the answer itself. access_lines(v, people, count): all
 * rows about them. The caller ends the table. */
void access_table(struct verb_context *v, const char *name);
int access_lines(struct verb_context *v, const struct people *people, uint64_t *count);

#endif
