/* sync and status: is everything safe at the centre? */
#include "dates.h"
#include "verb.h"
#include "word.h"

#include <string.h>
#include <unistd.h>

#define DEADLINE_S 30
#define SECONDS_MAX (24 * 3600)
#define ANCHOR_BYTES 48
#define SLICE_MS \
    4000 /* a first fill that is watched is fetched in such slices, so that progress can be told between them */

/* ---- how things stand */

/* the digits, as long as somebody may compare them; "": nobody does */
static const char *open_digits(struct cli *c, const struct samling_status *st, char digits[7])
{
    digits[0] = '\0';
    if ((st->state == SAMLING_INVITED || st->state == SAMLING_PENDING) && samling_join_digits(c->s, digits) != 0)
        digits[0] = '\0';
    return digits;
}

/* the centre's audit log as it was told last, for samlingd verify --anchor; "": not told yet */
static const char *anchor_text(const struct samling_status *st, char out[ANCHOR_BYTES])
{
    out[0] = '\0';
    if (st->audit_count)
        snprintf(out, ANCHOR_BYTES, "%llu:%016llx", (unsigned long long)st->audit_count,
                 (unsigned long long)st->audit_head);
    return out;
}

static void state_json(struct cli *c, const struct samling_status *st)
{
    struct sam_json *j = &c->doc;
    char digits[7], anchor[ANCHOR_BYTES];
    sam_json_text(j, "state", cli_word_device((int)st->state));
    sam_json_id(j, "device_no", st->device_no);
    sam_json_text(j, "digits", *open_digits(c, st, digits) ? digits : NULL);
    sam_json_text(j, "clinic", *st->clinic ? st->clinic : NULL);
    sam_json_int(j, "saved", (int64_t)st->saved);
    sam_json_int(j, "waiting", (int64_t)st->waiting);
    sam_json_int(j, "waiting_access", (int64_t)st->waiting_access);
    sam_json_int(j, "attention", (int64_t)st->attention);
    sam_json_int(j, "oldest_waiting_s", st->oldest_waiting_s);
    sam_json_int_or_null(j, "last_contact_s", st->last_contact_s > 0 ? st->last_contact_s : -1);
    sam_json_int_or_null(j, "last_centre_s", st->last_centre_s > 0 ? st->last_centre_s : -1);
    sam_json_int(j, "clock_skew_s", st->clock_skew_s);
    sam_json_bool(j, "clock_suspect", st->clock_suspect != 0);
    sam_json_int_or_null(j, "retry_in_s", st->retry_in_s);
    sam_json_int(j, "scopes", st->scopes);
    sam_json_int(j, "scopes_filled", st->scopes_filled);
    sam_json_int(j, "fill_rows", (int64_t)st->fill_rows);
    sam_json_int(j, "fill_rows_total", (int64_t)st->fill_rows_total);
    sam_json_text(j, "audit_anchor", *anchor_text(st, anchor) ? anchor : NULL);
    sam_json_bool(j, "audit_broken", st->audit_broken != 0);
}

static bool is_filled(const struct samling_status *st)
{
    return st->scopes_filled >= st->scopes;
}

static void say_waiting(const struct cli *c, const struct samling_status *st)
{
    if (st->waiting > 0)
        cli_say(c, SAM_TEXT_CLI_WAITING, (unsigned long long)st->waiting);
    if (st->waiting > 0 && st->retry_in_s > 0)
        cli_say(c, SAM_TEXT_CLI_RETRY_IN, (unsigned long long)st->retry_in_s);
}

static void say_attention(const struct cli *c, const struct samling_status *st)
{
    if (st->attention > 0)
        cli_say(c, st->attention == 1 ? SAM_TEXT_CLI_NEEDS_YOU_ONE : SAM_TEXT_CLI_NEEDS_YOU,
                (unsigned long long)st->attention);
}

int cli_verb_unready(struct cli *c, const struct samling_status *st)
{
    char digits[7];
    if (st->state == SAMLING_WIPED)
        return cli_fail(c, EXIT_REFUSED, "ESTATE", SAM_TEXT_CLI_WIPED);
    if (st->state == SAMLING_PENDING && *open_digits(c, st, digits))
        return cli_fail(c, EXIT_JOIN, "ESTATE", SAM_TEXT_CLI_PENDING, (unsigned long long)st->device_no, digits);
    return cli_fail(c, st->state < SAMLING_ACTIVE ? EXIT_JOIN : EXIT_REFUSED, "ESTATE", SAM_TEXT_CLI_STATE,
                    cli_of(c, SAM_TEXT_SET_DEVICE, (int)st->state));
}

bool cli_verb_invite_dead(int err, const struct samling_status *st)
{
    return err == SAMLING_EAUTH && st->state == SAMLING_NOT_JOINED;
}

int cli_verb_state(struct cli *c, const struct samling_status *st)
{
    char when[DATE_TEXT_BYTES] = "";
    state_json(c, st);
    say_waiting(c, st);
    if (st->state < SAMLING_ACTIVE || st->state == SAMLING_REVOKED || st->state == SAMLING_WIPED)
        return cli_verb_unready(c, st);
    if (!st->waiting && st->last_contact_s > 0)
        cli_say(c, SAM_TEXT_CLI_ALL_SAFE, cli_moment_text(st->last_contact_s, cli_now_s(), when));
    if (!is_filled(st))
        cli_say(c, SAM_TEXT_CLI_NOT_FILLED, (int)st->scopes_filled, (int)st->scopes);
    say_attention(c, st);
    if (st->audit_broken)
        cli_say(c, SAM_TEXT_CLI_AUDIT_BROKEN);
    if (st->waiting > 0 || !is_filled(st) || st->last_contact_s <= 0)
        return EXIT_WAITING;
    return st->attention > 0 || st->audit_broken ? EXIT_ATTENTION : EXIT_OK;
}

/* ---- sync */

static void add_report(struct samling_report *sum, const struct samling_report *part)
{
    sum->ops_sent += part->ops_sent;
    sum->ops_acked += part->ops_acked;
    sum->rows_received += part->rows_received;
    sum->bytes_up += part->bytes_up;
    sum->bytes_down += part->bytes_down;
}

static void report_json(struct sam_json *j, const struct samling_report *r)
{
    sam_json_object(j, "report");
    sam_json_int(j, "ops_sent", (int64_t)r->ops_sent);
    sam_json_int(j, "ops_acked", (int64_t)r->ops_acked);
    sam_json_int(j, "rows_received", (int64_t)r->rows_received);
    sam_json_int(j, "bytes_up", (int64_t)r->bytes_up);
    sam_json_int(j, "bytes_down", (int64_t)r->bytes_down);
    sam_json_end(j);
}

static void progress(const struct cli *c, const struct samling_status *st)
{
    if (st->fill_rows_total > 0)
        cli_note(c, SAM_TEXT_CLI_PROGRESS, (int)st->scopes_filled, (int)st->scopes, (unsigned long long)st->fill_rows,
                 (unsigned long long)st->fill_rows_total);
    else
        cli_note(c, SAM_TEXT_CLI_PROGRESS_SCOPES, (int)st->scopes_filled, (int)st->scopes);
}

struct plan {
    uint64_t deadline_s, stay_s, bytes;
    bool watched; /* somebody looks at stderr */
};

/* Slices go on only while they end at their own deadline with rows that came; every other end is the end. */
static int sync_watched(struct cli *c, const struct plan *plan, struct samling_report *sum)
{
    int64_t left_ms = (int64_t)plan->deadline_s * 1000;
    struct samling_status st;
    int err = SAMLING_ETIMEOUT;
    while (left_ms > 0) {
        struct samling_report part = {0};
        uint64_t used = sum->bytes_up + sum->bytes_down;
        int slice_ms = left_ms < SLICE_MS ? (int)left_ms : SLICE_MS;
        if (plan->bytes && used >= plan->bytes)
            break;
        err = samling_sync_once(c->s, slice_ms, plan->bytes ? plan->bytes - used : 0, &part);
        add_report(sum, &part);
        left_ms -= slice_ms;
        if (err != SAMLING_ETIMEOUT || !part.rows_received || samling_status(c->s, &st) != 0)
            break;
        progress(c, &st);
    }
    return err;
}

static int sync_run(struct cli *c, const struct plan *plan, struct samling_report *sum)
{
    struct samling_status st;
    if (plan->stay_s)
        return samling_sync_stay(c->s, (int)plan->stay_s * 1000, sum);
    if (plan->watched && samling_status(c->s, &st) == 0 && (!is_filled(&st) || !st.scopes))
        return sync_watched(c, plan, sum);
    return samling_sync_once(c->s, (int)plan->deadline_s * 1000, plan->bytes, sum);
}

static void say_report(struct cli *c, const struct samling_report *r)
{
    unsigned long long sent = r->ops_acked, rows = r->rows_received, bytes = r->bytes_up;
    bytes += r->bytes_down;
    cli_say(c, rows == 1 ? SAM_TEXT_CLI_REPORT_ONE : SAM_TEXT_CLI_REPORT, sent, rows, bytes);
}

static int read_plan(struct cli *c, struct plan *plan)
{
    *plan = (struct plan){DEADLINE_S, 0, 0, false};
    plan->watched = !c->is_json && !cli_args_has(&c->args, ARG_QUIET) && isatty(STDERR_FILENO);
    int r = cli_option_number(c, ARG_DEADLINE, 1, SECONDS_MAX, &plan->deadline_s);
    if (!r)
        r = cli_option_number(c, ARG_STAY, 1, SECONDS_MAX, &plan->stay_s);
    return r ? r : cli_option_number(c, ARG_BYTES, 1, INT64_MAX, &plan->bytes);
}

/* the explanation of the sync stays; what it means depends on the tablet */
static int sync_failed(struct cli *c, const struct samling_status *st, int code)
{
    state_json(c, st);
    say_waiting(c, st);
    say_attention(c, st);
    if (st->state < SAMLING_ACTIVE && code != EXIT_REFUSED)
        return EXIT_JOIN;
    return code == EXIT_BUSY ? EXIT_WAITING : code; /* the centre is busy, not the store */
}

int cli_verb_sync(struct cli *c)
{
    struct samling_report report = {0};
    struct samling_status st;
    struct plan plan;
    int r = read_plan(c, &plan);
    if (r)
        return r;
    int err = sync_run(c, &plan, &report);
    int failed = err ? cli_fail_sdk(c, err) : 0;
    int status_err = samling_status(c->s, &st);
    if (status_err)
        return cli_fail_sdk(c, status_err);
    if (cli_verb_invite_dead(err, &st))
        failed = cli_fail(c, EXIT_JOIN, "EAUTH", SAM_TEXT_CLI_INVITE_DEAD);
    report_json(&c->doc, &report);
    if (!plan.stay_s && !cli_args_has(&c->args, ARG_QUIET))
        say_report(c, &report);
    if (failed && err != SAMLING_ESTATE && st.state <= SAMLING_DRAINING)
        return sync_failed(c, &st, failed);
    c->error_name = NULL;
    return cli_verb_state(c, &st);
}

/* ---- status */

static void pair(struct table *t, const struct cli *c, enum sam_text_id what, const char *value)
{
    cli_table_cell(t, cli_text(c, what));
    cli_table_cell(t, value);
}

static void pair_number(struct table *t, const struct cli *c, enum sam_text_id what, uint64_t value)
{
    cli_table_cell(t, cli_text(c, what));
    cli_table_number(t, value);
}

static void status_table(struct cli *c, const struct samling_status *st)
{
    char when[DATE_TEXT_BYTES], filled[48], anchor[ANCHOR_BYTES];
    char digits[7];
    struct table t;
    cli_table_init(&t);
    cli_table_column(&t, cli_text(c, SAM_TEXT_STATUS_CLINIC), COLUMN_WHOLE);
    cli_table_column(&t, *st->clinic ? st->clinic : "\xE2\x80\x93", COLUMN_TEXT);
    pair(&t, c, SAM_TEXT_STATUS_TABLET, cli_of(c, SAM_TEXT_SET_DEVICE, (int)st->state));
    pair_number(&t, c, SAM_TEXT_STATUS_NUMBER, st->device_no);
    if (*open_digits(c, st, digits))
        pair(&t, c, SAM_TEXT_STATUS_DIGITS, digits);
    pair_number(&t, c, SAM_TEXT_STATUS_SAVED, st->saved);
    pair_number(&t, c, SAM_TEXT_STATUS_WAITING, st->waiting);
    if (st->waiting_access)
        pair_number(&t, c, SAM_TEXT_STATUS_WAITING_ACCESS, st->waiting_access);
    pair_number(&t, c, SAM_TEXT_STATUS_ATTENTION, st->attention);
    if (st->last_contact_s > 0)
        pair(&t, c, SAM_TEXT_STATUS_CONTACT, cli_moment_text(st->last_contact_s, cli_now_s(), when));
    else
        pair(&t, c, SAM_TEXT_STATUS_CONTACT, cli_text(c, SAM_TEXT_STATUS_NEVER));
    snprintf(filled, sizeof filled, "%u / %u", st->scopes_filled, st->scopes);
    pair(&t, c, SAM_TEXT_STATUS_GROUPS, filled);
    if (*anchor_text(st, anchor))
        pair(&t, c, SAM_TEXT_STATUS_ANCHOR, anchor);
    pair(&t, c, SAM_TEXT_STATUS_CLOCK,
         cli_text(c, st->clock_suspect ? SAM_TEXT_STATUS_CLOCK_BAD : SAM_TEXT_STATUS_CLOCK_GOOD));
    cli_table(c, &t, stdout);
}

int cli_verb_status(struct cli *c)
{
    struct samling_status st;
    int err = samling_status(c->s, &st);
    if (err)
        return cli_fail_sdk(c, err);
    status_table(c, &st);
    return cli_verb_state(c, &st);
}
