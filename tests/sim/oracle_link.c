/* Goal: say who is shown as whom, and which values of linked people take each other's place.
 *
 * A link says that one participant, the loser, is shown as another. What was said of each stays where it was said: a row is judged by
 * itself, and what is shown is the fold over the live values of all who are shown as one. Somebody who knew of every link between
 * two and said something of the one replaces what he had seen of the other too; a link that was taken back and made anew he did not
 * know. So nothing here is kept but which links stand, and under which op each does. */
#include "tests/sim/oracle_int.h"

#include <string.h>

enum { PERSON = 1, WINNER = 2, WAY_MAX = 64 };

/* ---- which links stand */

static struct link *link_find(const struct oracle *o, uint64_t id)
{
    for (size_t i = 0; i < o->link_count; i++)
        if (o->link[i].id == id)
            return &o->link[i];
    return NULL;
}

static uint64_t winner_of(const struct oracle *o, uint64_t id)
{
    const struct link *l = link_find(o, id);
    return l ? l->winner : 0;
}

static struct link *link_make(struct oracle *o, uint64_t id)
{
    struct link *l = link_find(o, id);
    if (l)
        return l;
    l = ADD(o->link, o->link_count, o->link_room);
    *l = (struct link){.id = id};
    return l;
}

uint64_t oracle_link_root(const struct oracle *o, uint64_t id)
{
    for (uint64_t up; (up = winner_of(o, id)) != 0;)
        id = up;
    return id;
}

bool oracle_is_shared(const struct row *r)
{
    return r->name.entity == ORACLE_ATTENDANCE || r->name.entity == ORACLE_ENROLMENT;
}

bool oracle_link_known(const struct oracle *o, const struct row *r)
{
    return oracle_is_shared(r) && link_find(o, r->name.key[PERSON]);
}

struct oracle_row oracle_row_of(const struct row *r, uint64_t person)
{
    struct oracle_row name = r->name;
    name.key[PERSON] = person;
    return name;
}

/* The rows of all who are shown as one, at the place of ${r}; NULL behind the last. */
const struct row *oracle_link_next(const struct oracle *o, const struct row *r, size_t *at)
{
    uint64_t root = oracle_link_root(o, r->name.key[PERSON]);
    while (*at < o->link_count) {
        const struct link *l = &o->link[(*at)++];
        if (oracle_link_root(o, l->id) != root)
            continue;
        struct oracle_row name = oracle_row_of(r, l->id);
        const struct row *other = oracle_row_find(o, &name);
        if (other)
            return other;
    }
    return NULL;
}

/* ---- a link changes */

static bool circle(const struct oracle *o, uint64_t loser, uint64_t winner)
{
    for (; winner; winner = winner_of(o, winner))
        if (winner == loser)
            return true;
    return false;
}

static void link_set(struct oracle *o, uint64_t loser, uint64_t winner, uint64_t said)
{
    if (winner)
        link_make(o, winner);
    struct link *l = link_make(o, loser);
    l->winner = winner;
    l->said = said;
}

static uint64_t shown_winner(const struct oracle *o, struct row *r)
{
    const struct oracle_unit *u = &r->unit[0];
    oracle_judge(o, r);
    return oracle_lives(r) && (u->present & T(WINNER)) ? (uint64_t)u->value[WINNER] : 0;
}

/* The next that is said and does not stand, by rising id: it would have closed a circle. */
static struct row *idle_next(const struct oracle *o, uint64_t after)
{
    struct row *next = NULL;
    for (size_t i = 0; i < o->row_count; i++) {
        struct row *r = o->row[i];
        uint64_t id = r->name.key[0];
        if (r->name.entity == ORACLE_LINK && id > after && (!next || id < next->name.key[0]) && !winner_of(o, id) &&
            shown_winner(o, r))
            next = r;
    }
    return next;
}

/* Whoever is shown now has a row to be shown in. */
static void rows_follow(struct oracle *o)
{
    for (size_t i = 0; i < o->row_count; i++) {
        struct row *r = o->row[i];
        if (!oracle_link_known(o, r))
            continue;
        r->judged = false;
        struct oracle_row name = oracle_row_of(r, oracle_link_root(o, r->name.key[PERSON]));
        oracle_row_make(o, &name);
    }
}

void oracle_link_follow(struct oracle *o, const struct op *p)
{
    uint64_t loser = p->told.row.key[0], winner = shown_winner(o, o->row[p->row]);
    if (winner == winner_of(o, loser))
        return;
    if (winner_of(o, loser))
        link_set(o, loser, 0, p->told.gid);
    if (winner && !circle(o, loser, winner))
        link_set(o, loser, winner, p->told.gid);
    uint64_t after = 0;
    for (struct row *r; (r = idle_next(o, after)); after = r->name.key[0])
        if (!circle(o, r->name.key[0], shown_winner(o, r)))
            link_set(o, r->name.key[0], shown_winner(o, r), p->told.gid);
    rows_follow(o);
}

void oracle_link_touch(struct oracle *o, const struct row *r)
{
    size_t at = 0;
    if (!o->link_count || !oracle_link_known(o, r))
        return;
    struct oracle_row name = oracle_row_of(r, oracle_link_root(o, r->name.key[PERSON]));
    oracle_row_make(o, &name);
    for (const struct row *other; (other = oracle_link_next(o, r, &at));)
        ((struct row *)(uintptr_t)other)->judged = false;
}

/* ---- who knew that two are one */

static size_t way_up(const struct oracle *o, uint64_t id, uint64_t up[WAY_MAX])
{
    size_t n = 0;
    for (; id; id = winner_of(o, id)) {
        oracle_must(n < WAY_MAX, "more links in a row than anybody makes");
        up[n++] = id;
    }
    return n;
}

/* ${y}'s author had seen each link on the way from one to the other. */
static bool knew(const struct oracle *o, const struct op *y, uint64_t one, uint64_t other)
{
    uint64_t a[WAY_MAX], b[WAY_MAX];
    size_t n = way_up(o, one, a), m = way_up(o, other, b);
    while (n > 1 && m > 1 && a[n - 2] == b[m - 2])
        n--, m--;
    bool all = true;
    for (size_t i = 0; i + 1 < n; i++)
        all = all && oracle_saw(o, y, oracle_op_of(o, link_find(o, a[i])->said));
    for (size_t i = 0; i + 1 < m; i++)
        all = all && oracle_saw(o, y, oracle_op_of(o, link_find(o, b[i])->said));
    return all;
}

static bool over(const struct oracle *o, const struct op *y, const struct op *x, unsigned unit)
{
    uint64_t of_y = y->told.row.key[PERSON], of_x = x->told.row.key[PERSON];
    if (y->status != ADMITTED)
        return false;
    if (y->told.kind == ORACLE_TOMBSTONE)
        return !oracle_saw(o, x, y) && knew(o, y, of_y, of_x);
    return (y->units & T(unit)) && oracle_saw(o, y, x) && knew(o, y, of_y, of_x);
}

bool oracle_link_over(const struct oracle *o, const struct row *r, const struct op *x, unsigned unit)
{
    size_t at = 0;
    for (const struct row *other; (other = oracle_link_next(o, r, &at));)
        for (size_t i = 0; other != r && i < other->op_count; i++)
            if (over(o, other->op[i], x, unit))
                return true;
    return false;
}
