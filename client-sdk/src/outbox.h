/* Own ops: saved, sent, acked, covered, trimmed. The outbox is seq > acked_seq, `sent` is what lies below.
 *
 * Invariants
 *  1. seqs have no gap from oldest_seq to last_seq; the chain stored with an op fits the one before.
 *  2. Nothing acked is deleted before safe_seq covers it and 90 days of the centre's clock have passed.
 *  3. An own op is laid over its row until a run of its scope, complete after the ack, has covered it. */
#ifndef SAM_CLIENT_OUTBOX_H
#define SAM_CLIENT_OUTBOX_H

#include "client-sdk/src/replica.h"
#include "proto/wire/proof.h"

struct samling;
struct sam_sync;

/* sam_outbox_add(s, op, scope, base_epoch): one more op, in the open transaction. ${op} has been validated. */
int sam_outbox_add(struct samling *s, const struct sam_op *op, uint64_t scope, uint64_t base_epoch);
uint64_t sam_outbox_waiting(const struct samling *s);
/* sam_outbox_oldest_age(s, age_s): seconds since the oldest waiting op was saved, by the own clock; 0 where none waits. */
int sam_outbox_oldest_age(struct samling *s, int64_t *age_s);
/* sam_outbox_work(s, waiting, accesses, oldest_s): what waits of people's work, and of the log of who saw what, each in ops; and
 * since when the oldest piece of work does, in seconds. */
int sam_outbox_work(struct samling *s, uint64_t *waiting, uint64_t *accesses, int64_t *oldest_s);
/* sam_outbox_chain(s, seq, chain): the chain hash after op ${seq}. SAM_ENOTFOUND: not known any more, or not yet. */
int sam_outbox_chain(struct samling *s, uint64_t seq, uint64_t *chain);
/* sam_outbox_op(s, seq, sealed, op, bytes): unseal and decode; text is borrowed from ${bytes}. */
int sam_outbox_op(struct samling *s, int64_t seq, struct sam_span sealed, struct sam_op *op, struct sam_buf *bytes);

/**
 * sam_outbox_push(s, key, first_seq, bytes_max, hello_epoch, body, count):
 * Fill ${body} (cleared first) with a whole PUSH body of the ops from ${first_seq}: those with one base epoch, at most
 * SAM_PUSH_OPS_MAX, at most ${bytes_max} bytes. ${count} 0: none fits, or none is there.
 */
int sam_outbox_push(struct samling *s, struct sam_mac_key *key, uint64_t first_seq, size_t bytes_max,
                    uint64_t hello_epoch, struct sam_buf *body, unsigned *count);

/* sam_outbox_acked(s, seq, csn, epoch): everything up to ${seq} is at the centre; op ${seq} has ${csn} (0: not told). */
int sam_outbox_acked(struct samling *s, uint64_t seq, uint64_t csn, uint64_t epoch);
/* sam_outbox_range(s, first, count, csn, epoch): WELCOME's word on ops whose acks were lost. */
int sam_outbox_range(struct samling *s, uint64_t first, uint64_t count, uint64_t csn, uint64_t epoch);
/* sam_outbox_back(s, seq): the centre has lost everything after ${seq}: it is waiting again. */
int sam_outbox_back(struct samling *s, uint64_t seq);
/* sam_outbox_cover(s, scope, csn): the scope is complete at ${csn}. */
int sam_outbox_cover(struct samling *s, uint64_t scope, uint64_t csn);
int sam_outbox_trim(struct samling *s);

/* sam_overlay(s, v): lay all shown own ops about the row over ${v}; ${waiting}: one is not at the centre yet. May be NULL. */
int sam_overlay(struct samling *s, struct sam_view *v, bool *waiting);

#endif
