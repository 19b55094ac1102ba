/* Histories and their orders, by walking: see history.h. ${prefix}[n] is what the first n arrivals were. */
#include "tests/lib/history.h"

#include "tests/lib/check.h"

#include <string.h>

/* Ops that count when they lie within the base of ${x}. */
static uint8_t counted(const struct history *h, unsigned x)
{
    uint8_t mask = 0;
    bool own_too = h->exact || (h->shared && h->device[x] == 0);
    for (unsigned y = 0; y < h->count; y++)
        if (y != x && (own_too || h->device[y] != h->device[x]))
            mask |= (uint8_t)(1u << y);
    return mask;
}

bool history_saw(const struct history *h, unsigned x, unsigned y)
{
    bool own = h->device[y] == h->device[x] && !(h->shared && h->device[x] == 0);
    return own ? y < x : h->base[x] >> y & 1u;
}

unsigned history_draw(uint64_t *seed, unsigned below)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ z >> 31) >> 32) % below;
}

/* ---- orders of one history: place by place, each with every prefix that may have been its base */

struct walk {
    const struct history *h;
    uint64_t seed;
    bool (*each)(void *ctx, const struct history *h, const struct history_order *order);
    void *ctx;
    struct history_order order;
    uint8_t prefix[HISTORY_OPS_MAX + 1]; /* mask of the first n that arrived */
    unsigned given;
    bool stopped;
};

static void step(struct walk *w, unsigned placed);

/* Is ${x} the next op of its device? */
static bool is_next(const struct walk *w, unsigned placed, unsigned x)
{
    bool first = x == 0 || w->h->device[x - 1] != w->h->device[x];
    return !(w->prefix[placed] >> x & 1u) && (first || w->prefix[placed] >> (x - 1) & 1u);
}

/* Ops that must lie within the base of ${x} beside those that do. */
static uint8_t wanted(const struct history *h, unsigned x)
{
    uint8_t mask = 0;
    for (unsigned y = 0; h->fresh && h->shared && h->device[x] == 0 && y < x; y++)
        mask |= (uint8_t)(1u << y);
    return mask;
}

static void place(struct walk *w, unsigned placed, unsigned x)
{
    uint8_t mask = counted(w->h, x);
    if (wanted(w->h, x) & ~w->h->base[x])
        return;
    w->order.at[placed] = (uint8_t)x;
    w->prefix[placed + 1] = (uint8_t)(w->prefix[placed] | 1u << x);
    for (unsigned n = 0; n <= placed && !w->stopped; n++) {
        unsigned b = w->seed && w->seed & 1u ? placed - n : n;
        if ((w->prefix[b] & mask) != w->h->base[x])
            continue;
        w->order.base[x] = (uint8_t)b;
        step(w, placed + 1);
    }
}

static void step(struct walk *w, unsigned placed)
{
    if (placed == w->h->count) {
        w->given++;
        w->stopped = !w->each(w->ctx, w->h, &w->order);
        return;
    }
    unsigned turn = w->seed ? history_draw(&w->seed, w->h->count) : 0;
    for (unsigned i = 0; i < w->h->count && !w->stopped; i++) {
        unsigned x = (i + turn) % w->h->count;
        if (is_next(w, placed, x))
            place(w, placed, x);
    }
}

unsigned history_orders(const struct history *h, uint64_t seed,
                        bool (*each)(void *ctx, const struct history *h, const struct history_order *order), void *ctx)
{
    struct walk w = {.h = h, .seed = seed, .each = each, .ctx = ctx};
    CHECK(h->count <= HISTORY_OPS_MAX);
    step(&w, 0);
    return w.given;
}

/* ---- all histories */

static bool enough(void *ctx, const struct history *h, const struct history_order *order)
{
    (void)ctx, (void)h, (void)order;
    return false;
}

/* The next mask within ${of} after ${mask}; 0 after the last. */
static uint8_t mask_next(uint8_t mask, uint8_t of)
{
    return (uint8_t)((mask - of) & of);
}

static bool bases_next(struct history *h)
{
    for (unsigned x = 0; x < h->count; x++) {
        h->base[x] = mask_next(h->base[x], counted(h, x));
        if (h->base[x])
            return true;
    }
    return false;
}

/* The next way to spread the ops: device numbers never fall and never skip one. */
static bool devices_next(struct history *h, unsigned devices)
{
    for (unsigned x = h->count; x-- > 1;) {
        if (h->device[x] > h->device[x - 1] || h->device[x] + 1u == devices)
            continue;
        h->device[x]++;
        for (unsigned y = x + 1; y < h->count; y++)
            h->device[y] = h->device[x];
        return true;
    }
    return false;
}

unsigned history_each(unsigned count, unsigned devices, const struct history *like,
                      void (*each)(void *ctx, const struct history *h), void *ctx)
{
    struct history h = {.count = count, .exact = like->exact, .shared = like->shared, .fresh = like->fresh};
    unsigned given = 0;
    CHECK(count > 0 && count <= HISTORY_OPS_MAX);
    do {
        do {
            if (history_orders(&h, 0, enough, NULL) == 0)
                continue;
            given++;
            each(ctx, &h);
        } while (bases_next(&h));
    } while (devices_next(&h, devices));
    return given;
}

/* ---- random ones */

void history_random(struct history *h, unsigned count, unsigned devices, uint64_t *seed)
{
    uint8_t device[HISTORY_OPS_MAX] = {0}, name[HISTORY_OPS_MAX] = {0}, prefix[HISTORY_OPS_MAX + 1] = {0};
    h->count = count;
    for (unsigned i = 0; i < count; i++)
        device[i] = (uint8_t)history_draw(seed, devices);
    unsigned n = 0;
    for (unsigned d = 0; d < devices; d++)
        for (unsigned i = 0; i < count; i++)
            if (device[i] == d) {
                h->device[n] = (uint8_t)d;
                name[i] = (uint8_t)n++;
            }
    for (unsigned i = 0; i < count; i++)
        prefix[i + 1] = (uint8_t)(prefix[i] | 1u << name[i]);
    for (unsigned i = 0; i < count; i++) {
        unsigned from = 0;
        while (wanted(h, name[i]) & ~prefix[from])
            from++;
        unsigned b = from + history_draw(seed, i + 1 - from);
        h->base[name[i]] = (uint8_t)(prefix[b] & counted(h, name[i]));
    }
}

void history_text(const struct history *h, char *out, unsigned size)
{
    unsigned used = 0, seq[HISTORY_OPS_MAX];
    for (unsigned x = 0; x < h->count; x++)
        seq[x] = x && h->device[x] == h->device[x - 1] ? seq[x - 1] + 1 : 1;
    out[0] = 0;
    for (unsigned x = 0; x < h->count; x++) {
        used += (unsigned)snprintf(out + used, size - used, "%s%c%u(", x ? " " : "", 'A' + h->device[x], seq[x]);
        for (unsigned y = 0; y < h->count && used + 8 < size; y++)
            if (h->base[x] >> y & 1u)
                used += (unsigned)snprintf(out + used, size - used, "%c%u", 'A' + h->device[y], seq[y]);
        if (used + 24 > size)
            return;
        used += (unsigned)snprintf(out + used, size - used, ")");
    }
}
