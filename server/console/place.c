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

/* What the right is in that group, asked once while ${known} lasts. */
static int group_answer(const struct ask *a, struct store *st, enum right right, uint64_t group,
                        struct place_known *known, struct place_answer *out)
{
    struct place_answer *kept = &known->group[group % PLACE_KNOWN];
    if (kept->group == group) {
        *out = *kept;
        return 0;
    }
    *out = (struct place_answer){.group = group};
    int err = group_org(st, group, &out->org);
    if (err && err != SAM_ENOTFOUND)
        return err;
    out->may = err ? RIGHT_NO : right_may(st, &a->who, gate_today(a), right, out->org);
    *kept = *out;
    return 0;
}

int place_person_known(const struct ask *a, struct store *st, enum right right, uint64_t participant,
                       struct place_known *known)
{
    uint64_t scope = 0;
    int err;
    while ((err = person_scope_next(st, participant, scope, &scope)) == 0) {
        struct place_answer in;
        err = group_answer(a, st, right, scope, known, &in);
        if (err)
            return err;
        if (in.may == RIGHT_YES ||
            (in.may == RIGHT_CONSENT && right_may_person(st, &a->who, gate_today(a), right, in.org, participant)))
            return 0;
    }
    return err == SAM_ENOTFOUND && right_may_person(st, &a->who, gate_today(a), right, 0, participant) ? 0 : err;
}

int place_person(const struct ask *a, struct store *st, enum right right, uint64_t participant)
{
    struct place_known known = {0};
    return place_person_known(a, st, right, participant, &known);
}

int place_person_whole(const struct ask *a, struct store *st, enum right right, uint64_t participant)
{
    struct place_known known = {0};
    uint64_t scope = 0;
    int err;
    bool any = false;
    while ((err = person_scope_next(st, participant, scope, &scope)) == 0) {
        struct place_answer in;
        err = group_answer(a, st, right, scope, &known, &in);
        if (err || in.may != RIGHT_YES)
            return err ? err : SAM_ENOTFOUND;
        any = true;
    }
    return err != SAM_ENOTFOUND || any ? (any && err == SAM_ENOTFOUND ? 0 : err) : place_may(a, st, right, 0);
}
