/* What is shown of one key of a class. The typed tables are made of the own rows (link_row.c) of all in it:
 *
 *   the root's row     the fold over all live candidates of the class's own rows
 *   everybody else's   gone
 *
 * That is looked at when an op on one of the keys was judged, when a link changed, and by verify. */
#include "server/intake/link_int.h"

#include "proto/base/err.h"
#include "proto/base/grow.h"

#include <stdlib.h>
#include <string.h>

/* A value that stood in a row which is not shown any more. */
struct left {
    uint64_t csn;
    unsigned unit;
};

static int left_add(struct link_slot *s, unsigned unit, const struct sam_candidates *set)
{
    for (unsigned i = 0; i < set->count; i++) {
        struct left *left = sam_grow(s->left, &s->left_room, s->left_count + 1, sizeof *left);
        if (!left)
            return SAM_ENOMEM;
        s->left = left;
        s->left[s->left_count++] = (struct left){set->at[i].csn, unit};
    }
    return 0;
}

/* It died somewhere else in the class. */
static int row_hide(struct link_slot *s, struct store_row *row)
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

static int losers_hide(struct link_slot *s)
{
    int err = 0;
    for (unsigned i = 1; !err && i < s->c->count; i++) {
        struct sam_key key = link_key_of(&s->key, s->c->id[i]);
        struct store_row row;
        err = store_row_get(s->in->st, &key, &row);
        if (!err && row.exists && row.dead <= 0)
            err = row_hide(s, &row);
    }
    return err;
}

/* Did somebody who knew of the link put something in place of what was said of ${person}? A link that was made anew since he
 * did not know. */
static int replaced(struct link_slot *s, uint64_t person, uint64_t csn, unsigned unit, bool *is)
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

static int now_add(struct link_slot *s, unsigned unit, const struct sam_candidate *c)
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
static int now_load(struct link_slot *s, unsigned unit)
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
static int unit_empty(struct link_slot *s, unsigned unit)
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

static int unit_fill(struct link_slot *s, unsigned unit)
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

static int unit_follow(struct link_slot *s, unsigned unit)
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

static int root_follow(struct link_slot *s)
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
static int left_tell(struct link_slot *s)
{
    int err = 0;
    for (size_t i = 0; !err && i < s->left_count; i++)
        if (s->left[i].csn && s->left[i].csn != s->csn)
            err = standing_leave(s->j, &s->key, s->left[i].csn, s->left[i].unit, false);
    return err;
}

static int sets_make(struct link_slot *s)
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

static void sets_free(struct link_slot *s)
{
    if (s->now)
        sam_buf_fini(&s->now->bytes);
    free(s->own);
    free(s->was);
    free(s->now);
    free(s->one);
    free(s->left);
}

int link_slot_show(struct link_slot *s)
{
    const struct sam_entity_def *def = sam_entity_find(s->key.entity);
    bool in_session = def->scope == SAM_SCOPE_SESSION;
    int err = sets_make(s);
    for (unsigned i = 0; !err && i < s->c->count; i++) {
        struct sam_key key = link_key_of(&s->key, s->c->id[i]);
        err = store_own_get(s->in->st, &key, &s->own[i]);
    }
    if (!err && in_session)
        err = session_dead(s->in, s->key.part[0], &s->dead_session);
    if (!err && s->again)
        err = link_again_follow(s);
    if (!err)
        err = losers_hide(s);
    if (!err)
        err = root_follow(s);
    if (!err)
        err = left_tell(s);
    sets_free(s);
    return err;
}

/* ---- a link changed */

static int key_show(struct judgement *j, const struct sam_key *key, uint64_t root, bool again)
{
    struct link_class c;
    bool cancelled = false;
    int err = link_class(j->in, root, &c);
    struct link_slot s = {.in = j->in, .j = j, .c = &c, .key = link_key_of(key, root), .csn = j->csn, .again = again};
    if (!err)
        err = link_slot_show(&s);
    if (!err && sam_entity_find(key->entity)->scope == SAM_SCOPE_SESSION)
        err = session_cancelled(j->in, key->part[0], &cancelled);
    return err || !cancelled ? err : attended_changed(j->in, key->part[0], j->csn, false);
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
        err = link_members_follow(j, was);
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

static int root_true(struct link_slot *s, bool *is)
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
    struct link_slot s = {.in = in, .c = &c, .key = link_key_of(key, c.id[0])};
    *is = !err;
    if (!err)
        err = sets_make(&s);
    for (unsigned i = 0; !err && i < c.count; i++) {
        struct sam_key other = link_key_of(key, c.id[i]);
        err = store_own_get(in->st, &other, &s.own[i]);
        if (!err && i)
            err = loser_true(in, &other, is);
    }
    if (!err)
        err = root_true(&s, is);
    sets_free(&s);
    return err;
}
