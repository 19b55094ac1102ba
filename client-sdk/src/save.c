/* What a user does becomes ops: built, checked as the centre will check them, and saved, several in one transaction. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/host.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/read.h"
#include "client-sdk/src/retry.h"

#include <stdlib.h>
#include <string.h>

enum { SESSION_PLANNED = 0, SESSION_CANCELLED = 2 };

/* ---- what the user saw */

static void form_now(struct samling *s, uint64_t session, uint64_t scope, struct sam_form *form)
{
    const struct sam_held *h = sam_held_find(s, scope);
    *form = (struct sam_form){.session = session};
    if (h && h->slot) {
        form->epoch = h->epoch;
        form->csn = h->csn;
    }
}

static struct sam_form *form_find(struct samling *s, uint64_t session)
{
    for (unsigned i = 0; i < SAM_FORMS_MAX; i++)
        if (s->form[i].session == session)
            return &s->form[i];
    return NULL;
}

int samling_form_open(samling *s, uint64_t session)
{
    struct sam_view v;
    uint64_t scope;
    int err = sam_session_find(s, session, &v, &scope);
    if (err)
        return sam_fail(s, err, err == SAM_ENOTFOUND ? "this session is not on the device" : NULL);
    struct sam_form *form = form_find(s, session);
    if (!form)
        form = &s->form[s->form_next++ % SAM_FORMS_MAX];
    form_now(s, session, scope, form);
    return 0;
}

/* ---- building */

struct draft {
    struct samling *s;
    struct sam_op op;
    uint64_t scope, base_epoch;
};

static int may_save(struct samling *s)
{
    switch (sam_meta(s, state)) {
    case SAMLING_PENDING:
    case SAMLING_ACTIVE:
    case SAMLING_DRAINING: return sam_meta(s, device_no) ? 0 : SAM_ESTATE;
    default: return SAM_ESTATE;
    }
}

static int user_known(struct samling *s, uint64_t user)
{
    struct sam_key key = {.entity = SAM_USER, .part = {user}};
    struct sam_view v;
    return user == 0 || user > INT64_MAX ? SAM_ENOTFOUND : sam_replica_find(s, &key, &v, NULL);
}

static void draft_start(struct samling *s, struct draft *d, uint64_t user, uint8_t entity, uint8_t kind)
{
    memset(d, 0, offsetof(struct draft, op.row));
    d->s = s;
    sam_row_init(&d->op.row, entity);
    d->op.user = user;
    d->op.kind = kind;
    d->op.claimed_s = sam_now(s);
    d->op.utc_offset_min = sam_host_utc_offset_min(d->op.claimed_s);
}

/* The base is what was there when the form was opened; without a form, what is there now. */
static void draft_base(struct draft *d, uint64_t session, uint64_t scope)
{
    struct sam_form now, *form = session ? form_find(d->s, session) : NULL;
    if (!form) {
        form_now(d->s, session, scope, &now);
        form = &now;
    }
    d->scope = scope;
    d->op.base_csn = form->csn;
    d->base_epoch = form->epoch;
}

static int draft_save(struct draft *d)
{
    switch (sam_op_validate(&d->op, false)) {
    case SAM_REASON_NONE: break;
    case SAM_REASON_NOT_PERMITTED: return SAM_EDENIED;
    default: return SAM_ERANGE;
    }
    int err = sam_outbox_add(d->s, &d->op, d->scope, d->base_epoch);
    return err ? err : sam_retry_saved(d->s);
}

/* What a conversation has under way is committed first: a save stands or falls alone. */
static int save_begin(struct samling *s)
{
    int err = may_save(s);
    if (!err)
        err = sam_store_commit(&s->store);
    return err ? err : sam_store_begin(&s->store);
}

/* ---- attendance */

static void set_if(struct sam_op *op, unsigned field, int v)
{
    if (v != -1)
        sam_row_set(&op->row, field, v);
}

static void mark_fields(struct sam_op *op, const struct samling_mark *m)
{
    sam_row_set(&op->row, SAM_ATTENDANCE_presence, m->presence);
    sam_row_set(&op->row, SAM_ATTENDANCE_evidence, m->evidence);
    set_if(op, SAM_ATTENDANCE_reason, m->reason);
    set_if(op, SAM_ATTENDANCE_minutes, m->minutes);
    set_if(op, SAM_ATTENDANCE_arrived_min, m->arrived_min);
    set_if(op, SAM_ATTENDANCE_left_min, m->left_min);
    set_if(op, SAM_ATTENDANCE_late, m->late);
    set_if(op, SAM_ATTENDANCE_left_early, m->left_early);
    set_if(op, SAM_ATTENDANCE_by_video, m->by_video);
}

static int person_known(struct samling *s, uint64_t person)
{
    struct sam_view v;
    return sam_person_find(s, person, &v);
}

static int mark_save(struct samling *s, uint64_t user, const struct samling_mark *m)
{
    struct draft d;
    struct sam_view session;
    uint64_t scope;
    int err = sam_session_find(s, m->session, &session, &scope);
    if (!err)
        err = person_known(s, m->participant);
    if (err)
        return err;
    draft_start(s, &d, user, SAM_ATTENDANCE, SAM_OP_SET);
    d.op.row.key.part[0] = m->session;
    d.op.row.key.part[1] = m->participant;
    draft_base(&d, m->session, scope);
    mark_fields(&d.op, m);
    return draft_save(&d);
}

static int saved(struct samling *s, int err)
{
    err = sam_done(s, err);
    if (err == SAMLING_ENOTFOUND)
        sam_fail(s, err, "the user, the session or the person is not on this device");
    if (err == SAMLING_ERANGE)
        sam_fail(s, err, "a value is outside its range; nothing was saved");
    if (err == SAMLING_ESTATE)
        sam_fail(s, err, "this device may not save: it has not joined, or was revoked");
    return err;
}

int samling_mark_all(samling *s, uint64_t user, const struct samling_mark *marks, size_t count)
{
    int err = save_begin(s);
    if (!err)
        err = user_known(s, user);
    for (size_t i = 0; !err && i < count; i++)
        err = mark_save(s, user, &marks[i]);
    return saved(s, err);
}

int samling_mark(samling *s, uint64_t user, const struct samling_mark *mark)
{
    return samling_mark_all(s, user, mark, 1);
}

/* ---- walk-ins */

static int person_create(struct samling *s, uint64_t user, uint64_t session, const char *name, int birth_year,
                         uint64_t *out)
{
    struct draft d;
    struct sam_view v;
    uint64_t id = sam_id_make(sam_meta(s, device_no), sam_meta(s, id_counter) + 1), scope;
    size_t len = name ? strlen(name) : 0;
    int err = sam_session_find(s, session, &v, &scope);
    if (err)
        return err;
    draft_start(s, &d, user, SAM_PARTICIPANT, SAM_OP_CREATE);
    d.op.row.key.part[0] = id;
    draft_base(&d, session, scope);
    sam_row_set_text(&d.op.row, SAM_PARTICIPANT_name, name, len);
    set_if(&d.op, SAM_PARTICIPANT_birth_year, birth_year);
    sam_row_set(&d.op.row, SAM_PARTICIPANT_provisional, 1);
    err = draft_save(&d);
    if (!err)
        err = sam_meta_put(s, id_counter, sam_meta(s, id_counter) + 1);
    if (!err)
        *out = id;
    return err;
}

int samling_walk_in(samling *s, uint64_t user, uint64_t session, const char *name, int birth_year, uint64_t *out)
{
    struct samling_mark m = SAMLING_MARK_INIT;
    *out = 0;
    int err = save_begin(s);
    if (!err)
        err = user_known(s, user);
    if (!err)
        err = person_create(s, user, session, name, birth_year, &m.participant);
    m.session = session;
    if (!err)
        err = mark_save(s, user, &m);
    err = saved(s, err);
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
    struct draft d;
    uint64_t id = sam_id_make(sam_meta(s, device_no), sam_meta(s, id_counter) + 1);
    draft_start(s, &d, user, SAM_SESSION, SAM_OP_CREATE);
    d.op.row.key.part[0] = id;
    draft_base(&d, 0, group);
    sam_row_set(&d.op.row, SAM_SESSION_group_id, (int64_t)group);
    sam_row_set(&d.op.row, SAM_SESSION_day, day);
    sam_row_set(&d.op.row, SAM_SESSION_planned, 0);
    sam_row_set(&d.op.row, SAM_SESSION_status, SESSION_PLANNED);
    set_if(&d.op, SAM_SESSION_start_min, start_min);
    int err = draft_save(&d);
    if (!err)
        err = sam_meta_put(s, id_counter, sam_meta(s, id_counter) + 1);
    if (!err)
        *out = id;
    return err;
}

int samling_session_add(samling *s, uint64_t user, uint64_t group, int32_t day, int start_min, uint64_t *out)
{
    uint64_t planned = 0;
    *out = 0;
    int err = save_begin(s);
    if (!err)
        err = user_known(s, user);
    if (!err)
        err = planned_on(s, group, day, &planned);
    if (!err && planned)
        err = SAM_EEXIST;
    if (!err)
        err = session_create(s, user, group, day, start_min, out);
    err = saved(s, err);
    if (err)
        *out = err == SAMLING_EEXIST ? planned : 0;
    return err;
}

int samling_session_status(samling *s, uint64_t user, uint64_t session, int status, int reason)
{
    struct draft d;
    struct sam_view v;
    uint64_t scope;
    int err = save_begin(s);
    if (!err)
        err = user_known(s, user);
    if (!err)
        err = sam_session_find(s, session, &v, &scope);
    if (!err) {
        draft_start(s, &d, user, SAM_SESSION, SAM_OP_SET);
        d.op.row.key.part[0] = session;
        draft_base(&d, session, scope);
        sam_row_set(&d.op.row, SAM_SESSION_status, status);
        set_if(&d.op, SAM_SESSION_reason, reason);
        err = draft_save(&d);
    }
    return saved(s, err);
}
