/* Who saw what of whom on this tablet: entries of the centre's access log, kept in the outbox like any save. */
#include "client-sdk/src/access.h"

#include "client-sdk/src/draft.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/shut.h"
#include "proto/sync/sync.h"

#include <stdlib.h>

enum {
    SITTING_S =
        10 * 60, /* what one does at one go: shorter would be a line at each look, longer would hide who came back */
    LOOK_BACK_OPS = 512
};

/* Is the centre heard, or was it a moment ago? */
static bool offline(struct samling *s)
{
    int64_t ago = sam_now(s) - (int64_t)sam_meta(s, contact_s);
    bool open = s->talk.sync && s->talk.welcomed && sam_sync_state(s->talk.sync) == SAM_SYNC_OPEN;
    return !open && (!sam_meta(s, contact) || ago < 0 || ago > SITTING_S);
}

/* Within one sitting before ${now_s}? */
static bool of_late(const struct sam_op *was, int64_t now_s)
{
    return was->claimed_s <= now_s && now_s - was->claimed_s < SITTING_S;
}

/* Is ${was} what is looked for? */
typedef bool access_fn(const void *what, const struct sam_op *was);

/* Among what was told here last. */
static int told_find(struct samling *s, access_fn *fits, const void *what, bool *is)
{
    uint64_t last = sam_meta(s, last_seq);
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_LATEST_OF);
    struct sam_op was;
    int rc;
    sam_bind(q, 1, last > LOOK_BACK_OPS ? last - LOOK_BACK_OPS : 0);
    sam_bind(q, 2, SAM_ACCESS);
    *is = false;
    while (!*is && (rc = sam_store_step(q)) == 1) {
        rc = sam_outbox_op(s, (int64_t)sam_column(q, 0), sam_column_span(q, 1), &was, &s->plain);
        *is = !rc && fits(what, &was);
        if (rc)
            break;
    }
    sqlite3_reset(q);
    return *is ? 0 : rc;
}

static bool same(const void *what, const struct sam_op *was)
{
    static const unsigned told[] = {SAM_ACCESS_participant, SAM_ACCESS_group_id, SAM_ACCESS_resource, SAM_ACCESS_action,
                                    SAM_ACCESS_purpose};
    const struct sam_op *is = what;
    bool equal = is->user == was->user && of_late(was, is->claimed_s);
    for (unsigned i = 0; i < sizeof told / sizeof *told; i++)
        equal = equal && sam_row_num(&is->row, told[i]) == sam_row_num(&was->row, told[i]);
    return equal;
}

struct opened {
    uint64_t participant;
    enum samling_resource what;
    bool (*fits)(enum samling_purpose purpose);
    int64_t now_s;
};

static bool opened_fits(const void *what, const struct sam_op *was)
{
    const struct opened *o = what;
    return (uint64_t)sam_row_num(&was->row, SAM_ACCESS_participant) == o->participant &&
           sam_row_num(&was->row, SAM_ACCESS_resource) == (int64_t)o->what && of_late(was, o->now_s) &&
           o->fits((enum samling_purpose)sam_row_num(&was->row, SAM_ACCESS_purpose));
}

int sam_access_told(struct samling *s, uint64_t participant, enum samling_resource what,
                    bool (*fits)(enum samling_purpose purpose), bool *is)
{
    const struct opened o = {participant, what, fits, sam_now(s)};
    return told_find(s, opened_fits, &o, is);
}

/* What is shut is opened for a reason, or not at all. */
static int shut_check(struct samling *s, const struct samling_access *a)
{
    bool shut = false;
    int err = a->participant && sam_shut_bars(a->what) && !sam_shut_reason(a->purpose)
                  ? sam_shut_of(s, a->participant, &shut)
                  : 0;
    return shut ? SAM_ESTATE : err;
}

static int access_save(struct samling *s, uint64_t user, const struct samling_access *a)
{
    struct sam_draft d;
    bool open = false;
    int err = user || a->participant ? sam_user_known(s, user) : 0;
    if (!err && a->participant)
        err = sam_person_known(s, a->participant, NULL);
    else if (!err)
        err =
            a->group != sam_meta(s, org) && sam_held_find(s, a->group) ? 0 : SAM_ENOTFOUND; /* the clinic is no group */
    if (err)
        return err;
    sam_draft_start(s, &d, user, SAM_ACCESS, SAM_OP_CREATE);
    d.op.row.key.part[0] = sam_draft_mint(s);
    if (a->participant)
        sam_row_set(&d.op.row, SAM_ACCESS_participant, (int64_t)a->participant);
    else
        sam_row_set(&d.op.row, SAM_ACCESS_persons, a->persons);
    if (a->group)
        sam_row_set(&d.op.row, SAM_ACCESS_group_id, (int64_t)a->group);
    sam_row_set(&d.op.row, SAM_ACCESS_resource, a->what);
    sam_row_set(&d.op.row, SAM_ACCESS_action, a->action);
    if (a->purpose)
        sam_row_set(&d.op.row, SAM_ACCESS_purpose, a->purpose);
    if (offline(s))
        sam_row_set(&d.op.row, SAM_ACCESS_offline, 1);
    err = told_find(s, same, &d.op, &open); /* in this sitting: that is what they were at */
    if (err || open)
        return err;
    err = sam_draft_save(&d);
    return err ? err : sam_draft_minted(s);
}

int samling_access(samling *s, uint64_t user, const struct samling_access *access)
{
    int err = sam_save_begin(s), shut = err ? 0 : shut_check(s, access);
    if (!err)
        err = shut ? shut : access_save(s, user, access);
    err = sam_save_end(s, err);
    return shut == SAM_ESTATE ? sam_fail(s, shut, "the record is shut") : err;
}
