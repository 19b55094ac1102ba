/* What coordinators decide: about ops that were put aside, and about cases, from pages that they read a while ago. Two of them do, and
 * neither knows of the other. */
#include "tests/sim/console_int.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "tests/sim/history.h"

enum { CANCELLED = 2 };

/* One of the quarantined ops that wait: what a page would list. */
static bool some_waiting(struct world *w, struct sam_op *op)
{
    static const char sql[] = "SELECT 1, device_no, seq FROM verdict WHERE kind = 5";
    sqlite3_stmt *q;
    unsigned n = 0;
    *op = (struct sam_op){.kind = SAM_OP_SET};
    sam_row_init(&op->row, SAM_RULING);
    if (sqlite3_prepare_v2(intake_store(w->centre.intake)->db, sql, -1, &q, NULL))
        return false;
    while (sqlite3_step(q) == SQLITE_ROW)
        if (roll(w, ++n) == 0)
            for (int i = 0; i < 3; i++)
                op->row.key.part[i] = (uint64_t)sqlite3_column_int64(q, i);
    sqlite3_finalize(q);
    return n > 0;
}

int case_rule(struct world *w)
{
    struct sam_op op;
    if (!some_waiting(w, &op))
        return 0;
    op.base_csn = console_page_base(w);
    sam_row_set(&op.row, SAM_RULING_decision, chance(w, 70) ? SAM_DECISION_TAKE_IN : SAM_DECISION_LET_REST);
    w->rare.ruled++;
    return console_author(w, &op);
}

/* A session that stands as cancelled although somebody was there, and a page lists it. */
static bool some_attended(struct world *w, struct sam_key *session)
{
    struct store_case c = {0};
    unsigned n = 0;
    while (store_case_next(intake_store(w->centre.intake), c.no, true, &c) == 0)
        if (c.rule == SAM_RULE_ATTENDED && roll(w, ++n) == 0)
            *session = c.key;
    return n > 0;
}

/* It is decided: it was cancelled all the same, in one way or the other. */
int case_let_stand(struct world *w)
{
    struct sam_key key = {0};
    struct sam_op op = {.kind = SAM_OP_SET};
    if (!some_attended(w, &key))
        return 0;
    w->rare.answered++;
    op.base_csn = console_page_base(w);
    if (chance(w, 30)) {
        sam_row_init(&op.row, SAM_SESSION);
        op.row.key.part[0] = key.part[0];
        sam_row_set(&op.row, SAM_SESSION_status, CANCELLED);
        return console_author(w, &op);
    }
    sam_row_init(&op.row, SAM_RULING);
    op.row.key.part[0] = SAM_RULE_ATTENDED;
    op.row.key.part[1] = op.row.key.part[2] = key.part[0];
    sam_row_set(&op.row, SAM_RULING_decision, chance(w, 80) ? SAM_DECISION_MAY_STAND : SAM_DECISION_NONE);
    return console_author(w, &op);
}

/* ---- pages */

/* Some of the open cases, as they stand now. */
void case_page_read(struct world *w, struct page *page)
{
    struct store *st = w->centre.reader;
    struct store_case c = {0};
    unsigned n = 0;
    disk_look(true);
    *page = (struct page){.epoch = intake_epoch(w->centre.intake).id, .csn = history_csn(w)};
    while (store_case_next(st, c.no, true, &c) == 0) {
        unsigned at = n++ < PAGE_CASES ? n - 1 : (unsigned)roll(w, n);
        if (at < PAGE_CASES)
            page->at[at] = (struct page_case){c.rule, c.unit, c.key};
    }
    page->cases = n < PAGE_CASES ? n : PAGE_CASES;
    store_snapshot_end(st);
    disk_look(false);
    trace_add(w, "page", page->csn, page->cases);
}

static struct sam_op decision(const struct page *page, const struct sam_key *key)
{
    struct sam_op op = console_set_of(key);
    op.base_csn = page->csn;
    return op;
}

/* One of the values that stand there is taken: of those that the page may not have shown, too. */
static int decide_unit(struct world *w, const struct page *page, const struct page_case *c)
{
    struct intake_unit u;
    struct sam_op op = decision(page, &c->key);
    int err = intake_unit_open(w->centre.intake, &c->key, c->unit, &u);
    if (!err && u.set->count) {
        const struct sam_row *value = u.set->at[roll(w, u.set->count)].value;
        op.row.present = value->present & sam_unit_fields(sam_entity_find(c->key.entity), 1u << c->unit);
        memcpy(op.row.val, value->val, sizeof op.row.val);
        for (unsigned i = 0; i < u.set->count; i++)
            w->rare.decided_unseen += u.set->at[i].csn > page->csn;
        w->rare.decided++;
        err = op.row.present ? console_author(w, &op) : 0;
    }
    intake_unit_close(&u);
    return err;
}

static int decide_two(struct world *w, const struct page *page, const struct page_case *c)
{
    struct sam_op op = decision(page, &(struct sam_key){SAM_SESSION, {c->key.part[roll(w, 2)]}});
    w->rare.decided++;
    if (chance(w, 50)) {
        op = decision(page, &(struct sam_key){SAM_RULING, {SAM_RULE_SAME_DAY, c->key.part[0], c->key.part[1]}});
        sam_row_set(&op.row, SAM_RULING_decision, chance(w, 80) ? SAM_DECISION_MAY_STAND : SAM_DECISION_NONE);
    } else if (has_fault(w, FAULT_SCOPE) && chance(w, 30)) {
        op.kind = SAM_OP_TOMBSTONE; /* what hangs on it is then rightly refused */
    } else {
        sam_row_set(&op.row, SAM_SESSION_status, CANCELLED);
    }
    return console_author(w, &op);
}

static int decide_attended(struct world *w, const struct page *page, const struct page_case *c)
{
    uint64_t id = c->key.part[0];
    struct sam_op op = decision(page, &(struct sam_key){SAM_SESSION, {id}});
    w->rare.decided++;
    if (chance(w, 50)) {
        op = decision(page, &(struct sam_key){SAM_RULING, {SAM_RULE_ATTENDED, id, id}});
        sam_row_set(&op.row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
    } else {
        sam_row_set(&op.row, SAM_SESSION_status, 1 + (int64_t)roll(w, 2));
    }
    return console_author(w, &op);
}

int case_decide(struct world *w, const struct page *page)
{
    const struct page_case *c = &page->at[roll(w, page->cases)];
    if (page->epoch != intake_epoch(w->centre.intake).id) /* the page is of before the centre's last start */
        return 0;
    switch (c->rule) {
    case SAM_RULE_UNIT: return decide_unit(w, page, c);
    case SAM_RULE_SAME_DAY: return decide_two(w, page, c);
    case SAM_RULE_ATTENDED: return decide_attended(w, page, c);
    default: return 0;
    }
}
