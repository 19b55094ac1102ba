/* Deciding about what was put aside. A decision is an op of the centre (a ruling), so that it is audited, kept in the journal, and
 * repeated by rebuild. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/verbs_quarantine.h"

#include <string.h>

/* OPS_MAX: as many as one tablet may send in a day; one transaction. */
enum { OPS_MAX = 20000 };

struct ruling {
    struct verb_context *v;
    enum sam_decision decision;
    const char *note;
    unsigned count;
    bool more;
};

static const char *outcome_word(const struct store_verdict *at)
{
    static const char *const words[SAM_VERDICT_COUNT] = {"applied", "merged",      "same",      "superseded",
                                                         "case",    "quarantined", "held-back", "lost"};
    return at->kind < SAM_VERDICT_COUNT ? words[at->kind] : "?";
}

static void outcome_say(struct ruling *x, uint64_t csn, const struct store_verdict *at)
{
    struct report *r = &x->v->report;
    unsigned long long no = csn;
    report_cell_num(r, (int64_t)csn);
    report_cell_str(r, outcome_word(at));
    report_cell_num(r, at->reason);
    report_cell_num(r, (int64_t)at->case_no);
    if (x->decision == SAM_DECISION_LET_REST)
        report_tell(r, SAM_TEXT_ASIDE_LEFT, no);
    else if (x->decision == SAM_DECISION_NONE)
        report_tell(r, SAM_TEXT_ASIDE_BACK, no);
    else if (at->kind == SAM_VERDICT_QUARANTINED)
        report_tell(r, SAM_TEXT_ASIDE_STILL, no, quarantine_reason(x->v, at->reason));
    else if (at->kind == SAM_VERDICT_CASE)
        report_tell(r, SAM_TEXT_ASIDE_IN_CASE, no, (unsigned long long)at->case_no);
    else if (at->kind == SAM_VERDICT_APPLIED)
        report_tell(r, SAM_TEXT_ASIDE_IN, no);
    else
        report_tell(r, SAM_TEXT_ASIDE_IN_OTHER, no, sam_text_of(x->v->lang, SAM_TEXT_SET_VERDICT, (int)at->kind));
}

static int rule_one(struct ruling *x, const struct store_verdict *at)
{
    struct sam_op op = {.kind = SAM_OP_SET};
    struct store_verdict now = {0};
    uint64_t csn = at->csn;
    sam_row_init(&op.row, SAM_RULING);
    op.row.key.part[0] = SAM_RULE_QUARANTINE;
    op.row.key.part[1] = at->device_no;
    op.row.key.part[2] = at->seq;
    sam_row_set(&op.row, SAM_RULING_decision, x->decision);
    if (x->note)
        author_text(&op, SAM_RULING_note, x->note);
    int err = author_apply(x->v, &op);
    if (!err)
        err = store_verdict_get(x->v->st, csn, &now);
    if (err == SAM_ENOTFOUND) /* as its author meant it */
        err = 0;
    if (!err)
        outcome_say(x, csn, &now);
    x->count++;
    return err;
}

static int rule_device(struct ruling *x)
{
    struct store_verdict at = {0};
    uint64_t device_no = 0;
    int err;
    if (x->v->args.pos_count || args_uint(&x->v->args, "device", 1, SAM_DEVICE_NO_MAX, &device_no))
        return verb_usage(x->v);
    while ((err = store_verdict_waits(x->v->st, at.csn, &at)) == 0) {
        if (at.device_no != device_no)
            continue;
        x->more = x->count == OPS_MAX;
        if (x->more)
            return VERB_OK;
        if ((err = rule_one(x, &at)))
            return err;
    }
    if (err == SAM_ENOTFOUND && !x->count)
        return verb_refuse(x->v, SAM_TEXT_ASIDE_NONE_OF, (unsigned long long)device_no);
    return err == SAM_ENOTFOUND ? VERB_OK : err;
}

static int rule_numbers(struct ruling *x)
{
    int err = VERB_OK;
    if (!x->v->args.pos_count) {
        verb_refuse(x->v, SAM_TEXT_ASIDE_WHICH);
        return VERB_USAGE;
    }
    for (unsigned i = 0; !err && i < x->v->args.pos_count; i++) {
        struct store_verdict at = {0};
        err = quarantine_read(x->v, x->v->args.pos[i], &at);
        if (!err && x->decision == SAM_DECISION_NONE && !at.closed)
            err = verb_refuse(x->v, SAM_TEXT_ASIDE_NOT_CLOSED, (unsigned long long)at.csn);
        if (!err)
            err = rule_one(x, &at);
    }
    return err;
}

static int rule(struct ruling *x)
{
    static const struct report_column columns[] = {{"csn", SAM_TEXT_COL_SEQ},
                                                   {"verdict", SAM_TEXT_COL_VERDICT},
                                                   {"reason", SAM_TEXT_COL_STATE},
                                                   {"case", SAM_TEXT_COL_CASE}};
    report_table(&x->v->report, columns, sizeof columns / sizeof *columns);
    int err = args_has(&x->v->args, "device") ? rule_device(x) : rule_numbers(x);
    access_list(x->v, 0, x->count);
    if (!err && x->v->report.json)
        report_table_end(&x->v->report);
    if (!err && x->more)
        report_tell(&x->v->report, SAM_TEXT_ASIDE_MANY, OPS_MAX);
    return err;
}

int verb_quarantine_retry(struct verb_context *v)
{
    return rule(&(struct ruling){.v = v, .decision = SAM_DECISION_TAKE_IN});
}

int verb_quarantine_close(struct verb_context *v)
{
    const char *note = args_get(&v->args, "note");
    if (!note || !*note) {
        verb_refuse(v, SAM_TEXT_ASIDE_NOTE_NEEDED);
        return VERB_USAGE;
    }
    if (strlen(note) > QUARANTINE_NOTE_BYTES_MAX)
        return verb_refuse(v, SAM_TEXT_ADM_TEXT_LONG, "note", QUARANTINE_NOTE_BYTES_MAX);
    return rule(&(struct ruling){.v = v, .decision = SAM_DECISION_LET_REST, .note = note});
}

int verb_quarantine_reopen(struct verb_context *v)
{
    return rule(&(struct ruling){.v = v, .decision = SAM_DECISION_NONE});
}
