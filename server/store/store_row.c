/* Typed tables: rows by key, their revisions and live candidates. The statements are made from the field table; their
 * text holds names of that table only. */
#include "server/store/store_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <string.h>

enum { REV_BYTES = 10, TAIL_COLUMNS = 4 };

static void columns(sqlite3_str *s, const struct sam_entity_def *def, const char *sep, const char *after)
{
    for (unsigned i = 0; i < def->key_count; i++)
        sqlite3_str_appendf(s, "%s%s%s", i ? sep : "", def->key[i].column, after);
    for (unsigned i = 0; i < def->field_count; i++)
        sqlite3_str_appendf(s, "%s%s%s", sep, def->field[i].column, after);
    sqlite3_str_appendf(s, "%sscope%s%scsn%s%sdead%s%srevs%s", sep, after, sep, after, sep, after, sep, after);
}

static int prepare_text(struct store *st, sqlite3_str *s, sqlite3_stmt **out)
{
    char *sql = sqlite3_str_finish(s);
    if (!sql)
        return SAM_ENOMEM;
    int err = store_err(st, sqlite3_prepare_v3(st->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL));
    sqlite3_free(sql);
    return err;
}

static int prepare_get(struct store *st, const struct sam_entity_def *def, sqlite3_stmt **out)
{
    sqlite3_str *s = sqlite3_str_new(st->db);
    sqlite3_str_appendall(s, "SELECT ");
    columns(s, def, ", ", "");
    sqlite3_str_appendf(s, " FROM %s WHERE ", def->table);
    for (unsigned i = 0; i < def->key_count; i++)
        sqlite3_str_appendf(s, "%s%s = ?", i ? " AND " : "", def->key[i].column);
    return prepare_text(st, s, out);
}

static int prepare_put(struct store *st, const struct sam_entity_def *def, sqlite3_stmt **out)
{
    sqlite3_str *s = sqlite3_str_new(st->db);
    sqlite3_str_appendf(s, "INSERT OR REPLACE INTO %s (", def->table);
    columns(s, def, ", ", "");
    sqlite3_str_appendall(s, ") VALUES (");
    for (int i = 0; i < def->key_count + def->field_count + TAIL_COLUMNS; i++)
        sqlite3_str_appendall(s, i ? ", ?" : "?");
    sqlite3_str_appendall(s, ")");
    return prepare_text(st, s, out);
}

static int prepare_feed(struct store *st, const struct sam_entity_def *def, sqlite3_stmt **out)
{
    if (sam_entity_roams(def) || def->scope == SAM_SCOPE_NONE)
        return 0;
    sqlite3_str *s = sqlite3_str_new(st->db);
    sqlite3_str_appendall(s, "SELECT ");
    columns(s, def, ", ", "");
    sqlite3_str_appendf(s, " FROM %s WHERE scope = ? AND scope > 0 AND csn > ? ORDER BY csn", def->table);
    return prepare_text(st, s, out);
}

static void keys(sqlite3_str *s, const struct sam_entity_def *def, unsigned from)
{
    for (unsigned i = from; i < def->key_count; i++)
        sqlite3_str_appendf(s, "%s%s", i > from ? ", " : "", def->key[i].column);
}

static int prepare_each(struct store *st, const struct sam_entity_def *def, sqlite3_stmt **out)
{
    sqlite3_str *s = sqlite3_str_new(st->db);
    sqlite3_str_appendall(s, "SELECT ");
    keys(s, def, 0);
    sqlite3_str_appendf(s, " FROM %s WHERE (", def->table);
    keys(s, def, 0);
    sqlite3_str_appendall(s, ") > (");
    for (unsigned i = 0; i < def->key_count; i++)
        sqlite3_str_appendall(s, i ? ", ?" : "?");
    sqlite3_str_appendall(s, ") AND dead <= 0 ORDER BY ");
    keys(s, def, 0);
    sqlite3_str_appendall(s, " LIMIT 1");
    return prepare_text(st, s, out);
}

/* What a row hangs on stands in its first key part, or in a field. */
static int prepare_hung(struct store *st, const struct sam_entity_def *def, struct store_entity *e)
{
    int at = sam_entity_hangs(def);
    if (at < 0)
        return 0;
    const char *on = at < (int)SAM_KEY_PARTS_MAX ? def->key[at].column : def->field[at - (int)SAM_KEY_PARTS_MAX].column;
    unsigned from = store_hung_from(def);
    sqlite3_str *s = sqlite3_str_new(st->db);
    sqlite3_str_appendall(s, "SELECT ");
    keys(s, def, 0);
    sqlite3_str_appendf(s, " FROM %s WHERE %s = ? AND (", def->table, on);
    keys(s, def, from);
    sqlite3_str_appendall(s, ") > (");
    for (unsigned i = from; i < def->key_count; i++)
        sqlite3_str_appendall(s, i > from ? ", ?" : "?");
    sqlite3_str_appendall(s, ") ORDER BY ");
    keys(s, def, from);
    sqlite3_str_appendall(s, " LIMIT 1");
    int err = prepare_text(st, s, &e->hung);
    if (err || def->scope != SAM_SCOPE_SESSION)
        return err;
    s = sqlite3_str_new(st->db);
    sqlite3_str_appendall(s, "SELECT ");
    keys(s, def, 0);
    sqlite3_str_appendf(s, ", csn FROM %s WHERE %s = ? AND scope > 0 AND dead <= 0", def->table, on);
    err = prepare_text(st, s, &e->hung_here);
    if (err)
        return err;
    s = sqlite3_str_new(st->db);
    sqlite3_str_appendf(s, "UPDATE %s SET scope = 0 WHERE %s = ?", def->table, on);
    return prepare_text(st, s, &e->hung_out);
}

int store_entities_open(struct store *st)
{
    const struct sam_entity_def *def;
    for (unsigned i = 0; (def = sam_entity_at(i)); i++) {
        struct store_entity *e = &st->entity[def->tag];
        int err = prepare_get(st, def, &e->get);
        if (!err)
            err = prepare_put(st, def, &e->put);
        if (!err)
            err = prepare_feed(st, def, &e->feed);
        if (!err)
            err = prepare_each(st, def, &e->each);
        if (!err)
            err = prepare_hung(st, def, e);
        if (!err)
            err = store_person_prepare(st, def, &e->of_person);
        if (err)
            return err;
    }
    return 0;
}

void store_entities_close(struct store *st)
{
    for (unsigned i = 0; i <= SAM_ENTITY_TAG_MAX; i++) {
        sqlite3_finalize(st->entity[i].get);
        sqlite3_finalize(st->entity[i].put);
        sqlite3_finalize(st->entity[i].feed);
        sqlite3_finalize(st->entity[i].each);
        sqlite3_finalize(st->entity[i].of_person);
        sqlite3_finalize(st->entity[i].hung);
        sqlite3_finalize(st->entity[i].hung_here);
        sqlite3_finalize(st->entity[i].hung_out);
    }
}

void store_entities_reset(struct store *st)
{
    for (unsigned i = 0; i <= SAM_ENTITY_TAG_MAX; i++) {
        sqlite3_reset(st->entity[i].get);
        sqlite3_reset(st->entity[i].feed);
    }
}

void store_row_columns(sqlite3_stmt *q, const struct sam_entity_def *def, struct store_row *out)
{
    int c = 0;
    sam_row_init(&out->row, def->tag);
    for (unsigned i = 0; i < def->key_count; i++)
        out->row.key.part[i] = col_u64(q, c++);
    for (unsigned i = 0; i < def->field_count; i++, c++) {
        if (sqlite3_column_type(q, c) == SQLITE_NULL)
            continue;
        if (def->field[i].type == SAM_TYPE_TEXT) {
            const void *text = sqlite3_column_text(q, c);
            sam_row_set_text(&out->row, i, text, (size_t)sqlite3_column_bytes(q, c));
        } else {
            sam_row_set(&out->row, i, sqlite3_column_int64(q, c));
        }
    }
    out->exists = true;
    out->own = 0;
    out->scope = col_u64(q, c);
    out->csn = col_u64(q, c + 1);
    out->dead = sqlite3_column_int64(q, c + 2);
    int len = sqlite3_column_bytes(q, c + 3);
    out->revs_len = len > 0 && len <= (int)sizeof out->revs ? (uint32_t)len : 0;
    if (out->revs_len)
        memcpy(out->revs, sqlite3_column_blob(q, c + 3), out->revs_len);
}

int store_row_get(struct store *st, const struct sam_key *key, struct store_row *out)
{
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    sqlite3_stmt *q = st->entity[key->entity].get;
    sqlite3_reset(q);
    for (unsigned i = 0; i < def->key_count; i++)
        bind_u64(q, (int)i + 1, key->part[i]);
    int rc = store_step(st, q);
    if (rc == 1) {
        store_row_columns(q, def, out);
        return 0;
    }
    sam_row_init(&out->row, key->entity);
    out->row.key = *key;
    out->exists = false;
    out->own = 0;
    out->scope = out->csn = 0;
    out->dead = 0;
    out->revs_len = 0;
    return rc;
}

/* All units of which something is present share the row's csn and none has several candidates: nothing needs to be kept. */
static bool revs_needless(const struct store_row *r)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < r->revs_len; i += REV_BYTES) {
        if (r->revs[i + 1] || sam_get_le64(r->revs + i + 2) != r->csn)
            return false;
        seen |= 1u << r->revs[i];
    }
    return seen == sam_row_units(&r->row);
}

int store_row_put(struct store *st, const struct store_row *r)
{
    const struct sam_entity_def *def = sam_entity_find(r->row.key.entity);
    sqlite3_stmt *q = st->entity[def->tag].put;
    int c = 1;
    for (unsigned i = 0; i < def->key_count; i++)
        bind_u64(q, c++, r->row.key.part[i]);
    for (unsigned i = 0; i < def->field_count; i++, c++) {
        const struct sam_val *v = &r->row.val[i];
        if (!sam_row_has(&r->row, i))
            sqlite3_bind_null(q, c);
        else if (def->field[i].type == SAM_TYPE_TEXT)
            sqlite3_bind_text(q, c, v->text.len ? (const char *)v->text.ptr : "", (int)v->text.len, SQLITE_STATIC);
        else
            sqlite3_bind_int64(q, c, v->num);
    }
    bind_u64(q, c++, r->scope);
    bind_u64(q, c++, r->csn);
    sqlite3_bind_int64(q, c++, r->dead);
    if (r->revs_len && !revs_needless(r))
        bind_blob(q, c, r->revs, r->revs_len);
    else
        sqlite3_bind_null(q, c);
    return store_run(st, q);
}

int store_key_each(struct store *st, uint8_t entity, const struct sam_key *after, struct sam_key *out)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    sqlite3_stmt *q = st->entity[entity].each;
    sqlite3_reset(q);
    for (unsigned i = 0; i < def->key_count; i++)
        bind_u64(q, (int)i + 1, after ? after->part[i] : 0);
    int rc = store_step(st, q);
    *out = (struct sam_key){.entity = entity};
    for (unsigned i = 0; rc == 1 && i < def->key_count; i++)
        out->part[i] = col_u64(q, (int)i);
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

/* ---- revisions: without revs every unit that has a field present shares the row's csn */

struct store_rev store_row_rev(const struct store_row *r, unsigned unit)
{
    if (!r->revs_len) {
        bool set = r->exists && sam_row_units(&r->row) >> unit & 1u;
        return (struct store_rev){set ? r->csn : 0, false};
    }
    for (uint32_t i = 0; i + REV_BYTES <= r->revs_len; i += REV_BYTES)
        if (r->revs[i] == unit)
            return (struct store_rev){sam_get_le64(r->revs + i + 2), r->revs[i + 1] != 0};
    return (struct store_rev){0, false};
}

static void rev_write(struct store_row *r, unsigned unit, struct store_rev rev)
{
    uint32_t i = 0;
    while (i < r->revs_len && r->revs[i] != unit)
        i += REV_BYTES;
    SAM_ASSERT(i + REV_BYTES <= sizeof r->revs);
    if (i == r->revs_len)
        r->revs_len += REV_BYTES;
    r->revs[i] = (uint8_t)unit;
    r->revs[i + 1] = rev.many;
    sam_put_le64(r->revs + i + 2, rev.csn);
}

void store_row_rev_set(struct store_row *r, unsigned unit, struct store_rev rev, uint64_t new_csn)
{
    if (!r->revs_len && r->exists && r->csn != new_csn) {
        const struct sam_entity_def *def = sam_entity_find(r->row.key.entity);
        uint32_t units = sam_row_units(&r->row);
        for (unsigned u = 0; u < def->unit_count; u++)
            if (units >> u & 1u && u != unit)
                rev_write(r, u, (struct store_rev){r->csn, false});
    }
    rev_write(r, unit, rev);
    r->csn = new_csn;
}

uint32_t store_row_units_after(const struct store_row *r, uint64_t csn)
{
    const struct sam_entity_def *def = sam_entity_find(r->row.key.entity);
    uint32_t units = 0;
    for (unsigned u = 0; u < def->unit_count; u++)
        if (store_row_rev(r, u).csn > csn)
            units |= 1u << u;
    return units;
}

/* ---- candidates */

static sqlite3_stmt *candidate_q(struct store *st, enum store_stmt name, const struct sam_key *key, unsigned unit)
{
    sqlite3_stmt *q = store_q(st, name);
    bind_key(q, 1, key);
    bind_u64(q, 6, unit);
    return q;
}

int store_candidates_get(struct store *st, const struct sam_key *key, unsigned unit, struct store_candidate *out,
                         unsigned max, unsigned *count)
{
    sqlite3_stmt *q = candidate_q(st, STMT_CANDIDATES, key, unit);
    int rc;
    *count = 0;
    while ((rc = store_step(st, q)) == 1 && *count < max) {
        struct store_candidate *c = &out[(*count)++];
        *c = (struct store_candidate){.device_no = col_u64(q, 0),
                                      .seq = col_u64(q, 1),
                                      .csn = col_u64(q, 2),
                                      .base_csn = col_u64(q, 3),
                                      .lost_epoch = col_u64(q, 4),
                                      .lost_csn = col_u64(q, 5),
                                      .first_device_no = col_u64(q, 7),
                                      .first_seq = col_u64(q, 8)};
        c->value_len = (uint32_t)sqlite3_column_bytes(q, 6);
        if (c->value_len > sizeof c->value || (c->value_len && !col_bytes(q, 6, c->value, c->value_len))) {
            sqlite3_reset(q);
            return SAM_ECORRUPT;
        }
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int store_candidate_add(struct store *st, const struct sam_key *key, unsigned unit, const struct store_candidate *c)
{
    sqlite3_stmt *q = candidate_q(st, STMT_CANDIDATE_ADD, key, unit);
    bind_u64(q, 7, c->csn);
    bind_u64(q, 8, c->device_no);
    bind_u64(q, 9, c->seq);
    bind_u64(q, 10, c->base_csn);
    bind_u64(q, 11, c->lost_epoch);
    bind_u64(q, 12, c->lost_csn);
    bind_blob(q, 13, c->value, c->value_len);
    bind_u64(q, 14, c->first_device_no);
    bind_u64(q, 15, c->first_seq);
    return store_run(st, q);
}

int store_candidates_clear(struct store *st, const struct sam_key *key, unsigned unit)
{
    return store_run(st, candidate_q(st, STMT_CANDIDATES_CLEAR, key, unit));
}
