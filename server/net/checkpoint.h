/* When the store's log (its WAL) is moved into the file: after commits that have added enough to it, on the write thread, and never so that
 * anybody waits for a reader. A reader that stays, a shell in the store's file for instance, keeps the log from beginning anew: that is
 * logged once when the log is large, and again when it is over. */
#ifndef NET_CHECKPOINT_H
#define NET_CHECKPOINT_H

#include "server/store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct checkpoint {
    struct store *store;
    uint64_t grown_bytes; /* since the last one, about */
    uint64_t held_bytes;  /* of a large log that a reader holds back, 0: nobody does */
    bool full;            /* it is so large that nothing more is to be taken in */
};

/* checkpoint_init(c, st): with what an unclean end left in the log. ${st} stays the caller's. */
void checkpoint_init(struct checkpoint *c, struct store *st);
/* checkpoint_grew(c, bytes, ops): a commit has been made, of jobs of so many bytes and ops. */
void checkpoint_grew(struct checkpoint *c, size_t bytes, unsigned ops);
/* checkpoint_due(c): is it worth its time after a commit? */
bool checkpoint_due(const struct checkpoint *c);
/* checkpoint_run(c): move what no reader needs. SAM_EIO: the disk failed, the process must end. */
int checkpoint_run(struct checkpoint *c);

#endif
