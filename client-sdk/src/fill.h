/* A scope's first fill: chunks into a slot that nobody sees, then what changed meanwhile, then the swap. The place behind
 * the last chunk is stored with its rows, so a cut costs one chunk. */
#ifndef SAM_CLIENT_FILL_H
#define SAM_CLIENT_FILL_H

#include "proto/wire/codec.h"

struct samling;
struct sam_held;

/* sam_fill_get(h, g): the request that goes on where the fill stands. */
void sam_fill_get(const struct sam_held *h, struct sam_snap_get *g);
int sam_fill_chunk(struct samling *s, const struct sam_snap_chunk *c);
/* sam_fill_end(s, h, e, equal): all is here. Equal: it becomes visible. Otherwise the fill starts over. */
int sam_fill_end(struct samling *s, struct sam_held *h, const struct sam_scope_end *e, bool *equal);

#endif
