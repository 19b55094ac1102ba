/* What is played while things fail. A story may be played again in the same process, after one call has failed: it must then end well.
 * It stops at the first no that leaves it nothing to do, as the app, the command or the server would. */
#include "tests/torture/world.h"

#include "proto/base/err.h"
#include "server/store/backup.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- the tablet alone */

static struct samling_mark mark_of(struct world *w, unsigned person, int presence)
{
    struct samling_mark m = SAMLING_MARK_INIT;
    m.session = w->session;
    m.participant = w->person[person];
    m.presence = presence;
    return m;
}

static int save(struct world *w)
{
    samling *s;
    int err = world_tablet_open(w, 1);
    if (err)
        return err;
    s = w->p.tablet[1].s;
    struct samling_mark two[] = {mark_of(w, 0, 2), mark_of(w, 1, 3)};
    err = world_saved(w, 1, samling_mark(s, w->user, &two[0]), 1);
    err |= world_saved(w, 1, samling_mark_all(s, w->user, two, 2), 2);
    return err;
}

static int record(struct world *w)
{
    samling *s;
    uint64_t id;
    int err = world_tablet_open(w, 1);
    if (err)
        return err;
    s = w->p.tablet[1].s;
    struct samling_set set = SAMLING_SET_INIT;
    set.session = w->session;
    set.participant = w->person[0];
    set.exercise = 1;
    set.reps = 10;
    err = world_saved(w, 1, samling_set_save(s, w->user, &set), 1);
    err |= world_saved(w, 1, samling_walk_in(s, w->user, w->session, "Deltaker 099", 1950, &id), 2);
    err |= world_saved(w, 1, samling_session_add(s, w->user, w->group, WORLD_NOW_S / 86400 + 1, 600, &id), 1);
    return err;
}

/* What is shown: all of it, or a no; never half of it as if it were all. */
static int look(struct world *w)
{
    struct samling_line *lines = NULL;
    struct samling_group *groups = NULL;
    struct samling_session *sessions = NULL;
    size_t n = 0;
    int err = world_tablet_open(w, 0);
    if (err)
        return err;
    samling *s = w->p.tablet[0].s;
    err = world_error(w, samling_groups(s, &groups, &n));
    PUMP_MUST(err ? !groups : n == 1);
    samling_list_free(groups);
    int none = world_error(w, samling_sessions(s, w->group, &sessions, &n));
    PUMP_MUST(none ? !sessions : n == 1);
    samling_list_free(sessions);
    err |= none;
    none = world_error(w, samling_sheet(s, w->session, &lines, &n));
    PUMP_MUST(none ? !lines : n == WORLD_PERSONS);
    for (size_t i = 0; !none && i < n; i++)
        PUMP_MUST((lines[i].state != SAMLING_NO_RECORD) == (lines[i].participant != w->person[WORLD_PERSONS - 1]));
    samling_list_free(lines);
    return err | none;
}

/* ---- both ends */

static int both_open(struct world *w, unsigned tablet)
{
    int err = world_centre_open(w);
    return err ? err : world_tablet_open(w, tablet);
}

static int push(struct world *w)
{
    int err = both_open(w, 0);
    return err ? err : world_sync(w, 0);
}

/* The other tablet says something else about the same, then both learn of it: a case. */
static int dispute(struct world *w)
{
    int err = both_open(w, 0);
    if (!err)
        err = world_tablet_open(w, 1);
    if (err)
        return err;
    struct samling_mark m = mark_of(w, 0, 3);
    err = world_saved(w, 1, samling_mark(w->p.tablet[1].s, w->user, &m), 1);
    err |= world_sync(w, 0);
    err |= world_sync(w, 1);
    return err | world_sync(w, 0);
}

static int join(struct world *w)
{
    struct samling_status st;
    w->third = true;
    int err = both_open(w, WORLD_TABLETS);
    if (err)
        return err;
    samling *s = w->p.tablet[WORLD_TABLETS].s;
    err = world_error(w, samling_status(s, &st));
    if (!err && st.state == SAMLING_NOT_JOINED)
        err = world_error(w, samling_join_begin(s, w->invite, "nettbrett"));
    if (!err)
        world_sync(w, WORLD_TABLETS);
    if (!err && sam_meta(s, device_no) > SAM_DEVICE_NO_CONSOLE)
        err = world_approve(w, WORLD_TABLETS);
    return err ? err : world_sync(w, WORLD_TABLETS);
}

/* ---- the centre alone */

static int centre_open(struct world *w)
{
    return world_centre_open(w);
}

/* As a verb does it: its own transaction; what it made is noted behind the commit. */
static int author(struct world *w)
{
    enum sam_reason why;
    struct sam_op op = {.kind = SAM_OP_CREATE};
    int err = world_centre_open(w);
    if (err)
        return err;
    sam_row_init(&op.row, SAM_PARTICIPANT);
    sam_row_set_text(&op.row, SAM_PARTICIPANT_name, "Deltaker 050", 12);
    err = intake_begin(w->p.in);
    if (err)
        return world_error(w, err);
    err = intake_mint(w->p.in, &op.row.key.part[0]);
    if (!err)
        err = intake_author(w->p.in, &op, &why);
    unsigned planned;
    if (!err)
        err = intake_plan(w->p.in, &planned);
    if (!err)
        err = intake_audit(w->p.in, AUDIT_VERB, "test", "participant add");
    if (err)
        intake_rollback(w->p.in);
    else
        err = intake_commit(w->p.in);
    if (!err && w->seen->makes < 4)
        w->seen->made[w->seen->makes++] = op.row.key.part[0];
    w->seen->ended |= err == SAM_EIO;
    return world_error(w, err);
}

/* What verify and rebuild told: all stories begin from a store that is sound. */
struct told {
    unsigned lines;
    char first[120];
};

static void told(void *ctx, const char *line)
{
    struct told *t = ctx;
    if (!t->lines++)
        snprintf(t->first, sizeof t->first, "%s", line);
}

/* Where a read or an allocation failed they may say that they could not come to their end, and no more: nothing is called wrong or
 * damaged, and nothing well that was not read. */
static void told_check(struct world *w, const char *who, int err, const struct told *t)
{
    if (err ? err == SAM_ECORRUPT : t->lines > 0)
        snprintf(w->seen->wrong, sizeof w->seen->wrong, "%s calls wrong what it could not read: %s", who,
                 err ? sam_err_name(err) : t->first);
}

/* A transaction is taken back first: what the centre keeps in memory is then read anew, and what verify says rests on it. */
static int verify(struct world *w)
{
    struct told t = {0};
    struct intake_found found = {.wrong = told, .ctx = &t};
    struct intake_verified v;
    int err = world_centre_open(w);
    if (err)
        return err;
    err = intake_begin(w->p.in);
    if (!err) {
        intake_rollback(w->p.in);
        err = intake_begin(w->p.in);
    }
    if (err)
        return world_error(w, err);
    err = intake_verify(w->p.in, &found, NULL, &v);
    told_check(w, "verify", err, &t);
    if (!err)
        PUMP_MUST(v.ops > 10 && v.rows > 10 && v.devices >= 2 && v.batches > 5 && v.lines > 5);
    intake_rollback(w->p.in);
    return world_error(w, err);
}

static int rebuild(struct world *w)
{
    struct told t = {0};
    struct intake_found found = {.wrong = told, .ctx = &t};
    struct intake_rebuilt r;
    int err = world_centre_open(w);
    if (err)
        return err;
    err = intake_begin(w->p.in);
    if (err)
        return world_error(w, err);
    err = intake_rebuild(w->p.in, &found, &r);
    told_check(w, "rebuild", err, &t);
    if (err)
        intake_rollback(w->p.in);
    else
        err = intake_commit(w->p.in);
    w->seen->ended |= err == SAM_EIO;
    return world_error(w, err);
}

/* A backup that is said to be taken can be used; where it is not, nothing lies there under its name that is no backup. */
static int backup(struct world *w)
{
    char to[200];
    snprintf(to, sizeof to, "%s/copy.db", w->p.folder);
    int err = world_centre_open(w);
    if (err)
        return err;
    unlink(to);
    err = world_error(w, backup_take(w->p.path, to));
    fail_pause();
    if (!err || access(to, F_OK) == 0)
        PUMP_MUST(backup_verify(to) == 0);
    fail_go_on();
    return err;
}

const struct story stories[] = {
    {"save", save},       {"record", record},   {"look", look},        {"push", push},
    {"dispute", dispute}, {"join", join},       {"open", centre_open}, {"author", author},
    {"verify", verify},   {"rebuild", rebuild}, {"backup", backup},
};
const unsigned story_count = sizeof stories / sizeof *stories;
