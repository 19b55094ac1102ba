/* What is kept of people who are linked, and who may be one with whom. */
#include "server/store/store_int.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"

#include <string.h>

/* ---- the links that count */

int store_link_next(struct store *st, uint64_t after, struct store_link *out)
{
    sqlite3_stmt *q = store_q(st, STMT_LINK_PERSON_NEXT);
    bind_u64(q, 1, after);
    return store_numbers(st, q, &out->id, &out->winner, &out->csn);
}

int store_link_set(struct store *st, const struct store_link *l)
{
    sqlite3_stmt *q = store_q(st, STMT_LINK_PERSON_SET);
    bind_u64(q, 1, l->id);
    bind_u64(q, 2, l->winner);
    bind_u64(q, 3, l->csn);
    return store_run(st, q);
}

int store_link_idle_next(struct store *st, uint64_t after, uint64_t *loser, uint64_t *winner)
{
    sqlite3_stmt *q = store_q(st, STMT_LINK_IDLE_NEXT);
    bind_u64(q, 1, after);
    return store_numbers(st, q, loser, winner, NULL);
}

/* ---- own rows */

static int own_columns(sqlite3_stmt *q, const struct sam_key *key, struct store_own_row *out)
{
    size_t body = (size_t)sqlite3_column_bytes(q, 2), revs = (size_t)sqlite3_column_bytes(q, 3);
    if (body > sizeof out->body || revs > sizeof out->r.revs)
        return SAM_ECORRUPT;
    if (body)
        memcpy(out->body, sqlite3_column_blob(q, 2), body);
    if (revs)
        memcpy(out->r.revs, sqlite3_column_blob(q, 3), revs);
    if (sam_row_decode(key->entity, (struct sam_span){out->body, body}, &out->r.row))
        return SAM_ECORRUPT;
    out->r.row.key = *key;
    out->r.exists = true;
    out->r.csn = col_u64(q, 0);
    out->r.dead = sqlite3_column_int64(q, 1);
    out->r.revs_len = (uint32_t)revs;
    return 0;
}

int store_own_get(struct store *st, const struct sam_key *key, struct store_own_row *out)
{
    sqlite3_stmt *q = store_q(st, STMT_LINK_ROW_GET);
    bind_key(q, 1, key);
    sam_row_init(&out->r.row, key->entity);
    out->r.row.key = *key;
    out->r.exists = false;
    out->r.own = STORE_OWN;
    out->r.scope = out->r.csn = 0;
    out->r.dead = 0;
    out->r.revs_len = 0;
    int rc = store_step(st, q);
    int err = rc == 1 ? own_columns(q, key, out) : rc;
    sqlite3_reset(q);
    return err;
}

int store_own_put(struct store *st, const struct store_row *r, uint64_t person)
{
    struct sam_buf body;
    struct sam_row fields = r->row;
    memset(fields.key.part, 0, sizeof fields.key.part);
    sam_buf_init(&body, SAM_OP_BYTES_MAX);
    int err = sam_row_encode(&body, &fields);
    if (!err) {
        sqlite3_stmt *q = store_q(st, STMT_LINK_ROW_PUT);
        bind_key(q, 1, &r->row.key);
        bind_u64(q, 6, person);
        bind_u64(q, 7, r->csn);
        sqlite3_bind_int64(q, 8, r->dead);
        bind_blob(q, 9, sam_buf_peek(&body).ptr, sam_buf_len(&body));
        bind_blob(q, 10, r->revs, r->revs_len);
        err = store_run(st, q);
    }
    sam_buf_fini(&body);
    return err;
}

int store_own_next(struct store *st, uint64_t person, const struct sam_key *after, struct sam_key *out)
{
    sqlite3_stmt *q = store_q(st, STMT_LINK_ROW_NEXT);
    bind_u64(q, 1, person);
    bind_key(q, 2, after);
    int rc = store_step(st, q);
    *out = (struct sam_key){0};
    if (rc == 1) {
        out->entity = (uint8_t)col_u64(q, 0);
        for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
            out->part[i] = col_u64(q, 1 + i);
    }
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

/* ---- a person's rows. Mostly the key begins with what the row belongs to, so that is walked: no index is kept for this, for it
 * would cost at every mark, and links are rare. */

static void person_from(sqlite3_str *s, const struct sam_entity_def *def, int part)
{
    const struct sam_entity_def *of = part > 0 ? sam_entity_find(def->key[0].ref) : NULL;
    if (of)
        sqlite3_str_appendf(s, " FROM %s o CROSS JOIN %s t ON t.%s = o.%s AND t.%s = ?", of->table, def->table,
                            def->key[0].column, of->key[0].column, def->key[part].column);
    else
        sqlite3_str_appendf(s, " FROM %s t WHERE t.%s = ?", def->table, def->key[part].column);
}

void store_person_sql(sqlite3_str *s, const struct sam_entity_def *def)
{
    int part = sam_entity_shared(def);
    SAM_ASSERT(part >= 0);
    sqlite3_str_appendall(s, "SELECT ");
    for (unsigned i = 0; i < def->key_count; i++)
        sqlite3_str_appendf(s, "%st.%s", i ? ", " : "", def->key[i].column);
    person_from(s, def, part);
}

int store_person_rows(struct store *st, uint8_t entity, uint64_t person,
                      int (*each)(void *ctx, const struct sam_key *key), void *ctx)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    int rc, err = 0;
    if (sam_entity_shared(def) < 0)
        return 0;
    sqlite3_stmt *q = store_entity_q(st, entity, ENTITY_OF_PERSON);
    bind_u64(q, 1, person);
    while (!err && (rc = store_step(st, q)) == 1) {
        struct sam_key key = {.entity = entity};
        for (unsigned i = 0; i < def->key_count; i++)
            key.part[i] = col_u64(q, (int)i);
        err = each(ctx, &key);
    }
    sqlite3_reset(q);
    return err ? err : rc;
}

/* ---- own memberships: an enrolment, or something on a living session */

int store_own_scope_next(struct store *st, uint64_t person, uint64_t after, uint64_t *scope)
{
    sqlite3_stmt *q = store_q(st, STMT_LINK_SCOPE_NEXT);
    bind_u64(q, 1, person);
    bind_u64(q, 2, after);
    int err = store_numbers(st, q, scope, NULL, NULL);
    return err || *scope ? err : SAM_ENOTFOUND;
}

/* ---- replaced across rows */

int store_link_over_add(struct store *st, const struct store_link_over *o)
{
    sqlite3_stmt *q = store_q(st, STMT_LINK_OVER_ADD);
    bind_u64(q, 1, o->csn);
    bind_u64(q, 2, o->unit);
    bind_u64(q, 3, o->by_csn);
    bind_u64(q, 4, o->by);
    bind_u64(q, 5, o->since);
    return store_run(st, q);
}

int store_link_over_next(struct store *st, struct store_link_over *o)
{
    sqlite3_stmt *q = store_q(st, STMT_LINK_OVER_NEXT);
    bind_u64(q, 1, o->csn);
    bind_u64(q, 2, o->unit);
    bind_u64(q, 3, o->by_csn);
    return store_numbers(st, q, &o->by_csn, &o->by, &o->since);
}

/* ---- two who may be one person */

int store_person_mate(struct store *st, uint64_t scope, bool provisional, uint64_t after, uint64_t *out)
{
    sqlite3_stmt *q = store_q(st, provisional ? STMT_PERSON_PROVISIONAL : STMT_PERSON_MATE);
    bind_u64(q, 1, scope);
    bind_u64(q, 2, after);
    return store_numbers(st, q, out, NULL, NULL);
}

int store_person_scope(struct store *st, uint64_t one, uint64_t other, uint64_t *scope)
{
    sqlite3_stmt *q = store_q(st, STMT_PERSON_SCOPE);
    bind_u64(q, 1, one);
    bind_u64(q, 2, other);
    return store_numbers(st, q, scope, NULL, NULL);
}

int store_person_case(struct store *st, uint64_t person, uint64_t after, uint64_t *no, uint64_t *one, uint64_t *other)
{
    sqlite3_stmt *q = store_q(st, STMT_CASE_OF_PERSON);
    bind_u64(q, 1, person);
    bind_u64(q, 2, after);
    return store_numbers(st, q, no, one, other);
}
