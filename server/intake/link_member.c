/* Members of groups, where people are linked: whoever is shown as himself is one where anybody of the class is by an own row. */
#include "server/intake/link_int.h"

#include "proto/base/err.h"

static int member_by_own(struct intake *in, uint64_t person, uint64_t group, bool *is)
{
    uint64_t at = 0;
    int err = store_own_scope_next(in->st, person, group - 1, &at);
    *is = !err && at == group;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int member_wanted(struct intake *in, uint64_t person, uint64_t group, bool *wanted)
{
    struct link_class c;
    int err = link_class(in, person, &c);
    *wanted = false;
    for (unsigned i = 0; !err && !*wanted && c.id[0] == person && i < c.count; i++)
        err = member_by_own(in, c.id[i], group, wanted);
    return err;
}

int link_member_review(struct judgement *j, uint64_t group, uint64_t person)
{
    uint64_t root;
    bool wanted = false;
    int err = link_root(j->in, person, &root);
    if (!err)
        err = member_wanted(j->in, root, group, &wanted);
    if (err)
        return err;
    return wanted ? person_enter(j, group, root) : person_leave(j, group, root);
}

static int members_leave(struct judgement *j, uint64_t person)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    struct store_member m = {0};
    int err;
    while ((err = store_member_next(j->in->st, &key, m.scope, &m)) == 0) {
        bool wanted = true;
        if (!m.gone)
            err = member_wanted(j->in, person, m.scope, &wanted);
        if (!err && !wanted)
            err = person_leave(j, m.scope, person);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int members_enter(struct judgement *j, uint64_t person)
{
    uint64_t group = 0, root;
    int err = link_root(j->in, person, &root);
    while (!err && (err = store_own_scope_next(j->in->st, person, group, &group)) == 0)
        err = person_enter(j, group, root);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* First out, then in: nobody is taken for two people in one group meanwhile. What hangs on them by itself, a form or the link,
 * stands where its person is shown. */
int link_members_follow(struct judgement *j, const struct link_class *c)
{
    int err = 0;
    for (unsigned i = 0; !err && i < c->count; i++)
        err = members_leave(j, c->id[i]);
    for (unsigned i = 0; !err && i < c->count; i++)
        err = members_enter(j, c->id[i]);
    for (unsigned i = 0; !err && i < c->count; i++)
        err = members_settle(j->in, c->id[i], j->csn);
    return err;
}

/* ---- are those members who should be? */

int link_members_true(struct intake *in, uint64_t person, bool *is)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {person}};
    struct store_member m = {0};
    uint64_t group = 0;
    int err = 0;
    *is = true;
    while (!err && (err = store_member_next(in->st, &key, m.scope, &m)) == 0) {
        bool wanted = true;
        if (!m.gone)
            err = member_wanted(in, person, m.scope, &wanted);
        *is = *is && wanted;
    }
    err = err == SAM_ENOTFOUND ? link_root(in, person, &key.part[0]) : err;
    while (!err && (err = store_own_scope_next(in->st, person, group, &group)) == 0) {
        bool there;
        err = member_is(in, group, &key, &there);
        *is = *is && there;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}
