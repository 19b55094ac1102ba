/* Who is on this device: everybody in one of its groups, and own walk-ins. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/list.h"
#include "client-sdk/src/read.h"
#include "client-sdk/src/rows.h"
#include "client-sdk/src/shut.h"

#include <string.h>

struct people {
    struct samling *s;
    struct sam_list list, linked; /* linked: whose record is shut because of that */
};

static int person_add(void *ctx, const struct sam_seen *seen)
{
    struct people *people = ctx;
    const struct sam_row *r = &seen->view.row;
    uint64_t id = r->key.part[0], as;
    int err = sam_person_shown(people->s, id, &as);
    if (err || as != id) /* who is shown as somebody else is on the list as that one */
        return err;
    struct samling_person *p = sam_list_add(&people->list);
    if (!p)
        return SAM_ENOMEM;
    p->id = id;
    p->birth_year = sam_row_int(r, SAM_PARTICIPANT_birth_year);
    p->provisional = sam_row_num(r, SAM_PARTICIPANT_provisional) != 0;
    p->shut = sam_row_num(r, SAM_PARTICIPANT_shut) || sam_shut_is(&people->linked, id);
    p->name = sam_list_text(&people->list, sam_view_text(&seen->view, SAM_PARTICIPANT_name));
    return 0;
}

static int compare_person(const void *a, const void *b)
{
    const struct samling_person *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);
    return by_name ? by_name : (x->id > y->id) - (x->id < y->id);
}

int samling_people(samling *s, struct samling_person **out, size_t *count)
{
    static const size_t text[] = {offsetof(struct samling_person, name)};
    struct people people = {.s = s};
    sam_list_init(&people.list, sizeof(struct samling_person));
    int err = sam_shut_linked(s, &people.linked);
    if (!err)
        err = sam_rows_all(s, SAM_PARTICIPANT, person_add, &people);
    sam_list_fini(&people.linked);
    err = sam_list_finish(&people.list, err, text, 1, (void **)out, count);
    if (!err)
        sam_list_sort(*out, *count, sizeof **out, compare_person);
    return sam_fail(s, err, NULL);
}
