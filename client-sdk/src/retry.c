#include "client-sdk/src/retry.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/host.h"
#include "client-sdk/src/outbox.h"
#include "proto/base/assert.h"

#define RETRY_S_MAX 900u
#define RETRY_AFTER_S_MAX 86400u /* what a centre may ask for */
#define RETRY_DOUBLINGS_MAX 10u

/* The wall clock is kept only to go on after a restart; a due time that no back-off can give means that it was moved. */
void sam_retry_load(struct samling *s)
{
    int64_t left = (int64_t)sam_meta(s, retry_due_s) - sam_now(s);
    if (left < 0)
        left = 0;
    if (left > RETRY_S_MAX)
        left = RETRY_S_MAX;
    s->retry_due_ms = sam_host_mono_ms() + (uint64_t)left * 1000u;
}

bool sam_retry_need(const struct samling *s)
{
    uint64_t state = sam_meta(s, state);
    if (!sam_may_greet(s))
        return false;
    if (sam_outbox_waiting(s) || state == SAMLING_INVITED || state == SAMLING_PENDING || sam_meta(s, wipe) ||
        sam_meta(s, fork_parent))
        return true;
    for (unsigned i = 0; i < s->held.count; i++)
        if (!sam_held_complete(&s->held.at[i]))
            return true;
    return false;
}

static int arm(struct samling *s, uint64_t delay_ms)
{
    s->retry_due_ms = sam_host_mono_ms() + delay_ms;
    int err = sam_meta_put(s, retry_on, 1);
    return err ? err : sam_meta_put(s, retry_due_s, (uint64_t)(sam_now(s) + (int64_t)(delay_ms / 1000u)));
}

int sam_retry_saved(struct samling *s)
{
    return sam_meta(s, retry_on) ? 0 : arm(s, 0);
}

int sam_retry_soon(struct samling *s)
{
    return arm(s, 0);
}

int sam_retry_failed(struct samling *s, uint32_t at_least_s)
{
    uint64_t n = sam_meta(s, retry_count), random = 0;
    uint64_t most_ms = 1000ull << (n < RETRY_DOUBLINGS_MAX ? n : RETRY_DOUBLINGS_MAX);
    if (most_ms > RETRY_S_MAX * 1000ull)
        most_ms = RETRY_S_MAX * 1000ull;
    int err = sam_random((uint8_t *)&random, sizeof random);
    uint64_t delay_ms = most_ms / 2 + (err ? 0 : random % (most_ms / 2 + 1));
    if (at_least_s > RETRY_AFTER_S_MAX)
        at_least_s = RETRY_AFTER_S_MAX;
    if (delay_ms < at_least_s * 1000ull)
        delay_ms = at_least_s * 1000ull;
    if (delay_ms < 1000)
        delay_ms = 1000;
    err = sam_meta_put(s, retry_count, n + 1);
    return err ? err : arm(s, delay_ms);
}

int sam_retry_ok(struct samling *s)
{
    int err = sam_meta_put(s, retry_count, 0);
    if (!err)
        err = sam_meta_put(s, retry_on, 0);
    if (!err && sam_retry_need(s))
        err = arm(s, 1000);
    return err;
}

int64_t samling_retry_in_ms(samling *s)
{
    if (!sam_meta(s, retry_on))
        return -1;
    uint64_t now = sam_host_mono_ms();
    return s->retry_due_ms > now ? (int64_t)(s->retry_due_ms - now) : 0;
}
