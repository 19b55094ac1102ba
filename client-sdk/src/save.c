/* What a user does becomes ops: built, checked as the centre will check them, and saved, several in one transaction. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/draft.h"
#include "client-sdk/src/read.h"

#include <stdlib.h>
#include <string.h>

enum { SESSION_PLANNED = 0, SESSION_CANCELLED = 2 };

/* ---- attendance */

static void mark_fields(struct sam_op *op, const struct samling_mark *m)
{
    sam_row_set(&op->row, SAM_ATTENDANCE_presence, m->presence);
    sam_row_set(&op->row, SAM_ATTENDANCE_evidence, m->evidence);
    sam_draft_set(op, SAM_ATTENDANCE_reason, m->reason);
    sam_draft_set(op, SAM_ATTENDANCE_minutes, m->minutes);
    sam_draft_set(op, SAM_ATTENDANCE_arrived_min, m->arrived_min);
    sam_draft_set(op, SAM_ATTENDANCE_left_min, m->left_min);
    sam_draft_set(op, SAM_ATTENDANCE_late, m->late);
    sam_draft_set(op, SAM_ATTENDANCE_left_early, m->left_early);
    sam_draft_set(op, SAM_ATTENDANCE_by_video, m->by_video);
}

static int mark_save(struct samling *s, uint64_t user, const struct samling_mark *m)
{
    struct sam_draft d;
    struct sam_view session;
    uint64_t scope;
    int err = sam_session_find(s, m->session, &session, &scope);
    if (!err)
        err = sam_person_known(s, m->participant, NULL);
    if (err)
        return err;
    sam_draft_start(s, &d, user, SAM_ATTENDANCE, SAM_OP_SET);
    d.op.row.key.part[0] = m->session;
    d.op.row.key.part[1] = m->participant;
    sam_draft_base(&d, m->session, 0, scope);
    mark_fields(&d.op, m);
    return sam_draft_save(&d);
}

int samling_mark_all(samling *s, uint64_t user, const struct samling_mark *marks, size_t count)
{
    int err = sam_save_begin(s);
    if (!err)
        err = sam_user_known(s, user);
    for (size_t i = 0; !err && i < count; i++)
        err = mark_save(s, user, &marks[i]);
    return sam_save_end(s, err);
}

int samling_mark(samling *s, uint64_t user, const struct samling_mark *mark)
{
    return samling_mark_all(s, user, mark, 1);
}

/* ---- walk-ins */

static int person_create(struct samling *s, uint64_t user, uint64_t session, const char *name, int birth_year,
                         uint64_t *out)
{
    struct sam_draft d;
    struct sam_view v;
    uint64_t scope;
    int err = sam_session_find(s, session, &v, &scope);
    if (err)
        return err;
    sam_draft_start(s, &d, user, SAM_PARTICIPANT, SAM_OP_CREATE);
    d.op.row.key.part[0] = sam_draft_mint(s);
    sam_draft_base(&d, session, 0, scope);
    sam_row_set_text(&d.op.row, SAM_PARTICIPANT_name, name, name ? strlen(name) : 0);
    sam_draft_set(&d.op, SAM_PARTICIPANT_birth_year, birth_year);
    sam_row_set(&d.op.row, SAM_PARTICIPANT_provisional, 1);
    err = sam_draft_save(&d);
    if (!err)
        err = sam_draft_minted(s);
    if (!err)
        *out = d.op.row.key.part[0];
    return err;
}

int samling_walk_in(samling *s, uint64_t user, uint64_t session, const char *name, int birth_year, uint64_t *out)
{
    struct samling_mark m = SAMLING_MARK_INIT;
    *out = 0;
    int err = sam_save_begin(s);
    if (!err)
        err = sam_user_known(s, user);
    if (!err)
        err = person_create(s, user, session, name, birth_year, &m.participant);
    m.session = session;
    if (!err)
        err = mark_save(s, user, &m);
    err = sam_save_end(s, err);
    *out = err ? 0 : m.participant;
    return err;
}

/* ---- sessions */

/* The session that the plan has on that day, 0: none. */
static int planned_on(struct samling *s, uint64_t group, int32_t day, uint64_t *id)
{
    struct samling_session *all;
    size_t count;
    *id = 0;
    int err = samling_sessions(s, group, &all, &count);
    for (size_t i = 0; !err && i < count; i++)
        if (all[i].day == day && all[i].planned && all[i].status != SESSION_CANCELLED)
            *id = all[i].id;
    free(all);
    return err;
}

static int session_create(struct samling *s, uint64_t user, uint64_t group, int32_t day, int start_min, uint64_t *out)
{
    struct sam_draft d;
    uint64_t id = sam_draft_mint(s);
    sam_draft_start(s, &d, user, SAM_SESSION, SAM_OP_CREATE);
    d.op.row.key.part[0] = id;
    sam_draft_base(&d, 0, 0, group);
    sam_row_set(&d.op.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&d.op.row, SAM_SESSION_day, day);
    sam_row_set(&d.op.row, SAM_SESSION_planned, 0);
    sam_row_set(&d.op.row, SAM_SESSION_status, SESSION_PLANNED);
    sam_draft_set(&d.op, SAM_SESSION_start_min, start_min);
    int err = sam_draft_save(&d);
    if (!err)
        err = sam_draft_minted(s);
    if (!err)
        *out = id;
    return err;
}

int samling_session_add(samling *s, uint64_t user, uint64_t group, int32_t day, int start_min, uint64_t *out)
{
    uint64_t planned = 0;
    *out = 0;
    int err = sam_save_begin(s);
    if (!err)
        err = sam_user_known(s, user);
    if (!err)
        err = planned_on(s, group, day, &planned);
    if (!err && planned)
        err = SAM_EEXIST;
    if (!err)
        err = session_create(s, user, group, day, start_min, out);
    err = sam_save_end(s, err);
    if (err)
        *out = err == SAMLING_EEXIST ? planned : 0;
    return err;
}

int samling_session_status(samling *s, uint64_t user, uint64_t session, int status, int reason)
{
    struct sam_draft d;
    struct sam_view v;
    uint64_t scope;
    int err = sam_save_begin(s);
    if (!err)
        err = sam_user_known(s, user);
    if (!err)
        err = sam_session_find(s, session, &v, &scope);
    if (!err) {
        sam_draft_start(s, &d, user, SAM_SESSION, SAM_OP_SET);
        d.op.row.key.part[0] = session;
        sam_draft_base(&d, session, 0, scope);
        sam_row_set(&d.op.row, SAM_SESSION_status, status);
        sam_draft_set(&d.op, SAM_SESSION_reason, reason);
        err = sam_draft_save(&d);
    }
    return sam_save_end(s, err);
}
