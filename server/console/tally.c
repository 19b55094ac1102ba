#include "server/console/tally.h"

#include "proto/base/assert.h"
#include "proto/base/err.h"
#include "proto/wire/crypto.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    struct tally_key key;
    unsigned count;
    uint64_t last_ms, at_ms[TALLY_TRIES_MAX]; /* rising */
};

struct tally {
    unsigned tries, used;
    uint64_t window_ms;
    struct entry entry[TALLY_KEYS_MAX];
};

struct tally *tally_new(unsigned tries, uint64_t window_ms)
{
    SAM_ASSERT(tries > 0 && tries <= TALLY_TRIES_MAX);
    struct tally *t = calloc(1, sizeof *t);
    if (t) {
        t->tries = tries;
        t->window_ms = window_ms;
    }
    return t;
}

void tally_free(struct tally *t)
{
    free(t);
}

int tally_key(struct tally_key *out, const void *p, size_t n)
{
    return sam_sha256(p, n, out->hash);
}

static struct entry *find(struct tally *t, const struct tally_key *key)
{
    for (unsigned i = 0; i < t->used; i++)
        if (memcmp(&t->entry[i].key, key, sizeof *key) == 0)
            return &t->entry[i];
    return NULL;
}

static void shift(struct entry *e, unsigned n)
{
    e->count -= n;
    memmove(e->at_ms, e->at_ms + n, e->count * sizeof *e->at_ms);
}

static void forget_old(const struct tally *t, struct entry *e, uint64_t now_ms)
{
    unsigned old = 0;
    while (old < e->count && now_ms - e->at_ms[old] >= t->window_ms)
        old++;
    shift(e, old);
}

uint64_t tally_wait_ms(struct tally *t, const struct tally_key *key, uint64_t now_ms)
{
    struct entry *e = find(t, key);
    if (!e)
        return 0;
    forget_old(t, e, now_ms);
    return e->count < t->tries ? 0 : e->at_ms[e->count - t->tries] + t->window_ms - now_ms;
}

static struct entry *make(struct tally *t, const struct tally_key *key)
{
    struct entry *e = &t->entry[0];
    if (t->used < TALLY_KEYS_MAX)
        e = &t->entry[t->used++];
    else
        for (unsigned i = 1; i < t->used; i++)
            if (t->entry[i].last_ms < e->last_ms)
                e = &t->entry[i];
    *e = (struct entry){.key = *key};
    return e;
}

unsigned tally_add(struct tally *t, const struct tally_key *key, uint64_t now_ms)
{
    struct entry *e = find(t, key);
    e = e ? e : make(t, key);
    forget_old(t, e, now_ms);
    if (e->count == TALLY_TRIES_MAX)
        shift(e, 1);
    e->at_ms[e->count++] = e->last_ms = now_ms;
    return e->count;
}

void tally_take_back(struct tally *t, const struct tally_key *key)
{
    struct entry *e = find(t, key);
    if (e && e->count)
        e->count--;
}

void tally_clear(struct tally *t, const struct tally_key *key)
{
    struct entry *e = find(t, key);
    if (e)
        e->count = 0;
}
