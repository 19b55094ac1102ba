/* All that was ever said of one person, op by op in the order in which it came, and what became of each. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/innsyn.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 2 * SAM_OP_BYTES_MAX + 8 * VALUE_BYTES_MAX };

static void cell(struct report *r, const char *text)
{
    report_cell_text(r, text, strlen(text));
}

/* "attendance No-show, minutes 45 min" */
static void values_text(struct innsyn *x, const struct sam_op *op, char out[TEXT_BYTES])
{
    const struct sam_entity_def *def = sam_entity_find(op->row.key.entity);
    struct verb_context *v = x->v;
    enum sam_lang lang = v->report.json ? SAM_LANG_EN : v->lang;
    char one[INNSYN_VALUE_BYTES], cleared[VALUE_BYTES_MAX];
    out[0] = 0;
    for (unsigned i = 0; i < def->field_count; i++) {
        if (!sam_row_has(&op->row, i))
            continue;
        innsyn_value(x, &op->row, i, one);
        value_join(out, TEXT_BYTES, ", ", value_field(lang, def, i));
        value_join(out, TEXT_BYTES, " ", one);
    }
    for (unsigned unit = 0; unit < def->unit_count; unit++) {
        if (!(op->clear >> unit & 1u))
            continue;
        value_say(cleared, sizeof cleared, lang, SAM_TEXT_INNSYN_CLEARED, value_unit(lang, def, unit));
        value_join(out, TEXT_BYTES, ", ", cleared);
    }
}

/* "Taken in", "put aside: the value is outside its range" */
static void became_text(struct verb_context *v, const struct store_verdict *at, char out[VALUE_BYTES_MAX])
{
    if (at->kind == SAM_VERDICT_QUARANTINED)
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_INNSYN_PUT_ASIDE,
                  sam_text_of(v->lang, SAM_TEXT_SET_REASON, (int)at->reason));
    else
        snprintf(out, VALUE_BYTES_MAX, "%s", sam_text_of(v->lang, SAM_TEXT_SET_VERDICT, (int)at->kind));
}

static void op_people(struct innsyn *x, const struct intake_op *op, const char *values, const char *became)
{
    struct verb_context *v = x->v;
    struct value_title t;
    char said[INNSYN_SAID_BYTES];
    value_title(v, &op->op.row.key, &t);
    innsyn_said(x, op, said);
    if (op->op.kind == SAM_OP_TOMBSTONE) {
        report_say(&v->report, "  ");
        report_tell(&v->report, SAM_TEXT_INNSYN_ERROR, t.whole);
    } else {
        report_say(&v->report, "  %s\n", t.whole);
    }
    if (values[0])
        report_say(&v->report, "    %s\n", values);
    report_say(&v->report, "    %s\n    %s\n", said, became);
}

static void op_json(struct innsyn *x, const struct intake_op *op, const struct store_verdict *at, const char *values)
{
    static const char *const kinds[] = {"set", "create", "removed"};
    struct report *r = &x->v->report;
    const struct sam_key *key = &op->op.row.key;
    cell(r, op->op.kind < 3 ? kinds[op->op.kind] : "?");
    cell(r, sam_entity_find(key->entity)->table);
    for (unsigned i = 0; i < 4; i++)
        report_cell_num(r, (int64_t)key->part[i]);
    cell(r, values);
    report_cell_num(r, at->kind);
    report_cell_num(r, at->reason);
    report_cell_num(r, (int64_t)at->case_no);
    innsyn_said_cells(x, op);
}

static int op_out(struct innsyn *x, uint64_t csn)
{
    struct verb_context *v = x->v;
    struct store_verdict at;
    struct intake_op op;
    char values[TEXT_BYTES], became[VALUE_BYTES_MAX];
    int err = store_verdict_get(v->st, csn, &at); /* none: taken in as it was meant */
    if (err && err != SAM_ENOTFOUND)
        return err;
    err = intake_op_at(v->in, csn, &op);
    bool logged = !err && op.readable && op.op.row.key.entity == SAM_ACCESS && at.kind != SAM_VERDICT_QUARANTINED;
    if (!err && op.readable && !logged) { /* who saw what stands in the access log */
        values_text(x, &op.op, values);
        became_text(v, &at, became);
        if (v->report.json)
            op_json(x, &op, &at, values);
        else
            op_people(x, &op, values, became);
    }
    intake_op_fini(&op);
    return err;
}

int innsyn_past(struct innsyn *x)
{
    static const struct report_column columns[] = {
        {"kind", SAM_TEXT_COL_VERDICT},   {"table", SAM_TEXT_COL_NAME},    {"key1", SAM_TEXT_COL_ID},
        {"key2", SAM_TEXT_COL_ID},        {"key3", SAM_TEXT_COL_ID},       {"key4", SAM_TEXT_COL_ID},
        {"values", SAM_TEXT_COL_VALUES},  {"verdict", SAM_TEXT_COL_STATE}, {"reason", SAM_TEXT_COL_STATE},
        {"case", SAM_TEXT_COL_CASE},      {"device_no", SAM_TEXT_COL_SEQ}, {"seq", SAM_TEXT_COL_SEQ},
        {"csn", SAM_TEXT_COL_SEQ},        {"who", SAM_TEXT_COL_ACTOR},     {"claimed_s", SAM_TEXT_COL_WHEN},
        {"received_s", SAM_TEXT_COL_WHEN}};
    int err = 0;
    innsyn_head(x, SAM_TEXT_INNSYN_HISTORY);
    report_tell(&x->v->report, SAM_TEXT_INNSYN_HISTORY_WHY);
    report_list(&x->v->report, "history", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; !err && i < x->trace.count; i++)
        err = op_out(x, x->trace.op[i].csn);
    report_table_end(&x->v->report);
    return err;
}
