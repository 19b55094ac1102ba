/* Cases: what people registered differently, as a list for a coordinator. One in full is case_page.c's, deciding
 * verbs_decide.c's. */
#include "server/admin/verbs_case.h"

#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/access.h"
#include "server/admin/author.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A row fits 80 columns. */
enum { GROUP_LETTERS = 11, PERSON_LETTERS = 13, WHAT_LETTERS = 12, VALUES_LETTERS = 17 };

const char *const words_rule[] = {"unit", "quarantine", "attended", "same-day", "primary", "same-person", NULL};

int case_read(struct verb_context *v, struct store_case *c)
{
    uint64_t no;
    char shown[41];
    snprintf(shown, sizeof shown, "%s", v->args.pos[0]);
    if (args_number(v->args.pos[0], 1, INT64_MAX, &no))
        return verb_refuse(v, SAM_TEXT_CASE_NO_SUCH, shown);
    int err = store_case_get(v->st, no, c);
    return err == SAM_ENOTFOUND ? verb_refuse(v, SAM_TEXT_CASE_NO_SUCH, shown) : err;
}

void case_access(struct verb_context *v, const struct store_case *c)
{
    struct sam_row row = {.key = c->key};
    if (c->rule == SAM_RULE_SAME_PERSON) {
        access_person(v, c->key.part[0]);
        access_person(v, c->key.part[1]);
    } else {
        access_row(v, &row);
    }
}

/* When the change at ${csn} came. */
int64_t case_received_s(struct verb_context *v, uint64_t csn)
{
    struct store_push p;
    return store_push_at_csn(v->st, csn, &p) ? 0 : p.received_s;
}

/* ---- sessions of a case of a rule */

static const struct sam_key *session_key(struct sam_key *key, uint64_t session)
{
    *key = (struct sam_key){.entity = SAM_SESSION, .part = {session}};
    return key;
}

int case_session_read(struct verb_context *v, uint64_t id, struct case_session *s)
{
    struct store_row row;
    struct sam_key key;
    int err = store_row_get(v->st, session_key(&key, id), &row);
    *s = (struct case_session){.id = id};
    if (err)
        return err;
    s->row = row.row;
    s->alive = row.exists && row.dead <= 0;
    s->planned = sam_row_num(&row.row, SAM_SESSION_planned) != 0;
    return store_session_present(v->st, id, &s->present);
}

static const char *status_text(const struct verb_context *v, const struct case_session *s)
{
    if (!s->alive)
        return sam_text(v->lang, SAM_TEXT_VALUE_DELETED);
    return sam_text_of(v->lang, SAM_TEXT_SET_SESSION, (int)sam_row_num(&s->row, SAM_SESSION_status));
}

void case_session_text(struct verb_context *v, uint64_t id, char out[VALUE_BYTES_MAX])
{
    struct case_session s;
    char day[VALUE_TIME_BYTES] = "", start[VALUE_BYTES_MAX] = "";
    out[0] = 0;
    if (case_session_read(v, id, &s))
        return;
    if (sam_row_has(&s.row, SAM_SESSION_day))
        value_day(v, (int32_t)sam_row_num(&s.row, SAM_SESSION_day), day);
    if (sam_row_has(&s.row, SAM_SESSION_start_min))
        value_of_field(v, &s.row, SAM_SESSION_start_min, start);
    value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_CASE_SESSION, (unsigned long long)id, day, start,
              status_text(v, &s), (unsigned long long)s.present);
}

unsigned case_sessions(const struct store_case *c, uint64_t id[2])
{
    id[0] = c->key.part[0];
    id[1] = c->key.part[1];
    return id[0] == id[1] ? 1 : 2;
}

/* ---- the list */

/* The values between which somebody must choose, or the one that is left. */
static int unit_brief(struct verb_context *v, const struct store_case *c, char out[VALUE_BYTES_MAX])
{
    struct intake_unit u;
    out[0] = 0;
    int err = intake_unit_open(v->in, &c->key, c->unit, &u);
    for (unsigned i = 0; !err && i < u.set->count; i++) {
        char one[VALUE_BYTES_MAX];
        bool first = true;
        for (unsigned k = 0; k < i && first; k++)
            first = !sam_row_unit_equal(u.set->at[k].value, u.set->at[i].value, c->unit);
        if (!first || (u.fold.disputed ? !(u.fold.top >> i & 1u) : i != u.fold.shown))
            continue;
        value_of_unit(v, u.set->at[i].value, c->unit, true, one);
        value_join(out, VALUE_BYTES_MAX, " / ", one);
    }
    if (!err && !out[0])
        snprintf(out, VALUE_BYTES_MAX, "%s", sam_text(v->lang, SAM_TEXT_VALUE_DELETED));
    intake_unit_close(&u);
    return err;
}

static int rule_brief(struct verb_context *v, const struct store_case *c, char out[VALUE_BYTES_MAX])
{
    uint64_t id[2];
    int err = 0;
    out[0] = 0;
    for (unsigned i = 0; !err && i < case_sessions(c, id); i++) {
        struct case_session s;
        char one[VALUE_BYTES_MAX];
        err = case_session_read(v, id[i], &s);
        if (err)
            return err;
        if (c->rule == SAM_RULE_ATTENDED)
            value_say(one, sizeof one, v->lang, SAM_TEXT_CASE_PRESENT, (unsigned long long)s.present);
        else if (s.alive)
            value_of_field(v, &s.row, SAM_SESSION_start_min, one);
        else
            snprintf(one, sizeof one, "%s", sam_text(v->lang, SAM_TEXT_VALUE_DELETED));
        value_join(out, VALUE_BYTES_MAX, " / ", one);
    }
    return err;
}

int case_brief(struct verb_context *v, const struct store_case *c, char out[VALUE_BYTES_MAX])
{
    if (c->rule == SAM_RULE_SAME_PERSON)
        return case_person_brief(v, c, out);
    return c->rule == SAM_RULE_UNIT ? unit_brief(v, c, out) : rule_brief(v, c, out);
}

const char *case_what(struct verb_context *v, const struct store_case *c)
{
    if (c->rule == SAM_RULE_SAME_PERSON)
        return sam_text(v->lang, SAM_TEXT_CASE_SAME_PERSON);
    if (c->rule == SAM_RULE_SAME_DAY)
        return sam_text(v->lang, SAM_TEXT_CASE_TWO_SESSIONS);
    if (c->rule == SAM_RULE_ATTENDED)
        return sam_text(v->lang, SAM_TEXT_SESSION_CANCELLED);
    if (c->key.entity == SAM_EXERCISE_SET)
        return sam_text(v->lang, SAM_TEXT_CASE_SET);
    return value_unit(v->lang, sam_entity_find(c->key.entity), c->unit);
}

static void cell_cut(struct report *r, const char *text, unsigned letters)
{
    char cut[VALUE_BYTES_MAX];
    value_cut(cut, sizeof cut, text, letters);
    report_cell_text(r, cut, strlen(cut));
}

static void row_people(struct verb_context *v, const struct store_case *c, const struct value_title *t,
                       const char *values)
{
    struct report *r = &v->report;
    char day[VALUE_TIME_BYTES] = "", age[VALUE_TIME_BYTES], what[VALUE_TIME_BYTES * 2];
    if (t->has_day)
        value_day_brief(v, t->day, day);
    value_age_brief(v->lang, intake_now_s(v->in) - case_received_s(v, c->opened_csn), age);
    value_upper(what, sizeof what, case_what(v, c));
    report_cell_num(r, (int64_t)c->no);
    cell_cut(r, t->code[0] ? t->code : t->group, GROUP_LETTERS);
    report_cell_str(r, day);
    cell_cut(r, t->person, PERSON_LETTERS);
    cell_cut(r, what, WHAT_LETTERS);
    cell_cut(r, values, VALUES_LETTERS);
    report_cell_str(r, c->open ? age : "-");
}

static void row_json(struct verb_context *v, const struct store_case *c, const struct value_title *t,
                     const char *values)
{
    struct report *r = &v->report;
    const struct sam_entity_def *def = sam_entity_find(c->key.entity);
    uint32_t fields = sam_unit_fields(def, 1u << c->unit);
    char day[VALUE_TIME_BYTES] = "";
    if (t->has_day)
        value_day_iso(t->day, day);
    report_cell_num(r, (int64_t)c->no);
    report_cell_str(r, word_of(words_rule, c->rule));
    report_cell_str(r, c->open ? "open" : "closed");
    report_cell_str(r, t->group);
    report_cell_str(r, day);
    report_cell_str(r, t->person);
    report_cell_str(r, def->table);
    report_cell_str(r, c->rule == SAM_RULE_UNIT ? def->field[__builtin_ctz(fields)].column : "");
    report_cell_str(r, values);
    report_cell_num(r, case_received_s(v, c->opened_csn));
}

static int list_rows(struct verb_context *v, uint64_t clinic, bool all, unsigned *count)
{
    struct store_case c = {0};
    int err;
    while ((err = store_case_next(v->st, c.no, !all, &c)) == 0) {
        struct value_title t;
        char values[VALUE_BYTES_MAX];
        if (clinic && value_clinic_of(v, c.scope) != clinic)
            continue;
        value_title(v, &c.key, &t);
        if (c.rule == SAM_RULE_SAME_PERSON) /* people stand in several groups: where it arose */
            author_name(v, SAM_GROUP, c.scope, SAM_GROUP_name, t.group, sizeof t.group);
        err = case_brief(v, &c, values);
        if (err)
            return err;
        if (v->report.json)
            row_json(v, &c, &t, values);
        else
            row_people(v, &c, &t, values);
        ++*count;
    }
    return err == SAM_ENOTFOUND ? 0 : err;
}

int verb_case_list(struct verb_context *v)
{
    static const struct report_column people[] = {{"no", SAM_TEXT_COL_SEQ},       {"group", SAM_TEXT_COL_GROUP},
                                                  {"day", SAM_TEXT_COL_DATE},     {"person", SAM_TEXT_COL_PERSON},
                                                  {"what", SAM_TEXT_COL_VERDICT}, {"values", SAM_TEXT_COL_VALUES},
                                                  {"open", SAM_TEXT_COL_OPEN_FOR}};
    static const struct report_column json[] = {{"no", SAM_TEXT_COL_SEQ},        {"rule", SAM_TEXT_COL_VERDICT},
                                                {"state", SAM_TEXT_COL_STATE},   {"group", SAM_TEXT_COL_GROUP},
                                                {"day", SAM_TEXT_COL_DATE},      {"person", SAM_TEXT_COL_PERSON},
                                                {"table", SAM_TEXT_COL_VERDICT}, {"field", SAM_TEXT_COL_VERDICT},
                                                {"values", SAM_TEXT_COL_VALUES}, {"opened_s", SAM_TEXT_COL_OPEN_FOR}};
    struct report *r = &v->report;
    uint64_t clinic = 0;
    unsigned count = 0;
    bool all = args_has(&v->args, "all");
    char home[VERB_HOME_BYTES_MAX];
    int err = args_has(&v->args, "clinic") ? author_clinic(v, args_get(&v->args, "clinic"), &clinic) : 0;
    if (err)
        return err;
    if (r->json)
        report_table(r, json, sizeof json / sizeof *json);
    else
        report_table(r, people, sizeof people / sizeof *people);
    err = list_rows(v, clinic, all, &count);
    if (err)
        return err;
    access_list(v, 0, count);
    if (count || r->json)
        report_table_end(r);
    verb_home(v, home, sizeof home);
    if (count)
        report_tell(r, SAM_TEXT_CASE_MORE, home);
    else
        report_tell(r, all ? SAM_TEXT_CASE_NONE : SAM_TEXT_CASE_NONE_OPEN);
    return VERB_OK;
}
