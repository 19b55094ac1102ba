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
    case SAM_SCOPE_SESSION: return session_place(in, row->row.key.part[0], &group, scope);
    case SAM_SCOPE_FIELD:
        if (def->tag == SAM_ENROLMENT)
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
    if (!err && old_org && old_org != org)
        err = store_scopes_csn_set(in->st, old_org, csn);
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
        err = member_remove(in, j->was.org, SAM_USER, id, j->csn);
    return err || !org ? err : member_add(in, org, SAM_USER, id, j->csn);
}

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
    int err = case_attended(j->in, id, j->csn);
    return err ? err : case_same_day(j->in, id, group, day, j->csn);
}

static int attendance_changed(struct judgement *j)
{
    const struct store_row *row = j->row;
    uint64_t session = row->row.key.part[0], person = row->row.key.part[1];
    int err = row->dead > 0 || row->scope == 0 ? 0 : member_add(j->in, row->scope, SAM_PARTICIPANT, person, j->csn);
    if (err || (j->op->kind == SAM_OP_SET && !(sam_op_units(j->op) & 1u)))
        return err;
    bool cancelled;
    err = session_cancelled(j->in, session, &cancelled);
    return err || !cancelled ? err : case_attended(j->in, session, j->csn);
}

/* What hangs on a row that changed. */
static int consequences(struct judgement *j)
{
    const struct store_row *row = j->row;
    uint64_t id = row->row.key.part[0], person = row->row.key.part[1];
    switch (row->row.key.entity) {
    case SAM_GROUP:
    case SAM_ORG_UNIT: return list_update(j->in, row, j->csn);
    case SAM_SESSION: return session_changed(j);
    case SAM_USER: return user_moved(j);
    case SAM_ENROLMENT:
        return row->dead > 0 ? member_remove(j->in, id, SAM_PARTICIPANT, person, j->csn)
                             : member_add(j->in, id, SAM_PARTICIPANT, person, j->csn);
    case SAM_ATTENDANCE: return attendance_changed(j);
    case SAM_PARTICIPANT: return person_changed(j);
    case SAM_LINK: return link_changed(j);
    case SAM_RULING:
        return id == SAM_RULE_QUARANTINE ? retake_ruled(j->in, &row->row, j->csn)
                                         : case_ruled(j->in, &row->row, j->a->who.seen_csn, j->csn);
    default: return 0;
    }
}

static int sums_follow(struct intake *in, const struct store_row *row, uint64_t was_csn, uint64_t was_scope)
{
    uint64_t alive = row->dead > 0 ? 0 : row->csn;
    if (was_scope == row->scope)
        return scope_row_change(in, row->scope, &row->row.key, was_csn, alive);
    int err = scope_row_change(in, was_scope, &row->row.key, was_csn, 0);
    return err ? err : scope_row_change(in, row->scope, &row->row.key, 0, alive);
}

int row_stand(struct intake *in, struct store_row *row, uint64_t was_csn, uint64_t was_scope, uint64_t csn)
{
    row->csn = csn;
    int err = row_scope(in, row, &row->scope);
    if (!err)
        err = store_row_put(in->st, row);
    return err ? err : sums_follow(in, row, was_csn, was_scope);
}

int row_write(struct judgement *j)
{
    struct intake *in = j->in;
    struct store_row *row = j->row;
    const struct sam_entity_def *def = sam_entity_find(row->row.key.entity);
    uint64_t alive = row->dead > 0 ? 0 : j->csn;
    row->csn = j->csn;
    int err = row_scope(in, row, &row->scope);
    if (!err)
        err = store_row_put(in->st, row);
    if (err)
        return err;
    /* lists first: a new group's or clinic's own scope must stand before its sum changes */
    if (def->scope == SAM_SCOPE_SELF)
        err = consequences(j);
    if (!err && def->scope == SAM_SCOPE_MEMBER)
        err = members_row_change(in, &row->row.key, j->was.csn, alive, j->csn);
    else if (!err)
        err = sums_follow(in, row, j->was.csn, j->was.scope);
    return err || def->scope == SAM_SCOPE_SELF ? err : consequences(j);
}
