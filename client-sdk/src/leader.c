/* Who leads a session, a group: a row each. */
#include "client-sdk/src/draft.h"
#include "client-sdk/src/list.h"
#include "client-sdk/src/read.h"
#include "client-sdk/src/rows.h"
#include "proto/base/err.h"

#include <string.h>

struct leaders {
    struct samling *s;
    struct sam_list list;
    uint64_t of; /* the session or the group */
    unsigned role;
};

/* Whoever that really is, where a coordinator said so and that one is here. */
static int leader_find(struct samling *s, uint64_t user, struct sam_view *v)
{
    int err = sam_user_find(s, user, v, NULL);
    uint64_t as = err ? 0 : (uint64_t)sam_row_num(&v->row, SAM_USER_shown_as);
    return as && sam_user_find(s, as, v, NULL) ? sam_user_find(s, user, v, NULL) : err;
}

static int leader_add(void *ctx, const struct sam_seen *seen)
{
    struct leaders *leaders = ctx;
    uint64_t user = seen->view.row.key.part[1];
    struct sam_view v;
    if (seen->view.row.key.part[0] != leaders->of)
        return 0;
    int err = leader_find(leaders->s, user, &v);
    struct samling_leader *l = err && err != SAM_ENOTFOUND ? NULL : sam_list_add(&leaders->list);
    if (!l)
        return err && err != SAM_ENOTFOUND ? err : SAM_ENOMEM;
    l->user = user;
    l->name = sam_list_text(&leaders->list, err ? "" : sam_view_text(&v, SAM_USER_name));
    l->role = sam_row_int(&seen->view.row, leaders->role);
    l->state = seen->state;
    return 0;
}

static int compare_name(const void *a, const void *b)
{
    const struct samling_leader *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name ? by_name : (x->user > y->user) - (x->user < y->user);
}

static int leaders_finish(struct leaders *leaders, int err, struct samling_leader **out, size_t *count)
{
    static const size_t text[] = {offsetof(struct samling_leader, name)};
    err = sam_list_finish(&leaders->list, err, text, 1, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_name);
    return sam_fail(leaders->s, err, NULL);
}

int samling_session_leaders(samling *s, uint64_t session, struct samling_leader **out, size_t *count)
{
    struct leaders leaders = {.s = s, .of = session, .role = SAM_SESSION_LEADER_role};
    struct sam_view v;
    uint64_t scope;
    *out = NULL;
    *count = 0;
    int err = sam_session_find(s, session, &v, &scope);
    if (err)
        return sam_fail(s, err, err == SAM_ENOTFOUND ? "this session is not on the device" : NULL);
    sam_list_init(&leaders.list, sizeof **out);
    err = sam_rows_of_session(s, SAM_SESSION_LEADER, session, scope, leader_add, &leaders);
    return leaders_finish(&leaders, err, out, count);
}

int samling_group_leaders(samling *s, uint64_t group, struct samling_leader **out, size_t *count)
{
    struct leaders leaders = {.s = s, .of = group, .role = SAM_GROUP_LEADER_role};
    const struct sam_key key = {.entity = SAM_GROUP, .part = {group}};
    struct sam_view v;
    *out = NULL;
    *count = 0;
    int err = group == 0 || group > INT64_MAX ? SAM_ENOTFOUND : sam_replica_find(s, &key, &v, NULL);
    if (err)
        return sam_fail(s, err, err == SAM_ENOTFOUND ? "this group is not on the device" : NULL);
    sam_list_init(&leaders.list, sizeof **out);
    err = sam_rows_all(s, SAM_GROUP_LEADER, leader_add, &leaders);
    return leaders_finish(&leaders, err, out, count);
}

static int leader_say(struct samling *s, uint64_t user, uint64_t session, uint64_t leader, uint8_t kind, int role)
{
    struct sam_draft d;
    struct sam_view v;
    uint64_t scope;
    int err = sam_user_known(s, user);
    if (!err)
        err = sam_user_known(s, leader);
    if (!err)
        err = sam_session_find(s, session, &v, &scope);
    if (err)
        return err;
    sam_draft_start(s, &d, user, SAM_SESSION_LEADER, kind);
    d.op.row.key.part[0] = session;
    d.op.row.key.part[1] = leader;
    sam_draft_base(&d, session, 0, scope);
    if (kind == SAM_OP_SET)
        sam_draft_set(&d.op, SAM_SESSION_LEADER_role, role);
    if (kind == SAM_OP_SET && !d.op.row.present) /* leads, in no particular role */
        d.op.clear = 1;
    return sam_draft_save(&d);
}

int samling_leader_save(samling *s, uint64_t user, uint64_t session, uint64_t leader, int role)
{
    int err = sam_save_begin(s);
    if (!err)
        err = leader_say(s, user, session, leader, SAM_OP_SET, role);
    return sam_save_end(s, err);
}

int samling_leader_remove(samling *s, uint64_t user, uint64_t session, uint64_t leader)
{
    int err = sam_save_begin(s);
    if (!err)
        err = leader_say(s, user, session, leader, SAM_OP_TOMBSTONE, -1);
    return sam_save_end(s, err);
}
