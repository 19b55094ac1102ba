/* Goal: a real centre in a folder of its own, with tablets that push without a network: sealed batches of encoded ops go
 * through intake_batch_read and intake_push as they do on the write thread. What fails here ends the program (check.h).
 * It can be started again, set to another day, and put back to a backup. */
#ifndef TESTS_LIB_CENTRE_H
#define TESTS_LIB_CENTRE_H

#include "server/intake/intake.h"

struct centre {
    char folder[64], path[96], journal[96];
    struct intake_config config;
    struct intake *in;
    struct sam_zip *zip;
    struct intake_batch *batch;
    struct sam_buf body, frame, op, scratch; /* reused by every push */
};

/* A tablet as the centre knows it. Copying it back undoes its pushes, for a transaction that was rolled back. */
struct centre_tablet {
    uint64_t device_no, seq, chain, greetings;
    uint8_t key[SAM_KEY_BYTES];
    struct sam_mac_key *push_key; /* owned by the first copy: centre_tablet_fini */
};

/* centre_open(c, now_s): a new store without a journal, its clock standing still at ${now_s}; all centres of a program share
 * that clock. _journaled: with a journal. centre_close removes it. */
void centre_open(struct centre *c, int64_t now_s);
void centre_open_journaled(struct centre *c, int64_t now_s);
void centre_close(struct centre *c);
void centre_clock(struct centre *c, int64_t now_s);
/* centre_open_at(c, config, now_s): a new store where ${config} says, whose paths outlive ${c}; its clock is the one above. centre_leave(c):
 * closed, and the store stays. */
void centre_open_at(struct centre *c, const struct intake_config *config, int64_t now_s);
void centre_leave(struct centre *c);

/* centre_stop(c), centre_start(c): closed; and opened again. centre_restart(c): both. centre_backup(c): the store is kept as it is. centre_restore(c): a start with
 * what was kept, and with the journal as it is. */
void centre_stop(struct centre *c);
void centre_start(struct centre *c);
void centre_restart(struct centre *c);
void centre_backup(struct centre *c);
void centre_restore(struct centre *c);

/* centre_says(c, op): an op of the centre itself, in the caller's transaction. Where key part 0 is 0, an id is minted.
 * Returns key part 0. The op is taken: a refusal ends the program. */
uint64_t centre_says(struct centre *c, struct sam_op *op);

/* centre_tablet_join(c, t, org): invited, joined and approved, in the caller's transaction. In two steps: centre_invited(c, org) is what
 * a tablet with a new code and a new key says, and centre_tablet_joined says it; it is then pending. */
struct sam_join centre_invited(struct centre *c, uint64_t org);
void centre_tablet_joined(struct centre *c, struct centre_tablet *t, const struct sam_join *j);
void centre_tablet_join(struct centre *c, struct centre_tablet *t, uint64_t org);
void centre_tablet_fini(struct centre_tablet *t);
/* centre_tablet_fork(c, t, parent, fork_seq): a copy of ${parent} that shares its ops up to ${fork_seq} gets a number. */
void centre_tablet_fork(struct centre *c, struct centre_tablet *t, const struct centre_tablet *parent,
                        uint64_t fork_seq);

/* centre_push(c, t, ops, count): one batch in the caller's transaction, with bases of the present epoch. The ops' csns
 * follow each other up to the one returned, that of the last. */
uint64_t centre_push(struct centre *c, struct centre_tablet *t, const struct sam_op *ops, unsigned count);

/* The same with all that a batch can say: bases of another epoch, bytes of any kind, earlier places and names of its ops. */
struct centre_batch {
    const struct sam_span *op;
    unsigned count, origin_count;
    uint64_t epoch; /* of the bases */
    const struct sam_origin *origin;
};
uint64_t centre_push_batch(struct centre *c, struct centre_tablet *t, const struct centre_batch *batch);

/* centre_offer(c, t, ops, count, epoch): the same, and it may be refused: the answer. ${t} moves on when it is acked. */
struct intake_pushed centre_offer(struct centre *c, struct centre_tablet *t, const struct sam_op *ops, unsigned count,
                                  uint64_t epoch);

#endif
