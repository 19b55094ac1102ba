/* What tablets sent and the centre put aside: looking at it. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/verbs_quarantine.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SHOWN = 40, HEX_BYTES_A_LINE = 24 };

/* ---- in words */

/* "new: Attendance: Ola, Monday group, Tuesday 6 October" */
static void op_what(struct verb_context *v, const struct intake_op *op, char *out, size_t size)
{
    const struct sam_entity_def *def = op->readable ? sam_entity_find(op->op.row.key.entity) : NULL;
    struct value_title t;
    if (!def) {
        snprintf(out, size, "%s", sam_text(v->lang, SAM_TEXT_ASIDE_UNREADABLE));
        return;
    }
    value_title(v, &op->op.row.key, &t);
    if (op->op.kind == SAM_OP_TOMBSTONE)
        value_say(out, size, v->lang, SAM_TEXT_ASIDE_TOMBSTONE, t.whole);
    else if (op->op.kind == SAM_OP_CREATE)
        value_say(out, size, v->lang, SAM_TEXT_ASIDE_CREATE, t.whole);
    else
        snprintf(out, size, "%s", t.whole);
}

/* "attendance No-show, minutes 45 min" */
/* What a page may not show to everybody who decides about what was put aside: records that only who treats somebody reads. */
static bool closed_book(const struct verb_context *v, const struct intake_op *op)
{
    uint8_t entity = op->op.row.key.entity;
    return v->report.page && op->readable && (entity == SAM_NOTE || entity == SAM_CONTACT || entity == SAM_WORK_STATUS);
}

static void op_values(struct verb_context *v, const struct intake_op *op, char out[VALUE_BYTES_MAX])
{
    const struct sam_entity_def *def = op->readable ? sam_entity_find(op->op.row.key.entity) : NULL;
    out[0] = 0;
    for (unsigned i = 0; def && i < def->field_count; i++) {
        char one[VALUE_BYTES_MAX];
        if (!sam_row_has(&op->op.row, i) || closed_book(v, op) ||
            (def->tag == SAM_ATTENDANCE && i == SAM_ATTENDANCE_evidence))
            continue;
        value_of_field(v, &op->op.row, i, one);
        value_join(out, VALUE_BYTES_MAX, ", ", value_field(v->lang, def, i));
        value_join(out, VALUE_BYTES_MAX, " ", one);
    }
}

const char *quarantine_reason(const struct verb_context *v, uint32_t reason)
{
    return sam_text_of(v->lang, SAM_TEXT_SET_REASON, (int)reason);
}

static void what_became(struct verb_context *v, const struct store_verdict *at)
{
    if (at->kind == SAM_VERDICT_APPLIED)
        report_tell(&v->report, SAM_TEXT_ASIDE_TAKEN);
    else if (at->kind != SAM_VERDICT_QUARANTINED)
        report_tell(&v->report, SAM_TEXT_ASIDE_TAKEN_OTHER, sam_text_of(v->lang, SAM_TEXT_SET_VERDICT, (int)at->kind));
    else if (at->closed)
        report_tell(&v->report, SAM_TEXT_ASIDE_RESTS);
}

/* ---- the list */

struct list {
    struct verb_context *v;
    uint64_t clinic; /* 0: all */
    unsigned count;
};

static void entry_people(struct verb_context *v, const struct store_verdict *at, const struct intake_op *op)
{
    struct report *r = &v->report;
    char device[VALUE_BYTES_MAX], received[VALUE_TIME_BYTES], what[2 * VALUE_BYTES_MAX], values[VALUE_BYTES_MAX];
    value_device(v, at->device_no, device);
    value_time(v, op->received_s, received);
    op_what(v, op, what, sizeof what);
    op_values(v, op, values);
    report_say(r, "%llu  ", (unsigned long long)at->csn);
    report_tell(r, SAM_TEXT_ASIDE_FROM, device, (unsigned long long)at->seq, received);
    report_say(r, "    %s\n", what);
    if (values[0])
        report_say(r, "    %s\n", values);
    if (at->reason)
        report_say(r, "    %s.\n", quarantine_reason(v, at->reason));
    if (at->kind != SAM_VERDICT_QUARANTINED || at->closed) {
        report_say(r, "    ");
        what_became(v, at);
    }
}

static const char *state_word(const struct store_verdict *at)
{
    return at->kind != SAM_VERDICT_QUARANTINED ? "taken-in" : at->closed ? "closed" : "open";
}

static void entry_json(struct verb_context *v, const struct store_verdict *at, const struct intake_op *op)
{
    struct report *r = &v->report;
    char what[2 * VALUE_BYTES_MAX], values[VALUE_BYTES_MAX];
    op_what(v, op, what, sizeof what);
    op_values(v, op, values);
    report_cell_num(r, (int64_t)at->csn);
    report_cell_num(r, (int64_t)at->device_no);
    report_cell_num(r, (int64_t)at->seq);
    report_cell_num(r, at->reason);
    report_cell_str(r, quarantine_reason(v, at->reason));
    report_cell_str(r, state_word(at));
    report_cell_str(r, what);
    report_cell_str(r, values);
    report_cell_num(r, op->received_s);
}

static int entry(struct list *l, const struct store_verdict *at)
{
    struct store_device d;
    struct intake_op op;
    int err = l->clinic ? store_device_get(l->v->st, at->device_no, &d) : 0;
    if (err || (l->clinic && d.org != l->clinic))
        return err == SAM_ENOTFOUND ? 0 : err;
    err = intake_op_at(l->v->in, at->csn, &op);
    if (!err && l->v->report.json)
        entry_json(l->v, at, &op);
    else if (!err)
        entry_people(l->v, at, &op);
    l->count++;
    intake_op_fini(&op);
    return err;
}

static int waiting_each(struct list *l)
{
    struct store_verdict at = {0};
    int err;
    while ((err = store_verdict_waits(l->v->st, at.csn, &at)) == 0)
        if ((err = entry(l, &at)))
            return err;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int verdict_of(struct verb_context *v, uint64_t device_no, uint64_t seq, struct store_verdict *at)
{
    struct store_push p;
    int err = store_push_at_seq(v->st, device_no, seq, &p);
    return err ? err : store_verdict_get(v->st, p.first_csn + (seq - p.first_seq), at);
}

/* A decision that was made, about an op that is not in the list of what waits. */
static int ruled_each(void *ctx, const struct store_row *row)
{
    struct list *l = ctx;
    struct store_verdict at = {0};
    if (row->row.key.part[0] != SAM_RULE_QUARANTINE)
        return 0;
    uint64_t device_no = row->row.key.part[1], seq = row->row.key.part[2];
    int err = verdict_of(l->v, device_no, seq, &at);
    if (err == SAM_ENOTFOUND) { /* taken in, and as its author meant it */
        struct store_push p;
        err = store_push_at_seq(l->v->st, device_no, seq, &p);
        at = (struct store_verdict){
            .csn = err ? 0 : p.first_csn + (seq - p.first_seq), .device_no = device_no, .seq = seq};
        if (err)
            return err == SAM_ENOTFOUND ? 0 : err;
    }
    if (err || (at.kind == SAM_VERDICT_QUARANTINED && !at.closed))
        return err;
    return entry(l, &at);
}

int verb_quarantine_list(struct verb_context *v)
{
    static const struct report_column columns[] = {
        {"csn", SAM_TEXT_COL_SEQ},      {"device_no", SAM_TEXT_COL_SEQ}, {"seq", SAM_TEXT_COL_SEQ},
        {"reason", SAM_TEXT_COL_STATE}, {"why", SAM_TEXT_COL_STATE},     {"state", SAM_TEXT_COL_STATE},
        {"what", SAM_TEXT_COL_VERDICT}, {"values", SAM_TEXT_COL_VALUES}, {"received_s", SAM_TEXT_COL_WHEN}};
    struct list l = {.v = v};
    char home[VERB_HOME_BYTES_MAX];
    int err = args_has(&v->args, "clinic") ? author_clinic(v, args_get(&v->args, "clinic"), &l.clinic) : 0;
    if (err)
        return err;
    report_table(&v->report, columns, sizeof columns / sizeof *columns);
    err = waiting_each(&l);
    if (!err && args_has(&v->args, "all"))
        err = author_each(v, SAM_RULING, ruled_each, &l);
    if (err)
        return err;
    access_list(v, 0, l.count);
    if (v->report.json)
        report_table_end(&v->report);
    verb_home(v, home, sizeof home);
    if (l.count)
        report_tell(&v->report, SAM_TEXT_ASIDE_MORE, home);
    else
        report_tell(&v->report, SAM_TEXT_ASIDE_NONE);
    return VERB_OK;
}

/* ---- one */

int quarantine_read(struct verb_context *v, const char *word, struct store_verdict *at)
{
    char shown[WORD_SHOWN + 1], home[VERB_HOME_BYTES_MAX];
    uint64_t csn;
    snprintf(shown, sizeof shown, "%s", word);
    verb_home(v, home, sizeof home);
    if (args_number(word, 1, INT64_MAX, &csn))
        return verb_refuse(v, SAM_TEXT_ASIDE_NO_SUCH, shown, home);
    int err = store_verdict_get(v->st, csn, at);
    if (err == SAM_ENOTFOUND || (!err && at->kind != SAM_VERDICT_QUARANTINED))
        return verb_refuse(v, SAM_TEXT_ASIDE_NO_SUCH, shown, home);
    return err;
}

static void note_say(struct verb_context *v, const struct store_verdict *at)
{
    struct sam_key key = {.entity = SAM_RULING, .part = {SAM_RULE_QUARANTINE, at->device_no, at->seq}};
    struct store_row row;
    char note[QUARANTINE_NOTE_BYTES_MAX + 1];
    if (store_row_get(v->st, &key, &row) || !row.exists || !sam_row_has(&row.row, SAM_RULING_note))
        return;
    struct sam_span text = row.row.val[SAM_RULING_note].text;
    snprintf(note, sizeof note, "%.*s", (int)text.len, (const char *)text.ptr);
    report_text(&v->report, "note", note);
    report_tell(&v->report, SAM_TEXT_ASIDE_NOTE, note);
}

static void bytes_say(struct verb_context *v, struct sam_span raw)
{
    char all[2 * SAM_OP_BYTES_MAX + 1], *p = all;
    if (v->report.page) /* people are told what was in them */
        return;
    report_tell(&v->report, SAM_TEXT_ASIDE_BYTES, (unsigned long long)raw.len);
    all[0] = 0;
    for (size_t i = 0; i < raw.len && i < SAM_OP_BYTES_MAX; i++)
        p += snprintf(p, 3, "%02x", raw.ptr[i]);
    report_text(&v->report, "bytes", all);
    for (const char *at = all; *at; at += strnlen(at, (size_t)2 * HEX_BYTES_A_LINE))
        report_say(&v->report, "  %.*s\n", 2 * HEX_BYTES_A_LINE, at);
}

static void fields_say(struct verb_context *v, const struct intake_op *op)
{
    const struct sam_entity_def *def = op->readable ? sam_entity_find(op->op.row.key.entity) : NULL;
    if (!def || !op->op.row.present)
        return;
    report_say(&v->report, "\n%s\n", sam_text(v->lang, SAM_TEXT_ASIDE_WOULD));
    for (unsigned i = 0; i < def->field_count; i++) {
        char one[VALUE_BYTES_MAX];
        if (!sam_row_has(&op->op.row, i))
            continue;
        value_of_field(v, &op->op.row, i, one);
        report_say(&v->report, "  %s: %s\n", value_field(v->lang, def, i), one);
    }
}

/* The same for programs. */
static void fields_list(struct verb_context *v, const struct intake_op *op)
{
    static const struct report_column columns[] = {
        {"field", SAM_TEXT_COL_NAME}, {"shown", SAM_TEXT_COL_NAME}, {"value", SAM_TEXT_COL_VALUES}};
    const struct sam_entity_def *def = op->readable ? sam_entity_find(op->op.row.key.entity) : NULL;
    struct report *r = &v->report;
    report_list(r, "fields", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; def && i < def->field_count; i++) {
        char one[VALUE_BYTES_MAX];
        if (!sam_row_has(&op->op.row, i) || closed_book(v, op))
            continue;
        value_of_field(v, &op->op.row, i, one);
        report_cell_str(r, def->field[i].column);
        report_cell_str(r, value_field(value_lang(v), def, i));
        report_cell_str(r, one);
    }
    report_table_end(r);
}

static void who_say(struct verb_context *v, const struct store_verdict *at, const struct intake_op *op)
{
    char who[VALUE_BYTES_MAX], text[VALUE_TIME_BYTES], device[VALUE_BYTES_MAX];
    value_user(v, op, who);
    value_device(v, at->device_no, device);
    value_time(v, op->received_s, text);
    report_text(&v->report, "who", who);
    report_text(&v->report, "device", device);
    report_num(&v->report, "claimed_s", op->readable ? op->op.claimed_s : 0);
    report_num(&v->report, "offset_min", op->readable ? op->op.utc_offset_min : 0);
    report_tell(&v->report, SAM_TEXT_ASIDE_FROM, device, (unsigned long long)at->seq, text);
    if (!op->readable)
        return;
    value_time_there(v, op->op.claimed_s, op->op.utc_offset_min, text);
    report_tell(&v->report, SAM_TEXT_ASIDE_SAID_BY, who, text);
}

static void commands_say(struct verb_context *v, const struct store_verdict *at)
{
    struct report *r = &v->report;
    unsigned long long no = at->csn;
    char home[VERB_HOME_BYTES_MAX];
    verb_home(v, home, sizeof home);
    report_say(r, "\n%s\n  samlingd quarantine retry %llu%s\n", sam_text(v->lang, SAM_TEXT_ASIDE_RETRY), no, home);
    if (at->closed)
        report_say(r, "%s\n  samlingd quarantine reopen %llu%s\n", sam_text(v->lang, SAM_TEXT_ASIDE_REOPEN), no, home);
    else
        report_say(r, "%s\n  samlingd quarantine close %llu --note …%s\n", sam_text(v->lang, SAM_TEXT_ASIDE_CLOSE), no,
                   home);
}

static void one_json(struct verb_context *v, const struct store_verdict *at, const struct intake_op *op)
{
    struct report *r = &v->report;
    char what[2 * VALUE_BYTES_MAX], values[VALUE_BYTES_MAX];
    op_what(v, op, what, sizeof what);
    op_values(v, op, values);
    report_num(r, "csn", (int64_t)at->csn);
    report_num(r, "device_no", (int64_t)at->device_no);
    report_num(r, "seq", (int64_t)at->seq);
    report_num(r, "reason", at->reason);
    report_text(r, "why", quarantine_reason(v, at->reason));
    report_text(r, "state", state_word(at));
    report_text(r, "what", what);
    report_text(r, "values", values);
    report_num(r, "received_s", op->received_s);
}

int verb_quarantine_show(struct verb_context *v)
{
    struct store_verdict at = {0};
    struct intake_op op;
    char what[2 * VALUE_BYTES_MAX];
    int err = quarantine_read(v, v->args.pos[0], &at);
    if (err)
        return err;
    err = intake_op_at(v->in, at.csn, &op);
    if (!err) {
        if (op.readable)
            access_row(v, &op.op.row);
        else
            access_list(v, 0, 1);
        one_json(v, &at, &op);
        op_what(v, &op, what, sizeof what);
        report_tell(&v->report, SAM_TEXT_ASIDE_HEAD, (unsigned long long)at.csn, quarantine_reason(v, at.reason));
        report_say(&v->report, "%s\n", what);
        who_say(v, &at, &op);
        what_became(v, &at);
        note_say(v, &at);
        if (v->report.json)
            fields_list(v, &op);
        else
            fields_say(v, &op);
        report_say(&v->report, "\n");
        bytes_say(v, sam_buf_peek(&op.raw));
        commands_say(v, &at);
    }
    intake_op_fini(&op);
    return err;
}
