/* The field table: entities, keys and fields as field.def lists them, and the generic row that every floor passes on.
 * Pure data; nothing here allocates. */
#ifndef SAM_MODEL_FIELD_H
#define SAM_MODEL_FIELD_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum sam_entity {
    SAM_ENTITY_NONE = 0,
#define SAM_ENTITY(NAME, tag, table, minted, scope, create, since) SAM_##NAME = tag,
#define SAM_KEY(...)
#define SAM_FIELD(...)
#include "proto/model/field.def"
#undef SAM_ENTITY
#undef SAM_KEY
#undef SAM_FIELD
};

/* Field numbers: SAM_ATTENDANCE_presence is the index into sam_row.val of that entity. */
enum {
#define SAM_ENTITY(NAME, tag, table, minted, scope, create, since) SAM_##NAME##_first = -1,
#define SAM_KEY(...)
#define SAM_FIELD(NAME, field, tag, type, min, max, class, unit, writer, ref) SAM_##NAME##_##field,
#include "proto/model/field.def"
#undef SAM_ENTITY
#undef SAM_KEY
#undef SAM_FIELD
};

enum sam_type { SAM_TYPE_UINT, SAM_TYPE_SINT, SAM_TYPE_TEXT };
enum sam_class {
    SAM_CLASS_FACT,
    SAM_CLASS_RANKED,
    SAM_CLASS_REGISTER,
    SAM_CLASS_MINOR,
    SAM_CLASS_UNION,
    SAM_CLASS_ORDERED
};
enum sam_writer { SAM_WRITER_CENTRE, SAM_WRITER_TABLET };
enum sam_scope_of {
    SAM_SCOPE_SELF,
    SAM_SCOPE_FIELD,
    SAM_SCOPE_SESSION,
    SAM_SCOPE_MEMBER,
    SAM_SCOPE_PERSON,
    SAM_SCOPE_NONE
};

struct sam_key_def {
    const char *column;
    uint64_t max; /* a part is at least 1 */
    uint8_t part;
    uint8_t ref; /* entity whose id this part is */
};

struct sam_field_def {
    const char *column;
    int64_t min, max; /* of the number, or of the text's bytes */
    uint8_t tag, type, class, unit, writer;
    uint8_t ref; /* entity that the value is an id of, 0: none */
};

struct sam_entity_def {
    const char *name;  /* "ATTENDANCE" */
    const char *table; /* "attendance" */
    const struct sam_key_def *key;
    const struct sam_field_def *field;
    uint8_t tag, key_count, field_count, unit_count, minted, scope, create, since;
    uint8_t unit_class[SAM_UNITS_MAX];
};

#define SAM_ENTITY_TAG_MAX 31u

/* sam_entity_find(tag): the definition, or NULL for a tag this version does not know. */
const struct sam_entity_def *sam_entity_find(uint32_t tag);
/* sam_entity_at(i): the i-th definition in the order of field.def (= ascending tag), NULL after the last. */
const struct sam_entity_def *sam_entity_at(unsigned i);
/* sam_entity_named(table): by table name, NULL if there is none. */
const struct sam_entity_def *sam_entity_named(const char *table);
/* sam_entity_known(def, schema): does a program of that schema know such rows? 0, an unsaid schema, is the first one; one that is newer
 * than this program knows what this one knows. */
bool sam_entity_known(const struct sam_entity_def *def, uint64_t schema);

struct sam_key {
    uint8_t entity; /* enum sam_entity */
    uint64_t part[SAM_KEY_PARTS_MAX];
};

/* One field's value: a number, or borrowed text. Which one is right follows from the field's type. */
struct sam_val {
    int64_t num;
    struct sam_span text;
};

/* A row, or some fields of one. Text is borrowed from what the row was read from. */
struct sam_row {
    struct sam_key key;
    uint32_t present; /* bit i: val[i] holds field i */
    bool newer;       /* carried fields that this version does not know */
    struct sam_val val[SAM_FIELDS_MAX];
};

/* sam_row_init(r, entity): an empty row of that entity with key 0. */
void sam_row_init(struct sam_row *r, uint8_t entity);
void sam_row_set(struct sam_row *r, unsigned field, int64_t num);
/* Borrows ${text}. */
void sam_row_set_text(struct sam_row *r, unsigned field, const void *text, size_t len);
static inline bool sam_row_has(const struct sam_row *r, unsigned field)
{
    return r->present >> field & 1u;
}
/* sam_row_num(r, field): the number, or 0 where absent. */
static inline int64_t sam_row_num(const struct sam_row *r, unsigned field)
{
    return sam_row_has(r, field) ? r->val[field].num : 0;
}
/* sam_row_int(r, field): the number, or -1 where absent: as the SDK's structs say "not set". */
static inline int sam_row_int(const struct sam_row *r, unsigned field)
{
    return sam_row_has(r, field) ? (int)r->val[field].num : -1;
}
/* sam_row_units(r): mask of the units of which a field is present. */
uint32_t sam_row_units(const struct sam_row *r);
/* sam_unit_fields(def, units): mask of the fields that belong to these units. */
uint32_t sam_unit_fields(const struct sam_entity_def *def, uint32_t units);
/* sam_row_merge(to, from, units): the units' fields of ${to} become those of ${from}, absent ones empty. */
void sam_row_merge(struct sam_row *to, const struct sam_row *from, uint32_t units);
/* sam_row_unit_equal(a, b, unit): same fields present with same values. */
bool sam_row_unit_equal(const struct sam_row *a, const struct sam_row *b, unsigned unit);
bool sam_key_equal(const struct sam_key *a, const struct sam_key *b);
int sam_key_compare(const struct sam_key *a, const struct sam_key *b);

/* sam_entity_roams(def): may its rows stand in several scopes at once? */
static inline bool sam_entity_roams(const struct sam_entity_def *def)
{
    return def->scope == SAM_SCOPE_MEMBER || def->scope == SAM_SCOPE_PERSON;
}
/* sam_entity_names(def, ref): where its rows name an entity of kind ${ref}: a key part, or SAM_KEY_PARTS_MAX + a field; -1
 * nowhere. The first such place counts, keys before fields: a row is about whom it names first. */
int sam_entity_names(const struct sam_entity_def *def, uint8_t ref);
/* sam_entity_hangs(def): the same of what its rows hang on: the session (scope SESSION) or the participant (scope PERSON); -1 of
 * other scopes. */
int sam_entity_hangs(const struct sam_entity_def *def);
/* sam_row_person(r), sam_row_session(r): the participant, the session that the row names; 0: it names none. */
uint64_t sam_row_person(const struct sam_row *r);
uint64_t sam_row_session(const struct sam_row *r);
/* sam_entity_shared(def): people who are linked (LINK) share such a row, whichever of them it was said of: the key part that names
 * the participant; else -1. */
int sam_entity_shared(const struct sam_entity_def *def);

/* Ids. */
static inline uint64_t sam_id_make(uint64_t device_no, uint64_t counter)
{
    return device_no << SAM_ID_COUNTER_BITS | counter;
}
/* What a copy of a store minted under ${device_no} and mints anew: a counter that no device reaches, out of the first five bytes of
 * the hash of the op that made the row. Whoever has that op, under whatever number it goes on, comes to the same id. */
static inline uint64_t sam_id_anew(uint64_t device_no, const uint8_t *hash)
{
    uint64_t counter = 0;
    for (unsigned i = 0; i < 5; i++)
        counter = counter << 8 | hash[i];
    return sam_id_make(device_no, counter | 1ull << (SAM_ID_COUNTER_BITS - 1));
}
static inline uint64_t sam_id_device_no(uint64_t id)
{
    return id >> SAM_ID_COUNTER_BITS;
}

/* sam_sum_mix(key, csn): one row's part of a scope's checksum; the scope's sum is their sum mod 2^64.
 * Published in proto/README.md: state = entity, then for each key part and the csn state = splitmix64(state ^ part). */
uint64_t sam_sum_mix(const struct sam_key *key, uint64_t csn);

#endif
