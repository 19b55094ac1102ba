/* The conversation between a device and a centre: both roles as one state table, without I/O, clocks or storage.
 *
 *   device  IDLE --HELLO--> GREETING --WELCOME--> OPEN            IDLE --JOIN--> JOINING --JOINED--> IDLE
 *   centre  IDLE --HELLO--> GREETING --WELCOME--> OPEN            IDLE --JOIN--> JOINING --JOINED--> IDLE
 *   either  any state --fatal ERROR, BYE--> CLOSED
 *
 * Bytes go in with sam_sync_feed, frames are decoded and handed to the host through struct sam_sync_ops, and what the
 * host sends is appended to the output buffer. The host answers later or at once, as it likes.
 *
 * Invariants
 *  1. A frame is handed to the host only where the table allows it; everything else ends the conversation with ERROR.
 *  2. While a HELLO or JOIN is with the centre's host no further frame is read: input waits, bounded by its buffer.
 *  3. At most SAM_PUSH_UNACKED_MAX pushes are un-acked, on both sides.
 *  4. A PULL or SNAP_GET reaches the centre's host when every PUSH read before it has been answered, one at a time. */
#ifndef SAM_SYNC_SYNC_H
#define SAM_SYNC_SYNC_H

#include "proto/base/buf.h"
#include "proto/wire/codec.h"
#include "proto/wire/frame.h"
#include "proto/wire/proof.h"

enum sam_sync_role { SAM_ROLE_CENTRE, SAM_ROLE_DEVICE };
enum sam_sync_state { SAM_SYNC_IDLE, SAM_SYNC_GREETING, SAM_SYNC_JOINING, SAM_SYNC_OPEN, SAM_SYNC_CLOSED };

/* What the host does with a frame. Structs and spans are borrowed for the call. A role leaves the other's calls NULL.
 * Return 0, or a negative code to end the conversation (the host has then sent its ERROR, or sync sends BAD_FRAME). */
struct sam_sync_ops {
    /* centre */
    int (*hello)(void *host, const struct sam_hello *h, struct sam_span body, const uint8_t *mac);
    int (*join)(void *host, const struct sam_join *j, struct sam_span body, const uint8_t *mac);
    int (*push)(void *host, const struct sam_push *p, const struct sam_frame *as_sent, struct sam_span body,
                const uint8_t *mac);
    int (*pull)(void *host, const struct sam_pull *p);         /* answer, then sam_sync_served */
    int (*snap_get)(void *host, const struct sam_snap_get *g); /* answer, then sam_sync_served */
    /* device */
    int (*welcome)(void *host, const struct sam_welcome *w);
    int (*joined)(void *host, const struct sam_joined *j);
    int (*ack)(void *host, const struct sam_ack *a);
    int (*verdicts)(void *host, const struct sam_verdicts *v);
    int (*scopes)(void *host, const struct sam_scopes *s);
    int (*changes)(void *host, const struct sam_changes *c);
    int (*scope_end)(void *host, const struct sam_scope_end *e);
    int (*snap_chunk)(void *host, const struct sam_snap_chunk *c);
    int (*poke)(void *host);
    int (*wipe)(void *host);
    /* both */
    int (*error)(void *host, const struct sam_error *e);
    int (*bye)(void *host, const struct sam_bye *b);
};

struct sam_sync;

/**
 * sam_sync_new(role, ops, host, zip, out), sam_sync_free(s):
 *   owns    ${zip} and ${out} stay the caller's and outlive s; several conversations of one thread may share ${zip}
 *   errors  NULL: out of memory
 */
struct sam_sync *sam_sync_new(enum sam_sync_role role, const struct sam_sync_ops *ops, void *host, struct sam_zip *zip,
                              struct sam_buf *out);
void sam_sync_free(struct sam_sync *s);
enum sam_sync_state sam_sync_state(const struct sam_sync *s);

/**
 * sam_sync_feed(s, in):
 * Read as many whole frames from ${in} as the table allows now, consume them, hand them over. Call it again when more
 * bytes are there, and after every answer of the host (it may have been waiting for that).
 *   never   from within a call of struct sam_sync_ops, of this or of another conversation with the same zip
 *   errors  negative: the conversation is over; what is in the output buffer (an ERROR frame) should still be sent
 */
int sam_sync_feed(struct sam_sync *s, struct sam_buf *in);

/* ---- sending. SAM_ESTATE where the table does not allow it, SAM_ETOOBIG when the output buffer is full. */

/* device: the body without MAC is encoded by the codec; the MAC is made here. */
int sam_sync_send_hello(struct sam_sync *s, const struct sam_hello *h, struct sam_mac_key *key);
int sam_sync_send_join(struct sam_sync *s, const struct sam_join *j, struct sam_mac_key *parent_key);
/* ${body} is a whole PUSH body with MAC (see sam_push_seal). SAM_EBUSY: four are un-acked, or GREETING's byte limit. */
int sam_sync_send_push(struct sam_sync *s, struct sam_span body);
bool sam_sync_may_push(const struct sam_sync *s, size_t body_bytes);
/* SAM_EBUSY: GREETING's byte limit; send it after WELCOME. */
int sam_sync_send_pull(struct sam_sync *s, const struct sam_pull *p);
int sam_sync_send_snap_get(struct sam_sync *s, const struct sam_snap_get *g);

/* centre */
int sam_sync_send_welcome(struct sam_sync *s, const struct sam_welcome *w);
int sam_sync_send_joined(struct sam_sync *s, const struct sam_joined *j);
/* Answers one PUSH: with ACK, or with a refusal that leaves the conversation open (GAP, NOT_ACTIVE, BUSY, QUOTA). */
int sam_sync_send_ack(struct sam_sync *s, const struct sam_ack *a);
int sam_sync_refuse_push(struct sam_sync *s, const struct sam_error *e);
/* The PULL or SNAP_GET that was handed over has been answered completely. */
void sam_sync_served(struct sam_sync *s);

/* both: any other kind, with an encoded body. */
int sam_sync_send(struct sam_sync *s, uint8_t kind, struct sam_span body);
/* ERROR, then CLOSED. */
int sam_sync_fail(struct sam_sync *s, uint32_t code, const char *text);
int sam_sync_fail_with(struct sam_sync *s, const struct sam_error *e);
int sam_sync_send_bye(struct sam_sync *s, uint32_t retry_after_s, const char *text);

unsigned sam_sync_pushes_unacked(const struct sam_sync *s);

/**
 * sam_push_seal(key, device_no, push, count, chain_before, body):
 * Complete a PUSH body in ${body} (ops and origins were added before): append the head and the MAC.
 */
int sam_push_seal(struct sam_mac_key *key, uint64_t device_no, const struct sam_push *push, unsigned count,
                  uint64_t chain_before, struct sam_buf *body);

#endif
