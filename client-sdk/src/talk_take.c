/* What a frame from the centre does. */
#include "client-sdk/src/client.h"
#include "client-sdk/src/fill.h"
#include "client-sdk/src/fork.h"
#include "client-sdk/src/host.h"
#include "client-sdk/src/notice.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/retry.h"
#include "client-sdk/src/run.h"

#include <string.h>

static int welcome_watermark(struct samling *s, const struct sam_welcome *w)
{
    struct sam_talk *t = &s->talk;
    uint64_t acked = sam_meta(s, acked_seq), own;
    if (w->acked_seq > sam_meta(s, last_seq))
        return SAM_EFORK;
    int err = sam_outbox_chain(s, w->acked_seq, &own);
    if (!err && own != w->acked_chain)
        return SAM_EFORK;
    if (err && err != SAM_ENOTFOUND)
        return err;
    err = 0;
    if (w->acked_seq < acked) {
        err = sam_outbox_back(s, w->acked_seq);
        t->push_next = w->acked_seq + 1;
        t->resync = true;
        t->want_pull = true;
        return err ? err : sam_retry_saved(s);
    }
    for (unsigned i = 0; !err && i < w->range_count; i++)
        err = sam_outbox_range(s, w->range[i].first_seq, w->range[i].count, w->range[i].first_csn, w->epoch);
    if (!err)
        err = sam_outbox_acked(s, w->acked_seq, 0, w->epoch);
    t->report.ops_acked += sam_meta(s, acked_seq) - acked;
    t->acks_open = t->acks_open || sam_meta(s, acked_seq) > acked;
    if (sam_sync_pushes_unacked(t->sync) == 0 && t->push_next <= w->acked_seq)
        t->push_next = w->acked_seq + 1;
    return err;
}

static int centre_clock(struct samling *s, int64_t server_s)
{
    int err = 0;
    if (server_s <= 0 || server_s > INT64_MAX / 4)
        return 0;
    if (server_s > (int64_t)sam_meta(s, centre_s))
        err = sam_meta_put(s, centre_s, (uint64_t)server_s);
    if (!err)
        err = sam_meta_put(s, skew_s, (uint64_t)(sam_now(s) - server_s));
    return err ? err : sam_meta_put(s, contact, 1);
}

static int fork_at(struct samling *s, uint64_t shared_seq)
{
    s->talk.doubted = false;
    s->talk.parted = 0;
    return sam_fork_begin(s, shared_seq);
}

static int fork_ask(struct samling *s, uint64_t seq)
{
    s->talk.again = s->talk.doubted = true;
    s->talk.doubt = seq;
    return 0;
}

/* The centre has other ops under this number. How far the two agree only its list of chains tells: it comes as the answer
 * to a PUSH that has gone out behind HELLO, or to a HELLO that names the place. */
static int fork_doubt(struct samling *s, uint64_t centre_seq)
{
    struct sam_talk *t = &s->talk;
    uint64_t acked = sam_meta(s, acked_seq);
    bool list_comes = acked < centre_seq && sam_sync_pushes_unacked(t->sync) > 0;
    int err = 0;
    if (centre_seq > sam_meta(s, last_seq))
        err = fork_at(s, acked);
    else if (t->parted && t->named + 1 == t->parted)
        err = fork_at(s, t->named);
    else
        err = fork_ask(s, centre_seq);
    t->again = true;
    return err || (list_comes && t->doubted) ? err : sam_sync_send_bye(t->sync, 0, "");
}

/* The list begins at e->expected. Where it shows neither agreement nor its end, another piece is asked for. */
static int take_fork(struct samling *s, const struct sam_error *e)
{
    struct sam_talk *t = &s->talk;
    uint64_t before = e->expected ? e->expected - 1 : 0, point = sam_fork_point(s, e);
    bool before_agrees = before == 0 || t->welcomed || before == t->named;
    t->again = true;
    if (point <= before && !before_agrees) {
        t->parted = e->expected;
        return fork_ask(s, before);
    }
    if (e->chain_count == SAM_FORK_CHAINS_MAX && point == before + e->chain_count && point < sam_meta(s, last_seq))
        return fork_ask(s, point);
    return fork_at(s, point);
}

/* The head of the centre's audit log, kept here as elsewhere: within one epoch the log only grows. Once it did not, the last
 * head from before is kept, for whoever looks into it. */
static int audit_keep(struct samling *s, const struct sam_welcome *w)
{
    uint64_t count = sam_meta(s, audit_count);
    bool same = sam_meta(s, audit_epoch) == w->epoch;
    if (sam_meta(s, audit_broken))
        return 0;
    if (same && (w->audit_count < count || (w->audit_count == count && w->audit_head != sam_meta(s, audit_head))))
        return sam_meta_put(s, audit_broken, 1);
    int err = sam_meta_put(s, audit_count, w->audit_count);
    if (!err)
        err = sam_meta_put(s, audit_head, w->audit_head);
    return err ? err : sam_meta_put(s, audit_epoch, w->epoch);
}

/* The centre has heard that this store was erased, or does not care. */
static int farewell(struct samling *s)
{
    s->talk.wiped = true;
    int err = sam_erased_told(s);
    if (!err)
        err = sam_store_commit(&s->store);
    return err ? err : sam_sync_send_bye(s->talk.sync, 0, "");
}

static int take_welcome(struct samling *s, const struct sam_welcome *w)
{
    struct sam_talk *t = &s->talk;
    if (sam_meta(s, state) == SAMLING_WIPED)
        return farewell(s);
    if (w->state > SAM_DEVICE_WIPED || w->state < SAM_DEVICE_PENDING || w->acked_seq > INT64_MAX ||
        w->safe_seq > INT64_MAX)
        return SAM_EPROTO;
    t->epoch = w->epoch;
    t->welcomed = true;
    t->use_ticket = false;
    int err = centre_clock(s, w->server_time_s);
    if (!err)
        err =
            sam_meta_put(s, state, w->state == SAM_DEVICE_WIPED ? SAM_DEVICE_REVOKED : w->state); /* it is not erased */
    if (!err && w->state == SAM_DEVICE_ACTIVE) /* no digits are compared any more */
        err = sam_meta_drop(s, "code");
    if (!err)
        err = sam_run_welcome(s, w->epoch);
    if (!err)
        err = welcome_watermark(s, w);
    if (err == SAM_EFORK)
        return fork_doubt(s, w->acked_seq);
    t->doubted = false;
    t->parted = 0;
    if (!err && w->safe_seq > sam_meta(s, safe_seq))
        err = sam_meta_put(s, safe_seq, w->safe_seq);
    if (!err)
        err = audit_keep(s, w);
    return err ? err : sam_outbox_trim(s);
}

static int take_joined(struct samling *s, const struct sam_joined *j)
{
    struct sam_talk *t = &s->talk;
    bool fork = sam_meta(s, fork_parent) != 0;
    if (j->device_no <= SAM_DEVICE_NO_CONSOLE || j->device_no > SAM_DEVICE_NO_MAX || j->state < SAM_DEVICE_PENDING ||
        j->state > SAM_DEVICE_WIPED || j->org > INT64_MAX)
        return SAM_EPROTO;
    int err = fork ? sam_fork_finish(s, j->device_no) : sam_meta_put(s, device_no, j->device_no);
    if (!err)
        err = sam_meta_put(s, state, j->state);
    if (!err)
        err = sam_meta_put(s, org, j->org);
    if (!err)
        err = centre_clock(s, j->server_time_s);
    if (!err)
        err = sam_meta_text_set(s, "clinic", j->clinic);
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_META_SET);
    sqlite3_bind_text(q, 1, "ticket", -1, SQLITE_STATIC);
    sqlite3_bind_blob(q, 2, j->ticket, (int)j->ticket_len, SQLITE_STATIC);
    if (!err)
        err = sam_store_run(q);
    if (!err)
        err = sam_store_commit(&s->store);
    if (err)
        return err;
    uint8_t key[SAM_KEY_BYTES];
    sam_mac_key_free(t->hello_key);
    sam_mac_key_free(t->push_key);
    t->hello_key = t->push_key = NULL;
    err = sam_meta_secret(s, "key", key, sizeof key);
    if (!err) {
        t->hello_key = sam_mac_key_new(key, "hello");
        t->push_key = sam_mac_key_new(key, "push");
    }
    sam_wipe(key, sizeof key);
    if (!err && (!t->hello_key || !t->push_key))
        err = SAM_ENOMEM;
    return err ? err : sam_talk_greet(s);
}

static int take_ack(struct samling *s, const struct sam_ack *a)
{
    if (s->talk.doubted) /* of ops that the centre may have from another store */
        return sam_sync_pushes_unacked(s->talk.sync) ? 0 : sam_sync_send_bye(s->talk.sync, 0, "");
    uint64_t before = sam_meta(s, acked_seq);
    int err = sam_outbox_acked(s, a->seq, a->csn, s->talk.epoch);
    s->talk.acks_open = true;
    s->talk.report.ops_acked += sam_meta(s, acked_seq) - before;
    s->talk.report.acked_after_ms = (int64_t)(sam_host_mono_ms() - s->sync_began_ms);
    return err;
}

static int take_scopes(struct samling *s, const struct sam_scopes *m)
{
    struct sam_talk *t = &s->talk;
    if (!t->pull_out)
        return SAM_EPROTO;
    int err = sam_run_scopes(s, m);
    if (m->cut) {
        t->pull_out = t->pull_verify = false;
        t->want_pull = true;
    }
    return err;
}

static int take_scope_end(struct samling *s, const struct sam_scope_end *e)
{
    struct sam_talk *t = &s->talk;
    struct sam_held *h = e->scope ? sam_held_find(s, e->scope) : NULL;
    bool equal = false;
    int err;
    if (h && h->asked) {
        err = sam_fill_end(s, h, e, &equal);
        return err ? err : sam_store_commit(&s->store);
    }
    if (!t->pull_out)
        return SAM_EPROTO;
    if (e->scope) /* the answer to verify; a scope that is filled already has no sum to compare */
        return !h || !t->pull_verify ? SAM_EPROTO : sam_held_complete(h) ? sam_run_verify(s, h, e) : 0;
    err = sam_run_end(s, e, t->epoch, &equal);
    if (!err && !equal && !t->pull_verify)
        t->want_pull = t->want_verify = true;
    t->pull_out = t->pull_verify = false;
    t->run_done = true;
    return err ? err : sam_store_commit(&s->store);
}

static int take_wipe(struct samling *s)
{
    return sam_outbox_waiting(s) ? sam_meta_put(s, wipe, SAM_WIPE_ASKED) : sam_talk_erase(s);
}

/* ERROR codes that end the conversation, and what they are for the caller. */
static int take_error(struct samling *s, const struct sam_error *e)
{
    struct sam_talk *t = &s->talk;
    t->retry_after_s = e->retry_after_s;
    memcpy(t->why, e->text, sizeof t->why);
    switch (e->code) {
    case SAM_ERROR_STALE:
        t->again = true;
        return e->expected == 0 || e->expected > INT64_MAX ? SAM_EPROTO
                                                           : sam_meta_put(s, hello_counter, e->expected - 1);
    case SAM_ERROR_TICKET:
        t->again = !t->use_ticket;
        t->use_ticket = true;
        t->result = SAM_EAUTH;
        return 0;
    case SAM_ERROR_FORK: return sam_meta(s, state) == SAMLING_WIPED ? farewell(s) : take_fork(s, e);
    case SAM_ERROR_GAP:
        if (e->expected == 0 || e->expected > sam_meta(s, last_seq) + 1 || e->expected <= sam_meta(s, acked_seq)) {
            t->again = true; /* a new HELLO clears it up */
            t->stop_push = true;
            return 0;
        }
        t->resync = true;
        t->push_next = e->expected;
        return 0;
    case SAM_ERROR_NOT_ACTIVE:
        t->stop_push = true;
        t->result = SAM_ESTATE;
        return 0;
    case SAM_ERROR_BUSY:
    case SAM_ERROR_QUOTA:
    case SAM_ERROR_READ_ONLY:
    case SAM_ERROR_DRAIN_ONLY: /* ops that WELCOME put back have not been offered yet */
        t->again = e->code == SAM_ERROR_DRAIN_ONLY && !t->stop_push && t->push_next <= sam_meta(s, last_seq);
        t->stop_push = true;
        t->result = SAM_EBUSY;
        return 0;
    case SAM_ERROR_CODE_REFUSED:
        t->result = SAM_EAUTH;
        return sam_meta(s, state) == SAMLING_INVITED ? sam_meta_put(s, state, SAMLING_NOT_JOINED) : 0;
    case SAM_ERROR_BAD_MAC:
    case SAM_ERROR_DEVICE_UNKNOWN:
        if (sam_meta(s, state) == SAMLING_WIPED) { /* nobody there to tell */
            t->wiped = true;
            return sam_erased_told(s);
        } /* a centre that went back may know less than the fork that was found before: find it anew */
        t->result = SAM_EAUTH;
        return sam_meta(s, fork_parent) ? sam_fork_drop(s) : 0;
    case SAM_ERROR_VERSION: t->result = SAM_EVERSION; return 0;
    default: t->result = SAM_EPROTO; return 0;
    }
}

/* Every frame: its effects in the open transaction, which ends when it has grown large. */
static int framed(struct samling *s, int err)
{
    if (!err && s->store.tx_rows >= SAM_TALK_TX_ROWS_MAX)
        err = sam_store_commit(&s->store);
    if (err && !s->talk.result)
        s->talk.result = err;
    return err;
}

/* Before rows: what the centre has taken is settled first. */
static int rows_begin(struct samling *s)
{
    int err = s->talk.acks_open ? sam_store_commit(&s->store) : 0;
    s->talk.acks_open = false;
    return err ? err : sam_store_begin(&s->store);
}

#define SAM_ON(name, type)                                 \
    static int on_##name(void *host, const struct type *m) \
    {                                                      \
        struct samling *s = host;                          \
        int err = sam_store_begin(&s->store);              \
        return framed(s, err ? err : take_##name(s, m));   \
    }
SAM_ON(welcome, sam_welcome)
SAM_ON(joined, sam_joined)
SAM_ON(ack, sam_ack)
SAM_ON(scopes, sam_scopes)
SAM_ON(scope_end, sam_scope_end)
SAM_ON(error, sam_error)
#undef SAM_ON

static int on_verdicts(void *host, const struct sam_verdicts *v)
{
    struct samling *s = host;
    int err = rows_begin(s);
    return framed(s, err ? err : sam_notice_take(s, v));
}

static int on_changes(void *host, const struct sam_changes *c)
{
    struct samling *s = host;
    int err = c->fill || s->talk.pull_out ? rows_begin(s) : SAM_EPROTO;
    return framed(s, err ? err : sam_run_changes(s, c));
}

static int on_snap_chunk(void *host, const struct sam_snap_chunk *c)
{
    struct samling *s = host;
    int err = sam_store_begin(&s->store);
    return framed(s, err ? err : sam_fill_chunk(s, c));
}

static int on_poke(void *host)
{
    struct samling *s = host;
    s->talk.want_pull = true;
    return 0;
}

static int on_wipe(void *host)
{
    struct samling *s = host;
    int err = sam_store_begin(&s->store);
    err = framed(s, err ? err : take_wipe(s));
    if (!err && s->talk.wiped)
        err = sam_sync_send_bye(s->talk.sync, 0, "");
    return err;
}

static int on_bye(void *host, const struct sam_bye *b)
{
    struct samling *s = host;
    s->talk.retry_after_s = b->retry_after_s;
    memcpy(s->talk.why, b->text, sizeof s->talk.why);
    s->talk.result = SAM_EBUSY;
    return 0;
}

const struct sam_sync_ops sam_talk_ops = {.welcome = on_welcome,
                                          .joined = on_joined,
                                          .ack = on_ack,
                                          .verdicts = on_verdicts,
                                          .scopes = on_scopes,
                                          .changes = on_changes,
                                          .scope_end = on_scope_end,
                                          .snap_chunk = on_snap_chunk,
                                          .poke = on_poke,
                                          .wipe = on_wipe,
                                          .error = on_error,
                                          .bye = on_bye};
