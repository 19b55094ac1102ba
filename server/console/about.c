#include "server/console/about.h"

#include "proto/base/err.h"

#include <stdio.h>
#include <string.h>

#define COLUMN_BYTES_MAX 80u
#define NUMBER_EXACT_MAX ((int64_t)1 << 53) /* a browser's numbers are exact up to here */

int about_name(struct store *st, uint8_t entity, uint64_t id, unsigned field, char out[SAM_NAME_BYTES_MAX + 1])
{
    struct store_row row;
    struct sam_key key = {.entity = entity, .part = {id}};
    out[0] = 0;
    int err = id ? store_row_get(st, &key, &row) : SAM_ENOTFOUND;
    if (err || !row.exists || !sam_row_has(&row.row, field))
        return err == SAM_ENOTFOUND ? 0 : err;
    struct sam_span text = row.row.val[field].text;
    size_t n = text.len < SAM_NAME_BYTES_MAX ? text.len : SAM_NAME_BYTES_MAX;
    memcpy(out, text.ptr, n);
    out[n] = 0;
    return 0;
}

static void session_fields(const struct sam_row *row, struct about *a)
{
    a->has_day = sam_row_has(row, SAM_SESSION_day);
    a->day = (int32_t)sam_row_num(row, SAM_SESSION_day);
    if (sam_row_has(row, SAM_SESSION_group_id))
        a->group = (uint64_t)sam_row_num(row, SAM_SESSION_group_id);
}

/* A session that was put aside says its day itself. */
static int session_read(struct store *st, const struct sam_row *row, struct about *a)
{
    struct store_row there;
    struct sam_key key = {.entity = SAM_SESSION, .part = {a->session}};
    int err = a->session ? store_row_get(st, &key, &there) : 0;
    if (!err && a->session && there.exists)
        session_fields(&there.row, a);
    else if (!err && row->key.entity == SAM_SESSION)
        session_fields(row, a);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static uint64_t group_of(const struct sam_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    return def->key[0].ref == SAM_GROUP ? row->key.part[0] : 0;
}

int about_read(struct store *st, const struct sam_row *row, struct about *out)
{
    *out = (struct about){.person = sam_row_person(row), .session = sam_row_session(row), .group = group_of(row)};
    int err = session_read(st, row, out);
    if (!err)
        err = about_name(st, SAM_GROUP, out->group, SAM_GROUP_name, out->group_name);
    if (!err)
        err = about_name(st, SAM_PARTICIPANT, out->person, SAM_PARTICIPANT_name, out->person_name);
    return err;
}

static void name_json(struct sam_json *j, const char *key, const char *name)
{
    sam_json_text(j, key, name[0] ? name : NULL);
}

void about_json(struct sam_json *j, const struct about *a)
{
    name_json(j, "group", a->group_name);
    name_json(j, "person", a->person_name);
    if (a->has_day)
        sam_json_int(j, "day", a->day);
    else
        sam_json_null(j, "day");
}

int about_field(const struct sam_entity_def *def, unsigned field)
{
    return (int)(def->field + field - sam_entity_at(0)->field);
}

static void text_json(struct sam_json *j, struct sam_span text)
{
    char copy[SAM_ROW_TEXT_BYTES_MAX + 1];
    size_t n = text.len < sizeof copy - 1 ? text.len : sizeof copy - 1;
    memcpy(copy, text.ptr, n);
    copy[n] = 0;
    sam_json_text(j, "value", copy);
}

static void value_json(struct sam_json *j, const struct sam_row *row, const struct sam_entity_def *def, unsigned i)
{
    char column[COLUMN_BYTES_MAX];
    int64_t n = sam_row_num(row, i);
    snprintf(column, sizeof column, "%s.%s", def->table, def->field[i].column);
    sam_json_object(j, NULL);
    sam_json_int(j, "text", about_field(def, i));
    sam_json_text(j, "column", column);
    if (def->field[i].type == SAM_TYPE_TEXT)
        text_json(j, row->val[i].text);
    else if (n > NUMBER_EXACT_MAX || def->field[i].ref)
        sam_json_id(j, "value", (uint64_t)n);
    else
        sam_json_int(j, "value", n);
    sam_json_end(j);
}

void about_values(struct sam_json *j, const char *key, const struct sam_row *row, uint32_t fields)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    sam_json_list(j, key);
    for (unsigned i = 0; i < def->field_count; i++)
        if (fields >> i & 1u && sam_row_has(row, i))
            value_json(j, row, def, i);
    sam_json_end(j);
}
