/* May this author do that? A device may write in the scopes of its clinic, as a user of its clinic. What is absent may come
 * yet, so such an op is judged again by itself; about what belongs to others a coordinator decides. The device is told no
 * difference (server/store/feed.c), so that nothing can be learned by trying (P10). */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

/* A substitute whom a tablet made has no account, whoever it is shown as. */
static bool may_vouch(const struct sam_row *r)
{
    return !sam_row_num(r, SAM_USER_provisional) &&
           (!sam_row_has(r, SAM_USER_active) || sam_row_num(r, SAM_USER_active));
}

static int user_load(struct intake *in, uint64_t user, struct user_slot **out)
{
    struct user_slot *slot = *out = &in->user[user % USER_SLOTS];
    int err = 0;
    if (slot->id != user || user == 0) {
        struct sam_key key = {.entity = SAM_USER, .part = {user}};
        struct store_row row;
        err = store_row_get(in->st, &key, &row);
        bool there = !err && row.exists && row.dead <= 0;
        *slot = (struct user_slot){.id = user,
                                   .org = there ? (uint64_t)sam_row_num(&row.row, SAM_USER_org) : 0,
                                   .vouches = there && may_vouch(&row.row)};
        if (err)
            slot->id = 0;
    }
    return err;
}

static int user_org(struct intake *in, uint64_t user, uint64_t *org)
{
    struct user_slot *slot;
    int err = user_load(in, user, &slot);
    *org = slot->org;
    return err;
}

/* A clinic's own scope is no group. */
static int group_check(struct intake *in, const struct author *a, uint64_t group, enum sam_reason *why)
{
    struct store_scope *s = NULL;
    int err = group ? scope_get(in, group, &s) : 0;
    if (!s || s->id == s->org)
        *why = SAM_REASON_REFERENCE;
    else if (!a->centre && s->org != a->org)
        *why = SAM_REASON_SCOPE;
    return err;
}

static int group_is_ours(struct intake *in, const struct author *a, uint64_t group, bool *ours)
{
    struct store_scope *s = NULL;
    int err = group ? scope_get(in, group, &s) : 0;
    *ours = s && (a->centre || (s->org == a->org && s->id != s->org));
    return err;
}

/* Is the row, or was it, in one of the device's groups? */
static int member_is_ours(struct intake *in, const struct author *a, const struct sam_key *key, bool *ours)
{
    struct store_member m = {0};
    int err = 0;
    *ours = false;
    while (!err && !*ours && (err = store_member_next(in->st, key, m.scope, &m)) == 0)
        err = group_is_ours(in, a, m.scope, ours);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* What was removed may still be named: whoever says so may not know it yet, and it must not matter who comes first. */
static int row_exists(struct intake *in, uint8_t entity, uint64_t id, bool *exists)
{
    struct sam_key key = {.entity = entity, .part = {id}};
    struct store_row row;
    int err = store_row_get(in->st, &key, &row);
    *exists = !err && row.exists;
    return err;
}

static bool minted_by(const struct author *a, uint64_t id)
{
    uint64_t device_no = sam_id_device_no(id);
    if (device_no == a->device_no)
        return true;
    for (unsigned i = 0; i < a->who.parent_count; i++)
        if (a->who.parent[i].device_no == device_no)
            return true;
    return false;
}

/* Whoever is shown as somebody else is ours where that one is. */
static int person_is_ours(struct intake *in, const struct author *a, uint64_t person, bool *ours)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    uint64_t root = person;
    int err = member_is_ours(in, a, &key, ours);
    if (!err && !*ours)
        err = link_root(in, person, &root);
    if (err || *ours || root == person)
        return err;
    key.part[0] = root;
    return member_is_ours(in, a, &key, ours);
}

/* Somebody whom a tablet wrote down at the door is nobody's member until a mark says of which group. After a loss that mark may come, or be
 * judged, later than others of the same person: those wait for it as for somebody who is not here at all. */
static int waits_for_first_mark(struct intake *in, uint64_t person, bool *waits)
{
    const struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    struct store_member m;
    *waits = false;
    if (sam_id_device_no(person) == SAM_DEVICE_NO_CONSOLE)
        return 0;
    int err = store_member_next(in->st, &key, 0, &m);
    *waits = err == SAM_ENOTFOUND;
    return *waits ? 0 : err;
}

/* Somebody of one of the device's groups; who left them too: work done on an older list counts. */
static int person_check(struct intake *in, const struct author *a, uint64_t person, enum sam_reason *why)
{
    bool ours = false, exists = false, waits = false;
    int err = a->centre ? 0 : person_is_ours(in, a, person, &ours);
    if (!err && !ours)
        err = row_exists(in, SAM_PARTICIPANT, person, &exists);
    bool may = a->centre || minted_by(a, person); /* an own walk-in is nobody's member yet */
    if (err || ours || (may && exists))
        return err;
    err = exists ? waits_for_first_mark(in, person, &waits) : 0;
    *why = exists && !waits ? SAM_REASON_SCOPE : SAM_REASON_REFERENCE;
    return err;
}

/* Of a row that hangs on a session: ${r} says on which, and about whom, if about anybody. */
static int session_row_check(struct intake *in, const struct author *a, const struct sam_row *r, enum sam_reason *why)
{
    uint64_t person = sam_row_person(r), group, scope;
    struct sam_key shown = {.entity = SAM_PARTICIPANT};
    bool ours = false;
    int err = session_place(in, sam_row_session(r), &group, &scope);
    if (!err)
        err = group_check(in, a, group, why);
    if (!err && person)
        err = link_root(in, person, &shown.part[0]);
    if (err || *why || !person)
        return err;
    err = member_is(in, group, &shown, &ours);
    return err || ours ? err : person_check(in, a, person, why);
}

/* A tablet names users of its clinic; the centre anybody. */
static int leader_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    uint64_t org = 0;
    bool exists = false;
    int err = session_row_check(in, a, &op->row, why);
    if (err || *why)
        return err;
    err = a->centre ? row_exists(in, SAM_USER, op->row.key.part[1], &exists) : user_org(in, op->row.key.part[1], &org);
    if (!err && !(a->centre ? exists : org == a->org))
        *why = SAM_REASON_REFERENCE;
    return err;
}

/* The centre's alone: op.c. */
static int group_leader_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    bool exists = false;
    int err = group_check(in, a, op->row.key.part[0], why);
    if (!err && !*why)
        err = row_exists(in, SAM_USER, op->row.key.part[1], &exists);
    if (!err && !*why && !exists)
        *why = SAM_REASON_REFERENCE;
    return err;
}

/* A rating corrects one of the same person in the same session. */
static int exertion_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    struct sam_key key = op->row.key;
    struct store_row row;
    bool made = op->kind == SAM_OP_CREATE;
    uint64_t replaces = (uint64_t)sam_row_num(&op->row, SAM_EXERTION_replaces);
    int err = made ? session_row_check(in, a, &op->row, why) : 0;
    if (err || *why || (made && !replaces))
        return err;
    key.part[0] = made ? replaces : key.part[0];
    err = store_row_get(in->st, &key, &row);
    if (err)
        return err;
    bool same = !made || (sam_row_person(&row.row) == sam_row_person(&op->row) &&
                          sam_row_session(&row.row) == sam_row_session(&op->row));
    if (!row.exists || !same)
        *why = SAM_REASON_REFERENCE;
    return made || *why ? 0 : session_row_check(in, a, &row.row, why);
}

static int session_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    const struct sam_row *r = &op->row;
    uint64_t group = (uint64_t)sam_row_num(r, SAM_SESSION_group_id), scope;
    int err = 0;
    if (op->kind != SAM_OP_CREATE) {
        if (sam_op_units(op) & 1u) { /* group, day and plan stay what they were at the start */
            *why = SAM_REASON_NOT_PERMITTED;
            return 0;
        }
        err = session_place(in, r->key.part[0], &group, &scope);
    } else if (!sam_row_has(r, SAM_SESSION_day) || (!a->centre && sam_row_num(r, SAM_SESSION_planned))) {
        *why = SAM_REASON_RANGE;
        return 0;
    }
    if (!err)
        err = group_check(in, a, group, why);
    if (!err && !*why && op->kind == SAM_OP_TOMBSTONE && !a->centre && !minted_by(a, r->key.part[0]))
        *why = SAM_REASON_NOT_PERMITTED;
    return err;
}

static int enrolment_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    bool known = false;
    uint64_t person = op->row.key.part[1];
    struct sam_key shown = {.entity = SAM_PARTICIPANT};
    int err = group_check(in, a, op->row.key.part[0], why);
    if (!err)
        err = link_root(in, person, &shown.part[0]);
    if (err || *why)
        return err;
    if (a->centre)
        err = row_exists(in, SAM_PARTICIPANT, person, &known);
    else
        err = member_is(in, op->row.key.part[0], &shown, &known);
    if (!err && !known)
        *why = SAM_REASON_REFERENCE;
    return err;
}

/* A row that hangs on a person by an id of its own, deleted perhaps: whoever deletes or corrects it may not know yet. ${person}:
 * whose it must be while it lives, 0: anybody's of ours. One that is deleted says no more whose it was, only where it stood. */
static int hung_row_check(struct intake *in, const struct author *a, const struct sam_key *key, uint64_t person,
                          enum sam_reason *why)
{
    struct store_row row;
    bool ours = a->centre || minted_by(a, key->part[0]);
    int err = store_row_get(in->st, key, &row);
    uint64_t whose = err ? 0 : sam_row_person(&row.row);
    if (err || !row.exists || (row.dead <= 0 && person && whose != person)) {
        *why = SAM_REASON_REFERENCE;
        return err;
    }
    if (!ours && row.dead <= 0)
        return person_check(in, a, whose, why);
    if (!ours)
        err = member_is_ours(in, a, key, &ours);
    if (!err && !ours)
        *why = SAM_REASON_SCOPE;
    return err;
}

/* Whose a row is, that was made before; 0: it says so no more. */
static int person_of(struct intake *in, const struct sam_op *op, uint64_t *person)
{
    struct store_row row;
    *person = sam_row_person(&op->row);
    if (*person || op->kind == SAM_OP_CREATE)
        return 0;
    int err = store_row_get(in->st, &op->row.key, &row);
    *person = err || !row.exists || row.dead > 0 ? 0 : sam_row_person(&row.row);
    return err;
}

/* What an id in a field leads to must be there; and where it hangs on a person, on the one that the row is about. */
static int ref_check(struct intake *in, const struct author *a, const struct sam_key *to, uint64_t person,
                     enum sam_reason *why)
{
    const struct sam_entity_def *def = sam_entity_find(to->entity);
    bool exists = true;
    if (def->scope == SAM_SCOPE_PERSON && def->minted)
        return hung_row_check(in, a, to, person, why);
    int err = row_exists(in, to->entity, to->part[0], &exists);
    if (!err && !exists)
        *why = SAM_REASON_REFERENCE;
    return err;
}

/* 0 is "none". */
static int refs_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    uint64_t person;
    int err = person_of(in, op, &person);
    for (unsigned i = 0; !err && !*why && i < def->field_count; i++) {
        const struct sam_key to = {.entity = def->field[i].ref, .part = {(uint64_t)sam_row_num(&op->row, i)}};
        if (to.entity && to.part[0])
            err = ref_check(in, a, &to, person, why);
    }
    return err;
}

/* A row that hangs on a person. */
static int person_row_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    bool made = !sam_entity_find(op->row.key.entity)->minted || op->kind == SAM_OP_CREATE;
    int err = made ? person_check(in, a, sam_row_person(&op->row), why) : hung_row_check(in, a, &op->row.key, 0, why);
    return err || *why ? err : refs_check(in, a, op, why);
}

/* A tablet makes substitutes of its own clinic, for whom somebody with an account there vouches: op.c saw that it is the op's
 * user, and rights_check of which clinic. */
static int substitute_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    struct user_slot *voucher;
    int err = user_load(in, op->user, &voucher);
    if (!err && (uint64_t)sam_row_num(&op->row, SAM_USER_org) != a->org)
        *why = SAM_REASON_NOT_PERMITTED;
    else if (!err && !voucher->vouches)
        *why = SAM_REASON_USER;
    return err;
}

/* Whoever a substitute is shown as is somebody with an account, so nobody is shown as somebody who is shown as another. */
static int user_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    uint64_t shown_as = (uint64_t)sam_row_num(&op->row, SAM_USER_shown_as);
    struct sam_key key = {.entity = SAM_USER, .part = {shown_as}};
    struct store_row row;
    if (!a->centre)
        return substitute_check(in, a, op, why);
    int err = shown_as ? store_row_get(in->st, &key, &row) : 0;
    if (err || !shown_as)
        return err;
    if (!row.exists)
        *why = SAM_REASON_REFERENCE;
    else if (shown_as == op->row.key.part[0] || sam_row_num(&row.row, SAM_USER_provisional))
        *why = SAM_REASON_NOT_PERMITTED;
    return 0;
}

/* What was seen of somebody who is, or was, in one of the clinic's groups, or of the list of such a group. */
static int access_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    uint64_t person = sam_row_person(&op->row), group = (uint64_t)sam_row_num(&op->row, SAM_ACCESS_group_id);
    uint64_t csn;
    int err = person && in->erased_any ? store_erased_person(in->st, person, &csn) : SAM_ENOTFOUND;
    if (err != SAM_ENOTFOUND)
        return err; /* 0: nobody can tell any more in whose group that was */
    return person ? person_check(in, a, person, why) : group_check(in, a, group, why);
}

int rights_check(struct intake *in, const struct author *a, const struct sam_op *op, enum sam_reason *why)
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    uint64_t org = 0;
    int err = 0;
    *why = SAM_REASON_NONE;
    bool nobody = def->tag == SAM_ACCESS && !op->user; /* op.c: of a list only */
    if (!a->centre && !nobody) {
        err = user_org(in, op->user, &org);
        if (!err && org != a->org)
            *why = SAM_REASON_USER;
    }
    if (!err && !*why && op->kind == SAM_OP_CREATE && !minted_by(a, op->row.key.part[0]))
        *why = SAM_REASON_NOT_PERMITTED;
    if (err || *why)
        return err;
    switch (def->tag) {
    case SAM_ATTENDANCE:
    case SAM_EXERCISE_SET: return session_row_check(in, a, &op->row, why);
    case SAM_CONSENT:
    case SAM_SCORE_RESPONSE:
    case SAM_NOTE:
    case SAM_CONTACT:
    case SAM_WORK_STATUS:
    case SAM_PSFS_ACTIVITY:
    case SAM_EPISODE: return person_row_check(in, a, op, why);
    case SAM_ACCESS: return access_check(in, a, op, why);
    case SAM_EXERTION: return exertion_check(in, a, op, why);
    case SAM_SESSION_LEADER: return leader_check(in, a, op, why);
    case SAM_GROUP_LEADER: return group_leader_check(in, a, op, why);
    case SAM_SESSION: err = session_check(in, a, op, why); break;
    case SAM_ENROLMENT: err = enrolment_check(in, a, op, why); break;
    case SAM_LINK: return link_check(in, a, op, why);
    case SAM_USER: err = user_check(in, a, op, why); break;
    case SAM_PARTICIPANT: /* of a tablet's only walk-ins come so far, and records that are shut: op.c */
        err = op->kind == SAM_OP_CREATE ? 0 : person_check(in, a, op->row.key.part[0], why);
        break;
    default:
        if (!a->centre)
            *why = SAM_REASON_NOT_PERMITTED;
        break;
    }
    return err || *why ? err : refs_check(in, a, op, why);
}
