/* Deciding a case: an ordinary op of the centre whose base is the page that the coordinator read. So a decision from an old
 * page overwrites nothing unseen; here it is refused, and nothing of it is kept. */
#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/model/rule.h"
#include "server/admin/author.h"
#include "server/admin/verbs_case.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HELD = 1, CANCELLED = 2, TAPPED = 2 };

enum way { WAY_TAKE, WAY_SET, WAY_STAND, WAY_HELD, WAY_CANCELLED, WAY_REMOVE, WAY_COUNT };

static const char *const way_option[WAY_COUNT] = {"take", "set", "stand", "held", "cancelled", "remove"};

struct decision {
    struct verb_context *v;
    struct store_case c;
    enum way way;
    uint64_t seen, session;
    struct intake_unit unit; /* of a unit's case */
    struct sam_op op;
    char home[VERB_HOME_BYTES_MAX];
};

/* ---- what was asked */

static int refuse_how(struct decision *d)
{
    static const char *const how[SAM_RULE_COUNT] = {[SAM_RULE_UNIT] = "--take --set --stand",
                                                    [SAM_RULE_ATTENDED] = "--held --stand",
                                                    [SAM_RULE_SAME_DAY] = "--stand --cancelled --remove",
                                                    [SAM_RULE_SAME_PERSON] = "--stand"};
    verb_refuse(d->v, SAM_TEXT_CASE_HOW, how[d->c.rule] ? how[d->c.rule] : "");
    return VERB_USAGE;
}

static int way_read(struct decision *d)
{
    unsigned count = 0;
    for (unsigned i = 0; i < WAY_COUNT; i++)
        if (args_has(&d->v->args, way_option[i])) {
            d->way = (enum way)i;
            count++;
        }
    bool fits = false;
    switch (d->c.rule) {
    case SAM_RULE_UNIT: fits = d->way <= WAY_STAND; break;
    case SAM_RULE_ATTENDED: fits = d->way == WAY_HELD || d->way == WAY_STAND; break;
    case SAM_RULE_SAME_PERSON: fits = d->way == WAY_STAND; break;
    case SAM_RULE_SAME_DAY: fits = d->way == WAY_STAND || d->way >= WAY_CANCELLED; break;
    default: break;
    }
    return count == 1 && fits ? VERB_OK : refuse_how(d);
}

/* The session that --cancelled or --remove names must be one of the case's. */
static int session_option(struct decision *d)
{
    const char *word = args_get(&d->v->args, way_option[d->way]);
    uint64_t id[2];
    char shown[41];
    snprintf(shown, sizeof shown, "%s", word);
    if (args_number(word, 1, INT64_MAX, &d->session) == 0)
        for (unsigned i = 0; i < case_sessions(&d->c, id); i++)
            if (id[i] == d->session)
                return VERB_OK;
    return verb_refuse(d->v, SAM_TEXT_CASE_NOT_ITS_SESSION, shown, (unsigned long long)d->c.no);
}

static int words_read(struct decision *d)
{
    int err = author_words(d->v, &d->seen);
    if (!err)
        err = way_read(d);
    return err || d->way < WAY_CANCELLED ? err : session_option(d);
}

/* ---- has something come since the page was read? */

static void news_add(char *news, size_t size, const char *line)
{
    value_join(news, size, "", "\n  ");
    value_join(news, size, "", line);
}

/* By tablet and without names: a refused verb leaves no line in the audit log. */
static int unit_news(struct decision *d, char *news, size_t size)
{
    const struct sam_candidates *set = d->unit.set;
    int err = 0;
    for (unsigned i = 0; !err && i < set->count; i++) {
        struct intake_op op;
        char value[VALUE_BYTES_MAX], device[VALUE_BYTES_MAX], line[2 * VALUE_BYTES_MAX + 4];
        if (set->at[i].csn <= d->seen)
            continue;
        err = intake_op_at(d->v->in, set->at[i].csn, &op);
        value_of_unit(d->v, set->at[i].value, d->c.unit, false, value);
        value_device(d->v, op.device_no, device);
        snprintf(line, sizeof line, "%s: %s", device, value);
        if (!err)
            news_add(news, size, line);
        intake_op_fini(&op);
    }
    return err;
}

/* Somebody was marked since, and who decides whether the session was held has not seen it. */
static int proved_since(struct decision *d, bool *since)
{
    uint64_t csn = 0;
    int err = case_of_status(&d->c) ? case_proofs_since(d->v, d->c.key.part[0], &csn) : 0;
    *since = csn > d->seen;
    return err;
}

static void session_news(struct decision *d, uint64_t session, char *news, size_t size)
{
    char line[VALUE_BYTES_MAX];
    case_session_text(d->v, session, line);
    news_add(news, size, line);
}

static void rule_news(struct decision *d, char *news, size_t size)
{
    uint64_t id[2];
    if (d->c.rule == SAM_RULE_SAME_PERSON) /* by name nobody is told here */
        return;
    for (unsigned i = 0; i < case_sessions(&d->c, id); i++)
        session_news(d, id[i], news, size);
}

static int refuse_old_page(struct decision *d)
{
    char news[700] = "", brief[VALUE_BYTES_MAX];
    bool proved = false;
    int err = proved_since(d, &proved);
    if (!err && d->c.rule == SAM_RULE_UNIT)
        err = unit_news(d, news, sizeof news);
    else if (!err)
        rule_news(d, news, sizeof news);
    if (!err && proved)
        session_news(d, d->c.key.part[0], news, sizeof news);
    if (!err && !news[0]) { /* a value went away */
        err = case_brief(d->v, &d->c, brief);
        news_add(news, sizeof news, brief);
    }
    if (err)
        return err;
    if (d->v->report.page)
        return verb_refuse(d->v, SAM_TEXT_CASE_NEWS_PAGE, (unsigned long long)d->c.no, news);
    return verb_refuse(d->v, SAM_TEXT_CASE_NEWS, (unsigned long long)d->seen, (unsigned long long)d->c.no, news,
                       (unsigned long long)d->c.no, d->home);
}

static int page_check(struct decision *d)
{
    bool old = false, unit = d->c.rule == SAM_RULE_UNIT;
    int err = proved_since(d, &old);
    old = old || d->c.changed_csn > d->seen;
    for (unsigned i = 0; unit && i < d->unit.set->count; i++)
        old = old || d->unit.set->at[i].csn > d->seen;
    if (unit && !d->unit.set->count)
        return verb_refuse(d->v, SAM_TEXT_CASE_ROW_GONE, (unsigned long long)d->c.no);
    if (err || old)
        return err ? err : refuse_old_page(d);
    if (d->c.open || args_has(&d->v->args, "seen"))
        return VERB_OK;
    char brief[VALUE_BYTES_MAX];
    err = case_brief(d->v, &d->c, brief);
    return err ? err
               : verb_refuse(d->v, SAM_TEXT_CASE_CLOSED_ALREADY, (unsigned long long)d->c.no, brief,
                             (unsigned long long)d->c.no, d->home);
}

/* ---- the op */

static void unit_fields_list(const struct sam_entity_def *def, unsigned unit, char *out, size_t size)
{
    uint32_t mask = sam_unit_fields(def, 1u << unit);
    out[0] = 0;
    for (unsigned i = 0; mask >> i; i++)
        if (mask >> i & 1u)
            value_join(out, size, ", ", def->field[i].column);
}

/* One FIELD=VALUE into the op's row. */
static int set_one(struct decision *d, const char *word)
{
    const struct sam_entity_def *def = sam_entity_find(d->c.key.entity);
    uint32_t mask = sam_unit_fields(def, 1u << d->c.unit);
    const char *equals = strchr(word, '=');
    size_t len = equals ? (size_t)(equals - word) : 0;
    char fields[200], shown[80];
    for (unsigned i = 0; len && mask >> i; i++) {
        if (!(mask >> i & 1u) || strlen(def->field[i].column) != len || memcmp(def->field[i].column, word, len) != 0)
            continue;
        snprintf(shown, sizeof shown, "%s", equals + 1);
        if (value_parse(def, i, equals + 1, &d->op.row))
            return verb_refuse(d->v, SAM_TEXT_CASE_SET_VALUE, shown, def->field[i].column);
        return VERB_OK;
    }
    unit_fields_list(def, d->c.unit, fields, sizeof fields);
    return verb_refuse(d->v, SAM_TEXT_CASE_SET_WORD, fields);
}

static int set_all(struct decision *d)
{
    const struct args *a = &d->v->args;
    int err = VERB_OK;
    for (unsigned i = 0; !err && i < a->opt_count; i++)
        if (strncmp(a->opt[i].name, "set=", 4) == 0)
            err = set_one(d, a->opt[i].value);
    const struct sam_row *row = &d->op.row;
    if (!err && row->key.entity == SAM_ATTENDANCE && sam_row_has(row, SAM_ATTENDANCE_presence) &&
        !sam_row_has(row, SAM_ATTENDANCE_evidence))
        sam_row_set(&d->op.row, SAM_ATTENDANCE_evidence, TAPPED);
    return err;
}

static int take_value(struct decision *d)
{
    const struct sam_entity_def *def = sam_entity_find(d->c.key.entity);
    uint64_t k = d->unit.fold.shown + 1;
    if (d->way == WAY_TAKE && (args_number(args_get(&d->v->args, "take"), 1, d->unit.set->count, &k)))
        return verb_refuse(d->v, SAM_TEXT_CASE_TAKE_RANGE, (unsigned long long)d->c.no, (int)d->unit.set->count);
    const struct sam_row *value = d->unit.set->at[k - 1].value;
    d->op.row.present = value->present & sam_unit_fields(def, 1u << d->c.unit);
    memcpy(d->op.row.val, value->val, sizeof d->op.row.val);
    return VERB_OK;
}

static int unit_op(struct decision *d)
{
    sam_row_init(&d->op.row, d->c.key.entity);
    d->op.row.key = d->c.key;
    return d->way == WAY_SET ? set_all(d) : take_value(d);
}

static void rule_op(struct decision *d)
{
    struct sam_row *row = &d->op.row;
    if (d->way == WAY_STAND) {
        sam_row_init(row, SAM_RULING);
        row->key.part[0] = d->c.rule;
        row->key.part[1] = d->c.key.part[0];
        row->key.part[2] = d->c.key.part[1];
        sam_row_set(row, SAM_RULING_decision, SAM_DECISION_MAY_STAND);
        if (d->v->note)
            author_text(&d->op, SAM_RULING_note, d->v->note);
        return;
    }
    sam_row_init(row, SAM_SESSION);
    row->key.part[0] = d->way == WAY_HELD ? d->c.key.part[0] : d->session;
    if (d->way == WAY_REMOVE)
        d->op.kind = SAM_OP_TOMBSTONE;
    else
        sam_row_set(row, SAM_SESSION_status, d->way == WAY_HELD ? HELD : CANCELLED);
}

static void decided_say(struct decision *d, bool was_open)
{
    struct report *r = &d->v->report;
    unsigned long long no = d->c.no;
    char value[VALUE_BYTES_MAX];
    report_num(r, "no", (int64_t)no);
    report_text(r, "state", "closed");
    report_num(r, "csn", (int64_t)store_csn(d->v->st));
    if (d->c.rule == SAM_RULE_UNIT) {
        value_of_unit(d->v, &d->op.row, d->c.unit, false, value);
        report_text(r, "value", value);
        report_tell(r, was_open ? SAM_TEXT_CASE_DECIDED : SAM_TEXT_CASE_CORRECTED, no, value);
    } else if (d->way == WAY_STAND) {
        report_tell(r, SAM_TEXT_CASE_STANDS, no);
    } else if (d->way == WAY_REMOVE) {
        report_tell(r, SAM_TEXT_CASE_REMOVED, no, (unsigned long long)d->session);
    } else {
        report_tell(r, SAM_TEXT_CASE_DECIDED, no,
                    sam_text_of(d->v->lang, SAM_TEXT_SET_SESSION, d->way == WAY_HELD ? HELD : CANCELLED));
    }
}

static int refuse_still_open(struct decision *d)
{
    unsigned long long no = d->c.no;
    if (d->v->report.page)
        return verb_refuse(d->v, SAM_TEXT_CASE_STILL_OPEN_PAGE, no);
    return verb_refuse(d->v, SAM_TEXT_CASE_STILL_OPEN, no, no, d->home);
}

/* Checked, said, and closed by it. */
static int decide_apply(struct decision *d)
{
    struct verb_context *v = d->v;
    int err = page_check(d);
    d->op = (struct sam_op){.kind = SAM_OP_SET, .base_csn = d->seen};
    if (!err && d->c.rule == SAM_RULE_UNIT)
        err = unit_op(d);
    else if (!err)
        rule_op(d);
    if (!err)
        err = author_apply(v, &d->op);
    if (!err)
        err = store_case_get(v->st, d->c.no, &d->c);
    if (!err && d->c.open)
        err = refuse_still_open(d);
    return err;
}

static int decide(struct decision *d)
{
    bool was_open = d->c.open;
    int err = decide_apply(d);
    if (!err)
        decided_say(d, was_open);
    return err;
}

int case_take_shown(struct verb_context *v, const struct store_case *c, uint64_t seen)
{
    struct decision d = {.v = v, .c = *c, .way = WAY_STAND, .seen = seen};
    SAM_ASSERT(c->rule == SAM_RULE_UNIT);
    verb_home(v, d.home, sizeof d.home);
    int err = intake_unit_open(v->in, &d.c.key, d.c.unit, &d.unit);
    if (!err)
        err = decide_apply(&d);
    intake_unit_close(&d.unit);
    return err;
}

int verb_case_decide(struct verb_context *v)
{
    struct decision d = {.v = v};
    int err = case_read(v, &d.c);
    if (err)
        return err;
    verb_home(v, d.home, sizeof d.home);
    case_access(v, &d.c);
    err = words_read(&d);
    if (err)
        return err;
    if (d.c.rule == SAM_RULE_UNIT)
        err = intake_unit_open(v->in, &d.c.key, d.c.unit, &d.unit);
    if (!err)
        err = decide(&d);
    intake_unit_close(&d.unit);
    return err;
}
