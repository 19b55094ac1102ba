/* Consents: what a person agrees to, for one purpose each. */
#include "client-sdk/src/draft.h"
#include "client-sdk/src/list.h"
#include "client-sdk/src/rows.h"

static int consent_add(void *ctx, const struct sam_seen *seen)
{
    const struct sam_row *r = &seen->view.row;
    struct samling_consent_line *l = sam_list_add(ctx);
    if (!l)
        return SAM_ENOMEM;
    l->consent = (struct samling_consent){.participant = r->key.part[0],
                                          .purpose = (int)r->key.part[1],
                                          .state = (int)sam_row_num(r, SAM_CONSENT_state),
                                          .day = (int32_t)sam_row_num(r, SAM_CONSENT_day),
                                          .method = sam_row_int(r, SAM_CONSENT_method),
                                          .text_version = sam_row_int(r, SAM_CONSENT_text_version)};
    l->state = seen->state;
    return 0;
}

int samling_consents(samling *s, uint64_t participant, struct samling_consent_line **out, size_t *count)
{
    struct sam_list list;
    uint64_t scope;
    *out = NULL;
    *count = 0;
    int err = sam_person_known(s, participant, &scope);
    if (err)
        return sam_fail(s, err, "the person is not on this device");
    sam_form_keep(s, 0, participant, scope);
    sam_list_init(&list, sizeof(struct samling_consent_line));
    err = sam_rows_of_person(s, SAM_CONSENT, participant, consent_add, &list);
    return sam_fail(s, sam_list_finish(&list, err, NULL, 0, (void **)out, count), NULL);
}

static int consent_save(struct samling *s, uint64_t user, const struct samling_consent *c)
{
    struct sam_draft d;
    uint64_t scope;
    int err = sam_user_known(s, user);
    if (!err)
        err = sam_person_known(s, c->participant, &scope);
    if (err)
        return err;
    sam_draft_start(s, &d, user, SAM_CONSENT, SAM_OP_SET);
    d.op.row.key.part[0] = c->participant;
    d.op.row.key.part[1] = c->purpose < 0 ? 0 : (uint64_t)c->purpose;
    sam_draft_base(&d, 0, c->participant, scope);
    sam_row_set(&d.op.row, SAM_CONSENT_state, c->state);
    sam_row_set(&d.op.row, SAM_CONSENT_day, c->day);
    sam_draft_set(&d.op, SAM_CONSENT_method, c->method);
    sam_draft_set(&d.op, SAM_CONSENT_text_version, c->text_version);
    return sam_draft_save(&d);
}

int samling_consent_save(samling *s, uint64_t user, const struct samling_consent *consent)
{
    int err = sam_save_begin(s);
    if (!err)
        err = consent_save(s, user, consent);
    return sam_save_end(s, err);
}
