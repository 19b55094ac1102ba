/* A session that stands as cancelled, yet somebody was there or trained: a person is asked, once (SAM_RULE_ATTENDED).
 *
 *   status disputed          its unit's own case asks already whether it was held; here nobody is asked
 *   cancelled, agreed        asked while one proof has no answer
 *
 * A proof is a live value of a row that shows somebody present (not by a list that nobody touched) or something done. An answer is
 * what a coordinator said: that it was cancelled, where this is one of the values that stand; or a ruling that it may stand, made by
 * one who had seen one of those. It answers each proof that its author had seen, and none that came from elsewhere, however late:
 * so what is asked follows from what was said and from what each author had seen, never from who came first. A tablet that cancels
 * what it saw attended answers nothing: somebody was there, and a coordinator is asked. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"

#include <stdlib.h>

enum { UNIT_STATUS = 1, UNIT_DECISION = 0, UNIT_PROOF = 0, ANSWERS_MAX = 2 * SAM_CANDIDATES_MAX };

struct attended {
    struct intake *in;
    uint64_t session, scope;
    bool holds, asks;
    struct weighed *w; /* only where there is something to weigh: it is large, and nearly no session is cancelled */
};

struct weighed {
    unsigned answer_count;
    struct author answer[ANSWERS_MAX];
    struct candidate_set status, other; /* what stands of the session; of a ruling or a proof */
};

/* ---- answers */

static int answer_add(struct attended *t, uint64_t csn)
{
    int err = author_at(t->in, csn, &t->w->answer[t->w->answer_count]);
    t->w->answer_count += !err;
    return err;
}

static int saw(struct attended *t, const struct author *a, const struct sam_candidate *y, bool *seen)
{
    struct sam_candidate c = *y;
    int err = candidate_align(t->in, a, &c);
    *seen = !err && sam_author_saw(&a->who, &c);
    return err;
}

/* The last answer counts only where its author had seen one of the values that say that it was cancelled. */
static int answer_of_what_stands(struct attended *t)
{
    const struct author *a = &t->w->answer[t->w->answer_count - 1];
    bool seen = false;
    int err = 0;
    for (unsigned i = 0; !err && !seen && i < t->w->status.set.count; i++)
        err = saw(t, a, &t->w->status.set.at[i], &seen);
    t->w->answer_count -= !seen;
    return err;
}

static int rulings_read(struct attended *t)
{
    const struct sam_entity_def *def = sam_entity_find(SAM_RULING);
    struct sam_key key = {.entity = SAM_RULING, .part = {SAM_RULE_ATTENDED, t->session, t->session}};
    struct sam_candidates *set = &t->w->other.set;
    struct store_row row;
    struct sam_fold fold;
    int err = store_row_get(t->in->st, &key, &row);
    if (err || !row.exists || row.dead > 0)
        return err;
    err = candidates_load(t->in, &row, UNIT_DECISION, &t->w->other);
    if (err || !set->count)
        return err;
    sam_fold(def, UNIT_DECISION, set, &fold);
    if (!sam_rule_may_stand(set->at[fold.shown].value))
        return 0;
    for (unsigned i = 0; !err && i < set->count; i++)
        if (sam_rule_may_stand(set->at[i].value) && (err = answer_add(t, set->at[i].csn)) == 0)
            err = answer_of_what_stands(t);
    return err;
}

static int answers_read(struct attended *t)
{
    int err = 0;
    for (unsigned i = 0; !err && i < t->w->status.set.count; i++)
        if (t->w->status.set.at[i].device_no == SAM_DEVICE_NO_CONSOLE)
            err = answer_add(t, t->w->status.set.at[i].csn);
    return err ? err : rulings_read(t);
}

/* ---- proofs */

static bool proves(const struct sam_row *row)
{
    return row->key.entity == SAM_ATTENDANCE ? sam_rule_present(row) : sam_rule_trained(row);
}

/* Is what was said here, or the same said again, new to all who answered? */
static int proof_weigh(struct attended *t, const struct store_row *row)
{
    const struct sam_candidates *set = &t->w->other.set;
    int err = candidates_load(t->in, row, UNIT_PROOF, &t->w->other);
    for (unsigned i = 0; !err && !t->asks && i < set->count; i++) {
        bool seen = !proves(set->at[i].value);
        for (unsigned k = 0; !err && !seen && k < t->w->answer_count; k++)
            err = saw(t, &t->w->answer[k], &set->at[i], &seen);
        t->asks = !err && !seen;
    }
    return err;
}

static int proofs_weigh(struct attended *t, uint8_t entity)
{
    struct sam_key key, *after = NULL;
    int err = 0;
    while (!err && !t->asks && (err = store_hung_next(t->in->st, entity, t->session, after, &key)) == 0) {
        struct store_row row;
        after = &key;
        err = store_row_get(t->in->st, &key, &row);
        if (!err && row.dead <= 0 && proves(&row.row))
            err = proof_weigh(t, &row);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int proved(struct intake *in, uint64_t session, bool *is)
{
    uint64_t present = 0, trained = 0;
    int err = store_session_present(in->st, session, &present);
    if (!err && !present)
        err = store_session_trained(in->st, session, &trained);
    *is = present || trained;
    return err;
}

/* ---- the rule */

static int weigh(struct attended *t, const struct store_row *row)
{
    struct sam_fold fold = {0};
    if (!(t->w = calloc(1, sizeof *t->w)))
        return SAM_ENOMEM;
    int err = candidates_load(t->in, row, UNIT_STATUS, &t->w->status);
    if (!err && t->w->status.set.count)
        sam_fold(sam_entity_find(SAM_SESSION), UNIT_STATUS, &t->w->status.set, &fold);
    if (err || fold.disputed)
        return err;
    err = answers_read(t);
    if (!err && !t->w->answer_count)
        t->asks = true;
    if (!err)
        err = proofs_weigh(t, SAM_ATTENDANCE);
    return err ? err : proofs_weigh(t, SAM_EXERCISE_SET);
}

static int attended_read(struct attended *t)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {t->session}};
    struct store_row row;
    int err = store_row_get(t->in->st, &key, &row);
    if (err || !row.exists || row.dead > 0 || !sam_rule_cancelled(&row.row))
        return err;
    t->scope = (uint64_t)sam_row_num(&row.row, SAM_SESSION_group_id);
    err = proved(t->in, t->session, &t->holds);
    return err || !t->holds ? err : weigh(t, &row);
}

static int attended_find(struct intake *in, uint64_t session, struct attended *t)
{
    *t = (struct attended){.in = in, .session = session};
    int err = attended_read(t);
    free(t->w);
    t->w = NULL;
    return err;
}

static int case_follow(const struct attended *t, uint64_t csn, bool again)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {t->session, t->session}};
    struct store_case c;
    int err = store_case_find(t->in->st, &key, SAM_RULE_ATTENDED, 0, &c);
    bool news = t->asks != c.open || (t->asks && again);
    if (err || (!news && t->holds == c.holds) || (!c.no && !t->asks))
        return err;
    if (!c.no)
        c.opened_csn = csn;
    if (t->asks && news)
        c.new_csn = csn;
    if (news)
        c.changed_csn = csn;
    c.scope = t->scope ? t->scope : c.scope;
    c.holds = t->holds;
    c.open = t->asks;
    return store_case_put(t->in->st, &c);
}

int attended_changed(struct intake *in, uint64_t session, uint64_t csn, bool again)
{
    struct attended t;
    int err = attended_find(in, session, &t);
    return err ? err : case_follow(&t, csn, again);
}

int attended_asks(struct intake *in, uint64_t session, bool *asks)
{
    struct attended t;
    int err = attended_find(in, session, &t);
    *asks = !err && t.asks;
    return err;
}
