/* What a device is told beside rows: the list of its scopes, and what became of its ops. */
#include "server/store/feed_int.h"

#include "proto/base/err.h"

#include <stdlib.h>
#include <string.h>

static bool named(const struct sam_pull *p, uint64_t scope)
{
    for (unsigned i = 0; i < p->filling_count; i++)
        if (p->filling[i] == scope)
            return true;
    return false;
}

/* The list as SCOPES sends it. */
static int list_load(struct feed *f, struct store_scope all[SAM_SCOPES_MAX])
{
    unsigned count = 0;
    int err = store_scopes_of(f->st, f->device.org, all, SAM_SCOPES_MAX, &count);
    for (unsigned i = 0; i < count; i++)
        f->scopes_frame->scope[i] = (struct sam_scope){all[i].id, all[i].since_csn};
    f->scopes_frame->scope_count = count;
    f->list_csn = store_scopes_csn(f->st, f->device.org);
    return err;
}

/* The list, and of it the scopes that are complete at the device. */
int feed_scopes_load(struct feed *f, const struct sam_pull *pull)
{
    struct store_scope *all = calloc(SAM_SCOPES_MAX, sizeof *all);
    f->scopes_frame = calloc(1, sizeof *f->scopes_frame);
    int err = all && f->scopes_frame ? list_load(f, all) : SAM_ENOMEM;
    for (unsigned i = 0; !err && i < f->scopes_frame->scope_count; i++)
        if (f->complete_csn && all[i].since_csn <= f->complete_csn && !named(pull, all[i].id))
            f->scope[f->scope_count++] = all[i];
    f->list = f->complete_csn == 0 || f->list_csn > f->complete_csn;
    free(all);
    return err;
}

int feed_scopes_send(struct feed *f, struct sam_sync *s)
{
    int err = sam_scopes_encode(&f->body, f->scopes_frame);
    if (!err)
        err = feed_frame_send(f, s, SAM_FRAME_SCOPES, sam_buf_peek(&f->body));
    sam_buf_clear(&f->body);
    return err;
}

static void scope_take_out(struct feed *f, unsigned i)
{
    memmove(&f->scope[i], &f->scope[i + 1], (--f->scope_count - i) * sizeof f->scope[0]);
    if (f->resumed && i < f->mark_scope) {
        f->mark_scope--;
    } else if (f->resumed && i == f->mark_scope) {
        f->mark_entity = 0;
        f->mark_csn = f->low;
    }
    if (i < f->at_scope) {
        f->at_scope--;
    } else if (i == f->at_scope) {
        f->at_entity = 0;
        feed_place_set(f, feed_place_csn(f));
    }
}

/* The list changed while the run went on, and the run will end behind that: the device is told now, for the next PULL asks
 * from the end on. What it holds no longer, or has to fill, is no part of this run. 1: told. */
int feed_list_refresh(struct feed *f, struct sam_sync *s)
{
    if (store_scopes_csn(f->st, f->device.org) == f->list_csn)
        return 0;
    struct store_scope *all = calloc(SAM_SCOPES_MAX, sizeof *all);
    int err = all ? list_load(f, all) : SAM_ENOMEM;
    for (unsigned i = f->scope_count; !err && i-- > 0;) {
        unsigned k = 0;
        while (k < f->scopes_frame->scope_count && all[k].id != f->scope[i].id)
            k++;
        if (k == f->scopes_frame->scope_count || all[k].since_csn > f->complete_csn)
            scope_take_out(f, i);
    }
    free(all);
    if (!err)
        err = feed_scopes_send(f, s);
    return err ? err : 1;
}

/* Whether a row is absent or another clinic's is not told to a device: nothing can be learned by trying (P10). */
static struct sam_verdict_row verdict_told(const struct store_verdict *v)
{
    uint32_t reason = v->reason == SAM_REASON_SCOPE ? SAM_REASON_REFERENCE : v->reason;
    return (struct sam_verdict_row){v->seq, v->case_no, v->kind, reason, v->closed};
}

int feed_verdicts_next(struct feed *f, struct sam_sync *s)
{
    struct store_verdict found[SAM_VERDICTS_MAX];
    struct sam_verdicts *v = calloc(1, sizeof *v);
    unsigned count = 0;
    int err =
        v ? store_verdicts_after(f->st, f->device.no, f->verdict_at, f->verdict_csn, found, SAM_VERDICTS_MAX, &count)
          : SAM_ENOMEM;
    if (!err && (count || f->verdicts_whole)) {
        v->whole = f->verdicts_whole;
        f->verdicts_whole = false;
        for (unsigned i = 0; i < count; i++)
            v->at[i] = verdict_told(&found[i]);
        v->count = count;
        bool more = count == SAM_VERDICTS_MAX;
        /* with more to come the feed is complete only before the last one's commit */
        v->csn = more ? found[count - 1].at_csn - 1 : store_csn(f->st);
        f->verdict_at = count ? found[count - 1].at_csn : 0;
        f->verdict_csn = count ? found[count - 1].csn : INT64_MAX;
        err = sam_verdicts_encode(&f->body, v);
        if (!err)
            err = feed_frame_send(f, s, SAM_FRAME_VERDICTS, sam_buf_peek(&f->body));
        sam_buf_clear(&f->body);
    }
    free(v);
    if (count < SAM_VERDICTS_MAX) {
        f->stage = STAGE_WALK;
        f->verdict_run = store_csn(f->st);
    }
    return err ? err : 1;
}
