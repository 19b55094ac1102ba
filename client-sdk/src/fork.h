/* Another store says the same numbers: this one is a copy, or an old image, of it. The device takes a new number and key;
 * what it alone has is numbered anew and names its first identity. */
#ifndef SAM_CLIENT_FORK_H
#define SAM_CLIENT_FORK_H

#include "proto/wire/codec.h"

struct samling;

/* sam_fork_begin(s, shared_seq): keep durably that a new number is needed; makes the new key. Repeating it changes nothing. */
int sam_fork_begin(struct samling *s, uint64_t shared_seq);
/* sam_fork_drop(s): the centre knows nothing of that fork any more: what HELLO says next decides anew. */
int sam_fork_drop(struct samling *s);
/* sam_fork_point(s, e): the last seq at which the own chain agrees with those in ERROR(FORK). */
uint64_t sam_fork_point(struct samling *s, const struct sam_error *e);
/* sam_fork_finish(s, device_no): the new number is here: re-label. All in the open transaction. */
int sam_fork_finish(struct samling *s, uint64_t device_no);

#endif
