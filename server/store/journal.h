/* The journal: what the centre itself says (console, CLI, import, join, revoke, grant, erase) is appended here and fsynced
 * before the answer, so that a store restored from last night's backup gets it back. One file, journal.log, in a folder
 * that may lie on another disk.
 *
 *   record  length u32 | number u64 | kind u8 | epoch u64 | csn u64 | payload | first 8 bytes of SHA-256 over all before
 *           length counts everything after itself; integers are little-endian; numbers go 1, 2, 3 …
 *           kind's highest bit: what follows was said in the same commit
 *
 * A commit is there whole or not at all: a device without the code that it used, a figure without its sessions would be a thing
 * that nobody said. What is torn at the end was never answered for: it is cut off when the journal is opened, from the first
 * record of its commit on, and kept as journal.cut-N (N: where that began). A whole commit that was not answered for either,
 * since the process ended in between, counts from then on.
 *
 * One record changes once it is written: where somebody was erased, ops that spoke of them become JOURNAL_BLANK, in a copy that takes
 * the place of the file. On disk such a record's payload begins with the hash that it had, by which stores know the journal.
 *
 * The file is reached through SQLite's default VFS. A record follows the one before without a gap: the disk must leave alone
 * what a write does not touch (powersafe overwrite, which SQLite takes for granted too). */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"

#include <stdbool.h>
#include <stdint.h>

enum journal_kind {
    JOURNAL_EPOCH = 1,  /* a start: epoch id in epoch, its first csn in csn, the epoch before it in the payload */
    JOURNAL_OP = 2,     /* an op of device 1: op bytes */
    JOURNAL_DEVICE = 3, /* a device as it is now */
    JOURNAL_INVITE = 4,
    JOURNAL_MINT = 5, /* a block of ids, 8 bytes */
    JOURNAL_ERASE =
        6, /* a revoked device was told to erase itself: its number, the last op that was here, the chain there */
    JOURNAL_BLANK = 7,           /* a JOURNAL_OP of somebody who was erased: SHA-256 of the op bytes */
    JOURNAL_ACCOUNT = 8,         /* an account of the console as it is now */
    JOURNAL_FIGURE = 9,          /* a figure that was frozen, as it is now; csn: up to where it counts */
    JOURNAL_FIGURE_SESSIONS = 10 /* some of its sessions, as they stood */
};

struct journal_record {
    uint64_t number, epoch, csn;
    uint64_t
        hash; /* the record's own, as stored: given by journal_each, and by journal_add as long as nothing is added behind it */
    uint8_t kind;
    bool more;               /* the next one was synced with it: given by journal_each */
    struct sam_span payload; /* borrowed for the call */
};

struct journal;

/* journal_open(out, folder): makes it if it is not there. SAM_ECORRUPT: damaged before its end; SAM_EIO; SAM_ENOMEM. */
int journal_open(struct journal **out, const char *folder);
void journal_close(struct journal *j);
/* journal_last(j): number of the last record, 0: empty. */
uint64_t journal_last(const struct journal *j);
/* journal_add(j, r): append in memory; r->number is set. What is added before the next journal_sync is one commit. */
int journal_add(struct journal *j, struct journal_record *r);
/* journal_sync(j): what was added is on disk when this returns 0. */
int journal_sync(struct journal *j);
/* journal_undo(j): take out again what the last journal_sync wrote. */
int journal_undo(struct journal *j);
/* journal_drop(j): forget what was added since the last sync. */
void journal_drop(struct journal *j);
/* journal_blank(j, blank, ctx): a copy takes the place of the file, in which those of which ${blank} says 1 are JOURNAL_BLANK; it sets the
 * hash of their payload (0: as it is; negative: an error). What was cut off of torn ends goes too. Nothing may be added and not
 * synced. Until it returns 0 the journal may be the one that it was. */
int journal_blank(struct journal *j,
                  int (*blank)(void *ctx, const struct journal_record *r, uint8_t hash[SAM_HASH_BYTES]), void *ctx);
/* journal_hash_at(j, number, hash): the hash of that record; SAM_ENOTFOUND. Tells one journal from another. */
int journal_hash_at(struct journal *j, uint64_t number, uint64_t *hash);
/* journal_each(j, after, each, ctx): records with a number above ${after}, in order; stops at the first non-zero result. */
int journal_each(struct journal *j, uint64_t after, int (*each)(void *ctx, const struct journal_record *r), void *ctx);

#endif
