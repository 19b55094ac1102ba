/* Tablets: inviting, approving, taking away. */
#include "proto/base/err.h"
#include "proto/wire/crypto.h"
#include "server/admin/author.h"
#include "server/admin/invite.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PORT_DEFAULT 7311u

static int invite_say(struct verb_context *v, const struct intake_invite *inv, const char *clinic)
{
    char text[INVITE_TEXT_BYTES_MAX], host[HOME_HOST_BYTES_MAX];
    uint8_t pin[32];
    const char *named = args_get(&v->args, "host");
    uint64_t port = home_port(v->home);
    if (args_uint(&v->args, "port", 1, UINT16_MAX, &port))
        return verb_usage(v);
    int err = home_host(v->home, host);
    if (!err)
        err = home_pin(v->home, pin);
    if (!err)
        err = invite_text(text, named ? named : host, (uint16_t)(port ? port : PORT_DEFAULT), pin, inv, clinic);
    if (err)
        return verb_refuse(v, "no invite: %s", sam_err_text(err));
    report_text(&v->report, "invite", text);
    report_num(&v->report, "expires_s", inv->expires_s);
    report_say(&v->report, "%s\n", text);
    return args_has(&v->args, "qr") ? invite_qr(&v->report, text) : VERB_OK;
}

int verb_device_invite(struct verb_context *v)
{
    struct intake_invite inv;
    uint64_t org;
    char clinic[SAM_NAME_BYTES_MAX + 1];
    const char *label = args_get(&v->args, "label");
    int err = author_clinic(v, v->args.pos[0], &org);
    if (err)
        return err;
    if (label && strlen(label) > SAM_NAME_BYTES_MAX)
        return verb_refuse(v, "--label: at most %u bytes", SAM_NAME_BYTES_MAX);
    author_name(v, SAM_ORG_UNIT, org, SAM_ORG_UNIT_name, clinic, sizeof clinic);
    memset(&inv, 0, sizeof inv);
    err = intake_invite(v->in, org, label ? label : "", &inv);
    if (!err)
        err = invite_say(v, &inv, clinic);
    sam_wipe(&inv, sizeof inv);
    return err;
}

/* ---- states */

static int device_read(struct verb_context *v, struct store_device *d)
{
    uint64_t no;
    memset(d, 0, sizeof *d);
    if (args_number(v->args.pos[0], 2, SAM_DEVICE_NO_MAX, &no))
        return verb_refuse(v, "\"%.40s\" is not the number of a device", v->args.pos[0]);
    int err = store_device_get(v->st, no, d);
    if (err == SAM_ENOTFOUND)
        return verb_refuse(v, "no device has the number %llu", (unsigned long long)no);
    sam_wipe(d->key, sizeof d->key);
    return err;
}

static int device_set(struct verb_context *v, uint64_t no, enum sam_device_state state)
{
    int err = intake_device_state(v->in, no, state);
    if (err == SAM_ESTATE || err == SAM_EDENIED)
        return verb_refuse(v, "device %llu cannot become %s from what it is", (unsigned long long)no,
                           word_of(words_device_state, state));
    if (err)
        return err;
    report_num(&v->report, "device_no", (int64_t)no);
    report_text(&v->report, "state", word_of(words_device_state, state));
    report_say(&v->report, "device %llu: %s\n", (unsigned long long)no, word_of(words_device_state, state));
    return VERB_OK;
}

static int digits_check(struct verb_context *v, const struct store_device *d)
{
    uint64_t digits;
    if (args_has(&v->args, "yes"))
        return VERB_OK;
    if (v->args.pos_count < 2)
        return verb_refuse(v, "device %llu must show %06u; if it does: samlingd device approve %llu %06u",
                           (unsigned long long)d->device_no, d->digits, (unsigned long long)d->device_no, d->digits);
    if (strlen(v->args.pos[1]) != 6 || args_number(v->args.pos[1], 0, 999999, &digits))
        return verb_refuse(v, "six digits are needed");
    if (digits != d->digits)
        return verb_refuse(v,
                           "these are not the digits of device %llu: it is another tablet that has joined; revoke it",
                           (unsigned long long)d->device_no);
    return VERB_OK;
}

int verb_device_approve(struct verb_context *v)
{
    struct store_device d;
    int err = device_read(v, &d);
    if (err)
        return err;
    if (d.state == SAM_DEVICE_ACTIVE)
        return verb_refuse(v, "device %llu is active already", (unsigned long long)d.device_no);
    if (d.state == SAM_DEVICE_PENDING)
        err = digits_check(v, &d);
    else if (d.state != SAM_DEVICE_DRAINING)
        err = verb_refuse(v, "device %llu is %s; invite the tablet anew", (unsigned long long)d.device_no,
                          word_of(words_device_state, d.state));
    return err ? err : device_set(v, d.device_no, SAM_DEVICE_ACTIVE);
}

int verb_device_revoke(struct verb_context *v)
{
    struct store_device d;
    int err = device_read(v, &d);
    return err ? err : device_set(v, d.device_no, SAM_DEVICE_REVOKED);
}

int verb_device_drain(struct verb_context *v)
{
    struct store_device d;
    int err = device_read(v, &d);
    return err ? err : device_set(v, d.device_no, SAM_DEVICE_DRAINING);
}

int verb_device_confirm(struct verb_context *v)
{
    if (!intake_drain_only(v->in))
        return verb_refuse(v, "nothing waits for a confirmation");
    int err = intake_confirm_devices(v->in);
    if (err)
        return err;
    report_text(&v->report, "devices", "confirmed");
    report_say(&v->report, "the list of devices is confirmed; tablets are served again\n");
    return VERB_OK;
}

/* ---- the list */

static void cell_time(struct report *r, int64_t at_s)
{
    char text[32] = "-";
    struct tm tm;
    time_t t = (time_t)at_s;
    if (at_s > 0 && gmtime_r(&t, &tm))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm);
    report_cell_text(r, text, strlen(text));
}

/* What the tablet shows too, while it is to be compared. */
static void cell_digits(struct report *r, const struct store_device *d)
{
    char text[16] = "";
    if (d->state == SAM_DEVICE_PENDING)
        snprintf(text, sizeof text, "%06u", d->digits);
    report_cell_text(r, text, strlen(text));
}

/* sent = applied + merged + same + superseded + case + quarantined + held + lost */
static int cells_sum(struct verb_context *v, const struct store_device *d)
{
    uint64_t count[SAM_VERDICT_COUNT] = {0}, lost = 0, others = 0;
    int err = store_verdict_counts(v->st, d->device_no, count, &lost);
    for (unsigned i = SAM_VERDICT_APPLIED + 1; i < SAM_VERDICT_LOST; i++)
        others += count[i];
    report_cell_num(&v->report, (int64_t)d->acked_seq);
    report_cell_num(&v->report, (int64_t)(d->acked_seq - others - lost));
    for (unsigned i = SAM_VERDICT_APPLIED + 1; i < SAM_VERDICT_LOST; i++)
        report_cell_num(&v->report, (int64_t)count[i]);
    report_cell_num(&v->report, (int64_t)lost);
    report_cell_num(&v->report, (int64_t)d->safe_seq);
    return err;
}

static int device_row(struct verb_context *v, const struct store_device *d)
{
    struct report *r = &v->report;
    char clinic[SAM_NAME_BYTES_MAX + 1];
    const char *state = word_of(words_device_state, d->state);
    author_name(v, SAM_ORG_UNIT, d->org, SAM_ORG_UNIT_name, clinic, sizeof clinic);
    report_cell_num(r, (int64_t)d->device_no);
    report_cell_text(r, d->label, strlen(d->label));
    report_cell_text(r, clinic, strlen(clinic));
    report_cell_text(r, state, strlen(state));
    cell_digits(r, d);
    cell_time(r, d->last_seen_s);
    report_cell_num(r, (int64_t)d->waiting);
    report_cell_num(r, d->skew_s);
    return cells_sum(v, d);
}

int verb_device_list(struct verb_context *v)
{
    static const char *const columns[] = {"device_no",  "label",  "clinic",      "state",   "digits", "last_seen",
                                          "waiting",    "skew_s", "sent",        "applied", "merged", "same",
                                          "superseded", "case",   "quarantined", "held",    "lost",   "safe"};
    static const char *const shown[] = {"no",         "label",  "clinic",      "state",   "digits", "last contact",
                                        "waiting",    "skew s", "sent",        "applied", "merged", "same",
                                        "superseded", "case",   "quarantined", "held",    "lost",   "safe"};
    struct store_device d;
    uint64_t no = SAM_DEVICE_NO_CONSOLE;
    int err;
    report_table(&v->report, columns, shown, sizeof columns / sizeof *columns);
    while ((err = store_device_each(v->st, no, &d)) == 0) {
        no = d.device_no;
        sam_wipe(d.key, sizeof d.key);
        err = device_row(v, &d);
        if (err)
            return err;
    }
    if (err != SAM_ENOTFOUND)
        return err;
    report_table_end(&v->report);
    return VERB_OK;
}
