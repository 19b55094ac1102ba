#include "client-sdk/src/shut.h"

#include "client-sdk/src/access.h"
#include "client-sdk/src/draft.h"
#include "client-sdk/src/read.h"
#include "client-sdk/src/rows.h"
#include "proto/base/err.h"

/* ---- whose */

struct roots {
    struct samling *s;
    struct sam_list *list;
};

static int shut_here(struct samling *s, uint64_t participant, bool *is)
{
    struct sam_view v;
    int err = sam_person_find(s, participant, &v, NULL);
    *is = !err && sam_row_num(&v.row, SAM_PARTICIPANT_shut);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* What was said of a walk-in holds of whoever that really was. */
static int linked_add(void *ctx, const struct sam_seen *seen)
{
    struct roots *roots = ctx;
    uint64_t id = seen->view.row.key.part[0], as;
    bool is;
    int err = shut_here(roots->s, id, &is);
    if (err || !is)
        return err;
    err = sam_person_shown(roots->s, id, &as);
    uint64_t *one = err ? NULL : sam_list_add(roots->list);
    if (one)
        *one = as;
    return err ? err : one ? 0 : SAM_ENOMEM;
}

int sam_shut_linked(struct samling *s, struct sam_list *list)
{
    struct roots roots = {.s = s, .list = list};
    sam_list_init(list, sizeof(uint64_t));
    return sam_rows_all(s, SAM_LINK, linked_add, &roots);
}

bool sam_shut_is(const struct sam_list *linked, uint64_t participant)
{
    const uint64_t *at = (const void *)linked->items;
    for (size_t i = 0; i < linked->count; i++)
        if (at[i] == participant)
            return true;
    return false;
}

int sam_shut_of(struct samling *s, uint64_t participant, bool *is)
{
    struct sam_list linked;
    uint64_t as;
    *is = false;
    int err = sam_person_shown(s, participant, &as);
    if (!err)
        err = shut_here(s, as, is);
    if (err || *is)
        return err;
    err = sam_shut_linked(s, &linked);
    *is = !err && sam_shut_is(&linked, as);
    sam_list_fini(&linked);
    return err;
}

/* ---- what of it */

static enum samling_resource resource_of(uint8_t entity)
{
    switch (entity) {
    case SAM_SCORE_RESPONSE: return SAMLING_RES_SCORES;
    case SAM_NOTE: return SAMLING_RES_NOTES;
    case SAM_CONTACT: return SAMLING_RES_CONTACTS;
    case SAM_WORK_STATUS: return SAMLING_RES_WORK;
    case SAM_PSFS_ACTIVITY: return SAMLING_RES_ACTIVITIES;
    case SAM_EPISODE: return SAMLING_RES_EPISODES;
    default: return SAMLING_RES_PERSON;
    }
}

bool sam_shut_bars(enum samling_resource what)
{
    switch (what) {
    case SAMLING_RES_SCORES:
    case SAMLING_RES_NOTES:
    case SAMLING_RES_CONTACTS:
    case SAMLING_RES_WORK:
    case SAMLING_RES_ACTIVITIES:
    case SAMLING_RES_EPISODES: return true;
    default: return false;
    }
}

bool sam_shut_reason(enum samling_purpose purpose)
{
    return purpose == SAMLING_FOR_OWN_REQUEST || purpose == SAMLING_FOR_EMERGENCY;
}

int sam_shut_may(struct samling *s, uint64_t participant, uint8_t entity)
{
    enum samling_resource what = resource_of(entity);
    bool is = false, told = false;
    int err = sam_shut_bars(what) ? sam_shut_of(s, participant, &is) : 0;
    if (!err && is)
        err = sam_access_told(s, participant, what, sam_shut_reason, &told);
    return err || !is || told ? err : SAM_ESTATE;
}

/* ---- shutting one */

static int record_shut(struct samling *s, uint64_t user, uint64_t participant)
{
    struct sam_draft d;
    struct sam_view v;
    uint64_t scope, as;
    int err = sam_user_known(s, user);
    if (!err)
        err = sam_person_shown(s, participant, &as);
    if (!err)
        err = sam_person_find(s, as, &v, &scope);
    if (err || sam_row_num(&v.row, SAM_PARTICIPANT_shut))
        return err;
    sam_draft_start(s, &d, user, SAM_PARTICIPANT, SAM_OP_SET);
    d.op.row.key.part[0] = as;
    sam_draft_base(&d, 0, as, scope);
    sam_row_set(&d.op.row, SAM_PARTICIPANT_shut, 1);
    return sam_draft_save(&d);
}

int samling_record_shut(samling *s, uint64_t user, uint64_t participant)
{
    int err = sam_save_begin(s);
    if (!err)
        err = record_shut(s, user, participant);
    return sam_save_end(s, err);
}
