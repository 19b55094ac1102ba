#include "proto/model/field.h"

#include "proto/base/assert.h"

#include <string.h>

/* Keys and fields of all entities stand in two arrays in file order, with their entity beside them; each entity's run
 * in them is found once, before main. */
static const struct sam_key_def keys[] = {
#define SAM_ENTITY(...)
#define SAM_KEY(NAME, part, column, max, ref) {#column, max, part, SAM_##ref},
#define SAM_FIELD(...)
#include "proto/model/field.def"
#undef SAM_KEY
#undef SAM_FIELD
#undef SAM_ENTITY
};

#define SAM_0 0 /* a field that refers to nothing */
static const struct sam_field_def fields[] = {
#define SAM_ENTITY(...)
#define SAM_KEY(...)
#define SAM_FIELD(NAME, field, tag, type, min, max, class, unit, writer, ref) \
    {#field, min, max, tag, SAM_TYPE_##type, SAM_CLASS_##class, unit, SAM_WRITER_##writer, SAM_##ref},
#include "proto/model/field.def"
#undef SAM_KEY
#undef SAM_FIELD
#undef SAM_ENTITY
};

static const uint8_t key_entity[] = {
#define SAM_ENTITY(...)
#define SAM_KEY(NAME, part, column, max, ref) SAM_##NAME,
#define SAM_FIELD(...)
#include "proto/model/field.def"
#undef SAM_KEY
#undef SAM_FIELD
#undef SAM_ENTITY
};

static const uint8_t field_entity[] = {
#define SAM_ENTITY(...)
#define SAM_KEY(...)
#define SAM_FIELD(NAME, ...) SAM_##NAME,
#include "proto/model/field.def"
#undef SAM_KEY
#undef SAM_FIELD
#undef SAM_ENTITY
};

static struct sam_entity_def entities[] = {
#define SAM_ENTITY(NAME, tag_, table_, minted_, scope_, create_, since_) \
    {.name = #NAME,                                                      \
     .table = #table_,                                                   \
     .tag = tag_,                                                        \
     .minted = minted_,                                                  \
     .scope = SAM_SCOPE_##scope_,                                        \
     .create = SAM_WRITER_##create_,                                     \
     .since = since_},
#define SAM_KEY(...)
#define SAM_FIELD(...)
#include "proto/model/field.def"
#undef SAM_KEY
#undef SAM_FIELD
#undef SAM_ENTITY
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct sam_entity_def *by_tag[SAM_ENTITY_TAG_MAX + 1];

static void entity_complete(struct sam_entity_def *e)
{
    for (size_t i = COUNT(keys); i-- > 0;)
        if (key_entity[i] == e->tag) {
            e->key = &keys[i];
            e->key_count++;
        }
    for (size_t i = COUNT(fields); i-- > 0;)
        if (field_entity[i] == e->tag) {
            e->field = &fields[i];
            e->field_count++;
            e->unit_class[fields[i].unit] = fields[i].class;
            if (fields[i].unit >= e->unit_count)
                e->unit_count = (uint8_t)(fields[i].unit + 1);
        }
    SAM_ASSERT(e->key_count >= 1 && e->key_count <= SAM_KEY_PARTS_MAX);
    SAM_ASSERT(e->field_count <= SAM_FIELDS_MAX && e->unit_count <= SAM_UNITS_MAX);
    int64_t text = 0;
    for (unsigned i = 0; i < e->field_count; i++)
        text += e->field[i].type == SAM_TYPE_TEXT ? e->field[i].max + 1 : 0;
    SAM_ASSERT(text <= SAM_ROW_TEXT_BYTES_MAX);
}

__attribute__((constructor)) static void entities_complete(void)
{
    for (size_t i = 0; i < COUNT(entities); i++) {
        SAM_ASSERT(entities[i].tag <= SAM_ENTITY_TAG_MAX);
        entity_complete(&entities[i]);
        by_tag[entities[i].tag] = &entities[i];
    }
}

const struct sam_entity_def *sam_entity_find(uint32_t tag)
{
    return tag <= SAM_ENTITY_TAG_MAX ? by_tag[tag] : NULL;
}

const struct sam_entity_def *sam_entity_at(unsigned i)
{
    return i < COUNT(entities) ? &entities[i] : NULL;
}

const struct sam_entity_def *sam_entity_named(const char *table)
{
    for (size_t i = 0; i < COUNT(entities); i++)
        if (!strcmp(entities[i].table, table))
            return &entities[i];
    return NULL;
}

bool sam_entity_known(const struct sam_entity_def *def, uint64_t schema)
{
    return def->since <= (schema ? schema : 1);
}

void sam_row_init(struct sam_row *r, uint8_t entity)
{
    memset(&r->key, 0, sizeof r->key);
    r->key.entity = entity;
    r->present = 0;
    r->newer = false;
}

void sam_row_set(struct sam_row *r, unsigned field, int64_t num)
{
    SAM_ASSERT(field < SAM_FIELDS_MAX);
    r->present |= 1u << field;
    r->val[field] = (struct sam_val){.num = num};
}

void sam_row_set_text(struct sam_row *r, unsigned field, const void *text, size_t len)
{
    SAM_ASSERT(field < SAM_FIELDS_MAX);
    r->present |= 1u << field;
    r->val[field] = (struct sam_val){.text = {text, len}};
}

uint32_t sam_row_units(const struct sam_row *r)
{
    const struct sam_entity_def *def = sam_entity_find(r->key.entity);
    uint32_t units = 0;
    for (unsigned i = 0; i < def->field_count; i++)
        if (sam_row_has(r, i))
            units |= 1u << def->field[i].unit;
    return units;
}

uint32_t sam_unit_fields(const struct sam_entity_def *def, uint32_t units)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < def->field_count; i++)
        if (units >> def->field[i].unit & 1u)
            mask |= 1u << i;
    return mask;
}

void sam_row_merge(struct sam_row *to, const struct sam_row *from, uint32_t units)
{
    const struct sam_entity_def *def = sam_entity_find(to->key.entity);
    uint32_t mask = sam_unit_fields(def, units);
    to->present = (to->present & ~mask) | (from->present & mask);
    for (unsigned i = 0; i < def->field_count; i++)
        if (mask >> i & 1u)
            to->val[i] = from->val[i];
}

static bool val_equal(const struct sam_field_def *f, const struct sam_val *a, const struct sam_val *b)
{
    if (f->type != SAM_TYPE_TEXT)
        return a->num == b->num;
    return a->text.len == b->text.len && (a->text.len == 0 || !memcmp(a->text.ptr, b->text.ptr, a->text.len));
}

bool sam_row_unit_equal(const struct sam_row *a, const struct sam_row *b, unsigned unit)
{
    const struct sam_entity_def *def = sam_entity_find(a->key.entity);
    for (unsigned i = 0; i < def->field_count; i++) {
        if (def->field[i].unit != unit)
            continue;
        if (sam_row_has(a, i) != sam_row_has(b, i))
            return false;
        if (sam_row_has(a, i) && !val_equal(&def->field[i], &a->val[i], &b->val[i]))
            return false;
    }
    return true;
}

bool sam_key_equal(const struct sam_key *a, const struct sam_key *b)
{
    return sam_key_compare(a, b) == 0;
}

int sam_key_compare(const struct sam_key *a, const struct sam_key *b)
{
    if (a->entity != b->entity)
        return a->entity < b->entity ? -1 : 1;
    for (unsigned i = 0; i < SAM_KEY_PARTS_MAX; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return 0;
}

int sam_entity_names(const struct sam_entity_def *def, uint8_t ref)
{
    for (int i = 0; i < def->key_count; i++)
        if (def->key[i].ref == ref)
            return i;
    for (int i = 0; i < def->field_count; i++)
        if (def->field[i].ref == ref)
            return (int)SAM_KEY_PARTS_MAX + i;
    return -1;
}

int sam_entity_hangs(const struct sam_entity_def *def)
{
    switch (def->scope) {
    case SAM_SCOPE_SESSION: return sam_entity_names(def, SAM_SESSION);
    case SAM_SCOPE_PERSON: return sam_entity_names(def, SAM_PARTICIPANT);
    default: return -1;
    }
}

static uint64_t row_names(const struct sam_row *r, uint8_t ref)
{
    int at = sam_entity_names(sam_entity_find(r->key.entity), ref);
    if (at < 0)
        return 0;
    bool key = at < (int)SAM_KEY_PARTS_MAX;
    return key ? r->key.part[at] : (uint64_t)sam_row_num(r, (unsigned)at - SAM_KEY_PARTS_MAX);
}

uint64_t sam_row_person(const struct sam_row *r)
{
    return row_names(r, SAM_PARTICIPANT);
}

uint64_t sam_row_session(const struct sam_row *r)
{
    return row_names(r, SAM_SESSION);
}

int sam_entity_shared(const struct sam_entity_def *def)
{
    bool about = def->scope == SAM_SCOPE_SESSION || def->scope == SAM_SCOPE_FIELD || def->scope == SAM_SCOPE_PERSON;
    for (int i = 0; !def->minted && about && def->tag != SAM_LINK && i < def->key_count; i++)
        if (def->key[i].ref == SAM_PARTICIPANT)
            return i;
    return -1;
}

static uint64_t splitmix64(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

uint64_t sam_sum_mix(const struct sam_key *key, uint64_t csn)
{
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    uint64_t state = splitmix64(key->entity);
    for (unsigned i = 0; i < def->key_count; i++)
        state = splitmix64(state ^ key->part[i]);
    return splitmix64(state ^ csn);
}
