/* Who is in which scope, and what the scopes' checksums are. Sums are kept in slots during a transaction and written at
 * its end. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

static uint64_t spread(uint64_t x)
{
    return (x ^ x >> 29) * 0x9e3779b97f4a7c15u >> 20;
}

static void touch(struct intake *in, uint64_t scope)
{
    for (unsigned i = 0; i < in->touched_count; i++)
        if (in->touched[i] == scope)
            return;
    if (in->touched_count < TOUCHED_MAX)
        in->touched[in->touched_count++] = scope;
}

int scopes_flush(struct intake *in)
{
    for (unsigned i = 0; in->slot_count && i < SCOPE_SLOTS; i++) {
        if (!in->slot[i].used || !in->slot[i].dirty)
            continue;
        int err = store_scope_put(in->st, &in->slot[i].s);
        if (err)
            return err;
        in->slot[i].dirty = false;
    }
    return 0;
}

/* The slot of a scope: found, or taken for it. When the table is three quarters full it is written back and emptied. */
static int slot_for(struct intake *in, uint64_t id, struct scope_slot **out, bool *fresh)
{
    if (in->slot_count > SCOPE_SLOTS * 3 / 4) {
        int err = scopes_flush(in);
        if (err)
            return err;
        for (unsigned i = 0; i < SCOPE_SLOTS; i++)
            in->slot[i].used = false;
        in->slot_count = 0;
    }
    unsigned i = (unsigned)(spread(id) % SCOPE_SLOTS);
    while (in->slot[i].used && in->slot[i].s.id != id)
        i = (i + 1) % SCOPE_SLOTS;
    *fresh = !in->slot[i].used;
    *out = &in->slot[i];
    return 0;
}

int scope_get(struct intake *in, uint64_t id, struct store_scope **out)
{
    struct scope_slot *slot;
    bool fresh;
    *out = NULL;
    int err = slot_for(in, id, &slot, &fresh);
    if (err)
        return err;
    if (fresh) {
        err = store_scope_get(in->st, id, &slot->s);
        if (err)
            return err == SAM_ENOTFOUND ? 0 : err;
        slot->used = true;
        slot->dirty = false;
        in->slot_count++;
    }
    *out = &slot->s;
    return 0;
}

int scope_put(struct intake *in, const struct store_scope *s)
{
    struct scope_slot *slot;
    bool fresh;
    int err = slot_for(in, s->id, &slot, &fresh);
    if (err)
        return err;
    in->slot_count += fresh;
    *slot = (struct scope_slot){*s, true, true};
    touch(in, s->id);
    return 0;
}

int scope_row_change(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t old_csn, uint64_t new_csn)
{
    struct store_scope *s;
    if (scope == 0 || (old_csn == 0 && new_csn == 0))
        return 0;
    int err = scope_get(in, scope, &s);
    if (err || !s)
        return err ? err : SAM_ECORRUPT;
    if (old_csn) {
        s->rows--;
        s->sum -= sam_sum_mix(key, old_csn);
    }
    if (new_csn) {
        s->rows++;
        s->sum += sam_sum_mix(key, new_csn);
    }
    ((struct scope_slot *)s)->dirty = true; /* s is the slot's first member */
    touch(in, scope);
    return 0;
}

/* ---- members */

static struct member_slot *member_slot(struct intake *in, uint64_t scope, uint64_t id)
{
    return &in->member[spread(scope * 31 + id) % MEMBER_SLOTS];
}

int member_is(struct intake *in, uint64_t scope, uint8_t entity, uint64_t id, bool *is)
{
    struct member_slot *slot = member_slot(in, scope, id);
    *is = slot->scope == scope && slot->id == id;
    if (*is)
        return 0;
    struct store_member m;
    int err = store_member_get(in->st, scope, entity, id, &m);
    *is = !err && m.exists && !m.gone;
    if (*is)
        *slot = (struct member_slot){scope, id};
    return err;
}

static int row_csn(struct intake *in, uint8_t entity, uint64_t id, uint64_t *csn)
{
    struct sam_key key = {.entity = entity, .part = {id}};
    struct store_row row;
    int err = store_row_get(in->st, &key, &row);
    *csn = !err && row.exists && row.dead <= 0 ? row.csn : 0;
    return err;
}

int member_add(struct intake *in, uint64_t scope, uint8_t entity, uint64_t id, uint64_t csn)
{
    bool is;
    int err = member_is(in, scope, entity, id, &is);
    if (err || is)
        return err;
    struct store_member m = {.scope = scope, .entity = entity, .id = id, .csn = csn, .entered_csn = csn};
    struct sam_key key = {.entity = entity, .part = {id}};
    uint64_t at;
    err = row_csn(in, entity, id, &at);
    if (!err)
        err = store_member_put(in->st, &m);
    if (!err)
        err = scope_row_change(in, scope, &key, 0, at);
    return err || entity != SAM_PARTICIPANT ? err : person_joined(in, scope, id, csn);
}

int member_remove(struct intake *in, uint64_t scope, uint8_t entity, uint64_t id, uint64_t csn)
{
    struct store_member m;
    struct sam_key key = {.entity = entity, .part = {id}};
    uint64_t at;
    int err = store_member_get(in->st, scope, entity, id, &m);
    if (err || !m.exists || m.gone)
        return err;
    *member_slot(in, scope, id) = (struct member_slot){0};
    m.gone = true;
    m.csn = csn;
    err = row_csn(in, entity, id, &at);
    if (!err)
        err = store_member_put(in->st, &m);
    if (!err)
        err = scope_row_change(in, scope, &key, at, 0);
    return err || entity != SAM_PARTICIPANT ? err : person_left(in, id, csn);
}

int members_row_change(struct intake *in, const struct sam_key *key, uint64_t old_csn, uint64_t new_csn, uint64_t csn)
{
    struct store_member m = {0};
    int err;
    while ((err = store_member_next(in->st, key->entity, key->part[0], m.scope, &m)) == 0) {
        if (m.gone)
            continue;
        m.csn = csn;
        err = store_member_put(in->st, &m);
        if (!err)
            err = scope_row_change(in, m.scope, key, old_csn, new_csn);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int scope_lose(struct intake *in, uint64_t scope, uint64_t rows, uint64_t sum)
{
    struct store_scope *s = NULL;
    int err = rows ? scope_get(in, scope, &s) : 0;
    if (err || !rows)
        return err;
    if (!s)
        return SAM_ECORRUPT;
    struct store_scope changed = *s;
    changed.rows -= rows;
    changed.sum -= sum;
    return scope_put(in, &changed);
}

/* ---- sessions */

static int session_load(struct intake *in, uint64_t session, struct session_slot **out)
{
    struct session_slot *slot = *out = &in->session[spread(session) % SESSION_SLOTS];
    int err = 0;
    if (slot->id != session || session == 0) {
        struct sam_key key = {.entity = SAM_SESSION, .part = {session}};
        struct store_row row;
        err = store_row_get(in->st, &key, &row);
        bool there = !err && row.exists;
        *slot = (struct session_slot){.id = session,
                                      .group = there ? (uint64_t)sam_row_num(&row.row, SAM_SESSION_group_id) : 0,
                                      .scope = there && row.dead <= 0 ? row.scope : 0,
                                      .cancelled = there && row.dead <= 0 && sam_rule_cancelled(&row.row),
                                      .dead = there && row.dead > 0};
        if (err)
            slot->id = 0;
    }
    return err;
}

int session_place(struct intake *in, uint64_t session, uint64_t *group, uint64_t *scope)
{
    struct session_slot *slot;
    int err = session_load(in, session, &slot);
    *group = slot->group;
    *scope = slot->scope;
    return err;
}

int session_cancelled(struct intake *in, uint64_t session, bool *cancelled)
{
    struct session_slot *slot;
    int err = session_load(in, session, &slot);
    *cancelled = slot->cancelled;
    return err;
}

int session_dead(struct intake *in, uint64_t session, bool *dead)
{
    struct session_slot *slot;
    int err = session_load(in, session, &slot);
    *dead = slot->dead;
    return err;
}

void session_forget(struct intake *in, uint64_t session)
{
    in->session[spread(session) % SESSION_SLOTS] = (struct session_slot){0};
}
