/* One conversation with the centre: the device role of proto/sync with the store behind it. Bytes come in and go out; who
 * moves them (link_tls.c, an event loop, a browser) is not known here.
 *
 *   up --JOIN--> joining --JOINED--> HELLO, PUSH …, PULL --WELCOME--> open: PUSH until none waits, PULL, then fills
 *
 * Invariants
 *  1. The HELLO counter is on disk before the HELLO is in the output.
 *  2. One PULL at a time; fills start behind the run that told of them, so the cursor is never behind a scope's grant.
 *  3. A frame's effects lie in one transaction; it is committed when many rows are in it, when nothing is left to do, and
 *     at the end of the conversation. What is lost with a crash before is only sent again. */
#ifndef SAM_CLIENT_TALK_H
#define SAM_CLIENT_TALK_H

#include "client-sdk/include/samling.h"
#include "proto/sync/sync.h"

struct samling;

#define SAM_TALK_FILLS_MAX 4u                 /* SNAP_GETs under way */
#define SAM_TALK_TX_ROWS_MAX 8192u            /* rows in one transaction */
#define SAM_TALK_PUSH_BYTES_MAX (48u * 1024u) /* plain bytes of one PUSH */
#define SAM_TALK_OUT_BYTES_MAX (512u * 1024u)
#define SAM_TALK_IN_BYTES_MAX (256u * 1024u)
#define SAM_TALK_FILL_TRIES_MAX 2u /* fills of one scope in a conversation whose sum is wrong */

struct sam_talk {
    struct sam_sync *sync; /* NULL: no conversation */
    struct sam_zip *zip;   /* kept from one conversation to the next */
    struct sam_mac_key *hello_key, *push_key;
    struct sam_buf in, out, body;
    uint64_t epoch, hello_epoch;
    bool welcomed;
    bool pull_out, pull_verify; /* a PULL is unanswered; it asked for every scope's sum */
    bool want_pull, want_verify;
    bool run_done;   /* a run was completed: fills may start */
    bool resync;     /* wait for all answers, then push from push_next again */
    bool stop_push;  /* the centre takes none now */
    bool again;      /* connect again at once: counter, ticket or number were wrong */
    bool use_ticket; /* the next HELLO carries it */
    bool
        doubted; /* the centre has other ops under this number: the next HELLO names doubt, and ERROR(FORK) tells more */
    uint64_t doubt, parted; /* parted: a seq at which the chains are known to differ, 0: none yet */
    uint64_t named;         /* acked_seq as HELLO named it */
    bool wiped;
    bool acks_open; /* acks in the open transaction: it ends before rows come, which a full disk may refuse */
    uint64_t push_next;
    int result; /* why it went wrong, 0: it did not */
    uint32_t retry_after_s;
    char why[201]; /* the centre's words */
    struct samling_report report;
};

/* Between the two files of this room: what frames do (talk_take.c), and the first frames of a device that has its number:
 * HELLO and, where the state that the centre told last allows it, PUSH and PULL right behind. */
extern const struct sam_sync_ops sam_talk_ops;
int sam_talk_greet(struct samling *s);
/* sam_talk_erase(s): what WIPE asks, now; another conversation tells the centre. */
int sam_talk_erase(struct samling *s);

void sam_talk_fini(struct sam_talk *t);
/* sam_talk_up(s), sam_talk_feed(s, p, n), sam_talk_drive(s), sam_talk_down(s): see samling_link_*. */
int sam_talk_up(struct samling *s);
int sam_talk_feed(struct samling *s, const uint8_t *p, size_t n);
/* sam_talk_drive(s): put into the output whatever may be sent now. */
int sam_talk_drive(struct samling *s);
/* sam_talk_lose(s, err): what came and could not be committed is gone, so the conversation ends. */
void sam_talk_lose(struct samling *s, int err);
/* sam_talk_idle(s): nothing is left to send or to wait for. */
bool sam_talk_idle(const struct samling *s);
/* sam_talk_down(s): commit, and forget the conversation. Returns its result. */
int sam_talk_down(struct samling *s);

#endif
