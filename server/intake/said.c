/* What was said of one mark. Every batch that names a session's marks is noted by that session when it comes, and when all is derived
 * anew; the words themselves stay where they are, in the batches. */
#include "server/intake/intake_int.h"
#include "server/intake/people.h"

#include "proto/base/err.h"

int said_note(struct intake *in, const struct sam_op *op, uint64_t first_csn)
{
    const struct sam_key *key = &op->row.key;
    bool here = in->noted.session == key->part[0] && in->noted.first_csn == first_csn;
    if (key->entity != SAM_ATTENDANCE || here) /* a batch marks the people of a session one after another */
        return 0;
    in->noted = (struct noted){key->part[0], first_csn};
    return store_push_about_add(in->st, key->part[0], first_csn);
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
    struct trace_walk k = {.session = session, .op = said_op, .ctx = &s};
    uint64_t csn = 0;
    return session ? trace_walk(st, &k, &csn) : 0;
}
