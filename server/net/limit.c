#include "server/net/limit.h"

#include "proto/base/assert.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN 1000u /* a handshake; one token's thousandth trickles in per millisecond and unit of rate */

struct bucket {
    uint64_t at_ms;  /* when tokens was right, and when it was last heard of */
    uint64_t tokens; /* in thousandths of a handshake */
};

struct entry {
    struct bucket bucket;
    bool good;                         /* somebody has proved who he is from there */
    uint64_t join_ms[LIMIT_JOINS_MAX]; /* a ring: the last wrong invites, oldest at join_first */
    unsigned join_first, join_count;
};

struct limit {
    struct limit_config config;
    unsigned count;
    struct limit_address *address; /* of the entries, side by side: a flood looks for one of them at each connection */
    struct entry *entry;
    struct bucket all;
};

struct limit *limit_new(const struct limit_config *config)
{
    struct limit *l = calloc(1, sizeof *l);
    SAM_ASSERT(config->joins_per_minute <= LIMIT_JOINS_MAX);
    if (!l)
        return NULL;
    l->config = *config;
    if (l->config.handshake_burst == 0)
        l->config.handshake_burst = 1;
    if (l->config.all_burst == 0)
        l->config.all_burst = 1;
    l->all.tokens = (uint64_t)l->config.all_burst * TOKEN;
    l->entry = calloc(LIMIT_ADDRESSES_MAX, sizeof *l->entry);
    l->address = calloc(LIMIT_ADDRESSES_MAX, sizeof *l->address);
    if (l->entry && l->address)
        return l;
    limit_free(l);
    return NULL;
}

void limit_free(struct limit *l)
{
    if (!l)
        return;
    free(l->entry);
    free(l->address);
    free(l);
}

/* ---- addresses */

void limit_address(struct limit_address *out, const struct sockaddr_storage *from)
{
    static const uint8_t four[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    memset(out, 0, sizeof *out);
    if (from->ss_family == AF_INET) {
        memcpy(out->bytes, four, sizeof four);
        memcpy(out->bytes + sizeof four, &((const struct sockaddr_in *)from)->sin_addr, 4);
    } else if (from->ss_family == AF_INET6) {
        const uint8_t *six = ((const struct sockaddr_in6 *)from)->sin6_addr.s6_addr;
        memcpy(out->bytes, six, memcmp(six, four, sizeof four) == 0 ? 16 : 8);
    }
}

bool limit_address_same(const struct limit_address *a, const struct limit_address *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

static struct entry *known(const struct limit *l, const struct limit_address *a)
{
    for (unsigned i = 0; i < l->count; i++)
        if (limit_address_same(&l->address[i], a))
            return &l->entry[i];
    return NULL;
}

static bool goes_before(const struct entry *a, const struct entry *b)
{
    return a->good != b->good ? !a->good : a->bucket.at_ms < b->bucket.at_ms;
}

/* The entry of an address that was longest quiet is taken when there is no empty one. */
static struct entry *entry_of(struct limit *l, const struct limit_address *a, uint64_t now_ms)
{
    struct entry *e = known(l, a);
    if (e)
        return e;
    if (l->count < LIMIT_ADDRESSES_MAX) {
        e = &l->entry[l->count++];
    } else {
        e = l->entry;
        for (unsigned i = 1; i < LIMIT_ADDRESSES_MAX; i++)
            if (goes_before(&l->entry[i], e))
                e = &l->entry[i];
    }
    memset(e, 0, sizeof *e);
    l->address[e - l->entry] = *a;
    e->bucket = (struct bucket){now_ms, (uint64_t)l->config.handshake_burst * TOKEN};
    return e;
}

/* ---- handshakes: a bucket that fills at the rate */

static void refill(struct bucket *b, unsigned rate, unsigned burst, uint64_t now_ms)
{
    uint64_t full = (uint64_t)burst * TOKEN, passed_ms = now_ms > b->at_ms ? now_ms - b->at_ms : 0;
    uint64_t enough_ms = full / rate + 1;
    b->tokens += (passed_ms < enough_ms ? passed_ms : enough_ms) * rate;
    if (b->tokens > full)
        b->tokens = full;
    if (now_ms > b->at_ms)
        b->at_ms = now_ms;
}

static void entry_refill(const struct limit *l, struct entry *e, uint64_t now_ms)
{
    refill(&e->bucket, l->config.handshake_rate, l->config.handshake_burst, now_ms);
}

bool limit_any(struct limit *l, uint64_t now_ms)
{
    if (l->config.handshake_rate == 0 || l->config.all_rate == 0)
        return true;
    refill(&l->all, l->config.all_rate, l->config.all_burst, now_ms);
    return l->all.tokens >= TOKEN;
}

bool limit_handshake(struct limit *l, const struct limit_address *a, uint64_t now_ms)
{
    if (l->config.handshake_rate == 0)
        return true;
    if (!limit_any(l, now_ms))
        return false;
    struct entry *e = entry_of(l, a, now_ms);
    entry_refill(l, e, now_ms);
    if (e->bucket.tokens < TOKEN)
        return false;
    e->bucket.tokens -= TOKEN;
    if (l->config.all_rate)
        l->all.tokens -= TOKEN;
    return true;
}

void limit_proved(struct limit *l, const struct limit_address *a, uint64_t now_ms)
{
    if (l->config.handshake_rate == 0)
        return;
    struct entry *e = entry_of(l, a, now_ms);
    e->good = true;
    e->bucket.tokens += TOKEN;
    entry_refill(l, e, now_ms);
    l->all.tokens += TOKEN;
    limit_any(l, now_ms);
}

bool limit_good(const struct limit *l, const struct limit_address *a)
{
    const struct entry *e = known(l, a);
    return e && e->good;
}

/* ---- invites: the last ones, each with its time */

static void joins_forget(struct entry *e, uint64_t now_ms)
{
    while (e->join_count && now_ms - e->join_ms[e->join_first] >= LIMIT_MINUTE_MS) {
        e->join_first = (e->join_first + 1) % LIMIT_JOINS_MAX;
        e->join_count--;
    }
}

uint32_t limit_join(struct limit *l, const struct limit_address *a, uint64_t now_ms)
{
    if (l->config.joins_per_minute == 0)
        return 0;
    struct entry *e = entry_of(l, a, now_ms);
    joins_forget(e, now_ms);
    if (e->join_count >= l->config.joins_per_minute) {
        uint64_t left_ms = e->join_ms[e->join_first] + LIMIT_MINUTE_MS - now_ms;
        return (uint32_t)((left_ms + 999) / 1000);
    }
    if (l->config.handshake_rate)
        entry_refill(l, e, now_ms);
    else
        e->bucket.at_ms = now_ms;
    e->join_ms[(e->join_first + e->join_count++) % LIMIT_JOINS_MAX] = now_ms;
    return 0;
}

void limit_joined(struct limit *l, const struct limit_address *a)
{
    struct entry *e = known(l, a);
    if (e && e->join_count)
        e->join_count--;
}

unsigned limit_count(const struct limit *l)
{
    return l->count;
}
