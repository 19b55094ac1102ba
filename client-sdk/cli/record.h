/* What the verbs on a person's records share: contacts, work status, exertion, activities, notes, forms. */
#ifndef CLI_RECORD_H
#define CLI_RECORD_H

#include "cli.h"

/* The values of one field: the words of JSON (word.h), which are typed too, and the texts for people. */
struct record_words {
    const char *(*word)(int value);
    int count;
    enum sam_text_set set;
};

/* cli_record_word(c, id, words, out): what an option says, as a word of either kind, in either language and any case; ${out} is left
 * alone where it is not given. 0 or EXIT_USAGE with the words told. */
int cli_record_word(struct cli *c, enum arg id, const struct record_words *words, int *out);
/* cli_record_typed(c, text, what, words, out): the same of a word that is no option; ${what} names it. */
int cli_record_typed(struct cli *c, const char *text, const char *what, const struct record_words *words, int *out);
/* cli_record_name(words, value): the word of JSON; NULL: not said. */
const char *cli_record_name(const struct record_words *words, int value);
/* cli_record_text(c, words, value): for people; "": not said. */
const char *cli_record_text(const struct cli *c, const struct record_words *words, int value);

/* cli_record_int(c, id, max, out): --option as 0 to ${max}; ${out} is left alone where it is not given. */
int cli_record_int(struct cli *c, enum arg id, int max, int *out);
/* cli_record_saved(c, key, id, person): that it was saved, with its number as ${key}. */
void cli_record_saved(struct cli *c, const char *key, uint64_t id, const char *person);
/* Records of one kind of one person. */
struct record_kind {
    const char *key; /* of the JSON list */
    const enum sam_text_id *heads;
    enum samling_resource what;                                               /* for the access log */
    size_t head_count, item_bytes, id_at, participant_at;                     /* offsets in a line */
    int (*load)(samling *s, uint64_t participant, void **out, size_t *count); /* freed with samling_list_free */
    void (*tell)(struct cli *c, struct table *t, const void *line);
};
/* cli_record_list(c, kind): those of the person whom the verb's second word names, once the access log has it. An exit code. */
int cli_record_list(struct cli *c, const struct record_kind *kind);
/* cli_record_corrected(c, kind, replaces, participant): a correction names whomever the record was written about, who may be shown as
 * somebody else. replaces 0: none. An exit code. */
int cli_record_corrected(struct cli *c, const struct record_kind *kind, uint64_t replaces, uint64_t *participant);
/* cli_record_table(c, t, of): the rows for people, or that there is nothing of ${of}. Ends the table. */
void cli_record_table(struct cli *c, struct table *t, const char *of);
/* cli_record_remove(c, remove): the verb's second word names what was entered in error. An exit code. */
int cli_record_remove(struct cli *c, int (*remove)(samling *s, uint64_t user, uint64_t id));
/* cli_record_state(c, state, replaced_by, out): how it stands with a record, for a cell. */
#define RECORD_STATE_BYTES 96
const char *cli_record_state(const struct cli *c, int state, uint64_t replaced_by, char out[RECORD_STATE_BYTES]);

extern const struct record_words record_role, record_contact_mode, record_with_whom, record_sector, record_work,
    record_scale, record_moment, record_yes_no;

#endif
