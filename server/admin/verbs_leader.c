/* Who leads a group, and who led a session: a row each, so that somebody who steps in takes nobody's away. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

/* What leads what: a group and a session are led alike. */
struct led {
    uint8_t entity;
    unsigned role;
    uint64_t on; /* the group or the session */
};

static int leader_add(struct verb_context *v, const struct led *l, uint64_t user)
{
    const struct value_option option = {"role", l->role};
    struct store_row row;
    struct sam_op op;
    int err = author_row(v, SAM_USER, user, &row);
    if (err)
        return err;
    author_set(v, &op, &(struct sam_key){.entity = l->entity, .part = {l->on, user}});
    if (sam_row_has(&row.row, SAM_USER_role))
        sam_row_set(&op.row, l->role, sam_row_num(&row.row, SAM_USER_role));
    err = value_given(v, &option, 1, &op.row);
    return err ? err : author_apply(v, &op);
}

static int leader_remove(struct verb_context *v, const struct led *l, uint64_t user)
{
    struct store_row row;
    struct sam_op op;
    struct sam_key key = {.entity = l->entity, .part = {l->on, user}};
    int err = store_row_get(v->st, &key, &row);
    if (!err && (!row.exists || row.dead > 0))
        err = verb_refuse(v, SAM_TEXT_LEADER_NONE);
    if (err)
        return err;
    author_set(v, &op, &key);
    op.kind = SAM_OP_TOMBSTONE;
    return author_apply(v, &op);
}

static int leader_change(struct verb_context *v, const struct led *l, bool add)
{
    uint64_t user;
    char name[SAM_NAME_BYTES_MAX + 1];
    int err = author_user(v, v->args.pos[2], &user);
    if (!err)
        err = add ? leader_add(v, l, user) : leader_remove(v, l, user);
    if (err)
        return err;
    author_name(v, SAM_USER, user, SAM_USER_name, name, sizeof name);
    report_num(&v->report, "user", (int64_t)user);
    report_num(&v->report, "leads", add);
    report_tell(&v->report, add ? SAM_TEXT_LEADER_ADDED : SAM_TEXT_LEADER_REMOVED, name);
    return VERB_OK;
}

struct listing {
    struct verb_context *v;
    const struct led *l;
};

static int leader_row(void *ctx, const struct store_row *row)
{
    struct listing *l = ctx;
    char name[SAM_NAME_BYTES_MAX + 1];
    report_cell_num(&l->v->report, (int64_t)row->row.key.part[1]);
    author_name(l->v, SAM_USER, row->row.key.part[1], SAM_USER_name, name, sizeof name);
    report_cell_text(&l->v->report, name, strlen(name));
    value_cell(l->v, &row->row, l->l->role);
    return 0;
}

static int leader_list(struct verb_context *v, const struct led *l)
{
    static const struct report_column columns[] = {
        {"user", SAM_TEXT_COL_ID}, {"name", SAM_TEXT_COL_NAME}, {"role", SAM_TEXT_COL_ROLE}};
    struct listing list = {.v = v, .l = l};
    report_table(&v->report, columns, 3);
    int err = author_each_of(v, l->entity, l->on, leader_row, &list);
    if (!err)
        report_table_end(&v->report);
    return err;
}

static int leader(struct verb_context *v, struct led *l,
                  int (*find)(struct verb_context *v, const char *word, uint64_t *id))
{
    const char *what = v->args.pos[0];
    bool list = strcmp(what, "list") == 0, add = strcmp(what, "add") == 0;
    if ((!list && !add && strcmp(what, "remove") != 0) || v->args.pos_count != (list ? 2u : 3u))
        return verb_usage(v);
    int err = find(v, v->args.pos[1], &l->on);
    if (err)
        return err;
    return list ? leader_list(v, l) : leader_change(v, l, add);
}

int verb_group_leader(struct verb_context *v)
{
    struct led l = {.entity = SAM_GROUP_LEADER, .role = SAM_GROUP_LEADER_role};
    return leader(v, &l, author_group);
}

/* A session by its number, or by its group and --date. */
static int session_find(struct verb_context *v, const char *word, uint64_t *id)
{
    int32_t day = 0;
    uint64_t group;
    struct store_row row;
    if (args_date(&v->args, "date", &day))
        return verb_usage(v);
    if (!args_has(&v->args, "date")) {
        int err = args_number(word, 1, INT64_MAX, id) ? SAM_ENOTFOUND : author_row(v, SAM_SESSION, *id, &row);
        return err == SAM_ENOTFOUND ? verb_refuse(v, SAM_TEXT_LEADER_SESSION) : err;
    }
    int err = author_group(v, word, &group);
    if (!err)
        err = store_session_on(v->st, group, day, id);
    return err == SAM_ENOTFOUND ? verb_refuse(v, SAM_TEXT_LEADER_NO_SESSION, args_get(&v->args, "date")) : err;
}

int verb_session_leader(struct verb_context *v)
{
    struct led l = {.entity = SAM_SESSION_LEADER, .role = SAM_SESSION_LEADER_role};
    return leader(v, &l, session_find);
}
