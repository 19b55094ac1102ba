#include "client-sdk/src/rows.h"

#include "client-sdk/src/client.h"
#include "client-sdk/src/outbox.h"
#include "client-sdk/src/read.h"
#include "proto/base/grow.h"

#include <stdlib.h>

/* ---- which rows there are */

struct keys {
    struct sam_key *at;
    size_t count, room;
};

static int keys_add(struct keys *k, const struct sam_key *key)
{
    struct sam_key *at = sam_grow(k->at, &k->room, k->count + 1, sizeof *at);
    if (!at)
        return SAM_ENOMEM;
    k->at = at;
    k->at[k->count++] = *key;
    return 0;
}

/* Every row that ${q} gives: its first columns are the key. */
static int keys_take(sqlite3_stmt *q, uint8_t entity, struct keys *k)
{
    struct sam_key key = {.entity = entity};
    int rc, err = 0;
    while (!err && (rc = sam_store_step(q)) == 1) {
        for (int i = 0; i < (int)SAM_KEY_PARTS_MAX; i++)
            key.part[i] = sam_column(q, i);
        err = keys_add(k, &key);
    }
    sqlite3_reset(q);
    return err ? err : rc;
}

/* ${first}: the first key part, 0: any. */
static int keys_in_slot(struct samling *s, uint64_t slot, uint8_t entity, uint64_t first, struct keys *k)
{
    sqlite3_stmt *q = sam_store_use(&s->store, first ? SAM_Q_ROW_OF_KEY : SAM_Q_ROW_OF);
    sam_bind(q, 1, slot);
    sam_bind(q, 2, entity);
    if (first)
        sam_bind(q, 3, first);
    return keys_take(q, entity, k);
}

static int keys_own(struct samling *s, uint8_t entity, uint64_t first, struct keys *k)
{
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_OP_SHOWN_KEYS);
    sam_bind(q, 1, entity);
    sam_bind(q, 2, first);
    return keys_take(q, entity, k);
}

static int compare_key(const void *a, const void *b)
{
    return sam_key_compare(a, b);
}

static void keys_sort(struct keys *k)
{
    size_t kept = 0;
    if (k->count > 1)
        qsort(k->at, k->count, sizeof *k->at, compare_key);
    for (size_t i = 0; i < k->count; i++)
        if (!kept || !sam_key_equal(&k->at[i], &k->at[kept - 1]))
            k->at[kept++] = k->at[i];
    k->count = kept;
}

/* ---- one row */

/* The same row, but of somebody who is shown as this person? */
static int shown_here(struct samling *s, const struct sam_key *of, const struct sam_key *key, int person, bool *is)
{
    struct sam_key here = *of;
    here.part[person] = key->part[person];
    *is = false;
    if (!sam_key_equal(&here, key))
        return 0;
    uint64_t as;
    int err = sam_person_shown(s, of->part[person], &as);
    *is = !err && as == key->part[person];
    return err;
}

/* A notice about what was said of somebody who is shown as this person. */
static int attention_linked(struct samling *s, const struct sam_key *key, int person, bool *is)
{
    struct keys k = {0};
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_NOTICE_KEYS);
    sam_bind(q, 1, sam_meta(s, device_no));
    sam_bind(q, 2, key->entity);
    int err = keys_take(q, key->entity, &k);
    for (size_t i = 0; !err && !*is && i < k.count; i++)
        err = shown_here(s, &k.at[i], key, person, is);
    free(k.at);
    return err;
}

static int attention(struct samling *s, const struct sam_key *key, bool *is)
{
    uint64_t one;
    int person = sam_entity_shared(sam_entity_find(key->entity));
    sqlite3_stmt *q = sam_store_use(&s->store, SAM_Q_NOTICE_ABOUT);
    sam_bind(q, 1, sam_meta(s, device_no));
    sam_bind_key(q, 2, key);
    int err = sam_store_one(q, &one);
    *is = !err;
    if (err == SAM_ENOTFOUND)
        err = person < 0 ? 0 : attention_linked(s, key, person, is);
    return err;
}

/* ${found}: how the replica answered for seen->view. */
static int seen_complete(struct samling *s, struct sam_seen *seen, int found)
{
    struct sam_view *v = &seen->view;
    const struct sam_key key = v->row.key;
    bool waiting, noticed = false;
    if (found && found != SAM_ENOTFOUND)
        return found;
    seen->disputed = v->disputed != 0;
    if (seen->disputed && sam_row_decode(key.entity, v->other.value, &seen->other)) /* before another row is read */
        return SAM_ECORRUPT;
    int err = sam_overlay(s, v, &waiting);
    if (!err && !waiting)
        err = attention(s, &key, &noticed);
    seen->state = waiting ? SAMLING_WAITING : noticed ? SAMLING_ATTENTION : SAMLING_AT_CENTRE;
    return err ? err : v->here ? 0 : SAM_ENOTFOUND;
}

int sam_rows_get(struct samling *s, const struct sam_key *key, struct sam_seen *seen)
{
    return seen_complete(s, seen, sam_replica_find(s, key, &seen->view, NULL));
}

/* ---- all of them */

int sam_rows_of_session(struct samling *s, uint8_t entity, uint64_t session, uint64_t scope, sam_seen_fn *each,
                        void *ctx)
{
    struct keys k = {0};
    struct sam_seen seen;
    const struct sam_held *h = sam_held_find(s, scope);
    uint64_t slot = h ? h->slot : 0, first = sam_entity_hangs(sam_entity_find(entity)) == 0 ? session : 0;
    int err = slot ? keys_in_slot(s, slot, entity, first, &k) : 0;
    if (!err)
        err = keys_own(s, entity, first, &k);
    keys_sort(&k);
    for (size_t i = 0; !err && i < k.count; i++) {
        err = seen_complete(s, &seen, sam_replica_get(s, slot, &k.at[i], &seen.view));
        if (!err && sam_row_session(&seen.view.row) == session)
            err = each(ctx, &seen);
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    free(k.at);
    return err;
}

/* In every visible scope that has the person: one of them may be about to be filled anew. */
static int keys_of_person(struct samling *s, uint8_t entity, uint64_t person, uint64_t first, struct keys *k)
{
    struct sam_key who = {.entity = SAM_PARTICIPANT, .part = {person}};
    struct sam_view v;
    int err = 0;
    for (unsigned i = 0; !err && i < s->held.count; i++) {
        if (!s->held.at[i].slot)
            continue;
        err = sam_replica_get(s, s->held.at[i].slot, &who, &v);
        if (!err)
            err = keys_in_slot(s, s->held.at[i].slot, entity, first, k);
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    return err ? err : keys_own(s, entity, first, k);
}

int sam_rows_of_person(struct samling *s, uint8_t entity, uint64_t person, sam_seen_fn *each, void *ctx)
{
    struct keys k = {0};
    struct sam_seen seen;
    bool by_key = sam_entity_hangs(sam_entity_find(entity)) == 0;
    int err = keys_of_person(s, entity, person, by_key ? person : 0, &k);
    keys_sort(&k);
    for (size_t i = 0; !err && i < k.count; i++) {
        uint64_t as;
        err = sam_rows_get(s, &k.at[i], &seen);
        if (!err)
            err = sam_person_shown(s, sam_row_person(&seen.view.row), &as);
        if (!err && as == person)
            err = each(ctx, &seen);
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    free(k.at);
    return err;
}

int sam_rows_all(struct samling *s, uint8_t entity, sam_seen_fn *each, void *ctx)
{
    struct keys k = {0};
    struct sam_seen seen;
    int err = 0;
    for (unsigned i = 0; !err && i < s->held.count; i++)
        if (s->held.at[i].slot)
            err = keys_in_slot(s, s->held.at[i].slot, entity, 0, &k);
    if (!err)
        err = keys_own(s, entity, 0, &k);
    keys_sort(&k);
    for (size_t i = 0; !err && i < k.count; i++) {
        err = sam_rows_get(s, &k.at[i], &seen);
        err = err ? err : each(ctx, &seen);
        err = err == SAM_ENOTFOUND ? 0 : err;
    }
    free(k.at);
    return err;
}
