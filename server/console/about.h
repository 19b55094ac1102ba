/* What a row is about and what it says, as a list of the console has it: names, numbers and texts as they are stored; words.js and
 * value.js make words of them. Pure but for reading. */
#ifndef CONSOLE_ABOUT_H
#define CONSOLE_ABOUT_H

#include "proto/base/json.h"
#include "server/store/store.h"

struct about {
    uint64_t person, session, group; /* 0: none is named */
    bool has_day;
    int32_t day;                                                                  /* since 1970: the session's */
    char person_name[SAM_NAME_BYTES_MAX + 1], group_name[SAM_NAME_BYTES_MAX + 1]; /* "": not known here */
};

/* about_read(st, row, out): by the row's key and fields. Errors: as the store; what is not there is not named. */
int about_read(struct store *st, const struct sam_row *row, struct about *out);
/* about_name(st, entity, id, field, out): a row's name; "" where there is none. */
int about_name(struct store *st, uint8_t entity, uint64_t id, unsigned field, char out[SAM_NAME_BYTES_MAX + 1]);
/* about_json(j, a): "group", "person": texts or null; "day": a number or null. */
void about_json(struct sam_json *j, const struct about *a);
/* about_values(j, key, row, fields): a list of {"text", "column", "value"}, one for each of these fields that the row has. text: which
 * of set FIELD names it; column: "attendance.presence"; value: a number, an id or a text of others as text. */
void about_values(struct sam_json *j, const char *key, const struct sam_row *row, uint32_t fields);
/* about_field(def, field): its place in set FIELD of the catalogue, which has all fields in the order of the table. */
int about_field(const struct sam_entity_def *def, unsigned field);

#endif
