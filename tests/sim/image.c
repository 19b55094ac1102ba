#include "tests/sim/image.h"

#include "proto/base/assert.h"

#include <stdlib.h>
#include <string.h>

struct image_change {
    uint64_t at; /* a truncation: the new length */
    size_t len;
    uint8_t *ptr; /* NULL: a truncation */
};

uint64_t image_random(uint64_t *state) /* splitmix64 */
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool toss(struct image_luck *luck)
{
    return image_random(luck->random) & 1;
}

/* ---- bytes */

static void bytes_resize(struct image_bytes *b, size_t len)
{
    if (len > b->room) {
        b->room = len < 4096 ? 4096 : len + len / 2;
        b->ptr = realloc(b->ptr, b->room);
        SAM_ASSERT(b->ptr);
    }
    if (len > b->len)
        memset(b->ptr + b->len, 0, len - b->len);
    b->len = len;
}

static void bytes_put(struct image_bytes *b, uint64_t at, const void *p, size_t len)
{
    if (at + len > b->len)
        bytes_resize(b, at + len);
    if (len)
        memcpy(b->ptr + at, p, len);
}

static void bytes_copy(struct image_bytes *to, const struct image_bytes *from)
{
    bytes_resize(to, from->len);
    if (from->len)
        memcpy(to->ptr, from->ptr, from->len);
}

static void garbage(struct image_bytes *b, size_t at, size_t end, uint64_t *random)
{
    for (size_t i = at; i < end && i < b->len; i++)
        b->ptr[i] = (uint8_t)image_random(random);
}

/* ---- changes */

static struct image_change *change_new(struct image *m)
{
    if (m->unsynced_count == m->unsynced_room) {
        m->unsynced_room = m->unsynced_room ? m->unsynced_room * 2 : 16;
        m->unsynced = realloc(m->unsynced, m->unsynced_room * sizeof *m->unsynced);
        SAM_ASSERT(m->unsynced);
    }
    return &m->unsynced[m->unsynced_count++];
}

static void changes_clear(struct image *m)
{
    for (size_t i = 0; i < m->unsynced_count; i++)
        free(m->unsynced[i].ptr);
    m->unsynced_count = 0;
}

static void change_apply(struct image *m, const struct image_change *c)
{
    if (c->ptr)
        bytes_put(&m->kept, c->at, c->ptr, c->len);
    else
        bytes_resize(&m->kept, c->at);
}

void image_fini(struct image *m)
{
    changes_clear(m);
    free(m->unsynced);
    free(m->seen.ptr);
    free(m->kept.ptr);
}

void image_write(struct image *m, uint64_t at, const void *p, size_t len)
{
    struct image_change *c = change_new(m);
    *c = (struct image_change){at, len, malloc(len ? len : 1)};
    SAM_ASSERT(c->ptr);
    memcpy(c->ptr, p, len);
    bytes_put(&m->seen, at, p, len);
}

void image_truncate(struct image *m, uint64_t len)
{
    *change_new(m) = (struct image_change){.at = len};
    bytes_resize(&m->seen, len);
}

void image_sync(struct image *m)
{
    for (size_t i = 0; i < m->unsynced_count; i++)
        change_apply(m, &m->unsynced[i]);
    changes_clear(m);
}

void image_sync_fail(struct image *m, struct image_luck *luck)
{
    for (size_t i = 0; i < m->unsynced_count; i++)
        if (toss(luck))
            change_apply(m, &m->unsynced[i]);
    changes_clear(m);
}

/* ---- power loss */

enum fate { FATE_NONE, FATE_ALL, FATE_FIRST, FATE_SOME, FATE_SECTORS, FATE_COUNT };

/* A file that grows without all its bytes arriving shows zeros or what lay on the disk before. */
static void grow(struct image *m, uint64_t len, struct image_luck *luck)
{
    size_t old = m->kept.len;
    if (len <= old)
        return;
    bytes_resize(&m->kept, len);
    if (toss(luck))
        garbage(&m->kept, old, len, luck->random);
}

/* The sector around ${at} was being written when the power went. */
static void spoil(struct image *m, uint64_t at, struct image_luck *luck)
{
    if (!luck->garbage_bytes || image_random(luck->random) % 16)
        return;
    size_t first = at - at % luck->garbage_bytes;
    garbage(&m->kept, first, first + luck->garbage_bytes, luck->random);
    luck->counts->garbage++;
}

/* Keep each sector of a write or not; how many of them were kept. */
static size_t sectors_keep(struct image *m, const struct image_change *c, struct image_luck *luck, size_t *all)
{
    size_t kept = 0;
    for (size_t done = 0, n; done < c->len; done += n, ++*all) {
        n = IMAGE_TEAR_BYTES - (c->at + done) % IMAGE_TEAR_BYTES;
        n = n < c->len - done ? n : c->len - done;
        if (toss(luck)) {
            grow(m, c->at + done, luck);
            bytes_put(&m->kept, c->at + done, c->ptr + done, n);
            kept++;
        }
        spoil(m, c->at + done, luck);
    }
    if (!toss(luck))
        grow(m, c->at + c->len, luck);
    return kept;
}

/* Whether something of the change is kept. */
static bool change_tear(struct image *m, const struct image_change *c, struct image_luck *luck)
{
    size_t all = 0;
    if (!c->ptr) {
        bool kept = toss(luck);
        if (kept)
            change_apply(m, c);
        return kept;
    }
    size_t kept = sectors_keep(m, c, luck, &all);
    luck->counts->torn += kept && kept < all;
    return kept;
}

static bool change_keep(struct image *m, const struct image_change *c, struct image_luck *luck)
{
    if (c->ptr)
        grow(m, c->at, luck);
    change_apply(m, c);
    return true;
}

static bool change_settle(struct image *m, const struct image_change *c, enum fate fate, struct image_luck *luck)
{
    switch (fate) {
    case FATE_ALL: return change_keep(m, c, luck);
    case FATE_SOME: return toss(luck) && change_keep(m, c, luck);
    case FATE_SECTORS: return change_tear(m, c, luck);
    default: return false;
    }
}

void image_power_loss(struct image *m, struct image_luck *luck)
{
    if (m->unsynced_count) {
        enum fate fate = (enum fate)(image_random(luck->random) % FATE_COUNT);
        size_t torn = fate == FATE_FIRST ? image_random(luck->random) % m->unsynced_count : m->unsynced_count;
        uint64_t dropped = 0;
        for (size_t i = 0; i < m->unsynced_count; i++) {
            enum fate now = fate != FATE_FIRST ? fate : i < torn ? FATE_ALL : i == torn ? FATE_SECTORS : FATE_NONE;
            if (!change_settle(m, &m->unsynced[i], now, luck)) {
                dropped++;
            } else if (dropped > 0) {
                luck->counts->reordered += dropped;
                luck->counts->dropped += dropped;
                dropped = 0;
            }
        }
        luck->counts->dropped += dropped;
        changes_clear(m);
    }
    bytes_copy(&m->seen, &m->kept);
}

/* ---- from outside */

void image_copy(struct image *to, const struct image *from)
{
    changes_clear(to);
    bytes_copy(&to->seen, &from->seen);
    bytes_copy(&to->kept, &from->seen);
}

void image_flip(struct image *m, uint64_t bit)
{
    SAM_ASSERT(bit / 8 < m->seen.len);
    m->seen.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
    if (bit / 8 < m->kept.len)
        m->kept.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
}
