/* A person's record is shut, or opened again. */
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/shut.h"
#include "server/admin/verbs_case.h"
#include "server/intake/people.h"

static int person_get(struct verb_context *v, uint64_t id, struct store_row *row)
{
    const struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {id}};
    return store_row_get(v->st, &key, row);
}

static bool is_shut(const struct store_row *row)
{
    return row->exists && row->dead <= 0 && sam_row_num(&row->row, SAM_PARTICIPANT_shut);
}

static int shut_say(struct verb_context *v, uint64_t id, uint64_t seen, bool shut)
{
    const struct sam_key key = {.entity = SAM_PARTICIPANT, .part = {id}};
    struct sam_op op;
    author_set(v, &op, &key);
    op.base_csn = seen;
    sam_row_set(&op.row, SAM_PARTICIPANT_shut, shut);
    return author_apply(v, &op);
}

int shut_follow(struct verb_context *v, uint64_t loser, uint64_t winner)
{
    struct store_row row;
    uint64_t root = winner;
    int err = person_get(v, loser, &row);
    if (err || !is_shut(&row))
        return err;
    err = people_root(v->st, winner, &root);
    err = err ? err : person_get(v, root, &row);
    return err || is_shut(&row) ? err : shut_say(v, root, store_csn(v->st), true);
}

static void told(struct verb_context *v, uint64_t id, bool shut, enum sam_text_id words)
{
    char name[VALUE_BYTES_MAX];
    access_person(v, id);
    case_person_text(v, id, name);
    report_num(&v->report, "participant", (int64_t)id);
    report_num(&v->report, "shut", shut);
    report_num(&v->report, "csn", (int64_t)store_csn(v->st));
    report_tell(&v->report, words, name);
}

int verb_participant_shut(struct verb_context *v)
{
    struct store_row row;
    uint64_t id = 0, seen = 0;
    int err = author_words(v, &seen);
    err = err ? err : author_participant(v, v->args.pos[0], &id);
    err = err ? err : people_root(v->st, id, &id);
    err = err ? err : person_get(v, id, &row);
    if (!err && !is_shut(&row))
        err = shut_say(v, id, seen, true);
    if (!err)
        told(v, id, true, SAM_TEXT_SHUT_DONE);
    return err;
}

/* Whoever opens it must know of everybody who shut it: from an old page nothing would open, and it would say so to nobody. */
static int open_one(struct verb_context *v, uint64_t id, uint64_t seen, unsigned *opened)
{
    struct store_row row;
    int err = person_get(v, id, &row);
    if (err || !is_shut(&row))
        return err;
    if (row.csn > seen)
        return verb_refuse(v, SAM_TEXT_SHUT_NEWS, (unsigned long long)seen);
    ++*opened;
    return shut_say(v, id, seen, false);
}

int verb_participant_open(struct verb_context *v)
{
    struct people p = {.count = 0};
    uint64_t id = 0, seen = 0;
    unsigned opened = 0;
    int err = author_words(v, &seen);
    err = err ? err : author_participant(v, v->args.pos[0], &id);
    err = err ? err : people_root(v->st, id, &id);
    err = err ? err : people_of(v->st, id, &p);
    for (unsigned i = 0; !err && i < p.count; i++)
        err = open_one(v, p.id[i], seen, &opened);
    if (!err && !opened)
        err = verb_refuse(v, SAM_TEXT_SHUT_NOT, (unsigned long long)id);
    if (!err)
        told(v, id, false, SAM_TEXT_SHUT_OPENED);
    return err;
}
