#include "client-sdk/src/draft.h"

#include "client-sdk/src/host.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/read.h"
#include "client-sdk/src/retry.h"
#include "proto/base/assert.h"

#include <string.h>

/* ---- what the user saw */

static void form_now(struct samling *s, uint64_t scope, struct sam_form *form)
{
    const struct sam_held *h = sam_held_find(s, scope);
    form->epoch = h && h->slot ? h->epoch : 0;
    form->csn = h && h->slot ? h->csn : 0;
}

static struct sam_form *form_of(struct samling *s, const struct sam_form *what)
{
    for (unsigned i = 0; i < SAM_FORMS_MAX; i++)
        if (s->form[i].session == what->session && s->form[i].person == what->person && s->form[i].group == what->group)
            return &s->form[i];
    return NULL;
}

static struct sam_form *form_find(struct samling *s, uint64_t session, uint64_t person)
{
    return form_of(s, &(struct sam_form){.session = session, .person = person});
}

static void form_keep(struct samling *s, const struct sam_form *what, uint64_t scope)
{
    struct sam_form *form = form_of(s, what);
    if (!form)
        form = &s->form[s->form_next++ % SAM_FORMS_MAX];
    *form = *what;
    form_now(s, scope, form);
}

void sam_form_keep(struct samling *s, uint64_t session, uint64_t person, uint64_t scope)
{
    SAM_ASSERT(session || person);
    form_keep(s, &(struct sam_form){.session = session, .person = person}, scope);
}

void sam_form_keep_roster(struct samling *s, uint64_t group)
{
    SAM_ASSERT(group);
    form_keep(s, &(struct sam_form){.group = group}, group);
}

int samling_form_open(samling *s, uint64_t session)
{
    struct sam_view v;
    uint64_t scope;
    int err = sam_session_find(s, session, &v, &scope);
    if (err)
        return sam_fail(s, err, err == SAM_ENOTFOUND ? "this session is not on the device" : NULL);
    sam_form_keep(s, session, 0, scope);
    return 0;
}

/* ---- building */

static int may_save(struct samling *s)
{
    switch (sam_meta(s, state)) {
    case SAMLING_PENDING:
    case SAMLING_ACTIVE:
    case SAMLING_DRAINING: return sam_meta(s, device_no) ? 0 : SAM_ESTATE;
    default: return SAM_ESTATE;
    }
}

int sam_user_known(struct samling *s, uint64_t user)
{
    struct sam_view v;
    return sam_user_find(s, user, &v, NULL);
}

int sam_person_known(struct samling *s, uint64_t person, uint64_t *scope)
{
    struct sam_view v;
    return sam_person_find(s, person, &v, scope);
}

void sam_draft_start(struct samling *s, struct sam_draft *d, uint64_t user, uint8_t entity, uint8_t kind)
{
    memset(d, 0, offsetof(struct sam_draft, op.row));
    d->s = s;
    sam_row_init(&d->op.row, entity);
    d->op.user = user;
    d->op.kind = kind;
    d->op.claimed_s = sam_now(s);
    d->op.utc_offset_min = sam_host_utc_offset_min(d->op.claimed_s);
}

static void base_take(struct sam_draft *d, const struct sam_form *form, uint64_t scope)
{
    struct sam_form now;
    if (!form) {
        form_now(d->s, scope, &now);
        form = &now;
    }
    d->scope = scope;
    d->op.base_csn = form->csn;
    d->base_epoch = form->epoch;
}

void sam_draft_base(struct sam_draft *d, uint64_t session, uint64_t person, uint64_t scope)
{
    struct sam_form *form = session || person ? form_find(d->s, session, person) : NULL;
    if (!form && session && person)
        form = form_find(d->s, session, 0);
    base_take(d, form, scope);
}

void sam_draft_base_roster(struct sam_draft *d, uint64_t group)
{
    base_take(d, form_of(d->s, &(struct sam_form){.group = group}), group);
}

void sam_draft_set(struct sam_op *op, unsigned field, int v)
{
    if (v != -1)
        sam_row_set(&op->row, field, v);
}

int sam_draft_save(struct sam_draft *d)
{
    switch (sam_op_validate(&d->op, false)) {
    case SAM_REASON_NONE: break;
    case SAM_REASON_NOT_PERMITTED: return SAM_EDENIED;
    default: return SAM_ERANGE;
    }
    int err = sam_outbox_add(d->s, &d->op, d->scope, d->base_epoch);
    return err ? err : sam_retry_saved(d->s);
}

uint64_t sam_draft_mint(struct samling *s)
{
    return sam_id_make(sam_meta(s, device_no), sam_meta(s, id_counter) + 1);
}

int sam_draft_minted(struct samling *s)
{
    return sam_meta_put(s, id_counter, sam_meta(s, id_counter) + 1);
}

/* ---- the transaction */

int sam_save_begin(struct samling *s)
{
    int err = sam_begin(s); /* before anything that may refuse: what is refused is taken back, and that alone */
    return err ? err : may_save(s);
}

int sam_save_end(struct samling *s, int err)
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
