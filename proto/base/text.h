/* What people read, in English and bokmål: one catalogue, text.def, for every program.
 *
 *   invariant  a text has the same placeholders in both languages, in the same order, and none is empty
 *   invariant  the placeholders are %s (text), %d (int) and %llu (unsigned long long); %% is a percent sign */
#ifndef SAM_BASE_TEXT_H
#define SAM_BASE_TEXT_H

#include <stddef.h>

enum sam_lang { SAM_LANG_EN = 0, SAM_LANG_NB = 1 };

enum sam_text_id {
#define SAM_TEXT(ID, en, nb) SAM_TEXT_##ID,
#define SAM_TEXT_SET(SET, FIRST, LAST)
#include "proto/base/text.def"
#undef SAM_TEXT
#undef SAM_TEXT_SET
    SAM_TEXT_COUNT
};

/* A set names the values of one enum of the wire, in order: SAM_TEXT_SET_PRESENCE value 1 is "Present". */
enum sam_text_set {
#define SAM_TEXT(ID, en, nb)
#define SAM_TEXT_SET(SET, FIRST, LAST) SAM_TEXT_SET_##SET,
#include "proto/base/text.def"
#undef SAM_TEXT
#undef SAM_TEXT_SET
    SAM_TEXT_SET_COUNT
};

/* sam_text(lang, id): the text, never NULL. Static memory. */
const char *sam_text(enum sam_lang lang, enum sam_text_id id);
/* sam_text_of(lang, set, value): the text of one value of a set; "?" for a value that this version does not know. */
const char *sam_text_of(enum sam_lang lang, enum sam_text_set set, int value);
/* sam_text_name(id): "PRESENCE_PRESENT", for tests and translators. */
const char *sam_text_name(enum sam_text_id id);
/* sam_text_set_bounds(set, first, last): the ids that a set spans, both included. */
void sam_text_set_bounds(enum sam_text_set set, enum sam_text_id *first, enum sam_text_id *last);
/* sam_lang_from(locale): "nb_NO.UTF-8", "nn", "no" are bokmål; everything else, NULL too, is English. */
enum sam_lang sam_lang_from(const char *locale);

#endif
