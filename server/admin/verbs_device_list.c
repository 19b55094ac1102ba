/* Tablets: the list, and what the other verbs ask of one. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/author.h"
#include "server/admin/verbs_device.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { NAME_LETTERS = 18 };

int device_next(struct verb_context *v, struct store_device *d)
{
    uint64_t after = d->device_no > SAM_DEVICE_NO_CONSOLE ? d->device_no : SAM_DEVICE_NO_CONSOLE;
    int err = store_device_each(v->st, after, d);
    sam_wipe(d->key, sizeof d->key);
    return err;
}

int64_t device_contact_s(const struct store_device *d)
{
    return d->last_seen_s > d->joined_s ? d->last_seen_s : d->joined_s;
}

bool device_in_use(const struct store_device *d)
{
    return d->state == SAM_DEVICE_ACTIVE || d->state == SAM_DEVICE_DRAINING || d->state == SAM_DEVICE_PENDING;
}

void device_clinic(struct verb_context *v, const struct store_device *d, char out[SAM_NAME_BYTES_MAX + 1])
{
    author_name(v, SAM_ORG_UNIT, d->org, SAM_ORG_UNIT_name, out, SAM_NAME_BYTES_MAX + 1);
}

void device_print(const struct store_device *d, char out[DEVICE_PRINT_BYTES])
{
    const uint8_t *h = d->key_hash;
    snprintf(out, DEVICE_PRINT_BYTES, "%02x%02x %02x%02x %02x%02x %02x%02x", h[0], h[1], h[2], h[3], h[4], h[5], h[6],
             h[7]);
}

void device_moment(int64_t at_s, char out[VALUE_TIME_BYTES])
{
    struct tm tm;
    time_t t = (time_t)at_s;
    snprintf(out, VALUE_TIME_BYTES, "-");
    if (at_s > 0 && gmtime_r(&t, &tm))
        strftime(out, VALUE_TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

/* sent = applied + merged + same + superseded + case + quarantined + held + lost */
int device_sum(struct verb_context *v, const struct store_device *d, struct device_sum *out)
{
    uint64_t count[SAM_VERDICT_COUNT] = {0}, others = 0;
    *out = (struct device_sum){.sent = d->acked_seq};
    int err = store_verdict_counts(v->st, d->device_no, count, &out->lost);
    for (unsigned i = SAM_VERDICT_APPLIED + 1; i < SAM_VERDICT_LOST; i++)
        others += out->count[i] = count[i];
    out->count[SAM_VERDICT_APPLIED] = d->acked_seq - others - out->lost;
    return err;
}

/* ---- the list: for people what fits their screen, the rest under device show */

/* While it is to be compared, the digits that the tablet shows too. */
static void state_say(struct verb_context *v, const struct store_device *d, char *out, size_t size)
{
    char digits[16];
    snprintf(digits, sizeof digits, "%06u", d->digits);
    if (d->state == SAM_DEVICE_PENDING)
        value_say(out, size, v->lang, SAM_TEXT_DEVICE_PENDING_AS, digits);
    else
        snprintf(out, size, "%s", device_state_text(v, d->state));
}

static void row_people(struct verb_context *v, const struct store_device *d)
{
    struct report *r = &v->report;
    char clinic[SAM_NAME_BYTES_MAX + 1], text[VALUE_BYTES_MAX], age[VALUE_TIME_BYTES] = "-";
    if (d->last_seen_s > 0)
        value_age_brief(v->lang, intake_now_s(v->in) - d->last_seen_s, age);
    report_cell_num(r, (int64_t)d->device_no);
    value_cut(text, sizeof text, d->label, NAME_LETTERS);
    report_cell_str(r, text);
    device_clinic(v, d, clinic);
    value_cut(text, sizeof text, clinic, NAME_LETTERS);
    report_cell_str(r, text);
    state_say(v, d, text, sizeof text);
    report_cell_str(r, text);
    report_cell_str(r, age);
    report_cell_num(r, (int64_t)d->waiting);
}

static int row_json(struct verb_context *v, const struct store_device *d)
{
    struct report *r = &v->report;
    struct device_sum sum;
    char clinic[SAM_NAME_BYTES_MAX + 1], digits[16] = "", seen[VALUE_TIME_BYTES];
    int err = device_sum(v, d, &sum);
    device_clinic(v, d, clinic);
    device_moment(d->last_seen_s, seen);
    if (d->state == SAM_DEVICE_PENDING)
        snprintf(digits, sizeof digits, "%06u", d->digits);
    report_cell_num(r, (int64_t)d->device_no);
    report_cell_str(r, d->label);
    report_cell_str(r, clinic);
    report_cell_str(r, word_of(words_device_state, d->state));
    report_cell_str(r, digits);
    report_cell_str(r, seen);
    report_cell_num(r, (int64_t)d->waiting);
    report_cell_num(r, d->skew_s);
    report_cell_num(r, (int64_t)sum.sent);
    for (unsigned i = SAM_VERDICT_APPLIED; i < SAM_VERDICT_LOST; i++)
        report_cell_num(r, (int64_t)sum.count[i]);
    report_cell_num(r, (int64_t)sum.lost);
    report_cell_num(r, (int64_t)d->safe_seq);
    report_cell_str(r, d->app);
    report_cell_str(r, d->model);
    return err;
}

int verb_device_list(struct verb_context *v)
{
    static const struct report_column people[] = {{"device_no", SAM_TEXT_COL_SEQ},   {"label", SAM_TEXT_COL_LABEL},
                                                  {"clinic", SAM_TEXT_COL_CLINIC},   {"state", SAM_TEXT_COL_STATE},
                                                  {"last_seen", SAM_TEXT_COL_HEARD}, {"waiting", SAM_TEXT_COL_WAITING}};
    static const struct report_column json[] = {{"device_no", SAM_TEXT_COL_SEQ},
                                                {"label", SAM_TEXT_COL_LABEL},
                                                {"clinic", SAM_TEXT_COL_CLINIC},
                                                {"state", SAM_TEXT_COL_STATE},
                                                {"digits", SAM_TEXT_COL_STATE},
                                                {"last_seen", SAM_TEXT_COL_HEARD},
                                                {"waiting", SAM_TEXT_COL_WAITING},
                                                {"skew_s", SAM_TEXT_DEVICE_SKEW},
                                                {"sent", SAM_TEXT_DEVICE_SENT},
                                                {"applied", SAM_TEXT_DEVICE_APPLIED},
                                                {"merged", SAM_TEXT_DEVICE_MERGED},
                                                {"same", SAM_TEXT_DEVICE_SAME},
                                                {"superseded", SAM_TEXT_DEVICE_SUPERSEDED},
                                                {"case", SAM_TEXT_DEVICE_CASE},
                                                {"quarantined", SAM_TEXT_DEVICE_QUARANTINED},
                                                {"held", SAM_TEXT_DEVICE_HELD},
                                                {"lost", SAM_TEXT_DEVICE_LOST},
                                                {"safe", SAM_TEXT_DEVICE_SAFE},
                                                {"app", SAM_TEXT_DEVICE_APP},
                                                {"model", SAM_TEXT_DEVICE_MODEL}};
    struct store_device d = {0};
    int err;
    if (v->report.json)
        report_table(&v->report, json, sizeof json / sizeof *json);
    else
        report_table(&v->report, people, sizeof people / sizeof *people);
    while ((err = device_next(v, &d)) == 0) {
        if (!v->report.json)
            row_people(v, &d);
        else if ((err = row_json(v, &d)))
            return err;
    }
    if (err != SAM_ENOTFOUND)
        return err;
    report_table_end(&v->report);
    return VERB_OK;
}
