#include "client-sdk/src/talk.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/fill.h"
#include "client-sdk/src/host.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/retry.h"
#include "proto/base/assert.h"

#include <string.h>

#define CONTACT_S 60 /* a line that stays notes so often that it stands */

/* ---- sending */

static int join(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    struct sam_join j = {.protocol = SAM_PROTOCOL_VERSION, .schema = SAM_SCHEMA_VERSION, .key_len = SAM_KEY_BYTES};
    bool fork = sam_meta(s, fork_parent) != 0;
    int err = sam_meta_secret(s, fork ? "fork_key" : "key", j.key, sizeof j.key);
    if (!err && !fork) {
        err = sam_meta_secret(s, "code", j.code, sizeof j.code);
        j.code_len = sizeof j.code;
    }
    if (!err) {
        err = sam_meta_text(s, "label", j.label, sizeof j.label);
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    j.parent = sam_meta(s, fork_parent);
    j.fork_seq = sam_meta(s, fork_seq);
    if (!err)
        err = sam_sync_send_join(t->sync, &j, fork ? t->hello_key : NULL);
    sam_wipe(&j, sizeof j);
    return err;
}

static int hello_ticket(struct samling *s, struct sam_hello *h)
{
    size_t n;
    int err = sam_meta_blob(s, "ticket", h->ticket, sizeof h->ticket, &n);
    h->ticket_len = (uint32_t)n;
    return err == SAM_ENOTFOUND ? 0 : err;
}

static int hello(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    int err = sam_store_begin(&s->store);
    if (!err)
        err = sam_meta_put(s, hello_counter, sam_meta(s, hello_counter) + 1);
    if (!err)
        err = sam_store_commit(&s->store);
    if (err)
        return err;
    uint64_t oldest = sam_meta(s, oldest_seq) ? sam_meta(s, oldest_seq) : 1;
    uint64_t acked = t->doubted ? t->doubt : sam_meta(s, acked_seq);
    struct sam_hello h = {.protocol = SAM_PROTOCOL_VERSION,
                          .schema = SAM_SCHEMA_VERSION,
                          .device_no = sam_meta(s, device_no),
                          .counter = sam_meta(s, hello_counter),
                          .clock_s = sam_now(s),
                          .boot = s->boot,
                          .mono_s = sam_host_mono_ms() / 1000u,
                          .last_seq = sam_meta(s, last_seq),
                          .oldest_seq = oldest,
                          .acked_seq = acked,
                          .epoch = sam_meta(s, run_epoch),
                          .erased = sam_meta(s, state) == SAMLING_WIPED};
    memcpy(h.app, s->app, sizeof h.app);
    memcpy(h.model, s->model, sizeof h.model);
    int64_t age_s;
    err = sam_outbox_oldest_age(s, &age_s);
    h.oldest_age_s = (uint64_t)age_s;
    if (!err)
        err = sam_outbox_chain(s, acked, &h.acked_chain);
    if (!err && oldest > 1) /* a restored centre may stand before it */
        h.oldest_chain = sam_meta(s, oldest_chain);
    if (!err && t->use_ticket)
        err = hello_ticket(s, &h);
    t->hello_epoch = h.epoch;
    t->named = acked;
    return err ? err : sam_sync_send_hello(t->sync, &h, t->hello_key);
}

static bool may_send_ops(const struct samling *s)
{
    uint64_t state = sam_meta(s, state);
    return state == SAMLING_ACTIVE || state == SAMLING_DRAINING || state == SAMLING_REVOKED;
}

static int push(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    bool greeting = sam_sync_state(t->sync) == SAM_SYNC_GREETING;
    if (t->resync && sam_sync_pushes_unacked(t->sync) == 0) {
        uint64_t oldest = sam_meta(s, oldest_seq);
        if (t->push_next < oldest)
            t->push_next = oldest;
        t->resync = false;
    }
    if (!may_send_ops(s) || t->doubted)
        return 0;
    while (!t->stop_push && !t->resync && t->push_next <= sam_meta(s, last_seq) && sam_sync_may_push(t->sync, 0)) {
        size_t max = SAM_TALK_PUSH_BYTES_MAX;
        unsigned count;
        if (greeting) /* find what still fits before WELCOME */
            for (max = SAM_BEFORE_WELCOME_BYTES_MAX; max > 512 && !sam_sync_may_push(t->sync, max);)
                max -= 512;
        if (sam_buf_room(&t->out) < max + 64)
            return 0;
        int err = sam_outbox_push(s, t->push_key, t->push_next, max, t->hello_epoch, &t->body, &count);
        if (err)
            return err;
        if (count == 0)
            return greeting ? 0 : SAM_ETOOBIG;
        err = sam_sync_send_push(t->sync, sam_buf_peek(&t->body));
        if (err)
            return err == SAM_EBUSY ? 0 : err;
        t->push_next += count;
        t->report.ops_sent += count;
        t->want_pull = true;
    }
    return 0;
}

static int pull(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    struct sam_pull p = {
        .csn = sam_meta(s, run_csn), .verdict_csn = sam_meta(s, verdict_csn), .verify = t->want_verify};
    if (sam_meta(s, run_epoch) != t->hello_epoch)
        p.epoch = sam_meta(s, run_epoch);
    for (unsigned i = 0; i < s->held.count; i++)
        if (!sam_held_complete(&s->held.at[i]))
            p.filling[p.filling_count++] = s->held.at[i].id;
    if (sam_meta(s, place_run)) {
        p.low = sam_meta(s, place_low);
        p.run = sam_meta(s, place_run);
        p.scope = sam_meta(s, place_scope);
        p.entity = (uint32_t)sam_meta(s, place_entity);
        p.at_csn = sam_meta(s, place_csn);
    }
    int err = sam_sync_send_pull(t->sync, &p);
    if (err)
        return err;
    t->pull_out = true;
    t->pull_verify = t->want_verify;
    t->want_pull = t->want_verify = false;
    return 0;
}

/* A run that broke off is resumed only under its own epoch, so WELCOME comes first. */
static bool may_pull(const struct samling *s)
{
    const struct sam_talk *t = &s->talk;
    bool revoked = sam_meta(s, state) == SAMLING_REVOKED; /* the answer is WIPE */
    if (!t->want_pull || t->pull_out || !(sam_meta(s, state) == SAMLING_ACTIVE || revoked) || t->resync)
        return false;
    if (!t->stop_push && t->push_next <= sam_meta(s, last_seq))
        return false;
    for (unsigned i = 0; i < s->held.count; i++)
        if (s->held.at[i].asked)
            return false;
    return t->welcomed || !sam_meta(s, place_run);
}

static bool fill_due(const struct sam_held *h)
{
    return !sam_held_complete(h) && !h->asked && h->fill_bad < SAM_TALK_FILL_TRIES_MAX;
}

static int fills(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    unsigned asked = 0;
    if (!t->run_done || t->pull_out || t->want_verify || sam_meta(s, state) != SAMLING_ACTIVE)
        return 0;
    for (unsigned i = 0; i < s->held.count; i++)
        asked += s->held.at[i].asked;
    for (unsigned i = 0; i < s->held.count && asked < SAM_TALK_FILLS_MAX; i++) {
        struct sam_held *h = &s->held.at[i];
        struct sam_snap_get g;
        if (!fill_due(h))
            continue;
        sam_fill_get(h, &g);
        int err = sam_sync_send_snap_get(t->sync, &g);
        if (err)
            return err;
        h->asked = true;
        asked++;
    }
    return 0;
}

int sam_talk_drive(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    if (!t->sync)
        return SAM_ESTATE;
    if (s->store.broken) /* what is held in memory may be more than what is stored */
        return SAM_EIO;
    enum sam_sync_state state = sam_sync_state(t->sync);
    if (state != SAM_SYNC_OPEN && state != SAM_SYNC_GREETING)
        return 0;
    int err = push(s);
    if (!err && may_pull(s))
        err = pull(s);
    if (!err && t->welcomed)
        err = fills(s);
    return err;
}

int sam_talk_greet(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    t->push_next = sam_meta(s, acked_seq) + 1;
    if (t->push_next < sam_meta(s, oldest_seq))
        t->push_next = sam_meta(s, oldest_seq);
    t->want_pull = true;
    int err = hello(s);
    return err ? err : sam_talk_drive(s);
}

/* ---- the conversation's life */

static void forget(struct sam_talk *t)
{
    sam_sync_free(t->sync);
    sam_mac_key_free(t->hello_key);
    sam_mac_key_free(t->push_key);
    sam_buf_fini(&t->in);
    sam_buf_fini(&t->out);
    sam_buf_fini(&t->body);
    t->sync = NULL;
    t->hello_key = t->push_key = NULL;
}

void sam_talk_fini(struct sam_talk *t)
{
    forget(t);
    sam_zip_free(t->zip);
    memset(t, 0, sizeof *t);
}

static int talk_new(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    struct samling_report report = t->report;
    uint8_t key[SAM_KEY_BYTES];
    struct sam_zip *zip = t->zip ? t->zip : sam_zip_new();
    struct sam_talk kept = {.use_ticket = t->use_ticket, .doubted = t->doubted, .doubt = t->doubt, .parted = t->parted};
    *t = kept;
    t->zip = zip;
    t->report = report;
    sam_buf_init(&t->in, SAM_TALK_IN_BYTES_MAX);
    sam_buf_init(&t->out, SAM_TALK_OUT_BYTES_MAX);
    sam_buf_init(&t->body, SAM_FRAME_INFLATED_BYTES_MAX);
    int err = sam_meta_secret(s, "key", key, sizeof key);
    if (!err) {
        t->hello_key = sam_mac_key_new(key, "hello");
        t->push_key = sam_mac_key_new(key, "push");
    }
    sam_wipe(key, sizeof key);
    if (!err && zip)
        t->sync = sam_sync_new(SAM_ROLE_DEVICE, &sam_talk_ops, s, zip, &t->out);
    if (!err && (!t->sync || !t->hello_key || !t->push_key))
        err = SAM_ENOMEM;
    return err;
}

int sam_talk_up(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    if (t->sync || !sam_may_greet(s))
        return SAM_ESTATE;
    for (unsigned i = 0; i < s->held.count; i++) {
        s->held.at[i].asked = false;
        s->held.at[i].fill_bad = 0;
    }
    int err = sam_store_commit(&s->store);
    if (!err)
        err = talk_new(s);
    if (!err)
        err = !sam_meta(s, device_no) || sam_meta(s, fork_parent) ? join(s) : sam_talk_greet(s);
    if (err)
        forget(t);
    return err;
}

int sam_talk_erase(struct samling *s)
{
    s->talk.wiped = true;
    s->talk.again = true; /* to say that it is done */
    return sam_erase(s);
}

static bool all_pushed(const struct samling *s)
{
    return s->talk.stop_push || !sam_outbox_waiting(s);
}

bool sam_talk_idle(const struct samling *s)
{
    const struct sam_talk *t = &s->talk;
    if (!t->sync || !t->welcomed || sam_buf_len(&t->out) || sam_sync_pushes_unacked(t->sync))
        return false;
    switch (sam_meta(s, state)) {
    case SAMLING_PENDING: return true;
    case SAMLING_DRAINING: return all_pushed(s);
    case SAMLING_ACTIVE: break;
    default: return false; /* WIPE comes */
    }
    if (!all_pushed(s) || t->pull_out || t->want_pull)
        return false;
    for (unsigned i = 0; i < s->held.count; i++)
        if (s->held.at[i].asked || fill_due(&s->held.at[i]))
            return false;
    return true;
}

/* What the end of a conversation means for the next one. */
static int result_of(struct samling *s, bool idle)
{
    struct sam_talk *t = &s->talk;
    if (t->wiped)
        return SAM_ESTATE;
    if (t->result)
        return t->result;
    if (!idle)
        return SAM_ECLOSED;
    if (sam_meta(s, state) == SAMLING_PENDING)
        return SAM_ESTATE;
    for (unsigned i = 0; i < s->held.count; i++)
        if (!sam_held_complete(&s->held.at[i]))
            return SAM_EPROTO; /* its sum was wrong again and again */
    return sam_outbox_waiting(s) ? SAM_EBUSY : 0;
}

/* Nothing is left to do: what came is committed, and where all went well a line that stays says so as one that ends would. */
static int settled(struct samling *s)
{
    int64_t ago = sam_now(s) - (int64_t)sam_meta(s, contact_s);
    int err = 0;
    if (result_of(s, true) == 0 && (s->store.in_tx || ago < 0 || ago >= CONTACT_S)) {
        err = sam_store_begin(&s->store);
        if (!err)
            err = sam_meta_put(s, contact_s, (uint64_t)sam_now(s));
        if (!err)
            err = sam_retry_ok(s);
    }
    return err ? err : sam_store_commit(&s->store);
}

int sam_talk_feed(struct samling *s, const uint8_t *p, size_t n)
{
    struct sam_talk *t = &s->talk;
    int err = 0;
    if (!t->sync)
        return SAM_ESTATE;
    if (s->store.broken)
        return SAM_EIO;
    t->report.bytes_down += n;
    while (n && !err) {
        size_t take = sam_buf_room(&t->in) < n ? sam_buf_room(&t->in) : n;
        if (!take)
            return SAM_ETOOBIG;
        err = sam_buf_add(&t->in, p, take);
        if (!err)
            err = sam_sync_feed(t->sync, &t->in);
        p += take;
        n -= take;
    }
    if (!err)
        err = sam_talk_drive(s);
    if (!err && sam_talk_idle(s))
        err = settled(s);
    if (!err && sam_meta(s, wipe) == SAM_WIPE_ASKED && !sam_outbox_waiting(s)) {
        err = sam_talk_erase(s);
        if (!err)
            err = sam_sync_send_bye(t->sync, 0, "");
    }
    if (err && err != SAM_ECLOSED) { /* the frame at hand goes as a whole, with what was not committed before it */
        sam_undo(s);
        if (!t->result)
            t->result = err;
    }
    return err;
}

void sam_talk_lose(struct samling *s, int err)
{
    sam_sync_fail(s->talk.sync, SAM_ERROR_BAD_STATE, "what came could not be kept");
    if (!s->talk.result)
        s->talk.result = err;
}

int sam_talk_down(struct samling *s)
{
    struct sam_talk *t = &s->talk;
    if (!t->sync)
        return 0;
    bool idle = sam_talk_idle(s);
    int result = result_of(s, idle), err = sam_store_begin(&s->store);
    if (!err && !t->wiped) {
        if (result == 0)
            err = sam_meta_put(s, contact_s, (uint64_t)sam_now(s));
        if (!err && (t->report.ops_acked || t->report.rows_received)) /* it came further: no reason to wait longer */
            err = sam_meta_put(s, retry_count, 0);
        if (!err)
            err = result == 0 || sam_meta(s, state) == SAMLING_NOT_JOINED ? sam_retry_ok(s)
                  : t->again                                              ? sam_retry_soon(s)
                                                                          : sam_retry_failed(s, t->retry_after_s);
    }
    if (!err)
        err = sam_store_commit(&s->store);
    if (err)
        sam_undo(s);
    forget(t);
    return result ? result : err;
}
