/* Scopes: which groups stand in a clinic's list, who is member where, and the window of sessions that tablets hold. */
#include "server/store/store_int.h"

#include "proto/base/err.h"

static void scope_columns(sqlite3_stmt *q, struct store_scope *s)
{
    *s = (struct store_scope){.id = col_u64(q, 0),
                              .org = col_u64(q, 1),
                              .listed = col_u64(q, 2) != 0,
                              .since_csn = col_u64(q, 3),
                              .rows = col_u64(q, 4),
                              .sum = col_u64(q, 5)};
}

int store_scope_get(struct store *st, uint64_t id, struct store_scope *out)
{
    sqlite3_stmt *q = store_q(st, STMT_SCOPE_GET);
    bind_u64(q, 1, id);
    *out = (struct store_scope){0};
    int rc = store_step(st, q);
    if (rc == 1)
        scope_columns(q, out);
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_scope_put(struct store *st, const struct store_scope *s)
{
    sqlite3_stmt *q = store_q(st, STMT_SCOPE_PUT);
    bind_u64(q, 1, s->id);
    bind_u64(q, 2, s->org);
    bind_u64(q, 3, s->listed);
    bind_u64(q, 4, s->since_csn);
    bind_u64(q, 5, s->rows);
    bind_u64(q, 6, s->sum);
    return store_run(st, q);
}

int store_scopes_of(struct store *st, uint64_t org, struct store_scope *out, unsigned max, unsigned *count)
{
    sqlite3_stmt *q = store_q(st, STMT_SCOPES_OF);
    bind_u64(q, 1, org);
    bind_u64(q, 2, max);
    int rc;
    *count = 0;
    while ((rc = store_step(st, q)) == 1)
        scope_columns(q, &out[(*count)++]);
    return rc;
}

uint64_t store_scopes_csn(struct store *st, uint64_t org)
{
    sqlite3_stmt *q = store_q(st, STMT_SCOPE_LIST_GET);
    bind_u64(q, 1, org);
    int rc = store_step(st, q);
    uint64_t csn = rc == 1 ? col_u64(q, 0) : 0;
    store_fail(st, rc);
    sqlite3_reset(q);
    return csn;
}

int store_scopes_csn_set(struct store *st, uint64_t org, uint64_t csn)
{
    sqlite3_stmt *q = store_q(st, STMT_SCOPE_LIST_SET);
    bind_u64(q, 1, org);
    bind_u64(q, 2, csn);
    return store_run(st, q);
}

static void member_columns(sqlite3_stmt *q, struct store_member *m)
{
    *m = (struct store_member){.scope = col_u64(q, 0),
                               .key = {.entity = (uint8_t)col_u64(q, 1), .part = {col_u64(q, 2), col_u64(q, 3)}},
                               .csn = col_u64(q, 4),
                               .entered_csn = col_u64(q, 5),
                               .gone = col_u64(q, 6) != 0,
                               .exists = true};
}

int store_member_get(struct store *st, uint64_t scope, const struct sam_key *key, struct store_member *out)
{
    sqlite3_stmt *q = store_q(st, STMT_MEMBER_GET);
    bind_u64(q, 1, scope);
    bind_u64(q, 2, key->entity);
    bind_u64(q, 3, key->part[0]);
    bind_u64(q, 4, key->part[1]);
    *out = (struct store_member){.scope = scope, .key = *key};
    int rc = store_step(st, q);
    if (rc == 1)
        member_columns(q, out);
    sqlite3_reset(q);
    return rc < 0 ? rc : 0;
}

int store_member_put(struct store *st, const struct store_member *m)
{
    sqlite3_stmt *q = store_q(st, STMT_MEMBER_PUT);
    bind_u64(q, 1, m->scope);
    bind_u64(q, 2, m->key.entity);
    bind_u64(q, 3, m->key.part[0]);
    bind_u64(q, 4, m->key.part[1]);
    bind_u64(q, 5, m->csn);
    bind_u64(q, 6, m->entered_csn);
    bind_u64(q, 7, m->gone);
    return store_run(st, q);
}

int store_member_next(struct store *st, const struct sam_key *key, uint64_t after, struct store_member *out)
{
    sqlite3_stmt *q = store_q(st, STMT_MEMBER_NEXT);
    bind_u64(q, 1, key->entity);
    bind_u64(q, 2, key->part[0]);
    bind_u64(q, 3, key->part[1]);
    bind_u64(q, 4, after);
    int rc = store_step(st, q);
    if (rc == 1)
        member_columns(q, out);
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

/* ---- sessions: planning and the window */

int store_session_on(struct store *st, uint64_t group, int32_t day, uint64_t *session)
{
    sqlite3_stmt *q = store_q(st, STMT_SESSION_ON);
    bind_u64(q, 1, group);
    sqlite3_bind_int(q, 2, day);
    int rc = store_step(st, q);
    *session = rc == 1 ? col_u64(q, 0) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_session_before(struct store *st, int32_t day, uint64_t *session, uint64_t *scope, int32_t *on)
{
    sqlite3_stmt *q = store_q(st, STMT_SESSION_BEFORE);
    sqlite3_bind_int(q, 1, day);
    int rc = store_step(st, q);
    *session = rc == 1 ? col_u64(q, 0) : 0;
    *scope = rc == 1 ? col_u64(q, 1) : 0;
    *on = rc == 1 ? sqlite3_column_int(q, 2) : 0;
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

int store_hung_next(struct store *st, uint8_t entity, uint64_t on, const struct sam_key *after, struct sam_key *out)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    sqlite3_stmt *q = store_entity_q(st, entity, ENTITY_HUNG);
    int c = 1;
    bind_u64(q, c++, on);
    for (unsigned i = store_hung_from(def); i < def->key_count; i++)
        bind_u64(q, c++, after ? after->part[i] : 0);
    int rc = store_step(st, q);
    *out = (struct sam_key){.entity = entity};
    for (unsigned i = 0; rc == 1 && i < def->key_count; i++)
        out->part[i] = col_u64(q, (int)i);
    sqlite3_reset(q);
    return rc < 0 ? rc : rc == 0 ? SAM_ENOTFOUND : 0;
}

/* Rows of one entity leave with their session. */
static int hung_leave(struct store *st, const struct sam_entity_def *def, uint64_t session, uint64_t *rows,
                      uint64_t *sum)
{
    sqlite3_stmt *q = store_entity_q(st, def->tag, ENTITY_HUNG_HERE);
    struct sam_key key = {.entity = def->tag};
    int rc;
    bind_u64(q, 1, session);
    while ((rc = store_step(st, q)) == 1) {
        for (unsigned i = 0; i < def->key_count; i++)
            key.part[i] = col_u64(q, (int)i);
        *rows += 1;
        *sum += sam_sum_mix(&key, col_u64(q, def->key_count));
    }
    if (rc < 0)
        return rc;
    q = store_entity_q(st, def->tag, ENTITY_HUNG_OUT);
    bind_u64(q, 1, session);
    return store_run(st, q);
}

int store_session_empty(struct store *st, uint64_t session, uint64_t *rows, uint64_t *sum)
{
    const struct sam_entity_def *def;
    int err = 0;
    *rows = *sum = 0;
    for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++)
        if (def->scope == SAM_SCOPE_SESSION)
            err = hung_leave(st, def, session, rows, sum);
    return err;
}

int store_session_expire(struct store *st, uint64_t session, uint64_t *rows, uint64_t *sum)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {session}};
    struct store_row r;
    r.exists = false;
    int err = store_session_empty(st, session, rows, sum);
    if (!err)
        err = store_row_get(st, &key, &r);
    if (err || !r.exists)
        return err;
    if (r.dead <= 0) {
        *rows += 1;
        *sum += sam_sum_mix(&key, r.csn);
    }
    sqlite3_stmt *q = store_q(st, STMT_SESSION_OUT);
    bind_u64(q, 1, session);
    return store_run(st, q);
}

/* ---- feeds */

static int feed_table(struct store *st, const struct sam_entity_def *def, uint64_t scope, uint64_t after,
                      int (*each)(void *ctx, const struct store_feed_row *row), void *ctx)
{
    sqlite3_stmt *q = store_entity_q(st, def->tag, ENTITY_FEED);
    bind_u64(q, 1, scope);
    bind_u64(q, 2, after);
    struct store_feed_row f;
    int rc;
    f.left = false;
    while ((rc = store_step(st, q)) == 1) {
        store_row_columns(q, def, &f.row);
        f.feed_csn = f.row.csn;
        f.entered_csn = 0;
        int stop = each(ctx, &f);
        if (stop) {
            sqlite3_reset(q);
            return stop;
        }
    }
    return rc;
}

static int feed_members(struct store *st, const struct sam_entity_def *def, uint64_t scope,
                        const struct store_place *after, int (*each)(void *ctx, const struct store_feed_row *row),
                        void *ctx)
{
    sqlite3_stmt *q = store_q(st, STMT_MEMBER_FEED);
    bind_u64(q, 1, scope);
    bind_u64(q, 2, def->tag);
    bind_u64(q, 3, after->csn);
    bind_u64(q, 4, after->id);
    bind_u64(q, 5, after->sub);
    struct store_feed_row f;
    struct store_member m;
    int rc, stop = 0;
    while (!stop && (rc = store_step(st, q)) == 1) {
        member_columns(q, &m);
        stop = store_row_get(st, &m.key, &f.row);
        f.feed_csn = m.csn;
        f.entered_csn = m.entered_csn;
        f.left = m.gone;
        if (!stop)
            stop = each(ctx, &f);
    }
    sqlite3_reset(q);
    return stop ? stop : rc;
}

int store_feed_from(struct store *st, uint64_t scope, uint8_t entity, const struct store_place *after,
                    int (*each)(void *ctx, const struct store_feed_row *row), void *ctx)
{
    const struct sam_entity_def *def = sam_entity_find(entity);
    if (sam_entity_roams(def))
        return feed_members(st, def, scope, after, each, ctx);
    if (def->scope == SAM_SCOPE_NONE)
        return 0;
    return feed_table(st, def, scope, after->csn, each, ctx);
}

int store_feed(struct store *st, uint64_t scope, uint8_t entity, uint64_t after,
               int (*each)(void *ctx, const struct store_feed_row *row), void *ctx)
{
    struct store_place place = store_place_behind(after);
    return store_feed_from(st, scope, entity, &place, each, ctx);
}
