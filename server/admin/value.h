/* Rows, values, people and times in words, for verbs that show what was said. Names are copied, never borrowed. */
#ifndef ADMIN_VALUE_H
#define ADMIN_VALUE_H

#include "server/admin/verbs.h"

#define VALUE_BYTES_MAX 512u

/* value_lang(v): in which language values are told: programs get the words that commands take, in none. */
enum sam_lang value_lang(const struct verb_context *v);
/* value_field(lang, def, field): what people call that field. value_unit: the unit, by its first field. */
const char *value_field(enum sam_lang lang, const struct sam_entity_def *def, unsigned field);
const char *value_unit(enum sam_lang lang, const struct sam_entity_def *def, unsigned unit);
/* value_of_field(v, row, field, out): one value; "nothing" where it is absent. */
void value_of_field(struct verb_context *v, const struct sam_row *row, unsigned field, char out[VALUE_BYTES_MAX]);
/* value_of_unit(v, row, unit, out): "No-show, reason code 3". ${brief}: its first field alone, where that is there. */
void value_of_unit(struct verb_context *v, const struct sam_row *row, unsigned unit, bool brief,
                   char out[VALUE_BYTES_MAX]);
/**
 * value_parse(v, def, field, word, row):
 * A value as a person types it (a word of either language, a number, 10:45, 2026-03-31) into ${row}.
 *   owns    a text is borrowed from ${word}
 *   errors  SAM_EUSAGE
 */
int value_parse(const struct sam_entity_def *def, unsigned field, const char *word, struct sam_row *row);

/* value_look(def, field): what kind of value it is, for whoever draws a form: "number", "text", "date", "clock" (10:45), "minutes",
 * "load" (hectograms), "switch" (0, 1), "ref" (the id of another row), "word" (value_words). */
const char *value_look(const struct sam_entity_def *def, unsigned field);
/* value_words(entity, field, set): the words that a command takes for that field, and their set in the catalogue; NULL: it has none. */
const char *const *value_words(uint8_t entity, unsigned field, enum sam_text_set *set);
/* value_cell(v, row, field): a cell of a table: for people as short as may be, "-" where nothing is said; for programs words, numbers
 * and dates of no language, "" where nothing is said. */
void value_cell(struct verb_context *v, const struct sam_row *row, unsigned field);

/* An option of a verb that says a field of a row. */
struct value_option {
    const char *name;
    unsigned field;
};
/**
 * value_given(v, option, count, row):
 * Each of these options that was given, into ${row}.
 *   owns    a text is borrowed from the options
 *   returns VERB_OK; VERB_REFUSED with a sentence that says what may stand there
 */
int value_given(struct verb_context *v, const struct value_option *option, unsigned count, struct sam_row *row);
/* value_whole(row, was): what is judged together is said together: the numbers of every unit that ${row} sets, as far as they stand in
 * ${was} and are not said anew. */
void value_whole(struct sam_row *row, const struct sam_row *was);

/* What a row is about: person, group and day, as far as they are known. */
struct value_title {
    char person[SAM_NAME_BYTES_MAX + 1], group[SAM_NAME_BYTES_MAX + 1], code[SAM_NAME_BYTES_MAX + 1];
    uint64_t group_id;
    bool has_day;
    int32_t day;
    char whole[VALUE_BYTES_MAX]; /* "Ola, Monday group, Monday 6 October" */
};
void value_title(struct verb_context *v, const struct sam_key *key, struct value_title *out);

/* value_author(v, op, out): "Kari, tablet 2 (Gym 1), Porsgrunn". value_user, value_device: one half of it; the centre has no
 * user. */
void value_user(struct verb_context *v, const struct intake_op *op, char out[VALUE_BYTES_MAX]);
void value_author(struct verb_context *v, const struct intake_op *op, char out[VALUE_BYTES_MAX]);
void value_device(struct verb_context *v, uint64_t device_no, char out[VALUE_BYTES_MAX]);
/* value_clinic_of(v, group): its clinic's id; 0: unknown. */
uint64_t value_clinic_of(struct verb_context *v, uint64_t group);

#define VALUE_TIME_BYTES 48u
/* value_day(v, day, out): "Tuesday 6 October", with the year where it is not this one. */
void value_day(const struct verb_context *v, int32_t day, char out[VALUE_TIME_BYTES]);
/* value_day_brief(v, day, out): "6 Oct" or "6 Oct 24". */
void value_day_brief(const struct verb_context *v, int32_t day, char out[VALUE_TIME_BYTES]);
/* value_time(v, at_s, out): "6 October 17:58", this machine's time. value_time_there: a tablet's, by its own clock. */
void value_time(const struct verb_context *v, int64_t at_s, char out[VALUE_TIME_BYTES]);
void value_time_there(const struct verb_context *v, int64_t at_s, int32_t utc_offset_min, char out[VALUE_TIME_BYTES]);
/* value_age(lang, age_s, out): "5 min", "7 hours", "3 days". value_age_brief: "5 min", "7 h", "3 d". */
void value_age_brief(enum sam_lang lang, int64_t age_s, char out[VALUE_TIME_BYTES]);
void value_age(enum sam_lang lang, int64_t age_s, char out[VALUE_TIME_BYTES]);
/* value_day_iso(day, out): "2026-10-06", for programs. */
void value_day_iso(int32_t day, char out[VALUE_TIME_BYTES]);
/* value_say(out, size, lang, id, ...): a text of the catalogue with its placeholders. */
void value_say(char *out, size_t size, enum sam_lang lang, enum sam_text_id id, ...);
/* value_join(out, size, between, text): ${text} behind what stands there, and ${between} between them; cut at ${size}. */
void value_join(char *out, size_t size, const char *between, const char *text);
/* value_upper(out, size, text): with a capital, where it begins with a letter of ASCII. */
void value_upper(char *out, size_t size, const char *text);
/* value_cut(out, size, text, letters): at most so many letters, with … where it was longer. */
void value_cut(char *out, size_t size, const char *text, unsigned letters);

#endif
