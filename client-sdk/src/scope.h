/* The scopes that a device holds: which rows are visible, how far they are complete, and how far a fill has come.
 * Held in memory (SAM_SCOPES_MAX at most) and written through.
 *
 *   new --SNAP_GET--> filling --last chunk--> catching up --SCOPE_END--> complete --sum differs, cut--> filling (old rows visible)
 *
 * A fill writes rows into a slot of its own; SCOPE_END makes that slot the visible one and drops the old one's rows. */
#ifndef SAM_CLIENT_SCOPE_H
#define SAM_CLIENT_SCOPE_H

#include "proto/base/limits.h"

#include <stdbool.h>
#include <stdint.h>

struct samling;

struct sam_held {
    uint64_t id, since_csn;
    uint64_t slot; /* visible rows, 0: none */
    uint64_t csn, epoch, rows, sum;
    int64_t window_day;
    uint64_t fill_slot; /* 0: complete */
    uint64_t fill_epoch, fill_start, fill_entity, fill_after[SAM_KEY_PARTS_MAX];
    unsigned fill_after_count;
    bool filled;
    uint64_t fill_rows, fill_sum, fill_total;
    /* not stored */
    bool asked;        /* SNAP_GET is out */
    bool suspect;      /* a change came for a row that is not here */
    unsigned fill_bad; /* fills of this connection whose sum was wrong */
};

struct sam_scopes_held {
    unsigned count;
    struct sam_held at[SAM_SCOPES_MAX];
};

static inline bool sam_held_complete(const struct sam_held *h)
{
    return h->slot && !h->fill_slot;
}

int sam_held_load(struct samling *s);
struct sam_held *sam_held_find(struct samling *s, uint64_t id);
/* sam_held_add(s, id, since, out): a scope that is to be filled. SAM_ETOOBIG: more than SAM_SCOPES_MAX. */
int sam_held_add(struct samling *s, uint64_t id, uint64_t since_csn, struct sam_held **out);
int sam_held_save(struct samling *s, const struct sam_held *h);
/* sam_held_drop(s, h): the scope's rows leave; ${h} is gone afterwards. */
int sam_held_drop(struct samling *s, struct sam_held *h);
/* sam_held_refill(s, h): fill it from the start, beside the rows that are visible now. */
int sam_held_refill(struct samling *s, struct sam_held *h);
/* sam_held_swap(s, h, csn, epoch): the fill's rows become the visible ones. */
int sam_held_swap(struct samling *s, struct sam_held *h, uint64_t csn, uint64_t epoch);

#endif
