/* Where a row stands, and what hangs on it: its scope and that scope's sum, who is a member, which list names it, and the rules
 * across rows. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

#include <string.h>

int row_scope(struct intake *in, const struct store_row *row, uint64_t *scope)
{
    const struct sam_entity_def *def = sam_entity_find(row->row.key.entity);
    uint64_t group, had = row->scope;
    *scope = 0;
    switch (def->scope) {
    case SAM_SCOPE_SELF: *scope = row->row.key.part[0]; return 0;
    case SAM_SCOPE_SESSION: return session_place(in, sam_row_session(&row->row), &group, scope);
    case SAM_SCOPE_FIELD:
        if (def->key[0].ref == SAM_GROUP)
            *scope = row->row.key.part[0];
        else if (row->dead > 0)
            *scope = had; /* what told its group and day is gone; the tombstone is for those who hold the row */
        else if (sam_row_num(&row->row, SAM_SESSION_day) >= in->window_day)
            *scope = (uint64_t)sam_row_num(&row->row, SAM_SESSION_group_id);
        return 0;
    default: return 0;
    }
}

/* A group in a clinic's list; a clinic in its own. */
static int list_update(struct intake *in, const struct store_row *row, uint64_t csn)
{
    uint64_t id = row->row.key.part[0];
    bool group = row->row.key.entity == SAM_GROUP;
    uint64_t org = group ? (uint64_t)sam_row_num(&row->row, SAM_GROUP_org) : id;
    unsigned field = group ? (unsigned)SAM_GROUP_active : (unsigned)SAM_ORG_UNIT_active;
    bool listed = row->dead <= 0 && (!sam_row_has(&row->row, field) || sam_row_num(&row->row, field));
    struct store_scope *known, s;
    int err = scope_get(in, id, &known);
    if (err)
        return err;
    s = known ? *known : (struct store_scope){.id = id};
    if (known && s.org == org && s.listed == listed)
        return 0;
    uint64_t old_org = s.org;
    if (s.org != org || (listed && !s.listed))
        s.since_csn = csn;
    s.org = org;
    s.listed = listed;
    err = scope_put(in, &s);
    if (!err && !known && !group)
        err = catalogue_give(in, id, csn);
    if (!err && old_org && old_org != org) {
        scope_touch(in, old_org); /* a clinic's own scope: who loses the group is told, too */
        err = store_scopes_csn_set(in->st, old_org, csn);
    }
    return err ? err : store_scopes_csn_set(in->st, org, csn);
}

static int user_moved(struct judgement *j)
{
    struct intake *in = j->in;
    uint64_t id = j->row->row.key.part[0];
    uint64_t org = j->row->dead > 0 ? 0 : (uint64_t)sam_row_num(&j->row->row, SAM_USER_org);
    int err = 0;
    memset(&in->user[id % USER_SLOTS], 0, sizeof in->user[0]);
    if (j->was.org && j->was.org != org)
        err = member_remove(in, j->was.org, &j->row->row.key, j->csn);
    return err || !org ? err : member_add(in, org, &j->row->row.key, j->csn);
}

/* ---- who is a member */

static struct sam_key person_key(uint64_t person)
{
    return (struct sam_key){.entity = SAM_PARTICIPANT, .part = {person}};
}

int person_enter(struct judgement *j, uint64_t group, uint64_t person)
{
    struct sam_key key = person_key(person);
    bool is;
    int err = member_is(j->in, group, &key, &is);
    if (!err && !is)
        err = member_add(j->in, group, &key, j->csn);
    return err || is ? err : person_joined(j, group, person);
}

int person_leave(struct judgement *j, uint64_t group, uint64_t person)
{
    struct sam_key key = person_key(person);
    bool is;
    int err = member_is(j->in, group, &key, &is);
    if (!err && is)
        err = member_remove(j->in, group, &key, j->csn);
    return err || !is ? err : person_left(j, person);
}

/* A person is a member of a group while an enrolment lives there, or something of theirs on a living session of it: whoever
 * says what first. */
static int member_review(struct judgement *j, uint64_t group, uint64_t person)
{
    struct sam_key enrolment = {.entity = SAM_ENROLMENT, .part = {group, person}};
    struct store_row row;
    bool marked = false, known;
    int err = link_known(j->in, person, &known);
    if (err || known)
        return err ? err : link_member_review(j, group, person);
    err = store_row_get(j->in->st, &enrolment, &row);
    if (err || (row.exists && row.dead <= 0))
        return err;
    err = store_person_marked(j->in->st, group, person, &marked);
    return err || marked ? err : person_leave(j, group, person);
}

static int hung_review(struct judgement *j, uint8_t entity, uint64_t session, uint64_t group)
{
    struct sam_key key, *after = NULL;
    struct store_row row;
    int err;
    while ((err = store_hung_next(j->in->st, entity, session, after, &key)) == 0) {
        after = &key;
        err = store_row_get(j->in->st, &key, &row);
        uint64_t person = err ? 0 : sam_row_person(&row.row);
        if (!err && person)
            err = member_review(j, group, person);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Those who were members by this session alone are none any more. */
static int people_review(struct judgement *j, uint64_t session, uint64_t group)
{
    const struct sam_entity_def *def;
    int err = 0;
    for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++)
        if (def->scope == SAM_SCOPE_SESSION)
            err = hung_review(j, def->tag, session, group);
    return err;
}

/* ---- what hangs on a row that changed */

static int session_changed(struct judgement *j)
{
    const struct sam_row *r = &j->row->row;
    uint64_t id = r->key.part[0];
    bool here = j->row->dead <= 0 && sam_row_has(r, SAM_SESSION_day);
    uint64_t group = here ? (uint64_t)sam_row_num(r, SAM_SESSION_group_id) : j->was.group;
    int32_t day = here ? (int32_t)sam_row_num(r, SAM_SESSION_day) : j->was.day;
    session_forget(j->in, id);
    if (j->op->kind == SAM_OP_SET && !(sam_op_units(j->op) & 3u)) /* neither where and when, nor whether */
        return 0;
    int err = j->row->dead > 0 ? people_review(j, id, group) : 0;
    if (!err)
        err = attended_changed(j->in, id, j->csn, false);
    return err ? err : case_same_day(j, id, group, day);
}

int session_proved(struct judgement *j)
{
    const struct sam_row *r = &j->op->row;
    bool cancelled, may = r->key.entity == SAM_ATTENDANCE || r->key.entity == SAM_EXERCISE_SET;
    if (!may || (j->op->kind == SAM_OP_SET && !(sam_op_units(j->op) & 1u)))
        return 0;
    int err = session_cancelled(j->in, r->key.part[0], &cancelled);
    bool proves = r->key.entity == SAM_ATTENDANCE ? sam_rule_present(r) : sam_rule_trained(r);
    bool again = j->op->kind != SAM_OP_TOMBSTONE && proves;
    return err || !cancelled ? err : attended_changed(j->in, r->key.part[0], j->csn, again);
}

static int person_brought(struct judgement *j, uint64_t group, uint64_t person, bool alive)
{
    bool known = false;
    int err = sam_entity_find(j->row->row.key.entity)->minted ? link_known(j->in, person, &known) : 0;
    if (err || known) /* the row keeps its person; whoever that one is shown as comes along */
        return err ? err : link_member_review(j, group, person);
    return alive ? person_enter(j, group, person) : member_review(j, group, person);
}

/* What hangs on a session: brings its person along, and may prove that the session was held. */
static int session_row_changed(struct judgement *j)
{
    const struct store_row *row = j->row;
    uint64_t session = sam_row_session(&row->row), person = sam_row_person(&row->row), group, scope;
    bool dead = true;
    int err = session_place(j->in, session, &group, &scope);
    if (!err)
        err = session_dead(j->in, session, &dead);
    if (!err && person && (row->dead > 0 || !dead))
        err = person_brought(j, group, person, row->dead <= 0);
    return err ? err : session_proved(j);
}

static int ruling_changed(struct judgement *j)
{
    const struct sam_row *r = &j->row->row;
    switch (r->key.part[0]) {
    case SAM_RULE_QUARANTINE: return retake_ruled(j->in, r, j->csn);
    case SAM_RULE_PRIMARY: return primary_ruled(j->in, r);
    case SAM_RULE_ERASE: return erase_ruled(j->in, r, j->csn);
    default: return case_ruled(j->in, r, j->a->who.seen_csn, j->csn);
    }
}

static int response_changed(struct judgement *j)
{
    int err = score_changed(j);
    return err ? err : primary_changed(j);
}

/* What hangs on a row that changed. */
static int consequences(struct judgement *j)
{
    const struct store_row *row = j->row;
    uint64_t id = row->row.key.part[0];
    switch (row->row.key.entity) {
    case SAM_GROUP:
    case SAM_ORG_UNIT: return list_update(j->in, row, j->csn);
    case SAM_SESSION: return session_changed(j);
    case SAM_USER: return user_moved(j);
    case SAM_INTERVENTION: return row->dead > 0 ? 0 : catalogue_spread(j->in, &row->row.key, j->csn);
    case SAM_ENROLMENT:
        return row->dead > 0 ? member_review(j, id, row->row.key.part[1]) : person_enter(j, id, row->row.key.part[1]);
    case SAM_ATTENDANCE:
    case SAM_EXERTION:
    case SAM_EXERCISE_SET: return session_row_changed(j);
    case SAM_SCORE_RESPONSE: return response_changed(j);
    case SAM_PARTICIPANT: return person_changed(j);
    case SAM_LINK: return link_changed(j);
    case SAM_ACCESS: return access_changed(j);
    case SAM_RULING: return ruling_changed(j);
    default: return 0;
    }
}

static int sums_follow(struct intake *in, const struct store_row *row, uint64_t was_csn, uint64_t was_scope)
{
    const struct sam_entity_def *def = sam_entity_find(row->row.key.entity);
    uint64_t alive = row->dead > 0 ? 0 : row->csn;
    int err;
    if (sam_entity_roams(def)) {
        err = members_row_change(in, &row->row.key, was_csn, alive, row->csn);
        bool hangs = alive && def->scope == SAM_SCOPE_PERSON;
        return err || !hangs ? err : member_follow(in, sam_row_person(&row->row), &row->row.key, row->csn);
    }
    if (was_scope == row->scope)
        return scope_row_change(in, row->scope, &row->row.key, was_csn, alive);
    err = scope_row_change(in, was_scope, &row->row.key, was_csn, 0);
    return err ? err : scope_row_change(in, row->scope, &row->row.key, 0, alive);
}

static int row_put(struct intake *in, struct store_row *row, uint64_t csn)
{
    row->csn = csn;
    int err = row_scope(in, row, &row->scope);
    if (!err)
        err = store_row_put(in->st, row);
    return err ? err : turnout_changed(in, &row->row);
}

int row_stand(struct intake *in, struct store_row *row, uint64_t was_csn, uint64_t was_scope, uint64_t csn)
{
    int err = row_put(in, row, csn);
    return err ? err : sums_follow(in, row, was_csn, was_scope);
}

int row_write(struct judgement *j)
{
    struct store_row *row = j->row;
    bool own = sam_entity_find(row->row.key.entity)->scope == SAM_SCOPE_SELF;
    int err = row_put(j->in, row, j->csn);
    if (!err && own) /* lists first: a new group's or clinic's own scope must stand before its sum changes */
        err = consequences(j);
    if (!err)
        err = sums_follow(j->in, row, j->was.csn, j->was.scope);
    return err || own ? err : consequences(j);
}
