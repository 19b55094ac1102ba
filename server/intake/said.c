/* What was said of one mark. Every batch that speaks of a session or a group is noted by it when it comes, and when all is derived anew; the
 * words themselves stay where they are, in the batches. */
#include "server/intake/intake_int.h"
#include "server/intake/people.h"

#include "proto/base/err.h"

#include <stdlib.h>

uint64_t said_subject(const struct sam_key *key)
{
    switch (key->entity) {
    case SAM_ATTENDANCE:
    case SAM_SESSION:
    case SAM_ENROLMENT:
    case SAM_GROUP: return key->part[0];
    case SAM_LINK:
    case SAM_RULING:
        return key->entity; /* few, and only their effect tells about which session; no minted id is as small */
    default: return 0;
    }
}

int said_note(struct intake *in, const struct sam_op *op, uint64_t first_csn)
{
    const struct noted now = {said_subject(&op->row.key), first_csn};
    bool here = in->noted.subject == now.subject && in->noted.first_csn == now.first_csn;
    if (!now.subject || here) /* a batch marks the people of a session one after another */
        return 0;
    in->noted = now;
    return store_push_about_add(in->st, now.subject, now.first_csn);
}

struct said {
    uint64_t session;
    const struct people *people;
    int (*each)(void *ctx, const struct intake_said *said);
    void *ctx;
};

static int said_op(void *ctx, const struct store_push *p, const struct intake_traced *at, struct sam_span bytes)
{
    const struct said *s = ctx;
    struct sam_op op;
    if (!bytes.len || sam_op_decode(bytes, &op))
        return 0;
    const struct sam_key *key = &op.row.key;
    if (key->entity != SAM_ATTENDANCE || key->part[0] != s->session || !people_has(s->people, key->part[1]))
        return 0;
    const struct intake_said said = {at->csn, at->device_no, at->seq, p->received_s, &op};
    return s->each(s->ctx, &said);
}

int intake_said_each(struct store *st, uint64_t session, const struct people *people,
                     int (*each)(void *ctx, const struct intake_said *said), void *ctx)
{
    struct said s = {session, people, each, ctx};
    struct trace_walk k = {.op = said_op, .ctx = &s};
    struct trace_batches b = {0};
    int err = trace_about(st, &b, session, 0);
    if (!err)
        err = trace_walk_some(st, &k, &b);
    free(b.first_csn);
    return err;
}
