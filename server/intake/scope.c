/* Who is in which scope, and what the scopes' checksums are. Sums are kept in slots during a transaction and written at
 * its end. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

static uint64_t spread(uint64_t x)
{
    return (x ^ x >> 29) * 0x9e3779b97f4a7c15u >> 20;
}

void scope_touch(struct intake *in, uint64_t scope)
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
    scope_touch(in, s->id);
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
    scope_touch(in, scope);
    return 0;
}

/* ---- members */

static struct member_slot *member_slot(struct intake *in, uint64_t scope, uint64_t id)
{
    return &in->member[spread(scope * 31 + id) % MEMBER_SLOTS];
}

static bool hangs(const struct sam_key *key)
{
    return sam_entity_find(key->entity)->scope == SAM_SCOPE_PERSON;
}

int member_is(struct intake *in, uint64_t scope, const struct sam_key *key, bool *is)
{
    struct member_slot *slot = member_slot(in, scope, key->part[0]);
    bool kept = !hangs(key); /* those are asked for all the time */
    *is = kept && slot->scope == scope && slot->id == key->part[0];
    if (*is)
        return 0;
    struct store_member m;
    int err = store_member_get(in->st, scope, key, &m);
    *is = !err && m.exists && !m.gone;
    if (*is && kept)
        *slot = (struct member_slot){scope, key->part[0]};
    return err;
}

static int row_csn(struct intake *in, const struct sam_key *key, uint64_t *csn)
{
    struct store_row row;
    int err = store_row_get(in->st, key, &row);
    *csn = !err && row.exists && row.dead <= 0 ? row.csn : 0;
    return err;
}

static int member_enter(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t csn)
{
    struct store_member m = {.scope = scope, .key = *key, .csn = csn, .entered_csn = csn};
    uint64_t at = 0;
    bool is;
    int err = member_is(in, scope, key, &is);
    if (!err && !is)
        err = row_csn(in, key, &at);
    if (err || is || (at == 0 && hangs(key))) /* of what is deleted nobody new needs to hear */
        return err;
    err = store_member_put(in->st, &m);
    return err ? err : scope_row_change(in, scope, key, 0, at);
}

static int member_leave(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t csn)
{
    struct store_member m;
    uint64_t at;
    int err = store_member_get(in->st, scope, key, &m);
    if (err || !m.exists || m.gone)
        return err;
    if (!hangs(key))
        *member_slot(in, scope, key->part[0]) = (struct member_slot){0};
    m.gone = true;
    m.csn = csn;
    err = row_csn(in, key, &at);
    if (!err)
        err = store_member_put(in->st, &m);
    return err ? err : scope_row_change(in, scope, key, at, 0);
}

typedef int member_fn(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t csn);
typedef int hung_fn(struct intake *in, void *ctx, const struct sam_key *key);

/* Every row that hangs on a person, dead ones too. */
static int hung_each(struct intake *in, uint64_t person, hung_fn *each, void *ctx)
{
    const struct sam_entity_def *def;
    int err = 0;
    for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++) {
        struct sam_key key, *after = NULL;
        if (def->scope != SAM_SCOPE_PERSON)
            continue;
        while (!err && (err = store_hung_next(in->st, def->tag, person, after, &key)) == 0) {
            after = &key;
            err = each(in, ctx, &key);
        }
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    return err;
}

struct moving {
    uint64_t scope, csn;
    member_fn *move;
};

static int hung_move(struct intake *in, void *ctx, const struct sam_key *key)
{
    const struct moving *m = ctx;
    return m->move(in, m->scope, key, m->csn);
}

/* What hangs on a person goes where the person goes. */
static int hung_follow(struct intake *in, uint64_t scope, uint64_t person, uint64_t csn, member_fn *move)
{
    struct moving m = {scope, csn, move};
    return hung_each(in, person, hung_move, &m);
}

/* With somebody as whom others are shown goes what hangs on those. */
static int class_follow(struct intake *in, uint64_t scope, uint64_t person, uint64_t csn, member_fn *move)
{
    struct link_class c;
    int err = link_class(in, person, &c);
    if (!err && c.id[0] != person)
        return hung_follow(in, scope, person, csn, move);
    for (unsigned i = 0; !err && i < c.count; i++)
        err = hung_follow(in, scope, c.id[i], csn, move);
    return err;
}

int member_add(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t csn)
{
    bool is;
    int err = member_is(in, scope, key, &is);
    if (err || is)
        return err;
    err = member_enter(in, scope, key, csn);
    return err || key->entity != SAM_PARTICIPANT ? err : class_follow(in, scope, key->part[0], csn, member_enter);
}

int member_remove(struct intake *in, uint64_t scope, const struct sam_key *key, uint64_t csn)
{
    int err = member_leave(in, scope, key, csn);
    return err || key->entity != SAM_PARTICIPANT ? err : class_follow(in, scope, key->part[0], csn, member_leave);
}

int member_follow(struct intake *in, uint64_t person, const struct sam_key *key, uint64_t csn)
{
    struct sam_key who = {.entity = SAM_PARTICIPANT};
    struct store_member m = {0};
    int err = link_root(in, person, &who.part[0]);
    while (!err && (err = store_member_next(in->st, &who, m.scope, &m)) == 0)
        if (!m.gone)
            err = member_enter(in, m.scope, key, csn);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* The row stands where its person is, or whoever that one is shown as. */
static int member_settle(struct intake *in, uint64_t person, const struct sam_key *key, uint64_t csn)
{
    struct sam_key who = {.entity = SAM_PARTICIPANT};
    struct store_member m = {0};
    int err = link_root(in, person, &who.part[0]);
    while (!err && (err = store_member_next(in->st, key, m.scope, &m)) == 0) {
        bool is = true;
        if (!m.gone)
            err = member_is(in, m.scope, &who, &is);
        if (!err && !is)
            err = member_leave(in, m.scope, key, csn);
    }
    return err == SAM_ENOTFOUND ? member_follow(in, person, key, csn) : err;
}

int members_settle(struct intake *in, uint64_t person, uint64_t csn)
{
    return hung_follow(in, person, person, csn, member_settle);
}

struct whereabouts {
    struct sam_key who;
    bool is;
};

/* Does the row stand where ${who} is, if it lives, and nowhere else? */
static int hung_true(struct intake *in, void *ctx, const struct sam_key *key)
{
    struct whereabouts *s = ctx;
    struct store_member m = {0};
    uint64_t at;
    bool there;
    int err = row_csn(in, key, &at);
    while (!err && (err = store_member_next(in->st, key, m.scope, &m)) == 0) {
        err = m.gone ? 0 : member_is(in, m.scope, &s->who, &there);
        s->is = s->is && (m.gone || there);
    }
    err = err == SAM_ENOTFOUND ? 0 : err;
    m = (struct store_member){0};
    while (!err && at && (err = store_member_next(in->st, &s->who, m.scope, &m)) == 0) {
        err = m.gone ? 0 : member_is(in, m.scope, key, &there);
        s->is = s->is && (m.gone || there);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int members_hung_true(struct intake *in, uint64_t person, bool *is)
{
    struct whereabouts s = {.who = {.entity = SAM_PARTICIPANT}, .is = true};
    int err = link_root(in, person, &s.who.part[0]);
    if (!err)
        err = hung_each(in, person, hung_true, &s);
    *is = s.is;
    return err;
}

int members_row_change(struct intake *in, const struct sam_key *key, uint64_t old_csn, uint64_t new_csn, uint64_t csn)
{
    struct store_member m = {0};
    int err;
    while ((err = store_member_next(in->st, key, m.scope, &m)) == 0) {
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
