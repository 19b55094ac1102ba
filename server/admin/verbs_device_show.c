/* Everything of one tablet: what it is and was, where its copies are, and what became of what it sent. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/author.h"
#include "server/admin/verbs_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES_BETWEEN_MAX = 256 };

static void age_ago(struct verb_context *v, int64_t at_s, char out[VALUE_BYTES_MAX])
{
    char when[VALUE_TIME_BYTES], age[VALUE_TIME_BYTES];
    value_time(v, at_s, when);
    value_age(v->lang, intake_now_s(v->in) - at_s, age);
    value_say(out, VALUE_BYTES_MAX, v->lang, SAM_TEXT_DEVICE_AGO, when, age);
    if (at_s <= 0)
        snprintf(out, VALUE_BYTES_MAX, "-");
}

/* ---- what it is */

static void head_say(struct verb_context *v, const struct store_device *d)
{
    struct report *r = &v->report;
    char clinic[SAM_NAME_BYTES_MAX + 1], name[VALUE_BYTES_MAX], head[VALUE_BYTES_MAX];
    device_clinic(v, d, clinic);
    value_device(v, d->device_no, name);
    report_num(r, "device_no", (int64_t)d->device_no);
    report_text(r, "label", d->label);
    report_text(r, "clinic", clinic);
    report_text(r, "state", word_of(words_device_state, d->state));
    value_upper(head, sizeof head, name);
    report_say(r, "%s: %s\n", head, device_state_text(v, d->state));
}

static void contact_say(struct verb_context *v, const struct store_device *d)
{
    struct report *r = &v->report;
    char text[VALUE_BYTES_MAX], age[VALUE_TIME_BYTES], print[DEVICE_PRINT_BYTES];
    device_print(d, print);
    report_num(r, "joined_s", d->joined_s);
    report_num(r, "last_contact_s", d->last_seen_s);
    report_num(r, "waiting", (int64_t)d->waiting);
    report_num(r, "oldest_age_s", (int64_t)d->oldest_age_s);
    age_ago(v, d->joined_s, text);
    report_row_text(r, NULL, SAM_TEXT_DEVICE_JOINED, text);
    age_ago(v, d->last_seen_s, text);
    report_row_text(r, NULL, SAM_TEXT_DEVICE_CONTACT, text);
    snprintf(text, sizeof text, "%llu", (unsigned long long)d->waiting);
    value_age(v->lang, (int64_t)d->oldest_age_s, age);
    if (d->waiting)
        value_say(text, sizeof text, v->lang, SAM_TEXT_DEVICE_WAITED, (unsigned long long)d->waiting, age);
    report_row_text(r, NULL, SAM_TEXT_DEVICE_WAITING, text);
    report_row_num(r, "skew_s", SAM_TEXT_DEVICE_SKEW, d->skew_s);
    snprintf(text, sizeof text, "%llu (%u)", (unsigned long long)d->schema, SAM_SCHEMA_VERSION);
    report_num(r, "schema", (int64_t)d->schema);
    report_num(r, "schema_centre", SAM_SCHEMA_VERSION);
    report_row_text(r, NULL, SAM_TEXT_DEVICE_SCHEMA, text);
    report_row_text(r, "app", SAM_TEXT_DEVICE_APP, d->app);
    report_row_text(r, "model", SAM_TEXT_DEVICE_MODEL, d->model);
    report_row_text(r, "key", SAM_TEXT_DEVICE_KEY, print);
    if (d->state == SAM_DEVICE_PENDING) {
        snprintf(text, sizeof text, "%06u", d->digits);
        report_row_text(r, "digits", SAM_TEXT_DEVICE_DIGITS, text);
    }
}

static int sum_say(struct verb_context *v, const struct store_device *d)
{
    static const struct {
        const char *name;
        enum sam_text_id shown;
    } part[SAM_VERDICT_LOST] = {{"applied", SAM_TEXT_DEVICE_APPLIED}, {"merged", SAM_TEXT_DEVICE_MERGED},
                                {"same", SAM_TEXT_DEVICE_SAME},       {"superseded", SAM_TEXT_DEVICE_SUPERSEDED},
                                {"case", SAM_TEXT_DEVICE_CASE},       {"quarantined", SAM_TEXT_DEVICE_QUARANTINED},
                                {"held", SAM_TEXT_DEVICE_HELD}};
    struct report *r = &v->report;
    struct device_sum sum;
    int err = device_sum(v, d, &sum);
    if (err)
        return err;
    report_say(r, "\n");
    report_row_num(r, "sent", SAM_TEXT_DEVICE_SENT, (int64_t)sum.sent);
    for (unsigned i = SAM_VERDICT_APPLIED; i < SAM_VERDICT_LOST; i++)
        report_row_num(r, part[i].name, part[i].shown, (int64_t)sum.count[i]);
    report_row_num(r, "lost", SAM_TEXT_DEVICE_LOST, (int64_t)sum.lost);
    report_row_num(r, "safe", SAM_TEXT_DEVICE_SAFE, (int64_t)d->safe_seq);
    return 0;
}

/* ---- its copies, and what it is a copy of */

static void kin_say(struct verb_context *v, const struct store_device *d)
{
    struct report *r = &v->report;
    char print[DEVICE_PRINT_BYTES], seen[VALUE_BYTES_MAX];
    device_print(d, print);
    report_cell_num(r, (int64_t)d->device_no);
    report_cell_str(r, d->label);
    report_cell_num(r, (int64_t)d->parent);
    report_cell_num(r, (int64_t)d->fork_seq);
    report_cell_str(r, word_of(words_device_state, d->state));
    report_cell_num(r, d->last_seen_s);
    report_cell_str(r, print);
    age_ago(v, d->last_seen_s, seen);
    report_say(r, "  ");
    if (d->parent)
        report_tell(r, SAM_TEXT_DEVICE_KIN_COPY, (unsigned long long)d->device_no, device_state_text(v, d->state),
                    (unsigned long long)d->parent, (unsigned long long)d->fork_seq, seen, print);
    else
        report_tell(r, SAM_TEXT_DEVICE_KIN_FIRST, (unsigned long long)d->device_no, device_state_text(v, d->state),
                    seen, print);
}

static int family_say(struct verb_context *v, const struct store_device *d)
{
    static const struct report_column columns[] = {
        {"device_no", SAM_TEXT_COL_SEQ}, {"label", SAM_TEXT_COL_LABEL}, {"parent", SAM_TEXT_COL_SEQ},
        {"fork_seq", SAM_TEXT_COL_SEQ},  {"state", SAM_TEXT_COL_STATE}, {"last_contact_s", SAM_TEXT_COL_HEARD},
        {"key", SAM_TEXT_COL_STATE}};
    struct report *r = &v->report;
    uint64_t no = 0;
    bool alone = !d->parent && !d->forked;
    int err;
    report_num(r, "parent", (int64_t)d->parent);
    report_num(r, "fork_seq", (int64_t)d->fork_seq);
    if (!alone)
        report_say(r, "\n%s\n", sam_text(v->lang, SAM_TEXT_DEVICE_KIN));
    report_list(r, "kin", columns, sizeof columns / sizeof *columns);
    while (!alone && (err = store_device_kin(v->st, d->device_no, no, &no)) == 0) {
        struct store_device one;
        err = no == d->device_no ? 0 : store_device_get(v->st, no, &one);
        if (err)
            return err;
        if (no != d->device_no)
            kin_say(v, &one);
        sam_wipe(&one, sizeof one);
    }
    report_table_end(r);
    return alone || err == SAM_ENOTFOUND ? 0 : err;
}

/* ---- its history, out of the audit log */

/* The person behind a line that the centre wrote: a verb's line stands behind those of the tablets that it concerned, in the same
 * transaction. "": nobody asked for it. */
static void person_find(struct verb_context *v, const struct store_audit *a, char who[VALUE_BYTES_MAX])
{
    struct store_audit next;
    uint64_t no = a->no;
    who[0] = 0;
    for (unsigned i = 0; i < LINES_BETWEEN_MAX; i++) {
        if (store_audit_next(v->st, no, &next) || next.at_s != a->at_s ||
            (next.kind != AUDIT_DEVICE && next.kind != AUDIT_VERB))
            return;
        no = next.no;
        if (next.kind == AUDIT_VERB && next.text && strncmp(next.text, "device ", 7) == 0)
            snprintf(who, VALUE_BYTES_MAX, "%s", next.actor);
        if (next.kind == AUDIT_VERB)
            return;
    }
}

/* A tablet joins by itself; a journal was replayed; else the centre wrote it, and perhaps somebody had it do so. */
static void line_say(struct verb_context *v, const struct store_audit *a, uint32_t *was)
{
    enum { BY_CENTRE, BY_DEVICE, BY_JOURNAL };
    static const char *const words[] = {"centre", "device", "journal"};
    static const enum sam_text_id texts[] = {SAM_TEXT_VALUE_BY_CENTRE, SAM_TEXT_DEVICE_BY_ITSELF,
                                             SAM_TEXT_DEVICE_BY_JOURNAL};
    char who[VALUE_BYTES_MAX] = "", when[VALUE_TIME_BYTES];
    const char *at = strstr(a->text, " state=");
    uint32_t state = at ? (uint32_t)strtoul(at + 7, NULL, 10) : 0;
    bool by_itself = state == SAM_DEVICE_PENDING || state == SAM_DEVICE_WIPED;
    int by = strcmp(a->actor, "journal") == 0 ? BY_JOURNAL : by_itself ? BY_DEVICE : BY_CENTRE;
    if (state == *was)
        return;
    *was = state;
    if (by == BY_CENTRE)
        person_find(v, a, who);
    value_time(v, a->at_s, when);
    report_cell_num(&v->report, (int64_t)a->no);
    report_cell_num(&v->report, a->at_s);
    report_cell_str(&v->report, word_of(words_device_state, state));
    report_cell_str(&v->report, words[by]);
    report_cell_str(&v->report, who);
    report_say(&v->report, "  %s  %s: %s\n", when, device_state_text(v, state),
               who[0] ? who : sam_text(v->lang, texts[by]));
}

static int history_say(struct verb_context *v, const struct store_device *d)
{
    static const struct report_column columns[] = {{"line", SAM_TEXT_COL_SEQ},
                                                   {"at_s", SAM_TEXT_COL_WHEN},
                                                   {"state", SAM_TEXT_COL_STATE},
                                                   {"by", SAM_TEXT_COL_ACTOR},
                                                   {"who", SAM_TEXT_COL_ACTOR}};
    struct store_audit a = {0};
    uint32_t was = 0;
    int err;
    report_say(&v->report, "\n%s\n", sam_text(v->lang, SAM_TEXT_DEVICE_HISTORY));
    report_list(&v->report, "history", columns, sizeof columns / sizeof *columns);
    for (uint64_t no = 0; (err = store_audit_device(v->st, d->device_no, no, &a)) == 0;) {
        no = a.no;
        line_say(v, &a, &was);
    }
    report_table_end(&v->report);
    return err == SAM_ENOTFOUND ? 0 : err;
}

int verb_device_show(struct verb_context *v)
{
    struct store_device d;
    int err = device_read(v, &d);
    if (err)
        return err;
    head_say(v, &d);
    contact_say(v, &d);
    err = sum_say(v, &d);
    if (!err)
        err = family_say(v, &d);
    return err ? err : history_say(v, &d);
}
