/* Rows of people who are linked. Each key (session and person, group and person) is judged by itself, among what was said of this
 * very key: that is its own row (table link_row), and linking and parting never touch it. What the typed tables show is made of
 * the own rows of a whole class:
 *
 *   the root's row     the fold over all live candidates of the class's own rows
 *   everybody else's   gone
 *
 * Whoever knows of the link and says something of one key replaces what he had seen of the others too. That is remembered beside
 * the value it replaces (table link_over) and counts while the two are linked; so the end state depends on what was said and on
 * what each author had seen, never on when the link was made, and parting gives each row back what it was. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

enum { UNIT_TOMBSTONE = SAM_UNITS_MAX };

/* What was said of ${by} at ${by_csn} takes the place of the value at ${csn}, said of ${person}. */
static int over_note(struct intake *in, uint64_t person, uint64_t csn, unsigned unit, uint64_t by, uint64_t by_csn)
{
    struct store_link_over o = {csn, unit, by_csn, by, link_path_since(in, person, by)};
    return store_link_over_add(in->st, &o);
}

static struct sam_key key_of(const struct sam_key *key, uint64_t person)
{
    struct sam_key k = *key;
    k.part[sam_entity_shared(sam_entity_find(key->entity))] = person;
    return k;
}

/* ---- who is linked for the first time: his rows as they are become his own */

struct keys {
    struct sam_key *at;
    size_t count, room;
};

static int keys_add(void *ctx, const struct sam_key *key)
{
    struct keys *k = ctx;
    if (k->count == k->room) {
        size_t room = k->room ? 2 * k->room : 64;
        struct sam_key *more = realloc(k->at, room * sizeof *more);
        if (!more)
            return SAM_ENOMEM;
        k->at = more;
        k->room = room;
    }
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

/* ---- what is shown of one key of a class */

/* A value that stood in a row which is not shown any more. */
struct left {
    uint64_t csn;
    unsigned unit;
};

struct slot {
    struct intake *in;
    struct judgement *j; /* of an op on one of the keys, or of a link; NULL: it is only looked at */
    const struct link_class *c;
    struct sam_key key; /* the root's */
    uint64_t csn;
    bool judging;              /* an op on one of the keys is; else a link changes */
    bool again;                /* a link that the centre had lost */
    struct store_own_row *own; /* of each in the class */
    struct store_row row;      /* the root's, as shown */
    bool was_shown, any, changed, dead_session;
    struct candidate_set *was, *now, *one;
    struct left *left;
    size_t left_count, left_room;
    uint32_t disputed, listed, mine; /* of the op's own value: as in a judgement; units in which it is live */
};

static int left_add(struct slot *s, unsigned unit, const struct sam_candidates *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        if (s->left_count == s->left_room) {
            size_t room = s->left_room ? 2 * s->left_room : 32;
            struct left *more = realloc(s->left, room * sizeof *more);
            if (!more)
                return SAM_ENOMEM;
            s->left = more;
            s->left_room = room;
        }
        s->left[s->left_count++] = (struct left){set->at[i].csn, unit};
    }
    return 0;
}

/* It died somewhere else in the class. */
static int row_hide(struct slot *s, struct store_row *row)
{
    const struct sam_entity_def *def = sam_entity_find(row->row.key.entity);
    uint64_t was_csn = row->csn, was_scope = row->scope;
    int err = 0;
    for (unsigned unit = 0; !err && unit < def->unit_count; unit++) {
        err = candidates_load(s->in, row, unit, s->one);
        if (!err)
            err = left_add(s, unit, &s->one->set);
        if (!err && store_row_rev(row, unit).many)
            err = store_candidates_clear(s->in->st, &row->row.key, unit);
    }
    if (!err)
        err = case_row_end(s->in, &row->row.key, s->csn);
    row->row.present = 0;
    row->revs_len = 0;
    row->dead = (int64_t)s->csn;
    return err ? err : row_stand(s->in, row, was_csn, was_scope, s->csn);
}

static int losers_hide(struct slot *s)
{
    int err = 0;
    for (unsigned i = 1; !err && i < s->c->count; i++) {
        struct sam_key key = key_of(&s->key, s->c->id[i]);
        struct store_row row;
        err = store_row_get(s->in->st, &key, &row);
        if (!err && row.exists && row.dead <= 0)
            err = row_hide(s, &row);
    }
    return err;
}

/* Did somebody who knew of the link put something in place of what was said of ${person}? A link that was made anew since he
 * did not know. */
static int replaced(struct slot *s, uint64_t person, uint64_t csn, unsigned unit, bool *is)
{
    struct store_link_over o = {.csn = csn, .unit = unit};
    int err = 0;
    *is = false;
    while (!*is && (err = store_link_over_next(s->in->st, &o)) == 0)
        *is = link_in_class(s->c, o.by) && link_path_since(s->in, person, o.by) <= o.since;
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* As the store gives them back. */
static bool comes_before(const struct sam_candidate *a, const struct sam_candidate *b)
{
    return a->device_no != b->device_no ? a->device_no < b->device_no : a->seq < b->seq;
}

static int now_add(struct slot *s, unsigned unit, const struct sam_candidate *c)
{
    struct candidate_set *now = s->now;
    unsigned n = now->set.count, at = n;
    struct sam_row only = *c->value;
    if (n == SAM_CANDIDATES_MAX) /* more than anybody will look at */
        return 0;
    only.present &= sam_unit_fields(sam_entity_find(s->key.entity), 1u << unit);
    sam_buf_clear(&now->bytes);
    int err = sam_row_encode(&now->bytes, &only);
    struct sam_span bytes = sam_buf_peek(&now->bytes);
    if (!err && bytes.len > sizeof now->stored[n].value)
        err = SAM_ETOOBIG;
    if (err)
        return err;
    if (bytes.len)
        memcpy(now->stored[n].value, bytes.ptr, bytes.len);
    err = sam_row_decode(s->key.entity, (struct sam_span){now->stored[n].value, bytes.len}, &now->value[n]);
    for (; at > 0 && comes_before(c, &now->set.at[at - 1]); at--)
        now->set.at[at] = now->set.at[at - 1];
    now->set.at[at] = *c;
    now->set.at[at].value = &now->value[n];
    now->set.count++;
    return err;
}

/* All live candidates of a unit, of the whole class. */
static int now_load(struct slot *s, unsigned unit)
{
    int err = 0;
    s->now->set.count = 0;
    for (unsigned i = 0; !err && i < s->c->count; i++) {
        const struct store_row *own = &s->own[i].r;
        if (!own->exists || own->dead > 0)
            continue;
        err = candidates_load(s->in, own, unit, s->one);
        for (unsigned k = 0; !err && k < s->one->set.count; k++) {
            bool is;
            err = replaced(s, s->c->id[i], s->one->set.at[k].csn, unit, &is);
            if (!err && !is)
                err = now_add(s, unit, &s->one->set.at[k]);
        }
    }
    return err;
}

static bool same_set(const struct sam_candidates *a, const struct sam_candidates *b)
{
    bool same = a->count == b->count;
    for (unsigned i = 0; same && i < a->count; i++)
        same = a->at[i].csn == b->at[i].csn;
    return same;
}

/* Nothing is left in a unit that had something: whoever holds the row must learn that. */
static int unit_empty(struct slot *s, unsigned unit)
{
    const struct sam_row nothing = {.key = s->row.row.key};
    if (store_row_rev(&s->row, unit).csn == 0)
        return 0;
    int err = store_candidates_clear(s->in->st, &s->key, unit);
    if (!err)
        err = left_add(s, unit, &s->was->set);
    if (!err)
        err = case_unit_end(s->in, &s->key, unit, s->csn);
    store_row_rev_set(&s->row, unit, (struct store_rev){s->csn, true}, s->csn);
    sam_row_merge(&s->row.row, &nothing, 1u << unit);
    s->changed = true;
    return err;
}

static int unit_fill(struct slot *s, unsigned unit)
{
    struct judgement j = {
        .in = s->in, .a = s->j->a, .op = s->j->op, .csn = s->csn, .op_csn = s->j->op_csn, .row = &s->row, .cs = s->now};
    struct sam_fold fold;
    bool was_many = store_row_rev(&s->row, unit).many;
    bool many = s->now->set.count > 1 || s->now->set.at[0].csn != s->csn;
    sam_fold(sam_entity_find(s->key.entity), unit, &s->now->set, &fold);
    int err = many || was_many ? candidates_keep(s->in, &s->row, unit, s->now, many) : 0;
    if (!err && (s->judging || !s->dead_session))
        err = case_unit(&j, unit, &s->was->set, &fold);
    store_row_rev_set(&s->row, unit, (struct store_rev){s->csn, many}, s->csn);
    unit_show(&j, unit, &s->now->set, &fold);
    s->disputed |= j.disputed;
    s->listed |= j.listed;
    s->changed = true;
    return err;
}

static int unit_follow(struct slot *s, unsigned unit)
{
    int err = 0;
    s->was->set.count = 0;
    if (s->was_shown)
        err = candidates_load(s->in, &s->row, unit, s->was);
    if (!err)
        err = now_load(s, unit);
    if (err)
        return err;
    for (unsigned i = 0; i < s->now->set.count; i++) {
        uint64_t csn = s->now->set.at[i].csn;
        s->any = true;
        s->mine |= csn == s->csn ? 1u << unit : 0;
        for (size_t k = 0; k < s->left_count; k++)
            if (s->left[k].csn == csn && s->left[k].unit == unit)
                s->left[k].csn = 0;
    }
    if (s->was_shown && same_set(&s->was->set, &s->now->set))
        return 0;
    return s->now->set.count ? unit_fill(s, unit) : unit_empty(s, unit);
}

static int root_follow(struct slot *s)
{
    const struct sam_entity_def *def = sam_entity_find(s->key.entity);
    struct store_row *row = &s->row;
    int err = store_row_get(s->in->st, &s->key, row);
    uint64_t was_scope = row->scope;
    s->was_shown = !err && row->exists && row->dead <= 0;
    uint64_t was_csn = s->was_shown ? row->csn : 0;
    if (!s->was_shown) { /* begun anew */
        row->row.present = 0;
        row->revs_len = 0;
        row->exists = false;
    }
    row->dead = 0;
    if (!err)
        err = row_scope(s->in, row, &row->scope); /* a case is told where it arose */
    for (unsigned unit = 0; !err && unit < def->unit_count; unit++)
        err = unit_follow(s, unit);
    if (err || (!s->changed && s->any) || (!s->any && !s->was_shown))
        return err;
    if (!s->any) {
        err = case_row_end(s->in, &s->key, s->csn);
        row->row.present = 0;
        row->revs_len = 0;
        row->dead = (int64_t)s->csn;
    }
    row->exists = true;
    return err ? err : row_stand(s->in, row, was_csn, was_scope, s->csn);
}

/* Values that are shown nowhere now, and were weighed in a case. */
static int left_tell(struct slot *s)
{
    int err = 0;
    for (size_t i = 0; !err && i < s->left_count; i++)
        if (s->left[i].csn && s->left[i].csn != s->csn)
            err = standing_leave(s->j, &s->key, s->left[i].csn, s->left[i].unit, false);
    return err;
}

/* Who said what stands at ${csn}, with what he had seen. */
static int author_at(struct intake *in, uint64_t csn, struct author *a)
{
    struct store_push p = {0};
    struct store_device d;
    struct store_origin o;
    uint64_t op_csn, epoch, base;
    int err = candidate_base(in, csn, &op_csn, &epoch, &base);
    if (!err)
        err = store_push_at_csn(in->st, op_csn, &p);
    uint64_t seq = p.first_seq + (op_csn - p.first_csn);
    if (!err)
        err = store_device_get(in->st, p.device_no, &d);
    if (!err)
        err = author_of_device(in, &d, a);
    if (err)
        return err == SAM_ENOTFOUND ? SAM_ECORRUPT : err;
    a->who.seq = seq;
    author_base(in, a, epoch, base, op_csn);
    err = store_origin_at_csn(in->st, op_csn, &o);
    return err ? (err == SAM_ENOTFOUND ? 0 : err) : author_origin(in, a, &o);
}

/* The tombstones that hold in an own row: ${out} has room for SAM_CANDIDATES_MAX. */
static int tombstones_of(struct intake *in, const struct store_row *own, struct store_candidate *out, unsigned *count)
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

/* ---- a link that comes again after the centre had lost it: others may have seen it before, and what they replaced then they
 * had replaced knowingly, whoever comes first now */

/* ${by} said something of ${from} at ${csn}, in ${unit}, or deleted it. */
static int again_over(struct slot *s, const struct author *by, uint64_t from, uint64_t csn, unsigned unit, bool buries,
                      unsigned person)
{
    const struct store_row *own = &s->own[person].r;
    uint64_t id = s->c->id[person];
    struct sam_candidate tombstone = {0};
    bool knew = false;
    int err = own->exists && own->dead <= 0 ? candidates_load(s->in, own, unit, s->now) : SAM_ENOTFOUND;
    if (!err)
        err = link_path_seen(s->in, by, from, id, &knew);
    if (!err && buries)
        err = candidate_at(s->in, csn, &tombstone);
    for (unsigned i = 0; !err && knew && i < s->now->set.count; i++) {
        struct sam_candidate *x = &s->now->set.at[i], buried = tombstone;
        struct author said;
        err = candidate_align(s->in, by, x);
        bool over = !err && sam_author_saw(&by->who, x);
        if (!err && buries && !over) {
            err = author_at(s->in, x->csn, &said);
            if (!err)
                err = candidate_align(s->in, &said, &buried);
            over = !err && !sam_author_saw(&said.who, &buried);
        }
        if (!err && over)
            err = over_note(s->in, id, x->csn, unit, from, csn);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int again_unit(struct slot *s, unsigned from, unsigned unit, uint64_t csn, bool buries)
{
    struct author by;
    int err = author_at(s->in, csn, &by);
    for (unsigned i = 0; !err && i < s->c->count; i++)
        if (i != from)
            err = again_over(s, &by, s->c->id[from], csn, unit, buries, i);
    return err;
}

static int again_row(struct slot *s, unsigned from)
{
    const struct store_row *own = &s->own[from].r;
    const struct sam_entity_def *def = sam_entity_find(s->key.entity);
    unsigned tombstones;
    int err = 0;
    for (unsigned unit = 0; !err && own->dead <= 0 && unit < def->unit_count; unit++) {
        err = candidates_load(s->in, own, unit, s->one);
        for (unsigned i = 0; !err && i < s->one->set.count; i++)
            err = again_unit(s, from, unit, s->one->set.at[i].csn, false);
    }
    if (!err)
        err = tombstones_of(s->in, own, s->one->stored, &tombstones);
    for (unsigned i = 0; !err && i < tombstones; i++)
        for (unsigned unit = 0; !err && unit < def->unit_count; unit++)
            err = again_unit(s, from, unit, s->one->stored[i].csn, true);
    return err;
}

static int again_follow(struct slot *s)
{
    int err = 0;
    for (unsigned i = 0; !err && i < s->c->count; i++)
        if (s->own[i].r.exists)
            err = again_row(s, i);
    return err;
}

static int sets_make(struct slot *s)
{
    s->own = calloc(s->c->count, sizeof *s->own);
    s->was = calloc(1, sizeof *s->was);
    s->now = calloc(1, sizeof *s->now);
    s->one = calloc(1, sizeof *s->one);
    if (!s->own || !s->was || !s->now || !s->one)
        return SAM_ENOMEM;
    sam_buf_init(&s->now->bytes, SAM_OP_BYTES_MAX);
    return 0;
}

static void sets_free(struct slot *s)
{
    if (s->now)
        sam_buf_fini(&s->now->bytes);
    free(s->own);
    free(s->was);
    free(s->now);
    free(s->one);
    free(s->left);
}

static int slot_show(struct slot *s)
{
    const struct sam_entity_def *def = sam_entity_find(s->key.entity);
    bool in_session = def->scope == SAM_SCOPE_SESSION;
    int err = sets_make(s);
    for (unsigned i = 0; !err && i < s->c->count; i++) {
        struct sam_key key = key_of(&s->key, s->c->id[i]);
        err = store_own_get(s->in->st, &key, &s->own[i]);
    }
    if (!err && in_session)
        err = session_dead(s->in, s->key.part[0], &s->dead_session);
    if (!err && s->again)
        err = again_follow(s);
    if (!err)
        err = losers_hide(s);
    if (!err)
        err = root_follow(s);
    if (!err)
        err = left_tell(s);
    sets_free(s);
    return err;
}

/* ---- members: whoever is shown as himself is one where anybody of the class is by an own row */

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
static int members_follow(struct judgement *j, const struct link_class *c)
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

/* ---- a link changed */

static int key_show(struct judgement *j, const struct sam_key *key, uint64_t root, bool again)
{
    struct link_class c;
    bool cancelled = false;
    int err = link_class(j->in, root, &c);
    struct slot s = {.in = j->in, .j = j, .c = &c, .key = key_of(key, root), .csn = j->csn, .again = again};
    if (!err)
        err = slot_show(&s);
    if (!err && sam_entity_find(key->entity)->scope == SAM_SCOPE_SESSION)
        err = session_cancelled(j->in, key->part[0], &cancelled);
    return err || !cancelled ? err : case_attended(j, key->part[0], false);
}

static int key_follow(struct judgement *j, const struct sam_key *key, const struct link_class *was, bool again)
{
    int err = 0;
    for (unsigned i = 0; !err && i < was->count; i++) {
        uint64_t root;
        err = link_root(j->in, was->id[i], &root);
        if (!err && (root == was->id[i] || !link_in_class(was, root))) /* else it has its turn */
            err = key_show(j, key, root, again);
    }
    return err;
}

int link_rows_follow(struct judgement *j, const struct link_class *was, bool again)
{
    int err = 0;
    for (unsigned i = 0; !err && i < was->count; i++) {
        struct sam_key key = {0};
        while (!err && (err = store_own_next(j->in->st, was->id[i], &key, &key)) == 0)
            err = key_follow(j, &key, was, again);
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    if (!err)
        err = members_follow(j, was);
    return err ? err : primary_linked(j->in, was);
}

/* ---- is what is shown what the own rows make of it? */

static int loser_true(struct intake *in, const struct sam_key *key, bool *is)
{
    struct store_row row;
    int err = store_row_get(in->st, key, &row);
    *is = *is && !err && (!row.exists || row.dead > 0);
    return err;
}

static int root_true(struct slot *s, bool *is)
{
    const struct sam_entity_def *def = sam_entity_find(s->key.entity);
    int err = store_row_get(s->in->st, &s->key, &s->row);
    bool alive = s->row.exists && s->row.dead <= 0, any = false;
    for (unsigned unit = 0; !err && unit < def->unit_count; unit++) {
        s->was->set.count = 0;
        if (alive)
            err = candidates_load(s->in, &s->row, unit, s->was);
        if (!err)
            err = now_load(s, unit);
        any = any || s->now->set.count;
        *is = *is && !err && same_set(&s->was->set, &s->now->set);
    }
    *is = *is && any == alive;
    return err;
}

int link_row_true(struct intake *in, const struct sam_key *key, bool *is)
{
    struct link_class c;
    uint64_t person = key->part[sam_entity_shared(sam_entity_find(key->entity))];
    int err = link_class(in, person, &c);
    struct slot s = {.in = in, .c = &c, .key = key_of(key, c.id[0])};
    *is = !err;
    if (!err)
        err = sets_make(&s);
    for (unsigned i = 0; !err && i < c.count; i++) {
        struct sam_key other = key_of(key, c.id[i]);
        err = store_own_get(in->st, &other, &s.own[i]);
        if (!err && i)
            err = loser_true(in, &other, is);
    }
    if (!err)
        err = root_true(&s, is);
    sets_free(&s);
    return err;
}

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
    l->shown = key_of(key, l->c.id[0]);
    for (unsigned i = 0; !err && !l->exists && i < l->c.count; i++) {
        struct sam_key other = key_of(key, l->c.id[i]);
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
                                  .first_device_no = j->a->first_device_no,
                                  .first_seq = j->a->first_seq,
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
        return over_note(in, person, c->csn, unit, j->linked->person, j->csn);
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
    return over_note(in, j->linked->person, j->csn, unit, person, c->csn);
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
            err = over_note(j->in, j->linked->person, j->csn, unit, person, csn);
    return err;
}

static int tombstones_against(struct judgement *j, uint64_t person, const struct store_row *other,
                              struct candidate_set *cs)
{
    unsigned count;
    int err = tombstones_of(j->in, other, cs->stored, &count);
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
    err = over_note(j->in, person, c->csn, unit, j->linked->person, j->csn);
    if (err || sam_author_saw(&j->a->who, c))
        return err;
    return standing_set(j->in, &j->linked->shown, c->csn, unit, STANDING_LISTED, j->csn);
}

static int other_follow(struct judgement *j, uint64_t person, struct store_own_row *other, struct candidate_set *cs)
{
    const struct sam_key key = key_of(&j->op->row.key, person);
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
    struct slot s = {.in = j->in, .j = j, .c = &l->c, .key = l->shown, .csn = j->csn, .judging = true};
    if (!err)
        err = slot_show(&s);
    if (!err)
        err = own_consequences(j);
    j->disputed |= s.disputed;
    j->listed |= s.listed;
    if (!(j->listed & (MARK_SUPERSEDED | MARK_DELETED)))
        j->listed |= own & ~s.mine;
    return err;
}
