/* The catalogue of interventions: what a version says it says for ever, another content is another version. */
#include "proto/base/err.h"
#include "server/admin/author.h"
#include "server/admin/catalogue.h"
#include "server/admin/value.h"

#include <stdio.h>
#include <string.h>

enum { CODE_MAX = 999999, VERSION_MAX = 999, WORD_SHOWN_BYTES = 60 };

/* ---- finding a version */

struct wanted {
    uint64_t code, version;     /* version 0: any */
    bool idle;                  /* those out of use, too */
    uint64_t id, newest, count; /* found: the one of the highest version */
};

static int wanted_each(void *ctx, const struct store_row *row)
{
    struct wanted *w = ctx;
    uint64_t version = (uint64_t)sam_row_num(&row->row, SAM_INTERVENTION_version);
    bool active = !sam_row_has(&row->row, SAM_INTERVENTION_active) || sam_row_num(&row->row, SAM_INTERVENTION_active);
    if ((uint64_t)sam_row_num(&row->row, SAM_INTERVENTION_code) != w->code || (w->version && version != w->version) ||
        (!active && !w->idle))
        return 0;
    w->count++;
    if (version > w->newest) {
        w->newest = version;
        w->id = row->row.key.part[0];
    }
    return 0;
}

/* "10" or "10/2" */
static int word_read(const char *word, struct wanted *w)
{
    char code[8];
    size_t n = strcspn(word, "/");
    if (n == 0 || n >= sizeof code)
        return SAM_EUSAGE;
    memcpy(code, word, n);
    code[n] = 0;
    if (args_number(code, 1, CODE_MAX, &w->code))
        return SAM_EUSAGE;
    return word[n] ? args_number(word + n + 1, 1, VERSION_MAX, &w->version) : 0;
}

static int wanted_find(struct verb_context *v, const char *word, struct wanted *w)
{
    char shown[WORD_SHOWN_BYTES];
    snprintf(shown, sizeof shown, "%s", word);
    if (word_read(word, w))
        return verb_refuse(v, SAM_TEXT_INTERVENTION_WORD, shown);
    int err = author_each(v, SAM_INTERVENTION, wanted_each, w);
    if (err)
        return err;
    return w->count ? VERB_OK : verb_refuse(v, SAM_TEXT_INTERVENTION_NONE, shown);
}

int catalogue_find(struct verb_context *v, const char *word, uint64_t *id)
{
    struct wanted w = {0};
    int err = wanted_find(v, word, &w);
    *id = w.id;
    return err;
}

int catalogue_read(struct verb_context *v, uint64_t id, struct catalogue_version *out)
{
    struct store_row row;
    int err = author_row(v, SAM_INTERVENTION, id, &row);
    *out = (struct catalogue_version){.id = id};
    if (err)
        return err;
    out->code = (uint64_t)sam_row_num(&row.row, SAM_INTERVENTION_code);
    out->version = (uint64_t)sam_row_num(&row.row, SAM_INTERVENTION_version);
    out->rule.percent = (unsigned)sam_row_num(&row.row, SAM_INTERVENTION_completion_percent);
    out->rule.planned = (unsigned)sam_row_num(&row.row, SAM_INTERVENTION_planned_sessions);
    out->rule.misses = (unsigned)sam_row_num(&row.row, SAM_INTERVENTION_consecutive_misses);
    out->rule.return_days = (unsigned)sam_row_num(&row.row, SAM_INTERVENTION_return_days);
    out->rule.needs_end_score = sam_row_num(&row.row, SAM_INTERVENTION_needs_end_score) != 0;
    author_name(v, SAM_INTERVENTION, id, SAM_INTERVENTION_name, out->name, sizeof out->name);
    return 0;
}

/* ---- add */

/* DOMAIN section 4.3: what counts as completed where nobody says anything else. */
static void usual(struct sam_row *row)
{
    enum { PERCENT = 75, MISSES = 3, RETURN_DAYS = 28 };
    sam_row_set(row, SAM_INTERVENTION_individual, 0);
    sam_row_set(row, SAM_INTERVENTION_nav_needed, 0);
    sam_row_set(row, SAM_INTERVENTION_completion_percent, PERCENT);
    sam_row_set(row, SAM_INTERVENTION_consecutive_misses, MISSES);
    sam_row_set(row, SAM_INTERVENTION_return_days, RETURN_DAYS);
    sam_row_set(row, SAM_INTERVENTION_needs_end_score, 1);
    sam_row_set(row, SAM_INTERVENTION_active, 1);
}

int verb_intervention_add(struct verb_context *v)
{
    static const struct value_option options[] = {{"code", SAM_INTERVENTION_code},
                                                  {"name", SAM_INTERVENTION_name},
                                                  {"individual", SAM_INTERVENTION_individual},
                                                  {"sessions", SAM_INTERVENTION_planned_sessions},
                                                  {"minutes", SAM_INTERVENTION_planned_minutes},
                                                  {"nav", SAM_INTERVENTION_nav_needed},
                                                  {"completion", SAM_INTERVENTION_completion_percent},
                                                  {"misses", SAM_INTERVENTION_consecutive_misses},
                                                  {"return", SAM_INTERVENTION_return_days},
                                                  {"end-score", SAM_INTERVENTION_needs_end_score}};
    struct wanted w = {.idle = true};
    struct sam_op op;
    uint64_t id;
    if (!args_get(&v->args, "code") || !args_get(&v->args, "name"))
        return verb_usage(v);
    int err = author_begin(v, &op, SAM_INTERVENTION, &id);
    if (err)
        return err;
    usual(&op.row);
    err = value_given(v, options, sizeof options / sizeof *options, &op.row);
    w.code = (uint64_t)sam_row_num(&op.row, SAM_INTERVENTION_code);
    if (!err)
        err = author_each(v, SAM_INTERVENTION, wanted_each, &w);
    if (!err && w.newest == VERSION_MAX)
        err = verb_refuse(v, SAM_TEXT_INTERVENTION_FULL, (int)VERSION_MAX);
    sam_row_set(&op.row, SAM_INTERVENTION_version, (int64_t)w.newest + 1);
    if (!err)
        err = author_apply(v, &op);
    if (err)
        return err;
    report_num(&v->report, "id", (int64_t)id);
    report_num(&v->report, "code", (int64_t)w.code);
    report_num(&v->report, "version", (int64_t)w.newest + 1);
    report_tell(&v->report, SAM_TEXT_INTERVENTION_MADE, (unsigned long long)w.code, (unsigned long long)w.newest + 1,
                args_get(&v->args, "name"));
    return VERB_OK;
}

/* ---- list */

static int intervention_row(void *ctx, const struct store_row *row)
{
    struct verb_context *v = ctx;
    static const unsigned fields[] = {SAM_INTERVENTION_code,
                                      SAM_INTERVENTION_version,
                                      SAM_INTERVENTION_name,
                                      SAM_INTERVENTION_planned_sessions,
                                      SAM_INTERVENTION_planned_minutes,
                                      SAM_INTERVENTION_completion_percent,
                                      SAM_INTERVENTION_consecutive_misses,
                                      SAM_INTERVENTION_return_days,
                                      SAM_INTERVENTION_needs_end_score,
                                      SAM_INTERVENTION_active,
                                      SAM_INTERVENTION_individual,
                                      SAM_INTERVENTION_nav_needed};
    for (unsigned i = 0; i < sizeof fields / sizeof *fields - (v->report.json ? 0 : 2); i++)
        value_cell(v, &row->row, fields[i]);
    if (v->report.json)
        report_cell_num(&v->report, (int64_t)row->row.key.part[0]);
    return 0;
}

int verb_intervention_list(struct verb_context *v)
{
    static const struct report_column columns[] = {{"code", SAM_TEXT_COL_CODE},
                                                   {"version", SAM_TEXT_COL_VERSION},
                                                   {"name", SAM_TEXT_COL_NAME},
                                                   {"sessions", SAM_TEXT_COL_SESSIONS},
                                                   {"minutes", SAM_TEXT_COL_MINUTES},
                                                   {"completion_percent", SAM_TEXT_COL_PERCENT},
                                                   {"misses", SAM_TEXT_COL_MISSES},
                                                   {"return_days", SAM_TEXT_COL_RETURN},
                                                   {"end_score", SAM_TEXT_COL_END_SCORE},
                                                   {"active", SAM_TEXT_COL_IN_USE},
                                                   {"individual", SAM_TEXT_COL_KIND},
                                                   {"nav", SAM_TEXT_COL_KIND},
                                                   {"id", SAM_TEXT_COL_ID}};
    enum { FOR_PEOPLE = 10 };
    report_table(&v->report, columns, v->report.json ? sizeof columns / sizeof *columns : FOR_PEOPLE);
    int err = author_each(v, SAM_INTERVENTION, intervention_row, v);
    if (!err)
        report_table_end(&v->report);
    return err;
}

/* ---- retire */

struct retiring {
    struct verb_context *v;
    const struct wanted *w;
    unsigned done;
};

static int retire_each(void *ctx, const struct store_row *row)
{
    struct retiring *r = ctx;
    struct wanted one = *r->w;
    struct sam_op op;
    one.count = 0;
    wanted_each(&one, row);
    if (!one.count)
        return 0;
    author_set(r->v, &op, &row->row.key);
    sam_row_set(&op.row, SAM_INTERVENTION_active, 0);
    r->done++;
    return author_apply(r->v, &op);
}

int verb_intervention_retire(struct verb_context *v)
{
    struct wanted w = {0};
    struct retiring r = {.v = v, .w = &w};
    int err = wanted_find(v, v->args.pos[0], &w);
    if (!err)
        err = author_each(v, SAM_INTERVENTION, retire_each, &r);
    if (err)
        return err;
    report_num(&v->report, "retired", r.done);
    report_tell(&v->report, SAM_TEXT_INTERVENTION_RETIRED, (int)r.done);
    return VERB_OK;
}
