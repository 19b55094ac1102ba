#include "client-sdk/src/notice.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/list.h"
#include "client-sdk/src/replica.h"

/* Verdicts that need nobody: the value is what the author meant, or will be judged again. */
static bool quiet(uint32_t kind)
{
    return kind == SAM_VERDICT_APPLIED || kind == SAM_VERDICT_SAME || kind == SAM_VERDICT_HELD;
}

static int notice_drop(struct samling *s, uint64_t seq)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_NOTICE_DROP);
    sam_bind(q, 1, sam_meta(s, device_no));
    sam_bind(q, 2, seq);
    return sam_store_run(q);
}

static int notice_set(struct samling *s, const struct sam_verdict_row *v)
{
    uint64_t part[3] = {0};
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_KEY);
    sam_bind(q, 1, v->seq);
    int rc = sam_store_step(q);
    if (rc == 1)
        for (int i = 0; i < 3; i++)
            part[i] = sam_column(q, i);
    sqlite3_reset(q);
    if (rc < 0 || part[0] == SAM_ACCESS) /* the centre's coordinator sees it; here nobody can do anything about it */
        return rc < 0 ? rc : 0;
    q = sam_store_use(&s->store, SAM_Q_NOTICE_SET);
    sam_bind(q, 1, sam_meta(s, device_no));
    sam_bind(q, 2, v->seq);
    sam_bind(q, 3, v->kind);
    sam_bind(q, 4, v->reason);
    for (int i = 0; i < 3; i++)
        sam_bind(q, 5 + i, part[i]);
    sam_bind(q, 8, v->case_id);
    sam_bind(q, 9, v->closed);
    return sam_store_run(q);
}

static int op_unplaced(struct samling *s, uint64_t seq)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_UNPLACED);
    sam_bind(q, 1, seq);
    return sam_store_run(q);
}

int sam_notice_take(struct samling *s, const struct sam_verdicts *v)
{
    if (v->csn > INT64_MAX)
        return SAM_EPROTO;
    if (v->whole) { /* what was told before may belong to a future that the centre has lost */
        sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_NOTICE_STALE);
        sam_bind(q, 1, sam_meta(s, device_no));
        int err = sam_store_run(q);
        if (err)
            return err;
    }
    for (unsigned i = 0; i < v->count; i++) {
        const struct sam_verdict_row *row = &v->at[i];
        if (row->seq == 0 || row->seq > sam_meta(s, last_seq) || row->kind >= SAM_VERDICT_COUNT)
            continue;
        int err = quiet(row->kind) ? notice_drop(s, row->seq) : notice_set(s, row);
        if (!err && (row->kind == SAM_VERDICT_QUARANTINED || row->kind == SAM_VERDICT_HELD))
            err = op_unplaced(s, row->seq);
        if (err)
            return err;
    }
    return v->whole || v->csn > sam_meta(s, verdict_csn) ? sam_meta_put(s, verdict_csn, v->csn) : 0;
}

uint64_t sam_notice_told(struct samling *s)
{
    uint64_t run = sam_meta(s, run_csn), own = sam_meta(s, verdict_csn);
    return own > run ? own : run;
}

int sam_notice_run_end(struct samling *s)
{
    return sam_store_run(sam_store_use(&s->store, SAM_Q_NOTICE_STALE_DROP));
}

int sam_notice_count(struct samling *s, uint64_t *count)
{
    return sam_store_one(sam_store_use(&s->store, SAM_Q_NOTICE_COUNT), count);
}

static enum samling_about about_of(uint64_t entity)
{
    switch (entity) {
    case SAM_ATTENDANCE: return SAMLING_ABOUT_MARK;
    case SAM_SESSION: return SAMLING_ABOUT_SESSION;
    case SAM_EXERCISE_SET: return SAMLING_ABOUT_SET;
    case SAM_CONSENT: return SAMLING_ABOUT_CONSENT;
    case SAM_SCORE_RESPONSE: return SAMLING_ABOUT_SCORE;
    case SAM_NOTE: return SAMLING_ABOUT_NOTE;
    case SAM_CONTACT: return SAMLING_ABOUT_CONTACT;
    case SAM_WORK_STATUS: return SAMLING_ABOUT_WORK;
    case SAM_EXERTION: return SAMLING_ABOUT_EXERTION;
    case SAM_PSFS_ACTIVITY: return SAMLING_ABOUT_ACTIVITY;
    case SAM_SESSION_LEADER: return SAMLING_ABOUT_LEADER;
    case SAM_ENROLMENT: return SAMLING_ABOUT_ENROLMENT;
    case SAM_PARTICIPANT: return SAMLING_ABOUT_PERSON;
    default: return SAMLING_ABOUT_OTHER;
    }
}

int samling_notices(samling *s, struct samling_notice **out, size_t *count)
{
    struct sam_list list;
    int rc;
    sam_list_init(&list, sizeof(struct samling_notice));
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_NOTICE_ALL);
    while ((rc = sam_store_step(q)) == 1) {
        struct samling_notice *n = sam_list_add(&list);
        if (!n)
            continue;
        n->seq = sam_column(q, 0);
        n->kind = (int)sam_column(q, 1);
        n->reason = (int)sam_column(q, 2);
        uint64_t entity = sam_column(q, 3);
        n->about = about_of(entity);
        bool hangs = entity == SAM_ATTENDANCE || entity == SAM_EXERCISE_SET;
        if (hangs || entity == SAM_SESSION || entity == SAM_SESSION_LEADER)
            n->session = sam_column(q, 4);
        bool second = hangs || entity == SAM_ENROLMENT; /* part of the key */
        if (second || entity == SAM_CONSENT || entity == SAM_PARTICIPANT)
            n->participant = sam_column(q, second ? 5 : 4);
        n->case_no = sam_column(q, 6);
        n->closed = sam_column(q, 7) != 0;
    }
    return sam_fail(s, sam_list_finish(&list, rc, NULL, 0, (void **)out, count), NULL);
}

int samling_notice_seen(samling *s, uint64_t seq)
{
    int err = sam_begin(s);
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_NOTICE_SEEN);
    sam_bind(q, 1, seq);
    if (!err)
        err = sam_store_run(q);
    if (!err && sqlite3_changes(s->store.db) == 0)
        err = SAM_ENOTFOUND;
    return sam_done(s, err);
}
