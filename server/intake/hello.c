/* HELLO: who is it, is its proof right, is it the store that it says it is, and where does the centre stand with it? */
#include "server/intake/intake_int.h"

#include "proto/base/err.h"
#include "proto/base/log.h"
#include "proto/model/op.h"

#include <string.h>

static int fail(struct intake_greeting *out, uint32_t code, uint64_t expected, const char *text)
{
    error_set(&out->error, code, expected, 0, text);
    return 0;
}

static int mac_check(struct intake *in, const struct store_device *d, struct sam_span body, const uint8_t *mac,
                     struct intake_greeting *out, bool *ok)
{
    uint8_t want[SAM_MAC_BYTES];
    *ok = false;
    int err = device_key_open(in, d, out->key);
    if (err)
        return err;
    struct sam_mac_key *key = sam_mac_key_new(out->key, "hello");
    if (!key)
        return SAM_ENOMEM;
    err = sam_mac(key, SAM_FRAME_HELLO, body, (struct sam_span){0}, want);
    sam_mac_key_free(key);
    *ok = !err && sam_equal_ct(want, mac, sizeof want);
    return err;
}

/* A device that the store does not know: its ticket tells, sealed with a key that no backup holds. Its forks may have come
 * before it. */
static int ticket_take(struct intake *in, const struct sam_hello *h, struct store_device *d,
                       struct intake_greeting *out)
{
    if (h->ticket_len == 0)
        return fail(out, SAM_ERROR_TICKET, 0, "this centre does not know the device; send the ticket");
    if (ticket_open(in, h->ticket, h->ticket_len, d) || d->device_no != h->device_no)
        return fail(out, SAM_ERROR_DEVICE_UNKNOWN, 0, "unknown device");
    uint64_t child;
    int err = store_device_child(in->st, d->device_no, 0, &child);
    if (err && err != SAM_ENOTFOUND)
        return err;
    d->forked = err == 0;
    d->joined_s = intake_now_s(in);
    sam_log(SAM_LOG_WARN, "ticket", "device=%llu", (unsigned long long)d->device_no);
    err = store_device_put(in->st, d);
    if (!err)
        err = device_parent_mark(in, d->parent);
    return err ? err : device_journal(in, d);
}

/* Ops that the device can no longer send: the watermark passes them, and says so. */
static int hole_take(struct intake *in, const struct sam_hello *h, struct store_device *d)
{
    if (h->oldest_seq <= d->acked_seq + 1 || h->oldest_seq > h->last_seq + 1)
        return 0;
    return device_lost(in, d, h->oldest_seq - 1, h->oldest_chain, false);
}

/* Ops that were taken for lost, because the device had been told to erase itself: it did not, and sends again what it has. */
static int hole_take_back(struct intake *in, const struct sam_hello *h, struct store_device *d)
{
    uint64_t first_seq;
    int err = 0;
    while (!err && h->oldest_seq <= d->acked_seq && h->last_seq >= d->acked_seq &&
           (err = store_hole_assumed(in->st, d->device_no, d->acked_seq, &first_seq)) == 0)
        err = device_found(in, d, first_seq);
    return err == SAM_ENOTFOUND ? 0 : err;
}

/* An old image knows fewer of its own ops than the centre; a copy knows others. */
static int fork_check(struct intake *in, const struct sam_hello *h, const struct store_device *d,
                      struct intake_greeting *out)
{
    uint64_t chain = 0;
    bool fork = h->last_seq < d->acked_seq;
    if (h->acked_seq <= d->acked_seq) {
        int err = push_chain_at(in, d->device_no, h->acked_seq, &chain);
        if (err && err != SAM_ENOTFOUND)
            return err;
        fork = fork || (!err && chain != h->acked_chain);
    }
    bool common = h->acked_seq <= d->acked_seq && chain == h->acked_chain;
    uint64_t from = h->acked_seq + 1; /* where they agree at acked_seq, what follows; else what leads up to it */
    if (!common)
        from = h->acked_seq > SAM_FORK_CHAINS_MAX ? from - SAM_FORK_CHAINS_MAX : 1;
    return fork ? push_fork_error(in, d->device_no, from, d->acked_seq, &out->error) : 0;
}

static int welcome_make(struct intake *in, const struct sam_hello *h, const struct store_device *d,
                        struct intake_greeting *out)
{
    struct sam_welcome *w = &out->welcome;
    *w = (struct sam_welcome){.epoch = in->epoch.id,
                              .acked_seq = d->acked_seq,
                              .acked_chain = d->chain,
                              .server_time_s = intake_now_s(in),
                              .state = d->state,
                              .safe_seq = d->safe_seq};
    int err = intake_audit_head(in, &w->audit_count, &w->audit_head);
    if (err)
        return err;
    int n = h->acked_seq < d->acked_seq
                ? store_push_ranges(in->st, d->device_no, h->acked_seq, w->range, SAM_WELCOME_RANGES_MAX)
                : 0;
    w->range_count = n < 0 ? 0 : (unsigned)n;
    out->device_no = d->device_no;
    out->org = d->org;
    out->seq = h->acked_seq;
    out->chain = h->acked_chain;
    return n < 0 ? n : 0;
}

/* A clock may claim anything; what is shown is cut at a hundred years. */
static int64_t skew(int64_t theirs, int64_t ours)
{
    const int64_t most = (int64_t)100 * 366 * 86400;
    if (theirs > ours + most)
        return most;
    return theirs < ours - most ? -most : theirs - ours;
}

/* The tablet has obeyed WIPE, and says so: its word, under its key. One that says otherwise is there again, whole, out of an old
 * image: it is shut out as it was. */
static int wiped_note(struct intake *in, const struct sam_hello *h, struct store_device *d)
{
    bool was = d->state == SAM_DEVICE_WIPED;
    if (was == h->erased)
        return 0;
    d->state = h->erased ? SAM_DEVICE_WIPED : SAM_DEVICE_REVOKED;
    sam_log(h->erased ? SAM_LOG_INFO : SAM_LOG_WARN, h->erased ? "wiped" : "wiped_again_here", "device=%llu",
            (unsigned long long)d->device_no);
    return device_journal(in, d);
}

/* What it says of itself is shown to people: what is no text is not kept. */
static void named_note(const char *said, char *kept)
{
    size_t n = strlen(said);
    bool ok = sam_text_ok((struct sam_span){(const uint8_t *)said, n});
    memcpy(kept, said, ok ? n + 1 : 0);
    if (!ok)
        kept[0] = 0;
}

int intake_hello(struct intake *in, const struct sam_hello *h, struct sam_span body, const uint8_t mac[SAM_MAC_BYTES],
                 struct intake_greeting *out)
{
    struct store_device d;
    bool proved;
    memset(out, 0, sizeof *out);
    if (h->device_no <= SAM_DEVICE_NO_CONSOLE || h->device_no > SAM_DEVICE_NO_MAX)
        return fail(out, SAM_ERROR_DEVICE_UNKNOWN, 0, "unknown device");
    int err = store_device_get(in->st, h->device_no, &d);
    if (err == SAM_ENOTFOUND)
        err = ticket_take(in, h, &d, out);
    if (err || out->error.code)
        return err;
    err = mac_check(in, &d, body, mac, out, &proved);
    if (err)
        return err;
    if (!proved)
        return fail(out, SAM_ERROR_BAD_MAC, 0, "the proof does not fit");
    if (h->counter <= d.hello_counter)
        return fail(out, SAM_ERROR_STALE, d.hello_counter + 1, "counter used before");
    if (h->last_seq > INT64_MAX - SAM_PUSH_OPS_MAX || h->acked_seq > h->last_seq || h->oldest_seq > h->last_seq + 1 ||
        h->counter > INT64_MAX)
        return fail(out, SAM_ERROR_BAD_FRAME, 0, "HELLO contradicts itself");
    err = hole_take_back(in, h, &d);
    if (!err)
        err = hole_take(in, h, &d);
    if (!err)
        err = fork_check(in, h, &d, out);
    if (!err && !out->error.code && (d.state == SAM_DEVICE_REVOKED || d.state == SAM_DEVICE_WIPED))
        err = device_erase_journal(in, &d);
    if (!err && !out->error.code)
        err = wiped_note(in, h, &d);
    named_note(h->app, d.app);
    named_note(h->model, d.model);
    d.hello_counter = h->counter;
    d.last_seen_s = intake_now_s(in);
    d.skew_s = skew(h->clock_s, d.last_seen_s);
    d.schema = h->schema;
    d.waiting = h->last_seq > d.acked_seq ? h->last_seq - d.acked_seq : 0;
    d.oldest_age_s = h->oldest_age_s > INT64_MAX ? 0 : h->oldest_age_s;
    if (!err)
        err = store_device_put(in->st, &d);
    return err || out->error.code ? err : welcome_make(in, h, &d, out);
}
