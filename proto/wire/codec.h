/* Bodies of frames as plain structs, and rows and ops as the field table names them. Every decoder takes any bytes:
 * it gives a whole struct or an error, and never reads past the span. Text and lists are borrowed from the span.
 *   errors  of all decoders: SAM_EPROTO; of all encoders: SAM_ETOOBIG, SAM_ENOMEM (from the buffer)
 *   thread  any; no state */
#ifndef SAM_WIRE_CODEC_H
#define SAM_WIRE_CODEC_H

#include "proto/base/buf.h"
#include "proto/base/limits.h"
#include "proto/model/op.h"

#define SAM_PROTOCOL_VERSION 1u
#define SAM_SCHEMA_VERSION 5u

struct sam_hello {
    uint32_t protocol, schema;
    uint64_t device_no, counter;
    int64_t clock_s;
    uint64_t boot, mono_s, last_seq, oldest_seq, acked_seq, acked_chain, oldest_chain, oldest_age_s, epoch;
    uint8_t ticket[SAM_TICKET_BYTES_MAX];
    uint32_t ticket_len;
    bool erased;
    char app[SAM_NAME_BYTES_MAX + 1], model[SAM_NAME_BYTES_MAX + 1]; /* "": not said */
};

enum sam_device_state {
    SAM_DEVICE_NONE = 0,
    SAM_DEVICE_INVITED = 1,
    SAM_DEVICE_PENDING = 2,
    SAM_DEVICE_ACTIVE = 3,
    SAM_DEVICE_DRAINING = 4,
    SAM_DEVICE_REVOKED = 5,
    SAM_DEVICE_WIPED = 6
};

struct sam_range {
    uint64_t first_seq, first_csn, count;
};

struct sam_welcome {
    uint64_t epoch, acked_seq, acked_chain;
    struct sam_range range[SAM_WELCOME_RANGES_MAX];
    unsigned range_count;
    uint32_t tier;
    int64_t server_time_s;
    uint32_t state; /* enum sam_device_state */
    uint64_t safe_seq, audit_count, audit_head;
};

struct sam_origin {
    uint32_t index;
    uint64_t device_no, seq; /* first identity; 0: none */
    uint8_t hash[16];        /* of the first bytes */
    uint64_t epoch, csn;     /* where it had been applied; csn 0: nowhere */
};

struct sam_push {
    uint64_t first_seq, epoch, chain;
    unsigned op_count, origin_count;
    struct sam_span body; /* what sam_push_each walks */
};

struct sam_ack {
    uint64_t seq, csn, centre_seq;
};

struct sam_pull {
    uint64_t epoch, csn, verdict_csn, low, run, scope, at_csn;
    uint32_t entity;
    bool verify;
    unsigned filling_count;
    uint64_t filling[SAM_SCOPES_MAX];
};

struct sam_scope {
    uint64_t id, since_csn;
};

struct sam_scopes {
    bool cut;
    uint64_t cut_csn;
    unsigned scope_count;
    struct sam_scope scope[SAM_SCOPES_MAX];
};

struct sam_changes {
    uint64_t scope, at_csn, low, run;
    uint32_t entity;
    bool fill;
    unsigned row_count;
    struct sam_span body; /* what sam_rows_each walks */
};

struct sam_scope_end {
    uint64_t scope, csn, rows, sum;
    int32_t window_day;
};

struct sam_snap_get {
    uint64_t scope, start_csn;
    uint32_t entity;
    unsigned after_count;
    uint64_t after[SAM_KEY_PARTS_MAX];
    bool filled;
};

struct sam_snap_chunk {
    uint64_t scope, start_csn, total_rows, hash;
    uint32_t entity;
    unsigned after_count;
    uint64_t after[SAM_KEY_PARTS_MAX];
    bool last;
    unsigned row_count;
    struct sam_span body;
};

struct sam_verdict_row {
    uint64_t seq, case_id;
    uint32_t kind, reason;
    bool closed;
};

struct sam_verdicts {
    uint64_t csn;
    bool whole;
    unsigned count;
    struct sam_verdict_row at[SAM_VERDICTS_MAX];
};

struct sam_join {
    uint32_t protocol, schema;
    uint8_t code[SAM_CODE_BYTES], key[SAM_KEY_BYTES];
    uint32_t code_len, key_len;
    char label[SAM_NAME_BYTES_MAX + 1];
    uint64_t parent, fork_seq;
};

struct sam_joined {
    uint64_t device_no, org;
    uint32_t state;
    int64_t server_time_s;
    uint8_t ticket[SAM_TICKET_BYTES_MAX];
    uint32_t ticket_len;
    char clinic[SAM_NAME_BYTES_MAX + 1];
};

struct sam_ping {
    uint64_t number;
    bool reply;
};

struct sam_bye {
    uint32_t retry_after_s;
    char text[SAM_TEXT_BYTES_MAX + 1];
};

enum sam_error_code {
    SAM_ERROR_NONE = 0,
    SAM_ERROR_STALE = 1,
    SAM_ERROR_TICKET = 2,
    SAM_ERROR_FORK = 3,
    SAM_ERROR_GAP = 4,
    SAM_ERROR_NOT_ACTIVE = 5,
    SAM_ERROR_BAD_MAC = 6,
    SAM_ERROR_BAD_FRAME = 7,
    SAM_ERROR_BAD_STATE = 8,
    SAM_ERROR_TOO_BIG = 9,
    SAM_ERROR_VERSION = 10,
    SAM_ERROR_BUSY = 11,
    SAM_ERROR_CODE_REFUSED = 12,
    SAM_ERROR_READ_ONLY = 13,
    SAM_ERROR_DEVICE_UNKNOWN = 14,
    SAM_ERROR_QUOTA = 15,
    SAM_ERROR_DRAIN_ONLY = 16
};

struct sam_error {
    uint32_t code;
    uint64_t expected;
    uint32_t retry_after_s;
    char text[SAM_TEXT_BYTES_MAX + 1];
    unsigned chain_count;
    uint64_t chain[SAM_FORK_CHAINS_MAX];
};

/* One pair for each message: sam_X_encode appends the body to ${b}, sam_X_decode reads a whole body. */
#define SAM_CODEC(name)                                                     \
    int sam_##name##_encode(struct sam_buf *b, const struct sam_##name *m); \
    int sam_##name##_decode(struct sam_span in, struct sam_##name *m);
SAM_CODEC(hello)
SAM_CODEC(welcome)
SAM_CODEC(push) /* encode: the head only; ops and origins are added with sam_push_add_* */
SAM_CODEC(ack)
SAM_CODEC(pull)
SAM_CODEC(scopes)
SAM_CODEC(changes) /* encode: the head only; rows are added with sam_changes_add_row */
SAM_CODEC(scope_end)
SAM_CODEC(snap_get)
SAM_CODEC(snap_chunk) /* encode: the head only; rows are added with sam_snap_add_row */
SAM_CODEC(verdicts)
SAM_CODEC(join)
SAM_CODEC(joined)
SAM_CODEC(ping)
SAM_CODEC(bye)
SAM_CODEC(error)
#undef SAM_CODEC

/* Lists inside a body; heads and items may be added in any order. */
int sam_push_add_op(struct sam_buf *b, struct sam_span op);
int sam_push_add_origin(struct sam_buf *b, const struct sam_origin *o);
int sam_changes_add_row(struct sam_buf *b, struct sam_span row);
int sam_snap_add_row(struct sam_buf *b, struct sam_span row);

/* A walk over a list: zero it with the body, then call the _next until it returns 0 (end) or an error; 1: ${out} is set.
 * The bodies were checked by the decoder, so an error can only mean that they changed since. */
struct sam_walk {
    struct sam_span rest;
};
int sam_push_next_op(struct sam_walk *w, struct sam_span *op);
/* sam_push_blank(body, out, blank, ctx): the same PUSH, with empty ops in place of those that ${blank} says 1 of (0: as it is; negative:
 * an error, returned). ${index} counts from 0. */
int sam_push_blank(struct sam_span body, struct sam_buf *out,
                   int (*blank)(void *ctx, uint64_t index, struct sam_span op), void *ctx);
int sam_push_next_origin(struct sam_walk *w, struct sam_origin *out);
int sam_changes_next_row(struct sam_walk *w, struct sam_span *row);
int sam_snap_next_row(struct sam_walk *w, struct sam_span *row);

/* ---- ops and rows, by the field table */

struct sam_row_state {
    uint64_t csn;
    uint32_t units; /* 0: whole */
    uint8_t gone;   /* 0 here, 1 deleted, 2 left the scope */
    struct sam_row row;
    struct sam_span others; /* encoding: what sam_other_add wrote. Decoding: nothing; walk the row's bytes */
};
enum { SAM_HERE = 0, SAM_DELETED = 1, SAM_LEFT = 2 };

int sam_op_encode(struct sam_buf *b, const struct sam_op *op);
int sam_op_decode(struct sam_span in, struct sam_op *op);
int sam_row_state_encode(struct sam_buf *b, const struct sam_row_state *r);
int sam_row_state_decode(struct sam_span in, struct sam_row_state *r);
/* The bare entity message (Attendance, Session, …): what a tablet stores as a row's body. */
int sam_row_encode(struct sam_buf *b, const struct sam_row *row);
int sam_row_decode(uint8_t entity, struct sam_span in, struct sam_row *row);

/* What others say of a disputed unit, inside the entity message (field 31 of each): so that whoever sees the row sees that
 * somebody disagrees, and what. ${value}: an entity message with the unit's fields alone. */
struct sam_other {
    uint8_t unit;
    uint64_t device_no;
    struct sam_span value;
};
#define SAM_OTHER_TAG 31u
int sam_other_add(struct sam_buf *b, uint8_t unit, uint64_t device_no, struct sam_span value);
/* sam_other_next(w, out): w->rest is an entity message at the start. 1 one more, 0 the end, negative: damaged. */
int sam_other_next(struct sam_walk *w, struct sam_other *out);

#endif
