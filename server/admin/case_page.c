/* One case in full, as a page: what it is about, every value with who said it and when, and the commands that decide it. */
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/author.h"
#include "server/admin/verbs_case.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct page {
    struct verb_context *v;
    const struct store_case *c;
    uint64_t seen;
    char home[VERB_HOME_BYTES_MAX];
};

static void head_say(const struct page *p)
{
    struct verb_context *v = p->v;
    struct value_title t;
    char at[VALUE_TIME_BYTES], age[VALUE_TIME_BYTES], what[VALUE_BYTES_MAX];
    int64_t at_s = case_received_s(v, p->c->open ? p->c->opened_csn : p->c->changed_csn);
    value_title(v, &p->c->key, &t);
    value_time(v, at_s, at);
    value_age(v->lang, intake_now_s(v->in) - at_s, age);
    if (p->c->open)
        report_tell(&v->report, SAM_TEXT_CASE_HEAD_OPEN, (unsigned long long)p->c->no, at, age);
    else
        report_tell(&v->report, SAM_TEXT_CASE_HEAD_CLOSED, (unsigned long long)p->c->no, at);
    value_upper(what, sizeof what, case_what(v, p->c));
    report_say(&v->report, "%s: %s\n", what, t.whole);
    report_tell(&v->report, (enum sam_text_id)(SAM_TEXT_RULE_UNIT + (int)p->c->rule));
}

/* For people: what it is about, why somebody is asked, and whether the rule still holds. */
static void head_words(const struct page *p, const struct value_title *t)
{
    struct verb_context *v = p->v;
    char what[VALUE_BYTES_MAX];
    value_upper(what, sizeof what, case_what(v, p->c));
    report_text(&v->report, "what", what);
    report_text(&v->report, "title", t->whole);
    report_text(&v->report, "why", sam_text(value_lang(v), (enum sam_text_id)(SAM_TEXT_RULE_UNIT + (int)p->c->rule)));
    report_num(&v->report, "holds", p->c->holds);
}

static void head_json(const struct page *p)
{
    struct report *r = &p->v->report;
    const struct sam_entity_def *def = sam_entity_find(p->c->key.entity);
    struct value_title t;
    char day[VALUE_TIME_BYTES] = "";
    value_title(p->v, &p->c->key, &t);
    if (t.has_day)
        value_day_iso(t.day, day);
    report_num(r, "no", (int64_t)p->c->no);
    report_text(r, "rule", word_of(words_rule, p->c->rule));
    report_text(r, "state", p->c->open ? "open" : "closed");
    report_num(r, "opened_s", case_received_s(p->v, p->c->opened_csn));
    report_num(r, "changed_s", case_received_s(p->v, p->c->changed_csn));
    report_text(r, "table", def->table);
    report_num(r, "key1", (int64_t)p->c->key.part[0]);
    report_num(r, "key2", (int64_t)p->c->key.part[1]);
    report_num(r, "unit", p->c->unit);
    report_text(r, "group", t.group);
    report_text(r, "day", day);
    report_text(r, "person", t.person);
    report_num(r, "seen", (int64_t)p->seen);
    head_words(p, &t);
}

static void said_lines(struct verb_context *v, const struct intake_op *op)
{
    char who[VALUE_BYTES_MAX], said[VALUE_TIME_BYTES] = "?", received[VALUE_TIME_BYTES];
    value_author(v, op, who);
    if (op->readable)
        value_time_there(v, op->op.claimed_s, op->op.utc_offset_min, said);
    value_time(v, op->received_s, received);
    report_say(&v->report, "     %s\n     ", who);
    report_tell(&v->report, SAM_TEXT_CASE_SAID, said, received);
}

void case_said_cells(struct verb_context *v, const struct intake_op *op)
{
    struct report *r = &v->report;
    char who[VALUE_BYTES_MAX], user[VALUE_BYTES_MAX], device[VALUE_BYTES_MAX];
    value_author(v, op, who);
    value_user(v, op, user);
    value_device(v, op->device_no, device);
    report_cell_str(r, who);
    report_cell_str(r, user);
    report_cell_str(r, device);
    report_cell_num(r, (int64_t)op->device_no);
    report_cell_num(r, (int64_t)op->seq);
    report_cell_num(r, (int64_t)op->csn);
    report_cell_num(r, op->readable ? op->op.claimed_s : 0);
    report_cell_num(r, op->readable ? op->op.utc_offset_min : 0);
    report_cell_num(r, op->received_s);
}

static void value_cells(struct verb_context *v, int64_t take, const struct intake_op *op, const char *value, bool shown,
                        bool less)
{
    struct report *r = &v->report;
    report_cell_num(r, take);
    report_cell_str(r, value);
    report_cell_num(r, shown);
    report_cell_num(r, less);
    case_said_cells(v, op);
}

static const struct report_column value_columns[] = {{"take", SAM_TEXT_COL_SEQ},
                                                     {"value", SAM_TEXT_COL_VALUES},
                                                     {"shown", SAM_TEXT_COL_STATE},
                                                     {"less", SAM_TEXT_COL_STATE},
                                                     CASE_SAID_COLUMNS};
enum { VALUE_COLUMNS = sizeof value_columns / sizeof *value_columns };

static int value_say_one(const struct page *p, const struct intake_unit *u, unsigned i, uint64_t *op_csn)
{
    struct verb_context *v = p->v;
    struct intake_op op;
    char value[VALUE_BYTES_MAX];
    bool shown = i == u->fold.shown;
    int err = intake_op_at(v->in, u->set->at[i].csn, &op);
    value_of_unit(v, u->set->at[i].value, p->c->unit, false, value);
    *op_csn = op.csn;
    bool less = u->fold.disputed && !(u->fold.top >> i & 1u);
    if (!err && v->report.json)
        value_cells(v, i + 1, &op, value, shown, less);
    if (!err && !v->report.json) {
        const char *mark = !u->fold.disputed ? ""
                           : shown           ? sam_text(v->lang, SAM_TEXT_CASE_SHOWN)
                           : less            ? sam_text(v->lang, SAM_TEXT_CASE_WEIGHS_LESS)
                                             : "";
        report_say(&v->report, "  %u  %s%s%s\n", i + 1, value, mark[0] ? "  " : "", mark);
        said_lines(v, &op);
    }
    intake_op_fini(&op);
    return err;
}

/* What somebody who had seen it has replaced. */
static int earlier_say(const struct page *p, const uint64_t *living, unsigned count)
{
    struct verb_context *v = p->v;
    uint64_t csn = 0;
    bool any = false;
    int err;
    report_list(&v->report, "earlier", value_columns, VALUE_COLUMNS);
    while ((err = store_case_op_next(v->st, p->c->no, csn, &csn)) == 0) {
        struct intake_op op;
        char value[VALUE_BYTES_MAX];
        bool lives = false;
        for (unsigned i = 0; i < count; i++)
            lives = lives || living[i] == csn;
        if (lives)
            continue;
        err = intake_op_at(v->in, csn, &op);
        if (!err && op.readable) {
            value_of_unit(v, &op.op.row, p->c->unit, false, value);
            if (!any)
                report_say(&v->report, "\n%s\n", sam_text(v->lang, SAM_TEXT_CASE_EARLIER));
            any = true;
            report_say(&v->report, "  -  %s\n", value);
            if (v->report.json)
                value_cells(v, 0, &op, value, false, false);
            else
                said_lines(v, &op);
        }
        intake_op_fini(&op);
        if (err)
            return err;
    }
    report_table_end(&v->report);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* Who decides whether a session was held is to have seen who was there. */
static int proofs_page(const struct page *p)
{
    uint64_t csn, id = p->c->key.part[0];
    char text[VALUE_BYTES_MAX];
    if (!case_of_status(p->c))
        return 0;
    if (p->v->report.json)
        return case_proofs_list(p->v, id);
    int err = case_proofs_since(p->v, id, &csn);
    if (err || !csn)
        return err;
    case_session_text(p->v, id, text);
    report_say(&p->v->report, "\n%s\n  %s\n", sam_text(p->v->lang, SAM_TEXT_CASE_PROVED), text);
    return case_proofs_say(p->v, id);
}

static void command(const struct page *p, const char *how)
{
    report_say(&p->v->report, "  samlingd case decide %" PRIu64 " %s --seen %" PRIu64 "%s\n", p->c->no, how, p->seen,
               p->home);
}

static void command_of(const struct page *p, enum sam_text_id why, const char *option, uint64_t number)
{
    char how[64];
    report_say(&p->v->report, "%s\n", sam_text(p->v->lang, why));
    if (number)
        snprintf(how, sizeof how, "%s %" PRIu64, option, number);
    else
        snprintf(how, sizeof how, "%s", option);
    command(p, how);
}

static void unit_commands(const struct page *p, const struct intake_unit *u)
{
    const struct sam_entity_def *def = sam_entity_find(p->c->key.entity);
    char how[64];
    report_say(&p->v->report, "\n%s\n",
               sam_text(p->v->lang, p->c->open ? SAM_TEXT_CASE_DECIDE : SAM_TEXT_CASE_CORRECT));
    for (unsigned i = 0; p->c->open && i < u->set->count; i++) {
        snprintf(how, sizeof how, "--take %u", i + 1);
        command(p, how);
    }
    if (p->c->open)
        report_say(&p->v->report, "%s\n", sam_text(p->v->lang, SAM_TEXT_CASE_ANOTHER));
    unsigned field = (unsigned)__builtin_ctz(sam_unit_fields(def, 1u << p->c->unit));
    snprintf(how, sizeof how, "--set %s=…", def->field[field].column);
    command(p, how);
}

static int unit_page(const struct page *p)
{
    struct intake_unit u;
    uint64_t living[SAM_CANDIDATES_MAX] = {0};
    int err = intake_unit_open(p->v->in, &p->c->key, p->c->unit, &u);
    report_list(&p->v->report, "values", value_columns, VALUE_COLUMNS);
    if (!err)
        report_say(&p->v->report, "\n%s\n",
                   sam_text(p->v->lang, u.fold.disputed ? SAM_TEXT_CASE_VALUES : SAM_TEXT_CASE_VALUE_NOW));
    if (!err && !u.set->count)
        report_say(&p->v->report, "  %s\n", sam_text(p->v->lang, SAM_TEXT_VALUE_DELETED));
    for (unsigned i = 0; !err && i < u.set->count; i++)
        err = value_say_one(p, &u, i, &living[i]);
    if (!err) {
        report_table_end(&p->v->report);
        err = earlier_say(p, living, u.set->count);
    }
    if (!err)
        err = proofs_page(p);
    if (!err && u.set->count && !p->v->report.json)
        unit_commands(p, &u);
    else if (!err && u.set->count)
        err = case_form(p->v, p->c, u.set->at[u.fold.shown].value);
    intake_unit_close(&u);
    return err;
}

static int rule_commands(const struct page *p)
{
    uint64_t id[2];
    struct case_session s;
    report_say(&p->v->report, "\n%s\n", sam_text(p->v->lang, SAM_TEXT_CASE_DECIDE));
    if (p->c->rule == SAM_RULE_ATTENDED) {
        command_of(p, SAM_TEXT_CASE_HELD, "--held", 0);
        command_of(p, SAM_TEXT_CASE_STAND, "--stand", 0);
        return 0;
    }
    command_of(p, SAM_TEXT_CASE_BOTH_HELD, "--stand", 0);
    for (unsigned i = 0; i < case_sessions(p->c, id); i++)
        command_of(p, SAM_TEXT_CASE_CANCELLED, "--cancelled", id[i]);
    for (unsigned i = 0; i < case_sessions(p->c, id); i++) {
        int err = case_session_read(p->v, id[i], &s);
        if (err)
            return err;
        if (!s.planned)
            command_of(p, SAM_TEXT_CASE_REMOVE, "--remove", id[i]);
    }
    return 0;
}

int case_author_say(struct verb_context *v, const struct sam_key *key, unsigned unit)
{
    struct intake_unit u;
    struct intake_op op;
    int err = intake_unit_open(v->in, key, unit, &u);
    if (!err && u.set->count) {
        err = intake_op_at(v->in, u.set->at[u.fold.shown].csn, &op);
        if (!err)
            said_lines(v, &op);
        intake_op_fini(&op);
    }
    intake_unit_close(&u);
    return err;
}

int case_author_cells(struct verb_context *v, const struct sam_key *key, unsigned unit)
{
    struct intake_unit u;
    struct intake_op op = {.readable = false};
    int err = intake_unit_open(v->in, key, unit, &u);
    if (!err && u.set->count)
        err = intake_op_at(v->in, u.set->at[u.fold.shown].csn, &op);
    if (!err)
        case_said_cells(v, &op);
    intake_op_fini(&op);
    intake_unit_close(&u);
    return err;
}

/* Who decides whether a session was held is told who said so; else who made it. */
static unsigned session_unit(const struct page *p)
{
    return p->c->rule == SAM_RULE_ATTENDED ? sam_entity_find(SAM_SESSION)->field[SAM_SESSION_status].unit : 0;
}

static int session_say(const struct page *p, uint64_t id)
{
    struct sam_key key = {.entity = SAM_SESSION, .part = {id}};
    char text[VALUE_BYTES_MAX];
    case_session_text(p->v, id, text);
    report_say(&p->v->report, "  %s\n", text);
    int err = case_author_say(p->v, &key, session_unit(p));
    return err || p->c->rule != SAM_RULE_ATTENDED ? err : case_proofs_say(p->v, id);
}

static int session_cells(const struct page *p, uint64_t id)
{
    static const char *const status[] = {"planned", "held", "cancelled", NULL};
    struct report *r = &p->v->report;
    struct case_session s;
    struct sam_key key = {.entity = SAM_SESSION, .part = {id}};
    char start[VALUE_BYTES_MAX] = "";
    int err = case_session_read(p->v, id, &s);
    if (err)
        return err;
    if (sam_row_has(&s.row, SAM_SESSION_start_min))
        value_of_field(p->v, &s.row, SAM_SESSION_start_min, start);
    report_cell_num(r, (int64_t)id);
    report_cell_str(r, start);
    report_cell_str(r, s.alive ? word_of(status, (uint64_t)sam_row_num(&s.row, SAM_SESSION_status)) : "deleted");
    report_cell_num(r, s.planned);
    report_cell_num(r, (int64_t)s.present);
    return case_author_cells(p->v, &key, session_unit(p));
}

static int rule_page(const struct page *p)
{
    static const struct report_column columns[] = {{"session", SAM_TEXT_COL_SEQ},      {"start", SAM_TEXT_COL_START},
                                                   {"status", SAM_TEXT_COL_STATUS},    {"planned", SAM_TEXT_COL_PLAN},
                                                   {"present", SAM_TEXT_COL_PRESENCE}, CASE_SAID_COLUMNS};
    struct report *r = &p->v->report;
    uint64_t id[2];
    int err = 0;
    report_say(r, "\n%s\n", sam_text(p->v->lang, SAM_TEXT_CASE_SESSIONS));
    report_list(r, "sessions", columns, sizeof columns / sizeof *columns);
    for (unsigned i = 0; !err && i < case_sessions(p->c, id); i++)
        err = r->json ? session_cells(p, id[i]) : session_say(p, id[i]);
    if (err)
        return err;
    report_table_end(r);
    if (r->json && p->c->rule == SAM_RULE_ATTENDED)
        err = case_proofs_list(p->v, p->c->key.part[0]);
    return !r->json && p->c->open ? rule_commands(p) : err;
}

int verb_case_show(struct verb_context *v)
{
    struct store_case c;
    int err = case_read(v, &c);
    if (err)
        return err;
    struct page p = {.v = v, .c = &c, .seen = store_csn(v->st)};
    case_access(v, &c);
    verb_home(v, p.home, sizeof p.home);
    head_json(&p);
    if (!v->report.json)
        head_say(&p);
    if (c.rule == SAM_RULE_SAME_PERSON)
        err = case_person_page(v, &c, p.seen, p.home);
    else
        err = c.rule == SAM_RULE_UNIT ? unit_page(&p) : rule_page(&p);
    return err || !v->report.json ? err : case_decisions_list(v, &c);
}
