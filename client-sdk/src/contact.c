/* Contacts: meetings with one person or about one. */
#include "client-sdk/src/hung.h"

static int contact_add(void *ctx, const struct sam_seen *seen)
{
    const struct sam_row *r = &seen->view.row;
    struct samling_contact_line *l = sam_list_add(ctx);
    if (!l)
        return SAM_ENOMEM;
    l->contact = (struct samling_contact){.id = r->key.part[0],
                                          .participant = sam_row_person(r),
                                          .day = (int32_t)sam_row_num(r, SAM_CONTACT_day),
                                          .minutes = sam_row_int(r, SAM_CONTACT_minutes),
                                          .mode = sam_row_int(r, SAM_CONTACT_mode),
                                          .with_whom = sam_row_int(r, SAM_CONTACT_with_whom),
                                          .role = sam_row_int(r, SAM_CONTACT_role),
                                          .sector = sam_row_int(r, SAM_CONTACT_sector),
                                          .work_focus = sam_row_int(r, SAM_CONTACT_work_focus),
                                          .intervention = (uint64_t)sam_row_num(r, SAM_CONTACT_intervention),
                                          .episode = (uint64_t)sam_row_num(r, SAM_CONTACT_episode)};
    l->disputed = seen->disputed;
    l->state = seen->state;
    return 0;
}

static int compare_day(const void *a, const void *b)
{
    const struct samling_contact *x = &((const struct samling_contact_line *)a)->contact,
                                 *y = &((const struct samling_contact_line *)b)->contact;
    return x->day != y->day ? (x->day > y->day) - (x->day < y->day) : (x->id > y->id) - (x->id < y->id);
}

int samling_contacts(samling *s, uint64_t participant, struct samling_contact_line **out, size_t *count)
{
    const struct sam_hung about = {.participant = participant};
    const struct sam_hung_shape shape = {.item_bytes = sizeof **out}; /* none replaces another */
    struct sam_list list;
    int err = sam_hung_list(s, SAM_CONTACT, &about, &shape, contact_add, &list, &list, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_day);
    return err;
}

static int contact_fields(struct samling *s, struct sam_row *row, const void *of)
{
    const struct samling_contact *c = of;
    (void)s;
    sam_row_set(row, SAM_CONTACT_participant, (int64_t)c->participant);
    sam_row_set(row, SAM_CONTACT_day, c->day);
    sam_hung_num(row, SAM_CONTACT_minutes, c->minutes);
    sam_hung_num(row, SAM_CONTACT_mode, c->mode);
    sam_hung_num(row, SAM_CONTACT_with_whom, c->with_whom);
    sam_hung_num(row, SAM_CONTACT_role, c->role);
    sam_hung_num(row, SAM_CONTACT_sector, c->sector);
    sam_hung_num(row, SAM_CONTACT_work_focus, c->work_focus);
    sam_hung_id(row, SAM_CONTACT_intervention, c->intervention);
    sam_hung_id(row, SAM_CONTACT_episode, c->episode);
    return 0;
}

int samling_contact_save(samling *s, uint64_t user, const struct samling_contact *contact, uint64_t *out)
{
    const struct sam_hung about = {.participant = contact->participant};
    if (!contact->id)
        return sam_hung_make(s, user, SAM_CONTACT, &about, contact_fields, contact, out);
    int err = sam_hung_set(s, user, SAM_CONTACT, contact->id, contact_fields, contact);
    *out = err ? 0 : contact->id;
    return err;
}

int samling_contact_remove(samling *s, uint64_t user, uint64_t id)
{
    return sam_hung_remove(s, user, SAM_CONTACT, id);
}
