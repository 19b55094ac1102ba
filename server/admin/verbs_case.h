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

/* What is said of somebody: who said what stands in that unit of the row, and when. case_author_cells: the same as cells of a table
 * for programs, under CASE_SAID_COLUMNS; case_said_cells: of an op. */
int case_author_say(struct verb_context *v, const struct sam_key *key, unsigned unit);
#define CASE_SAID_COLUMNS                                                                      \
    {"who", SAM_TEXT_COL_ACTOR}, {"user", SAM_TEXT_COL_ACTOR}, {"device", SAM_TEXT_COL_ACTOR}, \
        {"device_no", SAM_TEXT_COL_SEQ}, {"seq", SAM_TEXT_COL_SEQ}, {"csn", SAM_TEXT_COL_SEQ}, \
        {"claimed_s", SAM_TEXT_COL_WHEN}, {"offset_min", SAM_TEXT_COL_WHEN},                   \
    {                                                                                          \
        "received_s", SAM_TEXT_COL_WHEN                                                        \
    }
void case_said_cells(struct verb_context *v, const struct intake_op *op);
int case_author_cells(struct verb_context *v, const struct sam_key *key, unsigned unit);

/* For programs alone (case_form.c). case_form(v, c, now): of a unit's case the lists "fields" and "choices": what may be said with
 * --set, and what stands there (${now}); and "same_session", how many open cases `case present` would decide.
 * case_decisions_list(v, c): the list "decisions": what was decided of it, the last one first (case_decided.c). */
int case_form(struct verb_context *v, const struct store_case *c, const struct sam_row *now);
int case_decisions_list(struct verb_context *v, const struct store_case *c);
/* case_take_shown(v, c, seen): decide a unit's case for what is shown, as `case decide --stand` does, without a word of it. */
int case_take_shown(struct verb_context *v, const struct store_case *c, uint64_t seen);
/* case_present_count(v, session, count): the open cases about presence in this session in which somebody says that the person was there
 * (verbs_present.c). */
int case_present_count(struct verb_context *v, uint64_t session, unsigned *count);

/* What proves that a session was held (case_proof.c). case_of_status(c): does somebody have to say whether it was?
 * case_proofs_say(v, session): who was there and what was done, and who says so; case_proofs_list: the same for programs, as list
 * "proofs". case_proofs_since(v, session, csn): the newest
 * change of any of that; 0: there is none. */
bool case_of_status(const struct store_case *c);
int case_proofs_say(struct verb_context *v, uint64_t session);
int case_proofs_list(struct verb_context *v, uint64_t session);
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
