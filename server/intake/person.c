/* Two who may be one person: a walk-in, made on a tablet without the list at hand, and somebody of the same name in the same
 * group. A case is open while both live, are not linked, share a group and a name, and nobody has said that they may stand. It is
 * looked at when somebody becomes a member or leaves, and when a name changes; a mark on a member costs nothing. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

#include <string.h>

enum { UNIT_NAME = 0, UNIT_PROVISIONAL = 8 };

/* Somebody, with memory for the name. */
struct person {
    struct sam_row row;
    bool alive;
    uint8_t name[SAM_NAME_BYTES_MAX];
};

static int person_get(struct intake *in, uint64_t id, struct person *p)
{
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {id}};
    struct store_row row;
    int err = store_row_get(in->st, &key, &row);
    p->row = row.row;
    p->alive = !err && row.exists && row.dead <= 0;
    if (err || !sam_row_has(&row.row, SAM_PARTICIPANT_name))
        return err;
    struct sam_span name = row.row.val[SAM_PARTICIPANT_name].text;
    if (name.len > sizeof p->name)
        return SAM_ECORRUPT;
    memcpy(p->name, name.ptr, name.len);
    sam_row_set_text(&p->row, SAM_PARTICIPANT_name, p->name, name.len);
    return 0;
}

static int pair_check(struct judgement *j, const struct person *p, uint64_t other)
{
    struct intake *in = j->in;
    uint64_t one = p->row.key.part[0], root = 0, other_root = 0, scope = 0;
    struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {one < other ? one : other, one < other ? other : one}};
    struct person q;
    int err = person_get(in, other, &q);
    bool holds = !err && p->alive && q.alive && sam_rule_same_person(&p->row, &q.row);
    if (!err)
        err = link_root(in, one, &root);
    if (!err)
        err = link_root(in, other, &other_root);
    if (!err && holds)
        err = store_person_scope(in->st, one, other, &scope);
    holds = holds && scope && root != other_root;
    return err ? err : case_of_rule(j, &key, SAM_RULE_SAME_PERSON, holds, scope);
}

int person_joined(struct judgement *j, uint64_t scope, uint64_t id)
{
    struct person p;
    uint64_t other = 0;
    int err = person_get(j->in, id, &p);
    bool all = !err && sam_row_num(&p.row, SAM_PARTICIPANT_provisional);
    while (!err && (err = store_person_mate(j->in->st, scope, !all, other, &other)) == 0)
        if (other != id)
            err = pair_check(j, &p, other);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* The pairs of which there is a case, closed ones too. */
static int pairs_check(struct judgement *j, const struct person *p)
{
    uint64_t id = p->row.key.part[0], no = 0, one, other;
    int err;
    while ((err = store_person_case(j->in->st, id, no, &no, &one, &other)) == 0)
        if ((err = pair_check(j, p, one == id ? other : one)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

int person_left(struct judgement *j, uint64_t id)
{
    struct person p;
    int err = person_get(j->in, id, &p);
    return err ? err : pairs_check(j, &p);
}

int person_changed(struct judgement *j)
{
    struct sam_key key = j->row->row.key;
    struct store_member m = {0};
    struct person p;
    if (j->op->kind == SAM_OP_SET && !(sam_op_units(j->op) & (1u << UNIT_NAME | 1u << UNIT_PROVISIONAL)))
        return 0;
    int err = person_get(j->in, key.part[0], &p);
    if (!err)
        err = pairs_check(j, &p);
    while (!err && p.alive && (err = store_member_next(j->in->st, &key, m.scope, &m)) == 0)
        if (!m.gone)
            err = person_joined(j, m.scope, key.part[0]);
    return err == SAM_ENOTFOUND ? 0 : err;
}
