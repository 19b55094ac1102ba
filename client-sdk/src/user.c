/* Who can save here: the clinic's users, and substitutes without an account for whom one of them vouches. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/draft.h"
#include "client-sdk/src/list.h"
#include "client-sdk/src/read.h"
#include "client-sdk/src/rows.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading */

struct users {
    struct samling *s;
    struct sam_list list;
};

static bool in_use(const struct sam_row *r)
{
    return !sam_row_has(r, SAM_USER_active) || sam_row_num(r, SAM_USER_active);
}

/* "" where ${id} is nobody, or not here. */
static int name_add(struct users *users, uint64_t id, const char **out)
{
    struct sam_view v;
    int err = id ? sam_user_find(users->s, id, &v, NULL) : SAM_ENOTFOUND;
    *out = sam_list_text(&users->list, err ? "" : sam_view_text(&v, SAM_USER_name));
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int user_add(void *ctx, const struct sam_seen *seen)
{
    struct users *users = ctx;
    const struct sam_row *r = &seen->view.row;
    struct samling_user *u = in_use(r) ? sam_list_add(&users->list) : NULL;
    if (!u)
        return in_use(r) ? SAM_ENOMEM : 0;
    u->id = r->key.part[0];
    u->role = (int)sam_row_num(r, SAM_USER_role);
    u->provisional = sam_row_num(r, SAM_USER_provisional) != 0;
    u->vouched_by = (uint64_t)sam_row_num(r, SAM_USER_vouched_by);
    u->shown_as = (uint64_t)sam_row_num(r, SAM_USER_shown_as);
    u->name = sam_list_text(&users->list, sam_view_text(&seen->view, SAM_USER_name));
    int err = name_add(users, u->vouched_by, &u->voucher);
    return err ? err : name_add(users, u->shown_as, &u->real_name);
}

static int compare_user(const void *a, const void *b)
{
    const struct samling_user *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name ? by_name : (x->id > y->id) - (x->id < y->id);
}

int samling_users(samling *s, struct samling_user **out, size_t *count)
{
    static const size_t text[] = {offsetof(struct samling_user, name), offsetof(struct samling_user, voucher),
                                  offsetof(struct samling_user, real_name)};
    struct users users = {.s = s};
    sam_list_init(&users.list, sizeof **out);
    int err = sam_rows_all(s, SAM_USER, user_add, &users);
    err = sam_list_finish(&users.list, err, text, 3, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_user);
    return sam_fail(s, err, NULL);
}

/* ---- vouching */

/* 0 in ${id}: nobody who is in use bears that name. */
static int bearer_find(struct samling *s, const char *name, uint64_t *id)
{
    struct samling_user *all;
    size_t count;
    *id = 0;
    int err = samling_users(s, &all, &count);
    for (size_t i = 0; !err && i < count && !*id; i++)
        if (!strcmp(all[i].name, name))
            *id = all[i].id;
    free(all);
    return err;
}

static int substitute_create(struct samling *s, const struct sam_view *voucher, uint64_t scope, const char *name,
                             int role, uint64_t *out)
{
    struct sam_draft d;
    uint64_t user = voucher->row.key.part[0], id = sam_draft_mint(s);
    sam_draft_start(s, &d, user, SAM_USER, SAM_OP_CREATE);
    d.op.row.key.part[0] = id;
    sam_draft_base(&d, 0, 0, scope);
    sam_row_set_text(&d.op.row, SAM_USER_name, name, strlen(name));
    sam_row_set(&d.op.row, SAM_USER_role, role);
    sam_row_set(&d.op.row, SAM_USER_org, sam_row_num(&voucher->row, SAM_USER_org));
    sam_row_set(&d.op.row, SAM_USER_provisional, 1);
    sam_row_set(&d.op.row, SAM_USER_vouched_by, (int64_t)user);
    int err = sam_draft_save(&d);
    if (!err)
        err = sam_draft_minted(s);
    if (!err)
        *out = id;
    return err;
}

int samling_user_vouch(samling *s, uint64_t user, const char *name, int role, uint64_t *out)
{
    struct sam_view v;
    uint64_t scope, bearer = 0;
    bool may = true;
    *out = 0;
    int err = sam_save_begin(s);
    if (!err)
        err = sam_user_find(s, user, &v, &scope);
    if (!err)
        may = !sam_row_num(&v.row, SAM_USER_provisional) && in_use(&v.row);
    if (!may)
        err = SAM_EDENIED;
    if (!err)
        err = bearer_find(s, name ? name : "", &bearer);
    if (!err && bearer)
        err = SAM_EEXIST;
    if (!err)
        err = substitute_create(s, &v, scope, name ? name : "", role, out);
    err = sam_save_end(s, err);
    if (err)
        *out = err == SAMLING_EEXIST ? bearer : 0;
    return may ? err : sam_fail(s, SAM_EDENIED, "who vouches has an account that is in use");
}
