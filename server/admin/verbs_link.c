/* Two participants are one person, or are not any more: said by a coordinator, as an op of the centre. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/shut.h"
#include "server/admin/verbs_case.h"

struct linking {
    struct verb_context *v;
    uint64_t loser, winner, was, seen; /* was: whom it is shown as so far, 0: itself */
};

/* What stands there, and whether somebody said it since the page was read. */
static int link_read(struct linking *l)
{
    struct sam_key key = {.entity = SAM_LINK, .part = {l->loser}};
    struct store_row row;
    int err = store_row_get(l->v->st, &key, &row);
    if (err)
        return err;
    l->was = row.exists ? (uint64_t)sam_row_num(&row.row, SAM_LINK_winner) : 0;
    return row.csn > l->seen ? verb_refuse(l->v, SAM_TEXT_LINK_NEWS, (unsigned long long)l->seen) : VERB_OK;
}

static int link_say(struct linking *l)
{
    struct verb_context *v = l->v;
    enum sam_reason reason = SAM_REASON_NONE;
    struct sam_op op = {.kind = SAM_OP_SET, .claimed_s = intake_now_s(v->in), .base_csn = l->seen};
    sam_row_init(&op.row, SAM_LINK);
    op.row.key.part[0] = l->loser;
    sam_row_set(&op.row, SAM_LINK_winner, (int64_t)l->winner);
    if (v->note)
        author_text(&op, SAM_LINK_note, v->note);
    int err = intake_author(v->in, &op, &reason);
    if (err == SAM_ERANGE && reason == SAM_REASON_NOT_PERMITTED)
        return verb_refuse(v, SAM_TEXT_LINK_CIRCLE, (unsigned long long)l->loser, (unsigned long long)l->winner);
    if (err == SAM_ERANGE)
        return verb_refuse(v, SAM_TEXT_ADM_NOT_STORED, sam_text_of(v->lang, SAM_TEXT_SET_REASON, (int)reason));
    return err;
}

static void told(struct linking *l, enum sam_text_id id)
{
    struct report *r = &l->v->report;
    access_person(l->v, l->loser);
    access_person(l->v, l->winner ? l->winner : l->was);
    char one[VALUE_BYTES_MAX], other[VALUE_BYTES_MAX];
    case_person_text(l->v, l->loser, one);
    case_person_text(l->v, l->winner ? l->winner : l->was, other);
    report_num(r, "participant", (int64_t)l->loser);
    report_num(r, "winner", (int64_t)l->winner);
    report_num(r, "csn", (int64_t)store_csn(l->v->st));
    report_tell(r, id, one, other);
}

int verb_participant_link(struct verb_context *v)
{
    struct linking l = {.v = v};
    int err = author_words(v, &l.seen);
    if (!err)
        err = author_participant(v, v->args.pos[0], &l.loser);
    if (!err)
        err = author_participant(v, v->args.pos[1], &l.winner);
    if (!err)
        err = link_read(&l);
    if (!err && l.was == l.winner)
        err = verb_refuse(v, SAM_TEXT_LINK_ALREADY, (unsigned long long)l.loser, (unsigned long long)l.winner);
    if (!err)
        err = link_say(&l);
    if (!err)
        err = shut_follow(v, l.loser, l.winner);
    if (!err)
        told(&l, SAM_TEXT_LINK_DONE);
    return err;
}

int verb_participant_unlink(struct verb_context *v)
{
    struct linking l = {.v = v};
    int err = author_words(v, &l.seen);
    if (!err)
        err = author_participant(v, v->args.pos[0], &l.loser);
    if (!err)
        err = link_read(&l);
    if (!err && !l.was)
        err = verb_refuse(v, SAM_TEXT_LINK_NONE, (unsigned long long)l.loser);
    if (!err)
        err = link_say(&l);
    if (!err)
        told(&l, SAM_TEXT_LINK_PARTED);
    return err;
}
