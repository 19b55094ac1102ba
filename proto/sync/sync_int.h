/* Inside the conversation: its state, and the handler of each kind of frame. */
#ifndef SAM_SYNC_SYNC_INT_H
#define SAM_SYNC_SYNC_INT_H

#include "proto/sync/sync.h"

enum { SAM_SYNC_JOBS_MAX = 8 }; /* PULL and SNAP_GET that may wait: a device asks for one thing at a time */

struct job {
    uint8_t kind; /* SAM_FRAME_PULL or SAM_FRAME_SNAP_GET */
    union {
        struct sam_pull pull;
        struct sam_snap_get snap_get;
    } as;
};

struct sam_sync {
    enum sam_sync_role role;
    enum sam_sync_state state;
    const struct sam_sync_ops *ops;
    void *host;
    struct sam_zip *zip;
    struct sam_buf *out;
    struct sam_buf *scratch; /* the inflated body of the frame at hand: the zip's */
    struct sam_buf *body;    /* the body being encoded: the zip's */
    size_t greeting_bytes;   /* sent by the device since HELLO, before WELCOME */
    unsigned unacked;        /* pushes */
    bool feeding;            /* in sam_sync_feed */
    bool serving;            /* a job is with the host */
    struct job *job;         /* queue of jobs, first one first; allocated at the first */
    unsigned job_count;
};

/* One handler for each kind: decode, check, hand to the host. */
int sam_sync_take_hello(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_join(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_push(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_job(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_welcome(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_joined(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_ack(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_verdicts(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_scopes(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_changes(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_scope_end(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_snap_chunk(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_ping(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_poke(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_bye(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_wipe(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);
int sam_sync_take_error(struct sam_sync *s, const struct sam_frame *f, struct sam_span plain);

/* An ERROR with this code answers a PUSH and leaves the conversation open. */
bool sam_sync_error_refuses(uint32_t code);

#endif
