/* What the verbs about cases share. */
#ifndef ADMIN_VERBS_CASE_H
#define ADMIN_VERBS_CASE_H

#include "server/admin/value.h"

/* case_read(v, c): the case that the verb's first word names; as a verb's result. */
int case_read(struct verb_context *v, struct store_case *c);
/* case_access(v, c): the access log is to say whom the case is about. */
void case_access(struct verb_context *v, const struct store_case *c);
/* case_what(v, c): "attendance". case_brief(v, c, out): "Present / No-show". */
const char *case_what(struct verb_context *v, const struct store_case *c);
int case_brief(struct verb_context *v, const struct store_case *c, char out[VALUE_BYTES_MAX]);
/* case_received_s(v, csn): when the change at ${csn} came, seconds since 1970. */
int64_t case_received_s(struct verb_context *v, uint64_t csn);
extern const char *const words_rule[]; /* of the rules, for programs */

struct case_session {
    uint64_t id, present;
    struct sam_row row; /* numbers only */
    bool alive, planned;
};
int case_session_read(struct verb_context *v, uint64_t id, struct case_session *s);
/* case_sessions(c, id): the one or two sessions of a case of a rule; how many. */
unsigned case_sessions(const struct store_case *c, uint64_t id[2]);
/* case_session_text(v, id, out): "session 17, Tuesday 6 October, 10:00: Cancelled, 2 present". */
void case_session_text(struct verb_context *v, uint64_t id, char out[VALUE_BYTES_MAX]);

/* What is said of somebody: who said what stands in that unit of the row, and when. */
int case_author_say(struct verb_context *v, const struct sam_key *key, unsigned unit);

/* What proves that a session was held (case_proof.c). case_of_status(c): does somebody have to say whether it was?
 * case_proofs_say(v, session): who was there and what was done, and who says so. case_proofs_since(v, session, csn): the newest
 * change of any of that; 0: there is none. */
bool case_of_status(const struct store_case *c);
int case_proofs_say(struct verb_context *v, uint64_t session);
int case_proofs_since(struct verb_context *v, uint64_t session, uint64_t *csn);

/* Two who may be one person (case_person.c). */
struct case_person {
    uint64_t id;
    int birth_year; /* 0: not known */
    bool alive, walk_in;
    char name[SAM_NAME_BYTES_MAX + 1];
};
int case_person_read(struct verb_context *v, uint64_t id, struct case_person *p);
/* case_person_text(v, id, out): "participant 17, Kari Ny, born 1971: walk-in". _brief: "walk-in / on the list". */
void case_person_text(struct verb_context *v, uint64_t id, char out[VALUE_BYTES_MAX]);
int case_person_brief(struct verb_context *v, const struct store_case *c, char out[VALUE_BYTES_MAX]);
/* case_person_page(v, c, seen, home): the case in full below its head. */
int case_person_page(struct verb_context *v, const struct store_case *c, uint64_t seen, const char *home);

#endif
