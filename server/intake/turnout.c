/* How many came to each session (server/store/turnout.h), counted anew in the transaction that changed something of it: a mark, the
 * session itself, or who is enrolled in its group, which may concern all of the group's sessions. What is kept is therefore always what the
 * rows say, whoever wrote them and in whatever order; a session that 40 people are marked in at once is counted once. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

#include <string.h>

static unsigned place_of(uint64_t id, unsigned room)
{
    return (unsigned)((id ^ id >> 29) * 0x9e3779b97f4a7c15u >> 40) % room;
}

/* Into one of the two tables, which is never full. */
static void note(uint64_t *table, unsigned room, unsigned *count, uint64_t id)
{
    unsigned i = place_of(id, room);
    while (table[i] && table[i] != id)
        i = (i + 1) % room;
    *count += !table[i];
    table[i] = id;
}

int turnout_changed(struct intake *in, const struct sam_row *row)
{
    struct turnouts *t = &in->turnouts;
    uint64_t id = row->key.part[0];
    bool group = row->key.entity == SAM_ENROLMENT;
    bool session = row->key.entity == SAM_SESSION || row->key.entity == SAM_ATTENDANCE;
    if (in->rebuilding || !id || !(group || session)) /* a rebuild counts them all when it is through */
        return 0;
    bool full = t->sessions > TURNOUT_SESSIONS * 3 / 4 || t->groups > TURNOUT_GROUPS * 3 / 4;
    int err = full ? turnouts_flush(in) : 0;
    if (group)
        note(t->group, TURNOUT_GROUPS, &t->groups, id);
    else
        note(t->session, TURNOUT_SESSIONS, &t->sessions, id);
    return err;
}

int turnouts_flush(struct intake *in)
{
    struct turnouts *t = &in->turnouts;
    unsigned count = 0;
    int err = 0;
    for (unsigned i = 0; !err && t->groups && i < TURNOUT_GROUPS; i++)
        if (t->group[i])
            err = store_turnout_renew(in->st, t->group[i]);
    for (unsigned i = 0; !err && t->sessions && i < TURNOUT_SESSIONS; i++) {
        uint64_t id = t->session[i];
        t->session[i] = 0;
        if (id) /* those that are noted move to the front */
            t->session[count++] = id;
    }
    if (!err && count)
        err = store_turnouts_renew(in->st, t->session, count);
    if (!err && (t->groups || t->sessions))
        memset(t, 0, sizeof *t);
    return err;
}

int turnouts_all(struct intake *in)
{
    uint64_t session[TURNOUT_SESSIONS];
    struct sam_key key = {0};
    int err = 0, more = 0;
    while (!err && !more) {
        unsigned count = 0;
        while (count < TURNOUT_SESSIONS && (more = store_key_each(in->st, SAM_SESSION, &key, &key)) == 0)
            session[count++] = key.part[0];
        err = store_turnouts_renew(in->st, session, count);
    }
    return err || more == SAM_ENOTFOUND ? err : more;
}

int turnout_true(struct intake *in, uint64_t session, bool *is)
{
    struct store_turnout counted, kept;
    int none = store_turnout_count(in->st, session, &counted), lost = store_turnout_get(in->st, session, &kept);
    if ((none && none != SAM_ENOTFOUND) || (lost && lost != SAM_ENOTFOUND))
        return none && none != SAM_ENOTFOUND ? none : lost;
    *is = none == lost && (none || store_turnout_same(&counted, &kept));
    return 0;
}
