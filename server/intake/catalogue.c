/* The catalogue of interventions stands whole in every clinic's own scope: a contact may name any of them, a group may begin to
 * follow any, and whoever holds the group must then know it. */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"

int catalogue_spread(struct intake *in, const struct sam_key *intervention, uint64_t csn)
{
    uint64_t id = 0;
    int err = scopes_flush(in); /* a clinic may be as new as the intervention */
    while (!err && (err = store_scope_next(in->st, id, &id)) == 0) {
        struct store_scope *s;
        err = scope_get(in, id, &s);
        if (!err && s && s->org == id)
            err = member_add(in, id, intervention, csn);
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int catalogue_give(struct intake *in, uint64_t clinic, uint64_t csn)
{
    struct sam_key key = {.entity = SAM_INTERVENTION};
    int err = 0;
    while (!err && (err = store_key_each(in->st, SAM_INTERVENTION, &key, &key)) == 0)
        err = member_add(in, clinic, &key, csn);
    return err == SAM_ENOTFOUND ? 0 : err;
}
