/* What counts now about one person: row by row, value by value, with who said it; and the cases about it. */
#include "proto/base/err.h"
#include "proto/model/instrument.h"
#include "proto/model/op.h"
#include "proto/model/rule.h"
#include "server/admin/author.h"
#include "server/admin/innsyn.h"
#include "server/admin/verbs_case.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_TEXT_MAX = 300 };

static void cell(struct report *r, const char *text)
{
    report_cell_text(r, text, strlen(text));
}

/* ---- which rows */

struct keys {
    struct sam_key *key;
    size_t count, room;
    int err;
};

static int key_add(void *ctx, const struct sam_key *key)
{
    struct keys *k = ctx;
    if (k->count == k->room) {
        size_t room = k->room ? 2 * k->room : 64;
        struct sam_key *more = realloc(k->key, room * sizeof *more);
        if (!more)
            return SAM_ENOMEM;
        k->key = more;
        k->room = room;
    }
    k->key[k->count++] = *key;
    return 0;
}

/* Rows of one kind, under all numbers of the person. */
static int keys_of(struct innsyn *x, uint8_t entity, struct keys *k)
{
    bool shared = sam_entity_shared(sam_entity_find(entity)) >= 0;
    int err = 0;
    for (unsigned i = 0; !err && i < x->people.count; i++) {
        if (shared)
            err = store_person_rows(x->v->st, entity, x->people.id[i], key_add, k);
        else if (entity == SAM_PARTICIPANT || entity == SAM_LINK)
            err = key_add(k, &(struct sam_key){.entity = entity, .part = {x->people.id[i]}});
    }
    for (size_t i = 0; !err && i < x->trace.owns; i++)
        if (x->trace.own[i].entity == entity)
            err = key_add(k, &x->trace.own[i]);
    return err;
}

/* ---- one value */

void innsyn_value(struct innsyn *x, const struct sam_row *row, unsigned field, char out[INNSYN_VALUE_BYTES])
{
    bool text = sam_entity_find(row->key.entity)->field[field].type == SAM_TYPE_TEXT && sam_row_has(row, field);
    struct sam_span s = text ? row->val[field].text : (struct sam_span){NULL, 0};
    if (!text || s.len >= INNSYN_VALUE_BYTES || !sam_text_lines_ok(s)) {
        value_of_field(x->v, row, field, out);
        return;
    }
    memcpy(out, s.ptr, s.len);
    out[s.len] = 0;
}

/* A text that is cut in one line stands below it whole. */
static void long_texts(struct innsyn *x, const struct sam_row *row, uint32_t mask)
{
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    char text[INNSYN_VALUE_BYTES];
    for (unsigned f = 0; f < def->field_count; f++) {
        bool here = mask >> f & 1u && sam_row_has(row, f) && def->field[f].type == SAM_TYPE_TEXT;
        if (!here ||
            (row->val[f].text.len < LINE_TEXT_MAX && !memchr(row->val[f].text.ptr, '\n', row->val[f].text.len)))
            continue;
        innsyn_value(x, row, f, text);
        report_say(&x->v->report, "      ---\n%s\n      ---\n", text);
    }
}

void innsyn_said(struct innsyn *x, const struct intake_op *op, char out[INNSYN_SAID_BYTES])
{
    char who[VALUE_BYTES_MAX], there[VALUE_TIME_BYTES] = "?", here[VALUE_TIME_BYTES];
    value_author(x->v, op, who);
    if (op->readable)
        value_time_there(x->v, op->op.claimed_s, op->op.utc_offset_min, there);
    value_time(x->v, op->received_s, here);
    value_say(out, INNSYN_SAID_BYTES, x->v->lang, SAM_TEXT_INNSYN_SAID, who, there, here);
}

void innsyn_said_cells(struct innsyn *x, const struct intake_op *op)
{
    struct report *r = &x->v->report;
    char who[VALUE_BYTES_MAX];
    value_author(x->v, op, who);
    report_cell_num(r, (int64_t)op->device_no);
    report_cell_num(r, (int64_t)op->seq);
    report_cell_num(r, (int64_t)op->csn);
    cell(r, who);
    report_cell_num(r, op->readable ? op->op.claimed_s : 0);
    report_cell_num(r, op->received_s);
}

static void key_cells(struct report *r, const struct sam_key *key)
{
    cell(r, sam_entity_find(key->entity)->table);
    for (unsigned i = 0; i < 4; i++)
        report_cell_num(r, (int64_t)key->part[i]);
}

/* For people one line for a unit; for programs one row for a field. */
static void value_out(struct innsyn *x, const struct sam_row *row, unsigned unit, const struct intake_op *op,
                      const struct intake_unit *u, unsigned i)
{
    struct verb_context *v = x->v;
    struct report *r = &v->report;
    const struct sam_entity_def *def = sam_entity_find(row->key.entity);
    uint32_t mask = sam_unit_fields(def, 1u << unit);
    bool shown = i == u->fold.shown;
    char text[INNSYN_VALUE_BYTES], said[INNSYN_SAID_BYTES];
    for (unsigned f = 0; r->json && f < def->field_count; f++) {
        if (!(mask >> f & 1u) || !sam_row_has(row, f))
            continue;
        key_cells(r, &row->key);
        cell(r, def->field[f].column);
        innsyn_value(x, row, f, text);
        cell(r, text);
        report_cell_num(r, def->field[f].type == SAM_TYPE_TEXT ? 0 : sam_row_num(row, f));
        report_cell_num(r, shown);
        report_cell_num(r, u->fold.disputed);
        innsyn_said_cells(x, op);
    }
    if (r->json)
        return;
    value_of_unit(v, row, unit, false, text);
    innsyn_said(x, op, said);
    report_say(r, "    %s: %s", value_unit(v->lang, def, unit), text);
    if (u->set->count > 1)
        report_say(r, " (%s)",
                   sam_text(v->lang, shown ? (u->fold.disputed ? SAM_TEXT_INNSYN_NOT_DECIDED : SAM_TEXT_SCORE_COUNTS)
                                           : SAM_TEXT_INNSYN_NOT_SHOWN));
    report_say(r, "\n      %s\n", said);
    long_texts(x, row, mask);
}

/* Every living value of one unit, whether it is shown or not. */
static int unit_out(struct innsyn *x, const struct sam_key *key, unsigned unit)
{
    struct intake_unit u;
    int err = intake_unit_open(x->v->in, key, unit, &u);
    for (unsigned i = 0; !err && i < u.set->count; i++) {
        struct intake_op op;
        struct sam_row row = *u.set->at[i].value;
        row.key = *key;
        row.present &= sam_unit_fields(sam_entity_find(key->entity), 1u << unit);
        if (!row.present)
            continue;
        err = intake_op_at(x->v->in, u.set->at[i].csn, &op);
        if (!err)
            value_out(x, &row, unit, &op, &u, i);
        intake_op_fini(&op);
    }
    intake_unit_close(&u);
    return err;
}

/* ---- one row */

/* What an answered form scores, below its answers. */
static int score_out(struct innsyn *x, const struct store_row *row)
{
    struct verb_context *v = x->v;
    struct store_score s;
    char text[SAM_RATIO_TEXT_BYTES_MAX] = "", line[VALUE_BYTES_MAX];
    uint64_t id = row->row.key.part[0];
    const struct sam_instrument *def =
        sam_instrument_find((uint32_t)sam_row_num(&row->row, SAM_SCORE_RESPONSE_instrument),
                            (uint32_t)sam_row_num(&row->row, SAM_SCORE_RESPONSE_version));
    int err = store_score_get(v->st, id, &s);
    if (err)
        return err == SAM_ENOTFOUND ? 0 : err;
    if (def && !s.why)
        sam_score_text(def, &s.score, text);
    char *point = strchr(text, '.');
    if (point && v->lang == SAM_LANG_NB)
        *point = ',';
    if (s.why)
        value_say(line, sizeof line, v->lang, SAM_TEXT_INNSYN_NO_SCORE,
                  sam_text_of(v->lang, SAM_TEXT_SET_SCORE_WHY, s.why));
    else
        value_say(line, sizeof line, v->lang, SAM_TEXT_INNSYN_SCORE, text, (int)s.score.sum, (int)s.score.count,
                  (int)s.score.rule_version);
    report_say(&v->report, "    %s: %s\n", def ? def->code : "?", line);
    return 0;
}

static int row_out(struct innsyn *x, const struct sam_key *key, unsigned *count)
{
    struct store_row row;
    struct value_title t;
    int err = store_row_get(x->v->st, key, &row);
    if (err || !row.exists || row.dead > 0)
        return err;
    const struct sam_entity_def *def = sam_entity_find(key->entity);
    value_title(x->v, key, &t);
    report_say(&x->v->report, "  %s\n", t.whole[0] ? t.whole : def->table);
    ++*count;
    for (unsigned unit = 0; !err && unit < def->unit_count; unit++)
        err = unit_out(x, key, unit);
    if (!err && key->entity == SAM_SCORE_RESPONSE && !x->v->report.json)
        err = store_row_get(x->v->st, key, &row);
    if (!err && key->entity == SAM_SCORE_RESPONSE && !x->v->report.json)
        err = score_out(x, &row);
    return err;
}

static int entity_rows(struct innsyn *x, uint8_t entity, unsigned *count)
{
    struct keys k = {0};
    int err = keys_of(x, entity, &k);
    for (size_t i = 0; !err && i < k.count; i++)
        err = row_out(x, &k.key[i], count);
    free(k.key);
    return err;
}

static int entity_out(struct innsyn *x, uint8_t entity, enum sam_text_id heading)
{
    unsigned count = 0;
    innsyn_head(x, heading);
    int err = entity_rows(x, entity, &count);
    if (!err && !count)
        innsyn_none(x);
    return err;
}

/* What has a part of its own; all else that names a person comes behind it, so that a new kind of row is never left out. */
static const struct part {
    uint8_t entity;
    enum sam_text_id heading;
} parts[] = {{SAM_PARTICIPANT, SAM_TEXT_INNSYN_WHO},     {SAM_LINK, SAM_TEXT_INNSYN_LINKS},
             {SAM_ENROLMENT, SAM_TEXT_INNSYN_GROUPS},    {SAM_ATTENDANCE, SAM_TEXT_INNSYN_ATTENDANCE},
             {SAM_EXERCISE_SET, SAM_TEXT_INNSYN_SETS},   {SAM_CONSENT, SAM_TEXT_INNSYN_CONSENTS},
             {SAM_SCORE_RESPONSE, SAM_TEXT_INNSYN_FORMS}};
enum { PARTS = sizeof parts / sizeof *parts };

static bool has_part(uint8_t entity)
{
    for (unsigned i = 0; i < PARTS; i++)
        if (parts[i].entity == entity)
            return true;
    return false;
}

static int others_out(struct innsyn *x)
{
    const struct sam_entity_def *def;
    unsigned count = 0;
    int err = 0;
    innsyn_head(x, SAM_TEXT_INNSYN_OTHERS);
    for (unsigned i = 0; !err && (def = sam_entity_at(i)); i++)
        if (!has_part(def->tag))
            err = entity_rows(x, def->tag, &count);
    if (!err && !count)
        innsyn_none(x);
    return err;
}

/* ---- scores, for programs */

static int score_cells(struct innsyn *x, uint64_t id)
{
    struct report *r = &x->v->report;
    struct sam_key key = {.entity = SAM_SCORE_RESPONSE, .part = {id}};
    struct store_row row;
    struct store_score s;
    char text[SAM_RATIO_TEXT_BYTES_MAX] = "";
    int err = store_row_get(x->v->st, &key, &row);
    if (!err && row.exists && row.dead <= 0)
        err = store_score_get(x->v->st, id, &s);
    if (err || !row.exists || row.dead > 0)
        return err == SAM_ENOTFOUND ? 0 : err;
    const struct sam_instrument *def = sam_instrument_find(s.score.instrument, s.score.version);
    if (def && !s.why)
        sam_score_text(def, &s.score, text);
    report_cell_num(r, (int64_t)id);
    report_cell_num(r, s.score.instrument);
    cell(r, def ? def->code : "");
    cell(r, text);
    report_cell_num(r, s.score.sum);
    report_cell_num(r, s.score.count);
    report_cell_num(r, s.score.rule_version);
    report_cell_num(r, s.why);
    return 0;
}

static int scores_json(struct innsyn *x)
{
    static const struct report_column columns[] = {
        {"response", SAM_TEXT_COL_ID},        {"instrument", SAM_TEXT_COL_FORM}, {"code", SAM_TEXT_COL_FORM},
        {"score", SAM_TEXT_COL_SCORE},        {"sum", SAM_TEXT_COL_SCORE},       {"count", SAM_TEXT_COL_SCORE},
        {"rule_version", SAM_TEXT_COL_SCORE}, {"why", SAM_TEXT_COL_SCORE}};
    struct keys k = {0};
    int err = keys_of(x, SAM_SCORE_RESPONSE, &k);
    report_list(&x->v->report, "scores", columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; !err && i < k.count; i++)
        err = score_cells(x, k.key[i].part[0]);
    report_table_end(&x->v->report);
    free(k.key);
    return err;
}

int innsyn_rows(struct innsyn *x)
{
    static const struct report_column columns[] = {
        {"table", SAM_TEXT_COL_NAME},     {"key1", SAM_TEXT_COL_ID},       {"key2", SAM_TEXT_COL_ID},
        {"key3", SAM_TEXT_COL_ID},        {"key4", SAM_TEXT_COL_ID},       {"field", SAM_TEXT_COL_NAME},
        {"value", SAM_TEXT_COL_VALUES},   {"number", SAM_TEXT_COL_VALUES}, {"shown", SAM_TEXT_COL_STATE},
        {"disputed", SAM_TEXT_COL_CASE},  {"device_no", SAM_TEXT_COL_SEQ}, {"seq", SAM_TEXT_COL_SEQ},
        {"csn", SAM_TEXT_COL_SEQ},        {"who", SAM_TEXT_COL_ACTOR},     {"claimed_s", SAM_TEXT_COL_WHEN},
        {"received_s", SAM_TEXT_COL_WHEN}};
    struct report *r = &x->v->report;
    int err = 0;
    report_list(r, "rows", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; !err && i < PARTS; i++)
        err = entity_out(x, parts[i].entity, parts[i].heading);
    if (!err)
        err = others_out(x);
    report_table_end(r);
    return !err && r->json ? scores_json(x) : err;
}

/* ---- cases */

static bool case_about(const struct innsyn *x, const struct store_case *c)
{
    const struct sam_entity_def *def = sam_entity_find(c->key.entity);
    if (c->rule == SAM_RULE_SAME_PERSON)
        return people_has(&x->people, c->key.part[0]) || people_has(&x->people, c->key.part[1]);
    for (unsigned i = 0; def && i < def->key_count; i++)
        if (def->key[i].ref == SAM_PARTICIPANT && people_has(&x->people, c->key.part[i]))
            return true;
    for (size_t i = 0; c->rule == SAM_RULE_UNIT && i < x->trace.owns; i++)
        if (x->trace.own[i].entity == c->key.entity && x->trace.own[i].part[0] == c->key.part[0])
            return true;
    return false;
}

static int case_out(struct innsyn *x, const struct store_case *c)
{
    struct verb_context *v = x->v;
    struct report *r = &v->report;
    struct value_title t;
    char values[VALUE_BYTES_MAX];
    int err = case_brief(v, c, values);
    if (err)
        return err;
    value_title(v, &c->key, &t);
    report_cell_num(r, (int64_t)c->no);
    report_cell_num(r, c->open);
    cell(r, word_of(words_rule, c->rule));
    key_cells(r, &c->key);
    report_cell_num(r, c->unit);
    cell(r, values);
    report_cell_num(r, case_received_s(v, c->opened_csn));
    report_cell_num(r, case_received_s(v, c->changed_csn));
    report_tell(r, c->open ? SAM_TEXT_INNSYN_CASE_OPEN : SAM_TEXT_INNSYN_CASE_CLOSED, (unsigned long long)c->no,
                case_what(v, c));
    report_say(r, "    %s\n    %s\n", t.whole, values);
    return 0;
}

int innsyn_cases(struct innsyn *x)
{
    static const struct report_column columns[] = {
        {"no", SAM_TEXT_COL_SEQ},        {"open", SAM_TEXT_COL_STATE},    {"rule", SAM_TEXT_COL_VERDICT},
        {"table", SAM_TEXT_COL_NAME},    {"key1", SAM_TEXT_COL_ID},       {"key2", SAM_TEXT_COL_ID},
        {"key3", SAM_TEXT_COL_ID},       {"key4", SAM_TEXT_COL_ID},       {"unit", SAM_TEXT_COL_ID},
        {"values", SAM_TEXT_COL_VALUES}, {"opened_s", SAM_TEXT_COL_WHEN}, {"changed_s", SAM_TEXT_COL_WHEN}};
    struct store_case c = {0};
    unsigned count = 0;
    int err = 0;
    innsyn_head(x, SAM_TEXT_INNSYN_CASES);
    report_list(&x->v->report, "cases", columns, sizeof columns / sizeof *columns);
    while (!err && (err = store_case_next(x->v->st, c.no, false, &c)) == 0)
        if (case_about(x, &c)) {
            err = case_out(x, &c);
            count++;
        }
    report_table_end(&x->v->report);
    if (!count)
        innsyn_none(x);
    return err == SAM_ENOTFOUND ? 0 : err;
}
