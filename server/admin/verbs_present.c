/* All open cases about who was there in one session, decided at once: whoever was registered as present by anybody was there. Each
 * is an op of its own; all are kept or none. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/verbs_case.h"
#include "server/store/queue.h"

#include <stdio.h>

enum { UNIT_PRESENCE = 0, PRESENT = 1 };

struct present {
    struct verb_context *v;
    uint64_t session, seen;
    unsigned decided, left; /* left: nobody says that this one was there */
};

/* Present is shown before everything else (DESIGN section 5): if it is not what is shown, nobody said it. */
static int says_present(struct verb_context *v, const struct store_case *c, bool *yes)
{
    struct intake_unit u;
    int err = intake_unit_open(v->in, &c->key, c->unit, &u);
    *yes = !err && u.set->count && sam_row_num(u.set->at[u.fold.shown].value, SAM_ATTENDANCE_presence) == PRESENT;
    intake_unit_close(&u);
    return err;
}

static int present_each(struct verb_context *v, uint64_t session,
                        int (*each)(void *ctx, const struct store_case *c, bool present), void *ctx)
{
    struct store_case c = {0};
    int err;
    while ((err = store_case_of_session(v->st, session, UNIT_PRESENCE, c.key.part[1], &c)) == 0) {
        bool present;
        err = says_present(v, &c, &present);
        if (!err)
            err = each(ctx, &c, present);
        if (err)
            return err;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int count_one(void *ctx, const struct store_case *c, bool present)
{
    unsigned *count = ctx;
    (void)c;
    *count += present;
    return 0;
}

int case_present_count(struct verb_context *v, uint64_t session, unsigned *count)
{
    *count = 0;
    return present_each(v, session, count_one, count);
}

static int decide_one(void *ctx, const struct store_case *c, bool present)
{
    struct present *p = ctx;
    if (!present) {
        p->left++;
        return 0;
    }
    case_access(p->v, c);
    p->decided++;
    return case_take_shown(p->v, c, p->seen);
}

int verb_case_present(struct verb_context *v)
{
    struct present p = {.v = v};
    char shown[41];
    snprintf(shown, sizeof shown, "%s", v->args.pos[0]);
    if (args_number(v->args.pos[0], 1, INT64_MAX, &p.session))
        return verb_refuse(v, SAM_TEXT_CASE_PRESENT_NONE, shown);
    int err = author_words(v, &p.seen);
    if (!err)
        err = present_each(v, p.session, decide_one, &p);
    if (!err && !p.decided)
        err = verb_refuse(v, SAM_TEXT_CASE_PRESENT_NONE, shown);
    if (err)
        return err;
    report_num(&v->report, "session", (int64_t)p.session);
    report_num(&v->report, "decided", p.decided);
    report_num(&v->report, "left", p.left);
    report_num(&v->report, "csn", (int64_t)store_csn(v->st));
    report_tell(&v->report, SAM_TEXT_CASE_PRESENT_DONE, (int)p.decided);
    if (p.left)
        report_tell(&v->report, SAM_TEXT_CASE_PRESENT_LEFT, (int)p.left);
    return VERB_OK;
}
