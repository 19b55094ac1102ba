#include "client-sdk/src/client.h"

#include "client-sdk/src/host.h"
#include "client-sdk/src/link.h"
#include "client-sdk/src/notice.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/retry.h"
#include "proto/base/assert.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRATCH_BYTES_MAX (512u * 1024u)
#define CLOCK_AHEAD_S (60 * 86400) /* an own clock so far beyond the centre's last word is not believed */
#define SYNC_TRIES_MAX 32u         /* connections of one sync: counter, ticket and number may each need one more */

/* ---- errors */

int sam_public(int err)
{
    switch (err) {
    case SAM_ETOOBIG: return SAMLING_ERANGE;
    case SAM_EFORK:
    case SAM_EDENIED: return SAMLING_ESTATE;
    case SAM_EAGAIN: return SAMLING_EBUSY;
    default: return err;
    }
}

int sam_fail(struct samling *s, int err, const char *text)
{
    if (err)
        snprintf(s->errmsg, sizeof s->errmsg, "%s", text && text[0] ? text : sam_err_text(err));
    return sam_public(err);
}

/* What could not be read again is as it was; nothing is written any more until the store is opened anew. */
static void load_again(struct samling *s)
{
    struct kept {
        struct sam_meta meta;
        struct sam_scopes_held held;
    } *kept = malloc(sizeof *kept);
    if (kept)
        *kept = (struct kept){s->meta, s->held};
    int err = sam_meta_load(s);
    if (!err)
        err = sam_held_load(s);
    if (err)
        s->store.broken = true;
    if (err && kept) {
        s->meta = kept->meta;
        s->held = kept->held;
    }
    free(kept);
}

void sam_undo(struct samling *s)
{
    sam_store_rollback(&s->store);
    bool asked[SAM_SCOPES_MAX] = {false};
    uint64_t id[SAM_SCOPES_MAX];
    unsigned count = s->held.count;
    for (unsigned i = 0; i < count; i++) {
        asked[i] = s->held.at[i].asked;
        id[i] = s->held.at[i].id;
    }
    load_again(s);
    for (unsigned i = 0; i < count; i++) {
        struct sam_held *h = asked[i] ? sam_held_find(s, id[i]) : NULL;
        if (h)
            h->asked = true;
    }
}

int sam_begin(struct samling *s)
{
    int err = sam_store_commit(&s->store);
    if (err && s->talk.sync)
        sam_talk_lose(s, err);
    return err ? err : sam_store_begin(&s->store);
}

int sam_done(struct samling *s, int err)
{
    if (!err)
        err = sam_store_commit(&s->store);
    if (err)
        sam_undo(s);
    return sam_fail(s, err, NULL);
}

const char *samling_errmsg(const samling *s)
{
    return s ? s->errmsg : "";
}

const char *samling_errname(int err)
{
    return sam_err_name(err);
}

/* ---- life */

static pthread_once_t crypto_once = PTHREAD_ONCE_INIT;
static int crypto_err;
static void crypto_start(void)
{
    crypto_err = sam_crypto_start();
}

/* A value sealed under the key: another key cannot open it. */
static int key_check(struct samling *s)
{
    static const uint8_t want[16] = "samling key test";
    uint8_t got[16];
    int err = sam_meta_secret(s, "check", got, sizeof got);
    if (err == SAM_ENOTFOUND)
        return sam_meta_secret_set(s, "check", want, sizeof want);
    if (err)
        return err == SAM_ECORRUPT ? SAM_EAUTH : err;
    return memcmp(got, want, sizeof got) ? SAM_EAUTH : 0;
}

/* After an upgrade the rows lack what the older version did not know. */
static int schema_check(struct samling *s)
{
    uint64_t had = sam_meta(s, schema);
    int err = 0;
    if (had == SAM_SCHEMA_VERSION)
        return 0;
    for (unsigned i = 0; had && !err && i < s->held.count; i++)
        err = sam_held_refill(s, &s->held.at[i]);
    return err ? err : sam_meta_put(s, schema, SAM_SCHEMA_VERSION);
}

static int load(struct samling *s)
{
    int err = sam_store_begin(&s->store);
    if (!err)
        err = key_check(s);
    if (!err)
        err = sam_meta_load(s);
    if (!err)
        err = sam_held_load(s);
    if (!err)
        err = schema_check(s);
    if (!err)
        err = sam_store_commit(&s->store);
    if (err)
        return err;
    s->boot = sam_host_boot();
    sam_retry_load(s);
    return 0;
}

int samling_open(const char *path, const uint8_t key[32], samling **out)
{
    if (!out)
        return SAMLING_EUSAGE;
    *out = NULL;
    if (!path || !key)
        return SAMLING_EUSAGE;
    pthread_once(&crypto_once, crypto_start);
    if (crypto_err)
        return sam_public(crypto_err);
    struct samling *s = calloc(1, sizeof *s);
    if (!s)
        return SAMLING_ENOMEM;
    s->now = sam_host_clock;
    s->push_ops_max = SAM_PUSH_OPS_MAX;
    snprintf(s->app, sizeof s->app, "libsamling %s", SAMLING_VERSION);
    sam_buf_init(&s->sealed, SCRATCH_BYTES_MAX);
    sam_buf_init(&s->plain, SCRATCH_BYTES_MAX);
    sam_buf_init(&s->work, SCRATCH_BYTES_MAX);
    int err = sam_vault_open(&s->vault, key);
    if (!err)
        err = sam_store_open(&s->store, path);
    if (!err)
        err = load(s);
    if (err) {
        samling_close(s);
        return sam_public(err);
    }
    *out = s;
    return 0;
}

static bool name_ok(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    return n <= SAM_NAME_BYTES_MAX && (!n || sam_text_ok((struct sam_span){(const uint8_t *)name, n}));
}

int samling_app_set(samling *s, const char *app, const char *model)
{
    if (!name_ok(app) || !name_ok(model))
        return sam_fail(s, SAM_ERANGE, "what a program calls itself is a line of at most 120 bytes");
    snprintf(s->app, sizeof s->app, "%s", app ? app : "");
    snprintf(s->model, sizeof s->model, "%s", model ? model : "");
    return 0;
}

void samling_close(samling *s)
{
    if (!s)
        return;
    sam_talk_down(s);
    sam_talk_fini(&s->talk);
    sam_store_close(&s->store);
    sam_vault_close(&s->vault);
    sam_buf_fini(&s->sealed);
    sam_buf_fini(&s->plain);
    sam_buf_fini(&s->work);
    free(s);
}

static int names_drop(struct samling *s, const char *const *names, size_t count)
{
    int err = 0;
    for (size_t i = 0; !err && i < count; i++)
        err = sam_meta_drop(s, names[i]);
    return err;
}

/* All numbers but those of ${kept}, a mask. */
static int numbers_clear(struct samling *s, uint64_t kept)
{
    int err = 0;
    for (int i = 0; !err && i < SAM_META_COUNT; i++)
        if (!(kept >> i & 1u))
            err = sam_meta_set(s, (enum sam_meta_id)i, i == SAM_META_state ? SAMLING_WIPED : 0);
    return err;
}

#define KEEP(name) (UINT64_C(1) << SAM_META_##name)
_Static_assert(SAM_META_COUNT <= 64, "masks of numbers have 64 bits");

int sam_erase(struct samling *s)
{
    static const enum sam_stmt all[] = {SAM_Q_ROW_CLEAR, SAM_Q_STAGE_CLEAR, SAM_Q_SCOPE_CLEAR, SAM_Q_OP_CLEAR,
                                        SAM_Q_NOTICE_CLEAR};
    static const char *const names[] = {"fork_key", "code", "label"};
    int err = sam_store_begin(&s->store);
    for (size_t i = 0; !err && i < sizeof all / sizeof all[0]; i++)
        err = sam_store_run(sam_store_use(&s->store, all[i]));
    if (!err)
        err = names_drop(s, names, sizeof names / sizeof *names);
    if (!err)
        err = numbers_clear(s, KEEP(schema) | KEEP(device_no) | KEEP(port) | KEEP(hello_counter) | KEEP(last_seq) |
                                   KEEP(last_chain) | KEEP(acked_seq));
    if (!err)
        err = sam_meta_put(s, oldest_seq, sam_meta(s, last_seq) + 1);
    if (!err)
        err = sam_meta_put(s, oldest_chain, sam_meta(s, last_chain));
    if (!err)
        err = sam_meta_put(s, wipe, SAM_WIPE_TO_TELL);
    if (!err) /* with the rest: the process may end before the conversation does */
        err = sam_retry_soon(s);
    if (!err)
        err = sam_store_commit(&s->store);
    s->held.count = 0;
    memset(s->form, 0, sizeof s->form);
    return err;
}

int sam_erased_told(struct samling *s)
{
    static const char *const names[] = {"key", "ticket"};
    int err = names_drop(s, names, sizeof names / sizeof *names);
    return err ? err : numbers_clear(s, KEEP(schema));
}
#undef KEEP

bool sam_may_greet(const struct samling *s)
{
    uint64_t state = sam_meta(s, state);
    return state != SAMLING_NOT_JOINED && (state != SAMLING_WIPED || sam_meta(s, wipe) == SAM_WIPE_TO_TELL);
}

/* ---- clocks */

void samling_clock_set(samling *s, int64_t (*now)(void *ctx), void *ctx)
{
    s->now = now ? now : sam_host_clock;
    s->now_ctx = ctx;
}

/* Any clock a device may show, and none that arithmetic could overflow. */
int64_t sam_now(struct samling *s)
{
    const int64_t far = INT64_C(1) << 52;
    int64_t now = s->now(s->now_ctx);
    return now > far ? far : now < -far ? -far : now;
}

int64_t sam_now_trusted(struct samling *s)
{
    int64_t own = sam_now(s), centre = (int64_t)sam_meta(s, centre_s);
    return own > centre ? own : centre;
}

bool sam_clock_suspect(struct samling *s)
{
    int64_t own = sam_now(s), centre = (int64_t)sam_meta(s, centre_s), skew = (int64_t)sam_meta(s, skew_s);
    if (!sam_meta(s, contact))
        return false;
    return own < centre - SAM_CLOCK_TRUST_S || own > centre + CLOCK_AHEAD_S || skew > SAM_CLOCK_TRUST_S ||
           skew < -SAM_CLOCK_TRUST_S;
}

int32_t samling_today(samling *s)
{
    int64_t now = sam_now_trusted(s), local = now + 60 * (int64_t)sam_host_utc_offset_min(now);
    int64_t day = local >= 0 ? local / 86400 : -((-local + 86399) / 86400);
    return day > INT32_MAX ? INT32_MAX : day < INT32_MIN ? INT32_MIN : (int32_t)day;
}

/* ---- status */

int samling_status(samling *s, struct samling_status *out)
{
    memset(out, 0, sizeof *out);
    int err = sam_notice_count(s, &out->attention);
    out->state = (enum samling_device_state)sam_meta(s, state);
    out->device_no = sam_meta(s, device_no);
    out->saved = sam_meta(s, last_seq);
    if (!err)
        err = sam_meta_text(s, "clinic", out->clinic, sizeof out->clinic);
    if (!err || err == SAM_ENOTFOUND) /* it knows its clinic once it has joined */
        err = sam_outbox_work(s, &out->waiting, &out->waiting_access, &out->oldest_waiting_s);
    out->last_contact_s = (int64_t)sam_meta(s, contact_s);
    out->last_centre_s = (int64_t)sam_meta(s, centre_s);
    out->audit_count = sam_meta(s, audit_count);
    out->audit_head = sam_meta(s, audit_head);
    out->audit_broken = sam_meta(s, audit_broken) != 0;
    out->clock_skew_s = (int64_t)sam_meta(s, skew_s);
    out->clock_suspect = sam_clock_suspect(s);
    int64_t due_ms = samling_retry_in_ms(s);
    out->retry_in_s = due_ms < 0 ? -1 : (due_ms + 999) / 1000;
    out->scopes = s->held.count;
    for (unsigned i = 0; i < s->held.count; i++) {
        const struct sam_held *h = &s->held.at[i];
        out->scopes_filled += sam_held_complete(h);
        if (!sam_held_complete(h) && h->fill_rows && !out->fill_rows) {
            out->fill_rows = h->fill_rows;
            out->fill_rows_total = h->fill_total;
        }
    }
    return sam_fail(s, err, NULL);
}

/* ---- the link, fed with bytes */

int samling_link_up(samling *s)
{
    memset(&s->talk.report, 0, sizeof s->talk.report);
    int err = s->store.broken ? SAM_EIO : sam_talk_up(s);
    if (err == SAM_ESTATE)
        return sam_fail(
            s, err, s->talk.sync ? "a connection stands already" : "this device has not been invited, or was erased");
    if (err)
        sam_undo(s);
    return sam_fail(s, err, NULL);
}

int samling_link_feed(samling *s, const uint8_t *bytes, size_t n)
{
    int err = sam_talk_feed(s, bytes, n);
    return sam_fail(s, err, s->talk.why);
}

size_t samling_link_peek(samling *s, const uint8_t **bytes)
{
    *bytes = NULL;
    if (!s->talk.sync)
        return 0;
    int err = sam_talk_drive(s);
    if (err && !s->talk.result)
        s->talk.result = err;
    struct sam_span out = sam_buf_peek(&s->talk.out);
    *bytes = out.ptr;
    return out.len;
}

void samling_link_sent(samling *s, size_t n)
{
    SAM_ASSERT(n <= sam_buf_len(&s->talk.out));
    sam_buf_consume(&s->talk.out, n);
    s->talk.report.bytes_up += n;
}

int samling_link_idle(samling *s)
{
    return sam_talk_idle(s);
}

void samling_link_down(samling *s)
{
    sam_fail(s, sam_talk_down(s), s->talk.why);
}

void samling_link_failed(samling *s)
{
    if (s->talk.sync || !sam_may_greet(s))
        return;
    int err = sam_store_begin(&s->store);
    if (!err)
        err = sam_retry_failed(s, 0);
    sam_done(s, err);
}

void samling_link_report(samling *s, struct samling_report *out)
{
    *out = s->talk.report;
}

/* ---- the blocking way */

/* What the next call should know: the conversation's own reason goes before that of the line. */
static int once(struct samling *s, uint64_t until_ms, uint64_t budget, bool stay, bool *again)
{
    char why[200];
    int line = sam_link_run(s, until_ms, budget, stay, why, sizeof why);
    *again = s->talk.again && sam_may_greet(s);
    if (!s->talk.sync) { /* it never came so far */
        samling_link_failed(s);
        return sam_fail(s, line, why);
    }
    bool told = s->talk.result != 0;
    int err = sam_talk_down(s);
    if (err == SAM_ECLOSED && line)
        err = line;
    if (err == SAM_ESTATE && sam_meta(s, state) == SAMLING_PENDING)
        return sam_fail(s, err, "a coordinator has not approved this device yet");
    if (err == SAM_ESTATE && sam_meta(s, state) == SAMLING_WIPED)
        return sam_fail(s, err, "the centre had this device erased");
    return sam_fail(s, err, told ? s->talk.why : why);
}

static int sync_for(struct samling *s, int deadline_ms, uint64_t budget, bool stay, struct samling_report *report)
{
    uint64_t until = sam_host_mono_ms() + (uint64_t)(deadline_ms > 0 ? deadline_ms : 0);
    struct samling_report sum = {0};
    int err = SAM_ESTATE;
    bool again = true;
    if (report)
        memset(report, 0, sizeof *report);
    if (s->talk.sync)
        return sam_fail(s, SAM_ESTATE, "a connection stands already");
    if (!sam_may_greet(s))
        return sam_fail(s, SAM_ESTATE, "this device has not been invited, or was erased");
    s->talk.use_ticket = s->talk.doubted = false;
    s->sync_began_ms = sam_host_mono_ms();
    for (unsigned i = 0; again && i < SYNC_TRIES_MAX; i++) {
        memset(&s->talk.report, 0, sizeof s->talk.report);
        uint64_t used = sum.bytes_up + sum.bytes_down;
        if (budget && used >= budget)
            return sam_fail(s, SAM_ETIMEOUT, NULL);
        err = once(s, until, budget ? budget - used : 0, stay, &again);
        const struct samling_report *r = &s->talk.report;
        sum.ops_sent += r->ops_sent;
        sum.ops_acked += r->ops_acked;
        sum.rows_received += r->rows_received;
        if (r->acked_after_ms)
            sum.acked_after_ms = r->acked_after_ms;
        sum.bytes_up += r->bytes_up;
        sum.bytes_down += r->bytes_down;
    }
    if (report)
        *report = sum;
    return err;
}

void samling_push_limit_set(samling *s, unsigned ops)
{
    s->push_ops_max = ops == 0 ? 1 : ops > SAM_PUSH_OPS_MAX ? SAM_PUSH_OPS_MAX : ops;
}

int samling_sync_once(samling *s, int deadline_ms, uint64_t byte_budget, struct samling_report *report)
{
    return sync_for(s, deadline_ms, byte_budget, false, report);
}

int samling_sync_stay(samling *s, int deadline_ms, struct samling_report *report)
{
    return sync_for(s, deadline_ms, 0, true, report);
}
