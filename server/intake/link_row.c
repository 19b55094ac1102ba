/* Own rows of people who are linked. Each key (session and person, group and person) is judged by itself, among what was said of
 * this very key: that is its own row (table link_row), and linking and parting never touch it. Who is linked for the first time
 * gets his rows as they are; the row that is shown follows from those of the whole class (link_show.c).
 *
 * Whoever knows of the link and says something of one key replaces what he had seen of the others too. That is remembered beside
 * the value it replaces (table link_over) and counts while the two are linked; so the end state depends on what was said and on
 * what each author had seen, never on when the link was made, and parting gives each row back what it was. */
#include "server/intake/link_int.h"

#include "proto/base/err.h"
#include "proto/base/grow.h"

#include <stdlib.h>

enum { UNIT_TOMBSTONE = SAM_UNITS_MAX };

int link_over_note(struct intake *in, uint64_t person, uint64_t csn, unsigned unit, uint64_t by, uint64_t by_csn)
{
    struct store_link_over o = {csn, unit, by_csn, by, link_path_since(in, person, by)};
    return store_link_over_add(in->st, &o);
}

struct sam_key link_key_of(const struct sam_key *key, uint64_t person)
{
    struct sam_key k = *key;
    k.part[sam_entity_shared(sam_entity_find(key->entity))] = person;
    return k;
}

int link_tombstones_of(struct intake *in, const struct store_row *own, struct store_candidate *out, unsigned *count)
{
    *count = 0;
    if (!own->dead)
        return 0;
    int err = store_candidates_get(in->st, &own->row.key, UNIT_TOMBSTONE + STORE_OWN, out, SAM_CANDIDATES_MAX, count);
    if (!err && *count == 0) {
        out[0].csn = (uint64_t)(own->dead > 0 ? own->dead : -own->dead);
        *count = 1;
    }
    return err;
}

/* ---- who is linked for the first time: his rows as they are become his own */

struct keys {
    struct sam_key *at;
    size_t count, room;
};

static int keys_add(void *ctx, const struct sam_key *key)
{
    struct keys *k = ctx;
    struct sam_key *at = sam_grow(k->at, &k->room, k->count + 1, sizeof *at);
    if (!at)
        return SAM_ENOMEM;
    k->at = at;
    k->at[k->count++] = *key;
    return 0;
}

static int candidates_copy(struct intake *in, const struct sam_key *key, unsigned unit, struct store_candidate *c)
{
    unsigned count;
    int err = store_candidates_get(in->st, key, unit, c, SAM_CANDIDATES_MAX, &count);
    for (unsigned i = 0; !err && i < count; i++)
        err = store_candidate_add(in->st, key, unit + STORE_OWN, &c[i]);
    return err;
}

static int row_begin(struct intake *in, const struct sam_key *key, uint64_t person, struct store_candidate *c)
{
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    struct store_row row;
    int err = store_row_get(in->st, key, &row);
    if (!err)
        err = store_own_put(in->st, &row, person);
    for (unsigned unit = 0; !err && unit < def->unit_count; unit++)
        if (store_row_rev(&row, unit).many)
            err = candidates_copy(in, key, unit, c);
    if (!err)
        err = candidates_copy(in, key, UNIT_TOMBSTONE, c);
    return err ? err : store_candidates_clear(in->st, key, UNIT_TOMBSTONE);
}

int link_rows_begin(struct intake *in, uint64_t person)
{
    const struct sam_entity_def *def;
    struct keys keys = {0};
    struct store_candidate *c = calloc(SAM_CANDIDATES_MAX, sizeof *c);
    int err = c ? 0 : SAM_ENOMEM;
    for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++)
        if (sam_entity_shared(def) >= 0)
            err = store_person_rows(in->st, def->tag, person, keys_add, &keys);
    for (size_t i = 0; !err && i < keys.count; i++)
        err = row_begin(in, &keys.at[i], person, c);
    free(keys.at);
    free(c);
    return err;
}

/* ---- one op on a key of somebody who is linked */

int link_open(struct judgement *j)
{
    struct intake *in = j->in;
    const struct sam_key *key = &j->op->row.key;
    int part = sam_entity_shared(sam_entity_find(key->entity));
    bool known = false;
    int err = part >= 0 ? link_known(in, key->part[part], &known) : 0;
    if (err || !known)
        return err;
    struct linked *l = j->linked = calloc(1, sizeof *l);
    if (!l)
        return SAM_ENOMEM;
    l->person = key->part[part];
    err = link_class(in, l->person, &l->c);
    l->shown = link_key_of(key, l->c.id[0]);
    for (unsigned i = 0; !err && !l->exists && i < l->c.count; i++) {
        struct sam_key other = link_key_of(key, l->c.id[i]);
        err = store_own_get(in->st, &other, &l->own);
        l->exists = l->own.r.exists;
    }
    if (!err)
        err = store_own_get(in->st, key, &l->own);
    j->row = &l->own.r;
    return err;
}

int link_row_exists(struct intake *in, const struct sam_key *key, bool *exists)
{
    struct store_row row;
    struct judgement j = {.in = in, .op = &(struct sam_op){.row.key = *key}};
    int err = link_open(&j);
    *exists = !err && j.linked && j.linked->exists;
    if (!err && !j.linked && (err = store_row_get(in->st, key, &row)) == 0)
        *exists = row.exists;
    free(j.linked);
    return err;
}

static struct sam_candidate op_as_candidate(const struct judgement *j)
{
    return (struct sam_candidate){.device_no = j->a->who.device_no,
                                  .seq = j->a->who.seq,
                                  .csn = j->csn,
                                  .first_device_no = j->a->who.first_device_no,
                                  .first_seq = j->a->who.first_seq,
                                  .lost_epoch = j->a->lost_epoch,
                                  .lost_csn = j->a->lost_csn};
}

/* A value of another key in the class, against the op. ${knows}: the op's author had seen that the two are one. */
static int value_against(struct judgement *j, uint64_t person, unsigned unit, bool knows, struct sam_candidate *c)
{
    struct intake *in = j->in;
    struct author by;
    bool seen = false;
    int err = candidate_align(in, j->a, c);
    if (err)
        return err;
    bool later = sam_author_later(&j->a->who, c);
    if (knows && sam_author_saw(&j->a->who, c))
        return link_over_note(in, person, c->csn, unit, j->linked->person, j->csn);
    if (!later && !j->a->lost_csn) /* the value came before: its author cannot have seen this */
        return 0;
    err = author_at(in, c->csn, &by);
    if (!err)
        err = link_path_seen(in, &by, person, j->linked->person, &seen);
    struct sam_candidate x = op_as_candidate(j);
    if (!err)
        err = candidate_align(in, &by, &x);
    if (err || !seen || !sam_author_saw(&by.who, &x))
        return err;
    j->listed |= later ? MARK_SUPERSEDED : 1u << unit;
    return link_over_note(in, j->linked->person, j->csn, unit, person, c->csn);
}

/* The op, where another key of the class was deleted by somebody who knew that they are one, and whom its author had not seen. */
static int tombstone_against(struct judgement *j, uint64_t person, uint64_t csn)
{
    struct author by;
    struct sam_candidate c;
    bool knew = false;
    uint32_t units = sam_op_units(j->op);
    int err = author_at(j->in, csn, &by);
    if (!err)
        err = link_path_seen(j->in, &by, person, j->linked->person, &knew);
    if (!err)
        err = candidate_at(j->in, csn, &c);
    if (!err)
        err = candidate_align(j->in, j->a, &c);
    if (err)
        return err;
    if (!knew || sam_author_saw(&j->a->who, &c))
        return 0;
    j->listed |= MARK_DELETED;
    for (unsigned unit = 0; !err && units >> unit; unit++)
        if (units >> unit & 1u)
            err = link_over_note(j->in, j->linked->person, j->csn, unit, person, csn);
    return err;
}

static int tombstones_against(struct judgement *j, uint64_t person, const struct store_row *other,
                              struct candidate_set *cs)
{
    unsigned count;
    int err = link_tombstones_of(j->in, other, cs->stored, &count);
    for (unsigned i = 0; !err && i < count; i++)
        err = tombstone_against(j, person, cs->stored[i].csn);
    return err;
}

/* Deleted by somebody who knows that they are one: all that is said of the others goes too; what he had not seen is listed. */
static int value_bury(struct judgement *j, uint64_t person, unsigned unit, struct sam_candidate *c)
{
    bool lives;
    int err =
        lost_seen_by(j->in, j->a, c->csn, &lives); /* said by somebody who knew the tombstone before it was lost */
    if (err || lives)
        return err;
    err = candidate_align(j->in, j->a, c);
    if (err)
        return err;
    err = link_over_note(j->in, person, c->csn, unit, j->linked->person, j->csn);
    if (err || sam_author_saw(&j->a->who, c))
        return err;
    return standing_set(j->in, &j->linked->shown, c->csn, unit, STANDING_LISTED, j->csn);
}

static int other_follow(struct judgement *j, uint64_t person, struct store_own_row *other, struct candidate_set *cs)
{
    const struct sam_key key = link_key_of(&j->op->row.key, person);
    const struct sam_entity_def *def = sam_entity_find(key.entity);
    bool knows, buries = j->op->kind == SAM_OP_TOMBSTONE;
    uint32_t units = buries ? UINT32_MAX : sam_op_units(j->op);
    int err = store_own_get(j->in->st, &key, other);
    if (!err && other->r.exists)
        err = link_path_seen(j->in, j->a, j->linked->person, person, &knows);
    if (err || !other->r.exists)
        return err;
    for (unsigned unit = 0; !err && other->r.dead <= 0 && unit < def->unit_count; unit++) {
        if (!(units >> unit & 1u) || (buries && !knows))
            continue;
        err = candidates_load(j->in, &other->r, unit, cs);
        for (unsigned i = 0; !err && i < cs->set.count; i++)
            err = buries ? value_bury(j, person, unit, &cs->set.at[i])
                         : value_against(j, person, unit, knows, &cs->set.at[i]);
    }
    return err || buries ? err : tombstones_against(j, person, &other->r, cs);
}

static int others_follow(struct judgement *j)
{
    struct linked *l = j->linked;
    struct store_own_row *other = malloc(sizeof *other);
    struct candidate_set *cs = calloc(1, sizeof *cs);
    int err = other && cs ? 0 : SAM_ENOMEM;
    for (unsigned i = 0; !err && i < l->c.count; i++)
        if (l->c.id[i] != l->person)
            err = other_follow(j, l->c.id[i], other, cs);
    free(other);
    free(cs);
    return err;
}

/* As in place.c: what hangs on a row that changed, with whoever the person is shown as. */
static int own_consequences(struct judgement *j)
{
    const struct sam_key *key = &j->row->row.key;
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    uint64_t group = key->part[0], scope;
    if (def->scope == SAM_SCOPE_PERSON)
        return 0;
    int err = def->scope == SAM_SCOPE_SESSION ? session_place(j->in, key->part[0], &group, &scope) : 0;
    if (!err && group)
        err = link_member_review(j, group, j->linked->person);
    return err || def->scope != SAM_SCOPE_SESSION ? err : session_proved(j);
}

/* The units in which the op's value is live in its own row. */
static int own_units(struct judgement *j, uint32_t *units)
{
    struct candidate_set *cs = calloc(1, sizeof *cs);
    uint32_t asked = sam_op_units(j->op);
    int err = cs ? 0 : SAM_ENOMEM;
    *units = 0;
    for (unsigned unit = 0; !err && j->row->dead <= 0 && asked >> unit; unit++) {
        if (!(asked >> unit & 1u))
            continue;
        err = candidates_load(j->in, j->row, unit, cs);
        for (unsigned i = 0; !err && i < cs->set.count; i++)
            *units |= cs->set.at[i].csn == j->csn ? 1u << unit : 0;
    }
    free(cs);
    return err;
}

int link_write(struct judgement *j)
{
    struct linked *l = j->linked;
    uint32_t own = 0;
    j->row->csn = j->csn;
    j->row->exists = true;
    int err = store_own_put(j->in->st, j->row, l->person);
    if (!err)
        err = own_units(j, &own);
    if (!err)
        err = others_follow(j);
    struct link_slot s = {.in = j->in, .j = j, .c = &l->c, .key = l->shown, .csn = j->csn, .judging = true};
    if (!err)
        err = link_slot_show(&s);
    if (!err)
        err = own_consequences(j);
    j->disputed |= s.disputed;
    j->listed |= s.listed;
    if (!(j->listed & (MARK_SUPERSEDED | MARK_DELETED)))
        j->listed |= own & ~s.mine;
    return err;
}
