#include "client-sdk/src/hung.h"

#include "client-sdk/src/draft.h"
#include "client-sdk/src/read.h"
#include "client-sdk/src/shut.h"

#include <string.h>

/* A row keeps the person that it was made for, who may be shown as somebody else. */
static int place_find(struct samling *s, const struct sam_hung *about, uint64_t *scope)
{
    struct sam_view session;
    uint64_t as;
    int err = sam_person_shown(s, about->participant, &as);
    if (!err)
        err = sam_person_known(s, as, scope);
    return err || !about->session ? err : sam_session_find(s, about->session, &session, scope);
}

static int row_find(struct samling *s, uint8_t entity, uint64_t id, struct sam_seen *seen)
{
    struct sam_key key = {.entity = entity, .part = {id}};
    return id == 0 || id > INT64_MAX ? SAM_ENOTFOUND : sam_rows_get(s, &key, seen);
}

/* What is corrected must be here, and about the same. */
static int replaced_known(struct samling *s, uint8_t entity, const struct sam_hung *about)
{
    struct sam_seen seen;
    if (!about->replaces)
        return 0;
    int err = row_find(s, entity, about->replaces, &seen);
    if (err)
        return err;
    bool same =
        sam_row_person(&seen.view.row) == about->participant && sam_row_session(&seen.view.row) == about->session;
    return same ? 0 : SAM_ENOTFOUND;
}

static int make(struct samling *s, uint64_t user, uint8_t entity, const struct sam_hung *about, sam_hung_fn *fill,
                const void *of, uint64_t *out)
{
    struct sam_draft d;
    uint64_t scope;
    int err = sam_user_known(s, user);
    if (!err)
        err = place_find(s, about, &scope);
    if (!err)
        err = replaced_known(s, entity, about);
    if (err)
        return err;
    sam_draft_start(s, &d, user, entity, SAM_OP_CREATE);
    d.op.row.key.part[0] = sam_draft_mint(s);
    sam_draft_base(&d, about->session, about->session ? 0 : about->participant, scope);
    err = fill(s, &d.op.row, of);
    if (!err)
        err = sam_draft_save(&d);
    if (!err)
        err = sam_draft_minted(s);
    if (!err)
        *out = d.op.row.key.part[0];
    return err;
}

int sam_hung_make(struct samling *s, uint64_t user, uint8_t entity, const struct sam_hung *about, sam_hung_fn *fill,
                  const void *of, uint64_t *out)
{
    *out = 0;
    int err = sam_save_begin(s);
    if (!err)
        err = make(s, user, entity, about, fill, of, out);
    err = sam_save_end(s, err);
    if (err)
        *out = 0;
    return err;
}

/* A change of a row that is there. */
static int change_start(struct samling *s, struct sam_draft *d, uint64_t user, const struct sam_row *row, uint8_t kind)
{
    const struct sam_hung about = {.session = sam_row_session(row), .participant = sam_row_person(row)};
    uint64_t scope;
    int err = sam_user_known(s, user);
    if (!err)
        err = place_find(s, &about, &scope);
    if (err)
        return err;
    sam_draft_start(s, d, user, row->key.entity, kind);
    d->op.row.key = row->key;
    sam_draft_base(d, about.session, about.session ? 0 : about.participant, scope);
    return 0;
}

/* Units that say the same are not said again: somebody else may be changing them meanwhile. What is said once may not differ. */
static int same_drop(struct sam_op *op, const struct sam_row *is)
{
    const struct sam_entity_def *def = sam_entity_find(is->key.entity);
    for (unsigned unit = 0; unit < def->unit_count; unit++) {
        uint32_t fields = sam_unit_fields(def, 1u << unit);
        if (sam_row_unit_equal(&op->row, is, unit))
            op->row.present &= ~fields;
        else if (def->unit_class[unit] == SAM_CLASS_FACT)
            return SAM_ERANGE;
        else if (!(op->row.present & fields))
            op->clear |= 1u << unit;
    }
    return 0;
}

static int set(struct samling *s, uint64_t user, uint8_t entity, uint64_t id, sam_hung_fn *fill, const void *of)
{
    struct sam_draft d;
    struct sam_seen seen;
    int err = row_find(s, entity, id, &seen);
    if (!err)
        err = change_start(s, &d, user, &seen.view.row, SAM_OP_SET);
    if (!err)
        err = fill(s, &d.op.row, of);
    if (!err)
        err = same_drop(&d.op, &seen.view.row);
    if (err)
        return err;
    return d.op.row.present || d.op.clear ? sam_draft_save(&d) : 0;
}

int sam_hung_set(struct samling *s, uint64_t user, uint8_t entity, uint64_t id, sam_hung_fn *fill, const void *of)
{
    int err = sam_save_begin(s);
    if (!err)
        err = set(s, user, entity, id, fill, of);
    return sam_save_end(s, err);
}

int sam_hung_remove(struct samling *s, uint64_t user, uint8_t entity, uint64_t id)
{
    struct sam_draft d;
    struct sam_seen seen;
    int err = sam_save_begin(s);
    if (!err)
        err = row_find(s, entity, id, &seen);
    if (!err)
        err = change_start(s, &d, user, &seen.view.row, SAM_OP_TOMBSTONE);
    if (!err)
        err = sam_draft_save(&d);
    return sam_save_end(s, err);
}

/* ---- fields */

void sam_hung_text(struct sam_row *row, unsigned field, const char *text)
{
    if (text && text[0])
        sam_row_set_text(row, field, text, strlen(text));
}

void sam_hung_id(struct sam_row *row, unsigned field, uint64_t id)
{
    if (id)
        sam_row_set(row, field, (int64_t)id);
}

void sam_hung_num(struct sam_row *row, unsigned field, int v)
{
    if (v != -1)
        sam_row_set(row, field, v);
}

/* ---- lists */

static uint64_t id_in(const void *item, size_t at)
{
    uint64_t id;
    memcpy(&id, (const uint8_t *)item + at, sizeof id);
    return id;
}

static void replaced_find(struct sam_list *list, const struct sam_hung_shape *shape)
{
    for (size_t i = 0; shape->replaced_by_at && i < list->count; i++) {
        uint8_t *is = list->items + i * list->item_bytes;
        for (size_t k = 0; k < list->count; k++) {
            const uint8_t *by = list->items + k * list->item_bytes;
            uint64_t id = id_in(by, shape->id_at), known = id_in(is, shape->replaced_by_at);
            bool about = id_in(by, shape->participant_at) == id_in(is, shape->participant_at);
            if (i != k && about && id > known && id_in(by, shape->replaces_at) == id_in(is, shape->id_at))
                memcpy(is + shape->replaced_by_at, &id, sizeof id);
        }
    }
}

int sam_hung_list(struct samling *s, uint8_t entity, const struct sam_hung *about, const struct sam_hung_shape *shape,
                  sam_seen_fn *add, void *ctx, struct sam_list *list, void **out, size_t *count)
{
    uint64_t scope;
    *out = NULL;
    *count = 0;
    int err = place_find(s, about, &scope);
    if (err)
        return sam_fail(s, err, "the session or the person is not on this device");
    err = about->session ? 0 : sam_shut_may(s, about->participant, entity);
    if (err)
        return sam_fail(s, err, err == SAM_ESTATE ? "the record is shut" : NULL);
    sam_form_keep(s, about->session, about->participant, scope);
    sam_list_init(list, shape->item_bytes);
    err = about->session ? sam_rows_of_session(s, entity, about->session, scope, add, ctx)
                         : sam_rows_of_person(s, entity, about->participant, add, ctx);
    if (!err)
        replaced_find(list, shape);
    return sam_fail(s, sam_list_finish(list, err, shape->text_at, shape->text_count, out, count), NULL);
}
