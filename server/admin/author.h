/* What the centre says, as ops of device 1, and finding the row that a person's word means. */
#ifndef ADMIN_AUTHOR_H
#define ADMIN_AUTHOR_H

#include "server/admin/verbs.h"

/* author_begin(v, op, entity, id): a CREATE of a row with a new id, which stands in ${id} too; fields are to be set. */
int author_begin(struct verb_context *v, struct sam_op *op, uint8_t entity, uint64_t *id);
/* author_text(op, field, text): set a text; ${text} outlives the op. */
void author_text(struct sam_op *op, unsigned field, const char *text);
/* author_apply(v, op): VERB_OK; VERB_REFUSED with the reason in v->error; negative: the storage failed. */
int author_apply(struct verb_context *v, const struct sam_op *op);
/* author_person(v, name, birth_year, id): CREATE of a participant; ${birth_year} 0: not said. */
int author_person(struct verb_context *v, const char *name, uint64_t birth_year, uint64_t *id);
/* What is said of somebody's enrolment in a group; 0 or false: not said. */
struct author_enrolment {
    uint64_t group, participant, planned, episode;
    uint64_t status; /* where has_status; else somebody who is not in the group comes in, unless ${keep} */
    bool has_status, has_start, has_end;
    bool keep;          /* whoever is out stays out, whatever else is said */
    uint64_t seen_csn;  /* the last change of the page that it was said by; 0: the present one */
    int32_t start, end; /* first and last day; where they are not said and needed: today */
    uint64_t end_reason;
};
/* author_enrol(v, e): SET of an enrolment. Whoever is in the group keeps the first day, whoever was and comes back too; then the end
 * is taken away. Nothing is said twice. */
int author_enrol(struct verb_context *v, const struct author_enrolment *e);
/* author_set(v, op, key): a SET of this row; fields are to be set. */
void author_set(struct verb_context *v, struct sam_op *op, const struct sam_key *key);
/* author_row(v, entity, id, row): a living row. SAM_ENOTFOUND. */
int author_row(struct verb_context *v, uint8_t entity, uint64_t id, struct store_row *row);
/* author_today(v): the centre's date. */
int32_t author_today(const struct verb_context *v);
/* author_plan(v): write planned sessions ahead. */
int author_plan(struct verb_context *v);

/**
 * author_clinic(v, word, id), author_group, author_participant, author_user:
 * The living row that ${word} means: its id, its code, or its name where only one has it.
 *   returns VERB_OK, or VERB_REFUSED with a sentence that says what was not found
 */
int author_clinic(struct verb_context *v, const char *word, uint64_t *id);
int author_group(struct verb_context *v, const char *word, uint64_t *id);
int author_participant(struct verb_context *v, const char *word, uint64_t *id);
int author_user(struct verb_context *v, const char *word, uint64_t *id);

/* author_each(v, entity, each, ctx): all living rows by key, until ${each} returns non-zero, which is returned. */
int author_each(struct verb_context *v, uint8_t entity, int (*each)(void *ctx, const struct store_row *row), void *ctx);
/* author_each_of(v, entity, first, each, ctx): those alone whose key begins with ${first}: a group's enrolments, its leaders. */
int author_each_of(struct verb_context *v, uint8_t entity, uint64_t first,
                   int (*each)(void *ctx, const struct store_row *row), void *ctx);
/* author_name(v, entity, id, field, out, size): a row's text; "" where there is none. */
void author_name(struct verb_context *v, uint8_t entity, uint64_t id, unsigned field, char *out, size_t size);

/* author_cell(r, row, field): a cell of a table with that text; empty where it is absent. */
void author_cell(struct report *r, const struct store_row *row, unsigned field);

/* Words for the numbers of the wire: word_of gives "?", word_find SAM_EUSAGE for what it does not know. A person may also
 * write what ${set} calls it, in either language. */
const char *word_of(const char *const *words, uint64_t value);
int word_find(const char *const *words, enum sam_text_set set, const char *word, uint64_t *value);
extern const char *const words_org_kind[],
    *const words_group_kind[], *const words_role[], *const words_device_state[], *const words_enrolment[],
                                                                                     *const words_weekday[],
                                                                                         *const words_occasion[];
/* author_words(v, seen): --note, which is v->note then, and --seen: the last change of the page that somebody decides by, at most the
 * present one; without it that one. */
int author_words(struct verb_context *v, uint64_t *seen);

#endif
