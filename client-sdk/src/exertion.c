/* Exertion: how hard it felt at a moment of a session, and which of several ratings counts. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/hung.h"
#include "client-sdk/src/read.h"
#include "proto/model/rule.h"

struct ratings {
    struct samling *s;
    struct sam_list list;
    uint64_t participant;
};

static int rating_add(void *ctx, const struct sam_seen *seen)
{
    struct ratings *ratings = ctx;
    const struct sam_row *r = &seen->view.row;
    uint64_t as;
    int err = sam_person_shown(ratings->s, sam_row_person(r), &as);
    if (err || as != ratings->participant)
        return err;
    struct samling_exertion_line *l = sam_list_add(&ratings->list);
    if (!l)
        return SAM_ENOMEM;
    l->exertion = (struct samling_exertion){.id = r->key.part[0],
                                            .session = sam_row_session(r),
                                            .participant = sam_row_person(r),
                                            .scale = (int)sam_row_num(r, SAM_EXERTION_scale),
                                            .moment = (int)sam_row_num(r, SAM_EXERTION_moment),
                                            .value_tenths = (int)sam_row_num(r, SAM_EXERTION_value_tenths),
                                            .evidence = sam_row_int(r, SAM_EXERTION_evidence),
                                            .replaces = (uint64_t)sam_row_num(r, SAM_EXERTION_replaces)};
    struct sam_rule_rating rating;
    sam_rule_exertion(r, &rating);
    l->primary = rating.own; /* until all are there: primary_find */
    l->state = seen->state;
    return 0;
}

static int compare_moment(const void *a, const void *b)
{
    const struct samling_exertion *x = &((const struct samling_exertion_line *)a)->exertion,
                                  *y = &((const struct samling_exertion_line *)b)->exertion;
    if (x->moment != y->moment)
        return x->moment - y->moment;
    return x->scale != y->scale ? x->scale - y->scale : (x->id > y->id) - (x->id < y->id);
}

static bool one_moment(const struct samling_exertion_line *a, const struct samling_exertion_line *b)
{
    return a->exertion.moment == b->exertion.moment && a->exertion.scale == b->exertion.scale;
}

/* ${l}: one moment on one scale, as the list has them one after the other. */
static void primary_find(struct samling_exertion_line *l, size_t count)
{
    struct sam_rule_rating best = {0};
    for (size_t i = 0; i < count; i++) {
        const struct sam_rule_rating r = {l[i].exertion.id, l[i].primary, l[i].exertion.replaces != 0,
                                          l[i].replaced_by != 0};
        best = sam_rule_rating(&best, &r) ? r : best;
    }
    for (size_t i = 0; i < count; i++)
        l[i].primary = l[i].exertion.id == best.id;
}

int samling_exertions(samling *s, uint64_t session, uint64_t participant, struct samling_exertion_line **out,
                      size_t *count)
{
    static const struct sam_hung_shape shape = SAM_HUNG_SHAPE(struct samling_exertion_line, exertion);
    const struct sam_hung about = {.session = session, .participant = participant};
    struct ratings ratings = {.s = s, .participant = participant};
    int err = session ? sam_hung_list(s, SAM_EXERTION, &about, &shape, rating_add, &ratings, &ratings.list,
                                      (void **)out, count)
                      : sam_fail(s, SAM_ENOTFOUND, NULL);
    if (err)
        return err;
    sam_list_sort(*out, *count, sizeof **out, compare_moment);
    for (size_t i = 0, next; i < *count; i = next) {
        for (next = i + 1; next < *count && one_moment(&(*out)[i], &(*out)[next]);)
            next++;
        primary_find(&(*out)[i], next - i);
    }
    return 0;
}

static int exertion_fields(struct samling *s, struct sam_row *row, const void *of)
{
    const struct samling_exertion *e = of;
    (void)s;
    sam_row_set(row, SAM_EXERTION_session, (int64_t)e->session);
    sam_row_set(row, SAM_EXERTION_participant, (int64_t)e->participant);
    sam_row_set(row, SAM_EXERTION_scale, e->scale);
    sam_row_set(row, SAM_EXERTION_moment, e->moment);
    sam_row_set(row, SAM_EXERTION_value_tenths, e->value_tenths);
    sam_hung_num(row, SAM_EXERTION_evidence, e->evidence);
    sam_hung_id(row, SAM_EXERTION_replaces, e->replaces);
    return 0;
}

int samling_exertion_save(samling *s, uint64_t user, const struct samling_exertion *exertion, uint64_t *out)
{
    const struct sam_hung about = {
        .session = exertion->session, .participant = exertion->participant, .replaces = exertion->replaces};
    return sam_hung_make(s, user, SAM_EXERTION, &about, exertion_fields, exertion, out);
}

int samling_exertion_remove(samling *s, uint64_t user, uint64_t id)
{
    return sam_hung_remove(s, user, SAM_EXERTION, id);
}
