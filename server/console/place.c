#include "server/console/place.h"

#include "proto/base/err.h"
#include "server/console/gate.h"

int place_may(const struct ask *a, struct store *st, enum right right, uint64_t org)
{
    return right_may(st, &a->who, gate_today(a), right, org) == RIGHT_NO ? SAM_ENOTFOUND : 0;
}

/* The group's clinic; SAM_ENOTFOUND also where the group is gone. */
static int group_org(struct store *st, uint64_t group, uint64_t *org)
{
    struct store_row row;
    struct sam_key key = {.entity = SAM_GROUP, .part = {group}};
    int err = store_row_get(st, &key, &row);
    if (err)
        return err;
    *org = row.exists && sam_row_has(&row.row, SAM_GROUP_org) ? (uint64_t)sam_row_num(&row.row, SAM_GROUP_org) : 0;
    return row.exists && row.dead <= 0 ? 0 : SAM_ENOTFOUND;
}

int place_group(const struct ask *a, struct store *st, enum right right, uint64_t group)
{
    uint64_t org;
    int err = group_org(st, group, &org);
    return err ? err : place_may(a, st, right, org);
}

int place_session(const struct ask *a, struct store *st, enum right right, uint64_t session)
{
    struct store_row row;
    struct sam_key key = {.entity = SAM_SESSION, .part = {session}};
    int err = store_row_get(st, &key, &row);
    if (err)
        return err;
    if (!row.exists || row.dead > 0 || !sam_row_has(&row.row, SAM_SESSION_group_id))
        return SAM_ENOTFOUND;
    return place_group(a, st, right, (uint64_t)sam_row_num(&row.row, SAM_SESSION_group_id));
}

int place_device(const struct ask *a, struct store *st, enum right right, uint64_t device_no)
{
    struct store_device d;
    int err = store_device_get(st, device_no, &d);
    return err ? err : place_may(a, st, right, d.org);
}

int place_case(const struct ask *a, struct store *st, enum right right, uint64_t no)
{
    struct store_case c;
    struct store_scope scope = {0};
    int err = store_case_get(st, no, &c);
    if (!err && c.scope)
        err = store_scope_get(st, c.scope, &scope);
    return err ? err : place_may(a, st, right, scope.org);
}

/* The next group behind ${after} where that one is or was: as shown, or, of somebody who was linked, by the own rows. */
static int person_scope_next(struct store *st, uint64_t participant, uint64_t after, uint64_t *scope)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {participant}};
    struct store_member m;
    uint64_t own = 0;
    int shown = store_member_next(st, &key, after, &m), err = store_own_scope_next(st, participant, after, &own);
    if ((shown && shown != SAM_ENOTFOUND) || (err && err != SAM_ENOTFOUND))
        return shown && shown != SAM_ENOTFOUND ? shown : err;
    *scope = shown || (!err && own < m.scope) ? own : m.scope;
    return shown && err ? SAM_ENOTFOUND : 0;
}

int place_person(const struct ask *a, struct store *st, enum right right, uint64_t participant)
{
    uint64_t scope = 0;
    for (;;) {
        uint64_t org;
        int err = person_scope_next(st, participant, scope, &scope);
        if (err)
            return err == SAM_ENOTFOUND && right_may_person(st, &a->who, gate_today(a), right, 0, participant) ? 0
                                                                                                               : err;
        err = group_org(st, scope, &org);
        if (err && err != SAM_ENOTFOUND)
            return err;
        if (!err && right_may_person(st, &a->who, gate_today(a), right, org, participant))
            return 0;
    }
}
