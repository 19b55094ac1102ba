/* Goal: what a feed tells a device, without a network: each answer goes through both ends of a conversation, and the device's end
 * counts what came, or holds it and compares its sums with the centre's. What fails here ends the program (check.h). */
#ifndef TESTS_LIB_READER_H
#define TESTS_LIB_READER_H

#include "server/store/feed.h"

/* What a device holds: a row in each of its scopes. Of a session that is deleted go all rows that hang on sessions: it is for tests
 * with one session. */
enum { READER_HELD_MAX = 256 };
struct reader_held {
    struct {
        uint64_t scope, csn;
        struct sam_key key;
    } row[READER_HELD_MAX];
    unsigned count;
    uint8_t newest; /* the highest entity that ever came */
};

struct reader {
    struct reader_held *held;                     /* NULL: it only counts */
    unsigned rows, changes, ends, chunks, scopes; /* rows and frames that came; scopes of the last list */
    unsigned differ;                              /* ends that say other rows or another sum than is held */
    uint64_t rows_total;                          /* as the chunks of a fill announce */
    uint64_t sum;                                 /* of the rows in chunks */
    struct sam_scope_end end;                     /* the last one */
};

/* reader_serve(zip, f, r): the whole answer; ${f} is freed. _told: the same to a device of the caller's. */
void reader_serve(struct sam_zip *zip, struct feed *f, struct reader *r);
void reader_told(struct sam_zip *zip, struct feed *f, const struct sam_sync_ops *device_ops, void *device_host);

#endif
