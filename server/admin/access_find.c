#include "server/admin/access_find.h"

#include "proto/base/err.h"
#include "proto/base/grow.h"

static int place_each(void *ctx, uint64_t audit_no, uint64_t part)
{
    struct access_places *p = ctx;
    void *mem = sam_grow(p->place, &p->room, p->count + 1, sizeof *p->place);
    if (!mem)
        return SAM_ENOMEM;
    p->place = mem;
    p->place[p->count++] = (struct access_place){audit_no, part};
    return 0;
}

/* Did one of them stand in that group's list? */
static bool in_group(struct store *st, const struct people *people, uint64_t group)
{
    for (unsigned i = 0; i < people->count; i++) {
        const struct sam_key key = {.entity = SAM_ENROLMENT, .part = {group, people->id[i]}};
        struct store_row row;
        const struct sam_key person = {.entity = SAM_PARTICIPANT, .part = {people->id[i]}};
        struct store_member m; /* whoever walked in stands in its lists too */
        if (store_row_get(st, &key, &row) == 0 && row.exists)
            return true;
        if (store_member_get(st, group, &person, &m) == 0 && m.csn)
            return true;
    }
    return false;
}

static int lists_find(struct store *st, const struct people *people, struct access_places *out)
{
    uint64_t group = 0;
    int err = store_access_lists(st, 0, place_each, out);
    while (!err && (err = store_access_group(st, group, &group)) == 0)
        if (in_group(st, people, group))
            err = store_access_lists(st, group, place_each, out);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int before(const void *a, const void *b)
{
    const struct access_place *x = a, *y = b;
    if (x->audit_no != y->audit_no)
        return x->audit_no < y->audit_no ? -1 : 1;
    return x->part < y->part ? -1 : x->part > y->part;
}

int access_find(struct verb_context *v, const struct people *people, struct access_places *out)
{
    int err = 0;
    *out = (struct access_places){0};
    for (unsigned i = 0; !err && i < people->count; i++)
        err = store_access_person(v->st, people->id[i], place_each, out);
    err = err ? err : lists_find(v->st, people, out);
    if (!err && out->count)
        qsort(out->place, out->count, sizeof *out->place, before);
    return err;
}

void access_places_fini(struct access_places *p)
{
    free(p->place);
    *p = (struct access_places){0};
}
