/* Every bound of the protocol and of both ends, with its reason. A length from outside is compared with its cap
 * before anything is allocated or waited for. */
#ifndef SAM_BASE_LIMITS_H
#define SAM_BASE_LIMITS_H

/* wire */
#define SAM_FRAME_BODY_BYTES_MAX (64u * 1024u)      /* one frame's body as sent: bounds memory per connection */
#define SAM_FRAME_INFLATED_BYTES_MAX (256u * 1024u) /* the same body inflated: a deflate bomb stops here */
#define SAM_FRAME_HEAD_BYTES_MAX 4u                 /* varint length (3 bytes reach 64 KiB + 1) and kind */
#define SAM_FRAME_DEFLATE_BYTES_MIN 96u             /* smaller bodies are sent as they are: deflate gains nothing */
#define SAM_BEFORE_WELCOME_BYTES_MAX (16u * 1024u)  /* what a peer may send before it has proved who it is */
#define SAM_PUSH_OPS_MAX 512u
#define SAM_PUSH_UNACKED_MAX 4u
#define SAM_OP_BYTES_MAX (8u * 1024u)     /* one op: the longest note and its words fit four times */
#define SAM_CHUNK_BYTES_MAX (32u * 1024u) /* a first fill's chunk: a lost line costs at most this */
#define SAM_CHUNK_ROWS_MAX 1024u
#define SAM_SCOPES_MAX 256u   /* groups and clinics on one tablet */
#define SAM_VERDICTS_MAX 256u /* per VERDICTS frame */
#define SAM_VERDICTS_ANEW \
    1u /* PULL.verdict_csn: tell all verdicts anew; csn 1 is the centre's own, so nobody's place */
#define SAM_WELCOME_RANGES_MAX 8u
#define SAM_FORK_CHAINS_MAX 512u /* chain hashes in an ERROR(fork) */
#define SAM_TICKET_BYTES_MAX 256u
#define SAM_TEXT_BYTES_MAX 200u /* a label or a message in a frame */

/* sizes that are part of the protocol */
#define SAM_HASH_BYTES 32u /* SHA-256 */
#define SAM_KEY_BYTES 32u  /* a device's key */
#define SAM_MAC_BYTES 16u  /* HMAC-SHA-256, cut */
#define SAM_CHAIN_BYTES 8u /* chain hash on the wire */
#define SAM_CODE_BYTES 16u /* an invite's one-time code on the wire */
#define SAM_CODE_DRAWN_BYTES \
    10u                      /* of it are random, the rest is 0: 80 bits for ten minutes, and few enough to be typed: */
#define SAM_CODE_LETTERS 16u /* (spoken.h) */

/* model */
#define SAM_KEY_PARTS_MAX 4u /* exercise set: session, participant, exercise, set no */
#define SAM_FIELDS_MAX 16u   /* fields of one entity beside its key; more: raise and rebuild */
#define SAM_UNITS_MAX 16u    /* units of one entity: a bit each in a 32-bit mask */
#define SAM_NAME_BYTES_MAX 120u
#define SAM_ROW_TEXT_BYTES_MAX 2200u /* all texts of one row, a zero behind each: a note's page and what it is about */
#define SAM_CANDIDATES_MAX 32u       /* live candidates of one unit; a further one is still listed as a verdict */
#define SAM_FORK_DEPTH_MAX 50u       /* parents of a device number that are followed */
#define SAM_LINKED_MAX 64u           /* people who are shown as one */

/* ids: device_no << 40 | counter, and they fit a signed 64-bit column */
#define SAM_ID_COUNTER_BITS 40u
#define SAM_DEVICE_NO_MAX ((1u << 23) - 1u)
#define SAM_DEVICE_NO_CONSOLE 1u

/* time */
#define SAM_WINDOW_BACK_DAYS 84       /* 12 weeks of sessions on a tablet */
#define SAM_WINDOW_DAY_FIRST (-25567) /* 1900-01-01: no window yet */
#define SAM_WINDOW_AHEAD_DAYS 56      /* planned 8 weeks ahead */
#define SAM_CLOCK_TRUST_S (12 * 3600)
#define SAM_INVITE_LIFE_S 600
#define SAM_OUTBOX_KEEP_S (90 * 86400)

#endif
