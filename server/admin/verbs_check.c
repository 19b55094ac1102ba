/* Is all that is stored here true, computing it anew, and who did what. */
#include "proto/base/err.h"
#include "server/admin/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOUND_MAX = 200, LINE_BYTES = 256, LINES_LAST = 20, LINES_MAX = 1000, SENDERS_SHOWN = 3, HEAD_DIGITS = 16 };

/* ---- what is wrong, in words */

static const struct {
    const char *event;
    enum sam_text_id id;
} events[] = {
    {"integrity", SAM_TEXT_WRONG_INTEGRITY},
    {"audit_facts", SAM_TEXT_WRONG_AUDIT_FACTS},
    {"audit_gap", SAM_TEXT_WRONG_AUDIT_GAP},
    {"access_facts", SAM_TEXT_WRONG_ACCESS_FACTS},
    {"access_entry", SAM_TEXT_WRONG_ACCESS_ENTRY},
    {"access_entries", SAM_TEXT_WRONG_ACCESS_ENTRIES},
    {"access_strays", SAM_TEXT_WRONG_ACCESS_STRAYS},
    {"audit_entry", SAM_TEXT_WRONG_AUDIT_ENTRY},
    {"audit_chain", SAM_TEXT_WRONG_AUDIT_CHAIN},
    {"audit_uncovered", SAM_TEXT_WRONG_AUDIT_UNCOVERED},
    {"audit_anchor", SAM_TEXT_WRONG_AUDIT_ANCHOR},
    {"audit_cut", SAM_TEXT_WRONG_AUDIT_CUT},
    {"chain", SAM_TEXT_WRONG_CHAIN},
    {"chain_before", SAM_TEXT_WRONG_CHAIN},
    {"csn_gap", SAM_TEXT_WRONG_CSN_GAP},
    {"sum", SAM_TEXT_WRONG_SUM},
    {"verdicts_without_op", SAM_TEXT_WRONG_STRAYS},
    {"scope_sum", SAM_TEXT_WRONG_SCOPE_SUM},
    {"case_state", SAM_TEXT_WRONG_CASE},
    {"candidates_unknown", SAM_TEXT_WRONG_CANDIDATES},
    {"rebuilt", SAM_TEXT_WRONG_REBUILT},
    {"unreadable", SAM_TEXT_WRONG_UNREADABLE},
};

/* What was found, until it is told. */
struct found {
    struct verb_context *v;
    uint64_t count;
    char line[FOUND_MAX][LINE_BYTES];
};

static void wrong(void *ctx, const char *line)
{
    struct found *f = ctx;
    if (f->count < FOUND_MAX)
        snprintf(f->line[f->count], LINE_BYTES, "%s", line);
    f->count++;
}

static int progress(void *ctx, const struct intake_check *at)
{
    static const struct {
        const char *what;
        enum sam_text_id id;
    } parts[] = {{"audit", SAM_TEXT_CHECK_LINES},     {"batches", SAM_TEXT_CHECK_BATCHES},
                 {"devices", SAM_TEXT_CHECK_DEVICES}, {"rows", SAM_TEXT_CHECK_ROWS},
                 {"cases", SAM_TEXT_CHECK_CASES},     {"ops", SAM_TEXT_CHECK_OPS}};
    struct found *f = ctx;
    struct intake_check shown = *at;
    if (!f->v->progress)
        return 0;
    for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strcmp(parts[i].what, at->what) == 0)
            shown.what = sam_text(f->v->lang, parts[i].id);
    f->v->progress(f->v->lang, &shown);
    return 0;
}

/* "ev=sum device=2 sent=5": the sentence, and the figures behind it in brackets. */
static void wrong_say(struct verb_context *v, const char *line)
{
    enum sam_text_id id = SAM_TEXT_WRONG_OTHER;
    const char *event = strncmp(line, "ev=", 3) == 0 ? line + 3 : line;
    size_t len = strcspn(event, " ");
    for (unsigned i = 0; i < sizeof events / sizeof *events; i++)
        if (strlen(events[i].event) == len && memcmp(events[i].event, event, len) == 0)
            id = events[i].id;
    report_say(&v->report, "  - %s%s%s%s\n", sam_text(v->lang, id), event[len] ? " (" : "",
               event[len] ? event + len + 1 : "", event[len] ? ")" : "");
}

static void found_say(struct verb_context *v, const struct found *f)
{
    static const struct report_column columns[] = {{"line", SAM_TEXT_COL_VERDICT}};
    uint64_t shown = f->count < FOUND_MAX ? f->count : FOUND_MAX;
    report_num(&v->report, "wrong", (int64_t)f->count);
    report_list(&v->report, "found", columns, 1);
    for (uint64_t i = 0; i < shown; i++) {
        wrong_say(v, f->line[i]);
        report_cell_text(&v->report, f->line[i], strlen(f->line[i]));
    }
    if (shown < f->count)
        report_say(&v->report, "  %s\n", sam_text(v->lang, SAM_TEXT_CHECK_MORE));
    report_table_end(&v->report);
}

/* ---- verify */

/* 1 to 16 hexadecimal digits. */
static bool head_parse(const char *word, uint64_t *head)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(word);
    *head = 0;
    if (len == 0 || len > HEAD_DIGITS || strspn(word, digits) != len)
        return false;
    for (; *word; word++)
        *head = *head << 4 | (uint64_t)(strchr(digits, *word) - digits);
    return true;
}

static int anchor_read(struct verb_context *v, struct intake_anchor *anchor)
{
    const char *word = args_get(&v->args, "anchor"), *colon = strchr(word, ':');
    char count[24] = "";
    size_t len = colon ? (size_t)(colon - word) : sizeof count;
    if (len < sizeof count) {
        memcpy(count, word, len);
        if (args_number(count, 1, INT64_MAX, &anchor->count) == 0 && head_parse(colon + 1, &anchor->head))
            return VERB_OK;
    }
    verb_refuse(v, SAM_TEXT_ADM_ANCHOR);
    return VERB_USAGE;
}

static void verified_say(struct verb_context *v, const struct intake_verified *out,
                         const struct intake_rebuilt *rebuilt)
{
    struct report *r = &v->report;
    report_row_num(r, "lines", SAM_TEXT_CHECK_LINES, (int64_t)out->lines);
    report_row_num(r, "batches", SAM_TEXT_CHECK_BATCHES, (int64_t)out->batches);
    report_row_num(r, "ops", SAM_TEXT_CHECK_OPS, (int64_t)out->ops);
    report_row_num(r, "devices", SAM_TEXT_CHECK_DEVICES, (int64_t)out->devices);
    report_row_num(r, "scopes", SAM_TEXT_CHECK_SCOPES, (int64_t)out->scopes);
    report_row_num(r, "rows", SAM_TEXT_CHECK_ROWS, (int64_t)out->rows);
    report_row_num(r, "cases", SAM_TEXT_CHECK_CASES, (int64_t)out->cases);
    if (rebuilt)
        report_row_num(r, "tables", SAM_TEXT_CHECK_TABLES, rebuilt->tables);
}

/* What a log that holds is known by. */
static void anchor_say(struct verb_context *v, const struct intake_verified *out)
{
    char anchor[48];
    snprintf(anchor, sizeof anchor, "%" PRIu64 ":%016" PRIx64, out->lines, out->head);
    report_text(&v->report, "anchor", anchor);
    report_tell(&v->report, SAM_TEXT_CHECK_ANCHOR, anchor);
}

static int verify(struct verb_context *v, struct found *f, const struct intake_anchor *anchor)
{
    const struct intake_found told = {.wrong = wrong, .progress = progress, .ctx = f};
    struct intake_verified out = {0};
    struct intake_rebuilt rebuilt = {0};
    bool rebuild = args_has(&v->args, "rebuild");
    int err = intake_verify(v->in, &told, anchor, &out);
    if (!err && rebuild) {
        v->undo = true;
        err = intake_rebuild(v->in, &told, &rebuilt);
    }
    report_live_end(v->progress != NULL);
    if (err && err != SAM_ECORRUPT) { /* what was found may have been found because of it */
        verb_refuse(v, SAM_TEXT_CHECK_UNREAD, verb_error_text(v->lang, err));
        return VERB_UNKNOWN;
    }
    if (err) { /* what was found up to there is told */
        wrong(f, "ev=unreadable");
        v->undo = true;
    }
    verified_say(v, &out, rebuild ? &rebuilt : NULL);
    if (f->count)
        report_tell(&v->report, SAM_TEXT_CHECK_BAD, (unsigned long long)f->count);
    else
        anchor_say(v, &out);
    if (!f->count)
        report_tell(&v->report, SAM_TEXT_CHECK_GOOD);
    found_say(v, f);
    v->exit_code = f->count ? VERB_REFUSED : VERB_OK;
    return VERB_OK;
}

int verb_verify(struct verb_context *v)
{
    struct intake_anchor anchor = {0};
    bool anchored = args_has(&v->args, "anchor");
    int err = anchored ? anchor_read(v, &anchor) : VERB_OK;
    if (err)
        return err;
    struct found *f = calloc(1, sizeof *f);
    if (!f)
        return SAM_ENOMEM;
    f->v = v;
    err = verify(v, f, anchored ? &anchor : NULL);
    free(f);
    return err;
}

/* ---- rebuild */

static int rebuild(struct verb_context *v, struct found *f)
{
    const struct intake_found told = {.wrong = wrong, .progress = progress, .ctx = f};
    struct intake_rebuilt out = {0};
    char text[96];
    int err = intake_rebuild(v->in, &told, &out);
    report_live_end(v->progress != NULL);
    if (err == SAM_ECORRUPT)
        return verb_refuse(v, SAM_TEXT_CHECK_CORRUPT, verb_error_text(v->lang, err));
    if (err)
        return err;
    report_row_num(&v->report, "ops", SAM_TEXT_CHECK_OPS, (int64_t)out.ops);
    report_row_num(&v->report, "tables", SAM_TEXT_CHECK_TABLES, out.tables);
    report_num(&v->report, "rows", (int64_t)out.rows);
    report_num(&v->report, "changed", out.changed);
    report_tell(&v->report, out.changed ? SAM_TEXT_REBUILD_CHANGED : SAM_TEXT_REBUILD_SAME);
    found_say(v, f);
    snprintf(text, sizeof text, "ops=%" PRIu64 " tables=%u changed=%u", out.ops, out.tables, out.changed);
    return intake_audit(v->in, AUDIT_REBUILD, "centre", text);
}

int verb_rebuild(struct verb_context *v)
{
    struct found *f = calloc(1, sizeof *f);
    if (!f)
        return SAM_ENOMEM;
    f->v = v;
    int err = rebuild(v, f);
    free(f);
    return err;
}

/* ---- the audit log */

static void what_text(struct verb_context *v, const struct store_audit *a, char out[VALUE_BYTES_MAX])
{
    static const enum sam_text_id known[] = {
        [AUDIT_VERB] = SAM_TEXT_AUDIT_WHAT_VERB,     [AUDIT_DEVICE] = SAM_TEXT_AUDIT_WHAT_DEVICE,
        [AUDIT_LOST] = SAM_TEXT_AUDIT_WHAT_LOST,     [AUDIT_REBUILD] = SAM_TEXT_AUDIT_WHAT_REBUILD,
        [AUDIT_FOUND] = SAM_TEXT_AUDIT_WHAT_FOUND,   [AUDIT_ACCESS] = SAM_TEXT_AUDIT_WHAT_VERB,
        [AUDIT_ERASED] = SAM_TEXT_AUDIT_WHAT_ERASED, [AUDIT_ACCOUNT] = SAM_TEXT_AUDIT_WHAT_ACCOUNT};
    const char *text = a->text ? a->text : sam_text(v->lang, SAM_TEXT_AUDIT_ERASED);
    if (a->kind == AUDIT_START)
        snprintf(out, VALUE_BYTES_MAX, "%s", sam_text(v->lang, SAM_TEXT_AUDIT_WHAT_START));
    else if (a->kind == AUDIT_OPS && a->first_csn == a->last_csn)
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_AUDIT_WHAT_OP, (unsigned long long)a->first_csn);
    else if (a->kind == AUDIT_OPS)
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_AUDIT_WHAT_OPS, (unsigned long long)a->first_csn,
                  (unsigned long long)a->last_csn);
    else if (a->kind < sizeof known / sizeof *known && known[a->kind])
        value_say(out, VALUE_BYTES_MAX, v->lang, known[a->kind], text);
    else
        value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_AUDIT_WHAT_OTHER, text);
}

/* Who sent the batches of a line about ops. */
static void senders_text(struct verb_context *v, uint64_t first_csn, uint64_t last_csn, char out[VALUE_BYTES_MAX])
{
    struct store_push p = {0};
    uint64_t seen[SENDERS_SHOWN], after = first_csn - 1;
    unsigned count = 0;
    out[0] = 0;
    while (after < last_csn && store_push_next(v->st, after, &p) == 0 && p.first_csn <= last_csn) {
        char one[64];
        unsigned i = 0;
        after = p.first_csn;
        while (i < count && seen[i] != p.device_no)
            i++;
        if (i < count)
            continue;
        if (count == SENDERS_SHOWN) {
            value_join(out, VALUE_BYTES_MAX, ", ", "\xe2\x80\xa6");
            return;
        }
        seen[count++] = p.device_no;
        if (p.device_no == SAM_DEVICE_NO_CONSOLE)
            snprintf(one, sizeof one, "%s", sam_text(v->lang, SAM_TEXT_VALUE_BY_CENTRE));
        else
            value_say(one, sizeof one, v->lang, SAM_TEXT_VALUE_BY_TABLET, (unsigned long long)p.device_no);
        value_join(out, VALUE_BYTES_MAX, ", ", one);
    }
}

static void line_people(struct verb_context *v, const struct store_audit *a)
{
    struct report *r = &v->report;
    char when[VALUE_TIME_BYTES], what[VALUE_BYTES_MAX], who[VALUE_BYTES_MAX];
    snprintf(who, sizeof who, "%s", a->actor);
    if (a->kind == AUDIT_OPS)
        senders_text(v, a->first_csn, a->last_csn, who);
    value_time(v, a->at_s, when);
    what_text(v, a, what);
    report_cell_num(r, (int64_t)a->no);
    report_cell_text(r, when, strlen(when));
    report_cell_text(r, who, strlen(who));
    report_cell_text(r, what, strlen(what));
}

static void line_json(struct verb_context *v, const struct store_audit *a)
{
    static const char *const kinds[] = {"?",    "start",   "ops",   "verb",   "device",
                                        "lost", "rebuild", "found", "access", "erased"};
    const char *kind = a->kind < sizeof kinds / sizeof *kinds ? kinds[a->kind] : "?";
    struct report *r = &v->report;
    report_cell_num(r, (int64_t)a->no);
    report_cell_num(r, a->at_s);
    report_cell_text(r, kind, strlen(kind));
    report_cell_text(r, a->actor, strlen(a->actor));
    report_cell_text(r, a->text ? a->text : "", a->text ? strlen(a->text) : 0);
    report_cell_num(r, (int64_t)a->first_csn);
    report_cell_num(r, (int64_t)a->last_csn);
}

int verb_audit_list(struct verb_context *v)
{
    static const struct report_column people[] = {{"no", SAM_TEXT_COL_SEQ},
                                                  {"when", SAM_TEXT_COL_WHEN},
                                                  {"who", SAM_TEXT_COL_ACTOR},
                                                  {"what", SAM_TEXT_COL_VERDICT}};
    static const struct report_column json[] = {{"no", SAM_TEXT_COL_SEQ},          {"at_s", SAM_TEXT_COL_WHEN},
                                                {"kind", SAM_TEXT_COL_VERDICT},    {"actor", SAM_TEXT_COL_ACTOR},
                                                {"text", SAM_TEXT_COL_VERDICT},    {"first_csn", SAM_TEXT_COL_VERDICT},
                                                {"last_csn", SAM_TEXT_COL_VERDICT}};
    struct store_audit a;
    uint64_t last = LINES_LAST, after = 0, count, head;
    if (args_uint(&v->args, "last", 1, LINES_MAX, &last) || args_uint(&v->args, "after", 0, INT64_MAX, &after) ||
        (args_has(&v->args, "last") && args_has(&v->args, "after")))
        return verb_usage(v);
    int err = intake_audit_head(v->in, &count, &head);
    if (err)
        return err;
    if (args_has(&v->args, "after"))
        last = LINES_MAX;
    else
        after = count > last ? count - last : 0;
    if (v->report.json)
        report_table(&v->report, json, sizeof json / sizeof *json);
    else
        report_table(&v->report, people, sizeof people / sizeof *people);
    for (uint64_t i = 0; i < last && (err = store_audit_next(v->st, after, &a)) == 0; i++) {
        after = a.no;
        if (v->report.json)
            line_json(v, &a);
        else
            line_people(v, &a);
    }
    if (err && err != SAM_ENOTFOUND)
        return err;
    report_table_end(&v->report);
    return VERB_OK;
}
