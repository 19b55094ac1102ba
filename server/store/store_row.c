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

static void get_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    sqlite3_str_appendall(s, "SELECT ");
    columns(s, def, ", ", "");
    sqlite3_str_appendf(s, " FROM %s WHERE ", def->table);
    for (unsigned i = 0; i < def->key_count; i++)
        sqlite3_str_appendf(s, "%s%s = ?", i ? " AND " : "", def->key[i].column);
}

/* Both with the same numbers for the same columns: the keys come first. */
static void add_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    sqlite3_str_appendf(s, "INSERT INTO %s (", def->table);
    columns(s, def, ", ", "");
    sqlite3_str_appendall(s, ") VALUES (");
    for (int i = 0; i < def->key_count + def->field_count + TAIL_COLUMNS; i++)
        sqlite3_str_appendall(s, i ? ", ?" : "?");
    sqlite3_str_appendall(s, ") ON CONFLICT DO NOTHING");
}

static void set_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    unsigned at = def->key_count;
    sqlite3_str_appendf(s, "UPDATE %s SET ", def->table);
    for (unsigned i = 0; i < def->field_count; i++)
        sqlite3_str_appendf(s, "%s = ?%u, ", def->field[i].column, ++at);
    sqlite3_str_appendf(s, "scope = ?%u, csn = ?%u, dead = ?%u, revs = ?%u WHERE ", at + 1, at + 2, at + 3, at + 4);
    for (unsigned i = 0; i < def->key_count; i++)
        sqlite3_str_appendf(s, "%s%s = ?%u", i ? " AND " : "", def->key[i].column, i + 1);
}

static void feed_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    sqlite3_str_appendall(s, "SELECT ");
    columns(s, def, ", ", "");
    sqlite3_str_appendf(s, " FROM %s WHERE scope = ? AND scope > 0 AND csn > ? ORDER BY csn", def->table);
}

static void keys(sqlite3_str *s, const struct sam_entity_def *def, unsigned from)
{
    for (unsigned i = from; i < def->key_count; i++)
        sqlite3_str_appendf(s, "%s%s", i > from ? ", " : "", def->key[i].column);
}

/* … > (?, ?) ORDER BY … LIMIT 1: the key parts from ${from} on. */
static void keys_after(sqlite3_str *s, const struct sam_entity_def *def, unsigned from, const char *living)
{
    sqlite3_str_appendall(s, "(");
    keys(s, def, from);
    sqlite3_str_appendall(s, ") > (");
    for (unsigned i = from; i < def->key_count; i++)
        sqlite3_str_appendall(s, i > from ? ", ?" : "?");
    sqlite3_str_appendf(s, ")%s ORDER BY ", living);
    keys(s, def, from);
    sqlite3_str_appendall(s, " LIMIT 1");
}

static void each_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    sqlite3_str_appendall(s, "SELECT ");
    keys(s, def, 0);
    sqlite3_str_appendf(s, " FROM %s WHERE ", def->table);
    keys_after(s, def, 0, " AND dead <= 0");
}

/* What a row hangs on stands in its first key part, or in a field. */
static const char *hung_column(const struct sam_entity_def *def)
{
    int at = sam_entity_hangs(def);
    SAM_ASSERT(at >= 0);
    return at < (int)SAM_KEY_PARTS_MAX ? def->key[at].column : def->field[at - (int)SAM_KEY_PARTS_MAX].column;
}

static void hung_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    sqlite3_str_appendall(s, "SELECT ");
    keys(s, def, 0);
    sqlite3_str_appendf(s, " FROM %s WHERE %s = ? AND ", def->table, hung_column(def));
    keys_after(s, def, store_hung_from(def), "");
}

static void hung_here_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    sqlite3_str_appendall(s, "SELECT ");
    keys(s, def, 0);
    sqlite3_str_appendf(s, ", csn FROM %s WHERE %s = ? AND scope > 0 AND dead <= 0", def->table, hung_column(def));
}

static void hung_out_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    sqlite3_str_appendf(s, "UPDATE %s SET scope = 0 WHERE %s = ?", def->table, hung_column(def));
}

sqlite3_stmt *store_entity_q(struct store *st, uint8_t entity, enum store_entity_stmt name)
{
    static void (*const write[ENTITY_STMT_COUNT])(sqlite3_str * s, const struct sam_entity_def *def) = {
        [ENTITY_GET] = get_sql,
        [ENTITY_ADD] = add_sql,
        [ENTITY_SET] = set_sql,
        [ENTITY_EACH] = each_sql,
        [ENTITY_FEED] = feed_sql,
        [ENTITY_HUNG] = hung_sql,
        [ENTITY_HUNG_HERE] = hung_here_sql,
        [ENTITY_HUNG_OUT] = hung_out_sql,
        [ENTITY_OF_PERSON] = store_person_sql};
    sqlite3_stmt **q = &st->entity[entity][name];
    if (!*q) {
        sqlite3_str *s = sqlite3_str_new(st->db);
        write[name](s, sam_entity_find(entity));
        char *sql = sqlite3_str_finish(s);
        store_prepare(st, sql, q);
        sqlite3_free(sql);
    }
    sqlite3_reset(*q);
    return *q;
}

void store_entities_close(struct store *st)
{
    for (unsigned i = 0; i <= SAM_ENTITY_TAG_MAX; i++)
        for (unsigned k = 0; k < ENTITY_STMT_COUNT; k++)
            sqlite3_finalize(st->entity[i][k]);
}

void store_entities_reset(struct store *st)
{
    for (unsigned i = 0; i <= SAM_ENTITY_TAG_MAX; i++) {
        sqlite3_reset(st->entity[i][ENTITY_GET]);
        sqlite3_reset(st->entity[i][ENTITY_FEED]);
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
    sqlite3_stmt *q = store_entity_q(st, key->entity, ENTITY_GET);
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

static int row_run(struct store *st, const struct store_row *r, enum store_entity_stmt name)
{
    const struct sam_entity_def *def = sam_entity_find(r->row.key.entity);
    sqlite3_stmt *q = store_entity_q(st, def->tag, name);
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

/* Whoever puts a row has nearly always read it, and knows whether it is there. INSERT OR REPLACE would copy each page that it changes,
 * to be able to take itself back alone; these two need not. */
int store_row_put(struct store *st, const struct store_row *r)
{
    int err = row_run(st, r, r->exists ? ENTITY_SET : ENTITY_ADD);
    if (err || sqlite3_changes(st->db))
        return err;
    err = row_run(st, r, r->exists ? ENTITY_ADD : ENTITY_SET);
    return err || sqlite3_changes(st->db) ? err : SAM_ECORRUPT;
}

int store_key_each(struct store *st, uint8_t entity, const struct sam_key *after, struct sam_key *out)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    sqlite3_stmt *q = store_entity_q(st, entity, ENTITY_EACH);
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
