/* A figure held against what stands now: the sums, each session that differs, and what was said of it since. */
#include "proto/base/err.h"
#include "server/admin/access.h"
#include "server/admin/author.h"
#include "server/admin/verbs_figure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 1000 }; /* sessions, one by one: a reply has its bound */

static const char *const words_said[] = {"mark", "session", "enrolment", "link", "group", "erased", NULL};

struct page {
    struct verb_context *v;
    const struct store_figure *f;
    struct figure_compared *c;
    unsigned shown;
};

/* ---- the sums */

static void sums_say(const struct page *p)
{
    static const struct report_column columns[] = {{"what", SAM_TEXT_COL_SUM},
                                                   {"then", SAM_TEXT_COL_THEN},
                                                   {"now", SAM_TEXT_COL_NOW},
                                                   {"difference", SAM_TEXT_COL_DIFFERENCE}};
    enum { COLUMNS = sizeof columns / sizeof *columns };
    struct report *r = &p->v->report;
    if (r->json)
        report_list(r, "sums", columns, COLUMNS);
    else
        report_table(r, columns, COLUMNS);
    report_say(r, "\n");
    for (unsigned i = 0; i < FIGURE_SUMS; i++) {
        int64_t then = (int64_t)figure_sum(&p->f->sums, i), now = (int64_t)figure_sum(&p->c->now.sums, i);
        char difference[VALUE_TIME_BYTES];
        report_cell_word(r, words_figure_sum[i], sam_text_of(p->v->lang, SAM_TEXT_SET_FROZEN_SUM, (int)i));
        report_cell_num(r, then);
        report_cell_num(r, now);
        snprintf(difference, sizeof difference, now == then ? "0" : "%+lld", (long long)(now - then));
        if (r->json)
            report_cell_num(r, now - then);
        else
            report_cell_str(r, difference);
    }
    report_table_end(r);
}

/* ---- a session that differs */

static void pair_cells(struct report *r, uint32_t then, uint32_t now)
{
    report_cell_num(r, then);
    report_cell_num(r, now);
}

static void session_cells(const struct page *p, const struct figure_change *c)
{
    struct report *r = &p->v->report;
    const struct store_turnout *a = &c->then, *b = &c->now, *known = c->is ? b : a;
    char group[SAM_NAME_BYTES_MAX + 1], day[VALUE_TIME_BYTES];
    author_name(p->v, SAM_GROUP, known->group, SAM_GROUP_name, group, sizeof group);
    value_day_iso(known->day, day);
    report_cell_num(r, (int64_t)known->session);
    report_cell_num(r, (int64_t)known->group);
    report_cell_str(r, group);
    report_cell_str(r, day);
    report_cell_num(r, c->was ? (int64_t)a->status : -1);
    report_cell_num(r, c->is ? (int64_t)b->status : -1);
    pair_cells(r, a->enrolled, b->enrolled);
    pair_cells(r, a->unknown, b->unknown);
    pair_cells(r, a->present, b->present);
    pair_cells(r, a->notified, b->notified);
    pair_cells(r, a->no_show, b->no_show);
    pair_cells(r, a->not_expected, b->not_expected);
}

static int sessions_json(const struct page *p)
{
    static const struct report_column columns[] = {
        {"session", SAM_TEXT_COL_SEQ},       {"group_id", SAM_TEXT_COL_SEQ},     {"group", SAM_TEXT_COL_SEQ},
        {"day", SAM_TEXT_COL_SEQ},           {"then_status", SAM_TEXT_COL_SEQ},  {"now_status", SAM_TEXT_COL_SEQ},
        {"then_enrolled", SAM_TEXT_COL_SEQ}, {"now_enrolled", SAM_TEXT_COL_SEQ}, {"then_unknown", SAM_TEXT_COL_SEQ},
        {"now_unknown", SAM_TEXT_COL_SEQ},   {"then_present", SAM_TEXT_COL_SEQ}, {"now_present", SAM_TEXT_COL_SEQ},
        {"then_notified", SAM_TEXT_COL_SEQ}, {"now_notified", SAM_TEXT_COL_SEQ}, {"then_no_show", SAM_TEXT_COL_SEQ},
        {"now_no_show", SAM_TEXT_COL_SEQ},   {"then_not", SAM_TEXT_COL_SEQ},     {"now_not", SAM_TEXT_COL_SEQ}};
    report_list(&p->v->report, "sessions", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; i < p->shown; i++)
        session_cells(p, &p->c->change[i]);
    report_table_end(&p->v->report);
    return 0;
}

static void count_say(char out[VALUE_BYTES_MAX], const char *name, uint32_t then, uint32_t now)
{
    char text[VALUE_TIME_BYTES + SAM_NAME_BYTES_MAX];
    if (then == now)
        return;
    snprintf(text, sizeof text, "%s %u → %u", name, then, now);
    value_join(out, VALUE_BYTES_MAX, ", ", text);
}

static void session_say(const struct page *p, const struct figure_change *c)
{
    struct verb_context *v = p->v;
    const struct store_turnout *a = &c->then, *b = &c->now, *known = c->is ? b : a;
    char group[SAM_NAME_BYTES_MAX + 1], day[VALUE_TIME_BYTES], what[VALUE_BYTES_MAX] = "", status[VALUE_BYTES_MAX];
    author_name(v, SAM_GROUP, known->group, SAM_GROUP_name, group, sizeof group);
    value_day(v, known->day, day);
    if (!c->was || !c->is)
        value_join(what, sizeof what, "", sam_text(v->lang, c->is ? SAM_TEXT_FROZEN_NEW : SAM_TEXT_FROZEN_GONE));
    if (c->was && c->is && a->status != b->status) {
        value_say(status, sizeof status, v->lang, SAM_TEXT_FROZEN_STOOD,
                  sam_text_of(v->lang, SAM_TEXT_SET_SESSION, (int)a->status),
                  sam_text_of(v->lang, SAM_TEXT_SET_SESSION, (int)b->status));
        value_join(what, sizeof what, ", ", status);
    }
    for (unsigned i = 0; i < 4; i++) {
        const uint32_t then[] = {a->unknown, a->present, a->notified, a->no_show},
                       now[] = {b->unknown, b->present, b->notified, b->no_show};
        count_say(what, sam_text_of(v->lang, SAM_TEXT_SET_PRESENCE, (int)i), then[i], now[i]);
    }
    report_say(&v->report, "\n%s, %s: %s\n", group, day, what);
}

/* ---- what was said of it */

static void enrolment_value(const struct page *p, const struct sam_row *row, char out[VALUE_BYTES_MAX])
{
    static const unsigned field[] = {SAM_ENROLMENT_status, SAM_ENROLMENT_start_day, SAM_ENROLMENT_end_day};
    char value[VALUE_BYTES_MAX], text[VALUE_BYTES_MAX + SAM_NAME_BYTES_MAX];
    const struct sam_entity_def *def = sam_entity_find(SAM_ENROLMENT);
    for (size_t i = 0; i < sizeof field / sizeof *field; i++) {
        if (!sam_row_has(row, field[i]))
            continue;
        value_of_field(p->v, row, field[i], value);
        snprintf(text, sizeof text, "%s %s", value_field(p->v->lang, def, field[i]), value);
        value_join(out, VALUE_BYTES_MAX, ", ", i ? text : value);
    }
}

static void session_value(const struct page *p, const struct sam_op *op, char out[VALUE_BYTES_MAX])
{
    const struct sam_row *row = &op->row;
    char value[VALUE_BYTES_MAX];
    if (op->kind == SAM_OP_CREATE)
        value_join(out, VALUE_BYTES_MAX, "", sam_text(p->v->lang, SAM_TEXT_FROZEN_SAID_MADE));
    for (unsigned i = 0; i < 2; i++) {
        unsigned field = i ? SAM_SESSION_day : SAM_SESSION_status;
        if (!sam_row_has(row, field) || (i && op->kind == SAM_OP_CREATE))
            continue;
        value_of_field(p->v, row, field, value);
        value_join(out, VALUE_BYTES_MAX, ", ", value);
    }
}

static void link_value(const struct page *p, const struct figure_said *said, char out[VALUE_BYTES_MAX])
{
    char name[SAM_NAME_BYTES_MAX + 1];
    author_name(p->v, SAM_PARTICIPANT, said->person[1], SAM_PARTICIPANT_name, name, sizeof name);
    if (said->person[1])
        value_say(out, VALUE_BYTES_MAX, p->v->lang, SAM_TEXT_FROZEN_SAID_LINKED, name);
    else
        value_say(out, VALUE_BYTES_MAX, p->v->lang, SAM_TEXT_FROZEN_SAID_PARTED);
}

static void value_of_said(const struct page *p, const struct figure_said *said, char out[VALUE_BYTES_MAX])
{
    const struct sam_op *op = &said->op;
    char clinic[SAM_NAME_BYTES_MAX + 1];
    out[0] = 0;
    if (op->kind == SAM_OP_TOMBSTONE) {
        snprintf(out, VALUE_BYTES_MAX, "%s", sam_text(p->v->lang, SAM_TEXT_VALUE_DELETED));
        return;
    }
    switch (said->kind) {
    case FIGURE_MARK: value_of_field(p->v, &op->row, SAM_ATTENDANCE_presence, out); break;
    case FIGURE_SESSION: session_value(p, op, out); break;
    case FIGURE_ENROLMENT: enrolment_value(p, &op->row, out); break;
    case FIGURE_LINK: link_value(p, said, out); break;
    case FIGURE_GROUP:
        author_name(p->v, SAM_ORG_UNIT, (uint64_t)sam_row_num(&op->row, SAM_GROUP_org), SAM_ORG_UNIT_name, clinic,
                    sizeof clinic);
        snprintf(out, VALUE_BYTES_MAX, "%s", clinic);
        break;
    case FIGURE_ERASED:
        snprintf(out, VALUE_BYTES_MAX, "%s", sam_text(p->v->lang, SAM_TEXT_FROZEN_SAID_FORGOTTEN));
        break;
    }
}

static void author_of(const struct page *p, const struct figure_said *said, char out[VALUE_BYTES_MAX])
{
    const struct intake_op op = {.csn = said->csn,
                                 .device_no = said->device_no,
                                 .seq = said->seq,
                                 .received_s = said->received_s,
                                 .readable = true,
                                 .op = said->op};
    value_author(p->v, &op, out);
}

static int said_cells(const struct page *p, const struct figure_said *said)
{
    struct report *r = &p->v->report;
    const struct figure_change *c = &p->c->change[said->change];
    struct store_verdict verdict = {.kind = SAM_VERDICT_APPLIED};
    char person[SAM_NAME_BYTES_MAX + 1], value[VALUE_BYTES_MAX], who[VALUE_BYTES_MAX];
    int err = store_verdict_get(p->v->st, said->csn, &verdict);
    author_name(p->v, SAM_PARTICIPANT, said->person[0], SAM_PARTICIPANT_name, person, sizeof person);
    value_of_said(p, said, value);
    author_of(p, said, who);
    report_cell_num(r, said->change);
    report_cell_num(r, (int64_t)(c->is ? c->now.session : c->then.session));
    report_cell_str(r, words_said[said->kind]);
    report_cell_num(r, (int64_t)said->person[0]);
    report_cell_str(r, person);
    report_cell_str(r, value);
    report_cell_str(r, who);
    report_cell_num(r, (int64_t)said->device_no);
    report_cell_num(r, (int64_t)said->seq);
    report_cell_num(r, (int64_t)said->csn);
    report_cell_num(r, said->op.claimed_s);
    report_cell_num(r, said->op.utc_offset_min);
    report_cell_num(r, said->received_s);
    report_cell_num(r, verdict.kind);
    report_cell_num(r, verdict.reason);
    report_cell_num(r, (int64_t)said->case_no);
    report_cell_num(r, said->retaken);
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int said_json(const struct page *p)
{
    static const struct report_column columns[] = {
        {"at", SAM_TEXT_COL_SEQ},          {"session", SAM_TEXT_COL_SEQ},   {"kind", SAM_TEXT_COL_SEQ},
        {"participant", SAM_TEXT_COL_SEQ}, {"person", SAM_TEXT_COL_SEQ},    {"value", SAM_TEXT_COL_SEQ},
        {"who", SAM_TEXT_COL_SEQ},         {"device_no", SAM_TEXT_COL_SEQ}, {"seq", SAM_TEXT_COL_SEQ},
        {"csn", SAM_TEXT_COL_SEQ},         {"claimed_s", SAM_TEXT_COL_SEQ}, {"offset_min", SAM_TEXT_COL_SEQ},
        {"received_s", SAM_TEXT_COL_SEQ},  {"verdict", SAM_TEXT_COL_SEQ},   {"why", SAM_TEXT_COL_SEQ},
        {"case", SAM_TEXT_COL_SEQ},        {"retaken", SAM_TEXT_COL_SEQ}};
    int err = 0;
    report_list(&p->v->report, "said", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; !err && i < p->c->said; i++)
        if (p->c->at[i].change < p->shown)
            err = said_cells(p, &p->c->at[i]);
    report_table_end(&p->v->report);
    return err;
}

static void said_say(const struct page *p, const struct figure_said *said)
{
    struct verb_context *v = p->v;
    char person[SAM_NAME_BYTES_MAX + 1], value[VALUE_BYTES_MAX], who[VALUE_BYTES_MAX], at[VALUE_TIME_BYTES],
        received[VALUE_TIME_BYTES], note[VALUE_BYTES_MAX] = "", text[VALUE_BYTES_MAX];
    author_name(v, SAM_PARTICIPANT, said->person[0], SAM_PARTICIPANT_name, person, sizeof person);
    value_of_said(p, said, value);
    author_of(p, said, who);
    value_time_there(v, said->op.claimed_s, said->op.utc_offset_min, at);
    value_time(v, said->received_s, received);
    if (said->retaken)
        value_join(note, sizeof note, ", ", sam_text(v->lang, SAM_TEXT_FROZEN_SAID_RETAKEN));
    if (said->case_no) {
        value_say(text, sizeof text, v->lang, SAM_TEXT_FROZEN_SAID_CASE, (unsigned long long)said->case_no);
        value_join(note, sizeof note, ", ", text);
    }
    report_say(&v->report, "  %s%s%s: %s%s%s%s\n     %s\n     ",
               sam_text_of(v->lang, SAM_TEXT_SET_FROZEN_SAID, (int)said->kind), person[0] ? ", " : "", person, value,
               note[0] ? " (" : "", note, note[0] ? ")" : "", who);
    report_tell(&v->report, SAM_TEXT_CASE_SAID, at, received);
}

static void sessions_say(const struct page *p)
{
    struct verb_context *v = p->v;
    unsigned at = 0;
    if (!p->c->changes)
        report_say(&v->report, "\n%s\n", sam_text(v->lang, SAM_TEXT_FROZEN_SAME));
    else
        report_say(&v->report, "\n");
    if (p->c->changes)
        report_tell(&v->report, SAM_TEXT_FROZEN_DIFFER, (int)p->c->changes);
    for (unsigned i = 0; i < p->shown; i++) {
        unsigned before = at;
        session_say(p, &p->c->change[i]);
        for (; at < p->c->said && p->c->at[at].change == i; at++)
            said_say(p, &p->c->at[at]);
        if (at == before)
            report_say(&v->report, "  %s\n", sam_text(v->lang, SAM_TEXT_FROZEN_UNEXPLAINED));
    }
    if (p->c->more || p->shown < p->c->changes)
        report_say(&v->report, "\n%s\n", sam_text(v->lang, SAM_TEXT_FROZEN_MORE));
}

/* ---- the verb */

static void access_say(const struct page *p)
{
    unsigned named = 0;
    for (unsigned i = 0; i < p->c->said; i++)
        for (unsigned k = 0; k < 2; k++)
            if (p->c->at[i].person[k]) {
                access_person(p->v, p->c->at[i].person[k]);
                named++;
            }
    if (!named)
        access_list(p->v, p->f->group, 0);
}

static int page_say(struct page *p)
{
    struct report *r = &p->v->report;
    p->shown = p->c->changes < SHOWN_MAX ? p->c->changes : SHOWN_MAX;
    access_say(p);
    figure_head_say(p->v, p->f);
    report_num(r, "now_s", verb_now_s(p->v));
    report_num(r, "differ", p->c->changes);
    report_num(r, "more", p->c->more || p->shown < p->c->changes);
    sums_say(p);
    if (!r->json) {
        sessions_say(p);
        return VERB_OK;
    }
    int err = sessions_json(p);
    return err ? err : said_json(p);
}

int verb_figure_compare(struct verb_context *v)
{
    struct store_figure f;
    int err = figure_read(v, &f);
    if (err)
        return err;
    struct page p = {.v = v, .f = &f, .c = malloc(sizeof *p.c)};
    err = p.c ? 0 : SAM_ENOMEM;
    if (!err && v->in)
        err = intake_settle(v->in);
    if (!err)
        err = figure_compare(v->st, verb_now_s(v), &f, p.c);
    if (err == SAM_ETOOBIG)
        err = verb_refuse(v, SAM_TEXT_FROZEN_MANY, (int)FIGURE_SESSIONS_MAX);
    if (!err)
        err = page_say(&p);
    free(p.c);
    return err;
}
