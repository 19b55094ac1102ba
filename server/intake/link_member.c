/* Members of groups, where people are linked: whoever is shown as himself is one where something of the class is shown. An own row
 * that somebody who knew of the link deleted is shown nowhere. */
#include "server/intake/link_int.h"

#include "proto/base/err.h"

static int enrolled(struct intake *in, uint64_t person, uint64_t group, bool *is)
{
    struct sam_key key = {.entity = SAM_ENROLMENT, .part = {group, person}};
    struct store_row row;
    int err = store_row_get(in->st, &key, &row);
    *is = !err && row.exists && row.dead <= 0;
    return err;
}

static int member_wanted(struct intake *in, uint64_t person, uint64_t group, bool *wanted)
{
    struct link_class c;
    int err = link_class(in, person, &c);
    *wanted = false;
    if (err || c.id[0] != person)
        return err;
    err = enrolled(in, person, group, wanted);
    for (unsigned i = 0; !err && !*wanted && i < c.count; i++)
        err = store_person_marked(in->st, group, c.id[i], wanted);
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
    while (!err && (err = store_own_scope_next(j->in->st, person, group, &group)) == 0) {
        bool wanted = false;
        err = member_wanted(j->in, root, group, &wanted);
        if (!err && wanted)
            err = person_enter(j, group, root);
    }
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
        bool there = false, wanted = false;
        err = member_is(in, group, &key, &there);
        if (!err)
            err = member_wanted(in, key.part[0], group, &wanted);
        *is = *is && !err && there == wanted;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}
